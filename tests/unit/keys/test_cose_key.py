# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""COSE keys (RFC 9052, section 7; RFC 9053, section 7; RFC 9964) and COSE names of signature algorithms."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from vcwallet.encoding import base64url, cbor
from vcwallet.errors import AlgorithmNotAllowedError, MalformedError, UnsupportedError, VcError
from vcwallet.keys import Algorithm, cose_key, jwk
from vcwallet.keys.software import SoftwareKeyAgreement, SoftwareSigner

# RFC 9052, appendix C.7.1, the key "11".
P256: dict[int, Any] = {
    1: 2,
    -1: 1,
    -2: bytes.fromhex("bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff"),
    -3: bytes.fromhex("20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e"),
}
# RFC 9052, appendix C.7.1, the key "bilbo.baggins@hobbiton.example", whose coordinates begin with a zero byte.
P521: dict[int, Any] = {
    1: 2,
    -1: 3,
    -2: bytes.fromhex(
        "0072992cb3ac08ecf3e5c63dedec0d51a8c1f79ef2f82f94f3c737bf5de7986671eac625fe8257bbd0394644caaa3aaf8f27"
        "a4585fbbcad0"
        "f2457620085e5c8f42ad"
    ),
    -3: bytes.fromhex(
        "01dca6947bce88bc5790485ac97427342bc35f887d86d65a089377e247e60baa55e4e8501e2ada5724ac51d6909008033ebc"
        "10ac999b9d7f"
        "5cc2519f3fe1ea1d9475"
    ),
}
# RFC 8037, appendix A.2.
ED25519: dict[int, Any] = {
    1: 1,
    -1: 6,
    -2: bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
}
ES384: dict[int, Any] = cose_key.public_cose_key(SoftwareSigner.generate(Algorithm.ES384).public_key)
ML_DSA: dict[int, Any] = cose_key.public_cose_key(SoftwareSigner.generate(Algorithm.ML_DSA_44).public_key)

IDENTIFIERS = {
    Algorithm.ES256: -7,
    Algorithm.ES384: -35,
    Algorithm.ES512: -36,
    Algorithm.EDDSA: -8,
    Algorithm.ED25519: -19,
    Algorithm.ML_DSA_44: -48,
    Algorithm.ML_DSA_65: -49,
    Algorithm.ML_DSA_87: -50,
}


@pytest.fixture(params=Algorithm, scope="module")
def key(request):
    return SoftwareSigner.generate(request.param).public_key


# --- algorithms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", Algorithm)
def test_every_algorithm_has_its_registered_number(algorithm):
    assert cose_key.cose_algorithm(algorithm) == IDENTIFIERS[algorithm]
    assert cose_key.parse_algorithm(IDENTIFIERS[algorithm]) is algorithm


@pytest.mark.parametrize(
    ("number", "algorithm"), [(-9, Algorithm.ES256), (-51, Algorithm.ES384), (-52, Algorithm.ES512)]
)
def test_a_name_of_ecdsa_that_fixes_the_curve_is_read(number, algorithm):
    assert cose_key.parse_algorithm(number) is algorithm


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "absent"),
        (0, "reserved"),
        (7, "a MAC"),
        (5, "a MAC"),
        (-37, "RSA"),
        (-47, "ES256K"),
        (-53, "Ed448"),
        (-999, "unknown"),
        (-7.0, "a float"),
        (True, "a truth value"),
        ("ES256", "a text"),
        (b"\x26", "bytes"),
        ([-7], "an array"),
    ],
)
def test_an_algorithm_that_we_do_not_have_is_refused(value, reason):
    with pytest.raises(AlgorithmNotAllowedError):
        cose_key.parse_algorithm(value)


# --- keys for signatures ---------------------------------------------------------------------------------------------


def test_a_key_survives_being_written_and_read(key):
    assert cose_key.parse(cbor.loads(cbor.dumps(cose_key.public_cose_key(key)))) == key


def test_a_key_has_the_members_that_identify_it_and_no_others(key):
    labels = {2: [1, -1, -2, -3], 1: [1, -1, -2], 7: [1, 3, -1]}
    written: dict[int, Any] = cose_key.public_cose_key(key)
    assert list(written) == labels[written[1]]


