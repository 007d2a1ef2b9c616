# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The steps of a collection: one request, or one change of what is kept, and what follows on it.

A step begins with what is in the store and ends with what is in the store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, assert_never

from vcwallet.errors import KeyLockedError, LocalProtocolError, StoreError, TransportError, TrustedListError, VcError
from vcwallet.flow import Flow
from vcwallet.protocols.oauth.refusal import PeerRefusedError
from vcwallet.protocols.openid4vci.notification import NotificationEvent
from vcwallet.storage import Change, RecordExistsError
from vcwallet.wallet.collecting import acquiring, authorising
from vcwallet.wallet.collecting.client import WalletClient
from vcwallet.wallet.collecting.collection import Act, Collection, Plan, keys_of, outcome_of
from vcwallet.wallet.collecting.exchange import Exchange
from vcwallet.wallet.collecting.keeping import Keeper, checked
from vcwallet.wallet.collecting.proving import key_algorithm, number_of_keys, proof_type
from vcwallet.wallet.collecting.records import Collections
from vcwallet.wallet.collecting.states import (
    Answered,
    CodeReceived,
    Deferred,
    Done,
    Ended,
    Failed,
    Granted,
    InBrowser,
    Kept,
    Outcome,
    PreAuthorised,
    Progress,
    Rejected,
    Requested,
    ToPush,
    TxCodeNeeded,
    Wanted,
)

OURS: Final = (LocalProtocolError, StoreError, KeyLockedError, TransportError, TrustedListError)
"""What is not the issuer's doing: the collection stays where it is, and can be gone on with."""
EARLY: Final = timedelta(seconds=5)
"""How long before its end an access token counts as ended."""


@dataclass(slots=True)
class Run:
    """What one call of `proceed` has done, so that it does it once.

    Attributes:
        told: the credentials about which the issuer could not be told.
        has_refreshed: whether a refresh token was used.
    """

    told: set[int] = field(default_factory=set)
    has_refreshed: bool = False


