# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The MobileSecurityObject: what the issuer signs about an mdoc (ISO/IEC 18013-5, clause 9.1.2.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from operator import add
from typing import Any

from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Budget, CborValue
from vcwallet.errors import DigestInvalidError, UnsupportedError, VerificationError, quoted
from vcwallet.formats.mdoc import shape
from vcwallet.formats.mdoc.shape import malformed
from vcwallet.formats.mdoc.vocabulary import ISO, VERSION, DigestAlgorithm
from vcwallet.keys import cose_key
from vcwallet.keys.public import PublicKey

MAX_DIGEST_ID = 2**31 - 1
_CLAUSE = "9.1.2.4"
_TIMES = ("signed", "validFrom", "validUntil")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAuthorizations:
    """What the holder's device may say by itself.

    Attributes:
        namespaces: whole namespaces.
        elements: by namespace, single data elements; a namespace is in one of the two.
    """

    namespaces: frozenset[str] = frozenset()
    elements: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.namespaces.isdisjoint(self.elements) or not all(self.elements.values()):
            raise ValueError("a namespace is authorised as a whole or by elements")

    def allow(self, namespace: str, element: str) -> bool:
        """Tell whether the device may say a data element."""
        return namespace in self.namespaces or element in self.elements.get(namespace, ())

    def to_cbor(self) -> dict[str, CborValue]:
        """Return the ``keyAuthorizations`` map; empty if nothing is authorised."""
        members: dict[str, CborValue] = {}
        if self.namespaces:
            members["nameSpaces"] = sorted(self.namespaces)
        if self.elements:
            members["dataElements"] = {name: sorted(ids) for name, ids in sorted(self.elements.items())}
        return members


