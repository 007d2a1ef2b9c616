# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""COSE headers (RFC 9052, section 3; RFC 9360; RFC 9596): read once, checked whole, never followed."""

from __future__ import annotations

from typing import Any

import pytest

from vcwallet.cose import header, mac0
from vcwallet.encoding import cbor
from vcwallet.errors import AlgorithmNotAllowedError, LimitExceededError, MalformedError, UnsupportedError, VcError
from vcwallet.keys import Algorithm
from vcwallet.keys.cose_key import parse_algorithm

ES256 = -7


def parse(protected: object, unprotected: object):
    return header.parse(protected, unprotected, algorithm_of=parse_algorithm)


def protecting(members: dict[Any, Any] | None = None) -> bytes:
    return cbor.dumps({1: ES256, **(members or {})})


def in_either(members: dict[Any, Any]):
    """The same parameters, protected and not."""
    return [(protecting(members), {}), (protecting(), members)]


def test_a_header_is_read():
    protected = protecting({16: "application/statuslist+cwt", 3: 0, 4: b"key-1", 34: [-16, b"hash"], "ours": [1]})
    read = parse(protected, {33: [b"one", b"two"], 99: {"a": 1}})
    assert read.algorithm is Algorithm.ES256
    assert (read.typ, read.content_type, read.key_id) == ("application/statuslist+cwt", 0, b"key-1")
    assert read.chain == (b"one", b"two")
    assert read.x5t == (-16, b"hash")
    assert read.encoded == protected
    assert read.protected["ours"] == [1]
    assert read.unprotected == {33: [b"one", b"two"], 99: {"a": 1}}


def test_all_parameters_but_the_algorithm_may_be_absent():
    read = parse(protecting(), {})
    assert (read.typ, read.content_type, read.key_id, read.x5t, read.chain) == (None, None, None, None, ())


def test_what_names_the_signer_may_be_protected_or_not():
    for protected, unprotected in in_either({3: "text/plain", 4: b"1", 33: b"der", 34: ["SHA-256", b"hash"]}):
        read = parse(protected, unprotected)
        assert (read.content_type, read.key_id, read.chain) == ("text/plain", b"1", (b"der",))
        assert read.x5t == ("SHA-256", b"hash")


def test_the_protected_parameters_cannot_be_changed():
    with pytest.raises(TypeError):
        parse(protecting(), {}).protected[1] = -8


def test_addresses_and_bags_in_a_header_mean_nothing():
    assert parse(protecting({35: "https://evil.example/"}), {32: [b"der"]}).chain == ()


# --- what is protected -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protected", [b"", b"\xa0", cbor.dumps({4: b"1"})])
def test_the_algorithm_is_always_protected(protected):
    """RFC 9052, section 3.1: it is authenticated where that is possible.  An empty header has two encodings."""
    parse(protecting(), {})
    for unprotected in ({}, {1: ES256}):
        with pytest.raises(AlgorithmNotAllowedError):
            parse(protected, unprotected)


def test_a_type_is_always_protected():
    assert parse(protecting({16: 61}), {}).typ == 61
    with pytest.raises(MalformedError):
        parse(protecting(), {16: 61})


@pytest.mark.parametrize("label", [1, 4, 33, 99, "ours"])
def test_a_label_stands_in_one_header_only(label):
    value = ES256 if label == 1 else b"1"
    parse(protecting({label: value}), {98: b"1"})
    with pytest.raises(MalformedError):
        parse(protecting({label: value}), {label: value})


def test_an_extension_is_refused_wherever_it_stands():
    for protected, unprotected in in_either({2: [98], 98: 1}):
        with pytest.raises(UnsupportedError):
            parse(protected, unprotected)
    assert parse(protecting({98: 1}), {}).protected[98] == 1


@pytest.mark.parametrize("value", [None, 5, -37, -999, "ES256", b"", True, [-7]])
def test_an_algorithm_that_we_do_not_have_is_refused(value):
    with pytest.raises(AlgorithmNotAllowedError):
        parse(cbor.dumps({1: value}), {})


