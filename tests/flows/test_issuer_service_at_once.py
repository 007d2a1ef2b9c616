# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Fifty of the same request at once, to services that share nothing but a database: one succeeds."""

from __future__ import annotations

import threading
from collections import Counter as Tally
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.issuance import (
    HANAKO,
    LISTS,
    RESIDENT_JWT,
    Counter,
    credentials,
    error_of,
    keys,
    members,
    not_yet,
)
from tests.support.world import Resident, resident
from vcwallet.adapters.store import SqlLedger, SqlSessions
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.issuer import Issuer
from vcwallet.issuer.openid4vci import DIGITS, OfferState

MANY = 50
PROCESSES = 4


class Branches:
    """Several services over one database, which do not know of each other, as in several processes."""

    def __init__(self, place: str) -> None:
        ledger, sessions = SqlLedger.create(place, lists=LISTS, size=1 << 16), SqlSessions.open(place)
        self.opened: list[SqlLedger | SqlSessions] = [ledger, sessions]
        self.counter = Counter(ledger=ledger, sessions=sessions)
        self.services = [self.counter.service]
        for _ in range(PROCESSES - 1):
            ledger, sessions = SqlLedger.open(place), SqlSessions.open(place)
            self.opened += [ledger, sessions]
            self.counter.issuer = Issuer(self.counter.world.city_enrolment, clock=self.counter.clock, ledger=ledger)
            self.services.append(self.counter.made(sessions=sessions))

    def close(self) -> None:
        for one in self.opened:
            one.close()

    def at_once(self, request: HttpRequest) -> list[HttpResponse]:
        """Send one request many times at once, to all services in turn."""
        ready = threading.Barrier(MANY)

        def send(number: int) -> HttpResponse:
            ready.wait()
            return self.services[number % PROCESSES](request)

        with ThreadPoolExecutor(MANY) as pool:
            return list(pool.map(send, range(MANY)))


@pytest.fixture(params=["sqlite", "postgresql"])
def branches(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Branches]:
    place = request.getfixturevalue("postgres") if request.param == "postgresql" else str(tmp_path / "service.db")
    made = Branches(place)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(params=["DPoP", "Bearer"])
def wallet(request: pytest.FixtureRequest, branches: Branches):
    return branches.counter.wallet(**({"dpop": None} if request.param == "Bearer" else {}))


def last_of(wallet, branches: Branches, step) -> HttpRequest:
    """Return the last request of a step, which is not sent."""
    sent: list[HttpRequest] = []
    real, refusal = wallet.http, HttpResponse(status=500, headers={}, body=b"{}")

    def http(request: HttpRequest) -> HttpResponse:
        sent.append(request)
        return real(request) if request.url.endswith("/nonce") else refusal

    wallet.http = http
    try:
        step()
    finally:
        wallet.http = real
    return sent[-1]


def one_success(answers: list[HttpResponse], *errors: str) -> HttpResponse:
    """Return the one answer that is no refusal; the others are refused with one of the codes."""
    good = [answer for answer in answers if answer.status < 400]
    refused = Tally(error_of(answer) for answer in answers if answer.status >= 400)
    assert len(good) == 1, refused
    # Who could not be told yet is to come back, and gets one of the others then.
    assert set(refused) <= {*errors, "temporarily_unavailable"}, refused
    return good[0]


def take(wallet, answer: HttpResponse) -> None:
    wallet.access_token = members(answer)["access_token"]


def test_a_pre_authorised_code_is_redeemed_once(branches, wallet):
    offer = branches.counter.offer()
    request = last_of(wallet, branches, lambda: wallet.redeem(offer))
    take(wallet, one_success(branches.at_once(request), "invalid_grant", "invalid_dpop_proof"))
    credentials(wallet.ask(*keys()))  # and the token of the one is good


def test_an_authorization_code_is_redeemed_once(branches, wallet):
    location = wallet.authorised()
    request = last_of(wallet, branches, lambda: wallet.exchange(location))
    take(wallet, one_success(branches.at_once(request), "invalid_grant", "invalid_dpop_proof"))
    credentials(wallet.ask(*keys()))


def test_a_nonce_is_used_once(branches, wallet):
    wallet.redeem(branches.counter.offer())
    some = keys(2)
    request = last_of(wallet, branches, lambda: wallet.ask(*some))
    answer = one_success(branches.at_once(request), "invalid_nonce", "invalid_dpop_proof")
    assert len(credentials(answer)) == 2
    assert branches.counter.statuses() == {0: 2}
    assert wallet.ask(*some).body == answer.body


def test_a_nonce_for_other_keys_each_time_is_used_once(branches, wallet):
    wallet.redeem(branches.counter.offer())
    nonce = wallet.nonce()
    requests = [last_of(wallet, branches, lambda key=key: wallet.ask(key, nonce=nonce)) for key in keys(PROCESSES * 2)]
    with ThreadPoolExecutor(len(requests)) as pool:
        answers = list(pool.map(lambda each: branches.services[each[0] % PROCESSES](each[1]), enumerate(requests)))
    good = [answer for answer in answers if answer.status == 200]
    assert len(good) == 1
    assert branches.counter.statuses() == {0: 1}
    assert {error_of(answer) for answer in answers if answer.status != 200} <= {
        "invalid_nonce",
        "credential_request_denied",
        "temporarily_unavailable",
    }


