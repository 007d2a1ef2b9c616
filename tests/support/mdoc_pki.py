# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Certificates for mdoc as tests need them: right in all but what a test changes.

Each part is written here a second time, from the tables of ISO/IEC 18013-5, Annex B, and not with the profiles that are
tested.
"""

from __future__ import annotations

from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID, ObjectIdentifier

from tests.support.pki import NOW, PARTY, Change, Draft, unchanged
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.certificates import CertificateAuthority

MDL_DS = ObjectIdentifier("1.0.18013.5.1.2")
MDOC_DS = ObjectIdentifier("1.0.23220.4.1.2")
MDL_READER = ObjectIdentifier("1.0.18013.5.1.6")
MDOC_READER = ObjectIdentifier("1.0.23220.4.1.6")
IACA_CONTACT = x509.IssuerAlternativeName([x509.RFC822Name("iaca@mirai.example")])
CRL = "https://mirai.example/iaca.crl"


def key_usage(**usages: bool) -> x509.KeyUsage:
    """Return a key usage with nothing but what is named."""
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: usages.get(name, False) for name in names})


def named(common_name: str, *, country: str | None = "ZZ", state: str | None = None) -> x509.Name:
    """Return a subject."""
    parts = (
        (NameOID.COUNTRY_NAME, country),
        (NameOID.STATE_OR_PROVINCE_NAME, state),
        (NameOID.COMMON_NAME, common_name),
    )
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts if text is not None])


def revocation_list(uri: str = CRL) -> x509.CRLDistributionPoints:
    """Return where a revocation list is."""
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(uri)], None, None, None)
    return x509.CRLDistributionPoints([point])


def iaca(
    change: Change = unchanged,
    *,
    signer: SoftwareSigner | None = None,
    signed_by: SoftwareSigner | None = None,
    country: str = "ZZ",
    state: str | None = None,
) -> CertificateAuthority:
    """Return an IACA (table B.1)."""
    signer = signer or SoftwareSigner.generate()
    name = named("Mirai IACA", country=country, state=state)
    draft = _draft(signer, subject=name, issuer=name)
    draft.put(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    draft.put(key_usage(key_cert_sign=True, crl_sign=True), critical=True)
    draft.put(IACA_CONTACT, critical=False)
    change(draft)
    return CertificateAuthority(certificate=draft.sign(signed_by or signer), signer=signer)


def document_signer(
    issuer: CertificateAuthority,
    change: Change = unchanged,
    *,
    signer: SoftwareSigner | None = None,
    party: str | None = PARTY,
    country: str = "ZZ",
    state: str | None = None,
) -> CertificateAuthority:
    """Return a document signer below an IACA (table B.3)."""
    signer = signer or SoftwareSigner.generate()
    name = named("Mirai document signer", country=country, state=state)
    draft = _below(issuer, signer, subject=name, party=party)
    draft.put(x509.ExtendedKeyUsage([MDL_DS, MDOC_DS]), critical=True)
    draft.put(IACA_CONTACT, critical=False)
    change(draft)
    return CertificateAuthority(certificate=draft.sign(issuer.signer), signer=signer)


def reader(issuer: CertificateAuthority, change: Change = unchanged) -> CertificateAuthority:
    """Return a reader below a CA (table B.6)."""
    signer = SoftwareSigner.generate()
    draft = _below(issuer, signer, subject=named("Sakura Bank reader"), party=PARTY)
    draft.put(x509.ExtendedKeyUsage([MDL_READER, MDOC_READER]), critical=True)
    change(draft)
    return CertificateAuthority(certificate=draft.sign(issuer.signer), signer=signer)


def link(old: CertificateAuthority, new: CertificateAuthority, change: Change = unchanged) -> x509.Certificate:
    """Return the certificate by which one IACA vouches for its successor (table B.2)."""
    draft = _draft(new.signer, subject=new.certificate.subject, issuer=old.certificate.subject)
    draft.put(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    draft.put(key_usage(key_cert_sign=True, crl_sign=True), critical=True)
    draft.put(x509.AuthorityKeyIdentifier.from_issuer_public_key(old.signer.public_key.raw), critical=False)
    change(draft)
    return draft.sign(old.signer)


def _below(issuer: CertificateAuthority, signer: SoftwareSigner, *, subject: x509.Name, party: str | None) -> Draft:
    draft = _draft(signer, subject=subject, issuer=issuer.certificate.subject)
    draft.put(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.signer.public_key.raw), critical=False)
    draft.put(key_usage(digital_signature=True), critical=True)
    draft.put(revocation_list(), critical=False)
    if party is not None:
        draft.put(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(party)]), critical=False)
    return draft


def _draft(signer: SoftwareSigner, *, subject: x509.Name, issuer: x509.Name) -> Draft:
    draft = Draft(
        subject=subject,
        issuer_name=issuer,
        key=signer.public_key.raw,
        not_before=NOW - timedelta(days=1),
        not_after=NOW + timedelta(days=100),
        extensions={},
    )
    draft.put(x509.SubjectKeyIdentifier.from_public_key(signer.public_key.raw), critical=False)
    return draft


# --- what no builder would write -------------------------------------------------------------------------------------


def respelled(
    certificate: x509.Certificate, old: bytes, new: bytes, *, signer: SoftwareSigner, number: int = 1
) -> bytes:
    """Return a certificate in DER with bytes exchanged and signed again.

    Args:
        certificate: as a builder wrote it.
        old: a member of it, or bytes as many as `new`.
        new: what comes in its place.
        signer: the issuer's.
        number: which of the occurrences of `old`, from 1.
    """
    parts = content_of(certificate.tbs_certificate_bytes).split(old)
    return signed(old.join(parts[:number]) + new + old.join(parts[number:]), signer=signer)


def content_of(der: bytes) -> bytes:
    """Return what is inside an item of DER."""
    return der[2 + (der[1] & 0x7F if der[1] & 0x80 else 0) :]


def signed(body: bytes, *, signer: SoftwareSigner) -> bytes:
    """Return the members of a certificate or revocation list with a signature over them, in DER."""
    key = signer.private_key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    content = _tlv(0x30, body)
    signature = key.sign(content, ec.ECDSA(hashes.SHA256()))
    ecdsa_with_sha256 = bytes.fromhex("300a06082a8648ce3d040302")
    return _tlv(0x30, content + ecdsa_with_sha256 + _tlv(0x03, b"\x00" + signature))


def integer(number: int) -> bytes:
    """Return an INTEGER in DER."""
    return _tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content
