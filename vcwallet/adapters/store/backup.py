# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Backing a sealed store up into one encrypted file, and making a new store of it.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from vcwallet.adapters.store import SqlStore, opened_backup, restore, write_backup
    >>> from vcwallet.storage import Put
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "store.backup"
    >>> with SqlStore.create(":memory:", passphrase="correct horse battery staple") as store:
    ...     store.commit(Put("credential", "c-1", b"...", tags=("residence",)))
    ...     write_backup(store, path, passphrase="written down", about={"number": 1})
    ()
    >>> with opened_backup(path, passphrase="written down") as backup:
    ...     print(backup.about)
    ...     with restore(":memory:", backup, passphrase="another one") as again:
    ...         [record.id for record in again.find("credential", "residence")]
    {'number': 1}
    ['c-1']
    >>> folder.cleanup()

Everything in the store is in the backup, also the private keys that it keeps.  Memory holds a few records at a time.
"""

from __future__ import annotations

import os
import secrets
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeAlias

from vcwallet.adapters.store.backup_file import BackupCorruptError, BackupReader, BackupWriter
from vcwallet.adapters.store.database import Location
from vcwallet.adapters.store.failures import as_store_errors
from vcwallet.adapters.store.header import RECOMMENDED, KeyDerivation
from vcwallet.adapters.store.key_ring import KEY_BYTES
from vcwallet.adapters.store.sealing import BLIND_BYTES
from vcwallet.adapters.store.sql_store import RecordCorruptError, Snapshot, SqlStore, StoredRecord, nothing
from vcwallet.claims import JsonObject
from vcwallet.encoding import base64url, json
from vcwallet.errors import MalformedError, StoreError
from vcwallet.storage import RecordExistsError, RecordStore

About: TypeAlias = "JsonObject | Callable[[Snapshot], JsonObject]"
_LENGTHS = struct.Struct(">III")
_PROGRESS_EVERY = 1_000


def write_backup(
    store: SqlStore,
    path: str | os.PathLike[str],
    *,
    passphrase: str,
    about: About,
    derivation: KeyDerivation = RECOMMENDED,
    leave_out_damaged: bool = False,
    progress: Callable[[int], None] = nothing,
) -> tuple[RecordCorruptError, ...]:
    """Write one state of a store into a file that is there whole or not at all; return the damaged records left out.

    Others may write to the store meanwhile.  The file is its owner's alone to read.

    Args:
        store: a sealed store.
        path: where; nothing may be there.
        passphrase: what opens the backup; it need not be the store's.
        about: what is to be known about the backup before it is restored, in the backup itself.
        derivation: what it costs to try a passphrase.
        leave_out_damaged: go on without the records that are damaged, to save the others.
        progress: called now and then with the number of records written.

    Raises:
        RecordCorruptError: a record is damaged.
        StoreFullError: there is no room.
        StoreError: the file cannot be written, or there is one already (code ``BACKUP_EXISTS``).
        LimitExceededError: a record has more than 64 MiB.
        LocalProtocolError: the store is not sealed.
        ValueError: the passphrase is empty.
    """
    left_out: list[RecordCorruptError] = []
    with _new_file(Path(path)) as file, store.snapshot() as snapshot:
        writer = BackupWriter(file, passphrase=passphrase, derivation=derivation)
        writer.write(_of_itself(snapshot, about(snapshot) if callable(about) else about))
        for number, record in enumerate(snapshot.everything(), 1):
            if not isinstance(record, RecordCorruptError):
                writer.write(_to_bytes(record))
            elif leave_out_damaged:
                left_out.append(record)
            else:
                raise record
            if number % _PROGRESS_EVERY == 0:
                progress(number)
        writer.write(b"", is_last=True)
    return tuple(left_out)


class Backup:
    """A backup that is being read; made by `opened_backup`.

    Attributes:
        about: what `write_backup` was told.
    """

    about: JsonObject

    def __init__(self, reader: BackupReader) -> None:
        self._parts = reader.parts()
        try:
            members = json.loads_object(next(self._parts, b""))
            self.about = members["about"]
            self.tag_keys: tuple[bytes, ...] = tuple(base64url.decode(key) for key in members["tag_keys"])
            if not isinstance(self.about, dict) or any(len(key) != KEY_BYTES for key in self.tag_keys):
                raise MalformedError("a backup says about itself what it is")
        except (MalformedError, KeyError, TypeError):
            raise BackupCorruptError("it is not what vcwallet writes", part=0) from None

    def records(self) -> Iterator[StoredRecord]:
        """Yield the records, once; that none is missing is known at the end.

        Raises:
            BackupCorruptError: at the first one that is damaged.
        """
        with as_store_errors():
            for number, part in enumerate(self._parts, 1):
                yield _from_bytes(part, number)


@contextmanager
def opened_backup(path: str | os.PathLike[str], *, passphrase: str) -> Iterator[Backup]:
    """Open a backup and read what it says about itself.

    Raises:
        WrongPassphraseError: it is intact as far as this can tell, but the passphrase is another.
        BackupCorruptError: it is damaged.
        StoreCorruptError: it is no backup (``NOT_A_BACKUP``).
        StoreNewerError: it was written by a newer vcwallet.
        StoreError: there is no such file, or it cannot be read.
    """
    with as_store_errors():
        file = open(path, "rb")  # noqa: SIM115 - closed below, and what is done with it meanwhile has its own errors
    with file:
        with as_store_errors():
            backup = Backup(BackupReader(file, passphrase=passphrase))
        yield backup


def _nothing_more(_: RecordStore) -> None:
    """Leave the store as the backup has it."""


def restore(
    location: Location,
    backup: Backup,
    *,
    passphrase: str,
    derivation: KeyDerivation = RECOMMENDED,
    then: Callable[[RecordStore], None] = _nothing_more,
    progress: Callable[[int], None] = nothing,
) -> SqlStore:
    """Make a new store with the records of a backup, all or nothing.

    Args:
        location: the path of a SQLite file that is not there yet, the URL of a database, or None for memory.
        backup: an opened backup.
        passphrase: what opens the store.
        derivation: what it costs to try a passphrase.
        then: the last that is done before the store is there; it may write.
        progress: called now and then with the number of records read.

    Raises:
        BackupCorruptError: a part of the backup is damaged.
        StoreFullError: there is no room.
        StoreError: there is a store already (``STORE_EXISTS``), or the place cannot be written.
        LimitExceededError: the store has had 1,000 data keys.
        ValueError: the passphrase is empty.
    """
    try:
        return SqlStore.fill(
            location,
            _counted(backup.records(), progress),
            passphrase=passphrase,
            derivation=derivation,
            tag_keys=backup.tag_keys,
            then=then,
        )
    except RecordExistsError:
        raise BackupCorruptError("a record is there twice", part=0) from None


def _counted(found: Iterator[StoredRecord], progress: Callable[[int], None]) -> Iterator[StoredRecord]:
    for number, record in enumerate(found, 1):
        yield record
        if number % _PROGRESS_EVERY == 0:
            progress(number)


def _of_itself(snapshot: Snapshot, about: JsonObject) -> bytes:
    tag_keys = [base64url.encode(key) for key in snapshot.tag_keys]
    return json.dumps({"about": about, "tag_keys": tag_keys})


def _to_bytes(record: StoredRecord) -> bytes:
    collection, id = record.collection.encode("utf-8"), record.id.encode("utf-8")
    lengths = _LENGTHS.pack(len(collection), len(id), len(record.blinds))
    return b"".join((lengths, collection, id, record.blinds, record.body))


def _from_bytes(part: bytes, number: int) -> StoredRecord:
    try:
        of_collection, of_id, of_blinds = _LENGTHS.unpack_from(part)
        id_at = _LENGTHS.size + of_collection
        blinds_at = id_at + of_id
        body_at = blinds_at + of_blinds
        if body_at > len(part) or of_blinds % BLIND_BYTES:
            raise ValueError("the lengths are more than there is")
        collection, id = part[_LENGTHS.size : id_at].decode("utf-8"), part[id_at:blinds_at].decode("utf-8")
    except (struct.error, ValueError):
        # Whoever knows the passphrase has written this on purpose.
        raise BackupCorruptError("it is no record that vcwallet writes", part=number) from None
    return StoredRecord(collection, id, part[blinds_at:body_at], part[body_at:])


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file that takes its place once it is whole and on the disk; one that is killed leaves ``*.partial``."""
    with as_store_errors():
        require_free(path)
        partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
        file = open(partial, "xb", opener=_for_its_owner)  # noqa: SIM115 - closed below, by its own errors
    try:
        # What the caller does meanwhile has its own errors, and so has a part that cannot be written.
        try:
            yield file
            with as_store_errors():
                file.flush()
                os.fsync(file.fileno())
        finally:
            with as_store_errors():
                file.close()
        with as_store_errors():
            _move(partial, path)
    except BaseException:
        with suppress(FileNotFoundError):
            partial.unlink()
        raise
    with as_store_errors():
        _sync_folder(path.parent)


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _move(partial: Path, path: Path) -> None:
    """Give a file its name, which nobody else may have taken meanwhile."""
    try:
        path.hardlink_to(partial)
    except FileExistsError:
        require_free(path)
        raise
    except OSError:
        # A file system without links: looking first is the best that there is.
        require_free(path)
        partial.rename(path)
    else:
        partial.unlink()


def require_free(path: Path) -> None:
    """Refuse to write a backup over a file.

    Raises:
        StoreError: there is one (code ``BACKUP_EXISTS``).
    """
    # It is not looked into: it could be the wallet, and closing it again would drop the locks on it.
    if os.path.lexists(path):
        raise StoreError("there is a file already", code="BACKUP_EXISTS")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
