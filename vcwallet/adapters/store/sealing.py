# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a store writes for a body and its tags (AES-256-GCM, NIST SP 800-38D; HKDF, RFC 5869; HMAC, RFC 2104).

A body is bound to its place, so that one record's body is no good in the row of another.  A tag becomes a keyed hash
by which the record is found, but from which the tag cannot be read or guessed without the key.

Records and tags of two generations of keys stand side by side while a rotation is under way (see `KeyRing`).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from typing import NoReturn, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vcwallet.adapters.store.header import NONCE_BYTES, frame
from vcwallet.adapters.store.key_ring import RECORDS, KeyRing, derived
from vcwallet.errors import StoreCorruptError

BLIND_BYTES = 16
_RECORD_FORMAT = 1
_DIGEST_BYTES = 32
_PLACE = struct.Struct(">qIII")


class Sealing(Protocol):
    """Turns bodies and tags into what is stored, and bodies back."""

    @property
    def generation(self) -> int:
        """The generation of keys that `seal` and `blind` use."""
        ...

    @property
    def generations(self) -> range:
        """Those that `unseal` knows."""
        ...

    def seal(self, body: bytes, place: bytes) -> bytes:
        """Return the bytes to store for `body` at this place."""
        ...

    def unseal(self, stored: bytes, place: bytes, generation: int) -> bytes:
        """Return the body.

        Raises:
            StoreCorruptError: these bytes were not stored at this place.
        """
        ...

    def blind(self, collection: str, tag: str) -> bytes:
        """Return the 16 bytes that stand for a tag of this collection."""
        ...

    def blinds(self, collection: str, tag: str) -> tuple[bytes, ...]:
        """Return what stands for it in each of `generations`."""
        ...


class Sealed:
    """Hides bodies and tags under a data key.  One key is good for 2^32 bodies with random nonces (SP 800-38D, 8.3)."""

    __slots__ = ("_cipher", "_ciphers", "_context", "generation", "generations", "ring")

    def __init__(self, ring: KeyRing, store_id: bytes) -> None:
        self.ring: KeyRing = ring
        # The last generation, and in a rotation the one before.
        self.generation: int = ring.generation
        self.generations: range = ring.generations
        self._ciphers = {
            generation: AESGCM(derived(ring.data_key(generation), store_id, RECORDS)) for generation in self.generations
        }
        self._cipher = self._ciphers[self.generation]
        self._context = _context(store_id)

    def seal(self, body: bytes, place: bytes) -> bytes:
        """Return nonce and ciphertext (see `Sealing.seal`)."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, body, self._context + place)

    def unseal(self, stored: bytes, place: bytes, generation: int) -> bytes:
        """Return the body (see `Sealing.unseal`)."""
        try:
            cipher = self._ciphers[generation]
            return cipher.decrypt(stored[:NONCE_BYTES], stored[NONCE_BYTES:], self._context + place)
        except (KeyError, InvalidTag, ValueError):  # ValueError: not even a nonce is left
            raise StoreCorruptError("the record is damaged") from None

    def blind(self, collection: str, tag: str) -> bytes:
        """Return the keyed hash of a tag (see `Sealing.blind`)."""
        return self.blinds(collection, tag)[-1]

    def blinds(self, collection: str, tag: str) -> tuple[bytes, ...]:
        """Return the keyed hash of a tag in each generation that can be read (see `Sealing.blinds`)."""
        text, each = _tag_text(collection, tag), []
        for key in self.ring.tag_keys:
            text = _blind(key, text)
            each.append(text)
        return tuple(each[-len(self.generations) :])

    def advanced(self, blinds: bytes) -> bytes:
        """Return hashes of the generation before as they are in the last one."""
        key = self.ring.tag_keys[-1]
        return b"".join(_blind(key, blind) for blind in split_blinds(blinds))

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

    @property
    def generation(self) -> int:
        """There are no keys, so there is one generation (see `Sealing.generation`)."""
        return 1

    @property
    def generations(self) -> range:
        """The one generation (see `Sealing.generations`)."""
        return range(1, 2)

    def unseal(self, stored: bytes, place: bytes, generation: int) -> bytes:
        """Return the body (see `Sealing.unseal`)."""
        body = stored[_DIGEST_BYTES:]
        if self.seal(body, place) != stored:
            raise StoreCorruptError("the record is damaged")
        return body

    def blind(self, collection: str, tag: str) -> bytes:
        """Return the hash of a tag (see `Sealing.blind`)."""
        return hashlib.sha256(_tag_text(collection, tag)).digest()[:BLIND_BYTES]

    def blinds(self, collection: str, tag: str) -> tuple[bytes, ...]:
        """Return the hash of a tag (see `Sealing.blinds`)."""
        return (self.blind(collection, tag),)


def split_blinds(joined: bytes) -> list[bytes]:
    """Return the hashes of tags that stand beside a body."""
    return [joined[start : start + BLIND_BYTES] for start in range(0, len(joined), BLIND_BYTES)]


def place_of(collection: str, id: str, position: int, blinds: bytes) -> bytes:
    """Return all that is stored beside a body, as the bytes that the body is bound to."""
    # A damaged identifier that is no longer UTF-8 arrives with surrogates; it must fail the check, not the encoding.
    collection_text = collection.encode("utf-8", "surrogateescape")
    id_text = id.encode("utf-8", "surrogateescape")
    lengths = _PLACE.pack(position, len(collection_text), len(id_text), len(blinds))
    return b"".join((lengths, collection_text, id_text, blinds))


def _context(store_id: bytes) -> bytes:
    return frame(b"vcwallet store: record", store_id, _RECORD_FORMAT.to_bytes(8, "big"))


def _blind(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")[:BLIND_BYTES]


def _tag_text(collection: str, tag: str) -> bytes:
    return f"{collection}\0{tag}".encode()
