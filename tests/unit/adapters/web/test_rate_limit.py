# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Rate limits: a bucket for each address, and a bound on how many there are."""

from __future__ import annotations

import pytest

from vcwallet.adapters.web.rate_limit import MAX_ADDRESSES, RateLimit, RateLimiter, network

ADDRESS = "192.0.2.1"


def limiter(**limit) -> RateLimiter:
    return RateLimiter(RateLimit(**{"per_second": 2, "burst": 3} | limit))


def test_a_burst_is_let_through_and_then_as_much_as_there_is_time():
    limited = limiter()
    assert [limited.wait(ADDRESS, now=0.0) for _ in range(5)] == [0, 0, 0, 1, 1]
    assert limited.wait(ADDRESS, now=0.49) == 1
    assert limited.wait(ADDRESS, now=0.5) == 0
    assert limited.wait(ADDRESS, now=0.5) == 1


def test_a_pause_fills_the_bucket_and_no_more():
    limited = limiter()
    for _ in range(3):
        limited.wait(ADDRESS, now=0.0)
    assert [limited.wait(ADDRESS, now=1e6) for _ in range(4)] == [0, 0, 0, 1]


def test_what_costs_more_is_let_through_less_often():
    one = limiter(per_second=1, burst=8)
    assert [one.wait("192.0.2.1", now=0, cost=4) for _ in range(3)] == [0, 0, 4]
    assert one.wait("192.0.2.1", now=3, cost=4) == 1
    assert one.wait("192.0.2.1", now=4, cost=4) == 0


def test_nothing_costs_more_than_there_can_be():
    one = limiter(per_second=1, burst=2)
    assert [one.wait("192.0.2.1", now=0, cost=4) for _ in range(2)] == [0, 2]


def test_a_clock_that_goes_back_gives_nothing():
    limited = limiter(burst=1)
    assert limited.wait(ADDRESS, now=10.0) == 0
    assert limited.wait(ADDRESS, now=0.0) == 1


def test_the_wait_is_as_long_as_it_has_to_be():
    limited = limiter(per_second=0.1, burst=1)
    assert [limited.wait(ADDRESS, now=0.0) for _ in range(2)] == [0, 10]
    assert limited.wait(ADDRESS, now=9.9) == 1
    assert limited.wait(ADDRESS, now=10.0) == 0


def test_addresses_do_not_disturb_each_other():
    limited = limiter(burst=1)
    assert [limited.wait(f"192.0.2.{number}", now=0.0) for number in range(5)] == [0] * 5


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("testclient", ""),
    ],
)
def test_a_peer_is_an_address_or_a_network(address, expected):
    assert network(address) == expected


def test_only_so_many_addresses_are_remembered_and_the_quietest_is_forgotten():
    limited = limiter(burst=1)
    assert limited.wait(ADDRESS, now=0.0) == 0
    for number in range(MAX_ADDRESSES - 1):
        limited.wait(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", now=0.0)
    assert limited.wait(ADDRESS, now=0.0) == 1
    limited.wait("198.51.100.1", now=0.0)
    assert len(limited._buckets) == MAX_ADDRESSES
    assert limited.wait("10.0.0.0", now=0.0) == 0  # it was forgotten
    assert limited.wait(ADDRESS, now=0.0) == 1  # it was not, since it was heard of


@pytest.mark.parametrize("limit", [{"per_second": 0}, {"per_second": -1}, {"per_second": float("inf")}, {"burst": 0}])
def test_a_limit_lets_something_through(limit):
    with pytest.raises(ValueError, match="some"):
        limiter(**limit)
