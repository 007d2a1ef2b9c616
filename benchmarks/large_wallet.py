# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet of one hundred thousand credentials: opening it, and answering a query for two of them."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
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
from vcwallet.wallet.cards import Card, card_id

CREDENTIALS = 100_000
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
    """Seconds of wall-clock time; `opened` includes a key derivation, as `derived` is one by itself."""

    credentials: int
    stored: float
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
            query = door.request(ask(Ticket, "event"), ask(Pass, "name"), purpose=USE.code)
            answered = seconds(lambda: wallet.match(query))
            by_value = door.request(ask(Ticket, "event"), ask(Pass, "name", values={"number": [7]}), purpose=USE.code)
            answered_by_value = seconds(lambda: wallet.match(by_value))
    return LargeWallet(
        credentials=credentials,
        stored=stored,
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


def _cards(issuer: Issuer, holder: SoftwareSigner, credentials: int) -> Iterator[Put]:
    at = datetime.now(UTC)
    for number in range(credentials):
        kind = Pass(number=number // 100, name="番号　花子") if number % 100 == 0 else Ticket(number=number, event="祭")
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
