# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How much an answer discloses, so that of several the one that discloses least can be proposed.

The standard leaves the choice to the wallet (OpenID4VP 1.0, sections 6.4.1 and 6.4.2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from vcwallet.claims import ClaimPath, JsonObject, JsonValue, any_position


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Weight:
    """What a verifier would learn; of two weights that is the lesser whose first unequal number is the lesser.

    Attributes:
        guarded: claims that people approve by name only.
        claims: claims, those included; the elements of an array are one claim, however many there are.
        values: values of these claims.
        credentials: credentials that they are of.
    """

    guarded: int = 0
    claims: int = 0
    values: int = 0
    credentials: int = 0

    @classmethod
    def of(cls, seen: Iterable[ClaimPath], *, is_guarded: Callable[[ClaimPath], bool]) -> Weight:
        """Return the weight of a credential of which these claims are seen, each where it stands in the credential."""
        places = set(seen)
        names = {any_position(path) for path in places}
        return cls(guarded=sum(map(is_guarded, names)), claims=len(names), values=len(places), credentials=1)

    def __add__(self, other: Weight) -> Weight:
        return Weight(
            guarded=self.guarded + other.guarded,
            claims=self.claims + other.claims,
            values=self.values + other.values,
            credentials=self.credentials + other.credentials,
        )


Weigh: TypeAlias = "Callable[[tuple[ClaimPath, ...]], Weight]"
"""Gives the weight of a credential when the claims of some paths are disclosed."""


def weigh_asked(claims: JsonObject) -> Weigh:
    """Return what counts the values that are asked for, for credentials of which no more is known than the claims."""

    def weigh(paths: tuple[ClaimPath, ...]) -> Weight:
        seen = (leaf for path in paths for leaf in _leaves_at(claims, path, ()))
        return Weight.of(seen, is_guarded=lambda _: False)

    return weigh


def _leaves_at(node: JsonValue, path: ClaimPath, at: ClaimPath) -> Iterator[ClaimPath]:
    """Yield the innermost values at or below what a path selects; `at` is where the node stands."""
    wanted = path[:1]
    has_parts = False
    for name, part in _parts(node):
        has_parts = True
        if not wanted or wanted[0] == name or (wanted[0] is None and isinstance(name, int)):
            yield from _leaves_at(part, path[1:], (*at, name))
    if not has_parts and not wanted:
        yield at


def _parts(node: JsonValue) -> Iterable[tuple[str | int, JsonValue]]:
    if isinstance(node, Mapping):
        return node.items()
    return enumerate(node) if isinstance(node, list | tuple) else ()
