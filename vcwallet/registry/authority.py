# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The keys of a registry: root, issuing CA, registrar, list operator and IACA, and what they certify.

The issuing authority CA (IACA) certifies the document signers of mdocs, in one step (ISO/IEC 18013-5, Annex B); every
other certificate is below the root.

Each of them can be succeeded by another.  A CA that has been succeeded still signs its revocation lists, until it is
retired; a root introduces its successor by a signed statement, which is kept for good.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from cryptography import x509

from vcwallet.encoding import json
from vcwallet.encoding.wire import WireModel, read
from vcwallet.errors import StoreCorruptError
from vcwallet.keys.policy import Role
from vcwallet.keys.public import PublicKey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.storage import Change, Delete, Put, RecordStore
from vcwallet.trust.certificates import (
    ISSUING_CA,
    LEAF,
    CertificateAuthority,
    Subject,
    authority_key_id,
    build_certificate,
    build_root,
    from_der,
    subject_key_id,
    to_der,
)
from vcwallet.trust.mdoc_certificates import build_document_signer, build_iaca, build_iaca_link, build_reader
from vcwallet.trust.root_statement import sign_successor

PARTY_PREFIX = "urn:vcwallet:party:"
REGISTRY_CODE = "registry"
REGISTRY_PARTY = f"{PARTY_PREFIX}{REGISTRY_CODE}"

_COLLECTION = "registry_key"
_STATEMENTS = "registry_root_statement"


class OwnKey(StrEnum):
    """What a registry has keys of its own for."""

    ROOT = "root"
    ISSUING_CA = "issuing_ca"
    REGISTRAR = "registrar"
    LIST_OPERATOR = "list_operator"
    IACA = "iaca"


