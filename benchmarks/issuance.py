# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An issuer's service under uvicorn in a process of its own, and wallets that collect from it over loopback.

The wallets make each message themselves, so that what is measured is the service.
"""

from __future__ import annotations

import http.client
import resource
import secrets
import socket
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from benchmarks.scene import RECORD, Residence
from vcwallet import (
    CredentialIssuerService,
    CredentialType,
    Enrolment,
    Issuer,
    Offering,
    PublishedTrust,
    SdJwtVc,
    SqlLedger,
    SqlSessions,
    TrustRegistry,
    Wallet,
)
from vcwallet.adapters.http import HttpClient
from vcwallet.adapters.local import system_clock
from vcwallet.adapters.web import RateLimit, issuer_app
from vcwallet.adapters.web.server import serve
from vcwallet.encoding import json
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.oauth.dpop import make_proof
from vcwallet.protocols.oauth.form import form_body
from vcwallet.protocols.oauth.token import PreAuthorizedCodeGrant
from vcwallet.protocols.openid4vci.jwt_proof import make_jwt_proof
from vcwallet.protocols.openid4vci.offer import CredentialOffer, OfferReference, read_offer, read_offer_link

PASSPHRASE = "correct horse battery staple"
LISTS = "https://status.example/lists"
WALLETS, COLLECTIONS = 50, 20
_WARM = 50
"""Collections before anything is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceRates:
    """What it costs to collect one SD-JWT VC by a pre-authorised code.

    Attributes:
        cpu: of the service, for token and credential, in seconds; HTTP and database included.
        wall: from the offer to the credential, with one client, in seconds: the median, and that of 99 of 100.
        kept: from the offer to the credential in a wallet of ours, with every check and its SQLite file, in seconds.
        rate: collections per second with many wallets at once.
        collections: how many those were.
        errors: how many of them failed.
        before: the service's memory before those, in MiB.
        after: and after.
    """

    cpu: float
    wall: float
    slow: float
    kept: float
    rate: float
    collections: int
    errors: int
    before: float
    after: float


