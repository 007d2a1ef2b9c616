# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A connection to an address that was checked, and to no other; every wait on it ends at the deadline.

httpcore asks its network backend to connect to a host.  Ours does not look the host up again: it connects to the
addresses it was made with, and asks for the certificate of the name that the URL has.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Sequence
from typing import Any, Final

from vcwallet.adapters.http._library import httpcore
from vcwallet.adapters.http.deadline import Deadline, timed_out
from vcwallet.adapters.http.target import IpAddress, Target
from vcwallet.errors import LimitExceededError, MalformedError, TransportError

MAX_HEADER_BYTES: Final = 32 * 1024
"""The longest header of an answer, with its status line and all interim answers."""

_READ_BYTES: Final = 16 * 1024
_FRAMING_BYTES: Final = 64 * 1024


def tls_context(authorities: str | None) -> ssl.SSLContext:
    """Return how a server has to show who it is: TLS 1.2 or later, and a certificate for the name of the URL.

    Args:
        authorities: PEM certificates of the authorities to trust; None for those that the system trusts.

    Raises:
        ValueError: not PEM certificates.
    """
    # Not create_default_context(): it writes session keys to a file that an environment variable names.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if authorities is None:
        context.load_default_certs()
        return context
    try:
        context.load_verify_locations(cadata=authorities)
    except (ssl.SSLError, ValueError, TypeError):  # nothing at all; characters outside ASCII
        raise ValueError("authorities are certificates in PEM") from None
    return context


class Backend(httpcore.NetworkBackend):
    """Connects one exchange, to addresses that were checked before."""

    def __init__(
        self,
        target: Target,
        addresses: Sequence[IpAddress],
        *,
        tls: ssl.SSLContext,
        connect_seconds: float,
        deadline: Deadline,
    ) -> None:
        self._target = target
        self._addresses = addresses
        self._tls = tls
        self._connect_seconds = connect_seconds
        self._deadline = deadline
        self._stream: Stream | None = None

    @property
    def has_ended(self) -> bool:
        """Whether the peer has closed the connection."""
        return self._stream is not None and self._stream.has_ended

    def header_is_read(self, *, max_bytes: int) -> None:
        """Let as much come from now on as a body of `max_bytes` may take, in chunks of any reasonable size."""
        if self._stream is not None:
            self._stream.budget = 2 * max_bytes + _FRAMING_BYTES

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._stream is not None:
            self._stream.close()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers; `host` is not looked up.

        Raises:
            TransportError: none of them answers.
        """
        # Connecting and the TLS handshake share this time, so that what is slow at both is not twice as slow.
        opening = Deadline(min(self._connect_seconds, self._deadline.remaining()))
        error = TransportError("no connection to the host")
        for number, address in enumerate(self._addresses):
            share = opening.remaining() / (len(self._addresses) - number)
            try:
                connected = _connect(address, self._target.port, timeout=share)
            except TimeoutError:
                error = timed_out()
            except OSError:
                error = TransportError("no connection to the host")
            else:
                self._deadline.watch(connected)
                self._stream = Stream(connected, self._target, tls=self._tls, opening=opening, deadline=self._deadline)
                return self._stream
        raise error


class Stream(httpcore.NetworkStream):
    """A connected socket whose waits all end at one deadline, in clear until `start_tls`."""

    def __init__(
        self, connected: socket.socket, target: Target, *, tls: ssl.SSLContext, opening: Deadline, deadline: Deadline
    ) -> None:
        self._socket = connected
        self._target = target
        self._tls = tls
        self._opening = opening
        self._deadline = deadline
        self.budget: int = MAX_HEADER_BYTES + _READ_BYTES  # a read may bring the beginning of the body
        self.has_ended: bool = False

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Shake hands; the certificate has to be for the host of the URL, whatever httpcore says.

        Raises:
            TransportError: it is not, or nobody trusted has signed it, or it is outside its validity (code
                ``TRANSPORT_TLS``); or it took too long.
        """
        try:
            self._socket.settimeout(min(self._opening.remaining(), self._deadline.remaining()))
            # A connection that ends without a farewell is an error: somebody may have cut the answer short.
            secure = self._tls.wrap_socket(
                self._socket,
                server_hostname=self._target.host,
                do_handshake_on_connect=False,
                suppress_ragged_eofs=False,
            )
            self._socket = secure  # the plain one has handed its descriptor over
            self._deadline.watch(secure)
            secure.do_handshake()
        except TimeoutError:
            raise timed_out() from None
        except ssl.SSLCertVerificationError:
            raise TransportError("the host's certificate does not hold", code="TRANSPORT_TLS") from None
        except OSError:  # ssl.SSLError is one
            raise TransportError("no secure connection to the host", code="TRANSPORT_TLS") from None
        return self

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come, at least a byte unless the peer has ended.

        Raises:
            TransportError: nothing came in time, or the connection broke.
            LimitExceededError: the answer takes more bytes than its header, or its body in chunks, may take.
        """
        try:
            self._socket.settimeout(self._deadline.remaining())
            data = self._socket.recv(min(max_bytes, _READ_BYTES))
        except TimeoutError:
            raise timed_out() from None
        except OSError:
            self._deadline.remaining()  # says why, if we ended it ourselves
            raise TransportError("the connection broke", code="TRANSPORT_CLOSED") from None
        self.has_ended = not data
        self.budget -= len(data)
        if self.budget < 0:
            raise LimitExceededError("an answer is longer than it may be")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it.

        Raises:
            TransportError: the peer does not take it in time.
            httpcore.WriteError: the peer has closed; what it said before is still read.
        """
        view = memoryview(buffer)
        try:
            while view:
                self._socket.settimeout(self._deadline.remaining())
                view = view[self._socket.send(view) :]
        except TimeoutError:
            raise timed_out() from None
        except OSError as error:
            raise httpcore.WriteError from error

    def close(self) -> None:
        """Close the socket; closing it twice is no error."""
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        """Return nothing: nobody needs to know more about a connection for one exchange."""
        return None


def as_ours(error: Exception, backend: Backend) -> MalformedError | TransportError:
    """Return our error for one of httpcore's: the peer does not speak HTTP, or has gone."""
    if isinstance(error, httpcore.ProtocolError) and not backend.has_ended:
        return MalformedError("the answer is not HTTP", clause="RFC 9112")
    return TransportError("the peer has closed the connection", code="TRANSPORT_CLOSED")


def _connect(address: IpAddress, port: int, *, timeout: float) -> socket.socket:
    connected = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
    try:
        connected.settimeout(timeout)
        connected.connect((str(address), port))
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        connected.close()
        raise
    return connected
