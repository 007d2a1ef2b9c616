# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""QR codes (ISO/IEC 18004) that carry our messages: drawn as PNG, SVG, terminal text or animation, and read again.

Most codes hold a text that its own standard defines: an OpenID link, an ``mdoc:`` engagement.  For moving a whole
request or response without a network there is no standard; we use uniform resources (BCR-2020-005), one code or a
sequence, of two types that are **our own and not registered**: ``vc-request`` and ``vc-response``.  Their CBOR item is
a byte string, the UTF-8 or binary message.

This needs the extra ``vcwallet[qr]``.

    >>> from vcwallet.adapters import qr
    >>> codes = qr.qr_codes(qr.QrKind.VC_RESPONSE, "eyJ0eXAi..." * 100)
    >>> len(codes), codes[0].version
    (9, 13)
    >>> scanner = qr.Scanner()
    >>> for code in codes[2:] + codes[:1]:
    ...     scanner.scan(code.png())
    >>> scanner.kind, scanner.message == b"eyJ0eXAi..." * 100
    (<QrKind.VC_RESPONSE: 'vc-response'>, True)

What a code says is untrusted until its signature is verified, and a link from a code is shown before it is followed.
"""

from __future__ import annotations

import importlib
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from vcwallet.encoding import cbor, uniform_resource
from vcwallet.encoding.fountain import MAX_MESSAGE_BYTES, MAX_PARTS
from vcwallet.encoding.uniform_resource import UrDecoder
from vcwallet.errors import LimitExceededError, MalformedError, MissingExtraError, UnsupportedError, quoted

if TYPE_CHECKING:
    from PIL.Image import Image

#: How much of a code may be damaged: about 7, 15, 25 or 30 per cent.
ErrorCorrection: TypeAlias = Literal["L", "M", "Q", "H"]
Picture: TypeAlias = "bytes | Path | Image"

#: The largest code that one phone reads from the screen of another without effort.
PRACTICAL_VERSION: Final = 25
MAX_VERSION: Final = 40
#: What the largest code holds.
MAX_TEXT_CHARACTERS: Final = 4296
#: The light margin that readers need, in modules.
QUIET_ZONE: Final = 4

MAX_PICTURE_BYTES: Final = 4 * 1024 * 1024
#: A photograph of twelve megapixels; of an animation, all frames together.
MAX_PICTURE_PIXELS: Final = 13_000_000
MAX_ANIMATION_PIXELS: Final = 5 * MAX_PICTURE_PIXELS

_FRAGMENT_BYTES: Final = 200
#: Pillow reads dozens of formats; cameras and screens make these.
_PICTURE_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "BMP")


class QrKind(StrEnum):
    """What a code is for, told by the beginning of its text and by nothing else."""

    VC_REQUEST = "vc-request"
    VC_RESPONSE = "vc-response"
    CREDENTIAL_OFFER = "credential-offer"
    PRESENTATION_REQUEST = "presentation-request"
    MDOC_ENGAGEMENT = "mdoc-engagement"
    MDOC_WEBSITE = "mdoc-website"
    HEALTH_CERTIFICATE = "health-certificate"
    VC_BARCODE = "vc-barcode"
    TEXT = "text"


#: The kinds that travel as uniform resources; the value is the type.
_UR_KINDS: Final = frozenset({QrKind.VC_REQUEST, QrKind.VC_RESPONSE})
_UR_SCHEME: Final = "ur:"
#: Schemes are written in any case (RFC 3986, section 3.1); the first that fits counts.
_SCHEMES: Final = (
    ("openid-credential-offer:", QrKind.CREDENTIAL_OFFER),
    ("haip-vci:", QrKind.CREDENTIAL_OFFER),
    ("openid4vp:", QrKind.PRESENTATION_REQUEST),
    ("haip-vp:", QrKind.PRESENTATION_REQUEST),
    ("mdoc://", QrKind.MDOC_WEBSITE),
    ("mdoc:", QrKind.MDOC_ENGAGEMENT),
)
#: These are context identifiers of Base45 text, in upper case only.
_IDENTIFIERS: Final = (("HC1:", QrKind.HEALTH_CERTIFICATE), ("VC1-R", QrKind.VC_BARCODE))


def kind_of(text: str) -> QrKind:
    """Return what a scanned text is for.

    Raises:
        LimitExceededError: longer than any QR code.
        MalformedError: a control character.
        UnsupportedError: a uniform resource of a type that is not ours.
    """
    if len(text) > MAX_TEXT_CHARACTERS:
        raise LimitExceededError(f"the text of a QR code is longer than {MAX_TEXT_CHARACTERS} characters")
    if not all(character.isprintable() or character == "\N{IDEOGRAPHIC SPACE}" for character in text):
        raise MalformedError("the text of a QR code has a control character")
    lower = text[:32].lower()
    if lower.startswith(_UR_SCHEME):
        return _kind_of_uniform_resource(text)
    for scheme, kind in _SCHEMES:
        if lower.startswith(scheme):
            return kind
    for identifier, kind in _IDENTIFIERS:
        if text.startswith(identifier):
            return kind
    return QrKind.TEXT


def _kind_of_uniform_resource(text: str) -> QrKind:
    ur_type = text[len(_UR_SCHEME) :].partition("/")[0].lower()
    if ur_type not in _UR_KINDS:
        raise UnsupportedError(f"a uniform resource of type {quoted(ur_type)}")
    return QrKind(ur_type)


# --- drawing -----------------------------------------------------------------------------------------------------------


def qr_codes(
    kind: QrKind, message: bytes | str, *, error_correction: ErrorCorrection = "M", redundancy: float = 1.5
) -> list[QrCode]:
    """Return one code for `message` or, when it is a request or response too long for that, a sequence.

    A sequence has `redundancy` times the codes that are strictly needed, so that a reader may miss some of them.

    Raises:
        LimitExceededError: a link that does not fit one practical code, or a message too long for a sequence (64 KiB
            with error correction M).
        ValueError: the text of `message` is not of this `kind`.
    """
    if kind not in _UR_KINDS:
        return [_draw_text(kind, message, error_correction)]
    item = cbor.dumps(message.encode() if isinstance(message, str) else message)
    try:
        text = uniform_resource.encode(kind, item)
        return [draw(text, error_correction=error_correction, max_version=PRACTICAL_VERSION)]
    except LimitExceededError:
        return [
            draw(text, error_correction=error_correction, max_version=PRACTICAL_VERSION)
            for text in _sequence(kind, item, redundancy)
        ]


def _draw_text(kind: QrKind, message: bytes | str, error_correction: ErrorCorrection) -> QrCode:
    text = message if isinstance(message, str) else message.decode()
    if kind_of(text) is not kind:
        raise ValueError(f"the text is not a {kind}")
    return draw(text, error_correction=error_correction, max_version=PRACTICAL_VERSION)


def _sequence(kind: QrKind, item: bytes, redundancy: float) -> Iterator[str]:
    # Small codes are read fastest; a long message needs larger ones to keep to the number that a reader accepts.
    fragment_bytes = max(_FRAGMENT_BYTES, math.ceil(len(item) / MAX_PARTS))
    count = uniform_resource.part_count(item, max_fragment_bytes=fragment_bytes)
    texts = uniform_resource.parts(kind, item, max_fragment_bytes=fragment_bytes)
    return islice(texts, math.ceil(count * redundancy))


def draw(text: str, *, error_correction: ErrorCorrection = "M", max_version: int = MAX_VERSION) -> QrCode:
    """Return the smallest code that holds `text`.

    Raises:
        LimitExceededError: no code up to `max_version` holds it.
        MissingExtraError: the extra ``qr`` is not installed.
    """
    qrcode = _library("qrcode")
    code = qrcode.QRCode(error_correction=getattr(qrcode.constants, f"ERROR_CORRECT_{error_correction}"), border=0)
    # One segment: upper-case texts stay in alphanumeric mode as a whole.
    code.add_data(text, optimize=0)
    try:
        version = code.best_fit()
    except ValueError:  # "version 41"
        version = MAX_VERSION + 1
    if version > max_version:
        raise LimitExceededError(f"a text of {len(text)} characters needs a QR code above version {max_version}")
    code.make()
    modules = tuple(tuple(bool(dark) for dark in row) for row in code.modules)
    return QrCode(text=text, version=version, error_correction=error_correction, modules=modules)


@dataclass(frozen=True, slots=True, kw_only=True)
class QrCode:
    """A code as its dark modules, row by row, without the quiet zone; the pictures made of it have one."""

    text: str = field(repr=False)
    version: int
    error_correction: ErrorCorrection
    modules: tuple[tuple[bool, ...], ...] = field(repr=False)

    def png(self, *, scale: int = 8) -> bytes:
        """Return a PNG picture with `scale` pixels a module."""
        file = io.BytesIO()
        self._image(scale).save(file, format="PNG")
        return file.getvalue()

    def svg(self) -> str:
        """Return an SVG document, one unit a module."""
        rows = enumerate(self._rows())
        path = "".join(f"M{x} {y}h1v1h-1z" for y, row in rows for x, dark in enumerate(row) if dark)
        side = self._side
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
            f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{path}"/></svg>\n'
        )

    def terminal(self) -> str:
        """Return lines of half blocks, two modules a character, black on white whatever the terminal's colours are."""
        rows = [*self._rows(), [False] * self._side]  # the side is odd
        lines = (
            "".join(_HALF_BLOCKS[upper, lower] for upper, lower in zip(*pair, strict=True))
            for pair in zip(rows[::2], rows[1::2], strict=True)
        )
        return "".join(f"{_BLACK_ON_WHITE}{line}{_RESET}\n" for line in lines)

    def save(self, path: Path | str) -> None:
        """Write the picture that the suffix of `path` asks for: ``.png``, ``.svg`` or ``.txt`` (for a terminal).

        Raises:
            ValueError: another suffix.
        """
        path = Path(path)
        match path.suffix.lower():
            case ".png":
                path.write_bytes(self.png())
            case ".svg":
                path.write_text(self.svg(), encoding="utf-8")
            case ".txt":
                path.write_text(self.terminal(), encoding="utf-8")
            case _:
                raise ValueError("a QR code is saved as .png, .svg or .txt")

    @property
    def _side(self) -> int:
        return len(self.modules) + 2 * QUIET_ZONE

    def _rows(self) -> list[list[bool]]:
        """Return the modules with the quiet zone around them."""
        light = [[False] * self._side for _ in range(QUIET_ZONE)]
        margin = [False] * QUIET_ZONE
        return [*light, *([*margin, *row, *margin] for row in self.modules), *light]

    def _image(self, scale: int) -> Image:
        shades = bytes(0 if dark else 255 for row in self._rows() for dark in row)
        image: Image = _library("PIL.Image").frombytes("L", (self._side, self._side), shades)
        return image.resize((self._side * scale, self._side * scale), resample=_NEAREST)


