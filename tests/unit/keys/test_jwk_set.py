# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""JSON Web Key Sets (RFC 7517, section 5)."""

from __future__ import annotations

import pytest

from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    UnsupportedError,
    UntrustedError,
)
from vcwallet.keys import jwk, jwk_set
from vcwallet.keys.software import SoftwareSigner

KEYS = {kid: SoftwareSigner.generate().public_key for kid in ("a", "b")}
JWKS = {kid: {**jwk.public_jwk(key), "kid": kid} for kid, key in KEYS.items()}


def test_a_key_is_chosen_by_its_identifier():
    keys = jwk_set.parse({"keys": list(JWKS.values()), "other": "member"})
    assert keys.select("b") == JWKS["b"]
    assert keys.verification_key("a") == KEYS["a"]
    assert keys.verification_key("b") == KEYS["b"]


def test_an_unknown_identifier_chooses_nothing():
    keys = jwk_set.parse({"keys": list(JWKS.values())})
    for kid in ("c", "A", ""):
        with pytest.raises(UntrustedError) as caught:
            keys.verification_key(kid)
        assert caught.value.code == "KEY_NOT_FOUND"


def test_without_an_identifier_only_a_single_key_is_chosen():
    assert jwk_set.parse({"keys": [JWKS["a"]]}).verification_key(None) == KEYS["a"]
    assert jwk_set.parse({"keys": [jwk.public_jwk(KEYS["a"])]}).verification_key(None) == KEYS["a"]
    for keys in ([], list(JWKS.values())):
        with pytest.raises(UntrustedError):
            jwk_set.parse({"keys": keys}).verification_key(None)


def test_a_key_without_an_identifier_is_not_chosen_by_one():
    with pytest.raises(UntrustedError):
        jwk_set.parse({"keys": [jwk.public_jwk(KEYS["a"])]}).select("a")


def test_keys_of_other_kinds_do_no_harm_until_they_are_chosen():
    other = [{"kty": "future", "kid": "f"}, {**JWKS["b"], "use": "enc"}, {"kid": "empty"}]
    keys = jwk_set.parse({"keys": [*other, JWKS["a"]]})
    assert keys.verification_key("a") == KEYS["a"]
    with pytest.raises(UnsupportedError):
        keys.verification_key("f")
    with pytest.raises(AlgorithmNotAllowedError):
        keys.verification_key("b")
    with pytest.raises(MalformedError):
        keys.verification_key("empty")


def test_an_identifier_stands_for_one_key():
    with pytest.raises(MalformedError):
        jwk_set.parse({"keys": [JWKS["a"], {**JWKS["b"], "kid": "a"}]})


@pytest.mark.parametrize(
    "value",
    [None, [], [JWKS["a"]], {}, {"keys": None}, {"keys": JWKS["a"]}, {"keys": "keys"}, {"keys": [None]},
     {"keys": [JWKS["a"], "b"]}, {"keys": [{**JWKS["a"], "kid": 1}]}, {"keys": [{**JWKS["a"], "kid": None}]},
     {"keys": [{**JWKS["a"], "kid": ["a"]}]}],
)  # fmt: skip
def test_what_is_no_key_set_is_refused(value):
    with pytest.raises(MalformedError):
        jwk_set.parse(value)


def test_a_set_has_at_most_a_hundred_keys():
    keys = [{"kty": "future", "kid": str(number)} for number in range(101)]
    assert jwk_set.parse({"keys": keys[:100]}).select("99") == keys[99]
    with pytest.raises(LimitExceededError):
        jwk_set.parse({"keys": keys})
