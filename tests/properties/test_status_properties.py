# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Every list comes back as it was, no byte of a signed one can be changed, and readers raise our errors only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.status import NOW, SIGNER, URI, OneSigner, by_hand, claims_of, signed, token
from vcwallet.cose import sign1
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import VcError
from vcwallet.status.aggregation import aggregation, read_aggregation
from vcwallet.status.status_list import StatusList
from vcwallet.status.token_status_list import MediaType, StatusListToken, StatusReference, is_list_uri, parse
from vcwallet.verifier.bundle import OfflineBundle

SIZES = st.sampled_from([1, 2, 4, 8])
# What JSON and CBOR can both say.
texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


@st.composite
def arrays(draw: st.DrawFn) -> tuple[list[int], int]:
    bits = draw(SIZES)
    return draw(st.lists(st.integers(0, 2**bits - 1), max_size=200)), bits


@given(arrays())
def test_an_array_comes_back(array):
    values, bits = array
    statuses = StatusList.of(dict(enumerate(values)), size=len(values), bits=bits)
    again = StatusList.from_compressed(statuses.compressed(), bits=bits)
    assert [again[index] for index in range(len(values))] == values
    assert list(again)[: len(values)] == values
    assert not any(list(again)[len(values) :])


@given(arrays(), st.data())
def test_setting_one_status_changes_no_other(array, data):
    values, bits = array
    index = data.draw(st.integers(0, len(values)))
    value = data.draw(st.integers(0, 2**bits - 1))
    changed = [*values, 0]
    changed[index] = value
    one = StatusList.of(dict(enumerate(changed)), size=len(changed), bits=bits)
    assert [one[at] for at in range(len(changed))] == changed


@given(
    arrays(),
    st.datetimes(datetime(1971, 1, 1), datetime(2026, 11, 1), timezones=st.just(UTC)),
    st.timedeltas(timedelta(days=365 * 56), timedelta(days=365 * 100)) | st.none(),
    st.timedeltas(timedelta(seconds=1), timedelta(days=1000)) | st.none(),
    st.sampled_from(MediaType),
)
def test_a_token_comes_back(array, issued_at, life, ttl, form):
    values, bits = array
    one = StatusListToken(
        uri=URI,
        statuses=StatusList.of(dict(enumerate(values)), size=len(values), bits=bits),
        issued_at=issued_at,
        expires=None if life is None else issued_at + life,
        ttl=None if ttl is None else timedelta(seconds=ttl // timedelta(seconds=1)),
    )
    at = NOW if one.expires is not None else one.issued_at
    assert parse(signed(one, form), form).verify(uri=URI, trust=OneSigner(), at=at).token == one


# --- changed and broken ----------------------------------------------------------------------------------------------

TOKENS = {form: signed(token({7: 2}), form) for form in MediaType}


def verify(data: bytes, form: MediaType) -> Any:
    return parse(data, form).verify(uri=URI, trust=OneSigner(), at=NOW)


@pytest.mark.parametrize("form", MediaType)
def test_no_byte_of_a_token_can_be_changed(form):
    right = TOKENS[form]
    assert verify(right, form).token.statuses[7] == 2
    for place in range(len(right)):
        for mask in (1, 0x20, 0x80):
            wrong = bytearray(right)
            wrong[place] ^= mask
            with pytest.raises(VcError):
                verify(bytes(wrong), form)


@pytest.mark.parametrize("form", MediaType)
def test_no_part_of_a_token_is_enough(form):
    for length in range(len(TOKENS[form])):
        with pytest.raises(VcError):
            verify(TOKENS[form][:length], form)


@given(st.binary(max_size=300), st.sampled_from(MediaType))
def test_anything_else_is_one_of_our_errors(data, form):
    with pytest.raises(VcError):
        verify(data, form)


@given(st.data(), st.sampled_from(MediaType))
def test_any_claims_are_read_or_refused_with_our_errors(data, form):
    claims = claims_of(token(), form)
    name = data.draw(st.sampled_from(sorted(claims)))
    if name == "status_list":
        members = dict(claims[name])
        members[data.draw(st.sampled_from(["bits", "lst", "aggregation_uri"]))] = data.draw(values)
        claims[name] = members
    else:
        claims[name] = data.draw(values)
    try:
        found = verify(by_hand(claims, form), form)
    except VcError:
        return
    assert found.token.uri == URI


@given(st.binary(max_size=100), SIZES)
def test_any_bytes_are_a_list_or_refused(data, bits):
    try:
        StatusList.from_compressed(data, bits=bits)
    except VcError:
        return


@given(st.binary(max_size=200))
def test_any_payload_that_is_signed_is_read_or_refused(payload):
    protected: dict[int, Any] = {16: "application/statuslist+cwt", 33: b"the certificate of the status signer"}
    message = cbor.dumps(Tag(18, sign1.sign(payload, signer=SIGNER, protected=protected)))
    with pytest.raises(VcError):
        verify(message, MediaType.CWT)


@given(values)
def test_any_reference_is_read_or_refused(value):
    for claim in (
        {"status_list": value},
        {"status_list": {"idx": value, "uri": URI}},
        {"status_list": {"idx": 1, "uri": value}},
    ):
        try:
            found = StatusReference.from_claim(claim)
        except VcError:
            continue
        assert found is not None
        assert StatusReference.from_claim(found.to_claim()) == found


@given(st.text(max_size=60) | st.text(max_size=30).map("https://city.example/{}".format))
def test_an_address_is_one_or_not(text):
    if is_list_uri(text):
        assert text.lower().startswith("https://")
        assert text.isascii()


@given(st.binary(max_size=100))
def test_any_aggregation_and_bundle_is_read_or_refused(data):
    for reader in (read_aggregation, OfflineBundle.from_json):
        with pytest.raises(VcError):
            reader(data)


@given(st.lists(st.integers(0, 10**6), max_size=20))
def test_an_aggregation_comes_back(numbers):
    uris = tuple(f"https://city.example/{number}" for number in numbers)
    assert read_aggregation(aggregation(uris)) == uris
