# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Amounts: reported, zero, negative, and unreported, which is none of these."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tests.unit.japan.sample_records import error_types
from vcwallet.errors import VerificationError
from vcwallet.japan import Money
from vcwallet.japan.money import LARGEST

READER = TypeAdapter(Money)


@pytest.mark.parametrize("amount", [0, 1, -500_000, LARGEST, -LARGEST])
def test_an_amount_is_written_and_read(amount: int) -> None:
    money = Money.yen(amount)
    assert READER.dump_python(money, mode="json") == {"amount": amount}
    assert READER.validate_python({"amount": amount}) == money
    assert money.require_amount() == amount
    assert money.is_reported


def test_unreported_is_written_and_read_as_such() -> None:
    money = Money.unreported()
    assert READER.dump_python(money, mode="json") == {"unreported": True}
    assert READER.validate_python({"unreported": True}) == money
    assert money != Money.yen(0)
    assert not money.is_reported


def test_unreported_is_never_an_amount() -> None:
    with pytest.raises(VerificationError) as caught:
        Money.unreported().require_amount()
    assert caught.value.code == "VALUE_UNREPORTED"


@pytest.mark.parametrize("money", [Money.yen(0), Money.yen(1), Money.unreported()])
def test_an_amount_is_no_truth_value(money: Money) -> None:
    with pytest.raises(TypeError):
        bool(money)


@pytest.mark.parametrize(
    "value",
    [
        None,
        0,
        "*",
        {},
        {"amount": None},
        {"amount": "1"},
        {"amount": 1.0},
        {"amount": True},
        {"amount": LARGEST + 1},
        {"unreported": False},
        {"unreported": 1.5},
        {"amount": 1, "unreported": True},
        {"amount": 1, "currency": "JPY"},
    ],
)
def test_anything_else_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        READER.validate_python(value)
    assert error_types(caught.value) == ["JP_MONEY_INVALID"]


@pytest.mark.parametrize("amount", [True, 1.0, "1", LARGEST + 1])
def test_the_constructor_is_as_strict(amount: Any) -> None:
    with pytest.raises(ValueError, match="yen"):
        Money.yen(amount)


def test_no_amount_is_in_the_representation() -> None:
    assert repr(Money.yen(3_200_000)) == "Money()"


def test_the_schema_has_both_forms() -> None:
    forms = READER.json_schema(mode="serialization")["oneOf"]
    assert [form["required"] for form in forms] == [["amount"], ["unreported"]]
