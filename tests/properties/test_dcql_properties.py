# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""DCQL: we agree with an independent matcher, disclose nothing unasked, satisfy the verifier, and survive any JSON."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any, TypeAlias

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.vectors import shared
from vcwallet.claims import ClaimPath
from vcwallet.encoding import json
from vcwallet.errors import ConsentRequiredError, VcError
from vcwallet.protocols.dcql import (
    Among,
    Because,
    Candidate,
    DcqlQuery,
    Match,
    Matches,
    Mismatch,
    Selection,
    asked_paths,
    examine,
    match,
    match_credential,
    require_answer,
)

Scenario: TypeAlias = tuple[dict[str, Any], list[Candidate]]

# --- few names and values, so that queries and credentials often meet ------------------------------------------------

NAMES = st.sampled_from(["a", "b", "c"])
TYPES = st.sampled_from(["t", "u", "v"])
SCALARS = st.sampled_from([None, True, False, 0, 1, 1.0, "1", "true", "x"])
AUTHORITIES = st.tuples(st.sampled_from(["aki", "etsi_tl", "openid_federation"]), st.sampled_from(["k", "l"]))
TREES = st.dictionaries(
    NAMES,
    st.recursive(
        SCALARS,
        lambda children: st.lists(children, max_size=3) | st.dictionaries(NAMES, children, max_size=3),
        max_leaves=8,
    ),
    max_size=3,
)
JSON_PATHS = st.lists(NAMES | st.none() | st.integers(0, 2), min_size=1, max_size=3)
MDOC_PATHS = st.lists(NAMES, min_size=2, max_size=2)
VALUES = st.lists(st.sampled_from([True, False, 0, 1, "1", "true", "x"]), min_size=1, max_size=3)


@st.composite
def claim_members(draw: st.DrawFn, credential_format: str) -> dict[str, Any]:
    """Return ``claims`` and perhaps ``claim_sets``."""
    paths = draw(st.lists(MDOC_PATHS if credential_format == "mso_mdoc" else JSON_PATHS, min_size=1, max_size=4))
    claims: list[dict[str, Any]] = [{"id": f"claim-{index}", "path": path} for index, path in enumerate(paths)]
    for claim in claims:
        if draw(st.booleans()):
            claim["values"] = draw(VALUES)
    members: dict[str, Any] = {"claims": claims}
    if draw(st.booleans()):
        ids = st.sampled_from([claim["id"] for claim in claims])
        members["claim_sets"] = draw(st.lists(st.lists(ids, min_size=1, unique=True), min_size=1, max_size=4))
    return members


@st.composite
def credential_queries(draw: st.DrawFn, query_id: str) -> dict[str, Any]:
    credential_format = draw(st.sampled_from(["dc+sd-jwt", "mso_mdoc", "ldp_vc", "jwt_vc_json"]))
    types = draw(st.lists(TYPES, min_size=1, max_size=2))
    metas: dict[str, dict[str, Any]] = {
        "dc+sd-jwt": {"vct_values": types},
        "mso_mdoc": {"doctype_value": types[0]},
        "ldp_vc": {"type_values": [types[:1], types[1:] or types]},
        "jwt_vc_json": {"type_values": [types]},
    }
    query: dict[str, Any] = {"id": query_id, "format": credential_format, "meta": metas[credential_format]}
    if draw(st.booleans()):
        query |= draw(claim_members(credential_format))
    if draw(st.booleans()):
        query["multiple"] = draw(st.booleans())
    if draw(st.booleans()):
        query["require_cryptographic_holder_binding"] = draw(st.booleans())
    if draw(st.integers(0, 3)) == 0:
        pairs = draw(st.lists(AUTHORITIES, min_size=1, max_size=2))
        query["trusted_authorities"] = [{"type": kind, "values": [value]} for kind, value in pairs]
    return query


@st.composite
def queries(draw: st.DrawFn) -> dict[str, Any]:
    ids = [f"q{index}" for index in range(draw(st.integers(1, 4)))]
    query: dict[str, Any] = {"credentials": [draw(credential_queries(query_id)) for query_id in ids]}
    if draw(st.booleans()):
        options = st.lists(st.lists(st.sampled_from(ids), min_size=1, max_size=3), min_size=1, max_size=3)
        sets = st.fixed_dictionaries({"options": options}, optional={"required": st.booleans()})
        query["credential_sets"] = draw(st.lists(sets, min_size=1, max_size=3))
    return query


