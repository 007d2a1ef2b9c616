# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""From the proofs of a request to the keys that its credentials are bound to (OpenID4VCI 1.0, appendix F.4).

Whether the nonce is one of the issuer's, and not used before, is for the issuer to say: here it is only the same in all
proofs and attestations.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from vcwallet.errors import BindingError, LimitExceededError, UnsupportedError
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.policy import TrustPolicy
from vcwallet.keys.public import PublicKey
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, refusing
from vcwallet.protocols.openid4vci.credential_request import (
    AttestationProof,
    DataIntegrityProofs,
    JwtProofs,
    Proofs,
)
from vcwallet.protocols.openid4vci.di_vp import verify_di_vp_proof
from vcwallet.protocols.openid4vci.issuer_metadata import ProofType
from vcwallet.protocols.openid4vci.jwt_proof import HolderCertificates, JwtProof, verify_jwt_proof
from vcwallet.protocols.openid4vci.key_attestation import (
    KeyAttestation,
    different_keys,
    verify_key_attestation,
)

CLAUSE = "OpenID4VCI 1.0, appendix F.4"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvedKeys:
    """The keys that credentials are to be bound to, one each.

    Attributes:
        keys: all different; in the order of the proofs, and of the keys in an attestation.
        nonce: the nonce that every proof and attestation was made for; None where none has one.
        attestations: the key attestations, each once.
    """

    keys: tuple[PublicKey, ...]
    nonce: str | None = field(repr=False)
    attestations: tuple[KeyAttestation, ...]

    def __bool__(self) -> bool:
        raise TypeError("proved keys are evidence, not a truth value")


def verify_proofs(
    proofs: Proofs | None,
    *,
    accepted: Mapping[str, ProofType],
    issuer: str,
    client_id: str | None,
    trust: TrustPolicy,
    nonce_required: bool,
    max_keys: int,
    at: datetime,
    holder_certificates: HolderCertificates | None = None,
) -> ProvedKeys:
    """Return the keys that the proofs of a request show, after every check but one: the nonce has yet to be redeemed.

    Args:
        proofs: those of the request.
        accepted: the proof types of the credential configuration (``proof_types_supported``).
        issuer: the credential issuer's identifier.
        client_id: the wallet's; None where the token was given without one.
        trust: says whose key speaks for a wallet provider.
        nonce_required: whether the issuer has a nonce endpoint.
        max_keys: how many keys may be shown: the issuer's ``batch_size``, or 1.
        at: the time.
        holder_certificates: knows whose certificates of holders' keys are taken; None takes none.

    Raises:
        OAuthRefusal: ``invalid_proof``; the code says why: as `verify_jwt_proof`, `verify_di_vp_proof` and
            `verify_key_attestation`, and there are no proofs (``PROOF_MISSING``), one has no nonce (``NONCE_MISSING``)
            or another one than the rest (``NONCE_MISMATCH``), a presentation has one although the issuer gives out
            none (``NONCE_UNEXPECTED``), a key is there twice (``KEY_REPEATED``), there are more
            keys than `max_keys`, or the type of the proofs is not accepted.
    """
    with refusing(OAuthErrorCode.INVALID_PROOF):
        if proofs is None:
            raise BindingError("there are no proofs", code="PROOF_MISSING", clause=CLAUSE)
        if proofs.name not in accepted:
            raise UnsupportedError(f"proofs of the type {proofs.name} are not accepted here", clause=CLAUSE)
        terms = accepted[proofs.name]
        _require_few(proofs.values, max_keys)  # before there is anything to compute for them
        match proofs:
            case JwtProofs():
                proved = _jwt(
                    proofs,
                    terms,
                    issuer=issuer,
                    client_id=client_id,
                    trust=trust,
                    max_keys=max_keys,
                    at=at,
                    holder_certificates=holder_certificates,
                )
            case DataIntegrityProofs():
                proved = _di_vp(proofs, terms, issuer=issuer, has_nonces=nonce_required, at=at)
            case AttestationProof():
                proved = _attestation(proofs, terms, trust=trust, at=at)
            case _:
                assert_never(proofs)
        keys, nonces, attestations = proved
        _require_few(keys, max_keys)
        return ProvedKeys(
            keys=different_keys(keys),
            nonce=_one_nonce([*nonces, *(one.nonce for one in attestations)], required=nonce_required),
            attestations=attestations,
        )


