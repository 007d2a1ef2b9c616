# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The certificates of mdoc as values: issuing authority CA, document signer, reader (ISO/IEC 18013-5, Annex B).

An issuing authority CA (IACA) vouches for itself and certifies document signers in one step.  A profile is used twice,
to issue a certificate and to accept one, so the two cannot drift apart.

Accepted are keys on P-256, P-384 and P-521.  Annex B allows the Brainpool curves too, which our path validator does not
know, as it knows no critical extensions but the three below: a documented limit.

    >>> from datetime import UTC, datetime
    >>> from vcwallet.keys.software import SoftwareSigner
    >>> from vcwallet.trust.certificates import Subject
    >>> from vcwallet.trust.mdoc_certificates import build_iaca
    >>> subject = Subject(country="ZZ", organisation="Demo registry", common_name="Demo IACA")
    >>> contact = "https://registry.example"
    >>> iaca = build_iaca(subject, SoftwareSigner.generate(), contact=contact, at=datetime(2026, 11, 23, tzinfo=UTC))
    >>> iaca.certificate.not_valid_after_utc.year
    2046
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID, ObjectIdentifier

from vcwallet.errors import NotAuthorisedError, UntrustedError, VerificationError
from vcwallet.jose.jwt import SKEW
from vcwallet.keys.public import CURVES, PublicKey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.certificates import (
    ECDSA_SIGNATURES,
    ISSUING_CA,
    LEAF,
    CertificateAuthority,
    Subject,
    authority_key_id,
    authority_key_identifier,
    find_extension,
    sign_certificate,
    start_certificate,
    subject_key_id,
    subject_text,
)

_ISO = "ISO/IEC 18013-5"
_MDL_DOCUMENT_SIGNER = ObjectIdentifier("1.0.18013.5.1.2")
_MDL_READER = ObjectIdentifier("1.0.18013.5.1.6")
_MDOC_DOCUMENT_SIGNER = ObjectIdentifier("1.0.23220.4.1.2")
_MDOC_READER = ObjectIdentifier("1.0.23220.4.1.6")

