# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The entries of a ledger: claiming places in status lists, looking up, and changing statuses.

A place is claimed by writing the entry: a constraint of the database, not something that was read before, says whether
it was free (Token Status List, section 13.2).
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, Dialect, Row, Select, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.dml import ReturningInsert

from vcwallet.adapters.store.database import Statement
from vcwallet.adapters.store.ledger import lists
from vcwallet.adapters.store.ledger.lists import moment, seconds
from vcwallet.adapters.store.ledger.schema import checksum, issuance, status_change, weight
from vcwallet.errors import LocalProtocolError, StoreCorruptError
from vcwallet.status.ledger import Decision, Issuance, NewIssue, Pseudonym, Status, StatusChange, StatusListPlan

DRAWS = 32
"""So many indexes in a row that are taken make a list count as full.

A list of a million places is then about three quarters full; what stays free is published as valid like the rest, so
that the list does not tell how many credentials there are.
"""

Draw = Callable[[int], int]
"""Draws a number below the given one, each as likely as the others."""

_ID_BYTES = 16
_ENTRIES = issuance.c
_PLACE = [_ENTRIES.list, _ENTRIES.idx]
# It returns a row if it wrote one.
_CLAIM: dict[str, ReturningInsert[Any]] = {
    name: kind.insert(issuance).on_conflict_do_nothing(index_elements=_PLACE).returning(_ENTRIES.id)
    for name, kind in (("sqlite", sqlite), ("postgresql", postgresql))
}
_ENTRY = select(
    _ENTRIES.id,
    _ENTRIES.idempotency_key,
    _ENTRIES.issue,
    _ENTRIES.copy_number,
    _ENTRIES.type_id,
    _ENTRIES.format,
    _ENTRIES.issued_at,
    _ENTRIES.expires,
    _ENTRIES.list,
    _ENTRIES.idx,
    _ENTRIES.value,
    _ENTRIES.checksum,
    _ENTRIES.subject,
)
_OF_KEY = _ENTRIES.idempotency_key == bindparam("of_key")
_LAST_ISSUE = select(func.max(_ENTRIES.issue)).where(_OF_KEY)
_ISSUED = _ENTRY.where(_OF_KEY, _ENTRIES.issue == _LAST_ISSUE.scalar_subquery()).order_by(_ENTRIES.copy_number)
_ISSUED_AND_LOCKED = _ISSUED.with_for_update()
_OF_SUBJECTS = _ENTRIES.subject.in_(bindparam("of_subjects", expanding=True))
# In one order for everybody, so that no two transactions wait for each other.
_KEYS_OF_SUBJECTS = select(_ENTRIES.idempotency_key).where(_OF_SUBJECTS).distinct().order_by(_ENTRIES.idempotency_key)
_OTHERS = issuance.alias("others")
_LAST_OF_EACH = select(func.max(_OTHERS.c.issue)).where(_OTHERS.c.idempotency_key == _ENTRIES.idempotency_key)
_ISSUED_TO = _ENTRY.where(_OF_SUBJECTS, _ENTRIES.issue == _LAST_OF_EACH.scalar_subquery()).order_by(
    _ENTRIES.issued_at, _ENTRIES.idempotency_key, _ENTRIES.copy_number
)
_BY_ID = _ENTRY.where(_ENTRIES.id == bindparam("of_id"))
_BY_PLACE = _ENTRY.where(_ENTRIES.list == bindparam("of_list"), _ENTRIES.idx == bindparam("of_index"))
_SET_VALUE = (
    update(issuance)
    .where(_ENTRIES.id == bindparam("of_id"))
    .values(value=bindparam("new_value"), checksum=bindparam("new_checksum"))
)
_CHANGES = (
    select(
        status_change.c.issuance,
        status_change.c.old,
        status_change.c.new,
        status_change.c.at,
        status_change.c.actor,
        status_change.c.reason,
        status_change.c.checksum,
    )
    .join_from(status_change, issuance, _ENTRIES.id == status_change.c.issuance)
    .where(_OF_KEY)
    .order_by(status_change.c.number)
)


