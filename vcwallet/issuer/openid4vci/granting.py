# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What every grant of the token endpoint has in common: finding it, its tokens, and voiding them."""

from __future__ import annotations

from vcwallet.issuer.openid4vci.client import Client
from vcwallet.issuer.openid4vci.context import Exchange
from vcwallet.issuer.openid4vci.state import ACCESS_TOKEN, REFRESH_TOKEN, Grant, Redeemed, Token
from vcwallet.issuer.openid4vci.wanted import granted_details
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal
from vcwallet.protocols.oauth.token import TokenResponse
from vcwallet.protocols.oauth.token_type import TokenType
from vcwallet.sealed_sessions import Opened, begin, new_secret
from vcwallet.sessions import Change


def require_grant(exchange: Exchange, secret: str) -> Opened[Grant]:
    """Return a grant as it is now.

    Raises:
        OAuthRefusal: it was revoked, or has ended (``invalid_grant``).
    """
    grant = exchange.context.people.live_grant(secret)
    if grant is None:
        raise invalid_grant("the grant is void")
    return grant


def again(exchange: Exchange, spent: Redeemed) -> bytes:
    """Return the answer once more."""
    exchange.commit()
    return spent.response.encode("utf-8")


def revoke(exchange: Exchange, grant: Opened[Grant]) -> None:
    """Void all tokens of a grant whose code or refresh token is in two hands (RFC 6749, section 4.1.2)."""
    exchange.commit(grant.swap(is_revoked=True))


def first_tokens(
    exchange: Exchange, grant: Opened[Grant], named: tuple[str, ...], client: Client, jkt: str | None
) -> tuple[bytes, list[Change]]:
    """Return the answer with the first tokens of a grant, and the beginnings of their sessions."""
    held = Token(grant=grant.secret, jkt=jkt, instance=client.instance, generation=grant.body.generation)
    access, begun = new_access(exchange, held)
    refresh, more = new_refresh(exchange, held)
    return answer(exchange, access, jkt, refresh, named), [begun, more]


def new_access(exchange: Exchange, held: Token) -> tuple[str, Change]:
    """Return an access token, and the beginning of its session."""
    lifetimes, access = exchange.context.lifetimes, new_secret()
    lifetime = lifetimes.bearer_token if held.jkt is None else lifetimes.bound_token
    return access, begin(ACCESS_TOKEN, held, secret=access, expires=exchange.ends(lifetime))


def new_refresh(exchange: Exchange, held: Token) -> tuple[str, Change]:
    """Return a refresh token, and the beginning of its session; without a key it lasts as long as a transaction."""
    lifetimes, refresh = exchange.context.lifetimes, new_secret()
    lifetime = lifetimes.transaction if held.jkt is None else lifetimes.refresh_token
    return refresh, begin(REFRESH_TOKEN, held, secret=refresh, expires=exchange.ends(lifetime))


def answer(exchange: Exchange, access: str, jkt: str | None, refresh: str | None, named: tuple[str, ...]) -> bytes:
    """Return the token response (RFC 6749, section 5.1; OpenID4VCI 1.0, section 6.2)."""
    lifetimes = exchange.context.lifetimes
    lifetime = lifetimes.bearer_token if jkt is None else lifetimes.bound_token
    members = {
        "access_token": access,
        "token_type": TokenType.BEARER if jkt is None else TokenType.DPOP,
        "expires_in": int(lifetime.total_seconds()),
        **({} if refresh is None else {"refresh_token": refresh}),
        **({"authorization_details": granted_details(named)} if named else {}),
    }
    return TokenResponse.model_validate(members).to_json()


def invalid_grant(message: str) -> OAuthRefusal:
    """Return the refusal of a code or refresh token."""
    return OAuthRefusal(message, error=OAuthErrorCode.INVALID_GRANT, clause="RFC 6749, section 5.2")
