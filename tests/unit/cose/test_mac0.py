# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""COSE_Mac0 (RFC 9052, sections 6.2 and 6.3) with HMAC 256/256: what is not verified gives nothing out."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import pytest

from vcwallet.cose import mac0, sign1
from vcwallet.cose.mac0 import MacAlgorithm
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import AlgorithmNotAllowedError, MalformedError, SignatureInvalidError, UnsupportedError

KEY = bytes(range(32))
PAYLOAD = b"This is the content."
HEADER = b"\xa1\x01\x05"
GOOD: list[Any] = mac0.mac(PAYLOAD, key=KEY)


def code_of(protected: bytes, external_aad: bytes, payload: bytes, name: str = "MAC0") -> bytes:
    return hmac.new(KEY, cbor.dumps([name, protected, external_aad, payload]), hashlib.sha256).digest()


def test_a_message_is_made_as_the_rfc_says():
    assert [HEADER, {}, PAYLOAD, code_of(HEADER, b"", PAYLOAD)] == GOOD
    assert mac0.mac(PAYLOAD, key=KEY, external_aad=b"x")[3] == code_of(HEADER, b"x", PAYLOAD)


def test_a_code_gives_its_payload_out():
    read = mac0.parse(cbor.loads(cbor.dumps(mac0.mac(PAYLOAD, key=KEY, unprotected={4: b"1"}))))
    assert read.headers.algorithm is MacAlgorithm.HMAC_256_256
    assert read.headers.key_id == b"1"
    assert read.verify(KEY) == PAYLOAD


def test_the_algorithm_has_its_registered_name():
    assert MacAlgorithm.HMAC_256_256.value == "HMAC 256/256"


def test_an_empty_payload_is_a_payload():
    assert mac0.parse(mac0.mac(b"", key=KEY)).verify(KEY) == b""


def refused(message: Sequence[object], key: bytes = KEY, **options: Any) -> None:
    with pytest.raises(SignatureInvalidError) as caught:
        mac0.parse(message).verify(key, **options)
    assert caught.value.code == "MAC_INVALID"


def test_another_key_does_not_verify():
    refused(GOOD, key=bytes(32))


def test_a_part_that_was_exchanged_does_not_verify():
    tag = code_of(HEADER, b"", PAYLOAD)
    mac0.parse([HEADER, {4: b"2"}, PAYLOAD, tag]).verify(KEY)  # nothing protects this one
    refused([HEADER, {}, PAYLOAD + b" ", tag])
    refused([cbor.dumps({1: 5, 4: b"2"}), {}, PAYLOAD, tag])
    refused([HEADER, {}, PAYLOAD, tag[::-1]])
    refused([HEADER, {}, PAYLOAD, tag + b"\0"])


@pytest.mark.parametrize("length", [0, 1, 8, 16, 31])
def test_a_code_that_was_cut_short_does_not_verify(length):
    refused([HEADER, {}, PAYLOAD, code_of(HEADER, b"", PAYLOAD)[:length]])


def test_a_code_of_the_same_bytes_in_another_context_does_not_verify():
    for name in ("MAC", "Signature1"):
        refused([HEADER, {}, PAYLOAD, code_of(HEADER, b"", PAYLOAD, name)])


def test_external_data_is_covered_too():
    message = mac0.mac(PAYLOAD, key=KEY, external_aad=b"session")
    assert mac0.parse(message).verify(KEY, external_aad=b"session") == PAYLOAD
    for external_aad in (b"", b"sessio", b"another"):
        refused(message, external_aad=external_aad)


def test_a_detached_payload_comes_by_another_way():
    message = mac0.mac(PAYLOAD, key=KEY, detached=True)
    assert message[2] is None
    assert mac0.parse(message).verify(KEY, detached_payload=PAYLOAD) == PAYLOAD
    refused(message, detached_payload=b"something else")


def test_a_payload_is_in_one_place():
    with pytest.raises(MalformedError) as caught:
        mac0.parse(mac0.mac(PAYLOAD, key=KEY, detached=True)).verify(KEY)
    assert caught.value.code == "PAYLOAD_DETACHED"
    with pytest.raises(MalformedError) as caught:
        mac0.parse(GOOD).verify(KEY, detached_payload=PAYLOAD)
    assert caught.value.code == "PAYLOAD_NOT_DETACHED"


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_key_of_another_length_is_a_mistake_of_the_caller(length):
    with pytest.raises(ValueError, match="32 bytes"):
        mac0.mac(PAYLOAD, key=bytes(length))
    with pytest.raises(ValueError, match="32 bytes"):
        mac0.parse(GOOD).verify(bytes(length))


def test_a_header_that_nobody_may_write_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="label"):
        mac0.mac(PAYLOAD, key=KEY, unprotected={1: 5})


@pytest.mark.parametrize("value", [4, 6, 7, -7, 14, "HS256", 5.0, True, None, b"\x05"])
def test_another_algorithm_is_refused(value):
    """HMAC 256/64 among them: it is the same code, cut to eight bytes."""
    tag = code_of(cbor.dumps({1: value}), b"", PAYLOAD)
    with pytest.raises(AlgorithmNotAllowedError):
        mac0.parse([cbor.dumps({1: value}), {}, PAYLOAD, tag])


@pytest.mark.parametrize("protected", [b"", b"\xa0"])
def test_an_algorithm_that_is_not_protected_is_refused(protected):
    with pytest.raises(AlgorithmNotAllowedError):
        mac0.parse([protected, {1: 5}, PAYLOAD, code_of(b"", b"", PAYLOAD)])


def test_an_extension_is_refused():
    with pytest.raises(UnsupportedError):
        mac0.parse([cbor.dumps({1: 5, 2: [98], 98: 1}), {}, PAYLOAD, bytes(32)])


def test_a_mac_does_not_pass_for_a_signature_or_the_other_way_round():
    with pytest.raises(AlgorithmNotAllowedError):
        sign1.parse(GOOD)
    with pytest.raises(AlgorithmNotAllowedError):
        mac0.parse([b"\xa1\x01\x26", {}, PAYLOAD, bytes(64)])


@pytest.mark.parametrize(
    "value", [None, [], GOOD[:3], [*GOOD, []], [*GOOD[:3], None], [*GOOD[:2], "text", GOOD[3]], Tag(17, GOOD)]
)
def test_what_is_no_message_is_refused(value):
    with pytest.raises(MalformedError):
        mac0.parse(value)


@pytest.mark.parametrize("value", [GOOD, Tag(18, GOOD), Tag(17, Tag(17, GOOD))])
def test_the_tag_is_there_where_it_has_to_be(value):
    assert mac0.parse(Tag(17, GOOD), tagged=True).verify(KEY) == PAYLOAD
    with pytest.raises(MalformedError):
        mac0.parse(value, tagged=True)


def test_the_payload_does_not_show_before_it_is_verified():
    assert "This is" not in repr(mac0.parse(GOOD))
    assert mac0.parse(GOOD).unverified_payload == PAYLOAD
