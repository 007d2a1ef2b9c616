# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A verifier's server in memory that keeps to OpenID4VP 1.0 or breaks one of its rules, and knows what it was sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.support.openid4vp import DID, HOST, OTHER_HOST, REQUEST_URI, WEB_DID
from tests.support.world import Resident, World
from vcwallet.encoding import json
from vcwallet.errors import TransportError
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.oauth import form
from vcwallet.protocols.openid4vp.client_id import ClientId
from vcwallet.protocols.openid4vp.direct_post import read_posted, reply
from vcwallet.protocols.openid4vp.error_response import ErrorResponse
from vcwallet.protocols.openid4vp.request import Delivery, Request, make_request
from vcwallet.protocols.openid4vp.request_uri import (
    MEDIA_TYPE,
    RequestUriPost,
    read_request_uri_post,
    reference_link,
    request_object_response,
)
from vcwallet.protocols.openid4vp.response import Response
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey
from vcwallet.protocols.openid4vp.response_mode import ResponseMode

RESPONSE = f"https://{HOST}/response/"
Reply = Callable[[HttpRequest], HttpResponse]


def presenting_world(**options: Any) -> World:
    """Return a world whose bank has servers, and whose wallet holds a resident record and an income record."""
    made = World(bank_dns_names=(HOST, OTHER_HOST), bank_identifiers=(DID, WEB_DID, "attested-bank"), **options)
    made.hold()
    return made


def query_of(world: World, *claims: str, kind: Any = Resident, id: str = "resident", **changed: Any) -> DcqlQuery:
    """Return a query for some claims of one credential."""
    return DcqlQuery.from_json({"credentials": [credential_query(world, *claims, kind=kind, id=id, **changed)]})


def credential_query(
    world: World, *claims: str, kind: Any = Resident, id: str = "resident", **changed: Any
) -> dict[str, Any]:
    """Return a query for some claims of a credential, as JSON."""
    meta = {"vct_values": [kind.vct]} if world.format == "dc+sd-jwt" else {"doctype_value": kind.doctype}
    asked = [{"path": list(world.path(claim, kind))} for claim in claims]
    return {"id": id, "format": world.format, "meta": meta, "claims": asked} | changed


