# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Length framing: how messages are told apart on a stream of bytes.

ISO/IEC 18013-5, second edition, frames them so on an L2CAP channel; we do the same on a TCP socket.

    >>> from vcwallet.protocols.proximity.framing import Deframer, frame
    >>> frame(b"message").hex()
    '000000076d657373616765'
    >>> deframer = Deframer()
    >>> deframer.feed(frame(b"one") + frame(b"two")[:5]), deframer.feed(frame(b"two")[5:])
    ([b'one'], [b'two'])
"""

from __future__ import annotations

from typing import Final

from vcwallet.errors import LimitExceededError
from vcwallet.protocols.proximity.messages import MAX_MESSAGE_BYTES

_HEAD_BYTES: Final = 4


def frame(message: bytes) -> bytes:
    """Return a message with its length before it, as a big-endian number of four bytes.

    Raises:
        ValueError: it is longer than 4 MiB.
    """
    if len(message) > MAX_MESSAGE_BYTES:
        raise ValueError(f"a message has at most {MAX_MESSAGE_BYTES} bytes")
    return len(message).to_bytes(_HEAD_BYTES, "big") + message


class Deframer:
    """Puts the messages of a stream together again, however it was cut."""

    __slots__ = ("_buffer", "_max_bytes")

    def __init__(self, *, max_bytes: int = MAX_MESSAGE_BYTES) -> None:
        """Begin a stream whose messages have at most `max_bytes` bytes each."""
        self._buffer = bytearray()
        self._max_bytes = max_bytes

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that `data` has completed.

        Raises:
            LimitExceededError: a message announces that it is longer than allowed.  The stream cannot be read further.
        """
        self._buffer += data
        messages: list[bytes] = []
        start = 0
        while (end := self._end_of_message(start)) <= len(self._buffer):
            messages.append(bytes(self._buffer[start + _HEAD_BYTES : end]))
            start = end
        del self._buffer[:start]
        return messages

    @property
    def is_between_messages(self) -> bool:
        """Whether the stream could end here."""
        return not self._buffer

    def _end_of_message(self, start: int) -> int:
        """Return where the message that begins at `start` ends; before its head is complete, where that does."""
        head = self._buffer[start : start + _HEAD_BYTES]
        if len(head) < _HEAD_BYTES:
            return start + _HEAD_BYTES
        length = int.from_bytes(head, "big")
        if length > self._max_bytes:
            raise LimitExceededError(f"a message is longer than {self._max_bytes} bytes")
        return start + _HEAD_BYTES + length
