# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Debian's Chromium, driven by Playwright: phones and desks that look at the pages of examples/web.

Every page is looked at by axe-core, and photographed into build/screenshots.  Whatever a page loads is on this machine,
and no page does what its own content security policy forbids.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

from tests.support.npm import installed
from tests.support.sources import REPOSITORY

CHROMIUM: Final = Path("/usr/bin/chromium")
SCREENSHOTS: Final = REPOSITORY / "build" / "screenshots"
PHONE: Final = {"width": 390, "height": 844}
SWITCHES: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE: Final = 30_000
"""How long a page may take on a busy machine, in milliseconds."""
CAMERA: Final = (640, 480)

_AXE_RULES: Final = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@dataclass
class Window:
    """A browser of somebody, the size of a phone.

    Attributes:
        page: what it shows; a page of Playwright.
        story: what its pictures are called.
        wrong: what has gone wrong so far: violations of the page's own policy, requests to other machines.
    """

    page: Any
    story: str
    wrong: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        """Go to an address."""
        self.page.goto(address)

    def press(self, name: str) -> None:
        """Press the button or follow the link with this text."""
        self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name)).first.click()

    def fill(self, label: str, text: str) -> None:
        """Fill in a field."""
        self.page.get_by_label(label, exact=False).first.fill(text)

    def sees(self, text: str) -> None:
        """Wait until a text can be seen."""
        self.page.get_by_text(text).first.wait_for()

    @property
    def text(self) -> str:
        """What the page says."""
        said: str = self.page.locator("main").inner_text()
        return said

    def looked_at(self, name: str) -> None:
        """Photograph the page, and require that axe-core finds nothing in it and that nothing has gone wrong."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{self.story}-{name}.png", full_page=True)
        self.page.evaluate(_axe())
        found = self.page.evaluate("rules => axe.run(document, rules)", _AXE_RULES)["violations"]
        assert found == [], f"{name}: {[(one['id'], [node['html'] for node in one['nodes']]) for one in found]}"
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], f"{name} is {width} pixels wide"
        assert self.wrong == []

    def qr_picture(self) -> bytes:
        """Photograph the QR code that the page shows."""
        picture: bytes = self.page.locator("figure img").screenshot()
        return picture


@contextmanager
def playwright() -> Iterator[Any]:
    """Start Playwright; skip the test where there is no Chromium."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} not found: on Debian, apt install chromium")
    with sync_playwright() as started:
        yield started


@contextmanager
def chromium(started: Any, *, camera: Path | None = None) -> Iterator[Any]:
    """Start Chromium, with a camera that sees a film if there is one."""
    switches = [*SWITCHES]
    if camera is not None:
        switches += [
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={camera}",
        ]
    browser = started.chromium.launch(executable_path=CHROMIUM, args=switches)
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def window(browser: Any, story: str, *, language: str = "en", allow_camera: bool = False) -> Iterator[Window]:
    """Open a window of its own, with no cookies from others."""
    context = browser.new_context(viewport=PHONE, locale=language, permissions=["camera"] if allow_camera else [])
    context.set_default_timeout(PATIENCE)
    shown = Window(page=context.new_page(), story=story)
    shown.page.on("console", lambda message: shown.wrong.append(message.text) if message.type == "error" else None)
    shown.page.on("pageerror", lambda error: shown.wrong.append(str(error)))
    context.on("request", lambda request: _require_near(request.url, shown.wrong))
    try:
        yield shown
    finally:
        context.close()


def film(picture: bytes, path: Path) -> Path:
    """Write a film of a picture as a camera would see it that is held in front of a screen (YUV4MPEG2)."""
    width, height = CAMERA
    frame = Image.new("L", CAMERA, 200)
    seen = Image.open(BytesIO(picture)).convert("L")
    seen.thumbnail((width - 80, height - 60))
    frame.paste(seen, ((width - seen.width) // 2, (height - seen.height) // 2))
    grey = b"\x80" * (width * height // 2)
    one = b"FRAME\n" + frame.tobytes() + grey
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + one * 10)
    return path


def _require_near(url: str, wrong: list[str]) -> None:
    place = urlsplit(url)
    if place.scheme != "data" and place.hostname not in ("127.0.0.1", "localhost"):
        wrong.append(f"a request to {place.scheme}://{place.hostname}")


def _axe() -> str:
    return (installed() / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