@pytest.mark.parametrize("members", [P256, P521, ED25519], ids=["P-256", "P-521", "Ed25519"])
def test_a_published_key_is_read(members):
    assert cose_key.public_cose_key(cose_key.parse(members)) == members


def test_a_post_quantum_key_is_the_pair_of_an_algorithm_and_bytes():
    key = SoftwareSigner.generate(Algorithm.ML_DSA_65).public_key
    pub = base64url.decode(jwk.public_jwk(key)["pub"])
    assert cose_key.public_cose_key(key) == {1: 7, 3: -49, -1: pub}


def test_a_key_is_read_beside_members_that_say_nothing_about_it(key):
    others: dict[Any, Any] = {2: b"kid", 5: b"iv", -70_000: {}, "ours": [1]}
    assert cose_key.parse({**cose_key.public_cose_key(key), **others, 4: [1, 2]}) == key


def test_an_alg_that_fits_the_key_is_accepted(key):
    names = {Algorithm.EDDSA, Algorithm.ED25519} if key.algorithm is Algorithm.EDDSA else {key.algorithm}
    for name in names:
        assert cose_key.parse({**cose_key.public_cose_key(key), 3: cose_key.cose_algorithm(name)}) == key


@pytest.mark.parametrize("members", [P256, P521, ES384], ids=["P-256", "P-521", "P-384"])
def test_a_compressed_point_is_read(members):
    odd = bool(members[-3][-1] & 1)
    key = cose_key.parse({**members, -3: odd})
    assert cose_key.public_cose_key(key) == members
    assert cose_key.parse({**members, -3: not odd}) != key


_POINT = P256[-2] + P256[-3]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (None, MalformedError),
        (b"a key", MalformedError),
        ([P256], MalformedError),
        ({}, UnsupportedError),
        ({**P256, 1: "EC2"}, UnsupportedError),
        ({**P256, 1: 2.0}, UnsupportedError),
        ({**ED25519, 1: True}, UnsupportedError),
        ({**P256, 1: [2]}, UnsupportedError),
        ({1: 4, -1: b"secret"}, UnsupportedError),
        ({1: 3, -1: b"n", -2: b"e"}, UnsupportedError),
        ({1: 2, -2: P256[-2], -3: P256[-3]}, UnsupportedError),
        ({**P256, -1: 8}, UnsupportedError),
        ({**P256, -1: 6}, UnsupportedError),
        ({**P256, -1: True}, UnsupportedError),
        ({**P256, -1: "P-256"}, UnsupportedError),
        ({**P256, -1: 2}, MalformedError),
        ({**P256, -2: P256[-2].hex()}, MalformedError),
        ({**P256, -2: b""}, MalformedError),
        ({**P256, -2: b"\0" + P256[-2]}, MalformedError),
        ({**P521, -2: P521[-2][1:]}, MalformedError),
        ({**P256, -2: P256[-3], -3: P256[-2]}, MalformedError),
        ({**P256, -2: _POINT[:31], -3: _POINT[31:]}, MalformedError),
        ({**P256, -2: bytes(32), -3: bytes(32)}, MalformedError),
        ({**P256, -2: b"\xff" * 32}, MalformedError),
        ({**P256, -2: b"\xff" * 32, -3: True}, MalformedError),
        ({**P256, -3: bytes(31) + b"\x01"}, MalformedError),
        ({**P256, -3: None}, MalformedError),
        ({**P256, -3: 1}, MalformedError),
        ({1: 2, -1: 1, -2: P256[-2]}, MalformedError),
        ({**ED25519, -1: 4}, UnsupportedError),
        ({**ED25519, -1: 7}, UnsupportedError),
        ({**ED25519, -1: 6.0}, UnsupportedError),
        ({1: 1, -2: ED25519[-2]}, UnsupportedError),
        ({**ED25519, -2: ED25519[-2][1:]}, MalformedError),
        ({**ED25519, -2: "x"}, MalformedError),
        ({**ML_DSA, -1: ML_DSA[-1][1:]}, MalformedError),
        ({**ML_DSA, -1: "x"}, MalformedError),
        ({1: 7, 3: -48}, MalformedError),
        ({**ML_DSA, 3: -49}, MalformedError),
        ({**ML_DSA, 3: -7}, AlgorithmNotAllowedError),
        ({1: 7, -1: ML_DSA[-1]}, AlgorithmNotAllowedError),
    ],
)
def test_what_is_no_signature_key_is_refused(value, error):
    with pytest.raises(VcError) as caught:
        cose_key.parse(value)
    assert type(caught.value) is error


