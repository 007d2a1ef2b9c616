# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Refusals on the wire: what our server answers, and what a client is told by another one (RFC 6749, section 5.2).

A refusal says one of the registered codes and nothing else: one body for each code, whatever the reason was.

    >>> from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal
    >>> refusal = OAuthRefusal("the code was used before", error=OAuthErrorCode.INVALID_GRANT)
    >>> response = refusal.response()
    >>> response.status, response.body, response.headers["cache-control"]
    (400, b'{"error":"invalid_grant"}', 'no-store')
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import ClassVar, Final

from vcwallet.encoding import json
from vcwallet.errors import (
    MalformedError,
    RemoteProtocolError,
    TrustedListError,
    UnsupportedError,
    VerificationError,
)
from vcwallet.flow import HttpResponse
from vcwallet.protocols.oauth.token_type import TokenType

MAX_BYTES = 64 * 1024
MAX_ERROR = 100
DPOP_ALGORITHMS: Final = "ES256 ES384 ES512 EdDSA Ed25519"
"""What a challenge of the DPoP scheme says under ``algs`` (RFC 9449, section 7.1)."""


class OAuthErrorCode(StrEnum):
    """The value of ``error`` in a refusal.

    From RFC 6749 (sections 4.1.2.1 and 5.2), RFC 6750 (3.1), RFC 8707 (2), RFC 9101 (7), RFC 9396 (5), RFC 9449 (12.2),
    attestation-based client authentication (draft -07) and OpenID4VCI 1.0 (6.3, 8.3.1, 9.3, 11.3).
    """

    INVALID_REQUEST = "invalid_request"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    ACCESS_DENIED = "access_denied"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"
    INVALID_SCOPE = "invalid_scope"
    SERVER_ERROR = "server_error"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - a code
    INSUFFICIENT_SCOPE = "insufficient_scope"
    INVALID_TARGET = "invalid_target"
    INVALID_REQUEST_URI = "invalid_request_uri"
    INVALID_REQUEST_OBJECT = "invalid_request_object"
    REQUEST_NOT_SUPPORTED = "request_not_supported"
    REQUEST_URI_NOT_SUPPORTED = "request_uri_not_supported"
    INVALID_AUTHORIZATION_DETAILS = "invalid_authorization_details"
    INVALID_DPOP_PROOF = "invalid_dpop_proof"
    USE_DPOP_NONCE = "use_dpop_nonce"
    INVALID_CLIENT_ATTESTATION = "invalid_client_attestation"
    USE_ATTESTATION_CHALLENGE = "use_attestation_challenge"
    USE_FRESH_ATTESTATION = "use_fresh_attestation"
    INVALID_CREDENTIAL_REQUEST = "invalid_credential_request"
    UNKNOWN_CREDENTIAL_CONFIGURATION = "unknown_credential_configuration"
    UNKNOWN_CREDENTIAL_IDENTIFIER = "unknown_credential_identifier"
    INVALID_PROOF = "invalid_proof"
    INVALID_NONCE = "invalid_nonce"
    INVALID_ENCRYPTION_PARAMETERS = "invalid_encryption_parameters"
    CREDENTIAL_REQUEST_DENIED = "credential_request_denied"
    INVALID_TRANSACTION_ID = "invalid_transaction_id"
    INVALID_NOTIFICATION_ID = "invalid_notification_id"
    INVALID_NOTIFICATION_REQUEST = "invalid_notification_request"


_STATUS: Final = {
    OAuthErrorCode.INVALID_TOKEN: 401,
    OAuthErrorCode.INSUFFICIENT_SCOPE: 403,
    OAuthErrorCode.SERVER_ERROR: 500,
    OAuthErrorCode.TEMPORARILY_UNAVAILABLE: 503,
}
_BODIES: Final = {error: json.dumps({"error": error.value}) for error in OAuthErrorCode}


