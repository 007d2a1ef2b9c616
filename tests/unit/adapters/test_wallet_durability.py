# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The wallet on this machine: backed up, restored, given another passphrase and key, and damaged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.support.wallet_file import PAPER, PASSPHRASE, Scene, events
from tests.support.world import Income, Resident, income, resident
from vcwallet import Mdoc, SdJwtVc, TrustRegistry, Wallet
from vcwallet.adapters import local
from vcwallet.adapters.store import (
    FAST_FOR_TESTS_ONLY,
    BackupCorruptError,
    SqlStore,
    opened_backup,
    restore,
    write_backup,
)
from vcwallet.errors import (
    BackupOlderError,
    BindingError,
    LocalProtocolError,
    StoreCorruptError,
    StoreError,
    UntrustedError,
    WrongPassphraseError,
)
from vcwallet.history import check_export
from vcwallet.keys.stored import StoredKeys
from vcwallet.storage import Delete, MemoryStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.wallet import BackupReceipt
from vcwallet.wallet import wallet as wallet_module


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # Trying a passphrase is slow on purpose, and is tested elsewhere.
    for step in (write_backup, restore):
        monkeypatch.setattr(local, step.__name__, partial(step, derivation=FAST_FOR_TESTS_ONLY))
    made = Scene(tmp_path)
    with made.wallet:
        yield made


