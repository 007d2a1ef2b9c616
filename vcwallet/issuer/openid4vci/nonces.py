# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The nonce endpoint (OpenID4VCI 1.0, section 7) and the challenge endpoint of wallet attestations (draft -07)."""

from __future__ import annotations

from vcwallet.flow import HttpResponse
from vcwallet.issuer.openid4vci.context import Exchange, json_response
from vcwallet.protocols.oauth.client_attestation import challenge_response
from vcwallet.protocols.openid4vci.nonce import nonce_response


def nonce(exchange: Exchange) -> HttpResponse:
    """Give a fresh nonce for proofs; nothing is kept of it until it is used."""
    return json_response(nonce_response(exchange.context.c_nonces.issue(at=exchange.at)), exchange.fresh_nonce())


def challenge(exchange: Exchange) -> HttpResponse:
    """Give a fresh challenge for the proof that comes with a wallet attestation."""
    challenges = exchange.context.challenges
    if challenges is None:
        return HttpResponse(status=404, headers={"cache-control": "no-store"}, body=b"")
    return json_response(challenge_response(challenges.issue(at=exchange.at)), exchange.fresh_nonce())
