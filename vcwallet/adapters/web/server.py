# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How uvicorn is to serve an application of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from socket import IPPROTO_TCP, TCP_NODELAY
from socket import socket as Socket  # noqa: N812 - `socket` is the argument
from threading import Thread
from typing import Any, Final

from starlette.applications import Starlette

from vcwallet.adapters.web._library import uvicorn

MAX_CONCURRENCY: Final = 1_000
KEEP_ALIVE_SECONDS: Final = 15
GRACE_SECONDS: Final = 10
MAX_HEADER_BYTES: Final = 64 * 1024


def uvicorn_config(app: Starlette, *, host: str = "127.0.0.1", port: int = 0, **options: Any) -> uvicorn.Config:
    """Return a configuration with which no address is logged, since some contain secrets, and which has bounds.

    Args:
        app: the application.
        host: where to listen; what is not this machine belongs behind TLS.
        port: 0 takes a free one.
        options: further settings of uvicorn, which go before ours.
    """
    settings: dict[str, Any] = {
        "access_log": False,
        "server_header": False,
        "log_level": "warning",
        "limit_concurrency": MAX_CONCURRENCY,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": GRACE_SECONDS,
        "http": "h11",  # the other parser, which uvicorn takes where it finds it, has no bound for the header
        "h11_max_incomplete_event_size": MAX_HEADER_BYTES,
        "ws": "none",
    }
    return uvicorn.Config(app, host=host, port=port, **settings | options)


@contextmanager
def serve(app: Starlette, *, socket: Socket, **options: Any) -> Iterator[None]:
    """Serve an application in a thread as long as the block lasts; whoever waits then gets an answer first.

    For demonstrations, tests and measurements; a service that stays is run by uvicorn itself, with `uvicorn_config`.

    Args:
        app: the application.
        socket: listens already, so that its port is known before.
        options: as in `uvicorn_config`.
    """
    # Connections take it over.  An answer goes out in two parts, of which the second must not wait for the peer's word.
    socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    server = uvicorn.Server(uvicorn_config(app, **options))
    thread = Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
