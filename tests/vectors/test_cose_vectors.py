# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The examples of the COSE working group: what we have passes, what we left out is refused with its code.

We left out messages with many signers or recipients, all encryption, AES-MAC, MACs that were cut short, MACs with other
hashes than SHA-256, Ed448, ECDSA with a hash that is not the curve's own, and algorithms that nothing protects.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.vectors import shared, shared_json
from vcwallet.cose import cwt, header, mac0, sign1, structure
from vcwallet.encoding import base64url, cbor
from vcwallet.errors import MalformedError, VcError
from vcwallet.keys import PublicKey, cose_key
from vcwallet.keys.cose_key import parse_algorithm

BOOK = "cose"

VERIFIED_SIGNATURES = [
    "CWT/A_3.json",
    "RFC8152/Appendix_C_2_1.json",
    "ecdsa-examples/ecdsa-sig-01.json",
    "ecdsa-examples/ecdsa-sig-02.json",
    "ecdsa-examples/ecdsa-sig-03.json",
    "eddsa-examples/eddsa-sig-01.json",
    "sign1-tests/sign-pass-02.json",
    "sign1-tests/sign-pass-03.json",
]
VERIFIED_MACS = [
    "hmac-examples/HMac-enc-01.json",
    "mac0-tests/HMac-01.json",
]
#: They are wrong, and say so.
FAILED = {
    "hmac-examples/HMac-enc-04.json": "MAC_INVALID",
    "mac0-tests/mac-fail-01.json": "MALFORMED",  # tag 992
    "mac0-tests/mac-fail-02.json": "MAC_INVALID",
    "mac0-tests/mac-fail-03.json": "ALGORITHM_NOT_ALLOWED",
    "mac0-tests/mac-fail-04.json": "ALGORITHM_NOT_ALLOWED",
    "mac0-tests/mac-fail-06.json": "MAC_INVALID",
    "mac0-tests/mac-fail-07.json": "MAC_INVALID",
    "sign1-tests/sign-fail-01.json": "MALFORMED",  # tag 998
    "sign1-tests/sign-fail-02.json": "SIGNATURE_INVALID",
    "sign1-tests/sign-fail-03.json": "ALGORITHM_NOT_ALLOWED",
    "sign1-tests/sign-fail-04.json": "ALGORITHM_NOT_ALLOWED",
    "sign1-tests/sign-fail-06.json": "SIGNATURE_INVALID",
    "sign1-tests/sign-fail-07.json": "SIGNATURE_INVALID",
}
#: They are right, and not ours.
LEFT_OUT = {
    "CWT/A_4.json": "ALGORITHM_NOT_ALLOWED",  # HMAC 256/64
    "CWT/A_7.json": "ALGORITHM_NOT_ALLOWED",  # HMAC 256/64
    "RFC8152/Appendix_C_6_1.json": "ALGORITHM_NOT_ALLOWED",  # AES-MAC
    "ecdsa-examples/ecdsa-sig-04.json": "ALGORITHM_NOT_ALLOWED",  # P-256 with SHA-512
    "eddsa-examples/eddsa-sig-02.json": "UNSUPPORTED",  # a key on Ed448
    "hmac-examples/HMac-enc-02.json": "ALGORITHM_NOT_ALLOWED",  # HMAC 384/384
    "hmac-examples/HMac-enc-03.json": "ALGORITHM_NOT_ALLOWED",  # HMAC 512/512
    "hmac-examples/HMac-enc-05.json": "ALGORITHM_NOT_ALLOWED",  # HMAC 256/64
    "mac0-tests/mac-pass-01.json": "ALGORITHM_NOT_ALLOWED",  # the algorithm is not protected
    "mac0-tests/mac-pass-02.json": "ALGORITHM_NOT_ALLOWED",  # the algorithm is not protected
    "mac0-tests/mac-pass-03.json": "ALGORITHM_NOT_ALLOWED",  # the algorithm is not protected
    "sign1-tests/sign-pass-01.json": "ALGORITHM_NOT_ALLOWED",  # the algorithm is not protected
}
#: Kinds of messages that we do not have, by the member of the input that describes them.
OTHER_KINDS = {
    "sign": "COSE_Sign: several signers",
    "mac": "COSE_Mac: the key is sent to recipients",
    "enveloped": "COSE_Encrypt",
    "encrypted": "COSE_Encrypt0",
}

