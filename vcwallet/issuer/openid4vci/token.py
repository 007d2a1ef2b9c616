# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The token endpoint (OpenID4VCI 1.0, section 6).

A code is spent in one step with the answer.  A wallet that did not get the answer asks again with the same key and a
fresh proof of it, and gets the same answer; a code that somebody shows with another key is stolen, and all is void.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

from vcwallet.flow import HttpResponse
from vcwallet.issuer.openid4vci.client import Client, authenticate, proof_of
from vcwallet.issuer.openid4vci.context import Exchange, json_response
from vcwallet.issuer.openid4vci.granting import again, first_tokens, invalid_grant, require_grant, revoke
from vcwallet.issuer.openid4vci.offering import MAX_TX_CODE_TRIES
from vcwallet.issuer.openid4vci.refresh import refresh
from vcwallet.issuer.openid4vci.state import CODE, PRE_AUTHORIZED, Code, Grant, PreAuthorized, Redeemed
from vcwallet.issuer.openid4vci.wanted import Wanted, wanted
from vcwallet.protocols.oauth.authorization_details import AuthorizationDetail
from vcwallet.protocols.oauth.dpop import DpopProof
from vcwallet.protocols.oauth.pkce import require_verifier
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal
from vcwallet.protocols.oauth.token import (
    AuthorizationCodeGrant,
    PreAuthorizedCodeGrant,
    RefreshTokenGrant,
    read_token_request,
)
from vcwallet.sealed_sessions import Opened


def token(exchange: Exchange) -> HttpResponse:
    """Answer a token request.

    Raises:
        OAuthRefusal: it is refused.
    """
    request = read_token_request(exchange.form())
    client = authenticate(exchange, request.client_id)
    proof = _proof(exchange)
    match request:
        case PreAuthorizedCodeGrant():
            body = _pre_authorized(exchange, request, client, proof)
        case AuthorizationCodeGrant():
            body = _code(exchange, request, client, proof)
        case RefreshTokenGrant():
            body = refresh(exchange, request, client, proof)
        case _:
            assert_never(request)
    return json_response(body, exchange.fresh_nonce())


def _proof(exchange: Exchange) -> DpopProof | None:
    proof = proof_of(exchange)
    if proof is None and exchange.context.requires("proof_of_possession"):
        raise OAuthRefusal("the request has no DPoP proof", error=OAuthErrorCode.INVALID_DPOP_PROOF)
    return proof


# --- a code of an offer ----------------------------------------------------------------------------------------------


def _pre_authorized(
    exchange: Exchange, request: PreAuthorizedCodeGrant, client: Client, proof: DpopProof | None
) -> bytes:
    code = exchange.context.sessions.find(PRE_AUTHORIZED, PreAuthorized, request.pre_authorized_code)
    if code is None:
        raise invalid_grant("there is no such code")
    _require_tx_code(exchange, code, request.tx_code)
    grant = require_grant(exchange, code.body.grant)
    if code.body.spent is not None:
        _require_same_key(exchange, code.body.spent, grant, proof)
        return again(exchange, code.body.spent)
    return _redeem(exchange, code, grant, client, proof, request.authorization_details)


def _require_tx_code(exchange: Exchange, code: Opened[PreAuthorized], given: str | None) -> None:
    """Return if the transaction code is the right one; after five that are wrong, the code is dead.

    Raises:
        OAuthRefusal: one is missing or not expected (``invalid_request``), or it is wrong (``invalid_grant``).
    """
    expected = code.body.tx_code
    if (given is None) is not (expected is None):
        raise OAuthRefusal(
            "a transaction code is missing, or not expected",
            error=OAuthErrorCode.INVALID_REQUEST,
            clause="OpenID4VCI 1.0, section 6.3",
        )
    if expected is None or given is None:
        return
    if code.body.tries >= MAX_TX_CODE_TRIES:
        raise invalid_grant("the code is dead")
    if not hmac.compare_digest(given.encode("utf-8"), expected.encode("utf-8")):
        # Counted in one step: whoever tries many at once gets as many tries as one who tries them in turn.
        exchange.commit(code.swap(tries=code.body.tries + 1))
        raise invalid_grant("the transaction code is wrong")


