# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A verifier's service in a world of its own, with a browser session, and a wallet that does each step by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.world import Resident, World, approved
from vcwallet.encoding import json
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.protocols.exchange import AnswerTarget, AuthenticatedRequest
from vcwallet.protocols.oauth import form
from vcwallet.protocols.openid4vp import Response, UnverifiedRequest
from vcwallet.protocols.openid4vp.digital_credentials import answer_data, read_dc_api_request
from vcwallet.protocols.openid4vp.direct_post import post_answer
from vcwallet.protocols.openid4vp.error_response import ErrorResponse
from vcwallet.protocols.openid4vp.request_uri import RequestReference, fetching, read_request_link
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey
from vcwallet.sealed_sessions import digest
from vcwallet.sessions import MemorySessions, SessionStore
from vcwallet.verifier import Ask, ask
from vcwallet.verifier.openid4vp import (
    BegunPresentation,
    Channel,
    PresentationResult,
    PresentationState,
    VerifierService,
)

ADDRESS = "https://bank.example/openid4vp"
RESULT_PAGE = "https://bank.example/result"
ORIGIN = "https://bank.example"
SCOPE = digest(ADDRESS)[:22]
"""What the store knows the kinds of sessions of the service by: this, a slash and the kind."""
BROWSER, OTHER_BROWSER = "browser session 17 of the bank", "browser session 18 of the bank"


@dataclass
class Desk:
    """A service with all that it needs, and a wallet that holds a resident record and an income.

    Attributes:
        world: where everybody is.
        sessions: where the service keeps its sessions.
        options: further arguments of the service.
    """

    world: World = field(default_factory=World)
    sessions: SessionStore = field(default_factory=MemorySessions)
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = self.world.clock
        self.service = self.made()

    def made(self, **changed: Any) -> VerifierService:
        """Return a service over the same sessions and verifier."""
        options: dict[str, Any] = {
            "address": ADDRESS,
            "channels": tuple(Channel),
            "sessions": self.sessions,
            "clock": self.clock,
            "result_page": RESULT_PAGE,
            "origins": (ORIGIN,),
        }
        chosen = {"verifier": self.world.bank, **options} | self.options | changed
        return VerifierService(chosen.pop("verifier"), **chosen)

    def begin(
        self, *asks: Ask | str, channel: Channel = Channel.CROSS_DEVICE, session: str = BROWSER, **options: Any
    ) -> BegunPresentation:
        """Begin a transaction; a text is a claim of a resident."""
        named = [one for one in asks if isinstance(one, str)]
        others = [one for one in asks if not isinstance(one, str)]
        wanted = [*([ask(Resident, *named)] if named or not others else []), *others]
        purpose = options.pop("purpose", "loan")
        return self.service.begin(*wanted, purpose=purpose, channel=channel, session=session, **options)

    # --- the wallet, step by step ---

    def reference(self, begun: BegunPresentation) -> RequestReference:
        """Return where the request of a link is."""
        found = read_request_link(begun.link or "")
        assert isinstance(found, RequestReference)
        return found

    def fetch(self, begun: BegunPresentation, *, key: ResponseKey | None = None, **options: Any) -> UnverifiedRequest:
        """Fetch the request of a link."""
        flow = fetching(self.reference(begun), at=self.clock(), key=key, **options)
        return run(flow, self.service)

    def answer_to(self, request: Any) -> Response:
        """Approve everything, and return the answer."""
        return self.world.wallet.present(approved(self.world.wallet.match(request)))

    def authenticated(self, request: UnverifiedRequest) -> AuthenticatedRequest:
        """Return the request as the wallet's trust sees it."""
        return request.verify(trust=self.world.wallet._trust, at=self.clock())

    def answered(self, begun: BegunPresentation) -> HttpRequest:
        """Return what a wallet posts that fetches the request and approves everything."""
        request = self.fetch(begun)
        return post_answer(self.answer_to(request), target=request.target)

    def present(self, begun: BegunPresentation) -> HttpResponse:
        """Let a wallet fetch, approve everything, and post the answer."""
        return self.service(self.answered(begun))

    def decline(self, begun: BegunPresentation, error: str = "access_denied") -> HttpResponse:
        """Let a wallet fetch and decline."""
        request = self.fetch(begun)
        answer = ErrorResponse(error=error, state=request.members.state)
        return self.service(post_answer(answer, target=request.target))

    def result(self, begun: BegunPresentation, *, session: str = BROWSER) -> PresentationResult:
        """Return the result for a browser."""
        return self.service.result(begun.transaction_id, session=session)

    def state(self, begun: BegunPresentation) -> PresentationState:
        """Return how far a transaction is, for its own browser."""
        return self.service.status(begun.transaction_id, session=BROWSER).state

    # --- by the Digital Credentials API ---

    def api_request(self, begun: BegunPresentation, *, origin: str = ORIGIN) -> Any:
        """Return what a wallet reads of the page's call."""
        call = (begun.dc_api or {})["requests"][0]
        return read_dc_api_request(call["protocol"], call["data"], origin=origin, at=self.clock())

    def api_answer(self, begun: BegunPresentation, *, origin: str = ORIGIN) -> Mapping[str, Any]:
        """Return what the page gets."""
        request = self.api_request(begun, origin=origin)
        return answer_data(self.answer_to(request), target=request.target)


def response_code(response: HttpResponse) -> str:
    """Return the code in the address that the wallet sends the person to."""
    return parse_qs(urlsplit(str(redirect_uri(response))).query)["response_code"][0]


def redirect_uri(response: HttpResponse) -> Any:
    """Return where the person goes on."""
    return json.loads_object(response.body).get("redirect_uri")


def posted(url: str, members: Mapping[str, str], **headers: str) -> HttpRequest:
    """Return a form that is posted."""
    fields = {"content-type": form.MEDIA_TYPE, **headers}
    return HttpRequest(method="POST", url=url, max_bytes=1 << 20, headers=fields, body=form.form_body(members))


def open_target(target: AnswerTarget) -> AnswerTarget:
    """Return where an answer goes, in the open."""
    return AnswerTarget(mode="direct_post", uri=target.uri)


def bodies(responses: Sequence[HttpResponse]) -> set[bytes]:
    """Return the different bodies of answers."""
    return {response.body for response in responses}
