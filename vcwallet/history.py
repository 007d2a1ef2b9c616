# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A log that shows when an entry was changed, left out or cut off: each holds the SHA-256 of the one before.

    >>> from vcwallet.history import HashChain, check_export
    >>> from vcwallet.storage import MemoryStore
    >>> history = HashChain(MemoryStore(), "history")
    >>> _ = history.append({"event": "presented", "claims": ["age_over_18"]})
    >>> _ = history.append({"event": "deletion requested"})
    >>> [entry.entry["event"] for entry in history.entries()]
    ['presented', 'deletion requested']

An export is JSON Lines: the stored entries as they are, then one line with their number and the hash of the last.  It
can be checked with nothing but `sha256sum`, or with `check_export`:

    >>> len(check_export(history.export()))
    2

A chain shows that nothing was changed between two of its ends.  Against someone who can write the whole store and
computes the hashes anew, keep a copy of the last hash elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from vcwallet.claims import JsonObject
from vcwallet.encoding import json
from vcwallet.errors import LimitExceededError, MalformedError, StoreCorruptError, VerificationError
from vcwallet.storage import Change, Put, RecordExistsError, RecordStore

BROKEN = "HISTORY_BROKEN"
MAX_EXPORT_BYTES = 64 * 1024 * 1024
MAX_ENTRY_ITEMS = 250_000
"""How many values one entry has: a refusal names every claim that was asked for, which may be 100,000."""
_HEAD = "head"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """An entry in its place.

    Attributes:
        sequence: its number, from 1.
        previous: the hash of the entry before; 64 zeros for the first.
        hash: its own: the SHA-256 of its stored bytes, in hexadecimal digits.
        entry: what was logged.
    """

    sequence: int
    previous: str
    hash: str
    entry: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainEnd:
    """Where a chain ends.

    Attributes:
        count: its number of entries.
        hash: that of the last; 64 zeros where there is none.
    """

    count: int = 0
    hash: str = "0" * 64

    @classmethod
    def at(cls, entry: LogEntry) -> ChainEnd:
        """Return the end of a chain whose last entry this is."""
        return cls(count=entry.sequence, hash=entry.hash)

    @classmethod
    def from_json(cls, text: bytes) -> ChainEnd:
        """Return what `to_json` wrote.

        Raises:
            MalformedError: this is none.
        """
        members = json.loads_object(text)
        if members.keys() != {"count", "head"}:
            raise MalformedError("a log ends with the number of its entries and the last hash")
        return cls(count=members["count"], hash=members["head"])

    def __post_init__(self) -> None:
        if type(self.count) is not int or self.count < 0 or not isinstance(self.hash, str):
            raise MalformedError("a log ends with the number of its entries and the last hash")

    def to_json(self) -> bytes:
        """Return it as the last line of an export has it."""
        return json.dumps({"count": self.count, "head": self.hash})


