# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The status of wallet and key attestations: looked up as that of credentials is, and every outcome kept apart."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from tests.support.issuance import (
    CLIENT,
    Counter,
    Maker,
    RawWallet,
    changed_offering,
    credentials,
    error_of,
    keys,
    members,
)
from vcwallet.adapters.store import SqlLedger
from vcwallet.errors import MalformedError, StatusError, TransportError
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.issuer import StatusHost, StatusSigner
from vcwallet.issuer.openid4vci import NOT_LOOKED_UP, StatusLookUp, attestations
from vcwallet.issuer.openid4vci.attestations import RETRY_AFTER
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.oauth import client_attestation
from vcwallet.protocols.openid4vci.issuer_metadata import KeyAttestationsRequired
from vcwallet.status import DISASTER, STANDARD, STRICT, StatusPolicy, status_claim
from vcwallet.status.checker import CredentialStatus, StatusChecker
from vcwallet.storage import MemoryStore
from vcwallet.wallet import WalletProvider

LISTS = "https://maker.example/lists"
PHONE = "phone 1"
WHY = {"reason": "stolen", "actor": "help desk"}


@dataclass
class Watch:
    """A service that looks up what a provider with a ledger has attested."""

    policy: StatusPolicy = STANDARD
    attested_keys: bool = False
    requests: list[str] = field(default_factory=list)
    is_down: bool = False

    def __post_init__(self) -> None:
        offered = [
            changed_offering(proof_types=("jwt", "attestation"), key_attestation=KeyAttestationsRequired()),
        ]
        self.counter = counter = Counter(offered=offered if self.attested_keys else None)
        signer = counter.world.registry.enrol_status_signer("Wallet maker", code="maker")
        counter.update()
        self.ledger = ledger = SqlLedger.create(None, lists=LISTS, size=1 << 10)
        self.provider = WalletProvider(
            counter.provider_enrolment, clock=counter.clock, client_id=CLIENT, ledger=ledger, secret=bytes(32)
        )
        self.signer = StatusSigner(signer, ledger=ledger, clock=counter.clock)
        self.host = StatusHost(ledger, clock=counter.clock)
        self.signer.publish()
        self.look_up = self.made()
        counter.service = counter.made(attestation_statuses=self.look_up)
        self.instance = SoftwareSigner.generate()
        self.maker = Maker(counter, instance=self.instance)

    def made(self) -> StatusLookUp:
        trust = self.counter.world.wallet._trust
        return StatusLookUp(StatusChecker(store=MemoryStore(), trust=trust, policy=self.policy), http=self.http)

    def http(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request.url)
        if self.is_down:
            raise TransportError("nothing came back")
        return self.host(request)

    def wallet(self, attestation: str | None = None, **changed: Any) -> RawWallet:
        shown = attestation or self.provider.attest_client(self.instance.public_key, instance=PHONE)

        def headers() -> dict[str, str]:
            pop = client_attestation.make_pop(
                self.instance,
                audience=self.counter.identifier,
                at=self.counter.clock(),
                challenge=self.maker.challenge(),
            )
            return {client_attestation.HEADER: shown, client_attestation.POP_HEADER: pop}

        return self.counter.wallet(**{"client_id": CLIENT, "attester": headers} | changed)

    def with_status(self, claim: Any) -> RawWallet:
        return self.wallet(self.maker.attestation(status=claim))

    def publish(self) -> None:
        """Publish what has changed, and let what was fetched before grow too old."""
        self.counter.clock.pass_by(minutes=16)
        self.counter.update()
        self.signer.publish()

    def status(self, **changed: Any) -> CredentialStatus:
        [entry] = self.ledger.issued_to([self.provider._pseudonym(PHONE)])[-1:]
        claim = status_claim(entry.uri, entry.index)
        values = {"claim": claim, "issuer": self.provider.identifier, "format": "jwt"}
        return CredentialStatus(**values | changed)


@pytest.fixture
def watch() -> Watch:
    return Watch()


def refused(wallet: RawWallet, watch: Watch) -> str:
    return error_of(wallet.redeem(watch.counter.offer()))


# --- wallet attestations ---


def test_an_attestation_that_is_good_is_looked_up_once(watch):
    wallet = watch.wallet()
    for _ in range(2):
        members(wallet.redeem(watch.counter.offer()))
    assert watch.requests == [f"{LISTS}/1"]
    credentials(wallet.ask(*keys()))


