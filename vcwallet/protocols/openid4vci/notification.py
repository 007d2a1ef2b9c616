# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How a wallet tells what became of credentials (OpenID4VCI 1.0, section 11).

>>> from vcwallet.protocols.openid4vci.notification import read_notification
>>> read_notification(b'{"notification_id":"3fwe98js","event":"credential_accepted"}').event
<NotificationEvent.CREDENTIAL_ACCEPTED: 'credential_accepted'>
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from vcwallet.claims import JsonValue
from vcwallet.encoding import json, wire
from vcwallet.encoding.wire import Maybe, WireModel
from vcwallet.errors import MalformedError, UnsupportedError, quoted
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, refusing
from vcwallet.protocols.openid4vci.credential_response import MAX_IDENTIFIER

MAX_BYTES = 64 * 1024
MAX_DESCRIPTION = 1024
CLAUSE = "OpenID4VCI 1.0, section 11.1"
_DESCRIPTION = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")


class NotificationEvent(StrEnum):
    """What became of all credentials of one response; one that could not be kept makes it a failure."""

    CREDENTIAL_ACCEPTED = "credential_accepted"
    CREDENTIAL_FAILURE = "credential_failure"
    CREDENTIAL_DELETED = "credential_deleted"


_EVENTS = frozenset(NotificationEvent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What a wallet tells the notification endpoint.

    Attributes:
        notification_id: what the credential response named the credentials by.
        event: what became of them.
        description: more for developers, in printable ASCII without quotation marks and backslashes.
    """

    notification_id: str = field(repr=False)
    event: NotificationEvent
    description: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        text = self.description or ""
        if len(text) > MAX_DESCRIPTION or not _DESCRIPTION.fullmatch(text):
            raise ValueError(f"a description is printable ASCII, at most {MAX_DESCRIPTION} characters")

    def to_json(self) -> bytes:
        """Return the request as JSON."""
        members: dict[str, JsonValue] = {"notification_id": self.notification_id, "event": self.event.value}
        if self.description is not None:
            members["event_description"] = self.description
        return json.dumps(members)


class _Request(WireModel):
    notification_id: Annotated[str, Field(min_length=1, max_length=MAX_IDENTIFIER)]
    event: str
    description: Annotated[Maybe[str], Field(max_length=MAX_DESCRIPTION)] = Field(
        default=None, alias="event_description"
    )


def read_notification(body: bytes) -> Notification:
    """Return a notification request.

    Raises:
        OAuthRefusal: ``invalid_notification_request``: it is not as the standard says or over a limit, or the event is
            one that the standard does not have.
    """
    with refusing(OAuthErrorCode.INVALID_NOTIFICATION_REQUEST):
        members = wire.read(_Request, body, max_bytes=MAX_BYTES)
        if members.event not in _EVENTS:
            raise UnsupportedError(f"event {quoted(members.event)} is not supported", clause=CLAUSE)
        if not _DESCRIPTION.fullmatch(members.description or ""):
            raise MalformedError("event_description has a forbidden character", clause=CLAUSE)
    return Notification(
        notification_id=members.notification_id,
        event=NotificationEvent(members.event),
        description=members.description,
    )
