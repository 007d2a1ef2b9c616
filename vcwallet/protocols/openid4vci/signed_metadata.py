# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Signed metadata of a credential issuer: the same document, in the issuer's own name (OpenID4VCI 1.0, section 12.2.3).

What trust vouches for is the signer, and the types that it may issue.  Whether the metadata are those of the address
that they came from is told by ``sub``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from vcwallet.encoding import json
from vcwallet.errors import LimitExceededError, MalformedError, NotAuthorisedError, UntrustedError, ValidityError
from vcwallet.formats.base import IssuerKey
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.keys.policy import KeySource, Role, TrustedKey, TrustPolicy
from vcwallet.protocols.openid4vci.issuer_metadata import CredentialIssuerMetadata, fit_issuer_metadata, metadata_object

TYP: Final = "openidvci-issuer-metadata+jwt"
MEDIA_TYPE: Final = "application/jwt"
MAX_BYTES = 512 * 1024
_CLAUSE: Final = "OpenID4VCI 1.0, section 12.2.3"
_OWN: Final = frozenset({"iss", "sub", "iat", "exp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedMetadata:
    """Metadata that a trusted issuer has signed.

    Attributes:
        metadata: what it says.
        signer: its key, and why it is trusted.
        chain: its DER certificates as they came (``x5c``), for a profile that says how they have to be.
        vouched_for: the identifiers of the configurations whose type the signer may issue; at least one.
    """

    metadata: CredentialIssuerMetadata
    signer: TrustedKey
    chain: tuple[bytes, ...] = field(repr=False)
    vouched_for: frozenset[str]

    def __bool__(self) -> bool:
        raise TypeError("verified metadata are evidence, not a truth value")


def sign_metadata(
    metadata: CredentialIssuerMetadata, *, issuer: IssuerKey, at: datetime, expires: datetime | None = None
) -> str:
    """Return the metadata as a JWT (media type `MEDIA_TYPE`).

    Args:
        metadata: what is published.
        issuer: with whose key, and in whose name, it is signed.
        at: the time of signing.
        expires: until when they hold; None leaves it open.

    Raises:
        ValueError: it would have ended before it was signed.
    """
    if expires is not None and expires <= at:
        raise ValueError("signed metadata end after they were signed")
    claims: dict[str, Any] = {
        **metadata_object(metadata),
        **({"iss": issuer.identifier} if issuer.identifier is not None else {}),
        "sub": metadata.credential_issuer,
        "iat": jwt.seconds(at),
        **({"exp": jwt.seconds(expires)} if expires is not None else {}),
    }
    header = {
        **({"x5c": jose_header.x5c(issuer.chain)} if issuer.chain else {}),
        **({"kid": issuer.key_id} if issuer.key_id is not None else {}),
        **({"trust_chain": list(issuer.trust_chain)} if issuer.trust_chain else {}),
    }
    return jwt.sign(claims, typ=TYP, signer=issuer.signer, header=header)


def verify_signed_metadata(text: str, *, issuer: str, trust: TrustPolicy, at: datetime) -> VerifiedMetadata:
    """Return the metadata that were fetched for `issuer`, after every check has passed.

    Raises:
        LimitExceededError: longer than 512 KiB, or over the limits of metadata.
        MalformedError: not signed metadata as the standard has them.
        UnsupportedError: an extension in the header, or metadata of a draft before 1.0.
        VerificationError: another kind of token (code ``WRONG_TYPE``).
        UntrustedError: the metadata are another issuer's (code ``ISSUER_MISMATCH``), or the signer is unknown.
        NotAuthorisedError: the signer may not issue any of the types.
        AlgorithmNotAllowedError, SignatureInvalidError: the signature does not hold.
        ValidityError: a certificate or the metadata themselves are outside their validity.
    """
    if len(text) > MAX_BYTES:
        raise LimitExceededError(f"signed metadata are longer than {MAX_BYTES} bytes")
    signed = jws.parse(text)
    jwt.require_typ(signed.header, TYP)
    claims = json.loads_object(signed.unverified_payload)
    metadata = fit_issuer_metadata(_without_claims(claims), issuer=issuer)
    if jwt.text(claims, "sub") != issuer:
        raise UntrustedError("the metadata are another issuer's", code="ISSUER_MISMATCH", clause=_CLAUSE)
    source = KeySource(
        issuer=jwt.text(claims, "iss") if "iss" in claims else None,
        chain=signed.header.chain,
        key_id=signed.header.key_id,
        trust_chain=signed.header.trust_chain,
    )
    signer, vouched_for = _signer(metadata, source, trust, at)
    signed.verify(signer.key)
    _require_time(claims, at)
    return VerifiedMetadata(metadata=metadata, signer=signer, chain=source.chain, vouched_for=vouched_for)


def _without_claims(claims: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name not in _OWN}


def _signer(
    metadata: CredentialIssuerMetadata, source: KeySource, trust: TrustPolicy, at: datetime
) -> tuple[TrustedKey, frozenset[str]]:
    """Return the signer's key, and the configurations whose type it may issue now, whenever it has signed."""
    found: dict[str, TrustedKey] = {}
    refusal: NotAuthorisedError | None = None
    for identifier, configuration in metadata.supported.items():
        if configuration.type_id is None:
            continue
        try:
            found[identifier] = trust.key_for(source, role=Role.CREDENTIAL_ISSUER, type_id=configuration.type_id, at=at)
        except NotAuthorisedError as error:
            refusal = error
    if not found:
        raise refusal or NotAuthorisedError("the metadata name no credential type that anybody could vouch for")
    keys = list(found.values())
    if any(one.key != keys[0].key or one.party != keys[0].party for one in keys):
        raise UntrustedError("trust names different signers for one signature")
    return keys[0], frozenset(found)


def _require_time(claims: dict[str, Any], at: datetime) -> None:
    issued = jwt.numeric_date(claims, "iat")
    if issued is None:
        raise MalformedError("iat is missing", clause=_CLAUSE)
    if issued > at + jwt.SKEW:
        raise ValidityError("the metadata are from the future", code="NOT_YET_VALID", clause=_CLAUSE)
    jwt.require_valid_at(claims, at=at)
