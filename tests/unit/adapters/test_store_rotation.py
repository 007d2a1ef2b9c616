# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Rotation of a store's data key: everything stays readable, at every step, for everybody who may read it."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, RecordCorruptError, SqlStore, key_ring
from vcwallet.adapters.store.key_ring import KeyRing
from vcwallet.adapters.store.sealing import Sealed, place_of
from vcwallet.errors import (
    LimitExceededError,
    LocalProtocolError,
    StoreBusyError,
    StoreCorruptError,
    StoreError,
    WrongPassphraseError,
)
from vcwallet.storage import Delete, Put, Record

PASSPHRASE = "correct horse battery staple"
RECORDS_IN_ALL = 1_300
"""More than two batches."""


class InterruptedHere(Exception):
    """Raised by the progress of a rotation that a test ends in the middle."""


def create(path: Path | None) -> SqlStore:
    return SqlStore.create(path, passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY)


def reopened(path: Path) -> SqlStore:
    return SqlStore.open(path, passphrase=PASSPHRASE)


def rotate(store: SqlStore, *, passphrase: str = PASSPHRASE, progress: Callable[[int], None] = lambda _: None):
    return store.rotate_key(passphrase=passphrase, derivation=FAST_FOR_TESTS_ONLY, progress=progress)


def fill(store: SqlStore, number: int = RECORDS_IN_ALL) -> None:
    store.commit(*(Put("c", str(at), b"body %d" % at, tags=("all", str(at % 10))) for at in range(number)))


def require_whole(store: SqlStore, number: int = RECORDS_IN_ALL) -> None:
    expected = [str(at) for at in reversed(range(number))]
    assert [(record.id, record.body) for record in store.find("c", "all")] == [
        (at, f"body {at}".encode()) for at in expected
    ]
    assert [record.id for record in store.find("c")] == expected
    assert [record.id for record in store.find("c", "7")] == [at for at in expected if at.endswith("7")]


def interrupted(store: SqlStore, *, after: int = 1) -> None:
    """Begin a rotation and give up after so many batches."""
    batches = itertools.count(1)

    def stop(_: int) -> None:
        if next(batches) == after:
            raise InterruptedHere

    with pytest.raises(InterruptedHere):
        rotate(store, progress=stop)


def column(path: Path, name: str) -> list:
    with closing(sqlite3.connect(path)) as database:
        found = database.execute(f"SELECT {name} FROM vcwallet_record ORDER BY position")  # noqa: S608
        return [row[0] for row in found]


def rows(path: Path) -> list:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT collection, id, position, tags, body FROM vcwallet_record").fetchall()


def opened(sealing: Sealed, row: tuple) -> bool:
    """Whether the keys of generation 1 open a row."""
    *place, body = row
    try:
        sealing.unseal(body, place_of(*place), 1)
    except StoreCorruptError:
        return False
    return True


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "store.db"
    with create(made) as store:
        fill(store)
    return made


