# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Rarer ways of issuers and wallets: other hosts, no scopes, bearer credentials, keys that are kept elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.support.issuing import CLIENT_ID, REDIRECT_URI, Simulator, instead
from tests.support.world import AgeCard, Resident, World, credential_of
from tests.unit.wallet.collecting.test_collecting import LOGIN, attested, collect, log_in
from vcwallet.encoding import json
from vcwallet.errors import (
    KeyLockedError,
    LocalProtocolError,
    MalformedError,
    StoreError,
    TransportError,
    TrustedListError,
    ValidityError,
    VcError,
)
from vcwallet.flow import Flow, HttpRequest, HttpResponse, run
from vcwallet.keys import PublicKey
from vcwallet.keys.software import SoftwareKeyStore
from vcwallet.protocols.haip import HAIP_1_0
from vcwallet.protocols.oauth import client_attestation, form
from vcwallet.protocols.openid4vci.issuer_metadata import KeyAttestationsRequired
from vcwallet.protocols.openid4vci.offer import AuthorizationCodeOffer, Grants, PreAuthorizedCode
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.wallet import Wallet, WalletClient, WalletProvider
from vcwallet.wallet.collecting import Outcome
from vcwallet.wallet.collecting.collector import MAX_STEPS
from vcwallet.wallet.collecting.states import Deferred, Wanted

SERVER = "https://login.example"


@pytest.fixture
def world() -> World:
    return World()


def with_configuration(issuer: Simulator, **changed: Any) -> Simulator:
    """Return the issuer with its first configuration changed; None removes a member."""
    [(name, one)] = issuer.metadata.supported.items()
    members = one.model_dump(mode="json", by_alias=True, exclude_unset=True) | changed
    kept = {member: value for member, value in members.items() if value is not None}
    changed_metadata = {**issuer.changed, "credential_configurations_supported": {name: kept}}
    return replace(issuer, changed=changed_metadata, requests=[], tampering=dict(issuer.tampering))


def params_of(issuer: Simulator, name: str) -> dict[str, str]:
    [request] = [request for request in issuer.requests if request.url.endswith(f"/{name}")]
    return form.read_form(request.body)


# --- authorisation ---------------------------------------------------------------------------------------------------


def test_a_credential_without_a_scope_is_asked_for_in_detail(world: World) -> None:
    issuer = with_configuration(Simulator(world, has_identifiers=True), scope=None)
    assert log_in(world.wallet.collector(LOGIN), issuer, issuer.offer(login=True)).outcome is Outcome.COLLECTED
    asked = params_of(issuer, "par")
    assert json.loads(asked["authorization_details"]) == [
        {"type": "openid_credential", "credential_configuration_id": issuer.configuration_ids[0]}
    ]
    assert "scope" not in asked


def elsewhere(world: World, **options: Any) -> Simulator:
    """Return an issuer whose authorization server is on another host."""
    endpoints = {
        "token_endpoint": f"{SERVER}/token",
        "authorization_endpoint": f"{SERVER}/authorize",
        "pushed_authorization_request_endpoint": f"{SERVER}/par",
    }
    changed = {"authorization_servers": [SERVER]}
    return Simulator(world, changed=changed, changed_server={"issuer": SERVER, **endpoints}, **options)


@pytest.mark.parametrize("has_scope", [True, False])
def test_a_server_on_another_host_is_told_which_issuer_the_token_is_for(world: World, has_scope: bool) -> None:
    issuer = elsewhere(world)
    if not has_scope:
        issuer = with_configuration(issuer, scope=None)
    assert log_in(world.wallet.collector(LOGIN), issuer, issuer.offer(login=True)).outcome is Outcome.COLLECTED
    assert params_of(issuer, "token")["resource"] == issuer.identifier
    assert params_of(issuer, "par")["resource"] == issuer.identifier
    if not has_scope:
        [detail] = json.loads(params_of(issuer, "par")["authorization_details"])
        assert detail["locations"] == [issuer.identifier]


