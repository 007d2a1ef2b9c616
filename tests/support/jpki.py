# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A JPKI of our own: CAs, cards and revocation lists after the published profile, right in all but what a test changes.

Keys are made once for each process, since RSA keys take their time; nothing that is tested depends on their values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier

from tests.support.mdoc_pki import key_usage
from tests.support.pki import NOW, Change, Draft, unchanged

ARC = "1.2.392.200149.8.5"
AUTHENTICATION_POLICY = ObjectIdentifier(f"{ARC}.1.3.30")
SIGNING_POLICY = ObjectIdentifier(f"{ARC}.1.1.20")
ATTRIBUTES = {
    1: "番号　花子",
    2: "00000",
    3: "2",
    4: "419900102",
    5: "〇〇県みらい市ひばりが丘一丁目２番３号",
    6: "0000000000000000000",
}
Kind = Literal["rsa", "ec"]
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def key(name: str, kind: Kind = "rsa") -> PrivateKey:
    """Return the key of this name."""
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def distribution_point(town: str = "Mirai-shi") -> x509.DirectoryName:
    """Return where the revocation list of a municipality is."""
    return x509.DirectoryName(_name("Distribution Points", f"{town} CRLDP"))


def other_name(number: int, value: str | bytes) -> x509.OtherName:
    """Return an attribute."""
    return x509.OtherName(
        ObjectIdentifier(f"{ARC}.5.{number}"), asn1.encode_der(value) if isinstance(value, str) else value
    )


def der(certificate: x509.Certificate) -> bytes:
    """Return the bytes of a certificate."""
    return certificate.public_bytes(serialization.Encoding.DER)


@dataclass(frozen=True)
class TestCA:
    """A CA of JPKI."""

    __test__ = False
    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)

    @property
    def der(self) -> bytes:
        return der(self.certificate)

    def revocation_list(
        self,
        *serial_numbers: int,
        number: int = 1,
        point: x509.IssuingDistributionPoint | None = None,
        at: datetime = NOW,
        signed_by: PrivateKey | None = None,
        hash: Any = None,
    ) -> bytes:
        """Return a list of revoked certificates."""
        builder = (
            x509.CertificateRevocationListBuilder(
                revoked_certificates=[
                    x509.RevokedCertificateBuilder(serial_number, at).build() for serial_number in serial_numbers
                ]
            )
            .issuer_name(self.certificate.subject)
            .last_update(at)
            .next_update(at + timedelta(days=1))
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .add_extension(x509.CRLNumber(number), critical=False)
        )
        if point is not None:
            builder = builder.add_extension(point, critical=True)
        found = builder.sign(signed_by or self.key, hash or hashes.SHA256())
        return found.public_bytes(serialization.Encoding.DER)


@dataclass(frozen=True)
class Card:
    """One key of a card, and its certificate."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)

    @property
    def der(self) -> bytes:
        return der(self.certificate)

    def sign(self, data: bytes) -> bytes:
        """Return what the card makes of data."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))


def point_of(*names: x509.GeneralName, **flags: Any) -> x509.IssuingDistributionPoint:
    """Return what a list says it is the list of."""
    given = {
        "full_name": list(names) or None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**{**given, **flags})


def authority(
    unit: str = "user authentication", change: Change = unchanged, *, kind: Kind = "rsa", signed_by: Any = None
) -> TestCA:
    """Return a CA."""
    mine = key(f"CA {unit}", kind)
    name = _name(f"JPKI for {unit}")
    draft = _draft(mine, subject=name, issuer=name, signed_by=mine)
    draft.put(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    draft.put(key_usage(key_cert_sign=True, crl_sign=True), critical=True)
    change(draft)
    return TestCA(certificate=_sign(draft, signed_by or mine), key=mine)


def card(
    ca: TestCA,
    change: Change = unchanged,
    *,
    policy: ObjectIdentifier = AUTHENTICATION_POLICY,
    attributes: Iterable[x509.GeneralName] = (),
    kind: Kind = "rsa",
    own_key: Any = None,
    signed_by: Any = None,
) -> Card:
    """Return a card's certificate for user authentication, or for signing by the arguments of `signing_card`."""
    mine = own_key or key("card", kind)
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"), x509.NameAttribute(NameOID.COMMON_NAME, "9990160000001A")]
    )
    draft = _draft(mine, subject=subject, issuer=ca.certificate.subject, signed_by=ca.key)
    draft.put(key_usage(digital_signature=True), critical=True)
    draft.put(x509.CertificatePolicies([x509.PolicyInformation(policy, None)]), critical=True)
    point = x509.DistributionPoint([distribution_point()], None, None, None)
    draft.put(x509.CRLDistributionPoints([point]), critical=False)
    names = list(attributes)
    if names:
        draft.put(x509.SubjectAlternativeName(names), critical=False)
    change(draft)
    return Card(certificate=_sign(draft, signed_by or ca.key), key=mine)


def signing_card(
    ca: TestCA, change: Change = unchanged, *, names: Iterable[x509.GeneralName] | None = None, **attributes: Any
) -> Card:
    """Return a card's certificate for signing; ``_3="1"`` changes the attribute 3, and None leaves it out."""
    given = {**ATTRIBUTES, **{int(name[1:]): value for name, value in attributes.items()}}

    def signing(draft: Draft) -> None:
        draft.put(key_usage(digital_signature=True, content_commitment=True), critical=True)
        change(draft)

    texts = [other_name(number, value) for number, value in given.items() if value is not None]
    return card(ca, signing, policy=SIGNING_POLICY, attributes=texts if names is None else names)


def _name(*units: str) -> x509.Name:
    parts = [(NameOID.COUNTRY_NAME, "JP"), (NameOID.ORGANIZATION_NAME, "JPKI")]
    parts += [(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units]
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])


def _draft(mine: PrivateKey, *, subject: x509.Name, issuer: x509.Name, signed_by: PrivateKey) -> Draft:
    draft = Draft(
        subject=subject,
        issuer_name=issuer,
        key=mine.public_key(),
        not_before=NOW - timedelta(days=30),
        not_after=NOW + timedelta(days=1000),
        extensions={},
    )
    draft.put(x509.SubjectKeyIdentifier.from_public_key(mine.public_key()), critical=False)
    draft.put(x509.AuthorityKeyIdentifier.from_issuer_public_key(signed_by.public_key()), critical=False)
    return draft


def _sign(draft: Draft, signed_by: PrivateKey) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(draft.subject)
        .issuer_name(draft.issuer_name)
        .public_key(draft.key)
        .serial_number(draft.serial_number)
        .not_valid_before(draft.not_before)
        .not_valid_after(draft.not_after)
    )
    for extension, critical in draft.extensions.values():
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signed_by, draft.hash)
