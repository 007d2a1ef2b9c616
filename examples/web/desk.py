# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A business that asks for certificates: a QR code for another device, a link for this one, and what was verified.

Each request has a browser session of its own, so that what was verified is shown in the browser that asked and in no
other.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from vcwallet import Ask, Channel, VcError, VerifierService
from vcwallet.adapters import qr
from vcwallet.flow import HttpResponse
from vcwallet.japan import JST
from vcwallet.protocols.openid4vp.transaction_data import TransactionDetails, transaction_text
from vcwallet.verifier.openid4vp import AnswerRefusedError, DeclinedError
from vcwallet.verifier.verified import Evidence
from web.pages import Look, Reader
from web.reading import Types
from web.site import Site, Visit, see, tell

WAIT = "/wait"
KEPT = timedelta(minutes=15)
"""As long as the service knows a transaction; what is kept longer fills up, and anybody can ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What people have a business do, and confirm by showing who they are (OpenID4VP 1.0, section 8.4).

    Attributes:
        purpose: the code of what it is registered for.
        asks: what it needs to know.
        details: just what is confirmed.
        done: what it says when that is confirmed, in Japanese and English.
    """

    purpose: str
    asks: tuple[Ask, ...]
    details: TransactionDetails
    done: tuple[str, str]

    def lines(self, reader: Reader) -> list[tuple[str, str]]:
        """Return what is confirmed, line by line."""
        shown = self.details.model_dump(mode="json", exclude={*TransactionDetails.model_fields})
        return [(reader(**self.details.labels[name]), str(value)) for name, value in shown.items()]

    def title(self, reader: Reader) -> str:
        """Return what kind of thing it is."""
        return reader(**self.details.labels[""])

    @property
    def text(self) -> str:
        """What a wallet authorises: just this text."""
        return transaction_text(self.details)


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """What one business asks for.

    Attributes:
        look: its pages.
        headline: what the person wants from it, in Japanese and English.
        purpose: the code of what it is registered for.
        asks: what it needs.
        too_much: what it is not registered for, to show that a wallet refuses that.
        done: what it says when it has what it needs, in Japanese and English.
        order: what people can have it do, if they can, and confirm that with their wallet.
    """

    look: Look
    headline: tuple[str, str]
    purpose: str
    asks: tuple[Ask, ...]
    too_much: Ask
    done: tuple[str, str]
    order: Order | None = None


class Desk(Site):
    """The pages of a business beside its verifier's service."""

    def __init__(
        self,
        business: Business,
        service: VerifierService,
        *,
        origin: str,
        types: Types,
        clock: Callable[[], datetime],
        wallet: str,
    ) -> None:
        """Serve pages at `origin`; `wallet` is where a wallet on this device is opened."""
        pages = {
            ("GET", "/"): self._home,
            ("POST", "/ask"): self._ask,
            ("GET", WAIT): self._wait,
            ("GET", "/status"): self._status,
            ("GET", "/result"): self._come_back,
            ("POST", "/forget"): self._forget_it,
        }
        super().__init__(business.look, origin=origin, clock=clock, cookie=business.look.id, pages=pages)
        self._business, self._service, self._types, self._wallet = business, service, types, wallet

    def _home(self, visit: Visit) -> HttpResponse:
        return self._page(
            "desk.html",
            visit,
            headline=self._business.headline,
            wanted=self._wanted(visit.reader),
            order=self._business.order,
        )

    def _wanted(self, reader: Reader) -> list[tuple[str, list[str]]]:
        return [
            (reader.name_of(one.type), [self._types.label(one.type.vct, path, reader) for path in one.paths])
            for one in self._business.asks
        ]

    def _ask(self, visit: Visit) -> HttpResponse:
        is_here, what, business = visit.form.get("way") == "here", visit.form.get("what"), self._business
        order = business.order if what == "order" else None
        asks = business.asks if order is None else order.asks
        if what == "too_much":
            asks = (*asks, business.too_much)
        session = secrets.token_urlsafe(32)
        begun = self._service.begin(
            *asks,
            purpose=business.purpose if order is None else order.purpose,
            channel=Channel.SAME_DEVICE if is_here else Channel.CROSS_DEVICE,
            session=session,
            transactions=() if order is None else (order.details,),
        )
        kept = {"transaction": begun.transaction_id, "link": begun.link or "", "is_here": is_here}
        kept["is_order"] = order is not None
        kept["expires"] = f"{begun.expires.astimezone(JST):%H:%M}"
        # The cookie finds what is kept, and is the session that the service knows.
        self._remember("request", kept, visit.at, secret=session, lifetime=KEPT)
        return self._visited(see(WAIT), session)

    def _wait(self, visit: Visit) -> HttpResponse:
        kept = self._recall("request", visit.cookie, visit.at)
        if kept is None:
            return see("/")
        state, reason = self._state(visit, kept)
        link, order = kept["link"], self._business.order if kept["is_order"] else None
        found = self._verified(visit, kept) if state == "verified" else []
        return self._page(
            "wait.html",
            visit,
            state=state,
            reason=reason,
            is_here=kept["is_here"],
            link=f"{self._wallet}?{link.partition('?')[2]}",
            picture=base64.b64encode(qr.draw(link).png(scale=6)).decode(),
            expires=kept["expires"],
            done=self._business.done if order is None else order.done,
            order=order,
            is_confirmed=order is not None and any(order.text in one.transaction_data for one in found),
            credentials=[self._shown(one, visit.reader) for one in found],
        )

    def _status(self, visit: Visit) -> HttpResponse:
        kept = self._recall("request", visit.cookie, visit.at)
        return tell({"state": "expired" if kept is None else self._state(visit, kept)[0]})

    def _come_back(self, visit: Visit) -> HttpResponse:
        """Take the person back whom the wallet has sent here, in the browser that has asked and in no other."""
        try:
            self._service.redeem(visit.query.get("response_code", ""), session=visit.cookie)
        except (DeclinedError, AnswerRefusedError):
            pass  # the page says so
        except VcError:
            return self._problem(visit.reader, status=403)
        return see(WAIT)

    def _forget_it(self, visit: Visit) -> HttpResponse:
        kept = self._recall("request", visit.cookie, visit.at)
        if kept is not None:
            self._service.forget(kept["transaction"], session=visit.cookie)
            self._forget("request", visit.cookie, visit.at)
        return self._visited(see("/"), "")

    def _state(self, visit: Visit, kept: dict[str, Any]) -> tuple[str, str | None]:
        try:
            status = self._service.status(kept["transaction"], session=visit.cookie)
        except VcError:
            return "expired", None
        return str(status.state.value), status.reason

    def _verified(self, visit: Visit, kept: dict[str, Any]) -> list[Evidence]:
        found = self._service.result(kept["transaction"], session=visit.cookie).verified
        return [one for given in found.credentials.values() for one in given]

    def _shown(self, one: Evidence, reader: Reader) -> dict[str, Any]:
        issuer = one.issuer.name
        status = one.status_result
        return {
            "name": self._types.name(one.type_id, reader),
            "lines": self._types.lines(one.type_id, one.claims, reader),
            "issuer": issuer.get(reader.language) or next(iter(issuer.values()), one.issuer.party),
            "format": one.format,
            "status": status.state.value,
            "holder_proved": one.holder_proved,
        }
