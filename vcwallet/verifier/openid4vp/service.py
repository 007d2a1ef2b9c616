# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A verifier's service: requests by reference, answers that are posted, and what its own pages ask for (OpenID4VP 1.0).

It is a function from a request to an answer, for any web framework; `vcwallet.adapters.web.verifier_app` makes an ASGI
application of it.  What it has to remember is in its sessions and in the verifier's store, so that several processes
can serve together, and one can be restarted at any time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from vcwallet.claims import JsonValue
from vcwallet.encoding import service_url
from vcwallet.errors import StoreBusyError, StoreError
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.haip import OPENID4VP_1_0, PresentationProfile
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal
from vcwallet.protocols.openid4vp.client_id import ClientIdPrefix
from vcwallet.protocols.openid4vp.digital_credentials import Protocol, require_origin
from vcwallet.protocols.openid4vp.direct_post import new_response_code, with_response_code
from vcwallet.protocols.openid4vp.request_uri import SCHEME
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey
from vcwallet.protocols.openid4vp.response_mode import ResponseMode
from vcwallet.protocols.openid4vp.transaction_data import TransactionDetails
from vcwallet.sealed_sessions import SealedSessions
from vcwallet.sessions import SessionChangedError, SessionStore
from vcwallet.trust.certificates import dns_names, from_der
from vcwallet.verifier.asking import Ask
from vcwallet.verifier.openid4vp import collecting
from vcwallet.verifier.openid4vp.answering import take_posted
from vcwallet.verifier.openid4vp.beginning import BegunPresentation, begin
from vcwallet.verifier.openid4vp.collecting import PresentationResult, PresentationStatus
from vcwallet.verifier.openid4vp.context import REQUEST_PATH, RESPONSE_PATH, Context
from vcwallet.verifier.openid4vp.fetching import serve_request
from vcwallet.verifier.openid4vp.settings import Bounds, Client, ClientHeader, FurtherSigner, Lifetimes
from vcwallet.verifier.openid4vp.state import Channel
from vcwallet.verifier.verifier import Verifier

PURGE_EVERY: Final = timedelta(minutes=1)
_ATTEMPTS = 10

Endpoint = Callable[[Context, HttpRequest, str], HttpResponse]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One endpoint of a service.

    Attributes:
        name: what it is called.
        path: where it is on the host; one that ends with a slash stands for all that is directly below it.
        methods: the methods that it has.
        cost: how many requests it counts as where requests are counted.
        is_for_browsers: whether people's browsers come here, and not wallets.
        answer: answers a request.
    """

    name: str
    path: str
    methods: tuple[str, ...]
    cost: int = 1
    is_for_browsers: bool = False
    answer: Endpoint

    def secret(self, path: str) -> str | None:
        """Return what follows the endpoint in a path, if anything does; None where the path is another one's."""
        if not self.path.endswith("/"):
            return "" if path == self.path else None
        rest = path.removeprefix(self.path)
        return None if rest == path or not rest or "/" in rest else rest


