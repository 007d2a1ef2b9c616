# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a trust registry publishes: its root, its trusted list, and the metadata of the credential types in it.

Wallets and verifiers are configured with one of these, and refreshed from later ones.  The root counts only the first
time: a refresh never replaces it.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from vcwallet.encoding import json
from vcwallet.encoding.wire import WireModel, read
from vcwallet.errors import MalformedError
from vcwallet.trust.list_json import MAX_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedTrust:
    """A registry's root, list and type metadata; nothing in it is verified.

    Attributes:
        anchor: the DER certificate of the root.
        trusted_list: the signed list (compact JWS).
        type_metadata: the metadata document of each credential type, by ``vct``, as the bytes that the list pins.
    """

    anchor: bytes = field(repr=False)
    trusted_list: str = field(repr=False)
    type_metadata: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def to_json(self) -> bytes:
        """Return it as a JSON document."""
        metadata = {vct: document.decode("utf-8") for vct, document in self.type_metadata.items()}
        anchor = binascii.b2a_base64(self.anchor, newline=False).decode("ascii")
        return json.dumps({"anchor": anchor, "trusted_list": self.trusted_list, "type_metadata": metadata})

    @classmethod
    def from_json(cls, data: bytes) -> PublishedTrust:
        """Read what `to_json` wrote.

        Raises:
            LimitExceededError: longer than 16 MiB.
            MalformedError: not such a document.
        """
        document = read(_Document, data, max_bytes=MAX_BYTES)
        try:
            anchor = binascii.a2b_base64(document.anchor, strict_mode=True)
        except ValueError:
            raise MalformedError("the anchor is not in base64") from None
        metadata = {vct: text.encode("utf-8") for vct, text in document.type_metadata.items()}
        return cls(anchor=anchor, trusted_list=document.trusted_list, type_metadata=metadata)


class _Document(WireModel):
    anchor: Annotated[str, Field(min_length=1)]
    trusted_list: str
    type_metadata: dict[str, str]
