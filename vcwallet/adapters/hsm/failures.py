# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What the return values of PKCS #11 mean for a caller (OASIS PKCS #11 V3.1, section 5.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from vcwallet.errors import (
    KeyLockedError,
    StoreError,
    StoreFullError,
    TransportError,
    UnsupportedError,
    VcError,
    WrongPassphraseError,
)


def is_final(error: Exception, *, fresh: bool) -> bool:
    """Tell whether to ask again would be useless, or harmful: a token counts the wrong PINs, and locks.

    Args:
        error: of python-pkcs11.
        fresh: whether the session was new; to one that was logged out meanwhile, private keys are not there.
    """
    name = type(error).__name__
    return name in _FINAL or (fresh and name in _FINAL_AFTER_LOGIN)


def as_ours(error: Exception) -> VcError:
    """Return an error of python-pkcs11 as one of ours; its text stays behind."""
    name = type(error).__name__
    made = (_FINAL | _FINAL_AFTER_LOGIN | _LAST).get(name)
    if made is not None:
        return made()
    return TransportError(f"the token does not answer as it should: {name}", code="HSM_UNAVAILABLE")


def _wrong_pin() -> VcError:
    return WrongPassphraseError("the PIN does not open the token", code="HSM_PIN_INCORRECT")


def _pin_locked() -> VcError:
    return KeyLockedError("the PIN was wrong too often; its security officer unlocks the token", code="HSM_PIN_LOCKED")


def _pin_expired() -> VcError:
    return KeyLockedError("the PIN has expired and has to be changed", code="HSM_PIN_EXPIRED")


def _pin_not_set() -> VcError:
    return KeyLockedError("the token has no PIN yet", code="HSM_PIN_NOT_SET")


def _no_key() -> VcError:
    return StoreError("there is no key with this handle or label", code="HSM_KEY_NOT_FOUND")


def _no_token() -> VcError:
    return StoreError("there is no token with this label", code="HSM_TOKEN_NOT_FOUND")


def _several_tokens() -> VcError:
    return StoreError("several tokens have this label", code="HSM_TOKEN_AMBIGUOUS")


def _full() -> VcError:
    return StoreFullError("there is no room in the token", code="HSM_FULL")


def _read_only() -> VcError:
    return StoreError("the token is write-protected", code="HSM_READ_ONLY")


def _unsupported() -> VcError:
    return UnsupportedError("the token does not have this algorithm", code="HSM_ALGORITHM")


def _not_permitted() -> VcError:
    return StoreError("the token does not let this key sign", code="HSM_KEY_NOT_PERMITTED")


# By the names of python-pkcs11's classes, which cannot be imported here: the library is an extra.
_FINAL: Final[dict[str, Callable[[], VcError]]] = {
    "PinIncorrect": _wrong_pin,
    "PinInvalid": _wrong_pin,
    "PinLenRange": _wrong_pin,
    "PinLocked": _pin_locked,
    "PinExpired": _pin_expired,
    "UserPinNotInitialized": _pin_not_set,
    "MultipleTokensReturned": _several_tokens,
    "DeviceMemory": _full,
    "TokenWriteProtected": _read_only,
    "SessionReadOnly": _read_only,
    "MechanismInvalid": _unsupported,
    "MechanismParamInvalid": _unsupported,
    "DomainParamsInvalid": _unsupported,
    "FunctionNotSupported": _unsupported,
    "KeySizeRange": _unsupported,
    "KeyTypeInconsistent": _not_permitted,
    "FunctionRejected": _not_permitted,
}
_FINAL_AFTER_LOGIN: Final[dict[str, Callable[[], VcError]]] = {"NoSuchKey": _no_key}
# A token that is not there may have been put back meanwhile, so it is looked for again first.
_LAST: Final[dict[str, Callable[[], VcError]]] = {
    "NoSuchToken": _no_token,
    "TokenNotPresent": _no_token,
    "TokenNotRecognised": _no_token,
}
