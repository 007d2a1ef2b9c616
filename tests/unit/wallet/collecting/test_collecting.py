# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""From an offer to credentials in the wallet, in every way that the standard has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.issuing import CLIENT_ID, REDIRECT_URI, TX_CODE, Simulator
from tests.support.world import BOTH_FORMATS, AgeCard, Resident, World, approved
from vcwallet.encoding import json
from vcwallet.errors import ConsentRequiredError, LocalProtocolError, UntrustedError
from vcwallet.flow import run
from vcwallet.protocols.haip import HAIP_1_0
from vcwallet.protocols.openid4vci.issuer_metadata import KeyAttestationsRequired
from vcwallet.storage import Delete, Put
from vcwallet.wallet import WalletClient, WalletProvider
from vcwallet.wallet.collecting import Collection, Collector, Outcome

LOGIN = WalletClient(client_id=CLIENT_ID, redirect_uri=REDIRECT_URI)


@pytest.fixture
def world() -> World:
    return World()


def attested(world: World, **options: Any) -> WalletClient:
    provider = WalletProvider(world.registry.enrol_wallet_provider("Wallet maker"), clock=world.clock)
    world.update()
    return WalletClient(redirect_uri=REDIRECT_URI, attester=provider.attester(), **options)


def collect(collector: Collector, issuer: Simulator, link: str, **accepted: object) -> Collection:
    prompt = run(collector.read_offer(link), issuer)
    return run(collector.proceed(collector.accept(prompt, **accepted).id), issuer)  # type: ignore[arg-type]


def log_in(collector: Collector, issuer: Simulator, link: str, **accepted: object) -> Collection:
    waiting = collect(collector, issuer, link, **accepted)
    assert waiting.authorization_url is not None
    back = collector.returned(issuer.browse(waiting.authorization_url))
    return run(collector.proceed(back.id), issuer)


@BOTH_FORMATS
def test_a_pre_authorised_offer_becomes_a_card_that_can_be_shown(format: str) -> None:
    world = World(format=format)
    issuer = Simulator(world, format=format)
    done = collect(world.wallet.collector(), issuer, issuer.offer())
    assert done.outcome is Outcome.COLLECTED
    assert not done.is_open
    assert not done.failures
    [card] = world.wallet.cards()
    assert done.cards == (card.id,)
    assert card.issuer_name["en"] == "Mirai City"
    assert [event for _, event in issuer.events] == ["credential_accepted"]
    request = world.ask("full_name")
    assert world.bank.verify(world.answer(request), expected=request)[Resident].full_name == "番号　花子"


@BOTH_FORMATS
def test_a_log_in_in_the_browser_becomes_a_card(format: str) -> None:
    world = World(format=format)
    issuer = Simulator(world, format=format)
    done = log_in(world.wallet.collector(LOGIN), issuer, issuer.offer(login=True))
    assert done.outcome is Outcome.COLLECTED
    assert [card.type_ids[0] for card in world.wallet.cards()] == [world.type_id(Resident)]
    pushed = next(request for request in issuer.requests if request.url.endswith("/par"))
    assert b"issuer_state=state-of-the-issuer" in pushed.body
    assert b"scope=resident-1" in pushed.body


def test_a_wallet_asks_an_issuer_without_an_offer(world: World) -> None:
    issuer, collector = Simulator(world), world.wallet.collector(LOGIN)
    prompt = run(collector.ask_issuer(issuer.identifier, issuer.configuration_ids), issuer)
    waiting = run(collector.proceed(collector.accept(prompt).id), issuer)
    assert waiting.authorization_url is not None
    done = run(collector.proceed(collector.returned(issuer.browse(waiting.authorization_url)).id), issuer)
    assert done.outcome is Outcome.COLLECTED


def test_an_offer_by_reference_is_fetched(world: World) -> None:
    issuer = Simulator(world)
    assert collect(world.wallet.collector(), issuer, issuer.offer(by_reference=True)).outcome is Outcome.COLLECTED


def test_a_transaction_code_is_sent_to_an_issuer_for_whom_somebody_vouches(world: World) -> None:
    issuer = Simulator(world)
    assert collect(world.wallet.collector(), issuer, issuer.offer(tx_code=True), tx_code=TX_CODE).cards