@pytest.mark.parametrize(("members", "label"), [(P256, -4), (ED25519, -4), (ML_DSA, -2)], ids=["EC2", "OKP", "AKP"])
def test_a_private_key_in_a_message_is_refused(members, label):
    for read in (cose_key.parse, cose_key.jwk_of):
        with pytest.raises(MalformedError) as caught:
            read({**members, label: b"secret"})
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "members",
    [
        {3: -35},
        {3: -25},
        {3: 5},
        {3: "ES256"},
        {3: None},
        {4: []},
        {4: [1]},
        {4: [7, 8]},
        {4: [2.0]},
        {4: "verify"},
        {4: None},
        {4: 2},
    ],
)
def test_a_key_that_says_it_is_for_something_else_is_refused(members):
    with pytest.raises(AlgorithmNotAllowedError):
        cose_key.parse({**P256, **members})


# --- keys for key agreement ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
def test_a_key_for_agreement_survives_being_written_and_read(curve):
    key = ec.generate_private_key(curve).public_key()
    assert cose_key.ecdh_key_from_cose(cose_key.ecdh_cose_key(key)) == key


def test_what_a_key_for_agreement_says_about_its_use_is_not_asked():
    assert cose_key.ecdh_key_from_cose({**P256, 3: -25, 4: []}) == cose_key.ecdh_key_from_cose(P256)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (None, MalformedError),
        ([], MalformedError),
        ({}, MalformedError),
        (ED25519, MalformedError),
        ({**P256, 1: 2.0}, MalformedError),
        ({**P256, -1: 4}, UnsupportedError),
        ({**P256, -1: 256}, UnsupportedError),
        ({**P256, -3: b""}, MalformedError),
        ({**P256, -3: P256[-2]}, MalformedError),
        ({**P256, -4: bytes(32)}, MalformedError),
    ],
)
def test_key_agreement_takes_a_public_point_on_its_curve_only(value, error):
    with pytest.raises(VcError) as caught:
        cose_key.ecdh_key_from_cose(value)
    assert type(caught.value) is error


def test_two_sides_agree_over_cose_keys():
    device, reader = SoftwareKeyAgreement.generate(), SoftwareKeyAgreement.generate()
    from_device, from_reader = (cose_key.from_jwk(side.public_jwk) for side in (device, reader))
    assert device.agree(cose_key.jwk_of(from_reader)) == reader.agree(cose_key.jwk_of(from_device))


# --- the same key as a JWK -------------------------------------------------------------------------------------------


def test_a_key_is_the_same_as_a_jwk(key):
    assert cose_key.jwk_of(cose_key.public_cose_key(key)) == jwk.public_jwk(key)
    assert cose_key.from_jwk(jwk.public_jwk(key)) == cose_key.public_cose_key(key)


def test_a_key_becomes_a_jwk_whatever_it_is_used_for(key):
    said = {4: []} if key.algorithm.startswith("ML-DSA") else {3: -25, 4: []}
    assert cose_key.jwk_of({**cose_key.public_cose_key(key), **said}) == jwk.public_jwk(key)


def test_a_jwk_becomes_a_key_whatever_it_is_used_for(key):
    said = {"kid": "1", "use": "enc", "key_ops": ["deriveBits"]}
    alg = {} if key.algorithm.startswith("ML-DSA") else {"alg": "ECDH-ES"}
    assert cose_key.from_jwk({**jwk.public_jwk(key), **said, **alg}) == cose_key.public_cose_key(key)


@pytest.mark.parametrize("value", [{}, {"kty": "EC"}, {**jwk.public_jwk(cose_key.parse(P256)), "d": "AA"}])
def test_what_is_no_public_jwk_does_not_become_a_key(value):
    with pytest.raises(MalformedError):
        cose_key.from_jwk(value)


def test_coordinates_keep_their_length_on_the_way_to_a_jwk():
    x = cose_key.jwk_of(P521)["x"]
    assert base64url.decode(x) == P521[-2]
    assert x.startswith("AHK")
