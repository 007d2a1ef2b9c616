# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a query asks for, claim by claim, to compare with what its verifier may ask for (TS 119 475: over-asking)."""

from __future__ import annotations

from dataclasses import dataclass

from vcwallet.claims import ClaimPath
from vcwallet.protocols.dcql.query import DcqlQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPath:
    """A claim that an answer to the query may disclose.

    Attributes:
        query_id: the credential query.
        format: the credential format.
        type_ids: the types of credential that it names, in alphabetical order.
        claim_set: the combination that the claim belongs to; None where the query has no ``claim_sets``.
        path: the claim.
    """

    query_id: str
    format: str
    type_ids: tuple[str, ...]
    claim_set: int | None
    path: ClaimPath


def asked_paths(query: DcqlQuery) -> tuple[AskedPath, ...]:
    """Return each claim that `query` asks for, once for each combination of claims that it stands in.

    A credential query without claims asks for the credential alone and has no entry here; its type is in
    `DcqlQuery.requested`.  Claims that no claim set names, and credentials that no credential set names, are not asked
    for.
    """
    return tuple(
        AskedPath(
            query_id=each.id,
            format=each.format,
            type_ids=each.type_ids,
            claim_set=option.claim_set,
            path=path,
        )
        for each in query.requested
        for option in each.claim_options
        for path in option.paths
    )
