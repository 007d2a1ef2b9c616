# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The authorization request, pushed or not, and the redirect that answers it.

RFC 6749 (section 4.1), RFC 7636, RFC 8707, RFC 9126, RFC 9207, RFC 9396, RFC 9449 (section 10) and OpenID4VCI 1.0
(section 5), without what RFC 9700 advises against: the only response type is ``code``, always with PKCE, and a redirect
URI is always named.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field

from vcwallet.encoding import json, wire
from vcwallet.encoding.wire import WireModel
from vcwallet.errors import BindingError, LimitExceededError, MalformedError
from vcwallet.protocols.oauth import form, pkce
from vcwallet.protocols.oauth.authorization_details import AuthorizationDetail, details_text, read_details
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal, PeerRefusedError, refusing

MAX_CLIENT_ID = 2048
MAX_REDIRECT_URI = 2048
MAX_STATE = 1024
MAX_ISSUER_STATE = 4096
MAX_CODE = 4096
MAX_SCOPES = 50
MAX_SCOPE = 16 * 1024
MAX_RESOURCES = 10
MAX_REQUEST_URI = 2048
MAX_RESPONSE_BYTES = 64 * 1024
REQUEST_URI_PREFIX: Final = "urn:ietf:params:oauth:request_uri:"

_VISIBLE = re.compile(r"[ -~]+")  # RFC 6749, appendix A
_SCOPE = re.compile(r"[!#-\[\]-~]+(?: [!#-\[\]-~]+)*")  # RFC 6749, section 3.3
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):[!$-;=?-\[\]_a-z~]+")  # no fragment, space, quote, backslash or bracket


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """What a wallet asks an authorization server for, with the user at a browser.

    Attributes:
        client_id: the wallet's.
        redirect_uri: where the browser brings the answer.
        code_challenge: of PKCE with S256.
        scope: the scope values that are asked for.
        authorization_details: the credentials that are asked for in detail.
        state: comes back with the answer.
        issuer_state: from the credential offer.
        dpop_jkt: the thumbprint of the key that the code will be bound to.
        resource: where the token is for; taken and not looked at.
    """

    client_id: str
    redirect_uri: str
    code_challenge: str
    scope: tuple[str, ...] = ()
    authorization_details: tuple[AuthorizationDetail, ...] = ()
    state: str | None = field(default=None, repr=False)
    issuer_state: str | None = field(default=None, repr=False)
    dpop_jkt: str | None = None
    resource: tuple[str, ...] = ()

    def parameters(self) -> dict[str, str]:
        """Return the parameters of the request, for a form or a query."""
        optional = {
            "scope": " ".join(self.scope),
            "authorization_details": details_text(self.authorization_details) if self.authorization_details else "",
            "state": self.state,
            "issuer_state": self.issuer_state,
            "dpop_jkt": self.dpop_jkt,
            "resource": " ".join(self.resource),
        }
        return {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "code_challenge": self.code_challenge,
            "code_challenge_method": pkce.METHOD,
            **{name: value for name, value in optional.items() if value},
        }


