# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The two sides of a session (ISO/IEC 18013-5, clause 9.1.1): what may happen when, and how it ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.proximity import NOW, memory_pair, sides
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import (
    LocalProtocolError,
    MalformedError,
    SignatureInvalidError,
    TransportError,
    VcError,
)
from vcwallet.formats.mdoc import transcript
from vcwallet.keys.cose_key import ecdh_cose_key
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.proximity import (
    DeviceEngagement,
    DeviceSession,
    ReaderSession,
    RequestReceived,
    ResponseReceived,
    State,
    Status,
    Terminated,
    Transport,
)
from vcwallet.protocols.proximity.messages import MAX_CONTENT_BYTES, SessionData, SessionStatus
from vcwallet.protocols.proximity.session import TRANSITIONS, Step

SECOND = timedelta(seconds=1)
ENCRYPTION_ERROR = bytes.fromhex("a1667374617475730a")
DECODING_ERROR = bytes.fromhex("a1667374617475730b")
TERMINATION = bytes.fromhex("a16673746174757314")


@pytest.fixture
def pair() -> tuple[DeviceSession, ReaderSession]:
    return sides()


@pytest.fixture
def device(pair: tuple[DeviceSession, ReaderSession]) -> DeviceSession:
    return pair[0]


@pytest.fixture
def reader(pair: tuple[DeviceSession, ReaderSession]) -> ReaderSession:
    return pair[1]


def ask(device: DeviceSession, reader: ReaderSession, request: bytes = b"request") -> bytes:
    event = device.receive(reader.send_request(request, at=NOW), at=NOW)
    assert isinstance(event, RequestReceived)
    return event.device_request


def answer(device: DeviceSession, reader: ReaderSession, response: bytes = b"response", **how: Any) -> bytes:
    event = reader.receive(device.send_response(response, at=NOW, **how), at=NOW)
    assert isinstance(event, ResponseReceived)
    return event.device_response


# --- the good path ---------------------------------------------------------------------------------------------------


def test_a_request_and_its_response_arrive(device: DeviceSession, reader: ReaderSession) -> None:
    assert (device.state, reader.state) == (State.ENGAGED, State.ENGAGED)
    assert ask(device, reader) == b"request"
    assert (device.state, reader.state) == (State.REQUESTED, State.REQUESTED)
    assert answer(device, reader) == b"response"
    assert (device.state, reader.state) == (State.ANSWERED, State.ANSWERED)
    assert device.pending_answer is reader.pending_answer is None


def test_a_reader_may_ask_again_in_the_same_session(device: DeviceSession, reader: ReaderSession) -> None:
    for number in range(3):
        assert ask(device, reader, b"request %d" % number) == b"request %d" % number
        assert answer(device, reader, b"response %d" % number) == b"response %d" % number


def test_both_sides_know_one_transcript_of_the_bytes_that_were_exchanged() -> None:
    device_key, reader_key = SoftwareKeyAgreement.generate(), SoftwareKeyAgreement.generate()
    engagement = DeviceEngagement.create(device_key)
    reader = ReaderSession(engagement, reader_key, at=NOW)
    device = DeviceSession(engagement, device_key, at=NOW)
    establishment = reader.send_request(b"", at=NOW)
    event = device.receive(establishment, at=NOW)
    assert isinstance(event, RequestReceived)
    sent = cbor.loads(establishment)["eReaderKey"].content
    assert event.session_transcript == reader.session_transcript == transcript.proximity(engagement.encoded, sent)
    assert event.reader_key == reader_key.public_jwk
    response = reader.receive(device.send_response(b"", at=NOW), at=NOW)
    assert isinstance(response, ResponseReceived)
    assert response.session_transcript == reader.session_transcript


def test_a_later_request_comes_with_the_same_transcript_and_key(device: DeviceSession, reader: ReaderSession) -> None:
    first = device.receive(reader.send_request(b"1", at=NOW), at=NOW)
    answer(device, reader)
    second = device.receive(reader.send_request(b"2", at=NOW), at=NOW)
    assert isinstance(first, RequestReceived)
    assert isinstance(second, RequestReceived)
    assert first.session_transcript == second.session_transcript
    assert first.reader_key == second.reader_key


