# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What holds for every SD-JWT: claims come back, nothing more is shown than was chosen, and nothing can be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.credentials import (
    BINDING,
    FAMILY_NAME,
    GIVEN_NAME,
    HOLDER_KEY,
    ISSUER_KEY,
    NATIONALITY,
    NOW,
    TRUST,
    Scene,
    digest,
    held,
    process,
    receive,
    registered,
    token,
    verify,
)
from tests.support.sd_jwt_specifications import Concealed, Hidden, plain
from vcwallet.checks import Result
from vcwallet.claims import ClaimPath, Concealment
from vcwallet.encoding import json
from vcwallet.errors import NoMatchError, VcError
from vcwallet.formats import sd_jwt
from vcwallet.formats.base import Binding
from vcwallet.formats.sd_jwt import Disclosure, HashAlgorithm, VerifiedSdJwt
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.formats.type_metadata import resolve

KEY = ISSUER_KEY.public_key
OPTIONAL = Binding(audience=BINDING.audience, nonce=BINDING.nonce, required=False)

# --- random claims ---------------------------------------------------------------------------------------------------

names = st.sampled_from(["a", "b", "c", "d", "名", "a.b", "", "0", "~", "_", "sd", "vct2"])
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
leaves = scalars | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def trees(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaf,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=12,
    )


claim_trees = st.dictionaries(names, trees(leaves), max_size=4)


@st.composite
def marked_trees(draw: st.DrawFn) -> dict[str, Any]:
    """Draw claims in which any member and any element may be marked as hidden, each for itself."""
    marked = _marked(draw, draw(claim_trees))
    assert isinstance(marked, dict)
    return marked


def _marked(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, dict):
        return {Hidden(name) if draw(st.booleans()) else name: _marked(draw, one) for name, one in value.items()}
    if isinstance(value, list):
        inside = [_marked(draw, one) for one in value]
        return [Hidden(one) if draw(st.booleans()) else one for one in inside]
    return value


def nodes(tree: Any, path: ClaimPath = ()) -> Iterator[ClaimPath]:
    """Yield the path of every claim."""
    children = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, value in children:
        yield (*path, name)
        yield from nodes(value, (*path, name))


def without_positions(path: ClaimPath) -> ClaimPath:
    return tuple(None if isinstance(component, int) else component for component in path)


def by_hand(marked: dict[str, Any]) -> VerifiedSdJwt:
    work = Concealed()
    payload = work.payload(marked)
    return process(payload, *work.disclosures)


# --- what comes back -------------------------------------------------------------------------------------------------


@given(claim_trees, st.data(), st.sampled_from(HashAlgorithm), st.integers(0, 3))
def test_issued_claims_come_back_whatever_was_concealed(claims, data, algorithm, decoys):
    places = sorted({without_positions(path) for path in nodes(claims)}, key=repr)
    hidden = data.draw(st.sets(st.sampled_from(places))) if places else set()
    text = sd_jwt.issue(
        claims,
        concealment=Concealment.of(hidden),
        signer=ISSUER_KEY,
        header={},
        hash_algorithm=algorithm,
        decoys=decoys,
    )
    verified = sd_jwt.parse(text).verify(KEY)
    assert exactly(verified.claims) == exactly(claims)
    placed = [without_positions(one.path) for one in verified.processed.placements]
    assert sorted(placed, key=repr) == sorted(
        (place for place in map(without_positions, nodes(claims)) if place in hidden), key=repr
    )


@given(claim_trees, st.data())
def test_without_disclosures_nothing_that_was_concealed_is_seen(claims, data):
    places = sorted({without_positions(path) for path in nodes(claims)}, key=repr)
    hidden = data.draw(st.sets(st.sampled_from(places))) if places else set()
    text = sd_jwt.issue(claims, concealment=Concealment.of(hidden), signer=ISSUER_KEY, header={}, decoys=1)
    seen = sd_jwt.parse(text.partition("~")[0] + "~").verify(KEY).claims
    assert hidden.isdisjoint(map(without_positions, nodes(seen)))