class TestBackupAndRestore:
    def test_a_restored_wallet_presents_and_its_history_goes_on(self, scene):
        cards = [scene.receive(), scene.receive(income()), scene.receive(format=Mdoc)]
        scene.present()
        before = list(scene.wallet.history())
        receipt = scene.back_up()
        scene.wallet.close()
        with scene.restore(known=[receipt]) as wallet:
            assert list(wallet.cards()) == cards[::-1]
            assert [entry.hash for entry in wallet.history()][:4] == [entry.hash for entry in before]
            assert scene.present(wallet) == "番号　花子"
            assert events(wallet) == ["received"] * 3 + ["presented", "backed_up", "restored", "presented"]
            assert len(check_export(wallet.export_history())) == 7
        with Wallet.open(scene.folder / "new.db", passphrase="another one", clock=scene.clock) as wallet:
            assert len(events(wallet)) == 7

    def test_the_receipt_says_how_far_the_backup_reaches(self, scene):
        scene.receive()
        receipt = scene.back_up()
        assert (receipt.number, receipt.entries, receipt.made_at) == (2, 2, scene.clock())
        assert receipt.head == list(scene.wallet.history())[-1].hash
        assert scene.wallet.state().end == receipt.end
        assert BackupReceipt.from_json(receipt.to_json()) == receipt

    def test_an_older_backup_is_flagged_by_a_later_receipt(self, scene):
        scene.back_up("first.backup")
        scene.receive()
        later = scene.back_up("second.backup")
        with pytest.raises(BackupOlderError) as caught:
            scene.restore("first.backup", known=[later])
        assert (caught.value.code, caught.value.missing_entries) == ("BACKUP_OLDER", 2)
        assert not (scene.folder / "new.db").exists()
        with scene.restore("first.backup", known=[later], accept_older=True) as wallet:
            last = list(wallet.history())[-1].entry
            assert last == {
                "event": "restored",
                "time": scene.clock().isoformat(),
                "backup": 1,
                "backup_time": scene.clock().isoformat(),
                "missing_entries": 2,
            }
            assert list(wallet.cards()) == []

    def test_an_older_backup_is_flagged_by_the_wallet_that_went_on(self, scene):
        receipt = scene.back_up()
        scene.restore(known=[receipt, scene.wallet.state()], to=None).close()
        scene.receive()
        with pytest.raises(BackupOlderError) as caught:
            scene.restore(known=[receipt, scene.wallet.state()], to=None)
        assert caught.value.missing_entries == 1

    def test_a_wallet_that_went_another_way_is_noticed(self, scene):
        receipt = scene.back_up()
        with scene.restore(known=[receipt]) as other:
            scene.receive()  # the old one goes on as well
            assert other.state().entries == scene.wallet.state().entries
            other.backup(scene.folder / "other.backup", passphrase=PAPER)
            scene.receive()
            with pytest.raises(BackupOlderError) as caught:
                scene.restore("other.backup", known=[scene.wallet.state()], to=None)
            assert caught.value.missing_entries == 1

    def test_a_wallet_that_went_another_way_is_noticed_however_far_it_came(self, scene):
        receipt = scene.back_up()
        with scene.restore(known=[receipt]) as other:
            scene.receive()
            known = scene.wallet.state()
            for _ in range(3):
                scene.receive(wallet=other)
            other.backup(scene.folder / "other.backup", passphrase=PAPER)
            assert other.state().entries > known.entries
        scene.restore("other.backup", known=[receipt], to=None).close()
        with pytest.raises(BackupOlderError) as caught:
            scene.restore("other.backup", known=[known], to="third.db")
        assert caught.value.missing_entries == 1
        with scene.restore("other.backup", known=[known], to="third.db", accept_older=True) as wallet:
            assert list(wallet.history())[-1].entry["missing_entries"] == 1

    def test_keys_of_another_key_store_go_with_it(self, scene):
        keys = StoredKeys(MemoryStore())
        published = scene.registry.published()
        with Wallet.create(
            scene.folder / "k.db", passphrase=PASSPHRASE, trust=published, clock=scene.clock, keys=keys
        ) as wallet:
            card = scene.receive(wallet=wallet)
            wallet.backup(scene.folder / "k.backup", passphrase=PAPER)
            assert list(wallet._store.find("key")) == []
        with Wallet.open(scene.folder / "k.db", passphrase=PASSPHRASE, clock=scene.clock, keys=keys) as wallet:
            assert scene.present(wallet) == "番号　花子"
        with scene.restore("k.backup", keys=keys) as wallet:
            assert scene.present(wallet) == "番号　花子"
            wallet.delete(card)
            with pytest.raises(StoreError, match="KEY_NOT_FOUND"):
                keys.signer(str(card.key))

    def test_what_is_known_about_another_wallet_is_not_compared(self, scene):
        scene.back_up()
        published = scene.registry.published()
        with Wallet.create(None, passphrase=PASSPHRASE, trust=published, clock=scene.clock) as other:
            known = other.state()
        with pytest.raises(LocalProtocolError, match="ANOTHER_WALLET"):
            scene.restore(known=[known], accept_older=True)
        assert not (scene.folder / "new.db").exists()

    def test_a_wallet_that_is_there_is_not_restored_over(self, scene):
        scene.back_up()
        with pytest.raises(StoreError, match="STORE_EXISTS"):
            scene.restore(to="wallet.db")
        scene.receive()

    def test_a_backup_that_cannot_be_made_is_no_event(self, scene):
        (scene.folder / "wallet.backup").touch()
        with pytest.raises(StoreError, match="BACKUP_EXISTS"):
            scene.back_up()
        with pytest.raises(ValueError, match="passphrase"):
            scene.wallet.backup(scene.folder / "other", passphrase="")
        assert events(scene.wallet) == []

    def test_the_wrong_passphrase_opens_no_backup(self, scene):
        scene.back_up()
        with pytest.raises(WrongPassphraseError):
            Wallet.restore(
                None, backup=scene.folder / "wallet.backup", backup_passphrase=PASSPHRASE, passphrase=PASSPHRASE
            )

    def test_a_backup_of_something_else_is_no_wallet(self, scene):
        with SqlStore.create(None, passphrase=PASSPHRASE) as store:
            write_backup(store, scene.folder / "wallet.backup", passphrase=PAPER, about={})
        with pytest.raises(LocalProtocolError, match="not that of a wallet"):
            scene.restore()
        assert not (scene.folder / "new.db").exists()

    def test_a_history_that_does_not_end_where_the_backup_says_is_not_restored(self, scene):
        scene.receive()
        receipt = scene.wallet.state()
        scene.receive()
        write_backup(
            scene.wallet._sealed_store,
            scene.folder / "wallet.backup",
            passphrase=PAPER,
            about=receipt.to_object(),
        )
        with pytest.raises(StoreCorruptError, match="HISTORY_BROKEN"):
            scene.restore()
        with pytest.raises(StoreError):
            Wallet.open(scene.folder / "new.db", passphrase="another one")

    def test_a_damaged_backup_says_where(self, scene):
        scene.receive()
        scene.back_up()
        path = scene.folder / "wallet.backup"
        content = bytearray(path.read_bytes())
        content[-200] ^= 1
        path.write_bytes(content)
        with pytest.raises(BackupCorruptError, match="record") as caught:
            scene.restore()
        assert caught.value.part

    def test_progress_is_told(self, scene):
        told: list[int] = []
        scene.back_up(progress=told.append)
        scene.restore(progress=told.append).close()
        assert told == []  # fewer than a thousand records

    def test_a_wallet_that_was_opened_from_nothing_has_no_file_to_back_up(self, scene):
        store = MemoryStore()
        client = TrustedListClient.start(scene.registry.published(), store=store, at=scene.clock())
        wallet = Wallet(store=store, trust=client, formats=local.FORMATS, clock=scene.clock)
        with pytest.raises(LocalProtocolError):
            wallet.change_passphrase("new")


