# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An enrolled status signer: signs the status lists of an issuer's ledger (Token Status List, section 5).

It may be the issuer itself, in its second role, or another party that the registry lets act for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from vcwallet.errors import LocalProtocolError, StoreBusyError, VcError
from vcwallet.jose.jwt import SKEW
from vcwallet.keys.policy import KeySource, Role
from vcwallet.status.ledger import PublishedList, StatusListLedger, StatusListState
from vcwallet.status.status_list import StatusList
from vcwallet.status.token_status_list import MAX_TTL, MIN_TTL, StatusListToken, sign_cwt, sign_jwt
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.published import PublishedTrust

_SECOND = timedelta(seconds=1)
_ROUNDS = 20
# So far ahead of the clock a list may get by being published many times in a second.  It is less than what verifiers
# bear with, so that another publisher, whose clock is a little behind, does not take it for a clock that went back.
_MOST_AHEAD = SKEW - 10 * _SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """How long what is published holds.

    Attributes:
        lifetime: how long a token can be used at all (``exp``): so long a verifier without network goes on, and so long
            somebody who withholds newer lists can hide a revocation.
        ttl: how long a verifier keeps a list before it asks again, from 60 s to 24 hours; so long a revocation may take
            to arrive, beside the time until the next `publish`; a cache on the way may add as much again.
        renew_before: a list that has not changed is signed anew when its token ends within this time.

    Raises:
        ValueError: a ``ttl`` outside of these bounds, or a time that does not fit into the lifetime.
    """

    lifetime: timedelta
    ttl: timedelta
    renew_before: timedelta

    def __post_init__(self) -> None:
        if not MIN_TTL <= self.ttl <= min(MAX_TTL, self.lifetime):
            raise ValueError("a ttl is 60 s to 24 hours, and no longer than the lifetime")
        if not timedelta(0) < self.renew_before < self.lifetime:
            raise ValueError("a token is renewed some time before its end")


ONE_DAY = Publication(lifetime=timedelta(days=1), ttl=timedelta(minutes=15), renew_before=timedelta(hours=12))
"""For verifiers that have a network; publish every quarter of an hour."""
ONE_WEEK = Publication(lifetime=timedelta(days=7), ttl=timedelta(hours=12), renew_before=timedelta(days=3))
"""For verifiers that take lists with them to where there is no network."""


class StatusSigner:
    """One enrolled status signer.  `vcwallet.StatusSigner` puts it together with the system clock."""

    def __init__(
        self,
        enrolment: Enrolment,
        *,
        ledger: StatusListLedger,
        publication: Publication = ONE_DAY,
        clock: Callable[[], datetime],
    ) -> None:
        """Take up an enrolment.

        Args:
            enrolment: what the registry gave: identifier, key, certificates.
            ledger: knows the statuses, and keeps what is published.
            publication: how long what is published holds.
            clock: tells the time.

        Raises:
            ValueError: the enrolment is for another role.
            TrustedListError: the registry's list is past its end.
        """
        if enrolment.role is not Role.STATUS_SIGNER:
            raise ValueError("the enrolment is not that of a status signer")
        self._signer = enrolment.signer
        self._chain = enrolment.chain
        self._ledger = ledger
        self._publication = publication
        self._clock = clock
        self._trust = TrustedListClient.follow(enrolment.trust, store=MemoryStore(), at=clock())
        self.identifier: str = enrolment.identifier

    def publish(self, *, clock_ran_ahead: bool = False) -> tuple[PublishedList, ...]:
        """Sign the lists that have changed or whose tokens end soon, keep them in the ledger, and return them.

        To be called from time to time, by one process or several.  Each token is later (``iat``) than those of the same
        list before it, whatever this machine's clock does; so a list that is published several times in one second is
        a few seconds ahead for a while.  One that is 50 seconds ahead is left for a later call.

        One list that cannot be published does not stop the others: those are kept, and the first error is raised then.

        Args:
            clock_ran_ahead: an operator's word that the clock is right now, and was wrong when something was published
                that is later than now.  No verifier whose clock is right has taken that, so it is replaced by what is
                signed now.

        Raises:
            NotAuthorisedError: the registry does not let this party sign status lists now.
            TrustedListError: the registry's list is past its end.
            LocalProtocolError: this machine's clock is more than a minute behind what was published (code
                ``CLOCK_WENT_BACK``).
            StoreBusyError: other publishers came between each time.
            StoreError: the ledger failed, or a list in it is damaged; what was published before stays.
        """
        now = self._clock()
        source = KeySource(issuer=self.identifier, chain=self._chain, signed_at=now)
        self._trust.key_for(source, role=Role.STATUS_SIGNER, type_id=None, at=now)
        published: dict[str, PublishedList] = {}
        for _ in range(_ROUNDS):
            if self._publish_due(now.replace(microsecond=0), published, clock_ran_ahead):
                return tuple(published.values())
        raise StoreBusyError("other publishers came between each time")

    def update_trust(self, published: PublishedTrust) -> None:
        """Take a newer list of the same registry.

        Raises:
            TrustedListError: older, expired or not the registry's; the last good list stays in use.
        """
        self._trust.update(published, at=self._clock())

    def _publish_due(self, now: datetime, published: dict[str, PublishedList], clock_ran_ahead: bool) -> bool:
        """Publish what has to be, and return False where another publisher came between."""
        is_done, problem = True, None
        for state in self._ledger.due(at=now, renew_until=now + self._publication.renew_before):
            try:
                issued_at = _next_time(state.issued_at, now, clock_ran_ahead)
                if issued_at > now + _MOST_AHEAD:
                    continue
                signed = self._signed(state, issued_at)
                if self._ledger.keep(signed, version=state.version, clock_ran_ahead=clock_ran_ahead):
                    published[state.uri] = signed
                else:
                    is_done = False
            except VcError as error:
                problem = problem or error
        if problem is not None:
            raise problem
        return is_done

    def _signed(self, state: StatusListState, issued_at: datetime) -> PublishedList:
        expires, ttl = issued_at + self._publication.lifetime, self._publication.ttl
        token = StatusListToken(
            uri=state.uri,
            statuses=StatusList.of(state.values, size=state.size, bits=state.bits),
            issued_at=issued_at,
            expires=expires,
            ttl=ttl,
            aggregation_uri=self._ledger.aggregation_uri,
        )
        jwt = sign_jwt(token, signer=self._signer, chain=self._chain)
        cwt = sign_cwt(token, signer=self._signer, chain=self._chain)
        return PublishedList(uri=state.uri, jwt=jwt, cwt=cwt, issued_at=issued_at, expires=expires, ttl=ttl)


def _next_time(last: datetime | None, now: datetime, clock_ran_ahead: bool) -> datetime:
    """Return the time of the next token of a list: now, but later than the last one that anybody can have taken."""
    if last is None or last < now:
        return now
    if last > now + SKEW:
        if clock_ran_ahead:
            return now
        # Every verifier would refuse it as being from the future; somebody has to set the clock.
        raise LocalProtocolError("a status list was published later than this machine's time", code="CLOCK_WENT_BACK")
    return last + _SECOND
