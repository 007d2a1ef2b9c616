# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Does one thing for the keeping of a store again and again until it is killed, and says what is done::

    python -m tests.crash.keeper rotate|backup|restore|migrate FOLDER FIRST-NUMBER

In the folder are ``store.db``, a backup ``store.backup`` of it, and ``old.sqlite``, a store of schema 1.  Each line is
the number of what was done: rotations, or files ``N.backup``, ``N.restored`` and ``N.migrated``.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, SqlStore, opened_backup, restore, write_backup
from vcwallet.storage import Put

PASSPHRASE = "correct horse battery staple"
OTHER = "written on paper"
RECORDS = 1_200


def body_of(number: int) -> bytes:
    return number.to_bytes(4, "big") * 50


def make(folder: Path, old: Path) -> None:
    """Fill a folder with what the keeper works on."""
    with SqlStore.create(folder / "store.db", passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY) as store:
        store.commit(
            *(Put("c", str(at), body_of(at), tags=("all", f"of {at % 10}")) for at in range(RECORDS)),
        )
        back_up(store, folder / "store.backup")
    shutil.copy(old, folder / "old.sqlite")


def opened(folder: Path) -> SqlStore:
    return SqlStore.open(folder / "store.db", passphrase=PASSPHRASE)


def back_up(store: SqlStore, path: Path) -> None:
    write_backup(store, path, passphrase=OTHER, about={}, derivation=FAST_FOR_TESTS_ONLY)


def restored(backup: Path, path: Path | None) -> SqlStore:
    with opened_backup(backup, passphrase=OTHER) as found:
        return restore(path, found, passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY)


def rotate(folder: Path, number: int) -> None:
    with opened(folder) as store:
        store.rotate_key(passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY)


def backup(folder: Path, number: int) -> None:
    with opened(folder) as store:
        back_up(store, folder / f"{number}.backup")


def restore_one(folder: Path, number: int) -> None:
    restored(folder / "store.backup", folder / f"{number}.restored").close()


def migrate(folder: Path, number: int) -> None:
    copy = folder / f"{number}.migrated"
    if not copy.exists():
        shutil.copy(folder / "old.sqlite", folder / "copying")
        (folder / "copying").rename(copy)
    SqlStore.open(copy, passphrase=PASSPHRASE).close()


WORK: dict[str, Callable[[Path, int], None]] = {
    "rotate": rotate,
    "backup": backup,
    "restore": restore_one,
    "migrate": migrate,
}

if __name__ == "__main__":
    what, place, first = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    os.write(1, b"ready\n")
    for at in itertools.count(first):
        WORK[what](place, at)
        os.write(1, f"{at}\n".encode())
