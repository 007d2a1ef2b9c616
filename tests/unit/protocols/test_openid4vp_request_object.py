# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What has to hold between the members of a request, and between them and the way that it came (OpenID4VP 1.0, 5)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.openid4vp import (
    BY_API,
    BY_API_JWT,
    KEY,
    ORIGIN,
    OTHER_HOST,
    PAYMENT,
    POST,
    POST_JWT,
    REQUEST_URI,
    RESPONSE_URI,
    TYPES,
    bank_world,
    request_of,
    trust_of,
)
from tests.support.world import Resident, World, payload_of, signed_request
from vcwallet.encoding import base64url
from vcwallet.errors import (
    LimitExceededError,
    LocalProtocolError,
    MalformedError,
    RemoteProtocolError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    VcError,
)
from vcwallet.formats.base import SAME_CHANNEL
from vcwallet.jose.jwe import ContentEncryption
from vcwallet.protocols.exchange import AnswerEncryption, AnswerTarget, AuthenticatedRequest, Transaction
from vcwallet.protocols.openid4vp import Request, read_request
from vcwallet.protocols.openid4vp.client_id import PreRegistered, RedirectUri
from vcwallet.protocols.openid4vp.reception import BY_VALUE, Reception
from vcwallet.protocols.openid4vp.request import _OWN, BACK, MAX_KEPT, Delivery
from vcwallet.protocols.openid4vp.request_object import read_members
from vcwallet.protocols.openid4vp.response_mode import ResponseMode
from vcwallet.protocols.openid4vp.verifiers import UnauthenticatedVerifier

UNUSABLE = {"use": {"use": "sig"}, "alg": {"alg": "RSA-OAEP"}, "crv": {"crv": "P-384"}, "private": {"d": "AA"}}


@pytest.fixture
def world() -> World:
    return bank_world()


def fetched(world: World, **changed: Any) -> Reception:
    return replace(Reception(request_uri=REQUEST_URI, received_at=world.clock()), **changed)


def by_api(world: World, **changed: Any) -> Reception:
    return replace(Reception(origin=ORIGIN, received_at=world.clock()), **changed)


def verified(world: World, text: Request | str, reception: Reception = BY_VALUE, **at: Any) -> AuthenticatedRequest:
    time = at.pop("at", world.clock())
    return read_request(str(text), reception=reception).verify(trust=trust_of(world), at=time)


def changed(world: World, request: Request, **changes: Any) -> str:
    return signed_request(world.bank_enrolment, request, **changes)


class TestWhereAnAnswerGoes:
    def test_a_posted_answer_goes_to_the_response_uri(self, world):
        found = verified(world, request_of(world))
        assert found.target == AnswerTarget(mode="direct_post", uri=RESPONSE_URI)
        assert (found.binding.response_uri, found.binding.encryption_key) == (RESPONSE_URI, None)

    def test_an_encrypted_one_goes_to_the_key_of_the_request(self, world):
        found = verified(world, request_of(world, delivery=POST_JWT))
        encryption = AnswerEncryption(jwk=KEY.jwk, enc=ContentEncryption.A256GCM, thumbprint=KEY.thumbprint)
        assert found.target == AnswerTarget(mode="direct_post.jwt", uri=RESPONSE_URI, encryption=encryption)
        assert found.binding.encryption_key == KEY.thumbprint

    def test_one_by_the_api_goes_back_to_the_page(self, world):
        found = verified(world, request_of(world, delivery=BY_API), by_api(world))
        assert found.target == AnswerTarget(mode="dc_api")
        assert (found.binding.audience, found.binding.origin, found.state) == (f"origin:{ORIGIN}", ORIGIN, None)
        assert found.binding.response_uri == SAME_CHANNEL

    def test_one_by_the_api_may_be_encrypted(self, world):
        found = verified(world, request_of(world, delivery=BY_API_JWT), by_api(world))
        assert found.target.encryption is not None
        assert found.binding.encryption_key == KEY.thumbprint

    @pytest.mark.parametrize("delivery", [POST, POST_JWT, BY_API, BY_API_JWT, BACK], ids=lambda one: one.mode.name)
    def test_verifier_and_wallet_agree_on_what_a_proof_is_bound_to(self, world, delivery):
        request = request_of(world, delivery=delivery, transaction_data=[PAYMENT])
        reception = by_api(world) if delivery.mode.is_dc_api else BY_VALUE
        binding = verified(world, request, replace(reception, transaction_types=TYPES)).binding
        expected = request.answered_from(ORIGIN) if delivery.mode.is_dc_api else request
        assert replace(binding, transaction_data=(PAYMENT,)) == expected.binding(required=True)


