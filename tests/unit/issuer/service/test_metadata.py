# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Metadata, plain and signed; offers by value and by reference; what a service refuses to be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.issuance import (
    AGE_JWT,
    HANAKO,
    IDENTIFIER,
    RESIDENT_JWT,
    RESIDENT_MDOC,
    Counter,
    changed_offering,
    error_of,
    keys,
    members,
)
from tests.support.world import DAYS_90, Resident
from tests.unit.issuer.service.test_credential import OURS
from vcwallet.checks import Result
from vcwallet.encoding import json
from vcwallet.errors import MalformedError, StoreBusyError
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.issuer import Issuer
from vcwallet.issuer.openid4vci import GrantType, Offering, OfferState
from vcwallet.protocols.haip import HAIP_1_0, OPENID4VCI_1_0, Requirement, findings
from vcwallet.protocols.oauth.server_metadata import read_server_metadata
from vcwallet.protocols.openid4vci.issuer_metadata import KeyAttestationsRequired, read_issuer_metadata
from vcwallet.protocols.openid4vci.offer import OfferReference, read_offer, read_offer_link
from vcwallet.protocols.openid4vci.signed_metadata import verify_signed_metadata
from vcwallet.sessions import MemorySessions, Remove, SessionChangedError

ISSUER_METADATA = f"{IDENTIFIER}/.well-known/openid-credential-issuer"
SERVER_METADATA = f"{IDENTIFIER}/.well-known/oauth-authorization-server"


@pytest.fixture
def counter() -> Counter:
    return Counter()


def get(counter: Counter, url: str, method: str = "GET", **headers: str) -> HttpResponse:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return counter.service(HttpRequest(method=method, url=url, max_bytes=0, headers=given))


# --- metadata ---


def test_the_metadata_are_those_of_the_service(counter):
    response = get(counter, ISSUER_METADATA)
    assert response.headers["content-type"] == "application/json"
    metadata = read_issuer_metadata(response.body, issuer=IDENTIFIER)
    assert metadata == counter.service.metadata
    assert list(metadata.supported) == [RESIDENT_JWT, RESIDENT_MDOC, AGE_JWT]
    assert [(one.name, one.locale) for one in metadata.display] == [("未来市", "ja-JP"), ("Mirai City", "en-US")]
    assert metadata.batch_credential_issuance is not None
    assert metadata.batch_credential_issuance.batch_size == 50
    described = metadata.supported[RESIDENT_JWT].credential_metadata
    assert described is not None
    assert [one.locale for one in described.display] == ["ja-JP", "en-US"]
    assert described.claims
    server = read_server_metadata(get(counter, SERVER_METADATA).body, issuer=IDENTIFIER)
    assert server == counter.service.server_metadata
    assert server.authorization_response_iss_parameter_supported
    assert server.code_challenge_methods_supported == ("S256",)
    assert GrantType.PRE_AUTHORIZED_CODE in server.grant_types_supported


@pytest.mark.parametrize("profile", [OPENID4VCI_1_0, HAIP_1_0], ids=lambda one: one.name)
def test_the_metadata_keep_to_the_profile(counter, profile):
    service = counter.made(profile=profile, encryption=(OURS,))
    assert [
        one for one in findings(service.metadata, service.server_metadata, profile) if one.result is Result.FAILED
    ] == []


def test_an_identifier_with_a_path_has_its_metadata_at_the_root():
    identifier = "https://issuer.example/tenant1"
    counter = Counter(identifier=identifier)
    response = get(counter, f"{ISSUER_METADATA}/tenant1")
    assert read_issuer_metadata(response.body, issuer=identifier).credential_endpoint == f"{identifier}/credential"
    assert get(counter, ISSUER_METADATA).status == 404
    assert members(counter.wallet().redeem(counter.offer()))


