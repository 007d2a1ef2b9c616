# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Credential requests and the proofs in them (OpenID4VCI 1.0, section 8.2 and appendix F).

>>> from vcwallet.protocols.openid4vci.credential_request import read_credential_request
>>> body = b'{"credential_configuration_id":"ResidenceRecord_sd_jwt_vc","proofs":{"jwt":["eyJ...","eyJ..."]}}'
>>> read_credential_request(body, encrypted=False).proofs.values
('eyJ...', 'eyJ...')

Requests of older drafts name a ``format`` and have one ``proof``; they are refused for what they lack.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import Field

from vcwallet.claims import JsonObject, JsonValue
from vcwallet.encoding import json, wire
from vcwallet.encoding.wire import Maybe, WireModel
from vcwallet.errors import LimitExceededError, MalformedError, RemoteProtocolError, UnsupportedError, quoted
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, refusing
from vcwallet.protocols.openid4vci.encryption import CredentialResponseEncryption, read_response_encryption

MAX_BYTES = 1024 * 1024
MAX_PROOFS = 50
MAX_IDENTIFIER = 1024
CLAUSE = "OpenID4VCI 1.0, section 8.2"
_PROOFS_CLAUSE = "OpenID4VCI 1.0, appendix F"


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtProofs:
    """Proofs of the type ``jwt``: one JWT for each key, not verified (appendix F.1)."""

    name: ClassVar[str] = "jwt"
    values: tuple[str, ...] = field(repr=False)

    def __post_init__(self) -> None:
        _require_count(self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataIntegrityProofs:
    """Proofs of the type ``di_vp``: one verifiable presentation for each key, not verified (appendix F.2)."""

    name: ClassVar[str] = "di_vp"
    values: tuple[JsonObject, ...] = field(repr=False)

    def __post_init__(self) -> None:
        _require_count(self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationProof:
    """The proof of the type ``attestation``: one key attestation for all keys, not verified (appendix F.3)."""

    name: ClassVar[str] = "attestation"
    value: str = field(repr=False)

    @property
    def values(self) -> tuple[str]:
        """The attestation alone, as it stands in its array."""
        return (self.value,)


Proofs: TypeAlias = JwtProofs | DataIntegrityProofs | AttestationProof
"""The proofs of a request, all of one type."""


def _require_count(values: tuple[object, ...]) -> None:
    if not 0 < len(values) <= MAX_PROOFS:
        raise ValueError(f"a request has 1 to {MAX_PROOFS} proofs")


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialRequest:
    """What a wallet asks the credential endpoint for; one of the two identifiers is there.

    Attributes:
        credential_identifier: of a credential that the token response named.
        credential_configuration_id: of a configuration in the issuer's metadata, where the token response named none.
        proofs: show the keys that credentials are to be bound to; None where none is bound to a key.
        response_encryption: how the response is to be encrypted, if it is.
    """

    credential_identifier: str | None = None
    credential_configuration_id: str | None = None
    proofs: Proofs | None = None
    response_encryption: CredentialResponseEncryption | None = None

    def __post_init__(self) -> None:
        if (self.credential_identifier is None) is (self.credential_configuration_id is None):
            raise ValueError("a credential request has one of the two identifiers")

    def to_json(self) -> bytes:
        """Return the request as JSON, which is sent encrypted if it wants the response encrypted."""
        encryption = self.response_encryption
        members: dict[str, JsonValue] = {
            "credential_identifier": self.credential_identifier,
            "credential_configuration_id": self.credential_configuration_id,
            "proofs": None if self.proofs is None else proofs_json(self.proofs),
            "credential_response_encryption": None if encryption is None else encryption.to_json(),
        }
        return json.dumps({name: value for name, value in members.items() if value is not None})


def proofs_json(proofs: Proofs) -> dict[str, JsonValue]:
    """Return the value of ``proofs``."""
    return {proofs.name: list(proofs.values)}


_Identifier = Annotated[str, Field(min_length=1, max_length=MAX_IDENTIFIER)]


class _Request(WireModel):
    credential_identifier: Maybe[_Identifier] = None
    credential_configuration_id: Maybe[_Identifier] = None
    proofs: Maybe[dict[str, Any]] = None
    encryption: Maybe[dict[str, Any]] = Field(default=None, alias="credential_response_encryption")


def read_credential_request(body: bytes | Mapping[str, object], *, encrypted: bool) -> CredentialRequest:
    """Return a credential request.

    Args:
        body: the JSON text, decrypted if it was encrypted.
        encrypted: whether it was (see `encryption.read_message`).

    Raises:
        OAuthRefusal: it is not as the standard says or over a limit; the refusal says ``invalid_proof`` where that is
            true of its proofs, ``invalid_encryption_parameters`` where a response is to be encrypted otherwise than
            vcwallet does, or for a request that was not (``ENCRYPTION_MISSING``), and ``invalid_credential_request``
            for the rest.
    """
    with refusing(OAuthErrorCode.INVALID_CREDENTIAL_REQUEST):
        members = wire.read(_Request, body, max_bytes=MAX_BYTES)
        if (members.credential_identifier is None) is (members.credential_configuration_id is None):
            raise MalformedError("a credential request has one of the two identifiers", clause=CLAUSE)
    with refusing(OAuthErrorCode.INVALID_PROOF):
        proofs = None if members.proofs is None else read_proofs(members.proofs)
    return CredentialRequest(
        credential_identifier=members.credential_identifier,
        credential_configuration_id=members.credential_configuration_id,
        proofs=proofs,
        response_encryption=requested_encryption(members.encryption, encrypted=encrypted),
    )


def requested_encryption(value: object, *, encrypted: bool) -> CredentialResponseEncryption | None:
    """Return how a response is to be encrypted, from the member of a request that came encrypted or not.

    Raises:
        OAuthRefusal: ``invalid_encryption_parameters``: as `read_response_encryption`, or the request was not encrypted
            (``ENCRYPTION_MISSING``), so that anybody on the way could have put a key of their own into it.
    """
    if value is None:
        return None
    with refusing(OAuthErrorCode.INVALID_ENCRYPTION_PARAMETERS):
        if not encrypted:
            raise RemoteProtocolError(
                "a request for an encrypted response is encrypted itself", code="ENCRYPTION_MISSING", clause=CLAUSE
            )
        return read_response_encryption(value)


def read_proofs(value: Mapping[str, object]) -> Proofs:
    """Return the proofs of a request, as strict JSON parsing gave them.

    Raises:
        MalformedError: not one member with a non-empty array, of strings or objects as its type has it.
        LimitExceededError: more than 50 proofs.
        UnsupportedError: another proof type than ``jwt``, ``di_vp`` and ``attestation``.
    """
    if len(value) != 1:
        raise MalformedError("proofs has one member, the type of all proofs", clause=CLAUSE)
    ((name, values),) = value.items()
    if name not in _PROOF_TYPES:
        raise UnsupportedError(f"proof type {quoted(name)} is not supported", clause=_PROOFS_CLAUSE)
    if not isinstance(values, list) or not values:
        raise MalformedError("proofs of a type are a non-empty array", clause=CLAUSE)
    if len(values) > MAX_PROOFS:
        raise LimitExceededError(f"a credential request has more than {MAX_PROOFS} proofs", clause=CLAUSE)
    if not all(isinstance(one, _PROOF_TYPES[name]) for one in values):
        raise MalformedError("a proof is not of the kind that its type says", clause=_PROOFS_CLAUSE)
    match name:
        case "jwt":
            return JwtProofs(values=tuple(values))
        case "di_vp":
            return DataIntegrityProofs(values=tuple(values))
        case _:
            if len(values) != 1:
                raise MalformedError("there is one proof of the type attestation", clause=_PROOFS_CLAUSE)
            return AttestationProof(value=values[0])


_PROOF_TYPES: dict[str, type] = {JwtProofs.name: str, DataIntegrityProofs.name: dict, AttestationProof.name: str}
