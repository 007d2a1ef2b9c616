# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet that is killed while it receives and presents: what was acknowledged is there, and nothing by half."""

from __future__ import annotations

import random
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.crash.wallet_user import AT_ONCE, COPIES, make_files, open_wallet, wallet_store
from tests.support.scripts import REPOSITORY
from vcwallet.keys.stored import StoredKeys
from vcwallet.wallet import Wallet

pytestmark = pytest.mark.crash


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "wallet.db"
    make_files(made)
    return made


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.node.name)


def killed(path: Path, chance: random.Random, how: str) -> list[str]:
    """Use the wallet in another process, kill that at a random moment, and return all that it acknowledged."""
    command = [sys.executable, "-m", "tests.crash.wallet_user", str(path), how]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        acknowledged = [child.stdout.readline() for _ in range(chance.randrange(1, 20))]
        # It is killed some work later, so that it is at any point of the next step or of one after that.
        for _ in range(chance.randrange(10_000)):
            sha256(bytes(1_000))
        child.kill()
        acknowledged += child.stdout.readlines()
    assert child.returncode == -9
    assert all(line.endswith(b"\n") for line in acknowledged)
    return [line.decode().strip() for line in acknowledged]


def happened(wallet: Wallet) -> list[dict[str, Any]]:
    """Return the history, whose chain is checked on the way."""
    return [dict(entry.entry) for entry in wallet.history()]


def require_whole(path: Path, acknowledged: set[str], *, at_once: int = 1) -> set[str]:
    """Require that what was acknowledged is there, and nothing by half; return all that is there."""
    with wallet_store(path) as store:
        wallet = open_wallet(store)
        events = happened(wallet)
        cards = list(wallet.cards())
        presented = [event["request"] for event in events if event["event"] == "presented"]
        done = {f"received {card.id}" for card in cards} | {f"presented {request}" for request in presented}
        assert acknowledged <= done
        # At most the one step that was under way is there without having been acknowledged.
        assert len(done) <= len(acknowledged) + at_once
        assert len(cards) % at_once == 0
        # Each card has its entry, its key and the mark that the key is used; each presentation the mark that its
        # consent is.
        assert [event["event"] for event in events].count("received") == len(cards)
        assert len(list(store.find("holder_key_use"))) == len(cards)
        assert all(StoredKeys(store).signer(str(card.key)) for card in cards)
        assert all(wallet.claims(card)["full_name"] == "番号　花子" for card in cards)
        assert len(list(store.find("consent"))) == len(presented)
    return done


def kill_wallets(path: Path, chance: random.Random, *, rounds: int) -> None:
    """Kill a user of the same wallet again and again, so that a recovered file is written and recovered again."""
    done: set[str] = set()
    for _ in range(rounds):
        acknowledged = killed(path, chance, "one")
        assert acknowledged
        done = require_whole(path, done | set(acknowledged))


def test_what_was_acknowledged_is_there_and_nothing_by_half(path, chance):
    kill_wallets(path, chance, rounds=6)


def kill_receivers(path: Path, chance: random.Random, *, rounds: int) -> None:
    """The same with many credentials at once: of each commit all are there or none."""
    done: set[str] = set()
    for _ in range(rounds):
        done = require_whole(path, done | set(killed(path, chance, "many")), at_once=AT_ONCE)
    assert done


def test_of_many_that_are_received_at_once_none_is_there_by_half(path, chance):
    kill_receivers(path, chance, rounds=4)


def kill_spenders(path: Path, chance: random.Random, *, rounds: int) -> None:
    """The same with copies: each presentation has used up one of its own."""
    done: set[str] = set()
    for _ in range(rounds):
        acknowledged = killed(path, chance, "copies")
        done = require_whole(path, done | set(acknowledged), at_once=COPIES)
        with wallet_store(path) as store:
            assert len(list(store.find("copy_use"))) == sum(line.startswith("presented") for line in done)


def test_a_copy_is_used_up_with_its_presentation_or_not_at_all(path, chance):
    kill_spenders(path, chance, rounds=4)


@pytest.mark.sweep
@pytest.mark.timeout(3_600)
def test_the_same_very_often(path, chance):
    kill_wallets(path, chance, rounds=200)


@pytest.mark.sweep
@pytest.mark.timeout(3_600)
def test_many_at_once_very_often(path, chance):
    kill_receivers(path, chance, rounds=100)


@pytest.mark.sweep
@pytest.mark.timeout(3_600)
def test_copies_very_often(path, chance):
    kill_spenders(path, chance, rounds=100)
