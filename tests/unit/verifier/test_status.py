# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A verifier looks up the status of what it was shown, last of all (Token Status List, section 8.3)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.status import HOUR, OTHER_URI, URI, StatusWorld
from tests.support.world import BOTH_FORMATS, MDOC, SD_JWT, Income, Resident, income, presentation_of
from vcwallet.checks import Result
from vcwallet.errors import (
    MalformedError,
    ReplayError,
    StatusError,
    StoreError,
    TransportError,
    ValidityError,
    VcError,
)
from vcwallet.flow import HttpRequest, HttpResponse, arun
from vcwallet.protocols.openid4vp import Response
from vcwallet.status.outcome import DISASTER, STANDARD, STRICT, Origin, StatusState
from vcwallet.status.token_status_list import status_claim
from vcwallet.storage import MemoryStore
from vcwallet.verifier import Verified, ask


@pytest.fixture(params=[SD_JWT, MDOC])
def city(request: pytest.FixtureRequest) -> StatusWorld:
    return StatusWorld(request.param)


def refused(step: Any) -> str:
    with pytest.raises(StatusError) as caught:
        step()
    return caught.value.code


def state_of(verified: Verified) -> StatusState:
    return verified.evidence(Resident)[0].status_result.state


def test_a_valid_credential_is_accepted_and_the_evidence_says_so(city):
    city.hold(index=7)
    verified = city.present()()
    [evidence] = verified.evidence(Resident)
    found = evidence.status_result
    assert (found.state, found.value, found.uri, found.index) == (StatusState.VALID, 0, URI, 7)
    assert (found.fetched_at, found.age, found.origin) == (city.world.clock(), timedelta(0), Origin.NETWORK)
    assert evidence.status == status_claim(URI, 7)
    assert evidence.issuer.party == city.world.city.identifier
    with pytest.raises(TypeError):
        bool(evidence)


@pytest.mark.parametrize(("value", "code"), [(1, "STATUS_REVOKED"), (2, "STATUS_SUSPENDED"), (3, "STATUS_OTHER")])
def test_any_other_status_is_refused_with_its_own_code(city, value, code):
    city.hold(index=7)
    city.publish({7: value})
    assert refused(city.present()) == code


def test_only_the_status_at_its_own_index_counts(city):
    city.hold(index=7)
    city.publish({6: 1, 8: 1})
    assert state_of(city.present()()) is StatusState.VALID


def test_a_refusal_stores_nothing_so_that_the_same_answer_can_be_accepted_later(city):
    city.hold(index=7)
    city.publish({7: 2}, ttl=timedelta(seconds=60))
    step = city.present()
    assert refused(step) == "STATUS_SUSPENDED"
    assert city.world.bank.receipts() == []
    city.world.clock.pass_by(seconds=61)
    city.publish()
    assert state_of(step()) is StatusState.VALID
    with pytest.raises(ReplayError):
        step()


def test_a_list_that_cannot_be_had_refuses(city):
    city.hold()
    city.host.is_down = True
    assert refused(city.present()) == "STATUS_UNKNOWN"


def test_a_list_that_gets_too_old_refuses(city):
    city.hold()
    assert state_of(city.present()()) is StatusState.VALID
    city.host.is_down = True
    city.world.clock.pass_by(hours=1)
    assert refused(city.present()) == "STATUS_STALE"


def test_a_credential_without_a_status_is_accepted_unless_the_policy_asks_for_one():
    for policy, is_accepted in ((STANDARD, True), (STRICT, False)):
        city = StatusWorld(SD_JWT, {"status": policy})
        city.hold(status=None)
        if is_accepted:
            assert state_of(city.present()()) is StatusState.NOT_APPLICABLE
        else:
            assert refused(city.present()) == "STATUS_MISSING"
        assert city.host.requests == []


def test_a_suspended_credential_is_accepted_only_by_a_policy_that_says_so():
    city = StatusWorld(SD_JWT, {"status": replace(STANDARD, accept_suspended=True)})
    city.hold(index=7)
    city.publish({7: 2})
    assert state_of(city.present()()) is StatusState.SUSPENDED
    city.world.clock.pass_by(hours=1)
    city.publish({7: 1})
    assert refused(city.present()) == "STATUS_REVOKED"


