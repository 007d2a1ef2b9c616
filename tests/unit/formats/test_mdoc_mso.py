# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The MobileSecurityObject: every member that is missing or wrong is refused, and what is written is read."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.support.mdoc import (
    BEGINS,
    DAY,
    DEVICE_KEY,
    DOC_TYPE,
    ENDS,
    LEFT_OUT,
    SECOND,
    embed,
    key_info,
    mso,
    tdate,
    validity,
)
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Budget, Tag
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    DigestInvalidError,
    LimitExceededError,
    MalformedError,
    UnsupportedError,
    VcError,
    VerificationError,
)
from vcwallet.formats.mdoc import DigestAlgorithm, KeyAuthorizations
from vcwallet.formats.mdoc.mso import MAX_DIGEST_ID, NOTHING_AUTHORISED, MobileSecurityObject, ValidityInfo, write
from vcwallet.keys import Algorithm, cose_key
from vcwallet.keys.software import SoftwareSigner

DIGEST = bytes(32)


def loads(**changes: Any) -> MobileSecurityObject:
    return MobileSecurityObject.loads(cbor.dumps(embed(mso(**changes))))


def authorised(value: Any) -> KeyAuthorizations:
    return loads(deviceKeyInfo=key_info(keyAuthorizations=value)).key_authorizations


# --- reading ---------------------------------------------------------------------------------------------------------


def test_what_an_issuer_signs_is_read():
    found = loads(status={"status_list": {"idx": 1, "uri": "https://issuer.example/1"}})
    assert found.digest_algorithm is DigestAlgorithm.SHA_256
    assert found.device_key == DEVICE_KEY.public_key
    assert found.key_authorizations == NOTHING_AUTHORISED
    assert found.doc_type == DOC_TYPE
    assert found.validity == ValidityInfo(signed=BEGINS, valid_from=BEGINS, valid_until=ENDS)
    assert found.status == {"status_list": {"idx": 1, "uri": "https://issuer.example/1"}}
    assert loads().status is None


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.20"])
def test_a_minor_version_makes_no_difference(version: str):
    assert loads(version=version).doc_type == DOC_TYPE


@pytest.mark.parametrize("version", ["2.0", "0.1", "1"])
def test_another_major_version_is_refused(version: str):
    with pytest.raises(UnsupportedError) as caught:
        loads(version=version)
    assert caught.value.code == "VERSION_NOT_SUPPORTED"


def test_members_that_nobody_knows_are_ignored():
    keys = key_info(keyInfo={-1: "x"}, x=1, keyAuthorizations={"nameSpaces": ["a"], "x": 1})
    found = loads(x=1, deviceKeyInfo=keys, validityInfo=validity(x=1, expectedUpdate=tdate(ENDS)))
    assert found.key_authorizations == KeyAuthorizations(namespaces=frozenset({"a"}))


@pytest.mark.parametrize(
    "name", ["version", "digestAlgorithm", "valueDigests", "deviceKeyInfo", "docType", "validityInfo"]
)
def test_a_member_that_is_missing_or_no_map_or_text_is_refused(name: str):
    loads()
    others: list[Any] = [LEFT_OUT, None, 1, [], b"x", True]
    for value in others:
        with pytest.raises(MalformedError):
            loads(**{name: value})


@pytest.mark.parametrize("payload", [b"", b"\xf6", b"\x40", b"\xd8\x18\x40", b"\xd8\x18\x41\x80", b"\xd8\x18\x41\xff"])
def test_a_payload_that_is_no_embedded_map_is_refused(payload: bytes):
    with pytest.raises(MalformedError):
        MobileSecurityObject.loads(payload)


def test_the_payload_is_embedded():
    inner = cbor.dumps(mso())
    MobileSecurityObject.loads(cbor.embedded(inner))
    for payload in (inner, cbor.byte_string(inner), cbor.embedded(inner) + b"\0", b"\xd2" + cbor.embedded(inner)):
        with pytest.raises(MalformedError):
            MobileSecurityObject.loads(payload)


