# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Presenting over OpenID4VP 1.0: a request, a screen, and an answer that the history knows before it leaves.

Every request goes through `Wallet.match`, whatever way it came: there is no way around what it checks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from vcwallet.claims import JsonValue
from vcwallet.errors import LocalProtocolError, StoreError, VcError
from vcwallet.flow import Flow, HttpRequest, HttpResponse, run
from vcwallet.keys.policy import TrustPolicy
from vcwallet.protocols.exchange import AnswerTarget, IncomingRequest
from vcwallet.protocols.haip import require_presentation_profile
from vcwallet.protocols.openid4vp.digital_credentials import DcApiRequest, MultisignedRequest
from vcwallet.protocols.openid4vp.direct_post import post_answer, read_reply
from vcwallet.protocols.openid4vp.error_response import ErrorResponse, error_for
from vcwallet.protocols.openid4vp.request_object import UnverifiedRequest
from vcwallet.protocols.openid4vp.response import Response
from vcwallet.protocols.openid4vp.verifiers import IdentifiedVerifier, UnauthenticatedVerifier
from vcwallet.wallet.presenting.abilities import Abilities
from vcwallet.wallet.presenting.invocation import Answer, Invocation
from vcwallet.wallet.presenting.reading import read_call, read_text
from vcwallet.wallet.prompt import Consent, Prompt

_OURS = (StoreError, LocalProtocolError)
"""What says nothing about a request."""


