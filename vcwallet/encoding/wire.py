# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Wire documents: the JSON messages of the protocols as strict, frozen models, read through one function.

Nothing is coerced: ``true`` is not 1 and ``"1"`` is not 1.  Unknown members are kept; a model whose standard refuses
them sets ``extra="forbid"``.  Whatever does not fit leaves as `MalformedError`, never with a value from the input.

    >>> from vcwallet.encoding.wire import Array, Maybe, WireModel, read
    >>> class Greeting(WireModel):
    ...     names: Array[str]
    ...     loud: Maybe[bool] = None
    >>> read(Greeting, b'{"names": ["Arthur", "Ford"], "x": 1}')
    Greeting(names=('Arthur', 'Ford'), loud=None, x=1)
    >>> read(Greeting, {"names": ["Arthur"], "loud": 1})
    Traceback (most recent call last):
    vcwallet.errors.MalformedError: Greeting: the member "loud" does not fit (bool_type) [MALFORMED]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, ValidationError
from pydantic_core import PydanticCustomError

from vcwallet.claims import JsonObject
from vcwallet.encoding import json
from vcwallet.errors import LimitExceededError, MalformedError, quoted

_LIMIT_ERRORS = frozenset({"too_long", "string_too_long"})

T = TypeVar("T")
Model = TypeVar("Model", bound="WireModel")


class WireModel(BaseModel):
    """The base of all wire documents: strict, frozen, silent about its input."""

    model_config: ClassVar[ConfigDict] = ConfigDict(strict=True, frozen=True, extra="allow", hide_input_in_errors=True)


def read(
    model: type[Model],
    value: bytes | str | Mapping[str, object],
    *,
    max_bytes: int = json.MAX_BYTES,
    max_items: int = json.MAX_ITEMS,
) -> Model:
    """Return the wire document of a JSON text, or of an object that was parsed before.

    Both take the same way through strict JSON, so the same limits hold and the document shares nothing with its input.

    Raises:
        LimitExceededError: longer than `max_bytes`, more than `max_items` values (see `json.loads`), or a list or
            string longer than the model allows.
        MalformedError: not a JSON object, or not as the model says.
    """
    text = value if isinstance(value, bytes | str) else _text(value)
    return fit(model, json.loads_object(text, max_bytes=max_bytes, max_items=max_items))


def fit(model: type[Model], value: object) -> Model:
    """Return the wire document of a value that strict JSON parsing gave; for members whose model depends on others.

    Raises:
        LimitExceededError: a list or string is longer than the model allows.
        MalformedError: not as the model says.
    """
    try:
        # A member is read by its name in the standard alone, also where our own code may write another.
        return model.model_validate(value, by_alias=True, by_name=False)
    except ValidationError as error:
        raise _as_ours(model, error) from None


def _text(value: Mapping[str, object]) -> bytes:
    try:
        return json.dumps(cast(JsonObject, value))
    except (TypeError, ValueError):
        raise MalformedError("the value is not a JSON object") from None


def _as_ours(model: type[WireModel], error: ValidationError) -> MalformedError:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    problem = next((each for each in problems if each["type"] in _LIMIT_ERRORS), problems[0])
    # The kind of problem only: pydantic's own messages quote the input now and then.
    kind = LimitExceededError if problem["type"] in _LIMIT_ERRORS else MalformedError
    where = quoted(".".join(str(part) for part in problem["loc"]))
    return kind(f"{model.__name__}: the member {where} does not fit ({problem['type']})")


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _not_null(value: Any) -> Any:
    if value is None:
        raise PydanticCustomError("null", "a member that is not there is left out, not null")
    return value


# The first bad element is enough: a report on each of a million would be work that the peer chooses for us.
Array: TypeAlias = Annotated[tuple[T, ...], FailFast(), BeforeValidator(_frozen)]
"""A JSON array, held as a tuple."""

Maybe: TypeAlias = Annotated[T | None, BeforeValidator(_not_null)]
"""A member that may be left out (then None); on the wire, null is refused."""
