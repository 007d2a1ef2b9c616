# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""URLs of services: https anywhere, http to this machine alone, one reading only."""

from __future__ import annotations

import pytest

from vcwallet.encoding import service_url
from vcwallet.errors import MalformedError

PLAIN = [
    ("https://issuer.example", "https", "issuer.example", ""),
    ("https://issuer.example/", "https", "issuer.example", "/"),
    ("https://Issuer.example:8443/tenant/1", "https", "issuer.example", "/tenant/1"),
    ("https://[2001:db8::1]/a", "https", "2001:db8::1", "/a"),
    ("http://127.0.0.1:8000/a", "http", "127.0.0.1", "/a"),
    ("http://127.0.0.1", "http", "127.0.0.1", ""),
    ("http://[::1]:80", "http", "::1", ""),
    ("http://localhost:5000/x", "http", "localhost", "/x"),
]


@pytest.mark.parametrize(("url", "scheme", "host", "path"), PLAIN, ids=[case[0] for case in PLAIN])
def test_a_plain_url_has_its_parts(url: str, scheme: str, host: str, path: str) -> None:
    parsed = service_url.parse(url)
    assert (parsed.scheme, parsed.host, parsed.path, parsed.query) == (scheme, host, path, None)
    assert f"{parsed.origin}{parsed.path}" == url


REFUSED = [
    "",
    "issuer.example",
    "https:/issuer.example",
    "https://",
    "HTTPS://issuer.example",
    "ftp://issuer.example",
    "http://issuer.example",
    "http://127.0.0.2",
    "http://127.1",
    "http://localhost.evil.example",
    "http://localhost@evil.example",
    "http://[::2]",
    "https://user@issuer.example",
    "https://user:secret@issuer.example/",
    "https://issuer.example#top",
    "https://issuer.example/a#top",
    "https://issuer.example\\@evil.example",
    "https://issuer.example /",
    "https://issuer.example/\n",
    "https://issuer.example:0",
    "https://issuer.example:99999",
    "https://issuer.example:",
    "https://発行.example",
    "javascript:alert(1)//https://issuer.example",
]


@pytest.mark.parametrize("url", REFUSED, ids=ascii)
def test_what_is_no_url_of_a_service_is_refused(url: str) -> None:
    with pytest.raises(MalformedError):
        service_url.parse(url)
    with pytest.raises(MalformedError):
        service_url.parse_endpoint(url)


def test_an_endpoint_may_have_a_query_and_an_identifier_may_not() -> None:
    url = "https://issuer.example/get?tenant=1&x=%20"
    assert service_url.parse_endpoint(url).query == "tenant=1&x=%20"
    assert service_url.parse_endpoint("https://issuer.example/get?").query == ""
    for identifier in (url, "https://issuer.example/get?"):
        with pytest.raises(MalformedError, match="query"):
            service_url.parse(identifier, clause="the clause")


@pytest.mark.parametrize("query", ["a#b", "a b", "é", "a\n", 'a"', "<a>"], ids=ascii)
def test_a_query_has_no_character_that_readers_disagree_about(query: str) -> None:
    with pytest.raises(MalformedError):
        service_url.parse_endpoint(f"https://issuer.example/get?{query}")


def test_a_url_has_at_most_2048_characters() -> None:
    longest = "https://issuer.example/?".ljust(2048, "a")
    assert service_url.parse_endpoint(longest).host == "issuer.example"
    with pytest.raises(MalformedError):
        service_url.parse_endpoint(f"{longest}a")


def test_the_error_names_the_clause_that_was_asked_for() -> None:
    with pytest.raises(MalformedError) as caught:
        service_url.parse("http://issuer.example", clause="a clause")
    assert caught.value.clause == "a clause"
