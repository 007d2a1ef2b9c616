# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Metadata of an authorization server (RFC 8414), with the members of the standards that issuers of credentials use.

Those are PAR (RFC 9126), ``iss`` in the response (RFC 9207), authorization details (RFC 9396), DPoP (RFC 9449),
OpenID4VCI 1.0 (section 12.3) and attestation-based client authentication (draft -07).

    >>> from vcwallet.protocols.oauth.server_metadata import read_server_metadata
    >>> text = b'{"issuer": "https://issuer.example", "token_endpoint": "https://issuer.example/token"}'
    >>> read_server_metadata(text, issuer="https://issuer.example").token_endpoint
    'https://issuer.example/token'
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field

from vcwallet.encoding import json, service_url, wire
from vcwallet.encoding.wire import Array, Maybe, WireModel
from vcwallet.errors import UntrustedError

MEDIA_TYPE: Final = "application/json"
MAX_BYTES = 256 * 1024
MAX_VALUES = 1000
CLAUSE: Final = "RFC 8414, section 2"

CLIENT_ATTESTATION: Final = "attest_jwt_client_auth"
"""The client authentication method by which wallets show an attestation of their provider."""
ANONYMOUS: Final = "none"
"""The client authentication method without any."""


def _issuer(text: str) -> str:
    service_url.parse(text, clause=CLAUSE)
    return text


def _endpoint(text: str) -> str:
    service_url.parse_endpoint(text, clause=CLAUSE)
    return text


Endpoint: TypeAlias = Annotated[str, AfterValidator(_endpoint)]
Values: TypeAlias = Annotated[Array[str], Field(max_length=MAX_VALUES)]


class AuthorizationServerMetadata(WireModel):
    """What an authorization server says about itself; members that nobody knows are kept."""

    model_config: ClassVar[ConfigDict] = ConfigDict(validate_by_name=True, validate_by_alias=True)

    issuer: Annotated[str, AfterValidator(_issuer)]
    token_endpoint: Endpoint
    authorization_endpoint: Maybe[Endpoint] = None
    jwks_uri: Maybe[Endpoint] = None
    scopes_supported: Values = ()
    response_types_supported: Values = ()
    grant_types_supported: Values = ("authorization_code", "implicit")
    token_endpoint_auth_methods_supported: Values = ("client_secret_basic",)
    code_challenge_methods_supported: Values = ()
    pushed_authorization_request_endpoint: Maybe[Endpoint] = None
    require_pushed_authorization_requests: bool = False
    authorization_response_iss_parameter_supported: bool = False
    authorization_details_types_supported: Values = ()
    dpop_signing_alg_values_supported: Values = ()
    pre_authorized_grant_anonymous_access_supported: Annotated[
        bool, Field(alias="pre-authorized_grant_anonymous_access_supported")
    ] = False
    challenge_endpoint: Maybe[Endpoint] = None
    client_attestation_signing_alg_values_supported: Values = ()
    client_attestation_pop_signing_alg_values_supported: Values = ()
    client_attestation_pop_methods_supported: Values = ()


def read_server_metadata(body: bytes | Mapping[str, object], *, issuer: str) -> AuthorizationServerMetadata:
    """Return the metadata of a JSON document that was fetched for `issuer` (RFC 8414, section 3.3).

    Raises:
        LimitExceededError: longer than 256 KiB, or a list of more than 1 000 values.
        MalformedError: not metadata as the standards have them.
        UntrustedError: they are another server's (code ``ISSUER_MISMATCH``).
    """
    return _of_issuer(wire.read(AuthorizationServerMetadata, body, max_bytes=MAX_BYTES), issuer)


def fit_server_metadata(members: Mapping[str, object], *, issuer: str) -> AuthorizationServerMetadata:
    """Return the metadata of an object that strict JSON parsing gave, as `read_server_metadata` does.

    Raises:
        VcError: as `read_server_metadata`.
    """
    return _of_issuer(wire.fit(AuthorizationServerMetadata, members), issuer)


def _of_issuer(metadata: AuthorizationServerMetadata, issuer: str) -> AuthorizationServerMetadata:
    if metadata.issuer != issuer:
        raise UntrustedError(
            "the metadata are another authorization server's", code="ISSUER_MISMATCH", clause="RFC 8414, section 3.3"
        )
    return metadata


def server_metadata_json(metadata: AuthorizationServerMetadata) -> bytes:
    """Return the metadata as the JSON document that the server publishes, with just the members they were made with."""
    return json.dumps(metadata.model_dump(mode="json", by_alias=True, exclude_unset=True))
