# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A status signer publishes what has changed, each list later than before, and a status host hands it out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import text

from tests.support.ledger import LISTS, decided, enter
from tests.support.world import World
from vcwallet.adapters.store import SqlLedger
from vcwallet.encoding import json
from vcwallet.errors import (
    LocalProtocolError,
    NotAuthorisedError,
    StoreBusyError,
    StoreCorruptError,
    TrustedListError,
)
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.issuer import ONE_DAY, ONE_WEEK, Publication, Status, StatusHost, StatusSigner
from vcwallet.jose.jwt import SKEW
from vcwallet.keys.software import SoftwareSigner
from vcwallet.status.ledger import PublishedList
from vcwallet.status.token_status_list import MediaType, StatusListToken, parse
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.enrolment import Enrolment

SECOND = timedelta(seconds=1)
LIST = f"{LISTS}/1"
NAME = {"ja": "未来市", "en": "Mirai City"}


@pytest.fixture
def ledger() -> Iterator[SqlLedger]:
    with SqlLedger.create(None, lists=LISTS, size=64) as made:
        yield made


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def enrolment(world: World) -> Enrolment:
    return world.registry.enrol_status_signer(NAME, code="city", supply_points=[LISTS])


@pytest.fixture
def signer(world: World, enrolment: Enrolment, ledger: SqlLedger) -> StatusSigner:
    return StatusSigner(enrolment, ledger=ledger, clock=world.clock)


@pytest.fixture
def host(world: World, ledger: SqlLedger) -> StatusHost:
    return StatusHost(ledger, clock=world.clock)


def change(world: World, ledger: SqlLedger, status: Status, key: str = "a-1") -> int:
    """Set a status, of a new entry if there is none, and return the index."""
    if not ledger.issued(key):
        enter(ledger, key, expires=world.clock() + timedelta(days=90))
    return ledger.change_status(key, status, decided(world.clock()))[0].index


def read(
    world: World, published: PublishedList | bytes | str, media_type: MediaType = MediaType.JWT
) -> StatusListToken:
    """Read a token as a verifier does that trusts the registry."""
    if isinstance(published, PublishedList):
        published = published.jwt if media_type is MediaType.JWT else published.cwt
    data = published.encode() if isinstance(published, str) else published
    trust = TrustedListClient.start(world.registry.published(), store=MemoryStore(), at=world.clock())
    return parse(data, media_type).verify(uri=LIST, trust=trust, at=world.clock()).token


def body(published: PublishedList, media_type: MediaType) -> bytes:
    return published.jwt.encode() if media_type is MediaType.JWT else published.cwt


def get(host: StatusHost, url: str = LIST, *, method: str = "GET", **headers: str) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return host(HttpRequest(method=method, url=url, max_bytes=1_000_000, headers=named))


