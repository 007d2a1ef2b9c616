# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""JSON Canonicalization Scheme (RFC 8785)."""

from __future__ import annotations

import enum
import struct
from types import MappingProxyType

import pytest

from vcwallet.encoding import jcs
from vcwallet.errors import LimitExceededError, MalformedError

# RFC 8785, appendix B: the bits of a double and its text.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "text"), NUMBERS)
def test_a_number_of_the_rfc_is_written_as_there(bits, text):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert jcs.canonicalize(number) == text.encode()


@pytest.mark.parametrize("bits", ["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"])
def test_nan_and_infinity_are_refused(bits):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    with pytest.raises(MalformedError):
        jcs.canonicalize([number])


def test_members_are_sorted_by_utf_16_code_units():
    """RFC 8785, section 3.2.3: the emoji, written with surrogates, comes before the Hebrew presentation form."""
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    written = jcs.canonicalize(dict.fromkeys(names, 0)).decode()
    assert written == '{"\\r":0,"1":0,"\u0080":0,"\u00f6":0,"\u20ac":0,"\U0001f600":0,"\ufb33":0}'


def test_only_what_must_be_escaped_is_escaped():
    """RFC 8785, section 3.2.2.2."""
    written = jcs.canonicalize('\u20ac$\u000f\nA\'B"\\\\"/\x7f\u2028\b\t\f\r').decode()
    assert written == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f\u2028\\b\\t\\f\\r"'


def test_strings_are_not_normalised():
    assert jcs.canonicalize("A\u030a") == '"A\u030a"'.encode()


class Name(enum.StrEnum):
    A = "a"


PLAIN_AND_NOT = [
    ({"b": [1, True, None, "x"], "a": {"d": {}, "c": []}}, b'{"a":{"c":[],"d":{}},"b":[1,true,null,"x"]}'),
    ({"b": [1, True, None, "x"], "a": 1.0}, b'{"a":1,"b":[1,true,null,"x"]}'),
    (MappingProxyType({"b": (1, 2), "a": MappingProxyType({})}), b'{"a":{},"b":[1,2]}'),
    ({Name.A: Name.A, "0": 0}, b'{"0":0,"a":"a"}'),
    (2**53, b"9007199254740992"),
    (-(2**53), b"-9007199254740992"),
    (295147905179352830000, b"295147905179352830000"),
    (False, b"false"),
]


@pytest.mark.parametrize(("value", "text"), PLAIN_AND_NOT)
def test_a_value_is_written_without_space_and_in_order(value, text):
    assert jcs.canonicalize(value) == text


@pytest.mark.parametrize("number", [2**53 + 1, -(2**53) - 1, 2**64, 10**21, 10**400])
@pytest.mark.parametrize("beside", [0, 0.5])
def test_an_integer_that_its_double_writes_with_other_digits_is_refused(number, beside):
    with pytest.raises(MalformedError):
        jcs.canonicalize({"a": number, "b": beside})


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, ["\U0001f600", 0.5, "\udc00"], {"\ud800": 0.5}])
def test_a_lone_surrogate_is_refused(value):
    with pytest.raises(MalformedError):
        jcs.canonicalize(value)


@pytest.mark.parametrize("leaf", [1, 0.5])
def test_nesting_is_limited_to_32(leaf):
    def nested(depth):
        return leaf if depth == 0 else [nested(depth - 1)]

    assert jcs.canonicalize(nested(32)).startswith(b"[" * 32)
    with pytest.raises(LimitExceededError):
        jcs.canonicalize(nested(33))


@pytest.mark.parametrize("value", [b"bytes", {1: 2}, {1: 0.5}, object(), [{1, 2}], {"a": b"b"}])
def test_writing_what_is_not_json_is_a_mistake_of_the_caller(value):
    with pytest.raises(TypeError):
        jcs.canonicalize(value)
