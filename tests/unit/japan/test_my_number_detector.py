# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The detector that keeps My Numbers out of credentials, logs and indexes."""

from __future__ import annotations

import pytest

from vcwallet.japan.identifiers import find_my_numbers


@pytest.mark.parametrize(
    "text",
    [
        "123456789018",
        "1234 5678 9018",
        "1234-5678-9018",
        "12345678 9018",
        "1234 - 5678 - 9018",
        "個人番号１２３４５６７８９０１８です",
        "１２３４　５６７８　９０１８",
        "１２３４ー５６７８ー９０１８",
        '{"individual_number": "123456789018"}',
        "https://verifier.example/?id=123456789018&x=1",
        "2026 1234 5678 9018",  # the first three groups are no My Number, the last three are
        "1234 5678 9018 2026",
        "elementValuel123456789018",  # a CBOR text of twelve characters follows the letter l
        "000010272190",
        "000011468950",
    ],
)
def test_a_my_number_is_found_however_it_is_written(text: str) -> None:
    assert find_my_numbers(text) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123466789012",  # wrong check digit
        "1234 6678 9012",
        "1234567890181",  # part of a longer number
        "0123456789018",
        "９1234567890180",
        "1234 5678 90181",
        "123 456 789 018",
        "1234.5678.9018",
        "1234    5678    9018",
        "1234\n5678\n9018",
        "00000000-0000-0000-0000-000000000000",  # padding
        "0000 0000 0000",
        "1764547200000",  # milliseconds
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert find_my_numbers(text) == 0


def test_every_occurrence_counts() -> None:
    assert find_my_numbers("621498320257 and 9832 0567 3214, then 621498320257 again") == 3


def test_long_adversarial_texts_are_searched_in_one_pass() -> None:
    """Bounded work at each position: a quadratic search would not come back from these."""
    assert find_my_numbers("1" * 2_000_000) == 0
    assert find_my_numbers("1234   " * 300_000 + "x") == 0
    assert find_my_numbers("12345678   " * 200_000 + "123456789018") == 1
