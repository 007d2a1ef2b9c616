# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Kills followers of a registry while they take its lists, and requires that each is where it said, or one further::

    python -m tests.crash.follower FOLDER ROUNDS SEED

What the registry publishes is made beforehand: changes, with rotations of its keys and roots among them.  In each round
a process of its own goes on from where the store is, and is killed at a random moment; then the store is opened again
and compared with the model, which is a number.  A line of progress is printed now and then, at the end ``ROUNDS done``.

Each process is forked from this one, so that a round costs no start of an interpreter.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

from tests.support.trust import Clock, Tax
from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, SqlStore
from vcwallet.errors import TrustedListError
from vcwallet.registry import TrustRegistry
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.published import PublishedTrust

PASSPHRASE = "correct horse battery staple"
MOMENTS = 60
AT = Clock()()


def history() -> list[PublishedTrust]:
    """Return what a registry publishes in the course of time: each is newer than the one before."""
    registry = TrustRegistry.found("Registry", store=MemoryStore(), clock=Clock())
    changes: list[Callable[[], object]] = [
        lambda: registry.enrol_issuer("City", may_issue=[Tax]),
        lambda: registry.rotate_list_operator(reason="test"),
        lambda: registry.rotate_root(reason="test"),
        lambda: registry.rotate_issuing_ca(reason="test"),
    ]
    published = [registry.published()]
    for number in range(MOMENTS - 1):
        # Most of the time a party is enrolled; every tenth change is a rotation.
        changes[number // 10 % 3 + 1 if number % 10 == 5 else 0]()
        published.append(registry.published())
        for one in registry.authorities()[-1:]:
            if number % 20 == 19 and one.succeeded:
                registry.retire(one.key_id, reason="test")
    return published


def go_on(path: Path, moments: list[PublishedTrust], write: int) -> NoReturn:
    """Take one moment after the other, and say so once it is taken; never returns, since it is killed."""
    with SqlStore.open(path, passphrase=PASSPHRASE) as store:
        client = TrustedListClient.resume(store)
        os.write(write, b".\n")
        for number in range(client.sequence, len(moments)):
            client.update(moments[number], at=AT)
            os.write(write, f"{client.sequence}\n".encode())
    signal.pause()
    raise AssertionError


def killed(path: Path, moments: list[PublishedTrust], chance: random.Random, *, at_most: int) -> int | None:
    """Fork a follower, kill it, and return the number of the last moment that it said it had taken."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            go_on(path, moments, write)
        finally:
            os._exit(1)
    os.close(write)
    with os.fdopen(read, "rb") as said:
        lines = [said.readline() for _ in range(chance.randrange(1, at_most + 1))]
        for _ in range(chance.randrange(8_000)):
            sha256(bytes(1_000))
        os.kill(child, signal.SIGKILL)
        lines += said.readlines()
    _, status = os.waitpid(child, 0)
    require(
        os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, "it was killed, and ended by nothing else"
    )
    require(all(line.endswith(b"\n") for line in lines), "a line is written at once")
    numbers = [int(line) for line in lines if line != b".\n"]
    return numbers[-1] if numbers else None


def require_model(path: Path, moments: list[PublishedTrust], before: int, said: int | None) -> int:
    """Require that the store is at what was said, or one further and whole, and return the number that it is at."""
    with SqlStore.open(path, passphrase=PASSPHRASE) as store:
        client = TrustedListClient.resume(store)
        number, least = client.sequence, said if said is not None else before
        require(least <= number <= least + 1, f"nothing is lost, and nothing is made up: {least}, {number}")
        require(client.published == moments[number - 1], "what is in use is what was published")
        require(len(list(store.find("trusted_list"))) == 1, "one list is kept")
        pins = sorted(store.find("trust_anchor"), key=lambda record: record.id)
        require([int(pin.id) for pin in pins] == list(range(1, len(pins) + 1)), "no pin is left out")
        require(pins[-1].body == moments[number - 1].anchor, "the pin is that of the list")
        if number > 1:
            try:
                client.update(moments[number - 2], at=AT)
            except TrustedListError as error:
                require(error.code == "REGISTRY_ROLLBACK", error.code)
            else:
                require(False, "an older list is refused")
    return number


def require(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def kill(folder: Path, rounds: int, chance: random.Random) -> None:
    moments = history()
    path, number = folder / "0.db", MOMENTS
    for done in range(1, rounds + 1):
        if number > MOMENTS - 10:  # so that nobody comes to the end before being killed
            path, number = folder / f"{done}.db", 1
            with SqlStore.create(path, passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY) as store:
                TrustedListClient.start(moments[0], store=store, at=AT)
        said = killed(path, moments, chance, at_most=6)
        number = require_model(path, moments, number, said)
        if done % 100 == 0:
            print(f"{done} of {rounds} killed, at moment {number}", flush=True)
    print(f"{rounds} done", flush=True)


if __name__ == "__main__":
    where, count, seed = sys.argv[1:4]
    kill(Path(where), int(count), random.Random(seed))
