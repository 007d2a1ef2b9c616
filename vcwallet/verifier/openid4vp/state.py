# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What the sessions of a service hold, one model for each kind.  Times are seconds since 1970.

The *request* is what a wallet comes with, and the *transaction* what the verifier's own page comes with; each holds the
secret of the other, and a wallet never learns that of the transaction (OpenID4VP 1.0, sections 8.2 and 14.2).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Final

from pydantic import ConfigDict

from vcwallet.encoding.wire import WireModel

REQUEST: Final = "vp_request"
TRANSACTION: Final = "vp_transaction"
RESPONSE_CODE: Final = "vp_response_code"


class Channel(StrEnum):
    """How a person comes from the verifier's page to the wallet and back."""

    SAME_DEVICE = "same_device"
    """By a link; the wallet sends the person back to the browser that asked, or nothing is released."""
    CROSS_DEVICE = "cross_device"
    """By a QR code.  Nothing shows that who answers is who sees the page: the code may have been shown to another."""
    DC_API = "dc_api"
    """By the browser's Digital Credentials API, which tells the wallet which page asks."""


class PresentationState(StrEnum):
    """How far a transaction is."""

    REQUESTED = "requested"
    """No wallet has come yet."""
    FETCHED = "fetched"
    """A wallet has fetched the request."""
    ANSWERED = "answered"
    """The answer was verified, and waits for the browser that asked to come back."""
    VERIFIED = "verified"
    """The answer was verified, and can be collected."""
    DECLINED = "declined"
    """The wallet says that there is no answer."""
    FAILED = "failed"
    """The answer was not what it has to be; nothing of it is kept."""
    EXPIRED = "expired"
    """There was no answer in time."""


class _State(WireModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", hide_input_in_errors=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__


class RequestSession(_State):
    """A request that has no answer yet.

    Attributes:
        jwt: the request object as it was served last.
        key: the private key that the answer is encrypted to, as base64url of DER; None where it is not.
        transaction: the secret of the transaction.
        taken_at: since when an answer is being verified, if one is.
    """

    jwt: str
    key: str | None = None
    transaction: str
    taken_at: int | None = None


class TransactionSession(_State):
    """What the verifier's page asks about.

    Attributes:
        request: the secret of the request.
        session: stands for the browser session that asked.
        channel: how the wallet was asked.
        purpose: the code of the registered purpose.
        state: how far it is.
        until: when the request ends.
        reason: the error of the wallet that declined, or the code of what was wrong with its answer.
        verified: what was verified, if it was.
    """

    request: str
    session: str
    channel: str
    purpose: str
    state: str
    until: int
    reason: str | None = None
    verified: dict[str, Any] | None = None


class ResponseCodeSession(_State):
    """What brings the person back to the transaction.

    Attributes:
        transaction: its secret.
    """

    transaction: str
