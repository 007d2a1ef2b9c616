# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Backups of a store: whole or not at all, and no byte of one can be changed, moved, left out or come from another."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import sqlite3
import stat
import struct
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from vcwallet.adapters.store import (
    FAST_FOR_TESTS_ONLY,
    BackupCorruptError,
    RecordCorruptError,
    SqlStore,
    backup_file,
    opened_backup,
    restore,
    write_backup,
)
from vcwallet.adapters.store import backup as backup_module
from vcwallet.adapters.store.backup_file import MAGIC, BackupReader, BackupWriter
from vcwallet.adapters.store.sql_store import OpenedRow
from vcwallet.encoding import base64url, json
from vcwallet.errors import (
    LimitExceededError,
    LocalProtocolError,
    StoreBusyError,
    StoreCorruptError,
    StoreError,
    StoreNewerError,
    VcError,
    WrongPassphraseError,
)
from vcwallet.storage import Delete, Put, Record

PASSPHRASE = "correct horse battery staple"
OTHER = "written on paper"
ABOUT = {"number": 7}
NAMES = ["", "1", "番号 花子", "a\0b", "x" * 3_000]


def create(path: Path | None) -> SqlStore:
    return SqlStore.create(path, passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY)


def back_up(store: SqlStore, path: Path, *, passphrase: str = OTHER, **options) -> tuple[RecordCorruptError, ...]:
    return write_backup(store, path, passphrase=passphrase, about=ABOUT, derivation=FAST_FOR_TESTS_ONLY, **options)


def restored(backup: Path, path: Path | None = None, *, passphrase: str = OTHER, **options) -> SqlStore:
    with opened_backup(backup, passphrase=passphrase) as opened:
        return restore(path, opened, passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY, **options)


def fill(store: SqlStore) -> None:
    store.commit(*(Put("c", name, name.encode() * 2, tags=("all", name)) for name in NAMES))
    store.commit(
        Put("d", "1", b"", tags=("all",)), Put("c", "1", b"again", tags=("all", "1")), Put("e", "x", b"untagged")
    )


def everything(store: SqlStore) -> list[list[Record]]:
    """All that can be asked of the store, in the order that it answers."""
    asked = [("c", None), ("c", "all"), ("d", None), ("d", "all"), ("e", None), *(("c", name) for name in NAMES)]
    return [list(store.find(collection, tag)) for collection, tag in asked]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with create(tmp_path / "store.db") as made:
        fill(made)
        yield made


@pytest.fixture
def backup(store: SqlStore, tmp_path: Path) -> Path:
    back_up(store, tmp_path / "store.backup")
    return tmp_path / "store.backup"


def big(store: SqlStore, number: int = 40) -> None:
    for at in range(number):
        store.commit(Put("big", str(at), bytes([at]) * 2_000_000))


class TestMemory:
    """Few records are in memory at a time, however large they are."""

    def peak(self, step) -> int:
        tracemalloc.start()
        try:
            step()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def test_a_backup_a_restore_and_a_rotation_hold_some_mebibytes(self, tmp_path):
        path, to = tmp_path / "big.db", tmp_path / "big.backup"
        with create(path) as store:
            big(store)
            steps = [
                lambda: back_up(store, to),
                lambda: restored(to, tmp_path / "again.db").close(),
                lambda: store.rotate_key(passphrase=PASSPHRASE),
            ]
            for step in steps:
                assert self.peak(step) < 50_000_000


