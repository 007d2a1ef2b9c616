# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""QR codes: real pictures are drawn, spoilt in the ways that screens and cameras spoil them, and read again."""

from __future__ import annotations

import io
import random
import subprocess
import sys
import zlib
from collections.abc import Iterable
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from vcwallet.adapters import qr
from vcwallet.adapters.qr import ErrorCorrection, Picture, QrCode, QrKind, Scanner
from vcwallet.adapters.qr.pictures import (
    MAX_FRAMES,
    MAX_PICTURE_BYTES,
    MAX_READ_PIXELS,
    MAX_READ_SECONDS,
    _reduced,
    _texts,
)
from vcwallet.encoding import cbor
from vcwallet.encoding import uniform_resource as ur
from vcwallet.errors import LimitExceededError, MalformedError, UnsupportedError

qrcode = pytest.importorskip("qrcode", reason="needs the extra vcwallet[qr]")
pytest.importorskip("zxingcpp", reason="needs the extra vcwallet[qr]")
if TYPE_CHECKING:
    from PIL import Image, ImageFilter
else:
    Image = pytest.importorskip("PIL.Image", reason="needs the extra vcwallet[qr]")
    ImageFilter = pytest.importorskip("PIL.ImageFilter", reason="needs the extra vcwallet[qr]")

LINK = "openid4vp://?client_id=x509_hash%3Aabc&request_uri=https%3A%2F%2Fverifier.example%2Frequest%2F1"


def message(length: int) -> bytes:
    return random.Random(length).randbytes(length)


def scan(pictures: Iterable[Picture]) -> Scanner:
    scanner = Scanner()
    for picture in pictures:
        scanner.scan(picture)
    return scanner


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format=kind, **options)
    return file.getvalue()


def beside(*codes: QrCode) -> Image.Image:
    """Return one picture with all codes in a row, as on a printed page."""
    images = [Image.open(io.BytesIO(code.png(scale=4))) for code in codes]
    page = Image.new("L", (sum(image.width for image in images), max(image.height for image in images)), 255)
    left = 0
    for image in images:
        page.paste(image, (left, 0))
        left += image.width
    return page


# --- there and back --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("length", "count"), [(0, 1), (20, 1), (700, 1), (1_000, 9), (6_000, 47)])
def test_a_response_of_any_length_is_drawn_and_read_back(length: int, count: int) -> None:
    codes = qr.qr_codes(QrKind.VC_RESPONSE, message(length))
    assert len(codes) == count
    assert {code.version for code in codes} == {codes[0].version}
    assert qr.read_message(code.png(scale=4) for code in codes) == (QrKind.VC_RESPONSE, message(length))


@pytest.mark.parametrize("kind", [QrKind.VC_REQUEST, QrKind.VC_RESPONSE])
def test_our_own_kinds_say_which_they_are(kind: QrKind) -> None:
    assert qr.read_message(code.png() for code in qr.qr_codes(kind, "番号　花子")) == (kind, "番号　花子".encode())
    assert scan(code.png() for code in qr.qr_codes(kind, message(1_000))).kind is kind


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (QrKind.CREDENTIAL_OFFER, "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fcity.example%2Fo"),
        (QrKind.CREDENTIAL_OFFER, "haip-vci://?credential_offer_uri=https%3A%2F%2Fcity.example%2Fo"),
        (QrKind.PRESENTATION_REQUEST, LINK),
        (QrKind.PRESENTATION_REQUEST, "HAIP-VP://?client_id=a&request_uri=b"),
        (QrKind.MDOC_ENGAGEMENT, "mdoc:owBjMS4wAYIB2BhYS6QBAiABIVgg"),
        (QrKind.MDOC_WEBSITE, "mdoc://owBjMS4wAYIB2BhYS6QBAiABIVgg"),
        (QrKind.HEALTH_CERTIFICATE, "HC1:6BF+70790T9WJWG.FKY*4GO0.O1CV2 O5 N2FBBRW1*70HS8WY04AC*WIFN0AHCD8KD97TK0F90"),
        (QrKind.VC_BARCODE, "VC1-RSJRPWCR803A3P0098G3A3-B02-J743853U53KGK0XJ6MKJ1OI0M.FO053.33963DN04$RAQS+4SMC8C3KM7"),
        (QrKind.TEXT, "WIFI:T:WPA;S:番号;P:花子;;"),
        (QrKind.TEXT, "https://verifier.example/?x=openid4vp://"),
        (QrKind.TEXT, "hc1:6BF"),
        (QrKind.TEXT, " mdoc:owBjMS4w"),
    ],
)
def test_a_text_is_dispatched_by_its_beginning_alone(kind: QrKind, text: str) -> None:
    assert qr.kind_of(text) is kind
    (code,) = qr.qr_codes(kind, text)
    assert qr.read_message([code.png()]) == (kind, text.encode())


