# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Pages from templates, in Japanese and English, for a phone as well as for a desk.

There is no script in a page that comes from somewhere else, and none that is needed: without scripts the pages work.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from vcwallet import CredentialType
from vcwallet.flow import HttpResponse

HERE = Path(__file__).parent
STATIC = HERE / "static"
Language: TypeAlias = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")

HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; frame-ancestors 'none'",
}
_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads a page: in which language."""

    language: Language

    @classmethod
    def of(cls, *, chosen: str | None, accepted: str | None) -> Reader:
        """Read the language that was chosen, or what the browser prefers (``Accept-Language``); Japanese otherwise."""
        ranges = [part.strip()[:2].lower() for part in (accepted or "").split(",")]
        wanted = next((language for language in (chosen, *ranges) if language in LANGUAGES), "ja")
        return cls(language="en" if wanted == "en" else "ja")

    def __call__(self, ja: str, en: str) -> str:
        """Return one of two texts."""
        return en if self.language == "en" else ja

    def name_of(self, kind: type[CredentialType]) -> str:
        """Return what a credential type is called."""
        return self(kind.ja, kind.en)


def page(template: str, reader: Reader, *, status: int = 200, **values: Any) -> HttpResponse:
    """Return a page."""
    text = _TEMPLATES.get_template(template).render(t=reader, language=reader.language, **values)
    return HttpResponse(status=status, headers=HEADERS, body=text.encode())
