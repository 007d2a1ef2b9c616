# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""URLs of services: https, or plain http to this machine alone, as developers and tests have it (RFC 3986).

Whether a machine may be reached is for the adapters to say; here it is decided what such a URL looks like.

    >>> from vcwallet.encoding import service_url
    >>> service_url.parse("https://issuer.example/tenant1").path
    '/tenant1'
    >>> service_url.parse("http://127.0.0.1:8000").authority
    '127.0.0.1:8000'
    >>> service_url.parse("http://issuer.example")
    Traceback (most recent call last):
    vcwallet.errors.MalformedError: not the URL of a service [MALFORMED]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vcwallet.encoding import https_url
from vcwallet.errors import MalformedError

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_NO_URL: Final = frozenset('#\\ "<>^`{|}')


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceUrl:
    """The parts of the URL of a service.

    Attributes:
        scheme: ``https``, or ``http`` where the host is this machine.
        authority: host and port as written.
        host: the host in lower case, an IPv6 address without its brackets.
        path: the path as written, empty or with a leading slash.
        query: what follows the question mark; None if there is none.
    """

    scheme: str
    authority: str
    host: str
    path: str
    query: str | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port as written."""
        return f"{self.scheme}://{self.authority}"


def parse(url: str, *, clause: str | None = None) -> ServiceUrl:
    """Return the parts of a URL without user information, query and fragment.

    Raises:
        MalformedError: another scheme, http to another machine, over 2 048 characters, or one of those parts.
    """
    parsed = parse_endpoint(url, clause=clause)
    if parsed.query is not None:
        raise MalformedError("the URL has a query", clause=clause)
    return parsed


def parse_endpoint(url: str, *, clause: str | None = None) -> ServiceUrl:
    """Return the parts of a URL without user information and fragment, as `parse` does; it may have a query.

    Raises:
        MalformedError: another scheme, http to another machine, over 2 048 characters, or one of those parts.
    """
    scheme, _, rest = url.partition("://")
    location, question_mark, query = rest.partition("?")
    if len(url) > https_url.MAX_LENGTH or not _is_query(query) or not https_url.is_plain(f"https://{location}"):
        raise MalformedError("not the URL of a service", clause=clause)
    parts = https_url.parse(f"https://{location}")
    if scheme != "https" and not (scheme == "http" and parts.host in _LOOPBACK):
        raise MalformedError("not the URL of a service", clause=clause)
    return ServiceUrl(
        scheme=scheme,
        authority=parts.authority,
        host=parts.host,
        path=parts.path,
        query=query if question_mark else None,
    )


def _is_query(text: str) -> bool:
    return text.isascii() and text.isprintable() and _NO_URL.isdisjoint(text)