_MAX_SERIAL_BITS = 8 * 20 - 1  # 20 octets, the first bit of which is the sign (RFC 5280, section 4.1.2.2)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_MAY_BE_CRITICAL = frozenset(
    {ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE},
)
_FORBIDDEN = frozenset(
    {
        ExtensionOID.POLICY_MAPPINGS,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.INHIBIT_ANY_POLICY,
        ExtensionOID.FRESHEST_CRL,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MdocProfile:
    """One certificate profile of Annex B.

    Attributes:
        table: where it is stated.
        lifetime: the longest validity.
        usages: the extended key usages that it may have, the first of which it must have; none for a CA.
        self_signed: whether it vouches for itself.
        names_country: whether its subject has a country.
        names_contact: whether it says how to reach the issuing authority.
        names_revocation_list: whether it says where the revocation list is.
    """

    table: str
    lifetime: timedelta
    usages: tuple[ObjectIdentifier, ...] = ()
    self_signed: bool = False
    names_country: bool = True
    names_contact: bool = False
    names_revocation_list: bool = False

    @property
    def clause(self) -> str:
        """The table, as an error cites it."""
        return f"{_ISO}, {self.table}"

    @property
    def key_usage(self) -> x509.KeyUsage:
        """What the key signs; critical."""
        return _LEAF.key_usage if self.usages else ISSUING_CA.key_usage

    @property
    def critical_extensions(self) -> tuple[x509.ExtensionType, ...]:
        """Every critical extension that such a certificate of ours has."""
        if not self.usages:
            return (ISSUING_CA.basic_constraints, self.key_usage)
        return (self.key_usage, x509.ExtendedKeyUsage(self.usages))

    def require(self, certificate: x509.Certificate) -> None:
        """Return if a certificate is one of this profile; whose it is, and the time, are for others to ask.

        Raises:
            NotAuthorisedError: its key is for something else (extended key usage).
            UntrustedError: it breaks another rule, which the code names: ``CERTIFICATE_VERSION``,
                ``CERTIFICATE_SERIAL``, ``CERTIFICATE_SIGNATURE_ALGORITHM``, ``CERTIFICATE_VALIDITY_SPAN``,
                ``CERTIFICATE_COUNTRY``, ``CERTIFICATE_SUBJECT``, ``CERTIFICATE_ISSUER``, ``CERTIFICATE_KEY``,
                ``CERTIFICATE_EXTENSION``, ``CERTIFICATE_BASIC_CONSTRAINTS``, ``CERTIFICATE_KEY_USAGE``,
                ``CERTIFICATE_KEY_IDENTIFIER``, ``CERTIFICATE_CONTACT``, ``CERTIFICATE_REVOCATION_LIST``.
            AlgorithmNotAllowedError: its key is of a kind that vcwallet does not use.
            MalformedError: its key cannot be read.
        """
        for rule in _RULES:
            rule(certificate, self)


_LEAF = next(iter(LEAF.values()))
IACA = MdocProfile(
    table="table B.1", lifetime=timedelta(days=20 * 365 + 5), self_signed=True, names_contact=True
)  # 20 years, five of which are leap years
IACA_LINK = MdocProfile(table="table B.2", lifetime=IACA.lifetime)
DOCUMENT_SIGNER = MdocProfile(
    table="table B.3",
    lifetime=timedelta(days=457),
    usages=(_MDL_DOCUMENT_SIGNER, _MDOC_DOCUMENT_SIGNER),
    names_contact=True,
    names_revocation_list=True,
)
READER = MdocProfile(
    table="table B.6", lifetime=timedelta(days=1187), usages=(_MDL_READER, _MDOC_READER), names_country=False
)


def may_be_certified(key: PublicKey) -> bool:
    """Tell whether a certificate of Annex B can be for this key: it is on P-256, P-384 or P-521."""
    return key.algorithm in CURVES


# --- issuing ---------------------------------------------------------------------------------------------------------


def build_iaca(subject: Subject, signer: SoftwareSigner, *, contact: str, at: datetime) -> CertificateAuthority:
    """Return a new issuing authority CA that vouches for itself.

    Args:
        subject: whom it is for.
        signer: holds its key.
        contact: how to reach the issuing authority, a URI in ASCII (``https:`` or ``mailto:``).
        at: the time.

    Raises:
        ValueError: the certificate would not be one by the profile.
    """
    certificate = _issue(
        subject.name,
        signer.public_key,
        profile=IACA,
        issuer=subject.name,
        signer=signer,
        extensions=[x509.IssuerAlternativeName([x509.UniformResourceIdentifier(contact)])],
        ends=at - SKEW + IACA.lifetime,
        at=at,
    )
    return CertificateAuthority(certificate=certificate, signer=signer)


def build_iaca_link(new: x509.Certificate, *, old: CertificateAuthority, at: datetime) -> x509.Certificate:
    """Return the certificate by which an old IACA vouches for its successor, until the old one ends.

    Raises:
        ValueError: the new one is no successor: no IACA, or of another country or state; or the old one has expired.
    """
    _require_fit(new, IACA)
    extensions = [_contact(new), authority_key_identifier(old.certificate)]
    return _issue_below(
        old, new.subject, PublicKey.from_certificate(new), profile=IACA_LINK, extensions=extensions, at=at
    )


def build_document_signer(
    subject: Subject, key: PublicKey, *, issuer: CertificateAuthority, revocation_list: str, at: datetime
) -> x509.Certificate:
    """Return the certificate of a document signer, by an IACA.

    Args:
        subject: whom it is for, of the country and state of the IACA; its identifier is the party's.
        key: the signer's key.
        issuer: the IACA.
        revocation_list: where the IACA publishes its revocation list, a URI in ASCII.
        at: the time.

    Raises:
        ValueError: the certificate would not be one by the profile, or the IACA has expired.
    """
    extensions = [
        subject.alternative_name,
        authority_key_identifier(issuer.certificate),
        _contact(issuer.certificate),
        _revocation_list(revocation_list),
    ]
    return _issue_below(issuer, subject.name, key, profile=DOCUMENT_SIGNER, extensions=extensions, at=at)


def build_reader(
    subject: Subject, key: PublicKey, *, issuer: CertificateAuthority, revocation_list: str, at: datetime
) -> x509.Certificate:
    """Return the reader authentication certificate of a verifier, by a CA (arguments as `build_document_signer`).

    Raises:
        ValueError: the certificate would not be one by the profile, or the CA has expired.
    """
    extensions = [
        subject.alternative_name,
        authority_key_identifier(issuer.certificate),
        _revocation_list(revocation_list),
    ]
    return _issue_below(issuer, subject.name, key, profile=READER, extensions=extensions, at=at)


def _issue_below(
    issuer: CertificateAuthority,
    subject: x509.Name,
    key: PublicKey,
    *,
    profile: MdocProfile,
    extensions: Iterable[x509.ExtensionType | None],
    at: datetime,
) -> x509.Certificate:
    certificate = _issue(
        subject,
        key,
        profile=profile,
        issuer=issuer.certificate.subject,
        signer=issuer.signer,
        extensions=extensions,
        ends=min(at - SKEW + profile.lifetime, issuer.certificate.not_valid_after_utc),
        at=at,
    )
    try:
        require_certified_by(certificate, issuer.certificate)
    except UntrustedError as error:
        raise ValueError(error.args[0]) from None
    return certificate


def _issue(
    subject: x509.Name,
    key: PublicKey,
    *,
    profile: MdocProfile,
    issuer: x509.Name,
    signer: SoftwareSigner,
    extensions: Iterable[x509.ExtensionType | None],
    ends: datetime,
    at: datetime,
) -> x509.Certificate:
    builder = start_certificate(subject, key, critical=profile.critical_extensions, issuer=issuer, at=at)
    for extension in extensions:
        if extension is not None:
            builder = builder.add_extension(extension, critical=False)
    certificate = sign_certificate(builder.not_valid_after(ends), signer)
    _require_fit(certificate, profile)
    return certificate


def _require_fit(certificate: x509.Certificate, profile: MdocProfile) -> None:
    try:
        profile.require(certificate)
    except VerificationError as error:
        raise ValueError(f"not a certificate of {profile.clause}: {error.args[0]}") from None


def _contact(issuer: x509.Certificate) -> x509.IssuerAlternativeName | None:
    extension = find_extension(issuer, x509.IssuerAlternativeName)
    return extension.value if extension is not None else None


def _revocation_list(uri: str) -> x509.CRLDistributionPoints:
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(uri)], None, None, None)
    return x509.CRLDistributionPoints([point])


