# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The hash-chained log: what was appended is what is read, or the break is reported."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from vcwallet.adapters.store import SqlStore
from vcwallet.claims import JsonObject
from vcwallet.errors import LimitExceededError, MalformedError, StoreCorruptError, VerificationError
from vcwallet.history import ChainEnd, HashChain, LogEntry, check_export
from vcwallet.storage import Change, Delete, MemoryStore, Put, RecordExistsError

EVENTS: list[JsonObject] = [
    {"event": "presented", "claims": ["age_over_18", "氏名"]},
    {"event": "refused"},
    {},
    {"event": "deleted"},
]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def history(store: MemoryStore) -> HashChain:
    return HashChain(store, "history")


@pytest.fixture
def full(history: HashChain) -> HashChain:
    for event in EVENTS:
        history.append(event)
    return history


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class TestAppending:
    def test_entries_come_back_in_order(self, full):
        entries = list(full.entries())
        assert [entry.entry for entry in entries] == EVENTS
        assert [entry.sequence for entry in entries] == [1, 2, 3, 4]

    def test_each_entry_names_the_hash_of_the_one_before(self, full):
        entries = list(full.entries())
        assert entries[0].previous == "0" * 64
        assert [entry.previous for entry in entries[1:]] == [entry.hash for entry in entries[:-1]]

    def test_the_hash_is_that_of_the_stored_bytes(self, store, full):
        assert [entry.hash for entry in full.entries()] == [
            sha256(store.get("history", f"{n:012d}")) for n in (1, 2, 3, 4)
        ]

    def test_what_append_returns_is_what_is_read(self, history):
        appended = [history.append(event) for event in EVENTS]
        assert appended == list(history.entries())

    def test_an_empty_log_has_no_entries(self, history):
        assert list(history.entries()) == []

    def test_logs_of_two_collections_do_not_mix(self, store, full):
        other = HashChain(store, "audit")
        other.append({"event": "other"})
        assert [entry.entry for entry in other.entries()] == [{"event": "other"}]
        assert len(list(full.entries())) == len(EVENTS)

    def test_a_change_and_its_entry_are_made_together(self, store, history):
        history.append({"event": "received"}, Put("credential", "c-1", b"..."))
        assert store.get("credential", "c-1") == b"..."
        history.append({"event": "deleted"}, Delete("credential", "c-1"), Put("credential", "c-2", b"", new=True))
        assert store.get("credential", "c-1") is None

    def test_a_change_that_is_refused_is_not_logged_either(self, store, full):
        store.commit(Put("nonce", "n-1", b""))
        with pytest.raises(RecordExistsError):
            full.append({"event": "presented"}, Put("nonce", "n-1", b"", new=True))
        assert [entry.entry for entry in full.entries()] == EVENTS

    def test_an_entry_that_could_not_be_read_back_is_not_written(self, history):
        deep: dict = {}
        for _ in range(40):
            deep = {"deeper": deep}
        with pytest.raises(LimitExceededError):
            history.append(deep)
        with pytest.raises(TypeError):
            history.append({"not JSON": object()})
        assert list(history.entries()) == []


class TestSeveralWriters:
    @pytest.mark.parametrize("make", [MemoryStore, lambda: SqlStore.open_unsealed(None)], ids=["memory", "sql"])
    def test_threads_that_append_at_once_all_get_their_place(self, make):
        store = make()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: HashChain(store, "h").append({"n": number}), range(80)))
        entries = list(HashChain(store, "h").entries())
        assert {entry.entry["n"] for entry in entries} == set(range(80))
        assert len(entries) == 80
        if isinstance(store, SqlStore):
            store.close()

    def test_an_append_overtaken_by_another_is_made_behind_it(self, store):
        overtaken = Overtaken(store, lambda: HashChain(store, "h").append({"who": "other"}))
        assert HashChain(overtaken, "h").append({"who": "self"}).sequence == 2
        assert [entry.entry["who"] for entry in HashChain(store, "h").entries()] == ["other", "self"]

    def test_an_overtaken_append_whose_change_is_refused_still_says_so(self, store):
        store.commit(Put("nonce", "n", b""))
        overtaken = Overtaken(store, lambda: HashChain(store, "h").append({"who": "other"}))
        with pytest.raises(RecordExistsError):
            HashChain(overtaken, "h").append({"who": "self"}, Put("nonce", "n", b"", new=True))
        assert len(list(HashChain(store, "h").entries())) == 1

    def test_entries_appended_while_reading_are_read_too(self, full):
        reading = full.entries()
        next(reading)
        full.append({"event": "late"})
        assert [entry.entry for entry in reading] == [*EVENTS[1:], {"event": "late"}]