class TestLostDevice:
    def test_what_was_received_on_the_lost_device_is_to_be_renewed(self, scene):
        cards = [scene.receive(), scene.receive(income())]
        assert list(scene.wallet.cards_to_renew()) == []
        scene.back_up()
        with scene.restore() as wallet:
            assert list(wallet.cards_to_renew()) == cards[::-1]
            for card in cards:
                record = income() if card.type_ids[0] == Income.vct else resident()
                renewed = wallet.replace(card, scene.issue(record, wallet=wallet))
                assert renewed.device == 1
            assert list(wallet.cards_to_renew()) == []
            assert len(list(wallet.cards())) == 2
            assert events(wallet)[-3:] == ["restored", "replaced", "replaced"]
            assert scene.present(wallet) == "番号　花子"

    def test_a_credential_for_a_key_of_the_lost_device_is_to_be_renewed_too(self, scene):
        credential = scene.issue()  # on its way when the device was lost
        scene.back_up()
        with scene.restore() as wallet:
            card = wallet.receive(credential)
            assert list(wallet.cards_to_renew()) == [card]

    def test_each_restore_is_one_more_device(self, scene):
        scene.receive()
        scene.back_up()
        with scene.restore(to="second.db") as second:
            scene.receive(wallet=second)
            second.backup(scene.folder / "second.backup", passphrase=PAPER)
            with scene.restore("second.backup") as third:
                assert [card.device for card in third.cards_to_renew()] == [1, 0]

    def test_bearer_credentials_are_to_be_renewed_as_well(self, scene):
        credential = scene.city.issue(income(), format=SdJwtVc, holder=None, valid_for=timedelta(days=9))
        scene.wallet.receive(credential)
        scene.back_up()
        with scene.restore() as wallet:
            [old] = wallet.cards_to_renew()
            again = scene.city.issue(income(), format=SdJwtVc, holder=None, valid_for=timedelta(days=9))
            wallet.replace(old, again)
            assert list(wallet.cards_to_renew()) == []


class TestKeys:
    def test_only_the_new_passphrase_opens_it(self, scene):
        card = scene.receive()
        scene.wallet.change_passphrase("new")
        scene.wallet.close()
        with pytest.raises(WrongPassphraseError):
            Wallet.open(scene.path, passphrase=PASSPHRASE)
        with Wallet.open(scene.path, passphrase="new", clock=scene.clock) as wallet:
            assert list(wallet.cards()) == [card]

    def test_everything_goes_on_under_a_new_key(self, scene):
        card, told = scene.receive(), list[int]()
        assert scene.wallet.rotate_key(passphrase=PASSPHRASE, progress=told.append) == ()
        assert told
        assert not scene.wallet.is_rotating
        assert list(scene.wallet.cards(Resident.vct)) == [card]
        assert scene.present() == "番号　花子"
        scene.wallet.close()
        with Wallet.open(scene.path, passphrase=PASSPHRASE, clock=scene.clock) as wallet:
            assert events(wallet) == ["received", "presented"]

    def test_what_was_damaged_is_named_by_a_rotation(self, scene):
        scene.receive()
        id = scene.damage("credential")
        (damaged,) = scene.wallet.rotate_key(passphrase=PASSPHRASE)
        assert id in damaged

    def test_a_wallet_left_behind_says_so(self, scene):
        scene.receive()
        with Wallet.open(scene.path, passphrase=PASSPHRASE, clock=scene.clock) as other:
            scene.wallet.rotate_key(passphrase=PASSPHRASE)
            for use in (lambda: list(other.cards()), other.new_holder_key, lambda: list(other.cards(Resident.vct))):
                with pytest.raises(StoreError, match="STORE_KEY_CHANGED"):
                    use()


