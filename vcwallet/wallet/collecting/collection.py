# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A collection: what the holder has approved of an offer, and how far the wallet has come with it.

The plan is written once, so that nothing the issuer changes later changes what was approved; the rest moves from state
to state (`vcwallet.wallet.collecting.states`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import ClassVar, Literal

from pydantic import ConfigDict

from vcwallet.encoding import json
from vcwallet.protocols.oauth.server_metadata import AuthorizationServerMetadata, fit_server_metadata
from vcwallet.protocols.openid4vci.issuer_metadata import CredentialIssuerMetadata, fit_issuer_metadata
from vcwallet.wallet.collecting.states import (
    Access,
    Answered,
    Deferred,
    Done,
    Ended,
    Failed,
    Granted,
    InBrowser,
    Kept,
    Outcome,
    Progress,
    Rejected,
    Requested,
    TxCodeNeeded,
    require_next_access,
    require_next_progress,
)

_STRICT = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What was approved, as it was shown; it never changes.

    The limits of metadata were those of the documents that came.  What is written down of them may be longer, since a
    number can be written in several ways, and has to be readable whatever its issuer has put into it.

    Attributes:
        issuer: the Credential Issuer Identifier.
        server: the issuer identifier of the authorization server.
        party: the registered identifier of the issuer, where somebody vouches for it; its credentials must be from it.
        issuer_name: how the issuer is called, by language; its own word where nobody vouches for it.
        issuer_metadata: the metadata that were shown, narrowed to what was approved (JSON).
        server_metadata: those of the authorization server (JSON).
        grant: which way the wallet is authorised.
        code: the pre-authorised code.
        issuer_state: what the issuer wants to recognise the holder's authorization request by.
        client_id: who the wallet says it is; None for one that stays anonymous.
        redirect_uri: where the browser comes back to.
        client_key: the handle of the key that tokens and attestations of this collection are bound to.
        is_bound: whether tokens are bound to that key (RFC 9449).
        has_attester: whether the wallet had somebody who attests it and its keys; then it goes on with one.
        is_attested: whether the wallet is attested to the authorization server.
        is_iss_required: whether the answer of the browser has to say which server it is from (RFC 9207).
        copies: how many credentials of each are wanted, with a key each.
        created_at: when it was approved.
        device: which device of the wallet its keys are on.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    issuer: str
    server: str
    party: str | None
    issuer_name: dict[str, str]
    issuer_metadata: str = field(repr=False)
    server_metadata: str = field(repr=False)
    grant: Literal["pre_authorized_code", "authorization_code"]
    code: str | None = field(default=None, repr=False)
    issuer_state: str | None = field(default=None, repr=False)
    client_id: str | None
    redirect_uri: str | None
    client_key: str = field(repr=False)
    is_bound: bool
    has_attester: bool
    is_attested: bool
    is_iss_required: bool
    copies: int
    created_at: datetime
    device: int
    version: Literal[1] = 1

    def __post_init__(self) -> None:
        if self.grant == "pre_authorized_code" and self.code is None:
            raise ValueError("a pre-authorised plan has a code")
        if self.grant == "authorization_code" and (self.client_id is None or self.redirect_uri is None):
            raise ValueError("a plan with a log-in has a client identifier and a redirect URI")

    @cached_property
    def metadata(self) -> CredentialIssuerMetadata:
        """The issuer's metadata, as they were shown."""
        return fit_issuer_metadata(json.loads_object(self.issuer_metadata), issuer=self.issuer)

    @cached_property
    def authorization_server(self) -> AuthorizationServerMetadata:
        """The metadata of the authorization server, as they were."""
        return fit_server_metadata(json.loads_object(self.server_metadata), issuer=self.server)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One credential of the offer, or a batch of copies of it with different keys.

    Attributes:
        configuration_id: what the issuer calls it.
        credential_identifier: which of several the authorization server has granted, where it names them.
        progress: where it stands.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    configuration_id: str
    credential_identifier: str | None = field(default=None, repr=False)
    progress: Progress

    @property
    def is_open(self) -> bool:
        """Whether something is to come."""
        return not isinstance(self.progress, Done | Failed)

    def moved(self, progress: Progress) -> Act:
        """Return it in its next state.

        Raises:
            LocalProtocolError: that state does not follow.
        """
        require_next_progress(self.progress, progress)
        return replace(self, progress=progress)


@dataclass(frozen=True, kw_only=True)
class Collection:
    """How far the wallet has come with what was approved of an offer.

    Attributes:
        id: names it in this wallet.
        plan: what was approved.
        access: where the authorisation stands.
        acts: where each credential stands.
        step: how many steps were written down.
    """

    id: str
    plan: Plan
    access: Access
    acts: tuple[Act, ...]
    step: int = 0

    @property
    def is_open(self) -> bool:
        """Whether something is to come."""
        return not isinstance(self.access, Ended) and (
            not isinstance(self.access, Granted) or any(act.is_open for act in self.acts)
        )

    @property
    def needs_tx_code(self) -> bool:
        """Whether the holder is to enter a transaction code (`Collector.enter_tx_code`)."""
        return isinstance(self.access, TxCodeNeeded)

    @property
    def authorization_url(self) -> str | None:
        """The URL to open in a browser; None where there is none to open."""
        return self.access.url if isinstance(self.access, InBrowser) else None

    @property
    def not_before(self) -> datetime | None:
        """When the next deferred credential may be asked for; None where none is deferred."""
        return min((act.progress.not_before for act in self.acts if isinstance(act.progress, Deferred)), default=None)

    @property
    def cards(self) -> tuple[str, ...]:
        """The identifiers of the cards that were kept."""
        kept = (act.progress for act in self.acts if isinstance(act.progress, Kept | Done))
        return tuple(card for progress in kept for card in progress.cards)

    @property
    def outcome(self) -> Outcome | None:
        """How it has ended; None as long as something is to come."""
        if isinstance(self.access, Ended):
            return self.access.outcome
        return None if self.is_open else outcome_of(self.acts)

    @property
    def failures(self) -> Mapping[str, str]:
        """The error code of each credential that will not come, by what the issuer calls it."""
        return {
            act.configuration_id: act.progress.code for act in self.acts if isinstance(act.progress, Failed | Rejected)
        }

    def moved(self, access: Access) -> Collection:
        """Return it with the authorisation in its next state.

        Raises:
            LocalProtocolError: that state does not follow.
        """
        require_next_access(self.access, access)
        return replace(self, access=access)

    def with_act(self, index: int, progress: Progress) -> Collection:
        """Return it with one credential in its next state.

        Raises:
            LocalProtocolError: that state does not follow.
        """
        act = self.acts[index].moved(progress)
        return replace(self, acts=(*self.acts[:index], act, *self.acts[index + 1 :]))

    def ended(self, outcome: Outcome, code: str | None) -> Collection:
        """Return it at its end; what was kept stays kept, and then it has not failed.

        Raises:
            LocalProtocolError: it has ended already.
        """
        if self.cards:
            outcome, code = Outcome.COLLECTED, None
        acts = tuple(replace(act, progress=_given_up(act.progress, code or outcome.value)) for act in self.acts)
        return replace(self.moved(Ended(outcome=outcome, code=code)), acts=acts)


def _given_up(progress: Progress, code: str) -> Done | Failed:
    match progress:
        case Done() | Failed():
            return progress
        case Kept():
            return Done(cards=progress.cards)
        case Rejected():
            return Failed(code=progress.code)
        case _:
            return Failed(code=code)


def outcome_of(acts: tuple[Act, ...]) -> Outcome:
    """Return how a collection ends whose acts have ended."""
    if any(isinstance(act.progress, Done) for act in acts):
        return Outcome.COLLECTED
    refused = any(isinstance(act.progress, Failed) and act.progress.is_refusal for act in acts)
    return Outcome.REFUSED if refused else Outcome.FAILED


def keys_of(progress: Progress) -> tuple[str, ...]:
    """Return the handles of the keys that wait for their credentials."""
    return progress.keys if isinstance(progress, Requested | Deferred | Answered) else ()
