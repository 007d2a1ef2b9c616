# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The one place where it shows whether the libraries of the extra ``vcwallet[web]`` are there."""

from __future__ import annotations

from vcwallet.errors import MissingExtraError

try:
    import starlette
    import uvicorn
except ImportError:
    raise MissingExtraError("web") from None

__all__ = ["starlette", "uvicorn"]
