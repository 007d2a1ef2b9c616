# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The one place where the libraries of the extra ``vcwallet[qr]`` are imported, and only when they are needed."""

from __future__ import annotations

import importlib
from types import ModuleType

from vcwallet.errors import MissingExtraError


def library(name: str) -> ModuleType:
    """Return the module `name` of qrcode, Pillow or zxing-cpp.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingExtraError("qr") from None
