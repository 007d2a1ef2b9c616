# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A name is looked up once, every address is checked, and no other address is connected to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.http_server import HOST, NAME, UNHURRIED, authority, raw, response, serving
from tests.support.no_network import NetworkDeniedError
from vcwallet.adapters.http import HttpClient, system_resolver
from vcwallet.adapters.http.resolution import MAX_ADDRESSES
from vcwallet.errors import NetworkBlockedError, TransportError, VcError
from vcwallet.flow import HttpRequest


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collects the addresses that are connected to; the fence of the tests refuses those outside this machine."""
    connected: list[str] = []
    fenced = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        connected.append(address[0])
        fenced(self, address)

    socket.socket.connect = connect  # type: ignore[method-assign, assignment]
    try:
        yield connected
    finally:
        socket.socket.connect = fenced  # type: ignore[method-assign]


class Names:
    """A resolver that gives one answer after the other."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self._answers.pop(0)


def ask(url: str, **options: Any) -> bytes:
    # The system's authorities take their time to load, and no test here gets as far as a certificate.
    with HttpClient(authorities=authority().pem, **{**UNHURRIED, **options}) as http:
        return http(HttpRequest(method="GET", url=url, max_bytes=1000, max_redirects=2)).body


@pytest.mark.parametrize(
    "addresses",
    [[HOST], ["::1"], ["::ffff:127.0.0.1"], ["8.8.8.8", HOST], [HOST, "8.8.8.8"], ["8.8.8.8"] * 15 + ["10.0.0.1"]],
)
def test_a_name_with_one_address_that_is_not_public_is_not_connected_to(addresses: list[str]) -> None:
    names = Names(addresses)
    with watched() as connected, pytest.raises(NetworkBlockedError):
        ask("https://rebound.example/", resolver=names)
    assert names.asked == [("rebound.example", 443)]
    assert not connected


def test_a_name_that_changes_its_address_is_asked_once_only() -> None:
    # The usual attack: a public address for the check, a private one for the connection.
    names = Names(["8.8.8.8"], [HOST])
    with watched() as connected, pytest.raises(NetworkDeniedError):
        ask("https://rebound.example/", resolver=names)
    assert len(names.asked) == 1
    assert connected == ["8.8.8.8"]


def test_a_name_is_looked_up_and_checked_again_for_a_redirect() -> None:
    names = Names([HOST], ["8.8.8.8"])
    with (
        serving(raw(response(status=302, Location="/b"))) as server,
        watched() as connected,
        pytest.raises(NetworkBlockedError, match="not https"),
    ):
        ask(server.url(host=NAME), private_hosts=[NAME], resolver=names)
    assert len(names.asked) == 2
    assert connected == [HOST]


def test_only_addresses_that_were_looked_at_are_tried() -> None:
    names = Names([f"127.0.1.{number}" for number in range(MAX_ADDRESSES)] + [HOST])
    with serving(raw(response())) as server, watched() as connected, pytest.raises(TransportError):
        ask(server.url(host=NAME), private_hosts=[NAME], resolver=names)
    assert len(connected) == MAX_ADDRESSES


def test_an_address_is_not_looked_up() -> None:
    with serving(raw(response())) as server:
        assert ask(server.url(), private_hosts=[HOST], resolver=Names()) == b"hello"


def test_a_name_without_an_address_is_told() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    for resolver in (unknown, Names([]), Names(["no address"])):
        with pytest.raises(TransportError) as error:
            ask("https://nobody.example/", resolver=resolver)
        assert error.value.code == "TRANSPORT_NAME"


def test_a_look_up_that_takes_too_long_is_not_waited_for() -> None:
    end = threading.Event()

    def slow(host: str, port: int) -> Sequence[str]:
        end.wait()
        return []

    with pytest.raises(TransportError) as error:
        ask("https://slow.example/", resolver=slow, total_timeout=timedelta(seconds=0.2))
    end.set()
    assert error.value.code == "TRANSPORT_TIMEOUT"


def test_a_mistake_of_the_resolver_is_not_swallowed() -> None:
    def broken(host: str, port: int) -> Sequence[str]:
        raise RuntimeError("mistake")

    with pytest.raises(RuntimeError, match="mistake"):
        ask("https://status.example/", resolver=broken)


def test_the_systems_resolver_knows_this_machine() -> None:
    assert HOST in system_resolver("localhost", 443)
    with serving(raw(response())) as server:
        assert ask(server.url(host="localhost"), private_hosts=["localhost"]) == b"hello"


# --- the property ----------------------------------------------------------------------------------------------------

PIECES = st.sampled_from([
    "http", "https", "HTTPS", "file", "://", ":", "//", "/", "\\", "@", "?", "#", ".", "[", "]", "%", "%25", "%2e",
    "::", "::1", "127.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "8.8.8.8", "10.0.0.1", "169.254.169.254",
    "0", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1%eth0", "localhost", "a.example", "xn--a",
    "user", "443", "80", "0", "99999", "\uff11", "\u3002", "\u00ad", " ", "\t", "\r\n", "\x00", "-", "_", "a", "A",
])  # fmt: skip
HOSTS = st.one_of(
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda address: f"[{address}]"),
    st.ip_addresses(v=4).map(lambda address: str(int(address))),
    st.ip_addresses(v=4).map(lambda address: f"[::ffff:{address}]"),
    st.ip_addresses(v=4, network="127.0.0.0/8").map(lambda address: ".".join(f"{byte:#o}" for byte in address.packed)),
    st.ip_addresses(v=4, network="10.0.0.0/8").map(lambda address: ".".join(f"{byte:#x}" for byte in address.packed)),
    st.from_regex(r"[a-z0-9.\-]{1,12}", fullmatch=True),
)
URLS = st.one_of(
    st.lists(PIECES, max_size=12).map("".join),
    st.lists(PIECES, max_size=8).map(lambda pieces: "https://" + "".join(pieces)),
    st.builds("{}://{}{}/{}".format, st.sampled_from(["http", "https"]), HOSTS, st.sampled_from(["", ":8"]), st.text()),
    st.text(max_size=40),
)
ANSWERS = st.lists(st.ip_addresses().map(str), max_size=3)


@given(url=URLS, addresses=ANSWERS)
@example(url="https://a.example/", addresses=["8.8.8.8"])
@example(url="https://8.8.8.8/", addresses=[])
@example(url="https://a.example/", addresses=["8.8.8.8", "127.0.0.1"])
def test_no_url_makes_us_connect_to_an_address_that_is_not_public(url: str, addresses: list[str]) -> None:
    names = Names(addresses)
    with watched() as connected, contextlib.suppress(VcError, NetworkDeniedError):
        ask(url, resolver=names)
    # Only to what is public, in the view of another judge.
    assert all(ip_address(text).is_global and not ip_address(text).is_multicast for text in connected)
    if connected:
        allowed = addresses if names.asked else [urlsplit(url).hostname or ""]
        assert {ip_address(text) for text in connected} <= {ip_address(text) for text in allowed}