def test_of_several_servers_the_one_with_the_grant_is_taken(world: World) -> None:
    issuer = elsewhere(world)
    issuer.changed["authorization_servers"] = [SERVER, issuer.identifier]
    other = Simulator(world, changed_server={"grant_types_supported": ["client_credentials"]})

    def both(request: HttpRequest) -> HttpResponse:
        if request.url == f"{SERVER}/.well-known/oauth-authorization-server":
            return issuer(request)
        return other(request) if "oauth-authorization-server" in request.url else issuer(request)

    issuer.changed["authorization_servers"] = [issuer.identifier, SERVER]
    prompt = run(world.wallet.collector().read_offer(issuer.offer()), both)
    assert prompt.server.issuer == SERVER


def test_where_no_server_has_the_grant_there_is_no_way(world: World) -> None:
    issuer = elsewhere(world)
    issuer.changed["authorization_servers"] = [issuer.identifier, SERVER]
    none = {"grant_types_supported": ["client_credentials"]}
    first, second = Simulator(world, changed_server=none), Simulator(world, changed_server={"issuer": SERVER, **none})

    def neither(request: HttpRequest) -> HttpResponse:
        if request.url == f"{SERVER}/.well-known/oauth-authorization-server":
            return second(request)
        return first(request) if "oauth-authorization-server" in request.url else issuer(request)

    with pytest.raises(VcError, match="GRANT_NOT_SUPPORTED"):
        run(world.wallet.collector().read_offer(issuer.offer()), neither)


def test_the_server_that_the_offer_names_is_taken(world: World) -> None:
    issuer = elsewhere(world)
    issuer.changed["authorization_servers"] = ["https://first.example", SERVER]
    link = issuer.offer(login=True, grants={"authorization_code": {"authorization_server": SERVER}})
    prompt = run(world.wallet.collector(LOGIN).read_offer(link), issuer)
    assert prompt.server.issuer == SERVER


def test_an_offer_without_grants_is_one_to_log_in_for(world: World) -> None:
    issuer = Simulator(world)
    assert log_in(world.wallet.collector(LOGIN), issuer, issuer.offer(grants=None)).outcome is Outcome.COLLECTED
    assert "issuer_state" not in params_of(issuer, "par")


