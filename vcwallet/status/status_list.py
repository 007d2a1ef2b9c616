# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The Status List: one status for each index, packed into bytes and compressed (Token Status List, section 4).

A status has 1, 2, 4 or 8 bits and is one number, never a set of flags.  The first stands in the least significant bits
of the first byte.

    >>> from vcwallet.status.status_list import StatusList
    >>> revoked = StatusList.of({0: 1, 3: 1, 4: 1, 5: 1, 7: 1}, size=8, bits=1)
    >>> revoked.data.hex(), revoked[3], revoked[2], len(revoked)
    ('b9', 1, 0, 8)
    >>> StatusList.from_compressed(revoked.compressed(), bits=1) == revoked
    True
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from vcwallet.errors import LimitExceededError, MalformedError, StatusError

MAX_LIST_BYTES: Final = 16 * 1024 * 1024
"""How long the bytes of a list may be: 1.3 * 10^8 statuses of one bit."""

_CLAUSE: Final = "Token Status List, section 4"
_BITS: Final = (1, 2, 4, 8)
_ZLIB: Final = 15  # zlib alone (RFC 1950); other values would take gzip, too
# The highest level is what the standard recommends; for a very long list it costs seconds and saves a quarter.
_BEST_BYTES: Final = 256 * 1024
_BEST, _QUICK = 9, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusList:
    """A status for each index.

    Attributes:
        bits: how many bits a status has: 1, 2, 4 or 8.
        data: the statuses, packed; one byte after the other.
    """

    bits: int
    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _require_bits(self.bits)

    @classmethod
    def of(cls, values: Mapping[int, int], *, size: int, bits: int) -> StatusList:
        """Return a list of at least `size` statuses, rounded up to whole bytes: `values`, and 0 for all others.

        Raises:
            ValueError: an index or a status that has no place in such a list, or a list that nobody would read.
        """
        _require_bits(bits)
        length = (size * bits + 7) // 8
        if size < 0 or length > MAX_LIST_BYTES:
            raise ValueError(f"a list has up to {MAX_LIST_BYTES} bytes")
        data, highest = bytearray(length), (1 << bits) - 1
        for index, value in values.items():
            if not 0 <= index < size or not 0 <= value <= highest:
                raise ValueError("a status or index without a place in this list")
            position = index * bits
            data[position >> 3] |= value << (position & 7)
        return cls(bits=bits, data=bytes(data))

    @classmethod
    def from_compressed(cls, data: bytes, *, bits: int, max_bytes: int = MAX_LIST_BYTES) -> StatusList:
        """Return the list of its compressed form.

        Args:
            data: the bytes of the list, compressed with DEFLATE in the format of zlib (RFC 1950, RFC 1951).
            bits: how many bits a status has.
            max_bytes: how long the list may be; no more than that is ever unpacked.

        Raises:
            LimitExceededError: the list is longer.
            MalformedError: another number of bits, another format, an early end, or more bytes after it.
        """
        if bits not in _BITS:
            raise MalformedError("a status has 1, 2, 4 or 8 bits", clause=_CLAUSE)
        return cls(bits=bits, data=_inflate(data, max_bytes))

    def compressed(self) -> bytes:
        """Return the list in its compressed form; the bytes depend on the version of zlib."""
        return zlib.compress(self.data, _BEST if len(self.data) <= _BEST_BYTES else _QUICK)

    def __len__(self) -> int:
        return len(self.data) * 8 // self.bits

    def __getitem__(self, index: int) -> int:
        """Return the status at an index.

        Raises:
            StatusError: the list says nothing about it (``STATUS_INDEX_OUT_OF_RANGE``).
        """
        if not 0 <= index < len(self):
            raise StatusError(
                "the index lies outside the status list",
                code="STATUS_INDEX_OUT_OF_RANGE",
                clause="Token Status List, section 8.3",
            )
        position = index * self.bits
        return (self.data[position >> 3] >> (position & 7)) & ((1 << self.bits) - 1)

    def __iter__(self) -> Iterator[int]:
        mask = (1 << self.bits) - 1
        return ((byte >> shift) & mask for byte in self.data for shift in range(0, 8, self.bits))


def _require_bits(bits: int) -> None:
    if bits not in _BITS:
        raise ValueError("a status has 1, 2, 4 or 8 bits")


def _inflate(data: bytes, max_bytes: int) -> bytes:
    unpacking = zlib.decompressobj(_ZLIB)
    try:
        unpacked = unpacking.decompress(data, max_bytes + 1)
    except zlib.error:
        raise MalformedError("the list is not compressed with zlib", clause=_CLAUSE) from None
    if len(unpacked) > max_bytes:
        raise LimitExceededError(f"a status list is longer than {max_bytes} bytes")
    if not unpacking.eof or unpacking.unused_data:
        raise MalformedError("the compressed list ends early, or more bytes follow it", clause=_CLAUSE)
    return unpacked