class HashChain:
    """A hash-chained log in one collection of a store; several processes may append to it."""

    __slots__ = ("_collection", "_store")

    def __init__(self, store: RecordStore, collection: str) -> None:
        self._store = store
        self._collection = collection

    def append(self, entry: JsonObject, *also: Change) -> LogEntry:
        """Add an entry at the end and apply the changes of `also`, all or nothing.

        Raises:
            RecordExistsError: a record of `also` that had to be new is there already.
            StoreCorruptError: the chain does not end where it says (code ``HISTORY_BROKEN``).
            StoreError: the store could not write; nothing was applied.
            MalformedError: the entry is larger or deeper than could be read back.
        """
        return self.extend([entry], *also)[0]

    def extend(self, entries: Sequence[JsonObject], *also: Change) -> list[LogEntry]:
        """Add one or more entries at the end and apply the changes of `also`, all or nothing.

        Raises:
            RecordExistsError, StoreError, MalformedError: as `append`.
            ValueError: there is no entry.
        """
        if not entries:
            raise ValueError("a log grows by at least one entry")
        while True:
            head = self.end()
            added, puts = head, list[Put]()
            logged: list[LogEntry] = []
            for entry in entries:
                body = json.dumps({"sequence": added.count + 1, "previous": added.hash, "entry": entry})
                logged.append(_linked(body, added))
                added = ChainEnd.at(logged[-1])
                puts.append(Put(self._collection, _id(added.count), body, new=True))
            try:
                self._store.commit(*puts, Put(self._collection, _HEAD, added.to_json()), *also)
            except RecordExistsError:
                # Entry and head are written together: if someone else wrote this entry, the head has moved on, too.
                is_taken = self._body(head.count + 1) is not None
                if self.end() != head:
                    continue
                if is_taken:
                    raise _broken("entries follow behind its end") from None
                raise
            return logged

    def entries(self) -> Iterator[LogEntry]:
        """Yield the entries, oldest first, each after its links to the one before and the one after were checked.

        That nothing is missing at the end is known when the iterator has ended.

        Raises:
            StoreCorruptError: at the first entry that is not what was appended (code ``HISTORY_BROKEN``).
        """
        return (entry for entry, _ in self._verified())

    def end(self) -> ChainEnd:
        """Return where the chain says that it ends, without looking at its entries.

        Raises:
            StoreCorruptError: that was changed (code ``HISTORY_BROKEN``).
        """
        return chain_end(self._store, self._collection)

    def at(self, count: int) -> ChainEnd | None:
        """Return where the chain ended when it had so many entries; None where the last of them is missing."""
        if count == 0:
            return ChainEnd()
        body = self._body(count)
        return None if body is None else ChainEnd(count=count, hash=hashlib.sha256(body).hexdigest())

    def passes(self, end: ChainEnd) -> bool | None:
        """Tell whether the chain once ended so; None where that entry and the one behind it are damaged.

        Raises:
            StoreCorruptError: its own end was changed (code ``HISTORY_BROKEN``).
        """
        now = self.end()
        if end.count >= now.count:
            return end == now
        behind = _previous(self._readable(end.count + 1), ChainEnd(count=end.count + 1), is_known=False)
        if behind is not None:
            return behind == end.hash
        body = self._readable(end.count)
        return None if body is None else hashlib.sha256(body).hexdigest() == end.hash

    def replacements(self, body_of: Callable[[str], bytes | None]) -> tuple[list[Put], list[str]]:
        """Return the changes that put back entries that are damaged or gone, and the records of those that stay so.

        An entry is put back only if it is the one that was appended: the entry behind it, or the end, has its hash.

        Args:
            body_of: gives the bytes of a record by its identifier, from a copy of the log; None where it has none.

        Raises:
            StoreCorruptError: the end was changed (code ``HISTORY_BROKEN``).
        """
        puts, broken, reached = list[Put](), list[str](), self.end()
        is_known = True
        while reached.count > 0:
            previous = _previous(self._readable(reached.count), reached, is_known=is_known)
            if previous is None and is_known:
                body = body_of(_id(reached.count))
                previous = _previous(body, reached, is_known=True)
                if body is not None and previous is not None:
                    puts.append(Put(self._collection, _id(reached.count), body))
            if previous is None:
                broken.append(_id(reached.count))
            is_known = previous is not None
            reached = ChainEnd(count=reached.count - 1, hash=previous or "")
        return puts, broken

    def mend_end(self) -> bool:
        """Write anew where the chain ends, if that is damaged: behind its last entry; return whether it was.

        Entries that were cut off at the end cannot be missed then, so whoever calls this tells.

        Raises:
            StoreError: an entry is damaged, or the store could not write.
        """
        try:
            self.end()
        except StoreCorruptError:
            reached = ChainEnd()
            while self._body(reached.count + 1) is not None:
                reached = ChainEnd.at(self._next(reached)[0])
            self._store.commit(Put(self._collection, _HEAD, reached.to_json()))
            return True
        return False

    def export(self) -> bytes:
        """Return the whole log as JSON Lines, the last of which is the number of entries and the last hash.

        Raises:
            StoreCorruptError: the chain is broken (code ``HISTORY_BROKEN``).
        """
        lines, head = [], ChainEnd()
        for entry, body in self._verified():
            lines.append(body)
            head = ChainEnd.at(entry)
        return b"".join(line + b"\n" for line in (*lines, head.to_json()))

    def _verified(self) -> Iterator[tuple[LogEntry, bytes]]:
        reached = ChainEnd()
        while True:
            head = self.end()
            unconfirmed: list[tuple[LogEntry, bytes]] = []
            while reached.count < head.count:
                found = self._next(reached)
                reached = ChainEnd.at(found[0])
                # The next entry has confirmed the hash of the one before.
                yield from unconfirmed
                unconfirmed = [found]
            if reached != head:
                raise _broken("its last entry is not the one that it says")
            yield from unconfirmed
            if self._body(reached.count + 1) is None:
                return
            # Somebody appended since the head was read, or else the end of the chain was cut off.
            if self.end() == head:
                raise _broken("entries follow behind its end")

    def _next(self, reached: ChainEnd) -> tuple[LogEntry, bytes]:
        body = self._body(reached.count + 1)
        if body is None:
            raise _broken("an entry is missing")
        try:
            return _linked(body, reached), body
        except (MalformedError, VerificationError):
            raise _broken("an entry was changed") from None

    def _readable(self, sequence: int) -> bytes | None:
        try:
            return self._body(sequence)
        except StoreCorruptError:
            return None

    def _body(self, sequence: int) -> bytes | None:
        return self._store.get(self._collection, _id(sequence))


