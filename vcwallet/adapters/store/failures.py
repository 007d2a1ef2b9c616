# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a failed statement means to the caller, from SQLite's result codes and PostgreSQL's SQLSTATE.

Neither SQLAlchemy's nor the driver's exceptions leave the store: their messages quote statements and values.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionInTimeError

from vcwallet.errors import StoreBusyError, StoreCorruptError, StoreError, StoreFullError


class DeadlockError(StoreBusyError):
    """Two transactions waited for each other, and this one was undone; done again, it may well succeed."""


_BUSY = StoreBusyError, "the store is in use by another process"
_CORRUPT = StoreCorruptError, "the database is damaged, or is none"
_DEADLOCK = DeadlockError, _BUSY[1]
_FULL = StoreFullError, "there is no room to write"
_FAILED = StoreError, "the database cannot be read or written"

_BY_SQLITE_CODE = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,  # the index of the write-ahead log could not grow
    sqlite3.SQLITE_CORRUPT: _CORRUPT,
    sqlite3.SQLITE_NOTADB: _CORRUPT,
    sqlite3.SQLITE_IOERR_SHORT_READ: _CORRUPT,
    # Our statements never change, so it is the tables that are not as we made them.
    sqlite3.SQLITE_ERROR: _CORRUPT,
    sqlite3.SQLITE_CONSTRAINT: _CORRUPT,
}

_BY_SQLSTATE = {
    "53100": _FULL,  # disk_full
    "53300": _BUSY,  # too_many_connections
    "55P03": _BUSY,  # lock_not_available
    "40P01": _DEADLOCK,  # deadlock_detected
    "40001": _DEADLOCK,  # serialization_failure
    "XX001": _CORRUPT,  # data_corrupted
    "XX002": _CORRUPT,  # index_corrupted
}


@contextmanager
def as_store_errors() -> Iterator[None]:
    """Let only `StoreError` and its like out, for whatever a database or a file system says.

    Raises:
        StoreError: of the class that tells what failed.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError, UnicodeDecodeError) as error:
        raise store_error(error) from None


def store_error(error: Exception) -> StoreError:
    """Return what an error of a database, its driver or a file system means."""
    failure, message = _meaning(error)
    return failure(message)


def _meaning(error: Exception) -> tuple[type[StoreError], str]:
    if isinstance(error, NoConnectionInTimeError):
        return _BUSY
    if isinstance(error, UnicodeDecodeError):
        # SQLite quotes a damaged schema in its message, and the driver cannot read the message.
        return _CORRUPT
    if isinstance(error, OSError):
        return _FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else _FAILED
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        # The low byte is the class of the failure, the rest says more.
        return _BY_SQLITE_CODE.get(code) or _BY_SQLITE_CODE.get(code & 0xFF, _FAILED)
    return _BY_SQLSTATE.get(str(getattr(cause, "sqlstate", None)), _FAILED)
