# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The file format of a backup: a header that says how to derive the key, and sealed parts that follow one another.

::

    "vcwallet backup" LF
    length (4 bytes), header, SHA-256 of the header
    length (4 bytes; the highest bit marks the last part), ciphertext      once a part, to the end of the file

The header is JSON: version, identifier, Argon2id parameters and salt, and a check of the key, which tells a wrong
passphrase from damage.  The key is HKDF(Argon2id(passphrase), header), so it is good for this file alone and for no
other parameters.  Part `n` is AES-256-GCM with the nonce `n` (11 bytes) and a byte that is 1 for the last part; the
header's digest is associated data.  So a part that is changed, moved, repeated, left out, cut off or from another
backup is found, and which one it is (the construction is STREAM, Hoang, Reyhanitabar, Rogaway, Vizár, 2015).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vcwallet.adapters.store.failures import as_store_errors
from vcwallet.adapters.store.header import SALT_BYTES, TAG_BYTES, KeyDerivation, require_passphrase
from vcwallet.adapters.store.key_ring import KEY_BYTES
from vcwallet.claims import JsonObject
from vcwallet.encoding import base64url, json
from vcwallet.errors import (
    LimitExceededError,
    MalformedError,
    StoreCorruptError,
    StoreNewerError,
    WrongPassphraseError,
)

MAGIC = b"vcwallet backup\n"
VERSION = 1
MAX_HEADER_BYTES = 4_096
MAX_PART_BYTES = 64 * 1024 * 1024

_ID_BYTES = 16
_DIGEST_BYTES = 32
_LENGTH = struct.Struct(">I")
_LAST = 1 << 31


class BackupCorruptError(StoreCorruptError):
    """A backup is damaged; `part` tells where: None for the header, 0 for what it says of itself, then the records."""

    default_code = "BACKUP_CORRUPT"

    def __init__(self, how: str, *, part: int | None = None) -> None:
        where = "its header" if part is None else f"record {part}" if part else "what it says of itself"
        super().__init__(f"the backup is damaged in {where}: {how}")
        self.part: int | None = part


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keys:
    """What comes of a passphrase and a header."""

    check: bytes
    cipher: AESGCM = field(repr=False)

    @classmethod
    def derive(cls, passphrase: str, derivation: KeyDerivation, salt: bytes, identifier: bytes) -> _Keys:
        # The header but its check is what the key depends on; the check depends on the key.
        info = b"vcwallet backup: parts\0" + json.dumps(_header(derivation, salt, identifier))
        stretched = derivation.derive(passphrase, salt)
        keys = HKDF(algorithm=SHA256(), length=2 * KEY_BYTES, salt=identifier, info=info).derive(stretched)
        return cls(check=keys[KEY_BYTES:], cipher=AESGCM(keys[:KEY_BYTES]))


class BackupWriter:
    """Writes the parts of a backup, one after the other."""

    def __init__(self, file: BinaryIO, *, passphrase: str, derivation: KeyDerivation) -> None:
        """Write the header.

        Raises:
            ValueError: the passphrase is empty.
        """
        require_passphrase(passphrase)
        salt, identifier = os.urandom(SALT_BYTES), os.urandom(_ID_BYTES)
        keys = _Keys.derive(passphrase, derivation, salt, identifier)
        header = json.dumps({**_header(derivation, salt, identifier), "check": base64url.encode(keys.check)})
        self._file = file
        self._cipher = keys.cipher
        self._bound = hashlib.sha256(header).digest()
        self._count = 0
        with as_store_errors():
            file.write(MAGIC + _LENGTH.pack(len(header)) + header + self._bound)

    def write(self, part: bytes, *, is_last: bool = False) -> None:
        """Write the next part.

        Raises:
            LimitExceededError: it is longer than 64 MiB.
            StoreError: the file cannot be written.
        """
        if len(part) > MAX_PART_BYTES:
            raise LimitExceededError(f"a record of a backup has at most {MAX_PART_BYTES} bytes")
        sealed = self._cipher.encrypt(_nonce(self._count, is_last), part, self._bound)
        with as_store_errors():
            self._file.write(_LENGTH.pack(len(sealed) | (_LAST if is_last else 0)) + sealed)
        self._count += 1


