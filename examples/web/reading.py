# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Claims as people read them: one line each, called as the registry calls them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeGuard

from vcwallet import PublishedTrust
from vcwallet.claims import ClaimPath, JsonValue, path_text
from vcwallet.encoding import visible
from vcwallet.errors import VcError
from vcwallet.formats.type_metadata import ResolvedType, TypeCatalogue
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient
from web.pages import Reader

MAX_SHOWN = 500
"""How many characters of a text are shown."""
LARGE = 10_000
"""From here on, numbers are amounts and no years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A claim on a page.

    Attributes:
        label: what it is called.
        text: what it says.
        parts: what it consists of, where it is a list of several things, each with claims of its own.
    """

    label: str
    text: str = ""
    parts: tuple[tuple[Line, ...], ...] = ()


class Types:
    """The credential types of a registry."""

    def __init__(self, trust: PublishedTrust, *, at: datetime) -> None:
        """Read what the registry has published."""
        self._types = TypeCatalogue(TrustedListClient.follow(trust, store=MemoryStore(), at=at).type_metadata)

    def name(self, type_id: str, reader: Reader) -> str:
        """Return what a type is called."""
        found = self._found(type_id)
        return type_id if found is None else found.name(reader.language)

    def label(self, type_id: str, path: ClaimPath, reader: Reader) -> str:
        """Return what a claim is called, after the claims that it is part of."""
        found = self._found(type_id)
        return path_text(path) if found is None else _label(found, path, reader)

    def label_of(self, type_id: str, name: str, reader: Reader) -> str:
        """Return what a claim is called of which only the path as text is known, or the end of it."""
        found = self._found(type_id)
        paths = [] if found is None else [claim.path for claim in found.claims]
        fitting = [path for path in paths if path_text(path) == name] or [path for path in paths if path[-1] == name]
        return self.label(type_id, fitting[0] if fitting else tuple(name.split(".")), reader)

    def lines(self, type_id: str, claims: Mapping[str, JsonValue], reader: Reader) -> list[Line]:
        """Return the claims of a credential that its type has a name for."""
        found = self._found(type_id)
        if found is None:
            return []
        return _sorted_lines(found, (), claims, reader)

    def _found(self, type_id: str) -> ResolvedType | None:
        try:
            return self._types.type(type_id)
        except VcError:
            return None


def plain(value: object, reader: Reader) -> str:
    """Return a value in words."""
    if isinstance(value, bool):
        return reader("はい", "yes") if value else reader("いいえ", "no")
    if isinstance(value, Mapping):
        whole = value.get("formatted") or value.get("amount")
        return str(whole) if whole else "、".join(plain(part, reader) for part in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return reader("、", ", ").join(plain(part, reader) for part in value)
    text = f"{value:,}" if isinstance(value, int) and value >= LARGE else visible.shown(str(value))
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _sorted_lines(found: ResolvedType, path: ClaimPath, value: JsonValue, reader: Reader) -> list[Line]:
    """Return the lines of a claim in the order of its type; labels leave out what the claim is part of."""
    lines = _lines(found, path, value, reader, start=len(path))
    return [line for _, line in sorted(lines, key=lambda one: one[0])]


def _lines(
    found: ResolvedType, path: ClaimPath, value: JsonValue, reader: Reader, *, start: int
) -> Iterator[tuple[int, Line]]:
    """Yield the lines of a claim, each after its place in the type."""
    about, label = found.claim(path), _label(found, path, reader, start=start)
    if about is not None and _has_parts(value):
        parts = _parts(found, (*path, None), value, reader)
        yield found.claims.index(about), Line(label=label, parts=parts)
    elif about is not None and (not isinstance(value, Mapping) or "formatted" in value or _is_band(value)):
        text = _band(found, path, value, reader) if _is_band(value) else plain(value, reader)
        yield found.claims.index(about), Line(label=label, text=text)
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _lines(found, (*path, name), part, reader, start=start)


def _parts(
    found: ResolvedType, path: ClaimPath, values: Sequence[Mapping[str, JsonValue]], reader: Reader
) -> tuple[tuple[Line, ...], ...]:
    return tuple(tuple(_sorted_lines(found, path, part, reader)) for part in values)


def _has_parts(value: JsonValue) -> TypeGuard[Sequence[Mapping[str, JsonValue]]]:
    """Tell whether this is a list of things with claims of their own."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return False
    return bool(value) and all(isinstance(part, Mapping) for part in value)


def _band(found: ResolvedType, path: ClaimPath, value: Mapping[str, bool], reader: Reader) -> str:
    places = {claim.path: place for place, claim in enumerate(found.claims)}
    names = sorted(value, key=lambda name: places.get((*path, name), 0))
    amounts = [(_own_label(found, (*path, name), reader), plain(value[name], reader)) for name in names]
    return reader("、", ", ").join(f"{amount}: {word}" for amount, word in amounts)


def _is_band(value: JsonValue) -> TypeGuard[Mapping[str, bool]]:
    """Tell whether this says of several amounts whether something is above or below them."""
    return isinstance(value, Mapping) and bool(value) and all(isinstance(part, bool) for part in value.values())


def _label(found: ResolvedType, path: ClaimPath, reader: Reader, *, start: int = 0) -> str:
    above = [path[:length] for length in range(start + 1, len(path) + 1)]
    labels = [_own_label(found, one, reader) for one in above if found.claim(one) is not None]
    return " › ".join(dict.fromkeys(labels)) or path_text(path)


def _own_label(found: ResolvedType, path: ClaimPath, reader: Reader) -> str:
    return found.label(path, reader.language)
