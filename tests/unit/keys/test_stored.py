# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Private keys kept as records: they outlast the process, and damage is found."""

from __future__ import annotations

import pytest

from vcwallet.errors import StoreCorruptError, StoreError
from vcwallet.keys import Algorithm, KeyStore
from vcwallet.keys.stored import COLLECTION, StoredKeys
from vcwallet.storage import MemoryStore, Put


@pytest.fixture
def store():
    return MemoryStore()


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_key_outlasts_its_key_store(store, algorithm):
    handle = StoredKeys(store).create(algorithm)
    first, again = StoredKeys(store).signer(handle), StoredKeys(store).signer(handle)
    assert first.public_key == again.public_key
    first.public_key.verify(again.sign(b"message"), b"message")


def test_stored_keys_fit_the_seam(store):
    assert isinstance(StoredKeys(store), KeyStore)


def test_each_key_has_a_handle_of_its_own(store):
    keys = StoredKeys(store)
    assert len({keys.create(Algorithm.ES256) for _ in range(20)}) == 20


def test_a_deleted_key_is_gone_and_the_others_are_not(store):
    keys = StoredKeys(store)
    first, second = keys.create(Algorithm.ES256), keys.create(Algorithm.ES256)
    keys.delete(first)
    keys.delete(first)
    with pytest.raises(StoreError):
        keys.signer(first)
    keys.signer(second)


def test_a_damaged_key_is_not_taken_for_a_missing_one(store):
    keys = StoredKeys(store)
    handle = keys.create(Algorithm.ES256)
    store.commit(Put(COLLECTION, handle, b"damaged"))
    with pytest.raises(StoreCorruptError):
        keys.signer(handle)
