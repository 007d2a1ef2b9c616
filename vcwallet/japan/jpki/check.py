# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a card proves: that it is there (user authentication), or that its holder has signed (signing)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives import serialization

from vcwallet.errors import NotAuthorisedError
from vcwallet.japan.jpki.attributes import JpkiAttributes, has_attributes, read_attributes
from vcwallet.japan.jpki.certificate import JpkiAuthorities, JpkiCertificate
from vcwallet.japan.jpki.revocation import JpkiRevocation
from vcwallet.japan.jpki.signature import require_signed

MIN_CHALLENGE_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class JpkiIdentity:
    """A card whose certificate was checked, and whose key has signed.

    Attributes:
        serial_number: the certificate's, which the deployer knows a person by; it is no name, and changes when the card
            is renewed.
        subject: the opaque name that the CA gave.
        authority: the subject key identifier of the CA.
        fingerprint: the SHA-256 digest of the certificate, in hexadecimal.
        expires: the last moment at which the certificate is valid.
    """

    serial_number: int = field(repr=False)
    subject: str = field(repr=False)
    authority: bytes
    fingerprint: str = field(repr=False)
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JpkiPerson:
    """A person who has signed.

    Attributes:
        identity: the certificate.
        attributes: who its holder is.
    """

    identity: JpkiIdentity
    attributes: JpkiAttributes = field(repr=False)


def authenticate(
    certificate: bytes,
    *,
    signature: bytes,
    challenge: bytes,
    authorities: JpkiAuthorities,
    revocation: JpkiRevocation,
    at: datetime,
) -> JpkiIdentity:
    """Return whose card it is after checking its certificate for user authentication and its answer to a challenge.

    Args:
        certificate: the DER of the card's certificate for user authentication.
        signature: what the card's key made of the challenge: RSASSA-PKCS1-v1_5 with SHA-256, or ECDSA in DER.
        challenge: 32 bytes or more that nobody has signed before; see `vcwallet.japan.jpki.login.challenge_text`.
        authorities: the CAs that issue such certificates (`USER_AUTHENTICATION`).
        revocation: knows what is revoked.
        at: the time.

    Raises:
        ValueError: the challenge is shorter, or the authorities are those of the other kind.
        MalformedError: the certificate cannot be read.
        SignatureInvalidError: the card did not sign the challenge.
        NotAuthorisedError: the certificate is of the other kind.
        VerificationError: it is not to be relied upon, see `JpkiAuthorities.validate` and `JpkiRevocation`.
    """
    if len(challenge) < MIN_CHALLENGE_BYTES:
        raise ValueError(f"a challenge has at least {MIN_CHALLENGE_BYTES} bytes")
    if authorities.profile.signs_documents:
        raise ValueError("a card is authenticated by its certificate for user authentication")
    checked = _checked(certificate, signature, challenge, authorities=authorities, revocation=revocation, at=at)
    if has_attributes(checked.certificate):
        raise NotAuthorisedError("a certificate for user authentication names nobody")
    return _identity(checked)


def verify_signature(
    certificate: bytes,
    *,
    signature: bytes,
    document: bytes,
    authorities: JpkiAuthorities,
    revocation: JpkiRevocation,
    at: datetime,
) -> JpkiPerson:
    """Return who has signed a document, after checking the certificate for signing and the signature.

    Args:
        certificate: the DER of the card's certificate for signing.
        signature: RSASSA-PKCS1-v1_5 with SHA-256, or ECDSA in DER, over `document`.
        document: what was signed.
        authorities: the CAs that issue such certificates (`SIGNING`).
        revocation: knows what is revoked.
        at: the time of the signature as known from elsewhere than the signer's word, which is mostly now.

    Raises:
        ValueError: the authorities are those of the other kind.
        MalformedError: the certificate or an attribute cannot be read.
        SignatureInvalidError: the card did not sign the document.
        NotAuthorisedError: the certificate is of the other kind.
        VerificationError: it is not to be relied upon, see `JpkiAuthorities.validate` and `JpkiRevocation`.
    """
    if not authorities.profile.signs_documents:
        raise ValueError("a document is signed with the certificate for signing")
    checked = _checked(certificate, signature, document, authorities=authorities, revocation=revocation, at=at)
    return JpkiPerson(identity=_identity(checked), attributes=read_attributes(checked.certificate))


def _checked(
    certificate: bytes,
    signature: bytes,
    data: bytes,
    *,
    authorities: JpkiAuthorities,
    revocation: JpkiRevocation,
    at: datetime,
) -> JpkiCertificate:
    checked = authorities.validate(certificate, at=at)
    require_signed(checked.key, signature, data)
    revocation.require_not_revoked(checked, at=at)
    return checked


def _identity(checked: JpkiCertificate) -> JpkiIdentity:
    der = checked.certificate.public_bytes(serialization.Encoding.DER)
    return JpkiIdentity(
        serial_number=checked.serial_number,
        subject=checked.subject,
        authority=checked.authority,
        fingerprint=hashlib.sha256(der).hexdigest(),
        expires=checked.not_after,
    )