NOTHING_AUTHORISED = KeyAuthorizations()
"""The device only proves to hold its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidityInfo:
    """The times of an mdoc, in whole seconds.

    Attributes:
        signed: when the issuer signed.
        valid_from: when the validity begins.
        valid_until: when it ends.
        expected_update: when the issuer expects to sign anew.
    """

    signed: datetime
    valid_from: datetime
    valid_until: datetime
    expected_update: datetime | None = None

    def to_cbor(self) -> dict[str, CborValue]:
        """Return the ``validityInfo`` map.

        Raises:
            ValueError: a time has no time zone.
        """
        update = {} if self.expected_update is None else {"expectedUpdate": _tdate(self.expected_update)}
        times = (self.signed, self.valid_from, self.valid_until)
        return {**{name: _tdate(time) for name, time in zip(_TIMES, times, strict=True)}, **update}


@dataclass(frozen=True, slots=True, kw_only=True)
class MobileSecurityObject:
    """What an issuer has signed; nothing in it is verified until the signature is.

    Attributes:
        digest_algorithm: the hash function of the digests.
        digests: by namespace and digest identifier.
        device_key: the holder's key.
        key_authorizations: what the device may say by itself.
        doc_type: the document type.
        validity: the times.
        status: where the status can be looked up, if the issuer gives it (second edition).
    """

    digest_algorithm: DigestAlgorithm
    digests: Mapping[str, Mapping[int, bytes]] = field(repr=False)
    device_key: PublicKey
    key_authorizations: KeyAuthorizations
    doc_type: str
    validity: ValidityInfo
    status: dict[str, Any] | None = None

    def require_digest(self, namespace: str, digest_id: int, item: bytes) -> None:
        """Return if the digest of an item, over its bytes as they came, is the one that was signed.

        Raises:
            DigestInvalidError: it is not, or there is none (``DIGEST_MISSING``), as in a namespace nobody signed.
        """
        expected = self.digests.get(namespace, {}).get(digest_id)
        if expected is None:
            raise DigestInvalidError(
                f"the issuer signed no digest for an element in {quoted(namespace)}",
                code="DIGEST_MISSING",
                clause=f"{ISO}, clause 9.3.1",
            )
        if self.digest_algorithm.hash(item).digest() != expected:
            raise DigestInvalidError("an element is not what the issuer signed", clause=f"{ISO}, clause 9.3.1")

    @classmethod
    def loads(cls, payload: bytes, *, budget: Budget | None = None) -> MobileSecurityObject:
        """Read the payload of ``issuerAuth``; `budget` is that of the message it is part of.

        Raises:
            MalformedError, LimitExceededError: it is no ``MobileSecurityObjectBytes``.
            UnsupportedError: another version or hash function.
            VerificationError: times that contradict each other (``VALIDITY_INFO``).
        """
        decoded = cbor.loads(cbor.unembedded(payload), budget=budget)
        members = shape.a_map(decoded, "the MobileSecurityObject", _CLAUSE)
        shape.require_version(members, _CLAUSE)
        key_info = shape.a_map(members.get("deviceKeyInfo"), "deviceKeyInfo", _CLAUSE)
        return cls(
            digest_algorithm=_digest_algorithm(members),
            digests=_digests(members.get("valueDigests")),
            device_key=cose_key.parse(key_info.get("deviceKey")),
            key_authorizations=_key_authorizations(key_info.get("keyAuthorizations")),
            doc_type=shape.name(members, "docType", _CLAUSE),
            validity=_validity(shape.a_map(members.get("validityInfo"), "validityInfo", _CLAUSE)),
            status=shape.by_name(members["status"], "status", _CLAUSE) if "status" in members else None,
        )


def write(
    *,
    digest_algorithm: DigestAlgorithm,
    digests: Mapping[str, Sequence[bytes]],
    device_key: PublicKey,
    key_authorizations: KeyAuthorizations,
    doc_type: str,
    validity: ValidityInfo,
    status: Mapping[str, Any] | None,
) -> bytes:
    """Return the payload of ``issuerAuth``; the identifier of a digest is its place in its namespace.

    Raises:
        ValueError: a time without a time zone, or nested too deep.
    """
    parts = [
        cbor.map_head(6 if status is None else 7),
        _version(digest_algorithm),
        _write_digests(digests),
        _DEVICE_KEY_INFO,
        _key_info(device_key, key_authorizations),
        _DOC_TYPE,
        cbor.text_string(doc_type),
        _VALIDITY_INFO,
        _validity_info(validity),
    ]
    if status is not None:
        parts += [_STATUS, cbor.dumps(status)]
    return cbor.embedded(b"".join(parts))


_DEVICE_KEY, _KEY_AUTHORIZATIONS = map(cbor.text_string, ("deviceKey", "keyAuthorizations"))
_VALUE_DIGESTS, _DEVICE_KEY_INFO, _DOC_TYPE, _VALIDITY_INFO, _STATUS = map(
    cbor.text_string, ("valueDigests", "deviceKeyInfo", "docType", "validityInfo", "status")
)


@lru_cache(maxsize=8)
def _version(digest_algorithm: DigestAlgorithm) -> bytes:
    return b"".join(map(cbor.text_string, ("version", VERSION, "digestAlgorithm", digest_algorithm.value)))


@lru_cache(maxsize=256)
def _validity_info(validity: ValidityInfo) -> bytes:
    """Return the times; they are rounded, so that many credentials have the same."""
    return cbor.dumps(validity.to_cbor())


def _key_info(device_key: PublicKey, authorizations: KeyAuthorizations) -> bytes:
    key = _DEVICE_KEY + cose_key.encode(device_key)
    allowed = authorizations.to_cbor()
    if not allowed:
        return cbor.map_head(1) + key
    return cbor.map_head(2) + key + _KEY_AUTHORIZATIONS + cbor.dumps(allowed)


def _write_digests(digests: Mapping[str, Sequence[bytes]]) -> bytes:
    parts = [_VALUE_DIGESTS, cbor.map_head(len(digests))]
    for namespace, values in digests.items():
        parts += [cbor.text_string(namespace), cbor.map_head(len(values))]
        parts += map(add, _before_digests(len(values), len(values[0])), values)
    return b"".join(parts)


@lru_cache(maxsize=64)
def _before_digests(count: int, size: int) -> tuple[bytes, ...]:
    """Return what stands before each digest of a namespace, whose digests are all of one size."""
    head = cbor.byte_string(bytes(size))[:-size]
    return tuple(cbor.unsigned(number) + head for number in range(count))


def _tdate(moment: datetime) -> cbor.Tag:
    if moment.tzinfo is None:
        raise ValueError("a time without a time zone")
    return cbor.Tag(shape.DATE_TIME, moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


# --- reading ---------------------------------------------------------------------------------------------------------


def _digest_algorithm(members: Mapping[Any, Any]) -> DigestAlgorithm:
    name = shape.member(members, "digestAlgorithm", str, "9.1.2.5")
    algorithm = _BY_NAME.get(name)
    if algorithm is None:
        raise UnsupportedError(f"digest algorithm {quoted(name)}", clause=f"{ISO}, clause 9.1.2.5")
    return algorithm


_BY_NAME = {algorithm.value: algorithm for algorithm in DigestAlgorithm}


def _digests(value: object) -> dict[str, dict[int, bytes]]:
    namespaces = shape.by_name(value, "valueDigests", _CLAUSE)
    for digests in namespaces.values():
        for number, digest in shape.a_map(digests, "a namespace of valueDigests", _CLAUSE).items():
            if type(number) is not int or not 0 <= number <= MAX_DIGEST_ID or not isinstance(digest, bytes):
                raise malformed("valueDigests maps numbers below 2^31 to byte strings", _CLAUSE)
    return namespaces


def _key_authorizations(value: object) -> KeyAuthorizations:
    if value is None:
        return NOTHING_AUTHORISED
    members = shape.a_map(value, "keyAuthorizations", _CLAUSE)
    elements = members.get("dataElements")
    try:
        return KeyAuthorizations(
            namespaces=frozenset(_names(members["nameSpaces"])) if "nameSpaces" in members else frozenset(),
            elements={}
            if elements is None
            else {
                namespace: frozenset(_names(ids))
                for namespace, ids in shape.by_name(elements, "dataElements", _CLAUSE).items()
            },
        )
    except ValueError:
        raise malformed("keyAuthorizations names a namespace twice", _CLAUSE) from None


def _names(value: object) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) and name for name in value):
        raise malformed("keyAuthorizations has non-empty lists of names", _CLAUSE)
    return value


def _validity(members: Mapping[Any, Any]) -> ValidityInfo:
    signed, valid_from, valid_until = (shape.date_time(members.get(name), name, _CLAUSE) for name in _TIMES)
    update = members.get("expectedUpdate")
    if not signed <= valid_from < valid_until:
        raise VerificationError(
            "the times of the mdoc contradict each other", code="VALIDITY_INFO", clause=f"{ISO}, clause {_CLAUSE}"
        )
    return ValidityInfo(
        signed=signed,
        valid_from=valid_from,
        valid_until=valid_until,
        expected_update=None if update is None else shape.date_time(update, "expectedUpdate", _CLAUSE),
    )
