# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Nonces that nobody keeps: ours are known again, for a while, and no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.pki import NOW
from tests.support.world import flipped
from vcwallet.errors import BindingError, ValidityError
from vcwallet.protocols.stateless_nonce import LIFETIME, StatelessNonces

KEY = bytes(range(32))
NONCES = StatelessNonces(KEY, kind="c_nonce")
SECOND = timedelta(seconds=1)
NONCE = NONCES.issue(at=NOW, random_bytes=bytes)


@pytest.mark.parametrize("later", [timedelta(0), SECOND, LIFETIME - SECOND, -timedelta(seconds=60)])
def test_a_nonce_is_good_in_its_lifetime_and_for_clocks_that_differ(later):
    assert NONCES.require(NONCE, at=NOW + later) == NOW + LIFETIME


@pytest.mark.parametrize(
    ("later", "code"),
    [(LIFETIME, "EXPIRED"), (-timedelta(seconds=61), "NOT_YET_VALID"), (timedelta(days=9), "EXPIRED")],
)
def test_before_and_after_it_is_not(later, code):
    with pytest.raises(ValidityError) as caught:
        NONCES.require(NONCE, at=NOW + later)
    assert caught.value.code == code


def test_the_lifetime_is_the_makers():
    short = StatelessNonces(KEY, kind="c_nonce", lifetime=SECOND)
    assert short.require(NONCE, at=NOW) == NOW + SECOND
    with pytest.raises(ValidityError):
        short.require(NONCE, at=NOW + SECOND)


@pytest.mark.parametrize(
    "other",
    [StatelessNonces(KEY, kind="dpop"), StatelessNonces(KEY[::-1], kind="c_nonce"), StatelessNonces(KEY, kind="c")],
    ids=["kind", "key", "prefix"],
)
def test_a_nonce_of_another_kind_or_key_is_unknown(other):
    for maker, reader in ((other, NONCES), (NONCES, other)):
        nonce = maker.issue(at=NOW)
        assert maker.require(nonce, at=NOW)
        with pytest.raises(BindingError) as caught:
            reader.require(nonce, at=NOW)
        assert caught.value.code == "NONCE_UNKNOWN"


@pytest.mark.parametrize("position", range(len(NONCE)))
def test_no_character_can_be_changed(position):
    with pytest.raises(BindingError):
        NONCES.require(flipped(NONCE, position), at=NOW)


@pytest.mark.parametrize("nonce", ["", "a", NONCE[:-1], NONCE + "A", NONCE[:-1] + "=", "\u3042" * 72, "!" * 72])
def test_what_is_no_nonce_is_unknown(nonce):
    with pytest.raises(BindingError):
        NONCES.require(nonce, at=NOW)


def test_each_is_another():
    assert len({NONCES.issue(at=NOW) for _ in range(10)}) == 10


def test_a_nonce_has_72_characters_also_late():
    late = datetime(9999, 12, 31, tzinfo=UTC)
    assert {len(NONCE), len(NONCES.issue(at=late))} == {72}


@pytest.mark.parametrize(
    "members",
    [{"key": bytes(31)}, {"kind": ""}, {"lifetime": timedelta(0)}, {"lifetime": -SECOND}],
    ids=["key", "kind", "no lifetime", "negative lifetime"],
)
def test_a_weak_maker_is_not_made(members):
    with pytest.raises(ValueError, match="nonces"):
        StatelessNonces(**{"key": KEY, "kind": "k"} | members)


def test_the_key_is_not_shown():
    assert repr(KEY) not in repr(NONCES)
