# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A process that is killed while it writes: what was acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import random
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from tests.crash.committer import body_of
from tests.support.scripts import REPOSITORY
from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, SqlStore
from vcwallet.errors import WrongPassphraseError
from vcwallet.history import HashChain

pytestmark = pytest.mark.crash


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "wallet.db"
    SqlStore.create(made, passphrase="0", derivation=FAST_FOR_TESTS_ONLY).close()
    return made


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.node.name)


def killed(chance: random.Random, *arguments: str) -> list[str]:
    """Run the committer, kill it at a random moment, and return all that it acknowledged."""
    command = [sys.executable, "-m", "tests.crash.committer", *arguments]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        acknowledged = [child.stdout.readline() for _ in range(chance.randrange(1, 20))]
        # It is killed some work later, so that it is at any point of the next commit or of one after that.
        for _ in range(chance.randrange(5_000)):
            sha256(bytes(1_000))
        child.kill()
        acknowledged += child.stdout.readlines()
    assert child.returncode == -9
    # What it wrote before it was killed reached us whole or not at all: a line is written at once.
    assert all(line.endswith(b"\n") for line in acknowledged)
    return [line.decode().strip() for line in acknowledged]


def require_whole(path: Path, *, records: int, acknowledged: int) -> int:
    """Require that the entries up to the acknowledged one, and perhaps the next, are there with all their records."""
    with SqlStore.open(path, passphrase="0") as store:
        entries = list(HashChain(store, "history").entries())
        count = len(entries)
        assert acknowledged <= count <= acknowledged + 1
        for sequence in range(1, count + 1):
            found = [record.body for record in store.find("record", f"of {sequence}")]
            assert found == [body_of(sequence)] * records
        assert len(list(store.find("record"))) == count * records
        assert [record.body for record in store.find("latest")] == [body_of(count)]
    return count


def kill_committers(path: Path, chance: random.Random, *, records: int, rounds: int) -> None:
    for _ in range(rounds):
        acknowledged = killed(chance, "records", str(path), "0", str(records))
        require_whole(path, records=records, acknowledged=int(acknowledged[-1]))


# The store is the same one in all rounds, so that a log which was recovered once is written to and recovered again.


@pytest.mark.parametrize("records", [1, 40])
def test_every_acknowledged_commit_survives_and_none_is_there_by_half(path, chance, records):
    kill_committers(path, chance, records=records, rounds=5)


@pytest.mark.sweep
@pytest.mark.parametrize("records", [1, 3, 40])
def test_the_same_very_often(path, chance, records):
    kill_committers(path, chance, records=records, rounds=30)


def test_a_killed_change_of_passphrase_leaves_the_old_one_or_the_new_one(path, chance):
    passphrase = "0"
    for _ in range(4):
        acknowledged = killed(chance, "passphrase", str(path), passphrase)
        passphrase = opens_with(path, acknowledged[-1], str(int(acknowledged[-1]) + 1))


def opens_with(path: Path, *passphrases: str) -> str:
    """Return the one of the passphrases that opens the store."""
    opening = []
    for passphrase in passphrases:
        try:
            SqlStore.open(path, passphrase=passphrase).close()
        except WrongPassphraseError:
            continue
        opening.append(passphrase)
    assert len(opening) == 1
    return opening[0]
