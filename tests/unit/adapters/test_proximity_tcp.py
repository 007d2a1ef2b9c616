# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A proximity session over real sockets of this machine; no test waits longer than the peer takes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.support.proximity import NOW
from vcwallet.adapters.proximity_tcp import HOST, TcpListener, TcpTransport, connect
from vcwallet.errors import LimitExceededError, NetworkBlockedError, TransportError
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.proximity import (
    DeviceEngagement,
    DeviceSession,
    ReaderSession,
    RequestReceived,
    ResponseReceived,
    TcpRetrieval,
    Transport,
)
from vcwallet.protocols.proximity.messages import MAX_MESSAGE_BYTES

SHORT = 0.05
"""How long to wait for what does not come, in seconds."""


@pytest.fixture
def ends() -> Iterator[tuple[TcpTransport, TcpTransport]]:
    """Both ends of a connection."""
    with TcpListener() as listener, connect(listener.retrieval) as here, listener.accept() as there:
        yield here, there


@pytest.fixture
def raw() -> Iterator[tuple[TcpTransport, socket.socket]]:
    """Our end of a connection with a short patience, and the peer's bare socket."""
    ours, peer = socket.socketpair()
    with peer, TcpTransport(ours, timeout=SHORT, max_bytes=1000) as transport:
        yield transport, peer


def test_a_session_runs_over_sockets() -> None:
    key = SoftwareKeyAgreement.generate()
    answers: list[bytes] = []
    with TcpListener() as listener:
        shown = DeviceEngagement.create(key, tcp=listener.retrieval).to_qr()
        asking = threading.Thread(target=read_a_wallet, args=(shown, answers))
        asking.start()
        with listener.accept() as wallet:
            session = DeviceSession(DeviceEngagement.from_qr(shown), key, at=NOW)
            request = session.receive(wallet.receive(), at=NOW)
            assert isinstance(request, RequestReceived)
            wallet.send(session.send_response(request.device_request[::-1], at=NOW, is_last=True))
        asking.join()
    assert answers == [bytes(100_000) + b"tseuqer"]


def read_a_wallet(shown: str, answers: list[bytes]) -> None:
    engagement = DeviceEngagement.from_qr(shown)
    assert engagement.tcp is not None
    with connect(engagement.tcp) as transport:
        session = ReaderSession(engagement, SoftwareKeyAgreement.generate(), at=NOW)
        transport.send(session.send_request(b"request" + bytes(100_000), at=NOW))
        response = session.receive(transport.receive(), at=NOW)
        assert isinstance(response, ResponseReceived)
        answers.append(response.device_response)


def test_messages_arrive_whole_and_in_order(ends: tuple[Transport, Transport]) -> None:
    here, there = ends
    for message in (b"one", b"", b"three"):
        here.send(message)
    assert [there.receive() for _ in range(3)] == [b"one", b"", b"three"]
    there.send(b"back")
    assert here.receive() == b"back"


def test_a_listener_says_where_it_listens() -> None:
    with TcpListener() as listener:
        assert listener.retrieval.host == HOST == "127.0.0.1"
        with pytest.raises(TransportError), TcpListener(port=listener.retrieval.port):
            pass


def test_a_listener_does_not_wait_for_ever() -> None:
    with TcpListener(timeout=SHORT) as listener, pytest.raises(TransportError) as refused:
        listener.accept()
    assert refused.value.code == "TRANSPORT_TIMEOUT"


def test_only_this_machine_is_connected_to() -> None:
    for host in ("192.0.2.1", "localhost", "verifier.example", "0.0.0.0"):  # noqa: S104
        with pytest.raises(NetworkBlockedError):
            connect(TcpRetrieval(host=host, port=80))


def test_where_nobody_listens_nobody_is_found() -> None:
    with TcpListener() as listener:
        retrieval = listener.retrieval
        connect(retrieval).close()
    with pytest.raises(TransportError):
        connect(retrieval)


def test_a_peer_that_says_nothing_is_not_waited_for(raw: tuple[TcpTransport, socket.socket]) -> None:
    transport, _ = raw
    with pytest.raises(TransportError) as refused:
        transport.receive()
    assert refused.value.code == "TRANSPORT_TIMEOUT"
    with pytest.raises(TransportError):
        transport.send(b"closed by the error")


def test_a_peer_that_sends_half_a_message_is_not_waited_for(raw: tuple[TcpTransport, socket.socket]) -> None:
    transport, peer = raw
    peer.sendall(b"\x00\x00\x00\x05thr")
    with pytest.raises(TransportError) as refused:
        transport.receive()
    assert refused.value.code == "TRANSPORT_TIMEOUT"


def test_no_time_is_left_for_a_message_when_there_was_none() -> None:
    ours, peer = socket.socketpair()
    with peer, TcpTransport(ours, timeout=0) as transport, pytest.raises(TransportError) as refused:
        transport.receive()
    assert refused.value.code == "TRANSPORT_TIMEOUT"


@pytest.mark.parametrize(("sent", "said"), [(b"", "connection ["), (b"\x00\x00", "in the middle of a message [")])
def test_a_peer_that_hangs_up_is_noticed(sent: bytes, said: str, raw: tuple[TcpTransport, socket.socket]) -> None:
    transport, peer = raw
    peer.sendall(sent)
    peer.close()
    with pytest.raises(TransportError) as refused:
        transport.receive()
    assert refused.value.code == "TRANSPORT_CLOSED"
    assert said in str(refused.value)


def test_what_came_before_the_end_is_read(raw: tuple[TcpTransport, socket.socket]) -> None:
    transport, peer = raw
    peer.sendall(b"\x00\x00\x00\x03one\x00\x00\x00\x03two")
    peer.close()
    assert (transport.receive(), transport.receive()) == (b"one", b"two")
    with pytest.raises(TransportError):
        transport.receive()


def test_a_message_that_is_too_long_closes_the_connection(raw: tuple[TcpTransport, socket.socket]) -> None:
    transport, peer = raw
    peer.sendall((1001).to_bytes(4, "big"))
    with pytest.raises(LimitExceededError):
        transport.receive()
    assert peer.recv(1) == b""
    with pytest.raises(ValueError, match="message"):
        transport.send(bytes(MAX_MESSAGE_BYTES + 1))


def test_a_peer_that_does_not_read_is_not_waited_for(raw: tuple[TcpTransport, socket.socket]) -> None:
    transport, _ = raw
    with pytest.raises(TransportError) as refused:
        transport.send(bytes(MAX_MESSAGE_BYTES))
    assert refused.value.code == "TRANSPORT_TIMEOUT"


def test_a_connection_that_is_gone_cannot_be_written_to(raw: tuple[TcpTransport, socket.socket]) -> None:
    transport, peer = raw
    transport.send(b"message")
    peer.close()
    with pytest.raises(TransportError) as refused:
        transport.send(b"message")
    assert refused.value.code == "TRANSPORT"


def test_closing_twice_is_no_error(ends: tuple[TcpTransport, TcpTransport]) -> None:
    here, there = ends
    here.close()
    here.close()
    with pytest.raises(TransportError):
        there.receive()


def test_a_closed_listener_accepts_nobody() -> None:
    listener = TcpListener()
    listener.close()
    with pytest.raises(TransportError):
        listener.accept()