class TestPlaces:
    """Nothing that is there is written over or into."""

    def test_a_database_of_something_else_is_left_alone(self, backup, tmp_path):
        path = tmp_path / "notes.db"
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("CREATE TABLE notes (text)")
        with pytest.raises(StoreError, match="STORE_EXISTS"):
            restored(backup, path)
        with pytest.raises(StoreError, match="STORE_EXISTS"):
            create(path)
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("notes",)]

    def test_a_file_that_comes_meanwhile_is_not_written_over(self, store, tmp_path):
        path = tmp_path / "x.backup"

        def about(_: object) -> dict[str, int]:
            path.write_bytes(b"of somebody else")
            return ABOUT

        with pytest.raises(StoreError, match="BACKUP_EXISTS"):
            write_backup(store, path, passphrase=OTHER, about=about, derivation=FAST_FOR_TESTS_ONLY)
        assert path.read_bytes() == b"of somebody else"
        assert [file.name for file in tmp_path.iterdir() if file.suffix == ".partial"] == []

    def test_where_there_are_no_links_it_is_renamed(self, store, tmp_path, monkeypatch):
        def unsupported(*_: object) -> None:
            raise OSError(errno.EPERM, "no links")

        monkeypatch.setattr(os, "link", unsupported)
        back_up(store, tmp_path / "x.backup")
        assert restored(tmp_path / "x.backup").get("c", "1") == b"again"

    def test_an_error_of_the_caller_stays_what_it_is(self, store, tmp_path, monkeypatch):
        def fail(_: int) -> None:
            raise OSError("the caller's own")

        monkeypatch.setattr(backup_module, "_PROGRESS_EVERY", 2)
        with pytest.raises(OSError, match="the caller's own"):
            back_up(store, tmp_path / "x.backup", progress=fail)
        assert [file for file in tmp_path.iterdir() if "x.backup" in file.name] == []

    def test_a_name_that_is_no_text_is_refused(self, store):
        for put in (Put("c", "\ud800", b""), Put("\ud800", "1", b""), Put("c", "2", b"", tags=("\ud800",))):
            with pytest.raises(ValueError, match="texts") as caught:
                store.commit(put)
            assert not isinstance(caught.value, UnicodeError)
        assert store.get("c", "2") is None


def test_a_record_on_its_way_does_not_show_its_body(store):
    store.commit(Put("key", "1", b"a private key"))
    with store.snapshot() as snapshot:
        shown = [repr(record) for record in snapshot.everything()]
    assert "private" not in "".join(shown)
    assert "body" not in repr(OpenedRow("key", "1", 1, b"", b"a private key", 1))


