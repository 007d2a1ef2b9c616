# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""`SqlLedger`: places given once, keys entered once, statuses, what has to be published; in every kind of database."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text

from tests.support.ledger import DESK, LISTS, decided, enter, new_issue
from tests.support.pki import NOW
from tests.support.scripts import REPOSITORY
from vcwallet.adapters.store import SqlLedger, SqlStore
from vcwallet.adapters.store.database import parse_location
from vcwallet.adapters.store.failures import DeadlockError
from vcwallet.adapters.store.ledger.issuances import DRAWS, Claims, run_by
from vcwallet.errors import (
    KeyLockedError,
    LocalProtocolError,
    StoreBusyError,
    StoreCorruptError,
    StoreError,
)
from vcwallet.status.ledger import AlreadyIssuedError, Issuance, Pseudonym, PublishedList, Status, StatusListState

SIZE = 64
HOUR = timedelta(hours=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture(params=["file", "memory", "postgresql"])
def place(request: pytest.FixtureRequest, path: Path) -> Path | str | None:
    if request.param == "postgresql":
        return request.getfixturevalue("postgres")
    return path if request.param == "file" else None


@pytest.fixture
def ledger(place: Path | str | None) -> Iterator[SqlLedger]:
    with SqlLedger.create(place, lists=LISTS, size=SIZE) as made:
        yield made


@pytest.fixture
def file(path: Path) -> Iterator[SqlLedger]:
    with SqlLedger.create(path, lists=LISTS, size=SIZE) as made:
        yield made


def places(entries: tuple[Issuance, ...]) -> list[tuple[str, int]]:
    return [(entry.uri, entry.index) for entry in entries]


def due(ledger: SqlLedger, *, at=NOW, renew_until=NOW) -> dict[str, StatusListState]:
    return {state.uri: state for state in ledger.due(at=at, renew_until=renew_until)}


def publication(uri: str, *, at=NOW, lifetime: timedelta = HOUR) -> PublishedList:
    return PublishedList(
        uri=uri, jwt=f"jwt of {at}", cwt=b"\0cwt", issued_at=at, expires=at + lifetime, ttl=timedelta(minutes=5)
    )


def publish_all(ledger: SqlLedger, *, at=NOW, lifetime: timedelta = HOUR) -> None:
    for state in due(ledger, at=at, renew_until=at).values():
        assert ledger.keep(publication(state.uri, at=at, lifetime=lifetime), version=state.version)


class TestIssuing:
    def test_an_entry_says_what_was_issued_and_where_its_status_is(self, ledger):
        [entry] = enter(ledger, "a-1")
        assert (entry.idempotency_key, entry.type_id, entry.format) == ("a-1", "urn:example:resident:1", "dc+sd-jwt")
        assert (entry.issued_at, entry.expires) == (NOW.replace(microsecond=0), NOW + timedelta(days=90))
        assert (entry.uri, entry.status) == (f"{LISTS}/1", Status.VALID)
        assert 0 <= entry.index < SIZE

    def test_it_is_found_by_key_identifier_and_place(self, ledger):
        [entry] = enter(ledger, "a-1")
        enter(ledger, "a-2")
        assert ledger.issued("a-1") == (entry,)
        assert ledger.entry(entry.id) == ledger.entry_at(entry.uri, entry.index) == entry

    def test_what_is_not_there_is_not_found(self, ledger):
        [entry] = enter(ledger, "a-1")
        assert ledger.issued("a-2") == ()
        assert ledger.entry("other") is None
        assert ledger.entry_at(entry.uri, (entry.index + 1) % SIZE) is None
        assert ledger.entry_at(f"{LISTS}/2", entry.index) is None
        for index in (-1, SIZE, 2**63):
            assert ledger.entry_at(entry.uri, index) is None
        assert ledger.entry_at("\ud800", entry.index) is None

    def test_the_text_of_an_entry_does_not_show_whose_status_it_is(self, ledger):
        [entry] = enter(ledger, "a-1")
        assert entry.uri not in repr(entry)
        assert "index" not in repr(entry)

    def test_no_place_is_given_twice_and_lists_roll_over(self, ledger):
        given = [place for number in range(3 * SIZE) for place in places(enter(ledger, str(number)))]
        assert len(set(given)) == len(given)
        assert len({uri for uri, _ in given}) >= 3

    def test_a_list_that_is_full_is_followed_by_one_that_was_opened_before(self, ledger):
        assert set(due(ledger)) == {f"{LISTS}/1", f"{LISTS}/2"}
        number = 0
        while enter(ledger, str(number))[0].uri == f"{LISTS}/1":
            number += 1
        # Nearly all of so small a list was given: some places stay free, and nobody can tell which.
        assert number > SIZE // 2
        assert set(due(ledger)) == {f"{LISTS}/{n}" for n in (1, 2, 3)}

    def test_a_list_counts_as_full_after_so_many_draws(self, ledger):
        draws = iter([5, *[5] * (DRAWS - 1), 6, *[5, 6] * (DRAWS // 2), 7])
        given = []
        for number in range(3):
            with ledger._database.written() as cursor:
                entries = ledger._claims.enter(run_by(cursor), new_issue(str(number)), draw=lambda size: next(draws))
                given += places(entries)
        assert given == [(f"{LISTS}/1", 5), (f"{LISTS}/1", 6), (f"{LISTS}/2", 7)]

    def test_places_are_drawn_from_the_whole_list(self, ledger):
        asked = []

        def draw(size: int) -> int:
            asked.append(size)
            return SIZE - 1

        with ledger._database.written() as cursor:
            [entry] = ledger._claims.enter(run_by(cursor), new_issue("1"), draw=draw)
        assert (entry.index, asked) == (SIZE - 1, [SIZE])

    def test_the_copies_of_a_batch_have_places_of_their_own_and_no_neighbours(self, ledger):
        for number in range(5):
            entries = enter(ledger, str(number), copies=50)
            assert len(set(places(entries))) == len({entry.id for entry in entries}) == 50
            taken = set(places(entries))
            assert not any((uri, index + 1) in taken for uri, index in taken)
            assert ledger.issued(str(number)) == entries

    @pytest.mark.parametrize("place", ["memory"], indirect=True)
    def test_the_smallest_list_serves_too(self, place):
        with SqlLedger.create(place, lists=LISTS, size=8) as ledger:
            given = [place for number in range(10) for place in places(enter(ledger, str(number), copies=7))]
        assert len(set(given)) == 70

    def test_the_same_key_again_is_refused_with_the_entry(self, ledger):
        entries = enter(ledger, "a-1", copies=2)
        for copies in (1, 2, 3):
            with pytest.raises(AlreadyIssuedError) as caught:
                enter(ledger, "a-1", copies=copies)
            assert caught.value.code == "ALREADY_ISSUED"
            assert caught.value.issuances == entries
        assert ledger.issued("a-1") == entries

    def test_the_error_can_be_copied_and_keeps_the_key_to_itself(self, ledger):
        entries = enter(ledger, "a-1")
        with pytest.raises(AlreadyIssuedError) as caught:
            enter(ledger, "a-1")
        assert copy.copy(caught.value).issuances == entries
        assert "a-1" not in str(caught.value)

    @pytest.mark.parametrize("error", [KeyLockedError("no"), OSError("no"), KeyboardInterrupt(), GeneratorExit()])
    def test_an_error_while_signing_leaves_no_entry_and_is_not_changed(self, ledger, error):
        with pytest.raises(type(error)) as caught, ledger.issuing(new_issue("a-1")):
            raise error
        assert caught.value is error
        assert ledger.issued("a-1") == ()
        assert len(enter(ledger, "a-1")) == 1

    def test_an_entry_is_not_there_before_the_end(self, path, file):
        with SqlLedger.open(path) as other:
            with file.issuing(new_issue("a-1")):
                assert other.issued("a-1") == ()
            assert len(other.issued("a-1")) == 1

    def test_sixteen_threads_with_one_key_make_one_issue(self, ledger):
        start = threading.Barrier(16)

        def take(_: int) -> bool:
            start.wait()
            try:
                enter(ledger, "a-1")
            except AlreadyIssuedError:
                return False
            return True

        with ThreadPoolExecutor(16) as pool:
            assert list(pool.map(take, range(16))).count(True) == 1


class TestReissuing:
    def test_the_old_entry_is_revoked_and_the_new_one_takes_its_key(self, ledger):
        [old] = enter(ledger, "a-1")
        [new] = enter(ledger, "a-1", replaces=DESK)
        assert ledger.issued("a-1") == (new,)
        assert places((new,)) != places((old,))
        assert ledger.entry(old.id) == replace(old, status=Status.INVALID)
        assert [(change.issuance, change.new) for change in ledger.changes("a-1")] == [(old.id, Status.INVALID)]

    def test_it_can_be_done_again_and_with_another_number_of_copies(self, ledger):
        enter(ledger, "a-1")
        second = enter(ledger, "a-1", replaces=DESK, copies=3)
        third = enter(ledger, "a-1", replaces=DESK, copies=2)
        assert ledger.issued("a-1") == third
        assert [ledger.entry(entry.id).status for entry in (*second, *third)] == [1, 1, 1, 0, 0]

    @pytest.mark.parametrize("status", [Status.INVALID, Status.SUSPENDED])
    def test_what_was_revoked_or_suspended_is_not_replaced(self, ledger, status):
        enter(ledger, "a", copies=2)
        changed = ledger.change_status("a", status, DESK)
        with pytest.raises(LocalProtocolError) as caught:
            enter(ledger, "a", replaces=DESK)
        assert caught.value.code == "NOT_VALID"
        assert ledger.issued("a") == changed
        assert len(ledger.changes("a")) == 2

    def test_what_was_suspended_can_be_replaced_once_it_is_reinstated(self, ledger):
        [old] = enter(ledger, "a")
        for status in (Status.SUSPENDED, Status.VALID):
            ledger.change_status("a", status, DESK)
        [new] = enter(ledger, "a", replaces=DESK)
        assert (ledger.entry(old.id).status, new.status) == (Status.INVALID, Status.VALID)

    def test_what_was_never_issued_cannot_be_replaced(self, ledger):
        with pytest.raises(LocalProtocolError) as caught:
            enter(ledger, "a-1", replaces=DESK)
        assert caught.value.code == "NOT_ISSUED"

    def test_an_error_while_signing_leaves_the_old_one_valid(self, ledger):
        entries = enter(ledger, "a-1")
        with pytest.raises(KeyLockedError), ledger.issuing(new_issue("a-1", replaces=DESK)):
            raise KeyLockedError("locked")
        assert ledger.issued("a-1") == entries
        assert ledger.changes("a-1") == ()


class TestStatus:
    def test_it_is_set_with_a_line_that_says_who_why_and_when(self, ledger):
        [entry] = enter(ledger, "a-1")
        suspending, revoking = decided(NOW, "inquiry"), decided(NOW + HOUR, "fraud")
        assert ledger.change_status("a-1", Status.SUSPENDED, suspending)[0].status is Status.SUSPENDED
        assert ledger.change_status("a-1", Status.INVALID, revoking)[0].status is Status.INVALID
        lines = [(change.issuance, change.old, change.new) for change in ledger.changes("a-1")]
        assert lines == [(entry.id, 0, 2), (entry.id, 2, 1)]
        assert [change.decision.reason for change in ledger.changes("a-1")] == ["inquiry", "fraud"]
        assert ledger.changes("a-1")[1].decision.at == revoking.at.replace(microsecond=0)

    def test_what_is_suspended_can_be_reinstated_and_suspended_again(self, ledger):
        enter(ledger, "a-1")
        for status in (Status.SUSPENDED, Status.VALID, Status.SUSPENDED, Status.VALID):
            assert ledger.change_status("a-1", status, DESK)[0].status is status
        assert len(ledger.changes("a-1")) == 4

    @pytest.mark.parametrize("status", Status)
    def test_the_same_status_again_changes_nothing(self, ledger, status):
        enter(ledger, "a-1")
        ledger.change_status("a-1", status, DESK)
        lines, state = ledger.changes("a-1"), due(ledger)[f"{LISTS}/1"]
        assert ledger.change_status("a-1", status, DESK)[0].status is status
        assert (ledger.changes("a-1"), due(ledger)[f"{LISTS}/1"]) == (lines, state)

    @pytest.mark.parametrize("status", [Status.VALID, Status.SUSPENDED])
    def test_what_is_revoked_stays_revoked(self, ledger, status):
        enter(ledger, "a-1")
        ledger.change_status("a-1", Status.INVALID, DESK)
        with pytest.raises(LocalProtocolError) as caught:
            ledger.change_status("a-1", status, DESK)
        assert caught.value.code == "STATUS_FINAL"
        assert ledger.issued("a-1")[0].status is Status.INVALID

    def test_a_list_of_one_bit_has_no_suspension(self, place):
        with SqlLedger.create(place, lists=LISTS, size=SIZE, bits=1) as ledger:
            enter(ledger, "a-1")
            with pytest.raises(LocalProtocolError) as caught:
                ledger.change_status("a-1", Status.SUSPENDED, DESK)
            assert caught.value.code == "SUSPENSION_NOT_OFFERED"
            assert ledger.change_status("a-1", Status.INVALID, DESK)[0].status is Status.INVALID

    @pytest.mark.parametrize("status", Status)
    def test_what_was_not_issued_has_no_status(self, ledger, status):
        with pytest.raises(LocalProtocolError) as caught:
            ledger.change_status("a-1", status, DESK)
        assert caught.value.code == "NOT_ISSUED"

    def test_all_copies_change_together(self, ledger):
        enter(ledger, "a-1", copies=50)
        assert {entry.status for entry in ledger.change_status("a-1", Status.SUSPENDED, DESK)} == {Status.SUSPENDED}
        assert len(ledger.changes("a-1")) == 50
        states = due(ledger).values()
        assert sum(len(state.values) for state in states) == 50
        # Each list has changed once, however many of its statuses did.
        assert {state.version for state in states if state.values} == {1}

    def test_revoking_and_reissuing_at_once_never_loses_the_revocation(self, ledger):
        """Whoever is second acts on what the first has left: the last issue is revoked, whichever it is."""
        for number in range(10):
            key = str(number)
            enter(ledger, key)
            with ThreadPoolExecutor(2) as pool:
                revoked = pool.submit(ledger.change_status, key, Status.INVALID, DESK)
                reissued = pool.submit(enter, ledger, key, replaces=DESK)
            assert ledger.issued(key) == revoked.result()
            assert ledger.issued(key)[0].status is Status.INVALID
            error = reissued.exception()
            assert error is None or getattr(error, "code", None) == "NOT_VALID"

    def test_who_waits_for_another_to_reissue_changes_what_that_one_has_issued(self, postgres):
        with SqlLedger.create(postgres, lists=LISTS, size=SIZE) as one, SqlLedger.open(postgres) as two:
            enter(one, "a-1")
            with ThreadPoolExecutor(1) as pool:
                with one.issuing(new_issue("a-1", replaces=DESK)) as [new]:
                    revoking = pool.submit(two.change_status, "a-1", Status.INVALID, DESK)
                    wait_for_a_lock(postgres)
                [shown] = revoking.result()
            assert shown == replace(new, status=Status.INVALID)
            assert one.issued("a-1") == (shown,)


HANAKO, TARO = (Pseudonym(bytes([number]) * 32) for number in (1, 2))


class TestPeople:
    def test_what_one_person_has_is_found_the_oldest_first(self, ledger):
        later = enter(ledger, "a-2", subject=HANAKO, issued_at=NOW + HOUR)
        first = enter(ledger, "b-1", copies=3, subject=HANAKO)
        others = enter(ledger, "c-1", subject=TARO)
        enter(ledger, "d-1")
        assert ledger.issued_to([HANAKO]) == (*first, *later)
        assert ledger.issued_to([TARO]) == others
        assert {entry.subject for entry in first} == {HANAKO}
        assert ledger.issued_to([HANAKO, TARO]) == (*first, *others, *later)
        assert ledger.issued_to([Pseudonym(bytes(32))]) == ledger.issued_to([]) == ()

    def test_what_is_issued_anew_stays_theirs_and_only_the_last_is_shown(self, ledger):
        enter(ledger, "a-1", subject=HANAKO)
        anew = enter(ledger, "a-1", replaces=DESK)
        assert ledger.issued_to([HANAKO]) == anew
        again = enter(ledger, "a-1", replaces=DESK, subject=TARO)
        assert (ledger.issued_to([HANAKO]), ledger.issued_to([TARO])) == (again, ())

    def test_what_had_no_subject_can_get_one_when_it_is_issued_anew(self, ledger):
        enter(ledger, "a-1")
        assert ledger.issued_to([HANAKO]) == ()
        anew = enter(ledger, "a-1", replaces=DESK, subject=HANAKO)
        assert ledger.issued_to([HANAKO]) == anew

    def test_all_of_it_is_suspended_reinstated_and_revoked(self, ledger):
        enter(ledger, "a-1", copies=2, subject=HANAKO)
        enter(ledger, "a-2", subject=HANAKO)
        enter(ledger, "c-1", subject=TARO)
        for status in (Status.SUSPENDED, Status.SUSPENDED, Status.VALID, Status.INVALID, Status.INVALID):
            changed = ledger.change_status_of([HANAKO], status, DESK)
            assert [entry.status for entry in changed] == [status] * 3
            assert ledger.issued_to([HANAKO]) == changed
            assert ledger.issued("c-1")[0].status is Status.VALID
        assert len(ledger.changes("a-1")) == 6
        assert sum(len(state.values) for state in due(ledger).values()) == 3

    @pytest.mark.parametrize("status", Status)
    def test_what_was_revoked_before_stays_so_and_is_no_error(self, ledger, status):
        enter(ledger, "a-1", subject=HANAKO)
        enter(ledger, "a-2", subject=HANAKO)
        ledger.change_status("a-1", Status.INVALID, DESK)
        changed = ledger.change_status_of([HANAKO], status, DESK)
        assert [entry.status for entry in changed] == [Status.INVALID, status]

    @pytest.mark.parametrize("status", Status)
    def test_who_has_nothing_has_no_status(self, ledger, status):
        enter(ledger, "a-1", subject=TARO)
        for subjects in ([HANAKO], []):
            with pytest.raises(LocalProtocolError) as caught:
                ledger.change_status_of(subjects, status, DESK)
            assert caught.value.code == "NOT_ISSUED"
        assert ledger.issued("a-1")[0].status is Status.VALID

    def test_a_list_of_one_bit_suspends_nothing_of_it(self, place):
        with SqlLedger.create(place, lists=LISTS, size=SIZE, bits=1) as ledger:
            enter(ledger, "a-1", subject=HANAKO)
            with pytest.raises(LocalProtocolError) as caught:
                ledger.change_status_of([HANAKO], Status.SUSPENDED, DESK)
            assert caught.value.code == "SUSPENSION_NOT_OFFERED"
            assert ledger.changes("a-1") == ()

    def test_revoking_it_and_issuing_anew_at_once_never_loses_the_revocation(self, ledger):
        for number in range(10):
            key, subject = str(number), Pseudonym(bytes([number]) * 32)
            enter(ledger, key, subject=subject)
            with ThreadPoolExecutor(2) as pool:
                revoked = pool.submit(ledger.change_status_of, [subject], Status.INVALID, DESK)
                reissued = pool.submit(enter, ledger, key, replaces=DESK)
            assert ledger.issued(key) == revoked.result()
            assert ledger.issued(key)[0].status is Status.INVALID
            error = reissued.exception()
            assert error is None or getattr(error, "code", None) == "NOT_VALID"

    def test_many_who_revoke_at_once_never_wait_for_each_other(self, ledger):
        for number in range(20):
            enter(ledger, str(number), copies=2, subject=HANAKO if number % 2 else TARO)
        with ThreadPoolExecutor(8) as pool:
            work = [pool.submit(ledger.change_status_of, [HANAKO, TARO], Status.INVALID, DESK) for _ in range(4)]
            work += [pool.submit(ledger.change_status, str(number), Status.INVALID, DESK) for number in range(20)]
        assert all(one.exception() is None for one in work)
        assert sum(len(ledger.changes(str(number))) for number in range(20)) == 40

    def test_nothing_of_them_is_in_the_file(self, file, path):
        enter(file, "a-1", subject=Pseudonym.of("resident 17", secret=bytes(32)))
        [entry] = file.issued("a-1")
        file.close()
        assert b"resident 17" not in path.read_bytes()
        assert str(entry.subject) not in repr(entry)
        assert entry.subject.value.hex() not in repr(entry.subject)


def wait_for_a_lock(location: str) -> None:
    """Return once a transaction waits for another."""
    engine = create_engine(parse_location(location), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while connection.execute(query).scalar_one() == 0:
            pass


class TestPublishing:
    def test_new_lists_have_to_be_published(self, ledger):
        states = due(ledger)
        assert set(states) == {f"{LISTS}/1", f"{LISTS}/2"}
        assert all((state.size, state.bits, state.values) == (SIZE, 2, {}) for state in states.values())
        assert all(state.issued_at is None for state in states.values())

    def test_what_was_published_is_handed_out(self, ledger):
        assert ledger.published(f"{LISTS}/1") is None
        publish_all(ledger)
        assert ledger.published(f"{LISTS}/1") == publication(f"{LISTS}/1")
        assert ledger.published(f"{LISTS}/9") is None
        assert ledger.published_uris(at=NOW) == (f"{LISTS}/1", f"{LISTS}/2")

    def test_it_is_left_out_once_its_token_has_ended(self, ledger):
        publish_all(ledger)
        assert ledger.published_uris(at=NOW + HOUR + timedelta(seconds=1)) == ()

    def test_nothing_is_published_twice_without_need(self, ledger):
        publish_all(ledger)
        enter(ledger, "a-1")  # valid, as its place was before
        assert due(ledger) == {}

    def test_only_the_list_that_has_changed_is_published_again(self, ledger):
        publish_all(ledger)
        [entry] = enter(ledger, "a-1")
        ledger.change_status("a-1", Status.SUSPENDED, DESK)
        [(uri, state)] = due(ledger).items()
        assert (uri, state.values, state.issued_at) == (entry.uri, {entry.index: 2}, NOW.replace(microsecond=0))
        publish_all(ledger, at=NOW + HOUR)
        assert due(ledger, at=NOW + HOUR) == {}

    def test_a_status_that_is_taken_back_is_a_change_too(self, ledger):
        enter(ledger, "a-1")
        ledger.change_status("a-1", Status.SUSPENDED, DESK)
        publish_all(ledger)
        ledger.change_status("a-1", Status.VALID, DESK)
        assert [state.values for state in due(ledger).values()] == [{}]

    def test_a_list_is_published_again_before_its_token_ends(self, ledger):
        publish_all(ledger)
        assert due(ledger, renew_until=NOW + HOUR - timedelta(seconds=1)) == {}
        assert len(due(ledger, renew_until=NOW + HOUR + timedelta(seconds=1))) == 2

    def test_a_token_that_is_not_later_does_not_replace_one(self, ledger):
        publish_all(ledger)
        for earlier in (NOW, NOW - HOUR):
            assert not ledger.keep(publication(f"{LISTS}/1", at=earlier), version=0)
        assert ledger.published(f"{LISTS}/1") == publication(f"{LISTS}/1")
        assert ledger.keep(publication(f"{LISTS}/1", at=NOW + timedelta(seconds=1)), version=0)

    def test_a_token_from_far_ahead_is_replaced_where_a_clock_ran_ahead_and_is_due_all_the_time(self, ledger):
        minute = timedelta(seconds=60)
        for ahead, is_replaced in ((minute, False), (minute + timedelta(seconds=1), True)):
            assert ledger.keep(publication(f"{LISTS}/1", at=NOW + ahead, lifetime=2 * HOUR), version=0)
            assert (f"{LISTS}/1" in due(ledger)) is is_replaced
            now = publication(f"{LISTS}/1")
            assert not ledger.keep(now, version=0)
            assert ledger.keep(now, version=0, clock_ran_ahead=True) is is_replaced
        assert ledger.published(f"{LISTS}/1") == publication(f"{LISTS}/1")

    def test_a_later_token_of_an_older_version_does_not_replace_a_newer_one(self, ledger):
        """A publisher was slow: what it has read is out of date, whatever the time that it signed at."""
        [entry] = enter(ledger, "a-1")
        slow = due(ledger)[entry.uri]
        ledger.change_status("a-1", Status.INVALID, DESK)
        publish_all(ledger)
        assert not ledger.keep(publication(entry.uri, at=NOW + HOUR), version=slow.version)
        assert ledger.published(entry.uri) == publication(entry.uri)

    def test_a_change_meanwhile_has_to_be_published_still(self, ledger):
        [entry] = enter(ledger, "a-1")
        state = due(ledger)[entry.uri]
        ledger.change_status("a-1", Status.INVALID, DESK)
        assert ledger.keep(publication(entry.uri), version=state.version)
        assert due(ledger)[entry.uri].values == {entry.index: 1}

    def test_a_list_that_is_not_there_is_not_kept(self, ledger):
        assert not ledger.keep(publication(f"{LISTS}/9"), version=0)

    def test_a_full_list_is_retired_when_everything_in_it_has_expired(self, ledger):
        number = 0
        while enter(ledger, str(number))[0].uri == f"{LISTS}/1":
            number += 1
        ledger.change_status("0", Status.INVALID, DESK)
        later = NOW + timedelta(days=91)
        assert f"{LISTS}/1" in due(ledger, at=later - timedelta(days=2))
        assert set(due(ledger, at=later)) == {f"{LISTS}/2", f"{LISTS}/3"}

    def test_the_list_of_lists_has_the_address_above_them(self, ledger):
        assert ledger.aggregation_uri == LISTS


class TestOpening:
    def test_a_ledger_is_there_again_when_opened_again(self, path):
        with SqlLedger.create(path, lists=LISTS, size=16, bits=1) as ledger:
            entries = enter(ledger, "a-1")
        with SqlLedger.open(path) as ledger:
            assert ledger.issued("a-1") == entries
            assert (due(ledger)[f"{LISTS}/1"].size, due(ledger)[f"{LISTS}/1"].bits) == (16, 1)

    @pytest.mark.parametrize("place", ["file", "postgresql"], indirect=True)
    def test_it_is_not_made_over_another(self, place):
        SqlLedger.create(place, lists=LISTS).close()
        with pytest.raises(StoreError) as caught:
            SqlLedger.create(place, lists=LISTS)
        assert caught.value.code == "STORE_EXISTS"

    def test_a_server_without_a_ledger_or_that_is_not_there_is_a_store_error(self, postgres, tmp_path):
        with pytest.raises(StoreCorruptError) as caught:
            SqlLedger.open(postgres)
        assert caught.value.code == "NOT_A_LEDGER"
        with pytest.raises(StoreError, match="cannot be read"):
            SqlLedger.open(f"postgresql:///ledger?host={tmp_path}")

    def test_where_nothing_is_nothing_is_opened_or_made(self, path):
        with pytest.raises(StoreError) as caught:
            SqlLedger.open(path)
        assert caught.value.code == "STORE_MISSING"
        assert not path.exists()

    @pytest.mark.parametrize("options", [{"lists": "http://status.example"}, {"size": 9}, {"bits": 3}])
    def test_a_plan_that_cannot_be_leaves_no_file(self, path, options):
        with pytest.raises(ValueError, match="status"):
            SqlLedger.create(path, **{"lists": LISTS, **options})
        assert not path.exists()

    def test_a_ledger_and_a_store_may_share_a_file(self, path):
        SqlStore.open_unsealed(path).close()
        SqlLedger.create(path, lists=LISTS).close()
        SqlStore.open_unsealed(path).close()
        SqlLedger.open(path).close()

    def test_a_closed_ledger_is_a_wrong_use(self, ledger):
        ledger.close()
        ledger.close()
        for use in (lambda: ledger.issued("a-1"), lambda: enter(ledger, "a-1"), lambda: due(ledger)):
            with pytest.raises(LocalProtocolError):
                use()

    def test_it_is_not_pickled(self, ledger):
        with pytest.raises(TypeError, match="open it"):
            pickle.dumps(ledger)

    def test_two_processes_use_one_file(self, path, file):
        script = (
            "import sys\n"
            "from tests.support.ledger import enter\n"
            "from vcwallet.adapters.store import SqlLedger\n"
            "with SqlLedger.open(sys.argv[1]) as ledger:\n"
            "    for number in range(20): enter(ledger, f'{sys.argv[2]}-{number}')\n"
        )
        command = [sys.executable, "-c", script, str(path)]
        children = [subprocess.Popen([*command, name], cwd=REPOSITORY) for name in ("a", "b")]
        assert [child.wait() for child in children] == [0, 0]
        given = [places(file.issued(f"{name}-{number}"))[0] for name in ("a", "b") for number in range(20)]
        assert len(set(given)) == 40

    def test_a_busy_file_is_busy_and_nothing_is_entered(self, path, file):
        with SqlLedger.open(path, busy_timeout=timedelta(0)) as other, file.issuing(new_issue("a-1")):
            with pytest.raises(StoreBusyError):
                enter(other, "a-2")
            with pytest.raises(StoreBusyError):
                other.change_status("a-1", Status.INVALID, DESK)
        assert file.issued("a-2") == ()


class TestDeadlock:
    """In PostgreSQL, two issues of several copies can each want a place that the other has drawn."""

    def test_one_of_two_that_wait_for_each_other_is_undone_and_done_again(self, postgres):
        with SqlLedger.create(postgres, lists=LISTS, size=SIZE) as one, SqlLedger.open(postgres) as two:
            both_have_one = threading.Barrier(2)

            def claim(ledger: SqlLedger, key: str, indexes: list[int]) -> None:
                left = list(indexes)

                def draw(size: int) -> int:
                    if len(left) == 1:
                        both_have_one.wait()
                    return left.pop(0)

                with ledger._database.written() as cursor:
                    ledger._claims.enter(run_by(cursor), new_issue(key, copies=2), draw=draw)

            with ThreadPoolExecutor(2) as pool:
                started = [pool.submit(claim, one, "a", [10, 20]), pool.submit(claim, two, "b", [20, 10])]
            assert [type(work.exception()) for work in started if work.exception()] == [DeadlockError]

    def test_a_deadlock_is_tried_again_and_given_up_in_the_end(self, file, monkeypatch):
        enter_at_once, failures = Claims.enter, iter([True] * 3 + [False] + [True] * 100)

        def unlucky(*arguments, **options):
            if next(failures):
                raise DeadlockError("in use")
            return enter_at_once(*arguments, **options)

        monkeypatch.setattr(Claims, "enter", unlucky)
        assert len(enter(file, "a-1")) == 1
        with pytest.raises(StoreBusyError):
            enter(file, "a-2")
