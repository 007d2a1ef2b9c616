# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The token endpoint: what is redeemed once, what a retry gets, and what voids everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.issuance import (
    AGE_JWT,
    CLIENT,
    IDENTIFIER,
    REDIRECT,
    RESIDENT_JWT,
    Counter,
    KnownMaker,
    Maker,
    credentials,
    error_of,
    keys,
    members,
    not_yet,
    recorded,
    thumbprint,
)
from tests.support.world import Resident, resident
from vcwallet.encoding import json
from vcwallet.issuer.openid4vci import DIGITS, GrantType, Lifetimes, OfferState
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.haip import HAIP_1_0, OPENID4VCI_1_0, Requirement
from vcwallet.protocols.oauth.authorization_details import AuthorizationDetail
from vcwallet.protocols.oauth.pkce import Pkce
from vcwallet.protocols.openid4vci.offer import TxCode


@pytest.fixture
def counter() -> Counter:
    return Counter()


def details(*ids: str, **more: Any) -> str:
    return json.dumps([{"type": "openid_credential", "credential_configuration_id": id, **more} for id in ids]).decode()


# --- a code of an offer ---


def test_a_token_is_bound_to_the_key_of_the_proof(counter):
    wallet = counter.wallet()
    response = wallet.redeem(counter.offer())
    token = members(response)
    assert token.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (token["token_type"], token["expires_in"]) == ("DPoP", 3600)
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["dpop-nonce"]


def test_without_a_proof_it_is_a_bearer_token_for_five_minutes(counter):
    wallet = counter.wallet(dpop=None)
    token = members(wallet.redeem(counter.offer()))
    assert token.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 300)
    counter.clock.pass_by(seconds=299)
    credentials(wallet.ask(*keys()))
    counter.clock.pass_by(seconds=1)
    assert error_of(wallet.ask(*keys())) == "invalid_token"


def test_a_code_that_nobody_gave_out_is_refused(counter):
    offer = counter.offer()
    for code in ("x" * 43, offer.offer.pre_authorized_code.pre_authorized_code[:-1], "ü", offer.id):
        given = {"grant_type": GrantType.PRE_AUTHORIZED_CODE, "pre-authorized_code": code}
        assert error_of(counter.wallet().token(given)) in ("invalid_grant", "invalid_request")
    assert members(counter.wallet().redeem(offer))


def test_a_code_ends(counter):
    offer, other = counter.offer(), counter.offer()
    counter.clock.pass_by(seconds=599)
    assert members(counter.wallet().redeem(offer))
    counter.clock.pass_by(seconds=1)
    assert error_of(counter.wallet().redeem(other)) == "invalid_grant"


def test_a_wallet_that_did_not_get_the_answer_gets_it_again_with_a_fresh_proof(counter):
    offer, wallet = counter.offer(), counter.wallet()
    first = wallet.redeem(offer)
    again = wallet.redeem(offer)
    assert first.status == again.status == 200
    assert first.body == again.body
    credentials(wallet.ask(*keys()))
    assert wallet.redeem(offer).body == first.body
    assert counter.issued() == 1


def test_a_request_word_for_word_is_a_replay(counter):
    offer, wallet = counter.offer(), counter.wallet()
    sent = recorded(wallet)
    assert wallet.redeem(offer).status == 200
    assert error_of(counter.service(sent[0])) == "invalid_dpop_proof"
    credentials(wallet.ask(*keys()))  # and the token is still good


def test_a_code_that_was_used_without_a_key_is_spent(counter):
    offer, wallet = counter.offer(), counter.wallet(dpop=None)
    assert wallet.redeem(offer).status == 200
    for other in (counter.wallet(dpop=None), counter.wallet()):
        assert error_of(other.redeem(offer)) == "invalid_grant"
    credentials(wallet.ask(*keys()))


def test_a_code_that_was_used_with_a_key_is_refused_without_one(counter):
    offer, wallet = counter.offer(), counter.wallet()
    assert wallet.redeem(offer).status == 200
    assert error_of(counter.wallet(dpop=None).redeem(offer)) == "invalid_grant"
    credentials(wallet.ask(*keys()))


def test_a_code_with_another_key_is_stolen_and_its_tokens_are_void(counter):
    offer, wallet = counter.offer(), counter.wallet()
    assert wallet.redeem(offer).status == 200
    assert error_of(counter.wallet().redeem(offer)) == "invalid_grant"
    assert error_of(wallet.ask(*keys())) == "invalid_token"
    assert error_of(wallet.refresh()) == "invalid_grant"
    assert error_of(wallet.redeem(offer)) == "invalid_grant"
    assert counter.service.offer_status(offer.id).state is OfferState.DEAD
    assert counter.issued() == 0


