# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The mDL of ISO/IEC 18013-5, annex D: its signature, digests and MAC, and the bytes of every part made again."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.mdoc import Signers
from tests.support.vectors import shared, shared_json
from vcwallet.checks import Result
from vcwallet.cose.mac0 import Mac0
from vcwallet.encoding import base64url, cbor
from vcwallet.errors import (
    BindingError,
    SignatureInvalidError,
    UntrustedError,
    ValidityError,
    VcError,
    VerificationError,
)
from vcwallet.formats.base import Binding
from vcwallet.formats.mdoc import DeviceResponse, DigestAlgorithm, Mdoc, device_signed, document, issuer_signed
from vcwallet.formats.mdoc.mso import NOTHING_AUTHORISED, MobileSecurityObject, ValidityInfo, write
from vcwallet.keys import Algorithm
from vcwallet.keys.public import PublicKey
from vcwallet.keys.software import SoftwareKeyAgreement

SPACE = "org.iso.18013.5.1"
DOC_TYPE = "org.iso.18013.5.1.mDL"
SIGNED = datetime(2020, 10, 1, 13, 30, 2, tzinfo=UTC)
ENDS = datetime(2021, 10, 1, 13, 30, 2, tzinfo=UTC)
NOW = SIGNED + timedelta(days=1)


@cache
def vector(name: str) -> bytes:
    return bytes.fromhex(shared("mdoc-iso18013-5-annex-d", f"{name}.hex").read_text("ascii"))


@cache
def expected() -> dict[str, Any]:
    found: dict[str, Any] = shared_json("mdoc-iso18013-5-annex-d", "expected.json")
    return found


def agreement(name: str) -> SoftwareKeyAgreement:
    return SoftwareKeyAgreement(ec.derive_private_key(int.from_bytes(vector(f"{name}_d"), "big"), ec.SECP256R1()))


def session_transcript() -> bytes:
    content: bytes = cbor.loads(vector("session_transcript_bytes")).content
    return content


def the_document() -> document.Document:
    [members] = DeviceResponse.loads(vector("device_response")).documents
    return document.read_document(members)


def the_mso() -> MobileSecurityObject:
    return MobileSecurityObject.loads(the_document().issuer_signed.issuer_auth.unverified_payload or b"")


def certificate() -> x509.Certificate:
    return x509.load_der_x509_certificate(vector("ds_cert"))


def signer() -> PublicKey:
    return PublicKey.from_certificate(certificate())


# --- what it says ----------------------------------------------------------------------------------------------------


def test_the_signature_is_by_the_document_signer():
    issuer_auth = the_document().issuer_signed.issuer_auth
    assert expected()["issuer_auth_signature_valid"]
    assert issuer_auth.headers.chain == (vector("ds_cert"),)
    assert issuer_auth.headers.algorithm is Algorithm.ES256
    assert issuer_auth.verify(signer()) == issuer_auth.unverified_payload
    with pytest.raises(SignatureInvalidError):
        replace(issuer_auth, unverified_payload=b"another").verify(signer())


def test_the_statement_of_the_issuer_is_read():
    mso = the_mso()
    assert mso.doc_type == the_document().doc_type == expected()["mso_docType"] == DOC_TYPE
    assert mso.digest_algorithm.value == expected()["digestAlgorithm"] == "SHA-256"
    assert (mso.validity.signed, mso.validity.valid_from, mso.validity.valid_until) == tuple(
        map(datetime.fromisoformat, expected()["validityInfo"].values())
    )
    assert mso.validity == ValidityInfo(signed=SIGNED, valid_from=SIGNED, valid_until=ENDS)
    assert {space: len(digests) for space, digests in mso.digests.items()} == {SPACE: 13, f"{SPACE}.US": 4}
    assert mso.key_authorizations == NOTHING_AUTHORISED
    assert mso.status is None


def test_the_device_key_is_the_published_one():
    raw = the_mso().device_key.raw
    assert isinstance(raw, ec.EllipticCurvePublicKey)
    numbers = raw.public_numbers()
    assert numbers.x.to_bytes(32, "big") == vector("static_device_key_x")
    assert numbers.y.to_bytes(32, "big") == vector("static_device_key_y")


def test_every_digest_is_that_of_its_element():
    shown = the_document().issuer_signed.items
    assert expected()["value_digests_match"]
    assert [item.element for item in shown[SPACE]] == expected()["signed_elements"]
    for item in shown[SPACE]:
        the_mso().require_digest(SPACE, item.digest_id, item.encoded)
        inner = cbor.loads(item.encoded).content
        with pytest.raises(VcError):
            the_mso().require_digest(SPACE, item.digest_id, inner)


def test_the_portrait_is_the_published_one():
    [portrait] = [item for item in the_document().issuer_signed.items[SPACE] if item.element == "portrait"]
    assert portrait.value == vector("device_response_portrait_data")


# --- the device's proof ----------------------------------------------------------------------------------------------


def emac_key() -> bytes:
    secret = agreement("static_device_key").agree(agreement("ephemeral_reader_key").public_jwk)
    return device_signed.mac_key(secret, session_transcript())


