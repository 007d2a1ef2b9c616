# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""OpenID4VP over the Digital Credentials API (OpenID4VP 1.0, appendix A): who asks is what the platform reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.openid4vp import (
    BY_API,
    BY_API_JWT,
    DID,
    DID_KEY,
    KEY,
    ORIGIN,
    POST,
    bank_world,
    request_of,
    trust_of,
)
from tests.support.world import World, payload_of, signed_request
from vcwallet.encoding import json
from vcwallet.errors import (
    LimitExceededError,
    MalformedError,
    RemoteProtocolError,
    SignatureInvalidError,
    UnsupportedError,
    UntrustedError,
    VcError,
    VerificationError,
)
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws
from vcwallet.jose.jwe import ContentEncryption
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.exchange import AnswerEncryption, AnswerTarget
from vcwallet.protocols.openid4vp import Response
from vcwallet.protocols.openid4vp.digital_credentials import (
    MultisignedRequest,
    Protocol,
    answer_data,
    answer_key_id,
    multisigned_request_data,
    read_dc_api_answer,
    read_dc_api_request,
    request_data,
    require_origin,
    unsigned_request_data,
)
from vcwallet.protocols.openid4vp.error_response import ErrorResponse
from vcwallet.protocols.openid4vp.request import client_id
from vcwallet.protocols.openid4vp.verifiers import UnauthenticatedVerifier

ANSWER = Response(vp_token={"resident": ("a~b",)}, state=None)
ERROR = ErrorResponse(error="access_denied")


@pytest.fixture
def world() -> World:
    return bank_world()


def read(world: World, protocol: str, data: Mapping[str, Any], *, origin: str = ORIGIN) -> Any:
    return read_dc_api_request(protocol, data, origin=origin, at=world.clock())


def verified(world: World, protocol: str, data: Mapping[str, Any], *, origin: str = ORIGIN) -> Any:
    return read(world, protocol, data, origin=origin).verify(trust=trust_of(world), at=world.clock())


class TestSigned:
    @pytest.mark.parametrize("delivery", [BY_API, BY_API_JWT], ids=lambda one: one.mode.name)
    def test_the_page_of_a_known_verifier_asks(self, world, delivery):
        request = request_of(world, delivery=delivery)
        found = verified(world, Protocol.SIGNED, request_data(request))
        assert (found.verifier.party, found.binding.audience) == ("urn:vcwallet:party:bank", f"origin:{ORIGIN}")
        assert (found.state, found.target.mode) == (None, delivery.mode)

    @pytest.mark.parametrize("origin", ["https://evil.example", f"{ORIGIN}:8443", "https://pay.bank.example"])
    def test_a_page_that_it_does_not_name_cannot_hand_it_over(self, world, origin):
        with pytest.raises(RemoteProtocolError):
            read(world, Protocol.SIGNED, request_data(request_of(world, delivery=BY_API)), origin=origin)

    def test_state_and_addresses_mean_nothing(self, world):
        more: dict[str, Any] = {
            "state": "s",
            "response_uri": "https://evil.example/",
            "redirect_uri": "https://evil.example/",
        }
        text = signed_request(world.bank_enrolment, request_of(world, delivery=BY_API), **more)
        found = verified(world, Protocol.SIGNED, {"request": text})
        assert (found.state, found.target) == (None, AnswerTarget(mode="dc_api"))

    @pytest.mark.parametrize("data", [{}, {"request": 7}, {"request": ""}, {"request": "a.b.c"}, {"payload": "a"}])
    def test_what_is_no_such_request_is_refused(self, world, data):
        with pytest.raises(VcError):
            read(world, Protocol.SIGNED, data)

    def test_one_that_is_to_be_posted_is_refused(self, world):
        text = signed_request(world.bank_enrolment, request_of(world, delivery=POST), expected_origins=[ORIGIN])
        with pytest.raises(RemoteProtocolError):
            read(world, Protocol.SIGNED, {"request": text})


