# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Signatures as the cards of JPKI and its CAs make them: RSASSA-PKCS1-v1_5 (RFC 8017) and ECDSA in DER (RFC 3279).

The one place where vcwallet verifies RSA; credentials are signed with nothing of the kind.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import SignatureAlgorithmOID

from vcwallet.errors import AlgorithmNotAllowedError, MalformedError, SignatureInvalidError
from vcwallet.trust.certificates import ECDSA_SIGNATURES

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 4096
_EXPONENT: Final = 65537
_RSA: Final = frozenset(
    {
        SignatureAlgorithmOID.RSA_WITH_SHA256,
        SignatureAlgorithmOID.RSA_WITH_SHA384,
        SignatureAlgorithmOID.RSA_WITH_SHA512,
    }
)
_CURVES: Final[dict[str, hashes.HashAlgorithm]] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
}
JpkiKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


def key_of(certificate: x509.Certificate) -> JpkiKey:
    """Return the key of a certificate: RSA of 2048 to 4096 bits with the exponent 65537, or on P-256 or P-384.

    Raises:
        MalformedError: it cannot be read.
        AlgorithmNotAllowedError: another kind, size, exponent or curve.
    """
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise MalformedError("the certificate holds no readable public key") from None
    if isinstance(key, rsa.RSAPublicKey):
        if MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS and key.public_numbers().e == _EXPONENT:
            return key
    elif isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return key
    raise AlgorithmNotAllowedError("a certificate of JPKI has no such key")


def require_signed(key: JpkiKey, signature: bytes, data: bytes) -> None:
    """Return if a card's key has signed `data`: SHA-256, or SHA-384 on P-384.

    Raises:
        SignatureInvalidError: it has not.
    """
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        else:
            key.verify(signature, data, ec.ECDSA(_CURVES[key.curve.name]))
    except InvalidSignature:
        raise SignatureInvalidError("the key of the card did not sign this") from None


def require_algorithm(algorithm: x509.ObjectIdentifier, key: JpkiKey) -> None:
    """Return if a CA with this key may sign certificates and lists by this algorithm.

    Raises:
        AlgorithmNotAllowedError: SHA-1, another padding, or an algorithm of the other kind of key.
    """
    allowed = _RSA if isinstance(key, rsa.RSAPublicKey) else ECDSA_SIGNATURES
    if algorithm not in allowed:
        raise AlgorithmNotAllowedError("no CA of JPKI signs by this algorithm")


def require_list_signature(found: x509.CertificateRevocationList, issuer: x509.Certificate) -> None:
    """Return if a CA has signed a revocation list.

    Raises:
        AlgorithmNotAllowedError: by an algorithm that is not one of a CA of JPKI.
        SignatureInvalidError: it has not.
    """
    key = key_of(issuer)
    require_algorithm(found.signature_algorithm_oid, key)
    if not found.is_signature_valid(key):
        raise SignatureInvalidError("the CA did not sign this revocation list", clause="RFC 5280, section 5.1.1.3")
