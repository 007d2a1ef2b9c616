# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a document answers (ISO/IEC 18013-5, clauses 7.2.5 and 8.3.2.1): what it has, and of ages the nearest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from vcwallet.protocols.dcql import CredentialQuery, DcqlQuery
from vcwallet.protocols.proximity.answering import as_held, with_nearest_ages

NAMESPACE, OTHER = "org.example.pass.1", "org.example.pass.domestic.1"


def asked(*elements: str | tuple[str, str], **members: Any) -> CredentialQuery:
    """Return a query for elements, each of which is kept; a lone name is one of the first namespace."""
    paths = [one if isinstance(one, tuple) else (NAMESPACE, one) for one in elements]
    claims = [{"path": list(path), "intent_to_retain": True, **members} for path in paths]
    one = {"id": "a", "format": "mso_mdoc", "meta": {"doctype_value": NAMESPACE}, "claims": claims}
    [query] = DcqlQuery.from_json({"credentials": [one]}).credentials
    return query


def held(other: Mapping[str, Any] | None = None, **elements: Any) -> dict[str, Any]:
    return {NAMESPACE: elements} | ({} if other is None else {OTHER: other})


def paths(query: CredentialQuery) -> list[tuple[Any, ...]]:
    return [claim.path for claim in query.claims]


def elements(query: CredentialQuery) -> list[Any]:
    assert {path[0] for path in paths(query)} == {NAMESPACE}
    return [path[1] for path in paths(query)]


class TestNearestAge:
    @pytest.mark.parametrize(
        ("question", "ages", "answer"),
        [
            (20, {20: True}, 20),
            (20, {20: False}, 20),
            (20, {18: True, 20: True, 21: True}, 20),
            (19, {18: True, 20: True, 65: True}, 20),  # the nearest from there on that is reached
            (60, {18: True, 65: True}, 65),
            (60, {18: False, 20: False}, 20),  # the nearest up to there that is not reached
            (60, {18: False, 65: False}, 18),
            (19, {18: True, 20: False}, None),  # the answer is not known
            (60, {65: False}, None),
            (18, {}, None),
        ],
    )
    def test_it_is_the_one_that_settles_the_question(self, question, ages, answer):
        claims = held(**{f"age_over_{age}": value for age, value in ages.items()})
        near = with_nearest_ages(asked(f"age_over_{question}"), claims)
        assert elements(near) == [f"age_over_{question if answer is None else answer}"]

    def test_an_age_below_ten_has_two_digits(self):
        assert elements(with_nearest_ages(asked("age_over_05"), held(age_over_06=True))) == ["age_over_06"]

    def test_two_questions_with_one_answer_are_answered_once(self):
        near = with_nearest_ages(asked("age_over_18", "age_over_19"), held(age_over_20=True))
        assert elements(near) == ["age_over_20"]

    def test_whether_it_is_kept_stays_as_it_was_asked(self):
        [claim] = with_nearest_ages(asked("age_over_19"), held(age_over_20=True)).claims
        assert claim.intent_to_retain is True

    def test_an_age_with_accepted_values_is_meant_as_it_is(self):
        """Who accepts only one answer has asked about that very age."""
        query = asked("age_over_19", values=[True])
        assert with_nearest_ages(query, held(age_over_20=True)) is query

    def test_an_answer_of_another_namespace_does_not_count(self):
        query = asked("age_over_19")
        assert with_nearest_ages(query, held({"age_over_20": True})) is query
        assert paths(with_nearest_ages(asked((OTHER, "age_over_19")), held({"age_over_20": True}))) == [
            (OTHER, "age_over_20")
        ]

    @pytest.mark.parametrize("value", [1, 0, "true", None, [True]])
    def test_what_is_no_yes_or_no_is_no_answer(self, value):
        query = asked("age_over_19")
        assert with_nearest_ages(query, held(age_over_20=value)) is query

    @pytest.mark.parametrize("claims", [{}, {NAMESPACE: "text"}, {NAMESPACE: None}, {NAMESPACE: ["age_over_20"]}])
    def test_a_document_without_the_namespace_has_no_answer(self, claims):
        query = asked("age_over_19")
        assert with_nearest_ages(query, claims) is query

    def test_another_element_is_what_it_is(self):
        query = asked("name", "age_over_200", "age_in_years")
        assert with_nearest_ages(query, held(age_over_20=True, name="x")) is query

    def test_a_query_that_is_answered_as_it_is_stays_the_same(self):
        query = asked("age_over_20", "name")
        assert with_nearest_ages(query, held(age_over_20=True, age_over_21=True, name="x")) is query

    def test_the_rest_of_the_query_stays(self):
        query = asked("age_over_19", "name")
        near = with_nearest_ages(query, held(age_over_20=True))
        assert (near.id, near.format, near.type_ids) == (query.id, query.format, query.type_ids)
        assert elements(near) == ["age_over_20", "name"]


class TestAsHeld:
    def test_what_is_not_there_is_left_out(self):
        assert elements(as_held(asked("name", "title", "address"), held(name="x", address="y"))) == ["name", "address"]

    def test_nothing_is_left_out_where_nothing_is_there(self):
        """A query without claims would ask for something else: whether there is such a document."""
        query = asked("title", "age_over_19")
        for claims in (held(name="x"), {}, held({"title": "x"})):
            assert as_held(query, claims) is query

    def test_an_element_is_looked_for_in_its_own_namespace(self):
        near = as_held(asked("name", (OTHER, "name")), held({"name": "x"}))
        assert paths(near) == [(OTHER, "name")]

    def test_an_element_that_is_null_or_false_is_there(self):
        assert elements(as_held(asked("title", "citizen"), held(title=None, citizen=False))) == ["title", "citizen"]

    def test_an_age_that_is_not_known_is_left_out_and_a_nearer_one_is_returned(self):
        query = asked("age_over_19", "age_over_60", "name")
        assert elements(as_held(query, held(age_over_20=True, age_over_65=False, name="x"))) == ["age_over_20", "name"]

    def test_what_is_all_there_is_returned_as_it_was_asked(self):
        assert elements(as_held(asked("name", "title"), held(name="x", title="y", more="z"))) == ["name", "title"]

    def test_accepted_values_stay_for_the_match_to_look_at(self):
        [claim] = as_held(asked("name", values=["x"]), held(name="y")).claims
        assert claim.values == ("x",)
