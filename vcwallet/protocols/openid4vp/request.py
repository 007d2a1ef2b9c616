# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Signed request objects (OpenID4VP 1.0, section 5; JAR, RFC 9101) with the client identifier prefix ``x509_hash``.

A request goes through types: the text, read but unverified, authenticated.  Only the last has a verifier.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from vcwallet.claims import JsonObject
from vcwallet.encoding import base64url, json, wire
from vcwallet.encoding.wire import Array, Maybe, WireModel
from vcwallet.errors import (
    BindingError,
    LimitExceededError,
    MalformedError,
    RemoteProtocolError,
    UnsupportedError,
    UntrustedError,
    VcError,
    quoted,
)
from vcwallet.formats.base import SAME_CHANNEL, Binding
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.jose.jws import Jws
from vcwallet.keys.algorithm import CLASSICAL
from vcwallet.keys.cose_key import cose_algorithm
from vcwallet.keys.policy import KeySource, Role, TrustPolicy
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer
from vcwallet.protocols.dcql import CredentialQuery, DcqlQuery
from vcwallet.protocols.exchange import AuthenticatedRequest, as_asked

TYP = "oauth-authz-req+jwt"
AUDIENCE = "https://self-issued.me/v2"
"""The audience where the wallet's own identifier is not known (section 5.8)."""
LIFETIME = timedelta(seconds=600)
MAX_BYTES = 256 * 1024
MAX_PURPOSE = 128

