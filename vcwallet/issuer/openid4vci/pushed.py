# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The endpoint for pushed authorization requests (RFC 9126; OpenID4VCI 1.0, section 5.1.4)."""

from __future__ import annotations

from collections.abc import Mapping

from vcwallet.flow import HttpResponse
from vcwallet.issuer.openid4vci.client import Client, authenticate, proof_of
from vcwallet.issuer.openid4vci.context import Exchange, json_response
from vcwallet.issuer.openid4vci.state import ISSUER_STATE, OFFER, REQUEST_URI, IssuerState, Offer, PushedRequest
from vcwallet.issuer.openid4vci.wanted import wanted
from vcwallet.protocols.oauth.authorization import (
    REQUEST_URI_PREFIX,
    AuthorizationRequest,
    pushed_response,
    read_authorization_request,
)
from vcwallet.protocols.oauth.dpop import DpopProof
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal
from vcwallet.sealed_sessions import begin, new_secret


def pushed(exchange: Exchange) -> HttpResponse:
    """Take an authorization request, and answer with what stands for it.

    Raises:
        OAuthRefusal: it is refused.
    """
    params = exchange.form()
    request = read_authorization_request(params)
    client = authenticate(exchange, request.client_id)
    kept = checked_request(exchange, request, client, proof_of(exchange))
    context = exchange.context
    context.require_room(REQUEST_URI, context.bounds.requests)
    secret, lifetime = new_secret(), context.lifetimes.request_uri
    # It is kept until whoever has brought it in time has logged in.
    ends = exchange.ends(lifetime + context.lifetimes.login)
    exchange.commit(begin(REQUEST_URI, kept, secret=secret, expires=ends))
    body = pushed_response(REQUEST_URI_PREFIX + secret, expires_in=int(lifetime.total_seconds()))
    return json_response(body, exchange.fresh_nonce(), status=201)


def checked_request(
    exchange: Exchange, request: AuthorizationRequest, client: Client, proof: DpopProof | None
) -> PushedRequest:
    """Return what is kept of a request that can be granted.

    Raises:
        OAuthRefusal: it cannot.
    """
    if proof is not None and request.dpop_jkt is not None:
        proof.require_key(request.dpop_jkt, error=OAuthErrorCode.INVALID_DPOP_PROOF)
    offer = _offer(exchange, request.issuer_state)
    among = exchange.context.offerings.keys() if offer is None else offer[1].configurations
    found = wanted(exchange.context, scope=request.scope, details=request.authorization_details, among=among)
    lifetime = exchange.context.lifetimes.request_uri
    return PushedRequest(
        parameters=_kept(request.parameters()),
        configurations=found.configurations,
        named=found.named,
        offer=None if offer is None else offer[0],
        dpop_jkt=proof.thumbprint if proof is not None else request.dpop_jkt,
        instance=client.instance,
        wallet_name=client.name,
        until=int(exchange.ends(lifetime).timestamp()),
    )


def _offer(exchange: Exchange, issuer_state: str | None) -> tuple[str, Offer] | None:
    """Return the offer that a request comes of.

    Raises:
        OAuthRefusal: it says that there is one, and there is none, or not any more (``invalid_request``).
    """
    if issuer_state is None:
        return None
    sessions = exchange.context.sessions
    state = sessions.find(ISSUER_STATE, IssuerState, issuer_state)
    offer = None if state is None else sessions.find(OFFER, Offer, state.body.offer)
    if offer is None:
        raise OAuthRefusal(
            "there is no such offer", error=OAuthErrorCode.INVALID_REQUEST, clause="OpenID4VCI 1.0, section 5.1.3"
        )
    return offer.secret, offer.body


def _kept(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return what is needed for the answer."""
    return {
        name: parameters[name]
        for name in ("client_id", "redirect_uri", "code_challenge", "state")
        if name in parameters
    }