class Overtaken:
    """A store in which somebody else is quicker, once."""

    def __init__(self, store: MemoryStore, other: Callable[[], object]) -> None:
        self._store = store
        self._others = [other]
        self.get, self.get_many, self.find = store.get, store.get_many, store.find

    def commit(self, *changes: Change) -> None:
        while self._others:
            self._others.pop()()
        self._store.commit(*changes)


def id_of(sequence: int) -> str:
    return f"{sequence:012d}"


def edited(body: bytes | None, **members: object) -> bytes:
    return json.dumps(json.loads(body or b"{}") | members, separators=(",", ":")).encode()


class TestTampering:
    def expect_broken_after(self, history: HashChain, whole: int) -> None:
        """Expect `whole` entries: those that the next one, or the end, has confirmed."""
        read: list[LogEntry] = []
        with pytest.raises(StoreCorruptError) as caught:
            read_into(read, history)
        assert caught.value.code == "HISTORY_BROKEN"
        assert len(read) == whole
        with pytest.raises(StoreCorruptError):
            history.export()

    @pytest.mark.parametrize("sequence", [1, 2, 3, 4])
    def test_a_changed_entry_breaks_the_chain(self, store, full, sequence):
        body = store.get("history", id_of(sequence))
        store.commit(Put("history", id_of(sequence), edited(body, entry={"event": "forged"})))
        # The entry itself is well formed; it is the next one, or the end, that does not fit.
        self.expect_broken_after(full, sequence - 1)

    def test_any_changed_byte_breaks_the_chain(self, store, full):
        whole = store.get("history", id_of(2))
        for position in range(len(whole)):
            changed = whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :]
            store.commit(Put("history", id_of(2), changed))
            with pytest.raises(StoreCorruptError):
                list(full.entries())
        store.commit(Put("history", id_of(2), whole))
        assert len(list(full.entries())) == 4

    def test_a_missing_entry_breaks_the_chain(self, store, full):
        store.commit(Delete("history", id_of(2)))
        self.expect_broken_after(full, 0)

    def test_a_cut_off_end_breaks_the_chain(self, store, full):
        store.commit(Delete("history", id_of(4)))
        self.expect_broken_after(full, 2)

    def test_a_head_that_was_put_back_breaks_the_chain(self, store, full):
        before = store.get("history", "head")
        full.append({"event": "to be hidden"})
        store.commit(Put("history", "head", before))
        self.expect_broken_after(full, 4)
        with pytest.raises(StoreCorruptError) as caught:
            full.append({"event": "next"})
        assert caught.value.code == "HISTORY_BROKEN"

    def test_a_deleted_head_breaks_the_chain(self, store, full):
        store.commit(Delete("history", "head"))
        self.expect_broken_after(full, 0)

    @pytest.mark.parametrize(
        "head",
        [
            {"count": 3},
            {"count": 4, "head": 7},
            {"count": 4.0, "head": "0" * 64},
            {"count": True, "head": "0" * 64},
            {"count": -1, "head": "0" * 64},
            {"count": 4, "head": "0" * 64, "more": 1},
            [],
        ],
    )
    def test_a_head_that_is_none_breaks_the_chain(self, store, full, head):
        store.commit(Put("history", "head", json.dumps(head).encode()))
        self.expect_broken_after(full, 0)
        with pytest.raises(StoreCorruptError):
            full.append({})

    @pytest.mark.parametrize("head", [{"count": 4, "head": "0" * 64}, {"count": 5, "head": "0" * 64}])
    def test_a_head_that_points_elsewhere_breaks_the_chain(self, store, full, head):
        store.commit(Put("history", "head", json.dumps(head).encode()))
        self.expect_broken_after(full, 3)

    def test_swapped_entries_break_the_chain(self, store, full):
        two, three = store.get("history", id_of(2)), store.get("history", id_of(3))
        store.commit(Put("history", id_of(2), three), Put("history", id_of(3), two))
        self.expect_broken_after(full, 0)


def read_into(read: list[LogEntry], history: HashChain) -> None:
    """Append the entries one by one, so that they are in `read` when one raises."""
    for entry in history.entries():
        read.append(entry)