def read_authorization_request(params: Mapping[str, str]) -> AuthorizationRequest:
    """Return the request of these parameters; those that nobody knows are ignored (RFC 6749, section 3.1).

    Raises:
        OAuthRefusal: a parameter is missing, broken or over its limit (``invalid_request``), another response type
            (``unsupported_response_type``), neither scope nor details (``invalid_scope``), broken details
            (``invalid_authorization_details``), or a request object (``request_not_supported``).
    """
    if "request" in params:
        raise _refused("a request object is not read", OAuthErrorCode.REQUEST_NOT_SUPPORTED, "RFC 9126, section 3")
    if "request_uri" in params:
        raise _refused("a pushed request names no other", OAuthErrorCode.INVALID_REQUEST, "RFC 9126, section 2.1")
    if params.get("response_type", "code") != "code":
        error = OAuthErrorCode.UNSUPPORTED_RESPONSE_TYPE
        raise _refused("the only response type is code", error, "RFC 9700, section 2.1.2")
    with refusing(OAuthErrorCode.INVALID_REQUEST):
        _require_plain_query(params)
        request = AuthorizationRequest(
            client_id=required(params, "client_id", MAX_CLIENT_ID),
            redirect_uri=require_redirect_uri(required(params, "redirect_uri", MAX_REDIRECT_URI)),
            code_challenge=pkce.read_challenge(params),
            scope=read_scope(params),
            authorization_details=read_details(text) if (text := params.get("authorization_details")) else (),
            state=optional(params, "state", MAX_STATE),
            issuer_state=optional(params, "issuer_state", MAX_ISSUER_STATE),
            dpop_jkt=_thumbprint(params),
            resource=read_resources(params),
        )
    if not request.scope and not request.authorization_details:
        raise _refused("the request asks for nothing", OAuthErrorCode.INVALID_SCOPE, "RFC 6749, section 3.3")
    return request


def require_redirect_uri(uri: str) -> str:
    """Return a redirect URI that a browser may be sent to: https, a scheme of an app, or http to this machine.

    Raises:
        MalformedError: none of these, or with a fragment or user information (RFC 6749, section 3.1.2; RFC 8252).
    """
    found = _URI.fullmatch(uri)
    if found is None or len(uri) > MAX_REDIRECT_URI:
        raise MalformedError("the redirect URI is no absolute URI without fragment", clause=_REDIRECT_CLAUSE)
    scheme = found.group(1).lower()
    if scheme in _ACTIVE_SCHEMES or scheme.startswith("ms-"):
        raise MalformedError("a browser is not sent to such a redirect URI", clause="RFC 9700, section 4.11.2")
    if scheme in ("http", "https"):
        _require_host(uri, anywhere=scheme == "https")
    return uri


_REDIRECT_CLAUSE = "RFC 6749, section 3.1.2"
# What a browser runs or reads from the disk instead of going there, or gives to a part of the system and to no wallet.
_ACTIVE_SCHEMES = frozenset(
    {"about", "blob", "content", "data", "file", "filesystem", "ftp", "intent", "javascript", "vbscript", "view-source"}
    | {"chrome", "feed", "jar", "ldap", "mailto", "resource", "search", "search-ms", "shell", "smb", "sms", "smsto"}
    | {"ssh", "tel", "telnet", "ws", "wss", "wyciwyg"}
)


def _require_host(uri: str, *, anywhere: bool) -> None:
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:  # a broken port or IPv6 address
        raise _no_host() from None
    if not host or "@" in parts.netloc:
        raise _no_host()
    if not anywhere and not _is_this_machine(host):
        raise MalformedError("a redirect URI over http leaves this machine", clause="RFC 8252, section 7.3")


def _no_host() -> MalformedError:
    return MalformedError("the redirect URI has no host, or user information", clause=_REDIRECT_CLAUSE)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# --- parameters that other messages have too -------------------------------------------------------------------------


def required(params: Mapping[str, str], name: str, max_length: int) -> str:
    """Return a parameter that has to be there.

    Raises:
        LimitExceededError: longer than `max_length` characters.
        MalformedError: it is missing, or has a character that is not visible ASCII.
    """
    value = optional(params, name, max_length)
    if value is None:
        raise MalformedError(f"the parameter {name} is missing", clause="RFC 6749, section 5.2")
    return value


def optional(params: Mapping[str, str], name: str, max_length: int) -> str | None:
    """Return a parameter; None where it is left out, or has no value (RFC 6749, section 3.1).

    Raises:
        LimitExceededError, MalformedError: as `required`.
    """
    value = params.get(name)
    if not value:
        return None
    if len(value) > max_length:
        raise LimitExceededError(f"the parameter {name} is longer than {max_length} characters")
    if not _VISIBLE.fullmatch(value):
        raise MalformedError(f"the parameter {name} has a forbidden character", clause="RFC 6749, appendix A")
    return value


