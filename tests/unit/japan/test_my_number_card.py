# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The My Number card in a phone: exactly the elements that its issuer gives it, and what must not be taken for them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.japan.sample_records import CARD, NUMBER, ON, PORTRAIT, error_types
from vcwallet.credential_type import FullDate, Sensitivity, json_schema, view
from vcwallet.credential_type.outline import walk
from vcwallet.japan import MyNumberCard, PartialDate, Sex
from vcwallet.japan.my_number import NUMBER_ACT

ISO, JP = "org.iso.23220.1", "org.iso.23220.1.jp"
AGES = (13, 15, 16, 18, 20, 60, 65, 70, 75)
MDOC = view(MyNumberCard, "mso_mdoc")


def card(**changes: Any) -> MyNumberCard:
    given = {name: value for name, value in {**CARD, **changes}.items() if value is not ...}
    return MyNumberCard.model_validate(given)


def elements(record: MyNumberCard, on: date = ON) -> dict[str, dict[str, Any]]:
    return {namespace: dict(items) for namespace, items in MDOC.claims(record.claims(on=on)).items()}


def refusal(**changes: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        card(**changes)
    assert NUMBER not in str(caught.value)
    return error_types(caught.value)


def test_the_card_has_the_elements_of_the_real_one() -> None:
    assert MDOC.type_id == "org.iso.23220.1.jp.mnc"
    assert elements(card()) == {
        JP: {
            "full_name_unicode": "山田　太郎",
            "resident_address_unicode": "〇〇県みらい市ひばりが丘１−２−３",
            "local_gov_code_unicode": "999016",
            "individual_number_unicode": NUMBER,
            "portrait": PORTRAIT,
            "sex_unicode": "男",
            "birth_date_unicode": "1990年1月2日",
        },
        ISO: {
            "sex": 1,
            "birth_date": FullDate("1990-01-02"),
            "age_in_years": 36,
            **{f"age_over_{years}": years <= 36 for years in AGES},
        },
    }


def test_values_are_of_the_types_of_the_real_one() -> None:
    iso = elements(card())[ISO]
    assert type(iso["birth_date"]) is FullDate
    assert type(iso["sex"]) is type(iso["age_in_years"]) is int
    assert type(elements(card())[JP]["portrait"]) is bytes


def test_the_schema_says_that_the_birth_date_is_a_full_date() -> None:
    schema = json_schema(MyNumberCard)["properties"]["birth_date"]
    assert (schema["type"], schema["format"], schema["x-ja"]) == ("string", "date", "生年月日")


def test_a_verifier_reads_them_back() -> None:
    seen = MyNumberCard.disclosed(MDOC.tree(elements(card())))
    assert (seen.full_name_unicode, seen.sex, seen.age_in_years) == ("山田　太郎", Sex.MALE, 36)
    assert (seen.birth_date, seen.portrait, seen.age_over_20) == (PartialDate.parse("1990-01-02"), PORTRAIT, True)


@pytest.mark.parametrize("code", ["99901", "999016"])
def test_a_municipality_code_of_five_or_six_digits_is_stored_with_six(code: str) -> None:
    assert card(local_gov_code_unicode=code).local_gov_code_unicode == "999016"
    assert MyNumberCard.disclosed({"local_gov_code_unicode": code}).local_gov_code_unicode == "999016"


def test_a_municipality_code_with_a_wrong_check_digit_is_refused() -> None:
    assert refusal(local_gov_code_unicode="999017") == ["JP_LOCAL_GOVERNMENT_CODE_INVALID"]


@pytest.mark.parametrize("name", ["given_name", "family_name"])
def test_there_is_no_given_and_no_family_name(name: str) -> None:
    """The register has one text; a request for a part of it is not answered with the whole."""
    with pytest.raises(ValueError, match="no claim"):
        MyNumberCard.path(name)
    assert not any(name in items for items in elements(card()).values())
    with pytest.raises(ValidationError):
        card(**{name: "山田"})


def test_the_number_is_limited_by_statute_under_both_of_its_names() -> None:
    limited = {p.path[0]: p.claim.statute for p in walk(MyNumberCard.outline()) if p.claim.sensitivity is Sensitivity.X}
    assert limited == {"individual_number_unicode": NUMBER_ACT, "document_number": NUMBER_ACT}
    assert MDOC.path(("document_number",)) == (ISO, "document_number")


def test_no_card_is_made_with_a_document_number_but_that_of_others_is_read() -> None:
    assert refusal(document_number=NUMBER) == ["JP_MYNUMBER_MIXED"]
    assert MyNumberCard.disclosed({"document_number": NUMBER}).document_number == NUMBER


def test_a_number_in_a_text_is_refused() -> None:
    assert refusal(resident_address_unicode=f"みらい市 {NUMBER}") == ["JP_MYNUMBER_MIXED"]
    assert refusal(individual_number_unicode="123466789012") == ["JP_MY_NUMBER_INVALID"]
    assert "individual_number_unicode" not in elements(card(individual_number_unicode=...))[JP]


def test_an_unknown_birth_date_proves_no_age() -> None:
    assert elements(card(birth_date=..., birth_date_unicode="不詳"))[ISO] == {"sex": 1}
    assert elements(card(birth_date=None, birth_date_unicode=...))[ISO] == {"sex": 1}


def test_of_a_birth_date_that_is_known_in_part_there_is_what_it_settles() -> None:
    iso = elements(card(birth_date="1951", birth_date_unicode="1951年"))[ISO]
    assert iso == {"sex": 1, **{f"age_over_{years}": True for years in AGES if years < 75}}


def test_ages_are_those_of_the_day_of_issue() -> None:
    before, after = (elements(card(birth_date="2006-11-24", birth_date_unicode=...), on=day)[ISO] for day in _EVE)
    assert (before["age_in_years"], before["age_over_20"]) == (19, False)
    assert (after["age_in_years"], after["age_over_20"]) == (20, True)


_EVE = (date(2026, 11, 23), date(2026, 11, 24))


def test_of_somebody_who_is_not_born_yet_there_is_no_age() -> None:
    iso = elements(card(birth_date="2026-11-24", birth_date_unicode=...))[ISO]
    assert "age_in_years" not in iso
    assert iso["age_over_13"] is False


def test_the_age_is_not_given_but_follows_from_the_birth_date() -> None:
    assert refusal(age_in_years=36) == ["JP_AGE_GIVEN"]


@pytest.mark.parametrize(
    "printed",
    [
        {"sex_unicode": "男", "sex": Sex.MALE},
        {"sex_unicode": "女", "sex": Sex.FEMALE},
        {"sex_unicode": "その他", "sex": Sex.NOT_APPLICABLE},
        {"sex_unicode": "女", "sex": ...},
        {"sex_unicode": ..., "sex": Sex.FEMALE},
        {"birth_date_unicode": "1990年01月02日"},
        {"birth_date_unicode": "平成2年1月2日"},
        {"birth_date_unicode": "1990年13月2日"},
        {"birth_date_unicode": ...},
        {"birth_date": ...},
    ],
)
def test_what_is_printed_agrees_or_is_not_compared(printed: dict[str, Any]) -> None:
    card(**printed)


@pytest.mark.parametrize("printed", [{"sex_unicode": "女"}, {"birth_date_unicode": "1990年1月3日"}])
def test_what_is_printed_does_not_contradict(printed: dict[str, Any]) -> None:
    assert refusal(**printed) == ["JP_CARD_CONTRADICTS"]


@pytest.mark.parametrize(
    ("portrait", "code"),
    [
        (b"\x89PNG\r\n\x1a\n", "JP_PICTURE_FORMAT"),
        (b"\xff\x4f\xff\x51", "JP_PICTURE_FORMAT"),
        (b"", "JP_PICTURE_FORMAT"),
        (b"\xff\xd8\xff" + bytes(99_998), "JP_PICTURE_TOO_LARGE"),
    ],
)
def test_a_portrait_is_a_jpeg_of_a_limited_size(portrait: bytes, code: str) -> None:
    assert card(portrait=b"\xff\xd8\xff" + bytes(99_997)).portrait is not None
    assert refusal(portrait=portrait) == [code]
