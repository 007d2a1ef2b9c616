# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Where all lists of a publisher are listed (Token Status List, section 9)."""

from __future__ import annotations

import pytest

from tests.support.status import EVERY_LIST, OTHER_URI, URI
from vcwallet.encoding import json
from vcwallet.errors import LimitExceededError, MalformedError, TransportError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.status.aggregation import (
    MAX_AGGREGATED,
    MAX_AGGREGATION_BYTES,
    aggregation,
    fetch_aggregation,
    read_aggregation,
)

JSON = {"content-type": "application/json; charset=utf-8"}


@pytest.mark.parametrize("uris", [[], [URI], [URI, OTHER_URI]])
def test_a_document_comes_back(uris):
    assert read_aggregation(aggregation(uris)) == tuple(uris)


@pytest.mark.parametrize(
    "document",
    [b"", b"[]", b"{}", b'{"status_lists": null}', b'{"status_lists": "x"}', b'{"status_lists": [1]}', b"\xff"],
)
def test_another_document_is_refused(document):
    with pytest.raises(MalformedError):
        read_aggregation(document)


@pytest.mark.parametrize("uri", ["http://city.example/1", "", "city.example", "file:///etc/passwd"])
def test_an_address_that_is_no_https_url_is_refused(uri):
    with pytest.raises(MalformedError):
        read_aggregation(aggregation([URI, uri]))


def test_there_are_not_too_many():
    assert len(read_aggregation(aggregation(["https://a.example"] * MAX_AGGREGATED))) == MAX_AGGREGATED
    with pytest.raises(LimitExceededError):
        read_aggregation(aggregation(["https://a.example"] * (MAX_AGGREGATED + 1)))
    with pytest.raises(LimitExceededError):
        read_aggregation(json.dumps({"status_lists": [], "x": "x" * MAX_AGGREGATION_BYTES}))


def answered(status: int = 200, headers: object = JSON, body: bytes = b'{"status_lists": []}') -> HttpResponse:
    return HttpResponse(status=status, headers=headers, body=body)  # type: ignore[arg-type]


def test_it_is_fetched_as_json():
    asked: list[HttpRequest] = []

    def http(request: HttpRequest) -> HttpResponse:
        asked.append(request)
        return answered(body=aggregation([URI]))

    assert run(fetch_aggregation(EVERY_LIST), http) == (URI,)
    [request] = asked
    assert (request.method, request.url, dict(request.headers)) == ("GET", EVERY_LIST, {"accept": "application/json"})
    assert request.max_bytes == MAX_AGGREGATION_BYTES


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answered(status=404), TransportError),
        (answered(status=302), TransportError),
        (answered(headers={}), MalformedError),
        (answered(headers={"content-type": "text/html"}), MalformedError),
        (answered(body=b" " * (MAX_AGGREGATION_BYTES + 1)), LimitExceededError),
    ],
)
def test_what_is_something_else_is_refused(response, error):
    assert run(fetch_aggregation(EVERY_LIST), lambda _: answered()) == ()
    with pytest.raises(error):
        run(fetch_aggregation(EVERY_LIST), lambda _: response)


def test_nothing_is_fetched_from_an_address_that_is_no_https_url():
    with pytest.raises(MalformedError):
        run(fetch_aggregation("http://city.example"), lambda _: pytest.fail("fetched"))