def read_scope(params: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of ``scope``, each once, in their order.

    Raises:
        OAuthRefusal: it is not as RFC 6749 (section 3.3) says, or has more than 50 values (``invalid_scope``).
    """
    with refusing(OAuthErrorCode.INVALID_SCOPE):
        text = optional(params, "scope", MAX_SCOPE)
        if text is None:
            return ()
        if not _SCOPE.fullmatch(text):
            raise MalformedError("scope is a list of values with single spaces", clause="RFC 6749, section 3.3")
        values = tuple(dict.fromkeys(text.split(" ")))
        if len(values) > MAX_SCOPES:
            raise LimitExceededError(f"scope has more than {MAX_SCOPES} values")
        return values


def read_resources(params: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of ``resource``, which may come more than once (RFC 8707, section 2).

    Raises:
        LimitExceededError: more than ten of them.
        MalformedError: one is no absolute URI without fragment.
    """
    values = tuple((params.get("resource") or "").split())
    if len(values) > MAX_RESOURCES:
        raise LimitExceededError(f"a request has more than {MAX_RESOURCES} resources")
    if not all(_URI.fullmatch(value) for value in values):
        raise MalformedError("a resource is an absolute URI without fragment", clause="RFC 8707, section 2")
    return values


def _require_plain_query(params: Mapping[str, str]) -> None:
    if "response_type" not in params:
        raise MalformedError("the parameter response_type is missing", clause="RFC 6749, section 4.1.1")
    if params.get("response_mode", "query") != "query":
        raise MalformedError("the answer comes in the query of the redirect", clause="RFC 6749, section 4.1.2")


def _thumbprint(params: Mapping[str, str]) -> str | None:
    value = params.get("dpop_jkt")
    if value is not None and not _THUMBPRINT.fullmatch(value):
        raise MalformedError("dpop_jkt is no SHA-256 thumbprint", clause="RFC 9449, section 10")
    return value


def _refused(message: str, error: OAuthErrorCode, clause: str) -> OAuthRefusal:
    return OAuthRefusal(message, error=error, clause=clause)


# --- pushing it ------------------------------------------------------------------------------------------------------


class PushedResponse(WireModel):
    """The answer to a pushed authorization request (RFC 9126, section 2.2), sent with status 201."""

    request_uri: Annotated[str, Field(min_length=1, max_length=MAX_REQUEST_URI, repr=False)]
    expires_in: Annotated[int, Field(gt=0)]


def pushed_response(request_uri: str, *, expires_in: int) -> bytes:
    """Return the body of the answer: what now stands for the request, and for how many seconds."""
    return json.dumps({"request_uri": request_uri, "expires_in": expires_in})


def read_pushed_response(body: bytes) -> PushedResponse:
    """Return the answer to a pushed request.

    Raises:
        LimitExceededError: longer than 64 KiB, or a reference longer than 2 048 characters.
        MalformedError: not as the standard says.
    """
    answer = wire.read(PushedResponse, body, max_bytes=MAX_RESPONSE_BYTES)
    if not _URI.fullmatch(answer.request_uri):
        raise MalformedError("the request_uri is no URI", clause="RFC 9126, section 2.2")
    return answer


def authorization_url(endpoint: str, *, client_id: str, request_uri: str) -> str:
    """Return where to send the browser with a request that was pushed before (RFC 9126, section 4)."""
    return _with_query(endpoint, {"client_id": client_id, "request_uri": request_uri})


def direct_authorization_url(endpoint: str, request: AuthorizationRequest) -> str:
    """Return where to send the browser with a request that was not pushed."""
    return _with_query(endpoint, request.parameters())


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedReference:
    """A request that the browser brings by the name which it was given when it was pushed."""

    client_id: str
    request_uri: str = field(repr=False)


def read_pushed_reference(params: Mapping[str, str]) -> PushedReference:
    """Return the reference that the browser brings; other parameters mean nothing beside it (RFC 9126, section 4).

    Raises:
        OAuthRefusal: a parameter is missing or broken (``invalid_request``), or a reference that was not given out here
            (``invalid_request_uri``).
    """
    with refusing(OAuthErrorCode.INVALID_REQUEST):
        client_id = required(params, "client_id", MAX_CLIENT_ID)
        request_uri = required(params, "request_uri", MAX_REQUEST_URI)
    if not request_uri.startswith(REQUEST_URI_PREFIX):
        error = OAuthErrorCode.INVALID_REQUEST_URI
        raise _refused("the request_uri is not one of a pushed request", error, "RFC 9126, section 2.2")
    return PushedReference(client_id=client_id, request_uri=request_uri)


# --- the answer ------------------------------------------------------------------------------------------------------


def redirect_with_code(redirect_uri: str, *, code: str, state: str | None, issuer: str) -> str:
    """Return where the browser goes with the code (RFC 6749, section 4.1.2; ``iss`` of RFC 9207)."""
    return _with_query(redirect_uri, {"code": code, "state": state or "", "iss": issuer})


def redirect_with_error(redirect_uri: str, *, error: OAuthErrorCode, state: str | None, issuer: str) -> str:
    """Return where the browser goes without one (RFC 6749, section 4.1.2.1; ``iss`` of RFC 9207)."""
    return _with_query(redirect_uri, {"error": error.value, "state": state or "", "iss": issuer})


def read_redirect(url: str, *, redirect_uri: str, state: str, issuer: str, iss_required: bool = True) -> str:
    """Return the code that the browser has brought, if it is the answer to our request and from this server.

    Args:
        url: where the browser was sent.
        redirect_uri: where it had to be sent.
        state: of the request, which has to have had one.
        issuer: the identifier of the authorization server that the request went to.
        iss_required: whether a server that does not name itself is refused; only where its metadata do not promise
            ``iss`` may this be false.

    Raises:
        BindingError: another redirect URI (code ``REDIRECT_MISMATCH``), state (``STATE_MISMATCH``), or authorization
            server (``ISSUER_MISMATCH``): somebody mixes up two answers or two servers.
        PeerRefusedError: the server says that it has refused.
        LimitExceededError, MalformedError: no redirect with one answer in it.
        ValueError: `state` is empty, and would be that of every answer without one.
    """
    if not state:
        raise ValueError("an answer belongs to a request with a state")
    params = _answer_in(url, redirect_uri)
    if not _is_same(params.get("state", ""), state):
        clause = "RFC 6749, section 10.12"
        raise BindingError("the answer is to another request", code="STATE_MISMATCH", clause=clause)
    if (iss_required or "iss" in params) and not _is_same(params.get("iss", ""), issuer):
        clause = "RFC 9207, section 2.4"
        raise BindingError("the answer is from another server", code="ISSUER_MISMATCH", clause=clause)
    code, error = optional(params, "code", MAX_CODE), params.get("error")
    if error is not None and code is None:
        raise PeerRefusedError(error, status=0)
    if code is None or error is not None:
        raise MalformedError("the answer has neither code nor error, or both", clause="RFC 6749, section 4.1.2")
    return code


def _answer_in(url: str, redirect_uri: str) -> dict[str, str]:
    # A fragment is none of the server's answer: browsers carry that of the page before along.
    base, _, text = url.partition("#")[0].partition("?")
    expected, _, own = redirect_uri.partition("?")
    params, own_params = form.read_query(text), form.read_query(own)
    if base != expected or any(params.pop(name, None) != value for name, value in own_params.items()):
        raise BindingError(
            "the answer came to another redirect URI", code="REDIRECT_MISMATCH", clause="RFC 9700, section 2.1"
        )
    return params


def _is_same(value: str, expected: str) -> bool:
    return hmac.compare_digest(value.encode("utf-8"), expected.encode("utf-8"))


def _with_query(url: str, params: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{form.query(params)}"
