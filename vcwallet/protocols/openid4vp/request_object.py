# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Request objects as a wallet reads them (OpenID4VP 1.0, section 5; JAR, RFC 9101).

A request goes through types: the text, read but unverified, authenticated.  Only the last has a verifier.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from vcwallet.encoding import base64url, jcs, json, service_url, wire
from vcwallet.encoding.wire import Array, Maybe, WireModel
from vcwallet.errors import (
    LimitExceededError,
    MalformedError,
    RemoteProtocolError,
    UnsupportedError,
    UntrustedError,
    ValidityError,
    quoted,
)
from vcwallet.formats.base import SAME_CHANNEL, Binding
from vcwallet.jose import header as jose_header
from vcwallet.jose import jws, jwt
from vcwallet.jose.jws import Jws
from vcwallet.keys.policy import TrustPolicy
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.exchange import AnswerEncryption, AnswerTarget, AuthenticatedRequest, Transaction
from vcwallet.protocols.openid4vp.client_id import (
    ClientId,
    OpenIdFederation,
    PreRegistered,
    RedirectUri,
    parse_client_id,
)
from vcwallet.protocols.openid4vp.client_metadata import ClientMetadata, read_client_metadata
from vcwallet.protocols.openid4vp.reception import BY_VALUE, Reception
from vcwallet.protocols.openid4vp.response_mode import ResponseMode
from vcwallet.protocols.openid4vp.transaction_data import MAX_TRANSACTIONS, read_transactions
from vcwallet.protocols.openid4vp.verifiers import (
    AddressedVerifier,
    IdentifiedVerifier,
    Signed,
    UnauthenticatedVerifier,
    authenticate,
    authenticate_address,
)

TYP: Final = "oauth-authz-req+jwt"
LIFETIME: Final = timedelta(seconds=600)
MAX_BYTES = 256 * 1024
MAX_PURPOSE = 128
MAX_ATTESTATIONS = 20
MAX_ORIGINS = 20
MAX_ORIGIN = 2048

_NONCE: Final = re.compile(r"[A-Za-z0-9._~-]{22,256}")
_STATE: Final = re.compile(r"[A-Za-z0-9._~-]{1,512}")
_SECTION_5_1: Final = "OpenID4VP 1.0, section 5.1"
_SECTION_5_2: Final = "OpenID4VP 1.0, section 5.2"
_DC_API: Final = "OpenID4VP 1.0, appendix A.2"


class VerifierInfo(WireModel):
    """An attestation about the verifier (section 5.1)."""

    format: str
    data: str | dict[str, Any]
    credential_ids: Array[str] = ()


def _one_or_several(value: Any) -> Any:
    """Return the array of an audience; of a single one, the text may stand alone (RFC 7519, section 4.1.3)."""
    return [value] if isinstance(value, str) else value


