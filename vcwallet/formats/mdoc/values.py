# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Element values in CBOR and in JSON (RFC 8949, section 6.1; OpenID4VP 1.0, appendix B.2).

An mdoc carries CBOR; queries, types and consent speak of JSON values.  What has no form in JSON is written as text:
dates as they stand, byte strings as base64url.

    >>> from vcwallet.encoding import cbor
    >>> from vcwallet.formats.mdoc.values import encode, json_value
    >>> json_value({"birth_date": cbor.Tag(1004, "1990-01-02"), "portrait": bytes.fromhex("ffd8")})
    {'birth_date': '1990-01-02', 'portrait': '_9g'}
    >>> from vcwallet.credential_type import FullDate
    >>> encode(FullDate("1990-01-02")).hex()
    'd903ec6a313939302d30312d3032'
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from vcwallet.claims import JsonValue
from vcwallet.credential_type import DateTime, FullDate
from vcwallet.encoding import base64url, cbor
from vcwallet.encoding.cbor import CborValue, Tag
from vcwallet.errors import MalformedError
from vcwallet.formats.mdoc.shape import DATE_TIME, EMBEDDED, FULL_DATE
from vcwallet.formats.mdoc.vocabulary import ISO

_LEAST = -(2**63)
_SCALARS = (bool, int, str)  # a union is made anew each time that it is written into an `isinstance`
_CONSTANTS = {True: b"\xf5", False: b"\xf4"}


def encode(value: Any) -> bytes:
    """Return the CBOR of an element's value, as a credential type's mdoc view gives it.

    Raises:
        TypeError, ValueError: a value that CBOR has no form for, or beyond the limits of `vcwallet.encoding.cbor`.
    """
    kind = type(value)
    if kind is str:  # most elements are texts and answers, so these take the short way
        return cbor.text_string(value)
    if kind is bool:
        return _CONSTANTS[value]
    return cbor.dumps(_tagged(value))


def _tagged(value: Any) -> CborValue:
    if isinstance(value, FullDate):
        return Tag(FULL_DATE, str(value))
    if isinstance(value, DateTime):
        return Tag(DATE_TIME, str(value))
    if isinstance(value, Mapping):
        return {name: _tagged(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_tagged(part) for part in value]
    if (isinstance(value, float) and not isfinite(value)) or (isinstance(value, int) and value < _LEAST):
        raise ValueError("a number that JSON does not have, or that its readers do not keep")
    return value  # type: ignore[no-any-return]  # anything else is a scalar, or refused by the encoder


def json_value(value: Any) -> JsonValue:
    """Return a decoded element value in JSON values.

    Raises:
        MalformedError: a tag that no element has, a date that is no text, a number that is infinite, none, or below
            -2^63, or two keys that JSON cannot tell apart.
    """
    if isinstance(value, int) and value < _LEAST:
        raise MalformedError("an element has a number that JSON readers do not keep", clause="RFC 8949, section 6.1")
    if value is None or isinstance(value, _SCALARS):
        return value
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, bytes):
        return base64url.encode(value)
    if isinstance(value, list):
        return [json_value(part) for part in value]
    if isinstance(value, dict):
        return _json_object(value)
    return _untagged(value)


def _finite(value: float) -> float:
    if not isfinite(value):
        raise MalformedError("an element has a number that JSON does not have", clause="RFC 8949, section 6.1")
    return value


def _json_object(value: dict[Any, Any]) -> JsonValue:
    members = {_key(key): json_value(part) for key, part in value.items()}
    if len(members) != len(value):
        raise MalformedError("an element has two keys of one name in JSON", clause="RFC 8949, section 6.1")
    return members


def _key(key: object) -> str:
    return base64url.encode(key) if isinstance(key, bytes) else str(key)


def _untagged(value: Tag) -> JsonValue:
    if value.number in (DATE_TIME, FULL_DATE) and isinstance(value.content, str):
        return value.content
    if value.number == EMBEDDED and isinstance(value.content, bytes):
        return base64url.encode(value.content)
    raise MalformedError("an element has a tag that does not belong there", clause=f"{ISO}, clause 7.2.1")
