# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The registry's change log: who changed what, when, and why; only ever appended to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vcwallet.encoding import json
from vcwallet.encoding.wire import Array, WireModel, read
from vcwallet.errors import StoreCorruptError, VcError
from vcwallet.keys.policy import Role
from vcwallet.storage import Put, RecordStore
from vcwallet.trust.members import Time, time_text, whole_seconds

_COLLECTION = "registry_log"


class Action(StrEnum):
    """What was done."""

    FOUND = "found"
    ENROL = "enrol"
    ADD_PURPOSE = "add_purpose"
    RENEW = "renew"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    WITHDRAW = "withdraw"
    ROTATE = "rotate"
    RETIRE = "retire"
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One change.  It names organisations and codes; whoever gives a reason keeps people out of it.

    Attributes:
        number: 1 for the first change, without gaps.
        time: when it was made.
        operator: who made it: a post, not a person.
        action: what was done.
        party: the party concerned.
        roles: the roles concerned.
        reason: why, in words.
    """

    number: int
    time: datetime
    operator: str
    action: Action
    party: str
    roles: tuple[Role, ...]
    reason: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", whole_seconds(self.time))


def append(entry: LogEntry) -> Put:
    """Return the change that appends an entry; it fails where another entry has the number already.

    Raises:
        ValueError: the entry could not be read again; a reason may be too long.
    """
    body = json.dumps(
        {
            "number": entry.number,
            "time": time_text(entry.time),
            "operator": entry.operator,
            "action": entry.action,
            "party": entry.party,
            "roles": list(entry.roles),
            "reason": entry.reason,
        }
    )
    try:
        _entry(body)
    except VcError as error:
        raise ValueError(f"an entry of the log that nobody could read: {error.args[0]}") from None
    return Put(_COLLECTION, _record_id(entry.number), body, new=True)


def has(number: int, *, store: RecordStore) -> bool:
    """Tell whether there is an entry of this number."""
    return store.get(_COLLECTION, _record_id(number)) is not None


def entries(store: RecordStore) -> tuple[LogEntry, ...]:
    """Return the whole log, the first change first.

    Raises:
        StoreCorruptError: an entry is missing.
    """
    found = sorted((_entry(record.body) for record in store.find(_COLLECTION)), key=lambda entry: entry.number)
    if [entry.number for entry in found] != list(range(1, len(found) + 1)):
        raise StoreCorruptError("an entry of the registry's log is missing")
    return tuple(found)


def _entry(body: bytes) -> LogEntry:
    record = read(_Record, body)
    return LogEntry(
        number=record.number,
        time=record.time,
        operator=record.operator,
        action=Action(record.action),
        party=record.party,
        roles=tuple(Role(role) for role in record.roles),
        reason=record.reason,
    )


def _record_id(number: int) -> str:
    return f"{number:020}"


class _Record(WireModel):
    number: int
    time: Time
    operator: str
    action: str
    party: str
    roles: Array[str]
    reason: str
