# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Our JOSE against joserfc, each reading what the other has written."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwe as other_jwe
from joserfc import jws as other_jws
from joserfc.jwk import ECKey, OKPKey

from vcwallet.errors import UnsupportedError
from vcwallet.jose import jwe, jws
from vcwallet.jose.jwe import ContentEncryption
from vcwallet.keys import Algorithm, jwk
from vcwallet.keys.software import SoftwareKeyAgreement, SoftwareSigner

pytestmark = pytest.mark.interop

# Not EdDSA: joserfc warns of that name, which RFC 9864 has replaced by Ed25519.
NAMES = ["ES256", "ES384", "ES512", "Ed25519"]
ENCRYPTION = ["ECDH-ES", *ContentEncryption]
PLAINTEXT = '{"vp_token":{"pid":["\u756a\u53f7"]}}'.encode()


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def signer(name):
    return SoftwareSigner.generate(Algorithm(name))


def other_key(signer: SoftwareSigner) -> ECKey | OKPKey:
    kind = OKPKey if signer.public_key.algorithm is Algorithm.EDDSA else ECKey
    return kind.import_key(signer.to_pem(passphrase=None))


def test_the_other_verifies_what_we_sign(signer, name):
    text = jws.sign(PLAINTEXT, signer=signer, header={"alg": name, "typ": "JWT"})
    read = other_jws.deserialize_compact(text, other_key(signer), algorithms=[name])
    assert read.payload == PLAINTEXT


def test_we_verify_what_the_other_signs(signer, name):
    text = other_jws.serialize_compact({"alg": name, "typ": "JWT"}, PLAINTEXT, other_key(signer), algorithms=[name])
    assert jws.parse(text).verify(signer.public_key) == PLAINTEXT


def test_thumbprints_are_alike(signer):
    assert jwk.thumbprint(jwk.public_jwk(signer.public_key)) == other_key(signer).thumbprint()


@pytest.fixture(scope="module")
def recipient():
    private = ec.generate_private_key(ec.SECP256R1())
    ours = SoftwareKeyAgreement(private)
    return ours, ECKey.import_key(SoftwareSigner(private).to_pem(passphrase=None))


@pytest.mark.parametrize("enc", ContentEncryption)
@pytest.mark.parametrize("parties", [{}, {"apu": b"sender", "apv": b"nonce"}, {"apu": b""}])
def test_the_other_decrypts_what_we_encrypt(recipient, enc, parties):
    ours, others = recipient
    text = jwe.encrypt(PLAINTEXT, recipient_jwk=ours.public_jwk, enc=enc, kid="1", **parties)
    assert other_jwe.decrypt_compact(text, others, algorithms=ENCRYPTION).plaintext == PLAINTEXT


@pytest.mark.parametrize("enc", ContentEncryption)
@pytest.mark.parametrize("parties", [{}, {"apu": "c2VuZGVy", "apv": "bm9uY2U"}, {"apv": "bm9uY2U"}])
def test_we_decrypt_what_the_other_encrypts(recipient, enc, parties):
    ours, others = recipient
    header = {"alg": "ECDH-ES", "enc": enc.value, **parties}
    text = other_jwe.encrypt_compact(header, PLAINTEXT, others, algorithms=ENCRYPTION)
    assert jwe.parse(text).decrypt(ours) == PLAINTEXT


def test_what_the_other_compressed_is_refused(recipient):
    ours, others = recipient
    header = {"alg": "ECDH-ES", "enc": "A128GCM", "zip": "DEF"}
    text = other_jwe.encrypt_compact(header, PLAINTEXT, others, algorithms=[*ENCRYPTION, "DEF"])
    with pytest.raises(UnsupportedError):
        jwe.parse(text).decrypt(ours)
