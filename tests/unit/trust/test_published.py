# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a registry publishes, as a document, and how it is fetched."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.trust import Demo
from vcwallet.encoding import json
from vcwallet.errors import LimitExceededError, MalformedError, TransportError, TrustedListError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.trust.published import PublishedTrust, fetch

URL = "https://registry.example/trust.json"


@pytest.fixture(scope="module")
def published() -> PublishedTrust:
    demo = Demo()
    demo.registry.rotate_root(reason="ceremony")
    return demo.registry.published()


def test_what_is_published_survives_its_json(published: PublishedTrust) -> None:
    assert len(published.root_statements) == 1
    assert PublishedTrust.from_json(published.to_json()) == published


@pytest.mark.parametrize(
    "change",
    [
        {"anchor": "_-"},
        {"anchor": ""},
        {"master": 1},
        {"lists": {"credential_issuer": 1}},
        {"lists": {"nobody": ""}},
        {"root_statements": "a"},
        {"revocation_lists": {"zz": "AA=="}},
        {"revocation_lists": {"00": "_-"}},
        {"type_metadata": {"a": {}}},
    ],
)
def test_what_is_not_published_trust_is_malformed(published: PublishedTrust, change: dict[str, Any]) -> None:
    document = json.loads_object(published.to_json(), max_bytes=10**7)
    PublishedTrust.from_json(json.dumps(document))
    with pytest.raises(MalformedError):
        PublishedTrust.from_json(json.dumps({**document, **change}))
    for member in change:
        with pytest.raises(MalformedError):
            PublishedTrust.from_json(json.dumps({key: value for key, value in document.items() if key != member}))


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"type_metadata":{"a":"\\ud800"}}', b'{"anchor":"AA==","anchor":"AA=="}']
)
def test_what_is_no_such_json_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        PublishedTrust.from_json(data)


def test_a_document_that_is_cut_off_anywhere_is_malformed(published: PublishedTrust) -> None:
    whole = published.to_json()
    for length in range(0, len(whole), 97):
        with pytest.raises(MalformedError):
            PublishedTrust.from_json(whole[:length])


def test_the_size_is_limited() -> None:
    with pytest.raises(LimitExceededError):
        PublishedTrust.from_json(b" " * (16 * 1024 * 1024 + 1))


def test_its_repr_is_short(published: PublishedTrust) -> None:
    assert len(repr(published)) < 100


# --- fetching ---------------------------------------------------------------------------------------------------------


def test_it_is_fetched_with_one_request(published: PublishedTrust) -> None:
    requests: list[HttpRequest] = []

    def http(request: HttpRequest) -> HttpResponse:
        requests.append(request)
        return HttpResponse(status=200, headers={}, body=published.to_json())

    assert run(fetch(URL), http) == published
    [request] = requests
    assert (request.method, request.url, request.body) == ("GET", URL, b"")
    assert request.max_bytes == 16 * 1024 * 1024
    assert dict(request.headers) == {"accept": "application/json"}


@pytest.mark.parametrize("status", [204, 301, 304, 404, 500])
def test_another_answer_than_the_document_is_an_error_of_transport(published: PublishedTrust, status: int) -> None:
    with pytest.raises(TransportError):
        run(fetch(URL), lambda _: HttpResponse(status=status, headers={}, body=published.to_json()))


def test_a_document_that_came_by_half_is_malformed(published: PublishedTrust) -> None:
    half = published.to_json()[:1000]
    with pytest.raises(MalformedError):
        run(fetch(URL), lambda _: HttpResponse(status=200, headers={}, body=half))


@pytest.mark.parametrize("url", ["http://registry.example/trust.json", "file:///etc/passwd", "registry.example", ""])
def test_nothing_is_fetched_but_over_https(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        run(fetch(url), lambda _: HttpResponse(status=200, headers={}, body=b""))


def test_a_client_refreshes_itself_and_keeps_what_it_has_when_that_fails() -> None:
    demo = Demo()
    old = demo.registry.published()
    demo.registry.suspend(demo.bank.identifier, reason="audit")
    new, before = demo.registry.published(), demo.client.sequence
    bad = HttpResponse(status=200, headers={}, body=new.to_json()[:-1])
    with pytest.raises(MalformedError):
        run(demo.client.refresh(URL, at=demo.clock()), lambda _: bad)
    assert demo.client.sequence == before
    run(demo.client.refresh(URL, at=demo.clock()), lambda _: HttpResponse(status=200, headers={}, body=new.to_json()))
    assert demo.client.published == new
    rolled_back = HttpResponse(status=200, headers={}, body=old.to_json())
    with pytest.raises(TrustedListError):
        run(demo.client.refresh(URL, at=demo.clock()), lambda _: rolled_back)