# --- a code that the browser has brought -----------------------------------------------------------------------------


def _code(exchange: Exchange, request: AuthorizationCodeGrant, client: Client, proof: DpopProof | None) -> bytes:
    code = exchange.context.sessions.find(CODE, Code, request.code)
    if code is None:
        raise invalid_grant("there is no such code")
    grant = require_grant(exchange, code.body.grant)
    try:
        _require_same_client(code.body, request, client, proof)
    except OAuthRefusal:
        if code.body.spent is not None:
            revoke(exchange, grant)
        raise
    if code.body.spent is not None:
        _require_same_key(exchange, code.body.spent, grant, proof)
    _require_in_time(exchange, code.body)
    if code.body.spent is not None:
        return again(exchange, code.body.spent)
    return _redeem(exchange, code, grant, client, proof, request.authorization_details)


def _require_same_client(code: Code, request: AuthorizationCodeGrant, client: Client, proof: DpopProof | None) -> None:
    """Return if the code is shown by the client that it was made for (RFC 6749, section 4.1.3; RFC 9449, 10)."""
    if client.client_id is not None and client.client_id != code.client_id:
        raise invalid_grant("the code was made for another client")
    client.require_instance(code.instance)
    if request.redirect_uri != code.redirect_uri:
        raise invalid_grant("the code was made for another redirect URI")
    require_verifier(request.code_verifier, challenge=code.code_challenge)
    if code.dpop_jkt is not None:
        if proof is None:
            raise invalid_grant("the code is bound to a key")
        proof.require_key(code.dpop_jkt, error=OAuthErrorCode.INVALID_GRANT)


def _require_in_time(exchange: Exchange, code: Code) -> None:
    if exchange.at >= datetime.fromtimestamp(code.until, UTC):
        raise invalid_grant("the code has ended")


# --- what both have in common ----------------------------------------------------------------------------------------


def _require_same_key(exchange: Exchange, spent: Redeemed, grant: Opened[Grant], proof: DpopProof | None) -> None:
    """Return if it is the wallet that has spent the code, and has perhaps not got the answer.

    Raises:
        OAuthRefusal: nobody can tell (``invalid_grant``); or it is another one, and all tokens are void now.
    """
    if proof is None or spent.jkt is None:
        raise invalid_grant("the code was used before")
    if proof.thumbprint != spent.jkt:
        revoke(exchange, grant)
        raise invalid_grant("the code was used before, with another key")


def _redeem(
    exchange: Exchange,
    code: Opened[PreAuthorized] | Opened[Code],
    grant: Opened[Grant],
    client: Client,
    proof: DpopProof | None,
    details: tuple[AuthorizationDetail, ...],
) -> bytes:
    """Spend a code, and return the answer."""
    narrowed = _narrowed(exchange, grant.body, details)
    jkt = None if proof is None else proof.thumbprint
    changed: dict[str, Any] = {
        "client_id": grant.body.client_id or client.client_id,
        "configurations": narrowed.configurations,
        "named": narrowed.named,
        "jkt": jkt,
        "is_redeemed": True,
    }
    body, begun = first_tokens(exchange, grant, narrowed.named, client, jkt)
    ends = exchange.ends(_grant_lifetime(exchange, is_bound=jkt is not None))
    exchange.commit(
        code.swap(spent=Redeemed(jkt=jkt, response=body.decode("utf-8"))), grant.swap(ends, **changed), *begun
    )
    return body


def _narrowed(exchange: Exchange, grant: Grant, details: tuple[AuthorizationDetail, ...]) -> Wanted:
    """Return what the token is for: all of the grant, or the part that the request asks for in detail."""
    if not details:
        return Wanted(configurations=grant.configurations, named=grant.named)
    return wanted(exchange.context, scope=(), details=details, among=grant.configurations)


def _grant_lifetime(exchange: Exchange, *, is_bound: bool) -> timedelta:
    lifetimes = exchange.context.lifetimes
    if not is_bound:
        return lifetimes.bearer_token
    return max(lifetimes.refresh_token, lifetimes.bound_token)
