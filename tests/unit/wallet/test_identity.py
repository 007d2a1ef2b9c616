# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Who a wallet is: made once, never made anew for a wallet that was somebody, and known as long as something tells."""

from __future__ import annotations

import pytest

from vcwallet.errors import StoreCorruptError, StoreFullError
from vcwallet.history import HashChain
from vcwallet.storage import Change, Delete, MemoryStore, Put, Record
from vcwallet.wallet import entries
from vcwallet.wallet.identity import HISTORY, Identity, identity_of, is_wallet, next_device, wallet_of


class Damaged(MemoryStore):
    """A store of which some records are damaged until they are written anew."""

    def __init__(self) -> None:
        super().__init__()
        self.damaged: set[tuple[str, str]] = set()
        self.is_full = False

    def get(self, collection: str, id: str, /) -> bytes | None:
        if (collection, id) in self.damaged:
            raise StoreCorruptError("damaged")
        return super().get(collection, id)

    def find(self, collection: str, tag: str | None = None, /):
        for record in super().find(collection, tag):
            if (collection, record.id) in self.damaged:
                raise StoreCorruptError("damaged")
            yield record

    def commit(self, *changes: Change) -> None:
        if self.is_full:
            raise StoreFullError("no room")
        super().commit(*changes)
        self.damaged -= {(change.collection, change.id) for change in changes}

    def damage(self, *ids: str, collection: str = "wallet") -> None:
        self.damaged |= {(collection, id) for id in ids}


@pytest.fixture
def store() -> Damaged:
    return Damaged()


def restored(store: MemoryStore, times: int = 1) -> Identity:
    """Make it the wallet's next device some times, with something in between."""
    identity_of(store)
    for _ in range(times):
        HashChain(store, HISTORY).append({"event": "received"})
        HashChain(store, HISTORY).append({"event": entries.RESTORED}, next_device(store))
    return identity_of(store)


class TestSecret:
    def test_it_is_made_once(self, store):
        assert not is_wallet(store)
        made = identity_of(store)
        assert is_wallet(store)
        assert (made, len(made.secret), made.device) == (identity_of(store), 32, 0)
        assert identity_of(MemoryStore()).secret != made.secret

    def test_it_is_not_shown(self, store):
        made = identity_of(store)
        assert str(made.secret) not in repr(made)
        assert made.wallet == wallet_of(made.secret) != wallet_of(bytes(32))
        assert len(made.wallet) == 24

    @pytest.mark.parametrize("lost", ["secret", "secret_copy"])
    def test_one_of_two_records_is_enough(self, store, lost):
        made = identity_of(store)
        store.damage(lost)
        assert identity_of(store) == made
        assert [put.id for put in made.mended(store)] == [lost]
        store.commit(*made.mended(store))
        assert made.mended(store) == []
        store.commit(Delete("wallet", lost))
        assert identity_of(store) == made
        assert store.get("wallet", lost) == made.secret

    @pytest.mark.parametrize("is_used", [False, True])
    def test_where_both_are_damaged_no_other_is_made(self, store, is_used):
        made = identity_of(store)
        if is_used:
            HashChain(store, HISTORY).append({"event": "received"})
        store.damage("secret", "secret_copy")
        self.expect_lost(store)
        store.damaged.clear()
        assert identity_of(store) == made

    @pytest.mark.parametrize("left", ["device", "history", "credential", "holder_key"])
    def test_where_both_are_gone_none_is_made_as_long_as_something_is_left(self, store, left):
        identity_of(store)
        store.commit(*(Delete("wallet", id) for id in ("secret", "secret_copy", "device") if id != left))
        if left != "device":
            store.commit(Put(left, "1", b""))
        for is_damaged in (False, True):
            if is_damaged:
                place = ("wallet", "device") if left == "device" else (left, "1")
                store.damage(place[1], collection=place[0])
            assert is_wallet(store)
            self.expect_lost(store)

    def expect_lost(self, store: Damaged) -> None:
        found = identity_of(store)
        assert not found.has_secret
        for ask in (lambda: found.secret, lambda: found.wallet, found.require_whole):
            with pytest.raises(StoreCorruptError) as caught:
                ask()
            assert caught.value.code == "WALLET_SECRET_LOST"
        assert all(put.id == "device" for put in found.known())


class TestDevice:
    @pytest.mark.parametrize("times", [0, 1, 3])
    def test_a_damaged_record_is_told_by_the_history(self, store, times):
        whole = restored(store, times)
        assert whole.device == times
        store.damage("device")
        assert identity_of(store) == whole
        assert [put.id for put in whole.mended(store)] == ["device"]
        store.commit(Put("wallet", "device", b"-1"))
        assert identity_of(store) == whole
        store.commit(Delete("wallet", "device"))
        assert identity_of(store) == whole
        assert store.get("wallet", "device") == b"%d" % times

    def test_where_the_history_is_damaged_too_it_is_not_known(self, store):
        restored(store)
        store.damage("device")
        store.damage("000000000001", collection=HISTORY)
        found = identity_of(store)
        assert found.has_secret
        for ask in (lambda: found.device, found.require_whole, lambda: next_device(store)):
            with pytest.raises(StoreCorruptError) as caught:
                ask()
            assert caught.value.code == "WALLET_DEVICE_LOST"
        assert {put.id for put in found.known()} == {"secret", "secret_copy"}

    def test_a_wallet_that_never_wrote_it_is_told_by_what_can_be_read(self, store):
        """The first device of a wallet of an earlier vcwallet: a damaged history does not make it less than it was."""
        made = restored(store, 0)
        HashChain(store, HISTORY).append({"event": "received"})
        store.damage("000000000001", collection=HISTORY)
        store.commit(Delete("wallet", "device"))
        with pytest.raises(StoreCorruptError):
            identity_of(store).require_whole()
        store.commit(Delete("wallet", "secret_copy"), Delete("wallet", "device"))
        assert identity_of(store) == made
        assert identity_of(store).known() == made.known()

    def test_a_store_that_is_full_can_be_looked_at(self, store):
        made = restored(store)
        store.commit(Delete("wallet", "device"), Delete("wallet", "secret_copy"))
        store.is_full = True
        assert identity_of(store) == made
        assert list(store.find("wallet")) == [Record("secret", made.secret)]
