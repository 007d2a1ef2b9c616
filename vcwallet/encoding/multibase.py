# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Multibase: bytes as text that says its own base (W3C Controlled Identifiers 1.0, section 2.4).

Of the bases there are two: ``z`` for base58btc and ``u`` for base64url without padding.

    >>> from vcwallet.encoding import multibase
    >>> multibase.encode_base58btc(b"hello")
    'zCn8eVZg'
    >>> multibase.decode("uaGVsbG8")
    b'hello'
"""

from __future__ import annotations

from vcwallet.encoding import base64url
from vcwallet.errors import LimitExceededError, MalformedError, UnsupportedError, quoted

BASE58BTC = "z"
BASE64URL = "u"
CLAUSE = "Controlled Identifiers 1.0, section 2.4"
MAX_BASE58_TEXT = 4096
"""Base58 is a number, and reading a number takes the square of its length."""

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {character: value for value, character in enumerate(_ALPHABET)}


def encode_base58btc(data: bytes) -> str:
    """Return `data` in base58btc, with its prefix ``z``."""
    number = int.from_bytes(data, "big")
    digits = []
    while number:
        number, digit = divmod(number, 58)
        digits.append(_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return BASE58BTC + _ALPHABET[0] * zeros + "".join(reversed(digits))


def encode_base64url(data: bytes) -> str:
    """Return `data` in base64url without padding, with its prefix ``u``."""
    return BASE64URL + base64url.encode(data)


def decode(text: str) -> bytes:
    """Return the bytes of a multibase text.

    Raises:
        UnsupportedError: a base that is neither base58btc nor base64url.
        MalformedError: empty, or a character that the base does not have.
        LimitExceededError: base58 text longer than 4 096 characters.
    """
    if not text:
        raise MalformedError("multibase text begins with its base", clause=CLAUSE)
    match text[0]:
        case "z":
            return _decode_base58btc(text[1:])
        case "u":
            return base64url.decode(text[1:])
        case base:
            raise UnsupportedError(f"multibase {quoted(base)} is not supported", clause=CLAUSE)


def _decode_base58btc(text: str) -> bytes:
    if len(text) > MAX_BASE58_TEXT:
        raise LimitExceededError(f"base58 text is longer than {MAX_BASE58_TEXT} characters")
    number = 0
    for character in text:
        digit = _DIGITS.get(character)
        if digit is None:
            raise MalformedError("base58 text has a character outside its alphabet", clause=CLAUSE)
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip(_ALPHABET[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
