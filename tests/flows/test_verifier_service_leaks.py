# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Nothing about people, and no secret, gets from a verifier's service into logs, databases or what objects print."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.support.asgi import transport
from tests.support.verifying import BROWSER, Desk, response_code
from tests.support.world import CANARIES, MDOC, Income, Resident, World, income, resident
from vcwallet.adapters.store import SqlSessions
from vcwallet.adapters.web import verifier_app
from vcwallet.encoding import base64url
from vcwallet.verifier import ask
from vcwallet.verifier.openid4vp import AnswerRefusedError, Channel, DeclinedError, state

KINDS = [value for name, value in vars(state).items() if name.isupper()]


def everything(desk: Desk) -> set[str]:
    """Ask and answer in every way, and return each secret that was in anybody's hands."""
    secrets = {BROWSER}
    asked = (ask(Resident, "full_name", "nationality", format="dc+sd-jwt"), ask(Income, "total", format=MDOC))
    app = transport(verifier_app(desk.service))
    for channel in Channel:
        begun = desk.begin(*asked, channel=channel)
        secrets.add(begun.transaction_id)
        if channel is Channel.DC_API:
            desk.service.take(begun.transaction_id, session=BROWSER, data=desk.api_answer(begun))
            continue
        posted = desk.answered(begun)
        secrets.add(posted.url.rpartition("/")[2])
        response = app(posted)
        assert response.status == 200
        if channel is Channel.SAME_DEVICE:
            code = response_code(response)
            secrets.add(code)
            desk.service.redeem(code, session=BROWSER)
    wrong = desk.begin("full_name")
    assert app(desk.answered(wrong)).status == 200
    assert desk.decline(desk.begin("full_name")).status == 200
    return secrets


def test_nothing_of_it_is_on_the_disk_or_in_a_log(tmp_path: Path, caplog, capfd) -> None:
    with SqlSessions.open(tmp_path / "verifier.db") as sessions:
        desk = Desk(world=World(also=(MDOC,)), sessions=sessions)
        desk.world.hold(resident())
        desk.world.hold(income(), format=MDOC)
        with caplog.at_level(logging.DEBUG):
            secrets = everything(desk)
        assert len(secrets) == 7
        assert sessions.count("vp_transaction", at=desk.clock()) == 5
        stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert b"vcwallet_session" in stored
        sessions.purge(at=desk.clock.pass_by(hours=1))
        assert sum(sessions.count(kind, at=desk.clock()) for kind in KINDS) == 0
    printed = "".join(capfd.readouterr())
    hidden = {*CANARIES, *secrets}
    assert [text for text in hidden if text.encode() in stored] == []
    assert [text for text in hidden if text in caplog.text + printed] == []
    assert [text for text in CANARIES if ascii(text)[1:-1].encode() in stored] == []
    assert [
        text for text in CANARIES if len(text) > 3 and base64url.encode(text.encode())[:-2].encode() in stored
    ] == []


def test_what_is_printed_says_nothing() -> None:
    desk = Desk()
    desk.world.hold()
    begun = desk.begin("full_name", channel=Channel.SAME_DEVICE)
    posted = desk.answered(begun)
    result = desk.service.redeem(response_code(desk.service(posted)), session=BROWSER)
    shown = " ".join([repr(begun), str(begun), repr(result), repr(desk.service), repr(desk.service._context)])
    assert begun.transaction_id not in shown
    assert posted.url.rpartition("/")[2] not in shown
    assert [text for text in CANARIES if text in shown] == []


@pytest.mark.parametrize(
    "value",
    [
        state.RequestSession(jwt="CANARY", key="CANARY", transaction="CANARY"),
        state.ResponseCodeSession(transaction="CANARY"),
        state.TransactionSession(
            request="CANARY", session="CANARY", channel="x", purpose="x", state="x", until=1, verified={"x": "CANARY"}
        ),
    ],
)
def test_sessions_do_not_print_what_they_hold(value: object) -> None:
    assert "CANARY" not in f"{value} {value!r} {[value]}"


def test_the_words_of_a_wallet_are_quoted() -> None:
    assert "\n" not in str(DeclinedError("a\nb"))
    assert str(AnswerRefusedError("STATUS_REVOKED")).startswith("the answer was refused: STATUS_REVOKED")
