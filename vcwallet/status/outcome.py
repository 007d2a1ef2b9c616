# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a status check has found, and what a verifier accepts: outcomes that are never taken for one another.

A list says *valid*, *revoked*, *suspended* or something *other*; where it cannot be had or relied on, the status is
*unknown*; where it is too old to say anything, *stale*.  A credential without a status has the outcome *not
applicable*.  A result is evidence, not a truth value: a `StatusPolicy` decides, and raises.

    >>> from datetime import UTC, datetime
    >>> from vcwallet.status.outcome import STANDARD, StatusResult, StatusState
    >>> found = StatusResult(state=StatusState.UNKNOWN, checked_at=datetime(2026, 11, 23, tzinfo=UTC))
    >>> STANDARD.require(found)
    Traceback (most recent call last):
    vcwallet.errors.StatusError: the credential's status cannot be told [STATUS_UNKNOWN]
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from vcwallet.errors import StatusError


class StatusState(StrEnum):
    """What is known about the status of a credential."""

    VALID = "valid"
    REVOKED = "revoked"
    """For good."""
    SUSPENDED = "suspended"
    """For the time being."""
    OTHER = "other"
    """A value that the publisher gives a meaning of its own, or that nobody has given one yet."""
    UNKNOWN = "unknown"
    """There is a status, but no statement about it that could be relied on."""
    STALE = "stale"
    """There is a statement, but it is too old."""
    NOT_APPLICABLE = "not_applicable"
    """The credential has no status: it ends soon, or its issuer does not revoke."""


class Origin(StrEnum):
    """Where a status list came from."""

    NETWORK = "network"
    """It was fetched from its own address, now or before."""
    BUNDLE = "bundle"
    """It came with an offline bundle, so that only what its publisher has signed says how old it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusResult:
    """What was found about the status of one credential, and what that relies on.

    Attributes:
        state: the outcome.
        checked_at: when it was looked up.
        value: the number that the list has for the credential; in a stale one, the last that is known.
        mechanism: how the status is published, such as ``status_list``.
        uri: the list.
        index: the place in it.
        issued_at: when the list was signed.
        expires: when it says nothing any more.
        fetched_at: when this copy was fetched.
        fresh_until: until when the copy was good without looking for a newer one.
        origin: where the copy came from.
        reason: the code of what stood in the way of a statement, or of a newer one.
        purpose: what the status is for, where its mechanism has purposes.
        message: what the value means, in the words of the credential; for developers, not for people.
    """

    state: StatusState
    checked_at: datetime
    value: int | None = None
    mechanism: str | None = None
    uri: str | None = field(default=None, repr=False)
    index: int | None = field(default=None, repr=False)
    issued_at: datetime | None = None
    expires: datetime | None = None
    fetched_at: datetime | None = None
    fresh_until: datetime | None = None
    origin: Origin | None = None
    reason: str | None = None
    purpose: str | None = None
    message: str | None = None

    @property
    def age(self) -> timedelta | None:
        """How old the statement was when it was relied on: since it was fetched, or, from a bundle, since its issue."""
        since = self.issued_at if self.origin is Origin.BUNDLE else self.fetched_at
        return None if since is None else max(self.checked_at - since, timedelta(0))

    @property
    def is_past_fresh(self) -> bool:
        """Whether the statement was older than its publisher wants, which a policy may accept for some time."""
        return self.fresh_until is not None and self.checked_at >= self.fresh_until

    def __bool__(self) -> bool:
        raise TypeError("a status is evidence, not a truth value; a policy decides with require()")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPolicy:
    """How strict a verifier is about status.  Revoked, other and unknown are refused by every policy.

    Attributes:
        stale_for: how long a list is still relied on after it should have been fetched again; never past its own end.
        accept_without_status: whether a credential that has no status is accepted.
        accept_suspended: whether a suspended credential is accepted.
    """

    stale_for: timedelta
    accept_without_status: bool
    accept_suspended: bool

    def __post_init__(self) -> None:
        if self.stale_for < timedelta(0):
            raise ValueError("a list is relied on for some time or not at all")

    def require(self, result: StatusResult) -> None:
        """Return if the credential may be relied on.

        Raises:
            StatusError: it was revoked (``STATUS_REVOKED``), is suspended (``STATUS_SUSPENDED``), has another status
                (``STATUS_OTHER``), one that cannot be told (``STATUS_UNKNOWN``) or is known from too old a list only
                (``STATUS_STALE``), or it has none (``STATUS_MISSING``).
        """
        if result.state is StatusState.VALID:
            return
        if result.state is StatusState.SUSPENDED and self.accept_suspended:
            return
        if result.state is StatusState.NOT_APPLICABLE and self.accept_without_status:
            return
        raise _refusal(result)


STRICT: Final = StatusPolicy(stale_for=timedelta(0), accept_without_status=False, accept_suspended=False)
"""Every credential has a status, and it is fresh."""
STANDARD: Final = StatusPolicy(stale_for=timedelta(0), accept_without_status=True, accept_suspended=False)
"""A status is fresh where there is one; whether to give one is the issuer's choice, who may issue for a day instead."""
DISASTER: Final = StatusPolicy(stale_for=timedelta(hours=72), accept_without_status=True, accept_suspended=False)
"""As `STANDARD`, for verifiers that were cut off: what was known before is relied on for three days."""


def _refusal(result: StatusResult) -> StatusError:
    match result.state:
        case StatusState.REVOKED:
            return _error("the credential has been revoked", result, code="STATUS_REVOKED")
        case StatusState.SUSPENDED:
            return _error("the credential is suspended", result, code="STATUS_SUSPENDED")
        case StatusState.STALE:
            return _error("what is known of the credential's status is too old", result, code="STATUS_STALE")
        case StatusState.NOT_APPLICABLE:
            return _error("the credential has no status, and one is required", result, code="STATUS_MISSING")
        case StatusState.OTHER:
            return _error("the credential has a status of another meaning than valid", result, code="STATUS_OTHER")
        case _:
            return _error("the credential's status cannot be told", result, code="STATUS_UNKNOWN")


def _error(message: str, result: StatusResult, *, code: str) -> StatusError:
    return StatusError(f"{message}: {result.reason}" if result.reason else message, code=code)
