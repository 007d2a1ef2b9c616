# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The keys of a sealed store, by generation: a rotation adds one, and forgets the one before when it is through.

A tag cannot be read back from its keyed hash, so a rotation hashes the hash again under a key of its own.  The tag keys
of earlier generations are kept for that; the data keys are not.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import NoReturn

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vcwallet.errors import LimitExceededError

KEY_BYTES = 32
MAX_GENERATIONS = 1_000
"""How many data keys a store has in its life; each costs 32 bytes in its header, and a hash for each tag looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """Everything that opens the records of a store.

    Attributes:
        data_keys: the key of the last generation; while a rotation is under way, the one before comes first.
        tag_keys: of all generations, the first one first.
    """

    data_keys: tuple[bytes, ...] = field(repr=False)
    tag_keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def new(cls, store_id: bytes, *, earlier_tag_keys: tuple[bytes, ...] = ()) -> KeyRing:
        """Return the keys of a new store; one that takes over the hashes of another's tags needs its tag keys.

        Raises:
            LimitExceededError: there were `MAX_GENERATIONS` already.
        """
        return cls.of(os.urandom(KEY_BYTES), store_id, earlier_tag_keys=earlier_tag_keys)

    @classmethod
    def of(cls, data_key: bytes, store_id: bytes, *, earlier_tag_keys: tuple[bytes, ...] = ()) -> KeyRing:
        """Return the keys that follow from one data key.

        Raises:
            LimitExceededError: there were `MAX_GENERATIONS` already.
        """
        _require_room(earlier_tag_keys)
        return cls(data_keys=(data_key,), tag_keys=(*earlier_tag_keys, derived(data_key, store_id, _TAGS)))

    @property
    def generation(self) -> int:
        """The generation under which records are written, from 1."""
        return len(self.tag_keys)

    @property
    def generations(self) -> range:
        """Those whose records can be read."""
        return range(self.generation - len(self.data_keys) + 1, self.generation + 1)

    @property
    def is_rotating(self) -> bool:
        """Whether records of the generation before may be left."""
        return len(self.data_keys) > 1

    def data_key(self, generation: int) -> bytes:
        """Return the key of one of `generations`."""
        return self.data_keys[generation - self.generations.start]

    def rotating(self, store_id: bytes) -> KeyRing:
        """Return the ring with a new key, under which records are to be sealed anew.

        Raises:
            LimitExceededError: there were `MAX_GENERATIONS` already.
        """
        added = KeyRing.new(store_id, earlier_tag_keys=self.tag_keys)
        return KeyRing(data_keys=(self.data_keys[-1], *added.data_keys), tag_keys=added.tag_keys)

    def rotated(self) -> KeyRing:
        """Return the ring without the key that no record is sealed under any more."""
        return KeyRing(data_keys=self.data_keys[-1:], tag_keys=self.tag_keys)

    def to_bytes(self) -> bytes:
        """Return the keys, to be wrapped."""
        return b"".join((*self.data_keys, *self.tag_keys))

    @classmethod
    def from_bytes(cls, keys: bytes, *, data_keys: int) -> KeyRing:
        """Return the ring of keys that were unwrapped, the first `data_keys` of which are such."""
        each = [keys[start : start + KEY_BYTES] for start in range(0, len(keys), KEY_BYTES)]
        return cls(data_keys=tuple(each[:data_keys]), tag_keys=tuple(each[data_keys:]))

    def __reduce__(self) -> NoReturn:
        raise TypeError("the keys of a store are not pickled")


def derived(data_key: bytes, store_id: bytes, purpose: bytes) -> bytes:
    """Return the key of one purpose (HKDF, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=store_id, info=purpose).derive(data_key)


RECORDS = b"vcwallet store: records"
_TAGS = b"vcwallet store: tags"


def _require_room(tag_keys: tuple[bytes, ...]) -> None:
    if len(tag_keys) >= MAX_GENERATIONS:
        raise LimitExceededError(f"a store has at most {MAX_GENERATIONS} data keys in its life")
