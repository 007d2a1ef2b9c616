# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Digital Credentials Query Language: what a verifier asks for, and what answers it (OpenID4VP 1.0, sections 6 and 7).

A wallet matches a query against its credentials; a verifier evaluates the same query again on what came back.

    >>> from vcwallet.protocols.dcql import Candidate, DcqlQuery, match, require_answer
    >>> query = DcqlQuery.from_json(
    ...     b'{"credentials": [{"id": "pid", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:eudi:pid:1"]},'
    ...     b' "claims": [{"path": ["age_equal_or_over", "18"], "values": [true]}]}]}'
    ... )
    >>> held = Candidate(
    ...     id="1",
    ...     format="dc+sd-jwt",
    ...     type_ids=frozenset({"urn:eudi:pid:1"}),
    ...     holder_bound=True,
    ...     claims={"family_name": "Dent", "age_equal_or_over": {"18": True}},
    ... )
    >>> selection = match(query, lambda credential_query: [held]).default_selection()
    >>> [(chosen.query_id, chosen.paths) for chosen in selection.matches]
    [('pid', (('age_equal_or_over', '18'),))]
    >>> require_answer(query, {"pid": [held]})
"""

from vcwallet.protocols.dcql.answer import require_answer
from vcwallet.protocols.dcql.asking import AskedPath, asked_paths
from vcwallet.protocols.dcql.matching import Candidate, Match, Mismatch, examine, match_credential
from vcwallet.protocols.dcql.meta import MdocMeta, Meta, SdJwtVcMeta, UnknownMeta, W3cMeta
from vcwallet.protocols.dcql.query import (
    ClaimOption,
    ClaimQuery,
    CredentialQuery,
    CredentialSet,
    DcqlQuery,
    TrustedAuthority,
)
from vcwallet.protocols.dcql.selection import Matches, Selection, match
from vcwallet.protocols.dcql.weight import Weigh, Weight
from vcwallet.protocols.dcql.why import Among, Because, Reason

__all__ = [
    "Among",
    "AskedPath",
    "Because",
    "Candidate",
    "ClaimOption",
    "ClaimQuery",
    "CredentialQuery",
    "CredentialSet",
    "DcqlQuery",
    "Match",
    "Matches",
    "MdocMeta",
    "Meta",
    "Mismatch",
    "Reason",
    "SdJwtVcMeta",
    "Selection",
    "TrustedAuthority",
    "UnknownMeta",
    "W3cMeta",
    "Weigh",
    "Weight",
    "asked_paths",
    "examine",
    "match",
    "match_credential",
    "require_answer",
]
