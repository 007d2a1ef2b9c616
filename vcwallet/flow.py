# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Network exchanges as values: a flow yields requests, is sent responses, and returns its result.

A flow touches no network.  `run` drives it with a synchronous transport, `arun` with an asynchronous one, and a test
with a dictionary.

    >>> from vcwallet.flow import Flow, HttpRequest, HttpResponse, run
    >>> def length_of(url: str) -> Flow[int]:
    ...     response = yield HttpRequest(method="GET", url=url, max_bytes=1000)
    ...     return len(response.body)
    >>> run(length_of("https://example.com/"), lambda request: HttpResponse(status=200, headers={}, body=b"hello"))
    5
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias, TypeVar

T = TypeVar("T")

MAX_REDIRECTS: Final = 2
"""How many redirects a request may follow at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request; `max_bytes` bounds the body that may come back.  What may be secret of it is not shown.

    Attributes:
        method: ``GET`` or ``POST``.
        url: where to, with https.
        max_bytes: the longest body that is taken, in bytes.
        headers: header fields, by name.
        body: what is sent.
        max_redirects: how many redirects of a GET are followed, at most 2, and never to another host.  Without any, a
            redirect is an answer like others.
    """

    method: str
    url: str
    max_bytes: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    max_redirects: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.max_redirects <= MAX_REDIRECTS:
            raise ValueError(f"at most {MAX_REDIRECTS} redirects are followed")
        if self.max_redirects and self.method != "GET":
            raise ValueError("only a GET follows redirects")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """One response; header names are lower case.  What may be secret of it is not shown."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


Flow: TypeAlias = Generator[HttpRequest, HttpResponse, T]


def run(flow: Flow[T], http: Callable[[HttpRequest], HttpResponse]) -> T:
    """Drive `flow` with a synchronous transport and return its result; errors of the transport are thrown into it."""
    try:
        request = next(flow)
        while True:
            try:
                response = http(request)
            except Exception as error:
                request = flow.throw(error)
            else:
                request = flow.send(response)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        flow.close()


async def arun(flow: Flow[T], http: Callable[[HttpRequest], Awaitable[HttpResponse]]) -> T:
    """Drive `flow` with an asynchronous transport and return its result; errors of the transport are thrown into it."""
    try:
        request = next(flow)
        while True:
            try:
                response = await http(request)
            except Exception as error:
                request = flow.throw(error)
            else:
                request = flow.send(response)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        flow.close()
