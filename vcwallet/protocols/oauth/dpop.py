# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Demonstrating Proof of Possession (RFC 9449): a token that is stolen is of no use without the client's key.

A proof is good for one request.  `verify_proof` checks all that the proof itself can show; that it was not used before
is for whoever remembers `DpopProof.replay_id` for `MEMORY`.

    >>> from datetime import UTC, datetime
    >>> from vcwallet.keys.software import SoftwareSigner
    >>> from vcwallet.protocols.oauth.dpop import make_proof, verify_proof
    >>> now, url, signer = (
    ...     datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    ...     "https://issuer.example/token",
    ...     SoftwareSigner.generate(),
    ... )
    >>> text = make_proof(signer, method="POST", url=url, at=now)
    >>> verify_proof(text, method="POST", url=url, access_token=None, at=now).key == signer.public_key
    True
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from vcwallet.encoding import base64url
from vcwallet.errors import BindingError, LimitExceededError, MalformedError, VcError
from vcwallet.jose import jws, jwt
from vcwallet.keys import jwk
from vcwallet.keys.algorithm import CLASSICAL, Algorithm
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal, refusing
from vcwallet.protocols.stateless_nonce import StatelessNonces

TYP: Final = "dpop+jwt"
HEADER: Final = "dpop"
NONCE_HEADER: Final = "dpop-nonce"
MAX_BYTES = 16 * 1024
MAX_JTI = 256
MAX_NONCE = 1024
MAX_AGE: Final = timedelta(seconds=300)
MEMORY: Final = timedelta(seconds=600)
"""How long a proof has to be remembered: longer than it is accepted, clocks that differ included."""
CLAUSE = "RFC 9449, section 4.3"
_NONCE = re.compile(rf"[!#-\[\]-~]{{1,{MAX_NONCE}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DpopProof:
    """A proof that was checked.

    Attributes:
        key: the client's key.
        thumbprint: of that key, as base64url, which a token is bound to (``jkt``).
        jti: names the proof.
        nonce: the server's nonce, if the proof has one.
        issued_at: when the client made it.
    """

    key: PublicKey
    thumbprint: str
    jti: str = field(repr=False)
    nonce: str | None = field(repr=False)
    issued_at: datetime

    def __bool__(self) -> bool:
        raise TypeError("a proof is evidence, not a truth value")

    @property
    def replay_id(self) -> str:
        """What to remember: a SHA-256 over key and ``jti`` as base64url, so that nobody can use up another's."""
        return base64url.encode(hashlib.sha256(f"{self.thumbprint}.{self.jti}".encode()).digest())

    def require_key(self, thumbprint: str, *, error: OAuthErrorCode = OAuthErrorCode.INVALID_TOKEN) -> None:
        """Return if the proof is by the key that a token, code or request is bound to (RFC 9449, sections 6 and 10).

        Raises:
            OAuthRefusal: it is by another key (code ``DPOP_KEY``).
        """
        if not hmac.compare_digest(self.thumbprint.encode("ascii"), thumbprint.encode("utf-8")):
            raise OAuthRefusal("the proof is by another key", error=error, code="DPOP_KEY", clause=CLAUSE)


def make_proof(
    signer: Signer,
    *,
    method: str,
    url: str,
    at: datetime,
    access_token: str | None = None,
    nonce: str | None = None,
    jti: str | None = None,
) -> str:
    """Return a proof for one request (section 4.2).

    Args:
        signer: holds the client's key.
        method: of the request.
        url: of the request; query and fragment are left out.
        at: the time.
        access_token: the token of the request, if it has one.
        nonce: the last one that this server has given, if any.
        jti: names the proof; by default 128 random bits.
    """
    claims: dict[str, Any] = {
        "jti": jti or secrets.token_urlsafe(16),
        "htm": method,
        "htu": url.partition("#")[0].partition("?")[0],
        "iat": jwt.seconds(at),
    }
    if access_token is not None:
        claims["ath"] = token_digest(access_token)
    if nonce is not None:
        claims["nonce"] = nonce
    return jwt.sign(claims, typ=TYP, signer=signer, header={"jwk": jwk.public_jwk(signer.public_key)})


def verify_proof(
    text: str,
    *,
    method: str,
    url: str,
    access_token: str | None,
    at: datetime,
    algorithms: Collection[Algorithm] = CLASSICAL,
) -> DpopProof:
    """Return the proof if it was made for this request, by whoever has its key (section 4.3).

    Args:
        text: the one ``DPoP`` field of the request.
        method: of the request.
        url: of the request, as the client knows this server.
        access_token: the token that came with it; None where none belongs to the request (at the token endpoint).
        at: the time.
        algorithms: the signature algorithms that are allowed.

    Raises:
        OAuthRefusal: it is none (``invalid_dpop_proof``, status 401 where there is an access token); its `code` tells
            why.
    """
    with refusing(OAuthErrorCode.INVALID_DPOP_PROOF, status=None if access_token is None else 401):
        signed, key = _parse(text)
        claims = jws.payload_object(signed.verify(key, algorithms=algorithms))
        proof = _proof(claims, key)
        _require_request(claims, method=method, url=url, access_token=access_token)
        jwt.require_fresh(claims, at=at, max_age=MAX_AGE)
        jwt.require_valid_at(claims, at=at)  # nothing demands exp or nbf here, but they mean what they always mean
        return proof


def token_digest(access_token: str) -> str:
    """Return the SHA-256 of an access token as base64url (``ath``)."""
    return base64url.encode(hashlib.sha256(access_token.encode("utf-8")).digest())


def _parse(text: str) -> tuple[jws.Jws, PublicKey]:
    if len(text) > MAX_BYTES:
        raise LimitExceededError(f"a DPoP proof is longer than {MAX_BYTES} bytes")
    signed = jws.parse(text)
    jwt.require_typ(signed.header, TYP)
    return signed, jwk.parse(signed.header.members.get("jwk"))


def _require_request(claims: Mapping[str, Any], *, method: str, url: str, access_token: str | None) -> None:
    if jwt.text(claims, "htm") != method:
        raise BindingError("the proof is for another method", code="DPOP_METHOD", clause=CLAUSE)
    if _normal(jwt.text(claims, "htu")) != _normal(url.partition("#")[0].partition("?")[0]):
        raise BindingError("the proof is for another URL", code="DPOP_URL", clause=CLAUSE)
    if access_token is None:
        return
    digest = jwt.text(claims, "ath").encode("utf-8")
    if not hmac.compare_digest(digest, token_digest(access_token).encode("ascii")):
        raise BindingError("the proof is for another access token", code="DPOP_TOKEN", clause=CLAUSE)


def _proof(claims: Mapping[str, Any], key: PublicKey) -> DpopProof:
    jti, nonce, issued_at = jwt.text(claims, "jti"), claims.get("nonce"), jwt.numeric_date(claims, "iat")
    if len(jti) > MAX_JTI:
        raise LimitExceededError(f"the jti of a proof is longer than {MAX_JTI} characters")
    if nonce is not None and (not isinstance(nonce, str) or not _NONCE.fullmatch(nonce)):
        raise MalformedError("the nonce has a forbidden character", clause="RFC 9449, section 8.1")
    if issued_at is None:
        raise MalformedError("iat is missing", clause=CLAUSE)
    return DpopProof(key=key, thumbprint=jwk.thumbprint(jwk.public_jwk(key)), jti=jti, nonce=nonce, issued_at=issued_at)


# --- the URL, in one spelling ----------------------------------------------------------------------------------------

_PORTS = {"https": 443, "http": 80}
_URL = re.compile(r"[!\"$->@-~]+")  # visible ASCII without # and ?
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def _normal(url: str) -> tuple[str, str, int, str]:
    """Return scheme, host, port and path, normalised by syntax and scheme (RFC 3986, sections 6.2.2 and 6.2.3)."""
    try:
        parts = urlsplit(url if _URL.fullmatch(url) else "")
        host, port = parts.hostname, parts.port
    except ValueError:  # a broken port or IPv6 address
        raise _no_url() from None
    if not host or parts.scheme not in _PORTS or "@" in parts.netloc:
        raise _no_url()
    path = _ESCAPE.sub(_escape, parts.path) or "/"
    return parts.scheme, host, _PORTS[parts.scheme] if port is None else port, path


def _no_url() -> MalformedError:
    return MalformedError("htu is no http URL without query and fragment", clause="RFC 9449, section 4.2")


def _escape(escape: re.Match[str]) -> str:
    character = chr(int(escape.group(1), 16))
    return character if character in _UNRESERVED else escape.group().upper()


# --- nonces ----------------------------------------------------------------------------------------------------------


class DpopNonces:
    """The nonces that one server gives out for proofs (sections 8 and 9), none of which it keeps."""

    def __init__(self, key: bytes) -> None:
        """Make nonces with a secret of at least 32 random bytes, which all servers of one service share."""
        self._nonces = StatelessNonces(key, kind="dpop")

    def issue(self, *, at: datetime, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
        """Return a fresh nonce, for the header field ``DPoP-Nonce``."""
        return self._nonces.issue(at=at, random_bytes=random_bytes)

    def require(self, nonce: str | None, *, at: datetime, status: int = 400) -> None:
        """Return if a proof has a nonce of this server that is still good.

        Args:
            nonce: that of the proof.
            at: the time.
            status: of the refusal: 400 at an authorization server, 401 at a resource.

        Raises:
            OAuthRefusal: it has none (``use_dpop_nonce``); a fresh one stands in the refusal's headers.
        """
        try:
            self._nonces.require(nonce or "", at=at)
        except VcError:
            raise OAuthRefusal(
                "the proof has no nonce of this server that is still good",
                error=OAuthErrorCode.USE_DPOP_NONCE,
                status=status,
                headers={NONCE_HEADER: self.issue(at=at)},
                clause="RFC 9449, section 8",
            ) from None
