# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Beginning: a request for one browser session, with a link, a QR code, or what a page hands to the browser's API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vcwallet.encoding import base64url
from vcwallet.errors import LocalProtocolError
from vcwallet.jose import jwt
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.haip import require_presentation_profile
from vcwallet.protocols.openid4vp.digital_credentials import Protocol, request_data
from vcwallet.protocols.openid4vp.reception import Reception
from vcwallet.protocols.openid4vp.request import Delivery, Request
from vcwallet.protocols.openid4vp.request_object import read_request
from vcwallet.protocols.openid4vp.request_uri import RequestUriMethod, reference_link
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey
from vcwallet.protocols.openid4vp.transaction_data import TransactionDetails, transaction_text
from vcwallet.sealed_sessions import begin as begin_session
from vcwallet.sealed_sessions import digest, new_secret
from vcwallet.verifier.asking import Ask
from vcwallet.verifier.openid4vp.context import Context
from vcwallet.verifier.openid4vp.settings import MIN_SESSION_LENGTH
from vcwallet.verifier.openid4vp.state import (
    REQUEST,
    TRANSACTION,
    Channel,
    PresentationState,
    RequestSession,
    TransactionSession,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunPresentation:
    """A transaction that was begun.

    Attributes:
        transaction_id: by which the page asks what became of it; it is for the verifier's own server alone.
        channel: how the wallet is asked.
        link: what to make a link or a QR code of; None by the Digital Credentials API.
        dc_api: for the API, what the page calls it with: ``navigator.credentials.get({digital: dc_api})``.
        expires: until when an answer is accepted.
    """

    transaction_id: str = field(repr=False)
    channel: Channel
    link: str | None = field(repr=False)
    dc_api: Mapping[str, Any] | None = field(default=None, repr=False)
    expires: datetime


def begin(
    context: Context,
    asks: Sequence[Ask | DcqlQuery],
    *,
    purpose: str,
    channel: Channel,
    session: str,
    scheme: str,
    origin: str | None,
    transactions: Sequence[TransactionDetails],
) -> BegunPresentation:
    """Make a request and remember it (see `VerifierService.begin`)."""
    require_session(session)
    if channel not in context.channels:
        raise ValueError(f"this service does not ask by {channel.value}")
    if context.sessions.count(TRANSACTION) >= context.bounds.transactions:
        raise LocalProtocolError("there are too many transactions", code="TOO_MANY_TRANSACTIONS")
    secret, transaction_id = new_secret(), new_secret()
    key = SoftwareKeyAgreement.generate()
    delivery = _delivery(context, channel, secret, key, origin)
    request = context.verifier.request(
        *asks,
        purpose=purpose,
        lifetime=context.lifetimes.request,
        delivery=delivery,
        client=context.client,
        header=context.client_header,
        transaction_data=[transaction_text(one) for one in transactions],
    )
    if channel not in context.fits_profile:
        _require_of_profile(context, request, secret)
        context.fits_profile.add(channel)
    kept = RequestSession(
        jwt=request.jwt,
        key=None if delivery.key is None else base64url.encode(key.to_bytes()),
        transaction=transaction_id,
    )
    transaction = TransactionSession(
        request=secret,
        session=digest(session),
        channel=channel.value,
        purpose=purpose,
        state=PresentationState.REQUESTED.value,
        until=jwt.seconds(request.expires),
    )
    context.sessions.commit(
        begin_session(REQUEST, kept, secret=secret, expires=request.expires),
        begin_session(
            TRANSACTION, transaction, secret=transaction_id, expires=request.expires + context.lifetimes.result
        ),
    )
    return BegunPresentation(
        transaction_id=transaction_id,
        channel=channel,
        link=None if channel is Channel.DC_API else _link(context, request, secret, scheme),
        dc_api=_api_call(request) if channel is Channel.DC_API else None,
        expires=request.expires,
    )


def require_session(session: str) -> None:
    """Return if a text can stand for a browser session that nobody guesses.

    Raises:
        ValueError: it is shorter than 16 characters.
    """
    if len(session) < MIN_SESSION_LENGTH:
        raise ValueError(f"a browser session has a secret of at least {MIN_SESSION_LENGTH} characters")


def _delivery(
    context: Context, channel: Channel, secret: str, key: SoftwareKeyAgreement, origin: str | None
) -> Delivery:
    by_api = channel is Channel.DC_API
    mode = context.by_api if by_api else context.posted
    return Delivery(
        mode=mode,
        response_uri=None if by_api else context.response_uri(secret),
        expected_origins=(_origin(context, origin),) if by_api else (),
        key=ResponseKey.of(key) if mode.is_encrypted else None,
    )


def _origin(context: Context, origin: str | None) -> str:
    if origin is None and len(context.origins) == 1:
        return context.origins[0]
    if origin not in context.origins:
        raise ValueError("the origin is none of this service's pages")
    return str(origin)


def _require_of_profile(context: Context, request: Request, secret: str) -> None:
    """Nothing goes out that wallets of the profile refuse; all requests of one channel are alike in what it says."""
    origin = request.origin
    reception = Reception(
        client_id=None if origin is not None else request.client_id,
        request_uri=None if origin is not None else context.request_uri(secret),
        origin=origin,
        received_at=context.clock(),
    )
    require_presentation_profile(read_request(request.jwt, reception=reception), anchors=(), profile=context.profile)


def _link(context: Context, request: Request, secret: str, scheme: str) -> str:
    return reference_link(
        request.client_id, context.request_uri(secret), method=RequestUriMethod.POST.value, scheme=scheme
    )


def _api_call(request: Request) -> dict[str, Any]:
    return {"requests": [{"protocol": Protocol.SIGNED.value, "data": request_data(request)}]}
