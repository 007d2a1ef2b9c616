# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Asking for a credential, picking it up where it was deferred, and telling the issuer what became of it.

A request that is repeated has the same keys and a fresh nonce, so the issuer gives the same answer to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from vcwallet.errors import MalformedError, TransportError
from vcwallet.flow import Flow
from vcwallet.keys.signer import Signer
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, PeerRefusedError
from vcwallet.protocols.openid4vci.credential_request import CredentialRequest
from vcwallet.protocols.openid4vci.credential_response import (
    CredentialResponse,
    DeferredIssuance,
    read_credential_response,
    read_deferred_response,
)
from vcwallet.protocols.openid4vci.deferred_request import DeferredRequest
from vcwallet.protocols.openid4vci.encryption import PLAIN
from vcwallet.protocols.openid4vci.notification import Notification, NotificationEvent
from vcwallet.wallet.collecting.collection import Act, Plan
from vcwallet.wallet.collecting.exchange import Exchange
from vcwallet.wallet.collecting.proving import make_proofs
from vcwallet.wallet.collecting.sealing import Sealing
from vcwallet.wallet.collecting.states import (
    Answered,
    Deferred,
    Done,
    Failed,
    Kept,
    Progress,
    Rejected,
    Requested,
)
from vcwallet.wallet.provider import Attester

MAX_WAIT: Final = timedelta(days=366)
"""How long a deferred credential is waited for."""
MAX_NOTIFICATION_TRIES: Final = 3
"""How often an issuer is told what became of a credential when it does not answer."""
_LOST_TOKEN: Final = 401


def request(
    plan: Plan,
    act: Act,
    requested: Requested,
    *,
    signers: Sequence[Signer],
    token: str,
    exchange: Exchange,
    attester: Attester | None,
    at: datetime,
) -> Flow[Progress]:
    """Return what follows when the credential is asked for (section 8).

    Raises:
        PeerRefusedError: the token is not good any more; every other refusal is a state.
        TransportError: the issuer cannot answer now.
        VcError: what it answers does not hold.
    """
    asking = partial(
        _ask, plan, act, requested, signers=signers, token=token, exchange=exchange, attester=attester, at=at
    )
    try:
        return (yield from asking())
    except PeerRefusedError as refused:
        if refused.error != OAuthErrorCode.INVALID_NONCE:
            return _failed(refused)
    try:
        return (yield from asking())  # with another nonce, once
    except PeerRefusedError as refused:
        return _failed(refused)


def pick_up(
    plan: Plan, act: Act, deferred: Deferred, *, token: str, exchange: Exchange, at: datetime
) -> Flow[Progress]:
    """Return what follows when a deferred credential is asked for again (section 9).

    Raises:
        PeerRefusedError, TransportError, VcError: as `request`.
    """
    endpoint = plan.metadata.deferred_credential_endpoint
    if endpoint is None:
        return Failed(code="NO_DEFERRED_ENDPOINT")
    if at - deferred.since > MAX_WAIT:
        return Failed(code="DEFERRED_TOO_LONG")
    configuration = plan.metadata.configuration(act.configuration_id)
    sealing = Sealing.create(plan.metadata)
    asked = DeferredRequest(transaction_id=deferred.transaction_id, response_encryption=sealing.for_response)
    body, content_type = sealing.sealed(asked.to_json())
    try:
        response = yield from exchange.ask_resource(
            endpoint, body, content_type=content_type, token=token, accepted=(200, 202)
        )
    except PeerRefusedError as refused:
        if refused.error == OAuthErrorCode.INVALID_TRANSACTION_ID and not deferred.again:
            # The answer with the credentials was lost, perhaps: with the same keys, they are given once more.
            return Requested(keys=deferred.keys, again=True)
        return _failed(refused)
    answer = read_deferred_response(
        sealing.opened(response),
        status=response.status,
        format=configuration.format,
        transaction_id=deferred.transaction_id,
    )
    return _progress(answer, deferred, since=deferred.since, at=at)


