# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""mdoc over the Digital Credentials API (ISO/IEC TS 18013-7, annex C)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from vcwallet.encoding import base64url, cbor
from vcwallet.errors import LimitExceededError, MalformedError, SignatureInvalidError, UnsupportedError, VcError
from vcwallet.keys.cose_key import ecdh_cose_key
from vcwallet.keys.jwk import ecdh_jwk
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols import dc_api_mdoc
from vcwallet.protocols.dc_api_mdoc import EncryptionInfo, Request, decrypt_response, encrypt_response

ORIGIN = "https://verifier.example"
KEY = SoftwareKeyAgreement.generate()
INFO = EncryptionInfo.create(KEY)


# --- RFC 9180, written down for the tests ----------------------------------------------------------------------------

KEM = b"KEM" + bytes.fromhex("0010")  # DHKEM(P-256, HKDF-SHA256)
SUITE = b"HPKE" + bytes.fromhex("0010 0001 0001")  # with HKDF-SHA256 and AES-128-GCM


def extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    return HKDF.extract(SHA256(), salt or bytes(32), b"HPKE-v1" + suite + label + material)


def expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return HKDFExpand(algorithm=SHA256(), length=length, info=labelled).derive(key)


def open_base(
    enc: bytes, sealed: bytes, *, recipient: SoftwareKeyAgreement, info: bytes, additional_data: bytes = b""
) -> bytes:
    """Decrypt the first message of a sender in base mode (RFC 9180, sections 4.1, 5.1 and 5.2)."""
    sender = ecdh_jwk(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), enc))
    own = base64url.decode(recipient.public_jwk["x"]) + base64url.decode(recipient.public_jwk["y"])
    secret = expand(
        KEM,
        extract(KEM, b"", b"eae_prk", recipient.agree(sender)),
        b"shared_secret",
        enc + b"\x04" + own,
        32,
    )
    context = b"\x00" + extract(SUITE, b"", b"psk_id_hash", b"") + extract(SUITE, b"", b"info_hash", info)
    schedule = extract(SUITE, secret, b"secret", b"")
    key, nonce = expand(SUITE, schedule, b"key", context, 16), expand(SUITE, schedule, b"base_nonce", context, 12)
    return AESGCM(key).decrypt(nonce, sealed, additional_data)


def test_the_hpke_of_these_tests_is_that_of_the_rfc() -> None:
    """RFC 9180, appendix A.3.1: base mode with the suite of this protocol, sequence number 0."""
    number = int("f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2", 16)
    plaintext = open_base(
        bytes.fromhex(
            "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac9"
            "8536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4"
        ),
        bytes.fromhex("5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434"),
        recipient=SoftwareKeyAgreement(ec.derive_private_key(number, ec.SECP256R1())),
        info=b"Ode on a Grecian Urn",
        additional_data=b"Count-0",
    )
    assert plaintext == b"Beauty is truth, truth beauty"


# --- the answer ------------------------------------------------------------------------------------------------------


def test_an_answer_is_hpke_over_the_transcript_without_additional_data() -> None:
    answer = encrypt_response(b"response", encryption_info=INFO, origin=ORIGIN)
    [name, members] = cbor.loads(base64url.decode(answer["response"]))
    assert name == "dcapi"
    info = INFO.session_transcript(origin=ORIGIN)
    assert open_base(members["enc"], members["cipherText"], recipient=KEY, info=info) == b"response"


def test_the_transcript_is_that_of_the_request_and_the_origin() -> None:
    digest = hashlib.sha256(cbor.dumps([INFO.text, ORIGIN])).digest()
    assert cbor.loads(INFO.session_transcript(origin=ORIGIN)) == [None, None, ["dcapi", digest]]


def test_an_answer_comes_back() -> None:
    answer = encrypt_response(b"response", encryption_info=INFO, origin=ORIGIN)
    assert set(answer) == {"response"}
    assert decrypt_response(answer, key=KEY, encryption_info=INFO, origin=ORIGIN) == b"response"


def test_two_answers_have_nothing_in_common() -> None:
    one, other = (encrypt_response(b"response", encryption_info=INFO, origin=ORIGIN) for _ in range(2))
    assert one != other


