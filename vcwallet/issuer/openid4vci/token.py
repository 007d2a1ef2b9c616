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
from vcwallet.issuer.openid4vci.offering import MAX_TX_CODE_TRIES
from vcwallet.issuer.openid4vci.state import (
    ACCESS_TOKEN,
    CODE,
    GRANT,
    PRE_AUTHORIZED,
    REFRESH_TOKEN,
    Code,
    Grant,
    PreAuthorized,
    Redeemed,
    Token,
)
from vcwallet.issuer.openid4vci.wanted import Wanted, granted_details, wanted
from vcwallet.protocols.oauth.authorization_details import AuthorizationDetail
from vcwallet.protocols.oauth.dpop import DpopProof
from vcwallet.protocols.oauth.pkce import require_verifier
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal
from vcwallet.protocols.oauth.token import (
    AuthorizationCodeGrant,
    PreAuthorizedCodeGrant,
    RefreshTokenGrant,
    TokenResponse,
    read_token_request,
)
from vcwallet.protocols.oauth.token_type import TokenType
from vcwallet.sealed_sessions import Opened, begin, new_secret
from vcwallet.sessions import Change


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
            body = _refresh(exchange, request, client, proof)
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
        raise _invalid_grant("there is no such code")
    _require_tx_code(exchange, code, request.tx_code)
    grant = _grant(exchange, code.body.grant)
    if code.body.spent is not None:
        _require_same_key(exchange, code.body.spent, grant, proof)
        return _again(exchange, code.body.spent)
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
        raise _invalid_grant("the code is dead")
    if not hmac.compare_digest(given.encode("utf-8"), expected.encode("utf-8")):
        # Counted in one step: whoever tries many at once gets as many tries as one who tries them in turn.
        exchange.commit(code.swap(tries=code.body.tries + 1))
        raise _invalid_grant("the transaction code is wrong")


# --- a code that the browser has brought -----------------------------------------------------------------------------


def _code(exchange: Exchange, request: AuthorizationCodeGrant, client: Client, proof: DpopProof | None) -> bytes:
    code = exchange.context.sessions.find(CODE, Code, request.code)
    if code is None:
        raise _invalid_grant("there is no such code")
    grant = _grant(exchange, code.body.grant)
    try:
        _require_same_client(code.body, request, client, proof)
    except OAuthRefusal:
        if code.body.spent is not None:
            _revoke(exchange, grant)
        raise
    if code.body.spent is not None:
        _require_same_key(exchange, code.body.spent, grant, proof)
    _require_in_time(exchange, code.body)
    if code.body.spent is not None:
        return _again(exchange, code.body.spent)
    return _redeem(exchange, code, grant, client, proof, request.authorization_details)


def _require_same_client(code: Code, request: AuthorizationCodeGrant, client: Client, proof: DpopProof | None) -> None:
    """Return if the code is shown by the client that it was made for (RFC 6749, section 4.1.3; RFC 9449, 10)."""
    if client.client_id is not None and client.client_id != code.client_id:
        raise _invalid_grant("the code was made for another client")
    client.require_instance(code.instance)
    if request.redirect_uri != code.redirect_uri:
        raise _invalid_grant("the code was made for another redirect URI")
    require_verifier(request.code_verifier, challenge=code.code_challenge)
    if code.dpop_jkt is not None:
        if proof is None:
            raise _invalid_grant("the code is bound to a key")
        proof.require_key(code.dpop_jkt, error=OAuthErrorCode.INVALID_GRANT)


def _require_in_time(exchange: Exchange, code: Code) -> None:
    if exchange.at >= datetime.fromtimestamp(code.until, UTC):
        raise _invalid_grant("the code has ended")


# --- what both have in common ----------------------------------------------------------------------------------------


def _grant(exchange: Exchange, secret: str) -> Opened[Grant]:
    grant = exchange.context.sessions.find(GRANT, Grant, secret)
    if grant is None or grant.body.is_revoked:
        raise _invalid_grant("the grant is void")
    return grant


