# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What the check digits catch and what they miss; stored forms are stable; planted My Numbers are found.

The tests on mistyped digits state *exactly* which mistakes each rule misses, so they fail on a wrong weight, not only
on a rule that catches too little.
"""

from __future__ import annotations

from contextlib import suppress

from hypothesis import assume, example, given
from hypothesis import strategies as st

from vcwallet.errors import MalformedError
from vcwallet.japan import identifiers
from vcwallet.japan.identifiers import (
    CORPORATE_NUMBER,
    DRIVING_LICENCE_NUMBER_STRICT,
    INSURER_NUMBER,
    LOCAL_GOVERNMENT_CODE,
    MY_NUMBER,
    Identifier,
    find_my_numbers,
)

EVERY_IDENTIFIER = [value for value in vars(identifiers).values() if isinstance(value, Identifier)]
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")

digit_characters = st.sampled_from("0123456789")


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text(digit_characters, min_size=count, max_size=count)


def replaced(text: str, at: int, digit: str) -> str:
    return text[:at] + digit + text[at + 1 :]


def swapped(text: str, at: int) -> str:
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def remainder_of_my_number(body: str) -> int:
    """Compute r as the ordinance has it: from the right, Q(n) = n + 1 for n <= 6 and n - 5 for n >= 7."""
    return sum(int(body[-n]) * (n + 1 if n <= 6 else n - 5) for n in range(1, 12)) % 11


@given(digits(11), st.integers(0, 11), digit_characters)
@example("00001027219", 9, "7")
def test_my_number_misses_a_mistyped_digit_only_between_the_remainders_0_and_1(body: str, at: int, digit: str) -> None:
    number = body + MY_NUMBER.check_digit(body)
    mistyped = replaced(number, at, digit)
    assume(mistyped != number)
    missed = at < 11 and {remainder_of_my_number(body), remainder_of_my_number(mistyped[:11])} == {0, 1}
    assert MY_NUMBER.is_valid(mistyped) == missed


@given(digits(11), st.integers(0, 9))
def test_my_number_misses_two_swapped_digits_only_between_the_remainders_0_and_1(body: str, at: int) -> None:
    number = body + MY_NUMBER.check_digit(body)
    mistyped = swapped(number, at)
    assume(mistyped != number)
    missed = {remainder_of_my_number(body), remainder_of_my_number(mistyped[:11])} == {0, 1}
    assert MY_NUMBER.is_valid(mistyped) == missed


@given(digits(11), digit_characters)
def test_my_number_has_one_check_digit(body: str, digit: str) -> None:
    assert MY_NUMBER.is_valid(body + digit) == (digit == MY_NUMBER.check_digit(body))


@given(digits(12), st.integers(0, 12), digit_characters)
def test_corporate_number_misses_only_a_0_for_a_9_and_the_reverse(body: str, at: int, digit: str) -> None:
    number = CORPORATE_NUMBER.check_digit(body) + body
    mistyped = replaced(number, at, digit)
    assume(mistyped != number)
    missed = at > 0 and {number[at], digit} == {"0", "9"}
    assert CORPORATE_NUMBER.is_valid(mistyped) == missed


@given(digits(5), st.integers(0, 5), digit_characters)
def test_local_government_code_misses_a_mistyped_digit_only_between_the_remainders_0_and_10(
    body: str, at: int, digit: str
) -> None:
    code = LOCAL_GOVERNMENT_CODE.normalise(body)
    mistyped = replaced(code, at, digit)
    assume(mistyped != code)
    remainders = {
        sum(int(d) * w for d, w in zip(text, (6, 5, 4, 3, 2), strict=True)) % 11 for text in (body, mistyped[:5])
    }
    assert LOCAL_GOVERNMENT_CODE.is_valid(mistyped) == (at < 5 and remainders == {0, 10})


@given(digits(10), digit_characters, st.integers(0, 10), digit_characters)
def test_driving_licence_number_misses_a_mistyped_digit_only_between_the_remainders_0_and_10(
    body: str, reissues: str, at: int, digit: str
) -> None:
    number = body + DRIVING_LICENCE_NUMBER_STRICT.check_digit(body) + reissues
    mistyped = replaced(number, at, digit)
    assume(mistyped != number)
    weights = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    remainders = {sum(int(d) * w for d, w in zip(text, weights, strict=True)) % 11 for text in (body, mistyped[:10])}
    assert DRIVING_LICENCE_NUMBER_STRICT.is_valid(mistyped) == (at < 10 and remainders == {0, 10})


@given(st.one_of(digits(5), digits(7)), st.data())
def test_insurer_number_catches_every_mistyped_digit(body: str, data: st.DataObject) -> None:
    number = body + INSURER_NUMBER.check_digit(body)
    mistyped = replaced(number, data.draw(st.integers(0, len(body))), data.draw(digit_characters))
    assume(mistyped != number)
    assert INSURER_NUMBER.is_valid(number)
    assert not INSURER_NUMBER.is_valid(mistyped)


@given(st.sampled_from(EVERY_IDENTIFIER), st.data())
def test_the_stored_form_is_the_same_however_it_was_typed(identifier: Identifier, data: st.DataObject) -> None:
    typed = data.draw(st.from_regex(identifier.pattern, fullmatch=True))
    assume(identifier.is_valid(typed))
    gaps = data.draw(st.lists(st.sampled_from(["", " ", "-", "　", "ー"]), min_size=len(typed), max_size=len(typed)))
    adorned = "".join(map(str.__add__, typed, gaps)).translate(FULL_WIDTH)
    assert identifier.normalise(adorned) == typed
    assert identifier.normalise(identifier.normalise(adorned)) == typed
    assert identifier.normalise(identifier.display(adorned)) == typed


@given(st.sampled_from(EVERY_IDENTIFIER), st.text())
def test_arbitrary_text_only_raises_our_error(identifier: Identifier, text: str) -> None:
    with suppress(MalformedError):
        assert identifier.is_valid(identifier.normalise(text))


not_digits = st.text(st.characters(exclude_categories=["Nd"]), max_size=20)


@given(digits(11), st.sampled_from(["", " ", "-", "　", " - ", "－"]), st.booleans(), not_digits, not_digits)
def test_a_planted_my_number_is_found(body: str, gap: str, full_width: bool, before: str, after: str) -> None:
    number = body + MY_NUMBER.check_digit(body)
    assume(number != "0" * 12)
    planted = gap.join((number[:4], number[4:8], number[8:]))
    assert find_my_numbers(before + (planted.translate(FULL_WIDTH) if full_width else planted) + after) == 1


@given(digits(11), digit_characters, st.booleans())
def test_a_my_number_inside_a_longer_number_is_not_found(body: str, further: str, in_front: bool) -> None:
    number = body + MY_NUMBER.check_digit(body)
    assert find_my_numbers(further + number if in_front else number + further) == 0


@given(not_digits)
def test_text_without_digits_holds_no_my_number(text: str) -> None:
    assert find_my_numbers(text) == 0
