# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Detect My Numbers in free text, so that they stay out of credentials, logs and indexes (Number Act, arts. 19, 20).

>>> find_my_numbers("番号は１２３４ ５６７８ ９０１８ です")
1
>>> find_my_numbers("注文番号 1234-5678-9012")
0
"""

from __future__ import annotations

import re
from typing import Final

from vcwallet.japan.identifiers.definitions import MY_NUMBER
from vcwallet.japan.identifiers.identifier import SEPARATORS, fold

_FOUR_DIGITS: Final = "[0-9０-９]{4}"
_GAP: Final = f"[{re.escape(SEPARATORS)}]{{0,3}}"
# The look-ahead lets candidates overlap: in "2026 1234 5678 9018" the number begins at the second group.  Every part is
# of bounded length, so the work at one position is bounded and the whole is linear in the length of the text.
_CANDIDATE: Final = re.compile(
    rf"(?<![0-9０-９])(?=({_FOUR_DIGITS}{_GAP}{_FOUR_DIGITS}{_GAP}{_FOUR_DIGITS})(?![0-9０-９]))"
)
_PADDING: Final = "0" * 12


def find_my_numbers(text: str) -> int:
    """Return how many My Numbers the text holds; how many and not which, as they may not be collected.

    Twelve ASCII or full-width digits count when their check digit fits, whether they stand together or in groups of
    four with up to three spaces or hyphens between, and whatever stands around them but a further digit.  Letters may
    stand next to them: in CBOR every twelve-character text follows the letter ``l``.  Twelve zeros do not count: their
    check digit fits, but they are padding.

    About one in eleven arbitrary twelve-digit numbers passes the check, so a hit is a reason to stop and look, not
    evidence.  To scan bytes, decode them as UTF-8 with ``errors="replace"``.
    """
    return sum(_is_my_number(match[1]) for match in _CANDIDATE.finditer(text))


def _is_my_number(candidate: str) -> bool:
    return MY_NUMBER.is_valid(candidate) and fold(candidate) != _PADDING
