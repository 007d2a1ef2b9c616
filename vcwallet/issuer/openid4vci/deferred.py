# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The deferred credential endpoint (OpenID4VCI 1.0, section 9).

What was promised is delivered once.  A wallet whose token is bound to a key, and that did not get it, gets the same for
ten minutes more, with a fresh proof; another one asks the credential endpoint again, with the same keys.

No answer here has a ``notification_id`` unless the deployer wants that (section 9.2 leaves it open): there are wallets
that refuse the credentials beside one, and a credential is worth more than the word that it has arrived.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from vcwallet.flow import HttpResponse
from vcwallet.issuer.openid4vci.access import Access, require_access
from vcwallet.issuer.openid4vci.context import Exchange
from vcwallet.issuer.openid4vci.credential import find_record, kept_answer
from vcwallet.issuer.openid4vci.deployer import NotYet
from vcwallet.issuer.openid4vci.issuing import Slot, issue, require_not_taken_back
from vcwallet.issuer.openid4vci.messages import answer, read_body, require_encryption
from vcwallet.issuer.openid4vci.state import ANSWER, TRANSACTION, Answer, Grant, Transaction
from vcwallet.jose.jwt import seconds
from vcwallet.keys import jwk
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal
from vcwallet.protocols.openid4vci.credential_response import DeferredIssuance, IssuedCredentials
from vcwallet.protocols.openid4vci.deferred_request import read_deferred_request
from vcwallet.sealed_sessions import Opened


def deferred(exchange: Exchange) -> HttpResponse:
    """Answer a deferred credential request.

    Raises:
        OAuthRefusal: it is refused.
    """
    context = exchange.context
    access = require_access(exchange)
    body = read_body(exchange)
    request = read_deferred_request(body.json, encrypted=body.encrypted)
    require_encryption(context, request.response_encryption)
    with context.one_at_a_time(access.token.grant):
        grant = access.grant(context)
        transaction = _transaction(exchange, grant, request.transaction_id)
        is_delivered = transaction.body.delivered is not None
        response = (
            _again(exchange, access, transaction.body) if is_delivered else _deliver(exchange, grant, transaction)
        )
    return answer(exchange, response, request.response_encryption)


def _transaction(exchange: Exchange, grant: Opened[Grant], id: str) -> Opened[Transaction]:
    found = exchange.context.sessions.find(TRANSACTION, Transaction, id)
    if found is None or found.body.grant != grant.secret or found.body.configuration not in exchange.context.offerings:
        raise _invalid("there is no such transaction of this grant")
    return found


def _again(exchange: Exchange, access: Access, transaction: Transaction) -> bytes:
    delivered = datetime.fromtimestamp(transaction.delivered or 0, UTC)
    is_late = exchange.at >= delivered + exchange.context.lifetimes.deferred_answer
    kept = exchange.context.sessions.find(ANSWER, Answer, transaction.answer or "")
    if not access.is_bound or is_late or kept is None:
        raise _invalid("the credentials were delivered before")
    exchange.commit()
    return kept.body.response.encode("utf-8")


def _deliver(
    exchange: Exchange, grant: Opened[Grant], transaction: Opened[Transaction]
) -> IssuedCredentials | DeferredIssuance:
    held = transaction.body
    offering = exchange.context.offerings[held.configuration]
    record = find_record(exchange, grant.body.subject, offering)
    if isinstance(record, NotYet):
        exchange.commit()
        return DeferredIssuance(transaction_id=transaction.secret, interval=record.interval)
    slot = Slot(grant=grant, offering=offering, generation=held.generation, number=held.number)
    credentials, grant = issue(exchange, slot, record, [jwk.parse(key) for key in held.keys])
    require_not_taken_back(exchange, slot)
    is_notified = exchange.context.deferred_notifications
    response, begun, secret = kept_answer(exchange, grant, slot, credentials, is_notified=is_notified)
    changed: dict[str, Any] = {"state": "done", "secret": secret}
    acts = tuple(act.model_copy(update=changed) if act.secret == transaction.secret else act for act in grant.body.acts)
    exchange.commit(transaction.swap(delivered=seconds(exchange.at), answer=secret), grant.swap(acts=acts), *begun)
    return response


def _invalid(message: str) -> OAuthRefusal:
    return OAuthRefusal(message, error=OAuthErrorCode.INVALID_TRANSACTION_ID, clause="OpenID4VCI 1.0, section 9.3")
