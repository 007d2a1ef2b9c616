# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The data elements that the claims of a credential type become in an mdoc (ISO/IEC 18013-5, clauses 7.1 and 7.2.1).

A group is taken apart, since only an element can be disclosed on its own: the parts of ``resident_address`` are
``resident_address.locality`` and so on.  An array is one element.  Dates and byte strings have types of their own, also
inside arrays and plain models.

    >>> from vcwallet.credential_type.elements import FullDate
    >>> FullDate("1990-01-02")
    FullDate('1990-01-02')
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypeAlias, assert_never, get_args, get_origin

from pydantic import BaseModel

from vcwallet.claims import ClaimPath, JsonValue
from vcwallet.credential_type.outline import Answer, Answers, Array, ClaimNode, Group, Leaf, Outline, Shape
from vcwallet.credential_type.reading import alternatives

Convert: TypeAlias = "Callable[[Any], Any]"
"""Turns the value of a claim in JSON into the value of an element, or back."""

# The concrete class first, since asking an abstract one costs ten times as much, and this is in the path of issuing.
_OBJECTS: Final = (dict, Mapping)
_FULL_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class FullDate(str):
    """A date of the calendar, ``YYYY-MM-DD``; in CBOR a ``full-date``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"FullDate({super().__repr__()})"


class DateTime(str):
    """A moment in UTC in whole seconds, ``YYYY-MM-DDThh:mm:ssZ``; in CBOR a ``tdate``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"DateTime({super().__repr__()})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One data element of a document type.

    Attributes:
        path: the claim that it holds.
        namespace: the namespace that it stands in.
        identifier: the data element identifier.
        certain: how much of the path has to be there for the whole of it to be there: 0 where every record has it.
        encode: turns the claim's JSON value into the element's; None where they are the same.
        decode: turns the element's value in JSON back into the claim's; None where they are the same.
    """

    path: ClaimPath
    namespace: str
    identifier: str
    certain: int
    encode: Convert | None
    decode: Convert | None

    @property
    def place(self) -> ClaimPath:
        """Where it stands in an mdoc."""
        return (self.namespace, self.identifier)


def elements_of(outline: Outline, *, namespace: str) -> tuple[Element, ...]:
    """Return the elements of a type, in the order of its claims.

    Raises:
        TypeError: two claims would be the same element, or a value would have no end.
    """
    elements = tuple(_elements(outline, (), namespace, "", 0))
    places = [element.place for element in elements]
    if twice := next((place for place in places if places.count(place) > 1), None):
        raise TypeError(f"two claims are the element {twice[1]} of {twice[0]}")
    return elements


def _elements(outline: Outline, path: ClaimPath, namespace: str, prefix: str, certain: int) -> Iterator[Element]:
    for name, node in outline.items():
        claim, here = node.claim, (*path, name)
        identifier = claim.element or f"{prefix}{name}"
        always = node.required and not node.nullable
        yield from _of_node(node, here, claim.namespace or namespace, identifier, certain if always else len(here))


def _of_node(node: ClaimNode, path: ClaimPath, namespace: str, identifier: str, certain: int) -> Iterator[Element]:
    shape = node.shape
    if isinstance(shape, Group):
        yield from _elements(shape.members, path, namespace, f"{identifier}.", certain)
    elif isinstance(shape, Answers):
        for key in shape.thresholds:
            yield _element((*path, key), namespace, f"{identifier}.{key}", len(path) + 1, Answer(None))
    else:
        yield _element(path, namespace, identifier, certain, shape)


def _element(path: ClaimPath, namespace: str, identifier: str, certain: int, shape: Shape) -> Element:
    encode, decode = _of_shape(shape)
    return Element(path=path, namespace=namespace, identifier=identifier, certain=certain, encode=encode, decode=decode)


# --- values -----------------------------------------------------------------------------------------------------------


class _Ways(NamedTuple):
    """From JSON to the element and back; None where nothing changes."""

    encode: Convert | None = None
    decode: Convert | None = None


def _of_shape(shape: Shape) -> _Ways:
    match shape:
        case Leaf(value):
            return _of_type(value.annotation, in_base64=True, around=())
        case Group(_, members):
            return _of_members({name: _of_shape(node.shape) for name, node in members.items()})
        case Array(element):
            return _of_items(_of_shape(element))
        case Answer() | Answers():
            return _Ways()
        case _:
            assert_never(shape)


def _of_type(annotation: object, *, in_base64: bool, around: tuple[object, ...]) -> _Ways:
    """Return the ways of a type expression; `in_base64` says how byte strings are written in JSON."""
    kinds = [kind for kind in alternatives(annotation) if kind is not type(None)]
    classes = [kind for kind in kinds if isinstance(kind, type)]
    if len(kinds) == 1 and (parts := _of_parts(kinds[0], in_base64=in_base64, around=around)):
        return parts
    # Beside another kind of text a byte string could not be told from it, so it stays as it is in JSON.
    if in_base64 and kinds and all(kind in classes and issubclass(kind, bytes) for kind in kinds):
        return _Ways(_bytes, _padded)
    if any(issubclass(kind, datetime) for kind in classes):
        return _Ways(_moment)
    # A type that writes itself as an ISO 8601 date is a date where it is wholly known.
    return _Ways(_full_date) if any(hasattr(kind, "isoformat") for kind in classes) else _Ways()


def _of_parts(kind: object, *, in_base64: bool, around: tuple[object, ...]) -> _Ways | None:
    """Return the ways of a type that is an array or a map, None for another."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _of_model(kind, around=around)
    arguments = get_args(kind)
    inside = [_of_type(argument, in_base64=in_base64, around=around) for argument in arguments if argument is not ...]
    match get_origin(kind):
        case type() as origin if issubclass(origin, Mapping):
            return _Ways(*map(_each_value, inside[1]))
        case type() as origin if origin is tuple and arguments[1:] != (...,):
            return _Ways(_by_position([ways.encode for ways in inside]), _by_position([ways.decode for ways in inside]))
        case type() as origin if issubclass(origin, list | tuple | set | frozenset):
            return _of_items(inside[0])
    return None