# --- accepting -------------------------------------------------------------------------------------------------------


def require_certified_by(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    """Check what concerns two certificates at once: which key signed, and in which country and state.

    That the signature verifies and the names agree is for the path validator.

    Raises:
        UntrustedError: another key of the issuer (``CERTIFICATE_KEY_IDENTIFIER``), another country
            (``CERTIFICATE_COUNTRY``), or another state than the issuer's, where it has one (``CERTIFICATE_STATE``).
    """
    if authority_key_id(certificate) != subject_key_id(issuer):
        raise UntrustedError(
            "a certificate names another key of its issuer", code="CERTIFICATE_KEY_IDENTIFIER", clause=f"{_ISO}, B.1"
        )
    if subject_text(certificate, NameOID.COUNTRY_NAME) != subject_text(issuer, NameOID.COUNTRY_NAME):
        raise UntrustedError(
            "a certificate is of another country than its issuer", code="CERTIFICATE_COUNTRY", clause=f"{_ISO}, B.1"
        )
    state = subject_text(issuer, NameOID.STATE_OR_PROVINCE_NAME)
    if state is not None and subject_text(certificate, NameOID.STATE_OR_PROVINCE_NAME) != state:
        raise UntrustedError(
            "a certificate is of another state than its issuer", code="CERTIFICATE_STATE", clause=f"{_ISO}, B.1"
        )


def _require_usage(certificate: x509.Certificate, profile: MdocProfile) -> None:
    """Check what the key is for, first of all: of a key for something else nothing more need be said."""
    extension = find_extension(certificate, x509.ExtendedKeyUsage)
    if extension is None and not profile.usages:
        return
    found = frozenset(extension.value) if extension is not None and extension.critical else frozenset()
    # For this and for nothing else: a key in two roles would let a message made in one pass for one of the other.
    if not profile.usages or profile.usages[0] not in found or not found <= frozenset(profile.usages):
        raise NotAuthorisedError("the certificate is for something else", clause=profile.clause)


def _require_version(certificate: x509.Certificate, profile: MdocProfile) -> None:
    if certificate.version is not x509.Version.v3:
        raise _broken("a certificate has version 3", profile, code="CERTIFICATE_VERSION")


def _require_serial(certificate: x509.Certificate, profile: MdocProfile) -> None:
    serial = certificate.serial_number
    if serial <= 0 or serial.bit_length() > _MAX_SERIAL_BITS:
        raise _broken("a serial number is positive and has at most 20 octets", profile, code="CERTIFICATE_SERIAL")


def _require_signature_algorithm(certificate: x509.Certificate, profile: MdocProfile) -> None:
    if certificate.signature_algorithm_oid not in ECDSA_SIGNATURES:
        raise _broken("a certificate is signed by ECDSA with SHA-2", profile, code="CERTIFICATE_SIGNATURE_ALGORITHM")


def _require_validity_span(certificate: x509.Certificate, profile: MdocProfile) -> None:
    if certificate.not_valid_after_utc - certificate.not_valid_before_utc > profile.lifetime:
        raise _broken(
            f"it is valid for more than {profile.lifetime.days} days", profile, code="CERTIFICATE_VALIDITY_SPAN"
        )


def _require_subject(certificate: x509.Certificate, profile: MdocProfile) -> None:
    if profile.names_country and not _has_country(certificate):
        raise _broken("a country is two letters in a PrintableString, once", profile, code="CERTIFICATE_COUNTRY")
    states = certificate.subject.get_attributes_for_oid(NameOID.STATE_OR_PROVINCE_NAME)
    if len(states) > 1 or not subject_text(certificate, NameOID.COMMON_NAME):
        raise _broken("a subject has one common name and at most one state", profile, code="CERTIFICATE_SUBJECT")


def _has_country(certificate: x509.Certificate) -> bool:
    country = subject_text(certificate, NameOID.COUNTRY_NAME)
    if country is None or not _COUNTRY.fullmatch(country):
        return False
    # pyca/cryptography writes a country as a PrintableString, and what it has read with the type that it had.
    read = certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)
    written = [x509.NameAttribute(NameOID.COUNTRY_NAME, country)]
    return x509.Name(read).public_bytes() == x509.Name(written).public_bytes()


