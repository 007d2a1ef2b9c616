# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Base64url without padding (RFC 4648, section 5; RFC 7515, appendix C), one spelling for each value.

>>> from vcwallet.encoding import base64url
>>> base64url.encode(b"any carnal pleas")
'YW55IGNhcm5hbCBwbGVhcw'
>>> base64url.decode("YW55IGNhcm5hbCBwbGVhcw")
b'any carnal pleas'
"""

from __future__ import annotations

import binascii
from binascii import b2a_base64 as _b2a_base64
from collections.abc import Sequence

from vcwallet.errors import MalformedError

# '!' is in no base64 alphabet, so the decoder refuses what the url alphabet does not have.
_FROM_URL = bytes.maketrans(b"-_+/=", b"+/!!!")
_PADDING = (b"", None, b"==", b"=")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# The characters whose unused low bits are zero, by length modulo 4: any other last character is a second spelling.
_LAST = (None, None, frozenset(_ALPHABET[::16].encode()), frozenset(_ALPHABET[::4].encode()))


def encode(data: bytes) -> str:
    """Return `data` as base64url text without padding."""
    return _b2a_base64(data, newline=False).rstrip(b"=").replace(b"+", b"-").replace(b"/", b"_").decode()


def encode_each(items: Sequence[bytes]) -> list[str]:
    """Return items of one length, each as base64url text, for the price of one or two encodings."""
    if not items:
        return []
    size = len(items[0])
    filler = bytes(-size % 3)  # makes every item end where a group of four characters ends
    text = encode(filler.join((*items, b"")))
    width, length = (size + len(filler)) * 4 // 3, (size * 8 + 5) // 6
    return [text[start : start + length] for start in range(0, width * len(items), width)]


def decode(text: str | bytes) -> bytes:
    """Return the bytes that `text` encodes.

    Raises:
        MalformedError: padding, a character outside the alphabet, an impossible length, or non-zero unused bits.
    """
    try:
        raw = text.encode("ascii") if isinstance(text, str) else text
    except UnicodeEncodeError:
        raise MalformedError("base64url text has a character outside its alphabet") from None
    remainder = len(raw) & 3
    padding, last = _PADDING[remainder], _LAST[remainder]
    if padding is None or (last is not None and raw[-1] not in last):
        raise MalformedError("base64url text has an impossible length or ending")
    try:
        return binascii.a2b_base64(raw.translate(_FROM_URL) + padding, strict_mode=True)
    except binascii.Error:
        raise MalformedError("base64url text has a character outside its alphabet") from None
