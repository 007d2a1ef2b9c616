# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The latest issue of a registry's list: when a new one is due, and its record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from vcwallet.claims import JsonObject
from vcwallet.encoding import json
from vcwallet.encoding.wire import WireModel, read
from vcwallet.storage import Change, Delete, Put, RecordStore
from vcwallet.trust.list_json import MAX_BYTES
from vcwallet.trust.members import Time, time_text

VALIDITY = timedelta(days=7)
"""How long one issue may be used.  A suspension has reached everybody by then, also those whom somebody cuts off."""

_COLLECTION = "registry_list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One issue.

    Attributes:
        sequence: its number.
        changes: how many entries of the change log it takes into account.
        next_update: when it ends.
        text: the signed list.
    """

    sequence: int
    changes: int
    next_update: datetime
    text: str = field(repr=False)

    def is_current(self, *, changes: int, at: datetime) -> bool:
        """Tell whether this issue can still be handed out: nothing has changed, and half of its time is left."""
        return self.changes == changes and at < self.next_update - VALIDITY / 2

    def replacing(self, previous: Publication | None) -> list[Change]:
        """Return the changes that put this issue in place of the previous one; no number is given twice."""
        body: JsonObject = {
            "sequence": self.sequence,
            "changes": self.changes,
            "next_update": time_text(self.next_update),
            "text": self.text,
        }
        put = Put(_COLLECTION, _record_id(self.sequence), json.dumps(body), new=True)
        return [put] if previous is None else [put, Delete(_COLLECTION, _record_id(previous.sequence))]


def load_publication(store: RecordStore) -> Publication | None:
    """Return the latest issue in the store; None before the first."""
    newest = max(store.find(_COLLECTION), key=lambda record: record.id, default=None)
    if newest is None:
        return None
    body = read(_Record, newest.body, max_bytes=2 * MAX_BYTES)
    return Publication(sequence=body.sequence, changes=body.changes, next_update=body.next_update, text=body.text)


class _Record(WireModel):
    sequence: int
    changes: int
    next_update: Time
    text: str


def _record_id(sequence: int) -> str:
    return f"{sequence:020}"
