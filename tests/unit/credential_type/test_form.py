# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The form that fills in a record."""

from __future__ import annotations

from typing import Annotated

from tests.unit.credential_type.sample_types import HouseholdRecord
from vcwallet.credential_type import Choice, Claim, CredentialType, FieldKind, FormField, form

FIELDS = {field.path: field for field in form(HouseholdRecord, "ja")}


def test_a_form_asks_for_the_fields_and_not_for_answers() -> None:
    assert [field.path[0] for field in form(HouseholdRecord, "en")] == [*HouseholdRecord.model_fields]


def test_a_field_has_the_label_and_explanation_in_the_language_of_the_form() -> None:
    english = {field.path: field for field in form(HouseholdRecord, "en")}
    assert (FIELDS["full_name",].label, FIELDS["full_name",].description) == ("氏名", "戸籍の氏名")
    assert (english["full_name",].label, english["full_name",].description) == ("Full name", "As registered")


def test_a_field_is_asked_for_by_its_type() -> None:
    kinds = {str(path[0]): field.kind.value for path, field in FIELDS.items()}
    assert kinds == {
        "issuing_authority": "text",
        "internal_note": "text",
        "full_name": "text",
        "birth_date": "date",
        "sex": "choice",
        "form": "choice",
        "resident_address": "group",
        "members": "list",
        "nicknames": "list",
        "income": "text",
        "employed": "choice",
        "individual_number": "text",
    }


def test_a_number_is_asked_for_as_a_number() -> None:
    class Income(CredentialType, vct="urn:example:income:1", ja="所得", en="Income"):
        amount: Annotated[int | None, Claim("金額", "Amount")] = None

    assert [field.kind for field in form(Income, "en")] == [FieldKind.NUMBER]


def test_a_claim_with_a_default_is_not_required() -> None:
    assert FIELDS["full_name",].required
    assert not FIELDS["form",].required


def test_choices_have_the_value_of_the_claim_tree_and_the_labels_of_the_enumeration() -> None:
    english = {field.path: field for field in form(HouseholdRecord, "en")}
    assert FIELDS["sex",].choices == (Choice(value="2", label="女"), Choice(value="1", label="男"))
    assert english["sex",].choices == (Choice(value="2", label="2"), Choice(value="1", label="1"))
    assert [choice.value for choice in FIELDS["form",].choices] == ["individual", "household"]
    assert FIELDS["employed",].choices == (Choice(value=True, label="はい"), Choice(value=False, label="いいえ"))
    assert [choice.label for choice in english["employed",].choices] == ["Yes", "No"]


def test_a_group_has_the_fields_of_its_members() -> None:
    assert FIELDS["resident_address",].fields[1] == FormField(
        path=("resident_address", "locality"),
        label="市区町村",
        description=None,
        kind=FieldKind.TEXT,
        required=True,
    )


def test_a_list_repeats_one_field() -> None:
    [entry] = FIELDS["members",].fields
    assert (entry.path, entry.kind, entry.label) == (("members", None), FieldKind.GROUP, "世帯員")
    assert entry.fields[2].fields[0].path == ("members", None, "address", "region")
    [entry] = FIELDS["nicknames",].fields
    assert (entry.path, entry.kind) == (("nicknames", None), FieldKind.TEXT)
