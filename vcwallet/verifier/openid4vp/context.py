# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What every part of a service works with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from vcwallet.errors import UntrustedError
from vcwallet.protocols.haip import PresentationProfile
from vcwallet.protocols.openid4vp.client_id import ClientId, ClientIdPrefix, RedirectUri, is_registered_elsewhere
from vcwallet.protocols.openid4vp.digital_credentials import Protocol
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey
from vcwallet.protocols.openid4vp.response_mode import ResponseMode
from vcwallet.sealed_sessions import SealedSessions
from vcwallet.verifier.openid4vp.settings import Bounds, Client, ClientHeader, FurtherSigner, Lifetimes
from vcwallet.verifier.openid4vp.state import Channel
from vcwallet.verifier.verifier import Verifier

REQUEST_PATH = "/request/"
RESPONSE_PATH = "/response"


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
    client: Client | None
    client_header: ClientHeader | None
    registered_keys: Sequence[ResponseKey]
    posted: ResponseMode
    shares_response_uri: bool
    by_api: ResponseMode
    protocols: Sequence[Protocol]
    signers: Sequence[FurtherSigner]
    lifetimes: Lifetimes
    bounds: Bounds
    clock: Callable[[], datetime]
    fits_profile: set[Channel] = field(default_factory=set)

    def request_uri(self, secret: str) -> str:
        """Return where a wallet fetches a request."""
        return f"{self.address}{REQUEST_PATH}{secret}"

    def response_uri(self, secret: str) -> str:
        """Return where a wallet posts the answer."""
        return f"{self.address}{RESPONSE_PATH}" + ("" if self.shares_response_uri else f"/{secret}")

    def mode(self, channel: Channel) -> ResponseMode:
        """Return how answers come back."""
        return self.by_api if channel is Channel.DC_API else self.posted

    def client_of(self, channel: Channel, secret: str) -> ClientId | None:
        """Return who a request is from; None for the hash of the verifier's certificate."""
        if self.client is not ClientIdPrefix.REDIRECT_URI:
            return self.client
        return None if channel is Channel.DC_API else RedirectUri(self.response_uri(secret))

    def header(self) -> Mapping[str, Any] | None:
        """Return what shows whose the verifier's key is, as it is now."""
        return self.client_header() if callable(self.client_header) else self.client_header

    @property
    def is_registered_elsewhere(self) -> bool:
        """Whether wallets have the verifier's keys for answers from elsewhere than from its requests."""
        return not isinstance(self.client, ClientIdPrefix) and is_registered_elsewhere(self.client)

    def registered_key(self, kid: str | None) -> ResponseKey:
        """Return the registered key that an answer is encrypted to.

        Raises:
            UntrustedError: it names another, or none where there are several (``KEY_NOT_FOUND``).
        """
        found = [one for one in self.registered_keys if kid in (None, one.kid)]
        if len(found) != 1:
            raise UntrustedError("the answer is encrypted to another key", code="KEY_NOT_FOUND")
        return found[0]

    def ends(self, lifetime: timedelta) -> datetime:
        """Return when something ends that is good for so long from now on."""
        return self.clock() + lifetime
