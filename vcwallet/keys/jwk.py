# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037; AKP of RFC 9964) and their thumbprints (RFC 7638).

>>> from vcwallet.keys import jwk
>>> from vcwallet.keys.software import SoftwareSigner
>>> key = SoftwareSigner.generate().public_key
>>> jwk.parse(jwk.public_jwk(key)) == key
True
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa

from vcwallet.claims import JsonValue
from vcwallet.encoding import base64url, json
from vcwallet.errors import AlgorithmNotAllowedError, MalformedError, UnsupportedError, quoted
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.public import PublicKey, RawPublicKey, names_of

_CURVES: dict[str, tuple[ec.EllipticCurve, int]] = {
    "P-256": (ec.SECP256R1(), 32),
    "P-384": (ec.SECP384R1(), 48),
    "P-521": (ec.SECP521R1(), 66),
}
_CURVE_NAMES = {curve.name: name for name, (curve, _) in _CURVES.items()}
_ML_DSA: dict[str, Callable[[bytes], RawPublicKey]] = {
    Algorithm.ML_DSA_44: mldsa.MLDSA44PublicKey.from_public_bytes,
    Algorithm.ML_DSA_65: mldsa.MLDSA65PublicKey.from_public_bytes,
    Algorithm.ML_DSA_87: mldsa.MLDSA87PublicKey.from_public_bytes,
}
# The members that identify a key, in the order of RFC 7638, section 3.2, which is the order of the alphabet.
_REQUIRED = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "AKP": ("alg", "kty", "pub")}
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})


def public_jwk(key: PublicKey) -> dict[str, str]:
    """Return the JWK of a public key, with the members that identify it and no others."""
    if key.kept_jwk is None:
        key.kept_jwk = _jwk(key)
    return dict(key.kept_jwk)


def _jwk(key: PublicKey) -> dict[str, str]:
    raw = key.raw
    if isinstance(raw, ec.EllipticCurvePublicKey):
        return ecdh_jwk(raw)
    if isinstance(raw, ed25519.Ed25519PublicKey):
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url.encode(raw.public_bytes_raw())}
    return {"kty": "AKP", "alg": key.algorithm.value, "pub": base64url.encode(raw.public_bytes_raw())}


def parse(jwk: object) -> PublicKey:
    """Return the signature key of a public JWK.

    Raises:
        MalformedError: a member is missing or wrong, the point is not on its curve, or a private member is present.
        AlgorithmNotAllowedError: ``alg`` or ``use`` says that the key is for something else.
        UnsupportedError: a key type or curve that vcwallet does not use.
    """
    members = _public_members(jwk)
    kty = _kty(members)
    key = PublicKey(_READERS[kty](members))
    _require_for_signing(members, key)
    # Each of these members has one spelling, so they are what writing the key would give.
    key.kept_jwk = {"kty": kty, **{name: _text(members, name) for name in _REQUIRED[kty]}}
    return key


def thumbprint(jwk: Mapping[str, JsonValue]) -> str:
    """Return the SHA-256 thumbprint of a JWK as base64url (RFC 7638).

    Raises:
        MalformedError: a member that identifies the key is missing.
        UnsupportedError: an unknown key type.
    """
    required = {name: _text(jwk, name) for name in _REQUIRED[_kty(jwk)]}
    return base64url.encode(hashlib.sha256(json.dumps(required)).digest())


def ecdh_jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Return the JWK of an elliptic-curve public key, whatever it is used for."""
    name = _CURVE_NAMES[key.curve.name]
    size = _CURVES[name][1]
    point = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    x, y = point[1 : 1 + size], point[1 + size :]
    return {"kty": "EC", "crv": name, "x": base64url.encode(x), "y": base64url.encode(y)}


def ecdh_key_from_jwk(jwk: object) -> ec.EllipticCurvePublicKey:
    """Return the elliptic-curve public key of a JWK for key agreement.

    Raises:
        MalformedError: not an EC key on P-256, or its point is not on the curve.
    """
    members = _public_members(jwk)
    if members.get("kty") != "EC" or members.get("crv") != "P-256":
        raise MalformedError("key agreement takes an EC key on P-256")
    return _read_ec(members)


def _public_members(jwk: object) -> Mapping[str, JsonValue]:
    if not isinstance(jwk, Mapping):
        raise MalformedError("a JWK is an object", clause="RFC 7517, section 4")
    if not _PRIVATE_MEMBERS.isdisjoint(jwk):
        raise MalformedError("a JWK in a message holds a private or symmetric key")
    return jwk


def _kty(members: Mapping[str, JsonValue]) -> str:
    kty = _text(members, "kty")
    if kty not in _REQUIRED:
        raise UnsupportedError(f"key type {quoted(kty)} is not supported")
    return kty


def _text(members: Mapping[str, JsonValue], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedError(f"the JWK member {quoted(name)} is missing or no string", clause="RFC 7517, section 4")
    return value


def _read_ec(members: Mapping[str, JsonValue]) -> ec.EllipticCurvePublicKey:
    name = _text(members, "crv")
    if name not in _CURVES:
        raise UnsupportedError(f"curve {quoted(name)} is not supported")
    curve, size = _CURVES[name]
    x, y = base64url.decode(_text(members, "x")), base64url.decode(_text(members, "y"))
    if len(x) != size or len(y) != size:
        raise MalformedError("a coordinate has the wrong length", clause="RFC 7518, section 6.2.1.2")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + x + y)
    except ValueError:
        raise MalformedError("the point is not on its curve") from None


def _read_okp(members: Mapping[str, JsonValue]) -> ed25519.Ed25519PublicKey:
    name = _text(members, "crv")
    if name != "Ed25519":
        raise UnsupportedError(f"curve {quoted(name)} is not supported")
    try:
        return ed25519.Ed25519PublicKey.from_public_bytes(base64url.decode(_text(members, "x")))
    except ValueError:
        raise MalformedError("the key has the wrong length", clause="RFC 8037, section 2") from None


def _read_akp(members: Mapping[str, JsonValue]) -> RawPublicKey:
    name = _text(members, "alg")
    if name not in _ML_DSA:
        raise UnsupportedError(f"algorithm {quoted(name)} is not supported")
    try:
        return _ML_DSA[name](base64url.decode(_text(members, "pub")))
    except ValueError:
        raise MalformedError("the key has the wrong length") from None


_READERS: dict[str, Callable[[Mapping[str, JsonValue]], RawPublicKey]] = {
    "EC": _read_ec,
    "OKP": _read_okp,
    "AKP": _read_akp,
}


def _require_for_signing(members: Mapping[str, JsonValue], key: PublicKey) -> None:
    alg = members.get("alg")
    if alg is not None and Algorithm.parse(alg) not in names_of(key.algorithm):
        raise AlgorithmNotAllowedError("the JWK's alg does not fit its key", clause="RFC 7517, section 4.4")
    if members.get("use", "sig") != "sig":
        raise AlgorithmNotAllowedError("the JWK is not for signatures", clause="RFC 7517, section 4.2")
    operations = members.get("key_ops")
    if operations is not None and (not isinstance(operations, list) or "verify" not in operations):
        raise AlgorithmNotAllowedError("the JWK is not for verifying", clause="RFC 7517, section 4.3")