def test_the_token_can_be_for_a_part_of_what_was_offered(counter):
    wallet = counter.wallet()
    token = members(wallet.redeem(counter.offer(RESIDENT_JWT, AGE_JWT), authorization_details=details(AGE_JWT)))
    [granted] = token["authorization_details"]
    assert granted["credential_configuration_id"] == AGE_JWT
    [identifier] = granted["credential_identifiers"]
    credentials(wallet.ask(*keys(), credential_identifier=identifier))
    assert error_of(wallet.ask(*keys())) == "unknown_credential_configuration"


@pytest.mark.parametrize(
    "asked",
    [details(AGE_JWT), details("another"), details(RESIDENT_JWT, locations=["https://other.example"]), "[]", "{"],
)
def test_details_of_what_was_not_offered_are_refused_and_spend_nothing(counter, asked):
    offer, wallet = counter.offer(), counter.wallet()
    assert error_of(wallet.redeem(offer, authorization_details=asked)) == "invalid_authorization_details"
    assert members(wallet.redeem(offer, authorization_details=details(RESIDENT_JWT, locations=[IDENTIFIER])))


def test_resource_and_what_nobody_knows_are_taken(counter):
    assert members(counter.wallet().redeem(counter.offer(), resource=IDENTIFIER, unknown="x", client_id="any"))


# --- the transaction code ---


def test_a_transaction_code_is_six_digits(counter):
    offer = counter.offer(tx_code=DIGITS)
    assert offer.tx_code is not None
    assert len(offer.tx_code) == 6
    assert offer.tx_code.isdigit()
    assert offer.offer.pre_authorized_code.tx_code == DIGITS
    assert members(counter.wallet().redeem(offer))


def test_a_transaction_code_can_have_letters(counter):
    offer = counter.offer(tx_code=TxCode(input_mode="text", length=10))
    assert len(offer.tx_code) == 10
    assert members(counter.wallet().redeem(offer))


def test_a_short_transaction_code_is_refused(counter):
    with pytest.raises(ValueError, match="4 characters"):
        counter.offer(tx_code=TxCode(length=3))


def test_a_transaction_code_that_is_missing_or_not_expected_is_an_invalid_request(counter):
    offer, plain = counter.offer(tx_code=DIGITS), counter.offer()
    code = offer.offer.pre_authorized_code.pre_authorized_code
    given = {"grant_type": GrantType.PRE_AUTHORIZED_CODE, "pre-authorized_code": code}
    for _ in range(10):
        assert error_of(counter.wallet().token(given)) == "invalid_request"
    assert error_of(counter.wallet().redeem(plain, tx_code="123456")) == "invalid_request"
    assert members(counter.wallet().redeem(offer))
    assert members(counter.wallet().redeem(plain))


def test_four_wrong_codes_do_not_burn_the_right_one(counter):
    offer, wallet = counter.offer(tx_code=DIGITS), counter.wallet()
    for wrong in wrongs(offer.tx_code, 4):
        assert error_of(wallet.redeem(offer, tx_code=wrong)) == "invalid_grant"
    assert counter.service.offer_status(offer.id).state is OfferState.OFFERED
    assert members(wallet.redeem(offer))


def test_after_five_wrong_codes_the_right_one_is_refused(counter):
    offer, wallet = counter.offer(tx_code=DIGITS), counter.wallet()
    for wrong in wrongs(offer.tx_code, 5):
        assert error_of(wallet.redeem(offer, tx_code=wrong)) == "invalid_grant"
    assert error_of(wallet.redeem(offer)) == "invalid_grant"
    assert counter.service.offer_status(offer.id).state is OfferState.DEAD


def test_a_spent_code_cannot_be_voided_without_the_transaction_code(counter):
    offer, wallet = counter.offer(tx_code=DIGITS), counter.wallet()
    assert wallet.redeem(offer).status == 200
    [wrong] = wrongs(offer.tx_code, 1)
    assert error_of(counter.wallet().redeem(offer, tx_code=wrong)) == "invalid_grant"
    credentials(wallet.ask(*keys()))


def wrongs(right: str, count: int) -> list[str]:
    return [f"{(int(right) + number) % 1_000_000:06}" for number in range(1, count + 1)]


# --- a code that the browser has brought ---


def test_a_code_is_exchanged_once_and_again_by_the_same_wallet(counter):
    wallet = counter.wallet()
    location = wallet.authorised()
    first = wallet.exchange(location)
    assert members(first)["token_type"] == "DPoP"
    assert wallet.exchange(location).body == first.body
    counter.clock.pass_by(seconds=60)
    assert error_of(wallet.exchange(location)) == "invalid_grant"
    credentials(wallet.ask(*keys()))


