# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A registry that keeps everything it ever published, and whoever stands between it and a follower.

It serves any past moment, any mixture of moments, and what thieves and forgers make of them.  Beside each moment it
keeps in plain values what a follower that has taken it must answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography import x509

from tests.support.trust import Clock, Tax
from vcwallet.keys.policy import KeySource
from vcwallet.registry import TrustRegistry
from vcwallet.registry.authority import OwnKey
from vcwallet.registry.publication import VALIDITY
from vcwallet.storage import Change, MemoryStore
from vcwallet.trust.certificates import authority_key_id, from_der
from vcwallet.trust.enrolment import Enrolment
from vcwallet.trust.published import PublishedTrust

PARTS = ("master", "root_statements", "anchor", "lists", "revocation_lists", "type_metadata")
SKEW = timedelta(seconds=60)


class Crash(BaseException):
    """The process ends here."""


class CrashingStore(MemoryStore):
    """A store whose process may end just before or just after a commit."""

    def __init__(self) -> None:
        super().__init__()
        self.crash: str | None = None

    def commit(self, *changes: Change) -> None:
        when, self.crash = self.crash, None
        if when == "before":
            raise Crash
        super().commit(*changes)
        if when == "after":
            raise Crash


@dataclass(frozen=True)
class Certified:
    """A certificate of a party."""

    party: str
    chain: tuple[bytes, ...]

    @property
    def source(self) -> KeySource:
        return KeySource(chain=self.chain)

    @cached_property
    def leaf(self) -> x509.Certificate:
        return from_der(self.chain[0])

    @property
    def authority(self) -> bytes | None:
        return authority_key_id(self.leaf)

    @property
    def begins(self) -> datetime:
        return self.leaf.not_valid_before_utc

    @property
    def ends(self) -> datetime:
        return self.leaf.not_valid_after_utc


Periods = tuple[tuple[bool, datetime], ...]
"""Whether a party is granted, and since when."""


@dataclass(frozen=True)
class Moment:
    """What was published once, and what it means."""

    published: PublishedTrust
    root_number: int
    sequence: int
    issued: datetime
    periods: Mapping[str, Periods]
    authorities: frozenset[bytes]
    revoked: Mapping[Certified, datetime]

    @property
    def ends(self) -> datetime:
        return self.issued + VALIDITY

    def accepts(self, one: Certified, at: datetime) -> bool:
        granted = [status for status, since in self.periods.get(one.party, ()) if since <= at][-1:]
        revoked = one in self.revoked and self.revoked[one] <= at
        return granted == [True] and one.authority in self.authorities and not revoked and one.begins <= at < one.ends


