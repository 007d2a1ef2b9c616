# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""One exchange over ASGI as our own values: what came as `HttpRequest`, and the `HttpResponse` as what goes out."""

from __future__ import annotations

from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from vcwallet.errors import LimitExceededError, MalformedError
from vcwallet.flow import HttpRequest, HttpResponse

MAX_BODY_BYTES = 1 << 20
# Which of two counts is a matter of taste between programs; so there is one, or the request is refused (RFC 9449,
# section 4.3; draft-ietf-oauth-attestation-based-client-auth-07, section 7).
_ONCE: Final = frozenset(
    {"authorization", "dpop", "oauth-client-attestation", "oauth-client-attestation-pop", "content-type", "host"}
)
_ORIGIN_FORM: Final = b"/"


async def read_request(request: Request, *, origin: str, max_bytes: int = MAX_BODY_BYTES) -> HttpRequest:
    """Return a request as it came, addressed to `origin`: a ``Host`` that a peer writes says nothing about us.

    Raises:
        LimitExceededError: the body is longer than `max_bytes`, by default 1 MiB.
        MalformedError: a header field is there twice that has to be there once, or the path is none; or the peer
            has gone.
    """
    headers: dict[str, str] = {}
    for raw_name, raw_value in request.headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name not in headers:
            headers[name] = value
        elif name in _ONCE:
            raise MalformedError("a header field is there twice", clause="RFC 9110, section 5.3")
        else:
            headers[name] += ("; " if name == "cookie" else ", ") + value
    return HttpRequest(
        method=request.method,
        url=origin + _target(request),
        max_bytes=max_bytes,
        headers=headers,
        body=await _body(request, max_bytes),
    )


def write_response(response: HttpResponse) -> Response:
    """Return an answer as Starlette sends it."""
    # Starlette would write the length of an empty body, also where there must be none.
    return Response(response.body, status_code=response.status, headers=dict(response.headers))


def _target(request: Request) -> str:
    """Return path and query as they were sent: a path that is decoded can be read in two ways."""
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode("utf-8")
    query: bytes = request.scope.get("query_string", b"")
    if not path.startswith(_ORIGIN_FORM) or path.startswith(b"//"):
        raise MalformedError("not a path", clause="RFC 9112, section 3.2.1")
    try:
        return (path.split(b"?")[0] + (b"?" + query if query else b"")).decode("ascii")
    except UnicodeDecodeError:
        raise MalformedError("an address is ASCII", clause="RFC 3986, section 2") from None


async def _body(request: Request, max_bytes: int) -> bytes:
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > max_bytes:
                raise LimitExceededError(f"the body is longer than {max_bytes} bytes")
    except ClientDisconnect:
        raise MalformedError("the peer has gone") from None
    return bytes(body)