_PREFIX = "x509_hash:"
_NONCE = re.compile(r"[A-Za-z0-9._~-]{22,256}")
_STATE = re.compile(r"[A-Za-z0-9._~-]{1,512}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as its verifier knows it, to be kept until the answer comes.

    Attributes:
        jwt: the signed request object, which goes to the wallet.
        client_id: the verifier's client identifier with its prefix, which the answer has to name as audience.
        nonce: the fresh value that the answer has to repeat.
        state: the fresh value that comes back beside the answer.
        query: what was asked for.
        purpose: the code of the registered purpose.
        expires: until when an answer is accepted.
    """

    jwt: str = field(repr=False)
    client_id: str
    nonce: str = field(repr=False)
    state: str = field(repr=False)
    query: DcqlQuery
    purpose: str
    expires: datetime

    def __str__(self) -> str:
        return self.jwt

    @property
    def digest(self) -> str:
        """The SHA-256 of the signed request, as base64url, by which histories and receipts name it."""
        return request_digest(self.jwt)

    @property
    def answer_id(self) -> str:
        """The nonce, by which it is remembered that the request was answered."""
        return self.nonce

    def require_signed_by(self, key: PublicKey, /) -> None:
        """Return if this is just what the verifier with this key has signed.

        Raises:
            BindingError: it is not (``REQUEST_NOT_OURS``).
        """
        try:
            jws.parse(self.jwt).verify(key)
            signed = Request.from_jwt(self.jwt)
        except VcError:
            signed = None
        if signed != self:
            raise BindingError("the request is not one that this verifier has signed", code="REQUEST_NOT_OURS")

    def require_state(self, state: str | None, /) -> None:
        """Return if an answer with this state is one to this request.

        Raises:
            BindingError: it is one to another request (``STATE_MISMATCH``).
        """
        if not hmac.compare_digest((state or "").encode("utf-8", "surrogatepass"), self.state.encode("utf-8")):
            raise BindingError("the answer is to another request", code="STATE_MISMATCH")

    def binding(self, *, required: bool) -> Binding:
        """Return what a presentation has to be bound to: this verifier and this nonce."""
        return Binding(audience=self.client_id, nonce=self.nonce, required=required)

    def query_for(self, query: CredentialQuery, claims: JsonObject, /) -> CredentialQuery:
        """Return the query as it is: DCQL asks for just the claims that it names."""
        return as_asked(query, claims)

    @classmethod
    def from_jwt(cls, text: str) -> Request:
        """Return the request of a request object that this verifier made itself and kept.

        Raises:
            MalformedError: it is no request object of ours.
        """
        unverified = read_request(text)
        members = unverified.members
        expires = jwt.numeric_date({"exp": members.exp}, "exp")
        if members.state is None or members.purpose is None or expires is None:
            raise MalformedError("the request object has no state or purpose")
        return cls(
            jwt=text,
            client_id=members.client_id,
            nonce=members.nonce,
            state=members.state,
            query=unverified.query,
            purpose=members.purpose,
            expires=expires,
        )


def client_id(leaf: bytes) -> str:
    """Return the client identifier of the verifier whose DER certificate this is (section 5.9.3)."""
    return _PREFIX + base64url.encode(hashlib.sha256(leaf).digest())


def make_request(
    query: DcqlQuery,
    *,
    purpose: str,
    registration: str,
    signer: Signer,
    chain: tuple[bytes, ...],
    at: datetime,
    lifetime: timedelta = LIFETIME,
) -> Request:
    """Return a signed request with a fresh nonce and state.

    Args:
        query: what is asked for.
        purpose: the code of the registered purpose.
        registration: the registration certificate for that purpose.
        signer: the verifier's access key.
        chain: its certificates, the verifier's own first.
        at: the time of asking.
        lifetime: how long an answer is accepted; at most 600 seconds.

    Raises:
        ValueError: a longer lifetime.
    """
    if not timedelta(0) < lifetime <= LIFETIME:
        raise ValueError("a request lives at most 600 seconds")
    nonce, state = secrets.token_urlsafe(24), secrets.token_urlsafe(32)
    claims: dict[str, Any] = {
        "response_type": "vp_token",
        "response_mode": SAME_CHANNEL,
        "client_id": client_id(chain[0]),
        "aud": AUDIENCE,
        "nonce": nonce,
        "state": state,
        "iat": jwt.seconds(at),
        "exp": jwt.seconds(at + lifetime),
        "purpose": purpose,
        "dcql_query": query.to_json(),
        "client_metadata": {"vp_formats_supported": _VP_FORMATS},
        "verifier_info": [{"format": "registration_cert", "data": registration}],
    }
    text = jwt.sign(claims, typ=TYP, signer=signer, header={"x5c": jose_header.x5c(chain)})
    return Request(
        jwt=text,
        client_id=client_id(chain[0]),
        nonce=nonce,
        state=state,
        query=query,
        purpose=purpose,
        expires=datetime.fromtimestamp(claims["exp"], UTC),
    )


_SIGNATURES = sorted(algorithm.value for algorithm in CLASSICAL)
_COSE = sorted(cose_algorithm(algorithm) for algorithm in CLASSICAL)
_VP_FORMATS: dict[str, dict[str, list[Any]]] = {
    "dc+sd-jwt": {"sd-jwt_alg_values": _SIGNATURES, "kb-jwt_alg_values": _SIGNATURES},
    "mso_mdoc": {"issuerauth_alg_values": _COSE, "deviceauth_alg_values": _COSE},
}


class VerifierInfo(WireModel):
    """An attestation about the verifier (section 5.1)."""

    format: str
    data: str | dict[str, Any]


class RequestObject(WireModel):
    """The members of a request object that vcwallet reads; others are ignored, as the standard says."""

    response_type: Literal["vp_token"]
    response_mode: str
    client_id: str
    aud: str
    nonce: str
    state: Maybe[str] = None
    iat: int
    exp: int
    purpose: Annotated[Maybe[str], Field(max_length=MAX_PURPOSE)] = None
    dcql_query: dict[str, Any]
    verifier_info: Array[VerifierInfo] = ()
    transaction_data: Array[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedRequest:
    """A request object that was read; who sent it is not known yet."""

    jws: Jws
    members: RequestObject = field(repr=False)
    query: DcqlQuery

    def verify(self, *, trust: TrustPolicy, at: datetime) -> AuthenticatedRequest:
        """Return the request with the verifier that trust vouches for.

        Raises:
            UnsupportedError: another client identifier prefix, response mode, or transaction data.
            RemoteProtocolError: a rule of the protocol is broken.
            UntrustedError, NotAuthorisedError: the access certificate is not one of a registered verifier.
            SignatureInvalidError, AlgorithmNotAllowedError: the signature does not hold.
            ValidityError: the request is too old or from the future.
        """
        members = self.members
        _require_rules(members)
        chain = self.jws.header.chain
        if not chain or members.client_id != client_id(chain[0]):
            raise UntrustedError(
                "the client identifier is not the certificate's hash", clause="OpenID4VP 1.0, section 5.9.3"
            )
        verifier = trust.key_for(KeySource(chain=chain), role=Role.VERIFIER, type_id=None, at=at)
        payload = jws.payload_object(self.jws.verify(verifier.key))
        jwt.require_fresh(payload, at=at, max_age=LIFETIME)
        jwt.require_valid_at(payload, at=at)
        return AuthenticatedRequest(
            verifier=verifier,
            binding=Binding(audience=members.client_id, nonce=members.nonce),
            state=members.state,
            query=self.query,
            purpose=members.purpose,
            registrations=tuple(_registrations(members)),
            digest=request_digest(self.jws.compact()),
            expires=datetime.fromtimestamp(members.exp, UTC),
        )


def request_digest(text: str) -> str:
    """Return the SHA-256 of a signed request object, as base64url."""
    return base64url.encode(hashlib.sha256(text.encode("ascii")).digest())


def read_request(text: str) -> UnverifiedRequest:
    """Read a request object.

    Raises:
        LimitExceededError: longer than 256 KiB, or a query over its limits.
        MalformedError: not a JWT with the members of a request object.
        VerificationError: another kind of token (code ``WRONG_TYPE``).
        AlgorithmNotAllowedError, UnsupportedError: from the header.
    """
    if len(text) > MAX_BYTES:
        raise LimitExceededError(f"a request object is longer than {MAX_BYTES} characters")
    parsed = jws.parse(text)
    jwt.require_typ(parsed.header, TYP)
    payload = json.loads_object(parsed.unverified_payload)
    members = wire.read(RequestObject, payload)
    if not _NONCE.fullmatch(members.nonce):
        raise MalformedError("the nonce is too short or has a forbidden character", clause="OpenID4VP 1.0, section 5.2")
    if members.state is not None and not _STATE.fullmatch(members.state):
        raise MalformedError("the state is too long or has a forbidden character", clause="OpenID4VP 1.0, section 5.2")
    return UnverifiedRequest(jws=parsed, members=members, query=DcqlQuery.from_json(members.dcql_query))


def _require_rules(members: RequestObject) -> None:
    if not members.client_id.startswith(_PREFIX):
        raise UnsupportedError(f"client identifier {quoted(members.client_id)} has another prefix than x509_hash")
    if members.response_mode != SAME_CHANNEL:
        raise UnsupportedError(f"response mode {quoted(members.response_mode)} is not supported")
    if "scope" in (members.model_extra or {}):
        raise RemoteProtocolError("a request has a query or a scope, not both", clause="OpenID4VP 1.0, section 5.1")
    if members.aud != AUDIENCE:
        raise RemoteProtocolError("the request is for another wallet", clause="OpenID4VP 1.0, section 5.8")
    if "transaction_data" in members.model_fields_set:
        raise UnsupportedError("transaction data are not supported", clause="OpenID4VP 1.0, section 5.1")


def _registrations(members: RequestObject) -> list[str]:
    return [
        info.data for info in members.verifier_info if info.format == "registration_cert" and isinstance(info.data, str)
    ]
