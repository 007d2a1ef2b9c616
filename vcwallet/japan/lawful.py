# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The rules that hold for whatever a credential says, whoever laid down its claims: R-01, R-04 and R-05.

No My Number and no 住民票コード stands in a credential, but for a My Number in the types that are made for it.  The
rules are checked when a record is made, so that nothing else can be issued.

    >>> from typing import Annotated
    >>> from vcwallet.credential_type import Claim
    >>> class LibraryCard(LawfulRecord, vct="urn:example:library:1", ja="図書館利用者証", en="Library card"):
    ...     note: Annotated[str, Claim("備考", "Note")]
    >>> LibraryCard(note="1234 5678 9018")
    Traceback (most recent call last):
    ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for LibraryCard
      The claim note holds what looks like a My Number [type=JP_MYNUMBER_MIXED]
"""

from collections.abc import Iterator
from enum import Enum
from functools import cache
from typing import Any, Final, Self, cast

from pydantic import BaseModel, model_validator
from pydantic_core import PydanticCustomError

from vcwallet.claims import ClaimPath, path_text
from vcwallet.credential_type import ClaimGroup, CredentialType
from vcwallet.credential_type.outline import Array, Group, Leaf, Outline, Shape
from vcwallet.japan.forbidden_numbers import ForbiddenNumber, forbidden_number
from vcwallet.japan.identifiers import MY_NUMBER, RESIDENT_RECORD_CODE
from vcwallet.japan.names import is_nfc
from vcwallet.japan.type_ids import MY_NUMBER_ATTESTATION, MY_NUMBER_CARD_VCT
from vcwallet.japan.values import identifiers_in

MY_NUMBER_TYPES: Final = frozenset((MY_NUMBER_ATTESTATION, MY_NUMBER_CARD_VCT))
"""The types that may hold a My Number: the one that is made for it, and the card itself."""

_FOUND: Final = {
    ForbiddenNumber.MY_NUMBER: "what looks like a My Number",
    ForbiddenNumber.DERIVED: "what looks like an encoded My Number",
    ForbiddenNumber.RESIDENT_RECORD_CODE: "what looks like a resident-record code",
}


class LawfulRecord(CredentialType):
    """The base of types whose claims others have laid down; our own have the envelope, too (`Certificate`)."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        _require_lawful_identifiers(cls)

    @model_validator(mode="after")
    def _lawful_texts(self) -> Self:
        for path, text in free_texts(self):
            found = forbidden_number(text)
            if found is not None:
                raise _refused(found.value, path, f"holds {_FOUND[found]}")
            if not is_nfc(text):
                raise _refused("JP_TEXT_NOT_NFC", path, "is not in Unicode Normalization Form C")
        return self


def free_texts(record: BaseModel, path: ClaimPath = ()) -> Iterator[tuple[ClaimPath, str]]:
    """Yield every text of a record that is not declared to be an identifier, with where it stands."""
    declared = _identifier_fields(type(record))
    for name, value in record.__dict__.items():
        if name not in declared:
            yield from _texts(value, (*path, name))


def _texts(value: object, path: ClaimPath) -> Iterator[tuple[ClaimPath, str]]:
    match value:
        case Enum():
            return
        case str():
            yield path, value
        case BaseModel():
            yield from free_texts(value, path)
        case tuple():
            for index, item in enumerate(value):
                yield from _texts(item, (*path, index))


@cache
def _identifier_fields(model: type[BaseModel]) -> frozenset[str]:
    if not issubclass(model, ClaimGroup):
        return frozenset()
    nodes = model.outline().items()
    return frozenset(name for name, node in nodes if node.value and any(identifiers_in(node.value.annotation)))


def _refused(code: str, path: ClaimPath, reason: str) -> PydanticCustomError:
    # Pydantic wants to see the code written out; ours come from a closed list.
    return PydanticCustomError(
        cast(Any, code), "The claim {claim} {reason}", {"claim": path_text(path), "reason": reason}
    )


# --- when a class is made ---------------------------------------------------------------------------------------------


def _require_lawful_identifiers(cls: type[LawfulRecord]) -> None:
    """Refuse a type that has a field for a forbidden number, since its fields for identifiers are not searched."""
    for name in _identifier_names(cls.outline()):
        if name == RESIDENT_RECORD_CODE.name:
            raise TypeError(f"{cls.__name__} has a field for a resident-record code [JP_JUMINCODE_FORBIDDEN]")
        if name == MY_NUMBER.name and getattr(cls, "vct", None) not in MY_NUMBER_TYPES:
            raise TypeError(f"{cls.__name__} has a field for a My Number [JP_MYNUMBER_MIXED]")


def _identifier_names(outline: Outline) -> Iterator[str]:
    for node in outline.values():
        yield from _names_in(node.shape)


def _names_in(shape: Shape) -> Iterator[str]:
    match shape:
        case Leaf(value):
            yield from (identifier.name for identifier in identifiers_in(value.annotation))
        case Group(_, members):
            yield from _identifier_names(members)
        case Array(element):
            yield from _names_in(element)