class TestPublishing:
    @pytest.mark.parametrize("media_type", MediaType)
    def test_what_is_published_says_what_the_ledger_says(self, world, ledger, signer, media_type):
        revoked, suspended = change(world, ledger, Status.INVALID), change(world, ledger, Status.SUSPENDED, "a-2")
        token = read(world, {one.uri: one for one in signer.publish()}[LIST], media_type)
        assert (token.statuses[revoked], token.statuses[suspended]) == (1, 2)
        assert sum(1 for status in token.statuses if status) == 2
        assert (len(token.statuses), token.uri, token.aggregation_uri) == (64, LIST, LISTS)
        assert (token.issued_at, token.ttl) == (world.clock().replace(microsecond=0), ONE_DAY.ttl)
        assert token.expires == token.issued_at + ONE_DAY.lifetime

    def test_both_forms_are_signed_by_the_enrolled_party(self, world, signer):
        published = signer.publish()[0]
        trust = TrustedListClient.start(world.registry.published(), store=MemoryStore(), at=world.clock())
        for data, media_type in ((published.jwt.encode(), MediaType.JWT), (published.cwt, MediaType.CWT)):
            signed = parse(data, media_type).verify(uri=LIST, trust=trust, at=world.clock())
            assert signed.statuses_for(signer.identifier, trust=trust, at=world.clock())[0] == 0

    def test_only_what_has_changed_is_published_again(self, world, ledger, signer):
        assert [one.uri for one in signer.publish()] == [LIST, f"{LISTS}/2"]
        assert signer.publish() == ()
        change(world, ledger, Status.INVALID)
        assert [one.uri for one in signer.publish()] == [LIST]
        assert ledger.published(LIST).issued_at > ledger.published(f"{LISTS}/2").issued_at

    def test_what_ends_soon_is_published_again(self, world, signer):
        signer.publish()
        world.clock.pass_by(seconds=(ONE_DAY.lifetime - ONE_DAY.renew_before).total_seconds() - 1)
        assert signer.publish() == ()
        world.clock.pass_by(seconds=3)
        assert len(signer.publish()) == 2

    def test_another_policy_gives_other_times(self, world, enrolment, ledger):
        published = StatusSigner(enrolment, ledger=ledger, publication=ONE_WEEK, clock=world.clock).publish()[0]
        assert published.expires - published.issued_at == timedelta(days=7)
        assert published.ttl == ONE_WEEK.ttl

    def test_each_token_is_later_than_the_one_before_though_the_clock_stands_or_goes_back(self, world, ledger, signer):
        times: list[datetime] = []
        for step in (0, 0, -30, -10, 100):
            world.clock.pass_by(seconds=step)
            change(world, ledger, Status.VALID if len(times) % 2 else Status.SUSPENDED)
            times += [one.issued_at for one in signer.publish() if one.uri == LIST]
        assert [after - before for before, after in pairwise(times)][:3] == [SECOND] * 3
        assert times[4] == world.clock().replace(microsecond=0) > times[3]

    def test_a_clock_far_behind_publishes_nothing_and_says_so(self, world, enrolment, ledger, signer):
        world.clock.pass_by(hours=1)
        signer.publish()
        published, now = ledger.published(LIST), world.clock().replace(microsecond=0)
        change(world, ledger, Status.INVALID)
        world.clock.now = now - SKEW - SECOND
        signer = StatusSigner(enrolment, ledger=ledger, clock=world.clock)  # which has not seen that time itself
        with pytest.raises(LocalProtocolError) as caught:
            signer.publish()
        assert caught.value.code == "CLOCK_WENT_BACK"
        assert ledger.published(LIST) == published
        world.clock.now = now - SKEW + 11 * SECOND
        assert signer.publish()[0].issued_at == now + SECOND

    def test_a_burst_leaves_the_list_for_later_and_is_no_error(self, world, ledger, signer):
        now = world.clock().replace(microsecond=0)
        for number in range(55):
            change(world, ledger, Status.SUSPENDED if number % 2 else Status.VALID)
            change(world, ledger, Status.VALID if number % 2 else Status.SUSPENDED)
            published = [one for one in signer.publish() if one.uri == LIST]
            assert len(published) == (number <= 50)
        assert ledger.published(LIST).issued_at == now + 50 * SECOND
        world.clock.pass_by(seconds=-9)  # another machine, a little behind
        assert signer.publish() == ()
        world.clock.pass_by(seconds=11)
        assert [one.uri for one in signer.publish()] == [LIST]

    @pytest.mark.parametrize("hours", [1, 20])
    def test_after_a_clock_that_ran_ahead_an_operator_publishes_all_lists_of_now(self, world, enrolment, ledger, hours):
        now = world.clock().replace(microsecond=0)
        world.clock.pass_by(hours=hours)
        StatusSigner(enrolment, ledger=ledger, clock=world.clock).publish()
        world.clock.now = now
        signer = StatusSigner(enrolment, ledger=ledger, clock=world.clock)
        with pytest.raises(LocalProtocolError) as caught:  # though nothing has changed: nobody can use what is there
            signer.publish()
        assert caught.value.code == "CLOCK_WENT_BACK"
        index = change(world, ledger, Status.INVALID)
        published = signer.publish(clock_ran_ahead=True)
        assert [(one.uri, one.issued_at) for one in published] == [(LIST, now), (f"{LISTS}/2", now)]
        assert read(world, ledger.published(LIST)).statuses[index] == 1
        assert signer.publish() == signer.publish(clock_ran_ahead=True) == ()
        world.clock.pass_by(seconds=5)
        change(world, ledger, Status.INVALID, "a-2")
        assert [one.issued_at for one in signer.publish()] == [now + 5 * SECOND]

    def test_a_clock_that_did_not_run_ahead_publishes_nothing_earlier(self, world, ledger, signer):
        now = world.clock().replace(microsecond=0)
        signer.publish()
        change(world, ledger, Status.INVALID)
        world.clock.pass_by(seconds=-30)
        assert [one.issued_at for one in signer.publish(clock_ran_ahead=True)] == [now + SECOND]

    def test_a_list_that_is_damaged_does_not_keep_back_the_others(self, world, ledger, signer):
        signer.publish()
        with ledger._database.write() as connection:
            connection.execute(text("UPDATE vcwallet_status_list SET sum = 1, version = 1 WHERE number = 1"))
            connection.execute(text("UPDATE vcwallet_status_list SET version = 1 WHERE number = 2"))
        before = ledger.published(LIST)
        with pytest.raises(StoreCorruptError):
            signer.publish()
        assert ledger.published(LIST) == before
        assert ledger.published(f"{LISTS}/2").issued_at == before.issued_at + SECOND

    def test_a_list_from_the_future_does_not_keep_back_the_others(self, world, ledger, signer):
        signer.publish()
        with ledger._database.write() as connection:
            connection.execute(text("UPDATE vcwallet_status_list SET issued_at = issued_at + 61 WHERE number = 1"))
            connection.execute(text("UPDATE vcwallet_status_list SET version = 1 WHERE number = 2"))
        before = ledger.published(LIST)
        with pytest.raises(LocalProtocolError) as caught:
            signer.publish()
        assert caught.value.code == "CLOCK_WENT_BACK"
        assert ledger.published(LIST) == before
        assert ledger.published(f"{LISTS}/2").issued_at == world.clock().replace(microsecond=0) + SECOND

    def test_several_publishers_at_once_leave_the_last_state_published(self, world, enrolment, ledger):
        signers = [StatusSigner(enrolment, ledger=ledger, clock=world.clock) for _ in range(4)]
        start = threading.Barrier(4)

        def work(number: int) -> list[PublishedList]:
            start.wait()
            published: list[PublishedList] = []
            for count in range(5):
                change(world, ledger, Status.INVALID, f"{number}-{count}")
                published += signers[number].publish()
            return published

        with ThreadPoolExecutor(4) as pool:
            tokens = [one for published in pool.map(work, range(4)) for one in published if one.uri == LIST]
        assert len({one.issued_at for one in tokens}) == len(tokens)
        assert signers[0].publish() == ()
        last = max(tokens, key=lambda one: one.issued_at)
        assert ledger.published(LIST) == last
        assert sum(read(world, last).statuses) == 20 - _in_other_lists(ledger)

    def test_a_publisher_that_always_comes_second_says_so(self, world, enrolment, ledger):
        class Late:
            """Somebody else has always published in between."""

            aggregation_uri = LISTS
            asked = 0

            def due(self, **times: datetime) -> Any:
                self.asked += 1
                return ledger.due(**times)

            def keep(self, published: PublishedList, /, **details: Any) -> bool:
                return False

        late = Late()
        with pytest.raises(StoreBusyError):
            StatusSigner(enrolment, ledger=late, clock=world.clock).publish()  # type: ignore[arg-type]
        assert late.asked == 20

    def test_a_party_that_may_not_sign_publishes_nothing(self, world, ledger, enrolment, signer):
        world.registry.suspend(signer.identifier, reason="inquiry")
        signer.update_trust(world.registry.published())
        with pytest.raises(NotAuthorisedError):
            signer.publish()
        assert ledger.published(LIST) is None
        world.registry.reinstate(signer.identifier, reason="cleared")
        signer.update_trust(world.registry.published())
        assert len(signer.publish()) == 2

    def test_a_trusted_list_past_its_end_stops_it(self, world, signer):
        world.clock.pass_by(days=8)
        with pytest.raises(TrustedListError):
            signer.publish()

    def test_another_role_is_no_status_signer(self, world, ledger):
        with pytest.raises(ValueError, match="status signer"):
            StatusSigner(world.city_enrolment, ledger=ledger, clock=world.clock)


