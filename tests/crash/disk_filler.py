# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Uses a wallet's store on a disk that is full, and on the same disk with room again::

    python -m tests.crash.disk_filler FOLDER OLD-STORE

The folder is on a file system of two megabytes.  A line is printed for each thing that was refused: what, and the code.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.crash.keeper import PASSPHRASE, back_up, restored
from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, SqlStore
from vcwallet.errors import StoreError
from vcwallet.history import HashChain
from vcwallet.storage import Put

OLD_TYPE = "urn:example:resident:1"


def refused(what: str, act: Callable[[], object]) -> None:
    try:
        act()
    except StoreError as error:
        print(what, error.code, flush=True)
    else:
        print(what, "done", flush=True)


def fill(ballast: Path) -> None:
    """Take all the room there is."""
    with ballast.open("ab", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


def main(folder: Path, old: Path) -> None:
    """Fill the disk, be refused, make room, and go on."""
    ballast, path, migrating = folder / "ballast", folder / "store.db", folder / "old.db"
    shutil.copy(old, migrating)
    with SqlStore.create(path, passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY) as store:
        history = HashChain(store, "history")
        store.commit(*(Put("c", str(at), bytes([at]) * 1_000, tags=("all",)) for at in range(200)))
        history.append({"event": "before"})
        back_up(store, folder / "store.backup")
        fill(ballast)
        refused("commit", lambda: history.append({"event": "after"}, Put("c", "1", bytes(500_000))))
        refused("backup", lambda: back_up(store, folder / "other.backup"))
        refused("restore", lambda: restored(folder / "store.backup", folder / "restored.db"))
        refused("rotate", lambda: rotate(store))
        refused("migrate", lambda: SqlStore.open(migrating, passphrase=PASSPHRASE).close())
        require_whole(store)
        assert [entry.entry["event"] for entry in history.entries()] == ["before"]
        names = {file.name for file in folder.iterdir()}
        assert not any("partial" in name for name in names), names
        assert "other.backup" not in names
        ballast.unlink()
        require_whole(store)
        rotate(store)
        history.append({"event": "after"})
        require_whole(store)
    with SqlStore.open(path, passphrase=PASSPHRASE) as store:
        require_whole(store)
        back_up(store, folder / "other.backup")
    with restored(folder / "store.backup", folder / "restored.db") as store:
        require_whole(store)
    with SqlStore.open(migrating, passphrase=PASSPHRASE) as store:
        assert len(list(store.find("credential", OLD_TYPE))) == 3
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    print("whole", flush=True)


def rotate(store: SqlStore) -> None:
    store.rotate_key(passphrase=PASSPHRASE, derivation=FAST_FOR_TESTS_ONLY)


def require_whole(store: SqlStore) -> None:
    found = {record.id: record.body for record in store.find("c", "all")}
    assert found == {str(at): bytes([at]) * 1_000 for at in range(200)}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
