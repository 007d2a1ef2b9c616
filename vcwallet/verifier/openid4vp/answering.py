# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Answers: each request takes one, and whatever it is, the request has ended then (OpenID4VP 1.0, sections 8.2, 8.6).

What cannot be an answer to the request, since it does not decrypt or does not have its state, changes nothing.  What
can is taken in one step, so that of many at once one is verified; the others find no request.  Then the result and the
end of the request are written in one step.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final, TypeAlias

from pydantic_core import to_json

from vcwallet.claims import JsonObject
from vcwallet.encoding import base64url
from vcwallet.errors import LimitExceededError, StatusError, StoreError, TransportError, VcError
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.jose import jwt
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.haip import require_holder_proof
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal, refusing
from vcwallet.protocols.openid4vp.direct_post import (
    Posted,
    new_response_code,
    read_form,
    reply,
    with_response_code,
)
from vcwallet.protocols.openid4vp.error_response import ErrorResponse
from vcwallet.protocols.openid4vp.request import Request
from vcwallet.protocols.openid4vp.response import Response
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey
from vcwallet.sealed_sessions import Opened, begin
from vcwallet.sessions import Change, Remove, SessionChangedError, Swap
from vcwallet.verifier.openid4vp.beginning import response_key
from vcwallet.verifier.openid4vp.context import Context
from vcwallet.verifier.openid4vp.fetching import not_there, open_request, require_form
from vcwallet.verifier.openid4vp.settings import LEASE
from vcwallet.verifier.openid4vp.state import (
    REQUEST,
    RESPONSE_CODE,
    TRANSACTION,
    Channel,
    PresentationState,
    RequestSession,
    ResponseCodeSession,
    TransactionSession,
)
from vcwallet.verifier.verified import Verified
from vcwallet.verifier.verified_json import to_object

MAX_VERIFIED_BYTES = 768 * 1024
"""The longest result that is kept; a session is at most 1 MiB of base64url."""
RETRY_AFTER: Final = timedelta(seconds=5)
_ATTEMPTS = 10
_FOR_NOW: Final = frozenset({"STATUS_UNKNOWN", "STATUS_STALE"})

Answer: TypeAlias = Response | ErrorResponse
Keyed: TypeAlias = tuple[ResponseKey | None, Request]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    state: PresentationState
    reason: str | None = None
    verified: JsonObject | None = field(default=None, repr=False)


def take_posted(context: Context, http: HttpRequest, secret: str) -> HttpResponse:
    """Take an answer that a wallet has posted, and tell it where the person goes on.

    Raises:
        OAuthRefusal: there is no such request, or what was posted is no good answer to it; it says nothing more.
        SessionChangedError: as `take`.
    """
    found, request, answer = _read_shared(context, http) if not secret else _read(context, http, secret)
    state, code = take(context, found, request, answer)
    if state is PresentationState.FAILED:
        raise OAuthRefusal("the answer is not what it has to be", error=OAuthErrorCode.INVALID_REQUEST)
    if code is None or context.result_page is None:
        return reply()
    return reply(with_response_code(context.result_page, code))


def take(
    context: Context, found: Opened[RequestSession], request: Request, answer: Answer
) -> tuple[PresentationState, str | None]:
    """Take what can be an answer, and return what became of the transaction, and the response code if it has one.

    Raises:
        OAuthRefusal: another answer came first; or this one cannot be judged for now, and may come again.
        SessionChangedError: the request was fetched meanwhile, or another answer came; nothing was done.
    """
    taken = _claim(context, found)
    try:
        outcome = _judge(context, request, answer)
    except (StatusError, TransportError, StoreError) as error:
        _release(context, taken)
        raise _later() from error
    code = _finish(context, taken, outcome)
    return outcome.state, code


def keys_of(context: Context, found: Opened[RequestSession], request: Request, kid: str | None) -> Keyed:
    """Return the key that the answer to a request is encrypted to, and the request as one with an answer to that key.

    Args:
        context: the service.
        found: the request as it is kept.
        request: the same as it was made.
        kid: the key that the answer names, if it is encrypted and names one.

    Raises:
        UntrustedError: it is none of the verifier's registered ones (``KEY_NOT_FOUND``).
    """
    if found.body.key is not None:
        agreement = SoftwareKeyAgreement.from_bytes(base64url.decode(found.body.key))
        return response_key(context, agreement, found.secret), request
    if not request.mode.is_encrypted:
        return None, request
    key = context.registered_key(kid)
    return key, request.encrypted_to(key.thumbprint)


def _read(context: Context, http: HttpRequest, secret: str) -> tuple[Opened[RequestSession], Request, Answer]:
    """Return an answer that came to the address of its request."""
    found, request = _posted_to(context, secret)
    require_form(http)
    with refusing(OAuthErrorCode.INVALID_REQUEST):
        posted = read_form(http.body)
        request, answer = _opened(context, found, request, posted)
    return found, request, answer


