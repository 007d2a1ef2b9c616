# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A service that dies at any commit is gone on with, and of one act never two credentials are valid."""

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
)
from tests.support.world import Resident, resident
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.issuer.openid4vci.issuing import LEASE
from vcwallet.sessions import MemorySessions
from vcwallet.status.ledger import Status


class Died(BaseException):
    """The process is gone."""


class Mortal(MemorySessions):
    """Sessions of a process that dies before or after its next commits, when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.dies: str = ""
        self.after = 0

    def commit(self, *changes) -> None:
        if self.dies and self.after == 0:
            self.dies, how = "", self.dies
            if how == "after":
                super().commit(*changes)
            raise Died
        self.after = max(0, self.after - 1)
        super().commit(*changes)


@pytest.fixture
def counter() -> Counter:
    return Counter(sessions=Mortal())


def die(counter: Counter, how: str, step, after: int = 0) -> None:
    assert isinstance(counter.sessions, Mortal)
    counter.sessions.dies, counter.sessions.after = how, after
    with pytest.raises(Died):
        step()
    counter.service = counter.made()  # the next process


def come_back(counter: Counter, wallet) -> None:
    wallet.http = counter.service


@pytest.mark.parametrize("how", ["before", "after"])
def test_a_token_that_was_lost_is_given_again(counter, how):
    offer, wallet = counter.offer(), counter.wallet()
    die(counter, how, lambda: wallet.redeem(offer))
    come_back(counter, wallet)
    assert members(wallet.redeem(offer))
    credentials(wallet.ask(*keys()))


def test_an_answer_that_was_kept_is_given_again(counter):
    wallet, some = counter.wallet(), keys(2)
    wallet.redeem(counter.offer())
    die(counter, "after", lambda: wallet.ask(*some))
    come_back(counter, wallet)
    assert len(credentials(wallet.ask(*some))) == 2
    assert counter.statuses() == {Status.VALID: 2}


def test_what_was_signed_and_not_kept_is_revoked_and_signed_anew(counter):
    wallet, some = counter.wallet(), keys(2)
    wallet.redeem(counter.offer())
    die(counter, "before", lambda: wallet.ask(*some))
    assert counter.statuses() == {Status.VALID: 2}
    come_back(counter, wallet)
    # Whoever has signed it may still be at work.
    nonce = wallet.nonce()
    waiting = wallet.ask(*some, nonce=nonce)
    assert (waiting.status, error_of(waiting)) == (503, "temporarily_unavailable")
    assert waiting.headers["retry-after"] == "30"
    counter.clock.pass_by(seconds=LEASE.total_seconds())
    assert wallet.ask(*some, nonce=nonce).status == 503
    counter.clock.pass_by(seconds=1)
    first = wallet.ask(*some, nonce=nonce)
    assert len(credentials(first)) == 2
    assert counter.statuses() == {Status.INVALID: 2, Status.VALID: 2}
    assert wallet.ask(*some).body == first.body
    assert counter.statuses() == {Status.INVALID: 2, Status.VALID: 2}


def test_who_is_told_to_come_back_has_used_up_no_proof(counter):
    # Whoever signs has the same proof when the same request came twice, and has to be able to finish.
    wallet, some = counter.wallet(), keys(2)
    wallet.redeem(counter.offer())
    die(counter, "before", lambda: wallet.ask(*some))
    come_back(counter, wallet)
    sent, real = list[HttpRequest](), wallet.http

    def http(request: HttpRequest) -> HttpResponse:
        sent.append(request)
        return real(request)

    wallet.http = http
    assert wallet.ask(*some).status == 503
    counter.clock.pass_by(seconds=LEASE.total_seconds() + 1)
    assert len(credentials(real(sent[-1]))) == 2
    assert error_of(real(sent[-1])) == "invalid_dpop_proof"


def test_it_is_signed_anew_for_other_keys_if_the_wallet_has_lost_its_own(counter):
    wallet = counter.wallet()
    wallet.redeem(counter.offer())
    die(counter, "before", lambda: wallet.ask(*keys(2)))
    come_back(counter, wallet)
    counter.clock.pass_by(minutes=1)
    credentials(wallet.ask(*keys()))
    assert counter.statuses() == {Status.INVALID: 2, Status.VALID: 1}
    assert error_of(wallet.ask(*keys())) == "credential_request_denied"


@pytest.mark.parametrize(("how", "after"), [("before", 0), ("after", 0), ("before", 1), ("after", 1)])
def test_dying_while_going_on_leaves_one_valid(counter, how, after):
    wallet, [key] = counter.wallet(), keys()
    wallet.redeem(counter.offer())
    die(counter, "before", lambda: wallet.ask(key))
    come_back(counter, wallet)
    counter.clock.pass_by(minutes=1)
    die(counter, how, lambda: wallet.ask(key), after)
    come_back(counter, wallet)
    counter.clock.pass_by(minutes=1)
    credentials(wallet.ask(key))
    assert counter.statuses()[Status.VALID] == 1


def test_who_was_thought_dead_gives_nothing_out(counter):
    """One signs, is slow, and is taken over from; what it has signed is revoked, and its answer is the other's."""
    slow, [key] = counter.wallet(), keys()
    slow.redeem(counter.offer())
    other = counter.made()
    delivered = []

    def overtaken(*changes):
        del counter.sessions.commit  # only once
        counter.clock.pass_by(minutes=1)
        quick = counter.wallet(dpop=slow.dpop, access_token=slow.access_token)
        quick.http = other
        delivered.append(quick.ask(key))
        counter.sessions.commit(*changes)

    nonce = slow.nonce()
    counter.sessions.commit = overtaken
    answer = slow.ask(key, nonce=nonce)
    assert credentials(answer) == credentials(delivered[0])
    assert counter.statuses() == {Status.INVALID: 1, Status.VALID: 1}


