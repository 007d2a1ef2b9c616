# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Metadata of an authorization server (RFC 8414, and what others add to it)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.openid4vci import ISSUER, SERVER, without
from vcwallet.encoding import json
from vcwallet.errors import LimitExceededError, MalformedError, UntrustedError, VcError
from vcwallet.protocols.oauth.server_metadata import (
    AuthorizationServerMetadata,
    read_server_metadata,
    server_metadata_json,
)


def read(**changed: Any) -> AuthorizationServerMetadata:
    """Return the metadata of the server with some members changed."""
    return read_server_metadata(json.dumps({**SERVER, **changed}), issuer=ISSUER)


def test_metadata_are_written_as_they_were_read() -> None:
    members = {**SERVER, "pre-authorized_grant_anonymous_access_supported": True, "unknown": [1]}
    found = read(**members)
    assert found.pre_authorized_grant_anonymous_access_supported is True
    assert json.loads(server_metadata_json(found)) == members
    assert read_server_metadata(server_metadata_json(found), issuer=ISSUER) == found


def test_metadata_made_here_have_the_names_of_the_standard() -> None:
    made = AuthorizationServerMetadata(
        issuer=ISSUER, token_endpoint=f"{ISSUER}/token", pre_authorized_grant_anonymous_access_supported=True
    )
    assert json.loads(server_metadata_json(made)) == {
        "issuer": ISSUER,
        "token_endpoint": f"{ISSUER}/token",
        "pre-authorized_grant_anonymous_access_supported": True,
    }
    assert not read(
        pre_authorized_grant_anonymous_access_supported=True
    ).pre_authorized_grant_anonymous_access_supported


def test_what_is_not_said_is_what_the_standards_say() -> None:
    found = read_server_metadata(json.dumps({"issuer": ISSUER, "token_endpoint": f"{ISSUER}/t"}), issuer=ISSUER)
    assert found.grant_types_supported == ("authorization_code", "implicit")
    assert found.token_endpoint_auth_methods_supported == ("client_secret_basic",)
    assert not found.require_pushed_authorization_requests
    assert not found.authorization_response_iss_parameter_supported
    assert not found.pre_authorized_grant_anonymous_access_supported
    assert found.authorization_endpoint is None
    # An authorization server of pre-authorised codes alone may leave this out (OpenID4VCI 1.0, section 12.2.4).
    assert found.response_types_supported == ()


@pytest.mark.parametrize("issuer", ["https://issuer.example", f"{ISSUER}/", "https://evil.example"])
def test_the_metadata_of_another_server_are_refused(issuer: str) -> None:
    assert read().issuer == ISSUER
    with pytest.raises(UntrustedError) as caught:
        read_server_metadata(json.dumps(SERVER), issuer=issuer)
    assert caught.value.code == "ISSUER_MISMATCH"


ENDPOINTS = (
    "token_endpoint",
    "authorization_endpoint",
    "pushed_authorization_request_endpoint",
    "jwks_uri",
    "challenge_endpoint",
)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_endpoint_is_https_or_on_this_machine(name: str) -> None:
    for url in ("https://other.example/x?y=1", "http://localhost:8000/x"):
        assert getattr(read(**{name: url}), name) == url
    for wrong in ("http://other.example/x", "x", "", None, "https://u@other.example/", "https://other.example/#x"):
        with pytest.raises(MalformedError):
            read(**{name: wrong})


@pytest.mark.parametrize("name", ["issuer", "token_endpoint"])
def test_a_member_that_has_to_be_there_is_missed(name: str) -> None:
    with pytest.raises(MalformedError):
        read_server_metadata(json.dumps(without(SERVER, name)), issuer=ISSUER)


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "http://issuer.example"},
        {"issuer": f"{ISSUER}?x"},
        {"require_pushed_authorization_requests": "true"},
        {"authorization_response_iss_parameter_supported": 1},
        {"pre-authorized_grant_anonymous_access_supported": None},
        {"code_challenge_methods_supported": "S256"},
        {"dpop_signing_alg_values_supported": [-7]},
        {"scopes_supported": None},
    ],
    ids=ascii,
)
def test_a_member_of_another_form_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        read(**changed)


def test_it_has_limits() -> None:
    assert len(read(scopes_supported=["x"] * 1000).scopes_supported) == 1000
    with pytest.raises(LimitExceededError):
        read(scopes_supported=["x"] * 1001)
    with pytest.raises(LimitExceededError):
        read(padding="x" * 256 * 1024)


def test_a_text_cut_anywhere_raises_our_errors_only() -> None:
    text = json.dumps(SERVER)
    for length in range(len(text)):
        with pytest.raises(VcError):
            read_server_metadata(text[:length], issuer=ISSUER)
