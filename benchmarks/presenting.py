# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A verifier's service under uvicorn in a process of its own, and a wallet that presents to it over loopback.

Each time an SD-JWT VC and an mdoc are asked for by reference, fetched with a fresh value of the wallet, and posted
encrypted; the clock runs from the link to the verified answer, with all that the wallet does.
"""

from __future__ import annotations

import resource
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.scene import PURPOSE, RECORD, THREE, Residence
from vcwallet import (
    Channel,
    Enrolment,
    Issuer,
    Mdoc,
    SdJwtVc,
    SqlSessions,
    TrustRegistry,
    Verifier,
    VerifierService,
    Wallet,
    ask,
)
from vcwallet.adapters.http import HttpClient
from vcwallet.adapters.local import system_clock
from vcwallet.adapters.web import RateLimit, serve, verifier_app
from vcwallet.flow import run as run_flow
from vcwallet.protocols.openid4vp.direct_post import post_answer, read_reply
from vcwallet.protocols.openid4vp.request_uri import RequestReference, fetching, read_request_link

PASSPHRASE = "correct horse battery staple"
SESSION = "the browser session of the measurement"
ROUNDS = 100
_WARM = 20
"""Presentations before anything is measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentationRates:
    """What it costs to present an SD-JWT VC and an mdoc together.

    Attributes:
        cpu: of the service, from asking to the collected result, in seconds; HTTP and database included.
        wall: from the link to the reply, in seconds: the median.
        slow: and that of 99 of 100.
        before: the service's memory before, in MiB.
        after: and after.
    """

    cpu: float
    wall: float
    slow: float
    before: float
    after: float


def run(rounds: int = ROUNDS) -> PresentationRates:
    """Measure everything."""
    with tempfile.TemporaryDirectory() as folder, _scene(Path(folder)) as (wallet, service):
        http = HttpClient(private_hosts=["127.0.0.1"])
        for _ in range(_WARM):
            _present(wallet, service, http)
        before_cpu, before = service.usage()
        walls = sorted(_present(wallet, service, http) for _ in range(rounds))
        after_cpu, after = service.usage()
    return PresentationRates(
        cpu=(after_cpu - before_cpu) / rounds,
        wall=median(walls),
        slow=walls[int(0.99 * len(walls))],
        before=before,
        after=after,
    )


def _present(wallet: Wallet, service: _Service, http: HttpClient) -> float:
    """Present once, and return how long it took from the link to the reply."""
    transaction_id, link = service.ask("begin")
    start = time.perf_counter()
    reference = read_request_link(link)
    assert isinstance(reference, RequestReference)
    request = run_flow(fetching(reference, at=system_clock()), http)
    answer = wallet.present(wallet.match(request).approve())
    read_reply(http(post_answer(answer, target=request.target)))
    spent = time.perf_counter() - start
    assert service.ask(transaction_id) == ["dc+sd-jwt", "mso_mdoc"]
    return spent


@dataclass
class _Service:
    """A service in another process."""

    pipe: Connection

    def ask(self, what: str) -> Any:
        """Return what the other process says."""
        self.pipe.send(what)
        return self.pipe.recv()

    def usage(self) -> tuple[float, float]:
        """Return the CPU time that the process has used, in seconds, and its memory, in MiB."""
        cpu, memory = self.ask("usage")
        return float(cpu), float(memory)


@contextmanager
def _scene(folder: Path) -> Iterator[tuple[Wallet, _Service]]:
    registry = TrustRegistry.create("Registry")
    city = Issuer(registry.enrol_issuer("City", may_issue=[Residence]))
    shop = registry.enrol_verifier("Shop", purposes=[PURPOSE]).to_json(PASSPHRASE)
    processes = get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(target=_serve, args=(theirs, str(folder), shop))
    process.start()
    try:
        ours.recv()
        with Wallet.create(folder / "wallet.db", passphrase=PASSPHRASE, trust=registry.published()) as wallet:
            for format in (SdJwtVc, Mdoc):
                holder, lasts = wallet.new_holder_key(), timedelta(days=90)
                wallet.receive(city.issue(RECORD, format=format, holder=holder, valid_for=lasts))
            yield wallet, _Service(pipe=ours)
    finally:
        ours.send("stop")
        process.join()


def _serve(pipe: Connection, folder: str, enrolment: bytes) -> None:
    path = Path(folder) / "verifier.db"
    with (
        Verifier(Enrolment.from_json(enrolment, PASSPHRASE), path=path) as shop,
        SqlSessions.open(path) as sessions,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        service = VerifierService(
            shop,
            address=f"http://127.0.0.1:{listening.getsockname()[1]}",
            channels=[Channel.CROSS_DEVICE],
            sessions=sessions,
        )
        app = verifier_app(service, rate_limit=RateLimit(per_second=1e6, burst=10**6))
        with serve(app, socket=listening):
            pipe.send("ready")
            while (asked := pipe.recv()) != "stop":
                pipe.send(
                    _usage() if asked == "usage" else _begin(service) if asked == "begin" else _read(service, asked)
                )


def _said(service: VerifierService, asked: str) -> object:
    match asked:
        case "usage":
            return _usage()
        case "begin":
            return _begin(service)
        case transaction_id:
            return _read(service, transaction_id)


def _begin(service: VerifierService) -> tuple[str, str]:
    asked = (ask(Residence, *THREE, format=format) for format in ("dc+sd-jwt", "mso_mdoc"))
    begun = service.begin(*asked, purpose=PURPOSE.code, channel=Channel.CROSS_DEVICE, session=SESSION)
    return begun.transaction_id, str(begun.link)


def _read(service: VerifierService, transaction_id: str) -> list[str]:
    verified = service.result(transaction_id, session=SESSION).verified
    return [one.format for one in verified.evidence(Residence)]


def _usage() -> tuple[float, float]:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return time.process_time(), pages * resource.getpagesize() / 2**20
