# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Trust in entities of a federation: a second way to a `TrustPolicy`, beside the trusted list.

That an entity has a trust chain says that it belongs to the federation, and nothing about what it may issue.  What else
has to be true, for which role and which credential types, is an `Authorisation`, which the relying party writes.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from threading import Lock
from typing import TypeAlias

from vcwallet.claims import JsonObject
from vcwallet.encoding import https_url
from vcwallet.errors import (
    LimitExceededError,
    NotAuthorisedError,
    TransportError,
    UntrustedError,
    VcError,
    quoted,
)
from vcwallet.flow import Flow
from vcwallet.keys import jwk_set
from vcwallet.keys.policy import KeySource, Role, TrustedKey
from vcwallet.trust.federation import trust_mark
from vcwallet.trust.federation.collecting import Fetcher, search
from vcwallet.trust.federation.constraints import FEDERATION_ENTITY
from vcwallet.trust.federation.statement import EntityConfiguration
from vcwallet.trust.federation.trust_chain import ResolvedEntity, TrustAnchor, resolve

SOURCE = "openid_federation"
MAX_KEPT_ENTITIES = 1000
_NAME = "organization_name"


class ChainsInMessages(StrEnum):
    """What becomes of a trust chain that a message brings along (``trust_chain``)."""

    REFUSED = "refused"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """What makes an entity of the federation one that may act: everything that is stated here, together.

    The entity's own word is not enough, so at least one of `entities`, `trust_marks` and `types_member` is stated.

    Attributes:
        role: what it may do.
        entity_type: the entity type that it has, whose metadata hold its keys for this (``jwks``).
        types: the credential types that it may issue; empty for roles without types.
        entities: the entities meant, by identifier; empty for any.
        trust_marks: the types of trust marks that it has, all of them.  One of a type that the trust anchor lets anyone
            issue counts for nothing: an entity could give it to itself.
        types_member: the member of its metadata that lists the credential types it may issue.  It counts where a
            superior has set it, or said which values it can have; then it narrows `types` for this entity.
        anchors: the trust anchors meant, by identifier; empty for any of the policy's.
    """

    role: Role
    entity_type: str
    types: frozenset[str] = frozenset()
    entities: frozenset[str] = frozenset()
    trust_marks: frozenset[str] = frozenset()
    types_member: str | None = None
    anchors: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not (self.entities or self.trust_marks or self.types_member):
            raise ValueError("to belong to a federation authorises nobody: name entities, trust marks or a member")
        if (self.role is Role.CREDENTIAL_ISSUER) != bool(self.types):
            raise ValueError("an issuer is authorised for credential types, and nobody else is")
        if self.types_member is not None and not self.types:
            raise ValueError("a member can list credential types for issuers only")
        if self.entity_type == FEDERATION_ENTITY:
            raise ValueError("the keys of the federation sign nothing of another protocol")


