# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Small SD-JWT VCs as tests need them: signed with real keys, and right in all but what a test changes.

A `Scene` is one presentation with everything that a verifier looks at.  It verifies as it is; a test changes one thing
and sees it refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from vcwallet.checks import Finding
from vcwallet.claims import ClaimPath, Concealment
from vcwallet.encoding import base64url
from vcwallet.errors import NotAuthorisedError, UntrustedError, ValidityError
from vcwallet.formats import sd_jwt
from vcwallet.formats.base import Binding, CredentialContent, IssuerKey, ReceivedCredential, VerifiedCredential
from vcwallet.formats.sd_jwt_vc import HeldSdJwtVc, SdJwtVc
from vcwallet.jose import jws
from vcwallet.keys import jwk
from vcwallet.keys.policy import KeySource, Role, TrustedKey
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer
from vcwallet.keys.software import SoftwareSigner

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ISSUER = "https://issuer.example"
VCT = "urn:example:identity:1"
AUDIENCE = "https://verifier.example"
NONCE = "n-0S6_WzA2Mj-abcdefgh"
BINDING = Binding(audience=AUDIENCE, nonce=NONCE)

ISSUER_KEY = SoftwareSigner.generate()
HOLDER_KEY = SoftwareSigner.generate()
STRANGER_KEY = SoftwareSigner.generate()

CLAIMS: dict[str, Any] = {
    "given_name": "Arthur",
    "family_name": "Dent",
    "address": {"locality": "Cottington", "country": "GB"},
    "nationalities": ["GB", "ZZ"],
    "degrees": [{"type": "BSc", "year": 2001}, {"type": "MSc"}],
    "member": True,
}
HIDDEN: list[ClaimPath] = [
    ("given_name",),
    ("family_name",),
    ("address",),
    ("address", "locality"),
    ("address", "country"),
    ("nationalities", None),
    ("degrees", None, "type"),
    ("degrees", None, "year"),
]


# --- whom to trust ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A party of a `StaticTrust`: in this role, for these types, in this time, with this key."""

    key: PublicKey
    role: Role = Role.CREDENTIAL_ISSUER
    types: frozenset[str] = frozenset({VCT})
    chain: tuple[bytes, ...] = ()
    begins: datetime = NOW - timedelta(days=365)
    ends: datetime = NOW + timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticTrust:
    """A `TrustPolicy` over a table; it checks issuer, chain, role, type and time as a registry would.

    The party without a name speaks for credentials that name no issuer.
    """

    parties: Mapping[str, Party] = field(default_factory=lambda: {ISSUER: Party(key=ISSUER_KEY.public_key)})

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        party = self.parties.get(source.issuer or "")
        if party is None or party.chain != source.chain:
            raise UntrustedError("no such party")
        if party.role is not role or type_id not in party.types:
            raise NotAuthorisedError("the party may not do this")
        if not party.begins <= at < party.ends:
            raise ValidityError("the party is not registered now")
        return TrustedKey(key=party.key, party=source.issuer or "", source="static")


TRUST = StaticTrust()


# --- issued through the API ------------------------------------------------------------------------------------------


def content(
    claims: Mapping[str, Any] = CLAIMS, hidden: Iterable[ClaimPath] = HIDDEN, **others: Any
) -> CredentialContent:
    members: dict[str, Any] = {
        "type_id": VCT,
        "claims": claims,
        "concealment": Concealment.of(hidden),
        "holder": HOLDER_KEY.public_key,
        "issued_at": NOW - timedelta(days=1),
        "expires": NOW + timedelta(days=90),
    }
    return CredentialContent(**members | others)


def issued(
    claims: Mapping[str, Any] = CLAIMS,
    hidden: Iterable[ClaimPath] = HIDDEN,
    *,
    format: SdJwtVc | None = None,
    signer: Signer = ISSUER_KEY,
    **others: Any,
) -> str:
    """Return a credential in compact serialisation, as its issuer would send it."""
    issuer = IssuerKey(signer=signer, chain=(), identifier=ISSUER)
    return (format or SdJwtVc()).issue(content(claims, hidden, **others), issuer=issuer)


def held(claims: Mapping[str, Any] = CLAIMS, hidden: Iterable[ClaimPath] = HIDDEN, **others: Any) -> HeldSdJwtVc:
    """Return a credential that its holder has received and checked."""
    received = receive(issued(claims, hidden, **others)).held
    assert isinstance(received, HeldSdJwtVc)
    return received


def receive(raw: str, *, trust: StaticTrust = TRUST, at: datetime = NOW) -> ReceivedCredential:
    return SdJwtVc().read_issued(raw).verify(trust=trust, at=at)


def verify(
    raw: str, *, binding: Binding = BINDING, trust: StaticTrust = TRUST, at: datetime = NOW
) -> VerifiedCredential:
    return SdJwtVc().read_presentation(raw).verify(binding=binding, trust=trust, at=at)


