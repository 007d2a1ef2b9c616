# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Plain https URLs: identifiers that are also addresses, with one reading for every program (RFC 3986).

>>> from vcwallet.encoding import https_url
>>> https_url.parse("https://example.com:8443/tenant").host
'example.com'
>>> https_url.is_plain("https://example.com@evil.example")
False
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from vcwallet.errors import MalformedError

MAX_LENGTH = 2048
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsUrl:
    """The parts of an https URL without user information, query and fragment.

    Attributes:
        authority: host and port as written.
        host: the host in lower case, an IPv6 address without its brackets.
        path: the path as written, empty or with a leading slash.
    """

    authority: str
    host: str
    path: str

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address, also in the short forms that resolvers take."""
        # A name whose last label is a number is read as an IPv4 address (WHATWG URL, section 3.5).
        last_label = self.host.rpartition(".")[2]
        return ":" in self.host or last_label.isdigit() or last_label.startswith("0x")


def parse(url: str, *, clause: str | None = None) -> HttpsUrl:
    """Return the parts of a plain https URL.

    Raises:
        MalformedError: not an https URL, one over 2 048 characters, or one with user information, query or fragment.
    """
    parsed = _parse(url)
    if parsed is None:
        raise MalformedError("not a plain https URL", clause=clause)
    return parsed


def is_plain(url: object) -> bool:
    """Tell whether `parse` takes a value."""
    return isinstance(url, str) and _parse(url) is not None


def _parse(url: str) -> HttpsUrl | None:
    if len(url) > MAX_LENGTH or not url.startswith("https://"):
        return None
    # Where two readers of URLs could differ about the host, there is none.
    if not url.isascii() or not url.isprintable() or any(mark in url for mark in '?#@\\ "<>^`{|}'):
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a broken port or IPv6 address
        return None
    if port == 0 or parts.netloc.endswith(":") or not _is_host(host, bracketed="[" in parts.netloc):
        return None
    return HttpsUrl(authority=parts.netloc, host=host, path=parts.path)


def _is_host(host: str, *, bracketed: bool) -> bool:
    if not bracketed:
        return _NAME.fullmatch(host) is not None
    try:
        return ipaddress.IPv6Address(host).scope_id is None
    except ValueError:
        return False
