# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""COSE_Sign1: one signature over a payload (RFC 9052, sections 4.2 and 4.4).

A parsed signature has no payload to use by mistake: `verify` gives it out.

    >>> from vcwallet.cose import sign1
    >>> from vcwallet.keys.software import SoftwareSigner
    >>> signer = SoftwareSigner.generate()
    >>> message = sign1.sign(b"payload", signer=signer, unprotected={4: b"key 1"})
    >>> sign1.parse(message).verify(signer.public_key)
    b'payload'
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from vcwallet.cose import header, structure
from vcwallet.cose.header import ALG, Headers, Labels
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import CborValue, Limits, Tag
from vcwallet.errors import AlgorithmNotAllowedError
from vcwallet.keys.algorithm import CLASSICAL, Algorithm
from vcwallet.keys.cose_key import cose_algorithm, parse_algorithm
from vcwallet.keys.public import PublicKey, names_of
from vcwallet.keys.signer import Signer

TAG: Final = 18
MAX_BYTES = 1024 * 1024
_CONTEXT: Final = structure.context("Signature1")
_ARRAY_OF_FOUR: Final = cbor.array_head(4)
_NO_LABELS: Final = cbor.dumps({})
_DETACHED: Final = cbor.dumps(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign1:
    """One signature over a payload, not yet verified.

    Attributes:
        headers: the protected and the unprotected header.
        signature: the signature; r || s for ECDSA.
        unverified_payload: the payload, for a look at who claims to have signed it; None when it is detached.
    """

    headers: Headers[Algorithm]
    signature: bytes = field(repr=False)
    unverified_payload: bytes | None = field(repr=False)

    def verify(
        self,
        key: PublicKey,
        *,
        algorithms: Collection[Algorithm] = CLASSICAL,
        detached_payload: bytes | None = None,
        external_aad: bytes = b"",
    ) -> bytes:
        """Return the payload, which `key` has signed with an algorithm of ours.

        Args:
            key: the signer's key.
            algorithms: those that are allowed here.
            detached_payload: the payload, when it has to come by another way than in the message.
            external_aad: what was signed with it and nobody sends.

        Raises:
            AlgorithmNotAllowedError: the header's algorithm is not in `algorithms`, or not the key's.
            MalformedError: no payload (``PAYLOAD_DETACHED``), or a second one (``PAYLOAD_NOT_DETACHED``).
            SignatureInvalidError: the signature is not by this key over these bytes.
        """
        algorithm = self.headers.algorithm
        if algorithm not in algorithms or algorithm not in names_of(key.algorithm):
            raise AlgorithmNotAllowedError(f"signature algorithm {algorithm} is not allowed here")
        payload = structure.the_payload(self.unverified_payload, detached_payload)
        key.verify(self.signature, structure.authenticated(_CONTEXT, self.headers.encoded, external_aad, payload))
        return payload


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedSign1:
    """What is to be signed, when the key is far away.

    Attributes:
        to_be_signed: the bytes to sign.
        protected: the encoded protected header.
        unprotected: the unprotected header.
        payload: the payload; None when it is detached.
    """

    to_be_signed: bytes = field(repr=False)
    protected: bytes = field(repr=False)
    unprotected: Labels = field(repr=False)
    payload: bytes | None = field(repr=False)

    def finish(self, signature: bytes) -> list[CborValue]:
        """Return the message, untagged, with the signature that was made elsewhere."""
        return [self.protected, dict(self.unprotected), self.payload, signature]

    def encoded(self, signature: bytes) -> bytes:
        """Return the encoding of the message; what was signed is put in as it is, since issuers do this all day."""
        payload = _DETACHED if self.payload is None else cbor.byte_string(self.payload)
        headers = cbor.byte_string(self.protected) + _encoded(self.unprotected)
        return _ARRAY_OF_FOUR + headers + payload + cbor.byte_string(signature)


def _encoded(labels: Labels) -> bytes:
    """Return an unprotected header; an issuer's is the same certificate in each of its credentials, so it is kept."""
    if not labels:
        return _NO_LABELS
    [(label, value), *others] = labels.items()
    return _encoded_one(label, value) if type(value) is bytes and not others else cbor.dumps(labels)


@lru_cache(maxsize=64)
def _encoded_one(label: int | str, value: bytes) -> bytes:
    return cbor.dumps({label: value})


def prepare(
    payload: bytes,
    *,
    algorithm: Algorithm,
    protected: Labels | None = None,
    unprotected: Labels | None = None,
    detached: bool = False,
    external_aad: bytes = b"",
) -> PreparedSign1:
    """Return the bytes to sign.

    Args:
        payload: what is signed.
        algorithm: the algorithm of the signer's key.
        protected: parameters of the protected header beside ``alg``, which is put in front.
        unprotected: the unprotected header.
        detached: whether the payload stays out of the message.
        external_aad: what is signed with it and nobody sends.

    Raises:
        ValueError: headers that nobody may write, or an ``alg`` that is no name of `algorithm` (Ed25519 has two).
    """
    encoded = header.encode(cose_algorithm(algorithm), protected, unprotected)
    if protected and ALG in protected and protected[ALG] not in [cose_algorithm(name) for name in names_of(algorithm)]:
        raise ValueError("the header's alg is not the signer's")
    return PreparedSign1(
        to_be_signed=structure.authenticated(_CONTEXT, encoded, external_aad, payload),
        protected=encoded,
        unprotected=unprotected or {},
        payload=None if detached else payload,
    )


def sign(
    payload: bytes,
    *,
    signer: Signer,
    protected: Labels | None = None,
    unprotected: Labels | None = None,
    detached: bool = False,
    external_aad: bytes = b"",
) -> list[CborValue]:
    """Return the message, untagged; the arguments are those of `prepare`, with ``alg`` from the signer's key.

    Raises:
        ValueError: headers that nobody may write, or an ``alg`` that is not the signer's.
    """
    prepared = prepare(
        payload,
        algorithm=signer.public_key.algorithm,
        protected=protected,
        unprotected=unprotected,
        detached=detached,
        external_aad=external_aad,
    )
    return prepared.finish(signer.sign(prepared.to_be_signed))


def dumps(message: list[CborValue], *, tagged: bool = False) -> bytes:
    """Return the encoding of a message, in tag 18 if it stands where it could be taken for something else."""
    return cbor.dumps(Tag(TAG, message) if tagged else message)


def parse(value: object, *, tagged: bool = False) -> Sign1:
    """Read a message that is already decoded.

    Args:
        value: the array of four.
        tagged: whether it has to be in tag 18; the protocol says which, so only one of both is read.

    Raises:
        LimitExceededError: a header over its limit.
        MalformedError: not a COSE_Sign1, or a header that is none.
        AlgorithmNotAllowedError: an algorithm that vcwallet does not have, or none that is protected.
        UnsupportedError: an extension in the header.
    """
    protected, unprotected, payload, signature = structure.elements(value, tag=TAG if tagged else None)
    return Sign1(
        headers=header.parse(protected, unprotected, algorithm_of=parse_algorithm),
        signature=signature,
        unverified_payload=payload,
    )


def loads(data: bytes, *, tagged: bool = False) -> Sign1:
    """Read a message.

    Raises:
        LimitExceededError: longer than 1 MiB, or a header over its limit.
        MalformedError: not a COSE_Sign1 in strict CBOR, or a header that is none.
        AlgorithmNotAllowedError: an algorithm that vcwallet does not have, or none that is protected.
        UnsupportedError: an extension in the header.
    """
    return parse(cbor.loads(data, limits=_LIMITS), tagged=tagged)


_LIMITS: Final = Limits(max_bytes=MAX_BYTES)
