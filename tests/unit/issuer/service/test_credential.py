# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The credential endpoint: tokens, nonces, proofs, and one answer for one set of keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from tests.support.issuance import (
    AGE_JWT,
    CLIENT,
    HANAKO,
    IDENTIFIER,
    RESIDENT_JWT,
    RESIDENT_MDOC,
    Counter,
    KnownMaker,
    Maker,
    changed_offering,
    credentials,
    error_of,
    keys,
    members,
    recorded,
)
from tests.support.pki import chain
from tests.support.world import AgeCard, Resident, resident
from vcwallet.encoding import json
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.issuer.openid4vci import Lifetimes, NoRecord
from vcwallet.jose.jwe import ContentEncryption
from vcwallet.keys.policy import Role
from vcwallet.keys.software import SoftwareKeyAgreement, SoftwareSigner
from vcwallet.protocols.haip import OPENID4VCI_1_0, Requirement
from vcwallet.protocols.openid4vci.di_vp import make_di_vp_proof
from vcwallet.protocols.openid4vci.encryption import ENCRYPTED, MessageKey, encrypt_message, read_message
from vcwallet.protocols.openid4vci.issuer_metadata import BatchIssuance, KeyAttestationsRequired
from vcwallet.trust.certificates import to_der
from vcwallet.trust.holder_certificates import HolderAnchors


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def wallet(counter):
    made = counter.wallet()
    members(made.redeem(counter.offer(RESIDENT_JWT, RESIDENT_MDOC)))
    return made


# --- access ---


def test_a_token_of_a_key_is_no_good_without_the_key(counter, wallet):
    nonce = wallet.nonce()
    for dpop in (None, SoftwareSigner.generate()):
        thief = counter.wallet(dpop=dpop, access_token=wallet.access_token)
        refused = thief.ask(*keys(), nonce=nonce)
        assert (refused.status, error_of(refused)) == (401, "invalid_token")
    refused = wallet.ask(*keys(), nonce=nonce)  # its nonce is as good as before
    assert refused.status == 200


def test_a_token_of_a_key_needs_a_proof_in_each_request(counter, wallet):
    made, wallet.proof = wallet.proof, lambda path, token=None: {}
    refused = wallet.ask(*keys())
    assert (refused.status, error_of(refused)) == (401, "invalid_dpop_proof")
    assert refused.headers["www-authenticate"].startswith("DPoP ")
    wallet.proof = lambda path, token=None: made(path)
    assert error_of(wallet.ask(*keys())) == "invalid_dpop_proof"  # it names no token
    wallet.proof = lambda path, token=None: made(path, token="another")
    assert error_of(wallet.ask(*keys())) == "invalid_dpop_proof"
    wallet.proof = made
    credentials(wallet.ask(*keys()))


def test_a_bearer_token_is_no_dpop_token(counter):
    wallet = counter.wallet(dpop=None)
    members(wallet.redeem(counter.offer()))
    pretender = counter.wallet(access_token=wallet.access_token)
    refused = pretender.ask(*keys())
    assert (refused.status, error_of(refused)) == (401, "invalid_token")
    assert refused.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    credentials(wallet.ask(*keys()))


@pytest.mark.parametrize("authorization", ["", "Basic eDp5", "Bearer", "DPoP é", "DPoP " + "x" * 43])
def test_without_a_token_of_ours_nothing_is_given(wallet, authorization):
    refused = wallet.post_json("/credential", {}, authorization=authorization)
    assert (refused.status, error_of(refused)) == (401, "invalid_token")
    assert refused.headers["www-authenticate"].startswith("DPoP")


def test_a_token_ends(counter, wallet):
    counter.clock.pass_by(minutes=59, seconds=59)
    credentials(wallet.ask(*keys()))
    counter.clock.pass_by(seconds=1)
    assert error_of(wallet.ask(*keys(), id=RESIDENT_MDOC)) == "invalid_token"


def test_a_request_word_for_word_is_a_replay(counter, wallet):
    sent = recorded(wallet)
    credentials(wallet.ask(*keys()))
    again = counter.service(sent[-1])
    assert (again.status, error_of(again)) == (401, "invalid_dpop_proof")


def test_a_refused_request_word_for_word_is_a_replay_too(counter, wallet):
    counter.files.records[HANAKO, Resident] = NoRecord()
    sent = recorded(wallet)
    assert error_of(wallet.ask(*keys())) == "credential_request_denied"
    counter.files.records[HANAKO, Resident] = resident()
    assert error_of(counter.service(sent[-1])) == "invalid_dpop_proof"


# --- nonces ---


