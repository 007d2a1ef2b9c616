# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Commits to a store until it is killed, and says on standard output what was acknowledged::

    python -m tests.crash.committer records WALLET.DB PASSPHRASE RECORDS_A_COMMIT
    python -m tests.crash.committer passphrase WALLET.DB PASSPHRASE

`records` adds an entry to the log ``history`` in the same commit as that many records, and prints its number.
`passphrase` changes the passphrase to ``1``, ``2`` and so on, and prints the new one; on its first line the old one.
"""

from __future__ import annotations

import itertools
import os
import sys

from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, SqlStore
from vcwallet.history import HashChain
from vcwallet.storage import Put


def acknowledge(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def body_of(sequence: int) -> bytes:
    """The body of every record that goes with an entry: long enough to reach over several pages."""
    return sequence.to_bytes(8, "big") * 1_000


def commit_records(store: SqlStore, records: int) -> None:
    history = HashChain(store, "history")
    sequence = sum(1 for _ in history.entries())
    while True:
        sequence += 1
        puts = [
            Put("record", f"{sequence}-{number}", body_of(sequence), tags=(f"of {sequence}",), new=True)
            for number in range(records)
        ]
        # One record is replaced each time, so that a half-made replacement would show too.
        appended = history.append({"records": records}, *puts, Put("latest", "only", body_of(sequence)))
        acknowledge(str(appended.sequence))


def change_passphrases(store: SqlStore, old: str) -> None:
    acknowledge(old)
    for number in itertools.count(int(old) + 1):
        store.change_passphrase(str(number), derivation=FAST_FOR_TESTS_ONLY)
        acknowledge(str(number))


if __name__ == "__main__":
    what, path, passphrase = sys.argv[1:4]
    with SqlStore.open(path, passphrase=passphrase) as opened:
        if what == "records":
            commit_records(opened, int(sys.argv[4]))
        else:
            change_passphrases(opened, passphrase)
