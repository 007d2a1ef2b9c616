# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The statements by which a store reads and writes rows; what is sealed in them is not their business."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from vcwallet.adapters.store.schema import header, record, tag
from vcwallet.errors import StoreCorruptError
from vcwallet.storage import Change, Delete, Put, RecordExistsError

# Positions are handed out upwards from 1.  One beyond this was never handed out, and leaves no room above it.
_HIGHEST_POSITION = 2**62
BEFORE_ALL = -(2**63)
"""Before every position: also before those that only damage leads to."""
BYTES_AT_ONCE = 8 * 1024 * 1024
"""How many bytes of bodies are read or written at once; beyond it, one record at a time."""

_ONE = (record.c.collection == bindparam("of_collection")) & (record.c.id == bindparam("of_id"))
_IS_THERE = select(record.c.id).where(_ONE)
_REMOVE = delete(record).where(_ONE)
# SQLite, which has no such thing, has locked out other writers when the transaction began.
_LOCK_OUT_WRITERS = select(header.c.parameters).with_for_update()
_PARAMETERS = select(header.c.parameters)
_LAST_POSITION = select(func.coalesce(func.max(record.c.position), 0))
_INSERT_RECORD = insert(record)
_INSERT_TAG = insert(tag)
_COLUMNS = (record.c.id, record.c.position, record.c.tags, record.c.body, record.c.key_generation)
_ROWS = select(*_COLUMNS).where(
    record.c.collection == bindparam("of_collection"), record.c.id.in_(bindparam("of_ids", expanding=True))
)
_ROW = select(*_COLUMNS).where(_ONE)
_ALL = 2**62
_IDS = (
    select(record.c.id)
    .where(record.c.collection == bindparam("of_collection"))
    .order_by(record.c.position.desc())
    .limit(bindparam("at_most"))
)
_IDS_BY_TAG = (
    select(record.c.id)
    .join(tag, tag.c.position == record.c.position)
    .where(record.c.collection == bindparam("of_collection"), tag.c.tag.in_(bindparam("of_tags", expanding=True)))
    .order_by(tag.c.position.desc())
    .limit(bindparam("at_most"))
)
_BEHIND = record.c.position > bindparam("after")
_OTHER_GENERATION = record.c.key_generation.is_distinct_from(bindparam("but_generation"))
_SIZES = (
    select(record.c.position, func.length(record.c.body))
    .where(_BEHIND)
    .order_by(record.c.position)
    .limit(bindparam("at_most"))
)
_NEXT_ROWS = (
    select(record.c.collection, *_COLUMNS)
    .where(_BEHIND, record.c.position <= bindparam("up_to"))
    .order_by(record.c.position)
)
# In the order of an index that has all of it, so that the table is not looked at.
_PLACES = select(record.c.collection, record.c.position, record.c.id).order_by(record.c.collection, record.c.position)
_RESEALED = ("tags", "body", "key_generation")
_RESEAL = update(record).where(record.c.position == bindparam("at_position"))
_REMOVE_TAGS = delete(tag).where(tag.c.position == bindparam("at_position"))


class StoredRow(NamedTuple):
    """A record as it lies in its table; in a damaged file, anything can be of any type."""

    id: object
    position: object
    tags: object
    body: object
    key_generation: object


