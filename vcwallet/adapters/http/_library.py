# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The one place where the library of the extra ``vcwallet[http]`` is imported, and where its log is silenced.

httpcore writes hosts and response headers to its loggers at DEBUG level.  Both are data of an exchange, so what it says
while it works for us is dropped; other users of httpcore in the same process are not affected.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from vcwallet.errors import MissingExtraError

try:
    import httpcore
except ImportError:
    raise MissingExtraError("http") from None

__all__ = ["httpcore", "unlogged"]

_LOGGERS = ("httpcore.connection", "httpcore.http11")
_is_ours: ContextVar[bool] = ContextVar("_is_ours", default=False)


@contextmanager
def unlogged() -> Iterator[None]:
    """Keep httpcore from logging what this thread does within."""
    token = _is_ours.set(True)
    try:
        yield
    finally:
        _is_ours.reset(token)


def _not_ours(_: logging.LogRecord) -> bool:
    return not _is_ours.get()


for _name in _LOGGERS:
    logging.getLogger(_name).addFilter(_not_ours)
