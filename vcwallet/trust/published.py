# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a trust registry publishes: root, list of lists, the list of each role, revocation lists, type metadata.

Wallets and verifiers are configured with one of these, and refreshed from later ones.  The root counts only the first
time: a refresh never replaces it but by a statement of the root itself.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from vcwallet.encoding import json
from vcwallet.encoding.wire import Array, WireModel, read
from vcwallet.errors import MalformedError, TransportError
from vcwallet.flow import Flow, HttpRequest
from vcwallet.keys.policy import Role
from vcwallet.trust.list_json import MAX_BYTES, MAX_ITEMS
from vcwallet.trust.root_statement import MAX_STATEMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedTrust:
    """Everything that a registry publishes, of one moment; nothing in it is verified.

    Attributes:
        anchor: the DER certificate of the present root.
        root_statements: by which each root has introduced its successor, the earliest first (compact JWS).
        master: the list of lists, which pins all that follows (compact JWS).
        lists: the list of each role (compact JWS).
        revocation_lists: the DER revocation list of each CA, by the subject key identifier of the CA.
        type_metadata: the metadata document of each credential type, by ``vct`` or docType, as the bytes that are
            pinned.
    """

    anchor: bytes = field(repr=False)
    root_statements: tuple[str, ...] = field(default=(), repr=False)
    master: str = field(repr=False)
    lists: Mapping[Role, str] = field(repr=False)
    revocation_lists: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)
    type_metadata: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def to_json(self) -> bytes:
        """Return it as a JSON document."""
        return json.dumps(
            {
                "anchor": _base64(self.anchor),
                "root_statements": list(self.root_statements),
                "master": self.master,
                "lists": {role.value: text for role, text in self.lists.items()},
                "revocation_lists": {
                    key_id.hex(): _base64(document) for key_id, document in self.revocation_lists.items()
                },
                "type_metadata": {vct: document.decode("utf-8") for vct, document in self.type_metadata.items()},
            }
        )

    @classmethod
    def from_json(cls, data: bytes) -> PublishedTrust:
        """Read what `to_json` wrote.

        Raises:
            LimitExceededError: longer than 16 MiB.
            MalformedError: not such a document.
        """
        document = read(_Document, data, max_bytes=MAX_BYTES, max_items=MAX_ITEMS)
        try:
            return cls(
                anchor=binascii.a2b_base64(document.anchor, strict_mode=True),
                root_statements=document.root_statements,
                master=document.master,
                lists={Role(role): text for role, text in document.lists.items()},
                revocation_lists={
                    bytes.fromhex(key_id): binascii.a2b_base64(text, strict_mode=True)
                    for key_id, text in document.revocation_lists.items()
                },
                type_metadata={vct: text.encode("utf-8") for vct, text in document.type_metadata.items()},
            )
        except ValueError:  # no base64, no hexadecimal, no role
            raise MalformedError("not what a registry publishes") from None


def fetch(url: str) -> Flow[PublishedTrust]:
    """Fetch what a registry publishes; nothing in it is verified.

    Args:
        url: where, an https URL that the caller is configured with.

    Raises:
        ValueError: no https URL.
        TransportError: it is not there.
        LimitExceededError: longer than 16 MiB.
        MalformedError: something else is there.
    """
    if not url.startswith("https://"):
        raise ValueError("what a registry publishes is fetched over https")
    headers = {"accept": "application/json"}
    response = yield HttpRequest(method="GET", url=url, max_bytes=MAX_BYTES, headers=headers)
    if response.status != 200:
        raise TransportError(f"the registry answered with status {response.status}")
    return PublishedTrust.from_json(response.body)


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")


class _Document(WireModel):
    anchor: Annotated[str, Field(min_length=1)]
    root_statements: Annotated[Array[str], Field(max_length=MAX_STATEMENTS)]
    master: str
    lists: dict[str, str]
    revocation_lists: dict[str, str]
    type_metadata: dict[str, str]
