# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Encrypted answers: a JWE to a key that was made for one request (OpenID4VP 1.0, section 8.3).

ECDH-ES on P-256 with A128GCM or A256GCM, as HAIP has it.  Encryption says nothing about who sent an answer.

    >>> from vcwallet.jose.jwe import ContentEncryption
    >>> from vcwallet.protocols.exchange import AnswerEncryption
    >>> from vcwallet.protocols.openid4vp.response_encryption import ResponseKey, decrypt_answer, encrypt_answer
    >>> key = ResponseKey.create()
    >>> encryption = AnswerEncryption(jwk=key.jwk, enc=ContentEncryption.A256GCM, thumbprint=key.thumbprint)
    >>> decrypt_answer(encrypt_answer(b'{"vp_token":{}}', encryption), key)
    b'{"vp_token":{}}'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from vcwallet.claims import JsonObject
from vcwallet.encoding import base64url
from vcwallet.errors import AlgorithmNotAllowedError, LimitExceededError, MalformedError, UntrustedError
from vcwallet.jose import jwe
from vcwallet.jose.jwe import Jwe
from vcwallet.keys import jwk as jwks
from vcwallet.keys.jwk import ecdh_jwk, ecdh_key_from_jwk
from vcwallet.keys.signer import KeyAgreement
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.exchange import AnswerEncryption

MAX_BYTES = 1024 * 1024
MAX_CONTENT_BYTES = (MAX_BYTES - 8 * 1024) * 3 // 4
"""The longest answer that fits into that, with its header of at most 8 KiB."""
MAX_KID = 256
CLAUSE: Final = "OpenID4VP 1.0, section 8.3"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseKey:
    """A key of a verifier, for the answer to one request.

    Attributes:
        kid: names it, in the request and in the header of the answer.
        agreement: holds the private key.
    """

    kid: str
    agreement: KeyAgreement = field(repr=False)

    def __post_init__(self) -> None:
        if not 0 < len(self.kid) <= MAX_KID:
            raise ValueError(f"a kid has 1 to {MAX_KID} characters")

    @classmethod
    def create(cls) -> ResponseKey:
        """Return a fresh key in memory, named by its thumbprint."""
        return cls.of(SoftwareKeyAgreement.generate())

    @classmethod
    def of(cls, agreement: KeyAgreement) -> ResponseKey:
        """Return a key by what holds it, named by its thumbprint."""
        return cls(kid=jwks.thumbprint(agreement.public_jwk), agreement=agreement)

    @property
    def jwk(self) -> dict[str, str]:
        """The public half, as the request shows it."""
        return {**self.agreement.public_jwk, "use": "enc", "alg": jwe.ALGORITHM, "kid": self.kid}

    @property
    def thumbprint(self) -> bytes:
        """The SHA-256 thumbprint (RFC 7638), which the proof of an mdoc is bound to."""
        return thumbprint(self.agreement.public_jwk)


def thumbprint(jwk: JsonObject) -> bytes:
    """Return the SHA-256 thumbprint of a key (RFC 7638), as 32 bytes."""
    return base64url.decode(jwks.thumbprint(jwk))


def encryption_jwk(jwk: JsonObject) -> dict[str, str]:
    """Return the key that an answer is encrypted to, with the members that say so and no others.

    Raises:
        MalformedError: not a public key on P-256, or a ``kid`` that is no string or longer than 256 characters.
        AlgorithmNotAllowedError: a key for something else than ECDH-ES.
    """
    point = ecdh_jwk(ecdh_key_from_jwk(jwk))
    alg, kid = jwk.get("alg", jwe.ALGORITHM), jwk.get("kid")
    if alg != jwe.ALGORITHM or jwk.get("use", "enc") != "enc":
        raise AlgorithmNotAllowedError(f"the JWK is not for {jwe.ALGORITHM}", clause=CLAUSE)
    named = {**point, "use": "enc", "alg": jwe.ALGORITHM}
    if kid is None:
        return named
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KID:
        raise MalformedError(f"a kid has at most {MAX_KID} characters", clause="RFC 7517, section 4.5")
    return {**named, "kid": kid}


def encrypt_answer(content: bytes, encryption: AnswerEncryption) -> str:
    """Return the JSON of an answer, encrypted to the key of the request, whose ``kid`` goes along.

    Raises:
        LimitExceededError: the answer would be longer than a verifier takes, 1 MiB.
    """
    text = jwe.encrypt(content, recipient_jwk=encryption.jwk, enc=encryption.enc)
    if len(text) > MAX_BYTES:
        raise LimitExceededError(f"an encrypted answer is longer than {MAX_BYTES} bytes")
    return text


def decrypt_answer(text: str, key: ResponseKey) -> bytes:
    """Return the JSON of an answer to the request that `key` was made for; nothing in it is verified.

    Raises:
        LimitExceededError: longer than 1 MiB.
        MalformedError: no JWE.
        UnsupportedError: compressed, or with an extension.
        AlgorithmNotAllowedError: not ECDH-ES with A128GCM or A256GCM.
        UntrustedError: encrypted to another key than that of the request (``KEY_NOT_FOUND``).
        SignatureInvalidError: it does not decrypt (``DECRYPTION_FAILED``).
    """
    return decrypt_message(jwe.parse(text), key)


def decrypt_message(message: Jwe, key: ResponseKey) -> bytes:
    """Return the JSON of an answer whose JWE was read before.

    Raises:
        VcError: as `decrypt_answer`.
    """
    # The kid is copied from the key (section 8.3); a wallet that leaves it out can have meant no other.
    if message.header.key_id not in (None, key.kid):
        raise UntrustedError("the answer is encrypted to another key", code="KEY_NOT_FOUND", clause=CLAUSE)
    return message.decrypt(key.agreement)
