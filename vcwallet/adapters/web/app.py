# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""ASGI applications for the services of roles: endpoints, limits, and the deployer's own pages beside them."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.routing import Route as Place

from vcwallet.adapters.web.exchange import MAX_BODY_BYTES, read_request, write_response
from vcwallet.adapters.web.openapi import openapi_json
from vcwallet.adapters.web.rate_limit import RateLimit, RateLimiter
from vcwallet.adapters.web.verifier_openapi import verifier_openapi_json
from vcwallet.errors import LimitExceededError, MalformedError
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.issuer.openid4vci import CredentialIssuerService
from vcwallet.protocols.oauth.client_attestation import CHALLENGE_HEADER, HEADER, POP_HEADER
from vcwallet.protocols.oauth.dpop import NONCE_HEADER
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal
from vcwallet.verifier.openid4vp import VerifierService
from vcwallet.verifier.openid4vp.settings import MAX_POSTED_BYTES

OPENAPI_PATH: Final = "/openapi.json"
_LOG = logging.getLogger("vcwallet.web")
_ASKED_HEADERS: Final = ("authorization", "content-type", "dpop", HEADER, POP_HEADER)
_SHOWN_HEADERS: Final = (NONCE_HEADER, CHALLENGE_HEADER, "www-authenticate", "retry-after", "etag")

Answer = Callable[[Request], Awaitable[Response]]


class Route(Protocol):
    """One endpoint of a service; see the routes of the services for what its members mean."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def path(self) -> str:
        """Where it is on the host."""
        ...

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that it has."""
        ...

    @property
    def is_for_browsers(self) -> bool:
        """Whether people's browsers come here, and not wallets."""
        ...


class Service(Protocol):
    """The service of a role: a function from a request to an answer."""

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        ...

    def __call__(self, request: HttpRequest, /) -> HttpResponse:
        """Return the answer."""
        ...


def issuer_app(
    service: CredentialIssuerService,
    *,
    pages: Sequence[BaseRoute] = (),
    rate_limit: RateLimit = RateLimit(),  # noqa: B008 - a value
) -> Starlette:
    """Return the application of a service.

    It goes to the root of a host, since the well-known addresses are there.  Endpoints for wallets can be called by
    pages of other sites (CORS), without cookies; the log-in cannot.  No body, header or address is logged, and of what
    fails only the kind of error and its place in the code.

    Args:
        service: the service.
        pages: routes of the deployer's portal; they go after those of the service.
        rate_limit: how many requests one address may make to the service.
    """
    return _app(service, service.routes, openapi_json(service), pages, rate_limit)


def verifier_app(
    service: VerifierService,
    *,
    pages: Sequence[BaseRoute] = (),
    rate_limit: RateLimit = RateLimit(),  # noqa: B008 - a value
) -> Starlette:
    """Return the application of a verifier's service.

    It goes to the root of a host.  Its endpoints are for wallets, also those that are pages of other sites (CORS),
    without cookies.  What is logged is as in `issuer_app`.

    Args:
        service: the service.
        pages: routes of the verifier's own pages; they go after those of the service.
        rate_limit: how many requests one address may make to the service.
    """
    description = verifier_openapi_json(service)
    return _app(service, service.routes, description, pages, rate_limit, max_bytes=MAX_POSTED_BYTES)


def _app(
    service: Service,
    routes: Sequence[Route],
    description: bytes,
    pages: Sequence[BaseRoute],
    rate_limit: RateLimit,
    *,
    max_bytes: int = MAX_BODY_BYTES,
) -> Starlette:
    limiter = RateLimiter(rate_limit)
    places = [_place(_answering(service, max_bytes), route, limiter) for route in routes]

    async def describe(_: Request) -> Response:
        return Response(description, media_type="application/json")

    app = Starlette(routes=[*places, Place(OPENAPI_PATH, describe), *pages])
    # No wallet is sent on to another address: what it posts is for the one that it was told (RFC 9700, section 4.12).
    app.router.redirect_slashes = False
    return app


def _place(answer: Answer, route: Route, limiter: RateLimiter) -> Place:
    path = f"{route.path}{{rest}}" if route.path.endswith("/") else route.path
    # Whoever is not known here gets the same answer as everybody, so any page may ask.
    shared = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=list(route.methods),
        allow_headers=list(_ASKED_HEADERS),
        expose_headers=list(_SHOWN_HEADERS),
        max_age=600,
    )
    return Place(
        path,
        _limited(answer, limiter),
        # A preflight is answered by the middleware; the service knows no OPTIONS.
        methods=[*route.methods, *([] if route.is_for_browsers else ["OPTIONS"])],
        name=route.name,
        middleware=[] if route.is_for_browsers else [shared],
    )


def _limited(answer: Answer, limiter: RateLimiter) -> Answer:
    """Return an endpoint that refuses whoever asks too often, before anything is read."""

    async def limited(request: Request) -> Response:
        address = request.client.host if request.client is not None else ""
        wait = limiter.wait(address, now=time.monotonic())
        if wait:
            refusal = OAuthRefusal("too many requests", error=OAuthErrorCode.TEMPORARILY_UNAVAILABLE, status=429)
            refusal.headers["retry-after"] = str(wait)
            return write_response(refusal.response())
        return await answer(request)

    return limited


def _answering(service: Service, max_bytes: int) -> Answer:
    async def answering(request: Request) -> Response:
        try:
            asked = await read_request(request, origin=service.origin, max_bytes=max_bytes)
        except LimitExceededError:
            return write_response(_refusal(413))
        except MalformedError:
            return write_response(_refusal(400))
        try:
            return write_response(await run_in_threadpool(service, asked))
        except Exception as error:
            # Neither message nor traceback: the error may be the deployer's, and quote a record.
            _LOG.error("a request failed: %s at %s", type(error).__name__, _place_of(error))
            return write_response(_refusal(500))

    return answering


def _refusal(status: int) -> HttpResponse:
    error = OAuthErrorCode.SERVER_ERROR if status >= 500 else OAuthErrorCode.INVALID_REQUEST
    return OAuthRefusal("the request cannot be answered", error=error, status=status).response()


def _place_of(error: BaseException) -> str:
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    return f"{frame.f_globals.get('__name__', '?')}:{line}"
