# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A browser for a script: it keeps cookies, fills in the forms of a page, and follows redirects of its own site.

So an example does what a person would do, through the same pages.  It runs no scripts, which the pages do not need.
"""

from __future__ import annotations

import base64
import http.client
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

MAX_REDIRECTS = 5


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes, what is filled in already, and its buttons by their words."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Page:
    """A page as a script sees it."""

    url: str
    status: int
    html: str = field(repr=False)
    title: str = ""
    forms: list[Form] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    pictures: list[bytes] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    """The words of what has an ``id`` or, without one, a ``class``."""


class Browser:
    """Looks at one site."""

    def __init__(self, site: str, *, language: str = "en") -> None:
        """Open a window."""
        self._site = site
        self._language = language
        self._cookies: dict[str, str] = {}
        self.left_for = ""
        """Where the site has sent the browser last, if that was away from it: a wallet's own address."""

    def open(self, address: str) -> Page:
        """Go to an address, and return the page."""
        return self._go("GET", urljoin(self._site, address), "")

    def press(self, page: Page, button: str, **fields: str) -> Page:
        """Fill in the form that has this button, press it, and return the page; see `left_for` where there is none."""
        form = next(form for form in page.forms if button in form.buttons)
        name, value = form.buttons[button]
        filled = {**form.fields, **fields, **({name: value} if name else {})}
        self.left_for = ""
        return self._go("POST", urljoin(page.url, form.action), urlencode(filled))

    def _go(self, method: str, url: str, body: str) -> Page:
        for _ in range(MAX_REDIRECTS):
            status, headers, text = self._exchange(method, url, body)
            if status not in (302, 303):
                return _read(url, status, text)
            url, method, body = urljoin(url, headers["location"]), "GET", ""
            if not url.startswith(f"{self._site}/"):
                self.left_for = url
                return Page(url=url, status=status, html="")
        raise RuntimeError("the site sends the browser in circles")

    def _exchange(self, method: str, url: str, body: str) -> tuple[int, dict[str, str], str]:
        address = urlsplit(url)
        headers = {
            "Accept-Language": self._language,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
        }
        if method == "POST":
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self._site}
        connection = http.client.HTTPConnection(address.netloc, timeout=10)
        try:
            target = address.path + (f"?{address.query}" if address.query else "")
            connection.request(method, target, body.encode() if method == "POST" else None, headers)
            response = connection.getresponse()
            for line in response.headers.get_all("set-cookie") or []:
                name, _, value = line.partition(";")[0].partition("=")
                self._cookies[name] = value
            return response.status, {k.lower(): v for k, v in response.headers.items()}, response.read().decode()
        finally:
            connection.close()


def _read(url: str, status: int, html: str) -> Page:
    reader = _Reader(Page(url=url, status=status, html=html))
    reader.feed(html)
    return reader.page


class _Reader(HTMLParser):
    """Takes from a page what a script looks at."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self._open: list[tuple[str, dict[str, str], list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.page.forms.append(Form(action=found.get("action", "")))
        elif tag == "input" and self.page.forms and found.get("name"):
            is_set = found.get("type") not in ("checkbox", "radio") or "checked" in found
            if is_set:
                self.page.forms[-1].fields[found["name"]] = found.get("value", "")
        elif tag == "img" and found.get("src", "").startswith("data:"):
            self.page.pictures.append(base64.b64decode(found["src"].partition(",")[2]))
        if tag not in ("input", "img", "link", "meta", "br"):
            self._open.append((tag, found, []))

    def handle_data(self, data: str) -> None:
        for _, _, words in self._open:
            words.append(data)

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            opened, found, words = self._open.pop()
            text = "".join(words)
            self._note(opened, found, text if opened == "pre" else " ".join(text.split()))
            if opened == tag:
                return

    def _note(self, tag: str, found: dict[str, str], text: str) -> None:
        if tag == "title":
            self.page.title = text
        elif tag == "a":
            self.page.links[text] = found.get("href", "")
        elif tag == "button" and self.page.forms:
            self.page.forms[-1].buttons[text] = (found.get("name", ""), found.get("value", ""))
        name = found.get("id") or found.get("class")
        if name:
            self.page.texts[name] = text
