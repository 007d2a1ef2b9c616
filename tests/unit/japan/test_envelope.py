# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The rules that hold for every certificate: what its texts must not say, and what its class must not have."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import pytest
from pydantic import ValidationError

from tests.unit.japan.sample_records import HOME, NUMBER, PERSON, QUALIFIED, error_types
from vcwallet.credential_type import Claim, ClaimGroup, Sensitivity
from vcwallet.japan import (
    Address,
    Certificate,
    HouseholdMember,
    HouseholdRecord,
    NurseLicence,
    PartialDate,
    ResidenceRecord,
)
from vcwallet.japan.identifiers import DRIVING_LICENCE_NUMBER, MY_NUMBER, RESIDENT_RECORD_CODE
from vcwallet.japan.my_number import IndividualNumber, MyNumberAttestation
from vcwallet.japan.values import Identified

DECOMPOSED = "カ\u3099"


class LicenceCopy(Certificate, vct="urn:example:licence:1", ja="免許証", en="Licence"):
    licence_number: Annotated[
        Annotated[str, Identified(DRIVING_LICENCE_NUMBER)] | None,
        Claim("免許証の番号", "Licence number", sensitivity=Sensitivity.C),
    ] = None
    note: Annotated[str | None, Claim("備考", "Note")] = None


def residence(**changes: Any) -> ResidenceRecord:
    return ResidenceRecord.model_validate({**PERSON, "resident_address": HOME, **changes})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("備考 1234 5678 9018", "JP_MYNUMBER_MIXED"),
        ("MTIzNDU2Nzg5MDE4", "JP_MYNUMBER_DERIVED"),
        ("住民票コード 12345678901", "JP_JUMINCODE_FORBIDDEN"),
        (DECOMPOSED, "JP_TEXT_NOT_NFC"),
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        lambda text: residence(full_name=text),
        lambda text: residence(document_number=text),
        lambda text: residence(resident_address=Address(formatted=text)),
        lambda text: NurseLicence(**{**QUALIFIED, "registration_number": text}),
        lambda text: HouseholdRecord(
            resident_address=HOME, members=(HouseholdMember(full_name=text, birth_date=PartialDate(year=1990)),)
        ),
        lambda text: LicenceCopy(note=text),
    ],
)
def test_a_text_that_no_credential_may_have_is_refused_wherever_it_stands(place, text: str, code: str) -> None:
    place("山田　太郎")
    with pytest.raises(ValidationError) as caught:
        place(text)
    assert error_types(caught.value) == [code]
    assert text not in str(caught.value)


def test_a_refusal_says_where() -> None:
    with pytest.raises(ValidationError, match=r"The claim members\.0\.alias holds"):
        HouseholdRecord(resident_address=HOME, members=(HouseholdMember(**PERSON, alias=NUMBER, nationality="VNM"),))


def test_a_field_for_another_identifier_is_exempt() -> None:
    """A driving licence may have twelve digits with the check digit of a My Number."""
    assert LicenceCopy(licence_number=NUMBER).licence_number == NUMBER
    with pytest.raises(ValidationError):
        LicenceCopy(licence_number=NUMBER, note=NUMBER)


def test_a_my_number_beside_the_my_number_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        MyNumberAttestation(individual_number=NUMBER, name=NUMBER, birthdate=PartialDate(year=1990), address=HOME)
    assert error_types(caught.value) == ["JP_MYNUMBER_MIXED"]


def test_no_other_type_can_have_a_field_for_my_numbers() -> None:
    with pytest.raises(TypeError, match="JP_MYNUMBER_MIXED"):

        class Mixed(Certificate, vct="urn:example:mixed:1", ja="混在", en="Mixed"):
            number: Annotated[IndividualNumber | None, Claim("番号", "Number")] = None


def test_not_even_inside_a_group_or_an_array() -> None:
    class Inside(ClaimGroup):
        numbers: Annotated[tuple[Annotated[str, Identified(MY_NUMBER)], ...], Claim("番号", "Numbers")] = ()

    with pytest.raises(TypeError, match="JP_MYNUMBER_MIXED"):

        class Mixed(Certificate, vct="urn:example:mixed:1", ja="混在", en="Mixed"):
            inside: Annotated[tuple[Inside, ...], Claim("内訳", "Inside")] = ()


def test_nor_a_type_that_extends_the_attestation() -> None:
    with pytest.raises(TypeError, match="JP_MYNUMBER_MIXED"):

        class Mixed(MyNumberAttestation, vct="urn:example:more:1", ja="混在", en="Mixed"):
            income: Annotated[int | None, Claim("所得", "Income")] = None


def test_no_type_can_have_a_field_for_resident_record_codes() -> None:
    with pytest.raises(TypeError, match="JP_JUMINCODE_FORBIDDEN"):

        class Mixed(Certificate, vct="urn:example:code:1", ja="コード", en="Code"):
            code: Annotated[Annotated[str, Identified(RESIDENT_RECORD_CODE)], Claim("住民票コード", "Code")]


@pytest.mark.parametrize("code", ["999016", "99901", "7000012050002", "7-0000-1205-0002"])
def test_an_authority_has_a_local_government_code_or_a_corporate_number(code: str) -> None:
    assert LicenceCopy(issuing_authority_code=code).issuing_authority_code in ("999016", "7000012050002")


@pytest.mark.parametrize("code", ["999017", "1000012050002", "", "みらい市"])
def test_anything_else_is_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        LicenceCopy(issuing_authority_code=code)


def test_a_certificate_does_not_end_before_it_begins() -> None:
    assert LicenceCopy(valid_from=date(2026, 4, 1), expiry_date=date(2026, 4, 1)).expiry_date is not None
    with pytest.raises(ValidationError) as caught:
        LicenceCopy(valid_from=date(2026, 4, 1), expiry_date=date(2026, 3, 31))
    assert error_types(caught.value) == ["JP_VALIDITY_ORDER"]


@pytest.mark.parametrize(
    "address",
    [{"lg_code": "999017"}, {"postal_code": "12345"}, {"machiaza_id": "1"}, {"formatted": ""}, {"floor": "2"}],
)
def test_an_address_has_valid_parts(address: dict[str, str]) -> None:
    assert Address(formatted="〇〇県みらい市", lg_code="99901", postal_code="〒000-0011").postal_code == "0000011"
    with pytest.raises(ValidationError):
        Address.model_validate({"formatted": "〇〇県みらい市", **address})
