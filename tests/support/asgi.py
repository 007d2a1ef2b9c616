# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Driving an ASGI application with one request after the other, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from vcwallet.flow import HttpRequest, HttpResponse

Headers = Sequence[tuple[str, str]]


def call(
    app: Any,
    method: str,
    path: str,
    *,
    headers: Headers = (),
    body: Sequence[bytes] = (b"",),
    client: tuple[str, int] | None = ("192.0.2.1", 1234),
    raw_path: bytes | None = None,
    disconnects: bool = False,
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Send one request, and return status, header fields and body of the answer.

    Args:
        app: the application.
        method: of the request.
        path: path and query.
        headers: header fields, some perhaps twice.
        body: the parts that the body comes in.
        client: the address of the peer.
        raw_path: the path as it was sent, if `path` does not say it.
        disconnects: whether the peer goes away after the last part.
    """
    parts = urlsplit(path)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": unquote(parts.path),
        "raw_path": parts.path.encode() if raw_path is None else raw_path,
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        "client": client,
        "server": ("issuer.example", 443),
    }
    received = [{"type": "http.request", "body": part, "more_body": True} for part in body]
    received[-1]["more_body"] = disconnects
    if disconnects:
        received.append({"type": "http.disconnect"})
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return received.pop(0) if received else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    asyncio.run(app(scope, receive, send))
    start = next(message for message in sent if message["type"] == "http.response.start")
    answer = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return start["status"], [(name.decode(), value.decode()) for name, value in start["headers"]], answer


def transport(app: Any) -> Any:
    """Return what sends the requests of a flow to an application."""

    def http(request: HttpRequest) -> HttpResponse:
        parts = urlsplit(request.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        status, headers, body = call(
            app, request.method, path, headers=tuple(request.headers.items()), body=[request.body]
        )
        return HttpResponse(status=status, headers=dict(headers), body=body)

    return http
