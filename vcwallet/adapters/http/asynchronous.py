# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The same exchanges beside an event loop (asyncio): each runs in a thread, so the guards exist once."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

from vcwallet.adapters.http.client import HttpClient
from vcwallet.flow import HttpRequest, HttpResponse

CONCURRENT_EXCHANGES: Final = 16


class AsyncHttpClient:
    """Awaits the exchanges of an `HttpClient`; cancelling the task closes its connection."""

    def __init__(self, client: HttpClient | None = None, *, concurrent: int = CONCURRENT_EXCHANGES) -> None:
        """Take over a client.

        Args:
            client: what makes the exchanges; it is closed here.  None for one with the defaults.
            concurrent: how many exchanges run at the same time; others wait for their turn.
        """
        self._client = client if client is not None else HttpClient()
        self._threads = ThreadPoolExecutor(concurrent, thread_name_prefix="vcwallet-http")

    async def __call__(self, request: HttpRequest, /) -> HttpResponse:
        """Return the response to a request.

        Raises:
            VcError: as `HttpClient.__call__`.
        """
        # The time that an exchange waits for its turn counts, so that a slow host does not hold up others for long.
        deadline = self._client.deadline()
        running = asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: self._client.exchange(request, deadline=deadline)
        )
        try:
            return await running
        except asyncio.CancelledError:
            deadline.abort()
            raise

    async def aclose(self) -> None:
        """Refuse further exchanges, also those that wait for their turn; those that run end by themselves."""
        self._client.close()
        self._threads.shutdown(wait=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()
