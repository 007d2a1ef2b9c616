# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Short ways to enter issues into a ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.support.pki import NOW
from vcwallet.status.ledger import Decision, Issuance, IssuanceLedger, NewIssue

LISTS = "https://status.example/lists"
DESK = Decision(actor="residents desk", reason="moved away", at=NOW)


def new_issue(key: str, **changed: Any) -> NewIssue:
    values: dict[str, Any] = {
        "idempotency_key": key,
        "type_id": "urn:example:resident:1",
        "format": "dc+sd-jwt",
        "issued_at": NOW,
        "expires": NOW + timedelta(days=90),
    }
    return NewIssue(**values | changed)


def enter(ledger: IssuanceLedger, key: str, **changed: Any) -> tuple[Issuance, ...]:
    """Enter an issue, as an issuer does that has nothing to sign."""
    with ledger.issuing(new_issue(key, **changed)) as entries:
        return entries


def decided(at: datetime, reason: str = "moved away") -> Decision:
    return Decision(actor="residents desk", reason=reason, at=at)
