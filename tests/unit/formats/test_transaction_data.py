# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a holder authorises with a proof, in both formats (OpenID4VP 1.0, section 8.4, appendices B.2.4 and B.3.3.1)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from tests.support.world import MDOC, SD_JWT, Resident, World, payload_of
from tests.support.wrong_answers import card_by
from vcwallet.encoding import base64url, json
from vcwallet.errors import BindingError, LocalProtocolError, MalformedError, UnsupportedError
from vcwallet.formats.base import Binding
from vcwallet.formats.mdoc import Mdoc
from vcwallet.formats.mdoc import transaction_data as in_mdoc
from vcwallet.formats.mdoc.mso import NOTHING_AUTHORISED, KeyAuthorizations
from vcwallet.formats.sd_jwt import HashAlgorithm
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.formats.sd_jwt_vc import transaction_data as in_sd_jwt
from vcwallet.keys.stored import StoredKeys


def text(number: int = 1, **more: Any) -> str:
    return base64url.encode(json.dumps({"type": "t", "credential_ids": ["a"], "number": number, **more}))


ONE, TWO = text(1), text(2)
BINDING = Binding(audience="x509_hash:abc", nonce="n" * 22, transaction_data=(ONE, TWO))


class TestHashes:
    def test_a_hash_is_over_the_text_as_it_was_sent(self):
        digest = base64url.encode(hashlib.sha256(ONE.encode("ascii")).digest())
        assert in_sd_jwt.authorisation((ONE,)) == {"transaction_data_hashes": [digest]}

    def test_the_hash_function_is_said_where_the_request_names_some(self):
        named = text(transaction_data_hashes_alg=["md5", "sha-512", "sha-384"])
        claims = in_sd_jwt.authorisation((named,))
        assert claims["transaction_data_hashes_alg"] == "sha-384"
        assert claims["transaction_data_hashes"] == [HashAlgorithm.SHA_384.digest(named)]

    def test_one_function_is_used_for_all(self):
        named = text(transaction_data_hashes_alg=["sha-256", "sha-512"])
        assert in_sd_jwt.authorisation((named, TWO))["transaction_data_hashes_alg"] == "sha-256"
        only = text(transaction_data_hashes_alg=["sha-512"])
        with pytest.raises(UnsupportedError) as refused:
            in_sd_jwt.authorisation((only, TWO))
        assert refused.value.code == "INVALID_TRANSACTION_DATA"

    @pytest.mark.parametrize("names", [[], "sha-256", [7], None])
    def test_the_names_are_a_list(self, names):
        with pytest.raises(MalformedError):
            in_sd_jwt.authorisation((text(transaction_data_hashes_alg=names),))


def judged(claims: dict[str, Any], *texts: str) -> tuple[str, ...]:
    return in_sd_jwt.authorised(claims, texts)


class TestJudgingHashes:
    def test_all_or_some_of_what_was_asked_may_be_authorised(self):
        assert judged(in_sd_jwt.authorisation((ONE, TWO)), ONE, TWO) == (ONE, TWO)
        assert judged(in_sd_jwt.authorisation((TWO,)), ONE, TWO) == (TWO,)
        assert judged({}, ONE) == ()
        assert judged({}) == ()

    @pytest.mark.parametrize("algorithm", HashAlgorithm)
    def test_every_function_of_ours_is_read(self, algorithm):
        named = text(transaction_data_hashes_alg=[algorithm.value])
        assert judged(in_sd_jwt.authorisation((named,)), named) == (named,)

    @pytest.mark.parametrize(
        ("changes", "texts"),
        [
            ({}, ()),
            ({}, (TWO,)),
            ({"transaction_data_hashes": [HashAlgorithm.SHA_256.digest(ONE)] * 2}, (ONE,)),
            ({"transaction_data_hashes": [HashAlgorithm.SHA_256.digest("e30")]}, (ONE,)),
            ({"transaction_data_hashes": [HashAlgorithm.SHA_512.digest(ONE)]}, (ONE,)),
            (
                {
                    "transaction_data_hashes": [HashAlgorithm.SHA_512.digest(ONE)],
                    "transaction_data_hashes_alg": "sha-512",
                },
                (ONE,),
            ),
            ({"transaction_data_hashes_alg": "md5"}, (ONE,)),
            ({"transaction_data_hashes_alg": ["sha-256"]}, (ONE,)),
        ],
    )
    def test_something_else_than_was_asked_is_refused(self, changes, texts):
        assert judged(in_sd_jwt.authorisation((ONE,)), ONE) == (ONE,)
        with pytest.raises(BindingError) as refused:
            judged(in_sd_jwt.authorisation((ONE,)) | changes, *texts)
        assert refused.value.code == "TRANSACTION_DATA_MISMATCH"

    def test_a_function_that_the_request_names_is_said(self):
        named = text(transaction_data_hashes_alg=["sha-256"])
        claims = in_sd_jwt.authorisation((named,))
        assert judged(claims, named) == (named,)
        del claims["transaction_data_hashes_alg"]
        with pytest.raises(BindingError):
            judged(claims, named)

    @pytest.mark.parametrize(
        "claims",
        [
            {"transaction_data_hashes": []},
            {"transaction_data_hashes": "abc"},
            {"transaction_data_hashes": [7]},
            {"transaction_data_hashes": None},
            {"transaction_data_hashes": [str(n) for n in range(21)]},
            {"transaction_data_hashes_alg": "sha-256"},
        ],
        ids=lambda value: str(value)[:60],
    )
    def test_claims_of_another_form_are_malformed(self, claims):
        with pytest.raises(MalformedError):
            judged(claims, ONE)