def test_a_promise_is_delivered_once(branches, wallet):
    branches.counter.files.records[HANAKO, Resident] = not_yet()
    wallet.redeem(branches.counter.offer())
    some = keys(2)
    transaction = members(wallet.ask(*some), 202)["transaction_id"]
    branches.counter.files.records[HANAKO, Resident] = resident()
    request = last_of(wallet, branches, lambda: wallet.pick_up(transaction))
    answer = one_success(branches.at_once(request), "invalid_transaction_id", "invalid_dpop_proof")
    assert len(credentials(answer)) == 2
    assert branches.counter.statuses() == {0: 2}
    assert wallet.ask(*some).body == answer.body


def test_a_refresh_token_is_used_once_with_one_proof(branches):
    wallet = branches.counter.wallet()
    wallet.redeem(branches.counter.offer())
    request = last_of(wallet, branches, wallet.refresh)
    one_success(branches.at_once(request), "invalid_dpop_proof")


def test_a_refresh_token_of_nobodys_key_is_changed_once(branches):
    branches.counter.files.records[HANAKO, Resident] = not_yet()
    wallet = branches.counter.wallet(dpop=None)
    wallet.redeem(branches.counter.offer())
    transaction = members(wallet.ask(*keys()), 202)["transaction_id"]
    request = last_of(wallet, branches, wallet.refresh)
    answers = [answer for answer in branches.at_once(request) if answer.status == 200]
    assert answers
    assert len({answer.body for answer in answers}) == 1
    take(wallet, answers[0])
    # It is used by many at once, too, of which one is the first.
    request = last_of(wallet, branches, lambda: wallet.pick_up(transaction))
    assert {answer.status for answer in branches.at_once(request)} <= {202, 503}
    assert error_of(wallet.refresh()) == "invalid_grant"


def test_what_is_taken_back_while_many_collect_is_all_taken_back(branches):
    counter = branches.counter
    wallet = counter.wallet()
    members(wallet.redeem(counter.offer()))
    credentials(wallet.ask(*keys()))
    started = threading.Barrier(MANY // 2 + 1)

    def collect(number: int) -> int:
        service = branches.services[number % PROCESSES]
        each = counter.wallet()
        each.http = service
        offer = service.offer(HANAKO, [RESIDENT_JWT], tx_code=None)
        started.wait()
        refused = each.redeem(offer)
        return (each.ask(*keys()) if refused.status == 200 else refused).status

    def take_back() -> None:
        started.wait()
        counter.service.revoke(HANAKO, reason="lost", actor="residents desk")

    with ThreadPoolExecutor(MANY // 2 + 1) as pool:
        done = pool.submit(take_back)
        statuses = set(pool.map(collect, range(MANY // 2)))
        done.result()
    assert statuses <= {200, 400, 401, 503}
    # Whoever has begun before gets nothing that lasts.
    assert set(counter.statuses()) == {1}
    assert {entry.status for entry in counter.service.issued_to(HANAKO)} == {1}


def test_one_login_gets_one_code(branches):
    wallet = branches.counter.wallet()
    browser = wallet.visit(members(wallet.push(), 201)["request_uri"])
    request = last_of(wallet, branches, lambda: browser.post(who=HANAKO))
    answers = [answer for answer in branches.at_once(request) if answer.status == 303]
    assert answers
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert members(wallet.exchange(answers[0].headers["location"]))


def test_who_guesses_at_once_has_five_tries(branches):
    offer, wallet = branches.counter.offer(tx_code=DIGITS), branches.counter.wallet()
    right = int(offer.tx_code)
    guesses = [f"{(right + number) % 1_000_000:06}" for number in range(1, MANY)]
    requests = [last_of(wallet, branches, lambda guess=guess: wallet.redeem(offer, tx_code=guess)) for guess in guesses]
    with ThreadPoolExecutor(len(requests)) as pool:
        answers = list(pool.map(lambda each: branches.services[each[0] % PROCESSES](each[1]), enumerate(requests)))
    assert {error_of(answer) for answer in answers} <= {"invalid_grant", "temporarily_unavailable"}
    assert branches.counter.service.offer_status(offer.id).state is OfferState.DEAD
    assert error_of(wallet.redeem(offer)) == "invalid_grant"


def test_fifty_wallets_at_once_get_what_is_theirs(branches):
    counter = branches.counter

    def collect(number: int) -> str:
        service = branches.services[number % PROCESSES]
        wallet = counter.wallet()
        wallet.http = service
        members(wallet.redeem(service.offer(HANAKO, [RESIDENT_JWT], tx_code=None)))
        [raw] = credentials(wallet.ask(*keys()))
        return raw

    with ThreadPoolExecutor(MANY) as pool:
        assert len(set(pool.map(collect, range(MANY)))) == MANY
    assert counter.statuses() == {0: MANY}
