# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Signed CBOR Web Tokens (RFC 8392): claims, types and times, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from vcwallet.cose import cwt, sign1
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    SignatureInvalidError,
    ValidityError,
    VerificationError,
)
from vcwallet.keys import Algorithm
from vcwallet.keys.software import SoftwareSigner

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOW = int(AT.timestamp())
SKEW = 60
TYP = "application/statuslist+cwt"
CLAIMS: dict[int | str, Any] = {
    cwt.SUB: "https://issuer.example/list/1",
    cwt.IAT: NOW,
    65533: {"bits": 1, "lst": b"x"},
    "ours": [1.5],
}
SIGNER = SoftwareSigner.generate()


# --- signing and verifying -------------------------------------------------------------------------------------------


def test_the_registered_claims_have_their_numbers():
    assert [cwt.ISS, cwt.SUB, cwt.AUD, cwt.EXP, cwt.NBF, cwt.IAT, cwt.CTI] == [1, 2, 3, 4, 5, 6, 7]


def test_a_token_gives_its_claims_out():
    data = cwt.sign(CLAIMS, typ=TYP, signer=SIGNER, protected={33: b"der"}, unprotected={4: b"1"})
    token = cwt.parse(data)
    assert token.headers.protected == {1: -7, 16: TYP, 33: b"der"}
    assert (token.headers.chain, token.headers.key_id) == ((b"der",), b"1")
    assert token.verify(SIGNER.public_key) == CLAIMS


@pytest.mark.parametrize(("tag", "begins"), [(18, "d284"), (61, "d83dd284"), (None, "8443")])
def test_a_token_is_read_in_the_tags_that_it_has_to_have(tag, begins):
    data = cwt.sign(CLAIMS, typ=None, signer=SIGNER, tag=tag)
    assert data.hex().startswith(begins)
    assert cwt.parse(data, tag=tag).verify(SIGNER.public_key) == CLAIMS
    for other in {18, 61, None} - {tag}:
        with pytest.raises(MalformedError):
            cwt.parse(data, tag=other)


def test_the_tag_of_a_token_stands_around_the_tag_of_a_signature():
    """RFC 8392, section 6: a CWT tag prefixes a COSE tag."""
    message = sign1.sign(cbor.dumps(CLAIMS), signer=SIGNER)
    cwt.parse(cbor.dumps(Tag(61, Tag(18, message))), tag=61)
    for value in (Tag(61, message), Tag(61, Tag(17, message)), Tag(18, Tag(61, message)), Tag(61, None)):
        with pytest.raises(MalformedError):
            cwt.parse(cbor.dumps(value), tag=61)


@pytest.mark.parametrize("tag", [0, 17, 24])
def test_another_tag_is_a_mistake_of_the_caller(tag):
    data = cwt.sign(CLAIMS, typ=TYP, signer=SIGNER)
    with pytest.raises(ValueError, match="tag"):
        cwt.sign(CLAIMS, typ=TYP, signer=SIGNER, tag=tag)
    with pytest.raises(ValueError, match="tag"):
        cwt.parse(data, tag=tag)


def test_another_key_does_not_verify():
    token = cwt.parse(cwt.sign(CLAIMS, typ=TYP, signer=SIGNER))
    with pytest.raises(SignatureInvalidError):
        token.verify(SoftwareSigner.generate().public_key)


def test_the_algorithm_must_be_on_our_list():
    token = cwt.parse(cwt.sign(CLAIMS, typ=TYP, signer=SIGNER))
    token.verify(SIGNER.public_key, algorithms={Algorithm.ES256})
    with pytest.raises(AlgorithmNotAllowedError):
        token.verify(SIGNER.public_key, algorithms={Algorithm.ES384})


@pytest.mark.parametrize("payload", [b"", b"\x80", b"\xf6", b"\xa1\x41\x01\x01", b"\xa2\x01\x01\x01\x01", b"\xa0\x00"])
def test_the_payload_is_a_map_of_claims(payload):
    def token(content: bytes) -> cwt.Cwt:
        return cwt.parse(sign1.dumps(sign1.sign(content, signer=SIGNER), tagged=True))

    assert token(b"\xa0").verify(SIGNER.public_key) == {}
    with pytest.raises(MalformedError):
        token(payload).verify(SIGNER.public_key)


def test_the_claims_are_in_the_token():
    message = sign1.sign(cbor.dumps(CLAIMS), signer=SIGNER, detached=True)
    with pytest.raises(MalformedError) as caught:
        cwt.parse(sign1.dumps(message, tagged=True)).verify(SIGNER.public_key)
    assert caught.value.code == "PAYLOAD_DETACHED"


def test_a_token_has_at_most_1_mib():
    with pytest.raises(LimitExceededError):
        cwt.parse(bytes(1024 * 1024 + 1))
    with pytest.raises(MalformedError) as caught:
        cwt.parse(bytes(1024 * 1024))
    assert caught.value.code == "MALFORMED"