def test_what_the_issuer_signs_counts_for_the_message_that_it_is_part_of():
    payload = cbor.dumps(embed(mso(x=[0] * 1_000)))
    MobileSecurityObject.loads(payload, budget=Budget(1_100))
    with pytest.raises(LimitExceededError):
        MobileSecurityObject.loads(payload, budget=Budget(1_000))


def test_a_document_type_is_not_empty():
    with pytest.raises(MalformedError):
        loads(docType="")


@pytest.mark.parametrize("name", ["SHA-256", "SHA-384", "SHA-512"])
def test_three_hash_functions_are_known(name: str):
    assert loads(digestAlgorithm=name).digest_algorithm == name


@pytest.mark.parametrize("name", ["SHA-1", "SHA-224", "sha-256", "SHA256", "SHA-512/256", "MD5", ""])
def test_another_hash_function_is_refused(name: str):
    with pytest.raises(UnsupportedError) as caught:
        loads(digestAlgorithm=name)
    assert caught.value.code == "UNSUPPORTED"


# --- digests ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 1, MAX_DIGEST_ID])
def test_a_digest_has_a_number_below_two_to_the_31(number: int):
    assert loads(valueDigests={"a": {number: DIGEST}}).digests == {"a": {number: DIGEST}}


@pytest.mark.parametrize(
    "digests",
    [
        {},
        {1: {0: DIGEST}},
        {"": {0: DIGEST}},
        {"a": None},
        {"a": [DIGEST]},
        {"a": {-1: DIGEST}},
        {"a": {MAX_DIGEST_ID + 1: DIGEST}},
        {"a": {"0": DIGEST}},
        {"a": {b"\0": DIGEST}},
        {"a": {0: DIGEST.hex()}},
        {"a": {0: None}},
        {"a": {0: DIGEST}, "b": {0: 1}},
    ],
)
def test_what_is_no_table_of_digests_is_refused(digests: Any):
    with pytest.raises(MalformedError):
        loads(valueDigests=digests)


@pytest.mark.parametrize("name", list(DigestAlgorithm))
def test_a_digest_is_compared_with_the_one_that_was_signed(name: DigestAlgorithm):
    digest = hashlib.new(name.value.replace("-", ""), b"item").digest()
    found = loads(digestAlgorithm=name.value, valueDigests={"a": {7: digest}})
    found.require_digest("a", 7, b"item")
    with pytest.raises(DigestInvalidError) as caught:
        found.require_digest("a", 7, b"another")
    assert caught.value.code == "DIGEST_INVALID"


@pytest.mark.parametrize(
    "digest", [b"", DIGEST, hashlib.sha256(b"item").digest()[:16], hashlib.sha512(b"item").digest()]
)
def test_a_digest_of_another_length_is_another_digest(digest: bytes):
    loads(valueDigests={"a": {7: hashlib.sha256(b"item").digest()}}).require_digest("a", 7, b"item")
    with pytest.raises(DigestInvalidError):
        loads(valueDigests={"a": {7: digest}}).require_digest("a", 7, b"item")


@pytest.mark.parametrize(("namespace", "number"), [("a", 8), ("b", 7), ("", 7), ("A", 7)])
def test_an_element_without_a_digest_is_refused(namespace: str, number: int):
    found = loads(valueDigests={"a": {7: hashlib.sha256(b"item").digest()}})
    with pytest.raises(DigestInvalidError) as caught:
        found.require_digest(namespace, number, b"item")
    assert caught.value.code == "DIGEST_MISSING"


# --- the device key and what it may say ------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA])
def test_a_device_key_is_of_any_of_our_kinds(algorithm: Algorithm):
    key = SoftwareSigner.generate(algorithm).public_key
    assert loads(deviceKeyInfo=key_info(key)).device_key == key


@pytest.mark.parametrize(
    ("key", "error"),
    [
        (LEFT_OUT, MalformedError),
        ({}, UnsupportedError),
        (cose_key.public_cose_key(DEVICE_KEY.public_key) | {-4: bytes(32)}, MalformedError),
        (cose_key.public_cose_key(DEVICE_KEY.public_key) | {-2: bytes(32), -3: bytes(32)}, MalformedError),
        (cose_key.public_cose_key(DEVICE_KEY.public_key) | {3: -35}, AlgorithmNotAllowedError),
    ],
)
def test_what_is_no_public_key_is_refused(key: Any, error: type[VcError]):
    with pytest.raises(error):
        loads(deviceKeyInfo=key_info(deviceKey=key))


