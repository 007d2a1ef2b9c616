# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Session encryption: AES-256-GCM with one key, one identifier and one counter a direction (clause 9.1.1.5).

The counters run by themselves and are not sent, so a message that was repeated, left out or reordered does not decrypt.
Counter values are never handed in: a nonce used twice gives the content away.
"""

from __future__ import annotations

from itertools import count
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vcwallet.errors import LocalProtocolError, RemoteProtocolError, SignatureInvalidError

READER_IDENTIFIER: Final = bytes(8)
DEVICE_IDENTIFIER: Final = bytes(7) + b"\x01"
MAX_COUNTER: Final = 2**32 - 1
"""The last counter value; a direction that has used it is at its end."""

_CLAUSE = "ISO/IEC 18013-5, 9.1.1.5"


class Sealer:
    """Encrypts the messages of one direction; it has no key before `use` and none after `forget`.

    No two messages get the same counter, also where two threads send at once.
    """

    __slots__ = ("_aead", "_counters", "_identifier")

    def __init__(self, *, identifier: bytes) -> None:
        self._identifier = identifier
        self._aead: AESGCM | None = None
        self._counters = count()

    def use(self, key: bytes, *, counter: int = 1) -> None:
        """Take the key of the direction; `counter` is that of the next message."""
        self._aead, self._counters = AESGCM(key), count(counter)

    def seal(self, plaintext: bytes) -> bytes:
        """Return the ciphertext and tag of the next message.

        Raises:
            LocalProtocolError: the counter is used up, or there is no key.
        """
        aead, counter = self._aead, next(self._counters)
        if aead is None or counter > MAX_COUNTER:
            raise LocalProtocolError("this direction of the session is not open", clause=_CLAUSE)
        return aead.encrypt(_nonce(self._identifier, counter), plaintext, None)

    def forget(self) -> None:
        """Let go of the key."""
        self._aead = None


class Opener:
    """Decrypts the messages of one direction, in their order; it has no key before `use` and none after `forget`."""

    __slots__ = ("_aead", "_counter", "_identifier")

    def __init__(self, *, identifier: bytes) -> None:
        self._identifier = identifier
        self._aead: AESGCM | None = None
        self._counter = 0

    def use(self, key: bytes, *, counter: int = 1) -> None:
        """Take the key of the direction; `counter` is that of the next message."""
        self._aead, self._counter = AESGCM(key), counter

    def open(self, sealed: bytes) -> bytes:
        """Return the plaintext of the next message.

        Raises:
            SignatureInvalidError: it is not the next message of this key (code ``SESSION_ENCRYPTION``).
            RemoteProtocolError: the peer has sent more messages than there are counters (the same code).
            LocalProtocolError: there is no key.
        """
        if self._aead is None:
            raise LocalProtocolError("this direction of the session is not open", clause=_CLAUSE)
        if self._counter > MAX_COUNTER:
            raise RemoteProtocolError("the counter of the session is used up", code="SESSION_ENCRYPTION")
        try:
            plaintext = self._aead.decrypt(_nonce(self._identifier, self._counter), sealed, None)
        except InvalidTag:
            # Another key, another counter, another text: a sender who could tell them apart could ask questions.
            raise SignatureInvalidError("the message does not decrypt", code="SESSION_ENCRYPTION") from None
        self._counter += 1
        return plaintext

    def forget(self) -> None:
        """Let go of the key."""
        self._aead = None


def _nonce(identifier: bytes, counter: int) -> bytes:
    return identifier + counter.to_bytes(4, "big")
