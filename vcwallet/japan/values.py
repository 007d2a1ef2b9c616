# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The kinds of value that several types share: text, readings, and identifiers with their own rules.

    >>> from pydantic import TypeAdapter
    >>> TypeAdapter(LocalGovernmentCode).validate_python("13101")
    '131016'

A field that is declared to hold an identifier is checked by the identifier's rule, and for that reason not searched for
My Numbers: a driving licence has twelve digits, too, and one in eleven would look like one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias, cast, get_args, get_origin

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from vcwallet.errors import MalformedError
from vcwallet.japan.identifiers import (
    CORPORATE_NUMBER,
    DRIVING_LICENCE_NUMBER,
    LOCAL_GOVERNMENT_CODE,
    MACHIAZA_ID,
    POSTAL_CODE,
    RESIDENCE_CARD_NUMBER,
    Identifier,
)


@dataclass(frozen=True, slots=True)
class Identified:
    """Declares in ``Annotated`` that a text is an identifier; what people type becomes its stored form."""

    identifier: Identifier

    def read(self, text: str) -> str:
        """Return the stored form.

        Raises:
            PydanticCustomError: it is no such identifier; the type is the identifier's own error code.
        """
        try:
            return self.identifier.normalise(text)
        except MalformedError:
            # Pydantic wants to see the code written out; a code of an identifier is as fixed.
            code, name = cast(Any, self.identifier.error_code), self.identifier.name
            raise PydanticCustomError(code, "Input should be a {name}", {"name": name}) from None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": f"^(?:{self.identifier.pattern})$"}


def identifiers_in(annotation: object) -> Iterator[Identifier]:
    """Yield the identifiers that a type is declared to hold, also inside unions and arrays."""
    if get_origin(annotation) is Annotated:
        yield from (mark.identifier for mark in get_args(annotation)[1:] if isinstance(mark, Identified))
    for part in get_args(annotation):
        yield from identifiers_in(part)


# --- pictures ---------------------------------------------------------------------------------------------------------

MAX_PICTURE_BYTES: Final = 100_000
"""The size of a portrait; a credential goes through the radio of a phone."""

_JPEG: Final = b"\xff\xd8\xff"
# A JP2 file and a bare codestream (ISO/IEC 15444-1, annexes I.5.1 and A.4.1).
_JPEG_2000: Final = (b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")


def _jpeg(picture: bytes) -> bytes:
    return _picture(picture, (_JPEG,))


def _jpeg_or_jpeg_2000(picture: bytes) -> bytes:
    return _picture(picture, (_JPEG, *_JPEG_2000))


def _picture(picture: bytes, beginnings: tuple[bytes, ...]) -> bytes:
    # Not decoded: that would be an attack surface.  Whoever shows a picture has to decode it with care.
    if not picture.startswith(beginnings):
        raise PydanticCustomError("JP_PICTURE_FORMAT", "A picture is in JPEG, or where allowed in JPEG 2000")
    if len(picture) > MAX_PICTURE_BYTES:
        raise PydanticCustomError("JP_PICTURE_TOO_LARGE", "A picture has at most 100000 bytes")
    return picture


Jpeg: TypeAlias = Annotated[bytes, AfterValidator(_jpeg)]
"""A picture in JPEG."""

JpegOrJpeg2000: TypeAlias = Annotated[bytes, AfterValidator(_jpeg_or_jpeg_2000)]
"""A picture in one of the two formats of ISO/IEC 18013-5."""

# --- texts, amounts and identifiers -----------------------------------------------------------------------------------

Text: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=500)]
"""A text of the register, kept byte for byte."""

Latin: TypeAlias = Annotated[str, StringConstraints(pattern="^[ -~\u00a0-ÿ]{1,150}$")]
"""A text in the letters of ISO/IEC 8859-1, as ISO/IEC 18013-5 demands of most texts."""

Kana: TypeAlias = Annotated[str, StringConstraints(pattern="^[ァ-ヺー・ヽヾ 　]+$", max_length=500)]
"""A reading in full-width katakana."""

Yen: TypeAlias = Annotated[int, Field(ge=0, le=10**15)]
"""An amount that is always known, in yen."""

CountryCode: TypeAlias = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]
"""A country or region by ISO 3166-1 alpha-3."""

CountryCode2: TypeAlias = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
"""A country by ISO 3166-1 alpha-2."""

LocalGovernmentCode: TypeAlias = Annotated[str, Identified(LOCAL_GOVERNMENT_CODE)]
CorporateNumber: TypeAlias = Annotated[str, Identified(CORPORATE_NUMBER)]
PostalCode: TypeAlias = Annotated[str, Identified(POSTAL_CODE)]
MachiazaId: TypeAlias = Annotated[str, Identified(MACHIAZA_ID)]
ResidenceCardNumber: TypeAlias = Annotated[str, Identified(RESIDENCE_CARD_NUMBER)]
DrivingLicenceNumber: TypeAlias = Annotated[str, Identified(DRIVING_LICENCE_NUMBER)]