class TestRotation:
    def test_every_record_and_tag_is_there_as_before(self, path):
        with reopened(path) as store:
            assert rotate(store) == ()
            require_whole(store)
            assert not store.is_rotating
        with reopened(path) as store:
            require_whole(store)

    def test_no_byte_of_a_body_or_tag_is_as_before(self, path):
        before = {name: column(path, name) for name in ("body", "tags")}
        with reopened(path) as store:
            rotate(store)
        assert all(set(before[name]).isdisjoint(column(path, name)) for name in before)

    def test_the_old_key_opens_nothing_any_more(self, path):
        with reopened(path) as store:
            old = Sealed(store._ring, store._store_id)
            assert {opened(old, row) for row in rows(path)} == {True}
            rotate(store)
        assert {opened(old, row) for row in rows(path)} == {False}
        assert set(column(path, "key_generation")) == {2}

    def test_progress_is_told_after_each_batch(self, path):
        told: list[int] = []
        with reopened(path) as store:
            rotate(store, progress=told.append)
        assert told == [500, 1000, RECORDS_IN_ALL]

    def test_it_can_be_done_again_and_again(self, path):
        with reopened(path) as store:
            for generation in range(2, 5):
                rotate(store)
                assert store._ring.generation == generation
                store.commit(Put("d", str(generation), b"", tags=("t",)))
            require_whole(store)
        with reopened(path) as store:
            require_whole(store)
            assert len(list(store.find("d", "t"))) == 3

    def test_an_empty_store_has_a_key_to_rotate_too(self, tmp_path):
        with create(tmp_path / "empty.db") as store:
            rotate(store)
            assert store._ring.generation == 2

    def test_a_store_in_memory_rotates_too(self):
        with create(None) as store:
            fill(store, 20)
            rotate(store)
            require_whole(store, 20)

    def test_a_wrong_passphrase_changes_nothing(self, path):
        with reopened(path) as store:
            with pytest.raises(WrongPassphraseError):
                rotate(store, passphrase="wrong")
            assert store._ring.generation == 1
            require_whole(store)

    def test_an_unsealed_store_has_no_key(self, tmp_path):
        with SqlStore.open_unsealed(tmp_path / "unsealed.db") as store:
            with pytest.raises(LocalProtocolError):
                rotate(store)
            assert not store.is_rotating

    def test_a_store_has_a_limited_number_of_keys(self, path, monkeypatch):
        monkeypatch.setattr(key_ring, "MAX_GENERATIONS", 2)
        with reopened(path) as store:
            rotate(store)
            with pytest.raises(LimitExceededError):
                rotate(store)
            require_whole(store)

    def test_the_passphrase_can_be_changed_before_and_after(self, path):
        with reopened(path) as store:
            rotate(store)
            store.change_passphrase("new", derivation=FAST_FOR_TESTS_ONLY)
            rotate(store, passphrase="new")
        with SqlStore.open(path, passphrase="new") as store:
            require_whole(store)

    def test_what_a_passphrase_costs_to_try_stays_as_it_was(self, tmp_path):
        costs = replace(FAST_FOR_TESTS_ONLY, iterations=3)
        with SqlStore.create(tmp_path / "s.db", passphrase=PASSPHRASE, derivation=costs) as store:
            store.change_passphrase("new")
            store.rotate_key(passphrase="new")
            assert store._unwrapped("new")[1].derivation == costs
            rotate(store, passphrase="new")
            assert store._unwrapped("new")[1].derivation == FAST_FOR_TESTS_ONLY

    @pytest.mark.parametrize("position", ["-1", "0", "-9000000000000000000"])
    def test_a_record_before_the_first_is_damaged_and_named(self, path, position):
        with closing(sqlite3.connect(path)) as database, database:
            database.execute(f"UPDATE vcwallet_record SET position = {position} WHERE id = '7'")  # noqa: S608
        with reopened(path) as store:
            assert [error.id for error in rotate(store)] == ["7"]
            with store.snapshot() as snapshot:
                found = [each.id for each in snapshot.everything() if isinstance(each, RecordCorruptError)]
            assert found == ["7"]

    @pytest.mark.parametrize("generation", [0, 2, -1, 99])
    def test_a_record_of_an_impossible_generation_is_in_no_backup_and_named(self, path, generation):
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("UPDATE vcwallet_record SET key_generation = ? WHERE id = '7'", (generation,))
        with reopened(path) as store, store.snapshot() as snapshot:
            assert [error.id for error in snapshot.damaged()] == ["7"]
            assert len(list(snapshot.everything())) == RECORDS_IN_ALL

    def test_a_page_that_cannot_be_read_does_not_stop_it(self, path):
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            leaf = database.execute(
                "SELECT pageno FROM dbstat WHERE name = 'vcwallet_record' AND pagetype = 'leaf' LIMIT 1 OFFSET 9"
            ).fetchone()[0]
            size = database.execute("PRAGMA page_size").fetchone()[0]
        with path.open("r+b") as file:
            file.seek((leaf - 1) * size)
            file.write(bytes(size))
        with reopened(path) as store:
            with store.snapshot() as snapshot:
                seen = [each.id for each in snapshot.everything()]
            assert sorted(seen, key=int) == list(map(str, range(RECORDS_IN_ALL)))
            damaged = {error.id for error in rotate(store)}
            assert 0 < len(damaged) < 60
            assert not store.is_rotating
            for id in set(map(str, range(RECORDS_IN_ALL))) - damaged:
                assert store.get("c", id) == f"body {id}".encode()

    def test_the_old_keys_are_gone_from_the_disk(self, path):
        with closing(sqlite3.connect(path)) as database:
            (wrapped,) = database.execute("SELECT wrapped_key FROM vcwallet_store").fetchone()
        body = column(path, "body")[0]
        with reopened(path) as store:
            rotate(store)
            on_disk = b"".join(file.read_bytes() for file in path.parent.iterdir())
        assert wrapped not in on_disk
        assert body not in on_disk


