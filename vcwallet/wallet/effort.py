# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A bound on the work that one request can cause: how many credentials are read to find those that answer it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from vcwallet.protocols.dcql import CredentialQuery

MAX_READ = 10_000
"""How many credentials are read for one request, counted once for each query, and again for each claim of a claim set
of it that asks for elements by their positions."""

T = TypeVar("T")


class Effort:
    """What is left of the work for one request."""

    def __init__(self, limit: int) -> None:
        """Start with all of it."""
        self._left = limit

    def as_far_as_it_goes(self, cards: Iterable[T], query: CredentialQuery) -> Iterator[T]:
        """Yield what is read for a query, until nothing is left; the next query then gets nothing either."""
        price = 1 + sum(len(option.paths) for option in query.claim_options if _is_by_position(option.paths))
        for card in cards:
            if self._left < price:
                return
            self._left -= price
            yield card


def _is_by_position(paths: Iterable[tuple[object, ...]]) -> bool:
    return any(isinstance(component, int) for path in paths for component in path)
