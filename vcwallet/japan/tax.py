# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Certificates of municipal tax: assessed (課税証明書・非課税証明書), and paid (納税証明書).

A fiscal year is named by the calendar year of its April, and covers the income of the year before.

    >>> assessment = TaxAssessment(
    ...     full_name="山田　太郎",
    ...     fiscal_year=2026,
    ...     income_year=2025,
    ...     certificate_kind="taxed",
    ...     total_income=Money.yen(3_200_000),
    ... )
    >>> from datetime import date
    >>> assessment.claims(on=date(2026, 11, 23))["income_above"]["3000000"]
    True

A verifier learns that an income is unreported in two ways: no answer about it can be given, so `income_above` and
`income_below` are absent; and who may see the amount itself gets one that refuses to be read (`Money.require_amount`).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from vcwallet.credential_type import Claim, ClaimGroup, Sensitivity, predicate, threshold_predicate
from vcwallet.japan.address import Address
from vcwallet.japan.codes import Code
from vcwallet.japan.envelope import Certificate
from vcwallet.japan.eras import to_japanese
from vcwallet.japan.money import Money
from vcwallet.japan.values import Text, Yen

INCOME_THRESHOLDS: Final = (
    1_000_000,
    1_500_000,
    2_000_000,
    2_500_000,
    3_000_000,
    4_000_000,
    5_000_000,
    6_000_000,
    8_000_000,
    10_000_000,
)
"""The amounts in yen that people can show their income to be above or below."""

Year: TypeAlias = Annotated[int, Field(ge=1950, le=2200)]
Count: TypeAlias = Annotated[int, Field(ge=0, le=99)]

_C, _D = Sensitivity.C, Sensitivity.D


def fiscal_year_label(fiscal_year: int) -> str:
    """Return a fiscal year as certificates print it: 2026 is 令和8年度."""
    era_and_year, _, _ = to_japanese(date(fiscal_year, 4, 1)).partition("年")
    return f"{era_and_year}年度"


class AssessmentKind(Code):
    """What the certificate is called."""

    TAXED = "taxed", "課税", "Taxed"
    NON_TAXED = "non_taxed", "非課税", "Not taxed"


class Deductions(ClaimGroup):
    """The deductions from income (所得控除), each of which says something else about a person."""

    casualty: Annotated[Money | None, Claim("雑損控除", "Casualty losses", sensitivity=_C)] = None
    medical: Annotated[Money | None, Claim("医療費控除", "Medical expenses", sensitivity=_C)] = None
    social_insurance: Annotated[Money | None, Claim("社会保険料控除", "Social insurance premiums")] = None
    small_enterprise_mutual_aid: Annotated[
        Money | None, Claim("小規模企業共済等掛金控除", "Small enterprise mutual aid premiums")
    ] = None
    life_insurance: Annotated[Money | None, Claim("生命保険料控除", "Life insurance premiums")] = None
    earthquake_insurance: Annotated[Money | None, Claim("地震保険料控除", "Earthquake insurance premiums")] = None
    disability: Annotated[Money | None, Claim("障害者控除", "Disability", sensitivity=_D)] = None
    widow: Annotated[Money | None, Claim("寡婦控除", "Widow", sensitivity=_C)] = None
    single_parent: Annotated[Money | None, Claim("ひとり親控除", "Single parent", sensitivity=_C)] = None
    working_student: Annotated[Money | None, Claim("勤労学生控除", "Working student")] = None
    spouse: Annotated[Money | None, Claim("配偶者控除", "Spouse", sensitivity=_C)] = None
    spouse_special: Annotated[Money | None, Claim("配偶者特別控除", "Special for spouse", sensitivity=_C)] = None
    dependents: Annotated[Money | None, Claim("扶養控除", "Dependents", sensitivity=_C)] = None
    specified_relative_special: Annotated[
        Money | None, Claim("特定親族特別控除", "Special for specified relatives", sensitivity=_C)
    ] = None
    basic: Annotated[Money | None, Claim("基礎控除", "Basic")] = None


class TaxCredits(ClaimGroup):
    """The credits against the tax (税額控除)."""

    adjustment: Annotated[Money | None, Claim("調整控除", "Adjustment")] = None
    housing_loan: Annotated[Money | None, Claim("住宅借入金等特別税額控除", "Housing loan")] = None
    donation: Annotated[Money | None, Claim("寄附金税額控除", "Donations")] = None
    dividend: Annotated[Money | None, Claim("配当控除", "Dividends")] = None
    foreign: Annotated[Money | None, Claim("外国税額控除", "Foreign tax")] = None


