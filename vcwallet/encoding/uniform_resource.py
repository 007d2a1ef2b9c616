# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Uniform resources: CBOR in one QR code or in a moving sequence of them (BCR-2020-005, BCR-2024-001).

A short message is one text, ``ur:<type>/<bytewords>``.  A long one is a fountain of texts,
``ur:<type>/<number>-<count>/<bytewords>``, of which a reader may miss some and see others twice.  We write upper case,
for which QR codes have a compact mode, and read both.

    >>> from itertools import islice
    >>> from vcwallet.encoding import cbor
    >>> from vcwallet.encoding import uniform_resource as ur
    >>> ur.encode("bytes", cbor.dumps(b"Hi"))
    'UR:BYTES/FWFDINLAMENSGT'
    >>> decoder = ur.UrDecoder()
    >>> for text in islice(ur.parts("bytes", cbor.dumps(b"Hi" * 40), max_fragment_bytes=30), 1, 4):
    ...     decoder.receive(text)
    >>> decoder.ur_type, decoder.message == cbor.dumps(b"Hi" * 40)
    ('bytes', True)

The checksums inside find reading errors; they do not say who made the message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import repeat
from typing import Final

from vcwallet.encoding import bytewords, fountain
from vcwallet.encoding.fountain import MAX_MESSAGE_BYTES, MAX_PARTS, FountainDecoder, Part
from vcwallet.errors import LimitExceededError, MalformedError

_CLAUSE: Final = "BCR-2020-005"
_TYPE: Final = re.compile(r"[a-z0-9-]+")
#: More than scheme, type, numbers and the head and checksum of a part ever take; a byte takes two characters.
_HEAD_CHARACTERS: Final = 200
_TEXT: Final = re.compile(
    r"ur:(?P<type>[a-z0-9-]{1,64})"
    r"(?:/(?P<number>[1-9][0-9]{0,9})-(?P<count>[1-9][0-9]{0,9}))?"
    r"/(?P<body>[a-z]+)"
)


# --- writing ---------------------------------------------------------------------------------------------------------


def encode(ur_type: str, message: bytes) -> str:
    """Return the one text for `message`, a CBOR item, in upper case.

    Raises:
        ValueError: `ur_type` has other characters than ``a-z``, ``0-9`` and the hyphen.
        LimitExceededError: the message is longer than 256 KiB.
    """
    _require_type(ur_type)
    if len(message) > MAX_MESSAGE_BYTES:
        raise LimitExceededError(f"a message is longer than {MAX_MESSAGE_BYTES} bytes")
    return f"ur:{ur_type}/{bytewords.encode(message)}".upper()


def parts(ur_type: str, message: bytes, *, max_fragment_bytes: int = 200) -> Iterator[str]:
    """Return an endless iterator over texts for `message`, a CBOR item, in upper case.

    The first `part_count` texts carry it once; what comes after them makes up for those that a reader misses.  A
    message of one fragment is the text of `encode` again and again, as the standard wants it.

    Raises:
        ValueError: as `encode`; an empty message, or fragments of less than 20 bytes.
        LimitExceededError: the message is longer than 256 KiB or comes in more than 100 parts.
    """
    single = encode(ur_type, message)
    count = part_count(message, max_fragment_bytes=max_fragment_bytes)
    if count > MAX_PARTS:
        raise LimitExceededError(f"a message comes in more than {MAX_PARTS} parts")
    if count == 1:
        return repeat(single)
    return (
        f"ur:{ur_type}/{part.number}-{part.count}/{bytewords.encode(part.to_cbor())}".upper()
        for part in fountain.parts(message, max_fragment_bytes=max_fragment_bytes)
    )


def part_count(message: bytes, *, max_fragment_bytes: int = 200) -> int:
    """Return how many fragments `parts` cuts `message` into."""
    return -(-len(message) // fountain.fragment_length(len(message), max_fragment_bytes))


def _require_type(ur_type: str) -> None:
    if not _TYPE.fullmatch(ur_type):
        raise ValueError("the type of a uniform resource is made of a-z, 0-9 and hyphens")


# --- reading ---------------------------------------------------------------------------------------------------------


class UrDecoder:
    """Reads one message from texts in any order, with gaps and repetitions; the first text decides which message.

    Attributes:
        ur_type: the type of the message, known from the first text on.
    """

    def __init__(self, *, max_message_bytes: int = MAX_MESSAGE_BYTES, max_parts: int = MAX_PARTS) -> None:
        self.ur_type: str | None = None
        self._max_message_bytes = max_message_bytes
        self._fountain = FountainDecoder(max_message_bytes=max_message_bytes, max_parts=max_parts)
        self._single: bytes | None = None

    @property
    def message(self) -> bytes | None:
        """The CBOR item, once it is complete."""
        return self._fountain.message if self._single is None else self._single

    @property
    def progress(self) -> float:
        """How much is known, from 0 to 1."""
        return self._fountain.progress if self._single is None else 1.0

    def receive(self, text: str) -> None:
        """Take in one text; a part of another message, or a text that comes late, changes nothing.

        Raises:
            MalformedError: not a uniform resource, or the complete message does not match its checksum; in that case
                the decoder is empty again.
            LimitExceededError: the message would be longer than 256 KiB or have more than 100 parts.
        """
        ur_type, content = self._parse(text)
        if self.message is not None or self.ur_type not in (None, ur_type):
            return
        if isinstance(content, Part):
            self._receive_part(ur_type, content)
        elif self.ur_type is None:
            self.ur_type, self._single = ur_type, content

    def _receive_part(self, ur_type: str, part: Part) -> None:
        try:
            self._fountain.receive(part)
        except MalformedError:
            self.ur_type = None
            raise
        self.ur_type = ur_type

    def _parse(self, text: str) -> tuple[str, Part | bytes]:
        if len(text) > 2 * self._max_message_bytes + _HEAD_CHARACTERS:
            raise LimitExceededError("the text of a uniform resource is too long")
        # isascii() comes before lower(), which turns the Kelvin sign into a k.
        found = _TEXT.fullmatch(text.lower()) if text.isascii() else None
        if found is None:
            raise MalformedError("not the text of a uniform resource", clause=_CLAUSE)
        body = bytewords.decode(found["body"])
        if found["number"] is None:
            if len(body) > self._max_message_bytes:
                raise LimitExceededError(f"a message is longer than {self._max_message_bytes} bytes")
            return found["type"], body
        part = Part.from_cbor(body)
        if (part.number, part.count) != (int(found["number"]), int(found["count"])) or part.count == 1:
            raise MalformedError("a part has another number inside than outside", clause=_CLAUSE)
        return found["type"], part
