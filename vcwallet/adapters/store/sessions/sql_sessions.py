# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A `SessionStore` in a SQL database: a SQLite file, or PostgreSQL by URL.

That a session has the version which a change expects is part of the statement that changes it, and not something that
was read before; so of many who want to change it at once, one does.

>>> from datetime import UTC, datetime, timedelta
>>> from vcwallet.adapters.store import SqlSessions
>>> from vcwallet.sessions import Add, Session
>>> now = datetime(2026, 11, 28, tzinfo=UTC)
>>> with SqlSessions.open(None) as sessions:
...     sessions.commit(Add(Session(kind="code", id="c-1", expires=now + timedelta(minutes=5))))
...     sessions.count("code", at=now), sessions.count("code", at=now + timedelta(minutes=5))
(1, 0)
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, NoReturn, Self

from sqlalchemy import ClauseElement, bindparam, delete, func, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite

from vcwallet.adapters.store.database import Database, Location, Statement, make_file, parse_location
from vcwallet.adapters.store.failures import DeadlockError
from vcwallet.adapters.store.sessions.schema import checksum, install_once, is_installed, require_readable, session
from vcwallet.adapters.store.sql_store import PATIENCE, kept_if_successful
from vcwallet.errors import StoreCorruptError
from vcwallet.sessions import Add, Change, Remove, Session, SessionChangedError, Swap, in_order

_ATTEMPTS = 10
_PURGED_AT_ONCE = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

_ROWS = session.c
_PLACE = [_ROWS.kind, _ROWS.id]
_ADD: dict[str, ClauseElement] = {
    "sqlite": sqlite.insert(session).on_conflict_do_nothing(index_elements=_PLACE),
    "postgresql": postgresql.insert(session).on_conflict_do_nothing(index_elements=_PLACE),
}
_AS_EXPECTED = (
    _ROWS.kind == bindparam("of_kind"),
    _ROWS.id == bindparam("of_id"),
    _ROWS.version == bindparam("of_version"),
)
_SWAP = (
    update(session)
    .where(*_AS_EXPECTED)
    .values({name: bindparam(name) for name in ("version", "expires", "body", "checksum")})
)
_REMOVE = delete(session).where(*_AS_EXPECTED)
_GET = select(session).where(_ROWS.kind == bindparam("of_kind"), _ROWS.id == bindparam("of_id"))
_COUNT = (
    select(func.count())
    .select_from(session)
    .where(_ROWS.kind == bindparam("of_kind"), _ROWS.expires > bindparam("of_at"))
)
_ENDED = (
    select(_ROWS.kind, _ROWS.id).where(_ROWS.expires <= bindparam("of_at")).limit(literal_column(str(_PURGED_AT_ONCE)))
)
_FORGET = delete(session).where(
    _ROWS.kind == bindparam("of_kind"), _ROWS.id == bindparam("of_id"), _ROWS.expires <= bindparam("of_at")
)


class SqlSessions:
    """Keeps sessions in a database; safe to share between threads, and between processes that each open it."""

    __slots__ = ("_add", "_count", "_database", "_forget", "_get", "_remove", "_swap")

    def __init__(self, database: Database) -> None:
        """Use an opened database; `open` opens one."""
        self._database = database
        dialect = database.dialect
        self._add = Statement(_ADD[dialect.name], dialect)
        self._swap, self._remove = Statement(_SWAP, dialect), Statement(_REMOVE, dialect)
        self._get, self._count = Statement(_GET, dialect), Statement(_COUNT, dialect)
        self._forget = Statement(_FORGET, dialect)

    @classmethod
    def open(cls, location: Location, *, busy_timeout: timedelta = PATIENCE) -> Self:
        """Open the sessions of a database, and make their tables if there are none.

        Args:
            location: the path of a SQLite file, the URL of a database, or None for sessions in memory.  A wallet's
                store or a ledger may be in the same database.
            busy_timeout: how long to wait for another process that writes.

        Raises:
            StoreCorruptError: the header is damaged, or this is no database.
            StoreNewerError: it was written by a newer vcwallet.
            StoreError: the place cannot be written.
        """
        url = parse_location(location)
        make_file(url)
        with kept_if_successful(Database(url, busy_timeout=busy_timeout)) as database:
            with database.read() as connection:
                is_there = is_installed(connection)
            with database.read() if is_there else database.write() as connection:
                if not is_there:
                    install_once(connection)
                require_readable(connection)
        return cls(database)

    def close(self) -> None:
        """Close the database; closing twice is no error."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("sessions are not pickled; open them where they are needed")

    def commit(self, *changes: Change) -> None:
        """Apply all changes or none (see `SessionStore.commit`).

        Raises:
            SessionChangedError: a session was not as a change expects it; nothing was applied.
            StoreError: the database could not write; nothing was applied.
            ValueError: two changes are about one session.
        """
        ordered = in_order(changes)
        for _ in range(_ATTEMPTS - 1):
            with suppress(DeadlockError):
                return self._commit_at_once(ordered)
        return self._commit_at_once(ordered)

    def _commit_at_once(self, ordered: list[Change]) -> None:
        added = [_row(change.session) for change in ordered if isinstance(change, Add)]
        with self._database.written() as cursor:
            if added and self._add.run(cursor, *added) != len(added):
                raise SessionChangedError
            for change in ordered:
                if not isinstance(change, Add) and self._change(cursor, change) != 1:
                    raise SessionChangedError

    def _change(self, cursor: Any, change: Swap | Remove) -> int:
        kind, id = change.session.place
        given = {"of_kind": kind, "of_id": id, "of_version": change.session.version}
        if isinstance(change, Remove):
            return self._remove.run(cursor, given)
        return self._swap.run(cursor, given | _row(change.result))

    def get(self, kind: str, id: str, /, *, at: datetime) -> Session | None:
        """Return a session that has not ended (see `SessionStore.get`)."""
        row = self._database.row(self._get, {"of_kind": kind, "of_id": id})
        found = None if row is None else _read(row)
        return found if found is not None and at < found.expires else None

    def count(self, kind: str, /, *, at: datetime) -> int:
        """Return how many sessions of a kind have not ended."""
        row = self._database.row(self._count, {"of_kind": kind, "of_at": _stored(at)})
        return 0 if row is None else int(row[0])

    def purge(self, *, at: datetime) -> int:
        """Forget the sessions that have ended, and return how many there were."""
        forgotten, of_at = 0, _stored(at)
        while True:
            with self._database.read() as connection:
                ended = sorted(tuple(row) for row in connection.execute(_ENDED, {"of_at": of_at}))
            if not ended:
                return forgotten
            # A part at a time, so that nobody waits long for the lock.
            with self._database.written() as cursor:
                given = [{"of_kind": kind, "of_id": id, "of_at": of_at} for kind, id in ended]
                forgotten += self._forget.run(cursor, *given)


_COLUMNS = ("kind", "id", "version", "expires", "body")


def _row(one: Session) -> dict[str, Any]:
    columns = (one.kind, one.id, one.version, _stored(one.expires), one.body)
    return dict(zip(_COLUMNS, columns, strict=True)) | {"checksum": checksum(*columns)}


def _read(row: tuple[Any, ...]) -> Session:
    """Return a stored session; in a damaged file, anything can be of any type.

    Raises:
        StoreCorruptError: it is not what was stored.
    """
    kind, id, version, expires, body, found = row
    if found != checksum(kind, id, version, expires, body):
        raise StoreCorruptError("a session is damaged")
    return Session(kind=kind, id=id, version=version, expires=_EPOCH + expires * _MICROSECOND, body=body)


def _stored(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND
