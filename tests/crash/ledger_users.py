# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Processes that issue, revoke and reissue in one ledger, of which one is killed now and then and replaced::

    python -m tests.crash.ledger_users LEDGER WORKERS SECONDS KILLS

They say on standard output what was acknowledged, one JSON array a line: what was done, the key, and the places
concerned; and ``killed`` for each that was killed.  All of them try the same keys, so that they get in each other's
way.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time

from tests.support.ledger import DESK, enter
from vcwallet.adapters.store import SqlLedger
from vcwallet.errors import StoreBusyError
from vcwallet.issuer.ledger import AlreadyIssuedError, Issuance, Status


def acknowledge(what: str, key: str = "", entries: tuple[Issuance, ...] = ()) -> None:
    line = json.dumps([what, key, [[entry.uri, entry.index] for entry in entries]])
    os.write(1, f"{line}\n".encode())  # at once, so that a line comes whole or not at all


def use(location: str, chance: random.Random, *, until: float) -> None:
    number = 0
    with SqlLedger.open(location) as ledger:
        while time.monotonic() < until:
            number += chance.randrange(1, 4)
            try:
                act(ledger, f"key {number}", chance)
            except StoreBusyError:
                acknowledge("busy")


def act(ledger: SqlLedger, key: str, chance: random.Random) -> None:
    try:
        acknowledge("issued", key, enter(ledger, key, copies=chance.choice([1, 1, 1, 4])))
    except AlreadyIssuedError as error:
        acknowledge("taken", key, error.issuances)
    if chance.random() < 0.2:
        acknowledge("revoked", key, ledger.change_status(key, Status.INVALID, DESK))
    if chance.random() < 0.2:
        try:
            acknowledge("reissued", key, enter(ledger, key, replaces=DESK))
        except AlreadyIssuedError as error:
            acknowledge("taken", key, error.issuances)


def start(location: str, seed: int, *, until: float) -> int:
    """Start a worker, which opens the ledger itself, and return its number."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            use(location, random.Random(seed), until=until)
            status = 0
        finally:
            os._exit(status)
    return process


def main(location: str, workers: int, seconds: float, kills: int) -> int:
    chance = random.Random(workers)
    begun = time.monotonic()
    running = {start(location, seed, until=begun + seconds) for seed in range(workers)}
    for kill in range(kills):
        time.sleep(max(0.0, begun + seconds * (kill + 1) / (kills + 1) - time.monotonic()))
        victim = chance.choice(sorted(running))
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        acknowledge("killed")
        running.remove(victim)
        running.add(start(location, workers + kill, until=begun + seconds))
    return max(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in running)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