def test_an_attestation_is_made_anew_where_the_server_wants_a_fresh_one(world: World) -> None:
    client = attested(world)
    issuer = Simulator(world, attests=True)
    errors = ["use_attestation_challenge", "use_fresh_attestation"]

    def wants(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if not errors:
            return response
        return instead(400, json.dumps({"error": errors.pop(0)}))(request, response)

    issuer.tampering["token"] = wants
    collector = world.wallet.collector(client)
    world.clock.pass_by(seconds=1)
    assert collect(collector, issuer, issuer.offer()).outcome is Outcome.COLLECTED
    sent = [request.headers for request in issuer.requests if request.url.endswith("/token")]
    assert len(sent) == 3
    assert issuer.count("challenge") == 2  # the first one was not taken
    assert sent[1][client_attestation.HEADER] != sent[2][client_attestation.HEADER]


@pytest.mark.parametrize("hours", [1, 24, 48])
def test_an_attestation_that_has_ended_is_not_sent(world: World, hours: int) -> None:
    client = attested(world)
    issuer = Simulator(world, attests=True, polls=0, has_refresh=True)

    def knows_no_fresh_one(_: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_stale = b"use_fresh_attestation" in response.body
        return replace(response, body=b'{"error":"invalid_client"}', status=401) if is_stale else response

    issuer.tampering["token"] = knows_no_fresh_one
    collector = world.wallet.collector(client)
    waiting = collect(collector, issuer, issuer.offer())
    assert waiting.not_before is not None
    world.clock.pass_by(hours=hours)
    assert run(collector.proceed(waiting.id), issuer).outcome is Outcome.COLLECTED
    name = client_attestation.HEADER
    sent = [request.headers[name] for request in issuer.requests if name in request.headers]
    assert len(set(sent)) == (1 if hours < 24 else 2)


@pytest.mark.parametrize("text", ["none", "e30.e30.AAAA"])
def test_an_attestation_that_does_not_say_when_it_ends_is_for_the_server_to_judge(world: World, text: str) -> None:
    class Odd:
        client_id = CLIENT_ID

        def attest_client(self, key: Any, /) -> Any:
            yield from ()
            return text

        def attest_keys(self, keys: Any, /, *, nonce: str | None) -> Any:
            raise NotImplementedError

    issuer = Simulator(world, attests=True)
    done = collect(world.wallet.collector(WalletClient(attester=Odd())), issuer, issuer.offer())
    assert (done.outcome, issuer.count("token")) == (Outcome.REFUSED, 1)


def test_a_challenge_that_comes_with_an_answer_is_taken(world: World) -> None:
    client = attested(world)
    issuer = Simulator(world, attests=True)
    fresh = issuer._challenges.issue(at=world.clock())
    refusals = [
        HttpResponse(
            status=400,
            headers={"content-type": "application/json", client_attestation.CHALLENGE_HEADER: fresh},
            body=b'{"error":"use_attestation_challenge"}',
        )
    ]
    issuer.tampering["token"] = lambda _, response: refusals.pop() if refusals else response
    assert collect(world.wallet.collector(client), issuer, issuer.offer()).outcome is Outcome.COLLECTED
    assert issuer.count("challenge") == 1


def test_a_wallet_without_its_provider_cannot_go_on_with_what_needs_it(world: World) -> None:
    client = attested(world)
    issuer = Simulator(world, attests=True)
    collector = world.wallet.collector(client)
    begun = collector.accept(run(collector.read_offer(issuer.offer()), issuer))
    with pytest.raises(LocalProtocolError, match="NO_ATTESTER"):
        run(world.wallet.collector().proceed(begun.id), issuer)
    assert run(world.wallet.collector(client).proceed(begun.id), issuer).outcome is Outcome.COLLECTED


def test_keys_that_have_to_be_attested_are_not_sent_without(world: World) -> None:
    client = attested(world)
    issuer = Simulator(world, key_attestations=KeyAttestationsRequired())
    collector = world.wallet.collector(client)
    begun = collector.accept(run(collector.read_offer(issuer.offer()), issuer))
    issuer.tampering["nonce"] = instead(503)
    with pytest.raises(TransportError):
        run(collector.proceed(begun.id), issuer)
    issuer.tampering.clear()
    with pytest.raises(LocalProtocolError, match="NO_ATTESTER"):
        run(world.wallet.collector().proceed(begun.id), issuer)
    assert issuer.count("credential") == 0
    assert run(world.wallet.collector(client).proceed(begun.id), issuer).outcome is Outcome.COLLECTED


class Unreachable:
    """A provider that does not answer the first time."""

    def __init__(self, provider: WalletProvider) -> None:
        self._inside = provider.attester()
        self.client_id = provider.client_id
        self.asked = 0

    def attest_client(self, key: PublicKey, /) -> Flow[str]:
        self.asked += 1
        if self.asked == 1:
            raise TransportError("the provider does not answer")
        return (yield from self._inside.attest_client(key))

    def attest_keys(self, keys: Sequence[PublicKey], /, *, nonce: str | None) -> Flow[str]:
        return (yield from self._inside.attest_keys(keys, nonce=nonce))


def test_a_provider_that_does_not_answer_is_asked_again(world: World) -> None:
    provider = WalletProvider(world.registry.enrol_wallet_provider("Wallet maker"), clock=world.clock)
    world.update()
    issuer = Simulator(world, attests=True)
    collector = world.wallet.collector(WalletClient(attester=Unreachable(provider)))
    begun = collector.accept(run(collector.read_offer(issuer.offer()), issuer))
    with pytest.raises(TransportError):
        run(collector.proceed(begun.id), issuer)
    assert run(collector.proceed(begun.id), issuer).outcome is Outcome.COLLECTED


def test_a_refused_request_in_advance_ends_it(world: World) -> None:
    issuer = Simulator(world, tampering={"par": instead(400, b'{"error":"unauthorized_client"}')})
    done = collect(world.wallet.collector(LOGIN), issuer, issuer.offer(login=True))
    assert (done.outcome, list(done.failures.values())) == (Outcome.REFUSED, ["unauthorized_client"])


def test_of_two_grants_that_of_the_profile_is_taken(world: World) -> None:
    client = attested(world, profile=HAIP_1_0)
    issuer = Simulator(world, attests=True)
    both = Grants(
        authorization_code=AuthorizationCodeOffer(), pre_authorized_code=PreAuthorizedCode(pre_authorized_code="code")
    )
    prompt = run(world.wallet.collector(client).read_offer(issuer.offer(grants=both)), issuer)
    assert prompt.needs_browser
    assert not run(world.wallet.collector().read_offer(issuer.offer(grants=both)), issuer).needs_browser


def test_a_refresh_that_is_not_answered_is_tried_again(world: World) -> None:
    issuer, collector = Simulator(world, polls=0, has_refresh=True), world.wallet.collector()
    waiting = collect(collector, issuer, issuer.offer())
    world.clock.pass_by(hours=1)
    issuer.tampering["token"] = instead(503)
    with pytest.raises(TransportError):
        run(collector.proceed(waiting.id), issuer)
    issuer.tampering.clear()
    assert run(collector.proceed(waiting.id), issuer).outcome is Outcome.COLLECTED


@pytest.mark.parametrize("body", [b"\xff\xff", b"", b"a.b.c"])
def test_signed_metadata_that_are_no_text_are_refused(world: World, body: bytes) -> None:
    issuer = Simulator(world)
    issuer.tampering["vci"] = lambda _, response: replace(response, body=body)
    with pytest.raises(MalformedError):
        run(world.wallet.collector().read_offer(issuer.offer()), issuer)


# --- credentials -----------------------------------------------------------------------------------------------------


def bearer(world: World) -> Simulator:
    """Return an issuer of credentials that are bound to no key."""
    plain = Simulator(world, kinds=(AgeCard,))
    issuer = with_configuration(plain, cryptographic_binding_methods_supported=None, proof_types_supported=None)
    made = credential_of(world.city_enrolment, AgeCard(age_over_20=True), at=world.clock(), holder=None)

    def unbound(request: HttpRequest) -> HttpResponse:
        issuer._authorised(request)
        assert "proofs" not in json.loads_object(request.body)
        body = json.dumps({"credentials": [{"credential": made.raw}], "notification_id": "n"})
        return HttpResponse(status=200, headers={"content-type": "application/json"}, body=body)

    issuer._credential = unbound  # type: ignore[method-assign]
    return issuer


def test_a_credential_that_is_bound_to_no_key_has_none_and_is_kept_once(world: World) -> None:
    issuer = bearer(world)
    for _ in range(2):  # the second time it is the very same credential
        assert collect(world.wallet.collector(), issuer, issuer.offer(), copies=5).outcome is Outcome.COLLECTED
    [card] = world.wallet.cards()
    assert card.key is None
    assert issuer.count("nonce") == 0


def test_a_bound_credential_where_an_unbound_one_was_asked_for_is_refused(world: World) -> None:
    issuer = bearer(world)
    own = world.wallet.new_holder_key()
    made = credential_of(world.city_enrolment, AgeCard(age_over_20=True), at=world.clock(), holder=own)
    body = json.dumps({"credentials": [{"credential": made.raw}]})
    issuer.tampering["credential"] = lambda _, response: replace(response, body=body)
    done = collect(world.wallet.collector(), issuer, issuer.offer())
    assert list(done.failures.values()) == ["HOLDER_KEY_UNKNOWN"]


def test_a_key_that_was_used_meanwhile_is_not_used_again(world: World) -> None:
    """Somebody receives another credential for the key between the answer and the commit."""
    issuer = Simulator(world)
    collector = world.wallet.collector()
    begun = collector.accept(run(collector.read_offer(issuer.offer()), issuer))
    keep = collector._keeper.keep

    def late(taken: Any, *also: Any) -> None:
        key = collector._keeper.signer(taken[0].card.key)
        world.wallet.receive(
            credential_of(world.city_enrolment, AgeCard(age_over_20=True), at=world.clock(), holder=key)
        )
        keep(taken, *also)

    collector._keeper.keep = late  # type: ignore[method-assign]
    done = run(collector.proceed(begun.id), issuer)
    assert list(done.failures.values()) == ["HOLDER_KEY_USED"]


def test_a_trusted_list_that_has_ended_is_no_fault_of_the_issuer(world: World) -> None:
    issuer, collector = Simulator(world), world.wallet.collector()
    begun = collector.accept(run(collector.read_offer(issuer.offer()), issuer))

    def late(request: HttpRequest) -> HttpResponse:
        response = issuer(request)
        if request.url.endswith("/credential"):
            world.clock.pass_by(days=400)
        return response

    with pytest.raises((TrustedListError, ValidityError)):
        run(collector.proceed(begun.id), late)
    waiting = collector.collection(begun.id)
    assert waiting.is_open
    assert waiting.acts[0].progress.kind == "answered"  # what came is there, and is looked at when the list is newer


def test_an_issuer_that_never_comes_to_an_end_does_not_keep_the_wallet_busy(world: World) -> None:
    issuer, collector = Simulator(world, polls=10**6), world.wallet.collector()
    waiting = collect(collector, issuer, issuer.offer())

    def hurried(request: HttpRequest) -> HttpResponse:
        world.clock.pass_by(seconds=60)
        return issuer(request)

    world.clock.pass_by(seconds=60)
    again = run(collector.proceed(waiting.id), hurried)
    assert again.is_open
    assert issuer.count("deferred") <= MAX_STEPS


# --- the end, and afterwards -----------------------------------------------------------------------------------------


def test_giving_up_leaves_what_came_and_says_what_did_not(world: World) -> None:
    issuer, collector = Simulator(world, kinds=(Resident, AgeCard), polls=0), world.wallet.collector()
    issuer.polls = None
    issuer.tampering["notification"] = instead(503)

    def denied(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if b"age-card" not in request.body:
            return response
        members = json.loads_object(response.body)
        members["credentials"] = members["credentials"] * 2
        return replace(response, body=json.dumps(members))

    issuer.tampering["credential"] = denied
    open_ = collect(collector, issuer, issuer.offer())
    assert [act.progress.kind for act in open_.acts] == ["kept", "rejected"]
    done = collector.cancel(open_.id)
    assert done.outcome is Outcome.COLLECTED
    assert [act.progress.kind for act in done.acts] == ["done", "failed"]
    assert len(list(world.wallet_store.find("key"))) == 1


def test_giving_up_before_anything_came(world: World) -> None:
    issuer, collector = Simulator(world), world.wallet.collector()
    begun = collector.accept(run(collector.read_offer(issuer.offer()), issuer))
    done = collector.cancel(begun.id)
    assert (done.outcome, list(done.failures.values())) == (Outcome.CANCELLED, ["cancelled"])
    assert run(collector.proceed(begun.id), issuer) == done


def test_a_deletion_is_not_told_where_the_issuer_gave_no_name_for_it(world: World) -> None:
    issuer, collector = Simulator(world, has_refresh=True, has_notifications=False), world.wallet.collector()
    [card] = collect(collector, issuer, issuer.offer()).cards
    assert run(collector.deleted(card), issuer) is False


def test_more_is_collected_of_what_came_and_not_of_what_did_not(world: World) -> None:
    issuer, collector = Simulator(world, kinds=(Resident, AgeCard), has_refresh=True), world.wallet.collector()

    def denied(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        refused = instead(400, b'{"error":"credential_request_denied"}')
        return refused(request, response) if b"age-card" in request.body else response

    issuer.tampering["credential"] = denied
    first = collect(collector, issuer, issuer.offer())
    assert len(first.cards) == 1
    for copies in (0, 51):
        with pytest.raises(ValueError, match="copies"):
            collector.renew(first.id, copies=copies)
    again = collector.renew(first.id)
    assert [act.configuration_id for act in again.acts] == [issuer.configuration_ids[0]]
    assert isinstance(again.acts[0].progress, Wanted)
    issuer.tampering["token"] = instead(200, b"<html>")
    with pytest.raises(VcError):
        run(collector.proceed(again.id), issuer)
    assert collector.collection(again.id).outcome is Outcome.FAILED


def test_a_collection_that_can_bring_more_can_be_forgotten(world: World) -> None:
    issuer, collector = Simulator(world, has_refresh=True), world.wallet.collector()
    done = collect(collector, issuer, issuer.offer())
    collector.forget(done.id)
    assert len(list(world.wallet_store.find("key"))) == 1  # that of the card
    assert not list(world.wallet_store.find("collecting"))


# --- keys elsewhere --------------------------------------------------------------------------------------------------


class Counted(SoftwareKeyStore):
    """Keys that are not in the wallet's store."""

    def __init__(self) -> None:
        super().__init__()
        self.handles: set[str] = set()

    def create(self, algorithm: Any, /) -> str:
        handle = super().create(algorithm)
        self.handles.add(handle)
        return handle

    def delete(self, handle: str, /) -> None:
        super().delete(handle)
        self.handles.discard(handle)


@pytest.mark.parametrize("fails", [False, True])
def test_keys_can_be_kept_elsewhere(world: World, fails: bool) -> None:
    keys, store = Counted(), MemoryStore()
    wallet = Wallet(
        store=store,
        trust=TrustedListClient.start(world.registry.published(), store=store, at=world.clock()),
        formats=world.formats,
        clock=world.clock,
        keys=keys,
    )
    issuer = Simulator(world)
    if fails:
        issuer.tampering["credential"] = instead(400, b'{"error":"invalid_proof"}')
    done = collect(wallet.collector(), issuer, issuer.offer(), copies=3)
    assert {card.key for card in wallet.cards()} == keys.handles
    assert len(keys.handles) == (0 if fails else 3)
    assert not list(store.find("key"))
    assert len(list(store.find("holder_key"))) == len(done.cards)


class Locked(Counted):
    """Keys that cannot be made now."""

    is_locked = False

    def create(self, algorithm: Any, /) -> str:
        if self.is_locked:
            raise KeyLockedError("unlock it first")
        return super().create(algorithm)


def test_a_token_is_not_lost_where_keys_cannot_be_made_now(world: World) -> None:
    keys, store = Locked(), MemoryStore()
    trust = TrustedListClient.start(world.registry.published(), store=store, at=world.clock())
    wallet = Wallet(store=store, trust=trust, formats=world.formats, clock=world.clock, keys=keys)
    issuer, collector = Simulator(world, is_bound=False), wallet.collector()
    begun = collector.accept(run(collector.read_offer(issuer.offer()), issuer))
    keys.is_locked = True
    for _ in range(2):
        with pytest.raises(KeyLockedError):
            run(collector.proceed(begun.id), issuer)
    keys.is_locked = False
    assert run(collector.proceed(begun.id), issuer).outcome is Outcome.COLLECTED
    assert issuer.count("token") == 1


def test_a_key_that_is_gone_is_an_error_of_the_wallet(world: World) -> None:
    issuer, collector = Simulator(world, polls=0), world.wallet.collector()
    waiting = collect(collector, issuer, issuer.offer())
    progress = waiting.acts[0].progress
    assert isinstance(progress, Deferred)
    world.wallet._keys.delete(progress.keys[0])
    world.clock.pass_by(seconds=60)
    done = run(collector.proceed(waiting.id), issuer)
    assert done.outcome is Outcome.COLLECTED  # nothing is signed with it to keep the card
    world.wallet._keys.delete(collector.collection(done.id).plan.client_key)
    with pytest.raises(StoreError, match="KEY_NOT_FOUND"):
        world.wallet._keys.signer(progress.keys[0])


def test_a_wallet_is_called_by_what_its_client_says() -> None:
    assert WalletClient(client_id=CLIENT_ID, redirect_uri=REDIRECT_URI).name == CLIENT_ID
    assert WalletClient().name is None