class TestRules:
    """Each row is one change of a request that is taken as it is; the twin is the first test of its table."""

    @pytest.mark.parametrize("delivery", [POST, POST_JWT], ids=lambda one: one.mode.name)
    def test_a_right_one_is_taken(self, world, delivery):
        for reception in (BY_VALUE, fetched(world)):
            assert verified(world, request_of(world, delivery=delivery), reception).purpose == "loan"

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"drop": ["response_uri"]}, RemoteProtocolError),
            ({"redirect_uri": RESPONSE_URI}, RemoteProtocolError),
            ({"response_uri": "http://bank.example/r"}, MalformedError),
            ({"response_uri": "https://bank.example/r#f"}, MalformedError),
            ({"response_uri": "javascript:alert(1)"}, MalformedError),
            ({"response_uri": 7}, MalformedError),
            ({"response_uri": "https://bank.example/" + "r" * 2048}, LimitExceededError),
            ({"response_mode": "dc_api"}, RemoteProtocolError),
            ({"response_mode": "query"}, UnsupportedError),
            ({"response_mode": "DIRECT_POST"}, UnsupportedError),
            ({"response_mode": "direct_post.jwt"}, RemoteProtocolError),
            ({"client_metadata": []}, MalformedError),
            ({"client_metadata": {"jwks": {}}}, MalformedError),
            ({"client_metadata": {"jwks": {"keys": []}}}, MalformedError),
            ({"client_metadata": {"jwks": {"keys": [{}] * 101}}}, LimitExceededError),
            ({"client_metadata": {"encrypted_response_enc_values_supported": []}}, MalformedError),
            ({"client_metadata": {"vp_formats_supported": {str(n): {} for n in range(21)}}}, LimitExceededError),
            ({"verifier_info": [{"format": "x", "data": "y"}] * 21}, LimitExceededError),
            ({"verifier_info": [{"format": "x"}]}, MalformedError),
            ({"expected_origins": [ORIGIN] * 21}, LimitExceededError),
            ({"transaction_data": [str(n) for n in range(21)]}, LimitExceededError),
            ({"trust_chain": ["a"] * 8}, LimitExceededError),
            ({"drop": ["client_id"]}, MalformedError),
        ],
        ids=lambda value: str(value)[:70] if isinstance(value, dict) else value.__name__,
    )
    def test_a_broken_rule_is_refused(self, world, changes, error):
        with pytest.raises(error) as refused:
            verified(world, changed(world, request_of(world), **changes))
        assert type(refused.value) is error

    def test_without_a_proof_of_the_holder_there_is_a_state(self, world):
        query = {
            "credentials": [
                {
                    "id": "resident",
                    "format": "dc+sd-jwt",
                    "meta": {"vct_values": [Resident.vct]},
                    "require_cryptographic_holder_binding": False,
                }
            ]
        }
        request = request_of(world)
        assert verified(world, changed(world, request, dcql_query=query)).state == request.state
        assert verified(world, changed(world, request, drop=["state"])).state is None
        with pytest.raises(RemoteProtocolError):
            verified(world, changed(world, request, dcql_query=query, drop=["state"]))
        api = changed(world, request_of(world, delivery=BY_API), dcql_query=query)
        assert verified(world, api, by_api(world)).state is None

    @pytest.mark.parametrize("unusable", [*UNUSABLE, "enc", "none"])
    def test_an_answer_that_nobody_can_encrypt_is_not_given(self, world, unusable):
        jwk: dict[str, Any] = dict(KEY.jwk)
        metadata: dict[str, Any] = {"jwks": {"keys": [jwk]}, "encrypted_response_enc_values_supported": ["A128GCM"]}
        request = request_of(world, delivery=POST_JWT)
        assert verified(world, changed(world, request, client_metadata=metadata)).target.encryption is not None
        match unusable:
            case "enc":
                metadata["encrypted_response_enc_values_supported"] = ["A128CBC-HS256"]
            case "none":
                del metadata["jwks"]
            case _:
                jwk |= {
                    "use": {"use": "sig"},
                    "alg": {"alg": "RSA-OAEP"},
                    "crv": {"crv": "P-384"},
                    "private": {"d": "AA"},
                }[unusable]
        with pytest.raises(RemoteProtocolError) as refused:
            verified(world, changed(world, request, client_metadata=metadata))
        assert refused.value.code == "ENCRYPTION_UNUSABLE"


