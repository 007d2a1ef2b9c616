# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Getting an access token: by a pre-authorised code, by a log-in in the browser, or by a refresh token.

Each request can be repeated after its answer was lost: with the same code and the same key it gets the same token.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from vcwallet.errors import LimitExceededError, RemoteProtocolError, UntrustedError
from vcwallet.flow import Flow
from vcwallet.keys import jwk
from vcwallet.keys.public import PublicKey
from vcwallet.protocols.oauth.authorization import (
    AuthorizationRequest,
    authorization_url,
    direct_authorization_url,
    read_pushed_response,
    read_redirect,
)
from vcwallet.protocols.oauth.authorization_details import AuthorizationDetail
from vcwallet.protocols.oauth.pkce import Pkce
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, PeerRefusedError
from vcwallet.protocols.oauth.token import (
    AuthorizationCodeGrant,
    PreAuthorizedCodeGrant,
    RefreshTokenGrant,
    TokenGrant,
    TokenResponse,
    read_token_response,
)
from vcwallet.protocols.oauth.token_type import TokenType
from vcwallet.wallet.collecting.collection import Act, Collection, Plan
from vcwallet.wallet.collecting.discovery import is_foreign
from vcwallet.wallet.collecting.exchange import Exchange
from vcwallet.wallet.collecting.states import (
    CodeReceived,
    Granted,
    InBrowser,
    Outcome,
    PreAuthorised,
    ToPush,
    TxCodeNeeded,
    Wanted,
)

MAX_TX_CODE_TRIES: Final = 5
"""How many wrong transaction codes a holder enters before the collection ends; an issuer may end it earlier."""
MAX_CREDENTIALS: Final = 20
"""How many credentials of one offer a wallet asks for; an authorization server can name several for each."""
_LONGEST: Final = timedelta(days=36_500)


def to_be_pushed() -> ToPush:
    """Return a new authorization request, with secrets of its own."""
    return ToPush(state=secrets.token_urlsafe(32), verifier=Pkce.create().verifier)


def push(plan: Plan, access: ToPush, exchange: Exchange, *, key: PublicKey, at: datetime) -> Flow[InBrowser]:
    """Return where the browser is to go, after the request was pushed (RFC 9126), if the server takes that.

    Raises:
        PeerRefusedError: the server refuses.
        TransportError: it cannot answer now.
        MalformedError: it answers with something else.
    """
    server = plan.authorization_server
    request = _request(plan, access, key)
    if server.authorization_endpoint is None:
        raise RemoteProtocolError("the authorization server has no page to log in at", code="NO_AUTHORIZATION_ENDPOINT")
    if server.pushed_authorization_request_endpoint is None:
        url, expires = direct_authorization_url(server.authorization_endpoint, request), None
    else:
        response = yield from exchange.ask_server(
            server.pushed_authorization_request_endpoint, request.parameters(), accepted=(201, 200)
        )
        pushed = read_pushed_response(response.body)
        url = authorization_url(
            server.authorization_endpoint, client_id=request.client_id, request_uri=pushed.request_uri
        )
        expires = _later(at, pushed.expires_in)
    return InBrowser(state=access.state, verifier=access.verifier, url=url, expires=expires)


def returned(collection: Collection, access: InBrowser, url: str) -> Collection:
    """Return what follows on the URL that the browser has come back with.

    Raises:
        BindingError: it is not the answer to this request, or not from this server: it changes nothing.
        MalformedError: it is no answer.
    """
    plan = collection.plan
    try:
        code = read_redirect(
            url,
            redirect_uri=plan.redirect_uri or "",
            state=access.state,
            issuer=plan.server,
            iss_required=plan.is_iss_required,
        )
    except PeerRefusedError as refused:
        return collection.ended(Outcome.REFUSED, refused.error or refused.code)
    return collection.moved(CodeReceived(code=code, verifier=access.verifier))


def redeem(
    collection: Collection, access: PreAuthorised | CodeReceived, exchange: Exchange, *, at: datetime
) -> Flow[Collection]:
    """Return the collection after its code was redeemed for a token, or was refused.

    Raises:
        TransportError: the server cannot answer now.
        VcError: what it answers does not hold.
    """
    plan = collection.plan
    grant = _grant(plan, access)
    try:
        response = yield from _ask(plan, grant, exchange)
    except PeerRefusedError as refused:
        return _refused(collection, refused)
    moved = collection.moved(_granted(response, at=at, refresh_token=None))
    return replace(moved, acts=acts_of(plan, response, collection.acts))


def refresh(collection: Collection, refresh_token: str, exchange: Exchange, *, at: datetime) -> Flow[Collection]:
    """Return the collection with a fresh token, or ended where the server gives none any more.

    Raises:
        TransportError: the server cannot answer now.
        VcError: what it answers does not hold.
    """
    plan = collection.plan
    grant = RefreshTokenGrant(refresh_token=refresh_token, client_id=plan.client_id)
    try:
        response = yield from _ask(plan, grant, exchange)
    except PeerRefusedError as refused:
        return collection.ended(Outcome.EXPIRED, refused.error or refused.code)
    return collection.moved(_granted(response, at=at, refresh_token=refresh_token))


