# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The status lists that a role holds: kept as they were signed, never replaced by older ones, and verified when used.

A list that was read before is not read again, but its signer is looked up in the trust policy each time, so that one
who was stopped is stopped at once.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple, TypeAlias

from vcwallet.encoding import base64url, cbor
from vcwallet.encoding.cbor import Limits
from vcwallet.errors import NotAuthorisedError, StatusError, StoreCorruptError, StoreError, UntrustedError, VcError
from vcwallet.jose.jwt import SKEW
from vcwallet.keys.policy import TrustPolicy
from vcwallet.status import bitstring_status_list, token_status_list
from vcwallet.status.bitstring_status_list import ANY_NAMES, BitstringForm, SignedBitstringList
from vcwallet.status.outcome import Origin
from vcwallet.status.token_status_list import MAX_TOKEN_BYTES, MediaType, SignedStatusList
from vcwallet.storage import Delete, Put, Record, RecordStore

MAX_LISTS: Final = 4096
"""How many lists are kept; then those give way of the signer that has most of them, which were fetched first."""
MAX_OPEN_BYTES: Final = 64 * 1024 * 1024
"""How many bytes of unpacked lists stay in memory."""

ListForm: TypeAlias = MediaType | BitstringForm
"""The form of a list of either mechanism."""
SignedList: TypeAlias = SignedStatusList | SignedBitstringList
"""A list that was read, of one mechanism or the other; its form says which."""

COLLECTION: Final = "status_list"
_OTHER_FORM: Final[Mapping[ListForm, MediaType]] = {MediaType.JWT: MediaType.CWT, MediaType.CWT: MediaType.JWT}
_LIMITS: Final = Limits(max_bytes=MAX_TOKEN_BYTES + 8192)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKey:
    """Which list, and in which form: a publisher may offer several at one address."""

    uri: str
    media_type: ListForm


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredList:
    """A list as it is kept; it was verified when it came, and is again when it is used.

    Attributes:
        key: which list it is.
        token: its bytes, as its publisher sent them.
        party: the identifier of the party that signed it.
        acts_for: for which other parties that one signed lists when this copy came.
        issued_at: when it was signed.
        ends: when it says nothing any more.
        fetched_at: when it was fetched.
        origin: where it came from.
    """

    key: ListKey
    token: bytes = field(repr=False)
    party: str
    acts_for: frozenset[str]
    issued_at: datetime
    ends: datetime
    fetched_at: datetime
    origin: Origin

    @property
    def speaks_for(self) -> frozenset[str]:
        """The issuers for whose credentials it spoke when it came."""
        return self.acts_for | {self.party}

    @property
    def counted_from(self) -> datetime:
        """The time that its age is counted from: what a bundle says of its own age is nobody's word."""
        return self.issued_at if self.origin is Origin.BUNDLE else self.fetched_at


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenList:
    """A list that was read, beside what is known of the copy."""

    stored: StoredList
    signed: SignedList

    @property
    def fresh_until(self) -> datetime:
        """Until when this copy is good without looking for a newer one."""
        return self.signed.token.fresh_until(self.stored.counted_from)


class _Known(NamedTuple):
    """What is remembered of a record, so that the tokens need not be read to make room."""

    tag: str
    party: str
    fetched_at: datetime


