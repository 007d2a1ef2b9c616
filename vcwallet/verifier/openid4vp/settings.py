# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""How long what a service makes is good, and how many of it there may be at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal, TypeAlias

from vcwallet.claims import JsonObject
from vcwallet.keys.signer import Signer
from vcwallet.protocols.openid4vp.client_id import ClientId, ClientIdPrefix
from vcwallet.protocols.openid4vp.request_object import LIFETIME

MIN_SESSION_LENGTH = 16
"""How many characters of a browser session's secret there are at least."""
MAX_POSTED_BYTES = 2 * 1024 * 1024
"""The longest form that a wallet may post."""
LEASE: Final = timedelta(seconds=60)
"""How long the verification of one answer keeps others out; a process that died is not waited for longer."""

Client: TypeAlias = ClientId | Literal[ClientIdPrefix.REDIRECT_URI]
"""In which way the verifier is known; the prefix ``redirect_uri`` alone stands for the address of each request."""
ClientHeader: TypeAlias = Mapping[str, Any] | Callable[[], Mapping[str, Any]]
"""What shows that a key is a client's, or what gives it anew for each request, as an attestation ends soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherSigner:
    """A further key that signs requests by the Digital Credentials API (OpenID4VP 1.0, appendix A.3.2).

    Attributes:
        client: the client identifier of the verifier that this key belongs to.
        signer: the key.
        header: what shows that the key is that client's: ``x5c``, ``kid`` or ``jwt``; and ``verifier_info`` where it is
            another than that of the verifier's own signature.
    """

    client: ClientId
    signer: Signer = field(repr=False)
    header: JsonObject = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long what a service makes is good.

    Attributes:
        request: a request, until its answer comes; at most 600 s.
        response_code: until the browser comes back.
        result: what was verified, until the page collects it; it is forgotten then.

    Raises:
        ValueError: a time that is none, or a longer request.
    """

    request: timedelta = timedelta(minutes=5)
    response_code: timedelta = timedelta(minutes=5)
    result: timedelta = timedelta(minutes=10)

    def __post_init__(self) -> None:
        if min(self.request, self.response_code, self.result) <= timedelta(0) or self.request > LIFETIME:
            raise ValueError("a lifetime is some time, and a request lives at most 600 seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many transactions there may be at once, which anybody can begin who sees a page.

    Raises:
        ValueError: none.
    """

    transactions: int = 10_000

    def __post_init__(self) -> None:
        if self.transactions < 1:
            raise ValueError("there is at least one transaction")
