# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The description of a service's endpoints in OpenAPI 3.1, made from the endpoints that it has."""

from __future__ import annotations

from typing import Any, Final

from vcwallet._version import __version__
from vcwallet.encoding import json
from vcwallet.issuer.openid4vci import CredentialIssuerService, Route
from vcwallet.protocols.oauth.refusal import OAuthErrorCode

_TEXT: Final[dict[str, Any]] = {"type": "string"}
_NAME: Final[dict[str, Any]] = {"type": "string", "minLength": 1}
_OBJECT: Final[dict[str, Any]] = {"type": "object"}
_REFUSAL: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {"error": {"enum": [code.value for code in OAuthErrorCode]}},
}
_FORM, _JSON, _JWT = "application/x-www-form-urlencoded", "application/json", "application/jwt"


def openapi_json(service: CredentialIssuerService) -> bytes:
    """Return the description as JSON."""
    return json.dumps(openapi(service))


def openapi(service: CredentialIssuerService) -> dict[str, Any]:
    """Return the description of a service."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "OpenID4VCI 1.0 credential issuer", "version": __version__},
        "servers": [{"url": service.origin}],
        "paths": {_path(route): _operations(route) for route in service.routes},
        "components": {
            "securitySchemes": {
                "access_token": {"type": "http", "scheme": "bearer", "description": "or DPoP (RFC 9449)"}
            }
        },
    }


def _path(route: Route) -> str:
    return f"{route.path}{{reference}}" if route.path.endswith("/") else route.path


def _operations(route: Route) -> dict[str, Any]:
    summary, request, answers = _ENDPOINTS[route.name]
    operations: dict[str, Any] = {}
    for method in route.methods:
        operations[method.lower()] = {
            "operationId": route.name if method == route.methods[0] else f"{route.name}_{method.lower()}",
            "summary": summary,
            **_parameters(route),
            **({"requestBody": request} if request and method == "POST" else {}),
            **({"security": [{"access_token": []}]} if route.name in _PROTECTED else {}),
            "responses": {**answers, **_refusals(route)},
        }
    return operations


def _parameters(route: Route) -> dict[str, Any]:
    if route.path.endswith("/"):
        parameter = {"name": "reference", "in": "path", "required": True, "schema": _NAME}
        return {"parameters": [parameter]}
    names = _QUERIES.get(route.name, ())
    return {"parameters": [{"name": name, "in": "query", "schema": _TEXT} for name in names]} if names else {}


def _refusals(route: Route) -> dict[str, Any]:
    statuses = ["400", "401", "403", "413", "429", "503"] if not route.path.endswith("/") else ["400", "429", "503"]
    return {status: _content("refused, or come back later", {_JSON: _REFUSAL}) for status in statuses}


def _content(description: str, schemas: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {name: {"schema": schema} for name, schema in schemas.items()}}


def _body(*, required: bool = True, **schemas: dict[str, Any]) -> dict[str, Any]:
    names = {"form": _FORM, "json": _JSON, "jwt": _JWT}
    return {"required": required, "content": {names[name]: {"schema": schema} for name, schema in schemas.items()}}


def _fields(*required: str, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": dict.fromkeys((*required, *optional), _TEXT),
    }


_PROTECTED: Final = frozenset({"credential", "deferred", "notification"})
_AUTHORIZATION: Final = (
    *("response_type", "client_id", "redirect_uri", "code_challenge", "code_challenge_method"),
    *("scope", "authorization_details", "state", "issuer_state", "dpop_jkt", "resource"),
)
_QUERIES: Final[dict[str, tuple[str, ...]]] = {
    "authorize": ("request_uri", *_AUTHORIZATION),
    "login": ("handle",),
}
_CREDENTIALS: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["credentials"],
    "properties": {
        "credentials": {"type": "array", "items": {"type": "object", "required": ["credential"]}},
        "notification_id": _TEXT,
    },
}
_PROMISE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["transaction_id", "interval"],
    "properties": {"transaction_id": _TEXT, "interval": {"type": "integer", "minimum": 1}},
}
_ISSUED: Final[dict[str, Any]] = {
    "200": _content("credentials", {_JSON: _CREDENTIALS, _JWT: _TEXT}),
    "202": _content("a promise of credentials", {_JSON: _PROMISE, _JWT: _TEXT}),
}
_SENT: Final[dict[str, Any]] = {"description": "the browser is sent on"}
_METADATA: Final[dict[str, Any]] = {
    "200": _content("metadata", {_JSON: _OBJECT, _JWT: _TEXT}),
    "304": {"description": "what the one who asks has is up to date"},
}
_CREDENTIAL_REQUEST: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "credential_identifier": _NAME,
        "credential_configuration_id": _NAME,
        "proofs": {
            "type": "object",
            "maxProperties": 1,
            "properties": {
                "jwt": {"type": "array", "items": _TEXT, "minItems": 1},
                "attestation": {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 1},
                "di_vp": {"type": "array", "items": _OBJECT, "minItems": 1},
            },
        },
        "credential_response_encryption": _OBJECT,
    },
}
_DEFERRED_REQUEST: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["transaction_id"],
    "properties": {"transaction_id": _NAME, "credential_response_encryption": _OBJECT},
}
_NOTIFICATION_REQUEST: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["notification_id", "event"],
    "properties": {
        "notification_id": _NAME,
        "event": {"enum": ["credential_accepted", "credential_failure", "credential_deleted"]},
        "event_description": _TEXT,
    },
}
_TOKEN_REQUEST: Final = _fields(
    "grant_type",
    optional=(
        *("pre-authorized_code", "tx_code", "code", "redirect_uri", "code_verifier", "refresh_token"),
        *("client_id", "scope", "authorization_details", "resource"),
    ),
)
_ENDPOINTS: Final[dict[str, tuple[str, dict[str, Any], dict[str, Any]]]] = {
    "issuer_metadata": ("Metadata of the credential issuer", {}, _METADATA),
    "server_metadata": ("Metadata of the authorisation server", {}, _METADATA),
    "offer": (
        "A credential offer by reference",
        {},
        {"200": _content("the offer", {_JSON: _OBJECT}), "404": {"description": "there is none"}},
    ),
    "par": (
        "Push an authorization request",
        _body(form=_fields("client_id", optional=_AUTHORIZATION)),
        {"201": _content("what stands for it", {_JSON: _OBJECT})},
    ),
    "authorize": ("Begin a log-in", {}, {"303": _SENT}),
    "login": (
        "A page of a log-in",
        _body(required=False, form=_OBJECT),
        {"200": {"description": "a page"}, "303": _SENT, "4XX": {"description": "a page"}},
    ),
    "token": (
        "Redeem a code or refresh token",
        _body(form=_TOKEN_REQUEST),
        {"200": _content("tokens", {_JSON: _OBJECT})},
    ),
    "nonce": ("A nonce for proofs", {}, {"200": _content("the nonce", {_JSON: _OBJECT})}),
    "challenge": (
        "A challenge for wallet attestations",
        {},
        {"200": _content("the challenge", {_JSON: _OBJECT}), "404": {"description": "there are none"}},
    ),
    "credential": ("Get credentials", _body(json=_CREDENTIAL_REQUEST, jwt=_TEXT), _ISSUED),
    "deferred": ("Get credentials that were promised", _body(json=_DEFERRED_REQUEST, jwt=_TEXT), _ISSUED),
    "notification": (
        "Tell what became of credentials",
        _body(json=_NOTIFICATION_REQUEST),
        {"204": {"description": "taken"}},
    ),
}