# --- form ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protected", "unprotected"),
    [
        (None, {}),
        ({1: ES256}, {}),
        ([], {}),
        ("", {}),
        (cbor.dumps([1, ES256]), {}),
        (cbor.dumps(None), {}),
        (cbor.dumps(b""), {}),
        (protecting() + b"\0", {}),
        (b"\xa2\x01\x26\x01\x26", {}),
        (b"\xbf\x01\x26\xff", {}),
        (b"\xa1\x01\x38\x06", {}),
        (b"\xff", {}),
        (protecting(), None),
        (protecting(), []),
        (protecting(), b"\xa0"),
    ],
)
def test_what_is_no_pair_of_headers_is_refused(protected, unprotected):
    parse(protecting(), {})
    with pytest.raises(MalformedError):
        parse(protected, unprotected)


def test_a_label_is_an_integer_or_a_text():
    for protected, unprotected in in_either({b"label": 1}):
        with pytest.raises(MalformedError):
            parse(protected, unprotected)
    for label in (True, 1.5, None, (1,)):  # strict CBOR has no such keys
        with pytest.raises(MalformedError):
            parse(protecting(), {label: 1})
    for protected, unprotected in in_either({-9: 1, "label": 1}):
        parse(protected, unprotected)


@pytest.mark.parametrize(
    "parameters",
    [
        {3: None},
        {3: -1},
        {3: True},
        {3: 1.5},
        {3: b"text/plain"},
        {4: "key-1"},
        {4: None},
        {4: 1},
        {33: None},
        {33: "der"},
        {33: []},
        {33: {}},
        {33: {b"der": 1}},
        {33: 1},
        {33: b""},
        {33: ["der"]},
        {33: [b"der", None]},
        {33: [b"der", b""]},
        {34: None},
        {34: b"hash"},
        {34: [-16]},
        {34: [-16, b"hash", 0]},
        {34: [-16, "hash"]},
        {34: [True, b"hash"]},
        {34: [b"", b"hash"]},
        {34: {0: -16, 1: b"hash"}},
    ],
    ids=str,
)
def test_a_parameter_of_the_wrong_type_is_refused(parameters):
    for protected, unprotected in in_either(parameters):
        with pytest.raises(MalformedError):
            parse(protected, unprotected)


@pytest.mark.parametrize("typ", [None, -1, True, b"text/plain", 1.5])
def test_a_type_is_a_text_or_an_unsigned_number(typ):
    assert parse(protecting({16: 0}), {}).typ == 0
    with pytest.raises(MalformedError):
        parse(protecting({16: typ}), {})


# --- certificates and limits -----------------------------------------------------------------------------------------


def test_one_certificate_stands_alone_or_in_an_array():
    """RFC 9360 has it alone; an array of one can mean nothing else, and some issuers write it."""
    for value in (b"der", [b"der"]):
        for protected, unprotected in in_either({33: value}):
            assert parse(protected, unprotected).chain == (b"der",)


def test_five_certificates_are_read_and_six_are_not():
    assert parse(protecting(), {33: [b"der"] * 5}).chain == (b"der",) * 5
    with pytest.raises(LimitExceededError):
        parse(protecting(), {33: [b"der"] * 6})


def test_a_certificate_has_at_most_16_kib():
    longest = bytes(16 * 1024)
    for value in (longest, [b"der", longest]):
        assert parse(protecting(), {33: value}).chain[-1] == longest
    for value in (longest + b"\0", [b"der", longest + b"\0"]):
        with pytest.raises(LimitExceededError):
            parse(protecting(), {33: value})


def test_a_protected_header_has_at_most_32_kib():
    room = 32 * 1024 - len(protecting({99: bytes(300)})) + 300
    assert len(protecting({99: bytes(room)})) == 32 * 1024
    parse(protecting({99: bytes(room)}), {})
    with pytest.raises(LimitExceededError):
        parse(protecting({99: bytes(room + 1)}), {})


