# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Claim trees and paths (OpenID4VP 1.0, section 7)."""

from __future__ import annotations

import pytest

from vcwallet.claims import Concealment, covers, is_present, parse_path, path_text, select
from vcwallet.errors import LimitExceededError, MalformedError

# OpenID4VP 1.0, section 7.3.
TREE = {
    "name": "Arthur Dent",
    "address": {"street_address": "42 Market Street", "locality": "Milliways", "postal_code": "12345"},
    "degrees": [
        {"type": "Bachelor of Science", "university": "University of Betelgeuse"},
        {"type": "Master of Science", "university": "University of Betelgeuse"},
    ],
    "nationalities": ["British", "Betelgeusian"],
    "pet": None,
}


@pytest.mark.parametrize(
    ("path", "selected"),
    [
        (("name",), ["Arthur Dent"]),
        (("address",), [TREE["address"]]),
        (("address", "street_address"), ["42 Market Street"]),
        (("degrees", None, "type"), ["Bachelor of Science", "Master of Science"]),
        (("nationalities", None), ["British", "Betelgeusian"]),
        (("nationalities", 1), ["Betelgeusian"]),
        (("pet",), [None]),
        (("nothing",), []),
        (("address", "nothing"), []),
        (("nationalities", 2), []),
        (("degrees", None, "nothing"), []),
    ],
)
def test_a_path_selects_values(path, selected):
    assert select(TREE, path) == selected
    assert is_present(TREE, path) == bool(selected)


@pytest.mark.parametrize(
    "path",
    [
        ("name", "first"),
        ("name", 0),
        ("name", None),
        ("degrees", "type"),
        ("address", 0),
        ("address", None),
        ("pet", "x"),
    ],
)
def test_a_component_that_does_not_fit_the_value_is_an_error(path):
    with pytest.raises(MalformedError) as caught:
        select(TREE, path)
    assert caught.value.code == "CLAIM_PATH"
    assert not is_present(TREE, path)


@pytest.mark.parametrize("path", [["a"], ["a", 0, None, "b"], [""], ["a"] * 16])
def test_a_path_is_read_from_its_array(path):
    assert parse_path(path) == tuple(path)


@pytest.mark.parametrize("path", [[], "a", None, {}, 1, [True], [False, "a"], [-1], [1.0], [["a"]], [{}]])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(MalformedError):
        parse_path(path)


def test_a_path_longer_than_sixteen_is_refused():
    with pytest.raises(LimitExceededError):
        parse_path(["a"] * 17)


@pytest.mark.parametrize(
    ("granted", "asked", "covered"),
    [
        (("address",), ("address",), True),
        (("address",), ("address", "locality"), True),
        (("address", "locality"), ("address",), False),
        (("address", "locality"), ("address", "region"), False),
        (("members", None), ("members", 3), True),
        (("members", None), ("members", None, "name"), True),
        (("members", 3), ("members", None), False),
        (("members", 3), ("members", 3), True),
        (("members", 3), ("members", 4), False),
        (("members", None), ("members", "name"), False),
        (("members",), ("other",), False),
    ],
)
def test_a_grant_covers_the_same_claim_and_what_is_inside_it(granted, asked, covered):
    assert covers(granted, asked) is covered


def test_a_path_is_written_as_people_write_it():
    assert path_text(("members", None, "name", 0)) == "members.*.name.0"


def test_only_the_named_claims_are_selectable():
    concealment = Concealment.of([("address", "locality"), ("degrees", None), ("degrees", None, "type"), ("name",)])
    address, degrees = concealment.members["address"], concealment.members["degrees"]
    assert not concealment.selectable
    assert concealment.members["name"].selectable
    assert not address.selectable
    assert address.members["locality"].selectable
    assert not degrees.selectable
    assert degrees.elements is not None
    assert degrees.elements.selectable
    assert degrees.elements.members["type"].selectable
    assert concealment.elements is None
    assert concealment.any_member is None


def test_concealing_one_element_of_an_array_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="all elements"):
        Concealment.of([("degrees", 0)])
