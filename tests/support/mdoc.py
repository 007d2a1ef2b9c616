# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Small mdocs as tests need them: signed with real keys, and right in all but what a test changes.

A `Scene` is one presentation with everything that a verifier looks at, put together from decoded CBOR and signed by
whoever a test says.  It verifies as it is; a test changes one thing and sees it refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from vcwallet.checks import Finding
from vcwallet.claims import ClaimPath, Concealment
from vcwallet.cose import mac0, structure
from vcwallet.encoding import base64url, cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import NotAuthorisedError, UntrustedError
from vcwallet.formats.base import Binding, CredentialContent, IssuerKey, ReceivedCredential, VerifiedCredential
from vcwallet.formats.mdoc import HeldMdoc, Mdoc, device_signed, transcript
from vcwallet.keys import cose_key
from vcwallet.keys.algorithm import CLASSICAL, Algorithm
from vcwallet.keys.policy import KeySource, Role, TrustedKey
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer
from vcwallet.keys.software import SoftwareKeyAgreement, SoftwareSigner

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
BEGINS, ENDS = NOW - DAY, NOW + 90 * DAY

DOC_TYPE = "org.example.pass.1"
SPACE = "org.example.pass.1.elements"
OTHER_SPACE = "org.example.pass.1.more"
CLAIMS: Mapping[str, Mapping[str, Any]] = {
    SPACE: {"given_name": "Arthur", "family_name": "Dent", "age_over_20": True, "portrait": b"\xff\xd8\xff"},
    OTHER_SPACE: {"level": 3},
}
SEEN = {
    SPACE: {"given_name": "Arthur", "family_name": "Dent", "age_over_20": True, "portrait": "_9j_"},
    OTHER_SPACE: {"level": 3},
}
EVERY: tuple[ClaimPath, ...] = tuple((space, element) for space, elements in CLAIMS.items() for element in elements)

BINDING = Binding(
    audience="x509_hash:verifier", nonce="n-0S6_WzA2Mj-abcdefgh", response_uri="https://verifier.example/answer"
)

ISSUER_KEY = SoftwareSigner.generate()
DEVICE_KEY = SoftwareSigner.generate()
STRANGER_KEY = SoftwareSigner.generate()
READER_KEY = SoftwareKeyAgreement.generate()
WITH_READER = replace(BINDING, reader_key=READER_KEY)

LEFT_OUT: Any = ...
"""Stands for a member that is left out."""


# --- whom to trust ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Signers:
    """A `TrustPolicy` that knows one signer and what its certificate says."""

    key: PublicKey = ISSUER_KEY.public_key
    role: Role = Role.DOCUMENT_SIGNER
    types: frozenset[str] = frozenset({DOC_TYPE})
    chain: tuple[bytes, ...] = ()
    country: str | None = None
    jurisdiction: str | None = None
    not_before: datetime | None = BEGINS - DAY
    not_after: datetime | None = ENDS + DAY

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        if source.chain != self.chain:
            raise UntrustedError("no such signer")
        if role is not self.role or type_id not in self.types:
            raise NotAuthorisedError("the signer may not do this")
        return TrustedKey(
            key=self.key,
            party="Mirai City",
            source="static",
            country=self.country,
            jurisdiction=self.jurisdiction,
            not_before=self.not_before,
            not_after=self.not_after,
        )


TRUST = Signers()


# --- issued through the API ------------------------------------------------------------------------------------------


def content(claims: Mapping[str, Any] = CLAIMS, **others: Any) -> CredentialContent:
    members: dict[str, Any] = {
        "type_id": DOC_TYPE,
        "claims": claims,
        "concealment": Concealment(),
        "holder": DEVICE_KEY.public_key,
        "issued_at": BEGINS,
        "expires": ENDS,
    }
    return CredentialContent(**members | others)


def issued(
    claims: Mapping[str, Any] = CLAIMS,
    *,
    format: Mdoc | None = None,
    signer: Signer = ISSUER_KEY,
    chain: tuple[bytes, ...] = (),
    **others: Any,
) -> str:
    """Return a credential in base64url, as its issuer would send it."""
    issuer = IssuerKey(signer=signer, chain=chain, identifier=None)
    return (format or Mdoc()).issue(content(claims, **others), issuer=issuer)


