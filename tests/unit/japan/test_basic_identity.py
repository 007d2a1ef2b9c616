# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The basic identity: the twin of the phone card, without the My Number."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.japan.sample_records import HOME, ON
from vcwallet.credential_type import Sensitivity, views
from vcwallet.credential_type.outline import walk
from vcwallet.japan import BasicIdentity, Certificate, PartialDate, type_ids
from vcwallet.japan.age import AGES


def identity(**changes: Any) -> BasicIdentity:
    birth = PartialDate.parse("1990-01-02")
    return BasicIdentity.model_validate({"name": "山田　太郎", "birthdate": birth, "address": HOME, **changes})


def test_it_has_the_claims_of_the_twin_and_no_my_number() -> None:
    own = BasicIdentity.outline().keys() - Certificate.outline().keys()
    assert own == {
        "name",
        "name_kana",
        "name_romaji",
        "former_family_name",
        "alias",
        "birthdate",
        "sex",
        "address",
        "age_equal_or_over",
    }
    assert all(place.claim.sensitivity is not Sensitivity.X for place in walk(BasicIdentity.outline()))


def test_it_is_no_mdoc_as_the_document_type_is_the_cards() -> None:
    assert BasicIdentity.vct == type_ids.BASIC_IDENTITY
    assert [shape.type_id for shape in views(BasicIdentity).values()] == [type_ids.BASIC_IDENTITY]


def test_it_answers_about_every_age() -> None:
    answers = identity().claims(on=ON)["age_equal_or_over"]
    assert answers == {str(years): years <= 36 for years in AGES}


@pytest.mark.parametrize(("birth", "answers"), [("2006", {"18": True, "60": False}), (None, None)])
def test_it_answers_only_what_the_birth_date_settles(birth: str | None, answers: dict[str, bool] | None) -> None:
    found: Any = identity(birthdate=birth).claims(on=ON).get("age_equal_or_over")
    if answers is None:
        assert found is None
    else:
        assert answers.items() <= found.items()
        assert "20" not in found
