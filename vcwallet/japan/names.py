# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Names: what may be signed, and how two written names are compared.

Two things that look alike are kept apart.  A name that is *signed* stays as the register has it, byte for byte; it only
has to be in Unicode Normalization Form C (UAX #15), so that every system sees the same bytes.  Names are *compared* by
a key that forgets variants of a character; the key is for comparison alone and is never stored, shown or signed.

    >>> match_names("山田　太郎", "山田 太郎")
    <NameMatch.FOLDED: 'folded'>
    >>> match_names("髙橋花子", "高橋花子", fold_table={"髙": "高"})
    <NameMatch.FOLDED: 'folded'>
    >>> match_names("山田太郎", "YAMADA TARO", kana_a="ヤマダ　タロウ", kana_b="やまだ たろう")
    <NameMatch.KANA_ONLY: 'kana_only'>
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from unicodedata import is_normalized, normalize
from unicodedata import name as character_name

from vcwallet.errors import MalformedError

NO_FOLDING: Final[Mapping[str, str]] = MappingProxyType({})

# Standardised (U+FE00..) and ideographic (U+E0100..) variation selectors: they choose the shape of the base character.
_VARIATION_SELECTORS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_LARGE_KANA: Final = str.maketrans(
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ", "あいうえおつやゆよわかけアイウエオツヤユヨワカケ"
)
_KATAKANA: Final = {hiragana: hiragana + 0x60 for hiragana in (*range(0x3041, 0x3097), 0x309D, 0x309E)}


class NameMatch(StrEnum):
    """How far two names agree; what is enough is for the verifier's policy to say."""

    EXACT = "exact"
    """The same characters."""
    FOLDED = "folded"
    """The same but for variants of characters, spaces, width, small kana and letter case."""
    KANA_ONLY = "kana_only"
    """Written otherwise, but read the same."""
    NONE = "none"


def is_nfc(text: str) -> bool:
    """Tell whether the text is in Normalization Form C, as every name inside a credential has to be."""
    return is_normalized("NFC", text)


def normalise_for_signing(text: str) -> str:
    """Return the name in Normalization Form C, unless that would replace an ideograph of the register.

    In Japanese text form C only joins a letter and its marks (か and U+3099 to が), with one exception: it turns the
    CJK compatibility ideographs, some of them official variants in names (U+FA19 for 神), into the common character.
    Neither the changed name nor the unstable one should be signed, so this is an error that an issuer has to settle:
    the same shape is written as the common character followed by its standardised variation selector, which form C
    keeps.

    Form KC is never used, and what was signed is never normalised again.

    Raises:
        MalformedError: The name contains such an ideograph (code
            ``JP_NAME_COMPATIBILITY_IDEOGRAPH``), or a lone surrogate.
    """
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise MalformedError("the name contains a lone surrogate")
    if any(_is_replaced_by_nfc(character) for character in text):
        raise MalformedError(
            "the name contains a CJK compatibility ideograph, which normalisation would replace; "
            "write it as the unified ideograph and a variation selector",
            code="JP_NAME_COMPATIBILITY_IDEOGRAPH",
            clause="UAX #15, section 1.3",
        )
    return normalize("NFC", text)


def match_names(
    a: str,
    b: str,
    *,
    kana_a: str | None = None,
    kana_b: str | None = None,
    fold_table: Mapping[str, str] = NO_FOLDING,
) -> NameMatch:
    """Return how far two names, with their readings where known, agree.

    The readings only count when the written names differ, as a register may not yet have confirmed them.  An empty name
    or reading agrees with nothing.

    Args:
        a: One name.
        b: The other name.
        kana_a: The reading of the one, in katakana or hiragana.
        kana_b: The reading of the other.
        fold_table: See `folded_key`.
    """
    key_a, key_b = folded_key(a, fold_table=fold_table), folded_key(b, fold_table=fold_table)
    if key_a and a == b:
        return NameMatch.EXACT
    if key_a and key_a == key_b:
        return NameMatch.FOLDED
    reading_a, reading_b = _reading_key(kana_a or ""), _reading_key(kana_b or "")
    if reading_a and reading_a == reading_b:
        return NameMatch.KANA_ONLY
    return NameMatch.NONE


def folded_key(name: str, *, fold_table: Mapping[str, str] = NO_FOLDING) -> str:
    """Return a key that is equal for names differing only in how their characters are written.

    It forgets variation selectors, width (half-width kana, full-width letters), compatibility ideographs, small kana,
    letter case, and spaces except between letters of an alphabet (``NGUYEN THI LAN``).  It keeps hiragana and katakana
    apart: in a name that is a difference of spelling.

    Args:
        name: The name as registered or as typed.
        fold_table: Pairs of single characters that the deployment holds equal, each variant with its common form
            (``{"髙": "高"}``): the reduction tables for administrative characters are data, not part of this library.

    Raises:
        ValueError: A key of the fold table is not a single character.
    """
    plain = normalize("NFKC", _VARIATION_SELECTORS.sub("", name))
    common = plain.translate(_by_code_point(fold_table)).translate(_LARGE_KANA).casefold()
    return normalize("NFKC", _join_words(common.split()))


def _reading_key(reading: str) -> str:
    return folded_key(reading).translate(_KATAKANA)


def _by_code_point(fold_table: Mapping[str, str]) -> dict[int, str]:
    if any(len(variant) != 1 for variant in fold_table):
        raise ValueError("the keys of a fold table are single characters")
    return {ord(variant): common for variant, common in fold_table.items()}


def _join_words(words: list[str]) -> str:
    joined = ""
    for word in words:
        between_letters = joined != "" and _has_case(joined[-1]) and _has_case(word[0])
        joined += f" {word}" if between_letters else word
    return joined


def _has_case(character: str) -> bool:
    """Tell letters of an alphabet with two cases (Latin, Greek, Cyrillic) from kanji and kana."""
    return character.lower() != character.upper()


def _is_replaced_by_nfc(character: str) -> bool:
    return not is_nfc(character) and character_name(character, "").startswith("CJK COMPATIBILITY IDEOGRAPH")