def acts_of(plan: Plan, response: TokenResponse, acts: Sequence[Act]) -> tuple[Act, ...]:
    """Return what is to be asked for: what was approved, by the identifiers that the server gives it, if it does.

    Raises:
        RemoteProtocolError: the server grants what nobody has asked for (``UNSOLICITED_CREDENTIAL``).
        LimitExceededError: more than 20 credentials.
    """
    identifiers: dict[str, tuple[str, ...]] = {}
    for detail in response.authorization_details:
        known = identifiers.get(detail.credential_configuration_id, ())
        identifiers[detail.credential_configuration_id] = (*known, *detail.credential_identifiers)
    approved = [act.configuration_id for act in acts]
    if not set(identifiers) <= set(approved):
        raise RemoteProtocolError("a credential was granted that was not asked for", code="UNSOLICITED_CREDENTIAL")
    found = tuple(
        Act(configuration_id=name, credential_identifier=identifier, progress=Wanted())
        for name in approved
        for identifier in dict.fromkeys(identifiers.get(name, (None,)))
    )
    if len(found) > MAX_CREDENTIALS:
        raise LimitExceededError(f"more than {MAX_CREDENTIALS} credentials were granted")
    return found


# --- steps -----------------------------------------------------------------------------------------------------------


def _request(plan: Plan, access: ToPush, key: PublicKey) -> AuthorizationRequest:
    configurations = plan.metadata.supported
    scopes = [one.scope for one in configurations.values() if one.scope is not None]
    by_scope = len(scopes) == len(configurations)
    names_servers = bool(plan.metadata.authorization_servers)
    return AuthorizationRequest(
        client_id=plan.client_id or "",
        redirect_uri=plan.redirect_uri or "",
        code_challenge=Pkce(access.verifier).challenge,
        scope=tuple(dict.fromkeys(scopes)) if by_scope else (),
        authorization_details=() if by_scope else _details(plan, names_servers=names_servers),
        state=access.state,
        issuer_state=plan.issuer_state,
        dpop_jkt=jwk.thumbprint(jwk.public_jwk(key)) if plan.is_bound else None,
        resource=(plan.issuer,) if names_servers else (),
    )


def _details(plan: Plan, *, names_servers: bool) -> tuple[AuthorizationDetail, ...]:
    details = (AuthorizationDetail(credential_configuration_id=name) for name in plan.metadata.supported)
    if not names_servers:
        return tuple(details)
    return tuple(detail.model_copy(update={"locations": (plan.issuer,)}) for detail in details)


def _grant(plan: Plan, access: PreAuthorised | CodeReceived) -> TokenGrant:
    if isinstance(access, PreAuthorised):
        return PreAuthorizedCodeGrant(
            pre_authorized_code=plan.code or "", tx_code=access.tx_code, client_id=plan.client_id
        )
    return AuthorizationCodeGrant(
        code=access.code,
        redirect_uri=plan.redirect_uri or "",
        code_verifier=access.verifier,
        client_id=plan.client_id,
    )


def _ask(plan: Plan, grant: TokenGrant, exchange: Exchange) -> Flow[TokenResponse]:
    params = grant.parameters()
    if is_foreign(plan.metadata, plan.server):
        params["resource"] = plan.issuer  # so that the token is good at this issuer and nowhere else (RFC 8707)
    response = yield from exchange.ask_server(plan.authorization_server.token_endpoint, params, accepted=(200,))
    answer = read_token_response(response.body)
    promised = TokenType.DPOP if plan.is_bound else TokenType.BEARER
    if answer.token_type is not promised:
        raise UntrustedError(
            f"the token is of the type {answer.token_type}, not {promised}", code="TOKEN_TYPE", clause="RFC 9449"
        )
    return answer


def _refused(collection: Collection, refused: PeerRefusedError) -> Collection:
    access = collection.access
    if isinstance(access, PreAuthorised) and access.tx_code is not None:
        # Wrong or dead: the issuer does not say which, so the holder may try once more.
        may_try = refused.error == OAuthErrorCode.INVALID_GRANT and access.tries + 1 < MAX_TX_CODE_TRIES
        if may_try:
            return collection.moved(TxCodeNeeded(tries=access.tries + 1))
    return collection.ended(Outcome.REFUSED, refused.error or refused.code)


def _granted(response: TokenResponse, *, at: datetime, refresh_token: str | None) -> Granted:
    return Granted(
        access_token=response.access_token,
        expires=_later(at, response.expires_in) if response.expires_in is not None else None,
        refresh_token=response.refresh_token or refresh_token,
    )


def _later(at: datetime, seconds: int) -> datetime:
    return at + min(timedelta(seconds=min(seconds, 10**10)), _LONGEST)
