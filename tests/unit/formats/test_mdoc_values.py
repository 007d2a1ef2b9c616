# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Element values in CBOR and in JSON."""

from __future__ import annotations

import math
from collections import UserDict
from typing import Any

import pytest

from vcwallet.credential_type import DateTime, FullDate
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import MalformedError
from vcwallet.formats.mdoc.values import encode, json_value


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("Arthur", "66417274687572"),
        ("", "60"),
        (True, "f5"),
        (False, "f4"),
        (None, "f6"),
        (0, "00"),
        (1, "01"),
        (-1, "20"),
        (1.5, "f93e00"),
        (b"\xff\xd8", "42ffd8"),
        (FullDate("1990-01-02"), "d903ec6a313939302d30312d3032"),
        (DateTime("2026-11-23T09:00:00Z"), "c074323032362d31312d32335430393a30303a30305a"),
        ([FullDate("1990-01-02")], "81d903ec6a313939302d30312d3032"),
        (("a", 1), "82616101"),
        ({"on": FullDate("1990-01-02")}, "a1626f6ed903ec6a313939302d30312d3032"),
        (UserDict({"a": [1]}), "a161618101"),
        ([], "80"),
        ({}, "a0"),
    ],
)
def test_a_value_is_written_as_cbor(value: Any, encoded: str):
    assert encode(value).hex() == encoded


@pytest.mark.parametrize(
    "value", [object(), {1.5: 1}, {None: 1}, [{1, 2}], 2**64, -(2**64) - 1, "\ud800", {"a": "\ud800"}]
)
def test_what_has_no_form_in_cbor_is_not_written(value: Any):
    with pytest.raises((TypeError, ValueError)):
        encode(value)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_number_that_json_does_not_have_is_neither_written_nor_read(value: float):
    assert json_value(cbor.loads(encode([1e308]))) == [1e308]
    for inside in (value, [value], {"a": value}):
        with pytest.raises(ValueError, match="a number that JSON does not have"):
            encode(inside)
        with pytest.raises(MalformedError):
            json_value(inside)


def test_nesting_ends_where_cbor_ends():
    value: Any = 1
    for _ in range(16):
        value = [value]
    assert cbor.loads(encode(value)) == value
    with pytest.raises(ValueError, match="nested deeper"):
        encode([value])


@pytest.mark.parametrize(
    ("value", "in_json"),
    [
        ("Arthur", "Arthur"),
        (True, True),
        (None, None),
        (-1, -1),
        (1.5, 1.5),
        (b"\xff\xd8", "_9g"),
        (b"", ""),
        (Tag(1004, "1990-01-02"), "1990-01-02"),
        (Tag(0, "2026-11-23T09:00:00Z"), "2026-11-23T09:00:00Z"),
        (Tag(24, b"\xff\xd8"), "_9g"),
        ([Tag(1004, "1990-01-02"), b"\xff\xd8"], ["1990-01-02", "_9g"]),
        ({"a": {"b": [b"\xff\xd8"]}}, {"a": {"b": ["_9g"]}}),
        ({1: "a", b"\xff\xd8": "b", "c": "d"}, {"1": "a", "_9g": "b", "c": "d"}),
        ([], []),
        ({}, {}),
    ],
)
def test_a_value_is_told_in_json(value: Any, in_json: Any):
    assert json_value(value) == in_json
    assert type(json_value(value)) is type(in_json)


@pytest.mark.parametrize(
    "value",
    [
        Tag(18, []),
        Tag(17, b""),
        Tag(61, 1),
        Tag(0, 1795424401),
        Tag(0, b"2026-11-23T09:00:00Z"),
        Tag(1004, b"1990-01-02"),
        Tag(1004, 7305),
        Tag(1004, Tag(1004, "1990-01-02")),
        Tag(24, "text"),
        Tag(24, [1]),
    ],
)
def test_a_tag_that_no_element_has_is_refused_wherever_it_stands(value: Any):
    for inside in (value, [value], {"a": value}, {"a": [{"b": value}]}):
        with pytest.raises(MalformedError, match="a tag that does not belong there"):
            json_value(inside)


@pytest.mark.parametrize("value", [{1: "a", "1": "b"}, {b"\xff\xd8": "a", "_9g": "b"}, [{-1: 0, "-1": 0}]])
def test_two_keys_that_json_cannot_tell_apart_are_refused(value: Any):
    assert json_value({1: "a", "2": "b"}) == {"1": "a", "2": "b"}
    with pytest.raises(MalformedError, match="two keys of one name"):
        json_value(value)


def test_a_number_that_has_no_place_in_64_bits_is_refused() -> None:
    assert json_value(-(2**63)) == -(2**63)
    with pytest.raises(MalformedError, match="number"):
        json_value([-(2**63) - 1])
    assert encode(-(2**63)).hex() == "3b7fffffffffffffff"
    with pytest.raises(ValueError, match="number"):
        encode([-(2**63) - 1])