def test_an_engagement_by_nfc_has_its_handover_in_the_transcript() -> None:
    key, handover = SoftwareKeyAgreement.generate(), transcript.nfc_handover(b"select", None)
    engagement = DeviceEngagement.create(key)
    reader = ReaderSession(engagement, SoftwareKeyAgreement.generate(), at=NOW, handover=handover)
    device = DeviceSession(engagement, key, at=NOW, handover=handover)
    assert reader.session_transcript.endswith(handover)
    assert ask(device, reader) == b"request"
    other = DeviceSession(engagement, key, at=NOW)
    again = ReaderSession(engagement, SoftwareKeyAgreement.generate(), at=NOW, handover=handover)
    with pytest.raises(SignatureInvalidError):
        ask(other, again)


def test_a_reader_key_with_a_compressed_point_is_taken_as_it_came(device: DeviceSession, reader: ReaderSession) -> None:
    """What is not decoded the way we write it still has to enter the transcript as received."""
    establishment = cbor.loads(reader.send_request(b"", at=NOW))
    key = cbor.loads(establishment["eReaderKey"].content)
    establishment["eReaderKey"] = Tag(24, cbor.dumps({**key, -3: bool(key[-3][-1] & 1)}))
    with pytest.raises(SignatureInvalidError):  # the key is the same, the transcript is not
        device.receive(cbor.dumps(establishment), at=NOW)
    assert device.pending_answer == ENCRYPTION_ERROR


def test_a_session_goes_over_any_transport(device: DeviceSession, reader: ReaderSession) -> None:
    here: Transport
    there: Transport
    here, there = memory_pair()
    here.send(reader.send_request(b"request", at=NOW))
    device.receive(there.receive(), at=NOW)
    there.send(device.send_response(b"response", at=NOW))
    reader.receive(here.receive(), at=NOW)
    with pytest.raises(TransportError):
        here.receive()


def test_values_of_a_session_do_not_show_what_was_said(device: DeviceSession, reader: ReaderSession) -> None:
    assert repr(device.receive(reader.send_request(b"content", at=NOW), at=NOW)) == "RequestReceived()"
    shown = repr(reader.receive(device.send_response(b"content", at=NOW), at=NOW))
    assert shown == "ResponseReceived(is_last=False)"


# --- the end ---------------------------------------------------------------------------------------------------------


def ended(session: DeviceSession | ReaderSession) -> None:
    """Nothing can be done with it any more."""
    assert session.state is State.ENDED
    with pytest.raises(LocalProtocolError):
        session.receive(TERMINATION, at=NOW)
    with pytest.raises(LocalProtocolError):
        session.terminate()
    send = session.send_response if isinstance(session, DeviceSession) else session.send_request
    with pytest.raises(LocalProtocolError):
        send(b"", at=NOW)


def test_an_answer_can_be_the_last_message(device: DeviceSession, reader: ReaderSession) -> None:
    ask(device, reader)
    event = reader.receive(device.send_response(b"response", at=NOW, is_last=True), at=NOW)
    assert event == ResponseReceived(
        device_response=b"response", session_transcript=reader.session_transcript, is_last=True
    )
    ended(device)
    ended(reader)


@pytest.mark.parametrize("rounds", [0, 1])
@pytest.mark.parametrize("by_reader", [True, False])
def test_either_side_may_terminate(rounds: int, by_reader: bool, device: DeviceSession, reader: ReaderSession) -> None:
    for _ in range(rounds):
        ask(device, reader)
        answer(device, reader)
    first, second = (reader, device) if by_reader else (device, reader)
    message = first.terminate()
    assert message == TERMINATION
    assert second.receive(message, at=NOW) == Terminated(status=Status.SESSION_TERMINATION)
    assert second.pending_answer is None
    ended(first)
    ended(second)


@pytest.mark.parametrize("status", Status)
def test_a_status_of_the_peer_ends_the_session(status: Status, device: DeviceSession, reader: ReaderSession) -> None:
    ask(device, reader)
    message = SessionStatus(status=status).encode()
    assert device.receive(message, at=NOW) == Terminated(status=status)
    assert reader.receive(message, at=NOW) == Terminated(status=status)
    ended(device)
    ended(reader)


def test_a_request_that_cannot_be_answered_is_not_looked_at(device: DeviceSession, reader: ReaderSession) -> None:
    ask(device, reader)
    answer(device, reader)
    message = {**cbor.loads(reader.send_request(b"request", at=NOW)), "status": 20}
    assert device.receive(cbor.dumps(message), at=NOW) == Terminated(status=Status.SESSION_TERMINATION)
    ended(device)


