# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Who a wallet is: a secret that it makes once, and which of its devices this is.

>>> from vcwallet.storage import MemoryStore
>>> from vcwallet.wallet.identity import identity_of
>>> store = MemoryStore()
>>> identity_of(store).wallet == identity_of(store).wallet
True
>>> identity_of(store).device
0
"""

from __future__ import annotations

import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from vcwallet.encoding import base64url
from vcwallet.errors import StoreCorruptError, StoreError
from vcwallet.history import HashChain
from vcwallet.storage import Put, RecordStore
from vcwallet.wallet import entries
from vcwallet.wallet.cards import COLLECTION as CARDS

HISTORY = "history"
HOLDER_KEYS = "holder_key"
COLLECTION = "wallet"
SECRETS: Final = ("secret", "secret_copy")
"""The records that the secret stands in."""
_SECRET, _COPY = SECRETS
_DEVICE = "device"
_IDS = (_SECRET, _COPY, _DEVICE)
_IN_USE = (HISTORY, CARDS, HOLDER_KEYS)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a wallet is, and which of its devices this is; what of it is damaged says so when it is asked for.

    The secret stands in two records.  Another one would make it another wallet, which does not know its keys nor what
    it has seen of status lists: so none is ever made for a wallet that had one.
    """

    _secret: bytes | None = field(repr=False)
    _device: int | None

    @property
    def has_secret(self) -> bool:
        """Whether the secret is known."""
        return self._secret is not None

    def require_whole(self) -> None:
        """Return if all of it is known.

        Raises:
            StoreCorruptError: it is not (``WALLET_SECRET_LOST``, ``WALLET_DEVICE_LOST``).
        """
        if self._secret is None:
            raise _secret_lost()
        if self._device is None:
            raise _device_lost()

    @property
    def secret(self) -> bytes:
        """What makes the names of records that depend on a key.

        Raises:
            StoreCorruptError: it is damaged or gone (code ``WALLET_SECRET_LOST``).
        """
        if self._secret is None:
            raise _secret_lost()
        return self._secret

    @property
    def device(self) -> int:
        """Which device of the wallet this is, from 0.

        Raises:
            StoreCorruptError: that is damaged, and so is the history that would tell (code ``WALLET_DEVICE_LOST``).
        """
        if self._device is None:
            raise _device_lost()
        return self._device

    @property
    def wallet(self) -> str:
        """The same on all devices of the wallet; it means nothing to anybody else.

        Raises:
            StoreCorruptError: the secret is damaged or gone (code ``WALLET_SECRET_LOST``).
        """
        return wallet_of(self.secret)

    def known(self) -> list[Put]:
        """Return the changes that write down what of it is known."""
        device = None if self._device is None else str(self._device).encode("ascii")
        bodies = {_SECRET: self._secret, _COPY: self._secret, _DEVICE: device}
        return [Put(COLLECTION, id, body) for id, body in bodies.items() if body is not None]

    def mended(self, store: RecordStore) -> list[Put]:
        """Return the changes that write anew what of it is known, where that is damaged."""
        return [put for put in self.known() if _whole(store, put.id) != put.body]


def identity_of(store: RecordStore) -> Identity:
    """Return who the wallet of a store is; one that was never used becomes somebody.

    Raises:
        StoreError: the store failed.
    """
    bodies = {id: _whole(store, id) for id in _IDS}
    secret = bodies[_SECRET] or bodies[_COPY]
    if secret is None and not is_wallet(store):
        secret = secrets.token_bytes(32)
        made = {_SECRET: secret, _COPY: secret, _DEVICE: b"0"}
        store.commit(*(Put(COLLECTION, id, body, new=True) for id, body in made.items()))
        return Identity(secret, 0)
    device = bodies[_DEVICE]
    if device is not None and device.isdigit():
        found = Identity(secret, int(device))
    else:
        is_of_before = not any(_is_there(store, id) for id in (_COPY, _DEVICE))
        found = Identity(secret, _told_by_history(store, at_least=is_of_before))
    missing = [put for put in found.known() if not _is_there(store, put.id)]
    if missing:
        with suppress(StoreError):  # a wallet can be looked at where nothing can be written
            store.commit(*missing)
    return found


def next_device(store: RecordStore) -> Put:
    """Return the change that makes a store the wallet's next device.

    Raises:
        StoreCorruptError: which one this is is damaged (code ``WALLET_DEVICE_LOST``).
    """
    return Put(COLLECTION, _DEVICE, str(identity_of(store).device + 1).encode("ascii"))


def is_wallet(store: RecordStore) -> bool:
    """Tell whether this is the store of a wallet that was somebody once, damaged or not."""
    return any(_is_there(store, id) for id in _IDS) or any(_has_some(store, kind) for kind in _IN_USE)


def wallet_of(secret: bytes) -> str:
    """Return who a wallet is, from its secret."""
    return base64url.encode(hmac.digest(secret, b"identity", "sha256")[:18])


def _secret_lost() -> StoreCorruptError:
    return StoreCorruptError(
        "the secret of the wallet is damaged or gone; mend it from a backup", code="WALLET_SECRET_LOST"
    )


def _device_lost() -> StoreCorruptError:
    return StoreCorruptError(
        "which device of the wallet this is is damaged, and so is its history; mend it from a backup",
        code="WALLET_DEVICE_LOST",
    )


def _whole(store: RecordStore, id: str) -> bytes | None:
    """Return a record, or None where it is damaged or not there."""
    try:
        return store.get(COLLECTION, id)
    except StoreCorruptError:
        return None


def _is_there(store: RecordStore, id: str) -> bool:
    try:
        return store.get(COLLECTION, id) is not None
    except StoreCorruptError:
        return True


def _has_some(store: RecordStore, kind: str) -> bool:
    try:
        return next(store.find(kind), None) is not None
    except StoreCorruptError:
        return True


def _told_by_history(store: RecordStore, *, at_least: bool) -> int | None:
    """Return how often the wallet was restored, as its history says.

    Args:
        store: the wallet's.
        at_least: count what can be read of a damaged history, too: the first device of a wallet once had no record of
            it, and such a wallet is to be no less than it was.
    """
    restored = 0
    try:
        for entry in HashChain(store, HISTORY).entries():
            restored += entry.entry.get("event") == entries.RESTORED
    except StoreCorruptError:
        return restored if at_least else None
    return restored
