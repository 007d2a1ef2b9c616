# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The certificate is the one of the name that was asked for, whatever address the name has."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.http_server import HOST, NAME, UNHURRIED, Server, authority, raw, response, serving
from vcwallet.adapters.http import HttpClient
from vcwallet.adapters.http.connection import tls_context
from vcwallet.errors import NetworkBlockedError, TransportError
from vcwallet.flow import HttpRequest, HttpResponse


def here(host: str, port: int) -> list[str]:
    """Every name is this machine."""
    return [HOST]


def ask(server: Server, *, host: str = NAME, path: str = "/", **options: Any) -> HttpResponse:
    details: dict[str, Any] = {
        "private_hosts": [NAME, HOST],
        "authorities": authority().pem,
        "resolver": here,
        **UNHURRIED,
        **options,
    }
    request = HttpRequest(
        method="GET", url=server.url(path, scheme="https", host=host), max_bytes=1000, max_redirects=2
    )
    with HttpClient(**details) as http:
        return http(request)


def refused_code(tls: ssl.SSLContext, **details: Any) -> str:
    with serving(raw(response()), tls=tls) as server, pytest.raises(TransportError) as refused:
        ask(server, **details)
    assert not server.requests
    return refused.value.code


def test_a_host_with_its_certificate_is_asked(tmp_path: Path) -> None:
    with serving(raw(response()), tls=authority().server(tmp_path)) as server:
        assert ask(server).body == b"hello"
    assert f"host: {NAME}:{server.port}\r\n".encode() in server.requests[0]


def test_the_name_is_told_to_the_host_before_the_certificate(tmp_path: Path) -> None:
    tls, names = authority().server(tmp_path), []
    tls.sni_callback = lambda _, name, __: names.append(name)
    with serving(raw(response()), tls=tls) as server:
        ask(server)
    assert names == [NAME]


def test_an_address_needs_a_certificate_for_it(tmp_path: Path) -> None:
    with serving(raw(response()), tls=authority().server(tmp_path, addresses=(HOST,))) as server:
        assert ask(server, host=HOST).body == b"hello"
    assert refused_code(authority().server(tmp_path), host=HOST) == "TRANSPORT_TLS"


def test_a_certificate_of_another_authority_does_not_hold(tmp_path: Path) -> None:
    assert refused_code(authority("Another authority").server(tmp_path)) == "TRANSPORT_TLS"


def test_a_certificate_of_our_authority_does_not_hold_where_the_systems_count(tmp_path: Path) -> None:
    assert refused_code(authority().server(tmp_path), authorities=None) == "TRANSPORT_TLS"


@pytest.mark.parametrize("name", ["other.example", "sub.status.example", "*.status.example", "*.example.status"])
def test_a_certificate_for_another_name_does_not_hold(tmp_path: Path, name: str) -> None:
    assert refused_code(authority().server(tmp_path, names=(name,))) == "TRANSPORT_TLS"


def test_an_expired_certificate_does_not_hold(tmp_path: Path) -> None:
    assert refused_code(authority().server(tmp_path, ends=timedelta(hours=-1))) == "TRANSPORT_TLS"


def test_a_certificate_that_has_not_begun_does_not_hold(tmp_path: Path) -> None:
    assert refused_code(authority().server(tmp_path, begins=timedelta(hours=1))) == "TRANSPORT_TLS"


def test_tls_1_2_is_spoken_and_nothing_older(tmp_path: Path) -> None:
    with serving(raw(response()), tls=authority().server(tmp_path, newest=ssl.TLSVersion.TLSv1_2)) as server:
        assert ask(server).body == b"hello"
    assert tls_context(None).minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_host_that_speaks_in_clear_is_no_secure_host() -> None:
    def clear(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(response())
            connection.recv(100_000)

    with socket.create_server((HOST, 0)) as listening:
        serving_one = threading.Thread(target=clear, args=[listening])
        serving_one.start()
        with pytest.raises(TransportError) as refused:
            ask(Server(listening.getsockname()[1]))
        serving_one.join()
    assert refused.value.code == "TRANSPORT_TLS"


def test_a_handshake_that_does_not_end_is_given_up() -> None:
    with socket.create_server((HOST, 0)) as listening:
        server = Server(listening.getsockname()[1])
        with pytest.raises(TransportError) as late:
            ask(server, connect_timeout=timedelta(seconds=0.3), total_timeout=timedelta(seconds=200))
    assert late.value.code == "TRANSPORT_TIMEOUT"


def test_an_answer_that_somebody_cut_short_is_not_taken(tmp_path: Path) -> None:
    def cut(connection: socket.socket, _: bytes, __: Server) -> None:
        connection.sendall(b"HTTP/1.0 200 X\r\n\r\nhello")
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # without the farewell of TLS

    with serving(cut, tls=authority().server(tmp_path)) as server, pytest.raises(TransportError) as broken:
        ask(server)
    assert broken.value.code == "TRANSPORT_CLOSED"
    with serving(raw(b"HTTP/1.0 200 X\r\n\r\nhello"), tls=authority().server(tmp_path)) as server:
        assert ask(server).body == b"hello"


@pytest.mark.parametrize(
    "location", ["http://{name}:{port}/", "http://{name}/", "https://{name}/", "https://x.{name}/"]
)
def test_a_redirect_away_from_the_secure_host_is_refused(tmp_path: Path, location: str) -> None:
    def away(connection: socket.socket, _: bytes, server: Server) -> None:
        where = location.format(name=NAME, port=server.port)
        connection.sendall(response(status=302, Location=where))

    with serving(away, tls=authority().server(tmp_path)) as server, pytest.raises(NetworkBlockedError):
        ask(server)
    assert server.connections == 1


def test_session_keys_are_not_written_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    tls = authority().server(tmp_path)
    with serving(raw(response()), tls=tls) as server:
        ask(server)
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("pem", ["", "番号", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_authorities_are_certificates(pem: str) -> None:
    with pytest.raises(ValueError, match="PEM"):
        HttpClient(authorities=pem)