def held(claims: Mapping[str, Any] = CLAIMS, **others: Any) -> HeldMdoc:
    """Return a credential that its holder has received and checked."""
    received = receive(issued(claims, **others)).held
    assert isinstance(received, HeldMdoc)
    return received


def receive(raw: str, *, trust: Signers = TRUST, at: datetime = NOW) -> ReceivedCredential:
    return Mdoc().read_issued(raw).verify(trust=trust, at=at)


def presented(paths: Iterable[ClaimPath] = EVERY, *, binding: Binding = BINDING, **others: Any) -> str:
    return held(**others).present(paths, binding=binding, signer=DEVICE_KEY, at=NOW)


def verify(
    raw: str,
    *,
    binding: Binding = BINDING,
    trust: Signers = TRUST,
    at: datetime = NOW,
    algorithms: frozenset[Algorithm] = CLASSICAL,
) -> VerifiedCredential:
    return Mdoc(algorithms=algorithms).read_presentation(raw).verify(binding=binding, trust=trust, at=at)


def explain(raw: str, *, binding: Binding = BINDING, trust: Signers = TRUST, at: datetime = NOW) -> list[Finding]:
    return Mdoc().read_presentation(raw).explain(binding=binding, trust=trust, at=at, subject="pass")


# --- made by hand ----------------------------------------------------------------------------------------------------


def tdate(moment: datetime) -> Tag:
    return Tag(0, moment.strftime("%Y-%m-%dT%H:%M:%SZ"))


def embed(value: Any) -> Tag:
    """Return a value as an embedded item, not yet encoded around."""
    return Tag(24, cbor.dumps(value))


def unembed(value: Any) -> Any:
    assert isinstance(value, Tag)
    assert isinstance(value.content, bytes)
    return cbor.loads(value.content)


