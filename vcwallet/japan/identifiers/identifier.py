# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What an identifier is: how it is stored, how people type it, and what its check digit protects.

Two promises hold for every identifier.  A text that people may type (full-width characters, spaces, hyphens, small
letters) has one stored form, so stored forms can be compared.  And no text given to an `Identifier` ever appears in
an error: several of these numbers may not even be written to a log.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from vcwallet.credential_type import Sensitivity
from vcwallet.errors import MalformedError

SEPARATORS: Final = " \t\u00a0\u3000-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\u30fc\uff70"
"""Spaces, hyphens and dashes; among them the long-vowel mark, which Japanese keyboards give for the hyphen key."""

_MAX_TYPED: Final = 100
_ASCII: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Only ASCII and its full-width twins: str.upper would also turn "ß" into "SS" and make a wrong number look right.
_FOLD: Final = {
    **{ord(character): ord(character.upper()) for character in _ASCII.lower()},
    **{ord(character) + 0xFEE0: ord(character) for character in _ASCII},
    **{ord(character.lower()) + 0xFEE0: ord(character) for character in _ASCII},
    **dict.fromkeys(map(ord, SEPARATORS)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDigit:
    """Where an identifier keeps its check digit, and how the digit follows from the others."""

    at: int
    """Index of the check digit in the stored form."""
    body: tuple[int, int]
    """Where the protected digits begin and end in the stored form, as in a slice."""
    body_pattern: str
    """The protected digits as a regular expression."""
    digit_of: Callable[[str], str]

    def fits(self, stored: str) -> bool:
        """Tell whether the check digit of a well-formed identifier follows from its body."""
        return stored[self.at] == self.digit_of(stored[slice(*self.body)])


def _already_complete(folded: str) -> str:
    return folded


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """One kind of number or code.  See `vcwallet.japan.identifiers` for those in use."""

    name: str
    label: str
    """What the kind of number is called in Japanese."""
    sensitivity: Sensitivity
    pattern: str
    """The stored form as a regular expression that has to match the whole of it."""
    check: CheckDigit | None = None
    groups: tuple[int, ...] = ()
    """The lengths of the parts in which it is shown, when it is customarily shown in parts."""
    complete: Callable[[str], str] = _already_complete
    """Turns a shorter or adorned way of writing (separators already gone) into the stored form."""

    def normalise(self, text: str) -> str:
        """Return the stored form of what a person typed or another system sent.

        Raises:
            MalformedError: The text is no such identifier, or its check digit is wrong; the code is `error_code`.
        """
        if len(text) > _MAX_TYPED:
            raise self._malformed("too long")
        stored = self.complete(fold(text))
        if re.fullmatch(self.pattern, stored) is None:
            raise self._malformed("wrong form")
        if self.check is not None and not self.check.fits(stored):
            raise self._malformed("wrong check digit")
        return stored

    def is_valid(self, text: str) -> bool:
        """Tell whether the text has the form of this identifier; it says nothing about whether it was ever assigned."""
        try:
            self.normalise(text)
        except MalformedError:
            return False
        return True

    def check_digit(self, body: str) -> str:
        """Return the check digit that belongs to the other digits.

        Raises:
            MalformedError: The body does not have the right number of digits.
            ValueError: This kind of identifier has no check digit, or its rule is not published.
        """
        if self.check is None:
            raise ValueError(f"{self.name} has no published check digit")
        digits = fold(body)
        if re.fullmatch(self.check.body_pattern, digits) is None:
            raise self._malformed("wrong form of the digits before the check")
        return self.check.digit_of(digits)

    def display(self, text: str) -> str:
        """Return the identifier in the groups in which people read it, joined by hyphens.

        Raises:
            MalformedError: The text is no such identifier.
        """
        rest = self.normalise(text)
        parts = []
        for length in self.groups:
            parts.append(rest[:length])
            rest = rest[length:]
        return "-".join([*parts, rest] if rest else parts)

    @property
    def error_code(self) -> str:
        """The code of the errors about this identifier, such as ``JP_MY_NUMBER_INVALID``."""
        return f"JP_{self.name.upper()}_INVALID"

    def _malformed(self, reason: str) -> MalformedError:
        return MalformedError(f"not a valid {self.name}: {reason}", code=self.error_code)


def fold(text: str) -> str:
    """Return the text with full-width and small letters and digits made plain, and separators removed."""
    return text.translate(_FOLD)