class Dependents(ClaimGroup):
    """How many people somebody keeps (扶養)."""

    spouse: Annotated[Count | None, Claim("控除対象配偶者", "Spouse", sensitivity=_C)] = None
    general: Annotated[Count | None, Claim("一般", "General", sensitivity=_C)] = None
    specific: Annotated[Count | None, Claim("特定", "Aged 19 to 22", sensitivity=_C)] = None
    elderly: Annotated[Count | None, Claim("老人", "Elderly", sensitivity=_C)] = None
    under16: Annotated[Count | None, Claim("16歳未満", "Under 16", sensitivity=_C)] = None
    disabled: Annotated[Count | None, Claim("障害者", "Disabled", sensitivity=_D)] = None


class TaxAssessment(
    Certificate,
    vct="urn:vcwallet:jp:tax-assessment:1",
    doctype="jp.vcwallet.tax-assessment.1",
    ja="課税証明書・非課税証明書",
    en="Tax assessment certificate",
):
    """The income that a municipality taxed somebody on, and the tax."""

    full_name: Annotated[Text, Claim("氏名", "Full name")]
    address_on_assessment_date: Annotated[
        Address | None,
        Claim("賦課期日の住所", "Address on the assessment date", description_en="The address on 1 January."),
    ] = None
    fiscal_year: Annotated[
        Year,
        Claim(
            "年度", "Fiscal year", description_en="The calendar year of its April; the income is of the year before."
        ),
    ]
    income_year: Annotated[Year, Claim("所得年", "Year of income")]
    certificate_kind: Annotated[AssessmentKind, Claim("課税・非課税の別", "Taxed or not")]
    total_income: Annotated[Money, Claim("合計所得金額", "Total income")]
    aggregate_income: Annotated[Money | None, Claim("総所得金額等", "Aggregate income")] = None
    salary_revenue: Annotated[Money | None, Claim("給与収入", "Salary before deduction")] = None
    salary_income: Annotated[Money | None, Claim("給与所得", "Salary income")] = None
    pension_revenue: Annotated[Money | None, Claim("公的年金収入", "Public pension before deduction")] = None
    misc_income: Annotated[Money | None, Claim("雑所得", "Miscellaneous income")] = None
    business_income: Annotated[Money | None, Claim("営業等所得", "Business income")] = None
    farm_income: Annotated[Money | None, Claim("農業所得", "Farm income")] = None
    real_estate_income: Annotated[Money | None, Claim("不動産所得", "Real estate income")] = None
    interest_income: Annotated[Money | None, Claim("利子所得", "Interest income")] = None
    dividend_income: Annotated[Money | None, Claim("配当所得", "Dividend income")] = None
    capital_gain_income: Annotated[Money | None, Claim("譲渡所得", "Capital gains")] = None
    occasional_income: Annotated[Money | None, Claim("一時所得", "Occasional income")] = None
    deductions: Annotated[Deductions | None, Claim("所得控除", "Deductions from income")] = None
    deductions_total: Annotated[Money | None, Claim("所得控除合計", "Deductions, total")] = None
    tax_base: Annotated[Money | None, Claim("課税標準額", "Tax base")] = None
    tax_credits: Annotated[TaxCredits | None, Claim("税額控除", "Tax credits")] = None
    municipal_income_levy: Annotated[Money | None, Claim("市町村民税所得割", "Municipal tax, by income")] = None
    municipal_per_capita_levy: Annotated[Money | None, Claim("市町村民税均等割", "Municipal tax, per capita")] = None
    prefectural_income_levy: Annotated[Money | None, Claim("都道府県民税所得割", "Prefectural tax, by income")] = None
    prefectural_per_capita_levy: Annotated[Money | None, Claim("都道府県民税均等割", "Prefectural tax, per capita")] = (
        None
    )
    forest_environment_tax: Annotated[Money | None, Claim("森林環境税", "Forest environment tax")] = None
    annual_tax: Annotated[Money | None, Claim("年税額", "Tax of the year")] = None
    dependents: Annotated[Dependents | None, Claim("扶養", "Dependents", sensitivity=_C)] = None

    @threshold_predicate("次の額を超える所得", "Income above", replaces="total_income", thresholds=INCOME_THRESHOLDS)
    def income_above(self, threshold: int, on: date) -> bool | None:
        """Tell whether the total income is more than an amount; None where it was not reported."""
        return None if self.total_income.amount is None else self.total_income.amount > threshold

    @threshold_predicate("次の額を下回る所得", "Income below", replaces="total_income", thresholds=INCOME_THRESHOLDS)
    def income_below(self, threshold: int, on: date) -> bool | None:
        """Tell whether the total income is less than an amount; None where it was not reported."""
        return None if self.total_income.amount is None else self.total_income.amount < threshold

    @predicate("非課税", "Not taxed", replaces="annual_tax")
    def is_non_taxed(self, on: date) -> bool | None:
        """Tell whether no tax was assessed; None where the income or the tax is unreported."""
        unreported = Money.unreported()
        if self.total_income == unreported or self.annual_tax == unreported:
            return None
        return self.certificate_kind is AssessmentKind.NON_TAXED

    @model_validator(mode="after")
    def _income_of_the_year_before(self) -> Self:
        if self.income_year != self.fiscal_year - 1:
            raise PydanticCustomError("JP_INCOME_YEAR", "A fiscal year covers the income of the year before")
        return self

    @model_validator(mode="after")
    def _kind_fits_tax(self) -> Self:
        amount = self.annual_tax.amount if self.annual_tax is not None else None
        if amount is not None and (amount == 0) is (self.certificate_kind is AssessmentKind.TAXED):
            raise PydanticCustomError(
                "JP_ASSESSMENT_KIND", "A tax of 0 yen is a non-taxation certificate, and no other"
            )
        return self


