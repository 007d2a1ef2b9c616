# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a wallet could answer to a whole query, and what it will answer (OpenID4VP 1.0, section 6.4.2).

`match` collects the credentials that fit each credential query; `Matches` knows which combinations of them satisfy the
whole; a `Selection` is one such combination, proposed by us or chosen by the person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field, replace
from heapq import nsmallest
from itertools import islice
from types import MappingProxyType
from typing import TypeAlias

from vcwallet.claims import JsonObject
from vcwallet.errors import ConsentRequiredError, NoMatchError
from vcwallet.protocols.dcql.matching import Candidate, Match, Mismatch, examine
from vcwallet.protocols.dcql.query import CredentialQuery, DcqlQuery
from vcwallet.protocols.dcql.weight import Weight
from vcwallet.protocols.dcql.why import Among, Reason, reason

MAX_PER_QUERY = 20
MAX_WAYS = 256
"""Combinations of credential queries that are compared; a query with more is answered with one of the best found."""

CLAUSE = "OpenID4VP 1.0, section 6.4.2"

_Way: TypeAlias = frozenset[str]  # the credential queries to answer
_Cost: TypeAlias = tuple[int, ...]  # a `Weight`, quicker to add and compare
_NEARNESS = tuple(Mismatch)


def match(
    query: DcqlQuery,
    candidates: Callable[[CredentialQuery], Iterable[Candidate]],
    *,
    limit_per_query: int = MAX_PER_QUERY,
    query_for: Callable[[CredentialQuery, JsonObject], CredentialQuery] | None = None,
    authorising: Mapping[str, frozenset[str]] | None = None,
) -> Matches:
    """Return what the wallet can answer to `query`.

    Args:
        query: what the verifier asks for.
        candidates: gives, for a credential query, the credentials to look at, the most welcome first; it is read only
            as far as needed, and need not give those of other formats and types.
        limit_per_query: the number of matching credentials after which the search ends.
        query_for: gives the query by which a credential with some claims is judged, where that is not the query itself.
        authorising: by credential query, the texts of the transactions that whatever answers it has to authorise.

    Raises:
        ValueError: the limit is below 1.
    """
    if limit_per_query < 1:
        raise ValueError("limit_per_query is at least 1")
    found: dict[str, tuple[Match, ...]] = {}
    missed: dict[str, Mismatch] = {}
    for each in query.requested:
        misses: set[Mismatch] = set()
        wanted = (authorising or {}).get(each.id, frozenset())
        matching = _matching(each, candidates(each), query_for, wanted, misses)
        found[each.id] = tuple(islice(matching, limit_per_query))
        if not found[each.id]:
            missed[each.id] = max(misses, key=_NEARNESS.index, default=Mismatch.TYPE)
    return Matches(query=query, found=MappingProxyType(found), missed=MappingProxyType(missed))


