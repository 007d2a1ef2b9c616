# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The registration certificate itself: signed by a registrar, as a JWT or a CWT (ETSI TS 119 475 V1.2.1, section 5.2).

Ours are JWTs in the spelling of V1.2.1; both forms are read, in every spelling of `spellings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from vcwallet.claims import ClaimPath, JsonObject
from vcwallet.cose import cwt, sign1
from vcwallet.encoding import cbor
from vcwallet.errors import MalformedError, SignatureInvalidError
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.keys.policy import KeySource, Role, TrustedKey, TrustPolicy
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer
from vcwallet.trust.members import texts
from vcwallet.trust.registration.spellings import (
    CLAUSE,
    Authority,
    Intermediary,
    Registered,
    read_registered,
)
from vcwallet.trust.registration.use import IntendedUse, use_claims

TYP: Final = "rc-wrp+jwt"
CWT_TYP: Final = "rc-wrp+cwt"
LONGEST_VALIDITY = timedelta(days=366)
"""Twelve months: the longest that a registration counts after it was signed, whatever it says itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A registration certificate that has been verified.

    Attributes:
        use: what is registered.
        verifier: the identifier of the verifier; the request must come with this party's key, see `parties`.
        name: its registered name, by language tag.
        not_before: when the registration begins.
        not_after: when it ends.
        registrar: the key that signed it, and why it is trusted.
        identifiers: further identifiers of the verifier.
        service: what the verifier does, by language tag.
        authority: who supervises how it treats personal data, if said.
        intermediary: who may ask in its name, if anybody.
        policies: the policies under which it was registered.
        status: where the status of the certificate is found, as it came; not looked up here.
        others: the members that we do not know, as they came.
    """

    use: IntendedUse
    verifier: str
    name: Mapping[str, str]
    not_before: datetime
    not_after: datetime
    registrar: TrustedKey
    identifiers: tuple[str, ...] = ()
    service: Mapping[str, str] = field(default_factory=dict)
    authority: Authority | None = None
    intermediary: Intermediary | None = None
    policies: tuple[str, ...] = ()
    status: JsonObject | None = field(default=None, repr=False)
    others: JsonObject = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        raise TypeError("a registration is evidence, not a truth value")

    @property
    def parties(self) -> frozenset[str]:
        """Whose key a request may come with: the verifier's, or that of the intermediary (ARF 3.0, RPRC_17a)."""
        others = (self.intermediary.identifier,) if self.intermediary else ()
        return frozenset((self.verifier, *self.identifiers, *others))


def read_registration(token: str | bytes, *, trust: TrustPolicy, at: datetime) -> Registration:
    """Return the registration of a certificate that a trusted registrar signed and that is valid at `at`.

    Args:
        token: a JWT as a text, or a CWT as bytes.
        trust: knows the registrars.
        at: the time.

    Raises:
        MalformedError: not a registration certificate; one without a list of claims counts as such.
        VerificationError: another type, an unknown registrar, a bad signature, or outside its validity.
    """
    unverified = _parse(token)
    found = unverified.registered
    ends = found.issued + LONGEST_VALIDITY
    if found.expires is not None:
        ends = min(ends, found.expires)
    source = KeySource(issuer=found.issuer, chain=unverified.chain, key_id=unverified.key_id, signed_at=found.issued)
    registrar = trust.key_for(source, role=Role.REGISTRAR, type_id=None, at=at)
    _require_signature(unverified, registrar.key)
    jwt.require_valid_at({"nbf": jwt.seconds(found.begins), "exp": jwt.seconds(ends)}, at=at)
    return Registration(
        use=found.use,
        verifier=found.identifiers[0],
        name=found.name,
        not_before=found.begins,
        not_after=ends,
        registrar=registrar,
        identifiers=found.identifiers[1:],
        service=found.service,
        authority=found.authority,
        intermediary=found.intermediary,
        policies=found.policies,
        status=found.status,
        others=found.others,
    )


def registered_use(token: str | bytes) -> IntendedUse:
    """Return what a registration certificate says that it registers, for the verifier that it was given to.

    Nothing is verified: wallets use `read_registration`.

    Raises:
        MalformedError: not a registration certificate.
    """
    return _parse(token).registered.use


def over_asked(
    registration: Registration, asked: Iterable[tuple[str, Sequence[str], ClaimPath]]
) -> tuple[tuple[str, ClaimPath], ...]:
    """Return what of a request goes beyond the registration; an empty tuple when nothing does.

    Args:
        registration: the one that came with the request; no other use of the verifier counts.
        asked: for each claim, the credential format, the types that the query would accept it from, and its path; the
            empty path where the query would get the whole credential.

    A query that accepts several types asks for the claim of each of them, so each must be registered.
    """
    return tuple(
        (type_id, path)
        for format, type_ids, path in asked
        for type_id in type_ids
        if not registration.use.covers(type_id, path, format=format)
    )


def sign_registration(
    use: IntendedUse,
    *,
    verifier: str,
    name: Mapping[str, str],
    issuer: str,
    signer: Signer,
    chain: tuple[bytes, ...],
    at: datetime,
    expires: datetime,
    identifiers: Sequence[str] = (),
) -> str:
    """Return the registration certificate of one intended use, signed by the registrar `issuer`.

    Args:
        use: what is registered.
        verifier: its identifier in the registry.
        name: its name, by language tag.
        issuer: the identifier of the registrar.
        signer: the registrar's key.
        chain: its certificates.
        at: the time of signing.
        expires: when the registration ends.
        identifiers: what else the verifier is known by, such as a DID or the identifier of an entity of a federation.
    """
    claims = {
        "iss": issuer,
        "sub": {"id": [{"identifier": one} for one in (verifier, *identifiers)]} if identifiers else verifier,
        "sub_ln": next(iter(name.values())),
        "name": texts(name),
        "iat": jwt.seconds(at),
        "exp": jwt.seconds(expires),
        **use_claims(use),
    }
    return jwt.sign(claims, typ=TYP, signer=signer, header={"x5c": jose_header.x5c(chain)})


# --- the two forms ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unverified:
    signed: jws.Jws | cwt.Cwt
    chain: tuple[bytes, ...]
    key_id: str | None
    registered: Registered


def _parse(token: str | bytes) -> _Unverified:
    return _parse_jwt(token) if isinstance(token, str) else _parse_cwt(token)


def _parse_jwt(token: str) -> _Unverified:
    signed = jws.parse(token)
    jwt.require_typ(signed.header, TYP)
    return _Unverified(
        signed=signed,
        chain=signed.header.chain,
        key_id=signed.header.key_id,
        registered=read_registered(signed.unverified_payload),
    )


def _parse_cwt(token: bytes) -> _Unverified:
    # Those who publish CWTs of this kind tag them or not; what they are is in the protected header.
    tag = next((tag for tag, head in _HEADS.items() if token.startswith(head)), None)
    signed = cwt.parse(token, tag=tag)
    cwt.require_typ(signed.headers, CWT_TYP, f"application/{CWT_TYP}")
    return _Unverified(
        signed=signed, chain=signed.headers.chain, key_id=None, registered=read_registered(_by_name(signed))
    )


_HEADS: Final = {sign1.TAG: b"\xd2", cwt.TAG: b"\xd8\x3d"}
_STATUS: Final = 65535  # Token Status List, section 6.3
_NAMES: Final = {cwt.ISS: "iss", cwt.SUB: "sub", cwt.EXP: "exp", cwt.NBF: "nbf", cwt.IAT: "iat", _STATUS: "status"}


def _by_name(token: cwt.Cwt) -> dict[str, Any]:
    """Return the claims of a CWT by the names that they have in a JWT."""
    claims = cbor.loads(token.signed.unverified_payload or b"")
    if not isinstance(claims, dict) or not all(isinstance(label, int | str) for label in claims):
        raise MalformedError("the claims of a CWT are a map of integers and texts", clause="RFC 8392, section 4")
    named = {_NAMES.get(label, str(label)): value for label, value in claims.items() if label != cwt.CTI}
    if len(named) != len(claims.keys() - {cwt.CTI}):
        raise MalformedError("a claim occurs by its name and by its number", clause="RFC 8392, section 3")
    return named


def _require_signature(unverified: _Unverified, key: PublicKey) -> None:
    try:
        unverified.signed.verify(key)
    except SignatureInvalidError:
        message = "the registrar did not sign this registration"
        raise SignatureInvalidError(message, code="REGISTRY_UNSIGNED", clause=CLAUSE) from None
