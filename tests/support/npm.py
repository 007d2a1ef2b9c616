# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Programs of others that run on node: installed once, from the pins of tests/interop/npm, into the build folder."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.sources import REPOSITORY

PROJECT = REPOSITORY / "tests" / "interop" / "npm"


def ask_node(script: str, requests: list[dict[str, Any]]) -> Any:
    """Give a script of the npm project its requests, and return what it answers; skip the test without node."""
    done = _run(["node", script], installed(), stdin=json.dumps(requests))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@contextmanager
def running_node(script: str, request: dict[str, Any]) -> Iterator[Any]:
    """Start a script of the npm project that serves, give it its request, and tell what it answers; it ends with us."""
    command = ["node", script]
    with subprocess.Popen(
        command, cwd=installed(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            process.stdin.write(f"{json.dumps(request)}\n")
            process.stdin.flush()
            said = process.stdout.readline()
            assert said, process.stderr.read()
            yield json.loads(said)
        finally:
            process.stdin.close()  # its sign to end
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()


def installed() -> Path:
    """The folder with the pinned packages; workers that come at the same time wait for the one that installs them."""
    missing = [command for command in ("node", "npm") if shutil.which(command) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not found: on Debian, apt install nodejs npm")
    files = sorted(PROJECT.iterdir())
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    folder = REPOSITORY / "build" / "npm" / digest[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            _install(files, folder)
            (folder / "done").touch()
    return folder


def _install(files: Iterable[Path], folder: Path) -> None:
    for file in files:
        shutil.copyfile(file, folder / file.name)
    # Each package is checked against its hash in the lock file; none gets to run a script or machine code of its own.
    options = ["--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error"]
    done = _run(["npm", "ci", *options], folder)
    if done.returncode != 0:
        pytest.skip(f"npm could not install what tests/interop/npm pins: {done.stderr[-500:]}")


def _run(command: list[str], folder: Path, *, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, cwd=folder, input=stdin, capture_output=True, text=True, timeout=240)
