# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps a Python process off the network, except for this machine itself.

Every connection, datagram and name look-up of the standard library's sockets, which all our libraries use, is looked at
before it is made.  An audit hook would see more; but it runs Python code while a thread is given its trace function,
and then, once in ten thousand starts, another thread that starts at the same moment is refused one (CPython 3.11).

As a program it runs a script under that rule, so that examples and documentation are held to it as tests are::

    python -m tests.support.no_network examples/01_main_job.py
"""

from __future__ import annotations

import ipaddress
import runpy
import socket
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any


class NetworkDeniedError(Exception):
    """A test, example or documentation block tried to leave this machine."""


def deny_network() -> None:
    """Refuse every connection, datagram and name look-up in this process that is not for this machine."""
    for name in ("connect", "connect_ex", "sendto", "sendmsg"):
        _guard(socket.socket, name, _is_near_address)
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        _guard(socket, name, lambda arguments: is_near(arguments[0]))


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


def _is_near_address(arguments: tuple[Any, ...]) -> bool:
    """Whether the address, which is the last of what a method of a socket is given, is on this machine."""
    address = arguments[-1]
    return not isinstance(address, tuple) or is_near(address[0])  # a path is a Unix socket


def _guard(owner: Any, name: str, is_allowed: Callable[[tuple[Any, ...]], bool]) -> None:
    function = getattr(owner, name)

    @wraps(function)
    def guarded(*arguments: Any, **named: Any) -> Any:
        if not is_allowed((*arguments, *named.values())):
            raise NetworkDeniedError(f"{name}: nothing here may use the network")
        return function(*arguments, **named)

    setattr(owner, name, guarded)


if __name__ == "__main__":
    script = sys.argv[1]
    sys.argv = sys.argv[1:]
    sys.path[0] = str(Path(script).resolve().parent)
    deny_network()
    runpy.run_path(script, run_name="__main__")
