# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The verifier evaluates the whole query again on what came back (OpenID4VP 1.0, section 8.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from vcwallet.errors import QueryNotSatisfiedError
from vcwallet.protocols.dcql import Candidate, DcqlQuery, require_answer

PID: dict[str, Any] = {
    "id": "pid",
    "format": "dc+sd-jwt",
    "meta": {"vct_values": ["urn:eudi:pid:1"]},
    "trusted_authorities": [{"type": "aki", "values": ["key-1"]}],
    "claims": [{"id": "a", "path": ["age"], "values": [18, 19]}, {"id": "n", "path": ["name"]}],
    "claim_sets": [["n"], ["a"]],
}
MDL: dict[str, Any] = {
    "id": "mdl",
    "format": "mso_mdoc",
    "meta": {"doctype_value": "org.iso.18013.5.1.mDL"},
    "claims": [{"path": ["org.iso.18013.5.1", "age_over_18"], "values": [True]}],
}
OTHER: dict[str, Any] = {"id": "other", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:other"]}}

PID_SHOWN = Candidate(
    id="1",
    format="dc+sd-jwt",
    type_ids=frozenset({"urn:eudi:pid:1"}),
    claims={"age": 18},
    holder_bound=True,
    authorities=frozenset({("aki", "key-1")}),
)
MDL_SHOWN = Candidate(
    id="2",
    format="mso_mdoc",
    type_ids=frozenset({"org.iso.18013.5.1.mDL"}),
    claims={"org.iso.18013.5.1": {"age_over_18": True}},
    holder_bound=True,
)


def asked(*credentials: dict[str, Any], **members: Any) -> DcqlQuery:
    return DcqlQuery.from_json({"credentials": list(credentials), **members})


def refusal(query: DcqlQuery, answer: dict[str, list[Candidate]]) -> str:
    with pytest.raises(QueryNotSatisfiedError) as caught:
        require_answer(query, answer)
    return caught.value.code


def test_an_answer_that_gives_what_was_asked_is_accepted() -> None:
    require_answer(asked(PID, MDL), {"mdl": [MDL_SHOWN], "pid": [PID_SHOWN]})
    require_answer(asked(PID), {"pid": [replace(PID_SHOWN, claims={"name": "Arthur"})]})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": "mso_mdoc"}, "FORMAT_NOT_ASKED"),
        ({"type_ids": frozenset({"urn:other"})}, "TYPE_NOT_ASKED"),
        ({"holder_bound": False}, "HOLDER_BINDING_MISSING"),
        ({"authorities": frozenset({("aki", "key-2")})}, "AUTHORITY_NOT_ASKED"),
        ({"claims": {}}, "CLAIMS_MISSING"),
        ({"claims": {"age": 17}}, "CLAIMS_MISSING"),
        ({"claims": {"age": "18"}}, "CLAIMS_MISSING"),
        ({"claims": {"age": 18.0}}, "CLAIMS_MISSING"),
    ],
)
def test_a_presentation_that_does_not_fit_is_refused_with_the_reason(change: dict[str, Any], code: str) -> None:
    require_answer(asked(PID), {"pid": [PID_SHOWN]})
    assert refusal(asked(PID), {"pid": [replace(PID_SHOWN, **change)]}) == code


def test_a_presentation_for_nothing_that_was_asked_is_refused() -> None:
    assert refusal(asked(PID), {"pid": [PID_SHOWN], "mdl": [MDL_SHOWN]}) == "UNEXPECTED_PRESENTATION"
    # A credential query that stands in no set asks for nothing.
    sets = [{"options": [["pid"]]}]
    query = asked(PID, MDL, credential_sets=sets)
    assert refusal(query, {"pid": [PID_SHOWN], "mdl": [MDL_SHOWN]}) == "UNEXPECTED_PRESENTATION"
    require_answer(query, {"pid": [PID_SHOWN]})


def test_the_id_of_an_unexpected_presentation_is_shown_safely() -> None:
    with pytest.raises(QueryNotSatisfiedError) as caught:
        require_answer(asked(PID), {"\x1b[31m" + "x" * 500: [PID_SHOWN]})
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_each_query_is_answered_by_one_presentation_unless_it_allows_more() -> None:
    several = asked({**PID, "multiple": True})
    require_answer(several, {"pid": [PID_SHOWN, PID_SHOWN]})
    require_answer(several, {"pid": [PID_SHOWN]})
    assert refusal(asked(PID), {"pid": [PID_SHOWN, PID_SHOWN]}) == "PRESENTATION_COUNT"
    assert refusal(asked(PID), {"pid": []}) == "PRESENTATION_COUNT"
    assert refusal(several, {"pid": []}) == "PRESENTATION_COUNT"


def test_of_several_presentations_each_one_has_to_fit() -> None:
    several = asked({**PID, "multiple": True})
    assert refusal(several, {"pid": [PID_SHOWN, replace(PID_SHOWN, claims={})]}) == "CLAIMS_MISSING"


def test_without_sets_every_credential_is_required() -> None:
    for answer in ({}, {"pid": [PID_SHOWN]}, {"mdl": [MDL_SHOWN]}):
        assert refusal(asked(PID, MDL), answer) == "CREDENTIAL_SET_UNSATISFIED"


def test_each_required_set_is_answered_by_one_option_in_full() -> None:
    query = asked(
        PID,
        MDL,
        OTHER,
        credential_sets=[{"options": [["pid", "other"], ["mdl"]]}, {"options": [["pid"]], "required": False}],
    )
    require_answer(query, {"mdl": [MDL_SHOWN]})
    require_answer(query, {"mdl": [MDL_SHOWN], "pid": [PID_SHOWN]})
    assert refusal(query, {"pid": [PID_SHOWN]}) == "CREDENTIAL_SET_UNSATISFIED"
    assert refusal(query, {}) == "CREDENTIAL_SET_UNSATISFIED"


def test_an_empty_answer_satisfies_optional_sets_only() -> None:
    require_answer(asked(PID, credential_sets=[{"options": [["pid"]], "required": False}]), {})


def test_no_claim_value_is_in_a_refusal() -> None:
    with pytest.raises(QueryNotSatisfiedError) as caught:
        require_answer(asked(PID), {"pid": [replace(PID_SHOWN, claims={"age": "secret"})]})
    assert "secret" not in repr(caught.value)
    assert "18" not in str(caught.value)
