# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The verifier's evaluation of an answer against its own query (OpenID4VP 1.0, sections 6.4 and 8.6).

The wallet is not trusted to have matched rightly: format, type, holder binding, authorities, claims, values, numbers
and sets are all evaluated again on what was verified.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from vcwallet.claims import JsonObject
from vcwallet.errors import QueryNotSatisfiedError, quoted
from vcwallet.protocols.dcql.matching import Candidate, Mismatch, examine
from vcwallet.protocols.dcql.query import CredentialQuery, DcqlQuery

CLAUSE = "OpenID4VP 1.0, section 8.6"


def require_answer(
    query: DcqlQuery,
    answer: Mapping[str, Sequence[Candidate]],
    *,
    query_for: Callable[[CredentialQuery, JsonObject], CredentialQuery] | None = None,
) -> None:
    """Make sure that verified presentations, by the id of their credential query, satisfy `query`.

    Args:
        query: what was asked for.
        answer: what was presented.
        query_for: gives the query by which a credential with some claims is judged, where that is not the query itself.

    Raises:
        QueryNotSatisfiedError: they do not; the code says why: ``UNEXPECTED_PRESENTATION`` (for nothing asked),
            ``PRESENTATION_COUNT`` (none, or several where one was asked for), ``FORMAT_NOT_ASKED``, ``TYPE_NOT_ASKED``,
            ``HOLDER_BINDING_MISSING``, ``AUTHORITY_NOT_ASKED``, ``CLAIMS_MISSING`` (absent, or with another value),
            ``CREDENTIAL_SET_UNSATISFIED`` or ``CREDENTIAL_SERVES_NOTHING`` (its option is not there in full).
    """
    requested = {each.id: each for each in query.requested}
    for query_id, presentations in answer.items():
        if query_id not in requested:
            raise _refused(f"nothing was asked under {quoted(query_id)}", code="UNEXPECTED_PRESENTATION")
        _require_count(requested[query_id], presentations)
        for presentation in presentations:
            asked = requested[query_id]
            _require_match(asked if query_for is None else query_for(asked, presentation.claims), presentation)
    if not query.is_satisfied_by(answer):
        raise _refused("a required combination of credentials is not there", code="CREDENTIAL_SET_UNSATISFIED")
    if query.serving(answer) != answer.keys():
        raise _refused("a presentation serves no option that is there in full", code="CREDENTIAL_SERVES_NOTHING")


def _require_count(query: CredentialQuery, presentations: Sequence[Candidate]) -> None:
    if not presentations or (len(presentations) > 1 and not query.multiple):
        message = f"{len(presentations)} presentations answer the credential query {query.id}"
        raise _refused(message, code="PRESENTATION_COUNT")


def _require_match(query: CredentialQuery, presentation: Candidate) -> None:
    outcome = examine(query, presentation)
    if isinstance(outcome, Mismatch):
        raise _refused(f"a presentation does not fit the credential query {query.id}", code=outcome.value)


def _refused(message: str, *, code: str) -> QueryNotSatisfiedError:
    return QueryNotSatisfiedError(message, code=code, clause=CLAUSE)