class HeldLists:
    """Status lists in a store.  Safe to share between threads."""

    def __init__(self, store: RecordStore, *, trust: TrustPolicy, secret: bytes = b"") -> None:
        """Use a store.

        Args:
            store: keeps the lists.
            trust: says who signs status lists.
            secret: makes the names of the records; without it, whoever sees the store can tell which lists it holds.
        """
        self._store = store
        self._trust = trust
        self._secret = secret
        self._open: OrderedDict[bytes, SignedList] = OrderedDict()
        self._known: dict[str, _Known] | None = None
        self._lock = threading.Lock()

    def find(self, key: ListKey, *, issuer: str, at: datetime) -> OpenList | None:
        """Return the newest copy of a list whose signer may speak for an issuer; None where none is held.

        Where the newest has ended or is not to be relied on for another reason, that is the answer: an older copy, of
        the same signer or another, does not speak after it.  Nor does it where the other form of the list is held and
        more than a minute newer: then that one is returned.

        Raises:
            UntrustedError, NotAuthorisedError: no copy is by a signer that may speak for this issuer.
            ValidityError: the copy is past its end.
            VcError: it is not to be relied on any more.
            StoreCorruptError: a copy is damaged.
        """
        problems: list[VcError] = []
        found = self._newest(self._copies(key), issuer, at, problems)
        if found is None:
            if problems:
                raise problems[0]
            return None
        if key.media_type in _OTHER_FORM:
            # Both say the same, so whoever holds back the newer ones of one form is found out by the other.
            copies = self._copies(ListKey(uri=key.uri, media_type=_OTHER_FORM[key.media_type]))
            later = [one for one in copies if one.issued_at > found[0].issued_at + SKEW]
            found = self._newest(later, issuer, at, problems) or found
        stored, signed = found
        if isinstance(signed, VcError):
            raise signed
        return OpenList(stored=stored, signed=signed)

    def keep(self, key: ListKey, token: bytes, *, fetched_at: datetime, origin: Origin, at: datetime) -> OpenList:
        """Verify a copy and keep it in the place of an earlier one.

        Args:
            key: which list it is to be.
            token: its bytes.
            fetched_at: when it was fetched.
            origin: where it came from.
            at: the time.

        Raises:
            StatusError: a later list of the same signer, or of another who speaks for the same issuers, was seen
                before (``STATUS_ROLLBACK``).
            VcError: as `UnverifiedStatusList.verify`.
            StoreError: the store could not write.
        """
        signed = _verified(token, key, trust=self._trust, at=at)
        stored = StoredList(
            key=key,
            token=token,
            party=signed.signer.party,
            acts_for=signed.signer.acts_for,
            issued_at=signed.token.issued_at,
            ends=signed.token.ends,
            fetched_at=fetched_at,
            origin=origin,
        )
        copies = self._copies(key)
        for one in copies:
            if one.issued_at > stored.issued_at and self._is_succeeded_by(stored, one, at):
                raise StatusError("a status list older than one already seen", code="STATUS_ROLLBACK")
        before = [one for one in copies if one.party == stored.party]
        latest = max(before, key=_order, default=stored)
        self._remember(_digest(stored), signed)
        if origin is Origin.BUNDLE and latest.issued_at == stored.issued_at and latest is not stored:
            return OpenList(stored=latest, signed=self._opened(latest, at))
        # A record for each time of issue: whoever loses a race leaves an older one behind, which nobody will use.
        outdated = [self._id(one) for one in before if one.issued_at < stored.issued_at]
        with self._lock:
            gone = self._making_room(stored, outdated)
        try:
            self._store.commit(*(Delete(COLLECTION, id) for id in gone), self._put(stored))
        except StoreError:
            self._known = None  # nothing of it was written
            raise
        return OpenList(stored=stored, signed=signed)

    def still_held(self, keys: Iterable[ListKey]) -> frozenset[ListKey]:
        """Return those of some lists, all of which were kept, that have not given way to others since."""
        with self._lock:
            tags = {one.tag for one in (self._known or {}).values()}
        return frozenset(key for key in keys if self._tag(key) in tags)

    def all(self) -> tuple[StoredList, ...]:
        """Return the copies that are held, of each list the latest by each signer.

        Raises:
            StoreCorruptError: a record is damaged.
        """
        return _latest(map(_read, self._store.find(COLLECTION)))

    def _newest(
        self, copies: Iterable[StoredList], issuer: str, at: datetime, problems: list[VcError]
    ) -> tuple[StoredList, SignedList | VcError] | None:
        """Return the newest copy whose signer may speak for an issuer, with what it says or why it says nothing.

        Why others may not speak is added to the problems.
        """
        for stored in sorted(_latest(copies), key=_order, reverse=True):
            try:
                signed = self._opened(stored, at)
                signed.statuses_for(issuer, trust=self._trust, at=at)
            except VcError as error:
                # One that had ended before its signer was looked up: then it is known for whom it spoke.
                is_its_signer = not isinstance(error, UntrustedError | NotAuthorisedError)
                if is_its_signer and issuer in stored.speaks_for:
                    return stored, error
                problems.append(error)
            else:
                return stored, signed
        return None

    def _is_succeeded_by(self, older: StoredList, newer: StoredList, at: datetime) -> bool:
        """Tell whether the signer of a newer list may say what that of an older one says.

        One who signs under another's address, and may not speak for the other's issuers, makes no list look old.
        """
        if newer.party == older.party:
            return True
        try:
            signer = self._opened(newer, at).signer_now(trust=self._trust, at=at)
        except (UntrustedError, NotAuthorisedError):
            return False
        except VcError:  # it has ended
            return not newer.speaks_for.isdisjoint(older.speaks_for)
        return not older.speaks_for.isdisjoint({signer.party, *signer.acts_for})

    def _opened(self, stored: StoredList, at: datetime) -> SignedList:
        """Return what a copy says; one that was read before may have ended since."""
        digest = _digest(stored)
        with self._lock:
            known = self._open.get(digest)
            if known is not None:
                self._open.move_to_end(digest)
        if known is None:
            known = _verified(stored.token, stored.key, trust=self._trust, at=at)
            self._remember(digest, known)
        return known

    def _remember(self, digest: bytes, signed: SignedList) -> None:
        with self._lock:
            self._open[digest] = signed
            while sum(len(one.token.statuses.data) for one in self._open.values()) > MAX_OPEN_BYTES:
                self._open.popitem(last=False)

    def _copies(self, key: ListKey) -> list[StoredList]:
        return [_read(record) for record in self._store.find(COLLECTION, self._tag(key))]

    def _making_room(self, stored: StoredList, outdated: Iterable[str]) -> list[str]:
        """Return the records that have to go when a list is written, and note what there is then."""
        gone = list(outdated)
        known = self._known
        if known is None:
            known = self._known = {}
            for record in _undamaged(self._store.find(COLLECTION)):
                try:
                    known[record.id] = self._known_of(_read(record))
                except StoreCorruptError:  # it can be fetched again, and shall not stand in the way of others
                    gone.append(record.id)
        for id in (*gone, self._id(stored)):
            known.pop(id, None)
        while len(known) >= MAX_LISTS:
            # Whoever signs many lists pushes out lists of its own.
            [(party, _)] = Counter(one.party for one in known.values()).most_common(1)
            first = min((id for id in known if known[id].party == party), key=lambda id: known[id].fetched_at)
            del known[first]
            gone.append(first)
        known[self._id(stored)] = self._known_of(stored)
        return gone

    def _known_of(self, stored: StoredList) -> _Known:
        return _Known(tag=self._tag(stored.key), party=stored.party, fetched_at=stored.fetched_at)

    def _put(self, stored: StoredList) -> Put:
        body: dict[str, cbor.CborValue] = {
            "uri": stored.key.uri,
            "media_type": stored.key.media_type.value,
            "token": stored.token,
            "party": stored.party,
            "acts_for": sorted(stored.acts_for),
            "issued_at": int(stored.issued_at.timestamp()),
            "ends": int(stored.ends.timestamp()),
            "fetched_at": int(stored.fetched_at.timestamp()),
            "origin": stored.origin.value,
        }
        return Put(COLLECTION, self._id(stored), cbor.dumps(body), tags=(self._tag(stored.key),))

    def _id(self, stored: StoredList) -> str:
        return self._name(f"{self._tag(stored.key)} {int(stored.issued_at.timestamp())} {stored.party}")

    def _tag(self, key: ListKey) -> str:
        return self._name(f"{key.media_type.value} {key.uri}")

    def _name(self, text: str) -> str:
        return base64url.encode(hmac.digest(self._secret, text.encode("utf-8"), "sha256")[:18])


