# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A follower of a registry against a simple model, whatever it is served, and whenever it crashes or its clock jumps.

What is served is any past moment of the registry, any mixture of two, a stranger's, or a part of a document.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.registry_simulator import PARTS, Crash, CrashingStore, Follower, Simulator
from tests.support.trust import Clock, Tax
from vcwallet.errors import MalformedError, TrustedListError, VcError
from vcwallet.keys import Role
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.published import PublishedTrust

indexes = st.integers(0, 10**6)


class Following(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()

    @initialize()
    def start(self) -> None:
        self.simulator = Simulator(Clock())
        self.simulator.enrol()
        self.clock.now = self.simulator.clock()
        self.store = CrashingStore()
        moment = self.simulator.moments[-1]
        self.client = TrustedListClient.start(moment.published, store=self.store, at=self.clock())
        self.model = Follower(moment, latest=self.clock(), kept=self.clock())

    # --- the registry ------------------------------------------------------------------------------------------------

    @rule()
    def the_registry_enrols_a_party(self) -> None:
        self.simulator.enrol()

    @rule(index=indexes)
    def the_registry_renews_a_party(self, index: int) -> None:
        parties = sorted(self.simulator.periods)
        self.simulator.renew(parties[index % len(parties)])

    @rule(index=indexes)
    def the_registry_suspends_or_reinstates_a_party(self, index: int) -> None:
        parties = sorted(self.simulator.periods)
        self.simulator.change_status(parties[index % len(parties)])
        self.simulator.publish()

    @rule(index=indexes)
    def the_registry_revokes_a_certificate(self, index: int) -> None:
        counted = {one.key_id for one in self.simulator.registry.authorities()}
        left = [
            one for one in self.simulator.certified if one not in self.simulator.revoked and one.authority in counted
        ]
        if left:
            self.simulator.revoke(left[index % len(left)])
            self.simulator.publish()

    @rule(what=st.sampled_from(["root", "issuing_ca", "iaca", "list_operator", "registrar"]))
    def the_registry_rotates_a_key(self, what: str) -> None:
        self.simulator.rotate(what)
        self.simulator.publish()

    @rule()
    def the_registry_retires_a_ca(self) -> None:
        self.simulator.retire()
        self.simulator.publish()

    @rule(hours=st.integers(1, 120))
    def time_passes(self, hours: int) -> None:
        self.clock.pass_by(hours=hours)
        self.simulator.clock.pass_by(hours=hours)
        self.simulator.publish()

    @rule(seconds=st.sampled_from([-86_400 * 4, -3_600, -61, -60, -1, 61, 3_600, 86_400 * 5]))
    def the_followers_clock_is_changed(self, seconds: int) -> None:
        self.clock.pass_by(seconds=seconds)

    @rule()
    def the_followers_clock_is_put_right(self) -> None:
        self.clock.now = self.simulator.clock()

    # --- the follower ------------------------------------------------------------------------------------------------

    @rule()
    def take_the_latest(self) -> None:
        self.serve(self.simulator.publish().published)

    @rule(index=indexes)
    def take_any_moment(self, index: int) -> None:
        moments = self.simulator.moments
        self.serve(moments[index % len(moments)].published)

    @rule(base=indexes, other=indexes, part=st.sampled_from(PARTS), which=indexes)
    def take_a_mixture(self, base: int, other: int, part: str, which: int) -> None:
        count = len(self.simulator.moments)
        self.serve(self.simulator.mixture(-1 - base % min(count, 4), other % count, part, which))

    @rule(keep_anchor=st.booleans())
    def take_a_strangers(self, keep_anchor: bool) -> None:
        self.serve(self.simulator.of_a_stranger(-1, keep_anchor=keep_anchor))

    @rule(length=st.floats(0, 1))
    def take_a_part_of_a_document(self, length: float) -> None:
        with pytest.raises(MalformedError):
            PublishedTrust.from_json(self.simulator.cut_off(-1, length))

    @rule(when=st.sampled_from(["before", "after"]))
    def crash_while_taking_the_latest(self, when: str) -> None:
        moment, at = self.simulator.publish(), self.clock()
        refusal = self.model.refusal(moment, moment.published, at)
        self.store.crash = when
        try:
            self.client.update(moment.published, at=at)
        except Crash:
            found = None
            if when == "after":
                self.model.take(moment, at)
            self.reopen()
        except TrustedListError as error:
            found = error.code
        else:
            found = None
            self.model.take(moment, at)  # it had nothing to write
        self.store.crash = None
        assert found == refusal

    @rule()
    def reopen(self) -> None:
        self.client = TrustedListClient.resume(self.store)
        self.model.restart()

    @rule(index=indexes)
    def ask(self, index: int) -> None:
        certified, at = self.simulator.certified, self.clock()
        one = certified[index % len(certified)]

        def look_up() -> str:
            return self.client.key_for(one.source, role=Role.CREDENTIAL_ISSUER, type_id=Tax.vct, at=at).party

        if self.model.clock_went_back(at):
            self.refuses(look_up, "CLOCK_WENT_BACK")
            return
        self.model.observe(at)
        if at >= self.model.moment.ends:
            self.refuses(look_up, "REGISTRY_STALE")
        elif self.model.moment.accepts(one, at):
            assert look_up() == one.party
        else:
            self.refuses(look_up, None)

    @staticmethod
    def refuses(act: Callable[[], object], code: str | None) -> None:
        with pytest.raises(VcError) as caught:
            act()
        assert code in (None, caught.value.code)

    # --- both --------------------------------------------------------------------------------------------------------

    def serve(self, published: PublishedTrust) -> None:
        at, before = self.clock(), self.client.published
        moment = self.simulator.passes_as(published)
        refusal = self.model.refusal(moment, published, at)
        if refusal is None:
            assert moment is not None
            self.client.update(published, at=at)
            self.model.take(moment, at)
            return
        with pytest.raises(TrustedListError) as caught:
            self.client.update(published, at=at)
        assert refusal in ("any", caught.value.code)
        assert self.client.published is before

    @invariant()
    @precondition(lambda self: hasattr(self, "client"))
    def what_is_in_use_and_in_the_store_is_what_the_model_says(self) -> None:
        assert self.client.published.master == self.model.moment.published.master
        assert len(list(self.store.find("trusted_list"))) == 1
        pins = sorted(self.store.find("trust_anchor"), key=lambda record: record.id)
        assert pins[-1].body == self.model.moment.published.anchor
        resumed = TrustedListClient.resume(self.store)
        assert resumed.published.master == self.client.published.master
        assert resumed._latest == self.model.kept
        assert self.client._latest == self.model.latest


TestFollowing = Following.TestCase
TestFollowing.settings = settings(max_examples=10, stateful_step_count=25)


@pytest.mark.sweep
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("part", range(1, 11))
def test_the_same_in_five_hundred_sequences_in_ten_parts(part: int) -> None:
    run_state_machine_as_test(Following, settings=settings(max_examples=50, stateful_step_count=50, derandomize=False))