class TestRoundTrip:
    def test_a_restored_store_is_the_one_that_was_backed_up(self, store, backup, tmp_path):
        with restored(backup, tmp_path / "again.db") as again:
            assert everything(again) == everything(store)
            again.commit(Put("c", "new", b"", tags=("all",)), Delete("c", ""))
            assert next(again.find("c", "all")).id == "new"
        with SqlStore.open(tmp_path / "again.db", passphrase=PASSPHRASE) as again:
            assert len(list(again.find("c"))) == len(NAMES)

    def test_into_memory_and_out_of_it(self, store, backup, tmp_path):
        with restored(backup) as again:
            back_up(again, tmp_path / "second.backup")
            with restored(tmp_path / "second.backup") as third:
                assert everything(third) == everything(store)

    def test_from_a_file_to_postgresql_and_back(self, store, tmp_path, postgres):
        backup = tmp_path / "first.backup"
        store.commit(Delete("c", "a\0b"))  # PostgreSQL has no text with this character
        back_up(store, backup)
        with restored(backup, postgres) as again:
            assert everything(again) == everything(store)
            back_up(again, tmp_path / "second.backup")
            with restored(tmp_path / "second.backup") as third:
                assert everything(third) == everything(store)
        with pytest.raises(StoreError, match="STORE_EXISTS"):
            restored(backup, postgres)

    def test_nothing_is_under_a_key_or_name_of_before(self, store, backup, tmp_path):
        with restored(backup, tmp_path / "again.db") as again:
            assert again._store_id != store._store_id
            assert set(again._ring.data_keys).isdisjoint(store._ring.data_keys)
            assert again._ring.tag_keys[:-1] == store._ring.tag_keys
        rows = [columns(tmp_path / name) for name in ("store.db", "again.db")]
        assert all(set(mine).isdisjoint(its) for mine, its in zip(*rows, strict=True))

    def test_a_store_in_the_middle_of_a_rotation_is_backed_up_whole(self, tmp_path):
        class InterruptedHere(Exception):
            pass

        def stop(_: int) -> None:
            raise InterruptedHere

        with create(tmp_path / "rotating.db") as store:
            store.commit(*(Put("f", str(number), b"f", tags=("f",)) for number in range(600)))
            fill(store)
            with pytest.raises(InterruptedHere):
                store.rotate_key(passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY, progress=stop)
            back_up(store, tmp_path / "rotating.backup")
            with restored(tmp_path / "rotating.backup") as again:
                assert everything(again) == everything(store)
                assert list(again.find("f", "f")) == list(store.find("f", "f"))
                again.rotate_key(passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY)
                assert everything(again) == everything(store)

    def test_an_empty_store_is_one_too(self, tmp_path):
        with create(None) as store:
            back_up(store, tmp_path / "empty.backup")
        with restored(tmp_path / "empty.backup") as again:
            assert list(again.find("c")) == []
            again.commit(Put("c", "1", b""))

    def test_what_it_is_about_is_told_before_anything_is_restored(self, backup):
        with opened_backup(backup, passphrase=OTHER) as opened:
            assert opened.about == ABOUT

    def test_what_it_is_about_can_be_read_from_the_same_state(self, store, tmp_path):
        path = tmp_path / "about.backup"
        write_backup(
            store,
            path,
            passphrase=OTHER,
            derivation=FAST_FOR_TESTS_ONLY,
            about=lambda snapshot: {
                "one": (snapshot.get("c", "1") or b"").decode(),
                "none": snapshot.get("c", "none") is None,
            },
        )
        with opened_backup(path, passphrase=OTHER) as opened:
            assert opened.about == {"one": "again", "none": True}

    def test_it_is_one_state_of_a_store_that_is_in_use(self, store, tmp_path):
        # One commit changes all of them, so that a mixture of two states would show.
        count, is_over = 400, threading.Event()
        store.commit(*(Put("state", str(at), b"0", tags=("state",)) for at in range(count)))

        def change() -> None:
            number = 0
            while not is_over.is_set():
                number += 1
                store.commit(*(Put("state", str(at), str(number).encode(), tags=("state",)) for at in range(count)))

        writer = threading.Thread(target=change)
        writer.start()
        try:
            for number in range(5):
                back_up(store, tmp_path / f"{number}.backup")
        finally:
            is_over.set()
            writer.join()
        for number in range(5):
            with restored(tmp_path / f"{number}.backup") as again:
                found = [record.body for record in again.find("state", "state")]
                assert len(found) == count
                assert len(set(found)) == 1

    def test_progress_is_told_now_and_then(self, tmp_path):
        written, read = list[int](), list[int]()
        with create(None) as store:
            store.commit(*(Put("c", str(number), b"") for number in range(2_100)))
            back_up(store, tmp_path / "many.backup", progress=written.append)
        restored(tmp_path / "many.backup", progress=read.append).close()
        assert written == read == [1_000, 2_000]

    def test_memory_holds_a_few_records_at_a_time(self, tmp_path):
        body = bytes(100_000)
        with create(tmp_path / "large.db") as store:
            for number in range(0, 400, 20):
                store.commit(*(Put("c", str(number + at), body) for at in range(20)))
            tracemalloc.start()
            try:
                back_up(store, tmp_path / "large.backup")
                _, of_backup = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
        # 40 MB in all, a hundred rows at a time.
        assert of_backup < 25_000_000


