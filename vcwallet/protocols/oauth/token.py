# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Token requests and responses (RFC 6749, sections 4.1.3, 5 and 6; OpenID4VCI 1.0, section 6).

>>> from vcwallet.protocols.oauth.token import RefreshTokenGrant, read_token_request
>>> read_token_request({"grant_type": "refresh_token", "refresh_token": "tGzv3JOkF0XG5Qx2TlKWIA"})
RefreshTokenGrant(scope=(), client_id=None)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field

from vcwallet.encoding import json, wire
from vcwallet.encoding.wire import Array, WireModel
from vcwallet.errors import MalformedError, UnsupportedError
from vcwallet.protocols.oauth import grant_type as grants
from vcwallet.protocols.oauth.authorization import (
    MAX_CLIENT_ID,
    MAX_CODE,
    MAX_REDIRECT_URI,
    MAX_SCOPE,
    optional,
    read_resources,
    read_scope,
    required,
)
from vcwallet.protocols.oauth.authorization_details import (
    MAX_DETAILS,
    AuthorizationDetail,
    GrantedDetail,
    as_members,
    details_text,
    read_details,
)
from vcwallet.protocols.oauth.bearer import MAX_TOKEN, TOKEN68
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal, refusing
from vcwallet.protocols.oauth.token_type import TokenType

