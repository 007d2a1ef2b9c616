# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Proving to an issuer that the wallet has the keys that it wants credentials for (OpenID4VCI 1.0, appendix F)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from vcwallet.errors import UnsupportedError
from vcwallet.flow import Flow
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.signer import Signer
from vcwallet.protocols.openid4vci.credential_request import AttestationProof, JwtProofs, Proofs
from vcwallet.protocols.openid4vci.issuer_metadata import CredentialConfiguration, CredentialIssuerMetadata
from vcwallet.protocols.openid4vci.jwt_proof import make_jwt_proof
from vcwallet.wallet.provider import Attester

MAX_COPIES: Final = 50
"""How many copies of one credential are asked for at once."""

JWT, ATTESTATION = "jwt", "attestation"
_ALGORITHMS: Final = (Algorithm.ES256, Algorithm.ES384, Algorithm.ES512, Algorithm.ED25519, Algorithm.EDDSA)
"""Those of holders' keys, the preferred first."""


def proof_type(configuration: CredentialConfiguration, *, is_attested: bool) -> str | None:
    """Return the type of proof that the wallet gives for a credential; None where it is bound to no key.

    A proof by each key says more than an attestation alone, so it goes first.

    Raises:
        UnsupportedError: it is bound otherwise than to a key (``BINDING_UNSUPPORTED``), or only proofs are taken that
            the wallet cannot give (``PROOF_TYPE_UNSUPPORTED``).
    """
    if not configuration.is_bound:
        return None
    if not {"jwk", "cose_key"} & set(configuration.cryptographic_binding_methods_supported):
        raise UnsupportedError("the credential is bound otherwise than to a key", code="BINDING_UNSUPPORTED")
    offered = configuration.proof_types_supported
    jwt = offered.get(JWT)
    if jwt is not None and (is_attested or jwt.key_attestations_required is None):
        return JWT
    if ATTESTATION in offered and is_attested:
        return ATTESTATION
    raise UnsupportedError("the wallet cannot give a proof of a type that is taken", code="PROOF_TYPE_UNSUPPORTED")


def key_algorithm(configuration: CredentialConfiguration, proof: str) -> Algorithm:
    """Return the algorithm of the keys that a credential is to be bound to.

    Raises:
        UnsupportedError: the issuer takes none that the wallet has (``PROOF_TYPE_UNSUPPORTED``).
    """
    accepted = configuration.proof_types_supported[proof].proof_signing_alg_values_supported
    for algorithm in _ALGORITHMS:
        if algorithm.value in accepted:
            return algorithm
    raise UnsupportedError("the issuer takes no algorithm that the wallet has", code="PROOF_TYPE_UNSUPPORTED")


def number_of_keys(metadata: CredentialIssuerMetadata, configuration: CredentialConfiguration, *, copies: int) -> int:
    """Return how many keys a credential is asked for with: as many as are wanted and the issuer takes at once."""
    if not configuration.is_bound:
        return 0
    batch = metadata.batch_credential_issuance
    return min(copies, batch.batch_size if batch is not None else 1, MAX_COPIES)


def make_proofs(
    configuration: CredentialConfiguration,
    signers: Sequence[Signer],
    *,
    issuer: str,
    client_id: str | None,
    nonce: str | None,
    attester: Attester | None,
    at: datetime,
) -> Flow[Proofs | None]:
    """Return proofs for these keys; None where the credential is bound to none.

    Raises:
        UnsupportedError: as `proof_type`.
        VcError: the keys have to be attested, and the wallet's provider does not do it.
    """
    kind = proof_type(configuration, is_attested=attester is not None)
    if kind is None:
        return None
    required = configuration.proof_types_supported[kind].key_attestations_required
    if attester is None or (kind == JWT and required is None):
        proofs = [make_jwt_proof(one, issuer=issuer, at=at, nonce=nonce, client_id=client_id) for one in signers]
        return JwtProofs(values=tuple(proofs))
    attestation = yield from attester.attest_keys([one.public_key for one in signers], nonce=nonce)
    if kind == ATTESTATION:
        return AttestationProof(value=attestation)
    # One proof speaks for all keys of the attestation that goes along with it (appendix F.1).
    proof = make_jwt_proof(
        signers[0], issuer=issuer, at=at, nonce=nonce, client_id=client_id, key_attestation=attestation
    )
    return JwtProofs(values=(proof,))