class TestReception:
    def test_the_client_beside_a_request_object_is_the_one_in_it(self, world):
        request = request_of(world)
        same = fetched(world, client_id=request.client_id)
        assert verified(world, request, same).binding.audience == request.client_id
        bare = request.client_id.removeprefix("x509_hash:")
        for other in ("x509_hash:" + "A" * 43, bare, "x509_san_dns:bank.example", request.client_id.upper(), ""):
            with pytest.raises(RemoteProtocolError):
                verified(world, request, replace(same, client_id=other))

    def test_the_wallet_s_nonce_comes_back(self, world):
        signer = world.bank_enrolment.signer
        request = request_of(world).with_wallet_nonce("fresh-4711", signer=signer)
        asked = fetched(world, wallet_nonce="fresh-4711")
        assert verified(world, request, asked).purpose == "loan"
        for other in (request_of(world), request_of(world).with_wallet_nonce("fresh-4712", signer=signer)):
            with pytest.raises(RemoteProtocolError):
                verified(world, other, asked)
        assert verified(world, request, fetched(world)).purpose == "loan"

    @pytest.mark.parametrize("audience", ["https://self-issued.me/v2", REQUEST_URI, "https://wallet.example"])
    def test_it_is_for_any_wallet_or_for_this_one_or_for_whoever_fetches_it(self, world, audience):
        text = changed(world, request_of(world), aud=audience)
        reception = fetched(world, wallet="https://wallet.example")
        assert verified(world, text, reception).purpose == "loan"
        if audience != "https://self-issued.me/v2":
            with pytest.raises(RemoteProtocolError):
                verified(world, text)

    def test_it_may_be_for_several(self, world):
        reception = fetched(world, wallet="https://wallet.example")
        for several in (["https://wallet.example"], ["https://elsewhere.example", REQUEST_URI]):
            text = changed(world, request_of(world), aud=several)
            assert verified(world, text, reception).purpose == "loan"
            with pytest.raises(RemoteProtocolError):
                verified(world, text)
        for none in ([], [["https://wallet.example"]], {"https://wallet.example": 1}, [None], None, 1):
            with pytest.raises(MalformedError):
                verified(world, changed(world, request_of(world), aud=none), reception)

    def test_it_is_for_no_other_wallet(self, world):
        others = ("https://wallet.example/", "https://bank.example/request/2", "self-issued.me", "")
        for other in (*others, list(others)):
            with pytest.raises(RemoteProtocolError):
                verified(
                    world, changed(world, request_of(world), aud=other), fetched(world, wallet="https://wallet.example")
                )

    @pytest.mark.parametrize("dropped", [["aud"], ["iat"], ["exp"], ["aud", "iat", "exp"]], ids=",".join)
    def test_one_that_was_just_fetched_need_not_say_for_whom_and_how_old(self, world, dropped):
        text = changed(world, request_of(world), drop=dropped)
        found = verified(world, text, fetched(world))
        assert found.expires == world.clock() + timedelta(minutes=10)
        with pytest.raises(MalformedError):
            verified(world, text)

    def test_it_ends_all_the_same(self, world):
        text = changed(world, request_of(world), drop=["iat", "exp"])
        late = world.clock() + timedelta(minutes=10, seconds=1)
        assert verified(world, text, fetched(world), at=late - timedelta(seconds=1)).purpose == "loan"
        with pytest.raises(ValidityError):
            verified(world, text, fetched(world), at=late)

    def test_one_that_says_how_old_it_is_is_judged_by_that(self, world):
        old = changed(world, request_of(world), iat=int(world.clock().timestamp()) - 601, drop=["exp"])
        with pytest.raises(ValidityError):
            verified(world, old, fetched(world))

    def test_there_is_no_channel_back_to_where_it_was_fetched(self, world):
        assert verified(world, request_of(world, delivery=BACK)).target.mode == SAME_CHANNEL
        with pytest.raises(RemoteProtocolError):
            verified(world, request_of(world, delivery=BACK), fetched(world))

    @pytest.mark.parametrize("delivery", [POST, BACK], ids=lambda one: one.mode.name)
    def test_what_comes_by_the_api_goes_back_by_it(self, world, delivery):
        with pytest.raises(RemoteProtocolError):
            verified(
                world, changed(world, request_of(world, delivery=delivery), expected_origins=[ORIGIN]), by_api(world)
            )

    @pytest.mark.parametrize(
        "other",
        [
            "https://evil.example",
            f"https://{OTHER_HOST}",
            f"{ORIGIN}:8443",
            "http://localhost",
            f"{ORIGIN}.evil.example",
        ],
    )
    def test_it_is_for_just_the_pages_that_it_names(self, world, other):
        request = request_of(world, delivery=BY_API)
        assert verified(world, request, by_api(world)).binding.origin == ORIGIN
        with pytest.raises(RemoteProtocolError):
            verified(world, request, by_api(world, origin=other))
        with pytest.raises(RemoteProtocolError):
            verified(world, changed(world, request, drop=["expected_origins"]), by_api(world))


