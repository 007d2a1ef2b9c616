# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Validation of a card's certificate: one step to a CA of JPKI that is known (RFC 5280, section 6).

There is no path to be built, and the path validator that the rest of vcwallet uses refuses certificate policies that
are critical, which those of JPKI are (specs/decisions/020-jpki-in-one-step.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from vcwallet.errors import LimitExceededError, NotAuthorisedError, UntrustedError, VerificationError
from vcwallet.japan.jpki.profile import JpkiProfile
from vcwallet.japan.jpki.signature import JpkiKey, key_of, require_algorithm
from vcwallet.jose.header import MAX_CERTIFICATE_BYTES
from vcwallet.trust.certificates import (
    authority_key_id,
    find_extension,
    from_der,
    is_issued_by,
    subject_key_id,
    subject_text,
)
from vcwallet.trust.chain import common_validity, require_within

_KNOWN: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
)
_MAX_SERIAL_BITS: Final = 8 * 20 - 1
_CA_PATH_LENGTHS: Final = (None, 0)
_RFC: Final = "RFC 5280"


@dataclass(frozen=True, slots=True, kw_only=True)
class JpkiCertificate:
    """A certificate of a card that a known CA has issued; whether it is revoked has not been asked.

    Attributes:
        serial_number: its number at its CA; a new certificate has another one.
        subject: the opaque name that its CA gave it.
        authority: the subject key identifier of the CA.
        not_before: when it and its CA's have become valid.
        not_after: the last moment at which both are.
        key: its key.
        certificate: the certificate.
        issuer: the CA's.
    """

    serial_number: int = field(repr=False)
    subject: str = field(repr=False)
    authority: bytes
    not_before: datetime
    not_after: datetime
    key: JpkiKey = field(repr=False)
    certificate: x509.Certificate = field(repr=False)
    issuer: x509.Certificate = field(repr=False)


class JpkiAuthorities:
    """The CAs of JPKI that are known, for one kind of certificate."""

    def __init__(self, certificates: Iterable[bytes], *, profile: JpkiProfile) -> None:
        """Know these CAs.

        Args:
            certificates: their DER certificates, from JPKI's own publication.
            profile: the kind of certificate that they issue.

        Raises:
            ValueError: there is none.
            MalformedError: one cannot be read.
            LimitExceededError: one is over 16 KiB.
            VerificationError: one is no CA that vouches for itself, or two have one key identifier.
        """
        self.profile: JpkiProfile = profile
        """The kind of certificate."""
        self._known: dict[bytes, x509.Certificate] = {}
        for der in certificates:
            authority = _read(der)
            _require_authority(authority)
            if subject_key_id(authority) in self._known:
                raise UntrustedError("two CAs have one key identifier", clause=f"{_RFC}, section 4.2.1.2")
            self._known[subject_key_id(authority)] = authority
        if not self._known:
            raise ValueError("at least one CA of JPKI has to be known")

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        """Their certificates."""
        return tuple(self._known.values())

    def validate(self, der: bytes, *, at: datetime) -> JpkiCertificate:
        """Return the certificate of a card, by a CA that is known, of the right kind, and valid at `at`.

        Raises:
            MalformedError: it cannot be read.
            LimitExceededError: it is over 16 KiB.
            UntrustedError: it is by no CA that is known, or breaks a rule of the profile.
            NotAuthorisedError: it is of the other kind: another policy or key usage.
            AlgorithmNotAllowedError: its key, or the algorithm of its signature, is not one of JPKI.
            ValidityError: it, or its CA's, is not valid yet or any more.
        """
        certificate = _read(der)
        issuer = self._known.get(authority_key_id(certificate) or b"")
        if issuer is None:
            raise UntrustedError("the certificate is by no CA of JPKI that is known", clause=f"{_RFC}, section 6.1")
        key, subject = key_of(certificate), _require_leaf(certificate, self.profile)
        _require_issued(certificate, issuer)
        not_before, not_after = common_validity((certificate, issuer))
        require_within(not_before, not_after, at=at)
        return JpkiCertificate(
            serial_number=certificate.serial_number,
            subject=subject,
            authority=subject_key_id(issuer),
            not_before=not_before,
            not_after=not_after,
            key=key,
            certificate=certificate,
            issuer=issuer,
        )


def _read(der: bytes) -> x509.Certificate:
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise LimitExceededError(f"a certificate is longer than {MAX_CERTIFICATE_BYTES} bytes")
    return from_der(der)


def _require_issued(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    require_algorithm(certificate.signature_algorithm_oid, key_of(issuer))
    if not is_issued_by(certificate, issuer):
        raise UntrustedError("the CA that a certificate names did not sign it", clause=f"{_RFC}, section 6.1.3")


# --- the CA ----------------------------------------------------------------------------------------------------------


def _require_authority(authority: x509.Certificate) -> None:
    constraints = find_extension(authority, x509.BasicConstraints)
    usage = find_extension(authority, x509.KeyUsage)
    if constraints is None or not constraints.critical or not constraints.value.ca:
        raise _broken("an authority's certificate is not that of a CA", section="4.2.1.9")
    if constraints.value.path_length not in _CA_PATH_LENGTHS:
        raise _broken("a CA of JPKI has no CA below it", section="4.2.1.9")
    if usage is None or not (usage.value.key_cert_sign and usage.value.crl_sign):
        raise _broken("the key of a CA signs certificates and revocation lists", section="4.2.1.3")
    _require_known_extensions(authority)
    _require_issued(authority, authority)


# --- the card's certificate ------------------------------------------------------------------------------------------


def _require_leaf(certificate: x509.Certificate, profile: JpkiProfile) -> str:
    """Check what a certificate says of itself, and return its subject."""
    if certificate.version is not x509.Version.v3:
        raise _broken("a certificate is of version 3", section="4.1.2.1")
    if certificate.serial_number <= 0 or certificate.serial_number.bit_length() > _MAX_SERIAL_BITS:
        raise _broken("a serial number is positive and has 20 octets at most", section="4.1.2.2")
    _require_known_extensions(certificate)
    constraints = find_extension(certificate, x509.BasicConstraints)
    if constraints is not None and constraints.value.ca:
        raise _broken("the certificate of a card is not that of a CA", section="4.2.1.9")
    _require_kind(certificate, profile)
    subject = subject_text(certificate, NameOID.COMMON_NAME)
    if not subject:
        raise _broken("a certificate has a subject with one common name", section="4.1.2.6")
    return subject


def _require_kind(certificate: x509.Certificate, profile: JpkiProfile) -> None:
    policies = find_extension(certificate, x509.CertificatePolicies)
    found = [policy.policy_identifier for policy in policies.value] if policies is not None else []
    if len(found) != 1 or found[0] not in profile.policies:
        raise NotAuthorisedError(f"the certificate is not one for {profile.name}", clause=f"{_RFC}, section 4.2.1.4")
    usage = find_extension(certificate, x509.KeyUsage)
    if usage is None or not usage.critical or usage.value != profile.key_usage:
        raise NotAuthorisedError(f"the key is not one for {profile.name}", clause=f"{_RFC}, section 4.2.1.3")


def _require_known_extensions(certificate: x509.Certificate) -> None:
    for extension in certificate.extensions:
        if extension.critical and extension.oid not in _KNOWN:
            raise _broken("a critical extension is not known", section="4.2")


def _broken(message: str, *, section: str) -> VerificationError:
    return UntrustedError(message, clause=f"{_RFC}, section {section}")
