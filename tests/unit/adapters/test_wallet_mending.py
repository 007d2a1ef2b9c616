# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A damaged wallet that was closed: it opens, does what does not need what is damaged, and is mended from a backup."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.support.wallet_file import PAPER, Scene, events
from tests.support.world import Income, Resident, income
from vcwallet import Card, Mdoc, SdJwtVc
from vcwallet.adapters import local
from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, BackupCorruptError, SqlStore, restore, write_backup
from vcwallet.errors import (
    BackupOlderError,
    BindingError,
    LocalProtocolError,
    StoreCorruptError,
    StoreFullError,
    WrongPassphraseError,
)
from vcwallet.history import check_export
from vcwallet.storage import Delete, Put
from vcwallet.wallet import BackupReceipt
from vcwallet.wallet.identity import wallet_of


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # Trying a passphrase is slow on purpose, and is tested elsewhere.
    for step in (write_backup, restore):
        monkeypatch.setattr(local, step.__name__, partial(step, derivation=FAST_FOR_TESTS_ONLY))
    made = Scene(tmp_path)
    with made.wallet:
        yield made


def by_id(card: Card) -> str:
    return card.id


class TestLostSecret:
    """A closed wallet whose secret is damaged opens, does what needs none, and is mended from a backup."""

    @pytest.fixture
    def lost(self, scene):
        """A wallet that was backed up, went on, was closed, damaged and opened again."""
        scene.cards = [scene.receive(), scene.receive(income()), scene.receive(format=Mdoc)]
        scene.receipt = scene.back_up()
        scene.cards.append(scene.receive(income()))
        scene.key = scene.wallet.new_holder_key()
        for number in (0, 1):
            scene.damage("wallet", number)
        scene.wallet.close()
        with scene.reopened() as wallet:
            scene.wallet = wallet
            yield wallet

    def test_what_does_not_need_it_works(self, scene, lost):
        assert list(lost.cards()) == scene.cards[::-1]
        assert lost.claims(scene.cards[1])["vct"] == Income.vct
        assert scene.present(lost) == "番号　花子"
        assert events(lost) == ["received"] * 3 + ["backed_up", "received", "presented"]
        assert len(check_export(lost.export_history())) == 6
        assert list(lost.cards_to_renew()) == []
        assert lost.status(scene.cards[0]) is None
        assert lost.receive(scene.cards[0].credential) == scene.cards[0]
        lost.update_trust(scene.registry.published())

    def test_it_is_named(self, scene, lost):
        named = [("wallet", "secret_copy"), ("wallet", "secret")]
        assert [(damage.kind, damage.id) for damage in lost.damaged()] == named

    def test_what_needs_it_says_so_and_changes_nothing(self, scene, lost):
        credential = scene.city.issue(income(), format=SdJwtVc, holder=scene.key, valid_for=timedelta(days=9))
        before = [record.id for kind in ("key", "holder_key") for record in lost._store.find(kind)]
        for use in (
            lost.new_holder_key,
            lost.state,
            lambda: lost.receive(credential),
            lambda: lost.receive_all([credential]),
            lambda: lost.replace(scene.cards[1], credential),
            lambda: lost.check_status(scene.cards[0]),
            lambda: scene.back_up("x.backup"),
            lambda: scene.back_up("x.backup", leave_out_damaged=True),
        ):
            with pytest.raises(StoreCorruptError) as caught:
                use()
            assert caught.value.code == "WALLET_SECRET_LOST"
        assert before == [record.id for kind in ("key", "holder_key") for record in lost._store.find(kind)]
        assert events(lost) == ["received"] * 3 + ["backed_up", "received"]
        assert not (scene.folder / "x.backup").exists()

    def test_a_credential_can_be_forgotten_with_its_key(self, scene, lost):
        bearer = lost.receive(scene.city.issue(income(), format=SdJwtVc, holder=None, valid_for=timedelta(days=9)))
        for card in (*scene.cards, bearer):
            lost.delete(card)
        assert list(lost.cards()) == list(lost._store.find("holder_key_use")) == []
        # That of the key that no credential is bound to yet.
        assert len(list(lost._store.find("holder_key"))) == len(list(lost._store.find("key"))) == 1

    def test_a_backup_gives_it_back(self, scene, lost):
        assert scene.mend() == ()
        assert events(lost)[-1] == "mended"
        assert list(lost.history())[-1].entry["what"] == ["wallet"]
        credential = scene.city.issue(income(), format=SdJwtVc, holder=scene.key, valid_for=timedelta(days=9))
        for wallet in (lost, scene.reopened()):
            assert wallet.state().wallet == scene.receipt.wallet
            card = wallet.receive(credential)
            assert wallet.check_status(card).state
        receipt = scene.back_up("after.backup")
        with scene.restore("after.backup", known=[scene.receipt, receipt]) as again:
            assert len(list(again.cards())) == 5

    def test_without_a_backup_it_stays_as_it_is(self, scene, lost):
        assert [damage.id for damage in lost.mend()] == ["secret_copy", "secret"]
        assert events(lost)[-1] == "received"

    def test_the_backup_of_another_wallet_does_not_give_its_own(self, scene, lost):
        other = Scene(scene.folder / "other", scene.registry)
        with other.wallet:
            other.receive()
            other.back_up()
        scene.expect_another_wallet(other.folder / "wallet.backup")
        assert [damage.id for damage in lost.damaged()] == ["secret_copy", "secret"]

    def test_a_forged_backup_does_not_give_another(self, scene, lost):
        """The receipt holds nothing secret, so whoever has it can write a backup that says the same of itself."""
        self.forge(scene, scene.receipt, secret=b"x" * 32)
        scene.expect_another_wallet("forged.backup")
        self.forge(scene, replace(scene.receipt, wallet=wallet_of(b"x" * 32)), secret=b"x" * 32)
        scene.expect_another_wallet("forged.backup")

    def forge(self, scene: Scene, receipt: BackupReceipt, *, secret: bytes) -> None:
        (scene.folder / "forged.backup").unlink(missing_ok=True)
        with SqlStore.create(None, passphrase="x", derivation=FAST_FOR_TESTS_ONLY) as store:
            store.commit(Put("wallet", "secret", secret))
            write_backup(
                store,
                scene.folder / "forged.backup",
                passphrase=PAPER,
                about=receipt.to_object(),
                derivation=FAST_FOR_TESTS_ONLY,
            )

    def test_a_backup_of_another_way_that_the_wallet_went_is_refused(self, scene, lost):
        with scene.restore() as other:
            scene.wallet = other
            scene.back_up("other.backup")
        scene.wallet = lost
        scene.expect_another_wallet("other.backup")

    def test_an_older_file_in_its_place_does_not_become_current_by_being_mended(self, scene):
        """Whoever puts an older copy of the file back, damaged: the later backup does not belong to it."""
        scene.receive()
        scene.back_up("early.backup")
        scene.wallet.close()
        older = scene.path.read_bytes()
        with scene.reopened() as scene.wallet:
            scene.receive(income())
            known = scene.wallet.state()
            scene.back_up("late.backup")
        scene.path.write_bytes(older)
        for number in (0, 1):
            scene.damage("wallet", number)
        with scene.reopened() as scene.wallet:
            scene.expect_another_wallet("late.backup")
            assert scene.mend("early.backup") == ()
            receipt = scene.back_up("mended.backup")
        with pytest.raises(BackupOlderError):
            scene.restore("mended.backup", known=[known, receipt])

    @pytest.mark.parametrize("broken", ["flipped", "wrong passphrase"])
    def test_a_backup_that_is_not_whole_gives_nothing(self, scene, lost, broken):
        path = scene.folder / "wallet.backup"
        data = path.read_bytes()
        if broken == "flipped":
            path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        with pytest.raises((BackupCorruptError, WrongPassphraseError)):
            lost.mend(backup=path, backup_passphrase=PAPER if broken == "flipped" else "another")
        with pytest.raises(ValueError, match="passphrase"):
            lost.mend(backup=path)
        assert [damage.id for damage in lost.damaged()] == ["secret_copy", "secret"]
        assert events(lost)[-1] == "received"

    def test_a_damaged_pin_of_the_registry_is_mended_besides(self, scene, lost):
        scene.damage("trusted_list")
        lost.close()
        with pytest.raises(StoreCorruptError):
            scene.reopened()
        with scene.reopened(trust=scene.registry.published()) as wallet:
            assert scene.present(wallet) == "番号　花子"
            scene.wallet = wallet
            assert scene.mend() == ()

    def test_one_of_its_two_records_is_enough(self, scene):
        card = scene.receive()
        scene.damage("wallet", 0)
        scene.wallet.close()
        with scene.reopened() as wallet:
            assert [(damage.kind, damage.id) for damage in wallet.damaged()] == [("wallet", "secret")]
            assert wallet.replace(card, scene.issue(wallet=wallet)).device == 0
            assert wallet.mend() == ()
            assert list(wallet.history())[-1].entry["what"] == ["wallet"]
            assert wallet.mend() == ()
            assert events(wallet) == ["received", "replaced", "mended"]

    def test_a_damaged_key_does_not_stand_in_the_way(self, scene, lost):
        """Which secret is the right one is told by the keys, and by some of them if others are damaged."""
        for number in range(4):
            scene.damage("key", number)
        scene.damage("holder_key", 0)
        assert [damage.kind for damage in scene.mend()] == ["key"]  # that of the credential behind the backup
        scene.receive()

    def test_what_cannot_be_written_is_mended_another_time(self, scene, lost, monkeypatch):
        def full(*_: object) -> None:
            raise StoreFullError("no room")

        with monkeypatch.context() as patch:
            patch.setattr(SqlStore, "commit", full)
            with pytest.raises(StoreFullError):
                scene.mend()
        assert [damage.id for damage in lost.damaged()] == ["secret_copy", "secret"]
        assert scene.mend() == ()


