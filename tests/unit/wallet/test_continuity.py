# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How far a wallet has come, and what a backup lacks of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from tests.support.pki import NOW
from vcwallet.encoding import json
from vcwallet.errors import BackupOlderError, LocalProtocolError, MalformedError, StoreCorruptError
from vcwallet.history import HashChain
from vcwallet.storage import MemoryStore
from vcwallet.wallet.continuity import BackupReceipt, begin_next_device, missing_entries, require_latest
from vcwallet.wallet.identity import HISTORY, identity_of

RECEIPT = BackupReceipt(wallet="w", number=4, made_at=NOW, entries=5, head="a" * 64)


class TestReceipt:
    def test_it_is_the_same_after_being_written(self):
        assert BackupReceipt.from_json(RECEIPT.to_json()) == RECEIPT

    def test_it_counts_what_was_left_out(self):
        partial = replace(RECEIPT, left_out={"credential": 2})
        assert BackupReceipt.from_json(partial.to_json()) == partial
        assert "left_out" not in RECEIPT.to_object()

    def test_its_time_is_told_in_universal_time(self):
        elsewhere = replace(RECEIPT, made_at=NOW.astimezone(timezone(timedelta(hours=9))))
        assert elsewhere.to_json() == RECEIPT.to_json()

    @pytest.mark.parametrize(
        "changed",
        [
            {"wallet": 7},
            {"number": -1},
            {"number": True},
            {"number": "4"},
            {"entries": -1},
            {"entries": 1.5},
            {"head": None},
            {"made_at": "yesterday"},
            {"made_at": 7},
            {"left_out": ["credential"]},
            {"left_out": {"credential": "1"}},
            {"made_at": "0001-01-01T00:00:00+23:59"},
            {"more": 1},
        ],
    )
    def test_what_is_no_receipt_is_malformed(self, changed):
        with pytest.raises(MalformedError):
            BackupReceipt.from_json(json.dumps({**RECEIPT.to_object(), **changed}))

    def test_one_without_a_member_is_malformed(self):
        for name in RECEIPT.to_object():
            members = {key: value for key, value in RECEIPT.to_object().items() if key != name}
            with pytest.raises(MalformedError):
                BackupReceipt.from_object(members)


class TestMissing:
    @pytest.mark.parametrize(
        ("known", "missing"),
        [
            ([], 0),
            ([RECEIPT], 0),
            ([replace(RECEIPT, entries=4, head="b" * 64)], 0),
            ([replace(RECEIPT, entries=6, head="b" * 64)], 1),
            ([replace(RECEIPT, entries=9), RECEIPT, replace(RECEIPT, entries=7)], 4),
            ([replace(RECEIPT, head="b" * 64)], 1),
        ],
    )
    def test_it_is_counted_from_the_latest_that_is_known(self, known, missing):
        assert missing_entries(RECEIPT, known) == missing
        assert require_latest(RECEIPT, iter(known), accept_older=True) == missing
        if missing:
            with pytest.raises(BackupOlderError) as caught:
                require_latest(RECEIPT, iter(known), accept_older=False)
            assert caught.value.missing_entries == missing
        else:
            assert require_latest(RECEIPT, iter(known), accept_older=False) == 0

    def test_another_wallet_is_no_measure_even_if_older_is_accepted(self):
        for accept_older in (True, False):
            with pytest.raises(LocalProtocolError):
                require_latest(RECEIPT, [replace(RECEIPT, wallet="x")], accept_older=accept_older)


class TestNextDevice:
    def test_it_is_written_into_the_history_and_counted(self):
        store = MemoryStore()
        assert identity_of(store).device == 0
        history = HashChain(store, HISTORY)
        end = history.append({"event": "received"})
        receipt = replace(RECEIPT, entries=1, head=end.hash)
        begin_next_device(store, receipt, missing=3, at=NOW)
        assert identity_of(store).device == 1
        restored = list(history.entries())[-1].entry
        assert (restored["event"], restored["backup"], restored["missing_entries"]) == ("restored", 4, 3)

    def test_a_history_with_another_end_is_not_gone_on_with(self):
        store = MemoryStore()
        with pytest.raises(StoreCorruptError, match="HISTORY_BROKEN"):
            begin_next_device(store, RECEIPT, missing=0, at=NOW)
        assert identity_of(store).device == 0