def test_every_credential_is_looked_up_and_each_has_its_own_result(city):
    world = city.world
    city.hold(index=7)
    office = world.registry.enrol_status_signer("Tax office", code="office")
    world.update()
    city.hold(index=3, uri=OTHER_URI, record=income(), enrolment=world.office_enrolment)
    city.publish(uri=OTHER_URI)
    request = world.ask("full_name", ask(Income, "total"))
    response = world.answer(request)
    assert refused(lambda: world.bank.verify(response, expected=request)) == "STATUS_UNKNOWN"  # the city's signer
    city.host.signer = office
    world.clock.pass_by(minutes=1)
    city.publish(uri=OTHER_URI)
    verified = world.bank.verify(response, expected=request)
    assert [one.status_result.index for kind in (Resident, Income) for one in verified.evidence(kind)] == [7, 3]


def test_a_signer_may_act_for_another_issuer(city):
    world = city.world
    city.host.signer = world.registry.enrol_status_signer(
        "Status office", code="status", acts_for=[world.city.identifier]
    )
    world.update()
    city.hold()
    assert state_of(city.present()()) is StatusState.VALID


def test_a_signer_that_acts_for_nobody_speaks_for_itself_only(city):
    city.host.signer = city.world.registry.enrol_status_signer("Status office", code="status")
    city.world.update()
    city.hold()
    assert refused(city.present()) == "STATUS_UNKNOWN"


def test_an_issuers_own_key_signs_no_lists(city):
    city.host.signer = city.world.city_enrolment
    city.hold()
    assert refused(city.present()) == "STATUS_UNKNOWN"


def test_a_signer_that_was_stopped_is_stopped_at_once(city):
    world = city.world
    city.hold()
    assert state_of(city.present()()) is StatusState.VALID
    signer = city.host.signer
    assert signer is not None
    world.registry.suspend(signer.identifier, role=signer.role, reason="a breach", mode="all")
    world.update()
    assert refused(city.present()) == "STATUS_UNKNOWN"


class TestWhenNothingIsFetched:
    """Whoever sends nonsense causes no request to anybody."""

    @pytest.fixture
    def shown(self, city: StatusWorld) -> StatusWorld:
        city.hold()
        return city

    def refuse(self, city: StatusWorld, response: Any, request: Any) -> VcError:
        with pytest.raises(VcError) as caught:
            city.world.bank.verify(response, expected=request)
        assert city.host.requests == []
        city.world.bank.explain(response, expected=request)
        assert city.host.requests == []
        return caught.value

    def test_another_state(self, shown):
        request = shown.world.ask("full_name")
        self.refuse(shown, replace(shown.world.answer(request), state="another"), request)

    def test_the_answer_to_another_request(self, shown):
        request = shown.world.ask("full_name")
        response = shown.world.answer(shown.world.ask("full_name"))
        self.refuse(shown, replace(response, state=shown.world.answer(request).state), request)

    def test_a_request_that_has_expired(self, shown):
        request = shown.world.ask("full_name")
        response = shown.world.answer(request)
        shown.world.clock.pass_by(minutes=10)
        assert isinstance(self.refuse(shown, response, request), ValidityError)

    def test_more_than_was_asked_for(self, shown):
        world = shown.world
        request = world.ask("full_name")
        [card] = world.wallet.cards()
        token = presentation_of(world, card, [world.path("full_name"), world.path("birth_date")], request)
        honest = world.answer(request)
        [query] = honest.vp_token
        self.refuse(shown, Response(vp_token={query: (token,)}, state=honest.state), request)

    def test_an_issuer_that_may_not_issue(self, shown):
        world = shown.world
        request = world.ask("full_name")
        response = world.answer(request)
        world.registry.withdraw(world.city.identifier, role="credential_issuer", reason="x", mode="all")
        world.update()
        self.refuse(shown, response, request)

    def test_a_reference_that_is_malformed(self, city):
        city.hold(status={"status_list": {"idx": -1, "uri": URI}})
        request = city.world.ask("full_name")
        assert isinstance(self.refuse(city, city.world.answer(request), request), MalformedError)

    def test_an_answer_that_was_accepted_before(self, shown):
        request = shown.world.ask("full_name")
        response = shown.world.answer(request)
        shown.world.bank.verify(response, expected=request)
        shown.host.requests.clear()
        shown.world.clock.pass_by(minutes=2)
        assert isinstance(self.refuse(shown, response, request), ReplayError)


