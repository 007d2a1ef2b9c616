# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Attacks on status: by who controls the network, the publisher's host, another signer, or the credential's issuer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.support.status import (
    EVERY_LIST,
    HOUR,
    NOW,
    STRANGER,
    URI,
    Host,
    OneSigner,
    StatusWorld,
    by_hand,
    claims_of,
    signed,
    token,
)
from tests.support.world import MDOC, SD_JWT, Resident, World
from vcwallet.errors import LimitExceededError, MalformedError, SignatureInvalidError, StatusError
from vcwallet.flow import HttpResponse
from vcwallet.jose import jwt
from vcwallet.status import bitstring_status_list
from vcwallet.status.aggregation import read_aggregation
from vcwallet.status.held_lists import ListKey
from vcwallet.status.outcome import Origin, StatusState
from vcwallet.status.token_status_list import MediaType, parse
from vcwallet.trust.published import PublishedTrust
from vcwallet.verifier.bundle import OfflineBundle

REVOKED = 7


@pytest.fixture(params=[SD_JWT, MDOC])
def city(request: pytest.FixtureRequest) -> StatusWorld:
    """A city that has revoked the credential that the wallet shows."""
    made = StatusWorld(request.param)
    made.hold(index=REVOKED)
    made.publish({REVOKED: 1})
    return made


def code_of(city: StatusWorld) -> str:
    with pytest.raises(StatusError) as caught:
        city.present()()
    return caught.value.code


def answer(city: StatusWorld, body: bytes, media_type: MediaType | None = None) -> None:
    content_type = (media_type or city.media_type).value
    city.host.answers[URI] = HttpResponse(status=200, headers={"content-type": content_type}, body=body)


def test_without_an_attack_it_is_refused_as_revoked(city):
    assert code_of(city) == "STATUS_REVOKED"


def test_whoever_holds_back_the_list_makes_it_unknown_and_not_valid(city):
    city.host.is_down = True
    assert code_of(city) == "STATUS_UNKNOWN"


def test_a_copy_from_before_the_revocation_is_good_until_its_end_and_no_longer(city):
    """A network that replays: why lists have an end, and why it is not lengthened by any skew or policy."""
    world = city.world
    city.publish()
    before = city.host.token(URI, city.media_type)
    world.clock.pass_by(hours=47, minutes=59)
    answer(city, before)
    assert city.present()().evidence(Resident)[0].status_result.state is StatusState.VALID
    world.clock.pass_by(minutes=1)
    assert code_of(city) == "STATUS_STALE"


def test_a_copy_from_before_the_revocation_is_refused_by_whoever_knows_the_newer(city):
    world = city.world
    old = replace(city.host.lists[URI], issued_at=world.clock() - HOUR, statuses=token().statuses)
    assert code_of(city) == "STATUS_REVOKED"
    world.clock.pass_by(hours=1)
    signer = city.host.signer
    assert signer is not None
    answer(city, signed(old, city.media_type, signer=signer.signer, chain=signer.chain))
    assert code_of(city) == "STATUS_REVOKED"


FORGERIES: dict[str, Callable[[StatusWorld], tuple[Any, Any]]] = {
    "the issuer's credential key": lambda city: (city.world.city_enrolment.signer, city.world.city_enrolment.chain),
    "a verifier": lambda city: (city.world.shop_enrolment.signer, city.world.shop_enrolment.chain),
    "the true chain and another key": lambda city: (city.world.shop_enrolment.signer, of(city.host)[1]),
    "another registry": lambda city: of(StatusWorld(city.format).host),
    "a signer of somebody else": lambda city: of_somebody_else(city.world),
}


def of(host: Host) -> tuple[Any, Any]:
    assert host.signer is not None
    return host.signer.signer, host.signer.chain


def of_somebody_else(world: World) -> tuple[Any, Any]:
    enrolment = world.registry.enrol_status_signer("Tax office", code="office")
    world.update()
    return enrolment.signer, enrolment.chain


