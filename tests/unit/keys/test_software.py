# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Private keys in memory: they sign and agree, and do not come out by accident."""

from __future__ import annotations

import copy
import pickle

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from vcwallet.errors import AlgorithmNotAllowedError, MalformedError, StoreError, VcError, WrongPassphraseError
from vcwallet.keys import Algorithm, KeyAgreement, KeyStore, Signer
from vcwallet.keys.software import SoftwareKeyAgreement, SoftwareKeyStore, SoftwareSigner

PASSPHRASE = b"correct horse"


def der(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def pem(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SECP256K1 = ec.generate_private_key(ec.SECP256K1())


@pytest.fixture(params=Algorithm, scope="module")
def signer(request):
    return SoftwareSigner.generate(request.param)


def test_the_software_keys_fit_the_seams():
    assert isinstance(SoftwareSigner.generate(), Signer)
    assert isinstance(SoftwareKeyAgreement.generate(), KeyAgreement)
    assert isinstance(SoftwareKeyStore(), KeyStore)


def test_a_key_survives_being_stored(signer):
    for restored in (
        SoftwareSigner.from_bytes(signer.to_bytes()),
        SoftwareSigner.from_pem(signer.to_pem(passphrase=None), passphrase=None),
    ):
        assert restored.public_key == signer.public_key
        signer.public_key.verify(restored.sign(b"message"), b"message")


def test_a_key_survives_being_stored_under_a_passphrase(signer):
    stored = signer.to_pem(passphrase=PASSPHRASE)
    assert SoftwareSigner.from_pem(stored, passphrase=PASSPHRASE).public_key == signer.public_key


def test_a_passphrase_that_does_not_belong_to_the_key_is_told_from_damage():
    signer = SoftwareSigner.generate()
    sealed, open_ = signer.to_pem(passphrase=PASSPHRASE), signer.to_pem(passphrase=None)
    for stored, passphrase in ((sealed, b"wrong"), (sealed, None), (open_, PASSPHRASE)):
        with pytest.raises(WrongPassphraseError):
            SoftwareSigner.from_pem(stored, passphrase=passphrase)
    for damaged in (b"", b"no key", open_[:40], open_.replace(b"PRIVATE", b"PUBLIC")):
        with pytest.raises(MalformedError):
            SoftwareSigner.from_pem(damaged, passphrase=None)


def test_damaged_bytes_are_no_key(signer):
    stored = signer.to_bytes()
    for damaged in (b"", stored[:-1], stored[1:], b"\x00" * len(stored)):
        with pytest.raises(MalformedError):
            SoftwareSigner.from_bytes(damaged)


@pytest.mark.parametrize("key", [RSA, SECP256K1], ids=["RSA", "secp256k1"])
def test_a_key_of_another_kind_is_refused(key):
    with pytest.raises(AlgorithmNotAllowedError):
        SoftwareSigner.from_pem(pem(key), passphrase=None)
    with pytest.raises(MalformedError):
        SoftwareSigner.from_bytes(der(key))


def test_two_sides_agree_on_the_same_secret():
    alice, bob = SoftwareKeyAgreement.generate(), SoftwareKeyAgreement.generate()
    assert alice.agree(bob.public_jwk) == bob.agree(alice.public_jwk)
    assert alice.agree(bob.public_jwk) != alice.agree(SoftwareKeyAgreement.generate().public_jwk)
    assert len(alice.agree(bob.public_jwk)) == 32


def test_a_key_for_agreement_survives_being_stored():
    key, peer = SoftwareKeyAgreement.generate(), SoftwareKeyAgreement.generate()
    restored = SoftwareKeyAgreement.from_bytes(key.to_bytes())
    assert restored.public_jwk == key.public_jwk
    assert restored.agree(peer.public_jwk) == key.agree(peer.public_jwk)


@pytest.mark.parametrize(
    "stored",
    [b"", b"no key", der(RSA), der(SECP256K1), SoftwareSigner.generate(Algorithm.EDDSA).to_bytes(),
     SoftwareSigner.generate(Algorithm.ES384).to_bytes(), SoftwareKeyAgreement.generate().to_bytes()[:-1]],
    ids=["empty", "no key", "RSA", "secp256k1", "Ed25519", "P-384", "cut"],
)  # fmt: skip
def test_agreement_takes_a_private_key_on_p_256_only(stored):
    with pytest.raises(MalformedError):
        SoftwareKeyAgreement.from_bytes(stored)


def test_a_store_keeps_keys_by_handle_until_they_are_deleted():
    store = SoftwareKeyStore()
    first, second = store.create(Algorithm.ES256), store.create(Algorithm.EDDSA)
    assert first != second
    assert store.signer(first).public_key.algorithm is Algorithm.ES256
    assert store.signer(second).public_key == store.signer(second).public_key
    store.delete(first)
    store.delete(first)
    with pytest.raises(StoreError):
        store.signer(first)
    store.signer(second)


@pytest.mark.parametrize("make", [SoftwareSigner.generate, SoftwareKeyAgreement.generate, SoftwareKeyStore])
def test_a_private_key_is_not_pickled_copied_or_shown(make):
    key = make()
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leak(key)
    assert not hasattr(key, "__dict__")
    assert repr(key) in {
        "<SoftwareSigner ES256, private key hidden>",
        "<SoftwareKeyAgreement P-256, private key hidden>",
        "<SoftwareKeyStore of 0 keys>",
    }


def test_only_our_errors_leave_a_reader_of_keys():
    stored = SoftwareSigner.generate().to_bytes()
    for position in range(len(stored)):
        changed = bytearray(stored)
        changed[position] ^= 0x55
        try:
            SoftwareSigner.from_bytes(bytes(changed))
        except VcError:
            continue
