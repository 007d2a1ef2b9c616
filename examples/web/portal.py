# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The agency's portal: log in, choose certificates, and show the offer as a QR code, a link and digits to type.

Who has logged in is told by a cookie, and nobody but the one who made an offer sees it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from municipal_database import MunicipalDatabase

from vcwallet import CredentialType
from vcwallet.adapters import qr
from vcwallet.flow import HttpResponse
from vcwallet.issuer.openid4vci import DIGITS, CredentialIssuerService, GrantType, IssuedOffer, Offering, OfferState
from vcwallet.japan import JST, HouseholdRecord
from web.pages import CITY
from web.site import Site, Visit, id_of, see, tell

LOGIN, CHOOSE, OFFERS = "/city/login", "/city/choose", "/city/offers"
SLOW = (HouseholdRecord.vct,)


class Portal(Site):
    """The pages of a city beside its issuer's service."""

    def __init__(
        self,
        service: CredentialIssuerService,
        *,
        origin: str,
        database: MunicipalDatabase,
        offered: Sequence[Offering],
        clock: Callable[[], datetime],
        revoke: Callable[[str], int],
        wallet: str | None = None,
    ) -> None:
        """Serve pages at `origin`.

        Args:
            service: makes the offers.
            origin: where the pages are.
            database: knows the people.
            offered: what there is to collect.
            clock: tells the time.
            revoke: takes back all that was issued to a person, and returns how many that were.
            wallet: where a wallet on this device is opened, if it is a web page; by default by the scheme of offers.
        """
        pages = {
            ("GET", "/"): self._home,
            ("GET", LOGIN): self._login_page,
            ("POST", LOGIN): self._log_in,
            ("POST", "/city/logout"): self._log_out,
            ("GET", CHOOSE): self._choose,
            ("POST", "/city/revoke"): self._take_back,
            ("POST", OFFERS): self._make_offer,
            ("POST", "/city/start"): self._start,
            ("GET", OFFERS): self._show_offer,
            ("GET", f"{OFFERS}/status"): self._tell_status,
        }
        super().__init__(CITY, origin=origin, clock=clock, cookie="visitor", pages=pages)
        self._service, self._database, self._revoke, self._wallet = service, database, revoke, wallet
        self._offered = {(offering.type.vct, offering.writer.format): offering for offering in offered}

    # --- pages --------------------------------------------------------------------------------------------------------

    def _home(self, visit: Visit) -> HttpResponse:
        kinds = list(dict.fromkeys(offering.type for offering in self._offered.values()))
        return self._page("home.html", visit, kinds=kinds)

    def _login_page(self, visit: Visit) -> HttpResponse:
        return self._page("login.html", visit, action=LOGIN, problem=False)

    def _log_in(self, visit: Visit) -> HttpResponse:
        number = visit.form.get("number", "").strip().upper()
        person = self._database.log_in(number, visit.form.get("password", ""))
        if person is None:
            return self._page("login.html", visit, status=403, action=LOGIN, problem=True)
        # A new cookie for each log-in: one that somebody else has planted is worth nothing.
        secret = self._remember("visitor", {"person": person}, visit.at)
        return self._visited(see(CHOOSE), secret)

    def _log_out(self, visit: Visit) -> HttpResponse:
        self._forget("visitor", visit.cookie, visit.at)
        return self._visited(see("/"), "")

    def _choose(self, visit: Visit, *, problem: bool = False, revoked: int | None = None) -> HttpResponse:
        person = self._person(visit)
        if person is None:
            return see(LOGIN)
        return self._page(
            "choose.html",
            visit,
            name=self._database.name_of(person),
            kinds=self._kinds_for(person),
            slow=SLOW,
            problem=problem,
            revoked=revoked,
        )

    def _take_back(self, visit: Visit) -> HttpResponse:
        """Take back what was issued to somebody who says that their wallet was lost."""
        person = self._person(visit)
        return see(LOGIN) if person is None else self._choose(visit, revoked=self._revoke(person))

    def _make_offer(self, visit: Visit) -> HttpResponse:
        person = self._person(visit)
        if person is None:
            return see(LOGIN)
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
        return self._visited(shown, secret)

    def _shown(
        self, offer: IssuedOffer, offered: Sequence[Offering], visit: Visit, *, back: str, cookie: str
    ) -> HttpResponse:
        kept = {
            "owner": id_of(cookie),
            "id": offer.id,
            "link": offer.reference_link,
            "tx_code": offer.tx_code or "",
            "expires": f"{offer.expires.astimezone(JST):%H:%M}",
            "kinds": [offering.type.vct for offering in offered],
            "back": back,
        }
        return see(f"{OFFERS}?id={self._remember('shown', kept, visit.at)}")

    def _show_offer(self, visit: Visit) -> HttpResponse:
        kept = self._kept_offer(visit)
        if kept is None:
            return self._problem(visit.reader, status=404)
        # The smaller the code, the faster it is read: it holds the address of the offer, and not the offer.
        picture = qr.draw(kept["link"]).png(scale=6)
        return self._page(
            "offer.html",
            visit,
            kinds=[kind for kind in self._kinds() if kind.vct in kept["kinds"]],
            state=self._state(kept),
            status_address=f"{OFFERS}/status?id={visit.query['id']}",
            picture=base64.b64encode(picture).decode(),
            link=self._link(kept["link"]),
            **{name: kept[name] for name in ("tx_code", "expires", "back")},
        )

    def _tell_status(self, visit: Visit) -> HttpResponse:
        kept = self._kept_offer(visit)
        if kept is None:
            return self._problem(visit.reader, status=404)
        return tell({"state": self._state(kept)})

    # --- what the pages share -----------------------------------------------------------------------------------------

    def _person(self, visit: Visit) -> str | None:
        return (self._recall("visitor", visit.cookie, visit.at) or {}).get("person")

    def _kept_offer(self, visit: Visit) -> dict[str, Any] | None:
        kept = self._recall("shown", visit.query.get("id", ""), visit.at)
        return kept if kept is not None and kept["owner"] == id_of(visit.cookie) else None

    def _link(self, link: str) -> str:
        return link if self._wallet is None else f"{self._wallet}?{link.partition('?')[2]}"

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
