# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Japanese identifiers: one value for each kind of number, and a detector for the one that must not leak.

Every value answers the same three questions: what is the stored form of this text (`Identifier.normalise`), does this
text have the right form (`Identifier.is_valid`), and which check digit belongs to these digits
(`Identifier.check_digit`).

    >>> from vcwallet.japan.identifiers import CORPORATE_NUMBER, LOCAL_GOVERNMENT_CODE, POSTAL_CODE
    >>> CORPORATE_NUMBER.normalise("７-0000-1205-0002")
    '7000012050002'
    >>> LOCAL_GOVERNMENT_CODE.normalise("13101")
    '131016'
    >>> POSTAL_CODE.display("〒１００００１３")
    '100-0013'
    >>> CORPORATE_NUMBER.normalise("1000012050002")
    Traceback (most recent call last):
    ...
    vcwallet.errors.MalformedError: not a valid corporate_number: wrong check digit [JP_CORPORATE_NUMBER_INVALID]
"""

from __future__ import annotations

from vcwallet.japan.identifiers.definitions import (
    BASIC_PENSION_NUMBER,
    CARD_FACE_NUMBER_B,
    CORPORATE_NUMBER,
    DRIVING_LICENCE_NUMBER,
    DRIVING_LICENCE_NUMBER_STRICT,
    INSURER_NUMBER,
    INVOICE_NUMBER,
    JPKI_SERIAL,
    LOCAL_GOVERNMENT_CODE,
    MACHIAZA_ID,
    MY_NUMBER,
    POSTAL_CODE,
    RESIDENCE_CARD_NUMBER,
    RESIDENT_RECORD_CODE,
)
from vcwallet.japan.identifiers.detector import find_my_numbers
from vcwallet.japan.identifiers.identifier import CheckDigit, Identifier

__all__ = [
    "BASIC_PENSION_NUMBER",
    "CARD_FACE_NUMBER_B",
    "CORPORATE_NUMBER",
    "DRIVING_LICENCE_NUMBER",
    "DRIVING_LICENCE_NUMBER_STRICT",
    "INSURER_NUMBER",
    "INVOICE_NUMBER",
    "JPKI_SERIAL",
    "LOCAL_GOVERNMENT_CODE",
    "MACHIAZA_ID",
    "MY_NUMBER",
    "POSTAL_CODE",
    "RESIDENCE_CARD_NUMBER",
    "RESIDENT_RECORD_CODE",
    "CheckDigit",
    "Identifier",
    "find_my_numbers",
]