class TestElements:
    def test_a_digest_is_over_the_text_as_it_was_sent(self):
        [[digest]] = [items.values() for items in in_mdoc.device_items((ONE,)).values()]
        assert digest == [hashlib.sha256(ONE.encode("ascii")).digest()]
        assert in_mdoc.device_items(()) == {}

    def test_all_or_some_of_what_was_asked_may_be_authorised(self):
        assert in_mdoc.authorised(in_mdoc.device_items((ONE, TWO)), (ONE, TWO)) == (ONE, TWO)
        assert in_mdoc.authorised(in_mdoc.device_items((TWO,)), (ONE, TWO)) == (TWO,)
        assert in_mdoc.authorised({}, (ONE,)) == ()
        assert in_mdoc.authorised({in_mdoc.NAMESPACE: {}}, (ONE,)) == ()

    @pytest.mark.parametrize("texts", [(), (TWO,)])
    def test_something_else_than_was_asked_is_refused(self, texts):
        with pytest.raises(BindingError) as refused:
            in_mdoc.authorised(in_mdoc.device_items((ONE,)), texts)
        assert refused.value.code == "TRANSACTION_DATA_MISMATCH"
        with pytest.raises(BindingError):
            in_mdoc.authorised(in_mdoc.device_items((ONE, ONE)), (ONE,))

    @pytest.mark.parametrize(
        ("named", "allowed"),
        [
            ({"transaction_data_hashes_alg": ["sha-384"]}, False),
            ({"transaction_data_hashes_alg": ["sha-384", "sha-256"]}, True),
            ({"transaction_data_hashes_alg": "sha-256"}, False),
            ({}, True),
        ],
        ids=str,
    )
    def test_a_transaction_that_wants_another_function_is_not_authorised_with_ours(self, named, allowed):
        one = text(**named)
        if allowed:
            assert in_mdoc.authorised(in_mdoc.device_items((one,)), (one,)) == (one,)
            return
        with pytest.raises(BindingError) as refused:
            in_mdoc.authorised(in_mdoc.device_items((one,)), (one,))
        assert refused.value.code == "TRANSACTION_DATA_MISMATCH"

    @pytest.mark.parametrize("value", [[], b"abc", ["abc"], None, [bytes([n]) for n in range(21)]], ids=str)
    def test_an_element_of_another_form_is_malformed(self, value):
        with pytest.raises(MalformedError):
            in_mdoc.authorised({in_mdoc.NAMESPACE: {in_mdoc.ELEMENT: value}}, (ONE,))

    def test_what_the_device_says_besides_stays(self):
        said: dict[str, dict[str, Any]] = {"a": {"b": 1}, in_mdoc.NAMESPACE: {in_mdoc.ELEMENT: [b"x"], "c": 2}}
        assert in_mdoc.without(said) == {"a": {"b": 1}, in_mdoc.NAMESPACE: {"c": 2}}
        assert in_mdoc.without(in_mdoc.device_items((ONE,))) == {}


def holding(format: str = SD_JWT) -> World:
    made = World(format)
    made.hold()
    return made


