# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a wallet tells a verifier instead of an answer (OpenID4VP 1.0, section 8.5).

A verifier never learns from an error what a wallet holds: nothing held, nothing that fits and a person who says no are
all ``access_denied``.

    >>> from vcwallet.errors import ConsentRequiredError, NoMatchError
    >>> from vcwallet.protocols.openid4vp.error_response import error_for
    >>> error_for(NoMatchError("")) is error_for(ConsentRequiredError(""))
    True
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from vcwallet.encoding import json
from vcwallet.errors import (
    MalformedError,
    NotAuthorisedError,
    RemoteProtocolError,
    UnsupportedError,
    UntrustedError,
    VcError,
    VerificationError,
    VerifierUnknownError,
)

MAX_ERROR = 100
CLAUSE: Final = "OpenID4VP 1.0, section 8.5"


class ErrorCode(StrEnum):
    """The value of ``error`` (section 8.5; RFC 6749, section 4.1.2.1)."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_SCOPE = "invalid_scope"
    ACCESS_DENIED = "access_denied"
    VP_FORMATS_NOT_SUPPORTED = "vp_formats_not_supported"
    INVALID_REQUEST_URI_METHOD = "invalid_request_uri_method"
    INVALID_TRANSACTION_DATA = "invalid_transaction_data"
    WALLET_UNAVAILABLE = "wallet_unavailable"


# By the code of our error, where a class says too little.
_BY_CODE: Final = {code.name: code for code in ErrorCode}
_BY_CLASS: Final[tuple[tuple[type[VcError], ErrorCode], ...]] = (
    (VerifierUnknownError, ErrorCode.INVALID_CLIENT),
    (UntrustedError, ErrorCode.INVALID_CLIENT),
    (NotAuthorisedError, ErrorCode.INVALID_CLIENT),
    (MalformedError, ErrorCode.INVALID_REQUEST),
    (RemoteProtocolError, ErrorCode.INVALID_REQUEST),
    (UnsupportedError, ErrorCode.INVALID_REQUEST),
    (VerificationError, ErrorCode.INVALID_REQUEST),
)


def error_for(error: VcError) -> ErrorCode:
    """Return what a verifier is told about an error of ours; for everything but a wrong request ``access_denied``."""
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    return next((code for kind, code in _BY_CLASS if isinstance(error, kind)), ErrorCode.ACCESS_DENIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorResponse:
    """That there is no answer, and in which of a few words why; nothing in it is verified.

    Attributes:
        error: the code; of another wallet it may be one that the standard does not have, in printable ASCII.
        state: what the request has as state.
    """

    error: str
    state: str | None = field(default=None, repr=False)

    def to_members(self) -> dict[str, str]:
        """Return it as the members of a form or JSON object; there is no description, which would tell more."""
        members = {"error": str(self.error)}
        return members if self.state is None else {**members, "state": self.state}

    def to_json(self) -> bytes:
        """Return it as JSON, for the Digital Credentials API or for encryption."""
        return json.dumps(self.to_members())

    @classmethod
    def from_members(cls, members: Mapping[str, Any]) -> ErrorResponse:
        """Return the error of a form or JSON object; descriptions, which are for developers, are left out.

        Raises:
            MalformedError: no ``error``, or one that RFC 6749 does not allow; or ``state`` is no string.
        """
        error, state = members.get("error"), members.get("state")
        if not isinstance(error, str) or _ERROR.fullmatch(error) is None:
            raise MalformedError("error is a short text", clause=CLAUSE)
        if state is not None and not isinstance(state, str):
            raise MalformedError("state is a string", clause=CLAUSE)
        return cls(error=error, state=state)


_ERROR: Final = re.compile(rf"[ !#-\[\]-~]{{1,{MAX_ERROR}}}")
