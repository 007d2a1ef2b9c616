# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Metadata and offers of a credential issuer, right in all but what a test changes."""

from __future__ import annotations

from typing import Any

from vcwallet.encoding import json
from vcwallet.protocols.openid4vci.issuer_metadata import CredentialIssuerMetadata, read_issuer_metadata

ISSUER = "https://issuer.example/tenant1"
SD_JWT_VC: dict[str, Any] = {
    "format": "dc+sd-jwt",
    "vct": "urn:example:residence:1",
    "scope": "residence",
    "credential_signing_alg_values_supported": ["ES256"],
    "cryptographic_binding_methods_supported": ["jwk"],
    "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
}
MDOC: dict[str, Any] = {
    "format": "mso_mdoc",
    "doctype": "org.example.residence",
    "scope": "residence_mdoc",
    "credential_signing_alg_values_supported": [-7, -9],
    "cryptographic_binding_methods_supported": ["cose_key"],
    "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
}
METADATA: dict[str, Any] = {
    "credential_issuer": ISSUER,
    "credential_endpoint": f"{ISSUER}/credential",
    "nonce_endpoint": f"{ISSUER}/nonce",
    "credential_configurations_supported": {"residence": SD_JWT_VC, "residence_mdoc": MDOC},
}
SERVER: dict[str, Any] = {
    "issuer": ISSUER,
    "token_endpoint": f"{ISSUER}/token",
    "authorization_endpoint": f"{ISSUER}/authorize",
    "pushed_authorization_request_endpoint": f"{ISSUER}/par",
    "require_pushed_authorization_requests": True,
    "response_types_supported": ["code"],
    "grant_types_supported": ["authorization_code"],
    "code_challenge_methods_supported": ["S256"],
    "authorization_response_iss_parameter_supported": True,
    "dpop_signing_alg_values_supported": ["ES256"],
    "token_endpoint_auth_methods_supported": ["attest_jwt_client_auth"],
}


def without(members: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return an object that lacks some members."""
    return {name: value for name, value in members.items() if name not in names}


def read_metadata(**changed: Any) -> CredentialIssuerMetadata:
    """Return the metadata with some members changed."""
    return read_issuer_metadata(json.dumps({**METADATA, **changed}), issuer=ISSUER)
