# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Private keys kept as records (PKCS #8, RFC 5958), for a store that seals what it keeps.

>>> from vcwallet.keys import Algorithm
>>> from vcwallet.keys.stored import StoredKeys
>>> from vcwallet.storage import MemoryStore
>>> keys = StoredKeys(MemoryStore())
>>> handle = keys.create(Algorithm.ES256)
>>> len(keys.signer(handle).sign(b"to be signed"))
64
"""

from __future__ import annotations

import secrets

from vcwallet.errors import MalformedError, StoreCorruptError, StoreError
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.public import PublicKey
from vcwallet.keys.software import SoftwareSigner
from vcwallet.storage import Delete, Put, RecordStore

COLLECTION = "key"


class StoredKeys:
    """A `KeyStore` whose keys outlast the process; each is in memory only while its signer is."""

    __slots__ = ("_store",)

    def __init__(self, store: RecordStore) -> None:
        self._store = store

    def create(self, algorithm: Algorithm, /) -> str:
        """Make a key and return its handle, once it is stored.

        Raises:
            StoreError: it could not be stored.
        """
        handle, _, made = self.prepare(algorithm)
        self._store.commit(made)
        return handle

    def prepare(self, algorithm: Algorithm, /) -> tuple[str, PublicKey, Put]:
        """Return a new key's handle and public half, and the change that stores it, for a larger commit."""
        handle, signer = secrets.token_urlsafe(16), SoftwareSigner.generate(algorithm)
        return handle, signer.public_key, Put(COLLECTION, handle, signer.to_bytes(), new=True)

    def signer(self, handle: str, /) -> SoftwareSigner:
        """Return the signer of a handle.

        Raises:
            StoreCorruptError: the key is damaged.
            StoreError: there is no such key (code ``KEY_NOT_FOUND``).
        """
        body = self._store.get(COLLECTION, handle)
        if body is None:
            raise StoreError("there is no key with this handle", code="KEY_NOT_FOUND")
        try:
            return SoftwareSigner.from_bytes(body)
        except MalformedError:
            raise StoreCorruptError("the stored key is not a private key") from None

    def delete(self, handle: str, /) -> None:
        """Forget a key for good; forgetting it twice is no error.

        Raises:
            StoreError: it is still there.
        """
        self._store.commit(Delete(COLLECTION, handle))
