# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Receiving many credentials at once, and one in the place of another: with every check, and all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.world import (
    IN_BOTH_FORMATS,
    Income,
    Resident,
    World,
    flipped,
    format_of,
    found,
    income,
    resident,
    snapshot,
)
from vcwallet.errors import BindingError, LocalProtocolError, StoreCorruptError, StoreError, VerificationError
from vcwallet.formats.base import Credential
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.storage import Change, Put, RecordExistsError
from vcwallet.wallet import wallet as wallet_module


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    return World(format_of(request))


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wallet_module, "RECEIVED_AT_ONCE", 3)


def events(world: World) -> list[str]:
    return [str(entry.entry["event"]) for entry in world.wallet.history()]


def forged(credential: Credential) -> Credential:
    return replace(credential, raw=flipped(credential.raw, credential.raw.index("~") - 20))


class TestReceivingAll:
    @IN_BOTH_FORMATS
    def test_all_are_kept_as_if_received_one_by_one(self, world):
        credentials, told = [world.issue(resident()) for _ in range(7)], list[int]()
        assert world.wallet.receive_all(iter(credentials), progress=told.append) == 7
        assert told == [3, 6, 7]
        cards = list(world.wallet.cards())
        assert [card.credential for card in cards] == credentials[::-1]
        assert events(world) == ["received"] * 7
        assert len(found(world.wallet_store, "holder_key_use")) == 7
        other = World()
        [card] = other.hold(resident())
        assert (cards[0].type_ids[1:], cards[0].device, cards[0].issuer) == (card.type_ids[1:], 0, card.issuer)
        assert world.answer(world.ask("full_name"))

    def test_none_are_none(self, world):
        assert world.wallet.receive_all([]) == 0
        assert events(world) == []

    def test_doing_it_again_changes_nothing(self, world):
        credentials = [world.issue(resident()) for _ in range(4)]
        assert world.wallet.receive_all(credentials[:2]) == 2
        assert world.wallet.receive_all(credentials) == 2
        before = snapshot(world.wallet_store)
        assert world.wallet.receive_all(credentials) == 0
        assert snapshot(world.wallet_store) == before
        assert events(world) == ["received"] * 4

    def test_going_on_behind_an_interruption_takes_few_commits(self, world, monkeypatch):
        credentials = [world.issue(resident()) for _ in range(9)]
        world.wallet.receive_all(credentials[:4])
        commits, commit = list[int](), world.wallet_store.commit

        def counted(*changes: Change) -> None:
            commits.append(len(changes))
            commit(*changes)

        monkeypatch.setattr(world.wallet_store, "commit", counted)
        assert world.wallet.receive_all([*credentials, credentials[0], credentials[8]]) == 5
        # Of each batch one try, and another without what is there already, if that leaves something.
        assert len(commits) == 5
        assert events(world) == ["received"] * 9

    def test_a_damaged_holder_key_refuses_its_credential_and_no_other(self, world, monkeypatch):
        credentials = [world.issue(resident()) for _ in range(5)]
        damaged = found(world.wallet_store, "holder_key")[2].id  # last written first: that of the third
        get = world.wallet_store.get

        def one(collection: str, id: str) -> bytes | None:
            if (collection, id) == ("holder_key", damaged):
                raise StoreCorruptError("damaged")
            return get(collection, id)

        def many(collection: str, ids: Sequence[str]) -> dict[str, bytes]:
            return {id: body for id in ids if (body := one(collection, id)) is not None}

        monkeypatch.setattr(world.wallet_store, "get", one)
        monkeypatch.setattr(world.wallet_store, "get_many", many)
        with pytest.raises(StoreCorruptError):
            world.wallet.receive_all(credentials)
        assert [card.credential for card in world.wallet.cards()] == credentials[1::-1]
        assert world.wallet.receive_all(credentials[3:]) == 2

    def test_a_damaged_credential_that_comes_again_stops_there(self, world, monkeypatch):
        credentials = [world.issue(resident()) for _ in range(3)]
        card = world.wallet.receive(credentials[1])

        def damaged(*_: object) -> None:
            raise StoreCorruptError("damaged")

        monkeypatch.setattr(world.wallet_store, "get_many", damaged_in("credential", world.wallet_store.get_many))
        monkeypatch.setattr(wallet_module, "find_card", damaged)
        with pytest.raises(StoreCorruptError):
            world.wallet.receive_all(credentials)
        assert [kept.credential for kept in world.wallet.cards()] == [credentials[0], card.credential]

    def test_one_that_comes_twice_is_kept_once(self, world):
        one, two = world.issue(resident()), world.issue(income())
        assert world.wallet.receive_all([one, one, two, one]) == 2
        assert events(world) == ["received"] * 2

    @pytest.mark.parametrize("at", range(5))
    def test_one_that_does_not_hold_is_refused_and_those_before_it_are_kept(self, world, at):
        credentials = [world.issue(resident()) for _ in range(5)]
        with pytest.raises(VerificationError):
            world.wallet.receive_all([*credentials[:at], forged(credentials[at]), *credentials[at:]])
        assert [card.credential for card in world.wallet.cards()] == credentials[:at][::-1]
        assert world.wallet.receive_all(credentials) == 5 - at

    def test_a_key_of_someone_else_is_refused(self, world):
        other = world.new_wallet()
        with pytest.raises(BindingError, match="HOLDER_KEY_UNKNOWN"):
            world.wallet.receive_all([world.issue(resident()), world.issue(resident(), wallet=other)])
        assert len(list(world.wallet.cards())) == 1

    def test_two_credentials_for_one_key_are_refused_also_in_one_batch(self, world):
        key = world.wallet.new_holder_key()
        two = [
            world.city.issue(resident(), format=SdJwtVc, holder=key, valid_for=timedelta(days=days)) for days in (5, 9)
        ]
        with pytest.raises(BindingError, match="HOLDER_KEY_USED"):
            world.wallet.receive_all(two)
        assert [card.credential for card in world.wallet.cards()] == two[:1]


