# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An `IssuanceLedger` and `StatusListLedger` in a SQL database: a SQLite file, or PostgreSQL by URL.

>>> from datetime import UTC, datetime, timedelta
>>> from vcwallet.adapters.store import SqlLedger
>>> from vcwallet.status.ledger import NewIssue
>>> now = datetime(2026, 11, 28, tzinfo=UTC)
>>> with SqlLedger.create(None, lists="https://status.example/lists", size=1_000) as ledger:
...     new = NewIssue(
...         idempotency_key="application 17",
...         type_id="urn:example:pass:1",
...         format="dc+sd-jwt",
...         issued_at=now,
...         expires=now + timedelta(days=90),
...     )
...     with ledger.issuing(new) as [entry]:
...         pass  # sign it
...     ledger.issued("application 17") == (entry,)
True
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import NoReturn, Self

from vcwallet.adapters.store.database import Database, Location, make_file, parse_location, require_file
from vcwallet.adapters.store.failures import DeadlockError
from vcwallet.adapters.store.ledger import issuances
from vcwallet.adapters.store.ledger import lists as status_lists
from vcwallet.adapters.store.ledger.migration import migrate
from vcwallet.adapters.store.ledger.schema import (
    SCHEMA_VERSION,
    install,
    is_installed,
    read_header,
    replace_header,
)
from vcwallet.adapters.store.sql_store import PATIENCE, kept_if_successful
from vcwallet.errors import StoreCorruptError, StoreError
from vcwallet.status.ledger import (
    DEFAULT_BITS,
    DEFAULT_SIZE,
    AlreadyIssuedError,
    Decision,
    Issuance,
    NewIssue,
    Pseudonym,
    PublishedList,
    Status,
    StatusChange,
    StatusListPlan,
    StatusListState,
)

_ATTEMPTS = 10


