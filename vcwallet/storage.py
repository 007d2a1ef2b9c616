# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The seam to whatever keeps records: a database file, a server, or memory.

A change of several records is one value: `commit` applies all of it or none, and returns when it is durable.

    >>> from vcwallet.storage import MemoryStore, Put
    >>> store = MemoryStore()
    >>> store.commit(Put("nonce", "n-1", b"", new=True))
    >>> store.commit(Put("nonce", "n-2", b""), Put("nonce", "n-1", b"", new=True))
    Traceback (most recent call last):
    vcwallet.storage.RecordExistsError: a record of this identifier is there already [RECORD_EXISTS]
    >>> store.get("nonce", "n-2") is None
    True
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from vcwallet.errors import StoreError


class RecordExistsError(StoreError):
    """A record that had to be new is there already; nothing of the change was applied."""

    default_code = "RECORD_EXISTS"


@dataclass(frozen=True, slots=True)
class Put:
    """Write a record, replacing one of the same identifier unless it must be `new`.

    Attributes:
        collection: the kind of record, a short constant of the caller.
        id: its identifier within the collection.
        body: its bytes; a sealing store encrypts them.
        tags: what it can be found by; a sealing store keeps only keyed hashes of them.
        new: refuse with `RecordExistsError` where the identifier is taken.
    """

    collection: str
    id: str
    body: bytes = field(repr=False)
    tags: tuple[str, ...] = ()
    new: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a record; removing one that is not there is no error."""

    collection: str
    id: str


Change: TypeAlias = Put | Delete


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was put."""

    id: str
    body: bytes = field(repr=False)


class RecordStore(Protocol):
    """Keeps records by collection and identifier, and finds them by tag."""

    def commit(self, *changes: Change) -> None:
        """Apply all changes or none, and return when they are durable.

        Raises:
            RecordExistsError: a record that had to be new is there already.
            StoreError: the store could not write; nothing was applied.
        """
        ...

    def get(self, collection: str, id: str, /) -> bytes | None:
        """Return the body of a record, or None where there is none.

        Raises:
            StoreCorruptError: the record is damaged.
        """
        ...

    def get_many(self, collection: str, ids: Sequence[str], /) -> dict[str, bytes]:
        """Return the bodies of those of some records that are there, by identifier.

        Raises:
            StoreCorruptError: one of them is damaged.
        """
        ...

    def find(self, collection: str, tag: str | None = None, /) -> Iterator[Record]:
        """Yield the records of a collection that carry `tag` (all for None), last written first, one by one.

        Raises:
            StoreCorruptError: a record is damaged.
        """
        ...


class MemoryStore:
    """A `RecordStore` that lasts as long as the process; safe to share between threads."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], tuple[bytes, tuple[str, ...]]] = {}
        self._lock = threading.Lock()

    def commit(self, *changes: Change) -> None:
        """Apply all changes or none (see `RecordStore.commit`)."""
        with self._lock:
            changed = dict(self._records) if len(changes) > 1 else self._records
            for change in changes:
                key = (change.collection, change.id)
                if isinstance(change, Put):
                    if change.new and key in changed:
                        raise RecordExistsError("a record of this identifier is there already")
                    changed.pop(key, None)
                    changed[key] = (change.body, change.tags)
                else:
                    changed.pop(key, None)
            self._records = changed

    def get(self, collection: str, id: str, /) -> bytes | None:
        """Return the body of a record (see `RecordStore.get`)."""
        with self._lock:
            found = self._records.get((collection, id))
        return found[0] if found else None

    def get_many(self, collection: str, ids: Sequence[str], /) -> dict[str, bytes]:
        """Return the bodies of those records that are there (see `RecordStore.get_many`)."""
        with self._lock:
            found = {id: self._records.get((collection, id)) for id in ids}
        return {id: record[0] for id, record in found.items() if record is not None}

    def find(self, collection: str, tag: str | None = None, /) -> Iterator[Record]:
        """Yield the records of a collection (see `RecordStore.find`)."""
        with self._lock:
            found = [
                Record(key[1], body)
                for key, (body, tags) in self._records.items()
                if key[0] == collection and (tag is None or tag in tags)
            ]
        yield from reversed(found)
