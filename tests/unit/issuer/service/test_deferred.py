# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The deferred and the notification endpoint: promised once, delivered once, told as often as one likes."""

from __future__ import annotations

import pytest

from tests.support.issuance import (
    AGE_JWT,
    HANAKO,
    RESIDENT_JWT,
    Counter,
    credentials,
    error_of,
    keys,
    members,
    not_yet,
    recorded,
)
from tests.support.world import Resident, resident
from tests.unit.issuer.service.test_credential import OURS, THEIRS, encrypted, opened
from vcwallet.encoding import json
from vcwallet.issuer.openid4vci import NoRecord, NotYet, OfferState


@pytest.fixture
def counter() -> Counter:
    made = Counter()
    made.files.records[HANAKO, Resident] = not_yet(60)
    return made


def waiting(counter: Counter, **options):
    """Return a wallet that was promised credentials, its keys, and the transaction."""
    wallet, some = counter.wallet(**options), keys(2)
    members(wallet.redeem(counter.offer(RESIDENT_JWT, AGE_JWT)))
    promise = members(wallet.ask(*some), 202)
    assert promise.keys() == {"transaction_id", "interval"}
    return wallet, some, promise["transaction_id"]


def arrive(counter: Counter) -> None:
    counter.files.records[HANAKO, Resident] = resident()


# --- deferred ---


def test_what_is_not_there_yet_is_promised_and_then_delivered(counter):
    wallet, _, transaction = waiting(counter)
    again = members(wallet.pick_up(transaction), 202)
    assert again == {"transaction_id": transaction, "interval": 60}
    arrive(counter)
    response = wallet.pick_up(transaction)
    assert members(response).keys() == {"credentials"}
    assert len(credentials(response)) == 2
    assert counter.issued() == 2


def test_a_deployer_can_have_deferred_credentials_told_about(counter):
    counter.service = counter.made(deferred_notifications=True)
    wallet, some, transaction = waiting(counter)
    assert members(wallet.pick_up(transaction), 202).keys() == {"transaction_id", "interval"}
    arrive(counter)
    answer = members(wallet.pick_up(transaction))
    assert wallet.notify(answer["notification_id"]).status == 204
    assert members(wallet.pick_up(transaction)) == members(wallet.ask(*some)) == answer


def test_what_is_there_at_once_always_comes_with_a_name_for_notifications(counter):
    arrive(counter)
    wallet = counter.wallet()
    wallet.redeem(counter.offer())
    assert members(wallet.ask(*keys())).keys() == {"credentials", "notification_id"}


def test_the_interval_is_the_deployers(counter):
    wallet, _, transaction = waiting(counter)
    counter.files.records[HANAKO, Resident] = not_yet(3600)
    assert members(wallet.pick_up(transaction), 202)["interval"] == 3600


def test_a_wallet_that_did_not_get_it_gets_the_same_for_ten_minutes(counter):
    wallet, _, transaction = waiting(counter)
    arrive(counter)
    first = wallet.pick_up(transaction)
    counter.clock.pass_by(minutes=9, seconds=59)
    assert wallet.pick_up(transaction).body == first.body
    counter.clock.pass_by(seconds=1)
    assert error_of(wallet.pick_up(transaction)) == "invalid_transaction_id"
    assert counter.issued() == 2


def test_a_request_word_for_word_is_a_replay(counter):
    wallet, _, transaction = waiting(counter)
    sent = recorded(wallet)
    members(wallet.pick_up(transaction), 202)
    assert error_of(counter.service(sent[-1])) == "invalid_dpop_proof"
    arrive(counter)
    credentials(wallet.pick_up(transaction))
    assert error_of(counter.service(sent[-1])) == "invalid_dpop_proof"


def test_a_bearer_gets_it_once_and_asks_the_credential_endpoint_then(counter):
    wallet, some, transaction = waiting(counter, dpop=None)
    arrive(counter)
    first = wallet.pick_up(transaction)
    assert credentials(first)
    assert error_of(wallet.pick_up(transaction)) == "invalid_transaction_id"
    assert wallet.ask(*some).body == first.body
    assert counter.issued() == 2


def test_the_same_keys_are_promised_the_same(counter):
    wallet, some, transaction = waiting(counter)
    assert members(wallet.ask(*some), 202) == {"transaction_id": transaction, "interval": 60}
    assert error_of(wallet.ask(*keys())) == "credential_request_denied"
    arrive(counter)
    assert members(wallet.ask(*some), 202)["transaction_id"] == transaction
    first = wallet.pick_up(transaction)
    assert wallet.ask(*some).body == first.body
    assert error_of(wallet.ask(*keys())) == "credential_request_denied"
    assert counter.issued() == 2


def test_a_nonce_is_used_up_by_a_promise(counter):
    wallet = counter.wallet()
    members(wallet.redeem(counter.offer()))
    nonce, [key] = wallet.nonce(), keys()
    members(wallet.ask(key, nonce=nonce), 202)
    assert error_of(wallet.ask(key, nonce=nonce)) == "invalid_nonce"


