# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What an access token is good for: the one check in front of the credential, deferred and notification endpoints."""

from __future__ import annotations

from dataclasses import dataclass, field

from vcwallet.issuer.openid4vci.client import proof_of
from vcwallet.issuer.openid4vci.context import Context, Exchange
from vcwallet.issuer.openid4vci.refresh import mark_used
from vcwallet.issuer.openid4vci.state import ACCESS_TOKEN, Grant, Token
from vcwallet.protocols.oauth import bearer
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal
from vcwallet.protocols.oauth.token_type import TokenType
from vcwallet.sealed_sessions import Opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A good access token, shown by whom it was given to.

    Attributes:
        token: what it says.
        is_bound: whether it is bound to a key, so that each request has a proof of its own.
    """

    token: Token = field(repr=False)

    @property
    def is_bound(self) -> bool:
        """Whether each request has a proof of the wallet's key."""
        return self.token.jkt is not None

    def grant(self, context: Context) -> Opened[Grant]:
        """Return the grant of the token as it is now.

        Raises:
            OAuthRefusal: it was revoked, or has ended (``invalid_token``).
        """
        found = context.people.live_grant(self.token.grant)
        if found is None:
            raise _invalid("the grant of the access token is void")
        return found


def require_access(exchange: Exchange) -> Access:
    """Return the access of a request (RFC 6750, section 2.1; RFC 9449, section 7).

    Raises:
        OAuthRefusal: no access token that is good now, in the way that it was given (``invalid_token``, status 401),
            or its DPoP proof is not good (``invalid_dpop_proof``, ``use_dpop_nonce``).
    """
    shown = bearer.read_authorization(exchange.header(bearer.HEADER))
    found = exchange.context.sessions.find(ACCESS_TOKEN, Token, shown.token)
    if found is None:
        raise _invalid("there is no such access token")
    token = found.body
    if token.jkt is None:
        # It would be no downgrade, but whoever proves a key relies on its being asked for.
        if shown.token_type is not TokenType.BEARER:
            raise _invalid("the access token is bound to no key", scheme=TokenType.BEARER)
    else:
        if shown.token_type is not TokenType.DPOP:
            raise _invalid("the access token is bound to a key")
        proof = proof_of(exchange, access_token=shown.token)
        if proof is None:
            raise OAuthRefusal("the request has no DPoP proof", error=OAuthErrorCode.INVALID_DPOP_PROOF, status=401)
        proof.require_key(token.jkt)
    mark_used(exchange, token)
    exchange.is_authenticated = True
    return Access(token=token)


def _invalid(message: str, *, scheme: TokenType = TokenType.DPOP) -> OAuthRefusal:
    return OAuthRefusal(message, error=OAuthErrorCode.INVALID_TOKEN, scheme=scheme, clause="RFC 6750, section 3.1")