class TestExport:
    def test_an_export_is_checked_without_the_store(self, full):
        assert check_export(full.export()) == tuple(full.entries())

    def test_an_empty_log_has_an_export_too(self, history):
        assert history.export() == b'{"count":0,"head":"' + b"0" * 64 + b'"}\n'
        assert check_export(history.export()) == ()

    def test_anyone_can_check_it_with_sha256sum(self, full):
        *lines, last = full.export().splitlines()
        for before, line in itertools.pairwise(lines):
            assert json.loads(line)["previous"] == sha256(before)
        assert json.loads(last) == {"count": len(EVENTS), "head": sha256(lines[-1])}

    def test_any_changed_byte_is_found(self, full):
        export = full.export()
        for position in range(len(export)):
            changed = export[:position] + bytes([export[position] ^ 1]) + export[position + 1 :]
            with pytest.raises((MalformedError, VerificationError)):
                check_export(changed)

    def test_an_export_cut_short_anywhere_is_refused(self, full):
        export = full.export()
        for length in range(len(export)):
            with pytest.raises((MalformedError, VerificationError)):
                check_export(export[:length])

    @pytest.mark.parametrize(
        "rearrange",
        [
            lambda lines: lines[1:],
            lambda lines: [*lines[:1], *lines[2:]],
            lambda lines: [*lines[:-2], lines[-1]],
            lambda lines: [lines[1], lines[0], *lines[2:]],
            lambda lines: [lines[0], *lines],
            lambda lines: [edited(lines[0], entry={"event": "forged"}), *lines[1:]],
            lambda lines: [*lines[:-1], edited(lines[-1], count=3)],
            lambda lines: [*lines[:-1], edited(lines[-1], head="0" * 64)],
        ],
    )
    def test_lines_left_out_moved_or_changed_break_it(self, full, rearrange):
        lines = full.export().splitlines()
        with pytest.raises(VerificationError) as caught:
            check_export(b"".join(line + b"\n" for line in rearrange(lines)))
        assert caught.value.code == "HISTORY_BROKEN"

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\n",
            b"{}\n",
            b"not JSON\n",
            b"\xff\n",
            b'{"count":0,"head":"0"}',
            b'{"sequence":1,"previous":"0","entry":[]}\n{"count":1,"head":"0"}\n',
            b'{"sequence":1,"previous":"0"}\n{"count":1,"head":"0"}\n',
        ],
    )
    def test_what_is_no_export_is_malformed(self, data):
        with pytest.raises(MalformedError):
            check_export(data)

    def test_an_export_longer_than_the_limit_is_not_looked_at(self, full):
        export = full.export()
        assert len(check_export(export, max_bytes=len(export))) == 4
        with pytest.raises(LimitExceededError):
            check_export(export, max_bytes=len(export) - 1)


class TestEnd:
    def test_where_it_ended_earlier_is_known_from_its_entries(self, history, store):
        ends = [history.end(), *(ChainEnd.at(history.append(event)) for event in EVENTS)]
        assert [history.at(count) for count in range(len(ends))] == ends
        assert history.at(len(ends)) is None

    def test_an_end_that_is_whole_is_not_made_anew(self, full, store):
        before = full.end()
        assert not full.mend_end()
        assert full.end() == before

    def test_one_that_is_damaged_is_put_behind_the_last_entry(self, full, store):
        before = full.end()
        store.commit(Put("history", "head", b"{}"))
        assert full.mend_end()
        assert full.end() == before
        assert len(list(full.entries())) == before.count

    def test_behind_a_damaged_entry_there_is_no_telling(self, full, store):
        store.commit(Put("history", "head", b"{}"), Put("history", "000000000001", b"{}"))
        with pytest.raises(StoreCorruptError, match="HISTORY_BROKEN"):
            full.mend_end()


