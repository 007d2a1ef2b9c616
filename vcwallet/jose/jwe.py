# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""JSON Web Encryption, as far as responses to a verifier need it (RFC 7516; ECDH-ES of RFC 7518, section 4.6).

One key management (ECDH-ES, direct, on P-256), two content encryptions, the compact serialisation, one recipient.
There is no compression, since it tells of the plaintext by its length and can unpack to anything.

A parsed message has no plaintext to use by mistake: `decrypt` gives it out.  Encryption says nothing about who sent it.

    >>> from vcwallet.jose import jwe
    >>> from vcwallet.keys.software import SoftwareKeyAgreement
    >>> recipient = SoftwareKeyAgreement.generate()
    >>> text = jwe.encrypt(b"answer", recipient_jwk=recipient.public_jwk, enc=jwe.ContentEncryption.A256GCM)
    >>> jwe.parse(text).decrypt(recipient)
    b'answer'
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash

from vcwallet.claims import JsonObject, JsonValue
from vcwallet.encoding import base64url
from vcwallet.errors import (
    AlgorithmNotAllowedError,
    LimitExceededError,
    MalformedError,
    SignatureInvalidError,
    UnsupportedError,
    quoted,
)
from vcwallet.jose import header as jose_header
from vcwallet.keys.jwk import ecdh_jwk, ecdh_key_from_jwk
from vcwallet.keys.signer import KeyAgreement
from vcwallet.keys.software import SoftwareKeyAgreement

ALGORITHM = "ECDH-ES"
MAX_BYTES = 1024 * 1024
_IV_BYTES = 12  # RFC 7518, section 5.3
_TAG_BYTES = 16
# Extensions, compression, and the work factor by which a sender could choose how long we compute.
_REFUSED_MEMBERS = ("crit", "zip", "p2s", "p2c")


class ContentEncryption(StrEnum):
    """How the content is encrypted (RFC 7518, section 5.3)."""

    A128GCM = "A128GCM"
    A256GCM = "A256GCM"

    @property
    def key_bits(self) -> int:
        """The length of its key, in bits."""
        return 128 if self is ContentEncryption.A128GCM else 256


