# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Tax certificates: years, predicates, and unreported income."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.japan.sample_records import ASSESSED, HOME, ON, error_types
from vcwallet.errors import VerificationError
from vcwallet.japan import Money, TaxAssessment, TaxPayment
from vcwallet.japan.tax import INCOME_THRESHOLDS, fiscal_year_label


def assessment(**claims: Any) -> TaxAssessment:
    return TaxAssessment.model_validate({**ASSESSED, **claims})


def payment(**claims: Any) -> TaxPayment:
    return TaxPayment.model_validate(
        {"full_name": "山田　太郎", "tax_item": "inhabitant", "fiscal_year": 2026, **claims}
    )


@pytest.mark.parametrize(
    ("income", "above", "below"),
    [
        (2_999_999, False, True),
        (3_000_000, False, False),
        (3_000_001, True, False),
        (0, False, True),
        (-1, False, True),
    ],
)
def test_an_income_is_above_or_below_an_amount_or_just_that(income: int, above: bool, below: bool) -> None:
    claims: Any = assessment(total_income=Money.yen(income)).claims(on=ON)
    assert (claims["income_above"]["3000000"], claims["income_below"]["3000000"]) == (above, below)


def test_the_amounts_are_those_that_the_purposes_need() -> None:
    assert {2_000_000, 3_000_000} <= set(INCOME_THRESHOLDS)
    assert (min(INCOME_THRESHOLDS), max(INCOME_THRESHOLDS)) == (1_000_000, 10_000_000)
    assert sorted(set(INCOME_THRESHOLDS)) == list(INCOME_THRESHOLDS)


def test_of_an_unreported_income_nothing_is_answered() -> None:
    claims = assessment(total_income=Money.unreported(), certificate_kind="non_taxed").claims(on=ON)
    assert claims["total_income"] == {"unreported": True}
    assert not {"income_above", "income_below", "is_non_taxed"} & claims.keys()


def test_a_verifier_that_sees_an_unreported_income_is_told() -> None:
    view = TaxAssessment.disclosed({"total_income": {"unreported": True}})
    with pytest.raises(VerificationError, match="VALUE_UNREPORTED"):
        view.total_income.require_amount()
    assert TaxAssessment.disclosed({"total_income": {"amount": 0}}).total_income.require_amount() == 0


@pytest.mark.parametrize(
    ("claims", "answer"),
    [
        ({"certificate_kind": "non_taxed"}, True),
        ({"certificate_kind": "non_taxed", "annual_tax": Money.yen(0)}, True),
        ({"certificate_kind": "taxed", "annual_tax": Money.yen(5_000)}, False),
        ({"certificate_kind": "non_taxed", "annual_tax": Money.unreported()}, None),
    ],
)
def test_whether_somebody_is_taxed(claims: dict[str, Any], answer: bool | None) -> None:
    assert assessment(**claims).claims(on=ON).get("is_non_taxed") is answer


@pytest.mark.parametrize("income_year", [2024, 2026])
def test_a_fiscal_year_covers_the_income_of_the_year_before(income_year: int) -> None:
    with pytest.raises(ValidationError) as caught:
        assessment(income_year=income_year)
    assert error_types(caught.value) == ["JP_INCOME_YEAR"]


@pytest.mark.parametrize(("kind", "tax"), [("taxed", 0), ("non_taxed", 5_000)])
def test_the_certificate_is_called_by_what_was_assessed(kind: str, tax: int) -> None:
    with pytest.raises(ValidationError) as caught:
        assessment(certificate_kind=kind, annual_tax=Money.yen(tax))
    assert error_types(caught.value) == ["JP_ASSESSMENT_KIND"]


@pytest.mark.parametrize("claims", [{"fiscal_year": 8}, {"fiscal_year": "2026"}, {"total_income": 3_200_000}])
def test_a_wrong_value_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        assessment(**claims)


def test_deductions_and_dependents_are_shown_one_by_one() -> None:
    record = assessment(
        address_on_assessment_date=HOME,
        deductions={"basic": {"amount": 430_000}, "disability": {"unreported": True}},
        dependents={"disabled": 1},
    )
    assert record.claims(on=ON)["deductions"] == {"disability": {"unreported": True}, "basic": {"amount": 430_000}}
    assert TaxAssessment.concealment().members["deductions"].members["disability"].selectable


@pytest.mark.parametrize(
    ("year", "label"), [(2026, "令和8年度"), (2019, "平成31年度"), (2020, "令和2年度"), (1989, "平成元年度")]
)
def test_a_fiscal_year_is_labelled_by_the_era_of_its_april(year: int, label: str) -> None:
    assert fiscal_year_label(year) == label


def test_a_payment_adds_up() -> None:
    """What is due later is neither paid nor unpaid."""
    assert payment(amount_due=100, amount_paid=75, amount_unpaid=0, no_arrears=True).amount_paid == 75
    with pytest.raises(ValidationError) as caught:
        payment(amount_due=100, amount_paid=75, amount_unpaid=50)
    assert error_types(caught.value) == ["JP_TAX_AMOUNTS"]


def test_an_unpaid_amount_is_an_arrear() -> None:
    assert payment(amount_due=100, amount_unpaid=25, no_arrears=False).no_arrears is False
    with pytest.raises(ValidationError) as caught:
        payment(amount_due=100, amount_unpaid=25, no_arrears=True)
    assert error_types(caught.value) == ["JP_TAX_ARREARS"]


@pytest.mark.parametrize("claims", [{"amount_due": -1}, {"tax_item": "所得税"}, {"certificate_class": "その１"}])
def test_a_wrong_payment_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        payment(**claims)
