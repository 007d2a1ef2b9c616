# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Bitstrings of any size against a list of numbers, and lists and entries made of anything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.support.bitstring import Town
from tests.support.pki import NOW
from vcwallet.errors import VcError
from vcwallet.status.bitstring import Bitstring
from vcwallet.status.bitstring_status_list import Names, entries_of, parse, read_credential

TOWN = Town()
TEXT = TOWN.signed()
MEMBERS = [
    "id", "type", "statusPurpose", "statusListIndex", "statusListCredential", "statusSize", "statusMessage", "status",
    "statusReference", "message", "@context", "issuer", "validFrom", "validUntil", "credentialSubject", "encodedList",
    "ttl",
]  # fmt: skip
WORDS = [
    "BitstringStatusListEntry", "BitstringStatusListCredential", "BitstringStatusList", "VerifiableCredential", "0x1",
    "https://www.w3.org/ns/credentials/v2", "https://city.example/3", "revocation", "7", "2026-11-23T09:00:00Z",
    Bitstring.of({}).encoded(), "StatusList2021Entry",
]  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(WORDS)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(MEMBERS), inner), max_leaves=12
)


@st.composite
def statuses(draw: st.DrawFn) -> tuple[int, list[int]]:
    size = draw(st.integers(1, 20))
    return size, draw(st.lists(st.integers(0, (1 << size) - 1), max_size=40))


@given(statuses())
def test_a_bitstring_says_what_was_put_into_it(drawn: tuple[int, list[int]]) -> None:
    size, values = drawn
    bitstring = Bitstring.of(dict(enumerate(values)), entries=len(values), size=size)
    bits = "".join(f"{value:0{size}b}" for value in values)
    assert "".join(f"{byte:08b}" for byte in bitstring.data).startswith(bits)
    assert [bitstring.value(index, size=size) for index in range(len(values))] == values
    assert Bitstring.from_encoded(bitstring.encoded()) == bitstring


@given(st.text(alphabet="uABCD-_=+/ \n", max_size=30) | st.text(max_size=10))
def test_an_encoded_list_of_anything_raises_only_our_errors(text: str) -> None:
    try:
        Bitstring.from_encoded(text)
    except VcError:
        return


@given(VALUES)
def test_entries_of_anything_raise_only_our_errors_and_are_written_as_they_were_read(value: object) -> None:
    try:
        entries = entries_of(value, names=tuple(Names))
    except VcError:
        return
    assert entries_of([entry.to_json() for entry in entries], names=tuple(Names)) == entries


@given(st.dictionaries(st.sampled_from(MEMBERS), VALUES))
def test_a_credential_of_anything_raises_only_our_errors(members: dict[str, object]) -> None:
    try:
        read_credential(members, names=tuple(Names))
    except VcError:
        return


@given(st.integers(0, len(TEXT) - 1), st.binary(min_size=0, max_size=3))
def test_a_list_with_other_bytes_in_it_is_never_taken(place: int, other: bytes) -> None:
    data = TEXT.encode()
    changed = data[:place] + other + data[place + 1 :]
    if changed == data:
        return
    try:
        parse(changed).verify(url=TOWN.content().id, trust=TOWN.trust, at=NOW)
    except VcError:
        return
    raise AssertionError("a changed list was taken")