class KeyTaken(Exception):
    """The issue of this key is there already; the transaction is to be undone."""


class Found(NamedTuple):
    """An entry, and what the ledger has to know of it besides."""

    entry: Issuance
    issue: int
    copy_number: int
    list: int


def revoke_replaced(
    connection: Connection, plan: StatusListPlan, new: NewIssue, decision: Decision
) -> tuple[NewIssue, int]:
    """Revoke the issue that a new one replaces, and return the new one, about the same person, with its number.

    Raises:
        LocalProtocolError: there is nothing to replace, or what there is is not valid.
    """
    before = require_issued(connection, plan, new.idempotency_key)
    _require_valid(before)
    change(connection, plan, before, Status.INVALID, decision)
    return replace(new, subject=before[0].entry.subject or new.subject), before[0].issue + 1


Run: TypeAlias = Callable[[Statement, Mapping[str, Any]], "Sequence[Any] | None"]
"""Runs a statement in a transaction, and returns the first row that it gives, or None."""


def run_by(cursor: Any) -> Run:
    """Run statements by a cursor of the driver (see `Database.written`)."""
    return lambda statement, given: statement.first(cursor, given)


def run_in(connection: Connection) -> Run:
    """Run statements beside others in the transaction of a connection."""
    return lambda statement, given: connection.exec_driver_sql(statement.text, statement.bound(given)).first()


class Claims:
    """Enters new issues, each copy at a place that was free; its statements are written once."""

    __slots__ = ("_claim", "_conflicts", "_current", "_open", "_plan")

    def __init__(self, plan: StatusListPlan, dialect: Dialect) -> None:
        """Enter them into the lists of `plan`."""
        self._plan = plan
        self._claim = Statement(_CLAIM[dialect.name], dialect)
        self._current = Statement(lists.CURRENT, dialect)
        self._open = Statement(lists.OPEN[dialect.name], dialect, columns=lists.opened(1))
        self._conflicts = (IntegrityError, dialect.loaded_dbapi.IntegrityError)

    def enter(self, run: Run, new: NewIssue, *, issue: int = 0, draw: Draw = secrets.randbelow) -> tuple[Issuance, ...]:
        """Enter a new issue, the first of its key unless `issue` says another number (see `IssuanceLedger.issuing`).

        Raises:
            KeyTaken: the issue is there already.
            StoreCorruptError: there is no list.
        """
        try:
            return self._places(run, new, issue, draw)
        except self._conflicts:
            raise KeyTaken from None

    def _places(self, run: Run, new: NewIssue, issue: int, draw: Draw) -> tuple[Issuance, ...]:
        found = run(self._current, {})
        drawn_from = lists.require_number(found and found[0])
        rows: list[dict[str, Any]] = []
        while len(rows) < new.copies:
            row = _row(new, issue, len(rows))
            row["list"] = drawn_from
            taken = [other["idx"] for other in rows if other["list"] == drawn_from]
            if self._takes_a_place(run, row, taken, draw):
                rows.append(row)
            else:
                # There is always one more list than is in use.
                run(self._open, lists.opened(drawn_from + 2))
                drawn_from += 1
        return tuple(_written(row, self._plan) for row in rows)

    def _takes_a_place(self, run: Run, row: dict[str, Any], taken: Sequence[int], draw: Draw) -> bool:
        """Write a row at a free place that is no neighbour of `taken`; False if the list counts as full."""
        for _ in range(DRAWS):
            row["idx"] = draw(self._plan.size)
            if any(abs(row["idx"] - other) <= 1 for other in taken):
                continue  # neighbours would tell that they are of one batch
            row["checksum"] = _checksum(row)
            if run(self._claim, row) is not None:
                return True
        return False


def issued(connection: Connection, plan: StatusListPlan, idempotency_key: str) -> list[Found]:
    """Return the entries of the last issue of a key."""
    return _found(connection, plan, _ISSUED, {"of_key": idempotency_key})