@pytest.mark.parametrize("take_back", ["revoke", "suspend"])
def test_a_wallet_that_was_taken_back_gets_no_token(watch, take_back):
    wallet = watch.wallet()
    members(wallet.redeem(watch.counter.offer()))
    getattr(watch.provider, take_back)(PHONE, **WHY)
    members(wallet.refresh())  # as long as the list that is held is fresh
    watch.publish()
    response = wallet.redeem(watch.counter.offer())
    assert (response.status, error_of(response)) == (400, "invalid_client_attestation")
    assert error_of(wallet.refresh()) == "invalid_client_attestation"
    assert error_of(wallet.push()) == "invalid_client_attestation"


def test_one_that_is_reinstated_gets_one_again(watch):
    wallet = watch.wallet()
    watch.provider.suspend(PHONE, **WHY)
    watch.publish()
    assert refused(wallet, watch) == "invalid_client_attestation"
    watch.provider.reinstate(PHONE, **WHY)
    watch.publish()
    members(wallet.redeem(watch.counter.offer()))
    assert wallet.push().status == 201


def test_where_nobody_looks_a_status_is_refused_and_never_passes_for_checked(watch):
    watch.counter.service = watch.counter.made()
    assert refused(watch.wallet(), watch) == "invalid_client_attestation"
    members(watch.maker.wallet().redeem(watch.counter.offer()))
    assert watch.requests == []


def test_an_attestation_without_a_status_is_good_until_it_ends(watch):
    members(watch.maker.wallet().redeem(watch.counter.offer()))
    assert watch.requests == []


def test_a_strict_policy_wants_a_status():
    watch = Watch(policy=STRICT)
    assert error_of(watch.maker.wallet().redeem(watch.counter.offer())) == "invalid_client_attestation"
    members(watch.wallet().redeem(watch.counter.offer()))


@pytest.mark.parametrize(
    "claim",
    [
        {"identifier_list": {"uri": f"{LISTS}/1", "id": "x"}},
        {"status_list": {"uri": f"{LISTS}/1"}},
        {"status_list": {"uri": f"{LISTS}/1", "idx": -1}},
        status_claim(f"{LISTS}/1", 1 << 10),
    ],
    ids=["another mechanism", "no index", "an index below", "an index beyond"],
)
def test_a_status_that_says_nothing_is_refused(watch, claim):
    assert refused(watch.with_status(claim), watch) == "invalid_client_attestation"
    members(watch.with_status(status_claim(f"{LISTS}/1", 5)).redeem(watch.counter.offer()))


def test_what_cannot_be_looked_up_now_is_refused_for_now(watch):
    watch.is_down = True
    wallet, offer = watch.wallet(), watch.counter.offer()
    headers = wallet.attestation()
    wallet.attester = lambda: headers
    response = wallet.redeem(offer)
    assert (response.status, error_of(response)) == (503, "temporarily_unavailable")
    assert response.headers["retry-after"] == "30"
    watch.is_down = False
    assert wallet.redeem(offer).status == 503  # nobody is asked again so soon
    assert len(watch.requests) == 1
    watch.counter.clock.now += RETRY_AFTER
    members(wallet.redeem(offer))  # and neither the code nor the proof is used up
    assert len(watch.requests) == 2


def test_a_list_that_is_too_old_is_relied_on_as_long_as_the_policy_says():
    for policy, expected in ((STANDARD, 503), (DISASTER, 200)):
        watch = Watch(policy=policy)
        wallet = watch.wallet()
        members(wallet.redeem(watch.counter.offer()))
        watch.counter.clock.pass_by(hours=2)
        watch.counter.update()
        watch.is_down = True
        assert wallet.redeem(watch.counter.offer()).status == expected


def test_a_status_signer_of_somebody_else_says_nothing_unless_it_acts_for_the_provider(watch):
    counter = watch.counter
    for acts_for, expected in (((), 400), ((watch.provider.identifier,), 200)):
        name = f"helper{len(acts_for)}"
        signer = counter.world.registry.enrol_status_signer(name, code=name, acts_for=acts_for)
        counter.update()
        ledger = SqlLedger.create(None, lists=f"https://{name}.example/lists", size=1 << 10)
        StatusSigner(signer, ledger=ledger, clock=counter.clock).publish()
        watch.host = StatusHost(ledger, clock=counter.clock)
        wallet = watch.with_status(status_claim(f"https://{name}.example/lists/1", 1))
        response = wallet.redeem(counter.offer())
        assert response.status == expected, response.body