class SqlLedger:
    """Keeps a ledger in a database; safe to share between threads, and between processes that each open it."""

    __slots__ = ("_claims", "_database", "_plan")

    def __init__(self, database: Database, plan: StatusListPlan) -> None:
        """Use an opened database; `create` and `open` open one."""
        self._database = database
        self._plan = plan
        self._claims = issuances.Claims(plan, database.dialect)

    # --- opening and closing ---

    @classmethod
    def create(
        cls,
        location: Location,
        *,
        lists: str,
        size: int = DEFAULT_SIZE,
        bits: int = DEFAULT_BITS,
        busy_timeout: timedelta = PATIENCE,
    ) -> Self:
        """Make a new ledger.

        Args:
            location: the path of a SQLite file, the URL of a database, or None for a ledger in memory.
            lists: the https URL below which its status lists will be published (see `StatusListPlan`).
            size: how many credentials one list has room for; a multiple of 8.
            bits: the bits of one status; with 1, nothing can be suspended.
            busy_timeout: how long to wait for another process that writes.

        Raises:
            StoreError: there is a ledger already (code ``STORE_EXISTS``), or the place cannot be written.
            ValueError: no such URL, size or number of bits.
        """
        url, plan = parse_location(location), StatusListPlan(uri=lists, size=size, bits=bits)
        make_file(url)
        with kept_if_successful(Database(url, busy_timeout=busy_timeout)) as database, database.write() as connection:
            if is_installed(connection):
                raise StoreError("there is a ledger already", code="STORE_EXISTS")
            install(connection, plan)
            for number in (1, 2):
                status_lists.open_list(connection, number)
        return cls(database, plan)

    @classmethod
    def open(cls, location: Location, *, busy_timeout: timedelta = PATIENCE) -> Self:
        """Open a ledger; one of an older vcwallet is brought up to date, all or nothing.

        Raises:
            StoreCorruptError: its header is damaged, or this is no ledger (code ``NOT_A_LEDGER``).
            StoreNewerError: it was written by a newer vcwallet.
            StoreError: there is nothing here (code ``STORE_MISSING``).
        """
        url = parse_location(location)
        require_file(url)
        with kept_if_successful(Database(url, busy_timeout=busy_timeout)) as database:
            with database.read() as connection:
                version, plan = read_header(connection)
            if version < SCHEMA_VERSION:
                _upgrade(database)
        return cls(database, plan)

    def close(self) -> None:
        """Close the database; closing twice is no error."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a ledger is not pickled; open it where it is needed")

    # --- issuing ---

    @contextmanager
    def issuing(self, new: NewIssue, /) -> Iterator[tuple[Issuance, ...]]:
        """Enter a new issue, and give its entries while the credentials are signed (see `IssuanceLedger.issuing`).

        Other issues wait meanwhile: those of this process, and where the database is a SQLite file those of all.  So
        the block signs, and does nothing else with the ledger.

        Raises:
            AlreadyIssuedError: there is an issue of this key already, and it is not to be replaced.
            LocalProtocolError: it is to be replaced, and there is none (code ``NOT_ISSUED``), or it is suspended or
                revoked (``NOT_VALID``).
            StoreBusyError: other processes were writing all the time.
            StoreError: the ledger could not write; nothing was entered.
        """
        transaction, entries = self._claimed(new)
        failure: BaseException | None = None
        # What goes wrong in the block is the caller's: it undoes the transaction, and is no failure of the database.
        with suppress(_Undo), transaction:
            try:
                yield entries
            except BaseException as error:
                failure = error
                raise _Undo from None
        if failure is not None:
            raise failure

    def _claimed(self, new: NewIssue) -> tuple[ExitStack, tuple[Issuance, ...]]:
        """Claim the places, and return the transaction that is still open, with the entries."""
        for _ in range(_ATTEMPTS - 1):
            with suppress(DeadlockError):
                return self._claimed_at_once(new)
        return self._claimed_at_once(new)

    def _claimed_at_once(self, new: NewIssue) -> tuple[ExitStack, tuple[Issuance, ...]]:
        try:
            with ExitStack() as transaction:
                entries = self._entered(transaction, new)
                return transaction.pop_all(), entries
        except issuances.KeyTaken:
            pass
        there = self.issued(new.idempotency_key)
        if not there:
            raise StoreCorruptError("the ledger is damaged")
        raise AlreadyIssuedError(there)

    def _entered(self, transaction: ExitStack, new: NewIssue) -> tuple[Issuance, ...]:
        """Begin a transaction, and enter the issue in it, after the one that it replaces was revoked."""
        if new.replaces is None:
            cursor = transaction.enter_context(self._database.written())
            return self._claims.enter(issuances.run_by(cursor), new)
        connection = transaction.enter_context(self._database.write())
        new, issue = issuances.revoke_replaced(connection, self._plan, new, new.replaces)
        return self._claims.enter(issuances.run_in(connection), new, issue=issue)

    # --- statuses ---

    def change_status(self, idempotency_key: str, status: Status, decision: Decision, /) -> tuple[Issuance, ...]:
        """Set the status of what was last issued under a key (see `IssuanceLedger.change_status`).

        Raises:
            LocalProtocolError: nothing was issued under this key (code ``NOT_ISSUED``), it is revoked for good
                (``STATUS_FINAL``), or its list has no room for a suspension (``SUSPENSION_NOT_OFFERED``).
            StoreError: the ledger could not write; nothing was changed.
        """
        with self._database.write() as connection:
            entered = issuances.require_issued(connection, self._plan, idempotency_key)
            issuances.change(connection, self._plan, entered, status, decision)
            return tuple(found.entry for found in issuances.issued(connection, self._plan, idempotency_key))

    def changes(self, idempotency_key: str, /) -> tuple[StatusChange, ...]:
        """Return every change of status of what was ever issued under a key, the first one first."""
        with self._database.read() as connection:
            return issuances.changes(connection, idempotency_key)

    def change_status_of(
        self, subjects: Collection[Pseudonym], status: Status, decision: Decision, /
    ) -> tuple[Issuance, ...]:
        """Set the status of all that a person has (see `IssuanceLedger.change_status_of`).

        Raises:
            LocalProtocolError: nothing was ever issued to this person (code ``NOT_ISSUED``), or a list has no room for
                a suspension (``SUSPENSION_NOT_OFFERED``).
            StoreError: the ledger could not write; nothing was changed.
        """
        with self._database.write() as connection:
            entered = issuances.require_issued_to(connection, self._plan, subjects)
            lasting = [found for found in entered if found.entry.status is not Status.INVALID]
            issuances.change(connection, self._plan, lasting, status, decision)
            return issuances.issued_to(connection, self._plan, subjects)

    # --- looking up ---

    def issued_to(self, subjects: Collection[Pseudonym], /) -> tuple[Issuance, ...]:
        """Return the entries of what a person has (see `IssuanceLedger.issued_to`)."""
        with self._database.read() as connection:
            return issuances.issued_to(connection, self._plan, subjects)

    def issued(self, idempotency_key: str, /) -> tuple[Issuance, ...]:
        """Return the entries of what was last issued under a key, one a copy; none if nothing was."""
        with self._database.read() as connection:
            return tuple(found.entry for found in issuances.issued(connection, self._plan, idempotency_key))

    def entry(self, id: str, /) -> Issuance | None:
        """Return the entry of an identifier."""
        with self._database.read() as connection:
            return issuances.by_id(connection, self._plan, id)

    def entry_at(self, uri: str, index: int, /) -> Issuance | None:
        """Return the entry of the credential that names this place in a status list."""
        with self._database.read() as connection:
            return issuances.by_place(connection, self._plan, uri, index)

    # --- publishing ---

    @property
    def aggregation_uri(self) -> str:
        """The address of the list of status lists."""
        return self._plan.uri

    def due(self, *, at: datetime, renew_until: datetime) -> Iterator[StatusListState]:
        """Yield the lists that have to be published, each as it is then (see `StatusListLedger.due`).

        Raises:
            StoreCorruptError: one is damaged; it is raised after the others.
        """
        with self._database.read() as connection:
            numbers = status_lists.due(connection, at=at, renew_until=renew_until)
        damage: StoreCorruptError | None = None
        for number in numbers:
            try:
                with self._database.read() as connection:
                    state = status_lists.state(connection, self._plan, number)
            except StoreCorruptError as error:
                damage = damage or error
            else:
                yield state
        if damage is not None:
            raise damage

    def keep(self, published: PublishedList, /, *, version: int, clock_ran_ahead: bool = False) -> bool:
        """Keep the tokens of a list unless later ones are there (see `StatusListLedger.keep`)."""
        with self._database.write() as connection:
            return status_lists.keep(
                connection, self._plan, published, version=version, clock_ran_ahead=clock_ran_ahead
            )

    def published(self, uri: str, /) -> PublishedList | None:
        """Return the last tokens of a list, or None if there are none."""
        with self._database.read() as connection:
            return status_lists.published(connection, self._plan, uri)

    def published_uris(self, *, at: datetime) -> tuple[str, ...]:
        """Return the addresses of the lists whose tokens have not ended."""
        with self._database.read() as connection:
            return status_lists.published_uris(connection, self._plan, at=at)


def _upgrade(database: Database) -> None:
    """Bring the tables up to the newest schema, unless somebody else has done it meanwhile."""
    with database.write() as connection:
        version, plan = read_header(connection, locked=True)
        if version < SCHEMA_VERSION:
            migrate(connection, from_schema=version)
            replace_header(connection, plan)


class _Undo(Exception):
    """Leaves a transaction that is to be undone."""