class TestUnsigned:
    def test_all_that_is_known_is_the_page(self, world):
        data = unsigned_request_data(request_of(world, delivery=BY_API))
        assert not {"client_id", "expected_origins", "aud", "iat", "exp", "state"} & data.keys()
        request = read(world, Protocol.UNSIGNED, data)
        found = request.authenticate(trust=trust_of(world), at=world.clock())
        assert found == UnauthenticatedVerifier(address=ORIGIN)
        with pytest.raises(UntrustedError) as refused:
            request.verify(trust=trust_of(world), at=world.clock())
        assert refused.value.code == "VERIFIER_UNAUTHENTICATED"

    def test_a_name_that_nobody_has_signed_is_ignored(self, world):
        data = unsigned_request_data(request_of(world, delivery=BY_API))
        named = data | {"client_id": request_of(world).client_id, "expected_origins": ["https://other.example"]}
        ignored: list[dict[str, Any]] = [{"state": 7}, {"response_uri": "x"}, {"redirect_uri": []}, {"scope": "openid"}]
        for more in ignored:
            assert read(world, Protocol.UNSIGNED, named | more).client is None

    def test_the_verifier_judges_the_answer_by_its_own_origin(self, world):
        request = request_of(world, delivery=BY_API)
        assert request.binding(required=True).audience == f"origin:{ORIGIN}"

    @pytest.mark.parametrize("data", [{}, {"request": "a.b.c"}, {"nonce": object()}, {"padding": "x" * 300_000}])
    def test_what_is_no_request_is_refused(self, world, data):
        with pytest.raises(MalformedError):
            read(world, Protocol.UNSIGNED, data)


def signers(world: World, *, first: Any = None) -> list[tuple[Any, dict[str, Any]]]:
    """Return the bank's two keys: one with a certificate, one of its DID."""
    enrolment = world.bank_enrolment
    certified = {"x5c": jose_header.x5c(enrolment.chain), "client_id": client_id(enrolment.chain[0])}
    known_by_did = {"kid": f"{DID}#0", "client_id": f"decentralized_identifier:{DID}"}
    return [(first or enrolment.signer, certified), (DID_KEY, known_by_did)]


