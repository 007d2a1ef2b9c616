# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037, RFC 9964) and thumbprints (RFC 7638)."""

from __future__ import annotations

import pytest

from vcwallet.encoding import base64url
from vcwallet.errors import AlgorithmNotAllowedError, MalformedError, UnsupportedError, VcError
from vcwallet.keys import jwk
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.public import PublicKey
from vcwallet.keys.software import SoftwareKeyAgreement, SoftwareSigner

# RFC 7517, appendix A.1.
P256 = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}
# RFC 8037, appendix A.2; its thumbprint is in A.3.
ED25519 = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


@pytest.fixture(params=Algorithm, scope="module")
def key(request):
    return SoftwareSigner.generate(request.param).public_key


def test_a_key_survives_being_written_and_read(key):
    assert jwk.parse(jwk.public_jwk(key)) == key


def test_a_key_that_was_read_is_written_as_any_other(key):
    read = jwk.parse({"kid": "1", **dict(reversed(jwk.public_jwk(key).items()))})
    assert list(jwk.public_jwk(read).items()) == list(jwk.public_jwk(PublicKey.from_spki(key.spki)).items())


def test_a_key_is_read_beside_members_that_say_nothing_about_it(key):
    assert jwk.parse({**jwk.public_jwk(key), "kid": "1", "use": "sig", "key_ops": ["verify"], "x-ours": {}}) == key


def test_an_alg_that_fits_the_key_is_accepted(key):
    for name in {Algorithm.EDDSA, Algorithm.ED25519} if key.algorithm is Algorithm.EDDSA else {key.algorithm}:
        assert jwk.parse({**jwk.public_jwk(key), "alg": name.value}) == key


def test_published_keys_are_read():
    assert jwk.public_jwk(jwk.parse(P256)) == P256
    assert jwk.public_jwk(jwk.parse({**P256, "kid": "1", "use": "sig"})) == P256
    assert jwk.public_jwk(jwk.parse(ED25519)) == ED25519


def test_the_thumbprint_of_the_rfc_is_found():
    assert jwk.thumbprint(ED25519) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_thumbprint_does_not_depend_on_other_members_or_their_order(key):
    members = jwk.public_jwk(key)
    shuffled = {"kid": "1", **dict(reversed(members.items())), "use": "sig"}
    assert jwk.thumbprint(shuffled) == jwk.thumbprint(members)
    assert len(base64url.decode(jwk.thumbprint(members))) == 32


def test_a_thumbprint_needs_the_members_that_identify_the_key():
    with pytest.raises(MalformedError):
        jwk.thumbprint({"kty": "EC", "crv": "P-256", "x": P256["x"]})
    with pytest.raises(UnsupportedError):
        jwk.thumbprint({"kty": "oct", "k": "AA"})


_POINT = base64url.decode(P256["x"]) + base64url.decode(P256["y"])
# The same point once more, with its coordinates cut in another place.
SHIFTED = {**P256, "x": base64url.encode(_POINT[:31]), "y": base64url.encode(_POINT[31:])}
OFF_THE_CURVE = {**P256, "y": base64url.encode(bytes(31) + b"\x01")}


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (None, MalformedError),
        ("a key", MalformedError),
        ([P256], MalformedError),
        ({}, MalformedError),
        ({**P256, "kty": 1}, MalformedError),
        ({**P256, "kty": "oct"}, UnsupportedError),
        ({**P256, "kty": "RSA"}, UnsupportedError),
        ({**P256, "kty": "ec"}, UnsupportedError),
        ({**P256, "crv": "secp256k1"}, UnsupportedError),
        ({**P256, "crv": ["P-256"]}, MalformedError),
        ({**P256, "crv": "P-384"}, MalformedError),
        ({**P256, "x": P256["x"] + "="}, MalformedError),
        ({**P256, "x": base64url.encode(b"\0" + base64url.decode(P256["x"]))}, MalformedError),
        ({**P256, "x": ""}, MalformedError),
        ({**P256, "y": None}, MalformedError),
        ({**P256, "x": P256["y"], "y": P256["x"]}, MalformedError),
        ({**P256, "x": base64url.encode(bytes(32)), "y": base64url.encode(bytes(32))}, MalformedError),
        ({**P256, "x": base64url.encode(b"\xff" * 32)}, MalformedError),
        (OFF_THE_CURVE, MalformedError),
        (SHIFTED, MalformedError),
        ({**ED25519, "crv": "X25519"}, UnsupportedError),
        ({**ED25519, "crv": "Ed448"}, UnsupportedError),
        ({**ED25519, "x": ED25519["x"][:-4]}, MalformedError),
        ({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"}, MalformedError),
        ({"kty": "AKP", "alg": "SLH-DSA-SHA2-128s", "pub": "AAAA"}, UnsupportedError),
        ({"kty": "AKP", "pub": "AAAA"}, MalformedError),
    ],
)
def test_what_is_no_signature_key_is_refused(value, error):
    with pytest.raises(VcError) as caught:
        jwk.parse(value)
    assert type(caught.value) is error


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"])
def test_a_private_key_in_a_message_is_refused(member):
    with pytest.raises(MalformedError) as caught:
        jwk.parse({**P256, member: "c2VjcmV0"})
    assert "c2VjcmV0" not in str(caught.value)


@pytest.mark.parametrize(
    "members",
    [
        {"alg": "ES384"},
        {"alg": "ECDH-ES"},
        {"alg": "none"},
        {"alg": 1},
        {"use": "enc"},
        {"use": ""},
        {"key_ops": []},
        {"key_ops": ["encrypt"]},
        {"key_ops": "verify"},
    ],
)
def test_a_key_that_says_it_is_for_something_else_is_refused(members):
    with pytest.raises(AlgorithmNotAllowedError):
        jwk.parse({**P256, **members})


def test_a_post_quantum_key_is_bound_to_its_own_parameter_set():
    members = jwk.public_jwk(SoftwareSigner.generate(Algorithm.ML_DSA_44).public_key)
    with pytest.raises(MalformedError):
        jwk.parse({**members, "alg": "ML-DSA-65"})


def test_a_key_for_agreement_survives_being_written_and_read():
    members = SoftwareKeyAgreement.generate().public_jwk
    assert jwk.ecdh_jwk(jwk.ecdh_key_from_jwk(members)) == members


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        ED25519,
        {"kty": "OKP", "crv": "X25519", "x": ED25519["x"]},
        jwk.public_jwk(SoftwareSigner.generate(Algorithm.ES384).public_key),
        {**P256, "d": "AA"},
        OFF_THE_CURVE,
        {**P256, "y": ""},
    ],
)
def test_key_agreement_takes_a_public_point_on_p_256_only(value):
    with pytest.raises(MalformedError):
        jwk.ecdh_key_from_jwk(value)
