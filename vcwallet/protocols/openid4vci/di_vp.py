# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The proof type ``di_vp``: a verifiable presentation that the holder's key has signed (OpenID4VCI 1.0, appendix F.2).

Keys are those of ``did:key`` and ``did:jwk``, which contain them; nothing is fetched.

    >>> from datetime import UTC, datetime
    >>> from vcwallet.formats.data_integrity import Cryptosuite
    >>> from vcwallet.keys.software import SoftwareSigner
    >>> from vcwallet.protocols.openid4vci.di_vp import make_di_vp_proof, verify_di_vp_proof
    >>> now, key, issuer = datetime(2026, 11, 23, tzinfo=UTC), SoftwareSigner.generate(), "https://issuer.example"
    >>> proof = make_di_vp_proof(key, issuer=issuer, at=now, nonce="wKI4LT17ac15ES9bw8ac4")
    >>> verify_di_vp_proof(proof, issuer=issuer, cryptosuites=frozenset(Cryptosuite), at=now).key == key.public_key
    True
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from vcwallet.claims import JsonObject, JsonValue
from vcwallet.errors import AlgorithmNotAllowedError, BindingError, MalformedError, ValidityError
from vcwallet.formats.data_integrity import (
    Proof,
    ProofPurpose,
    VerificationMethod,
    add_proof,
    verify_proof,
)
from vcwallet.keys import multikey
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer
from vcwallet.trust import did

TYPE = "VerifiablePresentation"
CONTEXT = "https://www.w3.org/ns/credentials/v2"
MAX_AGE = timedelta(seconds=300)
CLAUSE = "OpenID4VCI 1.0, appendix F.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiVpProof:
    """A proof that was checked.

    Attributes:
        key: has signed it.
        nonce: the issuer's nonce that it was made for, if any.
    """

    key: PublicKey
    nonce: str | None = field(repr=False)


def make_di_vp_proof(signer: Signer, *, issuer: str, at: datetime, nonce: str | None) -> dict[str, JsonValue]:
    """Return the proof that the holder has the signer's key, who is named by its ``did:key``.

    Args:
        signer: the key that the credential is to be bound to.
        issuer: the credential issuer's identifier.
        at: the time of making it.
        nonce: the issuer's; None where it has no nonce endpoint.

    Raises:
        AlgorithmNotAllowedError, UnsupportedError: the key has no cryptosuite, or no ``did:key``.
    """
    name = multikey.encode(signer.public_key)
    holder = f"did:key:{name}"
    return add_proof(
        {"@context": [CONTEXT], "type": [TYPE], "holder": holder},
        signer=signer,
        verification_method=f"{holder}#{name}",
        purpose=ProofPurpose.AUTHENTICATION,
        at=at,
        domain=issuer,
        challenge=nonce,
    )


def verify_di_vp_proof(
    presentation: JsonObject, *, issuer: str, cryptosuites: Collection[str], at: datetime
) -> DiVpProof:
    """Return the key that has signed a proof for this issuer, after every check has passed (appendix F.4).

    The nonce is in what is returned: whoever has given one compares it.

    Args:
        presentation: the verifiable presentation; credentials in it are not looked at.
        issuer: the credential issuer's identifier, which is the proof's only domain.
        cryptosuites: those that the issuer's metadata names.
        at: the time.

    Raises:
        MalformedError: no verifiable presentation, or a proof with neither a time nor a challenge.
        BindingError: the ``holder`` is not whose key it is (``PROOF_HOLDER``).
        AlgorithmNotAllowedError: the cryptosuite is not in `cryptosuites`.
        ValidityError: it is older than 300 seconds, or from the future.
        VcError: as `verify_proof`, or the DID of its key contains none.
    """
    types = presentation.get("type")
    if TYPE not in (types if isinstance(types, list | tuple) else [types]):
        raise MalformedError("the proof is no verifiable presentation", clause=CLAUSE)
    secured = verify_proof(
        presentation, purpose=ProofPurpose.AUTHENTICATION, domain=issuer, challenge=None, methods=_method, at=at
    )
    if secured.proof.cryptosuite not in cryptosuites:
        raise AlgorithmNotAllowedError(f"cryptosuite {secured.proof.cryptosuite} is not allowed here", clause=CLAUSE)
    if "holder" in presentation and presentation["holder"] != secured.method.controller:
        raise BindingError("the holder is not whose key it is", code="PROOF_HOLDER", clause=CLAUSE)
    _require_fresh(secured.proof, at=at)
    return DiVpProof(key=secured.method.key, nonce=secured.proof.challenge)


def _method(url: str, purpose: ProofPurpose) -> VerificationMethod:
    """Return the key of a DID that contains it.  In such a document one key is there for every purpose."""
    controller = url.partition("#")[0]
    return VerificationMethod(key=did.read(controller).assertion_key(url), controller=controller)


def _require_fresh(proof: Proof, *, at: datetime) -> None:
    if proof.created is None and proof.challenge is None:
        raise MalformedError("a proof says when it was made, or answers a challenge", clause=CLAUSE)
    if proof.created is not None and proof.created < at - MAX_AGE:
        raise ValidityError("the proof is too old", clause=CLAUSE)
