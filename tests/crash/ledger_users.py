# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Processes that issue, revoke and reissue in one ledger, of which one is killed now and then and replaced::

    python -m tests.crash.ledger_users LEDGER WORKERS ACTS KILLS

They say on standard output what was acknowledged, one JSON array a line: what was done, the key, and the places
concerned; and ``killed`` for each that was killed.  All of them try the same keys, so that they get in each other's
way.  After so many acts, all are killed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import traceback

from tests.support.ledger import DESK, enter
from vcwallet.adapters.store import SqlLedger
from vcwallet.errors import LocalProtocolError, StoreBusyError
from vcwallet.status.ledger import AlreadyIssuedError, Issuance, Status

ACKNOWLEDGED, ACKNOWLEDGE = os.pipe()


def acknowledge(what: str, key: str = "", entries: tuple[Issuance, ...] = ()) -> None:
    line = json.dumps([what, key, [[entry.uri, entry.index] for entry in entries]])
    os.write(ACKNOWLEDGE, f"{line}\n".encode())  # at once, so that a line comes whole or not at all


def use(location: str, chance: random.Random) -> None:
    number = 0
    with SqlLedger.open(location) as ledger:
        while True:
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
        except LocalProtocolError as error:
            if error.code != "NOT_VALID":  # it was revoked, by this process or another
                raise


def start(location: str, seed: int) -> int:
    """Start a worker, which opens the ledger itself, and return its number."""
    process = os.fork()
    if process == 0:
        try:
            use(location, random.Random(seed))
        finally:
            acknowledge("failed")
            traceback.print_exc()
            os._exit(1)
    return process


def kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    os.write(1, b'["killed", "", []]\n')  # not into the pipe, which may be full and is read by nobody else


def main(location: str, workers: int, acts: int, kills: int) -> int:
    chance = random.Random(workers)
    running = {start(location, seed) for seed in range(workers)}
    with os.fdopen(ACKNOWLEDGED, "rb") as acknowledged:
        for number in range(1, acts + 1):
            line = acknowledged.readline()
            os.write(1, line)
            if line.startswith(b'["failed"'):
                break
            if number % (acts // kills) == 0:
                victim = chance.choice(sorted(running))
                kill(victim)
                running ^= {victim, start(location, workers + number)}
        for process in running:
            kill(process)
        os.close(ACKNOWLEDGE)
        os.write(1, acknowledged.read())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