class TestInterruption:
    @pytest.mark.parametrize("after", [1, 2, 3])
    def test_everything_is_readable_and_writable_in_between(self, path, after):
        with reopened(path) as store:
            interrupted(store, after=after)
        for _ in range(2):
            with reopened(path) as store:
                assert store.is_rotating
                require_whole(store)
                store.commit(Put("c", "later", b"", tags=("all",)))
                assert next(iter(store.find("c", "all"))).id == "later"
                store.commit(Delete("c", "later"))

    def test_it_is_gone_on_with_and_not_begun_again(self, path):
        with reopened(path) as store:
            interrupted(store)
        told: list[int] = []
        with reopened(path) as store:
            rotate(store, progress=told.append)
            assert told[-1] == RECORDS_IN_ALL - 500
            assert store._ring.generation == 2
            require_whole(store)
        with reopened(path) as store:
            assert not store.is_rotating
            require_whole(store)

    def test_a_passphrase_changed_in_between_is_kept(self, path):
        with reopened(path) as store:
            interrupted(store)
            store.change_passphrase("new", derivation=FAST_FOR_TESTS_ONLY)
            with pytest.raises(WrongPassphraseError):
                rotate(store)
        with SqlStore.open(path, passphrase="new") as store:
            rotate(store, passphrase="new")
            require_whole(store)
        with pytest.raises(WrongPassphraseError):
            reopened(path)

    def test_a_passphrase_changed_by_someone_else_meanwhile_is_not_undone(self, path):
        def change(_: int) -> None:
            if not changed:
                changed.append(True)
                with reopened(path) as other:
                    other.change_passphrase("new", derivation=FAST_FOR_TESTS_ONLY)

        changed: list[bool] = []
        with reopened(path) as store:
            with pytest.raises(StoreError) as caught:
                rotate(store, progress=change)
            assert caught.value.code == "STORE_KEY_CHANGED"
            require_whole(store)
            rotate(store, passphrase="new")
        with SqlStore.open(path, passphrase="new") as store:
            require_whole(store)


class TestOthers:
    """Other processes, and other threads of this one."""

    def test_who_had_it_open_is_told_to_open_it_again(self, path):
        with reopened(path) as other, reopened(path) as store:
            interrupted(store)
            uses: list[Callable[[], object]] = [
                lambda: other.commit(Put("c", "new", b"")),
                lambda: other.commit(Delete("c", "1")),
                lambda: list(other.find("c", "all")),
                lambda: other.get("c", "0"),  # sealed anew already
                lambda: other.change_passphrase("new", derivation=FAST_FOR_TESTS_ONLY),
                lambda: list(other.find("c")),
            ]
            for _ in range(2):
                for use in uses:
                    with pytest.raises(StoreError) as caught:
                        use()
                    assert caught.value.code == "STORE_KEY_CHANGED"
                    assert not isinstance(caught.value, StoreCorruptError)
                rotate(store)
            require_whole(store)
        require_whole(reopened(path))

    def test_what_is_not_sealed_anew_yet_it_still_reads(self, path):
        with reopened(path) as other, reopened(path) as store:
            interrupted(store)
            assert other.get("c", str(RECORDS_IN_ALL - 1)) == b"body %d" % (RECORDS_IN_ALL - 1)

    def test_who_opens_it_meanwhile_goes_on_after_it(self, path):
        with reopened(path) as store:
            interrupted(store)
            with reopened(path) as other:
                rotate(store)
                require_whole(other)
                other.commit(Put("d", "1", b"", tags=("t",)))
                assert [record.id for record in store.find("d", "t")] == ["1"]
                # It still has the old key, which must not come back.
                with pytest.raises(StoreError, match="STORE_KEY_CHANGED"):
                    other.change_passphrase("new", derivation=FAST_FOR_TESTS_ONLY)

    def test_it_can_be_rotated_by_who_was_left_behind(self, path):
        with reopened(path) as other, reopened(path) as store:
            rotate(store)
            rotate(other)
            assert other._ring.generation == 3
            require_whole(other)

    def test_a_store_that_took_the_place_of_this_one_is_not_written_over(self, path, tmp_path):
        with create(tmp_path / "other.db") as other:
            other.commit(Put("c", "1", b"theirs"))
        with reopened(path) as store:
            with closing(sqlite3.connect(tmp_path / "other.db")) as source, closing(sqlite3.connect(path)) as target:
                source.backup(target)
            for use in (
                lambda: store.change_passphrase("new", derivation=FAST_FOR_TESTS_ONLY),
                lambda: rotate(store),
                lambda: store.commit(Put("c", "2", b"")),
            ):
                with pytest.raises(StoreError, match="STORE_KEY_CHANGED"):
                    use()
        with reopened(path) as store:
            assert store.get("c", "1") == b"theirs"

    def test_a_reader_that_keeps_the_old_key_on_the_disk_is_told_of(self, path):
        busy = SqlStore.open(path, passphrase=PASSPHRASE, busy_timeout=timedelta(milliseconds=20))
        with busy as store, closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM vcwallet_record").fetchone()
            for change in (
                lambda: store.change_passphrase("new"),
                lambda: rotate(store, passphrase="new"),
            ):
                with pytest.raises(StoreBusyError, match="OLD_KEY_ON_DISK"):
                    change()
            assert store._ring.generation == 2
            assert not store.is_rotating
            require_whole(store)
        with pytest.raises(WrongPassphraseError):
            reopened(path)
        with SqlStore.open(path, passphrase="new") as store:
            require_whole(store)

    def test_two_rotations_at_once_lose_nothing(self, path):
        outcomes: list[str] = []

        def run() -> None:
            with reopened(path) as store:
                start.wait()
                try:
                    rotate(store)
                    outcomes.append("done")
                except StoreError as error:
                    outcomes.append(error.code)

        start = threading.Barrier(2)
        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert "done" in outcomes
        assert set(outcomes) <= {"done", "STORE_KEY_CHANGED"}
        with reopened(path) as store:
            require_whole(store)
            if store.is_rotating:
                rotate(store)
            require_whole(store)

    def test_threads_read_and_write_while_it_is_rotated(self, path):
        failed: list[BaseException] = []
        written: list[str] = []
        is_over = threading.Event()

        def use(store: SqlStore, name: str) -> None:
            number = 0
            try:
                while not is_over.is_set():
                    number += 1
                    store.commit(Put("d", f"{name}-{number}", b"d", tags=("t",)))
                    written.append(f"{name}-{number}")
                    assert store.get("c", str(number % RECORDS_IN_ALL)) is not None
                    assert len(list(store.find("c", "7"))) == RECORDS_IN_ALL // 10
            except BaseException as error:
                failed.append(error)

        with reopened(path) as store:
            threads = [threading.Thread(target=use, args=(store, name)) for name in "ab"]
            for thread in threads:
                thread.start()
            for _ in range(3):
                rotate(store)
            is_over.set()
            for thread in threads:
                thread.join()
            assert failed == []
            require_whole(store)
            assert {record.id for record in store.find("d", "t")} == set(written)


