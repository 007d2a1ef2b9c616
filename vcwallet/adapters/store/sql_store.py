# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A `RecordStore` in a SQL database: a SQLite file, or PostgreSQL by URL.

    >>> from vcwallet.adapters.store import SqlStore
    >>> from vcwallet.storage import Put
    >>> with SqlStore.create(":memory:", passphrase="correct horse battery staple") as store:
    ...     store.commit(Put("credential", "c-1", b"...", tags=("residence",)))
    ...     [record.id for record in store.find("credential", "residence")]
    ['c-1']

Bodies and tags of a sealed store are hidden.  Collection names and record identifiers are not: whoever keeps personal
data gives its records random identifiers.  Putting back an older copy of the whole file cannot be noticed from within.
PostgreSQL keeps no identifier that has a NUL character in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType
from typing import Any, NoReturn, Protocol, Self, TypeVar

from vcwallet.adapters.store import records
from vcwallet.adapters.store.database import Database, Location, make_file, parse_location, require_file
from vcwallet.adapters.store.header import RECOMMENDED, Header, KeyDerivation
from vcwallet.adapters.store.schema import install, is_installed, read_header, replace_header
from vcwallet.adapters.store.sealing import BLIND_BYTES, Sealed, Sealing, Unsealed, place_of
from vcwallet.errors import LocalProtocolError, StoreCorruptError, StoreError, quoted
from vcwallet.storage import Change, Put, Record

PATIENCE = timedelta(seconds=5)
"""How long to wait for another process that writes, unless told otherwise."""

_READ_AT_ONCE = 100
_WRITE_AT_ONCE = 1_000


class RecordCorruptError(StoreCorruptError):
    """One record is damaged, and the others can still be read; `collection` and `id` tell which it is."""

    def __init__(self, collection: str, id: str) -> None:
        super().__init__(f"record {quoted(id)} of collection {quoted(collection)} is damaged")
        self.collection = collection
        self.id = id


