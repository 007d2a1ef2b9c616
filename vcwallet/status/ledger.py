# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The seam to an issuer's ledger: what was issued under which place in which status list, and what became of it.

A ledger keeps no claims and nothing about holders (Token Status List, sections 12 and 13), but for a `Pseudonym` where
an issuer wants to find again what one person has.  `IssuanceLedger` is what an issuer needs of it, `StatusListLedger`
what a status signer and a status host need.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vcwallet.errors import LocalProtocolError
from vcwallet.status.status_list import MAX_LIST_BYTES
from vcwallet.status.token_status_list import is_list_uri

MAX_BATCH = 50
MAX_KEY_LENGTH = 200
MAX_NOTE_LENGTH = 500
DEFAULT_SIZE = 1 << 20
DEFAULT_BITS = 2
MIN_SECRET_BYTES = 32
_PSEUDONYM_BYTES = 32


class Status(IntEnum):
    """A status that an issuer sets (Token Status List, section 7.1)."""

    VALID = 0
    INVALID = 1
    """Revoked, for good."""
    SUSPENDED = 2
    """Not valid at present; may become valid again."""


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """What stands for one person in a ledger; whoever does not have the secret learns nothing of the person from it.

    Attributes:
        value: an HMAC-SHA256, 32 bytes.

    Raises:
        ValueError: it has another length, so that it is none.
    """

    value: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.value) != _PSEUDONYM_BYTES:
            raise ValueError(f"a pseudonym has {_PSEUDONYM_BYTES} bytes")

    @classmethod
    def of(cls, reference: str, *, secret: bytes) -> Pseudonym:
        """Return the pseudonym of a person.

        Args:
            reference: what the issuer knows the person by.
            secret: at least 32 random bytes that the issuer keeps for as long as it wants to find people again; a key
                of its own is made of it (HKDF-SHA256, RFC 5869).

        Raises:
            ValueError: the secret is shorter, or the reference is empty.
        """
        if len(secret) < MIN_SECRET_BYTES or not reference:
            raise ValueError(f"a pseudonym is made of a reference and a secret of at least {MIN_SECRET_BYTES} bytes")
        key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PSEUDONYM_KEY).derive(secret)
        return cls(hmac.digest(key, reference.encode("utf-8"), "sha256"))


_PSEUDONYM_KEY = b"vcwallet pseudonym of a ledger"


