# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""`SqlStore`: the contract of a `RecordStore`, opening and closing, secrecy, and several users at once."""

from __future__ import annotations

import os
import pickle
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionInTimeError

from tests.support.scripts import REPOSITORY
from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, KeyDerivation, SqlStore
from vcwallet.adapters.store.database import parse_location
from vcwallet.adapters.store.failures import DeadlockError, as_store_errors
from vcwallet.adapters.store.sql_store import PATIENCE
from vcwallet.errors import (
    LocalProtocolError,
    MissingExtraError,
    StoreBusyError,
    StoreCorruptError,
    StoreError,
    StoreFullError,
    WrongPassphraseError,
)
from vcwallet.storage import Delete, MemoryStore, Put, Record, RecordExistsError, RecordStore

PASSPHRASE = "桜 correct horse battery staple"
NO_PATIENCE = timedelta(0)


def create(path: Path | str | None, *, busy_timeout: timedelta = PATIENCE) -> SqlStore:
    return SqlStore.create(path, passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY, busy_timeout=busy_timeout)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "wallet.db"


KINDS = ["sealed", "unsealed"]
PLACES = ["", " in memory", " in PostgreSQL"]


@pytest.fixture(params=["memory", *(kind + place for kind in KINDS for place in PLACES)])
def store(request: pytest.FixtureRequest, path: Path) -> Iterator[RecordStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    place: Path | str | None = None if "in memory" in request.param else path
    if "in PostgreSQL" in request.param:
        place = request.getfixturevalue("postgres")
    opened = SqlStore.open_unsealed(place) if "unsealed" in request.param else create(place)
    with opened:
        yield opened


@pytest.fixture
def sealed(path: Path) -> Iterator[SqlStore]:
    with create(path) as store:
        yield store


class PostgresError(Exception):
    """As the driver of PostgreSQL raises them: told apart by SQLSTATE."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


def ids(found: Iterator[Record]) -> list[str]:
    return [record.id for record in found]


class TestContract:
    """What every `RecordStore` does."""

    def test_what_was_put_is_returned_byte_for_byte(self, store):
        body = bytes(range(256)) * 20
        store.commit(Put("credential", "c-1", body))
        assert store.get("credential", "c-1") == body

    def test_an_empty_body_is_a_body(self, store):
        store.commit(Put("nonce", "n-1", b""))
        assert store.get("nonce", "n-1") == b""

    def test_what_is_not_there_is_none(self, store):
        assert store.get("credential", "c-1") is None
        assert list(store.find("credential")) == []

    def test_many_are_looked_up_at_once_and_those_that_are_not_there_left_out(self, store):
        bodies = {f"c-{number}": b"%d" % number for number in range(1_001)}
        store.commit(
            *(Put("c", id, body) for id, body in bodies.items()), Put("other", "c-2000", b""), Put("c", "", b"")
        )
        assert store.get_many("c", [*bodies, "c-2000", "c-7", ""]) == {**bodies, "": b""}
        assert store.get_many("c", ["c-3"]) == {"c-3": b"3"}
        assert store.get_many("c", ["c-2000"]) == store.get_many("c", []) == store.get_many("none", ["c-3"]) == {}

    def test_collections_do_not_share_identifiers(self, store):
        store.commit(Put("a", "1", b"in a"), Put("b", "1", b"in b"))
        assert (store.get("a", "1"), store.get("b", "1")) == (b"in a", b"in b")

    def test_a_put_replaces_body_and_tags(self, store):
        store.commit(Put("c", "1", b"old", tags=("before",)))
        store.commit(Put("c", "1", b"new", tags=("after",)))
        assert store.get("c", "1") == b"new"
        assert (ids(store.find("c", "before")), ids(store.find("c", "after"))) == ([], ["1"])

    def test_a_delete_removes_the_record_and_its_tags(self, store):
        store.commit(Put("c", "1", b"", tags=("t",)), Put("c", "2", b"", tags=("t",)))
        store.commit(Delete("c", "1"))
        assert store.get("c", "1") is None
        assert ids(store.find("c", "t")) == ["2"]

    def test_deleting_what_is_not_there_is_no_error(self, store):
        store.commit(Delete("c", "1"), Delete("c", "1"))
        assert store.get("c", "1") is None

    def test_a_commit_of_nothing_does_nothing(self, store):
        store.commit()
        assert list(store.find("c")) == []

    def test_records_are_found_by_each_of_their_tags(self, store):
        store.commit(Put("c", "1", b"", tags=("x", "y", "x")), Put("c", "2", b"", tags=("y",)), Put("c", "3", b""))
        assert ids(store.find("c", "x")) == ["1"]
        assert ids(store.find("c", "y")) == ["2", "1"]
        assert ids(store.find("c", "z")) == []

    def test_tags_belong_to_their_collection(self, store):
        store.commit(Put("a", "1", b"", tags=("t",)), Put("b", "2", b"", tags=("t",)))
        assert ids(store.find("a", "t")) == ["1"]

    def test_without_a_tag_the_whole_collection_is_found(self, store):
        store.commit(Put("c", "1", b"one"), Put("d", "2", b"two"), Put("c", "3", b"three", tags=("t",)))
        assert list(store.find("c")) == [Record("3", b"three"), Record("1", b"one")]

    def test_the_last_written_is_found_first_also_when_it_was_there_before(self, store):
        store.commit(*(Put("c", id, b"", tags=("t",)) for id in "123"))
        store.commit(Put("c", "1", b"again", tags=("t",)))
        assert ids(store.find("c")) == ids(store.find("c", "t")) == ["1", "3", "2"]

    def test_many_records_are_found_complete_and_in_order(self, store):
        store.commit(*(Put("c", str(number), str(number).encode(), tags=("t",)) for number in range(2_500)))
        expected = [str(number) for number in reversed(range(2_500))]
        assert ids(store.find("c")) == ids(store.find("c", "t")) == expected
        assert all(record.body == record.id.encode() for record in store.find("c"))

    def test_a_new_record_must_be_new(self, store):
        store.commit(Put("c", "1", b"first", new=True))
        with pytest.raises(RecordExistsError):
            store.commit(Put("c", "1", b"second", new=True))
        assert store.get("c", "1") == b"first"

    def test_one_refused_change_refuses_all(self, store):
        store.commit(Put("c", "1", b"first"), Put("c", "gone", b"", tags=("t",)))
        changes = (Put("c", "2", b"", tags=("t",)), Delete("c", "gone"), Put("c", "1", b"second", new=True))
        for order in (changes, changes[::-1]):
            with pytest.raises(RecordExistsError):
                store.commit(*order)
        assert ids(store.find("c")) == ["gone", "1"]
        assert ids(store.find("c", "t")) == ["gone"]

    def test_changes_of_one_commit_are_made_one_after_the_other(self, store):
        store.commit(
            Put("c", "1", b"a", new=True), Put("c", "1", b"b"), Delete("c", "1"), Put("c", "1", b"c", new=True)
        )
        assert store.get("c", "1") == b"c"
        store.commit(Put("c", "2", b"", new=True), Put("c", "3", b""), Delete("c", "2"))
        assert ids(store.find("c")) == ["3", "1"]

    @pytest.mark.parametrize(
        "changes",
        [
            (Put("c", "1", b"", new=True), Delete("c", "1")),
            (Put("c", "1", b"", new=True), Delete("c", "1"), Put("c", "1", b"", new=True)),
            (Put("c", "2", b""), Put("c", "2", b"", new=True)),
        ],
    )
    def test_a_record_that_had_to_be_new_had_to_be_new_whatever_became_of_it(self, store, changes):
        store.commit(Put("c", "1", b"first"))
        with pytest.raises(RecordExistsError):
            store.commit(*changes)
        assert list(store.find("c")) == [Record("1", b"first")]

    def test_any_text_names_a_record(self, store, request):
        names = ["", " ", "a\0b", "a", "番号 花子", "'; --", "x" * 5_000, "\N{GRINNING FACE}", "é", "e\u0301"]
        if "in PostgreSQL" in request.node.name:
            with pytest.raises(StoreError):  # it knows no text with this character
                store.commit(Put("c", "before", b""), Put("c", names.pop(2), b""))
            assert ids(store.find("c")) == []
        store.commit(*(Put("c", name, name.encode(), tags=(name,)) for name in names))
        assert all(store.get("c", name) == name.encode() for name in names)
        assert all(ids(store.find("c", name)) == [name] for name in names)

    def test_records_can_be_changed_while_they_are_looked_through(self, store):
        store.commit(*(Put("c", str(number), b"old", tags=("t",)) for number in range(300)))
        for record in store.find("c", "t"):
            store.commit(Put("c", record.id, b"new"), Put("c", f"{record.id} again", b"", tags=("t",)))
        assert len(list(store.find("c", "t"))) == 300
        assert store.get("c", "299") == b"new"

    def test_sixteen_threads_that_want_one_record_new_get_it_once(self, store):
        start = threading.Barrier(16)

        def take(number: int) -> bool:
            start.wait()
            try:
                store.commit(Put("code", "c", str(number).encode(), new=True), Put("log", str(number), b""))
            except RecordExistsError:
                return False
            return True

        with ThreadPoolExecutor(16) as pool:
            taken = list(pool.map(take, range(16)))
        assert taken.count(True) == 1
        assert ids(store.find("log")) == [str(taken.index(True))]


class TestOpening:
    def test_a_store_is_there_again_when_opened_again(self, path):
        with create(path) as store:
            store.commit(Put("c", "1", b"body", tags=("t",)))
        with SqlStore.open(str(path), passphrase=PASSPHRASE) as store:
            assert list(store.find("c", "t")) == [Record("1", b"body")]
            store.commit(Put("c", "2", b"", tags=("t",)))
            assert ids(store.find("c", "t")) == ["2", "1"]

    def test_an_unsealed_store_is_made_once_and_then_opened(self, path):
        for number in range(3):
            with SqlStore.open_unsealed(path) as store:
                store.commit(Put("nonce", str(number), b"", new=True))
        with SqlStore.open_unsealed(path) as store, pytest.raises(RecordExistsError):
            store.commit(Put("nonce", "0", b"", new=True))

    def test_a_url_of_a_file_is_a_path(self, path):
        create(path).close()
        SqlStore.open(f"sqlite:///{path}", passphrase=PASSPHRASE).close()

    @pytest.mark.parametrize("place", [None, ":memory:", "sqlite://", "sqlite:///:memory:"])
    def test_a_store_in_memory_leaves_no_file_and_no_trace(self, place, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for _ in range(2):
            with SqlStore.open_unsealed(place) as store:
                store.commit(Put("c", "1", b"", new=True))
        assert list(tmp_path.iterdir()) == []

    def test_another_passphrase_does_not_open_it(self, path):
        create(path).close()
        for wrong in ("", "wrong", PASSPHRASE + " ", PASSPHRASE.upper(), "\ud800"):
            with pytest.raises(WrongPassphraseError):
                SqlStore.open(path, passphrase=wrong)

    def test_a_passphrase_is_the_same_however_its_letters_were_composed(self, path):
        SqlStore.create(path, passphrase="パスワード", derivation=FAST_FOR_TESTS_ONLY).close()
        decomposed = "ハ\N{COMBINING KATAKANA-HIRAGANA SEMI-VOICED SOUND MARK}スワート"
        decomposed += "\N{COMBINING KATAKANA-HIRAGANA VOICED SOUND MARK}"
        SqlStore.open(path, passphrase=decomposed).close()

    def test_an_empty_passphrase_is_refused_and_leaves_nothing(self, path, sealed):
        elsewhere = path.with_name("other.db")
        with pytest.raises(ValueError, match="passphrase"):
            SqlStore.create(elsewhere, passphrase="")
        assert not elsewhere.exists()
        with pytest.raises(ValueError, match="passphrase"):
            sealed.change_passphrase("")

    def test_a_store_is_not_made_over_another(self, path):
        with create(path) as store:
            store.commit(Put("c", "1", b"body"))
        with pytest.raises(StoreError) as caught:
            create(path)
        assert caught.value.code == "STORE_EXISTS"
        with SqlStore.open(path, passphrase=PASSPHRASE) as store:
            assert store.get("c", "1") == b"body"

    @pytest.mark.parametrize("place", [None, "nowhere.db", "."])
    def test_where_nothing_is_nothing_is_opened_or_made(self, place, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(StoreError) as caught:
            SqlStore.open(place, passphrase=PASSPHRASE)
        assert caught.value.code == "STORE_MISSING"
        assert list(tmp_path.iterdir()) == []

    def test_a_place_that_cannot_be_written_is_refused(self, tmp_path):
        for place in (tmp_path / "no such directory" / "wallet.db", tmp_path):
            with pytest.raises(StoreError):
                create(place)

    def test_sealed_and_unsealed_stores_are_not_taken_for_each_other(self, path):
        create(path).close()
        with pytest.raises(StoreError) as caught:
            SqlStore.open_unsealed(path)
        assert caught.value.code == "STORE_SEALED"
        other = path.with_name("unsealed.db")
        SqlStore.open_unsealed(other).close()
        with pytest.raises(StoreError) as caught:
            SqlStore.open(other, passphrase=PASSPHRASE)
        assert caught.value.code == "STORE_NOT_SEALED"

    def test_a_file_left_by_an_interrupted_start_becomes_a_store(self, path):
        path.touch(mode=0o644)
        create(path).close()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        other = path.with_name("other.db")
        with closing(sqlite3.connect(other)) as database:
            database.execute("PRAGMA journal_mode=WAL")
        create(other).close()

    def test_only_its_owner_can_read_the_file_and_the_log_beside_it(self, path):
        before = os.umask(0)
        try:
            with create(path) as store:
                store.commit(Put("c", "1", b""))
                files = list(path.parent.iterdir())
                assert len(files) == 3
                assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        finally:
            os.umask(before)

    @pytest.mark.parametrize(
        "place", ["", "mysql://localhost/x", "sqlite:///x.db?mode=ro", "sqlite://host/x.db", "nonsense://", "://"]
    )
    def test_what_is_neither_file_nor_database_is_a_wrong_argument(self, place):
        with pytest.raises(ValueError, match=r"store|database"):
            SqlStore.open_unsealed(place)

    def test_postgresql_is_reached_with_our_driver_of_it(self):
        assert parse_location("postgresql://localhost/wallets").drivername == "postgresql+psycopg"

    def test_without_its_driver_the_error_says_what_to_install(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "psycopg", None)
        with pytest.raises(MissingExtraError, match=r"vcwallet\[postgres\]"):
            SqlStore.open("postgresql://localhost/wallets", passphrase=PASSPHRASE)

    @pytest.mark.parametrize(
        ("memory_kib", "iterations", "lanes"),
        [
            (19 * 1024 - 1, 2, 1),
            (19 * 1024, 1, 1),
            (19 * 1024, 2, 0),
            (256 * 1024 + 1, 3, 1),
            (2**16, 11, 1),
            (2**16, 3, 5),
        ],
    )
    def test_a_key_derivation_outside_its_bounds_is_refused(self, memory_kib, iterations, lanes):
        assert KeyDerivation(memory_kib=19 * 1024, iterations=2, lanes=1) == FAST_FOR_TESTS_ONLY
        with pytest.raises(ValueError, match="key derivation"):
            KeyDerivation(memory_kib=memory_kib, iterations=iterations, lanes=lanes)

    def test_a_key_derivation_is_counted_in_whole_numbers(self):
        with pytest.raises(TypeError):
            KeyDerivation(memory_kib=65536.0, iterations=3)  # type: ignore[arg-type]


class TestPassphraseChange:
    def test_only_the_new_passphrase_opens_it_from_then_on(self, path):
        with create(path) as store:
            store.commit(Put("c", "1", b"body"))
            store.change_passphrase("new", derivation=FAST_FOR_TESTS_ONLY)
            store.commit(Put("c", "2", b"after"))
        with pytest.raises(WrongPassphraseError):
            SqlStore.open(path, passphrase=PASSPHRASE)
        with SqlStore.open(path, passphrase="new") as store:
            assert [record.body for record in store.find("c")] == [b"after", b"body"]

    def test_the_key_under_the_old_passphrase_is_gone_from_the_disk(self, path):
        with create(path) as store:
            with closing(sqlite3.connect(path)) as database:
                (wrapped,) = database.execute("SELECT wrapped_key FROM vcwallet_store").fetchone()
            assert wrapped in on_disk(path)
            store.change_passphrase("new", derivation=FAST_FOR_TESTS_ONLY)
            assert wrapped not in on_disk(path)

    def test_an_unsealed_store_has_none_to_change(self, path):
        with SqlStore.open_unsealed(path) as store, pytest.raises(LocalProtocolError):
            store.change_passphrase("new")


def on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


class TestSecrecy:
    CANARIES = ("canary in the body", "canary in a tag", "canary in the passphrase")

    def fill(self, store: SqlStore) -> None:
        body, tag, _ = self.CANARIES
        for number in range(50):
            store.commit(Put("c", f"id-{number}", body.encode(), tags=(tag, f"{tag} {number}")))
        store.commit(Delete("c", "id-7"))
        assert len(list(store.find("c", tag))) == 49

    def test_neither_file_nor_log_ever_holds_a_body_a_tag_or_the_passphrase(self, path):
        with SqlStore.create(path, passphrase=self.CANARIES[2], derivation=FAST_FOR_TESTS_ONLY) as store:
            self.fill(store)
            while_open = on_disk(path)
            assert len(list(path.parent.iterdir())) == 3
        for content in (while_open, on_disk(path)):
            assert b"id-8" in content
            assert not any(
                canary.encode() in content or canary.encode("utf-16le") in content for canary in self.CANARIES
            )

    def test_an_unsealed_store_shows_why_the_search_above_finds_something(self, path):
        with SqlStore.open_unsealed(path) as store:
            self.fill(store)
            assert self.CANARIES[0].encode() in on_disk(path)
            assert self.CANARIES[1].encode() not in on_disk(path)

    def test_equal_bodies_and_tags_look_different_in_every_store(self, path):
        columns = []
        for name in ("a.db", "b.db"):
            with create(path.with_name(name)) as store:
                store.commit(Put("c", "1", b"body", tags=("t",)))
                with closing(sqlite3.connect(path.with_name(name))) as database:
                    columns.append(database.execute("SELECT tags, body FROM vcwallet_record").fetchone())
        assert columns[0][0] != columns[1][0]
        assert columns[0][1] != columns[1][1]

    def test_a_deleted_record_is_overwritten(self, path):
        body = b"to be forgotten" * 10
        with SqlStore.open_unsealed(path) as store:
            store.commit(Put("c", "1", body))
        assert body in on_disk(path)
        with SqlStore.open_unsealed(path) as store:
            store.commit(Delete("c", "1"))
        assert body not in on_disk(path)

    def test_nothing_shows_the_key_and_nothing_copies_it(self, sealed):
        ring = sealed._sealing.ring
        (key,) = ring.data_keys
        for thing in (sealed, sealed._sealing, sealed._database, ring):
            assert key.hex() not in repr(thing)
            assert repr(key) not in repr(thing)
        for thing in (sealed, sealed._sealing, ring):
            with pytest.raises(TypeError):
                pickle.dumps(thing)


class TestUse:
    def test_a_closed_store_is_not_used(self, path):
        store = create(path)
        found = store.find("c")
        store.close()
        store.close()
        uses: list[Callable[[], object]] = [
            lambda: store.get("c", "1"),
            lambda: store.commit(Put("c", "1", b"")),
            lambda: list(store.find("c")),
            lambda: next(found),
        ]
        for use in uses:
            with pytest.raises(LocalProtocolError):
                use()

    def test_a_child_of_a_fork_must_open_its_own(self, path):
        program = f"""
import os
from vcwallet.adapters.store import SqlStore
from vcwallet.errors import LocalProtocolError
from vcwallet.storage import Put
store = SqlStore.open_unsealed({str(path)!r})
store.commit(Put("c", "1", b""))
child = os.fork()
if child == 0:
    try:
        store.get("c", "1")
    except LocalProtocolError:
        os._exit(7)
    os._exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert store.get("c", "1") == b""
store.close()
"""
        subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, check=True)

    def test_looking_through_records_keeps_nobody_from_writing(self, path, sealed):
        sealed.commit(*(Put("c", str(number), b"") for number in range(300)))
        found = sealed.find("c")
        next(found)
        with SqlStore.open(path, passphrase=PASSPHRASE, busy_timeout=NO_PATIENCE) as other:
            other.commit(Delete("c", "0"), Put("c", "later", b""))
            other._database.forget_overwritten()
            assert path.with_name(path.name + "-wal").stat().st_size == 0
        assert ids(found)[-1] == "1"

    def test_a_record_that_loses_its_tag_meanwhile_is_left_out(self, sealed):
        sealed.commit(*(Put("c", str(number), b"", tags=("t",)) for number in range(300)))
        found = sealed.find("c", "t")
        next(found)
        sealed.commit(Put("c", "0", b"", tags=("spent",)), Put("c", "1", b"changed", tags=("t", "u")))
        left = list(found)
        assert Record("1", b"changed") in left
        assert "0" not in {record.id for record in left}

    def test_an_identifier_that_is_no_unicode_is_a_wrong_argument(self, sealed):
        for id in ("\ud800", "\udcff"):
            with pytest.raises(ValueError, match="surrogates"):
                sealed.commit(Put("c", "1", b""), Put("c", id, b""))
        assert sealed.get("c", "1") is None

    def test_while_another_process_writes_ours_is_busy_and_then_not(self, path):
        with create(path, busy_timeout=NO_PATIENCE) as store, closing(sqlite3.connect(path)) as other:
            store.commit(Put("c", "1", b"before"))
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreBusyError):
                store.commit(Put("c", "1", b"after"))
            with pytest.raises(StoreBusyError):
                store.change_passphrase("new", derivation=FAST_FOR_TESTS_ONLY)
            assert store.get("c", "1") == b"before"
            other.rollback()
            store.commit(Put("c", "1", b"after"))
            assert store.get("c", "1") == b"after"

    def test_two_processes_write_one_file_at_once(self, path):
        create(path).close()
        program = f"""
import sys
from vcwallet.adapters.store import SqlStore
from vcwallet.errors import StoreBusyError
from vcwallet.storage import Put, RecordExistsError
with SqlStore.open({str(path)!r}, passphrase={PASSPHRASE!r}) as store:
    for number in range(200):
        try:
            store.commit(Put("claimed", str(number), sys.argv[1].encode(), new=True))
            store.commit(Put("own", sys.argv[1] + str(number), b""))
        except RecordExistsError:
            pass
"""
        workers = [subprocess.Popen([sys.executable, "-c", program, name], cwd=REPOSITORY) for name in "ab"]
        assert [worker.wait() for worker in workers] == [0, 0]
        with SqlStore.open(path, passphrase=PASSPHRASE) as store:
            claims = {record.body.decode() + record.id for record in store.find("claimed")}
            assert len(claims) == 200
            assert claims == set(ids(store.find("own")))

    def test_a_full_disk_refuses_a_change_and_keeps_what_there_was(self, path):
        with SqlStore.open_unsealed(path) as store:
            store.commit(Put("c", "1", b"before"))
            store._database._engine.dispose()
            event.listen(store._database._engine, "connect", limit_to_fifty_pages)
            with pytest.raises(StoreFullError):
                store.commit(Put("c", "1", b"after"), Put("c", "2", bytes(1_000_000)))
            assert list(store.find("c")) == [Record("1", b"before")]
            store.commit(Put("c", "1", b"after"))
            assert store.get("c", "1") == b"after"

    def test_a_disk_that_fails_a_write_refuses_a_change_and_keeps_what_there_was(self, path):
        program = f"""
import resource, signal
from vcwallet.adapters.store import SqlStore
from vcwallet.errors import StoreError
from vcwallet.storage import Put
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with SqlStore.open_unsealed({str(path)!r}) as store:
    store.commit(Put("c", "1", b"before"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
    try:
        store.commit(Put("c", "1", b"after"), Put("c", "2", bytes(1_000_000)))
    except StoreError as error:
        assert error.code == "STORE"
    else:
        raise AssertionError("a megabyte was written")
    assert [record.body for record in store.find("c")] == [b"before"]
"""
        subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, check=True)
        with SqlStore.open_unsealed(path) as store:
            assert list(store.find("c")) == [Record("1", b"before")]

    @pytest.mark.parametrize(
        ("cause", "meaning"),
        [
            (PostgresError("53100"), StoreFullError),
            (PostgresError("55P03"), StoreBusyError),
            (PostgresError("40P01"), DeadlockError),
            (PostgresError("40001"), DeadlockError),
            (PostgresError("XX001"), StoreCorruptError),
            (PostgresError("42P01"), StoreError),
            (OSError(28, "no space"), StoreFullError),
            (PermissionError(13, "no"), StoreError),
            (NoConnectionInTimeError(), StoreBusyError),
        ],
    )
    def test_failures_of_other_databases_and_of_files_are_ours_too(self, cause, meaning):
        raised = OperationalError("SELECT", None, cause) if isinstance(cause, PostgresError) else cause
        with pytest.raises(StoreError) as caught, as_store_errors():
            raise raised
        assert type(caught.value) is meaning


def limit_to_fifty_pages(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA max_page_count=50")


class TestPostgresql:
    """What is different about a server: there is no file, and it may not be there."""

    def test_a_store_is_there_again_when_opened_again(self, postgres):
        with create(postgres) as store:
            store.commit(Put("c", "1", b"body", tags=("t",)))
        with SqlStore.open(postgres, passphrase=PASSPHRASE) as store:
            assert list(store.find("c", "t")) == [Record("1", b"body")]
        with pytest.raises(WrongPassphraseError):
            SqlStore.open(postgres, passphrase="wrong")

    def test_a_store_is_not_made_over_another_or_taken_for_one_of_the_other_kind(self, postgres):
        create(postgres).close()
        for wrong, code in ((lambda: create(postgres), "STORE_EXISTS"), (lambda: unsealed(postgres), "STORE_SEALED")):
            with pytest.raises(StoreError) as caught:
                wrong()
            assert caught.value.code == code

    def test_a_database_without_a_store_is_none(self, postgres):
        with pytest.raises(StoreCorruptError) as caught:
            SqlStore.open(postgres, passphrase=PASSPHRASE)
        assert caught.value.code == "NOT_A_STORE"

    def test_the_passphrase_can_be_changed(self, postgres):
        with create(postgres) as store:
            store.commit(Put("c", "1", b"body"))
            store.change_passphrase("another", derivation=FAST_FOR_TESTS_ONLY)
            assert store.get("c", "1") == b"body"
        with SqlStore.open(postgres, passphrase="another") as store:
            assert store.get("c", "1") == b"body"

    def test_a_server_that_is_not_there_is_a_store_error_without_its_address(self, tmp_path):
        for use in (unsealed, create):
            with pytest.raises(StoreError) as caught:
                use(f"postgresql://somebody:secret@/wallets?host={tmp_path}")
            assert "secret" not in str(caught.value)
            assert caught.value.__cause__ is None

    def test_several_users_get_what_has_to_be_new_once(self, postgres):
        unsealed(postgres).close()
        start = threading.Barrier(8)

        def take(number: int) -> list[str]:
            taken = []
            with unsealed(postgres) as store:
                start.wait()
                for name in range(20):
                    with suppress(RecordExistsError):
                        store.commit(Put("claimed", str(name), b"", new=True), Put("own", f"{number}-{name}", b""))
                        taken.append(f"{number}-{name}")
            return taken

        with ThreadPoolExecutor(8) as pool:
            taken = [name for names in pool.map(take, range(8)) for name in names]
        with unsealed(postgres) as store:
            assert sorted(ids(store.find("own"))) == sorted(taken)
            assert len(taken) == len(ids(store.find("claimed"))) == 20


def unsealed(place: str) -> SqlStore:
    return SqlStore.open_unsealed(place)
