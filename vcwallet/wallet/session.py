# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet face to face with a reader (ISO/IEC 18013-5): shows a QR code, is asked, answers what its holder approved.

There is no radio here: whoever has one hands over what arrives, and sends what is returned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from vcwallet.encoding import base64url
from vcwallet.errors import LocalProtocolError, RemoteProtocolError
from vcwallet.formats.mdoc import document
from vcwallet.formats.mdoc.ages import age_of
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.openid4vp import Response
from vcwallet.protocols.proximity import (
    DeviceEngagement,
    DeviceSession,
    RequestReceived,
    RetrievalMethod,
    State,
    TcpRetrieval,
    ending,
)
from vcwallet.protocols.proximity.asking import IncomingDeviceRequest
from vcwallet.wallet.prompt import Consent, Prompt

NOT_RETURNED = 0
"""The error code of an element that is not returned; it does not say why (table 9)."""


class WalletSession:
    """One meeting with one reader; made by `Wallet.start_session`.

    Attributes:
        qr: what the QR code says: ``mdoc:`` and the engagement (clause 8.2.2.3).
    """

    qr: str

    def __init__(
        self,
        *,
        match: Callable[[IncomingDeviceRequest], Prompt],
        present: Callable[[Consent], Response],
        clock: Callable[[], datetime],
        retrieval_methods: Sequence[RetrievalMethod] = (),
        tcp: TcpRetrieval | None = None,
    ) -> None:
        """Make the keys of the session.

        Args:
            match: asks the wallet what to show to its holder.
            present: makes the answer that the holder consented to.
            clock: tells the time.
            retrieval_methods: how a reader can reach this device.
            tcp: where it can over TCP, which is our own method, for tests and demonstrations.
        """
        key = SoftwareKeyAgreement.generate()
        self._match = match
        self._present = present
        self._clock = clock
        engagement = DeviceEngagement.create(key, retrieval_methods=retrieval_methods, tcp=tcp)
        self._session = DeviceSession(engagement, key, at=clock())
        self._prompt: Prompt | None = None
        self.qr = engagement.to_qr()

    def receive(self, data: bytes) -> Prompt:
        """Take a message of the reader and return what to show to the holder.

        A request that must not be answered is refused here; `decline` then gives the message that ends the session.

        Raises:
            RequestRefusedError: the reader may not ask for this, or the wallet does not have it.
            RemoteProtocolError: the reader broke a rule, or ended the session (``SESSION_TERMINATED``).
            VerificationError, MalformedError, UnsupportedError: the message or the request in it is wrong.
            LocalProtocolError: the session has ended before.
        """
        event = self._session.receive(data, at=self._clock())
        if not isinstance(event, RequestReceived):
            raise RemoteProtocolError("the reader has ended the session", code="SESSION_TERMINATED")
        incoming = IncomingDeviceRequest(
            device_request=event.device_request,
            session_transcript=event.session_transcript,
            expires=self._session.deadline,
        )
        self._prompt = None
        self._prompt = self._match(incoming)
        return self._prompt

    def answer(self, consent: Consent, *, is_last: bool = False) -> bytes:
        """Return the message with what the holder approved; the disclosure stands in the history before.

        Args:
            consent: the holder's decision about the latest prompt.
            is_last: whether the message ends the session, too.

        Raises:
            ConsentRequiredError: the consent does not cover what it selects.
            LocalProtocolError: the consent is for another request, or the session has ended.
            VcError: as `Wallet.present`.
        """
        if self._prompt is None or consent.prompt is not self._prompt:
            raise LocalProtocolError("the consent is not for what this session asks")
        if self._clock() > self._session.deadline or self._session.state is not State.REQUESTED:
            raise LocalProtocolError("the session does not wait for an answer any more", code="SESSION_TIMEOUT")
        answer = device_response(self._present(consent), consent)
        return self._session.send_response(answer, at=self._clock(), is_last=is_last)

    def decline(self) -> bytes:
        """End the session and return the message that says so; it does not tell a refusal from having nothing.

        Where the session has ended already, the message may be sent or not; it changes nothing.
        """
        return ending(self._session)

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self._session.state


def device_response(response: Response, consent: Consent) -> bytes:
    """Return the documents of an answer as one DeviceResponse, with the elements that are not in it as errors."""
    answers = [base64url.decode(raw) for presentations in response.vp_token.values() for raw in presentations]
    return document.merged(answers, errors=_not_returned(consent))


def _not_returned(consent: Consent) -> dict[str, dict[str, dict[str, int]]]:
    """Return, by document type, namespace and element, what was asked for and is not shown."""
    queries = {query.id: query for query in consent.prompt.request.query.requested}
    missing: dict[str, dict[str, dict[str, int]]] = {}
    for chosen in consent.credentials:
        query = queries[chosen.query_id]
        shown = {claim.path for claim in chosen.claims}
        has_age = any(age_of(str(path[1])) is not None for path in shown)
        for claim in query.claims:
            namespace, element = map(str, claim.path)
            if claim.path not in shown and not (has_age and age_of(element) is not None):
                missing.setdefault(query.type_ids[0], {}).setdefault(namespace, {})[element] = NOT_RETURNED
    return missing
