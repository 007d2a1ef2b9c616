# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""One valid record of each type of the catalogue, for the tests."""

from __future__ import annotations

from datetime import date
from typing import Any

from vcwallet.credential_type import CredentialType
from vcwallet.japan import (
    Address,
    AdministrativeScrivenerRegistration,
    AgeAttestation,
    BasicIdentity,
    ChildcareWorkerRegistration,
    ColourClass,
    Deductions,
    Dependents,
    DrivingLicence,
    DrivingPrivilege,
    FirstLicenceDates,
    HouseholdMember,
    HouseholdRecord,
    LicenceCategory,
    Money,
    MyNumberAttestation,
    MyNumberCard,
    NationalQualification,
    NurseLicence,
    PartialDate,
    PhysicianLicence,
    PrivilegeCode,
    Relationship,
    ResidenceRecord,
    Sex,
    TaxAssessment,
    TaxItem,
    TaxPayment,
    TeacherLicence,
    TeacherLicenceClass,
)

ON = date(2026, 11, 23)
NUMBER = "123456789018"  # a published example
HOME = Address(
    formatted="〇〇県みらい市ひばりが丘一丁目２番３号", region="〇〇県", locality="みらい市", lg_code="999016"
)
PERSON: dict[str, Any] = {"full_name": "山田　太郎", "birth_date": "1990-01-02"}
QUALIFIED: dict[str, Any] = {**PERSON, "registration_number": "第88888号", "qualification_status": "active"}
ASSESSED: dict[str, Any] = {
    "full_name": "山田　太郎",
    "fiscal_year": 2026,
    "income_year": 2025,
    "certificate_kind": "taxed",
    "total_income": Money.yen(3_200_000),
}
PORTRAIT = bytes.fromhex("ffd8ffe000104a464946ffd9")  # how a JPEG file begins and ends
LICENCE: dict[str, Any] = {
    "family_name": "YAMADA",
    "given_name": "TARO",
    "birth_date": date(1990, 1, 2),
    "issue_date": date(2025, 2, 2),
    "expiry_date": date(2030, 2, 2),
    "issuing_country": "JP",
    "issuing_authority": "Public Safety Commission",
    "document_number": "M-0001",
    "portrait": PORTRAIT,
    "driving_privileges": (
        DrivingPrivilege(
            vehicle_category_code="B",
            issue_date=date(2010, 4, 1),
            expiry_date=date(2030, 2, 2),
            codes=(PrivilegeCode(code="01"),),
        ),
    ),
    "un_distinguishing_sign": "J",
}
CARD: dict[str, Any] = {
    "full_name_unicode": "山田　太郎",
    "resident_address_unicode": "〇〇県みらい市ひばりが丘１−２−３",
    "local_gov_code_unicode": "99901",
    "individual_number_unicode": NUMBER,
    "portrait": PORTRAIT,
    "sex_unicode": "男",
    "birth_date_unicode": "1990年1月2日",
    "sex": Sex.MALE,
    "birth_date": "1990-01-02",
}

RECORDS: tuple[CredentialType, ...] = (
    BasicIdentity(
        name="山田　太郎",
        name_kana="ヤマダ　タロウ",
        birthdate=PartialDate.parse("1990-01-02"),
        sex=Sex.MALE,
        address=HOME,
    ),
    MyNumberCard(**CARD),
    MyNumberAttestation(
        individual_number=NUMBER, name="山田　太郎", birthdate=PartialDate.parse("1990-01-02"), address=HOME
    ),
    AgeAttestation.from_birth_date(PartialDate.parse("1990-01-02"), on=ON),
    ResidenceRecord(
        **PERSON,
        full_name_kana="ヤマダ　タロウ",
        sex=Sex.MALE,
        resident_address=HOME,
        relationship_to_head=Relationship.HEAD,
    ),
    HouseholdRecord(
        resident_address=HOME,
        members=(
            HouseholdMember(**PERSON, relationship_to_head=Relationship.HEAD),
            HouseholdMember(
                full_name="山田　さくら",
                birth_date=PartialDate.parse("2021-03-30"),
                relationship_to_head=Relationship.CHILD,
            ),
        ),
    ),
    TaxAssessment(
        **ASSESSED,
        annual_tax=Money.yen(150_000),
        deductions=Deductions(basic=Money.yen(430_000), disability=Money.unreported()),
        dependents=Dependents(spouse=1, disabled=0),
    ),
    TaxPayment(
        full_name="山田　太郎", tax_item=TaxItem.INHABITANT, fiscal_year=2026, amount_due=150_000, no_arrears=True
    ),
    NationalQualification(**QUALIFIED, qualification_name="歯科医師"),
    PhysicianLicence(**QUALIFIED),
    NurseLicence(**QUALIFIED),
    ChildcareWorkerRegistration(**QUALIFIED),
    TeacherLicence(**QUALIFIED, licence_class=TeacherLicenceClass.FIRST, subjects=("数学",)),
    AdministrativeScrivenerRegistration(**QUALIFIED),
    DrivingLicence(
        **LICENCE,
        family_name_national_character="山田",
        given_name_national_character="太郎",
        issuing_jurisdiction="JP-13",
        licence_number="300000000019",
        licence_categories=(LicenceCategory.ORDINARY, LicenceCategory.MOPED),
        first_licence_dates=FirstLicenceDates(other=date(2010, 4, 1)),
        conditions="眼鏡等",
        colour_class=ColourClass.GOLD,
        public_safety_commission="〇〇県公安委員会",
    ),
)


def error_types(error: Any) -> list[str]:
    """Return the types of the errors in pydantic's ValidationError."""
    return [one["type"] for one in error.errors()]