_NEAREST: Final = 0  # PIL.Image.Resampling.NEAREST
_HALF_BLOCKS: Final = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
_BLACK_ON_WHITE: Final = "\x1b[38;5;16;48;5;231m"
_RESET: Final = "\x1b[0m"


def animated_gif(codes: Sequence[QrCode], *, scale: int = 6, frame_milliseconds: int = 120) -> bytes:
    """Return an endless animation of a sequence, for a screen that a phone is held to.

    Raises:
        ValueError: no codes.
    """
    if not codes:
        raise ValueError("an animation needs at least one code")
    side = max(code._side for code in codes) * scale
    frames = [_centred(code._image(scale), side) for code in codes]
    file = io.BytesIO()
    frames[0].save(
        file, format="GIF", save_all=True, append_images=frames[1:], duration=frame_milliseconds, loop=0, disposal=1
    )
    return file.getvalue()


def _centred(image: Image, side: int) -> Image:
    canvas: Image = _library("PIL.Image").new("L", (side, side), 255)
    canvas.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return canvas


# --- reading -----------------------------------------------------------------------------------------------------------


def read(picture: Picture) -> list[str]:
    """Return the texts of all QR codes in a picture, or in the frames of an animation; an empty list when it has none.

    Args:
        picture: the bytes of a PNG, JPEG, GIF, WebP or BMP file, the path of one, or a Pillow image.

    Raises:
        LimitExceededError: more than 4 MiB or 13 megapixels (65 for all frames of an animation).
        MalformedError: not a picture.
        MissingExtraError: the extra ``qr`` is not installed.
    """
    zxing = _library("zxingcpp")
    return [
        _text_of(barcode.bytes, barcode.text)
        for frame in _frames(_opened(picture))
        for barcode in zxing.read_barcodes(frame, formats=zxing.BarcodeFormat.QRCode)
    ]