class TestDamage:
    def test_a_damaged_record_is_named_and_keeps_nobody_else(self, path):
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("UPDATE vcwallet_record SET body = x'00' WHERE id IN ('3', '900')")
        with reopened(path) as store:
            damaged = rotate(store)
            assert [(error.collection, error.id) for error in damaged] == [("c", "3"), ("c", "900")]
            for id in ("3", "900"):
                with pytest.raises(RecordCorruptError):
                    store.get("c", id)
            assert len(whole(store)) == RECORDS_IN_ALL - 2
            store.commit(Delete("c", "3"), Put("c", "900", b"again"))
            assert rotate(store) == ()

    @pytest.mark.parametrize("generation", [0, 2, -1, 2**40, "1x", b"1"])
    def test_a_changed_generation_is_damage(self, path, generation):
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("UPDATE vcwallet_record SET key_generation = ? WHERE id = '3'", (generation,))
        with reopened(path) as store:
            with pytest.raises(RecordCorruptError):
                store.get("c", "3")
            assert store.get("c", "4") == b"body 4"

    def test_the_headers_of_the_past_bring_no_key_back(self, path, tmp_path):
        old = tmp_path / "old.db"
        shutil.copy(path, old)
        with reopened(path) as store:
            rotate(store)
            with closing(sqlite3.connect(old)) as database:
                row = database.execute("SELECT parameters, wrapped_key, checksum FROM vcwallet_store").fetchone()
            with closing(sqlite3.connect(path)) as database, database:
                database.execute("UPDATE vcwallet_store SET parameters = ?, wrapped_key = ?, checksum = ?", row)
            with pytest.raises(StoreError, match="STORE_KEY_CHANGED"):
                store.commit(Put("c", "new", b""))
            with pytest.raises(StoreError, match="STORE_KEY_CHANGED"):
                rotate(store)


def whole(store: SqlStore) -> list[Record]:
    found, records = store.find("c"), list[Record]()
    while True:
        try:
            records.append(next(found))
        except RecordCorruptError:
            continue
        except StopIteration:
            return records


class TestRing:
    STORE = b"store identifier"

    def test_its_keys_survive_being_written(self):
        ring = KeyRing.new(self.STORE).rotating(self.STORE)
        for one in (ring, ring.rotated()):
            assert KeyRing.from_bytes(one.to_bytes(), data_keys=len(one.data_keys)) == one

    def test_a_rotation_adds_a_key_and_its_end_takes_the_older_one_away(self):
        first = KeyRing.new(self.STORE)
        both = first.rotating(self.STORE)
        last = both.rotated()
        assert (first.generations, both.generations, last.generations) == (range(1, 2), range(1, 3), range(2, 3))
        assert both.data_keys == (*first.data_keys, *last.data_keys)
        assert both.tag_keys[:1] == first.tag_keys
        assert (first.is_rotating, both.is_rotating, last.is_rotating) == (False, True, False)
        assert both.data_key(1) == first.data_key(1)
        assert both.data_key(2) == last.data_key(2)