def test_a_nonce_is_good_once(counter, wallet):
    nonce, [key] = wallet.nonce(), keys()
    credentials(wallet.ask(key, nonce=nonce))
    for again in (key, *keys()):
        refused = wallet.ask(again, nonce=nonce)
        assert (refused.status, error_of(refused)) == (400, "invalid_nonce")
    other = counter.wallet()
    members(other.redeem(counter.offer()))
    assert error_of(other.ask(*keys(), nonce=nonce)) == "invalid_nonce"


def test_a_nonce_ends(counter, wallet):
    early, late = wallet.nonce(), wallet.nonce()
    counter.clock.pass_by(seconds=299)
    credentials(wallet.ask(*keys(), nonce=early))
    counter.clock.pass_by(seconds=1)
    assert error_of(wallet.ask(*keys(), id=RESIDENT_MDOC, nonce=late)) == "invalid_nonce"


def test_a_nonce_of_another_kind_is_none(counter, wallet):
    dpop_nonce = wallet.request("POST", "/nonce").headers["dpop-nonce"]
    for nonce in ("made-up", dpop_nonce, Maker(counter).challenge()):
        assert error_of(wallet.ask(*keys(), nonce=nonce)) == "invalid_nonce"


def test_what_is_refused_does_not_use_up_the_nonce(counter, wallet):
    nonce = wallet.nonce()
    assert error_of(wallet.ask(*keys(), nonce=nonce, id="another")) == "unknown_credential_configuration"
    counter.files.records[HANAKO, Resident] = NoRecord()
    assert error_of(wallet.ask(*keys(), nonce=nonce)) == "credential_request_denied"
    counter.files.records[HANAKO, Resident] = resident()
    credentials(wallet.ask(*keys(), nonce=nonce))


# --- one answer for one set of keys ---


def test_the_same_keys_with_a_fresh_nonce_get_the_same_answer(counter, wallet):
    some = keys(3)
    first = wallet.ask(*some)
    assert len(credentials(first)) == 3
    assert wallet.ask(*some).body == first.body
    assert wallet.ask(*reversed(some)).body == first.body
    assert counter.issued() == 3
    assert counter.files.asked == [(HANAKO, Resident)]


def test_other_keys_with_the_same_token_get_nothing(counter, wallet):
    some = keys(2)
    credentials(wallet.ask(*some))
    for others in (keys(1), some[:1], [*some, *keys(1)]):
        assert error_of(wallet.ask(*others)) == "credential_request_denied"
    credentials(wallet.ask(*some, id=RESIDENT_MDOC))  # another configuration is another act
    assert counter.issued() == 4


def test_a_deployer_can_allow_more_acts():
    counter = Counter(offered=[changed_offering(acts=2)])
    wallet, [first], [second] = counter.wallet(), keys(), keys()
    members(wallet.redeem(counter.offer()))
    one, two = wallet.ask(first), wallet.ask(second)
    assert credentials(one) != credentials(two)
    assert error_of(wallet.ask(*keys())) == "credential_request_denied"
    assert (wallet.ask(second).body, wallet.ask(first).body) == (two.body, one.body)
    assert counter.issued() == 2


def test_an_answer_is_kept_as_long_as_was_set():
    counter = Counter(options={"lifetimes": Lifetimes(answer=timedelta(minutes=5))})
    wallet, [key] = counter.wallet(), keys()
    members(wallet.redeem(counter.offer()))
    first = wallet.ask(key)
    counter.clock.pass_by(minutes=4)
    assert wallet.ask(key).body == first.body
    counter.clock.pass_by(minutes=1)
    assert error_of(wallet.ask(key)) == "credential_request_denied"
    assert counter.issued() == 1


# --- what is asked for ---


def test_a_credential_is_asked_for_by_its_configuration_although_it_has_an_identifier(counter):
    details = json.dumps([{"type": "openid_credential", "credential_configuration_id": RESIDENT_JWT}]).decode()
    wallet = counter.wallet()
    [granted] = members(wallet.redeem(counter.offer(), authorization_details=details))["authorization_details"]
    [key] = keys()
    first = wallet.ask(key)
    assert credentials(first)
    assert wallet.ask(key, credential_identifier=granted["credential_identifiers"][0]).body == first.body


