# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The keys of a registry: root, issuing CA, registrar, list operator and IACA, and what they certify.

The issuing authority CA (IACA) certifies the document signers of mdocs, in one step (ISO/IEC 18013-5, Annex B); every
other certificate is below the root.

They are made once, when the registry is founded, and live as long as the issuing CA's certificate: a registry whose CA
ends is succeeded by a new one, whose root wallets and verifiers are configured with.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from vcwallet.encoding import json
from vcwallet.encoding.wire import WireModel, read
from vcwallet.errors import StoreCorruptError
from vcwallet.keys.policy import Role
from vcwallet.keys.public import PublicKey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.storage import Put, RecordStore
from vcwallet.trust.certificates import (
    ISSUING_CA,
    LEAF,
    CertificateAuthority,
    Subject,
    build_certificate,
    build_root,
    from_der,
    subject_key_id,
    to_der,
)
from vcwallet.trust.mdoc_certificates import build_document_signer, build_iaca, build_reader

PARTY_PREFIX = "urn:vcwallet:party:"
REGISTRY_CODE = "registry"
REGISTRY_PARTY = f"{PARTY_PREFIX}{REGISTRY_CODE}"

_COLLECTION = "registry_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedSigner:
    """A key of the registry's own with its certificate."""

    signer: SoftwareSigner
    certificate: x509.Certificate = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """The registry's own keys."""

    root: CertifiedSigner
    issuing_ca: CertifiedSigner
    registrar: CertifiedSigner
    list_operator: CertifiedSigner
    iaca: CertifiedSigner

    @classmethod
    def create(cls, name: str, *, country: str, address: str, at: datetime) -> Authority:
        """Make the keys of a new registry and their certificates.

        Raises:
            ValueError: the country is not two capital letters, or the address no URI in ASCII.
        """
        iaca = build_iaca(
            Subject(country=country, organisation=name, common_name="IACA"),
            SoftwareSigner.generate(),
            contact=address,
            at=at,
        )
        root = build_root(
            Subject(country=country, organisation=name, common_name="Root CA"), SoftwareSigner.generate(), at=at
        )
        subject = Subject(country=country, organisation=name, common_name="Issuing CA")
        signer = SoftwareSigner.generate()
        certificate = build_certificate(subject, signer.public_key, profile=ISSUING_CA, issuer=root, at=at)
        issuing_ca = CertificateAuthority(certificate=certificate, signer=signer)
        return cls(
            root=CertifiedSigner(signer=root.signer, certificate=root.certificate),
            issuing_ca=CertifiedSigner(signer=signer, certificate=certificate),
            registrar=_own_key(name, Role.REGISTRAR, country=country, issuer=issuing_ca, at=at),
            list_operator=_own_key(name, Role.LIST_OPERATOR, country=country, issuer=issuing_ca, at=at),
            iaca=CertifiedSigner(signer=iaca.signer, certificate=iaca.certificate),
        )

    def certify(self, key: PublicKey, role: Role, *, code: str, name: str, at: datetime) -> tuple[bytes, ...]:
        """Return the chain for a party's key: its new certificate and the issuing CA's."""
        subject = _subject(name, role, code=code, country=self.country)
        return self.chain(
            build_certificate(subject, key, profile=LEAF[role], issuer=_as_authority(self.issuing_ca), at=at)
        )

    def certify_document_signer(self, key: PublicKey, *, code: str, name: str, at: datetime) -> tuple[bytes, ...]:
        """Return the ``x5chain`` of an issuer's mdocs: a certificate by the IACA, which is never sent along."""
        certificate = build_document_signer(
            _subject(name, Role.DOCUMENT_SIGNER, code=code, country=self.country),
            key,
            issuer=_as_authority(self.iaca),
            revocation_list=f"{self.address}/iaca.crl",
            at=at,
        )
        return (to_der(certificate),)

    def certify_reader(self, key: PublicKey, *, code: str, name: str, at: datetime) -> tuple[bytes, ...]:
        """Return the ``x5chain`` of a verifier's requests for mdocs: a certificate by the issuing CA, and the CA's."""
        certificate = build_reader(
            _subject(name, Role.MDOC_READER, code=code, country=self.country),
            key,
            issuer=_as_authority(self.issuing_ca),
            revocation_list=f"{self.address}/issuing-ca.crl",
            at=at,
        )
        return self.chain(certificate)

    def chain(self, certificate: x509.Certificate) -> tuple[bytes, ...]:
        """Return a certificate by the issuing CA with what must come along."""
        return (to_der(certificate), to_der(self.issuing_ca.certificate))

    @property
    def country(self) -> str:
        """The country in all certificates."""
        return str(self.root.certificate.subject.get_attributes_for_oid(x509.NameOID.COUNTRY_NAME)[0].value)

    @property
    def anchor(self) -> bytes:
        """The root's certificate."""
        return to_der(self.root.certificate)

    @property
    def key_id(self) -> bytes:
        """The subject key identifier of the issuing CA."""
        return subject_key_id(self.issuing_ca.certificate)

    @property
    def iaca_key_id(self) -> bytes:
        """The subject key identifier of the IACA."""
        return subject_key_id(self.iaca.certificate)

    @property
    def address(self) -> str:
        """The address of the registry, as its IACA states it, without a slash at the end."""
        contact = self.iaca.certificate.extensions.get_extension_for_class(x509.IssuerAlternativeName).value
        return contact.get_values_for_type(x509.UniformResourceIdentifier)[0].rstrip("/")

    def records(self) -> list[Put]:
        """Return the records that keep the keys, in a store that seals them."""
        return [Put(_COLLECTION, name, _body(own), new=True) for name, own in self._by_name().items()]

    @classmethod
    def load(cls, store: RecordStore) -> Authority:
        """Return the keys that `records` kept.

        Raises:
            StoreCorruptError: one is missing.
            MalformedError, ValueError: one is unreadable.
        """
        names = ("root", "issuing_ca", "registrar", "list_operator", "iaca")
        return cls(**{name: _load(store, name) for name in names})

    def _by_name(self) -> Mapping[str, CertifiedSigner]:
        return {
            "root": self.root,
            "issuing_ca": self.issuing_ca,
            "registrar": self.registrar,
            "list_operator": self.list_operator,
            "iaca": self.iaca,
        }


