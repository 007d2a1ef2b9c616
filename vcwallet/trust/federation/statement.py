# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Entity statements: what an entity says about itself, and a superior about it (OpenID Federation 1.0, section 3).

Both are JWTs of one type.  Which of the two a statement is, its ``iss`` and ``sub`` say, and a claim of the other kind
makes it invalid.

    >>> from datetime import UTC, datetime, timedelta
    >>> from vcwallet.keys.software import SoftwareSigner
    >>> from vcwallet.trust.federation import statement
    >>> from vcwallet.trust.federation.entity import federation_keys
    >>> signer, at = SoftwareSigner.generate(), datetime(2026, 11, 23, tzinfo=UTC)
    >>> own = statement.EntityConfiguration(
    ...     entity_id="https://anchor.example",
    ...     issued_at=at,
    ...     expires=at + timedelta(days=1),
    ...     keys=federation_keys([signer.public_key]),
    ... )
    >>> text = statement.sign(own, signer=signer)
    >>> statement.read_configuration(text).verify(own.keys, at=at).entity_id
    'https://anchor.example'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import Field

from vcwallet.claims import JsonObject
from vcwallet.encoding import base64url, json, wire
from vcwallet.encoding.wire import Array, Maybe, WireModel
from vcwallet.errors import LimitExceededError, MalformedError, UnsupportedError, ValidityError, quoted
from vcwallet.jose import jws, jwt
from vcwallet.keys import jwk
from vcwallet.keys.jwk_set import JwkSet
from vcwallet.keys.signer import Signer
from vcwallet.trust.federation import constraints as chain_constraints
from vcwallet.trust.federation import metadata_policy as policies
from vcwallet.trust.federation.constraints import Constraints
from vcwallet.trust.federation.entity import read_keys, require_entity_id
from vcwallet.trust.federation.metadata_policy import MetadataPolicy

TYP = "entity-statement+jwt"
MEDIA_TYPE = "application/entity-statement+jwt"
MAX_BYTES = 64 * 1024
MAX_TRUST_MARKS = 100
CLAUSE = "OpenID Federation 1.0, section 3"


class _TrustMark(WireModel):
    trust_mark_type: str
    trust_mark: str


class _Owner(WireModel):
    sub: str
    jwks: dict[str, Any]


class _Claims(WireModel):
    iss: str
    sub: str
    jwks: dict[str, Any]
    metadata: dict[str, dict[str, Any]] = Field(default_factory=dict)
    crit: Array[str] = ()
    authority_hints: Array[str] = ()
    trust_anchor_hints: Array[str] = ()
    trust_marks: Array[_TrustMark] = Field(default=(), max_length=MAX_TRUST_MARKS)
    trust_mark_issuers: dict[str, Array[str]] = Field(default_factory=dict)
    trust_mark_owners: dict[str, _Owner] = Field(default_factory=dict)
    constraints: dict[str, Any] = Field(default_factory=dict)
    metadata_policy: dict[str, Any] = Field(default_factory=dict)
    metadata_policy_crit: Array[str] = ()
    source_endpoint: Maybe[str] = None