def _require_issuer(certificate: x509.Certificate, profile: MdocProfile) -> None:
    if not profile.self_signed:
        return
    try:
        certificate.verify_directly_issued_by(certificate)  # which compares the names byte for byte
    except Exception:  # pyca raises ValueError, TypeError or InvalidSignature, by what is wrong
        raise _broken("it is not issued and signed by itself", profile, code="CERTIFICATE_ISSUER") from None


def _require_key(certificate: x509.Certificate, profile: MdocProfile) -> None:
    key = PublicKey.from_certificate(certificate)
    # A key is written here with its curve by name and its point uncompressed; one spelled otherwise is not found.
    if not may_be_certified(key) or key.spki not in certificate.tbs_certificate_bytes:
        raise _broken("a key is an uncompressed point of P-256, P-384 or P-521", profile, code="CERTIFICATE_KEY")


def _require_known_extensions(certificate: x509.Certificate, profile: MdocProfile) -> None:
    for extension in certificate.extensions:
        if extension.oid in _FORBIDDEN:
            raise _broken("a forbidden extension", profile, code="CERTIFICATE_EXTENSION")
        if extension.critical and extension.oid not in _MAY_BE_CRITICAL:
            raise _broken("an unknown critical extension", profile, code="CERTIFICATE_EXTENSION")


