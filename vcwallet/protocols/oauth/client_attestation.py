# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Wallet attestations: a provider vouches for the wallet that asks (OpenID4VCI 1.0, appendix E).

OAuth 2.0 Attestation-Based Client Authentication, draft -07, which OpenID4VCI 1.0 refers to.  What later drafts have
left out (``iss``) is made and not demanded.  The attestation names the key of the wallet instance, and each request
carries a proof of that key for one authorization server.

`verify_client_attestation` checks all that the two can show; that the proof was not used before is for whoever
remembers `AttestedClient.replay_id` for `MEMORY`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from vcwallet.claims import JsonObject
from vcwallet.encoding import base64url, json
from vcwallet.errors import BindingError, LimitExceededError, MalformedError, ValidityError, VcError
from vcwallet.formats.base import IssuerKey
from vcwallet.formats.sd_jwt.key_binding import confirmation_key
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.keys import jwk
from vcwallet.keys.policy import KeySource, Role, TrustedKey, TrustPolicy
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal, refusing
from vcwallet.protocols.stateless_nonce import StatelessNonces

TYP: Final = "oauth-client-attestation+jwt"
POP_TYP: Final = "oauth-client-attestation-pop+jwt"
HEADER: Final = "oauth-client-attestation"
POP_HEADER: Final = "oauth-client-attestation-pop"
CHALLENGE_HEADER: Final = "oauth-client-attestation-challenge"
MAX_BYTES = 32 * 1024
MAX_POP_BYTES = 16 * 1024
MAX_JTI = 256
MAX_RESPONSE_BYTES = 64 * 1024
MAX_CHALLENGE = 1024
MAX_AGE: Final = timedelta(seconds=300)
MEMORY: Final = timedelta(seconds=600)
"""How long a proof has to be remembered: longer than it is accepted, clocks that differ included."""
CLAUSE = "attestation-based client authentication (draft -07), verification"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAttestation:
    """What a trusted provider says of a wallet instance; that it is this instance which asks is not known from it.

    Attributes:
        client_id: of the wallet as a product, the same for all who use it.
        key: of the instance.
        provider: who vouches for it.
        chain: the provider's DER certificates as they came (``x5c``), for a profile that says how they have to be.
        expires: until when.
        name: of the wallet, as its provider says.
        link: where the provider tells about it.
        status: where the provider tells whether it still vouches for it, if anywhere; not looked at here.
    """

    client_id: str
    key: PublicKey
    provider: TrustedKey
    chain: tuple[bytes, ...] = field(repr=False)
    expires: datetime
    name: str | None = None
    link: str | None = None
    status: JsonObject | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        raise TypeError("an attestation is evidence, not a truth value")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestedClient:
    """A wallet that a trusted provider vouches for, and that has shown its key.

    Attributes:
        attestation: what the provider says.
        jti: names the proof.
        challenge: the server's challenge in the proof, if there is one.
    """

    attestation: ClientAttestation
    jti: str = field(repr=False)
    challenge: str | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        raise TypeError("an attested client is evidence, not a truth value")

    @property
    def client_id(self) -> str:
        """Of the wallet as a product."""
        return self.attestation.client_id

    @property
    def key(self) -> PublicKey:
        """Of the instance."""
        return self.attestation.key

    @property
    def provider(self) -> TrustedKey:
        """Who vouches for the wallet."""
        return self.attestation.provider

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The provider's DER certificates as they came."""
        return self.attestation.chain

    @property
    def thumbprint(self) -> str:
        """Of the instance's key, as base64url, which a refresh token is bound to."""
        return jwk.thumbprint(jwk.public_jwk(self.key))

    @property
    def replay_id(self) -> str:
        """What to remember: a SHA-256 over key and ``jti`` as base64url, so that nobody can use up another's."""
        return base64url.encode(hashlib.sha256(f"{self.thumbprint}.{self.jti}".encode()).digest())


def make_client_attestation(
    provider: IssuerKey,
    *,
    client_id: str,
    key: PublicKey,
    at: datetime,
    expires: datetime,
    wallet_name: str | None = None,
    wallet_link: str | None = None,
    status: JsonObject | None = None,
) -> str:
    """Return the attestation of one wallet instance, signed by its provider.

    Args:
        provider: with whose key and in whose name.
        client_id: of the wallet as a product; it tells nobody which instance it is.
        key: of the instance, one for each authorization server, so that these cannot compare notes.
        at: the time.
        expires: until when it is good; best within a day.
        wallet_name: how people call the wallet.
        wallet_link: where they can read about it.
        status: the claim ``status``.
    """
    optional = {
        "iss": provider.identifier,
        "wallet_name": wallet_name,
        "wallet_link": wallet_link,
        "status": status,
    }
    claims: dict[str, Any] = {
        "sub": client_id,
        "iat": jwt.seconds(at),
        "exp": jwt.seconds(expires),
        "cnf": {"jwk": jwk.public_jwk(key)},
        **{name: value for name, value in optional.items() if value is not None},
    }
    return jwt.sign(claims, typ=TYP, signer=provider.signer, header=_header(provider))


