# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Purposes: what may be asked for at most, what never, and how a registration is held to both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from vcwallet.claims import ClaimPath
from vcwallet.credential_type import CredentialType, view, views
from vcwallet.encoding import json
from vcwallet.errors import OverAskingError
from vcwallet.japan import (
    AgeAttestation,
    BasicIdentity,
    DrivingLicence,
    HouseholdRecord,
    MyNumberAttestation,
    MyNumberCard,
    NurseLicence,
    ResidenceRecord,
    TaxAssessment,
    purposes,
    type_ids,
)
from vcwallet.japan.catalogue import TYPES
from vcwallet.japan.prohibitions import NEVER, granted_claims, prohibited
from vcwallet.trust.registration import Grant, IntendedUse, grants, use_claims, use_from_json

CODES = (
    "age_restricted_sale",
    "kyc_amlcft",
    "payroll_withholding",
    "recruitment",
    "foreign_hiring_notice",
    "tenancy",
    "loan_underwriting",
    "medical_visit",
    "fare_discount",
    "childcare_application",
    "municipal_procedure",
    "vehicle_registration",
    "immigration_procedure",
    "tax_return",
    "disaster_relief",
    "qualification_check",
)
each_use = pytest.mark.parametrize("use", purposes.ALL.values(), ids=lambda use: use.code)


def of(kind: type[CredentialType], *claims: str, format: str = "dc+sd-jwt") -> Grant:
    return next(grant for grant in grants(kind, *claims) if grant.format == format)


def in_mdoc(kind: type[CredentialType], *claims: str) -> Grant:
    return of(kind, *claims, format="mso_mdoc")


def asking(use: IntendedUse, *grants: Grant) -> IntendedUse:
    return replace(use, grants=(*use.grants, *grants))


def refusal(use: IntendedUse) -> OverAskingError:
    with pytest.raises(OverAskingError) as caught:
        purposes.require_within_maximum(use)
    return caught.value


def test_there_are_the_sixteen_purposes_each_with_its_row_of_what_is_never_asked() -> None:
    assert tuple(purposes.ALL) == CODES
    assert tuple(NEVER) == CODES
    assert [getattr(purposes, code.upper()) for code in CODES] == list(purposes.ALL.values())


@each_use
def test_no_purpose_grants_what_its_row_forbids(use: IntendedUse) -> None:
    assert prohibited(use) == ()
    purposes.require_within_maximum(use)


@each_use
def test_a_purpose_says_why_and_how_long_in_both_languages(use: IntendedUse) -> None:
    assert use.text.keys() == {"ja", "en"} == use.retention_text.keys()
    assert all(len(text) >= 10 for text in use.text.values())


@each_use
def test_a_purpose_can_be_registered(use: IntendedUse) -> None:
    assert use_from_json(json.dumps(use_claims(use))) == use


@each_use
def test_no_purpose_grants_a_whole_credential_or_a_claim_twice(use: IntendedUse) -> None:
    granted = [(grant.type_id, path) for grant in use.grants for path in grant.paths]
    assert all(path for _, path in granted)
    assert len(set(granted)) == len(granted)


@each_use
@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_a_purpose_grants_the_same_in_every_format_of_a_type(use: IntendedUse, kind: type[CredentialType]) -> None:
    """But for parts of an array, which an mdoc shows as a whole; and the card in the phone is no SD-JWT VC."""
    tree = {path for grant in use.grants if grant.type_id == kind.vct for path in grant.paths}
    document = {path for grant in use.grants if grant.type_id == kind.doctype for path in grant.paths}
    if kind is MyNumberCard:
        assert not tree
    elif "mso_mdoc" in views(kind):
        assert document == {element for path in tree for element in view(kind, "mso_mdoc").granted(path)}


