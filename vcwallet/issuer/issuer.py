# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An enrolled issuer: signs records of the types that the registry lets it issue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache

from vcwallet.credential_type import CredentialType
from vcwallet.encoding import sri
from vcwallet.errors import NotAuthorisedError
from vcwallet.formats.base import Credential, CredentialContent, CredentialFormat, IssuerKey
from vcwallet.keys.policy import KeySource, Role
from vcwallet.keys.public import HasPublicKey, PublicKey
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.published import PublishedTrust

_DAY = timedelta(days=1)


class Issuer:
    """One enrolled issuer.  `vcwallet.Issuer` puts it together with the system clock."""

    def __init__(self, enrolment: Enrolment, *, clock: Callable[[], datetime], time_zone: tzinfo = UTC) -> None:
        """Take up an enrolment.

        Args:
            enrolment: what the registry gave: identifier, key, certificates.
            clock: tells the time.
            time_zone: where the issuer's days begin, for ages and other answers that depend on the date.

        Raises:
            ValueError: the enrolment is for another role.
            TrustedListError: the registry's list is past its end.
        """
        if enrolment.role is not Role.CREDENTIAL_ISSUER:
            raise ValueError("the enrolment is not that of an issuer")
        self._clock = clock
        self._time_zone = time_zone
        self._trust = TrustedListClient.follow(enrolment.trust, store=MemoryStore(), at=clock())
        self._key = IssuerKey(signer=enrolment.signer, chain=enrolment.chain, identifier=enrolment.identifier)
        self._type_integrity: dict[str, str] = {}
        self._last_times: tuple[tuple[str, timedelta, int, datetime], tuple[datetime, datetime]] | None = None
        self.identifier: str = enrolment.identifier

    def issue(
        self,
        record: CredentialType,
        *,
        format: CredentialFormat | Callable[[], CredentialFormat],
        holder: HasPublicKey | PublicKey | None,
        valid_for: timedelta,
        on: date | None = None,
    ) -> Credential:
        """Return a credential of the record, bound to the holder's key.

        Times are rounded to days where the validity allows it, since a time to the second would tell holders apart.

        Args:
            record: what is said about the person.
            format: the credential format, as a value or as a class with defaults.
            holder: the key that presentations will be made with, or whoever has it; None for a bearer credential.
            valid_for: the technical validity.
            on: the date for ages and other answers that depend on it; by default today, where the issuer is.

        Raises:
            NotAuthorisedError: the registry does not let this issuer issue the type now.
            TrustedListError: the registry's list is past its end.
            ValueError: the validity is not positive.
        """
        if valid_for <= timedelta(0):
            raise ValueError("a credential is valid for some time")
        now = self._clock()
        writer = _with_defaults(format) if callable(format) else format
        issued_at, expires = self._times(record.vct, now, valid_for)
        content = CredentialContent(
            type_id=record.vct,
            claims=record.claims(on=on or now.astimezone(self._time_zone).date()),
            concealment=record.concealment(),
            holder=holder.public_key if holder is not None and not isinstance(holder, PublicKey) else holder,
            issued_at=issued_at,
            expires=expires,
            type_integrity=self._integrity(record.vct),
        )
        return Credential(format=writer.format, raw=writer.issue(content, issuer=self._key))

    def update_trust(self, published: PublishedTrust) -> None:
        """Take a newer list of the same registry.

        Raises:
            TrustedListError: older, expired or not the registry's; the last good list stays in use.
        """
        self._trust.update(published, at=self._clock())
        self._type_integrity.clear()

    def _times(self, type_id: str, now: datetime, valid_for: timedelta) -> tuple[datetime, datetime]:
        """Return the times of issue and expiry, rounded to days where the validity allows it."""
        if valid_for < _DAY:
            return self._issued_at(type_id, now, rounded=False), now + valid_for
        # One list says the same for a whole second.  Read and written once each: threads may share an issuer.
        key, last = (type_id, valid_for, self._trust.sequence, now.replace(microsecond=0)), self._last_times
        if last is None or last[0] != key:
            issued_at = self._issued_at(type_id, now, rounded=True)
            last = self._last_times = (key, (issued_at, _midnight(now + valid_for) + _DAY))
        return last[1]

    def _issued_at(self, type_id: str, now: datetime, *, rounded: bool) -> datetime:
        # It is authorised now before it may date back: an issuer that was stopped today was still good this morning.
        self._require_authorised(type_id, now, now)
        if not rounded:
            return now
        try:
            self._require_authorised(type_id, _midnight(now), now)
        except NotAuthorisedError:
            return now  # authorised only later that day
        return _midnight(now)

    def _require_authorised(self, type_id: str, signed_at: datetime, now: datetime) -> None:
        source = KeySource(issuer=self._key.identifier, chain=self._key.chain, signed_at=signed_at)
        self._trust.key_for(source, role=Role.CREDENTIAL_ISSUER, type_id=type_id, at=now)

    def _integrity(self, type_id: str) -> str:
        if type_id not in self._type_integrity:
            self._type_integrity[type_id] = sri.integrity(self._trust.type_metadata(type_id))
        return self._type_integrity[type_id]


@cache
def _with_defaults(format: Callable[[], CredentialFormat]) -> CredentialFormat:
    return format()


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