class TestFile:
    def test_only_its_owner_can_read_it_and_nothing_else_is_left(self, backup):
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        assert [file.name for file in backup.parent.iterdir() if "backup" in file.name] == [backup.name]

    def test_it_shows_nothing_of_the_store(self, backup):
        content = backup.read_bytes()
        for secret in ("番号 花子".encode(), b"again", b"untagged", OTHER.encode(), b'"number"'):
            assert secret not in content

    def test_two_backups_of_one_store_have_nothing_in_common_but_their_form(self, store, backup, tmp_path):
        back_up(store, tmp_path / "second.backup")
        one, other = (parts_of(file.read_bytes())[1:] for file in (backup, tmp_path / "second.backup"))
        assert set(one).isdisjoint(other)

    @pytest.mark.parametrize("name", ["store.db", "store.backup", "folder", "link"])
    def test_nothing_is_written_over(self, store, backup, tmp_path, name):
        (tmp_path / "folder").mkdir()
        (tmp_path / "link").symlink_to(tmp_path / "nowhere")
        before = backup.read_bytes()
        with pytest.raises(StoreError) as caught:
            back_up(store, tmp_path / name)
        assert caught.value.code == "BACKUP_EXISTS"
        assert backup.read_bytes() == before
        fill(store)

    def test_a_place_that_cannot_be_written_is_refused(self, store, tmp_path):
        with pytest.raises(StoreError):
            back_up(store, tmp_path / "no such folder" / "store.backup")

    def test_what_fails_leaves_no_file(self, store, tmp_path):
        def fail(_: object) -> dict:
            raise StoreBusyError("nobody home")

        with pytest.raises(StoreBusyError):
            write_backup(store, tmp_path / "x", passphrase=OTHER, about=fail, derivation=FAST_FOR_TESTS_ONLY)
        with pytest.raises(ValueError, match="passphrase"):
            back_up(store, tmp_path / "x", passphrase="")
        assert {file.name.split("-")[0] for file in tmp_path.iterdir()} == {"store.db"}

    def test_an_unsealed_store_is_not_backed_up(self, tmp_path):
        with SqlStore.open_unsealed(tmp_path / "unsealed.db") as store, pytest.raises(LocalProtocolError):
            back_up(store, tmp_path / "x")

    def test_a_store_whose_keys_were_changed_elsewhere_is_not_backed_up(self, store, tmp_path):
        with SqlStore.open(tmp_path / "store.db", passphrase=PASSPHRASE) as other:
            other.rotate_key(passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY)
        with pytest.raises(StoreError, match="STORE_KEY_CHANGED"):
            back_up(store, tmp_path / "x")

    def test_a_record_that_is_too_long_is_refused(self, store, tmp_path, monkeypatch):
        monkeypatch.setattr(backup_file, "MAX_PART_BYTES", 1_000)
        with pytest.raises(LimitExceededError):
            back_up(store, tmp_path / "x")


class TestDamagedStore:
    def test_a_damaged_record_is_named(self, store, tmp_path):
        damage(tmp_path / "store.db", "番号 花子")
        with pytest.raises(RecordCorruptError) as caught:
            back_up(store, tmp_path / "x")
        assert (caught.value.collection, caught.value.id) == ("c", "番号 花子")
        assert not (tmp_path / "x").exists()

    def test_the_others_can_be_saved(self, store, tmp_path):
        damage(tmp_path / "store.db", "番号 花子")
        (left_out,) = back_up(store, tmp_path / "x", leave_out_damaged=True)
        assert left_out.id == "番号 花子"
        with restored(tmp_path / "x") as again:
            assert [record.id for record in again.find("c", "all")] == ["1", "x" * 3_000, "a\0b", ""]

    def test_a_page_that_cannot_be_read_does_not_keep_the_others_from_being_saved(self, tmp_path):
        path = tmp_path / "pages.db"
        expected = {str(number): bytes([number]) * 1_500 for number in range(250)}
        with create(path) as store:
            store.commit(*(Put("c", id, body, tags=("t",)) for id, body in expected.items()))
        with closing(sqlite3.connect(path)) as database:
            (body,) = database.execute("SELECT body FROM vcwallet_record WHERE id = '130'").fetchone()
        whole = bytearray(path.read_bytes())
        page = whole.index(body[:100]) // 4096 * 4096
        whole[page : page + 4096] = bytes(4096)
        path.write_bytes(whole)
        with SqlStore.open(path, passphrase=PASSPHRASE) as store:
            with pytest.raises(RecordCorruptError):
                back_up(store, tmp_path / "x")
            left_out = {error.id for error in back_up(store, tmp_path / "x", leave_out_damaged=True)}
        assert "130" in left_out
        assert len(left_out) <= 4
        with restored(tmp_path / "x") as again:
            found = {record.id: record.body for record in again.find("c", "t")}
            assert found == {id: body for id, body in expected.items() if id not in left_out}

    def test_damage_of_what_it_is_about_is_damage(self, store, tmp_path):
        damage(tmp_path / "store.db", "番号 花子")
        with pytest.raises(RecordCorruptError):
            write_backup(
                store,
                tmp_path / "x",
                passphrase=OTHER,
                about=lambda snapshot: {"body": str(snapshot.get("c", "番号 花子"))},
                derivation=FAST_FOR_TESTS_ONLY,
            )


