# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""mdoc over the Digital Credentials API, protocol ``org-iso-mdoc`` (ISO/IEC TS 18013-7, annex C).

The request and the answer are those of ISO/IEC 18013-5; the answer is encrypted with HPKE (RFC 9180) to a key of the
request.  The origin of the page that asks is part of the session transcript, so an answer for one origin cannot be
opened for another.

    >>> from vcwallet.keys.software import SoftwareKeyAgreement
    >>> from vcwallet.protocols import dc_api_mdoc
    >>> key = SoftwareKeyAgreement.generate()
    >>> request = dc_api_mdoc.Request(device_request=b"...", encryption_info=dc_api_mdoc.EncryptionInfo.create(key))
    >>> received = dc_api_mdoc.Request.from_json(request.to_json())
    >>> answer = dc_api_mdoc.encrypt_response(
    ...     b"response", encryption_info=received.encryption_info, origin="https://verifier.example"
    ... )
    >>> dc_api_mdoc.decrypt_response(
    ...     answer, key=key, encryption_info=request.encryption_info, origin="https://verifier.example"
    ... )
    b'response'
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from vcwallet.encoding import base64url, cbor
from vcwallet.encoding.cbor import CborValue, Limits
from vcwallet.errors import LimitExceededError, MalformedError, SignatureInvalidError, UnsupportedError
from vcwallet.formats.mdoc import transcript
from vcwallet.keys.cose_key import ecdh_key_from_cose, from_jwk
from vcwallet.keys.jwk import ecdh_jwk
from vcwallet.keys.signer import KeyAgreement
from vcwallet.keys.software import SoftwareKeyAgreement

PROTOCOL: Final = "org-iso-mdoc"
"""The identifier of this protocol in a call of the API."""

MIN_NONCE_BYTES: Final = 16
MAX_ENCRYPTION_INFO_TEXT: Final = 4096
MAX_TEXT: Final = 4 * 1024 * 1024
"""The longest request or response, in base64url."""