@pytest.mark.parametrize("by_reader", [True, False])
def test_the_keys_are_forgotten_at_the_end(by_reader: bool, device: DeviceSession, reader: ReaderSession) -> None:
    ask(device, reader)
    first, second = (reader, device) if by_reader else (device, reader)
    second.receive(first.terminate(), at=NOW)
    for channel in (device._channel, reader._channel):
        assert not channel._keys
        with pytest.raises(LocalProtocolError):
            channel.sealer.seal(b"")
        with pytest.raises(LocalProtocolError):
            channel.opener.open(b"")


def test_the_ephemeral_key_is_let_go_of_when_nobody_comes(device: DeviceSession) -> None:
    assert len(device._keys) == 1
    device.terminate()
    assert not device._keys


# --- faults of the peer ----------------------------------------------------------------------------------------------


def refused(session: DeviceSession | ReaderSession, message: bytes, *, at: datetime = NOW) -> tuple[str, bytes | None]:
    """The code with which a message is refused, and the answer to the peer; the session has ended."""
    with pytest.raises(VcError) as error:
        session.receive(message, at=at)
    assert not isinstance(error.value, LocalProtocolError)
    ended(session)
    return error.value.code, session.pending_answer


def changed(message: bytes, **members: Any) -> bytes:
    return cbor.dumps({**cbor.loads(message), **members})


def test_data_that_does_not_decrypt_is_an_encryption_error(device: DeviceSession, reader: ReaderSession) -> None:
    establishment = reader.send_request(b"request", at=NOW)
    assert refused(device, changed(establishment, data=bytes(40))) == ("SESSION_ENCRYPTION", ENCRYPTION_ERROR)
    assert refused(reader, SessionData(data=bytes(40)).encode()) == ("SESSION_ENCRYPTION", ENCRYPTION_ERROR)


@pytest.mark.parametrize(
    "key",
    [{}, [], {1: 2, -1: 1, -2: bytes(32), -3: bytes(32)}, {1: 2, -1: 2, -2: bytes(48), -3: bytes(48)}, {1: 1, -1: 6}],
)
def test_a_reader_key_that_is_none_is_an_encryption_error(
    key: Any, device: DeviceSession, reader: ReaderSession
) -> None:
    message = changed(reader.send_request(b"request", at=NOW), eReaderKey=Tag(24, cbor.dumps(key)))
    assert refused(device, message) == ("SESSION_ENCRYPTION", ENCRYPTION_ERROR)


def test_a_reader_key_on_another_curve_is_an_encryption_error(device: DeviceSession, reader: ReaderSession) -> None:
    key = cbor.dumps(ecdh_cose_key(ec.generate_private_key(ec.SECP384R1()).public_key()))
    message = changed(reader.send_request(b"request", at=NOW), eReaderKey=Tag(24, key))
    assert refused(device, message) == ("SESSION_ENCRYPTION", ENCRYPTION_ERROR)


def test_a_reader_does_not_take_up_an_engagement_on_another_curve() -> None:
    ours = SoftwareKeyAgreement.generate()
    members = cbor.loads(DeviceEngagement.create(ours).encoded)
    key = cbor.dumps(ecdh_cose_key(ec.generate_private_key(ec.SECP384R1()).public_key()))
    engagement = DeviceEngagement.parse(cbor.dumps({**members, 1: [1, Tag(24, key)]}))
    with pytest.raises(MalformedError):
        ReaderSession(engagement, ours, at=NOW)


@pytest.mark.parametrize("message", ["", "a0", "ff", "a1646461746101", "a164646174614000"])
def test_what_is_no_message_is_a_decoding_error(message: str, device: DeviceSession, reader: ReaderSession) -> None:
    assert refused(device, bytes.fromhex(message)) == ("SESSION_CBOR", DECODING_ERROR)
    assert refused(reader, bytes.fromhex(message)) == ("SESSION_CBOR", DECODING_ERROR)


def test_an_unknown_status_ends_the_session(device: DeviceSession, reader: ReaderSession) -> None:
    assert refused(device, cbor.dumps({"status": 12})) == ("SESSION_STATUS", TERMINATION)
    assert refused(reader, cbor.dumps({"status": 12})) == ("SESSION_STATUS", TERMINATION)


def test_the_first_message_of_a_reader_establishes_the_session(device: DeviceSession) -> None:
    assert refused(device, SessionData(data=bytes(40)).encode()) == ("SESSION_STATE", TERMINATION)


def test_a_session_is_established_once(device: DeviceSession, reader: ReaderSession) -> None:
    establishment = reader.send_request(b"request", at=NOW)
    device.receive(establishment, at=NOW)
    answer(device, reader)
    assert refused(device, establishment) == ("SESSION_STATE", TERMINATION)