def test_what_was_signed_is_given_although_the_grant_changed_meanwhile(counter):
    """Another process has written something else of the same grant; nothing is signed twice, and nobody waits."""
    wallet, [first], [second] = counter.wallet(), keys(), keys()
    wallet.redeem(counter.offer(RESIDENT_JWT, AGE_JWT))
    other = counter.made()
    nonce, entered = wallet.nonce(), []

    def overtaken(*changes):
        del counter.sessions.commit  # only once
        entered.append(counter.statuses())
        quick = counter.wallet(dpop=wallet.dpop, access_token=wallet.access_token)
        quick.http = other
        credentials(quick.ask(second, id=AGE_JWT))
        counter.sessions.commit(*changes)

    counter.sessions.commit = overtaken
    answer = wallet.ask(first, nonce=nonce)
    assert len(credentials(answer)) == 1
    assert entered == [{Status.VALID: 1}]
    assert counter.statuses() == {Status.VALID: 2}
    assert wallet.ask(first).body == answer.body


def test_what_was_taken_back_meanwhile_is_not_signed_anew(counter):
    wallet, [key] = counter.wallet(), keys()
    wallet.redeem(counter.offer())
    die(counter, "before", lambda: wallet.ask(key))
    come_back(counter, wallet)
    from sqlalchemy import text

    with counter.ledger._database.read() as connection:
        [[entered]] = connection.execute(text("SELECT idempotency_key FROM vcwallet_issuance"))
    assert entered.startswith("vci:")
    counter.issuer.revoke(entered, reason="moved away", actor="residents desk")
    counter.clock.pass_by(minutes=1)
    assert error_of(wallet.ask(key)) == "credential_request_denied"
    assert counter.statuses() == {Status.INVALID: 1}


@pytest.mark.parametrize("how", ["before", "after"])
def test_a_promise_is_delivered_although_the_process_died(counter, how):
    counter.files.records[HANAKO, Resident] = not_yet()
    wallet, [key] = counter.wallet(), keys()
    wallet.redeem(counter.offer())
    die(counter, how, lambda: wallet.ask(key))
    come_back(counter, wallet)
    transaction = members(wallet.ask(key), 202)["transaction_id"]
    counter.files.records[HANAKO, Resident] = resident()
    die(counter, how, lambda: wallet.pick_up(transaction))
    come_back(counter, wallet)
    counter.clock.pass_by(minutes=1)
    first = wallet.pick_up(transaction)
    credentials(first)
    assert wallet.ask(key).body == first.body
    assert counter.statuses()[Status.VALID] == 1
