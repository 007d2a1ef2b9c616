# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An enrolled issuer: signs records of the types that the registry lets it issue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache

from vcwallet.credential_type import CredentialType, view
from vcwallet.encoding import sri
from vcwallet.errors import LocalProtocolError, NotAuthorisedError
from vcwallet.formats.base import Credential, CredentialContent, CredentialFormat, IssuerKey
from vcwallet.keys.policy import KeySource, Role, TrustedKey
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
            time_zone: where the issuer's days begin, for times that are rounded to days, and for ages and other
                answers that depend on the date.

        Raises:
            ValueError: the enrolment is for another role.
            TrustedListError: the registry's list is past its end.
        """
        if enrolment.role is not Role.CREDENTIAL_ISSUER:
            raise ValueError("the enrolment is not that of an issuer")
        self._clock = clock
        self._time_zone = time_zone
        self._trust = TrustedListClient.follow(enrolment.trust, store=MemoryStore(), at=clock())
        chains = {Role.CREDENTIAL_ISSUER: enrolment.chain, Role.DOCUMENT_SIGNER: enrolment.mdoc_chain}
        self._keys = {
            role: IssuerKey(signer=enrolment.signer, chain=chain, identifier=enrolment.identifier)
            for role, chain in chains.items()
        }
        self._type_integrity: dict[str, str] = {}
        self._last_times: tuple[tuple[Role, str, timedelta, int, datetime], tuple[datetime, datetime]] | None = None
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
            LocalProtocolError: the type has no form in this format (``FORMAT_NOT_OFFERED``), the issuer no certificate
                for it (``NO_CERTIFICATE``), there is no holder's key and the format needs one, or the credential would
                outlive its signer's certificate (``OUTLIVES_CERTIFICATE``).
            ValueError: the validity is not positive.
        """
        if valid_for <= timedelta(0):
            raise ValueError("a credential is valid for some time")
        now = self._clock()
        writer = _with_defaults(format) if callable(format) else format
        shape, role = view(type(record), writer.format), writer.issuer_role
        issued_at, expires = self._times(role, shape.type_id, now, valid_for)
        content = CredentialContent(
            type_id=shape.type_id,
            claims=shape.claims(record.claims(on=on or now.astimezone(self._time_zone).date())),
            concealment=shape.concealment(),
            holder=holder.public_key if holder is not None and not isinstance(holder, PublicKey) else holder,
            issued_at=issued_at,
            expires=expires,
            type_integrity=self._integrity(shape.type_id),
        )
        return Credential(format=writer.format, raw=writer.issue(content, issuer=self._keys[role]))

    def update_trust(self, published: PublishedTrust) -> None:
        """Take a newer list of the same registry.

        Raises:
            TrustedListError: older, expired or not the registry's; the last good list stays in use.
        """
        self._trust.update(published, at=self._clock())
        self._type_integrity.clear()

    def _times(self, role: Role, type_id: str, now: datetime, valid_for: timedelta) -> tuple[datetime, datetime]:
        """Return the times of issue and expiry, rounded to days where the validity allows it."""
        if valid_for < _DAY:
            return self._issued_at(role, type_id, now, until=now + valid_for, rounded=False), now + valid_for
        # One list says the same for a whole second.  Read and written once each: threads may share an issuer.
        key = (role, type_id, valid_for, self._trust.sequence, now.replace(microsecond=0))
        last = self._last_times
        if last is None or last[0] != key:
            expires = self._midnight(now + valid_for) + _DAY
            last = self._last_times = (key, (self._issued_at(role, type_id, now, until=expires, rounded=True), expires))
        return last[1]

    def _issued_at(self, role: Role, type_id: str, now: datetime, *, until: datetime, rounded: bool) -> datetime:
        # It is authorised now before it may date back: an issuer that was stopped today was still good this morning.
        signer = self._require_authorised(role, type_id, now, now)
        if role is Role.DOCUMENT_SIGNER:
            _require_within(signer, until)
        midnight = self._midnight(now)
        if not rounded or (role is Role.DOCUMENT_SIGNER and signer.not_before and midnight < signer.not_before):
            return now
        try:
            self._require_authorised(role, type_id, midnight, now)
        except NotAuthorisedError:
            return now  # authorised only later that day
        return midnight

    def _midnight(self, moment: datetime) -> datetime:
        # Where the issuer is: an age that is reached today must not stand in a credential that was valid yesterday.
        return moment.astimezone(self._time_zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def _require_authorised(self, role: Role, type_id: str, signed_at: datetime, now: datetime) -> TrustedKey:
        key = self._keys[role]
        if not key.chain:
            raise LocalProtocolError("the registry gave no certificate for this format", code="NO_CERTIFICATE")
        # Only an issuer's own certificate stands for the identifier that a credential names.
        issuer = key.identifier if role is Role.CREDENTIAL_ISSUER else None
        source = KeySource(issuer=issuer, chain=key.chain, signed_at=signed_at)
        return self._trust.key_for(source, role=role, type_id=type_id, at=now)

    def _integrity(self, type_id: str) -> str:
        if type_id not in self._type_integrity:
            self._type_integrity[type_id] = sri.integrity(self._trust.type_metadata(type_id))
        return self._type_integrity[type_id]


def _require_within(signer: TrustedKey, until: datetime) -> None:
    if signer.not_after is not None and until > signer.not_after:
        raise LocalProtocolError(
            "an mdoc does not outlive the certificate of its signer",
            code="OUTLIVES_CERTIFICATE",
            clause="ISO/IEC 18013-5, clause 9.1.2.4",
        )


@cache
def _with_defaults(format: Callable[[], CredentialFormat]) -> CredentialFormat:
    return format()
