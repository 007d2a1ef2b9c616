# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Which addresses are public, and what is reached without being so."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from vcwallet.adapters.http.guard import Guard, Hosts, is_public
from vcwallet.adapters.http.target import Target
from vcwallet.errors import NetworkBlockedError

PUBLIC = [
    "8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
    "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
    "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0",
    "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
    "2000::", "2001:200::", "2001:db7:ffff::", "2001:db9::", "2003::", "2606:4700::1111", "3ffe:ffff::", "3fff:1000::",
]  # fmt: skip
SPECIAL = [
    "0.0.0.1", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
    "127.255.255.255", "168.63.129.16", "169.254.0.0", "169.254.169.254", "169.254.255.255", "172.16.0.0",
    "172.31.255.255", "192.0.0.0", "192.0.0.255", "192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.255.255",
    "198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.0",
    "255.255.255.255",
    "::", "::1", "::8.8.8.8", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::8.8.8.8",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "1fff:ffff::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff:ffff::", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1",
    "3fff::1", "3fff:fff:ffff::", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fdff:ffff::1", "fe80::1",
    "fe80::1%1", "2606:4700::1111%1", "febf::1", "fec0::1", "ff02::1", "ff0e::1", "ffff::",
]  # fmt: skip


@pytest.mark.parametrize("text", PUBLIC)
def test_an_address_of_the_public_internet_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("text", SPECIAL)
def test_an_address_with_another_use_is_not(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "2000::/3"])
def test_nothing_is_public_that_python_calls_private(network: str) -> None:
    whole = ip_network(network)
    step = whole.num_addresses // 4099
    for number in range(4099):
        address = whole[number * step]
        assert not is_public(address) or address.is_global


NAMED = Guard(private=Hosts.of(["intra.example", "10.0.0.1:8080", "[::1]"]))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://status.example/", "8.8.8.8"),
        ("https://intra.example/", "8.8.8.8"),
        ("https://intra.example/", "10.0.0.1"),
        ("http://intra.example:99/", "10.0.0.1"),
        ("http://INTRA.example/", "::ffff:10.0.0.1"),
        ("http://10.0.0.1:8080/", "10.0.0.1"),
        ("https://[0:0::1]:1/", "::1"),
        ("https://8.8.8.8/", "8.8.8.8"),
    ],
)
def test_a_public_host_or_a_named_one_is_asked(url: str, address: str) -> None:
    target = Target.parse(url)
    NAMED.check_target(target)
    NAMED.check_addresses(target, [ip_address(address)])


@pytest.mark.parametrize(
    "url",
    [
        "http://status.example/",
        "http://8.8.8.8/",
        "https://10.0.0.1/",
        "https://10.0.0.1:8081/",
        "http://127.0.0.1:8080/",
    ],
)
def test_another_host_is_refused_for_its_url(url: str) -> None:
    with pytest.raises(NetworkBlockedError):
        NAMED.check_target(Target.parse(url))


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("https://status.example/", ["127.0.0.1"]),
        ("https://status.example/", ["8.8.8.8", "10.0.0.1"]),
        ("https://status.example/", ["::ffff:8.8.8.8"]),
        ("https://sub.intra.example/", ["10.0.0.1"]),
        ("http://intra.example/", ["8.8.8.8"]),
        ("http://intra.example/", ["10.0.0.1", "8.8.8.8"]),
    ],
)
def test_one_address_that_is_not_allowed_is_enough(url: str, addresses: list[str]) -> None:
    with pytest.raises(NetworkBlockedError):
        NAMED.check_addresses(Target.parse(url), [ip_address(text) for text in addresses])


@pytest.mark.parametrize("url", ["https://other.example/", "https://status.example:8443/", "https://8.8.8.8/"])
def test_where_hosts_are_listed_no_other_public_host_is_asked(url: str) -> None:
    guard = Guard(private=Hosts.of(["intra.example"]), only=Hosts.of(["status.example:443"]))
    guard.check_target(Target.parse("https://status.example/"))
    guard.check_target(Target.parse("https://intra.example/"))
    with pytest.raises(NetworkBlockedError):
        guard.check_target(Target.parse(url))


def test_hosts_are_a_list_and_not_a_string() -> None:
    with pytest.raises(TypeError):
        Hosts.of("localhost")
