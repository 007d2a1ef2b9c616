# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
r"""Text that people decide by: none of its characters is unseen or moves the others about (Unicode, UAX #9, UTS #39).

>>> from vcwallet.encoding import visible
>>> visible.is_visible("番号　花子"), visible.is_visible("\N{RIGHT-TO-LEFT OVERRIDE}YPJ 000,1")
(True, False)
>>> visible.shown("Sakura\nBank\N{RIGHT-TO-LEFT OVERRIDE}")
'Sakura Bank'
"""

from __future__ import annotations

import unicodedata
from typing import Final

# Control and format characters, surrogates, private use, unassigned, and separators of lines and paragraphs.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks without a shape of their own (Default_Ignorable_Code_Point); those that make a variant are seen.
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
# Lines end, and several scripts and emoji are joined or kept apart by what is not seen itself.
_FINE: Final = frozenset("\n\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")


def is_visible(text: str) -> bool:
    """Tell whether a text reads as it is: no control, format or other unseen character but line ends and joiners."""
    return _is_plain(text) or all(map(_is_seen, text))


def shown(text: str) -> str:
    """Return a text on one line and without what is not seen, as a name may stand on a screen."""
    return text if _is_plain(text) else "".join(filter(_is_seen, text)).replace("\n", " ")


def _is_plain(text: str) -> bool:
    return text.isprintable() and _BLANK.isdisjoint(text)


def _is_seen(character: str) -> bool:
    if character in _BLANK:
        return False
    return character in _FINE or unicodedata.category(character) not in _UNSEEN
