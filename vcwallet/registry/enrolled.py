# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a registry knows about one role of one party, and how its status may change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from vcwallet.claims import JsonObject
from vcwallet.encoding import json
from vcwallet.encoding.wire import Array, WireModel, read
from vcwallet.errors import VcError
from vcwallet.keys.policy import Role
from vcwallet.keys.public import PublicKey
from vcwallet.storage import Put, RecordStore
from vcwallet.trust.chain import key_fingerprint
from vcwallet.trust.list_json import MAX_HISTORY, service_from_json, service_json
from vcwallet.trust.members import require_texts
from vcwallet.trust.registration import IntendedUse, use_claims, use_from_json
from vcwallet.trust.trusted_list import ListedService, Mode, Status, StatusPeriod

_COLLECTION = "registry_enrolled"
_KEYS = "registry_public_key"

# Withdrawal is for good: whoever comes back is enrolled anew, under another code.
_ALLOWED: Mapping[Status, frozenset[Status]] = {
    Status.GRANTED: frozenset({Status.SUSPENDED, Status.WITHDRAWN}),
    Status.SUSPENDED: frozenset({Status.GRANTED, Status.WITHDRAWN}),
    Status.WITHDRAWN: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """One role of one party.

    Attributes:
        service: what the trusted list states about it.
        code: the number that it is registered under.
        key_fingerprint: the SHA-256 digest of its latest key, in hexadecimal.
        uses: what a verifier is registered for, by purpose code.
        dns_names: the names of its servers, for its certificate.
        identifiers: what else a verifier is known by, for its registration certificates.
    """

    service: ListedService
    code: str
    key_fingerprint: str
    uses: Mapping[str, IntendedUse] = field(default_factory=dict)
    dns_names: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()

    @property
    def id(self) -> tuple[str, Role]:
        """What it is found by."""
        return (self.service.party, self.service.role)

    @property
    def status(self) -> Status:
        """The status that it has, or will have from a later date."""
        return self.service.periods[-1].status

    def changed_to(self, status: Status, *, since: datetime, now: datetime, mode: Mode = Mode.ALL) -> Enrolled:
        """Return it with a new status; what was announced for a later time than `since` is dropped.

        Raises:
            ValueError: the status cannot follow the one before it, begins before that one did, or would bring back what
                is refused; or it is granted again and the list would have no room for another suspension and a
                withdrawal.
        """
        kept = tuple(period for period in self.service.periods if period.since <= max(since, now))
        if not kept or status not in _ALLOWED[kept[-1].status]:
            raise ValueError(f"{self.service.party} is {self.status} and cannot become {status}")
        if status is Status.WITHDRAWN and mode is Mode.FROM_DATE and _refuses_all(kept[-1]):
            raise ValueError(
                f"{self.service.party} is suspended in mode all; from_date would bring its signatures back"
            )
        if status is Status.GRANTED and len(kept) + 2 > MAX_HISTORY:
            raise ValueError(f"the status of {self.service.party} has changed too often; withdraw and enrol anew")
        period = StatusPeriod(status=status, since=since, mode=mode)
        return replace(self, service=replace(self.service, periods=(*kept, period)))

    def with_use(self, use: IntendedUse) -> Enrolled:
        """Return it with one more registered use.

        Raises:
            ValueError: the purpose is registered already, or the verifier withdrawn.
        """
        self._require_not_withdrawn()
        if use.code in self.uses:
            raise ValueError(f"MULTI_PURPOSE: {use.code} is registered already; one registration, one purpose")
        uses = {**self.uses, use.code: use}
        return replace(self, uses=uses, service=replace(self.service, purposes=frozenset(uses)))

    def renewed(self, key: PublicKey, *, revoked: frozenset[str] = frozenset()) -> Enrolled:
        """Return it with its latest key, which may be the one that it has, and with earlier keys revoked.

        Raises:
            ValueError: the key is revoked, also by this very change, or the party withdrawn.
        """
        self._require_not_withdrawn()
        fingerprint, revoked = key_fingerprint(key), self.service.revoked | revoked
        if fingerprint in revoked:
            raise ValueError("this key is revoked; renew with another")
        return replace(self, key_fingerprint=fingerprint, service=replace(self.service, revoked=revoked))

    def succeeded(self, old: bytes, new: bytes) -> Enrolled:
        """Return it under a CA that has succeeded another, whose certificates still count; key identifiers of both."""
        service = self.service
        if service.authority_key_id == old:
            others = service.other_authority_key_ids | {old}
            service = replace(service, authority_key_id=new, other_authority_key_ids=others)
        if old in service.document_authority_key_ids:
            service = replace(service, document_authority_key_ids=service.document_authority_key_ids | {new})
        return replace(self, service=service)

    def retired(self, *key_ids: bytes) -> Enrolled:
        """Return it without those CAs that have been retired."""
        service = self.service
        others = service.other_authority_key_ids.difference(key_ids)
        document_authorities = service.document_authority_key_ids.difference(key_ids)
        changed = replace(service, other_authority_key_ids=others, document_authority_key_ids=document_authorities)
        return replace(self, service=changed)

    def _require_not_withdrawn(self) -> None:
        if self.status is Status.WITHDRAWN:
            raise ValueError(f"{self.service.party} is withdrawn")

    def record(self) -> Put:
        """Return the record that keeps it.

        Raises:
            ValueError: it could not be read again, by the registry or by those who follow its lists.
        """
        body: JsonObject = {
            "service": service_json(self.service),
            "name": dict(self.service.name),
            "code": self.code,
            "key_fingerprint": self.key_fingerprint,
            "uses": [use_claims(use) for use in self.uses.values()],
            "dns_names": list(self.dns_names),
            "identifiers": list(self.identifiers),
        }
        record = json.dumps(body)
        try:
            require_texts(self.service.name)
            _read(record)
        except VcError as error:
            raise ValueError(f"what nobody could read again is not enrolled: {error.args[0]}") from None
        return Put(_COLLECTION, f"{self.service.role} {self.service.party}", record)


def _refuses_all(period: StatusPeriod) -> bool:
    return period.status is Status.SUSPENDED and period.mode is Mode.ALL


def load_enrolled(store: RecordStore) -> Iterator[Enrolled]:
    """Yield what `Enrolled.record` kept."""
    return (_read(record.body) for record in store.find(_COLLECTION))


def _read(record: bytes) -> Enrolled:
    body = read(_Record, record)
    uses = [use_from_json(json.dumps(use)) for use in body.uses]
    return Enrolled(
        service=service_from_json(json.dumps(body.service), name=body.name),
        code=body.code,
        key_fingerprint=body.key_fingerprint,
        uses={use.code: use for use in uses},
        dns_names=body.dns_names,
        identifiers=body.identifiers,
    )


class _Record(WireModel):
    service: dict[str, Any]
    name: dict[str, str]
    code: str
    key_fingerprint: str
    uses: Array[dict[str, Any]]
    dns_names: Array[str] = ()
    identifiers: Array[str] = ()


def require_unused(key: PublicKey, *, store: RecordStore, by: tuple[str, Role] | None = None) -> None:
    """Return if no other party or role has this key; `by` may have it already.

    One key in two roles would let a message made in one pass for a message made in the other.

    Raises:
        ValueError: the key is in use.
    """
    found = store.get(_KEYS, key_fingerprint(key))
    if found is not None and (by is None or found != _owner(by)):
        raise ValueError("this key is enrolled already; each role of each party has its own")


def key_record(key: PublicKey, owner: tuple[str, Role]) -> Put:
    """Return the record that keeps others from using this key."""
    return Put(_KEYS, key_fingerprint(key), _owner(owner))


def keys_of(owner: tuple[str, Role], *, store: RecordStore) -> frozenset[str]:
    """Return the fingerprints of every key that a role of a party ever had."""
    return frozenset(record.id for record in store.find(_KEYS) if record.body == _owner(owner))


def _owner(owner: tuple[str, Role]) -> bytes:
    party, role = owner
    return f"{role} {party}".encode()
