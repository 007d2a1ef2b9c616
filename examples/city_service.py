# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Mirai City on this machine: a registry, the city's database, its issuer's service and its portal, under uvicorn.

    with CityService(folder) as city:
        print(city.origin, city.password)

An agency would run the same parts with an https address, its own database and log-in, and its keys in an HSM.
"""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from demo_card import DemoCard, DemoJpki
from municipal_database import KINDS, MunicipalDatabase
from web.login import CityLogin, card_page
from web.portal import Portal

from vcwallet import (
    CredentialIssuerService,
    Issuer,
    Mdoc,
    Offering,
    PublishedTrust,
    SdJwtVc,
    SqlLedger,
    SqlSessions,
    StatusHost,
    StatusSigner,
    TrustRegistry,
    WalletProvider,
)
from vcwallet.adapters.local import system_clock
from vcwallet.adapters.web import issuer_app, uvicorn_config
from vcwallet.errors import LocalProtocolError
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.formats.base import IssuerKey
from vcwallet.issuer import Publication
from vcwallet.japan import JST
from vcwallet.japan.jpki import JpkiLogin
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient

DATA = Path(__file__).parent / "data"
LISTS = "https://status.mirai.example/lists"
CARD_HOLDER = "R00001"
"""The resident who has the demonstration's card."""
NAME = {"ja": "みらい市", "en": "Mirai City"}
QUARTER = timedelta(days=90)
RESIDENTS_DESK = "residents desk"
AT_ONCE = Publication(lifetime=timedelta(days=1), ttl=timedelta(minutes=1), renew_before=timedelta(hours=12))
"""How long a verifier may rely on a status list: for a demonstration, as short as can be."""
Clock = Callable[[], datetime]


class CityService:
    """The city's service; it runs between entering and leaving."""

    def __init__(self, folder: Path, *, port: int = 0, clock: Clock = system_clock, wallet: str | None = None) -> None:
        """Put everything together.

        Args:
            folder: for the databases; they must not be there yet.
            port: of 127.0.0.1; 0 takes one that is free.
            clock: tells the time.
            wallet: where a wallet on the person's own device is opened, if it is a web page.
        """
        self._socket = socket.create_server(("127.0.0.1", port))
        self.origin: str = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.password: str = secrets.token_hex(4)
        registry = TrustRegistry.create("Demo trust registry", country="JP", clock=clock)
        enrolment = registry.enrol_issuer(NAME, code="999016", may_issue=list(KINDS.values()))
        provider = registry.enrol_wallet_provider("Demo wallet provider")
        signer = registry.enrol_status_signer(NAME, code="999016", supply_points=[LISTS])
        self.registry: TrustRegistry = registry
        self.trust: PublishedTrust = registry.published()
        self.provider: WalletProvider = WalletProvider(provider, clock=clock, wallet_name="Demo wallet")
        self.database: MunicipalDatabase = MunicipalDatabase(folder / "city.db")
        self.records: int = self.database.load(DATA, password=self.password)
        jpki = DemoJpki(at=clock())
        self.card: DemoCard = jpki.new_card()
        self.database.register_card(CARD_HOLDER, str(self.card.serial_number))
        card_login = JpkiLogin(
            issuer=self.origin,
            authorities=jpki.authorities,
            revocation=jpki.revocation,
            person=lambda identity: self.database.holder_of(str(identity.serial_number)),
            page=card_page,
        )
        self.offered: list[Offering] = [
            Offering(type=kind, format=format, valid_for=QUARTER)
            for kind in KINDS.values()
            for format in (SdJwtVc, Mdoc)
        ]
        ledger = SqlLedger.create(folder / "ledger.db", lists=LISTS)
        self._statuses = StatusSigner(signer, ledger=ledger, publication=AT_ONCE, clock=clock)
        self._lists = StatusHost(ledger, clock=clock)
        issuer = Issuer(enrolment, ledger=ledger, clock=clock, time_zone=JST)
        self.service: CredentialIssuerService = CredentialIssuerService(
            issuer,
            identifier=self.origin,
            display=NAME,
            offered=self.offered,
            login=CityLogin(database=self.database, card=card_login),
            records=self.database,
            sessions=SqlSessions.open(folder / "sessions.db"),
            secret=secrets.token_bytes(32),
            wallet_providers=TrustedListClient.follow(self.trust, store=MemoryStore(), at=clock()),
            signer=IssuerKey(signer=enrolment.signer, chain=enrolment.chain, identifier=enrolment.identifier),
            clock=clock,
        )
        portal = Portal(
            self.service,
            origin=self.origin,
            database=self.database,
            offered=self.offered,
            clock=clock,
            revoke=self.take_back,
            wallet=wallet,
        )
        app = issuer_app(self.service, pages=portal.routes())
        self._server = uvicorn.Server(uvicorn_config(app, lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def take_back(self, person: str) -> int:
        """Revoke all that was issued to a person who has lost their wallet, and return how many credentials that is."""
        try:
            return len(self.service.revoke(person, reason="the wallet was reported as lost", actor=RESIDENTS_DESK))
        except LocalProtocolError as error:
            if error.code != "NOT_ISSUED":
                raise
            return 0

    def lists(self, request: HttpRequest) -> HttpResponse:
        """Answer as the host of the city's status lists does, which is another machine; what is due is signed first."""
        self._statuses.publish()
        return self._lists(request)

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End, once what was asked is answered."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        self.database.close()

    def wait(self) -> None:
        """Serve until somebody ends it (Ctrl-C)."""
        try:
            while self._thread.is_alive():
                self._thread.join(1)
        except KeyboardInterrupt:
            pass
