# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""COSE_Mac0: a payload and a code that only holders of the same key can make (RFC 9052, sections 6.2 and 6.3).

Of the algorithms there is HMAC 256/256, the one of ISO/IEC 18013-5.

    >>> from vcwallet.cose import mac0
    >>> key = bytes(range(32))
    >>> mac0.parse(mac0.mac(b"payload", key=key)).verify(key)
    b'payload'
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from vcwallet.cose import header, structure
from vcwallet.cose.header import Headers, Labels
from vcwallet.encoding.cbor import CborValue
from vcwallet.errors import AlgorithmNotAllowedError, SignatureInvalidError, quoted

TAG: Final = 17
KEY_BYTES: Final = 32
_CONTEXT: Final = structure.context("MAC0")
_HMAC_256_256: Final = 5


class MacAlgorithm(StrEnum):
    """An algorithm for message authentication codes, by its registered name (RFC 9053, section 3.1)."""

    HMAC_256_256 = "HMAC 256/256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mac0:
    """One code over a payload, not yet verified.

    Attributes:
        headers: the protected and the unprotected header.
        tag: the authentication tag.
        unverified_payload: the payload, for a look at what it claims to be; None when it is detached.
    """

    headers: Headers[MacAlgorithm]
    tag: bytes = field(repr=False)
    unverified_payload: bytes | None = field(repr=False)

    def verify(self, key: bytes, *, detached_payload: bytes | None = None, external_aad: bytes = b"") -> bytes:
        """Return the payload, whose code somebody with this key has made.

        Args:
            key: the shared key, 32 bytes.
            detached_payload: the payload, when it has to come by another way than in the message.
            external_aad: what the code covers and nobody sends.

        Raises:
            MalformedError: no payload (``PAYLOAD_DETACHED``), or a second one (``PAYLOAD_NOT_DETACHED``).
            SignatureInvalidError: the code is not by this key over these bytes (``MAC_INVALID``).
            ValueError: the key is not of 32 bytes.
        """
        payload = structure.the_payload(self.unverified_payload, detached_payload)
        if not hmac.compare_digest(self.tag, _tag(key, self.headers.encoded, external_aad, payload)):
            raise SignatureInvalidError("the MAC does not verify", code="MAC_INVALID")
        return payload


def mac(
    payload: bytes,
    *,
    key: bytes,
    unprotected: Labels | None = None,
    detached: bool = False,
    external_aad: bytes = b"",
) -> list[CborValue]:
    """Return the message, untagged.

    Args:
        payload: what the code covers.
        key: the shared key, 32 bytes.
        unprotected: the unprotected header.
        detached: whether the payload stays out of the message.
        external_aad: what the code covers too and nobody sends.

    Raises:
        ValueError: the key is not of 32 bytes, or a header that nobody may write.
    """
    encoded = header.encode(_HMAC_256_256, None, unprotected)
    code = _tag(key, encoded, external_aad, payload)
    return [encoded, dict(unprotected or {}), None if detached else payload, code]


def parse(value: object, *, tagged: bool = False) -> Mac0:
    """Read a message that is already decoded.

    Args:
        value: the array of four.
        tagged: whether it has to be in tag 17; the protocol says which, so only one of both is read.

    Raises:
        LimitExceededError: a header over its limit.
        MalformedError: not a COSE_Mac0, or a header that is none.
        AlgorithmNotAllowedError: another algorithm than HMAC 256/256, or none that is protected.
        UnsupportedError: an extension in the header.
    """
    protected, unprotected, payload, tag = structure.elements(value, tag=TAG if tagged else None)
    return Mac0(
        headers=header.parse(protected, unprotected, algorithm_of=_algorithm),
        tag=tag,
        unverified_payload=payload,
    )


def _algorithm(value: object) -> MacAlgorithm:
    # HMAC 256/64 is the same code cut to eight bytes, so another length of the tag would be another algorithm.
    if type(value) is not int or value != _HMAC_256_256:
        raise AlgorithmNotAllowedError(f"MAC algorithm {quoted(value)} of COSE is not supported")
    return MacAlgorithm.HMAC_256_256


def _tag(key: bytes, protected: bytes, external_aad: bytes, payload: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key of HMAC 256/256 has {KEY_BYTES} bytes")
    return hmac.digest(key, structure.authenticated(_CONTEXT, protected, external_aad, payload), "sha256")
