# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Codes that records carry, each with the words that people read (ISO/IEC 5218 for sex; our codes elsewhere).

The code stands in the credential and is what a verifier compares; the words are for forms and screens.

    >>> Sex.FEMALE.value, Sex.FEMALE.ja, Sex.FEMALE.en
    (2, '女', 'Female')
"""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum
from typing import Self, TypeVar

_Member = TypeVar("_Member", bound=Enum)


class Code(StrEnum):
    """A code with its words: each member is written ``NAME = "code", "日本語", "English"``."""

    ja: str
    en: str

    def __new__(cls, value: str, ja: str, en: str) -> Self:
        """Make a member of its code and words."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.ja, member.en = ja, en
        return member


class Sex(IntEnum):
    """The sex on a record, by the numbers of ISO/IEC 5218."""

    ja: str
    en: str

    def __new__(cls, value: int, ja: str, en: str) -> Self:
        """Make a member of its number and words."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.ja, member.en = ja, en
        return member

    NOT_KNOWN = 0, "不明", "Not known"
    MALE = 1, "男", "Male"
    FEMALE = 2, "女", "Female"
    NOT_APPLICABLE = 9, "適用不能", "Not applicable"


def from_japanese(codes: type[_Member], words: str) -> _Member | None:
    """Return the code that people know by these words, or None where there is none."""
    return next((code for code in codes if getattr(code, "ja", None) == words), None)