def test_the_key_of_the_mac_is_the_published_one():
    assert emac_key().hex() == expected()["emac_key_hex"]
    salt = hashlib.sha256(vector("session_transcript_bytes")).hexdigest()
    assert salt == expected()["hkdf_salt_sha256_session_transcript_bytes_hex"]


def test_both_sides_agree_on_the_key_of_the_mac():
    theirs = agreement("ephemeral_reader_key").agree(agreement("static_device_key").public_jwk)
    assert device_signed.mac_key(theirs, session_transcript()) == emac_key()


def test_what_the_device_authenticates_is_an_embedded_array_of_four():
    content = device_signed.device_authentication(session_transcript(), DOC_TYPE, b"\xa0")
    name, transcript, doc_type, said = cbor.loads(cbor.loads(content).content)
    assert (name, doc_type, said) == ("DeviceAuthentication", DOC_TYPE, cbor.Tag(24, b"\xa0"))
    assert cbor.dumps(transcript) == session_transcript()


def test_the_mac_is_that_of_the_device():
    proof = the_document().device_signed.proof
    assert expected()["device_mac_valid"]
    assert isinstance(proof, Mac0)
    assert proof.tag.hex() == "e99521a85ad7891b806a07f8b5388a332d92c189a7bf293ee1f543405ae6824d"
    content = device_signed.device_authentication(session_transcript(), DOC_TYPE, b"\xa0")
    proof.verify(emac_key(), detached_payload=content)
    for other in (
        device_signed.device_authentication(session_transcript(), "other", b"\xa0"),
        device_signed.device_authentication(vector("session_transcript_bytes"), DOC_TYPE, b"\xa0"),
        cbor.loads(content).content,
    ):
        with pytest.raises(SignatureInvalidError):
            proof.verify(emac_key(), detached_payload=other)


# --- made again, byte for byte ---------------------------------------------------------------------------------------


def published(*names: str) -> bytes:
    """Return the bytes of a part of the first document."""
    [part] = DeviceResponse.loads(vector("device_response")).documents
    for name in names:
        part = part[name]
    encoded = cbor.dumps(part)
    assert encoded in vector("device_response")
    return encoded


def issuer_signed_again() -> bytes:
    items = {space: [item.encoded for item in ones] for space, ones in the_document().issuer_signed.items.items()}
    return issuer_signed.write(items, published("issuerSigned", "issuerAuth"))


def device_signed_again() -> bytes:
    proof = published("deviceSigned", "deviceAuth", "deviceMac")
    return device_signed.write(the_document().device_signed.encoded, kind="deviceMac", proof=proof)


def test_the_elements_are_written_byte_for_byte():
    """The members of the published elements stand in the order in which we write them."""
    for item in the_document().issuer_signed.items[SPACE]:
        random = cbor.loads(cbor.loads(item.encoded).content)["random"]
        value = cbor.dumps(item.value)
        if len(random) == issuer_signed.RANDOM_BYTES:
            assert issuer_signed.write_item(item.digest_id, random, item.element, value) == item.encoded
        else:
            members = {"digestID": item.digest_id, "random": random, "elementIdentifier": item.element}
            assert cbor.embedded(cbor.dumps({**members, "elementValue": item.value})) == item.encoded


def test_the_statement_of_the_issuer_is_written_byte_for_byte():
    """The published one names its members in another order, so the parts are compared, each by its bytes."""
    mso = the_mso()
    made = write(
        digest_algorithm=DigestAlgorithm.SHA_256,
        digests={space: [digests[number] for number in range(len(digests))] for space, digests in mso.digests.items()},
        device_key=mso.device_key,
        key_authorizations=mso.key_authorizations,
        doc_type=mso.doc_type,
        validity=mso.validity,
        status=None,
    )
    ours, theirs = (cbor.loads(cbor.loads(raw).content) for raw in (made, published_payload()))
    assert ours == theirs
    assert {name: cbor.dumps(value) for name, value in ours.items()} == {
        name: cbor.dumps(value) for name, value in theirs.items()
    }


def published_payload() -> bytes:
    return the_document().issuer_signed.issuer_auth.unverified_payload or b""


def test_issuer_signed_is_written_byte_for_byte():
    assert issuer_signed_again() == published("issuerSigned")


def test_device_signed_is_written_byte_for_byte():
    assert device_signed_again() == published("deviceSigned")


def test_the_response_is_written_byte_for_byte():
    one = document.write_document(
        DOC_TYPE, issuer_signed=issuer_signed_again(), device_signed=device_signed_again(), errors=the_document().errors
    )
    assert one == published()
    assert document.write([one]) == vector("device_response")
    assert DeviceResponse.loads(vector("device_response")).dumps() == vector("device_response")
    [(doc_type, alone)] = DeviceResponse.loads(vector("device_response")).each()
    assert (doc_type, alone) == (DOC_TYPE, vector("device_response"))
    assert document.merged([vector("device_response")]) == vector("device_response")


