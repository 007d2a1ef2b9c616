# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Every COSE message comes back as it was, no byte of it can be changed, and readers raise our errors only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcwallet.cose import cwt, header, mac0, sign1
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import VcError
from vcwallet.keys import Algorithm, cose_key, jwk
from vcwallet.keys.cose_key import parse_algorithm
from vcwallet.keys.software import SoftwareSigner

SIGNERS = {algorithm: SoftwareSigner.generate(algorithm) for algorithm in Algorithm}
SIGNER = SIGNERS[Algorithm.ES256]
KEY = SIGNER.public_key
MAC_KEY = bytes(range(32))
CERTIFICATES = [b"one", b"two"]

signers = st.sampled_from(list(SIGNERS.values()))
integers = st.integers(-(2**64), 2**64 - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.booleans() | integers | st.floats(allow_nan=False) | texts | st.binary(max_size=40)
labels = st.integers(-70_000, 70_000) | texts
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(labels, inner, max_size=5)
        | st.builds(Tag, st.sampled_from(sorted(cbor.KNOWN_TAGS)), inner)
    ),
    max_leaves=20,
)
# Labels that mean nothing to us: beyond the registered ones, and apart for the two headers.
protected_headers = st.dictionaries(st.integers(1000, 1999) | texts.map("p-{}".format), values, max_size=4)
unprotected_headers = st.dictionaries(st.integers(2000, 2999) | texts.map("u-{}".format), values, max_size=4)


# --- round trips -----------------------------------------------------------------------------------------------------


@given(st.binary(), signers, protected_headers, unprotected_headers, st.binary(), st.booleans(), st.booleans())
def test_a_signed_payload_comes_back(payload, signer, protected, unprotected, external_aad, detached, tagged):
    message = sign1.sign(
        payload,
        signer=signer,
        protected=protected,
        unprotected=unprotected,
        detached=detached,
        external_aad=external_aad,
    )
    read = sign1.loads(sign1.dumps(message, tagged=tagged), tagged=tagged)
    assert (read.headers.protected, read.headers.unprotected) == (
        {1: cose_key.cose_algorithm(signer.public_key.algorithm), **protected},
        unprotected,
    )
    content = payload if detached else None
    options: dict[str, Any] = {"detached_payload": content, "external_aad": external_aad}
    assert read.verify(signer.public_key, algorithms=set(Algorithm), **options) == payload


@given(st.binary(), st.binary(min_size=32, max_size=32), unprotected_headers, st.binary(), st.booleans())
def test_a_maced_payload_comes_back(payload, key, unprotected, external_aad, detached):
    message = mac0.mac(payload, key=key, unprotected=unprotected, external_aad=external_aad, detached=detached)
    read = mac0.parse(cbor.loads(cbor.dumps(message)))
    assert read.headers.unprotected == unprotected
    content = payload if detached else None
    assert read.verify(key, detached_payload=content, external_aad=external_aad) == payload


@given(st.dictionaries(labels, values, max_size=6), st.none() | texts | st.integers(0, 2**64 - 1), signers)
def test_claims_come_back(claims, typ, signer):
    token = cwt.parse(cwt.sign(claims, typ=typ, signer=signer, tag=61), tag=61)
    assert token.headers.typ == typ
    assert token.verify(signer.public_key, algorithms=set(Algorithm)) == claims


@given(st.binary(), signers, st.sampled_from(sorted(Algorithm)))
def test_no_signature_passes_under_another_name(payload, signer, name):
    """Whatever the protected header says, only the key's own algorithm opens."""
    _, _, _, signature = sign1.sign(payload, signer=signer)
    encoded = header.encode(cose_key.cose_algorithm(name), None, None)
    read = sign1.parse([encoded, {}, payload, signature])
    if encoded != header.encode(cose_key.cose_algorithm(signer.public_key.algorithm), None, None):
        with pytest.raises(VcError):
            read.verify(signer.public_key, algorithms=set(Algorithm))
    else:
        assert read.verify(signer.public_key, algorithms=set(Algorithm)) == payload


# --- no byte can be changed ------------------------------------------------------------------------------------------


def signed() -> bytes:
    return sign1.dumps(sign1.sign(b'{"iss":"a"}', signer=SIGNER, protected={16: "a/b", 33: CERTIFICATES}), tagged=True)


def maced() -> bytes:
    return cbor.dumps(mac0.mac(b'{"iss":"a"}', key=MAC_KEY))


def token() -> bytes:
    return cwt.sign({cwt.SUB: "a", cwt.EXP: 1.5}, typ="a/b", signer=SIGNER, tag=61)


def verify(data: bytes) -> bytes:
    return sign1.loads(data, tagged=True).verify(KEY)


def verify_mac(data: bytes) -> bytes:
    return mac0.parse(cbor.loads(data)).verify(MAC_KEY)


def verify_token(data: bytes) -> object:
    return cwt.parse(data, tag=61).verify(KEY)


opened = pytest.mark.parametrize(
    ("make", "open_"), [(signed, verify), (maced, verify_mac), (token, verify_token)], ids=["sign1", "mac0", "cwt"]
)