class TestDamage:
    def test_a_whole_wallet_has_none(self, scene):
        scene.receive()
        scene.present()
        assert list(scene.wallet.damaged()) == []

    def test_a_damaged_credential_is_named_and_the_others_can_be_used(self, scene):
        first, second = scene.receive(), scene.receive()
        id = scene.damage("credential")
        assert id == first.id
        [damage] = scene.wallet.damaged()
        assert (damage.kind, damage.id, damage.card) == ("credential", id, None)
        assert "damaged" in damage.message
        assert list(scene.wallet.cards(skip_damaged=True)) == [second]
        with pytest.raises(StoreCorruptError):
            list(scene.wallet.cards())
        assert scene.present() == "番号　花子"

    @pytest.mark.parametrize("body", ["x'00'", None])
    def test_a_damaged_or_missing_key_is_named_with_its_credential(self, scene, body):
        card = scene.receive()
        if body is None:
            scene.wallet._keys.delete(str(card.key))
        else:
            scene.damage("key", body=body)
        [damage] = scene.wallet.damaged()
        assert (damage.kind, damage.card) == ("key", card)
        assert "番号" in str(scene.wallet.claims(card))

    @pytest.mark.parametrize("collection", ["holder_key", "holder_key_use", "consent", "wallet", "trusted_list"])
    def test_other_records_are_named_by_their_collection(self, scene, collection):
        scene.receive()
        scene.present()
        id = scene.damage(collection)
        assert [(damage.kind, damage.id) for damage in scene.wallet.damaged()] == [(collection, id)]

    def test_a_damaged_key_that_no_credential_is_bound_to_yet_is_named(self, scene):
        key = scene.wallet.new_holder_key()
        scene.damage("key")
        assert [(damage.kind, damage.id, damage.card) for damage in scene.wallet.damaged()] == [
            ("key", key.handle, None)
        ]

    def test_a_wallet_whose_keys_were_changed_elsewhere_is_not_called_damaged(self, scene):
        scene.receive()
        with Wallet.open(scene.path, passphrase=PASSPHRASE, clock=scene.clock) as other:
            damaged = other.damaged()
            scene.wallet.rotate_key(passphrase=PASSPHRASE)
            with pytest.raises(StoreError, match="STORE_KEY_CHANGED"):
                list(damaged)

    def test_everything_that_a_wallet_keeps_is_looked_at(self, scene):
        scene.receive()
        scene.present()
        with closing(sqlite3.connect(scene.path)) as database:
            kept = {row[0] for row in database.execute("SELECT DISTINCT collection FROM vcwallet_record")}
        assert kept <= {"credential", "key", "history", *wallet_module._OTHER_COLLECTIONS}

    def test_a_damaged_history_is_named(self, scene):
        scene.receive()
        scene.receive()
        scene.damage("history")
        assert [damage.kind for damage in scene.wallet.damaged()] == ["history"]
        scene.receive()

    def test_the_rest_can_be_saved_into_a_backup(self, scene):
        first, second = scene.receive(), scene.receive()
        scene.damage("credential")
        with pytest.raises(StoreCorruptError):
            scene.back_up("x.backup")
        scene.back_up(leave_out_damaged=True)
        with scene.restore() as wallet:
            assert list(wallet.cards()) == [second]
            assert list(wallet.damaged()) == []
            assert first.id not in {card.id for card in wallet.cards_to_renew()}

    def test_what_is_lost_is_still_in_the_history(self, scene):
        scene.receive()
        scene.damage("credential")
        assert [entry.entry["type"] for entry in scene.wallet.history()] == [Resident.vct]


