# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A certificate request for a key that a signer holds (PKCS #10, RFC 2986), for a CA that wants one.

Our own registry asks for none: it is given the signer, and certifies its public key.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from vcwallet.errors import UnsupportedError
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.signer import Signer
from vcwallet.trust.certificates import Subject

# AlgorithmIdentifiers in DER: ecdsa-with-SHA256, -384, -512 (RFC 5758, section 3.2) and Ed25519 (RFC 8410, section 3).
_SIGNATURES: Final = {
    Algorithm.ES256: bytes.fromhex("300a06082a8648ce3d040302"),
    Algorithm.ES384: bytes.fromhex("300a06082a8648ce3d040303"),
    Algorithm.ES512: bytes.fromhex("300a06082a8648ce3d040304"),
    Algorithm.EDDSA: bytes.fromhex("300506032b6570"),
}
_VERSION: Final = b"\x02\x01\x00"
_NO_ATTRIBUTES: Final = b"\xa0\x00"


def certificate_request(signer: Signer, subject: Subject) -> bytes:
    """Return the DER of a request to certify the signer's key for a subject, signed with that key.

    The subject's identifier is not in it: a CA decides about alternative names.

    Raises:
        UnsupportedError: certificates for this kind of key are not requested.
        VcError: the signer cannot sign; see its `sign`.
    """
    algorithm = signer.public_key.algorithm
    if algorithm not in _SIGNATURES:
        raise UnsupportedError(f"no certificates are requested for {algorithm}")
    content = _tlv(0x30, _VERSION + subject.name.public_bytes() + signer.public_key.spki + _NO_ATTRIBUTES)
    signature = _der_signature(signer.sign(content), algorithm)
    return _tlv(0x30, content + _SIGNATURES[algorithm] + _tlv(0x03, b"\x00" + signature))


def _der_signature(signature: bytes, algorithm: Algorithm) -> bytes:
    if algorithm is Algorithm.EDDSA:
        return signature
    half = len(signature) // 2
    return encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content
