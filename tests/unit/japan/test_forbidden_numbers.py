# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Rules R-01, R-04, R-05: which numbers stand in no credential, and how they are found."""

from __future__ import annotations

import base64
import hashlib

import pytest

from vcwallet.errors import MalformedError, VerificationError
from vcwallet.japan.forbidden_numbers import ForbiddenNumber, forbidden_number, require_not_derived

NUMBER = "123456789018"
WRONG = "123466789012"  # the check digit does not fit


@pytest.mark.parametrize("text", [NUMBER, "備考 1234-5678-9018", "１２３４　５６７８　９０１８"])
def test_a_my_number_is_found(text: str) -> None:
    assert forbidden_number(text) is ForbiddenNumber.MY_NUMBER


@pytest.mark.parametrize(
    "encode",
    [
        lambda number: number.encode().hex(),
        lambda number: f"id={number.encode().hex()};",
        lambda number: base64.b64encode(number.encode()).decode(),
        lambda number: f"token {base64.b64encode(number.encode()).decode()} end",
    ],
)
def test_an_encoded_my_number_is_found_and_another_number_is_not(encode) -> None:
    assert forbidden_number(encode(NUMBER)) is ForbiddenNumber.DERIVED
    assert forbidden_number(encode(WRONG)) is None


@pytest.mark.parametrize(
    "text",
    [
        "12345678901",
        "1234-5678-901",
        "１２３４５６７８９０１",
        "住民票コード：12345678901",
        "（住民票コード 1234 5678 901）",
    ],
)
def test_a_resident_record_code_is_found(text: str) -> None:
    assert forbidden_number(text) is ForbiddenNumber.RESIDENT_RECORD_CODE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "山田　太郎",
        "第88888号",
        WRONG,
        "みらい第2026-0000123号",
        "住民票コードは記載しない",
        "住民票コード 123456789012345",
        "電話 090-0000-0000",
        "2026-04-01",
        "MDAw",
        "a" * 500,
    ],
)
def test_other_texts_are_left_alone(text: str) -> None:
    assert forbidden_number(text) is None


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha512", "sha3_256"])
@pytest.mark.parametrize("prefix", ["", "urn:subject:"])
def test_a_digest_of_the_number_is_no_identifier(name: str, prefix: str) -> None:
    digest = hashlib.new(name, NUMBER.encode()).digest()
    encodings = (
        digest.hex(),
        digest.hex().upper(),
        base64.b64encode(digest),
        base64.urlsafe_b64encode(digest).rstrip(b"="),
    )
    for encoded in encodings:
        text = encoded if isinstance(encoded, str) else encoded.decode()
        with pytest.raises(VerificationError) as caught:
            require_not_derived(prefix + text, individual_number="1234 5678 9018")
        assert caught.value.code == "JP_MYNUMBER_DERIVED"
        assert NUMBER not in str(caught.value)


@pytest.mark.parametrize("identifier", [NUMBER, f"id-{NUMBER}", NUMBER.encode().hex(), "MTIzNDU2Nzg5MDE4"])
def test_the_number_itself_and_its_encodings_are_no_identifier(identifier: str) -> None:
    with pytest.raises(VerificationError, match="JP_MYNUMBER_DERIVED"):
        require_not_derived(identifier, individual_number=NUMBER)


@pytest.mark.parametrize("identifier", ["", "urn:uuid:4f0c1f0e", hashlib.sha256(b"something else").hexdigest()])
def test_another_identifier_will_do(identifier: str) -> None:
    require_not_derived(identifier, individual_number=NUMBER)


def test_what_is_compared_with_has_to_be_a_my_number() -> None:
    with pytest.raises(MalformedError) as caught:
        require_not_derived("x", individual_number=WRONG)
    assert caught.value.code == "JP_MY_NUMBER_INVALID"
