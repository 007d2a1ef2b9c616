# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Claims descriptions: which claims a credential has and how they are called (OpenID4VCI 1.0, appendix B and C).

Their order is the order in which a wallet shows the claims.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import NoneType
from typing import Annotated, Final

from pydantic import BeforeValidator

from vcwallet.claims import ClaimPath, parse_path
from vcwallet.encoding.wire import Maybe, WireModel
from vcwallet.errors import MalformedError
from vcwallet.protocols.openid4vci.display import Displays, Locale

MAX_CLAIMS = 1000
CLAUSE: Final = "OpenID4VCI 1.0, appendix B.3"


class ClaimDisplay(WireModel):
    """How a claim is called in one language (appendix B.2)."""

    name: Maybe[str] = None
    locale: Maybe[Locale] = None


class ClaimDescription(WireModel):
    """One claim, or several that one path points at (appendix B)."""

    path: Annotated[ClaimPath, BeforeValidator(parse_path)]
    mandatory: bool = False
    display: Displays[ClaimDisplay] = ()


def require_consistent(paths: Iterable[ClaimPath], *, in_mdoc: bool) -> None:
    """Return if no two claims descriptions are the same claim, or contradict each other (appendix B.3).

    Args:
        paths: the paths of all descriptions of a credential.
        in_mdoc: whether they point into an mdoc, where a number can be the key of a map (appendix C.2).

    Raises:
        MalformedError: the same claim twice, all elements of an array beside a single one, or a claim that is an array
            by one path and an object by another.
    """
    root = _Node()
    described: set[ClaimPath] = set()
    for path in paths:
        if path in described:
            raise MalformedError("the same claim is described twice", clause=CLAUSE)
        described.add(path)
        node = root
        for component in path:
            node = node.step(component, in_mdoc=in_mdoc)


def require_mdoc_path(path: ClaimPath) -> None:
    """Return if a path begins with a namespace and a data element identifier (appendix C.2).

    Raises:
        MalformedError: it does not.
    """
    if len(path) < 2 or not all(isinstance(component, str) for component in path[:2]):
        raise MalformedError(
            "a path into an mdoc begins with a namespace and a data element", clause="OpenID4VCI 1.0, appendix C.2"
        )


@dataclass(slots=True)
class _Node:
    """What the paths that were seen so far say about one claim, and about those inside it."""

    kinds: set[type] = field(default_factory=set)
    inside: dict[str | int | None, _Node] = field(default_factory=dict)

    def step(self, component: str | int | None, *, in_mdoc: bool) -> _Node:
        self.kinds.add(type(component))
        if len(self.kinds) > 1 and not (in_mdoc and NoneType not in self.kinds):
            raise MalformedError("two claims descriptions contradict each other", clause=CLAUSE)
        return self.inside.setdefault(component, _Node())
