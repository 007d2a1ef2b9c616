# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Lists that are held: never replaced by older ones, few enough, and verified when they are used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.status import HOUR, ISSUER, NOW, OTHER_URI, STRANGER, URI, OneSigner, TwoSigners, signed, token
from vcwallet.encoding import cbor
from vcwallet.errors import (
    MalformedError,
    NotAuthorisedError,
    StatusError,
    StoreCorruptError,
    StoreFullError,
    ValidityError,
    VerificationError,
)
from vcwallet.keys.software import SoftwareSigner
from vcwallet.status import held_lists
from vcwallet.status.held_lists import HeldLists, ListKey, OpenList
from vcwallet.status.outcome import Origin
from vcwallet.status.status_list import StatusList
from vcwallet.status.token_status_list import MediaType, StatusListToken
from vcwallet.storage import Change, MemoryStore, Put, Record

JWT_KEY = ListKey(uri=URI, media_type=MediaType.JWT)
CWT_KEY = ListKey(uri=URI, media_type=MediaType.CWT)
OTHER_KEY = ListKey(uri=OTHER_URI, media_type=MediaType.JWT)


@dataclass
class Holder:
    store: MemoryStore = field(default_factory=MemoryStore)
    trust: Any = field(default_factory=OneSigner)
    secret: bytes = b""

    def __post_init__(self) -> None:
        self.lists = HeldLists(self.store, trust=self.trust, secret=self.secret)

    def keep(
        self,
        one: StatusListToken,
        key: ListKey = JWT_KEY,
        *,
        fetched_at: datetime = NOW,
        origin: Origin = Origin.NETWORK,
        at: datetime = NOW,
    ) -> OpenList:
        form = MediaType(key.media_type)
        return self.lists.keep(key, signed(one, form), fetched_at=fetched_at, origin=origin, at=at)

    def value(self, index: int, key: ListKey = JWT_KEY, at: datetime = NOW) -> int:
        found = self.lists.find(key, issuer=ISSUER, at=at)
        assert found is not None
        statuses = found.signed.token.statuses
        assert isinstance(statuses, StatusList)
        return statuses[index]

    @property
    def records(self) -> int:
        return len(list(self.store.find("status_list")))


class DamagedStore(MemoryStore):
    """It has records that it cannot read, and goes on behind them."""

    def find(self, collection: str, tag: str | None = None, /) -> Iterator[Record]:
        found = super().find(collection, tag)
        return _Broken(found) if tag is None else found


class _Broken:
    def __init__(self, found: Iterator[Record]) -> None:
        self.found, self.broken = found, 2

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        if self.broken:
            self.broken -= 1
            raise StoreCorruptError("a record is damaged")
        return next(self.found)


class FullStore(MemoryStore):
    is_full = False

    def commit(self, *changes: Change) -> None:
        if self.is_full:
            raise StoreFullError("the disk is full")
        super().commit(*changes)


@pytest.fixture
def holder() -> Holder:
    return Holder()


def test_what_is_kept_is_found_again(holder):
    assert holder.lists.find(JWT_KEY, issuer=ISSUER, at=NOW) is None
    kept = holder.keep(token({7: 2}))
    assert holder.lists.find(JWT_KEY, issuer=ISSUER, at=NOW) == kept
    assert Holder(store=holder.store).value(7) == 2
    assert kept.fresh_until == NOW + 12 * HOUR


def test_both_forms_of_a_list_are_held_beside_each_other(holder):
    holder.keep(token({7: 2}))
    assert holder.lists.find(CWT_KEY, issuer=ISSUER, at=NOW) is None
    holder.keep(token({7: 1}), CWT_KEY)
    assert (holder.value(7), holder.value(7, CWT_KEY)) == (2, 1)
    assert {one.key for one in holder.lists.all()} == {JWT_KEY, CWT_KEY}


class TestTheOtherForm:
    @pytest.mark.parametrize(("ahead", "expected"), [(60, 0), (61, 1)])
    def test_one_that_is_more_than_a_minute_newer_counts(self, holder, ahead, expected):
        holder.keep(token({7: 1}, issued_at=NOW - HOUR + timedelta(seconds=ahead)))
        holder.keep(token({7: 0}), CWT_KEY)
        assert holder.value(7, CWT_KEY) == expected
        assert holder.value(7) == 1

    def test_one_that_is_newer_and_has_ended_is_followed_by_no_older(self, holder):
        holder.keep(token({7: 1}, issued_at=NOW, expires=NOW + HOUR))
        holder.keep(token({7: 0}), CWT_KEY)
        with pytest.raises(ValidityError):
            holder.lists.find(CWT_KEY, issuer=ISSUER, at=NOW + HOUR)

    def test_one_that_is_newer_counts_after_the_end_of_this_one(self, holder):
        holder.keep(token({7: 1}, issued_at=NOW, expires=NOW + 48 * HOUR))
        holder.keep(token({7: 0}), CWT_KEY)
        assert holder.value(7, CWT_KEY, at=NOW + 30 * HOUR) == 1