def test_metadata_are_kept_by_caches_and_asked_for_once(counter):
    first = get(counter, ISSUER_METADATA)
    assert first.headers["cache-control"] == "public, max-age=300"
    assert first.headers["vary"] == "Accept"
    for tag in (first.headers["etag"], "*", f'"x", W/{first.headers["etag"]}'):
        again = get(counter, ISSUER_METADATA, if_none_match=tag)
        assert (again.status, again.body) == (304, b"")
    assert get(counter, ISSUER_METADATA, if_none_match='"x"').status == 200
    head = get(counter, ISSUER_METADATA, method="HEAD")
    assert (head.status, head.headers, head.body) == (200, first.headers, b"")


@pytest.mark.parametrize("accept", ["application/jwt", "application/json;q=0.5, application/jwt", "APPLICATION/JWT"])
def test_metadata_are_signed_for_who_prefers_that(counter, accept):
    response = get(counter, ISSUER_METADATA, accept=accept)
    assert response.headers["content-type"] == "application/jwt"
    trust = counter.world.wallet._trust
    verified = verify_signed_metadata(response.body.decode(), issuer=IDENTIFIER, trust=trust, at=counter.clock())
    assert verified.metadata == counter.service.metadata
    assert verified.signer.party == counter.issuer.identifier


@pytest.mark.parametrize(
    "accept", ["", "application/json", "*/*", "application/jwt;q=0", "application/json, application/jwt;q=0.9", "a;q=x"]
)
def test_metadata_are_plain_for_others(counter, accept):
    assert get(counter, ISSUER_METADATA, accept=accept).headers["content-type"] == "application/json"


def test_signed_metadata_are_signed_anew_before_they_end(counter):
    first = get(counter, ISSUER_METADATA, accept="application/jwt")
    counter.clock.pass_by(hours=11, minutes=59)
    assert get(counter, ISSUER_METADATA, accept="application/jwt").body == first.body
    counter.clock.pass_by(minutes=1)
    assert get(counter, ISSUER_METADATA, accept="application/jwt").body != first.body


def test_a_service_that_signs_none_gives_plain_ones(counter):
    counter.service = counter.made(signer=None)
    assert get(counter, ISSUER_METADATA, accept="application/jwt").headers["content-type"] == "application/json"


def test_encryption_and_attestations_are_announced(counter):
    required = KeyAttestationsRequired(key_storage=("iso_18045_high",))
    offered = [changed_offering(proof_types=("jwt", "attestation", "di_vp"), key_attestation=required)]
    metadata = counter.made(encryption=(OURS,), encryption_required=True, offered=offered).metadata
    assert metadata.credential_request_encryption.encryption_required
    assert metadata.credential_response_encryption.enc_values_supported == ("A128GCM", "A256GCM")
    proofs = metadata.supported[RESIDENT_JWT].proof_types_supported
    assert proofs["jwt"].key_attestations_required == required
    assert proofs["di_vp"].proof_signing_alg_values_supported == ("ecdsa-jcs-2019", "eddsa-jcs-2022")
    assert proofs["di_vp"].key_attestations_required is None


def test_a_batch_of_one_is_not_announced(counter):
    assert counter.made(offered=[changed_offering(batch_size=1)]).metadata.batch_credential_issuance is None


# --- addresses ---


@pytest.mark.parametrize(
    "url",
    [
        f"{IDENTIFIER}/",
        f"{IDENTIFIER}/tokens",
        f"{IDENTIFIER}/token/",
        f"{IDENTIFIER}/offer/",
        f"{IDENTIFIER}/offer/a/b",
        f"{IDENTIFIER}//token",
        f"{IDENTIFIER}.evil.example/token",
        "https://other.example/token",
    ],
)
def test_other_addresses_are_not_found(counter, url):
    for method in ("GET", "POST"):
        assert get(counter, url, method=method).status == 404


@pytest.mark.parametrize(
    ("path", "method", "allow"),
    [("/token", "GET", "POST"), ("/authorize", "POST", "GET, HEAD"), ("/login", "PUT", "GET, POST, HEAD")],
)
def test_other_methods_are_not_allowed(counter, path, method, allow):
    response = get(counter, IDENTIFIER + path, method=method)
    assert (response.status, response.headers["allow"]) == (405, allow)


