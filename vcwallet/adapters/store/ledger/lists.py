# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The status lists of a ledger: which one is in use, which have to be published, and what was published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from vcwallet.adapters.store.ledger.schema import IS_MARKED, issuance, status_list, status_token, weight
from vcwallet.errors import StoreCorruptError
from vcwallet.issuer.ledger import PublishedList, StatusListPlan, StatusListState

_LISTS = status_list.c
# The last list is opened ahead: by the time that it is needed, it has been published.
_CURRENT = select(func.max(_LISTS.number) - 1)
_LIST = select(_LISTS.number, _LISTS.size).where(_LISTS.number == bindparam("of_number"))
_OPEN = {
    "sqlite": sqlite.insert(status_list).on_conflict_do_nothing(index_elements=[_LISTS.number]),
    "postgresql": postgresql.insert(status_list).on_conflict_do_nothing(index_elements=[_LISTS.number]),
}
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
        ),
        or_(_LISTS.number >= _CURRENT.scalar_subquery(), _HAS_LIVE_ENTRY),
    )
    .order_by(_LISTS.number)
)
# One statement, and so one state of the database: the version and the values belong together.
_STATE = (
    select(
        _LISTS.uri,
        _LISTS.size,
        _LISTS.bits,
        _LISTS.version,
        _LISTS.sum,
        _LISTS.issued_at,
        issuance.c.idx,
        issuance.c.value,
    )
    .outerjoin_from(status_list, issuance, and_(issuance.c.list == _LISTS.number, IS_MARKED))
    .where(_LISTS.number == bindparam("of_number"))
)
# Two publishers at once: the later time wins, and a token of an older version never replaces one of a newer.
_PUBLISH = (
    update(status_list)
    .where(
        _LISTS.uri == bindparam("of_uri"),
        or_(_LISTS.issued_at.is_(None), _LISTS.issued_at < bindparam("new_issued_at")),
        or_(_LISTS.published_version.is_(None), _LISTS.published_version <= bindparam("new_version")),
    )
    .values(
        published_version=bindparam("new_version"),
        issued_at=bindparam("new_issued_at"),
        expires=bindparam("new_expires"),
        ttl=bindparam("new_ttl"),
    )
)
_NUMBER = select(_LISTS.number).where(_LISTS.uri == bindparam("of_uri"))
_FORGET_TOKENS = delete(status_token).where(status_token.c.list == bindparam("of_number"))
_TOKENS = (
    select(_LISTS.uri, status_token.c.jwt, status_token.c.cwt, _LISTS.issued_at, _LISTS.expires, _LISTS.ttl)
    .join_from(status_list, status_token, status_token.c.list == _LISTS.number)
    .where(_LISTS.uri == bindparam("of_uri"))
)
_PUBLISHED = select(_LISTS.uri).where(_LISTS.expires > bindparam("of_at")).order_by(_LISTS.number)


class OpenList(NamedTuple):
    """A list to draw an index of."""

    number: int
    size: int


def current(connection: Connection) -> OpenList:
    """Return the list in use.

    Raises:
        StoreCorruptError: there is none.
    """
    number = connection.execute(_CURRENT).scalar_one()
    if not isinstance(number, int) or number < 1:
        raise StoreCorruptError("the status lists of the ledger are damaged")
    return _open_list(connection, number)


def following(connection: Connection, plan: StatusListPlan, full: OpenList) -> OpenList:
    """Return the list after one that counts as full, and see to it that there is one more after that."""
    open_list(connection, plan, full.number + 2)
    return _open_list(connection, full.number + 1)


def open_list(connection: Connection, plan: StatusListPlan, number: int) -> None:
    """Open a list, if nobody has opened it before."""
    row = {"number": number, "uri": uri_of(plan, number), "size": plan.size, "bits": plan.bits}
    connection.execute(_OPEN[connection.dialect.name], {**row, "version": 0, "sum": 0})


def uri_of(plan: StatusListPlan, number: int) -> str:
    """Return the address of a list."""
    return f"{plan.uri}/{number}"


def has_changed(connection: Connection, number: int, *, more: int) -> None:
    """Note that statuses of a list have changed, and by how much `more` or less their weights are in sum."""
    connection.execute(_CHANGED, {"of_number": number, "more": more})


def due(connection: Connection, *, at: datetime, renew_until: datetime) -> Sequence[int]:
    """Return the numbers of the lists that have to be published (see `StatusListLedger.due`)."""
    return connection.execute(_DUE, {"of_at": seconds(at), "of_renewal": seconds(renew_until)}).scalars().all()


def state(connection: Connection, number: int) -> StatusListState:
    """Return a list and the statuses in it.

    Raises:
        StoreCorruptError: a status is missing, or there is one too many.
    """
    rows = connection.execute(_STATE, {"of_number": number}).all()
    if not rows:
        raise StoreCorruptError("a status list is missing")
    uri, size, bits, version, total, issued_at, *_ = rows[0]
    values = {row.idx: row.value for row in rows if row.idx is not None}
    try:
        StatusListPlan(uri=uri, size=size, bits=bits)
        is_whole = all(0 <= idx < size and 0 < value < 1 << bits for idx, value in values.items())
        is_whole = is_whole and sum(weight(idx, value) for idx, value in values.items()) == total
        before = None if issued_at is None else moment(issued_at)
    except (TypeError, ValueError):
        raise StoreCorruptError("a status list is damaged") from None
    if not is_whole or not isinstance(version, int):
        raise StoreCorruptError("a status list is damaged")
    return StatusListState(uri=uri, size=size, bits=bits, version=version, issued_at=before, values=values)


def keep(connection: Connection, published: PublishedList, *, version: int) -> bool:
    """Write tokens over the ones before, unless those are later (see `StatusListLedger.keep`)."""
    times = {
        "of_uri": published.uri,
        "new_version": version,
        "new_issued_at": seconds(published.issued_at),
        "new_expires": seconds(published.expires),
        "new_ttl": int(published.ttl.total_seconds()),
    }
    if connection.execute(_PUBLISH, times).rowcount != 1:
        return False
    number = connection.execute(_NUMBER, {"of_uri": published.uri}).scalar_one()
    connection.execute(_FORGET_TOKENS, {"of_number": number})
    connection.execute(insert(status_token), {"list": number, "jwt": published.jwt, "cwt": published.cwt})
    return True


def published(connection: Connection, uri: str) -> PublishedList | None:
    """Return the last tokens of a list, if it was ever published.

    Raises:
        StoreCorruptError: they are damaged.
    """
    row = connection.execute(_TOKENS, {"of_uri": uri}).one_or_none()
    if row is None:
        return None
    if not (isinstance(row.jwt, str) and isinstance(row.cwt, bytes) and isinstance(row.ttl, int)):
        raise StoreCorruptError("a published status list is damaged")
    return PublishedList(
        uri=row.uri,
        jwt=row.jwt,
        cwt=row.cwt,
        issued_at=moment(row.issued_at),
        expires=moment(row.expires),
        ttl=timedelta(seconds=row.ttl),
    )


def published_uris(connection: Connection, *, at: datetime) -> tuple[str, ...]:
    """Return the addresses of the lists whose tokens have not ended."""
    return tuple(connection.execute(_PUBLISHED, {"of_at": seconds(at)}).scalars())


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


def _open_list(connection: Connection, number: int) -> OpenList:
    row = connection.execute(_LIST, {"of_number": number}).one_or_none()
    if row is None or not isinstance(row.size, int) or row.size < 1:
        raise StoreCorruptError("the status lists of the ledger are damaged")
    return OpenList(row.number, row.size)
