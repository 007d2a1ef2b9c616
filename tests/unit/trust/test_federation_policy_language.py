# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Metadata policies and constraints of OpenID Federation."""

from __future__ import annotations

from typing import Any

import pytest

from vcwallet.errors import LimitExceededError, MalformedError, UntrustedError
from vcwallet.trust.federation import constraints, metadata_policy
from vcwallet.trust.federation.constraints import MAX_NAMES
from vcwallet.trust.federation.metadata_policy import OPERATORS, require_understood

TYPE, NAME = "openid_credential_issuer", "algs"
ABSENT = object()


def parse(operators: Any, name: str = NAME) -> metadata_policy.MetadataPolicy:
    return metadata_policy.parse({TYPE: {name: operators}})


def applied(operators: Any, value: Any = ABSENT, name: str = NAME) -> Any:
    """Return what becomes of one parameter."""
    metadata = {TYPE: {} if value is ABSENT else {name: value}}
    return parse(operators, name).applied(metadata)[TYPE].get(name, ABSENT)


def merged(superior: Any, inferior: Any, name: str = NAME) -> Any:
    return parse(superior, name).merged(parse(inferior, name)).claim()[TYPE][name]


# --- one operator ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operators", "value", "result"),
    [
        ({"value": "a"}, ABSENT, "a"),
        ({"value": "a"}, "b", "a"),
        ({"value": ["a"]}, 1, ["a"]),
        ({"value": False}, True, False),
        ({"value": 0}, ABSENT, 0),
        ({"value": None}, "b", ABSENT),
        ({"value": None}, ABSENT, ABSENT),
        ({"add": ["a", "b"]}, ["b", "c"], ["b", "c", "a"]),
        ({"add": ["a", "a"]}, ABSENT, ["a"]),
        ({"add": []}, ABSENT, []),
        ({"default": "a"}, ABSENT, "a"),
        ({"default": "a"}, "b", "b"),
        ({"default": True}, False, False),
        ({"one_of": ["a", "b"]}, "b", "b"),
        ({"one_of": ["a", "b"]}, ABSENT, ABSENT),
        ({"subset_of": ["a", "b"]}, ["b", "c"], ["b"]),
        ({"subset_of": ["a"]}, ["b"], []),
        ({"subset_of": ["a"]}, ABSENT, ABSENT),
        ({"superset_of": ["a"]}, ["b", "a"], ["b", "a"]),
        ({"superset_of": ["a"]}, ABSENT, ABSENT),
        ({"superset_of": []}, [], []),
        ({"essential": True}, {"any": "kind"}, {"any": "kind"}),
        ({"essential": False}, ABSENT, ABSENT),
        ({}, "a", "a"),
        ({}, ABSENT, ABSENT),
    ],
)
def test_each_operator_does_what_the_standard_says(operators, value, result):
    assert applied(operators, value) == result


@pytest.mark.parametrize(
    ("operators", "value"),
    [
        ({"one_of": ["a"]}, "b"),
        ({"one_of": ["a"]}, ["a"]),
        ({"one_of": ["a"]}, 1),
        ({"one_of": []}, "a"),
        ({"superset_of": ["a", "b"]}, ["a"]),
        ({"superset_of": ["a"]}, []),
        ({"superset_of": ["a"]}, "a"),
        ({"superset_of": ["1"]}, [1]),
        ({"subset_of": ["a"]}, "a"),
        ({"subset_of": ["a"]}, [["a"]]),
        ({"add": ["a"]}, "b"),
        ({"add": ["a"]}, [1]),
        ({"essential": True}, ABSENT),
    ],
)
def test_metadata_that_do_not_comply_are_refused(operators, value):
    with pytest.raises(UntrustedError) as caught:
        applied(operators, value)
    assert caught.value.code == "METADATA_POLICY"


# The table of section 6.1.3.1.8: essential and subset_of.
@pytest.mark.parametrize("essential", [True, False])
@pytest.mark.parametrize(("value", "result"), [(["a", "e"], ["a"]), (["d", "e"], [])])
def test_essential_and_subset_of_give_what_the_table_of_the_standard_has(essential, value, result):
    assert applied({"essential": essential, "subset_of": ["a", "b", "c"]}, value) == result


def test_an_absent_parameter_is_an_error_where_it_is_essential_and_not_elsewhere():
    assert applied({"essential": False, "subset_of": ["a", "b", "c"]}) is ABSENT
    with pytest.raises(UntrustedError):
        applied({"essential": True, "subset_of": ["a", "b", "c"]})


