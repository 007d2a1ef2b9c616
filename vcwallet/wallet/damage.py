# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a person is told about a damaged wallet."""

from __future__ import annotations

from dataclasses import dataclass

from vcwallet.errors import StoreError
from vcwallet.wallet.cards import Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One thing in the wallet that is damaged; what is not named can be used as before.

    Attributes:
        kind: ``credential``, ``key`` (a credential is there and cannot be presented), ``history``, or the collection
            of another record.
        id: which record of that kind, where it is known.
        message: what is wrong with it.
        card: the credential that cannot be used because of it, where that can still be read.
    """

    kind: str
    id: str | None
    message: str
    card: Card | None = None

    @classmethod
    def of(cls, error: StoreError, *, kind: str, card: Card | None = None) -> Damage:
        """Return what an error says about a record."""
        return cls(kind=kind, id=getattr(error, "id", None), message=str(error.args[0]), card=card)
