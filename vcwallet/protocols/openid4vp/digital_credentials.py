# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""OpenID4VP over the Digital Credentials API (OpenID4VP 1.0, appendix A).

Who asks is what the platform reports, the origin of a page.  It decides about every answer: a request that was signed
for another page is refused, and what a wallet proves is bound to the origin and to nothing that a message says.

    >>> from datetime import UTC, datetime
    >>> from vcwallet.protocols.openid4vp.digital_credentials import Protocol, read_dc_api_request
    >>> data = {
    ...     "response_type": "vp_token",
    ...     "response_mode": "dc_api",
    ...     "nonce": "n-0S6_WzA2Mj-n-0S6_WzA2Mj",
    ...     "dcql_query": {
    ...         "credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:eudi:pid:1"]}}]
    ...     },
    ... }
    >>> request = read_dc_api_request(
    ...     Protocol.UNSIGNED, data, origin="https://verifier.example", at=datetime(2026, 11, 23, tzinfo=UTC)
    ... )
    >>> request.is_signed
    False
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeAlias

from vcwallet.claims import JsonObject, JsonValue
from vcwallet.encoding import json
from vcwallet.errors import MalformedError, UnsupportedError, VcError, quoted
from vcwallet.jose import jwe, jws, jwt
from vcwallet.keys.policy import TrustPolicy
from vcwallet.keys.signer import Signer
from vcwallet.protocols.exchange import AnswerTarget, AuthenticatedRequest
from vcwallet.protocols.openid4vp.direct_post import encryption_missing, read_answer, read_encrypted
from vcwallet.protocols.openid4vp.error_response import ErrorResponse
from vcwallet.protocols.openid4vp.reception import BY_VALUE, Reception
from vcwallet.protocols.openid4vp.request import Request
from vcwallet.protocols.openid4vp.request_object import (
    MAX_BYTES,
    MAX_ORIGIN,
    TYP,
    UnverifiedRequest,
    read_members,
    read_request,
)
from vcwallet.protocols.openid4vp.response import MAX_BYTES as MAX_ANSWER_BYTES
from vcwallet.protocols.openid4vp.response import Response
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey, encrypt_answer

CLAUSE: Final = "OpenID4VP 1.0, appendix A"
_OF_A_SIGNER: Final = frozenset({"client_id", "verifier_info", "trust_chain"})
"""What each signature of a request says for itself, and the payload never (appendix A.3.2)."""
_IGNORED: Final = frozenset({"state", "response_uri", "redirect_uri", "scope"})
# An origin as platforms write it: of the web, without a default port or a slash; or of an app.
_WEB: Final = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?|https?://\[[0-9a-f:.]+\](?::[0-9]{1,5})?")
_APP: Final = re.compile(r"(?:android|ios):[A-Za-z0-9._:/+=-]+")


class Protocol(StrEnum):
    """The identifiers of the protocols in a call of the API (appendix A.1)."""

    UNSIGNED = "openid4vp-v1-unsigned"
    SIGNED = "openid4vp-v1-signed"
    MULTISIGNED = "openid4vp-v1-multisigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class MultisignedRequest:
    """A request that several have signed, each in its own way of being known; one that is known is enough.

    Attributes:
        requests: the request as each of them has signed it, of those whose signatures can be read.
    """

    requests: tuple[UnverifiedRequest, ...] = field(repr=False)

    @property
    def is_signed(self) -> bool:
        """It is."""
        return True

    def verify(self, *, trust: TrustPolicy, at: datetime) -> AuthenticatedRequest:
        """Return the request with the first signer that trust vouches for.

        Raises:
            VcError: trust vouches for none of them; the error is that of the first.
        """
        first: VcError | None = None
        for request in self.requests:
            try:
                return request.verify(trust=trust, at=at)
            except VcError as error:
                first = first or error
        raise first or MalformedError("nobody has signed the request", clause=CLAUSE)


DcApiRequest: TypeAlias = UnverifiedRequest | MultisignedRequest
"""A request by the API; who sent it is not known yet, only from which page."""


# --- the wallet ------------------------------------------------------------------------------------------------------


def read_dc_api_request(
    protocol: str, data: Mapping[str, JsonValue], *, origin: str, at: datetime, reception: Reception = BY_VALUE
) -> DcApiRequest:
    """Read what the platform hands over.

    Args:
        protocol: the identifier of the protocol.
        data: the request as the page gave it.
        origin: who asks, as the platform reports it; never as a message says.
        at: when it was handed over.
        reception: the wallet's own identifier and abilities.

    Raises:
        UnsupportedError: another protocol.
        LimitExceededError: longer than 256 KiB, or over another limit.
        MalformedError: not such a request.
        RemoteProtocolError: a rule of the protocol is broken; among others, it was signed for another origin.
        ValueError: not an origin as platforms write it.
    """
    circumstances = replace(reception, origin=require_origin(origin), received_at=at, client_id=None)
    if protocol not in tuple(Protocol):
        raise UnsupportedError(f"protocol {quoted(protocol)} is not supported", clause=CLAUSE)
    if protocol == Protocol.SIGNED:
        return _read_signed(data, circumstances)
    if protocol == Protocol.UNSIGNED:
        return read_members(_readable(_sized(data)), signature=None, reception=circumstances)
    return _read_several(_sized(data), circumstances)


def require_origin(origin: str) -> str:
    """Return a text that is an origin: of a page by https, of a page of this machine by http, or of an app.

    Raises:
        ValueError: it is not.
    """
    is_app = _APP.fullmatch(origin) is not None
    if len(origin) > MAX_ORIGIN or not (is_app or _WEB.fullmatch(origin)):
        raise ValueError("not an origin as platforms write it")
    host = re.sub(r":[0-9]+\Z", "", origin.partition("://")[2])
    if origin.startswith("http:") and host not in ("localhost", "127.0.0.1", "[::1]"):
        raise ValueError("the origin of a page is https")
    return origin


