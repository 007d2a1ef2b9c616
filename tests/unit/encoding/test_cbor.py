# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Strict CBOR: what is read, what is refused, and how it is written (RFC 8949)."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.vectors import shared_json
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import KNOWN_TAGS, Limits, Tag
from vcwallet.errors import LimitExceededError, MalformedError, VcError

# RFC 8949, appendix A: the examples that JSON cannot express.
APPENDIX_A: dict[str, Any] = {
    "f97c00": math.inf,
    "f9fc00": -math.inf,
    "fa7f800000": math.inf,
    "faff800000": -math.inf,
    "fb7ff0000000000000": math.inf,
    "fbfff0000000000000": -math.inf,
    "c074323031332d30332d32315432303a30343a30305a": Tag(0, "2013-03-21T20:04:00Z"),
    "c11a514b67b0": Tag(1, 1363896240),
    "c1fb41d452d9ec200000": Tag(1, 1363896240.5),
    "c249010000000000000000": Tag(2, bytes.fromhex("010000000000000000")),
    "c349010000000000000000": Tag(3, bytes.fromhex("010000000000000000")),
    "d74401020304": Tag(23, bytes.fromhex("01020304")),
    "d818456449455446": Tag(24, bytes.fromhex("6449455446")),
    "d82076687474703a2f2f7777772e6578616d706c652e636f6d": Tag(32, "http://www.example.com"),
    "40": b"",
    "4401020304": bytes.fromhex("01020304"),
    "a201020304": {1: 2, 3: 4},
}
NOT_A_NUMBER = {"f97e00", "fa7fc00000", "fb7ff8000000000000"}
UNDEFINED_OR_SIMPLE = {"f7", "f0", "f818", "f8ff"}
INDEFINITE = ("5f", "7f", "9f", "bf", "83018202039f", "83019f", "826161bf")


def load(text: str, **limits: Any) -> Any:
    return cbor.loads(bytes.fromhex(text), limits=Limits(**limits))


# --- reading ---------------------------------------------------------------------------------------------------------


def test_the_examples_of_the_standard_are_read_written_or_refused_as_they_should() -> None:
    tags = KNOWN_TAGS | {1, 2, 3, 23, 32}
    for vector in shared_json("cbor", "appendix_a.json"):
        text = vector["hex"]
        if text in UNDEFINED_OR_SIMPLE or text.startswith(INDEFINITE):
            with pytest.raises(MalformedError):
                load(text, tags=tags)
        elif text in NOT_A_NUMBER:
            assert math.isnan(load(text))
        else:
            value = load(text, tags=tags)
            assert repr(value) == repr(APPENDIX_A.get(text, vector.get("decoded"))), text
            assert not vector["roundtrip"] or cbor.dumps(value).hex() == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1bffffffffffffffff", 2**64 - 1),
        ("3bffffffffffffffff", -(2**64)),
        ("fb3ff0000000000000", 1.0),  # floats may be wider than they need be
        ("d28443a10126a0f64101", Tag(18, [b"\xa1\x01\x26", {}, None, b"\x01"])),
        ("a301f420f56131f6", {1: False, -1: True, "1": None}),
        ("d903ec6a323031332d30332d3231", Tag(1004, "2013-03-21")),
    ],
)
def test_values_come_in_plain_types_and_tags_are_not_interpreted(text: str, value: object) -> None:
    assert load(text) == value


