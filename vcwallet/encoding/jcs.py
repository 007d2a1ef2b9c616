# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""JSON Canonicalization Scheme (RFC 8785): one text for each JSON value, to be hashed and signed.

RFC 8785 knows doubles only.  An integer that its double does not write with the same digits, 2**53 + 1 for example, is
refused: readers of doubles and readers of integers would see two values under one signature (RFC 7493, section 2.2).

    >>> from vcwallet.encoding import jcs
    >>> jcs.canonicalize({"b": 1.0, "a": [1e30, -0.0, 4.50, "\N{EURO SIGN}"]}).decode()
    '{"a":[1e+30,0,4.5,"€"],"b":1}'
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from vcwallet.claims import JsonValue
from vcwallet.errors import LimitExceededError, MalformedError

MAX_DEPTH = 32
MAX_SAFE_INTEGER = 2**53 - 1


def canonicalize(value: JsonValue) -> bytes:
    """Return the canonical UTF-8 text of a JSON value.

    Raises:
        MalformedError: NaN, Infinity, an integer that is rounded as a double, or a lone surrogate.
        LimitExceededError: nested deeper than 32.
        TypeError: the value is not JSON (a programming error).
    """
    if _is_plain(value, MAX_DEPTH):
        return _dump(value)
    return _write(value, MAX_DEPTH)


def _is_plain(value: Any, depth: int) -> bool:
    """Tell whether orjson writes `value` as RFC 8785 does: no fraction, and names that sort by code point.

    Names sort by UTF-16 code units, which is another order only where a name leaves the Basic Multilingual Plane.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(-MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER)
    if depth == 0:
        return False
    if kind is dict:
        return all(map(_is_plain_name, value)) and all(_is_plain(v, depth - 1) for v in value.values())
    return kind is list and all(_is_plain(v, depth - 1) for v in value)


def _is_plain_name(name: object) -> bool:
    return type(name) is str and (name.isascii() or max(name) <= "\uffff")


def _dump(value: JsonValue) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # for values that `_is_plain` has let through there is no other reason
        raise MalformedError("a string has a lone surrogate", clause="RFC 8785, section 3.2.2.2") from None


def _write(value: Any, depth: int) -> bytes:
    match value:
        case None | bool() | str():
            return _dump(value)
        case int():
            return _integer(value)
        case float():
            return _number(value)
    if depth == 0:
        raise LimitExceededError(f"a value is nested deeper than {MAX_DEPTH}")
    if isinstance(value, Mapping):
        members = sorted(value.items(), key=_utf16_name)
        return b"{" + b",".join(_dump(name) + b":" + _write(v, depth - 1) for name, v in members) + b"}"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return b"[" + b",".join(_write(v, depth - 1) for v in value) + b"]"
    raise TypeError(f"a {type(value).__name__} is not JSON")


def _utf16_name(member: tuple[object, JsonValue]) -> bytes:
    """Return the key that sorts members by UTF-16 code units (RFC 8785, section 3.2.3)."""
    name = member[0]
    if not isinstance(name, str):
        raise TypeError("the name of a JSON member is a string")
    return name.encode("utf-16-be", "surrogatepass")


def _integer(value: int) -> bytes:
    # From 10**21 on a double has an exponent, so canonical text has no such integer to be read back.
    if abs(value) > MAX_SAFE_INTEGER and (abs(value) >= 10**21 or int(_number(float(value))) != value):
        raise MalformedError("an integer is rounded as a double", clause="RFC 8785, section 3.2.2.3")
    return b"%d" % value


def _number(value: float) -> bytes:
    """Return a double as ECMAScript writes it (RFC 8785, section 3.2.2.3; ECMA-262, Number::toString)."""
    if not math.isfinite(value):
        raise MalformedError("JSON has no NaN or Infinity", clause="RFC 8785, section 3.2.2.3")
    if value == 0:
        return b"0"  # and minus zero
    digits, point = _shortest_digits(abs(value))
    if len(digits) <= point <= 21:
        text = digits + "0" * (point - len(digits))
    elif 0 < point <= 21:
        text = f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        text = f"0.{'0' * -point}{digits}"
    else:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        text = f"{digits[0]}{fraction}e{point - 1:+d}"
    return f"{'-' if value < 0 else ''}{text}".encode("ascii")


def _shortest_digits(value: float) -> tuple[str, int]:
    """Return the fewest digits that mean `value`, and where the point stands: 0.digits times ten to that power.

    Python's repr finds the same digits as ECMAScript: the shortest that read back, and of those the closest.
    """
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading_zeros = len(whole + fraction) - len(digits)
    return digits.rstrip("0"), len(whole) - leading_zeros + int(exponent or 0)