def test_an_age_is_proved_by_five_types_and_by_nothing_else_that_they_have() -> None:
    granted = {(grant.type_id, path) for grant in purposes.AGE_RESTRICTED_SALE.grants for path in grant.paths}
    assert granted == {
        *((ResidenceRecord.vct, (f"age_over_{years}",)) for years in (18, 20)),
        *(("jp.vcwallet.resident-record.1", ("jp.vcwallet.resident-record.1", f"age_over_{n}")) for n in (18, 20)),
        *((BasicIdentity.vct, ("age_equal_or_over", years)) for years in ("18", "20")),
        *((AgeAttestation.vct, (f"age_over_{years}",)) for years in (18, 20)),
        *(("jp.vcwallet.age-predicate.1", ("jp.vcwallet.age-predicate.1", f"age_over_{n}")) for n in (18, 20)),
        *((DrivingLicence.vct, (f"age_over_{years}",)) for years in (18, 20)),
        *(("org.iso.18013.5.1.mDL", ("org.iso.18013.5.1", f"age_over_{years}")) for years in (18, 20)),
        *(("org.iso.23220.1.jp.mnc", ("org.iso.23220.1", f"age_over_{years}")) for years in (18, 20)),
    }


@pytest.mark.parametrize(
    "grant",
    [
        in_mdoc(MyNumberCard, "portrait"),
        in_mdoc(MyNumberCard, "age_in_years"),
        in_mdoc(DrivingLicence, "birth_date"),
        in_mdoc(DrivingLicence, "driving_privileges"),
        of(BasicIdentity, "birthdate"),
    ],
)
def test_a_shop_may_not_ask_for_anything_else(grant: Grant) -> None:
    assert refusal(asking(purposes.AGE_RESTRICTED_SALE, grant)).code == "JP_PURPOSE_FORBIDDEN"


def test_another_age_is_not_for_a_shop_either() -> None:
    grant = in_mdoc(MyNumberCard, "age_over_65")
    assert refusal(asking(purposes.AGE_RESTRICTED_SALE, grant)).code == "JP_PURPOSE_FORBIDDEN"


@each_use
@pytest.mark.parametrize(
    ("grant", "code"),
    [
        (Grant(type_ids.BASIC_IDENTITY, (("resident_record_code",),)), "JP_JUMINCODE_FORBIDDEN"),
        (of(ResidenceRecord, "registered_domicile"), None),
        (Grant(ResidenceRecord.vct, ((),)), None),
        (Grant(type_ids.RESIDENCE_CARD, ((),)), None),
    ],
)
def test_every_purpose_has_a_limit(use: IntendedUse, grant: Grant, code: str | None) -> None:
    error = refusal(asking(use, grant))
    assert any(claim.startswith(grant.type_id) for claim in error.claims)
    assert code is None or error.code == code


@pytest.mark.parametrize("code", sorted(set(CODES) - {"payroll_withholding"}))
def test_a_my_number_is_for_payroll_only(code: str) -> None:
    """Whatever basis a registration claims: its purpose does not have it."""
    grant = of(MyNumberAttestation, "individual_number")
    assert refusal(asking(purposes.ALL[code], grant)).code == "JP_MYNUMBER_NO_BASIS"
    claimed = replace(asking(purposes.ALL[code], grant), legal_basis=("number_use_affair",), procedure="anything")
    refusal(claimed)


def test_payroll_needs_the_basis_and_the_procedure() -> None:
    purposes.require_within_maximum(purposes.PAYROLL_WITHHOLDING)
    lacking: tuple[dict[str, Any], ...] = ({"legal_basis": ()}, {"procedure": None}, {"legal_basis": ("consent",)})
    for changes in lacking:
        assert refusal(replace(purposes.PAYROLL_WITHHOLDING, **changes)).code == "JP_MYNUMBER_NO_BASIS"


@pytest.mark.parametrize(
    "path",
    [
        (type_ids.MY_NUMBER_CARD_DOMESTIC, "individual_number_unicode"),
        (type_ids.MY_NUMBER_CARD_ISO, "document_number"),
        (type_ids.MY_NUMBER_CARD_DOMESTIC, "document_number"),
        (type_ids.MY_NUMBER_CARD_ISO,),
        (type_ids.MY_NUMBER_CARD_DOMESTIC,),
        ("org.example", "document_number"),
        ("org.example",),
        (),
    ],
)
@pytest.mark.parametrize("format", ["mso_mdoc", "dc+sd-jwt"])
def test_the_card_in_the_phone_has_the_my_number_under_several_names(path: ClaimPath, format: str) -> None:
    """Whatever format a registration says that the document type has."""
    grant = Grant(type_ids.MY_NUMBER_CARD, (path,), format=format)
    assert refusal(asking(purposes.KYC_AMLCFT, grant)).code == "JP_MYNUMBER_NO_BASIS"


