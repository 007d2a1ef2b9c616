# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Bitstrings: the most significant bit first, statuses of any size, gzip and multibase around them."""

from __future__ import annotations

import gzip
import zlib

import pytest

from vcwallet.encoding import base64url
from vcwallet.errors import LimitExceededError, MalformedError, StatusError
from vcwallet.status.bitstring import MAX_BITSTRING_BYTES, MIN_ENTRIES, Bitstring

ONES = (0, 3, 4, 5, 7, 8, 9, 13, 15)
"""The places of ones in the example of a Token Status List, whose bits stand the other way round there."""


def encoded(data: bytes) -> str:
    return "u" + base64url.encode(gzip.compress(data, mtime=0))


def test_the_first_status_is_the_most_significant_bit() -> None:
    bitstring = Bitstring.of(dict.fromkeys(ONES, 1), entries=16)
    assert bitstring.data.hex() == "9dc5"
    assert [index for index in range(16) if bitstring.value(index)] == list(ONES)


@pytest.mark.parametrize(
    ("size", "values", "data"),
    [
        (1, [1, 0], "80"),
        (2, [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3], "63116f"),
        (3, [1, 2, 3, 4, 5, 6, 7, 0], "29cbb8"),
        (4, [1, 15], "1f"),
        (8, [7, 255], "07ff"),
        (9, [256, 1], "800040"),
        (16, [513], "0201"),
        (20, [0x12345, 0x6789A], "123456789a"),
    ],
)
def test_statuses_of_any_size_stand_one_after_the_other(size: int, values: list[int], data: str) -> None:
    bitstring = Bitstring.of(dict(enumerate(values)), entries=len(values), size=size)
    assert bitstring.data.hex() == data.ljust(len(bitstring.data) * 2, "0")
    assert [bitstring.value(index, size=size) for index in range(len(values))] == values


def test_a_list_is_as_long_as_its_minimum_unless_it_says_otherwise() -> None:
    assert Bitstring.of({}).entries() == MIN_ENTRIES
    assert Bitstring.of({}, size=3).entries(size=3) == MIN_ENTRIES
    assert Bitstring.of({}, entries=9).entries() == 16
    assert Bitstring.of({}, entries=0).entries() == 0


@pytest.mark.parametrize(
    "details",
    [
        {"values": {-1: 1}},
        {"values": {8: 1}},
        {"values": {0: 2}},
        {"values": {0: -1}},
        {"values": {0: 4}, "size": 2},
        {"values": {}, "size": 0},
        {"values": {}, "entries": -1},
        {"values": {}, "entries": MAX_BITSTRING_BYTES * 8 + 1},
    ],
)
def test_what_has_no_place_in_a_bitstring_is_the_callers_mistake(details) -> None:
    Bitstring.of({7: 1}, entries=8)
    with pytest.raises(ValueError, match=r"place|bits"):
        Bitstring.of(**{"entries": 8, **details})


@pytest.mark.parametrize(("index", "size"), [(16, 1), (-1, 1), (8, 2), (5, 3), (2, 8), (1, 9), (0, 17), (10**18, 1)])
def test_an_index_outside_is_no_status(index: int, size: int) -> None:
    bitstring = Bitstring.of({}, entries=16)
    bitstring.value(16 // size - 1 if size <= 16 else 0, size=min(size, 16))
    with pytest.raises(StatusError) as outside:
        bitstring.value(index, size=size)
    assert outside.value.code == "RANGE_ERROR"


def test_what_was_encoded_is_decoded() -> None:
    bitstring = Bitstring.of({5: 1, 77_777: 1})
    text = bitstring.encoded()
    assert text.startswith("uH4sI")
    assert len(text) < 200
    assert Bitstring.from_encoded(text) == bitstring
    assert gzip.decompress(base64url.decode(text[1:])) == bitstring.data
    assert Bitstring.from_unprefixed(text[1:]) == bitstring


def test_the_same_list_is_encoded_alike_at_any_time() -> None:
    header = base64url.decode(Bitstring.of({}).encoded()[1:])[:10]
    assert header[4:8] == bytes(4), "the time of compression is nobody's business"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "u",
        "z6Mk",
        "mH4sIAAAAAAACAwMAAAAAAAAAAAA",
        encoded(b"a")[1:],
        encoded(b"a") + "=",
        encoded(b"a") + "\n",
        encoded(b"a").replace("u", "U", 1),
        "u" + base64url.encode(gzip.compress(b"a", mtime=0)).replace("H", "+", 1),
        "u" + base64url.encode(b"a"),
        "u" + base64url.encode(zlib.compress(b"a")),
        "u" + base64url.encode(gzip.compress(b"a", mtime=0)[:-1]),
        "u" + base64url.encode(gzip.compress(b"a", mtime=0) + b"b"),
        "u" + base64url.encode(gzip.compress(b"a", mtime=0) * 2),
        "u" + base64url.encode(gzip.compress(b"a", mtime=0)[:-8] + bytes(8)),
    ],
)
def test_what_is_not_one_gzip_in_base64url_is_malformed(text: str) -> None:
    assert Bitstring.from_encoded(encoded(b"a")).data == b"a"
    with pytest.raises(MalformedError) as refused:
        Bitstring.from_encoded(text)
    assert refused.value.code == "MALFORMED_VALUE_ERROR"


def test_a_bomb_is_not_unpacked() -> None:
    assert len(Bitstring.from_encoded(encoded(bytes(1000)), max_bytes=1000).data) == 1000
    with pytest.raises(LimitExceededError):
        Bitstring.from_encoded(encoded(bytes(1001)), max_bytes=1000)
    with pytest.raises(LimitExceededError):
        Bitstring.from_encoded(encoded(bytes(MAX_BITSTRING_BYTES + 1)))


def test_a_long_list_is_compressed_quickly_and_still_read() -> None:
    bitstring = Bitstring.of({3_000_000: 1}, entries=4_000_000)
    assert Bitstring.from_encoded(bitstring.encoded()) == bitstring
