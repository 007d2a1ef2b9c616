# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The compact and the two JSON serialisations of an SD-JWT (RFC 9901, sections 4 and 8)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from vcwallet.claims import JsonValue
from vcwallet.encoding import json
from vcwallet.errors import LimitExceededError, MalformedError
from vcwallet.formats.sd_jwt.disclosure import MAX_DISCLOSURES, SD_ALG, Disclosure, HashAlgorithm
from vcwallet.formats.sd_jwt.issuance import combine
from vcwallet.formats.sd_jwt.processing import process
from vcwallet.formats.sd_jwt.verified import VerifiedSdJwt
from vcwallet.jose import jws
from vcwallet.jose.jws import Jws
from vcwallet.keys.algorithm import CLASSICAL, Algorithm
from vcwallet.keys.public import PublicKey

MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SdJwt:
    """An SD-JWT, with or without a key binding JWT; nothing in it is verified.

    Attributes:
        issuer_jwt: the issuer's signature, with its unverified payload.
        disclosures: the disclosures as they were received, in their order.
        key_binding_jwt: the key binding JWT, if one came along.
        without_key_binding: the received text up to and including its last tilde, which ``sd_hash`` covers.
    """

    issuer_jwt: Jws
    disclosures: tuple[str, ...] = field(repr=False)
    key_binding_jwt: str | None = field(repr=False)
    without_key_binding: str = field(repr=False)

    def verify(self, key: PublicKey, *, algorithms: Collection[Algorithm] = CLASSICAL) -> VerifiedSdJwt:
        """Return the SD-JWT whose issuer's signature and disclosures are right (RFC 9901, section 7.1).

        Times, audience and key binding are for the caller: see `require_key_binding` and `vcwallet.jose.jwt`.

        Raises:
            AlgorithmNotAllowedError: the signature algorithm is not in `algorithms`, or not the key's.
            SignatureInvalidError: the signature is not by `key`.
            DigestInvalidError: a digest is repeated, or a disclosure is repeated, unreferenced or in the wrong place.
            MalformedError: the payload or a disclosure breaks a rule of the format.
            UnsupportedError: an unknown ``_sd_alg``.
        """
        payload = jws.payload_object(self.issuer_jwt.verify(key, algorithms=algorithms))
        return self.processed(payload)

    def processed(self, payload: dict[str, Any]) -> VerifiedSdJwt:
        """Return the SD-JWT with its disclosures put into `payload`, whose signature the caller has checked."""
        hash_algorithm = HashAlgorithm.parse(payload.get(SD_ALG, "sha-256"))
        disclosures = [Disclosure.parse(text) for text in self.disclosures]
        return VerifiedSdJwt(
            issuer_jwt=self.issuer_jwt,
            hash_algorithm=hash_algorithm,
            processed=process(payload, disclosures, hash_algorithm),
        )

    def compact(self) -> str:
        """Return the compact serialisation."""
        return self.without_key_binding + (self.key_binding_jwt or "")


def parse(text: str) -> SdJwt:
    """Read the compact serialisation.

    Raises:
        LimitExceededError: longer than 4 MiB, or more than 500 disclosures.
        MalformedError: no tilde (a plain JWT is not an SD-JWT), an empty disclosure, or an issuer JWT that is none.
        AlgorithmNotAllowedError, UnsupportedError: from the issuer JWT's header.
    """
    if len(text) > MAX_BYTES:
        raise LimitExceededError(f"an SD-JWT is longer than {MAX_BYTES} characters")
    head, tilde, last = text.rpartition("~")
    issuer_jwt, *disclosures = head.split("~")
    if not tilde:
        raise MalformedError("without a tilde this is no SD-JWT", clause="RFC 9901, section 4")
    return _sd_jwt(jws.parse(issuer_jwt), disclosures, last or None, head + tilde)


def parse_json(value: Mapping[str, JsonValue] | str | bytes) -> tuple[SdJwt, ...]:
    """Read the flattened or the general JSON serialisation: one `SdJwt` for each signature (RFC 9901, section 8).

    Raises:
        LimitExceededError: too long, too many signatures or disclosures.
        MalformedError: not such a JWS, or disclosures that are not in the first signature's unprotected header only.
        AlgorithmNotAllowedError, UnsupportedError: from a header.
    """
    document = json.loads_object(value) if isinstance(value, str | bytes) else value
    first, *others = jws.parse_json(document)
    if any({"disclosures", "kb_jwt"} & one.unprotected.keys() for one in others):
        raise MalformedError("only the first signature carries disclosures", clause="RFC 9901, section 8.3")
    disclosures, kb_jwt = first.unprotected.get("disclosures", []), first.unprotected.get("kb_jwt")
    if not isinstance(disclosures, list) or not all(isinstance(one, str) for one in disclosures):
        raise MalformedError("disclosures is an array of strings", clause="RFC 9901, section 8.1")
    if kb_jwt is not None and not isinstance(kb_jwt, str):
        raise MalformedError("kb_jwt is a string", clause="RFC 9901, section 8.1")
    return tuple(
        _sd_jwt(signature, disclosures, kb_jwt, combine(signature.compact(), disclosures))
        for signature in (first, *others)
    )


def to_flattened_json(sd_jwt: SdJwt) -> dict[str, Any]:
    """Return the flattened JSON serialisation (RFC 9901, section 8.2)."""
    protected, payload, signature = sd_jwt.issuer_jwt.compact().split(".")
    return {"payload": payload, "protected": protected, "header": _unprotected(sd_jwt), "signature": signature}


def to_general_json(sd_jwt: SdJwt, *others: Jws) -> dict[str, Any]:
    """Return the general JSON serialisation, with the signatures of `others` over the same payload beside the first.

    Raises:
        ValueError: another signature is over another payload.
    """
    flattened = to_flattened_json(sd_jwt)
    payload = flattened.pop("payload")
    signatures = [flattened]
    for other in others:
        protected, other_payload, signature = other.compact().split(".")
        if other_payload != payload:
            raise ValueError("the signatures of one SD-JWT are over one payload")
        signatures.append({"protected": protected, "signature": signature})
    return {"payload": payload, "signatures": signatures}


def _unprotected(sd_jwt: SdJwt) -> dict[str, Any]:
    kb_jwt = {"kb_jwt": sd_jwt.key_binding_jwt} if sd_jwt.key_binding_jwt else {}
    return {**sd_jwt.issuer_jwt.unprotected, "disclosures": list(sd_jwt.disclosures), **kb_jwt}


def _sd_jwt(issuer_jwt: Jws, disclosures: list[str], kb_jwt: str | None, without_key_binding: str) -> SdJwt:
    if len(disclosures) > MAX_DISCLOSURES:
        raise LimitExceededError(f"an SD-JWT has more than {MAX_DISCLOSURES} disclosures")
    if not all(disclosures):
        raise MalformedError("a disclosure is empty", clause="RFC 9901, section 4")
    return SdJwt(
        issuer_jwt=issuer_jwt,
        disclosures=tuple(disclosures),
        key_binding_jwt=kb_jwt,
        without_key_binding=without_key_binding,
    )
