# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Dates of which only the year, the year and month, or nothing may be known, and what they say about an age.

Registers hold birth dates such as "1945" and "unknown".  A `PartialDate` keeps what is known, and answers a question
about age only when the answer is certain: ``None`` means that nobody can tell, and a check of age must then fail.

    >>> from datetime import date
    >>> PartialDate.parse("1990-01-02").age_on(date(2026, 11, 23))
    36
    >>> PartialDate.parse("2006").is_at_least(20, date(2026, 11, 23)) is None
    True

Ages are counted as everybody does: one is a year older on the birthday, and someone born on 29 February is a year older
on 1 March of a common year.  Under the Act on Calculation of Ages (Act No. 50 of 1902) an age is in law attained at
the end of the day *before* the birthday (28 February for 29 February), so from midnight on both reckonings agree.
Where a rule counts those who attain an age *by* a day (school years do), ask about the next day:
``birth.is_at_least(6, day + timedelta(days=1))``.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from vcwallet.errors import MalformedError

JAPAN_STANDARD_TIME: Final = timezone(timedelta(hours=9), "JST")
"""Japan has used no summer time since 1952, so a fixed offset will do."""

_ISO: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_REDUCED: Final = "^[0-9]{4}(-(0[1-9]|1[0-2]))?$"


def date_in_japan(at: datetime) -> date:
    """Return the calendar date in Japan at a moment: until 15:00 UTC the UTC date, from then on the next one.

    Raises:
        ValueError: The moment has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("a moment needs a time zone before it has a date in Japan")
    return at.astimezone(JAPAN_STANDARD_TIME).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialDate:
    """A Gregorian date of which the day, the day and month, or all may be unknown.

    In JSON it is an ISO 8601 string, ``"1990"``, ``"1990-01"`` or ``"1990-01-02"``, and ``null`` when nothing is known.
    Declare a pydantic field as ``PartialDate``; in an optional field ``null`` would mean both "unknown" and "absent",
    and pydantic reads it as absent.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if (self.month is not None and self.year is None) or (self.day is not None and self.month is None):
            raise ValueError("a date is known from the year downwards")
        if self.year is not None:
            # date() is the judge of what exists.
            date(self.year, 1 if self.month is None else self.month, 1 if self.day is None else self.day)

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Return the date that an ISO 8601 calendar date of full or reduced precision names.

        Raises:
            MalformedError: The text has another form, or names a day that does not exist; the empty text too.
        """
        match = _ISO.fullmatch(text)
        if match is None:
            raise _malformed("a date is written YYYY, YYYY-MM or YYYY-MM-DD")
        year, month, day = (None if part is None else int(part) for part in match.groups())
        try:
            return cls(year=year, month=month, day=day)
        except ValueError:
            raise _malformed("no such day in the calendar") from None

    @classmethod
    def from_date(cls, day: date) -> PartialDate:
        """Return a wholly known date."""
        return cls(year=day.year, month=day.month, day=day.day)

    def isoformat(self) -> str | None:
        """Return the ISO 8601 string that `parse` reads, or None when nothing is known."""
        if self.year is None:
            return None
        parts = (f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part is not None))
        return "-".join(parts)

    @property
    def earliest(self) -> date | None:
        """The first day that this date may mean; None when nothing is known."""
        if self.year is None:
            return None
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date | None:
        """The last day that this date may mean; None when nothing is known."""
        if self.year is None:
            return None
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])

    @property
    def exact(self) -> date | None:
        """The day, when it is wholly known."""
        return self.earliest if self.day is not None else None

    def age_on(self, on: date) -> int | None:
        """Return the age in completed years on a day, if this is the birth date and leaves only one answer.

        None when the birth date does not settle it, or lies after the day.
        """
        ages = self._possible_ages(on)
        if ages is None:
            return None
        youngest, oldest = ages
        return youngest if youngest == oldest >= 0 else None

    def is_at_least(self, years: int, on: date) -> bool | None:
        """Tell whether somebody born on this date has certainly (True) or certainly not (False) reached an age.

        None when the birth date does not settle it.  None is false in an ``if``, so a check of age fails closed; to
        *deny* something on grounds of age, compare with ``is False``.

        Raises:
            ValueError: The age is negative.
        """
        if years < 0:
            raise ValueError("an age is not negative")
        ages = self._possible_ages(on)
        if ages is None:
            return None
        youngest, oldest = ages
        if youngest >= years:
            return True
        return False if oldest < years else None

    def _possible_ages(self, on: date) -> tuple[int, int] | None:
        if isinstance(on, datetime):
            raise TypeError("an age belongs to a calendar date: use date_in_japan(at)")
        if self.earliest is None or self.latest is None:
            return None
        return _completed_years(self.latest, on), _completed_years(self.earliest, on)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _from_field,
            serialization=core_schema.plain_serializer_function_ser_schema(PartialDate.isoformat),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        known, partly_known = {"type": "string", "format": "date"}, {"type": "string", "pattern": _REDUCED}
        return {"anyOf": [known, partly_known, {"type": "null"}]}


UNKNOWN_DATE: Final = PartialDate()
"""A date of which nothing is known."""


def _completed_years(birth: date, on: date) -> int:
    # Comparing (month, day) puts a birthday of 29 February on 1 March of a common year.
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def _from_field(value: object) -> PartialDate:
    """Validate a pydantic field: our own type, a date, an ISO string, or None for unknown; no other type is coerced."""
    if isinstance(value, PartialDate):
        return value
    if value is None:
        return UNKNOWN_DATE
    if isinstance(value, date) and not isinstance(value, datetime):
        return PartialDate.from_date(value)
    if not isinstance(value, str):
        raise PydanticCustomError("partial_date_type", "a date is an ISO 8601 string or null")
    try:
        return PartialDate.parse(value)
    except MalformedError:
        raise PydanticCustomError("partial_date", "a date is written YYYY, YYYY-MM or YYYY-MM-DD and exists") from None


def _malformed(reason: str) -> MalformedError:
    return MalformedError(reason, code="PARTIAL_DATE_INVALID", clause="ISO 8601-1, section 5.2.2")
