# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Receiving many credentials against its floor: one signature each, and the same records sealed and inserted."""

from __future__ import annotations

import gc
import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.timing import Comparison
from vcwallet import Claim, Credential, CredentialType, Issuer, Mdoc, SdJwtVc, TrustRegistry, Wallet
from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, SqlStore
from vcwallet.keys import Algorithm
from vcwallet.keys.public import ECDSA
from vcwallet.storage import Put

TARGET = 5_000
ROUNDS = 8
AT_ONCE = 500
PASSPHRASE = "correct horse battery staple"
_RECORDS = ("credential", "holder_key_use", "history")


class Ticket(CredentialType, vct="urn:example:ticket:1", doctype="org.example.ticket.1", ja="券", en="Ticket"):
    """Two claims, as short credentials have them."""

    number: Annotated[int, Claim("番号", "Number")]
    event: Annotated[str, Claim("催し", "Event")]


def run(rounds: int = ROUNDS) -> list[Comparison]:
    """Measure what it takes to check and keep credentials, 500 in one commit, each bound to a key of its own."""
    return [row for name, format in (("SD-JWT VC", SdJwtVc), ("ISO mdoc", Mdoc)) for row in _rows(name, format, rounds)]


def _rows(name: str, format: type[SdJwtVc | Mdoc], rounds: int) -> list[Comparison]:
    registry = TrustRegistry.create("Registry")
    issuer = Issuer(registry.enrol_issuer("Organiser", may_issue=[Ticket]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with (
            Wallet.create(path / "wallet.db", passphrase=PASSPHRASE, trust=registry.published()) as wallet,
            SqlStore.create(path / "floor.db", passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY) as store,
        ):
            wallet.receive_all(_credentials(wallet, issuer, format, 1))
            sample = _sample(wallet)
            times: list[tuple[float, float, float]] = []
            for _ in range(rounds):
                credentials = _credentials(wallet, issuer, format, AT_ONCE)
                puts = [put for _ in credentials for put in _again(sample)]
                times.append(
                    (
                        _cpu(partial(wallet.receive_all, credentials)),
                        _cpu(_signatures(credentials)),
                        _cpu(partial(store.commit, *puts)),
                    )
                )
    return [
        _compared(name, times, lambda signed, stored: signed + stored),
        _compared("  against its signature alone", times, lambda signed, _: signed),
        _compared("  against storing alone", times, lambda _, stored: stored),
    ]


def _credentials(wallet: Wallet, issuer: Issuer, format: type[SdJwtVc | Mdoc], number: int) -> list[Credential]:
    return [
        issuer.issue(
            Ticket(number=at, event="祭"), format=format, holder=wallet.new_holder_key(), valid_for=timedelta(days=90)
        )
        for at in range(number)
    ]


def _sample(wallet: Wallet) -> list[Put]:
    """Return the records that one credential has left in the store."""
    newest = {kind: next(record for record in wallet._store.find(kind) if record.id != "head") for kind in _RECORDS}
    return [
        Put(kind, record.id, record.body, tags=(Ticket.vct,) if kind == "credential" else ())
        for kind, record in newest.items()
    ]


def _again(sample: Sequence[Put]) -> list[Put]:
    return [Put(put.collection, secrets.token_urlsafe(18), put.body, tags=put.tags, new=True) for put in sample]


def _signatures(credentials: Sequence[Credential]) -> Callable[[], None]:
    algorithm = ECDSA[Algorithm.ES256]
    key = ec.generate_private_key(ec.SECP256R1())
    signed = [(key.sign(raw, algorithm), raw) for raw in (one.raw.encode() for one in credentials)]
    public = key.public_key()

    def verify() -> None:
        for signature, data in signed:
            public.verify(signature, data, algorithm)

    return verify


def _cpu(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.process_time()
    work()
    return (time.process_time() - start) / AT_ONCE


def _compared(
    name: str, times: Sequence[tuple[float, float, float]], floor: Callable[[float, float], float]
) -> Comparison:
    floors = [floor(signed, stored) for _, signed, stored in times]
    taken = [taken for taken, _, _ in times]
    return Comparison(
        name=name,
        per_second=1 / median(taken),
        floor_per_second=1 / median(floors),
        ratio=median(low / high for low, high in zip(floors, taken, strict=True)),
        target=None,
    )