def test_a_transaction_code_can_be_entered_later_and_after_a_wrong_one(world: World) -> None:
    issuer, collector = Simulator(world), world.wallet.collector()
    waiting = collect(collector, issuer, issuer.offer(tx_code=True))
    assert waiting.needs_tx_code
    assert issuer.count("token") == 0
    wrong = run(collector.proceed(collector.enter_tx_code(waiting.id, "000000").id), issuer)
    assert wrong.needs_tx_code
    assert wrong.is_open
    assert run(collector.proceed(collector.enter_tx_code(waiting.id, TX_CODE).id), issuer).cards


def test_five_wrong_transaction_codes_end_it(world: World) -> None:
    issuer, collector = Simulator(world), world.wallet.collector()
    collection = collect(collector, issuer, issuer.offer(tx_code=True))
    for _ in range(5):
        assert collection.needs_tx_code
        collection = run(collector.proceed(collector.enter_tx_code(collection.id, "000000").id), issuer)
    assert collection.outcome is Outcome.REFUSED
    assert not list(world.wallet.cards())
    with pytest.raises(LocalProtocolError):
        collector.enter_tx_code(collection.id, TX_CODE)


def test_a_batch_has_a_key_each_and_each_card_its_own(world: World) -> None:
    issuer = Simulator(world)
    done = collect(world.wallet.collector(), issuer, issuer.offer(), copies=5)
    cards = list(world.wallet.cards())
    assert len(done.cards) == len(cards) == len({card.key for card in cards}) == 5
    assert sum(issuer.issued.values()) == 1


@pytest.mark.parametrize(("batch_size", "number"), [(3, 3), (None, 1)])
def test_no_more_is_asked_for_than_the_issuer_gives_at_once(world: World, batch_size: int | None, number: int) -> None:
    issuer = Simulator(world, batch_size=batch_size)
    assert len(collect(world.wallet.collector(), issuer, issuer.offer(), copies=9).cards) == number


def test_keys_that_the_issuer_gave_nothing_for_are_forgotten(world: World) -> None:
    issuer = Simulator(world)
    issuer.mixed = lambda credentials: credentials[:2]  # type: ignore[method-assign]
    done = collect(world.wallet.collector(), issuer, issuer.offer(), copies=5)
    assert len(done.cards) == 2
    assert len(list(world.wallet_store.find("key"))) == len(list(world.wallet_store.find("holder_key"))) == 2


def test_several_credentials_of_one_offer_are_collected_with_one_token(world: World) -> None:
    issuer = Simulator(world, kinds=(Resident, AgeCard))
    done = collect(world.wallet.collector(), issuer, issuer.offer())
    assert len(done.cards) == 2
    assert issuer.count("token") == 1
    assert issuer.count("credential") == 2


def test_what_was_not_chosen_of_an_offer_is_not_asked_for(world: World) -> None:
    issuer, collector = Simulator(world, kinds=(Resident, AgeCard)), world.wallet.collector()
    prompt = run(collector.read_offer(issuer.offer()), issuer)
    chosen = prompt.credentials[1].configuration_id
    done = run(collector.proceed(collector.accept(prompt, configuration_ids=[chosen]).id), issuer)
    assert len(done.cards) == 1
    assert list(done.plan.metadata.supported) == [chosen]


WAYS: dict[str, dict[str, object]] = {
    "dpop nonces": {"wants_dpop_nonce": True},
    "no nonces for proofs": {"has_nonces": False},
    "bearer tokens": {"is_bound": False},
    "credential identifiers": {"has_identifiers": True},
    "encryption": {"is_encrypted": True},
    "no notifications": {"has_notifications": False},
    "unsigned metadata": {"is_signed": False},
    "no end of the token": {"token_lifetime": None},
}


@pytest.mark.parametrize("way", WAYS)
def test_issuers_differ(world: World, way: str) -> None:
    issuer = Simulator(world, **WAYS[way])  # type: ignore[arg-type]
    assert collect(world.wallet.collector(), issuer, issuer.offer(), copies=2).outcome is Outcome.COLLECTED
    assert len(list(world.wallet.cards())) == 2


@pytest.mark.parametrize("way", [*WAYS, "no pushing", "no issuer in the answer"])
def test_issuers_with_a_log_in_differ(world: World, way: str) -> None:
    ways = WAYS | {"no pushing": {"has_par": False}, "no issuer in the answer": {"has_iss": False}}
    issuer = Simulator(world, **ways[way])  # type: ignore[arg-type]
    assert log_in(world.wallet.collector(LOGIN), issuer, issuer.offer(login=True)).outcome is Outcome.COLLECTED


