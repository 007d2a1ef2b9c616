# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Exchanges with real servers of this machine: what comes back, and what does not; with and without an event loop."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from tests.support.http_server import HOST, NAME, UNHURRIED, Answer, Server, authority, paths, raw, response, serving
from vcwallet.adapters.http import AsyncHttpClient, HttpClient
from vcwallet.adapters.http.body import read_body
from vcwallet.adapters.http.connection import MAX_HEADER_BYTES
from vcwallet.errors import (
    LimitExceededError,
    LocalProtocolError,
    MalformedError,
    NetworkBlockedError,
    TransportError,
    VcError,
)
from vcwallet.flow import Flow, HttpRequest, HttpResponse, arun, run

Exchange = Callable[..., HttpResponse]
# The system's authorities take their time to load, and nothing here is secure.
OPTIONS: dict[str, Any] = {"private_hosts": [HOST], "authorities": authority().pem, **UNHURRIED}
SHORT = timedelta(seconds=0.4)
"""The time of an exchange that is not answered."""


def get(server: Server, path: str = "/", **details: Any) -> HttpRequest:
    return HttpRequest(**{"method": "GET", "url": server.url(path), "max_bytes": 1000, **details})


def one(request: HttpRequest) -> Flow[HttpResponse]:
    return (yield request)


def directly(request: HttpRequest, **options: Any) -> HttpResponse:
    with HttpClient(**{**OPTIONS, **options}) as http:
        return run(one(request), http)


def beside_a_loop(request: HttpRequest, **options: Any) -> HttpResponse:
    async def ask() -> HttpResponse:
        async with AsyncHttpClient(HttpClient(**{**OPTIONS, **options})) as http:
            return await arun(one(request), http)

    return asyncio.run(ask())


@pytest.fixture(params=[directly, beside_a_loop])
def exchange(request: pytest.FixtureRequest) -> Exchange:
    way: Exchange = request.param
    return way


# --- one table for both ways -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """An answer, and what becomes of it: a body, or an error's class and code."""

    name: str
    answer: Answer
    expected: bytes | tuple[type[VcError], str]
    request: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


MALFORMED = (MalformedError, "MALFORMED")
TOO_LONG = TOO_OFTEN = (LimitExceededError, "LIMIT_EXCEEDED")
CLOSED = (TransportError, "TRANSPORT_CLOSED")
TIMEOUT = (TransportError, "TRANSPORT_TIMEOUT")
BLOCKED = (NetworkBlockedError, "NETWORK_BLOCKED")
QUICK = {"total_timeout": SHORT}
ONE, TWO = {"max_redirects": 1}, {"max_redirects": 2}


def squeezed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


SQUEEZED = squeezed(b"hello")
BOMB = squeezed(bytes(50_000_000))


def chunked(*chunks: bytes, **headers: str) -> bytes:
    head = response(b"", status=200, Transfer_Encoding="chunked", **headers).replace(b"Content-Length: 0\r\n", b"")
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def named(length: int) -> bytes:
    """A gzip of few bytes behind a long file name."""
    return SQUEEZED[:3] + b"\x08" + SQUEEZED[4:10] + b"a" * length + b"\x00" + SQUEEZED[10:]


def padded(count: int) -> bytes:
    """An answer with chunks of one byte and a long extension."""
    chunk = b"1;x=" + b"x" * 5000 + b"\r\na\r\n"
    return chunked().replace(b"\r\n\r\n0\r\n\r\n", b"\r\n\r\n" + chunk * count + b"0\r\n\r\n")


def redirect(location: str, status: int = 302) -> bytes:
    return response(b"<html>", status=status, Location=location)


def dripping(first: bytes) -> Answer:
    """Sends a byte now and then, for as long as somebody reads."""

    def answer(connection: socket.socket, _: bytes, server: Server) -> None:
        connection.sendall(first)
        while not server.stopping.wait(0.02):
            connection.sendall(b"a")

    return answer


def silent(_: socket.socket, __: bytes, server: Server) -> None:
    server.stopping.wait()


def announced(connection: socket.socket, request: bytes, server: Server) -> None:
    """Says that more will come than is taken, and then waits."""
    connection.sendall(response(b"", Content_Length="1001"))
    silent(connection, request, server)


NO_FAREWELL = struct.pack("ii", 1, 0)  # closing sends a reset