# --- key attestations ---


@pytest.fixture
def watch_keys() -> Watch:
    return Watch(attested_keys=True)


@pytest.fixture(params=["jwt", "attestation"])
def ask(request: pytest.FixtureRequest, watch_keys: Watch) -> Any:
    wallet = watch_keys.maker.wallet()
    members(wallet.redeem(watch_keys.counter.offer()))
    some = keys(2)

    def asking(*, instance: str = PHONE, nonce: str | None = None) -> HttpResponse:
        nonce = nonce or wallet.nonce()
        attested = [key.public_key for key in some]
        attestation = watch_keys.provider.attest_keys(attested, nonce=nonce, instance=instance)
        if request.param == "attestation":
            return wallet.ask(proofs={"attestation": [attestation]})
        return wallet.ask(proofs=wallet.proofs(some[:1], nonce, key_attestation=attestation))

    asking.wallet = wallet  # type: ignore[attr-defined]
    return asking


def test_keys_that_are_well_attested_get_their_credentials(watch_keys, ask):
    assert len(credentials(ask())) == 2
    assert watch_keys.requests == [f"{LISTS}/1"]


def test_keys_whose_attestation_was_revoked_get_none(watch_keys, ask, monkeypatch):
    # The instance is revoked between the attestation and its use, as far as the lists tell.
    real = watch_keys.provider.attest_keys

    def then_revoked(*given: Any, **named: Any) -> str:
        attestation = real(*given, **named)
        watch_keys.provider.revoke(PHONE, **WHY)
        watch_keys.signer.publish()
        return attestation

    monkeypatch.setattr(watch_keys.provider, "attest_keys", then_revoked)
    response = ask()
    assert (response.status, error_of(response)) == (400, "invalid_proof")
    assert watch_keys.counter.issued() == 0
    monkeypatch.undo()
    assert len(credentials(ask(instance="phone 2"))) == 2


def test_a_nonce_is_not_used_up_while_nobody_can_tell(watch_keys, ask):
    watch_keys.is_down, nonce = True, ask.wallet.nonce()
    response = ask(nonce=nonce)
    assert (response.status, error_of(response)) == (503, "temporarily_unavailable")
    watch_keys.is_down = False
    watch_keys.counter.clock.now += RETRY_AFTER
    assert len(credentials(ask(nonce=nonce))) == 2


def test_where_nobody_looks_keys_with_a_status_are_refused(watch_keys, ask):
    watch_keys.counter.service = watch_keys.counter.made(attestation_statuses=NOT_LOOKED_UP)
    ask.wallet.http = watch_keys.counter.service
    assert error_of(ask()) == "invalid_proof"


# --- looking up ---


def code_of(watch: Watch, status: CredentialStatus | None = None) -> str:
    with pytest.raises((StatusError, TransportError, MalformedError)) as caught:
        watch.look_up.require(status or watch.status(), at=watch.counter.clock())
    return f"{type(caught.value).__name__} {caught.value.code}"


def test_the_outcomes_are_kept_apart(watch):
    watch.provider.attest_client(watch.instance.public_key, instance=PHONE)
    at = watch.counter.clock()
    watch.is_down = True
    assert code_of(watch) == "TransportError STATUS_UNKNOWN"
    watch.is_down, watch.look_up = False, watch.made()
    watch.look_up.require(watch.status(), at=at)
    watch.look_up.require(watch.status(claim=None), at=at)
    assert code_of(watch, watch.status(issuer="https://other.example")) == "StatusError STATUS_UNKNOWN"
    assert code_of(watch, watch.status(claim={"other": {}})) == "StatusError STATUS_UNKNOWN"
    assert code_of(watch, watch.status(claim={"status_list": {}})).startswith("MalformedError")
    watch.provider.suspend(PHONE, **WHY)
    watch.publish()
    assert code_of(watch) == "StatusError STATUS_SUSPENDED"
    watch.provider.revoke(PHONE, **WHY)
    watch.publish()
    assert code_of(watch) == "StatusError STATUS_REVOKED"
    watch.is_down = True
    watch.counter.clock.pass_by(hours=2)
    watch.counter.update()
    assert code_of(watch) == "StatusError STATUS_REVOKED"  # for good, however old the list
    with pytest.raises(StatusError) as caught:
        NOT_LOOKED_UP.require(watch.status(), at=at)
    assert caught.value.code == "STATUS_NOT_LOOKED_UP"
    NOT_LOOKED_UP.require(watch.status(claim=None), at=at)