def notify(plan: Plan, told: Kept | Rejected, *, token: str, exchange: Exchange) -> Flow[Progress]:
    """Return what follows when the issuer is told what became of its credential (section 11).

    That it does not want to hear it, or cannot be reached several times, changes nothing about the credential.
    """
    event = NotificationEvent.CREDENTIAL_ACCEPTED if isinstance(told, Kept) else NotificationEvent.CREDENTIAL_FAILURE
    try:
        yield from tell(plan, told.notification_id, event, token=token, exchange=exchange)
    except TransportError:
        if told.tries + 1 < MAX_NOTIFICATION_TRIES:
            return _tried(told)
    except PeerRefusedError:
        pass
    if isinstance(told, Kept):
        return Done(cards=told.cards, notification_id=told.notification_id)
    return Failed(code=told.code)


def tell(plan: Plan, notification_id: str, event: NotificationEvent, *, token: str, exchange: Exchange) -> Flow[None]:
    """Tell the issuer, which has given a name for it and so has an endpoint, what became of its credential.

    What it answers means nothing, so an answer that is none is as good as another.

    Raises:
        PeerRefusedError: it does not want to hear it.
        TransportError: it cannot be reached.
    """
    endpoint = plan.metadata.notification_endpoint or ""
    body = Notification(notification_id=notification_id, event=event).to_json()
    with suppress(MalformedError):
        yield from exchange.ask_resource(endpoint, body, content_type=PLAIN, token=token, accepted=(200, 201, 202, 204))


# --- steps -----------------------------------------------------------------------------------------------------------


def _ask(
    plan: Plan,
    act: Act,
    requested: Requested,
    *,
    signers: Sequence[Signer],
    token: str,
    exchange: Exchange,
    attester: Attester | None,
    at: datetime,
) -> Flow[Progress]:
    metadata = plan.metadata
    configuration = metadata.configuration(act.configuration_id)
    nonce = None
    if configuration.is_bound and metadata.nonce_endpoint is not None:
        nonce = yield from exchange.fresh_nonce(metadata.nonce_endpoint)
    proofs = yield from make_proofs(
        configuration,
        signers,
        issuer=plan.issuer,
        client_id=plan.client_id,
        nonce=nonce,
        attester=attester,
        at=at,
    )
    sealing = Sealing.create(metadata)
    asked = CredentialRequest(
        credential_identifier=act.credential_identifier,
        credential_configuration_id=act.configuration_id if act.credential_identifier is None else None,
        proofs=proofs,
        response_encryption=sealing.for_response,
    )
    body, content_type = sealing.sealed(asked.to_json())
    response = yield from exchange.ask_resource(
        metadata.credential_endpoint, body, content_type=content_type, token=token, accepted=(200, 202)
    )
    answer = read_credential_response(sealing.opened(response), status=response.status, format=configuration.format)
    return _progress(answer, requested, since=at, at=at)


def _failed(refused: PeerRefusedError) -> Failed:
    if refused.status == _LOST_TOKEN:
        raise refused
    return Failed(code=refused.error or refused.code, is_refusal=True)


def _progress(
    answer: CredentialResponse, asked: Requested | Deferred, *, since: datetime, at: datetime
) -> Answered | Deferred:
    if isinstance(answer, DeferredIssuance):
        return Deferred(
            keys=asked.keys,
            transaction_id=answer.transaction_id,
            not_before=at + answer.interval,
            since=since,
            again=asked.again,
        )
    return Answered(
        keys=asked.keys,
        credentials=tuple(one.raw for one in answer.credentials),
        notification_id=answer.notification_id,
    )


def _tried(told: Kept | Rejected) -> Kept | Rejected:
    if isinstance(told, Kept):
        return Kept(cards=told.cards, notification_id=told.notification_id, tries=told.tries + 1)
    return Rejected(code=told.code, notification_id=told.notification_id, tries=told.tries + 1)
