# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The ASGI application: what comes in, what goes out, what is refused before anybody looks at it."""

from __future__ import annotations

import http.client
import logging
import socket
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.support.asgi import call, transport
from tests.support.issuance import HANAKO, RESIDENT_JWT, Counter, credentials, keys, members
from tests.support.scripts import REPOSITORY
from tests.support.world import Resident
from vcwallet.adapters.web import RateLimit, issuer_app, serve
from vcwallet.adapters.web.exchange import MAX_BODY_BYTES
from vcwallet.adapters.web.openapi import openapi
from vcwallet.encoding import json
from vcwallet.flow import HttpRequest, HttpResponse

FORM = ("content-type", "application/x-www-form-urlencoded")


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def app(counter):
    return issuer_app(counter.service)


def test_a_wallet_collects_from_the_application(counter, app):
    wallet = counter.wallet()
    wallet.http = transport(app)
    members(wallet.redeem(counter.offer()))
    response = wallet.ask(*keys())
    assert credentials(response)
    assert wallet.notify(members(response)["notification_id"]).status == 204
    location = wallet.authorised()
    assert members(wallet.exchange(location))


def test_a_wallet_collects_over_a_socket():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        counter = Counter(identifier=f"http://127.0.0.1:{listening.getsockname()[1]}")
        with serve(issuer_app(counter.service), socket=listening):
            wallet = counter.wallet()
            wallet.http = over_socket
            members(wallet.redeem(counter.offer()))
            assert len(credentials(wallet.ask(*keys(3)))) == 3
            assert members(wallet.exchange(wallet.authorised()))
            assert wallet.nonce()


def over_socket(request: HttpRequest) -> HttpResponse:
    host, _, path = request.url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host)
    try:
        connection.request(request.method, f"/{path}", body=request.body, headers=dict(request.headers))
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return HttpResponse(status=answer.status, headers=headers, body=answer.read())
    finally:
        connection.close()


# --- what is refused ---


@pytest.mark.parametrize(
    "name",
    ["Authorization", "DPoP", "OAuth-Client-Attestation", "OAuth-Client-Attestation-PoP", "Content-Type", "Host"],
)
def test_a_header_that_counts_is_there_once(app, name):
    once = [(name, "x"), FORM]
    status, _, body = call(app, "POST", "/token", headers=[*once, (name, "x")])
    assert (status, body) == (400, b'{"error":"invalid_request"}')
    assert call(app, "POST", "/nonce", headers=[(name, "x"), (name.upper(), "y")])[0] == 400
    assert call(app, "POST", "/nonce", headers=[(name, "x")])[0] == 200


def test_other_headers_are_joined(counter):
    seen = []
    app = issuer_app(counter.service)
    original = counter.service._answer

    def answering(route, request):
        seen.append(request)
        return original(route, request)

    counter.service._answer = answering
    call(app, "POST", "/nonce", headers=[("Cookie", "a=1"), ("Cookie", "b=2"), ("Accept", "x"), ("Accept", "y")])
    assert seen[0].headers["cookie"] == "a=1; b=2"
    assert seen[0].headers["accept"] == "x, y"


def test_the_host_that_a_peer_names_makes_no_difference(counter, app):
    wallet = counter.wallet()
    real = transport(app)
    wallet.http = lambda request: real(
        HttpRequest(
            method=request.method,
            url=request.url,
            max_bytes=0,
            headers={**request.headers, "host": "evil.example", "x-forwarded-host": "evil.example"},
            body=request.body,
        )
    )
    members(wallet.redeem(counter.offer()))
    assert credentials(wallet.ask(*keys()))


@pytest.mark.parametrize("parts", [[b"x" * (MAX_BODY_BYTES + 1)], [b"x" * 1024] * 1025])
def test_a_body_is_bounded_while_it_is_read(app, parts):
    status, _, body = call(app, "POST", "/token", headers=[FORM], body=parts)
    assert (status, body) == (413, b'{"error":"invalid_request"}')
    assert call(app, "POST", "/token", headers=[FORM], body=[b"x" * MAX_BODY_BYTES])[0] == 400


def test_a_peer_that_goes_away_is_no_error(app):
    assert call(app, "POST", "/token", headers=[FORM], body=[b"grant_type="], disconnects=True)[0] == 400


@pytest.mark.parametrize("raw_path", ["/nonce\xff".encode("latin-1"), b"nonce", b"//nonce", b"/%6eonce"])
def test_a_path_has_one_spelling(app, raw_path):
    assert call(app, "POST", "/nonce", raw_path=raw_path)[0] in (400, 404)


def test_other_paths_and_methods_are_refused(app):
    assert call(app, "GET", "/unknown")[0] == 404
    assert call(app, "GET", "/token")[0] == 405
    assert call(app, "POST", "/offer/x")[0] == 405


