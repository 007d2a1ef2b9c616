# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The status lists of a ledger: which one is in use, which have to be published, and what was published."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from vcwallet.adapters.store.ledger.schema import IS_MARKED, issuance, status_list, status_token, weight
from vcwallet.errors import StoreCorruptError
from vcwallet.jose.jwt import SKEW
from vcwallet.status.ledger import PublishedList, StatusListPlan, StatusListState

_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_LISTS = status_list.c
# The last list is opened ahead: by the time that it is needed, it has been published.
CURRENT: Select[Any] = select(func.max(_LISTS.number) - literal_column("1"))
"""The number of the list in use."""
OPEN: dict[str, ReturningInsert[Any]] = {
    name: kind.insert(status_list).on_conflict_do_nothing(index_elements=[_LISTS.number]).returning(_LISTS.number)
    for name, kind in (("sqlite", sqlite), ("postgresql", postgresql))
}
"""Opens a list, if nobody has opened it before, and returns its number if so."""
_CHANGED = (
    update(status_list)
    .where(_LISTS.number == bindparam("of_number"))
    .values(version=_LISTS.version + 1, sum=_LISTS.sum + bindparam("more"))
)
_HAS_LIVE_ENTRY = (
    select(issuance.c.id).where(issuance.c.list == _LISTS.number, issuance.c.expires >= bindparam("of_at")).exists()
)
_DUE = (
    select(_LISTS.number)
    .where(
        or_(
            _LISTS.published_version.is_(None),
            _LISTS.published_version < _LISTS.version,
            _LISTS.expires < bindparam("of_renewal"),
            _LISTS.issued_at > bindparam("of_future"),
        ),
        or_(_LISTS.number >= CURRENT.scalar_subquery(), _HAS_LIVE_ENTRY),
    )
    .order_by(_LISTS.number)
)
# One statement, and so one state of the database: the version and the values belong together.
_STATE = (
    select(_LISTS.version, _LISTS.sum, _LISTS.issued_at, issuance.c.idx, issuance.c.value)
    .outerjoin_from(status_list, issuance, and_(issuance.c.list == _LISTS.number, IS_MARKED))
    .where(_LISTS.number == bindparam("of_number"))
)
# Two publishers at once: the later time wins, and a token of an older version never replaces one of a newer.
_PUBLISH = (
    update(status_list)
    .where(
        _LISTS.number == bindparam("of_number"),
        or_(
            _LISTS.issued_at.is_(None),
            _LISTS.issued_at < bindparam("new_issued_at"),
            and_(bindparam("ran_ahead", type_=Boolean), _LISTS.issued_at > bindparam("of_future")),
        ),
        or_(_LISTS.published_version.is_(None), _LISTS.published_version <= bindparam("new_version")),
    )
    .values(
        published_version=bindparam("new_version"),
        issued_at=bindparam("new_issued_at"),
        expires=bindparam("new_expires"),
        ttl=bindparam("new_ttl"),
    )
)
_FORGET_TOKENS = delete(status_token).where(status_token.c.list == bindparam("of_number"))
_TOKENS = (
    select(status_token.c.jwt, status_token.c.cwt, _LISTS.issued_at, _LISTS.expires, _LISTS.ttl)
    .join_from(status_list, status_token, status_token.c.list == _LISTS.number)
    .where(_LISTS.number == bindparam("of_number"))
)
_PUBLISHED = select(_LISTS.number).where(_LISTS.expires > bindparam("of_at")).order_by(_LISTS.number)


def uri_of(plan: StatusListPlan, number: int) -> str:
    """Return the address of a list."""
    return f"{plan.uri}/{number}"


def number_of(plan: StatusListPlan, uri: str) -> int:
    """Return which list has this address, 0 if none could have it."""
    number = uri.removeprefix(f"{plan.uri}/")
    return int(number) if _NUMBER.fullmatch(number) and uri_of(plan, int(number)) == uri else 0


def require_number(number: object) -> int:
    """Return the number of the list in use, as the database has it.

    Raises:
        StoreCorruptError: there is none.
    """
    if not isinstance(number, int) or number < 1:
        raise StoreCorruptError("the status lists of the ledger are damaged")
    return number


