# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What the history says: who, when, why, which claims by name.  Never a claim's value."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from vcwallet.encoding import base64url
from vcwallet.errors import OverAskingError, RequestRefusedError, StatuteLimitedError
from vcwallet.history import LogEntry
from vcwallet.protocols.exchange import AuthenticatedRequest, Transaction
from vcwallet.trust.registration import Registration
from vcwallet.wallet.cards import Card

PRESENTED = "presented"
RESTORED = "restored"
Entry = dict[str, Any]


def receipt(card: Card) -> Entry:
    """Return the entry of a credential that was received."""
    return _about(card, event="received", at=card.received_at)


def deletion(card: Card, *, at: datetime) -> Entry:
    """Return the entry of a credential that was deleted."""
    return _about(card, event="deleted", at=at)


def replacement(card: Card, *, at: datetime) -> Entry:
    """Return the entry of a credential that took the place of an older one of its type."""
    return _about(card, event="replaced", at=at)


def backup(*, at: datetime) -> Entry:
    """Return the entry of a backup; it stands there before the file does."""
    return {"event": "backed_up", "time": _time(at)}


def mending(*what: str, at: datetime) -> Entry:
    """Return the entry of a wallet in which something damaged was made anew."""
    return {"event": "mended", "time": _time(at), "what": list(what)}


def restoration(
    *, backup: int, made_at: datetime, missing: int, left_out: Mapping[str, int] | None = None, at: datetime
) -> Entry:
    """Return the entry of a wallet that was made of a backup, and what of it is known to be missing."""
    return {
        "event": RESTORED,
        "time": _time(at),
        "backup": backup,
        "backup_time": _time(made_at),
        "missing_entries": missing,
        **({"left_out": dict(left_out)} if left_out else {}),
    }


def disclosure(
    registration: Registration, request: AuthenticatedRequest, shown: Sequence[Entry], *, at: datetime
) -> Entry:
    """Return the entry of an answer, with what is needed to ask for deletion later."""
    use = registration.use
    return {
        "event": PRESENTED,
        "time": _time(at),
        "verifier": registration.verifier,
        "verifier_name": dict(registration.name),
        "purpose": use.code,
        "purpose_text": dict(use.text),
        "legal_basis": list(use.legal_basis),
        "retention_days": use.retention_days,
        "privacy_policy": use.privacy_policy,
        "contact": use.contact,
        "request": request.digest,
        "credentials": list(shown),
        **({"transactions": [_authorised(one) for one in request.transactions]} if request.transactions else {}),
    }


def deletion_request(disclosure: LogEntry, *, at: datetime) -> Entry:
    """Return the entry of a verifier that is asked to delete what it was shown; it says when, whom, and about what."""
    shown = disclosure.entry
    about = ("verifier", "verifier_name", "purpose", "purpose_text", "contact", "request")
    return {
        "event": "deletion_requested",
        "time": _time(at),
        **{name: shown[name] for name in about if name in shown},
        "disclosure": disclosure.sequence,
    }


def declining(registration: Registration, request: AuthenticatedRequest, *, at: datetime) -> Entry:
    """Return the entry of a request that the person declined."""
    return {
        "event": "declined",
        "time": _time(at),
        "verifier": registration.verifier,
        "verifier_name": dict(registration.name),
        "purpose": registration.use.code,
        "request": request.digest,
    }


def refusal(request: AuthenticatedRequest, error: RequestRefusedError, *, at: datetime) -> Entry:
    """Return the entry of a request that the wallet refused."""
    claims = list(error.claims) if isinstance(error, OverAskingError | StatuteLimitedError) else []
    return {
        "event": "refused",
        "time": _time(at),
        "verifier": request.verifier.party,
        "verifier_name": dict(request.verifier.name),
        "purpose": request.purpose,
        "code": error.code,
        "request": request.digest,
        "claims": claims,
    }


def _authorised(transaction: Transaction) -> Entry:
    digest = hashlib.sha256(transaction.text.encode("utf-8")).digest()
    return {"type": transaction.type, "digest": base64url.encode(digest)}


def _about(card: Card, *, event: str, at: datetime) -> Entry:
    return {
        "event": event,
        "time": _time(at),
        "type": card.type_ids[0],
        "issuer": card.issuer,
        "issuer_name": card.issuer_name,
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
