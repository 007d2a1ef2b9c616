# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Signed request objects (OpenID4VP 1.0, section 5): who sent it is known, or it is refused."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from tests.support.pki import chain, unchanged
from tests.support.world import DAYS_90, Resident, World, flipped, payload_of, resident, signed_request
from vcwallet.encoding import base64url
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    RemoteProtocolError,
    SignatureInvalidError,
    TrustedListError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
)
from vcwallet.jose import jws
from vcwallet.keys import Algorithm, Role
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.exchange import AuthenticatedRequest
from vcwallet.protocols.openid4vp import Request, read_request
from vcwallet.protocols.openid4vp.request import LIFETIME, client_id, make_request
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient

# Built once: nothing here changes it but the clock, which each test gets at the same time, and what has seen it pass.
WORLD = World()
START = WORLD.clock.now
PUBLISHED = WORLD.registry.published()


@pytest.fixture(autouse=True)
def world() -> World:
    WORLD.clock.now = START
    WORLD.wallet._trust = TrustedListClient.start(PUBLISHED, store=MemoryStore(), at=START)
    return WORLD


@pytest.fixture
def request_(world: World) -> Request:
    return world.ask("full_name")


def verified(text: Request | str) -> AuthenticatedRequest:
    return read_request(str(text)).verify(trust=WORLD.wallet._trust, at=WORLD.clock())


def changed(request: Request, **changes: Any) -> str:
    return signed_request(WORLD.bank_enrolment, request, **changes)


class TestMaking:
    def test_it_has_the_members_that_the_standard_asks_for(self, request_):
        members = payload_of(str(request_))
        assert members["response_type"] == "vp_token"
        assert members["aud"] == "https://self-issued.me/v2"
        assert members["client_id"] == request_.client_id
        assert (members["nonce"], members["state"]) == (request_.nonce, request_.state)
        assert members["dcql_query"] == request_.query.to_json()
        assert members["exp"] - members["iat"] == 600
        assert [info["format"] for info in members["verifier_info"]] == ["registration_cert"]

    def test_its_client_identifier_is_the_hash_of_the_access_certificate(self, request_):
        digest = base64url.encode(hashlib.sha256(WORLD.bank_enrolment.chain[0]).digest())
        assert request_.client_id == client_id(WORLD.bank_enrolment.chain[0]) == f"x509_hash:{digest}"

    @pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(seconds=-1), timedelta(seconds=601)])
    def test_it_lives_at_most_ten_minutes(self, lifetime):
        with pytest.raises(ValueError, match="600 seconds"):
            make(lifetime)

    def test_what_is_kept_of_it_can_be_read_back(self, world):
        world.clock.pass_by(microseconds=123_456)
        request = world.ask("full_name")
        assert Request.from_jwt(str(request)) == request

    @pytest.mark.parametrize("changes", [{"drop": ["state"]}, {"drop": ["purpose"]}, {"exp": 10**18}, {"exp": -1}])
    def test_what_is_kept_has_to_be_one_of_ours(self, request_, changes):
        with pytest.raises(MalformedError):
            Request.from_jwt(changed(request_, **changes))

    def test_its_text_has_no_secrets(self, request_):
        for secret in (request_.nonce, request_.state, request_.jwt):
            assert secret not in repr(request_)