@pytest.mark.parametrize("origin", ["https://other.example", "https://verifier.example/", "HTTPS://verifier.example"])
def test_an_answer_for_another_origin_does_not_decrypt(origin: str) -> None:
    answer = encrypt_response(b"response", encryption_info=INFO, origin=origin)
    assert decrypt_response(answer, key=KEY, encryption_info=INFO, origin=origin) == b"response"
    with pytest.raises(SignatureInvalidError) as refused:
        decrypt_response(answer, key=KEY, encryption_info=INFO, origin=ORIGIN)
    assert refused.value.code == "DECRYPTION_FAILED"


def test_an_answer_for_another_request_does_not_decrypt() -> None:
    other = EncryptionInfo.create(KEY)
    answer = encrypt_response(b"response", encryption_info=other, origin=ORIGIN)
    assert decrypt_response(answer, key=KEY, encryption_info=other, origin=ORIGIN) == b"response"
    with pytest.raises(SignatureInvalidError):
        decrypt_response(answer, key=KEY, encryption_info=INFO, origin=ORIGIN)


def test_the_key_is_that_of_the_request() -> None:
    answer = encrypt_response(b"response", encryption_info=INFO, origin=ORIGIN)
    with pytest.raises(ValueError, match="key"):
        decrypt_response(answer, key=SoftwareKeyAgreement.generate(), encryption_info=INFO, origin=ORIGIN)


def test_without_an_origin_there_is_no_session() -> None:
    with pytest.raises(ValueError, match="origin"):
        encrypt_response(b"response", encryption_info=INFO, origin="")
    answer = encrypt_response(b"response", encryption_info=INFO, origin=ORIGIN)
    with pytest.raises(ValueError, match="origin"):
        decrypt_response(answer, key=KEY, encryption_info=INFO, origin="")


def answered(value: Any) -> dict[str, object]:
    return {"response": base64url.encode(cbor.dumps(value))}


def test_each_changed_part_of_an_answer_is_refused() -> None:
    answer = encrypt_response(b"response", encryption_info=INFO, origin=ORIGIN)
    enc, sealed = cbor.loads(base64url.decode(answer["response"]))[1].values()
    good = answered(["dcapi", {"enc": enc, "cipherText": sealed, "new": 1}])
    assert decrypt_response(good, key=KEY, encryption_info=INFO, origin=ORIGIN) == b"response"
    other = encrypt_response(b"response", encryption_info=INFO, origin=ORIGIN)
    other_enc = cbor.loads(base64url.decode(other["response"]))[1]["enc"]
    for changed in (
        {"enc": other_enc, "cipherText": sealed},
        {"enc": b"\x04" + bytes(64), "cipherText": sealed},
        {"enc": enc, "cipherText": sealed[:-1]},
        {"enc": enc, "cipherText": b""},
        {"enc": enc, "cipherText": bytes(24)},
    ):
        with pytest.raises(SignatureInvalidError):
            decrypt_response(answered(["dcapi", changed]), key=KEY, encryption_info=INFO, origin=ORIGIN)


def test_the_two_parts_cannot_be_cut_in_another_place() -> None:
    answer = encrypt_response(b"response", encryption_info=INFO, origin=ORIGIN)
    whole = b"".join(cbor.loads(base64url.decode(answer["response"]))[1].values())
    for at in (0, 64, 66):
        moved = answered(["dcapi", {"enc": whole[:at], "cipherText": whole[at:]}])
        with pytest.raises(MalformedError):
            decrypt_response(moved, key=KEY, encryption_info=INFO, origin=ORIGIN)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"response": b""},
        {"response": None},
        {"response": ""},
        {"response": "="},
        answered([]),
        answered(["dcapi"]),
        answered(["dcapi", []]),
        answered(["dcapi", {}, 1]),
        answered(["other", {"enc": bytes(65), "cipherText": bytes(16)}]),
        answered(["dcapi", {"enc": bytes(65)}]),
        answered(["dcapi", {"cipherText": b""}]),
        answered(["dcapi", {"enc": "", "cipherText": b""}]),
        answered(["dcapi", {"enc": bytes(65), "cipherText": ""}]),
    ],
    ids=repr,
)
def test_what_is_no_answer_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        decrypt_response(value, key=KEY, encryption_info=INFO, origin=ORIGIN)


def test_an_answer_has_a_limit() -> None:
    with pytest.raises(MalformedError) as read:
        decrypt_response({"response": "A" * dc_api_mdoc.MAX_TEXT}, key=KEY, encryption_info=INFO, origin=ORIGIN)
    assert not isinstance(read.value, LimitExceededError)
    with pytest.raises(LimitExceededError):
        decrypt_response({"response": "A" * (dc_api_mdoc.MAX_TEXT + 4)}, key=KEY, encryption_info=INFO, origin=ORIGIN)


