# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Encrypted requests and responses: JSON in a JWE to the other side's key (OpenID4VCI 1.0, section 10).

ECDH-ES on P-256 with A128GCM or A256GCM.  There is no compression.  A message is encrypted because its receiver said
so before, never because it arrived that way: whoever reads one says which it has to be.

    >>> from vcwallet.keys.software import SoftwareKeyAgreement
    >>> from vcwallet.protocols.openid4vci.encryption import (
    ...     ENCRYPTED,
    ...     ContentEncryption,
    ...     MessageKey,
    ...     encrypt_message,
    ...     read_message,
    ... )
    >>> key = MessageKey(kid="2026-11", agreement=SoftwareKeyAgreement.generate())
    >>> text = encrypt_message(b'{"a":1}', jwk=key.jwk, enc=ContentEncryption.A256GCM)
    >>> read_message(text.encode(), content_type=ENCRYPTED, keys=(key,), required=True)
    MessageBody(encrypted=True)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from vcwallet.claims import JsonObject, JsonValue
from vcwallet.encoding import wire
from vcwallet.encoding.wire import WireModel
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    RemoteProtocolError,
    UnsupportedError,
    UntrustedError,
    quoted,
)
from vcwallet.jose import jwe
from vcwallet.jose.jwe import ALGORITHM, ALL, ContentEncryption
from vcwallet.keys.jwk import ecdh_jwk, ecdh_key_from_jwk
from vcwallet.keys.signer import KeyAgreement

ENCRYPTED: Final = "application/jwt"
"""The media type of an encrypted message."""
PLAIN: Final = "application/json"
"""The media type of one that is not."""
MAX_BYTES = 1024 * 1024
MAX_KID = 256
CLAUSE = "OpenID4VCI 1.0, section 10"


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialResponseEncryption:
    """What a wallet wants the response encrypted with (section 8.2).

    Attributes:
        jwk: its public key on P-256, with ``alg``, and ``kid`` if it has one.
        enc: how the content is to be encrypted.
    """

    jwk: Mapping[str, str]
    enc: ContentEncryption

    def to_json(self) -> dict[str, JsonValue]:
        """Return the value of ``credential_response_encryption``."""
        return {"jwk": dict(self.jwk), "enc": self.enc.value}


class _Encryption(WireModel):
    jwk: dict[str, Any]
    enc: str


def read_response_encryption(value: object) -> CredentialResponseEncryption:
    """Return the value of ``credential_response_encryption``, as strict JSON parsing gave it.

    Raises:
        MalformedError: a member is missing or wrong, a private member of the key among them.
        AlgorithmNotAllowedError: not ECDH-ES on P-256 with A128GCM or A256GCM.
        UnsupportedError: compression is asked for.
    """
    members = wire.fit(_Encryption, value)
    if "zip" in (members.model_extra or {}):
        raise UnsupportedError("encrypted messages are not compressed", clause=CLAUSE)
    return CredentialResponseEncryption(jwk=message_jwk(members.jwk), enc=_encryption(members.enc))


def message_jwk(jwk: JsonObject) -> dict[str, str]:
    """Return the key that messages are encrypted to, with the members that say so and no others.

    Raises:
        MalformedError: not a public key on P-256, no ``alg``, or a ``kid`` that is no string or longer than 256
            characters.
        AlgorithmNotAllowedError: a key for something else than ECDH-ES.
    """
    point = ecdh_jwk(ecdh_key_from_jwk(jwk))
    alg, kid = jwk.get("alg"), jwk.get("kid")
    if alg is None:
        raise MalformedError("the key of an encrypted message has an alg", clause=CLAUSE)
    if alg != ALGORITHM or jwk.get("use", "enc") != "enc":
        raise AlgorithmNotAllowedError(f"the JWK is not for {ALGORITHM}", clause=CLAUSE)
    if kid is None:
        return {**point, "alg": ALGORITHM, "use": "enc"}
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KID:
        raise MalformedError(f"a kid has at most {MAX_KID} characters", clause="RFC 7517, section 4.5")
    return {**point, "alg": ALGORITHM, "use": "enc", "kid": kid}


