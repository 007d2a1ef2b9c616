# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Links and QR codes that invoke a wallet, and fetching the request that one refers to (OpenID4VP 1.0, 5.1, 5.10, 9).

>>> from vcwallet.protocols.openid4vp.request_uri import RequestReference, read_request_link, reference_link
>>> link = reference_link("x509_san_dns:v.example", "https://v.example/req/1", method="post")
>>> link
'openid4vp://?client_id=x509_san_dns%3Av.example&request_uri=https%3A%2F%2Fv.example%2Freq%2F1&request_uri_method=post'
>>> read_request_link(link).uri
'https://v.example/req/1'
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from vcwallet.claims import JsonObject, JsonValue
from vcwallet.encoding import json, service_url, wire
from vcwallet.encoding.wire import Array, Maybe, WireModel
from vcwallet.errors import (
    LimitExceededError,
    MalformedError,
    RemoteProtocolError,
    TransportError,
    UntrustedError,
)
from vcwallet.flow import Flow, HttpRequest, HttpResponse
from vcwallet.jose import jwe
from vcwallet.keys import jwk_set
from vcwallet.protocols.oauth import form
from vcwallet.protocols.openid4vp.client_id import ClientIdPrefix
from vcwallet.protocols.openid4vp.client_metadata import SIGNATURES, VP_FORMATS
from vcwallet.protocols.openid4vp.reception import BY_VALUE, Reception
from vcwallet.protocols.openid4vp.request import MAX_WALLET_NONCE
from vcwallet.protocols.openid4vp.request_object import (
    MAX_BYTES,
    UnverifiedRequest,
    read_members,
    read_request,
)
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey, encryption_jwk

SCHEME: Final = "openid4vp://"
HAIP_SCHEME: Final = "haip-vp://"
MEDIA_TYPE: Final = "application/oauth-authz-req+jwt"
MAX_LINK = 64 * 1024
MAX_METADATA_BYTES = 64 * 1024
_CLAUSE: Final = "OpenID4VP 1.0, section 5"
_BY_REFERENCE: Final = "OpenID4VP 1.0, section 5.10"
_SCHEMES: Final = frozenset({SCHEME, HAIP_SCHEME})
# Inside a query string these are JSON texts (section 5.1).
_JSON_PARAMETERS: Final = ("dcql_query", "client_metadata", "transaction_data", "verifier_info", "expected_origins")


class RequestUriMethod(StrEnum):
    """How a request object is fetched (section 5.1)."""

    GET = "get"
    POST = "post"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReference:
    """Where a request object can be fetched.

    Attributes:
        client_id: the client identifier beside it, which the request object has to have.
        uri: where it is.
        method: how it is fetched.
    """

    client_id: str
    uri: str
    method: RequestUriMethod = RequestUriMethod.GET


# --- links -----------------------------------------------------------------------------------------------------------


def reference_link(client_id: str, uri: str, *, method: str = "get", scheme: str = SCHEME) -> str:
    """Return a link that says where the request object can be fetched, short enough for a QR code.

    Args:
        client_id: that of the request object.
        uri: where it is, by https.
        method: ``get`` or ``post``; a wallet without POST fetches it with GET all the same.
        scheme: `SCHEME`, `HAIP_SCHEME`, or the https URL of a wallet.

    Raises:
        MalformedError: the address is not https.
        ValueError: another method or scheme.
    """
    service_url.parse_endpoint(uri, clause=_BY_REFERENCE)
    parameters = {"client_id": client_id, "request_uri": uri}
    if RequestUriMethod(method) is RequestUriMethod.POST:
        parameters["request_uri_method"] = RequestUriMethod.POST.value
    return _link(scheme, parameters)


def value_link(client_id: str, request_object: str, *, scheme: str = SCHEME) -> str:
    """Return a link that carries a signed request object.

    Raises:
        ValueError: another scheme than `reference_link` takes.
        LimitExceededError: the link would be longer than 64 KiB.
    """
    return _link(scheme, {"client_id": client_id, "request": request_object})