class TestExplaining:
    def test_a_valid_credential_has_no_failure(self, city):
        city.hold()
        request = city.world.ask("full_name")
        report = city.world.bank.explain(city.world.answer(request), expected=request)
        assert report.failures == ()
        assert [one.result for one in report.findings if one.check == "status"] == [Result.PASSED]
        assert len(city.host.requests) == 1

    def test_a_revoked_one_fails_at_its_status_only(self, city):
        city.hold(index=7)
        city.publish({7: 1})
        request = city.world.ask("full_name")
        response = city.world.answer(request)
        report = city.world.bank.explain(response, expected=request)
        assert [(one.check, one.code) for one in report.failures] == [("status", "STATUS_REVOKED")]
        assert city.world.bank.receipts() == []

    def test_it_says_why_a_list_could_not_be_had(self, city):
        city.hold()
        city.host.is_down = True
        request = city.world.ask("full_name")
        report = city.world.bank.explain(city.world.answer(request), expected=request)
        [failure] = report.failures
        assert failure.code == "STATUS_UNKNOWN"
        assert "TRANSPORT" in failure.message

    def test_a_store_that_fails_is_no_finding(self):
        class Broken(MemoryStore):
            def find(self, collection: str, tag: str | None = None, /) -> Any:
                if collection == "status_list":
                    raise StoreError("cannot read")
                return super().find(collection, tag)

        city = StatusWorld(SD_JWT, {"bank_store": Broken()})
        city.hold()
        request = city.world.ask("full_name")
        response = city.world.answer(request)
        for step in (city.world.bank.explain, city.world.bank.verify):
            with pytest.raises(StoreError, match="cannot read"):
                step(response, expected=request)


@BOTH_FORMATS
def test_lists_may_be_fetched_by_an_event_loop(format):
    city = StatusWorld(format)
    city.hold()
    request = city.world.ask("full_name")
    response = city.world.answer(request)

    async def http(asked: HttpRequest) -> HttpResponse:
        await asyncio.sleep(0)
        return city.host(asked)

    verified = asyncio.run(arun(city.world.bank.verifying(response, expected=request), http))
    assert state_of(verified) is StatusState.VALID
    assert len(city.host.requests) == 1


def test_a_flow_that_is_given_up_has_accepted_nothing(city):
    city.hold()
    request = city.world.ask("full_name")
    response = city.world.answer(request)
    flow = city.world.bank.verifying(response, expected=request)
    next(flow)
    flow.close()
    assert city.world.bank.receipts() == []
    assert city.world.bank.verify(response, expected=request)[Resident].full_name


class TestOffline:
    @pytest.fixture(params=[SD_JWT, MDOC])
    def cut_off(self, request: pytest.FixtureRequest) -> StatusWorld:
        return StatusWorld(request.param, {"online": False, "status": DISASTER})

    def test_a_verifier_without_a_network_asks_nobody(self, cut_off):
        cut_off.hold()
        with pytest.raises(StatusError, match="NETWORK_BLOCKED") as caught:
            cut_off.present()()
        assert caught.value.code == "STATUS_UNKNOWN"
        assert cut_off.host.requests == []

    def test_it_relies_on_what_was_fetched_before_and_says_how_old_it_is(self, city):
        world = city.world
        city.hold()
        store = MemoryStore()
        online = world.verifier(world.bank_enrolment, store=store)
        online.update_trust(world.registry.published())
        assert [one.uri for one in online.prepare_offline().fetched] == [URI]
        city.host.requests.clear()
        world.http, world.status = None, DISASTER
        bank = world.verifier(world.bank_enrolment, store=store)
        world.clock.pass_by(hours=24)
        request = world.ask("full_name", by=bank)
        [evidence] = bank.verify(world.answer(request), expected=request).evidence(Resident)
        found = evidence.status_result
        assert (found.state, found.age, found.is_past_fresh) == (StatusState.VALID, 24 * HOUR, True)
        assert city.host.requests == []

    def test_preparing_fetches_what_the_registry_lists(self, city):
        city.publish({1: 1}, uri=OTHER_URI)
        prepared = city.world.bank.prepare_offline()
        assert {one.uri for one in prepared.fetched} == {URI, OTHER_URI}
        assert {one.media_type for one in prepared.fetched} == {city.media_type}
        assert prepared.failed == {}

    def test_preparing_without_a_network_says_what_failed(self, cut_off):
        prepared = cut_off.world.bank.prepare_offline()
        assert prepared.fetched == ()
        assert set(prepared.failed.values()) == {"NETWORK_BLOCKED"}

    def test_what_failed_does_not_stop_the_others(self, city):
        city.host.answers[OTHER_URI] = HttpResponse(status=500, headers={}, body=b"")
        city.publish(uri=OTHER_URI)
        prepared = city.world.bank.prepare_offline()
        assert [one.uri for one in prepared.fetched] == [URI]
        assert prepared.failed == {OTHER_URI: TransportError.default_code}