class TestMultisigned:
    def test_the_first_signer_that_is_known_counts(self, world):
        data = multisigned_request_data(request_of(world, delivery=BY_API), signers=signers(world))
        request = read(world, Protocol.MULTISIGNED, data)
        assert isinstance(request, MultisignedRequest)
        assert request.is_signed
        assert len(request.requests) == 2
        found = request.verify(trust=trust_of(world), at=world.clock())
        assert (found.verifier.source, found.binding.audience) == ("trusted_list", f"origin:{ORIGIN}")

    def test_where_the_first_is_not_known_the_second_will_do(self, world):
        stranger = signers(world, first=SoftwareSigner.generate())
        data = multisigned_request_data(request_of(world, delivery=BY_API), signers=stranger)
        found = verified(world, Protocol.MULTISIGNED, data)
        assert found.verifier.source == "decentralized_identifier"

    @pytest.mark.parametrize(
        "changes", [{"client_id": "x509_new:abc"}, {"typ": "JWT"}, {"crit": ["b64"], "b64": False}], ids=str
    )
    def test_a_signature_that_cannot_be_read_is_for_other_wallets(self, world, changes):
        data = multisigned_request_data(request_of(world, delivery=BY_API), signers=signers(world))
        first = jws.parse_json(data)[0]
        header = {**first.header.members, **changes}
        odd = jws.sign_general(first.unverified_payload, signers=[(world.bank_enrolment.signer, header, None)])
        several = {**data, "signatures": [*odd["signatures"], data["signatures"][1]]}
        request = read(world, Protocol.MULTISIGNED, several)
        assert len(request.requests) == 1
        found = request.verify(trust=trust_of(world), at=world.clock())
        assert found.verifier.source == "decentralized_identifier"
        with pytest.raises(VcError):
            read(world, Protocol.MULTISIGNED, {**data, "signatures": odd["signatures"]})

    def test_where_nobody_is_known_the_first_error_is_told(self, world):
        stranger = signers(world, first=SoftwareSigner.generate())[:1]
        data = multisigned_request_data(request_of(world, delivery=BY_API), signers=stranger)
        with pytest.raises(SignatureInvalidError):
            verified(world, Protocol.MULTISIGNED, data)

    def test_of_nobody_there_is_no_request(self, world):
        with pytest.raises(MalformedError):
            MultisignedRequest(requests=()).verify(trust=trust_of(world), at=world.clock())

    def test_what_is_said_of_one_signer_stands_with_its_signature(self, world):
        data = multisigned_request_data(request_of(world, delivery=BY_API), signers=signers(world))
        assert not {"client_id", "verifier_info"} & json.loads_object(jws.parse_json(data)[0].unverified_payload).keys()
        claims = payload_of(str(request_of(world, delivery=BY_API)))
        for member in ("client_id", "verifier_info"):
            payload = json.dumps({name: value for name, value in claims.items() if name in (member, "nonce")})
            with pytest.raises(MalformedError, match="one signer"):
                read(world, Protocol.MULTISIGNED, sealed(payload, signers(world)))

    def test_each_signature_is_one_of_a_request_object(self, world):
        data = multisigned_request_data(request_of(world, delivery=BY_API), signers=signers(world))
        payload = jws.parse_json(data)[0].unverified_payload
        wrong = [(signer, {**header, "typ": "JWT"}) for signer, header in signers(world)]
        with pytest.raises(VerificationError, match="WRONG_TYPE"):
            read(world, Protocol.MULTISIGNED, sealed(payload, wrong))

    def test_a_page_that_it_does_not_name_cannot_hand_it_over(self, world):
        data = multisigned_request_data(request_of(world, delivery=BY_API), signers=signers(world))
        with pytest.raises(RemoteProtocolError):
            read(world, Protocol.MULTISIGNED, data, origin="https://evil.example")

    def test_each_signature_says_whose_it_is(self, world):
        [(signer, header), *_] = signers(world)
        del header["client_id"]
        with pytest.raises(ValueError, match="client identifier"):
            multisigned_request_data(request_of(world, delivery=BY_API), signers=[(signer, header)])

    def test_no_character_can_be_changed(self, world):
        data = multisigned_request_data(request_of(world, delivery=BY_API), signers=signers(world)[:1])
        for name in ("payload",):
            for position in range(0, len(data[name]), 53):
                text = data[name]
                other = text[:position] + ("A" if text[position] != "A" else "B") + text[position + 1 :]
                with pytest.raises(VcError):
                    verified(world, Protocol.MULTISIGNED, {**data, name: other})


def sealed(payload: bytes, by: list[tuple[Any, dict[str, Any]]]) -> dict[str, Any]:
    full = [(signer, {"typ": "oauth-authz-req+jwt", **header}, None) for signer, header in by]
    return jws.sign_general(payload, signers=full)


@pytest.mark.parametrize("protocol", ["openid4vp", "openid4vp-v1", "org-iso-mdoc", "OPENID4VP-V1-SIGNED", ""])
def test_another_protocol_is_not_ours(world, protocol):
    with pytest.raises(UnsupportedError):
        read(world, protocol, {})


def test_the_identifiers_are_those_of_the_standard():
    assert [protocol.value for protocol in Protocol] == [
        "openid4vp-v1-unsigned",
        "openid4vp-v1-signed",
        "openid4vp-v1-multisigned",
    ]