def parameters_link(parameters: JsonObject, *, scheme: str = SCHEME) -> str:
    """Return a link that carries a request without a signature, member by member.

    Raises:
        ValueError: another scheme than `reference_link` takes.
        LimitExceededError: the link would be longer than 64 KiB.
    """
    return _link(scheme, {name: _as_text(value) for name, value in parameters.items()})


def _as_text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value).decode("utf-8")


def read_request_link(text: str, *, reception: Reception = BY_VALUE) -> UnverifiedRequest | RequestReference:
    """Return the request of a link, or where it can be fetched; nothing of it is to be trusted.

    Args:
        text: the link, or what is in a QR code.
        reception: how it came, as far as the wallet's own identifier and abilities are concerned.

    Raises:
        LimitExceededError: longer than 64 KiB.
        MalformedError: not the link of a request.
        RemoteProtocolError: it carries a request and a reference, or a method that is none
            (``INVALID_REQUEST_URI_METHOD``).
        VcError: the request in it breaks a rule, see `read_request`.
    """
    parameters = _parameters(text)
    if "request_uri" in parameters:
        return _reference(parameters)
    if "request_uri_method" in parameters:
        raise RemoteProtocolError("there is a method, and nothing to fetch", clause=_BY_REFERENCE)
    if "request" in parameters:
        return read_request(parameters["request"], reception=replace(reception, client_id=_client_id(parameters)))
    return read_members(_members(parameters), signature=None, reception=reception)


def _reference(parameters: Mapping[str, str]) -> RequestReference:
    if "request" in parameters:
        raise RemoteProtocolError("a link carries a request or a reference, not both", clause="RFC 9101, section 5")
    uri, method = parameters["request_uri"], parameters.get("request_uri_method", RequestUriMethod.GET.value)
    service_url.parse_endpoint(uri, clause=_BY_REFERENCE)
    if method not in tuple(RequestUriMethod):
        raise RemoteProtocolError(
            "request_uri_method is get or post", code="INVALID_REQUEST_URI_METHOD", clause=_BY_REFERENCE
        )
    return RequestReference(client_id=_client_id(parameters), uri=uri, method=RequestUriMethod(method))


def _client_id(parameters: Mapping[str, str]) -> str:
    if "client_id" not in parameters:
        raise MalformedError("a link has a client_id", clause="RFC 9101, section 5")
    return parameters["client_id"]