class TestRestoring:
    def test_a_wrong_passphrase_is_told_from_damage(self, backup):
        for wrong in ("", "wrong", OTHER.upper()):
            with pytest.raises(WrongPassphraseError):
                restored(backup, passphrase=wrong)

    def test_a_store_that_is_there_is_left_alone(self, store, backup, tmp_path):
        before = everything(store)
        with pytest.raises(StoreError, match="STORE_EXISTS"):
            restored(backup, tmp_path / "store.db")
        assert everything(store) == before

    def test_what_fails_leaves_no_store_and_can_be_done_again(self, store, backup, tmp_path):
        def fail(_: object) -> None:
            raise StoreBusyError("nobody home")

        with pytest.raises(StoreBusyError):
            restored(backup, tmp_path / "again.db", then=fail)
        with pytest.raises(StoreCorruptError, match="NOT_A_STORE"):
            SqlStore.open(tmp_path / "again.db", passphrase=PASSPHRASE)
        with restored(backup, tmp_path / "again.db") as again:
            assert everything(again) == everything(store)

    def test_an_empty_passphrase_makes_no_file(self, backup, tmp_path):
        with opened_backup(backup, passphrase=OTHER) as opened, pytest.raises(ValueError, match="passphrase"):
            restore(tmp_path / "again.db", opened, passphrase="")
        assert not (tmp_path / "again.db").exists()

    def test_the_last_step_reads_and_writes_what_is_being_made(self, store, backup):
        found = list(store.find("c"))

        def then(inside) -> None:
            assert inside.get("c", "1") == b"again"
            assert inside.get("c", "none") is None
            inside.commit(Put("c", "last", b"", tags=("all",)), Delete("c", "1"))
            assert [record.id for record in inside.find("c")] == [
                "last",
                *[each.id for each in found if each.id != "1"],
            ]
            assert [record.id for record in inside.find("c", "x" * 3_000)] == ["x" * 3_000]

        with restored(backup, then=then) as again:
            assert next(again.find("c", "all")).id == "last"
            assert again.get("c", "1") is None

    def test_where_nothing_is_there_is_nothing_to_restore(self, tmp_path):
        with pytest.raises(StoreError):
            restored(tmp_path / "none.backup")

    @pytest.mark.parametrize("content", [b"", b"vcwallet", b"SQLite format 3\0" * 100, bytes(100)])
    def test_what_is_no_backup_is_told(self, tmp_path, content):
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(StoreCorruptError) as caught:
            restored(tmp_path / "x")
        assert caught.value.code == "NOT_A_BACKUP"


def parts_of(content: bytes) -> list[bytes]:
    """Cut a backup where its parts begin; the first is the header."""
    (length,) = struct.unpack_from(">I", content, len(MAGIC))
    ends = [len(MAGIC) + 4 + length + 32]
    while ends[-1] < len(content):
        (word,) = struct.unpack_from(">I", content, ends[-1])
        ends.append(ends[-1] + 4 + (word & ~(1 << 31)))
    return [content[start:end] for start, end in pairwise([0, *ends])]