def test_what_the_token_is_not_good_for_is_unknown(counter, wallet):
    assert error_of(wallet.ask(*keys(), id=AGE_JWT)) == "unknown_credential_configuration"
    assert error_of(wallet.ask(*keys(), id="another")) == "unknown_credential_configuration"
    refused = wallet.ask(*keys(), credential_identifier=f"{RESIDENT_JWT}.1")
    assert error_of(refused) == "unknown_credential_identifier"


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({}, "invalid_credential_request"),
        ([], "invalid_credential_request"),
        (
            {"credential_configuration_id": RESIDENT_JWT, "credential_identifier": "x"},
            "invalid_credential_request",
        ),
        ({"credential_configuration_id": 1}, "invalid_credential_request"),
        ({"format": "vc+sd-jwt", "vct": "x", "proof": {"proof_type": "jwt"}}, "invalid_credential_request"),
        ({"credential_configuration_id": RESIDENT_JWT}, "invalid_proof"),
        ({"credential_configuration_id": RESIDENT_JWT, "proofs": {}}, "invalid_proof"),
        ({"credential_configuration_id": RESIDENT_JWT, "proofs": {"jwt": []}}, "invalid_proof"),
        ({"credential_configuration_id": RESIDENT_JWT, "proofs": {"jwt": ["x.y.z"]}}, "invalid_proof"),
        ({"credential_configuration_id": RESIDENT_JWT, "proofs": {"cwt": ["x"]}}, "invalid_proof"),
        ({"credential_configuration_id": RESIDENT_JWT, "proofs": {"attestation": ["x.y.z"]}}, "invalid_proof"),
    ],
)
def test_a_broken_request_is_refused_with_the_code_of_the_standard(wallet, request_, error):
    refused = wallet.post_json("/credential", request_)
    assert (refused.status, error_of(refused)) == (400, error)
    assert refused.body == json.dumps({"error": error})


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/x-www-form-urlencoded"])
def test_a_request_is_json(wallet, content_type):
    refused = wallet.post_json("/credential", {}, **{"content-type": content_type})
    assert error_of(refused) == "invalid_credential_request"


def test_nothing_is_given_to_somebody_without_a_record(counter, wallet):
    counter.files.records.clear()
    refused = wallet.ask(*keys())
    assert (refused.status, error_of(refused)) == (400, "credential_request_denied")
    assert counter.issued() == 0


def test_a_record_of_another_type_is_a_mistake_of_the_deployer(counter, wallet):
    counter.files.records[HANAKO, Resident] = AgeCard()
    with pytest.raises(TypeError, match="another type"):
        wallet.ask(*keys())


# --- proofs ---


@pytest.mark.parametrize(
    "changed",
    [{"issuer": "https://other.example"}, {"client_id": "https://other.example"}],
)
def test_a_proof_for_somebody_else_is_refused(wallet, changed):
    [key] = keys()
    refused = wallet.ask(proofs=wallet.proofs([key], **changed))
    assert error_of(refused) == "invalid_proof"
    credentials(wallet.ask(proofs=wallet.proofs([key])))


def test_a_proof_names_the_client_of_the_token(counter):
    wallet = counter.wallet(client_id=CLIENT)
    members(wallet.redeem(counter.offer()))
    assert error_of(wallet.ask(proofs=wallet.proofs(keys(), client_id="https://other.example"))) == "invalid_proof"
    credentials(wallet.ask(*keys()))


def test_the_same_key_twice_is_refused(wallet):
    [key] = keys()
    assert error_of(wallet.ask(key, key)) == "invalid_proof"


def test_proofs_with_different_nonces_are_refused(wallet):
    some = wallet.proofs(keys())["jwt"] + wallet.proofs(keys())["jwt"]
    assert error_of(wallet.ask(proofs={"jwt": some})) == "invalid_proof"


def test_a_batch_is_as_large_as_the_metadata_say():
    counter = Counter(offered=[changed_offering(batch_size=3)])
    wallet = counter.wallet()
    members(wallet.redeem(counter.offer()))
    assert counter.service.metadata.batch_credential_issuance == BatchIssuance(batch_size=3)
    assert error_of(wallet.ask(*keys(4))) == "invalid_proof"
    assert len(set(credentials(wallet.ask(*keys(3))))) == 3


def test_the_largest_batch(counter, wallet):
    assert error_of(wallet.ask(*keys(51), id=RESIDENT_JWT)) == "invalid_proof"
    some = credentials(wallet.ask(*keys(50)))
    assert len(set(some)) == 50


# --- attested keys ---


@pytest.fixture
def strict() -> Counter:
    required = KeyAttestationsRequired(key_storage=("iso_18045_high",))
    return Counter(offered=[changed_offering(proof_types=("jwt", "attestation"), key_attestation=required)])