@given(marked_trees())
def test_claims_that_another_concealed_come_back(marked):
    assert exactly(by_hand(marked).claims) == exactly(plain(marked))


def exactly(value: Any) -> str:
    """Tell 1 from 1.0 and True; the order of members means nothing."""
    if isinstance(value, dict):
        return repr(sorted((name, exactly(one)) for name, one in value.items()))
    if isinstance(value, list):
        return repr([exactly(one) for one in value])
    return repr(value)


# --- what is seen ----------------------------------------------------------------------------------------------------


def meant_by(patterns: Iterable[ClaimPath], tree: Any) -> list[list[ClaimPath]]:
    """Return, for each path with nulls, the claims that it means: tried one by one against every claim there is."""
    every = list(nodes(tree))
    return [
        [
            path
            for path in every
            if len(path) == len(pattern)
            and all(
                have == want if want is not None else isinstance(have, int)
                for have, want in zip(path, pattern, strict=True)
            )
        ]
        for pattern in patterns
    ]


def seen(marked: Any, wanted: list[ClaimPath], path: ClaimPath = ()) -> Any:
    """Return what a verifier is to see: a hidden claim only on the way to a wanted one, or within one."""
    if isinstance(marked, dict):
        return {
            opened(name): seen(value, wanted, (*path, opened(name)))
            for name, value in marked.items()
            if not isinstance(name, Hidden) or on_the_way((*path, opened(name)), wanted)
        }
    if isinstance(marked, list):
        return [
            seen(opened(one), wanted, (*path, position))
            for position, one in enumerate(marked)
            if not isinstance(one, Hidden) or on_the_way((*path, position), wanted)
        ]
    return marked


def opened(one: Any) -> Any:
    return one.value if isinstance(one, Hidden) else one


def on_the_way(path: ClaimPath, wanted: list[ClaimPath]) -> bool:
    return any(path[: len(one)] == one[: len(path)] for one in wanted)


@st.composite
def choices(draw: st.DrawFn, tree: Any) -> list[ClaimPath]:
    """Draw claims of a tree to be shown, with a null for some positions."""
    places = list(nodes(tree))
    chosen = draw(st.lists(st.sampled_from(places), max_size=3)) if places else []
    return [tuple(None if isinstance(c, int) and draw(st.booleans()) else c for c in path) for path in chosen]


@given(marked_trees(), st.data())
def test_a_verifier_sees_just_what_was_chosen_with_its_ancestors_and_what_is_always_open(marked, data):
    wanted = data.draw(choices(plain(marked)))
    concrete = [path for paths in meant_by(wanted, plain(marked)) for path in paths]
    presented = sd_jwt.parse(by_hand(marked).select(wanted)).verify(KEY)
    assert exactly(presented.claims) == exactly(seen(marked, concrete))


@given(marked_trees(), st.data())
def test_a_path_that_means_no_claim_cannot_be_chosen(marked, data):
    path = tuple(data.draw(st.lists(names | st.integers(0, 3) | st.none(), min_size=1, max_size=3)))
    one = by_hand(marked)
    if any(meant_by([path], plain(marked))):
        one.select([path])
        return
    with pytest.raises(NoMatchError):
        one.select([path])


@given(marked_trees(), st.data())
def test_choosing_in_two_steps_is_choosing_the_second_time(marked, data):
    wanted = data.draw(choices(plain(marked)))
    assume(not any(None in path or any(isinstance(c, int) for c in path) for path in wanted))
    first = sd_jwt.parse(by_hand(marked).select([(name,) for name in plain(marked)])).verify(KEY)
    assert exactly(sd_jwt.parse(first.select(wanted)).verify(KEY).claims) == exactly(
        sd_jwt.parse(by_hand(marked).select(wanted)).verify(KEY).claims
    )


