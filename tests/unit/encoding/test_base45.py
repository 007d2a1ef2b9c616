# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Base45 (RFC 9285)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcwallet.encoding import base45
from vcwallet.errors import MalformedError


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"AB", "BB8"),  # RFC 9285, section 4.3
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),  # section 4.4
        (b"", ""),
        (b"\x00", "00"),
        (b"\x00\x00", "000"),
        (b"\xff", "U5"),
        (b"\xff\xff", "FGW"),
    ],
)
def test_the_examples_of_the_standard_go_both_ways(data: bytes, text: str) -> None:
    assert base45.encode(data) == text
    assert base45.decode(text) == data


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("BB8", "BB8B"),  # an impossible length
        ("U5", "U"),
        ("FGW", "GGW"),  # 65536
        ("FGW", ":::"),
        ("U5", "V5"),  # 256
        ("U5", "::"),
        ("BB8", "bb8"),
        ("BB8", "BB8\n"),
        ("BB8", "BB_"),
        ("BB8", "BB８"),  # a full-width digit
    ],
)
def test_text_that_no_encoder_writes_is_refused(good: str, bad: str) -> None:
    base45.decode(good)
    with pytest.raises(MalformedError):
        base45.decode(bad)


@given(st.binary())
def test_what_is_encoded_is_decoded(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@given(st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"))
def test_a_text_that_is_accepted_is_the_only_one_for_its_bytes(text: str) -> None:
    try:
        data = base45.decode(text)
    except MalformedError:
        return
    assert base45.encode(data) == text