def _read_signed(data: Mapping[str, JsonValue], reception: Reception) -> UnverifiedRequest:
    text = data.get("request")
    if not isinstance(text, str):
        raise MalformedError("a signed request has the member request", clause=CLAUSE)
    return read_request(text, reception=reception)


def _read_several(data: Mapping[str, JsonValue], reception: Reception) -> MultisignedRequest:
    """Return the request as those have signed it whose signatures can be read: others may be for other wallets."""
    requests, refused = list[UnverifiedRequest](), list[VcError]()
    for one in jws.split_json(data):
        try:
            requests.append(_read_one(one, reception))
        except VcError as error:
            refused.append(error)
    if not requests:
        raise refused[0]
    return MultisignedRequest(requests=tuple(requests))


def _read_one(flattened: Mapping[str, JsonValue], reception: Reception) -> UnverifiedRequest:
    [signature] = jws.parse_json(flattened)
    jwt.require_typ(signature.header, TYP)
    payload = json.loads_object(signature.unverified_payload)
    if not _OF_A_SIGNER.isdisjoint(payload):
        raise MalformedError("what is said of one signer does not stand in the payload", clause=f"{CLAUSE}.3.2")
    own = {name: signature.header.members[name] for name in _OF_A_SIGNER if name in signature.header.members}
    return read_members({**_readable(payload), **own}, signature=signature, reception=reception)


def _readable(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members without those that mean nothing here and are ignored (appendix A.2)."""
    return {name: value for name, value in members.items() if name not in _IGNORED}


def _sized(data: Mapping[str, JsonValue], *, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    try:
        text = json.dumps(dict(data))
    except (TypeError, ValueError):
        raise MalformedError("what comes by the API is a JSON object", clause=CLAUSE) from None
    return json.loads_object(text, max_bytes=max_bytes)


def answer_data(answer: Response | ErrorResponse, *, target: AnswerTarget) -> dict[str, JsonValue]:
    """Return what a wallet gives back to the platform, for the page that asked (appendix A.4).

    Raises:
        LimitExceededError: an encrypted answer would be longer than 1 MiB.
    """
    if target.encryption is not None:
        return {"response": encrypt_answer(answer.to_json(), target.encryption)}
    return json.loads_object(answer.to_json())


# --- the verifier ----------------------------------------------------------------------------------------------------


def request_data(request: Request) -> dict[str, str]:
    """Return a signed request as the data of protocol `Protocol.SIGNED`.

    Raises:
        ValueError: its answer comes back in another way.
    """
    _require_by_api(request)
    return {"request": request.jwt}


def unsigned_request_data(request: Request) -> dict[str, Any]:
    """Return a request without its signature as the data of protocol `Protocol.UNSIGNED`.

    Raises:
        ValueError: its answer comes back in another way.
    """
    _require_by_api(request)
    return request.unsigned_parameters()


def multisigned_request_data(request: Request, *, signers: Sequence[tuple[Signer, JsonObject]]) -> dict[str, Any]:
    """Return a request that several keys of one verifier sign, as the data of protocol `Protocol.MULTISIGNED`.

    Args:
        request: what is asked for.
        signers: each key, with the protected header that shows whose it is: ``client_id``, and ``x5c``, ``kid`` or
            ``jwt``; ``verifier_info`` is added from the request where it is not there.

    Raises:
        ValueError: its answer comes back in another way, nobody signs, or a header has no ``client_id``.
    """
    _require_by_api(request)
    members = request.parameters()
    info = {"verifier_info": members["verifier_info"]}
    if not all("client_id" in header for _, header in signers):
        raise ValueError("each signature says which client identifier it is for")
    payload = json.dumps({name: value for name, value in members.items() if name not in _OF_A_SIGNER})
    return jws.sign_general(
        payload, signers=[(signer, {"typ": TYP, **info, **header}, None) for signer, header in signers]
    )


def _require_by_api(request: Request) -> None:
    if not request.mode.is_dc_api:
        raise ValueError("the answer to this request comes back in another way")


def answer_key_id(data: Mapping[str, JsonValue]) -> str | None:
    """Return which key an answer says to be encrypted to, for a verifier that has registered several.

    Raises:
        VcError: what should be a JWE is none.
    """
    text = data.get("response")
    return jwe.parse(text).header.key_id if isinstance(text, str) else None


def read_dc_api_answer(data: Mapping[str, JsonValue], *, key: ResponseKey | None) -> Response | ErrorResponse:
    """Return what the page got from the API; nothing in it is verified.

    Args:
        data: as the API gave it.
        key: the one of the request that this answers; None where its answer is not to be encrypted.

    Raises:
        LimitExceededError: longer than 4 MiB, or an answer over its own limits.
        MalformedError: neither an answer nor an error.
        RemoteProtocolError: an answer that is not encrypted and has to be (``ENCRYPTION_MISSING``), or is and has not
            to be (``ENCRYPTION_UNEXPECTED``).
        VcError: an encrypted one does not decrypt; see `decrypt_answer`.
    """
    members = _sized(data, max_bytes=MAX_ANSWER_BYTES)
    if "response" in members:
        if not isinstance(members["response"], str) or not members.keys().isdisjoint(("vp_token", "error")):
            raise MalformedError("response is a JWE, and stands alone", clause=CLAUSE)
        return read_encrypted(members["response"], key=key)
    answer = read_answer(members)
    if key is not None and isinstance(answer, Response):
        raise encryption_missing()
    return answer