class TestAuthenticating:
    def test_the_verifier_is_the_registered_one(self, request_):
        found = verified(request_)
        assert found.verifier.party == "urn:vcwallet:party:bank"
        assert found.verifier.name["en"] == "Sakura Bank"
        assert (found.binding.audience, found.binding.nonce, found.state) == (
            request_.client_id,
            request_.nonce,
            request_.state,
        )
        assert (found.query, found.purpose) == (request_.query, "loan")
        assert (found.digest, found.expires) == (request_.digest, request_.expires)
        assert found.registrations == (WORLD.bank_enrolment.registrations["loan"],)

    def test_members_that_nobody_knows_are_ignored(self, request_):
        assert verified(changed(request_, something_new={"a": 1})).purpose == "loan"

    def test_no_character_can_be_changed(self, request_):
        text = str(request_)
        for position in range(0, len(text), 29):
            with pytest.raises(VcError):
                verified(flipped(text, position))

    def test_a_changed_signature_is_none(self, request_):
        with pytest.raises(SignatureInvalidError):
            verified(flipped(str(request_), len(str(request_)) - 20))

    def test_another_key_than_the_certificate_s_signs_nothing(self, request_):
        with pytest.raises(SignatureInvalidError):
            verified(changed(request_, signer=SoftwareSigner.generate()))
        with pytest.raises(AlgorithmNotAllowedError):
            verified(changed(request_, signer=SoftwareSigner.generate(Algorithm.ED25519)))

    def test_without_a_certificate_nobody_has_sent_it(self, request_):
        payload = base64url.decode(str(request_).split(".")[1])
        signer = WORLD.bank_enrolment.signer
        with pytest.raises(UntrustedError):
            verified(jws.sign(payload, signer=signer, header={"typ": "oauth-authz-req+jwt"}))

    def test_the_client_identifier_is_that_of_the_first_certificate(self, request_):
        for other in (WORLD.bank_enrolment.chain[1], WORLD.shop_enrolment.chain[0]):
            with pytest.raises(UntrustedError):
                verified(changed(request_, client_id=client_id(other)))

    def test_a_chain_of_somebody_s_own_leads_nowhere(self, request_):
        made = chain(Role.VERIFIER, leaf=unchanged)
        forged = changed(request_, signer=made.leaf.signer, chain=made.x5c, client_id=client_id(made.x5c[0]))
        with pytest.raises(UntrustedError):
            verified(forged)

    def test_a_list_past_its_end_knows_nobody(self, world, request_):
        world.clock.now = world.wallet._trust.next_update
        with pytest.raises(TrustedListError):
            verified(world.bank.request(request_.query, purpose="loan"))


class TestRules:
    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"typ": "JWT"}, VerificationError),
            ({"typ": "dc+sd-jwt"}, VerificationError),
            ({"typ": "rc-wrp+jwt"}, VerificationError),
            ({"response_type": "code"}, MalformedError),
            ({"response_type": "vp_token id_token"}, MalformedError),
            ({"response_mode": "direct_post"}, RemoteProtocolError),
            ({"response_mode": "direct_post.jwt"}, RemoteProtocolError),
            ({"response_mode": "dc_api"}, RemoteProtocolError),
            ({"response_mode": "fragment"}, UnsupportedError),
            ({"aud": "https://wallet.example"}, RemoteProtocolError),
            ({"aud": []}, MalformedError),
            ({"client_id": "https://bank.example"}, UnsupportedError),
            ({"client_id": "redirect_uri:https://bank.example"}, RemoteProtocolError),
            ({"client_id": "origin:https://bank.example"}, RemoteProtocolError),
            ({"client_id": "x509_san_dns:bank.example"}, UntrustedError),
            ({"client_id": "bank"}, RemoteProtocolError),
            ({"client_id": "bank", "drop": ["client_metadata"]}, UntrustedError),
            ({"client_id": "did:example:bank"}, UnsupportedError),
            ({"client_id": "X509_HASH:abc"}, UnsupportedError),
            ({"client_id": ""}, MalformedError),
            ({"client_id": "x509_hash:"}, MalformedError),
            ({"transaction_data": ["e30"]}, RemoteProtocolError),
            ({"transaction_data": []}, MalformedError),
            ({"transaction_data": None}, MalformedError),
            ({"expected_origins": []}, MalformedError),
            ({"nbf": 4_000_000_000}, ValidityError),
            ({"nonce": "short"}, MalformedError),
            ({"nonce": "A" * 21}, MalformedError),
            ({"nonce": "A" * 257}, MalformedError),
            ({"nonce": "with space and ümlaut, long enough"}, MalformedError),
            ({"nonce": 1234567890123456789}, MalformedError),
            ({"state": 5}, MalformedError),
            ({"state": "with a space"}, MalformedError),
            ({"state": "A" * 513}, MalformedError),
            ({"scope": "com.example.identity"}, RemoteProtocolError),
            ({"purpose": None}, MalformedError),
            ({"purpose": "x" * 129}, LimitExceededError),
            ({"exp": "tomorrow"}, MalformedError),
            ({"iat": 1.5}, MalformedError),
            ({"dcql_query": {}}, MalformedError),
            ({"dcql_query": "{}"}, MalformedError),
            ({"verifier_info": {}}, MalformedError),
            *[({"drop": [name]}, MalformedError) for name in ("response_type", "response_mode", "client_id", "aud")],
            *[({"drop": [name]}, MalformedError) for name in ("nonce", "iat", "exp", "dcql_query")],
        ],
        ids=str,
    )
    def test_a_broken_rule_is_refused(self, request_, changes, error):
        with pytest.raises(error) as refused:
            verified(changed(request_, **changes))
        assert type(refused.value) is error

    @pytest.mark.parametrize("changes", [{}, {"nonce": "A" * 22}, {"drop": ["state"]}, {"drop": ["verifier_info"]}])
    def test_what_is_within_the_rules_is_read(self, request_, changes):
        assert verified(changed(request_, **changes)).binding.audience == request_.client_id

    def test_a_message_repeats_no_more_than_a_line_of_what_was_sent(self, request_):
        with pytest.raises(UnsupportedError) as refused:
            verified(changed(request_, client_id="spam" * 1_000 + ":"))
        assert len(str(refused.value)) < 300
        with pytest.raises(MalformedError) as broken:
            verified(changed(request_, client_id="\x1b[31m" + "spam" * 1_000))
        assert "\x1b" not in str(broken.value)