@pytest.mark.parametrize(
    ("operators", "value", "result"),
    [
        ({"value": ["a", "b"], "add": ["a"]}, ["c"], ["a", "b"]),
        ({"add": ["a"], "default": ["b"]}, ABSENT, ["a"]),  # add has made it present
        ({"default": ["a", "b"], "subset_of": ["b"]}, ABSENT, ["b"]),
        ({"default": ["a"], "superset_of": ["a"]}, ABSENT, ["a"]),
        ({"default": "a", "one_of": ["a"]}, ABSENT, "a"),
        ({"default": "a", "essential": True}, ABSENT, "a"),
        ({"add": ["b"], "subset_of": ["a", "b"]}, ["a", "c"], ["a", "b"]),
        ({"subset_of": ["a", "b"], "superset_of": ["a"]}, ["a", "c"], ["a"]),
        ({"add": ["a"], "superset_of": ["a", "b"]}, ["b"], ["b", "a"]),
        ({"value": "a", "default": "b"}, ABSENT, "a"),
        ({"essential": True, "add": ["a"]}, ABSENT, ["a"]),
    ],
)
def test_operators_are_applied_in_their_order_and_not_in_that_of_the_document(operators, value, result):
    assert applied(operators, value) == result
    assert applied(dict(reversed(operators.items())), value) == result


def test_a_check_sees_what_a_modifier_has_left():
    with pytest.raises(UntrustedError):  # subset_of takes away what superset_of demands
        applied({"default": ["c"], "subset_of": ["a", "b"], "superset_of": ["a"]})


def test_the_order_is_that_of_the_standard():
    assert OPERATORS == ("value", "add", "default", "one_of", "subset_of", "superset_of", "essential")


# --- operands --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "operators",
    [
        {"value": {"a": 1}},
        {"default": None},
        {"default": {"a": 1}},
        {"add": "a"},
        {"add": [1]},
        {"add": None},
        {"one_of": "a"},
        {"one_of": [["a"]]},
        {"subset_of": {"a": 1}},
        {"superset_of": [None]},
        {"essential": "true"},
        {"essential": 1},
        {"essential": None},
        [],
        "value",
        None,
    ],
)
def test_an_operand_of_another_kind_is_refused(operators):
    with pytest.raises(MalformedError):
        parse(operators)


@pytest.mark.parametrize("policy", [{TYPE: []}, {TYPE: None}, {TYPE: "a"}, {TYPE: {NAME: 1}}])
def test_a_policy_has_three_levels_of_objects(policy):
    with pytest.raises(MalformedError):
        metadata_policy.parse(policy)


def test_an_empty_policy_is_legal_on_every_level_and_changes_nothing():
    metadata = {TYPE: {NAME: ["a"]}}
    policies: list[Any] = [{}, {TYPE: {}}, {TYPE: {NAME: {}}}, {"other": {NAME: {"value": "b"}}}]
    for policy in policies:
        assert metadata_policy.parse(policy).applied(metadata) == metadata


def test_a_policy_makes_no_entity_type():
    assert parse({"value": "a", "essential": True}).applied({"other": {}}) == {"other": {}}


# --- combinations ----------------------------------------------------------------------------------------------------

GOOD: list[dict[str, Any]] = [
    {"value": ["a", "b"], "add": ["a"]},
    {"value": "a", "default": "b"},
    {"value": False, "default": True},
    {"value": "a", "one_of": ["a", "b"]},
    {"value": ["a"], "subset_of": ["a", "b"]},
    {"value": [], "subset_of": ["a"]},
    {"value": ["a", "b"], "superset_of": ["a"]},
    {"value": "a", "essential": True},
    {"value": None, "essential": False},
    {"add": ["a"], "default": ["b"]},
    {"add": ["a"], "subset_of": ["a", "b"]},
    {"add": ["a"], "superset_of": ["b"]},
    {"add": ["a"], "essential": True},
    {"default": "a", "one_of": ["b"]},
    {"default": ["a"], "subset_of": ["b"]},
    {"default": ["a"], "superset_of": ["b"]},
    {"default": "a", "essential": True},
    {"one_of": ["a"], "essential": True},
    {"subset_of": ["a", "b"], "superset_of": ["a"]},
    {"subset_of": ["a"], "superset_of": ["a"], "essential": True},
]
BAD: list[dict[str, Any]] = [
    {"value": ["a"], "add": ["b"]},
    {"value": "a", "add": ["a"]},
    {"value": None, "add": ["a"]},
    {"value": None, "add": []},
    {"value": None, "default": "a"},
    {"value": "a", "one_of": ["b"]},
    {"value": ["a"], "one_of": ["a"]},
    {"value": None, "one_of": ["a"]},
    {"value": ["a", "c"], "subset_of": ["a", "b"]},
    {"value": "a", "subset_of": ["a"]},
    {"value": None, "subset_of": ["a"]},
    {"value": ["a"], "superset_of": ["a", "b"]},
    {"value": "a", "superset_of": ["a"]},
    {"value": None, "superset_of": []},
    {"value": None, "essential": True},
    {"add": ["a"], "one_of": ["a"]},
    {"add": ["c"], "subset_of": ["a", "b"]},
    {"one_of": ["a"], "subset_of": ["a"]},
    {"one_of": ["a"], "superset_of": ["a"]},
    {"subset_of": ["a"], "superset_of": ["a", "b"]},
    {"subset_of": [], "superset_of": ["b"]},
]


