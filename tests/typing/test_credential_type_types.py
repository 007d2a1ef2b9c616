# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a type checker sees of credential types; mypy checks the claims, pytest that the code runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, assert_type

import pytest
from pydantic import ValidationError

from vcwallet.claims import ClaimPath, Concealment, JsonValue
from vcwallet.credential_type import (
    Claim,
    ClaimGroup,
    CredentialType,
    FormField,
    Predicate,
    Sensitivity,
    ThresholdPredicate,
    TypeView,
    consent_items,
    form,
    json_schema,
    predicate,
    threshold_predicate,
    type_metadata,
    view,
    views,
)

ON = date(2026, 11, 23)


class Address(ClaimGroup):
    locality: Annotated[str, Claim("市区町村", "Municipality")]


class TaxAssessment(CredentialType, vct="urn:example:tax:1", doctype="org.example.tax.1", ja="課税証明書", en="Tax"):
    full_name: Annotated[str, Claim("氏名", "Full name")]
    birth_date: Annotated[date, Claim("生年月日", "Date of birth")]
    address: Annotated[Address | None, Claim("住所", "Address", sensitivity=Sensitivity.C)] = None
    years: Annotated[tuple[int, ...], Claim("年度", "Fiscal years")] = ()

    @predicate("20歳以上", "Aged 20 or over", replaces="birth_date")
    def age_over_20(self, on: date) -> bool | None:
        assert_type(self.birth_date, date)
        return on.year - self.birth_date.year > 20

    @threshold_predicate("年数", "More years than", replaces="years", thresholds=(1, 2))
    def more_years_than(self, threshold: int, on: date) -> bool | None:
        return len(self.years) > threshold


class LateAssessment(TaxAssessment, vct="urn:example:tax:late:1", ja="追徴", en="Late"):
    days_late: Annotated[int, Claim("日数", "Days late")]


RECORD = TaxAssessment(full_name="花子", birth_date=date(1990, 1, 2), address=Address(locality="市"), years=(2026,))


def test_a_record_has_the_types_of_its_fields() -> None:
    assert_type(RECORD, TaxAssessment)
    assert_type(RECORD.full_name, str)
    assert_type(RECORD.address, Address | None)
    assert_type(RECORD.years, tuple[int, ...])
    assert_type(RECORD.claims(on=ON), dict[str, JsonValue])


def test_a_view_has_the_type_of_the_record() -> None:
    view = TaxAssessment.disclosed(RECORD.claims(on=ON))
    assert_type(view, TaxAssessment)
    assert_type(view.birth_date, date)
    assert_type(view.age_over_20, bool)
    assert_type(view.more_years_than, Mapping[str, bool])
    assert_type(view.more_years_than["1"], bool)
    assert_type(view.undeclared, Mapping[str, JsonValue])
    assert_type(LateAssessment.disclosed({"days_late": 3}), LateAssessment)
    assert_type(LateAssessment.disclosed({"days_late": 3, "age_over_20": True}).age_over_20, bool)


def test_a_predicate_of_the_class_is_an_object() -> None:
    assert_type(TaxAssessment.age_over_20, Predicate[TaxAssessment])
    assert_type(TaxAssessment.more_years_than, ThresholdPredicate[TaxAssessment])
    assert_type(TaxAssessment.age_over_20.answer(RECORD, ON), bool | None)
    assert_type(TaxAssessment.more_years_than.answer(RECORD, ON), dict[str, bool] | None)


def test_what_a_class_gives_rise_to_is_typed() -> None:
    assert_type(TaxAssessment.vct, str)
    assert_type(TaxAssessment.doctype, str | None)
    assert_type(TaxAssessment.mdoc_namespace, str | None)
    assert_type(TaxAssessment.concealment(), Concealment)
    assert_type(TaxAssessment.path("address.locality"), ClaimPath)
    assert_type(TaxAssessment.path(["address", "locality"]), ClaimPath)
    assert_type(type_metadata(TaxAssessment), dict[str, JsonValue])
    assert_type(json_schema(TaxAssessment), dict[str, Any])
    assert_type(form(TaxAssessment, "ja"), tuple[FormField, ...])
    assert_type(consent_items(TaxAssessment, [TaxAssessment.path("full_name")], "ja"), tuple[str, ...])


def test_a_view_in_a_format_is_typed() -> None:
    shape = view(TaxAssessment, "mso_mdoc")
    assert_type(shape, TypeView)
    assert_type(views(TaxAssessment), Mapping[str, TypeView])
    assert_type(shape.format, str)
    assert_type(shape.type_id, str)
    assert_type(shape.meta, dict[str, JsonValue])
    assert_type(shape.claims(RECORD.claims(on=ON)), dict[str, Any])
    assert_type(shape.tree({}), dict[str, JsonValue])
    assert_type(shape.concealment(), Concealment)
    assert_type(shape.path(("full_name",)), ClaimPath)
    assert_type(shape.paths(("address",)), tuple[ClaimPath, ...])
    assert_type(shape.granted(("address",)), tuple[ClaimPath, ...])
    assert_type(shape.metadata(), dict[str, JsonValue])


def test_a_type_checker_finds_what_pydantic_refuses() -> None:
    with pytest.raises(ValidationError):
        Address(locality=5)  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        Address()  # type: ignore[call-arg]
    with pytest.raises(ValidationError):
        Address(locality="市", region="県")  # type: ignore[call-arg]


def test_a_type_checker_finds_misspelt_claims() -> None:
    with pytest.raises(AttributeError):
        _ = RECORD.ful_name  # type: ignore[attr-defined]


def test_text_for_a_date_is_for_those_who_read_json() -> None:
    fields = {"full_name": "花子", "birth_date": "1990-01-02"}
    assert_type(TaxAssessment.model_validate(fields), TaxAssessment)
    assert TaxAssessment(full_name="花子", birth_date="1990-01-02").birth_date.year == 1990  # type: ignore[arg-type]