def test_who_asks_too_often_is_told_when_to_come_back(counter):
    app = issuer_app(counter.service, rate_limit=RateLimit(per_second=0.001, burst=2))
    assert [call(app, "POST", "/nonce")[0] for _ in range(2)] == [200, 200]
    status, headers, body = call(app, "POST", "/nonce", body=[b"x"] * 100)
    assert (status, body) == (429, b'{"error":"temporarily_unavailable"}')
    assert 0 < int(dict(headers)["retry-after"]) <= 1000
    assert call(app, "POST", "/token")[0] == 429  # the endpoints share the bucket
    assert call(app, "POST", "/nonce", client=("192.0.2.2", 1))[0] == 200
    assert call(app, "POST", "/nonce", client=None)[0] == 200


# --- pages of other sites ---


def test_wallets_that_are_pages_may_call_what_is_for_wallets(app):
    headers = [("Origin", "https://wallet.example")]
    preflight = [
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "authorization, dpop, content-type"),
    ]
    for path in ("/token", "/credential", "/par", "/notification"):
        status, given, _ = call(app, "OPTIONS", path, headers=headers + preflight)
        assert status == 200, path
        assert dict(given)["access-control-allow-origin"] == "*"
        assert "dpop" in dict(given)["access-control-allow-headers"].lower()
        assert "access-control-allow-credentials" not in dict(given)
    _, given, _ = call(app, "POST", "/nonce", headers=headers)
    assert dict(given)["access-control-allow-origin"] == "*"
    assert "dpop-nonce" in dict(given)["access-control-expose-headers"]
    _, given, _ = call(app, "GET", "/.well-known/openid-credential-issuer", headers=headers)
    assert dict(given)["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/authorize", "/login"])
def test_no_page_may_call_what_is_for_people(app, path):
    _, given, _ = call(app, "GET", path, headers=[("Origin", "https://evil.example")])
    assert not [name for name, _ in given if name.startswith("access-control")]


# --- pages of the deployer ---


def test_the_deployers_pages_stand_beside_the_endpoints(counter):
    async def home(_):
        return PlainTextResponse("welcome")

    app = issuer_app(counter.service, pages=[Route("/", home), Route("/token", home, methods=["GET", "POST"])])
    assert call(app, "GET", "/")[2] == b"welcome"
    assert call(app, "POST", "/token")[0] == 400  # the service goes first


# --- failures ---


def test_what_fails_is_logged_by_its_kind_and_place_alone(counter, caplog):
    def broken(at: datetime):
        raise ValueError("番号　花子 has no record")

    counter.files.records[HANAKO, Resident] = broken
    wallet = counter.wallet()
    wallet.http = transport(issuer_app(counter.service))
    members(wallet.redeem(counter.offer()))
    with caplog.at_level(logging.DEBUG):
        refused = wallet.ask(*keys())
    assert (refused.status, refused.body) == (500, b'{"error":"server_error"}')
    [record] = [one for one in caplog.records if one.name == "vcwallet.web"]
    assert "ValueError at tests.unit.adapters.web.test_app:" in record.getMessage()
    assert record.exc_info is None
    assert "花子" not in caplog.text


# --- the description ---


def test_the_description_has_every_endpoint(counter, app):
    status, headers, body = call(app, "GET", "/openapi.json")
    assert (status, dict(headers)["content-type"]) == (200, "application/json")
    description = json.loads_object(body)
    assert description == openapi(counter.service)
    described = {(path, method) for path, ways in description["paths"].items() for method in ways}
    for route in counter.service.routes:
        path = route.path + ("{reference}" if route.path.endswith("/") else "")
        assert {(path, method.lower()) for method in route.methods} <= described


def test_without_the_libraries_it_is_said_what_to_install():
    script = """
import sys
sys.modules["{missing}"] = None
try:
    import vcwallet.adapters.web
except ImportError as error:
    print(error)
"""
    for missing in ("starlette", "uvicorn"):
        command = [sys.executable, "-c", script.format(missing=missing)]
        ran = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=True)
        assert "pip install 'vcwallet[web]'" in ran.stdout


def test_the_time_of_the_machine_is_the_default():
    from vcwallet import CredentialIssuerService

    counter = Counter()
    counter.clock.now = datetime.now(UTC)
    counter.update()
    made = CredentialIssuerService(
        counter.issuer,
        identifier=counter.identifier,
        display={"en": "Mirai City"},
        offered=[counter.service._context.offerings[RESIDENT_JWT]],
        records=counter.files,
        sessions=counter.sessions,
        secret=bytes(32),
    )
    offer = made.offer(HANAKO, [RESIDENT_JWT])
    assert abs((offer.expires - datetime.now(UTC)).total_seconds() - 600) < 60
