# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The packed array of statuses (Token Status List, section 4)."""

from __future__ import annotations

import gzip
import zlib

import pytest

from vcwallet.errors import LimitExceededError, MalformedError, StatusError
from vcwallet.status.status_list import MAX_LIST_BYTES, StatusList

ONE_BIT = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
TWO_BITS = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]


def of(values: list[int], bits: int) -> StatusList:
    return StatusList.of(dict(enumerate(values)), size=len(values), bits=bits)


@pytest.mark.parametrize(("values", "bits", "packed"), [(ONE_BIT, 1, "b9a3"), (TWO_BITS, 2, "c944f9")])
def test_the_first_status_stands_in_the_least_significant_bits(values, bits, packed):
    assert of(values, bits).data.hex() == packed
    assert list(StatusList(bits=bits, data=bytes.fromhex(packed))) == values


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_each_index_has_its_own_status(bits):
    highest = (1 << bits) - 1
    values = [index * 7 % (highest + 1) for index in range(64)]
    statuses = of(values, bits)
    assert [statuses[index] for index in range(64)] == values == list(statuses)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_list_is_rounded_up_to_whole_bytes_of_zeros(bits):
    statuses = StatusList.of({}, size=9, bits=bits)
    assert len(statuses) == len(statuses.data) * 8 // bits >= 9
    assert set(statuses) == {0}


def test_a_list_may_be_empty_and_says_nothing():
    empty = StatusList.of({}, size=0, bits=1)
    assert len(empty) == 0
    with pytest.raises(StatusError):
        empty[0]


@pytest.mark.parametrize("index", [-1, 16, 2**31, -(2**40)])
def test_an_index_outside_the_list_has_no_status(index):
    statuses = of(ONE_BIT, 1)
    assert statuses[15] == 1
    with pytest.raises(StatusError) as caught:
        statuses[index]
    assert caught.value.code == "STATUS_INDEX_OUT_OF_RANGE"


@pytest.mark.parametrize("bits", [0, 3, 5, 16, -1])
def test_a_status_has_one_two_four_or_eight_bits(bits):
    with pytest.raises(ValueError, match="bits"):
        StatusList(bits=bits, data=b"")
    with pytest.raises(ValueError, match="bits"):
        StatusList.of({}, size=8, bits=bits)
    with pytest.raises(MalformedError):
        StatusList.from_compressed(zlib.compress(b"\0"), bits=bits)


@pytest.mark.parametrize("values", [{8: 1}, {-1: 1}, {0: 2}, {0: -1}])
def test_nothing_is_put_where_there_is_no_place(values):
    assert StatusList.of({7: 1}, size=8, bits=1)[7] == 1
    with pytest.raises(ValueError, match="place"):
        StatusList.of(values, size=8, bits=1)


@pytest.mark.parametrize("size", [-1, MAX_LIST_BYTES * 8 + 1])
def test_nobody_makes_a_list_that_nobody_would_read(size):
    with pytest.raises(ValueError, match="bytes"):
        StatusList.of({}, size=size, bits=1)


class TestCompression:
    @pytest.mark.parametrize("size", [8, 10_000, 3_000_000])
    def test_a_list_comes_back(self, size):
        statuses = StatusList.of({3: 1, size - 1: 1}, size=size, bits=1)
        assert StatusList.from_compressed(statuses.compressed(), bits=1) == statuses

    def test_what_is_longer_than_allowed_is_not_unpacked(self):
        data = StatusList(bits=8, data=bytes(1000)).compressed()
        assert len(StatusList.from_compressed(data, bits=8, max_bytes=1000)) == 1000
        with pytest.raises(LimitExceededError):
            StatusList.from_compressed(data, bits=8, max_bytes=999)

    def test_a_bomb_is_refused(self):
        bomb = zlib.compress(bytes(MAX_LIST_BYTES + 1))
        with pytest.raises(LimitExceededError):
            StatusList.from_compressed(bomb, bits=1)

    @pytest.mark.parametrize("cut", range(1, 10))
    def test_an_early_end_is_refused(self, cut):
        data = of(ONE_BIT, 1).compressed()
        with pytest.raises(MalformedError):
            StatusList.from_compressed(data[:-cut], bits=1)

    @pytest.mark.parametrize("tail", [b"\0", b"more", zlib.compress(b"\xff")])
    def test_bytes_behind_the_list_are_refused(self, tail):
        with pytest.raises(MalformedError):
            StatusList.from_compressed(of(ONE_BIT, 1).compressed() + tail, bits=1)

    @pytest.mark.parametrize(
        "data",
        [b"", b"\0", b"\xb9\xa3", gzip.compress(b"\xb9\xa3", mtime=0), zlib.compress(b"\xb9\xa3")[2:-4]],
        ids=["nothing", "zero", "plain", "gzip", "raw deflate"],
    )
    def test_another_form_than_zlib_is_refused(self, data):
        with pytest.raises(MalformedError):
            StatusList.from_compressed(data, bits=1)

    def test_a_changed_checksum_is_refused(self):
        data = bytearray(of(ONE_BIT, 1).compressed())
        data[-1] ^= 1
        with pytest.raises(MalformedError):
            StatusList.from_compressed(bytes(data), bits=1)

    def test_a_preset_dictionary_is_refused(self):
        packing = zlib.compressobj(zdict=b"\xb9\xa3")
        with pytest.raises(MalformedError):
            StatusList.from_compressed(packing.compress(b"\xb9\xa3") + packing.flush(), bits=1)


def test_the_bytes_are_not_shown():
    assert repr(of(ONE_BIT, 1)) == "StatusList(bits=1)"
