# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The purposes of the profile: for each, why, what may be asked for at most, on what basis, and how long it is kept.

A verifier registers for one of them, or for less of it (`narrowed`), and adds its privacy notice and contact.  What is
granted is granted in every format that the credential type has.

    >>> from vcwallet.japan.residence import ResidenceRecord
    >>> from vcwallet.trust.registration import grants
    >>> landlord = narrowed(TENANCY, grants(ResidenceRecord, "full_name"))
    >>> landlord.code, landlord.covers(ResidenceRecord.vct, ("resident_address",))
    ('tenancy', False)
    >>> narrowed(TENANCY, grants(ResidenceRecord, "registered_domicile"))
    Traceback (most recent call last):
    ...
    vcwallet.errors.OverAskingError: the use goes beyond what its purpose allows [JP_PURPOSE_FORBIDDEN]

What a purpose must never ask for stands in `NEVER`, from which nothing here is derived: `require_within_maximum` holds
a registration to both.  A registry operator calls it for each verifier that applies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from vcwallet.claims import path_text
from vcwallet.errors import OverAskingError
from vcwallet.japan import type_ids
from vcwallet.japan.age import AgeAttestation
from vcwallet.japan.basic_identity import BasicIdentity
from vcwallet.japan.catalogue import TYPES
from vcwallet.japan.driving import DrivingLicence
from vcwallet.japan.my_number import MyNumberAttestation
from vcwallet.japan.my_number_card import MyNumberCard
from vcwallet.japan.prohibitions import CARD_NUMBER_PURPOSES, NEVER, Prohibition, prohibited
from vcwallet.japan.qualification import NationalQualification, TeacherLicence
from vcwallet.japan.residence import HouseholdRecord, ResidenceRecord
from vcwallet.japan.tax import TaxAssessment, TaxPayment
from vcwallet.trust.registration import Grant, IntendedUse, grants

__all__ = [
    "AGE_RESTRICTED_SALE",
    "ALL",
    "CARD_NUMBER_PURPOSES",
    "CHILDCARE_APPLICATION",
    "DISASTER_RELIEF",
    "FARE_DISCOUNT",
    "FOREIGN_HIRING_NOTICE",
    "IMMIGRATION_PROCEDURE",
    "KYC_AMLCFT",
    "LOAN_UNDERWRITING",
    "MEDICAL_VISIT",
    "MUNICIPAL_PROCEDURE",
    "NEVER",
    "PAYROLL_WITHHOLDING",
    "QUALIFICATION_CHECK",
    "RECRUITMENT",
    "TAX_RETURN",
    "TENANCY",
    "VEHICLE_REGISTRATION",
    "Prohibition",
    "narrowed",
    "prohibited",
    "require_within_maximum",
]


def narrowed(use: IntendedUse, grants: Iterable[Grant]) -> IntendedUse:
    """Return the same use with fewer claims.

    Raises:
        OverAskingError: a grant is not within the use.
        ValueError: there is no grant left.
    """
    fewer = replace(use, grants=tuple(grants))
    if not fewer.grants:
        raise ValueError("a use has at least one grant")
    _require_no_prohibition(fewer)
    _require_granted(fewer, use)
    return fewer


def require_within_maximum(use: IntendedUse) -> None:
    """Return if a use keeps to the purpose whose code it has.

    A use with a code of its own is only held to the rules that hold for everybody.

    Raises:
        OverAskingError: it asks for more, for longer, or on another basis.  The code is that of the rule where there is
            one (``JP_RECRUIT_FORBIDDEN``, ``JP_RCN_NO_BASIS``, ``JP_MYNUMBER_NO_BASIS``, ``JP_JUMINCODE_FORBIDDEN``,
            ``JP_PURPOSE_FORBIDDEN``), else ``OVER_ASKING``, ``JP_RETENTION_TOO_LONG`` or ``JP_LEGAL_BASIS``.
    """
    _require_no_prohibition(use)
    maximum = ALL.get(use.code)
    if maximum is None:
        return
    _require_granted(use, maximum)
    kept, allowed = use.retention_days, maximum.retention_days
    if allowed is not None and (kept is None or kept > allowed):
        raise OverAskingError("the use keeps claims longer than its purpose", claims=(), code="JP_RETENTION_TOO_LONG")
    if not set(use.legal_basis) <= set(maximum.legal_basis) or use.procedure not in (None, maximum.procedure):
        raise OverAskingError("the use rests on what its purpose does not", claims=(), code="JP_LEGAL_BASIS")
    if use.special_care and not maximum.special_care:
        raise OverAskingError("the purpose has no claims of special care", claims=(), code="JP_LEGAL_BASIS")


