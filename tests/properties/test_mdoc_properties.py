# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What holds for every mdoc: a verifier sees what was chosen and nothing more, and nothing that came can be changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.support.mdoc import (
    BINDING,
    DEVICE_KEY,
    DOC_TYPE,
    NOW,
    READER_KEY,
    SEEN,
    SPACE,
    TRUST,
    WITH_READER,
    Scene,
    Signers,
    agreement_of,
    digests_of,
    explain,
    held,
    issued,
    receive,
    verify,
)
from tests.support.pki import chain
from vcwallet.checks import Finding, Result
from vcwallet.claims import ClaimPath
from vcwallet.credential_type import DateTime, FullDate
from vcwallet.encoding import base64url, cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import VcError
from vcwallet.formats.base import VerifiedCredential
from vcwallet.formats.mdoc import DeviceResponse, DigestAlgorithm, HeldMdoc, Mdoc, document, transcript
from vcwallet.formats.mdoc.mso import MobileSecurityObject
from vcwallet.keys.policy import KeySource, Role, TrustedKey

# --- random claims ---------------------------------------------------------------------------------------------------

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
numbers = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
dates = st.dates().map(lambda one: FullDate(one.isoformat()))
times = st.datetimes().map(lambda one: DateTime(one.isoformat(timespec="seconds") + "Z"))
leaves = st.none() | st.booleans() | numbers | texts | st.binary(max_size=300) | dates | times
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
claim_trees = st.dictionaries(names, st.dictionaries(names, values, min_size=1, max_size=5), min_size=1, max_size=3)


def in_json(value: Any) -> Any:
    """Return what a verifier is told of a value, written a second time."""
    if isinstance(value, bytes):
        return base64url.encode(value)
    if isinstance(value, FullDate | DateTime):
        return str(value)
    if isinstance(value, list):
        return [in_json(part) for part in value]
    if isinstance(value, dict):
        return {name: in_json(part) for name, part in value.items()}
    return value


@st.composite
def chosen(draw: st.DrawFn) -> tuple[dict[str, dict[str, Any]], list[ClaimPath]]:
    """Draw claims, and some of them in any order."""
    claims = draw(claim_trees)
    every: list[ClaimPath] = [(space, element) for space, elements in claims.items() for element in elements]
    return claims, draw(
        st.permutations(every).flatmap(lambda paths: st.integers(0, len(paths)).map(lambda n: paths[:n]))
    )


formats = st.builds(Mdoc, digest_algorithm=st.sampled_from(list(DigestAlgorithm)), decoys=st.integers(0, 3))


@given(chosen(), formats, st.booleans())
def test_a_verifier_sees_exactly_what_was_chosen(
    choice: tuple[Mapping[str, Mapping[str, Any]], list[ClaimPath]], format: Mdoc, with_mac: bool
):
    claims, paths = choice
    card = receive(issued(claims, format=format)).held
    assert isinstance(card, HeldMdoc)
    assert card.claims == {space: in_json(dict(elements)) for space, elements in claims.items()}
    if with_mac:
        one = card.document_with_mac(
            paths,
            session_transcript=transcript.of(BINDING),
            agreement=agreement_of(DEVICE_KEY),
            reader_key=READER_KEY.public_jwk,
        )
        raw = base64url.encode(document.write([one]))
    else:
        raw = card.present(paths, binding=BINDING, signer=DEVICE_KEY, at=NOW)
    verified = verify(raw, binding=WITH_READER)
    seen: dict[str, dict[str, Any]] = {}
    for space, elements in claims.items():
        for element, value in elements.items():
            if (space, element) in paths:
                seen.setdefault(space, {})[element] = in_json(value)
    assert verified.claims == seen
    assert set(verified.disclosed) == set(paths) == set(card.disclosed_by(paths))
    assert verified.holder_proved


