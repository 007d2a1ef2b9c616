# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Project Wycheproof: attacks on signatures, key agreement and encryption that have worked on somebody.

Each file is driven through a function of ours where we have one.  Where we do not, the table says why, and a test says
that the algorithm cannot be reached through a message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.support.vectors import shared, shared_json
from vcwallet.encoding import base64url, json
from vcwallet.errors import AlgorithmNotAllowedError, MalformedError, SignatureInvalidError, UnsupportedError, VcError
from vcwallet.jose import header, jwe
from vcwallet.jose.jwe import ContentEncryption, Jwe, JweHeader
from vcwallet.keys import PublicKey, jwk
from vcwallet.keys.software import SoftwareKeyAgreement

DRIVEN = {
    "ecdsa_secp256r1_sha256_p1363_test.json": "PublicKey.verify, ES256",
    "ecdsa_secp384r1_sha384_p1363_test.json": "PublicKey.verify, ES384",
    "ecdsa_secp521r1_sha512_p1363_test.json": "PublicKey.verify, ES512",
    "ecdsa_secp256r1_sha256_test.json": "PublicKey.verify: no DER passes for r || s; the valid ones do as r || s",
    "ecdsa_secp384r1_sha384_test.json": "the same for ES384",
    "ed25519_test.json": "PublicKey.verify, EdDSA",
    "ecdh_secp256r1_webcrypto_test.json": "SoftwareKeyAgreement.agree",
    "aes_gcm_test.json": "the content encryption of jwe; nonces of other lengths are refused by jwe.parse",
}
NOT_OURS = {
    "a128cbc_hs256_test.json": "no CBC content encryption: jwe refuses its name",
    "aes_wrap_test.json": "no wrapped keys: jwe refuses the names of the algorithms that use them",
    "x25519_jwk_test.json": "no X25519: jwk refuses the keys",
    "rsa_pss_2048_sha256_mgf1_32_test.json": "no RSA: PublicKey and jwk refuse the keys",
    "hkdf_sha256_test.json": "the HKDF of cryptography, called with our own keys and constants, never with a peer's",
    "hmac_sha256_test.json": "the HMAC of cryptography, checked as a whole in COSE_Mac0; JOSE has no MAC here",
}


def cases(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for group in shared_json("wycheproof", name)["testGroups"]:
        for case in group["tests"]:
            yield group, case


def wrong_verdicts(name: str, accepts: Callable[[dict[str, Any], dict[str, Any]], bool]) -> list[int]:
    """Return the cases on which `accepts` and the file disagree."""
    return [case["tcId"] for group, case in cases(name) if accepts(group, case) != (case["result"] == "valid")]


def verifies(key: PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message)
    except SignatureInvalidError:
        return False
    return True


def key_of(group: dict[str, Any]) -> PublicKey:
    key = PublicKey.from_spki(bytes.fromhex(group["publicKeyDer"]))
    if "publicKeyJwk" in group:
        assert jwk.parse(group["publicKeyJwk"]) == key
    return key


# --- signatures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "ecdsa_secp256r1_sha256_p1363_test.json",
        "ecdsa_secp384r1_sha384_p1363_test.json",
        "ecdsa_secp521r1_sha512_p1363_test.json",
        "ed25519_test.json",
    ],
)
def test_just_the_valid_signatures_verify(name):
    def accepts(group, case):
        return verifies(key_of(group), bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))

    assert wrong_verdicts(name, accepts) == []


