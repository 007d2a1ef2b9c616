# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A My Number card that does not exist, by a CA that does not exist: what `vcwallet.japan.jpki` checks, made by hand.

Real cards are made by J-LIS, keep their keys in a chip, and sign after four digits were entered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from vcwallet.japan.jpki import USER_AUTHENTICATION, JpkiAuthorities, RevocationLists

YEAR = timedelta(days=365)
CA_USAGE = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCard:
    """A card: its certificate for user authentication, and what its chip does."""

    serial_number: int
    certificate: bytes = field(repr=False)
    _key: rsa.RSAPrivateKey = field(repr=False)

    def sign(self, challenge: str) -> bytes:
        """Return what the chip makes of a challenge (RSASSA-PKCS1-v1_5 with SHA-256)."""
        return self._key.sign(challenge.encode("ascii"), padding.PKCS1v15(), hashes.SHA256())


class DemoJpki:
    """A CA for user authentication that has made itself."""

    def __init__(self, *, at: datetime) -> None:
        """Make its key and certificate."""
        self._at = at
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._name = _name(NameOID.ORGANIZATIONAL_UNIT_NAME, "Demo CA for user authentication (not JPKI)")
        builder = self._builder(self._name, self._key.public_key(), valid_for=10 * YEAR)
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        builder = builder.add_extension(constraints, critical=True).add_extension(CA_USAGE, critical=True)
        self._certificate = builder.sign(self._key, hashes.SHA256())

    @property
    def authorities(self) -> JpkiAuthorities:
        """What an issuer pins."""
        der = self._certificate.public_bytes(serialization.Encoding.DER)
        return JpkiAuthorities([der], profile=USER_AUTHENTICATION)

    @property
    def revocation(self) -> RevocationLists:
        """What an issuer fetches each day: nothing is revoked."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._name)
            .last_update(self._at)
            .next_update(self._at + timedelta(days=1))
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(x509.CRLNumber(1), critical=False)
        )
        der = builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
        return RevocationLists([der], authorities=self.authorities)

    def new_card(self) -> DemoCard:
        """Hand out a card; nobody is named on its certificate."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        [policy] = USER_AUTHENTICATION.policies
        policies = x509.CertificatePolicies([x509.PolicyInformation(policy, None)])
        builder = self._builder(_name(NameOID.COMMON_NAME, "9990160000001A"), key.public_key(), valid_for=5 * YEAR)
        builder = builder.add_extension(USER_AUTHENTICATION.key_usage, critical=True)
        certificate = builder.add_extension(policies, critical=True).sign(self._key, hashes.SHA256())
        der = certificate.public_bytes(serialization.Encoding.DER)
        return DemoCard(serial_number=certificate.serial_number, certificate=der, _key=key)

    def _builder(self, subject: x509.Name, key: rsa.RSAPublicKey, *, valid_for: timedelta) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._at - timedelta(minutes=1))
            .not_valid_after(self._at + valid_for)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )


def _name(kind: x509.ObjectIdentifier, text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"), x509.NameAttribute(kind, text)])