def _require_basic_constraints(certificate: x509.Certificate, profile: MdocProfile) -> None:
    extension = find_extension(certificate, x509.BasicConstraints)
    if profile.usages:
        fits = extension is None or not extension.value.ca
    else:
        fits = extension is not None and extension.critical and extension.value == ISSUING_CA.basic_constraints
    if not fits:
        raise _broken(
            "the basic constraints are not those of the profile", profile, code="CERTIFICATE_BASIC_CONSTRAINTS"
        )


def _require_key_usage(certificate: x509.Certificate, profile: MdocProfile) -> None:
    extension = find_extension(certificate, x509.KeyUsage)
    if extension is None or not extension.critical or extension.value != profile.key_usage:
        raise _broken("the key usage is not that of the profile", profile, code="CERTIFICATE_KEY_USAGE")


def _require_key_identifiers(certificate: x509.Certificate, profile: MdocProfile) -> None:
    own = find_extension(certificate, x509.SubjectKeyIdentifier)
    authority = find_extension(certificate, x509.AuthorityKeyIdentifier)
    if own is None:
        raise _broken("it has no subject key identifier", profile, code="CERTIFICATE_KEY_IDENTIFIER")
    if authority is None and profile.self_signed:
        return
    if authority is None or authority.value.key_identifier is None:
        raise _broken("it has no authority key identifier", profile, code="CERTIFICATE_KEY_IDENTIFIER")
    if profile.self_signed and authority.value.key_identifier != own.value.digest:
        raise _broken("it names another key as its issuer's", profile, code="CERTIFICATE_KEY_IDENTIFIER")


def _require_contact(certificate: x509.Certificate, profile: MdocProfile) -> None:
    contact = _contact(certificate)
    names = list(contact) if contact is not None else []
    if profile.names_contact and not any(isinstance(name, _CONTACTS) for name in names):
        raise _broken("it has no e-mail address or URI of its issuer", profile, code="CERTIFICATE_CONTACT")


_CONTACTS = (x509.RFC822Name, x509.UniformResourceIdentifier)


def _require_revocation_list(certificate: x509.Certificate, profile: MdocProfile) -> None:
    extension = find_extension(certificate, x509.CRLDistributionPoints)
    names = [name for point in extension.value for name in point.full_name or ()] if extension is not None else []
    if profile.names_revocation_list and not any(isinstance(name, x509.UniformResourceIdentifier) for name in names):
        raise _broken("it does not say where its revocation list is", profile, code="CERTIFICATE_REVOCATION_LIST")


def _broken(message: str, profile: MdocProfile, *, code: str) -> UntrustedError:
    return UntrustedError(message, code=code, clause=profile.clause)


_RULES: tuple[Callable[[x509.Certificate, MdocProfile], None], ...] = (
    _require_usage,
    _require_version,
    _require_serial,
    _require_signature_algorithm,
    _require_validity_span,
    _require_subject,
    _require_key,
    _require_known_extensions,
    _require_basic_constraints,
    _require_key_usage,
    _require_key_identifiers,
    _require_contact,
    _require_revocation_list,
    _require_issuer,
)