_MarkId: TypeAlias = tuple[str, str]
"""A trust mark: its type and the digest of its text; of two of one type, one may hold and the other not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """A resolved entity, and until when those of its trust marks count that were verified."""

    entity: ResolvedEntity
    marks: Mapping[_MarkId, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class _WantedMark:
    """A trust mark that has not been verified, with who claims to have issued it, and the anchor that says who may."""

    type: str
    text: str
    issuer: str
    anchor: EntityConfiguration

    @property
    def id(self) -> _MarkId:
        return self.type, hashlib.sha256(self.text.encode("utf-8")).hexdigest()


class FederationPolicy:
    """A `TrustPolicy` over the federations of some trust anchors.

    It decides without a network, on what `refresh` has brought before, or on the chain in a message where that is
    allowed.  What is kept ends with its trust chain.  Safe to share between threads.
    """

    def __init__(
        self,
        *,
        anchors: Sequence[TrustAnchor],
        authorisations: Sequence[Authorisation],
        chains_in_messages: ChainsInMessages = ChainsInMessages.REFUSED,
        max_kept: int = MAX_KEPT_ENTITIES,
    ) -> None:
        """Configure whom to trust for what.

        Args:
            anchors: the trust anchors, with keys that were obtained in another way.
            authorisations: what makes an entity one that may act.
            chains_in_messages: whether a message may bring its own chain.  A chain that was replaced is good until it
                ends, so one in a message may be older than what `refresh` would bring.
            max_kept: how many entities are kept; the one that was used least recently goes.

        Raises:
            ValueError: no anchors, two with one identifier, no authorisations, or one below another anchor.
        """
        self._anchors = {anchor.entity_id: anchor for anchor in anchors}
        if not anchors or len(self._anchors) != len(anchors) or not authorisations or max_kept < 1:
            raise ValueError("a federation has trust anchors, each once, and somebody who may act")
        if not all(one.anchors <= self._anchors.keys() for one in authorisations):
            raise ValueError("an authorisation below a trust anchor that is not one of the policy's")
        self._authorisations = tuple(authorisations)
        self._chains_in_messages = chains_in_messages
        self._max_kept = max_kept
        self._kept: OrderedDict[str, _Member] = OrderedDict()
        self._lock = Lock()

    def knows(self, source: KeySource) -> bool:
        """Tell whether an issuer is an entity by its identifier; this policy decides about all of those.

        It is the same before and after `refresh`, so what is kept never decides which policy is asked.
        """
        return https_url.is_plain(source.issuer)

    def refresh(self, entity_id: str, /, *, at: datetime) -> Flow[ResolvedEntity]:
        """Collect the trust chain of an entity and verify its trust marks; when this returns, they are in use.

        If it fails, what was kept before stays in use until it ends.

        Raises:
            VcError: as `collect`.
        """
        fetcher = Fetcher(at=at)
        entity = yield from search(entity_id, anchors=self._anchors, fetcher=fetcher)
        with self._lock:
            before = self._kept.get(entity_id)
        marks = yield from self._fetched_marks(entity, before, fetcher)
        self._keep(_Member(entity=entity, marks=marks))
        return entity

    def look_up(self, party: str, /, *, at: datetime) -> Flow[ResolvedEntity]:
        """Collect the trust chain of an entity as `refresh` does (see `FetchingPolicy`).

        Raises:
            VcError: as `refresh`.
        """
        return self.refresh(party, at=at)

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        """Return the key in an entity's metadata that ``kid`` names (see `TrustPolicy.key_for`).

        Raises:
            UntrustedError: no entity, one that was not resolved before (code ``ENTITY_NOT_RESOLVED``), one that uses
                another mechanism, a chain in a message that does not hold, or no such key.
            NotAuthorisedError: no authorisation fits the entity, in this role, for this type, at this time.
            ValidityError: its trust chain has ended.
            MalformedError, UnsupportedError, AlgorithmNotAllowedError: the key is not usable.
        """
        if source.issuer is None or source.chain:
            raise UntrustedError("the issuer is not one that is known by a federation")
        member = self._member(source.issuer, source.trust_chain, at)
        authorisation = self._authorisation(member, role, type_id, at)
        metadata = member.entity.metadata[authorisation.entity_type]
        return TrustedKey(
            key=jwk_set.parse(metadata.get("jwks")).verification_key(source.key_id),
            party=member.entity.entity_id,
            name=_governed_name(member.entity),
            source=SOURCE,
            details={
                "trust_anchor": member.entity.anchor,
                "trust_chain_expires": member.entity.expires.astimezone(UTC).isoformat(timespec="seconds"),
            },
            authorities=frozenset((SOURCE, entity_id) for entity_id in _on_the_way(member.entity)),
            metadata=metadata if role is Role.VERIFIER else {},
        )

    def require_granted(self, party: str, *, role: Role, at: datetime) -> None:
        """Return if an entity may act in `role` at `at`, by what `refresh` has brought (see `PartyPolicy`).

        Raises:
            UntrustedError: it was not resolved before (code ``ENTITY_NOT_RESOLVED``).
            NotAuthorisedError: no authorisation fits it in this role, for any type, at this time.
            ValidityError: its trust chain has ended.
        """
        member = self._member(party, (), at)
        for authorisation in self._authorisations:
            if any(_fits(authorisation, member, role, type_id, at) for type_id in authorisation.types or (None,)):
                return
        raise _not_authorised(member, role)

    # --- whom it is about ---

    def _member(self, entity_id: str, trust_chain: tuple[str, ...], at: datetime) -> _Member:
        """Return an entity as it is kept; the chain in a message counts only where there is none that is in force."""
        with self._lock:
            kept = self._kept.get(entity_id)
            if kept is not None:
                self._kept.move_to_end(entity_id)
        in_message = bool(trust_chain) and self._chains_in_messages is ChainsInMessages.ACCEPTED
        if in_message and (kept is None or kept.entity.expires <= at):
            return self._shown(entity_id, trust_chain, at)
        if kept is None:
            raise UntrustedError(
                f"the trust chain of {quoted(entity_id)} was not collected", code="ENTITY_NOT_RESOLVED"
            )
        kept.entity.require_valid_at(at)
        return kept

    def _shown(self, entity_id: str, trust_chain: tuple[str, ...], at: datetime) -> _Member:
        """Return an entity by the chain that a message brings; it is not kept, since it may be older than others."""
        entity = resolve(trust_chain, anchors=self._anchors, at=at)
        if entity.entity_id != entity_id:
            raise UntrustedError("the trust chain is another entity's", clause="OpenID Federation 1.0, section 4.3")
        return _Member(entity=entity, marks=self._known_marks(entity, at))

    def _keep(self, member: _Member) -> None:
        with self._lock:
            self._kept[member.entity.entity_id] = member
            self._kept.move_to_end(member.entity.entity_id)
            while len(self._kept) > self._max_kept:
                self._kept.popitem(last=False)

    # --- trust marks ---

    def _wanted_marks(self, entity: ResolvedEntity) -> Iterator[_WantedMark]:
        """Yield the trust marks that somebody asks for, and that claim to be by an issuer whom the anchor names."""
        wanted = frozenset().union(*(one.trust_marks for one in self._authorisations))
        anchor = entity.anchor_configuration
        if anchor is None:
            return
        for type_id, text in entity.trust_marks:
            if type_id in wanted:
                with suppress(VcError):
                    issuer = trust_mark.unverified_issuer(text)
                    if issuer in anchor.trust_mark_issuers.get(type_id, ()):
                        yield _WantedMark(type=type_id, text=text, issuer=issuer, anchor=anchor)

    def _fetched_marks(
        self, entity: ResolvedEntity, before: _Member | None, fetcher: Fetcher
    ) -> Flow[Mapping[_MarkId, datetime]]:
        """Verify trust marks with the chains of their issuers; one that does not hold is as good as none.

        One that was verified before still counts when its issuer does not answer now.
        """
        anchors = {entity.anchor: self._anchors[entity.anchor]}
        marks: dict[_MarkId, datetime] = {}
        for mark in self._wanted_marks(entity):
            try:
                issuer = yield from search(mark.issuer, anchors=anchors, fetcher=fetcher)
                _add_mark(marks, mark, entity, issuer, at=fetcher.at)
            except (TransportError, LimitExceededError):
                if before is not None and mark.id in before.marks:
                    marks[mark.id] = before.marks[mark.id]
            except VcError:
                continue
        return marks

    def _known_marks(self, entity: ResolvedEntity, at: datetime) -> Mapping[_MarkId, datetime]:
        """Verify trust marks without a network: those of the anchor, of the entity itself, and of entities kept."""
        marks: dict[_MarkId, datetime] = {}
        for mark in self._wanted_marks(entity):
            with suppress(VcError):
                _add_mark(marks, mark, entity, self._known_issuer(mark.issuer, entity, at), at=at)
        return marks

    def _known_issuer(self, issuer_id: str, entity: ResolvedEntity, at: datetime) -> ResolvedEntity:
        if issuer_id == entity.entity_id:
            return entity
        if issuer_id == entity.anchor:
            return resolve(entity.statements[-1:], anchors=self._anchors, at=at)
        with self._lock:
            kept = self._kept.get(issuer_id)
        if kept is None:
            raise UntrustedError("the issuer of a trust mark was not resolved", code="ENTITY_NOT_RESOLVED")
        return kept.entity

    # --- what it may do ---

    def _authorisation(self, member: _Member, role: Role, type_id: str | None, at: datetime) -> Authorisation:
        for authorisation in self._authorisations:
            if _fits(authorisation, member, role, type_id, at):
                return authorisation
        raise _not_authorised(member, role)


def _fits(authorisation: Authorisation, member: _Member, role: Role, type_id: str | None, at: datetime) -> bool:
    entity = member.entity
    marks = {mark_type for (mark_type, _), until in member.marks.items() if at < until}
    return (
        authorisation.role is role
        and (not authorisation.anchors or entity.anchor in authorisation.anchors)
        and authorisation.entity_type in entity.metadata
        and (type_id in authorisation.types if role is Role.CREDENTIAL_ISSUER else type_id is None)
        and (not authorisation.entities or entity.entity_id in authorisation.entities)
        and authorisation.trust_marks <= marks
        and (authorisation.types_member is None or type_id in _listed_types(authorisation, entity))
    )


def _not_authorised(member: _Member, role: Role) -> NotAuthorisedError:
    return NotAuthorisedError(f"the federation does not make {quoted(member.entity.entity_id)} {role} for this")


def _listed_types(authorisation: Authorisation, entity: ResolvedEntity) -> frozenset[object]:
    """Return what a member of the metadata lists, unless it is the entity's own word alone."""
    member = authorisation.types_member or ""
    listed = entity.metadata[authorisation.entity_type].get(member)
    if (authorisation.entity_type, member) not in entity.governed or not isinstance(listed, list):
        return frozenset()
    return frozenset(one for one in listed if isinstance(one, str))


