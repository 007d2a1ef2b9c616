# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever happens on the way, and in whatever order: one act is one act, no key serves twice, and there is an end."""

from __future__ import annotations

import contextlib
from functools import cache
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.issuing import CLIENT_ID, REDIRECT_URI, TX_CODE, Line, Simulator
from tests.support.world import AgeCard, Resident, World
from vcwallet.errors import LocalProtocolError, TransportError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.wallet import Wallet, WalletClient
from vcwallet.wallet.collecting import Collection, Collector, Outcome
from vcwallet.wallet.collecting.states import NEXT_ACCESS, NEXT_PROGRESS, Ended, Failed, Granted

CLIENT = WalletClient(client_id=CLIENT_ID, redirect_uri=REDIRECT_URI)
FATES = st.lists(st.sampled_from(["ok", "request", "answer"]), max_size=6)


@cache
def the_world() -> World:
    """Return one world for all examples; each has a wallet and an issuer of its own."""
    return World()


class Collecting(RuleBasedStateMachine):
    """A person who collects over a bad line, opens and closes the wallet, waits, and sometimes gives up."""

    def __init__(self) -> None:
        super().__init__()
        self.world = the_world()
        self.store = MemoryStore()
        self.world.new_wallet(store=self.store)
        self.trust = TrustedListClient.resume(self.store)
        self.seen: list[Collection] = []
        self.collector: Collector | None = None

    @initialize(
        login=st.booleans(),
        tx_code=st.booleans(),
        polls=st.sampled_from([None, 0, 2]),
        options=st.fixed_dictionaries(
            {
                "is_bound": st.booleans(),
                "has_refresh": st.booleans(),
                "has_identifiers": st.booleans(),
                "is_encrypted": st.booleans(),
                "has_notifications": st.booleans(),
                "wants_dpop_nonce": st.booleans(),
                "kinds": st.sampled_from([(Resident,), (AgeCard, Resident)]),
                "token_lifetime": st.sampled_from([30, 3600]),
            }
        ),
        copies=st.integers(1, 3),
    )
    def accept(self, login: bool, tx_code: bool, polls: int | None, options: dict[str, Any], copies: int) -> None:
        self.issuer = Simulator(self.world, polls=polls, **options)
        self.line = Line(self.issuer)
        self.copies = copies
        collector = self.open()
        prompt = run(collector.read_offer(self.issuer.offer(login=login, tx_code=tx_code and not login)), self.issuer)
        self.id = collector.accept(prompt, copies=copies).id
        self.note()

    def open(self) -> Collector:
        """Return the collector of a wallet that was opened anew."""
        self.wallet = Wallet(store=self.store, trust=self.trust, formats=self.world.formats, clock=self.world.clock)
        self.collector = self.wallet.collector(CLIENT)
        return self.collector

    def note(self) -> None:
        assert self.collector is not None
        self.seen.append(self.collector.collection(self.id))

    @property
    def now(self) -> Collection:
        return self.seen[-1]

    @rule(fates=FATES)
    def proceed(self, fates: list[str]) -> None:
        assert self.collector is not None
        self.line.lose = fates
        with contextlib.suppress(TransportError):
            run(self.collector.proceed(self.id), self.line)
        self.line.lose = []
        self.note()

    @rule()
    def close(self) -> None:
        self.open()
        self.note()

    @rule(seconds=st.sampled_from([1, 60, 3600]))
    def wait(self, seconds: int) -> None:
        self.world.clock.pass_by(seconds=seconds)

    @precondition(lambda self: self.now.needs_tx_code)
    @rule(tx_code=st.sampled_from([TX_CODE, TX_CODE, "000000"]))
    def enter(self, tx_code: str) -> None:
        assert self.collector is not None
        self.collector.enter_tx_code(self.id, tx_code)
        self.note()

    @precondition(lambda self: self.now.authorization_url is not None)
    @rule(denies=st.sampled_from([False, False, True]), twice=st.booleans())
    def come_back(self, denies: bool, twice: bool) -> None:
        assert self.collector is not None
        url = self.issuer.browse(self.now.authorization_url or "", denies=denies)
        self.collector.returned(url)
        if twice:
            try:
                self.collector.returned(url)
                raise AssertionError("an answer is taken once")
            except LocalProtocolError:
                pass
        self.note()

    @precondition(lambda self: self.now.authorization_url is not None)
    @rule()
    def log_in_again(self) -> None:
        assert self.collector is not None
        self.collector.log_in_again(self.id)
        self.note()

    @rule(duplicated=st.integers(0, 5))
    def proceed_with_a_duplicated_request(self, duplicated: int) -> None:
        """Let one request arrive twice, word for word, as a proxy would repeat it."""
        assert self.collector is not None
        left = duplicated

        def twice(request: HttpRequest) -> HttpResponse:
            nonlocal left
            left -= 1
            response = self.issuer(request)
            if left == 0:
                self.issuer(request)
            return response

        run(self.collector.proceed(self.id), twice)
        self.note()

    @precondition(lambda self: len(self.seen) > 12)
    @rule()
    def cancel(self) -> None:
        assert self.collector is not None
        self.collector.cancel(self.id)
        self.note()

    @invariant()
    def one_act_is_one_act(self) -> None:
        if hasattr(self, "issuer"):
            assert all(number == 1 for number in self.issuer.issued.values())

    @invariant()
    def no_key_serves_twice(self) -> None:
        if not hasattr(self, "id"):
            return
        cards = list(self.wallet.cards())
        assert len({card.key for card in cards}) == len(cards) <= self.copies * len(self.issuer.kinds)
        assert {card.id for card in cards} == set(self.now.cards)
        used = {card.key for card in cards}
        for progress in (act.progress for act in self.now.acts):
            assert not used & set(getattr(progress, "keys", ())), "a key waits that is in use"

    @invariant()
    def states_follow_on_each_other(self) -> None:
        for before, after in zip(self.seen, self.seen[1:], strict=False):
            assert after.step >= before.step
            assert _reaches(NEXT_ACCESS, type(before.access), type(after.access))
            if len(before.acts) == len(after.acts):
                for old, new in zip(before.acts, after.acts, strict=True):
                    ends = isinstance(after.access, Ended) and isinstance(new.progress, Failed)
                    assert ends or _reaches(NEXT_PROGRESS, type(old.progress), type(new.progress))

    def teardown(self) -> None:
        """Take it to its end, over a good line and with a person who does what is asked for."""
        if not hasattr(self, "id"):
            return
        for _ in range(30):
            collector = self.open()
            collection = collector.collection(self.id)
            if not collection.is_open:
                break
            if collection.needs_tx_code:
                collector.enter_tx_code(self.id, TX_CODE)
            if collection.authorization_url is not None:
                collector.returned(self.issuer.browse(collection.authorization_url))
            if collection.not_before is not None:
                self.world.clock.now = max(self.world.clock.now, collection.not_before)
            run(collector.proceed(self.id), self.issuer)
        self.note()
        assert self.now.outcome in set(Outcome)
        self.no_key_serves_twice()
        self.one_act_is_one_act()
        kept = len(list(self.store.find("key")))
        assert kept == len(self.now.cards) + isinstance(self.now.access, Granted), "keys are left over"


def _reaches(table: Any, start: type, goal: type) -> bool:
    reached, fresh = {start}, {start}
    while fresh:
        fresh = {one for state in fresh for one in table[state]} - reached
        reached |= fresh
    return goal in reached


TestCollecting = Collecting.TestCase
TestCollecting.settings = settings(max_examples=40, stateful_step_count=14, deadline=None)
