# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Claim trees and the paths that point into them (OpenID4VP 1.0, section 7; SD-JWT VC, section 5.6.1).

A path is a tuple: a string selects the member of an object, a non-negative integer the element of an array, and None
all elements of an array.

    >>> from vcwallet.claims import select
    >>> tree = {"name": "Arthur Dent", "degrees": [{"type": "BSc"}, {"type": "MSc"}]}
    >>> select(tree, ("degrees", None, "type"))
    ['BSc', 'MSc']
    >>> select(tree, ("degrees", 7))
    []
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from vcwallet.errors import LimitExceededError, MalformedError

JsonValue: TypeAlias = "None | bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue]"
JsonObject: TypeAlias = "Mapping[str, JsonValue]"
ClaimPath: TypeAlias = "tuple[str | int | None, ...]"

MAX_PATH_LENGTH = 16

# The concrete classes first: asking an abstract one costs ten times as much, and this runs for every credential held.
_OBJECTS = (dict, Mapping)
_ARRAYS = (list, Sequence)


def parse_path(value: object) -> ClaimPath:
    """Return a claims path from its JSON array.

    Raises:
        MalformedError: not a non-empty array of strings, non-negative integers and nulls.
        LimitExceededError: longer than 16 components.
    """
    if not isinstance(value, list | tuple) or not value:
        raise MalformedError("a claims path is a non-empty array", clause="OpenID4VP 1.0, section 7")
    if len(value) > MAX_PATH_LENGTH:
        raise LimitExceededError(f"a claims path has more than {MAX_PATH_LENGTH} components")
    if not all(_is_component(component) for component in value):
        raise MalformedError(
            "a claims path holds strings, non-negative integers and nulls", clause="OpenID4VP 1.0, section 7"
        )
    return tuple(value)


def _is_component(component: object) -> bool:
    # bool is an int in Python, but true is not an index.
    if isinstance(component, bool):
        return False
    return component is None or isinstance(component, str) or (isinstance(component, int) and component >= 0)


def select(root: JsonValue, path: ClaimPath) -> list[JsonValue]:
    """Return the values that `path` selects in `root`; an empty list when the claim is not there.

    Raises:
        MalformedError: a component does not fit the kind of value it meets (code ``CLAIM_PATH``).
    """
    selected: list[JsonValue] = [root]
    for component in path:
        selected = _step(selected, component)
    return selected


def _step(nodes: list[JsonValue], component: str | int | None) -> list[JsonValue]:
    found: list[JsonValue] = []
    for node in nodes:
        if isinstance(component, str):
            if not isinstance(node, _OBJECTS):
                raise MalformedError("a name in the path meets something that is no object", code="CLAIM_PATH")
            if component in node:
                found.append(node[component])
        elif not isinstance(node, _ARRAYS) or isinstance(node, str):
            raise MalformedError("an index in the path meets something that is no array", code="CLAIM_PATH")
        elif component is None:
            found.extend(node)
        elif component < len(node):
            found.append(node[component])
    return found


def is_present(root: JsonValue, path: ClaimPath) -> bool:
    """Tell whether `path` selects at least one value in `root`, whatever kinds of value it meets on the way."""
    try:
        return bool(select(root, path))
    except MalformedError:
        return False


def covers(granted: ClaimPath, asked: ClaimPath) -> bool:
    """Tell whether a grant of `granted` includes `asked`: the same claim, or one inside it.

    A null in the grant covers any index; an index covers only itself (ETSI TS 119 475: over-asking).
    """
    if len(granted) > len(asked):
        return False
    return all(
        have == want or (have is None and not isinstance(want, str)) for have, want in zip(granted, asked, strict=False)
    )


def any_position(path: ClaimPath) -> ClaimPath:
    """Return a path with null for every array position, as types and concealments name claims."""
    return tuple(None if isinstance(component, int) else component for component in path)


def path_text(path: ClaimPath) -> str:
    """Return a path as people write it: ``address.locality``, ``members.*.full_name``."""
    return ".".join("*" if component is None else str(component) for component in path)


@dataclass(frozen=True, slots=True)
class Concealment:
    """Which parts of a claim tree can be disclosed on their own.

    Attributes:
        selectable: this value is disclosed only when chosen.
        members: the same for the members of an object, by name.
        any_member: the same for members that `members` does not name.
        elements: the same for each element of an array.
    """

    selectable: bool = False
    members: Mapping[str, Concealment] = field(default_factory=dict)
    any_member: Concealment | None = None
    elements: Concealment | None = None

    @classmethod
    def of(cls, paths: Iterable[ClaimPath]) -> Concealment:
        """Return the concealment in which just the claims of `paths` are selectable (a null stands for all elements).

        Raises:
            ValueError: a path has an array index; concealment is by type, not by element.
        """
        return _grow([tuple(path) for path in paths])


def _grow(paths: list[ClaimPath]) -> Concealment:
    below: dict[str | None, list[ClaimPath]] = {}
    for path in paths:
        if path:
            if isinstance(path[0], int):
                raise ValueError("a concealment names all elements of an array (null), not one")
            below.setdefault(path[0], []).append(path[1:])
    return Concealment(
        selectable=() in paths,
        members={name: _grow(rest) for name, rest in below.items() if name is not None},
        elements=_grow(below[None]) if None in below else None,
    )
