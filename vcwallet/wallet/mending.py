# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What of a damaged wallet can be put back from a backup of it: records that never change once they are written.

What does change (the trusted lists, what was seen of status lists) is never taken from a backup: it would be older.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol

from vcwallet.encoding import base64url
from vcwallet.errors import LocalProtocolError, VcError
from vcwallet.history import HashChain
from vcwallet.keys import jwk
from vcwallet.keys.public import PublicKey
from vcwallet.keys.signer import KeyStore
from vcwallet.keys.stored import COLLECTION as KEYS
from vcwallet.storage import Put, Record, RecordStore
from vcwallet.wallet import cards, copies
from vcwallet.wallet.continuity import BackupReceipt
from vcwallet.wallet.damage import Damage
from vcwallet.wallet.identity import COLLECTION as OF_THE_WALLET
from vcwallet.wallet.identity import HISTORY, HOLDER_KEYS, SECRETS, Identity, wallet_of

KEY_USES: Final = "holder_key_use"
CONSENTS: Final = "consent"
_NEVER_CHANGED = frozenset({cards.COLLECTION, KEYS, HOLDER_KEYS, KEY_USES, CONSENTS, copies.COLLECTION})

Place = tuple[str, str]
"""The collection of a record, and its identifier."""


class BackedUp(Protocol):
    """A record of a backup."""

    @property
    def collection(self) -> str:
        """Its collection."""
        ...

    @property
    def id(self) -> str:
        """Its identifier."""
        ...

    @property
    def body(self) -> bytes:
        """Its body."""
        ...


def key_id(secret: bytes, key: PublicKey) -> str:
    """Return the record identifier of a holder's key: stores show identifiers, and verifiers know the key."""
    thumbprint = jwk.thumbprint(jwk.public_jwk(key)).encode("ascii")
    return base64url.encode(hmac.digest(secret, thumbprint, "sha256"))


def require_same_wallet(backup: BackupReceipt, identity: Identity, history: HashChain) -> None:
    """Return if a backup is one of this very wallet, which has gone on from it.

    Raises:
        LocalProtocolError: it is of another wallet, or from after it went another way (code ``ANOTHER_WALLET``).
        StoreCorruptError: the end of the history is damaged (code ``HISTORY_BROKEN``).
    """
    is_same = identity.wallet == backup.wallet if identity.has_secret else None
    # One of the two has to say so, and neither may say no.
    if {is_same, history.passes(backup.end)} not in ({True}, {True, None}):
        raise _another_wallet()


def wanted(damages: Iterable[Damage], history: HashChain, identity: Identity) -> set[Place]:
    """Return the records that are damaged or gone and that a backup can put back."""
    places = {(HISTORY, id) for id in history.replacements(lambda _: None)[1]}
    if not identity.has_secret:
        places |= {(OF_THE_WALLET, id) for id in SECRETS}
    for damage in damages:
        id = damage.card.key if damage.kind == KEYS and damage.card is not None else damage.id
        if damage.kind in _NEVER_CHANGED and id is not None:
            places.add((damage.kind, id))
    return places


def changes(found: Mapping[Place, bytes], history: HashChain) -> list[Put]:
    """Return the changes that put back what was found.

    Raises:
        StoreCorruptError: a credential of the backup is none.
    """
    entries, _ = history.replacements(lambda id: found.get((HISTORY, id)))
    others = [
        cards.put_again(Record(id, body)) if kind == cards.COLLECTION else Put(kind, id, body)
        for (kind, id), body in found.items()
        if kind in _NEVER_CHANGED
    ]
    return [*entries, *others]


def secret_in(found: Mapping[Place, bytes], backup: BackupReceipt, store: RecordStore, keys: KeyStore) -> bytes | None:
    """Return the secret of a wallet from a backup; None where the backup does not have it.

    Raises:
        LocalProtocolError: it is not that of the wallet whose keys these are (code ``ANOTHER_WALLET``).
    """
    secret = next((found[OF_THE_WALLET, id] for id in SECRETS if (OF_THE_WALLET, id) in found), None)
    if secret is None:
        return None
    is_named = next((key_id(secret, key) == id for id, key in _holder_keys(store, keys)), True)
    if wallet_of(secret) != backup.wallet or not is_named:
        raise _another_wallet()
    return secret


def _holder_keys(store: RecordStore, keys: KeyStore) -> Iterator[tuple[str, PublicKey]]:
    for record in cards.each(store.find(HOLDER_KEYS)):
        if isinstance(record, Record):
            try:
                yield record.id, keys.signer(record.body.partition(b"\0")[0].decode("utf-8")).public_key
            except VcError:
                continue  # this one cannot tell


def _another_wallet() -> LocalProtocolError:
    return LocalProtocolError(
        "the backup is of another wallet, or from after this one went another way", code="ANOTHER_WALLET"
    )
