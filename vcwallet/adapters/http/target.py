# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Where a request goes: an http or https URL (RFC 3986; RFC 9110, section 4.2), read once and in one spelling only.

Two readers that disagree about the host of a URL can be played against each other, so whatever has a second reading is
refused: user information, backslashes, characters outside ASCII, a final dot, an IPv4 address in any form but four
plain decimal numbers, a zone of an IPv6 address.  An internationalised name comes as its A-labels (``xn--``).

    >>> from vcwallet.adapters.http.target import Target
    >>> Target.parse("https://Status.Example:8443/lists/1?time=7#top")
    Target(scheme='https', host='status.example', port=8443, path='/lists/1?time=7', literal=None)
    >>> Target.parse("https://0x7f.1/")
    Traceback (most recent call last):
    vcwallet.errors.NetworkBlockedError: the URL has a host that is not plainly a name or an address [NETWORK_BLOCKED]
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urljoin

from vcwallet.errors import LimitExceededError, NetworkBlockedError

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_URL: Final = 8192
"""The longest URL, in characters."""

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[0-9a-z._-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[0-9a-z._~:@!$&'()*+,;=%/-]*)?(?:\?[0-9a-z._~:@!$&'()*+,;=%/?-]*)?)"
    r"(?:#[0-9a-z._~:@!$&'()*+,;=%/?-]*)?",
    re.ASCII | re.IGNORECASE,
)
_LABEL = re.compile(r"[0-9a-z_](?:[0-9a-z_-]{0,61}[0-9a-z_])?", re.ASCII)
# What a lenient reader takes for a number: then the whole host is read as an IPv4 address (WHATWG URL, section 3.5).
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_DEFAULT_PORT = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """An absolute URL in its parts.

    Attributes:
        scheme: ``http`` or ``https``.
        host: the name in lower case, or the address in its canonical form, IPv6 without brackets.
        port: the port, the scheme's own if the URL has none.
        path: the path and query, as they are asked for; never empty.
        literal: the address, where the host is one.
    """

    scheme: str
    host: str
    port: int
    path: str
    literal: IpAddress | None

    @classmethod
    def parse(cls, url: str) -> Target:
        """Return the parts of a URL; its fragment is left out, since it is never sent.

        Raises:
            LimitExceededError: longer than 8 192 characters.
            NetworkBlockedError: not an absolute http or https URL, or one with a second reading.
        """
        if len(url) > MAX_URL:
            raise LimitExceededError(f"a URL is longer than {MAX_URL} characters")
        match = _URL.fullmatch(url)
        if match is None:
            raise NetworkBlockedError("not a plain http or https URL")
        scheme = match["scheme"].lower()
        host, literal = _host(match["host"].lower())
        port = int(match["port"]) if match["port"] else _DEFAULT_PORT[scheme]
        if not 0 < port < 65536:
            raise NetworkBlockedError("the URL has a port that does not exist")
        path = match["path"] if match["path"].startswith("/") else f"/{match['path']}"
        return cls(scheme, host, port, path, literal)

    def joined(self, reference: str) -> Target:
        """Return the target of a reference in an answer of this one, such as ``Location``.

        Raises:
            LimitExceededError: longer than 8 192 characters.
            NetworkBlockedError: as `parse`.
        """
        if len(reference) > MAX_URL:
            raise LimitExceededError(f"a URL is longer than {MAX_URL} characters")
        try:
            absolute = urljoin(f"{self.scheme}://{self.authority}{self.path}", reference)
        except ValueError:  # brackets that do not match
            raise NetworkBlockedError("not a plain http or https URL") from None
        return Target.parse(absolute)

    @property
    def authority(self) -> str:
        """The host, with the port unless it is the scheme's own (the ``Host`` field)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORT[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port (RFC 6454, section 4)."""
        return self.scheme, self.host, self.port


def host_and_port(text: str) -> tuple[str, int | None]:
    """Return the parts of ``host`` or ``host:port``, as a caller names them.

    Raises:
        ValueError: it is not the host of a URL.
    """
    match = re.fullmatch(r"(\[[0-9a-f:.]+\]|[0-9a-z._-]+)(?::([0-9]{1,5}))?", text.lower(), re.ASCII)
    if match is None:
        raise ValueError("a host is named as 'host' or 'host:port', an IPv6 address in brackets")
    try:
        host, _ = _host(match[1])
    except NetworkBlockedError:
        raise ValueError("a host is a name in ASCII, or an address in its usual form") from None
    return host, int(match[2]) if match[2] else None


def _host(text: str) -> tuple[str, IpAddress | None]:
    try:
        if text.startswith("["):
            address = ipaddress.IPv6Address(text[1:-1])
            return str(address), address
        labels = text.split(".")
        if _NUMBER.fullmatch(labels[-1]):
            # Strict: four decimal numbers without leading zeros, and nothing that inet_aton would take besides.
            return text, ipaddress.IPv4Address(text)
    except ValueError:
        raise NetworkBlockedError("the URL has a host that is not plainly a name or an address") from None
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise NetworkBlockedError("the URL has a host that is not plainly a name or an address")
    return text, None
