# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Partial dates: what can be known of an age, and how they pass through JSON."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from vcwallet.errors import MalformedError
from vcwallet.japan.dates import UNKNOWN_DATE, PartialDate, date_in_japan

BIRTH = PartialDate(year=1990, month=1, day=2)


class Person(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    birth_date: PartialDate


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1990", PartialDate(year=1990)),
        ("1990-01", PartialDate(year=1990, month=1)),
        ("1990-01-02", BIRTH),
        ("2000-02-29", PartialDate(year=2000, month=2, day=29)),
        ("0001-01-01", PartialDate(year=1, month=1, day=1)),
    ],
)
def test_iso_dates_of_full_and_reduced_precision_are_read_and_written(text: str, value: PartialDate) -> None:
    assert PartialDate.parse(text) == value
    assert value.isoformat() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "unknown",
        "199",
        "19900",
        "0000",
        "1990-1",
        "1990-00",
        "1990-13",
        "1990-01-00",
        "1990-02-29",
        "1990-01-2",
        "19900102",
        "1990-01-02 ",
        "1990-01-02\n",
        "1990-01-02T00:00:00Z",
        "１９９０",
        "-1990",
    ],
)
def test_other_texts_are_no_dates(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        PartialDate.parse(text)
    assert caught.value.code == "PARTIAL_DATE_INVALID"
    assert text == "" or text not in str(caught.value)


@pytest.mark.parametrize(
    "parts",
    [
        {"month": 1},
        {"day": 2},
        {"year": 1990, "day": 2},
        {"year": 0},
        {"year": 10_000},
        {"year": 1990, "month": 0},
        {"year": 1990, "month": 2, "day": 29},
        {"year": 1990, "month": 1, "day": 0},
    ],
)
def test_a_value_that_is_no_date_cannot_be_made(parts: dict[str, int]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - some messages are those of datetime.date
        PartialDate(**parts)


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("1990-01-02", date(1990, 1, 2), date(1990, 1, 2)),
        ("1990-02", date(1990, 2, 1), date(1990, 2, 28)),
        ("2000-02", date(2000, 2, 1), date(2000, 2, 29)),
        ("1990", date(1990, 1, 1), date(1990, 12, 31)),
    ],
)
def test_a_partial_date_spans_the_days_that_it_may_mean(text: str, earliest: date, latest: date) -> None:
    value = PartialDate.parse(text)
    assert (value.earliest, value.latest) == (earliest, latest)
    assert value.exact == (earliest if earliest == latest else None)


def test_an_unknown_date_spans_nothing() -> None:
    assert PartialDate() == UNKNOWN_DATE
    assert UNKNOWN_DATE.earliest is UNKNOWN_DATE.latest is UNKNOWN_DATE.exact is None
    assert UNKNOWN_DATE.isoformat() is None


@pytest.mark.parametrize(
    ("birth", "on", "age"),
    [
        ("1990-01-02", date(2010, 1, 1), 19),  # in law attained at the end of this day, by custom on the next
        ("1990-01-02", date(2010, 1, 2), 20),
        ("1990-01-02", date(1990, 1, 2), 0),
        ("1990-01-02", date(1990, 1, 1), None),  # not yet born
        ("2004-02-29", date(2024, 2, 28), 19),
        ("2004-02-29", date(2024, 2, 29), 20),
        ("2004-02-29", date(2025, 2, 28), 20),  # a common year: 1 March
        ("2004-02-29", date(2025, 3, 1), 21),
        ("1990-05", date(2010, 4, 30), 19),
        ("1990-05", date(2010, 5, 1), None),
        ("1990-05", date(2010, 5, 30), None),
        ("1990-05", date(2010, 5, 31), 20),
        ("2004-02", date(2024, 2, 28), None),  # it may have been the 29th
        ("2004-02", date(2024, 2, 29), 20),
        ("1990", date(2010, 12, 30), None),
        ("1990", date(2010, 12, 31), 20),
        ("2026", date(2026, 6, 1), None),
    ],
)
def test_an_age_is_told_only_when_it_is_certain(birth: str, on: date, age: int | None) -> None:
    assert PartialDate.parse(birth).age_on(on) == age


