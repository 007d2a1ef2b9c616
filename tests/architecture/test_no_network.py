# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The tests themselves stay on this machine."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from tests.support.no_network import NetworkDeniedError

FAR = ("192.0.2.1", 443)  # an address that nobody has, by RFC 5737


def over_udp(send: Callable[[socket.socket], object]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        send(sender)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: socket.create_connection(FAR, timeout=1),
        lambda: socket.create_connection(("registry.example", 443), timeout=1),
        lambda: socket.getaddrinfo("registry.example", 443),
        lambda: socket.gethostbyname("registry.example"),
        lambda: asyncio.run(asyncio.open_connection(*FAR)),
        lambda: over_udp(lambda sender: sender.connect(FAR)),
        lambda: over_udp(lambda sender: sender.connect_ex(FAR)),
        lambda: over_udp(lambda sender: sender.sendto(b"x", FAR)),
        lambda: over_udp(lambda sender: sender.sendto(b"x", 0, FAR)),
        lambda: over_udp(lambda sender: sender.sendmsg([b"x"], [], 0, FAR)),
    ],
)
def test_nothing_leaves_this_machine(attempt):
    with pytest.raises(NetworkDeniedError):
        attempt()


def test_this_machine_is_there():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()[:2], timeout=5).close()
    assert socket.getaddrinfo("localhost", 80)
