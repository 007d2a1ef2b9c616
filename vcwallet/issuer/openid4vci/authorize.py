# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The authorization endpoint, and the log-in that it begins (RFC 6749, section 4.1; OpenID4VCI 1.0, section 5).

The browser that brings a request gets a cookie, and every further step of this log-in needs it: an address that
somebody else is made to open is of no use to whoever began.  A request ends in one code, however often it is brought.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Final

from vcwallet.encoding import base64url
from vcwallet.flow import HttpResponse
from vcwallet.issuer.openid4vci.client import Client
from vcwallet.issuer.openid4vci.context import Exchange
from vcwallet.issuer.openid4vci.deployer import LoginPage, LoginRefused, LoginRequest, Subject
from vcwallet.issuer.openid4vci.pushed import checked_request
from vcwallet.issuer.openid4vci.state import (
    CODE,
    GRANT,
    LOGIN,
    OFFER,
    REQUEST_URI,
    Code,
    Grant,
    LoginState,
    Offer,
    PushedRequest,
)
from vcwallet.jose.jwt import seconds
from vcwallet.protocols.oauth.authorization import (
    REQUEST_URI_PREFIX,
    read_authorization_request,
    read_pushed_reference,
    redirect_with_code,
    redirect_with_error,
)
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal
from vcwallet.sealed_sessions import Opened, begin, new_secret
from vcwallet.sessions import Change

