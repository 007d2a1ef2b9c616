# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Pseudonyms: the same for one person and one secret, and nothing else that could be stored in their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcwallet.status.ledger import Pseudonym

SECRET = bytes(range(32))


def test_it_is_an_hmac_under_a_key_of_its_own():
    made = Pseudonym.of("resident 17", secret=SECRET)
    # HKDF-SHA256 (RFC 5869) of the secret with the purpose, then HMAC-SHA256, computed by hand.
    assert made.value.hex() == "168d33ffd99225fd3e244b00240b399ed4fab0e1a6582198edec8aa3663e535b"


@given(st.text(min_size=1, max_size=50), st.text(min_size=1, max_size=50))
def test_it_stands_for_one_person(one, other):
    assert (Pseudonym.of(one, secret=SECRET) == Pseudonym.of(other, secret=SECRET)) is (one == other)
    assert Pseudonym.of(one, secret=SECRET) != Pseudonym.of(one, secret=bytes(32))


@pytest.mark.parametrize(("reference", "secret"), [("", SECRET), ("resident 17", SECRET[:31])])
def test_it_is_of_somebody_and_of_a_secret(reference, secret):
    with pytest.raises(ValueError, match="pseudonym"):
        Pseudonym.of(reference, secret=secret)
    Pseudonym.of("resident 17", secret=SECRET)


@pytest.mark.parametrize("value", [b"", b"resident 17", bytes(31), bytes(33)])
def test_what_is_none_does_not_pass_for_one(value):
    with pytest.raises(ValueError, match="32 bytes"):
        Pseudonym(value)
    Pseudonym(bytes(32))


def test_its_text_does_not_show_it():
    made = Pseudonym.of("resident 17", secret=SECRET)
    assert repr(made) == "Pseudonym()"
