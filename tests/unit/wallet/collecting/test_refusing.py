# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a wallet refuses of issuers: mix-ups, downgrades, foreign addresses, and credentials that nobody asked for.

Each refusal has its twin in `test_collecting`, where the same issuer is honest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from tests.support.issuing import CLIENT_ID, ISSUER, REDIRECT_URI, Simulator, changed_json, instead
from tests.support.pki import chain as certificates
from tests.support.world import MDOC, AgeCard, Resident, World, credential_of, resident
from vcwallet.encoding import json
from vcwallet.errors import (
    BindingError,
    LimitExceededError,
    LocalProtocolError,
    MalformedError,
    StoreCorruptError,
    TransportError,
    VcError,
)
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.formats.base import Credential, IssuerKey
from vcwallet.keys.policy import KeySource, Role, TrustedKey
from vcwallet.keys.public import PublicKey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.haip import HAIP_1_0, OPENID4VCI_1_0, Requirement
from vcwallet.protocols.openid4vci.issuer_metadata import KeyAttestationsRequired
from vcwallet.protocols.openid4vci.signed_metadata import sign_metadata
from vcwallet.storage import Put
from vcwallet.trust.certificates import to_der
from vcwallet.wallet import WalletClient
from vcwallet.wallet.collecting import Collection, Outcome
from vcwallet.wallet.collecting.keeping import require_own_keys
from vcwallet.wallet.collecting.records import STATES
from vcwallet.wallet.collecting.states import Failed
from vcwallet.wallet.wallet import _Keeper

LOGIN = WalletClient(client_id=CLIENT_ID, redirect_uri=REDIRECT_URI)
OTHER = "https://other.example"
ROOT = certificates()


@pytest.fixture
def world() -> World:
    return World()


def refusal_of_offer(world: World, issuer: Simulator, link: str, client: WalletClient | None = None) -> str:
    """Return the code with which an offer is refused; nothing was kept, and nothing secret was sent."""
    with pytest.raises(VcError) as caught:
        run(world.wallet.collector(client).read_offer(link), issuer)
    assert issuer.count("token") == issuer.count("par") == 0
    assert not list(world.wallet_store.find("collecting"))
    return caught.value.code


def collected(world: World, issuer: Simulator, **accepted: Any) -> Collection:
    collector = world.wallet.collector()
    prompt = run(collector.read_offer(issuer.offer()), issuer)
    return run(collector.proceed(collector.accept(prompt, **accepted).id), issuer)


# --- the offer and the metadata --------------------------------------------------------------------------------------


def test_metadata_of_another_issuer_are_refused(world: World) -> None:
    issuer = Simulator(world, is_signed=False)
    issuer.tampering["vci"] = changed_json(credential_issuer=OTHER)
    assert refusal_of_offer(world, issuer, issuer.offer()) == "ISSUER_MISMATCH"


