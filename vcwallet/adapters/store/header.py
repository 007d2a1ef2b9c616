# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The header of a store: who it is, and its data key wrapped under a passphrase (Argon2id, RFC 9106; AES-256-GCM).

The parameters are authenticated twice over.  A checksum, which needs no key, tells damage from a wrong passphrase; and
they are associated data of the wrapped key, so that nobody can weaken them and fix the checksum.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from vcwallet.claims import JsonObject
from vcwallet.encoding import base64url, json
from vcwallet.errors import MalformedError, StoreCorruptError, StoreNewerError, WrongPassphraseError

SCHEMA_VERSION = 1
KEY_BYTES = 32
NONCE_BYTES = 12
_TAG_BYTES = 16
_ID_BYTES = 16
_SALT_BYTES = 16

_LEAST_MEMORY_KIB = 19 * 1024
_LEAST_ITERATIONS = 2
# A file from somewhere else must not make us use all memory before its first byte is authenticated.
_MOST_MEMORY_KIB = 256 * 1024
_MOST_ITERATIONS = 10
_MOST_LANES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDerivation:
    """What it costs to try one passphrase (Argon2id, RFC 9106, section 3.1).

    Raises:
        ValueError: below the floor (19 MiB, 2 iterations), or more than 256 MiB, 10 iterations or 4 lanes.
    """

    memory_kib: int
    iterations: int
    lanes: int = 1

    def __post_init__(self) -> None:
        if not all(type(cost) is int for cost in (self.memory_kib, self.iterations, self.lanes)):
            raise TypeError("the costs of a key derivation are whole numbers")
        if not _LEAST_MEMORY_KIB <= self.memory_kib <= _MOST_MEMORY_KIB:
            raise ValueError("a key derivation takes from 19 to 256 MiB")
        if not _LEAST_ITERATIONS <= self.iterations <= _MOST_ITERATIONS or not 1 <= self.lanes <= _MOST_LANES:
            raise ValueError("a key derivation takes 2 to 10 iterations in 1 to 4 lanes")

    def derive(self, passphrase: str, salt: bytes) -> bytes:
        """Return the key of 32 bytes for this passphrase.

        One passphrase can be typed as different code points, so it is put in NFC first (RFC 8265, section 4.2.2).
        """
        secret = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
        derivation = Argon2id(
            salt=salt, length=KEY_BYTES, iterations=self.iterations, lanes=self.lanes, memory_cost=self.memory_kib
        )
        return derivation.derive(secret)


RECOMMENDED = KeyDerivation(memory_kib=64 * 1024, iterations=3)
"""The second recommended option of RFC 9106, section 4, in one lane: about a fifth of a second."""

