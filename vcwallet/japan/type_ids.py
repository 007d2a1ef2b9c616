# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Identifiers that others laid down, and those of types that purposes name and this package does not model (yet)."""

from __future__ import annotations

from typing import Final

MY_NUMBER_ATTESTATION: Final = "urn:vcwallet:jp:my-number-attestation:1"
"""The type that is made for My Numbers."""

MY_NUMBER_CARD: Final = "org.iso.23220.1.jp.mnc"
"""The My Number card in the wallet of a phone: a real mdoc, issued by others."""
MY_NUMBER_CARD_ISO: Final = "org.iso.23220.1"
"""Its namespace for elements of ISO/IEC 23220-2."""
MY_NUMBER_CARD_DOMESTIC: Final = "org.iso.23220.1.jp"
"""Its namespace for Japanese elements."""
MY_NUMBER_CARD_VCT: Final = "urn:vcwallet:jp:my-number-card:1"
"""The name of its type where there is no docType, such as in type metadata; no credential has it."""

DRIVING_LICENCE: Final = "org.iso.18013.5.1.mDL"
"""The mobile driving licence of every country."""
DRIVING_LICENCE_ISO: Final = "org.iso.18013.5.1"
"""Its namespace for elements of ISO/IEC 18013-5."""
DRIVING_LICENCE_DOMESTIC: Final = "jp.vcwallet.mdl.1"
"""Its namespace for Japanese elements; ours, since no official one is known."""

BASIC_IDENTITY: Final = "urn:vcwallet:jp:basic-identity:1"
AGE_PREDICATE: Final = "urn:vcwallet:jp:age-predicate:1"
RESIDENCE_CARD: Final = "urn:vcwallet:jp:residence-card:1"
HEALTH_INSURANCE_ELIGIBILITY: Final = "urn:vcwallet:jp:health-insurance-eligibility:1"
CHILD_ALLOWANCE: Final = "urn:vcwallet:jp:child-allowance:1"
DISABILITY_CERTIFICATE: Final = "urn:vcwallet:jp:disability-certificate:1"
DONATION_CERTIFICATE: Final = "urn:vcwallet:jp:donation-certificate:1"
EMPLOYMENT_CERTIFICATE: Final = "urn:vcwallet:jp:employment-certificate:1"
PARKING_SPACE_CERTIFICATE: Final = "urn:vcwallet:jp:parking-space-certificate:1"
DISASTER_VICTIM_CERTIFICATE: Final = "urn:vcwallet:jp:disaster-victim-certificate:1"
SELF_INFORMATION: Final = "urn:vcwallet:jp:self-information:1"
INCOME_PREDICATE: Final = "urn:vcwallet:jp:income-predicate:1"

OTHER_QUALIFICATIONS: Final = tuple(
    f"urn:vcwallet:jp:qualification:{code}:1"
    for code in (
        "dentist",
        "pharmacist",
        "public-health-nurse",
        "midwife",
        "assistant-nurse",
        "certified-care-worker",
        "social-worker",
        "psychiatric-social-worker",
        "tax-accountant",
        "labour-consultant",
        "small-vessel-operator",
    )
)
"""Professions that extend the national qualification."""
