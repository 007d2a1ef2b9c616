# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A sealed `SqlStore` does what a `MemoryStore` does, whatever is done to it, and however often it is opened again.

What is done to it includes another key, a rotation that is interrupted, and going on with a backup of it.
"""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from vcwallet.adapters.store import FAST_FOR_TESTS_ONLY, SqlStore, opened_backup, restore, write_backup
from vcwallet.storage import Change, Delete, MemoryStore, Put, RecordExistsError, RecordStore

# Few names, so that changes meet; a name of any text now and then.
COLLECTIONS = st.sampled_from(["credential", "nonce"])
NAMES = st.sampled_from(["1", "2", "3"]) | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
TAGS = st.sampled_from(["a", "b", "\0"])
PUTS = st.builds(Put, COLLECTIONS, NAMES, st.binary(max_size=20), st.lists(TAGS, max_size=3).map(tuple), st.booleans())
CHANGES = PUTS | PUTS | st.builds(Delete, COLLECTIONS, NAMES)


class InterruptedHere(Exception):
    """Ends a rotation in the middle."""


class StoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.path = Path(self.directory.name) / "wallet.db"
        self.passphrase = "first"
        self.model = MemoryStore()
        self.names: set[tuple[str, str]] = set()
        self.numbers = itertools.count()

    @initialize()
    def create(self) -> None:
        self.store = SqlStore.create(self.path, passphrase=self.passphrase, derivation=FAST_FOR_TESTS_ONLY)

    @rule(changes=st.lists(CHANGES, max_size=6))
    def commit(self, changes: list[Change]) -> None:
        self.names |= {(change.collection, change.id) for change in changes}
        assert refused(self.store, changes) == refused(self.model, changes)

    @rule(collection=COLLECTIONS, tag=st.none() | TAGS)
    def find(self, collection: str, tag: str | None) -> None:
        assert list(self.store.find(collection, tag)) == list(self.model.find(collection, tag))

    @rule(collection=COLLECTIONS, tag=TAGS, change=st.sampled_from([Put, Delete]))
    def change_all_that_is_found(self, collection: str, tag: str, change: Callable[..., Change]) -> None:
        for store in (self.store, self.model):
            for record in store.find(collection, tag):
                store.commit(
                    Delete(collection, record.id) if change is Delete else Put(collection, record.id, b"changed")
                )

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = SqlStore.open(self.path, passphrase=self.passphrase)

    @rule(new=st.text(min_size=1, max_size=5))
    def change_passphrase(self, new: str) -> None:
        self.store.change_passphrase(new, derivation=FAST_FOR_TESTS_ONLY)
        self.passphrase = new

    @rule()
    def rotate_key(self) -> None:
        self.store.rotate_key(passphrase=self.passphrase, derivation=FAST_FOR_TESTS_ONLY)

    @rule()
    def begin_to_rotate_the_key(self) -> None:
        def stop(_: int) -> None:
            raise InterruptedHere

        with contextlib.suppress(InterruptedHere):
            self.store.rotate_key(passphrase=self.passphrase, derivation=FAST_FOR_TESTS_ONLY, progress=stop)

    @rule(passphrase=st.text(min_size=1, max_size=5))
    def go_on_with_a_backup(self, passphrase: str) -> None:
        number = next(self.numbers)
        backup = self.path.with_name(f"{number}.backup")
        about = {"number": number}
        write_backup(self.store, backup, passphrase=passphrase, about=about, derivation=FAST_FOR_TESTS_ONLY)
        self.store.close()
        self.path = self.path.with_name(f"{number}.db")
        with opened_backup(backup, passphrase=passphrase) as opened:
            assert opened.about == about
            self.store = restore(self.path, opened, passphrase=self.passphrase, derivation=FAST_FOR_TESTS_ONLY)

    @invariant()
    def every_record_is_the_same(self) -> None:
        for collection, name in self.names:
            assert self.store.get(collection, name) == self.model.get(collection, name)
        for collection in {collection for collection, _ in self.names}:
            names = [name for _, name in self.names]
            assert self.store.get_many(collection, names) == self.model.get_many(collection, names)

    def teardown(self) -> None:
        self.store.close()
        self.directory.cleanup()


def refused(store: RecordStore, changes: list[Change]) -> bool:
    try:
        store.commit(*changes)
    except RecordExistsError:
        return True
    return False


TestStore = StoreMachine.TestCase
# Each run derives keys, which is slow on purpose.
TestStore.settings = settings(max_examples=max(20, settings().max_examples // 5), stateful_step_count=25)
