# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""`SqlStore` on a file that rotted, or that somebody changed: damage is named, never returned as data."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import pytest

from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, RecordCorruptError, SqlStore
from vcwallet.adapters.store.header import SCHEMA_VERSION, Header, KeyDerivation, frame
from vcwallet.errors import StoreCorruptError, StoreError, StoreNewerError, WrongPassphraseError
from vcwallet.storage import Delete, Put, Record

PASSPHRASE = "correct horse battery staple"
BODIES = {"one": b"the first body", "two": b"the second body", "three": b"the third body"}


def make(path: Path, kind: str) -> None:
    if kind == "sealed":
        store = SqlStore.create(path, passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY)
    else:
        store = SqlStore.open_unsealed(path)
    with store:
        store.commit(*(Put("c", id, body, tags=("all", id)) for id, body in BODIES.items()))


def reopened(path: Path, kind: str) -> SqlStore:
    return SqlStore.open(path, passphrase=PASSPHRASE) if kind == "sealed" else SqlStore.open_unsealed(path)


@pytest.fixture(params=["sealed", "unsealed"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def path(tmp_path: Path, kind: str) -> Path:
    made = tmp_path / "store.db"
    make(made, kind)
    return made


def change(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement, values)


def read(path: Path, query: str) -> tuple:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(query).fetchone()


def header_column(path: Path, column: str) -> bytes:
    return read(path, f"SELECT {column} FROM vcwallet_store")[0]  # noqa: S608 - a name of ours


def set_header(path: Path, column: str, value: object) -> None:
    change(path, f"UPDATE vcwallet_store SET {column} = ?", value)  # noqa: S608


def column_of(path: Path, column: str, id: str) -> bytes:
    return read(path, f"SELECT {column} FROM vcwallet_record WHERE id = '{id}'")[0]  # noqa: S608


def set_two(path: Path, column: str, value: object) -> None:
    change(path, f"UPDATE vcwallet_record SET {column} = ? WHERE id = 'two'", value)  # noqa: S608


def flipped(data: bytes) -> Iterator[bytes]:
    """Yield `data` with each of its bytes changed, cut short, made longer, and gone."""
    for position in range(len(data)):
        yield data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
    yield from (data[:-1], data[:1], b"", data + b"\0")


def outcomes(found: Iterator[Record]) -> Iterator[Record | RecordCorruptError]:
    """Yield what is found, damaged or not, to the end."""
    while True:
        try:
            yield next(found)
        except RecordCorruptError as error:
            yield error
        except StopIteration:
            return


class TestHeader:
    def test_an_undamaged_store_opens(self, path, kind):
        with reopened(path, kind) as store:
            assert {record.id: record.body for record in store.find("c")} == BODIES

    @pytest.mark.parametrize("column", ["parameters", "wrapped_key", "checksum"])
    def test_any_changed_byte_of_the_header_is_damage_not_a_wrong_passphrase(self, path, kind, column):
        whole = header_column(path, column)
        for damaged in flipped(whole):
            if damaged != whole:
                set_header(path, column, damaged)
                with pytest.raises(StoreCorruptError) as caught:
                    reopened(path, kind)
                assert caught.value.code == "STORE_CORRUPT"
        set_header(path, column, whole)
        reopened(path, kind).close()

    @pytest.mark.parametrize("version", [0, -1, 1, 3, 257, 2**40, "1x", b"\1"])
    def test_a_changed_version_is_damage_not_a_newer_store(self, path, kind, version):
        change(path, "UPDATE vcwallet_store SET schema_version = ?", version)
        with pytest.raises(StoreCorruptError):
            reopened(path, kind)

    @pytest.mark.parametrize("column", ["parameters", "wrapped_key", "checksum"])
    def test_a_header_of_another_type_is_damage(self, path, kind, column):
        for value in ("text", 5):
            set_header(path, column, value)
            with pytest.raises(StoreCorruptError):
                reopened(path, kind)

    def test_a_store_of_a_newer_schema_is_refused_as_newer_and_left_alone(self, path, kind):
        parameters, wrapped_key = read(path, "SELECT parameters, wrapped_key FROM vcwallet_store")
        newer = forged_checksum(parameters, wrapped_key, version=3)
        change(path, "UPDATE vcwallet_store SET schema_version = 3, checksum = ?", newer)
        with pytest.raises(StoreNewerError):
            reopened(path, kind)
        assert read(path, "SELECT schema_version FROM vcwallet_store") == (3,)

    def test_a_missing_or_second_header_is_damage(self, path, kind):
        change(
            path,
            "INSERT INTO vcwallet_store "
            "SELECT 2, schema_version, parameters, wrapped_key, checksum FROM vcwallet_store",
        )
        with pytest.raises(StoreCorruptError):
            reopened(path, kind)
        change(path, "DELETE FROM vcwallet_store")
        with pytest.raises(StoreCorruptError):
            reopened(path, kind)

    def test_a_database_of_something_else_is_no_store(self, tmp_path):
        other = tmp_path / "other.db"
        change(other, "CREATE TABLE something (x)")
        with pytest.raises(StoreCorruptError) as caught:
            SqlStore.open(other, passphrase=PASSPHRASE)
        assert caught.value.code == "NOT_A_STORE"

    @pytest.mark.parametrize("content", [b"not a database" * 100, b"\0" * 4096, bytes(range(256)) * 64])
    def test_a_file_that_is_no_database_is_no_store_and_left_alone(self, tmp_path, content):
        other = tmp_path / "other.db"
        other.write_bytes(content)
        for use in (SqlStore.open, SqlStore.create):
            with pytest.raises(StoreCorruptError):
                use(other, passphrase=PASSPHRASE)
        with pytest.raises(StoreCorruptError):
            SqlStore.open_unsealed(other)
        assert other.read_bytes() == content

    def test_a_store_cut_to_nothing_is_no_store(self, path):
        os.truncate(path, 0)
        with pytest.raises(StoreCorruptError):
            SqlStore.open(path, passphrase=PASSPHRASE)

    def test_a_schema_that_is_no_text_any_more_is_damage(self, path, kind):
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("PRAGMA writable_schema=ON")
            database.execute(
                "UPDATE sqlite_master SET sql = CAST(x'437265617465a1' AS TEXT), name = CAST(x'a1' AS TEXT)"
            )
        with pytest.raises(StoreCorruptError):
            reopened(path, kind)

    def test_tables_that_are_gone_are_damage(self, path, kind):
        with reopened(path, kind) as store:
            change(path, "DROP TABLE vcwallet_record")
            for use in (
                lambda: store.get("c", "one"),
                lambda: list(store.find("c")),
                lambda: store.commit(Put("c", "1", b"")),
            ):
                with pytest.raises(StoreCorruptError):
                    use()


class TestForgedHeader:
    """Somebody who can write the file also fixes the checksum."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        made = tmp_path / "store.db"
        make(made, "sealed")
        return made

    def forge(self, path: Path, old: bytes, new: bytes) -> None:
        parameters, wrapped_key = read(path, "SELECT parameters, wrapped_key FROM vcwallet_store")
        assert old in parameters
        parameters = parameters.replace(old, new)
        checksum = forged_checksum(parameters, wrapped_key)
        change(path, "UPDATE vcwallet_store SET parameters = ?, checksum = ?", parameters, checksum)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b'"iterations":2', b'"iterations":1'),
            (b'"iterations":2', b'"iterations":1000000'),
            (b'"iterations":2', b'"iterations":2.0'),
            (b'"iterations":2', b'"iterations":true'),
            (b'"memory_kib":19456', b'"memory_kib":8'),
            (b'"memory_kib":19456', b'"memory_kib":4294967295'),
            (b'"memory_kib":19456', b'"memory_kib":"19456"'),
            (b'"lanes":1', b'"lanes":0'),
            (b'"lanes":1', b'"lanes":1,"lanes":1'),
            (b'"kdf":"argon2id"', b'"kdf":"none"'),
            (b'"salt":"', b'"salt":"='),
            (b'"salt":"', b'"salt":"AAAA'),
            (b'"salt"', b'"pepper"'),
            (b'"seal":{', b'"seal":[],"x":{'),
            (b'"store":"', b'"store":"!'),
            (b'"store"', b'"shop"'),
            (b'{"store"', b'["store"'),
            (b'{"store"', b'{"more":1,"store"'),
            (b'"lanes":1', b'"lanes": 1'),
            (b'"generation":1', b'"generation":0'),
            (b'"generation":1', b'"generation":2'),
            (b'"generation":1', b'"generation":1001'),
            (b'"generation":1', b'"generation":true'),
            (b'"data_keys":1', b'"data_keys":0'),
            (b'"data_keys":1', b'"data_keys":2'),
        ],
    )
    def test_parameters_that_vcwallet_does_not_write_are_refused(self, path, old, new):
        self.forge(path, old, new)
        with pytest.raises(StoreCorruptError):
            SqlStore.open(path, passphrase=PASSPHRASE)

    @pytest.mark.parametrize(
        ("old", "new"),
        [(b'"iterations":2', b'"iterations":3'), (b'"memory_kib":19456', b'"memory_kib":19457')],
    )
    def test_other_parameters_than_the_key_was_wrapped_under_do_not_open_it(self, path, old, new):
        self.forge(path, old, new)
        with pytest.raises(WrongPassphraseError):
            SqlStore.open(path, passphrase=PASSPHRASE)

    def test_a_key_cut_short_is_damage(self, path):
        parameters, wrapped_key = read(path, "SELECT parameters, wrapped_key FROM vcwallet_store")
        for cut in (wrapped_key[:-1], wrapped_key[:12], b"", wrapped_key + b"\0"):
            checksum = forged_checksum(parameters, cut)
            change(path, "UPDATE vcwallet_store SET wrapped_key = ?, checksum = ?", cut, checksum)
            with pytest.raises(StoreCorruptError):
                SqlStore.open(path, passphrase=PASSPHRASE)

    def test_the_header_of_another_store_does_not_open_the_records(self, path, tmp_path):
        other = tmp_path / "other.db"
        make(other, "sealed")
        for column in ("parameters", "wrapped_key", "checksum"):
            set_header(path, column, header_column(other, column))
        with SqlStore.open(path, passphrase=PASSPHRASE) as store, pytest.raises(RecordCorruptError):
            store.get("c", "one")

    def test_an_unsealed_header_does_not_pass_for_a_sealed_one(self, path):
        row = Header.unsealed().row()
        for column, value in row.items():
            set_header(path, column, value)
        with pytest.raises(StoreError) as caught:
            SqlStore.open(path, passphrase=PASSPHRASE)
        assert caught.value.code == "STORE_NOT_SEALED"

    def test_a_header_round_trips_through_its_row(self):
        made, ring = Header.sealed("x", KeyDerivation(memory_kib=20_000, iterations=2, lanes=2))
        row = made.row()
        again = Header.from_row(row["schema_version"], row["parameters"], row["wrapped_key"], row["checksum"])
        assert again == made
        assert again.seal is not None
        assert again.unwrap(again.seal, "x") == ring
        assert ring.data_keys[0].hex() not in repr(made)


def forged_checksum(parameters: bytes, wrapped_key: bytes, *, version: int = SCHEMA_VERSION) -> bytes:
    return hashlib.sha256(frame(version.to_bytes(8, "big"), parameters, wrapped_key)).digest()


class TestRecords:
    def expect_only_two_damaged(self, path: Path, kind: str, named: str = "two") -> None:
        with reopened(path, kind) as store:
            with pytest.raises(RecordCorruptError) as caught:
                store.get("c", named)
            assert (caught.value.collection, caught.value.id) == ("c", named)
            assert caught.value.code == "STORE_CORRUPT"
            whole = [found for found in outcomes(store.find("c")) if isinstance(found, Record)]
            assert {record.id: record.body for record in whole} == {id: BODIES[id] for id in ("one", "three")}
            assert store.get("c", "one") == BODIES["one"]
            with pytest.raises(RecordCorruptError) as caught:
                store.get_many("c", ["one", named, "three"])
            assert caught.value.id == named
            assert store.get_many("c", ["one", "three"]) == {id: BODIES[id] for id in ("one", "three")}

    @pytest.mark.parametrize("column", ["body", "tags"])
    def test_any_changed_byte_of_a_record_is_found_and_the_others_are_read(self, path, kind, column):
        whole = column_of(path, column, "two")
        with reopened(path, kind) as store:
            for damaged in flipped(whole):
                set_two(path, column, damaged)
                with pytest.raises(RecordCorruptError):
                    store.get("c", "two")
                found = list(outcomes(store.find("c", "all")))
                assert [found.id for found in found] == ["three", "two", "one"]
                assert [type(found) for found in found] == [Record, RecordCorruptError, Record]
            set_two(path, column, whole)
            assert store.get("c", "two") == BODIES["two"]

    @pytest.mark.parametrize("column", ["body", "tags"])
    @pytest.mark.parametrize("value", ["text", 7, 2**60, 1.5])
    def test_a_record_of_another_type_is_damage(self, path, kind, column, value):
        set_two(path, column, value)
        self.expect_only_two_damaged(path, kind)

    def test_bodies_cannot_be_swapped(self, path, kind):
        two, three = (column_of(path, "body", id) for id in ("two", "three"))
        set_two(path, "body", three)
        self.expect_only_two_damaged(path, kind)
        set_two(path, "body", two)
        with reopened(path, kind) as store:
            assert store.get("c", "two") == BODIES["two"]

    def test_a_record_cannot_be_given_another_name(self, path, kind):
        change(path, "UPDATE vcwallet_record SET id = 'zwei' WHERE id = 'two'")
        self.expect_only_two_damaged(path, kind, named="zwei")

    def test_a_record_cannot_be_moved_to_another_collection(self, path, kind):
        change(path, "UPDATE vcwallet_record SET collection = 'd' WHERE id = 'two'")
        with reopened(path, kind) as store, pytest.raises(RecordCorruptError):
            store.get("d", "two")

    @pytest.mark.parametrize("position", [-5, 0, 17, 2**62, 2**63 - 1])
    def test_a_record_cannot_be_given_another_age(self, path, kind, position):
        change(path, "UPDATE vcwallet_record SET position = ? WHERE id = 'two'", position)
        self.expect_only_two_damaged(path, kind)

    def test_a_name_that_is_no_text_any_more_does_not_hide_the_others(self, path, kind):
        change(path, "UPDATE vcwallet_record SET id = CAST(x'ff74776f' AS TEXT) WHERE id = 'two'")
        with reopened(path, kind) as store:
            found = list(outcomes(store.find("c")))
            assert [type(found) for found in found] == [Record, RecordCorruptError, Record]

    def test_a_body_of_the_past_does_not_come_back(self, path, kind):
        old = read(path, "SELECT body FROM vcwallet_record WHERE id = 'two'")
        with reopened(path, kind) as store:
            store.commit(Put("c", "two", b"new", tags=("all", "two")))
        change(path, "UPDATE vcwallet_record SET body = ? WHERE id = 'two'", *old)
        self.expect_only_two_damaged(path, kind)

    def test_a_tag_of_another_record_does_not_lead_to_this_one(self, path, kind):
        change(path, "UPDATE OR REPLACE vcwallet_tag SET position = 2 WHERE position = 1")
        with reopened(path, kind) as store:
            assert list(store.find("c", "one")) == []
            assert [record.id for record in store.find("c", "two")] == ["two"]

    def test_a_damaged_record_can_be_replaced_and_deleted(self, path, kind):
        change(path, "UPDATE vcwallet_record SET body = x'00'")
        with reopened(path, kind) as store:
            store.commit(Put("c", "one", b"again"), Delete("c", "two"))
            assert [type(found) for found in outcomes(store.find("c"))] == [Record, RecordCorruptError]
            assert store.get("c", "one") == b"again"

    def test_an_impossible_last_position_stops_writing_until_its_record_is_gone(self, path, kind):
        change(path, "UPDATE vcwallet_record SET position = ? WHERE id = 'two'", 2**63 - 1)
        with reopened(path, kind) as store:
            with pytest.raises(StoreCorruptError):
                store.commit(Put("c", "four", b""))
            store.commit(Delete("c", "two"))
            store.commit(Put("c", "four", b""))
            assert [record.id for record in store.find("c")] == ["four", "three", "one"]


class TestFile:
    """Any byte of the file may rot: what is still returned is what was put.

    A record can go missing, where the byte was in an index: SQLite keeps no checksums of its pages.
    """

    EXPECTED: ClassVar = {f"id-{number}": bytes([number]) * 1_500 for number in range(40)}

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        made = tmp_path / "whole.db"
        with SqlStore.open_unsealed(made) as store:
            store.commit(*(Put("c", id, body, tags=("t",)) for id, body in self.EXPECTED.items()))
        return made

    def check(self, path: Path) -> None:
        """Use the store; nothing but the right data and `StoreError` may come of it."""
        try:
            store = SqlStore.open_unsealed(path)
        except StoreError:
            return
        with store:
            for tag in (None, "t"):
                found = store.find("c", tag)
                try:
                    whole = [record for record in outcomes(found) if isinstance(record, Record)]
                except StoreError:
                    continue
                assert all(self.EXPECTED[record.id] == record.body for record in whole)
            for id, body in self.EXPECTED.items():
                try:
                    assert store.get("c", id) in (body, None)
                except StoreError:
                    continue
            try:
                store.commit(Put("c", "id-3", b"new"), Put("c", "other", b"new", tags=("t",)))
            except StoreError:
                return

    def test_a_changed_byte_anywhere(self, path):
        self.sweep(path, seed=20261123, rounds=150)

    @pytest.mark.sweep
    def test_a_changed_byte_at_many_more_places(self, path):
        self.sweep(path, seed=1, rounds=10_000)

    def sweep(self, path: Path, *, seed: int, rounds: int) -> None:
        whole = path.read_bytes()
        chance = random.Random(seed)
        # The start of each page says how to read it, so most of the places are there.
        starts = [page + chance.randrange(24) for page in range(0, len(whole), 4096) for _ in range(4)]
        anywhere = (chance.randrange(len(whole)) for _ in itertools.count())
        for number, position in enumerate(itertools.islice(itertools.chain(starts, anywhere), len(starts) + rounds)):
            copy = path.with_name(f"damaged-{number}.db")
            copy.write_bytes(whole[:position] + bytes([chance.randrange(256)]) + whole[position + 1 :])
            self.check(copy)
            for file in path.parent.glob("damaged-*"):
                file.unlink()

    def test_a_file_cut_short_anywhere(self, path):
        size = path.stat().st_size
        for length in range(0, size, 4096 * 3 + 100):
            copy = path.with_name("cut.db")
            shutil.copy(path, copy)
            os.truncate(copy, length)
            self.check(copy)
            for file in path.parent.glob("cut.db*"):
                file.unlink()

    def test_a_page_that_cannot_be_read_does_not_hide_the_other_records(self, path):
        whole = bytearray(path.read_bytes())
        page = whole.index(self.EXPECTED["id-7"]) // 4096 * 4096
        whole[page : page + 4096] = bytes(4096)
        path.write_bytes(whole)
        with SqlStore.open_unsealed(path) as store:
            found = list(outcomes(store.find("c")))
            damaged = {found.id for found in found if isinstance(found, RecordCorruptError)}
            assert "id-7" in damaged
            assert len(damaged) <= 4
            assert {found.id: found.body for found in found if isinstance(found, Record)} == {
                id: body for id, body in self.EXPECTED.items() if id not in damaged
            }
