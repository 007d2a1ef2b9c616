# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Drawing QR codes (ISO/IEC 18004) with **qrcode**, as PNG, SVG, terminal text and animation.

A code does not show its text when printed, since that may be a credential.

    >>> from vcwallet.adapters import qr
    >>> code = qr.draw("mdoc:owBjMS4w")
    >>> code
    QrCode(version=1, error_correction='M')
    >>> code.svg()[:47]
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox'
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from vcwallet.adapters.qr._library import library
from vcwallet.adapters.qr.kinds import MAX_TEXT_CHARACTERS, UR_KINDS, QrKind, kind_of
from vcwallet.encoding import cbor, uniform_resource
from vcwallet.encoding.fountain import MAX_PARTS
from vcwallet.errors import LimitExceededError

if TYPE_CHECKING:
    from PIL.Image import Image

#: How much of a code may be damaged: about 7, 15, 25 or 30 per cent.
ErrorCorrection: TypeAlias = Literal["L", "M", "Q", "H"]

#: The largest code that one phone reads from the screen of another without effort.
PRACTICAL_VERSION: Final = 25
#: The light margin that readers need, in modules.
QUIET_ZONE: Final = 4

_MAX_VERSION: Final = 40
_FRAGMENT_BYTES: Final = 200


def qr_codes(
    kind: QrKind, message: bytes | str, *, error_correction: ErrorCorrection = "M", redundancy: float = 1.5
) -> list[QrCode]:
    """Return one code for `message` or, when it is a request or response too long for that, a sequence.

    A sequence has `redundancy` times the codes that are strictly needed, so that a reader may miss some of them;
    all are of one size.

    Raises:
        LimitExceededError: a link that does not fit one practical code, or a message too long for a sequence (about
            64 KiB with error correction M).
        ValueError: the text of `message` is not of this `kind`, or a redundancy below 1.
        MissingExtraError: the extra ``qr`` is not installed.
    """
    texts = _texts(kind, message, error_correction, redundancy)
    version = _required_version(max(texts, key=len), error_correction)
    if version > PRACTICAL_VERSION:
        raise LimitExceededError(f"the message needs a QR code above version {PRACTICAL_VERSION}")
    return [_draw(text, error_correction, version) for text in texts]


def _texts(kind: QrKind, message: bytes | str, error_correction: ErrorCorrection, redundancy: float) -> list[str]:
    if redundancy < 1:
        raise ValueError("a sequence needs at least each code once")
    if kind not in UR_KINDS:
        text = message if isinstance(message, str) else message.decode()
        if kind_of(text) != kind:
            raise ValueError(f"the text is not a {kind}")
        return [text]
    item = cbor.dumps(message.encode() if isinstance(message, str) else message)
    single = uniform_resource.encode(kind, item)
    if _required_version(single, error_correction) <= PRACTICAL_VERSION:
        return [single]
    # Small codes are read fastest; a long message takes larger ones to keep to the number that a reader accepts.
    fragment_bytes = max(_FRAGMENT_BYTES, math.ceil(len(item) / MAX_PARTS))
    needed = uniform_resource.part_count(item, max_fragment_bytes=fragment_bytes)
    texts = uniform_resource.parts(kind, item, max_fragment_bytes=fragment_bytes)
    return list(islice(texts, math.ceil(needed * redundancy)))


def draw(text: str, *, error_correction: ErrorCorrection = "M") -> QrCode:
    """Return the smallest code that holds `text`.

    Raises:
        LimitExceededError: no code holds it.
        MissingExtraError: the extra ``qr`` is not installed.
    """
    version = _required_version(text, error_correction)
    if version > _MAX_VERSION:
        raise LimitExceededError(f"no QR code holds {len(text)} characters")
    return _draw(text, error_correction, version)


def _required_version(text: str, error_correction: ErrorCorrection) -> int:
    """Return the version of the smallest code that holds `text`, or 41 when none does."""
    too_large = _MAX_VERSION + 1
    if len(text) > MAX_TEXT_CHARACTERS:
        return too_large
    try:
        return int(_filled(text, error_correction).best_fit())
    except (ValueError, library("qrcode.exceptions").DataOverflowError):  # the one in effect, the other meant
        return too_large


def _draw(text: str, error_correction: ErrorCorrection, version: int) -> QrCode:
    code = _filled(text, error_correction, version)
    code.make(fit=False)
    modules = tuple(tuple(bool(dark) for dark in row) for row in code.modules)
    return QrCode(text=text, version=version, error_correction=error_correction, modules=modules)


def _filled(text: str, error_correction: ErrorCorrection, version: int | None = None) -> Any:
    qrcode = library("qrcode")
    level = getattr(qrcode.constants, f"ERROR_CORRECT_{error_correction}")
    code = qrcode.QRCode(version=version, error_correction=level, border=0)
    # In one segment: an upper-case text then stays in alphanumeric mode as a whole.
    code.add_data(text, optimize=0)
    return code


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
        image: Image = library("PIL.Image").frombytes("L", (self._side, self._side), shades)
        return image.resize((self._side * scale, self._side * scale), resample=_NEAREST)


_NEAREST: Final = 0  # PIL.Image.Resampling.NEAREST
_HALF_BLOCKS: Final = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
_BLACK_ON_WHITE: Final = "\x1b[38;5;16;48;5;231m"
_RESET: Final = "\x1b[0m"


def animated_gif(codes: Sequence[QrCode], *, scale: int = 6, frame_milliseconds: int = 120) -> bytes:
    """Return an endless animation of a sequence, for a screen that a phone is held to.

    Raises:
        ValueError: no codes, or codes of different sizes.
    """
    if len({code.version for code in codes}) != 1:
        raise ValueError("an animation is made of codes of one size")
    first, *others = [code._image(scale) for code in codes]
    file = io.BytesIO()
    first.save(file, format="GIF", save_all=True, append_images=others, duration=frame_milliseconds, loop=0)
    return file.getvalue()
