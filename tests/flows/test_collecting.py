# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Our wallet at the counter of our issuer's service: from the offer to the verifier, in every way that both have."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.issuance import AGE_JWT, HANAKO, RESIDENT_JWT, RESIDENT_MDOC, Browser, Counter
from tests.support.issuing import Line, changed_json
from tests.support.world import DAYS_90, MDOC, SD_JWT, AgeCard, Resident, resident
from vcwallet.errors import TransportError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.issuer.openid4vci import GrantType, NotYet, Offering
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.haip import HAIP_1_0
from vcwallet.protocols.oauth.client_attestation import HEADER
from vcwallet.protocols.openid4vci.encryption import MessageKey
from vcwallet.protocols.openid4vci.issuer_metadata import KeyAttestationsRequired
from vcwallet.protocols.openid4vci.offer import HAIP_SCHEME
from vcwallet.wallet import Wallet, WalletClient, WalletProvider
from vcwallet.wallet.collecting import Collection, Outcome

REDIRECT_URI = "https://wallet.example/back"
CLIENT = WalletClient(client_id="https://wallet.example", redirect_uri=REDIRECT_URI)


def wallet_of(counter: Counter) -> Wallet:
    """Return a new wallet that reads both formats."""
    counter.world.also = (MDOC,)
    return counter.world.new_wallet()


def attested(counter: Counter, **options: Any) -> WalletClient:
    provider = WalletProvider(counter.provider_enrolment, clock=counter.clock)
    return WalletClient(redirect_uri=REDIRECT_URI, attester=provider.attester(), **options)


def browser_of(counter: Counter) -> Any:
    """Return a browser in which a person says who they are."""

    def browse(url: str) -> str:
        browser = Browser(counter.wallet())
        browser.go(url)
        return str(browser.say(HANAKO))

    return browse


@pytest.mark.parametrize("id", [RESIDENT_JWT, RESIDENT_MDOC])
@pytest.mark.parametrize("by_reference", [False, True])
def test_an_offer_becomes_cards(id: str, by_reference: bool) -> None:
    counter = Counter()
    wallet, offer = wallet_of(counter), counter.offer(id)
    link = offer.reference_link if by_reference else offer.link
    done = wallet.collector().collect(link, http=counter.service, copies=3)
    assert done.outcome is Outcome.COLLECTED
    assert [card.issuer for card in wallet.cards()] == [counter.world.city_enrolment.identifier] * 3
    assert counter.issued() == 3


def test_a_transaction_code_is_entered() -> None:
    counter = Counter()
    offer = counter.service.offer(HANAKO, [RESIDENT_JWT])
    assert offer.tx_code is not None
    wallet = wallet_of(counter)
    collector = wallet.collector()
    prompt = run(collector.read_offer(offer.link), counter.service)
    begun = collector.accept(prompt)
    wrong = "000000" if offer.tx_code != "000000" else "000001"
    waiting = run(collector.proceed(collector.enter_tx_code(begun.id, wrong).id), counter.service)
    assert waiting.needs_tx_code
    done = run(collector.proceed(collector.enter_tx_code(begun.id, offer.tx_code).id), counter.service)
    assert done.outcome is Outcome.COLLECTED


def test_a_person_logs_in() -> None:
    counter = Counter()
    wallet = wallet_of(counter)
    offer = counter.offer(RESIDENT_JWT, RESIDENT_MDOC, grant=GrantType.AUTHORIZATION_CODE)
    done = wallet.collector(CLIENT).collect(offer.link, http=counter.service, browser=browser_of(counter), copies=2)
    assert done.outcome is Outcome.COLLECTED
    assert sorted(card.credential.format for card in wallet.cards()) == [SD_JWT] * 2 + [MDOC] * 2


def test_both_keep_to_the_high_assurance_profile() -> None:
    counter = Counter(options={"profile": HAIP_1_0})
    client = attested(counter, profile=HAIP_1_0)
    offer = counter.offer(RESIDENT_JWT, grant=GrantType.AUTHORIZATION_CODE, scheme=HAIP_SCHEME)
    wallet = wallet_of(counter)
    done = wallet.collector(client).collect(offer.link, http=counter.service, browser=browser_of(counter), copies=4)
    assert done.outcome is Outcome.COLLECTED
    assert len(done.cards) == 4