@pytest.mark.parametrize(
    "origin",
    [
        "https://bank.example",
        "https://bank.example:8443",
        "http://localhost:8000",
        "http://127.0.0.1",
        "http://[::1]:80",
        "https://[2001:db8::1]",
        "android:apk-key-hash:sha256:AbC-_",
        "ios:bundle-id:example.wallet",
    ],
)
def test_an_origin_is_one_as_platforms_write_it(origin):
    assert require_origin(origin) == origin


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "bank.example",
        "https://bank.example/",
        "https://Bank.example",
        "https://user@bank.example",
        "https://bank.example?x",
        "http://bank.example",
        "http://localhost.evil.example",
        "ftp://bank.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "ws://bank.example",
        "wss://bank.example",
        "null",
        "https://bank.example\n",
        "https://" + "a" * 2048,
    ],
)
def test_everything_else_is_no_origin(world, origin):
    with pytest.raises(ValueError, match="origin"):
        read(world, Protocol.UNSIGNED, {}, origin=origin)


def test_a_request_whose_answer_comes_back_in_another_way_is_not_handed_over(world):
    request = request_of(world, delivery=POST)
    for make in (
        request_data,
        unsigned_request_data,
        lambda one: multisigned_request_data(one, signers=signers(world)),
    ):
        with pytest.raises(ValueError, match="another way"):
            make(request)


class TestAnswers:
    @pytest.mark.parametrize("answer", [ANSWER, ERROR], ids=["answer", "error"])
    def test_what_the_wallet_gives_the_page_gets(self, world, answer):
        for delivery, key in ((BY_API, None), (BY_API_JWT, KEY)):
            target = verified(world, Protocol.SIGNED, request_data(request_of(world, delivery=delivery))).target
            data = answer_data(answer, target=target)
            assert data.keys() == ({"response"} if key else {"vp_token"} if answer is ANSWER else {"error"})
            assert read_dc_api_answer(data, key=key) == answer

    def test_an_answer_in_the_open_is_refused_where_it_has_to_be_encrypted(self):
        data = answer_data(ANSWER, target=AnswerTarget(mode="dc_api"))
        with pytest.raises(RemoteProtocolError) as refused:
            read_dc_api_answer(data, key=KEY)
        assert refused.value.code == "ENCRYPTION_MISSING"
        assert read_dc_api_answer({"error": "access_denied"}, key=KEY) == ERROR

    @pytest.mark.parametrize(
        ("data", "error"),
        [
            ({}, MalformedError),
            ({"response": 7}, MalformedError),
            ({"response": "a.b.c.d.e", "error": "x"}, MalformedError),
            ({"response": "a.b.c.d.e", "vp_token": {}}, MalformedError),
            ({"response": "a.b.c.d.e"}, RemoteProtocolError),
            ({"vp_token": {"a": ["b"]}, "error": "x"}, MalformedError),
            ({"vp_token": {"a": "b"}}, MalformedError),
            ({"vp_token": object()}, MalformedError),
            ({"error": "\x00"}, MalformedError),
            ({"vp_token": {"a": ["b" * (4 * 1024 * 1024)]}}, LimitExceededError),
        ],
        ids=lambda value: str(value)[:40].partition(" object at")[0],
    )
    def test_what_is_no_answer_is_refused_as_such(self, data, error):
        with pytest.raises(error):
            read_dc_api_answer(data, key=None)


def test_an_answer_says_which_key_it_is_encrypted_to():
    encryption = AnswerEncryption(jwk=KEY.jwk, enc=ContentEncryption.A256GCM, thumbprint=KEY.thumbprint)
    answer = ErrorResponse(error="access_denied")
    target = AnswerTarget(mode="dc_api.jwt", encryption=encryption)
    assert answer_key_id(answer_data(answer, target=target)) == KEY.kid
    assert answer_key_id({"error": "access_denied"}) is None
    assert answer_key_id({"response": 7}) is None
    with pytest.raises(MalformedError):
        answer_key_id({"response": "a.b"})