@given(st.sets(st.integers(0, 9)), st.integers(0, 3))
def test_nothing_else_is_in_the_bytes(shown: set[int], decoys: int):
    """Neither a value nor a name nor a salt of what was not chosen, nor the name of a namespace without anything."""
    spaces = ["first.space", "second.space"]
    claims = {space: {f"name-{space}-{n}": f"value-{space}-{n}" for n in range(5)} for space in spaces}
    card = HeldMdoc.from_store(issued(claims, format=Mdoc(decoys=decoys)))
    every = [(space, element) for space, elements in claims.items() for element in elements]
    paths = [every[number] for number in shown]
    raw = base64url.decode(card.present(paths, binding=BINDING, signer=DEVICE_KEY, at=NOW))
    for space, items in card.issuer_signed.items.items():
        for item in items:
            salt = cbor.loads(cbor.loads(item.encoded).content)["random"]
            for secret in (item.element.encode(), str(item.value).encode(), salt, item.encoded):
                assert (secret in raw) is ((space, item.element) in paths)


def test_two_presentations_have_nothing_in_common_but_what_the_issuer_signed():
    """The proof is new each time; the issuer's signature is the same, which is why a wallet has many documents."""
    card = held()
    first, second = (card.present([(SPACE, "portrait")], binding=BINDING, signer=DEVICE_KEY, at=NOW) for _ in range(2))
    assert first != second
    ours, theirs = (DeviceResponse.loads(base64url.decode(raw)).documents[0] for raw in (first, second))
    assert ours["issuerSigned"] == theirs["issuerSigned"]
    assert ours["deviceSigned"] != theirs["deviceSigned"]


# --- nothing can be changed ------------------------------------------------------------------------------------------

CERTIFICATES = chain(Role.DOCUMENT_SIGNER)


class LeafAlone(Signers):
    """Trusts a signer whatever else stands in its chain, as no policy of ours does."""

    def key_for(self, source: KeySource, **context: Any) -> TrustedKey:
        return super().key_for(KeySource(chain=source.chain[:1]), **context)


LEAF_ALONE = LeafAlone(key=CERTIFICATES.leaf.signer.public_key, chain=CERTIFICATES.x5c[:1])


@cache
def presentation() -> bytes:
    """Return an answer with everything that nothing protects: errors, unknown members, a spare certificate."""
    scene = Scene(
        issuer=CERTIFICATES.leaf.signer,
        issuer_unprotected={33: list(CERTIFICATES.x5c)},
        document={"errors": {SPACE: {"birth_date": 0}}, "one more": "unknown"},
        response={"documentErrors": [{"other": 0}], "another more": "unknown"},
        trust=LEAF_ALONE,
    )
    return cbor.dumps(scene.response_map)


def spans() -> dict[str, range]:
    """Return what no signature covers, by name, as places in the presentation."""
    raw = presentation()

    def span(part: bytes) -> range:
        assert raw.count(part) == 1
        return range(raw.index(part), raw.index(part) + len(part))

    return {
        "minor version": span(b"\xa5gversionc1.0")[-1:],
        "name of the elements": span(b"\xa2jnameSpaces\xa2")[2:12],
        "spare certificate": span(CERTIFICATES.x5c[1]),
        "errors": span(cbor.dumps("errors") + cbor.dumps({SPACE: {"birth_date": 0}})),
        "unknown member of the document": span(cbor.dumps("one more") + cbor.dumps("unknown")),
        "document errors": span(cbor.dumps("documentErrors") + cbor.dumps([{"other": 0}])),
        "unknown member of the answer": span(cbor.dumps("another more") + cbor.dumps("unknown")),
    }


def outcome(raw: bytes) -> VerifiedCredential | VcError:
    """Return what verifying says, after a look whether explaining says the same."""
    text = base64url.encode(raw)
    return told(lambda: verify(text, trust=LEAF_ALONE), explain(text, trust=LEAF_ALONE))


