# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What somebody may try at an issuer's service who knows it well, and what chance can do to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.support.issuance import (
    HANAKO,
    IDENTIFIER,
    RESIDENT_JWT,
    RESIDENT_MDOC,
    Counter,
    RawWallet,
    credentials,
    error_of,
    keys,
    members,
    not_yet,
)
from tests.support.trust import Clock
from tests.support.world import Resident, resident
from vcwallet.errors import StoreError, ValidityError
from vcwallet.flow import HttpResponse
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.issuer.openid4vci import CredentialIssuerService, GrantType, Lifetimes, Offering, OfferState
from vcwallet.issuer.openid4vci.offering import MAX_ACTS
from vcwallet.jose import jws
from vcwallet.protocols.openid4vci.credential_response import MAX_BYTES
from vcwallet.protocols.openid4vci.signed_metadata import verify_signed_metadata
from vcwallet.sessions import Change, MemorySessions
from vcwallet.status.ledger import Issuance, NewIssue, Status

OTHER = "https://other.example"


@pytest.fixture
def counter() -> Counter:
    return Counter()


def guest_of(counter: Counter, service: CredentialIssuerService) -> RawWallet:
    """Return a wallet that goes to another service."""
    guest = counter.wallet(identifier=service.identifier)
    guest.http = service
    return guest


# --- two issuers that keep their sessions in one database ---


def test_a_token_of_one_issuer_is_none_of_another_that_shares_its_database(counter):
    other = counter.made(identifier=OTHER)
    wallet, guest = counter.wallet(), guest_of(counter, other)
    members(wallet.redeem(counter.offer()))
    guest.dpop, guest.access_token, guest.refresh_token = wallet.dpop, wallet.access_token, wallet.refresh_token
    assert error_of(guest.ask(*keys())) == "invalid_token"
    assert error_of(guest.refresh()) == "invalid_grant"
    credentials(wallet.ask(*keys()))


def test_a_code_and_an_offer_of_one_issuer_are_none_of_another_that_shares_its_database(counter):
    other = counter.made(identifier=OTHER)
    guest, offer = guest_of(counter, other), counter.offer()
    assert error_of(guest.redeem(offer)) == "invalid_grant"
    assert other.offer_status(offer.id).state is OfferState.ENDED
    assert counter.service.offer_status(offer.id).state is OfferState.OFFERED
    members(counter.wallet().redeem(offer))


def test_a_pushed_request_of_one_issuer_is_none_of_another_that_shares_its_database(counter):
    other = counter.made(identifier=OTHER)
    uri = members(counter.wallet().push(), 201)["request_uri"]
    guest = guest_of(counter, other)
    refused, shown = guest.visit(uri).response, counter.wallet().visit(uri).response
    assert refused is not None
    assert shown is not None
    assert error_of(refused) == "invalid_request_uri"
    assert shown.status == 200


# --- responses that are too long ---


@pytest.mark.parametrize("id", [RESIDENT_JWT, RESIDENT_MDOC])
def test_a_batch_that_no_response_can_carry_is_given_as_far_as_it_can(counter, id):
    counter.files.records[HANAKO, Resident] = resident(full_name="花" * 30_000)
    wallet, some = counter.wallet(), keys(20)
    members(wallet.redeem(counter.offer(id)))
    first = wallet.ask(*some, id=id)
    given = credentials(first)
    assert 1 <= len(given) < 20
    assert len(first.body) <= MAX_BYTES
    assert wallet.ask(*some, id=id).body == first.body
    assert counter.statuses() == {Status.VALID: len(given)}


def test_a_credential_that_no_response_can_carry_is_refused_and_never_entered(counter):
    counter.files.records[HANAKO, Resident] = resident(full_name="x" * (1 << 20))
    wallet = counter.wallet()
    members(wallet.redeem(counter.offer()))
    assert error_of(wallet.ask(*keys())) == "credential_request_denied"
    assert counter.statuses() == {}
    counter.files.records[HANAKO, Resident] = resident()
    credentials(wallet.ask(*keys()))


