# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Nonces that their maker knows again without having kept them: HMAC-SHA256 over kind, time and random bytes.

A nonce of one kind never passes for another.  It says that it was made here and not long ago, and nothing of whether it
was used: who needs single use remembers what was used until it expires.

    >>> from datetime import UTC, datetime, timedelta
    >>> from vcwallet.protocols.stateless_nonce import StatelessNonces
    >>> nonces, now = StatelessNonces(bytes(range(32)), kind="c_nonce"), datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    >>> nonces.require(nonces.issue(at=now), at=now + timedelta(seconds=60))
    datetime.datetime(2026, 11, 23, 9, 5, tzinfo=datetime.timezone.utc)
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from vcwallet.encoding import base64url
from vcwallet.errors import BindingError, MalformedError, ValidityError
from vcwallet.jose import jwt

LIFETIME: Final = timedelta(seconds=300)
MIN_KEY_BYTES = 32
_TIME_BYTES = 6
_RANDOM_BYTES = 16
_MAC_BYTES = 32
_TEXT = (_TIME_BYTES + _RANDOM_BYTES + _MAC_BYTES) * 4 // 3


@dataclass(frozen=True, slots=True, kw_only=True)
class StatelessNonces:
    """Makes nonces of one kind and knows them again.

    Attributes:
        key: the secret, at least 32 random bytes; all servers of one service share it.
        kind: what the nonces are for.
        lifetime: how long one is good.
    """

    key: bytes = field(repr=False, kw_only=False)
    kind: str
    lifetime: timedelta = LIFETIME

    def __post_init__(self) -> None:
        if len(self.key) < MIN_KEY_BYTES:
            raise ValueError(f"the key of nonces has at least {MIN_KEY_BYTES} bytes")
        if not self.kind or self.lifetime <= timedelta(0):
            raise ValueError("nonces have a kind and a lifetime")

    def issue(self, *, at: datetime, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
        """Return a fresh nonce, 72 characters of base64url, good from `at` on."""
        head = jwt.seconds(at).to_bytes(_TIME_BYTES, "big") + random_bytes(_RANDOM_BYTES)
        return base64url.encode(head + self._mac(head))

    def require(self, nonce: str, *, at: datetime) -> datetime:
        """Return until when the nonce is good, if it is one of ours and `at` lies in its lifetime.

        Raises:
            BindingError: it is none of ours, or one of another kind (code ``NONCE_UNKNOWN``).
            ValidityError: it is too old, or from the future.
        """
        head, mac = _parts(nonce)
        if not hmac.compare_digest(mac, self._mac(head)):
            raise _unknown()
        made = datetime.fromtimestamp(int.from_bytes(head[:_TIME_BYTES], "big"), UTC)
        if made > at + jwt.SKEW:
            raise ValidityError("the nonce is from the future", code="NOT_YET_VALID")
        if at >= made + self.lifetime:
            raise ValidityError("the nonce is too old")
        return made + self.lifetime

    def _mac(self, head: bytes) -> bytes:
        # The head has a fixed length, so kind and head cannot run into each other.
        return hmac.digest(self.key, self.kind.encode("utf-8") + b"\x00" + head, hashlib.sha256)


def _parts(nonce: str) -> tuple[bytes, bytes]:
    if len(nonce) != _TEXT:
        raise _unknown()
    try:
        raw = base64url.decode(nonce)
    except MalformedError:
        raise _unknown() from None
    return raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]


def _unknown() -> BindingError:
    return BindingError("the nonce is not one that was given out here", code="NONCE_UNKNOWN")