@pytest.mark.parametrize(
    ("reason", "good", "bad"),
    [
        ("an integer that is not shortest", "17", "1817"),
        ("an integer that is not shortest", "18ff", "1900ff"),
        ("an integer that is not shortest", "19ffff", "1a0000ffff"),
        ("an integer that is not shortest", "1affffffff", "1b00000000ffffffff"),
        ("a length that is not shortest", "4101", "580101"),
        ("a tag that is not shortest", "d81840", "d9001840"),
        ("an indefinite length", "8101", "9f01ff"),
        ("an indefinite length", "a10102", "bf0102ff"),
        ("an indefinite length", "4101", "5f4101ff"),
        ("an indefinite length", "6161", "7f6161ff"),
        ("an indefinite length", "01", "1f"),
        ("a break without a beginning", "f6", "ff"),
        ("a reserved head", "1818", "1c"),
        ("a reserved head", "f5", "fc"),
        ("undefined", "f6", "f7"),
        ("an unassigned simple value", "f4", "f3"),
        ("a two-byte simple value", "f4", "f820"),
        ("bytes after the item", "01", "0101"),
        ("nothing", "01", ""),
        ("an early end in a head", "1901f4", "1901"),
        ("an early end in a float", "f93c00", "f93c"),
        ("an early end in a string", "426162", "4261"),
        ("an early end in an array", "820102", "8201"),
        ("an early end in a map", "a10102", "a101"),
        ("an early end in a tag", "d81840", "d818"),
        ("a string of 2^64 - 1 bytes", "4101", "5bffffffffffffffff"),
        ("text that is not UTF-8", "62c3a9", "61ff"),
        ("text with a surrogate", "63e38182", "63eda080"),
        ("a tag that is not known", "d81840", "d81940"),
        ("a bignum", "01", "c24101"),
        ("a shared value", "8101", "d81c8101"),
        ("a duplicate integer key", "a201000200", "a201000100"),
        ("a duplicate text key", "a2616100616200", "a2616100616100"),
        ("a duplicate key in a nested map", "81a201000200", "81a201000100"),
        ("1 and 1.0", "a201000200", "a20100f93c0000"),
        ("1 and true", "a201000200", "a20100f500"),
        ("a null key", "a10100", "a1f600"),
        ("an array as key", "a10100", "a1810100"),
        ("a tagged key", "a1410100", "a1d818410100"),
    ],
)
def test_what_has_a_second_reading_is_refused(reason: str, good: str, bad: str) -> None:
    load(good)
    with pytest.raises(MalformedError):
        load(bad)


def test_the_error_does_not_repeat_what_the_data_says() -> None:
    with pytest.raises(MalformedError) as refusal:
        cbor.loads(b"\xa2\x66secret\x01\x66secret\x02")
    assert "secret" not in str(refusal.value)
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize(
    ("limits", "good", "bad"),
    [
        ({"max_depth": 2}, "818101", "81818101"),
        ({"max_depth": 2}, "81a10101", "81a101a0"),
        ({"max_depth": 2}, "d818d81801", "d818d818d81801"),
        ({"max_items": 3}, "820102", "83010203"),
        ({"max_items": 3}, "a10102", "a201020304"),
        ({"max_map_entries": 1}, "a10102", "a201020304"),
        ({"max_bytes": 3}, "420102", "43010203"),
    ],
)
def test_a_limit_admits_its_own_value_and_no_more(limits: dict[str, int], good: str, bad: str) -> None:
    load(good, **limits)
    with pytest.raises(LimitExceededError):
        load(bad, **limits)


def test_the_default_limits_are_those_of_the_threat_model() -> None:
    assert load("81" * 16 + "01")
    with pytest.raises(LimitExceededError, match="deeper than 16"):
        load("81" * 17 + "01")
    assert len(cbor.loads(cbor.dumps([0] * 99_999))) == 99_999
    with pytest.raises(LimitExceededError, match="100000 items"):
        cbor.loads(cbor.dumps([0] * 100_000))
    assert len(cbor.loads(cbor.dumps(dict.fromkeys(range(10_000))))) == 10_000
    with pytest.raises(LimitExceededError, match="10000 entries"):
        cbor.loads(cbor.dumps(dict.fromkeys(range(10_001))))
    with pytest.raises(LimitExceededError, match="bytes"):
        cbor.loads(bytes(4 * 1024 * 1024 + 1))


def test_a_hundred_thousand_brackets_are_refused_and_not_followed() -> None:
    with pytest.raises(LimitExceededError):
        cbor.loads(b"\x81" * 100_000 + b"\x01")


@pytest.mark.parametrize("text", ["d818456449455446", "a26161016162820203", "d28443a10126a0f64101"])
def test_every_beginning_of_an_item_is_refused(text: str) -> None:
    whole = bytes.fromhex(text)
    for end in range(len(whole)):
        with pytest.raises(MalformedError):
            cbor.loads(whole[:end])


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_our_errors(data: bytes) -> None:
    try:
        value = cbor.loads(data)
    except VcError:
        return
    cbor.dumps(value)


@pytest.mark.parametrize("length", [0, 1, 23, 24, 255, 256, 65_535, 65_536])
def test_what_is_embedded_is_taken_out_as_it_came(length: int) -> None:
    inner = bytes(length)
    assert cbor.unembedded(cbor.embedded(inner)) == cbor.loads(cbor.embedded(inner)).content == inner