class TestTimes:
    def test_too_late(self, world, request_):
        world.clock.pass_by(minutes=11)
        with pytest.raises(ValidityError) as refused:
            verified(request_)
        assert refused.value.code == "EXPIRED"

    def test_too_early(self, world):
        world.clock.pass_by(minutes=2)
        from_the_future = world.ask("full_name")
        world.clock.now = START
        with pytest.raises(ValidityError) as refused:
            verified(from_the_future)
        assert refused.value.code == "NOT_YET_VALID"

    @pytest.mark.parametrize("minutes", [0, 9.9, -0.9])
    def test_within_its_time(self, world, request_, minutes):
        world.clock.pass_by(minutes=minutes)
        assert verified(request_).purpose == "loan"

    def test_it_cannot_say_of_itself_that_it_lives_for_long(self, world, request_):
        lasting = changed(request_, exp=int((world.clock() + DAYS_90).timestamp()))
        assert verified(lasting).purpose == "loan"
        world.clock.pass_by(minutes=11)
        with pytest.raises(ValidityError):
            verified(lasting)

    def test_an_end_of_its_own_is_kept(self, world):
        short = world.bank.request(world.ask("full_name").query, purpose="loan", lifetime=timedelta(seconds=30))
        assert short.expires - world.clock() == timedelta(seconds=30)
        world.clock.pass_by(minutes=2)
        with pytest.raises(ValidityError):
            verified(short)


class TestSize:
    def test_a_request_of_300_kilobytes_is_not_even_read(self, request_):
        large = changed(request_, padding="A" * 230_000)
        assert len(large) > 300_000
        with pytest.raises(LimitExceededError):
            read_request(large)

    def test_one_of_200_kilobytes_is(self, request_):
        large = changed(request_, padding="A" * 140_000)
        assert 190_000 < len(large) < 262_144
        assert verified(large).purpose == "loan"

    @pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "e30.e30.", "\ud800", "氏名", "eyJhbGciOiJub25lIn0.e30."])
    def test_what_is_no_request_is_refused_as_such(self, text):
        with pytest.raises(VcError):
            read_request(text)

    def test_a_credential_is_no_request(self, world):
        issuer_jwt = world.issue(resident()).raw.split("~")[0]
        with pytest.raises(VerificationError, match="WRONG_TYPE"):
            read_request(issuer_jwt)


def make(lifetime: timedelta = LIFETIME) -> Request:
    query = {"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": [Resident.vct]}}]}
    return make_request(
        DcqlQuery.from_json(query),
        purpose="loan",
        registration="r",
        signer=WORLD.bank_enrolment.signer,
        chain=WORLD.bank_enrolment.chain,
        at=WORLD.clock(),
        lifetime=lifetime,
    )
