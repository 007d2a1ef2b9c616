# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The Japanese profile: credential types, purposes, rules, identifiers, dates and names.

>>> from vcwallet.japan import Address, ResidenceRecord, purposes
>>> record = ResidenceRecord(
...     full_name="番号　花子",
...     birth_date="1990-01-02",
...     resident_address=Address(formatted="〇〇県みらい市ひばりが丘一丁目２番３号"),
... )
>>> purposes.LOAN_UNDERWRITING.covers(ResidenceRecord.vct, ResidenceRecord.path("full_name"))
True
>>> purposes.LOAN_UNDERWRITING.covers(ResidenceRecord.vct, ResidenceRecord.path("registered_domicile"))
False

It is a policy profile that a deployment can tighten, and no legal advice.
"""

from vcwallet.japan import identifiers, purposes, rules
from vcwallet.japan.address import Address
from vcwallet.japan.age import AgeAttestation
from vcwallet.japan.basic_identity import BasicIdentity
from vcwallet.japan.catalogue import TYPES
from vcwallet.japan.codes import Sex
from vcwallet.japan.dates import JAPAN_STANDARD_TIME as JST
from vcwallet.japan.dates import UNKNOWN_DATE, PartialDate
from vcwallet.japan.driving import (
    ColourClass,
    DrivingLicence,
    DrivingPrivilege,
    FirstLicenceDates,
    LicenceCategory,
    PrivilegeCode,
)
from vcwallet.japan.envelope import Certificate
from vcwallet.japan.immigration import ForeignResidentCategory, StatusOfResidence
from vcwallet.japan.money import Money
from vcwallet.japan.my_number import MyNumberAttestation
from vcwallet.japan.my_number_card import MyNumberCard
from vcwallet.japan.qualification import (
    AdministrativeScrivenerRegistration,
    ChildcareWorkerRegistration,
    NationalQualification,
    NurseLicence,
    PhysicianLicence,
    QualificationStatus,
    Sanction,
    SanctionKind,
    Sanctions,
    TeacherLicence,
    TeacherLicenceClass,
)
from vcwallet.japan.residence import HouseholdMember, HouseholdRecord, Relationship, ResidenceRecord
from vcwallet.japan.tax import (
    AssessmentKind,
    Deductions,
    Dependents,
    PaymentCertificateClass,
    TaxAssessment,
    TaxCredits,
    TaxItem,
    TaxPayment,
)

__all__ = [
    "JST",
    "TYPES",
    "UNKNOWN_DATE",
    "Address",
    "AdministrativeScrivenerRegistration",
    "AgeAttestation",
    "AssessmentKind",
    "BasicIdentity",
    "Certificate",
    "ChildcareWorkerRegistration",
    "ColourClass",
    "Deductions",
    "Dependents",
    "DrivingLicence",
    "DrivingPrivilege",
    "FirstLicenceDates",
    "ForeignResidentCategory",
    "HouseholdMember",
    "HouseholdRecord",
    "LicenceCategory",
    "Money",
    "MyNumberAttestation",
    "MyNumberCard",
    "NationalQualification",
    "NurseLicence",
    "PartialDate",
    "PaymentCertificateClass",
    "PhysicianLicence",
    "PrivilegeCode",
    "QualificationStatus",
    "Relationship",
    "ResidenceRecord",
    "Sanction",
    "SanctionKind",
    "Sanctions",
    "Sex",
    "StatusOfResidence",
    "TaxAssessment",
    "TaxCredits",
    "TaxItem",
    "TaxPayment",
    "TeacherLicence",
    "TeacherLicenceClass",
    "identifiers",
    "purposes",
    "rules",
]
