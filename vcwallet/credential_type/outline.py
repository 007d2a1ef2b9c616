# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The claims of a credential type as a tree, from which concealment, paths, documents and forms are derived.

>>> from typing import Annotated
>>> from vcwallet.credential_type import Claim, CredentialType
>>> from vcwallet.credential_type.outline import walk
>>> class Pass(CredentialType, vct="urn:example:pass:1", ja="乗車証", en="Pass"):
...     zones: Annotated[tuple[str, ...], Claim("区間", "Zones")]
>>> [(place.path, place.concealed) for place in walk(Pass.outline())]
[(('zones',), True), (('zones', None), True)]
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TypeAlias, assert_never

from pydantic import BaseModel

from vcwallet.claims import ClaimPath, Concealment, path_text
from vcwallet.credential_type.claim import Claim, Disclosure, Language
from vcwallet.credential_type.reading import ClaimValue


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that is disclosed as a whole."""

    value: ClaimValue


@dataclass(frozen=True, slots=True)
class Group:
    """An object whose members are claims themselves."""

    model: type[BaseModel]
    members: "Outline"


@dataclass(frozen=True, slots=True)
class Array:
    """A list whose elements are disclosed one by one."""

    element: "Shape"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a predicate, which can be shown instead of the claim that `replaces` names."""

    replaces: str | None


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of a threshold predicate, by threshold as text."""

    replaces: str | None
    thresholds: Mapping[str, int]


Shape: TypeAlias = "Leaf | Group | Array | Answer | Answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimNode:
    """A named claim.

    Attributes:
        claim: its labels and rules.
        shape: what is inside it.
        required: a record cannot do without it.
        nullable: its Python value may be None, which is then left out of the claim tree.
        value: the whole field's type; for predicates None.
    """

    claim: Claim
    shape: Shape
    required: bool = False
    nullable: bool = False
    value: ClaimValue | None = None


Outline: TypeAlias = "Mapping[str, ClaimNode]"


# --- concealment ------------------------------------------------------------------------------------------------------


def concealment_of(outline: Outline) -> Concealment:
    """Return which parts of the claim tree are disclosed on their own."""
    return Concealment(members=_conceal_members(outline))


def _conceal_members(outline: Outline) -> dict[str, Concealment]:
    return {
        name: _conceal(node.shape, node.claim.disclosure is not Disclosure.ALWAYS) for name, node in outline.items()
    }


def _conceal(shape: Shape, concealed: bool) -> Concealment:
    match shape:
        case Leaf() | Answer():
            return Concealment(selectable=concealed)
        case Group():
            return Concealment(selectable=concealed, members=_conceal_members(shape.members))
        case Array():
            # The array as well as each element: the number of elements says something, too.
            return Concealment(selectable=concealed, elements=_conceal(shape.element, concealed))
        case Answers():
            return Concealment(selectable=concealed, any_member=Concealment(selectable=concealed))
        case _:
            assert_never(shape)


# --- all places of the tree -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the claim tree, with what holds there.

    Attributes:
        path: where it is.
        labels: the label in each language; none for the elements of an array, which have no name of their own.
        claim: the claim it belongs to; what is inside a claim that is never disclosed is never disclosed either.
        mandatory: each credential of the type has it.
        concealed: it is a disclosure of its own.
        replaces: for a predicate, the claim that it can be shown instead of.
    """

    path: ClaimPath
    labels: Mapping[Language, str]
    claim: Claim
    mandatory: bool
    concealed: bool
    replaces: str | None = None


def walk(outline: Outline) -> Iterator[Place]:
    """Yield the places of the claim tree, outer ones before inner ones."""
    return _walk_members(outline, (), mandatory=True, never=False)


def _walk_members(outline: Outline, path: ClaimPath, *, mandatory: bool, never: bool) -> Iterator[Place]:
    for name, node in outline.items():
        claim = replace(node.claim, disclosure=Disclosure.NEVER) if never else node.claim
        place = Place(
            path=(*path, name),
            labels={"ja": claim.ja, "en": claim.en},
            claim=claim,
            mandatory=mandatory and node.required,
            concealed=claim.disclosure is not Disclosure.ALWAYS,
        )
        yield from _walk_shape(node.shape, place)


def _walk_shape(shape: Shape, place: Place) -> Iterator[Place]:
    never = place.claim.disclosure is Disclosure.NEVER
    match shape:
        case Leaf():
            yield place
        case Answer():
            yield replace(place, replaces=shape.replaces)
        case Group():
            yield place
            yield from _walk_members(shape.members, place.path, mandatory=place.mandatory, never=never)
        case Array():
            yield place
            # An empty array is complete, so nothing below it is mandatory.
            element = replace(place, path=(*place.path, None), labels={}, mandatory=False)
            yield from _walk_shape(shape.element, element)
        case Answers():
            yield replace(place, replaces=shape.replaces)
            for key, threshold in shape.thresholds.items():
                labels: Mapping[Language, str] = {"ja": f"{threshold:,}", "en": f"{threshold:,}"}
                yield replace(place, path=(*place.path, key), labels=labels)
        case _:
            assert_never(shape)


# --- paths ------------------------------------------------------------------------------------------------------------


def resolve(outline: Outline, spec: str | Sequence[str | int | None]) -> ClaimPath:
    """Return the path that `spec` names, as ``"members.*.full_name"`` or as its components.

    Raises:
        ValueError: there is no such claim; the message has the names that come close.
    """
    components = [None if part == "*" else part for part in spec.split(".")] if isinstance(spec, str) else list(spec)
    if not components:
        raise ValueError("a claim path has at least one component")
    path: ClaimPath = (components[0],)
    shape = _member(outline, components[0], ())
    for component in components[1:]:
        step, shape = _inside(shape, component, path)
        path = (*path, step)
    return path


def _inside(shape: Shape, component: str | int | None, path: ClaimPath) -> tuple[str | int | None, Shape]:
    match shape:
        case Group():
            return component, _member(shape.members, component, path)
        case Array():
            return _index(component, path), shape.element
        case Answers():
            _require_name(component, shape.thresholds, path)
            return component, Leaf(ClaimValue(bool))
        case Leaf() | Answer():
            raise ValueError(f"the claim {path_text(path)} has no parts; it is disclosed as a whole")
        case _:
            assert_never(shape)


def _member(outline: Outline, component: str | int | None, path: ClaimPath) -> Shape:
    return outline[_require_name(component, outline, path)].shape


def _index(component: str | int | None, path: ClaimPath) -> int | None:
    if isinstance(component, str) and component.isdecimal():
        component = int(component)
    if component is None or (type(component) is int and component >= 0):
        return component
    raise ValueError(f"the claim {path_text(path)} is an array: go on with '*' for each element, or an index")


def _require_name(component: str | int | None, names: Mapping[str, object], path: ClaimPath) -> str:
    if isinstance(component, str) and component in names:
        return component
    wanted = path_text((*path, component))
    if not isinstance(component, str):
        raise ValueError(f"there is no claim {wanted}: '*' and indexes go into arrays only")
    close = get_close_matches(component, names) or list(names)
    raise ValueError(f"there is no claim {wanted}; did you mean {' or '.join(path_text((*path, n)) for n in close)}?")