class TaxItem(Code):
    """A tax that is certified."""

    INHABITANT = "inhabitant", "市県民税", "Inhabitant tax"
    FIXED_ASSET = "fixed_asset", "固定資産税", "Fixed asset tax"
    LIGHT_VEHICLE = "light_vehicle", "軽自動車税", "Light vehicle tax"
    NATIONAL_HEALTH_INSURANCE = "national_health_insurance", "国民健康保険税", "National health insurance tax"
    NATIONAL = "national", "国税", "National tax"


class PaymentCertificateClass(Code):
    """The forms of the certificate."""

    NO_1 = "no1", "その１", "No. 1"
    NO_2 = "no2", "その２", "No. 2"
    NO_3 = "no3", "その３", "No. 3"
    NO_4 = "no4", "その４", "No. 4"


class TaxPayment(
    Certificate,
    vct="urn:vcwallet:jp:tax-payment:1",
    doctype="jp.vcwallet.tax-payment.1",
    ja="納税証明書",
    en="Tax payment certificate",
):
    """What was due of a tax, and what has been paid."""

    full_name: Annotated[Text, Claim("氏名・名称", "Full name or company name")]
    tax_item: Annotated[TaxItem, Claim("税目", "Tax")]
    fiscal_year: Annotated[Year, Claim("年度", "Fiscal year")]
    term: Annotated[Text | None, Claim("期別", "Term")] = None
    amount_due: Annotated[Yen | None, Claim("納付すべき額", "Due")] = None
    amount_paid: Annotated[Yen | None, Claim("納付済額", "Paid")] = None
    amount_unpaid: Annotated[
        Yen | None, Claim("未納額", "Unpaid", description_en="Unpaid though due; what is due later does not count.")
    ] = None
    statutory_due_date: Annotated[date | None, Claim("法定納期限", "Statutory due date")] = None
    no_arrears: Annotated[bool | None, Claim("滞納なし", "No arrears")] = None
    certificate_class: Annotated[PaymentCertificateClass | None, Claim("証明書の種類", "Form of the certificate")] = (
        None
    )

    @model_validator(mode="after")
    def _amounts_add_up(self) -> Self:
        if self.amount_due is not None and (self.amount_paid or 0) + (self.amount_unpaid or 0) > self.amount_due:
            raise PydanticCustomError("JP_TAX_AMOUNTS", "Paid and unpaid are more than was due")
        if self.no_arrears and self.amount_unpaid:
            raise PydanticCustomError("JP_TAX_ARREARS", "An unpaid amount is an arrear")
        return self
