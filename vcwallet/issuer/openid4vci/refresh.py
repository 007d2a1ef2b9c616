# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Refresh tokens (RFC 6749, section 6): one that is bound to a key stays, one that is not is changed each time.

One without a key is there for what was deferred, since no access token that anybody can use lasts until then
(OpenID4VCI 1.0, section 13.10).  It is good for nothing else: what was promised can be picked up, and no new keys get
anything.  Each use gives another one (RFC 9700, section 4.14.2).  A wallet that did not get the answer shows the old
one again and gets the same answer, until somebody has used what was in it; after that the old one is in two hands, and
all tokens are void.
"""

from __future__ import annotations

from typing import Final

from vcwallet.issuer.openid4vci.client import Client
from vcwallet.issuer.openid4vci.context import Exchange
from vcwallet.issuer.openid4vci.granting import (
    again,
    answer,
    invalid_grant,
    new_access,
    new_refresh,
    require_grant,
    revoke,
)
from vcwallet.issuer.openid4vci.state import REFRESH_TOKEN, REFRESHED, Grant, Redeemed, Token
from vcwallet.protocols.oauth.dpop import DpopProof
from vcwallet.protocols.oauth.refusal import OAuthErrorCode
from vcwallet.protocols.oauth.token import RefreshTokenGrant
from vcwallet.sealed_sessions import Opened, digest, mark

MAX_ROTATIONS: Final = 10_000
"""How often the refresh token of one grant is changed: enough for a wallet that asks every 5 minutes for 30 days."""


def refresh(exchange: Exchange, request: RefreshTokenGrant, client: Client, proof: DpopProof | None) -> bytes:
    """Return the answer to a request with a refresh token.

    Raises:
        OAuthRefusal: the token is not good, or not for whoever shows it (``invalid_grant``).
    """
    found = exchange.context.sessions.find(REFRESH_TOKEN, Token, request.refresh_token)
    if found is None:
        raise invalid_grant("there is no such refresh token")
    grant = require_grant(exchange, found.body.grant)
    client.require_instance(found.body.instance)
    if found.body.jkt is None:
        return _changed(exchange, found, grant, client, proof)
    return _bound(exchange, found, grant, found.body.jkt, proof)


# --- bound to a key --------------------------------------------------------------------------------------------------


def _bound(exchange: Exchange, found: Opened[Token], grant: Opened[Grant], jkt: str, proof: DpopProof | None) -> bytes:
    """Return a fresh access token; once all that the grant was good for is done, it is good for that once more."""
    if proof is None:
        raise invalid_grant("the refresh token is bound to a key")
    proof.require_key(jkt, error=OAuthErrorCode.INVALID_GRANT)
    generation = _next_generation(grant.body)
    access, begun = new_access(exchange, found.body.model_copy(update={"generation": generation}))
    exchange.commit(grant.swap(generation=generation), begun)
    return answer(exchange, access, jkt, None, grant.body.named)


def _next_generation(grant: Grant) -> int:
    done = [act for act in grant.acts if act.generation == grant.generation]
    is_used = bool(done) and all(act.state == "done" for act in done)
    return grant.generation + is_used


# --- bound to none ---------------------------------------------------------------------------------------------------


def _changed(
    exchange: Exchange, found: Opened[Token], grant: Opened[Grant], client: Client, proof: DpopProof | None
) -> bytes:
    """Return an access token for what was deferred, and another refresh token in place of this one."""
    if proof is not None:
        raise invalid_grant("the refresh token is bound to no key")
    if grant.body.client_id is not None and client.client_id not in (None, grant.body.client_id):
        raise invalid_grant("the refresh token was given to another client")
    if found.body.spent is not None:
        _require_unused(exchange, found, grant)
        return again(exchange, found.body.spent)
    if not any(act.was_deferred for act in grant.body.acts):
        raise invalid_grant("there is nothing that was deferred")
    if grant.body.rotations >= MAX_ROTATIONS:
        raise invalid_grant("the token was refreshed too often")
    held = found.body.model_copy(update={"is_for_deferred": True, "instead_of": digest(found.secret)})
    access, begun = new_access(exchange, held)
    following, more = new_refresh(exchange, held)
    body = answer(exchange, access, None, following, grant.body.named)
    mark_used(exchange, found.body)
    spent = found.swap(spent=Redeemed(response=body.decode("utf-8")))
    exchange.commit(spent, grant.swap(rotations=grant.body.rotations + 1), begun, more)
    return body


def _require_unused(exchange: Exchange, found: Opened[Token], grant: Opened[Grant]) -> None:
    """Return if nobody has used what came in place of a refresh token.

    Raises:
        OAuthRefusal: somebody has, so two have shown it, and all tokens are void now (``invalid_grant``).
    """
    if exchange.context.sessions.is_marked(REFRESHED, digest(found.secret)):
        revoke(exchange, grant)
        raise invalid_grant("the refresh token was used before")


def mark_used(exchange: Exchange, token: Token) -> None:
    """Note that a token which came in place of a refresh token has arrived, so that the old one is good no more."""
    old, context = token.instead_of, exchange.context
    if old is not None and not context.sessions.is_marked(REFRESHED, old):
        exchange.marks.append(mark(REFRESHED, old, expires=exchange.ends(context.lifetimes.transaction)))
