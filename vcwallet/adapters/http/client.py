# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""One exchange after the other, each on a connection of its own: nothing of one is left for the next."""

from __future__ import annotations

import re
import ssl
from collections.abc import Collection, Generator, Mapping
from contextlib import closing
from datetime import timedelta
from types import TracebackType
from typing import Final, Self, cast

from vcwallet.adapters.http._library import httpcore, unlogged
from vcwallet.adapters.http.body import fields, read_body
from vcwallet.adapters.http.connection import Backend, as_ours, tls_context
from vcwallet.adapters.http.deadline import Deadline
from vcwallet.adapters.http.guard import Guard, Hosts
from vcwallet.adapters.http.resolution import Resolver, addresses_of, system_resolver
from vcwallet.adapters.http.target import Target
from vcwallet.errors import LimitExceededError, LocalProtocolError, NetworkBlockedError
from vcwallet.flow import HttpRequest, HttpResponse

CONNECT_TIMEOUT: Final = timedelta(seconds=5)
"""How long connecting may take, TLS included."""

TOTAL_TIMEOUT: Final = timedelta(seconds=15)
"""How long an exchange may take, from the look-up of the name to the last byte, redirects included."""

_METHODS = frozenset({"GET", "POST"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# They say where the message begins and ends, how it is coded, and who asks: ours to say.
_OURS = frozenset({
    "accept-encoding", "connection", "content-length", "cookie", "expect", "host", "keep-alive", "proxy-authorization",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
})  # fmt: skip
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", re.ASCII)
_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?", re.ASCII)


class HttpClient:
    """Exchanges requests for responses over the network, with guards; safe to share between threads.

    A public host is asked over https.  A host of `private_hosts` may also be one of this machine or network, and is
    there asked over http as well.  Names are resolved once for each connection, and what is connected to is the
    address that was checked.
    """

    def __init__(
        self,
        *,
        private_hosts: Collection[str] = (),
        only_hosts: Collection[str] | None = None,
        authorities: str | None = None,
        resolver: Resolver = system_resolver,
        connect_timeout: timedelta = CONNECT_TIMEOUT,
        total_timeout: timedelta = TOTAL_TIMEOUT,
    ) -> None:
        """Prepare for exchanges; nothing is connected to yet.

        Args:
            private_hosts: hosts (``host`` or ``host:port``) whose addresses need not be public.
            only_hosts: the public hosts that may be asked; None for all.
            authorities: PEM certificates of the authorities whose servers are trusted, instead of the system's.
            resolver: looks names up.
            connect_timeout: how long connecting may take, TLS included.
            total_timeout: how long an exchange may take as a whole.

        Raises:
            ValueError: a host that is none, or authorities that are not PEM certificates.
        """
        self._guard = Guard(
            private=Hosts.of(private_hosts),
            only=None if only_hosts is None else Hosts.of(only_hosts),
        )
        self._tls = tls_context(authorities)
        self._resolver = resolver
        self._connect_seconds = connect_timeout.total_seconds()
        self._total_seconds = total_timeout.total_seconds()
        self._is_closed = False

    def __call__(self, request: HttpRequest, /) -> HttpResponse:
        """Return the response to a request.

        Raises:
            NetworkBlockedError: the URL, its host or its address is not allowed; or a redirect leads elsewhere.
            TransportError: no answer, or not in time; a certificate that does not hold (code ``TRANSPORT_TLS``).
            LimitExceededError: the answer is too long, or redirects too often.
            MalformedError: the answer is not HTTP.
            LocalProtocolError: the client is closed.
            ValueError: the request is not one that can be sent.
        """
        return self.exchange(request, deadline=self.deadline())

    def deadline(self) -> Deadline:
        """Return the deadline of an exchange that begins now.

        Raises:
            LocalProtocolError: the client is closed.
        """
        self._require_open()
        return Deadline(self._total_seconds)

    def exchange(self, request: HttpRequest, *, deadline: Deadline) -> HttpResponse:
        """Return the response to a request (see `__call__`), within a deadline that somebody else may bring forward."""
        self._require_open()  # it may have waited for its turn, and the client been closed meanwhile
        headers = _headers(request)
        target = Target.parse(request.url)
        left = request.max_redirects
        while True:
            self._guard.check_target(target)
            with unlogged():
                answer = self._ask(request, target, headers, deadline)
            if isinstance(answer, HttpResponse):
                return answer
            if not left:
                raise LimitExceededError(f"more than {request.max_redirects} redirects")
            target, left = _redirected(target, answer), left - 1

    def close(self) -> None:
        """Refuse further exchanges; those that run end by themselves."""
        self._is_closed = True

    def _require_open(self) -> None:
        if self._is_closed:
            raise LocalProtocolError("the HTTP client is closed")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _ask(
        self, request: HttpRequest, target: Target, headers: Mapping[str, str], deadline: Deadline
    ) -> HttpResponse | str:
        """Return the response, or the ``Location`` of one that is to be followed."""
        addresses = addresses_of(target, resolver=self._resolver, deadline=deadline)
        self._guard.check_addresses(target, addresses)
        backend = Backend(target, addresses, tls=self._tls, connect_seconds=self._connect_seconds, deadline=deadline)
        try:
            response = _connection(target, backend).handle_request(_message(request, target, headers))
            backend.header_is_read(max_bytes=request.max_bytes)
            received = fields(response.headers)
            if request.max_redirects and response.status in _REDIRECTS and "location" in received:
                return received["location"]
            # A generator; left to itself, it would be closed some time later, and say so in httpcore's log.
            with closing(cast("Generator[bytes, None, None]", response.iter_stream())) as parts:
                body = read_body(parts, received, max_bytes=request.max_bytes)
            return HttpResponse(status=response.status, headers=received, body=body)
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise as_ours(error, backend) from None
        finally:
            backend.close()


def _connection(target: Target, backend: Backend) -> httpcore.HTTPConnection:
    origin = httpcore.Origin(target.scheme.encode(), target.host.encode(), target.port)
    # httpcore changes the context that it is given, which threads would feel.  Ours is with the backend; this one
    # trusts nobody.
    return httpcore.HTTPConnection(origin, ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), network_backend=backend)


def _message(request: HttpRequest, target: Target, headers: Mapping[str, str]) -> httpcore.Request:
    url = httpcore.URL(
        scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
    )
    raw = [(name.encode(), value.encode()) for name, value in {"host": target.authority, **headers}.items()]
    return httpcore.Request(request.method, url, headers=raw, content=request.body)


def _headers(request: HttpRequest) -> dict[str, str]:
    """Return the fields to send, the same for everybody but for what the request says."""
    if request.method not in _METHODS:
        raise ValueError("a request is a GET or a POST")
    if request.body and request.method == "GET":
        raise ValueError("a GET has no body")
    for name, value in request.headers.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError("a header field has a character that it must not have")
        if name.lower() in _OURS:
            raise ValueError(f"the header field {name} is not the caller's to set")
    theirs = {name.lower(): value for name, value in request.headers.items()}
    ours = {"user-agent": "vcwallet", "accept-encoding": "gzip", "connection": "close"}
    length = {"content-length": str(len(request.body))} if request.method == "POST" else {}
    return {"accept": "*/*", **theirs, **ours, **length}


def _redirected(target: Target, location: str) -> Target:
    following = target.joined(location)
    if following.origin != target.origin:
        raise NetworkBlockedError("a redirect leads to another host")
    return following