# --- offers ---


def test_an_offer_is_carried_by_its_link(counter):
    offer = counter.offer(RESIDENT_JWT, RESIDENT_MDOC)
    assert read_offer_link(offer.link) == offer.offer
    assert offer.link.startswith("openid-credential-offer://?credential_offer=")


def test_an_offer_is_fetched_by_reference(counter):
    offer = counter.offer()
    reference = read_offer_link(offer.reference_link)
    assert isinstance(reference, OfferReference)
    response = get(counter, reference.uri)
    assert (response.status, response.headers["cache-control"]) == (200, "no-store")
    assert read_offer(response.body) == offer.offer
    assert get(counter, reference.uri[:-1] + "x").status == 404
    counter.clock.pass_by(minutes=10)
    assert get(counter, reference.uri).status == 404


def test_an_offer_can_have_another_scheme(counter):
    assert counter.offer(scheme="haip-vci://").link.startswith("haip-vci://?")
    assert counter.offer(scheme="https://wallet.example/offer").reference_link.startswith("https://wallet.example/")


def test_an_offer_tells_nothing_when_it_is_printed(counter):
    offer = counter.service.offer(HANAKO, [RESIDENT_JWT])
    for secret in (offer.id, offer.tx_code, offer.offer.pre_authorized_code.pre_authorized_code):
        assert secret not in repr(offer)


@pytest.mark.parametrize("ids", [(), (RESIDENT_JWT, RESIDENT_JWT), ("unknown",)])
def test_an_offer_names_configurations_of_the_service(counter, ids):
    with pytest.raises(ValueError, match="configurations"):
        counter.service.offer(HANAKO, ids)


def test_a_pre_authorised_code_is_for_somebody(counter):
    with pytest.raises(ValueError, match="known"):
        counter.service.offer(None, [RESIDENT_JWT])
    with pytest.raises(ValueError, match="reference"):
        counter.service.offer("", [RESIDENT_JWT])


def test_an_offer_that_nobody_has_redeemed_ends(counter):
    offer = counter.offer()
    assert counter.service.offer_status(offer.id).state is OfferState.OFFERED
    counter.clock.pass_by(minutes=10)
    assert counter.service.offer_status(offer.id).state is OfferState.ENDED
    assert counter.service.offer_status("unknown").state is OfferState.ENDED


def test_what_became_of_an_offer_is_told_for_a_day(counter):
    offer = counter.offer()
    members(counter.wallet().redeem(offer))
    counter.clock.pass_by(hours=24)
    assert counter.service.offer_status(offer.id).state is OfferState.REDEEMED
    counter.clock.pass_by(minutes=10)
    assert counter.service.offer_status(offer.id).state is OfferState.ENDED


# --- what a service is ---


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"offered": []}, "something"),
        ({"secret": bytes(31)}, "32"),
    ],
)
def test_a_service_that_could_not_work_is_not_made(counter, changed, message):
    with pytest.raises(ValueError, match=message):
        counter.made(**changed)


def test_a_service_offers_nothing_twice(counter):
    with pytest.raises(ValueError, match="twice"):
        counter.made(offered=[changed_offering()] * 2)


def test_the_issuer_of_a_service_keeps_a_ledger(counter):
    counter.issuer = Issuer(counter.world.city_enrolment, clock=counter.clock)
    with pytest.raises(ValueError, match="ledger"):
        counter.made()


@pytest.mark.parametrize("identifier", ["http://issuer.example", "https://issuer.example?x", "issuer.example"])
def test_an_identifier_is_an_https_url(counter, identifier):
    with pytest.raises(MalformedError):
        counter.made(identifier=identifier)


