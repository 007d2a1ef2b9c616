# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""JSON Web Signature: compact, flattened and general serialisation (RFC 7515).

A parsed signature has no payload to use by mistake: `verify` gives it out.

    >>> from vcwallet.jose import jws
    >>> from vcwallet.keys.software import SoftwareSigner
    >>> signer = SoftwareSigner.generate()
    >>> text = jws.sign(b'{"iss":"https://example.com"}', signer=signer, header={"typ": "JWT"})
    >>> jws.parse(text).verify(signer.public_key)
    b'{"iss":"https://example.com"}'
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vcwallet.claims import JsonObject, JsonValue
from vcwallet.encoding import base64url, json
from vcwallet.errors import AlgorithmNotAllowedError, LimitExceededError, MalformedError
from vcwallet.jose import header as jose_header
from vcwallet.jose.header import Header
from vcwallet.keys.algorithm import CLASSICAL, Algorithm
from vcwallet.keys.public import PublicKey, names_of
from vcwallet.keys.signer import Signer

MAX_BYTES = 1024 * 1024
MAX_SIGNATURE_TEXT = 8 * 1024 * 4 // 3
MAX_SIGNATURES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Jws:
    """One signature over a payload, not yet verified.

    Attributes:
        header: the protected header.
        signature: the signature, in JOSE form.
        signing_input: the received bytes that were signed.
        unprotected: the members of a JSON serialisation's ``header``, which nothing protects.
        unverified_payload: the payload, for a look at who claims to have signed it.
    """

    header: Header
    signature: bytes
    signing_input: bytes = field(repr=False)
    unverified_payload: bytes = field(repr=False)
    unprotected: JsonObject = field(default_factory=dict, repr=False)

    def verify(self, key: PublicKey, *, algorithms: Collection[Algorithm] = CLASSICAL) -> bytes:
        """Return the payload, which `key` has signed with an algorithm of ours.

        Raises:
            AlgorithmNotAllowedError: the header's algorithm is not in `algorithms`, or not the key's.
            SignatureInvalidError: the signature is not by this key over these bytes.
        """
        algorithm = self.header.algorithm
        if algorithm not in algorithms or algorithm not in names_of(key.algorithm):
            raise AlgorithmNotAllowedError(f"signature algorithm {algorithm} is not allowed here")
        key.verify(self.signature, self.signing_input)
        return self.unverified_payload

    def compact(self) -> str:
        """Return the compact serialisation, from the received bytes."""
        return f"{self.signing_input.decode('ascii')}.{base64url.encode(self.signature)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedJws:
    """What is to be signed, when the key is far away."""

    signing_input: bytes

    def finish(self, signature: bytes) -> str:
        """Return the compact serialisation with the signature that was made elsewhere."""
        return f"{self.signing_input.decode('ascii')}.{base64url.encode(signature)}"


def prepare(payload: bytes, *, encoded_header: str) -> PreparedJws:
    """Return the bytes to sign; `encoded_header` comes from `jose.header.encode` and names the signer's algorithm."""
    return PreparedJws(signing_input=f"{encoded_header}.{base64url.encode(payload)}".encode("ascii"))


def sign(payload: bytes, *, signer: Signer, header: JsonObject) -> str:
    """Return the compact serialisation; ``alg`` is added from the signer's key."""
    prepared = prepare(payload, encoded_header=encode_header(header, signer.public_key.algorithm))
    return prepared.finish(signer.sign(prepared.signing_input))


def sign_flattened(
    payload: bytes, *, signer: Signer, header: JsonObject, unprotected: JsonObject | None = None
) -> dict[str, Any]:
    """Return the flattened JSON serialisation (RFC 7515, section 7.2.2)."""
    protected, encoded_payload, signature = sign(payload, signer=signer, header=header).split(".")
    extra = {"header": dict(unprotected)} if unprotected else {}
    return {"payload": encoded_payload, "protected": protected, **extra, "signature": signature}


def sign_general(payload: bytes, *, signers: Sequence[tuple[Signer, JsonObject, JsonObject | None]]) -> dict[str, Any]:
    """Return the general JSON serialisation: one signature for each (signer, header, unprotected header).

    Raises:
        ValueError: there is no signer, or a header has an ``alg`` that is not its signer's.
    """
    flattened = [sign_flattened(payload, signer=s, header=h, unprotected=u) for s, h, u in signers]
    if not flattened:
        raise ValueError("a general serialisation has at least one signature")
    return {
        "payload": flattened[0]["payload"],
        "signatures": [{name: value for name, value in one.items() if name != "payload"} for one in flattened],
    }


