# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Numbers that must not stand in the text of a credential: My Number (Number Act, arts. 19, 20) and 住民票コード.

    >>> forbidden_number("備考 1234-5678-9018")
    <ForbiddenNumber.MY_NUMBER: 'JP_MYNUMBER_MIXED'>
    >>> forbidden_number("みらい第2026-0000123号") is None
    True

A check digit cannot say that a number *is* somebody's: of twelve arbitrary digits one in eleven passes.  An issuer
whose document numbers are refused now and then gives them a letter, and a field for an identifier with a rule of its
own is declared as such (`vcwallet.japan.values.Identified`).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from vcwallet.errors import VerificationError
from vcwallet.japan.identifiers import MY_NUMBER, RESIDENT_RECORD_CODE, find_my_numbers
from vcwallet.japan.identifiers.identifier import SEPARATORS


class ForbiddenNumber(StrEnum):
    """Which number was found; the value is the code of the refusal."""

    MY_NUMBER = "JP_MYNUMBER_MIXED"
    DERIVED = "JP_MYNUMBER_DERIVED"
    RESIDENT_RECORD_CODE = "JP_JUMINCODE_FORBIDDEN"


_DIGIT: Final = re.compile("[0-9０-９]")
_HEX: Final = re.compile("(?<![0-9A-Fa-f])(?:3[0-9]){12}(?![0-9A-Fa-f])")
# Three ASCII digits give four letters of base64, each from a small set.
_BASE64: Final = re.compile("(?<![A-Za-z0-9+/_-])(?:[MNO][DTjz][AEIMQUYcgk][w-z0-5]){4}(?![A-Za-z0-9+/_-])")
_GAP: Final = f"[{re.escape(SEPARATORS)}]?"
_LABELLED_CODE: Final = re.compile(rf"住民票?コード\D{{0,10}}[0-9０-９](?:{_GAP}[0-9０-９]){{10}}(?![0-9０-９])")
_DIGESTS: Final = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_512")


def forbidden_number(text: str) -> ForbiddenNumber | None:
    """Return which forbidden number the text holds, or None.

    A My Number counts however it is grouped, and in hexadecimal or base64, which hide nothing.  The check rule of the
    住民票コード has not been published, so eleven digits count where the words stand before them, and as a whole text.
    """
    if find_my_numbers(text):
        return ForbiddenNumber.MY_NUMBER
    if any(MY_NUMBER.is_valid(number) for number in _decoded(text)):
        return ForbiddenNumber.DERIVED
    if _DIGIT.search(text) and (RESIDENT_RECORD_CODE.is_valid(text) or _LABELLED_CODE.search(text)):
        return ForbiddenNumber.RESIDENT_RECORD_CODE
    return None


def require_not_derived(identifier: str, *, individual_number: str) -> None:
    """Return if an identifier is not made from this My Number: plain, encoded, or as a plain digest.

    Whoever lawfully holds the number asks this before using a subject identifier, pairwise seed or index key.  A digest
    is no protection, since there are only 10^11 numbers to try; in law it is still the number.

    Raises:
        MalformedError: the number itself is not valid.
        VerificationError: the identifier is made from the number (code ``JP_MYNUMBER_DERIVED``).
    """
    number = MY_NUMBER.normalise(individual_number)
    made = {form.rstrip("=").casefold() for form in _forms(number)}
    if number in identifier or identifier.rsplit(":", 1)[-1].rstrip("=").casefold() in made:
        raise VerificationError(
            "the identifier is made from a My Number", code=ForbiddenNumber.DERIVED.value, clause="rule R-04"
        )


def _decoded(text: str) -> Iterator[str]:
    yield from (bytes.fromhex(match[0]).decode("ascii") for match in _HEX.finditer(text))
    yield from (base64.b64decode(match[0]).decode("ascii") for match in _BASE64.finditer(text))


def _forms(number: str) -> Iterator[str]:
    plain = number.encode("ascii")
    for data in (plain, *(hashlib.new(name, plain, usedforsecurity=False).digest() for name in _DIGESTS)):
        yield data.hex()
        yield base64.b64encode(data).decode("ascii")
        yield base64.urlsafe_b64encode(data).decode("ascii")
