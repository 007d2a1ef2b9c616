# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps a Python process off the network, except for this machine itself.

The interpreter announces each connection to its audit hooks before it is made, whatever library asks for it, and a
hook that raises prevents it.  A hook cannot be taken out again, which suits us.

As a program it runs a script under that rule, so that examples and documentation are held to it as tests are::

    python -m tests.support.no_network examples/01_main_job.py
"""

from __future__ import annotations

import ipaddress
import runpy
import sys
from pathlib import Path
from typing import Any


class NetworkDeniedError(Exception):
    """A test, example or documentation block tried to leave this machine."""


def deny_network() -> None:
    """Refuse every connection, datagram and name look-up in this process that is not for this machine."""
    sys.addaudithook(_refuse_far_addresses)


def is_near(host: object) -> bool:
    """Whether the host is this machine: a loopback address, its usual name, or none at all."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse_far_addresses(event: str, arguments: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        near = not isinstance(address, tuple) or is_near(address[0])  # a path is a Unix socket
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        near = is_near(arguments[0])
    else:
        return
    if not near:
        raise NetworkDeniedError(f"{event}: nothing here may use the network")


if __name__ == "__main__":
    script = sys.argv[1]
    sys.argv = sys.argv[1:]
    sys.path[0] = str(Path(script).resolve().parent)
    deny_network()
    runpy.run_path(script, run_name="__main__")