# --- the request -----------------------------------------------------------------------------------------------------


def test_a_request_is_read_as_it_was_written() -> None:
    request = Request(device_request=b"request", encryption_info=INFO)
    assert request.to_json() == {"deviceRequest": "cmVxdWVzdA", "encryptionInfo": INFO.text}
    read = Request.from_json({**request.to_json(), "new": 1})
    assert (read.device_request, read.encryption_info.text) == (b"request", INFO.text)
    assert ecdh_jwk(read.encryption_info.recipient) == KEY.public_jwk


@pytest.mark.parametrize("name", ["deviceRequest", "encryptionInfo"])
@pytest.mark.parametrize("value", [None, 1, b"", "=", "%"])
def test_a_member_of_a_request_is_base64url(name: str, value: object) -> None:
    good: dict[str, object] = {**Request(device_request=b"request", encryption_info=INFO).to_json()}
    Request.from_json(good)
    with pytest.raises(MalformedError):
        Request.from_json({**good, name: value})
    with pytest.raises(MalformedError):
        Request.from_json({key: text for key, text in good.items() if key != name})


def test_encryption_information_is_named_and_has_a_fresh_nonce() -> None:
    [name, members] = cbor.loads(base64url.decode(INFO.text))
    assert name == "dcapi"
    assert list(members) == ["nonce", "recipientPublicKey"]
    assert len(INFO.nonce) == 32
    assert EncryptionInfo.create(KEY).nonce != INFO.nonce


def test_a_nonce_has_at_least_16_bytes() -> None:
    assert EncryptionInfo.create(KEY, nonce=bytes(16)).nonce == bytes(16)
    with pytest.raises(MalformedError):
        EncryptionInfo.create(KEY, nonce=bytes(15))


def informed(**changes: Any) -> str:
    [name, members] = cbor.loads(base64url.decode(INFO.text))
    return base64url.encode(cbor.dumps([name, {**members, **changes}]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        base64url.encode(cbor.dumps(["dcapi"])),
        base64url.encode(cbor.dumps(["other", {}])),
        base64url.encode(cbor.dumps(["dcapi", {}])),
        informed(nonce="a" * 16),
        informed(nonce=None),
        informed(recipientPublicKey=None),
        informed(recipientPublicKey={}),
        informed(recipientPublicKey={1: 2, -1: 1, -2: bytes(32), -3: bytes(32)}),
    ],
    ids=[
        "nothing",
        "one member",
        "another name",
        "no members",
        "a nonce of text",
        "no nonce",
        "no key",
        "an empty key",
        "no point of the curve",
    ],
)
def test_what_is_no_encryption_information_is_refused(text: str) -> None:
    EncryptionInfo.parse(informed(new=1))
    with pytest.raises(VcError):
        EncryptionInfo.parse(text)


def test_encryption_information_of_another_name_is_refused() -> None:
    members = cbor.loads(base64url.decode(INFO.text))[1]
    EncryptionInfo.parse(base64url.encode(cbor.dumps(["dcapi", members])))
    with pytest.raises(MalformedError):
        EncryptionInfo.parse(base64url.encode(cbor.dumps(["other", members])))


def test_an_answer_is_encrypted_to_a_key_on_p256() -> None:
    other = ecdh_cose_key(ec.generate_private_key(ec.SECP384R1()).public_key())
    with pytest.raises(UnsupportedError):
        EncryptionInfo.parse(informed(recipientPublicKey=other))
    EncryptionInfo.parse(informed(recipientPublicKey=ecdh_cose_key(INFO.recipient)))


def test_encryption_information_has_a_limit() -> None:
    with pytest.raises(MalformedError) as read:
        EncryptionInfo.parse("A" * dc_api_mdoc.MAX_ENCRYPTION_INFO_TEXT)
    assert not isinstance(read.value, LimitExceededError)
    with pytest.raises(LimitExceededError):
        EncryptionInfo.parse("A" * (dc_api_mdoc.MAX_ENCRYPTION_INFO_TEXT + 4))


def test_a_request_does_not_show_its_content() -> None:
    assert "content" not in repr(Request(device_request=b"content", encryption_info=INFO))
