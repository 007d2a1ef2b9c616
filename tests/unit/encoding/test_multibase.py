# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Multibase text: base58btc and base64url, one spelling for each value."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcwallet.encoding import multibase
from vcwallet.encoding.multibase import MAX_BASE58_TEXT
from vcwallet.errors import LimitExceededError, MalformedError, UnsupportedError, VcError

# The examples of draft-msporny-base58-03, section 5, and of the multibase specification.
KNOWN = {
    "z2NEpo7TZRRrLZSi2U": b"Hello World!",
    "zUSm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z": b"The quick brown fox jumps over the lazy dog.",
    "z11233QC4": bytes.fromhex("0000287fb4cd"),
    "z": b"",
    "z1": b"\0",
    "zz": b"\x39",
    "u": b"",
    "uAA": b"\0",
    "uTXVsdGliYXNlIGlzIGF3ZXNvbWUhIFxvLw": b"Multibase is awesome! \\o/",
}


@pytest.mark.parametrize("text", KNOWN)
def test_published_texts_are_read_and_written(text):
    data = KNOWN[text]
    assert multibase.decode(text) == data
    encode = multibase.encode_base58btc if text.startswith("z") else multibase.encode_base64url
    assert encode(data) == text


@pytest.mark.parametrize(
    "text", ["", "z0", "zO", "zI", "zl", "z a", "zé", "z2NEpo7TZRRrLZSi2U\n", "uAB", "uAA==", "u+/"]
)
def test_what_is_outside_the_alphabet_is_refused(text):
    with pytest.raises(MalformedError):
        multibase.decode(text)


@pytest.mark.parametrize("text", ["f00", "F00", "mAA", "MAA==", "UAA", "b", "0", "é", "\0"])
def test_every_other_base_is_refused(text):
    with pytest.raises(UnsupportedError):
        multibase.decode(text)


def test_base58_text_has_4096_characters_at_most():
    assert len(multibase.decode("z" + "1" * MAX_BASE58_TEXT)) == MAX_BASE58_TEXT == 4096
    with pytest.raises(LimitExceededError):
        multibase.decode("z" + "1" * (MAX_BASE58_TEXT + 1))


@given(st.binary(max_size=100))
def test_what_was_written_is_read_again(data):
    assert multibase.decode(multibase.encode_base58btc(data)) == data
    assert multibase.decode(multibase.encode_base64url(data)) == data


@given(st.text(alphabet="123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", max_size=60))
def test_each_value_has_one_spelling_in_base58(text):
    assert multibase.encode_base58btc(multibase.decode("z" + text)) == "z" + text


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    for prefix in ("", "z", "u"):
        with contextlib.suppress(VcError):
            multibase.decode(prefix + text)