def _text_of(data: bytes, guess: str) -> str:
    # A code rarely says which character set it uses, and the reader then guesses.  Ours are UTF-8.
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return guess


def _opened(picture: Picture) -> Image:
    if isinstance(picture, Path):
        with picture.open("rb") as file:
            picture = file.read(MAX_PICTURE_BYTES + 1)
    if not isinstance(picture, bytes):
        return picture
    if len(picture) > MAX_PICTURE_BYTES:
        raise LimitExceededError(f"a picture file is larger than {MAX_PICTURE_BYTES} bytes")
    pil = _library("PIL.Image")
    try:
        image: Image = pil.open(io.BytesIO(picture), formats=_PICTURE_FORMATS)
    except (pil.DecompressionBombError, pil.DecompressionBombWarning):
        raise LimitExceededError("a picture has far too many pixels") from None
    except Exception:  # Pillow's readers raise whatever their parsing runs into
        raise MalformedError("not a picture in a format that is read here") from None
    return image


def _frames(image: Image) -> Iterator[Image]:
    """Yield the frames of a picture in shades of grey, decoding one at a time."""
    pixels_left = MAX_ANIMATION_PIXELS
    for number in range(getattr(image, "n_frames", 1)):
        try:
            image.seek(number)
            size = image.width * image.height
            pixels_left -= size
            if size > MAX_PICTURE_PIXELS or pixels_left < 0:
                raise LimitExceededError("a picture has too many pixels")
            frame = _grey(image)
        except LimitExceededError:
            raise
        except Exception:  # as in _opened: pixels are decoded only now
            raise MalformedError("a picture is damaged") from None
        yield frame