def test_a_code_that_came_late_is_refused(counter):
    wallet = counter.wallet()
    location, other = wallet.authorised(), wallet.authorised()
    counter.clock.pass_by(seconds=59)
    assert members(wallet.exchange(location))
    counter.clock.pass_by(seconds=1)
    assert error_of(wallet.exchange(other)) == "invalid_grant"


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": Pkce.create().verifier},
        {"redirect_uri": REDIRECT + "/other"},
        {"client_id": "https://other.example"},
        {"code": "x" * 43},
    ],
)
def test_a_code_shown_otherwise_is_refused_and_not_spent(counter, changed):
    wallet = counter.wallet()
    location = wallet.authorised()
    assert error_of(wallet.exchange(location, **changed)) == "invalid_grant"
    assert members(wallet.exchange(location))


def test_a_spent_code_shown_with_another_verifier_voids_the_tokens(counter):
    wallet = counter.wallet()
    location = wallet.authorised()
    assert members(wallet.exchange(location))
    assert error_of(wallet.exchange(location, code_verifier=Pkce.create().verifier)) == "invalid_grant"
    assert error_of(wallet.ask(*keys())) == "invalid_token"


def test_a_spent_code_shown_late_with_another_key_voids_the_tokens(counter):
    wallet = counter.wallet(dpop=None)
    location = wallet.authorised()
    wallet.dpop = SoftwareSigner.generate()
    assert members(wallet.exchange(location))
    counter.clock.pass_by(seconds=300)
    thief = counter.wallet(pkce=wallet.pkce)
    assert error_of(thief.exchange(location)) == "invalid_grant"
    assert error_of(wallet.ask(*keys())) == "invalid_token"


def test_a_code_for_the_key_of_the_pushed_request_is_good_with_that_key_only(counter):
    wallet = counter.wallet()
    location = wallet.authorised()
    for other in (counter.wallet(pkce=wallet.pkce), counter.wallet(pkce=wallet.pkce, dpop=None)):
        assert error_of(other.exchange(location)) == "invalid_grant"
    assert members(wallet.exchange(location))


def test_a_code_can_be_bound_to_a_key_by_its_thumbprint(counter):
    wallet = counter.wallet(dpop=None)
    signer = SoftwareSigner.generate()
    location = wallet.authorised(dpop_jkt=thumbprint(signer))
    assert error_of(wallet.exchange(location)) == "invalid_grant"
    wallet.dpop = signer
    assert members(wallet.exchange(location))["token_type"] == "DPoP"


def test_the_thumbprint_is_that_of_the_proof(counter):
    wallet = counter.wallet()
    assert error_of(wallet.push(dpop_jkt=thumbprint(SoftwareSigner.generate()))) == "invalid_dpop_proof"
    assert members(wallet.push(dpop_jkt=thumbprint(wallet.dpop)), 201)


def test_what_was_asked_for_in_detail_gets_identifiers(counter):
    wallet = counter.wallet()
    asked = AuthorizationDetail(credential_configuration_id=RESIDENT_JWT)
    token = members(wallet.exchange(wallet.authorised(scope=(AGE_JWT,), authorization_details=(asked,))))
    [granted] = token["authorization_details"]
    assert granted["credential_configuration_id"] == RESIDENT_JWT
    [identifier] = granted["credential_identifiers"]
    credentials(wallet.ask(*keys(), credential_identifier=identifier))
    credentials(wallet.ask(*keys(), id=AGE_JWT))


# --- a refresh token ---


def test_a_refresh_token_is_good_for_the_next_credential(counter):
    wallet = counter.wallet()
    members(wallet.redeem(counter.offer()))
    credentials(wallet.ask(*keys()))
    first = wallet.access_token
    counter.clock.pass_by(days=29)
    counter.update()
    token = members(wallet.refresh())
    assert "refresh_token" not in token
    assert wallet.access_token != first
    credentials(wallet.ask(*keys()))
    assert error_of(wallet.ask(*keys())) == "credential_request_denied"
    assert counter.issued() == 2
    counter.clock.pass_by(days=1)
    assert error_of(wallet.refresh()) == "invalid_grant"


def test_refreshing_before_anything_was_issued_allows_no_second_credential(counter):
    wallet = counter.wallet()
    members(wallet.redeem(counter.offer()))
    members(wallet.refresh())
    members(wallet.refresh())
    first = wallet.access_token
    members(wallet.refresh())
    credentials(wallet.ask(*keys()))
    wallet.access_token = first
    assert error_of(wallet.ask(*keys())) == "credential_request_denied"
    assert counter.issued() == 1


