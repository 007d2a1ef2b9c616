# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The agency's portal: log in, choose certificates, and show the offer as a QR code, a link and digits to type.

A page is a function of the request.  Forms are taken from our own pages alone (``Origin``), who has logged in is told
by a cookie, and nobody but the one who made an offer sees it.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from municipal_database import MunicipalDatabase
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from vcwallet import CredentialType
from vcwallet.adapters import qr
from vcwallet.adapters.web.exchange import read_request, write_response
from vcwallet.adapters.web.rate_limit import RateLimit, RateLimiter
from vcwallet.encoding import json
from vcwallet.errors import LocalProtocolError, VcError
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.issuer.openid4vci import DIGITS, CredentialIssuerService, GrantType, IssuedOffer, Offering, OfferState
from vcwallet.issuer.sessions import Add, MemorySessions, Remove, Session
from vcwallet.japan import JST, HouseholdRecord
from vcwallet.protocols.oauth.form import read_form, read_query
from web.pages import LANGUAGES, STATIC, Reader, page

HOUR = timedelta(hours=1)
MAX_SESSIONS = 10_000
LOGIN, CHOOSE, OFFERS = "/city/login", "/city/choose", "/city/offers"
SLOW = (HouseholdRecord.vct,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of a browser, read."""

    reader: Reader
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str] = field(repr=False)
    cookie: str = field(repr=False)
    at: datetime


class Portal:
    """The pages of a city beside its issuer's service."""

    def __init__(
        self,
        service: CredentialIssuerService,
        *,
        origin: str,
        database: MunicipalDatabase,
        offered: Sequence[Offering],
        clock: Callable[[], datetime],
    ) -> None:
        """Serve pages at `origin`."""
        self._service, self._origin, self._database, self._clock = service, origin, database, clock
        self._offered = {(offering.type.vct, offering.writer.format): offering for offering in offered}
        self._sessions = MemorySessions()
        self._limiter = RateLimiter(RateLimit(per_second=5, burst=400))
        self._pages: dict[tuple[str, str], Callable[[Visit], HttpResponse]] = {
            ("GET", "/"): self._home,
            ("GET", LOGIN): self._login_page,
            ("POST", LOGIN): self._log_in,
            ("POST", "/city/logout"): self._log_out,
            ("GET", CHOOSE): self._choose,
            ("POST", OFFERS): self._make_offer,
            ("POST", "/city/start"): self._start,
            ("GET", OFFERS): self._show_offer,
            ("GET", f"{OFFERS}/status"): self._tell_status,
        }

    def routes(self) -> list[BaseRoute]:
        """Return the routes for `vcwallet.adapters.web.issuer_app`."""
        paths = dict.fromkeys(path for _, path in self._pages)
        pages = [Route(path, self._endpoint, methods=["GET", "POST"]) for path in paths]
        return [*pages, Mount("/static", StaticFiles(directory=STATIC))]

    async def _endpoint(self, request: Request) -> Response:
        wait = self._limiter.wait(request.client.host if request.client else "", now=time.monotonic())
        if wait:
            return Response(status_code=429, headers={"retry-after": str(wait)})
        try:
            http = await read_request(request, origin=self._origin)
            return write_response(await run_in_threadpool(self, http))
        except LocalProtocolError:
            return write_response(_problem(Reader(language="ja"), status=503))
        except VcError:
            return write_response(_problem(Reader(language="ja"), status=400))

    def __call__(self, request: HttpRequest, /) -> HttpResponse:
        """Return the page for a request.

        Raises:
            VcError: it is not one that our pages make.
        """
        visit = self._visit(request)
        found = self._pages.get((request.method.replace("HEAD", "GET"), visit.path))
        if found is None:
            return _problem(visit.reader, status=404)
        if request.method == "POST" and request.headers.get("origin") != self._origin:
            return _problem(visit.reader, status=403)
        response = found(visit)
        if visit.query.get("lang") in LANGUAGES:
            return _with_cookie(response, "lang", visit.query["lang"], self._origin)
        return response

    # --- pages --------------------------------------------------------------------------------------------------------

    def _home(self, visit: Visit) -> HttpResponse:
        kinds = list(dict.fromkeys(offering.type for offering in self._offered.values()))
        return page("home.html", visit.reader, kinds=kinds)

    def _login_page(self, visit: Visit) -> HttpResponse:
        return page("login.html", visit.reader, action=LOGIN, problem=False)

    def _log_in(self, visit: Visit) -> HttpResponse:
        number = visit.form.get("number", "").strip().upper()
        person = self._database.log_in(number, visit.form.get("password", ""))
        if person is None:
            return page("login.html", visit.reader, status=403, action=LOGIN, problem=True)
        # A new cookie for each log-in: one that somebody else has planted is worth nothing.
        secret = self._remember("visitor", {"person": person}, visit.at)
        return _with_cookie(_see(CHOOSE), "visitor", secret, self._origin)

    def _log_out(self, visit: Visit) -> HttpResponse:
        found = self._sessions.get("visitor", _id_of(visit.cookie), at=visit.at)
        if found is not None:
            self._sessions.commit(Remove(found))
        return _with_cookie(_see("/"), "visitor", "", self._origin)

    def _choose(self, visit: Visit, *, problem: bool = False) -> HttpResponse:
        person = self._person(visit)
        if person is None:
            return _see(LOGIN)
        return page(
            "choose.html",
            visit.reader,
            name=self._database.name_of(person),
            kinds=self._kinds_for(person),
            slow=SLOW,
            problem=problem,
        )

    def _make_offer(self, visit: Visit) -> HttpResponse:
        person = self._person(visit)
        if person is None:
            return _see(LOGIN)
        chosen = [kind for kind in self._kinds_for(person) if kind.vct in visit.form]
        offered = [self._offered.get((kind.vct, visit.form.get("format", ""))) for kind in chosen]
        wanted = [offering for offering in offered if offering is not None]
        if not wanted:
            return self._choose(visit, problem=True)
        offer = self._service.offer(
            person,
            [offering.id for offering in wanted],
            grant=GrantType.PRE_AUTHORIZED_CODE,
            tx_code=DIGITS,
        )
        return self._shown(offer, wanted, visit, back=CHOOSE, cookie=visit.cookie)

    def _start(self, visit: Visit) -> HttpResponse:
        """Make an offer about nobody, for a wallet that leads to the log-in."""
        wanted = [offering for (_, format), offering in self._offered.items() if format == "dc+sd-jwt"]
        offer = self._service.offer(None, [one.id for one in wanted], grant=GrantType.AUTHORIZATION_CODE)
        if visit.cookie:
            return self._shown(offer, wanted, visit, back="/", cookie=visit.cookie)
        secret = self._remember("visitor", {}, visit.at)
        shown = self._shown(offer, wanted, visit, back="/", cookie=secret)
        return _with_cookie(shown, "visitor", secret, self._origin)

    def _shown(
        self, offer: IssuedOffer, offered: Sequence[Offering], visit: Visit, *, back: str, cookie: str
    ) -> HttpResponse:
        kept = {
            "owner": _id_of(cookie),
            "id": offer.id,
            "link": offer.reference_link,
            "tx_code": offer.tx_code or "",
            "expires": f"{offer.expires.astimezone(JST):%H:%M}",
            "kinds": [offering.type.vct for offering in offered],
            "back": back,
        }
        return _see(f"{OFFERS}?id={self._remember('shown', kept, visit.at)}")

    def _show_offer(self, visit: Visit) -> HttpResponse:
        kept = self._kept_offer(visit)
        if kept is None:
            return _problem(visit.reader, status=404)
        # The smaller the code, the faster it is read: it holds the address of the offer, and not the offer.
        picture = qr.draw(kept["link"]).png(scale=6)
        return page(
            "offer.html",
            visit.reader,
            kinds=[kind for kind in self._kinds() if kind.vct in kept["kinds"]],
            state=self._state(kept),
            status_address=f"{OFFERS}/status?id={visit.query['id']}",
            picture=base64.b64encode(picture).decode(),
            **{name: kept[name] for name in ("link", "tx_code", "expires", "back")},
        )

    def _tell_status(self, visit: Visit) -> HttpResponse:
        kept = self._kept_offer(visit)
        if kept is None:
            return _problem(visit.reader, status=404)
        headers = {"content-type": "application/json", "cache-control": "no-store"}
        return HttpResponse(status=200, headers=headers, body=json.dumps({"state": self._state(kept)}))

    # --- what the pages share -----------------------------------------------------------------------------------------

    def _visit(self, request: HttpRequest) -> Visit:
        address = urlsplit(request.url)
        query, cookies = read_query(address.query), _cookies(request.headers.get("cookie", ""))
        asked = query.get("lang")
        chosen = asked if asked in LANGUAGES else cookies.get("lang")
        return Visit(
            reader=Reader.of(chosen=chosen, accepted=request.headers.get("accept-language")),
            path=address.path,
            query=query,
            form=read_form(request.body) if request.method == "POST" else {},
            cookie=cookies.get("visitor", ""),
            at=self._clock(),
        )

    def _remember(self, kind: str, values: Mapping[str, Any], at: datetime) -> str:
        """Keep values for an hour, and return the secret that finds them."""
        self._sessions.purge(at=at)
        if self._sessions.count(kind, at=at) >= MAX_SESSIONS:
            raise LocalProtocolError("there are too many visitors")
        secret = secrets.token_urlsafe(32)
        session = Session(kind=kind, id=_id_of(secret), body=json.dumps(dict(values)), expires=at + HOUR)
        self._sessions.commit(Add(session))
        return secret

    def _person(self, visit: Visit) -> str | None:
        found = self._sessions.get("visitor", _id_of(visit.cookie), at=visit.at)
        return json.loads_object(found.body).get("person") if found is not None else None

    def _kept_offer(self, visit: Visit) -> dict[str, Any] | None:
        found = self._sessions.get("shown", _id_of(visit.query.get("id", "")), at=visit.at)
        kept = json.loads_object(found.body) if found is not None else None
        return kept if kept is not None and kept["owner"] == _id_of(visit.cookie) else None

    def _kinds(self) -> list[type[CredentialType]]:
        return list(dict.fromkeys(offering.type for offering in self._offered.values()))

    def _kinds_for(self, person: str) -> list[type[CredentialType]]:
        known = self._database.kinds_for(person)
        return [kind for kind in self._kinds() if kind in known]

    def _state(self, kept: Mapping[str, Any]) -> str:
        """Return what to show of an offer: the furthest state, but done only when nothing is to come."""
        status = self._service.offer_status(kept["id"])
        shown = {_SHOWN_AS[state] for state in status.configurations.values()}
        return "working" if "working" in shown else _SHOWN_AS[status.state]


_SHOWN_AS = {
    OfferState.OFFERED: "open",
    OfferState.REDEEMED: "working",
    OfferState.DEFERRED: "working",
    OfferState.ISSUED: "done",
    OfferState.ACCEPTED: "done",
    OfferState.FAILED: "failed",
    OfferState.DELETED: "done",
    OfferState.DEAD: "expired",
    OfferState.ENDED: "expired",
}


def _id_of(secret: str) -> str:
    """Return what a session is kept under: whoever reads the store cannot take it over."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _see(path: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"location": path, "cache-control": "no-store"}, body=b"")


def _problem(reader: Reader, *, status: int) -> HttpResponse:
    return page("problem.html", reader, status=status)


def _with_cookie(response: HttpResponse, name: str, value: str, origin: str) -> HttpResponse:
    secure = "; Secure" if origin.startswith("https:") else ""
    age = int(HOUR.total_seconds()) if value else 0
    cookie = f"{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}"
    return HttpResponse(status=response.status, headers={**response.headers, "set-cookie": cookie}, body=response.body)


def _cookies(header: str) -> dict[str, str]:
    return {name: value for name, _, value in (pair.strip().partition("=") for pair in header.split(";"))}
