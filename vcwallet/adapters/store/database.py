# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The database under a store: its file, its connections, and transactions that are durable when they end.

SQLite runs with a write-ahead log and ``synchronous=FULL``: what was acknowledged survives a crash and a power cut.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias, cast

from sqlalchemy import (
    URL,
    ClauseElement,
    Connection,
    Dialect,
    Engine,
    PoolProxiedConnection,
    QueuePool,
    StaticPool,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import ArgumentError

from vcwallet.adapters.store.failures import as_store_errors, store_error
from vcwallet.errors import LocalProtocolError, MissingExtraError, StoreBusyError, StoreError

Location: TypeAlias = "str | os.PathLike[str] | None"

_WRITES = "vcwallet_writes"
_ATTEMPTS = 20
_KEPT = 5


def parse_location(location: Location) -> URL:
    """Return the URL of a path, of a URL, or of memory (None, ``":memory:"``).

    Raises:
        ValueError: no SQLite file and no PostgreSQL database.
    """
    if location is None or location == ":memory:":
        return URL.create("sqlite")
    text = os.fspath(location)
    if "://" not in text:
        if not text:
            raise ValueError("the path of a store is not empty")
        return URL.create("sqlite", database=text)
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("not the URL of a database") from None
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite" or url.query or url.host:
        raise ValueError("a store is a SQLite file or a PostgreSQL database")
    return parse_location(url.database)


def require_file(url: URL) -> None:
    """Refuse to go on where there is no file, which SQLite would make.

    Raises:
        StoreError: there is nothing to open (code ``STORE_MISSING``).
    """
    if url.get_backend_name() != "sqlite":
        return
    with as_store_errors():
        is_there = url.database is not None and Path(url.database).is_file()
    if not is_there:
        raise StoreError("there is no store at this place", code="STORE_MISSING")


def make_file(url: URL) -> None:
    """Make the file of a new SQLite store readable for its owner only; the log beside it gets the same permission.

    Raises:
        StoreError: the file cannot be made.
    """
    if url.get_backend_name() != "sqlite" or url.database is None:
        return
    with as_store_errors():
        try:
            os.close(os.open(url.database, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            # Not opened to look into: closing it again would drop the locks of another store in this process.
            if Path(url.database).stat().st_size == 0:
                Path(url.database).chmod(0o600)


class Statement:
    """A statement in the text of one kind of database, so that it is written once and not at each use."""

    __slots__ = ("_names", "text")

    def __init__(self, expression: ClauseElement, dialect: Dialect, *, columns: Iterable[str] | None = None) -> None:
        """Write `expression` for `dialect`; an insertion with these `columns`, or all."""
        named = {} if columns is None else {"column_keys": list(columns)}
        compiled = expression.compile(dialect=dialect, **cast("dict[str, Any]", named))
        self.text: str = str(compiled)
        # The names of the parameters in their order; None where the driver takes them by name.
        self._names: Sequence[str] | None = getattr(compiled, "positiontup", None)

    def bound(self, given: Mapping[str, object]) -> Any:
        """Return the parameters as the driver takes them."""
        return given if self._names is None else tuple(given[name] for name in self._names)

    def first(self, cursor: Any, given: Mapping[str, object]) -> tuple[Any, ...] | None:
        """Run it within a transaction, and return the first row that it gives, or None."""
        cursor.execute(self.text, self.bound(given))
        found: tuple[Any, ...] | None = cursor.fetchone()
        return found

    def run(self, cursor: Any, *given: Mapping[str, object]) -> int:
        """Run it within a transaction, once for each set of parameters; return how many rows were changed."""
        if len(given) == 1:
            cursor.execute(self.text, self.bound(given[0]))
        else:
            cursor.executemany(self.text, [self.bound(one) for one in given])
        return int(cursor.rowcount)


class Database:
    """Connections to one database, shared by threads but not by forked processes."""

    __slots__ = ("_engine", "_is_open", "_kept", "_process", "_reading", "_snapshots", "_writer", "_writing")

    def __init__(self, url: URL, *, busy_timeout: timedelta) -> None:
        """Prepare the connections; the first use opens one.

        Raises:
            MissingExtraError: the driver of PostgreSQL is not installed.
        """
        is_memory = url.get_backend_name() == "sqlite" and url.database is None
        self._engine = _sqlite(url, busy_timeout) if url.get_backend_name() == "sqlite" else _postgresql(url)
        self._writer = self._engine.execution_options(**{_WRITES: True})
        # A transaction of SQLite sees one state anyway.
        is_sqlite = self._engine.dialect.name == "sqlite"
        self._snapshots = self._engine if is_sqlite else _repeatable(self._engine)
        # Writers of this process queue here, which is fairer and faster than SQLite's polling of its lock.
        self._writing = threading.Lock()
        # All threads share the one connection that holds a database in memory.
        self._reading: AbstractContextManager[object] = self._writing if is_memory else nullcontext()
        self._process = os.getpid()
        self._kept: list[PoolProxiedConnection] = []
        self._is_open = True

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database.

        Raises:
            StoreError: the database failed.
            LocalProtocolError: it is closed, or belongs to the process that this one was forked from.
        """
        self._require_usable()
        with as_store_errors(), self._reading, self._engine.connect() as connection:
            yield connection

    @property
    def dialect(self) -> Dialect:
        """What the database speaks."""
        return self._engine.dialect

    def row(self, statement: Statement, given: Mapping[str, object]) -> tuple[Any, ...] | None:
        """Return the first row of a statement that reads, or None; it costs a third of what `read` does.

        Raises:
            StoreError: the database failed.
            LocalProtocolError: it is closed, or belongs to the process that this one was forked from.
        """
        with self._cursor(self._reading) as cursor:
            return statement.first(cursor, given)

    @contextmanager
    def written(self) -> Iterator[Any]:
        """Give a cursor of the driver for one transaction, as `write` gives a connection, at a third of its cost.

        Raises:
            StoreError: the database failed.
            LocalProtocolError: it is closed, or belongs to the process that this one was forked from.
        """
        with self._cursor(self._writing) as cursor:
            if self._engine.dialect.name == "sqlite":
                cursor.execute("BEGIN IMMEDIATE")
            yield cursor
            cursor.connection.commit()

    @contextmanager
    def _cursor(self, lock: AbstractContextManager[object]) -> Iterator[Any]:
        """Give a cursor of the driver; what is not committed when it is given back is undone."""
        self._require_usable()
        with as_store_errors(), lock, self._as_store_errors(), self._borrowed() as connection:
            cursor = connection.cursor()
            try:
                yield cursor
            finally:
                cursor.close()

    @contextmanager
    def _as_store_errors(self) -> Iterator[None]:
        """Let no error of the driver out, not of connecting or undoing either, which SQLAlchemy passes on as it is."""
        try:
            yield
        except self._engine.dialect.loaded_dbapi.Error as error:
            raise store_error(error) from None

    @contextmanager
    def _borrowed(self) -> Iterator[PoolProxiedConnection]:
        """Give a connection that nobody else uses; the pool, which looks after those that failed, is slow."""
        try:
            connection = self._kept.pop()
        except IndexError:
            connection = self._engine.raw_connection()
        try:
            yield connection
            connection.rollback()
        except BaseException as error:
            self._take_back(connection, error)
            raise
        if len(self._kept) < _KEPT:
            self._kept.append(connection)
        else:
            connection.close()
        if not self._is_open:
            self._close_kept()

    def _take_back(self, connection: PoolProxiedConnection, error: BaseException) -> None:
        """Close a connection after an error; if the server has gone, so have all that were open before."""
        dialect = self._engine.dialect
        if not isinstance(error, dialect.loaded_dbapi.Error) or not dialect.is_disconnect(
            error, connection.dbapi_connection, None
        ):
            connection.close()
            return
        connection.invalidate()
        self._close_kept()
        pool = self._engine.pool
        # Not disposed of: those that others have just now would be left to the garbage collector.
        for _ in range(pool.checkedin() if isinstance(pool, QueuePool) else 0):
            self._engine.raw_connection().invalidate()

    def _close_kept(self) -> None:
        with suppress(IndexError):  # others may take them meanwhile
            while True:
                self._kept.pop().close()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database until it is given back, while others write.

        Raises:
            StoreError: the database failed.
            LocalProtocolError: it is closed, or belongs to the process that this one was forked from.
        """
        self._require_usable()
        with self._reading:
            with as_store_errors():
                connection = self._snapshots.connect()
            try:
                # What the caller does meanwhile has its own errors.
                yield connection
            finally:
                with as_store_errors():
                    connection.close()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection for one transaction: all is durable at its end, or nothing was done if an error leaves.

        In SQLite it is the only one that writes; for other databases see `records.lock`.

        Raises:
            StoreError: the database failed.
            LocalProtocolError: it is closed, or belongs to the process that this one was forked from.
        """
        self._require_usable()
        with as_store_errors(), self._writing, self._writer.begin() as connection:
            yield connection

    @contextmanager
    def read_beside(self, writer: Connection) -> Iterator[Connection]:
        """Give a connection that sees what was there when `writer` began.

        One that has met a damaged page writes nothing more.
        """
        if self._reading is self._writing:
            yield writer
        else:
            with self._snapshots.connect() as connection:
                yield connection

    def forget_overwritten(self) -> None:
        """Wipe what was overwritten from SQLite's file and log; what PostgreSQL keeps of it is its administrator's.

        Raises:
            StoreBusyError: somebody reads what was there before (code ``OLD_KEY_ON_DISK``).
        """
        if self._engine.dialect.name != "sqlite":
            return
        with as_store_errors(), self._writing:
            connection = self._engine.raw_connection()
            try:
                cursor = connection.cursor()
                is_busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                cursor.close()
            finally:
                connection.close()
        if is_busy:
            raise StoreBusyError(
                "the keys are changed, but somebody reads: the old ones stay on the disk until all have closed it",
                code="OLD_KEY_ON_DISK",
            )

    def close(self) -> None:
        """Close all connections; closing twice is no error."""
        if self._is_open and self._process == os.getpid():
            self._is_open = False
            self._close_kept()
            self._engine.dispose()
        self._is_open = False

    def _require_usable(self) -> None:
        if not self._is_open:
            raise LocalProtocolError("the store is closed")
        if self._process != os.getpid():
            # SQLite's locks do not survive a fork: the child would believe that it holds its parent's.
            raise LocalProtocolError("the store was opened before the fork; open it again in this process")


def _sqlite(url: URL, busy_timeout: timedelta) -> Engine:
    connect_args = {"timeout": busy_timeout.total_seconds(), "check_same_thread": False}
    if url.database is None:
        engine = create_engine(url, connect_args=connect_args, poolclass=StaticPool, hide_parameters=True)
    else:
        engine = create_engine(url, connect_args=connect_args, max_overflow=-1, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    try:
        _configure(connection)
    except BaseException:
        connection.close()  # nobody else knows of it yet
        raise


def _configure(connection: sqlite3.Connection) -> None:
    # We begin transactions ourselves (`_begin`): the driver would begin them late, and commit before some statements.
    connection.isolation_level = None
    # A damaged text is still a text, so that the record it belongs to is found damaged, and not its neighbours too.
    connection.text_factory = _text
    if _log_mode(connection) not in ("wal", "memory"):
        raise StoreError("this file system cannot keep a write-ahead log")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten with zeros
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    connection.execute("PRAGMA journal_size_limit=16777216")  # bytes
    connection.execute("PRAGMA cache_size=-32768")  # KiB, used as needed: a bulk commit must not spill


def _log_mode(connection: sqlite3.Connection) -> str:
    """Ask for a write-ahead log, and return what the database keeps from now on."""
    for _ in range(_ATTEMPTS):
        try:
            return str(connection.execute("PRAGMA journal_mode=WAL").fetchone()[0])
        except sqlite3.OperationalError:
            # Several processes open a new file at once.  SQLite waits for its lock only in a transaction.
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
    raise StoreBusyError("other processes are opening the store")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _begin(connection: Connection) -> None:
    # A writer that first reads and then asks for the lock could find that it read the past; so it asks at once.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(url, max_overflow=-1, hide_parameters=True)
    except ModuleNotFoundError:
        raise MissingExtraError("postgres") from None


def _repeatable(engine: Engine) -> Engine:
    return engine.execution_options(isolation_level="REPEATABLE READ")