def test_refreshing_while_one_is_deferred_allows_no_second_credential(counter):
    counter.files.records["resident 17", Resident] = not_yet()
    wallet, [key] = counter.wallet(), keys()
    members(wallet.redeem(counter.offer()))
    transaction = members(wallet.ask(key), 202)["transaction_id"]
    members(wallet.refresh())
    assert error_of(wallet.ask(*keys())) == "credential_request_denied"
    counter.files.records["resident 17", Resident] = resident()
    credentials(wallet.pick_up(transaction))
    assert counter.issued() == 1


def test_a_refresh_token_is_bound_to_its_key(counter):
    wallet = counter.wallet()
    members(wallet.redeem(counter.offer()))
    right, wallet.dpop = wallet.dpop, SoftwareSigner.generate()
    assert error_of(wallet.refresh()) == "invalid_grant"
    wallet.dpop = None
    assert error_of(wallet.refresh()) == "invalid_grant"
    wallet.dpop = right
    assert members(wallet.refresh())
    assert error_of(wallet.token({"grant_type": "refresh_token", "refresh_token": "x" * 43})) == "invalid_grant"


def test_a_refresh_token_of_an_attested_wallet_is_bound_to_the_instance(counter):
    maker = Maker(counter)
    wallet = maker.wallet()
    members(wallet.redeem(counter.offer()))
    other = Maker(counter)
    wallet.attester = other.headers
    assert error_of(wallet.refresh()) == "invalid_grant"
    wallet.attester = None
    assert error_of(wallet.refresh()) == "invalid_grant"
    wallet.attester = maker.headers
    assert members(wallet.refresh())


# --- proofs and attestations ---


def test_a_nonce_is_demanded_where_the_service_wants_one(counter):
    counter.service = counter.made(dpop_nonce_required=True)
    offer, wallet = counter.offer(), counter.wallet()
    refused = wallet.redeem(offer)
    assert (refused.status, error_of(refused)) == (400, "use_dpop_nonce")
    wallet.dpop_nonce = refused.headers["dpop-nonce"]
    members(wallet.redeem(offer))
    wallet.dpop_nonce = None
    refused = wallet.ask(*keys())
    assert (refused.status, error_of(refused)) == (401, "use_dpop_nonce")
    assert refused.headers["www-authenticate"].startswith('DPoP error="use_dpop_nonce"')
    wallet.dpop_nonce = refused.headers["dpop-nonce"]
    credentials(wallet.ask(*keys()))


def test_a_nonce_that_is_shown_has_to_be_good_even_if_none_is_demanded(counter):
    offer, wallet = counter.offer(), counter.wallet(dpop_nonce="made-up")
    assert error_of(wallet.redeem(offer)) == "use_dpop_nonce"
    wallet.dpop_nonce = counter.wallet().request("POST", "/nonce").headers["dpop-nonce"]
    assert members(wallet.redeem(offer))


@pytest.mark.parametrize(
    "changed",
    [{"method": "GET"}, {"url": IDENTIFIER + "/par"}, {"url": "https://other.example/token"}],
)
def test_a_proof_for_another_request_is_refused(counter, changed):
    wallet = counter.wallet()
    made = wallet.proof
    wallet.proof = lambda path, token=None: made(path, token=token, **changed)
    assert error_of(wallet.redeem(counter.offer())) == "invalid_dpop_proof"


@pytest.mark.parametrize("seconds", [-301, 61])
def test_a_proof_of_another_time_is_refused(counter, seconds):
    wallet, offer = counter.wallet(), counter.offer()
    made = wallet.proof
    wallet.proof = lambda path, token=None: made(path, token=token, at=counter.clock() + timedelta(seconds=seconds))
    assert error_of(wallet.redeem(offer)) == "invalid_dpop_proof"
    wallet.proof = made
    assert members(wallet.redeem(offer))


def test_an_attested_wallet_is_known_by_its_attestation(counter):
    wallet = Maker(counter).wallet()
    assert members(wallet.redeem(counter.offer()))
    credentials(wallet.ask(*keys()))


@pytest.mark.parametrize("has_certificates", [True, False])
def test_a_profile_says_whether_a_provider_shows_certificates(has_certificates):
    counter = Counter()
    trust = KnownMaker(counter.provider.signer.public_key)
    maker = Maker(counter, has_certificates=has_certificates)
    for profile in (OPENID4VCI_1_0, replace(OPENID4VCI_1_0, x5c=Requirement.REQUIRED)):
        counter.service = counter.made(wallet_providers=trust, profile=profile)
        answer = maker.wallet().redeem(counter.offer())
        if has_certificates or profile is OPENID4VCI_1_0:
            assert members(answer)
        else:
            assert error_of(answer) == "invalid_client_attestation"


