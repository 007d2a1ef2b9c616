# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The form that fills in a record of a credential type, described without any markup.

>>> from datetime import date
>>> from typing import Annotated
>>> from vcwallet.credential_type import Claim, CredentialType, form
>>> class Pass(CredentialType, vct="urn:example:pass:1", ja="乗車証", en="Pass"):
...     valid_until: Annotated[date, Claim("有効期限", "Valid until")]
>>> [(field.label, field.kind.value, field.required) for field in form(Pass, "ja")]
[('有効期限', 'date', True)]
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Final, Literal, assert_never, get_args, get_origin

from vcwallet.claims import ClaimPath, JsonValue
from vcwallet.credential_type.claim import Language
from vcwallet.credential_type.model import CredentialType
from vcwallet.credential_type.outline import Answer, Answers, Array, ClaimNode, Group, Leaf, Outline, Shape
from vcwallet.credential_type.reading import alternatives

_YES_NO: Final[dict[Language, tuple[str, str]]] = {"ja": ("はい", "いいえ"), "en": ("Yes", "No")}


class FieldKind(StrEnum):
    """How a form asks for a value."""

    TEXT = "text"
    DATE = "date"
    NUMBER = "number"
    CHOICE = "choice"
    GROUP = "group"
    LIST = "list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value to choose, as it stands in the claim tree, and its label."""

    value: JsonValue
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """A field of a form.

    Attributes:
        path: the claim; None stands for each entry of a list.
        label: its label in the form's language.
        description: a sentence of explanation, or None.
        kind: how to ask for it.
        required: a record cannot do without it.
        choices: for a choice, what to choose from.
        fields: the fields of a group, or the one field that a list repeats.
    """

    path: ClaimPath
    label: str
    description: str | None
    kind: FieldKind
    required: bool
    choices: tuple[Choice, ...] = ()
    fields: "tuple[FormField, ...]" = ()


def form(cls: type[CredentialType], language: Language) -> tuple[FormField, ...]:
    """Return the fields of the form that fills in a record.

    The choices of an enumeration are labelled by attributes ``ja`` and ``en`` of its members, if they have them.
    """
    return tuple(_fields(cls.outline(), (), language))


def _fields(outline: Outline, path: ClaimPath, language: Language) -> Iterator[FormField]:
    for name, node in outline.items():
        yield from _field(node, node.shape, (*path, name), language)


def _field(node: ClaimNode, shape: Shape, path: ClaimPath, language: Language) -> Iterator[FormField]:
    """Yield the field that asks for a claim."""
    field = FormField(
        path=path,
        label=node.claim.label(language),
        description=node.claim.description(language),
        kind=FieldKind.TEXT,
        required=node.required,
    )
    match shape:
        case Leaf(value):
            kind, choices = _leaf_kind(value.annotation, language)
            yield replace(field, kind=kind, choices=choices)
        case Group(_, members):
            yield replace(field, kind=FieldKind.GROUP, fields=tuple(_fields(members, path, language)))
        case Array(element):
            entry = _field(node, element, (*path, None), language)
            yield replace(field, kind=FieldKind.LIST, fields=tuple(entry))
        case Answer() | Answers():
            return  # worked out, not asked for
        case _:
            assert_never(shape)


def _leaf_kind(annotation: object, language: Language) -> tuple[FieldKind, tuple[Choice, ...]]:
    """Return how to ask for a value: by the first alternative of its type that is not just text."""
    for kind in alternatives(annotation):
        if get_origin(kind) is Literal:
            return FieldKind.CHOICE, tuple(Choice(value=value, label=str(value)) for value in get_args(kind))
        if not isinstance(kind, type):
            continue
        if issubclass(kind, Enum):
            return FieldKind.CHOICE, tuple(_member_choice(member, language) for member in kind)
        if issubclass(kind, bool):
            yes, no = _YES_NO[language]
            return FieldKind.CHOICE, (Choice(value=True, label=yes), Choice(value=False, label=no))
        if issubclass(kind, date):
            return FieldKind.DATE, ()
        if issubclass(kind, int | float | Decimal):
            return FieldKind.NUMBER, ()
    return FieldKind.TEXT, ()


def _member_choice(member: Enum, language: Language) -> Choice:
    label = getattr(member, language, None)
    return Choice(value=member.value, label=label if isinstance(label, str) else str(member.value))