def _require_no_prohibition(use: IntendedUse) -> None:
    found = prohibited(use)
    if found:
        claims = [f"{one.type_id}: {path_text(one.path)}" for one in found]
        raise OverAskingError("the use goes beyond what its purpose allows", claims=claims, code=found[0].code)


def _require_granted(use: IntendedUse, maximum: IntendedUse) -> None:
    beyond = [
        f"{grant.type_id}: {path_text(path)}"
        for grant in use.grants
        for path in grant.paths or ((),)
        if not maximum.covers(grant.type_id, path, format=grant.format)
    ]
    if beyond:
        raise OverAskingError("the use goes beyond what its purpose allows", claims=beyond)


# --- how grants are written -------------------------------------------------------------------------------------------


def _named(type_id: str, *claims: str) -> Grant:
    """Return a grant of claims of a type that is not modelled here."""
    return Grant(type_id, tuple(tuple(claim.split(".")) for claim in claims))


def _phone_card(*elements: str) -> tuple[Grant, ...]:
    """Return the grant of elements of the My Number card in a phone, which is an mdoc and nothing else."""
    return tuple(grant for grant in grants(MyNumberCard, *elements) if grant.type_id == MyNumberCard.doctype)


def _qualifications(*claims: str) -> tuple[Grant, ...]:
    """Return grants of claims of the general qualification and of each profession."""
    modelled = (kind for kind in TYPES if issubclass(kind, NationalQualification))
    return (
        *(grant for kind in modelled for grant in grants(kind, *claims)),
        *(_named(type_id, *claims) for type_id in type_ids.OTHER_QUALIFICATIONS),
    )


_UNTIL_DONE: Final = {
    "ja": "手続の処分が確定するまで（文書管理規程による保存を除く）",
    "en": "Until the procedure is decided; files as the authority's rules on records say",
}
_INCOME_BANDS: Final = ("income_above", "income_below", "is_non_taxed")
_INCOME_TOTALS: Final = (
    "fiscal_year",
    "income_year",
    "certificate_kind",
    "total_income",
    "aggregate_income",
    "annual_tax",
)

# --- purposes ---------------------------------------------------------------------------------------------------------

AGE_RESTRICTED_SALE: Final = IntendedUse(
    code="age_restricted_sale",
    text={
        "ja": "酒類・たばこなど、年齢制限のある商品を販売できる年齢かどうかを確かめるため",
        "en": "To check that you are old enough to buy alcohol, tobacco or other goods with an age limit",
    },
    grants=(
        *grants(ResidenceRecord, "age_over_18", "age_over_20"),
        *grants(BasicIdentity, "age_equal_or_over.18", "age_equal_or_over.20"),
        *grants(AgeAttestation, "age_over_18", "age_over_20"),
        *grants(DrivingLicence, "age_over_18", "age_over_20"),
        *_phone_card("age_over_18", "age_over_20"),
    ),
    retention_days=0,
    retention_text={"ja": "判定の結果のみ。保存しません", "en": "Only the answer is seen; nothing is kept"},
)

KYC_AMLCFT: Final = IntendedUse(
    code="kyc_amlcft",
    text={
        "ja": "犯罪による収益の移転防止に関する法律に基づき、口座開設などの取引時に本人を確認するため",
        "en": "To identify you when you open an account, as the law against money laundering demands",
    },
    grants=(
        *grants(
            ResidenceRecord,
            "full_name",
            "full_name_kana",
            "birth_date",
            "resident_address",
            "residence_card_number",
        ),
        *grants(BasicIdentity, "name", "name_kana", "birthdate", "address"),
        _named(type_ids.RESIDENCE_CARD, "full_name", "birth_date", "resident_address", "residence_card_number"),
        *_phone_card("full_name_unicode", "resident_address_unicode", "birth_date_unicode", "birth_date", "portrait"),
    ),
    legal_basis=("criminal_proceeds_transfer_prevention",),
    retention_text={"ja": "取引の終了から7年間", "en": "Seven years after the business relation ends"},
)