@dataclass
class HostileVerifier:
    """The bank's server.

    Attributes:
        world: where it stands.
        fetched: gives what is answered when the request object is fetched, in the place of the request object.
        replies: gives what is answered when an answer is posted, in the place of an empty object.
        documents: DID documents, by URL.
        seen: every request of the wallet, in order.
        posts: what the wallet said when it fetched a request object by POST.
        answers: what it answered, decrypted.
    """

    world: World
    fetched: Reply | None = None
    replies: Reply | None = None
    documents: Mapping[str, bytes] = field(default_factory=dict)
    seen: list[HttpRequest] = field(default_factory=list)
    posts: list[RequestUriPost] = field(default_factory=list)
    answers: list[Response | ErrorResponse] = field(default_factory=list)
    keys: dict[str, ResponseKey | None] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)

    def ask(
        self,
        query: DcqlQuery,
        *,
        mode: ResponseMode = ResponseMode.DIRECT_POST_JWT,
        client: ClientId | None = None,
        purpose: str = "loan",
        by: Any = None,
        **options: Any,
    ) -> Request:
        """Return a request of the bank that is answered here."""
        enrolment = by or self.world.bank_enrolment
        key = ResponseKey.create() if mode.is_encrypted else None
        uri = f"{RESPONSE}{len(self.keys)}" if mode.is_posted else None
        origins = (f"https://{HOST}",) if mode.is_dc_api else ()
        delivery = Delivery(mode=mode, response_uri=uri, key=key, expected_origins=origins)
        if uri is not None:
            self.keys[uri] = key
        return make_request(
            query,
            purpose=purpose,
            registration=options.pop("registration", None) or enrolment.registrations[purpose],
            signer=options.pop("signer", None) or enrolment.signer,
            chain=options.pop("chain", enrolment.chain),
            at=self.world.clock(),
            delivery=options.pop("delivery", delivery),
            client=client,
            **options,
        )

    def publish(
        self, request: Request | str, *, method: str = "get", client_id: str | None = None, **options: Any
    ) -> str:
        """Lay a request out to be fetched, and return the link to it."""
        found = request if isinstance(request, Request) else Request.from_jwt(request)
        uri = f"{REQUEST_URI}{len(self.requests)}"
        self.requests[uri] = found
        return reference_link(client_id or found.client_id, uri, method=method, **options)

    # --- the server ---------------------------------------------------------------------------------------------------

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.seen.append(request)
        if request.url in self.documents:
            return HttpResponse(
                status=200, headers={"content-type": "application/did+json"}, body=self.documents[request.url]
            )
        if request.url in self.requests:
            return self._request_object(request, self.requests[request.url])
        if request.url in self.keys:
            return self._answered(request, self.keys[request.url])
        raise TransportError("nobody is there")

    def _request_object(self, request: HttpRequest, found: Request) -> HttpResponse:
        if self.fetched is not None:
            return self.fetched(request)
        if request.method == "GET":
            return request_object_response(found.jwt)
        posted = read_request_uri_post(request.body)
        self.posts.append(posted)
        if posted.wallet_nonce is not None:
            found = found.with_wallet_nonce(posted.wallet_nonce, signer=self.world.bank_enrolment.signer)
        return request_object_response(found.jwt, metadata=posted.metadata)

    def _answered(self, request: HttpRequest, key: ResponseKey | None) -> HttpResponse:
        self.answers.append(read_posted(request.body, key=key))
        return reply() if self.replies is None else self.replies(request)

    # --- what was learned ---------------------------------------------------------------------------------------------

    @property
    def posted(self) -> list[HttpRequest]:
        """What was posted as an answer."""
        return [one for one in self.seen if one.url in self.keys]

    @property
    def answer(self) -> Response:
        """The one answer with presentations."""
        [found] = self.answers
        assert isinstance(found, Response)
        return found

    @property
    def error(self) -> ErrorResponse:
        """The one error."""
        [found] = self.answers
        assert isinstance(found, ErrorResponse)
        return found

    def verified(self, request: Request) -> Any:
        """Return what the bank finds in the one answer."""
        return self.world.bank.verify(self.answer, expected=request)


def status(number: int, **headers: str) -> Reply:
    """Return a server that answers with a status and nothing else."""
    return lambda _: HttpResponse(status=number, headers=headers, body=b"{}")


def served(text: str, media_type: str = MEDIA_TYPE) -> Reply:
    """Return a server that answers with a text."""
    return lambda _: HttpResponse(status=200, headers={"content-type": media_type}, body=text.encode())


def redirecting(uri: object) -> Reply:
    """Return a server that sends the person on."""
    body = json.dumps({"redirect_uri": uri})  # type: ignore[dict-item]  # no text, where it is hostile
    return lambda _: HttpResponse(status=200, headers={"content-type": "application/json"}, body=body)


def without_nonce(verifier: HostileVerifier, request: Request) -> Reply:
    """Return a server that forgets the wallet's nonce."""
    return lambda _: request_object_response(request.jwt)


def with_another_nonce(verifier: HostileVerifier, request: Request) -> Reply:
    """Return a server that gives another wallet's nonce back."""
    other = request.with_wallet_nonce("another", signer=verifier.world.bank_enrolment.signer)
    return lambda _: request_object_response(other.jwt)


def members_of(request: HttpRequest) -> dict[str, str]:
    """Return the form that was posted."""
    return form.read_form(request.body, max_bytes=2**24)


def delivered(request: Request, **changed: Any) -> Request:
    """Return a request as its verifier knows it, changed."""
    return replace(request, **changed)