@pytest.mark.parametrize("operators", GOOD, ids=str)
def test_a_combination_that_the_standard_allows_is_taken(operators):
    assert parse(operators).claim()[TYPE][NAME] == operators


@pytest.mark.parametrize("operators", BAD, ids=str)
def test_a_combination_that_the_standard_does_not_allow_is_refused(operators):
    for operator in operators:
        parse({operator: operators[operator]})
    with pytest.raises(UntrustedError) as caught:
        parse(operators)
    assert caught.value.code == "METADATA_POLICY"


@pytest.mark.parametrize("operators", BAD, ids=str)
def test_a_combination_that_only_merging_makes_is_refused_too(operators):
    first, second = ({operator: operators[operator]} for operator in operators)
    for superior, inferior in ((first, second), (second, first)):
        with pytest.raises(UntrustedError):
            merged(superior, inferior)


# --- merging ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("superior", "inferior", "result"),
    [
        ({"value": "a"}, {"value": "a"}, {"value": "a"}),
        ({"value": None}, {"value": None}, {"value": None}),
        ({"value": 1}, {"value": 1.0}, {"value": 1}),
        ({"default": ["a", "b"]}, {"default": ["a", "b"]}, {"default": ["a", "b"]}),
        ({"add": ["a", "b"]}, {"add": ["b", "c"]}, {"add": ["a", "b", "c"]}),
        ({"one_of": ["a", "b"]}, {"one_of": ["c", "b"]}, {"one_of": ["b"]}),
        ({"subset_of": ["a", "b"]}, {"subset_of": ["b", "c"]}, {"subset_of": ["b"]}),
        ({"subset_of": ["a"]}, {"subset_of": ["b"]}, {"subset_of": []}),
        ({"superset_of": ["a"]}, {"superset_of": ["b"]}, {"superset_of": ["a", "b"]}),
        ({"essential": True}, {"essential": False}, {"essential": True}),
        ({"essential": False}, {"essential": True}, {"essential": True}),
        ({"essential": False}, {"essential": False}, {"essential": False}),
        ({"default": ["a"]}, {"subset_of": ["a"]}, {"default": ["a"], "subset_of": ["a"]}),
    ],
)
def test_two_statements_are_merged_as_each_operator_has_it(superior, inferior, result):
    assert merged(superior, inferior) == result


@pytest.mark.parametrize(
    ("superior", "inferior"),
    [
        ({"value": "a"}, {"value": "b"}),
        ({"value": "a"}, {"value": None}),
        ({"value": 1}, {"value": True}),
        ({"value": 0}, {"value": False}),
        ({"value": ["a", "b"]}, {"value": ["b", "a"]}),
        ({"default": 1}, {"default": 2}),
        ({"one_of": ["ES256"]}, {"one_of": ["ES384"]}),
    ],
)
def test_statements_that_contradict_each_other_make_no_chain(superior, inferior):
    with pytest.raises(UntrustedError) as caught:
        merged(superior, inferior)
    assert caught.value.code == "METADATA_POLICY"


def test_what_only_one_statement_says_is_copied_on_every_level():
    superior = metadata_policy.parse({"a": {"x": {"value": "1"}}, "b": {"x": {"value": "2"}}})
    inferior = metadata_policy.parse({"a": {"y": {"value": "3"}}, "c": {"x": {"value": "4"}}})
    assert superior.merged(inferior).claim() == {
        "a": {"x": {"value": "1"}, "y": {"value": "3"}},
        "b": {"x": {"value": "2"}},
        "c": {"x": {"value": "4"}},
    }
    assert superior.claim() == {"a": {"x": {"value": "1"}}, "b": {"x": {"value": "2"}}}