class TestRescue:
    """What is whole of a damaged wallet can be used, and the history tells what is not."""

    @pytest.mark.parametrize("collection", ["trust_anchor", "trusted_list", "trust_time"])
    def test_a_damaged_pin_of_the_registry_is_made_anew_from_what_it_publishes(self, scene, collection):
        card = scene.receive()
        scene.damage(collection)
        scene.wallet.close()
        with pytest.raises(StoreCorruptError):
            Wallet.open(scene.path, passphrase=PASSPHRASE, clock=scene.clock)
        for number in range(2):
            trust = scene.registry.published() if number == 0 else None
            with Wallet.open(scene.path, passphrase=PASSPHRASE, clock=scene.clock, trust=trust) as wallet:
                assert list(wallet.cards()) == [card]
                assert list(wallet.damaged()) == []
                assert scene.present(wallet) == "番号　花子"
                mended = [entry.entry for entry in wallet.history() if entry.entry["event"] == "mended"]
                assert [entry["what"] for entry in mended] == [["trust"]]

    def test_what_was_seen_of_revocation_lists_is_made_anew_with_it(self, scene):
        """Otherwise no newer list could be compared with it, and so none taken."""
        scene.damage("trusted_list")
        for number in range(3):  # of the root, the issuing CA and the IACA
            scene.damage("trust_revocation_list", number)
        scene.wallet.close()
        scene.registry.rotate_list_operator(reason="yearly")  # which revokes a certificate: a newer list of the CA
        trust = scene.registry.published()
        with Wallet.open(scene.path, passphrase=PASSPHRASE, clock=scene.clock, trust=trust) as wallet:
            assert list(wallet.damaged()) == []
            wallet.update_trust(scene.registry.published())

    def test_a_whole_pin_is_not_replaced(self, scene):
        other = TrustRegistry.create("Other registry", clock=scene.clock).published()
        with Wallet.open(scene.path, passphrase=PASSPHRASE, clock=scene.clock, trust=other) as wallet:
            assert wallet._trust.published == scene.registry.published()
            assert events(wallet) == []
        scene.damage("trusted_list")
        with pytest.raises(UntrustedError, match="ANOTHER_REGISTRY"):
            Wallet.open(scene.path, passphrase=PASSPHRASE, clock=scene.clock, trust=other)

    def test_a_store_of_something_else_is_not_made_a_wallet(self, tmp_path, scene):
        SqlStore.create(tmp_path / "s.db", passphrase="x", derivation=FAST_FOR_TESTS_ONLY).close()
        with pytest.raises(LocalProtocolError):
            Wallet.open(tmp_path / "s.db", passphrase="x", clock=scene.clock, trust=scene.registry.published())

    @pytest.mark.parametrize("collection", ["trust_anchor", "trusted_list", "trust_time"])
    def test_a_backup_without_a_pin_is_restored_with_one_or_not_at_all(self, scene, collection):
        card = scene.receive()
        scene.damage(collection)
        receipt = scene.back_up(leave_out_damaged=True)
        assert receipt.left_out == {collection: 1}
        for _ in range(2):
            with pytest.raises((StoreCorruptError, LocalProtocolError)) as caught:
                scene.restore()
            assert caught.value.code != "STORE_EXISTS"
        with scene.restore(trust=scene.registry.published()) as wallet:
            assert list(wallet.cards()) == [card]
            assert events(wallet)[-2:] == ["restored", "mended"]
            assert scene.present(wallet) == "番号　花子"

    def test_what_was_left_out_is_in_receipt_and_history(self, scene):
        scene.receive()
        scene.receive()
        scene.damage("credential")
        receipt = scene.back_up(leave_out_damaged=True)
        assert receipt.left_out == {"credential": 1}
        assert BackupReceipt.from_json(receipt.to_json()) == receipt
        with scene.restore(known=[receipt]) as wallet:
            assert list(wallet.history())[-1].entry["left_out"] == {"credential": 1}

    def test_the_end_of_the_history_is_made_anew_for_a_backup(self, scene):
        scene.receive()
        card = scene.receive()
        scene.damage("history", -1)
        with pytest.raises(StoreCorruptError):
            scene.back_up("x.backup")
        receipt = scene.back_up(leave_out_damaged=True)
        with scene.restore(known=[receipt]) as wallet:
            assert next(wallet.cards()) == card
            assert events(wallet) == ["received", "received", "mended", "backed_up", "restored"]
            assert list(wallet.damaged()) == []

    @pytest.mark.parametrize("number", [0, 1, 2])
    def test_who_the_wallet_is_is_never_left_out(self, scene, number):
        scene.back_up("first.backup")
        with scene.restore("first.backup", to="second.db") as second:
            scene.path, scene.wallet = scene.folder / "second.db", second
            card, key = scene.receive(), scene.wallet.new_holder_key()
            known = second.state()
            scene.damage("wallet", number)
            receipt = scene.back_up(leave_out_damaged=True)
            assert (receipt.left_out, receipt.wallet) == ({}, known.wallet)
            with scene.restore(known=[receipt, known]) as wallet:
                assert events(wallet)[-3:] == ["mended", "backed_up", "restored"]
                assert list(wallet.cards_to_renew()) == [card]
                credential = scene.city.issue(income(), format=SdJwtVc, holder=key, valid_for=timedelta(days=9))
                assert wallet.receive(credential).device == 1