class TestPublication:
    @pytest.mark.parametrize("policy", [ONE_DAY, ONE_WEEK])
    def test_there_is_time_to_renew_a_list_before_it_ends(self, policy):
        assert policy.ttl < policy.renew_before < policy.lifetime

    @pytest.mark.parametrize(
        "wrong",
        [
            {"ttl": timedelta(seconds=59)},
            {"ttl": timedelta(hours=24, seconds=1)},
            {"lifetime": timedelta(minutes=30)},
            {"renew_before": timedelta(0)},
            {"renew_before": timedelta(days=2)},
        ],
    )
    def test_times_that_do_not_fit_are_refused(self, wrong):
        right: dict[str, Any] = {
            "lifetime": timedelta(days=2),
            "ttl": timedelta(hours=1),
            "renew_before": timedelta(hours=12),
        }
        Publication(**right)
        Publication(**right | {"ttl": timedelta(seconds=60)})
        Publication(**right | {"ttl": timedelta(hours=24)})
        with pytest.raises(ValueError, match=r"ttl|renewed"):
            Publication(**right | wrong)


class TestHost:
    def test_a_list_comes_as_the_form_that_is_asked_for(self, world, signer, host):
        published = signer.publish()[0]
        assert get(host).body == published.jwt.encode()
        for media_type, body in ((MediaType.JWT, published.jwt.encode()), (MediaType.CWT, published.cwt)):
            response = get(host, accept=media_type.value)
            assert (response.status, response.headers["content-type"], response.body) == (200, media_type, body)
            assert response.headers["vary"] == "Accept"
            assert read(world, response.body, media_type).uri == LIST

    @pytest.mark.parametrize(
        ("accept", "expected"),
        [
            ("*/*", MediaType.JWT),
            ("application/*", MediaType.JWT),
            ("application/statuslist+cwt;q=0.9, application/statuslist+jwt;q=0.8", MediaType.CWT),
            ("Application/StatusList+CWT", MediaType.CWT),
            ("application/statuslist+jwt;q=0, */*", MediaType.CWT),
            ("application/statuslist+cwt;v=1;q=1.000, */*; q = 0.5", MediaType.CWT),
            ("text/html, */*;q=0.1", MediaType.JWT),
            ("text/html", None),
            ("", None),
            ("*/*;q=0", None),
            ("application/statuslist+jwt;q=0.0, application/statuslist+cwt;q=0", None),
        ],
    )
    def test_the_one_who_asks_says_which_form(self, signer, host, accept, expected):
        signer.publish()
        response = get(host, accept=accept)
        assert (response.status, response.headers.get("content-type")) == ((200, expected) if expected else (406, None))

    def test_a_copy_is_kept_as_long_as_the_token_says(self, world, signer, host):
        signer.publish()
        assert get(host).headers["cache-control"] == f"public, max-age={15 * 60}"
        world.clock.pass_by(seconds=(ONE_DAY.lifetime - timedelta(minutes=2)).total_seconds())
        assert get(host).headers["cache-control"] in ("public, max-age=119", "public, max-age=120")

    def test_a_token_that_has_ended_is_not_handed_out(self, world, signer, host):
        signer.publish()
        world.clock.pass_by(days=1)
        response = get(host)
        assert (response.status, response.body, response.headers["cache-control"]) == (503, b"", "no-store")

    def test_who_has_it_already_is_told_so(self, world, ledger, signer, host):
        signer.publish()
        first = get(host)
        etag = first.headers["etag"]
        for header in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            again = get(host, if_none_match=header)
            assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
            assert "content-type" not in again.headers
        assert get(host, if_none_match='"other"').status == 200
        assert get(host, if_none_match=etag, accept=MediaType.CWT.value).status == 200
        change(world, ledger, Status.INVALID)
        signer.publish()
        assert get(host, if_none_match=etag).status == 200

    def test_the_list_of_lists_names_those_that_are_published(self, world, signer, host):
        assert json.loads(get(host, LISTS).body) == {"status_lists": []}
        signer.publish()
        response = get(host, LISTS, accept="application/json")
        assert json.loads(response.body) == {"status_lists": [LIST, f"{LISTS}/2"]}
        assert response.headers["content-type"] == "application/json"
        assert get(host, LISTS, if_none_match=response.headers["etag"]).status == 304

    @pytest.mark.parametrize(
        ("url", "status"),
        [
            (f"{LISTS}/3", 404),
            (f"{LISTS}/1/", 404),
            (f"{LISTS}/", 404),
            (f"{LISTS}/01", 404),
            ("https://other.example/lists/1", 404),
            ("/lists/1", 404),
            (f"{LIST}?index=17", 404),
            (f"{LIST}?time=1686925000", 501),
        ],
    )
    def test_there_is_nothing_else(self, signer, host, url, status):
        signer.publish()
        response = get(host, url)
        assert (response.status, response.body) == (status, b"")

    def test_a_list_that_was_never_published_is_not_there(self, host):
        assert get(host).status == 404

    def test_it_is_only_read(self, signer, host):
        signer.publish()
        head = get(host, method="HEAD")
        assert (head.status, head.body, head.headers) == (200, b"", get(host).headers)
        for method in ("POST", "PUT", "DELETE", "get", "OPTIONS"):
            response = get(host, method=method)
            assert (response.status, response.headers["allow"]) == (405, "GET, HEAD")

    def test_web_pages_may_read_it(self, signer, host):
        signer.publish()
        assert get(host).headers["access-control-allow-origin"] == "*"


class TestKeyElsewhere:
    def test_another_party_signs_for_the_issuer(self, world, ledger):
        office = world.registry.enrol_status_signer(
            "Status office", acts_for=[world.city.identifier], signer=SoftwareSigner.generate()
        )
        published = StatusSigner(office, ledger=ledger, clock=world.clock).publish()[0]
        trust = TrustedListClient.start(world.registry.published(), store=MemoryStore(), at=world.clock())
        signed = parse(published.jwt.encode(), MediaType.JWT).verify(uri=LIST, trust=trust, at=world.clock())
        assert signed.statuses_for(world.city.identifier, trust=trust, at=world.clock())[0] == 0
        with pytest.raises(NotAuthorisedError):
            signed.statuses_for(world.office.identifier, trust=trust, at=world.clock())


def _in_other_lists(ledger: SqlLedger) -> int:
    issued = [ledger.issued(f"{number}-{count}")[0] for number in range(4) for count in range(5)]
    return sum(1 for entry in issued if entry.uri != LIST)
