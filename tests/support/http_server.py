# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Servers on a free port of this machine that answer byte for byte what a test tells them, in clear or over TLS."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
NAME = "status.example"
"""The name that the certificates of these servers are for."""

PATIENCE = 60.0
"""How long a server waits for its peer before it gives up, in seconds; no passing test waits for it."""

UNHURRIED = {"connect_timeout": timedelta(seconds=PATIENCE), "total_timeout": timedelta(seconds=2 * PATIENCE)}
"""The times of a client in a test that is not about time, however slow the machine is."""


@dataclass(eq=False)
class Server:
    """A running server, and what it was asked."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/", *, scheme: str = "http", host: str = HOST) -> str:
        return f"{scheme}://{host}:{self.port}{path}"


Answer = Callable[[socket.socket, bytes, Server], None]
"""Answers one request on its connection."""


def raw(answer: bytes) -> Answer:
    """Answers every request with the same bytes."""
    return lambda connection, _, __: connection.sendall(answer)


def response(body: bytes = b"hello", *, status: int = 200, **headers: str) -> bytes:
    """An answer as bytes; ``content_type="text/plain"`` is a header field."""
    given = {"Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in given.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def paths(answers: Mapping[str, bytes]) -> Answer:
    """Answers by path; a query makes no difference."""

    def answer(connection: socket.socket, request: bytes, __: Server) -> None:
        path, _, _ = request.split(b" ")[1].decode().partition("?")
        connection.sendall(answers.get(path, response(b"", status=404)))

    return answer


@contextmanager
def serving(answer: Answer, *, tls: ssl.SSLContext | None = None, family: int = socket.AF_INET) -> Iterator[Server]:
    """Run a server for as long as the block lasts; its threads have ended afterwards."""
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.bind((HOST if family == socket.AF_INET else "::1", 0))
        listening.listen(64)
        server = Server(listening.getsockname()[1])
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                server.connections += 1
                threads.append(threading.Thread(target=_serve, args=(connection, answer, tls, server)))
                threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield server
        finally:
            server.stopping.set()
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join()


def _serve(connection: socket.socket, answer: Answer, tls: ssl.SSLContext | None, server: Server) -> None:
    # A peer that breaks off is what many tests are about; closing with unread bytes would look like one.
    with connection:
        connection.settimeout(PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            peer = tls.wrap_socket(connection, server_side=True) if tls else connection
            with peer:
                request = _request(peer)
                if request:
                    server.requests.append(request)
                    answer(peer, request, server)
                    _farewell(peer)
        except OSError:
            return


def _request(peer: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        data = peer.recv(65536)
        if not data:
            return b""
        received += data
    head, _, body = received.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line), 0)
    while len(body) < length:
        body += peer.recv(65536)
    return head + b"\r\n\r\n" + body


def _farewell(peer: socket.socket) -> None:
    if isinstance(peer, ssl.SSLSocket):
        peer.unwrap()
    peer.shutdown(socket.SHUT_WR)


# --- certificates ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Authority:
    """A certification authority of its own."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def server(
        self,
        folder: Path,
        *,
        names: tuple[str, ...] = (NAME,),
        addresses: tuple[str, ...] = (),
        begins: timedelta = timedelta(days=-1),
        ends: timedelta = timedelta(days=1),
        newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    ) -> ssl.SSLContext:
        """A server's side of TLS, with a certificate of this authority."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
        alternatives += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        builder = _builder("Server", self.certificate.subject, key, begins, ends)
        certificate = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False).sign(
            self.key, hashes.SHA256()
        )
        file = folder / f"server-{certificate.serial_number}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = newest
        context.load_cert_chain(file)
        return context


@cache
def authority(name: str = "Authority") -> Authority:
    """An authority, the same for each name as long as the process lasts."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(name, subject, key, timedelta(days=-2), timedelta(days=2))
    certificate = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(
        key, hashes.SHA256()
    )
    return Authority(certificate, key)


def _builder(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, begins: timedelta, ends: timedelta
) -> x509.CertificateBuilder:
    # TLS compares with the machine's own clock, so that is what these certificates go by.
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
    )
