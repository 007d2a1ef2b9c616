# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Who is this: the pages that a wallet leads a browser to (the service's `Login`).

A person logs in with number and password, or with a My Number card, sees once more what the wallet asks for, and
agrees.  Between two pages everything that matters is in the state, which the service seals: no page can be made up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from municipal_database import MunicipalDatabase

from vcwallet.encoding import base64url, json
from vcwallet.errors import MalformedError
from vcwallet.flow import HttpResponse
from vcwallet.issuer.openid4vci import LoginAnswer, LoginPage, LoginRefused, LoginRequest, Subject
from vcwallet.japan.jpki import JpkiLogin, LoginProblem
from vcwallet.protocols.oauth.form import read_form
from web.pages import LANGUAGES, Reader, page

MAX_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """Where somebody is: which page was shown, and what is known by then."""

    page: str = "password"
    person: str = ""
    tries: int = 0
    language: str = ""
    card: str = ""

    @classmethod
    def read(cls, state: bytes) -> _Step:
        return cls(**json.loads_object(state)) if state else cls()

    def write(self) -> bytes:
        return json.dumps({name: getattr(self, name) for name in self.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class CityLogin:
    """The log-in of the city.

    Attributes:
        database: knows the people.
        card: checks My Number cards; its pages are those of `card_page`.
    """

    database: MunicipalDatabase
    card: JpkiLogin

    def identify(self, request: LoginRequest, /) -> LoginAnswer:
        """Answer one request of the browser."""
        step = _Step.read(request.state)
        try:
            form = read_form(request.http.body) if request.http.method == "POST" else {}
        except MalformedError:
            form = {}
        if "decline" in form:
            return LoginRefused()
        if form.get("lang") in LANGUAGES:
            step, form = replace(step, language=form["lang"]), {}
        pages: dict[str, Callable[[LoginRequest, _Step, dict[str, str]], LoginAnswer]] = {
            "password": self._password,
            "card": self._card,
            "consent": self._consent,
        }
        return pages[step.page](request, step, form)

    def _password(self, request: LoginRequest, step: _Step, form: dict[str, str]) -> LoginAnswer:
        if form.get("way") == "card":
            return self._card(request, replace(step, page="card"), {})
        if "number" not in form:
            return _show("authorize.html", request, step, problem=False)
        person = self.database.log_in(form["number"].strip().upper(), form.get("password", ""))
        if person is not None:
            return self._consent(request, replace(step, page="consent", person=person), {})
        step = replace(step, tries=step.tries + 1)
        return LoginRefused() if step.tries >= MAX_TRIES else _show("authorize.html", request, step, problem=True)

    def _card(self, request: LoginRequest, step: _Step, form: dict[str, str]) -> LoginAnswer:
        asked = replace(request, state=base64url.decode(step.card) if step.card else b"")
        if not form:
            asked = replace(asked, http=replace(request.http, method="GET", body=b""))
        answer = self.card.identify(asked)
        if isinstance(answer, LoginPage):
            step = replace(step, card=base64url.encode(answer.state))
            return LoginPage(response=answer.response, state=step.write())
        if isinstance(answer, Subject):
            return self._consent(request, replace(step, page="consent", person=answer.reference), {})
        return answer

    def _consent(self, request: LoginRequest, step: _Step, form: dict[str, str]) -> LoginAnswer:
        if "agree" in form:
            return Subject(reference=step.person)
        return _show("consent.html", request, step, name=self.database.name_of(step.person))


def card_page(challenge: str, request: LoginRequest, problem: LoginProblem | None) -> HttpResponse:
    """Return the page that asks for a card (a `JpkiPage`)."""
    return _page("card.html", request, "", challenge=challenge, problem=problem)


def _show(template: str, request: LoginRequest, step: _Step, **values: object) -> LoginPage:
    return LoginPage(response=_page(template, request, step.language, **values), state=step.write())


def _destination(redirect_uri: str) -> str:
    """Return what tells a person where an address is: the site, or the scheme of an app."""
    parts = urlsplit(redirect_uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def _page(template: str, request: LoginRequest, language: str, **values: Any) -> HttpResponse:
    reader = Reader.of(chosen=language, accepted=request.http.headers.get("accept-language"))
    return page(
        template,
        reader,
        leads_away=True,
        action=request.url,
        kinds=request.types,
        client=request.client,
        wallet_name=request.wallet_name,
        destination=_destination(request.redirect_uri),
        **values,
    )
