# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a wallet remembers of the status of its credentials, so that it can be shown where there is no network."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from vcwallet.encoding import json
from vcwallet.errors import StoreCorruptError, VcError
from vcwallet.status.outcome import Origin, StatusResult, StatusState
from vcwallet.storage import Delete, Put, RecordStore
from vcwallet.wallet.cards import Card

COLLECTION: Final = "card_status"
_STATEMENTS: Final = frozenset(
    {StatusState.VALID, StatusState.REVOKED, StatusState.SUSPENDED, StatusState.OTHER, StatusState.NOT_APPLICABLE}
)


def is_statement(result: StatusResult) -> bool:
    """Tell whether a result says something; one that only says that nothing is known replaces none that does."""
    return result.state in _STATEMENTS


def remembered(card: Card, result: StatusResult) -> Put:
    """Return the change that keeps the status of a card."""
    body = {
        "state": result.state.value,
        "checked_at": _seconds(result.checked_at),
        "value": result.value,
        "mechanism": result.mechanism,
        "uri": result.uri,
        "index": result.index,
        "issued_at": _seconds(result.issued_at),
        "expires": _seconds(result.expires),
        "fetched_at": _seconds(result.fetched_at),
        "fresh_until": _seconds(result.fresh_until),
        "origin": result.origin.value if result.origin is not None else None,
    }
    return Put(COLLECTION, card.id, json.dumps(body))


def forgotten(card: Card) -> Delete:
    """Return the change that forgets it."""
    return Delete(COLLECTION, card.id)


def last_status(store: RecordStore, card: Card) -> StatusResult | None:
    """Return the last status of a card that is known; None where none was looked up.

    Raises:
        StoreCorruptError: the record is damaged.
    """
    body = store.get(COLLECTION, card.id)
    return None if body is None else _read(body)


def _read(record: bytes) -> StatusResult:
    try:
        body = json.loads_object(record)
        checked_at = _time(body["checked_at"])
        if checked_at is None:
            raise ValueError("a status was looked up at some time")
        return StatusResult(
            state=StatusState(body["state"]),
            checked_at=checked_at,
            value=body["value"],
            mechanism=body["mechanism"],
            uri=body["uri"],
            index=body["index"],
            issued_at=_time(body["issued_at"]),
            expires=_time(body["expires"]),
            fetched_at=_time(body["fetched_at"]),
            fresh_until=_time(body["fresh_until"]),
            origin=Origin(body["origin"]) if body["origin"] is not None else None,
        )
    except (VcError, KeyError, TypeError, ValueError, OverflowError, OSError):
        raise StoreCorruptError("what is kept of a credential's status is damaged") from None


def _seconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp())


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
