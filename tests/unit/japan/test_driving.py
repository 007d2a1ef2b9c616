# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The driving licence: the data set of ISO/IEC 18013-5 and the Japanese namespace."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.japan.sample_records import LICENCE, NUMBER, ON, PORTRAIT, RECORDS, error_types
from vcwallet.credential_type import FullDate, Sensitivity, view
from vcwallet.credential_type.outline import walk
from vcwallet.japan import DrivingLicence, DrivingPrivilege

ISO, JP = "org.iso.18013.5.1", "jp.vcwallet.mdl.1"
MDOC = view(DrivingLicence, "mso_mdoc")
MANDATORY = {
    "family_name",
    "given_name",
    "birth_date",
    "issue_date",
    "expiry_date",
    "issuing_country",
    "issuing_authority",
    "document_number",
    "portrait",
    "driving_privileges",
    "un_distinguishing_sign",
}
DOMESTIC = {
    "licence_number",
    "licence_categories",
    "first_licence_dates.other",
    "conditions",
    "colour_class",
    "public_safety_commission",
}
[FULL] = [record for record in RECORDS if isinstance(record, DrivingLicence)]


def licence(**changes: Any) -> DrivingLicence:
    given = {name: value for name, value in {**LICENCE, **changes}.items() if value is not ...}
    return DrivingLicence.model_validate(given)


def elements(record: DrivingLicence) -> dict[str, dict[str, Any]]:
    return {namespace: dict(items) for namespace, items in MDOC.claims(record.claims(on=ON)).items()}