PAYROLL_WITHHOLDING: Final = IntendedUse(
    code="payroll_withholding",
    text={
        "ja": "給与所得の源泉徴収票に、従業員と扶養親族の個人番号を記載して提出するため",
        "en": "To file your withholding slip with your My Number and those of your dependents",
    },
    grants=(
        *grants(MyNumberAttestation, "individual_number", "name", "birthdate", "address"),
        *_phone_card("individual_number_unicode", "full_name_unicode", "birth_date", "resident_address_unicode"),
    ),
    legal_basis=("number_related_affair",),
    procedure="withholding_slip",
    retention_text={
        "ja": "法定の保存期間（7年間）の後、速やかに消去",
        "en": "Seven years by law, then erased without delay",
    },
)

RECRUITMENT: Final = IntendedUse(
    code="recruitment",
    text={
        "ja": "応募された職務に必要な資格と、就労できる在留資格があることを確かめるため",
        "en": "To check the qualification that the post needs, and that you may work in it",
    },
    grants=(
        *_qualifications("qualification_name", "full_name", "registration_number", "qualification_status"),
        _named(
            type_ids.RESIDENCE_CARD,
            "status_of_residence",
            "work_restriction",
            "extra_activity_permission",
            "period_of_stay_expiry",
            "renewal_pending",
        ),
    ),
    retention_text={"ja": "採否の決定から1年間", "en": "One year after the decision"},
)

FOREIGN_HIRING_NOTICE: Final = IntendedUse(
    code="foreign_hiring_notice",
    text={
        "ja": "外国人雇用状況の届出に必要な事項を確かめ、ハローワークに届け出るため",
        "en": "To file the notice of employing a foreign national with the employment office",
    },
    grants=(
        *grants(
            ResidenceRecord,
            "full_name",
            "birth_date",
            "sex",
            "nationality",
            "status_of_residence",
            "period_of_stay_expiry",
            "residence_card_number",
        ),
        _named(
            type_ids.RESIDENCE_CARD,
            "full_name",
            "birth_date",
            "sex",
            "nationality",
            "status_of_residence",
            "period_of_stay_expiry",
            "extra_activity_permission",
            "residence_card_number",
        ),
    ),
    legal_basis=("employment_measures_foreign_notice",),
    retention_text={"ja": "雇用期間と離職の届出が済むまで", "en": "Until the end of the employment has been notified"},
)

TENANCY: Final = IntendedUse(
    code="tenancy",
    text={
        "ja": "住宅の賃貸借契約の入居審査のため",
        "en": "To decide on your application to rent a home",
    },
    grants=(
        *grants(ResidenceRecord, "full_name", "resident_address", "status_of_residence", "period_of_stay_expiry"),
        *grants(TaxAssessment, "fiscal_year", *_INCOME_BANDS),
        _named(type_ids.RESIDENCE_CARD, "status_of_residence", "period_of_stay_expiry"),
    ),
    retention_text={"ja": "契約の終了から1年間", "en": "One year after the lease ends"},
)

LOAN_UNDERWRITING: Final = IntendedUse(
    code="loan_underwriting",
    text={
        "ja": "ローンの申込みについて、返済できる収入があるかを審査するため",
        "en": "To decide whether your income allows the loan that you applied for",
    },
    grants=(
        *grants(ResidenceRecord, "full_name", "birth_date", "resident_address"),
        *grants(TaxAssessment, "full_name", *_INCOME_TOTALS, *_INCOME_BANDS),
        _named(type_ids.EMPLOYMENT_CERTIFICATE, "employer_name", "employment_type", "employed_from", "employed_to"),
    ),
    retention_text={"ja": "契約書に定める期間", "en": "As the loan contract says"},
)