class TestAttacks:
    """On a small file, so that each of its bytes can be tried."""

    @pytest.fixture
    def whole(self) -> bytes:
        return small("one", "two", "three")

    def refused(self, content: bytes) -> VcError:
        with pytest.raises(VcError) as caught:
            read(content)
        assert isinstance(caught.value, StoreCorruptError | StoreNewerError)
        return caught.value

    def test_the_whole_one_is_read(self, whole):
        assert read(whole) == [b"one", b"two", b"three"]

    def test_any_changed_byte_is_refused(self, whole):
        for position in range(len(whole)):
            for bit in (1, 0x80):
                self.refused(whole[:position] + bytes([whole[position] ^ bit]) + whole[position + 1 :])

    def test_a_file_cut_short_anywhere_is_refused(self, whole):
        for length in range(len(whole)):
            self.refused(whole[:length])

    def test_the_part_that_is_damaged_is_named(self, whole):
        parts = parts_of(whole)
        for number, _ in enumerate(parts[1:]):
            changed = [*parts]
            changed[number + 1] = parts[number + 1][:-1] + bytes([parts[number + 1][-1] ^ 1])
            error = self.refused(b"".join(changed))
            assert isinstance(error, BackupCorruptError)
            assert (error.part, error.code) == (number, "BACKUP_CORRUPT")

    def test_a_file_cut_at_every_end_of_a_part_is_refused(self, whole):
        parts = parts_of(whole)
        assert len(parts) == 5
        for number in range(1, len(parts)):
            error = self.refused(b"".join(parts[:number]))
            assert isinstance(error, BackupCorruptError)
            assert error.part == number - 1

    def test_parts_cannot_be_moved_repeated_or_left_out(self, whole):
        header, *parts = parts_of(whole)
        for first in range(len(parts)):
            self.refused(b"".join([header, *parts[:first], *parts[first + 1 :]]))
            self.refused(b"".join([header, *parts[: first + 1], *parts[first:]]))
            for second in range(first + 1, len(parts)):
                moved = [*parts]
                moved[first], moved[second] = moved[second], moved[first]
                self.refused(b"".join([header, *moved]))

    def test_parts_of_another_backup_do_not_fit(self, whole):
        header, *parts = parts_of(whole)
        _, *others = parts_of(small("one", "two", "three"))
        for number in range(len(parts)):
            mixed = [*parts]
            mixed[number] = others[number]
            self.refused(b"".join([header, *mixed]))

    def test_nothing_follows_its_end(self, whole):
        _, *parts = parts_of(whole)
        for more in (b"\0", parts[-1], whole):
            self.refused(whole + more)

    def test_a_part_cannot_be_made_the_last(self, whole):
        header, *parts = parts_of(whole)
        for number, part in enumerate(parts):
            (word,) = struct.unpack_from(">I", part)
            marked = struct.pack(">I", word ^ (1 << 31)) + part[4:]
            self.refused(b"".join([header, *parts[:number], marked]))
            self.refused(b"".join([header, *parts[:number], marked, *parts[number + 1 :]]))

    def test_a_length_that_cannot_be_is_not_read(self, whole):
        header, *_ = parts_of(whole)
        for length in (0, 15, 64 * 1024 * 1024 + 17, 2**31 - 1):
            error = self.refused(header + struct.pack(">I", length) + bytes(100))
            assert "length" in str(error)

    def test_what_is_in_its_last_part_is_not_ignored(self):
        file = io.BytesIO()
        writer = BackupWriter(file, passphrase=OTHER, derivation=FAST_FOR_TESTS_ONLY)
        writer.write(b"something", is_last=True)
        self.refused(file.getvalue())


class TestForgedHeader:
    """Somebody also makes the digest right."""

    def forged(self, old: bytes, new: bytes) -> bytes:
        content = small()
        header, *parts = parts_of(content)
        text = header[len(MAGIC) + 4 : -32]
        assert old in text
        text = text.replace(old, new)
        return b"".join([MAGIC, struct.pack(">I", len(text)), text, hashlib.sha256(text).digest(), *parts])

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b'"iterations":2', b'"iterations":1'),
            (b'"iterations":2', b'"iterations":1000000'),
            (b'"memory_kib":19456', b'"memory_kib":8'),
            (b'"memory_kib":19456', b'"memory_kib":4294967295'),
            (b'"memory_kib":19456', b'"memory_kib":"19456"'),
            (b'"lanes":1', b'"lanes":1,"lanes":1'),
            (b'"lanes":1', b'"lanes": 1'),
            (b'"kdf":"argon2id"', b'"kdf":"none"'),
            (b'"salt":"', b'"salt":"AAAA'),
            (b'"backup":"', b'"backup":"AAAA'),
            (b'"check":"', b'"check":"AAAA'),
            (b'"version":1', b'"version":0'),
            (b'"version":1', b'"version":"1"'),
            (b'"version":1', b'"version":true'),
            (b'"version":1', b'"more":1,"version":1'),
            (b'{"version"', b'["version"'),
        ],
    )
    def test_a_header_that_vcwallet_does_not_write_is_refused(self, old, new):
        with pytest.raises(BackupCorruptError) as caught:
            read(self.forged(old, new))
        assert caught.value.part is None

    def test_a_newer_version_is_refused_in_words(self):
        with pytest.raises(StoreNewerError) as caught:
            read(self.forged(b'"version":1', b'"version":2'))
        assert caught.value.code == "BACKUP_NEWER"

    def test_other_costs_than_it_was_made_with_do_not_open_it(self):
        with pytest.raises(WrongPassphraseError):
            read(self.forged(b'"iterations":2', b'"iterations":3'))

    def test_a_header_of_many_bytes_is_not_read(self):
        content = MAGIC + struct.pack(">I", 4_097) + bytes(10_000)
        with pytest.raises(BackupCorruptError, match="too long"):
            read(content)


