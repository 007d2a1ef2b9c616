# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The seams to whoever holds a private key: memory, a file, a phone's secure element, an HSM, a signing service."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.public import PublicKey


@runtime_checkable
class Signer(Protocol):
    """Signs with one private key that it does not give away."""

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        ...

    def sign(self, data: bytes, /) -> bytes:
        """Return the signature over `data` in JOSE form (r || s for ECDSA).

        Raises:
            KeyLockedError: the person has to unlock the key first.
        """
        ...


@runtime_checkable
class KeyAgreement(Protocol):
    """Agrees on a secret with one private key that it does not give away (ECDH)."""

    @property
    def public_jwk(self) -> dict[str, str]:
        """The public half as a JWK."""
        ...

    def agree(self, peer: dict[str, str], /) -> bytes:
        """Return the raw shared secret with the peer's public JWK.

        Raises:
            MalformedError: the peer's key is not a point on the same curve.
        """
        ...


@runtime_checkable
class KeyStore(Protocol):
    """Makes private keys, keeps them, and signs with them by handle."""

    def create(self, algorithm: Algorithm, /) -> str:
        """Make a key and return its handle, once it is stored.

        Raises:
            StoreError: it could not be stored.
        """
        ...

    def signer(self, handle: str, /) -> Signer:
        """Return the signer of a handle.

        Raises:
            StoreError: there is no such key.
        """
        ...

    def delete(self, handle: str, /) -> None:
        """Forget a key for good; forgetting it twice is no error.

        Raises:
            StoreError: it is still there.
        """
        ...
