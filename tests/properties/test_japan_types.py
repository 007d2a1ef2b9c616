# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What holds for every record of the Japanese types, and for every registration under a Japanese purpose."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vcwallet.claims import covers
from vcwallet.credential_type import CredentialType, view
from vcwallet.errors import OverAskingError
from vcwallet.japan import (
    TYPES,
    Address,
    AssessmentKind,
    Money,
    MyNumberCard,
    PartialDate,
    ResidenceRecord,
    TaxAssessment,
    purposes,
)
from vcwallet.japan.identifiers import MY_NUMBER
from vcwallet.japan.prohibitions import prohibited
from vcwallet.trust.registration import Grant, IntendedUse

DATES = st.dates(date(1900, 1, 1), date(2030, 12, 31))
JAPANESE = st.text("山田太郎花子ひらがなカタカナ髙﨑辻　", min_size=1, max_size=20)
AMOUNTS = st.integers(-(10**9), 10**9)
USES = st.sampled_from(sorted(purposes.ALL.values(), key=lambda use: use.code))
MY_NUMBERS = st.from_regex("[0-9]{11}", fullmatch=True).map(lambda body: body + MY_NUMBER.check_digit(body))


@st.composite
def partial_dates(draw: st.DrawFn) -> PartialDate:
    day = draw(DATES)
    known = draw(st.integers(0, 3))
    parts = dict(zip(("year", "month", "day"), (day.year, day.month, day.day), strict=True))
    return PartialDate(**{name: parts[name] for name in list(parts)[:known]})


def residence(full_name: str, birth_date: PartialDate) -> ResidenceRecord:
    return ResidenceRecord(
        full_name=full_name, birth_date=birth_date, resident_address=Address(formatted="〇〇県みらい市")
    )


@given(JAPANESE, partial_dates(), DATES)
def test_a_record_comes_back_from_its_claims(name: str, birth: PartialDate, on: date) -> None:
    view = ResidenceRecord.disclosed(residence(name, birth).claims(on=on))
    assert (view.full_name, view.birth_date) == (name, birth)


@given(partial_dates(), DATES)
def test_an_age_is_answered_only_as_every_possible_birth_date_would(birth: PartialDate, on: date) -> None:
    claims = residence("山田　太郎", birth).claims(on=on)
    for years in (18, 20):
        answer = claims.get(f"age_over_{years}")
        if birth.earliest is None or birth.latest is None:
            assert answer is None
            continue
        every = {PartialDate.from_date(day).is_at_least(years, on) for day in (birth.earliest, birth.latest)}
        assert answer == (every.pop() if len(every) == 1 else None)


@given(partial_dates(), DATES)
def test_the_card_in_a_phone_answers_as_the_register_does(birth: PartialDate, on: date) -> None:
    card = MyNumberCard(full_name_unicode="山田　太郎", birth_date=birth).claims(on=on)
    register = residence("山田　太郎", birth).claims(on=on)
    for name in ("age_over_18", "age_over_20"):
        assert card.get(name) == register.get(name)
    assert ("birth_date" in card) is (birth.exact is not None)
    assert card.get("age_in_years") == birth.age_on(on)


@given(partial_dates(), DATES, st.integers(1, 2000))
def test_nobody_gets_younger(birth: PartialDate, on: date, days: int) -> None:
    record = residence("山田　太郎", birth)
    if record.claims(on=on).get("age_over_20") is True:
        assert record.claims(on=on + timedelta(days=days))["age_over_20"] is True


def assessment(total_income: Money) -> TaxAssessment:
    return TaxAssessment(
        full_name="山田　太郎",
        fiscal_year=2026,
        income_year=2025,
        certificate_kind=AssessmentKind.TAXED,
        total_income=total_income,
    )


@given(AMOUNTS)
def test_the_answers_about_an_income_agree_with_it_and_with_each_other(amount: int) -> None:
    claims: Any = assessment(Money.yen(amount)).claims(on=date(2026, 11, 23))
    above, below = claims["income_above"], claims["income_below"]
    assert above == {key: amount > int(key) for key in above}
    assert below == {key: amount < int(key) for key in below}
    assert not any(above[key] and below[key] for key in above)


@given(
    MY_NUMBERS.filter(lambda number: number != "0" * 12),
    st.sampled_from(["", " ", "-", "　", "－"]),
    JAPANESE,
    JAPANESE,
)
def test_no_record_takes_a_my_number_into_a_text(number: str, gap: str, before: str, after: str) -> None:
    text = before + gap.join((number[:4], number[4:8], number[8:])) + after
    with pytest.raises(ValidationError) as caught:
        residence(text, PartialDate())
    assert [error["type"] for error in caught.value.errors()] == ["JP_MYNUMBER_MIXED"]
    assert number not in str(caught.value)


@given(USES, st.data())
def test_a_narrowed_use_asks_for_nothing_that_the_purpose_does_not(use: IntendedUse, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(use.grants), min_size=1, max_size=4))
    grants = [
        Grant(grant.type_id, tuple(data.draw(st.lists(st.sampled_from(grant.paths), min_size=1))), grant.format)
        for grant in chosen
    ]
    less = purposes.narrowed(use, grants)
    purposes.require_within_maximum(less)
    assert prohibited(less) == ()
    assert all(use.covers(grant.type_id, path) for grant in less.grants for path in grant.paths)


@given(USES, st.sampled_from([kind for kind in TYPES if kind.doctype is not None]), st.data())
def test_an_element_is_within_a_purpose_exactly_when_it_was_granted(
    use: IntendedUse, kind: type[CredentialType], data: st.DataObject
) -> None:
    shape = view(kind, "mso_mdoc")
    elements = [element for name in kind.outline() for element in shape.granted((name,))]
    element = data.draw(st.sampled_from(elements))
    granted = any(covers(path, element) for one in use.grants if one.type_id == kind.doctype for path in one.paths)
    try:
        purposes.narrowed(use, [Grant(shape.type_id, (element,), shape.format)])
    except OverAskingError:
        assert not granted
    else:
        assert granted


@given(USES, st.sampled_from(TYPES), st.data())
def test_a_claim_is_within_a_purpose_exactly_when_it_was_granted(use: IntendedUse, kind, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(kind.outline())))
    granted = any(covers(path, (name,)) for one in use.grants if one.type_id == kind.vct for path in one.paths)
    try:
        purposes.narrowed(use, [Grant(kind.vct, ((name,),))])
    except OverAskingError:
        assert not granted
    else:
        assert granted
