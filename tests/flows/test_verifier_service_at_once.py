# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Fifty answers at once, to services that share nothing but a database: one succeeds."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.verifying import BROWSER, Desk, response_code
from tests.support.world import Resident, World
from vcwallet.adapters.store import SqlSessions, SqlStore
from vcwallet.errors import BindingError
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.protocols.openid4vp import Response
from vcwallet.protocols.openid4vp.direct_post import post_answer
from vcwallet.verifier.openid4vp import Channel, PresentationState, VerifierService

MANY = 50
PROCESSES = 4


class Branches:
    """Several services over one database, which do not know of each other, as in several processes."""

    def __init__(self, place: str) -> None:
        stores = [SqlStore.open_unsealed(place) for _ in range(PROCESSES)]
        sessions = [SqlSessions.open(place) for _ in range(PROCESSES)]
        self.opened: list[SqlStore | SqlSessions] = [*stores, *sessions]
        self.desk = Desk(world=World(bank_store=stores[0]), sessions=sessions[0])
        self.desk.world.hold()
        self.services: list[VerifierService] = [self.desk.service]
        for store, session in zip(stores[1:], sessions[1:], strict=True):
            bank = self.desk.world.verifier(self.desk.world.bank_enrolment, store=store)
            self.services.append(self.desk.made(verifier=bank, sessions=session))

    def close(self) -> None:
        for one in self.opened:
            one.close()

    def at_once(self, *requests: HttpRequest) -> list[HttpResponse]:
        """Send requests in turn, many of them at once, to all services in turn."""
        ready = threading.Barrier(MANY)

        def send(number: int) -> HttpResponse:
            ready.wait()
            return self.services[number % PROCESSES](requests[number % len(requests)])

        with ThreadPoolExecutor(MANY) as pool:
            return list(pool.map(send, range(MANY)))


@pytest.fixture(params=["sqlite", "postgresql"])
def branches(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Branches]:
    place = request.getfixturevalue("postgres") if request.param == "postgresql" else str(tmp_path / "verifier.db")
    made = Branches(place)
    try:
        yield made
    finally:
        made.close()


def one_success(answers: list[HttpResponse]) -> HttpResponse:
    """Return the one answer that is no refusal; the others find no request, or are told to come back."""
    good = [answer for answer in answers if answer.status == 200]
    others = Counter(answer.status for answer in answers if answer.status != 200)
    assert len(good) == 1, others
    assert set(others) <= {404, 503}, others
    return good[0]


def test_of_fifty_answers_one_is_taken(branches) -> None:
    desk = branches.desk
    begun = desk.begin("full_name", channel=Channel.SAME_DEVICE)
    code = response_code(one_success(branches.at_once(desk.answered(begun))))
    assert len(desk.world.bank.receipts()) == 1
    assert desk.service.redeem(code, session=BROWSER).verified[Resident].full_name == "番号　花子"


def test_of_different_answers_one_is_taken(branches) -> None:
    """Whoever comes first, there is one outcome, and what came second changes nothing of it."""
    desk = branches.desk
    begun = desk.begin("full_name")
    request = desk.fetch(begun)
    good = desk.answer_to(request)
    wrong = Response(vp_token={"resident": ("x",)}, state=request.members.state)
    answers = branches.at_once(*(post_answer(one, target=request.target) for one in (good, wrong)))
    counts = Counter(answer.status for answer in answers)
    assert set(counts) <= {200, 400, 404, 503}
    assert counts[200] + counts[400] == 1
    expected = PresentationState.VERIFIED if counts[200] else PresentationState.FAILED
    assert desk.state(begun) is expected
    assert len(desk.world.bank.receipts()) == counts[200]


def test_a_response_code_is_redeemed_once(branches) -> None:
    desk = branches.desk
    code = response_code(desk.present(desk.begin("full_name", channel=Channel.SAME_DEVICE)))
    ready = threading.Barrier(MANY)

    def redeem(number: int) -> str:
        ready.wait()
        try:
            branches.services[number % PROCESSES].redeem(code, session=BROWSER)
        except BindingError as error:
            return error.code
        return "redeemed"

    with ThreadPoolExecutor(MANY) as pool:
        found = Counter(pool.map(redeem, range(MANY)))
    assert found == {"redeemed": 1, "RESPONSE_CODE_UNKNOWN": MANY - 1}


def test_fetching_all_the_time_does_not_keep_an_answer_out(branches) -> None:
    desk = branches.desk
    begun = desk.begin("full_name")
    posted = desk.answered(begun)
    uri = desk.reference(begun).uri
    fetch = HttpRequest(method="GET", url=uri, max_bytes=1 << 20)
    nonces = [fetching_with(uri, f"nonce-{number}") for number in range(8)]
    answers = branches.at_once(posted, fetch, *nonces)
    assert sum(answer.status == 200 and answer.body == b"{}" for answer in answers) == 1
    assert desk.state(begun) is PresentationState.VERIFIED


def fetching_with(uri: str, nonce: str) -> HttpRequest:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    body = f"wallet_nonce={nonce}".encode()
    return HttpRequest(method="POST", url=uri, max_bytes=1 << 20, headers=headers, body=body)