class RequestObject(WireModel):
    """The members of a request object that vcwallet reads; others are ignored, as the standard says."""

    response_type: Literal["vp_token"]
    response_mode: str
    client_id: Maybe[str] = None
    aud: Annotated[Array[str], Field(min_length=1), BeforeValidator(_one_or_several)] = ()
    nonce: str
    state: Maybe[str] = None
    iat: Maybe[int] = None
    nbf: Maybe[int] = None
    exp: Maybe[int] = None
    purpose: Annotated[Maybe[str], Field(max_length=MAX_PURPOSE)] = None
    dcql_query: dict[str, Any]
    client_metadata: Maybe[dict[str, Any]] = None
    response_uri: Annotated[Maybe[str], Field(max_length=service_url.https_url.MAX_LENGTH)] = None
    redirect_uri: Maybe[str] = None
    wallet_nonce: Maybe[str] = None
    expected_origins: Annotated[
        Array[Annotated[str, Field(max_length=MAX_ORIGIN)]], Field(min_length=1, max_length=MAX_ORIGINS)
    ] = ()
    verifier_info: Annotated[Array[VerifierInfo], Field(max_length=MAX_ATTESTATIONS)] = ()
    transaction_data: Annotated[Array[str], Field(min_length=1, max_length=MAX_TRANSACTIONS)] = ()
    trust_chain: Annotated[Array[str], Field(max_length=jose_header.MAX_STATEMENTS)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedRequest:
    """A request that was read; who sent it is not known yet.

    Attributes:
        signature: of the request object; None where the request is not signed.
        members: what it says.
        query: what is asked for.
        client: who it says to be from; None where only the platform says who asks.
        mode: how the answer goes back.
        reception: how it came.
    """

    signature: Jws | None = field(repr=False)
    members: RequestObject = field(repr=False)
    query: DcqlQuery
    client: ClientId | None
    mode: ResponseMode
    reception: Reception = field(repr=False)

    @property
    def is_signed(self) -> bool:
        """Whether somebody has signed it."""
        return self.signature is not None

    @property
    def client_metadata(self) -> ClientMetadata:
        """What the verifier says of itself; nothing where the standard has it said elsewhere.

        Raises:
            RemoteProtocolError: the wallet knows the verifier from elsewhere (section 5.9.2, ``INVALID_CLIENT``).
            MalformedError, LimitExceededError: it is not well-formed.
        """
        given = self.members.client_metadata
        if isinstance(self.client, OpenIdFederation):
            return ClientMetadata()
        if isinstance(self.client, PreRegistered) and given is not None:
            raise RemoteProtocolError("the metadata of this verifier are registered", code="INVALID_CLIENT")
        return read_client_metadata(given or {})

    @property
    def target(self) -> AnswerTarget:
        """Where an answer would go; before the verifier is known, nothing is sent there.

        Raises:
            RemoteProtocolError: the answer is to be encrypted, and the request has no key for it
                (``ENCRYPTION_UNUSABLE``); see `target_of` for one that is registered.
        """
        return self._target(self.client_metadata.answer_encryption() if self.mode.is_encrypted else None)

    @property
    def open_target(self) -> AnswerTarget:
        """Where an error goes that cannot be encrypted (section 8.3)."""
        return self._target(None)

    def target_of(self, verifier: IdentifiedVerifier) -> AnswerTarget:
        """Return where an answer to this verifier goes, encrypted to a registered key where it registers them.

        Raises:
            RemoteProtocolError: the answer is to be encrypted, and there is no key for it (``ENCRYPTION_UNUSABLE``).
        """
        if verifier.metadata is None or not self.mode.is_encrypted:
            return self.target
        return self._target(verifier.metadata.answer_encryption(registered=True))

    def _target(self, encryption: AnswerEncryption | None) -> AnswerTarget:
        uri = self.members.response_uri if self.mode.is_posted else None
        return AnswerTarget(mode=self.mode.value, uri=uri, encryption=encryption)

    def authenticate(self, *, trust: TrustPolicy, at: datetime) -> IdentifiedVerifier | UnauthenticatedVerifier:
        """Return who has sent the request, or that this is nobody in particular.

        Raises:
            VcError: as `verify`, for what concerns the verifier.
        """
        if self.signature is None or self.client is None:  # who has signed says a client identifier as well
            return self._authenticate_address(trust, at)
        signed = Signed(
            signature=self.signature,
            registrations=_registrations(self.members),
            trust_chain=self.members.trust_chain,
        )
        found = authenticate(self.client, signed, trust=trust, at=at, documents=self.reception.documents)
        if self.mode.is_posted and self.members.response_uri is not None:
            found.require_response_uri(self.members.response_uri)
        return found

    def verify(self, *, trust: TrustPolicy, at: datetime) -> AuthenticatedRequest:
        """Return the request with the verifier that trust vouches for.

        Raises:
            UntrustedError, NotAuthorisedError: the verifier is not known, or may not ask; of a request that nobody has
                signed, nobody is known (``VERIFIER_UNAUTHENTICATED``).
            SignatureInvalidError, AlgorithmNotAllowedError: the signature does not hold.
            RemoteProtocolError, UnsupportedError: a rule of the protocol is broken, or transaction data are not ones
                that this wallet knows (``INVALID_TRANSACTION_DATA``).
            ValidityError: the request is too old or from the future.
            MalformedError: what shows who it is cannot be read.
        """
        verifier = self.authenticate(trust=trust, at=at)
        if isinstance(verifier, UnauthenticatedVerifier):
            raise UntrustedError(
                f"nobody has signed the request; all that is known is {quoted(verifier.address)}",
                code="VERIFIER_UNAUTHENTICATED",
                clause="OpenID4VP 1.0, section 5.9.3",
            )
        target = self.target_of(verifier)
        expires = self._require_time(at)
        return AuthenticatedRequest(
            verifier=verifier.party,
            binding=self._binding(target),
            state=None if self.mode.is_dc_api else self.members.state,
            query=self.query,
            purpose=self.members.purpose,
            registrations=tuple(_registrations(self.members)),
            digest=self.digest,
            expires=expires,
            target=target,
            transactions=self._transactions(),
        )

    @property
    def digest(self) -> str:
        """The SHA-256 of the request, as base64url, by which histories name it.

        It is that of the request object; without a signature, that of what the request says, as canonical JSON.

        Raises:
            MalformedError: a request without a signature has a number that no double is.
        """
        if self.signature is None:
            said = self.members.model_dump(mode="json", exclude_unset=True)
            return base64url.encode(hashlib.sha256(jcs.canonicalize(said)).digest())
        return request_digest(self.signature.compact())

    def _binding(self, target: AnswerTarget) -> Binding:
        origin = self.reception.origin
        return Binding(
            audience=str(self.client) if origin is None else origin_audience(origin),
            nonce=self.members.nonce,
            response_uri=target.uri or SAME_CHANNEL,
            encryption_key=target.encryption.thumbprint if target.encryption is not None else None,
            origin=origin,
        )

    def _transactions(self) -> tuple[Transaction, ...]:
        texts = self.members.transaction_data
        return read_transactions(texts, query=self.query, types=self.reception.transaction_types) if texts else ()

    def _authenticate_address(self, trust: TrustPolicy, at: datetime) -> AddressedVerifier | UnauthenticatedVerifier:
        """Return who is known by where the answer goes: to the page that the platform names, or to the client."""
        if self.reception.origin is not None:
            return authenticate_address(self.reception.origin, is_page=True, trust=trust, at=at)
        address = self.client.uri if isinstance(self.client, RedirectUri) else str(self.client)
        if not self.mode.is_posted:  # it would go back to whoever has brought the request
            return UnauthenticatedVerifier(address=address)
        return authenticate_address(address, is_page=False, trust=trust, at=at)

    def _require_time(self, at: datetime) -> datetime:
        """Return when the request ends, after it was found to be neither too old nor from the future."""
        members, received = self.members, self.reception.received_at
        times = {name: value for name in ("iat", "nbf", "exp") if (value := getattr(members, name)) is not None}
        if "iat" in times:
            jwt.require_fresh(times, at=at, max_age=LIFETIME)
        if received is not None and at > received + LIFETIME:
            raise ValidityError("the request is too old", clause=_SECTION_5_2)
        jwt.require_valid_at(times, at=at)
        if members.exp is not None:
            return datetime.fromtimestamp(members.exp, UTC)
        return (received or datetime.fromtimestamp(members.iat or 0, UTC)) + LIFETIME


def origin_audience(origin: str) -> str:
    """Return the audience of an answer by the Digital Credentials API, whoever signed the request (appendix A.4)."""
    return f"origin:{origin}"


def request_digest(text: str) -> str:
    """Return the SHA-256 of a signed request object, as base64url."""
    return base64url.encode(hashlib.sha256(text.encode("ascii")).digest())


def read_request(text: str, *, reception: Reception = BY_VALUE) -> UnverifiedRequest:
    """Read a signed request object.

    Args:
        text: the JWT.
        reception: how it came.

    Raises:
        LimitExceededError: longer than 256 KiB, or a query over its limits.
        MalformedError: not a JWT with the members of a request object.
        VerificationError: another kind of token (code ``WRONG_TYPE``).
        RemoteProtocolError: a rule of the protocol is broken.
        AlgorithmNotAllowedError, UnsupportedError: from the header; or a client identifier prefix or response mode that
            is none of ours.
    """
    if len(text) > MAX_BYTES:
        raise LimitExceededError(f"a request object is longer than {MAX_BYTES} characters")
    signature = jws.parse(text)
    jwt.require_typ(signature.header, TYP)
    return read_members(json.loads_object(signature.unverified_payload), signature=signature, reception=reception)


def read_members(members: Mapping[str, Any], *, signature: Jws | None, reception: Reception) -> UnverifiedRequest:
    """Return the request of the members of a request object, or of parameters that nobody has signed.

    Raises:
        VcError: as `read_request`.
    """
    found = wire.read(RequestObject, members)
    if not _NONCE.fullmatch(found.nonce):
        raise MalformedError("the nonce is too short or has a forbidden character", clause=_SECTION_5_2)
    if found.state is not None and not _STATE.fullmatch(found.state):
        raise MalformedError("the state is too long or has a forbidden character", clause=_SECTION_5_2)
    if signature is not None:
        _require_dated(found, reception)
    request = UnverifiedRequest(
        signature=signature,
        members=found,
        query=DcqlQuery.from_json(found.dcql_query),
        client=_client(found, signature, reception),
        mode=_mode(found.response_mode),
        reception=reception,
    )
    for require in RULES:
        require(request)
    return request


def _require_dated(members: RequestObject, reception: Reception) -> None:
    """One that may have lain somewhere says for whom it is and how old; one that was just fetched need not."""
    if reception.received_at is None and (not members.aud or None in (members.iat, members.exp)):
        raise MalformedError("a request object by value has aud, iat and exp", clause="RFC 9101, section 4")


def _client(members: RequestObject, signature: Jws | None, reception: Reception) -> ClientId | None:
    if signature is None and reception.origin is not None:
        return None  # a client_id that nobody has signed is ignored (appendix A.3.1)
    if members.client_id is None:
        raise MalformedError("a request has a client_id", clause=_SECTION_5_2)
    return parse_client_id(members.client_id)


def _mode(name: str) -> ResponseMode:
    try:
        return ResponseMode(name)
    except ValueError:
        raise UnsupportedError(f"response mode {quoted(name)} is not supported", clause=_SECTION_5_2) from None


# --- the rules -------------------------------------------------------------------------------------------------------


def _require_query_only(request: UnverifiedRequest) -> None:
    if "scope" in (request.members.model_extra or {}):
        raise _broken("a request has a query or a scope, not both", _SECTION_5_1)


def _require_audience(request: UnverifiedRequest) -> None:
    aud = request.members.aud
    if aud and request.reception.audiences.isdisjoint(aud):
        raise _broken("the request is for another wallet", "OpenID4VP 1.0, section 5.8")


def _require_same_client(request: UnverifiedRequest) -> None:
    outer = request.reception.client_id
    if outer is not None and outer != str(request.client):
        raise _broken("the request object is another client's", "RFC 9101, section 5")


def _require_signature(request: UnverifiedRequest) -> None:
    if request.client is not None and (request.signature is None) != isinstance(request.client, RedirectUri):
        raise _broken(
            "with this client identifier prefix, a request is (or is not) signed", "OpenID4VP 1.0, section 5.9.3"
        )


def _require_metadata(request: UnverifiedRequest) -> None:
    request.client_metadata  # noqa: B018 - it raises where there may be none, or they are not well-formed


def _require_wallet_nonce(request: UnverifiedRequest) -> None:
    expected, found = request.reception.wallet_nonce, request.members.wallet_nonce
    if expected is not None and not hmac.compare_digest((found or "").encode("utf-8"), expected.encode("utf-8")):
        raise _broken("the request object does not have the wallet's nonce", "OpenID4VP 1.0, section 5.10")


def _require_channel(request: UnverifiedRequest) -> None:
    """An answer goes where the request came from: by the browser's API to the page, by the network to an address."""
    by_api, fetched = request.reception.origin is not None, request.reception.request_uri is not None
    if by_api != request.mode.is_dc_api:
        raise _broken("the response mode does not belong to the way that the request came", _DC_API)
    if fetched and request.mode is ResponseMode.SAME_CHANNEL:
        raise _broken("there is no channel back to where a request object was fetched", _SECTION_5_2)


def _require_response_uri(request: UnverifiedRequest) -> None:
    members = request.members
    if not request.mode.is_posted:
        return
    if members.response_uri is None or members.redirect_uri is not None:
        raise _broken(
            "with this response mode there is a response_uri, and no redirect_uri", "OpenID4VP 1.0, section 8.2"
        )
    service_url.parse_endpoint(members.response_uri, clause="OpenID4VP 1.0, section 8.2")
    if isinstance(request.client, RedirectUri) and request.client.uri != members.response_uri:
        raise _broken("the response_uri is not the client identifier", "OpenID4VP 1.0, section 5.9.3")


def _require_state(request: UnverifiedRequest) -> None:
    unbound = any(not one.require_cryptographic_holder_binding for one in request.query.requested)
    if unbound and request.members.state is None and not request.mode.is_dc_api:
        raise _broken("a request without a proof of the holder has a state", "OpenID4VP 1.0, section 5.3")


def _require_origin(request: UnverifiedRequest) -> None:
    """Compared as texts, since the origin comes from the platform in just one spelling (appendix A.2)."""
    origin = request.reception.origin
    if origin is not None and request.is_signed and origin not in (request.members.expected_origins):
        raise _broken("the request is not for the page that hands it over", _DC_API)


RULES: Final = (
    _require_query_only,
    _require_audience,
    _require_same_client,
    _require_signature,
    _require_metadata,
    _require_wallet_nonce,
    _require_channel,
    _require_response_uri,
    _require_state,
    _require_origin,
)
"""What has to hold between the members of a request, and between them and the way that it came."""


def _broken(message: str, clause: str) -> RemoteProtocolError:
    return RemoteProtocolError(message, clause=clause)


def _registrations(members: RequestObject) -> list[str]:
    return [
        info.data for info in members.verifier_info if info.format == "registration_cert" and isinstance(info.data, str)
    ]
