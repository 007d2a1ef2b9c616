# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
r"""Strict CBOR (RFC 8949): definite lengths, shortest heads, no duplicate keys, known tags, stated limits.

ISO/IEC 18013-5, COSE and uniform resources all ask for the preferred serialisation (RFC 8949, section 4.1), so that
is what is written and, but for the width of floats, all that is read.  A fence of our own reads the heads of the items
first; **cbor2** then decodes bytes that are already known to be well-formed, small enough and free of surprises.

Tags are kept, not interpreted: a date stays the text that was signed, and the byte string of an embedded item (tag 24)
stays as it came.

    >>> from vcwallet.encoding import cbor
    >>> cbor.dumps({"validUntil": cbor.Tag(0, "2030-01-01T00:00:00Z"), 1: [1.5, None]}).hex()
    'a26a76616c6964556e74696cc074323033302d30312d30315430303a30303a30305a0182f93e00f6'
    >>> cbor.loads(bytes.fromhex("d8184101"))
    Tag(number=24, content=b'\x01')
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

import cbor2

from vcwallet.errors import LimitExceededError, MalformedError

CborKey: TypeAlias = "int | str | bytes"
CborValue: TypeAlias = "bool | int | float | str | bytes | Tag | Sequence[CborValue] | Mapping[Any, CborValue] | None"

#: Date and time, COSE_Mac0, COSE_Sign1, embedded CBOR, CWT, full-date.
KNOWN_TAGS: Final = frozenset({0, 17, 18, 24, 61, 1004})

_MAX_UINT64: Final = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Tag:
    """A tagged item (RFC 8949, section 3.4), its content as it came."""

    number: int
    content: CborValue

    def __post_init__(self) -> None:
        if not 0 <= self.number <= _MAX_UINT64:
            raise ValueError("a CBOR tag is an unsigned 64-bit number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large, deep and varied an input may be; `tags` are those that may occur at all."""

    max_bytes: int = 4 * 1024 * 1024
    max_depth: int = 16
    max_items: int = 100_000
    max_map_entries: int = 10_000
    tags: frozenset[int] = KNOWN_TAGS


LIMITS: Final = Limits()


class Budget:
    """How many items a message may have in all, those of the items embedded in it included."""

    __slots__ = ("left",)

    left: int

    def __init__(self, items: int = LIMITS.max_items) -> None:
        self.left = items

    def spend(self, items: int) -> None:
        """Take some items away.

        Raises:
            LimitExceededError: there are not as many left.
        """
        self.left -= items
        if self.left < 0:
            raise LimitExceededError("a CBOR message has too many items, those of embedded items included")


def loads(data: bytes, *, limits: Limits = LIMITS, budget: Budget | None = None) -> Any:
    """Return the one item that `data` encodes: arrays as lists, maps as dicts, tags as `Tag`.

    Args:
        data: the encoding.
        limits: how large, deep and varied it may be.
        budget: what it shares with other parts of the same message.

    Raises:
        LimitExceededError: longer, deeper or more numerous than `limits` allow.
        MalformedError: not well-formed; an indefinite length; a head that is not the shortest; a tag outside
            ``limits.tags``; a duplicate key, or one that is no integer or string; undefined or another simple value;
            text that is not UTF-8; bytes after the item.
    """
    if len(data) > limits.max_bytes:
        raise LimitExceededError(f"CBOR data is longer than {limits.max_bytes} bytes")
    items = _require_plain_heads(data, limits)
    if budget is not None:
        budget.spend(items)
    try:
        return cbor2.loads(
            data,
            max_depth=limits.max_depth,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            semantic_decoders=_keep_tags(limits.tags),
        )
    except cbor2.CBORDecodeError as error:
        # The fence leaves two faults to cbor2.  Its messages quote keys, so they stay here.
        problem = "text that is not UTF-8" if isinstance(error.__cause__, UnicodeDecodeError) else "a duplicate map key"
        raise MalformedError(f"CBOR data has {problem}", clause="RFC 8949, section 5.3.1") from None


def unembedded(data: bytes) -> bytes:
    """Return the encoded item that `data` embeds, as it came: what `embedded` was given.

    Raises:
        MalformedError: not an embedded item, its length not in the shortest form, or bytes after it.
    """
    if len(data) < 3 or data[:2] != _EMBEDDED or not _FIRST_BYTES <= data[2] < _FIRST_TEXT:
        raise _malformed("something else than an embedded item", 0)
    length, start = data[2] & 31, 3
    if length > _LONGEST_INLINE:
        length, start = _long_argument(data, start, length)
    _require_end(start + length, len(data))
    return data[start:]


@lru_cache(maxsize=16)
def _keep_tags(numbers: frozenset[int]) -> Mapping[int, Callable[[Any, bool], Tag]]:
    def keep(number: int) -> Callable[[Any, bool], Tag]:
        return lambda content, _immutable: Tag(number, content)

    return {number: keep(number) for number in numbers}


# --- the fence: reads heads, never values ----------------------------------------------------------------------------