@pytest.mark.parametrize("proof_type", ["jwt", "attestation"])
def test_keys_are_attested(proof_type: str) -> None:
    offering = Offering(
        type=Resident,
        format=SdJwtVc,
        valid_for=DAYS_90,
        proof_types=(proof_type,),
        key_attestation=KeyAttestationsRequired(),
    )
    counter = Counter(offered=[offering])
    wallet = wallet_of(counter)
    done = wallet.collector(attested(counter)).collect(counter.offer().link, http=counter.service, copies=3)
    assert len(done.cards) == 3


def test_messages_are_encrypted_and_nonces_given() -> None:
    key = MessageKey(kid="2026-11", agreement=SoftwareKeyAgreement.generate())
    options = {"encryption": (key,), "encryption_required": True, "dpop_nonce_required": True}
    counter = Counter(options=options)
    bodies = list[bytes]()

    def watched(request: HttpRequest) -> HttpResponse:
        response = counter.service(request)
        bodies.append(response.body)
        return response

    done = wallet_of(counter).collector().collect(counter.offer().link, http=watched, copies=2)
    assert len(done.cards) == 2
    assert not any(b"credentials" in body for body in bodies[2:])


def test_what_is_not_ready_is_picked_up_later() -> None:
    counter = Counter()
    ready = counter.clock() + timedelta(hours=1)
    interval = NotYet(interval=timedelta(minutes=30))
    counter.files.records[HANAKO, Resident] = lambda at: resident() if at >= ready else interval
    wallet = wallet_of(counter)
    collector = wallet.collector()
    waiting = collector.collect(counter.offer(RESIDENT_JWT, AGE_JWT).link, http=counter.service)
    assert len(waiting.cards) == 1  # the other one waits for nobody
    for _ in range(3):
        if waiting.not_before is None:
            break
        counter.clock.now = max(counter.clock.now, waiting.not_before)
        waiting = run(collector.proceed(waiting.id), counter.service)
    assert waiting.outcome is Outcome.COLLECTED
    assert len(list(wallet.cards())) == 2


def test_what_the_issuer_does_not_have_of_this_person_is_refused() -> None:
    counter = Counter()
    counter.files.records.clear()
    done = wallet_of(counter).collector().collect(counter.offer().link, http=counter.service)
    assert (done.outcome, done.failures) == (Outcome.REFUSED, {RESIDENT_JWT: "credential_request_denied"})


def test_a_wallet_collects_again_with_its_refresh_token() -> None:
    counter = Counter()
    wallet = wallet_of(counter)
    collector = wallet.collector(CLIENT)
    offer = counter.offer(grant=GrantType.AUTHORIZATION_CODE)
    first = collector.collect(offer.link, http=counter.service, browser=browser_of(counter))
    assert first.outcome is Outcome.COLLECTED
    counter.clock.pass_by(hours=2)
    second = run(collector.proceed(collector.renew(first.id, copies=2).id), counter.service)
    assert len(second.cards) == 2
    assert len(list(wallet.cards())) == 3
    told = []
    for card in [card for card in wallet.cards() if card.id in second.cards]:
        wallet.delete(card)
        told.append(run(collector.deleted(card.id), counter.service))
    assert told == [False, True]  # with the last copy


# --- a bad line ------------------------------------------------------------------------------------------------------


def through(counter: Counter, line: Line, *, login: bool, polls: bool) -> tuple[Wallet, Collection]:
    """Return the end of a collection over a bad line, with a wallet whose process is another one after each failure."""
    if polls:
        ready = counter.clock() + timedelta(minutes=1)
        interval = NotYet(interval=timedelta(minutes=1))
        counter.files.records[HANAKO, Resident] = lambda at: resident() if at >= ready else interval
    grant = GrantType.AUTHORIZATION_CODE if login else GrantType.PRE_AUTHORIZED_CODE
    wallet = wallet_of(counter)
    collector = wallet.collector(CLIENT)
    prompt = run(collector.read_offer(counter.offer(grant=grant).link), counter.service)
    collection = collector.accept(prompt, copies=2)
    browse = browser_of(counter)
    for _ in range(40):
        collector = wallet.collector(CLIENT)
        try:
            if collection.authorization_url is not None:
                collector.returned(browse(collection.authorization_url))
            collection = run(collector.proceed(collection.id), line)
        except TransportError:
            collection = collector.collection(collection.id)
        if not collection.is_open:
            return wallet, collection
        if collection.not_before is not None:
            counter.clock.now = max(counter.clock.now, collection.not_before)
    raise AssertionError("it comes to no end")


