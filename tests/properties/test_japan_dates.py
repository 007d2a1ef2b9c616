# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Dates and eras: every day survives being written and read, and an age is never claimed that some birthday denies."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from vcwallet.errors import VcError
from vcwallet.japan.dates import UNKNOWN_DATE, PartialDate
from vcwallet.japan.eras import (
    GREGORIAN_SINCE,
    era_of,
    format_jpki_date,
    from_japanese,
    parse_jpki_date,
    to_japanese,
)

JSON = TypeAdapter(PartialDate)

days = st.dates(min_value=GREGORIAN_SINCE)


def at_precision(day: date, precision: int) -> PartialDate:
    parts = {"year": day.year, "month": day.month, "day": day.day}
    return PartialDate(**dict(list(parts.items())[:precision]))


partial_dates = st.builds(at_precision, days, st.integers(0, 3))


def test_every_day_from_1873_to_2100_is_written_in_its_era_and_read_back() -> None:
    day = GREGORIAN_SINCE
    while day < date(2100, 1, 1):
        assert from_japanese(to_japanese(day)) == day
        day += timedelta(days=1)


@given(days)
def test_any_day_is_written_in_its_era_and_read_back(day: date) -> None:
    assert era_of(day).includes(day)
    assert from_japanese(to_japanese(day)) == day


@given(partial_dates)
def test_any_date_passes_through_iso_json_and_jpki(value: PartialDate) -> None:
    assert JSON.validate_json(JSON.dump_json(value)) == value
    assert parse_jpki_date(format_jpki_date(value)) == value
    text = value.isoformat()
    assert (UNKNOWN_DATE if text is None else PartialDate.parse(text)) == value


@given(st.text() | st.from_regex(r"[0-9]{4}(-[0-9]{2}){0,2}") | st.from_regex(r"[0-9]{9}", fullmatch=True))
def test_arbitrary_text_only_raises_our_errors(text: str) -> None:
    for read in (PartialDate.parse, parse_jpki_date, from_japanese):
        with suppress(VcError):
            read(text)


@given(partial_dates, st.dates(), st.integers(0, 120), st.data())
def test_what_is_claimed_of_an_age_holds_for_every_day_the_birth_date_may_mean(
    birth: PartialDate, on: date, years: int, data: st.DataObject
) -> None:
    possible = data.draw(st.dates(birth.earliest or date.min, birth.latest or date.max))
    reckoned = PartialDate.from_date(possible)
    answer, age = birth.is_at_least(years, on), birth.age_on(on)
    assert answer in (None, reckoned.is_at_least(years, on))
    assert age in (None, reckoned.age_on(on))
    assert age is None or answer is (age >= years)


@given(st.dates(max_value=date(2800, 1, 1)), st.integers(0, 150))
def test_an_age_is_attained_on_one_day_and_kept(birth: date, years: int) -> None:
    """The day is the birthday, or 1 March for 29 February in a common year."""
    try:
        birthday = birth.replace(year=birth.year + years)
    except ValueError:
        birthday = date(birth.year + years, 3, 1)
    value = PartialDate.from_date(birth)
    assert value.is_at_least(years, birthday) is True
    assert value.age_on(birthday) == years
    if birthday > date.min:
        assert value.is_at_least(years, birthday - timedelta(days=1)) is False