# --- made by hand ----------------------------------------------------------------------------------------------------


def seconds(time: datetime) -> int:
    return int(time.timestamp())


def disclosure(*array: Any) -> str:
    """Return any JSON array as a disclosure, whether it may be one or not."""
    return base64url.encode(json.dumps(array).encode())


def digest(text: str, name: str = "sha256") -> str:
    return base64url.encode(hashlib.new(name, text.encode("ascii")).digest())


def element(text: str) -> dict[str, str]:
    """Return the placeholder of an array element."""
    return {"...": digest(text)}


def token(header: Mapping[str, Any] | bytes, payload: Mapping[str, Any] | bytes, sign: Callable[[bytes], bytes]) -> str:
    """Return a compact JWS of any header and payload, which no other function of ours would sign."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
    signing_input = ".".join(map(base64url.encode, parts))
    return f"{signing_input}.{base64url.encode(sign(signing_input.encode()))}"


def hidden_payload(*disclosures: str, **open_claims: Any) -> dict[str, Any]:
    """Return a payload with the digests of `disclosures` at its top, beside `open_claims`."""
    return {"_sd": sorted(map(digest, disclosures)), **open_claims}


LEFT_OUT: Any = ...
"""Stands for a claim that is left out of a proof."""

GIVEN_NAME = disclosure("c2FsdHNhbHRzYWx0c2FsdA", "given_name", "Arthur")
FAMILY_NAME = disclosure("c2FsdHNhbHRzYWx0c2FsdB", "family_name", "Dent")
NATIONALITY = disclosure("c2FsdHNhbHRzYWx0c2FsdC", "GB")


def registered() -> dict[str, Any]:
    """Return the claims of a credential that are not about its subject."""
    return {
        "vct": VCT,
        "iss": ISSUER,
        "iat": seconds(NOW - timedelta(days=1)),
        "exp": seconds(NOW + timedelta(days=90)),
        "cnf": {"jwk": jwk.public_jwk(HOLDER_KEY.public_key)},
        "_sd_alg": "sha-256",
    }


@dataclass
class Scene:
    """One presentation and all that a verifier brings along; a test changes what it likes.

    `proof` holds claims of the key binding JWT that replace the right ones; None leaves out the JWT as a whole.
    """

    header: dict[str, Any] = field(default_factory=lambda: {"alg": "ES256", "typ": "dc+sd-jwt"})
    payload: dict[str, Any] = field(
        default_factory=lambda: {
            **registered(),
            **hidden_payload(GIVEN_NAME, FAMILY_NAME),
            "nationalities": [element(NATIONALITY)],
        }
    )
    disclosures: list[str] = field(default_factory=lambda: [GIVEN_NAME, NATIONALITY])
    issuer: Signer = ISSUER_KEY
    proof_header: dict[str, Any] = field(default_factory=lambda: {"alg": "ES256", "typ": "kb+jwt"})
    proof: dict[str, Any] | None = field(default_factory=dict)
    holder: Signer = HOLDER_KEY
    binding: Binding = BINDING
    trust: StaticTrust = TRUST
    at: datetime = NOW

    @property
    def issued(self) -> str:
        """The SD-JWT without key binding, ending in a tilde."""
        return "~".join((token(self.header, self.payload, self.issuer.sign), *self.disclosures, ""))

    @property
    def presented(self) -> str:
        """The SD-JWT, with the key binding JWT unless it is left out."""
        return self.bind(self.issued)

    def bind(self, issued: str) -> str:
        if self.proof is None:
            return issued
        right = {"iat": seconds(NOW), "aud": AUDIENCE, "nonce": NONCE, "sd_hash": digest(issued)}
        claims = {name: value for name, value in (right | self.proof).items() if value is not LEFT_OUT}
        return issued + token(self.proof_header, claims, self.holder.sign)

    def verify(self) -> VerifiedCredential:
        return verify(self.presented, binding=self.binding, trust=self.trust, at=self.at)

    def receive(self) -> ReceivedCredential:
        return receive(self.presented, trust=self.trust, at=self.at)

    def explain(self) -> list[Finding]:
        presentation = SdJwtVc().read_presentation(self.presented)
        return presentation.explain(binding=self.binding, trust=self.trust, at=self.at, subject="pid")


def process(payload: Mapping[str, Any], *disclosures: str) -> sd_jwt.VerifiedSdJwt:
    """Return an SD-JWT of any payload after the checks of RFC 9901, section 7.1, alone."""
    text = "~".join((token({"alg": "ES256"}, payload, ISSUER_KEY.sign), *disclosures, ""))
    return sd_jwt.parse(text).verify(ISSUER_KEY.public_key)


def parsed_payload(text: str) -> dict[str, Any]:
    """Return the payload of an SD-JWT as its issuer signed it, digests and all."""
    return jws.payload_object(sd_jwt.parse(text).issuer_jwt.unverified_payload)