class TestDamagedDevice:
    """A closed wallet that does not know any more which device it is on asks its history."""

    @pytest.fixture
    def second(self, scene):
        scene.receive()
        scene.back_up()
        scene.wallet.close()
        scene.path, backup = scene.folder / "new.db", scene.wallet
        scene.restore().close()
        with scene.reopened(passphrase="another one") as scene.wallet:
            yield scene.wallet
        assert backup is not scene.wallet

    def test_the_history_tells(self, scene, second):
        scene.damage("wallet", -1)
        second.close()
        with scene.reopened(passphrase="another one") as wallet:
            assert [(damage.kind, damage.id) for damage in wallet.damaged()] == [("wallet", "device")]
            assert len(list(wallet.cards_to_renew())) == 1
            assert scene.receive(income(), wallet=wallet).device == 1
            assert wallet.mend() == ()

    def test_where_the_history_is_damaged_too_a_backup_mends_both(self, scene, second):
        scene.back_up("second.backup")
        scene.damage("wallet", -1)
        scene.damage("history", 1)
        second.close()
        with scene.reopened(passphrase="another one") as wallet:
            scene.wallet = wallet
            assert len(list(wallet.cards())) == 1
            bearer = scene.city.issue(income(), format=SdJwtVc, holder=None, valid_for=timedelta(days=9))
            for use in (
                wallet.new_holder_key,
                wallet.cards_to_renew,
                lambda: wallet.receive(bearer),
                lambda: scene.back_up("x.backup", leave_out_damaged=True),
            ):
                with pytest.raises(StoreCorruptError) as caught:
                    use()
                assert caught.value.code == "WALLET_DEVICE_LOST"
            assert {damage.kind for damage in wallet.mend()} == {"wallet", "history"}
            assert scene.mend("second.backup") == ()
            assert wallet.receive(bearer).device == 1
            assert [entry.entry["what"] for entry in wallet.history() if entry.entry["event"] == "mended"] == [
                ["history"],
                ["wallet"],
            ]