MEDICAL_VISIT: Final = IntendedUse(
    code="medical_visit",
    text={
        "ja": "受診のときに、加入している健康保険と自己負担の割合を確かめるため",
        "en": "To check your health insurance and your share of the costs when you see a doctor",
    },
    grants=(
        _named(
            type_ids.HEALTH_INSURANCE_ELIGIBILITY,
            "insurer_number",
            "insurer_name",
            "insured_symbol",
            "insured_number",
            "branch_number",
            "full_name",
            "birth_date",
            "sex",
            "relation",
            "valid_from",
            "expiry_date",
            "copay_percent",
            "limit_category",
        ),
    ),
    legal_basis=("health_insurance_affair",),
    procedure="eligibility_check",
    retention_text={"ja": "診療録の法定保存期間", "en": "As long as the law has medical records kept"},
)

FARE_DISCOUNT: Final = IntendedUse(
    code="fare_discount",
    text={
        "ja": "障害者割引運賃の区分を確かめるため（障害の内容は見ません）",
        "en": "To check your class of fare discount; nothing about the disability is seen",
    },
    grants=(_named(type_ids.DISABILITY_CERTIFICATE, "fare_discount_class"),),
    special_care=True,
    retention_days=0,
    retention_text={"ja": "保存しません", "en": "Nothing is kept"},
)

CHILDCARE_APPLICATION: Final = IntendedUse(
    code="childcare_application",
    text={
        "ja": "保育所等の利用申込みについて、世帯と就労の状況、保育料の階層を確かめるため",
        "en": "To decide on your child's place in day care, and on its fee",
    },
    grants=(
        *grants(HouseholdRecord, "resident_address", "members.*.full_name", "members.*.birth_date"),
        *grants(TaxAssessment, "full_name", "fiscal_year", "municipal_income_levy", *_INCOME_BANDS),
        _named(
            type_ids.EMPLOYMENT_CERTIFICATE,
            "employee_name",
            "employer_name",
            "employment_type",
            "employed_from",
            "employed_to",
            "work_days_per_month",
            "work_hours",
            "workplace_address",
            "leave",
        ),
    ),
    retention_text=_UNTIL_DONE,
)

MUNICIPAL_PROCEDURE: Final = IntendedUse(
    code="municipal_procedure",
    text={
        "ja": "市区町村への申請書に、条例で定める事項をあらかじめ記入するため",
        "en": "To fill in your application to the municipality with the items that its ordinance lists",
    },
    grants=(
        *grants(
            ResidenceRecord,
            "full_name",
            "full_name_kana",
            "former_family_name",
            "alias",
            "birth_date",
            "sex",
            "resident_address",
            "resident_since",
            "address_since",
            "address_before_move_in",
        ),
        *grants(HouseholdRecord, "resident_address", "members.*.full_name", "members.*.birth_date"),
        *grants(TaxAssessment, "full_name", "fiscal_year", "certificate_kind", *_INCOME_BANDS),
        *grants(TaxPayment, "full_name", "tax_item", "fiscal_year", "no_arrears"),
        *grants(BasicIdentity, "name", "name_kana", "birthdate", "sex", "address"),
        _named(type_ids.CHILD_ALLOWANCE, "recipient_name", "status", "eligible_from"),
        _named(type_ids.EMPLOYMENT_CERTIFICATE, "employee_name", "employer_name", "employed_from", "employed_to"),
    ),
    retention_text=_UNTIL_DONE,
)

VEHICLE_REGISTRATION: Final = IntendedUse(
    code="vehicle_registration",
    text={
        "ja": "引越しに伴う自動車の変更登録のため",
        "en": "To change the registration of your vehicle after a move",
    },
    grants=(
        *grants(
            ResidenceRecord,
            "full_name",
            "resident_address",
            "address_since",
            "address_before_move_in",
            "address_before_change",
        ),
        _named(type_ids.PARKING_SPACE_CERTIFICATE, "space_address", "police_station", "issued_on", "valid_days"),
    ),
    retention_text=_UNTIL_DONE,
)

