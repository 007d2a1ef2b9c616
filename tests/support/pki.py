# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Certificate chains as tests need them: right in all but what a test changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from vcwallet.keys.policy import Role
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust.certificates import (
    ISSUING_CA,
    LEAF,
    ROOT,
    CertificateAuthority,
    CertificateProfile,
    Subject,
    to_der,
)
from vcwallet.trust.mdoc_certificates import DOCUMENT_SIGNER, READER, MdocProfile

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PARTY = "urn:vcwallet:party:999016"
PROFILES: dict[Role, CertificateProfile | MdocProfile] = {
    **LEAF,
    Role.MDOC_READER: READER,
    Role.DOCUMENT_SIGNER: DOCUMENT_SIGNER,
}

Hash = hashes.SHA224 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512
Extensions = dict[type[x509.ExtensionType], tuple[x509.ExtensionType, bool]]


@dataclass
class Draft:
    """A certificate before it is signed; a test changes what it likes."""

    subject: x509.Name
    issuer_name: x509.Name
    key: Any
    not_before: datetime
    not_after: datetime
    extensions: Extensions
    serial_number: int = field(default_factory=x509.random_serial_number)
    hash: Hash = field(default_factory=hashes.SHA256)

    def put(self, extension: x509.ExtensionType, *, critical: bool) -> None:
        self.extensions[type(extension)] = (extension, critical)

    def drop(self, kind: type[x509.ExtensionType]) -> None:
        del self.extensions[kind]

    def sign(self, key: SoftwareSigner) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(self.issuer_name)
            .public_key(self.key)
            .serial_number(self.serial_number)
            .not_valid_before(self.not_before)
            .not_valid_after(self.not_after)
        )
        for extension, critical in self.extensions.values():
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(key.private_key, self.hash)


Change = Callable[[Draft], None]


def unchanged(_: Draft) -> None:
    pass


def make(
    name: str,
    profile: CertificateProfile | MdocProfile,
    *,
    issuer: CertificateAuthority | None,
    change: Change = unchanged,
    signer: SoftwareSigner | None = None,
    party: str | None = None,
    country: str = "ZZ",
) -> CertificateAuthority:
    """Return a certificate that is right, but for `change`, with its key."""
    signer = signer or SoftwareSigner.generate()
    subject = Subject(country=country, organisation="Mirai City", common_name=name, identifier=party).name
    authority_key = issuer.signer if issuer else signer
    draft = Draft(
        subject=subject,
        issuer_name=issuer.certificate.subject if issuer else subject,
        key=signer.public_key.raw,
        not_before=NOW - timedelta(days=1),
        not_after=NOW + timedelta(days=100),
        extensions={},
    )
    for extension in profile.critical_extensions:
        draft.put(extension, critical=True)
    draft.put(x509.SubjectKeyIdentifier.from_public_key(signer.public_key.raw), critical=False)
    draft.put(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key.raw), critical=False)
    if party is not None:
        draft.put(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(party)]), critical=False)
    change(draft)
    return CertificateAuthority(certificate=draft.sign(authority_key), signer=signer)


@dataclass(frozen=True)
class Chain:
    """A root, an issuing CA and a leaf."""

    root: CertificateAuthority
    authority: CertificateAuthority
    leaf: CertificateAuthority

    @property
    def x5c(self) -> tuple[bytes, ...]:
        return (to_der(self.leaf.certificate), to_der(self.authority.certificate))

    @property
    def anchor(self) -> x509.Certificate:
        return self.root.certificate


def chain(
    role: Role = Role.CREDENTIAL_ISSUER,
    *,
    root: Change = unchanged,
    authority: Change = unchanged,
    leaf: Change = unchanged,
    leaf_signer: SoftwareSigner | None = None,
) -> Chain:
    """Return a chain that is right, but for the changes."""
    top = make("Root CA", ROOT, issuer=None, change=root)
    middle = make("Issuing CA", ISSUING_CA, issuer=top, change=authority)
    bottom = make("Leaf", PROFILES[role], issuer=middle, change=leaf, signer=leaf_signer, party=PARTY)
    return Chain(root=top, authority=middle, leaf=bottom)
