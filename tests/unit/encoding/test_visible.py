# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Text that people decide by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcwallet.encoding import visible

FAMILY = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sakura Bank",
        "番号　花子",
        "さくら銀行\n本店",
        "नमस्ते",
        "می\u200cخواهم",
        FAMILY,
        "é",
        "e\u0301",
        "葛\U000e0100",
        "\u2764\ufe0f",
    ],
)
def test_what_people_write_is_visible(text: str) -> None:
    assert visible.is_visible(text)
    assert visible.shown(text) == text.replace("\n", " ")


@pytest.mark.parametrize(
    "character",
    [
        *("\0", "\t", "\r", "\x1b", "\x7f", "\x85", "\xad", "\u061c", "\u200b", "\u200e", "\u200f", "\u2028", "\u2029"),
        *("\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2060", "\u2066", "\u2067", "\u2068", "\u2069"),
        *("\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u3164", "\uffa0"),
        *("\ufeff", "\ue000", "\ufffe", "\U000e0041", "\U0010fffe", "\ud800"),
    ],
    ids=lambda character: f"U+{ord(character):04X}",
)
def test_what_is_not_seen_is_not(character: str) -> None:
    text = f"100{character}000"
    assert not visible.is_visible(text)
    assert visible.shown(text) == "100000"


@given(st.text())
def test_what_is_shown_is_visible_and_on_one_line(text: str) -> None:
    shown = visible.shown(text)
    assert visible.is_visible(shown)
    assert "\n" not in shown
    assert visible.shown(shown) == shown