def test_a_transaction_of_another_grant_is_none(counter):
    _, _, transaction = waiting(counter)
    other, _, _ = waiting(counter)
    arrive(counter)
    for id in (transaction, "x" * 43, "x"):
        refused = other.pick_up(id)
        assert (refused.status, error_of(refused)) == (400, "invalid_transaction_id")


def test_a_promise_is_kept_for_a_month_with_a_refreshed_token(counter):
    wallet, _, transaction = waiting(counter)
    counter.clock.pass_by(days=29)
    counter.update()
    arrive(counter)
    assert error_of(wallet.pick_up(transaction)) == "invalid_token"
    members(wallet.refresh())
    credentials(wallet.pick_up(transaction))


def test_what_will_never_be_there_is_denied(counter):
    wallet, _, transaction = waiting(counter)
    counter.files.records[HANAKO, Resident] = NoRecord()
    assert error_of(wallet.pick_up(transaction)) == "credential_request_denied"
    assert counter.issued() == 0


@pytest.mark.parametrize("request_", [{}, [], {"transaction_id": 1}, {"transaction_id": ""}])
def test_a_broken_request_is_refused_with_the_code_of_the_standard(counter, request_):
    wallet, _, _ = waiting(counter)
    refused = wallet.post_json("/deferred", request_)
    assert (refused.status, error_of(refused)) == (400, "invalid_credential_request")


def test_a_promise_is_delivered_encrypted_if_the_request_says_so():
    counter = Counter(options={"encryption": (OURS,)})
    counter.files.records[HANAKO, Resident] = not_yet()
    wallet, _, transaction = waiting(counter)
    encryption = {"jwk": THEIRS.jwk, "enc": "A256GCM"}
    asked = {"transaction_id": transaction, "credential_response_encryption": encryption}
    promised = encrypted(wallet, "/deferred", asked)
    assert (promised.status, opened(promised)["transaction_id"]) == (202, transaction)
    arrive(counter)
    delivered = opened(encrypted(wallet, "/deferred", asked))
    assert json.loads_object(wallet.pick_up(transaction).body) == delivered


@pytest.mark.parametrize("seconds", [0, 0.5, 1.5, 31 * 86400])
def test_an_interval_is_whole_seconds_up_to_a_month(seconds):
    from datetime import timedelta

    with pytest.raises(ValueError, match="interval"):
        NotYet(interval=timedelta(seconds=seconds))


# --- notification ---


@pytest.fixture
def told():
    counter = Counter()
    offer, wallet = counter.offer(RESIDENT_JWT, AGE_JWT), counter.wallet()
    members(wallet.redeem(offer))
    return counter, wallet, offer, members(wallet.ask(*keys()))["notification_id"]


def test_a_notification_is_taken_as_often_as_it_comes(told):
    counter, wallet, offer, id = told
    for _ in range(3):
        response = wallet.notify(id)
        assert (response.status, response.body) == (204, b"")
    assert counter.service.offer_status(offer.id).configurations == {
        RESIDENT_JWT: OfferState.ACCEPTED,
        AGE_JWT: OfferState.REDEEMED,
    }


@pytest.mark.parametrize(
    ("event", "state"),
    [
        ("credential_accepted", OfferState.ACCEPTED),
        ("credential_failure", OfferState.FAILED),
        ("credential_deleted", OfferState.DELETED),
    ],
)
def test_the_portal_sees_what_became_of_an_offer(told, event, state):
    counter, wallet, offer, id = told
    assert counter.service.offer_status(offer.id).state is OfferState.ISSUED
    assert wallet.notify(id, event).status == 204
    assert counter.service.offer_status(offer.id).state is state


def test_a_later_event_replaces_an_earlier_one(told):
    counter, wallet, offer, id = told
    wallet.notify(id)
    wallet.notify(id, "credential_deleted")
    assert counter.service.offer_status(offer.id).state is OfferState.DELETED


def test_what_another_was_given_is_not_told_about(told):
    counter, wallet, offer, id = told
    other = counter.wallet()
    members(other.redeem(counter.offer()))
    refused = other.notify(id)
    assert (refused.status, error_of(refused)) == (400, "invalid_notification_id")
    assert error_of(wallet.notify("x" * 43)) == "invalid_notification_id"
    assert counter.service.offer_status(offer.id).state is OfferState.ISSUED


@pytest.mark.parametrize(
    "request_", [{}, [], {"notification_id": "x"}, {"notification_id": "x", "event": "credential_lost"}]
)
def test_a_broken_notification_is_refused_with_the_code_of_the_standard(told, request_):
    _, wallet, _, _ = told
    refused = wallet.post_json("/notification", request_)
    assert (refused.status, error_of(refused)) == (400, "invalid_notification_request")


def test_a_notification_is_json_with_a_token(told):
    _, wallet, _, id = told
    members_ = {"notification_id": id, "event": "credential_accepted"}
    refused = wallet.post_json("/notification", members_, **{"content-type": "text/plain"})
    assert error_of(refused) == "invalid_notification_request"
    assert wallet.post_json("/notification", members_, authorization="").status == 401
