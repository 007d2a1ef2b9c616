# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What every part of a service works with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from vcwallet.protocols.haip import PresentationProfile
from vcwallet.protocols.openid4vp.client_id import ClientId
from vcwallet.protocols.openid4vp.response_mode import ResponseMode
from vcwallet.sealed_sessions import SealedSessions
from vcwallet.verifier.openid4vp.settings import Bounds, Lifetimes
from vcwallet.verifier.openid4vp.state import Channel
from vcwallet.verifier.verifier import Verifier

REQUEST_PATH = "/request/"
RESPONSE_PATH = "/response/"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Context:
    """The parts of one service; see `VerifierService` for what they are."""

    verifier: Verifier
    address: str
    channels: Collection[Channel]
    result_page: str | None
    origins: tuple[str, ...]
    sessions: SealedSessions
    profile: PresentationProfile
    client: ClientId | None
    client_header: Mapping[str, Any] | None
    posted: ResponseMode
    by_api: ResponseMode
    lifetimes: Lifetimes
    bounds: Bounds
    clock: Callable[[], datetime]
    fits_profile: set[Channel] = field(default_factory=set)

    def request_uri(self, secret: str) -> str:
        """Return where a wallet fetches a request."""
        return f"{self.address}{REQUEST_PATH}{secret}"

    def response_uri(self, secret: str) -> str:
        """Return where a wallet posts the answer."""
        return f"{self.address}{RESPONSE_PATH}{secret}"

    def ends(self, lifetime: timedelta) -> datetime:
        """Return when something ends that is good for so long from now on."""
        return self.clock() + lifetime