def delete_secret(store: SqlStore) -> None:
    store.commit(Delete("wallet", "secret"), Delete("wallet", "secret_copy"))


class TestSecret:
    """What makes the wallet the one that it is."""

    @pytest.mark.parametrize("use", [Scene.receive, lambda scene: scene.wallet.new_holder_key()])
    def test_a_wallet_in_use_is_not_given_another(self, scene, use):
        use(scene)
        delete_secret(scene.wallet._store)
        with scene.reopened() as wallet:
            with pytest.raises(StoreCorruptError, match="WALLET_SECRET_LOST"):
                wallet.new_holder_key()
            assert [(damage.kind, damage.id) for damage in wallet.damaged()] == [("wallet", "secret")]
        assert scene.wallet._store.get("wallet", "secret") is None

    def test_a_backup_without_it_is_not_restored(self, scene):
        scene.receive()
        receipt = scene.wallet.state()
        delete_secret(scene.wallet._store)
        write_backup(
            scene.wallet._sealed_store, scene.folder / "wallet.backup", passphrase=PAPER, about=receipt.to_object()
        )
        with pytest.raises(StoreCorruptError, match="WALLET_SECRET_LOST"):
            scene.restore()
        with pytest.raises(StoreError):
            Wallet.open(scene.folder / "new.db", passphrase="another one")

    def test_a_store_in_which_no_wallet_ever_was_makes_one(self, scene):
        delete_secret(scene.wallet._store)
        scene.wallet._store.commit(Delete("wallet", "device"))
        scene.reopened().close()
        assert scene.wallet._store.get("wallet", "secret") is not None


class TestProcesses:
    def test_two_wallets_on_one_file_lose_nothing(self, scene):
        with Wallet.open(scene.path, passphrase=PASSPHRASE, clock=scene.clock) as other:
            for _ in range(5):
                scene.receive()
                scene.receive(wallet=other)
            assert len(list(scene.wallet.cards())) == len(list(other.cards())) == 10
            assert events(other) == ["received"] * 10

    def test_a_backup_can_be_made_of_a_wallet_that_another_process_uses(self, scene):
        with Wallet.open(scene.path, passphrase=PASSPHRASE, clock=scene.clock) as other:
            scene.receive()
            other.backup(scene.folder / "other.backup", passphrase=PAPER)
            with pytest.raises(BindingError):
                other.receive(scene.issue(wallet=scene.restore("other.backup", to=None)))
        with opened_backup(scene.folder / "other.backup", passphrase=PAPER) as opened:
            assert opened.about["entries"] == 2
