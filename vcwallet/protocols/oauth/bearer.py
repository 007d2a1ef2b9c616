# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Access tokens in the ``Authorization`` header field (RFC 6750, section 2.1; RFC 9449, section 7.1).

>>> from vcwallet.protocols.oauth.bearer import read_authorization
>>> read_authorization("DPoP Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU").token_type
<TokenType.DPOP: 'DPoP'>
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from vcwallet.errors import UnsupportedError
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal, challenge
from vcwallet.protocols.oauth.token_type import TokenType

HEADER: Final = "authorization"
MAX_TOKEN = 16 * 1024
TOKEN68: Final = re.compile(rf"[A-Za-z0-9._~+/-]{{1,{MAX_TOKEN}}}={{0,2}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """An access token with the way of using it; that it is one of ours is not known yet."""

    token_type: TokenType
    token: str = field(repr=False)

    def header(self) -> str:
        """Return the value of ``Authorization``."""
        return f"{self.token_type} {self.token}"


def read_authorization(header: str | None) -> AccessToken:
    """Return the access token of a request.

    Args:
        header: the one ``Authorization`` field of the request, if there is one.

    Raises:
        OAuthRefusal: none, another scheme, or no token in it (``invalid_token``, status 401).
    """
    scheme, _, token = (header or "").partition(" ")
    try:
        token_type = TokenType.parse(scheme)
    except UnsupportedError:
        raise _refusal("the request has no access token", error_in_challenge=None) from None
    token = token.strip(" ")
    if not TOKEN68.fullmatch(token):
        raise _refusal("the access token has a forbidden character", error_in_challenge=OAuthErrorCode.INVALID_TOKEN)
    return AccessToken(token_type=token_type, token=token)


def _refusal(message: str, *, error_in_challenge: OAuthErrorCode | None) -> OAuthRefusal:
    # Who came without a token is told how to bring one, and no error (RFC 6750, section 3.1).
    return OAuthRefusal(
        message,
        error=OAuthErrorCode.INVALID_TOKEN,
        headers={"www-authenticate": challenge(TokenType.DPOP, error_in_challenge)},
        clause="RFC 6750, section 2.1",
    )
