# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Taking decoded CBOR apart: each function returns what has the right form, or says which part has not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

from vcwallet.encoding.cbor import Tag
from vcwallet.errors import MalformedError, UnsupportedError
from vcwallet.formats.mdoc.vocabulary import ISO, VERSION

EMBEDDED, DATE_TIME, FULL_DATE = 24, 0, 1004
"""CBOR tags: an embedded item, a date with time, a date."""

_T = TypeVar("_T")
_VERSION = re.compile(r"1\.[0-9]{1,4}")
_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_DATE_TIME_LENGTH = len("2030-01-01T00:00:00Z")


def malformed(what: str, clause: str) -> MalformedError:
    """Return the error that says that a part is missing or of the wrong form."""
    return MalformedError(what, clause=f"{ISO}, clause {clause}")


def a_map(value: object, what: str, clause: str) -> dict[Any, Any]:
    """Return a map.

    Raises:
        MalformedError: it is something else.
    """
    if not isinstance(value, dict):
        raise malformed(f"{what} is not a map", clause)
    return value


def by_name(value: object, what: str, clause: str) -> dict[str, Any]:
    """Return a map whose keys are non-empty text strings, and that has at least one.

    Raises:
        MalformedError: it is something else.
    """
    members = a_map(value, what, clause)
    if not members or not all(isinstance(name, str) and name for name in members):
        raise malformed(f"{what} is not a non-empty map by name", clause)
    return members


def member(members: Mapping[Any, Any], name: str, kind: type[_T], clause: str) -> _T:
    """Return a member of a type; true is no number.

    Raises:
        MalformedError: it is missing or of another type.
    """
    value = members.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise malformed(f"{name} is missing or of another type", clause)
    return value


def name(members: Mapping[Any, Any], key: str, clause: str) -> str:
    """Return a member that is a non-empty text string.

    Raises:
        MalformedError: it is missing or something else.
    """
    value = member(members, key, str, clause)
    if not value:
        raise malformed(f"{key} is empty", clause)
    return value


def embedded(value: object, what: str, clause: str) -> bytes:
    """Return the bytes of an embedded item, ``#6.24(bstr .cbor X)``, as they came.

    Raises:
        MalformedError: it is something else.
    """
    if not isinstance(value, Tag) or value.number != EMBEDDED or not isinstance(value.content, bytes):
        raise malformed(f"{what} is not an embedded CBOR item", clause)
    return value.content


def require_version(members: Mapping[Any, Any], clause: str) -> str:
    """Return the version, of which a later minor number is no obstacle (clause 8.3.2.1.2.1).

    Raises:
        MalformedError: it is missing.
        UnsupportedError: another major version (code ``VERSION_NOT_SUPPORTED``).
    """
    version = member(members, "version", str, clause)
    if version != VERSION and not _VERSION.fullmatch(version):
        raise UnsupportedError("another major version", code="VERSION_NOT_SUPPORTED", clause=f"{ISO}, clause {clause}")
    return version


def date_time(value: object, what: str, clause: str) -> datetime:
    """Return the time of a ``tdate``: in UTC, without fractions of seconds.

    Raises:
        MalformedError: it is something else.
    """
    if isinstance(value, Tag) and value.number == DATE_TIME and isinstance(value.content, str):
        # What is kept is short, so nobody can fill the memory with what was not even a time.
        moment = _moment(value.content) if len(value.content) == _DATE_TIME_LENGTH else None
        if moment is not None:
            return moment
    raise malformed(f"{what} is not a date and time in UTC in whole seconds", clause)


@lru_cache(maxsize=1024)
def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if _DATE_TIME.fullmatch(text) else None
    except ValueError:
        return None
