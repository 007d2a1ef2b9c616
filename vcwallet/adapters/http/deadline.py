# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The end of an exchange, which no sequence of small steps puts off; and a way to end it earlier from outside."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

from vcwallet.errors import TransportError


class Deadline:
    """A point in time for a whole exchange; safe to abort from another thread."""

    __slots__ = ("_aborted", "_end", "_lock", "_socket")

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._aborted = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def remaining(self) -> float:
        """Return the seconds that are left.

        Raises:
            TransportError: none are (code ``TRANSPORT_TIMEOUT``), or the exchange was aborted (``TRANSPORT_CLOSED``).
        """
        if self._aborted:
            raise TransportError("the exchange was aborted", code="TRANSPORT_CLOSED")
        left = self._end - time.monotonic()
        if left <= 0:
            raise timed_out()
        return left

    def watch(self, connected: socket.socket) -> None:
        """Take note of the socket that waits, so that `abort` can wake it up."""
        with self._lock:
            self._socket = connected

    def abort(self) -> None:
        """End the exchange: what waits for the socket wakes up, and who asks for time is told that there is none."""
        with self._lock:
            self._aborted = True
            if self._socket is not None:
                with suppress(OSError):  # it is closed already
                    # That of a TLS socket would make it read on in clear.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def timed_out() -> TransportError:
    """Return the error of an exchange that took too long."""
    return TransportError("the peer does not answer in time", code="TRANSPORT_TIMEOUT")