@pytest.mark.parametrize("changed", [{"valid_for": -DAYS_90}, {"proof_types": ()}, {"acts": 0}, {"batch_size": 51}])
def test_an_offering_has_what_it_needs(changed):
    with pytest.raises(ValueError, match="offering|batch"):  # noqa: RUF043
        Offering(**{"type": Resident, "format": SdJwtVc(), "valid_for": DAYS_90} | changed)


def test_attestations_are_not_required_where_nobody_is_trusted(counter):
    offered = [changed_offering(key_attestation=KeyAttestationsRequired())]
    with pytest.raises(ValueError, match="provider"):
        counter.made(offered=offered, wallet_providers=None)


def test_metadata_are_signed_where_the_profile_says_so(counter):
    strict = replace(OPENID4VCI_1_0, signed_metadata=Requirement.REQUIRED)
    with pytest.raises(ValueError, match="signed"):
        counter.made(profile=strict, signer=None)
    assert counter.made(profile=strict)


# --- what is remembered ---


def test_what_has_ended_is_forgotten_now_and_then():
    sessions = MemorySessions()
    counter = Counter(sessions=sessions)
    for _ in range(3):
        counter.offer()
    there = len(sessions._sessions)
    assert there == 12
    counter.clock.pass_by(days=2)
    counter.wallet().nonce()
    assert len(sessions._sessions) == 0


def test_a_nonce_leaves_nothing_behind():
    sessions = MemorySessions()
    counter = Counter(sessions=sessions)
    for _ in range(10):
        counter.wallet().nonce()
    assert not sessions._sessions


def test_a_store_that_fails_is_told_as_busy(counter, monkeypatch):
    offer, wallet = counter.offer(), counter.wallet()
    commit = counter.sessions.commit

    def failing(*changes):
        raise StoreBusyError("the store is in use by another process")

    monkeypatch.setattr(counter.sessions, "commit", failing)
    refused = wallet.redeem(offer)
    assert (refused.status, json.loads_object(refused.body)) == (503, {"error": "temporarily_unavailable"})
    assert refused.headers["retry-after"]
    monkeypatch.setattr(counter.sessions, "commit", commit)
    assert members(wallet.redeem(offer))


def test_who_always_comes_second_is_told_to_come_back(counter, monkeypatch):
    offer, wallet = counter.offer(), counter.wallet()

    def failing(*changes):
        raise SessionChangedError

    with monkeypatch.context() as patch:
        patch.setattr(counter.sessions, "commit", failing)
        assert wallet.redeem(offer).status == 503
    assert members(wallet.redeem(offer))


@pytest.mark.parametrize(
    "damage", [lambda body: body[:-1] + bytes([body[-1] ^ 1]), lambda body: b"", lambda body: b"x" * 40]
)
def test_a_damaged_session_is_none(counter, damage):
    offer, wallet = counter.offer(), counter.wallet()
    for place, session in list(counter.sessions._sessions.items()):
        if session.kind == "pre_authorized_code":
            counter.sessions._sessions[place] = replace(session, body=damage(session.body))
    assert wallet.redeem(offer).status == 503
    assert members(wallet.redeem(counter.offer()))


def test_a_session_is_no_good_in_the_place_of_another(counter):
    first, second, wallet = counter.offer(), counter.offer(), counter.wallet()
    places = [place for place in counter.sessions._sessions if place[0] == "pre_authorized_code"]
    there = counter.sessions._sessions
    bodies = [there[place].body for place in places]
    for place, body in zip(places, reversed(bodies), strict=True):
        there[place] = replace(there[place], body=body)
    assert {wallet.redeem(offer).status for offer in (first, second)} == {503}


def test_a_grant_that_is_gone_voids_its_token(counter):
    offer, wallet = counter.offer(), counter.wallet()
    members(wallet.redeem(offer))
    for session in [one for one in counter.sessions._sessions.values() if one.kind == "grant"]:
        counter.sessions.commit(Remove(session))
    assert error_of(wallet.ask(*keys())) == "invalid_token"
    assert error_of(wallet.redeem(offer)) == "invalid_grant"
