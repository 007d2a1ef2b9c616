# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a wallet could answer to a whole query, and what it will answer (OpenID4VP 1.0, section 6.4.2).

`match` collects the credentials that fit each credential query; `Matches` knows which combinations of them satisfy the
whole; a `Selection` is one such combination, proposed by us or chosen by the person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import nsmallest
from itertools import islice
from types import MappingProxyType
from typing import TypeAlias

from vcwallet.claims import JsonObject
from vcwallet.errors import ConsentRequiredError, NoMatchError
from vcwallet.protocols.dcql.matching import Candidate, Match, match_credential
from vcwallet.protocols.dcql.query import CredentialQuery, DcqlQuery

MAX_PER_QUERY = 20
MAX_WAYS = 256
"""Combinations of credential queries that are compared; a query with more is answered with one of the best found."""

CLAUSE = "OpenID4VP 1.0, section 6.4.2"

_Way: TypeAlias = frozenset[str]  # the credential queries to answer
_Cost: TypeAlias = tuple[int, int]  # claims, credentials


def match(
    query: DcqlQuery,
    candidates: Callable[[CredentialQuery], Iterable[Candidate]],
    *,
    limit_per_query: int = MAX_PER_QUERY,
    query_for: Callable[[CredentialQuery, JsonObject], CredentialQuery] | None = None,
) -> Matches:
    """Return what the wallet can answer to `query`.

    Args:
        query: what the verifier asks for.
        candidates: gives, for a credential query, the credentials to look at, the most welcome first; it is read only
            as far as needed, and need not give those of other formats and types.
        limit_per_query: the number of matching credentials after which the search ends.
        query_for: gives the query by which a credential with some claims is judged, where that is not the query itself.

    Raises:
        ValueError: the limit is below 1.
    """
    if limit_per_query < 1:
        raise ValueError("limit_per_query is at least 1")
    found = {
        each.id: tuple(islice(_matching(each, candidates(each), query_for), limit_per_query))
        for each in query.requested
    }
    return Matches(query=query, found=MappingProxyType(found))


def _matching(
    query: CredentialQuery,
    candidates: Iterable[Candidate],
    query_for: Callable[[CredentialQuery, JsonObject], CredentialQuery] | None,
) -> Iterator[Match]:
    for candidate in candidates:
        judged_by = query if query_for is None else query_for(query, candidate.claims)
        outcome = match_credential(judged_by, candidate)
        if outcome is not None:
            yield outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Credentials to present, each for its credential query and with the claims to disclose."""

    matches: tuple[Match, ...]

    @property
    def by_query(self) -> dict[str, tuple[Match, ...]]:
        """The same by the id of the credential query, as the keys of a ``vp_token`` are."""
        ids = dict.fromkeys(each.query_id for each in self.matches)
        return {query_id: tuple(each for each in self.matches if each.query_id == query_id) for query_id in ids}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What a wallet can answer to a query.

    Attributes:
        query: what the verifier asks for.
        found: by the id of each requested credential query, the credentials that answer it.
    """

    query: DcqlQuery
    found: Mapping[str, tuple[Match, ...]]

    @property
    def satisfiable_options(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """For each set of the query, in its order, the options that can be answered in full."""
        return tuple(each.full_options(self._answerable) for each in self.query.sets)

    @property
    def satisfiable(self) -> bool:
        """Whether each required set has such an option."""
        return self.query.is_satisfied_by(self._answerable)

    def default_selection(self) -> Selection:
        """Return the selection that discloses least: fewest claims, then fewest credentials, then the verifier's order.

        Optional sets are left out, and of several credentials one is taken, also where ``multiple`` would allow more:
        the person may add what is not needed, and need not take it away.

        Raises:
            NoMatchError: the query cannot be satisfied.
        """
        if not self.satisfiable:
            raise NoMatchError("the wallet does not hold what the query requires", clause=CLAUSE)
        return self.selections()[0]

    def selections(self) -> tuple[Selection, ...]:
        """Return the ways to satisfy the query, the one that discloses least first; none if there is no way.

        Each way answers other credential queries; for each of them the credential and claims that disclose least are
        taken.  There are at most 256.
        """
        if not self.satisfiable:
            return ()
        least = {query_id: _least(found) for query_id, found in self.found.items() if found}
        counts = {query_id: len(chosen.paths) for query_id, chosen in least.items()}
        ways = _ways(self, lambda way: (sum(counts[query_id] for query_id in way), len(way)))
        return tuple(Selection(matches=tuple(least[query_id] for query_id in least if query_id in way)) for way in ways)

    def select(self, chosen: Iterable[Match]) -> Selection:
        """Return the selection that a person made of the matches found.

        Args:
            chosen: taken from `found`, with another combination of claims where wanted (`Match.with_claim_set`).

        Raises:
            ConsentRequiredError: a required set is not satisfied (code ``SELECTION_INCOMPLETE``), or a credential
                serves no option (code ``SELECTION_TOO_LARGE``).
            ValueError: a match that was not found here, the same credential twice, or several for a credential query
                that allows one.
        """
        matches = tuple(self._known(each) for each in chosen)
        self._require_counts(matches)
        answered = {each.query_id for each in matches}
        if not self.query.is_satisfied_by(answered):
            raise ConsentRequiredError(
                "a required credential is not selected", code="SELECTION_INCOMPLETE", clause=CLAUSE
            )
        serving = {
            query_id for each in self.query.sets for option in each.full_options(answered) for query_id in option
        }
        if answered != serving:
            raise ConsentRequiredError(
                "a selected credential serves nothing", code="SELECTION_TOO_LARGE", clause=CLAUSE
            )
        return Selection(matches=matches)

    @property
    def _answerable(self) -> set[str]:
        return {query_id for query_id, found in self.found.items() if found}

    def _known(self, chosen: Match) -> Match:
        # Rebuilt from what was found, so that nothing but a choice between its options can come in from outside.
        for each in self.found.get(chosen.query_id, ()):
            if each.candidate.id == chosen.candidate.id:
                return each.with_claim_set(chosen.claim_set)
        raise ValueError("a selected match was not found in the wallet")

    def _require_counts(self, matches: tuple[Match, ...]) -> None:
        selected = [(each.query_id, each.candidate.id) for each in matches]
        if len(set(selected)) != len(selected):
            raise ValueError("a credential is selected twice for one credential query")
        queries = [each.query_id for each in matches]
        if any(queries.count(query.id) > 1 and not query.multiple for query in self.query.requested):
            raise ValueError("two credentials are selected for a credential query that allows one")


def _least(found: tuple[Match, ...]) -> Match:
    return min((each.least() for each in found), key=lambda each: len(each.paths))


def _ways(matches: Matches, cost: Callable[[_Way], _Cost]) -> list[_Way]:
    ways: list[_Way] = [frozenset()]
    for each, options in zip(matches.query.sets, matches.satisfiable_options, strict=True):
        choices = [frozenset(option) for option in options] + ([] if each.required else [frozenset()])
        # Sets that share credential queries have far fewer different ways than combinations.
        ways = _cheapest(list(dict.fromkeys(way | choice for way in ways for choice in choices)), cost)
    return sorted(ways, key=cost)


def _cheapest(ways: list[_Way], cost: Callable[[_Way], _Cost]) -> list[_Way]:
    if len(ways) <= MAX_WAYS:
        return ways
    kept = set(nsmallest(MAX_WAYS, ways, key=cost))
    return [way for way in ways if way in kept]  # still in the verifier's order
