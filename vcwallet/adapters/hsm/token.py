# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""One token of a PKCS #11 library: found, opened, logged in to, and opened again when the session is lost.

Sessions end without our doing: the device restarts or is unplugged, another part of the program finalises the library
or logs out.  Then the work is done again, in a new session, and if that fails too, with the library initialised anew.
Nothing that is done here does harm when it is done twice.  A wrong PIN is not tried again, by later calls neither: a
service that goes on issuing would lock the token.
"""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, TypeVar

from vcwallet.adapters.hsm.failures import as_ours, is_final
from vcwallet.errors import LocalProtocolError, MissingExtraError, StoreError

Pin = Callable[[], str]
T = TypeVar("T")

# python-pkcs11 tells the library that one thread will use it, and lets go of Python's lock while it does.  So there is
# one lock for each library.  A lock that another thread held at a fork would stay locked in the child.
_LOCKS: dict[str, threading.RLock] = {}
_PROCESSES: dict[str, int] = {}
os.register_at_fork(after_in_child=_LOCKS.clear)


def pkcs11() -> ModuleType:
    """Return the module of python-pkcs11.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        return importlib.import_module("pkcs11")
    except ImportError:
        raise MissingExtraError("hsm") from None


def encodable(text: str) -> str:
    """Return a text that can be encoded; another one would end the process, inside python-pkcs11.

    Raises:
        ValueError: it holds half of a character (a lone surrogate).
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("a label or PIN that cannot be encoded in UTF-8") from None
    return text


class Token:
    """A token that one user is logged in to, shared by threads but not by forked processes."""

    def __init__(self, library: str | Path, *, label: str, pin: Pin) -> None:
        """Say which token; it is opened at the first use.

        Raises:
            MissingExtraError: the extra ``hsm`` is not installed.
            ValueError: the label is no text that can be encoded.
        """
        self.module: ModuleType = pkcs11()
        """python-pkcs11."""
        self._path = os.path.realpath(library)
        self._label = encodable(label)
        self._pin = pin
        self._wrong_pin: str | None = None
        self._process = os.getpid()
        self._lock = _LOCKS.setdefault(self._path, threading.RLock())
        self._session: Any = None
        self._is_open = True
        self.found: dict[bytes, Any] = {}
        """Private keys that this session has found, by identifier."""

    def perform(self, work: Callable[[Any], T], *, writes: bool = False, renews: bool = False) -> T:
        """Return what `work` returns, given a session that is logged in.

        Args:
            work: uses the session; it may be called up to three times.
            writes: whether it makes or destroys something in the token; it begins with a new session then, since one
                that was logged out meanwhile would not find what to destroy.
            renews: whether to begin with a new session, because the one at hand gave a wrong result.

        Raises:
            LocalProtocolError: the token was closed, or opened before a fork.
            WrongPassphraseError, KeyLockedError: the PIN is wrong, locked or has expired.
            StoreError: no such token or key, or no room, and the like; the code says what.
            TransportError: the token does not answer, in a new session neither (``HSM_UNAVAILABLE``).
        """
        self._require_own_process()
        with self._lock:
            self._require_open()
            failures = []
            for step in _RENEWING if renews or writes else _EVERY_STEP:
                fresh = True
                try:
                    fresh = step(self)
                    return self._within(work, writes=writes)
                except self.module.PKCS11Error as error:
                    failures.append(error)
                    if is_final(error, fresh=fresh):
                        break
            raise as_ours(failures[-1]) from None

    def close(self) -> None:
        """Log out and close the session; closing twice is no error."""
        if self._process == os.getpid():
            with self._lock:
                self._is_open = False
                self._forget()

    # --- sessions ----------------------------------------------------------------------------------------------------

    def _require_own_process(self) -> None:
        if self._process != os.getpid():
            # A session belongs to the process that opened it (PKCS #11, section 5.4).
            raise LocalProtocolError("the token was opened before the fork; open it again in this process")

    def _require_open(self) -> None:
        if not self._is_open:
            raise LocalProtocolError("the token was closed")

    def _within(self, work: Callable[[Any], T], *, writes: bool) -> T:
        if not writes:
            return work(self._session)
        session = self._session.token.open(rw=True)  # the login holds for all sessions of this process
        try:
            return work(session)
        finally:
            with suppress(self.module.PKCS11Error):
                session.close()

    def _open(self) -> bool:
        """Open a session if there is none, and tell whether there was none."""
        if self._session is not None:
            return False
        token, pin = self._find(), encodable(self._pin())
        if pin == self._wrong_pin:
            raise self.module.PinIncorrect
        try:
            self._session = token.open(user_pin=pin)
        except self.module.UserAlreadyLoggedIn:
            self._session = token.open()
        except self.module.PinIncorrect:
            self._wrong_pin = pin
            raise
        return True

    def _find(self) -> Any:
        found = list(self._library().get_tokens(token_label=self._label))
        if len(found) != 1:
            raise self.module.MultipleTokensReturned if found else self.module.NoSuchToken
        return found[0]

    def _reopen(self) -> bool:
        self._forget()
        return self._open()

    def _restart(self) -> bool:
        self._forget()
        _initialise_anew(self._library(), self.module)
        return self._open()

    def _forget(self) -> None:
        session, self._session = self._session, None
        self.found.clear()
        if session is not None:
            with suppress(self.module.PKCS11Error):
                session.close()

    def _library(self) -> Any:
        try:
            library = self.module.lib(self._path)
        except self.module.PKCS11Error:
            raise StoreError("the PKCS #11 library cannot be loaded and initialised", code="HSM_LIBRARY") from None
        if _PROCESSES.setdefault(self._path, os.getpid()) != os.getpid():
            # A forked process initialises the library for itself (PKCS #11, section 5.4).
            _initialise_anew(library, self.module)
            _PROCESSES[self._path] = os.getpid()
        return library

    def __repr__(self) -> str:
        return f"<Token {self._label!r}, PIN hidden>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a session with a token is not pickled; open the token where it is used")


_RENEWING = (Token._reopen, Token._restart)
_EVERY_STEP = (Token._open, *_RENEWING)


def _initialise_anew(library: Any, module: ModuleType) -> None:
    with suppress(module.PKCS11Error):  # it may not be initialised any more, which only it knows
        library.finalize()
    library.initialize()
