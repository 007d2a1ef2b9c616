# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The portal of examples 11 and 12 as a process of its own, through a browser that runs no scripts."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from examples.scripted_browser import Browser, Page
from tests.support.sources import REPOSITORY
from vcwallet.adapters import qr
from vcwallet.japan import HouseholdRecord, ResidenceRecord

PERSON = "R00002"
CHOSEN = {ResidenceRecord.vct: "1", "format": "dc+sd-jwt"}
LANGUAGES = {"ja": ("ログイン", "QR コードを作る", "ログアウト"), "en": ("Log in", "Make a QR code", "Log out")}
PUBLIC = ("/", "/city/login")


@dataclass(frozen=True)
class Site:
    """Where the portal is, and what people log in with."""

    origin: str
    password: str

    def logged_in(self, language: str = "en") -> tuple[Browser, Page]:
        """A browser of somebody who has logged in, and the page to choose on."""
        browser = Browser(self.origin, language=language)
        button = LANGUAGES[language][0]
        page = browser.press(browser.open("/city/login"), button, number=PERSON, password=self.password)
        return browser, page

    def offer(self, language: str = "en") -> tuple[Browser, Page]:
        """The page with the QR code."""
        browser, page = self.logged_in(language)
        return browser, browser.press(page, LANGUAGES[language][1], **CHOSEN)

    def post(self, path: str, body: str, *, sent_from: str = "127.0.0.1", **headers: str) -> tuple[int, dict[str, str]]:
        """Post a form as a program does that is no browser."""
        place = urlsplit(self.origin).netloc
        connection = http.client.HTTPConnection(place, timeout=10, source_address=(sent_from, 0))
        try:
            connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", **headers})
            response = connection.getresponse()
            response.read()
            return response.status, {name.lower(): value for name, value in response.headers.items()}
        finally:
            connection.close()

    def headers(self, path: str) -> dict[str, str]:
        """The header fields of a page."""
        connection = http.client.HTTPConnection(urlsplit(self.origin).netloc, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            return {name.lower(): value for name, value in response.headers.items()}
        finally:
            connection.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("city")
    command = [sys.executable, "examples/11_issuer_service.py", "--serve", "--port", "0", "--out", str(folder / "out")]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "PYTHONUTF8": "1"}
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        said = process.stdout.readline() + process.stdout.readline()
        found = re.search(r"(http://127\.0\.0\.1:\d+)/\n.*password (\w+)", said)
        assert found, said
        yield Site(origin=found[1], password=found[2])
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def problems(page: Page, language: str) -> list[str]:
    """What a page lacks for people who cannot see it well, or have a small screen."""
    html = page.html
    labels = set(re.findall(r'<label for="([^"]+)"', html))
    inputs = re.findall(r'<(?:input|textarea) id="([^"]+)"', html)
    return [
        *([] if f'<html lang="{language}">' in html else ["no language"]),
        *([] if 'name="viewport"' in html else ["not made for phones"]),
        *([] if page.title else ["no title"]),
        *([] if html.count("<h1>") == 1 else ["not one heading"]),
        *([] if '<main id="main">' in html and 'href="#main"' in html else ["no way to skip to the text"]),
        *(f"{name} has no label" for name in inputs if name not in labels),
        *("a picture has no words" for tag in re.findall(r"<img[^>]*>", html) if not re.search(r'alt="[^"]+"', tag)),
        *(f"{found} is from elsewhere" for found in re.findall(r'(?:src|href|action)="(https?://[^"]+)"', html)),
        *(["a script in the page"] if re.search(r"<script(?![^>]*\bsrc=)|\son\w+=", html) else []),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_for_everybody_and_from_nowhere_else(site: Site, language: str) -> None:
    browser, offer = site.offer(language)
    pages = [*(browser.open(path) for path in PUBLIC), browser.open("/city/choose"), offer]
    assert [problems(page, language) for page in pages] == [[]] * len(pages)
    assert [page.status for page in pages] == [200] * len(pages)


def test_a_language_that_was_chosen_stays(site: Site) -> None:
    browser = Browser(site.origin, language="ja")
    assert '<html lang="ja">' in browser.open("/").html
    assert '<html lang="en">' in browser.open("/?lang=en").html
    assert '<html lang="en">' in browser.open("/city/login").html
    assert '<html lang="en">' in browser.open("/?lang=fr").html


def test_the_picture_says_where_the_offer_is_and_not_the_digits(site: Site) -> None:
    browser, page = site.offer()
    [link] = qr.read(page.pictures[0])
    digits = page.texts["digits"].replace(" ", "")
    assert re.fullmatch("[0-9]{6}", digits)
    assert link == page.links["Open the wallet on this phone"]
    assert link.startswith("openid-credential-offer://?credential_offer_uri=")
    assert digits not in link
    assert '"state":"open"' in browser.open(_status_of(page)).html


def _status_of(page: Page) -> str:
    found = re.search(r'data-address="([^"]+)"', page.html)
    assert found
    return found[1]


def test_an_offer_is_seen_by_whoever_made_it_and_nobody_else(site: Site) -> None:
    browser, page = site.offer()
    assert browser.open(page.url).status == 200
    for stranger in (Browser(site.origin), site.logged_in()[0]):
        assert stranger.open(page.url).status == 404
        assert stranger.open(_status_of(page)).status == 404


def test_nobody_gets_in_with_a_wrong_password(site: Site) -> None:
    browser = Browser(site.origin)
    for number, password in ((PERSON, "wrong"), ("R99999", site.password), ("", "")):
        page = browser.press(browser.open("/city/login"), "Log in", number=number, password=password)
        assert page.status == 403
        assert 'role="alert"' in page.html
    assert browser.open("/city/choose").title.startswith("Log in")
    assert site.logged_in()[1].title.startswith("Choose")


def test_whoever_guesses_ten_times_is_locked_out(site: Site) -> None:
    browser = Browser(site.origin)
    for number, failures, is_in in (("R00004", 9, True), ("R00003", 10, False)):
        for _ in range(failures):
            browser.press(browser.open("/city/login"), "Log in", number=number, password="guessed")
        page = browser.press(browser.open("/city/login"), "Log in", number=number, password=site.password)
        assert page.title.startswith("Choose") is is_in
        browser = Browser(site.origin)


def test_a_form_of_another_site_is_refused(site: Site) -> None:
    body = f"number={PERSON}&password={site.password}"
    assert site.post("/city/login", body, Origin="https://elsewhere.example")[0] == 403
    assert site.post("/city/login", body)[0] == 403
    assert site.post("/city/login", body, Origin="null")[0] == 403
    status, headers = site.post("/city/login", body, Origin=site.origin)
    assert (status, headers["location"]) == (303, "/city/choose")
    assert "HttpOnly" in headers["set-cookie"]
    assert "SameSite=Lax" in headers["set-cookie"]


def test_a_form_that_is_none_is_refused(site: Site) -> None:
    assert site.post("/city/login", "number=a&number=b", Origin=site.origin)[0] == 400


def test_whoever_chooses_nothing_is_told_so(site: Site) -> None:
    browser, page = site.logged_in()
    page.forms[0].fields.pop(ResidenceRecord.vct)
    shown = browser.press(page, "Make a QR code")
    assert shown.title.startswith("Choose")
    assert 'role="alert"' in shown.html


def test_what_takes_its_time_is_said_before(site: Site) -> None:
    _, page = site.logged_in()
    shown = page.html[page.html.index(HouseholdRecord.vct) :]
    assert "clerk" in shown[: shown.index("</label>")]


def test_whoever_logs_out_is_out_on_the_server_too(site: Site) -> None:
    browser, page = site.logged_in()
    kept = dict(browser._cookies)
    assert browser.press(page, "Log out").url.endswith("/")
    browser._cookies = kept
    assert browser.open("/city/choose").title.startswith("Log in")


def test_an_offer_about_nobody_leads_to_the_log_in(site: Site) -> None:
    browser = Browser(site.origin)
    page = browser.press(browser.open("/"), "Show a QR code")
    assert page.title.startswith("Collect")
    assert "digits" not in page.texts
    assert len(page.pictures) == 1


def test_pages_are_kept_by_nobody_and_shown_in_no_frame(site: Site) -> None:
    for path in PUBLIC:
        headers = site.headers(path)
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_another_address_has_no_page(site: Site) -> None:
    assert Browser(site.origin).open("/city/nothing").status == 404
    assert Browser(site.origin).open("/static/../login.py").status == 404


def test_whoever_asks_without_pause_is_told_to_wait(site: Site) -> None:
    # From an address of its own, whose requests are counted apart from those of the other tests.
    statuses = {site.post("/city/login", "", sent_from="127.0.0.2")[0] for _ in range(600)}
    assert statuses == {403, 429}
    assert site.post("/city/login", "")[0] == 403
