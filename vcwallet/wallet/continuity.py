# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What makes a wallet the same one on its next device: how far its history reaches, and what a backup lacks.

>>> from datetime import UTC, datetime
>>> from vcwallet.wallet.continuity import BackupReceipt, missing_entries
>>> at = datetime(2026, 11, 28, tzinfo=UTC)
>>> first = BackupReceipt(wallet="w", number=3, made_at=at, entries=3, head="aa")
>>> second = BackupReceipt(wallet="w", number=9, made_at=at, entries=9, head="bb")
>>> missing_entries(second, [first])
0
>>> missing_entries(first, [second])
6
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from vcwallet.claims import JsonObject
from vcwallet.encoding import json
from vcwallet.errors import BackupOlderError, LocalProtocolError, MalformedError, StoreCorruptError
from vcwallet.history import ChainEnd, HashChain
from vcwallet.storage import RecordStore
from vcwallet.wallet import entries
from vcwallet.wallet.identity import HISTORY, next_device

_MEMBERS = {"wallet", "number", "made_at", "entries", "head"}
_LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReceipt:
    """How far a wallet had come when it was backed up.  It holds nothing secret; keep it apart from the backup.

    Attributes:
        wallet: which wallet, the same on all its devices; it means nothing to anybody else.
        number: which backup of the wallet: the number of its entry in the history.
        made_at: when.
        entries: how many entries the history had.
        head: the hash of the last.
        left_out: how many damaged records the backup does not have, by their collection.
    """

    wallet: str
    number: int
    made_at: datetime
    entries: int
    head: str
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        counts: object = self.left_out  # as a document has it
        if not isinstance(counts, dict) or any(type(each) is not int for each in counts.values()):
            raise MalformedError("a receipt counts what was left out")
        if type(self.wallet) is not str or type(self.number) is not int or self.number < 0:
            raise MalformedError("a receipt names a wallet and a backup of it")
        ChainEnd(count=self.entries, hash=self.head)

    @property
    def end(self) -> ChainEnd:
        """Where the history ended."""
        return ChainEnd(count=self.entries, hash=self.head)

    def to_object(self) -> JsonObject:
        """Return it as a JSON object."""
        return {
            "wallet": self.wallet,
            "number": self.number,
            "made_at": self.made_at.astimezone(UTC).isoformat(timespec="seconds"),
            "entries": self.entries,
            "head": self.head,
            **({_LEFT_OUT: dict(self.left_out)} if self.left_out else {}),
        }

    @classmethod
    def from_object(cls, members: JsonObject) -> BackupReceipt:
        """Return what `to_object` made.

        Raises:
            MalformedError: this is no receipt.
        """
        if members.keys() - {_LEFT_OUT} != _MEMBERS:
            raise MalformedError("not the members of a receipt")
        rest: dict[str, Any] = dict(members)
        try:
            made_at = datetime.fromisoformat(rest.pop("made_at"))
            return cls(made_at=made_at.astimezone(UTC), **rest)
        except (TypeError, ValueError, OverflowError):
            raise MalformedError("a receipt says when it was made") from None

    def to_json(self) -> bytes:
        """Return it as JSON."""
        return json.dumps(self.to_object())

    @classmethod
    def from_json(cls, text: bytes) -> BackupReceipt:
        """Return what `to_json` wrote.

        Raises:
            MalformedError: this is no receipt.
        """
        return cls.from_object(json.loads_object(text))


def missing_entries(backup: BackupReceipt, known: Iterable[BackupReceipt]) -> int:
    """Return how many entries of the history a backup is known to lack, at least.

    Raises:
        LocalProtocolError: what is known is about another wallet (code ``ANOTHER_WALLET``).
    """
    missing = 0
    for each in known:
        if each.wallet != backup.wallet:
            raise LocalProtocolError("the backup is of another wallet", code="ANOTHER_WALLET")
        # As long and not the same: two devices of the wallet went different ways.
        went_on = each.entries == backup.entries and each.head != backup.head
        missing = max(missing, each.entries - backup.entries + went_on)
    return missing


def require_latest(backup: BackupReceipt, known: Iterable[BackupReceipt], *, accept_older: bool) -> int:
    """Return how many entries a backup is known to lack, at least.

    Raises:
        BackupOlderError: it lacks some, and the caller does not accept that.
        LocalProtocolError: what is known is about another wallet (code ``ANOTHER_WALLET``).
    """
    missing = missing_entries(backup, known)
    if missing and not accept_older:
        raise BackupOlderError(
            f"the wallet is known to have gone on; the backup lacks {missing} entries of its history or more",
            missing_entries=missing,
        )
    return missing


def require_same_history(
    store: RecordStore, backup: BackupReceipt, known: Iterable[BackupReceipt], *, accept_older: bool
) -> bool:
    """Return whether the history of a restored store goes through all that is known of it.

    Raises:
        BackupOlderError: it went another way before the backup was made, and the caller does not accept that.
        StoreCorruptError: a record of the history is damaged.
    """
    history = HashChain(store, HISTORY)
    passed = [(each.end, history.at(each.entries)) for each in known if each.entries <= backup.entries]
    # An entry that was damaged, and so left out of the backup, tells nothing.
    is_same = all(found in (None, end) for end, found in passed)
    if not is_same and not accept_older:
        raise BackupOlderError(
            "the wallet is known to have gone another way than this backup of it; entries of its history are missing",
            missing_entries=1,
        )
    return is_same


def begin_next_device(store: RecordStore, backup: BackupReceipt, *, missing: int, at: datetime) -> None:
    """Write into a restored store that it was restored, and what is known to be missing.

    Raises:
        StoreCorruptError: the history does not end where the backup says (code ``HISTORY_BROKEN``), or the backup does
            not know who the wallet is (``WALLET_SECRET_LOST``, ``WALLET_DEVICE_LOST``).
    """
    history = HashChain(store, HISTORY)
    if history.end() != backup.end:
        raise StoreCorruptError("the history does not end where the backup says", code="HISTORY_BROKEN")
    restored = entries.restoration(
        backup=backup.number, made_at=backup.made_at, missing=missing, left_out=backup.left_out, at=at
    )
    history.append(restored, next_device(store))