def _matching(
    query: CredentialQuery,
    candidates: Iterable[Candidate],
    query_for: Callable[[CredentialQuery, JsonObject], CredentialQuery] | None,
    authorising: frozenset[str],
    misses: set[Mismatch],
) -> Iterator[Match]:
    for candidate in candidates:
        judged_by = query if query_for is None else query_for(query, candidate.claims)
        outcome = examine(judged_by, candidate, authorising=authorising)
        if isinstance(outcome, Match):
            yield outcome
        else:
            misses.add(outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Credentials to present, each for its credential query and with the claims to disclose.

    Attributes:
        matches: what to present.
        why: of our proposal, why it is this one, the choice between whole combinations first; empty where there was
            nothing to choose between, and where the person has chosen.
        left_out: of our proposal, the credential queries that could be answered as well, and need not be.
    """

    matches: tuple[Match, ...]
    why: tuple[Reason, ...] = field(default=(), compare=False)
    left_out: tuple[str, ...] = field(default=(), compare=False)

    @property
    def by_query(self) -> dict[str, tuple[Match, ...]]:
        """The same by the id of the credential query, as the keys of a ``vp_token`` are."""
        ids = dict.fromkeys(each.query_id for each in self.matches)
        return {query_id: tuple(each for each in self.matches if each.query_id == query_id) for query_id in ids}

    @property
    def weight(self) -> Weight:
        """How much is disclosed."""
        return sum((each.weight for each in self.matches), start=Weight())


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What a wallet can answer to a query.

    Attributes:
        query: what the verifier asks for.
        found: by the id of each requested credential query, the credentials that answer it.
        missed: by the id of each that nothing answers, by how much the nearest credential misses it; it is for the
            holder to know, and not for the verifier.
    """

    query: DcqlQuery
    found: Mapping[str, tuple[Match, ...]]
    missed: Mapping[str, Mismatch] = field(repr=False)

    @property
    def satisfiable_options(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """For each set of the query, in its order, the options that can be answered in full."""
        return tuple(each.full_options(self._answerable) for each in self.query.sets)

    @property
    def satisfiable(self) -> bool:
        """Whether each required set has such an option."""
        return self.query.is_satisfied_by(self._answerable)

    def default_selection(self) -> Selection:
        """Return the selection that discloses least (see `Weight`), and of equals the verifier's favourite; with why.

        Optional sets are left out, and of several credentials one is taken, also where ``multiple`` would allow more:
        the person may add what is not needed, and need not take it away.  Of credentials that disclose as many claims
        the first one found is taken, however many elements its arrays have: a record must not be passed over for an
        older one that says less because it is old.

        Raises:
            NoMatchError: the query cannot be satisfied; it is the same error for whatever reason.
        """
        if not self.satisfiable:
            raise NoMatchError("the wallet does not hold what the query requires", clause=CLAUSE)
        least, weights, (proposed, *others) = self._ranked()
        alternatives = [_total(weights, way) for way in others if not proposed <= way]  # the rest only adds to it
        reasons = [reason(Among.WAYS, _total(weights, proposed), alternatives)]
        for query_id in (query_id for query_id in least if query_id in proposed):
            reasons += self._reasons(least[query_id])
        left_out = self._optional - proposed
        return replace(
            _selection(least, proposed),
            why=tuple(filter(None, reasons)),
            left_out=tuple(query_id for query_id in least if query_id in left_out),
        )

    def selections(self) -> tuple[Selection, ...]:
        """Return the ways to satisfy the query, the one that discloses least first; none if there is no way.

        Each way answers other credential queries; for each of them the credential and claims that disclose least are
        taken.  There are at most 256.
        """
        if not self.satisfiable:
            return ()
        least, _, ways = self._ranked()
        return tuple(_selection(least, way) for way in ways)

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
        if answered != self.query.serving(answered):
            raise ConsentRequiredError(
                "a selected credential serves nothing", code="SELECTION_TOO_LARGE", clause=CLAUSE
            )
        return Selection(matches=matches)

    @property
    def _answerable(self) -> set[str]:
        return {query_id for query_id, found in self.found.items() if found}

    @property
    def _optional(self) -> set[str]:
        """The credential queries of optional options that can be answered in full."""
        sets = zip(self.query.sets, self.satisfiable_options, strict=True)
        return {query_id for each, full in sets if not each.required for option in full for query_id in option}

    def _ranked(self) -> tuple[Mapping[str, Match], Mapping[str, Weight], list[_Way]]:
        """Return what would answer each credential query, its weight, and the ways, the lightest first."""
        least = {query_id: _least(found) for query_id, found in self.found.items() if found}
        weights = {query_id: chosen.weight for query_id, chosen in least.items()}
        costs = {query_id: astuple(weight) for query_id, weight in weights.items()}
        ways = _ways(self, lambda way: tuple(map(sum, zip(*(costs[query_id] for query_id in way), strict=True))))
        return least, weights, ways

    def _reasons(self, chosen: Match) -> Iterator[Reason | None]:
        """Yield why this credential was taken for its query, and why with these claims."""
        rivals = [each.least() for each in self.found[chosen.query_id] if each.candidate.id != chosen.candidate.id]
        weights = [_without_values(each.weight) for each in rivals]
        yield reason(Among.CREDENTIALS, _without_values(chosen.weight), weights, query_id=chosen.query_id)
        others = [chosen.weight_of(option) for option in chosen.options if option != chosen.chosen]
        yield reason(Among.CLAIM_SETS, chosen.weight, others, query_id=chosen.query_id)

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


def _selection(least: Mapping[str, Match], way: _Way) -> Selection:
    return Selection(matches=tuple(chosen for query_id, chosen in least.items() if query_id in way))


def _total(weights: Mapping[str, Weight], way: _Way) -> Weight:
    return sum((weights[query_id] for query_id in way), start=Weight())


def _least(found: tuple[Match, ...]) -> Match:
    return min((each.least() for each in found), key=lambda each: _without_values(each.weight))


def _without_values(weight: Weight) -> Weight:
    """Return a weight in which an array counts the same however many elements it has."""
    return replace(weight, values=0)


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