class VerifierService:
    """One verifier's service.  `vcwallet.VerifierService` puts it together with the system clock."""

    def __init__(
        self,
        verifier: Verifier,
        *,
        address: str,
        channels: Collection[Channel],
        sessions: SessionStore,
        clock: Callable[[], datetime],
        result_page: str | None = None,
        origins: Sequence[str] = (),
        profile: PresentationProfile = OPENID4VP_1_0,
        client: Client | None = None,
        client_header: ClientHeader | None = None,
        registered_keys: Sequence[ResponseKey] = (),
        posted: ResponseMode = ResponseMode.DIRECT_POST_JWT,
        shares_response_uri: bool = False,
        by_api: ResponseMode = ResponseMode.DC_API_JWT,
        protocols: Sequence[Protocol] = (Protocol.SIGNED,),
        signers: Sequence[FurtherSigner] = (),
        lifetimes: Lifetimes = Lifetimes(),  # noqa: B008 - a value
        bounds: Bounds = Bounds(),  # noqa: B008 - a value
    ) -> None:
        """Put a service together.

        Args:
            verifier: signs the requests and verifies the answers; processes that serve together share its store.
            address: where the endpoints are, an https URL; for a machine's own tests also http to it.
            channels: how wallets may be asked.  By `Channel.CROSS_DEVICE` somebody can be made to answer what another
                has begun, so leave it out where the session is what protects from that.
            sessions: keeps what the service has to remember.
            clock: tells the time.
            result_page: where the browser comes back to, with ``response_code`` in its query; for the same device.
            origins: the origins of the pages that ask by the Digital Credentials API.
            profile: what is agreed on with the wallets.
            client: another client identifier of the verifier than the hash of its certificate.  With
                `ClientIdPrefix.REDIRECT_URI` nobody signs, and the client is the address of each answer: wallets know
                nobody by that, unless a policy of theirs knows the address.
            client_header: what shows that the verifier's key is that client's (see `Verifier.request`); a function is
                asked anew for each request.
            registered_keys: of a client in a federation, or one without a prefix, the keys for answers that stand in
                its registered metadata, the one to be used first; each is kept until no wallet can use it any more.
            posted: the response mode of answers that are posted.
            shares_response_uri: whether all answers are posted to one address, as those need it whose addresses are
                registered or attested; otherwise each request has an address of its own.
            by_api: the response mode of answers by the Digital Credentials API.
            protocols: how requests go out by that API, the most welcome first; a page hands all of them over, and a
                wallet takes one.
            signers: for `Protocol.MULTISIGNED`, who signs beside the verifier itself.
            lifetimes: how long what it makes is good.
            bounds: how many transactions there may be at once.

        Raises:
            MalformedError: the address or the result page is none.
            ValueError: no channel, or one that misses its result page or origin; a response mode that is not of its
                kind or not of the profile; protocols, signers or registered keys that do not belong to the client; or
                wallets would not answer to this address, since the certificate names others.
        """
        context = Context(
            verifier=verifier,
            address=address.removesuffix("/"),
            channels=frozenset(channels),
            result_page=None if result_page is None else _result_page(result_page),
            origins=tuple(map(require_origin, origins)),
            sessions=SealedSessions(sessions, clock, owner=address.removesuffix("/")),
            profile=profile,
            client=client,
            client_header=client_header,
            registered_keys=tuple(registered_keys),
            posted=posted,
            shares_response_uri=shares_response_uri,
            by_api=by_api,
            protocols=tuple(dict.fromkeys(protocols)),
            signers=tuple(signers),
            lifetimes=lifetimes,
            bounds=bounds,
            clock=clock,
        )
        parsed = service_url.parse(context.address)
        _require_possible(context, host=parsed.host)
        self._context = context
        self._purging = threading.Lock()
        self._purged_at = clock()
        self.origin: str = parsed.origin
        self.profile: PresentationProfile = profile
        response = parsed.path + RESPONSE_PATH + ("" if shares_response_uri else "/")
        self.routes: tuple[Route, ...] = (
            Route(name="request", path=parsed.path + REQUEST_PATH, methods=("GET", "POST"), answer=serve_request),
            Route(name="response", path=response, methods=("POST",), answer=take_posted),
        )

    # --- for the verifier's own pages ---

    def begin(
        self,
        *asks: Ask | DcqlQuery,
        purpose: str,
        channel: Channel,
        session: str,
        scheme: str = SCHEME,
        origin: str | None = None,
        transactions: Sequence[TransactionDetails] = (),
    ) -> BegunPresentation:
        """Begin a transaction for one browser session.

        Args:
            asks: what is asked for: some questions, or one DCQL query.
            purpose: the code of a purpose that the verifier is registered for.
            channel: how the wallet is asked.
            session: the secret of the browser session, such as the value of its cookie; at least 16 characters.
            scheme: how the link begins: a scheme for requests, or the https URL of a wallet.
            origin: that of the page, by the Digital Credentials API; None where the service has one.
            transactions: what the holder is asked to authorise.

        Raises:
            LocalProtocolError: there is no registration for this purpose (``PURPOSE_NOT_REGISTERED``), or there are too
                many transactions (``TOO_MANY_TRANSACTIONS``).
            RemoteProtocolError, UntrustedError: wallets of the profile would refuse the request.
            StoreError: the sessions could not be written; nothing has begun.
            ValueError: nothing is asked for; or a channel, origin, scheme or session that is none.
        """
        self._purge()
        return begin(
            self._context,
            asks,
            purpose=purpose,
            channel=channel,
            session=session,
            scheme=scheme,
            origin=origin,
            transactions=transactions,
        )

    def status(self, transaction_id: str, *, session: str) -> PresentationStatus:
        """Return how far a transaction is, for a page that waits.

        Raises:
            LocalProtocolError: there is no such transaction, or no more (``TRANSACTION_UNKNOWN``).
            BindingError: it is another browser's (``SESSION_MISMATCH``).
            StoreError: the sessions could not be read.
        """
        return collecting.status(self._context, transaction_id, session=session)

    def result(self, transaction_id: str, *, session: str) -> PresentationResult:
        """Return what was verified; on the same device, after the person has come back (see `redeem`).

        Raises:
            LocalProtocolError: there is no such transaction (``TRANSACTION_UNKNOWN``), or no answer yet, or the person
                has not come back (``NOT_ANSWERED``).
            BindingError: it is another browser's (``SESSION_MISMATCH``).
            DeclinedError: the wallet has declined.
            AnswerRefusedError: the answer was refused.
            StoreError: the sessions could not be read.
        """
        return collecting.result(self._context, transaction_id, session=session)

    def redeem(self, response_code: str, *, session: str) -> PresentationResult:
        """Return what was verified, for the browser that the wallet has sent the person back to; only the first time.

        `result` returns it again as long as it is kept.

        Args:
            response_code: from the query of the result page.
            session: the secret of the session of the browser that is there.

        Raises:
            BindingError: the code is unknown or was used (``RESPONSE_CODE_UNKNOWN``), or this is not the browser that
                asked (``SESSION_MISMATCH``): what was verified is forgotten then.
            DeclinedError: the wallet has declined.
            StoreError: the sessions could not be read or written.
        """
        return collecting.redeem(self._context, response_code, session=session)

    def take(self, transaction_id: str, *, session: str, data: Mapping[str, JsonValue]) -> PresentationResult:
        """Return what was verified of an answer that came by the Digital Credentials API; only the first time.

        Args:
            transaction_id: of the transaction.
            session: the secret of the browser session.
            data: the ``data`` of the credential that the API gave to the page.

        Raises:
            LocalProtocolError: there is no such transaction (``TRANSACTION_UNKNOWN``), or its answer comes in another
                way (``WRONG_CHANNEL``).
            BindingError: it is another browser's (``SESSION_MISMATCH``).
            OAuthRefusal: the request has ended or was answered, or the answer cannot be judged for now.
            MalformedError, RemoteProtocolError, VerificationError: it is no answer to the request, which stays open.
            DeclinedError: the wallet has declined.
            AnswerRefusedError: the answer was refused.
            StoreError: the sessions could not be read or written.
        """
        return _again(lambda: collecting.take_from_api(self._context, transaction_id, session=session, data=data))

    def forget(self, transaction_id: str, *, session: str) -> None:
        """Forget a transaction and what was verified in it; an answer that comes later finds no request.

        Raises:
            LocalProtocolError, BindingError: as `status`.
            StoreError: the sessions could not be written.
        """
        _again(lambda: collecting.forget(self._context, transaction_id, session=session))

    # --- for everybody ---

    def __call__(self, request: HttpRequest, /) -> HttpResponse:
        """Return the answer to a request, whose `url` is the public address that was asked for; see `routes`.

        Header fields are by lower-case name.  What goes wrong with a request is answered with one constant body.

        Raises:
            VcError: the verifier cannot sign, or a session is damaged.
        """
        path = request.url.partition("?")[0].removeprefix(self.origin)
        found = next(((one, secret) for one in self.routes if (secret := one.secret(path)) is not None), None)
        if found is None:
            return _empty(404)
        route, secret = found
        method = "GET" if request.method == "HEAD" else request.method
        if method not in route.methods:
            return _empty(405, allow=", ".join(_methods(route)))
        response = self._answer(route, request, secret)
        self._purge()
        if request.method == "HEAD":
            return HttpResponse(status=response.status, headers=response.headers, body=b"")
        return response

    def _answer(self, route: Route, request: HttpRequest, secret: str) -> HttpResponse:
        try:
            return _again(lambda: route.answer(self._context, request, secret))
        except OAuthRefusal as refusal:
            return refusal.response()
        except StoreError:
            error = OAuthErrorCode.TEMPORARILY_UNAVAILABLE
            return OAuthRefusal("the store does not answer", error=error, headers={"retry-after": "5"}).response()

    def _purge(self) -> None:
        """Forget what has ended, now and then."""
        now = self._context.clock()
        if now - self._purged_at < PURGE_EVERY or not self._purging.acquire(blocking=False):
            return
        try:
            self._purged_at = now
            with suppress(StoreError):
                self._context.sessions.purge()
        finally:
            self._purging.release()


