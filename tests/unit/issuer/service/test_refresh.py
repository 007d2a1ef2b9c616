# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Refresh tokens of wallets without DPoP: good for what was deferred, changed with each use, void in two hands."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.issuance import (
    AGE_JWT,
    CLIENT,
    HANAKO,
    RESIDENT_JWT,
    Counter,
    Maker,
    credentials,
    error_of,
    keys,
    members,
    not_yet,
)
from tests.support.world import Resident, resident
from vcwallet.issuer.openid4vci import Lifetimes, refresh
from vcwallet.keys.software import SoftwareSigner
from vcwallet.sealed_sessions import digest


@pytest.fixture
def counter() -> Counter:
    made = Counter()
    made.files.records[HANAKO, Resident] = not_yet(86_400)
    return made


def waiting(counter: Counter, **options):
    """Return a bearer wallet that was promised credentials, its keys, and the transaction."""
    wallet, some = counter.wallet(**{"dpop": None} | options), keys(2)
    members(wallet.redeem(counter.offer(RESIDENT_JWT, AGE_JWT)))
    return wallet, some, members(wallet.ask(*some), 202)["transaction_id"]


def arrive(counter: Counter) -> None:
    counter.files.records[HANAKO, Resident] = resident()


def pass_by(counter: Counter, **time) -> None:
    counter.clock.pass_by(**time)
    counter.update()


def test_a_bearer_wallet_picks_up_after_its_token_has_ended(counter):
    wallet, _, transaction = waiting(counter)
    first = wallet.refresh_token
    pass_by(counter, days=1)
    refused = wallet.pick_up(transaction)
    assert (refused.status, error_of(refused)) == (401, "invalid_token")
    token = members(wallet.refresh())
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 300)
    assert token["refresh_token"] != first
    assert members(wallet.pick_up(transaction), 202)["interval"] == 86_400
    pass_by(counter, days=27)
    members(wallet.refresh())
    arrive(counter)
    assert len(credentials(wallet.pick_up(transaction))) == 2
    assert counter.issued() == 2


def test_it_ends_with_the_transaction(counter):
    wallet, _, transaction = waiting(counter)
    pass_by(counter, days=29)
    members(wallet.refresh())
    pass_by(counter, days=1)
    assert error_of(wallet.refresh()) == "invalid_grant"
    arrive(counter)
    assert error_of(wallet.pick_up(transaction)) == "invalid_token"
    assert counter.issued() == 0


def test_without_anything_deferred_there_is_nothing_to_refresh(counter):
    arrive(counter)
    wallet = counter.wallet(dpop=None)
    members(wallet.redeem(counter.offer(RESIDENT_JWT, AGE_JWT)))
    assert error_of(wallet.refresh()) == "invalid_grant"
    credentials(wallet.ask(*keys()))
    assert error_of(wallet.refresh()) == "invalid_grant"
    credentials(wallet.ask(*keys(), id=AGE_JWT))  # which voids nothing
    counter.clock.pass_by(seconds=300)
    assert error_of(wallet.refresh()) == "invalid_grant"


def test_what_it_brings_is_good_for_nothing_new(counter):
    wallet, some, transaction = waiting(counter)
    first = wallet.access_token
    members(wallet.refresh())
    assert error_of(wallet.ask(*keys())) == "credential_request_denied"
    assert error_of(wallet.ask(*keys(), id=AGE_JWT)) == "credential_request_denied"
    assert members(wallet.ask(*some), 202)["transaction_id"] == transaction
    arrive(counter)
    delivered = credentials(wallet.pick_up(transaction))
    assert error_of(wallet.pick_up(transaction)) == "invalid_transaction_id"
    assert credentials(wallet.ask(*some)) == delivered
    assert error_of(wallet.ask(*keys())) == "credential_request_denied"
    wallet.access_token = first  # the token of the code is good for all that was granted, as long as it lasts
    credentials(wallet.ask(*keys(), id=AGE_JWT))
    assert counter.issued() == 3


def test_after_the_delivery_its_answer_can_still_be_fetched_by_the_same_keys(counter):
    wallet, some, transaction = waiting(counter)
    members(wallet.refresh())
    arrive(counter)
    delivered = credentials(wallet.pick_up(transaction))
    counter.clock.pass_by(seconds=300)
    members(wallet.refresh())
    assert credentials(wallet.ask(*some)) == delivered
    assert counter.issued() == 2