def _encryption(name: str) -> ContentEncryption:
    if name not in ALL:
        raise AlgorithmNotAllowedError(f"content encryption {quoted(name)} is not supported", clause=CLAUSE)
    return ContentEncryption(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageKey:
    """A key that messages to us are encrypted to.

    Attributes:
        kid: names it, in our metadata or request and in the header of the message.
        agreement: holds the private key.
    """

    kid: str
    agreement: KeyAgreement = field(repr=False)

    def __post_init__(self) -> None:
        if not 0 < len(self.kid) <= MAX_KID:
            raise ValueError(f"a kid has 1 to {MAX_KID} characters")

    @property
    def jwk(self) -> dict[str, str]:
        """The public half, as metadata and requests show it."""
        return {**self.agreement.public_jwk, "alg": ALGORITHM, "use": "enc", "kid": self.kid}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageBody:
    """The JSON text of a message, and whether it came encrypted; nothing in it is verified."""

    json: bytes = field(repr=False)
    encrypted: bool


def encrypt_message(text: bytes, *, jwk: JsonObject, enc: ContentEncryption) -> str:
    """Return a JSON text encrypted to a key of the other side, whose ``kid`` goes along (section 10).

    Raises:
        MalformedError, AlgorithmNotAllowedError: the key is none for messages (see `message_jwk`).
    """
    return jwe.encrypt(text, recipient_jwk=message_jwk(jwk), enc=enc)


def read_message(
    body: bytes,
    *,
    content_type: str | None,
    keys: Sequence[MessageKey],
    required: bool,
    encryptions: Collection[ContentEncryption] = ALL,
    max_bytes: int = MAX_BYTES,
) -> MessageBody:
    """Return the JSON text of a request or response, decrypted if it was encrypted.

    Args:
        body: what arrived.
        content_type: its media type, with parameters or without.
        keys: those that messages to us are encrypted to; none where we take no encrypted messages.
        required: whether one that is not encrypted is refused.
        encryptions: the content encryptions that we have said to take.
        max_bytes: how long it may be: a response may be longer than a request.

    Raises:
        LimitExceededError: longer than `max_bytes`.
        MalformedError: neither ``application/json`` nor ``application/jwt``, or no JWE.
        RemoteProtocolError: it is not encrypted, and has to be (``ENCRYPTION_MISSING``).
        UnsupportedError: compressed, or encrypted although we have no key.
        UntrustedError: encrypted to another key than ours (``KEY_NOT_FOUND``).
        AlgorithmNotAllowedError: other algorithms than we take.
        SignatureInvalidError: it does not decrypt (``DECRYPTION_FAILED``).
    """
    if len(body) > max_bytes:
        raise LimitExceededError(f"a message is longer than {max_bytes} bytes")
    match _media_type(content_type):
        case "application/json":
            if required:
                raise RemoteProtocolError("the message is not encrypted", code="ENCRYPTION_MISSING", clause=CLAUSE)
            return MessageBody(json=body, encrypted=False)
        case "application/jwt":
            text = _decrypt(body, keys=keys, encryptions=encryptions, max_bytes=max_bytes)
            return MessageBody(json=text, encrypted=True)
        case _:
            raise MalformedError("the message is neither JSON nor a JWT", clause=CLAUSE)


def _media_type(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()


def _decrypt(
    body: bytes, *, keys: Sequence[MessageKey], encryptions: Collection[ContentEncryption], max_bytes: int
) -> bytes:
    if not keys:
        raise UnsupportedError("encrypted messages are not taken here", clause=CLAUSE)
    message = jwe.parse(body.strip(), max_bytes=max_bytes)
    # A kid is copied from the key (section 10); without one there has to be a single key that can be meant.
    kid = message.header.key_id
    found = [key for key in keys if kid is None or key.kid == kid]
    if len(found) != 1:
        raise UntrustedError("the message is encrypted to another key", code="KEY_NOT_FOUND", clause=CLAUSE)
    return message.decrypt(found[0].agreement, encryptions=encryptions)
