# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""For tests of proximity sessions: two sides, a pair of transports, and a trust policy that knows one reader."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from vcwallet.errors import TransportError, UntrustedError
from vcwallet.keys.policy import KeySource, Role, TrustedKey
from vcwallet.keys.public import PublicKey
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.proximity import DeviceEngagement, DeviceSession, ReaderSession

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


def sides(at: datetime = NOW) -> tuple[DeviceSession, ReaderSession]:
    """A wallet, and the reader that has scanned it."""
    key = SoftwareKeyAgreement.generate()
    engagement = DeviceEngagement.create(key)
    scanned = DeviceEngagement.from_qr(engagement.to_qr())
    return DeviceSession(engagement, key, at=at), ReaderSession(scanned, SoftwareKeyAgreement.generate(), at=at)


class MemoryTransport:
    """One end of a pair of queues."""

    def __init__(self, inbox: deque[bytes], outbox: deque[bytes]) -> None:
        self.inbox, self.outbox = inbox, outbox

    def send(self, message: bytes, /) -> None:
        self.outbox.append(message)

    def receive(self) -> bytes:
        if not self.inbox:
            raise TransportError("nothing was sent")
        return self.inbox.popleft()


def memory_pair() -> tuple[MemoryTransport, MemoryTransport]:
    """Two transports, each with the other at its end."""
    here: deque[bytes] = deque()
    there: deque[bytes] = deque()
    return MemoryTransport(here, there), MemoryTransport(there, here)


@dataclass
class Trusting:
    """Knows one reader by its key; remembers what it was asked."""

    key: PublicKey | None
    asked: tuple[KeySource, Role, str | None, datetime] | None = field(default=None)

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        self.asked = (source, role, type_id, at)
        if self.key is None:
            raise UntrustedError("an unknown reader")
        return TrustedKey(key=self.key, party="reader", source="test")