def test_a_link_is_not_drawn_as_another_kind_nor_cut_into_a_sequence() -> None:
    with pytest.raises(ValueError, match="not a credential-offer"):
        qr.qr_codes(QrKind.CREDENTIAL_OFFER, LINK)
    assert qr.qr_codes(QrKind.PRESENTATION_REQUEST, LINK.ljust(997, "a"))[0].version == 25
    with pytest.raises(LimitExceededError, match="above version 25"):
        qr.qr_codes(QrKind.PRESENTATION_REQUEST, LINK.ljust(998, "a"))


# --- sequences -------------------------------------------------------------------------------------------------------


def test_a_third_of_the_frames_lost_the_rest_shuffled_and_repeated_is_enough() -> None:
    codes = qr.qr_codes(QrKind.VC_RESPONSE, message(3_000), redundancy=2.5)
    dice = random.Random(3)
    pictures = [code.png(scale=3) for code in codes if dice.random() > 0.3] * 2
    assert len(pictures) < 2 * 0.75 * len(codes)
    dice.shuffle(pictures)
    assert qr.read_message(pictures) == (QrKind.VC_RESPONSE, message(3_000))


def test_the_default_redundancy_covers_two_codes_torn_off() -> None:
    codes = qr.qr_codes(QrKind.VC_RESPONSE, message(3_000))
    assert scan(code.png(scale=3) for code in codes[2:]).message == message(3_000)


def test_an_animation_is_read_back_from_its_file() -> None:
    codes = qr.qr_codes(QrKind.VC_RESPONSE, message(3_000))
    animation = qr.animated_gif(codes, scale=3)
    with Image.open(io.BytesIO(animation)) as image:
        assert (getattr(image, "n_frames", 1), image.info["loop"]) == (len(codes), 0)
    assert qr.read(animation) == [code.text for code in codes]
    assert qr.read_message([animation]) == (QrKind.VC_RESPONSE, message(3_000))


def test_an_animation_needs_codes_of_one_size() -> None:
    for codes in ([], [qr.draw("a"), qr.draw("a" * 200)]):
        with pytest.raises(ValueError, match="one size"):
            qr.animated_gif(codes)


def test_a_printed_page_with_the_whole_sequence_is_read_at_once() -> None:
    codes = qr.qr_codes(QrKind.VC_REQUEST, message(800), redundancy=1)
    assert len(codes) == 5
    assert qr.read_message([beside(*codes)]) == (QrKind.VC_REQUEST, message(800))


def test_a_long_message_takes_larger_codes_and_a_longer_one_is_refused() -> None:
    codes = qr.qr_codes(QrKind.VC_RESPONSE, message(21_000), redundancy=1)
    assert len(codes) == 100
    assert codes[0].version == 13
    for length in (100_000, 300_000):
        with pytest.raises(LimitExceededError):
            qr.qr_codes(QrKind.VC_RESPONSE, message(length))