@pytest.mark.parametrize("name", ["ecdsa_secp256r1_sha256_test.json", "ecdsa_secp384r1_sha384_test.json"])
def test_no_signature_in_der_verifies_as_it_is(name):
    passed = [
        case["tcId"]
        for group, case in cases(name)
        if verifies(key_of(group), bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
    ]
    assert passed == []


@pytest.mark.parametrize("name", ["ecdsa_secp256r1_sha256_test.json", "ecdsa_secp384r1_sha384_test.json"])
def test_just_the_valid_signatures_in_der_verify_as_r_and_s(name):
    def accepts(group, case):
        key = key_of(group)
        half = key.algorithm.signature_bytes // 2
        try:
            r, s = decode_dss_signature(bytes.fromhex(case["sig"]))
            signature = r.to_bytes(half, "big") + s.to_bytes(half, "big")
        except (ValueError, OverflowError):  # not DER, negative, or too large for r || s
            return False
        return verifies(key, signature, bytes.fromhex(case["msg"]))

    assert wrong_verdicts(name, accepts) == []


# --- key agreement ---------------------------------------------------------------------------------------------------


def test_just_points_on_p_256_give_a_shared_secret():
    def accepts(_, case):
        private = int.from_bytes(base64url.decode(case["private"]["d"]), "big")
        key = SoftwareKeyAgreement(ec.derive_private_key(private, ec.SECP256R1()))
        try:
            return key.agree(case["public"]) == bytes.fromhex(case["shared"])
        except MalformedError:
            return False

    assert wrong_verdicts("ecdh_secp256r1_webcrypto_test.json", accepts) == []


# --- content encryption ----------------------------------------------------------------------------------------------

ENCRYPTIONS = {128: ContentEncryption.A128GCM, 256: ContentEncryption.A256GCM}
EPK = SoftwareKeyAgreement.generate().public_jwk


def message_of(case: dict[str, Any], enc: ContentEncryption) -> Jwe:
    return Jwe(
        header=JweHeader(enc=enc, epk=EPK, key_id=None, apu=b"", apv=b"", members={}),
        iv=bytes.fromhex(case["iv"]),
        ciphertext_and_tag=bytes.fromhex(case["ct"] + case["tag"]),
        additional_data=bytes.fromhex(case["aad"]),
    )


def decrypts(case: dict[str, Any], enc: ContentEncryption) -> bool:
    try:
        return jwe._open(message_of(case, enc), bytes.fromhex(case["key"])) == bytes.fromhex(case["msg"])
    except SignatureInvalidError:
        return False


def test_just_the_valid_ciphertexts_decrypt():
    ours = [
        (group, case)
        for group, case in cases("aes_gcm_test.json")
        if group["ivSize"] == 96 and group["keySize"] in ENCRYPTIONS
    ]
    wrong = [c["tcId"] for g, c in ours if decrypts(c, ENCRYPTIONS[g["keySize"]]) != (c["result"] == "valid")]
    assert len(ours) > 100
    assert wrong == []


def test_a_nonce_of_another_length_is_refused():
    protected = header.encode({"alg": "ECDH-ES", "enc": "A256GCM", "epk": EPK})
    lengths = set()
    for group, case in cases("aes_gcm_test.json"):
        parts = (bytes.fromhex(case[name]) for name in ("iv", "ct", "tag"))
        text = f"{protected}.." + ".".join(map(base64url.encode, parts))
        if group["ivSize"] == 96:
            jwe.parse(text)
        else:
            lengths.add(group["ivSize"])
            with pytest.raises(MalformedError):
                jwe.parse(text)
    assert len(lengths) > 5


# --- not ours --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alg", "enc"),
    [
        ("ECDH-ES", "A128CBC-HS256"),
        ("ECDH-ES", "A192GCM"),
        ("ECDH-ES+A128KW", "A128GCM"),
        ("ECDH-ES+A192KW", "A128GCM"),
        ("ECDH-ES+A256KW", "A128GCM"),
        ("A128KW", "A128GCM"),
    ],
)
def test_no_message_reaches_cbc_or_key_wrapping(alg, enc):
    def text(alg, enc):
        protected = header.encode({"alg": alg, "enc": enc, "epk": EPK})
        return f"{protected}..{'A' * 16}.AAAA.{'A' * 22}"

    jwe.parse(text("ECDH-ES", "A128GCM"))
    with pytest.raises(AlgorithmNotAllowedError):
        jwe.parse(text(alg, enc))


def test_no_x25519_key_is_read():
    read = [case for _, case in cases("x25519_jwk_test.json") if is_read(case["public"])]
    # The three that are read are good keys on other curves, put there to confuse an X25519.
    assert [case["public"]["crv"] for case in read] == ["P-256", "P-384", "P-521"]
    assert {case["result"] for case in read} == {"invalid"}


def is_read(public: dict[str, Any]) -> bool:
    readers: list[Callable[[object], object]] = [jwk.parse, jwk.ecdh_key_from_jwk]
    return any(reads(reader, public) for reader in readers)


def reads(reader: Callable[[object], object], public: dict[str, Any]) -> bool:
    try:
        reader(public)
    except (MalformedError, UnsupportedError):
        return False
    return True


def test_no_rsa_key_is_read():
    for group in shared_json("wycheproof", "rsa_pss_2048_sha256_mgf1_32_test.json")["testGroups"]:
        with pytest.raises(AlgorithmNotAllowedError):
            PublicKey.from_spki(bytes.fromhex(group["publicKeyDer"]))
        with pytest.raises(VcError):
            jwk.parse(group["publicKeyJwk"])


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512", "PS256", "RS256"])
def test_no_token_reaches_a_mac_or_rsa(alg):
    def encoded(alg):
        return base64url.encode(json.dumps({"alg": alg})).encode()

    header.parse(encoded("ES256"))
    with pytest.raises(AlgorithmNotAllowedError):
        header.parse(encoded(alg))


def test_every_file_is_accounted_for():
    assert {path.name for path in shared("wycheproof").glob("*.json")} == DRIVEN.keys() | NOT_OURS.keys()
    assert DRIVEN.keys().isdisjoint(NOT_OURS)
