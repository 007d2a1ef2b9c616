# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What every endpoint of a service works with: its parts (`Context`), and one request (`Exchange`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from vcwallet.encoding import service_url
from vcwallet.errors import StoreError, UntrustedError
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.formats.base import Credential, IssuerKey
from vcwallet.issuer.issuer import Issuer
from vcwallet.issuer.openid4vci.deployer import AttestationStatuses, Login, Records
from vcwallet.issuer.openid4vci.offering import Bounds, Lifetimes, Offering
from vcwallet.issuer.openid4vci.people import People
from vcwallet.keys.policy import KeySource, Role, TrustedKey, TrustPolicy
from vcwallet.protocols.haip import IssuanceProfile, Requirement
from vcwallet.protocols.oauth import form
from vcwallet.protocols.oauth.client_attestation import ClientChallenges
from vcwallet.protocols.oauth.dpop import NONCE_HEADER, DpopNonces
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal, refusing
from vcwallet.protocols.openid4vci.encryption import MessageKey
from vcwallet.protocols.openid4vci.issuer_metadata import CredentialConfiguration
from vcwallet.protocols.openid4vci.jwt_proof import HolderCertificates
from vcwallet.protocols.stateless_nonce import StatelessNonces
from vcwallet.sealed_sessions import SealedSessions
from vcwallet.sessions import Add, Change

JSON: Final = "application/json"
_STRIPES = 1024


class NobodyTrusted:
    """A `TrustPolicy` of a service that takes no attestations of wallets."""

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        """Refuse.

        Raises:
            UntrustedError: always.
        """
        raise UntrustedError("no wallet provider is trusted here")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Context:
    """The parts of one service; see `CredentialIssuerService` for what they are."""

    issuer: Issuer
    identifier: str
    display: Mapping[str, str]
    offerings: Mapping[str, Offering]
    configurations: Mapping[str, CredentialConfiguration]
    login: Login | None
    records: Records
    sessions: SealedSessions
    people: People
    wallet_providers: TrustPolicy
    attestation_statuses: AttestationStatuses
    holder_certificates: HolderCertificates | None
    profile: IssuanceProfile
    signer: IssuerKey | None
    encryption: tuple[MessageKey, ...]
    encryption_required: bool
    dpop_nonce_required: bool
    deferred_notifications: bool
    lifetimes: Lifetimes
    bounds: Bounds
    clock: Callable[[], datetime]
    dpop_nonces: DpopNonces
    challenges: ClientChallenges | None
    c_nonces: StatelessNonces
    locks: tuple[threading.Lock, ...] = field(default_factory=lambda: tuple(threading.Lock() for _ in range(_STRIPES)))

    @property
    def origin(self) -> str:
        """Scheme, host and port of the service."""
        return service_url.parse(self.identifier).origin

    def url(self, path: str) -> str:
        """Return the address of an endpoint."""
        return self.identifier.removesuffix("/") + path

    def requires(self, name: str) -> bool:
        """Tell whether the profile requires something."""
        return getattr(self.profile, name) is Requirement.REQUIRED

    def one_at_a_time(self, id: str) -> AbstractContextManager[bool]:
        """Keep the other threads of this process from work on the same thing, which one of them would do in vain.

        That nothing is done twice does not hang on it: other processes are kept out by the sessions.
        """
        return self.locks[hash(id) % _STRIPES]

    def require_room(self, kind: str, bound: int) -> None:
        """Return if another session may begin.

        Raises:
            OAuthRefusal: there are too many of this kind (``temporarily_unavailable``).
        """
        if self.sessions.count(kind) >= bound:
            raise busy("there are too many sessions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What was signed in an act.

    Attributes:
        holder: stands for the keys that it is bound to.
        recoveries: of the grant then; once it has risen, somebody else has revoked this.
        credentials: the credentials.
    """

    holder: str
    recoveries: int
    credentials: tuple[Credential, ...] = field(repr=False)


@dataclass(slots=True, eq=False, repr=False)
class Exchange:
    """One request, and what has to be remembered of it whatever becomes of it.

    Attributes:
        context: the service.
        http: the request as it came.
        at: the time of the request.
        marks: what it has used up, such as its DPoP proof; written with what it does.
        signed: what was signed for it and could not be written, since something else was written first; by the key of
            the ledger.
        is_authenticated: whether it came with a good access token, so that its marks are kept even if it is refused.
    """

    context: Context
    http: HttpRequest
    at: datetime
    marks: list[Add] = field(default_factory=list)
    signed: dict[str, Signed] = field(default_factory=dict)
    is_authenticated: bool = False

    @property
    def url(self) -> str:
        """The address without its query, as this service is known."""
        return self.http.url.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address.

        Raises:
            OAuthRefusal: they cannot be read (``invalid_request``).
        """
        with refusing(OAuthErrorCode.INVALID_REQUEST):
            return form.read_query(self.http.url.partition("?")[2])

    def header(self, name: str) -> str | None:
        """Return a header field."""
        return self.http.headers.get(name)

    def form(self) -> dict[str, str]:
        """Return the parameters of a form.

        Raises:
            OAuthRefusal: there is none, or it cannot be read (``invalid_request``).
        """
        media_type = (self.header("content-type") or "").partition(";")[0].strip().lower()
        if media_type != form.MEDIA_TYPE:
            raise OAuthRefusal("the request is no form", error=OAuthErrorCode.INVALID_REQUEST)
        with refusing(OAuthErrorCode.INVALID_REQUEST):
            return form.read_form(self.http.body)

    def ends(self, lifetime: timedelta) -> datetime:
        """Return when something ends that is good for so long from now on."""
        return self.at + lifetime

    def commit(self, *changes: Change) -> None:
        """Do all of it, with what the request has used up, or nothing.

        Raises:
            SessionChangedError: somebody else came first.
        """
        self.context.sessions.commit(*self.marks, *changes)
        self.marks.clear()

    def keep_marks(self) -> None:
        """Remember what a request has used up that was refused, if it may."""
        if self.is_authenticated and self.marks:
            with suppress(StoreError):
                self.context.sessions.commit(*self.marks)

    def fresh_nonce(self) -> dict[str, str]:
        """Return the header field with a nonce for the next proof."""
        return {NONCE_HEADER: self.context.dpop_nonces.issue(at=self.at)}


def json_response(body: bytes, headers: Mapping[str, str], *, status: int = 200) -> HttpResponse:
    """Return an answer that no cache may keep."""
    always = {"content-type": JSON, "cache-control": "no-store"}
    return HttpResponse(status=status, headers={**always, **headers}, body=body)


def busy(message: str, *, retry_after: int = 5) -> OAuthRefusal:
    """Return the refusal of a request that may succeed later."""
    return OAuthRefusal(
        message, error=OAuthErrorCode.TEMPORARILY_UNAVAILABLE, headers={"retry-after": str(retry_after)}
    )


def denied(message: str) -> OAuthRefusal:
    """Return the refusal of credentials that nobody gets by asking again."""
    return OAuthRefusal(message, error=OAuthErrorCode.CREDENTIAL_REQUEST_DENIED, clause="OpenID4VCI 1.0, section 8.3.1")