def run(wallets: int = WALLETS, collections: int = COLLECTIONS, rounds: int = 200) -> IssuanceRates:
    """Measure everything."""
    with tempfile.TemporaryDirectory() as folder, _service(Path(folder) / "service.db") as service:
        for _ in range(_WARM):
            _collect(service)
        cpu = _cpu_of_exchange(service, rounds)
        walls = sorted(_timed(service) for _ in range(rounds))
        kept = _kept(service, Path(folder) / "wallet.db", max(10, rounds // 5))
        _load(service, wallets, 2)  # threads and connections that are there from now on
        before = service.usage()[1]
        spent, errors = _load(service, wallets, collections)
        after = service.usage()[1]
    return IssuanceRates(
        cpu=cpu,
        wall=median(walls),
        slow=walls[int(0.99 * len(walls))],
        kept=kept,
        rate=wallets * collections / spent,
        collections=wallets * collections,
        errors=errors,
        before=before,
        after=after,
    )


# --- the service -----------------------------------------------------------------------------------------------------


@dataclass
class Service:
    """A service in another process."""

    host: str
    pipe: Connection
    trust: PublishedTrust

    @property
    def identifier(self) -> str:
        """Its credential issuer identifier."""
        return f"http://{self.host}"

    def ask(self, what: str) -> object:
        """Return what the other process answers."""
        self.pipe.send(what)
        return self.pipe.recv()

    def offers(self, count: int) -> list[str]:
        """Return the links of fresh offers."""
        links = self.ask(str(count))
        assert isinstance(links, list)
        return links

    def usage(self) -> tuple[float, float]:
        """Return the CPU time that the process has used, in seconds, and its memory, in MiB."""
        used = self.ask("usage")
        assert isinstance(used, tuple)
        return used


@contextmanager
def _service(path: Path) -> Iterator[Service]:
    registry = TrustRegistry.create("Registry")
    enrolment = registry.enrol_issuer("City", may_issue=[Residence]).to_json(PASSPHRASE)
    processes = get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(target=_serve, args=(theirs, str(path), enrolment))
    process.start()
    try:
        yield Service(host=f"127.0.0.1:{ours.recv()}", pipe=ours, trust=registry.published())
    finally:
        ours.send("stop")
        process.join()


class _Records:
    def find(self, subject: str, kind: type[CredentialType], /, *, at: datetime) -> CredentialType:
        return RECORD


def _serve(pipe: Connection, path: str, enrolment: bytes) -> None:
    with (
        SqlLedger.create(path, lists=LISTS) as ledger,
        SqlSessions.open(path) as sessions,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        port = listening.getsockname()[1]
        service = CredentialIssuerService(
            Issuer(Enrolment.from_json(enrolment, PASSPHRASE), ledger=ledger),
            identifier=f"http://127.0.0.1:{port}",
            display={"en": "City"},
            offered=[Offering(type=Residence, format=SdJwtVc, valid_for=timedelta(days=90))],
            records=_Records(),
            sessions=sessions,
            secret=secrets.token_bytes(32),
        )
        app = issuer_app(service, rate_limit=RateLimit(per_second=1e6, burst=10**6))
        with serve(app, socket=listening):
            pipe.send(port)
            while (asked := pipe.recv()) != "stop":
                pipe.send(_usage() if asked == "usage" else _offers(service, int(asked)))


def _offers(service: CredentialIssuerService, count: int) -> list[str]:
    ids = list(service.metadata.supported)
    return [service.offer(f"resident {number}", ids, tx_code=None).reference_link for number in range(count)]


def _usage() -> tuple[float, float]:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return time.process_time(), pages * resource.getpagesize() / 2**20


# --- the wallets -----------------------------------------------------------------------------------------------------


@dataclass
class Collector:
    """A wallet with one connection."""

    service: Service
    dpop: SoftwareSigner = field(default_factory=SoftwareSigner.generate)
    holder: SoftwareSigner = field(default_factory=SoftwareSigner.generate)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(self.service.host)

    def collect(self, link: str) -> str:
        """Return the credential of an offer."""
        offer = read_offer_link(link)
        if isinstance(offer, OfferReference):
            offer = read_offer(self.request("GET", offer.uri.removeprefix(self.service.identifier)))
        self.request("GET", "/.well-known/openid-credential-issuer")
        self.request("GET", "/.well-known/oauth-authorization-server")
        nonce = str(json.loads_object(self.request("POST", "/nonce"))["c_nonce"])
        return self.exchange(offer, nonce)

    def exchange(self, offer: CredentialOffer, nonce: str) -> str:
        """Return the credential of an offer: one request for the token, and one for the credential."""
        assert offer.pre_authorized_code is not None
        grant = PreAuthorizedCodeGrant(pre_authorized_code=offer.pre_authorized_code.pre_authorized_code)
        form = form_body(grant.parameters())
        answer = self.request("POST", "/token", form, **{"content-type": "application/x-www-form-urlencoded"})
        token = str(json.loads_object(answer)["access_token"])
        proof = make_jwt_proof(self.holder, issuer=self.service.identifier, at=system_clock(), nonce=nonce)
        body = json.dumps(
            {"credential_configuration_id": offer.credential_configuration_ids[0], "proofs": {"jwt": [proof]}}
        )
        given = {"content-type": "application/json", "authorization": f"DPoP {token}"}
        answer = self.request("POST", "/credential", body, token=token, **given)
        return str(json.loads_object(answer)["credentials"][0]["credential"])

    def request(self, method: str, path: str, body: bytes = b"", *, token: str | None = None, **headers: str) -> bytes:
        """Return the body of an answer; a request with header fields has a DPoP proof."""
        if headers:
            url = self.service.identifier + path
            headers["dpop"] = make_proof(self.dpop, method=method, url=url, at=system_clock(), access_token=token)
        self.connection.request(method, path, body=body, headers=headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{path}: {response.status} {answer!r}")
        return answer


def _collect(service: Service) -> str:
    return Collector(service).collect(service.offers(1)[0])


def _timed(service: Service) -> float:
    [link], wallet = service.offers(1), Collector(service)
    start = time.perf_counter()
    wallet.collect(link)
    return time.perf_counter() - start


def _kept(service: Service, place: Path, rounds: int) -> float:
    """Return the median time in which a wallet of ours collects and keeps one credential."""
    times = []
    with (
        Wallet.create(place, passphrase=PASSPHRASE, trust=service.trust) as wallet,
        HttpClient(private_hosts=[service.host]) as http,
    ):
        for link in service.offers(rounds):
            start = time.perf_counter()
            collected = wallet.collect(link, http=http, approve=lambda prompt: not prompt.needs_browser)
            times.append(time.perf_counter() - start)
            assert collected.cards
    return median(times)


def _cpu_of_exchange(service: Service, rounds: int) -> float:
    """Return the service's CPU time for one token and one credential, given all that goes before."""
    wallet = Collector(service)
    prepared: list[tuple[CredentialOffer, str]] = []
    for link in service.offers(rounds):
        reference = read_offer_link(link)
        assert isinstance(reference, OfferReference)
        offer = read_offer(wallet.request("GET", reference.uri.removeprefix(service.identifier)))
        prepared.append((offer, str(json.loads_object(wallet.request("POST", "/nonce"))["c_nonce"])))
    before = service.usage()[0]
    for offer, nonce in prepared:
        wallet.exchange(offer, nonce)
    return (service.usage()[0] - before) / rounds


def _load(service: Service, wallets: int, collections: int) -> tuple[float, int]:
    """Let wallets collect at once, and return how long it took and how many failed."""
    links = iter(service.offers(wallets * collections))
    shares = [[next(links) for _ in range(collections)] for _ in range(wallets)]

    def use(share: list[str]) -> int:
        failed, wallet = 0, Collector(service)
        for link in share:
            try:
                wallet.collect(link)
            except (OSError, RuntimeError, http.client.HTTPException):
                failed, wallet = failed + 1, Collector(service)
        return failed

    start = time.perf_counter()
    with ThreadPoolExecutor(wallets) as pool:
        errors = sum(pool.map(use, shares))
    return time.perf_counter() - start, errors


if __name__ == "__main__":
    print(run())
