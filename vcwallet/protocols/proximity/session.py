# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A session between a wallet and a reader near each other (ISO/IEC 18013-5, clause 9.1.1): bytes in, events out.

There is no radio here: whoever has one hands over what arrives and sends what is returned.

    >>> from datetime import UTC, datetime
    >>> from vcwallet.keys.software import SoftwareKeyAgreement
    >>> from vcwallet.protocols.proximity import DeviceEngagement, DeviceSession, ReaderSession
    >>> now = datetime(2030, 1, 1, tzinfo=UTC)
    >>> device_key = SoftwareKeyAgreement.generate()
    >>> engagement = DeviceEngagement.create(device_key)
    >>> device = DeviceSession(engagement, device_key, at=now)
    >>> reader = ReaderSession(DeviceEngagement.from_qr(engagement.to_qr()), SoftwareKeyAgreement.generate(), at=now)
    >>> device.receive(reader.send_request(b"request", at=now), at=now).device_request
    b'request'
    >>> reader.receive(device.send_response(b"response", at=now, is_last=True), at=now).device_response
    b'response'
    >>> device.state, reader.state
    (<State.ENDED: 'ended'>, <State.ENDED: 'ended'>)

Every fault of the peer ends the session: `receive` raises, and `pending_answer` is the status message to send before
the connection is closed.  A session that has ended has forgotten its keys and takes nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias, assert_never

from vcwallet.encoding import cbor
from vcwallet.errors import LocalProtocolError, RemoteProtocolError, VcError
from vcwallet.formats.mdoc import transcript
from vcwallet.keys.cose_key import jwk_of
from vcwallet.keys.signer import KeyAgreement
from vcwallet.protocols.proximity import messages
from vcwallet.protocols.proximity.cipher import DEVICE_IDENTIFIER, READER_IDENTIFIER, Opener, Sealer
from vcwallet.protocols.proximity.engagement import DeviceEngagement
from vcwallet.protocols.proximity.keys import derive_session_keys, public_cose_key
from vcwallet.protocols.proximity.messages import (
    MAX_CONTENT_BYTES,
    SessionData,
    SessionEstablishment,
    SessionStatus,
    Status,
)

QR_HANDOVER: Final = cbor.dumps(None)
"""The handover of an engagement that was shown as a QR code (clause 9.1.5.1)."""

LEAST_ENGAGEMENT_TIMEOUT: Final = timedelta(seconds=30)
LEAST_IDLE_TIMEOUT: Final = timedelta(seconds=300)

_FIVE_MINUTES = timedelta(seconds=300)
_CLAUSE = "ISO/IEC 18013-5, 9.1.1"


class State(StrEnum):
    """Where a session stands; the two sides are in the same state whenever nothing is on its way."""

    ENGAGED = "engaged"
    """The engagement was shown or scanned; nothing else has happened."""
    REQUESTED = "requested"
    """The wallet owes an answer."""
    ANSWERED = "answered"
    """The reader may ask again."""
    ENDED = "ended"


class Step(StrEnum):
    """What can happen in a session; one side does it, to the other it happens."""

    ESTABLISHMENT = "establishment"
    REQUEST = "request"
    RESPONSE = "response"
    END = "end"


