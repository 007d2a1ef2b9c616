# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What one person has: listed, suspended, reinstated and revoked, and their tokens bring nothing more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.issuance import (
    AGE_JWT,
    HANAKO,
    RESIDENT_JWT,
    SECRET,
    Counter,
    credentials,
    error_of,
    keys,
    members,
    not_yet,
)
from tests.support.world import AgeCard, Resident, resident
from vcwallet.errors import LocalProtocolError, StoreBusyError
from vcwallet.issuer.openid4vci import DIGITS, GrantType, Lifetimes, OfferState, people
from vcwallet.sessions import SessionChangedError
from vcwallet.status.ledger import Status

TARO = "resident 18"
WHY = {"reason": "the wallet was lost", "actor": "residents desk"}
OTHER_SECRET = bytes(reversed(range(32)))


@pytest.fixture
def counter() -> Counter:
    made = Counter()
    made.files.records[TARO, AgeCard] = AgeCard(age_over_18=True)
    return made


def collect(counter: Counter, subject: str = HANAKO, *, id: str = RESIDENT_JWT, copies: int = 1, **options):
    """Return a wallet that has collected."""
    wallet = counter.wallet(**options)
    members(wallet.redeem(counter.offer(id, subject=subject)))
    credentials(wallet.ask(*keys(copies), id=id))
    return wallet


def pass_by(counter: Counter, **time) -> None:
    counter.clock.pass_by(**time)
    counter.update()


# --- listing ---


def test_what_a_person_has_is_listed(counter):
    collect(counter, copies=3)
    collect(counter, id=AGE_JWT)
    collect(counter, TARO, id=AGE_JWT)
    listed = counter.service.issued_to(HANAKO)
    assert sorted(entry.type_id for entry in listed) == [AgeCard.vct, *[Resident.vct] * 3]
    assert len(counter.service.issued_to(TARO)) == 1
    assert counter.service.issued_to("resident 19") == ()


def test_it_is_listed_by_whoever_logged_in(counter):
    wallet = counter.wallet()
    members(wallet.exchange(wallet.authorised(TARO, scope=(AGE_JWT,))))
    credentials(wallet.ask(*keys(), id=AGE_JWT))
    assert len(counter.service.issued_to(TARO)) == 1


def test_nothing_in_the_ledger_says_who_they_are(counter):
    collect(counter)
    with counter.ledger._database.read() as connection:
        text = "\n".join(connection.connection.driver_connection.iterdump())
    assert HANAKO not in text
    [entry] = counter.service.issued_to(HANAKO)
    assert HANAKO not in repr(entry)


# --- revoking ---


def test_all_of_one_person_is_revoked_and_nothing_of_another(counter):
    collect(counter, copies=2)
    collect(counter, id=AGE_JWT)
    collect(counter, TARO, id=AGE_JWT)
    for _ in range(2):
        revoked = counter.service.revoke(HANAKO, **WHY)
        assert [entry.status for entry in revoked] == [Status.INVALID] * 3
    assert counter.statuses() == {0: 1, 1: 3}


@pytest.mark.parametrize("take_back", ["revoke", "suspend"])
def test_the_tokens_of_a_wallet_that_was_lost_bring_nothing_more(counter, take_back):
    lost, others = collect(counter), collect(counter, TARO, id=AGE_JWT)
    getattr(counter.service, take_back)(HANAKO, **WHY)
    assert error_of(lost.refresh()) == "invalid_grant"
    assert error_of(lost.ask(*keys())) == "invalid_token"
    assert error_of(lost.notify("x" * 43)) == "invalid_token"
    members(others.refresh())
    assert counter.statuses()[0] == 1


def test_a_credential_that_was_deferred_is_not_delivered(counter):
    counter.files.records[HANAKO, Resident] = not_yet()
    wallet, some = counter.wallet(), keys()
    members(wallet.redeem(counter.offer()))
    transaction = members(wallet.ask(*some), 202)["transaction_id"]
    with pytest.raises(LocalProtocolError, match="NOT_ISSUED"):
        counter.service.revoke(HANAKO, **WHY)
    counter.files.records[HANAKO, Resident] = resident()
    assert error_of(wallet.pick_up(transaction)) == "invalid_token"
    assert counter.issued() == 0


