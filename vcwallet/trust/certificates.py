# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The certificates of a trust registry as values: one profile for the root, the issuing CA and each role (RFC 5280).

A profile is used twice, to issue a certificate and to accept one, so the two cannot drift apart.

    >>> from datetime import UTC, datetime
    >>> from vcwallet.keys.software import SoftwareSigner
    >>> from vcwallet.trust.certificates import Subject, build_root
    >>> subject = Subject(country="ZZ", organisation="Demo registry", common_name="Demo root")
    >>> root = build_root(subject, SoftwareSigner.generate(), at=datetime(2026, 11, 23, tzinfo=UTC))
    >>> root.certificate.not_valid_after_utc.year
    2046
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID, ObjectIdentifier

from vcwallet.errors import MalformedError
from vcwallet.jose.jwt import SKEW
from vcwallet.keys.policy import Role
from vcwallet.keys.public import PublicKey
from vcwallet.keys.software import SoftwareSigner

# An arc of our own, made from a random UUID (ITU-T X.667), so that no registration is needed.
_ARC = "2.25.150782393785517570848823029000025668810"
ROLE_USAGE: Mapping[Role, ObjectIdentifier] = {
    Role.CREDENTIAL_ISSUER: ObjectIdentifier(f"{_ARC}.1"),
    Role.VERIFIER: ObjectIdentifier(f"{_ARC}.2"),
    Role.REGISTRAR: ObjectIdentifier(f"{_ARC}.3"),
    Role.STATUS_SIGNER: ObjectIdentifier(f"{_ARC}.4"),
    Role.WALLET_PROVIDER: ObjectIdentifier(f"{_ARC}.5"),
    Role.LIST_OPERATOR: ObjectIdentifier(f"{_ARC}.6"),
}
"""The extended key usage that stands for each role; a certificate has exactly one."""

_LONGEST_NAME = 64  # RFC 5280, appendix A.1: ub-organization-name, ub-common-name
_HASHES: Mapping[int, hashes.SHA256 | hashes.SHA384 | hashes.SHA512] = {
    256: hashes.SHA256(),
    384: hashes.SHA384(),
    521: hashes.SHA512(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateProfile:
    """What certificates of one kind have in common.

    Attributes:
        lifetime: the longest validity; never beyond that of the issuing CA.
        path_length: how many CAs may stand below this one; None for a certificate that is no CA's.
        role: what the key is used for; None for a CA.
    """

    lifetime: timedelta
    path_length: int | None = None
    role: Role | None = None

    @property
    def basic_constraints(self) -> x509.BasicConstraints:
        """Whether it is a CA (RFC 5280, section 4.2.1.9); critical."""
        return x509.BasicConstraints(ca=self.role is None, path_length=self.path_length)

    @property
    def key_usage(self) -> x509.KeyUsage:
        """What the key signs (RFC 5280, section 4.2.1.3); critical."""
        ca = self.role is None
        return x509.KeyUsage(
            digital_signature=not ca,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=ca,
            crl_sign=ca,
            encipher_only=False,
            decipher_only=False,
        )

    @property
    def critical_extensions(self) -> tuple[x509.ExtensionType, ...]:
        """Every critical extension that such a certificate has."""
        if self.role is None:
            return (self.basic_constraints, self.key_usage)
        return (self.basic_constraints, self.key_usage, x509.ExtendedKeyUsage([ROLE_USAGE[self.role]]))


ROOT = CertificateProfile(lifetime=timedelta(days=20 * 365), path_length=1)
ISSUING_CA = CertificateProfile(lifetime=timedelta(days=10 * 365), path_length=0)
_PARTY_LIFETIME = timedelta(days=457)  # the longest that ISO/IEC 18013-5, table B.3, gives a document signer
LEAF: Mapping[Role, CertificateProfile] = {
    role: CertificateProfile(lifetime=_PARTY_LIFETIME, role=role)
    for role in (Role.CREDENTIAL_ISSUER, Role.VERIFIER, Role.STATUS_SIGNER, Role.WALLET_PROVIDER)
} | {
    # The registry's own two are as long-lived as its issuing CA: nothing but a new registry replaces them.
    role: CertificateProfile(lifetime=ISSUING_CA.lifetime, role=role)
    for role in (Role.REGISTRAR, Role.LIST_OPERATOR)
}
"""The profile of each role's certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom a certificate is for.

    Attributes:
        country: two letters of ISO 3166-1.
        organisation: the legal name; a certificate holds its first 64 characters.
        common_name: how the key is called among those of the organisation.
        code: the number that the party is registered under (``organizationIdentifier``).
        identifier: the party's identifier, a URI in ASCII (``subjectAltName``); None for a CA.
    """

    country: str
    organisation: str
    common_name: str
    code: str | None = None
    identifier: str | None = None

    @property
    def name(self) -> x509.Name:
        """The X.500 name."""
        attributes = [
            x509.NameAttribute(NameOID.COUNTRY_NAME, self.country),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.organisation[:_LONGEST_NAME]),
            x509.NameAttribute(NameOID.COMMON_NAME, self.common_name[:_LONGEST_NAME]),
        ]
        if self.code is not None:
            attributes.insert(2, x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, self.code))
        return x509.Name(attributes)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateAuthority:
    """A CA: its certificate, and the key that signs the certificates below it."""

    certificate: x509.Certificate
    signer: SoftwareSigner