@opened
def test_any_changed_byte_is_refused(make, open_):
    """All that is in these messages is protected: their unprotected headers are empty."""
    data = make()
    open_(data)
    for position, byte in enumerate(data):
        for bit in range(8):
            with pytest.raises(VcError):
                open_(data[:position] + bytes([byte ^ 1 << bit]) + data[position + 1 :])


@opened
def test_any_left_out_or_added_byte_is_refused(make, open_):
    data = make()
    for position in range(len(data)):
        with pytest.raises(VcError):
            open_(data[:position] + data[position + 1 :])
        for added in (b"\0", b"\xa0"):
            with pytest.raises(VcError):
                open_(data[:position] + added + data[position:])


@opened
def test_any_part_that_was_cut_off_is_missed(make, open_):
    data = make()
    for length in range(len(data)):
        with pytest.raises(VcError):
            open_(data[:length])
        with pytest.raises(VcError):
            open_(data[length + 1 :])


# --- only our errors -------------------------------------------------------------------------------------------------

READERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "sign1": (verify, signed()),
    "mac0": (verify_mac, maced()),
    "cwt": (verify_token, token()),
    "protected header": (
        lambda data: header.parse(data, {}, algorithm_of=parse_algorithm),
        cbor.dumps({1: -7, 3: 0, 4: b"1", 16: "a/b", 33: CERTIFICATES, 34: [-16, b"hash"]}),
    ),
    "claims": (
        lambda data: cwt.parse(sign1.dumps(sign1.sign(data, signer=SIGNER), tagged=True)).verify(KEY),
        cbor.dumps({cwt.SUB: "a", cwt.EXP: 1.5}),
    ),
}
VALUE_READERS: dict[str, tuple[Callable[[Any], object], Any]] = {
    "cose_key": (cose_key.parse, {**cose_key.public_cose_key(KEY), 3: -7, 4: [2]}),
    "cose_key of Ed25519": (cose_key.parse, cose_key.public_cose_key(SIGNERS[Algorithm.EDDSA].public_key)),
    "cose_key of ML-DSA": (cose_key.parse, cose_key.public_cose_key(SIGNERS[Algorithm.ML_DSA_44].public_key)),
    "cose_key as a JWK": (cose_key.jwk_of, cose_key.public_cose_key(KEY)),
    "cose_key for agreement": (cose_key.ecdh_key_from_cose, cose_key.public_cose_key(KEY)),
    "JWK": (lambda value: isinstance(value, dict) and cose_key.from_jwk(value), jwk.public_jwk(KEY)),
    "sign1": (lambda value: sign1.parse(value).verify(KEY), sign1.sign(b"", signer=SIGNER, unprotected={33: b"der"})),
    "mac0": (lambda value: mac0.parse(value).verify(MAC_KEY), mac0.mac(b"", key=MAC_KEY, unprotected={4: b"1"})),
    "unprotected header": (
        lambda value: header.parse(b"\xa1\x01\x26", value, algorithm_of=parse_algorithm),
        {3: 0, 4: b"1", 33: CERTIFICATES, 34: [-16, b"hash"]},
    ),
    "algorithm": (parse_algorithm, -7),
    "expiry": (lambda value: cwt.numeric_date({cwt.EXP: value}, cwt.EXP), 1),
}


def read(reader: Callable[[Any], object], data: Any) -> None:
    """Let the reader accept the input or refuse it with one of our errors; any other error fails the test."""
    try:
        reader(data)
    except VcError:
        return


mutations = st.lists(
    st.tuples(st.integers(0, 2**16), st.sampled_from("rid"), st.integers(0, 255)), min_size=1, max_size=8
)


def mutated(data: bytes, changes: list[tuple[int, str, int]]) -> bytes:
    """Return `data` with bytes replaced, inserted and deleted."""
    result = bytearray(data)
    for place, what, byte in changes:
        position = place % (len(result) + 1)
        result[position : position + (what != "i")] = b"" if what == "d" else bytes([byte])
    return bytes(result)


@pytest.mark.parametrize("name", READERS)
@given(data=st.binary(max_size=200))
def test_bytes_that_mean_nothing_raise_our_errors_only(name, data):
    read(READERS[name][0], data)


@pytest.mark.parametrize("name", READERS)
@given(value=values)
def test_any_cbor_raises_our_errors_only(name, value):
    read(READERS[name][0], cbor.dumps(value))


@pytest.mark.parametrize("name", READERS)
@given(changes=mutations)
def test_good_input_that_was_damaged_raises_our_errors_only(name, changes):
    reader, good = READERS[name]
    reader(good)
    read(reader, mutated(good, changes))


@pytest.mark.parametrize("name", VALUE_READERS)
@given(value=values)
def test_any_decoded_value_raises_our_errors_only(name, value):
    read(VALUE_READERS[name][0], value)


@pytest.mark.parametrize("name", VALUE_READERS)
@given(data=st.data())
def test_a_good_value_with_another_one_somewhere_raises_our_errors_only(name, data):
    reader, good = VALUE_READERS[name]
    reader(good)
    place = data.draw(st.sampled_from(list(paths(good))))
    read(reader, replaced(good, place, data.draw(values)))


def paths(value: Any, here: tuple[Any, ...] = ()) -> Any:
    yield here
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield from paths(child, (*here, name))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy
