# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What browsers and other sites may try at the pages of a verifier, those of the examples, which people copy."""

from __future__ import annotations

import html
import importlib
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.asgi import Headers, call
from tests.support.sources import REPOSITORY
from tests.support.verifying import ORIGIN, Desk, redirect_uri
from tests.support.world import Resident, World, resident
from vcwallet.adapters.web import RateLimit, verifier_app
from vcwallet.adapters.web.rate_limit import RateLimiter
from vcwallet.flow import run
from vcwallet.japan import ResidenceRecord
from vcwallet.protocols.openid4vp.direct_post import post_answer
from vcwallet.protocols.openid4vp.request_uri import RequestReference, fetching, read_request_link
from vcwallet.verifier import ask

SCRIPT = "<script>alert(1)</script>\"'&"
OWN_PAGE = ("origin", ORIGIN)
FORM = ("content-type", "application/x-www-form-urlencoded")
WRONG_COOKIES = ["", "x", "x" * 15, "x" * 43, "\xff" * 20, "a b"]


class Bank:
    """The bank's pages of the demonstration, and a wallet whose holder has a name that is a script."""

    def __init__(self) -> None:
        desk, pages, reading = (importlib.import_module(f"web.{name}") for name in ("desk", "pages", "reading"))
        self.desk = Desk()
        world = self.desk.world
        world.hold(resident(full_name=SCRIPT))
        business = desk.Business(
            look=pages.Look(id="bank", name=("銀行", "Bank"), about=("", ""), footer=("", "")),
            headline=("申込み", "Apply"),
            purpose="loan",
            asks=(ask(Resident, "full_name"),),
            too_much=ask(Resident, "birth_date"),
            done=("完了", "Done"),
        )
        types = reading.Types(world.registry.published(), at=world.clock())
        self.pages: Any = desk.Desk(
            business,
            self.desk.service,
            origin=ORIGIN,
            types=types,
            clock=world.clock,
            wallet="https://wallet.example/start",
        )
        self.app = verifier_app(self.desk.service, pages=self.pages.routes())

    def open(
        self, path: str, *headers: tuple[str, str], method: str = "GET", body: bytes = b"", address: str = "192.0.2.1"
    ) -> tuple[int, dict[str, str], str]:
        sent: Headers = [("host", "bank.example"), *headers]
        status, found, text = call(self.app, method, path, headers=sent, body=[body], client=(address, 1))
        return status, dict(found), text.decode()

    def ask(self, **options: Any) -> tuple[int, tuple[str, str]]:
        """Press the button for the wallet on the same device, and return the status and the cookie."""
        status, headers, _ = self.open("/ask", FORM, OWN_PAGE, method="POST", body=b"way=here", **options)
        return status, ("cookie", headers.get("set-cookie", "").partition(";")[0])

    def answer(self, cookie: tuple[str, str]) -> str:
        """Let the wallet answer, and return the path that it sends the person to."""
        [link] = re.findall(r'href="(https://wallet\.example/[^"]*)"', self.open("/wait", cookie)[2])
        reference = read_request_link(html.unescape(link))
        assert isinstance(reference, RequestReference)
        request = run(fetching(reference, at=self.desk.clock()), self.desk.service)
        response = self.desk.service(post_answer(self.desk.answer_to(request), target=request.target))
        return str(redirect_uri(response)).removeprefix(ORIGIN)


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> Bank:
    monkeypatch.syspath_prepend(str(REPOSITORY / "examples"))
    return Bank()


