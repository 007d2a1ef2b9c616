# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The wallet's pages of `make web`, asked by pages of others, by old cookies, and by requests that mean harm."""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from examples.scripted_browser import Page, _read
from tests.support.hostile_verifier import HostileVerifier, query_of, redirecting
from tests.support.openid4vp import HOST, OTHER_HOST
from tests.support.sources import REPOSITORY
from tests.support.world import CANARIES, LOAN, World, resident
from vcwallet import WalletClient
from vcwallet.adapters import qr
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.history import check_export
from vcwallet.protocols.oauth import form
from vcwallet.protocols.openid4vp.error_response import ErrorResponse
from vcwallet.protocols.openid4vp.request import Request
from vcwallet.protocols.openid4vp.request_uri import value_link
from vcwallet.protocols.openid4vp.response import Response
from vcwallet.protocols.openid4vp.response_mode import ResponseMode
from vcwallet.protocols.openid4vp.transaction_data import transaction_text

WALLET = "http://localhost:8012"
PASSPHRASE = "correct horse battery staple"


@dataclass
class Browser:
    """A browser of somebody."""

    site: Any
    cookies: dict[str, str] = field(default_factory=dict)

    def go(self, method: str, path: str, body: bytes = b"", **headers: str) -> HttpResponse:
        """Send one request as it is, with nothing but the cookies."""
        sent = {"host": urlsplit(WALLET).netloc, "accept-language": "en", **headers}
        sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        asked = HttpRequest(method=method, url=WALLET + path, max_bytes=0, headers=sent, body=body)
        response: HttpResponse = self.site(asked)
        name, _, value = response.headers.get("set-cookie", "").partition(";")[0].partition("=")
        if name:
            self.cookies[name] = value
        return response

    def page(self, response: HttpResponse) -> Page:
        """Follow redirects, and return the page."""
        while response.status == 303:
            response = self.go("GET", response.headers["location"])
        return _read(WALLET, response.status, response.body.decode())

    def open(self, path: str) -> Page:
        return self.page(self.go("GET", path))

    def post(self, path: str, fields: dict[str, str], **headers: str) -> HttpResponse:
        return self.go("POST", path, form.form_body(fields), origin=WALLET, **headers)

    def press(self, page: Page, button: str, **fields: str) -> Page:
        """Press a button of a form that was filled in."""
        shown = next(one for one in page.forms if button in one.buttons)
        name, value = shown.buttons[button]
        return self.page(self.post(shown.action, {**shown.fields, **fields, **({name: value} if name else {})}))

    def unlock(self) -> Page:
        return self.page(self.post("/open", {"passphrase": PASSPHRASE}))


@dataclass
class Stage:
    """A wallet's pages, a bank, and a browser in which the wallet is open."""

    world: World
    bank: HostileVerifier
    site: Any
    browser: Browser

    @property
    def wallet(self) -> Any:
        return self.site._opened

    def hold(self, *records: Any) -> list[Any]:
        return [self.wallet.receive(self.world.issue(one, wallet=self.wallet)) for one in records]

    def shown(self, request: Request) -> Page:
        """Paste the link of a request, and return the page that it leads to."""
        return self.browser.page(self.browser.post("/read", {"link": self.bank.publish(request)}))


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.syspath_prepend(REPOSITORY / "examples")
    world = World(bank_dns_names=(HOST, OTHER_HOST))
    bank = HostileVerifier(world)
    site = importlib.import_module("web.wallet").WalletSite(
        origin=WALLET,
        path=tmp_path / "wallet.db",
        trust=world.registry.published(),
        client=WalletClient(redirect_uri=f"{WALLET}/returned"),
        http=bank,
        clock=world.clock,
    )
    browser = Browser(site)
    browser.unlock()
    yield Stage(world, bank, site, browser)
    site.close()
    for name in [name for name in sys.modules if name == "web" or name.startswith("web.")]:
        del sys.modules[name]


# --- others -----------------------------------------------------------------------------------------------------------


def test_a_page_of_somebody_else_posts_nothing(stage: Stage) -> None:
    [card] = stage.hold(resident())
    request = stage.bank.ask(query_of(stage.world, "full_name"))
    name = stage.shown(request).forms[0].fields["id"]
    posts = {path: {"id": card.id, "sure": "1"} for method, path in stage.site._pages if method == "POST"}
    posts["/ask"] = {"id": name, "agree": "1"}
    posts["/open"] = {"passphrase": PASSPHRASE}
    assert len(posts) == 10
    for path, fields in posts.items():
        for headers in ({}, {"origin": "null"}, {"origin": "http://127.0.0.1:8014"}, {"origin": f"{WALLET}.evil"}):
            assert stage.browser.go("POST", path, form.form_body(fields), **headers).status == 403, path
    assert stage.bank.answers == []
    assert len(list(stage.wallet.cards())) == 1


