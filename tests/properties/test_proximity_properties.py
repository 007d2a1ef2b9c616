# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Properties of proximity sessions: what is changed, repeated or invented ends them, and nothing else does."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.proximity import NOW, sides
from vcwallet.encoding import base64url, cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import LocalProtocolError, VcError
from vcwallet.protocols import dc_api_mdoc
from vcwallet.protocols.proximity import (
    DeviceEngagement,
    DeviceSession,
    ReaderSession,
    RequestReceived,
    ResponseReceived,
    State,
    Terminated,
    messages,
)
from vcwallet.protocols.proximity.ble import MAX_PART_BYTES, Reassembler, chunks
from vcwallet.protocols.proximity.device_request import DeviceRequest, DocRequest, ItemsRequest
from vcwallet.protocols.proximity.framing import Deframer, frame
from vcwallet.protocols.proximity.session import TRANSITIONS, Step

ANSWERS = {bytes.fromhex(f"a166737461747573{status}") for status in ("0a", "0b", "14")}

REQUEST_NAMES = ("version", "docRequests", "itemsRequest", "readerAuth", "docType", "nameSpaces", "requestInfo")
OTHER_NAMES = ("deviceRequestInfo", "readerAuthAll", "zkRequest", "eReaderKey", "data", "status", "nonce")
NAMES = st.sampled_from((*REQUEST_NAMES, *OTHER_NAMES))
LEAVES = (
    st.none() | st.booleans() | st.integers(-3, 300) | st.binary(max_size=40) | st.text(max_size=8) | st.just("1.0")
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(NAMES | st.integers(-3, 12), inner, max_size=5)
        | inner.map(lambda value: Tag(24, cbor.dumps(value)))
    ),
    max_leaves=20,
)
CBOR = VALUES.map(cbor.dumps)
READERS: dict[str, Any] = {
    "engagement": DeviceEngagement.parse,
    "message": messages.parse,
    "device request": DeviceRequest.parse,
    "items request": ItemsRequest.parse,
    "QR code": lambda data: DeviceEngagement.from_qr(f"mdoc:{base64url.encode(data)}"),
    "encryption info": lambda data: dc_api_mdoc.EncryptionInfo.parse(base64url.encode(data)),
    "part": lambda data: Reassembler().receive(data),
    "stream": lambda data: Deframer().feed(data),
}


# --- parsers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", READERS)
@given(data=st.binary(max_size=200) | CBOR)
def test_arbitrary_bytes_are_read_or_refused_with_an_error_of_ours(name: str, data: bytes) -> None:
    with suppress(VcError):
        READERS[name](data)


@given(text=st.text(max_size=100) | st.text(max_size=100).map("mdoc:".__add__))
def test_arbitrary_text_is_no_engagement(text: str) -> None:
    with pytest.raises(VcError):
        DeviceEngagement.from_qr(text)


@given(at=st.integers(0, 10_000), mask=st.integers(1, 255))
def test_a_changed_byte_of_an_engagement_is_refused_or_is_another_engagement(at: int, mask: int) -> None:
    device, _ = sides()
    data = device._engagement.encoded
    try:
        read = DeviceEngagement.parse(flipped(data, at, mask))
    except VcError:
        return
    assert read.encoded != data


@given(
    names=st.dictionaries(
        st.text(min_size=1, max_size=5),
        st.dictionaries(st.text(min_size=1, max_size=5), st.booleans(), min_size=1, max_size=5),
        min_size=1,
        max_size=5,
    ),
    doc_types=st.lists(st.text(min_size=1, max_size=10), min_size=1, max_size=10),
)
def test_a_device_request_is_read_as_it_was_written(names: dict[str, dict[str, bool]], doc_types: list[str]) -> None:
    items = [ItemsRequest.create(doc_type, names) for doc_type in doc_types]
    read = DeviceRequest.parse(DeviceRequest.create([DocRequest.unsigned(each) for each in items]).encoded)
    assert [each.items_request for each in read.doc_requests] == items
    assert [each.items_request.doc_type for each in read.doc_requests] == doc_types


# --- framing ---------------------------------------------------------------------------------------------------------


@given(sent=st.lists(st.binary(max_size=30), max_size=6), cuts=st.lists(st.integers(1, 12), min_size=1))
def test_a_stream_gives_the_same_messages_however_it_is_cut(sent: list[bytes], cuts: list[int]) -> None:
    stream, deframer, found, turn = b"".join(map(frame, sent)), Deframer(), [], 0
    while stream:
        size = cuts[turn % len(cuts)]
        found += deframer.feed(stream[:size])
        stream, turn = stream[size:], turn + 1
    assert found == sent
    assert deframer.is_between_messages


@given(sent=st.lists(st.binary(max_size=3000), max_size=4), size=st.integers(2, MAX_PART_BYTES))
def test_parts_give_the_same_messages_at_any_size(sent: list[bytes], size: int) -> None:
    reassembler = Reassembler()
    parts = [part for message in sent for part in chunks(message, size)]
    assert all(2 <= len(part) <= size or part == b"\x00" for part in parts)
    assert [found for part in parts if (found := reassembler.receive(part)) is not None] == sent


# --- sessions --------------------------------------------------------------------------------------------------------