_OF_CONFIGURATIONS = frozenset(
    {"authority_hints", "trust_anchor_hints", "trust_marks", "trust_mark_issuers", "trust_mark_owners"}
)
_OF_SUBORDINATE_STATEMENTS = frozenset({"constraints", "metadata_policy", "metadata_policy_crit", "source_endpoint"})
_COMMON = frozenset({"iss", "sub", "iat", "exp", "jwks", "metadata", "crit"})
_OF_REGISTRATION = frozenset({"trust_anchor"})  # section 3.1.4: in answers to explicit registration only
_DEFINED = _COMMON | _OF_CONFIGURATIONS | _OF_SUBORDINATE_STATEMENTS | _OF_REGISTRATION
_NEVER_EMPTY = ("crit", "authority_hints", "trust_anchor_hints", "metadata_policy_crit")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustMarkOwner:
    """Who owns a type of trust mark, and may let others issue it."""

    entity_id: str
    keys: JwkSet


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityConfiguration:
    """What an entity says about itself (sections 3.1.1 and 3.1.2).

    Attributes:
        entity_id: the entity, which is issuer and subject.
        issued_at: when the statement was made.
        expires: when it ends.
        keys: the federation keys; they sign statements and trust marks, and nothing of another protocol.
        metadata: the metadata by entity type.
        authority_hints: its immediate superiors.
        trust_anchor_hints: trust anchors that it trusts.
        trust_marks: its trust marks as (type, JWT), none of them verified.
        trust_mark_issuers: of a trust anchor: who may issue a type of trust mark; an empty set stands for anyone.
        trust_mark_owners: of a trust anchor: the owners of types that others issue.
    """

    entity_id: str
    issued_at: datetime
    expires: datetime
    keys: JwkSet
    metadata: Mapping[str, JsonObject] = field(default_factory=dict)
    authority_hints: tuple[str, ...] = ()
    trust_anchor_hints: tuple[str, ...] = ()
    trust_marks: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    trust_mark_issuers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    trust_mark_owners: Mapping[str, TrustMarkOwner] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubordinateStatement:
    """What a superior says about an immediate subordinate (sections 3.1.1 and 3.1.3).

    Attributes:
        issuer: the superior.
        subject: the subordinate.
        issued_at: when the statement was made.
        expires: when it ends.
        keys: the federation keys of the subordinate.
        metadata: metadata that replace those of the subordinate, by entity type.
        metadata_policy: what its metadata, and those of everyone below it, have to comply with.
        critical_operators: operators of the policy, beyond the standard ones, that have to be understood.
        constraints: what holds for it and everyone below it.
        source_endpoint: where the statement can be fetched again.
    """

    issuer: str
    subject: str
    issued_at: datetime
    expires: datetime
    keys: JwkSet
    metadata: Mapping[str, JsonObject] = field(default_factory=dict)
    metadata_policy: MetadataPolicy = field(default_factory=MetadataPolicy)
    critical_operators: frozenset[str] = frozenset()
    constraints: Constraints = field(default_factory=Constraints)
    source_endpoint: str | None = None