def test_a_newer_list_takes_the_place_of_the_older(holder):
    holder.keep(token({7: 2}))
    holder.keep(token({7: 0}, issued_at=NOW))
    assert holder.value(7) == 0
    assert holder.records == 1


def test_an_older_list_is_a_rollback_and_changes_nothing(holder):
    holder.keep(token({7: 1}, issued_at=NOW))
    for other in (holder, Holder(store=holder.store)):
        with pytest.raises(StatusError) as caught:
            other.keep(token({7: 0}))
        assert caught.value.code == "STATUS_ROLLBACK"
        assert other.value(7) == 1


def test_an_older_list_is_a_rollback_also_after_the_end_of_the_newer(holder):
    later = NOW + 50 * HOUR
    holder.keep(token({7: 1}, issued_at=NOW))
    with pytest.raises(ValidityError):
        holder.lists.find(JWT_KEY, issuer=ISSUER, at=later)
    with pytest.raises(StatusError) as caught:
        holder.keep(token({7: 0}, expires=NOW + 100 * HOUR), at=later)
    assert caught.value.code == "STATUS_ROLLBACK"


@pytest.mark.parametrize("first", ["newer", "older"])
def test_whoever_loses_a_race_leaves_nothing_that_is_used(holder, first):
    """Two processes find no list, and both write."""
    newer, older = signed(token({7: 1}, issued_at=NOW)), signed(token({7: 0}))
    late = Holder(store=holder.store)
    late.lists._copies = lambda key: []  # type: ignore[method-assign]  # it looked before the other one wrote
    tokens = (newer, older) if first == "newer" else (older, newer)
    for one, data in zip((holder, late), tokens, strict=True):
        one.lists.keep(JWT_KEY, data, fetched_at=NOW, origin=Origin.NETWORK, at=NOW)
    assert holder.records == 2
    assert holder.value(7) == Holder(store=holder.store).value(7) == 1
    assert [one.issued_at for one in holder.lists.all()] == [NOW]
    holder.keep(token({7: 2}, issued_at=NOW + HOUR), at=NOW + HOUR)
    assert holder.records == 1


def test_the_same_list_fetched_again_is_as_fresh_as_the_last_time(holder):
    one = signed(token({7: 2}))
    for hours in (0, 3, 5):
        at = NOW + hours * HOUR
        holder.lists.keep(JWT_KEY, one, fetched_at=at, origin=Origin.NETWORK, at=at)
    assert holder.lists.find(JWT_KEY, issuer=ISSUER, at=NOW).fresh_until == NOW + 17 * HOUR
    assert holder.records == 1


def test_a_clock_that_was_wrong_for_once_does_no_lasting_harm(holder):
    """Fetched by a clock of next month, the list would count as stale for as long as it is not signed anew."""
    one = signed(token({7: 2}, expires=NOW + 2000 * HOUR))
    for at in (NOW + 700 * HOUR, NOW):
        holder.lists.keep(JWT_KEY, one, fetched_at=at, origin=Origin.NETWORK, at=at)
    assert holder.lists.find(JWT_KEY, issuer=ISSUER, at=NOW).fresh_until == NOW + 12 * HOUR


