# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An ASGI application for an issuer's service: endpoints, limits, and the deployer's own pages beside them."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.routing import Route as Place

from vcwallet.adapters.web.exchange import read_request, write_response
from vcwallet.adapters.web.openapi import openapi_json
from vcwallet.adapters.web.rate_limit import RateLimit, RateLimiter
from vcwallet.errors import LimitExceededError, MalformedError, TrustedListError, VcError
from vcwallet.flow import HttpResponse
from vcwallet.issuer.openid4vci import CredentialIssuerService, Route
from vcwallet.protocols.oauth.client_attestation import CHALLENGE_HEADER, HEADER, POP_HEADER
from vcwallet.protocols.oauth.dpop import NONCE_HEADER
from vcwallet.protocols.oauth.refusal import OAuthErrorCode, OAuthRefusal

OPENAPI_PATH: Final = "/openapi.json"
_LOG = logging.getLogger("vcwallet.web")
_ASKED_HEADERS: Final = ("authorization", "content-type", "dpop", HEADER, POP_HEADER)
_SHOWN_HEADERS: Final = (NONCE_HEADER, CHALLENGE_HEADER, "www-authenticate", "retry-after", "etag")

Answer = Callable[[Request], Awaitable[Response]]


def issuer_app(
    service: CredentialIssuerService,
    *,
    pages: Sequence[BaseRoute] = (),
    rate_limit: RateLimit = RateLimit(),  # noqa: B008 - a value
) -> Starlette:
    """Return the application of a service.

    It goes to the root of a host, since the well-known addresses are there.  Endpoints for wallets can be called by
    pages of other sites (CORS), without cookies; the log-in cannot.  No body, header or address is logged, and of what
    fails only the kind of error, its code and its place in the code.  While the trusted list is past its end, who would
    have to be trusted is told to come back later (status 503).

    Args:
        service: the service.
        pages: routes of the deployer's portal; they go after those of the service, and are found by their exact paths.
        rate_limit: how many requests one address may make to the service.
    """
    limiter = RateLimiter(rate_limit)
    places = [_place(service, route, limiter) for route in service.routes]
    description = openapi_json(service)

    async def describe(_: Request) -> Response:
        return Response(description, media_type="application/json")

    app = Starlette(routes=[*places, Place(OPENAPI_PATH, describe), *pages])
    # It would send a path with a slash too many to wherever the peer's ``Host`` says, code and form along.
    app.router.redirect_slashes = False
    return app


def _place(service: CredentialIssuerService, route: Route, limiter: RateLimiter) -> Place:
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
        _limited(_answering(service), limiter, cost=route.cost),
        # A preflight is answered by the middleware; the service knows no OPTIONS.
        methods=[*route.methods, *([] if route.is_for_browsers else ["OPTIONS"])],
        name=route.name,
        middleware=[] if route.is_for_browsers else [shared],
    )


def _limited(answer: Answer, limiter: RateLimiter, *, cost: int) -> Answer:
    """Return an endpoint that refuses whoever asks too often, before anything is read."""

    async def limited(request: Request) -> Response:
        address = request.client.host if request.client is not None else ""
        wait = limiter.wait(address, now=time.monotonic(), cost=cost)
        if wait:
            refusal = OAuthRefusal("too many requests", error=OAuthErrorCode.TEMPORARILY_UNAVAILABLE, status=429)
            refusal.headers["retry-after"] = str(wait)
            return write_response(refusal.response())
        return await answer(request)

    return limited


def _answering(service: CredentialIssuerService) -> Answer:
    async def answering(request: Request) -> Response:
        try:
            asked = await read_request(request, origin=service.origin)
        except LimitExceededError as error:
            # What else is on its way is not waited for: whoever sends for ever would keep the connection.
            return write_response(_refusal(408 if error.code == "BODY_SLOW" else 413, connection="close"))
        except MalformedError:
            return write_response(_refusal(400))
        try:
            return write_response(await run_in_threadpool(service, asked))
        except Exception as error:
            # Neither message nor traceback: the error may be the deployer's, and quote a record.
            _LOG.error("a request failed: %s at %s", _kind_of(error), _place_of(error))
            return write_response(_refusal(503 if isinstance(error, TrustedListError) else 500))

    return answering


_ERRORS: Final = {500: OAuthErrorCode.SERVER_ERROR, 503: OAuthErrorCode.TEMPORARILY_UNAVAILABLE}


def _refusal(status: int, **headers: str) -> HttpResponse:
    error = _ERRORS.get(status, OAuthErrorCode.INVALID_REQUEST)
    return OAuthRefusal("the request cannot be answered", error=error, status=status, headers=headers).response()


def _kind_of(error: Exception) -> str:
    name = type(error).__name__
    return f"{name} [{error.code}]" if isinstance(error, VcError) else name


def _place_of(error: BaseException) -> str:
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    return f"{frame.f_globals.get('__name__', '?')}:{line}"