def flipped(data: bytes, at: int, mask: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes((data[at] ^ mask,)) + data[at + 1 :]


def is_refused(session: DeviceSession | ReaderSession, message: bytes) -> None:
    with pytest.raises(VcError) as refused:
        session.receive(message, at=NOW)
    assert not isinstance(refused.value, LocalProtocolError)
    assert session.state is State.ENDED
    assert session.pending_answer in ANSWERS


@given(at=st.integers(0, 10_000), mask=st.integers(1, 255))
def test_a_changed_byte_of_a_response_ends_the_session_with_a_status(at: int, mask: int) -> None:
    device, reader = sides()
    device.receive(reader.send_request(b"request", at=NOW), at=NOW)
    response = device.send_response(b"response", at=NOW)
    is_refused(reader, flipped(response, at, mask))


@given(at=st.integers(0, 10_000), mask=st.integers(1, 255))
def test_a_changed_byte_of_the_establishment_ends_the_session_with_a_status(at: int, mask: int) -> None:
    device, reader = sides()
    is_refused(device, flipped(reader.send_request(b"request", at=NOW), at, mask))


@given(data=st.binary(max_size=100) | CBOR)
def test_arbitrary_bytes_end_a_session_or_say_that_it_has_ended(data: bytes) -> None:
    device, reader = sides()
    device.receive(reader.send_request(b"request", at=NOW), at=NOW)
    for session in (device, reader):
        try:
            event = session.receive(data, at=NOW)
        except VcError:
            assert session.pending_answer in ANSWERS
        else:
            assert isinstance(event, Terminated)
        assert session.state is State.ENDED


class BothSides(RuleBasedStateMachine):
    """Two honest sides on an honest line, and somebody who sends old messages again."""

    @initialize()
    def engage(self) -> None:
        self.device, self.reader = sides()
        self.expected = {"device": State.ENGAGED, "reader": State.ENGAGED}
        self.to_device: list[tuple[bytes, bytes | None]] = []
        self.to_reader: list[tuple[bytes, bytes | None]] = []
        self.delivered: list[bytes] = []

    def may(self, side: str, step: Step) -> bool:
        """Take the step in the model, if the table allows it."""
        target = TRANSITIONS.get((self.expected[side], step))
        if target is not None:
            self.expected[side] = target
        return target is not None

    @rule(content=st.binary(max_size=20))
    def ask(self, content: bytes) -> None:
        step = Step.ESTABLISHMENT if self.expected["reader"] is State.ENGAGED else Step.REQUEST
        if self.may("reader", step):
            self.to_device.append((self.reader.send_request(content, at=NOW), content))
        else:
            with pytest.raises(LocalProtocolError):
                self.reader.send_request(content, at=NOW)

    @rule(content=st.binary(max_size=20), is_last=st.sampled_from([False, False, True]))
    def answer(self, content: bytes, is_last: bool) -> None:
        if self.may("device", Step.RESPONSE):
            self.to_reader.append((self.device.send_response(content, at=NOW, is_last=is_last), content))
            if is_last:
                self.may("device", Step.END)
        else:
            with pytest.raises(LocalProtocolError):
                self.device.send_response(content, at=NOW, is_last=is_last)

    @rule(by_reader=st.booleans(), really=st.sampled_from([False, False, True]))
    def terminate(self, by_reader: bool, really: bool) -> None:
        if not really:
            return
        name, session, line = self.end_of(by_reader)
        if self.may(name, Step.END):
            line.append((session.terminate(), None))
        else:
            with pytest.raises(LocalProtocolError):
                session.terminate()

    def end_of(self, by_reader: bool) -> tuple[str, Any, list[tuple[bytes, bytes | None]]]:
        return ("reader", self.reader, self.to_device) if by_reader else ("device", self.device, self.to_reader)

    @precondition(lambda self: self.to_device)
    @rule()
    def deliver_to_the_wallet(self) -> None:
        message, content = self.to_device.pop(0)
        self.delivered.append(message)
        if self.expected["device"] is State.ENDED:
            with pytest.raises(LocalProtocolError):
                self.device.receive(message, at=NOW)
            return
        event = self.device.receive(message, at=NOW)
        if content is None:
            assert isinstance(event, Terminated)
            assert self.may("device", Step.END)
        else:
            assert isinstance(event, RequestReceived)
            assert event.device_request == content
            assert self.may("device", Step.ESTABLISHMENT) or self.may("device", Step.REQUEST)

    @precondition(lambda self: self.to_reader)
    @rule()
    def deliver_to_the_reader(self) -> None:
        message, content = self.to_reader.pop(0)
        self.delivered.append(message)
        if self.expected["reader"] is State.ENDED:
            with pytest.raises(LocalProtocolError):
                self.reader.receive(message, at=NOW)
            return
        event = self.reader.receive(message, at=NOW)
        if content is None:
            assert isinstance(event, Terminated)
            assert self.may("reader", Step.END)
            return
        assert isinstance(event, ResponseReceived)
        assert event.device_response == content
        assert self.may("reader", Step.RESPONSE)
        if event.is_last:
            assert self.may("reader", Step.END)

    @precondition(lambda self: len(self.delivered) > 3)
    @rule(which=st.integers(0, 100), by_reader=st.booleans())
    def send_again(self, which: int, by_reader: bool) -> None:
        message = self.delivered[which % len(self.delivered)]
        name, session, _ = self.end_of(by_reader)
        if "data" not in cbor.loads(message):
            return  # a status is nobody's secret, and ends a session whoever sends it
        if self.expected[name] is State.ENDED:
            with pytest.raises(LocalProtocolError):
                session.receive(message, at=NOW)
            return
        is_refused(session, message)
        assert self.may(name, Step.END)

    @invariant()
    def both_stand_where_the_table_says(self) -> None:
        assert self.device.state is self.expected["device"]
        assert self.reader.state is self.expected["reader"]


TestBothSides = BothSides.TestCase