@pytest.mark.parametrize(
    ("reason", "bad"),
    [
        ("nothing", ""),
        ("no tag", "4101"),
        ("another tag", "d8194101"),
        ("the tag of CBOR itself", "d9d9f74101"),
        ("a tag in two bytes", "d900184101"),
        ("a tag within a tag", "d818d8184101"),
        ("a text", "d8186161"),
        ("a number", "d81801"),
        ("a negative number", "d81838ff"),
        ("an array", "d8188101"),
        ("null", "d818f6"),
        ("a byte more", "d818410100"),
        ("a length that is not the shortest", "d818580101"),
        ("a length in two bytes that is not the shortest", "d818590001" + "01"),
        ("an indefinite length", "d8185f4101ff"),
        ("a reserved length", "d8185c01"),
    ],
)
def test_what_is_no_embedded_item_is_refused_as_by_the_reader(reason: str, bad: str) -> None:
    assert cbor.unembedded(bytes.fromhex("d8184101")) == b"\x01"
    with pytest.raises(MalformedError):
        cbor.unembedded(bytes.fromhex(bad))


@pytest.mark.parametrize("length", [1, 24, 256])
def test_every_beginning_of_an_embedded_item_is_refused(length: int) -> None:
    whole = cbor.embedded(bytes(length))
    for end in range(len(whole)):
        with pytest.raises(MalformedError):
            cbor.unembedded(whole[:end])


@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda data: b"\xd8\x18" + data))
def test_an_embedded_item_is_taken_out_where_the_reader_finds_one_and_nowhere_else(data: bytes) -> None:
    try:
        found = cbor.loads(data)
    except VcError:
        found = None
    if isinstance(found, Tag) and found.number == 24 and isinstance(found.content, bytes):
        assert cbor.unembedded(data) == found.content
    else:
        with pytest.raises(MalformedError):
            cbor.unembedded(data)


# --- writing ---------------------------------------------------------------------------------------------------------


class Name(StrEnum):
    A = "a"


class Number(IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Name.A, "6161"),
        (Number.ONE, "01"),
        ({Name.A: Number.ONE}, "a1616101"),
        ({"b": 1, "a": 2}, "a2616201616102"),  # entries keep their order
        ((1, [2]), "82018102"),
        (MappingProxyType({1: 2}), "a10102"),
        (Tag(24, b"\x01"), "d8184101"),
        (Tag(18, [b"", {}, None, b""]), "d28440a0f640"),
        (1.5, "f93e00"),
        (-0.0, "f98000"),
        (65504.0, "f97bff"),
        (65536.0, "fa47800000"),
        (1.1, "fb3ff199999999999a"),
        (1e300, "fb7e37e43c8800759c"),
        (math.nan, "f97e00"),
    ],
)
def test_values_are_written_in_the_shortest_form(value: Any, text: str) -> None:
    assert cbor.dumps(value).hex() == text


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        object(),
        bytearray(b"1"),
        memoryview(b"1"),
        datetime(2030, 1, 1, tzinfo=UTC),
        {None: 1},
        {True: 1},
        {1.0: 1},
        {(1,): 1},
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_single_form_is_not_written(value: Any) -> None:
    with pytest.raises(TypeError):
        cbor.dumps(value)


@pytest.mark.parametrize("value", [2**64, -(2**64) - 1, {2**64: 0}, "\ud800"])
def test_what_is_out_of_range_is_not_written(value: Any) -> None:
    with pytest.raises(ValueError, match=r"64 bits|surrogate"):
        cbor.dumps(value)


def test_depth_is_bounded_for_writing_as_for_reading() -> None:
    value: Any = 1
    for _ in range(16):
        value = [value]
    assert cbor.loads(cbor.dumps(value)) == value
    with pytest.raises(ValueError, match="deeper"):
        cbor.dumps([value])
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="deeper"):
        cbor.dumps(endless)


def test_a_tag_is_a_64_bit_number() -> None:
    assert Tag(2**64 - 1, None).number == 2**64 - 1
    for number in (-1, 2**64):
        with pytest.raises(ValueError, match="64-bit"):
            Tag(number, None)


SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary()
)
KEYS = st.integers(-(2**64), 2**64 - 1) | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(KEYS, inner, max_size=5)
        | st.builds(Tag, st.sampled_from(sorted(KNOWN_TAGS)), inner)
    ),
    max_leaves=20,
).filter(lambda value: _depth(value) <= 16)


def _depth(value: Any) -> int:
    match value:
        case list():
            return 1 + max(map(_depth, value), default=0)
        case dict():
            return 1 + max(map(_depth, value.values()), default=0)
        case Tag():
            return 1 + _depth(value.content)
    return 0


@given(VALUES)
def test_what_is_written_is_read_back_and_written_the_same(value: Any) -> None:
    written = cbor.dumps(value)
    read = cbor.loads(written)
    assert repr(read) == repr(value)
    assert cbor.dumps(read) == written