class AlreadyIssuedError(LocalProtocolError):
    """Credentials were issued under this idempotency key before; `issuances` are their entries, and none was added."""

    default_code = "ALREADY_ISSUED"

    def __init__(self, issuances: tuple[Issuance, ...]) -> None:
        super().__init__("a credential was issued under this idempotency key before")
        self.issuances: tuple[Issuance, ...] = issuances


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusListPlan:
    """What the status lists of a ledger are like; it cannot be changed once there are any.

    Attributes:
        uri: an https URL without a slash at its end.  The lists are below it (``/1``, ``/2`` and so on), and it is the
            address of the aggregation, which names them all (Token Status List, section 9).
        size: how many credentials a list has room for, a multiple of 8.  The more there are in one list, the less it
            says about each (section 12.1).
        bits: the bits of one status: 2, or 1 where nothing is ever suspended, or 4 or 8.

    Raises:
        ValueError: no such URL, number of bits or size, or more than 16 MiB.
    """

    uri: str
    size: int = DEFAULT_SIZE
    bits: int = DEFAULT_BITS

    def __post_init__(self) -> None:
        if not is_list_uri(self.uri) or "?" in self.uri or self.uri.endswith("/"):
            raise ValueError("status lists are below an https URL without query, fragment or slash at its end")
        if type(self.bits) is not int or self.bits not in (1, 2, 4, 8):
            raise ValueError("a status has 1, 2, 4 or 8 bits")
        if type(self.size) is not int or self.size < 8 or self.size % 8:
            raise ValueError("the size of a status list is a multiple of 8")
        if self.size * self.bits > MAX_LIST_BYTES * 8:
            raise ValueError("a status list of more than 16 MiB would not be read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Why a status is changed.

    Attributes:
        actor: the post that decided, such as ``"residents desk"``; not a person.
        reason: why, without names of people.
        at: when.

    Raises:
        ValueError: no actor or reason, one with unprintable characters, or of more than 500 characters.
    """

    actor: str
    reason: str
    at: datetime

    def __post_init__(self) -> None:
        _require_text("an actor", self.actor, MAX_NOTE_LENGTH)
        _require_text("a reason", self.reason, MAX_NOTE_LENGTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIssue:
    """What is to be issued now.

    Attributes:
        idempotency_key: the issuer's own name of this act, such as the number of an application: the same again makes
            no second credential.  It is kept as it is, so it says nothing about the person.
        copies: how many credentials of the same content, each for a key of its own.
        type_id: the credential type (``vct`` or docType).
        format: the format identifier.
        issued_at: when, to the second.
        expires: the end of technical validity.
        replaces: if there is one, what was issued under the key before, and is valid still, is revoked for this
            decision, in the same act.
        subject: stands for the person, so that all that they have is found by it; None where that is not wanted.  What
            replaces something keeps the subject of that.

    Raises:
        ValueError: no key, or one with unprintable characters or of more than 200; no copies, or more than 50.
    """

    idempotency_key: str
    copies: int = 1
    type_id: str
    format: str
    issued_at: datetime
    expires: datetime
    replaces: Decision | None = None
    subject: Pseudonym | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _require_text("an idempotency key", self.idempotency_key, MAX_KEY_LENGTH)
        if not 1 <= self.copies <= MAX_BATCH:
            raise ValueError(f"a batch has 1 to {MAX_BATCH} credentials")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuance:
    """The entry of one issued credential.

    Attributes:
        id: the entry's own random identifier.
        idempotency_key: under which it was issued.
        type_id: the credential type (``vct`` or docType).
        format: the format identifier.
        issued_at: when, to the second.
        expires: the end of technical validity.
        uri: the status list.
        index: the place in it, which no other credential has or will have.
        status: the status now.
        subject: stands for the person, if that was wanted.
    """

    id: str
    idempotency_key: str
    type_id: str
    format: str
    issued_at: datetime
    expires: datetime
    uri: str = field(repr=False)
    index: int = field(repr=False)
    status: Status
    subject: Pseudonym | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """One change of the status of one entry (`issuance`, its identifier); such lines are only ever added."""

    issuance: str
    old: Status
    new: Status
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusListState:
    """A status list at one moment.

    Attributes:
        uri: its address.
        size: how many places it has.
        bits: the bits of one status.
        version: rises with every change.
        issued_at: the ``iat`` of its last token; None if it was never published.
        values: the statuses that are not 0, by index.
    """

    uri: str
    size: int
    bits: int
    version: int
    issued_at: datetime | None
    values: Mapping[int, int] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedList:
    """A status list as it is published: signed as JWT and as CWT, with the same content and times.

    Attributes:
        uri: its address.
        jwt: the Status List Token in JWT form (Token Status List, section 5.1).
        cwt: the same in CWT form (section 5.2).
        issued_at: ``iat``; later than that of every earlier token of this list, but for those by a clock that ran
            ahead.
        expires: ``exp``.
        ttl: how long a verifier may keep it before it asks again.
    """

    uri: str
    jwt: str = field(repr=False)
    cwt: bytes = field(repr=False)
    issued_at: datetime
    expires: datetime
    ttl: timedelta


class IssuanceLedger(Protocol):
    """Remembers what was issued."""

    def issuing(self, new: NewIssue, /) -> AbstractContextManager[tuple[Issuance, ...]]:
        """Enter a new issue, and give its entries while the credentials are signed.

        At the end of the ``with`` block the entries are durable; if an error leaves it, or the process dies within,
        there are none.  So a credential is handed out only behind the block.  No two entries share a place in a list,
        and no two of one batch are neighbours.

        Raises:
            AlreadyIssuedError: there is an issue of this key already, and it is not to be replaced.
            LocalProtocolError: it is to be replaced, and there is none (code ``NOT_ISSUED``), or it is suspended or
                revoked (``NOT_VALID``).
            StoreError: the ledger could not write; nothing was entered.
        """
        ...

    def change_status(self, idempotency_key: str, status: Status, decision: Decision, /) -> tuple[Issuance, ...]:
        """Set the status of what was last issued under a key, and return its entries as they are then.

        An entry that has the status already stays as it is, without a line in the list of changes.

        Raises:
            LocalProtocolError: nothing was issued under this key (code ``NOT_ISSUED``), it is revoked for good
                (``STATUS_FINAL``), or its list has no room for a suspension (``SUSPENSION_NOT_OFFERED``).
            StoreError: the ledger could not write; nothing was changed.
        """
        ...

    def issued(self, idempotency_key: str, /) -> tuple[Issuance, ...]:
        """Return the entries of what was last issued under a key, one a copy; none if nothing was."""
        ...

    def issued_to(self, subjects: Collection[Pseudonym], /) -> tuple[Issuance, ...]:
        """Return the entries of what was last issued under each key to a person, the oldest first.

        Args:
            subjects: what stands for the person; several where the secret was changed.
        """
        ...

    def change_status_of(
        self, subjects: Collection[Pseudonym], status: Status, decision: Decision, /
    ) -> tuple[Issuance, ...]:
        """Set the status of all that `issued_to` returns, in one step, and return it as it is then.

        What is revoked stays so, and is no error.

        Raises:
            LocalProtocolError: nothing was ever issued to this person (code ``NOT_ISSUED``), or a list has no room for
                a suspension (``SUSPENSION_NOT_OFFERED``).
            StoreError: the ledger could not write; nothing was changed.
        """
        ...


class StatusListLedger(Protocol):
    """Knows what has to be published, and what was."""

    @property
    def aggregation_uri(self) -> str:
        """The address of the list of status lists."""
        ...

    def due(self, *, at: datetime, renew_until: datetime) -> Iterator[StatusListState]:
        """Yield the lists that have changed since they were published, or whose token ends before `renew_until`.

        So are those whose token is from so long after `at` that no verifier takes it.  A list is left alone when
        everything that was issued in it has expired at `at` and it gets no new entries.

        Raises:
            StoreError: a list could not be read, after those that could.
        """
        ...

    def keep(self, published: PublishedList, /, *, version: int, clock_ran_ahead: bool = False) -> bool:
        """Keep the tokens that were made of `version` of a list; return False if later ones are there already.

        Where `clock_ran_ahead`, ones that are later by more than a verifier bears with do not count.

        Raises:
            StoreError: the ledger could not write; what was published before stays.
        """
        ...

    def published(self, uri: str, /) -> PublishedList | None:
        """Return the last tokens of a list, or None if there are none."""
        ...

    def published_uris(self, *, at: datetime) -> tuple[str, ...]:
        """Return the addresses of the lists whose tokens have not ended."""
        ...


def _require_text(what: str, text: str, longest: int) -> None:
    # Printable: neither a database nor a log has trouble with it.
    if not text.strip() or not text.isprintable() or len(text) > longest:
        raise ValueError(f"{what} is a printable text of at most {longest} characters")
