# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a store writes for a body and its tags (AES-256-GCM, NIST SP 800-38D; HKDF, RFC 5869; HMAC, RFC 2104).

A body is bound to its place, so that one record's body is no good in the row of another.  A tag becomes a keyed hash
by which the record is found, but from which the tag cannot be read or guessed without the key.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from typing import NoReturn, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vcwallet.adapters.store.header import KEY_BYTES, NONCE_BYTES, SCHEMA_VERSION, frame
from vcwallet.errors import StoreCorruptError

BLIND_BYTES = 16
_DIGEST_BYTES = 32
_PLACE = struct.Struct(">qIII")


class Sealing(Protocol):
    """Turns bodies and tags into what is stored, and bodies back."""

    def seal(self, body: bytes, place: bytes) -> bytes:
        """Return the bytes to store for `body` at this place."""
        ...

    def unseal(self, stored: bytes, place: bytes) -> bytes:
        """Return the body.

        Raises:
            StoreCorruptError: these bytes were not stored at this place.
        """
        ...

    def blind(self, collection: str, tag: str) -> bytes:
        """Return the 16 bytes that stand for a tag of this collection."""
        ...


class Sealed:
    """Hides bodies and tags under a data key.  One key is good for 2^32 bodies with random nonces (SP 800-38D, 8.3)."""

    __slots__ = ("_cipher", "_context", "_tag_key", "data_key")

    def __init__(self, data_key: bytes, store_id: bytes) -> None:
        self.data_key: bytes = data_key
        self._cipher = AESGCM(_derived(data_key, store_id, b"vcwallet store: records"))
        self._tag_key = _derived(data_key, store_id, b"vcwallet store: tags")
        self._context = _context(store_id)

    def seal(self, body: bytes, place: bytes) -> bytes:
        """Return nonce and ciphertext (see `Sealing.seal`)."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, body, self._context + place)

    def unseal(self, stored: bytes, place: bytes) -> bytes:
        """Return the body (see `Sealing.unseal`)."""
        try:
            return self._cipher.decrypt(stored[:NONCE_BYTES], stored[NONCE_BYTES:], self._context + place)
        except (InvalidTag, ValueError):  # ValueError: not even a nonce is left
            raise StoreCorruptError("the record is damaged") from None

    def blind(self, collection: str, tag: str) -> bytes:
        """Return the keyed hash of a tag (see `Sealing.blind`)."""
        return hmac.digest(self._tag_key, _tag_text(collection, tag), "sha256")[:BLIND_BYTES]

    def __reduce__(self) -> NoReturn:
        raise TypeError("the key of a store is not pickled")


class Unsealed:
    """Hides nothing, but finds damage: each body follows the digest of itself and its place."""

    __slots__ = ("_context",)

    def __init__(self, store_id: bytes) -> None:
        self._context = _context(store_id)

    def seal(self, body: bytes, place: bytes) -> bytes:
        """Return digest and body (see `Sealing.seal`)."""
        return hashlib.sha256(self._context + place + body).digest() + body

    def unseal(self, stored: bytes, place: bytes) -> bytes:
        """Return the body (see `Sealing.unseal`)."""
        body = stored[_DIGEST_BYTES:]
        if self.seal(body, place) != stored:
            raise StoreCorruptError("the record is damaged")
        return body

    def blind(self, collection: str, tag: str) -> bytes:
        """Return the hash of a tag (see `Sealing.blind`)."""
        return hashlib.sha256(_tag_text(collection, tag)).digest()[:BLIND_BYTES]


def place_of(collection: str, id: str, position: int, blinds: bytes) -> bytes:
    """Return all that is stored beside a body, as the bytes that the body is bound to."""
    # A damaged identifier that is no longer UTF-8 arrives with surrogates; it must fail the check, not the encoding.
    collection_text = collection.encode("utf-8", "surrogateescape")
    id_text = id.encode("utf-8", "surrogateescape")
    lengths = _PLACE.pack(position, len(collection_text), len(id_text), len(blinds))
    return b"".join((lengths, collection_text, id_text, blinds))


def _context(store_id: bytes) -> bytes:
    return frame(b"vcwallet store: record", store_id, SCHEMA_VERSION.to_bytes(8, "big"))


def _derived(data_key: bytes, store_id: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=store_id, info=purpose).derive(data_key)


def _tag_text(collection: str, tag: str) -> bytes:
    return f"{collection}\0{tag}".encode()