def test_payroll_gets_the_number_of_the_card_and_not_under_the_name_of_a_document_number() -> None:
    number = (type_ids.MY_NUMBER_CARD_DOMESTIC, "individual_number_unicode")
    assert purposes.PAYROLL_WITHHOLDING.covers(type_ids.MY_NUMBER_CARD, number)
    grant = Grant(type_ids.MY_NUMBER_CARD, ((type_ids.MY_NUMBER_CARD_ISO, "document_number"),), format="mso_mdoc")
    assert refusal(asking(purposes.PAYROLL_WITHHOLDING, grant)).code == "OVER_ASKING"


def test_the_document_number_of_another_type_is_no_my_number() -> None:
    grant = in_mdoc(DrivingLicence, "document_number")
    purposes.require_within_maximum(IntendedUse(code="rental", text={"en": "To rent you a car"}, grants=(grant,)))


def test_a_part_of_an_array_is_not_granted_as_the_array() -> None:
    [members] = [path for grant in grants(HouseholdRecord, "members.*.full_name") for path in grant.paths]
    assert members == ("members", None, "full_name")
    whole = in_mdoc(HouseholdRecord, "members")
    assert refusal(asking(purposes.CHILDCARE_APPLICATION, whole)).code == "JP_PURPOSE_FORBIDDEN"


def test_a_shop_with_a_purpose_of_its_own_gets_no_my_number() -> None:
    grant = of(MyNumberAttestation, "individual_number")
    shop = IntendedUse(code="marketing", text={"en": "To send you offers"}, grants=(grant,))
    assert refusal(shop).code == "JP_MYNUMBER_NO_BASIS"


def test_a_purpose_of_its_own_is_otherwise_left_to_the_registrar() -> None:
    grant = Grant("urn:example:membership:1", ((), ("member_since",)))
    purposes.require_within_maximum(IntendedUse(code="discount", text={"en": "Discount"}, grants=(grant,)))


@pytest.mark.parametrize("code", CODES)
def test_a_residence_card_number_is_for_three_purposes(code: str) -> None:
    grant = Grant(type_ids.RESIDENCE_CARD, (("residence_card_number",),))
    use = asking(purposes.ALL[code], grant)
    if code in purposes.CARD_NUMBER_PURPOSES:
        purposes.require_within_maximum(use)
    else:
        assert refusal(use).code == "JP_RCN_NO_BASIS"


@pytest.mark.parametrize(
    "grant",
    [
        of(ResidenceRecord, "registered_domicile"),
        of(ResidenceRecord, "nationality"),
        of(HouseholdRecord, "members.*.full_name"),
        of(NurseLicence, "registered_domicile_prefecture"),
        of(NurseLicence, "sanctions"),
        in_mdoc(NurseLicence, "sanctions"),
        in_mdoc(MyNumberCard, "portrait"),
        in_mdoc(DrivingLicence, "driving_privileges"),
        of(TaxAssessment, "income_above"),
        Grant(type_ids.DISABILITY_CERTIFICATE, (("kind",),)),
        Grant(type_ids.HEALTH_INSURANCE_ELIGIBILITY, (("full_name",),)),
    ],
)
def test_recruitment_may_not_ask_what_invites_discrimination(grant: Grant) -> None:
    assert refusal(asking(purposes.RECRUITMENT, grant)).code == "JP_RECRUIT_FORBIDDEN"