@pytest.mark.parametrize("login", [False, True])
@pytest.mark.parametrize("polls", [False, True])
def test_any_answer_may_be_lost_and_there_is_one_act(login: bool, polls: bool) -> None:
    counter = Counter()
    requests = 0

    def counted(request: HttpRequest) -> HttpResponse:
        nonlocal requests
        requests += 1
        return counter.service(request)

    through(counter, Line(counted), login=login, polls=polls)
    assert requests >= 4
    for lost in range(requests):
        before = counter.issued()
        wallet, done = through(
            counter, Line(counter.service, lose=["ok"] * lost + ["answer"]), login=login, polls=polls
        )
        assert done.outcome is Outcome.COLLECTED
        assert len(done.cards) == len(list(wallet.cards())) == 2
        assert counter.issued() == before + 2


def test_every_first_answer_may_be_lost() -> None:
    counter = Counter()
    line = Line(counter.service, lose_first=True)
    _, done = through(counter, line, login=True, polls=True)
    assert done.outcome is Outcome.COLLECTED
    assert counter.issued() == 2


def unbound(service: Any) -> Any:
    """Return a service that announces no DPoP, so that wallets use bearer tokens."""

    def http(request: HttpRequest) -> HttpResponse:
        response = service(request)
        if "oauth-authorization-server" not in request.url:
            return response
        return changed_json(dpop_signing_alg_values_supported=None)(request, response)

    return http


def test_a_deferred_credential_is_picked_up_with_bearer_tokens_days_later_whatever_is_lost() -> None:
    counter = Counter()
    counter.files.records[HANAKO, Resident] = NotYet(interval=timedelta(days=2))
    line = Line(unbound(counter.service))
    wallet = wallet_of(counter)
    collector = wallet.collector()
    waiting = collector.collect(counter.offer(RESIDENT_JWT).link, http=line, copies=2)
    counter.clock.pass_by(days=2)
    counter.update()
    # Not there yet; what is lost on the way is the answer with the fresh token, and then that of the issuer.
    for lose in (["answer"], ["ok", "answer"], []):
        line.lose = lose
        with suppress(TransportError):
            waiting = run(collector.proceed(waiting.id), line)
    assert waiting.is_open
    counter.clock.pass_by(days=2)
    counter.update()
    counter.files.records[HANAKO, Resident] = resident()
    line.lose = ["answer"]
    with pytest.raises(TransportError):
        run(collector.proceed(waiting.id), line)
    line.lose = ["ok", "answer"]
    with pytest.raises(TransportError):
        run(collector.proceed(waiting.id), line)
    done = run(collector.proceed(waiting.id), line)
    assert done.outcome is Outcome.COLLECTED
    assert len(done.cards) == 2
    assert counter.issued() == 2


def test_nothing_more_comes_by_bearer_tokens() -> None:
    counter = Counter()
    http, collector = unbound(counter.service), wallet_of(counter).collector()
    done = collector.collect(counter.offer(RESIDENT_JWT).link, http=http)
    more = run(collector.proceed(collector.renew(done.id).id), http)
    assert (more.outcome, counter.issued()) == (Outcome.EXPIRED, 1)


def test_an_attestation_that_has_ended_is_replaced() -> None:
    counter = Counter(options={"profile": replace(HAIP_1_0, grants=tuple(GrantType))})
    client = attested(counter, profile=replace(HAIP_1_0, grants=tuple(GrantType)))
    wallet = wallet_of(counter)
    collector = wallet.collector(client)
    attestations = list[str]()

    def watched(request: HttpRequest) -> HttpResponse:
        attestations.extend(value for name, value in request.headers.items() if name == HEADER)
        return counter.service(request)

    offer = counter.offer(grant=GrantType.AUTHORIZATION_CODE)
    first = collector.collect(offer.link, http=watched, browser=browser_of(counter))
    assert first.outcome is Outcome.COLLECTED
    counter.clock.pass_by(days=2)
    counter.update()
    second = run(collector.proceed(collector.renew(first.id).id), watched)
    assert len(second.cards) == 1
    assert len(set(attestations)) >= 2


def test_the_types_of_the_offer_are_those_that_are_shown() -> None:
    counter = Counter()
    wallet = wallet_of(counter)
    prompt = run(wallet.collector().read_offer(counter.offer(RESIDENT_JWT, AGE_JWT).link), counter.service)
    assert [one.type_id for one in prompt.credentials] == [Resident.vct, AgeCard.vct]
    assert (prompt.issuer, prompt.is_vetted) == ("Mirai City", True)
