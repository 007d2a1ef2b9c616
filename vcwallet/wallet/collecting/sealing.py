# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Requests and responses that are encrypted wherever the issuer can do it (OpenID4VCI 1.0, section 10).

Each request has a key of its own for its response.  An answer that is not encrypted, although that was asked for, is
refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from vcwallet.claims import JsonObject
from vcwallet.errors import UnsupportedError, VcError
from vcwallet.flow import HttpResponse
from vcwallet.jose.jwe import ALGORITHM, ContentEncryption
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.openid4vci.credential_response import MAX_BYTES
from vcwallet.protocols.openid4vci.encryption import (
    ENCRYPTED,
    PLAIN,
    CredentialResponseEncryption,
    MessageKey,
    encrypt_message,
    message_jwk,
    read_message,
)
from vcwallet.protocols.openid4vci.issuer_metadata import CredentialIssuerMetadata, RequestEncryption

_KID: Final = "response"
_PREFERRED: Final = (ContentEncryption.A256GCM, ContentEncryption.A128GCM)


@dataclass(frozen=True, slots=True)
class Sealing:
    """How one request and its response are encrypted.

    Attributes:
        request_jwk: the issuer's key for the request; None where it is not encrypted.
        request_enc: the content encryption of the request.
        response_key: our key for the response; None where it is not encrypted.
        response_enc: the content encryption of the response.
    """

    request_jwk: JsonObject | None = None
    request_enc: ContentEncryption = ContentEncryption.A256GCM
    response_key: MessageKey | None = field(default=None, repr=False)
    response_enc: ContentEncryption = ContentEncryption.A256GCM

    @classmethod
    def create(cls, metadata: CredentialIssuerMetadata) -> Sealing:
        """Return what both sides can do: everything encrypted, the request alone, or nothing.

        Raises:
            UnsupportedError: the issuer demands what we cannot do (``ENCRYPTION_UNSUPPORTED``).
        """
        wanted, answered = metadata.credential_request_encryption, metadata.credential_response_encryption
        jwk = _request_jwk(wanted) if wanted is not None else None
        request_enc = _chosen(wanted.enc_values_supported) if wanted is not None else None
        can_seal = jwk is not None and request_enc is not None
        response_enc = (
            _chosen(answered.enc_values_supported)
            if answered is not None and ALGORITHM in answered.alg_values_supported and can_seal
            else None
        )
        if wanted is not None and wanted.encryption_required and not can_seal:
            raise _unsupported()
        if answered is not None and answered.encryption_required and response_enc is None:
            raise _unsupported()
        if not can_seal or request_enc is None:
            return cls()
        key = MessageKey(kid=_KID, agreement=SoftwareKeyAgreement.generate()) if response_enc is not None else None
        return cls(jwk, request_enc, key, response_enc or ContentEncryption.A256GCM)

    @property
    def for_response(self) -> CredentialResponseEncryption | None:
        """What the request says of the response."""
        if self.response_key is None:
            return None
        return CredentialResponseEncryption(jwk=self.response_key.jwk, enc=self.response_enc)

    def sealed(self, text: bytes) -> tuple[bytes, str]:
        """Return the body of a request and its media type."""
        if self.request_jwk is None:
            return text, PLAIN
        return encrypt_message(text, jwk=self.request_jwk, enc=self.request_enc).encode("ascii"), ENCRYPTED

    def opened(self, response: HttpResponse) -> bytes:
        """Return the JSON text of a response.

        Raises:
            VcError: as `read_message`; among others, it is not encrypted and has to be (``ENCRYPTION_MISSING``).
        """
        keys: Sequence[MessageKey] = () if self.response_key is None else (self.response_key,)
        return read_message(
            response.body,
            content_type=response.headers.get("content-type"),
            keys=keys,
            required=bool(keys),
            max_bytes=MAX_BYTES,
        ).json


def _request_jwk(wanted: RequestEncryption) -> JsonObject | None:
    """Return the first key of the issuer that we can use; others may be for other wallets."""
    for key in wanted.keys.keys:
        try:
            message_jwk(key)
        except VcError:
            continue
        return key
    return None


def _chosen(offered: Sequence[str]) -> ContentEncryption | None:
    return next((one for one in _PREFERRED if one.value in offered), None)


def _unsupported() -> UnsupportedError:
    return UnsupportedError("the issuer demands an encryption that we do not have", code="ENCRYPTION_UNSUPPORTED")