@pytest.mark.parametrize("forger", FORGERIES)
def test_nobody_else_can_say_that_it_is_valid(city, forger):
    signer, chain = FORGERIES[forger](city)
    clean = replace(city.host.lists[URI], statuses=token().statuses)
    answer(city, signed(clean, city.media_type, signer=signer, chain=chain))
    assert code_of(city) == "STATUS_UNKNOWN"


def test_the_list_of_another_address_says_nothing(city):
    """Every place of it is valid, and its signature is by the right key."""
    other = "https://city.example/lists/clean"
    city.publish(uri=other)
    answer(city, city.host.token(other, city.media_type))
    assert code_of(city) == "STATUS_UNKNOWN"


def test_another_kind_of_token_of_the_same_signer_says_nothing(city):
    signer = city.host.signer
    assert signer is not None
    clean = claims_of(replace(city.host.lists[URI], statuses=token().statuses), city.media_type)
    kind = "JWT" if city.media_type is MediaType.JWT else "application/cwt"
    answer(city, by_hand(clean, city.media_type, typ=kind, signer=signer.signer, chain=signer.chain))
    assert code_of(city) == "STATUS_UNKNOWN"


def test_a_list_that_is_cut_short_of_the_place_says_nothing(city):
    city.publish(size=REVOKED - 3)
    assert code_of(city) == "STATUS_UNKNOWN"


@pytest.mark.parametrize(
    "uri",
    [
        "http://city.example/lists/1",
        "https://user:secret@city.example/lists/1",
        "file:///etc/passwd",
        "gopher://localhost:70/",
        "https://city.example/lists/1#place",
        "",
    ],
)
def test_an_issuer_cannot_make_a_verifier_fetch_what_is_no_list(uri):
    city = StatusWorld(SD_JWT)
    city.hold(status={"status_list": {"idx": 1, "uri": uri}})
    with pytest.raises(MalformedError):
        city.present()()
    assert city.host.requests == []


def test_an_empty_status_is_a_status():
    """An issuer's ``{}`` is not the same as none: something was meant, and is not understood."""
    city = StatusWorld(SD_JWT)
    city.hold(status={})
    assert code_of(city) == "STATUS_UNKNOWN"


def test_a_suspension_is_not_lifted_by_waiting_until_the_list_is_stale(city):
    city.publish({REVOKED: 2})
    assert code_of(city) == "STATUS_SUSPENDED"
    city.host.is_down = True
    city.world.clock.pass_by(hours=1)
    assert code_of(city) == "STATUS_STALE"


def test_a_cwt_from_before_the_revocation_says_nothing_to_whoever_has_the_jwt_of_afterwards():
    """A network that holds back the newer lists of one form only."""
    city = StatusWorld(MDOC)
    city.hold(index=REVOKED)
    host, before = city.host, city.host.token(URI, MediaType.CWT)
    assert city.present()().evidence(Resident)[0].status_result.state is StatusState.VALID
    city.world.clock.pass_by(minutes=5)
    city.publish({REVOKED: 1})
    at = city.world.clock()
    city.world.bank._statuses.lists.keep(
        ListKey(uri=URI, media_type=MediaType.JWT),
        host.token(URI, MediaType.JWT),
        fetched_at=at,
        origin=Origin.NETWORK,
        at=at,
    )
    for minutes in (0, 70):
        city.world.clock.pass_by(minutes=minutes)
        answer(city, before)
        assert code_of(city) == "STATUS_REVOKED"