@pytest.mark.parametrize(
    ("use", "grant"),
    [
        (purposes.AGE_RESTRICTED_SALE, of(ResidenceRecord, "full_name")),
        (purposes.AGE_RESTRICTED_SALE, of(ResidenceRecord, "birth_date")),
        (purposes.KYC_AMLCFT, of(ResidenceRecord, "relationship_to_head")),
        (purposes.PAYROLL_WITHHOLDING, of(ResidenceRecord, "registered_domicile")),
        (purposes.TENANCY, of(HouseholdRecord, "members")),
        (purposes.LOAN_UNDERWRITING, of(TaxAssessment, "deductions.medical")),
        (purposes.LOAN_UNDERWRITING, of(TaxAssessment, "dependents.disabled")),
        (purposes.FARE_DISCOUNT, Grant(type_ids.DISABILITY_CERTIFICATE, (("grade",),))),
        (purposes.CHILDCARE_APPLICATION, of(HouseholdRecord, "members.*.registered_domicile")),
        (purposes.VEHICLE_REGISTRATION, of(TaxAssessment, "is_non_taxed")),
        (purposes.IMMIGRATION_PROCEDURE, of(HouseholdRecord, "members.*.full_name")),
        (purposes.TAX_RETURN, of(NurseLicence, "full_name")),
        (purposes.DISASTER_RELIEF, of(TaxAssessment, "total_income")),
        (purposes.QUALIFICATION_CHECK, of(NurseLicence, "sex")),
        (purposes.QUALIFICATION_CHECK, of(ResidenceRecord, "resident_address")),
        (purposes.QUALIFICATION_CHECK, in_mdoc(ResidenceRecord, "resident_address.locality")),
        (purposes.QUALIFICATION_CHECK, in_mdoc(MyNumberCard, "sex_unicode")),
        (purposes.QUALIFICATION_CHECK, in_mdoc(MyNumberCard, "resident_address_unicode")),
        (purposes.QUALIFICATION_CHECK, in_mdoc(MyNumberCard, "local_gov_code_unicode")),
        (purposes.QUALIFICATION_CHECK, in_mdoc(DrivingLicence, "resident_city")),
        (purposes.KYC_AMLCFT, in_mdoc(DrivingLicence, "registered_domicile")),
        (purposes.TENANCY, in_mdoc(ResidenceRecord, "relationship_to_head")),
    ],
)
def test_what_a_row_forbids_is_refused(use: IntendedUse, grant: Grant) -> None:
    assert refusal(asking(use, grant)).code == "JP_PURPOSE_FORBIDDEN"


def test_a_group_that_holds_a_forbidden_claim_is_refused_as_well() -> None:
    claims = {claim.path for claim in granted_claims(of(HouseholdRecord, "members"))}
    assert ("members", None, "relationship_to_head") in claims
    assert refusal(asking(purposes.TENANCY, of(HouseholdRecord, "members"))).claims


def test_what_is_neither_granted_nor_forbidden_is_over_asking() -> None:
    error = refusal(asking(purposes.TENANCY, of(ResidenceRecord, "sex")))
    assert error.code == "OVER_ASKING"
    assert error.claims == (f"{ResidenceRecord.vct}: sex",)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"retention_days": 30}, "JP_RETENTION_TOO_LONG"),
        ({"retention_days": None}, "JP_RETENTION_TOO_LONG"),
        ({"legal_basis": ("something",)}, "JP_LEGAL_BASIS"),
        ({"procedure": "something"}, "JP_LEGAL_BASIS"),
        ({"special_care": True}, "JP_LEGAL_BASIS"),
    ],
)
def test_a_registration_does_not_widen_its_purpose_in_other_ways(changes: dict[str, Any], code: str) -> None:
    assert refusal(replace(purposes.AGE_RESTRICTED_SALE, **changes)).code == code


def test_a_verifier_registers_for_less() -> None:
    less = purposes.narrowed(purposes.LOAN_UNDERWRITING, [of(TaxAssessment, "income_above.3000000")])
    purposes.require_within_maximum(less)
    assert less.covers(TaxAssessment.vct, ("income_above", "3000000"))
    assert not less.covers(TaxAssessment.vct, ("income_above", "2000000"))
    assert less.text == purposes.LOAN_UNDERWRITING.text


def test_narrowing_does_not_widen() -> None:
    with pytest.raises(OverAskingError):
        purposes.narrowed(purposes.LOAN_UNDERWRITING, [of(TaxAssessment, "deductions")])
    with pytest.raises(ValueError, match="grant"):
        purposes.narrowed(purposes.LOAN_UNDERWRITING, [])


def test_a_nurse_is_checked_as_a_nurse_or_as_a_qualification() -> None:
    for claim in ("full_name", "registration_number", "qualification_status"):
        assert purposes.QUALIFICATION_CHECK.covers(NurseLicence.vct, (claim,))
        assert purposes.QUALIFICATION_CHECK.covers("urn:vcwallet:jp:national-qualification:1", (claim,))
        assert purposes.QUALIFICATION_CHECK.covers("urn:vcwallet:jp:qualification:midwife:1", (claim,))
