# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A credential issuer's service, with its authorisation server (OpenID4VCI 1.0).

It is a function from a request to an answer, for any web framework; `vcwallet.adapters.web.issuer_app` makes an ASGI
application of it.  All that it remembers is in its sessions and in the issuer's ledger, so that several processes can
serve together, and one can be restarted at any time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vcwallet.encoding import service_url
from vcwallet.errors import StoreError, UntrustedError
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.formats.base import IssuerKey
from vcwallet.issuer.issuer import Issuer
from vcwallet.issuer.openid4vci import offers
from vcwallet.issuer.openid4vci.attestations import NOT_LOOKED_UP
from vcwallet.issuer.openid4vci.authorize import LOGIN_PATH, authorize, login
from vcwallet.issuer.openid4vci.context import Context, Exchange, NobodyTrusted, Signed, busy
from vcwallet.issuer.openid4vci.credential import credential
from vcwallet.issuer.openid4vci.deferred import deferred
from vcwallet.issuer.openid4vci.deployer import AttestationStatuses, Login, Records
from vcwallet.issuer.openid4vci.metadata import PublishedMetadata, configuration_of
from vcwallet.issuer.openid4vci.nonces import challenge, nonce
from vcwallet.issuer.openid4vci.notification import notification
from vcwallet.issuer.openid4vci.offering import Bounds, GrantType, Lifetimes, Offering
from vcwallet.issuer.openid4vci.offers import DIGITS, IssuedOffer, OfferStatus, offer_by_reference
from vcwallet.issuer.openid4vci.people import People
from vcwallet.issuer.openid4vci.pushed import pushed
from vcwallet.issuer.openid4vci.token import token
from vcwallet.keys.policy import TrustPolicy
from vcwallet.protocols.haip import OPENID4VCI_1_0, IssuanceProfile, require_x5c
from vcwallet.protocols.oauth.client_attestation import ClientChallenges
from vcwallet.protocols.oauth.dpop import DpopNonces
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal
from vcwallet.protocols.oauth.server_metadata import AuthorizationServerMetadata
from vcwallet.protocols.openid4vci.encryption import MessageKey
from vcwallet.protocols.openid4vci.identifiers import (
    AUTHORIZATION_SERVER,
    CREDENTIAL_ISSUER,
    require_issuer_identifier,
    well_known_url,
)
from vcwallet.protocols.openid4vci.issuer_metadata import CredentialIssuerMetadata
from vcwallet.protocols.openid4vci.jwt_proof import HolderCertificates
from vcwallet.protocols.openid4vci.offer import SCHEME, TxCode
from vcwallet.protocols.stateless_nonce import StatelessNonces
from vcwallet.sealed_sessions import SealedSessions
from vcwallet.sessions import SessionChangedError, SessionStore
from vcwallet.status.ledger import Decision, Issuance

PURGE_EVERY: Final = timedelta(minutes=1)
BEGINNING: Final = 4
"""What a request costs that begins a session which anybody can begin (see `Bounds`)."""
_ATTEMPTS = 10

Endpoint = Callable[[Exchange], HttpResponse]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One endpoint of a service.

    Attributes:
        name: what it is called.
        path: where it is on the host; one that ends in a slash stands for all that is directly below it.
        methods: the methods that it has.
        cost: how many requests it counts as where requests are counted: more where each begins a session.
        is_for_browsers: whether people's browsers come here, and not wallets: pages of other sites may not call it.
        answer: answers a request.
    """

    name: str
    path: str
    methods: tuple[str, ...]
    cost: int = 1
    is_for_browsers: bool = False
    answer: Endpoint

    def matches(self, path: str) -> bool:
        """Tell whether a path is this endpoint's."""
        if not self.path.endswith("/"):
            return path == self.path
        rest = path.removeprefix(self.path)
        return rest != path and rest != "" and "/" not in rest