_Proved = tuple[list[PublicKey], list[str | None], tuple[KeyAttestation, ...]]


def _jwt(
    proofs: JwtProofs,
    terms: ProofType,
    *,
    issuer: str,
    client_id: str | None,
    trust: TrustPolicy,
    max_keys: int,
    at: datetime,
    holder_certificates: HolderCertificates | None,
) -> _Proved:
    algorithms = _algorithms(terms)
    checked: list[JwtProof] = []
    keys: list[PublicKey] = []
    attestations: dict[str, KeyAttestation] = {}  # several proofs may come with the attestation of all their keys
    for text in proofs.values:
        before = len(attestations)
        proof = verify_jwt_proof(
            text,
            issuer=issuer,
            client_id=client_id,
            algorithms=algorithms,
            trust=trust,
            required=terms.key_attestations_required,
            at=at,
            attestations=attestations,
            holder_certificates=holder_certificates,
        )
        checked.append(proof)
        if proof.attestation is None:
            keys.append(proof.key)
        elif len(attestations) > before:
            keys.extend(proof.attestation.keys)
        _require_few(keys, max_keys)  # before there is more to compute
    different_keys([proof.key for proof in checked])
    return keys, [proof.nonce for proof in checked], tuple(attestations.values())


def _di_vp(proofs: DataIntegrityProofs, terms: ProofType, *, issuer: str, has_nonces: bool, at: datetime) -> _Proved:
    if terms.key_attestations_required is not None:
        raise BindingError("a presentation has no key attestation", code="ATTESTATION_MISSING", clause=CLAUSE)
    suites = {name for name in terms.proof_signing_alg_values_supported if isinstance(name, str)}
    checked = [verify_di_vp_proof(one, issuer=issuer, cryptosuites=suites, at=at) for one in proofs.values]
    nonces = [proof.nonce for proof in checked]
    if not has_nonces and set(nonces) != {None}:
        clause = "OpenID4VCI 1.0, appendix F.2"
        raise BindingError("the challenge is from nowhere", code="NONCE_UNEXPECTED", clause=clause)
    return [proof.key for proof in checked], nonces, ()


def _attestation(proofs: AttestationProof, terms: ProofType, *, trust: TrustPolicy, at: datetime) -> _Proved:
    attestation = verify_key_attestation(
        proofs.value,
        trust=trust,
        required=terms.key_attestations_required,
        algorithms=_algorithms(terms),
        at=at,
    )
    return list(attestation.keys), [], (attestation,)


def _algorithms(terms: ProofType) -> frozenset[Algorithm]:
    """Return the algorithms that the metadata names, as far as vcwallet has them."""
    return frozenset(_BY_NAME[name] for name in terms.proof_signing_alg_values_supported if name in _BY_NAME)


# Those that vcwallet has; metadata has integers as well, for COSE.
_BY_NAME: dict[str | int, Algorithm] = {algorithm.value: algorithm for algorithm in Algorithm}


def _require_few(keys: Sequence[object], max_keys: int) -> None:
    if len(keys) > max_keys:
        raise LimitExceededError(f"a request shows more than {max_keys} keys", clause=CLAUSE)


def _one_nonce(nonces: Collection[str | None], *, required: bool) -> str | None:
    """Return the one nonce of all proofs and attestations."""
    if required and None in nonces:
        raise BindingError("a proof or attestation has no nonce", code="NONCE_MISSING", clause=CLAUSE)
    if len(set(nonces)) != 1:
        raise BindingError("proofs and attestations have different nonces", code="NONCE_MISMATCH", clause=CLAUSE)
    return next(iter(nonces))