def _verified(token: bytes, key: ListKey, *, trust: TrustPolicy, at: datetime) -> SignedList:
    if isinstance(key.media_type, BitstringForm):
        return bitstring_status_list.parse(token).verify(url=key.uri, trust=trust, at=at, names=ANY_NAMES)
    return token_status_list.parse(token, key.media_type).verify(uri=key.uri, trust=trust, at=at)


def list_form(text: str) -> ListForm:
    """Return the form of a list by its media type.

    Raises:
        ValueError: there is no such form.
    """
    return BitstringForm.VC_JWT if text == BitstringForm.VC_JWT else MediaType(text)


def _digest(stored: StoredList) -> bytes:
    key = f"{stored.key.media_type.value} {stored.key.uri} ".encode("ascii")
    return hashlib.sha256(key + stored.token).digest()


def _latest(copies: Iterable[StoredList]) -> tuple[StoredList, ...]:
    """Return the latest of each list by each signer."""
    found: dict[tuple[ListKey, str], StoredList] = {}
    for one in copies:
        known = found.get((one.key, one.party))
        if known is None or _order(known) < _order(one):
            found[one.key, one.party] = one
    return tuple(found.values())


def _order(stored: StoredList) -> tuple[datetime, datetime]:
    return stored.issued_at, stored.counted_from


def _undamaged(records: Iterator[Record]) -> Iterator[Record]:
    """Yield the records that the store can read; its iterator goes on behind one that it cannot."""
    while True:
        try:
            record = next(records, None)
        except StoreCorruptError:
            continue
        if record is None:
            return
        yield record


def _read(record: Record) -> StoredList:
    try:
        body = cbor.loads(record.body, limits=_LIMITS)
        uri, token, party, acts_for = body["uri"], body["token"], body["party"], body["acts_for"]
        if not isinstance(uri, str) or not isinstance(token, bytes) or not isinstance(acts_for, list):
            raise TypeError("a member of another type")
        if not all(isinstance(one, str) for one in (party, *acts_for)):
            raise TypeError("a party of another type")
        return StoredList(
            key=ListKey(uri=uri, media_type=list_form(body["media_type"])),
            token=token,
            party=party,
            acts_for=frozenset(acts_for),
            issued_at=datetime.fromtimestamp(body["issued_at"], UTC),
            ends=datetime.fromtimestamp(body["ends"], UTC),
            fetched_at=datetime.fromtimestamp(body["fetched_at"], UTC),
            origin=Origin(body["origin"]),
        )
    except (VcError, KeyError, TypeError, ValueError, OverflowError, OSError):
        raise StoreCorruptError("a status list in the store is damaged") from None
