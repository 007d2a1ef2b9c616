# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
r"""The SessionTranscript, which binds what a device signs to one exchange (ISO/IEC 18013-5, clause 9.1.5.1).

Each function returns the CBOR of the array, untagged.  A signature embeds it as it is; the salt of a key derivation is
the hash of it as an embedded item, ``SessionTranscriptBytes``.

    >>> from vcwallet.formats.mdoc import transcript
    >>> transcript.dc_api(origin="https://example.com", nonce="exc7gBkxjx1rdc9udRrveKvS", encryption_key=None)[:6]
    b'\x83\xf6\xf6\x82vO'
"""

from __future__ import annotations

import hashlib

from vcwallet.encoding import cbor
from vcwallet.formats.base import Binding

_NULL = b"\xf6"


def of(binding: Binding) -> bytes:
    """Return the transcript of the exchange that a binding describes."""
    if binding.session_transcript is not None:
        return binding.session_transcript
    if binding.origin is not None:
        return dc_api(origin=binding.origin, nonce=binding.nonce, encryption_key=binding.encryption_key)
    return openid4vp(
        client_id=binding.audience,
        nonce=binding.nonce,
        response_uri=binding.response_uri,
        encryption_key=binding.encryption_key,
    )


def proximity(device_engagement: bytes, e_reader_key: bytes, *, handover: bytes = _NULL) -> bytes:
    """Return the transcript of a session between two devices (clause 9.1.5.1).

    Args:
        device_engagement: the CBOR of the DeviceEngagement, as it came.
        e_reader_key: the CBOR of the reader's ephemeral COSE_Key, as it came.
        handover: the CBOR of the handover; null for an engagement by QR code.
    """
    return cbor.array_head(3) + cbor.embedded(device_engagement) + cbor.embedded(e_reader_key) + handover


def nfc_handover(select: bytes, request: bytes | None) -> bytes:
    """Return the handover of an engagement by NFC: the Handover Select message, and the Handover Request if any."""
    return cbor.dumps([select, request])


def openid4vp(*, client_id: str, nonce: str, response_uri: str, encryption_key: bytes | None) -> bytes:
    """Return the transcript of an exchange by redirects (OpenID4VP 1.0, appendix B.2.6.1).

    Args:
        client_id: the verifier's client identifier, with its prefix.
        nonce: the request's nonce.
        response_uri: the ``response_uri`` or ``redirect_uri`` of the request.
        encryption_key: the SHA-256 thumbprint of the JWK that the answer is encrypted to; None for an open answer.
    """
    info = (cbor.text_string(client_id), cbor.text_string(nonce), _key(encryption_key), cbor.text_string(response_uri))
    return _OPENID4VP + _digest(info)


def dc_api(*, origin: str, nonce: str, encryption_key: bytes | None) -> bytes:
    """Return the transcript of OpenID4VP over the Digital Credentials API (OpenID4VP 1.0, appendix B.2.6.2).

    Args:
        origin: the verifier's origin as the browser reports it, without a prefix.
        nonce: the request's nonce.
        encryption_key: as `openid4vp`.
    """
    return _DC_API + _digest((cbor.text_string(origin), cbor.text_string(nonce), _key(encryption_key)))


def iso_dc_api(*, encryption_info: str, origin: str) -> bytes:
    """Return the transcript of ``org-iso-mdoc`` over the Digital Credentials API (ISO/IEC TS 18013-7, annex C).

    Args:
        encryption_info: the EncryptionInfo of the request in base64url, as it came.
        origin: the verifier's origin as the browser reports it.
    """
    return _ISO_DC_API + _digest((cbor.text_string(encryption_info), cbor.text_string(origin)))


def _without_devices(name: str) -> bytes:
    """Return what stands before the digest in a transcript without engagement and reader key."""
    return cbor.array_head(3) + _NULL + _NULL + cbor.array_head(2) + cbor.text_string(name)


_OPENID4VP, _DC_API, _ISO_DC_API = map(_without_devices, ("OpenID4VPHandover", "OpenID4VPDCAPIHandover", "dcapi"))


def _key(encryption_key: bytes | None) -> bytes:
    return _NULL if encryption_key is None else cbor.byte_string(encryption_key)


def _digest(info: tuple[bytes, ...]) -> bytes:
    return cbor.byte_string(hashlib.sha256(cbor.array_head(len(info)) + b"".join(info)).digest())
