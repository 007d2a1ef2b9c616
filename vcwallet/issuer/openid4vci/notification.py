# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The notification endpoint (OpenID4VCI 1.0, section 11): what became of credentials, told as often as one likes."""

from __future__ import annotations

from vcwallet.errors import RemoteProtocolError
from vcwallet.flow import HttpResponse
from vcwallet.issuer.openid4vci.access import require_access
from vcwallet.issuer.openid4vci.context import JSON, Exchange
from vcwallet.issuer.openid4vci.state import NOTIFICATION, Notified
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal, refusing
from vcwallet.protocols.openid4vci.notification import read_notification


def notification(exchange: Exchange) -> HttpResponse:
    """Take a notification.

    Raises:
        OAuthRefusal: it is refused.
    """
    access = require_access(exchange)
    with refusing(OAuthErrorCode.INVALID_NOTIFICATION_REQUEST):
        if (exchange.header("content-type") or "").partition(";")[0].strip().lower() != JSON:
            raise RemoteProtocolError("a notification is JSON", clause="OpenID4VCI 1.0, section 11.1")
    told = read_notification(exchange.http.body)
    grant = access.grant(exchange.context)
    found = exchange.context.sessions.find(NOTIFICATION, Notified, told.notification_id)
    if found is None or found.body.grant != grant.secret:
        raise OAuthRefusal(
            "there is nothing to tell about of this name",
            error=OAuthErrorCode.INVALID_NOTIFICATION_ID,
            clause="OpenID4VCI 1.0, section 11.3",
        )
    if found.body.event == told.event:
        exchange.commit()
    else:
        event = {**grant.body.event, found.body.configuration: told.event.value}
        exchange.commit(found.swap(event=told.event.value), grant.swap(event=event))
    return HttpResponse(status=204, headers={"cache-control": "no-store", **exchange.fresh_nonce()}, body=b"")
