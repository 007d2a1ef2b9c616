# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Reading decoded CBOR strictly: a value is of exactly the type that the CDDL names, or `MalformedError`.

CBOR's ``true`` is no integer here, although Python's is.
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar

from vcwallet.encoding.cbor import Tag
from vcwallet.errors import MalformedError, UnsupportedError, quoted

EMBEDDED: Final = 24
"""The tag of a byte string that holds encoded CBOR (RFC 8949, section 3.4.5.1)."""

_VERSION = re.compile(r"([0-9]{1,4})\.[0-9]{1,4}")
_NAMES: dict[type, str] = {
    bool: "a boolean",
    int: "an integer",
    str: "text",
    bytes: "a byte string",
    list: "an array",
    dict: "a map",
}

T = TypeVar("T")


def expect(kind: type[T], value: object, what: str) -> T:
    """Return `value`, which is of this type exactly.

    Raises:
        MalformedError: it is not; the message calls it `what`.
    """
    if type(value) is not kind:
        raise MalformedError(f"{what} is not {_NAMES[kind]}")
    return value


def expect_text(value: object, what: str) -> str:
    """Return `value`, which is text that is not empty, as names and identifiers are.

    Raises:
        MalformedError: it is not.
    """
    text = expect(str, value, what)
    if not text:
        raise MalformedError(f"{what} is empty")
    return text


def expect_number(value: object, what: str, *, least: int = 0, most: int) -> int:
    """Return `value`, which is an integer between the two, both included.

    Raises:
        MalformedError: it is not.
    """
    number = expect(int, value, what)
    if not least <= number <= most:
        raise MalformedError(f"{what} is out of range")
    return number


def expect_bytes(value: object, what: str, *, length: int) -> bytes:
    """Return `value`, which is a byte string of this length.

    Raises:
        MalformedError: it is not.
    """
    data = expect(bytes, value, what)
    if len(data) != length:
        raise MalformedError(f"{what} has not {length} bytes")
    return data


def embedded(value: object, what: str) -> bytes:
    """Return the bytes inside of a tag 24, as they came.

    Raises:
        MalformedError: it is no tag 24 around a byte string.
    """
    if not isinstance(value, Tag) or value.number != EMBEDDED:
        raise MalformedError(f"{what} has no tag 24", clause="ISO/IEC 18013-5, 7.1")
    return expect(bytes, value.content, what)


def expect_version(members: dict[Any, Any], key: int | str, *, major: int, what: str) -> str:
    """Return the version of a structure: any minor version of `major`.

    Raises:
        MalformedError: it is not of the form "1.0".
        UnsupportedError: another major version (code ``VERSION_NOT_SUPPORTED``).
    """
    version = expect(str, members.get(key), f"the version of {what}")
    match = _VERSION.fullmatch(version)
    if match is None:
        raise MalformedError(f"the version of {what} is not of the form 1.0")
    if int(match[1]) != major:
        raise UnsupportedError(f"{what} has version {quoted(version)}", code="VERSION_NOT_SUPPORTED")
    return version