LABELS = {"alg": 1, "ctyp": 3, "kid": 4, "x5bag": 32, "x5chain": 33, "x5t": 34}
ALGORITHMS = {
    "ES256": -7,
    "ES384": -35,
    "ES512": -36,
    "EdDSA": -8,
    "HS256/64": 4,
    "HS256": 5,
    "HS384": 6,
    "HS512": 7,
    "AES-MAC-256/64": 15,
}
KEY_TYPES = {"OKP": 1, "EC": 2, "EC2": 2}
CURVES = {"P-256": 1, "P-384": 2, "P-521": 3, "Ed25519": 6, "Ed448": 7}


def example(name: str) -> dict[str, Any]:
    read: dict[str, Any] = shared_json(BOOK, *name.split("/"))
    return read


def every_file() -> set[str]:
    return {f"{file.parent.name}/{file.name}" for file in shared(BOOK).rglob("*.json")}


def kind(given: dict[str, Any]) -> str:
    return next(name for name in ("sign0", "mac0", *OTHER_KINDS) if name in given["input"])


def output(given: dict[str, Any]) -> bytes:
    return bytes.fromhex(given["output"]["cbor"])


def is_tagged(given: dict[str, Any]) -> bool:
    return output(given)[0] >> 5 == 6


def payload(given: dict[str, Any]) -> bytes:
    content = given["input"]
    return bytes.fromhex(content["plaintext_hex"]) if "plaintext_hex" in content else content["plaintext"].encode()


def external(given: dict[str, Any]) -> bytes:
    return bytes.fromhex(given["input"][kind(given)].get("external", ""))


def protected(given: dict[str, Any]) -> bytes:
    members = given["input"][kind(given)].get("protected", {})
    labels = {LABELS[name]: ALGORITHMS.get(value, value) for name, value in members.items()}
    return cbor.dumps(dict(sorted(labels.items()))) if labels else b""


def member(members: dict[str, str], name: str) -> bytes:
    return bytes.fromhex(members[f"{name}_hex"]) if f"{name}_hex" in members else base64url.decode(members[name])


def published_key(members: dict[str, str]) -> dict[int, Any]:
    """The public half of an example's key, as a COSE_Key."""
    coordinates = {label: name for label, name in ((-2, "x"), (-3, "y")) if name in members or f"{name}_hex" in members}
    return {
        1: KEY_TYPES[members["kty"]],
        -1: CURVES[members["crv"]],
        **{label: member(members, name) for label, name in coordinates.items()},
    }


def signature_key(given: dict[str, Any]) -> PublicKey:
    return cose_key.parse(published_key(given["input"]["sign0"]["key"]))


def mac_key(given: dict[str, Any]) -> bytes:
    return member(given["input"]["mac0"]["recipients"][0]["key"], "k")


def open_message(given: dict[str, Any]) -> bytes:
    """Return the payload, by the way that fits the kind of message."""
    if kind(given) == "sign0":
        read = sign1.loads(output(given), tagged=is_tagged(given))
        return read.verify(signature_key(given), external_aad=external(given))
    code = mac0.parse(cbor.loads(output(given)), tagged=is_tagged(given))
    return code.verify(mac_key(given), external_aad=external(given))


def test_every_example_is_accounted_for():
    kinds = {name: kind(example(name)) for name in every_file()}
    assert {name for name, its in kinds.items() if its in {"sign0", "mac0"}} == {
        *VERIFIED_SIGNATURES,
        *VERIFIED_MACS,
        *FAILED,
        *LEFT_OUT,
    }
    assert {its for its in kinds.values() if its not in {"sign0", "mac0"}} == set(OTHER_KINDS)


@pytest.mark.parametrize("name", sorted(VERIFIED_SIGNATURES + VERIFIED_MACS))
def test_a_message_that_we_have_verifies(name):
    given = example(name)
    assert "fail" not in given
    assert open_message(given) == payload(given)


@pytest.mark.parametrize("name", FAILED)
def test_a_message_that_is_wrong_is_refused(name):
    given = example(name)
    assert given["fail"]
    with pytest.raises(VcError) as caught:
        open_message(given)
    assert caught.value.code == FAILED[name]


@pytest.mark.parametrize("name", sorted(VERIFIED_SIGNATURES + VERIFIED_MACS))
def test_a_message_does_not_verify_with_other_external_data(name):
    given = example(name)
    given["input"][kind(given)]["external"] = "00"
    with pytest.raises(VcError) as caught:
        open_message(given)
    assert caught.value.code in {"SIGNATURE_INVALID", "MAC_INVALID"}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_message_that_we_left_out_is_refused(name):
    given = example(name)
    assert "fail" not in given
    with pytest.raises(VcError) as caught:
        open_message(given)
    assert caught.value.code == LEFT_OUT[name]


