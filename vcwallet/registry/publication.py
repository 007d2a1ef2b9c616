# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The latest issue of each document that a registry publishes: when a new one is due, and its record.

The list of lists ends after a week, and a new one is made when half of that is over or something has changed.  The
documents that it pins live longer, and get a new number only when what they state has changed, or when they would end
before the list of lists does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from vcwallet.claims import JsonObject
from vcwallet.encoding import json
from vcwallet.encoding.wire import WireModel, read
from vcwallet.storage import Change, Delete, Put, RecordStore
from vcwallet.trust.list_json import MAX_BYTES, from_base64, to_base64
from vcwallet.trust.members import Time, time_text

VALIDITY = timedelta(days=7)
"""How long the list of lists may be used.  A suspension has reached everybody by then, also whoever is cut off."""
LIST_VALIDITY = timedelta(days=90)
"""How long a list that has not changed may be used, as long as the list of lists pins it."""
REVOCATION_LIST_VALIDITY = timedelta(days=14)
"""The same of a revocation list, for those too who know nothing but that."""

MASTER = "master"
_COLLECTION = "registry_list"


def revocation_list_name(key_id: bytes) -> str:
    """Return how the revocation list of a CA is called here."""
    return f"crl-{key_id.hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One issue of one document.

    Attributes:
        name: which document: a role, the list of lists, or the revocation list of a CA.
        number: its number, which grows from one issue to the next.
        states: the digest of what it states, its number and times left out.
        next_update: when it ends.
        body: the signed document.
    """

    name: str
    number: int
    states: str
    next_update: datetime
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The document, where it is a text."""
        return self.body.decode("ascii")

    def still_serves(self, states: str, *, until: datetime) -> bool:
        """Tell whether no new issue is needed: it states the same, and ends after `until`."""
        return self.states == states and self.next_update > until


def digest(content: JsonObject) -> str:
    """Return the digest of what a document states."""
    return hashlib.sha256(json.dumps(content)).hexdigest()


def replacing(issues: Iterable[Issue], previous: Mapping[str, Issue]) -> list[Change]:
    """Return the changes that put new issues in place of the previous ones; no number is given twice."""
    changes: list[Change] = []
    for issue in issues:
        changes.append(Put(_COLLECTION, _record_id(issue), _body(issue), new=True))
        if issue.name in previous:
            changes.append(Delete(_COLLECTION, _record_id(previous[issue.name])))
    return changes


def load_issues(store: RecordStore) -> dict[str, Issue]:
    """Return the latest issue of each document in the store, by name."""
    latest: dict[str, Issue] = {}
    for record in store.find(_COLLECTION):
        issue = _issue(record.body)
        if issue.name not in latest or issue.number > latest[issue.name].number:
            latest[issue.name] = issue
    return latest


def _body(issue: Issue) -> bytes:
    return json.dumps(
        {
            "name": issue.name,
            "number": issue.number,
            "states": issue.states,
            "next_update": time_text(issue.next_update),
            "body": to_base64(issue.body),
        }
    )


def _issue(body: bytes) -> Issue:
    record = read(_Record, body, max_bytes=2 * MAX_BYTES)
    return Issue(
        name=record.name,
        number=record.number,
        states=record.states,
        next_update=record.next_update,
        body=from_base64(record.body),
    )


class _Record(WireModel):
    name: str
    number: int
    states: str
    next_update: Time
    body: str


def _record_id(issue: Issue) -> str:
    return f"{issue.name} {issue.number:020}"