_CLAUSE = "ISO/IEC TS 18013-7, annex C"
_NAME = "dcapi"
_LIMITS = Limits(max_depth=6, max_items=100, max_map_entries=20)
_POINT_BYTES = 65  # an uncompressed point on P-256: what the KEM sends along
_SUITE = hpke.Suite(hpke.KEM.P256, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_128_GCM)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionInfo:
    """How the answer is to be encrypted; make one with `create` or `parse`.

    Attributes:
        text: the exact base64url text, which enters the session transcript.
        nonce: makes the transcript of each request its own.
        recipient: the key to encrypt to, a point on P-256.
    """

    text: str
    nonce: bytes = field(repr=False)
    recipient: ec.EllipticCurvePublicKey = field(repr=False)

    @classmethod
    def create(cls, key: KeyAgreement, *, nonce: bytes | None = None) -> EncryptionInfo:
        """Return the information for a key that was made for this one request.

        Args:
            key: decrypts the answer.
            nonce: at least 16 bytes; by default 32 random ones.

        Raises:
            MalformedError: a shorter nonce.
        """
        recipient = from_jwk(key.public_jwk)
        members: dict[str, CborValue] = {
            "nonce": secrets.token_bytes(32) if nonce is None else nonce,
            "recipientPublicKey": recipient,
        }
        return cls.parse(base64url.encode(cbor.dumps([_NAME, members])))

    @classmethod
    def parse(cls, text: str) -> EncryptionInfo:
        """Read the text of a request.

        Raises:
            LimitExceededError: longer than 4096 characters.
            MalformedError: not the structure of the standard, a nonce shorter than 16 bytes, or no key.
            UnsupportedError: a key on another curve than P-256.
        """
        members = _named_map(_decode(text, most=MAX_ENCRYPTION_INFO_TEXT), "the encryption information")
        nonce = _bytes(members, "nonce")
        if len(nonce) < MIN_NONCE_BYTES:
            raise MalformedError(f"the nonce is shorter than {MIN_NONCE_BYTES} bytes", clause=_CLAUSE)
        recipient = ecdh_key_from_cose(members.get("recipientPublicKey"))
        if recipient.curve.name != ec.SECP256R1.name:
            raise UnsupportedError("the answer is encrypted to a key on P-256", clause=_CLAUSE)
        return cls(text=text, nonce=nonce, recipient=recipient)

    def session_transcript(self, *, origin: str) -> bytes:
        """Return the CBOR of the SessionTranscript.

        Args:
            origin: who asks, as the browser or platform reports it; never as a message says.

        Raises:
            ValueError: no origin.
        """
        if not origin:
            raise ValueError("without an origin there is no session")
        return transcript.iso_dc_api(encryption_info=self.text, origin=origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a page hands to the API."""

    device_request: bytes = field(repr=False)
    encryption_info: EncryptionInfo

    def to_json(self) -> dict[str, str]:
        """Return the request as an object for the API."""
        return {
            "deviceRequest": base64url.encode(self.device_request),
            "encryptionInfo": self.encryption_info.text,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, object]) -> Request:
        """Read the object that the API handed over.

        Raises:
            LimitExceededError: longer than 4 MiB.
            MalformedError: a member is missing or is not what it should be.
            UnsupportedError: see `EncryptionInfo.parse`.
        """
        return cls(
            device_request=_decode(_text(value, "deviceRequest"), most=MAX_TEXT),
            encryption_info=EncryptionInfo.parse(_text(value, "encryptionInfo")),
        )


def encrypt_response(device_response: bytes, *, encryption_info: EncryptionInfo, origin: str) -> dict[str, str]:
    """Return the answer as an object for the API, readable by the requester at `origin` only.

    Args:
        device_response: the DeviceResponse, made for the same session transcript.
        encryption_info: of the request.
        origin: who asks, as the browser or platform reports it.

    Raises:
        ValueError: no origin.
    """
    info = encryption_info.session_transcript(origin=origin)
    sealed = _SUITE.encrypt(device_response, encryption_info.recipient, info=info)
    members = {"enc": sealed[:_POINT_BYTES], "cipherText": sealed[_POINT_BYTES:]}
    return {"response": base64url.encode(cbor.dumps([_NAME, members]))}


def decrypt_response(
    value: Mapping[str, object], *, key: SoftwareKeyAgreement, encryption_info: EncryptionInfo, origin: str
) -> bytes:
    """Return the DeviceResponse of an answer; nothing in it is verified.

    Args:
        value: the object that the API handed over.
        key: the key of the request.
        encryption_info: of the request, kept since.
        origin: our own.

    Raises:
        LimitExceededError: longer than 4 MiB.
        MalformedError: not the structure of the standard.
        SignatureInvalidError: it does not decrypt: made for another key, origin or request, or changed (code
            ``DECRYPTION_FAILED``).
        ValueError: no origin, or `key` is not that of the request.
    """
    if key.public_jwk != ecdh_jwk(encryption_info.recipient):
        raise ValueError("the key is not that of the request")
    info = encryption_info.session_transcript(origin=origin)
    members = _named_map(_decode(_text(value, "response"), most=MAX_TEXT), "the response")
    sealed = _encapsulated(members) + _bytes(members, "cipherText")
    # The suite wants the key as an object; it lives for this one call.
    private_key = cast(ec.EllipticCurvePrivateKey, serialization.load_der_private_key(key.to_bytes(), None))
    try:
        return _SUITE.decrypt(sealed, private_key, info=info)
    except InvalidTag:
        raise SignatureInvalidError("the response does not decrypt", code="DECRYPTION_FAILED", clause=_CLAUSE) from None


def _encapsulated(members: Mapping[Any, Any]) -> bytes:
    # Of any other length, the two parts could be cut in another place than the sender did.
    point = _bytes(members, "enc")
    if len(point) != _POINT_BYTES:
        raise MalformedError(f"enc has not {_POINT_BYTES} bytes", clause=_CLAUSE)
    return point


def _decode(text: str, *, most: int) -> bytes:
    if len(text) > most:
        raise LimitExceededError(f"the text is longer than {most} characters")
    return base64url.decode(text)


def _named_map(data: bytes, what: str) -> dict[Any, Any]:
    match cbor.loads(data, limits=_LIMITS):
        case ["dcapi", dict(members)]:
            return members
        case _:
            raise MalformedError(f"{what} is not of this protocol", clause=_CLAUSE)


def _bytes(members: Mapping[Any, Any], name: str) -> bytes:
    value = members.get(name)
    if not isinstance(value, bytes):
        raise MalformedError(f"{name} is not a byte string", clause=_CLAUSE)
    return value


def _text(value: Mapping[str, object], name: str) -> str:
    text = value.get(name)
    if not isinstance(text, str):
        raise MalformedError(f"{name} is not a string", clause=_CLAUSE)
    return text