def test_a_get_changes_nothing_that_is_kept(stage: Stage) -> None:
    [card] = stage.hold(resident())
    stage.shown(stage.bank.ask(query_of(stage.world, "full_name")))
    before = stage.wallet.export_history()
    for method, path in stage.site._pages:
        if method == "GET" and path not in ("/returned", "/collection", "/collection/state"):  # there is no collection
            for query in ("", f"?id={card.id}&sure=1&agree=1&accept=1&n=1&passphrase={PASSPHRASE}"):
                stage.browser.go("GET", path + query.replace(" ", "%20"))
    assert stage.wallet.export_history() == before
    assert stage.bank.answers == []


def test_a_name_that_somebody_else_has_pointed_here_is_not_answered(stage: Stage) -> None:
    assert stage.browser.go("GET", "/").status == 200
    for host in ("127.0.0.1:8012", "wallet.example:8012", "localhost", "localhost:8013"):
        assert stage.browser.go("GET", "/", host=host).status == 421


def test_no_page_is_framed_or_kept_or_runs_what_others_wrote(stage: Stage) -> None:
    [card] = stage.hold(resident())
    stage.shown(stage.bank.ask(query_of(stage.world, "full_name")))
    for path in ("/", f"/card?id={card.id}", "/scan", "/history", "/ask?id=none"):
        headers = stage.browser.go("GET", path).headers
        policy = headers["content-security-policy"]
        for rule in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
            assert rule in policy
        assert "unsafe" not in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


def test_the_cookie_is_new_each_time_and_hidden_from_scripts(stage: Stage) -> None:
    planted = Browser(stage.site, cookies={"wallet": "planted"})
    response = planted.post("/open", {"passphrase": PASSPHRASE})
    assert planted.cookies["wallet"] not in ("planted", stage.browser.cookies["wallet"])
    assert "HttpOnly; SameSite=Lax" in response.headers["set-cookie"]


# --- locking ----------------------------------------------------------------------------------------------------------


def test_a_wallet_that_is_locked_is_locked_in_every_browser_also_when_it_is_open_again(stage: Stage) -> None:
    [card] = stage.hold(resident())
    other = Browser(stage.site)
    assert "Your cards" in other.unlock().html
    stage.browser.press(stage.browser.open("/"), "Lock the wallet")
    for browser in (stage.browser, other):
        assert "Open your wallet" in browser.open("/history").html
    assert "Your cards" in stage.browser.unlock().html
    for path in ("/", "/history", "/history/export", f"/card?id={card.id}"):
        assert "Open your wallet" in other.open(path).html


def test_what_waited_for_a_decision_is_forgotten_with_it(stage: Stage) -> None:
    stage.hold(resident())
    page = stage.shown(stage.bank.ask(query_of(stage.world, "full_name")))
    name = page.forms[0].fields["id"]
    assert "番号　花子" in page.html
    stage.browser.press(stage.browser.open("/"), "Lock the wallet")
    stage.browser.unlock()
    assert stage.browser.go("GET", f"/ask?id={name}").status == 404


def test_a_link_that_came_while_it_was_locked_leads_to_its_page_and_nowhere_else(stage: Stage) -> None:
    stage.hold(resident())
    link = stage.bank.publish(stage.bank.ask(query_of(stage.world, "full_name")))
    stage.browser.press(stage.browser.open("/"), "Lock the wallet")
    locked = stage.browser.go("GET", f"/start?{link.partition('?')[2]}")
    page = stage.browser.page(locked)
    assert "Show this to Sakura Bank?" in stage.browser.press(page, "Open", passphrase=PASSPHRASE).html
    for then in ("https://evil.example/", "//evil.example", "/card/delete", "x"):
        response = stage.browser.post("/open", {"passphrase": PASSPHRASE, "then": then})
        assert (response.status, response.headers["location"]) == (303, "/")


# --- consent ----------------------------------------------------------------------------------------------------------


def test_what_is_agreed_to_is_what_was_on_the_page(stage: Stage) -> None:
    old, new = stage.hold(resident(full_name="番号　古子"), resident(full_name="番号　新子"))
    request = stage.bank.ask(query_of(stage.world, "full_name"))
    page = stage.shown(request)
    assert "番号　新子" in page.html
    assert "番号　古子" not in page.html
    assert page.forms[0].fields["seen:resident"] == new.id
    looked = stage.browser.press(page, "Show it", **{"card:resident": old.id})
    assert stage.bank.answers == []
    assert "番号　古子" in looked.html
    assert "This is what the card that you chose shows" in looked.html
    assert looked.forms[0].fields["seen:resident"] == old.id
    done = stage.browser.press(looked, "Show it", **{"card:resident": old.id})
    assert "Sent to Sakura Bank" in done.html
    [shown] = stage.bank.verified(request).credentials["resident"]
    assert shown.claims["full_name"] == "番号　古子"


