# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What the verifier's own pages ask for: what became of a transaction, and what was verified, for one browser session.

A response code brings the person back to the browser that asked, and is good once.  In another browser it ends the
transaction: somebody was made to answer what somebody else has begun (OpenID4VP 1.0, section 14.2; HAIP 1.0, 5.1).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from vcwallet.claims import JsonValue
from vcwallet.errors import BindingError, LocalProtocolError, RemoteProtocolError, VerificationError, quoted
from vcwallet.jose import jwt
from vcwallet.protocols.openid4vp.digital_credentials import answer_key_id, read_dc_api_answer
from vcwallet.protocols.openid4vp.request import Request
from vcwallet.sealed_sessions import Opened, digest
from vcwallet.sessions import Remove, SessionChangedError
from vcwallet.verifier.openid4vp.answering import keys_of, take
from vcwallet.verifier.openid4vp.context import Context
from vcwallet.verifier.openid4vp.fetching import open_request
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
from vcwallet.verifier.verified_json import from_object

CLAUSE: Final = "OpenID4VP 1.0, section 14.2"
SESSION_MISMATCH: Final = "SESSION_MISMATCH"


class DeclinedError(RemoteProtocolError):
    """The wallet says that there is no answer; whether the person has none or wants none, nobody learns.

    Attributes:
        error: which of the errors of the standard it tells, or another.
    """

    default_code = "DECLINED"

    def __init__(self, error: str) -> None:
        super().__init__(f"the wallet has declined: {quoted(error)}")
        self.error: str = error


class AnswerRefusedError(VerificationError):
    """The answer was not what it has to be.

    Attributes:
        reason: the code of the error of `Verifier.verify`, such as ``STATUS_REVOKED``.
    """

    default_code = "ANSWER_REFUSED"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the answer was refused: {reason}")
        self.reason: str = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentationStatus:
    """What became of a transaction.

    Attributes:
        state: how far it is.
        channel: how the wallet was asked.
        reason: the error of the wallet that declined, or the code of what was wrong with its answer.
    """

    state: PresentationState
    channel: Channel
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentationResult:
    """What was verified, for the browser session that asked.

    Attributes:
        verified: the claims, and the evidence for them.
        channel: how the wallet was asked.  By `Channel.CROSS_DEVICE` nothing shows that the person who answered is the
            one in front of this page, so what it is good for is for the deployer's rules to say.
    """

    verified: Verified
    channel: Channel


def status(context: Context, transaction_id: str, *, session: str) -> PresentationStatus:
    """Return how far a transaction is (see `VerifierService.status`)."""
    body = _own(context, transaction_id, session).body
    state = PresentationState(body.state)
    is_open = state in (PresentationState.REQUESTED, PresentationState.FETCHED)
    if is_open and jwt.seconds(context.clock()) >= body.until:
        state = PresentationState.EXPIRED
    return PresentationStatus(state=state, channel=Channel(body.channel), reason=body.reason)


def result(context: Context, transaction_id: str, *, session: str) -> PresentationResult:
    """Return what was verified (see `VerifierService.result`)."""
    return _result(_own(context, transaction_id, session).body)


def redeem(context: Context, response_code: str, *, session: str) -> PresentationResult:
    """Return what was verified to the browser that the person came back to (see `VerifierService.redeem`)."""
    code = context.sessions.find(RESPONSE_CODE, ResponseCodeSession, response_code)
    found = None if code is None else context.sessions.find(TRANSACTION, TransactionSession, code.body.transaction)
    if code is None or found is None:
        raise _unknown_code()
    changed = _come_back(found.body, is_own=hmac.compare_digest(found.body.session, digest(session)))
    try:
        context.sessions.commit(Remove(code.session), found.swap(**changed))
    except SessionChangedError:
        raise _unknown_code() from None
    return _result(found.body.model_copy(update=changed))


def take_from_api(
    context: Context, transaction_id: str, *, session: str, data: Mapping[str, JsonValue]
) -> PresentationResult:
    """Take what the page got from the Digital Credentials API (see `VerifierService.take`)."""
    transaction = _own(context, transaction_id, session)
    if transaction.body.channel != Channel.DC_API:
        raise LocalProtocolError("the answer of this transaction is posted by the wallet", code="WRONG_CHANNEL")
    found = open_request(context, transaction.body.request)
    kid = answer_key_id(data) if context.is_registered_elsewhere else None
    key, request = keys_of(context, found, Request.from_jwt(found.body.jwt), kid)
    answer = read_dc_api_answer(data, key=key)
    take(context, found, request, answer)
    return result(context, transaction_id, session=session)


def forget(context: Context, transaction_id: str, *, session: str) -> None:
    """End a transaction (see `VerifierService.forget`)."""
    transaction = _own(context, transaction_id, session)
    request = context.sessions.find(REQUEST, RequestSession, transaction.body.request)
    ended = [Remove(one.session) for one in (transaction, request) if one is not None]
    context.sessions.commit(*ended)


def _own(context: Context, transaction_id: str, session: str) -> Opened[TransactionSession]:
    """Return the transaction of a browser session.

    Raises:
        LocalProtocolError: there is none (``TRANSACTION_UNKNOWN``).
        BindingError: it is another browser's (``SESSION_MISMATCH``).
    """
    found = context.sessions.find(TRANSACTION, TransactionSession, transaction_id)
    if found is None:
        raise LocalProtocolError("there is no such transaction", code="TRANSACTION_UNKNOWN")
    if not hmac.compare_digest(found.body.session, digest(session)):
        raise _other_browser()
    return found


def _come_back(body: TransactionSession, *, is_own: bool) -> dict[str, Any]:
    """Return what changes when the person comes back to a browser: in another than the one that asked, all is lost."""
    if not is_own:
        return {"state": PresentationState.FAILED.value, "reason": SESSION_MISMATCH, "verified": None}
    return {"state": PresentationState.VERIFIED.value} if body.state == PresentationState.ANSWERED else {}


def _result(body: TransactionSession) -> PresentationResult:
    match PresentationState(body.state):
        case PresentationState.DECLINED:
            raise DeclinedError(body.reason or "")
        case PresentationState.FAILED if body.reason == SESSION_MISMATCH:
            raise _other_browser()
        case PresentationState.FAILED:
            raise AnswerRefusedError(body.reason or "")
        case PresentationState.VERIFIED if body.verified is not None:
            return PresentationResult(verified=from_object(body.verified), channel=Channel(body.channel))
        case _:
            raise LocalProtocolError("there is no answer yet", code="NOT_ANSWERED")


def _other_browser() -> BindingError:
    return BindingError("the transaction is another browser's", code=SESSION_MISMATCH, clause=CLAUSE)


def _unknown_code() -> BindingError:
    return BindingError("the response code is unknown, or was used", code="RESPONSE_CODE_UNKNOWN", clause=CLAUSE)
