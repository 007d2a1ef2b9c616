# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A public key raises unless the signature is its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from vcwallet.errors import AlgorithmNotAllowedError, MalformedError, SignatureInvalidError
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.public import PublicKey, names_of
from vcwallet.keys.software import SoftwareSigner

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture(params=Algorithm, scope="module")
def signer(request):
    return SoftwareSigner.generate(request.param)


def test_a_signature_verifies_for_its_key_and_message_only(signer):
    signature = signer.sign(b"message")
    signer.public_key.verify(signature, b"message")
    with pytest.raises(SignatureInvalidError):
        signer.public_key.verify(signature, b"another")
    with pytest.raises(SignatureInvalidError):
        SoftwareSigner.generate(signer.public_key.algorithm).public_key.verify(signature, b"message")


def test_a_changed_signature_does_not_verify(signer):
    signature = signer.sign(b"message")
    for position in (0, len(signature) // 2, len(signature) - 1):
        changed = bytearray(signature)
        changed[position] ^= 1
        with pytest.raises(SignatureInvalidError):
            signer.public_key.verify(bytes(changed), b"message")


@pytest.mark.parametrize("change", [lambda s: b"", lambda s: s[:-1], lambda s: s + b"\0", lambda s: b"\0" + s])
def test_a_signature_of_another_length_does_not_verify(signer, change):
    with pytest.raises(SignatureInvalidError):
        signer.public_key.verify(change(signer.sign(b"message")), b"message")


def test_a_key_is_read_from_its_spki(signer):
    key = PublicKey.from_spki(signer.public_key.spki)
    assert key == signer.public_key
    assert hash(key) == hash(signer.public_key)
    key.verify(signer.sign(b"message"), b"message")


def test_a_key_differs_from_others(signer):
    assert signer.public_key != SoftwareSigner.generate().public_key
    assert signer.public_key != signer.public_key.spki


def p256(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.mark.parametrize(
    ("r", "s"),
    [
        (0, 0),
        (0, 1),
        (1, 0),
        (1, 1),
        (P256_ORDER, 1),
        (1, P256_ORDER),
        (P256_ORDER, P256_ORDER),
        (2**256 - 1, 2**256 - 1),
    ],
)
def test_an_ecdsa_signature_out_of_range_does_not_verify(r, s):
    """Zero for r and s passed in Java for years (CVE-2022-21449)."""
    key = SoftwareSigner.generate().public_key
    with pytest.raises(SignatureInvalidError):
        key.verify(p256(r) + p256(s), b"message")


def test_an_ecdsa_signature_in_der_does_not_verify():
    signer = SoftwareSigner.generate()
    signature = signer.sign(b"message")
    halves = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    with pytest.raises(SignatureInvalidError):
        signer.public_key.verify(encode_dss_signature(*halves), b"message")


def spki(key) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
        ec.generate_private_key(ec.SECP256K1()),
        ec.generate_private_key(ec.BrainpoolP256R1()),
        ed448.Ed448PrivateKey.generate(),
        x25519.X25519PrivateKey.generate(),
    ],
    ids=["RSA", "secp256k1", "brainpoolP256r1", "Ed448", "X25519"],
)
def test_a_key_of_another_kind_is_refused(key):
    with pytest.raises(AlgorithmNotAllowedError):
        PublicKey.from_spki(spki(key))


@pytest.mark.parametrize("change", [lambda d: b"", lambda d: d[:-1], lambda d: d + b"\0", lambda d: b"\0" + d])
def test_what_is_no_spki_is_refused(change):
    with pytest.raises(MalformedError):
        PublicKey.from_spki(change(SoftwareSigner.generate().public_key.spki))


def certificate(key) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=begin,
        not_valid_after=begin + timedelta(days=1),
    )
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())


def test_a_key_is_read_from_a_certificate():
    signer = SoftwareSigner.generate()
    assert PublicKey.from_certificate(certificate(signer.private_key)) == signer.public_key


def test_a_certificate_for_a_key_of_another_kind_is_refused():
    with pytest.raises(AlgorithmNotAllowedError):
        PublicKey.from_certificate(certificate(ec.generate_private_key(ec.SECP256K1())))


def test_an_ed25519_key_signs_under_both_of_its_names_and_any_other_under_one():
    both = {Algorithm.EDDSA, Algorithm.ED25519}
    assert names_of(Algorithm.EDDSA) == names_of(Algorithm.ED25519) == both
    assert names_of(Algorithm.ES256) == {Algorithm.ES256}


def test_a_repr_tells_the_algorithm():
    assert repr(SoftwareSigner.generate().public_key) == "<PublicKey ES256>"


SMALL_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  # 0 and 1 in other spellings
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize("sign", [0, 0x80])
@pytest.mark.parametrize("encoded", SMALL_ORDER)
def test_an_ed25519_key_of_small_order_is_refused(encoded, sign):
    y = bytes.fromhex(encoded)
    raw = ed25519.Ed25519PublicKey.from_public_bytes(y[:31] + bytes([y[31] | sign]))
    with pytest.raises(MalformedError):
        PublicKey(raw)


def test_under_a_key_of_small_order_a_signature_would_fit_any_message():
    """What the check is for: the neutral element as key and as commitment, and nothing was signed."""
    neutral = bytes.fromhex(SMALL_ORDER[1])
    ed25519.Ed25519PublicKey.from_public_bytes(neutral).verify(neutral + bytes(32), b"any message")
