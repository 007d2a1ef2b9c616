# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A verifier face to face with a wallet (ISO/IEC 18013-5): reads its QR code, asks, and verifies what it answers.

There is no radio here: whoever has one sends what is returned, and hands over what arrives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from vcwallet.errors import LocalProtocolError, RemoteProtocolError
from vcwallet.keys.signer import KeyAgreement
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.openid4vp import Response
from vcwallet.protocols.proximity import DeviceEngagement, ReaderSession, ResponseReceived, State, ending
from vcwallet.protocols.proximity.asking import SentDeviceRequest
from vcwallet.verifier.asking import Ask
from vcwallet.verifier.verified import Verified


class _Verifier(Protocol):
    """What a session needs of the verifier that it belongs to."""

    def verify(self, response: Response, *, expected: SentDeviceRequest) -> Verified: ...

    def device_request(
        self,
        *asks: Ask | DcqlQuery,
        purpose: str,
        session_transcript: bytes,
        reader_key: KeyAgreement,
        expires: datetime,
    ) -> SentDeviceRequest: ...


class VerifierSession:
    """One meeting with one wallet; made by `Verifier.start_session`.

    Attributes:
        engagement: what the wallet has shown; it says how to reach it.
    """

    engagement: DeviceEngagement

    def __init__(self, qr: str, *, verifier: _Verifier, clock: Callable[[], datetime]) -> None:
        """Take up an engagement.

        Args:
            qr: what the wallet's QR code says.
            verifier: whose session it is.
            clock: tells the time.

        Raises:
            MalformedError, UnsupportedError: it is no engagement, or one of another version.
        """
        self.engagement = DeviceEngagement.from_qr(qr)
        self._verifier = verifier
        self._clock = clock
        self._key = SoftwareKeyAgreement.generate()
        self._session = ReaderSession(self.engagement, self._key, at=clock())
        self._expected: SentDeviceRequest | None = None

    def request(self, *asks: Ask | DcqlQuery, purpose: str) -> bytes:
        """Return the message that asks for elements of mdocs, signed by the reader for this session.

        Args:
            asks: what is asked for; all of it is needed.
            purpose: the code of a purpose that this verifier is registered for.

        Raises:
            LocalProtocolError: there is no registration for this purpose (``PURPOSE_NOT_REGISTERED``), an answer is
                still due, or the session has ended.
            ValueError: a question that cannot be asked in a session.
        """
        expected = self._verifier.device_request(
            *asks,
            purpose=purpose,
            session_transcript=self._session.session_transcript,
            reader_key=self._key,
            expires=self._session.deadline,
        )
        message = self._session.send_request(expected.device_request, at=self._clock())
        # The time for the answer begins now; that for asking, which was the deadline until now, does not count.
        self._expected = replace(expected, expires=self._session.deadline)
        return message

    def receive(self, data: bytes) -> Verified:
        """Take the wallet's answer and return what was presented, after every check has passed.

        Raises:
            RemoteProtocolError: the wallet broke a rule, or ended the session without an answer
                (``SESSION_TERMINATED``).
            LocalProtocolError: nothing was asked, or the session has ended before.
            VcError: as `Verifier.verify`.
        """
        event = self._session.receive(data, at=self._clock())
        if not isinstance(event, ResponseReceived):
            raise RemoteProtocolError("the wallet has ended the session", code="SESSION_TERMINATED")
        expected, self._expected = self._expected, None
        if expected is None:
            raise LocalProtocolError("nothing was asked")
        return self._verifier.verify(expected.response(event.device_response), expected=expected)

    def end(self) -> bytes:
        """End the session and return the message that says so.

        Where the session has ended already, the message may be sent or not; it changes nothing.
        """
        return ending(self._session)

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self._session.state
