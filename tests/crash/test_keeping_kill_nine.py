# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A process that is killed while it rotates, backs up, restores or migrates: it is done, or all is as before."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from tests.crash.keeper import PASSPHRASE, RECORDS, body_of, make, opened, restore_one, restored
from tests.support.scripts import REPOSITORY
from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, SqlStore
from vcwallet.errors import StoreError

pytestmark = pytest.mark.crash

OLD = Path(__file__).parents[1] / "unit" / "adapters" / "data" / "wallet-v1.sqlite"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make(tmp_path, OLD)
    return tmp_path


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.node.name)


def killed(chance: random.Random, what: str, folder: Path, first: int) -> int:
    """Let the keeper work, kill it at a random moment, and return the number after the last that it finished."""
    command = [sys.executable, "-m", "tests.crash.keeper", what, str(folder), str(first)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(chance.randrange(1, 3))]
        # Killed some work later: somewhere in what follows, which takes as long as some thousands of these.
        for _ in range(chance.randrange(60_000)):
            sha256(bytes(1_000))
        child.kill()
        lines += child.stdout.readlines()
    assert child.returncode == -9
    done = [int(line) for line in lines if line.strip().isdigit()]
    return done[-1] + 1 if done else first


def require_whole(store: SqlStore) -> None:
    expected = {str(at): body_of(at) for at in range(RECORDS)}
    for tag in ("all", None):
        assert {record.id: record.body for record in store.find("c", tag)} == expected
    assert len(list(store.find("c", "of 3"))) == RECORDS // 10


def rotated(chance: random.Random, folder: Path, number: int) -> int:
    before = generation(folder)
    done = killed(chance, "rotate", folder, 0)
    with opened(folder) as store:
        require_whole(store)
        assert before + done <= store._ring.generation <= before + done + 1
        store.commit()
    return number


def generation(folder: Path) -> int:
    """Return the generation of the keys, once a rotation that was interrupted has been gone on with."""
    with opened(folder) as store:
        if store.is_rotating:
            store.rotate_key(passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY)
            require_whole(store)
        assert not store.is_rotating
        return store._ring.generation


def backed_up(chance: random.Random, folder: Path, number: int) -> int:
    end = killed(chance, "backup", folder, number)
    for at in range(number, end + 1):
        path = folder / f"{at}.backup"
        # The one that was under way is whole or not there.
        if at == end and not path.exists():
            break
        with restored(path, None) as store:
            require_whole(store)
    with opened(folder) as store:
        require_whole(store)
    return end + 1


def restored_again(chance: random.Random, folder: Path, number: int) -> int:
    end = killed(chance, "restore", folder, number)
    for at in range(number, end + 1):
        path = folder / f"{at}.restored"
        if at == end and not is_store(path):
            restore_one(folder, at)
        with SqlStore.open(path, passphrase=PASSPHRASE) as store:
            require_whole(store)
    return end + 1


def is_store(path: Path) -> bool:
    try:
        SqlStore.open(path, passphrase=PASSPHRASE).close()
    except StoreError as error:
        return error.code not in ("STORE_MISSING", "NOT_A_STORE")
    return True


def migrated(chance: random.Random, folder: Path, number: int) -> int:
    end = killed(chance, "migrate", folder, number)
    for at in range(number, end + 1):
        path = folder / f"{at}.migrated"
        if at == end and not path.exists():
            break
        with closing(sqlite3.connect(path)) as database:
            (version,) = database.execute("SELECT schema_version FROM vcwallet_store").fetchone()
            columns = [row[1] for row in database.execute("PRAGMA table_info(vcwallet_record)")]
        assert version in ((2,) if at < end else (1, 2))
        assert ("key_generation" in columns) == (version == 2)
        with SqlStore.open(path, passphrase=PASSPHRASE) as store:
            assert len(list(store.find("credential", "urn:example:resident:1"))) == 3
    return end + 1


def kill_often(
    step: Callable[[random.Random, Path, int], int], chance: random.Random, folder: Path, rounds: int
) -> None:
    number = 0
    for _ in range(rounds):
        number = step(chance, folder, number)


STEPS = pytest.mark.parametrize("step", [rotated, backed_up, restored_again, migrated])


@STEPS
def test_what_was_under_way_is_done_or_not_begun(step, chance, folder):
    kill_often(step, chance, folder, rounds=3)


@pytest.mark.sweep
@pytest.mark.timeout(3_600)
@STEPS
def test_the_same_very_often(step, chance, folder):
    kill_often(step, chance, folder, rounds=100)
