# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Claims as people read them: one line each, called as the registry calls them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from vcwallet import PublishedTrust
from vcwallet.claims import ClaimPath, JsonValue
from vcwallet.errors import VcError
from vcwallet.formats.type_metadata import ResolvedType, TypeCatalogue
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient
from web.pages import Reader

MAX_SHOWN = 500
"""How many characters of a text are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A claim on a page."""

    label: str
    text: str


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
        """Return what a claim is called."""
        found = self._found(type_id)
        return ".".join(map(str, path)) if found is None else found.label(path, reader.language)

    def lines(self, type_id: str, claims: Mapping[str, JsonValue], reader: Reader) -> list[Line]:
        """Return the claims of a credential that its type has a name for."""
        found = self._found(type_id)
        return [] if found is None else list(_lines(found, (), claims, reader))

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
    text = str(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _lines(found: ResolvedType, path: tuple[str, ...], value: JsonValue, reader: Reader) -> Iterator[Line]:
    if isinstance(value, Mapping) and value:
        if "formatted" in value:
            value = {"formatted": value["formatted"]}
        for name, part in value.items():
            yield from _lines(found, (*path, name), part, reader)
    elif found.claim(path) is not None:
        label = found.label(path, reader.language)
        if path[-1] == "formatted":
            label = found.label(path[:-1], reader.language)
        yield Line(label=label, text=plain(value, reader))
