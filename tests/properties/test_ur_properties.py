# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Uniform resources: whatever is seen of a sequence, the message is the right one or none."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from vcwallet.encoding import bytewords, cbor
from vcwallet.encoding import uniform_resource as ur
from vcwallet.encoding.fountain import FountainDecoder, Part
from vcwallet.encoding.uniform_resource import UrDecoder
from vcwallet.errors import MalformedError, VcError

MESSAGES = st.binary(min_size=1, max_size=1500)
FRAGMENT_SIZES = st.integers(20, 400)


@given(MESSAGES, st.sampled_from(["vc-request", "x", "0-0"]))
def test_a_single_text_is_read_back(message: bytes, ur_type: str) -> None:
    decoder = UrDecoder()
    decoder.receive(ur.encode(ur_type, message))
    assert (decoder.ur_type, decoder.message) == (ur_type, message)


@given(MESSAGES, FRAGMENT_SIZES, st.randoms(use_true_random=False), st.floats(0, 0.5))
def test_a_sequence_is_read_back_whatever_is_lost(message: bytes, size: int, dice: Random, loss: float) -> None:
    decoder = UrDecoder()
    for number, text in enumerate(ur.parts("x", message, max_fragment_bytes=size)):
        if dice.random() >= loss:
            decoder.receive(text)
        if decoder.message is not None:
            break
        assert number < 1000
    assert decoder.message == message


@given(MESSAGES, FRAGMENT_SIZES, st.lists(st.integers(0, 200), max_size=100))
def test_any_parts_in_any_order_give_the_message_or_nothing(message: bytes, size: int, order: list[int]) -> None:
    texts = list(islice(ur.parts("x", message, max_fragment_bytes=size), 201))
    decoder = UrDecoder()
    known = 0.0
    for index in order:
        decoder.receive(texts[index])
        assert known <= decoder.progress <= 1
        known = decoder.progress
    assert decoder.message == (message if known == 1 else None)


@given(MESSAGES, st.data())
def test_any_changed_letter_is_noticed(message: bytes, data: st.DataObject) -> None:
    text = ur.encode("x", message)
    position = data.draw(st.integers(len("UR:X/"), len(text) - 1))
    letter = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ").filter(lambda other: other != text[position]))
    try:
        UrDecoder().receive(text[:position] + letter + text[position + 1 :])
    except MalformedError:
        return
    raise AssertionError("a text with a wrong letter was accepted")


@given(st.text() | st.text(alphabet="urUR:x/-0123456789aexyz").map("ur:".__add__))
def test_no_text_raises_anything_but_our_errors(text: str) -> None:
    with suppress(VcError):
        UrDecoder().receive(text)


@given(st.binary(max_size=80).map(bytewords.encode), st.sampled_from(["", "1-2/", "2-1/", "4294967295-100/"]))
def test_no_body_raises_anything_but_our_errors(body: str, numbers: str) -> None:
    with suppress(VcError):
        UrDecoder().receive(f"ur:x/{numbers}{body}")


@given(st.lists(st.tuples(st.integers(1, 2**32 - 1), st.binary(min_size=7, max_size=7)), max_size=60))
def test_parts_that_lie_never_give_a_message_that_fails_its_checksum(shares: list[tuple[int, bytes]]) -> None:
    decoder = FountainDecoder()
    for number, share in shares:
        part = Part(number=number, count=3, message_length=20, checksum=7, data=share)
        assert Part.from_cbor(cbor.dumps(cbor.loads(part.to_cbor()))) == part
        try:
            decoder.receive(part)
        except MalformedError:
            assert decoder.progress == 0
        assert decoder.message is None