class PlacedRow(NamedTuple):
    """A record of any collection, as it lies in its table."""

    collection: object
    row: StoredRow


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a commit leaves of one record: its last change, and whether no such record may have been there before."""

    change: Change
    had_to_be_new: bool


def outcomes(changes: Iterable[Change]) -> list[Outcome]:
    """Return what `changes`, made one after the other, come to; one outcome a record, in the order of last changes.

    Raises:
        RecordExistsError: a record has to be new after it was put in this very commit.
    """
    found: dict[tuple[str, str], Outcome] = {}
    for change in changes:
        key = (change.collection, change.id)
        has_to_be_new = isinstance(change, Put) and change.new
        earlier = found.pop(key, None)
        if earlier is not None:
            if has_to_be_new and isinstance(earlier.change, Put):
                raise _exists()
            has_to_be_new = earlier.had_to_be_new
        found[key] = Outcome(change, has_to_be_new)
    return list(found.values())


def remove_replaced(connection: Connection, outcomes: Iterable[Outcome]) -> None:
    """Remove the records that are to be written anew or to be gone, with their tags.

    Raises:
        RecordExistsError: one that had to be new, and then to be gone, was there before.
    """
    removed = []
    for outcome in outcomes:
        one = {"of_collection": outcome.change.collection, "of_id": outcome.change.id}
        if not outcome.had_to_be_new:
            removed.append(one)
        elif isinstance(outcome.change, Delete) and connection.execute(_IS_THERE, one).first() is not None:
            raise _exists()
    if removed:
        connection.execute(_REMOVE, removed)


def lock(connection: Connection) -> object:
    """Keep other writers out until the transaction ends, and return the parameters of the header."""
    return connection.execute(_LOCK_OUT_WRITERS).scalar_one_or_none()


def parameters(connection: Connection) -> object:
    """Return the parameters of the header."""
    return connection.execute(_PARAMETERS).scalar_one_or_none()


def last_position(connection: Connection) -> int:
    """Return the highest position in use, 0 where there is none; only good after `lock`.

    Raises:
        StoreCorruptError: it is one that no store hands out.
    """
    last = connection.execute(_LAST_POSITION).scalar_one()
    if not isinstance(last, int) or not 0 <= last < _HIGHEST_POSITION:
        raise StoreCorruptError("the order of records is damaged")
    return last


def insert_rows(connection: Connection, records: Sequence[dict[str, Any]], tags: Sequence[dict[str, Any]]) -> None:
    """Write rows of records and of tags.

    Raises:
        RecordExistsError: a record of one of the identifiers is there.
    """
    try:
        connection.execute(_INSERT_RECORD, records)
    except IntegrityError:
        raise _exists() from None
    if tags:
        connection.execute(_INSERT_TAG, tags)


def ids(connection: Connection, collection: str, blinds: Sequence[bytes], *, limit: int | None = None) -> Sequence[str]:
    """Return the identifiers of a collection, or of those that tags lead to, last written first, at most `limit`."""
    given = {"of_collection": collection, "at_most": limit or _ALL}
    if not blinds:
        return connection.execute(_IDS, given).scalars().all()
    return connection.execute(_IDS_BY_TAG, {**given, "of_tags": blinds}).scalars().all()


def next_rows(connection: Connection, *, after: int, limit: int, but_generation: int | None = None) -> list[PlacedRow]:
    """Return rows of all collections behind a position, first written first: at most `limit`, or some MiB of bodies.

    One that lies on a page that cannot be read comes without its content.

    Args:
        connection: a connection.
        after: the position; `BEFORE_ALL` for the first rows.
        limit: how many at most.
        but_generation: leave out what is sealed under the key of this generation; None leaves nothing out.

    Raises:
        DatabaseError: it cannot be told which rows there are.
    """
    sizes_of, rows_of, given = _SIZES, _NEXT_ROWS, {"after": after}
    if but_generation is not None:
        sizes_of, rows_of = sizes_of.where(_OTHER_GENERATION), rows_of.where(_OTHER_GENERATION)
        given["but_generation"] = but_generation
    try:
        sizes = [(position, size) for position, size in connection.execute(sizes_of, {**given, "at_most": limit})]
        if not sizes:
            return []
        found = connection.execute(rows_of, {**given, "up_to": _last_within_bounds(sizes)})
        return [PlacedRow(collection, StoredRow(*row)) for collection, *row in found]
    except DatabaseError:
        # A damaged page takes the whole statement with it; one by one, the others can still be read.
        return list(islice(_one_by_one(connection, after, but_generation), limit))


def _last_within_bounds(sizes: Sequence[tuple[int, int | None]]) -> int:
    """Return the position up to which the bodies are few enough for memory."""
    total = 0
    for position, size in sizes:
        total += size or 0
        if total >= BYTES_AT_ONCE:
            return position
    return sizes[-1][0]


def _one_by_one(connection: Connection, after: int, but_generation: int | None) -> Iterator[PlacedRow]:
    """Yield what is behind a position, although a page of the table cannot be read: an index says what there is."""
    total = 0
    for position, collection, id in _places(connection, after=after):
        try:
            row = rows(connection, collection, [id])[id]
        except (DatabaseError, KeyError, UnicodeEncodeError):
            row = StoredRow(id, position, None, None, None)
        if but_generation is None or row.key_generation != but_generation:
            yield PlacedRow(collection, row)
            total += len(row.body) if isinstance(row.body, bytes) else 0
            if total >= BYTES_AT_ONCE:
                return


def _places(connection: Connection, *, after: int) -> list[tuple[int, str, str]]:
    """Return position, collection and identifier of the rows behind a position, first written first, from an index."""
    found = [row for row in connection.execute(_PLACES).all() if row.position > after]
    return sorted((int(row.position), row.collection, row.id) for row in found)


def reseal_rows(connection: Connection, changed: Sequence[dict[str, Any]], tags: Sequence[dict[str, Any]]) -> None:
    """Write other tags and bodies into rows, which stay where they are."""
    connection.execute(
        _RESEAL,
        [{"at_position": row["position"], **{name: row[name] for name in _RESEALED}} for row in changed],
    )
    connection.execute(_REMOVE_TAGS, [{"at_position": row["position"]} for row in changed])
    if tags:
        connection.execute(_INSERT_TAG, tags)


def rows(connection: Connection, collection: str, ids: Sequence[str]) -> dict[str, StoredRow]:
    """Return the rows of those records that are there, by identifier."""
    if len(ids) == 1:
        # Writing out a list of one costs more than finding it.
        found = connection.execute(_ROW, {"of_collection": collection, "of_id": ids[0]})
    else:
        found = connection.execute(_ROWS, {"of_collection": collection, "of_ids": ids})
    return {row.id: StoredRow(*row) for row in found}


def _exists() -> RecordExistsError:
    return RecordExistsError("a record of this identifier is there already")