def make_pop(
    signer: Signer,
    *,
    audience: str,
    at: datetime,
    challenge: str | None = None,
    client_id: str | None = None,
    jti: str | None = None,
) -> str:
    """Return the proof of the instance's key for one request.

    Args:
        signer: holds the key that the attestation names.
        audience: the identifier of the authorization server.
        at: the time.
        challenge: the last one that this server has given, if any.
        client_id: for ``iss``, which servers of draft -07 may look for.
        jti: names the proof; by default 128 random bits.
    """
    optional = {"iss": client_id, "challenge": challenge}
    claims: dict[str, Any] = {
        "aud": audience,
        "jti": jti or secrets.token_urlsafe(16),
        "iat": jwt.seconds(at),
        **{name: value for name, value in optional.items() if value is not None},
    }
    return jwt.sign(claims, typ=POP_TYP, signer=signer)


def verify_client_attestation(
    attestation: str,
    pop: str,
    *,
    audience: str,
    client_id: str | None,
    challenges: ClientChallenges | None,
    trust: TrustPolicy,
    at: datetime,
) -> AttestedClient:
    """Return the wallet that a request comes from.

    Args:
        attestation: the one ``OAuth-Client-Attestation`` field of the request.
        pop: its one ``OAuth-Client-Attestation-PoP`` field.
        audience: the identifier of this authorization server.
        client_id: the parameter of the request; None where it has none.
        challenges: those of this server, of which the proof has to have one; None where the server gives none out.
        trust: knows the providers of wallets.
        at: the time.

    Raises:
        OAuthRefusal: the attestation has ended (``use_fresh_attestation``), the proof has no challenge of ours
            (``use_attestation_challenge``, with a fresh one in the headers), or anything else is wrong
            (``invalid_client_attestation``); its `code` tells why.
    """
    with refusing(OAuthErrorCode.INVALID_CLIENT_ATTESTATION):
        attested = verify_attestation(attestation, trust=trust, at=at)
        if client_id is not None and not _is_same(client_id, attested.client_id):
            raise BindingError("the attestation is for another client", code="CLIENT_MISMATCH", clause=CLAUSE)
        proof = _proved(pop, attested.key, audience=audience, client_id=attested.client_id, at=at)
        challenge = _optional_text(proof, "challenge")
        if challenges is not None:
            challenges.require(challenge, at=at)
        return AttestedClient(attestation=attested, jti=_jti(proof), challenge=challenge)


def verify_attestation(text: str, *, trust: TrustPolicy, at: datetime) -> ClientAttestation:
    """Return what a provider says in an attestation; a wallet checks one so before it keeps it.

    Raises:
        OAuthRefusal: as `verify_client_attestation`.
    """
    with refusing(OAuthErrorCode.INVALID_CLIENT_ATTESTATION):
        claims, provider, chain = _attested(text, trust=trust, at=at)
        key, expires = confirmation_key(claims), jwt.numeric_date(claims, "exp")
        if key is None or expires is None:
            raise MalformedError("an attestation has cnf and exp", clause=CLAUSE)
        return ClientAttestation(
            client_id=jwt.text(claims, "sub"),
            key=key,
            provider=provider,
            chain=chain,
            expires=expires,
            name=_optional_text(claims, "wallet_name"),
            link=_optional_text(claims, "wallet_link"),
            status=_status(claims),
        )


def _header(provider: IssuerKey) -> dict[str, Any]:
    optional = {
        "x5c": jose_header.x5c(provider.chain),
        "kid": provider.key_id,
        "trust_chain": list(provider.trust_chain),
    }
    return {name: value for name, value in optional.items() if value}


