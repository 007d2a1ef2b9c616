# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The credential types of the profile, in the order in which a municipality would list them.

>>> [kind.en for kind in TYPES][:3]
['Basic identity', 'My Number card on a phone', 'My Number attestation']
"""

from __future__ import annotations

from typing import Final

from vcwallet.credential_type import CredentialType
from vcwallet.japan.age import AgeAttestation
from vcwallet.japan.basic_identity import BasicIdentity
from vcwallet.japan.driving import DrivingLicence
from vcwallet.japan.my_number import MyNumberAttestation
from vcwallet.japan.my_number_card import MyNumberCard
from vcwallet.japan.qualification import (
    AdministrativeScrivenerRegistration,
    ChildcareWorkerRegistration,
    NationalQualification,
    NurseLicence,
    PhysicianLicence,
    TeacherLicence,
)
from vcwallet.japan.residence import HouseholdRecord, ResidenceRecord
from vcwallet.japan.tax import TaxAssessment, TaxPayment

TYPES: Final[tuple[type[CredentialType], ...]] = (
    BasicIdentity,
    MyNumberCard,
    MyNumberAttestation,
    AgeAttestation,
    ResidenceRecord,
    HouseholdRecord,
    TaxAssessment,
    TaxPayment,
    NationalQualification,
    PhysicianLicence,
    NurseLicence,
    ChildcareWorkerRegistration,
    TeacherLicence,
    AdministrativeScrivenerRegistration,
    DrivingLicence,
)