def test_a_sequence_has_each_code_at_least_once() -> None:
    with pytest.raises(ValueError, match="at least"):
        qr.qr_codes(QrKind.VC_RESPONSE, message(1_000), redundancy=0.9)


# --- one code --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "alphanumeric", "binary"), [("L", 154, 106), ("M", 122, 84), ("Q", 87, 60), ("H", 64, 44)]
)
def test_upper_case_texts_use_the_compact_mode(level: ErrorCorrection, alphanumeric: int, binary: int) -> None:
    # ISO/IEC 18004, table 7, version 5: one more character needs version 6.
    text = "UR:VC-RESPONSE/" + "AE" * 100
    assert qr.draw(text[:alphanumeric], error_correction=level).version == 5
    assert qr.draw(text[: alphanumeric + 1], error_correction=level).version == 6
    assert qr.draw(text[:binary].lower(), error_correction=level).version == 5
    assert qr.draw(text[: binary + 1].lower(), error_correction=level).version == 6


def test_the_largest_code_holds_what_the_standard_says() -> None:
    assert qr.draw("A" * 4296, error_correction="L").version == 40
    for text in ("A" * 4297, "a" * 2954):
        with pytest.raises(LimitExceededError, match="no QR code holds"):
            qr.draw(text, error_correction="L")


def test_a_printed_code_does_not_show_its_text() -> None:
    assert repr(qr.draw("secret")) == "QrCode(version=1, error_correction='M')"


def test_the_svg_is_well_formed_and_has_the_dark_modules_in_a_light_margin() -> None:
    code = qr.draw(LINK)
    root = ElementTree.fromstring(code.svg())  # noqa: S314 - our own document
    side = len(code.modules) + 8
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.attrib["viewBox"] == f"0 0 {side} {side}"
    paper, ink = root
    assert paper.attrib == {"fill": "#fff", "d": f"M0 0h{side}v{side}H0z"}
    image = Image.new("L", (side, side), 255)
    for square in ink.attrib["d"].removesuffix("h1v1h-1z").split("h1v1h-1z"):
        x, y = map(int, square.removeprefix("M").split())
        image.putpixel((x, y), 0)
    assert qr.read(image.resize((side * 5, side * 5), resample=0)) == [LINK]


def test_the_terminal_picture_is_black_on_white_and_can_be_read() -> None:
    code = qr.draw(LINK)
    lines = code.terminal().splitlines()
    black_on_white, reset = "\x1b[38;5;16;48;5;231m", "\x1b[0m"
    assert all(line.startswith(black_on_white) and line.endswith(reset) for line in lines)
    rows = [line.removeprefix(black_on_white).removesuffix(reset) for line in lines]
    assert {len(row) for row in rows} == {len(code.modules) + 8}
    image = Image.new("L", (len(rows[0]), 2 * len(rows)))
    for y, row in enumerate(rows):
        for x, block in enumerate(row):
            image.putpixel((x, 2 * y), 0 if block in "▀█" else 255)
            image.putpixel((x, 2 * y + 1), 0 if block in "▄█" else 255)
    assert qr.read(image.resize((image.width * 6, image.height * 6), resample=0)) == [LINK]


def test_a_code_is_saved_as_its_suffix_says(tmp_path: Path) -> None:
    code = qr.draw(LINK)
    code.save(tmp_path / "code.PNG")
    code.save(str(tmp_path / "code.svg"))
    code.save(tmp_path / "code.txt")
    assert qr.read(tmp_path / "code.PNG") == [LINK]
    assert (tmp_path / "code.svg").read_text(encoding="utf-8") == code.svg()
    assert (tmp_path / "code.txt").read_text(encoding="utf-8") == code.terminal()
    with pytest.raises(ValueError, match="png"):
        code.save(tmp_path / "code.pdf")
    assert not (tmp_path / "code.pdf").exists()


# --- reading pictures ------------------------------------------------------------------------------------------------


