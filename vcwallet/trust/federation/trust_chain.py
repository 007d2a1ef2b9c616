# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Trust chains: from an entity's statement about itself to a configured trust anchor (OpenID Federation 1.0, 4 and 10).

A chain is ES[0], the configuration of its subject, then the statements of its superiors upwards, and last, where it is
given, the configuration of the trust anchor.  What it proves is worth nothing without the anchor's keys, which are
configured and never taken from a chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from vcwallet.claims import JsonObject
from vcwallet.errors import LimitExceededError, MalformedError, UntrustedError, quoted
from vcwallet.jose.header import MAX_STATEMENTS
from vcwallet.keys.jwk_set import JwkSet
from vcwallet.trust.federation.entity import require_entity_id
from vcwallet.trust.federation.metadata_policy import MetadataPolicy, require_understood
from vcwallet.trust.federation.statement import (
    EntityConfiguration,
    SubordinateStatement,
    Unverified,
    is_configuration,
    read_configuration,
    read_subordinate,
    require_within,
)

MAX_DEPTH = 5
"""How many superiors may stand above the subject of a chain, the trust anchor among them."""

CLAUSE = "OpenID Federation 1.0, section 4"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustAnchor:
    """An entity that is trusted, with the keys that were obtained in another way than from the federation."""

    entity_id: str
    keys: JwkSet

    def __post_init__(self) -> None:
        require_entity_id(self.entity_id)
        if not self.keys.keys:
            raise ValueError("a trust anchor has keys")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedEntity:
    """An entity as a valid trust chain shows it.

    Attributes:
        entity_id: the subject of the chain.
        anchor: the trust anchor at its end.
        superiors: who stands above the subject, the nearest first, the anchor last.
        metadata: its metadata by entity type, with everything applied that superiors demand.
        governed: the parameters, as (entity type, name), whose values are not the subject's word alone: a superior has
            set them, or said which values they can have.
        keys: the federation keys of the subject.
        trust_marks: its trust marks as (type, JWT), none of them verified.
        anchor_configuration: what the anchor says about itself, where the chain has it.
        not_before: when every statement of the chain had been made.
        expires: when the first of them ends.
        statements: the chain itself, for showing it to others.
    """

    entity_id: str
    anchor: str
    superiors: tuple[str, ...]
    metadata: Mapping[str, JsonObject]
    governed: frozenset[tuple[str, str]]
    keys: JwkSet
    trust_marks: tuple[tuple[str, str], ...] = field(repr=False)
    anchor_configuration: EntityConfiguration | None
    not_before: datetime
    expires: datetime
    statements: tuple[str, ...] = field(repr=False)

    def require_valid_at(self, at: datetime) -> None:
        """Return if every statement of the chain is valid at `at` (section 10.4).

        Raises:
            ValidityError: one has ended, or is from the future.
        """
        require_within(self.not_before, self.expires, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chain:
    """A chain that is put together rightly, and not verified."""

    subject: Unverified[EntityConfiguration]
    superiors: tuple[Unverified[SubordinateStatement], ...]
    anchor: Unverified[EntityConfiguration] | None

    @property
    def anchor_id(self) -> str:
        last = self.superiors[-1].unverified_content.issuer if self.superiors else None
        return last or self.subject.unverified_content.entity_id


def resolve(statements: Sequence[str], *, anchors: Mapping[str, TrustAnchor], at: datetime) -> ResolvedEntity:
    """Return the entity of a trust chain, after validating the chain and applying what superiors demand (section 10).

    Args:
        statements: the chain, as in the header parameter ``trust_chain``.
        anchors: the trust anchors that are configured, by entity identifier.
        at: the time at which every statement must be valid.

    Raises:
        MalformedError, UnsupportedError: a statement is none, or not in its place.
        LimitExceededError: more than five superiors, or a statement over its limits.
        UntrustedError: the statements are not about each other (``TRUST_CHAIN_BROKEN``), the end is no configured
            anchor (``TRUST_ANCHOR_UNKNOWN``), a key is missing (``KEY_NOT_FOUND``), a constraint is violated
            (``FEDERATION_CONSTRAINT``), or the policies contradict each other or the metadata (``METADATA_POLICY``).
        AlgorithmNotAllowedError, SignatureInvalidError, ValidityError: a statement does not verify, or not now.
    """
    chain = _read(statements)
    _require_linked(chain)
    anchor = anchors.get(chain.anchor_id)
    if anchor is None:
        raise UntrustedError(f"{quoted(chain.anchor_id)} is no trust anchor here", code="TRUST_ANCHOR_UNKNOWN")
    subject, superiors, anchor_configuration = _verified(chain, anchor, at)
    _require_constraints(superiors)
    policy = _merged_policy(superiors)
    metadata = _resolved(subject, superiors, policy)
    verified: list[EntityConfiguration | SubordinateStatement] = [subject, *superiors]
    if anchor_configuration is not None:
        verified.append(anchor_configuration)
    return ResolvedEntity(
        entity_id=subject.entity_id,
        anchor=anchor.entity_id,
        superiors=tuple(one.issuer for one in superiors),
        metadata=metadata,
        governed=_governed(metadata, superiors, policy),
        keys=subject.keys,
        trust_marks=subject.trust_marks,
        anchor_configuration=anchor_configuration,
        not_before=max(one.issued_at for one in verified),
        expires=min(one.expires for one in verified),
        statements=tuple(statements),
    )


# --- the chain -------------------------------------------------------------------------------------------------------


def _read(statements: Sequence[str]) -> _Chain:
    if len(statements) > MAX_STATEMENTS:
        raise LimitExceededError(f"a trust chain has more than {MAX_STATEMENTS} statements", clause=CLAUSE)
    if not statements:
        raise MalformedError("a trust chain begins with its subject's configuration", clause=CLAUSE)
    first, *others = statements
    anchor = None
    if others and is_configuration(others[-1]):
        anchor = read_configuration(others.pop())
    if len(others) > MAX_DEPTH:
        raise LimitExceededError(f"a trust chain has more than {MAX_DEPTH} superiors", clause=CLAUSE)
    superiors = tuple(read_subordinate(text) for text in others)
    return _Chain(subject=read_configuration(first), superiors=superiors, anchor=anchor)


def _require_linked(chain: _Chain) -> None:
    """Check that each statement is about the one who made the statement below, and that nobody stands there twice."""
    subject = chain.subject.unverified_content
    path = [subject.entity_id]
    for superior in chain.superiors:
        statement = superior.unverified_content
        if statement.subject != path[-1]:
            raise _broken("a statement of a trust chain is about another entity")
        if statement.issuer in path:
            raise _broken("a trust chain runs in a circle")
        path.append(statement.issuer)
    if chain.superiors and path[1] not in subject.authority_hints:
        raise _broken("the subject does not name this superior")
    if chain.anchor is not None and chain.anchor.unverified_content.entity_id != path[-1]:
        raise _broken("a trust chain ends with the configuration of another entity")


def _verified(
    chain: _Chain, anchor: TrustAnchor, at: datetime
) -> tuple[EntityConfiguration, tuple[SubordinateStatement, ...], EntityConfiguration | None]:
    """Verify from the anchor downwards, so that each key was vouched for before it is used."""
    stated = chain.anchor or (None if chain.superiors else chain.subject)
    anchor_configuration = None if stated is None else stated.verify(anchor.keys, at=at)
    keys, superiors = anchor.keys, []
    for statement in reversed(chain.superiors):
        superiors.append(statement.verify(keys, at=at))
        keys = superiors[-1].keys
    subject = chain.subject.verify(keys, at=at)
    chain.subject.verify(subject.keys, at=at)  # signed with a key of its own as well, which need not be the same
    return subject, tuple(reversed(superiors)), anchor_configuration


def _require_constraints(superiors: Sequence[SubordinateStatement]) -> None:
    for intermediates, statement in enumerate(superiors):
        statement.constraints.require_path_length(intermediates)
        statement.constraints.require_names(one.subject for one in superiors[: intermediates + 1])


# --- the metadata ----------------------------------------------------------------------------------------------------


def _merged_policy(superiors: Sequence[SubordinateStatement]) -> MetadataPolicy:
    """Return the policy of the chain: the most superior first, each further one merged into it (section 6.1.4.1)."""
    require_understood(frozenset().union(*(statement.critical_operators for statement in superiors)))
    policy = MetadataPolicy()
    for statement in reversed(superiors):
        policy = policy.merged(statement.metadata_policy)
    return policy


def _resolved(
    subject: EntityConfiguration, superiors: Sequence[SubordinateStatement], policy: MetadataPolicy
) -> Mapping[str, JsonObject]:
    """Return the subject's metadata with its superior's instead, what is allowed of it, and the policy applied."""
    given = superiors[0].metadata if superiors else {}
    metadata: dict[str, JsonObject] = {name: {**one, **given.get(name, {})} for name, one in subject.metadata.items()}
    for statement in superiors:
        metadata = statement.constraints.allowed(metadata)
    return policy.applied(metadata)


def _governed(
    metadata: Mapping[str, JsonObject], superiors: Sequence[SubordinateStatement], policy: MetadataPolicy
) -> frozenset[tuple[str, str]]:
    given = superiors[0].metadata if superiors else {}
    return frozenset(
        (entity_type, name)
        for entity_type, parameters in metadata.items()
        for name in parameters
        if name in given.get(entity_type, {}) or policy.restricts(entity_type, name)
    )


def _broken(message: str) -> UntrustedError:
    return UntrustedError(message, code="TRUST_CHAIN_BROKEN", clause=CLAUSE)
