# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Receives and presents until it is killed, and says on standard output what was acknowledged::

    python -m tests.crash.wallet_user WALLET.DB one|many|copies

A line is ``received CARD`` or ``presented REQUEST-DIGEST``; ``many`` are received at once, and nothing is presented;
``copies`` are received together, and each is presented once.
Everybody but the wallet lives and dies with this process; only the wallet's file stays.  The registry of the first
start is the one that the wallet trusts, so it is made again from the file ``registry.db`` beside the wallet.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from tests.support.world import LOAN, SHOPPING, Resident, resident
from vcwallet.adapters.local import FORMATS, Issuer, Verifier, system_clock
from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, SqlStore
from vcwallet.formats.base import Credential
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.registry import TrustRegistry
from vcwallet.trust.client import TrustedListClient
from vcwallet.verifier import ask
from vcwallet.wallet import CopyUse, Wallet
from vcwallet.wallet import wallet as wallet_module
from vcwallet.wallet.cards import card_id

PASSPHRASE = "correct horse battery staple"
AT_ONCE = 7
"""How many of many are received in one commit."""


COPIES = 5
"""How many copies of a credential are received together."""


def acknowledge(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def make_files(path: Path) -> None:
    """Make a wallet, and the registry that it trusts."""
    with registry_store(path, make=True) as store, wallet_store(path, make=True) as wallet:
        registry = TrustRegistry.found("Demo registry", store=store, clock=system_clock)
        TrustedListClient.start(registry.published(), store=wallet, at=system_clock())


def registry_store(path: Path, *, make: bool = False) -> SqlStore:
    return opened(path.with_name("registry.db"), make=make)


def wallet_store(path: Path, *, make: bool = False) -> SqlStore:
    return opened(path, make=make)


def opened(path: Path, *, make: bool) -> SqlStore:
    if make:
        return SqlStore.create(path, passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY)
    return SqlStore.open(path, passphrase=PASSPHRASE)


def open_wallet(store: SqlStore) -> Wallet:
    trust = TrustedListClient.resume(store)
    return Wallet(store=store, trust=trust, formats=FORMATS, clock=system_clock, copies=CopyUse.ONCE)


def receive_many(wallet: Wallet, registry: TrustRegistry) -> None:
    wallet_module.RECEIVED_AT_ONCE = AT_ONCE
    city = Issuer(registry.enrol_issuer("Mirai City", may_issue=[Resident]))
    wallet.update_trust(registry.published())
    keys = [wallet.new_holder_key() for _ in range(4 * AT_ONCE)]
    while True:
        credentials = [city.issue(resident(), format=SdJwtVc, holder=key, valid_for=timedelta(days=90)) for key in keys]
        done = 0

        def kept(number: int, credentials: Sequence[Credential] = credentials) -> None:
            nonlocal done
            for credential in credentials[done:number]:
                acknowledge(f"received {card_id(credential)}")
            done = number

        wallet.receive_all(credentials, progress=kept)
        keys = [wallet.new_holder_key() for _ in range(4 * AT_ONCE)]


def use(wallet: Wallet, registry: TrustRegistry) -> None:
    city = Issuer(registry.enrol_issuer("Mirai City", may_issue=[Resident]))
    bank = Verifier(registry.enrol_verifier("Sakura Bank", purposes=[LOAN, SHOPPING]))
    wallet.update_trust(registry.published())
    while True:
        holder = wallet.new_holder_key()
        card = wallet.receive(city.issue(resident(), format=SdJwtVc, holder=holder, valid_for=timedelta(days=90)))
        acknowledge(f"received {card.id}")
        request = bank.request(ask(Resident, "full_name"), purpose="loan")
        wallet.present(wallet.match(request).approve())
        acknowledge(f"presented {request.digest}")


def spend(wallet: Wallet, registry: TrustRegistry) -> None:
    city = Issuer(registry.enrol_issuer("Mirai City", may_issue=[Resident]))
    bank = Verifier(registry.enrol_verifier("Sakura Bank", purposes=[LOAN]))
    wallet.update_trust(registry.published())
    while True:
        keys = [wallet.new_holder_key() for _ in range(COPIES)]
        batch = city.issue_batch(resident(), format=SdJwtVc, holders=keys, valid_for=timedelta(days=90))
        for card in wallet.receive_batch(batch):
            acknowledge(f"received {card.id}")
        for _ in range(COPIES):
            request = bank.request(ask(Resident, "full_name"), purpose="loan")
            wallet.present(wallet.match(request).approve())
            acknowledge(f"presented {request.digest}")


WORK = {"one": use, "many": receive_many, "copies": spend}

if __name__ == "__main__":
    file = Path(sys.argv[1])
    with registry_store(file) as authority, wallet_store(file) as own:
        WORK[sys.argv[2]](open_wallet(own), TrustRegistry.reopen(authority, clock=system_clock))
