# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The statements by which a store reads and writes rows; what is sealed in them is not their business."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from vcwallet.adapters.store.schema import header, record, tag
from vcwallet.errors import StoreCorruptError
from vcwallet.storage import Change, Delete, Put, RecordExistsError

# Positions are handed out upwards from 1.  One beyond this was never handed out, and leaves no room above it.
_HIGHEST_POSITION = 2**62

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
_ALL_ROWS = (
    select(record.c.collection, *_COLUMNS)
    .where(record.c.position > bindparam("after"))
    .order_by(record.c.position)
    .limit(bindparam("at_most"))
)
# In the order of an index that has all of it, so that the table is not looked at.
_PLACES = select(record.c.collection, record.c.position, record.c.id).order_by(record.c.collection, record.c.position)
_ROWS_TO_RESEAL = _ALL_ROWS.where(record.c.key_generation != bindparam("of_generation"))
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


def all_rows(connection: Connection, *, after: int, limit: int) -> list[PlacedRow]:
    """Return the rows of all collections behind a position, first written first, at most `limit`."""
    found = connection.execute(_ALL_ROWS, {"after": after, "at_most": limit})
    return [PlacedRow(collection, StoredRow(*row)) for collection, *row in found]


def places(connection: Connection, *, after: int) -> list[tuple[str, str]]:
    """Return collection and identifier of the rows behind a position, first written first, from an index alone."""
    found = [row for row in connection.execute(_PLACES).all() if row.position > after]
    return [(row.collection, row.id) for row in sorted(found, key=lambda row: int(row.position))]


def rows_to_reseal(connection: Connection, *, generation: int, after: int, limit: int) -> list[PlacedRow]:
    """Return those of them that are not sealed under the key of this generation."""
    found = connection.execute(_ROWS_TO_RESEAL, {"of_generation": generation, "after": after, "at_most": limit})
    return [PlacedRow(collection, StoredRow(*row)) for collection, *row in found]


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
