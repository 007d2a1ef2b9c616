# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The values of the seam to a ledger check themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.ledger import DESK, LISTS, new_issue
from tests.support.pki import NOW
from vcwallet.status.ledger import (
    MAX_BATCH,
    MAX_KEY_LENGTH,
    MAX_NOTE_LENGTH,
    Decision,
    PublishedList,
    Status,
    StatusListPlan,
)
from vcwallet.status.status_list import MAX_LIST_BYTES

NO_TEXTS = ["", " ", "a\0b", "a\nb", "\ud800", "\N{RIGHT-TO-LEFT OVERRIDE}x"]


@pytest.mark.parametrize("uri", [LISTS, "https://a.example", "https://a.example:8443/status/lists"])
def test_status_lists_are_below_an_https_url(uri):
    assert StatusListPlan(uri=uri).uri == uri


@pytest.mark.parametrize(
    "uri",
    ["", "http://a.example/l", "https://", f"{LISTS}/", f"{LISTS}?a=b", f"{LISTS}#a", "https://a.example/一", "lists"],
)
def test_and_below_nothing_else(uri):
    with pytest.raises(ValueError, match="URL"):
        StatusListPlan(uri=uri)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_status_has_1_2_4_or_8_bits(bits):
    assert StatusListPlan(uri=LISTS, bits=bits).bits == bits


@pytest.mark.parametrize("bits", [0, 3, 16, -1, 2.0, True])
def test_and_no_other_number_of_them(bits):
    with pytest.raises(ValueError, match="bits"):
        StatusListPlan(uri=LISTS, bits=bits)


@pytest.mark.parametrize("size", [8, 16, 1_000_000])
def test_the_size_of_a_list_is_a_multiple_of_8(size):
    assert StatusListPlan(uri=LISTS, size=size).size == size


@pytest.mark.parametrize("size", [0, 7, 9, -8, 16.0, True])
def test_and_no_other_number(size):
    with pytest.raises(ValueError, match="multiple of 8"):
        StatusListPlan(uri=LISTS, size=size)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_no_list_is_longer_than_what_verifiers_inflate(bits):
    longest = MAX_LIST_BYTES * 8 // bits
    StatusListPlan(uri=LISTS, bits=bits, size=longest)
    with pytest.raises(ValueError, match="MiB"):
        StatusListPlan(uri=LISTS, bits=bits, size=longest + 8)


@pytest.mark.parametrize("text", [*NO_TEXTS, "x" * (MAX_NOTE_LENGTH + 1)])
def test_actor_and_reason_are_printable_and_not_too_long(text):
    Decision(actor="x" * MAX_NOTE_LENGTH, reason="届出による", at=NOW)
    with pytest.raises(ValueError, match="an actor"):
        Decision(actor=text, reason="moved", at=NOW)
    with pytest.raises(ValueError, match="a reason"):
        Decision(actor="desk", reason=text, at=NOW)


@pytest.mark.parametrize("text", [*NO_TEXTS, "x" * (MAX_KEY_LENGTH + 1)])
def test_an_idempotency_key_is_printable_and_not_too_long(text):
    new_issue("申請 17"), new_issue("x" * MAX_KEY_LENGTH)
    with pytest.raises(ValueError, match="idempotency key"):
        new_issue(text)


@pytest.mark.parametrize("copies", [0, -1, MAX_BATCH + 1])
def test_a_batch_has_some_credentials_and_not_too_many(copies):
    assert new_issue("1", copies=MAX_BATCH).copies == MAX_BATCH
    with pytest.raises(ValueError, match="batch"):
        new_issue("1", copies=copies)


def test_statuses_have_the_values_of_the_standard():
    assert [(status.name, int(status)) for status in Status] == [("VALID", 0), ("INVALID", 1), ("SUSPENDED", 2)]


def test_tokens_stay_out_of_representations():
    published = PublishedList(
        uri=LISTS, jwt="secret", cwt=b"secret", issued_at=NOW, expires=NOW, ttl=timedelta(seconds=60)
    )
    assert "secret" not in repr(published)
    assert "desk" in repr(DESK)