def test_a_list_that_was_known_and_cannot_be_renewed_is_stale(watch):
    watch.provider.attest_client(watch.instance.public_key, instance=PHONE)
    watch.look_up.require(watch.status(), at=watch.counter.clock())
    watch.is_down = True
    watch.counter.clock.pass_by(hours=2)
    watch.counter.update()
    assert code_of(watch) == "TransportError STATUS_STALE"


def test_of_many_at_once_one_fetches(watch, monkeypatch):
    monkeypatch.setattr(attestations, "PATIENCE", timedelta(minutes=1))
    watch.provider.attest_client(watch.instance.public_key, instance=PHONE)
    status, at = watch.status(), watch.counter.clock()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: watch.look_up.require(status, at=at), range(64)))
    assert len(watch.requests) == 1


def test_who_cannot_be_reached_holds_up_none_of_many(watch):
    watch.provider.attest_client(watch.instance.public_key, instance=PHONE)
    watch.is_down = True

    def tried(_: int) -> str:
        return code_of(watch)

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(tried, range(64))) == {"TransportError STATUS_UNKNOWN"}
    assert len(watch.requests) == 1


def test_failures_are_remembered_within_bounds(watch, monkeypatch):
    monkeypatch.setattr(attestations, "MAX_FAILURES", 2)
    watch.is_down = True
    lists = [watch_status(watch, number) for number in range(3)]
    for status in (*lists, lists[2]):
        assert code_of(watch, status) == "TransportError STATUS_UNKNOWN"
    assert len(watch.requests) == 3
    assert code_of(watch, lists[0]) == "TransportError STATUS_UNKNOWN"  # forgotten, so it was tried again
    assert len(watch.requests) == 4


def watch_status(watch: Watch, number: int) -> CredentialStatus:
    claim = status_claim(f"{LISTS}/{number}", 1)
    return CredentialStatus(claim=claim, issuer=watch.provider.identifier, format="jwt")


def test_a_clock_that_went_back_does_not_keep_a_failure_for_long(watch):
    watch.provider.attest_client(watch.instance.public_key, instance=PHONE)
    watch.is_down = True
    code_of(watch)
    watch.counter.clock.now -= RETRY_AFTER + timedelta(seconds=1)
    code_of(watch)
    assert len(watch.requests) == 2


def test_a_host_that_does_not_answer_holds_up_one_request(watch, monkeypatch):
    watch.provider.attest_client(watch.instance.public_key, instance=PHONE)
    is_asked, may_answer, status = threading.Event(), threading.Event(), watch.status()

    def slow(request: HttpRequest) -> HttpResponse:
        is_asked.set()
        assert may_answer.wait(60)
        return watch.host(request)

    monkeypatch.setattr(watch, "http", slow)
    monkeypatch.setattr(attestations, "PATIENCE", timedelta(0))
    watch.look_up = watch.made()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(watch.look_up.require, status, at=watch.counter.clock())
        assert is_asked.wait(60)
        try:
            assert code_of(watch, status) == "TransportError STATUS_UNKNOWN"
        finally:
            may_answer.set()
        first.result()
    watch.look_up.require(status, at=watch.counter.clock())


def test_a_list_that_is_anothers_is_not_fetched_each_time(watch):
    watch.provider.attest_client(watch.instance.public_key, instance=PHONE)
    status = watch.status()
    for _ in range(3):
        assert code_of(watch, watch.status(issuer="https://other.example")) == "StatusError STATUS_UNKNOWN"
    assert len(watch.requests) == 1
    watch.look_up.require(status, at=watch.counter.clock())
    assert len(watch.requests) == 1
    watch.counter.clock.now += RETRY_AFTER
    assert code_of(watch, watch.status(issuer="https://other.example")) == "StatusError STATUS_UNKNOWN"
    assert len(watch.requests) == 2