def spoilt() -> dict[str, Image.Image]:
    image = Image.open(io.BytesIO(qr.draw(LINK, error_correction="Q").png()))
    dice = random.Random(5)
    noise = Image.frombytes("L", image.size, dice.randbytes(image.width * image.height))
    stained = image.copy()
    stained.paste(255, (200, 200, 270, 250))
    wall = Image.new("L", (2000, 1500), 90)
    wall.paste(image, (1300, 200))
    return {
        "turned a little": image.rotate(17, expand=True, fillcolor=255),
        "upside down": image.rotate(180),
        "blurred": image.filter(ImageFilter.GaussianBlur(2)),
        "noisy": Image.blend(image, noise, 0.25),
        "dim": image.point([60 + shade // 4 for shade in range(256)]),
        "stained": stained,
        "light on dark": image.point(lambda shade: 255 - shade),
        "in a corner": wall,
        "squeezed": image.resize((image.width, image.height * 3 // 5)),
        "in colour": image.convert("RGB"),
        "black and white": image.convert("1"),
    }


@pytest.mark.parametrize("how", spoilt())
def test_a_spoilt_picture_is_still_read(how: str) -> None:
    assert qr.read(spoilt()[how]) == [LINK]


def test_a_transparent_background_counts_as_white_paper() -> None:
    image = Image.open(io.BytesIO(qr.draw(LINK).png()))
    ink = image.point(lambda shade: 255 - shade)
    clear = Image.new("RGBA", image.size, (0, 0, 0, 0))
    clear.putalpha(ink)
    assert qr.read(file_of(clear)) == [LINK]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_the_usual_picture_formats_are_read(kind: str) -> None:
    assert qr.read(file_of(Image.open(io.BytesIO(qr.draw(LINK).png())), kind)) == [LINK]


def test_text_is_utf_8_whatever_the_reader_would_guess() -> None:
    for text in ("é", "番号　花子", "ｶﾅ", "Zürich", "日本"):
        assert qr.read(qr.draw(text).png()) == [text]


def test_a_text_that_is_not_utf_8_is_what_the_reader_makes_of_it() -> None:
    code = qrcode.QRCode()
    code.add_data("Zürich".encode("latin-1"))
    assert qr.read(code.make_image().get_image().convert("L")) == ["Zürich"]


def test_a_string_is_no_picture() -> None:
    with pytest.raises(TypeError, match="Path"):
        qr.read("code.png")  # type: ignore[arg-type]


def test_all_codes_of_a_picture_are_found_and_none_in_an_empty_one() -> None:
    assert sorted(qr.read(beside(qr.draw("one"), qr.draw("two"), qr.draw("three")))) == ["one", "three", "two"]
    assert qr.read(Image.new("L", (200, 200), 255)) == []
    assert qr.read(Image.new("L", (1, 1))) == []
    with pytest.raises(MalformedError, match="no pixels"):
        qr.read(Image.new("L", (0, 1)))


@pytest.mark.parametrize("kind", ["TIFF", "ICO", "PPM", "TGA", "PDF"])
def test_other_formats_are_not_even_opened(kind: str) -> None:
    with pytest.raises(MalformedError):
        qr.read(file_of(Image.new("L", (50, 50)), kind))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_a_broken_picture_is_refused(kind: str) -> None:
    whole = file_of(Image.open(io.BytesIO(qr.draw(LINK).png(scale=3))), kind)
    for broken in (b"", b"not a picture", whole[:7], whole[: len(whole) // 2]):
        with pytest.raises(MalformedError):
            qr.read(broken)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_changed_bytes_raise_nothing_but_our_errors(kind: str) -> None:
    whole = file_of(Image.open(io.BytesIO(qr.draw("x").png(scale=2))), kind)
    dice = random.Random(11)
    for _ in range(200):
        changed = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            changed[dice.randrange(len(changed))] = dice.randrange(256)
        try:
            qr.read(bytes(changed))
        except MalformedError:
            continue


def test_a_file_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    picture = qr.draw(LINK).png()
    padded = picture.ljust(MAX_PICTURE_BYTES, b"\0")
    assert qr.read(padded) == [LINK]
    (tmp_path / "large.png").write_bytes(padded + b"\0")
    for too_large in (padded + b"\0", tmp_path / "large.png"):
        with pytest.raises(LimitExceededError, match="larger than"):
            qr.read(too_large)


def png_of_zeros(width: int, height: int) -> bytes:
    """Return the small file of a huge black picture."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)

    header = width.to_bytes(4) + height.to_bytes(4) + bytes([1, 0, 0, 0, 0])
    rows = zlib.compress(bytes((1 + (width + 7) // 8) * height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_decompression_bomb_is_refused_before_it_is_unpacked() -> None:
    assert qr.read(png_of_zeros(4032, 3024)) == []
    for width, height in ((4000, 4000), (10_000, 10_000), (20_000, 20_000)):
        with pytest.raises(LimitExceededError, match="pixels"):
            qr.read(png_of_zeros(width, height))
    with pytest.raises(LimitExceededError, match="pixels"):
        qr.read(Image.new("1", (4000, 4000)))


def test_an_animation_has_a_limit_of_frames_and_of_pixels_in_all() -> None:
    def gif(count: int, side: int) -> bytes:
        # Frames that are equal would be merged.
        frames = [Image.new("L", (side, side), 200 + number % 2) for number in range(count)]
        return file_of(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=20)

    assert qr.read(gif(MAX_FRAMES, 8)) == []
    with pytest.raises(LimitExceededError, match="frames"):
        qr.read(gif(MAX_FRAMES + 1, 8))
    with pytest.raises(LimitExceededError, match="pixels"):
        qr.read(gif(20, 2000))


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 4000), (13_000_000, 1), (1500, 1500)], ids=str)
def test_of_a_large_picture_no_more_is_looked_at(size: tuple[int, int]) -> None:
    seen = _reduced(Image.new("L", size))
    assert 0 < seen.width * seen.height <= MAX_READ_PIXELS
    assert abs(seen.width / seen.height - size[0] / size[1]) < 0.01 * size[0] / size[1] or 1 in seen.size


def test_a_small_picture_is_looked_at_as_it_is() -> None:
    picture = Image.new("L", (1000, 2000))
    assert _reduced(picture) is picture


def test_a_code_of_a_tenth_of_a_photograph_is_found() -> None:
    photograph = Image.new("L", (4000, 3000), 180)
    photograph.paste(Image.open(io.BytesIO(qr.draw(LINK).png(scale=10))).convert("L").resize((400, 400)), (1501, 903))
    assert qr.read(photograph) == [LINK]


def test_looking_for_codes_ends_after_a_while() -> None:
    code = Image.open(io.BytesIO(qr.draw(LINK).png())).convert("L")

    def read(seconds: float) -> list[str]:
        now = count(step=seconds)
        return list(_texts([code] * 4, clock=lambda: next(now)))

    assert read(MAX_READ_SECONDS / 4) == [LINK] * 4
    with pytest.raises(LimitExceededError, match="longer"):
        read(MAX_READ_SECONDS / 3)


# --- the scanner -----------------------------------------------------------------------------------------------------


def test_a_scanner_knows_how_far_it_is() -> None:
    codes = qr.qr_codes(QrKind.VC_RESPONSE, message(1_000), redundancy=1)
    scanner = Scanner()
    assert (scanner.kind, scanner.message, scanner.progress) == (None, None, 0.0)
    for known, code in enumerate(codes, 1):
        assert scanner.message is None
        scanner.receive(code.text)
        assert scanner.progress == known / len(codes)
    assert (scanner.kind, scanner.message) == (QrKind.VC_RESPONSE, message(1_000))


def test_other_codes_in_view_do_not_disturb_a_sequence() -> None:
    codes = qr.qr_codes(QrKind.VC_RESPONSE, message(1_000))
    other = qr.qr_codes(QrKind.VC_REQUEST, message(1_001))
    scanner = Scanner()
    for code, stranger in zip(codes, other, strict=True):
        scanner.receive(code.text)
        scanner.receive(stranger.text)
        scanner.receive(LINK)
    assert (scanner.kind, scanner.message) == (QrKind.VC_RESPONSE, message(1_000))


def test_what_comes_after_the_message_changes_nothing() -> None:
    scanner = Scanner()
    scanner.receive(LINK)
    scanner.receive("mdoc:owBjMS4w")
    scanner.receive("\0")
    assert (scanner.kind, scanner.message) == (QrKind.PRESENTATION_REQUEST, LINK.encode())


def test_a_code_that_makes_sense_is_taken_from_beside_one_that_does_not() -> None:
    (good,) = qr.qr_codes(QrKind.VC_REQUEST, "hello")
    bad = qr.draw("UR:CRYPTO-PSBT/HKADLO")
    assert scan([beside(bad, good)]).message == b"hello"
    with pytest.raises(UnsupportedError, match='"crypto-psbt"'):
        scan([beside(bad, bad)])


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("BEGIN:VCARD\nEND:VCARD", MalformedError),
        ("\x7f", MalformedError),
        ("\x9b31m", MalformedError),
        ("\ud800", MalformedError),
        ("A" * 4297, LimitExceededError),
        ("ur:seed/oyadgdstaslplabghydrpfmkbggufgludprfgmamdpwmox", UnsupportedError),
        ("UR:", UnsupportedError),
        ("UR:VC-REQUEST", MalformedError),
        ("UR:VC-REQUEST/AEAEAEAD", MalformedError),
        (ur.encode("vc-request", b""), MalformedError),
        (ur.encode("vc-request", cbor.dumps("text")), MalformedError),
        (ur.encode("vc-request", cbor.dumps([b"hello"])), MalformedError),
        (ur.encode("vc-request", cbor.dumps(b"hello") + b"\0"), MalformedError),
    ],
)
def test_a_text_that_is_refused_leaves_the_scanner_ready(text: str, error: type[Exception]) -> None:
    scanner = Scanner()
    with pytest.raises(error):
        scanner.receive(text)
    assert (scanner.kind, scanner.message, scanner.progress) == (None, None, 0.0)
    scanner.receive(ur.encode("vc-request", cbor.dumps(b"hello")))
    assert scanner.message == b"hello"


def test_a_sequence_that_is_no_byte_string_is_refused_when_it_is_complete() -> None:
    scanner = Scanner()
    *texts, last = islice(ur.parts("vc-request", cbor.dumps("x" * 500)), 3)
    for text in texts:
        scanner.receive(text)
    with pytest.raises(MalformedError, match="byte string"):
        scanner.receive(last)
    assert scanner.progress == 0.0


def test_too_few_pictures_are_an_incomplete_message() -> None:
    codes = qr.qr_codes(QrKind.VC_RESPONSE, message(1_000))
    with pytest.raises(MalformedError, match="33% of a message") as incomplete:
        qr.read_message(code.png() for code in codes[:2])
    assert incomplete.value.code == "INCOMPLETE"
    with pytest.raises(MalformedError, match="no QR code"):
        qr.read_message([Image.new("L", (100, 100), 255)])
    with pytest.raises(MalformedError, match="no QR code"):
        qr.read_message([])


# --- the extra -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "call"),
    [
        ("qrcode", "qr.draw('x')"),
        ("PIL.Image", "qr.read(b'x')"),
        ("zxingcpp", "qr.read(b'x')"),
    ],
)
def test_a_missing_library_is_answered_with_the_line_that_installs_it(missing: str, call: str) -> None:
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from vcwallet.adapters import qr\n"
        "from vcwallet.errors import MissingExtraError\n"
        f"try: {call}\n"
        "except MissingExtraError as error: print(error.extra, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("qr this needs an optional dependency: pip install 'vcwallet[qr]'")