class TestManyValues:
    """Of a few bytes each, which would take a hundred times that as objects, before any signature is looked at."""

    MANY = 1_100_000

    @pytest.mark.parametrize("media_type", MediaType)
    @pytest.mark.parametrize(("number", "expected"), [(900, SignatureInvalidError), (1_000, LimitExceededError)])
    def test_in_a_token(self, media_type, number, expected):
        claims = claims_of(token(), media_type) | {"x": [0] * number}
        data = by_hand(claims, media_type, signer=STRANGER)
        with pytest.raises(expected):
            parse(data, media_type).verify(uri=URI, trust=OneSigner(), at=NOW)

    def test_in_a_bitstring_list(self):
        claims = {"issuer": "https://city.example", "x": [[]] * 1_000}
        data = jwt.sign(claims, typ="vc+jwt", signer=STRANGER, header={}).encode()
        with pytest.raises(LimitExceededError):
            bitstring_status_list.parse(data)

    @pytest.mark.parametrize("value", [b"0", b"[]", b'{"a":1}'])
    def test_in_a_list_of_lists(self, value):
        with pytest.raises(LimitExceededError):
            read_aggregation(b'{"status_lists":[' + b",".join([value] * 100_000) + b"]}")

    @pytest.mark.parametrize("value", [b"0", b"[]"])
    def test_in_a_bundle(self, value):
        with pytest.raises(LimitExceededError) as caught:
            OfflineBundle.from_json(b'{"trust":"","status_lists":[' + b",".join([value] * self.MANY) + b"]}")
        assert "values" in str(caught.value)

    def test_in_what_a_registry_publishes(self):
        with pytest.raises(LimitExceededError) as caught:
            PublishedTrust.from_json(b'{"anchor":"","x":[' + b",".join([b"0"] * self.MANY) + b"]}")
        assert "values" in str(caught.value)


class TestTwoSigners:
    """A city that has changed from its own status signer to a provider's, which says that the credential is revoked."""

    @pytest.fixture
    def before(self, city: StatusWorld) -> bytes:
        """A bundle from before the change, in which nothing is revoked."""
        city.publish()
        city.world.bank.prepare_offline()
        return city.world.bank.export_bundle()

    @pytest.fixture
    def bundle(self, city: StatusWorld, before: bytes) -> bytes:
        """One from afterwards, in which both lists are."""
        world = city.world
        world.clock.pass_by(minutes=30)
        city.host.signer = world.registry.enrol_status_signer(
            "Provider", code="provider", acts_for=[world.city.identifier], supply_points=[EVERY_LIST]
        )
        world.update()
        city.publish({REVOKED: 1}, expires=world.clock() + 2 * HOUR)
        world.bank.prepare_offline()
        return world.bank.export_bundle()

    @pytest.fixture
    def till(self, city: StatusWorld, bundle: bytes) -> Callable[[], str]:
        """A verifier that has that bundle, and no network; what it makes of the credential."""
        city.world.http = None
        verifier = city.world.bank = city.world.verifier(city.world.bank_enrolment)
        assert len(OfflineBundle.from_json(bundle).lists) == 2
        verifier.import_bundle(bundle)
        return lambda: code_of(city)

    def test_the_newer_of_two_lists_in_one_bundle_counts(self, till):
        assert till() == "STATUS_REVOKED"

    def test_an_older_bundle_takes_nothing_back(self, city, till, before):
        city.world.bank.import_bundle(before)
        assert till() == "STATUS_REVOKED"

    def test_the_older_list_does_not_speak_after_the_end_of_the_newer(self, city, till):
        assert till() == "STATUS_REVOKED"
        city.world.clock.pass_by(hours=3)
        assert till() == "STATUS_STALE"

    def test_the_older_list_served_again_takes_nothing_back(self, city, before):
        old = OfflineBundle.from_json(before).lists[0].token
        city.world.clock.pass_by(hours=2)
        provider = city.world.registry.enrol_status_signer(
            "Provider", code="provider", acts_for=[city.world.city.identifier]
        )
        city.world.update()
        city.host.signer = provider
        city.publish({REVOKED: 1})
        assert code_of(city) == "STATUS_REVOKED"
        city.world.clock.pass_by(hours=2)
        answer(city, old)
        assert code_of(city) == "STATUS_REVOKED"
