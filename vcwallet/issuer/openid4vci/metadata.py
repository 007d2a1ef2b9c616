# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a service says about itself: as credential issuer and as authorisation server (OpenID4VCI 1.0, section 12)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from vcwallet.encoding import base64url, wire
from vcwallet.flow import HttpResponse
from vcwallet.issuer.openid4vci.context import JSON, Context, Exchange
from vcwallet.issuer.openid4vci.offering import GrantType, Offering
from vcwallet.jose.jwe import ALGORITHM, ALL
from vcwallet.keys.algorithm import Algorithm
from vcwallet.protocols.oauth.authorization_details import TYPE
from vcwallet.protocols.oauth.server_metadata import (
    ANONYMOUS,
    CLIENT_ATTESTATION,
    AuthorizationServerMetadata,
    server_metadata_json,
)
from vcwallet.protocols.oauth.token import REFRESH_TOKEN
from vcwallet.protocols.openid4vci.configurations import credential_configuration
from vcwallet.protocols.openid4vci.issuer_metadata import (
    CredentialConfiguration,
    CredentialIssuerMetadata,
    metadata_json,
)
from vcwallet.protocols.openid4vci.signed_metadata import sign_metadata

CACHED_FOR: Final = timedelta(minutes=5)
SIGNED_LIFETIME: Final = timedelta(hours=24)
SIGNED: Final = "application/jwt"
_LOCALES: Final = {"ja": "ja-JP", "en": "en-US"}
_SUITES: Final = ["ecdsa-jcs-2019", "eddsa-jcs-2022"]
_PROOF_ALGORITHMS: Final = (Algorithm.ES256, Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA)


def configuration_of(offering: Offering, *, algorithm: Algorithm) -> CredentialConfiguration:
    """Return the credential configuration of an offering, signed with `algorithm`."""
    made = credential_configuration(
        offering.type,
        offering.writer.format,
        algorithms=(algorithm,),
        proof_types=offering.proof_types,
        proof_algorithms=_PROOF_ALGORITHMS,
        key_attestations=offering.key_attestation,
    )
    if "di_vp" not in offering.proof_types:
        return made
    # Its algorithms are cryptosuites, and it has no place for an attestation (appendix F.2).
    members: dict[str, Any] = made.model_dump(mode="json", by_alias=True, exclude_unset=True)
    members["proof_types_supported"]["di_vp"] = {"proof_signing_alg_values_supported": _SUITES}
    return wire.fit(CredentialConfiguration, members)


def issuer_metadata(context: Context) -> CredentialIssuerMetadata:
    """Return the metadata of the credential issuer (section 12.2.4)."""
    members: dict[str, Any] = {
        "credential_issuer": context.identifier,
        "credential_endpoint": context.url("/credential"),
        "nonce_endpoint": context.url("/nonce"),
        "deferred_credential_endpoint": context.url("/deferred"),
        "notification_endpoint": context.url("/notification"),
        "display": _display(context.display),
        "credential_configurations_supported": {
            id: one.model_dump(mode="json", by_alias=True, exclude_unset=True)
            for id, one in context.configurations.items()
        },
        **_batch(context.offerings.values()),
        **_encryption(context),
    }
    return wire.fit(CredentialIssuerMetadata, members)


def server_metadata(context: Context) -> AuthorizationServerMetadata:
    """Return the metadata of the authorisation server (RFC 8414)."""
    grants = [grant for grant in context.profile.grants if context.login is not None or grant != _CODE]
    algorithms = [algorithm.value for algorithm in _PROOF_ALGORITHMS]
    members: dict[str, Any] = {
        "issuer": context.identifier,
        "token_endpoint": context.url("/token"),
        "response_types_supported": ["code"] if _CODE in grants else [],
        "grant_types_supported": [*grants, REFRESH_TOKEN],
        "token_endpoint_auth_methods_supported": _authentication(context),
        "scopes_supported": list(context.offerings),
        "authorization_details_types_supported": [TYPE],
        "dpop_signing_alg_values_supported": algorithms,
        "pre-authorized_grant_anonymous_access_supported": not context.requires("client_authentication"),
    }
    if _CODE in grants:
        members |= {
            "authorization_endpoint": context.url("/authorize"),
            "pushed_authorization_request_endpoint": context.url("/par"),
            "require_pushed_authorization_requests": context.requires("pushed_authorization"),
            "authorization_response_iss_parameter_supported": True,
            "code_challenge_methods_supported": ["S256"],
        }
    if context.challenges is not None:
        members |= {
            "challenge_endpoint": context.url("/challenge"),
            "client_attestation_signing_alg_values_supported": algorithms,
            "client_attestation_pop_signing_alg_values_supported": algorithms,
        }
    return wire.fit(AuthorizationServerMetadata, members)


