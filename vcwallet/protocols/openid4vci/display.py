# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How issuers, credentials and claims look to people, by language (OpenID4VCI 1.0, section 12.2.4).

These texts and pictures are the issuer's own word; they prove nothing.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias, TypeVar

from pydantic import AfterValidator, Field

from vcwallet.encoding.wire import Array, Maybe, WireModel
from vcwallet.errors import MalformedError

MAX_DISPLAYS = 100
MAX_LOCALE = 64
MAX_COLOUR = 64

Locale: TypeAlias = Annotated[str, Field(min_length=1, max_length=MAX_LOCALE)]
"""A language tag (RFC 5646); not looked at closer, since it only chooses what is shown."""
# A colour goes into style sheets, so it has no character that could end there what it is part of.
Colour: TypeAlias = Annotated[str, Field(pattern=r"^[#A-Za-z0-9(),.% -]+$", max_length=MAX_COLOUR)]
"""A colour of CSS."""


class Logo(WireModel):
    """A picture, by https or in the URI itself (``data:``)."""

    uri: str
    alt_text: Maybe[str] = None


class BackgroundImage(WireModel):
    """A picture behind a credential."""

    uri: str


class IssuerDisplay(WireModel):
    """How an issuer calls itself in one language."""

    name: Maybe[str] = None
    locale: Maybe[Locale] = None
    logo: Maybe[Logo] = None


class Display(WireModel):
    """How a credential is called and drawn in one language."""

    name: str
    locale: Maybe[Locale] = None
    logo: Maybe[Logo] = None
    description: Maybe[str] = None
    background_color: Maybe[Colour] = None
    background_image: Maybe[BackgroundImage] = None
    text_color: Maybe[Colour] = None


_D = TypeVar("_D", bound=WireModel)


def _one_for_each_language(displays: tuple[_D, ...]) -> tuple[_D, ...]:
    locales = [locale.lower() for display in displays if (locale := getattr(display, "locale", None)) is not None]
    if len(set(locales)) != len(locales):
        raise MalformedError("two display objects are for the same language", clause="OpenID4VCI 1.0, section 12.2.4")
    return displays


Displays: TypeAlias = Annotated[
    Array[_D], Field(min_length=1, max_length=MAX_DISPLAYS), AfterValidator(_one_for_each_language)
]
"""Display objects, at most one for each language."""
