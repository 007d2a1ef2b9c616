# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
r"""Strict JSON (RFC 8259, RFC 7493): one meaning for each text, within stated limits.

Two readers that disagree about a duplicate member can be played against each other, so it is refused, as are NaN,
Infinity, a byte order mark, lone surrogates and any encoding but UTF-8.

    >>> from vcwallet.encoding import json
    >>> json.loads(b'{"a": [1, true, null]}')
    {'a': [1, True, None]}
    >>> json.dumps({"a": "\u3042"})
    b'{"a":"\xe3\x81\x82"}'
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import orjson

from vcwallet.claims import JsonValue
from vcwallet.errors import LimitExceededError, MalformedError

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 32
MAX_MEMBERS = 10_000
MAX_ITEMS = 100_000
MAX_DIGITS = 64


def dumps(value: JsonValue) -> bytes:
    """Return `value` as compact UTF-8 JSON.

    Raises:
        TypeError: the value is not JSON, or an integer has more than 64 bits (a programming error).
    """
    text = orjson.dumps(value, default=_plain)
    if b"null" in text:
        _require_numbers(value)
    return text


dumps_part: Callable[[Any], bytes] = orjson.dumps
"""Writes a part of a value that `dumps` has accepted, in lists, tuples and dicts, as compact UTF-8 JSON."""


def _plain(value: object) -> dict[str, Any] | list[Any]:
    """Return a mapping or sequence that orjson does not know, a read-only one for example, as one that it knows."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return list(value)
    raise TypeError(f"a {type(value).__name__} is not JSON")


def _require_numbers(value: JsonValue) -> None:
    """Raise for NaN and Infinity, for which orjson writes null."""
    if type(value) is str or value is None:  # most are
        return
    if isinstance(value, float) and not math.isfinite(value):
        raise TypeError("JSON has no NaN or Infinity")
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        for child in value:
            _require_numbers(child)


def loads(data: bytes | str, *, max_bytes: int = MAX_BYTES, max_items: int = MAX_ITEMS) -> Any:
    """Return the value of a JSON text.

    Args:
        data: UTF-8 bytes, or text.
        max_bytes: the longest accepted text, in bytes.
        max_items: how many values, as the commas and opening brackets of the text count them, those in strings, too.

    Raises:
        LimitExceededError: too long, too many values, too deep (32), too many members (10 000 an object) or digits (64
            a number).
        MalformedError: not JSON, not UTF-8, a duplicate member, NaN or Infinity, a lone surrogate.
    """
    try:
        raw = data.encode("utf-8") if isinstance(data, str) else data
        if len(raw) > max_bytes:
            raise LimitExceededError(f"JSON text is longer than {max_bytes} bytes")
        # A value takes up to a hundred times the bytes of its text, so they are counted before there are any.
        commas, brackets = raw.count(b","), raw.count(b"[") + raw.count(b"{")
        if commas + brackets > max_items:
            raise LimitExceededError(f"JSON text has more than {max_items} values")
        value = orjson.loads(raw)
    except (UnicodeEncodeError, orjson.JSONDecodeError):
        raise MalformedError("not a JSON text", clause="RFC 8259, section 2") from None
    if brackets > MAX_DEPTH:  # with as many brackets as levels, nothing is nested too deep
        _require_depth(value, MAX_DEPTH)
    if commas >= MAX_MEMBERS or not _is_plainly_strict(raw, value):
        del value
        value = _loads_slowly(raw)
    return value


def loads_object(data: bytes | str, *, max_bytes: int = MAX_BYTES, max_items: int = MAX_ITEMS) -> dict[str, Any]:
    """Return the object of a JSON text.

    Raises:
        LimitExceededError: as `loads`.
        MalformedError: as `loads`, or the value is not an object.
    """
    value = loads(data, max_bytes=max_bytes, max_items=max_items)
    if not isinstance(value, dict):
        raise MalformedError("the JSON text is not an object")
    return value


def _is_plainly_strict(raw: bytes, value: Any) -> bool:
    """Tell whether writing the value again gives the same bytes, which no duplicate member or odd number survives."""
    return orjson.dumps(value) == raw.strip()


def _loads_slowly(raw: bytes) -> Any:
    try:
        return json.loads(
            raw,
            object_pairs_hook=_object_without_duplicates,
            parse_constant=_refuse_constant,
            parse_int=_int,
            parse_float=_float,
        )
    except RecursionError:  # in a member that another of the same name has hidden
        raise LimitExceededError(f"JSON text is nested deeper than {MAX_DEPTH}") from None
    except ValueError:  # what orjson accepts and the standard library does not
        raise MalformedError("not a JSON text", clause="RFC 8259, section 2") from None


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedError("a JSON object has a duplicate member", clause="RFC 7493, section 2.3")
    if len(members) > MAX_MEMBERS:
        raise LimitExceededError(f"a JSON object has more than {MAX_MEMBERS} members")
    return members


def _refuse_constant(_: str) -> NoReturn:
    raise MalformedError("JSON has no NaN or Infinity", clause="RFC 8259, section 6")


def _int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise LimitExceededError(f"a JSON number has more than {MAX_DIGITS} digits")
    return int(digits)


def _float(digits: str) -> float:
    if len(digits) > MAX_DIGITS:
        raise LimitExceededError(f"a JSON number has more than {MAX_DIGITS} digits")
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise MalformedError("a JSON number is out of range", clause="RFC 7493, section 2.2")
    return number


def _require_depth(value: Any, left: int) -> None:
    kind = type(value)
    if kind is not dict and kind is not list:
        return
    if left == 0:
        raise LimitExceededError(f"JSON text is nested deeper than {MAX_DEPTH}")
    for child in value.values() if kind is dict else value:
        inner = type(child)
        if inner is dict or inner is list:
            _require_depth(child, left - 1)