@pytest.mark.parametrize("login", [False, True])
def test_a_wallet_is_attested_where_the_issuer_wants_it(world: World, login: bool) -> None:
    issuer = Simulator(world, attests=True)
    client = attested(world)
    issuer = Simulator(world, attests=True)
    collector = world.wallet.collector(client)
    done = (log_in if login else collect)(collector, issuer, issuer.offer(login=login))
    assert done.outcome is Outcome.COLLECTED
    assert done.plan.client_id == client.name


@pytest.mark.parametrize("proof_type", ["jwt", "attestation"])
def test_keys_are_attested_where_the_issuer_wants_it(world: World, proof_type: str) -> None:
    client = attested(world)
    issuer = Simulator(world, key_attestations=KeyAttestationsRequired(), proof_types=(proof_type,))
    assert len(collect(world.wallet.collector(client), issuer, issuer.offer(), copies=4).cards) == 4
    [asked] = [request for request in issuer.requests if request.url.endswith("/credential")]
    [proofs] = json.loads_object(asked.body)["proofs"].values()
    assert len(proofs) == 1  # it speaks for all keys


@BOTH_FORMATS
def test_a_profile_is_kept_by_both_sides(format: str) -> None:
    world = World(format=format)
    client = attested(world, profile=HAIP_1_0)
    issuer = Simulator(world, format=format, attests=True, wants_dpop_nonce=True)
    assert log_in(world.wallet.collector(client), issuer, issuer.offer(login=True)).outcome is Outcome.COLLECTED


# --- deferred --------------------------------------------------------------------------------------------------------


def test_a_deferred_credential_is_picked_up_when_it_is_time(world: World) -> None:
    issuer, collector = Simulator(world, polls=1), world.wallet.collector()
    waiting = collect(collector, issuer, issuer.offer())
    assert waiting.is_open
    assert waiting.not_before is not None
    assert not waiting.cards
    assert run(collector.proceed(waiting.id), issuer) == waiting
    assert issuer.count("deferred") == 0
    world.clock.pass_by(seconds=60)
    again = run(collector.proceed(waiting.id), issuer)
    assert again.is_open
    assert issuer.count("deferred") == 1
    world.clock.pass_by(seconds=60)
    done = run(collector.proceed(waiting.id), issuer)
    assert done.outcome is Outcome.COLLECTED
    assert len(list(world.wallet.cards())) == 1
    assert done.not_before is None


def test_one_that_waits_does_not_hold_up_the_others(world: World) -> None:
    issuer, collector = Simulator(world, kinds=(Resident, AgeCard), polls=0), world.wallet.collector()
    waiting = collect(collector, issuer, issuer.offer())
    assert issuer.count("credential") == 2
    assert waiting.not_before is not None
    world.clock.pass_by(seconds=60)
    assert len(run(collector.proceed(waiting.id), issuer).cards) == 2


def test_a_token_that_ends_while_the_wallet_waits_is_refreshed(world: World) -> None:
    issuer, collector = Simulator(world, polls=0, has_refresh=True), world.wallet.collector()
    waiting = collect(collector, issuer, issuer.offer())
    world.clock.pass_by(hours=1)
    done = run(collector.proceed(waiting.id), issuer)
    assert len(done.cards) == 1
    assert issuer.count("token") == 2


# --- afterwards ------------------------------------------------------------------------------------------------------


def test_a_refresh_token_brings_the_next_batch_with_new_keys(world: World) -> None:
    issuer, collector = Simulator(world, has_refresh=True), world.wallet.collector()
    first = collect(collector, issuer, issuer.offer(), copies=2)
    assert first.outcome is Outcome.COLLECTED
    assert not first.is_open
    second = run(collector.proceed(collector.renew(first.id, copies=3).id), issuer)
    assert len(second.cards) == 3
    assert sum(issuer.issued.values()) == 2
    assert len({card.key for card in world.wallet.cards()}) == 5
    with pytest.raises(LocalProtocolError, match="NO_REFRESH_TOKEN"):
        collector.renew(first.id)  # the second has it now


def test_the_issuer_is_told_that_a_card_was_deleted(world: World) -> None:
    issuer, collector = Simulator(world, has_refresh=True), world.wallet.collector()
    collect(collector, issuer, issuer.offer())
    [card] = world.wallet.cards()
    world.wallet.delete(card)
    assert run(collector.deleted(card.id), issuer) is True
    assert [event for _, event in issuer.events] == ["credential_accepted", "credential_deleted"]
    world.clock.pass_by(hours=1)
    assert run(collector.deleted(card.id), issuer) is True  # with a fresh token
    assert run(collector.deleted("another"), issuer) is False