def presented(world: World, format: Any, binding: Binding) -> str:
    card = card_by(world, world.city_enrolment, format=format)
    held = format.reopen(card.credential.raw)
    signer = StoredKeys(world.wallet_store).signer(card.key or "")
    return str(held.present([world.path("full_name")], binding=binding, signer=signer, at=world.clock()))


AUTHORISED = Mdoc(key_authorizations=in_mdoc.AUTHORISED)


@pytest.mark.parametrize(("name", "format"), [("dc+sd-jwt", SdJwtVc()), (MDOC, AUTHORISED)], ids=["sd-jwt", "mdoc"])
class TestBothFormats:
    def test_a_proof_says_what_it_authorises(self, name, format):
        world = holding(name)
        raw = presented(world, format, BINDING)
        trust, at = world.bank._trust, world.clock()
        found = format.read_presentation(raw).verify(binding=BINDING, trust=trust, at=at)
        assert found.transaction_data == (ONE, TWO)
        assert found.device_claims == {}
        more = replace(BINDING, transaction_data=(ONE, TWO, text(3)))
        assert format.read_presentation(raw).verify(binding=more, trust=trust, at=at).transaction_data == (ONE, TWO)

    def test_and_nothing_else(self, name, format):
        world = holding(name)
        raw = presented(world, format, BINDING)
        for texts in ((), (ONE,), (ONE, text(3))):
            less = replace(BINDING, transaction_data=texts)
            with pytest.raises(BindingError) as refused:
                format.read_presentation(raw).verify(binding=less, trust=world.bank._trust, at=world.clock())
            assert refused.value.code == "TRANSACTION_DATA_MISMATCH"

    def test_without_transactions_it_says_nothing_of_them(self, name, format):
        world = holding(name)
        plain = replace(BINDING, transaction_data=())
        raw = presented(world, format, plain)
        found = format.read_presentation(raw).verify(binding=plain, trust=world.bank._trust, at=world.clock())
        assert found.transaction_data == ()
        if name != MDOC:
            assert payload_of(raw.rpartition("~")[2]).keys() == {"iat", "aud", "nonce", "sd_hash"}


def test_an_mdoc_whose_issuer_did_not_authorise_it_authorises_nothing():
    world = holding(MDOC)
    with pytest.raises(LocalProtocolError) as refused:
        presented(world, Mdoc(), BINDING)
    assert refused.value.code == "KEY_NOT_AUTHORISED"


def test_a_bearer_credential_authorises_nothing():
    world = holding()
    card = card_by(world, world.city_enrolment, holder=None)
    held = SdJwtVc().reopen(card.credential.raw)
    plain = replace(BINDING, transaction_data=())
    assert held.present([("full_name",)], binding=plain, signer=None, at=world.clock()).endswith("~")
    with pytest.raises(LocalProtocolError):
        held.present([("full_name",)], binding=BINDING, signer=None, at=world.clock())


def test_a_credential_says_with_which_functions_it_authorises():
    world = holding()
    bearer = SdJwtVc().reopen(card_by(world, world.city_enrolment, holder=None).credential.raw)
    held = SdJwtVc().reopen(next(world.wallet.cards(world.type_id(Resident))).credential.raw)
    assert not bearer.transaction_hashes
    assert held.transaction_hashes == {"sha-256", "sha-384", "sha-512"}
    elsewhere = KeyAuthorizations(namespaces=frozenset({"org.example"}))
    for allowed in (in_mdoc.AUTHORISED, KeyAuthorizations(namespaces=frozenset({in_mdoc.NAMESPACE}))):
        assert in_mdoc.hashes(allowed) == {"sha-256"}
    for not_allowed in (NOTHING_AUTHORISED, elsewhere):
        assert in_mdoc.hashes(not_allowed) == frozenset()


@pytest.mark.parametrize("name", [SD_JWT, MDOC])
def test_a_presentation_is_as_long_as_it_was_said_to_be(name):
    world = holding(name)
    card = next(world.wallet.cards(world.type_id(Resident)))
    held = {SD_JWT: SdJwtVc, MDOC: Mdoc}[name]().reopen(card.credential.raw)
    signer = StoredKeys(world.wallet_store).signer(str(card.key))
    plain = replace(BINDING, transaction_data=())
    for paths in ([], [world.path("full_name")], [world.path("full_name"), world.path("languages")]):
        raw = held.present(paths, binding=plain, signer=signer, at=world.clock())
        assert held.presented_bytes(paths) <= len(raw) <= held.presented_bytes(paths) + 1024
