# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Properties of OpenID Federation and of DIDs: policies, searches, and parsers that raise only our errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.credentials import NOW
from tests.support.federation import AGENCY, ANCHOR, CITY, Federation, by_hand, claims_of
from vcwallet.encoding import base64url
from vcwallet.errors import LimitExceededError, UntrustedError, VcError
from vcwallet.flow import run
from vcwallet.keys import multikey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.trust import did as dids
from vcwallet.trust.did import document as did_document
from vcwallet.trust.did.syntax import key_url, split
from vcwallet.trust.federation import collect, constraints, metadata_policy, resolve, trust_mark
from vcwallet.trust.federation.metadata_policy import MetadataPolicy
from vcwallet.trust.federation.statement import read

PATH = (CITY, AGENCY, ANCHOR)
FEDERATION = Federation()
CHAIN = FEDERATION.chain(*PATH)
SIGNER = SoftwareSigner.generate()

letters = st.sampled_from(["a", "b", "c"])
sets = st.lists(letters, max_size=3, unique=True)
values = st.one_of(letters, sets, st.booleans(), st.integers(0, 1))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def policies(draw: st.DrawFn) -> MetadataPolicy:
    """Policies of two parameters, one of them a scope, that are legal on their own."""
    operators = st.fixed_dictionaries(
        {},
        optional={
            "value": values | st.none(),
            "add": sets,
            "default": values,
            "one_of": sets,
            "subset_of": sets,
            "superset_of": sets,
            "essential": st.booleans(),
        },
    )
    claim = draw(st.dictionaries(st.sampled_from(["x", "y"]), operators, max_size=2))
    kept: dict[str, Any] = {}
    for name, one in claim.items():
        with suppress(VcError):
            metadata_policy.parse({"t": {name: one}})
            kept[name] = one
    return metadata_policy.parse({"t": kept})


def outcome(*merged: MetadataPolicy) -> Any:
    """Return what a chain of policies gives, or that it gives nothing."""
    result = MetadataPolicy()
    try:
        for policy in merged:
            result = result.merged(policy)
    except UntrustedError:
        return None
    return normal(result.claim())


def normal(value: Any) -> Any:
    """Return a value in which the order of arrays does not count, since that of merged ones is not defined."""
    if isinstance(value, dict):
        return {name: normal(one) for name, one in value.items()}
    return sorted(value) if isinstance(value, list) else value


@given(policies(), policies(), policies())
def test_it_does_not_matter_in_which_pairs_policies_are_merged(first, second, third):
    try:
        upper: MetadataPolicy | None = first.merged(second)
    except UntrustedError:
        upper = None
    try:
        lower: MetadataPolicy | None = second.merged(third)
    except UntrustedError:
        lower = None
    left = None if upper is None else outcome(upper, third)
    right = None if lower is None else outcome(first, lower)
    assert left == right == outcome(first, second, third)


@given(policies(), policies())
def test_merging_never_loosens_a_policy(superior, inferior):
    """What the merged policy gives is what the superior's alone would let pass."""
    try:
        merged = superior.merged(inferior)
    except UntrustedError:
        return
    for value in ("a", ["a", "b"], ["c"], ...):
        metadata: dict[str, Any] = {"t": {} if value is ... else {"x": value}}
        with suppress(UntrustedError):
            result = merged.applied(metadata)
            assert superior.applied(result) == result


@given(policies(), st.dictionaries(st.sampled_from(["x", "y", "z"]), values))
def test_applying_a_policy_twice_changes_nothing_more(policy, metadata):
    with suppress(UntrustedError):
        once = policy.applied({"t": metadata})
        assert policy.applied(once) == once


@given(st.lists(policies(), max_size=3), st.dictionaries(st.sampled_from(["x", "y", "z"]), values))
def test_resolved_metadata_never_have_null(chain, metadata):
    merged = MetadataPolicy()
    with suppress(UntrustedError):
        for policy in chain:
            merged = merged.merged(policy)
        assert None not in merged.applied({"t": metadata})["t"].values()


@given(policies())
def test_a_policy_is_written_and_read_again(policy):
    assert metadata_policy.parse(policy.claim()) == policy


# --- parsers ---------------------------------------------------------------------------------------------------------


@given(st.dictionaries(st.text(max_size=8), json_values, max_size=3))
def test_any_object_is_a_policy_or_constraints_or_refused(value):
    for parse in (metadata_policy.parse, constraints.parse):
        with suppress(VcError):
            parse(value)