@given(st.data())
def test_a_holder_knows_before_presenting_what_the_verifier_will_see(data):
    claims = data.draw(claim_trees)
    places = sorted({without_positions(path) for path in nodes(claims)}, key=repr)
    hidden = data.draw(st.sets(st.sampled_from(places))) if places else set()
    one = held(claims, hidden)
    wanted = data.draw(choices(claims))
    verified = verify(one.present(wanted, binding=BINDING, signer=HOLDER_KEY, at=NOW))
    assert sorted(one.disclosed_by(wanted), key=repr) == sorted(innermost(verified.claims), key=repr)
    assert one.concealed == {place for place in map(without_positions, nodes(claims)) if place in hidden}


def innermost(tree: Any) -> list[ClaimPath]:
    """Return the claims that no other claim is inside of."""
    every = list(nodes(tree))
    return [path for path in every if not any(other[: len(path)] == path and other != path for other in every)]


# --- nothing can be changed ------------------------------------------------------------------------------------------

PRESENTED = held().present([("given_name",), ("nationalities", 0)], binding=BINDING, signer=HOLDER_KEY, at=NOW)
WITHOUT_PROOF = PRESENTED.rpartition("~")[0] + "~"

presentations = pytest.mark.parametrize(
    ("text", "binding"), [(PRESENTED, BINDING), (WITHOUT_PROOF, OPTIONAL)], ids=["bound", "unbound"]
)


@presentations
def test_any_changed_byte_is_refused(text, binding):
    verify(text, binding=binding)
    for position, character in enumerate(text):
        for other in {"A", "_", "~", ".", "あ"} - {character}:
            with pytest.raises(VcError):
                verify(text[:position] + other + text[position + 1 :], binding=binding)


@presentations
def test_any_left_out_or_added_byte_is_refused(text, binding):
    for position in range(len(text) + 1):
        for added in ("A", "~"):
            with pytest.raises(VcError):
                verify(text[:position] + added + text[position:], binding=binding)
    for position in range(len(text)):
        with pytest.raises(VcError):
            verify(text[:position] + text[position + 1 :], binding=binding)


def test_a_presentation_that_was_cut_off_is_refused():
    for length in range(len(PRESENTED)):
        with pytest.raises(VcError):
            verify(PRESENTED[:length])
        with pytest.raises(VcError):
            verify(PRESENTED[length + 1 :])


mutations = st.lists(
    st.tuples(st.integers(0, 2**16), st.sampled_from("rid"), st.sampled_from("A_~.=z0")), min_size=1, max_size=6
)


def mutated(text: str, changes: list[tuple[int, str, str]]) -> str:
    """Return `text` with characters replaced, inserted and deleted."""
    for place, kind, character in changes:
        position = place % (len(text) + 1)
        text = text[:position] + ("" if kind == "d" else character) + text[position + (kind != "i") :]
    return text


@given(mutations)
def test_a_presentation_with_several_changes_is_refused(changes):
    text = mutated(PRESENTED, changes)
    assume(text != PRESENTED)
    with pytest.raises(VcError):
        verify(text)


@given(st.permutations(PRESENTED.split("~")[1:-1]), st.integers(0, 2))
def test_disclosures_that_were_taken_out_or_reordered_break_the_proof(disclosures, kept):
    jwt, *_, proof = PRESENTED.split("~")
    text = "~".join((jwt, *disclosures[:kept], proof))
    assume(text != PRESENTED)
    with pytest.raises(VcError):
        verify(text)


# --- only our errors -------------------------------------------------------------------------------------------------

ISSUED = Scene(proof=None).issued
DOCUMENT = b'{"vct":"a","extends":"b","extends#integrity":"sha256-AAAA","claims":[{"path":["x",null,0],"sd":"always"}]}'
READERS: dict[str, tuple[Callable[[str], object], str]] = {
    "parse": (sd_jwt.parse, PRESENTED),
    "verify": (lambda text: sd_jwt.parse(text).verify(KEY), ISSUED),
    "disclosure": (Disclosure.parse, GIVEN_NAME),
    "presentation": (verify, PRESENTED),
    "issued": (receive, ISSUED),
    "reopen": (lambda text: SdJwtVc().reopen(text).disclosed_by([("vct",)]), ISSUED),
    "json": (
        lambda text: [one.verify(KEY) for one in sd_jwt.parse_json(text)],
        json.dumps(sd_jwt.to_general_json(sd_jwt.parse(PRESENTED))).decode(),
    ),
    "type metadata": (lambda text: resolve("a", lambda _: text.encode("utf-8", "replace")), DOCUMENT.decode()),
}


