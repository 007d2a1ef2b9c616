# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How many requests one address may make: a bucket of tokens for each, of which there are only so many.

It keeps one peer from using up what others need, and makes guessing slow; it is no defence against many addresses at
once, which is for what stands before the service.
"""

from __future__ import annotations

import ipaddress
import math
import threading
from collections import OrderedDict
from dataclasses import dataclass

MAX_ADDRESSES = 10_000
_HOST_BITS_OF_IPV6 = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """What one address may do.

    Attributes:
        per_second: how many requests in the long run.
        burst: how many at once after a pause.

    Raises:
        ValueError: nothing would be let through.
    """

    per_second: float = 50.0
    burst: int = 500

    def __post_init__(self) -> None:
        if not (self.per_second > 0 and math.isfinite(self.per_second)) or self.burst < 1:
            raise ValueError("a rate limit lets some requests through")


class RateLimiter:
    """Counts the requests of each address; safe to share between threads.

    It remembers 10,000 addresses, and forgets first the one that was quiet longest: it has a full bucket then.
    """

    def __init__(self, limit: RateLimit) -> None:
        """Count by `limit`."""
        self._limit = limit
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, address: str, *, now: float, cost: int = 1) -> int:
        """Count one request, and return 0 if it may go on, or else after how many seconds another may.

        Args:
            address: of the peer; the addresses of one IPv6 network of 64 bits count as one.
            now: seconds on a clock that does not go back.
            cost: how many requests it counts as; at most all that are let through at once.
        """
        cost = min(cost, self._limit.burst)
        peer = network(address)
        with self._lock:
            tokens, before = self._buckets.pop(peer, (float(self._limit.burst), now))
            tokens = min(float(self._limit.burst), tokens + max(0.0, now - before) * self._limit.per_second)
            is_let_through = tokens >= cost
            self._buckets[peer] = (tokens - cost if is_let_through else tokens, now)
            if len(self._buckets) > MAX_ADDRESSES:
                self._buckets.popitem(last=False)
        return 0 if is_let_through else math.ceil((cost - tokens) / self._limit.per_second)


def network(address: str) -> str:
    """Return what stands for a peer: its IPv4 address, or its IPv6 network, since a peer has all addresses of one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""  # a Unix socket, or a proxy that does not tell
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(parsed) >> _HOST_BITS_OF_IPV6 << _HOST_BITS_OF_IPV6))
