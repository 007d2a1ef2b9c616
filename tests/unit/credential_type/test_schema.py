# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema of the claim tree."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.credential_type.sample_types import ON, RECORD, Certificate, HouseholdRecord, NurseLicence
from vcwallet.credential_type import json_schema


def properties() -> dict[str, Any]:
    found: dict[str, Any] = json_schema(HouseholdRecord)["properties"]
    return found


def test_the_schema_is_labelled_in_both_languages() -> None:
    schema = json_schema(HouseholdRecord)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (schema["title"], schema["x-ja"]) == ("Household record", "世帯票")
    assert properties()["full_name"] == {
        "type": "string",
        "title": "Full name",
        "x-ja": "氏名",
        "description": "As registered",
    }


def test_an_absent_claim_is_left_out_and_not_null() -> None:
    assert properties()["birth_date"] == {
        "type": "string",
        "format": "date",
        "title": "Date of birth",
        "x-ja": "生年月日",
    }
    assert "null" not in str(json_schema(HouseholdRecord))


def test_required_are_the_claims_without_a_default() -> None:
    assert json_schema(HouseholdRecord)["required"] == ["issuing_authority", "full_name", "resident_address"]
    assert "registration_number" in json_schema(NurseLicence)["required"]


def test_groups_and_arrays_are_described_with_their_members() -> None:
    schema = json_schema(HouseholdRecord)
    assert schema["properties"]["resident_address"] == {"$ref": "#/$defs/Address", "x-ja": "住所"}
    assert schema["properties"]["income"] == {"$ref": "#/$defs/Money", "title": "Income", "x-ja": "所得"}
    assert schema["properties"]["members"]["items"] == {"$ref": "#/$defs/Member"}
    assert schema["$defs"]["Address"]["properties"]["locality"]["x-ja"] == "市区町村"


def test_predicates_are_described() -> None:
    assert properties()["age_over_20"] == {"type": "boolean", "title": "Aged 20 or over", "x-ja": "20歳以上"}
    assert properties()["income_above"] == {
        "type": "object",
        "properties": {"1000000": {"type": "boolean"}, "3000000": {"type": "boolean"}},
        "additionalProperties": False,
        "title": "Income above",
        "x-ja": "次の額を超える所得",
    }


def test_each_claim_of_a_tree_is_in_the_schema_and_each_required_one_in_the_tree() -> None:
    tree = RECORD.claims(on=ON)
    assert tree.keys() <= properties().keys()
    assert set(json_schema(HouseholdRecord)["required"]) <= tree.keys()


def test_a_base_without_a_vct_has_no_schema() -> None:
    with pytest.raises(TypeError, match="has no vct"):
        json_schema(Certificate)