def test_signed_metadata_of_another_issuer_are_refused(world: World) -> None:
    issuer, other = Simulator(world), Simulator(world, identifier=f"{ISSUER}/other")

    def signed_by_the_other(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_signed = response.headers["content-type"] == "application/jwt"
        return other(replace(request, url=f"{request.url}/other")) if is_signed else response

    issuer.tampering["vci"] = signed_by_the_other
    assert refusal_of_offer(world, issuer, issuer.offer()) == "ISSUER_MISMATCH"


def test_metadata_of_another_authorization_server_are_refused(world: World) -> None:
    issuer = Simulator(world, changed_server={"issuer": OTHER})
    assert refusal_of_offer(world, issuer, issuer.offer()) == "ISSUER_MISMATCH"


def test_an_authorization_server_that_the_issuer_does_not_list_is_refused(world: World) -> None:
    issuer = Simulator(world)
    grants = {"authorization_code": {"authorization_server": OTHER}}
    link = issuer.offer(login=True, grants=grants)
    assert refusal_of_offer(world, issuer, link) == "AUTHORIZATION_SERVER_NOT_LISTED"


def test_signed_metadata_whose_signature_does_not_hold_are_refused(world: World) -> None:
    issuer = Simulator(world)
    issuer.tampering["vci"] = lambda _, response: replace(response, body=response.body[:-4] + b"AAAA")
    assert refusal_of_offer(world, issuer, issuer.offer()) == "SIGNATURE_INVALID"


def unknown_signer(issuer: Simulator) -> Callable[[HttpRequest, HttpResponse], HttpResponse]:
    """Return what lets a party of another registry sign the metadata."""
    elsewhere = Simulator(World())

    def tamper(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_signed = response.headers["content-type"] == "application/jwt"
        return elsewhere(request) if is_signed else response

    return tamper


def test_metadata_signed_by_nobody_we_know_are_as_good_as_unsigned(world: World) -> None:
    issuer = Simulator(world)
    issuer.tampering["vci"] = unknown_signer(issuer)
    prompt = run(world.wallet.collector().read_offer(issuer.offer()), issuer)
    assert not prompt.is_vetted
    assert [warning.code for warning in prompt.warnings] == ["ISSUER_NOT_VETTED"]


@dataclass(frozen=True)
class Known:
    """Trust in one issuer by its name and key, without certificates."""

    key: PublicKey

    def knows(self, source: KeySource) -> bool:
        return source.issuer == OTHER

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        return TrustedKey(key=self.key, party=OTHER, source="static")


@pytest.mark.parametrize("has_certificates", [True, False])
def test_a_profile_says_whether_who_signs_the_metadata_shows_certificates(world: World, has_certificates: bool) -> None:
    issuer, enrolment = Simulator(world), world.city_enrolment
    world.wallet.update_issuers(Known(enrolment.signer.public_key))
    certified = IssuerKey(signer=enrolment.signer, chain=enrolment.chain, identifier=enrolment.identifier)
    key = certified if has_certificates else replace(certified, chain=(), identifier=OTHER)

    def signed(_: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.headers["content-type"] != "application/jwt":
            return response
        return replace(response, body=sign_metadata(issuer.metadata, issuer=key, at=world.clock()).encode())

    issuer.tampering["vci"] = signed
    strict = WalletClient(profile=replace(OPENID4VCI_1_0, x5c=Requirement.REQUIRED))
    assert run(world.wallet.collector().read_offer(issuer.offer()), issuer).is_vetted
    if has_certificates:
        assert run(world.wallet.collector(strict).read_offer(issuer.offer()), issuer).is_vetted
    else:
        assert refusal_of_offer(world, issuer, issuer.offer(), strict) == "X5C_MISSING"


@pytest.mark.parametrize(
    ("chain", "code"),
    [(ROOT.x5c, None), ((), "X5C_MISSING"), ((to_der(ROOT.anchor),), "X5C_SELF_SIGNED")],
    ids=["as it should be", "none", "self-signed"],
)
def test_a_profile_says_which_certificates_are_in_a_credential(
    world: World, monkeypatch: pytest.MonkeyPatch, chain: tuple[bytes, ...], code: str | None
) -> None:
    monkeypatch.setattr(_Keeper, "issuer_chain", lambda *_: chain)
    for profile in (OPENID4VCI_1_0, replace(OPENID4VCI_1_0, x5c=Requirement.REQUIRED)):
        issuer = Simulator(world)
        collector = world.wallet.collector(WalletClient(profile=profile))
        prompt = run(collector.read_offer(issuer.offer()), issuer)
        done = run(collector.proceed(collector.accept(prompt).id), issuer)
        if code is None or profile is OPENID4VCI_1_0:
            assert done.outcome is Outcome.COLLECTED
        else:
            assert done.acts[0].progress == Failed(code=code)


@pytest.mark.parametrize("is_signed", [True, False])
def test_where_metadata_have_to_be_signed_they_have_to_be_by_somebody_we_know(world: World, is_signed: bool) -> None:
    profile = replace(OPENID4VCI_1_0, signed_metadata=Requirement.REQUIRED)
    issuer = Simulator(world, is_signed=is_signed)
    if is_signed:
        issuer.tampering["vci"] = unknown_signer(issuer)
    code = refusal_of_offer(world, issuer, issuer.offer(), WalletClient(profile=profile))
    assert code == ("UNTRUSTED" if is_signed else "METADATA_UNSIGNED")


def test_an_issuer_that_was_suspended_is_refused(world: World) -> None:
    world.registry.suspend(world.city_enrolment.identifier, reason="test")
    world.wallet.update_trust(world.registry.published())
    issuer = Simulator(world)
    assert refusal_of_offer(world, issuer, issuer.offer()) == "NOT_AUTHORISED"


@pytest.mark.parametrize(
    "endpoint", ["credential_endpoint", "nonce_endpoint", "deferred_credential_endpoint", "notification_endpoint"]
)
def test_an_endpoint_on_a_foreign_host_is_refused_unless_the_metadata_are_signed(world: World, endpoint: str) -> None:
    changed = {endpoint: f"{OTHER}/endpoint"}
    issuer = Simulator(world, is_signed=False, changed=changed)
    assert refusal_of_offer(world, issuer, issuer.offer()) == "FOREIGN_ENDPOINT"
    told = WalletClient(hosts=frozenset({"other.example"}))
    assert run(world.wallet.collector(told).read_offer(issuer.offer()), issuer).credentials
    signed = Simulator(world, changed=changed)
    assert run(world.wallet.collector().read_offer(signed.offer()), signed).is_vetted


@pytest.mark.parametrize(
    "endpoint",
    ["token_endpoint", "authorization_endpoint", "pushed_authorization_request_endpoint", "challenge_endpoint"],
)
def test_an_endpoint_of_the_server_on_a_foreign_host_is_refused(world: World, endpoint: str) -> None:
    issuer = Simulator(world, is_signed=False, changed_server={endpoint: f"{OTHER}/endpoint"})
    assert refusal_of_offer(world, issuer, issuer.offer()) == "FOREIGN_ENDPOINT"


@pytest.mark.parametrize("is_bound", [True, False])
def test_a_server_of_another_host_has_to_bind_its_tokens(world: World, is_bound: bool) -> None:
    elsewhere = {name: f"{OTHER}/{name}" for name in ("token_endpoint", "authorization_endpoint")}
    issuer = Simulator(
        world,
        is_bound=is_bound,
        has_par=False,
        changed={"authorization_servers": [OTHER]},
        changed_server={"issuer": OTHER, **elsewhere},
    )
    if is_bound:
        assert run(world.wallet.collector().read_offer(issuer.offer()), issuer).server.issuer == OTHER
    else:
        assert refusal_of_offer(world, issuer, issuer.offer()) == "TOKEN_TYPE"


@pytest.mark.parametrize(
    "endpoint",
    ["token_endpoint", "authorization_endpoint", "pushed_authorization_request_endpoint", "challenge_endpoint"],
)
def test_a_server_has_no_endpoint_on_the_host_of_another_one_that_is_listed(world: World, endpoint: str) -> None:
    # Otherwise an issuer could send the person to log in at any server there is, and be brought the code of it.
    listed = {"authorization_servers": [ISSUER, OTHER]}
    options: dict[str, Any] = {"is_signed": False, "is_bound": False, "has_iss": False}
    honest = Simulator(world, changed=listed, **options)
    assert run(world.wallet.collector(LOGIN).read_offer(honest.offer(login=True)), honest).needs_browser
    issuer = Simulator(world, changed=listed, changed_server={endpoint: f"{OTHER}/endpoint"}, **options)
    assert refusal_of_offer(world, issuer, issuer.offer(login=True), LOGIN) == "FOREIGN_ENDPOINT"


@pytest.mark.parametrize("is_signed", [True, False])
@pytest.mark.parametrize("has_iss", [True, False])
def test_a_page_on_another_host_has_to_say_whose_answer_it_gives(world: World, is_signed: bool, has_iss: bool) -> None:
    issuer = Simulator(
        world, is_signed=is_signed, has_iss=has_iss, changed_server={"authorization_endpoint": f"{OTHER}/authorize"}
    )
    client = replace(LOGIN, hosts=frozenset() if is_signed else frozenset({"other.example"}))
    if has_iss:
        assert run(world.wallet.collector(client).read_offer(issuer.offer(login=True)), issuer).needs_browser
    else:
        assert refusal_of_offer(world, issuer, issuer.offer(login=True), client) == "FOREIGN_ENDPOINT"
    assert run(world.wallet.collector(client).read_offer(issuer.offer()), issuer).grant == "pre_authorized_code"


HAIP_BREACHES: dict[str, dict[str, Any]] = {
    "no dpop": {"is_bound": False},
    "no pushing": {"has_par": False},
    "no issuer in the answer": {"has_iss": False},
}


@pytest.mark.parametrize("breach", HAIP_BREACHES)
def test_what_a_profile_demands_is_demanded(world: World, breach: str) -> None:
    from tests.unit.wallet.collecting.test_collecting import attested

    client = attested(world, profile=HAIP_1_0)
    issuer = Simulator(world, **HAIP_BREACHES[breach])
    assert refusal_of_offer(world, issuer, issuer.offer(login=True), client) == "PROFILE_NOT_MET"
    assert refusal_of_offer(world, issuer, issuer.offer(), client) == "PROFILE_NOT_MET"  # pre-authorised


def test_a_profile_with_attestations_needs_a_provider(world: World) -> None:
    issuer = Simulator(world)
    assert refusal_of_offer(world, issuer, issuer.offer(login=True), replace(LOGIN, profile=HAIP_1_0)) == (
        "PROFILE_NOT_MET"
    )


NOT_COLLECTABLE: dict[str, tuple[dict[str, Any], str]] = {
    "a format that the wallet does not read": ({"format": MDOC}, "FORMAT_UNSUPPORTED"),
    "keys that have to be attested": (
        {"key_attestations": KeyAttestationsRequired()},
        "PROOF_TYPE_UNSUPPORTED",
    ),
    "proofs of another kind": ({"proof_types": ("di_vp",)}, "PROOF_TYPE_UNSUPPORTED"),
}


@pytest.mark.parametrize("case", NOT_COLLECTABLE)
def test_what_the_wallet_cannot_take_is_not_begun(world: World, case: str) -> None:
    options, code = NOT_COLLECTABLE[case]
    issuer = Simulator(world, **options)
    assert refusal_of_offer(world, issuer, issuer.offer()) == code


@pytest.mark.parametrize("member", [b"[" + b"1e15," * 40_000 + b"1]", b'"' + b"x" * 200_000 + b'"'])
@pytest.mark.parametrize("document", ["openid-credential-issuer", "oauth-authorization-server"])
def test_what_a_wallet_begins_it_can_go_on_with_after_a_restart(world: World, document: str, member: bytes) -> None:
    # Written down, 1e15 has four times as many digits.
    issuer = Simulator(world, is_signed=False)

    def longer(request: HttpRequest) -> HttpResponse:
        response = issuer(request)
        if document in request.url:
            return replace(response, body=response.body.removesuffix(b"}") + b',"example":' + member + b"}")
        return response

    collector = world.wallet.collector()
    begun = collector.accept(run(collector.read_offer(issuer.offer()), longer))
    assert run(world.wallet.collector().proceed(begun.id), longer).outcome is Outcome.COLLECTED


def test_what_the_issuer_does_not_have_is_refused(world: World) -> None:
    issuer = Simulator(world)
    link = issuer.offer(credential_configuration_ids=("something_else",))
    assert refusal_of_offer(world, issuer, link) == "CONFIGURATION_UNKNOWN"


@pytest.mark.parametrize("name", ["vci", "0"])
def test_what_is_not_there_can_be_asked_for_again(world: World, name: str) -> None:
    issuer = Simulator(world, is_signed=False)
    link = issuer.offer(by_reference=True)
    issuer.tampering[name] = instead(503)
    assert refusal_of_offer(world, issuer, link) == "NOT_FOUND"
    issuer.tampering.clear()
    assert run(world.wallet.collector().read_offer(link), issuer).credentials


def test_an_issuer_that_does_not_know_signed_metadata_is_asked_for_plain_ones(world: World) -> None:
    issuer = Simulator(world, is_signed=False)
    issuer.tampering["vci"] = lambda request, response: (
        instead(406)(request, response) if "application/jwt" in request.headers["accept"] else response
    )
    assert run(world.wallet.collector().read_offer(issuer.offer()), issuer).credentials


@pytest.mark.parametrize("grant", ["pre_authorized_code", "authorization_code"])
def test_a_grant_that_is_not_offered_is_not_taken(world: World, grant: Any) -> None:
    issuer = Simulator(world)
    link = issuer.offer(login=grant == "pre_authorized_code")
    with pytest.raises(VcError, match="GRANT_NOT_OFFERED"):
        run(world.wallet.collector(LOGIN).read_offer(link, grant=grant), issuer)


# --- the log-in ------------------------------------------------------------------------------------------------------


def waiting_for_browser(world: World, issuer: Simulator) -> Collection:
    collector = world.wallet.collector(LOGIN)
    prompt = run(collector.read_offer(issuer.offer(login=True)), issuer)
    return run(collector.proceed(collector.accept(prompt).id), issuer)


MIX_UPS: dict[str, tuple[Callable[[str], str], str]] = {
    "another server": (lambda url: url.replace("city.example", "other.example"), "ISSUER_MISMATCH"),
    "no server": (lambda url: url.partition("&iss=")[0], "ISSUER_MISMATCH"),
    "another address": (lambda url: url.replace(REDIRECT_URI, "org.example.thief:/back"), "REDIRECT_MISMATCH"),
    "nothing in it": (lambda url: url.replace("code=", "cod="), "MALFORMED"),
}


@pytest.mark.parametrize("case", MIX_UPS)
def test_an_answer_of_somebody_else_changes_nothing(world: World, case: str) -> None:
    mix_up, code = MIX_UPS[case]
    issuer, collector = Simulator(world), world.wallet.collector(LOGIN)
    waiting = waiting_for_browser(world, issuer)
    back = issuer.browse(waiting.authorization_url or "")
    with pytest.raises((BindingError, MalformedError)) as caught:
        collector.returned(mix_up(back))
    assert caught.value.code == code
    assert collector.collection(waiting.id) == waiting
    assert run(collector.proceed(collector.returned(back).id), issuer).outcome is Outcome.COLLECTED


@pytest.mark.parametrize("fragment", ["#", "#_=_", "#state=other"])
def test_a_fragment_is_none_of_the_answer(world: World, fragment: str) -> None:
    issuer, collector = Simulator(world), world.wallet.collector(LOGIN)
    waiting = waiting_for_browser(world, issuer)
    back, _, named = issuer.browse(waiting.authorization_url or "").partition("?")
    in_another_order = "&".join(sorted(named.split("&")))  # the state comes last
    assert in_another_order.rpartition("&")[2].startswith("state=")
    returned = collector.returned(f"{back}?{in_another_order}{fragment}")
    assert run(collector.proceed(returned.id), issuer).outcome is Outcome.COLLECTED


def test_a_damaged_collection_does_not_keep_the_answer_from_another(world: World) -> None:
    issuer, collector = Simulator(world), world.wallet.collector(LOGIN)
    waiting, damaged = waiting_for_browser(world, issuer), waiting_for_browser(world, issuer)
    [record] = [one for one in world.wallet_store.find(STATES, "open") if one.id == damaged.id]
    world.wallet_store.commit(Put(STATES, record.id, b"{}", tags=("open",)))
    with pytest.raises(StoreCorruptError):
        list(collector.collections())
    assert [one.id for one in collector.collections(skip_damaged=True)] == [waiting.id]
    collector = world.wallet.collector(LOGIN)
    done = run(collector.proceed(collector.returned(issuer.browse(waiting.authorization_url or "")).id), issuer)
    assert done.outcome is Outcome.COLLECTED
    assert run(collector.deleted(done.cards[0]), issuer) is False  # nothing that could be told with is left of it


def test_an_answer_with_another_state_is_for_no_collection(world: World) -> None:
    issuer, collector = Simulator(world), world.wallet.collector(LOGIN)
    waiting = waiting_for_browser(world, issuer)
    back = issuer.browse(waiting.authorization_url or "")
    with pytest.raises(LocalProtocolError, match="COLLECTION_UNKNOWN"):
        collector.returned(back.replace("state=", "state=x"))
    collector.returned(back)
    with pytest.raises(LocalProtocolError, match="COLLECTION_UNKNOWN"):
        collector.returned(back)  # once


def test_a_person_who_is_refused_is_told(world: World) -> None:
    issuer, collector = Simulator(world), world.wallet.collector(LOGIN)
    waiting = waiting_for_browser(world, issuer)
    done = collector.returned(issuer.browse(waiting.authorization_url or "", denies=True))
    assert (done.outcome, list(done.failures.values())) == (Outcome.REFUSED, ["access_denied"])
    assert not list(world.wallet_store.find("key"))


def test_a_page_that_has_expired_is_opened_anew(world: World) -> None:
    issuer, collector = Simulator(world), world.wallet.collector(LOGIN)
    waiting = waiting_for_browser(world, issuer)
    world.clock.pass_by(minutes=10)
    assert run(collector.proceed(waiting.id), issuer) == waiting  # the person may be typing
    again = run(collector.proceed(collector.log_in_again(waiting.id).id), issuer)
    assert again.authorization_url not in (None, waiting.authorization_url)
    with pytest.raises(LocalProtocolError, match="COLLECTION_UNKNOWN"):
        collector.returned(issuer.browse(waiting.authorization_url or ""))
    done = run(collector.proceed(collector.returned(issuer.browse(again.authorization_url or "")).id), issuer)
    assert done.outcome is Outcome.COLLECTED
    with pytest.raises(LocalProtocolError):
        collector.log_in_again(done.id)


def test_a_log_in_needs_a_name_and_a_way_back(world: World) -> None:
    issuer = Simulator(world)
    for client in (WalletClient(), WalletClient(client_id=CLIENT_ID), WalletClient(redirect_uri=REDIRECT_URI)):
        collector = world.wallet.collector(client)
        prompt = run(collector.read_offer(issuer.offer(login=True)), issuer)
        with pytest.raises(LocalProtocolError, match="CLIENT_MISSING"):
            collector.accept(prompt)


def test_a_server_without_a_page_to_log_in_at_ends_it(world: World) -> None:
    issuer = Simulator(world, changed_server={"authorization_endpoint": None})
    collector = world.wallet.collector(LOGIN)
    prompt = run(collector.read_offer(issuer.offer(login=True)), issuer)
    begun = collector.accept(prompt)
    with pytest.raises(VcError, match="NO_AUTHORIZATION_ENDPOINT"):
        run(collector.proceed(begun.id), issuer)
    assert collector.collection(begun.id).outcome is Outcome.FAILED


# --- the token -------------------------------------------------------------------------------------------------------

TOKENS: dict[str, tuple[Any, str]] = {
    "a bearer token where a bound one was promised": (changed_json(token_type="Bearer"), "TOKEN_TYPE"),
    "a type that nobody knows": (changed_json(token_type="mac"), "MALFORMED"),
    "no token": (changed_json(access_token=None), "MALFORMED"),
    "no JSON": (instead(200, b"<html>"), "MALFORMED"),
    "a huge answer": (instead(200, b'{"access_token":"' + b"a" * 300_000 + b'"}'), "LIMIT_EXCEEDED"),
    "a credential that nobody asked for": (
        changed_json(
            authorization_details=[
                {
                    "type": "openid_credential",
                    "credential_configuration_id": "other",
                    "credential_identifiers": ["other-1"],
                }
            ]
        ),
        "UNSOLICITED_CREDENTIAL",
    ),
    "too many credentials": (
        changed_json(
            authorization_details=[
                {
                    "type": "openid_credential",
                    "credential_configuration_id": "resident-1_sd_jwt_vc",
                    "credential_identifiers": [f"n-{number}" for number in range(21)],
                }
            ]
        ),
        "LIMIT_EXCEEDED",
    ),
}


@pytest.mark.parametrize("case", TOKENS)
def test_a_token_that_does_not_hold_ends_it(world: World, case: str) -> None:
    tampering, code = TOKENS[case]
    issuer = Simulator(world, tampering={"token": tampering})
    collector = world.wallet.collector()
    begun = collector.accept(run(collector.read_offer(issuer.offer()), issuer))
    with pytest.raises(VcError) as caught:
        run(collector.proceed(begun.id), issuer)
    ended = collector.collection(begun.id)
    assert caught.value.code == code
    assert (ended.outcome, list(ended.failures.values())) == (Outcome.FAILED, [code])
    assert issuer.count("credential") == 0
    assert not list(world.wallet_store.find("key"))


def test_a_bound_token_where_none_was_promised_is_refused(world: World) -> None:
    issuer = Simulator(world, is_bound=False, tampering={"token": changed_json(token_type="DPoP")})
    with pytest.raises(VcError, match="TOKEN_TYPE"):
        collected(world, issuer)


@pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client", "invalid_grant"])
def test_a_refused_token_ends_it(world: World, error: str) -> None:
    body = json.dumps({"error": error})
    done = collected(world, Simulator(world, tampering={"token": instead(400, body)}))
    assert (done.outcome, list(done.failures.values())) == (Outcome.REFUSED, [error])


@pytest.mark.parametrize("name", ["token", "nonce", "credential"])
@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (503, b"", "PEER_BUSY"),
        (429, b"", "PEER_BUSY"),
        (400, b'{"error":"temporarily_unavailable"}', "PEER_BUSY"),
        (302, b"", "UNEXPECTED_STATUS"),
        (204, b"", "UNEXPECTED_STATUS"),
    ],
)
def test_a_server_that_cannot_answer_now_is_asked_again(
    world: World, name: str, status: int, body: bytes, code: str
) -> None:
    issuer = Simulator(world, tampering={name: instead(status, body)})
    collector = world.wallet.collector()
    begun = collector.accept(run(collector.read_offer(issuer.offer()), issuer))
    with pytest.raises(TransportError, match=code):
        run(collector.proceed(begun.id), issuer)
    assert collector.collection(begun.id).is_open
    issuer.tampering.clear()
    assert run(collector.proceed(begun.id), issuer).outcome is Outcome.COLLECTED


def test_a_server_that_wants_another_nonce_each_time_is_not_asked_for_ever(world: World) -> None:
    error = json.dumps({"error": "use_dpop_nonce"})
    wanting = HttpResponse(status=400, headers={"dpop-nonce": "n", "content-type": "application/json"}, body=error)
    issuer = Simulator(world, tampering={"token": lambda *_: wanting})
    done = collected(world, issuer)
    assert (done.outcome, list(done.failures.values())) == (Outcome.REFUSED, ["use_dpop_nonce"])
    assert issuer.count("token") == 4


# --- the credentials -------------------------------------------------------------------------------------------------


def other_credentials(world: World, **changed: Any) -> Callable[[Any, HttpResponse], HttpResponse]:
    """Return what puts a credential of our own making in the place of the first of an answer."""

    def tamper(_: HttpRequest, response: HttpResponse) -> HttpResponse:
        made = credential_of(world.city_enrolment, resident(), at=world.clock(), **changed)
        members = json.loads_object(response.body)
        members["credentials"][0] = {"credential": made.raw}
        return replace(response, body=json.dumps(members))

    return tamper


def with_credentials(change: Callable[[list[Any]], list[Any]]) -> Callable[[Any, HttpResponse], HttpResponse]:
    def tamper(_: HttpRequest, response: HttpResponse) -> HttpResponse:
        members = json.loads_object(response.body)
        return replace(response, body=json.dumps(members | {"credentials": change(members["credentials"])}))

    return tamper


def require_rejected(world: World, issuer: Simulator, done: Collection, code: str) -> None:
    assert (done.outcome, list(done.failures.values())) == (Outcome.FAILED, [code])
    assert not list(world.wallet.cards())
    assert not list(world.wallet.history())
    assert not list(world.wallet_store.find("key"))
    assert not list(world.wallet_store.find("holder_key"))
    assert {event for _, event in issuer.events} == {"credential_failure"}


def test_a_credential_for_somebody_elses_key_is_refused(world: World) -> None:
    issuer = Simulator(world)
    issuer.tampering["credential"] = other_credentials(world, holder=SoftwareSigner.generate())
    require_rejected(world, issuer, collected(world, issuer, copies=2), "HOLDER_KEY_UNKNOWN")


def test_a_credential_for_no_key_is_refused(world: World) -> None:
    issuer = Simulator(world)
    issuer.tampering["credential"] = other_credentials(world, holder=None)
    require_rejected(world, issuer, collected(world, issuer, copies=2), "HOLDER_KEY_UNKNOWN")


def test_a_credential_for_another_key_of_the_wallet_is_refused(world: World) -> None:
    issuer, own = Simulator(world), world.wallet.new_holder_key()
    issuer.tampering["credential"] = other_credentials(world, holder=own)
    done = collected(world, issuer, copies=2)
    assert list(done.failures.values()) == ["HOLDER_KEY_UNKNOWN"]
    assert not list(world.wallet.cards())


def test_two_credentials_for_one_key_are_refused(world: World) -> None:
    issuer = Simulator(world)
    issuer.tampering["credential"] = with_credentials(lambda ones: [ones[0], ones[0]])
    require_rejected(world, issuer, collected(world, issuer, copies=2), "HOLDER_KEY_USED")


@pytest.mark.parametrize(
    ("bound", "keys", "code"),
    [
        (["a", "a"], ["a", "b"], "HOLDER_KEY_USED"),
        (["a", "c"], ["a", "b"], "HOLDER_KEY_UNKNOWN"),
        (["a", None], ["a", "b"], "HOLDER_KEY_UNKNOWN"),
        (["a"], [], "HOLDER_KEY_UNKNOWN"),
        ([None, None], [], "HOLDER_KEY_UNKNOWN"),
    ],
)
def test_credentials_are_matched_to_keys_one_by_one(bound: list[str | None], keys: list[str], code: str) -> None:
    with pytest.raises(BindingError, match=code):
        require_own_keys(bound, keys)
    require_own_keys(["b", "a"], ["a", "b", "c"])
    require_own_keys([None], [])


def test_more_credentials_than_keys_are_refused(world: World) -> None:
    issuer = Simulator(world)
    issuer.tampering["credential"] = with_credentials(lambda ones: [*ones, ones[0]])
    require_rejected(world, issuer, collected(world, issuer, copies=2), "TOO_MANY_CREDENTIALS")


def test_a_credential_that_was_changed_is_refused_with_its_batch(world: World) -> None:
    issuer = Simulator(world)
    issuer.tampering["credential"] = with_credentials(
        lambda ones: [*ones[:-1], {"credential": "e30." + ones[-1]["credential"]}]
    )
    done = collected(world, issuer, copies=3)
    assert done.outcome is Outcome.FAILED
    assert not list(world.wallet.cards())
    assert {event for _, event in issuer.events} == {"credential_failure"}


def test_a_credential_of_another_type_is_refused(world: World) -> None:
    issuer = Simulator(world, kinds=(Resident, AgeCard))
    real = issuer._issue

    def swapped(token: Any, name: str, keys: Any) -> Any:
        other = next(each for each in issuer.configuration_ids if each != name)
        return real(token, other, keys)

    issuer._issue = swapped  # type: ignore[method-assign]
    done = collected(world, issuer)
    assert set(done.failures.values()) == {"TYPE_NOT_AS_ASKED"}
    assert not list(world.wallet.cards())


def test_a_credential_of_another_issuer_than_the_one_that_was_shown_is_refused(world: World) -> None:
    other = world.registry.enrol_issuer("Another city", code="another", may_issue=[Resident])
    world.update()
    issuer = Simulator(world)

    def tamper(_: HttpRequest, response: HttpResponse) -> HttpResponse:
        members = json.loads_object(response.body)
        [key] = [world.wallet._keys.signer(record.id) for record in world.wallet_store.find("key")][:1]
        made = credential_of(other, resident(), at=world.clock(), holder=key)
        return replace(response, body=json.dumps(members | {"credentials": [{"credential": made.raw}]}))

    issuer.tampering["credential"] = tamper
    require_rejected(world, issuer, collected(world, issuer), "ISSUER_NOT_AS_OFFERED")


def test_a_credential_in_another_format_is_refused(world: World) -> None:
    issuer = Simulator(world)

    def in_mdoc(credentials: tuple[Credential, ...]) -> tuple[Credential, ...]:
        return tuple(
            credential_of(
                world.city_enrolment, resident(), at=world.clock(), holder=SoftwareSigner.generate(), format=MDOC
            )
            for _ in credentials
        )

    issuer.mixed = in_mdoc  # type: ignore[method-assign]
    done = collected(world, issuer)
    assert done.outcome is Outcome.FAILED
    assert not list(world.wallet.cards())


def test_a_plain_answer_where_an_encrypted_one_was_asked_for_is_refused(world: World) -> None:
    issuer = Simulator(world, is_encrypted=True)
    issuer._sealed = lambda answer, encryption: HttpResponse(  # type: ignore[method-assign]
        status=200, headers={"content-type": "application/json"}, body=answer.to_json()
    )
    done = collected(world, issuer)
    assert (done.outcome, list(done.failures.values())) == (Outcome.FAILED, ["ENCRYPTION_MISSING"])
    assert not list(world.wallet.cards())


ANSWERS: dict[str, tuple[Any, str]] = {
    "no JSON": (instead(200, b"<html>"), "MALFORMED"),
    "nothing in it": (instead(200, b"{}"), "MALFORMED"),
    "credentials with the wrong status": (instead(202, b'{"credentials":[{"credential":"a"}]}'), "MALFORMED"),
    "an old draft": (instead(200, b'{"credential":"a"}'), "OLD_DRAFT"),
    "a huge answer": (instead(200, b'{"a":"' + b"a" * 4_200_000 + b'"}'), "LIMIT_EXCEEDED"),
    "another media type": (instead(200, b"{}", "text/html"), "MALFORMED"),
    "a wait without end": (instead(202, b'{"transaction_id":"t","interval":100000000}'), "LIMIT_EXCEEDED"),
}


def test_a_long_answer_is_read(world: World) -> None:
    def longer(_: HttpRequest, response: HttpResponse) -> HttpResponse:
        return replace(response, body=response.body.ljust(2_000_000))

    assert collected(world, Simulator(world, tampering={"credential": longer})).outcome is Outcome.COLLECTED


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_that_is_none_ends_it(world: World, case: str) -> None:
    tampering, code = ANSWERS[case]
    done = collected(world, Simulator(world, tampering={"credential": tampering}))
    assert (done.outcome, list(done.failures.values())) == (Outcome.FAILED, [code])
    assert not list(world.wallet_store.find("key"))


@pytest.mark.parametrize("error", ["credential_request_denied", "invalid_proof", "invalid_nonce", ""])
def test_a_refused_credential_ends_it(world: World, error: str) -> None:
    body = json.dumps({"error": error})
    issuer = Simulator(world, tampering={"credential": instead(400, body)})
    done = collected(world, issuer)
    assert (done.outcome, list(done.failures.values())) == (Outcome.REFUSED, [error or "PEER_REFUSED"])
    assert issuer.count("credential") == (2 if error == "invalid_nonce" else 1)


def test_a_nonce_that_was_used_is_replaced_once(world: World) -> None:
    issuer = Simulator(world)

    def used(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if issuer.count("nonce") == 1:
            issuer._nonces.clear()
        return response

    issuer.tampering["nonce"] = used
    assert collected(world, issuer).outcome is Outcome.COLLECTED
    assert issuer.count("nonce") == 2


def test_a_token_that_is_not_good_any_more_ends_it(world: World) -> None:
    done = collected(world, Simulator(world, tampering={"credential": instead(401, b'{"error":"invalid_token"}')}))
    assert (done.outcome, list(done.failures.values())) == (Outcome.EXPIRED, ["invalid_token"])


def test_a_token_that_is_not_good_any_more_is_refreshed_once(world: World) -> None:
    issuer = Simulator(world, has_refresh=True, tampering={"credential": instead(401, b'{"error":"invalid_token"}')})
    done = collected(world, issuer)
    assert (done.outcome, list(done.failures.values())) == (Outcome.EXPIRED, ["invalid_token"])
    assert issuer.count("token") == 2


def test_what_was_kept_stays_when_the_rest_is_refused(world: World) -> None:
    issuer = Simulator(world, kinds=(Resident, AgeCard))

    def one_only(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        denied = instead(400, b'{"error":"credential_request_denied"}')
        return denied(request, response) if b"age-card" in request.body else response

    issuer.tampering["credential"] = one_only
    done = collected(world, issuer)
    assert done.outcome is Outcome.COLLECTED
    assert len(done.cards) == len(list(world.wallet.cards())) == 1
    assert list(done.failures.values()) == ["credential_request_denied"]


# --- deferred and told -----------------------------------------------------------------------------------------------


def deferred(world: World, issuer: Simulator) -> Collection:
    waiting = collected(world, issuer)
    world.clock.pass_by(seconds=60)
    return run(world.wallet.collector().proceed(waiting.id), issuer)


DEFERRED: dict[str, tuple[dict[str, Any], Outcome, str]] = {
    "denied": (
        {"tampering": {"deferred": instead(400, b'{"error":"credential_request_denied"}')}},
        Outcome.REFUSED,
        "credential_request_denied",
    ),
    "another transaction": (
        {"tampering": {"deferred": instead(202, b'{"transaction_id":"other","interval":5}')}},
        Outcome.FAILED,
        "BINDING_INVALID",
    ),
    "no JSON": ({"tampering": {"deferred": instead(200, b"<html>")}}, Outcome.FAILED, "MALFORMED"),
    "no endpoint": (
        {"changed": {"deferred_credential_endpoint": None}},
        Outcome.FAILED,
        "NO_DEFERRED_ENDPOINT",
    ),
}


@pytest.mark.parametrize("case", DEFERRED)
def test_a_deferred_credential_that_does_not_come_ends_it(world: World, case: str) -> None:
    options, outcome, code = DEFERRED[case]
    done = deferred(world, Simulator(world, polls=0, **options))
    assert (done.outcome, list(done.failures.values())) == (outcome, [code])
    assert not list(world.wallet_store.find("key"))


def test_a_transaction_that_is_never_known_is_asked_for_once_more_and_then_given_up(world: World) -> None:
    issuer = Simulator(world, polls=9, tampering={"deferred": instead(400, b'{"error":"invalid_transaction_id"}')})
    waiting = deferred(world, issuer)  # asked the credential endpoint again, and was deferred again
    assert waiting.is_open
    assert issuer.count("credential") == 2
    world.clock.pass_by(seconds=60)
    done = run(world.wallet.collector().proceed(waiting.id), issuer)
    assert (done.outcome, list(done.failures.values())) == (Outcome.REFUSED, ["invalid_transaction_id"])


def test_nobody_waits_for_ever(world: World) -> None:
    issuer = Simulator(world, polls=10**9)
    waiting = collected(world, issuer)
    world.clock.pass_by(days=367)
    done = run(world.wallet.collector().proceed(waiting.id), issuer)
    assert (done.outcome, list(done.failures.values())) == (Outcome.FAILED, ["DEFERRED_TOO_LONG"])


def test_an_issuer_that_cannot_be_told_is_told_later_a_few_times(world: World) -> None:
    issuer = Simulator(world, tampering={"notification": instead(503)})
    collection = collected(world, issuer)
    assert len(collection.cards) == 1
    for tries in (1, 2):
        assert collection.is_open
        assert issuer.count("notification") == tries
        collection = run(world.wallet.collector().proceed(collection.id), issuer)
    assert collection.outcome is Outcome.COLLECTED
    assert issuer.count("notification") == 3


def test_an_issuer_that_does_not_want_to_be_told_is_not_told(world: World) -> None:
    issuer = Simulator(world, tampering={"notification": instead(400, b'{"error":"invalid_notification_id"}')})
    assert collected(world, issuer).outcome is Outcome.COLLECTED
    assert issuer.count("notification") == 1


def test_a_failure_that_cannot_be_told_is_one_all_the_same(world: World) -> None:
    issuer = Simulator(world, tampering={"notification": instead(503)})
    issuer.tampering["credential"] = other_credentials(world, holder=None)
    collection = collected(world, issuer)
    assert list(collection.failures.values()) == ["HOLDER_KEY_UNKNOWN"]
    for _ in range(2):
        assert collection.is_open
        collection = run(world.wallet.collector().proceed(collection.id), issuer)
    assert isinstance(collection.acts[0].progress, Failed)
    assert collection.outcome is Outcome.FAILED


def test_a_deletion_that_nobody_wants_to_hear_of_is_no_error(world: World) -> None:
    issuer, collector = Simulator(world, has_refresh=True), world.wallet.collector()
    [card] = collected(world, issuer).cards
    issuer.tampering["notification"] = instead(400, b'{"error":"invalid_notification_id"}')
    assert run(collector.deleted(card), issuer) is False
    world.clock.pass_by(hours=1)
    issuer.tampering["token"] = instead(400, b'{"error":"invalid_grant"}')
    assert run(collector.deleted(card), issuer) is False  # and there is no token any more


# --- the caller ------------------------------------------------------------------------------------------------------


def test_a_caller_is_told_what_is_not_possible(world: World) -> None:
    issuer, collector = Simulator(world), world.wallet.collector()
    prompt = run(collector.read_offer(issuer.offer()), issuer)
    with pytest.raises(ValueError, match="offered"):
        collector.accept(prompt, configuration_ids=["other"])
    with pytest.raises(ValueError, match="offered"):
        collector.accept(prompt, configuration_ids=[])
    for copies in (0, 51):
        with pytest.raises(ValueError, match="copies"):
            collector.accept(prompt, copies=copies)
    with pytest.raises(ValueError, match="transaction code"):
        collector.accept(prompt, tx_code="1")
    with_code = run(collector.read_offer(issuer.offer(tx_code=True)), issuer)
    for tx_code in ("", "a" * 257, "1\n"):
        with pytest.raises(ValueError, match="transaction code"):
            collector.accept(with_code, tx_code=tx_code)
    assert not list(world.wallet_store.find("key"))
    begun = collector.accept(prompt)
    with pytest.raises(LocalProtocolError):
        collector.renew(begun.id)
    done = run(collector.proceed(begun.id), issuer)
    with pytest.raises(LocalProtocolError, match="NO_REFRESH_TOKEN"):
        collector.renew(done.id)
    with pytest.raises(ValueError, match="called"):
        WalletClient(client_id="a", attester=_Named())


class _Named:
    client_id = "b"

    def attest_client(self, key: Any, /) -> Any:
        raise NotImplementedError

    def attest_keys(self, keys: Any, /, *, nonce: str | None) -> Any:
        raise NotImplementedError


ODD_ENDINGS: dict[str, VcError] = {
    "too long": LimitExceededError("the body of an answer is longer than 1048576 bytes"),
    "no http": MalformedError("the answer is not HTTP"),
}


@pytest.mark.parametrize("holds", [True, False])
@pytest.mark.parametrize("ending", ODD_ENDINGS)
def test_whatever_is_answered_to_a_notification_the_credential_is_what_it_is(
    world: World, ending: str, holds: bool
) -> None:
    issuer = Simulator(world, kinds=(Resident, AgeCard))
    if not holds:
        issuer.tampering["credential"] = changed_json(credentials=[{"credential": "e30.e30.AAAA~"}])

    def broken(request: HttpRequest) -> HttpResponse:
        response = issuer(request)
        if request.url.endswith("/notification"):
            raise ODD_ENDINGS[ending]
        return response

    collector = world.wallet.collector()
    prompt = run(collector.read_offer(issuer.offer()), broken)
    done = run(collector.proceed(collector.accept(prompt).id), broken)
    assert done.outcome is (Outcome.COLLECTED if holds else Outcome.FAILED)
    assert len(list(world.wallet.cards())) == len(done.cards) == (2 if holds else 0)
    assert issuer.count("notification") == 2
