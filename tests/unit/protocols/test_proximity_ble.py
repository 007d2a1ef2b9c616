# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Bluetooth Low Energy without the radio, and the framing of streams (ISO/IEC 18013-5, clause 8.3.3.1.1)."""

from __future__ import annotations

from typing import Any

import pytest

from vcwallet.errors import (
    BindingError,
    LimitExceededError,
    LocalProtocolError,
    MalformedError,
    RemoteProtocolError,
)
from vcwallet.protocols.proximity import ble
from vcwallet.protocols.proximity.ble import Link, LinkRole, LinkState, Reassembler, Signal
from vcwallet.protocols.proximity.framing import Deframer, frame
from vcwallet.protocols.proximity.keys import ble_ident
from vcwallet.protocols.proximity.messages import MAX_MESSAGE_BYTES

# --- names -----------------------------------------------------------------------------------------------------------


def test_the_characteristics_of_a_wallet_as_server() -> None:
    names = ble.PERIPHERAL_SERVER
    assert str(names.state) == "00000001-a123-48ce-896b-4c76973373e6"
    assert str(names.client_to_server) == "00000002-a123-48ce-896b-4c76973373e6"
    assert str(names.server_to_client) == "00000003-a123-48ce-896b-4c76973373e6"
    assert names.ident is None
    assert str(names.l2cap_psm) == "0000000a-a123-48ce-896b-4c76973373e6"


def test_the_characteristics_of_a_reader_as_server() -> None:
    names = ble.CENTRAL_CLIENT
    assert str(names.state) == "00000005-a123-48ce-896b-4c76973373e6"
    assert str(names.client_to_server) == "00000006-a123-48ce-896b-4c76973373e6"
    assert str(names.server_to_client) == "00000007-a123-48ce-896b-4c76973373e6"
    assert str(names.ident) == "00000008-a123-48ce-896b-4c76973373e6"
    assert str(names.l2cap_psm) == "0000000b-a123-48ce-896b-4c76973373e6"


def test_the_descriptor_is_that_of_bluetooth() -> None:
    assert str(ble.CLIENT_CONFIGURATION) == "00002902-0000-1000-8000-00805f9b34fb"


# --- chunks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mtu", "size"), [(23, 20), (185, 182), (514, 511), (515, 512), (516, 512), (517, 512)])
def test_a_part_fits_into_the_mtu_and_into_a_characteristic(mtu: int, size: int) -> None:
    assert ble.part_size(mtu) == size


def test_no_mtu_is_smaller_than_23() -> None:
    with pytest.raises(ValueError, match="23"):
        ble.part_size(22)


@pytest.mark.parametrize(
    ("message", "size", "parts"),
    [
        (b"", 20, [b"\x00"]),
        (b"abc", 20, [b"\x00abc"]),
        (b"abcd", 3, [b"\x01ab", b"\x00cd"]),
        (b"abcde", 3, [b"\x01ab", b"\x01cd", b"\x00e"]),
        (b"ab", 2, [b"\x01a", b"\x00b"]),
    ],
)
def test_each_part_says_whether_more_follow(message: bytes, size: int, parts: list[bytes]) -> None:
    assert ble.chunks(message, size) == parts
    reassembler = Reassembler()
    assert [reassembler.receive(part) for part in parts] == [None] * (len(parts) - 1) + [message]


@pytest.mark.parametrize("size", [-1, 0, 1, 513])
def test_a_part_has_room_for_content_and_is_no_longer_than_a_characteristic(size: int) -> None:
    assert ble.chunks(b"a", 512)
    with pytest.raises(ValueError, match="part"):
        ble.chunks(b"a", size)


def test_only_so_long_a_message_is_sent() -> None:
    with pytest.raises(ValueError, match="message"):
        ble.chunks(bytes(MAX_MESSAGE_BYTES + 1), 512)


def test_one_message_after_the_other_is_put_together() -> None:
    reassembler = Reassembler()
    parts = [*ble.chunks(b"first message", 5), *ble.chunks(b"second", 5)]
    assert [message for part in parts if (message := reassembler.receive(part))] == [b"first message", b"second"]


@pytest.mark.parametrize("part", [b"", b"\x02a", b"\xffa", b"\x01", b"\x00" + bytes(512)], ids=len)
def test_what_is_no_part_is_refused(part: bytes) -> None:
    assert Reassembler().receive(b"\x00" + bytes(511)) == bytes(511)
    with pytest.raises(MalformedError):
        Reassembler().receive(part)


def test_a_message_is_not_put_together_beyond_its_limit() -> None:
    reassembler = Reassembler(max_bytes=4)
    assert reassembler.receive(b"\x01ab") is None
    assert reassembler.receive(b"\x00cd") == b"abcd"
    assert reassembler.receive(b"\x01abcd") is None
    with pytest.raises(LimitExceededError):
        reassembler.receive(b"\x00e")


