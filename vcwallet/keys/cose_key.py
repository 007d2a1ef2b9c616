# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""COSE keys (RFC 9052, section 7; RFC 9053, section 7; AKP of RFC 9964) and COSE names of signature algorithms.

A COSE_Key is a map of decoded CBOR, not bytes: ISO/IEC 18013-5 has it inside of other structures.

>>> from vcwallet.keys import cose_key
>>> from vcwallet.keys.software import SoftwareSigner
>>> key = SoftwareSigner.generate().public_key
>>> cose_key.parse(cose_key.public_cose_key(key)) == key
True
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa

from vcwallet.claims import JsonValue
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import CborValue
from vcwallet.errors import AlgorithmNotAllowedError, MalformedError, UnsupportedError, quoted
from vcwallet.keys import jwk
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.public import PublicKey, RawPublicKey, names_of

# Members of every key, then those of EC2 and OKP, then those of AKP.
KTY, ALG, KEY_OPS = 1, 3, 4
CRV, X, Y, D = -1, -2, -3, -4
PUB, PRIV = -1, -2
# Values of kty, of crv in an OKP key, and of key_ops.
OKP, EC2, AKP = 1, 2, 7
ED25519: Final = 6
VERIFY: Final = 2

_CURVES: Final[dict[int, tuple[ec.EllipticCurve, int]]] = {
    1: (ec.SECP256R1(), 32),
    2: (ec.SECP384R1(), 48),
    3: (ec.SECP521R1(), 66),
}
_CURVE_NUMBERS: Final = {curve.name: (number, size) for number, (curve, size) in _CURVES.items()}
_ED25519_BYTES: Final = 32
_ML_DSA: Final[dict[Algorithm, Callable[[bytes], RawPublicKey]]] = {
    Algorithm.ML_DSA_44: mldsa.MLDSA44PublicKey.from_public_bytes,
    Algorithm.ML_DSA_65: mldsa.MLDSA65PublicKey.from_public_bytes,
    Algorithm.ML_DSA_87: mldsa.MLDSA87PublicKey.from_public_bytes,
}
_IDENTIFIERS: Final[dict[Algorithm, int]] = {
    Algorithm.ES256: -7,
    Algorithm.ES384: -35,
    Algorithm.ES512: -36,
    Algorithm.EDDSA: -8,
    Algorithm.ED25519: -19,
    Algorithm.ML_DSA_44: -48,
    Algorithm.ML_DSA_65: -49,
    Algorithm.ML_DSA_87: -50,
}
# RFC 9864 gave ECDSA names that also fix the curve: ESP256, ESP384, ESP512.  Our algorithms always do.
_ALGORITHMS: Final[dict[int, Algorithm]] = {number: algorithm for algorithm, number in _IDENTIFIERS.items()} | {
    -9: Algorithm.ES256,
    -51: Algorithm.ES384,
    -52: Algorithm.ES512,
}


def cose_algorithm(algorithm: Algorithm) -> int:
    """Return the COSE identifier of a signature algorithm (RFC 9053, section 2; RFC 9864; RFC 9964)."""
    return _IDENTIFIERS[algorithm]


def parse_algorithm(value: object) -> Algorithm:
    """Return the signature algorithm of a COSE identifier.

    Raises:
        AlgorithmNotAllowedError: any other value; the identifiers of MACs and every text are among them.
    """
    algorithm = _ALGORITHMS.get(value) if type(value) is int else None
    if algorithm is None:
        raise AlgorithmNotAllowedError(f"signature algorithm {quoted(value)} of COSE is not supported")
    return algorithm


def public_cose_key(key: PublicKey) -> dict[int, CborValue]:
    """Return the COSE_Key of a public key, with the members that identify it and no others."""
    raw = key.raw
    if isinstance(raw, ec.EllipticCurvePublicKey):
        return ecdh_cose_key(raw)
    if isinstance(raw, ed25519.Ed25519PublicKey):
        return {KTY: OKP, CRV: ED25519, X: raw.public_bytes_raw()}
    return {KTY: AKP, ALG: cose_algorithm(key.algorithm), PUB: raw.public_bytes_raw()}


def encode(key: PublicKey) -> bytes:
    """Return the CBOR of the COSE_Key of a public key; it is kept with the key."""
    if key.kept_cose_key is None:
        key.kept_cose_key = cbor.dumps(public_cose_key(key))
    return key.kept_cose_key


def parse(value: object) -> PublicKey:
    """Return the signature key of a public COSE_Key.

    Raises:
        MalformedError: a member is missing or wrong, the point is not on its curve, or a private member is present.
        AlgorithmNotAllowedError: ``alg`` or ``key_ops`` says that the key is for something else.
        UnsupportedError: a key type or curve that vcwallet does not use.
    """
    members = _members(value)
    key = PublicKey(_read(members))
    _require_for_verifying(members, key)
    return key


def ecdh_cose_key(key: ec.EllipticCurvePublicKey) -> dict[int, CborValue]:
    """Return the COSE_Key of an elliptic-curve public key, whatever it is used for."""
    number, size = _CURVE_NUMBERS[key.curve.name]
    point = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return {KTY: EC2, CRV: number, X: point[1 : 1 + size], Y: point[1 + size :]}


