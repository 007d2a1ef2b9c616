# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet of many credentials: filling it, opening it, looking one up, and answering a query for two of them."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import quantiles
from typing import Annotated

from benchmarks.timing import seconds
from vcwallet import (
    Claim,
    Credential,
    CredentialType,
    Grant,
    IntendedUse,
    Issuer,
    SdJwtVc,
    TrustRegistry,
    Verifier,
    Wallet,
    ask,
)
from vcwallet.adapters.store import SqlStore
from vcwallet.adapters.store.header import RECOMMENDED, Header
from vcwallet.keys.software import SoftwareSigner
from vcwallet.storage import Put
from vcwallet.wallet.cards import COLLECTION, Card, card_id

CREDENTIALS = 100_000
MANY_CREDENTIALS = 1_000_000
RECEIVED = 2_000
LOOK_UPS = 2_000
PASSPHRASE = "correct horse battery staple"


class Ticket(CredentialType, vct="urn:example:ticket:1", ja="券", en="Ticket"):
    """The bulk of the wallet."""

    number: Annotated[int, Claim("番号", "Number")]
    event: Annotated[str, Claim("催し", "Event")]


class Pass(CredentialType, vct="urn:example:pass:1", ja="会員証", en="Pass"):
    """A thousand of these."""

    number: Annotated[int, Claim("番号", "Number")]
    name: Annotated[str, Claim("名前", "Name")]


USE = IntendedUse(
    code="entry",
    text={"en": "To let you in"},
    grants=(Grant(Ticket.vct, (("number",), ("event",))), Grant(Pass.vct, (("number",), ("name",)))),
    retention_days=0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeWallet:
    """Seconds of wall-clock time; `opened` includes a key derivation, as `derived` is one by itself.

    `stored` is for all credentials, checked before; `received` for each of 2,000 that are checked, too.  `by_id` and
    `by_type` are 99th percentiles of looking up one credential by its identifier, and the newest of a type.
    """

    credentials: int
    stored: float
    received: float
    by_id: float
    by_type: float
    derived: float
    opened: float
    answered: float
    answered_by_value: float


def run(progress: Callable[[int], None], credentials: int = CREDENTIALS) -> LargeWallet:
    """Fill a wallet file, then open it and match queries against it."""
    registry = TrustRegistry.create("Registry")
    issuer = Issuer(registry.enrol_issuer("Organiser", may_issue=[Ticket, Pass]))
    door = Verifier(registry.enrol_verifier("Door", purposes=[USE]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wallet.db"
        with Wallet.create(path, passphrase=PASSPHRASE, trust=registry.published()):
            pass
        stored = _fill(path, issuer, credentials, progress)
        start = time.perf_counter()
        Header.sealed(PASSPHRASE, RECOMMENDED)
        derived = time.perf_counter() - start
        start = time.perf_counter()
        wallet = Wallet.open(path, passphrase=PASSPHRASE)
        opened = time.perf_counter() - start
        with wallet:
            received = _receive(wallet, issuer)
            by_id, by_type = _look_up(wallet)
            query = door.request(ask(Ticket, "event"), ask(Pass, "name"), purpose=USE.code)
            answered = seconds(lambda: wallet.match(query))
            by_value = door.request(ask(Ticket, "event"), ask(Pass, "name", values={"number": [7]}), purpose=USE.code)
            answered_by_value = seconds(lambda: wallet.match(by_value))
    return LargeWallet(
        credentials=credentials,
        stored=stored,
        received=received,
        by_id=by_id,
        by_type=by_type,
        derived=derived,
        opened=opened,
        answered=answered,
        answered_by_value=answered_by_value,
    )


def _fill(path: Path, issuer: Issuer, credentials: int, progress: Callable[[int], None]) -> float:
    holder, spent = SoftwareSigner.generate(), 0.0
    with SqlStore.open(path, passphrase=PASSPHRASE) as store:
        cards = _cards(issuer, holder, credentials)
        done = 0
        while batch := list(islice(cards, 5_000)):
            start = time.perf_counter()
            store.commit(*batch)
            spent += time.perf_counter() - start
            done += len(batch)
            progress(done)
    return spent


def _receive(wallet: Wallet, issuer: Issuer) -> float:
    """Return the seconds that it takes to check and keep one credential of many."""
    credentials = [
        issuer.issue(
            Ticket(number=number, event="祭"),
            format=SdJwtVc,
            holder=wallet.new_holder_key(),
            valid_for=timedelta(days=90),
        )
        for number in range(RECEIVED)
    ]
    start = time.perf_counter()
    wallet.receive_all(credentials)
    return (time.perf_counter() - start) / RECEIVED


def _look_up(wallet: Wallet) -> tuple[float, float]:
    """Return how long 99 of 100 look-ups take at most, by identifier and by type."""
    store, chance = wallet._store, random.Random(LOOK_UPS)
    ids = [card.id for card in islice(wallet.cards(Pass.vct), 5_000)]
    by_id = [_timed(lambda: store.get(COLLECTION, chance.choice(ids))) for _ in range(LOOK_UPS)]
    by_type = [_timed(lambda: next(wallet.cards(Pass.vct))) for _ in range(LOOK_UPS)]
    return (quantiles(by_id, n=100)[98], quantiles(by_type, n=100)[98])


def _timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _cards(issuer: Issuer, holder: SoftwareSigner, credentials: int) -> Iterator[Put]:
    at = datetime.now(UTC)
    every = max(100, credentials // 1_000)  # a wallet reads 10,000 for one request at most
    for number in range(credentials):
        kind = Ticket(number=number, event="祭") if number % every else Pass(number=number // every, name="番号　花子")
        credential = issuer.issue(kind, format=SdJwtVc, holder=holder, valid_for=timedelta(days=90))
        yield _card(credential, kind, at).put()


def _card(credential: Credential, kind: CredentialType, at: datetime) -> Card:
    return Card(
        id=card_id(credential),
        credential=credential,
        type_ids=(kind.vct,),
        issuer="urn:vcwallet:party:organiser",
        issuer_name={"en": "Organiser"},
        key="handle",
        received_at=at,
        expires=at + timedelta(days=90),
    )
