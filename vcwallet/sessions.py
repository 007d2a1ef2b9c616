# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The seam to the sessions of a service: short-lived records that change in one step, or not at all.

A change of several sessions is one value.  It names the version of each that it was made for: who comes second finds
another version, and nothing of the change is applied.  So a code is spent once, however many ask at once
(OpenID4VCI 1.0, section 13.7; RFC 9700, section 2.1.1).

    >>> from datetime import UTC, datetime, timedelta
    >>> from vcwallet.sessions import Add, MemorySessions, Session, Swap
    >>> now = datetime(2026, 11, 28, tzinfo=UTC)
    >>> sessions = MemorySessions()
    >>> code = Session(kind="code", id="c-1", body=b"fresh", expires=now + timedelta(minutes=5))
    >>> sessions.commit(Add(code))
    >>> sessions.commit(Swap(code, body=b"spent"))
    >>> sessions.commit(Swap(code, body=b"spent again"))
    Traceback (most recent call last):
    vcwallet.sessions.SessionChangedError: a session has changed meanwhile [SESSION_CHANGED]
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, TypeAlias

from vcwallet.errors import StoreError

MAX_BODY_BYTES = 1 << 20
MAX_NAME_LENGTH = 100


class SessionChangedError(StoreError):
    """Somebody else came first: a session is there that was to be new, is gone, or has another version."""

    default_code = "SESSION_CHANGED"

    def __init__(self) -> None:
        super().__init__("a session has changed meanwhile")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session, as it was when it was read.

    Attributes:
        kind: what it is for, a short constant of the caller.
        id: its identifier within the kind; not a secret, since it stands in the database as it is.
        body: its bytes, at most 1 MiB; a caller seals what is secret or about people.
        expires: when it ends; it is not found from then on.
        version: rises by one with each change.

    Raises:
        ValueError: no kind or identifier, one of more than 100 characters, or unprintable; a longer body; a time
            without zone.
    """

    kind: str
    id: str
    body: bytes = field(default=b"", repr=False)
    expires: datetime
    version: int = 1

    def __post_init__(self) -> None:
        for name in (self.kind, self.id):
            if not 0 < len(name) <= MAX_NAME_LENGTH or not (name.isascii() and name.isprintable()):
                raise ValueError(f"kinds and identifiers are printable ASCII of at most {MAX_NAME_LENGTH} characters")
        if len(self.body) > MAX_BODY_BYTES:
            raise ValueError(f"the body of a session has at most {MAX_BODY_BYTES} bytes")
        if self.expires.tzinfo is None:
            raise ValueError("a session ends at a time with a zone")

    @property
    def place(self) -> tuple[str, str]:
        """Kind and identifier."""
        return self.kind, self.id


@dataclass(frozen=True, slots=True)
class Add:
    """Begin a session; refused where there is one of the same kind and identifier, even one that has ended."""

    session: Session


@dataclass(frozen=True, slots=True)
class Swap:
    """Replace what a session holds; refused where it has changed since it was read.

    Attributes:
        session: as it was read.
        body: what it holds from now on.
        expires: when it ends from now on; None as before.
    """

    session: Session
    body: bytes = field(repr=False)
    expires: datetime | None = None

    @property
    def result(self) -> Session:
        """What the session is afterwards."""
        session = self.session
        return replace(session, body=self.body, expires=self.expires or session.expires, version=session.version + 1)


@dataclass(frozen=True, slots=True)
class Remove:
    """End a session; refused where it has changed since it was read."""

    session: Session


Change: TypeAlias = Add | Swap | Remove


class SessionStore(Protocol):
    """Keeps sessions."""

    def commit(self, *changes: Change) -> None:
        """Apply all changes or none, and return when they are durable.

        Raises:
            SessionChangedError: a session was not as a change expects it; nothing was applied.
            StoreError: the store could not write; nothing was applied.
            ValueError: two changes are about one session.
        """
        ...

    def get(self, kind: str, id: str, /, *, at: datetime) -> Session | None:
        """Return a session that has not ended at `at`, or None.

        Raises:
            StoreCorruptError: it is damaged.
        """
        ...

    def count(self, kind: str, /, *, at: datetime) -> int:
        """Return how many sessions of a kind have not ended at `at`."""
        ...

    def purge(self, *, at: datetime) -> int:
        """Forget the sessions that have ended at `at`, and return how many there were."""
        ...


class MemorySessions:
    """A `SessionStore` that lasts as long as the process; safe to share between threads."""

    def __init__(self) -> None:
        self._sessions: dict[tuple[str, str], Session] = {}
        self._lock = threading.Lock()

    def commit(self, *changes: Change) -> None:
        """Apply all changes or none (see `SessionStore.commit`)."""
        ordered = in_order(changes)
        with self._lock:
            for change in ordered:
                there = self._sessions.get(change.session.place)
                if (None if there is None else there.version) != expected_version(change):
                    raise SessionChangedError
            for change in ordered:
                if isinstance(change, Remove):
                    del self._sessions[change.session.place]
                else:
                    self._sessions[change.session.place] = change.result if isinstance(change, Swap) else change.session

    def get(self, kind: str, id: str, /, *, at: datetime) -> Session | None:
        """Return a session that has not ended (see `SessionStore.get`)."""
        with self._lock:
            found = self._sessions.get((kind, id))
        return found if found is not None and at < found.expires else None

    def count(self, kind: str, /, *, at: datetime) -> int:
        """Return how many sessions of a kind have not ended."""
        with self._lock:
            return sum(1 for session in self._sessions.values() if session.kind == kind and at < session.expires)

    def purge(self, *, at: datetime) -> int:
        """Forget the sessions that have ended, and return how many there were."""
        with self._lock:
            ended = [place for place, session in self._sessions.items() if session.expires <= at]
            for place in ended:
                del self._sessions[place]
        return len(ended)


def in_order(changes: Sequence[Change]) -> list[Change]:
    """Return the changes in the one order that all callers apply them in, so that no two wait for each other.

    Raises:
        ValueError: two changes are about one session.
    """
    ordered = sorted(changes, key=lambda change: change.session.place)
    if len({change.session.place for change in ordered}) != len(ordered):
        raise ValueError("a session changes once in a commit")
    return ordered


def expected_version(change: Change) -> int | None:
    """Return the version that a session must have for a change; None where it must not be there."""
    return None if isinstance(change, Add) else change.session.version