def ecdh_key_from_cose(value: object) -> ec.EllipticCurvePublicKey:
    """Return the elliptic-curve public key of a COSE_Key for key agreement.

    Raises:
        MalformedError: not an EC2 key, its point is not on its curve, or a private member is present.
        UnsupportedError: a curve other than P-256, P-384 and P-521.
    """
    members = _members(value)
    if _is_other(members.get(KTY), EC2):
        raise MalformedError("key agreement takes an EC2 key", clause="ISO/IEC 18013-5, clause 9.1.5.2")
    return _read_ec2(members)


def jwk_of(value: object) -> dict[str, str]:
    """Return the JWK of a public COSE_Key, whatever it is used for.

    Raises:
        MalformedError: a member is missing or wrong, the point is not on its curve, or a private member is present.
        AlgorithmNotAllowedError: an AKP key of another algorithm than ML-DSA.
        UnsupportedError: a key type or curve that vcwallet does not use.
    """
    return jwk.public_jwk(PublicKey(_read(_members(value))))


def from_jwk(value: Mapping[str, JsonValue]) -> dict[int, CborValue]:
    """Return the COSE_Key of a public JWK, whatever it is used for.

    Raises:
        MalformedError: a member is missing or wrong, the point is not on its curve, or a private member is present.
        UnsupportedError: a key type or curve that vcwallet does not use.
    """
    purposes = {"use", "key_ops"} if value.get("kty") == "AKP" else {"use", "key_ops", "alg"}
    return public_cose_key(jwk.parse({name: member for name, member in value.items() if name not in purposes}))


_MAPS = (dict, Mapping)  # what a message holds is a dict, which is told at once


def _members(value: object) -> Mapping[Any, Any]:
    if not isinstance(value, _MAPS):
        raise MalformedError("a COSE_Key is a map", clause="RFC 9052, section 7")
    return value


def _read(members: Mapping[Any, Any]) -> RawPublicKey:
    kty = members.get(KTY)
    if type(kty) is not int or kty not in _READERS:
        raise UnsupportedError(f"COSE key type {quoted(kty)} is not supported", clause="RFC 9053, section 7")
    return _READERS[kty](members)


def _read_ec2(members: Mapping[Any, Any]) -> ec.EllipticCurvePublicKey:
    _require_no(D, members)
    number = members.get(CRV)
    if type(number) is not int or number not in _CURVES:
        raise UnsupportedError(f"COSE curve {quoted(number)} is not supported", clause="RFC 9053, section 7.1")
    curve, size = _CURVES[number]
    x, y = _bytes(members, X, size), members.get(Y)
    # The sign bit alone makes a compressed point (RFC 9053, section 7.1.1).
    point = bytes((2 + y,)) + x if isinstance(y, bool) else b"\x04" + x + _bytes(members, Y, size)
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    except ValueError:
        raise MalformedError("the point is not on its curve") from None


def _read_okp(members: Mapping[Any, Any]) -> ed25519.Ed25519PublicKey:
    _require_no(D, members)
    if _is_other(members.get(CRV), ED25519):
        raise UnsupportedError(f"COSE curve {quoted(members.get(CRV))} is not supported", clause="RFC 9053, section 7")
    return ed25519.Ed25519PublicKey.from_public_bytes(_bytes(members, X, _ED25519_BYTES))


def _read_akp(members: Mapping[Any, Any]) -> RawPublicKey:
    _require_no(PRIV, members)
    algorithm, pub = parse_algorithm(members.get(ALG)), members.get(PUB)
    if algorithm not in _ML_DSA:
        raise AlgorithmNotAllowedError("an AKP key names an algorithm of another key type", clause="RFC 9964")
    try:
        return _ML_DSA[algorithm](pub if isinstance(pub, bytes) else b"")
    except ValueError:
        raise MalformedError("the key has the wrong length", clause="RFC 9964") from None


_READERS: Final[dict[int, Callable[[Mapping[Any, Any]], RawPublicKey]]] = {
    OKP: _read_okp,
    EC2: _read_ec2,
    AKP: _read_akp,
}


def _require_no(private: int, members: Mapping[Any, Any]) -> None:
    if private in members:
        raise MalformedError("a COSE_Key in a message holds a private key")


def _is_other(value: object, number: int) -> bool:
    """Tell whether a value is not this number; true and 1.0 are equal to 1 in Python, but are other values in CBOR."""
    return type(value) is not int or value != number


def _bytes(members: Mapping[Any, Any], label: int, size: int) -> bytes:
    value = members.get(label)
    if not isinstance(value, bytes) or len(value) != size:
        raise MalformedError(f"the COSE_Key member {label} is not {size} bytes", clause="RFC 9053, section 7")
    return value


def _require_for_verifying(members: Mapping[Any, Any], key: PublicKey) -> None:
    if ALG in members and parse_algorithm(members[ALG]) not in names_of(key.algorithm):
        raise AlgorithmNotAllowedError("the alg of a COSE_Key does not fit it", clause="RFC 9052, section 7.1")
    if KEY_OPS not in members:
        return
    operations = members[KEY_OPS]
    if not isinstance(operations, list) or all(_is_other(operation, VERIFY) for operation in operations):
        raise AlgorithmNotAllowedError("the COSE_Key is not for verifying", clause="RFC 9053, section 2.1")
