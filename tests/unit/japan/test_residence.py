# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Resident and household records: ages, kinds of resident, members."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.japan.sample_records import HOME, ON, PERSON, error_types
from vcwallet.claims import Concealment
from vcwallet.credential_type import ClaimNotDisclosedError, Sensitivity
from vcwallet.japan import HouseholdMember, HouseholdRecord, Relationship, ResidenceRecord, Sex

FOREIGN: dict[str, Any] = {
    "full_name": "NGUYEN THI LAN",
    "birth_date": "1998-01-03",
    "nationality": "VNM",
    "resident_category_foreign": "mid_to_long_term",
    "status_of_residence": "specified_skilled_worker_1",
    "period_of_stay": "P1Y",
    "period_of_stay_expiry": "2026-12-13",
    "residence_card_number": "ＡＢ12345678ＣＤ",
}


def residence(**claims: Any) -> ResidenceRecord:
    return ResidenceRecord.model_validate({**PERSON, "resident_address": HOME, **claims})


@pytest.mark.parametrize(
    ("birth_date", "answers"),
    [
        ("1990-01-02", {"age_over_18": True, "age_over_20": True}),
        ("2006-11-23", {"age_over_18": True, "age_over_20": True}),
        ("2006-11-24", {"age_over_18": True, "age_over_20": False}),
        ("2008-11-24", {"age_over_18": False, "age_over_20": False}),
        ("2006-11", {"age_over_18": True}),
        ("2006", {"age_over_18": True}),
        ("2008", {"age_over_20": False}),
        ("1950", {"age_over_18": True, "age_over_20": True}),
        (None, {}),
    ],
)
def test_an_age_is_answered_where_the_birth_date_leaves_no_doubt(birth_date: str | None, answers: Any) -> None:
    claims = residence(birth_date=birth_date).claims(on=ON)
    assert {name: claims[name] for name in ("age_over_18", "age_over_20") if name in claims} == answers
    assert claims["birth_date"] == birth_date


def test_an_age_is_that_of_the_day_of_issue() -> None:
    record = residence(birth_date="2006-11-24")
    assert record.claims(on=date(2026, 11, 24))["age_over_20"] is True


def test_an_age_can_be_shown_without_the_birth_date() -> None:
    view = ResidenceRecord.disclosed({"age_over_20": True})
    assert view.age_over_20 is True
    with pytest.raises(ClaimNotDisclosedError):
        _ = view.birth_date


def test_a_foreign_resident_has_items_of_residence() -> None:
    record = residence(**FOREIGN)
    assert record.residence_card_number == "AB12345678CD"
    assert record.status_of_residence is not None
    assert record.status_of_residence.ja == "特定技能１号"


@pytest.mark.parametrize("item", ["registered_domicile", "family_register_head", "former_family_name"])
def test_nobody_has_the_items_of_both_kinds_of_resident(item: str) -> None:
    residence(**{item: "山田"})
    with pytest.raises(ValidationError) as caught:
        residence(**FOREIGN, **{item: "山田"})
    assert error_types(caught.value) == ["JP_RESIDENT_ITEMS_MIXED"]


def test_japan_is_no_nationality_of_a_foreign_resident() -> None:
    with pytest.raises(ValidationError) as caught:
        residence(nationality="JPN")
    assert error_types(caught.value) == ["JP_RESIDENT_ITEMS_MIXED"]


def test_a_removal_is_said_as_a_whole() -> None:
    assert residence(removed=True, removed_reason="moved_out", removed_on="2026-10-01").removed
    with pytest.raises(ValidationError) as caught:
        residence(removed_reason="moved_out")
    assert error_types(caught.value) == ["JP_REMOVAL_INCOMPLETE"]


@pytest.mark.parametrize(
    "changes",
    [
        {"full_name": ""},
        {"full_name": None},
        {"full_name_kana": "やまだ"},
        {"full_name_kana": "ﾔﾏﾀﾞ"},
        {"sex": 3},
        {"sex": "1"},
        {"birth_date": "1990-02-30"},
        {"birth_date": "19900102"},
        {"relationship_to_head": "boss"},
        {"nationality": "vnm"},
        {"period_of_stay": "P"},
        {"period_of_stay": "3 years"},
        {"residence_card_number": "12345678"},
        {"form": "household"},
        {"individual_number": "123456789018"},
        {"resident_record_code": "12345678901"},
    ],
)
def test_a_wrong_value_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        residence(**changes)


@pytest.mark.parametrize("kana", ["ヤマダ　タロウ", "チャン　ヴァン・ミン", "スミス　ジェーン"])
def test_a_reading_is_in_katakana(kana: str) -> None:
    assert residence(full_name_kana=kana).full_name_kana == kana


@pytest.mark.parametrize(
    "name",
    ["relationship_to_head", "registered_domicile", "nationality", "residence_card_number", "household_head_name"],
)
def test_what_invites_discrimination_is_guarded(name: str) -> None:
    assert ResidenceRecord.outline()[name].claim.sensitivity is Sensitivity.C


def test_codes_are_read_from_what_a_register_stores() -> None:
    record = residence(sex=2, relationship_to_head="wife")
    assert (record.sex, record.relationship_to_head) == (Sex.FEMALE, Relationship.WIFE)
    assert record.claims(on=ON)["sex"] == 2


def household(*members: HouseholdMember) -> HouseholdRecord:
    return HouseholdRecord(resident_address=HOME, members=members)


def test_each_claim_of_each_member_is_shown_apart() -> None:
    members = HouseholdRecord.concealment().members["members"]
    assert members.elements is not None
    assert members.elements.members["birth_date"] == Concealment(selectable=True)
    assert HouseholdRecord.path("members.*.full_name") == ("members", None, "full_name")


def test_a_household_has_members_and_one_head() -> None:
    head, child = (
        HouseholdMember(**PERSON, relationship_to_head=code) for code in (Relationship.HEAD, Relationship.CHILD)
    )
    assert len(household(head, child).members) == 2
    with pytest.raises(ValidationError) as caught:
        household(head, head)
    assert error_types(caught.value) == ["JP_HOUSEHOLD_HEADS"]
    with pytest.raises(ValidationError):
        household()
