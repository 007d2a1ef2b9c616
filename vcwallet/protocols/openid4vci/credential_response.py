# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a credential endpoint answers: credentials, or when to ask again (OpenID4VCI 1.0, sections 8.3 and 9.2).

>>> from datetime import timedelta
>>> from vcwallet.protocols.openid4vci.credential_response import DeferredIssuance, read_credential_response
>>> read_credential_response(b'{"transaction_id":"8xLOxBtZp8","interval":3600}', status=202, format="dc+sd-jwt")
DeferredIssuance(interval=datetime.timedelta(seconds=3600))
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import Field

from vcwallet.claims import JsonValue
from vcwallet.encoding import json, wire
from vcwallet.encoding.wire import Array, Maybe, WireModel
from vcwallet.errors import BindingError, LimitExceededError, MalformedError, UnsupportedError, quoted
from vcwallet.formats.base import Credential

MAX_BYTES = 4 * 1024 * 1024
"""How long a response may be that is read: fifty credentials with a portrait."""
MAX_OWN_BYTES = 3 * 1024 * 1024 - 4096
"""How long one may be that is made: encrypted it grows by a third, and has to be read, too."""
MAX_CREDENTIALS = 50
MAX_IDENTIFIER = 4096
MAX_INTERVAL = timedelta(days=366)
CLAUSE = "OpenID4VCI 1.0, section 8.3"

_STRINGS = frozenset({"dc+sd-jwt", "mso_mdoc", "jwt_vc_json", "jwt_vc_json-ld"})
_OBJECTS = frozenset({"ldp_vc"})


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCredentials:
    """Credentials of one configuration and data set, each bound to another key; nothing in them is verified.

    Attributes:
        credentials: 1 to 50, all of one format.
        notification_id: what the wallet names them by when it tells what became of them.
    """

    status: ClassVar[int] = 200
    credentials: tuple[Credential, ...] = field(repr=False)
    notification_id: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not 0 < len(self.credentials) <= MAX_CREDENTIALS:
            raise ValueError(f"a response has 1 to {MAX_CREDENTIALS} credentials")

    def to_json(self) -> bytes:
        """Return the response as JSON (appendix A: how each format stands in it).

        Raises:
            LimitExceededError: longer than 3 068 KiB, which nobody might read.
            UnsupportedError: a format that has no place in a response.
        """
        members: dict[str, JsonValue] = {"credentials": [{"credential": _value(one)} for one in self.credentials]}
        if self.notification_id is not None:
            members["notification_id"] = self.notification_id
        text = json.dumps(members)
        if len(text) > MAX_OWN_BYTES:
            raise LimitExceededError(f"a credential response is longer than {MAX_OWN_BYTES} bytes", clause=CLAUSE)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredIssuance:
    """The credentials are not ready; they are asked for at the deferred endpoint (section 9).

    Attributes:
        transaction_id: what they are asked for by.
        interval: how long to wait before asking, at least; whole seconds on the wire.
    """

    status: ClassVar[int] = 202
    transaction_id: str = field(repr=False)
    interval: timedelta

    def __post_init__(self) -> None:
        if not timedelta(0) < self.interval <= MAX_INTERVAL:
            raise ValueError(f"an interval is longer than nothing and at most {MAX_INTERVAL.days} days")

    def to_json(self) -> bytes:
        """Return the response as JSON; the interval is in whole seconds, rounded up."""
        interval = math.ceil(self.interval.total_seconds())
        return json.dumps({"transaction_id": self.transaction_id, "interval": interval})


CredentialResponse: TypeAlias = IssuedCredentials | DeferredIssuance
"""What the credential and the deferred endpoint answer with; `status` is the HTTP status code that goes with it."""


def _value(credential: Credential) -> JsonValue:
    if credential.format in _OBJECTS:
        return json.loads_object(credential.raw)
    _require_known(credential.format)
    return credential.raw


def _require_known(format: str) -> None:
    if format not in _STRINGS | _OBJECTS:
        raise UnsupportedError(f"credential format {quoted(format)} is not supported", clause="OpenID4VCI 1.0, A")


_Identifier = Annotated[str, Field(min_length=1, max_length=MAX_IDENTIFIER)]


class _Entry(WireModel):
    credential: str | dict[str, Any]


class _Response(WireModel):
    credentials: Array[_Entry] = Field(default=(), min_length=1, max_length=MAX_CREDENTIALS)
    notification_id: Maybe[_Identifier] = None
    transaction_id: Maybe[_Identifier] = None
    interval: Maybe[int | float] = None


def read_credential_response(body: bytes, *, status: int, format: str) -> CredentialResponse:
    """Return what a credential endpoint answered.

    Args:
        body: the JSON text, decrypted if it was encrypted.
        status: the HTTP status code, 200 or 202; any other is no credential response.
        format: the format of the configuration that was asked for.

    Raises:
        LimitExceededError: longer than 4 MiB, more than 50 credentials, or an interval of more than a year.
        MalformedError: not as the standard says for this status and format.
        UnsupportedError: a format that vcwallet does not know, or a response of a draft before 1.0 (``OLD_DRAFT``).
    """
    _require_known(format)
    members = wire.read(_Response, body, max_bytes=MAX_BYTES)
    if not members.credentials and "credential" in (members.model_extra or {}):
        raise UnsupportedError("the response is of a draft before OpenID4VCI 1.0", code="OLD_DRAFT", clause=CLAUSE)
    match status, members.credentials, members.transaction_id:
        case 200, (_, *_) as entries, None:
            credentials = tuple(_credential(entry, format) for entry in entries)
            return IssuedCredentials(credentials=credentials, notification_id=members.notification_id)
        case 202, (), str() as transaction_id:
            return DeferredIssuance(transaction_id=transaction_id, interval=_interval(members.interval))
        case _:
            raise MalformedError("a credential response has credentials or a transaction", clause=CLAUSE)


def read_deferred_response(body: bytes, *, status: int, format: str, transaction_id: str) -> CredentialResponse:
    """Return what a deferred endpoint answered to a request with `transaction_id` (section 9.2).

    Raises:
        BindingError: it goes on with another transaction.
        VcError: as `read_credential_response`.
    """
    response = read_credential_response(body, status=status, format=format)
    if isinstance(response, DeferredIssuance) and response.transaction_id != transaction_id:
        raise BindingError("the response is to another transaction", clause="OpenID4VCI 1.0, section 9.2")
    return response


def _credential(entry: _Entry, format: str) -> Credential:
    value = entry.credential
    if isinstance(value, str) is not (format in _STRINGS):
        raise MalformedError("a credential is not of the kind that its format says", clause="OpenID4VCI 1.0, A")
    if not value:
        raise MalformedError("a credential is empty", clause=CLAUSE)
    return Credential(format=format, raw=value if isinstance(value, str) else json.dumps(value).decode("utf-8"))


def _interval(seconds: int | float | None) -> timedelta:
    if seconds is None or seconds <= 0:
        raise MalformedError("interval is a positive number", clause=CLAUSE)
    if seconds > MAX_INTERVAL.total_seconds():
        raise LimitExceededError(f"an interval is longer than {MAX_INTERVAL.days} days", clause=CLAUSE)
    return timedelta(seconds=math.ceil(seconds))
