# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Making an SD-JWT: conceal the selectable claims, then sign what remains (RFC 9901, sections 4 and 5.1)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vcwallet.claims import Concealment, JsonObject, JsonValue
from vcwallet.encoding import json
from vcwallet.encoding.base64url import encode
from vcwallet.encoding.json import dumps_part as dumps
from vcwallet.errors import MalformedError
from vcwallet.formats.sd_jwt.disclosure import ELEMENT, RESERVED, SD, SD_ALG, HashAlgorithm
from vcwallet.jose import jws
from vcwallet.keys.signer import Signer

SALT_BYTES = 18
"""144 random bits, which base64url writes in 24 characters without a remainder (RFC 9901 asks for 128)."""

_SALT_TEXT = SALT_BYTES * 4 // 3

RandomBytes = Callable[[int], bytes]

_NOTHING = Concealment()
_RESERVED = RESERVED | {SD_ALG}
_SCALARS = (str, int, float, type(None))  # bool is an int


def issue(
    claims: JsonObject,
    *,
    concealment: Concealment,
    signer: Signer,
    header: JsonObject,
    hash_algorithm: HashAlgorithm = HashAlgorithm.SHA_256,
    decoys: int = 0,
    random_bytes: RandomBytes = secrets.token_bytes,
) -> str:
    """Return the claims as a signed SD-JWT with all its disclosures, in compact serialisation.

    Args:
        claims: the claim tree, registered claims included.
        concealment: which claims become disclosures.
        signer: the issuer's key.
        header: the protected header, without ``alg``.
        hash_algorithm: the digests' hash function.
        decoys: how many random digests to add to each object and array that conceals something.
        random_bytes: the source of salts and decoys.

    Raises:
        MalformedError: a claim has a reserved name.
    """
    payload, disclosures = conceal(
        claims, concealment, hash_algorithm=hash_algorithm, decoys=decoys, random_bytes=random_bytes
    )
    signed = jws.sign(json.dumps(payload), signer=signer, header=header)
    return combine(signed, disclosures)


def combine(issuer_jwt: str, disclosures: Sequence[str]) -> str:
    """Return an SD-JWT of its parts: every part is followed by a tilde (RFC 9901, section 4)."""
    return "~".join((issuer_jwt, *disclosures, ""))


def conceal(
    claims: JsonObject,
    concealment: Concealment,
    *,
    hash_algorithm: HashAlgorithm = HashAlgorithm.SHA_256,
    decoys: int = 0,
    random_bytes: RandomBytes = secrets.token_bytes,
) -> tuple[dict[str, Any], list[str]]:
    """Return the payload to sign, with digests in the place of selectable claims, and the disclosures.

    Raises:
        MalformedError: a claim has a reserved name (``_sd``, ``...``, ``_sd_alg``), at whatever depth.
        TypeError: the claims are not JSON.
    """
    json.dumps(claims)  # once for the whole tree: is it JSON?  The parts are then written without asking again
    work = _Concealing(hash_algorithm=hash_algorithm, decoys=decoys, random_bytes=random_bytes)
    payload = work.object(claims, concealment)
    if work.disclosures:
        payload[SD_ALG] = hash_algorithm.value
    return payload, work.disclosures


@dataclass(slots=True, kw_only=True)
class _Concealing:
    hash_algorithm: HashAlgorithm
    decoys: int
    random_bytes: RandomBytes
    disclosures: list[str] = field(default_factory=list)

    def value(self, value: JsonValue, rule: Concealment) -> Any:
        if isinstance(value, _SCALARS):
            return value
        if isinstance(value, Mapping):
            return self.object(value, rule)
        return self.array(value, rule.elements or _NOTHING)

    def object(self, claims: JsonObject, rule: Concealment) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        hidden: list[str] = []
        members, any_member = rule.members, rule.any_member or _NOTHING
        salts = self.salts_for(len(claims))
        if not _RESERVED.isdisjoint(claims):
            raise MalformedError("a claim has a reserved name", code="RESERVED_NAME", clause="RFC 9901, section 4.1")
        for name, claim in claims.items():
            below = members.get(name, any_member)
            inner = claim if isinstance(claim, _SCALARS) else self.value(claim, below)
            if below.selectable:
                hidden.append(encode(dumps((salts.pop(), name, inner))))
            else:
                shown[name] = inner
        if hidden:
            # Sorting hides the order of the claims, and which digests are decoys.
            shown[SD] = sorted(self.digests(hidden))
        return shown

    def array(self, values: Sequence[JsonValue], rule: Concealment) -> list[Any]:
        if not rule.selectable:
            return [self.value(value, rule) for value in values]
        salts = self.salts_for(len(values))
        hidden = [encode(dumps((salts.pop(), self.value(value, rule)))) for value in values]
        return [{ELEMENT: digest} for digest in self.digests(hidden)]

    def digests(self, disclosures: list[str]) -> list[str]:
        """Keep the disclosures, and return their digests with those of the decoys."""
        self.disclosures += disclosures
        size = self.hash_algorithm.digest_bytes
        decoys = [encode(self.random_bytes(size)) for _ in range(self.decoys)]
        return self.hash_algorithm.digest_each(disclosures) + decoys

    def salts_for(self, count: int) -> list[str]:
        """Return that many salts, from one call for all of them: sixteen cost what two calls would."""
        pool = encode(self.random_bytes(SALT_BYTES * count))
        return [pool[start : start + _SALT_TEXT] for start in range(0, len(pool), _SALT_TEXT)]
