# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The two messages of a session and their status (ISO/IEC 18013-5, clauses 9.1.1.4 and 9.1.1.6).

They are what is sent; the request or response inside of ``data`` is encrypted.  Unknown members are passed over, as the
standard reserves them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final, TypeAlias

from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Limits, Tag
from vcwallet.errors import MalformedError, RemoteProtocolError
from vcwallet.protocols.proximity.reading import EMBEDDED, embedded, expect

MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024
"""The longest message of a session, encrypted."""

MAX_CONTENT_BYTES: Final = MAX_MESSAGE_BYTES - 1024
"""The longest request or response: what is left for it in a message."""

_CLAUSE = "ISO/IEC 18013-5, 9.1.1.4"
_LIMITS = Limits(max_bytes=MAX_MESSAGE_BYTES, max_depth=8, max_items=100, max_map_entries=20)


class Status(IntEnum):
    """Why a session ends (clause 9.1.1.6, table 20)."""

    SESSION_ENCRYPTION_ERROR = 10
    CBOR_DECODING_ERROR = 11
    SESSION_TERMINATION = 20


_STATUSES = {status.value: status for status in Status}


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEstablishment:
    """The reader's first message: its ephemeral key (the content of EReaderKeyBytes as it came) and first request."""

    e_reader_key: bytes = field(repr=False)
    data: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Return the message."""
        return cbor.dumps({"eReaderKey": Tag(EMBEDDED, self.e_reader_key), "data": self.data})


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionData:
    """Every later request or response, encrypted; `is_last` where the status for termination comes with it."""

    data: bytes = field(repr=False)
    is_last: bool = False

    def encode(self) -> bytes:
        """Return the message."""
        status = {"status": int(Status.SESSION_TERMINATION)} if self.is_last else {}
        return cbor.dumps({"data": self.data, **status})


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStatus:
    """SessionData without data: the session is at its end."""

    status: Status

    def encode(self) -> bytes:
        """Return the message."""
        return cbor.dumps({"status": int(self.status)})


Message: TypeAlias = SessionEstablishment | SessionData | SessionStatus


def parse(data: bytes) -> Message:
    """Read a message.

    Raises:
        MalformedError: not a message of the standard (code ``SESSION_CBOR``).
        LimitExceededError: longer than 4 MiB, or more than a message consists of (the same code).
        RemoteProtocolError: a status that vcwallet does not know (code ``SESSION_STATUS``).
    """
    try:
        return _message(expect(dict, cbor.loads(data, limits=_LIMITS), "a session message"))
    except MalformedError as error:
        raise type(error)(str(error.args[0]), code="SESSION_CBOR", clause=error.clause or _CLAUSE) from None


def _message(members: dict[Any, Any]) -> Message:
    status = _status(members["status"]) if "status" in members else None
    if status is not None and "data" not in members:
        return SessionStatus(status=status)
    data = expect(bytes, members.get("data"), "the data of a session message")
    if status not in (None, Status.SESSION_TERMINATION):
        raise MalformedError("an error status comes with data", clause="ISO/IEC 18013-5, 9.1.1.6")
    if "eReaderKey" not in members:
        return SessionData(data=data, is_last=status is not None)
    if status is not None:
        raise MalformedError("a session is established and terminated by one message")
    return SessionEstablishment(e_reader_key=_key(members["eReaderKey"]), data=data)


def _key(value: object) -> bytes:
    content = embedded(value, "EReaderKeyBytes")
    cbor.loads(content, limits=_LIMITS)  # whether it is CBOR decides between the two error statuses
    return content


def _status(value: object) -> Status:
    number = expect(int, value, "the status of a session message")
    if number not in _STATUSES:
        raise RemoteProtocolError("a session message has an unknown status", code="SESSION_STATUS")
    return _STATUSES[number]
