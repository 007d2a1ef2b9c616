# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Putting disclosures in the place of their digests: RFC 9901, section 7.1, line by line."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.credentials import (
    FAMILY_NAME,
    GIVEN_NAME,
    NATIONALITY,
    digest,
    disclosure,
    element,
    hidden_payload,
    process,
)
from vcwallet.errors import DigestInvalidError, LimitExceededError, MalformedError, UnsupportedError
from vcwallet.formats.sd_jwt.disclosure import MAX_DEPTH, MAX_DIGESTS

Input = tuple[Any, ...]  # a payload and its disclosures

NESTED_NAME = disclosure("salt-nested-0001", "locality", "Cottington")
ADDRESS = disclosure("salt-nested-0002", "address", hidden_payload(NESTED_NAME, country="GB"))
INNER = disclosure("salt-nested-0003", "inner")
LIST = disclosure("salt-nested-0004", [element(INNER), "open"])
DECOY = digest("a decoy")
OTHER_DECOY = digest("another decoy")


def taken_by(name: Any, value: Any = "x") -> str:
    return disclosure("salt-of-the-other", name, value)


# --- what disclosures become -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "claims"),
    [
        (({},), {}),
        (({"a": 1},), {"a": 1}),
        ((hidden_payload(GIVEN_NAME), GIVEN_NAME), {"given_name": "Arthur"}),
        ((hidden_payload(GIVEN_NAME),), {}),
        ((hidden_payload(GIVEN_NAME, FAMILY_NAME), FAMILY_NAME), {"family_name": "Dent"}),
        (({"_sd": [], "a": 1},), {"a": 1}),
        (({"_sd": [DECOY, digest(GIVEN_NAME)]}, GIVEN_NAME), {"given_name": "Arthur"}),
        (({"a": {"_sd": [DECOY]}},), {"a": {}}),
        (({"a": {"b": {"_sd": [digest(GIVEN_NAME)]}}}, GIVEN_NAME), {"a": {"b": {"given_name": "Arthur"}}}),
        (({"a": [{"_sd": [digest(GIVEN_NAME)]}]}, GIVEN_NAME), {"a": [{"given_name": "Arthur"}]}),
        (({"n": [element(NATIONALITY)]}, NATIONALITY), {"n": ["GB"]}),
        (({"n": [element(NATIONALITY)]},), {"n": []}),
        (({"n": ["DE", {"...": DECOY}, element(NATIONALITY), "FR"]}, NATIONALITY), {"n": ["DE", "GB", "FR"]}),
        (({"n": [[element(NATIONALITY)], []]}, NATIONALITY), {"n": [["GB"], []]}),
        ((hidden_payload(ADDRESS), ADDRESS), {"address": {"country": "GB"}}),
        ((hidden_payload(ADDRESS), NESTED_NAME, ADDRESS), {"address": {"country": "GB", "locality": "Cottington"}}),
        (({"n": [element(LIST)]}, LIST), {"n": [["open"]]}),
        (({"n": [element(LIST)]}, LIST, INNER), {"n": [["inner", "open"]]}),
        ((hidden_payload(taken_by("a", None)), taken_by("a", None)), {"a": None}),
        (({"_sd_alg": "sha-256", "a": 1},), {"a": 1}),
    ],
)
def test_disclosures_take_the_place_of_their_digests_and_everything_else_of_the_format_goes(given, claims):
    assert process(*given).claims == claims


def test_digests_without_disclosures_are_counted():
    assert process({"_sd": [DECOY, digest(GIVEN_NAME)], "n": [element(NATIONALITY)]}, GIVEN_NAME).processed.hidden == 2


def test_a_placement_knows_the_position_before_and_after_hidden_elements_went():
    both = process({"n": [{"...": DECOY}, element(NATIONALITY), element(LIST)]}, LIST, NATIONALITY).processed.placements
    assert [(one.path, one.issued, one.text) for one in both] == [
        (("n", 1), ("n", 2), LIST),
        (("n", 0), ("n", 1), NATIONALITY),
    ]


def test_a_placement_inside_another_counts_positions_from_the_outside():
    payload = {"n": [{"...": DECOY}, element(LIST)]}
    inner = process(payload, LIST, INNER).processed.placements[1]
    assert (inner.path, inner.issued) == (("n", 0, 0), ("n", 1, 0))


