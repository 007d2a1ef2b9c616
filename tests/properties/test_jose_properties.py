# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Every token comes back as it was, no byte of it can be changed, and readers raise our errors only."""

from __future__ import annotations

import json as standard_json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vcwallet.encoding import base64url, json
from vcwallet.errors import MalformedError, VcError
from vcwallet.jose import header, jwe, jws
from vcwallet.jose.jwe import ContentEncryption
from vcwallet.keys import Algorithm, PublicKey, jwk, jwk_set
from vcwallet.keys.software import SoftwareKeyAgreement, SoftwareSigner

SIGNERS = {algorithm: SoftwareSigner.generate(algorithm) for algorithm in Algorithm}
RECIPIENT = SoftwareKeyAgreement.generate()
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

signers = st.sampled_from(list(SIGNERS.values()))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
# Integers as JSON allows them within our limits; doubles without NaN and Infinity.
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=20
)
headers = st.dictionaries(texts.map("x-{}".format), texts | st.booleans() | st.lists(texts, max_size=3), max_size=4)


def signed() -> str:
    return jws.sign(b'{"iss":"a"}', signer=SIGNERS[Algorithm.ES256], header={"typ": "JWT", "kid": "1"})


def encrypted() -> str:
    return jwe.encrypt(b'{"a":1}', recipient_jwk=RECIPIENT.public_jwk, enc=ContentEncryption.A128GCM, apu=b"u")


def verify(text: str) -> bytes:
    return jws.parse(text).verify(SIGNERS[Algorithm.ES256].public_key)


def decrypt(text: str) -> bytes:
    return jwe.parse(text).decrypt(RECIPIENT)


# --- round trips -----------------------------------------------------------------------------------------------------


@given(st.binary())
def test_bytes_survive_base64url(data):
    assert base64url.decode(base64url.encode(data)) == data


@given(st.text(BASE64URL, max_size=12))
def test_base64url_that_is_read_is_the_only_spelling(text):
    try:
        data = base64url.decode(text)
    except MalformedError:
        return
    assert base64url.encode(data) == text


@given(st.binary(), signers, headers)
def test_a_signed_payload_comes_back(payload, signer, members):
    parsed = jws.parse(jws.sign(payload, signer=signer, header=members))
    assert parsed.verify(signer.public_key, algorithms=set(Algorithm)) == payload
    assert parsed.header.members == {**members, "alg": signer.public_key.algorithm}
    assert jws.parse(parsed.compact()) == parsed


@given(st.binary(), st.lists(signers, min_size=1, max_size=3))
def test_a_payload_with_several_signatures_comes_back(payload, several):
    value = jws.sign_general(payload, signers=[(signer, {}, None) for signer in several])
    for signer, parsed in zip(several, jws.parse_json(value), strict=True):
        assert parsed.verify(signer.public_key, algorithms=set(Algorithm)) == payload


@given(st.binary(), st.sampled_from(ContentEncryption), st.none() | st.binary(), st.none() | st.binary())
def test_an_encrypted_plaintext_comes_back(plaintext, enc, apu, apv):
    message = jwe.parse(jwe.encrypt(plaintext, recipient_jwk=RECIPIENT.public_jwk, enc=enc, apu=apu, apv=apv))
    assert message.decrypt(RECIPIENT) == plaintext
    assert (message.header.apu, message.header.apv) == (apu or b"", apv or b"")


# --- no byte can be changed ------------------------------------------------------------------------------------------

opened = pytest.mark.parametrize(("make", "open_"), [(signed, verify), (encrypted, decrypt)], ids=["jws", "jwe"])


@opened
def test_any_changed_byte_is_refused(make, open_):
    text = make()
    open_(text)
    for position, character in enumerate(text):
        for other in {"A", "B", "_", ".", "=", "\n", "\u3042"} - {character}:
            with pytest.raises(VcError):
                open_(text[:position] + other + text[position + 1 :])


@opened
def test_any_left_out_or_added_byte_is_refused(make, open_):
    text = make()
    for position in range(len(text)):
        with pytest.raises(VcError):
            open_(text[:position] + text[position + 1 :])
        with pytest.raises(VcError):
            open_(text[:position] + "A" + text[position:])


@opened
def test_any_part_that_was_cut_off_is_missed(make, open_):
    text = make()
    for length in range(len(text)):
        with pytest.raises(VcError):
            open_(text[:length])
        with pytest.raises(VcError):
            open_(text[length + 1 :])


# --- only our errors -------------------------------------------------------------------------------------------------

