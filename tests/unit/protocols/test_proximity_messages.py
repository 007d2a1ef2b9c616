# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The messages of a session (ISO/IEC 18013-5, clauses 9.1.1.4 and 9.1.1.6)."""

from __future__ import annotations

from typing import Any

import pytest

from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import CborValue, Tag
from vcwallet.errors import LimitExceededError, MalformedError, RemoteProtocolError
from vcwallet.protocols.proximity.messages import (
    MAX_CONTENT_BYTES,
    MAX_MESSAGE_BYTES,
    Message,
    SessionData,
    SessionEstablishment,
    SessionStatus,
    Status,
    parse,
)

KEY = cbor.dumps({1: 2})

TABLE: list[tuple[Message, str]] = [
    (SessionEstablishment(e_reader_key=KEY, data=b"\x01"), "a26a655265616465724b6579d81843a10102646461746141" + "01"),
    (SessionData(data=b"\x01"), "a1646461746141" + "01"),
    (SessionData(data=b""), "a1646461746140"),
    (SessionData(data=b"\x01", is_last=True), "a264646174614101667374617475731" + "4"),
    (SessionStatus(status=Status.SESSION_ENCRYPTION_ERROR), "a1667374617475730a"),
    (SessionStatus(status=Status.CBOR_DECODING_ERROR), "a1667374617475730b"),
    (SessionStatus(status=Status.SESSION_TERMINATION), "a16673746174757314"),
]


@pytest.mark.parametrize(("message", "encoded"), TABLE)
def test_a_message_has_one_form(message: Message, encoded: str) -> None:
    assert message.encode().hex() == encoded
    assert parse(bytes.fromhex(encoded)) == message


def test_members_that_are_not_known_are_passed_over() -> None:
    assert parse(cbor.dumps({"data": b"", "new": [1, {}]})) == SessionData(data=b"")


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"new": 1},
        {"data": "text"},
        {"data": None},
        {"status": "20"},
        {"status": True},
        {"status": None},
        {"status": 20.0},
        {"data": b"", "status": 10},
        {"data": b"", "status": 11},
        {"eReaderKey": Tag(24, KEY)},
        {"eReaderKey": KEY, "data": b""},
        {"eReaderKey": Tag(61, KEY), "data": b""},
        {"eReaderKey": Tag(24, "text"), "data": b""},
        {"eReaderKey": Tag(24, b"\xff"), "data": b""},
        {"eReaderKey": Tag(24, KEY), "data": "text"},
        {"eReaderKey": Tag(24, KEY), "data": b"", "status": 20},
        [],
        "data",
        None,
    ],
    ids=repr,
)
def test_what_is_no_message_has_the_code_of_a_decoding_error(members: Any) -> None:
    with pytest.raises(MalformedError) as refused:
        parse(cbor.dumps(members))
    assert refused.value.code == "SESSION_CBOR"
    assert refused.value.clause


@pytest.mark.parametrize("data", ["", "ff", "a1", "bf6473746174ff", "a2646461746140646461746140", "a16464617461584000"])
def test_what_is_no_cbor_has_the_code_of_a_decoding_error(data: str) -> None:
    with pytest.raises(MalformedError) as refused:
        parse(bytes.fromhex(data))
    assert refused.value.code == "SESSION_CBOR"


@pytest.mark.parametrize("status", [0, 12, 19, 21, -1, 2**64 - 1])
def test_a_status_that_is_not_known_has_its_own_code(status: int) -> None:
    alone: dict[str, CborValue] = {"status": status}
    for members in (alone, {**alone, "data": b""}):
        with pytest.raises(RemoteProtocolError) as refused:
            parse(cbor.dumps(members))
        assert refused.value.code == "SESSION_STATUS"


def test_the_longest_content_fits_into_a_message_and_a_longer_message_is_refused() -> None:
    longest = SessionEstablishment(e_reader_key=KEY, data=bytes(MAX_CONTENT_BYTES + 16)).encode()
    assert len(longest) <= MAX_MESSAGE_BYTES
    parse(longest)
    room = MAX_MESSAGE_BYTES - len(longest) + MAX_CONTENT_BYTES + 16
    assert len(SessionEstablishment(e_reader_key=KEY, data=bytes(room)).encode()) == MAX_MESSAGE_BYTES
    with pytest.raises(LimitExceededError) as refused:
        parse(SessionEstablishment(e_reader_key=KEY, data=bytes(room + 1)).encode())
    assert refused.value.code == "SESSION_CBOR"


def test_a_message_is_not_a_place_for_a_tree() -> None:
    with pytest.raises(LimitExceededError):
        parse(cbor.dumps({"data": b"", "new": [0] * 100}))
    parse(cbor.dumps({"data": b"", "new": [0] * 90}))


def test_a_message_does_not_show_its_content() -> None:
    assert repr(SessionData(data=b"content")) == "SessionData(is_last=False)"
