# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a deployer brings to an issuer's service: *who is this* (`Login`), and *what do we know about them* (`Records`).

The service asks `Login` for each request of a browser to the login address of one authorisation, until it answers with
a `Subject` or refuses.  It asks `Records` when a credential is to be signed, so that what is signed is what is known
then.  Neither is ever given a code, token or key of the wallet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from vcwallet.credential_type import CredentialType
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.status.checker import CredentialStatus

MAX_REFERENCE_LENGTH = 200
MAX_STATE_BYTES = 16_384
MIN_INTERVAL = timedelta(seconds=1)
MAX_INTERVAL = timedelta(days=30)


# --- who is this -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRequest:
    """One request of a browser to the login address of one authorisation.

    The service has checked before that it comes from the browser in which the authorisation began (a cookie), and a
    form that is posted to `url` cannot have come from another site (the handle in it is known to that browser alone).

    Attributes:
        http: the request as it came: GET to show a page, POST for a form (``application/x-www-form-urlencoded``).
        url: where the forms of the page are posted to; it contains a secret, and is shown to nobody else.
        types: the credential types that the wallet asks for, in the order of its request.
        client: what is known of the wallet: its ``client_id``, a name only where a wallet provider has attested it.
        redirect_uri: where the browser takes the code to.  A wallet may name any address, so the page shows the person
            at least its host or scheme, or the deployer refuses those that are not known.
        wallet_name: the name that a trusted wallet provider gives the wallet, or None.
        state: what the last `LoginPage` of this authorisation left for now; empty at first.
        at: the time.
    """

    http: HttpRequest = field(repr=False)
    url: str = field(repr=False)
    types: tuple[type[CredentialType], ...]
    client: str
    redirect_uri: str
    wallet_name: str | None = None
    state: bytes = field(default=b"", repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPage:
    """Show this, and ask again.

    Attributes:
        response: the page.  The service adds what keeps it out of caches and frames, and the cookie.
        state: kept, sealed, until the next request; at most 16 KiB.

    Raises:
        ValueError: the state is longer.
    """

    response: HttpResponse
    state: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if len(self.state) > MAX_STATE_BYTES:
            raise ValueError(f"the state of a login has at most {MAX_STATE_BYTES} bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who this is, and that they have agreed to what the wallet asks for.

    Attributes:
        reference: what `Records` finds them by; the service keeps it sealed and shows it to nobody.

    Raises:
        ValueError: it is empty or longer than 200 characters.
    """

    reference: str = field(repr=False)

    def __post_init__(self) -> None:
        if not 0 < len(self.reference) <= MAX_REFERENCE_LENGTH:
            raise ValueError(f"a subject's reference has 1 to {MAX_REFERENCE_LENGTH} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRefused:
    """The person has declined, or may not go on; the wallet is told ``access_denied`` and no reason."""


LoginAnswer: TypeAlias = LoginPage | Subject | LoginRefused


class Login(Protocol):
    """Tells who a person is."""

    def identify(self, request: LoginRequest, /) -> LoginAnswer:
        """Answer one request of the browser.

        It is called by several threads, and twice for a request that is sent twice; what it remembers between two
        requests is in the `state` of its page.
        """
        ...


# --- what do we know about them --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet:
    """The record will be there later: the wallet is to come back (OpenID4VCI 1.0, section 9).

    Attributes:
        interval: when to ask again, from 1 s to 30 days, in whole seconds.

    Raises:
        ValueError: another interval.
    """

    interval: timedelta

    def __post_init__(self) -> None:
        if not MIN_INTERVAL <= self.interval <= MAX_INTERVAL or self.interval.microseconds:
            raise ValueError("an interval is 1 s to 30 days, in whole seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRecord:
    """There is nothing to certify of this person; the wallet is told ``credential_request_denied`` and no reason."""


RecordAnswer: TypeAlias = CredentialType | NotYet | NoRecord


class Records(Protocol):
    """Knows what is to be certified of people."""

    def find(self, subject: str, kind: type[CredentialType], /, *, at: datetime) -> RecordAnswer:
        """Return the record of a type about a person.

        It is called by several threads, and again for a request that is sent again.

        Args:
            subject: the reference that `Login` gave, or that an offer was made for.
            kind: the credential type; the answer is an instance of it.
            at: the time.
        """
        ...


# --- what has become of what was attested ----------------------------------------------------------------------------


class AttestationStatuses(Protocol):
    """Says whether attestations may be relied on."""

    def require(self, status: CredentialStatus, /, *, at: datetime) -> None:
        """Return if an attestation may be relied on, which has been verified but for its status.

        Args:
            status: what it says about its status, and who has made it.
            at: the time.

        Raises:
            StatusError: it may not (codes as `StatusPolicy.require`).
            TransportError: nobody can tell now, since a list cannot be had (``STATUS_UNKNOWN``) or only one that is too
                old (``STATUS_STALE``); trying again may help.
            MalformedError: the status is not as the standard has it.
            StoreError: what is known could not be read.
        """
        ...
