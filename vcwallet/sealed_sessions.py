# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Sessions that nobody can read without the secret that the peer holds: a code, a token, a transaction identifier.

A session is found by the SHA-256 of its secret, and its body is sealed with AES-256-GCM under a key that HKDF-SHA256
(RFC 5869) makes of the secret, bound to its place.  So whoever reads the database finds neither secrets nor people.

Services may keep their sessions in one database: the kinds of each have a prefix that is made of its identifier, so
that nothing which one has given out is anything to another.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vcwallet.encoding import base64url, wire
from vcwallet.encoding.wire import WireModel
from vcwallet.errors import StoreCorruptError
from vcwallet.sessions import Add, Change, Session, SessionStore, Swap

_SECRET_BYTES = 32
_SCOPE_LENGTH = 22  # 128 bits
_NONCE_BYTES = 12
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")

Body = TypeVar("Body", bound=WireModel)


def new_secret() -> str:
    """Return 256 random bits as base64url: a code, a token, an identifier that cannot be guessed."""
    return base64url.encode(secrets.token_bytes(_SECRET_BYTES))


def digest(*parts: str) -> str:
    """Return the SHA-256 over texts, each with its length, as base64url."""
    hasher = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8")
        hasher.update(len(encoded).to_bytes(8, "big") + encoded)
    return base64url.encode(hasher.digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Generic[Body]):
    """A session whose secret somebody has shown, with what it holds."""

    kind: str
    secret: str = field(repr=False)
    session: Session
    body: Body = field(repr=False)
    cipher: AESGCM = field(repr=False, compare=False)

    def swap(self, expires: datetime | None = None, **changed: Any) -> Swap:
        """Return the change of this session into one whose body has other members."""
        body = self.body.model_copy(update=changed)
        return Swap(self.session, _seal(body, self.cipher, _place(self.kind, self.session.id)), expires=expires)


class SealedSessions:
    """The sealed sessions of one service, over a store."""

    def __init__(self, store: SessionStore, clock: Callable[[], datetime], *, owner: str) -> None:
        """Keep them in `store`, by the time of `clock`, for the service with the identifier `owner`."""
        self._store = store
        self._clock = clock
        self._scope = digest(owner)[:_SCOPE_LENGTH]

    def commit(self, *changes: Change) -> None:
        """Apply all changes or none (see `SessionStore.commit`)."""
        self._store.commit(*(self._owned(change) if isinstance(change, Add) else change for change in changes))

    def _owned(self, change: Add) -> Add:
        return Add(replace(change.session, kind=self._place(change.session.kind)))

    def _place(self, kind: str) -> str:
        return f"{self._scope}/{kind}"

    def find(self, kind: str, model: type[Body], secret: str) -> Opened[Body] | None:
        """Return the session of a secret, or None where there is none that has not ended.

        Raises:
            StoreCorruptError: it is damaged.
        """
        if not _SECRET.fullmatch(secret):
            return None
        session = self._store.get(self._place(kind), _id(secret), at=self._clock())
        if session is None:
            return None
        cipher = _cipher(kind, secret)
        body = _unseal(model, session.body, cipher, _place(kind, session.id))
        return Opened(kind=kind, secret=secret, session=session, body=body, cipher=cipher)

    def is_marked(self, kind: str, id: str) -> bool:
        """Tell whether something was marked as used."""
        return self._store.get(self._place(kind), id, at=self._clock()) is not None

    def count(self, kind: str) -> int:
        """Return how many sessions of a kind there are."""
        return self._store.count(self._place(kind), at=self._clock())

    def purge(self) -> int:
        """Forget the sessions that have ended."""
        return self._store.purge(at=self._clock())


def begin(kind: str, body: WireModel, *, secret: str, expires: datetime) -> Add:
    """Return the beginning of a sealed session."""
    id = _id(secret)
    sealed = _seal(body, _cipher(kind, secret), _place(kind, id))
    return Add(Session(kind=kind, id=id, body=sealed, expires=expires))


def mark(kind: str, id: str, *, expires: datetime) -> Add:
    """Return the mark that something is used, which can be set once."""
    return Add(Session(kind=kind, id=id, expires=expires))


def _id(secret: str) -> str:
    return base64url.encode(hashlib.sha256(secret.encode("ascii")).digest())


def _cipher(kind: str, secret: str) -> AESGCM:
    info = b"vcwallet session " + kind.encode("ascii")
    return AESGCM(HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(secret.encode("ascii")))


def _seal(body: WireModel, cipher: AESGCM, place: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    text = body.model_dump_json(exclude_none=True).encode("utf-8")
    return nonce + cipher.encrypt(nonce, text, place)


def _unseal(model: type[Body], body: bytes, cipher: AESGCM, place: bytes) -> Body:
    nonce, sealed = body[:_NONCE_BYTES], body[_NONCE_BYTES:]
    try:
        text = cipher.decrypt(nonce, sealed, place)
    except (InvalidTag, ValueError):
        raise StoreCorruptError("a session is damaged") from None
    return wire.read(model, text)


def _place(kind: str, id: str) -> bytes:
    return f"{kind}/{id}".encode("ascii")
