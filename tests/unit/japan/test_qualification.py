# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""National qualifications: names, measures, and the teacher's own claims."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.japan.sample_records import ON, QUALIFIED, error_types
from vcwallet.credential_type import Sensitivity
from vcwallet.japan import (
    AdministrativeScrivenerRegistration,
    ChildcareWorkerRegistration,
    NationalQualification,
    NurseLicence,
    PhysicianLicence,
    Sanction,
    Sanctions,
    TeacherLicence,
)

SUSPENSION = {"kind": "suspension", "begins": "2026-10-01", "ends": "2027-03-31", "published": True}


@pytest.mark.parametrize(
    ("kind", "vct", "name"),
    [
        (NurseLicence, "urn:vcwallet:jp:qualification:nurse:1", "看護師"),
        (PhysicianLicence, "urn:vcwallet:jp:qualification:physician:1", "医師"),
        (ChildcareWorkerRegistration, "urn:vcwallet:jp:qualification:childcare-worker:1", "保育士"),
        (AdministrativeScrivenerRegistration, "urn:vcwallet:jp:qualification:administrative-scrivener:1", "行政書士"),
    ],
)
def test_a_profession_names_itself(kind: type[NationalQualification], vct: str, name: str) -> None:
    assert kind.vct == vct
    assert kind.model_validate(QUALIFIED).claims(on=ON)["qualification_name"] == name


def test_a_qualification_of_no_particular_kind_has_to_be_named() -> None:
    assert NationalQualification(**QUALIFIED, qualification_name="歯科医師").qualification_name == "歯科医師"
    with pytest.raises(ValidationError) as caught:
        NationalQualification(**QUALIFIED)
    assert error_types(caught.value) == ["JP_QUALIFICATION_UNNAMED"]


@pytest.mark.parametrize("missing", ["full_name", "birth_date", "registration_number", "qualification_status"])
def test_what_a_register_always_has_is_required(missing: str) -> None:
    with pytest.raises(ValidationError):
        NurseLicence.model_validate({name: value for name, value in QUALIFIED.items() if name != missing})


def test_measures_are_shown_together_or_not_at_all() -> None:
    record = NurseLicence.model_validate({**QUALIFIED, "sanctions": [SUSPENSION]})
    assert record.claims(on=ON)["sanctions"] == [SUSPENSION]
    assert record.sanctions == Sanctions((Sanction.model_validate(SUSPENSION),))
    concealed = NurseLicence.concealment().members["sanctions"]
    assert concealed.selectable
    assert concealed.elements is None
    assert "sanctions" not in NurseLicence(**QUALIFIED).claims(on=ON)


def test_a_measure_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValidationError):
        NurseLicence.model_validate({**QUALIFIED, "sanctions": [{**SUSPENSION, "ends": "2026-09-30"}]})


@pytest.mark.parametrize("name", ["sanctions", "holder_code", "registered_domicile_prefecture"])
def test_guarded_claims(name: str) -> None:
    assert NurseLicence.outline()[name].claim.sensitivity is Sensitivity.C


@pytest.mark.parametrize("name", ["qualification_name", "qualification_status", "issuing_authority"])
def test_what_a_published_register_says_is_public(name: str) -> None:
    assert NurseLicence.outline()[name].claim.sensitivity is Sensitivity.A


def teacher(**claims: Any) -> TeacherLicence:
    return TeacherLicence.model_validate({**QUALIFIED, "licence_class": "first", **claims})


def test_a_teacher_has_a_class_and_subjects() -> None:
    claims = teacher(subjects=["国語", "書道"], conferred_on="2013-03-31").claims(on=ON)
    assert (claims["licence_class"], claims["subjects"]) == ("first", ["国語", "書道"])
    assert "subjects" not in teacher().claims(on=ON)


@pytest.mark.parametrize("lapse", [{"lapse": "withdrawn"}, {"lapsed_on": "2025-09-30"}])
def test_a_licence_that_was_withdrawn_is_no_longer_active(lapse: dict[str, str]) -> None:
    assert teacher(**lapse, qualification_status="cancelled").qualification_status == "cancelled"
    with pytest.raises(ValidationError) as caught:
        teacher(**lapse)
    assert error_types(caught.value) == ["JP_LICENCE_LAPSED"]
