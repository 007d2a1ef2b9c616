# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The record store in memory: all of a change or none, found by tag, safe between threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from vcwallet.errors import StoreError
from vcwallet.storage import Delete, MemoryStore, Put, Record, RecordExistsError


@pytest.fixture
def store():
    return MemoryStore()


def ids(records):
    return [record.id for record in records]


def test_what_was_put_is_there(store):
    store.commit(Put("key", "1", b"one"))
    assert store.get("key", "1") == b"one"
    assert list(store.find("key")) == [Record("1", b"one")]


def test_an_empty_body_is_a_body(store):
    store.commit(Put("key", "1", b""))
    assert store.get("key", "1") == b""


def test_what_was_not_put_is_not_there(store):
    assert store.get("key", "1") is None
    assert list(store.find("key")) == []
    assert list(store.find("key", "tag")) == []


def test_many_are_looked_up_at_once(store):
    store.commit(Put("key", "1", b"one"), Put("key", "2", b""), Put("nonce", "3", b""))
    assert store.get_many("key", ["3", "2", "1"]) == {"1": b"one", "2": b""}
    assert store.get_many("key", []) == {}


def test_a_record_is_replaced_with_its_tags(store):
    store.commit(Put("key", "1", b"one", tags=("old",)))
    store.commit(Put("key", "1", b"uno", tags=("new",)))
    assert store.get("key", "1") == b"uno"
    assert ids(store.find("key", "old")) == []
    assert ids(store.find("key", "new")) == ["1"]


def test_a_record_is_deleted_once_or_twice(store):
    store.commit(Put("key", "1", b"one"), Put("key", "2", b"two"))
    store.commit(Delete("key", "1"))
    store.commit(Delete("key", "1"))
    assert store.get("key", "1") is None
    assert ids(store.find("key")) == ["2"]


def test_collections_do_not_share_identifiers(store):
    store.commit(Put("key", "1", b"key", new=True), Put("nonce", "1", b"nonce", new=True))
    assert store.get("key", "1") == b"key"
    assert store.get("nonce", "1") == b"nonce"
    assert ids(store.find("nonce")) == ["1"]


def test_records_are_found_by_tag_last_written_first(store):
    store.commit(Put("key", "1", b"", tags=("a",)), Put("key", "2", b"", tags=("a", "b")), Put("key", "3", b""))
    store.commit(Put("key", "1", b"again", tags=("a",)))
    assert ids(store.find("key", "a")) == ["1", "2"]
    assert ids(store.find("key", "b")) == ["2"]
    assert ids(store.find("key")) == ["1", "3", "2"]


def test_a_new_record_must_be_new(store):
    store.commit(Put("nonce", "1", b"first", new=True))
    with pytest.raises(RecordExistsError) as caught:
        store.commit(Put("nonce", "1", b"second", new=True))
    assert caught.value.code == "RECORD_EXISTS"
    assert isinstance(caught.value, StoreError)
    assert store.get("nonce", "1") == b"first"


def test_a_deleted_identifier_is_free_again(store):
    store.commit(Put("nonce", "1", b"first", new=True))
    store.commit(Delete("nonce", "1"), Put("nonce", "1", b"second", new=True))
    assert store.get("nonce", "1") == b"second"


def test_nothing_of_a_refused_change_is_applied(store):
    store.commit(Put("nonce", "1", b"", new=True), Put("key", "old", b"old"))
    with pytest.raises(RecordExistsError):
        store.commit(Put("key", "new", b"new"), Delete("key", "old"), Put("nonce", "1", b"", new=True))
    assert ids(store.find("key")) == ["old"]


def test_the_same_new_record_twice_in_one_change_is_refused(store):
    with pytest.raises(RecordExistsError):
        store.commit(Put("nonce", "1", b"", new=True), Put("nonce", "1", b"", new=True))
    assert store.get("nonce", "1") is None


def test_reading_on_is_not_disturbed_by_writing(store):
    store.commit(Put("key", "1", b""), Put("key", "2", b""))
    records = store.find("key")
    assert next(records).id == "2"
    store.commit(Delete("key", "1"))
    assert ids(records) == ["1"]


def test_of_many_threads_one_gets_the_new_record(store):
    def claim(number):
        try:
            store.commit(Put("nonce", "1", b"%d" % number, new=True), Put("winner", str(number), b""))
        except RecordExistsError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(claim, range(200)))
    assert won.count(True) == 1
    assert ids(store.find("winner")) == [str(won.index(True))]


def test_bodies_do_not_show_in_a_repr(store):
    store.commit(Put("key", "1", b"secret"))
    assert "secret" not in repr(list(store.find("key")))
    assert "secret" not in repr(Put("key", "1", b"secret"))
