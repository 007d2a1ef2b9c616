# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""JSON Web Key Sets (RFC 7517, section 5): the keys that an issuer or a verifier publishes, told apart by ``kid``.

A set may hold keys of kinds that we do not use, so a key is read only when it is chosen.

    >>> from vcwallet.keys import jwk, jwk_set
    >>> from vcwallet.keys.software import SoftwareSigner
    >>> key = SoftwareSigner.generate().public_key
    >>> keys = jwk_set.parse({"keys": [{**jwk.public_jwk(key), "kid": "2026-11"}, {"kty": "future", "kid": "2030-01"}]})
    >>> keys.verification_key("2026-11") == key
    True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vcwallet.claims import JsonObject
from vcwallet.errors import LimitExceededError, MalformedError, UntrustedError, quoted
from vcwallet.keys import jwk
from vcwallet.keys.public import PublicKey

MAX_KEYS = 100


@dataclass(frozen=True, slots=True)
class JwkSet:
    """Public keys as they were published, each ``kid`` at most once; what is in them is checked when one is chosen."""

    keys: tuple[JsonObject, ...]

    def select(self, kid: str | None) -> JsonObject:
        """Return the JWK of this identifier; for None, the only one of the set.

        Raises:
            UntrustedError: there is none, or no identifier to choose among several (code ``KEY_NOT_FOUND``).
        """
        found = [key for key in self.keys if kid is None or key.get("kid") == kid]
        if len(found) != 1:
            which = "without an identifier" if kid is None else quoted(kid)
            raise UntrustedError(f"no key {which} can be chosen from the set", code="KEY_NOT_FOUND")
        return found[0]

    def verification_key(self, kid: str | None) -> PublicKey:
        """Return the signature key of this identifier (see `select`).

        Raises:
            UntrustedError: there is none (code ``KEY_NOT_FOUND``).
            MalformedError: the key is not a valid public key.
            AlgorithmNotAllowedError: the key is not for verifying signatures.
            UnsupportedError: the key is of a kind that vcwallet does not use.
        """
        return jwk.parse(self.select(kid))


def parse(value: object) -> JwkSet:
    """Return the set of a JSON object with the member ``keys``.

    Raises:
        MalformedError: not such an object, an element that is no object, or a ``kid`` that is no string or not unique.
        LimitExceededError: more than 100 keys.
    """
    keys = value.get("keys") if isinstance(value, Mapping) else None
    if not isinstance(keys, list | tuple):
        raise MalformedError("a JWK Set is an object with an array of keys", clause="RFC 7517, section 5")
    if len(keys) > MAX_KEYS:
        raise LimitExceededError(f"a JWK Set has more than {MAX_KEYS} keys")
    if not all(isinstance(key, Mapping) for key in keys):
        raise MalformedError("the keys of a JWK Set are objects", clause="RFC 7517, section 5.1")
    kids = [key["kid"] for key in keys if "kid" in key]
    if not all(isinstance(kid, str) for kid in kids):
        raise MalformedError("a kid is a string", clause="RFC 7517, section 4.5")
    if len(set(kids)) != len(kids):
        # RFC 7517 lets two kinds of key share a kid; then it would not say which key was meant.
        raise MalformedError("a JWK Set has the same kid twice", clause="RFC 7517, section 4.5")
    return JwkSet(tuple(keys))
