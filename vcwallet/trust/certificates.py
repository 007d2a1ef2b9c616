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

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID, ObjectIdentifier, SignatureAlgorithmOID

from vcwallet.errors import MalformedError, UntrustedError
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
"""The extended key usage that stands for each role; a certificate has exactly one.

The two roles of mdoc have those of ISO/IEC 18013-5, see `vcwallet.trust.mdoc_certificates`.
"""

_LONGEST_NAME = 64  # RFC 5280, appendix A.1: ub-organization-name, ub-common-name
Hash: TypeAlias = hashes.SHA256 | hashes.SHA384 | hashes.SHA512
_HASHES: Mapping[int, Hash] = {
    256: hashes.SHA256(),
    384: hashes.SHA384(),
    521: hashes.SHA512(),
}
ECDSA_SIGNATURES = frozenset(
    {
        SignatureAlgorithmOID.ECDSA_WITH_SHA256,
        SignatureAlgorithmOID.ECDSA_WITH_SHA384,
        SignatureAlgorithmOID.ECDSA_WITH_SHA512,
    }
)
"""What a CA signs certificates and revocation lists with."""

UNREADABLE = (
    ValueError,
    TypeError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
    UserWarning,  # of a name of the wrong length, where warnings are errors
)
"""What pyca/cryptography raises when something of X.509 cannot be read."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DNS_NAME = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}")
_E = TypeVar("_E", bound=x509.ExtensionType)


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
        state: the state or province, where the issuing authority is one of it.
        code: the number that the party is registered under (``organizationIdentifier``).
        identifier: the party's identifier, a URI in ASCII (``subjectAltName``); None for a CA.
        dns_names: the names of its servers, in lower case (``subjectAltName``).
    """

    country: str
    organisation: str
    common_name: str
    state: str | None = None
    code: str | None = None
    identifier: str | None = None
    dns_names: tuple[str, ...] = ()

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
        if self.state is not None:
            attributes.insert(1, x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, self.state))
        return x509.Name(attributes)

    @property
    def alternative_name(self) -> x509.SubjectAlternativeName | None:
        """The identifier and DNS names as an extension (RFC 5280, section 4.2.1.6); None for a CA."""
        if self.identifier is None:
            return None
        servers = map(x509.DNSName, self.dns_names)
        return x509.SubjectAlternativeName([x509.UniformResourceIdentifier(self.identifier), *servers])


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateAuthority:
    """A CA: its certificate, and the key that signs the certificates below it."""

    certificate: x509.Certificate
    signer: SoftwareSigner


def build_root(subject: Subject, signer: SoftwareSigner, *, at: datetime) -> CertificateAuthority:
    """Return a new root that vouches for itself."""
    builder = start_certificate(
        subject.name, signer.public_key, critical=ROOT.critical_extensions, issuer=subject.name, at=at
    )
    certificate = sign_certificate(builder.not_valid_after(at + ROOT.lifetime), signer)
    return CertificateAuthority(certificate=certificate, signer=signer)


def build_certificate(
    subject: Subject, key: PublicKey, *, profile: CertificateProfile, issuer: CertificateAuthority, at: datetime
) -> x509.Certificate:
    """Return a certificate for `key` by `issuer`, valid from a minute before `at` so that clocks may differ.

    Raises:
        ValueError: the issuing CA's certificate has expired.
    """
    authority = issuer.certificate
    builder = start_certificate(
        subject.name, key, critical=profile.critical_extensions, issuer=authority.subject, at=at
    ).not_valid_after(min(at + profile.lifetime, authority.not_valid_after_utc))
    for extension in (subject.alternative_name, authority_key_identifier(authority)):
        if extension is not None:
            builder = builder.add_extension(extension, critical=False)
    return sign_certificate(builder, issuer.signer)