class Presenter:
    """Presents for one wallet; made by `Wallet.presenter`.  It keeps nothing, and can be made anew at any time."""

    def __init__(
        self,
        *,
        abilities: Abilities,
        match: Callable[[IncomingRequest], Prompt],
        present: Callable[[Consent], Response],
        decline: Callable[[Prompt], None],
        trust: Callable[[], TrustPolicy],
        anchor: Callable[[], bytes],
        clock: Callable[[], datetime],
    ) -> None:
        """Use `Wallet.presenter`."""
        self._abilities = abilities
        self._match = match
        self._present = present
        self._decline = decline
        self._trust = trust
        self._anchor = anchor
        self._clock = clock

    # --- requests ----------------------------------------------------------------------------------------------------

    def read_request(self, text: str) -> Flow[Invocation]:
        """Return what to show to the person about a request; its sender is known, and was told nothing.

        Args:
            text: what a QR code or a link says (``openid4vp://``, ``haip-vp://`` or an https URL), or a request object.

        Raises:
            VerifierUnknownError: nobody vouches for whoever sent it, so that nothing is to be told there either.
            TransportError: it is not where the link says.
            VerificationError, MalformedError, UnsupportedError, RemoteProtocolError, LimitExceededError: it is wrong,
                and who sent it cannot be known for sure.
            StoreError: the wallet's store failed.
        """
        at = self._clock()
        request = yield from read_text(text, abilities=self._abilities, trust=self._trust(), at=at)
        return self._invocation(request)

    def read_dc_api_request(self, protocol: str, data: Mapping[str, JsonValue], *, origin: str) -> Flow[Invocation]:
        """Return what to show to the person about a call of the Digital Credentials API; the page was told nothing.

        Whoever asks, the page is there to be told something: so this raises only for what is no request at all, and
        `dc_api_error` is what the page gets then.

        Args:
            protocol: the identifier of the protocol (`vcwallet.protocols.openid4vp.digital_credentials.Protocol`).
            data: what the page has given.
            origin: who asks, as the platform says; never what a message says.

        Raises:
            VcError: it is no request by the API (see `read_dc_api_request` of the protocol).
            ValueError: not an origin as platforms write it.
            StoreError: the wallet's store failed.
        """
        at = self._clock()
        request = yield from read_call(
            protocol, data, origin=origin, abilities=self._abilities, trust=self._trust(), at=at
        )
        return self._invocation(request)

    def _invocation(self, request: DcApiRequest) -> Invocation:
        outcome: Prompt | VcError
        try:
            outcome = prompt = self._match(self._of_the_profile(request))
            target = prompt.request.target
        except _OURS:
            raise
        except VcError as error:
            outcome, target = error, self._error_target(request, error)
        first = _first(request)
        return Invocation(
            outcome=outcome,
            request=request,
            target=target,
            state=None if first.mode.is_dc_api else first.members.state,
        )

    def _of_the_profile(self, request: DcApiRequest) -> DcApiRequest:
        """Return a request that keeps to the wallet's profile; of several signatures, those that do."""
        if isinstance(request, UnverifiedRequest):
            self._require_profile(request)
            return request
        refused, kept = list[VcError](), list[UnverifiedRequest]()
        for one in request.requests:
            try:
                self._require_profile(one)
            except VcError as error:
                refused.append(error)
            else:
                kept.append(one)
        if not kept:
            raise refused[0]
        return MultisignedRequest(requests=tuple(kept))

    def _require_profile(self, request: UnverifiedRequest) -> None:
        require_presentation_profile(request, anchors=(self._anchor(),), profile=self._abilities.profile)

    def _error_target(self, request: DcApiRequest, refusal: VcError) -> AnswerTarget:
        """Return where an error goes: to the page that the platform names, or to a verifier at its own address.

        It is encrypted like an answer, or in the open where that cannot be (section 8.3).

        Raises:
            VcError: the refusal itself, where nobody is known whom it could be told.
        """
        first = _first(request)
        found = self._identified(first)
        if found is None and not first.mode.is_dc_api:
            raise refusal
        try:
            return first.target if found is None else first.target_of(found)
        except VcError:
            return first.open_target

    def _identified(self, request: UnverifiedRequest) -> IdentifiedVerifier | None:
        try:
            found = request.authenticate(trust=self._trust(), at=self._clock())
        except VcError:
            return None
        return None if isinstance(found, UnauthenticatedVerifier) else found

    # --- answers -----------------------------------------------------------------------------------------------------

    def answer(self, consent: Consent) -> Answer:
        """Return the answer that the person consented to; it stands in the history, and nothing has left yet.

        Raises:
            VcError: as `Wallet.present`.
        """
        response = self._present(consent)
        return Answer(content=response, target=consent.prompt.request.target)

    def decline(self, invocation: Invocation) -> Answer:
        """Return what the verifier is told of a request that the person declines, or closes where nothing can be shown.

        It is the same for both, so this must be called for both only when the person has done something.

        Raises:
            StoreError: the store could not write.
        """
        if invocation.prompt is not None:
            self._decline(invocation.prompt)
        return Answer(content=ErrorResponse(error=invocation.error, state=invocation.state), target=invocation.target)

    def send(self, answer: Answer) -> Flow[str | None]:
        """Post an answer, and return where the person is to go on in the browser of this device, if anywhere.

        No redirect is followed, whichever status it has.  Where the network fails, the same answer can be sent again;
        whether the verifier takes it twice is for the verifier to say.

        Raises:
            TransportError: the verifier cannot be reached, or did not take it (``NOT_TAKEN``).
            MalformedError, LimitExceededError: the reply is none; the answer was sent.
            ValueError: the answer is not posted.
        """
        response = yield post_answer(answer.content, target=answer.target)
        return read_reply(response)

    def present(
        self,
        text: str,
        *,
        http: Callable[[HttpRequest], HttpResponse],
        approve: Callable[[Prompt], Consent | None],
    ) -> str | None:
        """Read a request, ask the person and post the answer; return where to go on in the browser, if anywhere.

        Where there is no answer the verifier is told nothing, whyever: nobody is asked about what is not held, so to
        tell it of a person who says no would tell it what is held.  A screen for both can `decline` both.

        Args:
            text: what a QR code or a link says.
            http: reaches the verifier.
            approve: asks the person; None says no, which the history keeps.

        Raises:
            VcError: as `read_request`, `answer` and `send`; also where the request must not or cannot be answered.
            LocalProtocolError: the answer goes back in another way than by post (``NOT_POSTED``).
        """
        invocation = run(self.read_request(text), http)
        if invocation.target.uri is None:
            raise LocalProtocolError("the answer to this request is not posted", code="NOT_POSTED")
        if isinstance(invocation.outcome, VcError):
            raise invocation.outcome
        consent = approve(invocation.outcome)
        if consent is None:
            self.decline(invocation)
            return None
        return run(self.send(self.answer(consent)), http)


def dc_api_error(error: VcError) -> dict[str, JsonValue]:
    """Return what a page is told by the Digital Credentials API of a call that is no request (appendix A.5)."""
    return {"error": str(error_for(error))}


def _first(request: DcApiRequest) -> UnverifiedRequest:
    return request.requests[0] if isinstance(request, MultisignedRequest) else request