_MAP, _TAG, _SIMPLE = 5, 6, 7  # major types; 0 and 1 are integers, 2 and 3 strings, 4 is an array
_FIRST_BYTES, _FIRST_TEXT, _FIRST_ARRAY = 0x40, 0x60, 0x80  # the smallest initial bytes of these kinds
_LONGEST_INLINE, _ONE_BYTE, _TWO_BYTES = 23, 24, 25  # an argument in the head itself, and in the bytes after it
_INDEFINITE: Final = 31
#: By its initial byte, how long a number or a string is that has its argument there; 0 for every other item.
_SHORT_ITEMS: Final = tuple(
    0
    if initial >= _FIRST_ARRAY or initial & 31 > _LONGEST_INLINE
    else 1 + (initial & 31 if initial >= _FIRST_BYTES else 0)
    for initial in range(256)
)
#: How many bytes follow the head of false, true, null and the three floats.
_BYTES_AFTER_SIMPLE: Final = {20: 0, 21: 0, 22: 0, 25: 2, 26: 4, 27: 8}
#: How many bytes hold an argument that is not inline, and the smallest argument that needs them.
_LONG_ARGUMENTS: Final = {24: (1, 24), 25: (2, 2**8), 26: (4, 2**16), 27: (8, 2**32)}


def _require_plain_heads(data: bytes, limits: Limits) -> int:
    """Return the number of items in `data`, which is one well-formed item within `limits`.

    One walk over the heads of all items, with a list in place of recursion.  It is in the path of every mdoc, so it is
    one loop and not several functions, and asks first about what is there most: short strings and small numbers, whose
    one byte says how long they are, and then items whose length is the next byte.
    """
    size, offset, items = len(data), 0, 1
    missing, is_map = 1, False  # how many items the innermost container still lacks, and whether it is a map
    around: list[tuple[int, bool]] = []  # the same for the containers around it
    while True:
        while not missing:
            if not around:
                _require_end(offset, size)
                return items
            missing, is_map = around.pop()
        if offset >= size:
            raise _malformed("an early end", size)
        initial = data[offset]
        missing -= 1
        length = _SHORT_ITEMS[initial]
        if length:
            offset += length  # when this leads past the end, the next round or the end says so
            continue
        offset += 1
        major, argument = initial >> 5, initial & 31
        if argument > _LONGEST_INLINE and major != _SIMPLE:
            if argument == _ONE_BYTE and offset < size and data[offset] >= _ONE_BYTE:
                argument = data[offset]
                offset += 1
            else:
                argument, offset = _long_argument(data, offset, argument)
        if initial < _FIRST_ARRAY:
            if initial >= _FIRST_BYTES:
                offset += argument
            continue
        if is_map and missing & 1:
            raise _malformed("a map key that is neither integer nor string", offset)
        if major == _SIMPLE:
            if argument not in _BYTES_AFTER_SIMPLE:
                raise _malformed("a simple value other than false, true and null", offset)
            offset += _BYTES_AFTER_SIMPLE[argument]
            continue
        if major == _TAG:
            if argument not in limits.tags:
                raise _malformed(f"tag {argument}, which is not expected here", offset)
            argument = 1
        elif major == _MAP:
            if argument > limits.max_map_entries:
                raise LimitExceededError(f"a CBOR map has more than {limits.max_map_entries} entries")
            argument *= 2
        items += argument
        if items > limits.max_items:
            raise LimitExceededError(f"CBOR data has more than {limits.max_items} items")
        around.append((missing, is_map))
        if len(around) > limits.max_depth:
            raise LimitExceededError(f"CBOR data is nested deeper than {limits.max_depth}")
        missing, is_map = argument, major == _MAP


def _require_end(offset: int, size: int) -> None:
    if offset < size:
        raise _malformed("more bytes after the item", offset)
    if offset > size:
        raise _malformed("an early end", size)


def _long_argument(data: bytes, offset: int, additional: int) -> tuple[int, int]:
    """Return the argument that begins at `offset`, and where it ends."""
    if additional == _INDEFINITE:
        raise _malformed("an indefinite length", offset)
    if additional not in _LONG_ARGUMENTS:
        raise _malformed("a reserved head", offset)
    width, least = _LONG_ARGUMENTS[additional]
    end = offset + width
    if end > len(data):
        raise _malformed("an early end", len(data))
    argument = int.from_bytes(data[offset:end])
    if argument < least:
        raise _malformed("a head that is not the shortest", offset)
    return argument, end


def _malformed(what: str, offset: int) -> MalformedError:
    return MalformedError(f"CBOR data has {what}, near byte {offset}", clause="RFC 8949, sections 3 and 4.1")


# --- writing ---------------------------------------------------------------------------------------------------------


def dumps(value: CborValue) -> bytes:
    """Return `value` in shortest definite form; map entries keep their order.

    Raises:
        TypeError: a value that is none of None, bool, int, float, str, bytes, sequence, mapping and `Tag`, or a map key
            that is no int, str or bytes.
        ValueError: an integer beyond 64 bits, text with a lone surrogate, or nesting deeper than 16.
    """
    plain = _plain(value, LIMITS.max_depth)
    try:
        return cbor2.dumps(plain)
    except cbor2.CBOREncodeError:  # a float: an encoder of our own costs every other value more than itself
        return cbor2.dumps(plain, encoders={_Float: _write_float})