TRANSITIONS: Final[Mapping[tuple[State, Step], State]] = MappingProxyType(
    {
        (State.ENGAGED, Step.ESTABLISHMENT): State.REQUESTED,
        (State.REQUESTED, Step.RESPONSE): State.ANSWERED,
        (State.ANSWERED, Step.REQUEST): State.REQUESTED,
        (State.ENGAGED, Step.END): State.ENDED,
        (State.REQUESTED, Step.END): State.ENDED,
        (State.ANSWERED, Step.END): State.ENDED,
    }
)
"""The whole protocol, for both sides; what is not here must not happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReceived:
    """The wallet is asked.

    Attributes:
        device_request: the DeviceRequest, decrypted; not parsed, not authenticated beyond the session.
        session_transcript: the CBOR of the SessionTranscript array.
        reader_key: the reader's ephemeral key as a JWK, for an answer that carries a MAC.
    """

    device_request: bytes = field(repr=False)
    session_transcript: bytes = field(repr=False)
    reader_key: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseReceived:
    """The reader is answered.

    Attributes:
        device_response: the DeviceResponse, decrypted; nothing in it is verified.
        session_transcript: the CBOR of the SessionTranscript array, over which the device has signed.
        is_last: the wallet has ended the session with this answer.
    """

    device_response: bytes = field(repr=False)
    session_transcript: bytes = field(repr=False)
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminated:
    """The peer has ended the session.  Anybody near could have said so: a status is not encrypted."""

    status: Status


DeviceEvent: TypeAlias = RequestReceived | Terminated
ReaderEvent: TypeAlias = ResponseReceived | Terminated


class DeviceSession:
    """The wallet's side of one session; it is used by one thread at a time."""

    __slots__ = ("_channel", "_engagement", "_handover", "_keys", "_reader_key", "_transcript")

    def __init__(
        self,
        engagement: DeviceEngagement,
        key: KeyAgreement,
        *,
        at: datetime,
        handover: bytes = QR_HANDOVER,
        engagement_timeout: timedelta = _FIVE_MINUTES,
        idle_timeout: timedelta = _FIVE_MINUTES,
    ) -> None:
        """Wait for the reader that was shown `engagement`.

        Args:
            engagement: what was shown.
            key: the private half of its key, made for this session only.
            at: the time.
            handover: the CBOR of the handover (see `vcwallet.formats.mdoc.transcript.nfc_handover`).
            engagement_timeout: how long to wait for the reader; at least 30 seconds.
            idle_timeout: how long to wait for each message after that; at least 300 seconds.

        Raises:
            ValueError: `key` is not that of the engagement, or a time-out is too short.
        """
        if engagement.e_device_jwk != key.public_jwk:
            raise ValueError("the key is not that of the engagement")
        self._keys = [key]
        self._channel = _Channel(
            sealer=Sealer(identifier=DEVICE_IDENTIFIER),
            opener=Opener(identifier=READER_IDENTIFIER),
            keys=self._keys,
            at=at,
            engagement_timeout=engagement_timeout,
            idle_timeout=idle_timeout,
        )
        self._engagement = engagement
        self._handover = handover
        self._transcript = b""
        self._reader_key: Mapping[str, str] = MappingProxyType({})

    def receive(self, data: bytes, *, at: datetime) -> DeviceEvent:
        """Take a message of the reader.

        Raises:
            MalformedError: no message of the standard (code ``SESSION_CBOR``).
            SignatureInvalidError: it does not decrypt (``SESSION_ENCRYPTION``).
            RemoteProtocolError: the reader's key is not usable (``SESSION_ENCRYPTION``), it is not the reader's turn
                (``SESSION_STATE``), the message comes too late (``SESSION_TIMEOUT``) or has an unknown status
                (``SESSION_STATUS``).
            LocalProtocolError: the session has ended before.
        """
        with self._channel.receiving(at):
            match messages.parse(data):
                case SessionEstablishment() as message:
                    self._channel.happen(Step.ESTABLISHMENT)
                    self._establish(message.e_reader_key)
                    return self._request(message.data)
                case SessionData(is_last=False) as message:
                    self._channel.happen(Step.REQUEST)
                    return self._request(message.data)
                case SessionData():
                    # The request came with the end of the session: there is no answering it, so it is not looked at.
                    self._channel.happen(Step.END)
                    return Terminated(status=Status.SESSION_TERMINATION)
                case SessionStatus() as message:
                    self._channel.happen(Step.END)
                    return Terminated(status=message.status)
                case _ as unknown:
                    assert_never(unknown)

    def send_response(self, device_response: bytes, *, at: datetime, is_last: bool = False) -> bytes:
        """Return the message with an answer; with `is_last` it also ends the session.

        Raises:
            LocalProtocolError: nothing was asked, the time is over (code ``SESSION_TIMEOUT``), or the session has
                ended before.
            ValueError: the answer is longer than a message can be.
        """
        sealed = self._channel.send(Step.RESPONSE, device_response, at=at)
        if is_last:
            self._channel.end()
        return SessionData(data=sealed, is_last=is_last).encode()

    def terminate(self) -> bytes:
        """End the session and return the message that says so.

        Raises:
            LocalProtocolError: the session has ended before.
        """
        return self._channel.terminate()

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self._channel.state

    @property
    def deadline(self) -> datetime:
        """Until when the next message has to come or go."""
        return self._channel.deadline

    @property
    def pending_answer(self) -> bytes | None:
        """The status message to send before the connection is closed, once a fault has ended the session."""
        return self._channel.pending_answer

    def _establish(self, e_reader_key: bytes) -> None:
        try:
            reader_key = jwk_of(cbor.loads(e_reader_key))
            secret = self._keys.pop().agree(reader_key)
        except VcError:
            raise RemoteProtocolError("the reader's key does not go with ours", code="SESSION_ENCRYPTION") from None
        self._reader_key = MappingProxyType(reader_key)
        self._transcript = transcript.proximity(self._engagement.encoded, e_reader_key, handover=self._handover)
        keys = derive_session_keys(secret, session_transcript=self._transcript)
        self._channel.sealer.use(keys.sk_device)
        self._channel.opener.use(keys.sk_reader)

    def _request(self, sealed: bytes) -> RequestReceived:
        return RequestReceived(
            device_request=self._channel.opener.open(sealed),
            session_transcript=self._transcript,
            reader_key=self._reader_key,
        )