# --- writing ---------------------------------------------------------------------------------------------------------


def test_a_header_is_written_with_its_algorithm_in_front():
    assert header.encode(ES256, None, None) == header.encode(ES256, {}, {4: b"1"}) == bytes.fromhex("a10126")
    assert header.encode(ES256, {4: b"1"}, None) == bytes.fromhex("a20126044131")
    assert header.encode(ES256, {4: b"1", 1: -8}, None) == bytes.fromhex("a20127044131")


@pytest.mark.parametrize(
    ("protected", "unprotected"),
    [
        ({2: [98], 98: 1}, {}),
        ({}, {2: [98]}),
        ({}, {1: ES256}),
        ({}, {16: "a/b"}),
        ({4: b"1"}, {4: b"1"}),
        ({"ours": 1}, {"ours": 2}),
    ],
)
def test_headers_that_nobody_may_write_are_a_mistake_of_the_caller(protected, unprotected):
    header.encode(ES256, {16: "a/b", 4: b"1"}, {33: b"der"})
    with pytest.raises(ValueError, match="label"):
        header.encode(ES256, protected, unprotected)
    with pytest.raises(VcError):  # and nobody reads them
        parse(protecting(protected), unprotected)


def test_a_chain_is_written_as_it_is_read():
    for chain, value in (((b"one",), b"one"), ((b"one", b"two"), [b"one", b"two"])):
        assert header.x5chain(chain) == value
        assert parse(protecting(), {33: header.x5chain(chain)}).chain == chain
    with pytest.raises(ValueError, match="certificate"):
        header.x5chain(())


def test_of_the_headers_that_were_read_only_short_ones_are_kept():
    """They are read before anybody is trusted: what is kept of them must not fill the memory."""
    header._kept.cache_clear()
    short, long = protecting({4: b"k" * 40}), protecting({4: b"k" * 80})
    for _ in range(2):
        assert parse(short, {}).key_id == b"k" * 40
        assert parse(long, {}).key_id == b"k" * 80
    assert header._kept.cache_info()[:2] == (1, 1)  # hits and misses, both of the short one
    assert len(short) <= header._KEPT_BYTES < len(long)


def test_what_is_kept_of_a_header_cannot_be_changed():
    with pytest.raises(TypeError):
        parse(protecting(), {}).protected[4] = b"another key"


def test_what_is_kept_of_a_header_says_nothing_of_the_next_message():
    for unprotected in ({}, {33: b"der"}, {4: b"1"}, {}, {33: b"another"}):
        read = parse(protecting(), unprotected)
        assert read.unprotected == unprotected
        assert (read.chain, read.key_id) == ((unprotected[33],) if 33 in unprotected else (), unprotected.get(4))
    with pytest.raises(TypeError):
        parse(protecting(), {}).unprotected[33] = b"der"


def test_a_header_that_is_kept_for_signatures_is_none_of_a_mac():
    signed, coded = protecting(), cbor.dumps({1: 5})
    assert parse(signed, {}).algorithm is Algorithm.ES256
    assert mac0.parse([coded, {}, b"", bytes(32)]).headers.algorithm is mac0.MacAlgorithm.HMAC_256_256
    with pytest.raises(AlgorithmNotAllowedError):
        mac0.parse([signed, {}, b"", bytes(32)])
    with pytest.raises(AlgorithmNotAllowedError):
        parse(coded, {})


@pytest.mark.parametrize("bad", [{2: [98]}, {16: "a/b"}, {1: ES256}, {33: []}, {4: "1"}, {34: 1}, {3: -1}, {1.5: 1}])
def test_a_kept_header_does_not_excuse_what_stands_unprotected(bad: Any):
    assert parse(protecting(), {}) == parse(protecting(), {})
    with pytest.raises(VcError):
        parse(protecting(), bad)
