# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Signing what a grant is good for, once, whatever happens between the ledger and the sessions.

An act is one response with credentials: a grant, a configuration, and a number.  The ledger enters it under a key that
is made of these, before the session says that it was done.  Where a process dies in between, the next request finds
the entry and no answer: what was signed may have been lost or not, so it is revoked, and signed anew for the keys of
this request, in one step of the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from vcwallet.credential_type import CredentialType
from vcwallet.errors import LocalProtocolError
from vcwallet.formats.base import Credential
from vcwallet.issuer.openid4vci.context import Exchange, Signed, busy, denied
from vcwallet.issuer.openid4vci.offering import Offering
from vcwallet.issuer.openid4vci.state import GRANT, Grant
from vcwallet.keys import jwk
from vcwallet.keys.public import PublicKey
from vcwallet.sealed_sessions import Opened, digest
from vcwallet.sessions import SessionChangedError
from vcwallet.status.ledger import AlreadyIssuedError

LEASE: Final = timedelta(seconds=30)
"""So long one who has entered an act and not finished it may still be at work."""
MAX_LENGTH: Final = 700 * 1024
"""How many characters the credentials of one response have, so that it fits into 1 MiB, encrypted too."""
_ACTOR = "credential issuer service"
_REASON = "the response may not have been delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One act of a grant, done or to be done.

    Attributes:
        grant: the grant as it was read.
        offering: the configuration.
        generation: of the token.
        number: which act of the configuration and generation.
    """

    grant: Opened[Grant] = field(repr=False)
    offering: Offering
    generation: int
    number: int

    @property
    def idempotency_key(self) -> str:
        """What the ledger knows the act by; it tells nothing about the person."""
        place = (self.grant.session.id, self.offering.id, str(self.generation), str(self.number))
        return f"vci:{digest(*place)}"


def holder_of(keys: Sequence[PublicKey]) -> str:
    """Return what stands for a set of keys."""
    return digest(*sorted(jwk.thumbprint(jwk.public_jwk(key)) for key in keys))


def issue(
    exchange: Exchange, slot: Slot, record: CredentialType, keys: Sequence[PublicKey]
) -> tuple[tuple[Credential, ...], Opened[Grant]]:
    """Return the credentials of an act, and the grant that the act is to be written into.

    They are for the first of the keys, where there are more of them than one response can carry (section 8.3).

    Raises:
        SessionChangedError: somebody else has finished the act, or is about to make it anew.
        OAuthRefusal: somebody else may be at work on it (``temporarily_unavailable``); what was signed was taken back
            meanwhile, or no response can carry a single one (``credential_request_denied``).
        VcError: the issuer cannot sign (see `Issuer.issue_batch`).
    """
    issuer, key = exchange.context.issuer, slot.idempotency_key
    subject = exchange.context.people.pseudonym(slot.grant.body.subject)
    recoveries, holder, before = slot.grant.body.recoveries, holder_of(keys), exchange.signed.get(key)
    if before is not None and (before.holder, before.recoveries) == (holder, recoveries):
        return before.credentials, slot.grant  # by this very request, before something else changed the grant
    try:
        credentials = _as_many_as_fit(issuer.issue_batch, record, slot, keys, subject=subject)
    except AlreadyIssuedError as error:
        youngest = max(entry.issued_at for entry in error.issuances)
    else:
        exchange.signed[key] = Signed(holder=holder, recoveries=recoveries, credentials=credentials)
        return credentials, slot.grant
    grant = _taken_over(exchange, slot, is_left=exchange.at - youngest > LEASE)
    try:
        credentials = _as_many_as_fit(
            issuer.reissue_batch, record, slot, keys, subject=subject, reason=_REASON, actor=_ACTOR
        )
    except LocalProtocolError as error:
        if error.code != "NOT_VALID":
            raise
        raise denied("what was signed was taken back") from None
    exchange.signed[key] = Signed(holder=holder, recoveries=grant.body.recoveries, credentials=credentials)
    return credentials, grant


def require_not_taken_back(exchange: Exchange, slot: Slot) -> None:
    """Return if nobody has taken back what the person has while this was signed, who could not find it yet.

    Raises:
        OAuthRefusal: somebody has, and this is taken back, too (``credential_request_denied``).
    """
    context = exchange.context
    if context.people.is_void(slot.grant.body):
        context.issuer.revoke(slot.idempotency_key, reason="taken back while it was issued", actor=_ACTOR)
        raise denied("what the person has was taken back")


def _as_many_as_fit(
    sign: Callable[..., tuple[Credential, ...]],
    record: CredentialType,
    slot: Slot,
    keys: Sequence[PublicKey],
    **more: Any,
) -> tuple[Credential, ...]:
    """Return credentials for as many of the keys as one response can carry: what is too long is never entered."""
    for count in _halved(len(keys)):
        try:
            return sign(
                record,
                format=slot.offering.format,
                holders=keys[:count],
                valid_for=slot.offering.valid_for,
                idempotency_key=slot.idempotency_key,
                max_length=MAX_LENGTH,
                **more,
            )
        except LocalProtocolError as error:
            if error.code != "BATCH_TOO_LONG":
                raise
    raise denied("no response can carry the credential")


def _halved(count: int) -> Iterator[int]:
    while count:
        yield count
        count //= 2


def _taken_over(exchange: Exchange, slot: Slot, *, is_left: bool) -> Opened[Grant]:
    """Return the grant with a mark on it, which keeps whoever was at work on the act from finishing it."""
    sessions, grant = exchange.context.sessions, slot.grant
    there = sessions.find(GRANT, Grant, grant.secret)
    if there is None or there.session.version != grant.session.version:
        raise SessionChangedError
    if not is_left:
        raise busy("somebody else may be signing this", retry_after=int(LEASE.total_seconds()))
    taken = grant.swap(recoveries=grant.body.recoveries + 1)
    sessions.commit(taken)
    body = grant.body.model_copy(update={"recoveries": grant.body.recoveries + 1})
    return replace(grant, session=taken.result, body=body)
