# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet can be closed between any two steps of a collection, and answers can be lost: it goes on, with one act."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.support.issuing import CLIENT_ID, REDIRECT_URI, TX_CODE, Line, Simulator
from tests.support.world import AgeCard, Resident, World
from vcwallet.errors import LocalProtocolError, TransportError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.storage import Change, MemoryStore, Put, Record
from vcwallet.trust.client import TrustedListClient
from vcwallet.wallet import Wallet, WalletClient
from vcwallet.wallet.collecting import Collection, Collector, Outcome
from vcwallet.wallet.collecting.records import COLLECTIONS

CLIENT = WalletClient(client_id=CLIENT_ID, redirect_uri=REDIRECT_URI)


class Killed(BaseException):
    """The process is gone, at once."""


class Mortal:
    """A store that lets the process die before or after one of its commits."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.commits = 0
        self.dies_at: int | None = None
        self.applies = True

    def commit(self, *changes: Change) -> None:
        self.commits += 1
        if self.commits == self.dies_at:
            if self.applies:
                self.store.commit(*changes)
            raise Killed
        self.store.commit(*changes)

    def get(self, collection: str, id: str, /) -> bytes | None:
        return self.store.get(collection, id)

    def find(self, collection: str, tag: str | None = None, /) -> Iterator[Record]:
        return self.store.find(collection, tag)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


@cache
def the_world() -> World:
    """Return one world for all stories, each of which has a wallet and an issuer of its own."""
    return World()


class Story:
    """A person who collects, and opens the wallet anew whenever it is gone."""

    def __init__(self, *, login: bool = False, tx_code: bool = False, **issuer: Any) -> None:
        self.world = the_world()
        self.issuer = Simulator(self.world, **issuer)
        self.store = MemoryStore()
        self.mortal = Mortal(self.store)
        self.world.new_wallet(store=self.store)
        self.trust = TrustedListClient.resume(self.store)
        self.link = self.issuer.offer(login=login, tx_code=tx_code)
        self.tx_code = TX_CODE if tx_code else None
        self.line = Line(self.issuer)
        self.opened = 0

    def open(self) -> Wallet:
        self.opened += 1
        return Wallet(
            store=self.mortal,
            trust=self.trust,
            formats=self.world.formats,
            clock=self.world.clock,
        )

    def collector(self) -> Collector:
        return self.open().collector(CLIENT)

    def begin(self) -> Collection:
        collector = self.collector()
        prompt = run(collector.read_offer(self.link), self.issuer)
        return collector.accept(prompt, tx_code=self.tx_code, copies=2)

    def go_on(self) -> Collection:
        """Take what there is, in a wallet that was opened anew, until it ends; each failure opens another one."""
        for _ in range(30):
            try:
                collector = self.collector()
                [collection] = collector.collections(ended=True)
                if not collection.is_open:
                    return collection
                if collection.authorization_url is not None:
                    collector.returned(self.issuer.browse(collection.authorization_url))
                waiting = run(collector.proceed(collection.id), self.line)
                if waiting.not_before is not None:
                    self.world.clock.now = max(self.world.clock.now, waiting.not_before)
            except (Killed, TransportError):
                continue
        raise AssertionError("it comes to no end")

    def require_one_act(self, done: Collection, *, kinds: int = 1) -> None:
        cards = list(self.open().cards())
        assert done.outcome is Outcome.COLLECTED, done
        assert sorted(done.cards) == sorted(card.id for card in cards)
        assert len(cards) == len({card.key for card in cards}) == 2 * kinds
        assert all(number == 1 for number in self.issuer.issued.values())
        # Nothing is left over: a key for each card, and no other.
        assert len(list(self.store.find("key"))) == len(cards) + (1 if self.issuer.has_refresh else 0)
        assert len(list(self.store.find("holder_key"))) == len(cards)
        told = [event for _, event in self.issuer.events]
        assert set(told) == {"credential_accepted"}


STORIES: dict[str, dict[str, Any]] = {
    "pre-authorised": {},
    "with a code": {"tx_code": True},
    "log-in": {"login": True},
    "deferred": {"polls": 1},
    "deferred with refresh": {"polls": 0, "has_refresh": True, "token_lifetime": 30},
    "two credentials": {"kinds": (Resident, AgeCard)},
    "everything": {
        "login": True,
        "polls": 1,
        "kinds": (Resident, AgeCard),
        "is_encrypted": True,
        "wants_dpop_nonce": True,
        "has_identifiers": True,
        "has_refresh": True,
        "token_lifetime": 90,
    },
}


def commits_of(story: dict[str, Any]) -> int:
    """Return how many commits a story takes from its first to its last."""
    one = Story(**story)
    one.begin()
    one.go_on()
    return one.mortal.commits


@pytest.mark.parametrize("applies", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("name", STORIES)
def test_a_wallet_that_dies_at_any_commit_goes_on(name: str, applies: bool) -> None:
    story = STORIES[name]
    kinds = len(story.get("kinds", (Resident,)))
    number = commits_of(story)
    assert number >= 4
    for dies_at in range(1, number + 1):
        one = Story(**story)
        one.mortal.dies_at, one.mortal.applies = dies_at, applies
        try:
            one.begin()
        except Killed:
            collector = one.collector()
            if not list(collector.collections()):  # it never began: nothing of it is there
                assert not list(one.store.find("key"))
                one.begin()
        one.require_one_act(one.go_on(), kinds=kinds)


@pytest.mark.parametrize("fate", ["request", "answer"])
@pytest.mark.parametrize("name", STORIES)
def test_any_request_or_answer_may_be_lost(name: str, fate: str) -> None:
    story = STORIES[name]
    kinds = len(story.get("kinds", (Resident,)))
    one = Story(**story)
    one.begin()
    one.issuer.requests.clear()
    one.go_on()
    number = len(one.issuer.requests)
    for lost in range(number):
        one = Story(**story)
        one.begin()
        one.line.lose = ["ok"] * lost + [fate]
        one.require_one_act(one.go_on(), kinds=kinds)


@pytest.mark.parametrize("name", STORIES)
def test_the_first_answer_of_every_endpoint_may_be_lost(name: str) -> None:
    story = STORIES[name]
    one = Story(**story)
    one.begin()
    one.line.lose_first = True
    one.require_one_act(one.go_on(), kinds=len(story.get("kinds", (Resident,))))


def test_a_bearer_token_that_was_lost_ends_it_by_name() -> None:
    one = Story(is_bound=False)
    one.begin()
    one.line.lose = ["answer"]
    done = one.go_on()
    assert done.outcome is Outcome.REFUSED
    assert done.failures == {one.issuer.configuration_ids[0]: "invalid_grant"}
    assert not list(one.store.find("key"))


def test_a_deferred_answer_that_was_lost_comes_by_the_first_endpoint() -> None:
    one = Story(polls=0)
    one.begin()
    one.line.lose = ["ok"] * 3 + ["answer"]  # token, nonce, credential, deferred
    one.require_one_act(one.go_on())
    assert one.issuer.count("credential") == 2
    assert one.issuer.count("deferred") == 2


def test_of_two_processes_one_goes_on() -> None:
    one = Story()
    begun = one.begin()
    first, second = one.collector(), one.collector()

    def slow(request: Any) -> Any:
        # While the first waits for its token, the second goes all the way.
        if not one.issuer.count("token"):
            done = run(second.proceed(begun.id), one.issuer)
            assert done.outcome is Outcome.COLLECTED
        return one.issuer(request)

    with pytest.raises(LocalProtocolError, match="COLLECTION_MOVED_ON"):
        run(first.proceed(begun.id), slow)
    one.require_one_act(one.go_on())


def test_what_was_forgotten_meanwhile_does_not_come_back() -> None:
    one = Story()
    begun = one.begin()

    def slow(request: HttpRequest) -> HttpResponse:
        response = one.issuer(request)
        if request.url.endswith("/credential"):  # while it is on its way, the person gives up
            collector = one.collector()
            collector.cancel(begun.id)
            collector.forget(begun.id)
        return response

    with pytest.raises(LocalProtocolError, match="COLLECTION_UNKNOWN"):
        run(one.collector().proceed(begun.id), slow)
    assert not list(one.collector().collections(ended=True))
    assert not [kind for kind in COLLECTIONS if list(one.store.find(kind))]
    assert not list(one.open().cards())


def test_a_restored_wallet_leaves_the_collections_of_the_earlier_device_alone() -> None:
    one = Story(polls=0)
    begun = one.begin()
    one.store.commit(Put("wallet", "device", b"1"))
    collector = one.collector()
    with pytest.raises(LocalProtocolError, match="COLLECTION_OF_EARLIER_DEVICE"):
        run(collector.proceed(begun.id), one.issuer)
    assert collector.cancel(begun.id).outcome is Outcome.CANCELLED


def test_a_restored_wallet_does_not_use_up_the_refresh_token_of_the_earlier_device() -> None:
    one = Story(has_refresh=True, token_lifetime=5)
    one.begin()
    card = one.go_on().cards[0]
    wallet = one.open()
    for copy in list(wallet.cards()):
        wallet.delete(copy)
    asked = len(one.issuer.requests)
    one.store.commit(Put("wallet", "device", b"1"))
    assert run(one.collector().deleted(card), one.issuer) is False
    assert len(one.issuer.requests) == asked
    one.store.commit(Put("wallet", "device", b"0"))
    assert run(one.collector().deleted(card), one.issuer) is True
