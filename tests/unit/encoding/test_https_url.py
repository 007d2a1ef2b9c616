# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Plain https URLs: one reading for every program."""

from __future__ import annotations

import pytest

from vcwallet.encoding import https_url
from vcwallet.encoding.https_url import MAX_LENGTH
from vcwallet.errors import MalformedError


@pytest.mark.parametrize(
    ("url", "authority", "host", "path"),
    [
        ("https://example.com", "example.com", "example.com", ""),
        ("https://example.com/", "example.com", "example.com", "/"),
        ("https://Example.COM:8443/Path/", "Example.COM:8443", "example.com", "/Path/"),
        ("https://a-b.example/x%20y", "a-b.example", "a-b.example", "/x%20y"),
        ("https://[2001:DB8::1]:443/a", "[2001:DB8::1]:443", "2001:db8::1", "/a"),
        ("https://localhost", "localhost", "localhost", ""),
    ],
)
def test_a_plain_https_url_has_an_authority_a_host_and_a_path(url, authority, host, path):
    parsed = https_url.parse(url)
    assert (parsed.authority, parsed.host, parsed.path) == (authority, host, path)
    assert https_url.is_plain(url)


NOT_PLAIN = [
    "",
    "http://example.com",
    "HTTPS://example.com",
    "https:/example.com",
    "https://",
    "https:///path",
    "https://example.com?a=1",
    "https://example.com/?",
    "https://example.com#a",
    "https://user@example.com",
    "https://user:secret@example.com",
    "https://good.example\\@evil.example",
    "https://good.example%2eevil.example",
    "https://example.com.",
    "https://.example.com",
    "https://a..example",
    "https://-a.example",
    "https://a-.example",
    "https://exa mple.com",
    "https://exam\tple.com",
    "https://example.com/a\n",
    "https://例え.example",
    "https://example.com/é",
    "https://example.com:0",
    "https://example.com:",
    "https://example.com:65536",
    "https://example.com:port",
    "https://[example.com",
    "https://[::1",
    "https://[::1%25eth0]",
    "https://[v1.a]",
    "https://example.com/<a>",
]


@pytest.mark.parametrize("url", NOT_PLAIN)
def test_what_two_programs_could_read_in_two_ways_is_no_plain_url(url):
    assert not https_url.is_plain(url)
    with pytest.raises(MalformedError) as caught:
        https_url.parse(url, clause="clause 1")
    assert caught.value.clause == "clause 1"


@pytest.mark.parametrize("value", [None, 1, b"https://example.com", ["https://example.com"]])
def test_what_is_no_text_is_no_url(value):
    assert not https_url.is_plain(value)


def test_a_url_has_2048_characters_at_most():
    longest = "https://example.com/" + "a" * (MAX_LENGTH - 20)
    assert https_url.is_plain(longest)
    assert not https_url.is_plain(longest + "a")
    assert MAX_LENGTH == 2048


@pytest.mark.parametrize(
    ("url", "is_address"),
    [
        ("https://example.com", False),
        ("https://1.example", False),
        ("https://a0x", False),
        ("https://192.0.2.1", True),
        ("https://127.1", True),
        ("https://2130706433", True),
        ("https://0x7f000001", True),
        ("https://127.0.0.0x1", True),
        ("https://[::1]", True),
    ],
)
def test_an_address_is_told_from_a_name(url, is_address):
    assert https_url.parse(url).is_address is is_address
