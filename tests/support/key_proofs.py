# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Proofs and key attestations of OpenID4VCI, made by hand: right in all but what a test changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.credentials import LEFT_OUT, NOW, Party, StaticTrust, seconds, token
from vcwallet.encoding import base64url
from vcwallet.keys import jwk
from vcwallet.keys.policy import Role
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.openid4vci.issuer_metadata import KeyAttestationsRequired, ProofType

ISSUER = "https://issuer.example"
CLIENT = "https://wallet.example"
NONCE = "wKI4LT17ac15ES9bw8ac4"
PROVIDER = "https://provider.example"
PROVIDER_KEY = SoftwareSigner.generate()
# Always the same, as they are in the names of tests, by their DIDs.
KEYS = tuple(SoftwareSigner(ec.derive_private_key(number, ec.SECP256R1())) for number in (1001, 1002, 1003))

_NO_TYPES: Any = frozenset({None})
TRUST = StaticTrust(parties={PROVIDER: Party(key=PROVIDER_KEY.public_key, role=Role.WALLET_PROVIDER, types=_NO_TYPES)})


def jwk_of(signer: Signer) -> dict[str, str]:
    return jwk.public_jwk(signer.public_key)


def public(*signers: Signer) -> tuple[PublicKey, ...]:
    return tuple(signer.public_key for signer in signers)


def proof(
    signer: Signer = KEYS[0],
    *,
    header: Mapping[str, Any] | None = None,
    claims: Mapping[str, Any] | None = None,
    by: Signer | None = None,
) -> str:
    """Return a proof of `signer`, signed by it or by somebody else, with changed members."""
    right_header = {"alg": signer.public_key.algorithm.value, "typ": "openid4vci-proof+jwt", "jwk": jwk_of(signer)}
    right_claims = {"aud": ISSUER, "iat": seconds(NOW), "nonce": NONCE}
    return token(_changed(right_header, header), _changed(right_claims, claims), (by or signer).sign)


def attestation(
    signers: Sequence[Signer] = KEYS,
    *,
    header: Mapping[str, Any] | None = None,
    claims: Mapping[str, Any] | None = None,
    by: Signer = PROVIDER_KEY,
) -> str:
    """Return an attestation of the signers' keys, signed by the provider or by somebody else, with changed members."""
    right_claims = {
        "iss": PROVIDER,
        "iat": seconds(NOW),
        "exp": seconds(NOW + timedelta(hours=1)),
        "attested_keys": [jwk_of(signer) for signer in signers],
        "key_storage": ["iso_18045_high"],
        "user_authentication": ["iso_18045_moderate"],
        "nonce": NONCE,
    }
    return token(
        _changed({"alg": "ES256", "typ": "key-attestation+jwt"}, header), _changed(right_claims, claims), by.sign
    )


def _changed(members: Mapping[str, Any], changes: Mapping[str, Any] | None) -> dict[str, Any]:
    changed = {**members, **(changes or {})}
    return {name: value for name, value in changed.items() if value is not LEFT_OUT}


def proof_type(*algorithms: str | int, attested: KeyAttestationsRequired | None = None) -> ProofType:
    required: dict[str, Any] = {} if attested is None else {"key_attestations_required": attested}
    return ProofType(proof_signing_alg_values_supported=algorithms or ("ES256",), **required)


def flips(text: str) -> list[str]:
    """Return a compact JWS with one bit changed in each byte of its signature, and in each part."""
    header, payload, signature = text.split(".")
    raw = base64url.decode(signature)
    changed = [bytes([*raw[:i], raw[i] ^ 1, *raw[i + 1 :]]) for i in range(len(raw))]
    return [f"{header}.{payload}.{base64url.encode(one)}" for one in changed]