def test_the_issuer_is_told_when_the_last_copy_was_deleted(world: World) -> None:
    # It knows them by one name: told earlier, it could revoke those that are left.
    issuer, collector = Simulator(world, has_refresh=True), world.wallet.collector()
    done = collect(collector, issuer, issuer.offer(), copies=3)
    first, second, third = world.wallet.cards()
    world.wallet.delete(first)
    assert run(collector.deleted(first.id), issuer) is False
    world.wallet.delete(second)
    world.wallet_store.commit(Put("credential", third.id, b"damaged"))
    assert run(collector.deleted(second.id), issuer) is False  # what is damaged is there
    assert [event for _, event in issuer.events] == ["credential_accepted"]
    world.wallet_store.commit(Delete("credential", third.id))
    assert {first.id, second.id, third.id} == set(done.cards)
    assert run(collector.deleted(third.id), issuer) is True
    assert [event for _, event in issuer.events] == ["credential_accepted", "credential_deleted"]


def test_what_has_ended_can_be_forgotten(world: World) -> None:
    issuer, collector = Simulator(world, polls=0), world.wallet.collector()
    waiting = collect(collector, issuer, issuer.offer())
    with pytest.raises(LocalProtocolError):
        collector.forget(waiting.id)
    cancelled = collector.cancel(waiting.id)
    assert cancelled.outcome is Outcome.CANCELLED
    assert collector.cancel(waiting.id) == cancelled
    assert not list(world.wallet_store.find("key"))  # no key waits in vain
    collector.forget(waiting.id)
    assert not list(collector.collections(ended=True))
    assert not list(world.wallet_store.find("collecting_step"))
    with pytest.raises(LocalProtocolError, match="COLLECTION_UNKNOWN"):
        collector.collection(waiting.id)


def test_one_call_does_it_all(world: World) -> None:
    issuer = Simulator(world)
    done = world.wallet.collector(LOGIN).collect(issuer.offer(login=True), http=issuer, browser=issuer.browse)
    assert done.outcome is Outcome.COLLECTED
    assert world.wallet.collector().collect(issuer.offer(tx_code=True), http=issuer, tx_code=TX_CODE).cards


def test_a_wallet_collects_in_one_line_and_lists_what_is_open(world: World) -> None:
    issuer = Simulator(world, polls=0)
    waiting = world.wallet.collect(issuer.offer(login=True), http=issuer, client=LOGIN, browser=issuer.browse)
    assert list(world.wallet.collections()) == [waiting]
    world.clock.pass_by(seconds=60)
    done = run(world.wallet.collector().proceed(waiting.id), issuer)
    assert len(done.cards) == 1
    assert not list(world.wallet.collections())


@pytest.mark.parametrize("approve", [None, lambda _: False])
def test_nothing_is_collected_unapproved(world: World, approve: Callable[[object], bool] | None) -> None:
    issuer = Simulator(world, is_signed=approve is not None)
    with pytest.raises(ConsentRequiredError):
        world.wallet.collector().collect(issuer.offer(), http=issuer, approve=approve)
    assert issuer.count("token") == 0
    assert not list(world.wallet.collector().collections(ended=True))
    assert world.wallet.collector().collect(issuer.offer(), http=issuer, approve=lambda _: True).cards


def test_no_code_is_entered_where_nobody_vouches_for_the_issuer(world: World) -> None:
    issuer, collector = Simulator(world, is_signed=False), world.wallet.collector()
    prompt = run(collector.read_offer(issuer.offer(tx_code=True)), issuer)
    with pytest.raises(UntrustedError, match="ISSUER_NOT_VETTED"):
        collector.accept(prompt, tx_code=TX_CODE)
    with pytest.raises(UntrustedError, match="ISSUER_NOT_VETTED"):
        collector.accept(prompt)
    assert TX_CODE.encode() not in b"".join(request.body for request in issuer.requests)


def test_cards_that_were_collected_can_be_shown(world: World) -> None:
    issuer = Simulator(world)
    collect(world.wallet.collector(), issuer, issuer.offer())
    assert approved(world.wallet.match(world.ask("full_name"))).credentials
