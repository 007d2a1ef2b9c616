# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A verifier's service as an ASGI application: what comes in, what goes out, what is refused before anybody looks."""

from __future__ import annotations

import logging
import socket
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.support.asgi import call, transport
from tests.support.verifying import ADDRESS, BROWSER, Desk, response_code
from tests.support.world import Resident
from tests.unit.adapters.web.test_app import over_socket
from vcwallet.adapters.web import RateLimit, serve, verifier_app
from vcwallet.adapters.web.verifier_openapi import verifier_openapi
from vcwallet.encoding import json
from vcwallet.flow import HttpRequest
from vcwallet.verifier import ask
from vcwallet.verifier.openid4vp import Channel
from vcwallet.verifier.openid4vp.settings import MAX_POSTED_BYTES

FORM = ("content-type", "application/x-www-form-urlencoded")
NOWHERE = f"{ADDRESS.removeprefix('https://bank.example')}/response/x"


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.world.hold()
    return made


@pytest.fixture
def app(desk):
    return verifier_app(desk.service)


def test_a_wallet_presents_to_the_application(desk, app):
    service, desk.service = desk.service, transport(app)
    begun = service.begin(ask(Resident, "full_name"), purpose="loan", channel=Channel.SAME_DEVICE, session=BROWSER)
    code = response_code(desk.present(begun))
    assert service.redeem(code, session=BROWSER).verified[Resident].full_name == "番号　花子"


def test_a_wallet_presents_over_a_socket():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        desk: Any = Desk(options={"address": address, "result_page": f"{address}/result"})
        desk.world.hold()
        with serve(verifier_app(desk.service), socket=listening):
            service, desk.service = desk.service, over_socket
            asked = ask(Resident, "full_name")
            begun = service.begin(asked, purpose="loan", channel=Channel.CROSS_DEVICE, session=BROWSER)
            assert desk.present(begun).status == 200
    assert service.result(begun.transaction_id, session=BROWSER).verified[Resident].full_name == "番号　花子"


def test_pages_of_other_sites_may_call_it_without_cookies(desk, app):
    path = desk.reference(desk.begin("full_name")).uri.removeprefix("https://bank.example")
    status, headers, body = call(app, "GET", path, headers=[("origin", "https://wallet.example")])
    assert (status, body.count(b".")) == (200, 2)
    given = dict(headers)
    assert given["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in given
    assert given["cache-control"] == "no-store"
    asked = [("origin", "https://wallet.example"), ("access-control-request-method", "POST")]
    assert call(app, "OPTIONS", path, headers=asked)[0] == 200


def test_a_body_has_an_end(app):
    assert call(app, "POST", NOWHERE, headers=[FORM], body=[b"x" * MAX_POSTED_BYTES])[0] == 404
    status, _, body = call(app, "POST", NOWHERE, headers=[FORM], body=[b"x" * MAX_POSTED_BYTES, b"x"])
    assert (status, body) == (413, b'{"error":"invalid_request"}')


def test_who_asks_too_often_waits(desk):
    app = verifier_app(desk.service, rate_limit=RateLimit(per_second=1, burst=2))
    statuses = [call(app, "POST", NOWHERE, headers=[FORM])[0] for _ in range(3)]
    assert statuses == [404, 404, 429]


def test_pages_of_the_verifier_stand_beside_it(desk):
    async def page(_):
        return PlainTextResponse("ours")

    app = verifier_app(desk.service, pages=[Route("/result", page), Route("/openapi.json", page)])
    assert call(app, "GET", "/result")[2] == b"ours"
    assert json.loads_object(call(app, "GET", "/openapi.json")[2]) == verifier_openapi(desk.service)


def test_its_description_names_every_endpoint(desk):
    paths = verifier_openapi(desk.service)["paths"]
    assert {path: sorted(operations) for path, operations in paths.items()} == {
        "/openid4vp/request/{secret}": ["get", "post"],
        "/openid4vp/response/{secret}": ["post"],
    }
    assert "requestBody" not in paths["/openid4vp/request/{secret}"]["get"]


def test_where_all_answers_have_one_address_it_is_described_as_one(desk) -> None:
    paths = verifier_openapi(desk.made(shares_response_uri=True))["paths"]
    assert list(paths) == ["/openid4vp/request/{secret}", "/openid4vp/response"]
    assert "parameters" not in paths["/openid4vp/response"]["post"]
    assert "parameters" in paths["/openid4vp/request/{secret}"]["get"]


def test_what_fails_is_logged_by_its_kind_alone(desk, app, caplog):
    begun = desk.begin("full_name")
    posted = desk.answered(begun)

    def broken(*_: object, **__: object):
        raise RuntimeError("番号　花子")

    desk.world.bank.verify = broken
    with caplog.at_level(logging.ERROR):
        answer = transport(app)(posted)
    assert (answer.status, answer.body) == (500, b'{"error":"server_error"}')
    assert "RuntimeError" in caplog.text
    assert "花子" not in caplog.text
    assert posted.url.rpartition("/")[2] not in caplog.text


def test_a_path_is_taken_as_it_was_sent(desk, app):
    uri = desk.reference(desk.begin("full_name")).uri
    secret = uri.rpartition("/")[2]
    for wrong in (f"%{ord(secret[0]):02x}{secret[1:]}", f"{secret}%00", f"{secret}%2f"):
        assert transport(app)(HttpRequest(method="GET", url=f"{ADDRESS}/request/{wrong}", max_bytes=1)).status == 404