def test_a_message_of_a_kind_that_we_do_not_have_is_refused():
    for name in every_file():
        given = example(name)
        if kind(given) in OTHER_KINDS:
            for read in (sign1.loads, lambda data, tagged: mac0.parse(cbor.loads(data), tagged=tagged)):
                for tagged in (False, True):
                    with pytest.raises(VcError):
                        read(output(given), tagged=tagged)


# --- what is authenticated -------------------------------------------------------------------------------------------


def test_what_is_authenticated_is_as_published():
    for name in sorted(VERIFIED_SIGNATURES + VERIFIED_MACS + [*FAILED, *LEFT_OUT]):
        given = example(name)
        context, intermediate = {
            "sign0": ("Signature1", "ToBeSign_hex"),
            "mac0": ("MAC0", "ToMac_hex"),
        }[kind(given)]
        built = structure.authenticated(structure.context(context), protected(given), external(given), payload(given))
        assert built.hex() == given["intermediates"][intermediate].lower(), name


@pytest.mark.parametrize("name", VERIFIED_SIGNATURES)
def test_a_signature_is_prepared_and_finished_as_published(name):
    given = example(name)
    read = sign1.loads(output(given), tagged=is_tagged(given))
    prepared = sign1.prepare(
        payload(given),
        algorithm=read.headers.algorithm,
        protected={label: value for label, value in read.headers.protected.items() if label != 1},
        unprotected=read.headers.unprotected,
        external_aad=external(given),
    )
    assert prepared.to_be_signed.hex() == given["intermediates"]["ToBeSign_hex"].lower()
    assert sign1.dumps(prepared.finish(read.signature), tagged=is_tagged(given)) == output(given)


@pytest.mark.parametrize("name", VERIFIED_MACS)
def test_a_mac_is_made_as_published(name):
    given = example(name)
    assert mac0.mac(payload(given), key=mac_key(given)) == cbor.loads(output(given)).content


# --- tokens, certificates, keys --------------------------------------------------------------------------------------


def test_the_claims_of_the_published_token_are_read():
    """RFC 8392, appendices A.1 and A.3."""
    given = example("CWT/A_3.json")
    assert cwt.parse(output(given)).verify(signature_key(given)) == {
        cwt.ISS: "coap://as.example.com",
        cwt.SUB: "erikw",
        cwt.AUD: "coap://light.example.com",
        cwt.EXP: 1_444_064_944,
        cwt.NBF: 1_443_944_944,
        cwt.IAT: 1_443_944_944,
        cwt.CTI: b"\x0b\x71",
    }


def signer_headers(given: dict[str, Any]) -> tuple[object, object]:
    """The headers of the one signer of a COSE_Sign, which are as those of a COSE_Sign1."""
    # Tag 98 is not one of ours, so the message is taken out of it first.
    ((encoded, unprotected, _),) = cbor.loads(output(given)[2:])[3]
    return encoded, unprotected


@pytest.mark.parametrize("number", [3, 4, 5])
def test_the_certificates_of_a_published_header_are_read(number):
    """RFC 9360, section 2: a chain of one, a chain of two, a hash."""
    given = example(f"x509-examples/signed-0{number}.json")
    expected = given["input"]["sign"]["signers"][0]["unprotected"]
    read = header.parse(*signer_headers(given), algorithm_of=parse_algorithm)
    chain = expected.get("x5chain", [])
    assert [der.hex().upper() for der in read.chain] == ([chain] if isinstance(chain, str) else chain)
    digest = bytes.fromhex(expected["x5t"][1]) if "x5t" in expected else None
    assert (read.x5t[1] if read.x5t else None) == digest


@pytest.mark.parametrize("number", [1, 2])
def test_a_published_header_whose_kid_is_a_text_is_refused(number):
    """RFC 9052, section 3.1 has a byte string; without it the header is read."""
    encoded, unprotected = signer_headers(example(f"x509-examples/signed-0{number}.json"))
    assert isinstance(unprotected, dict)
    with pytest.raises(MalformedError):
        header.parse(encoded, unprotected, algorithm_of=parse_algorithm)
    assert unprotected.pop(4) == "Alice Lovelace"
    assert header.parse(encoded, unprotected, algorithm_of=parse_algorithm).chain == ()


def test_every_published_signature_key_that_we_have_is_read_and_written():
    for name in sorted(every_file()):
        given = example(name)
        if kind(given) == "sign0" and given["input"]["sign0"]["key"]["crv"] != "Ed448":
            members = published_key(given["input"]["sign0"]["key"])
            assert cose_key.public_cose_key(cose_key.parse(members)) == members