def test_a_wallet_that_did_not_get_the_answer_gets_the_same_until_it_is_used(counter):
    wallet, _, transaction = waiting(counter)
    first = wallet.refresh_token
    answer = wallet.refresh()
    wallet.refresh_token = first
    assert wallet.refresh().body == answer.body
    members(wallet.pick_up(transaction), 202)
    wallet.refresh_token = first
    assert error_of(wallet.refresh()) == "invalid_grant"


@pytest.mark.parametrize("by", ["access token", "refresh token", "a refused request"])
def test_a_refresh_token_that_is_in_two_hands_voids_everything(counter, by):
    wallet, some, transaction = waiting(counter)
    first = wallet.refresh_token
    members(wallet.refresh())
    second = wallet.refresh_token
    if by == "access token":
        members(wallet.pick_up(transaction), 202)
    elif by == "refresh token":
        members(wallet.refresh())
        second = wallet.refresh_token
    else:
        assert error_of(wallet.pick_up("x" * 43)) == "invalid_transaction_id"
    wallet.refresh_token = first
    assert error_of(wallet.refresh()) == "invalid_grant"
    arrive(counter)
    assert error_of(wallet.pick_up(transaction)) == "invalid_token"
    assert error_of(wallet.ask(*some)) == "invalid_token"
    wallet.refresh_token = second
    assert error_of(wallet.refresh()) == "invalid_grant"
    assert counter.issued() == 0


def test_each_use_after_the_first_needs_no_mark_of_its_own(counter):
    wallet, _, transaction = waiting(counter)
    first = wallet.refresh_token
    members(wallet.refresh())
    for _ in range(2):
        members(wallet.pick_up(transaction), 202)
    kind = counter.kind("refreshed")
    assert counter.sessions.count(kind, at=counter.clock()) == 1
    assert counter.sessions.get(kind, digest(first), at=counter.clock()) is not None


def test_a_proof_does_not_go_with_a_token_that_is_bound_to_no_key(counter):
    wallet, *_ = waiting(counter)
    wallet.dpop = SoftwareSigner.generate()
    assert error_of(wallet.refresh()) == "invalid_grant"
    wallet.dpop = None
    members(wallet.refresh())


def test_it_is_the_clients_that_it_was_given_to(counter):
    wallet, *_ = waiting(counter, client_id=CLIENT)
    wallet.client_id = "https://other.example"
    assert error_of(wallet.refresh()) == "invalid_grant"
    wallet.client_id = CLIENT
    members(wallet.refresh())
    wallet.client_id = None
    members(wallet.refresh())


def test_an_anonymous_wallet_may_name_itself_later(counter):
    wallet, *_ = waiting(counter)
    wallet.client_id = CLIENT
    members(wallet.refresh())


def test_that_of_an_attested_wallet_is_its_instances(counter):
    maker = Maker(counter)
    wallet, _, transaction = waiting(counter, client_id=CLIENT, attester=maker.headers)
    wallet.attester = Maker(counter).headers
    assert error_of(wallet.refresh()) == "invalid_grant"
    wallet.attester = maker.headers
    members(wallet.refresh())
    members(wallet.pick_up(transaction), 202)


def test_it_is_not_changed_without_end(counter, monkeypatch):
    monkeypatch.setattr(refresh, "MAX_ROTATIONS", 2)
    wallet, *_ = waiting(counter)
    members(wallet.refresh())
    members(wallet.refresh())
    assert error_of(wallet.refresh()) == "invalid_grant"


def test_how_long_it_waits_is_the_deployers(counter):
    counter.service = counter.made(
        lifetimes=Lifetimes(transaction=timedelta(days=2), bearer_token=timedelta(seconds=60))
    )
    wallet, _, transaction = waiting(counter)
    pass_by(counter, days=1)
    assert members(wallet.refresh())["expires_in"] == 60
    arrive(counter)
    credentials(wallet.pick_up(transaction))
    pass_by(counter, days=1)
    assert error_of(wallet.refresh()) == "invalid_grant"