class TestTransactions:
    def test_they_are_shown_with_all_their_members(self, world):
        request = request_of(world, transaction_data=[PAYMENT])
        found = verified(world, request, replace(BY_VALUE, transaction_types=TYPES))
        [transaction] = found.transactions
        assert isinstance(transaction, Transaction)
        assert (transaction.type, transaction.credential_ids, transaction.text) == ("payment", ("resident",), PAYMENT)
        assert transaction.members["amount"] == "100 JPY"
        assert found.binding.transaction_data == ()

    def test_a_wallet_that_knows_no_transactions_refuses_them(self, world):
        with pytest.raises(RemoteProtocolError) as refused:
            verified(world, request_of(world, transaction_data=[PAYMENT]))
        assert refused.value.code == "INVALID_TRANSACTION_DATA"


class TestUnsigned:
    def parameters(self, world: World, **changes: Any) -> dict[str, Any]:
        return request_of(world).parameters() | {"client_id": f"redirect_uri:{RESPONSE_URI}"} | changes

    def test_nobody_in_particular_is_known_by_the_address_alone(self, world):
        request = read_members(self.parameters(world), signature=None, reception=BY_VALUE)
        found = request.authenticate(trust=trust_of(world), at=world.clock())
        assert found == UnauthenticatedVerifier(address=RESPONSE_URI)
        assert not request.is_signed

    def test_and_is_not_answered(self, world):
        request = read_members(self.parameters(world), signature=None, reception=BY_VALUE)
        with pytest.raises(UntrustedError) as refused:
            request.verify(trust=trust_of(world), at=world.clock())
        assert refused.value.code == "VERIFIER_UNAUTHENTICATED"

    def test_histories_name_it_by_what_it_says(self, world):
        said = self.parameters(world)
        digests = {
            read_members(each, signature=None, reception=BY_VALUE).digest
            for each in (said, dict(reversed(said.items())), said | {"nonce": "x" * 32}, said | {"another": 1})
        }
        assert len(digests) == 3

    def test_and_not_where_readers_could_see_two_values(self, world):
        found = read_members(self.parameters(world, another=2**53 + 1), signature=None, reception=BY_VALUE)
        with pytest.raises(MalformedError):
            _ = found.digest

    @pytest.mark.parametrize(
        "changes",
        [
            {"response_uri": "https://bank.example/other"},
            {"client_id": "x509_san_dns:bank.example"},
            {"client_id": "bank"},
            {"scope": "openid"},
        ],
        ids=str,
    )
    def test_without_a_signature_it_is_nobody_else(self, world, changes):
        with pytest.raises(RemoteProtocolError):
            read_members(self.parameters(world, **changes), signature=None, reception=BY_VALUE)

    def test_one_by_the_api_is_the_page_s_whatever_it_says(self, world):
        members = request_of(world, delivery=BY_API).parameters() | {"client_id": "redirect_uri:https://evil.example/"}
        request = read_members(members, signature=None, reception=by_api(world))
        assert request.client is None
        found = request.authenticate(trust=trust_of(world), at=world.clock())
        assert found == UnauthenticatedVerifier(address=ORIGIN)


