# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Rich authorization requests of the type ``openid_credential`` (RFC 9396; OpenID4VCI 1.0, sections 5.1.1 and 6.2).

What is asked for is an `AuthorizationDetail`, in which every member means something (RFC 9396, section 5).  What was
granted is a `GrantedDetail`, in which members that nobody knows are ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import ConfigDict, Field

from vcwallet.encoding import json, wire
from vcwallet.encoding.wire import Array, WireModel
from vcwallet.errors import LimitExceededError, MalformedError
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, refusing
from vcwallet.protocols.openid4vci.claims_description import require_consistent

TYPE: Final = "openid_credential"
MAX_BYTES = 64 * 1024
MAX_DETAILS = 50
MAX_CLAIMS = 200
MAX_PATH = 16
MAX_LOCATIONS = 10
MAX_IDENTIFIERS = 100
MAX_IDENTIFIER = 1024
_CLAUSE = "RFC 9396, section 2"

Identifier = Annotated[str, Field(min_length=1, max_length=MAX_IDENTIFIER)]


_Index = Annotated[int, Field(ge=0)]


class AskedClaim(WireModel):
    """A claim that the wallet would like to get (OpenID4VCI 1.0, appendix B.1)."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore")

    path: Annotated[Array[str | _Index | None], Field(min_length=1, max_length=MAX_PATH)]
    mandatory: bool = False


class AuthorizationDetail(WireModel):
    """One credential that is asked for."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    type: Literal["openid_credential"] = "openid_credential"
    credential_configuration_id: Identifier
    claims: Annotated[Array[AskedClaim], Field(max_length=MAX_CLAIMS)] = ()
    locations: Annotated[Array[str], Field(max_length=MAX_LOCATIONS)] = ()
    credential_identifiers: Annotated[Array[Identifier], Field(max_length=MAX_IDENTIFIERS)] = ()


class GrantedDetail(WireModel):
    """One credential that a token is good for, with the identifiers that name it in credential requests."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="ignore")

    type: Literal["openid_credential"] = "openid_credential"
    credential_configuration_id: Identifier
    credential_identifiers: Annotated[Array[Identifier], Field(min_length=1, max_length=MAX_IDENTIFIERS)]


def details_text(details: Sequence[AuthorizationDetail]) -> str:
    """Return the parameter ``authorization_details``."""
    return json.dumps([as_members(detail) for detail in details]).decode("utf-8")


def as_members(detail: AuthorizationDetail | GrantedDetail) -> dict[str, Any]:
    """Return the JSON object of a detail, without the members that it does not have."""
    members: dict[str, Any] = detail.model_dump(mode="json", exclude_defaults=True)
    return {"type": detail.type, **members}


def read_details(text: str) -> tuple[AuthorizationDetail, ...]:
    """Return what the parameter ``authorization_details`` asks for.

    Raises:
        OAuthRefusal: no JSON array of objects of this type, one with a member that nobody knows, or one that asks for
            the same twice, be it a configuration or a claim, or by contradictory paths
            (``invalid_authorization_details``).
    """
    with refusing(OAuthErrorCode.INVALID_AUTHORIZATION_DETAILS):
        values = json.loads(text, max_bytes=MAX_BYTES)
        if not isinstance(values, list) or not values:
            raise MalformedError("authorization_details is a non-empty array", clause=_CLAUSE)
        if len(values) > MAX_DETAILS:
            raise LimitExceededError(f"authorization_details has more than {MAX_DETAILS} objects", clause=_CLAUSE)
        details = tuple(_detail(value) for value in values)
        if len({detail.credential_configuration_id for detail in details}) < len(details):
            raise MalformedError("authorization_details asks for one configuration twice", clause=_CLAUSE)
        return details


def _detail(value: object) -> AuthorizationDetail:
    detail = wire.fit(AuthorizationDetail, value)
    # Nothing asked for is not the same as not asked: what is meant by an empty array, nobody can tell.
    if any(getattr(detail, name) == () for name in detail.model_fields_set):
        raise MalformedError("an array of authorization_details is empty", clause="OpenID4VCI 1.0, section 5.1.1")
    # The format is the configuration's, which is not known here: what no format allows is refused.
    require_consistent((claim.path for claim in detail.claims), in_mdoc=True)
    return detail
