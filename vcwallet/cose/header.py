# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""COSE headers, read once and checked whole (RFC 9052, section 3; x5chain and x5t of RFC 9360; typ of RFC 9596).

No parameter of a header is ever followed: ``x5u`` is kept but means nothing, ``kid`` is an opaque byte string.  A
message with ``crit`` is refused, since vcwallet knows no extension.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Generic, TypeAlias, TypeVar

from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import CborValue, Limits
from vcwallet.errors import AlgorithmNotAllowedError, LimitExceededError, MalformedError, UnsupportedError

ALG, CRIT, CONTENT_TYPE, KID, TYP, X5CHAIN, X5T = 1, 2, 3, 4, 16, 33, 34

MAX_HEADER_BYTES = 32 * 1024
_KEPT_BYTES: Final = 64
_LIMITS: Final = Limits(max_items=1000)
MAX_CERTIFICATES = 5
MAX_CERTIFICATE_BYTES = 16 * 1024

# Labels are integers and texts; a union of them as key type would keep out a dict whose labels are all integers.
Labels: TypeAlias = "Mapping[Any, CborValue]"
CertificateHash: TypeAlias = "tuple[int | str, bytes]"
AlgorithmT = TypeVar("AlgorithmT")

_NO_LABELS: Final[Labels] = MappingProxyType({})
_ALWAYS_PROTECTED: Final = frozenset({ALG, CRIT, TYP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers(Generic[AlgorithmT]):
    """The protected and the unprotected header; nothing in them is verified until the signature or the MAC is.

    Attributes:
        algorithm: the algorithm, which only the protected header may name.
        typ: what the whole message is, from the protected header.
        content_type: what the payload is.
        key_id: the opaque ``kid``.
        chain: the DER certificates of ``x5chain``, the signer's first; from the protected or the unprotected header.
        x5t: the hash of the signer's certificate, after the identifier of the hash algorithm.
        encoded: the protected header as it came, which is what was signed.
        protected: its parameters, by label.
        unprotected: the parameters that nothing protects, by label.
    """

    algorithm: AlgorithmT
    typ: str | int | None
    content_type: str | int | None
    key_id: bytes | None
    chain: tuple[bytes, ...] = field(repr=False)
    x5t: CertificateHash | None
    encoded: bytes = field(repr=False)
    protected: Labels = field(repr=False)
    unprotected: Labels = field(repr=False)


def encode(identifier: int, protected: Labels | None, unprotected: Labels | None) -> bytes:
    """Return a protected header with ``alg`` in front, to stand beside an unprotected one.

    Args:
        identifier: the COSE identifier of the algorithm, unless `protected` has one.
        protected: further parameters.
        unprotected: the other header, which may not repeat a parameter nor have one that has to be protected.

    Raises:
        ValueError: headers that nobody may write.
    """
    protected, others = protected or {}, unprotected or {}
    if CRIT in protected or not _ALWAYS_PROTECTED.isdisjoint(others) or not others.keys().isdisjoint(protected):
        raise ValueError("a label in both headers, an unprotected alg or typ, or crit")
    return cbor.dumps({ALG: identifier, **protected}) if protected else _only_algorithm(identifier)


@lru_cache(maxsize=16)
def _only_algorithm(identifier: int) -> bytes:
    return cbor.dumps({ALG: identifier})


def x5chain(chain: Sequence[bytes]) -> CborValue:
    """Return DER certificates as the ``x5chain`` parameter: one alone, or an array (RFC 9360, section 2).

    Raises:
        ValueError: there is no certificate.
    """
    if not chain:
        raise ValueError("x5chain has at least one certificate")
    return chain[0] if len(chain) == 1 else list(chain)


def parse(
    protected: object, unprotected: object, *, algorithm_of: Callable[[object], AlgorithmT]
) -> Headers[AlgorithmT]:
    """Return the headers of a decoded message; `algorithm_of` knows the identifiers for its kind of message.

    Raises:
        LimitExceededError: a protected header over 32 KiB, more than five certificates, or one over 16 KiB.
        MalformedError: not a map of integers and texts, a label in both headers, a parameter of the wrong type, or
            one unprotected that has to be protected.
        AlgorithmNotAllowedError: an algorithm that vcwallet does not have, or none that is protected.
        UnsupportedError: an extension (``crit``).
    """
    if not isinstance(protected, bytes):
        raise MalformedError("a protected header is a byte string", clause="RFC 9052, section 3")
    # A header is read before anybody is trusted, so what is kept of them is small.
    read = _kept if len(protected) <= _KEPT_BYTES else _read
    headers, others = read(protected, algorithm_of), _labels(unprotected)
    return _with_unprotected(headers, others) if others else headers


@lru_cache(maxsize=256)
def _kept(encoded: bytes, algorithm_of: Callable[[object], AlgorithmT]) -> Headers[AlgorithmT]:
    """Return what a short protected header says: most name an algorithm and nothing else."""
    return _read(encoded, algorithm_of)


def _read(encoded: bytes, algorithm_of: Callable[[object], AlgorithmT]) -> Headers[AlgorithmT]:
    """Return what a protected header says, with nothing unprotected beside it."""
    if len(encoded) > MAX_HEADER_BYTES:
        raise LimitExceededError(f"a COSE header is longer than {MAX_HEADER_BYTES} bytes")
    # A header without parameters is an empty byte string, or the encoding of an empty map.
    members = _labels(cbor.loads(encoded, limits=_LIMITS) if encoded else {})
    _require_no_extension(members)
    if ALG not in members:
        raise AlgorithmNotAllowedError("the protected header names no algorithm", clause="RFC 9052, section 3.1")
    return Headers(
        algorithm=algorithm_of(members[ALG]),
        typ=_type(members, TYP),
        content_type=_type(members, CONTENT_TYPE),
        key_id=_key_id(members),
        chain=_chain(members),
        x5t=_certificate_hash(members),
        encoded=encoded,
        protected=MappingProxyType(members),
        unprotected=_NO_LABELS,
    )


def _with_unprotected(headers: Headers[AlgorithmT], others: Labels) -> Headers[AlgorithmT]:
    """Return what both headers say; what the unprotected one adds may stand there, and in no more than one of them."""
    if not others.keys().isdisjoint(headers.protected):
        raise MalformedError("a label stands in both headers", clause="RFC 9052, section 3")
    _require_no_extension(others)
    if TYP in others:
        raise MalformedError("typ is not protected", clause="RFC 9596, section 2")
    return Headers(
        algorithm=headers.algorithm,
        typ=headers.typ,
        content_type=_type(others, CONTENT_TYPE) if CONTENT_TYPE in others else headers.content_type,
        key_id=_key_id(others) if KID in others else headers.key_id,
        chain=_chain(others) if X5CHAIN in others else headers.chain,
        x5t=_certificate_hash(others) if X5T in others else headers.x5t,
        encoded=headers.encoded,
        protected=headers.protected,
        unprotected=others,
    )


def _require_no_extension(labels: Labels) -> None:
    if CRIT in labels:
        raise UnsupportedError("the COSE header has an extension (crit)", clause="RFC 9052, section 3.1")


def _labels(header: object) -> dict[int | str, Any]:
    if not isinstance(header, dict):
        raise MalformedError("a COSE header is a map", clause="RFC 9052, section 3")
    for label in header:
        if type(label) is not int and type(label) is not str:
            raise MalformedError("a header label is an integer or a text", clause="RFC 9052, section 1.5")
    return header


def _type(labels: Mapping[int | str, Any], label: int) -> str | int | None:
    value = labels.get(label)
    if label not in labels or type(value) is str or (type(value) is int and value >= 0):
        return value
    raise MalformedError("a media type is a text or an unsigned number", clause="RFC 9052, section 3.1")


def _key_id(labels: Mapping[int | str, Any]) -> bytes | None:
    value = labels.get(KID)
    if KID in labels and not isinstance(value, bytes):
        raise MalformedError("kid is not a byte string", clause="RFC 9052, section 3.1")
    return value


def _chain(labels: Mapping[int | str, Any]) -> tuple[bytes, ...]:
    if X5CHAIN not in labels:
        return ()
    value = labels[X5CHAIN]
    # An array has two or more, says RFC 9360; some issuers write one of one, which can mean nothing else.
    certificates = [value] if isinstance(value, bytes) else value
    if not isinstance(certificates, list) or not certificates:
        raise MalformedError("x5chain is a byte string or a non-empty array", clause="RFC 9360, section 2")
    if len(certificates) > MAX_CERTIFICATES:
        raise LimitExceededError(f"x5chain has more than {MAX_CERTIFICATES} certificates")
    for der in certificates:
        if not isinstance(der, bytes) or not der:
            raise MalformedError("x5chain holds byte strings", clause="RFC 9360, section 2")
        if len(der) > MAX_CERTIFICATE_BYTES:
            raise LimitExceededError(f"a certificate is longer than {MAX_CERTIFICATE_BYTES} bytes")
    return tuple(certificates)


def _certificate_hash(labels: Mapping[int | str, Any]) -> CertificateHash | None:
    if X5T not in labels:
        return None
    match labels[X5T]:
        case [int() | str() as algorithm, bytes() as digest] if not isinstance(algorithm, bool):
            return algorithm, digest
        case _:
            raise MalformedError("x5t is an algorithm and a byte string", clause="RFC 9360, section 2")
