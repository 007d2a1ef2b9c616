# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The key binding JWT: the holder's proof for one verifier and one request (RFC 9901, sections 4.3 and 7.3)."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from vcwallet.claims import JsonObject
from vcwallet.encoding import json
from vcwallet.errors import BindingError, MalformedError, UnsupportedError
from vcwallet.formats.sd_jwt.disclosure import HashAlgorithm
from vcwallet.jose import jws, jwt
from vcwallet.jose.jws import PreparedJws
from vcwallet.keys import jwk
from vcwallet.keys.algorithm import CLASSICAL, Algorithm
from vcwallet.keys.public import PublicKey

TYP = "kb+jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyBinding:
    """A key binding JWT that was checked.

    Attributes:
        issued_at: when the holder made it.
        claims: its claims, with those of other profiles (such as ``transaction_data_hashes``).
    """

    issued_at: datetime
    claims: JsonObject = field(repr=False)


def prepare_key_binding(
    sd_jwt: str,
    *,
    audience: str,
    nonce: str,
    algorithm: Algorithm,
    hash_algorithm: HashAlgorithm,
    at: datetime,
    extra: JsonObject | None = None,
) -> PreparedJws:
    """Return what the holder's key has to sign to present `sd_jwt` (compact, ending in a tilde) to this audience."""
    claims = {
        "iat": jwt.seconds(at),
        "aud": audience,
        "nonce": nonce,
        "sd_hash": hash_algorithm.digest(sd_jwt),
        **(extra or {}),
    }
    return jws.prepare(json.dumps(claims), encoded_header=_header(algorithm))


@lru_cache
def _header(algorithm: Algorithm) -> str:
    return jws.encode_header({"typ": TYP}, algorithm)


def require_key_binding(
    key_binding_jwt: str,
    *,
    sd_jwt: str,
    key: PublicKey,
    audience: str,
    nonce: str,
    hash_algorithm: HashAlgorithm,
    at: datetime,
    max_age: timedelta,
    algorithms: Collection[Algorithm] = CLASSICAL,
) -> KeyBinding:
    """Return the key binding if the holder of `key` made it for this audience, this nonce and exactly `sd_jwt`.

    Args:
        key_binding_jwt: the part after the last tilde.
        sd_jwt: the received text up to and including the last tilde.
        key: the key of the credential's ``cnf``, never one from the key binding itself.
        audience: what ``aud`` has to be.
        nonce: what ``nonce`` has to be.
        hash_algorithm: of the SD-JWT.
        at: the time of the check.
        max_age: how old it may be.
        algorithms: the signature algorithms that are allowed.

    Raises:
        BindingError: the type, audience, nonce or ``sd_hash`` is another one.
        SignatureInvalidError: it is not signed by `key`.
        AlgorithmNotAllowedError: the algorithm is not allowed, or not the key's.
        ValidityError: it is too old or from the future, or outside an ``exp`` or ``nbf`` of its own.
        MalformedError: it is no JWT, or a claim is missing or of the wrong type.
    """
    parsed = jws.parse(key_binding_jwt)
    if parsed.header.typ != TYP:
        raise BindingError("the holder's proof is no key binding JWT", clause="RFC 9901, section 7.3, step 5")
    claims = jws.payload_object(parsed.verify(key, algorithms=algorithms))
    jwt.require_fresh(claims, at=at, max_age=max_age)
    jwt.require_valid_at(claims, at=at)  # nothing demands exp or nbf here, but they mean what they always mean
    _require_equal(claims, "nonce", nonce)
    _require_equal(claims, "aud", audience)
    _require_equal(claims, "sd_hash", hash_algorithm.digest(sd_jwt))
    issued_at = jwt.numeric_date(claims, "iat")
    if issued_at is None:  # require_fresh has refused this already; the type checker cannot know
        raise MalformedError("iat is missing")
    return KeyBinding(issued_at=issued_at, claims=claims)


def _require_equal(claims: Mapping[str, Any], name: str, expected: str) -> None:
    value = claims.get(name)
    if not isinstance(value, str):
        raise MalformedError(f"{name} is not one string", clause="RFC 9901, section 4.3")
    if not hmac.compare_digest(value.encode("utf-8"), expected.encode("utf-8")):
        raise BindingError(f"the holder's proof has another {name}", clause="RFC 9901, section 7.3, step 5")


def confirmation_key(claims: Mapping[str, Any]) -> PublicKey | None:
    """Return the key of the ``cnf`` claim; None where the credential is not bound to a key (RFC 7800, section 3.2).

    Raises:
        MalformedError: ``cnf`` is no object, or its JWK is broken.
        UnsupportedError: ``cnf`` names a key in another way than by ``jwk``.
    """
    if "cnf" not in claims:
        return None
    cnf = claims["cnf"]
    if not isinstance(cnf, Mapping):
        raise MalformedError("cnf is an object", clause="RFC 7800, section 3.1")
    if "jwk" not in cnf:
        raise UnsupportedError("cnf names a key in another way than by jwk", clause="RFC 7800, section 3")
    return jwk.parse(cnf["jwk"])
