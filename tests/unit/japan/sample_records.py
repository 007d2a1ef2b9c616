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
    ChildcareWorkerRegistration,
    Deductions,
    Dependents,
    HouseholdMember,
    HouseholdRecord,
    Money,
    MyNumberAttestation,
    NationalQualification,
    NurseLicence,
    PartialDate,
    PhysicianLicence,
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

RECORDS: tuple[CredentialType, ...] = (
    MyNumberAttestation(
        individual_number=NUMBER, name="山田　太郎", birthdate=PartialDate.parse("1990-01-02"), address=HOME
    ),
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
)


def error_types(error: Any) -> list[str]:
    """Return the types of the errors in pydantic's ValidationError."""
    return [one["type"] for one in error.errors()]