class TestHostileWriter:
    """Whoever knows the passphrase can write anything: only our errors come of it, and no store."""

    def written(self, tmp_path: Path, *parts: bytes) -> Path:
        path = tmp_path / "hostile.backup"
        with path.open("wb") as file:
            writer = BackupWriter(file, passphrase=OTHER, derivation=FAST_FOR_TESTS_ONLY)
            for part in parts:
                writer.write(part)
            writer.write(b"", is_last=True)
        return path

    ITSELF = json.dumps({"about": {}, "tag_keys": [base64url.encode(bytes(32))]})
    RECORD = struct.pack(">III", 1, 1, 16) + b"c1" + bytes(16) + b"body"

    def test_the_honest_twin_is_restored(self, tmp_path):
        with restored(self.written(tmp_path, self.ITSELF, self.RECORD)) as store:
            assert store.get("c", "1") == b"body"

    @pytest.mark.parametrize(
        "itself",
        [
            None,
            b"",
            b"{}",
            b"[]",
            b"not json",
            json.dumps({"about": [], "tag_keys": []}),
            json.dumps({"about": {}, "tag_keys": ["AA"]}),
            json.dumps({"about": {}, "tag_keys": [7]}),
            json.dumps({"about": {}, "tag_keys": None}),
        ],
    )
    def test_what_it_says_of_itself_is_checked(self, tmp_path, itself):
        parts = [] if itself is None else [itself]
        with pytest.raises(BackupCorruptError) as caught:
            restored(self.written(tmp_path, *parts))
        assert caught.value.part == 0

    @pytest.mark.parametrize(
        "record",
        [
            b"",
            bytes(11),
            struct.pack(">III", 1, 1, 0) + b"c",
            struct.pack(">III", 2**32 - 1, 1, 0) + b"c1",
            struct.pack(">III", 1, 1, 15) + b"c1" + bytes(15),
            struct.pack(">III", 1, 1, 0) + b"\xff1",
            struct.pack(">III", 1, 1, 0) + b"c\xff",
        ],
    )
    def test_a_record_is_checked_and_named(self, tmp_path, record):
        with pytest.raises(BackupCorruptError) as caught:
            restored(self.written(tmp_path, self.ITSELF, self.RECORD, record), tmp_path / "made.db")
        assert caught.value.part == 2
        with pytest.raises(StoreError):
            SqlStore.open(tmp_path / "made.db", passphrase=PASSPHRASE)

    def test_a_record_that_comes_twice_is_refused(self, tmp_path):
        with pytest.raises(BackupCorruptError):
            restored(self.written(tmp_path, self.ITSELF, self.RECORD, self.RECORD))

    def test_a_thousand_tag_keys_are_too_many(self, tmp_path):
        keys = [base64url.encode(bytes(32))] * 1_000
        with pytest.raises(LimitExceededError):
            restored(self.written(tmp_path, json.dumps({"about": {}, "tag_keys": keys})))


def small(*parts: str) -> bytes:
    file = io.BytesIO()
    writer = BackupWriter(file, passphrase=OTHER, derivation=FAST_FOR_TESTS_ONLY)
    for part in parts:
        writer.write(part.encode())
    writer.write(b"", is_last=True)
    return file.getvalue()


def read(content: bytes) -> list[bytes]:
    return list(BackupReader(io.BytesIO(content), passphrase=OTHER).parts())


def damage(path: Path, id: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE vcwallet_record SET body = x'00' WHERE id = ?", (id,))


def columns(path: Path) -> list[list[bytes]]:
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT body, tags FROM vcwallet_record WHERE length(tags) > 0").fetchall()
    return [list(column) for column in zip(*rows, strict=True)]


def test_no_descriptor_is_left_open(store, backup, tmp_path):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with pytest.raises(WrongPassphraseError):
            restored(backup, passphrase="wrong")
        restored(backup).close()
    assert len(os.listdir("/proc/self/fd")) == before
