# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What was verified as JSON, for a sealed session until the page that asked collects it.

It is evidence in the hands of whoever verified it, and of nobody else: the text has no signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from vcwallet.claims import ClaimPath
from vcwallet.encoding.wire import Array, WireModel, fit
from vcwallet.keys import jwk
from vcwallet.keys.policy import TrustedKey
from vcwallet.status.outcome import Origin, StatusResult, StatusState
from vcwallet.verifier.verified import Evidence, Verified


class _Key(WireModel):
    key: dict[str, Any]
    party: str
    name: dict[str, str]
    source: str
    sequence: int | None = None
    details: dict[str, str]
    country: str | None = None
    jurisdiction: str | None = None
    not_before: str | None = None
    not_after: str | None = None
    acts_for: Array[str]
    authorities: Array[Array[str]]


class _Status(WireModel):
    state: str
    checked_at: str
    value: int | None = None
    mechanism: str | None = None
    uri: str | None = None
    index: int | None = None
    issued_at: str | None = None
    expires: str | None = None
    fetched_at: str | None = None
    fresh_until: str | None = None
    origin: str | None = None
    reason: str | None = None
    purpose: str | None = None
    message: str | None = None


class _Evidence(WireModel):
    format: str
    type_id: str
    type_ids: Array[str]
    claims: dict[str, Any]
    issuer: _Key
    holder_key: dict[str, Any] | None = None
    holder_proved: bool
    issued_at: str | None = None
    expires: str | None = None
    status: dict[str, Any] | None = None
    disclosed: Array[Array[str | int | None]]
    type_integrity: str | None = None
    authorities: Array[Array[str]]
    shifted: Array[Array[str | int | None]]
    device_claims: dict[str, dict[str, Any]]
    transaction_data: Array[str]
    status_result: _Status


class _Verified(WireModel):
    credentials: dict[str, Array[_Evidence]]
    purpose: str
    verified_at: str


def to_object(verified: Verified) -> dict[str, Any]:
    """Return what was verified as a JSON object."""
    return {
        "credentials": {name: [_evidence(one) for one in found] for name, found in verified.credentials.items()},
        "purpose": verified.purpose,
        "verified_at": verified.verified_at.isoformat(),
    }


def from_object(value: object) -> Verified:
    """Return what `to_object` made an object of.

    Raises:
        MalformedError: it is not such an object.
    """
    found = fit(_Verified, value)
    return Verified(
        credentials={name: tuple(map(_read_evidence, given)) for name, given in found.credentials.items()},
        purpose=found.purpose,
        verified_at=datetime.fromisoformat(found.verified_at),
    )


def _evidence(one: Evidence) -> dict[str, Any]:
    members = {
        "format": one.format,
        "type_id": one.type_id,
        "type_ids": list(one.type_ids),
        "claims": one.claims,
        "issuer": _key(one.issuer),
        "holder_key": None if one.holder_key is None else jwk.public_jwk(one.holder_key),
        "holder_proved": one.holder_proved,
        "issued_at": _text(one.issued_at),
        "expires": _text(one.expires),
        "status": one.status,
        "disclosed": _lists(one.disclosed),
        "type_integrity": one.type_integrity,
        "authorities": sorted(map(list, one.authorities)),
        "shifted": _lists(sorted(one.shifted, key=repr)),
        "device_claims": one.device_claims,
        "transaction_data": list(one.transaction_data),
        "status_result": _status(one.status_result),
    }
    return _present(members)


def _read_evidence(one: _Evidence) -> Evidence:
    return Evidence(
        format=one.format,
        type_id=one.type_id,
        type_ids=one.type_ids,
        claims=one.claims,
        issuer=_read_key(one.issuer),
        holder_key=None if one.holder_key is None else jwk.parse(one.holder_key),
        holder_proved=one.holder_proved,
        issued_at=_time(one.issued_at),
        expires=_time(one.expires),
        status=one.status,
        disclosed=one.disclosed,
        type_integrity=one.type_integrity,
        authorities=frozenset((kind, value) for kind, value in one.authorities),
        shifted=frozenset(one.shifted),
        device_claims=one.device_claims,
        transaction_data=one.transaction_data,
        status_result=_read_status(one.status_result),
    )


def _key(key: TrustedKey) -> dict[str, Any]:
    members = {
        "key": jwk.public_jwk(key.key),
        "party": key.party,
        "name": dict(key.name),
        "source": key.source,
        "sequence": key.sequence,
        "details": dict(key.details),
        "country": key.country,
        "jurisdiction": key.jurisdiction,
        "not_before": _text(key.not_before),
        "not_after": _text(key.not_after),
        "acts_for": sorted(key.acts_for),
        "authorities": sorted(map(list, key.authorities)),
    }
    return _present(members)


def _read_key(key: _Key) -> TrustedKey:
    return TrustedKey(
        key=jwk.parse(key.key),
        party=key.party,
        name=key.name,
        source=key.source,
        sequence=key.sequence,
        details=key.details,
        country=key.country,
        jurisdiction=key.jurisdiction,
        not_before=_time(key.not_before),
        not_after=_time(key.not_after),
        acts_for=frozenset(key.acts_for),
        authorities=frozenset((kind, value) for kind, value in key.authorities),
    )


def _status(result: StatusResult) -> dict[str, Any]:
    members = {
        "state": result.state.value,
        "checked_at": result.checked_at.isoformat(),
        "value": result.value,
        "mechanism": result.mechanism,
        "uri": result.uri,
        "index": result.index,
        "issued_at": _text(result.issued_at),
        "expires": _text(result.expires),
        "fetched_at": _text(result.fetched_at),
        "fresh_until": _text(result.fresh_until),
        "origin": None if result.origin is None else result.origin.value,
        "reason": result.reason,
        "purpose": result.purpose,
        "message": result.message,
    }
    return _present(members)


def _read_status(result: _Status) -> StatusResult:
    return StatusResult(
        state=StatusState(result.state),
        checked_at=datetime.fromisoformat(result.checked_at),
        value=result.value,
        mechanism=result.mechanism,
        uri=result.uri,
        index=result.index,
        issued_at=_time(result.issued_at),
        expires=_time(result.expires),
        fetched_at=_time(result.fetched_at),
        fresh_until=_time(result.fresh_until),
        origin=None if result.origin is None else Origin(result.origin),
        reason=result.reason,
        purpose=result.purpose,
        message=result.message,
    )


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _lists(paths: Sequence[ClaimPath]) -> list[list[str | int | None]]:
    return [list(path) for path in paths]


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
