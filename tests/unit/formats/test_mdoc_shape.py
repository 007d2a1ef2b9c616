# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Taking decoded CBOR apart: what has the right form comes back, and anything else is refused by name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from vcwallet.encoding.cbor import Tag
from vcwallet.errors import MalformedError, UnsupportedError
from vcwallet.formats.mdoc import shape

CLAUSE = "1.2.3"


def test_a_fault_names_the_part_and_the_clause():
    with pytest.raises(MalformedError, match="the part is not a map") as caught:
        shape.a_map([], "the part", CLAUSE)
    assert caught.value.clause == "ISO/IEC 18013-5:2021, clause 1.2.3"


def test_a_map_comes_back_as_it_is():
    assert shape.a_map({1: 2}, "x", CLAUSE) == {1: 2}
    assert shape.a_map({}, "x", CLAUSE) == {}


@pytest.mark.parametrize("value", [None, [], "{}", b"\xa0", 0, Tag(24, b"\xa0")])
def test_what_is_no_map_is_refused(value: Any):
    for read in (shape.a_map, shape.by_name):
        with pytest.raises(MalformedError):
            read(value, "x", CLAUSE)


def test_a_map_by_name_comes_back_as_it_is():
    assert shape.by_name({"a": 1, "b": None}, "x", CLAUSE) == {"a": 1, "b": None}


@pytest.mark.parametrize("value", [{}, {1: 2}, {"": 1}, {"a": 1, b"b": 2}, {"a": 1, "": 2}])
def test_a_map_by_name_has_names_and_at_least_one(value: Any):
    with pytest.raises(MalformedError):
        shape.by_name(value, "x", CLAUSE)


@pytest.mark.parametrize(("value", "kind"), [(0, int), (-1, int), ("", str), (b"", bytes)])
def test_a_member_of_a_type_comes_back(value: Any, kind: type):
    assert shape.member({"a": value}, "a", kind, CLAUSE) == value


@pytest.mark.parametrize("members", [{}, {"a": None}, {"a": "1"}, {"a": 1.0}, {"a": True}, {"a": False}, {"b": 1}])
def test_a_member_that_is_missing_or_of_another_type_is_refused(members: Any):
    with pytest.raises(MalformedError, match="a is missing or of another type"):
        shape.member(members, "a", int, CLAUSE)


def test_a_name_has_at_least_one_character():
    assert shape.name({"a": "x"}, "a", CLAUSE) == "x"
    for members in ({"a": ""}, {"a": 1}, {}):
        with pytest.raises(MalformedError):
            shape.name(members, "a", CLAUSE)


def test_an_embedded_item_gives_out_its_bytes():
    assert shape.embedded(Tag(24, b"\x01"), "x", CLAUSE) == b"\x01"


@pytest.mark.parametrize("value", [b"\x01", Tag(24, "text"), Tag(24, 1), Tag(0, b"\x01"), Tag(18, b"\x01"), None])
def test_what_is_no_embedded_item_is_refused(value: Any):
    with pytest.raises(MalformedError, match="x is not an embedded CBOR item"):
        shape.embedded(value, "x", CLAUSE)


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.9", "1.10", "1.9999"])
def test_a_later_minor_version_is_no_obstacle(version: str):
    assert shape.require_version({"version": version}, CLAUSE) == version


@pytest.mark.parametrize(
    "version",
    ["2.0", "0.9", "10.0", "11.0", "1", "1.", "", "1.x", "1.0.0", "1.0 ", " 1.0", "1.0\n", "1,0", "1.00000", "1.٣"],
)
def test_another_major_version_is_refused(version: str):
    with pytest.raises(UnsupportedError) as caught:
        shape.require_version({"version": version}, CLAUSE)
    assert caught.value.code == "VERSION_NOT_SUPPORTED"


@pytest.mark.parametrize("members", [{}, {"version": 1}, {"version": 1.0}, {"version": None}, {"version": b"1.0"}])
def test_a_version_is_a_text(members: Any):
    with pytest.raises(MalformedError):
        shape.require_version(members, CLAUSE)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T09:00:01Z", datetime(2026, 11, 23, 9, 0, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2028-02-29T00:00:00Z", datetime(2028, 2, 29, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_utc(text: str, moment: datetime):
    assert shape.date_time(Tag(0, text), "x", CLAUSE) == moment
    assert shape.date_time(Tag(0, text), "x", CLAUSE).tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-23T09:00:01Z",
        Tag(1004, "2026-11-23T09:00:01Z"),
        Tag(0, b"2026-11-23T09:00:01Z"),
        Tag(0, 1795424401),
        Tag(0, ""),
        Tag(0, "2026-11-23T09:00:01.5Z"),
        Tag(0, "2026-11-23T09:00:01.000Z"),
        Tag(0, "2026-11-23T09:00:01+00:00"),
        Tag(0, "2026-11-23T09:00:01"),
        Tag(0, "2026-11-23t09:00:01z"),
        Tag(0, "2026-11-23 09:00:01Z"),
        Tag(0, "2026-11-23T09:00:01Z\n"),
        Tag(0, "2026-11-23T09:00Z"),
        Tag(0, "2026-11-23"),
        Tag(0, "2026-02-29T00:00:00Z"),
        Tag(0, "2026-13-01T00:00:00Z"),
        Tag(0, "2026-11-23T25:00:00Z"),
        Tag(0, "2026-11-23T09:00:60Z"),
        Tag(0, "0000-01-01T00:00:00Z"),
        Tag(0, "２０２６-11-23T09:00:01Z"),
        None,
    ],
)
def test_what_is_no_time_in_whole_seconds_of_utc_is_refused(value: Any):
    with pytest.raises(MalformedError, match="x is not a date and time in UTC in whole seconds"):
        shape.date_time(value, "x", CLAUSE)


def test_nothing_long_is_kept_of_a_time():
    """What is not even a time is not remembered: a memory of long texts would be somebody else's to fill."""
    before = shape._moment.cache_info().currsize
    for number in range(10):
        with pytest.raises(MalformedError):
            shape.date_time(Tag(0, f"{number}" * 1000), "x", CLAUSE)
    assert shape._moment.cache_info().currsize == before
