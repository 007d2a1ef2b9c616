# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An SD-JWT whose signature and disclosures are checked: its claims, and choosing what to show of them.

`select` is how a holder presents (RFC 9901, section 5.2): a claim comes with the ancestors that it needs, and a parent
that was asked for comes with all below it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from vcwallet.claims import ClaimPath, JsonValue
from vcwallet.errors import NoMatchError
from vcwallet.formats.sd_jwt.disclosure import HashAlgorithm
from vcwallet.formats.sd_jwt.issuance import combine
from vcwallet.formats.sd_jwt.processing import Placement, Processed
from vcwallet.jose.jws import Jws


@dataclass(frozen=True, kw_only=True)
class VerifiedSdJwt:
    """An SD-JWT that passed every check of RFC 9901, section 7.1."""

    issuer_jwt: Jws
    hash_algorithm: HashAlgorithm
    processed: Processed

    @property
    def claims(self) -> dict[str, Any]:
        """The claim tree after disclosure, registered claims included."""
        return self.processed.claims

    def select(self, paths: Iterable[ClaimPath]) -> str:
        """Return the SD-JWT with just the disclosures that the claims of `paths` need, without key binding.

        Raises:
            NoMatchError: a path selects no claim.
        """
        return combine(self._issuer_text, [placement.text for placement in self.placements_for(paths)])

    def placements_for(self, paths: Iterable[ClaimPath]) -> list[Placement]:
        """Return the disclosures that the claims of `paths` need, in the order of issue.

        Raises:
            NoMatchError: a path selects no claim.
        """
        by_path = self._by_path
        chosen: set[int] = set()
        for path in paths:
            for target in _expand(self.claims, path):
                depth = len(target)
                chosen.update(by_path[target[:length]] for length in range(1, depth + 1) if target[:length] in by_path)
                chosen.update(self._below(target, depth))
        placements = self.processed.placements
        return [placements[position] for position in sorted(chosen)]

    def _below(self, target: ClaimPath, depth: int) -> list[int]:
        if self._depth <= depth:
            return []
        return [at for path, at in self._by_path.items() if len(path) > depth and path[:depth] == target]

    @cached_property
    def _by_path(self) -> dict[ClaimPath, int]:
        return {placement.path: position for position, placement in enumerate(self.processed.placements)}

    @cached_property
    def _depth(self) -> int:
        return max((len(placement.path) for placement in self.processed.placements), default=0)

    @cached_property
    def _issuer_text(self) -> str:
        return self.issuer_jwt.compact()


def _expand(root: JsonValue, path: ClaimPath) -> list[ClaimPath]:
    """Return the paths, without nulls, of the claims that `path` selects."""
    found: list[tuple[ClaimPath, Any]] = [((), root)]
    for component in path:
        found = [step for at, node in found for step in _children(at, node, component)]
    if not found:
        raise NoMatchError("a claim that is to be shown is not in the credential")
    return [at for at, _ in found]


def _children(at: ClaimPath, node: Any, component: str | int | None) -> list[tuple[ClaimPath, Any]]:
    if isinstance(component, str):
        return [((*at, component), node[component])] if isinstance(node, dict) and component in node else []
    if not isinstance(node, list):
        return []
    positions = range(len(node)) if component is None else [component] if component < len(node) else []
    return [((*at, position), node[position]) for position in positions]
