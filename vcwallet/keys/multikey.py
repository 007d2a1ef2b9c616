# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Public keys as Multikey text: a multicodec prefix and the raw key, in base58btc (Controlled Identifiers 1.0, 2.2.2).

>>> from vcwallet.keys import multikey
>>> multikey.decode("zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv")
<PublicKey ES256>
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from vcwallet.encoding import multibase
from vcwallet.errors import MalformedError, UnsupportedError
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.public import CURVES, PublicKey, RawPublicKey

CLAUSE = "Controlled Identifiers 1.0, section 2.2.2"


def encode(key: PublicKey) -> str:
    """Return a key as Multikey text; an elliptic-curve point is compressed.

    Raises:
        UnsupportedError: a key of a kind that has no prefix here.
    """
    prefix = _PREFIXES.get(key.algorithm)
    if prefix is None:
        raise UnsupportedError(f"a key for {key.algorithm} is not written as Multikey", clause=CLAUSE)
    return multibase.encode_base58btc(prefix + _raw_bytes(key.raw))


def decode(text: str) -> PublicKey:
    """Return the signature key of a Multikey text.

    Raises:
        MalformedError: not base58btc, a prefix spelled longer than needed, a key of the wrong length, or a point that
            is not compressed or not on its curve.
        UnsupportedError: a prefix of something else than a public key on P-256, P-384 or P-521, or an Ed25519 one.
        LimitExceededError: longer than 4 096 characters.
    """
    if not text.startswith(multibase.BASE58BTC):
        raise MalformedError("a Multikey is in base58btc", clause=CLAUSE)
    data = multibase.decode(text)
    size = _varint_size(data)
    reader = _READERS.get(data[:size])
    if reader is None:
        raise UnsupportedError("the multicodec of a key is not supported", clause=CLAUSE)
    return PublicKey(reader(data[size:]))


def _varint_size(data: bytes) -> int:
    """Return how many bytes the multicodec takes: an unsigned varint in its shortest spelling."""
    size = next((index + 1 for index, byte in enumerate(data[:9]) if byte < 0x80), 0)
    if not size or (size > 1 and data[size - 1] == 0):
        raise MalformedError("the multicodec of a key is not a shortest varint", clause=CLAUSE)
    return size


def _raw_bytes(raw: RawPublicKey) -> bytes:
    if isinstance(raw, ec.EllipticCurvePublicKey):
        return raw.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    return raw.public_bytes_raw()


def _point_on(curve: ec.EllipticCurve) -> Callable[[bytes], RawPublicKey]:
    def read(data: bytes) -> RawPublicKey:
        # The uncompressed spelling of the same point would be a second name for the same key.
        if len(data) != 1 + (curve.key_size + 7) // 8 or data[0] not in (2, 3):
            raise MalformedError("the point of a key is not a compressed one", clause=CLAUSE)
        try:
            return ec.EllipticCurvePublicKey.from_encoded_point(curve, data)
        except ValueError:
            raise MalformedError("the point is not on its curve") from None

    return read


def _ed25519(data: bytes) -> RawPublicKey:
    try:
        return ed25519.Ed25519PublicKey.from_public_bytes(data)
    except ValueError:
        raise MalformedError("the key has the wrong length", clause=CLAUSE) from None


_READERS: dict[bytes, Callable[[bytes], RawPublicKey]] = {
    b"\xed\x01": _ed25519,
    b"\x80\x24": _point_on(CURVES[Algorithm.ES256]),
    b"\x81\x24": _point_on(CURVES[Algorithm.ES384]),
    b"\x82\x24": _point_on(CURVES[Algorithm.ES512]),
}
_PREFIXES: dict[Algorithm, bytes] = {
    Algorithm.EDDSA: b"\xed\x01",
    Algorithm.ES256: b"\x80\x24",
    Algorithm.ES384: b"\x81\x24",
    Algorithm.ES512: b"\x82\x24",
}
