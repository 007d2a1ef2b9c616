# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of the check digits, one function per rule that some ordinance or published scheme lays down.

Each function takes the digits that are protected (ASCII digits, in reading order, without the check digit) and returns
the check digit.  Which identifier uses which rule stands in `vcwallet.japan.identifiers.definitions`.

    >>> my_number("12345678901")
    '8'
    >>> corporate_number("000012050002")
    '7'
    >>> local_government_code("13101")
    '6'
"""

from __future__ import annotations

from collections.abc import Sequence

MY_NUMBER_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
LOCAL_GOVERNMENT_CODE_WEIGHTS = (6, 5, 4, 3, 2)
DRIVING_LICENCE_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def my_number(body: str) -> str:
    """Return the 12th digit of a My Number (ordinance on the number act: 0 when the remainder is 0 or 1).

    Two remainders share the digit 0, so this rule misses a mistyped digit that turns one of them into the other.
    """
    remainder = _weighted_sum(body, MY_NUMBER_WEIGHTS) % 11
    return "0" if remainder <= 1 else str(11 - remainder)


def corporate_number(body: str) -> str:
    """Return the first digit of a corporate number, which is never 0; products are *not* summed digit by digit.

    Modulo 9 cannot tell a 0 from a 9, so this rule misses exactly that one confusion.
    """
    total = sum(int(digit) * (1 if n % 2 == 1 else 2) for n, digit in enumerate(reversed(body), start=1))
    return str(9 - total % 9)


def local_government_code(body: str) -> str:
    """Return the 6th digit of a local government code: the last digit of 11 - r, so r = 0 gives 1 and r = 1 gives 0."""
    return _last_digit_of_complement(_weighted_sum(body, LOCAL_GOVERNMENT_CODE_WEIGHTS))


def driving_licence_number(body: str) -> str:
    """Return the 11th digit of a driving licence number.

    The weights and the rule are widely published, but not by the police: do not reject a licence for this alone.
    """
    return _last_digit_of_complement(_weighted_sum(body, DRIVING_LICENCE_WEIGHTS))


def insurer_number(body: str) -> str:
    """Return the last digit of an insurer number: 2, 1, 2, ... from the right, the digits of each product added."""
    products = (int(digit) * (2 if n % 2 == 1 else 1) for n, digit in enumerate(reversed(body), start=1))
    return str(-sum(product // 10 + product % 10 for product in products) % 10)


def _weighted_sum(body: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))


def _last_digit_of_complement(total: int) -> str:
    return str((11 - total % 11) % 10)
