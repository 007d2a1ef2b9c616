# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Beginning: a request for one browser session, with a link, a QR code, or what a page hands to the browser's API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, assert_never

from vcwallet.encoding import base64url
from vcwallet.errors import LocalProtocolError
from vcwallet.jose import jwt
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.haip import require_presentation_profile
from vcwallet.protocols.openid4vp.digital_credentials import (
    MultisignedRequest,
    Protocol,
    read_dc_api_request,
    request_data,
    unsigned_request_data,
)
from vcwallet.protocols.openid4vp.reception import Reception
from vcwallet.protocols.openid4vp.request import Delivery, Request
from vcwallet.protocols.openid4vp.request_object import UnverifiedRequest, read_request
from vcwallet.protocols.openid4vp.request_uri import (
    RequestReference,
    RequestUriMethod,
    parameters_link,
    read_request_link,
    reference_link,
)
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
    key = _new_key(context, channel)
    request = context.verifier.request(
        *asks,
        purpose=purpose,
        lifetime=context.lifetimes.request,
        delivery=_delivery(context, channel, secret, key, origin),
        client=context.client_of(channel, secret),
        header=context.header(),
        transaction_data=[transaction_text(one) for one in transactions],
    )
    link = None if channel is Channel.DC_API else _link(context, request, secret, scheme)
    calls = _api_calls(context, request) if channel is Channel.DC_API else {}
    if channel not in context.fits_profile:
        for read in _as_read(context, request, secret, link, calls):
            require_presentation_profile(read, anchors=(), profile=context.profile)
        context.fits_profile.add(channel)
    kept = RequestSession(
        jwt=request.jwt,
        key=None if key is None else base64url.encode(key.to_bytes()),
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
        link=link,
        dc_api=_api_call(calls) if calls else None,
        expires=request.expires,
    )


def require_session(session: str) -> None:
    """Return if a text can stand for a browser session that nobody guesses.

    Raises:
        ValueError: it is shorter than 16 characters.
    """
    if len(session) < MIN_SESSION_LENGTH:
        raise ValueError(f"a browser session has a secret of at least {MIN_SESSION_LENGTH} characters")


def response_key(context: Context, agreement: SoftwareKeyAgreement, secret: str) -> ResponseKey:
    """Return the key for the answer to a request; where all answers come to one address, its name is the request's."""
    return ResponseKey(kid=secret, agreement=agreement) if context.shares_response_uri else ResponseKey.of(agreement)


def _new_key(context: Context, channel: Channel) -> SoftwareKeyAgreement | None:
    is_fresh = context.mode(channel).is_encrypted and not context.is_registered_elsewhere
    return SoftwareKeyAgreement.generate() if is_fresh else None


def _delivery(
    context: Context, channel: Channel, secret: str, key: SoftwareKeyAgreement | None, origin: str | None
) -> Delivery:
    mode = context.mode(channel)
    fresh = None if key is None else response_key(context, key, secret)
    answer_key = fresh or (context.registered_keys[0] if mode.is_encrypted else None)
    if channel is Channel.DC_API:
        return Delivery(mode=mode, expected_origins=(_origin(context, origin),), key=answer_key)
    state = secret if context.shares_response_uri else None
    return Delivery(mode=mode, response_uri=context.response_uri(secret), key=answer_key, state=state)


def _origin(context: Context, origin: str | None) -> str:
    if origin is None and len(context.origins) == 1:
        return context.origins[0]
    if origin not in context.origins:
        raise ValueError("the origin is none of this service's pages")
    return str(origin)


def _link(context: Context, request: Request, secret: str, scheme: str) -> str:
    if not request.is_signed:
        return parameters_link(request.unsigned_parameters(), scheme=scheme)
    return reference_link(
        request.client_id, context.request_uri(secret), method=RequestUriMethod.POST.value, scheme=scheme
    )


def _api_calls(context: Context, request: Request) -> dict[Protocol, dict[str, Any]]:
    return {protocol: _api_data(context, request, protocol) for protocol in context.protocols}


def _api_data(context: Context, request: Request, protocol: Protocol) -> dict[str, Any]:
    match protocol:
        case Protocol.SIGNED:
            return {**request_data(request)}
        case Protocol.UNSIGNED:
            return unsigned_request_data(request)
        case Protocol.MULTISIGNED:
            further = [(one.signer, {**one.header, "client_id": str(one.client)}) for one in context.signers]
            return context.verifier.multisigned(request, further)
    assert_never(protocol)


def _api_call(calls: Mapping[Protocol, dict[str, Any]]) -> dict[str, Any]:
    return {"requests": [{"protocol": protocol.value, "data": data} for protocol, data in calls.items()]}


def _as_read(
    context: Context, request: Request, secret: str, link: str | None, calls: Mapping[Protocol, dict[str, Any]]
) -> Iterator[UnverifiedRequest]:
    """Yield a request as wallets read it, since nothing goes out that those of the profile refuse.

    All requests of one channel are alike in what the profile is about.  Of several signatures, the verifier's own is
    the first, and a wallet takes one that it can.
    """
    at = context.clock()
    for protocol, data in calls.items():
        read = read_dc_api_request(protocol, data, origin=request.origin or "", at=at)
        yield read.requests[0] if isinstance(read, MultisignedRequest) else read
    if link is None:
        return
    found = read_request_link(link, reception=Reception(received_at=at))
    if isinstance(found, RequestReference):
        found = read_request(
            request.jwt,
            reception=Reception(client_id=found.client_id, request_uri=context.request_uri(secret), received_at=at),
        )
    yield found
