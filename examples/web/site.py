# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What the sites of the demo have in common: pages as functions of a request, forms, cookies, sessions, limits.

Forms are taken from a site's own pages alone (``Origin``), and requests only under its own name (``Host``), so that no
page of another site can act for the person.  Who the person is is told by a cookie whose value no store holds.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from vcwallet.adapters.web.exchange import MAX_BODY_BYTES, read_request, write_response
from vcwallet.adapters.web.rate_limit import RateLimit, RateLimiter
from vcwallet.encoding import json
from vcwallet.errors import LocalProtocolError, VcError
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.protocols.oauth.form import read_form, read_query
from vcwallet.sessions import Add, MemorySessions, Remove, Session
from web.pages import LANGUAGES, STATIC, Look, Reader, page

HOUR = timedelta(hours=1)
MAX_SESSIONS = 10_000
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of a browser, read."""

    reader: Reader
    url: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    cookie: str = field(repr=False)
    at: datetime


Page = Callable[[Visit], HttpResponse]


class Site:
    """The pages of one site.

    Attributes:
        look: what they have in common.
        origin: where they are.
    """

    def __init__(
        self,
        look: Look,
        *,
        origin: str,
        clock: Callable[[], datetime],
        cookie: str,
        pages: Mapping[tuple[str, str], Page],
        max_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        """Serve pages, each by method and path, at `origin`."""
        self.look, self.origin = look, origin
        self._clock, self._cookie, self._pages, self._max_bytes = clock, cookie, dict(pages), max_bytes
        self._sessions = MemorySessions()
        self._limiter = RateLimiter(RateLimit(per_second=5, burst=400))

    def routes(self) -> list[BaseRoute]:
        """Return the routes for an application."""
        paths = dict.fromkeys(path for _, path in self._pages)
        pages = [Route(path, self._endpoint, methods=["GET", "POST"]) for path in paths]
        return [*pages, Mount("/static", StaticFiles(directory=STATIC))]

    async def _endpoint(self, request: Request) -> Response:
        wait = self._limiter.wait(request.client.host if request.client else "", now=time.monotonic())
        if wait:
            return Response(status_code=429, headers={"retry-after": str(wait)})
        try:
            http = await read_request(request, origin=self.origin, max_bytes=self._max_bytes)
            return write_response(await run_in_threadpool(self, http))
        except LocalProtocolError:
            return write_response(self._problem(Reader(language="ja"), status=503))
        except VcError:
            return write_response(self._problem(Reader(language="ja"), status=400))

    def __call__(self, request: HttpRequest, /) -> HttpResponse:
        """Return the page for a request.

        Raises:
            VcError: it is not one that our pages make.
        """
        visit = self._visit(request)
        found = self._pages.get((request.method.replace("HEAD", "GET"), visit.path))
        if found is None:
            return self._problem(visit.reader, status=404)
        # A name that somebody else has pointed to this machine is not ours.
        if request.headers.get("host") != urlsplit(self.origin).netloc:
            return self._problem(visit.reader, status=421)
        if request.method == "POST" and request.headers.get("origin") != self.origin:
            return self._problem(visit.reader, status=403)
        response = self._answer(found, visit)
        if visit.query.get("lang") in LANGUAGES:
            return self._with_cookie(response, "lang", visit.query["lang"])
        return response

    def _answer(self, found: Page, visit: Visit) -> HttpResponse:
        return found(visit)

    def _visit(self, request: HttpRequest) -> Visit:
        address = urlsplit(request.url)
        query, cookies = read_query(address.query), _cookies(request.headers.get("cookie", ""))
        asked = query.get("lang")
        chosen = asked if asked in LANGUAGES else cookies.get("lang")
        is_form = request.method == "POST" and request.headers.get("content-type", FORM).startswith(FORM)
        return Visit(
            reader=Reader.of(chosen=chosen, accepted=request.headers.get("accept-language")),
            url=request.url,
            path=address.path,
            query=query,
            form=read_form(request.body) if is_form else {},
            body=b"" if is_form else request.body,
            cookie=cookies.get(self._cookie, ""),
            at=self._clock(),
        )

    # --- for the pages ------------------------------------------------------------------------------------------------

    def _page(self, template: str, visit: Visit, **values: Any) -> HttpResponse:
        return page(template, visit.reader, look=self.look, **values)

    def _problem(self, reader: Reader, *, status: int) -> HttpResponse:
        return page("problem.html", reader, look=self.look, status=status)

    def _remember(
        self,
        kind: str,
        values: Mapping[str, Any],
        at: datetime,
        *,
        secret: str | None = None,
        lifetime: timedelta = HOUR,
    ) -> str:
        """Keep values for some time, and return the secret that finds them."""
        self._sessions.purge(at=at)
        if self._sessions.count(kind, at=at) >= MAX_SESSIONS:
            raise LocalProtocolError("there are too many visitors")
        secret = secret or secrets.token_urlsafe(32)
        session = Session(kind=kind, id=id_of(secret), body=json.dumps(dict(values)), expires=at + lifetime)
        self._sessions.commit(Add(session))
        return secret

    def _recall(self, kind: str, secret: str, at: datetime) -> dict[str, Any] | None:
        found = self._sessions.get(kind, id_of(secret), at=at)
        return json.loads_object(found.body) if found is not None else None

    def _forget(self, kind: str, secret: str, at: datetime) -> None:
        found = self._sessions.get(kind, id_of(secret), at=at)
        if found is not None:
            self._sessions.commit(Remove(found))

    def _with_cookie(self, response: HttpResponse, name: str, value: str) -> HttpResponse:
        secure = "; Secure" if self.origin.startswith("https:") else ""
        age = int(HOUR.total_seconds()) if value else 0
        cookie = f"{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}"
        headers = {**response.headers, "set-cookie": cookie}
        return HttpResponse(status=response.status, headers=headers, body=response.body)

    def _visited(self, response: HttpResponse, secret: str) -> HttpResponse:
        """Return an answer after which the browser is known by a secret, or not any more."""
        return self._with_cookie(response, self._cookie, secret)


def id_of(secret: str) -> str:
    """Return what a session is kept under: whoever reads the store cannot take it over."""
    return hashlib.sha256(secret.encode()).hexdigest()


def see(path: str) -> HttpResponse:
    """Return the answer that leads to another page of the site."""
    return HttpResponse(status=303, headers={"location": path, "cache-control": "no-store"}, body=b"")


def tell(value: Mapping[str, Any]) -> HttpResponse:
    """Return an answer for a script of a page."""
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return HttpResponse(status=200, headers=headers, body=json.dumps(dict(value)))


def _cookies(header: str) -> dict[str, str]:
    return {name: value for name, _, value in (pair.strip().partition("=") for pair in header.split(";"))}