class ReaderSession:
    """The reader's side of one session; it is used by one thread at a time.

    Attributes:
        session_transcript: the CBOR of the SessionTranscript array, for signing the request.
    """

    __slots__ = ("_channel", "_e_reader_key", "session_transcript")

    session_transcript: bytes

    def __init__(
        self,
        engagement: DeviceEngagement,
        key: KeyAgreement,
        *,
        at: datetime,
        handover: bytes = QR_HANDOVER,
        engagement_timeout: timedelta = _FIVE_MINUTES,
        idle_timeout: timedelta = _FIVE_MINUTES,
    ) -> None:
        """Take up an engagement that was scanned.

        Args:
            engagement: what was scanned.
            key: an ephemeral key that was made for this session only.  Whoever made it also needs it to check an answer
                with a MAC, and lets go of it after that.
            at: the time.
            handover: the CBOR of the handover (see `vcwallet.formats.mdoc.transcript.nfc_handover`).
            engagement_timeout: how long the first request may take; at least 30 seconds.
            idle_timeout: how long to wait for each message after that; at least 300 seconds.

        Raises:
            MalformedError: the engagement's key is not on the curve of `key`.
            ValueError: a time-out is too short.
        """
        self._e_reader_key = public_cose_key(key)
        self.session_transcript = transcript.proximity(engagement.encoded, self._e_reader_key, handover=handover)
        self._channel = _Channel(
            sealer=Sealer(identifier=READER_IDENTIFIER),
            opener=Opener(identifier=DEVICE_IDENTIFIER),
            keys=[],
            at=at,
            engagement_timeout=engagement_timeout,
            idle_timeout=idle_timeout,
        )
        secret = key.agree(engagement.e_device_jwk)
        keys = derive_session_keys(secret, session_transcript=self.session_transcript)
        self._channel.sealer.use(keys.sk_reader)
        self._channel.opener.use(keys.sk_device)

    def send_request(self, device_request: bytes, *, at: datetime) -> bytes:
        """Return the message with a request; the first one establishes the session.

        Raises:
            LocalProtocolError: an answer is still due, the time is over (code ``SESSION_TIMEOUT``), or the session has
                ended before.
            ValueError: the request is longer than a message can be.
        """
        if self.state is State.ENGAGED:
            sealed = self._channel.send(Step.ESTABLISHMENT, device_request, at=at)
            return SessionEstablishment(e_reader_key=self._e_reader_key, data=sealed).encode()
        return SessionData(data=self._channel.send(Step.REQUEST, device_request, at=at)).encode()

    def receive(self, data: bytes, *, at: datetime) -> ReaderEvent:
        """Take a message of the wallet.

        Raises:
            MalformedError: no message of the standard (code ``SESSION_CBOR``).
            SignatureInvalidError: it does not decrypt (``SESSION_ENCRYPTION``).
            RemoteProtocolError: nothing was asked, or a wallet does not send such a message (``SESSION_STATE``), it
                comes too late (``SESSION_TIMEOUT``) or has an unknown status (``SESSION_STATUS``).
            LocalProtocolError: the session has ended before.
        """
        with self._channel.receiving(at):
            match messages.parse(data):
                case SessionData() as message:
                    self._channel.happen(Step.RESPONSE)
                    response = self._channel.opener.open(message.data)
                    if message.is_last:
                        self._channel.happen(Step.END)
                    return ResponseReceived(
                        device_response=response,
                        session_transcript=self.session_transcript,
                        is_last=message.is_last,
                    )
                case SessionStatus() as message:
                    self._channel.happen(Step.END)
                    return Terminated(status=message.status)
                case SessionEstablishment():
                    raise RemoteProtocolError("only a reader establishes a session", code="SESSION_STATE")
                case _ as unknown:
                    assert_never(unknown)

    def terminate(self) -> bytes:
        """End the session and return the message that says so.

        Raises:
            LocalProtocolError: the session has ended before.
        """
        return self._channel.terminate()

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self._channel.state

    @property
    def deadline(self) -> datetime:
        """Until when the next message has to come or go."""
        return self._channel.deadline

    @property
    def pending_answer(self) -> bytes | None:
        """The status message to send before the connection is closed, once a fault has ended the session."""
        return self._channel.pending_answer


