# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Requests as their verifier makes and keeps them (OpenID4VP 1.0, section 5; JAR, RFC 9101).

Everything that an answer is judged by stands in the signed request object, so what is kept is the verifier's own word:
a request that was changed in between is not one that it has signed.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final

from vcwallet.claims import JsonObject
from vcwallet.encoding import json, wire
from vcwallet.errors import BindingError, LocalProtocolError, MalformedError, VcError
from vcwallet.formats.base import SAME_CHANNEL, Binding
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import Signer
from vcwallet.protocols.dcql import CredentialQuery, DcqlQuery
from vcwallet.protocols.exchange import as_asked
from vcwallet.protocols.openid4vp.client_id import (
    ClientId,
    RedirectUri,
    X509Hash,
    is_registered_elsewhere,
    parse_client_id,
)
from vcwallet.protocols.openid4vp.client_metadata import client_metadata, read_client_metadata
from vcwallet.protocols.openid4vp.reception import AUDIENCE
from vcwallet.protocols.openid4vp.request_object import (
    LIFETIME,
    MAX_BYTES,
    MAX_PURPOSE,
    TYP,
    RequestObject,
    origin_audience,
    request_digest,
)
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey
from vcwallet.protocols.openid4vp.response_mode import ResponseMode

MAX_WALLET_NONCE = 512
MAX_KEPT = 256
"""How many requests a verifier's process keeps as it has read them."""

