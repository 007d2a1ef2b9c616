# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The age attestation: answers about ages and nothing else."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from tests.unit.japan.sample_records import ON, error_types
from vcwallet.credential_type import view
from vcwallet.japan import UNKNOWN_DATE, AgeAttestation, PartialDate, type_ids
from vcwallet.japan.age import AGES

ELEMENTS = tuple(f"age_over_{years}" for years in AGES)


def test_it_has_answers_and_nothing_else() -> None:
    assert tuple(AgeAttestation.outline()) == ELEMENTS
    assert (AgeAttestation.vct, AgeAttestation.doctype) == (type_ids.AGE_PREDICATE, "jp.vcwallet.age-predicate.1")


def test_a_birth_date_gives_every_answer_and_is_not_inside() -> None:
    claims = AgeAttestation.from_birth_date(PartialDate.parse("1964-11-23"), on=ON).claims(on=ON)
    reached = (13, 15, 16, 18, 20, 60)
    assert claims == {f"age_over_{years}": years in reached for years in AGES}


def test_the_answers_hold_on_the_day_that_they_were_made_for() -> None:
    birth = PartialDate.parse("2006-11-24")
    assert AgeAttestation.from_birth_date(birth, on=date(2026, 11, 23)).age_over_20 is False
    assert AgeAttestation.from_birth_date(birth, on=date(2026, 11, 24)).age_over_20 is True


def test_an_answer_that_the_birth_date_leaves_open_is_not_given() -> None:
    claims = AgeAttestation.from_birth_date(PartialDate.parse("2006"), on=ON).claims(on=ON)
    assert claims["age_over_18"] is True
    assert claims["age_over_60"] is False
    assert "age_over_20" not in claims


def test_of_an_unknown_birth_date_there_is_no_attestation() -> None:
    with pytest.raises(ValidationError) as caught:
        AgeAttestation.from_birth_date(UNKNOWN_DATE, on=ON)
    assert error_types(caught.value) == ["JP_AGE_UNKNOWN"]


def test_answers_agree() -> None:
    assert AgeAttestation(age_over_18=True, age_over_20=False).age_over_18
    assert AgeAttestation(age_over_20=True).age_over_18 is None
    assert AgeAttestation(age_over_20=False).age_over_18 is None
    with pytest.raises(ValidationError) as caught:
        AgeAttestation(age_over_18=False, age_over_20=True)
    assert error_types(caught.value) == ["JP_AGES_CONTRADICT"]


@pytest.mark.parametrize("answer", ["true", 1, "1990-01-02"])
def test_an_answer_is_true_or_false(answer: object) -> None:
    AgeAttestation.model_validate({"age_over_20": True})
    with pytest.raises(ValidationError):
        AgeAttestation.model_validate({"age_over_20": answer})


def test_in_an_mdoc_each_answer_is_an_element() -> None:
    record = AgeAttestation.from_birth_date(PartialDate.parse("1990-01-02"), on=ON)
    [(_, elements)] = view(AgeAttestation, "mso_mdoc").claims(record.claims(on=ON)).items()
    assert tuple(elements) == ELEMENTS
    assert all(type(answer) is bool for answer in elements.values())
