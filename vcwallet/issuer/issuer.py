# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An enrolled issuer: signs records of the types that the registry lets it issue.

With a ledger, each credential names its own place in a status list, and can be revoked or suspended (Token Status List,
section 6).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from typing import TypeAlias

from vcwallet.credential_type import CredentialType, view
from vcwallet.encoding import sri
from vcwallet.errors import LocalProtocolError, NotAuthorisedError
from vcwallet.formats.base import Credential, CredentialContent, CredentialFormat, IssuerKey
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.policy import KeySource, Role, TrustedKey
from vcwallet.keys.public import HasPublicKey, PublicKey
from vcwallet.status.ledger import MAX_BATCH, Decision, Issuance, IssuanceLedger, NewIssue, Pseudonym, Status
from vcwallet.status.token_status_list import status_claim
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.published import PublishedTrust

FormatChoice: TypeAlias = CredentialFormat | Callable[[], CredentialFormat]
"""A credential format, as a value or as a class with defaults."""
HolderChoice: TypeAlias = HasPublicKey | PublicKey
"""The key that presentations will be made with, or whoever has it."""

_DAY = timedelta(days=1)
_KEY_BYTES = 16


class Issuer:
    """One enrolled issuer.  `vcwallet.Issuer` puts it together with the system clock."""

    def __init__(
        self,
        enrolment: Enrolment,
        *,
        clock: Callable[[], datetime],
        time_zone: tzinfo = UTC,
        ledger: IssuanceLedger | None = None,
    ) -> None:
        """Take up an enrolment.

        Args:
            enrolment: what the registry gave: identifier, key, certificates.
            clock: tells the time.
            time_zone: where the issuer's days begin, for times that are rounded to days, and for ages and other
                answers that depend on the date.
            ledger: remembers what is issued, and gives each credential its place in a status list; without one, no
                credential has a status.

        Raises:
            ValueError: the enrolment is for another role.
            TrustedListError: the registry's list is past its end.
        """
        if enrolment.role is not Role.CREDENTIAL_ISSUER:
            raise ValueError("the enrolment is not that of an issuer")
        self._clock = clock
        self._time_zone = time_zone
        self._ledger = ledger
        self._trust = TrustedListClient.follow(enrolment.trust, store=MemoryStore(), at=clock())
        chains = {Role.CREDENTIAL_ISSUER: enrolment.chain, Role.DOCUMENT_SIGNER: enrolment.mdoc_chain}
        self._keys = {
            role: IssuerKey(signer=enrolment.signer, chain=chain, identifier=enrolment.identifier)
            for role, chain in chains.items()
        }
        self._type_integrity: dict[str, str] = {}
        self._last_times: tuple[tuple[Role, str, timedelta, int, datetime], tuple[datetime, datetime]] | None = None
        self.identifier: str = enrolment.identifier
        self.algorithm: Algorithm = enrolment.signer.public_key.algorithm

    @property
    def has_ledger(self) -> bool:
        """Whether what is issued is remembered, so that nothing is issued twice under one idempotency key."""
        return self._ledger is not None

    # --- issuing -----------------------------------------------------------------------------------------------------

    def issue(
        self,
        record: CredentialType,
        *,
        format: FormatChoice,
        holder: HolderChoice | None,
        valid_for: timedelta,
        on: date | None = None,
        idempotency_key: str | None = None,
        subject: Pseudonym | None = None,
    ) -> Credential:
        """Return a credential of the record, bound to the holder's key.

        Times are rounded to days where the validity allows it, since a time to the second would tell holders apart.
        With a ledger, its entry is durable before the credential is returned.

        Args:
            record: what is said about the person.
            format: the credential format, as a value or as a class with defaults.
            holder: the key that presentations will be made with, or whoever has it; None for a bearer credential.
            valid_for: the technical validity.
            on: the date for ages and other answers that depend on it; by default today, where the issuer is.
            idempotency_key: the issuer's own name of this act, such as the number of an application: the same again
                makes no second credential.  It is also what the credential is revoked by.  Without one, each call is an
                act of its own, and its entry is found by the status that the credential names.
            subject: stands for the person, so that `revoke_all` finds what they have; None where that is not wanted.

        Raises:
            AlreadyIssuedError: the key was used before; the error has the entry.
            NotAuthorisedError: the registry does not let this issuer issue the type now.
            TrustedListError: the registry's list is past its end.
            LocalProtocolError: the type has no form in this format (``FORMAT_NOT_OFFERED``), the issuer no certificate
                for it (``NO_CERTIFICATE``), there is no holder's key and the format needs one, the credential would
                outlive its signer's certificate (``OUTLIVES_CERTIFICATE``), or there is a key or subject and
                no ledger (``NO_LEDGER``).
            StoreError: the ledger failed; nothing was issued.
            ValueError: the validity is not positive, or the key is none.
        """
        content, writer = self._content(record, format, holder, valid_for, on)
        [credential] = self._sign([content], writer, idempotency_key, subject)
        return credential

    def issue_batch(
        self,
        record: CredentialType,
        *,
        format: FormatChoice,
        holders: Sequence[HolderChoice],
        valid_for: timedelta,
        on: date | None = None,
        idempotency_key: str | None = None,
        subject: Pseudonym | None = None,
        max_length: int | None = None,
    ) -> tuple[Credential, ...]:
        """Return one credential of the record for each key, so that a wallet can show each of them once.

        They are one act with one idempotency key, and are revoked together.  Further arguments and errors are those of
        `issue`.

        Args:
            record: what is said about the person.
            format: the credential format.
            holders: the keys.
            valid_for: the technical validity.
            on: the date for answers that depend on it.
            idempotency_key: the issuer's own name of this act.
            subject: stands for the person.
            max_length: how many characters all of them may have together, as they are sent; None does not bound them.

        Raises:
            LocalProtocolError: they are longer (code ``BATCH_TOO_LONG``); nothing was issued.
            ValueError: no keys, more than 50, or one of them twice.
        """
        _require_different(holders)
        content, writer = self._content(record, format, holders[0], valid_for, on)
        return self._sign(_for_each(holders, content), writer, idempotency_key, subject, max_length=max_length)

    def reissue(
        self,
        record: CredentialType,
        *,
        format: FormatChoice,
        holder: HolderChoice | None,
        valid_for: timedelta,
        on: date | None = None,
        idempotency_key: str,
        subject: Pseudonym | None = None,
        reason: str,
        actor: str,
    ) -> Credential:
        """Revoke what was issued under the key, and return a new credential in its place: both are done, or neither.

        Done twice, it is done twice: of all that was issued under a key, only the last is valid.  What is suspended is
        reinstated first; what was revoked for good is issued again, if at all, as an act of its own, with a new key.

        Args:
            record: what is said about the person now; further arguments are those of `issue`.
            format: the credential format.
            holder: the key that presentations will be made with.
            valid_for: the technical validity.
            on: the date for answers that depend on it.
            idempotency_key: under which it was issued, and is from now on.
            subject: stands for the person, where what is revoked has nothing that does; else that stays.
            reason: why, without names of people.
            actor: the post that decided; not a person.

        Raises:
            LocalProtocolError: nothing was issued under this key (code ``NOT_ISSUED``), or what was is suspended or
                revoked (``NOT_VALID``); others as for `issue`.
            StoreError: the ledger failed; nothing was revoked or issued.
        """
        content, writer = self._content(record, format, holder, valid_for, on)
        decision = self._decision(reason, actor)
        [credential] = self._sign([content], writer, idempotency_key, subject, replaces=decision)
        return credential

    def reissue_batch(
        self,
        record: CredentialType,
        *,
        format: FormatChoice,
        holders: Sequence[HolderChoice],
        valid_for: timedelta,
        on: date | None = None,
        idempotency_key: str,
        subject: Pseudonym | None = None,
        reason: str,
        actor: str,
        max_length: int | None = None,
    ) -> tuple[Credential, ...]:
        """Revoke what was issued under the key, and return one new credential for each of the holder's keys.

        Arguments are those of `reissue` and `issue_batch`.

        Raises:
            LocalProtocolError: they are longer than `max_length` (code ``BATCH_TOO_LONG``); nothing was changed.
            ValueError: no keys, more than 50, or one of them twice; others as for `reissue`.
        """
        _require_different(holders)
        content, writer = self._content(record, format, holders[0], valid_for, on)
        decision = self._decision(reason, actor)
        contents = _for_each(holders, content)
        return self._sign(contents, writer, idempotency_key, subject, replaces=decision, max_length=max_length)

    # --- status ------------------------------------------------------------------------------------------------------

    def revoke(self, idempotency_key: str, *, reason: str, actor: str) -> tuple[Issuance, ...]:
        """Make what was issued under a key invalid for good, and return its entries; doing it twice is no error.

        Nothing can be issued under this key any more.

        It shows when a status signer has published the list.

        Args:
            idempotency_key: under which it was issued.
            reason: why, without names of people.
            actor: the post that decided; not a person.

        Raises:
            LocalProtocolError: nothing was issued under this key (code ``NOT_ISSUED``), or there is no ledger
                (``NO_LEDGER``).
            StoreError: the ledger failed; nothing was changed.
            ValueError: no reason or actor.
        """
        return self._change(idempotency_key, Status.INVALID, reason, actor)

    def suspend(self, idempotency_key: str, *, reason: str, actor: str) -> tuple[Issuance, ...]:
        """Make what was issued under a key invalid for the time being (arguments as `revoke`).

        Raises:
            LocalProtocolError: as for `revoke`; or it is revoked (``STATUS_FINAL``), or its status list has one bit
                for each credential (``SUSPENSION_NOT_OFFERED``).
            StoreError: the ledger failed; nothing was changed.
        """
        return self._change(idempotency_key, Status.SUSPENDED, reason, actor)

    def reinstate(self, idempotency_key: str, *, reason: str, actor: str) -> tuple[Issuance, ...]:
        """Make what was suspended valid again (arguments as `revoke`).

        Raises:
            LocalProtocolError: as for `revoke`; or it is revoked (``STATUS_FINAL``).
            StoreError: the ledger failed; nothing was changed.
        """
        return self._change(idempotency_key, Status.VALID, reason, actor)

    def issued_to(self, *subjects: Pseudonym) -> tuple[Issuance, ...]:
        """Return the entries of what one person has, the oldest first, revoked or not.

        Args:
            subjects: what stands for the person; several where the secret was changed that it is made with.

        Raises:
            LocalProtocolError: there is no ledger (code ``NO_LEDGER``).
            StoreError: the ledger failed.
        """
        return self._kept().issued_to(subjects)

    def revoke_all(self, *subjects: Pseudonym, reason: str, actor: str) -> tuple[Issuance, ...]:
        """Make all that one person has invalid for good, in one step, and return its entries (see `issued_to`).

        Args:
            subjects: what stands for the person.
            reason: why, without names of people.
            actor: the post that decided; not a person.

        Raises:
            LocalProtocolError: nothing was ever issued to this person (code ``NOT_ISSUED``), or there is no ledger
                (``NO_LEDGER``).
            StoreError: the ledger failed; nothing was changed.
            ValueError: no reason or actor.
        """
        return self._change_all(subjects, Status.INVALID, reason, actor)

    def suspend_all(self, *subjects: Pseudonym, reason: str, actor: str) -> tuple[Issuance, ...]:
        """Make all that one person has invalid for the time being; what is revoked stays so (as `revoke_all`).

        Raises:
            LocalProtocolError: as for `revoke_all`; or a status list has one bit for each credential
                (``SUSPENSION_NOT_OFFERED``).
            StoreError: the ledger failed; nothing was changed.
        """
        return self._change_all(subjects, Status.SUSPENDED, reason, actor)

    def reinstate_all(self, *subjects: Pseudonym, reason: str, actor: str) -> tuple[Issuance, ...]:
        """Make all that is suspended of one person valid again; what is revoked stays so (as `revoke_all`).

        Raises:
            LocalProtocolError: as for `revoke_all`.
            StoreError: the ledger failed; nothing was changed.
        """
        return self._change_all(subjects, Status.VALID, reason, actor)

    # --- trust -------------------------------------------------------------------------------------------------------

    def update_trust(self, published: PublishedTrust) -> None:
        """Take a newer list of the same registry.

        Raises:
            TrustedListError: older, expired or not the registry's; the last good list stays in use.
        """
        self._trust.update(published, at=self._clock())
        self._type_integrity.clear()

    def _content(
        self,
        record: CredentialType,
        format: FormatChoice,
        holder: HolderChoice | None,
        valid_for: timedelta,
        on: date | None,
    ) -> tuple[CredentialContent, CredentialFormat]:
        """Return what will be signed, but for the status, and the format."""
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
            holder=_key_of(holder),
            issued_at=issued_at,
            expires=expires,
            type_integrity=self._integrity(shape.type_id),
        )
        return content, writer

    def _sign(
        self,
        contents: Sequence[CredentialContent],
        writer: CredentialFormat,
        idempotency_key: str | None,
        subject: Pseudonym | None,
        *,
        replaces: Decision | None = None,
        max_length: int | None = None,
    ) -> tuple[Credential, ...]:
        """Sign the credentials, once the ledger has entered them, and return them once it keeps them."""
        if self._ledger is None:
            if idempotency_key is not None or subject is not None:
                raise _no_ledger()
            return self._signed(contents, writer, max_length)
        new = NewIssue(
            idempotency_key=secrets.token_urlsafe(_KEY_BYTES) if idempotency_key is None else idempotency_key,
            copies=len(contents),
            type_id=contents[0].type_id,
            format=writer.format,
            issued_at=self._clock(),
            expires=contents[0].expires,
            replaces=replaces,
            subject=subject,
        )
        with self._ledger.issuing(new) as entries:
            with_status = [
                replace(one, status=status_claim(entry.uri, entry.index))
                for one, entry in zip(contents, entries, strict=True)
            ]
            return self._signed(with_status, writer, max_length)

    def _signed(
        self, contents: Sequence[CredentialContent], writer: CredentialFormat, max_length: int | None
    ) -> tuple[Credential, ...]:
        signed, length = [], 0
        for one in contents:
            signed.append(Credential(format=writer.format, raw=self._raw(one, writer)))
            length += len(signed[-1].raw)
            if max_length is not None and length > max_length:
                raise LocalProtocolError("the credentials are too long", code="BATCH_TOO_LONG")
        return tuple(signed)

    def _raw(self, content: CredentialContent, writer: CredentialFormat) -> str:
        return writer.issue(content, issuer=self._keys[writer.issuer_role])

    def _change(self, idempotency_key: str, status: Status, reason: str, actor: str) -> tuple[Issuance, ...]:
        return self._kept().change_status(idempotency_key, status, self._decision(reason, actor))

    def _change_all(
        self, subjects: Sequence[Pseudonym], status: Status, reason: str, actor: str
    ) -> tuple[Issuance, ...]:
        return self._kept().change_status_of(subjects, status, self._decision(reason, actor))

    def _kept(self) -> IssuanceLedger:
        if self._ledger is None:
            raise _no_ledger()
        return self._ledger

    def _decision(self, reason: str, actor: str) -> Decision:
        return Decision(actor=actor, reason=reason, at=self._clock())

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


def _require_different(holders: Sequence[HolderChoice]) -> None:
    if not 1 <= len(holders) <= MAX_BATCH:
        raise ValueError(f"a batch is for 1 to {MAX_BATCH} keys")
    # Two credentials of one key would be linked by it, which is what a batch is there to avoid.
    if len({_key_of(holder) for holder in holders}) != len(holders):
        raise ValueError("each credential of a batch is for a key of its own")


def _for_each(holders: Sequence[HolderChoice], first: CredentialContent) -> list[CredentialContent]:
    """Return the content of each holder's credential, given that of the first one's."""
    return [first, *(replace(first, holder=_key_of(holder)) for holder in holders[1:])]


def _key_of(holder: HolderChoice | None) -> PublicKey | None:
    return holder if holder is None or isinstance(holder, PublicKey) else holder.public_key


def _no_ledger() -> LocalProtocolError:
    return LocalProtocolError("this issuer keeps no ledger", code="NO_LEDGER")


@cache
def _with_defaults(format: Callable[[], CredentialFormat]) -> CredentialFormat:
    return format()