def test_another_card_can_be_looked_at_first(stage: Stage) -> None:
    old, _ = stage.hold(resident(nationality="Lemuria"), resident())
    page = stage.shown(stage.bank.ask(query_of(stage.world, "nationality")))
    assert "Atlantis" in page.html
    looked = stage.browser.press(page, "See what this card shows", **{"card:resident": old.id})
    assert "Lemuria" in looked.html
    refused = stage.browser.press(looked, "Show it", **{"card:resident": old.id})
    assert "Please agree to each item" in refused.html
    assert "Lemuria" in refused.html
    assert stage.bank.answers == []
    approved = {"card:resident": old.id, "claim:resident.nationality": "1"}
    assert "Sent to Sakura Bank" in stage.browser.press(refused, "Show it", **approved).html


@pytest.mark.parametrize("card", ["none", "", "x" * 1000])
def test_a_card_that_is_none_of_them_is_not_shown(stage: Stage, card: str) -> None:
    stage.hold(resident())
    name = stage.shown(stage.bank.ask(query_of(stage.world, "full_name"))).forms[0].fields["id"]
    fields = {"id": name, "agree": "1", "card:resident": card, "seen:resident": card}
    assert stage.browser.post("/ask", fields).status in (200, 400)
    assert stage.bank.answers == []


def test_a_decision_is_taken_once(stage: Stage) -> None:
    stage.hold(resident())
    page = stage.shown(stage.bank.ask(query_of(stage.world, "full_name")))
    assert stage.browser.press(page, "Show it").status == 200
    assert stage.browser.press(page, "Show it").status == 404
    assert stage.browser.press(page, "Do not").status == 404
    assert len(stage.bank.answers) == 1


def test_what_a_verifier_writes_is_text_on_the_page(stage: Stage) -> None:
    stage.hold(resident())
    types = importlib.import_module("web.transactions")
    text = transaction_text(
        types.AccountOpening(
            type=types.TYPE, credential_ids=("resident",), branch="<script>alert(1)</script>", account="\"'><img src=x>"
        )
    )
    page = stage.shown(stage.bank.ask(query_of(stage.world, "full_name"), transaction_data=[text]))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.html
    assert "<script>alert" not in page.html
    assert "<img" not in page.html
    assert "Open an account" in page.html
    over = stage.shown(stage.bank.ask(query_of(stage.world, claims=[{"path": ["<script>alert(2)</script>"]}])))
    assert "Your wallet refuses" in over.html
    assert "<script>alert" not in over.html
    assert "<script>alert" not in stage.browser.open("/history").html


def test_a_transaction_is_confirmed_by_its_own_box(stage: Stage) -> None:
    stage.hold(resident())
    types = importlib.import_module("web.transactions")
    text = transaction_text(
        types.AccountOpening(type=types.TYPE, credential_ids=("resident",), branch="みらい支店", account="普通預金")
    )
    request = stage.bank.ask(query_of(stage.world, "full_name"), transaction_data=[text])
    page = stage.shown(request)
    assert "みらい支店" in page.html
    refused = stage.browser.press(page, "Show it")
    assert "Please agree to each item" in refused.html
    assert stage.bank.answers == []
    assert "Sent to" in stage.browser.press(refused, "Show it", **{"claim:transaction_data.0": "1"}).html
    [shown] = stage.bank.verified(request).credentials["resident"]
    assert shown.transaction_data == (text,)
    assert "Confirmed: Open an account" in stage.browser.open("/history").html


@pytest.mark.parametrize("uri", ["javascript:alert(1)", "data:text/html,x", "https://a.example/" + "x" * 3000, 7, None])
def test_no_button_leads_where_a_browser_must_not_go(stage: Stage, uri: object) -> None:
    stage.hold(resident())
    stage.bank.replies = redirecting(uri)
    page = stage.browser.press(stage.shown(stage.bank.ask(query_of(stage.world, "full_name"))), "Show it")
    assert len(stage.bank.answers) == 1
    assert "javascript:" not in page.html
    assert "data:text" not in page.html
    assert all(link.startswith(("/", "?", "#")) for link in page.links.values())