class Stepper:
    """Takes the steps of the collections of one wallet."""

    def __init__(
        self, *, client: WalletClient, collections: Collections, keeper: Keeper, clock: Callable[[], datetime]
    ) -> None:
        """Use `vcwallet.wallet.Wallet.collector`."""
        self._client = client
        self._collections = collections
        self._keeper = keeper
        self._clock = clock
        self._exchanges: dict[str, Exchange] = {}

    def _exchange(self, collection: Collection) -> Exchange:
        if collection.id not in self._exchanges:
            self._exchanges[collection.id] = Exchange(
                collection.plan,
                signer=self._keeper.signer(collection.plan.client_key),
                clock=self._clock,
                attester=self._client.attester,
            )
        return self._exchanges[collection.id]

    def step(self, collection: Collection, run: Run) -> Flow[Collection | None]:
        """Take one step and return the collection behind it; None where there is none to take now.

        Raises:
            LocalProtocolError: the collection was begun with somebody who attests the wallet, and nobody is there now
                (``NO_ATTESTER``).
            VcError: as `Collector.proceed`.
        """
        access = collection.access
        if collection.is_open and collection.plan.has_attester and self._client.attester is None:
            raise LocalProtocolError("this collection needs the wallet's provider", code="NO_ATTESTER")
        match access:
            case TxCodeNeeded() | InBrowser() | Ended():
                return None
            case Granted():
                return (yield from self._act(collection, access, run))
            case PreAuthorised() | ToPush() | CodeReceived():
                return (yield from self._authorise(collection, access))
            case _:
                assert_never(access)

    def _authorise(self, collection: Collection, access: PreAuthorised | ToPush | CodeReceived) -> Flow[Collection]:
        exchange = self._exchange(collection)
        try:
            if isinstance(access, ToPush):
                key = self._keeper.signer(collection.plan.client_key).public_key
                following = yield from authorising.push(collection.plan, access, exchange, key=key, at=self._clock())
                moved = collection.moved(following)
            else:
                moved = yield from authorising.redeem(collection, access, exchange, at=self._clock())
        except PeerRefusedError as refused:
            return self.settled(collection, collection.ended(Outcome.REFUSED, refused.error or refused.code))
        except OURS:
            raise
        except VcError as error:
            self.settled(collection, collection.ended(Outcome.FAILED, error.code))
            raise
        try:
            with_keys, made = self._with_keys(moved)
        except OURS:
            self.settled(collection, moved)  # keys can be made later, a token is given once
            raise
        return self.settled(collection, with_keys, also=made)

    def _act(self, collection: Collection, granted: Granted, run: Run) -> Flow[Collection | None]:
        found = self._next_act(collection, run)
        if found is None:
            return None
        index, progress = found
        match progress:
            case Wanted():
                with_keys, made = self._with_keys(collection)
                return self.settled(collection, with_keys, also=made)
            case Answered():
                return self._checked(collection, collection, index, progress)
            case Requested() | Deferred() | Kept() | Rejected():
                return (yield from self._exchanged(collection, index, progress, granted, run))
            case _:
                assert_never(progress)

    def _exchanged(
        self,
        collection: Collection,
        index: int,
        progress: Requested | Deferred | Kept | Rejected,
        granted: Granted,
        run: Run,
    ) -> Flow[Collection]:
        """Return the collection after something was asked of the issuer, or a fresh token was needed first."""
        refresh_token = None if run.has_refreshed else granted.refresh_token
        if refresh_token is not None and _has_expired(granted, at=self._clock()):
            return (yield from self._refreshed(collection, refresh_token, run))
        following: Progress
        try:
            following = yield from self._asked(collection, collection.acts[index], progress, granted.access_token)
        except PeerRefusedError as refused:
            if refresh_token is not None:
                return (yield from self._refreshed(collection, refresh_token, run))
            return self.settled(collection, collection.ended(Outcome.EXPIRED, refused.error or refused.code))
        except OURS:
            raise
        except VcError as error:
            following = Failed(code=error.code)
        moved = collection.with_act(index, following)
        if isinstance(following, Answered):
            return self._checked(collection, moved, index, following)
        if isinstance(following, Kept | Rejected):
            run.told.add(index)  # in vain; the next call tries again
        return self.settled(collection, moved)

    def _next_act(
        self, collection: Collection, run: Run
    ) -> tuple[int, Wanted | Requested | Deferred | Answered | Kept | Rejected] | None:
        """Return which credential a step can be taken for now; one that waits does not hold up the others."""
        at = self._clock()
        for index, act in enumerate(collection.acts):
            progress = act.progress
            waits = isinstance(progress, Deferred) and at < progress.not_before
            if not isinstance(progress, Done | Failed) and not waits and index not in run.told:
                return index, progress
        return None

    def _with_keys(self, collection: Collection) -> tuple[Collection, tuple[Change, ...]]:
        """Return a collection with the keys that its credentials are going to be asked for with, once it may ask."""
        if not isinstance(collection.access, Granted):
            return collection, ()
        plan, made = collection.plan, list[Change]()
        for index, act in enumerate(collection.acts):
            if isinstance(act.progress, Wanted):
                handles, changes = self._new_keys(plan, act)
                collection = collection.with_act(index, Requested(keys=handles))
                made += changes
        return collection, tuple(made)

    def _new_keys(self, plan: Plan, act: Act) -> tuple[tuple[str, ...], tuple[Change, ...]]:
        configuration = plan.metadata.configuration(act.configuration_id)
        kind = proof_type(configuration, is_attested=self._client.attester is not None)
        if kind is None:
            return (), ()
        count = number_of_keys(plan.metadata, configuration, copies=plan.copies)
        return self._keeper.new_keys(count, key_algorithm(configuration, kind))

    def _asked(
        self, collection: Collection, act: Act, progress: Requested | Deferred | Kept | Rejected, token: str
    ) -> Flow[Progress]:
        plan, exchange, at = collection.plan, self._exchange(collection), self._clock()
        if isinstance(progress, Requested):
            signers = [self._keeper.signer(handle) for handle in progress.keys]
            attester = self._client.attester
            return (
                yield from acquiring.request(
                    plan, act, progress, signers=signers, token=token, exchange=exchange, attester=attester, at=at
                )
            )
        if isinstance(progress, Deferred):
            return (yield from acquiring.pick_up(plan, act, progress, token=token, exchange=exchange, at=at))
        return (yield from acquiring.notify(plan, progress, token=token, exchange=exchange))

    def _checked(self, before: Collection, collection: Collection, index: int, answered: Answered) -> Collection:
        """Return the collection after a credential was kept, or was found not to hold.

        Args:
            before: the collection as it was saved last.
            collection: the same with the answer.
            index: which credential.
            answered: the answer.

        Raises:
            VcError: the wallet itself cannot decide now; the answer is kept until it can.
        """
        plan = collection.plan
        try:
            asked = collection.acts[index].configuration_id
            taken = checked(plan, asked, answered, self._keeper, profile=self._client.profile)
        except OURS:
            if collection is not before:
                self.settled(before, collection)
            raise
        except VcError as error:
            return self.settled(before, collection.with_act(index, _rejected(plan, answered, error.code)))
        used = {one.card.key for one in taken}
        unused = [handle for handle in answered.keys if handle not in used]
        kept = collection.with_act(index, _kept(plan, answered, [one.card.id for one in taken]))
        try:
            return self.settled(before, kept, unused=unused, commit=lambda *changes: self._keeper.keep(taken, *changes))
        except RecordExistsError:
            return self.settled(before, collection.with_act(index, _rejected(plan, answered, "HOLDER_KEY_USED")))

    def settled(
        self,
        before: Collection,
        after: Collection,
        *,
        also: Sequence[Change] = (),
        unused: Sequence[str] = (),
        commit: Callable[..., object] | None = None,
    ) -> Collection:
        """Return a collection after its step was written down, and keys that have no use any more were forgotten.

        Args:
            before: the collection as it was saved last.
            after: the same in its next state; it ends here, where nothing more is to come.
            also: further changes.
            unused: further keys that have no use.
            commit: what applies the changes, if they are part of something larger.

        Raises:
            LocalProtocolError: another process has taken a step meanwhile (``COLLECTION_MOVED_ON``).
            StoreError: the store could not write; nothing was applied.
        """
        after = _at_its_end(after)
        forgotten = [*unused, *_given_up(before, after)]
        saved = self._collections.save(after, *also, *self._keeper.forgetting_keys(forgotten), commit=commit)
        self._keeper.forget_keys(forgotten)
        if isinstance(saved.access, Ended):
            self._exchanges.pop(saved.id, None)
        return saved

    def _refreshed(self, collection: Collection, refresh_token: str, run: Run) -> Flow[Collection]:
        run.has_refreshed = True
        exchange = self._exchange(collection)
        try:
            refreshed = yield from authorising.refresh(collection, refresh_token, exchange, at=self._clock())
        except OURS:
            raise
        except VcError as error:
            self.settled(collection, collection.ended(Outcome.FAILED, error.code))
            raise
        return self.settled(collection, refreshed)

    def tell_deleted(self, collection: Collection, granted: Granted, notification_id: str) -> Flow[bool]:
        """Tell the issuer that a credential was deleted, and return whether it was told (see `Collector.deleted`)."""
        if granted.refresh_token is not None and _has_expired(granted, at=self._clock()):
            collection = yield from self._refreshed(collection, granted.refresh_token, Run())
        if not isinstance(collection.access, Granted):
            return False
        try:
            yield from acquiring.tell(
                collection.plan,
                notification_id,
                NotificationEvent.CREDENTIAL_DELETED,
                token=collection.access.access_token,
                exchange=self._exchange(collection),
            )
        except PeerRefusedError:
            return False
        return True