def require_issued(connection: Connection, plan: StatusListPlan, idempotency_key: str) -> list[Found]:
    """Return the entries of the last issue of a key, which nobody else can change before the transaction ends.

    Raises:
        LocalProtocolError: there are none (code ``NOT_ISSUED``).
    """
    given = {"of_key": idempotency_key}
    while True:
        found = _found(connection, plan, _ISSUED_AND_LOCKED, given)
        if not found:
            raise LocalProtocolError("nothing was issued under this idempotency key", code="NOT_ISSUED")
        # While we waited for the lock, the key may have been issued anew; then those entries are meant.
        if found[0].issue == connection.execute(_LAST_ISSUE, given).scalar_one():
            return found


def issued_to(connection: Connection, plan: StatusListPlan, subjects: Collection[Pseudonym]) -> tuple[Issuance, ...]:
    """Return the entries of the last issue of each key that was issued to a person, the oldest first."""
    return tuple(found.entry for found in _found(connection, plan, _ISSUED_TO, _given(subjects)))


def require_issued_to(connection: Connection, plan: StatusListPlan, subjects: Collection[Pseudonym]) -> list[Found]:
    """Return the same, which nobody else can change before the transaction ends.

    Raises:
        LocalProtocolError: there are none (code ``NOT_ISSUED``).
    """
    keys: Sequence[str] = connection.execute(_KEYS_OF_SUBJECTS, _given(subjects)).scalars().all()
    if not keys:
        raise LocalProtocolError("nothing was issued to this person", code="NOT_ISSUED")
    return [found for key in keys for found in require_issued(connection, plan, key)]


def by_id(connection: Connection, plan: StatusListPlan, id: str) -> Issuance | None:
    """Return the entry of an identifier."""
    return next((one.entry for one in _found(connection, plan, _BY_ID, {"of_id": id})), None)


def by_place(connection: Connection, plan: StatusListPlan, uri: str, index: int) -> Issuance | None:
    """Return the entry that has a place in a list."""
    if not 0 <= index < plan.size:
        return None
    given = {"of_list": lists.number_of(plan, uri), "of_index": index}
    return next((one.entry for one in _found(connection, plan, _BY_PLACE, given)), None)


def change(
    connection: Connection, plan: StatusListPlan, found: Iterable[Found], status: Status, decision: Decision
) -> None:
    """Set the status of entries, and write a line for each one that changes.

    Raises:
        LocalProtocolError: see `IssuanceLedger.change_status`.
    """
    more: Counter[int] = Counter()
    for one in found:
        old = one.entry.status
        if old == status:
            continue
        _require_may_change(old, status, plan)
        changed = _row_of(one) | {"value": int(status)}
        given = {"of_id": one.entry.id, "new_value": int(status), "new_checksum": _checksum(changed)}
        connection.execute(_SET_VALUE, given)
        connection.execute(insert(status_change), _line(one.entry, status, decision))
        more[one.list] += weight(one.entry.index, status) - weight(one.entry.index, old)
    # In one order for everybody, so that no two transactions wait for each other.
    for number in sorted(more):
        lists.has_changed(connection, number, more=more[number])


def changes(connection: Connection, idempotency_key: str) -> tuple[StatusChange, ...]:
    """Return the changes of everything that was issued under a key, the first one first.

    Raises:
        StoreCorruptError: one is damaged.
    """
    rows: Iterable[Row[Any]] = connection.execute(_CHANGES, {"of_key": idempotency_key})
    return tuple(_read_change(row) for row in rows)


def _given(subjects: Collection[Pseudonym]) -> dict[str, Any]:
    return {"of_subjects": [subject.value for subject in subjects]}


def _row(new: NewIssue, issue: int, copy_number: int) -> dict[str, Any]:
    return {
        "id": secrets.token_urlsafe(_ID_BYTES),
        "idempotency_key": new.idempotency_key,
        "issue": issue,
        "copy_number": copy_number,
        "type_id": new.type_id,
        "format": new.format,
        "issued_at": seconds(new.issued_at),
        "expires": seconds(new.expires),
        "value": int(Status.VALID),
        "subject": _stored(new.subject),
    }


def _stored(subject: Pseudonym | None) -> bytes | None:
    return None if subject is None else subject.value