def test_nothing_is_authorised_unless_the_issuer_says_so():
    assert authorised(LEFT_OUT) is NOTHING_AUTHORISED
    assert not NOTHING_AUTHORISED.allow("a", "x")


def test_a_namespace_is_authorised_as_a_whole_or_by_elements():
    found = authorised({"nameSpaces": ["a", "b"], "dataElements": {"c": ["x", "y"]}})
    assert found == KeyAuthorizations(namespaces=frozenset({"a", "b"}), elements={"c": frozenset({"x", "y"})})
    assert found.allow("a", "anything")
    assert found.allow("c", "x")
    assert not found.allow("c", "z")
    assert not found.allow("d", "x")


@pytest.mark.parametrize(
    "value",
    [
        [],
        "a",
        {"nameSpaces": []},
        {"nameSpaces": None},
        {"nameSpaces": "a"},
        {"nameSpaces": [1]},
        {"nameSpaces": ["a", ""]},
        {"dataElements": {}},
        {"dataElements": ["c"]},
        {"dataElements": {"c": []}},
        {"dataElements": {"c": "x"}},
        {"dataElements": {"c": ["x", 1]}},
        {"dataElements": {"c": [""]}},
        {"dataElements": {1: ["x"]}},
        {"nameSpaces": ["a"], "dataElements": {"a": ["x"]}},
    ],
)
def test_authorisations_of_another_form_are_refused(value: Any):
    with pytest.raises(MalformedError):
        authorised(value)


def test_authorisations_check_themselves_where_they_are_made():
    KeyAuthorizations(namespaces=frozenset({"a"}), elements={"b": frozenset({"x"})})
    for elements in ({"a": frozenset({"x"})}, {"b": frozenset[str]()}):
        with pytest.raises(ValueError, match="as a whole or by elements"):
            KeyAuthorizations(namespaces=frozenset({"a"}), elements=elements)


# --- times -----------------------------------------------------------------------------------------------------------


def test_the_time_of_the_next_signature_is_read():
    assert loads(validityInfo=validity(expectedUpdate=tdate(ENDS))).validity.expected_update == ENDS
    assert loads().validity.expected_update is None


@pytest.mark.parametrize("name", ["signed", "validFrom", "validUntil", "expectedUpdate"])
@pytest.mark.parametrize(
    "value", [1795424401, "2026-11-23T09:00:00Z", Tag(0, "2026-11-23T09:00:00.5Z"), Tag(0, "soon")]
)
def test_a_time_is_a_tagged_text_in_whole_seconds_of_utc(name: str, value: Any):
    with pytest.raises(MalformedError, match=f"{name} is not a date and time"):
        loads(validityInfo=validity(**{name: value}))


@pytest.mark.parametrize("name", ["signed", "validFrom", "validUntil"])
def test_the_three_times_are_there(name: str):
    with pytest.raises(MalformedError, match=name):
        loads(validityInfo=validity(**{name: LEFT_OUT}))


@pytest.mark.parametrize(
    ("signed", "begins", "ends"),
    [(BEGINS, BEGINS, BEGINS + SECOND), (BEGINS - DAY, BEGINS, ENDS), (BEGINS, ENDS - SECOND, ENDS)],
)
def test_the_times_follow_each_other(signed: datetime, begins: datetime, ends: datetime):
    times = validity(signed=tdate(signed), validFrom=tdate(begins), validUntil=tdate(ends))
    assert loads(validityInfo=times).validity == ValidityInfo(signed=signed, valid_from=begins, valid_until=ends)


@pytest.mark.parametrize(
    ("signed", "begins", "ends"),
    [
        (BEGINS + SECOND, BEGINS, ENDS),
        (BEGINS, BEGINS, BEGINS),
        (BEGINS, ENDS, BEGINS),
        (ENDS, BEGINS, ENDS),
        (BEGINS - DAY, BEGINS, BEGINS - SECOND),
    ],
)
def test_times_that_contradict_each_other_are_refused(signed: datetime, begins: datetime, ends: datetime):
    with pytest.raises(VerificationError) as caught:
        loads(validityInfo=validity(signed=tdate(signed), validFrom=tdate(begins), validUntil=tdate(ends)))
    assert caught.value.code == "VALIDITY_INFO"


