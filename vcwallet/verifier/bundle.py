# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a verifier takes along where there is no network: the registry's trust and status lists, in one JSON document.

Nothing of a bundle is believed because it is in one: the trusted list and the status lists are signed, and verified
again by whoever takes them.  How long ago a list was fetched is not signed, so it is told and nothing more: a list from
a bundle is as old as its signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import Field

from vcwallet.claims import JsonObject
from vcwallet.encoding import base64url, json
from vcwallet.encoding.wire import Array, WireModel, read
from vcwallet.errors import LocalProtocolError, MalformedError
from vcwallet.status.held_lists import MAX_LISTS, ListKey, list_form
from vcwallet.trust.list_json import MAX_ITEMS
from vcwallet.trust.published import PublishedTrust

MAX_BUNDLE_BYTES: Final = 64 * 1024 * 1024
MAX_BUNDLE_ITEMS: Final = MAX_ITEMS + 10 * MAX_LISTS
"""How many values of JSON it has, with those of what the registry has published."""
_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledList:
    """A status list in a bundle; nothing in it is verified.

    Attributes:
        key: which list it claims to be.
        token: its bytes.
        fetched_at: when it was fetched, says whoever made the bundle.
    """

    key: ListKey
    token: bytes = field(repr=False)
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineBundle:
    """What a registry has published, with status lists; nothing in it is verified."""

    trust: PublishedTrust
    lists: tuple[BundledList, ...]

    def to_json(self) -> bytes:
        """Return it as a JSON document.

        Raises:
            LocalProtocolError: it is longer than anybody would read (``BUNDLE_TOO_LARGE``).
        """
        lists: list[JsonObject] = [
            {
                "uri": one.key.uri,
                "media_type": one.key.media_type.value,
                "fetched_at": int(one.fetched_at.timestamp()),
                "token": base64url.encode(one.token),
            }
            for one in self.lists
        ]
        data = json.dumps({"trust": self.trust.to_json().decode("utf-8"), "status_lists": lists})
        if len(data) > MAX_BUNDLE_BYTES:
            raise LocalProtocolError(f"a bundle has at most {MAX_BUNDLE_BYTES} bytes", code="BUNDLE_TOO_LARGE")
        return data

    @classmethod
    def from_json(cls, data: bytes) -> OfflineBundle:
        """Read what `to_json` wrote.

        Raises:
            LimitExceededError: longer than 64 MiB, or more than 4096 lists.
            MalformedError: not such a document.
        """
        document = read(_Document, data, max_bytes=MAX_BUNDLE_BYTES, max_items=MAX_BUNDLE_ITEMS)
        return cls(
            trust=PublishedTrust.from_json(document.trust.encode("utf-8")),
            lists=tuple(_bundled(one) for one in document.status_lists),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of a bundle.

    Attributes:
        lists: the status lists of the bundle that were good.
        refused: an error code for each list, by address, that was not, or that is older than the one held.
        sequence: the number of the trusted list that is in use now.
    """

    lists: tuple[ListKey, ...]
    refused: Mapping[str, str]
    sequence: int


class _List(WireModel):
    uri: str
    media_type: str
    fetched_at: Annotated[int, Field(ge=0, le=_LAST_SECOND)]
    token: str


class _Document(WireModel):
    trust: str
    status_lists: Annotated[Array[_List], Field(max_length=MAX_LISTS)]


def _bundled(one: _List) -> BundledList:
    try:
        media_type = list_form(one.media_type)
    except ValueError:
        raise MalformedError("a bundle has a status list of an unknown media type") from None
    return BundledList(
        key=ListKey(uri=one.uri, media_type=media_type),
        token=base64url.decode(one.token),
        fetched_at=datetime.fromtimestamp(one.fetched_at, UTC),
    )
