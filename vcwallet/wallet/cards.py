# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A credential in the wallet: what is stored of it, and how it is found again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

from vcwallet.encoding import base64url, json
from vcwallet.errors import StoreCorruptError, VcError
from vcwallet.formats.base import Credential
from vcwallet.storage import Put, Record, RecordStore

COLLECTION = "credential"
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A credential that was checked when it was received.

    Attributes:
        id: names it in this wallet.
        credential: its bytes, as the issuer sent them.
        type_ids: its type, and those that it extends or says to be as well.
        issuer: the issuer's identifier.
        issuer_name: the issuer's registered name, by language.
        key: the handle of the holder's key; None for a bearer credential.
        received_at: when it was received.
        expires: the end of its technical validity, if there is one.
        authorities: the trusted authorities by which its issuer was known when it was received, as (type, value).
        device: which device of this wallet its key was made on: 0 for the first, one more with each restored backup.
        batch: names the copies of one credential that were received together and can stand for each other; None for a
            credential without copies.
    """

    id: str
    credential: Credential = field(repr=False)
    type_ids: tuple[str, ...]
    issuer: str
    issuer_name: dict[str, str]
    key: str | None = field(repr=False)
    received_at: datetime
    expires: datetime | None
    authorities: frozenset[tuple[str, str]] = frozenset()
    device: int = 0
    batch: str | None = None

    def put(self) -> Put:
        """Return the change that stores it, to be found by each of its types."""
        body = {
            "format": self.credential.format,
            "raw": self.credential.raw,
            "type_ids": list(self.type_ids),
            "issuer": self.issuer,
            "issuer_name": self.issuer_name,
            "key": self.key,
            "received_at": int(self.received_at.timestamp()),
            "expires": int(self.expires.timestamp()) if self.expires else None,
            "authorities": sorted(map(list, self.authorities)),
            "device": self.device,
            **({} if self.batch is None else {"batch": self.batch}),
        }
        batch = () if self.batch is None else (batch_tag(self.batch),)
        return Put(COLLECTION, self.id, json.dumps(body), tags=(*self.type_ids, *batch), new=True)


def card_id(credential: Credential) -> str:
    """Return the identifier of a credential, the same each time that it is received."""
    # Whatever text it is: that it is none of ours is for its format to say.
    raw = credential.raw.encode("utf-8", "surrogatepass")
    return base64url.encode(hashlib.sha256(raw).digest()[:18])


def batch_tag(batch: str) -> str:
    """Return what the copies of a batch are found by, in the place of a type."""
    return f"batch:{batch}"


def find_card(store: RecordStore, identifier: str) -> Card | None:
    """Return a card of the store, or None where there is none.

    Raises:
        StoreCorruptError: the record is damaged.
    """
    body = store.get(COLLECTION, identifier)
    return None if body is None else _card(Record(identifier, body))


def put_again(record: Record) -> Put:
    """Return the change that puts a card back which was stored before, to be found by each of its types.

    Raises:
        StoreCorruptError: the record is that of no card, or of another one.
    """
    card = _card(record)
    if card_id(card.credential) != record.id:
        raise StoreCorruptError(f"the credential record {record.id} is that of another credential")
    return replace(card.put(), body=record.body, new=False)


def cards_of(store: RecordStore, type_id: str | None = None) -> Iterator[Card]:
    """Yield the cards of a type (all for None), last received first.

    Raises:
        StoreCorruptError: a record is damaged.
    """
    return map(_card, store.find(COLLECTION, type_id))


def readable(cards: Iterator[Card]) -> Iterator[Card]:
    """Yield the cards that are not damaged."""
    return (found for found in each(cards) if isinstance(found, Card))


def each(found: Iterator[_Found]) -> Iterator[_Found | StoreCorruptError]:
    """Yield what is found, and in the place of what is damaged what is wrong with it."""
    while True:
        try:
            yield next(found)
        except StopIteration:
            return
        except StoreCorruptError as error:
            yield error


def _card(record: Record) -> Card:
    try:
        body = json.loads_object(record.body)
        return Card(
            id=record.id,
            credential=Credential(format=body["format"], raw=body["raw"]),
            type_ids=tuple(body["type_ids"]),
            issuer=body["issuer"],
            issuer_name=body["issuer_name"],
            key=body["key"],
            received_at=datetime.fromtimestamp(body["received_at"], UTC),
            expires=datetime.fromtimestamp(body["expires"], UTC) if body["expires"] is not None else None,
            authorities=frozenset(
                (kind, name) for kind, name in body.get("authorities", ())
            ),  # since there are several
            device=body.get("device", 0),  # written since wallets can be restored
            batch=body.get("batch"),
        )
    except (VcError, KeyError, TypeError, ValueError):
        raise StoreCorruptError(f"the credential record {record.id} is damaged") from None
