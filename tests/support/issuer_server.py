# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An issuer's service on a free port of this machine, under uvicorn, as long as a block runs."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from vcwallet.adapters.web import issuer_app, uvicorn_config
from vcwallet.issuer.openid4vci import CredentialIssuerService


@contextmanager
def served_app(make: Callable[[str], Starlette]) -> Iterator[str]:
    """Serve an application that is made for its origin, and tell the origin."""
    listening = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = uvicorn.Server(uvicorn_config(make(origin), lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield origin
    finally:
        # A request that has been taken is answered; connections that wait for nothing are closed.
        server.should_exit = True
        thread.join()
        listening.close()


@contextmanager
def served(make: Callable[[str], CredentialIssuerService], *, pages: Sequence[BaseRoute] = ()) -> Iterator[str]:
    """Serve the service of an identifier that is only known when there is a port."""
    with served_app(lambda origin: issuer_app(make(origin), pages=pages)) as origin:
        yield origin