@pytest.mark.parametrize(
    ("elements", "shifted"),
    [
        (["open"], set()),
        ([element(NATIONALITY), "open"], set()),
        ([element(NATIONALITY), {"...": DECOY}], set()),  # nothing comes after what is hidden
        ([{"...": DECOY}, element(NATIONALITY)], {("n",)}),
        ([element(NATIONALITY), {"...": DECOY}, "open"], {("n",)}),
        ([[element(NATIONALITY)], [{"...": DECOY}, "open"]], {("n", 1)}),
        ([{"...": DECOY}, [element(NATIONALITY)]], {("n",)}),
        ([{"a": [{"...": DECOY}, element(NATIONALITY)]}], {("n", 0, "a")}),
    ],
)
def test_arrays_whose_elements_moved_up_are_told(elements, shifted):
    disclosures = [NATIONALITY] if digest(NATIONALITY) in str(elements) else []
    assert process({"n": elements, "m": ["open"]}, *disclosures).processed.shifted == shifted


def test_what_was_processed_keeps_claims_and_disclosures_out_of_its_repr():
    shown = repr(process(hidden_payload(GIVEN_NAME), GIVEN_NAME).processed)
    assert "Arthur" not in shown
    assert GIVEN_NAME not in shown


@pytest.mark.parametrize(("name", "function"), [("sha-384", "sha384"), ("sha-512", "sha512")])
def test_digests_are_made_with_the_hash_function_that_the_payload_names(name, function):
    payload = {"_sd_alg": name, "_sd": [digest(GIVEN_NAME, function)]}
    assert process(payload, GIVEN_NAME).claims == {"given_name": "Arthur"}
    with pytest.raises(DigestInvalidError):
        process({**payload, "_sd_alg": "sha-256"}, GIVEN_NAME)


# --- what is refused, each with a twin that passes -------------------------------------------------------------------

