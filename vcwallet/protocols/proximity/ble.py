# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
r"""Bluetooth Low Energy without the radio (ISO/IEC 18013-5, clause 8.3.3.1.1): names, chunks and the state of a link.

>>> from vcwallet.protocols.proximity import ble
>>> parts = ble.chunks(b"a message", part_size=5)
>>> parts
[b'\x01a me', b'\x01ssag', b'\x00e']
>>> reassembler = ble.Reassembler()
>>> [reassembler.receive(part) for part in parts]
[None, None, b'a message']
"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from vcwallet.errors import BindingError, LimitExceededError, LocalProtocolError, MalformedError, RemoteProtocolError
from vcwallet.protocols.proximity.keys import ble_ident
from vcwallet.protocols.proximity.messages import MAX_MESSAGE_BYTES

MAX_PART_BYTES: Final = 512
"""The longest value of a characteristic."""

MIN_PART_BYTES: Final = 20
"""What the smallest MTU (23 bytes) leaves for a value."""

_ATT_HEAD_BYTES: Final = 3
_MORE, _LAST = b"\x01", b"\x00"
_CLAUSE = "ISO/IEC 18013-5, 8.3.3.1.1"


# --- names -----------------------------------------------------------------------------------------------------------


def _characteristic(number: int) -> uuid.UUID:
    return uuid.UUID(f"{number:08x}-a123-48ce-896b-4c76973373e6")


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristics:
    """What the service of a server consists of; the service itself has a random name, from the engagement."""

    state: uuid.UUID
    client_to_server: uuid.UUID
    server_to_client: uuid.UUID
    ident: uuid.UUID | None
    l2cap_psm: uuid.UUID


PERIPHERAL_SERVER: Final = Characteristics(
    state=_characteristic(0x1),
    client_to_server=_characteristic(0x2),
    server_to_client=_characteristic(0x3),
    ident=None,
    l2cap_psm=_characteristic(0xA),
)
"""The wallet is the server (mdoc peripheral server mode)."""

CENTRAL_CLIENT: Final = Characteristics(
    state=_characteristic(0x5),
    client_to_server=_characteristic(0x6),
    server_to_client=_characteristic(0x7),
    ident=_characteristic(0x8),
    l2cap_psm=_characteristic(0xB),
)
"""The reader is the server (mdoc central client mode); a reader that is offered both modes takes this one."""

CLIENT_CONFIGURATION: Final = uuid.UUID("00002902-0000-1000-8000-00805f9b34fb")
"""The descriptor by which a client subscribes to a characteristic."""


# --- chunks ----------------------------------------------------------------------------------------------------------


def part_size(mtu: int) -> int:
    """Return how long a part may be where the link has this MTU, its flag byte included.

    Raises:
        ValueError: no link has so small an MTU.
    """
    if mtu < MIN_PART_BYTES + _ATT_HEAD_BYTES:
        raise ValueError("an MTU is at least 23 bytes")
    return min(mtu - _ATT_HEAD_BYTES, MAX_PART_BYTES)


def chunks(message: bytes, part_size: int) -> list[bytes]:
    """Return the parts of a message, each after a byte that says whether more follow.

    Raises:
        ValueError: the message is longer than 4 MiB, or a part could hold nothing.
    """
    if len(message) > MAX_MESSAGE_BYTES:
        raise ValueError(f"a message has at most {MAX_MESSAGE_BYTES} bytes")
    if not 2 <= part_size <= MAX_PART_BYTES:
        raise ValueError(f"a part has 2 to {MAX_PART_BYTES} bytes")
    step = part_size - 1
    pieces = [message[start : start + step] for start in range(0, len(message), step)] or [b""]
    return [*(_MORE + piece for piece in pieces[:-1]), _LAST + pieces[-1]]


class Reassembler:
    """Puts the parts of messages together again."""

    __slots__ = ("_buffer", "_max_bytes")

    def __init__(self, *, max_bytes: int = MAX_MESSAGE_BYTES) -> None:
        """Begin a link whose messages have at most `max_bytes` bytes each."""
        self._buffer = bytearray()
        self._max_bytes = max_bytes

    def receive(self, part: bytes) -> bytes | None:
        """Return the message that this part completes, if it does.

        Raises:
            MalformedError: the part is empty, longer than a characteristic, or begins with another byte.
            LimitExceededError: the message is longer than allowed.
        """
        flag, piece = part[:1], part[1:]
        if flag not in (_MORE, _LAST) or len(part) > MAX_PART_BYTES:
            raise MalformedError("not a part of a message", clause=_CLAUSE)
        if flag == _MORE and not piece:
            raise MalformedError("a part without content says that more follows", clause=_CLAUSE)
        if len(self._buffer) + len(piece) > self._max_bytes:
            raise LimitExceededError(f"a message is longer than {self._max_bytes} bytes")
        self._buffer += piece
        if flag == _MORE:
            return None
        message = bytes(self._buffer)
        self._buffer.clear()
        return message


# --- the link --------------------------------------------------------------------------------------------------------


class Signal(IntEnum):
    """The values of the State characteristic."""

    START = 0x01
    END = 0x02


class LinkState(StrEnum):
    """Where a link stands."""

    CONNECTED = "connected"
    STARTED = "started"
    CLOSED = "closed"


class LinkStep(StrEnum):
    """What can happen to a link, from either side."""

    START = "start"
    END = "end"
    LOSS = "loss"


LINK_TRANSITIONS: Final[Mapping[tuple[LinkState, LinkStep], LinkState]] = MappingProxyType(
    {
        (LinkState.CONNECTED, LinkStep.START): LinkState.STARTED,
        (LinkState.CONNECTED, LinkStep.END): LinkState.CLOSED,
        (LinkState.CONNECTED, LinkStep.LOSS): LinkState.CONNECTED,  # before the start, connecting again is allowed
        (LinkState.STARTED, LinkStep.END): LinkState.CLOSED,
        (LinkState.STARTED, LinkStep.LOSS): LinkState.CLOSED,  # after it, it takes a new engagement with new keys
        (LinkState.CLOSED, LinkStep.LOSS): LinkState.CLOSED,
    }
)
"""The life of a link; what is not here must not happen."""


class LinkRole(StrEnum):
    """Which end of a link we are; only a client may start."""

    CLIENT = "client"
    SERVER = "server"


class Link:
    """One end of a link: says what to write to the State characteristic, and takes what the peer has written."""

    __slots__ = ("_role", "state")

    state: LinkState

    def __init__(self, role: LinkRole) -> None:
        self._role = role
        self.state = LinkState.CONNECTED

    def start(self) -> bytes:
        """Return the value that starts the transfer, once the client has subscribed.

        Raises:
            LocalProtocolError: we are the server, or the link has started or closed before.
        """
        if self._role is LinkRole.SERVER:
            raise LocalProtocolError("only the client starts a transfer", clause=_CLAUSE)
        return self._write(Signal.START, LinkStep.START)

    def end(self) -> bytes:
        """Return the value that ends the transfer.

        Raises:
            LocalProtocolError: the link has closed before.
        """
        return self._write(Signal.END, LinkStep.END)

    def lost(self) -> None:
        """Take note that the connection is gone."""
        self.state = LINK_TRANSITIONS[self.state, LinkStep.LOSS]

    def receive_state(self, value: bytes) -> Signal:
        """Take a value of the State characteristic that the peer has written or notified.

        Raises:
            MalformedError: any other value than start and end.
            RemoteProtocolError: the peer may not say so now.
        """
        signal = _SIGNALS.get(value)
        if signal is None:
            raise MalformedError("not a value of the State characteristic", clause=_CLAUSE)
        step = _STEPS[signal]
        target = LINK_TRANSITIONS.get((self.state, step))
        if target is None or (step is LinkStep.START and self._role is LinkRole.CLIENT):
            raise RemoteProtocolError(f"the peer signals {step} while the link is {self.state}", clause=_CLAUSE)
        self.state = target
        return signal

    def require_started(self) -> None:
        """Return when parts of messages may be sent and received.

        Raises:
            LocalProtocolError: the transfer has not started, or has ended.
        """
        if self.state is not LinkState.STARTED:
            raise LocalProtocolError(f"there is no transfer while the link is {self.state}", clause=_CLAUSE)

    def _write(self, signal: Signal, step: LinkStep) -> bytes:
        target = LINK_TRANSITIONS.get((self.state, step))
        if target is None:
            raise LocalProtocolError(f"a {step} while the link is {self.state}", clause=_CLAUSE)
        self.state = target
        return bytes((signal,))


_SIGNALS = {bytes((signal,)): signal for signal in Signal}
_STEPS = {Signal.START: LinkStep.START, Signal.END: LinkStep.END}


def require_ident(value: bytes, *, e_device_key_bytes: bytes) -> None:
    """Return when `value`, read from the reader's Ident characteristic, belongs to our own engagement.

    Raises:
        BindingError: it is that of another session; the wallet disconnects (code ``BLE_IDENT``).
    """
    if not hmac.compare_digest(value, ble_ident(e_device_key_bytes)):
        raise BindingError("the reader has scanned another engagement", code="BLE_IDENT", clause=_CLAUSE)