@st.composite
def credentials_for(draw: st.DrawFn, credential_id: str, query: dict[str, Any]) -> Candidate:
    """Return a credential that has most of what a credential query asks for, and something else."""
    alternatives = DcqlQuery.from_json({"credentials": [query]}).credentials[0].meta.alternatives
    types = set(draw(st.sampled_from(alternatives)))
    authorities = {(each["type"], each["values"][0]) for each in query.get("trusted_authorities", [])}
    # Two levels of names in an mdoc; in other formats, anything.
    tree: Any = draw(
        st.dictionaries(NAMES, st.dictionaries(NAMES, SCALARS)) if query["format"] == "mso_mdoc" else TREES
    )
    for claim in query.get("claims", []):
        if draw(st.integers(0, 9)):
            leaf = draw(st.sampled_from(claim["values"]) if "values" in claim else SCALARS)
            tree = planted(tree, claim["path"], leaf)
    return Candidate(
        id=credential_id,
        format=query["format"],
        type_ids=frozenset(types | (set() if query["format"] == "mso_mdoc" else draw(st.sets(TYPES, max_size=1)))),
        claims=tree,
        holder_bound=draw(st.integers(0, 5)) > 0,
        authorities=frozenset(authorities) | draw(st.frozensets(AUTHORITIES, max_size=1)),
    )