def _read_shared(context: Context, http: HttpRequest) -> tuple[Opened[RequestSession], Request, Answer]:
    """Return an answer that came to the address for all: its key says which request it is to, or its state does."""
    require_form(http)
    with refusing(OAuthErrorCode.INVALID_REQUEST):
        posted = read_form(http.body)
        if not posted.is_encrypted:
            secret = posted.state
        elif context.is_registered_elsewhere:
            secret = posted.open(context.registered_key(posted.key_id)).state
        else:
            secret = posted.key_id
    found, request = _posted_to(context, secret or "")
    with refusing(OAuthErrorCode.INVALID_REQUEST):
        request, answer = _opened(context, found, request, posted)
    return found, request, answer


def _posted_to(context: Context, secret: str) -> tuple[Opened[RequestSession], Request]:
    found = open_request(context, secret)
    request = Request.from_jwt(found.body.jwt)
    if not request.mode.is_posted:
        raise not_there()
    return found, request


def _opened(
    context: Context, found: Opened[RequestSession], request: Request, posted: Posted
) -> tuple[Request, Answer]:
    key, request = keys_of(context, found, request, posted.key_id if posted.is_encrypted else None)
    answer = posted.open(key)
    request.require_state(answer.state)
    return request, answer


def _claim(context: Context, found: Opened[RequestSession]) -> Opened[RequestSession]:
    """Keep other answers out, for as long as verifying one can take."""
    now = jwt.seconds(context.clock())
    since = found.body.taken_at
    if since is not None and now < since + LEASE.total_seconds():
        raise not_there()
    change = found.swap(taken_at=now)
    context.sessions.commit(change)
    return replace(found, session=change.result, body=found.body.model_copy(update={"taken_at": now}))


def _release(context: Context, taken: Opened[RequestSession]) -> None:
    with suppress(StoreError):
        context.sessions.commit(taken.swap(taken_at=None))


def _judge(context: Context, request: Request, answer: Answer) -> _Outcome:
    """Return what an answer is worth.

    Raises:
        StatusError, TransportError, StoreError: that cannot be told for now.
    """
    if isinstance(answer, ErrorResponse):
        return _Outcome(state=PresentationState.DECLINED, reason=answer.error)
    try:
        return _Outcome(state=PresentationState.VERIFIED, verified=_verified(context, request, answer))
    except (TransportError, StoreError):
        raise
    except VcError as error:
        if error.code in _FOR_NOW:
            raise
        return _Outcome(state=PresentationState.FAILED, reason=error.code)


def _verified(context: Context, request: Request, answer: Response) -> JsonObject:
    result: dict[str, Any] = {}

    def accept(verified: Verified) -> None:
        for found in verified.credentials.values():
            for one in found:
                require_holder_proof(one, context.profile)
        result.update(to_object(verified))
        if len(to_json(result)) > MAX_VERIFIED_BYTES:  # as it is kept; `json.dumps` has no numbers of more than 64 bits
            raise LimitExceededError(f"what was verified is longer than {MAX_VERIFIED_BYTES} bytes")

    context.verifier.verify(answer, expected=request, accept=accept)
    return result


def _finish(context: Context, taken: Opened[RequestSession], outcome: _Outcome) -> str | None:
    """Write the end of the request and its result, and return the response code if the person has to come back."""
    for _ in range(_ATTEMPTS):
        transaction = context.sessions.find(TRANSACTION, TransactionSession, taken.body.transaction)
        if transaction is None:
            raise not_there()  # the page has given up
        comes_back = transaction.body.channel == Channel.SAME_DEVICE and outcome.state is not PresentationState.FAILED
        code = new_response_code() if comes_back else None
        changes: list[Change] = [Remove(taken.session), _ended(context, transaction, outcome, code)]
        if code is not None:
            back = ResponseCodeSession(transaction=transaction.secret)
            changes.append(
                begin(RESPONSE_CODE, back, secret=code, expires=context.ends(context.lifetimes.response_code))
            )
        try:
            context.sessions.commit(*changes)
        except SessionChangedError:
            _require_ours(context, taken)
            continue  # a wallet has fetched the request once more
        return code
    raise _later()


def _ended(context: Context, transaction: Opened[TransactionSession], outcome: _Outcome, code: str | None) -> Swap:
    """Return the end of a transaction; what was verified waits for the person to come back, where that is the way."""
    waits = code is not None and outcome.state is PresentationState.VERIFIED
    return transaction.swap(
        expires=context.ends(context.lifetimes.result),
        state=(PresentationState.ANSWERED if waits else outcome.state).value,
        reason=outcome.reason,
        verified=outcome.verified,
    )


def _require_ours(context: Context, taken: Opened[RequestSession]) -> None:
    """Return if no other answer has come meanwhile, which it can where this one took longer than its lease."""
    found = context.sessions.find(REQUEST, RequestSession, taken.secret)
    if found is None or found.session.version != taken.session.version:
        raise not_there()


def _later() -> OAuthRefusal:
    seconds = str(int(RETRY_AFTER.total_seconds()))
    error = OAuthErrorCode.TEMPORARILY_UNAVAILABLE
    return OAuthRefusal("the answer cannot be judged for now", error=error, headers={"retry-after": seconds})
