# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""DeviceSigned: what the device says by itself, and its signature or MAC for one exchange."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.support.mdoc import DOC_TYPE, WITH_READER, Scene, embed
from vcwallet.cose.mac0 import Mac0
from vcwallet.cose.sign1 import Sign1
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Budget, Tag
from vcwallet.errors import AlgorithmNotAllowedError, LimitExceededError, MalformedError
from vcwallet.formats.mdoc.device_signed import NOTHING, DeviceSigned, device_authentication, mac_key, read, write
from vcwallet.formats.mdoc.issuer_signed import MAX_ITEMS

SIGNED = Scene().device_auth
MACED = Scene(with_mac=True, binding=WITH_READER).device_auth


def read_items(said: Any, auth: Any = SIGNED) -> DeviceSigned:
    return read({"nameSpaces": embed(said), "deviceAuth": auth})


def test_a_signature_and_what_it_says_are_read():
    found = read_items({"a": {"x": 1, "y": "z"}, "b": {"x": None}})
    assert found.name_spaces == {"a": {"x": 1, "y": "z"}, "b": {"x": None}}
    assert found.encoded == cbor.dumps({"a": {"x": 1, "y": "z"}, "b": {"x": None}})
    assert isinstance(found.proof, Sign1)


def test_a_mac_is_read():
    assert isinstance(read_items({}, MACED).proof, Mac0)


def test_a_device_that_says_nothing_sends_an_empty_map():
    assert NOTHING == b"\xa0"
    found = read_items({})
    assert (found.name_spaces, found.encoded) == ({}, b"\xa0")


@pytest.mark.parametrize(
    "said", [{"a": {}}, {"": {"x": 1}}, {1: {"x": 1}}, {"a": [1]}, {"a": {"": 1}}, {"a": {1: 1}}, []]
)
def test_what_the_device_says_has_namespaces_and_names(said: Any):
    read_items({"a": {"x": 1}})
    with pytest.raises(MalformedError):
        read_items(said)


@pytest.mark.parametrize("encoded", [b"", b"\xb8\x00", b"\xbf\xff", b"\xa0\x00", b"\xa1\x61a", b"\xff"])
def test_what_the_device_says_is_strict_cbor(encoded: bytes):
    read({"nameSpaces": Tag(24, b"\xa0"), "deviceAuth": SIGNED})
    with pytest.raises(MalformedError):
        read({"nameSpaces": Tag(24, encoded), "deviceAuth": SIGNED})


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"deviceAuth": SIGNED},
        {"nameSpaces": embed({})},
        {"nameSpaces": {}, "deviceAuth": SIGNED},
        {"nameSpaces": b"\xa0", "deviceAuth": SIGNED},
        {"nameSpaces": None, "deviceAuth": SIGNED},
    ],
)
def test_what_is_no_device_signed_is_refused(value: Any):
    with pytest.raises(MalformedError):
        read(value)


@pytest.mark.parametrize(
    "auth",
    [
        None,
        {},
        [],
        {"deviceSignature": None},
        {"deviceSignature": SIGNED["deviceSignature"][:3]},
        {"deviceSignature": Tag(18, SIGNED["deviceSignature"])},
        {"deviceMac": Tag(17, MACED["deviceMac"])},
        {"issuerSignature": SIGNED["deviceSignature"]},
        SIGNED | MACED,
        SIGNED | {"x": 1},
        MACED | {"x": 1},
    ],
)
def test_a_proof_is_a_signature_or_a_mac(auth: Any):
    with pytest.raises(MalformedError):
        read_items({}, auth)


def test_a_mac_does_not_pass_for_a_signature_nor_a_signature_for_a_mac():
    for auth in ({"deviceSignature": MACED["deviceMac"]}, {"deviceMac": SIGNED["deviceSignature"]}):
        with pytest.raises(AlgorithmNotAllowedError):
            read_items({}, auth)


def test_members_that_nobody_knows_are_ignored():
    assert read({"nameSpaces": embed({}), "deviceAuth": SIGNED, "x": 1}).name_spaces == {}


def test_the_device_says_at_most_two_hundred_elements_in_all_namespaces():
    read_items({"a": dict.fromkeys(map(str, range(MAX_ITEMS - 1)), 1), "b": {"x": 1}})
    with pytest.raises(LimitExceededError):
        read_items({"a": dict.fromkeys(map(str, range(MAX_ITEMS - 1)), 1), "b": {"x": 1, "y": 1}})


def test_what_the_device_says_counts_for_the_message_that_it_is_part_of():
    value = {"nameSpaces": embed({"a": {"x": [0] * 94}}), "deviceAuth": SIGNED}
    read(value, budget=Budget(99))
    with pytest.raises(LimitExceededError):
        read(value, budget=Budget(98))


def test_what_the_device_says_stays_out_of_the_repr():
    assert "Arthur" not in repr(read_items({"a": {"x": "Arthur"}}))


# --- writing, and what is signed -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "auth"), [("deviceSignature", SIGNED), ("deviceMac", MACED)])
def test_the_parts_are_written_as_the_map_that_the_standard_shows(kind: str, auth: dict[str, Any]):
    made = write(b"\xa0", kind=kind, proof=cbor.dumps(auth[kind]))
    assert made == cbor.dumps({"nameSpaces": Tag(24, b"\xa0"), "deviceAuth": auth})
    assert b"jnameSpaces\xd8\x18\x41\xa0" in made


def test_the_device_signs_the_tagged_bytes_of_four_things():
    made = device_authentication(cbor.dumps([None, None, "handover"]), DOC_TYPE, b"\xa0")
    content = ["DeviceAuthentication", [None, None, "handover"], DOC_TYPE, Tag(24, b"\xa0")]
    assert made == cbor.dumps(embed(content))


def test_the_salt_of_the_key_is_the_hash_of_the_tagged_transcript():
    session = cbor.dumps([None, None, None])
    salt = hashlib.sha256(b"\xd8\x18\x44" + session).digest()
    expected = HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=b"EMacKey").derive(b"secret")
    assert mac_key(b"secret", session) == expected
    assert mac_key(b"secret", cbor.embedded(session)) != expected
    assert mac_key(b"another", session) != expected