def changed(members: Mapping[Any, Any], changes: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return a map with members exchanged, put in, or taken out."""
    return {name: value for name, value in {**members, **changes}.items() if value is not LEFT_OUT}


def item(number: Any, element: Any, value: Any, **changes: Any) -> dict[Any, Any]:
    """Return the members of an IssuerSignedItem."""
    members = {
        "digestID": number,
        "random": hashlib.sha256(str((number, element)).encode()).digest()[:16],
        "elementIdentifier": element,
        "elementValue": value,
    }
    return changed(members, changes)


def items(claims: Mapping[str, Mapping[str, Any]] = CLAIMS) -> dict[str, list[Tag]]:
    return {
        space: [embed(item(number, *element)) for number, element in enumerate(elements.items())]
        for space, elements in claims.items()
    }


def digests_of(name_spaces: Mapping[str, Sequence[Any]], name: str = "sha256") -> dict[str, dict[Any, bytes]]:
    """Return the digests of items over their tagged bytes, by the number that each gives itself."""
    return {
        space: {unembed(one)["digestID"]: hashlib.new(name, cbor.dumps(one)).digest() for one in values}
        for space, values in name_spaces.items()
    }


def validity(**changes: Any) -> dict[str, Any]:
    times = {"signed": tdate(BEGINS), "validFrom": tdate(BEGINS), "validUntil": tdate(ENDS)}
    return changed(times, changes)


def key_info(key: PublicKey = DEVICE_KEY.public_key, **changes: Any) -> dict[str, Any]:
    return changed({"deviceKey": cose_key.public_cose_key(key)}, changes)


def mso(**changes: Any) -> dict[Any, Any]:
    """Return the members of a MobileSecurityObject for the items of `items`."""
    members = {
        "version": "1.0",
        "digestAlgorithm": "SHA-256",
        "valueDigests": digests_of(items()),
        "deviceKeyInfo": key_info(),
        "docType": DOC_TYPE,
        "validityInfo": validity(),
    }
    return changed(members, changes)


def cose(
    payload: bytes | None,
    signer: Signer,
    *,
    protected: Any = None,
    unprotected: Any = None,
    attached: Any = LEFT_OUT,
) -> list[Any]:
    """Return a COSE_Sign1 with any headers, which no function of ours would sign."""
    header = {1: cose_key.cose_algorithm(signer.public_key.algorithm)} if protected is None else protected
    encoded = header if isinstance(header, bytes) else cbor.dumps(header)
    to_be_signed = structure.authenticated(structure.context("Signature1"), encoded, b"", payload or b"")
    shown = payload if attached is LEFT_OUT else attached
    return [encoded, {} if unprotected is None else unprotected, shown, signer.sign(to_be_signed)]


def agreement_of(signer: SoftwareSigner) -> SoftwareKeyAgreement:
    """Return a signing key as one that agrees on secrets."""
    key = signer.private_key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return SoftwareKeyAgreement(key)


@dataclass
class Scene:
    """One presentation and all that a verifier brings along; a test changes what it likes.

    `mso` is what the issuer signs, `items` what is shown of it.  A member of `response`, `document`, `issuer_signed` or
    `device_signed` stands for the one that would be right, or is `LEFT_OUT`.
    """

    items: Any = field(default_factory=items)
    mso: Any = field(default_factory=mso)
    payload: Any = LEFT_OUT
    issuer: Signer = ISSUER_KEY
    issuer_protected: Any = None
    issuer_unprotected: Any = None
    device_items: Any = field(default_factory=dict)
    device: SoftwareSigner = DEVICE_KEY
    device_protected: Any = None
    with_mac: bool = False
    signed_doc_type: str = DOC_TYPE
    session: Binding | bytes | None = None
    issuer_signed: dict[str, Any] = field(default_factory=dict)
    device_signed: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    response: dict[str, Any] = field(default_factory=dict)
    binding: Binding = BINDING
    trust: Signers = TRUST
    at: datetime = NOW
    algorithms: frozenset[Algorithm] = CLASSICAL

    def resign(self, claims: Mapping[str, Mapping[str, Any]]) -> None:
        """Let the issuer say something else."""
        self.items = items(claims)
        self.mso["valueDigests"] = digests_of(self.items)

    @property
    def issuer_auth(self) -> list[Any]:
        payload = cbor.dumps(embed(self.mso)) if self.payload is LEFT_OUT else self.payload
        return cose(payload, self.issuer, protected=self.issuer_protected, unprotected=self.issuer_unprotected)

    @property
    def issued_map(self) -> dict[str, Any]:
        return changed({"nameSpaces": self.items, "issuerAuth": self.issuer_auth}, self.issuer_signed)

    @property
    def issued(self) -> str:
        return base64url.encode(cbor.dumps(self.issued_map))

    @property
    def transcript(self) -> bytes:
        """What the device takes for the session."""
        session = self.binding if self.session is None else self.session
        return session if isinstance(session, bytes) else transcript.of(session)

    @property
    def device_auth(self) -> dict[str, Any]:
        said = cbor.dumps(self.device_items)
        authentication = device_signed.device_authentication(self.transcript, self.signed_doc_type, said)
        if self.with_mac:
            secret = agreement_of(self.device).agree(READER_KEY.public_jwk)
            key = device_signed.mac_key(secret, self.transcript)
            return {"deviceMac": mac0.mac(authentication, key=key, detached=True)}
        return {"deviceSignature": cose(authentication, self.device, protected=self.device_protected, attached=None)}

    @property
    def document_map(self) -> dict[str, Any]:
        proof = {"nameSpaces": embed(self.device_items), "deviceAuth": self.device_auth}
        members = {
            "docType": DOC_TYPE,
            "issuerSigned": self.issued_map,
            "deviceSigned": changed(proof, self.device_signed),
        }
        return changed(members, self.document)

    @property
    def response_map(self) -> dict[str, Any]:
        return changed({"version": "1.0", "documents": [self.document_map], "status": 0}, self.response)

    @property
    def presented(self) -> str:
        return base64url.encode(cbor.dumps(self.response_map))

    def verify(self) -> VerifiedCredential:
        return verify(self.presented, binding=self.binding, trust=self.trust, at=self.at, algorithms=self.algorithms)

    def receive(self) -> ReceivedCredential:
        return Mdoc(algorithms=self.algorithms).read_issued(self.issued).verify(trust=self.trust, at=self.at)

    def explain(self) -> list[Finding]:
        reader = Mdoc(algorithms=self.algorithms).read_presentation(self.presented)
        return reader.explain(binding=self.binding, trust=self.trust, at=self.at, subject="pass")
