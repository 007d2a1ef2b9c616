# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Identifiers of credential issuers, and where their metadata are (OpenID4VCI 1.0, section 12.2.1 and 12.2.2)."""

from __future__ import annotations

import pytest

from vcwallet.errors import MalformedError
from vcwallet.protocols.openid4vci.identifiers import (
    AUTHORIZATION_SERVER,
    CREDENTIAL_ISSUER,
    require_issuer_identifier,
    well_known_url,
)

PLACES = [
    ("https://issuer.example", "https://issuer.example/.well-known/openid-credential-issuer"),
    ("https://issuer.example/", "https://issuer.example/.well-known/openid-credential-issuer"),
    ("https://issuer.example/tenant", "https://issuer.example/.well-known/openid-credential-issuer/tenant"),
    ("https://issuer.example:8443/a/b", "https://issuer.example:8443/.well-known/openid-credential-issuer/a/b"),
    ("http://127.0.0.1:8000/a", "http://127.0.0.1:8000/.well-known/openid-credential-issuer/a"),
]


@pytest.mark.parametrize(("issuer", "url"), PLACES, ids=[issuer for issuer, _ in PLACES])
def test_the_well_known_path_stands_between_host_and_path(issuer: str, url: str) -> None:
    assert well_known_url(issuer, CREDENTIAL_ISSUER) == url


def test_an_authorization_server_has_a_path_of_its_own() -> None:
    found = well_known_url("https://issuer.example/t", AUTHORIZATION_SERVER)
    assert found == "https://issuer.example/.well-known/oauth-authorization-server/t"


@pytest.mark.parametrize(
    "issuer", ["http://issuer.example", "https://issuer.example?a=1", "https://issuer.example#a", ""]
)
def test_what_is_no_identifier_has_no_metadata(issuer: str) -> None:
    with pytest.raises(MalformedError):
        well_known_url(issuer, CREDENTIAL_ISSUER)
    with pytest.raises(MalformedError) as caught:
        require_issuer_identifier(issuer)
    assert caught.value.clause == "OpenID4VCI 1.0, section 12.2.1"


def test_an_identifier_is_taken_as_it_is_written() -> None:
    assert require_issuer_identifier("https://ISSUER.example/A") == "https://ISSUER.example/A"