def _require_same_key(exchange: Exchange, spent: Redeemed, grant: Opened[Grant], proof: DpopProof | None) -> None:
    """Return if it is the wallet that has spent the code, and has perhaps not got the answer.

    Raises:
        OAuthRefusal: nobody can tell (``invalid_grant``); or it is another one, and all tokens are void now.
    """
    if proof is None or spent.jkt is None:
        raise _invalid_grant("the code was used before")
    if proof.thumbprint != spent.jkt:
        _revoke(exchange, grant)
        raise _invalid_grant("the code was used before, with another key")


def _again(exchange: Exchange, spent: Redeemed) -> bytes:
    """Return the answer once more."""
    exchange.commit()
    return spent.response.encode("utf-8")


def _revoke(exchange: Exchange, grant: Opened[Grant]) -> None:
    """Void all tokens of a grant whose code is in two hands (RFC 6749, section 4.1.2)."""
    exchange.commit(grant.swap(is_revoked=True))


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
    body, begun = _tokens(exchange, grant, narrowed.named, client, jkt)
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


def _tokens(
    exchange: Exchange, grant: Opened[Grant], named: tuple[str, ...], client: Client, jkt: str | None
) -> tuple[bytes, list[Change]]:
    """Return the answer with fresh tokens, and the beginnings of their sessions."""
    lifetimes = exchange.context.lifetimes
    lifetime = lifetimes.bearer_token if jkt is None else lifetimes.bound_token
    held = Token(grant=grant.secret, jkt=jkt, instance=client.instance, generation=grant.body.generation)
    access, refresh = new_secret(), new_secret() if jkt is not None else None
    begun: list[Change] = [begin(ACCESS_TOKEN, held, secret=access, expires=exchange.ends(lifetime))]
    if refresh is not None:
        begun.append(begin(REFRESH_TOKEN, held, secret=refresh, expires=exchange.ends(lifetimes.refresh_token)))
    return _answer(access, jkt, int(lifetime.total_seconds()), refresh, named), begun


def _answer(access: str, jkt: str | None, seconds: int, refresh: str | None, named: tuple[str, ...]) -> bytes:
    members = {
        "access_token": access,
        "token_type": TokenType.BEARER if jkt is None else TokenType.DPOP,
        "expires_in": seconds,
        **({} if refresh is None else {"refresh_token": refresh}),
        **({"authorization_details": granted_details(named)} if named else {}),
    }
    return TokenResponse.model_validate(members).to_json()


# --- a refresh token -------------------------------------------------------------------------------------------------


def _refresh(exchange: Exchange, request: RefreshTokenGrant, client: Client, proof: DpopProof | None) -> bytes:
    """Return a fresh access token; once all that the grant was good for is done, it is good for that once more."""
    found = exchange.context.sessions.find(REFRESH_TOKEN, Token, request.refresh_token)
    if found is None:
        raise _invalid_grant("there is no such refresh token")
    grant = _grant(exchange, found.body.grant)
    if proof is None or found.body.jkt is None:
        raise _invalid_grant("a refresh token is bound to a key")
    proof.require_key(found.body.jkt, error=OAuthErrorCode.INVALID_GRANT)
    client.require_instance(found.body.instance)
    generation = _next_generation(grant.body)
    lifetime = exchange.context.lifetimes.bound_token
    access = new_secret()
    held = found.body.model_copy(update={"generation": generation})
    exchange.commit(
        grant.swap(generation=generation),
        begin(ACCESS_TOKEN, held, secret=access, expires=exchange.ends(lifetime)),
    )
    return _answer(access, found.body.jkt, int(lifetime.total_seconds()), None, grant.body.named)


def _next_generation(grant: Grant) -> int:
    done = [act for act in grant.acts if act.generation == grant.generation]
    is_used = bool(done) and all(act.state == "done" for act in done)
    return grant.generation + is_used


def _invalid_grant(message: str) -> OAuthRefusal:
    return OAuthRefusal(message, error=OAuthErrorCode.INVALID_GRANT, clause="RFC 6749, section 5.2")
