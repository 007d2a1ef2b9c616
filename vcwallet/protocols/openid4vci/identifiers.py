# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Credential issuer identifiers, and where the metadata of an identifier are (OpenID4VCI 1.0, section 12.2.1, 12.2.2).

Identifiers are compared as they are written, letter by letter.

    >>> from vcwallet.protocols.openid4vci.identifiers import CREDENTIAL_ISSUER, well_known_url
    >>> well_known_url("https://issuer.example/tenant1", CREDENTIAL_ISSUER)
    'https://issuer.example/.well-known/openid-credential-issuer/tenant1'
"""

from __future__ import annotations

from typing import Final

from vcwallet.encoding import service_url

CREDENTIAL_ISSUER: Final = "openid-credential-issuer"
"""The name of the metadata of a credential issuer (section 12.2.2)."""
AUTHORIZATION_SERVER: Final = "oauth-authorization-server"
"""The name of the metadata of an authorization server (RFC 8414, section 3)."""
_CLAUSE: Final = "OpenID4VCI 1.0, section 12.2.1"


def require_issuer_identifier(text: str) -> str:
    """Return a text that is the identifier of a credential issuer: an https URL without query and fragment.

    For a machine's own tests, http is taken as well, if the host is ``127.0.0.1``, ``[::1]`` or ``localhost``.

    Raises:
        MalformedError: another text, one with user information, or one over 2 048 characters.
    """
    service_url.parse(text, clause=_CLAUSE)
    return text


def well_known_url(issuer: str, name: str) -> str:
    """Return where the metadata of an identifier are: the well-known path stands between its host and its path.

    Args:
        issuer: the identifier of a credential issuer or an authorization server.
        name: which metadata, such as `CREDENTIAL_ISSUER` or `AUTHORIZATION_SERVER`.

    Raises:
        MalformedError: it is no such identifier.
    """
    url = service_url.parse(issuer, clause=_CLAUSE)
    return f"{url.origin}/.well-known/{name}{url.path.removesuffix('/')}"
