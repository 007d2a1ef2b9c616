# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A follower of a registry that is killed while it takes lists and roots: nothing is lost, nothing is there by half."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.scripts import REPOSITORY

pytestmark = pytest.mark.crash


def kill_followers(folder: Path, *, rounds: int, seed: str) -> None:
    command = [sys.executable, "-m", "tests.crash.follower", str(folder), str(rounds), seed]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        lines = []
        for line in child.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    assert child.returncode == 0
    assert lines[-1] == f"{rounds} done\n"


def test_a_killed_follower_is_where_it_said_or_one_further(tmp_path: Path) -> None:
    kill_followers(tmp_path, rounds=15, seed="default")


@pytest.mark.sweep
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("seed", ["first", "second", "third", "fourth"])
def test_the_same_a_thousand_times_in_four_parts(tmp_path: Path, seed: str) -> None:
    kill_followers(tmp_path, rounds=250, seed=seed)