def refusal(**changes: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        licence(**changes)
    return error_types(caught.value)


def test_it_has_every_mandatory_element_of_the_standard() -> None:
    assert MDOC.type_id == "org.iso.18013.5.1.mDL"
    assert {place.path[0] for place in walk(DrivingLicence.outline()) if place.mandatory} == MANDATORY
    assert {name for name in elements(licence())[ISO] if not name.startswith("age_over_")} == MANDATORY


@pytest.mark.parametrize("name", sorted(MANDATORY))
def test_none_of_them_may_be_missing(name: str) -> None:
    assert refusal(**{name: ...}) == ["missing"]


def test_values_are_of_the_types_of_the_standard() -> None:
    iso = elements(licence())[ISO]
    assert iso["portrait"] == PORTRAIT
    assert type(iso["portrait"]) is bytes
    for name in ("birth_date", "issue_date", "expiry_date"):
        assert type(iso[name]) is FullDate
    [privilege] = iso["driving_privileges"]
    assert privilege == {
        "vehicle_category_code": "B",
        "issue_date": FullDate("2010-04-01"),
        "expiry_date": FullDate("2030-02-02"),
        "codes": [{"code": "01"}],
    }
    assert type(privilege["issue_date"]) is type(privilege["expiry_date"]) is FullDate


def test_there_may_be_no_privilege() -> None:
    assert elements(licence(driving_privileges=()))[ISO]["driving_privileges"] == []


def test_a_privilege_is_shown_with_its_restrictions() -> None:
    """In an mdoc all of them are one element; in SD-JWT VC each privilege is one disclosure."""
    assert MDOC.path(("driving_privileges", None, "codes")) == (ISO, "driving_privileges")
    privileges = DrivingLicence.concealment().members["driving_privileges"]
    assert privileges.selectable
    assert privileges.elements is not None
    assert privileges.elements.selectable
    assert not any(member.selectable for member in privileges.elements.members.values())
    codes = privileges.elements.members["codes"].elements
    assert codes is not None
    assert not any(part.selectable for part in (codes, *codes.members.values()))


def test_what_only_a_japanese_licence_has_is_in_a_namespace_of_its_own() -> None:
    found = elements(FULL)
    assert found.keys() == {ISO, JP}
    assert found[JP].keys() == DOMESTIC
    assert found[JP]["first_licence_dates.other"] == FullDate("2010-04-01")
    assert found[JP]["licence_categories"] == ["ordinary", "moped"]
    assert found[JP]["colour_class"] == "gold"
    assert found[ISO]["family_name_national_character"] == "山田"
    assert found[ISO]["issuing_jurisdiction"] == "JP-13"


def test_a_verifier_reads_it_back() -> None:
    seen = DrivingLicence.disclosed(MDOC.tree(elements(FULL)))
    assert seen.driving_privileges[0].issue_date == date(2010, 4, 1)
    assert (seen.licence_number, seen.age_over_20, seen.portrait) == ("300000000019", True, PORTRAIT)
    assert seen.first_licence_dates is not None
    assert seen.first_licence_dates.other == date(2010, 4, 1)


def test_what_invites_linkage_or_discrimination_is_guarded() -> None:
    guarded = {place.path[0] for place in walk(DrivingLicence.outline()) if place.claim.sensitivity is Sensitivity.C}
    assert guarded == {
        "document_number",
        "portrait",
        "driving_privileges",
        "nationality",
        "licence_number",
        "conditions",
        "registered_domicile",
    }


@pytest.mark.parametrize("number", ["300000000019", "3000 0000 0019", NUMBER])
def test_a_licence_number_has_twelve_digits_and_no_more_is_checked(number: str) -> None:
    """The rule of its check digit is not published, and one number in eleven looks like a My Number."""
    assert licence(licence_number=number).licence_number == number.replace(" ", "")


@pytest.mark.parametrize("number", ["30000000001", "3000000000190", "A00000000019"])
def test_anything_else_is_no_licence_number(number: str) -> None:
    assert refusal(licence_number=number) == ["JP_DRIVING_LICENCE_NUMBER_INVALID"]


def test_a_document_number_is_none_that_could_be_a_my_number() -> None:
    assert refusal(document_number=NUMBER) == ["JP_MYNUMBER_MIXED"]


@pytest.mark.parametrize("text", ["山田", "", "x" * 151, "a\n", "Ł"])
@pytest.mark.parametrize("name", ["family_name", "issuing_authority", "document_number", "resident_address"])
def test_texts_of_the_standard_are_in_latin_letters(name: str, text: str) -> None:
    licence(**{name: "Müller-Ōé".replace("Ō", "O")})
    licence(**{name: "x" * 150})
    assert len(refusal(**{name: text})) == 1


@pytest.mark.parametrize(
    ("changes", "fine"),
    [
        ({"issuing_country": "JPN"}, {"issuing_country": "JP"}),
        ({"nationality": "jp"}, {"nationality": "VN"}),
        ({"un_distinguishing_sign": "j"}, {"un_distinguishing_sign": "D"}),
        ({"issuing_jurisdiction": "Tokyo"}, {"issuing_jurisdiction": "JP-13"}),
        ({"driving_privileges": [{"vehicle_category_code": ""}]}, {"driving_privileges": []}),
        ({"portrait": b"GIF89a"}, {"portrait": b"\xff\x4f\xff\x51"}),
        ({"portrait": b"\x00\x00\x00\x0cjP"}, {"portrait": b"\x00\x00\x00\x0cjP  \r\n\x87\n"}),
        ({"colour_class": "red"}, {"colour_class": "green"}),
        ({"licence_categories": ["rocket"]}, {"licence_categories": ["large_class2"]}),
    ],
)
def test_codes_have_the_forms_of_the_standard(changes: dict[str, Any], fine: dict[str, Any]) -> None:
    licence(**fine)
    with pytest.raises(ValidationError):
        licence(**changes)


@pytest.mark.parametrize(
    "dates",
    [
        {"issue_date": date(1990, 1, 2)},
        {"expiry_date": date(2025, 2, 1)},
    ],
)
def test_dates_are_in_order(dates: dict[str, date]) -> None:
    licence(issue_date=date(1990, 1, 3), expiry_date=date(1990, 1, 3))
    assert refusal(**dates) == ["JP_LICENCE_DATES"]


def test_a_jurisdiction_is_of_the_issuing_country() -> None:
    licence(issuing_country="US", issuing_jurisdiction="US-CA")
    licence(issuing_country="US")
    assert refusal(issuing_country="US", issuing_jurisdiction="JP-13") == ["JP_LICENCE_JURISDICTION"]


def test_ages_are_those_of_the_day_of_issue() -> None:
    record = licence(birth_date=date(1961, 11, 24))
    assert record.claims(on=date(2026, 11, 23))["age_over_65"] is False
    assert record.claims(on=date(2026, 11, 24))["age_over_65"] is True


def test_a_privilege_is_made_by_its_category() -> None:
    assert DrivingPrivilege(vehicle_category_code="CE").codes is None
