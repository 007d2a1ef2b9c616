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

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Any, NoReturn, Protocol, Self, TypeVar, cast

from sqlalchemy import Connection

from vcwallet.adapters.store import records
from vcwallet.adapters.store.database import Database, Location, make_file, parse_location, require_file
from vcwallet.adapters.store.failures import as_store_errors
from vcwallet.adapters.store.header import RECOMMENDED, SCHEMA_VERSION, Header, KeyDerivation, Seal, new_store_id
from vcwallet.adapters.store.key_ring import KeyRing
from vcwallet.adapters.store.migration import migrate
from vcwallet.adapters.store.schema import install, is_installed, is_taken, read_header, replace_header
from vcwallet.adapters.store.sealing import Sealed, Sealing, Unsealed, place_of, split_blinds
from vcwallet.errors import LocalProtocolError, StoreCorruptError, StoreError, quoted
from vcwallet.storage import Change, Put, Record, RecordStore

PATIENCE = timedelta(seconds=5)
"""How long to wait for another process that writes, unless told otherwise."""

_READ_AT_ONCE = 100
_LOOK_UP_AT_ONCE = 500
_WRITE_AT_ONCE = 1_000
_RESEAL_AT_ONCE = 500


class RecordCorruptError(StoreCorruptError):
    """One record is damaged, and the others can still be read; `collection` and `id` tell which it is."""

    def __init__(self, collection: str, id: str) -> None:
        super().__init__(f"record {quoted(id)} of collection {quoted(collection)} is damaged")
        self.collection = collection
        self.id = id


@dataclass(frozen=True, slots=True)
class OpenedRow:
    """What is in a row; `blinds` are the hashes of its tags."""

    collection: str
    id: str
    position: int
    blinds: bytes = field(repr=False)
    body: bytes = field(repr=False)
    generation: int


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record on its way from one store to another, with the hashes of its tags."""

    collection: str
    id: str
    blinds: bytes = field(repr=False)
    body: bytes = field(repr=False)


def nothing(_: int) -> None:
    """Report progress to nobody."""


class SqlStore:
    """Keeps records in a database; safe to share between threads, and between processes that each open it."""

    __slots__ = ("_database", "_known", "_sealing", "_store_id")

    def __init__(self, database: Database, sealing: Sealing, header: Header) -> None:
        """Use an opened database; `create`, `open` and `open_unsealed` open one."""
        self._database = database
        self._sealing = sealing
        self._store_id = header.store_id
        # The header's parameters that were last found to go with the keys in use.
        self._known: object = header.row()["parameters"]

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
            StoreError: there is a store or other database already (``STORE_EXISTS``), or the place cannot be written.
            ValueError: the passphrase is empty.
        """
        url = parse_location(location)
        header, ring = Header.sealed(passphrase, derivation)
        make_file(url)
        with kept_if_successful(Database(url, busy_timeout=busy_timeout)) as database, database.write() as connection:
            if is_taken(connection):
                raise StoreError("there is a store already, or something else", code="STORE_EXISTS")
            install(connection, header)
        return cls(database, Sealed(ring, header.store_id), header)

    @classmethod
    def open(cls, location: Location, *, passphrase: str, busy_timeout: timedelta = PATIENCE) -> Self:
        """Open a sealed store; one of an older schema is brought up to the newest, all or nothing.

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
            seal, ring = _unsealed_keys(header, passphrase)
            if header.schema_version < SCHEMA_VERSION:
                made = Header.wrapping(ring, header.store_id, passphrase, seal.derivation)
                header = _upgraded(database, made)
                # Another process was faster, and may have changed the keys since.
                if header.row() != made.row():
                    _, ring = _unsealed_keys(header, passphrase)
        return cls(database, Sealed(ring, header.store_id), header)

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
            if header.schema_version < SCHEMA_VERSION:
                header = _upgraded(database, Header.unsealed(header.store_id))
        return cls(database, Unsealed(header.store_id), header)

    # --- keys ---

    def change_passphrase(self, new: str, *, derivation: KeyDerivation | None = None) -> None:
        """Let only `new` open the store from now on; records stay as they are, since their key does.

        A copy of the file made earlier still opens with the passphrase of then.

        Args:
            new: the passphrase from now on.
            derivation: what it costs to try it; None leaves that as it is.

        Raises:
            StoreBusyError: it is done, but somebody who reads keeps the old header on the disk (``OLD_KEY_ON_DISK``)
                until every process has closed the store.
            StoreError: the store could not write, or its keys were changed elsewhere (``STORE_KEY_CHANGED``); the old
                passphrase is still the one.
            LocalProtocolError: the store is not sealed.
            ValueError: the passphrase is empty.
        """
        ring = self._ring
        with self._database.read() as connection:
            header = read_header(connection)
        # A key that a rotation has done away with must not come back, nor the one that it brought get lost.
        # And where another store has taken the place of this one, its keys must not be written over.
        mine = (self._store_id, ring.generation, len(ring.data_keys))
        if header.seal is None or (header.store_id, header.generation, header.seal.data_keys) != mine:
            raise _keys_changed()
        self._put_keys(ring, new, derivation or header.seal.derivation, instead_of=header)
        self._database.forget_overwritten()

    @property
    def is_rotating(self) -> bool:
        """Whether a rotation of the data key was begun and has not ended."""
        return isinstance(self._sealing, Sealed) and self._sealing.ring.is_rotating

    def rotate_key(
        self,
        *,
        passphrase: str,
        derivation: KeyDerivation | None = None,
        progress: Callable[[int], None] = nothing,
    ) -> tuple[RecordCorruptError, ...]:
        """Seal every record anew under a new data key, forget the old one, and return which records were damaged.

        One that was interrupted is gone on with.  Until this has returned, the passphrase opens both keys, and what is
        written is under the new one.  Whoever else had the store open before is told to open it again
        (``STORE_KEY_CHANGED``).  Damaged records stay as they are.

        Args:
            passphrase: the store's, under which its keys are wrapped again.
            derivation: what it costs to try the passphrase from now on; None leaves that as it is.
            progress: called between batches with the number of records done by this call.

        Raises:
            WrongPassphraseError: this is not the passphrase; nothing was changed.
            StoreBusyError: it is done, but somebody who reads keeps the old key on the disk (``OLD_KEY_ON_DISK``)
                until every process has closed the store.
            StoreError: the store could not write, or its passphrase was changed meanwhile (``STORE_KEY_CHANGED``);
                call again to go on.
            LimitExceededError: the store has had 1,000 data keys; restore a backup into a new one.
            LocalProtocolError: the store is not sealed.
        """
        header, seal, ring = self._unwrapped(passphrase)
        derivation = derivation or seal.derivation
        if not ring.is_rotating:
            ring = ring.rotating(self._store_id)
            header = self._put_keys(ring, passphrase, derivation, instead_of=header)
        self._sealing = Sealed(ring, self._store_id)
        done, last, damaged = 0, records.BEFORE_ALL, list[RecordCorruptError]()
        while (batch := self._reseal_behind(last, damaged)) is not None:
            last, done = batch[0], done + batch[1]
            progress(done)
        self._put_keys(ring.rotated(), passphrase, derivation, instead_of=header)
        self._database.forget_overwritten()
        return tuple(damaged)

    @property
    def _ring(self) -> KeyRing:
        if not isinstance(self._sealing, Sealed):
            raise LocalProtocolError("a store that is not sealed has no passphrase and no keys")
        return self._sealing.ring

    def _unwrapped(self, passphrase: str) -> tuple[Header, Seal, KeyRing]:
        """Return the header that is there now, and the keys that the passphrase gets from it."""
        mine = self._ring
        with self._database.read() as connection:
            header = read_header(connection)
        if header.seal is None or header.store_id != self._store_id or header.generation < mine.generation:
            raise _keys_changed()
        return header, header.seal, header.unwrap(header.seal, passphrase)

    def _put_keys(self, ring: KeyRing, passphrase: str, derivation: KeyDerivation, *, instead_of: Header) -> Header:
        """Wrap these keys under a passphrase, unless somebody has changed keys or passphrase since `instead_of`."""
        header = Header.wrapping(ring, self._store_id, passphrase, derivation)
        before, made = (self._sealing, self._known), Sealed(ring, self._store_id)
        try:
            with self._database.write() as connection:
                if records.lock(connection) != instead_of.row()["parameters"]:
                    raise _keys_changed()
                replace_header(connection, header)
                # Still under the lock, so that the next writer of this process has the keys that go with the header.
                self._sealing, self._known = made, header.row()["parameters"]
        except BaseException:
            if self._sealing is made:
                self._sealing, self._known = before
            raise
        return header

    def _reseal_behind(self, position: int, damaged: list[RecordCorruptError]) -> tuple[int, int] | None:
        """Seal the next records under the last key; return the position of the last, and how many; None at the end."""
        with self._database.write() as connection:
            self._require_writable(connection)
            sealing = cast("Sealed", self._sealing)
            with self._database.read_beside(connection) as reader:
                placed = records.next_rows(
                    reader, after=position, limit=_RESEAL_AT_ONCE, but_generation=sealing.generation
                )
            rows, tags = [], []
            for collection, row in placed:
                found = self._opened(collection, row)
                if isinstance(found, RecordCorruptError):
                    damaged.append(found)
                    continue
                blinds = sealing.advanced(found.blinds)
                rows.append(self._row(found.collection, found.id, found.position, blinds, found.body))
                tags += [{"tag": blind, "position": found.position} for blind in split_blinds(blinds)]
            if rows:
                records.reseal_rows(connection, rows, tags)
        return (cast("int", placed[-1].row.position), len(placed)) if placed else None

    def _require_writable(self, connection: Connection) -> None:
        """Keep other writers out, and refuse to write under other keys than the header's."""
        parameters = records.lock(connection)
        if parameters != self._known:
            header = read_header(connection)
            if (header.store_id, header.generation) != (self._store_id, self._sealing.generation):
                raise _keys_changed()
            self._known = parameters

    def _require_readable(self, connection: Connection) -> None:
        """Refuse to look for what was written under keys that this process does not have."""
        if records.parameters(connection) != self._known:
            header = read_header(connection)
            if header.store_id != self._store_id or header.generation not in self._sealing.generations:
                raise _keys_changed()

    # --- closing ---

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
            ValueError: a name or tag is no text of Unicode; nothing was applied.
        """
        if not changes:
            return
        try:
            with self._database.write() as connection:
                self._require_writable(connection)
                self._apply(connection, changes)
        except UnicodeEncodeError:
            raise ValueError("collections, identifiers and tags are texts without lone surrogates") from None

    def get(self, collection: str, id: str, /) -> bytes | None:
        """Return the body of a record (see `RecordStore.get`).

        Raises:
            RecordCorruptError: the record is damaged.
        """
        return _only(self._read(collection, [id], None))

    def get_many(self, collection: str, ids: Sequence[str], /) -> dict[str, bytes]:
        """Return the bodies of those records that are there (see `RecordStore.get_many`).

        Raises:
            RecordCorruptError: one of them is damaged: the first, in the order of `ids`.
        """
        found: dict[str, bytes] = {}
        for start in range(0, len(ids), _LOOK_UP_AT_ONCE):
            found.update(_bodies(self._read(collection, ids[start : start + _LOOK_UP_AT_ONCE], None)))
        return found

    def find(self, collection: str, tag: str | None = None, /) -> Iterator[Record]:
        """Yield the records of a collection that carry `tag` (all for None), last written first.

        Every record that is there from the first `next` to the last comes once, read shortly before it is yielded: one
        that is replaced meanwhile comes as it is then, and one that is deleted or loses the tag is left out.  One that
        is written meanwhile may come.

        Raises:
            RecordCorruptError: a record is damaged; asked for the next one, the iterator goes on behind it.
        """
        return _Found(self._found(collection, tag))

    # --- a backup's side ---

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Give one state of the store to read while others write; for a store in memory they wait.

        Raises:
            StoreError: the database failed, or its keys were changed elsewhere (``STORE_KEY_CHANGED``).
        """
        with self._database.snapshot() as connection:
            with as_store_errors():
                self._require_readable(connection)
            yield Snapshot(self, connection)

    @classmethod
    def fill(
        cls,
        location: Location,
        found: Iterable[StoredRecord],
        *,
        passphrase: str,
        derivation: KeyDerivation = RECOMMENDED,
        tag_keys: tuple[bytes, ...],
        then: Callable[[RecordStore], None],
    ) -> Self:
        """Make a new store of records with the hashes of their tags, all or nothing.

        Args:
            location: where (see `create`).
            found: the records, first written first; an error that it raises leaves no store.
            passphrase: what opens the store.
            derivation: what it costs to try a passphrase.
            tag_keys: those that the tags were hashed under.
            then: the last that is done before the store is there; it may write.

        Raises:
            RecordExistsError: a record comes twice.
            LimitExceededError: there are no more tag keys to be had.
            StoreError: as `create`.
        """
        url, store_id = parse_location(location), new_store_id()
        ring = KeyRing.new(store_id, earlier_tag_keys=tag_keys)
        header = Header.wrapping(ring, store_id, passphrase, derivation)
        make_file(url)
        with kept_if_successful(Database(url, busy_timeout=PATIENCE)) as database, database.write() as connection:
            if is_taken(connection):
                raise StoreError("there is a store already, or something else", code="STORE_EXISTS")
            install(connection, header)
            made = cls(database, Sealed(ring, store_id), header)
            made._take(connection, found)
            then(_Inside(made, connection))
        return made

    def _take(self, connection: Connection, found: Iterable[StoredRecord]) -> None:
        """Write records as they come."""
        sealing, written = cast("Sealed", self._sealing), 0
        for batch in _in_batches(found):
            rows, tags = [], []
            for position, each in enumerate(batch, written + 1):
                blinds = sealing.advanced(each.blinds)
                rows.append(self._row(each.collection, each.id, position, blinds, each.body))
                tags += [{"tag": blind, "position": position} for blind in split_blinds(blinds)]
            records.insert_rows(connection, rows, tags)
            written += len(batch)

    # --- rows ---

    def _apply(self, connection: Connection, changes: Sequence[Change]) -> None:
        outcomes = records.outcomes(changes)
        puts = [outcome.change for outcome in outcomes if isinstance(outcome.change, Put)]
        position = records.last_position(connection) + 1 if puts else 0
        records.remove_replaced(connection, outcomes)
        for start in range(0, len(puts), _WRITE_AT_ONCE):
            rows = self._sealed(puts[start : start + _WRITE_AT_ONCE], position + start)
            records.insert_rows(connection, *rows)

    def _sealed(self, puts: Sequence[Put], position: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the rows of records, the first at `position`, and of their tags."""
        bodies, tags = [], []
        for at, put in enumerate(puts, position):
            blinds = [self._sealing.blind(put.collection, text) for text in dict.fromkeys(put.tags)]
            bodies.append(self._row(put.collection, put.id, at, b"".join(blinds), put.body))
            tags += [{"tag": blind, "position": at} for blind in blinds]
        return bodies, tags

    def _row(self, collection: str, id: str, position: int, blinds: bytes, body: bytes) -> dict[str, Any]:
        return {
            "position": position,
            "collection": collection,
            "id": id,
            "tags": blinds,
            "body": self._sealing.seal(body, place_of(collection, id, position, blinds)),
            "key_generation": self._sealing.generation,
        }

    def _found(self, collection: str, tag: str | None) -> Iterator[Record | RecordCorruptError]:
        # No transaction stays open while the caller looks at a record: it would keep the log from being emptied.
        newest = self._ids(collection, tag, limit=_READ_AT_ONCE)
        yield from self._read(collection, newest, tag)
        if len(newest) < _READ_AT_ONCE:
            return
        # Most callers have what they want by now, and need not wait for the list of a hundred thousand.
        done = set(newest)
        ids = [id for id in self._ids(collection, tag) if id not in done]
        for start in range(0, len(ids), _READ_AT_ONCE):
            yield from self._read(collection, ids[start : start + _READ_AT_ONCE], tag)

    def _ids(self, collection: str, tag: str | None, *, limit: int | None = None) -> Sequence[str]:
        before = self._sealing
        with self._database.read() as connection:
            if tag is not None:
                # Under a key that this process does not have it would find nothing, which is not the same as an error.
                self._require_readable(connection)
            return records.ids(connection, collection, self._blinds(before, collection, tag), limit=limit)

    def _blinds(self, before: Sealing, collection: str, tag: str | None) -> tuple[bytes, ...]:
        """Return the hashes of a tag, also where a thread rotates the keys meanwhile."""
        if tag is None:
            return ()
        return tuple(dict.fromkeys((*before.blinds(collection, tag), *self._sealing.blinds(collection, tag))))

    def _read(self, collection: str, ids: Sequence[str], tag: str | None) -> Iterator[Record | RecordCorruptError]:
        """Yield those of the records that are there, in the order of `ids`, and carry `tag` if it is given."""
        before = self._sealing
        try:
            with self._database.read() as connection:
                rows = records.rows(connection, collection, ids)
                if any(row.key_generation not in before.generations for row in rows.values()):
                    self._require_readable(connection)
        except (StoreCorruptError, UnicodeEncodeError):
            # A damaged page, or an identifier that is no text any more, takes the whole statement with it.  One by
            # one, the others can still be read.
            if len(ids) == 1:
                yield RecordCorruptError(collection, str(ids[0]))
            else:
                for id in ids:
                    yield from self._read(collection, [id], tag)
            return
        blinds = set(self._blinds(before, collection, tag))
        for id in ids:
            if id in rows:
                found = self._opened(collection, rows[id], before)
                if isinstance(found, RecordCorruptError):
                    yield found
                # The tags of the record itself decide: what led here may be out of date, or no true index of them.
                elif tag is None or not blinds.isdisjoint(split_blinds(found.blinds)):
                    yield Record(id, found.body)

    def _opened(
        self, collection: object, row: records.StoredRow, before: Sealing | None = None
    ) -> OpenedRow | RecordCorruptError:
        """Return what is in a row, or that it is damaged."""
        id, position, tags, body, generation = row
        try:
            # A damaged file holds any type in any column.
            if not isinstance(collection, str) or not isinstance(id, str) or not isinstance(position, int):
                raise StoreCorruptError("the record has no identifier or place")
            if not isinstance(tags, bytes) or not isinstance(body, bytes) or not isinstance(generation, int):
                raise StoreCorruptError("the record has no body or tags")
            sealing = before if before is not None and generation in before.generations else self._sealing
            opened = sealing.unseal(body, place_of(collection, id, position, tags), generation)
        except StoreCorruptError:
            return RecordCorruptError(str(collection), str(id))
        return OpenedRow(collection, id, position, tags, opened, generation)


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


class Snapshot:
    """One state of a store.

    Attributes:
        tag_keys: those that the tags of its records are hashed under.
    """

    def __init__(self, store: SqlStore, connection: Connection) -> None:
        self._store = store
        self._connection = connection
        self._sealing = cast("Sealed", store._sealing)
        self.tag_keys: tuple[bytes, ...] = store._ring.tag_keys

    def get(self, collection: str, id: str, /) -> bytes | None:
        """Return the body of a record (see `RecordStore.get`).

        Raises:
            RecordCorruptError: the record is damaged.
        """
        with as_store_errors():
            row = records.rows(self._connection, collection, [id]).get(id)
        if row is None:
            return None
        found = self._store._opened(collection, row, self._sealing)
        if isinstance(found, RecordCorruptError):
            raise found
        return found.body

    def everything(self) -> Iterator[StoredRecord | RecordCorruptError]:
        """Yield all records, first written first, damaged or not.

        Raises:
            StoreCorruptError: so much of the file is damaged that it cannot be told what there is.
        """
        last = records.BEFORE_ALL
        while placed := self._next_rows(last):
            last = cast("int", placed[-1].row.position)
            for collection, row in placed:
                yield self._outcome(collection, row)

    def _next_rows(self, after: int) -> list[records.PlacedRow]:
        with as_store_errors():
            return records.next_rows(self._connection, after=after, limit=_READ_AT_ONCE)

    def damaged(self) -> Iterator[RecordCorruptError]:
        """Yield what of `everything` is damaged."""
        return (each for each in self.everything() if isinstance(each, RecordCorruptError))

    def _outcome(self, collection: object, row: records.StoredRow) -> StoredRecord | RecordCorruptError:
        found = self._store._opened(collection, row, self._sealing)
        return found if isinstance(found, RecordCorruptError) else self._stored(found)

    def _stored(self, found: OpenedRow) -> StoredRecord:
        is_last = found.generation == self._sealing.generation
        blinds = found.blinds if is_last else self._sealing.advanced(found.blinds)
        return StoredRecord(found.collection, found.id, blinds, found.body)


class _Inside:
    """A store that is being made, seen from within the transaction that makes it."""

    def __init__(self, store: SqlStore, connection: Connection) -> None:
        self._store = store
        self._connection = connection

    def commit(self, *changes: Change) -> None:
        self._store._apply(self._connection, changes)

    def get(self, collection: str, id: str, /) -> bytes | None:
        return Snapshot(self._store, self._connection).get(collection, id)

    def get_many(self, collection: str, ids: Sequence[str], /) -> dict[str, bytes]:
        found = {id: self.get(collection, id) for id in ids}
        return {id: body for id, body in found.items() if body is not None}

    def find(self, collection: str, tag: str | None = None, /) -> Iterator[Record]:
        blinds = self._store._blinds(self._store._sealing, collection, tag)
        for id in records.ids(self._connection, collection, blinds):
            body = self.get(collection, id)
            if body is not None:
                yield Record(id, body)


def _in_batches(found: Iterable[StoredRecord]) -> Iterator[list[StoredRecord]]:
    """Yield records as they come, as many at once as memory should hold."""
    batch, size = list[StoredRecord](), 0
    for each in found:
        batch.append(each)
        size += len(each.body)
        if len(batch) == _WRITE_AT_ONCE or size >= records.BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _keys_changed() -> StoreError:
    return StoreError("keys or passphrase were changed elsewhere; open the store again", code="STORE_KEY_CHANGED")


def _unsealed_keys(header: Header, passphrase: str) -> tuple[Seal, KeyRing]:
    """Return how the keys of a sealed store are wrapped, and the keys."""
    # An unsealed store in place of a sealed one is somebody's attempt to have secrets written into it.
    if header.seal is None:
        raise StoreError("the store is not sealed", code="STORE_NOT_SEALED")
    return header.seal, header.unwrap(header.seal, passphrase)


def _upgraded(database: Database, header: Header) -> Header:
    """Bring the tables up to the newest schema, with this header; return the one that is there then."""
    with database.write() as connection:
        records.lock(connection)
        found = read_header(connection)
        if found.schema_version < SCHEMA_VERSION:
            migrate(connection, from_schema=found.schema_version)
            replace_header(connection, header)
        return read_header(connection)


def _only(found: Iterator[Record | RecordCorruptError]) -> bytes | None:
    """Return the body of the one record that is found, or None."""
    return next((body for _, body in _bodies(found)), None)


def _bodies(found: Iterator[Record | RecordCorruptError]) -> Iterator[tuple[str, bytes]]:
    """Yield identifiers and bodies; raise where a record is damaged."""
    for record in found:
        if isinstance(record, RecordCorruptError):
            raise record
        yield record.id, record.body


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