def damaged_in(collection: str, get_many: Callable[..., dict[str, bytes]]) -> Callable[..., dict[str, bytes]]:
    def look_up(asked: str, ids: Sequence[str]) -> dict[str, bytes]:
        if asked == collection:
            raise StoreCorruptError("damaged")
        return get_many(asked, ids)

    return look_up


class TestReplacing:
    @IN_BOTH_FORMATS
    def test_the_new_one_is_there_and_the_old_one_gone_with_its_key(self, world):
        [old] = world.hold(resident())
        new = world.wallet.replace(old, world.issue(resident(full_name="番号　太郎")))
        assert list(world.wallet.cards()) == [new]
        assert events(world) == ["received", "replaced"]
        assert len(found(world.wallet_store, "holder_key")) == len(found(world.wallet_store, "holder_key_use")) == 1
        assert [record.id for record in found(world.wallet_store, "key")] == [new.key]
        assert world.answer(world.ask("full_name"))

    def test_doing_it_again_changes_nothing(self, world):
        [old] = world.hold(resident())
        credential = world.issue(resident())
        new = world.wallet.replace(old, credential)
        before = snapshot(world.wallet_store)
        assert world.wallet.replace(old, credential) == new
        assert snapshot(world.wallet_store) == before

    def test_one_that_was_interrupted_before_the_old_key_was_gone_is_finished(self, world):
        [old] = world.hold(resident())
        credential = world.issue(resident())
        [key] = [record for record in found(world.wallet_store, "key") if record.id == old.key]
        new = world.wallet.replace(old, credential)
        world.wallet_store.commit(Put("key", key.id, key.body))
        assert world.wallet.replace(old, credential) == new
        assert [record.id for record in found(world.wallet_store, "key")] == [new.key]
        assert world.answer(world.ask("full_name"))

    @pytest.mark.parametrize("forget", ["replace", "delete"])
    def test_a_crash_behind_the_commit_leaves_no_key_of_what_is_gone(self, world, monkeypatch, forget):
        [old] = world.hold(resident())
        credential = world.issue(resident())
        commit = world.wallet_store.commit

        def once(*changes: Change) -> None:
            commit(*changes)
            monkeypatch.setattr(world.wallet_store, "commit", crash)

        def crash(*_: Change) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(world.wallet_store, "commit", once)
        with suppress(KeyboardInterrupt):
            world.wallet.replace(old, credential) if forget == "replace" else world.wallet.delete(old)
        assert old.key not in [record.id for record in found(world.wallet_store, "key")]
        assert old not in world.wallet.cards()

    def test_what_is_not_there_is_not_replaced(self, world):
        [old] = world.hold(resident())
        world.wallet.delete(old)
        with pytest.raises(LocalProtocolError):
            world.wallet.replace(old, world.issue(resident()))
        assert list(world.wallet.cards()) == []

    @pytest.mark.parametrize("what", ["another type", "no key", "the old key", "itself", "another issuer"])
    def test_only_a_like_credential_replaces_one(self, world, what):
        [old] = world.hold(resident())
        credential = {
            "another type": lambda: world.issue(income()),
            "no key": lambda: world.city.issue(resident(), format=SdJwtVc, holder=None, valid_for=timedelta(days=9)),
            "the old key": lambda: world.city.issue(
                resident(),
                format=SdJwtVc,
                holder=world.wallet._keys.signer(str(old.key)).public_key,
                valid_for=timedelta(days=9),
            ),
            "itself": lambda: old.credential,
            "another issuer": lambda: of_another_issuer(world),
        }[what]()
        before = snapshot(world.wallet_store)
        with pytest.raises(LocalProtocolError) as caught:
            world.wallet.replace(old, credential)
        assert caught.value.code == "NO_REPLACEMENT"
        assert snapshot(world.wallet_store) == before

    def test_one_that_does_not_hold_replaces_nothing(self, world):
        [old] = world.hold(resident())
        credential = forged(world.issue(resident()))
        before = snapshot(world.wallet_store)
        with pytest.raises(VerificationError):
            world.wallet.replace(old, credential)
        assert snapshot(world.wallet_store) == before

    def test_one_for_a_key_that_is_used_replaces_nothing(self, world):
        old, other = world.hold(resident(), resident())
        key = world.wallet._keys.signer(str(other.key)).public_key
        credential = world.city.issue(resident(), format=SdJwtVc, holder=key, valid_for=timedelta(days=9))
        before = snapshot(world.wallet_store)
        with pytest.raises(BindingError, match="HOLDER_KEY_USED"):
            world.wallet.replace(old, credential)
        assert snapshot(world.wallet_store) == before

    def test_one_that_is_there_already_does_not_replace_another(self, world):
        old, other = world.hold(resident(), resident())
        with pytest.raises(LocalProtocolError, match="NO_REPLACEMENT"):
            world.wallet.replace(old, other.credential)
        assert len(list(world.wallet.cards())) == 2

    def test_what_cannot_be_written_replaces_nothing(self, world, monkeypatch):
        [old] = world.hold(resident())
        credential = world.issue(resident())

        def full(*_: object) -> None:
            raise StoreError("no room")

        monkeypatch.setattr(world.wallet_store, "commit", full)
        with pytest.raises(StoreError):
            world.wallet.replace(old, credential)
        monkeypatch.undo()
        assert list(world.wallet.cards()) == [old]


def of_another_issuer(world: World) -> Credential:
    other = world.issuer(world.registry.enrol_issuer("Other city", may_issue=[Resident]))
    other.update_trust(world.registry.published())
    world.wallet.update_trust(world.registry.published())
    key = world.wallet.new_holder_key()
    return other.issue(resident(), format=SdJwtVc, holder=key, valid_for=timedelta(days=9))


def test_a_wallet_of_before_devices_were_counted_is_read(world):
    [card] = world.hold(resident())
    [key] = found(world.wallet_store, "holder_key")
    world.wallet_store.commit(Put("holder_key", key.id, key.body.split(b"\0")[0]))
    assert world.wallet.receive(world.issue(income())).type_ids[0] == Income.vct
    assert world.wallet.receive(card.credential) == card
    with pytest.raises(RecordExistsError):
        world.wallet_store.commit(Put("holder_key", key.id, b"", new=True))
