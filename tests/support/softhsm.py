# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A token in software, by SoftHSM2: the library of a device without the device (Debian package ``softhsm2``)."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pkcs11

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN, SECURITY_OFFICER = "1234", "567890"
MISSING = "SoftHSM2 is not installed (Debian package softhsm2)"


def is_installed() -> bool:
    """Tell whether tokens can be made here."""
    return LIBRARY.exists() and shutil.which("softhsm2-util") is not None


@dataclass
class Device:
    """The tokens of one folder, and what a device does to its users."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to find these tokens."""
        return {"SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}

    @property
    def tokens(self) -> Path:
        return self.folder / "tokens"

    def plug_in(self, label: str, *, pin: str = PIN) -> None:
        """Make a token with this label."""
        self.tokens.mkdir(exist_ok=True)
        text = f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
        Path(self.environment["SOFTHSM2_CONF"]).write_text(text, "utf-8")
        command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", pin]
        subprocess.run(
            [*command, "--so-pin", SECURITY_OFFICER],
            env=os.environ | self.environment,
            check=True,
            capture_output=True,
        )

    def take_away(self) -> None:
        """Unplug all tokens, as a library sees it that looks again."""
        self.finalise()
        self.tokens.rename(self.folder / "elsewhere")
        self.tokens.mkdir()

    def put_back(self) -> None:
        """Plug in again what was taken away."""
        shutil.rmtree(self.tokens)
        (self.folder / "elsewhere").rename(self.tokens)

    # What other parts of a program could do to the library, past python-pkcs11, which does not get to know.

    def finalise(self) -> None:
        """End all that the process has to do with the library."""
        self._call("C_Finalize", None)

    def close_all_sessions(self, label: str) -> None:
        """Close every session with a token."""
        slot = library().get_token(token_label=label).slot.slot_id
        self._call("C_CloseAllSessions", ctypes.c_ulong(slot))

    def log_out(self, label: str) -> None:
        """Log the user out of a token, in all sessions of the process."""
        session = library().get_token(token_label=label).open()
        self._call("C_Logout", ctypes.c_ulong(session.handle))
        session.close()

    def _call(self, function: str, argument: Any) -> None:
        assert getattr(ctypes.CDLL(os.path.realpath(LIBRARY)), function)(argument) == 0


def library() -> Any:
    """Return the library as python-pkcs11 has it loaded in this process."""
    return pkcs11.lib(os.path.realpath(LIBRARY))


def forget() -> None:
    """Leave the library as if nobody had used it, so that the next test finds its own tokens."""
    loaded = pkcs11._loaded.get(os.path.realpath(LIBRARY))
    if loaded is not None:
        with suppress(pkcs11.PKCS11Error):
            loaded.finalize()