# --- scope, unknown operators ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operators", "value", "result"),
    [
        ({"subset_of": ["pid", "mdl"]}, "pid loyalty", "pid"),
        ({"superset_of": ["pid"]}, "loyalty pid", "loyalty pid"),
        ({"add": ["pid"]}, "mdl", "mdl pid"),
        ({"add": ["pid"]}, ABSENT, "pid"),
        ({"default": "pid mdl"}, ABSENT, "pid mdl"),
        ({"default": ["pid", "mdl"]}, ABSENT, "pid mdl"),
        ({"default": "pid mdl", "subset_of": ["mdl"]}, ABSENT, "mdl"),
        ({"value": "pid"}, "mdl", "pid"),
        ({"value": "pid mdl", "subset_of": ["pid", "mdl"]}, "x", "pid mdl"),
        ({"value": None}, "mdl", ABSENT),
        ({"essential": True}, "mdl", "mdl"),
    ],
)
def test_a_scope_is_an_array_to_operators_and_a_string_afterwards(operators, value, result):
    assert applied(operators, value, "scope") == result


@pytest.mark.parametrize("value", [1, True, {"a": 1}, [1]])
def test_a_scope_that_is_none_is_refused(value):
    with pytest.raises(UntrustedError):
        applied({"subset_of": ["pid"]}, value, "scope")


@pytest.mark.parametrize("operators", [{"value": 1}, {"default": [1]}, {"value": {"a": 1}}])
def test_an_operand_for_a_scope_is_a_string_or_an_array(operators):
    with pytest.raises(MalformedError):
        parse(operators, "scope")


def test_the_worked_example_of_two_superiors_and_a_scope():
    superior = metadata_policy.parse({"v": {"scope": {"subset_of": ["pid", "mdl"]}}})
    inferior = metadata_policy.parse({"v": {"scope": {"add": ["mdl"], "essential": True}}})
    assert superior.merged(inferior).applied({"v": {"scope": "pid loyalty"}}) == {"v": {"scope": "pid mdl"}}
    with pytest.raises(UntrustedError):  # what must be added is not among what is allowed
        superior.merged(metadata_policy.parse({"v": {"scope": {"add": ["loyalty"]}}}))


def test_an_operator_that_is_not_understood_is_ignored_unless_it_is_critical():
    assert applied({"regexp": "^a", "value": "b"}, "c") == "b"
    assert applied({"regexp": {"any": None}}, "c") == "c"
    require_understood(frozenset())
    with pytest.raises(UntrustedError) as caught:
        require_understood(frozenset({"regexp"}))
    assert caught.value.code == "METADATA_POLICY"


@pytest.mark.parametrize(
    ("operators", "restricts"),
    [
        ({"value": "a"}, True),
        ({"one_of": ["a"]}, True),
        ({"subset_of": ["a"]}, True),
        ({"add": ["a"]}, False),
        ({"default": "a"}, False),
        ({"superset_of": ["a"]}, False),
        ({"essential": True}, False),
        ({}, False),
    ],
)
def test_a_superior_restricts_a_parameter_by_saying_which_values_it_can_have(operators, restricts):
    assert parse(operators).restricts(TYPE, NAME) is restricts
    assert not parse(operators).restricts("other", NAME)
    assert not parse(operators).restricts(TYPE, "other")


# --- constraints -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("limit", "intermediates"), [(0, 0), (1, 1), (2, 1), (None, 5)])
def test_a_chain_may_be_as_long_as_a_superior_allows(limit, intermediates):
    parsed = constraints.parse({} if limit is None else {"max_path_length": limit})
    parsed.require_path_length(intermediates)


@pytest.mark.parametrize(("limit", "intermediates"), [(0, 1), (1, 2)])
def test_a_chain_that_is_longer_is_refused(limit, intermediates):
    with pytest.raises(UntrustedError) as caught:
        constraints.parse({"max_path_length": limit}).require_path_length(intermediates)
    assert caught.value.code == "FEDERATION_CONSTRAINT"


def names(permitted: Any = None, excluded: Any = None) -> constraints.Constraints:
    naming = {name: value for name, value in (("permitted", permitted), ("excluded", excluded)) if value is not None}
    return constraints.parse({"naming_constraints": naming})