def _of_model(model: type[BaseModel], *, around: tuple[object, ...]) -> _Ways:
    if model in around:
        raise TypeError(f"{model.__name__} contains itself, so it is no value of an element")
    in_base64 = model.model_config.get("ser_json_bytes") == "base64"
    inside = {
        name: _of_type(field.annotation, in_base64=in_base64, around=(*around, model))
        for name, field in model.model_fields.items()
    }
    return inside["root"] if model.__pydantic_root_model__ else _of_members(inside)


def _of_items(inside: _Ways) -> _Ways:
    return _Ways(*map(_each, inside))


def _of_members(inside: Mapping[str, _Ways]) -> _Ways:
    return _Ways(
        _each_member({name: ways.encode for name, ways in inside.items()}),
        _each_member({name: ways.decode for name, ways in inside.items()}),
    )


# A value on its way back is as its issuer wrote it: what has another form than its type says passes as it is, and is
# refused where the claims are read.


def _each(convert: Convert | None) -> Convert | None:
    if convert is None:
        return None
    return lambda value: [convert(part) for part in value] if isinstance(value, list | tuple) else value


def _each_value(convert: Convert | None) -> Convert | None:
    if convert is None:
        return None
    return lambda value: {name: convert(part) for name, part in value.items()} if isinstance(value, _OBJECTS) else value


def _each_member(converts: Mapping[str, Convert | None]) -> Convert | None:
    own = {name: convert for name, convert in converts.items() if convert is not None}
    if not own:
        return None
    return lambda value: (
        {name: own[name](part) if name in own else part for name, part in value.items()}
        if isinstance(value, _OBJECTS)
        else value
    )


def _by_position(converts: list[Convert | None]) -> Convert | None:
    if not any(converts):
        return None

    def convert(value: Any) -> Any:
        if not isinstance(value, list | tuple) or len(value) != len(converts):
            return value
        return [own(part) if own is not None else part for own, part in zip(converts, value, strict=True)]

    return convert


def _bytes(value: JsonValue) -> JsonValue | bytes:
    return base64.urlsafe_b64decode(value) if isinstance(value, str) else value


def _padded(value: JsonValue) -> JsonValue:
    """Return a byte string as pydantic writes it, from base64url without padding."""
    return value + "=" * (-len(value) % 4) if isinstance(value, str) else value


def _full_date(value: JsonValue) -> JsonValue:
    return FullDate(value) if isinstance(value, str) and _FULL_DATE.fullmatch(value) else value


def _moment(value: JsonValue) -> JsonValue:
    """Return a date or a moment; a moment without a time zone is none in CBOR, and stays text."""
    if not isinstance(value, str) or _FULL_DATE.fullmatch(value):
        return _full_date(value)
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            return value
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):  # of a type that may be a text as well, or beyond the year 9999 in UTC
        return value
    return DateTime(f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}Z")