ALL = frozenset(ContentEncryption)
"""Both content encryptions, as HAIP demands of a verifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JweHeader:
    """A protected header; nothing in it is authentic until the message is decrypted, nor says it then who wrote it.

    Attributes:
        enc: how the content is encrypted.
        epk: the sender's ephemeral key, a point on P-256, with the members that identify it and no others.
        key_id: names the recipient's key, if anything does.
        apu: what the sender says of itself, decoded; empty when absent.
        apv: what the sender says of the recipient, decoded; empty when absent.
        members: the header as received.
    """

    enc: ContentEncryption
    epk: dict[str, str]
    key_id: str | None
    apu: bytes
    apv: bytes
    members: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Jwe:
    """A message to one recipient, not yet decrypted."""

    header: JweHeader
    iv: bytes
    ciphertext_and_tag: bytes = field(repr=False)
    additional_data: bytes = field(repr=False)

    def decrypt(self, key: KeyAgreement, *, encryptions: Collection[ContentEncryption] = ALL) -> bytes:
        """Return the plaintext, which was encrypted to `key` with a content encryption of ours (RFC 7516, section 5.2).

        Raises:
            AlgorithmNotAllowedError: the content encryption is not in `encryptions`.
            SignatureInvalidError: it does not decrypt, for whatever reason (code ``DECRYPTION_FAILED``).
        """
        header = self.header
        if header.enc not in encryptions:
            raise AlgorithmNotAllowedError(f"content encryption {header.enc} is not allowed here")
        content_key = _derive_key(key.agree(dict(header.epk)), enc=header.enc, apu=header.apu, apv=header.apv)
        return _open(self, content_key)


def _open(message: Jwe, content_key: bytes) -> bytes:
    try:
        return AESGCM(content_key).decrypt(message.iv, message.ciphertext_and_tag, message.additional_data)
    except InvalidTag:
        # Another key, another header, another text: a sender who could tell them apart could ask questions.
        raise SignatureInvalidError("the ciphertext does not decrypt", code="DECRYPTION_FAILED") from None


def encrypt(
    plaintext: bytes,
    *,
    recipient_jwk: Mapping[str, JsonValue],
    enc: ContentEncryption,
    kid: str | None = None,
    apu: bytes | None = None,
    apv: bytes | None = None,
    cty: str | None = None,
) -> str:
    """Return `plaintext` encrypted to the recipient, in compact serialisation (RFC 7516, section 5.1).

    The ephemeral key and the initialisation vector are fresh and cannot be handed in: a pair used twice gives the
    content away.

    Args:
        plaintext: the content.
        recipient_jwk: the recipient's public key on P-256.
        enc: how to encrypt the content; the recipient has said what it can read.
        kid: names the recipient's key; by default the ``kid`` of its JWK, as OpenID4VP and OpenID4VCI demand.
        apu: what to say of the sender (PartyUInfo), not encoded.
        apv: what to say of the recipient (PartyVInfo), not encoded.
        cty: what the plaintext is, where it is a signed token itself (RFC 7519, section 5.2).

    Raises:
        MalformedError: the recipient's key is not a point on P-256, or holds a private member.
        AlgorithmNotAllowedError: the recipient's JWK is not for ECDH-ES.
    """
    recipient = ecdh_jwk(ecdh_key_from_jwk(recipient_jwk))
    _require_for_agreement(recipient_jwk)
    ephemeral = SoftwareKeyAgreement.generate()
    content_key = _derive_key(ephemeral.agree(recipient), enc=enc, apu=apu or b"", apv=apv or b"")
    optional = {
        "kid": kid or jose_header.optional_text(recipient_jwk, "kid"),
        "apu": None if apu is None else base64url.encode(apu),
        "apv": None if apv is None else base64url.encode(apv),
        "cty": cty,
    }
    present = {name: value for name, value in optional.items() if value is not None}
    header = jose_header.encode({"alg": ALGORITHM, "enc": enc.value, "epk": ephemeral.public_jwk, **present})
    iv = secrets.token_bytes(_IV_BYTES)
    sealed = AESGCM(content_key).encrypt(iv, plaintext, header.encode("ascii"))
    ciphertext, tag = sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:]
    return f"{header}..{base64url.encode(iv)}.{base64url.encode(ciphertext)}.{base64url.encode(tag)}"


def _require_for_agreement(jwk: Mapping[str, JsonValue]) -> None:
    if jwk.get("use", "enc") != "enc":
        raise AlgorithmNotAllowedError("the JWK is not for encryption", clause="RFC 7517, section 4.2")
    if jwk.get("alg", ALGORITHM) != ALGORITHM:
        raise AlgorithmNotAllowedError(f"the JWK is not for {ALGORITHM}", clause="RFC 7517, section 4.4")


def _derive_key(secret: bytes, *, enc: ContentEncryption, apu: bytes, apv: bytes) -> bytes:
    """Return the content encryption key: the Concat KDF over the shared secret (RFC 7518, section 4.6.2)."""
    algorithm_id = enc.value.encode("ascii")  # in direct agreement, the content encryption's name
    public_info = enc.key_bits.to_bytes(4, "big")
    other_info = b"".join(map(_with_length, (algorithm_id, apu, apv))) + public_info
    return ConcatKDFHash(algorithm=SHA256(), length=enc.key_bits // 8, otherinfo=other_info).derive(secret)


def _with_length(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def parse(text: str | bytes) -> Jwe:
    """Read the compact serialisation.

    Raises:
        LimitExceededError: longer than 1 MiB, or a header longer than 32 KiB.
        MalformedError: not five base64url parts, an encrypted key, a header, initialisation vector or tag that is none,
            or an ephemeral key that is not a point on P-256.
        AlgorithmNotAllowedError: not ECDH-ES with a content encryption that vcwallet has.
        UnsupportedError: an extension or compression.
    """
    if len(text) > MAX_BYTES:
        raise LimitExceededError(f"a JWE is longer than {MAX_BYTES} bytes")
    # The replacement, a question mark, is in no part's alphabet.
    raw = text.encode("ascii", "replace") if isinstance(text, str) else text
    parts = raw.split(b".")
    if len(parts) != 5:
        raise MalformedError("a compact JWE has five parts", clause="RFC 7516, section 7.1")
    encoded_header, encrypted_key, iv, ciphertext, tag = parts
    header = _parse_header(encoded_header)
    if encrypted_key:
        raise MalformedError("direct key agreement has no encrypted key", clause="RFC 7516, section 5.2, step 10")
    return Jwe(
        header=header,
        iv=_fixed(iv, _IV_BYTES, "initialisation vector"),
        ciphertext_and_tag=base64url.decode(ciphertext) + _fixed(tag, _TAG_BYTES, "authentication tag"),
        additional_data=encoded_header,
    )


def _fixed(encoded: bytes, length: int, name: str) -> bytes:
    data = base64url.decode(encoded)
    if len(data) != length:
        raise MalformedError(f"the {name} has the wrong length", clause="RFC 7518, section 5.3")
    return data


def _parse_header(encoded: bytes) -> JweHeader:
    members = jose_header.decode(encoded)
    enc = _encryption(members)
    if any(name in members for name in _REFUSED_MEMBERS):
        raise UnsupportedError("the JWE header has an extension or compression", clause="RFC 7516, section 4.1")
    return JweHeader(
        enc=enc,
        epk=ecdh_jwk(ecdh_key_from_jwk(members.get("epk"))),
        key_id=jose_header.optional_text(members, "kid"),
        apu=base64url.decode(jose_header.optional_text(members, "apu") or ""),
        apv=base64url.decode(jose_header.optional_text(members, "apv") or ""),
        members=MappingProxyType(members),
    )


def _encryption(members: Mapping[str, object]) -> ContentEncryption:
    alg, enc = members.get("alg"), members.get("enc")
    if alg != ALGORITHM:
        raise AlgorithmNotAllowedError(f"key management algorithm {quoted(alg)} is not supported")
    if not isinstance(enc, str) or enc not in ALL:
        raise AlgorithmNotAllowedError(f"content encryption {quoted(enc)} is not supported")
    return ContentEncryption(enc)