__all__ = [
    "AUDIENCE",
    "LIFETIME",
    "MAX_BYTES",
    "MAX_PURPOSE",
    "TYP",
    "Delivery",
    "Request",
    "client_id",
    "make_request",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How the answer to a request is to come back.

    Attributes:
        mode: the response mode.
        response_uri: where the answer is posted, an address made for this request; None where it is not posted.
        expected_origins: the origins of the pages that may hand the request to the Digital Credentials API.
        key: made for the answer to this request, or one of those that the verifier has registered where its client
            identifier leads there; None where the answer is not encrypted.
        state: what comes back beside an answer that is no page's; None for a fresh value.
    """

    mode: ResponseMode = ResponseMode.SAME_CHANNEL
    response_uri: str | None = None
    expected_origins: tuple[str, ...] = ()
    key: ResponseKey | None = None
    state: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.mode.is_posted != (self.response_uri is not None):
            raise ValueError("an answer is posted to a response_uri, and no other is")
        if self.mode.is_dc_api != bool(self.expected_origins):
            raise ValueError("by the Digital Credentials API, and only there, a request names its origins")
        if self.mode.is_encrypted != (self.key is not None):
            raise ValueError("an answer is encrypted to a key that was made for it, and no other is")


_OF_A_JWT: Final = frozenset({"aud", "iat", "exp"})
_OF_A_SIGNATURE: Final = frozenset({"client_id", "expected_origins"})
BACK: Final = Delivery()
"""The answer comes back on the channel that the request goes out on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as its verifier knows it, to be kept until the answer comes.

    Attributes:
        jwt: the signed request object, which goes to the wallet.
        client_id: the verifier's client identifier with its prefix, which the answer has to name as audience.
        nonce: the fresh value that the answer has to repeat.
        state: the fresh value that comes back beside the answer; None by the Digital Credentials API.
        query: what was asked for.
        purpose: the code of the registered purpose.
        expires: until when an answer is accepted.
        mode: how the answer comes back.
        response_uri: where it is posted, if it is.
        encryption_key: the SHA-256 thumbprint of the key that the answer is encrypted to, if it is; where the verifier
            has registered some, the one that was used, see `encrypted_to`.
        expected_origins: the origins of the pages that may have handed it over.
        origin: the one that has, as the verifier's own session knows it; see `answered_from`.
        transaction_data: what the holder is asked to authorise, as it was sent.
    """

    jwt: str = field(repr=False)
    client_id: str
    nonce: str = field(repr=False)
    state: str | None = field(repr=False)
    query: DcqlQuery
    purpose: str
    expires: datetime
    mode: ResponseMode = ResponseMode.SAME_CHANNEL
    response_uri: str | None = None
    encryption_key: bytes | None = None
    expected_origins: tuple[str, ...] = ()
    origin: str | None = None
    transaction_data: tuple[str, ...] = field(default=(), repr=False)

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
            if self.origin != signed.origin:
                signed = signed.answered_from(self.origin or "")
            if self.encryption_key is not None and signed.encryption_key is None:
                signed = signed.encrypted_to(self.encryption_key)
        except VcError:
            signed = None
        if signed != self:
            raise BindingError("the request is not one that this verifier has signed", code="REQUEST_NOT_OURS")

    def require_state(self, state: str | None, /) -> None:
        """Return if an answer with this state is one to this request.

        Raises:
            BindingError: it is one to another request (``STATE_MISMATCH``).
        """
        expected = (self.state or "").encode("utf-8")
        if not hmac.compare_digest((state or "").encode("utf-8", "surrogatepass"), expected):
            raise BindingError("the answer is to another request", code="STATE_MISMATCH")

    def binding(self, *, required: bool) -> Binding:
        """Return what a presentation has to be bound to: this verifier or its page, and this nonce.

        Raises:
            LocalProtocolError: several pages may have handed it over, and nobody has said which (``ORIGIN_UNKNOWN``);
                or the verifier has registered keys, and nobody has said which was used (``ENCRYPTION_KEY_UNKNOWN``).
        """
        if self.mode.is_dc_api and self.origin is None:
            raise LocalProtocolError("nobody has said which page handed the request over", code="ORIGIN_UNKNOWN")
        if self.mode.is_encrypted and self.encryption_key is None:
            raise LocalProtocolError(
                "nobody has said which key the answer was encrypted to", code="ENCRYPTION_KEY_UNKNOWN"
            )
        return Binding(
            audience=self.client_id if self.origin is None else origin_audience(self.origin),
            nonce=self.nonce,
            required=required,
            response_uri=self.response_uri or SAME_CHANNEL,
            encryption_key=self.encryption_key,
            origin=self.origin,
            transaction_data=self.transaction_data,
        )

    def query_for(self, query: CredentialQuery, claims: JsonObject, /) -> CredentialQuery:
        """Return the query as it is: DCQL asks for just the claims that it names."""
        return as_asked(query, claims)

    def answered_from(self, origin: str, /) -> Request:
        """Return the request as one that the page of this origin has handed over.

        Args:
            origin: that of the page in the verifier's own session, never what a message says.

        Raises:
            LocalProtocolError: the request does not name it (``ORIGIN_UNKNOWN``).
        """
        if origin not in self.expected_origins:
            raise LocalProtocolError("the request does not name this origin", code="ORIGIN_UNKNOWN")
        return replace(self, origin=origin)

    def encrypted_to(self, thumbprint: bytes, /) -> Request:
        """Return the request as one whose answer is encrypted to this key of those that the verifier has registered.

        Args:
            thumbprint: the SHA-256 thumbprint of the key that the answer was decrypted with.

        Raises:
            LocalProtocolError: its answer is in the open, or it names its key itself (``ENCRYPTION_KEY_UNKNOWN``).
        """
        if not self.mode.is_encrypted or not self.is_registered_elsewhere:
            raise LocalProtocolError("the request has no key that was registered", code="ENCRYPTION_KEY_UNKNOWN")
        return replace(self, encryption_key=thumbprint)

    @property
    def is_registered_elsewhere(self) -> bool:
        """Whether the verifier's keys for answers are in its registered metadata, and in no request."""
        return is_registered_elsewhere(parse_client_id(self.client_id))

    @property
    def is_signed(self) -> bool:
        """Whether it may go out with its signature; where the address is the client, it may not (section 5.9.3)."""
        return not isinstance(parse_client_id(self.client_id), RedirectUri)

    def with_wallet_nonce(self, wallet_nonce: str, /, *, signer: Signer) -> Request:
        """Return the request, signed again with the fresh value that a wallet sent (section 5.10).

        Nonce, state and key stay, so that just one answer to it is accepted, whichever of them was fetched.

        Raises:
            MalformedError: it is no nonce of a wallet.
        """
        if not 0 < len(wallet_nonce) <= MAX_WALLET_NONCE or not wallet_nonce.isprintable():
            raise MalformedError("wallet_nonce is a short text", clause="OpenID4VP 1.0, section 5.10")
        signed = jws.parse(self.jwt)
        claims = {**jws.payload_object(signed.unverified_payload), "wallet_nonce": wallet_nonce}
        header = {name: value for name, value in signed.header.members.items() if name != "alg"}
        text = jws.sign(json.dumps(claims), signer=signer, header=header)
        _OWN.keep(replace(Request.from_jwt(self.jwt), jwt=text))  # it says the same
        return replace(self, jwt=text)

    def parameters(self) -> dict[str, Any]:
        """Return what the request object says."""
        return jws.payload_object(jws.parse(self.jwt).unverified_payload)

    def unsigned_parameters(self) -> dict[str, Any]:
        """Return what goes out in place of the request object where nobody signs (sections 5.9.3 and A.3.1).

        Only a ``redirect_uri`` client identifier and the Digital Credentials API have such requests.
        """
        left_out = _OF_A_JWT | (_OF_A_SIGNATURE if self.mode.is_dc_api else frozenset())
        return {name: value for name, value in self.parameters().items() if name not in left_out}

    @classmethod
    def from_jwt(cls, text: str) -> Request:
        """Return the request of a request object that this verifier made itself and kept.

        Raises:
            MalformedError: it is no request object of ours.
        """
        return _OWN.find(text) or _OWN.keep(_read_own(text))


class _Kept:
    """Requests as they were read; a verifier looks at the same one when it is made, fetched and answered."""

    def __init__(self) -> None:
        self._requests: OrderedDict[str, Request] = OrderedDict()
        self._lock = Lock()

    def find(self, text: str) -> Request | None:
        with self._lock:
            return self._requests.get(text)

    def keep(self, request: Request) -> Request:
        with self._lock:
            self._requests[request.jwt] = request
            while len(self._requests) > MAX_KEPT:
                self._requests.popitem(last=False)
        return request


_OWN: Final = _Kept()


def _read_own(text: str) -> Request:
    signed = jws.parse(text)
    jwt.require_typ(signed.header, TYP)
    members = wire.fit(RequestObject, jws.payload_object(signed.unverified_payload))
    expires = jwt.numeric_date({} if members.exp is None else {"exp": members.exp}, "exp")
    if members.client_id is None or members.purpose is None or expires is None:
        raise MalformedError("the request object has no client_id, purpose or exp")
    mode = _mode(members.response_mode)
    if members.state is None and not mode.is_dc_api:
        raise MalformedError("the request object has no state")
    origins = members.expected_origins
    return Request(
        jwt=text,
        client_id=members.client_id,
        nonce=members.nonce,
        state=members.state,
        query=DcqlQuery.from_json(members.dcql_query),
        purpose=members.purpose,
        expires=expires,
        mode=mode,
        response_uri=members.response_uri,
        encryption_key=_encryption_key(members, mode),
        expected_origins=origins,
        origin=origins[0] if len(origins) == 1 else None,
        transaction_data=members.transaction_data,
    )


def _encryption_key(members: RequestObject, mode: ResponseMode) -> bytes | None:
    if not mode.is_encrypted or members.client_metadata is None:
        return None
    return read_client_metadata(members.client_metadata).answer_encryption().thumbprint


def _mode(name: str) -> ResponseMode:
    try:
        return ResponseMode(name)
    except ValueError:
        raise MalformedError("the request object has no response mode of ours") from None


def client_id(leaf: bytes) -> str:
    """Return the client identifier of the verifier whose DER certificate this is (section 5.9.3)."""
    return str(X509Hash.of(leaf))


def make_request(
    query: DcqlQuery,
    *,
    purpose: str,
    registration: str,
    signer: Signer,
    chain: tuple[bytes, ...],
    at: datetime,
    lifetime: timedelta = LIFETIME,
    delivery: Delivery = BACK,
    client: ClientId | None = None,
    header: Mapping[str, Any] | None = None,
    transaction_data: Sequence[str] = (),
) -> Request:
    """Return a signed request with a fresh nonce and state.

    Args:
        query: what is asked for.
        purpose: the code of the registered purpose.
        registration: the registration certificate for that purpose.
        signer: the verifier's access key, or the key that its client identifier means.
        chain: its certificates, the verifier's own first; none where the client identifier means another key.
        at: the time of asking.
        lifetime: how long an answer is accepted; at most 600 seconds.
        delivery: how the answer comes back.
        client: the client identifier; None for the hash of the first certificate.
        header: what else shows whose key it is: the ``kid`` of a DID or a federation, or the attestation as ``jwt``.
        transaction_data: what the holder is asked to authorise, see `transaction_text`.

    Raises:
        ValueError: a longer lifetime, or neither a certificate nor a client identifier.
    """
    if not timedelta(0) < lifetime <= LIFETIME:
        raise ValueError("a request lives at most 600 seconds")
    if client is None and not chain:
        raise ValueError("a request is signed with a certificate, or says who its client is")
    claims: dict[str, Any] = {
        "response_type": "vp_token",
        "response_mode": delivery.mode.value,
        "client_id": client_id(chain[0]) if client is None else str(client),
        "aud": AUDIENCE,
        "nonce": secrets.token_urlsafe(24),
        **_of_delivery(delivery),
        "iat": jwt.seconds(at),
        "exp": jwt.seconds(at + lifetime),
        "purpose": purpose,
        "dcql_query": query.to_json(),
        "verifier_info": [{"format": "registration_cert", "data": registration}],
    }
    if not is_registered_elsewhere(client):
        claims["client_metadata"] = client_metadata(delivery.key)
    if transaction_data:
        claims["transaction_data"] = list(transaction_data)
    certified = {"x5c": jose_header.x5c(chain)} if chain else {}
    made = Request.from_jwt(jwt.sign(claims, typ=TYP, signer=signer, header={**certified, **(header or {})}))
    if delivery.key is not None and made.encryption_key is None:
        return made.encrypted_to(delivery.key.thumbprint)
    return made


def _of_delivery(delivery: Delivery) -> dict[str, Any]:
    if delivery.mode.is_dc_api:
        return {"expected_origins": list(delivery.expected_origins)}
    state = {"state": delivery.state or secrets.token_urlsafe(32)}
    return state if delivery.response_uri is None else {**state, "response_uri": delivery.response_uri}
