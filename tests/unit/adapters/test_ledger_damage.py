# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""`SqlLedger` on a file that rotted or a disk that is full: `StoreError`, never a wrong status."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event

from tests.support.ledger import DESK, LISTS, enter
from tests.support.pki import NOW
from vcwallet.adapters.store import SqlLedger, SqlStore
from vcwallet.adapters.store.ledger.schema import SCHEMA_VERSION, checksum
from vcwallet.errors import StoreCorruptError, StoreError, StoreFullError, StoreNewerError
from vcwallet.status.ledger import Status, StatusListState

KEYS = [f"key {number}" for number in range(12)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of some entries, of which each third is revoked and each fourth suspended."""
    made = tmp_path / "ledger.db"
    with SqlLedger.create(made, lists=LISTS, size=64) as ledger:
        for number, key in enumerate(KEYS):
            enter(ledger, key)
            if number % 4 == 0:
                ledger.change_status(key, Status.SUSPENDED, DESK)
            if number % 3 == 0:
                ledger.change_status(key, Status.INVALID, DESK)
    return made


def change(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        assert database.execute(statement, values).rowcount != 0


def states(ledger: SqlLedger) -> list[StatusListState]:
    return list(ledger.due(at=NOW, renew_until=NOW))


class TestHeader:
    def test_a_newer_schema_is_refused_and_left_alone(self, path):
        columns = (SCHEMA_VERSION + 1, LISTS, 64, 2)
        change(path, "UPDATE vcwallet_ledger SET schema_version = ?, checksum = ?", columns[0], checksum(*columns))
        whole = path.read_bytes()
        with pytest.raises(StoreNewerError, match=f"schema {SCHEMA_VERSION + 1}"):
            SqlLedger.open(path)
        assert path.read_bytes() == whole

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("schema_version", 0),
            ("schema_version", SCHEMA_VERSION + 1),
            ("schema_version", "one"),
            ("uri", "http://status.example"),
            ("uri", b"https://status.example"),
            ("uri", 7),
            ("size", 7),
            ("size", "many"),
            ("bits", 4),
            ("checksum", b""),
        ],
    )
    def test_a_damaged_header_is_damage(self, path, column, value):
        change(path, f"UPDATE vcwallet_ledger SET {column} = ?", value)  # noqa: S608 - a name of ours
        with pytest.raises(StoreCorruptError):
            SqlLedger.open(path)

    def test_a_header_that_is_gone_is_damage(self, path):
        change(path, "DELETE FROM vcwallet_ledger")
        with pytest.raises(StoreCorruptError):
            SqlLedger.open(path)

    def test_a_store_is_no_ledger_and_a_file_of_something_else_is_none(self, tmp_path):
        SqlStore.open_unsealed(tmp_path / "store.db").close()
        (tmp_path / "text").write_text("no database, but a text that is long enough to be one" * 100)
        for name, code in (("store.db", "NOT_A_LEDGER"), ("text", "STORE_CORRUPT")):
            with pytest.raises(StoreCorruptError) as caught:
                SqlLedger.open(tmp_path / name)
            assert caught.value.code == code


class TestEntries:
    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("id", "other"),
            ("issue", 1),
            ("copy_number", 1),
            ("type_id", "urn:example:other:1"),
            ("type_id", b"urn:example:resident:1"),
            ("format", "mso_mdoc"),
            ("issued_at", 1),
            ("issued_at", "yesterday"),
            ("expires", 2**40),
            ("idx", 65),
            ("list", 2),
            ("value", 2),
            ("value", 7),
            ("value", None),
            ("checksum", b""),
            ("checksum", "12345678"),
            ("subject", b"another person's pseudonym......"),
            ("subject", b"short"),
            ("subject", "a name"),
        ],
    )
    def test_a_damaged_column_is_damage(self, path, column, value):
        """The schema forbids some of these, but a rotten file does not ask it."""
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("PRAGMA writable_schema=ON")
            database.execute(
                "UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '')"
                " WHERE name LIKE 'vcwallet_is%' AND type = 'table'"
            )
        change(path, f"UPDATE vcwallet_issuance SET {column} = ? WHERE idempotency_key = 'key 1'", value)  # noqa: S608
        with SqlLedger.open(path) as ledger:
            with pytest.raises(StoreCorruptError):
                ledger.issued("key 1")
            with pytest.raises(StoreCorruptError):
                ledger.change_status("key 1", Status.INVALID, DESK)
            assert ledger.issued("key 2")[0].status is Status.VALID

    @pytest.mark.parametrize("column", ["actor", "reason", "new", "old", "at"])
    def test_a_damaged_change_is_damage(self, path, column):
        change(path, f"UPDATE vcwallet_status_change SET {column} = 1")  # noqa: S608
        with SqlLedger.open(path) as ledger, pytest.raises(StoreCorruptError):
            ledger.changes("key 0")

    @pytest.mark.parametrize("when", [None, "yesterday", 10**15, -(10**15)])
    def test_a_time_that_is_none_is_damage(self, path, when):
        change(
            path, "UPDATE vcwallet_status_list SET issued_at = ?, published_version = 0", "x" if when is None else when
        )
        with SqlLedger.open(path) as ledger, pytest.raises(StoreCorruptError):
            states(ledger)


class TestLists:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE vcwallet_issuance SET value = 0 WHERE idempotency_key = 'key 3'",
            "UPDATE vcwallet_issuance SET value = 2 WHERE idempotency_key = 'key 3'",
            "UPDATE vcwallet_issuance SET value = 1 WHERE idempotency_key = 'key 1'",
            "UPDATE vcwallet_issuance SET value = 4 WHERE idempotency_key = 'key 3'",
            "UPDATE vcwallet_issuance SET value = -1 WHERE idempotency_key = 'key 1'",
            "UPDATE vcwallet_issuance SET value = 'x' WHERE idempotency_key = 'key 3'",
            "UPDATE vcwallet_issuance SET idx = idx + 64 WHERE idempotency_key = 'key 3'",
            "DELETE FROM vcwallet_issuance WHERE idempotency_key = 'key 3'",
            "UPDATE vcwallet_status_list SET sum = sum + 1",
            "UPDATE vcwallet_status_list SET version = 'new'",
        ],
    )
    def test_a_status_that_is_lost_changed_or_invented_is_not_published(self, path, statement):
        with SqlLedger.open(path) as ledger:
            assert sum(map(len, (state.values for state in states(ledger)))) == 6
        change(path, statement)
        with SqlLedger.open(path) as ledger, pytest.raises(StoreCorruptError):
            states(ledger)

    @pytest.mark.parametrize("table", ["vcwallet_status_list", "vcwallet_issuance", "vcwallet_status_change"])
    def test_a_table_that_is_gone_is_damage(self, path, table):
        change(path, f"DROP TABLE {table}")
        with SqlLedger.open(path) as ledger:
            uses = [lambda: enter(ledger, "new"), lambda: ledger.change_status("key 1", Status.INVALID, DESK)]
            for use in uses[1:] if table == "vcwallet_status_change" else uses:
                with pytest.raises(StoreCorruptError):
                    use()

    @pytest.mark.parametrize("numbers", ["1", "0"])
    def test_without_lists_nothing_is_issued(self, path, numbers):
        change(path, f"DELETE FROM vcwallet_status_list WHERE number > {numbers}")  # noqa: S608
        with SqlLedger.open(path) as ledger, pytest.raises(StoreCorruptError):
            enter(ledger, "new")

    def test_a_constraint_that_is_not_ours_is_damage(self, path):
        with closing(sqlite3.connect(path)) as database, database:
            refusal = "BEGIN SELECT RAISE(ABORT, 'no'); END"
            database.execute(f"CREATE TRIGGER other BEFORE INSERT ON vcwallet_issuance {refusal}")
        with SqlLedger.open(path) as ledger, pytest.raises(StoreCorruptError):
            enter(ledger, "new")

    def test_a_list_that_goes_while_it_is_read_is_damage(self, path):
        with SqlLedger.open(path) as ledger:
            due = ledger.due(at=NOW, renew_until=NOW)
            next(due)
            change(path, "DELETE FROM vcwallet_status_list WHERE number = 2")
            with pytest.raises(StoreCorruptError):
                next(due)

    @pytest.mark.parametrize(("column", "value"), [("jwt", b"x"), ("cwt", "x")])
    def test_a_token_of_another_type_is_damage(self, path, column, value):
        change(path, "INSERT INTO vcwallet_status_token VALUES (1, 'jwt', x'00')")
        change(path, "UPDATE vcwallet_status_list SET issued_at = 1, expires = 2, ttl = 3, published_version = 0")
        with SqlLedger.open(path) as ledger:
            assert ledger.published(f"{LISTS}/1") is not None
            change(path, f"UPDATE vcwallet_status_token SET {column} = ?", value)  # noqa: S608
            with pytest.raises(StoreCorruptError):
                ledger.published(f"{LISTS}/1")


class TestFile:
    """Any byte of the file may rot: whatever is still returned about an entry is true."""

    def check(self, path: Path, entries: dict, marked: dict) -> None:
        try:
            ledger = SqlLedger.open(path)
        except StoreError:
            return
        with ledger:
            for key in KEYS:
                try:
                    assert ledger.issued(key) in (entries[key], ())
                except StoreError:
                    continue
            try:
                found = {(state.uri, index): value for state in states(ledger) for index, value in state.values.items()}
                assert found in (marked, {})  # a list can be forgotten, but not change
            except StoreError:
                pass
            try:
                enter(ledger, "new")
                ledger.change_status("key 2", Status.INVALID, DESK)
            except StoreError:
                return

    def test_a_changed_byte_anywhere(self, path):
        self.sweep(path, seed=20261128, rounds=60)

    @pytest.mark.sweep
    @pytest.mark.timeout(3_600)
    def test_a_changed_byte_at_many_more_places(self, path):
        self.sweep(path, seed=1, rounds=10_000)

    def sweep(self, path: Path, *, seed: int, rounds: int) -> None:
        with SqlLedger.open(path) as ledger:
            entries = {key: ledger.issued(key) for key in KEYS}
            marked = {(state.uri, index): value for state in states(ledger) for index, value in state.values.items()}
        whole, chance = path.read_bytes(), random.Random(seed)
        used = [position for position, byte in enumerate(whole) if byte]
        for number in range(rounds):
            position = chance.choice(used)
            copy = path.with_name(f"damaged-{number}.db")
            copy.write_bytes(whole[:position] + bytes([chance.randrange(256)]) + whole[position + 1 :])
            self.check(copy, entries, marked)
            for file in path.parent.glob("damaged-*"):
                file.unlink()


class TestDisk:
    def test_a_full_disk_refuses_an_issue_and_keeps_what_there_was(self, path):
        with SqlLedger.open(path) as ledger:
            ledger._database._engine.dispose()
            event.listen(ledger._database._engine, "connect", limit_to_the_pages_there_are)
            done = 0
            with pytest.raises(StoreFullError):  # noqa: PT012 - it is full at some time
                while enter(ledger, f"new {done}", copies=50):
                    done += 1
            assert [len(ledger.issued(f"new {number}")) for number in range(done + 1)] == [50] * done + [0]
            assert ledger.issued("key 1")[0].status is Status.VALID
            assert ledger.change_status("key 0", Status.INVALID, DESK)[0].status is Status.INVALID

    def test_a_copy_of_a_ledger_opens_like_the_original(self, path, tmp_path):
        shutil.copy(path, tmp_path / "copy.db")
        with SqlLedger.open(tmp_path / "copy.db") as copy, SqlLedger.open(path) as original:
            assert states(copy) == states(original)


def limit_to_the_pages_there_are(connection: sqlite3.Connection, _: object) -> None:
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages + 3}")


def test_the_checksum_of_a_row_tells_types_and_columns_apart():
    rows = [("a", 1), ("a", "1"), ("a1",), (b"a", 1), ("a", 1, None), ("a", True), ("\udc80", 1), ("a", 1.0)]
    assert len({checksum(*row) for row in rows}) == len(rows)
