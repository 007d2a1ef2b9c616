# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The description of a verifier's endpoints in OpenAPI 3.1."""

from __future__ import annotations

from typing import Any, Final

from vcwallet._version import __version__
from vcwallet.encoding import json
from vcwallet.protocols.oauth import form
from vcwallet.protocols.oauth.refusal import OAuthErrorCode
from vcwallet.protocols.openid4vp.request import MAX_WALLET_NONCE
from vcwallet.protocols.openid4vp.request_uri import MAX_METADATA_BYTES, MEDIA_TYPE
from vcwallet.verifier.openid4vp import Route, VerifierService

_TEXT: Final[dict[str, Any]] = {"type": "string"}
_JSON: Final = "application/json"
_REFUSAL: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {"error": {"enum": [code.value for code in OAuthErrorCode]}},
}
_SECRET: Final[dict[str, Any]] = {
    "name": "secret",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "minLength": 1},
}


def verifier_openapi_json(service: VerifierService) -> bytes:
    """Return the description as JSON."""
    return json.dumps(verifier_openapi(service))


def verifier_openapi(service: VerifierService) -> dict[str, Any]:
    """Return the description of a service."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "OpenID4VP 1.0 verifier", "version": __version__},
        "servers": [{"url": service.origin}],
        "paths": {_path(route): _operations(route) for route in service.routes},
    }


def _operations(route: Route) -> dict[str, Any]:
    summary, schema, answer = _ENDPOINTS[route.name]
    return {
        method.lower(): {
            "operationId": route.name if method == "GET" else f"{route.name}_{method.lower()}",
            "summary": summary,
            **({"parameters": [_SECRET]} if _is_for_all_below(route) else {}),
            **({"requestBody": _form(schema)} if method == "POST" else {}),
            "responses": {"200": answer, **{status: _refusal() for status in _REFUSALS}},
        }
        for method in route.methods
    }


def _path(route: Route) -> str:
    return f"{route.path}{{secret}}" if _is_for_all_below(route) else route.path


def _is_for_all_below(route: Route) -> bool:
    return route.path.endswith("/")


def _form(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {form.MEDIA_TYPE: {"schema": schema}}}


def _content(description: str, media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _refusal() -> dict[str, Any]:
    return _content("refused, or come back later", _JSON, _REFUSAL)


_REFUSALS: Final = ("400", "404", "413", "429", "503")
_ENDPOINTS: Final[dict[str, tuple[str, dict[str, Any], dict[str, Any]]]] = {
    "request": (
        "Fetch a request object",
        {
            "type": "object",
            "properties": {
                "wallet_metadata": {"type": "string", "maxLength": MAX_METADATA_BYTES},
                "wallet_nonce": {"type": "string", "maxLength": MAX_WALLET_NONCE},
            },
        },
        _content("the request object, perhaps encrypted", MEDIA_TYPE, _TEXT),
    ),
    "response": (
        "Post an answer",
        {
            "type": "object",
            "properties": dict.fromkeys(("response", "vp_token", "state", "error", "error_description"), _TEXT),
            "oneOf": [{"required": ["response"]}, {"required": ["vp_token"]}, {"required": ["error"]}],
        },
        _content(
            "taken; where the person goes on, if anywhere",
            _JSON,
            {"type": "object", "properties": {"redirect_uri": {"type": "string", "format": "uri"}}},
        ),
    ),
}