def opened(number: int) -> dict[str, Any]:
    """Return what `OPEN` writes."""
    return {"number": number, "version": 0, "sum": 0}


def open_list(connection: Connection, number: int) -> None:
    """Open a list, if nobody has opened it before."""
    connection.execute(OPEN[connection.dialect.name], opened(number))


def has_changed(connection: Connection, number: int, *, more: int) -> None:
    """Note that statuses of a list have changed, and by how much `more` or less their weights are in sum."""
    connection.execute(_CHANGED, {"of_number": number, "more": more})


def due(connection: Connection, *, at: datetime, renew_until: datetime) -> Sequence[int]:
    """Return the numbers of the lists that have to be published (see `StatusListLedger.due`)."""
    given = {"of_at": seconds(at), "of_renewal": seconds(renew_until), "of_future": seconds(at + SKEW)}
    return connection.execute(_DUE, given).scalars().all()


def state(connection: Connection, plan: StatusListPlan, number: int) -> StatusListState:
    """Return a list and the statuses in it.

    Raises:
        StoreCorruptError: a status is missing, or there is one too many.
    """
    rows = connection.execute(_STATE, {"of_number": number}).all()
    if not rows:
        raise StoreCorruptError("a status list is missing")
    version, total, issued_at, *_ = rows[0]
    values = {row.idx: row.value for row in rows if row.idx is not None}
    try:
        is_whole = all(0 <= idx < plan.size and 0 < value < 1 << plan.bits for idx, value in values.items())
        is_whole = is_whole and sum(weight(idx, value) for idx, value in values.items()) == total
    except TypeError:
        is_whole = False
    if not is_whole or not isinstance(version, int):
        raise StoreCorruptError("a status list is damaged")
    return StatusListState(
        uri=uri_of(plan, number),
        size=plan.size,
        bits=plan.bits,
        version=version,
        issued_at=None if issued_at is None else moment(issued_at),
        values=values,
    )


def keep(
    connection: Connection, plan: StatusListPlan, published: PublishedList, *, version: int, clock_ran_ahead: bool
) -> bool:
    """Write tokens over the ones before, unless those are later (see `StatusListLedger.keep`)."""
    number = number_of(plan, published.uri)
    times = {
        "of_number": number,
        "new_version": version,
        "new_issued_at": seconds(published.issued_at),
        "new_expires": seconds(published.expires),
        "new_ttl": int(published.ttl.total_seconds()),
        "ran_ahead": clock_ran_ahead,
        "of_future": seconds(published.issued_at + SKEW),
    }
    if connection.execute(_PUBLISH, times).rowcount != 1:
        return False
    connection.execute(_FORGET_TOKENS, {"of_number": number})
    connection.execute(insert(status_token), {"list": number, "jwt": published.jwt, "cwt": published.cwt})
    return True


def published(connection: Connection, plan: StatusListPlan, uri: str) -> PublishedList | None:
    """Return the last tokens of a list, if it was ever published.

    Raises:
        StoreCorruptError: they are damaged.
    """
    row = connection.execute(_TOKENS, {"of_number": number_of(plan, uri)}).one_or_none()
    if row is None:
        return None
    if not (isinstance(row.jwt, str) and isinstance(row.cwt, bytes) and isinstance(row.ttl, int)):
        raise StoreCorruptError("a published status list is damaged")
    return PublishedList(
        uri=uri,
        jwt=row.jwt,
        cwt=row.cwt,
        issued_at=moment(row.issued_at),
        expires=moment(row.expires),
        ttl=timedelta(seconds=row.ttl),
    )


def published_uris(connection: Connection, plan: StatusListPlan, *, at: datetime) -> tuple[str, ...]:
    """Return the addresses of the lists whose tokens have not ended."""
    return tuple(uri_of(plan, number) for number in connection.execute(_PUBLISHED, {"of_at": seconds(at)}).scalars())


def seconds(at: datetime) -> int:
    """Return a time as it is stored."""
    return int(at.timestamp())


def moment(stored: object) -> datetime:
    """Return a stored time.

    Raises:
        StoreCorruptError: it is none.
    """
    try:
        if type(stored) is int:
            return datetime.fromtimestamp(stored, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise StoreCorruptError("a time in the ledger is damaged")