def test_a_name_that_is_a_script_is_shown_and_not_run(bank: Bank) -> None:
    _, cookie = bank.ask()
    assert bank.open(bank.answer(cookie), cookie)[0] == 303
    status, headers, text = bank.open("/wait", cookie)
    assert status == 200
    assert html.escape(SCRIPT) in text.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
    assert SCRIPT not in text
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("cookie", WRONG_COOKIES)
def test_another_browser_is_shown_nothing_and_breaks_nothing(bank: Bank, cookie: str) -> None:
    _, own = bank.ask()
    sent = ("cookie", f"bank={cookie}")
    assert bank.open("/wait", sent)[0] == 303
    assert bank.open("/status", sent)[2] == '{"state":"expired"}'
    for path in ("/result", "/result?response_code=", "/result?response_code=" + "x" * 43):
        assert bank.open(path, sent)[0] == 403
    back = bank.answer(own)
    assert "response_code" in parse_qs(urlsplit(back).query)
    assert bank.open(back, sent)[0] == 403
    assert bank.open(back, own)[0] == 403  # it was good once, and for nobody
    assert "alert" not in bank.open("/wait", own)[2]


@pytest.mark.parametrize("origin", [[], [("origin", "null")], [("origin", "https://evil.example")]])
def test_no_other_site_acts_for_the_person(bank: Bank, origin: list[tuple[str, str]]) -> None:
    for path in ("/ask", "/forget"):
        assert bank.open(path, FORM, *origin, method="POST", body=b"way=here")[0] == 403
        assert bank.open(path)[0] == 404


def test_one_address_does_not_take_the_place_of_everybody(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundredth of what there is: as fast as it is let, for fifty minutes."""
    site = importlib.import_module("web.site")
    limit = bank.pages._limiter._limit
    bank.pages._limiter = RateLimiter(RateLimit(per_second=limit.per_second / 100, burst=limit.burst // 100))
    monkeypatch.setattr(site, "MAX_SESSIONS", site.MAX_SESSIONS // 100)
    monkeypatch.setattr(site.time, "monotonic", lambda: bank.desk.clock().timestamp())
    interval = 100 / limit.per_second
    for _ in range(int(timedelta(minutes=50).total_seconds() / interval)):
        assert bank.ask(address="203.0.113.66")[0] == 303
        bank.desk.clock.pass_by(seconds=interval)
    assert bank.ask(address="192.0.2.1")[0] == 303


# --- example 13 ------------------------------------------------------------------------------------------------------


@pytest.fixture
def agency(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The pages of example 13, over the service of a world that knows the purpose."""
    monkeypatch.syspath_prepend(str(REPOSITORY / "examples"))
    example = importlib.import_module("13_verifier_service")
    monkeypatch.setattr(example, "ask", lambda *_: ask(Resident, "full_name"))
    desk = Desk(world=World())
    begin = desk.service.begin
    monkeypatch.setattr(desk.service, "begin", lambda *asks, **options: begin(*asks, **options | {"purpose": "loan"}))
    assert ResidenceRecord in vars(example).values()
    return verifier_app(desk.service, pages=example.Agency(desk.service).pages)


@pytest.mark.parametrize("cookie", WRONG_COOKIES)
def test_the_agency_takes_no_cookie_that_it_has_not_given(agency: Any, cookie: str) -> None:
    sent = [("cookie", f"rental_session={cookie}")]
    for path, expected in (("/picture.png", 404), ("/state", 404), ("/result", 403), ("/result?response_code=x", 403)):
        assert call(agency, "GET", path, headers=sent)[0] == expected
    status, headers, _ = call(agency, "GET", "/ask/cross_device", headers=sent)
    given = dict(headers)["set-cookie"].partition(";")[0]
    assert status == 200
    assert given != f"rental_session={cookie}"
    assert call(agency, "GET", "/picture.png", headers=[("cookie", given)])[0] == 200
    assert call(agency, "GET", "/state", headers=[("cookie", given)])[2] == b'{"state":"requested","reason":null}'


def test_the_agency_is_asked_for_no_other_channel(agency: Any) -> None:
    for channel in ("dc_api", "x"):
        assert call(agency, "GET", f"/ask/{channel}")[0] == 404


def test_nothing_of_the_agency_is_stored_on_the_way(agency: Any) -> None:
    for path in ("/ask/cross_device", "/state", "/result"):
        assert ("cache-control", "no-store") in call(agency, "GET", path)[1]
