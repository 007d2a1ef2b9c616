# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A real disk that is full: what cannot be written is refused, nothing is lost, and it goes on when there is room."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crash.test_keeping_kill_nine import OLD
from tests.support.scripts import REPOSITORY

pytestmark = pytest.mark.crash

# In a mount namespace of its own, so that nobody needs to be root and nothing is left to unmount.
_ON_A_SMALL_DISK = 'mount -t tmpfs -o size=2m none "$1" && exec "$2" -m tests.crash.disk_filler "$1" "$3"'


def on_a_small_disk(folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", _ON_A_SMALL_DISK, "sh"]
    return subprocess.run(
        [*command, str(folder), sys.executable, str(OLD)], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )


def can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    attempt = ["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(attempt, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="a small disk needs user namespaces, which this machine does not allow")
def test_a_full_disk_refuses_and_loses_nothing(tmp_path):
    ran = on_a_small_disk(tmp_path)
    assert ran.returncode == 0, ran.stderr
    said = dict(line.split() for line in ran.stdout.splitlines() if " " in line)
    assert set(said) == {"commit", "backup", "restore", "rotate", "migrate"}
    assert set(said.values()) == {"STORE_FULL"}
    assert ran.stdout.splitlines()[-1] == "whole"
