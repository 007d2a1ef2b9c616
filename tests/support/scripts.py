# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Runs a script as its reader would: a fresh interpreter, an empty directory, and no network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SECONDS = 240


def run_script(script: Path, directory: Path) -> str:
    """Return what the script printed; fail with all of its output if it ended in an error."""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "PYTHONUTF8": "1", "TERM": "dumb", "NO_COLOR": "1"}
    finished = subprocess.run(
        [sys.executable, "-m", "tests.support.no_network", str(script)],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert finished.returncode == 0, f"{script.name} ended with {finished.returncode}:\n{finished.stdout}"
    return finished.stdout
