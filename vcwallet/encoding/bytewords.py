# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Bytewords (BCR-2020-012): a four-letter word for each byte, with a checksum at the end.

The checksum finds slips of the eye and of the camera.  It is no protection against anyone who means harm.

    >>> from vcwallet.encoding import bytewords
    >>> bytewords.encode(b"Hi", style=bytewords.Style.STANDARD)
    'fund iron gift cash beta beta'
    >>> bytewords.encode(b"Hi")
    'fdingtchbaba'
    >>> bytewords.decode("FDINGTCHBABA")
    b'Hi'
"""

from __future__ import annotations

import zlib
from enum import StrEnum
from typing import Final

from vcwallet.errors import MalformedError

#: The word of each byte, from 0x00 "able" to 0xff "zoom"; their first and last letters together are unique.
_TABLE: Final = """
    able acid also apex aqua arch atom aunt away axis back bald barn belt beta bias
    blue body brag brew bulb buzz calm cash cats chef city claw code cola cook cost
    crux curl cusp cyan dark data days deli dice diet door down draw drop drum dull
    duty each easy echo edge epic even exam exit eyes fact fair fern figs film fish
    fizz flap flew flux foxy free frog fuel fund gala game gear gems gift girl glow
    good gray grim guru gush gyro half hang hard hawk heat help high hill holy hope
    horn huts iced idea idle inch inky into iris iron item jade jazz join jolt jowl
    judo jugs jump junk jury keep keno kept keys kick kiln king kite kiwi knob lamb
    lava lazy leaf legs liar limp lion list logo loud love luau luck lung main many
    math maze memo menu meow mild mint miss monk nail navy need news next noon note
    numb obey oboe omit onyx open oval owls paid part peck play plus poem pool pose
    puff puma purr quad quiz race ramp real redo rich road rock roof ruby ruin runs
    rust safe saga scar sets silk skew slot soap solo song stub surf swan taco task
    taxi tent tied time tiny toil tomb toys trip tuna twin ugly undo unit urge user
    vast very veto vial vibe view visa void vows wall wand warm wasp wave waxy webs
    what when whiz wolf work yank yawn yell yoga yurt zaps zero zest zinc zone zoom
"""
WORDS: Final = tuple(_TABLE.split())

_PAIRS: Final = [word[0] + word[-1] for word in WORDS]
_BYTE_OF: Final = {code: byte for codes in (WORDS, _PAIRS) for byte, code in enumerate(codes)}
_CHECKSUM_BYTES: Final = 4


class Style(StrEnum):
    """How the words are written; the value is what stands between them."""

    STANDARD = " "
    URI = "-"
    MINIMAL = ""  # only the first and last letter of each word


def encode(data: bytes, *, style: Style = Style.MINIMAL) -> str:
    """Return `data` and its CRC-32 in lower-case bytewords."""
    codes = _PAIRS if style is Style.MINIMAL else WORDS
    return style.value.join(codes[byte] for byte in data + _checksum(data))


def decode(text: str, *, style: Style = Style.MINIMAL) -> bytes:
    """Return the bytes that `text`, in either case, encodes.

    Raises:
        MalformedError: an unknown word, or a checksum that does not match.
    """
    if not text.isascii():  # before lower(), which turns the Kelvin sign into a k
        raise MalformedError("bytewords have a character that is not ASCII")
    data = bytes(_byte(code, style) for code in _split(text.lower(), style))
    body, checksum = data[:-_CHECKSUM_BYTES], data[-_CHECKSUM_BYTES:]
    if checksum != _checksum(body):
        raise MalformedError("bytewords do not match their checksum", clause="BCR-2020-012")
    return body


def _split(text: str, style: Style) -> list[str]:
    if style is Style.MINIMAL:
        return [text[start : start + 2] for start in range(0, len(text), 2)]
    return text.split(style.value)


def _byte(code: str, style: Style) -> int:
    byte = _BYTE_OF.get(code)
    if byte is None or len(code) != (2 if style is Style.MINIMAL else 4):
        raise MalformedError("bytewords have a word that is not in the list", clause="BCR-2020-012")
    return byte


def _checksum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(_CHECKSUM_BYTES)
