# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Which credential configurations a wallet asks for: by scope, by authorization details, or by what was offered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vcwallet.issuer.openid4vci.context import Context
from vcwallet.protocols.oauth.authorization_details import AuthorizationDetail, GrantedDetail
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for.

    Attributes:
        configurations: the identifiers of the configurations, in the order of the request.
        named: those of them that were asked for in detail; the token response gives credential identifiers for them.
    """

    configurations: tuple[str, ...]
    named: tuple[str, ...] = ()


def wanted(
    context: Context, *, scope: Sequence[str], details: Sequence[AuthorizationDetail], among: Collection[str]
) -> Wanted:
    """Return what is asked for by scope and in detail; scopes that nobody knows are ignored (OpenID4VCI 1.0, 5.1).

    Args:
        context: the service.
        scope: the scope values; that of a configuration is its identifier.
        details: the authorization details.
        among: the configurations that may be asked for.

    Raises:
        OAuthRefusal: a detail of a configuration that is not there, or for another issuer
            (``invalid_authorization_details``), or nothing that could be had (``invalid_scope``).
    """
    for detail in details:
        is_here = not detail.locations or context.identifier in detail.locations
        if detail.credential_configuration_id not in among or not is_here:
            raise OAuthRefusal(
                "there is no such configuration",
                error=OAuthErrorCode.INVALID_AUTHORIZATION_DETAILS,
                clause="RFC 9396, section 5",
            )
    named = tuple(detail.credential_configuration_id for detail in details)
    by_scope = tuple(value for value in scope if value in among)
    found = tuple(dict.fromkeys(named + by_scope))
    if not found:
        raise OAuthRefusal("nothing is asked for that can be had", error=OAuthErrorCode.INVALID_SCOPE)
    return Wanted(configurations=found, named=named)


def credential_identifier(configuration: str) -> str:
    """Return the identifier of the one credential of a configuration that a grant is good for."""
    return f"{configuration}.1"


def granted_details(named: Sequence[str]) -> tuple[GrantedDetail, ...]:
    """Return what the token response says of configurations that were asked for in detail."""
    return tuple(
        GrantedDetail(credential_configuration_id=one, credential_identifiers=(credential_identifier(one),))
        for one in named
    )
