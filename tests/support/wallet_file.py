# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet in a file, who issues to it and asks it, and damage done to the file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.trust import Clock
from tests.support.world import LOAN, Income, Resident, resident
from vcwallet import Card, Issuer, SdJwtVc, TrustRegistry, Verifier, Wallet, ask
from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, SqlStore
from vcwallet.errors import LocalProtocolError
from vcwallet.trust.client import TrustedListClient
from vcwallet.wallet import BackupReceipt

PASSPHRASE = "correct horse battery staple"
PAPER = "written on paper"


class Scene:
    """A wallet in a file, and who issues and asks."""

    def __init__(self, folder: Path, registry: TrustRegistry | None = None) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.path = folder / "wallet.db"
        self.clock = Clock()
        self.registry = registry or TrustRegistry.create("Demo registry", clock=self.clock)
        self.city = Issuer(self.registry.enrol_issuer("City", may_issue=[Resident, Income]), clock=self.clock)
        self.bank = Verifier(self.registry.enrol_verifier("Bank", purposes=[LOAN]), clock=self.clock)
        with SqlStore.create(self.path, passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY) as store:
            TrustedListClient.start(self.registry.published(), store=store, at=self.clock())
        self.wallet = Wallet.open(self.path, passphrase=PASSPHRASE, clock=self.clock)

    def receive(self, record=None, *, format=SdJwtVc, wallet: Wallet | None = None) -> Card:
        wallet = wallet or self.wallet
        return wallet.receive(self.issue(record, format=format, wallet=wallet))

    def issue(self, record=None, *, format=SdJwtVc, wallet: Wallet | None = None):
        holder = (wallet or self.wallet).new_holder_key()
        return self.city.issue(record or resident(), format=format, holder=holder, valid_for=timedelta(days=90))

    def present(self, wallet: Wallet | None = None) -> str:
        wallet = wallet or self.wallet
        request = self.bank.request(ask(Resident, "full_name"), purpose="loan")
        answer = wallet.present(wallet.match(request).approve())
        return self.bank.verify(answer, expected=request)[Resident].full_name

    def back_up(self, name: str = "wallet.backup", **options) -> BackupReceipt:
        return self.wallet.backup(self.folder / name, passphrase=PAPER, **options)

    def restore(self, name: str = "wallet.backup", *, to: str | None = "new.db", **options) -> Wallet:
        return Wallet.restore(
            None if to is None else self.folder / to,
            backup=self.folder / name,
            backup_passphrase=PAPER,
            passphrase="another one",
            clock=self.clock,
            **options,
        )

    def reopened(self, *, passphrase: str = PASSPHRASE, **options) -> Wallet:
        return Wallet.open(self.path, passphrase=passphrase, clock=self.clock, **options)

    def mend(self, name: str = "wallet.backup"):
        return self.wallet.mend(backup=self.folder / name, backup_passphrase=PAPER)

    def expect_another_wallet(self, name: str | Path) -> None:
        with pytest.raises(LocalProtocolError) as caught:
            self.wallet.mend(backup=self.folder / name, backup_passphrase=PAPER)
        assert caught.value.code == "ANOTHER_WALLET"

    def damage(self, collection: str, number: int = 0, body: str = "x'00'") -> str:
        with closing(sqlite3.connect(self.path)) as database, database:
            ids = [
                row[0]
                for row in database.execute(
                    "SELECT id FROM vcwallet_record WHERE collection = ? ORDER BY position", (collection,)
                )
            ]
            database.execute(
                f"UPDATE vcwallet_record SET body = {body} WHERE collection = ? AND id = ?",  # noqa: S608 - ours
                (collection, ids[number]),
            )
        return ids[number]


def events(wallet: Wallet) -> list[str]:
    return [str(entry.entry["event"]) for entry in wallet.history()]