# --- refreshing without end ---


def test_a_grant_is_good_for_so_many_responses_however_often_it_is_refreshed(counter, monkeypatch):
    monkeypatch.setattr("vcwallet.issuer.openid4vci.credential.MAX_ACTS", 3)
    wallet = counter.wallet()
    members(wallet.redeem(counter.offer()))
    for _ in range(3):
        credentials(wallet.ask(*keys()))
        members(wallet.refresh())
    assert error_of(wallet.ask(*keys())) == "credential_request_denied"
    assert counter.issued() == 3


def test_no_offering_is_good_for_more_than_a_grant():
    values: dict[str, Any] = {"type": Resident, "format": SdJwtVc, "valid_for": timedelta(days=90)}
    assert Offering(**values, acts=MAX_ACTS).acts == 200
    with pytest.raises(ValueError, match="1 to 200 acts"):
        Offering(**values, acts=MAX_ACTS + 1)


# --- clocks ---


def test_a_nonce_that_was_used_is_remembered_by_a_server_whose_clock_is_ahead():
    sessions = MemorySessions()
    counter = Counter(sessions=sessions)
    ahead = Clock(counter.clock() + timedelta(seconds=50))
    wallet = counter.wallet()
    members(wallet.redeem(counter.offer()))
    nonce, [key] = wallet.nonce(), keys()
    credentials(wallet.ask(key, nonce=nonce))
    counter.clock.pass_by(seconds=290)
    ahead.pass_by(seconds=290)
    sessions.purge(at=ahead())
    assert error_of(wallet.ask(key, nonce=nonce)) == "invalid_nonce"


def test_what_has_ended_is_forgotten_after_the_clock_was_set_back(counter):
    counter.clock.pass_by(days=30)
    service = counter.made()  # began while the clock was wrong
    counter.clock.pass_by(days=-30)
    wallet = guest_of(counter, service)
    assert wallet.push().status == 201
    counter.clock.pass_by(hours=1)
    wallet.nonce()
    assert counter.kind("request_uri") not in {session.kind for session in counter.sessions._sessions.values()}


def test_metadata_are_signed_anew_after_the_clock_was_set_back(counter):
    accept = {"accept": "application/jwt"}
    wallet = counter.wallet()
    counter.clock.pass_by(days=30)
    ahead = wallet.request("GET", "/.well-known/openid-credential-issuer", headers=accept)
    assert ahead.headers["content-type"] == "application/jwt"
    counter.clock.pass_by(days=-30)
    now = wallet.request("GET", "/.well-known/openid-credential-issuer", headers=accept)
    trust, at = counter.world.wallet._trust, counter.clock()
    verified = verify_signed_metadata(now.body.decode(), issuer=IDENTIFIER, trust=trust, at=at)
    assert verified.metadata.credential_issuer == IDENTIFIER
    with pytest.raises(ValidityError):
        verify_signed_metadata(ahead.body.decode(), issuer=IDENTIFIER, trust=trust, at=at)


# --- where a browser is sent ---


@pytest.mark.parametrize(
    "uri",
    [
        "MS-msdt:/id",
        "search-ms:query=x",
        "mailto:somebody@example",
        "tel:0",
        "feed:javascript:alert(1)",
        "jar:https://evil.example!/x",
        "chrome://settings",
    ],
)
def test_no_browser_is_sent_to_what_the_system_itself_opens(counter, uri):
    wallet = counter.wallet()
    assert error_of(wallet.push(redirect_uri=uri)) == "invalid_request"
    assert wallet.push(redirect_uri="eudi-openid4ci://authorize").status == 201
    assert wallet.push(redirect_uri="org.example.wallet:/back").status == 201


# --- an offer for one person ---