# --- the link --------------------------------------------------------------------------------------------------------


def linked() -> tuple[Link, Link]:
    return Link(LinkRole.CLIENT), Link(LinkRole.SERVER)


def test_a_client_starts_and_either_side_ends() -> None:
    for first_ends in (True, False):
        client, server = linked()
        assert server.receive_state(client.start()) is Signal.START
        assert (client.state, server.state) == (LinkState.STARTED, LinkState.STARTED)
        client.require_started()
        server.require_started()
        one, other = (client, server) if first_ends else (server, client)
        assert other.receive_state(one.end()) is Signal.END
        assert (client.state, server.state) == (LinkState.CLOSED, LinkState.CLOSED)


def test_the_values_of_the_state_are_those_of_the_standard() -> None:
    client, _ = linked()
    assert (client.start(), client.end()) == (b"\x01", b"\x02")


@pytest.mark.parametrize("value", [b"", b"\x00", b"\x03", b"\x01\x01"])
def test_any_other_value_is_refused(value: bytes) -> None:
    with pytest.raises(MalformedError):
        linked()[1].receive_state(value)


def test_only_a_client_starts() -> None:
    client, server = linked()
    with pytest.raises(LocalProtocolError):
        server.start()
    with pytest.raises(RemoteProtocolError):
        client.receive_state(b"\x01")
    assert (client.state, server.state) == (LinkState.CONNECTED, LinkState.CONNECTED)


def test_a_link_starts_once() -> None:
    client, server = linked()
    server.receive_state(client.start())
    with pytest.raises(LocalProtocolError):
        client.start()
    with pytest.raises(RemoteProtocolError):
        server.receive_state(b"\x01")


def test_a_link_can_end_before_it_starts_and_not_twice() -> None:
    client, server = linked()
    assert server.receive_state(client.end()) is Signal.END
    with pytest.raises(LocalProtocolError):
        client.end()
    with pytest.raises(RemoteProtocolError):
        server.receive_state(b"\x02")


def test_a_link_that_was_lost_before_its_start_may_be_made_again() -> None:
    client, server = linked()
    client.lost()
    server.lost()
    assert server.receive_state(client.start()) is Signal.START


def test_a_link_that_was_lost_after_its_start_is_closed() -> None:
    client, server = linked()
    server.receive_state(client.start())
    for link in (client, server):
        link.lost()
        link.lost()
        assert link.state is LinkState.CLOSED
        with pytest.raises(LocalProtocolError):
            link.require_started()


def test_nothing_is_transferred_before_the_start() -> None:
    client, _ = linked()
    with pytest.raises(LocalProtocolError):
        client.require_started()


def test_a_wallet_knows_the_reader_that_has_scanned_it() -> None:
    ble.require_ident(ble_ident(b"ours"), e_device_key_bytes=b"ours")
    for value in (ble_ident(b"theirs"), b"", ble_ident(b"ours")[:-1]):
        with pytest.raises(BindingError) as refused:
            ble.require_ident(value, e_device_key_bytes=b"ours")
        assert refused.value.code == "BLE_IDENT"


# --- streams ---------------------------------------------------------------------------------------------------------

STREAM = frame(b"one") + frame(b"") + frame(b"three")


def test_a_frame_is_a_length_and_a_message() -> None:
    assert STREAM == b"\x00\x00\x00\x03one\x00\x00\x00\x00\x00\x00\x00\x05three"


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, len(STREAM)])
def test_a_stream_is_read_however_it_was_cut(size: int) -> None:
    deframer = Deframer()
    found = [
        message for start in range(0, len(STREAM), size) for message in deframer.feed(STREAM[start : start + size])
    ]
    assert found == [b"one", b"", b"three"]
    assert deframer.is_between_messages


def test_a_stream_that_stops_early_is_in_the_middle_of_a_message() -> None:
    deframer = Deframer()
    assert deframer.is_between_messages
    for count in range(1, 7):
        deframer = Deframer()
        assert deframer.feed(STREAM[:count]) == []
        assert not deframer.is_between_messages


def test_a_message_that_announces_too_much_is_refused_before_it_comes() -> None:
    assert Deframer(max_bytes=3).feed(frame(b"one")) == [b"one"]
    with pytest.raises(LimitExceededError):
        Deframer(max_bytes=2).feed(frame(b"one")[:4])
    with pytest.raises(LimitExceededError):
        Deframer().feed((MAX_MESSAGE_BYTES + 1).to_bytes(4, "big"))
    assert Deframer().feed(MAX_MESSAGE_BYTES.to_bytes(4, "big")) == []


def test_no_longer_message_is_framed() -> None:
    longest: Any = bytes(MAX_MESSAGE_BYTES)
    assert len(frame(longest)) == MAX_MESSAGE_BYTES + 4
    with pytest.raises(ValueError, match="message"):
        frame(longest + b"\x00")
