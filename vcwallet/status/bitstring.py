# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The bitstring of a status list (W3C Bitstring Status List 1.0, sections 2.2, 3.3 and 3.4).

A status has any number of bits and is one number.  The first stands in the most significant bits of the first byte,
which is the other way round than in a Token Status List; compressed it is gzip, not zlib.

    >>> from vcwallet.status.bitstring import Bitstring
    >>> revoked = Bitstring.of({0: 1, 3: 1, 4: 1, 5: 1, 7: 1})
    >>> revoked.data[:2].hex(), revoked.value(3), revoked.value(2), revoked.entries()
    ('9d00', 1, 0, 131072)
    >>> Bitstring.from_encoded(revoked.encoded()) == revoked
    True
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from vcwallet.encoding import base64url
from vcwallet.errors import LimitExceededError, MalformedError, StatusError

MAX_BITSTRING_BYTES: Final = 16 * 1024 * 1024
"""How long a bitstring may be: 1.3 * 10^8 statuses of one bit."""

MIN_ENTRIES: Final = 131_072
"""The fewest statuses that a list has, so that nobody is told from few others."""

_CLAUSE: Final = "Bitstring Status List, section 3.4"
_BASE64URL: Final = "u"  # of multibase
_GZIP: Final = 31  # gzip alone (RFC 1952); other values would take zlib, too
# A very long list takes seconds at the highest level, and saves a quarter.
_BEST_BYTES: Final = 256 * 1024
_BEST, _QUICK = 9, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Bitstring:
    """Statuses of equal size, one after the other; how many bits each has is said where they are used."""

    data: bytes = field(repr=False)

    @classmethod
    def of(cls, values: Mapping[int, int], *, entries: int = MIN_ENTRIES, size: int = 1) -> Bitstring:
        """Return a bitstring of at least `entries` statuses of `size` bits: `values`, and 0 for all others.

        Raises:
            ValueError: an index or a status that has no place in it, or a bitstring that nobody would read.
        """
        length = (entries * size + 7) // 8
        if size < 1 or entries < 0 or length > MAX_BITSTRING_BYTES:
            raise ValueError(f"a status has a bit or more, and a bitstring up to {MAX_BITSTRING_BYTES} bytes")
        data = bytearray(length)
        for index, value in values.items():
            if not 0 <= index < entries or not 0 <= value < 1 << size:
                raise ValueError("a status or index without a place in this bitstring")
            first, last, shift = _place(index, size)
            window = int.from_bytes(data[first:last], "big") | value << shift
            data[first:last] = window.to_bytes(last - first, "big")
        return cls(data=bytes(data))

    @classmethod
    def from_encoded(cls, text: str, *, max_bytes: int = MAX_BITSTRING_BYTES) -> Bitstring:
        """Return the bitstring of an ``encodedList``: multibase, base64url, gzip (the Bitstring Expansion Algorithm).

        Args:
            text: the encoded list.
            max_bytes: how long the bitstring may be; no more than that is ever unpacked.

        Raises:
            LimitExceededError: it is longer.
            MalformedError: another base, another format, an early end, or more bytes after it.
        """
        if not text.startswith(_BASE64URL):
            raise MalformedError("an encoded list begins with u", code="MALFORMED_VALUE_ERROR", clause=_CLAUSE)
        return cls.from_gzip(_bytes(text[1:]), max_bytes=max_bytes)

    @classmethod
    def from_unprefixed(cls, text: str, *, max_bytes: int = MAX_BITSTRING_BYTES) -> Bitstring:
        """Return the bitstring of an encoded list of Status List 2021, which has no prefix (see `from_encoded`)."""
        return cls.from_gzip(_bytes(text), max_bytes=max_bytes)

    @classmethod
    def from_gzip(cls, data: bytes, *, max_bytes: int = MAX_BITSTRING_BYTES) -> Bitstring:
        """Return the bitstring of its compressed form (see `from_encoded`)."""
        unpacking = zlib.decompressobj(_GZIP)
        try:
            unpacked = unpacking.decompress(data, max_bytes + 1)
        except zlib.error:
            raise MalformedError(
                "the list is not compressed with gzip", code="MALFORMED_VALUE_ERROR", clause=_CLAUSE
            ) from None
        if len(unpacked) > max_bytes:
            raise LimitExceededError(f"a bitstring is longer than {max_bytes} bytes")
        if not unpacking.eof or unpacking.unused_data:
            raise MalformedError(
                "the compressed list ends early, or more bytes follow it", code="MALFORMED_VALUE_ERROR", clause=_CLAUSE
            )
        return cls(data=unpacked)

    def encoded(self) -> str:
        """Return it as ``encodedList`` (the Bitstring Generation Algorithm); the text varies with zlib."""
        level = _BEST if len(self.data) <= _BEST_BYTES else _QUICK
        packing = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
        return _BASE64URL + base64url.encode(packing.compress(self.data) + packing.flush())

    def entries(self, *, size: int = 1) -> int:
        """Return how many statuses of `size` bits it holds."""
        return len(self.data) * 8 // size

    def value(self, index: int, *, size: int = 1) -> int:
        """Return the status of `size` bits at an index.

        Raises:
            StatusError: it says nothing about it (``RANGE_ERROR``).
        """
        if not 0 <= index < self.entries(size=size):
            raise StatusError(
                "the index lies outside the status list",
                code="RANGE_ERROR",
                clause="Bitstring Status List, section 3.2",
            )
        first, last, shift = _place(index, size)
        return (int.from_bytes(self.data[first:last], "big") >> shift) & ((1 << size) - 1)


def _place(index: int, size: int) -> tuple[int, int, int]:
    """Return where a status stands: its first byte, the one after its last, and how many bits follow it there."""
    begin, end = index * size, (index + 1) * size
    last = (end + 7) // 8
    return begin // 8, last, last * 8 - end


def _bytes(text: str) -> bytes:
    try:
        return base64url.decode(text)
    except MalformedError as error:
        raise MalformedError(str(error.args[0]), code="MALFORMED_VALUE_ERROR", clause=_CLAUSE) from None