class TestTwoSigners:
    """Somebody else, who may sign lists too, signs one under the address of the city."""

    OTHER = SoftwareSigner.generate()
    OTHER_CHAIN = (b"the certificate of another status signer",)

    @pytest.fixture
    def trust(self) -> OneSigner:
        """The other is no signer of the city's lists, until a test makes it one."""
        return OneSigner(party="urn:example:other", key=self.OTHER.public_key, chain=self.OTHER_CHAIN)

    @pytest.fixture
    def holder(self, trust: OneSigner) -> Holder:
        return Holder(trust=TwoSigners(OneSigner(), trust))

    def keep_other(self, holder: Holder, one: StatusListToken, *, at: datetime = NOW) -> OpenList:
        data = signed(one, signer=self.OTHER, chain=self.OTHER_CHAIN)
        return holder.lists.keep(JWT_KEY, data, fetched_at=at, origin=Origin.NETWORK, at=at)

    def test_the_list_of_the_one_is_not_older_than_that_of_the_other(self, holder):
        self.keep_other(holder, token({7: 0}, issued_at=NOW))
        holder.keep(token({7: 1}))
        assert holder.records == 2
        assert holder.value(7) == 1

    def test_a_list_of_somebody_else_does_not_speak_for_the_city(self, holder):
        self.keep_other(holder, token({7: 0}, issued_at=NOW))
        with pytest.raises(NotAuthorisedError) as caught:
            holder.lists.find(JWT_KEY, issuer=ISSUER, at=NOW)
        assert caught.value.code == "STATUS_SIGNER_NOT_AUTHORISED"

    @pytest.mark.parametrize("is_open", [True, False])
    def test_a_list_of_somebody_else_stands_in_the_way_neither_while_it_lasts_nor_after(self, holder, is_open):
        holder.keep(token({7: 1}))
        self.keep_other(holder, token(issued_at=NOW, expires=NOW + HOUR))
        again = holder if is_open else Holder(store=holder.store, trust=holder.trust)
        assert again.value(7) == again.value(7, at=NOW + 2 * HOUR) == 1
        again.keep(token({7: 2}, issued_at=NOW - HOUR / 2), at=NOW + 2 * HOUR)
        assert again.value(7, at=NOW + 2 * HOUR) == 2

    @pytest.mark.parametrize("is_open", [True, False])
    def test_the_newer_list_counts_whoever_of_the_two_has_signed_it(self, holder, trust, is_open):
        trust.acts_for = frozenset({ISSUER})
        holder.keep(token({7: 0}))
        self.keep_other(holder, token({7: 1}, issued_at=NOW))
        again = holder if is_open else Holder(store=holder.store, trust=holder.trust)
        assert again.value(7) == 1
        again.keep(token({7: 2}, issued_at=NOW + HOUR), at=NOW + HOUR)
        assert again.value(7, at=NOW + HOUR) == 2

    @pytest.mark.parametrize("is_open", [True, False])
    def test_the_older_of_the_one_is_a_rollback_after_the_newer_of_the_other(self, holder, trust, is_open):
        trust.acts_for = frozenset({ISSUER})
        self.keep_other(holder, token({7: 1}, issued_at=NOW, expires=NOW + HOUR))
        again = holder if is_open else Holder(store=holder.store, trust=holder.trust)
        for at in (NOW, NOW + 2 * HOUR):
            with pytest.raises(StatusError) as caught:
                again.keep(token({7: 0}), at=at)
            assert caught.value.code == "STATUS_ROLLBACK"
        assert holder.records == 1

    @pytest.mark.parametrize("is_open", [True, False])
    def test_an_older_list_of_the_one_does_not_speak_after_the_end_of_the_newer_of_the_other(
        self, holder, trust, is_open
    ):
        trust.acts_for = frozenset({ISSUER})
        holder.keep(token({7: 0}))
        self.keep_other(holder, token({7: 1}, issued_at=NOW, expires=NOW + HOUR))
        again = holder if is_open else Holder(store=holder.store, trust=holder.trust)
        with pytest.raises(ValidityError) as caught:
            again.lists.find(JWT_KEY, issuer=ISSUER, at=NOW + 2 * HOUR)
        assert caught.value.code == "STATUS_LIST_EXPIRED"

    @pytest.mark.parametrize("is_open", [True, False])
    def test_whoever_does_not_sign_for_the_city_any_more_stands_in_nobodys_way(self, holder, trust, is_open):
        trust.acts_for = frozenset({ISSUER})
        self.keep_other(holder, token({7: 0}, issued_at=NOW))
        again = holder if is_open else Holder(store=holder.store, trust=holder.trust)
        trust.is_stopped = True
        again.keep(token({7: 1}))
        assert again.value(7) == 1
        trust.is_stopped, trust.acts_for = False, frozenset()
        assert again.value(7) == 1


