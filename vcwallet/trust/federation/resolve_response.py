# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The answer of a resolver, which has validated a trust chain for others (OpenID Federation 1.0, section 8.3.2).

Whoever uses it trusts the resolver as much as an anchor.  A policy of ours validates chains itself; the answer may
bring one (`ResolveResponse.trust_chain`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vcwallet.claims import JsonObject
from vcwallet.encoding import wire
from vcwallet.encoding.wire import Array, WireModel
from vcwallet.errors import LimitExceededError, MalformedError, UntrustedError
from vcwallet.jose import jws, jwt
from vcwallet.jose.header import MAX_STATEMENTS
from vcwallet.keys.jwk_set import JwkSet
from vcwallet.trust.federation.entity import require_entity_id
from vcwallet.trust.federation.statement import require_within

TYP = "resolve-response+jwt"
MAX_BYTES = 512 * 1024
"""Room for a chain of seven statements beside the metadata."""

CLAUSE = "OpenID Federation 1.0, section 8.3.2"


class _TrustMark(WireModel):
    trust_mark_type: str
    trust_mark: str


class _Claims(WireModel):
    iss: str
    sub: str
    metadata: dict[str, dict[str, Any]]
    trust_marks: Array[_TrustMark] = ()
    trust_chain: Array[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveResponse:
    """What a resolver says about an entity.

    Attributes:
        resolver: who says so.
        subject: the entity.
        metadata: its resolved metadata, by entity type.
        trust_marks: the trust marks, as (type, JWT), that the resolver has validated.
        trust_chain: the chain that it has used, if it shows it.
        issued_at: when it said so.
        expires: until when it counts.
    """

    resolver: str
    subject: str
    metadata: Mapping[str, JsonObject]
    trust_marks: tuple[tuple[str, str], ...] = field(repr=False)
    trust_chain: tuple[str, ...] = field(repr=False)
    issued_at: datetime
    expires: datetime


def verify(text: str, *, resolver: str, keys: JwkSet, subject: str, at: datetime) -> ResolveResponse:
    """Return the answer of a resolver that the caller trusts about the entity that was asked for.

    Args:
        text: the JWT.
        resolver: whom the caller has asked.
        keys: the federation keys of the resolver, which the caller has from its trust chain.
        subject: the entity that was asked for.
        at: the time.

    Raises:
        MalformedError, LimitExceededError: it is no such answer.
        VerificationError: another ``typ`` (code ``WRONG_TYPE``).
        UntrustedError: another resolver's, about another entity, or signed with a key that is not there.
        AlgorithmNotAllowedError, SignatureInvalidError: it is not signed by the resolver.
        ValidityError: it has ended, or is from the future.
    """
    if len(text) > MAX_BYTES:
        raise LimitExceededError(f"a resolve response is longer than {MAX_BYTES} bytes")
    signature = jws.parse(text)
    jwt.require_typ(signature.header, TYP)
    response = _read(signature)
    if (response.resolver, response.subject) != (resolver, subject):
        raise UntrustedError("a resolve response of or about another entity", clause=CLAUSE)
    if not signature.header.key_id:
        raise MalformedError("a resolve response names its key", clause=CLAUSE)
    signature.verify(keys.verification_key(signature.header.key_id))
    require_within(response.issued_at, response.expires, at=at)
    return response


def _read(signature: jws.Jws) -> ResolveResponse:
    claims = jws.payload_object(signature.unverified_payload)
    document = wire.fit(_Claims, claims)
    issued_at, expires = jwt.numeric_date(claims, "iat"), jwt.numeric_date(claims, "exp")
    if issued_at is None or expires is None:
        raise MalformedError("a resolve response says when it was made, and when it ends", clause=CLAUSE)
    if len(document.trust_chain) > MAX_STATEMENTS:
        raise LimitExceededError(f"a trust chain has more than {MAX_STATEMENTS} statements", clause=CLAUSE)
    if any(value is None for parameters in document.metadata.values() for value in parameters.values()):
        raise MalformedError("null is no value of metadata", clause="OpenID Federation 1.0, section 5")
    return ResolveResponse(
        resolver=require_entity_id(document.iss),
        subject=require_entity_id(document.sub),
        metadata=document.metadata,
        trust_marks=tuple((one.trust_mark_type, one.trust_mark) for one in document.trust_marks),
        trust_chain=document.trust_chain,
        issued_at=issued_at,
        expires=expires,
    )