def test_the_claims_do_not_show_before_they_are_verified():
    token = cwt.parse(cwt.sign(CLAIMS, typ=TYP, signer=SIGNER))
    assert "issuer.example" not in repr(token)
    assert not hasattr(token, "claims")


# --- types -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typ", ["statuslist+cwt", "application/StatusList+cwt", f"{TYP} ", "", 60, None])
def test_one_kind_of_token_does_not_pass_for_another(typ):
    headers = cwt.parse(cwt.sign({}, typ=typ, signer=SIGNER)).headers
    assert headers.typ == typ
    with pytest.raises(VerificationError) as caught:
        cwt.require_typ(headers, TYP)
    assert caught.value.code == "WRONG_TYPE"


def test_a_type_has_more_than_one_spelling_where_a_caller_says_so():
    for typ in (TYP, "statuslist+cwt", 60):
        cwt.require_typ(cwt.parse(cwt.sign({}, typ=typ, signer=SIGNER)).headers, TYP, "statuslist+cwt", 60)


def test_a_token_without_a_type_is_of_no_type():
    headers = cwt.parse(cwt.sign({}, typ=None, signer=SIGNER)).headers
    assert 16 not in headers.protected
    with pytest.raises(VerificationError):
        cwt.require_typ(headers)


# --- times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({}, None),
        ({cwt.EXP: NOW + 1, cwt.NBF: NOW}, None),
        ({cwt.EXP: NOW - SKEW + 1}, None),
        ({cwt.EXP: NOW - SKEW}, "EXPIRED"),
        ({cwt.EXP: NOW - SKEW + 0.5}, None),
        ({cwt.EXP: 0}, "EXPIRED"),
        ({cwt.NBF: NOW + SKEW}, None),
        ({cwt.NBF: NOW + SKEW + 1}, "NOT_YET_VALID"),
        ({cwt.NBF: 253_402_300_799}, "NOT_YET_VALID"),
        ({cwt.EXP: 253_402_300_799}, None),
        ({cwt.NBF: NOW + SKEW + 1, cwt.EXP: NOW - SKEW}, "NOT_YET_VALID"),
        ({"exp": 0, "nbf": 253_402_300_799}, None),
    ],
)
def test_a_token_is_valid_between_nbf_and_exp(claims, code):
    if code is None:
        cwt.require_valid_at(claims, at=AT)
    else:
        with pytest.raises(ValidityError) as caught:
            cwt.require_valid_at(claims, at=AT)
        assert caught.value.code == code


def test_the_skew_can_be_none():
    cwt.require_valid_at({cwt.NBF: NOW, cwt.EXP: NOW + 1}, at=AT, skew=timedelta(0))
    for claims in ({cwt.EXP: NOW}, {cwt.NBF: NOW + 1}):
        with pytest.raises(ValidityError):
            cwt.require_valid_at(claims, at=AT, skew=timedelta(0))


@pytest.mark.parametrize(
    "value",
    [None, True, False, str(NOW), -1, 253_402_300_800, 2**64, 1e300, float("inf"), float("nan"), [NOW], Tag(1, NOW)],
    ids=str,
)
@pytest.mark.parametrize("label", [cwt.EXP, cwt.NBF])
def test_a_time_claim_that_is_no_numeric_date_is_refused(label, value):
    """RFC 8392, section 2: a NumericDate has no tag."""
    with pytest.raises(MalformedError):
        cwt.require_valid_at({label: value}, at=AT)


def test_a_numeric_date_is_a_time_in_utc():
    assert cwt.numeric_date({cwt.IAT: NOW}, cwt.IAT) == AT
    assert cwt.numeric_date({cwt.IAT: NOW + 0.25}, cwt.IAT) == AT + timedelta(milliseconds=250)
    assert cwt.numeric_date({cwt.IAT: 0}, cwt.IAT) == datetime(1970, 1, 1, tzinfo=UTC)
    assert cwt.numeric_date({}, cwt.IAT) is None


def test_a_time_is_written_in_whole_seconds():
    assert cwt.seconds(AT + timedelta(milliseconds=900)) == NOW
    assert cwt.seconds(AT.astimezone(timezone(timedelta(hours=9)))) == NOW


def test_a_time_without_a_zone_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="time zone"):
        cwt.seconds(datetime(2026, 11, 23))


def test_a_text_claim_is_a_string_that_is_not_empty():
    assert cwt.text({cwt.SUB: "x"}, cwt.SUB) == "x"
    for claims in ({}, {cwt.SUB: ""}, {cwt.SUB: None}, {cwt.SUB: 1}, {cwt.SUB: b"x"}):
        with pytest.raises(MalformedError):
            cwt.text(claims, cwt.SUB)
