# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Proof Key for Code Exchange with S256, the only method (RFC 7636; RFC 9700, section 2.1.1).

>>> from vcwallet.protocols.oauth.pkce import Pkce, require_verifier
>>> pkce = Pkce("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
>>> pkce.challenge
'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
>>> require_verifier(pkce.verifier, challenge=pkce.challenge)
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from vcwallet.encoding import base64url
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal

METHOD: Final = "S256"
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Pkce:
    """The client's secret for one authorization request."""

    verifier: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _VERIFIER.fullmatch(self.verifier):
            raise ValueError("a code verifier has 43 to 128 unreserved characters")

    @classmethod
    def create(cls, *, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> Pkce:
        """Return a fresh secret of 256 bits."""
        return cls(base64url.encode(random_bytes(32)))

    @property
    def challenge(self) -> str:
        """What the authorization request says of it (section 4.2)."""
        return _challenge(self.verifier)


def read_challenge(params: Mapping[str, str]) -> str:
    """Return the code challenge of an authorization request.

    Raises:
        OAuthRefusal: there is none, or another method than S256; no method means ``plain`` (``invalid_request``).
    """
    challenge = params.get("code_challenge", "")
    if params.get("code_challenge_method") != METHOD or not _CHALLENGE.fullmatch(challenge):
        raise OAuthRefusal(
            "the request has no code challenge with S256",
            error=OAuthErrorCode.INVALID_REQUEST,
            clause="RFC 7636, section 4.3",
        )
    return challenge


def require_verifier(verifier: str, *, challenge: str) -> None:
    """Return if this is the secret that `challenge`, from the authorization request, was made of (section 4.6).

    Raises:
        OAuthRefusal: it is not, or no verifier at all (``invalid_grant``, code ``PKCE_MISMATCH``).
    """
    is_one = _VERIFIER.fullmatch(verifier) is not None
    if not is_one or not hmac.compare_digest(_challenge(verifier).encode("ascii"), challenge.encode("utf-8")):
        raise OAuthRefusal(
            "the code verifier is not that of the authorization request",
            error=OAuthErrorCode.INVALID_GRANT,
            code="PKCE_MISMATCH",
            clause="RFC 7636, section 4.6",
        )


def _challenge(verifier: str) -> str:
    return base64url.encode(hashlib.sha256(verifier.encode("ascii")).digest())
