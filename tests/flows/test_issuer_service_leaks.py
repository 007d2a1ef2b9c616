# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Nothing about people, and no secret, gets into logs, databases, errors or what objects print."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.asgi import transport
from tests.support.issuance import (
    HANAKO,
    LISTS,
    REDIRECT,
    RESIDENT_JWT,
    RESIDENT_MDOC,
    Counter,
    Maker,
    credentials,
    error_of,
    keys,
    members,
    not_yet,
)
from tests.support.world import CANARIES, Resident, resident
from vcwallet.adapters.store import SqlLedger, SqlSessions
from vcwallet.adapters.web import issuer_app
from vcwallet.encoding import base64url
from vcwallet.flow import HttpRequest
from vcwallet.issuer.openid4vci import DIGITS, state
from vcwallet.issuer.openid4vci.client import Client
from vcwallet.issuer.openid4vci.context import Exchange

SUBJECT = "resident-CANARY-17"
KINDS = [value for name, value in vars(state).items() if name.isupper()]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "service.db"


def everything(wallet, counter: Counter) -> set[str]:
    """Collect in every way, and return each secret that was in anybody's hands."""
    secrets: set[str] = set()

    def remember(*texts: str) -> None:
        secrets.update(filter(None, texts))

    counter.files.records = {(SUBJECT, Resident): resident()}
    offer = counter.service.offer(SUBJECT, [RESIDENT_JWT, RESIDENT_MDOC], tx_code=DIGITS)
    assert offer.offer.pre_authorized_code is not None
    remember(offer.id, offer.offer.pre_authorized_code.pre_authorized_code, offer.reference_link[-43:])
    assert error_of(wallet.redeem(offer, tx_code="000000" if offer.tx_code != "000000" else "1")) == "invalid_grant"
    wallet.redeem(offer)
    remember(wallet.access_token, wallet.refresh_token)
    answer = wallet.ask(*keys(2))
    remember(*credentials(answer), members(answer)["notification_id"])
    wallet.notify(members(answer)["notification_id"])
    counter.files.records = {(SUBJECT, Resident): not_yet()}
    transaction = members(wallet.ask(*keys(), id=RESIDENT_MDOC), 202)["transaction_id"]
    remember(transaction)
    counter.files.records = {(SUBJECT, Resident): resident()}
    remember(*credentials(wallet.pick_up(transaction)))
    pushed = members(wallet.push(state="state-CANARY"), 201)["request_uri"]
    browser = wallet.visit(pushed)
    location = browser.say(SUBJECT)
    remember(pushed[-43:], browser.url[-43:], *browser.cookies.values())
    remember(*(part.partition("=")[2] for part in location.partition("?")[2].split("&") if part.startswith("code=")))
    wallet.exchange(location)
    remember(wallet.access_token, wallet.refresh_token)
    remember(*credentials(wallet.ask(*keys())))
    assert error_of(wallet.ask(*keys())) == "credential_request_denied"
    return secrets


def test_nothing_of_it_is_on_the_disk_or_in_a_log(place, caplog, capfd):
    with SqlLedger.create(place, lists=LISTS, size=1 << 16) as ledger, SqlSessions.open(place) as sessions:
        counter = Counter(ledger=ledger, sessions=sessions)
        wallet = Maker(counter).wallet()
        wallet.http = transport(issuer_app(counter.service))
        with caplog.at_level(logging.DEBUG):
            secrets = everything(wallet, counter)
        assert len(secrets) > 15
        stored = b"".join(path.read_bytes() for path in place.parent.iterdir())
        assert b"vcwallet_session" in stored
    printed = "".join(capfd.readouterr())
    hidden = {*CANARIES, *secrets, SUBJECT, "state-CANARY", REDIRECT}
    assert [text for text in hidden if text.encode() in stored] == []
    assert [text for text in hidden if text in caplog.text + printed] == []
    # Nor in another spelling: JSON escapes, base64url.
    assert [text for text in CANARIES if ascii(text)[1:-1].encode() in stored] == []
    assert [
        text for text in CANARIES if len(text) > 3 and base64url.encode(text.encode())[:-2].encode() in stored
    ] == []


def test_the_disk_tells_nothing_after_it_has_ended(place):
    with SqlLedger.create(place, lists=LISTS, size=1 << 16) as ledger, SqlSessions.open(place) as sessions:
        counter = Counter(ledger=ledger, sessions=sessions)
        everything(counter.wallet(client_id="https://wallet.example"), counter)
        assert sum(sessions.count(kind, at=counter.clock()) for kind in ("grant", "access_token", "answer")) > 0
        sessions.purge(at=counter.clock.pass_by(days=40))
        beginning = counter.clock() - timedelta(days=10_000)
        assert sum(sessions.count(kind, at=beginning) for kind in KINDS) == 0


def test_errors_say_nothing_about_people():
    counter = Counter()
    wallet = counter.wallet()
    wallet.redeem(counter.offer())
    for wrong in ("番号　花子", None):
        counter.files.records[HANAKO, Resident] = wrong
        with pytest.raises(TypeError, match="another type") as caught:
            wallet.ask(*keys())
        assert "花子" not in str(caught.value)
    counter.service = counter.made(login=Talkative())
    wallet.http = counter.service
    with pytest.raises(TypeError, match="log-in") as caught:
        wallet.visit(members(wallet.push(), 201)["request_uri"])
    assert "花子" not in str(caught.value)


class Talkative:
    def identify(self, request):
        return "番号　花子"


@pytest.mark.parametrize(
    "value",
    [
        state.Grant(subject="CANARY", configurations=("x",)),
        state.Redeemed(response="CANARY"),
        state.PreAuthorized(grant="CANARY", tx_code="CANARY"),
        state.Token(grant="CANARY"),
        state.Answer(response="CANARY"),
        state.Act(configuration="x", generation=0, number=0, holder="x", state="done", secret="CANARY"),
        Client(client_id="x"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_kept_does_not_show_when_it_is_printed(value):
    assert "CANARY" not in f"{value!r} {value}"


def test_an_exchange_does_not_show_its_request():
    counter = Counter()
    request = HttpRequest(method="POST", url="https://issuer.example/token", max_bytes=0, body=b"code=CANARY")
    exchange = Exchange(counter.service._context, request, counter.clock())
    assert "CANARY" not in repr(exchange)
    assert "花子" not in repr(exchange) + repr(counter.service._context)