@dataclass
class Simulator:
    """The registry, its history, and the network before it."""

    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.store = MemoryStore()
        self.registry = TrustRegistry.found("Registry", store=self.store, clock=self.clock)
        self.root_number, self.sequence = 1, 0
        self.periods: dict[str, Periods] = {}
        self.certified: list[Certified] = []
        self.revoked: dict[Certified, datetime] = {}
        self.moments: list[Moment] = []
        self.stranger = TrustRegistry.found("Registry", store=MemoryStore(), clock=self.clock)
        self.publish()

    # --- what the registry does --------------------------------------------------------------------------------------

    def publish(self) -> Moment:
        published = self.registry.published()
        if not self.moments or self.moments[-1].published != published:
            self.sequence += 1
            counted = [one for one in self.registry.authorities() if one.kind is OwnKey.ISSUING_CA]
            moment = Moment(
                published=published,
                root_number=self.root_number,
                sequence=self.sequence,
                issued=self.clock(),
                periods=dict(self.periods),
                authorities=frozenset(one.key_id for one in counted),
                revoked=dict(self.revoked),
            )
            self.moments.append(moment)
        return self.moments[-1]

    def enrol(self) -> None:
        self._certify(self.registry.enrol_issuer("City", may_issue=[Tax]))

    def renew(self, party: str) -> None:
        self._certify(self.registry.renew(party))

    def _certify(self, enrolment: Enrolment) -> None:
        self.periods.setdefault(enrolment.identifier, ((True, self.clock() - SKEW),))
        self.certified.append(Certified(enrolment.identifier, enrolment.chain))
        self.publish()  # which the enrolment has done too, for whom it is

    def change_status(self, party: str) -> None:
        granted, _ = self.periods[party][-1]
        change = self.registry.suspend if granted else self.registry.reinstate
        change(party, reason="test")
        self.periods[party] += ((not granted, self.clock()),)

    def revoke(self, one: Certified) -> None:
        self.registry.revoke_certificate(one.chain[0], reason="test")
        self.revoked[one] = self.clock()

    def rotate(self, what: str) -> None:
        getattr(self.registry, f"rotate_{what}")(reason="test")
        self.root_number += what == "root"

    def retire(self) -> None:
        for one in self.registry.authorities():
            if one.succeeded and one.kind in (OwnKey.ISSUING_CA, OwnKey.ROOT):
                self.registry.retire(one.key_id, reason="test")
                return

    # --- what others make of it --------------------------------------------------------------------------------------

    def mixture(self, base: int, other: int, part: str, which: int) -> PublishedTrust:
        """Return a moment with one part of another one; of the parts that are several documents, with one document."""
        mine, theirs = self.moments[base].published, self.moments[other].published
        value = getattr(theirs, part)
        if isinstance(value, Mapping):
            value = _with_one_of(dict(getattr(mine, part)), value, which)
        return replace(mine, **{part: value})

    def cut_off(self, base: int, length: float) -> bytes:
        """Return a document as it is when the connection, or the writing of the file, ended early."""
        whole = self.moments[base].published.to_json()
        return whole[: int(length * (len(whole) - 1))]

    def of_a_stranger(self, base: int, *, keep_anchor: bool) -> PublishedTrust:
        """Return what another registry of the same name publishes, under its own root or what is said to be ours."""
        mine, theirs = self.moments[base].published, self.stranger.published()
        return replace(theirs, anchor=mine.anchor) if keep_anchor else theirs

    def passes_as(self, published: PublishedTrust) -> Moment | None:
        """Return the moment that a document is, whatever it says beside of roots; None for a mixture."""
        same = [
            moment
            for moment in self.moments
            if all(getattr(moment.published, part) == getattr(published, part) for part in PARTS[3:])
            and moment.published.master == published.master
        ]
        return same[0] if same else None


def _with_one_of(mine: dict[Any, Any], theirs: Mapping[Any, Any], which: int) -> dict[Any, Any]:
    keys = sorted({*mine, *theirs})
    if keys:
        key = keys[which % len(keys)]
        mine.pop(key, None)
        mine |= {key: theirs[key]} if key in theirs else {}
    return mine


HOUR = timedelta(hours=1)


@dataclass
class Follower:
    """What a follower must do, in plain values."""

    moment: Moment
    latest: datetime
    kept: datetime

    def restart(self) -> None:
        self.latest = self.kept

    def clock_went_back(self, at: datetime) -> bool:
        return at < max(self.moment.issued, self.latest) - SKEW

    def refusal(self, moment: Moment | None, published: PublishedTrust, at: datetime) -> str | None:
        """Return the code of the refusal, "any" where that is left open, or None if what was published is taken."""
        if self.clock_went_back(at):
            return "CLOCK_WENT_BACK"
        if moment is None or published.anchor != moment.published.anchor:
            return "any"  # a root that is not that of the moment would be handed on with it
        steps = len(published.root_statements) + 1
        if moment.root_number < self.moment.root_number:
            return "REGISTRY_ROLLBACK"
        if moment.issued > at + SKEW:
            return "REGISTRY_NOT_YET_VALID" if steps >= moment.root_number else "any"
        if moment.root_number > self.moment.root_number and steps != moment.root_number:
            return "any"
        if moment.root_number == self.moment.root_number and steps > moment.root_number:
            return "any"  # statements that lead past the root of this moment
        if moment.root_number == self.moment.root_number and moment.sequence < self.moment.sequence:
            return "REGISTRY_ROLLBACK"
        return "REGISTRY_STALE" if at >= moment.ends else None

    def take(self, moment: Moment, at: datetime) -> None:
        if moment.published.master != self.moment.published.master:
            self.kept = max(self.latest, at)
        self.moment = moment
        self.observe(at)

    def observe(self, at: datetime) -> None:
        self.latest = max(self.latest, min(at, self.moment.ends))
        if self.latest >= self.kept + HOUR:
            self.kept = self.latest
