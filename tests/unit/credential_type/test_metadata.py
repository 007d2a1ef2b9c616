# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""SD-JWT VC Type Metadata of a credential type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import pytest

from tests.unit.credential_type.sample_types import (
    ON,
    RECORD,
    Certificate,
    HouseholdRecord,
    NurseLicence,
    Qualification,
)
from vcwallet.claims import ClaimPath, is_present
from vcwallet.credential_type import Claim, ClaimGroup, CredentialType, Disclosure, type_metadata


def entries(kind: type[CredentialType]) -> dict[ClaimPath, Mapping[str, Any]]:
    claims: Any = type_metadata(kind)["claims"]
    return {tuple(entry["path"]): entry for entry in claims}


def test_a_document_names_the_type_in_both_languages() -> None:
    document = type_metadata(HouseholdRecord)
    del document["claims"]
    assert document == {
        "vct": "urn:example:household:1",
        "name": "Household record",
        "description": "Who lives together, and what the household may be asked.",
        "display": [{"locale": "ja-JP", "name": "世帯票"}, {"locale": "en-US", "name": "Household record"}],
    }


def test_a_document_is_json() -> None:
    document = type_metadata(HouseholdRecord)
    assert json.loads(json.dumps(document)) == document


def test_a_claim_has_its_labels_descriptions_and_rules() -> None:
    assert entries(HouseholdRecord)["full_name",] == {
        "path": ["full_name"],
        "display": [
            {"locale": "ja-JP", "label": "氏名", "description": "戸籍の氏名"},
            {"locale": "en-US", "label": "Full name", "description": "As registered"},
        ],
        "mandatory": True,
        "sd": "always",
        "vcwallet": {"sensitivity": "B", "disclosure": "selectable"},
    }


def test_each_place_of_the_tree_has_an_entry_and_outer_ones_come_first() -> None:
    paths = list(entries(HouseholdRecord))
    assert [path for path in paths if path[0] in ("resident_address", "members", "nicknames", "income_above")] == [
        ("resident_address",),
        ("resident_address", "region"),
        ("resident_address", "locality"),
        ("resident_address", "street"),
        ("members",),
        ("members", None),
        ("members", None, "full_name"),
        ("members", None, "relationship"),
        ("members", None, "address"),
        ("members", None, "address", "region"),
        ("members", None, "address", "locality"),
        ("members", None, "address", "street"),
        ("nicknames",),
        ("nicknames", None),
        ("income_above",),
        ("income_above", "1000000"),
        ("income_above", "3000000"),
    ]


@pytest.mark.parametrize(
    ("path", "sd", "disclosure"),
    [
        (("issuing_authority",), "never", "always"),
        (("internal_note",), "always", "never"),
        (("full_name",), "always", "selectable"),
        (("resident_address",), "always", "selectable"),
        (("resident_address", "locality"), "always", "selectable"),
        (("members",), "always", "selectable"),  # the number of elements says something, too
        (("members", None), "always", "selectable"),
        (("members", None, "full_name"), "always", "selectable"),
        (("age_over_20",), "always", "selectable"),
        (("income_above", "3000000"), "always", "selectable"),
    ],
)
def test_sd_says_what_is_concealed_and_disclosure_what_a_wallet_may_do(
    path: ClaimPath, sd: str, disclosure: str
) -> None:
    entry = entries(HouseholdRecord)[path]
    assert (entry["sd"], entry["vcwallet"]["disclosure"]) == (sd, disclosure)


def test_what_is_inside_a_claim_that_is_never_disclosed_is_never_disclosed() -> None:
    class Note(ClaimGroup):
        text: Annotated[str, Claim("文", "Text", disclosure=Disclosure.ALWAYS)]

    class Case(CredentialType, vct="urn:example:case:1", ja="件", en="Case"):
        note: Annotated[Note, Claim("備考", "Note", disclosure=Disclosure.NEVER)]

    assert entries(Case)["note", "text"]["vcwallet"]["disclosure"] == "never"


def test_only_what_every_record_has_is_mandatory() -> None:
    mandatory = [path for path, entry in entries(HouseholdRecord).items() if entry.get("mandatory")]
    assert mandatory == [
        ("issuing_authority",),
        ("full_name",),
        ("resident_address",),
        ("resident_address", "region"),
        ("resident_address", "locality"),
    ]
    assert all(is_present(RECORD.claims(on=ON), path) for path in mandatory)


def test_a_class_x_claim_tells_its_statute() -> None:
    assert entries(HouseholdRecord)["individual_number",]["vcwallet"] == {
        "sensitivity": "X",
        "disclosure": "selectable",
        "statute": {"code": "NUMBER_NO_BASIS", "bases": ["number_use_affair", "number_related_affair"]},
    }


def test_a_claim_tells_which_predicates_can_stand_in_for_it() -> None:
    found = entries(HouseholdRecord)
    assert found["birth_date",]["vcwallet"]["predicates"] == ["age_over_20"]
    assert found["income",]["vcwallet"]["predicates"] == ["income_above"]
    assert "predicates" not in found["full_name",]["vcwallet"]


def test_an_extending_type_lists_only_its_own_additions() -> None:
    document = type_metadata(NurseLicence, parent_integrity="sha256-abc=")
    assert (document["extends"], document["extends#integrity"]) == (Qualification.vct, "sha256-abc=")
    found = entries(NurseLicence)
    assert list(found) == [("birth_date",), ("registration_number",), ("wards",), ("wards", None), ("of_age",)]
    assert found["birth_date",]["vcwallet"]["predicates"] == ["of_age"]


def test_what_an_extending_type_overrides_only_becomes_stricter() -> None:
    before, after = entries(Qualification)["registration_number",], entries(NurseLicence)["registration_number",]
    assert ("mandatory" in before, after["mandatory"]) == (False, True)
    assert before["sd"] == after["sd"] == "always"


def test_an_integrity_without_an_extended_type_is_a_mistake() -> None:
    assert "extends" not in type_metadata(Qualification)
    with pytest.raises(TypeError, match="extends no type"):
        type_metadata(Qualification, parent_integrity="sha256-abc=")


def test_a_base_without_a_vct_has_no_document() -> None:
    with pytest.raises(TypeError, match="has no vct"):
        type_metadata(Certificate)