class OAuthRefusal(RemoteProtocolError):
    """Our server refuses a request; `response` is the answer, `code` and message are for us alone.

    Attributes:
        error: the code that the peer is told.
        status: the HTTP status of the answer.
        headers: further header fields of the answer, names in lower case.
        scheme: the scheme that an answer with status 401 or 403 asks for.
    """

    default_code: ClassVar[str] = "OAUTH_REFUSED"

    def __init__(
        self,
        message: str,
        *,
        error: OAuthErrorCode,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        scheme: TokenType = TokenType.DPOP,
        code: str | None = None,
        clause: str | None = None,
    ) -> None:
        super().__init__(message, code=code, clause=clause)
        self.error: OAuthErrorCode = error
        self.status: int = _STATUS.get(error, 400) if status is None else status
        self.headers: dict[str, str] = {name.lower(): value for name, value in (headers or {}).items()}
        self.scheme: TokenType = scheme

    def response(self) -> HttpResponse:
        """Return the answer: a JSON object with the code and nothing else, never to be stored by a cache."""
        headers = {"content-type": "application/json", "cache-control": "no-store"}
        if self.status in (401, 403):
            headers["www-authenticate"] = challenge(self.scheme, self.error)
        return HttpResponse(status=self.status, headers=headers | self.headers, body=_BODIES[self.error])


def challenge(scheme: TokenType, error: OAuthErrorCode | None = None) -> str:
    """Return the value of ``WWW-Authenticate`` (RFC 6750, section 3; RFC 9449, section 7.1).

    Without `error` it is that for a request that came with no token.
    """
    members = [] if error is None else [f'error="{error}"']
    if scheme is TokenType.DPOP:
        members.append(f'algs="{DPOP_ALGORITHMS}"')
    return f"{scheme} {', '.join(members)}" if members else scheme.value


@contextmanager
def refusing(error: OAuthErrorCode, *, status: int | None = None) -> Iterator[None]:
    """Let an error of the block leave as a refusal with this code; its own message, code and clause stay.

    Only what the peer has done wrong is its fault: errors of a store, a key, a trusted list of our own or the caller
    pass as they are.

    Raises:
        OAuthRefusal: the peer's input was refused in the block, or it was a refusal already, which is not changed.
        TrustedListError: our own trusted list is not to be relied on, whatever the peer has sent.
    """
    try:
        yield
    except (OAuthRefusal, TrustedListError):
        raise
    except (MalformedError, RemoteProtocolError, UnsupportedError, VerificationError) as cause:
        refusal = OAuthRefusal(str(cause.args[0]), error=error, status=status, clause=cause.clause)
        refusal.code = cause.code
        raise refusal from cause


# --- the other side --------------------------------------------------------------------------------------------------


class PeerRefusedError(RemoteProtocolError):
    """The peer's server has refused our request.

    Attributes:
        error: the code that it told, in characters of RFC 6749; empty where it told none.
        status: the HTTP status, or 0 where the refusal came by a redirect.
    """

    default_code: ClassVar[str] = "PEER_REFUSED"

    def __init__(self, error: str, *, status: int) -> None:
        told = error if _ERROR.fullmatch(error) else ""
        super().__init__(f'the peer refuses: "{told or "no code"}", status {status}')
        self.error: str = told
        self.status: int = status


_ERROR = re.compile(rf"[ !#-\[\]-~]{{1,{MAX_ERROR}}}")
_CHALLENGED = re.compile(r'(?:^|[ ,])error="([^"\\]*)"')


def read_refusal(response: HttpResponse) -> PeerRefusedError:
    """Return what an answer says that is no success; its descriptions, which are for developers, are left out.

    A body that is no refusal counts as one without a code, since the status alone says that nothing was granted; a
    resource may say the code in ``WWW-Authenticate`` alone (RFC 6750, section 3).
    """
    told = _in_body(response.body) or _in_challenge(response.headers.get("www-authenticate", ""))
    return PeerRefusedError(told, status=response.status)


def _in_body(body: bytes) -> str:
    try:
        error = json.loads_object(body, max_bytes=MAX_BYTES).get("error")
    except MalformedError:
        return ""
    return error if isinstance(error, str) else ""


def _in_challenge(text: str) -> str:
    found = _CHALLENGED.search(text[:MAX_BYTES])
    return found.group(1) if found else ""
