# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Who asks at the authorisation server: wallets with the attestation of a provider, and DPoP proofs, each used once."""

from __future__ import annotations

from dataclasses import dataclass

from vcwallet.claims import JsonObject
from vcwallet.errors import TransportError
from vcwallet.issuer.openid4vci.attestations import RETRY_AFTER
from vcwallet.issuer.openid4vci.context import Exchange, busy
from vcwallet.issuer.openid4vci.state import ATTESTATION_PROOF, DPOP_PROOF
from vcwallet.keys.policy import TrustedKey
from vcwallet.protocols.haip import require_x5c
from vcwallet.protocols.oauth import client_attestation, dpop
from vcwallet.protocols.oauth.client_attestation import AttestedClient, verify_client_attestation
from vcwallet.protocols.oauth.dpop import DpopProof, verify_proof
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal, refusing
from vcwallet.sealed_sessions import mark
from vcwallet.status.checker import CredentialStatus

_FORMAT = "jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A wallet at the authorisation server.

    Attributes:
        client_id: its name, which anybody can use unless it is attested; None for an anonymous one.
        attested: what its provider says.
    """

    client_id: str | None
    attested: AttestedClient | None = None

    @property
    def instance(self) -> str | None:
        """The thumbprint of the key of the wallet instance, if it is attested."""
        return None if self.attested is None else self.attested.thumbprint

    @property
    def name(self) -> str | None:
        """How its provider calls it, if it is attested."""
        return None if self.attested is None else self.attested.attestation.name

    def require_instance(self, instance: str | None) -> None:
        """Return if this is the wallet instance that something was given to (draft -07, section 10).

        Raises:
            OAuthRefusal: it is another one (``invalid_grant``).
        """
        if instance is not None and self.instance != instance:
            raise OAuthRefusal("another wallet instance asks", error=OAuthErrorCode.INVALID_GRANT)


def authenticate(exchange: Exchange, client_id: str | None) -> Client:
    """Return who asks.

    Args:
        exchange: the request.
        client_id: the parameter of the request; None where it has none.

    Raises:
        OAuthRefusal: an attestation that is not good or was revoked (``invalid_client_attestation`` and others), none
            where one is needed (``invalid_client``), or one whose status nobody can tell now
            (``temporarily_unavailable``).
    """
    attestation = exchange.header(client_attestation.HEADER)
    proof = exchange.header(client_attestation.POP_HEADER)
    context = exchange.context
    if attestation is None and proof is None:
        if context.requires("client_authentication"):
            raise OAuthRefusal("the wallet is not attested", error=OAuthErrorCode.INVALID_CLIENT, status=401)
        return Client(client_id=client_id)
    client = verify_client_attestation(
        attestation or "",
        proof or "",
        audience=context.identifier,
        client_id=client_id,
        challenges=context.challenges,
        trust=context.wallet_providers,
        at=exchange.at,
    )
    with refusing(OAuthErrorCode.INVALID_CLIENT_ATTESTATION):
        require_x5c(client.chain, anchors=(), profile=context.profile)
    if context.sessions.is_marked(ATTESTATION_PROOF, client.replay_id):
        raise OAuthRefusal(
            "the proof was used before", error=OAuthErrorCode.INVALID_CLIENT_ATTESTATION, code="NONCE_REUSED"
        )
    require_status(
        exchange,
        client.attestation.status,
        provider=client.provider,
        error=OAuthErrorCode.INVALID_CLIENT_ATTESTATION,
    )
    exchange.marks.append(mark(ATTESTATION_PROOF, client.replay_id, expires=exchange.ends(client_attestation.MEMORY)))
    return Client(client_id=client.client_id, attested=client)


def proof_of(exchange: Exchange, *, access_token: str | None = None) -> DpopProof | None:
    """Return the DPoP proof of a request, or None where it has none.

    Raises:
        OAuthRefusal: it is not good or was used before (``invalid_dpop_proof``), or has no nonce of ours
            (``use_dpop_nonce``).
    """
    text = exchange.header(dpop.HEADER)
    if text is None:
        return None
    context, status = exchange.context, 400 if access_token is None else 401
    proof = verify_proof(text, method=exchange.http.method, url=exchange.url, access_token=access_token, at=exchange.at)
    if context.dpop_nonce_required or proof.nonce is not None:
        context.dpop_nonces.require(proof.nonce, at=exchange.at, status=status)
    if context.sessions.is_marked(DPOP_PROOF, proof.replay_id):
        raise OAuthRefusal(
            "the proof was used before",
            error=OAuthErrorCode.INVALID_DPOP_PROOF,
            status=status,
            code="NONCE_REUSED",
            clause="RFC 9449, section 11.1",
        )
    exchange.marks.append(mark(DPOP_PROOF, proof.replay_id, expires=exchange.ends(dpop.MEMORY)))
    return proof


def require_status(
    exchange: Exchange, claim: JsonObject | None, *, provider: TrustedKey, error: OAuthErrorCode
) -> None:
    """Return if a provider still vouches for what it has attested.

    Args:
        exchange: the request.
        claim: the ``status`` of the attestation.
        provider: who has made it.
        error: what the wallet is told where it does not.

    Raises:
        OAuthRefusal: it does not (`error`), or nobody can tell now (``temporarily_unavailable``).
        StoreError: what is known could not be read.
    """
    status = CredentialStatus(claim=claim, issuer=provider.party, format=_FORMAT)
    try:
        with refusing(error):
            exchange.context.attestation_statuses.require(status, at=exchange.at)
    except TransportError as unknown:
        refusal = busy(str(unknown.args[0]), retry_after=int(RETRY_AFTER.total_seconds()))
        refusal.code = unknown.code
        raise refusal from None
