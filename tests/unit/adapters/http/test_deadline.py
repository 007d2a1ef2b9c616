# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A deadline ends by itself, or when somebody says so."""

from __future__ import annotations

import socket

import pytest

from tests.support.http_server import HOST
from vcwallet.adapters.http.connection import Backend, tls_context
from vcwallet.adapters.http.deadline import Deadline
from vcwallet.adapters.http.target import Target
from vcwallet.errors import TransportError


def code_of(deadline: Deadline) -> str:
    with pytest.raises(TransportError) as ended:
        deadline.remaining()
    return ended.value.code


def test_there_is_time_until_there_is_none() -> None:
    assert 0 < Deadline(1000).remaining() <= 1000
    assert code_of(Deadline(0)) == "TRANSPORT_TIMEOUT"


def test_what_was_aborted_has_no_time() -> None:
    deadline = Deadline(1000)
    deadline.abort()
    assert code_of(deadline) == "TRANSPORT_CLOSED"


def test_aborting_ends_the_connection_and_is_no_error_without_one() -> None:
    here, there = socket.socketpair()
    with here, there:
        deadline = Deadline(1000)
        deadline.watch(here)
        deadline.abort()
        assert there.recv(1) == b""
        here.close()
        deadline.abort()


def test_a_connection_that_was_never_made_is_closed_without_error() -> None:
    target = Target.parse(f"http://{HOST}/")
    backend = Backend(target, [], tls=tls_context(None), connect_seconds=1, deadline=Deadline(1000))
    with pytest.raises(TransportError):
        backend.connect_tcp(HOST, 80)
    backend.header_is_read(max_bytes=1)
    backend.close()