def _as_authority(own: CertifiedSigner) -> CertificateAuthority:
    return CertificateAuthority(certificate=own.certificate, signer=own.signer)


def _own_key(name: str, role: Role, *, country: str, issuer: CertificateAuthority, at: datetime) -> CertifiedSigner:
    signer = SoftwareSigner.generate()
    subject = _subject(name, role, code=REGISTRY_CODE, country=country)
    certificate = build_certificate(subject, signer.public_key, profile=LEAF[role], issuer=issuer, at=at)
    return CertifiedSigner(signer=signer, certificate=certificate)


def _subject(name: str, role: Role, *, code: str, country: str) -> Subject:
    return Subject(
        country=country,
        organisation=name,
        common_name=role.replace("_", " ").capitalize(),
        code=code,
        identifier=f"{PARTY_PREFIX}{code}",
    )


def _body(own: CertifiedSigner) -> bytes:
    return json.dumps({"key": _base64(own.signer.to_bytes()), "certificate": _base64(to_der(own.certificate))})


def _load(store: RecordStore, name: str) -> CertifiedSigner:
    body = store.get(_COLLECTION, name)
    if body is None:
        raise StoreCorruptError("a key of the registry is gone from the store")
    record = read(_Record, body)
    return CertifiedSigner(
        signer=SoftwareSigner.from_bytes(binascii.a2b_base64(record.key)),
        certificate=from_der(binascii.a2b_base64(record.certificate)),
    )


class _Record(WireModel):
    key: str
    certificate: str


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")