CLAIMS = {**claims_of(CHAIN[0]), **claims_of(CHAIN[1])}
NAMES = [*CLAIMS, "metadata", "metadata_policy", "constraints", "crit", "authority_hints", "trust_marks"]
NAMES += ["metadata_policy_crit", "trust_mark_issuers", "trust_mark_owners", "source_endpoint", "trust_anchor_hints"]


@given(st.sampled_from([0, 1]), st.dictionaries(st.sampled_from(NAMES), json_values, max_size=3))
def test_any_claims_are_a_statement_or_refused(which, changed):
    with suppress(VcError):
        read(by_hand(claims_of(CHAIN[which]) | changed, SIGNER))


@given(st.text(max_size=60) | st.binary(max_size=60).map(base64url.encode).map(lambda text: f"{text}.{text}.{text}"))
def test_any_text_is_a_statement_a_mark_a_did_or_refused(text):
    for parse in (read, trust_mark.unverified_issuer, split, dids.document_url, multikey.decode):
        with suppress(VcError):
            parse(text)
    for method in ("did:key:z", "did:jwk:", "did:web:", ""):
        with suppress(VcError):
            dids.read(method + text)
        with suppress(VcError):
            dids.document_url(method + text)
    with suppress(VcError):
        key_url(text, did="did:web:a.example")
    with suppress(VcError):
        resolve([text], anchors=FEDERATION.anchors(), at=NOW)


@given(
    st.fixed_dictionaries(
        {"id": st.just("did:web:a.example") | json_values},
        optional={"verificationMethod": json_values, "assertionMethod": json_values},
    )
)
def test_any_object_is_a_did_document_or_refused(value):
    for body in (value, json.dumps(value).encode()):
        with suppress(VcError):
            did_document.parse(body, did="did:web:a.example")


def test_a_statement_that_is_cut_off_anywhere_is_refused():
    for end in range(len(CHAIN[1])):
        with pytest.raises(VcError):
            resolve((CHAIN[0], CHAIN[1][:end], *CHAIN[2:]), anchors=FEDERATION.anchors(), at=NOW)


@given(st.data())
def test_a_chain_with_any_changed_character_is_refused(data):
    which = data.draw(st.integers(0, len(CHAIN) - 1))
    position = data.draw(st.integers(0, len(CHAIN[which]) - 1))
    other = data.draw(st.sampled_from("AZaz09-_."))
    text = CHAIN[which]
    changed = text[:position] + other + text[position + 1 :]
    chain = (*CHAIN[:which], changed, *CHAIN[which + 1 :])
    if changed == text:
        assert resolve(chain, anchors=FEDERATION.anchors(), at=NOW).entity_id == CITY
    else:
        with pytest.raises(VcError):
            resolve(chain, anchors=FEDERATION.anchors(), at=NOW)


@given(st.permutations(range(len(CHAIN))))
def test_a_chain_in_another_order_is_refused(order):
    chain = [CHAIN[index] for index in order]
    if chain == list(CHAIN):
        assert resolve(chain, anchors=FEDERATION.anchors(), at=NOW).entity_id == CITY
    else:
        with pytest.raises(VcError):
            resolve(chain, anchors=FEDERATION.anchors(), at=NOW)


# --- the search ------------------------------------------------------------------------------------------------------

IDS = [f"https://e{number}.example" for number in range(5)]


def shortest(superiors: dict[str, tuple[str, ...]], start: str, anchors: set[str]) -> int | None:
    """Return how many superiors the shortest way to an anchor has; None if there is none within five."""
    level, seen = {start}, {start}
    for height in range(6):
        if level & anchors:
            return height
        level = {above for below in level for above in superiors[below]} - seen
        seen |= level
    return None


def edges() -> Iterator[tuple[str, str]]:
    return ((below, above) for below in IDS for above in IDS if below != above)


@given(st.sets(st.sampled_from(sorted(edges())), max_size=9), st.sets(st.sampled_from(IDS[1:]), max_size=2))
def test_the_chain_that_is_found_is_one_of_the_shortest(graph, anchor_ids):
    federation = Federation(entities={})
    for one in IDS:
        federation.add(one, *(above for below, above in sorted(graph) if below == one))
    anchors = federation.anchors(*anchor_ids) if anchor_ids else {}
    expected = shortest({one: federation[one].superiors for one in IDS}, IDS[0], set(anchor_ids))
    try:
        found = run(collect(IDS[0], anchors=anchors, at=NOW), federation.http)
    except LimitExceededError:
        assert len(federation.asked) == 20
    except UntrustedError:
        assert expected is None
    else:
        assert len(found.superiors) == expected
        assert len(set(federation.asked)) == len(federation.asked) <= 20