class BackupReader:
    """Reads a backup; what it gives was authenticated, and that it is complete is known at the end."""

    def __init__(self, file: BinaryIO, *, passphrase: str) -> None:
        """Read the header.

        Raises:
            WrongPassphraseError: the header is intact, but this is not the passphrase of the backup.
            BackupCorruptError: it is damaged, or this is no backup (code ``NOT_A_BACKUP``).
            StoreNewerError: it was written by a newer vcwallet (code ``BACKUP_NEWER``).
        """
        if file.read(len(MAGIC)) != MAGIC:
            raise StoreCorruptError("this is not a backup of vcwallet", code="NOT_A_BACKUP")
        header = self._header(file)
        derivation, salt, identifier, check = _read_header(header)
        keys = _Keys.derive(passphrase, derivation, salt, identifier)
        if not hmac.compare_digest(keys.check, check):
            raise WrongPassphraseError("the passphrase does not open the backup")
        self._file = file
        self._cipher = keys.cipher
        self._bound = hashlib.sha256(header).digest()

    @staticmethod
    def _header(file: BinaryIO) -> bytes:
        length = _length(file.read(_LENGTH.size), part=None)
        if length > MAX_HEADER_BYTES:
            raise BackupCorruptError("it is too long")
        header, digest = file.read(length), file.read(_DIGEST_BYTES)
        if hashlib.sha256(header).digest() != digest:
            raise BackupCorruptError("its digest does not match")
        return header

    def parts(self) -> Iterator[bytes]:
        """Yield the parts but the last, which is empty and says that nothing was cut off.

        Raises:
            BackupCorruptError: at the first part that was changed, moved, repeated, left out or cut off.
        """
        number, is_last = 0, False
        while True:
            part, is_last = self._part(number)
            if is_last:
                break
            yield part
            number += 1
        if part or self._file.read(1):
            raise BackupCorruptError("something follows behind its end", part=number)

    def _part(self, number: int) -> tuple[bytes, bool]:
        word = _length(self._file.read(_LENGTH.size), part=number)
        length, is_last = word & ~_LAST, bool(word & _LAST)
        if not TAG_BYTES <= length <= MAX_PART_BYTES + TAG_BYTES:
            raise BackupCorruptError("it has an impossible length", part=number)
        sealed = self._file.read(length)
        if len(sealed) != length:
            raise BackupCorruptError("the file ends there", part=number)
        try:
            return self._cipher.decrypt(_nonce(number, is_last), sealed, self._bound), is_last
        except InvalidTag:
            raise BackupCorruptError("it was changed or moved", part=number) from None


def _header(derivation: KeyDerivation, salt: bytes, identifier: bytes) -> JsonObject:
    return {"version": VERSION, "backup": base64url.encode(identifier), **derivation.parameters(salt)}


def _read_header(header: bytes) -> tuple[KeyDerivation, bytes, bytes, bytes]:
    """Return key derivation, salt, identifier and check of the key."""
    try:
        members = json.loads_object(header)
        version = members["version"]
        if type(version) is int and version > VERSION:
            raise StoreNewerError(
                f"the backup has version {version}; this vcwallet knows up to {VERSION}", code="BACKUP_NEWER"
            )
        derivation, salt = KeyDerivation.from_parameters(members)
        identifier, check = base64url.decode(members["backup"]), base64url.decode(members["check"])
        again = json.dumps({**_header(derivation, salt, identifier), "check": base64url.encode(check)})
        if again != header or len(identifier) != _ID_BYTES or len(check) != KEY_BYTES:
            raise ValueError("a second spelling, or members that we do not know")
    except (MalformedError, KeyError, TypeError, ValueError):
        # The digest is right: someone wrote this on purpose, for instance a key derivation below the floor.
        raise BackupCorruptError("it is not one that vcwallet writes") from None
    return derivation, salt, identifier, check


def _length(word: bytes, *, part: int | None) -> int:
    if len(word) != _LENGTH.size:
        raise BackupCorruptError("the file ends there", part=part)
    return int(_LENGTH.unpack(word)[0])


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
