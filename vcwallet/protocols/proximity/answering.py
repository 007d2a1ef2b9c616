# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How a document answers an ISO/IEC 18013-5 request, in terms of DCQL (clauses 7.2.5 and 8.3.2.1).

A reader asks for elements; a document returns those that it has.  Of an age it returns the nearest attestation that
settles the question: who is over 21 is over 20, and who is not over 18 is not over 20.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vcwallet.claims import JsonObject, JsonValue
from vcwallet.encoding.wire import fit
from vcwallet.formats.mdoc.ages import age_of, nearest_age
from vcwallet.protocols.dcql import ClaimQuery, CredentialQuery


def as_held(query: CredentialQuery, claims: JsonObject) -> CredentialQuery:
    """Return the query for what of it a document has; the query itself where it has nothing of it."""
    near = with_nearest_ages(query, claims)
    held = [claim for claim in near.claims if claim.path[1] in _namespace(claims, claim)]
    return _with_claims(near, held) if held else query


def with_nearest_ages(query: CredentialQuery, claims: JsonObject) -> CredentialQuery:
    """Return the query with each age that is asked for replaced by the one that settles it, where there is one."""
    near = list(dict.fromkeys(_nearest(claim, claims) for claim in query.claims))
    return query if near == list(query.claims) else _with_claims(query, near)


def _nearest(claim: ClaimQuery, claims: JsonObject) -> ClaimQuery:
    namespace, element = claim.path
    asked = age_of(str(element))
    if asked is None or claim.values:
        return claim
    near = nearest_age(asked, dict(_ages(_namespace(claims, claim))))
    return claim if near is None else claim.model_copy(update={"path": (namespace, f"age_over_{near:02}")})


def _ages(elements: Mapping[str, JsonValue]) -> Iterator[tuple[int, bool]]:
    for element, value in elements.items():
        age = age_of(element)
        if age is not None and isinstance(value, bool):
            yield age, value


def _namespace(claims: JsonObject, claim: ClaimQuery) -> Mapping[str, JsonValue]:
    elements = claims.get(str(claim.path[0]))
    return elements if isinstance(elements, Mapping) else {}


def _with_claims(query: CredentialQuery, claims: list[ClaimQuery]) -> CredentialQuery:
    members = query.model_dump(mode="json", exclude_unset=True)
    return fit(
        CredentialQuery, {**members, "claims": [one.model_dump(mode="json", exclude_unset=True) for one in claims]}
    )
