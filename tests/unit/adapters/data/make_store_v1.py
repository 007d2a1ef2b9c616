# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Made ``wallet-v1.sqlite`` and ``unsealed-v1.sqlite`` beside it, with the release that wrote schema 1::

    python -m tests.unit.adapters.data.make_store_v1

Run with a later release it makes stores of that release's schema, so it refuses to.  The wallet trusts a registry that
lived only while this ran; what the tests need of it is in the wallet.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from tests.support.world import LOAN, Resident, resident
from vcwallet.adapters.local import FORMATS, Issuer, Verifier, system_clock
from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, SqlStore, header
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.registry import TrustRegistry
from vcwallet.storage import MemoryStore, Put
from vcwallet.trust.client import TrustedListClient
from vcwallet.verifier import ask
from vcwallet.wallet import Wallet

HERE = Path(__file__).parent
PASSPHRASE = "correct horse battery staple"
CARDS = 3


def make_wallet(path: Path) -> None:
    """A wallet with three credentials, one deleted, one presentation and one refusal."""
    registry = TrustRegistry.found("Registry of the first release", store=MemoryStore(), clock=system_clock)
    city = Issuer(registry.enrol_issuer("Mirai City", may_issue=[Resident]))
    bank = Verifier(registry.enrol_verifier("Sakura Bank", purposes=[LOAN]))
    with SqlStore.create(path, passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY) as store:
        trust = TrustedListClient.start(registry.published(), store=store, at=system_clock())
        wallet = Wallet(store=store, trust=trust, formats=FORMATS, clock=system_clock)
        cards = []
        for _ in range(CARDS + 1):
            key = wallet.new_holder_key()
            cards.append(
                wallet.receive(city.issue(resident(), format=SdJwtVc, holder=key, valid_for=timedelta(days=90)))
            )
        wallet.delete(cards[-1])
        wallet.present(wallet.match(bank.request(ask(Resident, "full_name"), purpose="loan")).approve())


def make_unsealed(path: Path) -> None:
    """Records with and without tags, one of them replaced."""
    with SqlStore.open_unsealed(path) as store:
        store.commit(*(Put("nonce", str(number), b"body", tags=("all", str(number % 2))) for number in range(10)))
        store.commit(Put("nonce", "3", b"again", tags=("all",)))


def in_one_file(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


if __name__ == "__main__":
    if header.SCHEMA_VERSION != 1:
        raise SystemExit("this release writes another schema than 1")
    for name, make in (("wallet-v1.sqlite", make_wallet), ("unsealed-v1.sqlite", make_unsealed)):
        make(HERE / name)
        in_one_file(HERE / name)
