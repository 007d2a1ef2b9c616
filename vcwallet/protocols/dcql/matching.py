# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a credential answers a credential query, and with which claims (OpenID4VP 1.0, sections 6.1, 6.3, 6.4.1).

The wallet asks it of what it holds, the verifier of what was presented.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from vcwallet.claims import ClaimPath, JsonObject, select
from vcwallet.errors import MalformedError
from vcwallet.protocols.dcql.query import ClaimOption, ClaimQuery, CredentialQuery
from vcwallet.protocols.dcql.weight import Weigh, Weight, weigh_asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A credential as a query sees it, whatever its format.

    Attributes:
        id: names it for the caller, who knows more of it than a query does.
        format: the credential format identifier of OpenID4VP.
        type_ids: ``vct`` and the types that it extends; the document type; or the expanded W3C types.
        claims: the claim tree in JSON values, all of it in a wallet, and what was disclosed at a verifier; of an mdoc,
            namespaces on top and CBOR turned into JSON (RFC 8949, section 6.1).
        holder_bound: a wallet can prove possession of the holder's key, a verifier has seen that proof.
        authorities: the (type, value) pairs of ``trusted_authorities`` that hold for its issuer.
        authorises: the texts of the transactions that it can authorise, all of them together (section 8.4).
        weigh: says how much is disclosed with the claims of some paths; without it, the claims asked for are counted.
    """

    id: str
    format: str
    type_ids: frozenset[str]
    claims: JsonObject = field(repr=False)
    holder_bound: bool
    authorities: frozenset[tuple[str, str]] = frozenset()
    authorises: frozenset[str] = field(default=frozenset(), repr=False)
    weigh: Weigh | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A credential that answers a credential query, and the claims to disclose of it.

    Attributes:
        query_id: the credential query.
        candidate: the credential.
        chosen: the claims to disclose.
        options: all combinations of claims that it can answer with, the verifier's favourite first.
    """

    query_id: str
    candidate: Candidate
    chosen: ClaimOption
    options: tuple[ClaimOption, ...]

    @property
    def claims(self) -> tuple[ClaimQuery, ...]:
        """The claims to disclose, as they were asked for."""
        return self.chosen.claims

    @property
    def claim_set(self) -> int | None:
        """The index of the combination in ``claim_sets``; None where the query has none."""
        return self.chosen.claim_set

    @property
    def paths(self) -> tuple[ClaimPath, ...]:
        """The paths to disclose; none means nothing that could be held back."""
        return self.chosen.paths

    @property
    def weight(self) -> Weight:
        """How much is disclosed with the chosen combination."""
        return self.weight_of(self.chosen)

    def weight_of(self, option: ClaimOption) -> Weight:
        """Return how much would be disclosed with a combination."""
        weigh = self.candidate.weigh or weigh_asked(self.candidate.claims)
        return weigh(option.paths)

    def least(self) -> Match:
        """Return the same with the combination that discloses least; of equals, the verifier's favourite."""
        if len(self.options) == 1:
            return self
        return replace(self, chosen=min(self.options, key=self.weight_of))

    def with_claim_set(self, claim_set: int | None) -> Match:
        """Return the same with another combination of claims.

        Raises:
            ValueError: the credential cannot answer with that combination.
        """
        for option in self.options:
            if option.claim_set == claim_set:
                return replace(self, chosen=option)
        raise ValueError(f"the credential does not have the claims of claim set {claim_set}")


class Mismatch(StrEnum):
    """The first reason why a credential does not answer a credential query; a later member is a nearer miss."""

    FORMAT = "FORMAT_NOT_ASKED"
    TYPE = "TYPE_NOT_ASKED"
    HOLDER_BINDING = "HOLDER_BINDING_MISSING"
    AUTHORITY = "AUTHORITY_NOT_ASKED"
    CLAIMS = "CLAIMS_MISSING"
    TRANSACTION = "TRANSACTION_NOT_AUTHORISED"


def match_credential(query: CredentialQuery, candidate: Candidate) -> Match | None:
    """Return how `candidate` answers `query`, with the verifier's favourite combination chosen; None if it does not."""
    outcome = examine(query, candidate)
    return outcome if isinstance(outcome, Match) else None


def examine(
    query: CredentialQuery, candidate: Candidate, *, authorising: frozenset[str] = frozenset()
) -> Match | Mismatch:
    """Return how `candidate` answers `query`, or the first reason why it does not.

    Args:
        query: the credential query.
        candidate: the credential.
        authorising: the texts of the transactions that whatever answers the query has to authorise.
    """
    if candidate.format != query.format:
        return Mismatch.FORMAT
    if not any(types <= candidate.type_ids for types in query.meta.alternatives):
        return Mismatch.TYPE
    if query.require_cryptographic_holder_binding and not candidate.holder_bound:
        return Mismatch.HOLDER_BINDING
    if query.trusted_authorities and not _is_under_an_authority(query, candidate):
        return Mismatch.AUTHORITY
    options = _satisfiable(query, candidate.claims)
    if not options:
        return Mismatch.CLAIMS
    if not authorising <= candidate.authorises:
        return Mismatch.TRANSACTION
    return Match(query_id=query.id, candidate=candidate, chosen=options[0], options=options)


def _is_under_an_authority(query: CredentialQuery, candidate: Candidate) -> bool:
    return any(
        (authority.type, value) in candidate.authorities
        for authority in query.trusted_authorities
        for value in authority.values
    )


def _satisfiable(query: CredentialQuery, tree: JsonObject) -> tuple[ClaimOption, ...]:
    if not query.claim_sets:
        return query.claim_options if all(_holds(tree, claim) for claim in query.claims) else ()
    # Each claim is looked up once, however many combinations name it: a query cannot multiply our work.
    held = {claim.id for claim in query.claims if _holds(tree, claim)}
    return tuple(option for option in query.claim_options if option.ids <= held)


def _holds(tree: JsonObject, claim: ClaimQuery) -> bool:
    try:
        found = select(tree, claim.path)
    except MalformedError:
        return False
    if not claim.values:
        return bool(found)
    # Where the path selects several elements, one of them is enough; the standard leaves this open.
    return any(isinstance(value, str | int) and (type(value), value) in claim.accepted for value in found)
