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
from typing import TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request; `max_bytes` bounds the body that may come back."""

    method: str
    url: str
    max_bytes: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """One response; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


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