def planted(node: Any, path: Sequence[Any], leaf: Any) -> Any:
    """Return a tree in which `path` leads to `leaf`, whatever has to give way."""
    if not path:
        return leaf
    head, *rest = path
    if isinstance(head, str):
        members = node if isinstance(node, dict) else {}
        return members | {head: planted(members.get(head), rest, leaf)}
    elements = list(node) if isinstance(node, list) else []
    place = head or 0
    elements += [None] * (place + 1 - len(elements))
    elements[place] = planted(elements[place], rest, leaf)
    return elements


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Return a query, and a wallet that holds some of what it asks for."""
    query = draw(queries())
    wanted = draw(st.lists(st.sampled_from(query["credentials"]), max_size=3)) + query["credentials"]
    held = wanted[draw(st.sampled_from([0, 0, 0, 1, 2])) :]
    return query, [draw(credentials_for(str(index), each)) for index, each in enumerate(held)]


def matched(query: DcqlQuery, wallet: list[Candidate]) -> Matches:
    return match(query, lambda _: wallet)


# --- the independent matcher -----------------------------------------------------------------------------------------


@cache
def _load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("dcql_reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    return _load(str(shared("..", "standards", "ref", "dcql_reference.py")))


def as_reference(candidate: Candidate) -> dict[str, Any]:
    first, *others = sorted(candidate.type_ids)
    types: dict[str, dict[str, Any]] = {
        "dc+sd-jwt": {"vct": first, "extends": others},
        "mso_mdoc": {"doctype": first},
        "ldp_vc": {"types": sorted(candidate.type_ids)},
        "jwt_vc_json": {"types": sorted(candidate.type_ids)},
    }
    members = {"claims": candidate.claims, "bound": candidate.holder_bound, "auth": candidate.authorities}
    return {"format": candidate.format, **types[candidate.format], **members}


@given(scenario=scenarios())
def test_we_agree_with_the_reference(reference: ModuleType, scenario: Scenario) -> None:
    value, wallet = scenario
    theirs = [as_reference(each) for each in wallet]
    query = DcqlQuery.from_json(value)
    for ours, raw in zip(query.credentials, value["credentials"], strict=True):
        for candidate, other in zip(wallet, theirs, strict=True):
            mine, expected = match_credential(ours, candidate), reference.match(other, raw)
            assert (mine is None) == (expected is None)
            if mine is not None:
                assert [claim.id for claim in mine.claims] == [claim["id"] for claim in expected]
    matches, expected = matched(query, wallet), reference.evaluate(value, theirs)
    assert matches.satisfiable == (expected is not None)
    if expected is not None:
        favourites = [options[0] for options in matches.satisfiable_options if options]
        assert set(itertools.chain(*favourites)) == set(expected)
        for query_id, hits in expected.items():
            (asked,) = (each for each in query.credentials if each.id == query_id)
            found = [int(each.candidate.id) for each in matches.found[query_id]]
            assert (found if asked.multiple else found[:1]) == [index for index, _ in hits]


# --- what the wallet may and must do ---------------------------------------------------------------------------------


@given(scenario=scenarios())
def test_a_match_has_only_claims_that_were_asked_for_and_that_the_credential_has(scenario: Scenario) -> None:
    value, wallet = scenario
    query = DcqlQuery.from_json(value)
    asked = {(each.query_id, each.claim_set, each.path) for each in asked_paths(query)}
    for found in matched(query, wallet).found.values():
        for each in found:
            assert {
                (each.query_id, option.claim_set, path) for option in each.options for path in option.paths
            } <= asked
            assert each.chosen == each.options[0]
            assert each.least().weight == min(map(each.weight_of, each.options))


@given(scenario=scenarios())
def test_each_proposal_of_the_wallet_satisfies_the_verifier(scenario: Scenario) -> None:
    value, wallet = scenario
    query = DcqlQuery.from_json(value)
    matches = matched(query, wallet)
    for selection in matches.selections():
        require_answer(query, presented(selection))
        assert matches.select(selection.matches) == selection


@given(scenario=scenarios(), data=st.data())
def test_each_choice_that_the_wallet_lets_through_satisfies_the_verifier(
    scenario: Scenario, data: st.DataObject
) -> None:
    value, wallet = scenario
    query = DcqlQuery.from_json(value)
    matches = matched(query, wallet)
    everything = [each for found in matches.found.values() for each in found]
    assume(everything)
    chosen = data.draw(st.lists(st.sampled_from(range(len(everything))), unique=True))
    options = [data.draw(st.sampled_from(everything[index].options)) for index in chosen]
    choice = [everything[i].with_claim_set(option.claim_set) for i, option in zip(chosen, options, strict=True)]
    try:
        selection = matches.select(choice)
    except (ConsentRequiredError, ValueError):
        return
    require_answer(query, presented(selection))


@given(scenario=scenarios())
def test_no_way_to_satisfy_the_query_discloses_less_than_the_proposal(scenario: Scenario) -> None:
    value, wallet = scenario
    matches = matched(DcqlQuery.from_json(value), wallet)
    assume(matches.satisfiable)
    proposed = matches.default_selection().matches
    fewest = {query_id: min(map(fewest_claims, found)) for query_id, found in matches.found.items() if found}
    answers = itertools.chain.from_iterable(itertools.combinations(fewest, size) for size in range(len(fewest) + 1))
    ways = [sum(fewest[i] for i in ids) for ids in answers if matches.query.is_satisfied_by(ids)]
    # Whatever the person chooses instead, it discloses as many claims at least.
    assert sum(map(claims_seen, proposed)) == min(ways)
    assert matches.default_selection().weight == min(each.weight for each in matches.selections())


def fewest_claims(found: Match) -> int:
    return min(claims_seen(found.with_claim_set(option.claim_set)) for option in found.options)


def claims_seen(found: Match) -> int:
    """Return how many claims a verifier sees of a credential, the elements of an array being one claim."""
    asked = {leaf for leaf in leaves(found.candidate.claims, ()) if any(reaches(path, leaf) for path in found.paths)}
    return len({tuple(None if isinstance(part, int) else part for part in leaf) for leaf in asked})


def leaves(node: Any, at: ClaimPath) -> Iterator[ClaimPath]:
    parts = list(node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ())
    for name, part in parts:
        yield from leaves(part, (*at, name))
    if not parts:
        yield at


def reaches(path: ClaimPath, leaf: ClaimPath) -> bool:
    """Tell whether a leaf lies at or below what a path selects."""
    return len(path) <= len(leaf) and all(
        want == have or (want is None and isinstance(have, int)) for want, have in zip(path, leaf, strict=False)
    )


def presented(selection: Selection) -> dict[str, list[Candidate]]:
    """Return what a verifier sees of a selection: the chosen claims and nothing else."""
    return {
        query_id: [replace(each.candidate, claims=disclosed(each.candidate.claims, each.paths)) for each in matches]
        for query_id, matches in selection.by_query.items()
    }


def disclosed(node: Any, paths: Sequence[ClaimPath]) -> Any:
    """Return the part of a tree that the paths select; elements of an array keep their places."""
    if () in paths or not isinstance(node, dict | list):
        return node
    if isinstance(node, dict):
        below = {name: [path[1:] for path in paths if path[0] == name] for name in node}
        return {name: disclosed(child, below[name]) for name, child in node.items() if below[name]}
    return [
        disclosed(child, [path[1:] for path in paths if path[0] is None or path[0] == index])
        for index, child in enumerate(node)
    ]


@given(scenario=scenarios())
def test_each_reason_of_a_proposal_is_true(scenario: Scenario) -> None:
    value, wallet = scenario
    matches = matched(DcqlQuery.from_json(value), wallet)
    assume(matches.satisfiable)
    proposal = matches.default_selection()
    chosen = {each.query_id: each for each in proposal.matches}
    for reason in proposal.why:
        assert reason.weight <= reason.second
        assert (reason.because is Because.FIRST) == (reason.weight == reason.second)
        if reason.query_id is None:
            assert reason.weight == proposal.weight
        else:
            match = chosen[reason.query_id]
            rivals = {
                Among.CREDENTIALS: len(matches.found[reason.query_id]),
                Among.CLAIM_SETS: len(match.options),
            }
            assert reason.others == rivals[reason.among] - 1
    assert set(proposal.left_out).isdisjoint(chosen)
    assert set(proposal.left_out) <= {each.query_id for way in matches.selections() for each in way.matches}


@given(scenario=scenarios())
def test_what_misses_is_told_for_just_the_queries_that_nothing_answers(scenario: Scenario) -> None:
    value, wallet = scenario
    query = DcqlQuery.from_json(value)
    matches = matched(query, wallet)
    assert {query_id for query_id, found in matches.found.items() if not found} == set(matches.missed)
    order = list(Mismatch)
    for each in query.requested:
        outcomes = [examine(each, candidate) for candidate in wallet]
        misses = [order.index(one) for one in outcomes if isinstance(one, Mismatch)]
        if each.id in matches.missed:
            assert order.index(matches.missed[each.id]) == max(misses, default=order.index(Mismatch.TYPE))


# --- whatever comes in -----------------------------------------------------------------------------------------------

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=5), children, max_size=4),
    max_leaves=10,
)


@st.composite
def damaged_queries(draw: st.DrawFn) -> Any:
    """Return a query of which one part was replaced, removed or repeated."""
    value: Any = draw(queries())
    node = value
    while True:
        keys: list[Any] = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = draw(st.sampled_from(keys))
        if isinstance(node[key], dict | list) and node[key] and draw(st.integers(0, 3)):
            node = node[key]
            continue
        match draw(st.sampled_from(["replace", "remove", "repeat"])):
            case "replace":
                node[key] = draw(ANY_JSON | SCALARS)
            case "remove":
                del node[key]
            case _:
                node[key] = [node[key]] * draw(st.sampled_from([1, 2, 21, 51, 101]))
        return value


def use(value: Any) -> None:
    """Do with a query what both sides do with it; only our own errors may come out."""
    try:
        query = DcqlQuery.from_json(value)
    except VcError:
        return
    assert DcqlQuery.from_json(query.to_json()) == query
    asked_paths(query)
    wallet = [Candidate(id="1", format="dc+sd-jwt", type_ids=frozenset("t"), claims={"a": [1]}, holder_bound=True)]
    for selection in matched(query, wallet).selections():
        require_answer(query, presented(selection))


@given(value=damaged_queries())
def test_a_damaged_query_is_read_or_refused_with_our_error(value: Any) -> None:
    use(value)


@given(value=ANY_JSON)
def test_any_value_is_read_or_refused_with_our_error(value: Any) -> None:
    use(value)


@given(value=queries(), data=st.data())
def test_a_text_with_a_changed_byte_is_read_or_refused_with_our_error(
    value: dict[str, Any], data: st.DataObject
) -> None:
    text = bytearray(json.dumps(value))
    text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    use(bytes(text))


@given(value=queries())
def test_a_query_that_was_read_is_written_the_same(value: dict[str, Any]) -> None:
    assert json.dumps(DcqlQuery.from_json(value).to_json()) == json.dumps(
        DcqlQuery.from_json(json.dumps(value)).to_json()
    )
    assert json.loads(json.dumps(DcqlQuery.from_json(value).to_json())) == value
