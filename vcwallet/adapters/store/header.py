# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The header of a store: who it is, and its keys wrapped under a passphrase (Argon2id, RFC 9106; AES-256-GCM).

The parameters are authenticated twice over.  A checksum, which needs no key, tells damage from a wrong passphrase; and
they are associated data of the wrapped keys, so that nobody can weaken them and fix the checksum.

Schema 1 wrapped one data key, schema 2 wraps a `KeyRing` and says how many keys are in it.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from vcwallet.adapters.store.key_ring import KEY_BYTES, MAX_GENERATIONS, KeyRing
from vcwallet.claims import JsonObject
from vcwallet.encoding import base64url, json
from vcwallet.errors import MalformedError, StoreCorruptError, StoreNewerError, WrongPassphraseError

SCHEMA_VERSION = 2
NONCE_BYTES = 12
TAG_BYTES = 16
SALT_BYTES = 16
_ID_BYTES = 16

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

    def parameters(self, salt: bytes) -> JsonObject:
        """Return the JSON form of these costs and a salt."""
        return {
            "kdf": "argon2id",
            "memory_kib": self.memory_kib,
            "iterations": self.iterations,
            "lanes": self.lanes,
            "salt": base64url.encode(salt),
        }

    @classmethod
    def from_parameters(cls, members: Mapping[str, object]) -> tuple[KeyDerivation, bytes]:
        """Return costs and salt; the caller compares the JSON form again, which finds what is not looked at here.

        Raises:
            KeyError, TypeError, ValueError, MalformedError: these are none.
        """
        costs = {name: members[name] for name in ("memory_kib", "iterations", "lanes")}
        salt = base64url.decode(str(members["salt"]))
        if len(salt) != SALT_BYTES:
            raise ValueError("not a salt of ours")
        return cls(**costs), salt  # type: ignore[arg-type]


RECOMMENDED = KeyDerivation(memory_kib=64 * 1024, iterations=3)
"""The second recommended option of RFC 9106, section 4, in one lane: about a fifth of a second."""