def _members(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return parameters as the members that a request object would have."""
    return {name: json.loads(value) if name in _JSON_PARAMETERS else value for name, value in parameters.items()}


def _parameters(text: str) -> dict[str, str]:
    if len(text) > MAX_LINK:
        raise LimitExceededError(f"the link of a request is longer than {MAX_LINK} characters")
    location, question_mark, query = text.partition("?")
    if not question_mark or not _is_location(location):
        raise MalformedError("not the link of a request", clause=_CLAUSE)
    return form.read_query(query)


def _is_location(location: str) -> bool:
    scheme, separator, rest = location.partition("://")
    if f"{scheme.lower()}{separator}" in _SCHEMES:
        # Some write the endpoint of the static configuration with a path.
        return rest in ("", "/", "authorize", "authorize/")
    return _is_universal(location)


def _is_universal(location: str) -> bool:
    try:
        service_url.parse(location)
    except MalformedError:
        return False
    return True


def _link(scheme: str, parameters: Mapping[str, str]) -> str:
    if scheme not in _SCHEMES and not _is_universal(scheme):
        raise ValueError("the link of a request begins with a scheme for requests, or is an https URL without a query")
    link = f"{scheme}?{form.query(parameters)}"
    if len(link) > MAX_LINK:
        raise LimitExceededError(f"the link of a request is longer than {MAX_LINK} characters")
    return link


# --- what a wallet says when it fetches ------------------------------------------------------------------------------


class WalletJwkSet(WireModel):
    """The keys of a wallet that wants the request object encrypted."""

    keys: Array[dict[str, Any]]


class WalletMetadata(WireModel):
    """``wallet_metadata``: what a wallet can read (section 10); other members are kept."""

    vp_formats_supported: dict[str, dict[str, Any]]
    client_id_prefixes_supported: Array[str] = ()
    request_object_signing_alg_values_supported: Array[str] = ()
    authorization_encryption_alg_values_supported: Array[str] = ()
    authorization_encryption_enc_values_supported: Array[str] = ()
    jwks: Maybe[WalletJwkSet] = None

    def request_encryption_key(self) -> dict[str, str] | None:
        """Return the key that the request object is encrypted to; None where the wallet wants it in the open.

        Raises:
            MalformedError, AlgorithmNotAllowedError: none of the keys is one that we can encrypt to.
        """
        if self.jwks is None:
            return None
        if not 0 < len(self.jwks.keys) <= jwk_set.MAX_KEYS:
            raise MalformedError("a set of keys has some", clause="RFC 7517, section 5")
        fitting = [key for key in self.jwks.keys if key.get("kty") == "EC" and key.get("crv") == "P-256"]
        return encryption_jwk((fitting or self.jwks.keys)[0])


def wallet_metadata(
    *, prefixes: Sequence[ClientIdPrefix] = tuple(ClientIdPrefix), key: ResponseKey | None
) -> JsonObject:
    """Return what our wallets say of themselves.

    Args:
        prefixes: the client identifier prefixes that the wallet's trust knows verifiers by.
        key: made for this one request, to have the request object encrypted; None to have it in the open.
    """
    metadata: dict[str, Any] = {
        "vp_formats_supported": VP_FORMATS,
        "client_id_prefixes_supported": [prefix.value for prefix in prefixes],
        "response_types_supported": ["vp_token"],
        "request_object_signing_alg_values_supported": SIGNATURES,
        "authorization_encryption_alg_values_supported": [jwe.ALGORITHM],
        "authorization_encryption_enc_values_supported": sorted(jwe.ContentEncryption),
    }
    return metadata if key is None else {**metadata, "jwks": {"keys": [key.jwk]}}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestUriPost:
    """What a wallet posts to have a request object (section 5.10).

    Attributes:
        metadata: what it says of itself, if anything.
        wallet_nonce: its fresh value, if it sent one.
    """

    metadata: WalletMetadata | None
    wallet_nonce: str | None = field(repr=False)


def read_request_uri_post(body: bytes) -> RequestUriPost:
    """Return what a wallet has posted to have a request object; nothing in it is verified.

    Raises:
        LimitExceededError: longer than 64 KiB, or a nonce longer than 512 characters.
        MalformedError: no such form.
    """
    parameters = form.read_form(body)
    nonce, metadata = parameters.get("wallet_nonce"), parameters.get("wallet_metadata")
    if nonce is not None and len(nonce) > MAX_WALLET_NONCE:
        raise LimitExceededError(f"wallet_nonce is longer than {MAX_WALLET_NONCE} characters")
    read = None if metadata is None else wire.read(WalletMetadata, metadata, max_bytes=MAX_METADATA_BYTES)
    return RequestUriPost(metadata=read, wallet_nonce=nonce)


def request_object_response(request_object: str, *, metadata: WalletMetadata | None = None) -> HttpResponse:
    """Return what the verifier answers: the signed request object, encrypted if the wallet has sent a key (5.10.1).

    Raises:
        MalformedError, AlgorithmNotAllowedError: none of the wallet's keys is one that we can encrypt to.
    """
    key = metadata.request_encryption_key() if metadata is not None else None
    text = request_object if key is None else encrypt_request_object(request_object, jwk=key, metadata=metadata)
    headers = {"content-type": MEDIA_TYPE, "cache-control": "no-store"}
    return HttpResponse(status=200, headers=headers, body=text.encode("ascii"))


def encrypt_request_object(request_object: str, *, jwk: JsonObject, metadata: WalletMetadata | None = None) -> str:
    """Return a signed request object in a JWE to a key of the wallet: signed first, then encrypted.

    Raises:
        MalformedError, AlgorithmNotAllowedError: the key is not one that we can encrypt to.
    """
    offered = metadata.authorization_encryption_enc_values_supported if metadata is not None else ()
    enc = jwe.ContentEncryption.A128GCM if offered and "A256GCM" not in offered else jwe.ContentEncryption.A256GCM
    return jwe.encrypt(request_object.encode("ascii"), recipient_jwk=jwk, enc=enc, cty="oauth-authz-req+jwt")


# --- fetching --------------------------------------------------------------------------------------------------------


def fetching(
    reference: RequestReference,
    *,
    at: datetime,
    reception: Reception = BY_VALUE,
    prefixes: Sequence[ClientIdPrefix] = tuple(ClientIdPrefix),
    key: ResponseKey | None = None,
    wallet_nonce: str | None = None,
) -> Flow[UnverifiedRequest]:
    """Fetch the request object of a reference; no redirect is followed.

    Args:
        reference: of the link.
        at: the time, from which on the request is as old as it says or was fetched.
        reception: the wallet's own identifier and abilities.
        prefixes: the client identifier prefixes that the wallet's trust knows verifiers by.
        key: made for this one request, to have the request object encrypted; used with POST only.
        wallet_nonce: by default a fresh value of 256 bits; used with POST only.

    Raises:
        TransportError: nothing came back, or no success (``NOT_THERE``).
        MalformedError: it is of another media type, or no request object.
        RemoteProtocolError: the request object is another client's, or does not have the wallet's nonce.
        VcError: as `read_request`; or it was to be encrypted and does not decrypt.
    """
    posted = reference.method is RequestUriMethod.POST
    nonce = (wallet_nonce or secrets.token_urlsafe(32)) if posted else None
    used_key = key if posted else None
    response = yield _fetch(reference, nonce=nonce, key=used_key, prefixes=prefixes)
    text = _request_object(response, key=used_key)
    circumstances = replace(
        reception,
        client_id=reference.client_id,
        request_uri=reference.uri,
        wallet_nonce=nonce,
        received_at=at,
        origin=None,
    )
    return read_request(text, reception=circumstances)


def _fetch(
    reference: RequestReference, *, nonce: str | None, key: ResponseKey | None, prefixes: Sequence[ClientIdPrefix]
) -> HttpRequest:
    headers = {"accept": MEDIA_TYPE}
    if nonce is None:
        return HttpRequest(method="GET", url=reference.uri, max_bytes=MAX_BYTES, headers=headers)
    metadata = json.dumps(wallet_metadata(prefixes=prefixes, key=key)).decode("utf-8")
    return HttpRequest(
        method="POST",
        url=reference.uri,
        max_bytes=2 * MAX_BYTES,
        headers={**headers, "content-type": form.MEDIA_TYPE},
        body=form.form_body({"wallet_metadata": metadata, "wallet_nonce": nonce}),
    )


def _request_object(response: HttpResponse, *, key: ResponseKey | None) -> str:
    if response.status != 200:
        raise TransportError("the request object is not there", code="NOT_THERE", clause=_BY_REFERENCE)
    if response.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise MalformedError("the request object is not of its media type", clause=_BY_REFERENCE)
    text = response.body.decode("ascii", "replace").strip()
    if text.count(".") != 4:
        return text
    if key is None:
        raise UntrustedError("the request object is encrypted, and we gave no key", code="KEY_NOT_FOUND")
    message = jwe.parse(text)
    if message.header.key_id not in (None, key.kid):
        raise UntrustedError("the request object is encrypted to another key", code="KEY_NOT_FOUND")
    return message.decrypt(key.agreement).decode("ascii", "replace")
