# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A fountain of parts for one message: any sufficient handful of them restores it (BCR-2024-001).

The first parts are the fragments of the message in order.  After them the fountain runs for ever: each further part is
the exclusive or of some fragments, and which ones follows from the part's number and the checksum of the message by
rules that have to be met to the last bit.

    >>> from itertools import islice
    >>> from vcwallet.encoding.fountain import FountainDecoder, parts
    >>> decoder = FountainDecoder()
    >>> for part in islice(parts(b"a message that is too long for one picture", max_fragment_bytes=20), 1, 4):
    ...     decoder.receive(part)
    >>> decoder.message
    b'a message that is too long for one picture'
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from vcwallet.encoding import cbor
from vcwallet.errors import LimitExceededError, MalformedError

MAX_MESSAGE_BYTES: Final = 256 * 1024
MAX_PARTS: Final = 100

_CLAUSE: Final = "BCR-2024-001"
_UINT32: Final = range(2**32)
_MIN_FRAGMENT_BYTES: Final = 10
#: Below this, the rule of `fragment_length` can end above the maximum.
_LEAST_MAX_FRAGMENT_BYTES: Final = 2 * _MIN_FRAGMENT_BYTES
_PART_LIMITS: Final = cbor.Limits(max_bytes=MAX_MESSAGE_BYTES + 64, max_depth=1, max_items=6, tags=frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part: its number from 1, what it says of the whole message, and its share of the bytes."""

    number: int
    count: int
    message_length: int
    checksum: int
    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not (1 <= self.number < 2**32 and self.checksum in _UINT32):
            raise MalformedError("a part has a number or checksum that is not 32 bits", clause=_CLAUSE)
        if not self.data or self.count < 1 or self.count != _rounded_up(self.message_length, len(self.data)):
            raise MalformedError("a part does not fit the message length it states", clause=_CLAUSE)

    @classmethod
    def from_cbor(cls, data: bytes) -> Part:
        """Return the part that `data` encodes.

        Raises:
            MalformedError: not the array of four unsigned numbers and a byte string, or one that contradicts itself.
        """
        item = cbor.loads(data, limits=_PART_LIMITS)
        if not isinstance(item, list) or [type(member) for member in item] != [int, int, int, int, bytes]:
            raise MalformedError("a part is not the array of four numbers and a byte string", clause=_CLAUSE)
        number, count, message_length, checksum, share = item
        return cls(number=number, count=count, message_length=message_length, checksum=checksum, data=share)

    def to_cbor(self) -> bytes:
        """Return the array that stands for this part."""
        return cbor.dumps([self.number, self.count, self.message_length, self.checksum, self.data])

    @property
    def whole(self) -> tuple[int, int, int, int]:
        """What all parts of one message have in common."""
        return self.count, self.message_length, self.checksum, len(self.data)


# --- sending ---------------------------------------------------------------------------------------------------------


def parts(message: bytes, *, max_fragment_bytes: int) -> Iterator[Part]:
    """Yield the parts of `message`, for ever.

    Raises:
        ValueError: an empty message, or fragments of less than 20 bytes.
    """
    length = fragment_length(len(message), max_fragment_bytes)
    fragments = [message[start : start + length].ljust(length, b"\0") for start in range(0, len(message), length)]
    numbers = [int.from_bytes(fragment) for fragment in fragments]
    checksum = zlib.crc32(message)
    while True:
        for number in _UINT32[1:]:
            share = 0
            for index in choose_fragments(number, len(fragments), checksum):
                share ^= numbers[index]
            yield Part(
                number=number,
                count=len(fragments),
                message_length=len(message),
                checksum=checksum,
                data=share.to_bytes(length),
            )


def fragment_length(message_length: int, max_bytes: int, *, min_bytes: int = _MIN_FRAGMENT_BYTES) -> int:
    """Return the length of the equal fragments of a message: the longest that is not above `max_bytes`.

    Raises:
        ValueError: an empty message, or a maximum below twice the minimum.
    """
    if message_length < 1:
        raise ValueError("an empty message has no fragments")
    if max_bytes < _LEAST_MAX_FRAGMENT_BYTES:
        raise ValueError(f"fragments need at least {_LEAST_MAX_FRAGMENT_BYTES} bytes")
    length = message_length
    for count in range(1, message_length // min_bytes + 1):
        length = _rounded_up(message_length, count)
        if length <= max_bytes:
            break
    return length


def _rounded_up(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)


# --- which fragments a part is made of -------------------------------------------------------------------------------


def choose_fragments(number: int, count: int, checksum: int) -> list[int]:
    """Return the indexes of the fragments that part `number` of a message of `count` fragments is made of."""
    if number <= count:
        return [number - 1]
    random = Xoshiro256(struct.pack(">II", number, checksum))
    remaining = list(range(count))
    return [remaining.pop(random.below(len(remaining))) for _ in range(_degree(random, count))]


def _degree(random: Xoshiro256, count: int) -> int:
    """Return how many fragments to mix: n with a probability proportional to 1/n, by the alias method."""
    index, fraction = random.below(count), random.fraction()
    threshold, alias = _alias_table(count)[index]
    return (index if fraction < threshold else alias) + 1


@lru_cache(maxsize=128)
def _alias_table(count: int) -> list[tuple[float, int]]:
    """Return Vose's table of (threshold, alias); the order of the stacks is part of the standard."""
    weights = [1 / degree for degree in range(1, count + 1)]
    total = 0.0
    for weight in weights:  # not sum(), which since Python 3.12 rounds better than everybody else's loop
        total += weight
    scaled = [weight * count / total for weight in weights]
    small = [index for index in reversed(range(count)) if scaled[index] < 1]
    large = [index for index in reversed(range(count)) if scaled[index] >= 1]
    table = [(1.0, 0)] * count
    while small and large:
        less, more = small.pop(), large.pop()
        table[less] = (scaled[less], more)
        scaled[more] += scaled[less] - 1
        (small if scaled[more] < 1 else large).append(more)
    return table


class Xoshiro256:
    """The generator xoshiro256** of Blackman and Vigna, seeded through SHA-256; not for secrets."""

    __slots__ = ("_state",)

    def __init__(self, seed: bytes) -> None:
        self._state: tuple[int, int, int, int] = struct.unpack(">4Q", hashlib.sha256(seed).digest())

    def next(self) -> int:
        """Return the next 64 random bits."""
        a, b, c, d = self._state
        result = _uint64(_rotated(_uint64(b * 5), 7) * 9)
        c, d = c ^ a, d ^ b
        self._state = (a ^ d, b ^ c, c ^ _uint64(b << 17), _rotated(d, 45))
        return result

    def fraction(self) -> float:
        """Return a random number from 0 to 1."""
        return self.next() / 2**64

    def below(self, limit: int) -> int:
        """Return a random number from 0 to ``limit - 1``."""
        # A fraction next to 1 rounds to 1, which a peer who picks the checksum could search for.
        return min(int(self.fraction() * limit), limit - 1)


def _uint64(number: int) -> int:
    return number & (2**64 - 1)


def _rotated(number: int, bits: int) -> int:
    return _uint64(number << bits) | number >> (64 - bits)


# --- receiving -------------------------------------------------------------------------------------------------------


class FountainDecoder:
    """Gathers the parts of one message, in any order; the first part decides which message.

    Each part is a linear equation over the fragments, and is kept only if it says something that the others do not.  So
    there are never more than `count` of them in memory, and the message is there as soon as it can be.
    """

    def __init__(self, *, max_message_bytes: int = MAX_MESSAGE_BYTES, max_parts: int = MAX_PARTS) -> None:
        self._max_message_bytes = max_message_bytes
        self._max_parts = max_parts
        self._first: Part | None = None
        #: By its highest fragment: the fragments of an equation as a bit set, and the exclusive or of their bytes.
        self._equations: dict[int, tuple[int, int]] = {}
        self._message: bytes | None = None

    @property
    def message(self) -> bytes | None:
        """The message, once it is complete."""
        return self._message

    @property
    def progress(self) -> float:
        """How much is known, from 0 to 1."""
        return len(self._equations) / self._first.count if self._first else 0.0

    def receive(self, part: Part) -> None:
        """Take in one part; one of another message, or one that comes late, changes nothing.

        Raises:
            LimitExceededError: the message would be too long or have too many parts.
            MalformedError: the complete message does not match its checksum; the decoder is empty again.
        """
        if self._message is not None:
            return
        if self._first is None:
            self._require_limits(part)
            self._first = part
        if part.whole != self._first.whole:
            return
        self._learn(part)
        if len(self._equations) == part.count:
            self._message = self._solve(part)

    def _require_limits(self, part: Part) -> None:
        if part.count > self._max_parts:
            raise LimitExceededError(f"a message comes in more than {self._max_parts} parts")
        if part.message_length > self._max_message_bytes:
            raise LimitExceededError(f"a message in parts is longer than {self._max_message_bytes} bytes")

    def _learn(self, part: Part) -> None:
        fragments = sum(1 << index for index in choose_fragments(part.number, part.count, part.checksum))
        share = int.from_bytes(part.data)
        while fragments:
            highest = fragments.bit_length() - 1
            if highest not in self._equations:
                self._equations[highest] = (fragments, share)
                return
            known_fragments, known_share = self._equations[highest]
            fragments ^= known_fragments
            share ^= known_share

    def _solve(self, part: Part) -> bytes:
        solved: list[int] = []
        for highest in range(part.count):
            fragments, share = self._equations[highest]
            for lower in range(highest):
                if fragments >> lower & 1:
                    share ^= solved[lower]
            solved.append(share)
        message = b"".join(share.to_bytes(len(part.data)) for share in solved)[: part.message_length]
        if zlib.crc32(message) != part.checksum:
            self._first = None
            self._equations.clear()
            raise MalformedError("the message does not match the checksum of its parts", clause=_CLAUSE)
        return message
