# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Collecting a trust chain: from an entity upwards, until a trust anchor is met (OpenID Federation 1.0, section 10.1).

The search goes up one level at a time, so the first chain that is valid is one of the shortest.  A branch that fails is
left, and the others go on.  Every statement that comes in has its limit, and so has the number of requests: whom to ask
next is written in documents of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from vcwallet.errors import LimitExceededError, MalformedError, TransportError, UntrustedError, VcError
from vcwallet.flow import Flow, HttpRequest
from vcwallet.trust.federation.constraints import FEDERATION_ENTITY
from vcwallet.trust.federation.entity import configuration_url, fetch_url
from vcwallet.trust.federation.statement import (
    MAX_BYTES,
    MEDIA_TYPE,
    EntityConfiguration,
    Unverified,
    read_configuration,
    read_subordinate,
)
from vcwallet.trust.federation.trust_chain import MAX_DEPTH, ResolvedEntity, TrustAnchor, resolve

MAX_FETCHES = 20
MAX_HINTS = 5
CLAUSE = "OpenID Federation 1.0, section 10.1"


@dataclass(slots=True, kw_only=True)
class Fetcher:
    """Fetches entity statements, a limited number of them; what was fetched once is not fetched again."""

    at: datetime
    left: int = MAX_FETCHES
    _configurations: dict[str, Unverified[EntityConfiguration]] = field(default_factory=dict)

    def configuration(self, entity_id: str) -> Flow[Unverified[EntityConfiguration]]:
        """Fetch what an entity says about itself (section 9).

        Raises:
            VcError: it is not there, or not a statement of this entity that it has signed itself.
        """
        known = self._configurations.get(entity_id)
        if known is None:
            known = read_configuration((yield from self._get(configuration_url(entity_id))))
            if known.unverified_content.entity_id != entity_id:
                raise UntrustedError("an entity configuration of another entity", code="TRUST_CHAIN_BROKEN")
            known.verify(known.unverified_content.keys, at=self.at)
            self._configurations[entity_id] = known
        return known

    def statement_about(self, subject: str, *, superior: EntityConfiguration) -> Flow[str]:
        """Fetch what a superior says about a subordinate (section 8.1).

        Raises:
            VcError: it is not there, or not a statement of this superior about this subject.
        """
        endpoint = superior.metadata.get(FEDERATION_ENTITY, {}).get("federation_fetch_endpoint")
        if not isinstance(endpoint, str):
            raise MalformedError("a superior has no fetch endpoint", clause="OpenID Federation 1.0, section 5.1.1")
        found = read_subordinate((yield from self._get(fetch_url(endpoint, subject))))
        statement = found.unverified_content
        if (statement.issuer, statement.subject) != (superior.entity_id, subject):
            raise UntrustedError("a statement of or about another entity", code="TRUST_CHAIN_BROKEN")
        found.verify(superior.keys, at=self.at)
        return found.raw

    def _get(self, url: str) -> Flow[str]:
        if self.left == 0:
            raise LimitExceededError(f"a trust chain takes more than {MAX_FETCHES} requests", clause=CLAUSE)
        self.left -= 1
        response = yield HttpRequest(method="GET", url=url, max_bytes=MAX_BYTES, headers={"accept": MEDIA_TYPE})
        if response.status != 200:
            raise TransportError("an entity statement is not there", clause=CLAUSE)
        if response.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
            raise MalformedError("an entity statement has another media type", clause=CLAUSE)
        if len(response.body) > MAX_BYTES:
            raise LimitExceededError(f"an entity statement is longer than {MAX_BYTES} bytes")
        try:
            return response.body.decode("ascii")
        except UnicodeDecodeError:
            raise MalformedError("an entity statement is ASCII") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Branch:
    """A chain that is being built: its statements so far, and the entities from the subject to the one at its end."""

    statements: tuple[str, ...]
    path: tuple[str, ...]
    end: EntityConfiguration


def collect(entity_id: str, *, anchors: Mapping[str, TrustAnchor], at: datetime) -> Flow[ResolvedEntity]:
    """Find the shortest valid trust chain of an entity to one of the anchors, and return what it shows.

    Args:
        entity_id: the subject of the chain.
        anchors: the trust anchors that are configured, by entity identifier.
        at: the time at which every statement must be valid.

    Raises:
        MalformedError: `entity_id` is none.
        UntrustedError: there is no valid chain (code ``NO_TRUST_CHAIN``).
        TransportError: there is none, and somebody did not answer: trying again may help.
        LimitExceededError: there is none within 20 requests, or by statements within their limits.
        VcError: the entity's own configuration is not there or not valid.
    """
    return search(entity_id, anchors=anchors, fetcher=Fetcher(at=at))


def search(entity_id: str, *, anchors: Mapping[str, TrustAnchor], fetcher: Fetcher) -> Flow[ResolvedEntity]:
    """Do the same with what was fetched before, and the requests that are left (see `collect`).

    Raises:
        VcError: as `collect`.
    """
    subject = yield from fetcher.configuration(entity_id)
    if entity_id in anchors:
        return resolve((subject.raw,), anchors=anchors, at=fetcher.at)
    branches = [_Branch(statements=(subject.raw,), path=(entity_id,), end=subject.unverified_content)]
    problems: list[VcError] = []
    for _ in range(MAX_DEPTH):
        found, branches = yield from _next_level(branches, fetcher, anchors, problems)
        if found is not None:
            return found
    raise _failure(problems)


def _next_level(
    branches: list[_Branch], fetcher: Fetcher, anchors: Mapping[str, TrustAnchor], problems: list[VcError]
) -> Flow[tuple[ResolvedEntity | None, list[_Branch]]]:
    """Go up one level in every branch; the first valid chain ends the search."""
    grown: list[_Branch] = []
    for branch in branches:
        # An anchor first: it may end the search before the requests are spent.
        for superior in sorted(branch.end.authority_hints[:MAX_HINTS], key=lambda hint: hint not in anchors):
            if superior in branch.path:
                continue
            try:
                taller = yield from _grown(branch, superior, fetcher)
                grown.append(taller)
                if superior in anchors:
                    statements = (*taller.statements, (yield from fetcher.configuration(superior)).raw)
                    return resolve(statements, anchors=anchors, at=fetcher.at), grown
            except VcError as error:
                problems.append(error)
    return None, grown


def _grown(branch: _Branch, superior: str, fetcher: Fetcher) -> Flow[_Branch]:
    end = (yield from fetcher.configuration(superior)).unverified_content
    statement = yield from fetcher.statement_about(branch.path[-1], superior=end)
    return _Branch(statements=(*branch.statements, statement), path=(*branch.path, superior), end=end)


def _failure(problems: list[VcError]) -> VcError:
    for problem in problems:
        if isinstance(problem, TransportError | LimitExceededError):
            return problem
    reason = f": {problems[-1].args[0]}" if problems else ""
    return UntrustedError(f"no trust chain leads to a configured anchor{reason}", code="NO_TRUST_CHAIN", clause=CLAUSE)
