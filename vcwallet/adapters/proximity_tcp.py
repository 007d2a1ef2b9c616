# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A proximity session over a TCP socket of this machine, for tests and examples without a radio.

Messages are framed as on an L2CAP channel (ISO/IEC 18013-5, second edition).  The wallet listens and shows where in its
engagement; the reader connects.  Nothing leaves the machine: an engagement is not authenticated, and to connect to any
address in it would let whoever shows a QR code choose whom this program calls.

    >>> from vcwallet.adapters.proximity_tcp import TcpListener, connect
    >>> with TcpListener() as listener, connect(listener.retrieval) as reader, listener.accept() as wallet:
    ...     reader.send(b"request")
    ...     wallet.receive()
    b'request'
"""

from __future__ import annotations

import socket
import time
from types import TracebackType
from typing import Final, Self

from vcwallet.errors import LimitExceededError, NetworkBlockedError, TransportError, quoted
from vcwallet.protocols.proximity.engagement import TcpRetrieval
from vcwallet.protocols.proximity.framing import Deframer, frame
from vcwallet.protocols.proximity.messages import MAX_MESSAGE_BYTES

HOST: Final = "127.0.0.1"
TIMEOUT_SECONDS: Final = 30.0
_READ_BYTES: Final = 64 * 1024


class TcpTransport:
    """A `Transport` over a connected socket; it closes the socket, also after an error."""

    __slots__ = ("_deframer", "_received", "_socket", "_timeout")

    def __init__(
        self, connected: socket.socket, *, timeout: float = TIMEOUT_SECONDS, max_bytes: int = MAX_MESSAGE_BYTES
    ) -> None:
        """Take over a connected socket.

        Args:
            connected: the socket; it is closed here.
            timeout: how many seconds a message may take from its first wait to its end.
            max_bytes: the longest message that is taken.
        """
        self._socket = connected
        self._timeout = timeout
        self._deframer = Deframer(max_bytes=max_bytes)
        self._received: list[bytes] = []

    def send(self, message: bytes, /) -> None:
        """Send a message.

        Raises:
            TransportError: the peer has closed the connection, or does not read.
            ValueError: it is longer than 4 MiB.
        """
        framed = frame(message)
        try:
            self._socket.settimeout(self._timeout)
            self._socket.sendall(framed)
        except OSError as error:
            raise self._broken(error) from None

    def receive(self) -> bytes:
        """Wait for the next message.

        Raises:
            TransportError: none came in time, or the peer has closed the connection.
            LimitExceededError: the peer announces a longer message than is taken; the connection is closed.
        """
        end = time.monotonic() + self._timeout
        while not self._received:
            self._received += self._deframe(self._read(end))
        return self._received.pop(0)

    def close(self) -> None:
        """Close the connection; closing it twice is no error."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _read(self, end: float) -> bytes:
        # One deadline for the whole message: a peer that sends a byte now and then does not hold us for ever.
        remaining = end - time.monotonic()
        try:
            if remaining <= 0:
                raise TimeoutError
            self._socket.settimeout(remaining)
            data = self._socket.recv(_READ_BYTES)
        except OSError as error:
            raise self._broken(error) from None
        if not data:
            self.close()
            at = "" if self._deframer.is_between_messages else " in the middle of a message"
            raise TransportError(f"the peer has closed the connection{at}", code="TRANSPORT_CLOSED")
        return data

    def _deframe(self, data: bytes) -> list[bytes]:
        try:
            return self._deframer.feed(data)
        except LimitExceededError:
            self.close()
            raise

    def _broken(self, error: OSError) -> TransportError:
        self.close()
        if isinstance(error, TimeoutError):
            return TransportError("the peer does not answer in time", code="TRANSPORT_TIMEOUT")
        return TransportError("the connection is broken")


class TcpListener:
    """Waits for readers on a free port of this machine."""

    __slots__ = ("_socket", "_timeout", "retrieval")

    retrieval: TcpRetrieval
    """Where to connect to, for the engagement."""

    def __init__(self, *, port: int = 0, timeout: float = TIMEOUT_SECONDS) -> None:
        """Listen on 127.0.0.1.

        Args:
            port: the port; 0 takes a free one.
            timeout: how many seconds a reader may take to connect, and each message after that.

        Raises:
            TransportError: the port is taken.
        """
        self._timeout = timeout
        try:
            self._socket = socket.create_server((HOST, port), backlog=1)
        except OSError:
            raise TransportError("the port cannot be listened on") from None
        self._socket.settimeout(timeout)
        self.retrieval = TcpRetrieval(host=HOST, port=self._socket.getsockname()[1])

    def accept(self) -> TcpTransport:
        """Wait for one reader.

        Raises:
            TransportError: none came in time, or the listener is closed.
        """
        try:
            connected, _ = self._socket.accept()
        except OSError:
            raise TransportError("no reader has connected in time", code="TRANSPORT_TIMEOUT") from None
        return TcpTransport(connected, timeout=self._timeout)

    def close(self) -> None:
        """Stop listening; connections that were accepted stay open."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def connect(retrieval: TcpRetrieval, *, timeout: float = TIMEOUT_SECONDS) -> TcpTransport:
    """Return a connection to a wallet on this machine.

    Raises:
        NetworkBlockedError: the engagement names another machine.
        TransportError: nobody listens there.
    """
    if retrieval.host != HOST:
        raise NetworkBlockedError(f"only {HOST} is connected to, not {quoted(retrieval.host)}")
    try:
        connected = socket.create_connection((HOST, retrieval.port), timeout=timeout)
    except OSError:
        raise TransportError("nobody listens at the address of the engagement") from None
    return TcpTransport(connected, timeout=timeout)
