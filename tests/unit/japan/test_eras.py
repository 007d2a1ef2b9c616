# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Japanese eras: the days on which they change, one way of writing, and the dates of JPKI certificates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from vcwallet.errors import MalformedError, UnsupportedError
from vcwallet.japan.dates import UNKNOWN_DATE, PartialDate
from vcwallet.japan.eras import ERAS, era_of, format_jpki_date, from_japanese, parse_jpki_date, to_japanese

JAPANESE = [
    (date(1873, 1, 1), "明治6年1月1日"),
    (date(1912, 7, 29), "明治45年7月29日"),
    (date(1912, 7, 30), "大正元年7月30日"),
    (date(1926, 12, 24), "大正15年12月24日"),
    (date(1926, 12, 25), "昭和元年12月25日"),
    (date(1927, 1, 1), "昭和2年1月1日"),
    (date(1989, 1, 7), "昭和64年1月7日"),
    (date(1989, 1, 8), "平成元年1月8日"),
    (date(2000, 2, 29), "平成12年2月29日"),
    (date(2019, 4, 30), "平成31年4月30日"),
    (date(2019, 5, 1), "令和元年5月1日"),
    (date(2019, 12, 31), "令和元年12月31日"),
    (date(2020, 1, 1), "令和2年1月1日"),
    (date(2026, 11, 23), "令和8年11月23日"),
]


def test_eras_follow_one_another_without_gap_or_overlap() -> None:
    for earlier, later in pairwise(ERAS):
        assert earlier.last_day is not None
        assert earlier.last_day + timedelta(days=1) == later.first_day
    assert ERAS[0].first_day == date(1868, 1, 25)
    assert ERAS[-1].last_day is None
    assert "".join(era.letter for era in ERAS) == "MTSHR"
    assert "".join(era.jpki_digit for era in ERAS) == "12345"


@pytest.mark.parametrize(("day", "text"), JAPANESE)
def test_a_date_is_written_in_its_era(day: date, text: str) -> None:
    assert to_japanese(day) == text


@pytest.mark.parametrize(("day", "text"), JAPANESE)
def test_a_written_date_is_read_back(day: date, text: str) -> None:
    assert from_japanese(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "令和8年11月23",
        "令和8年11月23日 ",
        "令和08年11月23日",
        "令和8年01月2日",
        "令和８年11月23日",
        "令和 8年11月23日",
        "令和1年5月1日",  # 元年 is the one form
        "令和0年5月1日",
        "昭和64年1月8日",  # Heisei had begun
        "平成31年5月1日",  # Reiwa had begun
        "平成元年1月7日",  # still Showa
        "令和元年4月30日",  # still Heisei
        "大正15年12月25日",  # Showa from that day on
        "明治45年7月30日",  # Taisho from that day on
        "平成35年1月1日",
        "令和7年2月29日",  # no leap year
        "令和8年13月1日",
        "令和9999年1月1日",
        "慶応4年1月1日",
        "2026年11月23日",
        "R8.11.23",
    ],
)
def test_any_other_writing_is_refused(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        from_japanese(text)
    assert caught.value.code == "JP_ERA_DATE_INVALID"


@pytest.mark.parametrize("day", [date(1872, 12, 31), date(1868, 1, 25), date(1868, 1, 24), date.min])
def test_dates_before_the_gregorian_calendar_are_not_converted(day: date) -> None:
    for convert in (to_japanese, era_of, lambda day: format_jpki_date(PartialDate.from_date(day))):
        with pytest.raises(UnsupportedError) as caught:
            convert(day)
        assert caught.value.code == "JP_ERA_BEFORE_1873"


@pytest.mark.parametrize("text", ["明治5年12月2日", "明治元年10月23日"])
def test_written_dates_before_the_gregorian_calendar_are_not_converted(text: str) -> None:
    with pytest.raises(UnsupportedError):
        from_japanese(text)


def test_a_moment_is_not_a_date() -> None:
    with pytest.raises(TypeError):
        to_japanese(datetime(2026, 11, 23, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("419900102", PartialDate(year=1990, month=1, day=2)),
        ("119060000", PartialDate(year=1906)),
        ("118730101", PartialDate(year=1873, month=1, day=1)),
        ("119120729", PartialDate(year=1912, month=7, day=29)),
        ("219120730", PartialDate(year=1912, month=7, day=30)),
        ("319890107", PartialDate(year=1989, month=1, day=7)),
        ("419890108", PartialDate(year=1989, month=1, day=8)),
        ("419890200", PartialDate(year=1989, month=2)),
        ("319890000", PartialDate(year=1989)),
        ("520190501", PartialDate(year=2019, month=5, day=1)),
        ("400000000", UNKNOWN_DATE),
    ],
)
def test_jpki_dates_are_read_and_written(text: str, value: PartialDate) -> None:
    assert parse_jpki_date(text) == value
    assert format_jpki_date(value) == text


def test_an_unknown_date_is_read_under_every_era_digit_and_written_under_one() -> None:
    for digit in "12345":
        assert parse_jpki_date(f"{digit}00000000") == UNKNOWN_DATE
    assert format_jpki_date(UNKNOWN_DATE) == "400000000"


def test_a_year_in_which_the_era_changed_is_read_under_both_digits() -> None:
    assert parse_jpki_date("319890000") == parse_jpki_date("419890000") == PartialDate(year=1989)
    assert format_jpki_date(PartialDate(year=1989)) == "319890000"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "19900102",
        "4199001020",
        "４19900102",
        "019900102",
        "619900102",
        "319900102",  # Heisei, not Showa
        "419890107",  # Showa, not Heisei
        "519890000",  # no day of 1989 lies in Reiwa
        "419901301",
        "419900230",
        "400000102",  # a day without a year
        "419900002",  # a day without a month
    ],
)
def test_malformed_jpki_dates_are_refused(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_jpki_date(text)
    assert caught.value.code == "JP_JPKI_DATE_INVALID"


def test_jpki_dates_before_the_gregorian_calendar_are_not_converted() -> None:
    with pytest.raises(UnsupportedError):
        parse_jpki_date("118721231")