class TestKept:
    @pytest.mark.parametrize("delivery", [POST, POST_JWT, BY_API, BY_API_JWT, BACK], ids=lambda one: one.mode.name)
    def test_what_is_kept_can_be_read_back(self, world, delivery):
        request = request_of(world, delivery=delivery, transaction_data=[PAYMENT])
        assert Request.from_jwt(str(request)) == request
        request.require_signed_by(world.bank_enrolment.signer.public_key)

    def test_what_was_changed_is_not_ours(self, world):
        key = world.bank_enrolment.signer.public_key
        request = request_of(world, delivery=BY_API_JWT)
        request.require_signed_by(key)
        request.answered_from(ORIGIN).require_signed_by(key)
        changes: list[dict[str, Any]] = [
            {"origin": "https://evil.example"},
            {"encryption_key": bytes(32)},
            {"transaction_data": (PAYMENT,)},
            {"mode": ResponseMode.DC_API},
            {"expected_origins": ("https://evil.example",)},
        ]
        for change in changes:
            with pytest.raises(VcError) as refused:
                replace(request, **change).require_signed_by(key)
            assert refused.value.code == "REQUEST_NOT_OURS"

    def test_of_several_pages_one_has_handed_it_over(self, world):
        request = request_of(world, delivery=BY_API_JWT)
        with pytest.raises(VcError) as refused:
            request.binding(required=True)
        assert refused.value.code == "ORIGIN_UNKNOWN"
        with pytest.raises(VcError) as refused:
            request.answered_from("https://evil.example")
        assert refused.value.code == "ORIGIN_UNKNOWN"
        assert request.answered_from(ORIGIN).binding(required=True).audience == f"origin:{ORIGIN}"

    def registered(self, world: World, **options: Any) -> Request:
        """Return a request of a client whose keys wallets have from elsewhere."""
        return request_of(world, client=PreRegistered("bank-4711"), certified=False, **options)

    def test_which_registered_key_was_used_is_said_when_the_answer_is_there(self, world):
        key = world.bank_enrolment.signer.public_key
        made = self.registered(world, delivery=POST_JWT)
        assert made.encryption_key == KEY.thumbprint
        kept = Request.from_jwt(str(made))
        with pytest.raises(LocalProtocolError) as caught:
            kept.binding(required=True)
        assert caught.value.code == "ENCRYPTION_KEY_UNKNOWN"
        for thumbprint in (KEY.thumbprint, bytes(32)):
            used = kept.encrypted_to(thumbprint)
            used.require_signed_by(key)
            assert used.binding(required=True).encryption_key == thumbprint
        assert kept.encrypted_to(KEY.thumbprint) == made

    def test_where_a_request_names_its_key_there_is_no_other(self, world):
        for one in (request_of(world, delivery=POST_JWT), self.registered(world, delivery=POST)):
            with pytest.raises(LocalProtocolError) as caught:
                one.encrypted_to(bytes(32))
            assert caught.value.code == "ENCRYPTION_KEY_UNKNOWN"

    def test_one_for_an_address_goes_out_without_a_signature(self, world):
        request = request_of(world, client=RedirectUri(RESPONSE_URI), certified=False)
        assert (request.is_signed, request_of(world).is_signed) == (False, True)
        said = request.unsigned_parameters()
        assert not {"aud", "iat", "exp"} & said.keys()
        assert said["client_id"] == f"redirect_uri:{RESPONSE_URI}"
        assert read_members(said, signature=None, reception=BY_VALUE).members.state == request.state

    def test_a_state_can_be_chosen(self, world):
        assert request_of(world, delivery=replace(POST, state="chosen")).state == "chosen"

    def test_what_a_process_has_read_it_need_not_read_again_and_it_forgets(self, world):
        first = request_of(world)
        again = first.with_wallet_nonce("fresh", signer=world.bank_enrolment.signer)
        assert Request.from_jwt(str(again)) == again
        for _ in range(MAX_KEPT + 1):
            _OWN.keep(replace(first, jwt=secrets.token_urlsafe(8)))
        assert _OWN.find(str(first)) is None
        assert (Request.from_jwt(str(first)), Request.from_jwt(str(again))) == (first, again)

    def test_one_without_a_state_has_no_answer_with_one(self, world):
        request = request_of(world, delivery=BY_API)
        request.require_state(None)
        with pytest.raises(VcError):
            request.require_state("state")

    def test_a_wallet_s_nonce_changes_nothing_else(self, world):
        request = request_of(world)
        again = request.with_wallet_nonce("fresh", signer=world.bank_enrolment.signer)
        assert replace(again, jwt=request.jwt) == request
        assert payload_of(str(again)) == payload_of(str(request)) | {"wallet_nonce": "fresh"}
        again.require_signed_by(world.bank_enrolment.signer.public_key)

    @pytest.mark.parametrize("nonce", ["", "a" * 513, "a\nb"])
    def test_a_wallet_s_nonce_is_a_short_text(self, world, nonce):
        with pytest.raises(MalformedError):
            request_of(world).with_wallet_nonce(nonce, signer=world.bank_enrolment.signer)

    @pytest.mark.parametrize("mode", ["query", "fragment"])
    def test_a_response_mode_that_we_do_not_have_is_none_of_ours(self, world, mode):
        with pytest.raises(MalformedError):
            Request.from_jwt(changed(world, request_of(world), response_mode=mode))

    @pytest.mark.parametrize(
        "members",
        [
            {"mode": ResponseMode.DIRECT_POST},
            {"mode": ResponseMode.SAME_CHANNEL, "response_uri": RESPONSE_URI},
            {"mode": ResponseMode.DC_API},
            {"mode": ResponseMode.DIRECT_POST, "response_uri": RESPONSE_URI, "expected_origins": (ORIGIN,)},
            {"mode": ResponseMode.DIRECT_POST_JWT, "response_uri": RESPONSE_URI},
            {"mode": ResponseMode.DIRECT_POST, "response_uri": RESPONSE_URI, "key": KEY},
        ],
        ids=lambda members: f"{members['mode'].name}-{len(members)}",
    )
    def test_a_delivery_has_just_what_its_mode_needs(self, members):
        with pytest.raises(ValueError, match=r"answer|origins"):
            Delivery(**members)


def test_no_character_of_a_request_can_be_changed(world):
    text = str(request_of(world, delivery=POST_JWT))
    reception = fetched(world)
    for position in range(0, len(text), 97):
        other = text[:position] + ("A" if text[position] != "A" else "B") + text[position + 1 :]
        with pytest.raises(VcError):
            verified(world, other, reception)


def test_a_text_of_transaction_data_that_is_none_is_refused(world):
    broken = base64url.encode(b"[]")
    with pytest.raises(RemoteProtocolError) as refused:
        verified(world, request_of(world, transaction_data=[broken]), replace(BY_VALUE, transaction_types=TYPES))
    assert refused.value.code == "INVALID_TRANSACTION_DATA"
