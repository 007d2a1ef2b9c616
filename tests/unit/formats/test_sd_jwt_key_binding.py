# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The key binding JWT by itself (RFC 9901, section 4.3); section 7.3 is gone through in test_sd_jwt_vc_presentation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.credentials import AUDIENCE, BINDING, HOLDER_KEY, NONCE, NOW, SECOND, digest, seconds, token
from vcwallet.errors import AlgorithmNotAllowedError, BindingError, MalformedError, UnsupportedError, ValidityError
from vcwallet.formats.sd_jwt import HashAlgorithm, KeyBinding, prepare_key_binding, require_key_binding
from vcwallet.formats.sd_jwt.key_binding import confirmation_key
from vcwallet.jose import jws
from vcwallet.keys import Algorithm, jwk
from vcwallet.keys.software import SoftwareSigner

SD_JWT = "header.payload.signature~"


def prepared(**changes: Any) -> Any:
    arguments: dict[str, Any] = {
        "audience": AUDIENCE,
        "nonce": NONCE,
        "algorithm": Algorithm.ES256,
        "hash_algorithm": HashAlgorithm.SHA_256,
        "at": NOW,
    }
    return prepare_key_binding(SD_JWT, **arguments | changes)


def checked(text: str, **changes: Any) -> KeyBinding:
    arguments: dict[str, Any] = {
        "sd_jwt": SD_JWT,
        "key": HOLDER_KEY.public_key,
        "audience": AUDIENCE,
        "nonce": NONCE,
        "hash_algorithm": HashAlgorithm.SHA_256,
        "at": NOW,
        "max_age": BINDING.max_age,
    }
    return require_key_binding(text, **arguments | changes)


def made(**changes: Any) -> str:
    to_sign = prepared(**changes)
    text = to_sign.finish(HOLDER_KEY.sign(to_sign.signing_input))
    assert isinstance(text, str)
    return text


def test_a_proof_says_just_what_the_standard_demands():
    parsed = jws.parse(made())
    assert parsed.header.members == {"alg": "ES256", "typ": "kb+jwt"}
    assert jws.payload_object(parsed.verify(HOLDER_KEY.public_key)) == {
        "iat": seconds(NOW),
        "aud": AUDIENCE,
        "nonce": NONCE,
        "sd_hash": digest(SD_JWT),
    }


def test_a_proof_that_was_checked_tells_when_it_was_made():
    binding = checked(made(at=NOW - SECOND))
    assert binding.issued_at == NOW - SECOND
    assert NONCE not in repr(binding)


def test_claims_of_other_profiles_go_along():
    assert checked(made(extra={"transaction_data_hashes": ["x"]})).claims["transaction_data_hashes"] == ["x"]


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_the_hash_function_is_that_of_the_sd_jwt(algorithm):
    text = made(hash_algorithm=algorithm)
    checked(text, hash_algorithm=algorithm)
    for other in set(HashAlgorithm) - {algorithm}:
        with pytest.raises(BindingError):
            checked(text, hash_algorithm=other)


@pytest.mark.parametrize("change", [{"sd_jwt": SD_JWT + "x~"}, {"audience": "x"}, {"nonce": "x"}])
def test_a_proof_holds_for_one_sd_jwt_one_audience_and_one_nonce(change):
    checked(made())
    with pytest.raises(BindingError):
        checked(made(), **change)


def test_a_text_beyond_ascii_can_be_compared():
    with pytest.raises(BindingError):
        checked(made(), audience="https://検証者.example")
    checked(made(audience="https://検証者.example"), audience="https://検証者.example")


@pytest.mark.parametrize("payload", [b"[]", b"{", b"null", b'{"nonce":"a","nonce":"b"}'])
def test_a_proof_whose_payload_is_no_object_is_refused(payload):
    text = token({"alg": "ES256", "typ": "kb+jwt"}, payload, HOLDER_KEY.sign)
    with pytest.raises(MalformedError):
        checked(text)


def test_a_time_without_a_zone_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="time zone"):
        prepared(at=NOW.replace(tzinfo=None))


def test_a_proof_is_good_for_as_long_as_the_caller_says():
    text = made(at=NOW - BINDING.max_age)
    checked(text)
    with pytest.raises(ValidityError):
        checked(text, at=NOW + SECOND)
    checked(text, at=NOW + SECOND, max_age=BINDING.max_age + SECOND)


def test_the_key_of_a_credential_is_that_of_cnf():
    members = {"jwk": jwk.public_jwk(HOLDER_KEY.public_key)}
    assert confirmation_key({"cnf": members}) == HOLDER_KEY.public_key
    assert confirmation_key({}) is None


@pytest.mark.parametrize(
    ("cnf", "error"),
    [
        (None, MalformedError),
        ([], MalformedError),
        ("jwk", MalformedError),
        ({}, UnsupportedError),
        ({"jkt": "x"}, UnsupportedError),
        ({"jwk": None}, MalformedError),
        ({"jwk": []}, MalformedError),
        ({"jwk": {"kty": "oct", "k": "AAAA"}}, MalformedError),
        ({"jwk": {"kty": "RSA", "n": "AAAA", "e": "AQAB"}}, UnsupportedError),
    ],
)
def test_a_cnf_without_a_key_of_ours_is_refused(cnf, error):
    with pytest.raises(error):
        confirmation_key({"cnf": cnf})


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.ML_DSA_44])
def test_the_caller_says_which_algorithms_are_allowed(algorithm):
    holder = SoftwareSigner.generate(algorithm)
    to_sign = prepared(algorithm=algorithm)
    text = to_sign.finish(holder.sign(to_sign.signing_input))
    assert checked(text, key=holder.public_key, algorithms={algorithm}).issued_at == NOW
    with pytest.raises(AlgorithmNotAllowedError):
        checked(text, key=holder.public_key, algorithms={Algorithm.ES384})


@pytest.mark.parametrize("algorithm", [Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA])
def test_a_proof_can_be_made_with_any_key(algorithm):
    holder = SoftwareSigner.generate(algorithm)
    to_sign = prepared(algorithm=algorithm)
    assert checked(to_sign.finish(holder.sign(to_sign.signing_input)), key=holder.public_key).issued_at == NOW