def test_an_offer_for_one_person_that_is_gone_when_somebody_logs_in_is_for_nobody(counter):
    lifetimes = Lifetimes(offer=timedelta(seconds=30), offer_status=timedelta(seconds=1))
    counter.service = counter.made(lifetimes=lifetimes)
    wallet = counter.wallet()
    offer = counter.offer(subject="somebody else", grant=GrantType.AUTHORIZATION_CODE)
    state = offer.offer.authorization_code.issuer_state
    browser = wallet.visit(members(wallet.push(issuer_state=state), 201)["request_uri"])
    counter.clock.pass_by(seconds=60)
    assert "error=access_denied" in browser.say(HANAKO)


# --- stores that fail, whether they have done it or not ---


class Failing:
    """Lets one of the next commits fail, before or after it was done."""

    def __init__(self, *, at: int, done: bool) -> None:
        self.left, self.done = at, done

    @contextmanager
    def here(self) -> Iterator[None]:
        fails, self.left = self.left == 0, self.left - 1
        if fails and not self.done:
            raise StoreError("the disk is away")
        yield
        if fails:
            raise StoreError("the connection broke before the answer came")


def break_stores(counter: Counter, failing: Failing, monkeypatch: pytest.MonkeyPatch) -> None:
    commit, issuing = counter.sessions.commit, counter.ledger.issuing

    def failing_commit(*changes: Change) -> None:
        with failing.here():
            commit(*changes)

    @contextmanager
    def failing_issuing(new: NewIssue) -> Iterator[tuple[Issuance, ...]]:
        with failing.here(), issuing(new) as entries:
            yield entries

    class Ledger:
        issuing = staticmethod(failing_issuing)

    monkeypatch.setattr(counter.sessions, "commit", failing_commit)
    monkeypatch.setattr(counter.issuer, "_ledger", Ledger())


def until_done(counter: Counter, step: Callable[[], HttpResponse]) -> HttpResponse:
    """Try again, as a wallet does, for as long as the service says that it may help."""
    for _ in range(4):
        response = step()
        if response.status != 503:
            return response
        assert response.headers["retry-after"]
        counter.clock.pass_by(seconds=31)
    raise AssertionError("it does not end")


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("at", range(9))
@pytest.mark.parametrize("is_deferred", [False, True])
def test_whichever_commit_fails_the_wallet_gets_one_valid_credential(counter, monkeypatch, at, done, is_deferred):
    counter.service = counter.made(deferred_notifications=True)
    wallet, some, offer = counter.wallet(), keys(2), counter.offer()
    if is_deferred:
        counter.files.records[HANAKO, Resident] = not_yet()
    break_stores(counter, Failing(at=at, done=done), monkeypatch)
    members(until_done(counter, lambda: wallet.redeem(offer)))
    answer = until_done(counter, lambda: wallet.ask(*some))
    if is_deferred:
        transaction = members(answer, 202)["transaction_id"]
        counter.files.records[HANAKO, Resident] = resident()
        answer = until_done(counter, lambda: wallet.pick_up(transaction))
    assert len(credentials(answer)) == 2
    notified = until_done(counter, lambda: wallet.notify(members(answer)["notification_id"]))
    assert notified.status == 204
    assert until_done(counter, lambda: wallet.ask(*some)).body == answer.body
    assert error_of(until_done(counter, lambda: wallet.ask(*keys()))) == "credential_request_denied"
    assert counter.statuses()[Status.VALID] == 2
    valid = {entry.index for entry in counter.ledger.issued(idempotency_key(counter)) if entry.status is Status.VALID}
    assert {index_of(one) for one in credentials(answer)} == valid


def idempotency_key(counter: Counter) -> str:
    with counter.ledger._database.read() as connection:
        return str(connection.execute(text("SELECT DISTINCT idempotency_key FROM vcwallet_issuance")).scalar_one())


def index_of(credential: str) -> int:
    claims = jws.payload_object(jws.parse(credential.partition("~")[0]).unverified_payload)
    return int(claims["status"]["status_list"]["idx"])