_CODE: Final = GrantType.AUTHORIZATION_CODE.value


def _authentication(context: Context) -> list[str]:
    attested = [CLIENT_ATTESTATION] if context.challenges is not None else []
    return attested if context.requires("client_authentication") else [ANONYMOUS, *attested]


def _display(names: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "locale": _LOCALES.get(language, language)} for language, name in names.items()]


def _batch(offerings: Iterable[Offering]) -> dict[str, Any]:
    size = min(offering.batch_size for offering in offerings)
    return {"batch_credential_issuance": {"batch_size": size}} if size > 1 else {}


def _encryption(context: Context) -> dict[str, Any]:
    if not context.encryption:
        return {}
    enc = sorted(each.value for each in ALL)
    required = {"enc_values_supported": enc, "encryption_required": context.encryption_required}
    return {
        "credential_request_encryption": {"jwks": {"keys": [key.jwk for key in context.encryption]}, **required},
        "credential_response_encryption": {"alg_values_supported": [ALGORITHM], **required},
    }


# --- handing it out --------------------------------------------------------------------------------------------------


class PublishedMetadata:
    """The metadata documents of a service, made once; the signed one is signed anew before it ends."""

    def __init__(self, context: Context) -> None:
        """Make them."""
        self._context = context
        self.issuer: CredentialIssuerMetadata = issuer_metadata(context)
        self.server: AuthorizationServerMetadata = server_metadata(context)
        self._issuer_json = metadata_json(self.issuer)
        self._server_json = server_metadata_json(self.server)
        self._signed: tuple[Any, bytes] | None = None

    def of_issuer(self, exchange: Exchange) -> HttpResponse:
        """Answer who asks for the metadata of the credential issuer, signed if the request prefers that."""
        if self._context.signer is not None and _prefers_signed(exchange.header("accept")):
            return _found(exchange, self._signed_metadata(exchange), SIGNED)
        return _found(exchange, self._issuer_json, JSON)

    def of_server(self, exchange: Exchange) -> HttpResponse:
        """Answer who asks for the metadata of the authorisation server."""
        return _found(exchange, self._server_json, JSON)

    def _signed_metadata(self, exchange: Exchange) -> bytes:
        signer, last = self._context.signer, self._signed
        # Read and written once each: threads share it.
        if signer is not None and (last is None or exchange.at >= last[0]):
            text = sign_metadata(self.issuer, issuer=signer, at=exchange.at, expires=exchange.at + SIGNED_LIFETIME)
            last = self._signed = (exchange.at + SIGNED_LIFETIME / 2, text.encode("ascii"))
        return b"" if last is None else last[1]


def _prefers_signed(accept: str | None) -> bool:
    """Tell whether signed metadata are wanted at least as much as others (section 12.2.2)."""
    wanted = dict(map(_media_range, (accept or "").split(",")))
    return wanted.get(SIGNED, 0.0) > 0 and wanted[SIGNED] >= wanted.get(JSON, 0.0)


def _media_range(text: str) -> tuple[str, float]:
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
    try:
        return name, float(quality)
    except ValueError:
        return name, 0.0


def _found(exchange: Exchange, body: bytes, media_type: str) -> HttpResponse:
    etag = f'"{base64url.encode(hashlib.sha256(body).digest()[:16])}"'
    headers = {
        "cache-control": f"public, max-age={int(CACHED_FOR.total_seconds())}",
        "etag": etag,
        "vary": "Accept",
    }
    tags = [tag.strip().removeprefix("W/") for tag in (exchange.header("if-none-match") or "").split(",")]
    if etag in tags or "*" in tags:
        return HttpResponse(status=304, headers=headers, body=b"")
    return HttpResponse(status=200, headers={"content-type": media_type, **headers}, body=body)
