# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The proof type ``jwt``: a JWT signed by the key that a credential is to be bound to (OpenID4VCI 1.0, appendix F.1).

>>> from datetime import UTC, datetime
>>> from vcwallet.keys.software import SoftwareSigner
>>> from vcwallet.protocols.openid4vci.jwt_proof import make_jwt_proof
>>> now, key = datetime(2026, 11, 23, tzinfo=UTC), SoftwareSigner.generate()
>>> make_jwt_proof(key, issuer="https://issuer.example", at=now, nonce="wKI4LT17ac15ES9bw8ac4").count(".")
2
"""

from __future__ import annotations

import re
from collections.abc import Collection, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Protocol

from pydantic import Field

from vcwallet.claims import JsonValue
from vcwallet.encoding import wire
from vcwallet.encoding.wire import Maybe, WireModel
from vcwallet.errors import BindingError, LimitExceededError, MalformedError, UnsupportedError
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.jose.header import Header
from vcwallet.keys import jwk
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.policy import TrustPolicy
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer
from vcwallet.protocols.openid4vci.issuer_metadata import KeyAttestationsRequired
from vcwallet.protocols.openid4vci.key_attestation import KeyAttestation, verify_key_attestation
from vcwallet.trust import did
from vcwallet.trust.certificates import from_der

TYP = "openid4vci-proof+jwt"
MAX_BYTES = 64 * 1024
MAX_TEXT = 4096
MAX_AGE = timedelta(seconds=300)
CLAUSE = "OpenID4VCI 1.0, appendix F.1"
_KEY_MEMBERS = ("jwk", "kid", "x5c")
_INDEX = re.compile(r"0|[1-9][0-9]?")


class HolderCertificates(Protocol):
    """Knows whose certificates of holders' keys are taken; see `vcwallet.trust.holder_certificates.HolderAnchors`."""

    def key_for(self, chain: tuple[bytes, ...], /, *, at: datetime) -> PublicKey:
        """Return the key that a chain of DER certificates certifies, the first one's.

        Raises:
            VcError: nobody who is known certifies it, or not for this.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtProof:
    """A proof that was checked.

    Attributes:
        key: has signed it.
        nonce: the issuer's nonce that it was made for, if any.
        attestation: the attestation that came along, which attests `key`, if there is one.
    """

    key: PublicKey
    nonce: str | None = field(repr=False)
    attestation: KeyAttestation | None


def make_jwt_proof(
    signer: Signer,
    *,
    issuer: str,
    at: datetime,
    nonce: str | None,
    client_id: str | None = None,
    key_attestation: str | None = None,
    chain: Sequence[bytes] = (),
) -> str:
    """Return the proof that the holder has the signer's key.

    Args:
        signer: the key that the credential is to be bound to.
        issuer: the credential issuer's identifier.
        at: the time of making it.
        nonce: the issuer's; None where it has no nonce endpoint.
        client_id: the wallet's; None where it got its token without one.
        key_attestation: an attestation of this key, and perhaps of others that get a credential by the same proof.
        chain: the DER certificates of the key, the first one its own, for an issuer that takes them; by default the key
            is named as it is.

    Raises:
        ValueError: the first certificate is that of another key.
    """
    if chain and PublicKey.from_certificate(from_der(chain[0])) != signer.public_key:
        raise ValueError("the first certificate of a proof is that of its key")
    header: dict[str, JsonValue] = (
        {"x5c": jose_header.x5c(tuple(chain))} if chain else {"jwk": jwk.public_jwk(signer.public_key)}
    )
    if key_attestation is not None:
        header["key_attestation"] = key_attestation
    claims: dict[str, JsonValue] = {"aud": issuer, "iat": jwt.seconds(at)}
    if nonce is not None:
        claims["nonce"] = nonce
    if client_id is not None:
        claims["iss"] = client_id
    return jwt.sign(claims, typ=TYP, signer=signer, header=header)


class _Claims(WireModel):
    aud: str
    iss: Maybe[str] = None
    nonce: Annotated[Maybe[str], Field(min_length=1, max_length=MAX_TEXT)] = None


def verify_jwt_proof(
    text: str,
    *,
    issuer: str,
    client_id: str | None,
    algorithms: Collection[Algorithm],
    trust: TrustPolicy,
    required: KeyAttestationsRequired | None,
    at: datetime,
    attestations: MutableMapping[str, KeyAttestation] | None = None,
    holder_certificates: HolderCertificates | None = None,
) -> JwtProof:
    """Return the key that has signed a proof for this issuer, after every check has passed (appendix F.4).

    The nonce is in what is returned: whoever has given one compares it.

    Args:
        text: the JWT.
        issuer: the credential issuer's identifier.
        client_id: the wallet's; None where the token was given without one.
        algorithms: those that the issuer's metadata names, for the proof and for an attestation in it.
        trust: says whose key speaks for a wallet provider.
        required: the levels of a key attestation that are accepted; None where none is needed.
        at: the time.
        attestations: those of other proofs of this request that were verified with the same arguments, by their text,
            so that each is verified once; the one of this proof is added.
        holder_certificates: knows whose certificates of holders' keys are taken (``x5c``); None takes none.

    Raises:
        LimitExceededError: longer than 64 KiB.
        MalformedError: a claim or header member is missing or wrong, not one of ``jwk``, ``kid`` and ``x5c``, a private
            key in ``jwk``, or an attestation that does not say when it ends.
        VerificationError: another ``typ`` (code ``WRONG_TYPE``).
        BindingError: it is for another issuer or by another client (``PROOF_AUDIENCE``, ``PROOF_CLIENT``), no
            attestation although one is needed (``ATTESTATION_MISSING``), or one of other keys (``KEY_NOT_ATTESTED``).
        AlgorithmNotAllowedError, SignatureInvalidError: it is not signed by its key with an algorithm that is allowed.
        ValidityError: it is older than 300 seconds, from the future, or outside an ``exp`` or ``nbf`` of its own.
        UnsupportedError: a key that is named by a certificate where none is taken, or by a DID that does not contain
            it.
        VcError: the attestation is refused (see `verify_key_attestation`), or the certificates are (see
            `HolderCertificates`).
    """
    if len(text) > MAX_BYTES:
        raise LimitExceededError(f"a proof is longer than {MAX_BYTES} bytes", clause=CLAUSE)
    signature = jws.parse(text)
    jwt.require_typ(signature.header, TYP)
    attestation = _attestation(
        signature.header,
        known={} if attestations is None else attestations,
        trust=trust,
        required=required,
        algorithms=algorithms,
        at=at,
    )
    key = _key(signature.header, attestation, holder_certificates, at=at)
    payload = jws.payload_object(signature.verify(key, algorithms=algorithms))
    claims = wire.fit(_Claims, payload)
    jwt.require_fresh(payload, at=at, max_age=MAX_AGE)
    jwt.require_valid_at(payload, at=at)
    if claims.aud != issuer:
        raise BindingError("the proof is for another issuer", code="PROOF_AUDIENCE", clause=CLAUSE)
    # A wallet without a client_id has none to name either (appendix F.1).
    if claims.iss is not None and claims.iss != client_id:
        raise BindingError("the proof is by another client", code="PROOF_CLIENT", clause=CLAUSE)
    return JwtProof(key=key, nonce=claims.nonce, attestation=attestation)


def _attestation(
    header: Header,
    *,
    known: MutableMapping[str, KeyAttestation],
    trust: TrustPolicy,
    required: KeyAttestationsRequired | None,
    algorithms: Collection[Algorithm],
    at: datetime,
) -> KeyAttestation | None:
    text = header.members.get("key_attestation")
    if text is None:
        if required is not None:
            raise BindingError("the proof has no key attestation", code="ATTESTATION_MISSING", clause=CLAUSE)
        return None
    if not isinstance(text, str):
        raise MalformedError("key_attestation is a JWT", clause=CLAUSE)
    if text not in known:
        # Its algorithm is one of those for proofs, too (appendix F.1).
        known[text] = verify_key_attestation(text, trust=trust, at=at, required=required, algorithms=algorithms)
    if known[text].expires is None:
        raise MalformedError("a key attestation in a proof says when it ends", clause="OpenID4VCI 1.0, appendix D.1")
    return known[text]


def _key(
    header: Header, attestation: KeyAttestation | None, certificates: HolderCertificates | None, *, at: datetime
) -> PublicKey:
    """Return the key that the header names, which is attested if anything is; nothing is verified by it yet."""
    if sum(name in header.members for name in _KEY_MEMBERS) != 1:
        raise MalformedError("a proof names its key by one of jwk, kid and x5c", clause=CLAUSE)
    if "x5c" in header.members:
        if certificates is None:
            raise UnsupportedError("no certificates of holders' keys are taken here", clause=CLAUSE)
        key = certificates.key_for(header.chain, at=at)
    elif "jwk" in header.members:
        key = jwk.parse(header.members["jwk"])
    else:
        key = _named(header.key_id or "", attestation)
    if attestation is not None and key not in attestation.keys:
        raise BindingError("the proof is by a key that is not attested", code="KEY_NOT_ATTESTED", clause=CLAUSE)
    return key


def _named(kid: str, attestation: KeyAttestation | None) -> PublicKey:
    """Return the key of a DID that contains it, or the one at this place in the attestation."""
    if kid.startswith("did:"):
        return did.read(kid.partition("#")[0]).assertion_key(kid)
    if attestation is None or not _INDEX.fullmatch(kid) or int(kid) >= len(attestation.keys):
        raise MalformedError("the kid of a proof names no key", clause=CLAUSE)
    return attestation.keys[int(kid)]
