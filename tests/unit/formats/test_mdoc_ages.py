# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The nearest answer about an age, against a model that knows every age that somebody can have."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcwallet.errors import RemoteProtocolError
from vcwallet.formats.mdoc.ages import MAX_AGE_ELEMENTS, age_of, nearest_age, require_few_ages

AGES = st.integers(1, 99)  # everybody is at least 0
HELD = st.dictionaries(AGES, st.booleans(), max_size=6)


def possible(held: Mapping[int, bool]) -> set[int]:
    """Return every age that agrees with the answers."""
    return {age for age in range(131) if all((age >= limit) is answer for limit, answer in held.items())}


def settles(asked: int, limit: int, answer: bool) -> bool:
    """Tell whether one answer leaves no doubt about another question."""
    return len({age >= asked for age in possible({limit: answer})}) == 1


@pytest.mark.parametrize(("element", "age"), [("age_over_00", 0), ("age_over_18", 18), ("age_over_99", 99)])
def test_an_element_is_about_the_age_of_its_two_digits(element: str, age: int) -> None:
    assert age_of(element) == age


@pytest.mark.parametrize(
    "element",
    [
        "age_over_",
        "age_over_5",
        "age_over_100",
        "age_over_1８",
        "age_over_18\n",
        "age_over_+8",
        "Age_over_18",
        "xage_over_18",
        "age_over_NN",
        "age_in_years",
        "age_birth_year",
        "",
    ],
)
def test_no_other_element_is_about_an_age(element: str) -> None:
    assert age_of(element) is None


@pytest.mark.parametrize(
    ("asked", "held", "nearest"),
    [
        (18, {18: True}, 18),
        (18, {18: False}, 18),
        (18, {20: True, 21: True, 65: True}, 20),
        (18, {13: True, 20: True}, 20),
        (70, {20: False, 65: False}, 65),
        (70, {65: False, 75: False}, 65),
        (18, {16: True}, None),
        (18, {20: False}, None),
        (18, {16: True, 20: False}, None),
        (18, {}, None),
    ],
)
def test_the_nearest_true_answer_above_goes_before_the_nearest_false_one_below(
    asked: int, held: dict[int, bool], nearest: int | None
) -> None:
    assert nearest_age(asked, held) == nearest


def test_what_is_neither_true_nor_false_is_no_answer() -> None:
    strange: dict[int, object] = {20: 1, 16: 0, 21: "true", 15: None}
    assert nearest_age(18, strange) is None  # type: ignore[arg-type]  # as a document of another issuer may have it


@given(AGES, HELD)
def test_an_answer_is_given_exactly_when_one_settles_the_question(asked: int, held: dict[int, bool]) -> None:
    settling = {limit for limit, answer in held.items() if settles(asked, limit, answer)}
    assert (nearest_age(asked, held) is None) == (not settling)


@given(AGES, HELD.filter(possible))
def test_no_other_answer_that_settles_the_question_says_less(asked: int, held: dict[int, bool]) -> None:
    nearest = nearest_age(asked, held)
    if nearest is None:
        return
    told = possible({nearest: held[nearest]})
    assert settles(asked, nearest, held[nearest])
    for limit, answer in held.items():
        if settles(asked, limit, answer):
            assert possible({limit: answer}) <= told


@pytest.mark.parametrize(
    "elements",
    [
        (),
        ("age_over_18",),
        ("age_over_18", "age_over_65", "given_name"),
        ("age_over_18", "age_over_18", "age_over_20"),
        ("birth_date", "age_in_years", "age_over_100", "age_over_18", "age_over_20"),
    ],
)
def test_a_request_may_ask_about_two_ages(elements: tuple[str, ...]) -> None:
    require_few_ages(elements)


def test_a_request_may_not_ask_about_three_ages() -> None:
    assert MAX_AGE_ELEMENTS == 2
    with pytest.raises(RemoteProtocolError) as caught:
        require_few_ages(["age_over_18", "age_over_20", "age_over_65"])
    assert caught.value.code == "TOO_MANY_AGES"
