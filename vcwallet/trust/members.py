# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Members that the signed documents of a trust registry share: texts in several languages, and times.

They are spelled as in ETSI TS 119 602, which leaves room for members that we do not know; those are kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field

from vcwallet.encoding.wire import Array, WireModel, fit


class Text(WireModel):
    """A text in one language (TS 119 602, ``MultiLangString``)."""

    lang: Annotated[str, Field(min_length=1, max_length=35)]
    value: Annotated[str, Field(max_length=10_000)]


Texts: TypeAlias = Annotated[Array[Text], Field(min_length=1, max_length=100)]


def texts(by_language: Mapping[str, str]) -> list[dict[str, str]]:
    """Return a text as the list of its languages."""
    return [{"lang": language, "value": value} for language, value in by_language.items()]


def require_texts(by_language: Mapping[str, str]) -> None:
    """Return if a text will be read back: it has 1 to 100 languages, and is not too long.

    Raises:
        MalformedError: it will not.
    """
    fit(_ByLanguage, {"texts": texts(by_language)})


class _ByLanguage(WireModel):
    texts: Texts


def by_language(listed: tuple[Text, ...]) -> dict[str, str]:
    """Return a text by language tag; the first of two of the same language counts."""
    found: dict[str, str] = {}
    for text in listed:
        found.setdefault(text.lang, text.value)
    return found


# One spelling of a time: whole seconds in UTC (TS 119 602: ListIssueDateTime, StatusStartingTime and the like).
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)


def _read_time(value: object) -> datetime:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError("not a time in UTC")
    return datetime.fromisoformat(value)


Time: TypeAlias = Annotated[datetime, BeforeValidator(_read_time)]


def time_text(time: datetime) -> str:
    """Return a time as these documents write it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_seconds(time: datetime) -> datetime:
    """Return a time without its fraction of a second, as it will be read back.

    Raises:
        ValueError: the time has no time zone.
    """
    if time.tzinfo is None:
        raise ValueError("a time without a time zone")
    return time.astimezone(UTC).replace(microsecond=0)