def test_a_wallet_does_not_establish_a_session(device: DeviceSession, reader: ReaderSession) -> None:
    establishment = reader.send_request(b"request", at=NOW)
    assert refused(reader, establishment) == ("SESSION_STATE", TERMINATION)


def test_an_answer_that_nobody_asked_for_is_refused(device: DeviceSession, reader: ReaderSession) -> None:
    ask(device, reader)
    message = device.send_response(b"response", at=NOW)
    reader.receive(message, at=NOW)
    assert refused(reader, message) == ("SESSION_STATE", TERMINATION)


def test_an_answer_before_any_request_is_refused(reader: ReaderSession) -> None:
    assert refused(reader, SessionData(data=bytes(40)).encode()) == ("SESSION_STATE", TERMINATION)


def test_a_request_before_the_answer_is_refused(device: DeviceSession, reader: ReaderSession) -> None:
    ask(device, reader)
    assert refused(device, SessionData(data=bytes(40)).encode()) == ("SESSION_STATE", TERMINATION)


def test_an_earlier_message_sent_again_does_not_decrypt(device: DeviceSession, reader: ReaderSession) -> None:
    ask(device, reader)
    response = device.send_response(b"response", at=NOW)
    reader.receive(response, at=NOW)
    request = reader.send_request(b"request", at=NOW)
    device.receive(request, at=NOW)
    device.send_response(b"response", at=NOW)
    assert refused(device, request) == ("SESSION_ENCRYPTION", ENCRYPTION_ERROR)
    assert refused(reader, response) == ("SESSION_ENCRYPTION", ENCRYPTION_ERROR)


def test_a_message_sent_back_does_not_decrypt(device: DeviceSession, reader: ReaderSession) -> None:
    establishment = reader.send_request(b"request", at=NOW)
    device.receive(establishment, at=NOW)
    reflected = SessionData(data=cbor.loads(establishment)["data"]).encode()
    assert refused(reader, reflected) == ("SESSION_ENCRYPTION", ENCRYPTION_ERROR)


def test_a_message_of_another_session_does_not_decrypt(device: DeviceSession, reader: ReaderSession) -> None:
    other_device, other_reader = sides()
    ask(device, reader)
    ask(other_device, other_reader)
    stray = other_device.send_response(b"response", at=NOW)
    assert refused(reader, stray) == ("SESSION_ENCRYPTION", ENCRYPTION_ERROR)


def test_a_fault_is_told_by_its_class(device: DeviceSession, reader: ReaderSession) -> None:
    ask(device, reader)
    with pytest.raises(MalformedError):
        device.receive(b"", at=NOW)
    with pytest.raises(SignatureInvalidError):
        reader.receive(SessionData(data=bytes(40)).encode(), at=NOW)


# --- our own faults --------------------------------------------------------------------------------------------------


def test_a_wallet_answers_once_what_it_was_asked(device: DeviceSession, reader: ReaderSession) -> None:
    with pytest.raises(LocalProtocolError):
        device.send_response(b"response", at=NOW)
    ask(device, reader)
    answer(device, reader)
    with pytest.raises(LocalProtocolError):
        device.send_response(b"response", at=NOW)
    assert device.state is State.ANSWERED
    assert ask(device, reader) == b"request"  # a mistake of our own costs nothing


def test_a_reader_waits_for_the_answer(device: DeviceSession, reader: ReaderSession) -> None:
    ask(device, reader)
    with pytest.raises(LocalProtocolError):
        reader.send_request(b"request", at=NOW)
    assert answer(device, reader) == b"response"


def test_a_wallet_needs_the_key_of_its_engagement() -> None:
    key = SoftwareKeyAgreement.generate()
    engagement = DeviceEngagement.create(key)
    DeviceSession(engagement, key, at=NOW)
    with pytest.raises(ValueError, match="key"):
        DeviceSession(engagement, SoftwareKeyAgreement.generate(), at=NOW)


def test_the_longest_content_is_sent_and_a_longer_one_is_not(device: DeviceSession, reader: ReaderSession) -> None:
    with pytest.raises(ValueError, match="bytes"):
        reader.send_request(bytes(MAX_CONTENT_BYTES + 1), at=NOW)
    assert ask(device, reader, bytes(MAX_CONTENT_BYTES)) == bytes(MAX_CONTENT_BYTES)
    with pytest.raises(ValueError, match="bytes"):
        device.send_response(bytes(MAX_CONTENT_BYTES + 1), at=NOW)
    assert answer(device, reader, bytes(MAX_CONTENT_BYTES)) == bytes(MAX_CONTENT_BYTES)


