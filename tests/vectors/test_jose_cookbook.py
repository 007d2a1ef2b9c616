# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The JOSE cookbook (RFC 7520, RFC 8037, RFC 7797): what we have passes, what we left out is refused with its code.

We left out RSA and every MAC, content that is not in the token, compression, keys that are wrapped, encrypted or made
from passwords, and members that nothing protects.
"""

from __future__ import annotations

import json

import pytest

from tests.support.vectors import shared, shared_json
from vcwallet.encoding import base64url
from vcwallet.errors import VcError
from vcwallet.jose import jwe, jws
from vcwallet.keys import jwk
from vcwallet.keys.software import SoftwareSigner

BOOK = "jose-cookbook"

VERIFIED = ["jws/4_3.ecdsa_signature.json", "curve25519/jws.json"]

REFUSED_SIGNATURES = {
    "jws/4_1.rsa_v15_signature.json": "ALGORITHM_NOT_ALLOWED",
    "jws/4_2.rsa-pss_signature.json": "ALGORITHM_NOT_ALLOWED",
    "jws/4_4.hmac-sha2_integrity_protection.json": "ALGORITHM_NOT_ALLOWED",
    "jws/4_6.protecting_specific_header_fields.json": "ALGORITHM_NOT_ALLOWED",
    "jws/4_7.protecting_content_only.json": "MALFORMED",  # no protected header
    "jws/4_8.multiple_signatures.json": "ALGORITHM_NOT_ALLOWED",
    "rfc7797/4.2.hmac-sha2_b64_false.json": "MALFORMED",  # a payload that is not in base64url
    "rfc7797/hmac-sha2_b64_false.json": "UNSUPPORTED",
}

REFUSED_ENCRYPTIONS = {
    "jwe/5_1.key_encryption_using_rsa_v15_and_aes-hmac-sha2.json": "ALGORITHM_NOT_ALLOWED",
    "jwe/5_2.key_encryption_using_rsa-oaep_with_aes-gcm.json": "ALGORITHM_NOT_ALLOWED",
    "jwe/5_3.key_wrap_using_pbes2-aes-keywrap_with-aes-cbc-hmac-sha2.json": "ALGORITHM_NOT_ALLOWED",
    "jwe/5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-keywrap_with_aes-gcm.json": "ALGORITHM_NOT_ALLOWED",
    "jwe/5_5.key_agreement_using_ecdh-es_with_aes-cbc-hmac-sha2.json": "ALGORITHM_NOT_ALLOWED",
    "jwe/5_6.direct_encryption_using_aes-gcm.json": "ALGORITHM_NOT_ALLOWED",
    "jwe/5_7.key_wrap_using_aes-gcm_keywrap_with_aes-cbc-hmac-sha2.json": "ALGORITHM_NOT_ALLOWED",
    "jwe/5_8.key_wrap_using_aes-keywrap_with_aes-gcm.json": "ALGORITHM_NOT_ALLOWED",
    "jwe/5_9.compressed_content.json": "ALGORITHM_NOT_ALLOWED",
    "jwe/5_10.including_additional_authentication_data.json": "MALFORMED",  # JSON serialisation only
    "jwe/5_11.protecting_specific_header_fields.json": "MALFORMED",  # JSON serialisation only
    "jwe/5_12.protecting_content_only.json": "MALFORMED",  # JSON serialisation only
    "jwe/5_13.encrypting_to_multiple_recipients.json": "MALFORMED",  # JSON serialisation only
    "curve25519/ecdh-es.json": "MALFORMED",  # an ephemeral key on another curve
}

KEYS = {
    "jwk/3_1.ec_public_key.json": None,
    "jwk/3_2.ec_private_key.json": "MALFORMED",
    "jwk/3_3.rsa_public_key.json": "UNSUPPORTED",
    "jwk/3_4.rsa_private_key.json": "MALFORMED",
    "jwk/3_5.symmetric_key_mac_computation.json": "MALFORMED",
    "jwk/3_6.symmetric_key_encryption.json": "MALFORMED",
}

# The payload is somewhere else; there is no JSON serialisation of ours without one.
DETACHED = "jws/4_5.signature_with_detached_content.json"
# A signature inside an encryption: both layers are tested below.
NESTED = "6.nesting_signatures_and_encryption.json"


def chapter(name: str):
    return shared_json(BOOK, *name.split("/"))


def public(members):
    return {name: value for name, value in members.items() if name != "d"}


@pytest.mark.parametrize("name", VERIFIED)
def test_a_signature_that_we_have_verifies_in_every_serialisation(name):
    example = chapter(name)
    key = jwk.parse(public(example["input"]["key"]))
    payload = example["input"]["payload"].encode()
    output = example["output"]
    assert jws.parse(output["compact"]).verify(key) == payload
    for serialisation in (output["json"], output["json_flat"]):
        (parsed,) = jws.parse_json(serialisation)
        assert parsed.verify(key) == payload


def test_a_deterministic_signature_is_made_byte_for_byte():
    example = chapter("curve25519/jws.json")
    # The private key of a PKCS #8 Ed25519 key is its last 32 bytes (RFC 8410, section 7).
    prefix = bytes.fromhex("302e020100300506032b657004220420")
    signer = SoftwareSigner.from_bytes(prefix + base64url.decode(example["input"]["key"]["d"]))
    text = jws.sign(example["input"]["payload"].encode(), signer=signer, header={})
    assert text == example["output"]["compact"]


@pytest.mark.parametrize(("name", "code"), REFUSED_SIGNATURES.items())
def test_a_signature_that_we_left_out_is_refused(name, code):
    output = chapter(name)["output"]
    for form in ("json", "json_flat"):
        if form in output:
            assert_refused(code, jws.parse_json, output[form])
    if "compact" in output:
        assert_refused(code, jws.parse, output["compact"])


@pytest.mark.parametrize(("name", "code"), REFUSED_ENCRYPTIONS.items())
def test_an_encryption_that_we_left_out_is_refused(name, code):
    output = chapter(name)["output"]
    assert_refused(code, jwe.parse, output.get("compact") or json.dumps(output["json"]))


@pytest.mark.parametrize(("name", "code"), KEYS.items())
def test_a_key_is_read_or_refused(name, code):
    members = chapter(name)
    if code is None:
        assert jwk.public_jwk(jwk.parse(members)).items() <= members.items()
    else:
        assert_refused(code, jwk.parse, members)


def test_a_signature_with_detached_content_is_refused():
    output = chapter(DETACHED)["output"]
    assert_refused("ALGORITHM_NOT_ALLOWED", jws.parse, output["compact"])
    assert_refused("MALFORMED", jws.parse_json, output["json"])
    assert_refused("MALFORMED", jws.parse_json, output["json_flat"])


def test_the_nested_example_is_refused_in_both_layers():
    example = chapter(NESTED)
    assert_refused("ALGORITHM_NOT_ALLOWED", jws.parse, example["sign"]["output"]["compact"])
    assert_refused("ALGORITHM_NOT_ALLOWED", jwe.parse, example["encrypt"]["output"]["compact"])


def test_every_example_of_the_book_is_accounted_for():
    root = shared(BOOK)
    names = {path.relative_to(root).as_posix() for path in root.rglob("*.json")}
    assert names == {*VERIFIED, *REFUSED_SIGNATURES, *REFUSED_ENCRYPTIONS, *KEYS, DETACHED, NESTED}


def assert_refused(code, read, value):
    with pytest.raises(VcError) as caught:
        read(value)
    assert caught.value.code == code
