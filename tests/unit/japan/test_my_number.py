# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The My Number attestation: checked, limited by statute, alone."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.unit.japan.sample_records import HOME, error_types
from vcwallet.credential_type import Sensitivity
from vcwallet.errors import MalformedError
from vcwallet.japan import Certificate, MyNumberAttestation, PartialDate


def attestation(number: str) -> MyNumberAttestation:
    return MyNumberAttestation(
        individual_number=number, name="山田　太郎", birthdate=PartialDate.parse("1990-01-02"), address=HOME
    )


@pytest.mark.parametrize("number", ["123456789018", "1234 5678 9018", "１２３４－５６７８－９０１８"])
def test_a_number_is_stored_in_one_form(number: str) -> None:
    assert attestation(number).individual_number == "123456789018"


@pytest.mark.parametrize("number", ["123466789012", "12345678901", "1234567890181", "", "一二三四五六七八九〇一八"])
def test_a_number_with_a_wrong_check_digit_or_form_is_refused(number: str) -> None:
    with pytest.raises(ValidationError) as caught:
        attestation(number)
    assert error_types(caught.value) == ["JP_MY_NUMBER_INVALID"]
    assert not number or number not in str(caught.value)


def test_a_verifier_checks_it_too() -> None:
    assert MyNumberAttestation.disclosed({"individual_number": "123456789018"}).individual_number == "123456789018"
    with pytest.raises(MalformedError) as caught:
        MyNumberAttestation.disclosed({"individual_number": "123466789012"})
    assert "1234" not in str(caught.value)


def test_a_statute_says_who_may_ask() -> None:
    claim = MyNumberAttestation.outline()["individual_number"].claim
    assert claim.sensitivity is Sensitivity.X
    assert claim.statute is not None
    assert claim.statute.code == "JP_MYNUMBER_NO_BASIS"
    assert claim.statute.bases == ("number_use_affair", "number_related_affair")


def test_it_holds_nothing_but_what_identifies() -> None:
    own = MyNumberAttestation.outline().keys() - Certificate.outline().keys()
    assert own == {"individual_number", "name", "birthdate", "address"}