def reset(connection: socket.socket, _: bytes, __: Server) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_FAREWELL)
    connection.close()


def header_of(length: int) -> bytes:
    """An answer whose header fields have this length as they are counted."""
    start = response(b"hello")
    fields = len(b"Content-Length: 5\r\n")
    return start.replace(b"\r\n\r\n", b"\r\nA: " + b"a" * (length - fields - len(b"A: \r\n")) + b"\r\n\r\n", 1)


def twice(answer: bytes, field: bytes) -> Answer:
    """Answers with one more header field."""
    return raw(answer.replace(b"\r\n\r\n", b"\r\n" + field + b"\r\n\r\n", 1))


TWO_REDIRECTS = paths({"/": redirect("b", 301), "/b": redirect("/c?d", 308), "/c": response()})
ARABIC = response(Content_Length="x").replace(b": x\r", ": \u0665\r".encode())

CASES = [
    Case("plain", raw(response()), b"hello"),
    Case("empty", raw(response(b"")), b""),
    Case("no content", raw(b"HTTP/1.1 204 X\r\n\r\n"), b""),
    Case("not found", raw(response(status=404)), b"hello"),
    Case("until the end", raw(b"HTTP/1.0 200 X\r\n\r\nhello"), b"hello"),
    Case("chunked", raw(chunked(b"hel", b"lo")), b"hello"),
    Case("interim answers", raw(b"HTTP/1.1 103 X\r\nLink: a\r\n\r\n" * 3 + response()), b"hello"),
    Case("exactly as long", raw(response(b"a" * 1000)), b"a" * 1000),
    Case("one too long", raw(response(b"a" * 1001)), TOO_LONG),
    Case("announced too long", announced, TOO_LONG),
    Case("chunked too long", raw(chunked(b"a" * 600, b"b" * 401)), TOO_LONG),
    Case("until the end, too long", raw(b"HTTP/1.0 200 X\r\n\r\n" + b"a" * 1001), TOO_LONG),
    Case("many small chunks", raw(chunked(*[b"a"] * 2000)), TOO_LONG),
    Case("more around chunks than in them", raw(padded(50)), TOO_LONG),
    Case("something around chunks", raw(padded(5)), b"aaaaa"),
    Case("header as long as it may be", raw(header_of(MAX_HEADER_BYTES)), b"hello"),
    Case("header one too long", raw(header_of(MAX_HEADER_BYTES + 1)), TOO_LONG),
    Case("header without end", raw(b"HTTP/1.1 200 X\r\nA: " + b"a" * 1_000_000), TOO_LONG),
    Case("header fields without end", raw(b"HTTP/1.1 200 X\r\n" + b"A: b\r\n" * 100_000), TOO_LONG),
    Case("interim answers without end", raw(b"HTTP/1.1 103 X\r\nLink: a\r\n\r\n" * 10_000), TOO_LONG),
    Case("gzip", raw(response(SQUEEZED, Content_Encoding="gzip")), b"hello"),
    Case("gzip by another name", raw(response(SQUEEZED, Content_Encoding="X-GZIP")), b"hello"),
    Case("gzip in chunks", raw(chunked(*[bytes([byte]) for byte in SQUEEZED], Content_Encoding="gzip")), b"hello"),
    Case("gzip of nothing", raw(response(b"", Content_Encoding="gzip")), b""),
    Case("gzip exactly as long", raw(response(squeezed(b"a" * 1000), Content_Encoding="gzip")), b"a" * 1000),
    Case("gzip one too long", raw(response(squeezed(b"a" * 1001), Content_Encoding="gzip")), TOO_LONG),
    Case("bomb", raw(response(BOMB, Content_Encoding="gzip")), TOO_LONG, {"max_bytes": 100_000}),
    Case("gzip with a long name", raw(chunked(named(1000), Content_Encoding="gzip")), TOO_LONG),
    Case("gzip with a name", raw(chunked(named(900), Content_Encoding="gzip")), b"hello"),
    Case("gzip cut off", raw(response(SQUEEZED[:-1], Content_Encoding="gzip")), MALFORMED),
    Case("gzip and more", raw(response(SQUEEZED + b"a", Content_Encoding="gzip")), MALFORMED),
    Case("gzip and more, in chunks", raw(chunked(SQUEEZED, b"a", Content_Encoding="gzip")), MALFORMED),
    Case("two members", raw(response(SQUEEZED + SQUEEZED, Content_Encoding="gzip")), MALFORMED),
    Case("gzip with another checksum", raw(response(SQUEEZED[:-8] + bytes(8), Content_Encoding="gzip")), MALFORMED),
    Case("zlib for gzip", raw(response(zlib.compress(b"hello"), Content_Encoding="gzip")), MALFORMED),
    Case("deflate", raw(response(zlib.compress(b"hello"), Content_Encoding="deflate")), MALFORMED),
    Case("brotli", raw(response(b"hello", Content_Encoding="br")), MALFORMED),
    Case("gzip twice", raw(response(squeezed(SQUEEZED), Content_Encoding="gzip, gzip")), MALFORMED),
    Case("identity", raw(response(Content_Encoding="identity")), b"hello"),
    Case("redirect as an answer", raw(redirect("https://other.example/")), b"<html>"),
    Case("redirect", paths({"/": redirect("/b"), "/b": response()}), b"hello", TWO),
    Case("two redirects", TWO_REDIRECTS, b"hello", TWO),
    Case("see other", paths({"/": redirect("/b", 303), "/b": response()}), b"hello", ONE),
    Case("temporary", paths({"/": redirect("/b", 307), "/b": response()}), b"hello", ONE),
    Case("multiple choices", raw(redirect("/b", 300)), b"<html>", TWO),
    Case("not modified", raw(b"HTTP/1.1 304 X\r\nLocation: /b\r\n\r\n"), b"", TWO),
    Case("redirect to nowhere", raw(response(b"hello", status=302)), b"hello", TWO),
    Case("redirect too often", TWO_REDIRECTS, TOO_OFTEN, ONE),
    Case("loop", raw(redirect("/")), TOO_OFTEN, TWO),
    Case("redirect to another host", raw(redirect("https://other.example/")), BLOCKED, TWO),
    Case("redirect to another port", raw(redirect(f"http://{HOST}:9/")), BLOCKED, TWO),
    Case("redirect without a scheme", raw(redirect("//other.example/")), BLOCKED, TWO),
    Case("redirect to another scheme", raw(redirect("file:///etc/passwd")), BLOCKED, TWO),
    Case("redirect to a name of the same address", raw(redirect("http://localhost/")), BLOCKED, TWO),
    Case("redirect to no URL", raw(redirect("https://[")), BLOCKED, TWO),
    Case("redirect beyond ASCII", raw(redirect("/b").replace(b"/b", b"/\xe7\x95\xaa")), BLOCKED, TWO),
    Case("redirect with two places", twice(redirect("/b"), b"Location: /c"), MALFORMED, TWO),
    Case("nothing", raw(b""), CLOSED),
    Case("cut off in the header", raw(b"HTTP/1.1 200 X\r\nContent-Le"), CLOSED),
    Case("cut off in the body", raw(response(b"hel", Content_Length="5")), CLOSED),
    Case("cut off in a chunk", raw(chunked(b"hello")[:-6]), CLOSED),
    Case("reset", reset, CLOSED),
    Case("silence", silent, TIMEOUT, {}, QUICK),
    Case("slow header", dripping(b"HTTP/1.1 200 X\r\nA: "), TIMEOUT, {}, QUICK),
    Case("slow interim answers", dripping(b"HTTP/1.1 103 X\r\nA: "), TIMEOUT, {}, QUICK),
    Case("slow body", dripping(response(b"", Content_Length="1000")), TIMEOUT, {}, QUICK),
    Case("slow body without end", dripping(b"HTTP/1.0 200 X\r\n\r\n"), TIMEOUT, {}, QUICK),
    Case("not HTTP", raw(b"220 mail.example ESMTP\r\n\r\n"), MALFORMED),
    Case("HTTP/2", raw(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64\r\n\r\n"), MALFORMED),
    Case("HTTP/0.9", raw(b"hello\r\n\r\n"), MALFORMED),
    Case("no status", raw(b"HTTP/1.1 OK\r\n\r\n"), MALFORMED),
    Case("folded field name", raw(b"HTTP/1.1 200 X\r\nA b: c\r\n\r\n"), MALFORMED),
    Case("zero byte in a field", raw(b"HTTP/1.1 200 X\r\nA: \x00\r\n\r\n"), MALFORMED),
    Case("two lengths", twice(response(), b"Content-Length: 4"), MALFORMED),
    Case("length below zero", raw(response(Content_Length="-1")), MALFORMED),
    Case("length in digits of another script", raw(ARABIC), MALFORMED),
    Case("very many digits", raw(response(Content_Length="9" * 5000)), MALFORMED),
    Case("no chunk length", raw(chunked(b"hello").replace(b"5\r\n", b"x\r\n")), MALFORMED),
    Case("another transfer coding", raw(response(Transfer_Encoding="gzip")), MALFORMED),
    Case("another protocol", raw(b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), MALFORMED),
    Case("two content types", twice(response(Content_Type="a/b"), b"Content-Type: c/d"), MALFORMED),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_answer_is_taken_or_refused(case: Case, exchange: Exchange) -> None:
    with serving(case.answer) as server:
        request = get(server, **case.request)
        if isinstance(case.expected, bytes):
            assert exchange(request, **case.options).body == case.expected
            return
        kind, code = case.expected
        with pytest.raises(kind) as refused:
            exchange(request, **case.options)
    assert type(refused.value) is kind
    assert refused.value.code == code


def test_both_ways_raise_the_same_about_the_url(exchange: Exchange) -> None:
    for url in ["http://status.example/", "https://127.0.0.1/", "https://[::1]/", "https://user@status.example/"]:
        with pytest.raises(NetworkBlockedError):
            exchange(HttpRequest(method="GET", url=url, max_bytes=10), private_hosts=[])


def test_a_bomb_is_never_in_memory() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(LimitExceededError):
            read_body([BOMB], {"content-encoding": "gzip"}, max_bytes=100_000)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


# --- what is asked ---------------------------------------------------------------------------------------------------


def test_a_request_says_nothing_about_who_asks() -> None:
    with serving(raw(response())) as server:
        directly(get(server, "/lists/1?time=7", headers={"Accept": "application/statuslist+jwt"}))
    assert server.requests == [
        (
            f"GET /lists/1?time=7 HTTP/1.1\r\nhost: {HOST}:{server.port}\r\naccept: application/statuslist+jwt\r\n"
            "user-agent: vcwallet\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n"
        ).encode()
    ]


def test_a_post_sends_its_body() -> None:
    body = bytes(range(256)) * 4000
    with serving(raw(response())) as server:
        directly(get(server, method="POST", body=body, headers={"content-type": "application/x"}))
        directly(get(server, method="POST"))
    first, second = server.requests
    head, _, received = first.partition(b"\r\n\r\n")
    assert received == body
    assert b"accept: */*\r\ncontent-type: application/x\r\n" in head
    assert b"content-length: 0\r\n" in second


def test_a_peer_that_goes_away_while_it_is_told_is_gone() -> None:
    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        connection.recv(1000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_FAREWELL)
        connection.close()

    with socket.create_server((HOST, 0)) as listening:
        serving_one = threading.Thread(target=serve, args=[listening])
        serving_one.start()
        url = f"http://{HOST}:{listening.getsockname()[1]}/"
        with pytest.raises(TransportError) as broken:
            directly(HttpRequest(method="POST", url=url, max_bytes=100, body=bytes(50_000_000)))
        serving_one.join()
    assert broken.value.code == "TRANSPORT_CLOSED"


def test_a_peer_that_does_not_read_is_not_waited_for() -> None:
    with socket.create_server((HOST, 0)) as listening:  # connects, and nobody accepts
        url = f"http://{HOST}:{listening.getsockname()[1]}/"
        request = HttpRequest(method="POST", url=url, max_bytes=100, body=bytes(50_000_000))
        with pytest.raises(TransportError) as late:
            directly(request, total_timeout=SHORT)
    assert late.value.code == "TRANSPORT_TIMEOUT"


@pytest.mark.parametrize(
    "details",
    [
        {"method": "DELETE"},
        {"method": "CONNECT"},
        {"method": "get"},
        {"method": "GET / HTTP/1.1\r\nX: y\r\n\r\nGET"},
        {"body": b"a"},
        {"headers": {"a b": "c"}},
        {"headers": {"": "c"}},
        {"headers": {"a": "b\r\nc: d"}},
        {"headers": {"a": " b"}},
        {"headers": {"a": "番号"}},
        {"headers": {"Host": "other.example"}},
        {"headers": {"content-length": "0"}},
        {"headers": {"Transfer-Encoding": "chunked"}},
        {"headers": {"Accept-Encoding": "br"}},
        {"headers": {"cookie": "a=b"}},
        {"headers": {"User-Agent": "me"}},
    ],
)
def test_a_request_that_cannot_be_sent_is_the_callers_mistake(details: dict[str, Any]) -> None:
    with serving(raw(response())) as server, pytest.raises(ValueError, match=r"GET|header"):
        directly(get(server, **details))
    assert not server.connections


def test_each_exchange_has_a_connection_of_its_own_and_keeps_no_cookies() -> None:
    answer = raw(response(Set_Cookie="a=b"))
    with serving(answer) as server, HttpClient(**OPTIONS) as http:
        answers = [http(get(server)) for _ in range(3)]
    assert server.connections == 3
    assert not any(b"cookie" in request.lower() for request in server.requests)
    assert "set-cookie" not in answers[0].headers


def test_a_redirect_is_a_connection_of_its_own() -> None:
    with serving(paths({"/": redirect("/b"), "/b": response()})) as server:
        directly(get(server, max_redirects=2, headers={"DPoP": "x"}))
    assert server.connections == 2
    assert all(b"dpop: x\r\n" in request for request in server.requests)


def test_header_names_are_lower_case_and_repeated_fields_are_joined() -> None:
    answer = response(Content_Type="text/plain", VARY="a").replace(b"\r\n\r\n", b"\r\nvary: b\r\n\r\n")
    with serving(raw(answer)) as server:
        received = directly(get(server))
    assert received.headers == {"content-length": "5", "content-type": "text/plain", "vary": "a, b"}


def test_no_proxy_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(raw(response())) as server:
        assert directly(get(server)).status == 200


# --- connecting ------------------------------------------------------------------------------------------------------


def test_where_nobody_listens_is_no_connection() -> None:
    with socket.create_server((HOST, 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(TransportError) as refused:
        directly(HttpRequest(method="GET", url=f"http://{HOST}:{port}/", max_bytes=10))
    assert refused.value.code == "TRANSPORT"


def test_the_addresses_of_a_name_are_tried_in_turn() -> None:
    with serving(raw(response())) as server:
        url = server.url(host=NAME)
        answer = directly(
            HttpRequest(method="GET", url=url, max_bytes=10),
            private_hosts=[NAME],
            resolver=lambda host, port: ["127.0.0.9", "127.0.0.9", HOST],
        )
    assert answer.body == b"hello"


def test_a_host_that_accepts_nobody_takes_the_time_for_connecting_and_no_more() -> None:
    with socket.create_server((HOST, 0), backlog=0) as listening:
        address = listening.getsockname()
        waiting = [socket.socket() for _ in range(4)]  # the queue is full then, and the next one is left hanging
        try:
            for each in waiting:
                each.setblocking(False)
                each.connect_ex(address)
            start = time.monotonic()
            with pytest.raises(TransportError) as late:
                directly(
                    HttpRequest(method="GET", url=f"http://{HOST}:{address[1]}/", max_bytes=10),
                    connect_timeout=SHORT,
                    total_timeout=timedelta(seconds=200),
                )
            assert time.monotonic() - start < 100
        finally:
            for each in waiting:
                each.close()
    assert late.value.code == "TRANSPORT_TIMEOUT"


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_an_ipv6_address_is_reached() -> None:
    with serving(raw(response()), family=socket.AF_INET6) as server:
        request = HttpRequest(method="GET", url=server.url(host="[0:0::1]"), max_bytes=10)
        assert directly(request, private_hosts=["[::1]"]).body == b"hello"
        assert f"host: [::1]:{server.port}\r\n".encode() in server.requests[0]
        with pytest.raises(NetworkBlockedError):
            directly(request)


# --- threads and loops -----------------------------------------------------------------------------------------------


def test_threads_share_a_client() -> None:
    def echo(connection: socket.socket, request: bytes, _: Server) -> None:
        connection.sendall(response(request.split(b" ")[1]))

    with serving(echo) as server, HttpClient(**OPTIONS) as http, ThreadPoolExecutor(8) as threads:
        bodies = threads.map(lambda number: http(get(server, f"/{number}")).body, range(64))
        assert list(bodies) == [f"/{number}".encode() for number in range(64)]


def test_tasks_share_a_client() -> None:
    def echo(connection: socket.socket, request: bytes, _: Server) -> None:
        connection.sendall(response(request.split(b" ")[1]))

    async def ask(server: Server) -> list[bytes]:
        async with AsyncHttpClient(HttpClient(**OPTIONS), concurrent=4) as http:
            answers = await asyncio.gather(*(arun(one(get(server, f"/{n}")), http) for n in range(16)))
        return [answer.body for answer in answers]

    with serving(echo) as server:
        assert asyncio.run(ask(server)) == [f"/{number}".encode() for number in range(16)]


def test_a_cancelled_task_closes_its_connection() -> None:
    asked, gone = threading.Event(), threading.Event()

    def answer(connection: socket.socket, _: bytes, __: Server) -> None:
        asked.set()
        if connection.recv(1) == b"":
            gone.set()

    async def ask(server: Server) -> None:
        async with AsyncHttpClient(HttpClient(**OPTIONS)) as http:
            task = asyncio.create_task(arun(one(get(server)), http))
            await asyncio.to_thread(asked.wait)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(gone.wait)

    with serving(answer) as server:
        asyncio.run(ask(server))
    assert gone.is_set()


def test_an_exchange_that_waits_for_its_turn_ends_in_time_too() -> None:
    async def ask(server: Server) -> tuple[BaseException | HttpResponse, ...]:
        async with AsyncHttpClient(HttpClient(**{**OPTIONS, **QUICK}), concurrent=1) as http:
            return await asyncio.gather(http(get(server)), http(get(server)), return_exceptions=True)

    with serving(silent) as server:
        answers = asyncio.run(ask(server))
    assert [getattr(answer, "code", None) for answer in answers] == ["TRANSPORT_TIMEOUT", "TRANSPORT_TIMEOUT"]


def test_a_closed_client_asks_nobody() -> None:
    request = HttpRequest(method="GET", url="https://status.example/", max_bytes=10)
    http = HttpClient()
    http.close()
    with pytest.raises(LocalProtocolError):
        http(request)

    async def ask() -> None:
        other = AsyncHttpClient()
        await other.aclose()
        await other(request)

    with pytest.raises(LocalProtocolError):
        asyncio.run(ask())


def test_an_exchange_that_waits_for_its_turn_does_not_begin_after_the_client_was_closed() -> None:
    http = HttpClient()
    deadline = http.deadline()
    http.close()
    with pytest.raises(LocalProtocolError):
        http.exchange(HttpRequest(method="GET", url="https://status.example/", max_bytes=10), deadline=deadline)


# --- what is told ----------------------------------------------------------------------------------------------------

CANARY = "canary-7f3a"


@pytest.mark.parametrize("case", [case for case in CASES if not isinstance(case.expected, bytes)], ids=lambda c: c.name)
def test_no_error_tells_what_was_asked_or_answered(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    details = {**case.request, "headers": {"x-secret": CANARY}}
    with serving(case.answer) as server, pytest.raises(VcError) as refused:
        directly(get(server, f"/?{CANARY}", **details), **case.options)
    assert CANARY not in str(refused.value)
    assert HOST not in str(refused.value)
    assert not caplog.records


def test_nothing_of_an_exchange_is_logged(exchange: Exchange, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, logger="asyncio")  # it says which selector it uses
    answer = response(CANARY.encode(), X_Secret=CANARY, Location=f"/{CANARY}")
    with serving(raw(answer)) as server:
        exchange(get(server, f"/{CANARY}", headers={"x-secret": CANARY}))
    assert not caplog.records


def test_the_log_of_others_is_not_silenced(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpcore.http11").debug("somebody else")
    assert caplog.messages == ["somebody else"]


def test_a_missing_library_is_answered_with_the_line_that_installs_it() -> None:
    program = (
        "import sys; sys.modules['httpcore'] = None\n"
        "from vcwallet.errors import MissingExtraError\n"
        "try: import vcwallet.adapters.http\n"
        "except MissingExtraError as error: print(error.extra, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("http this needs an optional dependency: pip install 'vcwallet[http]'")
