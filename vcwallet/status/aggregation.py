# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Status List Aggregation: where all lists of a publisher are listed (Token Status List, section 9).

>>> from vcwallet.status.aggregation import aggregation, read_aggregation
>>> read_aggregation(aggregation(["https://city.example/lists/1"]))
('https://city.example/lists/1',)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import Field

from vcwallet.encoding import json
from vcwallet.encoding.wire import Array, WireModel, read
from vcwallet.errors import MalformedError, TransportError
from vcwallet.flow import Flow, HttpRequest
from vcwallet.status.token_status_list import is_list_uri

MAX_AGGREGATION_BYTES: Final = 1024 * 1024
MAX_AGGREGATED: Final = 10_000
_CLAUSE: Final = "Token Status List, section 9.3"
_JSON: Final = "application/json"


class _Document(WireModel):
    status_lists: Annotated[Array[str], Field(max_length=MAX_AGGREGATED)]


def aggregation(uris: Iterable[str]) -> bytes:
    """Return the document that lists the addresses of status lists (section 9.3)."""
    return json.dumps({"status_lists": list(uris)})


def read_aggregation(data: bytes) -> tuple[str, ...]:
    """Return the addresses of status lists that such a document lists.

    Raises:
        LimitExceededError: longer than 1 MiB, or more than 10 000 addresses.
        MalformedError: not such a document, or an address that is no https URL.
    """
    listed = read(_Document, data, max_bytes=MAX_AGGREGATION_BYTES).status_lists
    if not all(map(is_list_uri, listed)):
        raise MalformedError("the address of a status list is not an https URL", clause=_CLAUSE)
    return listed


def fetch_aggregation(url: str) -> Flow[tuple[str, ...]]:
    """Fetch the addresses of a publisher's status lists.

    Raises:
        TransportError: there is nothing at the address.
        MalformedError, LimitExceededError: what is there is no such document, or the address no https URL.
    """
    if not is_list_uri(url):
        raise MalformedError("where status lists are listed is not an https URL", clause=_CLAUSE)
    response = yield HttpRequest(method="GET", url=url, max_bytes=MAX_AGGREGATION_BYTES, headers={"accept": _JSON})
    if response.status != 200:
        raise TransportError("the list of status lists is not there", clause=_CLAUSE)
    if response.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise MalformedError("the list of status lists is not JSON", clause=_CLAUSE)
    return read_aggregation(response.body)
