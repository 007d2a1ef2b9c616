# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A holder sees that a credential was revoked or suspended, and nobody learns that it was looked up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.support.status import HOUR, URI, StatusWorld
from tests.support.world import MDOC, SD_JWT
from vcwallet.encoding import json
from vcwallet.errors import MalformedError, StoreCorruptError, UnsupportedError
from vcwallet.flow import HttpRequest, HttpResponse, arun
from vcwallet.formats.base import Credential
from vcwallet.status.outcome import Origin, StatusState
from vcwallet.storage import MemoryStore, Put, Record


@pytest.fixture(params=[SD_JWT, MDOC])
def city(request: pytest.FixtureRequest) -> StatusWorld:
    return StatusWorld(request.param)


@pytest.mark.parametrize(
    ("value", "state"),
    [(0, StatusState.VALID), (1, StatusState.REVOKED), (2, StatusState.SUSPENDED), (3, StatusState.OTHER)],
)
def test_the_holder_sees_the_status_and_it_is_remembered(city, value, state):
    wallet, card = city.world.wallet, city.hold(index=7)
    city.publish({7: value})
    assert wallet.status(card) is None
    found = wallet.check_status(card, http=city.host)
    assert (found.state, found.value) == (state, value)
    assert wallet.status(card) == found


def test_the_place_in_a_list_is_no_claim_that_a_person_approves(city):
    city.hold(index=7)
    world = city.world
    prompt = world.wallet.match(world.ask("full_name"))
    [credential] = prompt.credentials
    assert not any("status" in claim.name for claim in credential.claims)
    assert world.wallet.present(prompt.approve(explicitly=[claim.name for claim in credential.claims]))


def test_what_else_an_issuer_puts_into_a_status_is_shown():
    city = StatusWorld(SD_JWT)
    city.hold(status={"status_list": {"idx": 7, "uri": URI, "name": "x"}, "more": 1})
    [credential] = city.world.wallet.match(city.world.ask("full_name")).credentials
    assert [one.name for one in credential.claims if "status" in one.name] == [
        "resident.status.status_list.name",
        "resident.status.more",
    ]


def test_nobody_learns_which_credential_was_looked_up(city):
    card = city.hold(index=7)
    city.world.wallet.check_status(card, http=city.host)
    [request] = city.host.requests
    assert (request.url, dict(request.headers), request.body) == (URI, {"accept": city.media_type.value}, b"")


def test_what_is_known_is_shown_without_a_network(city):
    wallet, card = city.world.wallet, city.hold(index=7)
    city.publish({7: 2})
    known = wallet.check_status(card, http=city.host)
    city.world.clock.pass_by(hours=30)
    assert wallet.check_status(card).state is StatusState.STALE
    assert wallet.status(card) == known
    assert (known.state, known.origin) == (StatusState.SUSPENDED, Origin.NETWORK)
    assert len(city.host.requests) == 1


def test_what_was_never_looked_up_is_unknown_without_a_network(city):
    wallet, card = city.world.wallet, city.hold()
    found = wallet.check_status(card)
    assert (found.state, found.reason) == (StatusState.UNKNOWN, "NETWORK_BLOCKED")
    assert wallet.status(card) is None


def test_a_credential_without_a_status_has_none(city):
    wallet, card = city.world.wallet, city.hold(status=None)
    assert wallet.check_status(card, http=city.host).state is StatusState.NOT_APPLICABLE
    assert wallet.status(card).state is StatusState.NOT_APPLICABLE
    assert city.host.requests == []


def test_a_status_that_changes_back_is_remembered_so(city):
    wallet, card = city.world.wallet, city.hold(index=7)
    for value, state in ((2, StatusState.SUSPENDED), (0, StatusState.VALID)):
        city.publish({7: value})
        assert wallet.check_status(card, http=city.host).state is state
        city.world.clock.pass_by(hours=1)
    assert wallet.status(card).state is StatusState.VALID


def test_a_malformed_reference_is_told(city):
    card = city.hold(status={"status_list": {"idx": 1}})
    with pytest.raises(MalformedError):
        city.world.wallet.check_status(card, http=city.host)
    assert city.host.requests == []


def test_a_card_that_was_deleted_leaves_nothing_behind(city):
    wallet, card = city.world.wallet, city.hold()
    wallet.check_status(card, http=city.host)
    wallet.delete(card)
    assert wallet.status(card) is None
    wallet.check_status(card, http=city.host)
    assert wallet.status(card) is None


def test_a_format_that_is_no_longer_read_is_told(city):
    card = city.hold()
    other = replace(card, credential=Credential(format="ldp_vc", raw=card.credential.raw))
    with pytest.raises(UnsupportedError):
        city.world.wallet.check_status(other, http=city.host)


def test_lists_may_be_fetched_by_an_event_loop(city):
    card = city.hold()

    async def http(asked: HttpRequest) -> HttpResponse:
        return city.host(asked)

    assert asyncio.run(arun(city.world.wallet.checking_status(card), http)).state is StatusState.VALID


def test_the_names_of_records_do_not_tell_which_lists_are_held(city):
    """A wallet's file shows the names of its records; two wallets with one list share none of them."""
    stores = [MemoryStore(), MemoryStore()]
    for store in stores:
        wallet = city.world.new_wallet(store=store)
        wallet.check_status(city.hold(wallet=wallet), http=city.host)
    names: list[set[str]] = [{record.id for record in lists_of(store)} for store in stores]
    assert all(names)
    assert names[0].isdisjoint(names[1])


def lists_of(store: MemoryStore) -> Iterator[Record]:
    return store.find("status_list")


@pytest.mark.parametrize(
    "change",
    [
        lambda body: b"",
        lambda body: b"[]",
        lambda body: b"{}",
        lambda body: json.dumps(body | {"state": "fine"}),
        lambda body: json.dumps(body | {"checked_at": None}),
        lambda body: json.dumps(body | {"checked_at": "now"}),
        lambda body: json.dumps(body | {"issued_at": 10**18}),
        lambda body: json.dumps(body | {"origin": "elsewhere"}),
    ],
)
def test_a_damaged_record_is_told(change):
    city = StatusWorld(SD_JWT)
    wallet, card = city.world.wallet, city.hold()
    wallet.check_status(card, http=city.host)
    kept: Any = city.world.wallet_store.get("card_status", card.id)
    city.world.wallet_store.commit(Put("card_status", card.id, change(json.loads_object(kept))))
    with pytest.raises(StoreCorruptError):
        wallet.status(card)


def test_a_list_that_was_fetched_once_serves_all_cards(city):
    wallet = city.world.wallet
    for card in [city.hold(), city.hold()]:
        assert wallet.check_status(card, http=city.host).fresh_until == city.world.clock() + HOUR
    assert len(city.host.requests) == 1