# --- status ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [None, "valid", 0, [], {}, {1: {}}, {"": 1}, b"x"])
def test_a_status_is_a_map_by_name(status: Any):
    loads(status={"identifier_list": {"id": b"1", "uri": "https://issuer.example/1"}})
    assert loads().status is None
    with pytest.raises(MalformedError):
        loads(status=status)


# --- writing ---------------------------------------------------------------------------------------------------------


def written(**changes: Any) -> bytes:
    members: dict[str, Any] = {
        "digest_algorithm": DigestAlgorithm.SHA_256,
        "digests": {"a": [b"0" * 32, b"1" * 32], "b": [b"2" * 32]},
        "device_key": DEVICE_KEY.public_key,
        "key_authorizations": NOTHING_AUTHORISED,
        "doc_type": DOC_TYPE,
        "validity": ValidityInfo(signed=BEGINS, valid_from=BEGINS, valid_until=ENDS),
        "status": None,
    }
    return write(**members | changes)


def test_what_is_written_is_the_map_that_the_standard_shows():
    members = {
        "version": "1.0",
        "digestAlgorithm": "SHA-256",
        "valueDigests": {"a": {0: b"0" * 32, 1: b"1" * 32}, "b": {0: b"2" * 32}},
        "deviceKeyInfo": key_info(),
        "docType": DOC_TYPE,
        "validityInfo": validity(),
    }
    assert written() == cbor.dumps(embed(members))
    status = {"status_list": {"idx": 1, "uri": "https://issuer.example/1"}}
    assert written(status=status) == cbor.dumps(embed(members | {"status": status}))


def test_what_is_written_is_read():
    allowed = KeyAuthorizations(namespaces=frozenset({"c", "b"}), elements={"d": frozenset({"y", "x"})})
    validity = ValidityInfo(signed=BEGINS, valid_from=BEGINS + SECOND, valid_until=ENDS, expected_update=ENDS - DAY)
    raw = written(
        key_authorizations=allowed, validity=validity, digest_algorithm=DigestAlgorithm.SHA_512, status={"x": 1}
    )
    found = MobileSecurityObject.loads(raw)
    assert found == MobileSecurityObject(
        digest_algorithm=DigestAlgorithm.SHA_512,
        digests={"a": {0: b"0" * 32, 1: b"1" * 32}, "b": {0: b"2" * 32}},
        device_key=DEVICE_KEY.public_key,
        key_authorizations=allowed,
        doc_type=DOC_TYPE,
        validity=validity,
        status={"x": 1},
    )


def test_authorisations_are_written_in_one_order():
    allowed = KeyAuthorizations(namespaces=frozenset({"c", "b"}), elements={"e": frozenset("z"), "d": frozenset("yx")})
    assert cbor.dumps(allowed.to_cbor()) == cbor.dumps(
        {"nameSpaces": ["b", "c"], "dataElements": {"d": ["x", "y"], "e": ["z"]}}
    )
    assert NOTHING_AUTHORISED.to_cbor() == {}
    assert KeyAuthorizations(elements={"d": frozenset("x")}).to_cbor() == {"dataElements": {"d": ["x"]}}


def test_times_are_written_in_utc_without_fractions():
    japan = timezone(timedelta(hours=9))
    written = ValidityInfo(signed=BEGINS.astimezone(japan), valid_from=BEGINS.replace(microsecond=5), valid_until=ENDS)
    assert written.to_cbor() == validity()


def test_a_time_without_a_zone_is_not_written():
    times = ValidityInfo(signed=BEGINS, valid_from=BEGINS.replace(tzinfo=None), valid_until=ENDS)
    with pytest.raises(ValueError, match="without a time zone"):
        written(validity=times)


def test_what_is_signed_stays_out_of_the_repr():
    assert "Arthur" not in repr(loads())
    assert "digests" not in repr(loads())
