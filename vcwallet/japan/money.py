# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Amounts of a tax register, which may be unreported (``*`` on the paper); that is not zero.

    >>> Money.yen(3_200_000).require_amount()
    3200000
    >>> Money.unreported().require_amount()
    Traceback (most recent call last):
    ...
    vcwallet.errors.VerificationError: the amount was not reported to the tax office [VALUE_UNREPORTED]

In JSON it is ``{"amount": 3200000}`` or ``{"unreported": true}``, disclosed as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from vcwallet.errors import VerificationError

LARGEST: Final = 10**15
"""Below 2^53, so that every reader of JSON sees the same amount."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in yen, negative for a loss, or the statement that none was reported.

    Attributes:
        amount: the amount; None where it is unreported.
    """

    amount: int | None = field(repr=False)

    def __post_init__(self) -> None:
        # bool is an int in Python, and an amount of `True` yen would be a mistake.
        if self.amount is not None and (type(self.amount) is not int or abs(self.amount) > LARGEST):
            raise ValueError("an amount is a number of yen")

    @classmethod
    def yen(cls, amount: int) -> Self:
        """Return a reported amount."""
        return cls(amount)

    @classmethod
    def unreported(cls) -> Self:
        """Return the statement that nothing was reported."""
        return cls(None)

    @property
    def is_reported(self) -> bool:
        """Whether there is an amount."""
        return self.amount is not None

    def require_amount(self) -> int:
        """Return the amount.

        Raises:
            VerificationError: it was not reported (code ``VALUE_UNREPORTED``), so nothing follows from it.
        """
        if self.amount is None:
            raise VerificationError("the amount was not reported to the tax office", code="VALUE_UNREPORTED")
        return self.amount

    def __bool__(self) -> bool:
        raise TypeError("ask for the amount: no amount, 0 and a reported amount are three things")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _read, serialization=core_schema.plain_serializer_function_ser_schema(_write)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        amount = {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST}
        return {
            "oneOf": [_object("amount", amount), _object("unreported", {"const": True})],
        }


def _object(name: str, schema: JsonSchemaValue) -> JsonSchemaValue:
    return {"type": "object", "properties": {name: schema}, "required": [name], "additionalProperties": False}


def _write(value: Money) -> dict[str, int]:
    return {"unreported": True} if value.amount is None else {"amount": value.amount}


def _read(value: object) -> Money:
    if isinstance(value, Money):
        return value
    match value:
        case Mapping() if value.keys() == {"unreported"} and value["unreported"] is True:
            return Money(None)
        case Mapping() if value.keys() == {"amount"} and value["amount"] is not None:
            try:
                return Money(value["amount"])
            except ValueError:
                pass
    raise PydanticCustomError("JP_MONEY_INVALID", 'An amount is {"amount": <yen>} or {"unreported": true}')
