# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Names become addresses once for each exchange, and before the deadline."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from vcwallet.adapters.http.deadline import Deadline, timed_out
from vcwallet.adapters.http.target import IpAddress, Target
from vcwallet.errors import TransportError

Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a host name and port, best first, as text; raises OSError where there are none."""

MAX_ADDRESSES: Final = 16
"""How many addresses of one name are looked at, and tried; the rest is passed over."""


def system_resolver(host: str, port: int) -> list[str]:
    """Return the addresses that the system's resolver knows (getaddrinfo)."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(sockaddr[0]) for _, _, _, _, sockaddr in found]


def addresses_of(target: Target, *, resolver: Resolver, deadline: Deadline) -> list[IpAddress]:
    """Return the addresses of a target; of one whose host is an address, that one.

    Raises:
        TransportError: the name does not resolve (code ``TRANSPORT_NAME``), or not in time (``TRANSPORT_TIMEOUT``).
    """
    if target.literal is not None:
        return [target.literal]
    try:
        texts = _in_time(lambda: resolver(target.host, target.port), deadline)
        addresses = [ipaddress.ip_address(text) for text in texts[:MAX_ADDRESSES]]
    except (OSError, ValueError):  # no such name; or no address, or a name that cannot be asked for (UnicodeError)
        raise _unknown_name() from None
    if not addresses:
        raise _unknown_name()
    return list(dict.fromkeys(addresses))


def _in_time(ask: Callable[[], Sequence[str]], deadline: Deadline) -> Sequence[str]:
    """Ask in a thread of its own, because the system's resolver takes no time limit."""
    answers: queue.SimpleQueue[Sequence[str] | BaseException] = queue.SimpleQueue()

    def answer() -> None:
        try:
            answers.put(ask())
        except BaseException as error:  # it is raised again where it is waited for
            answers.put(error)

    threading.Thread(target=answer, name="vcwallet-resolver", daemon=True).start()
    try:
        found = answers.get(timeout=deadline.remaining())
    except queue.Empty:
        raise timed_out() from None
    if isinstance(found, BaseException):
        raise found
    return found


def _unknown_name() -> TransportError:
    return TransportError("the host's name does not resolve", code="TRANSPORT_NAME")
