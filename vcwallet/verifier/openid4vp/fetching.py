# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The endpoint where a wallet fetches a request object, by GET or by POST (OpenID4VP 1.0, sections 5.7 and 5.10)."""

from __future__ import annotations

from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.protocols.oauth import form
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal, refusing
from vcwallet.protocols.openid4vp.request import Request
from vcwallet.protocols.openid4vp.request_uri import WalletMetadata, read_request_uri_post, request_object_response
from vcwallet.sealed_sessions import Opened
from vcwallet.verifier.openid4vp.context import Context
from vcwallet.verifier.openid4vp.state import (
    REQUEST,
    TRANSACTION,
    PresentationState,
    RequestSession,
    TransactionSession,
)


def serve_request(context: Context, http: HttpRequest, secret: str) -> HttpResponse:
    """Return the request object; for one that asked with a nonce of its own, with that nonce.

    Raises:
        OAuthRefusal: there is no such request, or what the wallet says of itself cannot be read.
    """
    found = open_request(context, secret)
    request = Request.from_jwt(found.body.jwt)
    if not (request.mode.is_posted and request.is_signed):
        raise not_there()
    metadata: WalletMetadata | None = None
    if http.method == "POST":
        request, metadata = _as_posted(context, http, request)
    with refusing(OAuthErrorCode.INVALID_REQUEST):
        response = request_object_response(request.jwt, metadata=metadata)
    _note(context, found, request)
    return response


def open_request(context: Context, secret: str) -> Opened[RequestSession]:
    """Return the request that has no answer yet.

    Raises:
        OAuthRefusal: there is none.
    """
    found = context.sessions.find(REQUEST, RequestSession, secret)
    if found is None:
        raise not_there()
    return found


def not_there() -> OAuthRefusal:
    """Return the refusal for a request that was never made, has ended, or was answered; nobody learns which."""
    return OAuthRefusal("there is no such request", error=OAuthErrorCode.INVALID_REQUEST, status=404)


def require_form(http: HttpRequest) -> None:
    """Return if a message says that it is a form.

    Raises:
        OAuthRefusal: it does not.
    """
    media_type = http.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != form.MEDIA_TYPE:
        raise OAuthRefusal("the message is no form", error=OAuthErrorCode.INVALID_REQUEST)


def _as_posted(context: Context, http: HttpRequest, request: Request) -> tuple[Request, WalletMetadata | None]:
    require_form(http)
    with refusing(OAuthErrorCode.INVALID_REQUEST):
        posted = read_request_uri_post(http.body)
        if posted.wallet_nonce is None:
            return request, posted.metadata
        return context.verifier.with_wallet_nonce(request, posted.wallet_nonce), posted.metadata


def _note(context: Context, found: Opened[RequestSession], request: Request) -> None:
    """Remember that a wallet was here, and the request object that it got, which its history names."""
    transaction = context.sessions.find(TRANSACTION, TransactionSession, found.body.transaction)
    is_first = transaction is not None and transaction.body.state == PresentationState.REQUESTED
    changes = [
        *([transaction.swap(state=PresentationState.FETCHED.value)] if transaction is not None and is_first else []),
        # Not while an answer is being verified, which would come second then.
        *([found.swap(jwt=request.jwt)] if request.jwt != found.body.jwt and found.body.taken_at is None else []),
    ]
    if changes:
        context.sessions.commit(*changes)