def _attested(text: str, *, trust: TrustPolicy, at: datetime) -> tuple[dict[str, Any], TrustedKey, tuple[bytes, ...]]:
    """Return the claims of an attestation, the provider who has signed it, and its certificates."""
    if len(text) > MAX_BYTES:
        raise LimitExceededError(f"a client attestation is longer than {MAX_BYTES} bytes")
    signed = jws.parse(text)
    jwt.require_typ(signed.header, TYP)
    unverified = jws.payload_object(signed.unverified_payload)
    source = KeySource(
        issuer=_optional_text(unverified, "iss"),
        chain=signed.header.chain,
        key_id=signed.header.key_id,
        trust_chain=signed.header.trust_chain,
    )  # not signed_at: a provider that was withdrawn attests nothing more, whatever time it writes
    provider = trust.key_for(source, role=Role.WALLET_PROVIDER, type_id=None, at=at)
    claims = jws.payload_object(signed.verify(provider.key))
    issued_at = jwt.numeric_date(claims, "iat")
    if issued_at is not None and issued_at > at + jwt.SKEW:
        raise ValidityError("the attestation is from the future", code="NOT_YET_VALID", clause=CLAUSE)
    try:
        jwt.require_valid_at(claims, at=at)
    except ValidityError:
        with refusing(OAuthErrorCode.USE_FRESH_ATTESTATION):
            raise
    return claims, provider, source.chain


def _proved(text: str, key: PublicKey, *, audience: str, client_id: str, at: datetime) -> dict[str, Any]:
    """Return the claims of the proof of `key`."""
    if len(text) > MAX_POP_BYTES:
        raise LimitExceededError(f"a proof of a client attestation is longer than {MAX_POP_BYTES} bytes")
    signed = jws.parse(text)
    jwt.require_typ(signed.header, POP_TYP)
    claims = jws.payload_object(signed.verify(key))
    jwt.require_fresh(claims, at=at, max_age=MAX_AGE)
    jwt.require_valid_at(claims, at=at)  # draft -07 knows no exp here, but it means what it always means
    if not _is_same(_audience(claims), audience):
        raise BindingError("the proof is for another server", code="AUDIENCE_MISMATCH", clause=CLAUSE)
    if "iss" in claims and not _is_same(jwt.text(claims, "iss"), client_id):
        raise BindingError("the proof is by another client", code="CLIENT_MISMATCH", clause=CLAUSE)
    return claims


def _audience(claims: Mapping[str, Any]) -> str:
    """Return the one audience: a proof for several servers could be carried from one to the other."""
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    return jwt.text({"aud": audience}, "aud")


def _jti(claims: Mapping[str, Any]) -> str:
    jti = jwt.text(claims, "jti")
    if len(jti) > MAX_JTI:
        raise LimitExceededError(f"the jti of a proof is longer than {MAX_JTI} characters")
    return jti


def _optional_text(claims: Mapping[str, Any], name: str) -> str | None:
    return jwt.text(claims, name) if name in claims else None


def _status(claims: Mapping[str, Any]) -> JsonObject | None:
    status = claims.get("status")
    if status is not None and not isinstance(status, dict):
        raise MalformedError("status is an object", clause="OpenID4VCI 1.0, appendix E")
    return status


def _is_same(value: str, expected: str) -> bool:
    return hmac.compare_digest(value.encode("utf-8"), expected.encode("utf-8"))


# --- challenges ------------------------------------------------------------------------------------------------------


class ClientChallenges:
    """The challenges that one authorization server gives out for proofs, none of which it keeps."""

    def __init__(self, key: bytes) -> None:
        """Make challenges with a secret of at least 32 random bytes, which all servers of one service share."""
        self._nonces = StatelessNonces(key, kind="client-attestation")

    def issue(self, *, at: datetime, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
        """Return a fresh challenge, for `challenge_response` or the header field."""
        return self._nonces.issue(at=at, random_bytes=random_bytes)

    def require(self, challenge: str | None, *, at: datetime) -> None:
        """Return if a proof has a challenge of this server that is still good.

        Raises:
            OAuthRefusal: it has none (``use_attestation_challenge``); a fresh one stands in the refusal's headers.
        """
        try:
            self._nonces.require(challenge or "", at=at)
        except VcError:
            raise OAuthRefusal(
                "the proof has no challenge of this server that is still good",
                error=OAuthErrorCode.USE_ATTESTATION_CHALLENGE,
                headers={CHALLENGE_HEADER: self.issue(at=at)},
                clause=CLAUSE,
            ) from None


def challenge_response(challenge: str) -> bytes:
    """Return the body of the challenge endpoint's answer, which is sent with ``Cache-Control: no-store``."""
    return json.dumps({"attestation_challenge": challenge})


def read_challenge_response(body: bytes) -> str:
    """Return the challenge that a server's challenge endpoint gives.

    Raises:
        LimitExceededError: longer than 64 KiB, or a challenge longer than 1 024 characters.
        MalformedError: no JSON object with a challenge.
    """
    challenge = jwt.text(json.loads_object(body, max_bytes=MAX_RESPONSE_BYTES), "attestation_challenge")
    if len(challenge) > MAX_CHALLENGE:
        raise LimitExceededError(f"a challenge is longer than {MAX_CHALLENGE} characters")
    return challenge