def build_root(subject: Subject, signer: SoftwareSigner, *, at: datetime) -> CertificateAuthority:
    """Return a new root that vouches for itself."""
    builder = _builder(subject, signer.public_key, profile=ROOT, issuer_name=subject.name, at=at)
    ends = at + ROOT.lifetime
    certificate = _sign(builder.not_valid_after(ends), signer)
    return CertificateAuthority(certificate=certificate, signer=signer)


def build_certificate(
    subject: Subject, key: PublicKey, *, profile: CertificateProfile, issuer: CertificateAuthority, at: datetime
) -> x509.Certificate:
    """Return a certificate for `key` by `issuer`, valid from a minute before `at` so that clocks may differ.

    Raises:
        ValueError: the issuing CA's certificate has expired.
    """
    builder = _builder(subject, key, profile=profile, issuer_name=issuer.certificate.subject, at=at)
    ends = min(at + profile.lifetime, issuer.certificate.not_valid_after_utc)
    builder = builder.not_valid_after(ends).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(_subject_key_identifier(issuer.certificate)),
        critical=False,
    )
    return _sign(builder, issuer.signer)


def _builder(
    subject: Subject, key: PublicKey, *, profile: CertificateProfile, issuer_name: x509.Name, at: datetime
) -> x509.CertificateBuilder:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject.name)
        .issuer_name(issuer_name)
        .public_key(key.raw)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - SKEW)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.raw), critical=False)
    )
    for extension in profile.critical_extensions:
        builder = builder.add_extension(extension, critical=True)
    if subject.identifier is not None:
        uri = x509.UniformResourceIdentifier(subject.identifier)
        builder = builder.add_extension(x509.SubjectAlternativeName([uri]), critical=False)
    return builder


def _subject_key_identifier(certificate: x509.Certificate) -> x509.SubjectKeyIdentifier:
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value


def _sign(builder: x509.CertificateBuilder, signer: SoftwareSigner) -> x509.Certificate:
    """Sign a certificate.

    The one place that needs a CA's private key as an object, since pyca/cryptography cannot be given a signature
    that was made elsewhere.  A CA key in an HSM would be served here.
    """
    key = signer.private_key
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        # The path validator knows no other CA keys of ours.
        raise ValueError("a CA signs with a key on P-256, P-384 or P-521")
    return builder.sign(key, _HASHES[key.curve.key_size])


def to_der(certificate: x509.Certificate) -> bytes:
    """Return the bytes of a certificate."""
    return certificate.public_bytes(serialization.Encoding.DER)


def from_der(der: bytes) -> x509.Certificate:
    """Return the certificate of its bytes, all of it readable.

    Raises:
        MalformedError: the bytes are no certificate, repeat an extension, or hold a name of an unknown kind.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        _read_through(certificate)
        # A signature is whole bytes; pyca would let unused bits pass, a second spelling of the same certificate.
        if not der.endswith(b"\x00" + certificate.signature):
            raise ValueError("unused bits")
    except (ValueError, TypeError, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType):
        raise MalformedError("not a DER certificate", clause="RFC 5280, section 4.1") from None
    return certificate


def _read_through(certificate: x509.Certificate) -> None:
    """Read each part that pyca/cryptography parses on first use only, so that later uses raise nothing."""
    for part in ("subject", "issuer", "not_valid_before_utc", "not_valid_after_utc", "extensions"):
        getattr(certificate, part)