FAST_FOR_TESTS_ONLY = KeyDerivation(memory_kib=_LEAST_MEMORY_KIB, iterations=_LEAST_ITERATIONS)
"""The floor: the least that a store accepts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """How the data key of a sealed store is wrapped."""

    derivation: KeyDerivation
    salt: bytes
    wrapped_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The one header of a store; `seal` is None where the store is not sealed."""

    store_id: bytes
    seal: Seal | None
    schema_version: int = SCHEMA_VERSION

    @classmethod
    def unsealed(cls) -> Header:
        """Return the header of a new store whose records are not sealed."""
        return cls(store_id=os.urandom(_ID_BYTES), seal=None)

    @classmethod
    def sealed(cls, passphrase: str, derivation: KeyDerivation) -> tuple[Header, bytes]:
        """Return the header of a new sealed store, and its data key.

        Raises:
            ValueError: the passphrase is empty.
        """
        data_key = os.urandom(KEY_BYTES)
        return cls.wrapping(data_key, os.urandom(_ID_BYTES), passphrase, derivation), data_key

    @classmethod
    def wrapping(cls, data_key: bytes, store_id: bytes, passphrase: str, derivation: KeyDerivation) -> Header:
        """Return the header that gives `data_key` to whoever knows the passphrase.

        Raises:
            ValueError: the passphrase is empty.
        """
        if not passphrase:
            raise ValueError("a passphrase has at least one character")
        salt, nonce = os.urandom(_SALT_BYTES), os.urandom(NONCE_BYTES)
        bound = _bound(SCHEMA_VERSION, _parameters(store_id, derivation, salt))
        wrapped_key = nonce + AESGCM(derivation.derive(passphrase, salt)).encrypt(nonce, data_key, bound)
        return cls(store_id=store_id, seal=Seal(derivation=derivation, salt=salt, wrapped_key=wrapped_key))

    @classmethod
    def from_row(cls, schema_version: object, parameters: object, wrapped_key: object, checksum: object) -> Header:
        """Return the header of a stored row.

        Raises:
            StoreCorruptError: the row is damaged.
            StoreNewerError: it is intact, and of a newer schema than this one.
        """
        if not (isinstance(schema_version, int) and isinstance(parameters, bytes) and isinstance(wrapped_key, bytes)):
            raise StoreCorruptError("the header of the store is damaged")
        if schema_version < 1 or checksum != _checksum(schema_version, parameters, wrapped_key):
            raise StoreCorruptError("the header of the store is damaged")
        if schema_version > SCHEMA_VERSION:
            raise StoreNewerError(f"the store has schema {schema_version}; this vcwallet knows up to {SCHEMA_VERSION}")
        return cls._from_parameters(parameters, wrapped_key)

    @classmethod
    def _from_parameters(cls, parameters: bytes, wrapped_key: bytes) -> Header:
        try:
            members = json.loads_object(parameters)
            store_id = base64url.decode(members["store"])
            seal = None if members["seal"] is None else _seal(members["seal"], wrapped_key)
            header = cls(store_id=store_id, seal=seal)
            if header.row()["parameters"] != parameters:
                raise ValueError("a second spelling, or members that we do not know")
        except (MalformedError, KeyError, TypeError, ValueError):
            # The checksum is right: someone wrote this on purpose, for instance a key derivation below the floor.
            raise StoreCorruptError("the header of the store is not one that vcwallet writes") from None
        return header

    def row(self) -> dict[str, int | bytes]:
        """Return the columns of the stored row."""
        seal = self.seal
        parameters = _parameters(self.store_id, seal.derivation, seal.salt) if seal else _parameters(self.store_id)
        wrapped_key = seal.wrapped_key if seal else b""
        return {
            "schema_version": self.schema_version,
            "parameters": parameters,
            "wrapped_key": wrapped_key,
            "checksum": _checksum(self.schema_version, parameters, wrapped_key),
        }

    def unwrap(self, seal: Seal, passphrase: str) -> bytes:
        """Return the data key.

        Raises:
            WrongPassphraseError: this is not the passphrase that it was wrapped under.
        """
        bound = _bound(self.schema_version, _parameters(self.store_id, seal.derivation, seal.salt))
        nonce, wrapped = seal.wrapped_key[:NONCE_BYTES], seal.wrapped_key[NONCE_BYTES:]
        try:
            return AESGCM(seal.derivation.derive(passphrase, seal.salt)).decrypt(nonce, wrapped, bound)
        except InvalidTag:
            raise WrongPassphraseError("the passphrase does not open the store") from None


def frame(*parts: bytes) -> bytes:
    """Return the parts in a form that only they have: each with its length (4 bytes) before it."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _bound(schema_version: int, parameters: bytes) -> bytes:
    return frame(b"vcwallet store: data key", schema_version.to_bytes(8, "big"), parameters)


def _checksum(schema_version: int, parameters: bytes, wrapped_key: bytes) -> bytes:
    # These three columns and this rule are kept by every later schema, so that an older reader can tell
    # "newer than me" from "damaged".
    return hashlib.sha256(frame(schema_version.to_bytes(8, "big"), parameters, wrapped_key)).digest()


def _parameters(store_id: bytes, derivation: KeyDerivation | None = None, salt: bytes = b"") -> bytes:
    seal: JsonObject | None = None
    if derivation is not None:
        seal = {
            "kdf": "argon2id",
            "memory_kib": derivation.memory_kib,
            "iterations": derivation.iterations,
            "lanes": derivation.lanes,
            "salt": base64url.encode(salt),
        }
    return json.dumps({"store": base64url.encode(store_id), "seal": seal})


def _seal(members: Mapping[str, object], wrapped_key: bytes) -> Seal:
    costs = {name: members[name] for name in ("memory_kib", "iterations", "lanes")}
    salt = base64url.decode(str(members["salt"]))
    if len(salt) != _SALT_BYTES or len(wrapped_key) != NONCE_BYTES + KEY_BYTES + _TAG_BYTES:
        raise ValueError("not a seal of this schema")
    return Seal(derivation=KeyDerivation(**costs), salt=salt, wrapped_key=wrapped_key)  # type: ignore[arg-type]
