# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Where a collection stands: the state of its authorisation, and that of each credential that was approved.

Each state is what has to outlast the process until the next answer: a wallet that was closed goes on from it, asks once
more where an answer was lost, and is given the same one.

    >>> from vcwallet.wallet.collecting.states import NEXT_ACCESS, Ended, InBrowser, ToPush
    >>> InBrowser in NEXT_ACCESS[ToPush], NEXT_ACCESS[Ended]
    (True, frozenset())
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final, Literal, TypeAlias

from pydantic import ConfigDict

from vcwallet.errors import LocalProtocolError

_STRICT = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


class Outcome(StrEnum):
    """How a collection has ended."""

    COLLECTED = "collected"
    """At least one credential is in the wallet, and there is nothing more to come."""
    REFUSED = "refused"
    """The issuer, or its authorization server, has said no."""
    FAILED = "failed"
    """What it sent does not hold, and none of it was kept."""
    EXPIRED = "expired"
    """The authorisation has ended before the credentials were there."""
    CANCELLED = "cancelled"
    """The holder has given up."""


# --- the authorisation ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TxCodeNeeded:
    """The issuer sends a transaction code another way, and the holder has not entered it yet.

    Attributes:
        tries: how many codes were entered that the issuer did not take.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    tries: int = 0
    kind: Literal["tx_code_needed"] = "tx_code_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreAuthorised:
    """A token can be asked for with the pre-authorised code.

    Attributes:
        tx_code: the transaction code that the holder has entered, if one is needed.
        tries: how many were entered before.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    tx_code: str | None = field(default=None, repr=False)
    tries: int = 0
    kind: Literal["pre_authorised"] = "pre_authorised"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToPush:
    """An authorization request is made and can be pushed.

    Attributes:
        state: what the answer of the browser must come back with.
        verifier: the PKCE code verifier.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    state: str = field(repr=False)
    verifier: str = field(repr=False)
    kind: Literal["to_push"] = "to_push"


@dataclass(frozen=True, slots=True, kw_only=True)
class InBrowser:
    """The holder is to open `url` in a browser, which comes back to the wallet's redirect URI.

    Attributes:
        state: what the answer must come back with.
        verifier: the PKCE code verifier.
        url: the authorization URL.
        expires: until when it can be opened, if the server says so.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    state: str = field(repr=False)
    verifier: str = field(repr=False)
    url: str = field(repr=False)
    expires: datetime | None = None
    kind: Literal["in_browser"] = "in_browser"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeReceived:
    """A token can be asked for with the authorization code.

    Attributes:
        code: the code.
        verifier: the PKCE code verifier.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    code: str = field(repr=False)
    verifier: str = field(repr=False)
    kind: Literal["code_received"] = "code_received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The wallet has an access token.

    Attributes:
        access_token: the token; bound to the collection's key where DPoP was promised.
        expires: when it ends, if the server says so.
        refresh_token: what gets the next one, if there is one.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    access_token: str = field(repr=False)
    expires: datetime | None = None
    refresh_token: str | None = field(default=None, repr=False)
    kind: Literal["granted"] = "granted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Nothing more will come of it; its tokens, and keys without a credential, are forgotten.

    Attributes:
        outcome: how it has ended.
        code: the error code of the issuer or of what did not hold, if it was that.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    outcome: Outcome
    code: str | None = None
    kind: Literal["ended"] = "ended"


Access: TypeAlias = TxCodeNeeded | PreAuthorised | ToPush | InBrowser | CodeReceived | Granted | Ended

NEXT_ACCESS: Final[Mapping[type[Access], frozenset[type[Access]]]] = MappingProxyType(
    {
        TxCodeNeeded: frozenset({PreAuthorised, Ended}),
        PreAuthorised: frozenset({Granted, TxCodeNeeded, Ended}),
        ToPush: frozenset({InBrowser, Ended}),
        InBrowser: frozenset({CodeReceived, ToPush, Ended}),
        CodeReceived: frozenset({Granted, Ended}),
        Granted: frozenset({Granted, Ended}),
        Ended: frozenset(),
    }
)
"""Which states of the authorisation follow on which."""


# --- one credential, or a batch of them ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """It was approved, and nothing is done yet."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    kind: Literal["wanted"] = "wanted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """Its keys are made, and it may have been asked for.

    Attributes:
        keys: the handles of the keys; none where the credential is bound to none.
        again: whether its transaction was lost, so that it is asked for once more with the same keys.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    keys: tuple[str, ...] = field(repr=False)
    again: bool = False
    kind: Literal["requested"] = "requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """The issuer takes its time.

    Attributes:
        keys: the handles of the keys.
        transaction_id: what it is asked for with.
        not_before: when it may be asked for again.
        since: when it was deferred.
        again: as in `Requested`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    keys: tuple[str, ...] = field(repr=False)
    transaction_id: str = field(repr=False)
    not_before: datetime
    since: datetime
    again: bool = False
    kind: Literal["deferred"] = "deferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The issuer's answer is there, and nothing in it is checked.

    Attributes:
        keys: the handles of the keys.
        credentials: what came, in the serialisation of its format.
        notification_id: what the issuer is told with how it went, if it wants to know.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    keys: tuple[str, ...] = field(repr=False)
    credentials: tuple[str, ...] = field(repr=False)
    notification_id: str | None = field(default=None, repr=False)
    kind: Literal["answered"] = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """It is in the wallet; the issuer has not been told yet.

    Attributes:
        cards: the identifiers of the cards.
        notification_id: what the issuer is told with.
        tries: how often that has failed.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    cards: tuple[str, ...]
    notification_id: str = field(repr=False)
    tries: int = 0
    kind: Literal["kept"] = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """It did not hold, and nothing of it was kept; the issuer has not been told yet.

    Attributes:
        code: the error code of what did not hold.
        notification_id: what the issuer is told with.
        tries: how often that has failed.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    code: str
    notification_id: str = field(repr=False)
    tries: int = 0
    kind: Literal["rejected"] = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It is in the wallet.

    Attributes:
        cards: the identifiers of the cards.
        notification_id: what the issuer is told with, should one be deleted.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    cards: tuple[str, ...]
    notification_id: str | None = field(default=None, repr=False)
    kind: Literal["done"] = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It will not come, and nothing of it was kept.

    Attributes:
        code: the error code of the issuer, or of what did not hold.
        is_refusal: whether it is the issuer's word.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    code: str
    is_refusal: bool = False
    kind: Literal["failed"] = "failed"


