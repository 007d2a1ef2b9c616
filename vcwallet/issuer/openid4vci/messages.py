# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Credential requests and responses on the way: encrypted where the service or the wallet says so (section 10)."""

from __future__ import annotations

from vcwallet.errors import AlgorithmNotAllowedError, UntrustedError, VerificationError
from vcwallet.flow import HttpResponse
from vcwallet.issuer.openid4vci.context import Context, Exchange, json_response
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal, refusing
from vcwallet.protocols.openid4vci.credential_response import DeferredIssuance, IssuedCredentials
from vcwallet.protocols.openid4vci.encryption import (
    ENCRYPTED,
    CredentialResponseEncryption,
    MessageBody,
    encrypt_message,
    read_message,
)


def read_body(exchange: Exchange) -> MessageBody:
    """Return the JSON text of a request, decrypted if it was encrypted.

    Raises:
        OAuthRefusal: it cannot be read (``invalid_credential_request``), or is not encrypted as it has to be
            (``invalid_encryption_parameters``).
    """
    context = exchange.context
    with refusing(OAuthErrorCode.INVALID_CREDENTIAL_REQUEST):
        try:
            return read_message(
                exchange.http.body,
                content_type=exchange.header("content-type"),
                keys=context.encryption,
                required=context.encryption_required,
            )
        except (AlgorithmNotAllowedError, UntrustedError, VerificationError) as error:
            with refusing(OAuthErrorCode.INVALID_ENCRYPTION_PARAMETERS):
                raise error from None


def require_encryption(context: Context, encryption: CredentialResponseEncryption | None) -> None:
    """Return if the response can be sent in the way that the wallet asks for.

    Raises:
        OAuthRefusal: it has to be encrypted (``invalid_encryption_parameters``).
    """
    if context.encryption_required and encryption is None:
        raise OAuthRefusal(
            "the response is to be encrypted",
            error=OAuthErrorCode.INVALID_ENCRYPTION_PARAMETERS,
            clause="OpenID4VCI 1.0, section 8.2",
        )


def answer(
    exchange: Exchange,
    response: IssuedCredentials | DeferredIssuance | bytes,
    encryption: CredentialResponseEncryption | None,
) -> HttpResponse:
    """Return the answer; bytes are an answer with credentials that was given before."""
    status = 200 if isinstance(response, bytes) else response.status
    text = response if isinstance(response, bytes) else response.to_json()
    if encryption is None:
        return json_response(text, exchange.fresh_nonce(), status=status)
    sealed = encrypt_message(text, jwk=encryption.jwk, enc=encryption.enc).encode("ascii")
    headers = {"content-type": ENCRYPTED, "cache-control": "no-store", **exchange.fresh_nonce()}
    return HttpResponse(status=status, headers=headers, body=sealed)