class TestMending:
    """What never changes is put back from a backup where it is damaged, and nothing else is."""

    def test_records_come_back_and_what_is_whole_stays(self, scene):
        cards = [scene.receive(), scene.receive(income()), scene.receive(format=Mdoc)]
        scene.present()
        scene.back_up()
        later = scene.receive(income())
        for collection in ("credential", "key", "holder_key", "holder_key_use", "history", "consent"):
            scene.damage(collection)
        scene.wallet._store.commit(Delete("key", str(cards[1].key)), Delete("history", "000000000002"))
        scene.wallet.close()
        with scene.reopened() as scene.wallet:
            assert scene.mend() == ()
            assert sorted(scene.wallet.cards(), key=by_id) == sorted([*cards, later], key=by_id)
            assert [card.id for card in scene.wallet.cards(Resident.vct)] == [cards[0].id]
            assert events(scene.wallet) == ["received"] * 3 + ["presented", "backed_up", "received", "mended"]
            mended = list(scene.wallet.history())[-1].entry["what"]
            assert mended == ["consent", "credential", "history", "holder_key", "holder_key_use", "key"]
            assert scene.present(scene.wallet) == "番号　花子"
            key = scene.wallet._keys.signer(str(cards[0].key)).public_key
            another = scene.city.issue(income(), format=SdJwtVc, holder=key, valid_for=timedelta(days=9))
            with pytest.raises(BindingError, match="HOLDER_KEY_USED"):
                scene.wallet.receive(another)

    def test_what_was_forgotten_since_does_not_come_back(self, scene):
        card = scene.receive()
        scene.back_up()
        scene.wallet.delete(card)
        scene.damage("history")
        assert scene.mend() == ()
        assert list(scene.wallet.cards()) == list(scene.wallet._store.find("key")) == []

    def test_what_changes_is_not_taken_from_a_backup(self, scene):
        scene.receive()
        scene.back_up()
        id = scene.damage("trusted_list")
        assert [(damage.kind, damage.id) for damage in scene.mend()] == [("trusted_list", id)]
        assert events(scene.wallet)[-1] == "backed_up"

    def test_what_came_after_the_backup_stays_damaged(self, scene):
        scene.back_up()
        scene.receive()
        id = scene.damage("credential")
        assert [(damage.kind, damage.id) for damage in scene.mend()] == [("credential", id)]

    def test_a_restored_history_gets_its_entries_from_an_older_backup(self, scene):
        """A backup of the damaged wallet has it without the entry; what was backed up before has the entry."""
        for _ in range(3):
            scene.receive()
        scene.back_up("before.backup")
        scene.damage("history", 1)
        receipt = scene.back_up("after.backup", leave_out_damaged=True)
        with scene.restore("after.backup", known=[receipt]) as scene.wallet:
            with pytest.raises(StoreCorruptError):
                list(scene.wallet.history())
            assert scene.mend("before.backup") == ()
            assert events(scene.wallet) == ["received"] * 3 + ["backed_up"] * 2 + ["restored", "mended"]
            assert len(check_export(scene.wallet.export_history())) == 7

    def test_two_damages_are_mended_from_two_backups(self, scene):
        scene.receive()
        scene.back_up("first.backup")
        scene.damage("history", 0)
        scene.back_up("second.backup", leave_out_damaged=True)
        scene.receive()
        scene.back_up("third.backup", leave_out_damaged=True)
        scene.damage("history", 3)
        assert [damage.kind for damage in scene.mend("third.backup")] == ["history"]
        assert scene.mend("first.backup") == ()
        assert events(scene.wallet) == ["received"] + ["backed_up"] * 2 + ["received", "backed_up"] + ["mended"] * 2

    def test_a_credential_under_the_name_of_another_is_not_put_back(self, scene):
        one, other = scene.receive(), scene.receive(income())
        receipt = scene.back_up()
        with SqlStore.create(None, passphrase="x", derivation=FAST_FOR_TESTS_ONLY) as store:
            store.commit(replace(other.put(), id=one.id))
            write_backup(store, scene.folder / "x.backup", passphrase=PAPER, about=receipt.to_object())
        scene.damage("credential")
        with pytest.raises(StoreCorruptError):
            scene.mend("x.backup")
        assert list(scene.wallet.cards(skip_damaged=True)) == [other]
        assert scene.mend() == ()

    def test_where_nothing_is_damaged_nothing_is_done(self, scene):
        scene.receive()
        scene.back_up()
        assert scene.mend() == ()
        assert events(scene.wallet) == ["received", "backed_up"]

    def test_a_backup_of_something_else_is_none_of_a_wallet(self, scene):
        with SqlStore.create(None, passphrase="x", derivation=FAST_FOR_TESTS_ONLY) as store:
            write_backup(store, scene.folder / "x.backup", passphrase=PAPER, about={}, derivation=FAST_FOR_TESTS_ONLY)
        with pytest.raises(LocalProtocolError):
            scene.mend("x.backup")
