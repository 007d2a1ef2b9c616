# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Reading the QR codes of a picture with **Pillow** and **zxing-cpp**, within limits of size and work.

A picture is hostile input: it is opened in a few formats only, and measured before it is decoded.

    >>> from vcwallet.adapters import qr
    >>> qr.read(qr.draw("番号　花子").png())
    ['番号　花子']
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import thread_time
from typing import TYPE_CHECKING, Final, TypeAlias

from vcwallet.adapters.qr._library import library
from vcwallet.encoding.fountain import MAX_PARTS
from vcwallet.errors import LimitExceededError, MalformedError, VcError

if TYPE_CHECKING:
    from PIL.Image import Image

Picture: TypeAlias = "bytes | Path | Image"

MAX_PICTURE_BYTES: Final = 4 * 1024 * 1024
#: A photograph of twelve megapixels; and all frames of an animation together.
MAX_PICTURE_PIXELS: Final = 13_000_000
MAX_ANIMATION_PIXELS: Final = 5 * MAX_PICTURE_PIXELS
MAX_FRAMES: Final = 4 * MAX_PARTS
#: What is larger is made smaller before it is looked at; a code of a tenth of the width of a photograph is found still.
MAX_READ_PIXELS: Final = 2_000_000
#: How long looking for codes may take, of the time of a processor.
MAX_READ_SECONDS: Final = 2

#: Pillow reads dozens of formats; cameras and screens make these.
_PICTURE_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "BMP")


def read(picture: Picture) -> list[str]:
    """Return the texts of all QR codes in a picture, or in the frames of an animation; an empty list when it has none.

    Args:
        picture: the bytes of a PNG, JPEG, GIF, WebP or BMP file, the path of one, or a Pillow image.

    Raises:
        LimitExceededError: more than 4 MiB, 13 megapixels, or for an animation 65 megapixels or 400 frames in all; or
            it takes longer than 2 seconds.
        MalformedError: not a picture.
        MissingExtraError: the extra ``qr`` is not installed.
    """
    library("zxingcpp")  # before anything is opened
    return list(_texts(_frames(_opened(picture)), clock=thread_time))


def _texts(frames: Iterable[Image], *, clock: Callable[[], float]) -> Iterator[str]:
    """Yield the texts of the codes of some frames, until that has taken too long."""
    zxing, spent = library("zxingcpp"), 0.0
    for frame in frames:
        if spent >= MAX_READ_SECONDS:
            raise LimitExceededError(f"reading a picture takes longer than {MAX_READ_SECONDS} seconds")
        began = clock()
        found = zxing.read_barcodes(_reduced(frame), formats=zxing.BarcodeFormat.QRCode)
        spent += clock() - began
        for barcode in found:
            yield _text_of(barcode.bytes, barcode.text)


def _reduced(frame: Image) -> Image:
    """Return a frame as large as is looked at: a picture of nothing but the corners of codes is work without end."""
    factor = (MAX_READ_PIXELS / (frame.width * frame.height)) ** 0.5
    if factor >= 1:
        return frame
    width, height = (min(max(1, int(side * factor)), MAX_READ_PIXELS) for side in frame.size)
    return frame.resize((width, height), library("PIL.Image").Resampling.BOX)


def _text_of(data: bytes, guess: str) -> str:
    # A code rarely says which character set it uses, and the reader then guesses.  Ours are UTF-8.
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return guess


def _opened(picture: Picture) -> Image:
    if isinstance(picture, str):
        raise TypeError("a picture is bytes, a Path or a Pillow image; a str may be meant as a path or as scanned text")
    if isinstance(picture, Path):
        with picture.open("rb") as opened:
            picture = opened.read(MAX_PICTURE_BYTES + 1)
    if not isinstance(picture, bytes):
        return picture
    if len(picture) > MAX_PICTURE_BYTES:
        raise LimitExceededError(f"a picture file is larger than {MAX_PICTURE_BYTES} bytes")
    with _pillow_errors_as_ours():
        image: Image = library("PIL.Image").open(io.BytesIO(picture), formats=_PICTURE_FORMATS)
        return image


def _frames(image: Image) -> Iterator[Image]:
    """Yield the frames of a picture in shades of grey, decoding one at a time."""
    pixels = 0
    for number in count():
        with _pillow_errors_as_ours():
            if not _turn_to(image, number):
                return
            size = image.width * image.height
            pixels += size
            if size == 0:
                raise MalformedError("a picture has no pixels")
            if size > MAX_PICTURE_PIXELS or pixels > MAX_ANIMATION_PIXELS:
                raise LimitExceededError("a picture has too many pixels")
            if number == MAX_FRAMES:
                raise LimitExceededError(f"an animation has more than {MAX_FRAMES} frames")
            frame = _grey(image)
        yield frame


def _turn_to(image: Image, frame_number: int) -> bool:
    try:
        image.seek(frame_number)
    except EOFError:
        return False
    return True


@contextmanager
def _pillow_errors_as_ours() -> Iterator[None]:
    pil = library("PIL.Image")
    try:
        yield
    except VcError:
        raise
    except (pil.DecompressionBombError, pil.DecompressionBombWarning):
        raise LimitExceededError("a picture has too many pixels") from None
    except Exception:  # Pillow's readers raise whatever their parsing runs into, and its documentation lists less
        raise MalformedError("not a picture, or a damaged one") from None


def _grey(image: Image) -> Image:
    if not image.has_transparency_data:
        return image.convert("L")
    # What is transparent is meant to lie on white paper; a plain conversion would often make it black.
    coloured = image if image.mode == "RGBA" else image.convert("RGBA")
    paper: Image = library("PIL.Image").new("L", image.size, 255)
    paper.paste(coloured.convert("L"), mask=coloured.getchannel("A"))
    return paper