IMMIGRATION_PROCEDURE: Final = IntendedUse(
    code="immigration_procedure",
    text={
        "ja": "在留期間の更新などの在留手続で、納税と就労の状況を確かめるため",
        "en": "To decide on your application to extend or change your stay",
    },
    grants=(
        *grants(
            TaxAssessment,
            "full_name",
            "address_on_assessment_date",
            *_INCOME_TOTALS,
            *_INCOME_BANDS,
            "salary_revenue",
            "salary_income",
        ),
        *grants(
            TaxPayment,
            "full_name",
            "tax_item",
            "fiscal_year",
            "term",
            "amount_due",
            "amount_paid",
            "amount_unpaid",
            "no_arrears",
            "certificate_class",
        ),
        _named(
            type_ids.EMPLOYMENT_CERTIFICATE,
            "employee_name",
            "birth_date",
            "employer_name",
            "employer_corporate_number",
            "employment_type",
            "employed_from",
            "employed_to",
        ),
        _named(
            type_ids.RESIDENCE_CARD,
            "full_name",
            "full_name_kanji",
            "birth_date",
            "sex",
            "nationality",
            "resident_address",
            "status_of_residence",
            "period_of_stay",
            "period_of_stay_expiry",
            "permission_kind",
            "permission_date",
            "residence_card_number",
            "work_restriction",
            "extra_activity_permission",
            "renewal_pending",
        ),
    ),
    legal_basis=("immigration_control",),
    retention_text=_UNTIL_DONE,
)

TAX_RETURN: Final = IntendedUse(
    code="tax_return",
    text={
        "ja": "確定申告書に、寄附金と保険料の控除を記入するため",
        "en": "To fill in the deductions for donations and insurance in your tax return",
    },
    grants=(
        _named(
            type_ids.DONATION_CERTIFICATE,
            "donor_name",
            "donor_address",
            "year",
            "total_amount",
            "donations",
            "specified_operator_name",
            "specified_operator_corporate_number",
            "certificate_number",
        ),
        *grants(
            TaxAssessment,
            "fiscal_year",
            "deductions.social_insurance",
            "deductions.small_enterprise_mutual_aid",
            "deductions.life_insurance",
            "deductions.earthquake_insurance",
        ),
    ),
    legal_basis=("income_tax_return",),
    retention_text={"ja": "税法に定める期間", "en": "As tax law says"},
)

DISASTER_RELIEF: Final = IntendedUse(
    code="disaster_relief",
    text={
        "ja": "災害弔慰金などの支給について、被害と遺族の関係、災害時の住所を確かめるため",
        "en": "To decide on disaster relief: the damage, the relation, and the residence on that day",
    },
    grants=(
        _named(
            type_ids.DISASTER_VICTIM_CERTIFICATE,
            "household_head",
            "members",
            "disaster_name",
            "cause",
            "dwelling_address",
            "damage_grade",
            "surveyed_on",
        ),
        *grants(HouseholdRecord, "resident_address", "members.*.full_name", "members.*.relationship_to_head"),
        *grants(
            ResidenceRecord,
            "full_name",
            "resident_address",
            "resident_since",
            "address_since",
            "relationship_to_head",
        ),
    ),
    legal_basis=("disaster_condolence_grant",),
    retention_text=_UNTIL_DONE,
)

QUALIFICATION_CHECK: Final = IntendedUse(
    code="qualification_check",
    text={
        "ja": "業務に必要な国家資格を持っていることと、本人であることを確かめるため",
        "en": "To check that you hold the qualification that the work needs, and that it is yours",
    },
    grants=(
        *_qualifications("qualification_name", "full_name", "registration_number", "qualification_status"),
        *grants(TeacherLicence, "licence_kind", "licence_class", "subjects"),
        *grants(ResidenceRecord, "full_name"),
        *grants(BasicIdentity, "name"),
        *_phone_card("full_name_unicode"),
    ),
    retention_text={
        "ja": "確認後ただちに消去。採用した場合は雇用期間中",
        "en": "Erased after the check; if you are employed, as long as you are",
    },
)

ALL: Final[Mapping[str, IntendedUse]] = MappingProxyType(
    {
        use.code: use
        for use in (
            AGE_RESTRICTED_SALE,
            KYC_AMLCFT,
            PAYROLL_WITHHOLDING,
            RECRUITMENT,
            FOREIGN_HIRING_NOTICE,
            TENANCY,
            LOAN_UNDERWRITING,
            MEDICAL_VISIT,
            FARE_DISCOUNT,
            CHILDCARE_APPLICATION,
            MUNICIPAL_PROCEDURE,
            VEHICLE_REGISTRATION,
            IMMIGRATION_PROCEDURE,
            TAX_RETURN,
            DISASTER_RELIEF,
            QUALIFICATION_CHECK,
        )
    }
)
"""Every purpose, by code."""