RULES: dict[str, tuple[Input, Input, type[Exception]]] = {
    "step 2d: a hash function that is not understood": (
        ({"_sd_alg": "sha-256"},),
        ({"_sd_alg": "sha3-256"},),
        UnsupportedError,
    ),
    "step 2d: a hash function that is too short": (({},), ({"_sd_alg": "sha-256-32"},), UnsupportedError),
    "step 2d: a hash function in capitals": (({},), ({"_sd_alg": "SHA-256"},), UnsupportedError),
    "step 2d: null is not the default": (({},), ({"_sd_alg": None},), UnsupportedError),
    "section 4.1.1: _sd_alg inside an object": (
        ({"a": {}, "_sd_alg": "sha-256"},),
        ({"a": {"_sd_alg": "sha-256"}},),
        MalformedError,
    ),
    "section 4.1.1: _sd_alg inside an array": (
        ({"a": [{}], "_sd_alg": "sha-256"},),
        ({"a": [{"_sd_alg": "sha-256"}]},),
        MalformedError,
    ),
    "section 4.1.1: _sd_alg inside a disclosure": (
        (hidden_payload(taken_by("a", {"b": 1})), taken_by("a", {"b": 1})),
        (hidden_payload(taken_by("a", {"_sd_alg": "sha-256"})), taken_by("a", {"_sd_alg": "sha-256"})),
        MalformedError,
    ),
    "section 4.1.1: _sd_alg as a disclosure": (
        (hidden_payload(taken_by("_sd_algo")), taken_by("_sd_algo")),
        (hidden_payload(taken_by("_sd_alg", "sha-256")), taken_by("_sd_alg", "sha-256")),
        DigestInvalidError,
    ),
    "section 4.1.1: _sd_alg as a disclosure further down": (
        ({"a": hidden_payload(taken_by("_sd_algo"))}, taken_by("_sd_algo")),
        ({"a": hidden_payload(taken_by("_sd_alg", "sha-256"))}, taken_by("_sd_alg", "sha-256")),
        DigestInvalidError,
    ),
    "section 4.2.4.1: _sd is no array": (({"_sd": []},), ({"_sd": DECOY},), MalformedError),
    "section 4.2.4.1: _sd is null": (({"_sd": []},), ({"_sd": None},), MalformedError),
    "section 4.2.4.1: _sd is an object": (({"_sd": []},), ({"_sd": {}},), MalformedError),
    "section 4.2.4.1: _sd holds a number": (({"_sd": [DECOY]},), ({"_sd": [DECOY, 1]},), MalformedError),
    "section 4.2.4.1: _sd holds an array": (({"_sd": [DECOY]},), ({"_sd": [[DECOY]]},), MalformedError),
    "section 4.2.4.1: _sd of another kind inside a disclosure": (
        (hidden_payload(taken_by("a", {"_sd": []})), taken_by("a", {"_sd": []})),
        (hidden_payload(taken_by("a", {"_sd": 1})), taken_by("a", {"_sd": 1})),
        MalformedError,
    ),
    "section 4.2.4.2: a placeholder with company": (
        ({"n": [{"...": DECOY}]},),
        ({"n": [{"...": DECOY, "a": 1}]},),
        MalformedError,
    ),
    "section 4.2.4.2: a placeholder with digests beside it": (
        ({"n": [{"...": DECOY}]},),
        ({"n": [{"...": DECOY, "_sd": [OTHER_DECOY]}]},),
        MalformedError,
    ),
    "section 4.2.4.2: a placeholder without a digest": (
        ({"n": [{"...": DECOY}]},),
        ({"n": [{"...": 1}]},),
        MalformedError,
    ),
    "section 4.2.4.2: a placeholder of null": (({"n": [{"...": DECOY}]},), ({"n": [{"...": None}]},), MalformedError),
    "section 4.2.4.2: a placeholder as a member": (
        ({"n": [{"...": DECOY}]},),
        ({"n": {"...": DECOY}},),
        MalformedError,
    ),
    "section 4.2.4.2: a placeholder at the top": (({"n": [{"...": DECOY}]},), ({"...": DECOY},), MalformedError),
    "section 4.2.4.2: a placeholder as a disclosed value": (
        (hidden_payload(taken_by("a", [{"...": DECOY}])), taken_by("a", [{"...": DECOY}])),
        (hidden_payload(taken_by("a", {"...": DECOY})), taken_by("a", {"...": DECOY})),
        MalformedError,
    ),
    "step 3c.ii.1: an element's disclosure in an object": (
        ({"n": [element(NATIONALITY)]}, NATIONALITY),
        (hidden_payload(NATIONALITY), NATIONALITY),
        DigestInvalidError,
    ),
    "step 3c.ii.2: a claim named _sd": (
        (hidden_payload(taken_by("sd")), taken_by("sd")),
        (hidden_payload(taken_by("_sd")), taken_by("_sd")),
        MalformedError,
    ),
    "step 3c.ii.2: a claim named ...": (
        (hidden_payload(taken_by("..")), taken_by("..")),
        (hidden_payload(taken_by("...")), taken_by("...")),
        MalformedError,
    ),
    "step 3c.ii.3: a name that an open claim has": (
        (hidden_payload(GIVEN_NAME, name="Zaphod"), GIVEN_NAME),
        (hidden_payload(GIVEN_NAME, given_name="Zaphod"), GIVEN_NAME),
        DigestInvalidError,
    ),
    "step 3c.ii.3: a name that an open claim has, with null": (
        (hidden_payload(GIVEN_NAME, name=None), GIVEN_NAME),
        (hidden_payload(GIVEN_NAME, given_name=None), GIVEN_NAME),
        DigestInvalidError,
    ),
    "step 3c.ii.3: a name that another disclosure has": (
        (hidden_payload(GIVEN_NAME, taken_by("name")), GIVEN_NAME, taken_by("name")),
        (hidden_payload(GIVEN_NAME, taken_by("given_name")), GIVEN_NAME, taken_by("given_name")),
        DigestInvalidError,
    ),
    "step 3c.ii.3: a name that is taken inside another disclosure": (
        (
            hidden_payload(taken_by("a", hidden_payload(GIVEN_NAME, b=1))),
            taken_by("a", hidden_payload(GIVEN_NAME, b=1)),
            GIVEN_NAME,
        ),
        (
            hidden_payload(taken_by("a", hidden_payload(GIVEN_NAME, given_name=1))),
            taken_by("a", hidden_payload(GIVEN_NAME, given_name=1)),
            GIVEN_NAME,
        ),
        DigestInvalidError,
    ),
    "step 3c.iii.1: a member's disclosure in an array": (
        (hidden_payload(GIVEN_NAME), GIVEN_NAME),
        ({"n": [element(GIVEN_NAME)]}, GIVEN_NAME),
        DigestInvalidError,
    ),
    "step 4: a digest twice in one object": (
        ({"_sd": [DECOY, OTHER_DECOY]},),
        ({"_sd": [DECOY, DECOY]},),
        DigestInvalidError,
    ),
    "step 4: a digest of a disclosure twice": (
        ({"_sd": [digest(GIVEN_NAME), DECOY]}, GIVEN_NAME),
        ({"_sd": [digest(GIVEN_NAME), digest(GIVEN_NAME)]}, GIVEN_NAME),
        DigestInvalidError,
    ),
    "step 4: a digest in two objects": (
        ({"_sd": [DECOY], "a": {"_sd": [OTHER_DECOY]}},),
        ({"_sd": [DECOY], "a": {"_sd": [DECOY]}},),
        DigestInvalidError,
    ),
    "step 4: a digest twice in one array": (
        ({"n": [{"...": DECOY}, {"...": OTHER_DECOY}]},),
        ({"n": [{"...": DECOY}, {"...": DECOY}]},),
        DigestInvalidError,
    ),
    "step 4: a digest in an object and an array": (
        ({"_sd": [DECOY], "n": [{"...": OTHER_DECOY}]},),
        ({"_sd": [DECOY], "n": [{"...": DECOY}]},),
        DigestInvalidError,
    ),
    "step 4: a digest in the payload and in a disclosure": (
        ({"_sd": [digest(ADDRESS), DECOY]}, ADDRESS, NESTED_NAME),
        ({"_sd": [digest(ADDRESS), digest(NESTED_NAME)]}, ADDRESS, NESTED_NAME),
        DigestInvalidError,
    ),
    "step 5: a disclosure that no digest refers to": (
        (hidden_payload(GIVEN_NAME), GIVEN_NAME),
        (hidden_payload(GIVEN_NAME), GIVEN_NAME, FAMILY_NAME),
        DigestInvalidError,
    ),
    "step 5: a disclosure where there are no digests": (({"a": 1},), ({"a": 1}, GIVEN_NAME), DigestInvalidError),
    "step 5: a disclosure whose parent is not disclosed": (
        (hidden_payload(ADDRESS), ADDRESS, NESTED_NAME),
        (hidden_payload(ADDRESS), NESTED_NAME),
        DigestInvalidError,
    ),
    "step 5: a disclosure twice": (
        (hidden_payload(GIVEN_NAME), GIVEN_NAME),
        (hidden_payload(GIVEN_NAME), GIVEN_NAME, GIVEN_NAME),
        DigestInvalidError,
    ),
    "step 5: a digest in a place that is no place for digests": (
        ({"n": [element(NATIONALITY)]}, NATIONALITY),
        ({"n": [digest(NATIONALITY)]}, NATIONALITY),
        DigestInvalidError,
    ),
    "step 5: another text for the same disclosure": (
        (hidden_payload(disclosure("salt", "a", 1)), disclosure("salt", "a", 1)),
        (hidden_payload(disclosure("salt", "a", 1)), disclosure("salt", "a", 1.0)),
        DigestInvalidError,
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_what_breaks_a_rule_is_refused(rule):
    good, bad, error = RULES[rule]
    process(*good)
    with pytest.raises(error):
        process(*bad)


def test_a_disclosure_that_was_sent_twice_is_told_from_one_that_nothing_refers_to():
    with pytest.raises(DigestInvalidError, match="repeated"):
        process(hidden_payload(GIVEN_NAME), GIVEN_NAME, GIVEN_NAME)
    with pytest.raises(DigestInvalidError, match="no digest"):
        process(hidden_payload(GIVEN_NAME), GIVEN_NAME, FAMILY_NAME)


# --- limits ----------------------------------------------------------------------------------------------------------


def nested(depth: int, innermost: Any) -> Any:
    """Return a value with `depth` objects around the innermost one."""
    return innermost if depth == 0 else {"a": nested(depth - 1, innermost)}


@pytest.mark.parametrize(("innermost"), [{}, [], {"_sd": [DECOY]}])
def test_claims_are_at_most_16_levels_deep(innermost):
    process(nested(MAX_DEPTH, innermost))
    with pytest.raises(LimitExceededError):
        process(nested(MAX_DEPTH + 1, innermost))
    assert MAX_DEPTH == 16


def test_claims_are_not_made_deeper_by_disclosures_inside_each_other():
    def chained(length: int) -> Input:
        texts = [disclosure("salt", "a", {})]
        for _ in range(length - 1):
            texts.append(disclosure("salt", "a", hidden_payload(texts[-1])))
        return (hidden_payload(texts[-1]), *texts)

    process(*chained(MAX_DEPTH))
    with pytest.raises(LimitExceededError):
        process(*chained(MAX_DEPTH + 1))


def test_there_are_at_most_5000_digests():
    digests = [digest(str(number)) for number in range(MAX_DIGESTS + 1)]
    process({"_sd": digests[:2500], "n": [{"...": one} for one in digests[2500:-1]]})
    with pytest.raises(LimitExceededError):
        process({"_sd": digests[:2500], "n": [{"...": one} for one in digests[2500:]]})
    assert MAX_DIGESTS == 5000