KEY = SIGNERS[Algorithm.ES256].public_key
READERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "jws": (jws.parse, signed().encode()),
    "jwe": (jwe.parse, encrypted().encode()),
    "jws.verify": (lambda data: jws.parse(data).verify(KEY), signed().encode()),
    "header": (header.parse, signed().split(".")[0].encode()),
    "base64url": (base64url.decode, b"YW55IGNhcm5hbCBwbGVhcw"),
    "json": (json.loads, b'{"a": [1.5e3, "\\ud83d\\ude00", null, {"b": -0}]}'),
    "spki": (PublicKey.from_spki, KEY.spki),
    "pkcs8": (SoftwareSigner.from_bytes, SIGNERS[Algorithm.ES256].to_bytes()),
    "agreement": (SoftwareKeyAgreement.from_bytes, RECIPIENT.to_bytes()),
}
JSON_READERS: dict[str, tuple[Callable[[Any], object], Any]] = {
    "jwk": (jwk.parse, {**jwk.public_jwk(KEY), "alg": "ES256", "use": "sig", "key_ops": ["verify"]}),
    "jwk of ML-DSA": (jwk.parse, jwk.public_jwk(SIGNERS[Algorithm.ML_DSA_44].public_key)),
    "thumbprint": (lambda value: jwk.thumbprint(value) if isinstance(value, dict) else None, jwk.public_jwk(KEY)),
    "jwk_set": (jwk_set.parse, {"keys": [{**jwk.public_jwk(KEY), "kid": "1"}]}),
    "agreement": (jwk.ecdh_key_from_jwk, RECIPIENT.public_jwk),
    "recipient": (
        lambda value: isinstance(value, dict) and jwe.encrypt(b"", recipient_jwk=value, enc=ContentEncryption.A128GCM),
        {**RECIPIENT.public_jwk, "kid": "1", "use": "enc", "alg": "ECDH-ES"},
    ),
    "jws": (
        lambda value: isinstance(value, dict) and jws.parse_json(value),
        jws.sign_general(b"{}", signers=[(SIGNERS[Algorithm.ES256], {}, {"a": 1})]),
    ),
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
    for place, kind, byte in changes:
        position = place % (len(result) + 1)
        result[position : position + (kind != "i")] = b"" if kind == "d" else bytes([byte])
    return bytes(result)


@pytest.mark.parametrize("name", READERS)
@given(data=st.binary(max_size=200))
def test_bytes_that_mean_nothing_raise_our_errors_only(name, data):
    read(READERS[name][0], data)


@pytest.mark.parametrize("name", READERS)
@given(changes=mutations)
def test_good_input_that_was_damaged_raises_our_errors_only(name, changes):
    reader, good = READERS[name]
    reader(good)
    read(reader, mutated(good, changes))


@pytest.mark.parametrize("name", READERS)
def test_good_input_that_was_cut_off_raises_our_errors_only(name):
    reader, good = READERS[name]
    for length in range(len(good)):
        read(reader, good[:length])


@pytest.mark.parametrize("name", JSON_READERS)
@given(value=values)
def test_any_json_raises_our_errors_only(name, value):
    read(JSON_READERS[name][0], value)


@pytest.mark.parametrize("name", JSON_READERS)
@given(data=st.data())
def test_good_json_with_another_value_somewhere_raises_our_errors_only(name, data):
    reader, good = JSON_READERS[name]
    reader(good)
    places = list(paths(good))
    place = data.draw(st.sampled_from(places))
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


# --- JSON ------------------------------------------------------------------------------------------------------------

writers = st.sampled_from([
    standard_json.dumps,
    partial(standard_json.dumps, ensure_ascii=False),
    partial(standard_json.dumps, separators=(",", ":"), ensure_ascii=False),
    partial(standard_json.dumps, indent=1),
])  # fmt: skip


@given(values, writers)
def test_json_is_read_as_the_standard_library_reads_it(value, write):
    text = write(value)
    assert exactly(json.loads(text)) == exactly(json.loads(text.encode())) == exactly(standard_json.loads(text))


@given(values)
def test_json_that_we_wrote_is_read_again(value):
    try:
        text = json.dumps(value)
    except TypeError:  # an integer of more than 64 bits, which we read but do not write
        return
    assert json.loads(text) == value


@given(values, writers, mutations)
def test_damaged_json_that_is_read_all_the_same_means_what_others_read(value, write, changes):
    text = mutated(write(value).encode(), changes)
    try:
        ours = json.loads(text)
    except VcError:
        return
    assert exactly(ours) == exactly(standard_json.loads(text.decode("utf-8")))


def exactly(value: Any) -> str:
    """Tell 1 from 1.0 and True, and 0.0 from -0.0."""
    return repr(value)