class TestBundles:
    def test_a_list_of_a_bundle_is_as_old_as_its_signature(self, holder):
        kept = holder.keep(token(), origin=Origin.BUNDLE)
        assert kept.fresh_until == NOW - HOUR + 12 * HOUR
        assert kept.stored.fetched_at == NOW

    def test_it_does_not_take_the_place_of_one_that_was_fetched(self, holder):
        holder.keep(token({7: 1}))
        assert holder.keep(token({7: 0}), origin=Origin.BUNDLE).signed.token.statuses[7] == 1
        assert holder.value(7) == 1
        assert [one.origin for one in holder.lists.all()] == [Origin.NETWORK]

    def test_a_newer_one_does(self, holder):
        holder.keep(token({7: 1}))
        holder.keep(token({7: 2}, issued_at=NOW), origin=Origin.BUNDLE)
        assert holder.value(7) == 2
        assert [one.origin for one in holder.lists.all()] == [Origin.BUNDLE]

    def test_one_that_is_fetched_takes_its_place(self, holder):
        holder.keep(token({7: 1}), origin=Origin.BUNDLE)
        holder.keep(token({7: 1}))
        assert [one.origin for one in holder.lists.all()] == [Origin.NETWORK]


class TestVerification:
    @pytest.mark.parametrize("data", [b"", b"a.b.c", b"\xd2\x84"])
    def test_what_is_no_list_is_not_kept(self, holder, data):
        with pytest.raises(MalformedError):
            holder.lists.keep(JWT_KEY, data, fetched_at=NOW, origin=Origin.NETWORK, at=NOW)
        assert holder.records == 0

    def test_another_list_is_not_kept(self, holder):
        with pytest.raises(VerificationError) as caught:
            holder.keep(token(), OTHER_KEY)
        assert caught.value.code == "STATUS_WRONG_SUBJECT"
        assert holder.records == 0

    def test_a_list_is_verified_again_after_a_restart(self, holder):
        holder.keep(token())
        restarted = Holder(store=holder.store, trust=OneSigner(is_stopped=True))
        with pytest.raises(NotAuthorisedError):
            restarted.lists.find(JWT_KEY, issuer=ISSUER, at=NOW)

    def test_a_list_that_is_open_is_not_read_again_but_its_signer_is_looked_up(self, holder):
        kept = holder.keep(token())
        assert len(holder.trust.asked) == 1
        for times in range(3):
            assert holder.lists.find(JWT_KEY, issuer=ISSUER, at=NOW).signed is kept.signed
            assert len(holder.trust.asked) == 2 + times
        holder.trust.is_stopped = True
        with pytest.raises(NotAuthorisedError):
            holder.lists.find(JWT_KEY, issuer=ISSUER, at=NOW)

    def test_a_list_ends_also_while_it_is_open(self, holder):
        holder.keep(token())
        assert holder.value(0, at=NOW + 23 * HOUR) == 0
        with pytest.raises(ValidityError):
            holder.lists.find(JWT_KEY, issuer=ISSUER, at=NOW + 24 * HOUR)

    def test_a_changed_record_is_not_used(self, holder):
        holder.keep(token({7: 1}))
        [record] = holder.store.find("status_list")
        body = cbor.loads(record.body)
        body["token"] = signed(token({7: 0}), signer=STRANGER)
        tag = holder.lists._tag(JWT_KEY)
        holder.store.commit(Put("status_list", record.id, cbor.dumps(body), tags=(tag,)))
        with pytest.raises(VerificationError):
            holder.lists.find(JWT_KEY, issuer=ISSUER, at=NOW)


RECORD: dict[str, Any] = {
    "uri": URI,
    "media_type": MediaType.JWT.value,
    "token": b"",
    "party": ISSUER,
    "acts_for": [],
    "issued_at": 1,
    "ends": 1,
    "fetched_at": 1,
    "origin": "network",
}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xa0",
        b"\x80",
        *(
            cbor.dumps(RECORD | wrong)
            for wrong in (
                {"media_type": "text/plain"},
                {"issued_at": 2**63},
                {"issued_at": "x"},
                {"ends": "x"},
                {"origin": "x"},
                {"uri": 1},
                {"token": "text"},
                {"party": None},
                {"acts_for": ISSUER},
                {"acts_for": [1]},
            )
        ),
    ],
)
def test_a_damaged_record_is_told(holder, body):
    holder.store.commit(Put("status_list", "x", body, tags=(holder.lists._tag(JWT_KEY),)))
    with pytest.raises(StoreCorruptError):
        holder.lists.find(JWT_KEY, issuer=ISSUER, at=NOW)


def test_the_names_of_records_do_not_tell_which_lists_they_are():
    with_secret, with_another = Holder(secret=b"one"), Holder(secret=b"another")
    for one in (with_secret, with_another):
        one.keep(token())
    [first], [second] = with_secret.store.find("status_list"), with_another.store.find("status_list")
    assert first.id != second.id


class TestLimits:
    def test_the_lists_that_were_fetched_first_give_way(self, holder, monkeypatch):
        monkeypatch.setattr(held_lists, "MAX_LISTS", 3)
        keys = [ListKey(uri=f"https://city.example/{number}", media_type=MediaType.JWT) for number in range(5)]
        for number, key in enumerate(keys):
            holder.keep(token(uri=key.uri), key, fetched_at=NOW + number * HOUR / 100)
        assert {one.key for one in holder.lists.all()} == set(keys[2:])
        again = Holder(store=holder.store)
        again.keep(token(), fetched_at=NOW + HOUR)
        assert {one.key for one in holder.lists.all()} == {*keys[3:], JWT_KEY}

    def test_a_list_that_is_fetched_again_does_not_push_out_another(self, holder, monkeypatch):
        monkeypatch.setattr(held_lists, "MAX_LISTS", 2)
        holder.keep(token(uri=OTHER_URI), OTHER_KEY)
        for hours in range(5):
            holder.keep(token(issued_at=NOW + hours * HOUR, expires=NOW + 48 * HOUR), at=NOW + hours * HOUR)
        assert {one.key for one in holder.lists.all()} == {OTHER_KEY, JWT_KEY}

    def test_a_signer_of_many_lists_pushes_out_its_own(self, monkeypatch):
        monkeypatch.setattr(held_lists, "MAX_LISTS", 4)
        other = SoftwareSigner.generate()
        holder = Holder(trust=TwoSigners(OneSigner(), OneSigner(party="x", key=other.public_key, chain=(b"x",))))
        holder.keep(token())
        for number in range(9):
            one = token(uri=f"https://other.example/{number}")
            key = ListKey(uri=one.uri, media_type=MediaType.JWT)
            data, at = signed(one, signer=other, chain=(b"x",)), NOW + number * HOUR / 100
            holder.lists.keep(key, data, fetched_at=at, origin=Origin.NETWORK, at=NOW)
        expected = {JWT_KEY, *(ListKey(uri=f"https://other.example/{n}", media_type=MediaType.JWT) for n in (6, 7, 8))}
        assert {one.key for one in holder.lists.all()} == expected
        assert holder.lists.still_held([JWT_KEY, OTHER_KEY]) == {JWT_KEY}

    @pytest.mark.parametrize("body", [b"", cbor.dumps({"uri": URI})])
    def test_a_damaged_list_does_not_stand_in_the_way_of_another(self, holder, body):
        holder.store.commit(Put("status_list", "x", body, tags=(holder.lists._tag(OTHER_KEY),)))
        holder.keep(token({7: 1}))
        assert holder.value(7) == 1
        assert [one.key for one in holder.lists.all()] == [JWT_KEY]

    def test_nor_does_one_that_the_store_cannot_read(self):
        holder = Holder(store=DamagedStore())
        holder.keep(token({7: 1}))
        holder.keep(token(uri=OTHER_URI), OTHER_KEY)
        assert holder.value(7) == 1

    def test_what_could_not_be_written_is_not_counted(self, monkeypatch):
        monkeypatch.setattr(held_lists, "MAX_LISTS", 1)
        store = FullStore()
        holder = Holder(store=store)
        holder.keep(token({7: 1}))
        store.is_full = True
        with pytest.raises(StoreFullError):
            holder.keep(token(uri=OTHER_URI), OTHER_KEY)
        assert holder.lists.still_held([JWT_KEY, OTHER_KEY]) == frozenset()
        store.is_full = False
        holder.keep(token(uri=OTHER_URI), OTHER_KEY)
        assert [one.key for one in holder.lists.all()] == [OTHER_KEY]

    def test_few_lists_stay_open(self, holder, monkeypatch):
        monkeypatch.setattr(held_lists, "MAX_OPEN_BYTES", 600)
        keys = [ListKey(uri=f"https://city.example/{number}", media_type=MediaType.JWT) for number in range(4)]
        for key in keys:
            holder.keep(token(uri=key.uri), key)  # of 250 bytes each
        assert len(holder.lists._open) == 2
        assert [holder.value(0, key) for key in keys] == [0] * 4

    def test_a_list_larger_than_all_that_stays_open_is_read_all_the_same(self, holder, monkeypatch):
        monkeypatch.setattr(held_lists, "MAX_OPEN_BYTES", 100)
        holder.keep(token({7: 1}))
        assert len(holder.lists._open) == 0
        assert holder.value(7) == 1


def test_an_open_list_says_what_it_relies_on(holder):
    kept: Any = holder.keep(token())
    assert kept.stored.token not in repr(kept).encode()