def ending(session: DeviceSession | ReaderSession) -> bytes:
    """End a session in whatever state it is, and return the message that says so."""
    if session.pending_answer is not None:
        return session.pending_answer
    if session.state is State.ENDED:
        return SessionStatus(status=Status.SESSION_TERMINATION).encode()
    return session.terminate()


# --- what both sides have in common ----------------------------------------------------------------------------------


class _Channel:
    """The state of a session, its time, its two directions, and how it ends."""

    __slots__ = ("_idle_timeout", "_keys", "deadline", "opener", "pending_answer", "sealer", "state")

    def __init__(
        self,
        *,
        sealer: Sealer,
        opener: Opener,
        keys: list[KeyAgreement],
        at: datetime,
        engagement_timeout: timedelta,
        idle_timeout: timedelta,
    ) -> None:
        if engagement_timeout < LEAST_ENGAGEMENT_TIMEOUT or idle_timeout < LEAST_IDLE_TIMEOUT:
            raise ValueError("a session waits 30 seconds for its begin and 300 for each message, or longer")
        self.sealer = sealer
        self.opener = opener
        self._keys = keys
        self._idle_timeout = idle_timeout
        self.state = State.ENGAGED
        self.deadline = at + engagement_timeout
        self.pending_answer: bytes | None = None

    @contextmanager
    def receiving(self, at: datetime) -> Iterator[None]:
        """Take one message: whatever is wrong with it ends the session and leaves the answer that it deserves."""
        self._require_open()
        try:
            self._require_in_time(at, RemoteProtocolError)
            yield
        except VcError as error:
            self._fail(error)
            raise
        self.deadline = at + self._idle_timeout

    def happen(self, step: Step) -> None:
        """Take a step of the peer."""
        target = TRANSITIONS.get((self.state, step))
        if target is None:
            raise RemoteProtocolError(f"a {step} while the session is {self.state}", code="SESSION_STATE")
        self.state = target
        if target is State.ENDED:
            self.end()

    def send(self, step: Step, content: bytes, *, at: datetime) -> bytes:
        """Take a step of our own and return its encrypted content."""
        if len(content) > MAX_CONTENT_BYTES:
            raise ValueError(f"a request or response has at most {MAX_CONTENT_BYTES} bytes")
        self._require_open()
        try:
            self._require_in_time(at, LocalProtocolError)
        except LocalProtocolError as error:
            self._fail(error)
            raise
        target = TRANSITIONS.get((self.state, step))
        if target is None:
            raise LocalProtocolError(f"a {step} while the session is {self.state}", clause=_CLAUSE)
        sealed = self.sealer.seal(content)
        self.state, self.deadline = target, at + self._idle_timeout
        return sealed

    def terminate(self) -> bytes:
        """End the session by our own wish."""
        self._require_open()
        self.end()
        return SessionStatus(status=Status.SESSION_TERMINATION).encode()

    def end(self) -> None:
        """Forget the keys (clause 9.1.1.4): nothing of this session can be read or written any more."""
        self.state = State.ENDED
        self.sealer.forget()
        self.opener.forget()
        self._keys.clear()

    def _fail(self, error: VcError) -> None:
        self.end()
        status = _ANSWERS.get(error.code, Status.SESSION_TERMINATION)
        self.pending_answer = SessionStatus(status=status).encode()

    def _require_open(self) -> None:
        if self.state is State.ENDED:
            raise LocalProtocolError("the session has ended", clause=_CLAUSE)

    def _require_in_time(self, at: datetime, kind: type[VcError]) -> None:
        if at > self.deadline:
            raise kind("the time of the session is over", code="SESSION_TIMEOUT", clause="ISO/IEC 18013-5, 8.3.2")


#: What a fault is called on the wire (clause 9.1.1.6, table 20); every other one is a mere end.
_ANSWERS: Final[Mapping[str, Status]] = MappingProxyType(
    {
        "SESSION_ENCRYPTION": Status.SESSION_ENCRYPTION_ERROR,
        "SESSION_CBOR": Status.CBOR_DECODING_ERROR,
    }
)