Progress: TypeAlias = Wanted | Requested | Deferred | Answered | Kept | Rejected | Done | Failed

NEXT_PROGRESS: Final[Mapping[type[Progress], frozenset[type[Progress]]]] = MappingProxyType(
    {
        Wanted: frozenset({Requested, Failed}),
        Requested: frozenset({Answered, Deferred, Failed}),
        Deferred: frozenset({Deferred, Answered, Requested, Failed}),
        Answered: frozenset({Kept, Rejected, Done, Failed}),
        Kept: frozenset({Kept, Done}),
        Rejected: frozenset({Rejected, Failed}),
        Done: frozenset(),
        Failed: frozenset(),
    }
)
"""Which states of a credential follow on which."""


def require_next_access(old: Access, new: Access) -> None:
    """Return if the authorisation may go from one state to another.

    Raises:
        LocalProtocolError: it may not.
    """
    if type(new) not in NEXT_ACCESS[type(old)]:
        raise LocalProtocolError(f"a collection does not go from {old.kind} to {new.kind}")


def require_next_progress(old: Progress, new: Progress) -> None:
    """Return if a credential may go from one state to another.

    Raises:
        LocalProtocolError: it may not.
    """
    if type(new) not in NEXT_PROGRESS[type(old)]:
        raise LocalProtocolError(f"a credential does not go from {old.kind} to {new.kind}")