LOGIN_PATH: Final = "/login"
_HANDLE: Final = "handle"
# What a page of a log-in always is: in no cache and no frame, and telling its address to nobody.
PAGE_HEADERS: Final = {
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_POLICY: Final = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"


def authorize(exchange: Exchange) -> HttpResponse:
    """Begin a log-in for a request that a browser brings, and send the browser there.

    Raises:
        OAuthRefusal: it is refused; the browser is sent nowhere, since nobody has vouched for where to.
    """
    context = exchange.context
    if context.login is None:
        raise OAuthRefusal("nobody can log in here", error=OAuthErrorCode.UNAUTHORIZED_CLIENT)
    params = exchange.query
    request, request_uri = _pushed(exchange, params) if "request_uri" in params else (_direct(exchange, params), None)
    context.require_room(LOGIN, context.bounds.logins)
    handle, cookie = new_secret(), new_secret()
    state = LoginState(request=request, request_uri=request_uri, cookie=_digest(cookie))
    exchange.commit(begin(LOGIN, state, secret=handle, expires=exchange.ends(context.lifetimes.login)))
    headers = {"location": _login_url(exchange, handle), "set-cookie": _cookie(exchange, handle, cookie)}
    return HttpResponse(status=303, headers=PAGE_HEADERS | headers, body=b"")


def _pushed(exchange: Exchange, params: dict[str, str]) -> tuple[PushedRequest, str]:
    reference = read_pushed_reference(params)
    secret = reference.request_uri.removeprefix(REQUEST_URI_PREFIX)
    found = exchange.context.sessions.find(REQUEST_URI, PushedRequest, secret)
    is_late = found is not None and exchange.at >= datetime.fromtimestamp(found.body.until, UTC)
    if found is None or is_late or found.body.is_used or found.body.parameters["client_id"] != reference.client_id:
        raise OAuthRefusal(
            "there is no such pushed request of this client",
            error=OAuthErrorCode.INVALID_REQUEST_URI,
            clause="RFC 9126, section 4",
        )
    return found.body, secret


def _direct(exchange: Exchange, params: dict[str, str]) -> PushedRequest:
    if exchange.context.requires("pushed_authorization") or exchange.context.requires("client_authentication"):
        raise OAuthRefusal(
            "the request has to be pushed", error=OAuthErrorCode.INVALID_REQUEST, clause="RFC 9126, section 5"
        )
    request = read_authorization_request(params)
    return checked_request(exchange, request, Client(client_id=request.client_id), None)


# --- the log-in ------------------------------------------------------------------------------------------------------


def login(exchange: Exchange) -> HttpResponse:
    """Answer one request of a browser in a log-in.

    Raises:
        OAuthRefusal: there is no such log-in in this browser, or the form comes from another site.
    """
    context = exchange.context
    found = _login(exchange)
    _require_own_form(exchange)
    if found.body.location is not None:
        return _redirect(found.body.location)
    if context.login is None or _is_used(exchange, found.body):
        raise _no_login()
    answer = context.login.identify(_asked(exchange, found))
    match answer:
        case LoginPage():
            return _page(exchange, found, answer)
        case Subject():
            return _authorise(exchange, found, answer)
        case LoginRefused():
            return _refuse(exchange, found)
        case _:
            raise TypeError("the answer of a log-in is a page, a subject or a refusal")


def _login(exchange: Exchange) -> Opened[LoginState]:
    handle = exchange.query.get(_HANDLE, "")
    found = exchange.context.sessions.find(LOGIN, LoginState, handle)
    cookie = _shown_cookie(exchange, handle)
    if found is None or not hmac.compare_digest(_digest(cookie), found.body.cookie):
        raise _no_login()
    return found


def _no_login() -> OAuthRefusal:
    return OAuthRefusal("there is no such log-in in this browser", error=OAuthErrorCode.INVALID_REQUEST, status=403)


def _require_own_form(exchange: Exchange) -> None:
    """Return if a form comes from a page of ours, as far as the browser says where it comes from."""
    if exchange.http.method != "POST":
        return
    origin = exchange.header("origin") or exchange.context.origin
    site = exchange.header("sec-fetch-site") or "same-origin"
    if origin != exchange.context.origin or site not in ("same-origin", "none"):
        raise OAuthRefusal("the form comes from another site", error=OAuthErrorCode.INVALID_REQUEST, status=403)


def _asked(exchange: Exchange, found: Opened[LoginState]) -> LoginRequest:
    request, offerings = found.body.request, exchange.context.offerings
    types = dict.fromkeys(offerings[id].type for id in request.configurations if id in offerings)
    return LoginRequest(
        http=exchange.http,
        url=_login_url(exchange, found.secret),
        types=tuple(types),
        client=request.parameters["client_id"],
        redirect_uri=request.parameters["redirect_uri"],
        wallet_name=request.wallet_name,
        state=base64url.decode(found.body.state),
        at=exchange.at,
    )


def _page(exchange: Exchange, found: Opened[LoginState], page: LoginPage) -> HttpResponse:
    state = base64url.encode(page.state)
    if state != found.body.state:
        exchange.commit(found.swap(state=state))
    policy = {} if "content-security-policy" in page.response.headers else {"content-security-policy": _POLICY}
    headers = {**policy, **page.response.headers, **PAGE_HEADERS}
    return HttpResponse(status=page.response.status, headers=headers, body=page.response.body)


def _authorise(exchange: Exchange, found: Opened[LoginState], subject: Subject) -> HttpResponse:
    """Give the code, which the browser takes to the wallet."""
    request, parameters = found.body.request, found.body.request.parameters
    offer = None if request.offer is None else exchange.context.sessions.find(OFFER, Offer, request.offer)
    if request.offer is not None and (offer is None or offer.body.subject not in (None, subject.reference)):
        return _refuse(exchange, found)  # nobody can tell any more whom it was made for, or it was somebody else
    code, grant_secret, context = new_secret(), new_secret(), exchange.context
    grant = Grant(
        subject=subject.reference,
        configurations=request.configurations,
        named=request.named,
        client_id=parameters["client_id"],
        tags=context.people.tags(subject.reference),
    )
    until = exchange.ends(context.lifetimes.code)
    held = Code(
        grant=grant_secret,
        client_id=parameters["client_id"],
        redirect_uri=parameters["redirect_uri"],
        code_challenge=parameters["code_challenge"],
        dpop_jkt=request.dpop_jkt,
        instance=request.instance,
        until=seconds(until),
    )
    # It is kept for longer than it is good, so that it is noticed when somebody shows it again.
    kept = until + context.lifetimes.login
    location = redirect_with_code(
        parameters["redirect_uri"], code=code, state=parameters.get("state"), issuer=context.identifier
    )
    exchange.commit(
        found.swap(location=location, state=""),
        begin(CODE, held, secret=code, expires=kept),
        begin(GRANT, grant, secret=grant_secret, expires=kept),
        *_used(exchange, found.body),
        *([] if offer is None else [offer.swap(grant=grant_secret)]),
    )
    return _redirect(location)


def _refuse(exchange: Exchange, found: Opened[LoginState]) -> HttpResponse:
    parameters = found.body.request.parameters
    location = redirect_with_error(
        parameters["redirect_uri"],
        error=OAuthErrorCode.ACCESS_DENIED,
        state=parameters.get("state"),
        issuer=exchange.context.identifier,
    )
    exchange.commit(found.swap(location=location, state=""), *_used(exchange, found.body))
    return _redirect(location)


def _is_used(exchange: Exchange, login: LoginState) -> bool:
    """Tell whether the request has ended in another log-in."""
    if login.request_uri is None:
        return False
    found = exchange.context.sessions.find(REQUEST_URI, PushedRequest, login.request_uri)
    return found is None or found.body.is_used


def _used(exchange: Exchange, login: LoginState) -> list[Change]:
    """Return the change after which the pushed request is used up."""
    if login.request_uri is None:
        return []
    found = exchange.context.sessions.find(REQUEST_URI, PushedRequest, login.request_uri)
    if found is None or found.body.is_used:
        raise _no_login()
    return [found.swap(is_used=True)]


def _redirect(location: str) -> HttpResponse:
    # 303, so that a form with a password is not sent on (RFC 9700, section 4.12).
    return HttpResponse(status=303, headers=PAGE_HEADERS | {"location": location}, body=b"")


def _login_url(exchange: Exchange, handle: str) -> str:
    return f"{exchange.context.url(LOGIN_PATH)}?{_HANDLE}={handle}"


# --- the cookie ------------------------------------------------------------------------------------------------------


def _cookie(exchange: Exchange, handle: str, value: str) -> str:
    lifetime = int(exchange.context.lifetimes.login.total_seconds())
    # Without https the browser of this machine would not send it back.
    secure = "; Secure" if _is_https(exchange) else ""
    name = _cookie_name(exchange, handle)
    return f"{name}={value}; Path=/; Max-Age={lifetime}; HttpOnly; SameSite=Lax{secure}"


def _cookie_name(exchange: Exchange, handle: str) -> str:
    """Return a name of its own for each log-in, so that two at once do not disturb each other."""
    return f"{'__Host-' if _is_https(exchange) else ''}login-{_digest(handle)[:16]}"


def _shown_cookie(exchange: Exchange, handle: str) -> str:
    name = _cookie_name(exchange, handle)
    for pair in (exchange.header("cookie") or "").split(";"):
        shown, _, value = pair.strip().partition("=")
        if shown == name:
            return value
    return ""


def _is_https(exchange: Exchange) -> bool:
    return exchange.context.identifier.startswith("https:")


def _digest(text: str) -> str:
    return base64url.encode(hashlib.sha256(text.encode("utf-8")).digest())