def start_certificate(
    subject: x509.Name, key: PublicKey, *, critical: Iterable[x509.ExtensionType], issuer: x509.Name, at: datetime
) -> x509.CertificateBuilder:
    """Return what every certificate of ours has, but for its end."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.raw)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - SKEW)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.raw), critical=False)
    )
    for extension in critical:
        builder = builder.add_extension(extension, critical=True)
    return builder


def authority_key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """Return how a certificate names the key of its issuer (RFC 5280, section 4.2.1.1)."""
    identifier = x509.SubjectKeyIdentifier(subject_key_id(issuer))
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def sign_certificate(builder: x509.CertificateBuilder, signer: SoftwareSigner) -> x509.Certificate:
    """Sign a certificate.

    Raises:
        ValueError: a CA cannot have such a key.
    """
    return builder.sign(*_signing_key(signer))


def sign_crl(builder: x509.CertificateRevocationListBuilder, signer: SoftwareSigner) -> x509.CertificateRevocationList:
    """Sign a certificate revocation list.

    Raises:
        ValueError: a CA cannot have such a key.
    """
    return builder.sign(*_signing_key(signer))


def _signing_key(signer: SoftwareSigner) -> tuple[ec.EllipticCurvePrivateKey, Hash]:
    """Return what a CA signs with.

    The one place that needs a CA's private key as an object, since pyca/cryptography cannot be given a signature
    that was made elsewhere.  A CA key in an HSM would be served here.
    """
    key = signer.private_key
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        # The path validator knows no other CA keys of ours.
        raise ValueError("a CA signs with a key on P-256, P-384 or P-521")
    return key, _HASHES[key.curve.key_size]


def to_der(certificate: x509.Certificate) -> bytes:
    """Return the bytes of a certificate."""
    return certificate.public_bytes(serialization.Encoding.DER)


def is_issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Tell whether a certificate names a CA as its issuer and that CA has signed it; nothing else is asked."""
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:  # pyca raises ValueError, TypeError or InvalidSignature, by what is wrong
        return False
    return True


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
    except UNREADABLE:
        raise MalformedError("not a DER certificate", clause="RFC 5280, section 4.1") from None
    return certificate


def _read_through(certificate: x509.Certificate) -> None:
    """Read each part that pyca/cryptography parses on first use only, so that later uses raise nothing."""
    for part in ("subject", "issuer", "not_valid_before_utc", "not_valid_after_utc", "extensions"):
        getattr(certificate, part)


def find_extension(certificate: x509.Certificate, kind: type[_E]) -> x509.Extension[_E] | None:
    """Return the extension of a kind; None if there is none."""
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


def is_dns_name(text: str) -> bool:
    """Tell whether a text is a DNS name of two labels or more in lower case, and no address or wildcard."""
    return _DNS_NAME.fullmatch(text) is not None


def dns_names(certificate: x509.Certificate) -> frozenset[str]:
    """Return the DNS names in the subject alternative name of a certificate, in lower case.

    The common name is none of them (RFC 9525, section 2).
    """
    extension = find_extension(certificate, x509.SubjectAlternativeName)
    names = extension.value.get_values_for_type(x509.DNSName) if extension is not None else []
    return frozenset(name.lower() for name in names)


def subject_key_id(certificate: x509.Certificate) -> bytes:
    """Return what the certificates below a CA name its key by.

    Raises:
        UntrustedError: the CA's certificate does not say.
    """
    extension = find_extension(certificate, x509.SubjectKeyIdentifier)
    if extension is None:
        raise UntrustedError("a CA certificate has no subject key identifier", clause="RFC 5280, section 4.2.1.2")
    return extension.value.digest


def authority_key_id(certificate: x509.Certificate) -> bytes | None:
    """Return by what a certificate names the key of its issuer; None if it does not."""
    extension = find_extension(certificate, x509.AuthorityKeyIdentifier)
    return extension.value.key_identifier if extension is not None else None


def subject_text(certificate: x509.Certificate, attribute: ObjectIdentifier) -> str | None:
    """Return an attribute of the subject; None where it is not there exactly once, as a text."""
    found = certificate.subject.get_attributes_for_oid(attribute)
    return found[0].value if len(found) == 1 and isinstance(found[0].value, str) else None
