# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Pages from templates, in Japanese and English, for a phone as well as for a desk.

There is no script in a page that comes from somewhere else.  Without scripts the pages work, but for the camera.
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

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What all pages of a site have in common; each text in Japanese and English.

    Attributes:
        id: names the site, and its colours in the stylesheet.
        name: what it is called.
        about: what it is, in a few words.
        footer: who answers for it.
    """

    id: str
    name: tuple[str, str]
    about: tuple[str, str]
    footer: tuple[str, str]


CITY = Look(
    id="city",
    name=("みらい市", "Mirai City"),
    about=("デジタル証明書", "digital certificates"),
    footer=("みらい市役所（架空） 市民課", "Mirai City Hall (fictional), residents desk"),
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


def page(
    template: str,
    reader: Reader,
    *,
    status: int = 200,
    look: Look = CITY,
    leads_away: bool = False,
    has_camera: bool = False,
    **values: Any,
) -> HttpResponse:
    """Return a page.

    Args:
        template: its file.
        reader: who reads it.
        status: that of the answer.
        look: what all pages of the site have in common.
        leads_away: whether its forms may lead to another site, as a log-in leads back to a wallet.
        has_camera: whether it may use the camera.
        values: what the template needs.
    """
    text = _TEMPLATES.get_template(template).render(t=reader, language=reader.language, look=look, **values)
    headers = HEADERS | {"content-security-policy": _POLICY if leads_away else f"{_POLICY}; form-action 'self'"}
    if has_camera:
        headers["permissions-policy"] = "camera=(self), microphone=(), geolocation=()"
    return HttpResponse(status=status, headers=headers, body=text.encode())