def told(verifying: Callable[[], VerifiedCredential], findings: list[Finding]) -> VerifiedCredential | VcError:
    failed = [finding.code for finding in findings if finding.result is Result.FAILED]
    found: VerifiedCredential | VcError
    try:
        found = verifying()
    except VcError as error:
        found = error
    assert failed[:1] == ([found.code] if isinstance(found, VcError) else [])
    assert failed or {finding.result for finding in findings} == {Result.PASSED}
    return found


def require_harmless(place: int, changed: bytes) -> None:
    found = outcome(changed)
    if isinstance(found, VcError):
        return
    hit = {name for name, span in spans().items() if place in span}
    assert hit, f"byte {place} was changed, and nobody saw it"
    if hit == {"name of the elements"}:
        assert found.claims == {}  # fewer elements, which the verifier misses; never others
    else:
        assert found.claims == SEEN
    assert found.device_claims == {}


def test_the_presentation_that_is_changed_verifies():
    found = outcome(presentation())
    assert isinstance(found, VerifiedCredential)
    assert found.claims == SEEN


def test_a_changed_byte_is_refused_wherever_a_signature_covers_it():
    for place in range(len(presentation())):
        changed = bytearray(presentation())
        changed[place] ^= 1
        require_harmless(place, bytes(changed))


@given(st.data(), st.integers(1, 255))
def test_any_change_of_a_byte_is_refused_wherever_a_signature_covers_it(data: st.DataObject, mask: int):
    place = data.draw(st.integers(0, len(presentation()) - 1))
    changed = bytearray(presentation())
    changed[place] ^= mask
    require_harmless(place, bytes(changed))


@given(st.data(), st.binary(max_size=4))
def test_bytes_put_in_or_taken_out_are_refused(data: st.DataObject, inserted: bytes):
    raw = presentation()
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, len(raw))] * 2)))
    changed = raw[:first] + inserted + raw[last:]
    assume(changed != raw)
    found = outcome(changed)
    if not isinstance(found, VcError):
        assert all(any(place in span for span in spans().values()) for place in range(first, max(last, first + 1)))


# --- parsers ---------------------------------------------------------------------------------------------------------


def read_document(data: bytes) -> None:
    for members in DeviceResponse.loads(data).documents:
        document.read_document(members)


def split(data: bytes) -> None:
    DeviceResponse.loads(data).each()


def merge(data: bytes) -> None:
    document.merged([data], errors={DOC_TYPE: {SPACE: {"x": 0}}})


def received(data: bytes) -> None:
    Mdoc().read_issued(base64url.encode(data)).verify(trust=TRUST, at=NOW)


def stored(data: bytes) -> None:
    card = HeldMdoc.from_store(base64url.encode(data))
    card.authorities
    card.present([], binding=BINDING, signer=DEVICE_KEY, at=NOW)
    assert card.claims is not None


def presented(data: bytes) -> None:
    found = outcome(data)
    if isinstance(found, VcError):
        raise found


PARSERS: dict[str, tuple[Callable[[bytes], Any], Callable[[], Any]]] = {
    "DeviceResponse.loads": (DeviceResponse.loads, lambda: Scene().response_map),
    "read_document": (read_document, lambda: Scene().response_map),
    "each": (split, lambda: Scene().response_map),
    "merged": (merge, lambda: Scene().response_map),
    "MobileSecurityObject.loads": (MobileSecurityObject.loads, lambda: Tag(24, cbor.dumps(Scene().mso))),
    "IssuedMdoc.verify": (received, lambda: Scene().issued_map),
    "HeldMdoc.from_store": (stored, lambda: Scene().issued_map),
    "PresentedMdoc.verify": (presented, lambda: cbor.loads(presentation())),
}
each_parser = pytest.mark.parametrize(("parser", "good"), PARSERS.values(), ids=list(PARSERS))

