# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A public key that knows its algorithm and raises when a signature is not its own.

>>> from vcwallet.keys.software import SoftwareSigner
>>> signer = SoftwareSigner.generate()
>>> signer.public_key.verify(signer.sign(b"message"), b"message")
>>> signer.public_key.verify(signer.sign(b"message"), b"another")
Traceback (most recent call last):
vcwallet.errors.SignatureInvalidError: the signature does not verify [SIGNATURE_INVALID]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from vcwallet.errors import AlgorithmNotAllowedError, MalformedError, SignatureInvalidError
from vcwallet.keys.algorithm import Algorithm

MlDsaPublicKey: TypeAlias = mldsa.MLDSA44PublicKey | mldsa.MLDSA65PublicKey | mldsa.MLDSA87PublicKey
RawPublicKey: TypeAlias = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | MlDsaPublicKey

CURVES: dict[Algorithm, ec.EllipticCurve] = {
    Algorithm.ES256: ec.SECP256R1(),
    Algorithm.ES384: ec.SECP384R1(),
    Algorithm.ES512: ec.SECP521R1(),
}
ECDSA: dict[Algorithm, ec.ECDSA] = {
    Algorithm.ES256: ec.ECDSA(hashes.SHA256()),
    Algorithm.ES384: ec.ECDSA(hashes.SHA384()),
    Algorithm.ES512: ec.ECDSA(hashes.SHA512()),
}
_BY_CURVE = {curve.name: algorithm for algorithm, curve in CURVES.items()}
_ML_DSA: dict[type, Algorithm] = {
    mldsa.MLDSA44PublicKey: Algorithm.ML_DSA_44,
    mldsa.MLDSA65PublicKey: Algorithm.ML_DSA_65,
    mldsa.MLDSA87PublicKey: Algorithm.ML_DSA_87,
}


class PublicKey:
    """A public key together with the one algorithm that it is used with."""

    __slots__ = ("_ecdsa", "_raw", "_size", "_spki", "algorithm", "kept_cose_key", "kept_jwk")

    algorithm: Algorithm
    kept_jwk: Mapping[str, str] | None
    """The JWK once it was asked for; see `vcwallet.keys.jwk.public_jwk`."""
    kept_cose_key: bytes | None
    """The CBOR of the COSE_Key once it was asked for; see `vcwallet.keys.cose_key.encode`."""

    def __init__(self, raw: RawPublicKey) -> None:
        """Wrap a key of pyca/cryptography.

        Raises:
            AlgorithmNotAllowedError: its kind or curve has no member in `Algorithm`.
            MalformedError: an Ed25519 key under which signatures are valid that nobody has made.
        """
        self.algorithm = _algorithm_of(raw)
        self._raw = raw
        self._ecdsa: Any = ECDSA.get(self.algorithm)
        self._size = self.algorithm.signature_bytes
        self._spki: bytes | None = None
        self.kept_jwk = None
        self.kept_cose_key = None

    @classmethod
    def from_spki(cls, der: bytes) -> PublicKey:
        """Return the key of a DER SubjectPublicKeyInfo (RFC 5280, section 4.1).

        Raises:
            MalformedError: the bytes are no public key.
            AlgorithmNotAllowedError: a key of a kind that vcwallet does not use.
        """
        try:
            return cls(serialization.load_der_public_key(der))  # type: ignore[arg-type]
        except (ValueError, UnsupportedAlgorithm):
            raise MalformedError("not a DER public key") from None

    @classmethod
    def from_certificate(cls, certificate: x509.Certificate) -> PublicKey:
        """Return the subject key of a certificate that was checked elsewhere.

        Raises:
            MalformedError: the certificate holds no readable key.
            AlgorithmNotAllowedError: a key of a kind that vcwallet does not use.
        """
        try:
            return cls(certificate.public_key())  # type: ignore[arg-type]
        except (ValueError, UnsupportedAlgorithm):
            raise MalformedError("the certificate holds no readable public key") from None

    def verify(self, signature: bytes, data: bytes) -> None:
        """Return if `signature` (JOSE form: fixed length, r || s for ECDSA) over `data` is by this key.

        Raises:
            SignatureInvalidError: it is not.
        """
        if len(signature) != self._size:
            raise SignatureInvalidError("the signature has the wrong length")
        raw: Any = self._raw
        try:
            if self._ecdsa is not None:
                half = self._size // 2
                r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
                raw.verify(encode_dss_signature(r, s), data, self._ecdsa)
            else:
                raw.verify(signature, data)
        except InvalidSignature:
            raise SignatureInvalidError("the signature does not verify") from None

    @property
    def raw(self) -> RawPublicKey:
        """The key as pyca/cryptography knows it."""
        return self._raw

    @property
    def spki(self) -> bytes:
        """The DER SubjectPublicKeyInfo of this key."""
        if self._spki is None:
            self._spki = self._raw.public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        return self._spki

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self.spki == other.spki

    def __hash__(self) -> int:
        return hash(self.spki)

    def __repr__(self) -> str:
        return f"<PublicKey {self.algorithm}>"


def _algorithm_of(raw: object) -> Algorithm:
    algorithm: Algorithm | None
    # Of pyca's keys those on a named curve have one; to ask for their abstract class costs more than all the rest here.
    if (curve := getattr(raw, "curve", None)) is not None:
        algorithm = _BY_CURVE.get(curve.name)
    elif isinstance(raw, ed25519.Ed25519PublicKey):
        _require_large_order(raw)
        algorithm = Algorithm.EDDSA
    else:
        algorithm = next((name for kind, name in _ML_DSA.items() if isinstance(raw, kind)), None)
    if algorithm is None:
        raise AlgorithmNotAllowedError("a key of this kind signs nothing that vcwallet accepts")
    return algorithm


def _require_large_order(raw: ed25519.Ed25519PublicKey) -> None:
    """Refuse the points of small order, also in spellings beyond the field: one signature fits many messages there."""
    encoded = int.from_bytes(raw.public_bytes_raw(), "little") & (2**255 - 1)  # without the sign of x
    if encoded % _FIELD in _SMALL_ORDER:
        raise MalformedError("the Ed25519 key is a point of small order", clause="RFC 8032, section 5.1.7")


_FIELD = 2**255 - 19
# The y of the eight points whose order divides 8; the points of order 8 have two of them.
_Y_OF_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER = frozenset({0, 1, _FIELD - 1, _Y_OF_ORDER_8, _FIELD - _Y_OF_ORDER_8})


def names_of(algorithm: Algorithm) -> frozenset[Algorithm]:
    """Return the registered names under which a key of `algorithm` may sign (Ed25519 has two)."""
    return _NAMES[algorithm]


_ED25519_NAMES = frozenset({Algorithm.EDDSA, Algorithm.ED25519})
_NAMES = {name: _ED25519_NAMES if name in _ED25519_NAMES else frozenset({name}) for name in Algorithm}


class HasPublicKey(Protocol):
    """Whoever has the private half of a key and shows the public one: a signer, a wallet's holder key."""

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        ...