_COMMON_NAMES: Mapping[OwnKey, str] = {
    OwnKey.ROOT: "Root CA",
    OwnKey.ISSUING_CA: "Issuing CA",
    OwnKey.IACA: "IACA",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedSigner:
    """A key of the registry's own with its certificate."""

    signer: SoftwareSigner
    certificate: x509.Certificate = field(repr=False)

    @property
    def key_id(self) -> bytes:
        """The subject key identifier."""
        return subject_key_id(self.certificate)

    @property
    def authority(self) -> CertificateAuthority:
        """The same as a CA."""
        return CertificateAuthority(certificate=self.certificate, signer=self.signer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """The registry's own keys.

    Attributes:
        root: certifies the issuing CA.
        issuing_ca: certifies the parties and the two that follow.
        registrar: signs registrations.
        list_operator: signs the lists.
        iaca: certifies document signers.
        former: the CAs that have been succeeded and not retired, the earliest first.
        root_statements: by which each root has introduced its successor, the earliest first.
    """

    root: CertifiedSigner
    issuing_ca: CertifiedSigner
    registrar: CertifiedSigner
    list_operator: CertifiedSigner
    iaca: CertifiedSigner
    former: tuple[tuple[OwnKey, CertifiedSigner], ...] = ()
    root_statements: tuple[str, ...] = ()

    @classmethod
    def create(cls, name: str, *, country: str, address: str, at: datetime) -> Authority:
        """Make the keys of a new registry and their certificates.

        Raises:
            ValueError: the country is not two capital letters, or the address no URI in ASCII.
        """
        iaca = build_iaca(
            Subject(country=country, organisation=name, common_name=_COMMON_NAMES[OwnKey.IACA]),
            SoftwareSigner.generate(),
            contact=address,
            at=at,
        )
        root = build_root(
            Subject(country=country, organisation=name, common_name=_COMMON_NAMES[OwnKey.ROOT]),
            SoftwareSigner.generate(),
            at=at,
        )
        signer = SoftwareSigner.generate()
        subject = Subject(country=country, organisation=name, common_name=_COMMON_NAMES[OwnKey.ISSUING_CA])
        certificate = build_certificate(subject, signer.public_key, profile=ISSUING_CA, issuer=root, at=at)
        issuing_ca = CertificateAuthority(certificate=certificate, signer=signer)
        return cls(
            root=_own(root),
            issuing_ca=_own(issuing_ca),
            registrar=_own_key(name, Role.REGISTRAR, country=country, issuer=issuing_ca, at=at),
            list_operator=_own_key(name, Role.LIST_OPERATOR, country=country, issuer=issuing_ca, at=at),
            iaca=_own(iaca),
        )

    # --- succession --------------------------------------------------------------------------------------------------

    def with_new_root(self, *, at: datetime) -> Authority:
        """Return it with a new root, which the present one introduces, and a new issuing CA below it.

        Raises:
            ValueError: the present root has expired.
        """
        signer = SoftwareSigner.generate()
        root = build_root(self._subject_of(OwnKey.ROOT, signer), signer, at=at)
        statement = sign_successor(root, self.root.authority, at=at)
        succeeded = replace(
            self,
            root=_own(root),
            former=(*self.former, (OwnKey.ROOT, self.root)),
            root_statements=(*self.root_statements, statement),
        )
        return succeeded.with_new_issuing_ca(at=at)

    def with_new_issuing_ca(self, *, at: datetime) -> Authority:
        """Return it with a new issuing CA, which also certifies the keys of registrar and list operator anew.

        Raises:
            ValueError: the root has expired.
        """
        signer = SoftwareSigner.generate()
        subject, root = self._subject_of(OwnKey.ISSUING_CA, signer), self.root.authority
        certificate = build_certificate(subject, signer.public_key, profile=ISSUING_CA, issuer=root, at=at)
        ca = CertificateAuthority(certificate=certificate, signer=signer)
        return replace(
            self,
            issuing_ca=_own(ca),
            registrar=self._own_key(Role.REGISTRAR, issuer=ca, at=at, signer=self.registrar.signer),
            list_operator=self._own_key(Role.LIST_OPERATOR, issuer=ca, at=at, signer=self.list_operator.signer),
            former=(*self.former, (OwnKey.ISSUING_CA, self.issuing_ca)),
        )

    def with_new_iaca(self, *, at: datetime) -> tuple[Authority, bytes]:
        """Return it with a new IACA, and the link certificate by which the present one vouches for that.

        Raises:
            ValueError: the present IACA has expired.
        """
        signer = SoftwareSigner.generate()
        iaca = build_iaca(self._subject_of(OwnKey.IACA, signer), signer, contact=self.address, at=at)
        link = build_iaca_link(iaca.certificate, old=self.iaca.authority, at=at)
        return replace(self, iaca=_own(iaca), former=(*self.former, (OwnKey.IACA, self.iaca))), to_der(link)

    def with_new_registrar(self, *, at: datetime) -> Authority:
        """Return it with a new key of the registrar.

        Raises:
            ValueError: the issuing CA has expired.
        """
        return replace(self, registrar=self._own_key(Role.REGISTRAR, issuer=self.issuing_ca.authority, at=at))

    def with_new_list_operator(self, *, at: datetime) -> Authority:
        """Return it with a new key of the list operator.

        Raises:
            ValueError: the issuing CA has expired.
        """
        return replace(self, list_operator=self._own_key(Role.LIST_OPERATOR, issuer=self.issuing_ca.authority, at=at))

    def without(self, key_id: bytes) -> Authority:
        """Return it without a CA that has been succeeded; a root takes the CAs below it along.

        Raises:
            ValueError: no CA that has been succeeded has this key identifier.
        """
        kept = tuple(
            (kind, own)
            for kind, own in self.former
            if own.key_id != key_id and (kind is not OwnKey.ISSUING_CA or authority_key_id(own.certificate) != key_id)
        )
        if all(own.key_id != key_id for _, own in self.former):
            raise ValueError("no CA that has been succeeded has this key identifier")
        return replace(self, former=kept)

    def former_of(self, kind: OwnKey) -> tuple[CertifiedSigner, ...]:
        """Return the CAs of a kind that have been succeeded and not retired, the earliest first."""
        return tuple(own for its_kind, own in self.former if its_kind is kind)

    def own_certificates(self) -> tuple[x509.Certificate, x509.Certificate]:
        """Return the certificates of registrar and list operator."""
        return self.registrar.certificate, self.list_operator.certificate

    def authorities(self) -> Iterator[tuple[OwnKey, CertifiedSigner]]:
        """Yield every CA that still counts, those that have been succeeded last."""
        yield from ((OwnKey.ROOT, self.root), (OwnKey.ISSUING_CA, self.issuing_ca), (OwnKey.IACA, self.iaca))
        yield from self.former

    def authority_of(self, certificate: x509.Certificate) -> CertifiedSigner | None:
        """Return the CA that has made a certificate, if it is one of these."""
        key_id = authority_key_id(certificate)
        return next((own for _, own in self.authorities() if own.key_id == key_id), None)

    def _subject_of(self, kind: OwnKey, signer: SoftwareSigner) -> Subject:
        # A name of its own for each key: two CAs of one name could be taken for each other, and so could their lists.
        key_id = x509.SubjectKeyIdentifier.from_public_key(signer.public_key.raw).digest
        name = f"{_COMMON_NAMES[kind]} {key_id.hex()[:8]}"
        return Subject(country=self.country, organisation=self.organisation, common_name=name)

    def _own_key(
        self, role: Role, *, issuer: CertificateAuthority, at: datetime, signer: SoftwareSigner | None = None
    ) -> CertifiedSigner:
        return _own_key(self.organisation, role, country=self.country, issuer=issuer, at=at, signer=signer)

    # --- certificates ------------------------------------------------------------------------------------------------

    def certify(
        self, key: PublicKey, role: Role, *, code: str, name: str, at: datetime, dns_names: tuple[str, ...] = ()
    ) -> tuple[bytes, ...]:
        """Return the chain for a party's key: its new certificate and the issuing CA's."""
        subject = replace(_subject(name, role, code=code, country=self.country), dns_names=dns_names)
        return self.chain(build_certificate(subject, key, profile=LEAF[role], issuer=self.issuing_ca.authority, at=at))

    def certify_document_signer(self, key: PublicKey, *, code: str, name: str, at: datetime) -> tuple[bytes, ...]:
        """Return the ``x5chain`` of an issuer's mdocs: a certificate by the IACA, which is never sent along."""
        certificate = build_document_signer(
            _subject(name, Role.DOCUMENT_SIGNER, code=code, country=self.country),
            key,
            issuer=self.iaca.authority,
            revocation_list=self.revocation_list_address(self.iaca),
            at=at,
        )
        return (to_der(certificate),)

    def certify_reader(self, key: PublicKey, *, code: str, name: str, at: datetime) -> tuple[bytes, ...]:
        """Return the ``x5chain`` of a verifier's requests for mdocs: a certificate by the issuing CA, and the CA's."""
        certificate = build_reader(
            _subject(name, Role.MDOC_READER, code=code, country=self.country),
            key,
            issuer=self.issuing_ca.authority,
            revocation_list=self.revocation_list_address(self.issuing_ca),
            at=at,
        )
        return self.chain(certificate)

    def chain(self, certificate: x509.Certificate) -> tuple[bytes, ...]:
        """Return a certificate by the issuing CA with what must come along."""
        return (to_der(certificate), to_der(self.issuing_ca.certificate))

    def revocation_list_address(self, own: CertifiedSigner) -> str:
        """Return where the revocation list of a CA is, by the certificates below it."""
        [name] = own.certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return f"{self.address}/{str(name.value).lower().replace(' ', '-')}.crl"

    @property
    def organisation(self) -> str:
        """The name of the registry in all certificates."""
        return str(self.root.certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)[0].value)

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
        return self.issuing_ca.key_id

    @property
    def iaca_key_id(self) -> bytes:
        """The subject key identifier of the IACA."""
        return self.iaca.key_id

    @property
    def address(self) -> str:
        """The address of the registry, as its IACA states it, without a slash at the end."""
        contact = self.iaca.certificate.extensions.get_extension_for_class(x509.IssuerAlternativeName).value
        return contact.get_values_for_type(x509.UniformResourceIdentifier)[0].rstrip("/")

    # --- what is kept ------------------------------------------------------------------------------------------------

    def records(self, previous: Authority | None = None) -> list[Change]:
        """Return the changes that keep the keys, in a store that seals them, in place of those of `previous`."""
        old = previous._bodies() if previous is not None else {}
        new = self._bodies()
        first = len(previous.root_statements) if previous is not None else 0
        return [
            *(Put(_COLLECTION, id, body, new=previous is None) for id, body in new.items() if old.get(id) != body),
            *(Delete(_COLLECTION, id) for id in old if id not in new),
            *(
                Put(_STATEMENTS, f"{number:06}", text.encode("ascii"), new=True)
                for number, text in enumerate(self.root_statements[first:], first)
            ),
        ]

    @classmethod
    def load(cls, store: RecordStore) -> Authority:
        """Return the keys that `records` kept.

        Raises:
            StoreCorruptError: one is missing.
            MalformedError, ValueError: one is unreadable.
        """
        bodies = {record.id: record.body for record in store.find(_COLLECTION)}
        if not {kind.value for kind in OwnKey} <= bodies.keys():
            raise StoreCorruptError("a key of the registry is gone from the store")
        former = [(id.split(" "), _load(body)) for id, body in bodies.items() if " " in id]
        return cls(
            **{kind.value: _load(bodies[kind.value]) for kind in OwnKey},
            former=tuple((OwnKey(kind), own) for (kind, _, _), own in sorted(former, key=lambda one: one[0][1])),
            root_statements=tuple(
                record.body.decode("ascii") for record in sorted(store.find(_STATEMENTS), key=lambda one: one.id)
            ),
        )

    def _bodies(self) -> dict[str, bytes]:
        present = {
            OwnKey.ROOT: self.root,
            OwnKey.ISSUING_CA: self.issuing_ca,
            OwnKey.REGISTRAR: self.registrar,
            OwnKey.LIST_OPERATOR: self.list_operator,
            OwnKey.IACA: self.iaca,
        }
        former = {_former_id(kind, own): _body(own) for kind, own in self.former}
        return {kind.value: _body(own) for kind, own in present.items()} | former


def _former_id(kind: OwnKey, own: CertifiedSigner) -> str:
    """Return the identifier of the record of a CA that has been succeeded: by age, so that they stay in order."""
    begin = own.certificate.not_valid_before_utc
    return f"{kind} {begin:%Y%m%d%H%M%S} {own.key_id.hex()}"


def _own(authority: CertificateAuthority) -> CertifiedSigner:
    return CertifiedSigner(signer=authority.signer, certificate=authority.certificate)


def _own_key(
    name: str,
    role: Role,
    *,
    country: str,
    issuer: CertificateAuthority,
    at: datetime,
    signer: SoftwareSigner | None = None,
) -> CertifiedSigner:
    signer = signer if signer is not None else SoftwareSigner.generate()
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


def _load(body: bytes) -> CertifiedSigner:
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