def test_a_wallet_whose_attestation_names_another_client_is_refused(counter):
    wallet = Maker(counter, client_id="https://other.example").wallet(client_id=CLIENT)
    assert error_of(wallet.redeem(counter.offer())) == "invalid_client_attestation"


@pytest.mark.parametrize("missing", ["oauth-client-attestation", "oauth-client-attestation-pop"])
def test_half_an_attestation_is_none(counter, missing):
    maker = Maker(counter)
    wallet = maker.wallet(attester=lambda: {n: v for n, v in maker.headers().items() if n != missing})
    assert error_of(wallet.redeem(counter.offer())) == "invalid_client_attestation"


def test_a_proof_of_an_attestation_is_good_once(counter):
    maker = Maker(counter)
    headers = maker.headers()
    wallet = maker.wallet(attester=lambda: headers)
    assert members(wallet.redeem(counter.offer()))
    assert error_of(wallet.redeem(counter.offer())) == "invalid_client_attestation"


def test_a_proof_of_an_attestation_has_a_challenge_of_ours(counter):
    maker = Maker(counter)
    wallet = maker.wallet(attester=lambda: maker.headers(challenge=None))
    refused = wallet.redeem(counter.offer())
    assert error_of(refused) == "use_attestation_challenge"
    fresh = refused.headers["oauth-client-attestation-challenge"]
    wallet.attester = lambda: maker.headers(challenge=fresh)
    assert members(wallet.redeem(counter.offer()))


def test_a_service_that_trusts_no_provider_takes_no_attestation(counter):
    counter.service = counter.made(wallet_providers=None)
    maker = Maker(counter)
    wallet = maker.wallet(attester=lambda: maker.headers(challenge="x"))
    assert error_of(wallet.redeem(counter.offer())) == "invalid_client_attestation"
    assert counter.wallet().request("POST", "/challenge").status == 404


def test_haip_needs_an_attestation_and_a_key(counter):
    counter.service = counter.made(profile=HAIP_1_0)
    maker = Maker(counter)
    wallet = maker.wallet()
    location = wallet.authorised()
    plain = counter.wallet(client_id=CLIENT, pkce=wallet.pkce, dpop=wallet.dpop)
    refused = plain.exchange(location)
    assert (refused.status, error_of(refused)) == (401, "invalid_client")
    bearer = maker.wallet(pkce=wallet.pkce, dpop=None)
    assert error_of(bearer.exchange(location)) == "invalid_dpop_proof"
    assert members(wallet.exchange(location))["token_type"] == "DPoP"
    credentials(wallet.ask(*keys()))


def test_haip_has_no_pre_authorised_code(counter):
    counter.service = counter.made(profile=HAIP_1_0)
    with pytest.raises(ValueError, match="HAIP"):
        counter.offer()


# --- broken requests ---


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        (b"grant_type=password&username=a", "application/x-www-form-urlencoded", "unsupported_grant_type"),
        (b"", "application/x-www-form-urlencoded", "invalid_request"),
        (b"grant_type=refresh_token", "application/x-www-form-urlencoded", "invalid_request"),
        (b"grant_type=a&grant_type=a", "application/x-www-form-urlencoded", "invalid_request"),
        (b"\xff", "application/x-www-form-urlencoded", "invalid_request"),
        (b'{"grant_type":"refresh_token","refresh_token":"x"}', "application/json", "invalid_request"),
        (b"grant_type=refresh_token&refresh_token=x", "", "invalid_request"),
    ],
)
def test_a_broken_request_is_refused_with_the_code_of_the_standard(counter, body, content_type, error):
    response = counter.wallet().request("POST", "/token", body=body, headers={"content-type": content_type})
    assert (response.status, error_of(response)) == (400, error)
    assert response.body == json.dumps({"error": error})
    assert response.headers["cache-control"] == "no-store"


def test_lifetimes_are_those_that_were_set(counter):
    with pytest.raises(ValueError, match="300"):
        Lifetimes(bearer_token=timedelta(seconds=301))
    with pytest.raises(ValueError, match="some time"):
        Lifetimes(code=timedelta(0))
    counter.service = counter.made(lifetimes=Lifetimes(bearer_token=timedelta(seconds=60)))
    assert members(counter.wallet(dpop=None).redeem(counter.offer()))["expires_in"] == 60
