# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Base64url without padding (RFC 4648, section 5), one spelling for each value."""

from __future__ import annotations

import pytest

from vcwallet.encoding import base64url
from vcwallet.errors import MalformedError

# RFC 4648, section 10, without the padding; RFC 7515, appendix C; and every character that the url alphabet changes.
KNOWN = [
    (b"", ""),
    (b"f", "Zg"),
    (b"fo", "Zm8"),
    (b"foo", "Zm9v"),
    (b"foob", "Zm9vYg"),
    (b"fooba", "Zm9vYmE"),
    (b"foobar", "Zm9vYmFy"),
    (bytes([3, 236, 255, 224, 193]), "A-z_4ME"),
    (b"\xfb\xff\xbf", "-_-_"),
]


@pytest.mark.parametrize(("data", "text"), KNOWN)
def test_a_known_value_is_written_and_read(data, text):
    assert base64url.encode(data) == text
    assert base64url.decode(text) == data
    assert base64url.decode(text.encode()) == data


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Zg==", "padding"),
        ("Zg=", "half of the padding"),
        ("Zm9v=", "padding where none is due"),
        ("=", "padding alone"),
        ("Zh", "unused bits that are not zero"),
        ("Zm9", "unused bits that are not zero"),
        ("Z", "a length that no bytes have"),
        ("Zm9vY", "a length that no bytes have"),
        ("-+-_", "a character of the other alphabet"),
        ("-/-_", "a character of the other alphabet"),
        ("Zm 9v", "a space"),
        ("Zm9v\n", "a line break at the end"),
        ("Zm9\nv", "a line break within"),
        ("Zm9\x00", "a zero byte"),
        ("Zm9.", "a full stop"),
        ("Zm9\u0076\u0301", "a combining character"),
        ("\uff3a\uff4d\uff19\uff56", "full-width letters"),
    ],
)
def test_another_spelling_of_a_value_is_refused(text, reason):
    with pytest.raises(MalformedError):
        base64url.decode(text)
    with pytest.raises(MalformedError):
        base64url.decode(text.encode("utf-8"))


def test_no_byte_outside_the_alphabet_is_read():
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for byte in range(256):
        text = b"AA" + bytes([byte]) + b"A"
        if byte in alphabet:
            assert base64url.encode(base64url.decode(text)) == text.decode()
        else:
            with pytest.raises(MalformedError):
                base64url.decode(text)


def test_each_last_character_is_read_just_if_it_is_the_canonical_one():
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    canonical = {base64url.encode(bytes([0, byte])) for byte in range(256)}
    for last in (f"AA{a}" for a in alphabet):
        if last in canonical:
            assert base64url.encode(base64url.decode(last)) == last
        else:
            with pytest.raises(MalformedError):
                base64url.decode(last)