# --- time ------------------------------------------------------------------------------------------------------------


def test_a_reader_may_come_until_the_engagement_ends(device: DeviceSession, reader: ReaderSession) -> None:
    end = NOW + 300 * SECOND
    assert device.deadline == reader.deadline == end
    device.receive(reader.send_request(b"request", at=end), at=end)
    assert device.deadline == reader.deadline == end + 300 * SECOND


def test_a_reader_that_comes_later_is_refused(device: DeviceSession, reader: ReaderSession) -> None:
    message = reader.send_request(b"request", at=NOW)
    assert refused(device, message, at=NOW + 300 * SECOND + SECOND / 1000) == ("SESSION_TIMEOUT", TERMINATION)


def test_an_answer_that_comes_too_late_is_refused(device: DeviceSession, reader: ReaderSession) -> None:
    ask(device, reader)
    message = device.send_response(b"response", at=NOW)
    assert refused(reader, message, at=NOW + 301 * SECOND) == ("SESSION_TIMEOUT", TERMINATION)


def test_each_message_gives_the_session_its_time_again(device: DeviceSession, reader: ReaderSession) -> None:
    at = NOW
    for _ in range(4):
        at += 200 * SECOND
        device.receive(reader.send_request(b"request", at=at), at=at)
        at += 200 * SECOND
        reader.receive(device.send_response(b"response", at=at), at=at)
    assert device.deadline == reader.deadline == at + 300 * SECOND


def test_nothing_is_sent_when_the_time_is_over(device: DeviceSession, reader: ReaderSession) -> None:
    ask(device, reader)
    late = NOW + 301 * SECOND
    with pytest.raises(LocalProtocolError) as refused:
        device.send_response(b"response", at=late)
    assert refused.value.code == "SESSION_TIMEOUT"
    assert device.pending_answer == TERMINATION
    ended(device)
    _, other = sides()
    with pytest.raises(LocalProtocolError) as refused:
        other.send_request(b"request", at=late)
    assert refused.value.code == "SESSION_TIMEOUT"
    ended(other)


def test_a_session_that_has_ended_is_not_late(device: DeviceSession, reader: ReaderSession) -> None:
    late = NOW + 301 * SECOND
    ask(device, reader)
    reader.receive(device.terminate(), at=NOW)
    for send in (device.send_response, reader.send_request, device.receive, reader.receive):
        with pytest.raises(LocalProtocolError) as refused:
            send(b"", at=late)
        assert refused.value.code == "WRONG_STATE"
    assert device.pending_answer is reader.pending_answer is None


@pytest.mark.parametrize("side", [DeviceSession, ReaderSession])
def test_time_outs_are_not_shorter_than_the_standard_says(side: Any) -> None:
    key = SoftwareKeyAgreement.generate()
    engagement = DeviceEngagement.create(key)
    made = side(engagement, key, at=NOW, engagement_timeout=30 * SECOND, idle_timeout=300 * SECOND)
    assert made.deadline == NOW + 30 * SECOND
    with pytest.raises(ValueError, match="30 seconds"):
        side(engagement, key, at=NOW, engagement_timeout=29 * SECOND)
    with pytest.raises(ValueError, match="30 seconds"):
        side(engagement, key, at=NOW, idle_timeout=299 * SECOND)


def test_a_longer_idle_time_is_kept() -> None:
    key = SoftwareKeyAgreement.generate()
    engagement = DeviceEngagement.create(key)
    reader = ReaderSession(engagement, SoftwareKeyAgreement.generate(), at=NOW, idle_timeout=600 * SECOND)
    device = DeviceSession(engagement, key, at=NOW, idle_timeout=600 * SECOND)
    ask(device, reader)
    assert device.deadline == reader.deadline == NOW + 600 * SECOND


# --- the table -------------------------------------------------------------------------------------------------------


def test_the_table_leaves_no_way_out_of_the_end() -> None:
    assert not [state for state, _ in TRANSITIONS if state is State.ENDED]


def test_every_open_state_can_end() -> None:
    for state in set(State) - {State.ENDED}:
        assert TRANSITIONS[state, Step.END] is State.ENDED


def test_a_session_is_established_only_from_its_begin() -> None:
    allowed = {(s, step): target for (s, step), target in TRANSITIONS.items() if step is not Step.END}
    assert allowed == {
        (State.ENGAGED, Step.ESTABLISHMENT): State.REQUESTED,
        (State.REQUESTED, Step.RESPONSE): State.ANSWERED,
        (State.ANSWERED, Step.REQUEST): State.REQUESTED,
    }
