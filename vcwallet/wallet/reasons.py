# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Told to the person: why this is proposed and not something else, or why nothing can be.

All of it says what the wallet holds, so it stays on the person's screen: no history, no log, no answer has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from vcwallet.errors import UntrustedError
from vcwallet.formats.type_metadata import ResolvedType
from vcwallet.protocols.dcql import Among, Because, CredentialQuery, Matches, Reason, Selection, Weight
from vcwallet.wallet.phrases import phrase

TypeOf = Callable[[str], ResolvedType]

_MEASURES: dict[Because, Callable[[Weight], int]] = {
    Because.FEWER_GUARDED: lambda weight: weight.guarded,
    Because.FEWER_CLAIMS: lambda weight: weight.claims,
    Because.FEWER_VALUES: lambda weight: weight.values,
    Because.FEWER_CREDENTIALS: lambda weight: weight.credentials,
}


def why_this(proposal: Selection, matches: Matches, *, type_of: TypeOf, language: str) -> tuple[str, ...]:
    """Return the reasons of a proposal in words; none where there was nothing to choose between."""
    names = {query.id: _name(query, type_of, language) for query in matches.query.requested}
    left_out = (phrase("LEFT_OUT", language, name=names[query_id]) for query_id in proposal.left_out)
    return (*(_sentence(reason, names, language) for reason in proposal.why), *left_out)


def why_nothing(matches: Matches, *, type_of: TypeOf, language: str) -> tuple[str, ...]:
    """Return in words what is missing for each required set that cannot be satisfied."""
    queries = {query.id: query for query in matches.query.requested}
    return tuple(
        phrase(f"MISSING_{matches.missed[query_id]}", language, name=_name(queries[query_id], type_of, language))
        for query_id in dict.fromkeys(_missing(matches))
    )


def _missing(matches: Matches) -> Iterator[str]:
    for each, full in zip(matches.query.sets, matches.satisfiable_options, strict=True):
        if each.required and not full:
            yield from (query_id for option in each.options for query_id in option if query_id in matches.missed)


def _sentence(reason: Reason, names: dict[str, str], language: str) -> str:
    measure = _MEASURES.get(reason.because)
    numbers = {} if measure is None else {"chosen": measure(reason.weight), "second": measure(reason.second)}
    is_by_verifier = reason.because is Because.FIRST and reason.among is not Among.CREDENTIALS
    because = phrase("PREFERRED" if is_by_verifier else reason.because, language, **numbers)
    name = "" if reason.query_id is None else names[reason.query_id]
    return phrase(f"AMONG_{reason.among}", language, count=reason.others + 1, name=name, because=because)


def _name(query: CredentialQuery, type_of: TypeOf, language: str) -> str:
    return " / ".join(_type_name(type_id, type_of, language) for type_id in query.type_ids) or query.format


def _type_name(type_id: str, type_of: TypeOf, language: str) -> str:
    try:
        return type_of(type_id).name(language)
    except UntrustedError:
        return type_id