def _at_its_end(collection: Collection) -> Collection:
    """Return a collection as ended where nothing more is to come; a refresh token can bring more of what came."""
    access = collection.access
    if not isinstance(access, Granted) or collection.is_open:
        return collection
    outcome = outcome_of(collection.acts)
    if outcome is Outcome.COLLECTED and access.refresh_token is not None:
        return collection
    return collection.ended(outcome, next(iter(collection.failures.values()), None))


def _given_up(before: Collection, after: Collection) -> list[str]:
    """Return the keys that waited for something before and do not any more; those of what was kept are in use."""
    waiting = [
        key
        for old, new in zip(before.acts, after.acts, strict=False)
        if not isinstance(new.progress, Kept | Done)
        for key in keys_of(old.progress)
        if key not in keys_of(new.progress)
    ]
    return [*waiting, before.plan.client_key] if isinstance(after.access, Ended) else waiting


def _has_expired(granted: Granted, *, at: datetime) -> bool:
    return granted.expires is not None and at >= granted.expires - EARLY


def _kept(plan: Plan, answered: Answered, cards: Sequence[str]) -> Kept | Done:
    if answered.notification_id is None or plan.metadata.notification_endpoint is None:
        return Done(cards=tuple(cards))
    return Kept(cards=tuple(cards), notification_id=answered.notification_id)


def _rejected(plan: Plan, answered: Answered, code: str) -> Rejected | Failed:
    if answered.notification_id is None or plan.metadata.notification_endpoint is None:
        return Failed(code=code)
    return Rejected(code=code, notification_id=answered.notification_id)
