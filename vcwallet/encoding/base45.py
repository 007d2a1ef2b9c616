# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Base45 (RFC 9285): bytes in the alphabet of a QR code's alphanumeric mode.

The alphabet has a space, a plus and a percent sign: text from a scanner must not be stripped or URL-decoded first.

    >>> from vcwallet.encoding import base45
    >>> base45.encode(b"Hello!!")
    '%69 VD92EX0'
    >>> base45.decode("QED8WEX0")
    b'ietf!'
"""

from __future__ import annotations

from typing import Final

from vcwallet.errors import MalformedError

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_DIGITS: Final = {character: digit for digit, character in enumerate(_ALPHABET)}
_WEIGHTS: Final = (1, 45, 45 * 45)


def encode(data: bytes) -> str:
    """Return `data` as Base45 text (RFC 9285, section 4.1)."""
    return "".join(_encode_group(data[start : start + 2]) for start in range(0, len(data), 2))


def _encode_group(group: bytes) -> str:
    number = int.from_bytes(group)
    characters = ""
    for _ in range(len(group) + 1):  # least significant first
        number, digit = divmod(number, 45)
        characters += _ALPHABET[digit]
    return characters


def decode(text: str) -> bytes:
    """Return the bytes that `text` encodes (RFC 9285, section 4.2).

    Raises:
        MalformedError: a character outside the alphabet, an impossible length, or a group too large for its bytes.
    """
    if len(text) % 3 == 1:
        raise MalformedError("Base45 text has an impossible length", clause="RFC 9285, section 6")
    try:
        digits = [_DIGITS[character] for character in text]
        return b"".join(_decode_group(digits[start : start + 3]) for start in range(0, len(digits), 3))
    except KeyError:
        raise MalformedError("Base45 text has a character outside its alphabet", clause="RFC 9285, section 6") from None
    except OverflowError:
        raise MalformedError("Base45 text has a group above 65535 (or 255)", clause="RFC 9285, section 6") from None


def _decode_group(digits: list[int]) -> bytes:
    number = sum(digit * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    return number.to_bytes(len(digits) - 1)