class HasRecords(Protocol):
    """What `chain_end` needs of a store."""

    def get(self, collection: str, id: str, /) -> bytes | None:
        """Return the body of a record, or None where there is none."""
        ...


def chain_end(store: HasRecords, collection: str) -> ChainEnd:
    """Return where the log in a collection says that it ends (see `HashChain.end`).

    Raises:
        StoreCorruptError: that was changed (code ``HISTORY_BROKEN``).
    """
    body = store.get(collection, _HEAD)
    try:
        return ChainEnd() if body is None else ChainEnd.from_json(body)
    except MalformedError:
        raise _broken("its end was changed") from None


def check_export(data: bytes, *, max_bytes: int = MAX_EXPORT_BYTES) -> tuple[LogEntry, ...]:
    """Return the entries of an exported log, once every link and the end were checked.

    Raises:
        VerificationError: an entry was changed, moved, left out or cut off (code ``HISTORY_BROKEN``).
        MalformedError: not an export; among others, one whose last line is gone.
    """
    if len(data) > max_bytes:
        raise LimitExceededError(f"an exported log is longer than {max_bytes} bytes")
    *lines, rest = data.split(b"\n")
    if rest or not lines:
        raise MalformedError("an exported log ends with a line that says where it ends")
    last = lines.pop()
    entries: list[LogEntry] = []
    head = ChainEnd()
    for line in lines:
        entries.append(_linked(line, head))
        head = ChainEnd.at(entries[-1])
    if ChainEnd.from_json(last) != head:
        raise VerificationError("the log does not end with the entry that it says", code=BROKEN)
    return tuple(entries)


def _linked(body: bytes, head: ChainEnd) -> LogEntry:
    """Return the entry of these bytes, provided that it comes right behind `head`."""
    members = json.loads_object(body, max_items=MAX_ENTRY_ITEMS)
    if members.keys() != {"sequence", "previous", "entry"} or not isinstance(members["entry"], dict):
        raise MalformedError("a line of a log has a sequence number, the hash of the line before, and an entry")
    if type(members["sequence"]) is not int or members["sequence"] != head.count + 1:
        raise VerificationError("an entry of the log is missing or out of place", code=BROKEN)
    if members["previous"] != head.hash:
        raise VerificationError("an entry does not continue the one before", code=BROKEN)
    return LogEntry(
        sequence=members["sequence"],
        previous=head.hash,
        hash=hashlib.sha256(body).hexdigest(),
        entry=members["entry"],
    )


def _previous(body: bytes | None, end: ChainEnd, *, is_known: bool) -> str | None:
    """Return the hash before the entry that a chain ended with; None where these bytes are not that entry.

    Args:
        body: the bytes.
        end: the number of the entry, and its hash.
        is_known: whether the hash is; else it is only looked whether the bytes are an entry of this number.
    """
    if body is None or (is_known and hashlib.sha256(body).hexdigest() != end.hash):
        return None
    try:
        members = json.loads_object(body, max_items=MAX_ENTRY_ITEMS)
    except MalformedError:
        return None
    previous = members.get("previous")
    if members.get("sequence") != end.count or not isinstance(previous, str):
        return None
    return previous if end.count > 1 or previous == ChainEnd().hash else None


def _id(sequence: int) -> str:
    # Zero-padded, so that listing by identifier is in order too.
    return f"{sequence:012d}"


def _broken(how: str) -> StoreCorruptError:
    return StoreCorruptError(f"the log is broken: {how}", code=BROKEN)
