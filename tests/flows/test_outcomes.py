# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The main job and all its refusals are the same under ``python -O``, and say nothing about the person anywhere."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.outcomes import expected, outcomes
from tests.support.scripts import REPOSITORY
from tests.support.world import CANARIES, World
from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, SqlStore

PASSPHRASE = "canary-in-the-passphrase"


def test_everything_ends_as_it_should():
    assert list(outcomes()) == expected()


def test_it_ends_the_same_in_another_interpreter_without_assertions():
    environment = os.environ | {"PYTHONHASHSEED": "random", "PYTHONUTF8": "1"}
    command = [sys.executable, "-O", "-m", "tests.flows.outcomes"]
    finished = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True)
    assert finished.stdout.splitlines() == expected()


class Reader:
    """Reads all that is said about an object or error, and finds what must not be said."""

    def __init__(self) -> None:
        self.leaks: list[str] = []

    def __call__(self, thing: object) -> None:
        texts = [repr(thing), str(thing), f"{thing}"]
        if isinstance(thing, BaseException):
            texts += traceback.format_exception(thing)
        for text in texts:
            self.leaks += [f"{type(thing).__name__}: {canary}" for canary in found_in(text)]


def found_in(text: str | bytes) -> list[str]:
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return [canary for canary in (*CANARIES, PASSPHRASE) if canary.encode() in data]


class TestLeaks:
    """Canaries in every claim and in the passphrase; then all that was written, shown or logged is searched."""

    @pytest.fixture
    def worlds(self, tmp_path: Path) -> Iterator[list[World]]:
        made: list[World] = []
        yield made
        for world in made:
            world.wallet_store.close()
            world.bank_store.close()

    def in_files(self, worlds: list[World], directory: Path, format: str) -> World:
        """Return a world whose wallet is a sealed file and whose bank has a file that is not sealed."""
        name = str(len(worlds))
        wallet = SqlStore.create(directory / f"{name}.wallet", passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY)
        world = World(format, wallet_store=wallet, bank_store=SqlStore.open_unsealed(directory / f"{name}.bank"))
        worlds.append(world)
        return world

    def test_no_claim_and_no_passphrase_comes_out(self, worlds, tmp_path, caplog, capfd):
        reader = Reader()
        with caplog.at_level(logging.DEBUG):
            assert list(outcomes(lambda format: self.in_files(worlds, tmp_path, format), reader)) == expected()
        files = sorted(tmp_path.iterdir())
        assert {file.name.rpartition(".")[2] for file in files} >= {"wallet", "wallet-wal", "bank", "bank-wal"}
        reader.leaks += [f"{file.name}: {canary}" for file in files for canary in found_in(file.read_bytes())]
        reader.leaks += [f"log: {canary}" for canary in found_in(caplog.text)]
        reader.leaks += [f"output: {canary}" for text in capfd.readouterr() for canary in found_in(text)]
        assert reader.leaks == []

    def test_the_search_would_find_them(self, tmp_path):
        """What is not sealed, or shows its values, is noticed."""
        reader = Reader()
        with SqlStore.open_unsealed(tmp_path / "open.wallet") as store:
            world = World(wallet_store=store)
            [card] = world.hold()[:1]
            reader(world.wallet.claims(card))
            request = world.ask("full_name")
            reader(ValueError(str(world.wallet.match(request).credentials[0].claims[0].value)))
            reader.leaks += [
                f"{file.name}: {canary}" for file in tmp_path.iterdir() for canary in found_in(file.read_bytes())
            ]
        assert {leak.partition(":")[0] for leak in reader.leaks} >= {"dict", "ValueError"}