def test_attested_keys_get_one_credential_each(strict):
    wallet, maker, some = strict.wallet(), Maker(strict), keys(3)
    members(wallet.redeem(strict.offer()))
    nonce = wallet.nonce()
    attested = [key.public_key for key in some]
    attestation = maker.key_attestation(attested, nonce, key_storage=["iso_18045_high"])
    first = wallet.ask(proofs={"attestation": [attestation]})
    assert len(credentials(first)) == 3
    # The same keys by the other proof type, with one proof that brings the attestation.
    nonce = wallet.nonce()
    attestation = maker.key_attestation(attested, nonce, key_storage=["iso_18045_high"])
    again = wallet.ask(proofs=wallet.proofs(some[:1], nonce, key_attestation=attestation))
    assert again.body == first.body


@pytest.mark.parametrize("kind", ["jwt", "attestation"])
@pytest.mark.parametrize("has_certificates", [True, False])
def test_a_profile_says_whether_their_provider_shows_certificates(kind, has_certificates):
    offered = [changed_offering(proof_types=("jwt", "attestation"), key_attestation=KeyAttestationsRequired())]
    counter = Counter(offered=offered)
    trust = KnownMaker(counter.provider.signer.public_key)
    maker, [key] = Maker(counter, has_certificates=has_certificates), keys()
    for profile in (OPENID4VCI_1_0, replace(OPENID4VCI_1_0, x5c=Requirement.REQUIRED)):
        counter.service = counter.made(wallet_providers=trust, profile=profile)
        wallet = counter.wallet()
        members(wallet.redeem(counter.offer()))
        nonce = wallet.nonce()
        attestation = maker.key_attestation([key.public_key], nonce)
        by_jwt = wallet.proofs([key], nonce, key_attestation=attestation)
        answer = wallet.ask(proofs=by_jwt if kind == "jwt" else {"attestation": [attestation]})
        if has_certificates or profile is OPENID4VCI_1_0:
            assert len(credentials(answer)) == 1
        else:
            assert error_of(answer) == "invalid_proof"


@pytest.mark.parametrize("levels", [[], ["iso_18045_basic"]])
def test_keys_that_are_kept_less_well_are_refused(strict, levels):
    wallet, maker, [key] = strict.wallet(), Maker(strict), keys()
    members(wallet.redeem(strict.offer()))
    attestation = maker.key_attestation([key.public_key], wallet.nonce(), key_storage=levels)
    assert error_of(wallet.ask(proofs={"attestation": [attestation]})) == "invalid_proof"


def test_keys_without_an_attestation_are_refused(strict):
    wallet = strict.wallet()
    members(wallet.redeem(strict.offer()))
    assert error_of(wallet.ask(*keys())) == "invalid_proof"


def test_an_attestation_without_a_nonce_of_ours_is_refused(strict):
    wallet, maker, [key] = strict.wallet(), Maker(strict), keys()
    members(wallet.redeem(strict.offer()))
    made = {"key_storage": ["iso_18045_high"]}
    refused = wallet.ask(proofs={"attestation": [maker.key_attestation([key.public_key], None, **made)]})
    assert error_of(refused) == "invalid_proof"
    refused = wallet.ask(proofs={"attestation": [maker.key_attestation([key.public_key], "made-up", **made)]})
    assert error_of(refused) == "invalid_nonce"


def test_a_presentation_proves_a_key():
    counter = Counter(offered=[changed_offering(proof_types=("jwt", "di_vp"))])
    wallet, [key] = counter.wallet(), keys()
    members(wallet.redeem(counter.offer()))
    proof = make_di_vp_proof(key, issuer=IDENTIFIER, at=counter.clock(), nonce=wallet.nonce())
    first = wallet.ask(proofs={"di_vp": [proof]})
    assert credentials(first)
    assert wallet.ask(key).body == first.body
    proof = make_di_vp_proof(key, issuer="https://other.example", at=counter.clock(), nonce=wallet.nonce())
    assert error_of(wallet.ask(proofs={"di_vp": [proof]})) == "invalid_proof"


# --- encryption ---


OURS, THEIRS = (MessageKey(kid=kid, agreement=SoftwareKeyAgreement.generate()) for kid in ("issuer-1", "wallet-1"))


def encrypted(wallet, path: str, members_: dict, *, to: MessageKey = OURS, **headers: str):
    text = encrypt_message(json.dumps(members_), jwk=to.jwk, enc=ContentEncryption.A256GCM)
    given = {
        "content-type": ENCRYPTED,
        **wallet.authorization(),
        **wallet.proof(path, token=wallet.access_token),
        **headers,
    }
    return wallet.request("POST", path, body=text.encode(), headers=given)