def read(reader: Callable[[str], object], text: str) -> None:
    """Let the reader accept the text or refuse it with one of our errors; any other error fails the test."""
    try:
        reader(text)
    except VcError:
        return


@pytest.mark.parametrize("name", READERS)
@given(text=st.text(max_size=200) | st.text("eyJ.~-_A", max_size=40))
def test_text_that_means_nothing_raises_our_errors_only(name, text):
    read(READERS[name][0], text)


@pytest.mark.parametrize("name", READERS)
@given(changes=mutations)
def test_good_text_that_was_damaged_raises_our_errors_only(name, changes):
    reader, good = READERS[name]
    read(reader, mutated(good, changes))


@pytest.mark.parametrize("name", READERS)
def test_good_text_that_was_cut_off_raises_our_errors_only(name):
    reader, good = READERS[name]
    read(reader, good)
    for length in range(len(good)):
        read(reader, good[:length])
        read(reader, good[length:])


# JSON in which the names and digests of the format stand anywhere.
DIGESTS = [digest(one) for one in (GIVEN_NAME, FAMILY_NAME, NATIONALITY, "a decoy")]
format_names = st.sampled_from(["_sd", "_sd_alg", "...", "given_name", "a"])
odd_leaves = st.sampled_from([*DIGESTS, "sha-256", "", None, 1, True])
odd_trees = st.recursive(
    odd_leaves
    | st.lists(st.sampled_from(DIGESTS), max_size=3)
    | st.sampled_from(DIGESTS).map(lambda one: {"...": one}),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(format_names, inner, max_size=3),
    max_leaves=12,
)
odd_objects = st.dictionaries(format_names, odd_trees, max_size=4)


@given(odd_objects, st.lists(st.sampled_from([GIVEN_NAME, FAMILY_NAME, NATIONALITY]), max_size=3))
def test_any_signed_payload_is_processed_or_refused(payload, disclosures):
    try:
        claims = process(payload, *disclosures).claims
    except VcError:
        return
    assert not {"_sd", "...", "_sd_alg"} & {component for path in nodes(claims) for component in path}
    assert len(disclosures) == len(set(disclosures))


registered_names = st.sampled_from([*registered(), "nbf", "aka_vcts", "status", "vct#integrity", "_sd", "x"])
headers = st.sampled_from([{}, {"typ": "vc+sd-jwt"}, {"kid": 1}, {"x5c": ["AAAA"]}, {"alg": "none"}, {"crit": ["b64"]}])
proofs = st.none() | st.dictionaries(st.sampled_from(["aud", "nonce", "iat", "sd_hash", "exp", "nbf"]), trees(leaves))


@given(st.dictionaries(registered_names, trees(leaves) | odd_trees, max_size=2), headers, proofs, st.booleans())
def test_a_report_passes_what_verifies_and_fails_where_verifying_stops(claims, header, proof, required):
    scene = Scene(proof=proof, binding=BINDING if required else OPTIONAL)
    scene.payload |= claims
    scene.header |= header
    presentation = SdJwtVc().read_presentation(scene.presented)
    findings = presentation.explain(binding=scene.binding, trust=TRUST, at=NOW, subject="pid")
    failed = [finding.code for finding in findings if finding.result is Result.FAILED]
    try:
        presentation.verify(binding=scene.binding, trust=TRUST, at=NOW)
    except VcError as error:
        code: str | None = error.code
    else:
        code = None
    assert (failed[0] if failed else None) == code


@given(odd_objects | trees(leaves), st.sampled_from([{}, {"typ": "dc+sd-jwt"}]))
def test_any_signed_payload_is_received_or_refused(payload, header):
    text = token({"alg": "ES256", **header}, json.dumps(payload), ISSUER_KEY.sign) + "~"
    read(receive, text)
    read(lambda raw: SdJwtVc().reopen(raw).disclosed_by([]), text)
