# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""ISO/IEC 18013-5, annex D: the answer of the sample mdoc, its issuer's signature, its digests and its MAC."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.vectors import shared, shared_json
from vcwallet.cose.mac0 import Mac0
from vcwallet.encoding import base64url, cbor
from vcwallet.errors import BindingError, DigestInvalidError, SignatureInvalidError, UntrustedError, VcError
from vcwallet.formats.base import Binding
from vcwallet.formats.mdoc import DeviceResponse, Mdoc, device_signed, document, issuer_signed
from vcwallet.formats.mdoc.mso import MobileSecurityObject
from vcwallet.keys import cose_key
from vcwallet.keys.policy import KeySource, Role, TrustedKey
from vcwallet.keys.public import PublicKey
from vcwallet.keys.software import SoftwareKeyAgreement

FOLDER = "mdoc-iso18013-5-annex-d"
AT = datetime(2021, 1, 1, tzinfo=UTC)


def vector(name: str) -> bytes:
    return bytes.fromhex(shared(FOLDER, f"{name}.hex").read_text(encoding="ascii").strip())


CERTIFICATE = vector("ds_cert")
RESPONSE, EXPECTED = vector("device_response"), shared_json(FOLDER, "expected.json")
[DOCUMENT] = DeviceResponse.loads(RESPONSE).documents
READ = document.read_document(DOCUMENT)
MSO = MobileSecurityObject.loads(READ.issuer_signed.issuer_auth.unverified_payload or b"")
TRANSCRIPT = cbor.loads(vector("session_transcript_bytes")).content


def reader_key() -> SoftwareKeyAgreement:
    number = int.from_bytes(vector("ephemeral_reader_key_d"))
    return SoftwareKeyAgreement(ec.derive_private_key(number, ec.SECP256R1()))


@dataclass(frozen=True)
class SampleTrust:
    """Trusts the sample's document signer; its root is not part of the annex as published."""

    def key_for(self, source: KeySource, *, role: Role, type_id: str | None, at: datetime) -> TrustedKey:
        if (role, type_id, source.chain) != (Role.DOCUMENT_SIGNER, EXPECTED["mso_docType"], (CERTIFICATE,)):
            raise UntrustedError("not the sample's signer, or not for its type")
        key = PublicKey.from_certificate(x509.load_der_x509_certificate(source.chain[0]))
        return TrustedKey(key=key, party="https://utopia.example", source="test")


def binding(transcript: bytes = TRANSCRIPT, key: SoftwareKeyAgreement | None = None) -> Binding:
    return Binding(audience="a", nonce="n", session_transcript=transcript, reader_key=key or reader_key())


def test_the_sample_is_accepted() -> None:
    verified = (
        Mdoc().read_presentation(base64url.encode(RESPONSE)).verify(binding=binding(), trust=SampleTrust(), at=AT)
    )
    assert verified.type_id == EXPECTED["mso_docType"]
    assert [path[1] for path in verified.disclosed] == EXPECTED["signed_elements"]
    assert verified.holder_proved is True
    assert verified.claims["org.iso.18013.5.1"]["document_number"] == "123456789"  # type: ignore[index,call-overload]


def test_the_issuer_signed_what_the_annex_says() -> None:
    READ.issuer_signed.issuer_auth.verify(PublicKey.from_certificate(x509.load_der_x509_certificate(vector("ds_cert"))))
    assert MSO.digest_algorithm == EXPECTED["digestAlgorithm"]
    times = (MSO.validity.signed, MSO.validity.valid_from, MSO.validity.valid_until)
    assert [str(time) for time in times] == list(EXPECTED["validityInfo"].values())


def test_each_element_has_its_digest() -> None:
    for namespace, items in READ.issuer_signed.items.items():
        for item in items:
            MSO.require_digest(namespace, item.digest_id, item.encoded)
            with pytest.raises(DigestInvalidError):
                MSO.require_digest(namespace, item.digest_id, item.encoded[4:])  # the map without its tag


def test_the_mac_is_that_of_the_annex() -> None:
    proof = READ.device_signed.proof
    assert isinstance(proof, Mac0)
    device_key = cose_key.jwk_of(cose_key.public_cose_key(MSO.device_key))
    key = device_signed.mac_key(reader_key().agree(device_key), TRANSCRIPT)
    assert key.hex() == EXPECTED["emac_key_hex"]
    content = device_signed.device_authentication(TRANSCRIPT, MSO.doc_type, READ.device_signed.encoded)
    proof.verify(key, detached_payload=content)
    with pytest.raises(SignatureInvalidError):
        proof.verify(key, detached_payload=content + b"\x00")


def test_what_we_write_is_byte_for_byte_what_the_annex_has() -> None:
    items = {name: [item.encoded for item in each] for name, each in READ.issuer_signed.items.items()}
    issuer = issuer_signed.write(items, cbor.dumps(DOCUMENT["issuerSigned"]["issuerAuth"]))
    proof = cbor.dumps(DOCUMENT["deviceSigned"]["deviceAuth"]["deviceMac"])
    device = device_signed.write(READ.device_signed.encoded, kind="deviceMac", proof=proof)
    written = document.write_document(READ.doc_type, issuer_signed=issuer, device_signed=device)
    assert document.write([written]) == RESPONSE
    assert DeviceResponse.loads(RESPONSE).dumps() == RESPONSE


def test_another_session_or_another_reader_does_not_take_it() -> None:
    presented = Mdoc().read_presentation(base64url.encode(RESPONSE))
    for other in (binding(TRANSCRIPT[:-1] + b"\xf7"), binding(key=SoftwareKeyAgreement.generate())):
        with pytest.raises(BindingError, match="DEVICE_AUTH_INVALID"):
            presented.verify(binding=other, trust=SampleTrust(), at=AT)


def test_a_changed_byte_is_refused() -> None:
    """But in two places that nobody signs: the minor version, and the name of the member that holds the elements."""
    shown = {}
    for position in range(len(RESPONSE)):
        changed = bytearray(RESPONSE)
        changed[position] ^= 1
        presented = Mdoc().read_presentation(base64url.encode(bytes(changed)))
        with suppress(VcError):
            shown[position] = presented.verify(binding=binding(), trust=SampleTrust(), at=AT).claims
    minor, name = RESPONSE.index(b"1.0") + 2, RESPONSE.index(b"nameSpaces")
    # Without the elements there are no claims, which satisfies no query; a later minor version is no obstacle.
    assert shown.keys() == {minor, *range(name, name + len(b"nameSpaces"))}
    assert [claims for position, claims in shown.items() if position != minor] == [{}] * len(b"nameSpaces")
