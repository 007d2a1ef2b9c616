# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Multikey text of public keys."""

from __future__ import annotations

import contextlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from vcwallet.encoding import multibase
from vcwallet.errors import MalformedError, UnsupportedError, VcError
from vcwallet.keys import Algorithm, multikey
from vcwallet.keys.software import SoftwareSigner

KINDS = {Algorithm.ES256: "zDn", Algorithm.ES384: "z82", Algorithm.ES512: "z2J9", Algorithm.EDDSA: "z6Mk"}
P256 = SoftwareSigner(ec.derive_private_key(7, ec.SECP256R1())).public_key  # the same in every process


def text_of(prefix: bytes, key: bytes) -> str:
    return multibase.encode_base58btc(prefix + key)


def point(form: serialization.PublicFormat = serialization.PublicFormat.CompressedPoint) -> bytes:
    raw = P256.raw
    assert isinstance(raw, ec.EllipticCurvePublicKey)
    return raw.public_bytes(serialization.Encoding.X962, form)


@pytest.mark.parametrize("algorithm", KINDS)
def test_a_key_is_written_and_read_again(algorithm):
    key = SoftwareSigner.generate(algorithm).public_key
    text = multikey.encode(key)
    assert text.startswith(KINDS[algorithm])
    assert multikey.decode(text) == key


def test_a_key_for_post_quantum_signatures_is_not_written():
    with pytest.raises(UnsupportedError):
        multikey.encode(SoftwareSigner.generate(Algorithm.ML_DSA_44).public_key)


def test_a_compressed_point_on_the_curve_is_a_key():
    assert multikey.decode(text_of(b"\x80\x24", point())) == P256


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"\x00",
        point()[:-1],
        point() + b"\0",
        b"\x04" + point()[1:],
        b"\x05" + point()[1:],
        point(serialization.PublicFormat.UncompressedPoint),
        b"\x02" + b"\xff" * 32,  # beyond the field
    ],
)
def test_what_is_no_compressed_point_on_the_curve_is_refused(key):
    with pytest.raises(MalformedError):
        multikey.decode(text_of(b"\x80\x24", key))


def test_an_x_without_y_on_the_curve_is_refused():
    found = {}
    for x in range(1, 40):
        try:
            multikey.decode(text_of(b"\x80\x24", b"\x02" + x.to_bytes(32, "big")))
            found[x] = True
        except MalformedError:
            found[x] = False
    assert found[5]
    assert not all(found.values())


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_an_ed25519_key_has_32_bytes(key):
    with pytest.raises(MalformedError):
        multikey.decode(text_of(b"\xed\x01", key))


@pytest.mark.parametrize(
    "prefix",
    [
        b"\xec\x01",  # X25519, which signs nothing
        b"\xe7\x01",  # secp256k1
        b"\xeb\x01",  # BLS 12-381 G2
        b"\x85\x24",  # RSA
        b"\x80\x26",  # a private key on P-256 begins otherwise, and so does this
        b"\x00",
    ],
)
def test_other_kinds_of_keys_are_refused(prefix):
    with pytest.raises(UnsupportedError):
        multikey.decode(text_of(prefix, point()))


@pytest.mark.parametrize("data", [b"", b"\xed", b"\x80\xa4\x00" + point(), b"\xed\x81\x00" + bytes(32), b"\xff" * 20])
def test_a_multicodec_is_a_varint_in_its_shortest_spelling(data):
    with pytest.raises(MalformedError):
        multikey.decode(multibase.encode_base58btc(data))


def test_a_multikey_is_in_base58btc():
    data = b"\x80\x24" + point()
    assert multikey.decode(multibase.encode_base58btc(data)) == P256
    with pytest.raises(MalformedError):
        multikey.decode(multibase.encode_base64url(data))


def test_a_cut_or_changed_text_is_refused_or_another_key():
    text = multikey.encode(P256)
    for position in range(len(text)):
        for changed in (text[:position], text[:position] + "2" + text[position + 1 :]):
            if changed == text:
                continue
            with contextlib.suppress(VcError):
                assert multikey.decode(changed) != P256
