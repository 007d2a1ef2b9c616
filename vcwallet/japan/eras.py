# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Japanese eras: dates as they are printed on records, and as JPKI certificates carry them.

We store ISO 8601 dates and use these functions at the edge.

    >>> from datetime import date
    >>> to_japanese(date(2026, 11, 23)), to_japanese(date(2019, 5, 1))
    ('令和8年11月23日', '令和元年5月1日')
    >>> from_japanese("昭和64年1月7日")
    datetime.date(1989, 1, 7)
    >>> parse_jpki_date("419900102").isoformat()
    '1990-01-02'

The Gregorian calendar has been in use in Japan since 1 January 1873 (Meiji 6).  Earlier dates were lunisolar, so day
and month do not carry over; they raise `UnsupportedError`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from vcwallet.errors import MalformedError, UnsupportedError
from vcwallet.japan.dates import PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class Era:
    """An era: its names, and the days from its first to its last inclusive."""

    name: str
    romaji: str
    letter: str
    jpki_digit: str
    first_day: date
    last_day: date | None
    """None for the present era."""

    def includes(self, day: date) -> bool:
        """Tell whether the day lies in this era."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


# The day on which an era changed belongs to the new one; the first day of Meiji is given in today's calendar.
ERAS: Final = (
    Era(
        name="明治",
        romaji="Meiji",
        letter="M",
        jpki_digit="1",
        first_day=date(1868, 1, 25),
        last_day=date(1912, 7, 29),
    ),
    Era(
        name="大正",
        romaji="Taisho",
        letter="T",
        jpki_digit="2",
        first_day=date(1912, 7, 30),
        last_day=date(1926, 12, 24),
    ),
    Era(
        name="昭和",
        romaji="Showa",
        letter="S",
        jpki_digit="3",
        first_day=date(1926, 12, 25),
        last_day=date(1989, 1, 7),
    ),
    Era(
        name="平成",
        romaji="Heisei",
        letter="H",
        jpki_digit="4",
        first_day=date(1989, 1, 8),
        last_day=date(2019, 4, 30),
    ),
    Era(
        name="令和",
        romaji="Reiwa",
        letter="R",
        jpki_digit="5",
        first_day=date(2019, 5, 1),
        last_day=None,
    ),
)

GREGORIAN_SINCE: Final = date(1873, 1, 1)
JPKI_UNKNOWN_DATE: Final = "400000000"

_BY_NAME: Final = {era.name: era for era in ERAS}
_BY_JPKI_DIGIT: Final = {era.jpki_digit: era for era in ERAS}
_JAPANESE: Final = re.compile(rf"({'|'.join(_BY_NAME)})(元|[0-9]{{1,4}})年([0-9]{{1,2}})月([0-9]{{1,2}})日")
_JPKI: Final = re.compile(r"([1-5])([0-9]{4})([0-9]{2})([0-9]{2})")


def era_of(day: date) -> Era:
    """Return the era in which a day lies.

    Raises:
        UnsupportedError: The day lies before 1873, when Japan did not use the Gregorian calendar.
    """
    if day < GREGORIAN_SINCE:
        raise UnsupportedError(
            "dates before 1873 belong to the lunisolar calendar and are not converted", code="JP_ERA_BEFORE_1873"
        )
    return next(era for era in reversed(ERAS) if era.includes(day))


def to_japanese(day: date) -> str:
    """Return the date as Japanese records print it, the first year of an era as 元年.

    Raises:
        UnsupportedError: The day lies before 1873.
    """
    era = era_of(day)
    year = day.year - era.first_day.year + 1
    return f"{era.name}{'元' if year == 1 else year}年{day.month}月{day.day}日"


def from_japanese(text: str) -> date:
    """Return the date that `to_japanese` prints as this text; any other way of writing is refused.

    So is a day under the name of an era that had ended, although papers printed before a change may carry one (a card
    valid until 平成35年): whoever prints today would name it otherwise, and the two would not compare equal.

    Raises:
        MalformedError: The text is not such a date.
        UnsupportedError: The day lies before 1873.
    """
    match = _JAPANESE.fullmatch(text)
    if match is None:
        raise _malformed_japanese("not written like 令和8年11月23日")
    name, year, month, day = match.groups()
    first_year = _BY_NAME[name].first_day.year
    try:
        found = date(first_year + (1 if year == "元" else int(year)) - 1, int(month), int(day))
    except ValueError:
        raise _malformed_japanese("no such day in the calendar") from None
    if to_japanese(found) != text:
        raise _malformed_japanese("not in that era, or not in its one accepted form")
    return found


def parse_jpki_date(text: str) -> PartialDate:
    """Return the date in a JPKI certificate: one digit for the era, then YYYYMMDD with a *Gregorian* year.

    ``400000000`` stands for an unknown date.  By our reading a zero day or month is likewise unknown, and so is the
    whole date under any era's digit: to know less is the safe side, as an unknown date proves no age.

    Raises:
        MalformedError: The text has another form, names no day, or names the wrong era.
        UnsupportedError: The date lies before 1873.
    """
    match = _JPKI.fullmatch(text)
    if match is None:
        raise _malformed_jpki("not an era digit and YYYYMMDD")
    digit, *parts = match.groups()
    year, month, day = (int(part) or None for part in parts)
    try:
        found = PartialDate(year=year, month=month, day=day)
    except ValueError:
        raise _malformed_jpki("no such day in the calendar") from None
    if digit not in _possible_jpki_digits(found):
        raise _malformed_jpki("the date is not in that era")
    return found


def format_jpki_date(value: PartialDate) -> str:
    """Return the date as a JPKI certificate carries it; what is unknown is written as zeros.

    A year in which the era changed, with no more known, gets the digit of the era in which it began.

    Raises:
        UnsupportedError: The date lies before 1873.
    """
    if value.earliest is None:
        return JPKI_UNKNOWN_DATE
    return f"{era_of(value.earliest).jpki_digit}{value.year:04}{value.month or 0:02}{value.day or 0:02}"


def _possible_jpki_digits(value: PartialDate) -> set[str]:
    if value.earliest is None or value.latest is None:
        return set(_BY_JPKI_DIGIT)
    first, last = era_of(value.earliest), era_of(value.latest)
    return {first.jpki_digit, last.jpki_digit}


def _malformed_japanese(reason: str) -> MalformedError:
    return MalformedError(f"not a date in a Japanese era: {reason}", code="JP_ERA_DATE_INVALID")


def _malformed_jpki(reason: str) -> MalformedError:
    return MalformedError(f"not a JPKI date: {reason}", code="JP_JPKI_DATE_INVALID")