def _add_mark(
    marks: dict[_MarkId, datetime], wanted: _WantedMark, entity: ResolvedEntity, issuer: ResolvedEntity, *, at: datetime
) -> None:
    """Verify a trust mark and note until when it counts: no longer than the trust in whoever has issued it."""
    mark = trust_mark.verify(wanted.text, subject=entity.entity_id, issuer=issuer, anchor=wanted.anchor, at=at)
    marks[wanted.id] = issuer.expires if mark.expires is None else min(mark.expires, issuer.expires)


def _on_the_way(entity: ResolvedEntity) -> frozenset[str]:
    """Return every entity of a trust chain: a trust path that includes it leads to the subject."""
    return frozenset({entity.entity_id, *entity.superiors, entity.anchor})


def _governed_name(entity: ResolvedEntity) -> Mapping[str, str]:
    """Return the names that a superior vouches for, by language tag; what an entity calls itself is no name here."""
    metadata: JsonObject = entity.metadata.get(FEDERATION_ENTITY, {})
    names: dict[str, str] = {}
    for member, value in metadata.items():
        name, _, language = member.partition("#")
        is_text = isinstance(value, str) and value.isprintable()
        if name == _NAME and is_text and value and (FEDERATION_ENTITY, member) in entity.governed:
            names[language or "und"] = str(value)
    return names
