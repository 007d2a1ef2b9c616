# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Why a wallet proposes what it proposes: what it chose between, and what tipped the scales.

Values, to be told to people in their language; nothing of it is for the verifier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from vcwallet.protocols.dcql.weight import Weight


class Among(StrEnum):
    """What was chosen between."""

    WAYS = "WAYS"
    """Combinations of credential queries that satisfy the whole."""

    CREDENTIALS = "CREDENTIALS"
    """Credentials that answer one credential query."""

    CLAIM_SETS = "CLAIM_SETS"
    """Combinations of claims with which a credential answers one credential query."""


class Because(StrEnum):
    """What tipped the scales against the second best."""

    FEWER_GUARDED = "FEWER_GUARDED"
    FEWER_CLAIMS = "FEWER_CLAIMS"
    FEWER_VALUES = "FEWER_VALUES"
    FEWER_CREDENTIALS = "FEWER_CREDENTIALS"
    FIRST = "FIRST"
    """Nothing: it discloses as much, and comes first, by the verifier's order or the wallet's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why one was chosen among several.

    Attributes:
        among: what was chosen between.
        because: what tipped the scales.
        query_id: the credential query concerned; None where the choice is between combinations of them.
        others: how many others there were.
        weight: how much the chosen one discloses.
        second: how much the second best would.
    """

    among: Among
    because: Because
    query_id: str | None
    others: int
    weight: Weight
    second: Weight


def reason(among: Among, chosen: Weight, others: Sequence[Weight], *, query_id: str | None = None) -> Reason | None:
    """Return why one was chosen that weighs no more than the others; None where there are no others."""
    if not others:
        return None
    second = min(others)
    return Reason(
        among=among,
        because=_because(chosen, second),
        query_id=query_id,
        others=len(others),
        weight=chosen,
        second=second,
    )


def _because(chosen: Weight, second: Weight) -> Because:
    if chosen.guarded < second.guarded:
        return Because.FEWER_GUARDED
    if chosen.claims < second.claims:
        return Because.FEWER_CLAIMS
    if chosen.values < second.values:
        return Because.FEWER_VALUES
    if chosen.credentials < second.credentials:
        return Because.FEWER_CREDENTIALS
    return Because.FIRST