@pytest.mark.parametrize(
    ("birth", "years", "on", "answer"),
    [
        ("1990-01-02", 20, date(2010, 1, 1), False),
        ("1990-01-02", 20, date(2010, 1, 2), True),
        ("2004-02-29", 18, date(2022, 2, 28), False),
        ("2004-02-29", 18, date(2022, 3, 1), True),
        ("1990", 20, date(2009, 12, 31), False),
        ("1990", 20, date(2010, 1, 1), None),
        ("1990", 20, date(2010, 12, 30), None),
        ("1990", 20, date(2010, 12, 31), True),
        ("1990-05", 20, date(2010, 4, 30), False),
        ("1990-05", 20, date(2010, 5, 15), None),
        ("1990-05", 20, date(2010, 5, 31), True),
        ("1990-01-02", 0, date(1990, 1, 1), False),
        ("1990-01-02", 0, date(1990, 1, 2), True),
    ],
)
def test_an_age_limit_is_passed_or_failed_only_when_it_is_certain(
    birth: str, years: int, on: date, answer: bool | None
) -> None:
    assert PartialDate.parse(birth).is_at_least(years, on) is answer


def test_an_unknown_birth_date_proves_no_age() -> None:
    on = date(2026, 11, 23)
    assert UNKNOWN_DATE.age_on(on) is None
    assert UNKNOWN_DATE.is_at_least(0, on) is None
    assert not UNKNOWN_DATE.is_at_least(20, on)


def test_the_legal_reckoning_is_the_ordinary_one_of_the_next_day() -> None:
    """Under the Act on Calculation of Ages a child born on 1 April is six on 31 March, and goes to school next day."""
    born, last_day_of_the_school_year = PartialDate.parse("2020-04-01"), date(2026, 3, 31)
    assert born.is_at_least(6, last_day_of_the_school_year) is False
    assert born.is_at_least(6, last_day_of_the_school_year + timedelta(days=1)) is True


def test_wrong_use_is_told_to_the_programmer() -> None:
    with pytest.raises(ValueError, match="not negative"):
        BIRTH.is_at_least(-1, date(2026, 1, 1))
    with pytest.raises(TypeError, match="date_in_japan"):
        BIRTH.age_on(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 11, 23, 14, 59, 59, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 23, 15, 0, tzinfo=UTC), date(2026, 11, 24)),
        (datetime(2026, 12, 31, 10, 0, tzinfo=timezone(timedelta(hours=-5))), date(2027, 1, 1)),
    ],
)
def test_a_day_begins_in_japan_nine_hours_before_utc(at: datetime, day: date) -> None:
    assert date_in_japan(at) == day


def test_a_moment_without_a_zone_has_no_date_in_japan() -> None:
    with pytest.raises(ValueError, match="time zone"):
        date_in_japan(datetime(2026, 11, 23))


@pytest.mark.parametrize("text", ['"1990"', '"1990-01"', '"1990-01-02"', "null"])
def test_a_field_passes_through_json_unchanged(text: str) -> None:
    document = f'{{"birth_date":{text}}}'
    person = Person.model_validate_json(document)
    assert isinstance(person.birth_date, PartialDate)
    assert person.model_dump_json() == document
    assert person.model_dump() == person.model_dump(mode="json") == json.loads(document)
    assert Person(**person.model_dump()) == person


@pytest.mark.parametrize(("value", "parsed"), [(BIRTH, BIRTH), ("1990-01-02", BIRTH), (date(1990, 1, 2), BIRTH)])
def test_a_field_takes_dates_and_their_iso_strings(value: Any, parsed: PartialDate) -> None:
    assert Person(birth_date=value).birth_date == parsed


@pytest.mark.parametrize(
    "value",
    ["", "1990-13", "unknown", 1990, 19900102, 1990.0, True, b"1990", ["1990"], {"year": 1990}, datetime(1990, 1, 2)],
)
def test_a_field_takes_nothing_else(value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        Person(birth_date=value)
    (error,) = caught.value.errors()
    assert error["type"] in {"partial_date", "partial_date_type"}


def test_an_optional_field_reads_null_as_absent() -> None:
    adapter: TypeAdapter[PartialDate | None] = TypeAdapter(PartialDate | None)
    assert adapter.validate_json("null") is None
    assert adapter.validate_json('"1990"') == PartialDate(year=1990)


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_the_json_schema_says_a_date_a_part_of_one_or_null(mode: Any) -> None:
    schema = TypeAdapter(PartialDate).json_schema(mode=mode)
    known, partly_known, nothing = schema["anyOf"]
    assert known == {"type": "string", "format": "date"}
    for text in ("1990", "1990-12"):
        assert re.search(partly_known["pattern"], text)
    for text in ("1990-13", "1990-12-01", "90"):
        assert not re.search(partly_known["pattern"], text)
    assert nothing == {"type": "null"}
    assert Person.model_json_schema(mode=mode)["properties"]["birth_date"]["anyOf"] == schema["anyOf"]