def byte_string(data: bytes) -> bytes:
    """Return the encoding of a byte string, for building what is signed without taking it apart again."""
    length = len(data)
    return (_BYTES_HEADS[length] if length < _SHORT else _head(0x40, length)) + data


def text_string(text: str) -> bytes:
    """Return the encoding of a text string.

    Raises:
        ValueError: a lone surrogate.
    """
    data = text.encode("utf-8")
    length = len(data)
    return (_TEXT_HEADS[length] if length < _SHORT else _head(0x60, length)) + data


def unsigned(number: int) -> bytes:
    """Return the encoding of an integer that is not negative."""
    return _NUMBERS[number] if 0 <= number < _SHORT else _head(0, number)


def array_head(length: int) -> bytes:
    """Return what stands before the elements of an array."""
    return _ARRAY_HEADS[length] if length < _SHORT else _head(0x80, length)


def map_head(entries: int) -> bytes:
    """Return what stands before the entries of a map."""
    return _MAP_HEADS[entries] if entries < _SHORT else _head(0xA0, entries)


def embedded(encoded: bytes) -> bytes:
    """Return an encoded item as an embedded item, ``#6.24(bstr .cbor X)`` (RFC 8949, section 3.4.5.1)."""
    length = len(encoded)
    return (_EMBEDDED_HEADS[length] if length < _SHORT else _EMBEDDED + _head(0x40, length)) + encoded


def _head(major: int, argument: int) -> bytes:
    if argument <= _LONGEST_INLINE:
        return bytes((major | argument,))
    if _SHORT <= argument < 1 << 16:  # what is longer than the tables below know is mostly of this length
        return bytes((major | _TWO_BYTES,)) + argument.to_bytes(2)
    for additional, (width, _) in _LONG_ARGUMENTS.items():
        if argument < 1 << (8 * width):
            return bytes((major | additional,)) + argument.to_bytes(width)
    raise ValueError("an argument beyond 64 bits")


_SHORT: Final = 256
_NUMBERS: Final = tuple(_head(0, number) for number in range(_SHORT))
_BYTES_HEADS: Final = tuple(_head(0x40, length) for length in range(_SHORT))
_EMBEDDED: Final = b"\xd8\x18"  # tag 24
_EMBEDDED_HEADS: Final = tuple(_EMBEDDED + head for head in _BYTES_HEADS)
_TEXT_HEADS: Final = tuple(_head(0x60, length) for length in range(_SHORT))
_ARRAY_HEADS: Final = tuple(_head(0x80, length) for length in range(_SHORT))
_MAP_HEADS: Final = tuple(_head(0xA0, entries) for entries in range(_SHORT))

# Made once: a union of types is made anew each time that it is written into an `isinstance`, and this is a hot path.
_STRINGS, _ARRAYS, _MAPS = (str, bytes), (list, tuple), (dict, Mapping)
_WRITTEN_AS_THEY_ARE: Final = frozenset({type(None), bool, str, bytes})


@dataclass(frozen=True, slots=True)
class _Float:
    """A float, which cbor2 would write in more bytes than it needs."""

    value: float


def _plain(value: CborValue, room: int) -> object:
    """Return `value` in types that cbor2 writes as we mean; left alone it takes sets and dates, and dies of depth."""
    if type(value) in _WRITTEN_AS_THEY_ARE:
        return value
    if isinstance(value, int):
        return _int64(value)
    if isinstance(value, _STRINGS):
        return value
    if isinstance(value, float):
        return _Float(value)
    if room == 0:
        raise ValueError(f"a CBOR value is nested deeper than {LIMITS.max_depth}")
    if isinstance(value, _MAPS):
        return {_key(key): _plain(member, room - 1) for key, member in value.items()}
    if isinstance(value, _ARRAYS):
        return [_plain(element, room - 1) for element in value]
    if isinstance(value, Tag):
        return cbor2.CBORTag(value.number, _plain(value.content, room - 1))
    raise TypeError(f"CBOR has no form for {type(value).__name__}")


def _key(key: object) -> CborKey:
    if isinstance(key, _STRINGS):
        return key
    if isinstance(key, int) and not isinstance(key, bool):
        return _int64(key)
    raise TypeError(f"a CBOR map key is an int, str or bytes, not {type(key).__name__}")


def _int64(value: int) -> int:
    if not -_MAX_UINT64 - 1 <= value <= _MAX_UINT64:
        raise ValueError("an integer beyond 64 bits")
    return value


def _write_float(encoder: cbor2.CBOREncoder, value: _Float) -> None:
    encoder.write(_shortest_float(value.value))


def _shortest_float(value: float) -> bytes:
    if value != value:
        return b"\xf9\x7e\x00"  # one NaN for all (RFC 8949, section 4.2.2)
    for head, form in ((b"\xf9", ">e"), (b"\xfa", ">f")):
        try:
            packed = struct.pack(form, value)
        except OverflowError:
            continue
        if struct.unpack(form, packed)[0] == value:
            return head + packed
    return b"\xfb" + struct.pack(">d", value)
