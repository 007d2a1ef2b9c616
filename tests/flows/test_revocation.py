# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Issuer, status signer, status host, wallet and verifier together: what the issuer decides is what is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests.support.ledger import LISTS
from tests.support.world import BOTH_FORMATS, DAYS_90, FORMATS, World, resident
from vcwallet.adapters.store import SqlLedger
from vcwallet.errors import StatusError
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.issuer import Issuer, StatusHost, StatusSigner
from vcwallet.status.outcome import STANDARD
from vcwallet.storage import MemoryStore
from vcwallet.verifier import Verifier

WHY = {"reason": "inquiry", "actor": "residents desk"}


@dataclass
class Scene:
    world: World
    city: Issuer
    signer: StatusSigner
    host: StatusHost
    asked: list[HttpRequest]

    def __post_init__(self) -> None:
        world = self.world
        self.bank = Verifier(
            world.bank_enrolment,
            store=MemoryStore(),
            formats=world.formats,
            clock=world.clock,
            status=STANDARD,
            http=self.http,
        )
        self.bank.update_trust(world.registry.published())

    def http(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        return self.host(request)

    def issue(self) -> None:
        options: dict[str, Any] = {"format": FORMATS[self.world.format], "valid_for": DAYS_90, "idempotency_key": "a-1"}
        self.world.wallet.receive(self.city.issue(resident(), holder=self.world.wallet.new_holder_key(), **options))

    def outcome(self, *, publishes: bool = True) -> str:
        """Return what the bank makes of the credential once the list that it holds has run out."""
        if publishes:
            self.signer.publish()
        self.world.clock.pass_by(minutes=16)
        request = self.world.ask("full_name", by=self.bank)
        try:
            self.bank.verify(self.world.answer(request), expected=request)
        except StatusError as error:
            return error.code
        return "accepted"


@pytest.fixture
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    world = World(request.param)
    enrolment = world.registry.enrol_status_signer({"ja": "未来市", "en": "Mirai City"}, code="city")
    world.update()
    with SqlLedger.create(None, lists=LISTS, size=1_000) as ledger:
        yield Scene(
            world,
            world.issuer(world.city_enrolment, ledger=ledger),
            StatusSigner(enrolment, ledger=ledger, clock=world.clock),
            StatusHost(ledger, clock=world.clock),
            [],
        )


@pytest.mark.parametrize("scene", FORMATS, indirect=True)
class TestStatus:
    def test_a_suspension_holds_while_it_lasts_and_a_revocation_for_good(self, scene):
        scene.issue()
        assert scene.outcome() == "accepted"
        scene.city.suspend("a-1", **WHY)
        assert scene.outcome() == "STATUS_SUSPENDED"
        scene.city.reinstate("a-1", **WHY)
        assert scene.outcome() == "accepted"
        scene.city.revoke("a-1", **WHY)
        assert scene.outcome() == "STATUS_REVOKED"

    def test_a_change_shows_when_it_is_published(self, scene):
        scene.issue()
        assert scene.outcome() == "accepted"
        scene.city.revoke("a-1", **WHY)
        assert scene.outcome(publishes=False) == "accepted"
        assert scene.outcome() == "STATUS_REVOKED"

    def test_without_a_list_nothing_is_accepted(self, scene):
        scene.issue()
        assert scene.outcome(publishes=False) == "STATUS_UNKNOWN"

    def test_a_publisher_that_has_stopped_is_noticed(self, scene):
        scene.issue()
        assert scene.outcome() == "accepted"
        scene.world.clock.pass_by(days=1)
        assert scene.outcome(publishes=False) in ("STATUS_STALE", "STATUS_UNKNOWN")
        assert scene.outcome() == "accepted"

    def test_who_asks_for_a_list_says_nothing_of_the_credential(self, scene):
        scene.issue()
        scene.outcome()
        [request] = scene.asked
        assert (request.method, request.url, request.body) == ("GET", f"{LISTS}/1", b"")
        assert set(request.headers) == {"accept"}

    def test_a_list_is_asked_for_once_in_its_time(self, scene):
        scene.issue()
        scene.outcome()
        request = scene.world.ask("full_name", by=scene.bank)
        scene.bank.verify(scene.world.answer(request), expected=request)
        assert len(scene.asked) == 1
        assert timedelta(minutes=15) == scene.signer._publication.ttl


@BOTH_FORMATS
def test_all_lists_are_found_by_their_aggregation(format):
    """A verifier that will have no network fetches everything beforehand, by the address that the registry lists."""
    world = World(format)
    enrolment = world.registry.enrol_status_signer("Office", acts_for=[world.city.identifier], supply_points=[LISTS])
    world.update()
    with SqlLedger.create(None, lists=LISTS, size=1_000) as ledger:
        host = StatusHost(ledger, clock=world.clock)
        StatusSigner(enrolment, ledger=ledger, clock=world.clock).publish()
        bank = Verifier(
            world.bank_enrolment,
            store=MemoryStore(),
            formats=world.formats,
            clock=world.clock,
            status=STANDARD,
            http=host,
        )
        bank.update_trust(world.registry.published())
        prefetched = bank.prepare_offline()
    assert [key.uri for key in prefetched.fetched] == [f"{LISTS}/1", f"{LISTS}/2"]
    assert not prefetched.failed
