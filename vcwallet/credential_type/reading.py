# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How a value becomes the value of a claim: strictly of its type as Python, or else strictly as JSON.

So ``"1990-01-02"`` is a date, ``"2"`` is no number, ``1`` is not true, and a list makes a tuple.

    >>> from datetime import date
    >>> from vcwallet.credential_type.reading import ClaimValue
    >>> ClaimValue(date).read("1990-01-02")
    datetime.date(1990, 1, 2)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from datetime import date
from functools import cached_property
from types import UnionType
from typing import Annotated, Any, Final, Union, cast, get_args, get_origin, is_typeddict

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError, PydanticSerializationError, to_json

_CONFIG: Final = ConfigDict(allow_inf_nan=False, val_json_bytes="base64")
_JSON_KINDS: Final = (type(None), bool, int, float, str, list, tuple, Mapping)


@dataclass(frozen=True)
class ClaimValue:
    """A type expression, and pydantic's reading of it, which is prepared when it is first needed."""

    annotation: object

    @cached_property
    def adapter(self) -> TypeAdapter[object]:
        """Pydantic's validator for the type."""
        return TypeAdapter(cast(Any, self.annotation), config=None if _has_own_config(self.annotation) else _CONFIG)

    def read(self, value: object) -> object:
        """Return `value` as the type has it.

        Raises:
            ValueError: it is not of the type, neither as Python nor as JSON.  The message may contain the value.
        """
        return self.read_with(lambda given: self.adapter.validate_python(given, strict=True), value)

    def read_with(self, as_python: Callable[[object], object], value: object) -> object:
        """Do as `read` does, with `as_python` in place of the type's own strict validator."""
        try:
            understood = as_python(value)
        except ValidationError:
            if not isinstance(value, _JSON_KINDS):
                raise
            understood = self._read_as_json(value)
        _require_same_date(value, understood)
        return understood

    def _read_as_json(self, value: object) -> object:
        try:
            text = to_json(value)
        except PydanticSerializationError:
            raise PydanticCustomError("claim_type", "Input should be of the claim's type") from None
        return self.adapter.validate_json(text, strict=True)


def _has_own_config(annotation: object) -> bool:
    """Tell whether the type settles its own configuration, so that pydantic refuses another."""
    kind = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    return isinstance(kind, type) and (issubclass(kind, BaseModel) or is_dataclass(kind) or is_typeddict(kind))


def _require_same_date(given: object, understood: object) -> None:
    """Refuse a number read as a date: pydantic takes "1990", a year somewhere, for seconds since 1970."""
    if isinstance(understood, date):
        if isinstance(given, str) and given[:10] != understood.isoformat()[:10]:
            raise PydanticCustomError("date_text", "Input should be a date in the format YYYY-MM-DD")
    elif isinstance(understood, tuple) and isinstance(given, list | tuple):
        for part, read in zip(given, understood, strict=False):
            _require_same_date(part, read)


def alternatives(annotation: object) -> tuple[object, ...]:
    """Return the alternatives of a type: those of a union, or the type alone; what ``Annotated`` says is left out."""
    if get_origin(annotation) is Annotated:
        return alternatives(get_args(annotation)[0])
    alias = getattr(annotation, "__value__", None)  # of ``type X = ...``
    if alias is not None:
        return alternatives(alias)
    if get_origin(annotation) in (Union, UnionType):
        return tuple(kind for part in get_args(annotation) for kind in alternatives(part))
    return (annotation,)