FAST_FOR_TESTS_ONLY = KeyDerivation(memory_kib=_LEAST_MEMORY_KIB, iterations=_LEAST_ITERATIONS)
"""The floor: the least that a store accepts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """How the keys of a sealed store are wrapped: the last `data_keys` of as many data keys as `generation` says."""

    derivation: KeyDerivation
    salt: bytes
    wrapped_keys: bytes = field(repr=False)
    generation: int = 1
    data_keys: int = 1

    def __post_init__(self) -> None:
        if type(self.generation) is not int or type(self.data_keys) is not int:
            raise TypeError("the keys of a store are counted in whole numbers")
        if not 1 <= self.generation <= MAX_GENERATIONS or not 1 <= self.data_keys <= min(2, self.generation):
            raise ValueError("a store has one data key, and during a rotation two")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The one header of a store; `seal` is None where the store is not sealed."""

    store_id: bytes
    seal: Seal | None
    schema_version: int = SCHEMA_VERSION

    @classmethod
    def unsealed(cls, store_id: bytes | None = None) -> Header:
        """Return the header of a store whose records are not sealed, by default of a new one."""
        return cls(store_id=store_id or new_store_id(), seal=None)

    @classmethod
    def sealed(cls, passphrase: str, derivation: KeyDerivation) -> tuple[Header, KeyRing]:
        """Return the header of a new sealed store, and its keys.

        Raises:
            ValueError: the passphrase is empty.
        """
        store_id = new_store_id()
        ring = KeyRing.new(store_id)
        return cls.wrapping(ring, store_id, passphrase, derivation), ring

    @classmethod
    def wrapping(cls, ring: KeyRing, store_id: bytes, passphrase: str, derivation: KeyDerivation) -> Header:
        """Return the header that gives `ring` to whoever knows the passphrase.

        Raises:
            ValueError: the passphrase is empty.
        """
        require_passphrase(passphrase)
        salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
        made = Seal(
            derivation=derivation,
            salt=salt,
            wrapped_keys=b"",
            generation=ring.generation,
            data_keys=len(ring.data_keys),
        )
        bound = _bound(SCHEMA_VERSION, _parameters(SCHEMA_VERSION, store_id, made))
        wrapped = nonce + AESGCM(derivation.derive(passphrase, salt)).encrypt(nonce, ring.to_bytes(), bound)
        return cls(store_id=store_id, seal=replace(made, wrapped_keys=wrapped))

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
        return cls._from_parameters(schema_version, parameters, wrapped_key)

    @classmethod
    def _from_parameters(cls, schema_version: int, parameters: bytes, wrapped_keys: bytes) -> Header:
        try:
            members = json.loads_object(parameters)
            store_id = base64url.decode(members["store"])
            seal = None if members["seal"] is None else _seal(schema_version, members["seal"], wrapped_keys)
            header = cls(store_id=store_id, seal=seal, schema_version=schema_version)
            if header.row()["parameters"] != parameters:
                raise ValueError("a second spelling, or members that we do not know")
        except (MalformedError, KeyError, TypeError, ValueError):
            # The checksum is right: someone wrote this on purpose, for instance a key derivation below the floor.
            raise StoreCorruptError("the header of the store is not one that vcwallet writes") from None
        return header

    @property
    def generation(self) -> int:
        """The generation of keys under which records are written."""
        return self.seal.generation if self.seal else 1

    def row(self) -> dict[str, int | bytes]:
        """Return the columns of the stored row."""
        parameters = _parameters(self.schema_version, self.store_id, self.seal)
        wrapped_keys = self.seal.wrapped_keys if self.seal else b""
        return {
            "schema_version": self.schema_version,
            "parameters": parameters,
            "wrapped_key": wrapped_keys,
            "checksum": _checksum(self.schema_version, parameters, wrapped_keys),
        }

    def unwrap(self, seal: Seal, passphrase: str) -> KeyRing:
        """Return the keys.

        Raises:
            WrongPassphraseError: this is not the passphrase that they were wrapped under.
        """
        bound = _bound(self.schema_version, _parameters(self.schema_version, self.store_id, seal))
        nonce, wrapped = seal.wrapped_keys[:NONCE_BYTES], seal.wrapped_keys[NONCE_BYTES:]
        try:
            keys = AESGCM(seal.derivation.derive(passphrase, seal.salt)).decrypt(nonce, wrapped, bound)
        except InvalidTag:
            raise WrongPassphraseError("the passphrase does not open the store") from None
        if self.schema_version == 1:
            return KeyRing.of(keys, self.store_id)
        return KeyRing.from_bytes(keys, data_keys=seal.data_keys)


def new_store_id() -> bytes:
    """Return an identifier that no other store has."""
    return os.urandom(_ID_BYTES)


def require_passphrase(passphrase: str) -> None:
    """Refuse an empty passphrase.

    Raises:
        ValueError: it is empty.
    """
    if not passphrase:
        raise ValueError("a passphrase has at least one character")


def frame(*parts: bytes) -> bytes:
    """Return the parts in a form that only they have: each with its length (4 bytes) before it."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _bound(schema_version: int, parameters: bytes) -> bytes:
    return frame(b"vcwallet store: data key", schema_version.to_bytes(8, "big"), parameters)


def _checksum(schema_version: int, parameters: bytes, wrapped_key: bytes) -> bytes:
    # These three columns and this rule are kept by every later schema, so that an older reader can tell
    # "newer than me" from "damaged".
    return hashlib.sha256(frame(schema_version.to_bytes(8, "big"), parameters, wrapped_key)).digest()


def _parameters(schema_version: int, store_id: bytes, seal: Seal | None) -> bytes:
    members: JsonObject | None = None
    if seal is not None:
        keys = {} if schema_version == 1 else {"generation": seal.generation, "data_keys": seal.data_keys}
        members = {**seal.derivation.parameters(seal.salt), **keys}
    return json.dumps({"store": base64url.encode(store_id), "seal": members})


def _seal(schema_version: int, members: Mapping[str, object], wrapped_keys: bytes) -> Seal:
    derivation, salt = KeyDerivation.from_parameters(members)
    numbers = {} if schema_version == 1 else {name: members[name] for name in ("generation", "data_keys")}
    seal = Seal(derivation=derivation, salt=salt, wrapped_keys=wrapped_keys, **numbers)  # type: ignore[arg-type]
    keys = 1 if schema_version == 1 else seal.data_keys + seal.generation
    if len(wrapped_keys) != NONCE_BYTES + keys * KEY_BYTES + TAG_BYTES:
        raise ValueError("not a seal of this schema")
    return seal
