# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A URL is read in one way or not at all."""

from __future__ import annotations

import pytest

from vcwallet.adapters.http.target import MAX_URL, Target, host_and_port
from vcwallet.errors import LimitExceededError, NetworkBlockedError


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://status.example", "status.example", "/"),
        ("https://status.example/", "status.example", "/"),
        ("HTTPS://Status.EXAMPLE/Lists/1", "status.example", "/Lists/1"),
        ("https://status.example:443/a", "status.example", "/a"),
        ("https://status.example:8443/a", "status.example:8443", "/a"),
        ("https://status.example:00443/a", "status.example", "/a"),
        ("http://status.example:80/a", "status.example", "/a"),
        ("https://status.example?time=7", "status.example", "/?time=7"),
        ("https://status.example/a?b=c/d?e#f?g", "status.example", "/a?b=c/d?e"),
        ("https://status.example#f", "status.example", "/"),
        ("https://status.example/%E7%95%AA//x/../y", "status.example", "/%E7%95%AA//x/../y"),
        ("https://xn--eckwd4c7c.example/", "xn--eckwd4c7c.example", "/"),
        ("https://a_b.status.example/", "a_b.status.example", "/"),
        ("https://localhost/", "localhost", "/"),
        ("https://8.8.8.8/", "8.8.8.8", "/"),
        ("https://[2606:4700:0:0::1111]:8443/", "[2606:4700::1111]:8443", "/"),
        ("https://1.example/", "1.example", "/"),
        ("https://1.2.3.example/", "1.2.3.example", "/"),
    ],
)
def test_a_plain_url_is_read(url: str, authority: str, path: str) -> None:
    target = Target.parse(url)
    assert (target.authority, target.path) == (authority, path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "status.example/a",
        "//status.example/a",
        "/a",
        "ftp://status.example/",
        "file:///etc/passwd",
        "unix:///run/docker.sock",
        "gopher://status.example/",
        "https:status.example",
        "https:/status.example",
        "https:///status.example",
        "https://",
        "https://:443/",
        "https://status.example:/",
        "https://status.example:0/",
        "https://status.example:65536/",
        "https://status.example:443443/",
        "https://status.example:-1/",
        "https://status.example:4x/",
        "https://user@status.example/",
        "https://user:word@status.example/",
        "https://status.example@127.0.0.1/",
        "https://status.example\\@127.0.0.1/",
        "https://status.example\\.other.example/",
        "https:\\\\status.example/",
        "https://status.example./",
        "https://.status.example/",
        "https://status..example/",
        "https://-a.example/",
        "https://a-.example/",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 126}example/",
        "https://status.ex%61mple/",
        "https://status%2eexample/",
        "https://番号.example/",
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://127\u30020\u30020\u30021/",
        "https://status.example\u2044x/",
        " https://status.example/",
        "https://status.example/ ",
        "https://status.example/a b",
        "https://status.example/a\r\nX: y",
        "https://status.example/\x00",
        "https://status.example/\tx",
        "https://status.example/番号",
        "https://status.example/<x>",
        "https://status.example/#a b",
        "https://[::1",
        "https://::1/",
        "https://[::1%25lo]/",
        "https://[fe80::1%eth0]/",
        "https://[status.example]/",
        "https://[127.0.0.1]/",
        "https://[v1.x]/",
        "https://[]/",
        "https://[1:2:3:4:5:6:7:8:9]/",
    ],
)
def test_what_is_not_plain_is_refused(url: str) -> None:
    with pytest.raises(NetworkBlockedError) as refused:
        Target.parse(url)
    assert refused.value.code == "NETWORK_BLOCKED"


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        oct(0x7F000001).replace("o", ""),
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "127.0.0.0x1",
        "127.0.0.01",
        "127.0.0.1.",
        "127.0.0.256",
        "1.2.3.4.5",
        "status.example.7",
        "status.example.0x7",
        "status.example.0x",
        "0",
    ],
)
def test_an_ipv4_address_has_one_spelling(host: str) -> None:
    with pytest.raises(NetworkBlockedError):
        Target.parse(f"https://{host}/")


def test_a_long_url_is_refused_before_it_is_read() -> None:
    stem = "https://status.example/"
    assert Target.parse(stem.ljust(MAX_URL, "a")).path == "/".ljust(MAX_URL - len(stem) + 1, "a")
    with pytest.raises(LimitExceededError):
        Target.parse(stem.ljust(MAX_URL + 1, "a"))
    with pytest.raises(LimitExceededError):
        Target.parse(stem).joined("a" * (MAX_URL + 1))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("/b", "https://status.example:8443/b"),
        ("b?c", "https://status.example:8443/a/b?c"),
        ("//other.example/b", "https://other.example/b"),
        ("http://status.example:8443/", "http://status.example:8443/"),
    ],
)
def test_a_reference_is_joined(reference: str, expected: str) -> None:
    assert Target.parse("https://status.example:8443/a/x").joined(reference) == Target.parse(expected)


@pytest.mark.parametrize("reference", ["javascript:x", "https://[", "https://a@b/", "/\u756a", "/a b"])
def test_a_reference_that_is_not_plain_is_refused(reference: str) -> None:
    with pytest.raises(NetworkBlockedError):
        Target.parse("https://status.example/").joined(reference)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LocalHost", ("localhost", None)),
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("[::1]:8080", ("::1", 8080)),
        ("[0::1]", ("::1", None)),
    ],
)
def test_a_host_is_named_with_or_without_a_port(text: str, expected: tuple[str, int | None]) -> None:
    assert host_and_port(text) == expected


@pytest.mark.parametrize(
    "text", ["", "https://a.example", "a.example/", "a.example:", "*.example", "番号.example", "127.1"]
)
def test_what_is_no_host_cannot_be_named(text: str) -> None:
    with pytest.raises(ValueError, match="host"):
        host_and_port(text)
