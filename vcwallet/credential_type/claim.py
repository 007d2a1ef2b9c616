# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a credential type says about one of its claims (the claim metadata of SD-JWT VC, section 5.6, and ours).

>>> from typing import Annotated
>>> from vcwallet.credential_type import Claim, Sensitivity
>>> Nationality = Annotated[str, Claim("国籍・地域", "Nationality", sensitivity=Sensitivity.C)]
>>> Nationality.__metadata__[0].label("en")
'Nationality'
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

Language: TypeAlias = Literal["ja", "en"]


class Sensitivity(StrEnum):
    """How carefully a wallet and a registry treat a claim."""

    A = "A"
    """Public: stands in a published register; disclosed on request."""
    B = "B"
    """Basic: ordinary personal information; asked for once, with the purpose."""
    C = "C"
    """Guarded: invites discrimination or linkage; asked for claim by claim, with a warning."""
    D = "D"
    """Special care: only by explicit consent to this claim, never pre-selected, never in a batch."""
    X = "X"
    """Limited by statute: refused, unless the verifier is registered for a legal basis that the statute lists."""


class Disclosure(StrEnum):
    """Who sees a claim after it was issued.  Formats conceal what is not `ALWAYS`."""

    ALWAYS = "always"
    """In the clear in each presentation."""
    SELECTABLE = "selectable"
    """Disclosed when the holder chooses to."""
    NEVER = "never"
    """Issued, so that the holder has it, but a wallet never discloses it."""


@dataclass(frozen=True, slots=True)
class Statute:
    """Which legal bases release a class X claim, and the code of the refusal where none of them is given."""

    code: str
    bases: tuple[str, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.bases, tuple):
            raise TypeError("the legal bases of a Statute are a tuple of codes")


@dataclass(frozen=True, slots=True)
class Claim:
    """The labels and rules of a claim, placed in the ``Annotated`` type of a field.

    Attributes:
        ja: the label in Japanese.
        en: the label in English.
        sensitivity: how carefully it is treated.
        disclosure: whether it is concealed, and whether a wallet may disclose it.
        statute: what releases it, for a class X claim and only there.
        element: the data element identifier in an mdoc, if it is not the field's name; of a group, what stands before
            the names of its parts.
        namespace: the namespace in an mdoc, if it is not that of the type; of a group, that of its parts.
        term: the term in a JSON-LD context, if it is not the field's name.
        description_ja: a sentence of explanation for people.
        description_en: the same in English.
    """

    ja: str
    en: str
    _: KW_ONLY
    sensitivity: Sensitivity = Sensitivity.B
    disclosure: Disclosure = Disclosure.SELECTABLE
    statute: Statute | None = None
    element: str | None = None
    namespace: str | None = None
    term: str | None = None
    description_ja: str | None = None
    description_en: str | None = None

    def __post_init__(self) -> None:
        if not (self.ja and self.en):
            raise TypeError("a claim has a label in Japanese and one in English")
        if self.sensitivity is Sensitivity.X and self.statute is None:
            raise TypeError(f"the class X claim {self.en!r} needs a statute that says what releases it")
        # Without this a forgotten `sensitivity=X` would leave the claim to the holder's consent.
        if self.sensitivity is not Sensitivity.X and self.statute is not None:
            raise TypeError(f"the claim {self.en!r} has a statute, so it is of class X")

    def label(self, language: Language) -> str:
        """Return the label in a language."""
        return self.ja if language == "ja" else self.en

    def description(self, language: Language) -> str | None:
        """Return the explanation in a language, if there is one."""
        return self.description_ja if language == "ja" else self.description_en

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), **self.schema_labels()}

    def schema_labels(self) -> dict[str, str]:
        """Return the members that label a JSON Schema: ``title`` in English, ``x-ja`` in Japanese."""
        description = {"description": self.description_en} if self.description_en else {}
        return {"title": self.en, "x-ja": self.ja, **description}