@pytest.mark.parametrize(
    ("permitted", "excluded", "url"),
    [
        ([".example.com"], None, "https://host.example.com"),
        ([".example.com"], None, "https://my.host.EXAMPLE.com:8443/path"),
        ([".Example.com"], None, "https://host.example.com"),
        (["host.example.com"], None, "https://host.example.com/fed"),
        ([".org", ".example.com"], None, "https://a.example.com"),
        ([".example.com"], ["east.example.com"], "https://west.example.com"),
        ([".example.com"], ["east.example.com"], "https://a.east.example.com"),
        (None, [".example.com"], "https://example.com"),
        (None, [".example.com"], "https://badexample.com"),
        (None, None, "https://192.0.2.1"),
    ],
)
def test_a_name_that_is_permitted_and_not_excluded_is_taken(permitted, excluded, url):
    names(permitted, excluded).require_names([url])


@pytest.mark.parametrize(
    ("permitted", "excluded", "url"),
    [
        ([".example.com"], None, "https://example.com"),
        ([".example.com"], None, "https://badexample.com"),
        ([".example.com"], None, "https://example.com.evil.example"),
        (["example.com"], None, "https://host.example.com"),
        ([], None, "https://example.com"),
        (["host.example.com"], ["host.example.com"], "https://host.example.com"),
        ([".example.com"], ["east.example.com"], "https://EAST.example.com:443"),
        (None, [".example.com"], "https://a.b.example.com"),
        ([".example.com"], None, "https://192.0.2.1"),
        (None, [".example.com"], "https://[2001:db8::1]"),
        (["192.0.2.1"], None, "https://192.0.2.1"),
    ],
)
def test_a_name_that_is_excluded_or_not_permitted_is_refused(permitted, excluded, url):
    with pytest.raises(UntrustedError) as caught:
        names(permitted, excluded).require_names([url])
    assert caught.value.code == "FEDERATION_CONSTRAINT"


def test_every_subordinate_has_to_have_such_a_name():
    with pytest.raises(UntrustedError):
        names([".example.com"]).require_names(["https://a.example.com", "https://a.example.org"])


def test_entity_types_that_are_not_allowed_are_taken_away():
    metadata: dict[str, Any] = {"federation_entity": {"a": 1}, TYPE: {"b": 2}, "openid_provider": {"c": 3}}
    assert constraints.parse({}).allowed(metadata) == metadata
    assert constraints.parse({"allowed_entity_types": [TYPE]}).allowed(metadata).keys() == {"federation_entity", TYPE}
    assert constraints.parse({"allowed_entity_types": []}).allowed(metadata).keys() == {"federation_entity"}


def test_unknown_constraints_are_ignored_and_known_ones_are_written_again():
    value = {
        "max_path_length": 2,
        "naming_constraints": {"permitted": [".example.com"], "excluded": ["east.example.com"]},
        "allowed_entity_types": ["openid_provider"],
    }
    assert constraints.parse({**value, "max_subordinates": 5}).claim() == value
    assert constraints.parse({}).claim() == {}
    assert names([]).claim() == {"naming_constraints": {"permitted": []}}


@pytest.mark.parametrize(
    "value",
    [
        {"max_path_length": -1},
        {"max_path_length": "1"},
        {"max_path_length": 1.5},
        {"max_path_length": True},
        {"max_path_length": None},
        {"naming_constraints": []},
        {"naming_constraints": None},
        {"naming_constraints": {"permitted": ".example.com"}},
        {"naming_constraints": {"permitted": None}},
        {"naming_constraints": {"permitted": [""]}},
        {"naming_constraints": {"permitted": ["."]}},
        {"naming_constraints": {"permitted": ["*.example.com"]}},
        {"naming_constraints": {"excluded": ["https://example.com"]}},
        {"naming_constraints": {"excluded": ["example.com."]}},
        {"naming_constraints": {"excluded": ["..example.com"]}},
        {"naming_constraints": {"excluded": ["例え"]}},
        {"allowed_entity_types": ["federation_entity"]},
        {"allowed_entity_types": [TYPE, 1]},
        {"allowed_entity_types": None},
    ],
)
def test_constraints_that_mean_nothing_are_refused(value):
    with pytest.raises(MalformedError):
        constraints.parse(value)


def test_constraints_have_1000_names_at_most():
    many = [f"h{number}.example" for number in range(MAX_NAMES)]
    names(many, many).claim()
    for permitted, excluded in (([*many, "x"], None), (None, [*many, "x"])):
        with pytest.raises(LimitExceededError):
            names(permitted, excluded)
    assert MAX_NAMES == 1000