def _again(act: Callable[[], T]) -> T:
    """Do what looks at a session and changes it, anew where somebody came first."""
    for _ in range(_ATTEMPTS):
        with suppress(SessionChangedError):
            return act()
    raise StoreBusyError("others come first each time")


def _result_page(address: str) -> str:
    """Return the address of a result page, to which a response code can be added.

    Raises:
        MalformedError: it is none.
    """
    with_response_code(address, new_response_code())
    return address


def _require_possible(context: Context, *, host: str) -> None:
    """Return if wallets can be asked in all the ways of the service.

    Raises:
        ValueError: they cannot.
    """
    if not context.channels:
        raise ValueError("a service asks in some way")
    if Channel.SAME_DEVICE in context.channels and context.result_page is None:
        raise ValueError("on the same device, the person comes back to a result page")
    if Channel.DC_API in context.channels and not context.origins:
        raise ValueError("by the Digital Credentials API, the origins of the pages are known")
    if not context.posted.is_posted or not context.by_api.is_dc_api:
        raise ValueError("a response mode is not of its kind")
    modes = {context.mode(channel) for channel in context.channels}
    if not modes.issubset(context.profile.response_modes):
        raise ValueError("the profile does not have the response mode")
    needs_keys = context.is_registered_elsewhere and any(mode.is_encrypted for mode in modes)
    if needs_keys != bool(context.registered_keys):
        raise ValueError("a client that is registered elsewhere has its keys for answers there, and nobody else has")
    if Channel.DC_API in context.channels:
        _require_protocols(context)
    # Whoever names its servers in the certificate gets answers there alone (OpenID4VP 1.0, section 5.9.3).
    names = dns_names(from_der(context.verifier.chain[0]))
    if names and host not in names:
        raise ValueError("the certificate of the verifier names other hosts")


def _require_protocols(context: Context) -> None:
    """Return if requests by the Digital Credentials API can go out in all the ways that were chosen.

    Raises:
        ValueError: they cannot.
    """
    if not context.protocols:
        raise ValueError("by the Digital Credentials API, a request goes out by some protocol")
    if (Protocol.MULTISIGNED in context.protocols) != bool(context.signers):
        raise ValueError("for several signatures there are further signers, and for nothing else")
    if isinstance(context.client, ClientIdPrefix) and context.protocols != (Protocol.UNSIGNED,):
        raise ValueError("a client that is nothing but an address signs nothing")


def _methods(route: Route) -> list[str]:
    return [*route.methods, *(["HEAD"] if "GET" in route.methods else [])]


def _empty(status: int, **headers: str) -> HttpResponse:
    return HttpResponse(status=status, headers={"cache-control": "no-store", **headers}, body=b"")