class SqlStore:
    """Keeps records in a database; safe to share between threads, and between processes that each open it."""

    __slots__ = ("_database", "_sealing", "_store_id")

    def __init__(self, database: Database, sealing: Sealing, store_id: bytes) -> None:
        """Use an opened database; `create`, `open` and `open_unsealed` open one."""
        self._database = database
        self._sealing = sealing
        self._store_id = store_id

    # --- opening and closing ---

    @classmethod
    def create(
        cls,
        location: Location,
        *,
        passphrase: str,
        derivation: KeyDerivation = RECOMMENDED,
        busy_timeout: timedelta = PATIENCE,
    ) -> Self:
        """Make a new store whose records are sealed under a passphrase.

        Args:
            location: the path of a SQLite file, the URL of a database, or None for a store in memory.
            passphrase: what opens the store again; there is no way in without it.
            derivation: what it costs to try a passphrase.
            busy_timeout: how long to wait for another process that writes.

        Raises:
            StoreError: there is a store already (code ``STORE_EXISTS``), or the place cannot be written.
            ValueError: the passphrase is empty.
        """
        url = parse_location(location)
        header, data_key = Header.sealed(passphrase, derivation)
        make_file(url)
        with kept_if_successful(Database(url, busy_timeout=busy_timeout)) as database, database.write() as connection:
            if is_installed(connection):
                raise StoreError("there is a store already", code="STORE_EXISTS")
            install(connection, header)
        return cls(database, Sealed(data_key, header.store_id), header.store_id)

    @classmethod
    def open(cls, location: Location, *, passphrase: str, busy_timeout: timedelta = PATIENCE) -> Self:
        """Open a sealed store.

        Raises:
            WrongPassphraseError: the store is intact, but this is not its passphrase.
            StoreCorruptError: its header is damaged, or this is no store (code ``NOT_A_STORE``).
            StoreNewerError: it was written by a newer vcwallet.
            StoreError: there is nothing here (code ``STORE_MISSING``), or it is not sealed (``STORE_NOT_SEALED``).
        """
        url = parse_location(location)
        require_file(url)
        with kept_if_successful(Database(url, busy_timeout=busy_timeout)) as database:
            with database.read() as connection:
                header = read_header(connection)
            # An unsealed store in place of a sealed one is somebody's attempt to have secrets written into it.
            if header.seal is None:
                raise StoreError("the store is not sealed", code="STORE_NOT_SEALED")
            data_key = header.unwrap(header.seal, passphrase)
        return cls(database, Sealed(data_key, header.store_id), header.store_id)

    @classmethod
    def open_unsealed(cls, location: Location, *, busy_timeout: timedelta = PATIENCE) -> Self:
        """Open a store that hides nothing, making it if there is none: for state without personal data or secrets.

        Raises:
            StoreCorruptError: its header is damaged, or this is no database.
            StoreNewerError: it was written by a newer vcwallet.
            StoreError: the store is sealed (code ``STORE_SEALED``), or the place cannot be written.
        """
        url = parse_location(location)
        make_file(url)
        with kept_if_successful(Database(url, busy_timeout=busy_timeout)) as database:
            with database.read() as connection:
                is_there = is_installed(connection)
            with database.read() if is_there else database.write() as connection:
                # Another process may have made it since, so it is asked for once more under the lock.
                if not is_installed(connection):
                    install(connection, Header.unsealed())
                header = read_header(connection)
            if header.seal is not None:
                raise StoreError("the store is sealed and needs its passphrase", code="STORE_SEALED")
        return cls(database, Unsealed(header.store_id), header.store_id)

    def change_passphrase(self, new: str, *, derivation: KeyDerivation = RECOMMENDED) -> None:
        """Let only `new` open the store from now on; records stay as they are, since their key does.

        A copy of the file made earlier still opens with the passphrase of then.

        Raises:
            StoreError: the store could not write; the old passphrase is still the one.
            LocalProtocolError: the store is not sealed.
            ValueError: the passphrase is empty.
        """
        if not isinstance(self._sealing, Sealed):
            raise LocalProtocolError("a store that is not sealed has no passphrase")
        header = Header.wrapping(self._sealing.data_key, self._store_id, new, derivation)
        with self._database.write() as connection:
            replace_header(connection, header)
        self._database.forget_overwritten()

    def close(self) -> None:
        """Close the database; closing twice is no error."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a store is not pickled; open it where it is needed")

    # --- records ---

    def commit(self, *changes: Change) -> None:
        """Apply all changes or none, and return when they are durable (see `RecordStore.commit`).

        Raises:
            RecordExistsError: a record that had to be new is there already.
            StoreBusyError: another process was writing all the time.
            StoreFullError: there is no room.
            StoreError: the store could not write; nothing was applied.
        """
        if not changes:
            return
        outcomes = records.outcomes(changes)
        puts = [outcome.change for outcome in outcomes if isinstance(outcome.change, Put)]
        with self._database.write() as connection:
            position = records.last_position(connection) + 1 if puts else 0
            records.remove_replaced(connection, outcomes)
            for start in range(0, len(puts), _WRITE_AT_ONCE):
                rows = self._sealed(puts[start : start + _WRITE_AT_ONCE], position + start)
                records.insert_rows(connection, *rows)

    def get(self, collection: str, id: str, /) -> bytes | None:
        """Return the body of a record (see `RecordStore.get`).

        Raises:
            RecordCorruptError: the record is damaged.
        """
        for found in self._read(collection, [id], None):
            if isinstance(found, RecordCorruptError):
                raise found
            return found.body
        return None

    def find(self, collection: str, tag: str | None = None, /) -> Iterator[Record]:
        """Yield the records of a collection that carry `tag` (all for None), last written first.

        Every record that is there from the first `next` to the last comes once, read shortly before it is yielded: one
        that is replaced meanwhile comes as it is then, and one that is deleted or loses the tag is left out.  One that
        is written meanwhile may come.

        Raises:
            RecordCorruptError: a record is damaged; asked for the next one, the iterator goes on behind it.
        """
        return _Found(self._found(collection, tag))

    def _sealed(self, puts: Sequence[Put], position: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the rows of records, the first at `position`, and of their tags."""
        bodies, tags = [], []
        for at, put in enumerate(puts, position):
            blinds = [self._sealing.blind(put.collection, text) for text in dict.fromkeys(put.tags)]
            joined = b"".join(blinds)
            body = self._sealing.seal(put.body, place_of(put.collection, put.id, at, joined))
            bodies.append({"position": at, "collection": put.collection, "id": put.id, "tags": joined, "body": body})
            tags += [{"tag": blind, "position": at} for blind in blinds]
        return bodies, tags

    def _found(self, collection: str, tag: str | None) -> Iterator[Record | RecordCorruptError]:
        blind = None if tag is None else self._sealing.blind(collection, tag)
        # No transaction stays open while the caller looks at a record: it would keep the log from being emptied.
        with self._database.read() as connection:
            newest = records.ids(connection, collection, blind, limit=_READ_AT_ONCE)
        yield from self._read(collection, newest, blind)
        if len(newest) < _READ_AT_ONCE:
            return
        # Most callers have what they want by now, and need not wait for the list of a hundred thousand.
        done = set(newest)
        with self._database.read() as connection:
            ids = [id for id in records.ids(connection, collection, blind) if id not in done]
        for start in range(0, len(ids), _READ_AT_ONCE):
            yield from self._read(collection, ids[start : start + _READ_AT_ONCE], blind)

    def _read(self, collection: str, ids: Sequence[str], blind: bytes | None) -> Iterator[Record | RecordCorruptError]:
        """Yield those of the records that are there, in the order of `ids`, and carry `blind` if it is given."""
        try:
            with self._database.read() as connection:
                rows = records.rows(connection, collection, ids)
        except (StoreCorruptError, UnicodeEncodeError):
            # A damaged page, or an identifier that is no text any more, takes the whole statement with it.  One by
            # one, the others can still be read.
            if len(ids) == 1:
                yield RecordCorruptError(collection, str(ids[0]))
            else:
                for id in ids:
                    yield from self._read(collection, [id], blind)
            return
        for id in ids:
            if id in rows:
                yield from self._unsealed(collection, rows[id], blind)

    def _unsealed(
        self, collection: str, row: records.StoredRow, blind: bytes | None
    ) -> Iterator[Record | RecordCorruptError]:
        """Yield the record, or that it is damaged; nothing if it does not carry `blind`."""
        id, position, tags, body = row
        try:
            # A damaged file holds any type in any column.
            if not isinstance(id, str) or not isinstance(position, int):
                raise StoreCorruptError("the record has no identifier or place")
            if not isinstance(tags, bytes) or not isinstance(body, bytes):
                raise StoreCorruptError("the record has no body or tags")
            opened = self._sealing.unseal(body, place_of(collection, id, position, tags))
        except StoreCorruptError:
            yield RecordCorruptError(collection, str(id))
            return
        # The tags of the record itself decide: what led here may be out of date, or be no true index of them.
        if blind is None or blind in _blinds(tags):
            yield Record(id, opened)


class _Found(Iterator[Record]):
    """Raises where a record is damaged, and unlike a generator goes on behind it when asked for the next."""

    __slots__ = ("_found",)

    def __init__(self, found: Iterator[Record | RecordCorruptError]) -> None:
        self._found = found

    def __next__(self) -> Record:
        found = next(self._found)
        if isinstance(found, RecordCorruptError):
            raise found
        return found


def _blinds(tags: bytes) -> set[bytes]:
    return {tags[start : start + BLIND_BYTES] for start in range(0, len(tags), BLIND_BYTES)}


class _Closable(Protocol):
    def close(self) -> None: ...


_Opened = TypeVar("_Opened", bound=_Closable)


@contextmanager
def kept_if_successful(opened: _Opened) -> Iterator[_Opened]:
    """Close what was opened if nothing comes of what it was opened for."""
    try:
        yield opened
    except BaseException:
        opened.close()
        raise