class CredentialIssuerService:
    """One credential issuer's service.  `vcwallet.CredentialIssuerService` puts it together with the system clock."""

    def __init__(
        self,
        issuer: Issuer,
        *,
        identifier: str,
        display: Mapping[str, str],
        offered: Sequence[Offering],
        records: Records,
        sessions: SessionStore,
        secret: bytes,
        clock: Callable[[], datetime],
        login: Login | None = None,
        wallet_providers: TrustPolicy | None = None,
        attestation_statuses: AttestationStatuses = NOT_LOOKED_UP,
        holder_certificates: HolderCertificates | None = None,
        profile: IssuanceProfile = OPENID4VCI_1_0,
        signer: IssuerKey | None = None,
        encryption: Sequence[MessageKey] = (),
        encryption_required: bool = False,
        dpop_nonce_required: bool = False,
        deferred_notifications: bool = False,
        lifetimes: Lifetimes = Lifetimes(),  # noqa: B008 - a value
        bounds: Bounds = Bounds(),  # noqa: B008 - a value
        former_secrets: Sequence[bytes] = (),
    ) -> None:
        """Put a service together.

        Args:
            issuer: signs the credentials; it keeps a ledger, which is what nothing is issued twice by.
            identifier: the credential issuer identifier, an https URL; for a machine's own tests also http to it.
            display: the issuer's name, by language tag.
            offered: the credential configurations.
            records: knows what is to be certified of people.
            sessions: keeps what the service has to remember; other services may keep theirs in the same place.
            secret: at least 32 random bytes, the same for all processes of one service, that nonces are made with, and
                the pseudonyms by which the ledger knows people.
            clock: tells the time.
            login: tells who people are; without one there is no authorization code grant.
            wallet_providers: knows the providers whose attestations of wallets and keys are trusted; None knows none.
            attestation_statuses: whether providers still vouch for what they have attested: a `StatusLookUp`.  The
                default looks up nothing, and refuses attestations that have a status.
            holder_certificates: the CAs whose certificates of holders' keys are taken in ``jwt`` proofs (``x5c``): a
                `HolderAnchors`.  None takes none.
            profile: what is required of wallets.
            signer: signs the metadata for those who want them signed; None signs none.
            encryption: the keys that wallets can encrypt requests to; the first is the newest.
            encryption_required: whether credential requests and responses have to be encrypted.
            dpop_nonce_required: whether each DPoP proof needs a nonce of this service.
            deferred_notifications: whether credentials that were deferred come with a ``notification_id``, too, which
                the standard leaves open (section 9.2); some wallets in the field refuse such an answer, credentials
                and all.
            lifetimes: how long what it gives out is good.
            bounds: how many sessions there may be that anybody can begin.
            former_secrets: secrets that were in use before, by which people are found as well to whom something was
                issued then.  Where several processes run, all are told the new secret in this place first, so that what
                one takes back of a person is void to the others while they change.

        Raises:
            MalformedError: the identifier is none.
            ValueError: nothing is offered, or something twice; the secret is too short; the issuer keeps no ledger; or
                the profile or an offering needs what is not there.
        """
        require_issuer_identifier(identifier)
        offerings = {offering.id: offering for offering in offered}
        if not offerings or len(offerings) != len(offered):
            raise ValueError("a service offers something, and nothing twice")
        if not issuer.has_ledger:
            raise ValueError("the issuer of a service keeps a ledger")
        if encryption_required and not encryption:
            raise ValueError("requests cannot be encrypted without a key")
        configurations = {id: configuration_of(one, algorithm=issuer.algorithm) for id, one in offerings.items()}
        kept = SealedSessions(sessions, clock, owner=identifier)
        self._context = Context(
            issuer=issuer,
            identifier=identifier,
            display=dict(display),
            offerings=offerings,
            configurations=configurations,
            login=login,
            records=records,
            sessions=kept,
            people=People(kept, secret=secret, former_secrets=former_secrets),
            wallet_providers=wallet_providers or NobodyTrusted(),
            attestation_statuses=attestation_statuses,
            holder_certificates=holder_certificates,
            profile=profile,
            signer=signer,
            encryption=tuple(encryption),
            encryption_required=encryption_required,
            dpop_nonce_required=dpop_nonce_required,
            deferred_notifications=deferred_notifications,
            lifetimes=lifetimes,
            bounds=bounds,
            clock=clock,
            dpop_nonces=DpopNonces(secret),
            challenges=None if wallet_providers is None else ClientChallenges(secret),
            c_nonces=StatelessNonces(secret, kind="c_nonce"),
        )
        _require_possible(self._context)
        self._metadata = PublishedMetadata(self._context)
        self._purging = threading.Lock()
        self._purged_at = clock()
        self.identifier: str = identifier
        self.profile: IssuanceProfile = profile
        self.routes: tuple[Route, ...] = _routes(self._context, self._metadata)

    @property
    def origin(self) -> str:
        """Scheme, host and port of the service."""
        return self._context.origin

    @property
    def metadata(self) -> CredentialIssuerMetadata:
        """What the service says about itself as a credential issuer."""
        return self._metadata.issuer

    @property
    def server_metadata(self) -> AuthorizationServerMetadata:
        """What the service says about itself as an authorisation server."""
        return self._metadata.server

    # --- for the portal of the deployer ---

    def offer(
        self,
        subject: str | None,
        configuration_ids: Sequence[str],
        *,
        grant: GrantType = GrantType.PRE_AUTHORIZED_CODE,
        tx_code: TxCode | None = DIGITS,
        scheme: str = SCHEME,
    ) -> IssuedOffer:
        """Make an offer for one person.

        Args:
            subject: the reference by which `Records` knows the person; for the authorization code grant None lets
                whoever logs in have it, and any other only this one.
            configuration_ids: what is offered (see `Offering.id`).
            grant: whether the person is known already, or is going to log in.
            tx_code: what the person has to type in beside, for a pre-authorised code; None trusts whoever sees the
                offer.  With the authorization code grant it is left out.
            scheme: the scheme of the links, or the https URL of a wallet.

        Raises:
            StoreError: the sessions could not be written; there is no offer.
            ValueError: no such configurations, no such grant in the profile, a pre-authorised code for nobody, or a
                transaction code of less than four characters.
        """
        kept = None if grant is GrantType.AUTHORIZATION_CODE else tx_code
        return offers.make_offer(self._context, subject, configuration_ids, grant=grant, tx_code=kept, scheme=scheme)

    def offer_status(self, id: str) -> OfferStatus:
        """Return what became of an offer.

        Args:
            id: that of the `IssuedOffer`.

        Raises:
            StoreError: the sessions could not be read.
        """
        return offers.offer_status(self._context, id)

    def issued_to(self, subject: str) -> tuple[Issuance, ...]:
        """Return the entries of what was issued to one person, the oldest first, revoked or not.

        What was issued before the ledger kept pseudonyms is not among it.

        Args:
            subject: the reference by which `Records` knows the person; the ledger has a pseudonym of it alone.

        Raises:
            StoreError: the ledger failed.
        """
        return self._context.issuer.issued_to(*self._context.people.pseudonyms(subject))

    def revoke(self, subject: str, *, reason: str, actor: str) -> tuple[Issuance, ...]:
        """Make all that was issued to one person invalid for good, and return its entries (see `issued_to`).

        Their offers, codes and tokens are void from then on, so that a wallet that was lost gets nothing more by them;
        the person needs a new offer, or logs in again.  It shows when a status signer has published the lists.  Done
        twice, it is no error.

        Args:
            subject: the reference by which `Records` knows the person.
            reason: why, without names of people.
            actor: the post that decided; not a person.

        Raises:
            LocalProtocolError: nothing was ever issued to this person (code ``NOT_ISSUED``); offers, codes and tokens
                are void nevertheless.
            StoreError: the sessions or the ledger failed; it is to be done again.
            ValueError: no reason or actor; nothing was done.
        """
        self._void_grants(subject, reason, actor)
        return self._context.issuer.revoke_all(*self._context.people.pseudonyms(subject), reason=reason, actor=actor)

    def suspend(self, subject: str, *, reason: str, actor: str) -> tuple[Issuance, ...]:
        """Make all that was issued to one person invalid for the time being; else as `revoke`.

        Whether the person gets something new meanwhile is for `Records` to say.

        Raises:
            LocalProtocolError: as for `revoke`; or a status list has one bit for each credential
                (``SUSPENSION_NOT_OFFERED``); offers, codes and tokens are void nevertheless.
            StoreError: the sessions or the ledger failed; it is to be done again.
            ValueError: no reason or actor; nothing was done.
        """
        self._void_grants(subject, reason, actor)
        return self._context.issuer.suspend_all(*self._context.people.pseudonyms(subject), reason=reason, actor=actor)

    def reinstate(self, subject: str, *, reason: str, actor: str) -> tuple[Issuance, ...]:
        """Make all that is suspended of one person valid again, and return the entries of what they have.

        What is revoked stays so, and tokens that are void stay so.

        Raises:
            LocalProtocolError: nothing was ever issued to this person (code ``NOT_ISSUED``).
            StoreError: the ledger failed; nothing was changed.
            ValueError: no reason or actor.
        """
        return self._context.issuer.reinstate_all(*self._context.people.pseudonyms(subject), reason=reason, actor=actor)

    def _void_grants(self, subject: str, reason: str, actor: str) -> None:
        Decision(actor=actor, reason=reason, at=self._context.clock())  # before anything is done for none
        self._context.people.void_grants(subject, self._context.lifetimes)

    # --- for everybody ---

    def __call__(self, request: HttpRequest, /) -> HttpResponse:
        """Return the answer to a request, whose `url` is the public address that was asked for; see `routes`.

        Header fields are by lower-case name.  What goes wrong with a request is answered; what leaves as an error is
        the deployer's to look at, and says nothing about people.

        Raises:
            TrustedListError: the registry's list is past its end, so that nobody can be told apart.
            VcError: the issuer cannot sign, or a session is damaged.
        """
        path = _path(request.url, self.origin)
        route = next((one for one in self.routes if path is not None and one.matches(path)), None)
        if route is None:
            return _empty(404)
        method = "GET" if request.method == "HEAD" else request.method
        if method not in route.methods:
            return _empty(405, allow=", ".join(_methods(route)))
        response = self._answer(route, request)
        self._purge()
        if request.method == "HEAD":
            return HttpResponse(status=response.status, headers=response.headers, body=b"")
        return response

    def _answer(self, route: Route, request: HttpRequest) -> HttpResponse:
        refusal = busy("others come first each time")
        signed: dict[str, Signed] = {}
        for _ in range(_ATTEMPTS):
            exchange = Exchange(self._context, request, self._context.clock(), signed=signed)
            try:
                return route.answer(exchange)
            except SessionChangedError:
                continue  # somebody came first: what is there now is looked at anew
            except OAuthRefusal as error:
                refusal = error
                # Who is told to come back has used nothing up; with the same proof somebody may be at work just now.
                if error.error is not OAuthErrorCode.TEMPORARILY_UNAVAILABLE:
                    exchange.keep_marks()
            except StoreError as error:
                refusal = busy("the store does not answer")
                refusal.code = error.code
            break
        return refusal.response()

    def _purge(self) -> None:
        """Forget what has ended, now and then."""
        now = self._context.clock()
        if abs(now - self._purged_at) < PURGE_EVERY or not self._purging.acquire(blocking=False):
            return
        try:
            self._purged_at = now
            with suppress(StoreError):
                self._context.sessions.purge()
        finally:
            self._purging.release()


