# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Groups of claims, and how the fields of a model become an outline of claims when its class is made.

>>> from typing import Annotated
>>> from vcwallet.credential_type import Claim, ClaimGroup
>>> class Address(ClaimGroup):
...     region: Annotated[str, Claim("都道府県", "Prefecture")]
...     locality: Annotated[str, Claim("市区町村", "Municipality")]
>>> Address(region="〇〇県", locality="△△市")
Address('region', 'locality')
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationInfo, ValidatorFunctionWrapHandler, field_validator
from pydantic.fields import FieldInfo

from vcwallet.claims import JsonValue
from vcwallet.credential_type.claim import Claim
from vcwallet.credential_type.disclosed import ClaimNotDisclosedError
from vcwallet.credential_type.outline import Answer, Answers, Array, ClaimNode, Group, Leaf, Outline, Shape, resolve
from vcwallet.credential_type.predicate import Predicate, ThresholdPredicate
from vcwallet.credential_type.reading import ClaimValue, alternatives

AnyPredicate: TypeAlias = "Predicate[Any] | ThresholdPredicate[Any]"


class ClaimGroup(BaseModel):
    """Claims that belong together, as the value of one claim: an address, a member of a household.

    Each public field carries a `Claim`.  A field whose type is another kind of model is disclosed as a whole.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        allow_inf_nan=False,
        ser_json_bytes="base64",
        val_json_bytes="base64",
        ignored_types=(Predicate, ThresholdPredicate),
    )
    __outline__: ClassVar[Outline] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        _require_config(cls)
        cls.__outline__ = _outline_of(cls)

    @classmethod
    def outline(cls) -> Outline:
        """Return the claims by name, fields before predicates."""
        return cls.__outline__

    @property
    def undeclared(self) -> Mapping[str, JsonValue]:
        """What was disclosed beside the claims that the type defines; empty unless this is a disclosed view."""
        return {name: value for name, value in (self.model_extra or {}).items() if name not in self.__outline__}

    @field_validator("*", mode="wrap")
    @classmethod
    def _read(cls, value: object, as_python: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
        node = cls.__outline__[cast(str, info.field_name)]
        return cast(ClaimValue, node.value).read_with(as_python, value)

    def __repr_args__(self) -> Iterator[tuple[None, str]]:
        present = {**self.__dict__, **(self.model_extra or {})}
        return ((None, name) for name in self.__outline__ if present.get(name) is not None)

    def __str__(self) -> str:
        return repr(self)

    if not TYPE_CHECKING:  # so that a type checker still finds misspelt claims

        def __getattr__(self, name: str) -> object:
            if name.startswith("_"):
                return super().__getattr__(name)
            raise _no_attribute(self, name)


def _no_attribute(record: ClaimGroup, name: str) -> AttributeError:
    kind = type(record).__name__
    if name not in record.__outline__:
        return AttributeError(f"{kind!r} object has no attribute {name!r}")
    if record.model_extra is not None:
        return ClaimNotDisclosedError(f"the claim {name} of this {kind} was not disclosed")
    return AttributeError(f"{kind}.{name} is answered as of a date: use record.claims(on=...)[{name!r}]")


# --- when a class is made ---------------------------------------------------------------------------------------------


def _require_config(cls: type[ClaimGroup]) -> None:
    settings = {name: value for name, value in ClaimGroup.model_config.items() if name != "ignored_types"}
    changed = [name for name, value in settings.items() if cls.model_config.get(name) != value]
    if changed:
        raise TypeError(f"{cls.__name__} changes settings that all claims depend on: {', '.join(changed)}")


def _outline_of(cls: type[ClaimGroup]) -> Outline:
    if not cls.__pydantic_fields_complete__:
        raise TypeError(f"{cls.__name__}: an annotation names something that is not defined, or only further down")
    if cls.model_computed_fields:
        # It would be in each claim tree without anybody having said how it is disclosed.
        raise TypeError(
            f"{cls.__name__}.{next(iter(cls.model_computed_fields))}: use a predicate, not a computed field"
        )
    fields = {name: _field_node(cls, name, field) for name, field in cls.model_fields.items()}
    answers = {name: _answer_node(fields, predicate) for name, predicate in predicates_of(cls).items()}
    if both := fields.keys() & answers.keys():
        raise TypeError(f"{cls.__name__}.{min(both)} is a field and a predicate")
    return fields | answers


def predicates_of(cls: type[BaseModel]) -> dict[str, AnyPredicate]:
    """Return the predicates of a class and its bases, those of bases first."""
    members = {name: member for base in reversed(cls.__mro__) for name, member in vars(base).items()}
    return {name: member for name, member in members.items() if isinstance(member, Predicate | ThresholdPredicate)}


def _answer_node(fields: Outline, predicate: AnyPredicate) -> ClaimNode:
    if predicate.replaces is not None:
        try:
            resolve(fields, predicate.replaces)
        except ValueError as error:
            raise TypeError(f"the predicate {predicate.name} replaces a claim that is not there: {error}") from None
    if isinstance(predicate, Predicate):
        return ClaimNode(claim=predicate.claim, shape=Answer(predicate.replaces))
    return ClaimNode(claim=predicate.claim, shape=Answers(predicate.replaces, predicate.thresholds))


def _field_node(cls: type[ClaimGroup], name: str, field: FieldInfo) -> ClaimNode:
    where = f"{cls.__name__}.{name}"
    claims = [entry for entry in field.metadata if isinstance(entry, Claim)]
    if len(claims) != 1:
        raise TypeError(f"{where}: write {name}: Annotated[<type>, Claim(...)], with one Claim around the whole type")
    if field.alias or field.validation_alias or field.serialization_alias:
        raise TypeError(f"{where}: a claim has the name of its field; for other formats see Claim(element=, term=)")
    if hasattr(ClaimGroup, name):
        raise TypeError(f"{where}: the name is taken by the model itself")
    annotation = cast(Any, Annotated)[(field.annotation, *field.metadata)]
    return ClaimNode(
        claim=claims[0],
        shape=_shape_of(annotation, where),
        required=field.is_required(),
        nullable=type(None) in alternatives(field.annotation),
        value=ClaimValue(annotation),
    )


def _shape_of(annotation: object, where: str) -> Shape:
    kinds = [kind for kind in alternatives(annotation) if kind is not type(None)]
    inside = [shape for kind in kinds if (shape := _part_shape(kind, where)) is not None]
    if not inside:
        return Leaf(ClaimValue(annotation))
    if len(kinds) > 1:
        raise TypeError(f"{where}: a group or an array is no alternative to another type")
    return inside[0]


def _part_shape(kind: object, where: str) -> Shape | None:
    """Return the shape of a type that has parts, None for a type that is a leaf."""
    if isinstance(kind, type) and issubclass(kind, ClaimGroup):
        return _group_shape(kind, where)
    if get_origin(kind) is tuple and get_args(kind)[1:] == (...,):
        return Array(_shape_of(get_args(kind)[0], where))
    if (get_origin(kind) or kind) in (list, set, frozenset):
        raise TypeError(f"{where}: an array is a tuple[<type>, ...], since records do not change")
    return None


def _group_shape(model: type[ClaimGroup], where: str) -> Group:
    if not model.__outline__:
        raise TypeError(f"{where}: {model.__name__} has no claims, or contains itself")
    if predicates_of(model):
        raise TypeError(f"{where}: {model.__name__} has predicates, which only a credential type itself can have")
    return Group(model, model.__outline__)