def _written(row: dict[str, Any], plan: StatusListPlan) -> Issuance:
    return Issuance(
        id=row["id"],
        idempotency_key=row["idempotency_key"],
        type_id=row["type_id"],
        format=row["format"],
        issued_at=moment(row["issued_at"]),
        expires=moment(row["expires"]),
        uri=lists.uri_of(plan, row["list"]),
        index=row["idx"],
        status=Status.VALID,
        subject=_subject(row["subject"]),
    )


def _require_valid(found: Iterable[Found]) -> None:
    """Return if a credential may be replaced: one that was taken back is not given again by the way."""
    if any(one.entry.status != Status.VALID for one in found):
        raise LocalProtocolError("what is suspended or revoked is not issued anew under its key", code="NOT_VALID")


def _require_may_change(old: Status, status: Status, plan: StatusListPlan) -> None:
    if old == Status.INVALID:
        raise LocalProtocolError(
            "a revoked credential stays revoked", code="STATUS_FINAL", clause="Token Status List, section 7.1"
        )
    if status >= 1 << plan.bits:
        raise LocalProtocolError(
            "a status list of 1 bit has no room for a suspension",
            code="SUSPENSION_NOT_OFFERED",
            clause="Token Status List, section 7.1",
        )


def _row_of(one: Found) -> dict[str, Any]:
    """Return a stored entry as the row that it is."""
    entry = one.entry
    return {
        "id": entry.id,
        "idempotency_key": entry.idempotency_key,
        "issue": one.issue,
        "copy_number": one.copy_number,
        "type_id": entry.type_id,
        "format": entry.format,
        "issued_at": seconds(entry.issued_at),
        "expires": seconds(entry.expires),
        "list": one.list,
        "idx": entry.index,
        "value": int(entry.status),
        "subject": _stored(entry.subject),
    }


# Those of the first schema, whose rows have no subject.
_COLUMNS = [column.name for column in issuance.columns if column not in (_ENTRIES.checksum, _ENTRIES.subject)]
_LINE = ["issuance", "old", "new", "at", "actor", "reason"]


def _checksum(row: Mapping[str, Any]) -> bytes:
    more = [] if row["subject"] is None else [row["subject"]]
    return checksum(*(row[name] for name in _COLUMNS), *more)


def _checksum_of_line(line: Mapping[str, Any]) -> bytes:
    return checksum(*(line[name] for name in _LINE))


def _line(entry: Issuance, status: Status, decision: Decision) -> dict[str, Any]:
    line: dict[str, Any] = {
        "issuance": entry.id,
        "old": int(entry.status),
        "new": int(status),
        "at": seconds(decision.at),
        "actor": decision.actor,
        "reason": decision.reason,
    }
    return {**line, "checksum": _checksum_of_line(line)}


def _found(connection: Connection, plan: StatusListPlan, query: Select[Any], given: dict[str, Any]) -> list[Found]:
    return [_read(row, plan) for row in connection.execute(query, given)]


def _read(row: Row[Any], plan: StatusListPlan) -> Found:
    """Return a stored entry; in a damaged file, anything can be of any type."""
    if row.checksum != _checksum(row._asdict()):
        raise StoreCorruptError("an entry of the ledger is damaged")
    entry = Issuance(
        id=row.id,
        idempotency_key=row.idempotency_key,
        type_id=row.type_id,
        format=row.format,
        issued_at=moment(row.issued_at),
        expires=moment(row.expires),
        uri=lists.uri_of(plan, row.list),
        index=row.idx,
        status=Status(row.value),
        subject=_subject(row.subject),
    )
    return Found(entry, row.issue, row.copy_number, row.list)


def _subject(stored: bytes | None) -> Pseudonym | None:
    return None if stored is None else Pseudonym(stored)


def _read_change(row: Row[Any]) -> StatusChange:
    if row.checksum != _checksum_of_line(row._asdict()):
        raise StoreCorruptError("a change in the ledger is damaged")
    decision = Decision(actor=row.actor, reason=row.reason, at=moment(row.at))
    return StatusChange(issuance=row.issuance, old=Status(row.old), new=Status(row.new), decision=decision)
