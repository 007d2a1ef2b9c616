# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Private keys in this process's memory: the only module where a private key is an object.

>>> from vcwallet.keys.software import SoftwareSigner
>>> SoftwareSigner.generate()
<SoftwareSigner ES256, private key hidden>
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, NoReturn, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from vcwallet.errors import AlgorithmNotAllowedError, MalformedError, StoreError, WrongPassphraseError
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.jwk import ecdh_jwk, ecdh_key_from_jwk
from vcwallet.keys.public import CURVES, ECDSA, PublicKey

MlDsaPrivateKey = mldsa.MLDSA44PrivateKey | mldsa.MLDSA65PrivateKey | mldsa.MLDSA87PrivateKey
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | MlDsaPrivateKey

_GENERATE: dict[Algorithm, Callable[[], PrivateKey]] = {
    Algorithm.ES256: lambda: ec.generate_private_key(CURVES[Algorithm.ES256]),
    Algorithm.ES384: lambda: ec.generate_private_key(CURVES[Algorithm.ES384]),
    Algorithm.ES512: lambda: ec.generate_private_key(CURVES[Algorithm.ES512]),
    Algorithm.EDDSA: ed25519.Ed25519PrivateKey.generate,
    Algorithm.ED25519: ed25519.Ed25519PrivateKey.generate,
    Algorithm.ML_DSA_44: mldsa.MLDSA44PrivateKey.generate,
    Algorithm.ML_DSA_65: mldsa.MLDSA65PrivateKey.generate,
    Algorithm.ML_DSA_87: mldsa.MLDSA87PrivateKey.generate,
}


class _Redacted:
    """Keeps a private key out of reprs, pickles and copies."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key is not pickled; export it on purpose")


class SoftwareSigner(_Redacted):
    """A `Signer` whose private key is in memory."""

    __slots__ = ("_ecdsa", "_half", "_key", "public_key")

    def __init__(self, key: PrivateKey) -> None:
        """Wrap a private key of pyca/cryptography.

        Raises:
            AlgorithmNotAllowedError: its kind or curve has no member in `Algorithm`.
        """
        self.public_key: PublicKey = PublicKey(key.public_key())
        self._key = key
        algorithm = self.public_key.algorithm
        self._ecdsa: Any = ECDSA.get(algorithm)
        self._half = algorithm.signature_bytes // 2

    @classmethod
    def generate(cls, algorithm: Algorithm = Algorithm.ES256) -> SoftwareSigner:
        """Make a new key."""
        return cls(_GENERATE[algorithm]())

    @classmethod
    def from_pem(cls, pem: bytes, *, passphrase: bytes | None) -> SoftwareSigner:
        """Read a PKCS #8 private key.

        Raises:
            WrongPassphraseError: the passphrase does not open it, or one is needed, or none is.
            MalformedError: not a private key.
            AlgorithmNotAllowedError: a key of a kind that vcwallet does not use.
        """
        try:
            key = serialization.load_pem_private_key(pem, passphrase)
        except TypeError:
            raise WrongPassphraseError("the key and the passphrase do not belong together") from None
        except (ValueError, UnsupportedAlgorithm):
            if b"ENCRYPTED PRIVATE KEY" in pem:
                raise WrongPassphraseError("the passphrase does not open the key") from None
            raise MalformedError("not a PEM private key") from None
        if not isinstance(key, PrivateKey):
            raise AlgorithmNotAllowedError("a key of this kind signs nothing that vcwallet accepts")
        return cls(key)

    def to_pem(self, *, passphrase: bytes | None) -> bytes:
        """Return the key as PKCS #8, encrypted unless `passphrase` is None."""
        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase is not None:
            encryption = serialization.BestAvailableEncryption(passphrase)
        return self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)

    @classmethod
    def from_bytes(cls, der: bytes) -> SoftwareSigner:
        """Read what `to_bytes` wrote.

        Raises:
            MalformedError: not a private key.
        """
        try:
            return cls(serialization.load_der_private_key(der, None))  # type: ignore[arg-type]
        except (ValueError, TypeError, UnsupportedAlgorithm, AlgorithmNotAllowedError):
            raise MalformedError("not a DER private key") from None

    def to_bytes(self) -> bytes:
        """Return the key as bare PKCS #8 DER, for a store that seals it."""
        return self._key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def sign(self, data: bytes, /) -> bytes:
        """Return the signature over `data` in JOSE form (RFC 7518, section 3.4)."""
        key: Any = self._key
        if self._ecdsa is not None:
            r, s = decode_dss_signature(key.sign(data, self._ecdsa))
            return r.to_bytes(self._half, "big") + s.to_bytes(self._half, "big")
        return cast(bytes, key.sign(data))

    @property
    def private_key(self) -> PrivateKey:
        """The private key itself, for building certificates with pyca/cryptography."""
        return self._key

    def __repr__(self) -> str:
        return f"<SoftwareSigner {self.public_key.algorithm}, private key hidden>"


class SoftwareKeyAgreement(_Redacted):
    """A `KeyAgreement` on P-256 whose private key is in memory."""

    __slots__ = ("_key",)

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> SoftwareKeyAgreement:
        """Make a new key, as is done for each request whose answer is to be encrypted."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_bytes(cls, der: bytes) -> SoftwareKeyAgreement:
        """Read what `to_bytes` wrote.

        Raises:
            MalformedError: not a private key on P-256.
        """
        try:
            key = serialization.load_der_private_key(der, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise MalformedError("not a DER private key") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != ec.SECP256R1.name:
            raise MalformedError("not a private key on P-256")
        return cls(key)

    def to_bytes(self) -> bytes:
        """Return the key as bare PKCS #8 DER, for a sealed record of the request whose answer it opens."""
        return self._key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def public_jwk(self) -> dict[str, str]:
        """The public half as a JWK with ``kty``, ``crv``, ``x`` and ``y``."""
        return ecdh_jwk(self._key.public_key())

    def agree(self, peer: dict[str, str], /) -> bytes:
        """Return the raw shared secret with the peer's public JWK.

        Raises:
            MalformedError: the peer's key is not a point on P-256.
        """
        return self._key.exchange(ec.ECDH(), ecdh_key_from_jwk(peer))

    def __repr__(self) -> str:
        return "<SoftwareKeyAgreement P-256, private key hidden>"


class SoftwareKeyStore(_Redacted):
    """A `KeyStore` in memory, for services that keep their keys elsewhere between runs."""

    __slots__ = ("_signers",)

    def __init__(self) -> None:
        self._signers: dict[str, SoftwareSigner] = {}

    def create(self, algorithm: Algorithm, /) -> str:
        """Make a key and return its handle."""
        handle = secrets.token_urlsafe(16)
        self._signers[handle] = SoftwareSigner.generate(algorithm)
        return handle

    def signer(self, handle: str, /) -> SoftwareSigner:
        """Return the signer of a handle.

        Raises:
            StoreError: there is no such key.
        """
        try:
            return self._signers[handle]
        except KeyError:
            raise StoreError("there is no key with this handle", code="KEY_NOT_FOUND") from None

    def delete(self, handle: str, /) -> None:
        """Forget a key for good; forgetting it twice is no error."""
        self._signers.pop(handle, None)

    def __repr__(self) -> str:
        return f"<SoftwareKeyStore of {len(self._signers)} keys>"
