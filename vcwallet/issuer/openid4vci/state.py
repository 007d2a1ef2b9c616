# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What the sessions of a service hold, one model for each kind.  Times are seconds since 1970.

In the middle is the *grant*: one person, what they may have, and what was done of it.  Codes, tokens and transactions
each hold the secret of their grant, and each is found by its own.  Whatever uses up a part of the grant changes the
grant in the same step, so that of many at once one does.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal, TypeAlias

from pydantic import ConfigDict, Field

from vcwallet.encoding.wire import Array, WireModel

OFFER: Final = "offer"
OFFER_REFERENCE: Final = "offer_reference"
ISSUER_STATE: Final = "issuer_state"
PRE_AUTHORIZED: Final = "pre_authorized_code"
REQUEST_URI: Final = "request_uri"
LOGIN: Final = "login"
CODE: Final = "code"
GRANT: Final = "grant"
ACCESS_TOKEN: Final = "access_token"  # noqa: S105 - a kind of sessions
REFRESH_TOKEN: Final = "refresh_token"  # noqa: S105 - a kind of sessions
TRANSACTION: Final = "transaction"
ANSWER: Final = "answer"
NOTIFICATION: Final = "notification"

DPOP_PROOF: Final = "dpop_proof"
ATTESTATION_PROOF: Final = "attestation_proof"
C_NONCE: Final = "c_nonce"
REFRESHED: Final = "refreshed"
TAKEN_BACK: Final = "taken_back"


class _State(WireModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", hide_input_in_errors=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__


class Act(_State):
    """One response with credentials, given or promised.

    Attributes:
        configuration: which credential configuration.
        generation: of the token that it was done with.
        number: which of the acts of that configuration and generation.
        holder: stands for the keys that the credentials are bound to.
        state: whether the credentials are there.
        secret: of the answer, or of the transaction.
        interval: when to ask for a deferred one, in seconds.
    """

    configuration: str
    generation: int
    number: int
    holder: str
    state: Literal["done", "deferred"]
    secret: str
    interval: int = 0

    @property
    def was_deferred(self) -> bool:
        """Whether it was promised first, delivered or not."""
        return self.interval > 0


class Grant(_State):
    """One person, and what they may have.

    Attributes:
        subject: the reference of the person.
        configurations: what was authorised.
        named: those of them that the token response names by credential identifiers.
        client_id: the wallet's, if it said one.
        jkt: the thumbprint of the key that the tokens are bound to, if they are.
        is_redeemed: whether there is a token.
        is_revoked: whether all tokens are void.
        generation: rises when a refresh token brings further credentials.
        acts: what was done.
        recoveries: how often a response was made anew that may have been lost.
        rotations: how often a refresh token that is bound to no key was changed.
        event: what the wallet told last, by configuration.
        tags: of what was taken back of the person before it began.
    """

    subject: str
    configurations: Array[str]
    named: Array[str] = ()
    client_id: str | None = None
    jkt: str | None = None
    is_redeemed: bool = False
    is_revoked: bool = False
    generation: int = 0
    acts: Array[Act] = ()
    recoveries: int = 0
    rotations: int = 0
    event: dict[str, str] = Field(default_factory=dict)
    tags: Array[str] = ()


class Redeemed(_State):
    """That a code is spent: for which key, and what the answer was."""

    jkt: str | None = None
    response: str


class PreAuthorized(_State):
    """A pre-authorised code."""

    grant: str
    tx_code: str | None = None
    tries: int = 0
    spent: Redeemed | None = None


class PushedRequest(_State):
    """An authorization request, pushed or brought by the browser."""

    parameters: dict[str, str]
    configurations: Array[str]
    named: Array[str] = ()
    offer: str | None = None
    dpop_jkt: str | None = None
    instance: str | None = None
    wallet_name: str | None = None
    until: int
    is_used: bool = False


class LoginState(_State):
    """A log-in that has begun in one browser."""

    request: PushedRequest
    request_uri: str | None = None
    cookie: str
    state: str = ""
    location: str | None = None


class Code(_State):
    """An authorization code."""

    grant: str
    client_id: str
    redirect_uri: str
    code_challenge: str
    dpop_jkt: str | None = None
    instance: str | None = None
    until: int
    spent: Redeemed | None = None


class Token(_State):
    """An access or refresh token.

    Attributes:
        grant: the secret of its grant.
        jkt: the thumbprint of the key that it is bound to, if it is.
        instance: that of the wallet instance, if it was attested.
        generation: of the grant.
        is_for_deferred: whether it is good for what was deferred, and for nothing new.
        instead_of: stands for the refresh token that it came in place of.
        spent: the answer to a refresh token that was used.
    """

    grant: str
    jkt: str | None = None
    instance: str | None = None
    generation: int = 0
    is_for_deferred: bool = False
    instead_of: str | None = None
    spent: Redeemed | None = None


class Transaction(_State):
    """A deferred response: which act, for which keys."""

    grant: str
    configuration: str
    generation: int
    number: int
    holder: str
    keys: Array[dict[str, Any]]
    delivered: int | None = None
    answer: str | None = None


class Answer(_State):
    """A credential response as it was given."""

    response: str


class Notified(_State):
    """What a wallet can tell about."""

    grant: str
    configuration: str
    event: str | None = None


class TakenBack(_State):
    """That what a person had was taken back.

    Attributes:
        tag: a random text, which grants that have begun since then know.
    """

    tag: str


class Offer(_State):
    """An offer, for whoever made it."""

    subject: str | None = None
    configurations: Array[str]
    until: int
    code: str | None = None
    grant: str | None = None


class OfferReference(_State):
    """An offer that is fetched by reference."""

    offer: str


class IssuerState(_State):
    """What an offer's ``issuer_state`` stands for."""

    offer: str


Redeemable: TypeAlias = PreAuthorized | Code
