# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Every error that vcwallet raises, in one tree.

A class exists where a caller would catch it apart; its place in the tree says who must act. Each error carries a
stable machine-readable ``code`` and, where it helps, the ``clause`` of the standard that was broken.  Messages never
contain claim values, tokens or keys; text that came from a peer passes through `quoted`.

    >>> from vcwallet.errors import MalformedError
    >>> error = MalformedError("header is not a JSON object", clause="RFC 7515, section 4")
    >>> error.code, error.clause
    ('MALFORMED', 'RFC 7515, section 4')
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class VcError(Exception):
    """The root of the tree: catching it catches everything that bad input or a refused check can cause."""

    default_code: ClassVar[str] = "VC_ERROR"

    def __init__(self, message: str, *, code: str | None = None, clause: str | None = None) -> None:
        super().__init__(message)
        self.code: str = code if code is not None else self.default_code
        self.clause = clause

    def __str__(self) -> str:
        text = f"{self.args[0]} [{self.code}]"
        return f"{text} ({self.clause})" if self.clause else text

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions are pickled by calling the class again, which cannot guess what else its __init__ was given.
        return _restore, (type(self), self.args, self.__dict__)


# --- the peer sent something wrong -----------------------------------------------------------------------------------


class MalformedError(VcError):
    """The bytes are not what their format says: bad syntax or structure."""

    default_code = "MALFORMED"


class LimitExceededError(MalformedError):
    """The input is larger, deeper or more numerous than the stated limit."""

    default_code = "LIMIT_EXCEEDED"


class RemoteProtocolError(VcError):
    """A well-formed message breaks a rule of the protocol."""

    default_code = "PROTOCOL_RULE"


# --- we cannot do it -------------------------------------------------------------------------------------------------


class UnsupportedError(VcError):
    """The input asks for a feature, algorithm or version that vcwallet does not implement."""

    default_code = "UNSUPPORTED"


class MissingExtraError(UnsupportedError, ImportError):
    """An optional dependency is not installed; the message is the line that installs it."""

    default_code = "MISSING_EXTRA"

    def __init__(self, extra: str) -> None:
        super().__init__(f"this needs an optional dependency: pip install 'vcwallet[{extra}]'")
        self.extra: str = extra


# --- reject ----------------------------------------------------------------------------------------------------------


class VerificationError(VcError):
    """What was presented must not be relied upon."""

    default_code = "VERIFICATION_FAILED"


class AlgorithmNotAllowedError(VerificationError):
    """The algorithm is not on our side's list, or does not fit the key."""

    default_code = "ALGORITHM_NOT_ALLOWED"


class SignatureInvalidError(VerificationError):
    """A signature does not verify, or a ciphertext does not decrypt."""

    default_code = "SIGNATURE_INVALID"


class DigestInvalidError(VerificationError):
    """A digest is missing, repeated, unreferenced or does not match the bytes."""

    default_code = "DIGEST_INVALID"


class UntrustedError(VerificationError):
    """The signer is not known to the trust policy."""

    default_code = "UNTRUSTED"


class NotAuthorisedError(VerificationError):
    """The signer is known, but may not do this: wrong role, type or time."""

    default_code = "NOT_AUTHORISED"


class BindingError(VerificationError):
    """The presentation is not bound to this holder key, verifier or request."""

    default_code = "BINDING_INVALID"


class ReplayError(VerificationError):
    """A single-use value was used before."""

    default_code = "NONCE_REUSED"


class ValidityError(VerificationError):
    """The time of use lies outside the time of validity; the code is ``EXPIRED`` or ``NOT_YET_VALID``."""

    default_code = "EXPIRED"


class StatusError(VerificationError):
    """The credential's status does not allow relying on it, or cannot be told: unknown is not valid."""

    default_code = "STATUS_UNKNOWN"


class QueryNotSatisfiedError(VerificationError):
    """The answer does not contain what the query asked for, or contains more."""

    default_code = "QUERY_NOT_SATISFIED"