def test_offers_and_codes_of_before_are_dead_and_those_of_later_are_good(counter):
    collect(counter)
    offer, wallet = counter.offer(), counter.wallet()
    location = wallet.authorised()
    to_log_in = counter.service.offer(HANAKO, [RESIDENT_JWT], grant=GrantType.AUTHORIZATION_CODE)
    counter.service.revoke(HANAKO, **WHY)
    assert counter.service.offer_status(offer.id).state is OfferState.DEAD
    assert error_of(counter.wallet().redeem(offer)) == "invalid_grant"
    assert error_of(wallet.exchange(location)) == "invalid_grant"
    collect(counter)
    wallet = counter.wallet()
    issuer_state = to_log_in.offer.grants.authorization_code.issuer_state
    members(wallet.exchange(wallet.authorised(issuer_state=issuer_state)))  # whoever logs in is the person
    credentials(wallet.ask(*keys()))
    assert counter.statuses() == {0: 2, 1: 1}


def test_each_time_it_is_taken_back_what_came_since_then_is_void(counter):
    wallets = []
    for _ in range(3):
        wallets.append(collect(counter))
        counter.service.revoke(HANAKO, **WHY)
    assert [error_of(wallet.refresh()) for wallet in wallets] == ["invalid_grant"] * 3
    wallet = collect(counter)
    members(wallet.refresh())
    assert counter.statuses() == {0: 1, 1: 3}


def test_an_offer_that_was_collected_is_shown_as_dead(counter):
    wallet, offer = counter.wallet(), counter.offer()
    members(wallet.redeem(offer))
    credentials(wallet.ask(*keys()))
    assert counter.service.offer_status(offer.id).state is OfferState.ISSUED
    counter.service.revoke(HANAKO, **WHY)
    status = counter.service.offer_status(offer.id)
    assert (status.state, status.configurations) == (OfferState.DEAD, {RESIDENT_JWT: OfferState.DEAD})


def test_what_is_signed_while_it_is_taken_back_is_taken_back_too(counter, monkeypatch):
    collect(counter)
    wallet = counter.wallet()
    members(wallet.redeem(counter.offer()))
    real = counter.issuer.issue_batch

    def slow(*given, **named):
        with pytest.MonkeyPatch.context() as meanwhile:
            meanwhile.setattr(counter.issuer, "issue_batch", real)
            counter.service.revoke(HANAKO, **WHY)
        return real(*given, **named)

    monkeypatch.setattr(counter.issuer, "issue_batch", slow)
    assert error_of(wallet.ask(*keys())) == "credential_request_denied"
    assert counter.statuses() == {1: 2}


def test_what_is_delivered_while_it_is_taken_back_is_taken_back_too(counter, monkeypatch):
    counter.files.records[HANAKO, Resident] = not_yet()
    collect(counter, id=AGE_JWT)
    wallet = counter.wallet()
    members(wallet.redeem(counter.offer()))
    transaction = members(wallet.ask(*keys()), 202)["transaction_id"]

    def found(at):
        counter.service.revoke(HANAKO, **WHY)
        return resident()

    counter.files.records[HANAKO, Resident] = found
    assert error_of(wallet.pick_up(transaction)) == "credential_request_denied"
    assert counter.statuses() == {1: 2}


def test_shorter_lifetimes_bring_no_token_of_before_back(counter):
    wallet = collect(counter)
    short = {name: timedelta(days=1) for name in ("refresh_token", "transaction", "notification")}
    counter.service = wallet.http = counter.made(lifetimes=Lifetimes(**short))
    counter.service.revoke(HANAKO, **WHY)
    pass_by(counter, days=1, minutes=2)
    assert error_of(wallet.refresh()) == "invalid_grant"
    assert counter.sessions.count(counter.kind("grant"), at=counter.clock()) == 1


def test_it_is_forgotten_when_nothing_of_before_is_left(counter, monkeypatch):
    monkeypatch.setattr(people, "MEMORY", timedelta(0))
    lifetimes = Lifetimes(refresh_token=timedelta(days=2), transaction=timedelta(days=1))
    counter.service = counter.made(lifetimes=lifetimes)
    wallet = collect(counter)
    counter.service.revoke(HANAKO, **WHY)
    kind = counter.kind("taken_back")
    pass_by(counter, days=1, hours=23)
    assert counter.sessions.count(kind, at=counter.clock()) == 1
    assert error_of(wallet.refresh()) == "invalid_grant"
    pass_by(counter, hours=1, seconds=60)
    assert counter.sessions.count(kind, at=counter.clock()) == 0
    assert error_of(wallet.refresh()) == "invalid_grant"  # it has ended by itself
    # What has ended and was not cleared away yet is not in the way.
    later = collect(counter)
    counter.service.revoke(HANAKO, **WHY)
    assert error_of(later.refresh()) == "invalid_grant"