def _grey(image: Image) -> Image:
    if not image.has_transparency_data:
        return image.convert("L")
    # What is transparent is meant to lie on white paper; a plain conversion would often make it black.
    coloured = image.convert("RGBA")
    paper: Image = _library("PIL.Image").new("L", image.size, 255)
    paper.paste(coloured.convert("L"), mask=coloured.getchannel("A"))
    return paper


class Scanner:
    """Gathers one message from single codes or the codes of a sequence, in any order.

    A text that stands alone completes the scan at once, unless a sequence is under way: then it is ignored.  For another
    message, take another scanner.
    """

    def __init__(self) -> None:
        self._kind: QrKind | None = None
        self._message: bytes | None = None
        self._sequence = UrDecoder()

    @property
    def kind(self) -> QrKind | None:
        """What the message is for, once it is complete."""
        return self._kind

    @property
    def message(self) -> bytes | None:
        """The message once it is complete: of our own kinds what was given to `qr_codes`, else the whole text."""
        return self._message

    @property
    def progress(self) -> float:
        """How much is known, from 0 to 1."""
        return self._sequence.progress if self._message is None else 1.0

    def scan(self, picture: Picture) -> None:
        """Take in all codes of a picture; none, or known ones, change nothing.

        Raises:
            LimitExceededError: as `read`; or the message is longer than 256 KiB or in more than 100 parts.
            MalformedError: as `read`; or no code in the picture makes sense and one is broken.
            UnsupportedError: no code makes sense and one is a uniform resource that is not ours.
        """
        refused: MalformedError | UnsupportedError | None = None
        for text in read(picture):
            try:
                self.receive(text)
            except (MalformedError, UnsupportedError) as error:
                refused = error
            else:
                return_value = None  # noqa
        if refused:
            raise refused

    def receive(self, text: str) -> None:
        ...