Statement = TypeVar("Statement", EntityConfiguration, SubordinateStatement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unverified(Generic[Statement]):
    """A statement as it was received: well-formed, and signed by nobody knows whom.

    Attributes:
        raw: the JWT.
        signature: the same, parsed.
        unverified_content: what it says, for finding out whose keys have to verify it.
    """

    raw: str = field(repr=False)
    signature: jws.Jws
    unverified_content: Statement

    def verify(self, keys: JwkSet, *, at: datetime) -> Statement:
        """Return what the statement says, after verifying it with the key that its ``kid`` names (section 3.2).

        Raises:
            UntrustedError: there is no such key in `keys` (code ``KEY_NOT_FOUND``).
            AlgorithmNotAllowedError, UnsupportedError, MalformedError: the key cannot verify signatures.
            SignatureInvalidError: the signature is not by this key.
            ValidityError: the statement has ended, or is from the future.
        """
        self.signature.verify(keys.verification_key(self.signature.header.key_id))
        require_within(self.unverified_content.issued_at, self.unverified_content.expires, at=at)
        return self.unverified_content


def require_within(issued_at: datetime, expires: datetime | None, *, at: datetime) -> None:
    """Return if something that was issued and ends is valid at `at`, give or take a minute.

    Raises:
        ValidityError: it has ended (``EXPIRED``), or is from the future (``NOT_YET_VALID``).
    """
    if issued_at > at + jwt.SKEW:
        raise ValidityError("a statement is from the future", code="NOT_YET_VALID", clause=CLAUSE)
    if expires is not None and at - jwt.SKEW >= expires:
        raise ValidityError("a statement has ended", clause=CLAUSE)


def read(text: str) -> Unverified[EntityConfiguration] | Unverified[SubordinateStatement]:
    """Return an entity statement of either kind, not yet verified (section 3.2).

    Raises:
        LimitExceededError: longer than 64 KiB, or with more than 100 trust marks or keys.
        MalformedError: not a JWT of entity statements, a claim that is missing, wrong or of the other kind, a key
            without ``kid``, or null as metadata.
        UntrustedError: a metadata policy that contradicts itself.
        VerificationError: another ``typ`` (code ``WRONG_TYPE``).
        UnsupportedError: a critical claim that is not understood.
        AlgorithmNotAllowedError: an algorithm that vcwallet does not have.
    """
    signature = _signature(text)
    claims = json.loads_object(signature.unverified_payload, max_bytes=MAX_BYTES)
    document = wire.fit(_Claims, claims)
    about_itself = document.iss == document.sub
    _require_claims(document, _OF_SUBORDINATE_STATEMENTS if about_itself else _OF_CONFIGURATIONS)
    common: dict[str, Any] = {
        "issued_at": _time(claims, "iat"),
        "expires": _time(claims, "exp"),
        "keys": read_keys(document.jwks),
        "metadata": _metadata(document.metadata),
    }
    if about_itself:
        return Unverified(raw=text, signature=signature, unverified_content=_configuration(document, common))
    return Unverified(raw=text, signature=signature, unverified_content=_subordinate(document, common))


def is_configuration(text: str) -> bool:
    """Tell which of the two kinds a statement is, which is not yet verified.

    Raises:
        VcError: as `read`.
    """
    return isinstance(read(text).unverified_content, EntityConfiguration)


def read_configuration(text: str) -> Unverified[EntityConfiguration]:
    """Return an entity configuration, not yet verified.

    Raises:
        MalformedError: a subordinate statement.
        VcError: as `read`.
    """
    found = read(text)
    if isinstance(found.unverified_content, EntityConfiguration):
        return found
    raise MalformedError("a subordinate statement where an entity configuration belongs", clause=CLAUSE)


def read_subordinate(text: str) -> Unverified[SubordinateStatement]:
    """Return a subordinate statement, not yet verified.

    Raises:
        MalformedError: an entity configuration.
        VcError: as `read`.
    """
    found = read(text)
    if isinstance(found.unverified_content, SubordinateStatement):
        return found
    raise MalformedError("an entity configuration where a subordinate statement belongs", clause=CLAUSE)


def sign(statement: EntityConfiguration | SubordinateStatement, *, signer: Signer) -> str:
    """Return a statement as a JWT; ``kid`` is the thumbprint of the signer's key.

    Raises:
        VcError: what it says would not be read by others (see `read`).
    """
    header = {"kid": jwk.thumbprint(jwk.public_jwk(signer.public_key))}
    text = jwt.sign(_claims_of(statement), typ=TYP, signer=signer, header=header)
    read(text)
    return text


# --- reading ---------------------------------------------------------------------------------------------------------


def _signature(text: str) -> jws.Jws:
    if len(text) > MAX_BYTES:
        raise LimitExceededError(f"an entity statement is longer than {MAX_BYTES} bytes")
    signature = jws.parse(text)
    jwt.require_typ(signature.header, TYP)
    if not signature.header.key_id:
        raise MalformedError("an entity statement names its key", clause=CLAUSE)
    if not signature.header.members.keys().isdisjoint({"trust_chain", "peer_trust_chain"}):
        raise MalformedError("a part of a trust chain contains another", clause="OpenID Federation 1.0, section 4.3")
    return signature


def _require_claims(document: _Claims, misplaced: frozenset[str]) -> None:
    require_entity_id(document.iss)
    require_entity_id(document.sub)
    wrong = document.model_fields_set & (misplaced | _OF_REGISTRATION)
    if wrong:
        raise MalformedError(f"{min(wrong)} has no place in this statement", clause=f"{CLAUSE}.1")
    for name in _NEVER_EMPTY:
        if name in document.model_fields_set and not getattr(document, name):
            raise MalformedError(f"{name} is empty", clause=f"{CLAUSE}.1")
    if not _DEFINED.isdisjoint(document.crit):
        raise MalformedError("a claim of the standard is not named as critical", clause=f"{CLAUSE}.1.1")
    if document.crit:
        raise UnsupportedError(f"the critical claim {quoted(document.crit[0])} is not understood", clause=f"{CLAUSE}.2")


def _time(claims: Mapping[str, Any], name: str) -> datetime:
    time = jwt.numeric_date(claims, name)
    if time is None:
        raise MalformedError(f"{name} is missing", clause=f"{CLAUSE}.1.1")
    return time


def _metadata(metadata: Mapping[str, JsonObject]) -> Mapping[str, JsonObject]:
    if any(value is None for parameters in metadata.values() for value in parameters.values()):
        raise MalformedError("null is no value of metadata", clause="OpenID Federation 1.0, section 5")
    return metadata


def _configuration(document: _Claims, common: Mapping[str, Any]) -> EntityConfiguration:
    return EntityConfiguration(
        entity_id=document.iss,
        authority_hints=tuple(map(require_entity_id, document.authority_hints)),
        trust_anchor_hints=tuple(map(require_entity_id, document.trust_anchor_hints)),
        trust_marks=tuple((one.trust_mark_type, _named_truly(one)) for one in document.trust_marks),
        trust_mark_issuers={
            type_id: frozenset(map(require_entity_id, issuers))
            for type_id, issuers in document.trust_mark_issuers.items()
        },
        trust_mark_owners={
            type_id: TrustMarkOwner(entity_id=require_entity_id(owner.sub), keys=read_keys(owner.jwks))
            for type_id, owner in document.trust_mark_owners.items()
        },
        **common,
    )


def _named_truly(mark: _TrustMark) -> str:
    """Return a trust mark, not verified, whose type is that under which it stands (section 3.2)."""
    parts = mark.trust_mark.split(".")
    if len(parts) != 3 or json.loads_object(base64url.decode(parts[1])).get("trust_mark_type") != mark.trust_mark_type:
        raise MalformedError("a trust mark is of another type than it is said to be", clause=f"{CLAUSE}.1.2")
    return mark.trust_mark


def _subordinate(document: _Claims, common: Mapping[str, Any]) -> SubordinateStatement:
    critical = frozenset(document.metadata_policy_crit)
    if not critical.isdisjoint(policies.OPERATORS):
        raise MalformedError("a standard operator is not named as critical", clause=f"{CLAUSE}.1.3")
    return SubordinateStatement(
        issuer=document.iss,
        subject=document.sub,
        metadata_policy=policies.parse(document.metadata_policy),
        critical_operators=critical,
        constraints=chain_constraints.parse(document.constraints),
        source_endpoint=document.source_endpoint,
        **common,
    )


# --- writing ---------------------------------------------------------------------------------------------------------


def _claims_of(statement: EntityConfiguration | SubordinateStatement) -> dict[str, Any]:
    if isinstance(statement, EntityConfiguration):
        parties = {"iss": statement.entity_id, "sub": statement.entity_id}
        others = _configuration_claims(statement)
    else:
        parties = {"iss": statement.issuer, "sub": statement.subject}
        others = _subordinate_claims(statement)
    common = {
        **parties,
        "iat": jwt.seconds(statement.issued_at),
        "exp": jwt.seconds(statement.expires),
        "jwks": {"keys": statement.keys.keys},
    }
    return common | {name: value for name, value in {"metadata": statement.metadata, **others}.items() if value}


def _configuration_claims(statement: EntityConfiguration) -> dict[str, Any]:
    return {
        "authority_hints": statement.authority_hints,
        "trust_anchor_hints": statement.trust_anchor_hints,
        "trust_marks": [{"trust_mark_type": type_id, "trust_mark": mark} for type_id, mark in statement.trust_marks],
        "trust_mark_issuers": {type_id: sorted(who) for type_id, who in statement.trust_mark_issuers.items()},
        "trust_mark_owners": {
            type_id: {"sub": owner.entity_id, "jwks": {"keys": owner.keys.keys}}
            for type_id, owner in statement.trust_mark_owners.items()
        },
    }


def _subordinate_claims(statement: SubordinateStatement) -> dict[str, Any]:
    return {
        "metadata_policy": statement.metadata_policy.claim(),
        "metadata_policy_crit": sorted(statement.critical_operators),
        "constraints": statement.constraints.claim(),
        "source_endpoint": statement.source_endpoint,
    }
