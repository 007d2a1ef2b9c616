# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Which hosts and addresses may be reached (IANA special-purpose address registries; RFC 6890, RFC 8190).

The tables are ours, so that the answer does not change with the version of Python.

    >>> from ipaddress import ip_address
    >>> from vcwallet.adapters.http.guard import is_public
    >>> is_public(ip_address("203.0.114.9")), is_public(ip_address("10.0.0.9")), is_public(ip_address("::ffff:8.8.8.8"))
    (True, False, False)
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vcwallet.adapters.http.target import IpAddress, Target, host_and_port
from vcwallet.errors import NetworkBlockedError

_SPECIAL_IPV4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private use
        "100.64.0.0/10",  # shared by carriers (CGNAT)
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # public by number, yet inside a large cloud it is the machine's own host
        "169.254.0.0/16",  # link-local, and the metadata service of most clouds
        "172.16.0.0/12",  # private use
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private use
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# Everything outside it is special: loopback, link-local, unique local, multicast, IPv4-mapped, NAT64 (64:ff9b::/96).
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_SPECIAL_IPV6 = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: any IPv4 address in disguise
        "3fff::/20",  # documentation
    )
)


def is_public(address: IpAddress) -> bool:
    """Tell whether an address is one of the public internet that no other address hides in."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _SPECIAL_IPV4)
    # A zone ("fe80::1%eth0") says which link; no public address has one.
    if address.scope_id is not None or address not in _GLOBAL_UNICAST:
        return False
    return not any(address in network for network in _SPECIAL_IPV6)


@dataclass(frozen=True, slots=True)
class Hosts:
    """Hosts that a caller has named, each for one port or for all."""

    named: frozenset[tuple[str, int | None]]

    @classmethod
    def of(cls, texts: Collection[str]) -> Hosts:
        """Return the hosts of their names, ``host`` or ``host:port``.

        Raises:
            TypeError: a single string, whose letters would be hosts.
            ValueError: one of them is no host.
        """
        if isinstance(texts, str):
            raise TypeError("hosts are named in a list")
        return cls(frozenset(host_and_port(text) for text in texts))

    def __contains__(self, target: Target) -> bool:
        return not self.named.isdisjoint({(target.host, target.port), (target.host, None)})


@dataclass(frozen=True, slots=True)
class Guard:
    """The rule for targets, and for the addresses behind their names.

    Attributes:
        private: hosts that may have an address that is not public, and may then be asked without TLS.
        only: where not None, the public hosts that may be asked at all.
    """

    private: Hosts
    only: Hosts | None = None

    def check_target(self, target: Target) -> None:
        """Return if the target may be asked, as far as its URL tells.

        Raises:
            NetworkBlockedError: it may not.
        """
        is_private = target in self.private
        if target.scheme != "https" and not is_private:
            raise NetworkBlockedError("the URL is not https")
        if self.only is not None and target not in self.only and not is_private:
            raise NetworkBlockedError("the host is not one of those that may be asked")
        if target.literal is not None:
            self.check_addresses(target, [target.literal])

    def check_addresses(self, target: Target, addresses: Sequence[IpAddress]) -> None:
        """Return if every address that the host's name stands for may be connected to.

        One that may not is reason enough: whoever mixes it in means it to be taken.

        Raises:
            NetworkBlockedError: one of them may not.
        """
        are_public = [is_public(address) for address in addresses]
        if not all(are_public) and target not in self.private:
            raise NetworkBlockedError("the address is not one of the public internet")
        if any(are_public) and target.scheme != "https":
            raise NetworkBlockedError("the URL is not https, and its address is one of the public internet")
