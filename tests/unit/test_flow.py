# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Network exchanges as values, driven with and without waiting."""

from __future__ import annotations

import asyncio

import pytest

from vcwallet.errors import TransportError
from vcwallet.flow import Flow, HttpRequest, HttpResponse, arun, run


def fetch(url: str) -> Flow[bytes]:
    """Follow one pointer: the first answer is the address of the second."""
    pointer = yield HttpRequest(method="GET", url=url, max_bytes=100)
    answer = yield HttpRequest(method="GET", url=pointer.body.decode(), max_bytes=100)
    return answer.body


def fetch_or_default(url: str) -> Flow[bytes]:
    try:
        return (yield from fetch(url))
    except TransportError:
        return b"default"


def fetch_again(url: str) -> Flow[bytes]:
    """Try twice."""
    request = HttpRequest(method="GET", url=url, max_bytes=100)
    try:
        response = yield request
    except TransportError:
        response = yield request
    return response.body


def nothing_to_fetch() -> Flow[int]:
    return 7
    yield


PAGES = {"https://a.example/": b"https://b.example/", "https://b.example/": b"answer"}


class Host:
    """Answers from a dictionary, and fails as often as told before that."""

    def __init__(self, *, failures: int = 0) -> None:
        self.failures = failures
        self.asked: list[str] = []

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request.url)
        if self.failures:
            self.failures -= 1
            raise TransportError("no answer")
        return HttpResponse(status=200, headers={}, body=PAGES[request.url])


def run_now(flow, host):
    return run(flow, host)


def run_waiting(flow, host):
    async def waiting_host(request):
        await asyncio.sleep(0)
        return host(request)

    return asyncio.run(arun(flow, waiting_host))


both_drivers = pytest.mark.parametrize("drive", [run_now, run_waiting])


@both_drivers
def test_each_request_is_answered_in_its_turn(drive):
    host = Host()
    assert drive(fetch("https://a.example/"), host) == b"answer"
    assert host.asked == ["https://a.example/", "https://b.example/"]


@both_drivers
def test_a_flow_without_a_request_returns_at_once(drive):
    host = Host()
    assert drive(nothing_to_fetch(), host) == 7
    assert host.asked == []


@both_drivers
def test_an_error_of_the_transport_arrives_in_the_flow(drive):
    assert drive(fetch_or_default("https://a.example/"), Host(failures=1)) == b"default"
    assert drive(fetch_again("https://b.example/"), Host(failures=1)) == b"answer"


@both_drivers
def test_an_error_that_the_flow_does_not_handle_leaves_the_driver(drive):
    with pytest.raises(TransportError):
        drive(fetch("https://a.example/"), Host(failures=1))
    with pytest.raises(TransportError):
        drive(fetch_again("https://b.example/"), Host(failures=2))


def test_cancelling_ends_the_flow():
    ended = []

    def careful() -> Flow[None]:
        try:
            yield HttpRequest(method="GET", url="https://a.example/", max_bytes=1)
        finally:
            ended.append(True)

    async def cancel_while_waiting() -> None:
        async def never(_: HttpRequest) -> HttpResponse:
            return await asyncio.get_running_loop().create_future()

        task = asyncio.ensure_future(arun(flow, never))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    flow = careful()
    asyncio.run(cancel_while_waiting())
    assert ended == [True]


def test_a_get_may_follow_two_redirects_and_nothing_else_any() -> None:
    assert HttpRequest(method="GET", url="https://a.example/", max_bytes=1, max_redirects=2).max_redirects == 2
    for method, redirects in [("GET", 3), ("GET", -1), ("POST", 1)]:
        with pytest.raises(ValueError, match="redirects"):
            HttpRequest(method=method, url="https://a.example/", max_bytes=1, max_redirects=redirects)