def opened(response) -> dict:
    assert response.headers["content-type"] == ENCRYPTED
    body = read_message(response.body, content_type=ENCRYPTED, keys=(THEIRS,), required=True)
    return json.loads_object(body.json)


def asked(wallet, *some: SoftwareSigner) -> dict:
    return {
        "credential_configuration_id": RESIDENT_JWT,
        "proofs": wallet.proofs(some),
        "credential_response_encryption": {"jwk": THEIRS.jwk, "enc": "A128GCM"},
    }


@pytest.fixture(params=[False, True], ids=["optional", "required"])
def secretive(request) -> Counter:
    return Counter(options={"encryption": (OURS,), "encryption_required": request.param})


def test_requests_and_responses_are_encrypted(secretive):
    wallet, [key] = secretive.wallet(), keys()
    members(wallet.redeem(secretive.offer()))
    first = encrypted(wallet, "/credential", asked(wallet, key))
    assert first.status == 200
    again = encrypted(wallet, "/credential", asked(wallet, key))
    assert opened(again) == opened(first)
    assert again.body != first.body
    assert b"credentials" not in first.body


def test_errors_are_never_encrypted(secretive):
    wallet = secretive.wallet()
    members(wallet.redeem(secretive.offer()))
    refused = encrypted(wallet, "/credential", {**asked(wallet, *keys()), "credential_configuration_id": "x"})
    assert error_of(refused) == "unknown_credential_configuration"


def test_plaintext_is_refused_where_encryption_is_required():
    counter = Counter(options={"encryption": (OURS,), "encryption_required": True})
    wallet, [key] = counter.wallet(), keys()
    members(wallet.redeem(counter.offer()))
    refused = wallet.ask(key)
    assert error_of(refused) == "invalid_credential_request"
    plain = asked(wallet, key)
    del plain["credential_response_encryption"]
    assert error_of(encrypted(wallet, "/credential", plain)) == "invalid_encryption_parameters"
    assert counter.issued() == 0


def test_a_response_is_encrypted_only_for_a_request_that_was(secretive):
    wallet = secretive.wallet()
    members(wallet.redeem(secretive.offer()))
    refused = wallet.post_json("/credential", asked(wallet, *keys()))
    assert error_of(refused) in ("invalid_encryption_parameters", "invalid_credential_request")


def test_what_is_encrypted_to_another_key_is_refused(secretive):
    wallet = secretive.wallet()
    members(wallet.redeem(secretive.offer()))
    other = MessageKey(kid="issuer-1", agreement=SoftwareKeyAgreement.generate())
    assert error_of(encrypted(wallet, "/credential", asked(wallet, *keys()), to=THEIRS)) == (
        "invalid_encryption_parameters"
    )
    assert error_of(encrypted(wallet, "/credential", asked(wallet, *keys()), to=other)) == (
        "invalid_encryption_parameters"
    )
    assert encrypted(wallet, "/credential", asked(wallet, *keys())).status == 200


def test_a_service_without_a_key_takes_nothing_encrypted(counter, wallet):
    assert error_of(encrypted(wallet, "/credential", asked(wallet, *keys()))) == "invalid_credential_request"


def test_encryption_cannot_be_required_without_a_key():
    with pytest.raises(ValueError, match="key"):
        Counter(options={"encryption_required": True})


# --- holders' certificates ---


def test_a_key_in_a_certificate_gets_a_credential_where_its_ca_is_named(counter):
    holder = chain(Role.WALLET_PROVIDER, leaf=lambda draft: draft.drop(x509.ExtendedKeyUsage))
    anchors = HolderAnchors([to_der(holder.anchor)], revocation_lists=None)
    key = holder.leaf.signer
    wallet = counter.wallet()
    members(wallet.redeem(counter.offer()))
    assert error_of(wallet.ask(proofs=wallet.proofs([key], chain=holder.x5c))) == "invalid_proof"
    wallet.http = counter.service = counter.made(holder_certificates=anchors)
    [raw] = credentials(wallet.ask(proofs=wallet.proofs([key], chain=holder.x5c)))
    bound = SdJwtVc().read_issued(raw).verify(trust=counter.world.wallet._trust, at=counter.clock())
    assert bound.held.holder_key == key.public_key
    other = chain(Role.WALLET_PROVIDER, leaf=lambda draft: draft.drop(x509.ExtendedKeyUsage))
    wallet = counter.wallet()
    members(wallet.redeem(counter.offer()))
    proofs = wallet.proofs([other.leaf.signer], chain=other.x5c)
    assert error_of(wallet.ask(proofs=proofs)) == "invalid_proof"
    assert counter.issued() == 1