MAX_VERIFIER = 128
MAX_TX_CODE = 256
MAX_RESPONSE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCodeGrant:
    """A code that the browser has brought, to be redeemed.

    Attributes:
        code: the code.
        redirect_uri: that of the authorization request.
        code_verifier: the secret of PKCE.
        client_id: the wallet's, if the request says it.
        authorization_details: the part of what was authorized that the token is for; empty for all of it.
    """

    code: str = field(repr=False)
    redirect_uri: str
    code_verifier: str = field(repr=False)
    client_id: str | None = None
    authorization_details: tuple[AuthorizationDetail, ...] = ()

    def parameters(self) -> dict[str, str]:
        """Return the parameters of the token request."""
        return _given(
            grant_type=grants.AUTHORIZATION_CODE,
            code=self.code,
            redirect_uri=self.redirect_uri,
            code_verifier=self.code_verifier,
            client_id=self.client_id,
            authorization_details=_details(self.authorization_details),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PreAuthorizedCodeGrant:
    """A code of a credential offer, to be redeemed.

    Attributes:
        pre_authorized_code: the code.
        tx_code: what the person was told beside the offer, if anything.
        client_id: the wallet's, if the request says it.
        authorization_details: what the token is for; empty for all that was offered.
    """

    pre_authorized_code: str = field(repr=False)
    tx_code: str | None = field(default=None, repr=False)
    client_id: str | None = None
    authorization_details: tuple[AuthorizationDetail, ...] = ()

    def parameters(self) -> dict[str, str]:
        """Return the parameters of the token request."""
        return _given(
            grant_type=grants.PRE_AUTHORIZED_CODE,
            **{"pre-authorized_code": self.pre_authorized_code},
            tx_code=self.tx_code,
            client_id=self.client_id,
            authorization_details=_details(self.authorization_details),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshTokenGrant:
    """A refresh token, for a further access token.

    Attributes:
        refresh_token: the token.
        scope: less than was granted, if that is wanted.
        client_id: the wallet's, if the request says it.
    """

    refresh_token: str = field(repr=False)
    scope: tuple[str, ...] = ()
    client_id: str | None = None

    def parameters(self) -> dict[str, str]:
        """Return the parameters of the token request."""
        return _given(
            grant_type=grants.REFRESH_TOKEN,
            refresh_token=self.refresh_token,
            scope=" ".join(self.scope),
            client_id=self.client_id,
        )


TokenGrant: TypeAlias = AuthorizationCodeGrant | PreAuthorizedCodeGrant | RefreshTokenGrant


def read_token_request(params: Mapping[str, str]) -> TokenGrant:
    """Return what a token request redeems; parameters that nobody knows are ignored (RFC 6749, section 3.2).

    Raises:
        OAuthRefusal: a parameter is missing, broken or over its limit (``invalid_request``), another grant
            (``unsupported_grant_type``), broken scope (``invalid_scope``) or details
            (``invalid_authorization_details``).
    """
    with refusing(OAuthErrorCode.INVALID_REQUEST):
        grant_type = required(params, "grant_type", MAX_CLIENT_ID)
        read_resources(params)  # nothing depends on them, but a broken one is not passed over
        client_id = optional(params, "client_id", MAX_CLIENT_ID)
        match grant_type:
            case grants.AUTHORIZATION_CODE:
                return AuthorizationCodeGrant(
                    code=required(params, "code", MAX_CODE),
                    redirect_uri=required(params, "redirect_uri", MAX_REDIRECT_URI),
                    code_verifier=required(params, "code_verifier", MAX_VERIFIER),
                    client_id=client_id,
                    authorization_details=_read_details(params),
                )
            case grants.PRE_AUTHORIZED_CODE:
                return PreAuthorizedCodeGrant(
                    pre_authorized_code=required(params, "pre-authorized_code", MAX_CODE),
                    tx_code=_tx_code(params),
                    client_id=client_id,
                    authorization_details=_read_details(params),
                )
            case grants.REFRESH_TOKEN:
                return RefreshTokenGrant(
                    refresh_token=required(params, "refresh_token", MAX_TOKEN),
                    scope=read_scope(params),
                    client_id=client_id,
                )
            case _:
                raise OAuthRefusal(
                    "no such grant", error=OAuthErrorCode.UNSUPPORTED_GRANT_TYPE, clause="RFC 6749, section 5.2"
                )


def _tx_code(params: Mapping[str, str]) -> str | None:
    """Return what the person has typed, in whatever script."""
    value = params.get("tx_code") or None
    if value is not None and (len(value) > MAX_TX_CODE or not value.isprintable()):
        raise MalformedError("the transaction code is too long or has a control character")
    return value


def _read_details(params: Mapping[str, str]) -> tuple[AuthorizationDetail, ...]:
    text = params.get("authorization_details")
    return read_details(text) if text else ()


def _details(details: tuple[AuthorizationDetail, ...]) -> str | None:
    return details_text(details) if details else None


def _given(**params: str | None) -> dict[str, str]:
    return {name: value for name, value in params.items() if value}


# --- the answer ------------------------------------------------------------------------------------------------------


def _token_type(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return TokenType.parse(value)
    except UnsupportedError as error:
        raise ValueError("no token type of ours") from error


def _details_given(value: Any) -> Any:
    return () if value is None else value


class TokenResponse(WireModel):
    """What a token request was granted (RFC 6749, section 5.1; OpenID4VCI 1.0, section 6.2).

    Attributes:
        access_token: the token.
        token_type: how it is used.
        expires_in: its lifetime in seconds; None leaves it open.
        refresh_token: for further access tokens.
        scope: what was granted, where that is not what was asked for.
        authorization_details: what was granted in detail.
    """

    # Members that nobody knows may be secrets (tokens of other protocols), so they are not kept.  What is null or an
    # empty array counts as left out, since some servers write it so and it cannot mean anything else.
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore")

    access_token: Annotated[str, Field(min_length=1, max_length=MAX_TOKEN, repr=False)]
    token_type: Annotated[TokenType, BeforeValidator(_token_type)]
    expires_in: Annotated[int | None, Field(gt=0)] = None
    refresh_token: Annotated[str | None, Field(min_length=1, max_length=MAX_TOKEN, repr=False)] = None
    scope: Annotated[str | None, Field(max_length=MAX_SCOPE)] = None
    authorization_details: Annotated[
        Array[GrantedDetail], Field(max_length=MAX_DETAILS), BeforeValidator(_details_given)
    ] = ()

    def to_json(self) -> bytes:
        """Return the body of the answer, which is sent with ``Cache-Control: no-store``."""
        members: dict[str, Any] = self.model_dump(mode="json", exclude_defaults=True)
        if self.authorization_details:
            members["authorization_details"] = [as_members(detail) for detail in self.authorization_details]
        return json.dumps(members)


def read_token_response(body: bytes) -> TokenResponse:
    """Return what a token request was granted; members that nobody knows are left out.

    Raises:
        LimitExceededError: longer than 256 KiB, or a member over its limit.
        MalformedError: not as the standard says, or a token of a type that vcwallet does not use.
    """
    answer = wire.read(TokenResponse, body, max_bytes=MAX_RESPONSE_BYTES)
    # An access token goes into a header field as it is.
    if not TOKEN68.fullmatch(answer.access_token) or not _VISIBLE.fullmatch(answer.refresh_token or "-"):
        raise MalformedError("a token has a forbidden character", clause="RFC 6749, appendix A.12")
    return answer


_VISIBLE = re.compile(r"[ -~]+")
