# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The whole story in a browser: a city, a wallet, a rental agency and a bank, each on a port of this machine.

    make web                        starts all of it on this machine, ports 8011 to 8014, until Ctrl-C

Every party is a server of its own, and they know of each other what they would know anywhere: the registry's list, and
what comes through links and QR codes.  The wallet belongs on its holder's own device, and is reached from there alone.
"""

from __future__ import annotations

import argparse
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from city_service import CARD_HOLDER, LISTS, CityService
from stage import emptied
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from web.desk import Business, Desk, Order
from web.pages import Look
from web.reading import Types
from web.transactions import TYPE as OPENING
from web.transactions import AccountOpening
from web.wallet import WalletSite

from vcwallet import Channel, SqlSessions, Verifier, VerifierService, WalletClient, ask
from vcwallet.adapters.http import HttpClient
from vcwallet.adapters.local import system_clock
from vcwallet.adapters.web import serve, verifier_app
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.japan import ResidenceRecord, TaxAssessment, purposes
from vcwallet.trust.registration import IntendedUse

PORTS = (8011, 8012, 8013, 8014)

RENTAL = Business(
    look=Look(
        id="rental",
        name=("みなと不動産", "Minato Homes"),
        about=("賃貸のお申込み", "rental applications"),
        footer=("株式会社みなと不動産（架空）", "Minato Homes, Ltd. (fictional)"),
    ),
    headline=("部屋を申し込む", "Apply for a flat"),
    purpose=purposes.TENANCY.code,
    asks=(
        ask(ResidenceRecord, "full_name", "resident_address.formatted"),
        ask(TaxAssessment, "income_above.1500000"),
    ),
    too_much=ask(ResidenceRecord, "registered_domicile"),
    done=("お申込みを受け付けました。", "We have your application."),
)
BANK = Business(
    look=Look(
        id="bank",
        name=("さくら銀行", "Sakura Bank"),
        about=("ローンのお申込み", "loan applications"),
        footer=("株式会社さくら銀行（架空）", "Sakura Bank, Ltd. (fictional)"),
    ),
    headline=("ローンを申し込む", "Apply for a loan"),
    purpose=purposes.LOAN_UNDERWRITING.code,
    asks=(
        ask(ResidenceRecord, "full_name", "birth_date"),
        ask(TaxAssessment, "income_above.3000000"),
    ),
    too_much=ask(ResidenceRecord, "registered_domicile"),
    done=("審査に必要な情報を受け取りました。", "We have what we need to decide."),
    order=Order(
        purpose=purposes.KYC_AMLCFT.code,
        asks=(ask(ResidenceRecord, "full_name", format="dc+sd-jwt"),),
        details=AccountOpening(
            type=OPENING, credential_ids=("residence_record",), branch="みらい支店", account="普通預金"
        ),
        done=("口座の開設を承認いただきました。", "You have confirmed that we open the account."),
    ),
)


def _use(registered: IntendedUse, domain: str) -> IntendedUse:
    return replace(registered, contact=f"privacy@{domain}", privacy_policy=f"https://{domain}/privacy")


USES = {
    "rental": [_use(purposes.TENANCY, "minato-homes.example")],
    "bank": [_use(one, "sakura-bank.example") for one in (purposes.LOAN_UNDERWRITING, purposes.KYC_AMLCFT)],
}


class WebDemo:
    """All servers of the demo; they run between entering and leaving."""

    def __init__(self, folder: Path, *, ports: Sequence[int] = (0, 0, 0, 0)) -> None:
        """Put everything together.

        Args:
            folder: for the databases and the wallet's file; they must not be there yet.
            ports: of 127.0.0.1, for the city, the wallet, the rental agency and the bank; 0 takes one that is free.
        """
        city_port, *others = ports
        self._sockets = [socket.create_server(("127.0.0.1", port)) for port in others]
        wallet, rental, bank = (one.getsockname()[1] for one in self._sockets)
        # Browsers show a cookie to every port of its host.  The wallet has a host of its own, so that nobody else is
        # shown the cookie that opens it.
        self.wallet = f"http://localhost:{wallet}"
        self.rental, self.bank = f"http://127.0.0.1:{rental}", f"http://127.0.0.1:{bank}"
        self.city = CityService(folder, port=city_port, wallet=f"{self.wallet}/start")
        self._stack = ExitStack()
        businesses = [
            self._business(RENTAL, self.rental, folder),
            self._business(BANK, self.bank, folder),
        ]
        hosts = [urlsplit(origin).netloc for origin in (self.city.origin, self.rental, self.bank)]
        http = self._stack.enter_context(HttpClient(private_hosts=hosts))
        site = WalletSite(
            origin=self.wallet,
            path=folder / "wallet.db",
            trust=self.city.registry.published(),
            client=WalletClient(redirect_uri=f"{self.wallet}/returned", attester=self.city.provider.attester()),
            http=lambda request: self.city.lists(request) if request.url.startswith(LISTS) else http(request),
            clock=system_clock,
        )
        self._stack.callback(site.close)
        self._apps = [_pages(site.routes()), *businesses]

    def _business(self, business: Business, origin: str, folder: Path) -> Starlette:
        ja, en = business.look.name
        enrolment = self.city.registry.enrol_verifier({"ja": ja, "en": en}, purposes=USES[business.look.id])
        verifier = self._stack.enter_context(Verifier(enrolment, http=self._status_list))
        service = VerifierService(
            verifier,
            address=f"{origin}/openid4vp",
            channels=[Channel.CROSS_DEVICE, Channel.SAME_DEVICE],
            sessions=SqlSessions.open(folder / f"{business.look.id}.db"),
            result_page=f"{origin}/result",
        )
        types = Types(self.city.registry.published(), at=system_clock())
        desk = Desk(business, service, origin=origin, types=types, clock=system_clock, wallet=f"{self.wallet}/start")
        return verifier_app(service, pages=desk.routes())

    def _status_list(self, request: HttpRequest) -> HttpResponse:
        """Reach the host of the status lists, which would be on the internet."""
        return self.city.lists(request)

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._stack.enter_context(self.city)
        for app, listening in zip(self._apps, self._sockets, strict=True):
            self._stack.enter_context(serve(app, socket=listening, lifespan="off"))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End, once what was asked is answered."""
        self._stack.close()


def _pages(routes: Sequence[BaseRoute]) -> Starlette:
    return Starlette(routes=list(routes))


def main() -> None:
    """Read the command line, and serve until Ctrl-C."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ports", type=int, nargs=4, default=PORTS, help="city, wallet, rental agency, bank")
    parser.add_argument("--out", type=Path, default=Path("build") / "web_demo", help="where to write files")
    arguments = parser.parse_args()
    with WebDemo(emptied(arguments.out), ports=arguments.ports) as demo:
        print(f"the city:           {demo.city.origin}/   log in as {CARD_HOLDER}, password {demo.city.password}")
        print(f"your wallet:        {demo.wallet}/")
        print(f"the rental agency:  {demo.rental}/")
        print(f"the bank:           {demo.bank}/")
        print("Ctrl-C ends all of them.", flush=True)
        try:
            Event().wait()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
