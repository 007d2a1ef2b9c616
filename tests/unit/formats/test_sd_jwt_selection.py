# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Choosing what to show of an SD-JWT (RFC 9901, section 5.2): what is asked for, what it needs, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.credentials import ISSUER_KEY
from vcwallet.claims import Concealment
from vcwallet.errors import NoMatchError
from vcwallet.formats.sd_jwt import VerifiedSdJwt, issue, parse

KEY = ISSUER_KEY.public_key

CLAIMS: dict[str, Any] = {
    "open": "always",
    "name": "Arthur",
    "address": {"locality": "Cottington", "country": "GB", "geo": {"lat": 51, "lon": 1}},
    "nationalities": ["GB", "ZZ", "GB"],
    "degrees": [{"type": "BSc", "year": 2001}, {"type": "MSc"}, "none"],
    "matrix": [[1, 2], [3]],
    "empty": {},
}
HIDDEN: list[tuple[str | None, ...]] = [
    ("name",),
    ("address",),
    ("address", "locality"),
    ("address", "country"),
    ("address", "geo"),
    ("address", "geo", "lat"),
    ("address", "geo", "lon"),
    ("nationalities", None),
    ("degrees", None),
    ("degrees", None, "type"),
    ("degrees", None, "year"),
    ("matrix", None),
    ("matrix", None, None),
    ("empty",),
]
ALWAYS = {"open": "always", "nationalities": [], "degrees": [], "matrix": []}


@pytest.fixture(scope="module")
def held() -> VerifiedSdJwt:
    text = issue(CLAIMS, concealment=Concealment.of(HIDDEN), signer=ISSUER_KEY, header={})
    return parse(text).verify(KEY)


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        ([], {}),
        ([("open",)], {}),
        ([("name",)], {"name": "Arthur"}),
        ([("name",), ("name",)], {"name": "Arthur"}),
        ([("empty",)], {"empty": {}}),
        ([("address", "country")], {"address": {"country": "GB"}}),
        ([("address", "geo", "lat")], {"address": {"geo": {"lat": 51}}}),
        ([("address", "geo")], {"address": {"geo": {"lat": 51, "lon": 1}}}),
        ([("address",)], {"address": CLAIMS["address"]}),
        ([("address", "country"), ("address",)], {"address": CLAIMS["address"]}),
        ([("name",), ("address", "country")], {"name": "Arthur", "address": {"country": "GB"}}),
        ([("nationalities", 1)], {"nationalities": ["ZZ"]}),
        ([("nationalities", 2), ("nationalities", 0)], {"nationalities": ["GB", "GB"]}),
        ([("nationalities", None)], {"nationalities": ["GB", "ZZ", "GB"]}),
        ([("nationalities",)], {"nationalities": ["GB", "ZZ", "GB"]}),
        ([("degrees", None, "type")], {"degrees": [{"type": "BSc"}, {"type": "MSc"}]}),
        ([("degrees", None, "year")], {"degrees": [{"year": 2001}]}),
        ([("degrees", 1, "type")], {"degrees": [{"type": "MSc"}]}),
        ([("degrees", 2)], {"degrees": ["none"]}),
        ([("degrees", 0)], {"degrees": [{"type": "BSc", "year": 2001}]}),
        ([("matrix", 0, 1), ("matrix", 1, 0)], {"matrix": [[2], [3]]}),
        ([("matrix", None, 0)], {"matrix": [[1], [3]]}),
        ([("matrix", None, 1)], {"matrix": [[2]]}),
        ([("matrix", 0, None)], {"matrix": [[1, 2]]}),
    ],
)
def test_the_verifier_sees_what_was_chosen_with_its_ancestors_and_its_contents(held, paths, shown):
    assert parse(held.select(paths)).verify(KEY).claims == ALWAYS | shown


@pytest.mark.parametrize(
    "path",
    [
        ("missing",),
        ("address", "missing"),
        ("name", "first"),
        ("name", "Art"),  # is in the text, but not as a member
        ("nationalities", "GB"),
        ("name", None),
        ("name", 0),
        ("address", 0),
        ("address", None),
        ("nationalities", 3),
        ("nationalities", "0"),
        ("nationalities", None, "x"),
        ("degrees", None, "missing"),
        ("degrees", 1, "year"),
        ("empty", "x"),
        ("_sd",),
        ("...",),
        ("_sd_alg",),
    ],
)
def test_a_claim_that_is_not_there_cannot_be_chosen(held, path):
    with pytest.raises(NoMatchError):
        held.select([path])
    with pytest.raises(NoMatchError):
        held.select([("name",), path])


def test_a_presentation_has_just_the_disclosures_that_are_needed(held):
    text = held.select([("address", "geo", "lat")])
    assert text.endswith("~")
    assert parse(text).key_binding_jwt is None
    names = [placement.path for placement in held.placements_for([("address", "geo", "lat")])]
    assert sorted(names) == [("address",), ("address", "geo"), ("address", "geo", "lat")]
    assert parse(text).disclosures == tuple(one.text for one in held.placements_for([("address", "geo", "lat")]))


def test_the_issuers_signature_goes_along_as_it_was_received(held):
    assert held.select([("name",)]).partition("~")[0] == held.issuer_jwt.compact()


def test_the_order_of_choosing_does_not_show(held):
    assert held.select([("name",), ("nationalities", 1)]) == held.select([("nationalities", 1), ("name",)])


def test_all_disclosures_together_are_what_was_issued(held):
    assert parse(held.select([(name,) for name in CLAIMS])).verify(KEY).claims == CLAIMS


def test_a_presentation_can_be_narrowed_further(held):
    first = parse(held.select([("address",), ("name",)])).verify(KEY)
    second = parse(first.select([("address", "country")])).verify(KEY)
    assert second.claims == ALWAYS | {"address": {"country": "GB"}}
    with pytest.raises(NoMatchError):
        second.select([("name",)])


def test_positions_are_those_of_what_is_held(held):
    first = parse(held.select([("nationalities", 1), ("nationalities", 2)])).verify(KEY)
    assert parse(first.select([("nationalities", 0)])).verify(KEY).claims == ALWAYS | {"nationalities": ["ZZ"]}


def test_an_sd_jwt_without_disclosures_shows_everything_and_hides_nothing():
    text = issue({"a": {"b": 1}}, concealment=Concealment(), signer=ISSUER_KEY, header={})
    assert parse(text).verify(KEY).select([("a", "b")]) == parse(text).verify(KEY).select([]) == text
