# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The identifiers that Japanese records carry, each with its form, its check digit and its sensitivity class.

Where a check rule has not been published (resident-record code, basic pension number, residence card), only the form
is checked.  Nothing here knows which numbers have been assigned.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from vcwallet.credential_type import Sensitivity
from vcwallet.japan.identifiers import check_digits
from vcwallet.japan.identifiers.identifier import CheckDigit, Identifier


def _with_check_digit(folded: str) -> str:
    """Complete a five-digit local government code: the My Number card on a phone carries it without its check digit."""
    if re.fullmatch("[0-9]{5}", folded) is None:
        return folded
    return folded + check_digits.local_government_code(folded)


def _without_postal_mark(folded: str) -> str:
    return folded.removeprefix("〒")


MY_NUMBER: Final = Identifier(
    name="my_number",
    label="個人番号",
    sensitivity=Sensitivity.X,
    pattern="[0-9]{12}",
    check=CheckDigit(at=11, body=(0, 11), body_pattern="[0-9]{11}", digit_of=check_digits.my_number),
    groups=(4, 4, 4),
)

CORPORATE_NUMBER: Final = Identifier(
    name="corporate_number",
    label="法人番号",
    sensitivity=Sensitivity.A,
    pattern="[1-9][0-9]{12}",
    check=CheckDigit(at=0, body=(1, 13), body_pattern="[0-9]{12}", digit_of=check_digits.corporate_number),
    groups=(1, 4, 4, 4),
)

# A sole trader's number is not a corporate number and its check rule is not at hand, so only the form is checked.
INVOICE_NUMBER: Final = Identifier(
    name="invoice_number", label="適格請求書発行事業者登録番号", sensitivity=Sensitivity.A, pattern="T[0-9]{13}"
)

LOCAL_GOVERNMENT_CODE: Final = Identifier(
    name="local_government_code",
    label="全国地方公共団体コード",
    sensitivity=Sensitivity.A,
    pattern="[0-9]{6}",
    check=CheckDigit(at=5, body=(0, 5), body_pattern="[0-9]{5}", digit_of=check_digits.local_government_code),
    complete=_with_check_digit,
)

# National health insurance has six digits; the other plans put two digits for the governing law before them.
INSURER_NUMBER: Final = Identifier(
    name="insurer_number",
    label="保険者番号",
    sensitivity=Sensitivity.B,
    pattern="[0-9]{6}|[0-9]{8}",
    check=CheckDigit(at=-1, body=(0, -1), body_pattern="[0-9]{5}|[0-9]{7}", digit_of=check_digits.insurer_number),
)

# Known only in order to be refused: private parties may not ask for it (Residential Basic Book Act, art. 30-38).
RESIDENT_RECORD_CODE: Final = Identifier(
    name="resident_record_code", label="住民票コード", sensitivity=Sensitivity.X, pattern="[0-9]{11}"
)

BASIC_PENSION_NUMBER: Final = Identifier(
    name="basic_pension_number", label="基礎年金番号", sensitivity=Sensitivity.X, pattern="[0-9]{10}", groups=(4, 6)
)

# Commission 2, year 2, serial 6, check 1, number of re-issues 1.
DRIVING_LICENCE_NUMBER: Final = Identifier(
    name="driving_licence_number", label="運転免許証の番号", sensitivity=Sensitivity.C, pattern="[0-9]{12}"
)

# For data entry, where a warning helps.  The rule is common knowledge, not an official publication: never reject by it.
DRIVING_LICENCE_NUMBER_STRICT: Final = replace(
    DRIVING_LICENCE_NUMBER,
    check=CheckDigit(at=10, body=(0, 10), body_pattern="[0-9]{10}", digit_of=check_digits.driving_licence_number),
)

# It names the card, not the person: a new card has a new number, so it must not serve as a subject identifier.
RESIDENCE_CARD_NUMBER: Final = Identifier(
    name="residence_card_number", label="在留カード番号", sensitivity=Sensitivity.C, pattern="[A-Z]{2}[0-9]{8}[A-Z]{2}"
)

# Date of birth 6, year of expiry 4, security code 4: opens the face data of a My Number card without a PIN.
CARD_FACE_NUMBER_B: Final = Identifier(
    name="card_face_number_b", label="照合番号B", sensitivity=Sensitivity.C, pattern="[0-9]{14}"
)

# An X.509 serial number in decimal: positive and at most 20 octets (RFC 5280, section 4.1.2.2).
JPKI_SERIAL: Final = Identifier(
    name="jpki_serial", label="電子証明書の発行の番号", sensitivity=Sensitivity.C, pattern="[1-9][0-9]{0,47}"
)

POSTAL_CODE: Final = Identifier(
    name="postal_code",
    label="郵便番号",
    sensitivity=Sensitivity.A,
    pattern="[0-9]{7}",
    groups=(3, 4),
    complete=_without_postal_mark,
)

# Unique only together with the local government code.
MACHIAZA_ID: Final = Identifier(name="machiaza_id", label="町字ID", sensitivity=Sensitivity.A, pattern="[0-9]{7}")