def test_a_request_without_an_address_for_the_answer_is_no_link(stage: Stage) -> None:
    stage.hold(resident())
    request = stage.bank.ask(query_of(stage.world, "full_name"), mode=ResponseMode.SAME_CHANNEL)
    for text in (value_link(request.client_id, request.jwt), request.jwt):
        response = stage.browser.post("/read", {"link": text})
        assert response.status == 400
        assert "This link cannot be used" in response.body.decode()


@pytest.mark.parametrize("has", [True, False])
def test_who_closes_a_page_says_no_more_than_who_declines(stage: Stage, has: bool) -> None:
    if has:
        stage.hold(resident())
    request = stage.bank.ask(query_of(stage.world, "full_name"))
    page = stage.shown(request)
    assert stage.bank.answers == []
    stage.browser.press(page, "Do not" if has else "Close")
    assert stage.bank.answers == [ErrorResponse(error="access_denied", state=request.state)]


# --- pictures ---------------------------------------------------------------------------------------------------------


def page_of_codes(links: list[str]) -> bytes:
    from PIL import Image

    codes = [Image.open(io.BytesIO(qr.draw(link).png(scale=3))).convert("L") for link in links]
    side = max(code.width for code in codes)
    paper = Image.new("L", (side * 4, side * -(-len(codes) // 4)), 255)
    for place, code in enumerate(codes):
        paper.paste(code, (place % 4 * side, place // 4 * side))
    file = io.BytesIO()
    paper.save(file, format="PNG")
    return file.getvalue()


def test_a_page_full_of_codes_makes_the_wallet_ask_no_more_than_a_few_servers(stage: Stage) -> None:
    links = [f"openid4vp://?client_id=a&request_uri={quote(f'https://evil.example/{n}', safe='')}" for n in range(12)]
    picture = page_of_codes(links)
    assert len(qr.read(picture)) == 12
    response = stage.browser.go("POST", "/frame", picture, origin=WALLET, **{"content-type": "image/png"})
    assert response.body == b'{"state":"other"}'
    assert 1 <= len(stage.bank.seen) <= 3


@pytest.mark.parametrize("picture", [b"", b"\x89PNG\r\n\x1a\n", b"<svg onload='x'/>", b"GIF89a" + b"\0" * 64])
def test_a_picture_that_is_none_is_none(stage: Stage, picture: bytes) -> None:
    response = stage.browser.go("POST", "/frame", picture, origin=WALLET, **{"content-type": "image/png"})
    assert (response.status, response.body) == (200, b'{"state":"none"}')


# --- history ----------------------------------------------------------------------------------------------------------


def test_who_was_asked_to_delete_something_is_seen_in_the_history_and_in_its_export(stage: Stage) -> None:
    stage.hold(resident())
    page = stage.shown(stage.bank.ask(query_of(stage.world, "full_name")))
    stage.browser.press(page, "Show it")
    assert isinstance(stage.bank.answers[0], Response)
    letter = stage.browser.open("/history/letter?n=2")
    assert 'href="mailto:' not in letter.html
    asked = stage.browser.press(letter, "Ask for this, and keep that in my history")
    assert "Your history says that you asked on 2026-11-23 18:00" in asked.html
    assert 'href="mailto:privacy@bank.example?subject=' in asked.html
    history = stage.browser.open("/history").html
    assert "You asked for deletion on 2026-11-23 18:00" in history
    assert "Asked for deletion" in history
    export = stage.browser.go("GET", "/history/export").body
    last = check_export(export)[-1].entry
    assert (last["event"], last["verifier"], last["disclosure"]) == ("deletion_requested", "urn:vcwallet:party:bank", 2)
    assert not any(value.encode() in export for value in CANARIES)


@pytest.mark.parametrize("number", ["", "1", "99", "-1", "2 ", "２", "x"])
def test_there_is_no_letter_about_what_was_not_shown(stage: Stage, number: str) -> None:
    stage.hold(resident())
    stage.browser.press(stage.shown(stage.bank.ask(query_of(stage.world, "full_name"))), "Show it")
    before = stage.wallet.export_history()
    assert stage.browser.go("GET", f"/history/letter?n={quote(number)}").status == 404
    assert stage.browser.post("/history/letter", {"n": number}).status == 404
    assert stage.wallet.export_history() == before


def test_a_contact_writes_no_other_mail_than_the_letter(stage: Stage) -> None:
    assert LOAN.contact == "mailto:privacy@bank.example"
    mail = importlib.import_module("web.wallet_history")._MAIL
    for contact in ("a@b.example?bcc=c@d.example", "a@b.example&x", "a@b.example,c@d.example", "javascript:x@y", "@"):
        assert mail.fullmatch(contact) is None
