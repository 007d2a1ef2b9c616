# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Asking for credentials that were not ready (OpenID4VCI 1.0, section 9.1).

>>> from vcwallet.protocols.openid4vci.deferred_request import read_deferred_request
>>> read_deferred_request(b'{"transaction_id":"8xLOxBtZp8"}', encrypted=False).transaction_id
'8xLOxBtZp8'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field

from vcwallet.claims import JsonValue
from vcwallet.encoding import json, wire
from vcwallet.encoding.wire import Maybe, WireModel
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, refusing
from vcwallet.protocols.openid4vci.credential_request import requested_encryption
from vcwallet.protocols.openid4vci.credential_response import MAX_IDENTIFIER
from vcwallet.protocols.openid4vci.encryption import CredentialResponseEncryption

MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredRequest:
    """What a wallet asks the deferred endpoint for.

    Attributes:
        transaction_id: what the credential response named.
        response_encryption: how the response is to be encrypted, in place of what was said before; None for not at all.
    """

    transaction_id: str = field(repr=False)
    response_encryption: CredentialResponseEncryption | None = None

    def to_json(self) -> bytes:
        """Return the request as JSON, which is sent encrypted if it wants the response encrypted."""
        members: dict[str, JsonValue] = {"transaction_id": self.transaction_id}
        if self.response_encryption is not None:
            members["credential_response_encryption"] = self.response_encryption.to_json()
        return json.dumps(members)


class _Request(WireModel):
    transaction_id: Annotated[str, Field(min_length=1, max_length=MAX_IDENTIFIER)]
    encryption: Maybe[dict[str, Any]] = Field(default=None, alias="credential_response_encryption")


def read_deferred_request(body: bytes | Mapping[str, object], *, encrypted: bool) -> DeferredRequest:
    """Return a deferred credential request.

    Args:
        body: the JSON text, decrypted if it was encrypted.
        encrypted: whether it was (see `encryption.read_message`).

    Raises:
        OAuthRefusal: it is not as the standard says or over a limit (``invalid_credential_request``), or a response is
            to be encrypted otherwise than vcwallet does, or for a request that was not
            (``invalid_encryption_parameters``).
    """
    with refusing(OAuthErrorCode.INVALID_CREDENTIAL_REQUEST):
        members = wire.read(_Request, body, max_bytes=MAX_BYTES)
    return DeferredRequest(
        transaction_id=members.transaction_id,
        response_encryption=requested_encryption(members.encryption, encrypted=encrypted),
    )
