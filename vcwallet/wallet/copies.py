# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Batches: copies of one credential, each with a key and a signature of its own (OpenID4VCI 1.0, section 3.3).

Verifiers who compare what they were shown cannot tell from them that it was the same person.  That only helps as long
as no copy is shown to two of them.  Who was shown a copy is durable before the copy leaves, and of two presentations at
the same time only one gets it.

    >>> from vcwallet.wallet.copies import CopyUse
    >>> CopyUse("per_verifier")
    <CopyUse.PER_VERIFIER: 'per_verifier'>
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from vcwallet.claims import ClaimPath, JsonObject, JsonValue
from vcwallet.encoding import json
from vcwallet.errors import StoreCorruptError, VcError
from vcwallet.formats.base import HeldCredential
from vcwallet.storage import Put, RecordStore
from vcwallet.wallet.cards import Card, batch_tag, cards_of, readable

COLLECTION: Final = "copy_use"


class CopyUse(StrEnum):
    """How the copies of a batch are spent.

    With none of them a copy that another verifier has seen is shown without saying so, but with `ROTATING`, where that
    is meant.
    """

    ONCE = "once"
    """A copy is shown once, so that not even the same verifier knows that somebody has come back."""
    PER_VERIFIER = "per_verifier"
    """A verifier is shown the same copy each time, and no other verifier is."""
    ROTATING = "rotating"
    """Any copy that was not shown yet; once all were, they are shown again, at random."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who gets to see a copy.

    Attributes:
        party: who asks, and so whom the key is shown to.
        verifier: in whose name, where an intermediary asks; they may compare what they have.
    """

    party: str
    verifier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """The copy that is shown to somebody.

    Attributes:
        card: the copy.
        is_reused: whether somebody else may have seen it, since no unused one is left.
        is_new: whether it is used for the first time.
    """

    card: Card
    is_reused: bool = False
    is_new: bool = False

    def use(self, audience: Audience, *, at: datetime) -> tuple[Put, ...]:
        """Return the change that says who was shown the copy; it fails where somebody else was meanwhile."""
        if not self.is_new:
            return ()
        body: JsonObject = {"party": audience.party, "verifier": audience.verifier, "at": int(at.timestamp())}
        return (Put(COLLECTION, self.card.id, json.dumps(body), new=True),)


class Copies:
    """The batches of one wallet."""

    def __init__(self, store: RecordStore, *, use: CopyUse, device: Callable[[], int]) -> None:
        """Use a store.

        Args:
            store: keeps the cards, and who was shown them.
            use: how copies are spent.
            device: which device of the wallet this is.
        """
        self._store = store
        self._use = use
        self._device = device

    def choose(self, card: Card, audience: Audience, *, at: datetime) -> Copy | None:
        """Return the copy of a card to show to somebody, the card itself if it will do; None if all have expired.

        A card that is no copy is its only one.
        """
        copies = self._copies(card, at)
        if card.batch is None or not copies:
            return next((Copy(card=one) for one in copies), None)
        uses = self._uses(copies)
        unused = self._unused(copies, uses)
        own = [one for one in copies if uses.get(one.id) == audience]
        if self._use is CopyUse.PER_VERIFIER and own:
            return Copy(card=_preferred(own, card))
        if unused:
            return Copy(card=_preferred(unused, card), is_new=True)
        if self._use is CopyUse.ROTATING:
            return Copy(card=secrets.choice(copies))
        # The same one each time, so that a verifier does not come to see all of them.
        return Copy(card=min(copies, key=lambda one: _rank(one, audience)), is_reused=True)

    def left(self, card: Card, *, at: datetime) -> int:
        """Return how many copies of a card nobody has seen."""
        copies = self._copies(card, at)
        return len(self._unused(copies, self._uses(copies)))

    # --- steps -------------------------------------------------------------------------------------------------------

    def _copies(self, card: Card, at: datetime) -> list[Card]:
        found = [card] if card.batch is None else readable(cards_of(self._store, batch_tag(card.batch)))
        return [one for one in found if one.expires is None or at < one.expires]

    def _uses(self, copies: Iterable[Card]) -> Mapping[str, Audience | None]:
        """Return who has seen which of the copies; None where that is damaged."""
        ids = [one.id for one in copies if one.batch is not None]
        try:
            return {id: _audience(body) for id, body in self._store.get_many(COLLECTION, ids).items()}
        except StoreCorruptError:
            return {id: found for id in ids if (found := self._use_of(id)) is not _UNUSED}

    def _use_of(self, id: str) -> Audience | None:
        try:
            body = self._store.get(COLLECTION, id)
        except StoreCorruptError:
            return None
        return _UNUSED if body is None else _audience(body)

    def _unused(self, copies: Iterable[Card], uses: Mapping[str, Audience | None]) -> list[Card]:
        """Return those that nobody has seen for sure: not those of a device that may have gone on after its backup."""
        try:
            device = self._device()
        except StoreCorruptError:
            return []
        return [one for one in copies if one.id not in uses and one.device == device]


_UNUSED: Final = Audience(party="", verifier="")


def _audience(body: bytes) -> Audience | None:
    try:
        members = json.loads_object(body)
        return Audience(party=members["party"], verifier=members["verifier"])
    except (VcError, KeyError):
        return None


def _preferred(copies: Sequence[Card], card: Card) -> Card:
    return next((one for one in copies if one.id == card.id), copies[0])


def _rank(card: Card, audience: Audience) -> bytes:
    text = f"{audience.party}\0{audience.verifier}\0{card.id}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


# --- making batches --------------------------------------------------------------------------------------------------


def new_batch(helds: Sequence[HeldCredential]) -> str | None:
    """Return the name of a new batch of credentials; None where they are not copies that can stand for each other.

    Copies say the same about the same person, and differ in their keys and in what is about the credential itself.
    """
    if len(helds) < 2 or any(held.holder_key is None for held in helds):
        return None
    first, *others = (_content(held) for held in helds)
    return secrets.token_urlsafe(18) if all(other == first for other in others) else None


def _content(held: HeldCredential) -> tuple[str, tuple[str, ...], dict[ClaimPath, JsonValue]]:
    leaves = {path: value for path, value in _leaves(held.claims, ()) if not held.is_envelope(path)}
    return held.format, held.type_ids, leaves


def _leaves(node: JsonValue, path: ClaimPath) -> Iterator[tuple[ClaimPath, JsonValue]]:
    parts: Iterable[tuple[str | int, JsonValue]] = ()
    if isinstance(node, Mapping):
        parts = node.items()
    elif isinstance(node, Sequence) and not isinstance(node, str):
        parts = enumerate(node)
    empty = True
    for name, part in parts:
        empty = False
        yield from _leaves(part, (*path, name))
    if empty:
        yield path, node
