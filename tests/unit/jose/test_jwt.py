# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""JSON Web Token claims (RFC 7519): types and times, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from vcwallet.errors import MalformedError, ValidityError, VerificationError
from vcwallet.jose import jws, jwt
from vcwallet.keys.software import SoftwareSigner

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOW = int(AT.timestamp())
SKEW = 60


def test_claims_are_signed_under_a_type():
    signer = SoftwareSigner.generate()
    parsed = jws.parse(jwt.sign({"iss": "a"}, typ="kb+jwt", signer=signer, header={"kid": "1"}))
    assert parsed.header.members == {"typ": "kb+jwt", "kid": "1", "alg": "ES256"}
    assert jws.payload_object(parsed.verify(signer.public_key)) == {"iss": "a"}
    jwt.require_typ(parsed.header, "kb+jwt")


@pytest.mark.parametrize("typ", ["JWT", "KB+JWT", "application/kb+jwt", "kb+jwt ", ""])
def test_one_kind_of_token_does_not_pass_for_another(typ):
    header = jws.parse(jwt.sign({}, typ=typ, signer=SoftwareSigner.generate())).header
    jwt.require_typ(header, typ)
    with pytest.raises(VerificationError) as caught:
        jwt.require_typ(header, "kb+jwt")
    assert caught.value.code == "WRONG_TYPE"


def test_a_token_without_a_type_is_of_no_type():
    header = jws.parse(jws.sign(b"{}", signer=SoftwareSigner.generate(), header={})).header
    with pytest.raises(VerificationError):
        jwt.require_typ(header, "kb+jwt")


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({}, None),
        ({"exp": NOW + 1, "nbf": NOW}, None),
        ({"exp": NOW - SKEW + 1}, None),
        ({"exp": NOW - SKEW}, "EXPIRED"),
        ({"exp": NOW - SKEW + 0.5}, None),
        ({"exp": 0}, "EXPIRED"),
        ({"nbf": NOW + SKEW}, None),
        ({"nbf": NOW + SKEW + 1}, "NOT_YET_VALID"),
        ({"nbf": 253_402_300_799}, "NOT_YET_VALID"),
        ({"exp": 253_402_300_799}, None),
        ({"nbf": NOW + SKEW + 1, "exp": NOW - SKEW}, "NOT_YET_VALID"),
    ],
)
def test_a_token_is_valid_between_nbf_and_exp(claims, code):
    if code is None:
        jwt.require_valid_at(claims, at=AT)
    else:
        with pytest.raises(ValidityError) as caught:
            jwt.require_valid_at(claims, at=AT)
        assert caught.value.code == code


def test_the_skew_can_be_none():
    jwt.require_valid_at({"nbf": NOW, "exp": NOW + 1}, at=AT, skew=timedelta(0))
    for claims in ({"exp": NOW}, {"nbf": NOW + 1}):
        with pytest.raises(ValidityError):
            jwt.require_valid_at(claims, at=AT, skew=timedelta(0))


@pytest.mark.parametrize(
    "value",
    [None, True, False, "1", str(NOW), -1, 253_402_300_800, 10**60, 1e300, float("inf"), float("nan"), [NOW], {}],
)
@pytest.mark.parametrize("name", ["exp", "nbf"])
def test_a_time_claim_that_is_no_numeric_date_is_refused(name, value):
    with pytest.raises(MalformedError):
        jwt.require_valid_at({name: value}, at=AT)


def test_a_numeric_date_is_a_time_in_utc():
    assert jwt.numeric_date({"iat": NOW}, "iat") == AT
    assert jwt.numeric_date({"iat": NOW + 0.25}, "iat") == AT + timedelta(milliseconds=250)
    assert jwt.numeric_date({"iat": 0}, "iat") == datetime(1970, 1, 1, tzinfo=UTC)
    assert jwt.numeric_date({}, "iat") is None


def test_a_time_is_written_in_whole_seconds():
    assert jwt.seconds(AT + timedelta(milliseconds=900)) == NOW
    assert jwt.seconds(AT.astimezone(timezone(timedelta(hours=9)))) == NOW


def test_a_time_without_a_zone_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="time zone"):
        jwt.seconds(datetime(2026, 11, 23))


@pytest.mark.parametrize(
    ("issued", "code"),
    [
        (NOW, None),
        (NOW - 300, None),
        (NOW - 301, "EXPIRED"),
        (NOW + SKEW, None),
        (NOW + SKEW + 1, "NOT_YET_VALID"),
    ],
)
def test_a_fresh_token_was_made_a_short_while_ago(issued, code):
    if code is None:
        jwt.require_fresh({"iat": issued}, at=AT, max_age=timedelta(seconds=300))
    else:
        with pytest.raises(ValidityError) as caught:
            jwt.require_fresh({"iat": issued}, at=AT, max_age=timedelta(seconds=300))
        assert caught.value.code == code


@pytest.mark.parametrize("claims", [{}, {"iat": None}, {"iat": "now"}])
def test_a_token_that_does_not_say_when_it_was_made_is_not_fresh(claims):
    with pytest.raises(MalformedError):
        jwt.require_fresh(claims, at=AT, max_age=timedelta(seconds=300))


def test_a_text_claim_is_a_string_that_is_not_empty():
    assert jwt.text({"sub": "x"}, "sub") == "x"
    for claims in ({}, {"sub": ""}, {"sub": None}, {"sub": 1}, {"sub": ["x"]}):
        with pytest.raises(MalformedError):
            jwt.text(claims, "sub")