class TestReplacing:
    """What is damaged or gone is put back from a copy, entry by entry, and only if it is what was appended."""

    @pytest.fixture
    def copy(self, full, store) -> MemoryStore:
        copied = MemoryStore()
        copied.commit(*(Put("history", record.id, record.body) for record in store.find("history")))
        return copied

    def mend(self, history: HashChain, store: MemoryStore, copy: MemoryStore) -> list[str]:
        puts, broken = history.replacements(lambda id: copy.get("history", id))
        store.commit(*puts)
        return broken

    @pytest.mark.parametrize("gone", [[1], [2], [4], [2, 3], [1, 2, 3, 4]])
    @pytest.mark.parametrize("how", ["deleted", "changed", "not JSON", "moved"])
    def test_entries_come_back(self, full, store, copy, gone, how):
        before = full.export()
        for number in gone:
            body = edited(store.get("history", id_of(number)), entry={"event": "forged"})
            moved = edited(store.get("history", id_of(number)), sequence=9)
            changes = {
                "deleted": Delete("history", id_of(number)),
                "changed": Put("history", id_of(number), body),
                "not JSON": Put("history", id_of(number), b"\0"),
                "moved": Put("history", id_of(number), moved),
            }
            store.commit(changes[how])
        assert self.mend(full, store, MemoryStore()) != []
        assert self.mend(full, store, copy) == []
        assert full.export() == before

    def test_what_is_whole_is_left_alone(self, full, copy):
        assert full.replacements(lambda _: pytest.fail("nobody is asked")) == ([], [])

    def test_an_entry_that_was_not_appended_is_not_put_in_its_place(self, full, store, copy):
        store.commit(Delete("history", id_of(2)))
        copy.commit(Put("history", id_of(2), edited(copy.get("history", id_of(2)), entry={"event": "forged"})))
        assert self.mend(full, store, copy) == [id_of(2)]
        assert store.get("history", id_of(2)) is None

    def test_behind_one_that_stays_damaged_there_is_no_telling(self, full, store, copy):
        store.commit(Delete("history", id_of(2)), Delete("history", id_of(3)))
        third = copy.get("history", id_of(3))
        copy.commit(Delete("history", id_of(3)))
        assert self.mend(full, store, copy) == [id_of(3), id_of(2)]
        copy.commit(Put("history", id_of(3), third or b""))
        assert self.mend(full, store, copy) == []

    def test_a_first_entry_that_has_one_before_it_is_none(self, full, store, copy):
        store.commit(Delete("history", id_of(2)))
        store.commit(Put("history", id_of(1), edited(store.get("history", id_of(1)), previous="1" * 64)))
        assert self.mend(full, store, MemoryStore()) == [id_of(2), id_of(1)]
        assert self.mend(full, store, copy) == []

    @pytest.mark.parametrize("previous", [None, 7])
    def test_one_that_names_none_before_it_is_none(self, full, store, copy, previous):
        store.commit(Delete("history", id_of(4)))
        store.commit(Put("history", id_of(3), edited(store.get("history", id_of(3)), previous=previous)))
        assert self.mend(full, store, MemoryStore()) == [id_of(4), id_of(3)]

    def test_a_record_that_cannot_be_read_comes_back(self, copy, full):
        damaged = Rotten(copy, {id_of(2)})
        puts, broken = HashChain(damaged, "history").replacements(lambda id: copy.get("history", id))
        assert ([put.id for put in puts], broken) == ([id_of(2)], [])


class Rotten:
    """A store of which some records cannot be read."""

    def __init__(self, store: MemoryStore, damaged: set[str]) -> None:
        self.commit, self.find, self.get_many = store.commit, store.find, store.get_many
        self._store, self._damaged = store, damaged

    def get(self, collection: str, id: str, /) -> bytes | None:
        if id in self._damaged:
            raise StoreCorruptError("damaged")
        return self._store.get(collection, id)


class TestPassing:
    """A chain tells whether it once ended somewhere, also where one entry is damaged."""

    @pytest.mark.parametrize("count", range(5))
    def test_where_it_was_and_where_it_was_not(self, full, store, count):
        was = full.at(count)
        assert was is not None
        assert full.passes(was) is True
        assert full.passes(ChainEnd(count=count, hash="1" * 64)) is False
        assert full.passes(ChainEnd(count=5, hash=was.hash)) is False

    @pytest.mark.parametrize("gone", [1, 2])
    def test_the_entry_or_the_one_behind_it_tells(self, full, store, gone):
        was = full.at(1)
        assert was is not None
        store.commit(Delete("history", id_of(gone)))
        assert full.passes(was) is True
        assert full.passes(ChainEnd(count=1, hash="1" * 64)) is False

    def test_where_both_are_gone_nothing_tells(self, full, store):
        was = full.at(1)
        assert was is not None
        store.commit(Delete("history", id_of(1)), Delete("history", id_of(2)))
        assert full.passes(was) is None

    def test_the_end_tells_of_itself(self, full, store):
        end = full.end()
        store.commit(Delete("history", id_of(4)))
        assert full.passes(end) is True