def test_a_wallet_with_the_published_keys_makes_the_same_answer():
    held = Mdoc().reopen(base64url.encode(published("issuerSigned")))
    one = held.document_with_mac(
        [(SPACE, element) for element in expected()["signed_elements"]],
        session_transcript=session_transcript(),
        agreement=agreement("static_device_key"),
        reader_key=agreement("ephemeral_reader_key").public_jwk,
    )
    assert document.write([one]) == vector("device_response")


# --- verified as a whole ---------------------------------------------------------------------------------------------


def binding(**changes: Any) -> Binding:
    return replace(
        Binding(
            audience="reader",
            nonce="session",
            session_transcript=session_transcript(),
            reader_key=agreement("ephemeral_reader_key"),
        ),
        **changes,
    )


def trust(**changes: Any) -> Signers:
    """Return trust in the published signer, whose certificate ends half a day too early for its document."""
    known = Signers(
        key=signer(),
        types=frozenset({DOC_TYPE}),
        chain=(vector("ds_cert"),),
        country="US",
        not_before=certificate().not_valid_before_utc,
        not_after=ENDS,
    )
    return replace(known, **changes)


def verify(raw: bytes | None = None, *, at: datetime = NOW, **changes: Any) -> Any:
    presentation = Mdoc().read_presentation(base64url.encode(vector("device_response") if raw is None else raw))
    context: dict[str, Any] = {"binding": binding(), "trust": trust(), "at": at} | changes
    findings = presentation.explain(**context, subject="mDL")
    try:
        verified = presentation.verify(**context)
    except VcError:
        assert any(finding.result is Result.FAILED for finding in findings)
        raise
    assert all(finding.result is Result.PASSED for finding in findings)
    return verified


def test_the_presentation_verifies():
    verified = verify()
    assert list(verified.claims) == [SPACE]
    assert list(verified.claims[SPACE]) == expected()["signed_elements"]
    assert verified.claims[SPACE]["family_name"] == "Doe"
    assert verified.claims[SPACE]["issue_date"] == "2019-10-20"
    assert verified.claims[SPACE]["expiry_date"] == "2024-10-20"
    assert verified.claims[SPACE]["document_number"] == "123456789"
    assert verified.claims[SPACE]["driving_privileges"] == [
        {"vehicle_category_code": "A", "issue_date": "2018-08-09", "expiry_date": "2024-10-20"},
        {"vehicle_category_code": "B", "issue_date": "2017-02-23", "expiry_date": "2024-10-20"},
    ]
    assert base64url.decode(verified.claims[SPACE]["portrait"]) == vector("device_response_portrait_data")
    assert verified.holder_proved
    assert verified.device_claims == {}
    assert (verified.issued_at, verified.expires) == (SIGNED, ENDS)


def test_the_published_document_outlives_its_certificate():
    """The second edition forbids that and the first lets a reader refuse it, so we refuse the annex as any other."""
    ends = certificate().not_valid_after_utc
    assert ENDS - ends == timedelta(hours=13, minutes=30, seconds=2)
    with pytest.raises(VerificationError) as caught:
        verify(trust=trust(not_after=ends))
    assert caught.value.code == "VALIDITY_INFO"


@pytest.mark.parametrize(
    ("moment", "code"),
    [(SIGNED - timedelta(seconds=61), "NOT_YET_VALID"), (ENDS + timedelta(seconds=60), "EXPIRED")],
)
def test_the_presentation_does_not_verify_outside_its_time(moment: datetime, code: str):
    verify(at=SIGNED)
    with pytest.raises(ValidityError) as caught:
        verify(at=moment)
    assert caught.value.code == code


def test_the_presentation_does_not_verify_in_another_session():
    for changed in (
        binding(session_transcript=vector("session_transcript_bytes")),
        binding(session_transcript=None),
        binding(session_transcript=None, origin="https://verifier.example"),
        binding(reader_key=agreement("ephemeral_device_key")),
        binding(reader_key=None),
    ):
        with pytest.raises(BindingError):
            verify(binding=changed)


def test_the_presentation_does_not_verify_with_another_signer():
    other = PublicKey.from_certificate(x509.load_der_x509_certificate(vector("reader_cert")))
    with pytest.raises(SignatureInvalidError):
        verify(trust=trust(key=other))
    with pytest.raises(UntrustedError):
        verify(trust=trust(chain=(vector("reader_cert"),)))


def test_no_byte_of_the_presentation_can_be_changed():
    """But for two that nothing protects, as the format is made.

    One is the minor version.  The other is the name of the member that holds the elements: under another name it is one
    that nobody knows, so elements can be taken away between wallet and verifier, which then misses what it asked for.
    The certificate is not among them, since trust is in the very certificate.
    """
    original = vector("device_response")
    claims = verify(original).claims
    version = original.index(b"1.0") + 2
    name = original.index(b"nameSpaces")
    for place in range(len(original)):
        changed = original[:place] + bytes([original[place] ^ 1]) + original[place + 1 :]
        if place == version:
            assert verify(changed).claims == claims
        elif name <= place < name + len("nameSpaces"):
            assert verify(changed).claims == {}
        else:
            with pytest.raises(VcError):
                verify(changed)