def _routes(context: Context, metadata: PublishedMetadata) -> tuple[Route, ...]:
    def path(url: str) -> str:
        return service_url.parse(url).path

    def at(name: str) -> str:
        return path(context.url(name))

    issuer = path(well_known_url(context.identifier, CREDENTIAL_ISSUER))
    server = path(well_known_url(context.identifier, AUTHORIZATION_SERVER))
    get, post = ("GET",), ("POST",)
    return (
        Route(name="issuer_metadata", path=issuer, methods=get, answer=metadata.of_issuer),
        Route(name="server_metadata", path=server, methods=get, answer=metadata.of_server),
        Route(name="offer", path=at(offers.PATH), methods=get, answer=offer_by_reference),
        Route(name="par", path=at("/par"), methods=post, cost=BEGINNING, answer=pushed),
        Route(
            name="authorize",
            path=at("/authorize"),
            methods=get,
            cost=BEGINNING,
            answer=authorize,
            is_for_browsers=True,
        ),
        Route(name="login", path=at(LOGIN_PATH), methods=(*get, *post), answer=login, is_for_browsers=True),
        Route(name="token", path=at("/token"), methods=post, answer=token),
        Route(name="nonce", path=at("/nonce"), methods=post, answer=nonce),
        Route(name="challenge", path=at("/challenge"), methods=post, answer=challenge),
        Route(name="credential", path=at("/credential"), methods=post, answer=credential),
        Route(name="deferred", path=at("/deferred"), methods=post, answer=deferred),
        Route(name="notification", path=at("/notification"), methods=post, answer=notification),
    )