any_cbor = st.recursive(
    leaves.filter(lambda value: not isinstance(value, FullDate | DateTime))
    | st.sampled_from([float("nan"), float("inf"), Tag(0, "soon"), Tag(1004, "x"), Tag(24, b"\xa0"), Tag(24, b"\xff")]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3) | st.integers(-9, 99) | st.binary(max_size=2), inner, max_size=4)
        | st.builds(Tag, st.sampled_from([0, 17, 18, 24, 61, 1004]), inner)
    ),
    max_leaves=8,
)


@each_parser
def test_a_parser_reads_what_is_right(parser: Callable[[bytes], Any], good: Callable[[], Any]):
    parser(cbor.dumps(good()))


@each_parser
@given(data=st.binary(max_size=200))
@example(data=b"")
def test_a_parser_knows_no_error_but_ours_on_any_bytes(
    parser: Callable[[bytes], Any], good: Callable[[], Any], data: bytes
):
    with pytest.raises(VcError):
        parser(data)


@each_parser
@given(value=any_cbor)
def test_a_parser_knows_no_error_but_ours_on_any_cbor(
    parser: Callable[[bytes], Any], good: Callable[[], Any], value: Any
):
    for data in (cbor.dumps(value), cbor.dumps(Tag(24, cbor.dumps(value)))):
        with pytest.raises(VcError):
            parser(data)


@each_parser
@given(data=st.data(), value=any_cbor)
def test_a_parser_knows_no_error_but_ours_with_any_part_exchanged(
    parser: Callable[[bytes], Any], good: Callable[[], Any], data: st.DataObject, value: Any
):
    exchanged = exchange(good(), data, value)
    with suppress(VcError):  # most are refused; a part that nobody reads may be anything
        parser(cbor.dumps(exchanged))


def exchange(part: Any, data: st.DataObject, value: Any) -> Any:
    """Return decoded CBOR with one part of it exchanged, down into what is embedded."""
    if isinstance(part, dict) and part:
        name = data.draw(st.sampled_from(list(part)))
        if data.draw(st.integers(0, 9)) == 0:
            return {**{key: one for key, one in part.items() if key != name}, "x": value}
        return {**part, name: exchange(part[name], data, value)}
    if isinstance(part, list) and part:
        place = data.draw(st.integers(0, len(part) - 1))
        return [*part[:place], exchange(part[place], data, value), *part[place + 1 :]]
    inside = part.content if isinstance(part, Tag) else part
    if isinstance(inside, bytes) and len(inside) > 64 and data.draw(st.booleans()):
        try:
            changed = cbor.dumps(exchange(cbor.loads(inside), data, value))
        except VcError:
            return value  # no CBOR inside, but a certificate or a signature
        return Tag(24, changed) if isinstance(part, Tag) else changed
    return value


@given(data=st.data(), value=any_cbor)
def test_an_issuer_that_signs_anything_gets_no_further(data: st.DataObject, value: Any):
    """The same with signatures that are right, so that the checks after them are reached."""
    scene = Scene()
    part = data.draw(st.sampled_from(["mso", "items", "device_items", "response", "document", "issuer_signed"]))
    setattr(scene, part, exchange(getattr(scene, part) or {"errors": 0}, data, value))
    if part == "items":
        with suppress(VcError, TypeError, AttributeError, AssertionError, KeyError):
            scene.mso["valueDigests"] = digests_of(scene.items)
    try:
        raw = scene.presented
    except (TypeError, ValueError):
        return  # the scene itself takes a map for granted here and there
    told(lambda: verify(raw), explain(raw))


@each_parser
def test_a_parser_knows_no_error_but_ours_on_what_ends_early(parser: Callable[[bytes], Any], good: Callable[[], Any]):
    raw = cbor.dumps(good())
    for length in range(len(raw)):
        with pytest.raises(VcError):
            parser(raw[:length])


@given(st.text(max_size=50))
def test_text_that_is_no_presentation_is_refused(text: str):
    for read in (Mdoc().reopen, verify, receive):
        with pytest.raises(VcError):
            read(text)
    assert explain(text)[0].result is Result.FAILED