class TrustedListError(VerificationError):
    """A trusted list is stale, older than one already seen, or signed by the wrong key; the last good one stays."""

    default_code = "REGISTRY_UNSIGNED"


# --- the wallet refuses a request ------------------------------------------------------------------------------------


class RequestRefusedError(VcError):
    """The wallet will not answer this request; consent does not change that."""

    default_code = "REQUEST_REFUSED"


class VerifierUnknownError(RequestRefusedError):
    """The verifier, or its registration for this purpose, is not known, not valid, or withdrawn."""

    default_code = "VERIFIER_UNKNOWN"


class PurposeMismatchError(RequestRefusedError):
    """The request names another purpose than the registration certificate that comes with it."""

    default_code = "PURPOSE_MISMATCH"


class OverAskingError(RequestRefusedError):
    """The request asks for claims outside the registration; `claims` names them as ``type: path``."""

    default_code = "OVER_ASKING"

    def __init__(self, message: str, *, claims: Sequence[str], code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.claims: tuple[str, ...] = tuple(claims)


class StatuteLimitedError(RequestRefusedError):
    """A claim that only a statute may release was asked for without that legal basis; `claims` names it."""

    default_code = "LEGAL_BASIS_MISSING"

    def __init__(self, message: str, *, claims: Sequence[str], code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.claims: tuple[str, ...] = tuple(claims)


class NoMatchError(RequestRefusedError):
    """The wallet holds nothing that satisfies the request.  A verifier is told ``access_denied``, as for a refusal.

    Message, code and clause are the same whatever is missing; `reasons` says it in words, for the person alone.
    """

    default_code = "NO_MATCHING_CREDENTIAL"

    def __init__(
        self, message: str, *, code: str | None = None, clause: str | None = None, reasons: Sequence[str] = ()
    ) -> None:
        super().__init__(message, code=code, clause=clause)
        self.reasons: tuple[str, ...] = tuple(reasons)


class ConsentRequiredError(RequestRefusedError):
    """The person has not approved this disclosure, or not in the way this kind of claim demands."""

    default_code = "CONSENT_REQUIRED"


# --- the caller, the person, the surroundings ------------------------------------------------------------------------


class LocalProtocolError(VcError):
    """Our own caller used a role or session in a state that does not allow it."""

    default_code = "WRONG_STATE"


class KeyLockedError(VcError):
    """A key or store is locked; the person has to unlock it."""

    default_code = "KEY_LOCKED"


class TransportError(VcError):
    """Nothing came back, or not in time; trying again may help."""

    default_code = "TRANSPORT"


class NetworkBlockedError(TransportError):
    """Our own policy forbids the address."""

    default_code = "NETWORK_BLOCKED"


class StoreError(VcError):
    """The store could not do what was asked; nothing was changed, unless the call says that a part may be done."""

    default_code = "STORE"


class WrongPassphraseError(StoreError):
    """The store is intact, but the passphrase does not open it."""

    default_code = "WRONG_PASSPHRASE"


class StoreCorruptError(StoreError):
    """Stored bytes were damaged or changed; they are not returned as data."""

    default_code = "STORE_CORRUPT"


class StoreBusyError(StoreError):
    """Another process holds the store."""

    default_code = "STORE_BUSY"


class StoreFullError(StoreError):
    """There is no room to write; what was acknowledged before is kept."""

    default_code = "STORE_FULL"


class BackupOlderError(StoreError):
    """A backup lacks what its wallet has done since; `missing_entries` of the history are known to be gone with it."""

    default_code = "BACKUP_OLDER"

    def __init__(self, message: str, *, missing_entries: int) -> None:
        super().__init__(message)
        self.missing_entries: int = missing_entries


class StoreNewerError(StoreError):
    """The store was written by a newer version of vcwallet."""

    default_code = "STORE_NEWER"


def quoted(text: object) -> str:
    """Return peer-supplied text safe for a message: at most 100 printable characters, in quotation marks."""
    printable = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text)[:100])
    return f'"{printable}"'


def _restore(cls: type[VcError], args: tuple[object, ...], attributes: dict[str, object]) -> VcError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(attributes)
    return error
