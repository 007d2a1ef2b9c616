# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Our COSE against pycose 1.1.0, each verifying what the other made, and what it takes that we refuse.

Its own ``decode`` does not read what the installed cbor2 gives for an array, so messages are handed to it decoded.
"""

from __future__ import annotations

from importlib import metadata
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pycose.algorithms import HMAC256, CoseAlgorithm, Es256, Es384, Es512
from pycose.headers import KID, Algorithm
from pycose.keys.ec2 import EC2Key
from pycose.keys.keyops import MacCreateOp, MacVerifyOp
from pycose.keys.keyparam import KpKeyOps
from pycose.keys.symmetric import SymmetricKey
from pycose.messages.mac0message import Mac0Message
from pycose.messages.sign1message import Sign1Message

from vcwallet.cose import mac0, sign1
from vcwallet.encoding import cbor
from vcwallet.errors import AlgorithmNotAllowedError, MalformedError, SignatureInvalidError, UnsupportedError, VcError
from vcwallet.keys import Algorithm as OurAlgorithm
from vcwallet.keys import cose_key
from vcwallet.keys.software import SoftwareSigner

pytestmark = pytest.mark.interop

PAYLOAD = "番号".encode()
AAD = b"both sides know this"
MAC_KEY = bytes(range(32))
THEIR_NAMES: dict[str, type[CoseAlgorithm]] = {"ES256": Es256, "ES384": Es384, "ES512": Es512}


@pytest.fixture(params=THEIR_NAMES)
def name(request) -> str:
    name = request.param
    assert isinstance(name, str)
    return name


@pytest.fixture
def signer(name) -> SoftwareSigner:
    return SoftwareSigner.generate(OurAlgorithm(name))


def their_key(signer: SoftwareSigner) -> EC2Key:
    key = signer.private_key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return EC2Key._from_cryptography_key(key)


def their_mac_key() -> SymmetricKey:
    return SymmetricKey(MAC_KEY, optional_params={KpKeyOps: [MacCreateOp, MacVerifyOp]})


def decoded(encoded: bytes) -> list[Any]:
    """The message as the lists and dicts that pycose wants."""
    protected, unprotected, payload, proof = cbor2.loads(encoded)
    return [protected, dict(unprotected), payload, proof]


def they_verify(
    encoded: bytes, signer: SoftwareSigner, *, detached: bytes | None = None, external_aad: bytes = b""
) -> bool:
    message = Sign1Message.from_cose_obj(decoded(encoded), True)
    message.key = their_key(signer)
    message.external_aad = external_aad  # type: ignore[misc]  # its setter stands apart
    return message.verify_signature(detached)


def they_sign(name: str, signer: SoftwareSigner, *, detached: bool = False, external_aad: bytes = b"") -> bytes:
    message = Sign1Message(
        phdr={Algorithm: THEIR_NAMES[name]},
        uhdr={KID: b"2026"},
        payload=None if detached else PAYLOAD,
        external_aad=external_aad,
        key=their_key(signer),
    )
    return message.encode(tag=False, detached_payload=PAYLOAD if detached else None)


def test_this_is_the_version_that_the_docstring_names():
    assert f"pycose {metadata.version('pycose')}" in str(__doc__)


def test_their_decode_does_not_read_an_array_of_the_installed_cbor2(signer):
    tagged = sign1.dumps(sign1.sign(PAYLOAD, signer=signer), tagged=True)
    with pytest.raises(TypeError):
        Sign1Message.decode(tagged)
    assert sign1.loads(tagged, tagged=True).verify(signer.public_key) == PAYLOAD


# --- COSE_Sign1 ------------------------------------------------------------------------------------------------------


def test_they_verify_our_signature(signer):
    encoded = sign1.dumps(sign1.sign(PAYLOAD, signer=signer, unprotected={4: b"2026"}, external_aad=AAD))
    assert they_verify(encoded, signer, external_aad=AAD)
    assert not they_verify(encoded, signer)


def test_they_verify_our_signature_over_a_detached_payload(signer):
    encoded = sign1.dumps(sign1.sign(PAYLOAD, signer=signer, detached=True))
    assert they_verify(encoded, signer, detached=PAYLOAD)
    assert not they_verify(encoded, signer, detached=b"another")


def test_they_refuse_our_signature_under_another_key(signer, name):
    encoded = sign1.dumps(sign1.sign(PAYLOAD, signer=signer))
    assert not they_verify(encoded, SoftwareSigner.generate(OurAlgorithm(name)))


def test_we_verify_their_signature(signer, name):
    parsed = sign1.loads(they_sign(name, signer, external_aad=AAD))
    assert parsed.verify(signer.public_key, external_aad=AAD) == PAYLOAD
    assert parsed.headers.key_id == b"2026"
    with pytest.raises(SignatureInvalidError):
        parsed.verify(signer.public_key)


def test_we_verify_their_signature_over_a_detached_payload(signer, name):
    parsed = sign1.loads(they_sign(name, signer, detached=True))
    assert parsed.verify(signer.public_key, detached_payload=PAYLOAD) == PAYLOAD
    with pytest.raises(SignatureInvalidError):
        parsed.verify(signer.public_key, detached_payload=b"another")


def test_both_write_the_same_key(signer):
    theirs = cbor.loads(their_key(signer).encode())
    del theirs[cose_key.D]
    assert cose_key.parse(theirs) == signer.public_key
    assert cose_key.public_cose_key(signer.public_key).items() <= theirs.items()


# --- COSE_Mac0 -------------------------------------------------------------------------------------------------------


def they_verify_mac(encoded: bytes, *, external_aad: bytes = b"") -> bool:
    message = Mac0Message.from_cose_obj(decoded(encoded), True)
    message.key = their_mac_key()
    message.external_aad = external_aad  # type: ignore[misc]  # its setter stands apart
    return message.verify_tag()


def test_they_verify_our_mac():
    encoded = cbor.dumps(mac0.mac(PAYLOAD, key=MAC_KEY, external_aad=AAD))
    assert they_verify_mac(encoded, external_aad=AAD)
    assert not they_verify_mac(encoded)


def test_we_verify_their_mac():
    made = Mac0Message(phdr={Algorithm: HMAC256}, payload=PAYLOAD, external_aad=AAD, key=their_mac_key())
    parsed = mac0.parse(cbor.loads(made.encode(tag=False)))
    assert parsed.verify(MAC_KEY, external_aad=AAD) == PAYLOAD
    with pytest.raises(SignatureInvalidError):
        parsed.verify(MAC_KEY)


def test_they_cannot_verify_a_mac_over_a_detached_payload_as_an_mdoc_has_it():
    encoded = cbor.dumps(mac0.mac(PAYLOAD, key=MAC_KEY, detached=True))
    with pytest.raises(ValueError, match="Payload cannot be empty"):
        they_verify_mac(encoded)
    assert mac0.parse(cbor.loads(encoded)).verify(MAC_KEY, detached_payload=PAYLOAD) == PAYLOAD


# --- what they take and we refuse ------------------------------------------------------------------------------------

ES256 = SoftwareSigner.generate()


def signed(protected: bytes, unprotected: dict[int, Any]) -> bytes:
    to_be_signed = cbor2.dumps(["Signature1", protected, b"", PAYLOAD])
    return cbor2.dumps([protected, unprotected, PAYLOAD, ES256.sign(to_be_signed)])


LENIENT: dict[str, tuple[bytes, type[VcError]]] = {
    "an algorithm that nothing protects": (signed(b"", {1: -7}), AlgorithmNotAllowedError),
    "a label that stands twice in the protected header": (signed(bytes.fromhex("a20138220126"), {}), MalformedError),
    "a label in both headers": (signed(cbor.dumps({1: -7, 4: b"1"}), {4: b"2"}), MalformedError),
    "an extension that nobody knows": (signed(cbor.dumps({1: -7, 2: [99], 99: 1}), {}), UnsupportedError),
    "bytes after the message": (signed(cbor.dumps({1: -7}), {}) + b"\x00", MalformedError),
}


@pytest.mark.parametrize("case", LENIENT)
def test_we_refuse_what_they_take(case):
    encoded, error = LENIENT[case]
    assert they_verify(encoded, ES256)
    with pytest.raises(error):
        sign1.loads(encoded)


def test_both_take_the_twin_that_says_the_same_properly():
    encoded = signed(cbor.dumps({1: -7, 4: b"1"}), {})
    assert they_verify(encoded, ES256)
    assert sign1.loads(encoded).verify(ES256.public_key) == PAYLOAD