def _require_possible(context: Context) -> None:
    """Return if wallets can do what is required of them.

    Raises:
        ValueError: they cannot.
    """
    attested = any(one.key_attestation is not None for one in context.offerings.values())
    if (attested or context.requires("client_authentication")) and context.challenges is None:
        raise ValueError("attestations are required, and no wallet provider is trusted")
    if context.requires("signed_metadata") and context.signer is None:
        raise ValueError("signed metadata are required, and nobody signs them")
    if context.signer is not None:
        try:
            require_x5c(context.signer.chain, anchors=(), profile=context.profile)
        except UntrustedError as error:
            raise ValueError(f"the signer's certificates do not keep to the profile: {error.args[0]}") from None
    if context.login is None and GrantType.PRE_AUTHORIZED_CODE.value not in context.profile.grants:
        raise ValueError("the profile has no grant without a log-in")


def _methods(route: Route) -> list[str]:
    return [*route.methods, *(["HEAD"] if "GET" in route.methods else [])]


def _path(url: str, origin: str) -> str | None:
    address = url.partition("?")[0]
    return address.removeprefix(origin) if address.startswith(f"{origin}/") else None


def _empty(status: int, **headers: str) -> HttpResponse:
    return HttpResponse(status=status, headers={"cache-control": "no-store", **headers}, body=b"")
