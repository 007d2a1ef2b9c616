# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The trusted list: who may do what, from when, until when (ETSI TS 119 602 V1.1.1, list of trusted entities in JSON).

Here are the facts of a list as values, and the questions that are asked of them; `vcwallet.trust.list_json` reads and
writes the signed document.  specs/decisions/003-trusted-list.md says how our lists use the standard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from vcwallet.errors import NotAuthorisedError, quoted
from vcwallet.keys.policy import Role
from vcwallet.trust.members import whole_seconds

LISTED_AS: Mapping[Role, Role] = {
    Role.DOCUMENT_SIGNER: Role.CREDENTIAL_ISSUER,
    Role.MDOC_READER: Role.VERIFIER,
}
"""The roles that no list states, and what it states instead: the same party with a certificate of another profile."""
LISTED_ROLES = (
    Role.CREDENTIAL_ISSUER,
    Role.VERIFIER,
    Role.REGISTRAR,
    Role.STATUS_SIGNER,
    Role.WALLET_PROVIDER,
)
"""The roles that have a list each.  A list operator has none: its certificate says all that there is to say."""


class Status(StrEnum):
    """Whether a party may act in a role."""

    GRANTED = "granted"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"


class Mode(StrEnum):
    """What a suspension or withdrawal does to what was signed before it."""

    ALL = "all"
    """Nothing of the party is accepted any more: its key or its word is in doubt."""
    FROM_DATE = "from_date"
    """What was signed before stays good: the party has only stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPeriod:
    """A status and when it began; it lasts until the next one begins.

    Attributes:
        status: whether the party may act.
        since: when it began.
        mode: while it lasts, what becomes of what was signed before; of a grant it says nothing.
    """

    status: Status
    since: datetime
    mode: Mode = Mode.ALL

    def __post_init__(self) -> None:
        object.__setattr__(self, "since", whole_seconds(self.since))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedService:
    """One role of one party, as a trusted list states it.

    Attributes:
        party: the identifier of the party, which its certificates carry too.
        name: its name, by language tag.
        role: what it may do.
        authority_key_id: the subject key identifier of the CA that certifies this party.
        other_authority_key_ids: those of further CAs whose certificates for the party count, while one CA succeeds
            another.
        periods: its status through time, the earliest first.
        may_issue: the credential types that it may issue, and from when.
        revoked: the fingerprints of its keys that are compromised; no certificate for them counts.
        details: registered facts about it, by name.
        document_authority_key_ids: the subject key identifiers of the IACAs under which the document signers of this
            issuer stand; none if it issues no mdoc.
        acts_for: the identifiers of the issuers whose status lists this status signer signs, beside those of the party
            itself.
        supply_points: the addresses at which the service is had; of a status signer, where its status lists are listed.
        purposes: the codes of the purposes that a verifier is registered for.  They tell people; a request is judged by
            its registration certificate.
    """

    party: str
    name: Mapping[str, str]
    role: Role
    authority_key_id: bytes
    periods: tuple[StatusPeriod, ...]
    may_issue: Mapping[str, datetime] = field(default_factory=dict)
    revoked: frozenset[str] = frozenset()
    details: Mapping[str, str] = field(default_factory=dict)
    document_authority_key_ids: frozenset[bytes] = frozenset()
    acts_for: frozenset[str] = frozenset()
    supply_points: tuple[str, ...] = ()
    other_authority_key_ids: frozenset[bytes] = frozenset()
    purposes: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.role in LISTED_AS:
            raise ValueError(f"{self.role} is not listed: {LISTED_AS[self.role]} is")
        if self.document_authority_key_ids and self.role is not Role.CREDENTIAL_ISSUER:
            raise ValueError("only an issuer has document signers")
        if self.acts_for and self.role is not Role.STATUS_SIGNER:
            raise ValueError("only a status signer acts for others")
        if self.purposes and self.role is not Role.VERIFIER:
            raise ValueError("only a verifier is registered for purposes")
        if not self.party or not self.name or not self.periods:
            raise ValueError("a service has a party, a name and a status")
        starts = [period.since for period in self.periods]
        if starts != sorted(starts):
            raise ValueError("the periods of a service are in the order of time")

    def period_at(self, moment: datetime) -> StatusPeriod | None:
        """Return the period that `moment` lies in; None before the first."""
        begun = [period for period in self.periods if period.since <= moment]
        return begun[-1] if begun else None

    def status_at(self, moment: datetime) -> Status | None:
        """Return the status in force at `moment`; None before the first."""
        period = self.period_at(moment)
        return period.status if period is not None else None

    def require_granted(self, *, signed_at: datetime | None, at: datetime) -> None:
        """Return if the party may act at `at`, and could when it signed.

        What does not say when it was signed counts as signed at `at`, and so does what claims a later time.

        Raises:
            NotAuthorisedError: it may not, or could not.
        """
        now = self.period_at(at)
        if now is None:
            raise NotAuthorisedError(f"the party's role {self.role} is not granted yet")
        if now.status is not Status.GRANTED and now.mode is Mode.ALL:
            raise NotAuthorisedError(f"the party's role {self.role} is {now.status}")
        then = self.status_at(_signed(signed_at, at))
        if then is not Status.GRANTED:
            raise NotAuthorisedError(f"the party's role {self.role} was {then or 'not granted yet'} at the signature")

    def require_may_issue(self, type_id: str | None, *, signed_at: datetime | None, at: datetime) -> None:
        """Return if the party was allowed to issue credentials of this type when it signed.

        Raises:
            NotAuthorisedError: it was not, or no type was named.
        """
        since = self.may_issue.get(type_id) if type_id is not None else None
        if since is None:
            raise NotAuthorisedError(f"the issuer may not issue the type {quoted(type_id)}")
        if _signed(signed_at, at) < since:
            raise NotAuthorisedError(f"the issuer may issue the type {quoted(type_id)} only from a later date")


def _signed(signed_at: datetime | None, at: datetime) -> datetime:
    return at if signed_at is None else min(signed_at, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedList:
    """One issue of the list of a role.

    Attributes:
        role: whom it lists.
        operator: the name of who publishes it, by language tag.
        territory: the country that it is for, two letters.
        sequence: its number; each issue of this list has a higher one.
        issued: when it was signed.
        next_update: when the next issue comes at the latest; afterwards this one says nothing.
        services: what it states, all of this role.
        document_authorities: the DER certificates of the IACAs that issuers of mdocs stand under; in the list of
            issuers alone.
    """

    role: Role
    operator: Mapping[str, str]
    territory: str
    sequence: int
    issued: datetime
    next_update: datetime
    services: tuple[ListedService, ...]
    document_authorities: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "issued", whole_seconds(self.issued))
        object.__setattr__(self, "next_update", whole_seconds(self.next_update))
        if self.sequence < 1 or self.next_update <= self.issued:
            raise ValueError("a list has a positive number and ends after it was issued")
        if self.role not in LISTED_ROLES or any(service.role is not self.role for service in self.services):
            raise ValueError("a list states one role, and that is one which has a list")
        if len({service.party for service in self.services}) != len(self.services):
            raise ValueError("a list states a party once")
        if self.document_authorities and self.role is not Role.CREDENTIAL_ISSUER:
            raise ValueError("IACAs stand in the list of issuers")
