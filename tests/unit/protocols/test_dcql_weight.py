# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How much an answer discloses, and which of two discloses less."""

from __future__ import annotations

from typing import Any

import pytest

from vcwallet.claims import ClaimPath
from vcwallet.protocols.dcql import Weight
from vcwallet.protocols.dcql.weight import weigh_asked

TREE: dict[str, Any] = {
    "name": "Arthur",
    "address": {"street": "Market Street", "region": {"name": "Milliways", "code": 7}},
    "degrees": [{"type": "BSc", "year": 1}, {"type": "MSc", "year": 2}],
    "languages": ["ja", "en"],
    "nested": [["a"], ["b", "c"]],
    "nothing": {},
    "none": [],
    "null": None,
}


def test_weights_are_ordered_by_guarded_claims_then_claims_then_values_then_credentials() -> None:
    ordered = [
        Weight(),
        Weight(credentials=9),
        Weight(values=1),
        Weight(claims=1),
        Weight(claims=1, values=1),
        Weight(guarded=1),
    ]
    assert sorted([*ordered[3:], *ordered[:3]]) == ordered


def test_weights_are_added_member_by_member() -> None:
    one, other = (
        Weight(guarded=1, claims=2, values=3, credentials=4),
        Weight(guarded=10, claims=20, values=30, credentials=40),
    )
    assert one + other == Weight(guarded=11, claims=22, values=33, credentials=44)


def test_what_is_seen_counts_once_and_the_elements_of_an_array_are_one_claim() -> None:
    seen: list[ClaimPath] = [("a",), ("a",), ("b", 0, "c"), ("b", 1, "c"), ("b", 1, "d")]
    assert Weight.of(seen, is_guarded=lambda name: name == ("b", None, "c")) == Weight(
        guarded=1, claims=3, values=4, credentials=1
    )
    assert Weight.of([], is_guarded=lambda _: True) == Weight(credentials=1)


@pytest.mark.parametrize(
    ("paths", "claims", "values"),
    [
        ((), 0, 0),
        ((("name",),), 1, 1),
        ((("null",),), 1, 1),
        ((("address",),), 3, 3),
        ((("address",), ("address", "street")), 3, 3),
        ((("address", "region"), ("name",)), 3, 3),
        ((("degrees",),), 2, 4),
        ((("degrees", None, "type"),), 1, 2),
        ((("degrees", 1),), 2, 2),
        ((("degrees", 1, "type"), ("degrees", None, "type")), 1, 2),
        ((("languages",),), 1, 2),
        ((("languages", 0),), 1, 1),
        ((("nested", None, 0),), 1, 2),
        ((("nothing",),), 1, 1),
        ((("none",),), 1, 1),
        # What is not there, or is something else, is not seen.
        ((("absent",),), 0, 0),
        ((("name", "first"),), 0, 0),
        ((("languages", 2),), 0, 0),
        ((("address", None),), 0, 0),
        ((("address", 0),), 0, 0),
        ((("none", None),), 0, 0),
    ],
)
def test_of_a_claim_tree_what_is_asked_for_is_counted(paths: tuple[ClaimPath, ...], claims: int, values: int) -> None:
    assert weigh_asked(TREE)(paths) == Weight(claims=claims, values=values, credentials=1)