def test_a_token_of_a_clock_that_is_ahead_does_not_outlast_what_is_kept_about_it(counter, monkeypatch):
    monkeypatch.setattr(people, "MEMORY", timedelta(0))
    counter.clock.now += timedelta(seconds=59)
    wallet = collect(counter)
    counter.clock.now -= timedelta(seconds=59)
    counter.service.revoke(HANAKO, **WHY)
    pass_by(counter, days=30, seconds=58)
    assert error_of(wallet.refresh()) == "invalid_grant"
    assert wallet.refresh_token
    assert counter.sessions.count(counter.kind("grant"), at=counter.clock()) == 1


def test_a_grant_is_never_longer_than_what_is_kept_about_it():
    assert Lifetimes().longest_grant == timedelta(days=30)
    long = timedelta(days=100)
    for name in ("offer", "login", "code", "bound_token", "refresh_token", "transaction"):
        assert Lifetimes(**{name: long}).longest_grant >= long


def test_who_comes_between_each_time_is_told(counter, monkeypatch):
    collect(counter)

    def overtaken(*changes):
        raise SessionChangedError

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(counter.sessions, "commit", overtaken)
        with pytest.raises(StoreBusyError):
            counter.service.revoke(HANAKO, **WHY)
    assert counter.statuses() == {0: 1}
    counter.service.revoke(HANAKO, **WHY)


def test_who_has_nothing_is_told_apart(counter):
    for take_back in (counter.service.revoke, counter.service.suspend, counter.service.reinstate):
        with pytest.raises(LocalProtocolError, match="NOT_ISSUED"):
            take_back(HANAKO, **WHY)
        with pytest.raises(ValueError, match="reason"):
            take_back(HANAKO, reason="", actor="residents desk")


# --- suspending ---


@pytest.mark.parametrize("missing", ["reason", "actor"])
@pytest.mark.parametrize("take_back", ["revoke", "suspend"])
def test_without_a_reason_nothing_is_void(counter, take_back, missing):
    wallet = collect(counter)
    with pytest.raises(ValueError, match=missing):
        getattr(counter.service, take_back)(HANAKO, **WHY | {missing: " "})
    assert counter.statuses() == {0: 1}
    members(wallet.refresh())


def test_while_processes_change_the_secret_each_heeds_what_the_others_take_back(counter):
    old = counter.made(former_secrets=(OTHER_SECRET,))
    new = counter.made(secret=OTHER_SECRET, former_secrets=(SECRET,))
    for taking, serving in ((old, new), (new, old)):
        counter.service = serving
        wallet = collect(counter)
        assert taking.revoke(HANAKO, **WHY)
        assert error_of(wallet.refresh()) == "invalid_grant"
        assert set(counter.statuses()) == {1}


def test_it_is_suspended_and_reinstated_but_what_is_revoked_stays_so(counter):
    collect(counter, id=AGE_JWT)
    counter.service.revoke(HANAKO, **WHY)
    collect(counter)
    suspended = counter.service.suspend(HANAKO, **WHY)
    assert sorted(entry.status for entry in suspended) == [Status.INVALID, Status.SUSPENDED]
    reinstated = counter.service.reinstate(HANAKO, **WHY)
    assert sorted(entry.status for entry in reinstated) == [Status.VALID, Status.INVALID]
    assert counter.service.issued_to(HANAKO) == reinstated


# --- secrets ---


def test_after_the_secret_was_changed_people_are_found_by_the_former_one(counter):
    wallet = collect(counter)
    changed = {"secret": OTHER_SECRET}
    assert counter.made(**changed).issued_to(HANAKO) == ()
    counter.service = counter.made(**changed, former_secrets=[SECRET])
    collect(counter, id=AGE_JWT)
    assert len(counter.service.issued_to(HANAKO)) == 2
    counter.service.revoke(HANAKO, **WHY)
    wallet.http = counter.service
    assert error_of(wallet.refresh()) == "invalid_grant"
    assert counter.statuses() == {1: 2}


def test_what_was_taken_back_stays_so_when_the_secret_is_changed(counter):
    wallet = collect(counter)
    counter.service.revoke(HANAKO, **WHY)
    counter.service = counter.made(secret=OTHER_SECRET, former_secrets=[SECRET])
    wallet.http = counter.service
    assert error_of(wallet.refresh()) == "invalid_grant"
    members(collect(counter).refresh())


def test_a_former_secret_that_is_too_short_is_noticed_when_the_service_is_made(counter):
    with pytest.raises(ValueError, match="secret"):
        counter.made(former_secrets=[b"short"])
    counter.made(former_secrets=[OTHER_SECRET])


def test_an_offer_with_digits_is_as_dead(counter):
    collect(counter)
    offer = counter.service.offer(HANAKO, [RESIDENT_JWT], tx_code=DIGITS)
    counter.service.revoke(HANAKO, **WHY)
    assert error_of(counter.wallet().redeem(offer)) == "invalid_grant"