def encode_header(header: JsonObject, algorithm: Algorithm) -> str:
    """Return a protected header with ``alg`` in front, as base64url.

    Raises:
        ValueError: the header has an ``alg`` that is no name of `algorithm` (Ed25519 has two).
    """
    members = {"alg": algorithm.value, **header}
    if members["alg"] not in names_of(algorithm):
        raise ValueError("the header's alg is not the signer's")
    return jose_header.encode(members)


def parse(text: str | bytes, *, max_bytes: int = MAX_BYTES) -> Jws:
    """Read the compact serialisation.

    Raises:
        LimitExceededError: longer than `max_bytes`, or a part over its own limit.
        MalformedError: not three base64url parts, or a header that is none.
        AlgorithmNotAllowedError: an algorithm that vcwallet does not have.
        UnsupportedError: an extension in the header.
    """
    if len(text) > max_bytes:
        raise LimitExceededError(f"a JWS is longer than {max_bytes} bytes")
    raw = _ascii(text)
    parts = raw.split(b".")
    if len(parts) != 3:
        raise MalformedError("a compact JWS has three parts", clause="RFC 7515, section 7.1")
    encoded_header, encoded_payload, encoded_signature = parts
    return Jws(
        header=jose_header.parse(encoded_header),
        signature=_signature(encoded_signature),
        signing_input=raw[: -len(encoded_signature) - 1],
        unverified_payload=base64url.decode(encoded_payload),
    )


def parse_json(value: Mapping[str, JsonValue]) -> tuple[Jws, ...]:
    """Read the flattened or the general JSON serialisation: one `Jws` for each signature, over the same payload.

    Raises:
        LimitExceededError: longer than 1 MiB, or more than ten signatures.
        MalformedError: members missing, of the wrong type, or of both serialisations at once; an unprotected header
            that repeats a protected member or carries ``alg`` or ``crit``.
        AlgorithmNotAllowedError: an algorithm that vcwallet does not have.
        UnsupportedError: an extension in a header.
    """
    return tuple(_json_signature(one) for one in split_json(value))


def split_json(value: Mapping[str, JsonValue]) -> tuple[Mapping[str, JsonValue], ...]:
    """Return each signature of a JSON serialisation as a flattened one, of which nothing but the shape was looked at.

    So a reader can leave out signatures that it cannot read, where others are enough.

    Raises:
        LimitExceededError: more than ten signatures.
        MalformedError: members missing, of the wrong type, or of both serialisations at once.
    """
    payload = _text(value, "payload")
    if "signatures" not in value:
        return (value,)
    signatures = value["signatures"]
    if "signature" in value or "protected" in value or "header" in value:
        raise MalformedError("a JWS is flattened or general, not both", clause="RFC 7515, section 7.2")
    if not isinstance(signatures, list) or not signatures:
        raise MalformedError("signatures is a non-empty array", clause="RFC 7515, section 7.2.1")
    if len(signatures) > MAX_SIGNATURES:
        raise LimitExceededError(f"a JWS has more than {MAX_SIGNATURES} signatures")
    if not all(isinstance(one, Mapping) for one in signatures):
        raise MalformedError("a JWS signature is an object", clause="RFC 7515, section 7.2.1")
    return tuple({**one, "payload": payload} for one in signatures)


def _json_signature(value: Mapping[str, JsonValue]) -> Jws:
    parsed = parse(f"{_text(value, 'protected')}.{_text(value, 'payload')}.{_text(value, 'signature')}")
    unprotected = value.get("header", {})
    if not isinstance(unprotected, Mapping):
        raise MalformedError("an unprotected header is an object", clause="RFC 7515, section 7.2.1")
    if not parsed.header.members.keys().isdisjoint(unprotected) or "crit" in unprotected:
        raise MalformedError("an unprotected header repeats a protected member", clause="RFC 7515, section 7.2.1")
    return Jws(
        header=parsed.header,
        signature=parsed.signature,
        signing_input=parsed.signing_input,
        unverified_payload=parsed.unverified_payload,
        unprotected=unprotected,
    )


def _text(value: Mapping[str, object], name: str) -> str:
    member = value.get(name)
    if not isinstance(member, str):
        raise MalformedError(f"the JWS member {name} is missing or no string", clause="RFC 7515, section 7.2")
    return member


def _ascii(text: str | bytes) -> bytes:
    try:
        return text.encode("ascii") if isinstance(text, str) else text
    except UnicodeEncodeError:
        raise MalformedError("a compact JWS is ASCII", clause="RFC 7515, section 7.1") from None


def _signature(encoded: bytes) -> bytes:
    if len(encoded) > MAX_SIGNATURE_TEXT:
        raise LimitExceededError("a signature is longer than 8 KiB")
    return base64url.decode(encoded)


def payload_object(payload: bytes) -> dict[str, Any]:
    """Return the JSON object of a verified payload.

    Raises:
        MalformedError: the payload is not a JSON object.
    """
    return json.loads_object(payload)
