# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The session of ISO/IEC 18013-5, annex D.5: engagement, establishment, data and termination, byte for byte."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.proximity import Trusting
from tests.support.vectors import shared, shared_json
from vcwallet.encoding import cbor
from vcwallet.errors import SignatureInvalidError
from vcwallet.formats.mdoc import device_signed, transcript
from vcwallet.keys.policy import KeySource, Role
from vcwallet.keys.public import PublicKey
from vcwallet.keys.software import SoftwareKeyAgreement
from vcwallet.protocols.proximity import DeviceEngagement, DeviceSession, ReaderSession, RequestReceived
from vcwallet.protocols.proximity.cipher import READER_IDENTIFIER, Opener
from vcwallet.protocols.proximity.device_request import DeviceRequest
from vcwallet.protocols.proximity.engagement import BleRetrieval
from vcwallet.protocols.proximity.keys import derive_session_keys
from vcwallet.protocols.proximity.messages import SessionEstablishment, SessionStatus, Status, parse
from vcwallet.protocols.proximity.session import ResponseReceived, Terminated

NOW = datetime(2020, 10, 1, 14, tzinfo=UTC)
SK_READER = "58d277d8719e62a1561d248f403f477e9e6c37bf5d5fc5126f8f4c727c22dfc9"
SK_DEVICE = "81d170e07fbdac93c1a676242c2576124a380d87bb73ed9ce4834de2272cf409"


def vector(name: str) -> bytes:
    return bytes.fromhex(shared("mdoc-iso18013-5-annex-d", f"{name}.hex").read_text("ascii"))


def agreement(name: str) -> SoftwareKeyAgreement:
    return SoftwareKeyAgreement(ec.derive_private_key(int.from_bytes(vector(f"{name}_d"), "big"), ec.SECP256R1()))


def session_transcript() -> bytes:
    """The array inside of the published SessionTranscriptBytes."""
    content: bytes = cbor.loads(vector("session_transcript_bytes")).content
    return content


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    found: dict[str, Any] = shared_json("mdoc-iso18013-5-annex-d", "expected.json")
    return found


@pytest.fixture
def engagement() -> DeviceEngagement:
    return DeviceEngagement.parse(vector("device_engagement"))


@pytest.fixture
def device() -> DeviceSession:
    return DeviceSession(engaged_by_nfc(), agreement("ephemeral_device_key"), at=NOW, handover=handover())


@pytest.fixture
def reader() -> ReaderSession:
    return ReaderSession(engaged_by_nfc(), agreement("ephemeral_reader_key"), at=NOW, handover=handover())


def engaged_by_nfc() -> DeviceEngagement:
    """The session of the annex was engaged by NFC, where the radio is named in the handover."""
    return DeviceEngagement.parse(cbor.loads(session_transcript())[0].content)


def handover() -> bytes:
    return transcript.nfc_handover(*cbor.loads(session_transcript())[2])


def test_the_engagement_is_read(engagement: DeviceEngagement) -> None:
    assert engagement.version == "1.0"
    assert engagement.e_device_key_bytes == vector("e_device_key_bytes")
    assert engagement.e_device_jwk == agreement("ephemeral_device_key").public_jwk


def test_the_key_of_an_engagement_is_written_as_published(engagement: DeviceEngagement) -> None:
    made = DeviceEngagement.create(agreement("ephemeral_device_key"))
    assert made.e_device_key_bytes == engagement.e_device_key_bytes


def test_the_engagement_offers_ble(engagement: DeviceEngagement) -> None:
    [method] = engagement.retrieval_methods
    assert isinstance(method, BleRetrieval)
    assert method.peripheral_server_uuid is None
    assert str(method.central_client_uuid) == "45efef74-2b2c-4837-a9a3-b0e1d05a6917"


def test_the_engagement_is_written_as_published(engagement: DeviceEngagement) -> None:
    key = agreement("ephemeral_device_key")
    made = DeviceEngagement.create(key, retrieval_methods=engagement.retrieval_methods)
    assert made.encoded == engagement.encoded


def test_the_engagement_goes_through_a_qr_code(engagement: DeviceEngagement) -> None:
    assert engagement.to_qr().startswith("mdoc:owBjMS4wAYIB2BhYS6QBAiABIVggWojRgrzl9C7")
    assert DeviceEngagement.from_qr(engagement.to_qr()) == engagement


def test_the_transcript_is_that_of_the_bytes_that_were_exchanged(reader: ReaderSession) -> None:
    assert cbor.embedded(reader.session_transcript) == vector("session_transcript_bytes")


def test_the_salt_is_the_digest_of_the_tagged_transcript(expected: dict[str, Any], reader: ReaderSession) -> None:
    salt = hashlib.sha256(cbor.embedded(reader.session_transcript)).hexdigest()
    assert salt == expected["hkdf_salt_sha256_session_transcript_bytes_hex"]


def test_the_session_keys_are_those_of_the_annex() -> None:
    secret = agreement("ephemeral_device_key").agree(agreement("ephemeral_reader_key").public_jwk)
    keys = derive_session_keys(secret, session_transcript=session_transcript())
    assert (keys.sk_reader.hex(), keys.sk_device.hex()) == (SK_READER, SK_DEVICE)


def test_the_mac_key_is_that_of_the_annex(expected: dict[str, Any]) -> None:
    secret = agreement("static_device_key").agree(agreement("ephemeral_reader_key").public_jwk)
    assert device_signed.mac_key(secret, session_transcript()).hex() == expected["emac_key_hex"]


def test_the_reader_establishes_the_session_byte_for_byte(reader: ReaderSession) -> None:
    assert reader.send_request(vector("device_request"), at=NOW) == vector("session_establishment")


def test_the_wallet_reads_the_request(device: DeviceSession) -> None:
    event = device.receive(vector("session_establishment"), at=NOW)
    assert event == RequestReceived(
        device_request=vector("device_request"),
        session_transcript=session_transcript(),
        reader_key=agreement("ephemeral_reader_key").public_jwk,
    )


def test_the_wallet_answers_byte_for_byte(device: DeviceSession) -> None:
    device.receive(vector("session_establishment"), at=NOW)
    assert device.send_response(vector("device_response"), at=NOW) == vector("session_data")


def test_the_reader_reads_the_response(reader: ReaderSession) -> None:
    reader.send_request(vector("device_request"), at=NOW)
    assert reader.receive(vector("session_data"), at=NOW) == ResponseReceived(
        device_response=vector("device_response"), session_transcript=session_transcript(), is_last=False
    )


def test_the_session_is_terminated_byte_for_byte(reader: ReaderSession, device: DeviceSession) -> None:
    assert reader.terminate() == vector("session_termination")
    assert device.receive(vector("session_termination"), at=NOW) == Terminated(status=Status.SESSION_TERMINATION)
    assert parse(vector("session_termination")) == SessionStatus(status=Status.SESSION_TERMINATION)


def test_the_counter_of_the_first_message_is_one() -> None:
    message = parse(vector("session_establishment"))
    assert isinstance(message, SessionEstablishment)
    for counter in (0, 2):
        opener = Opener(identifier=READER_IDENTIFIER)
        opener.use(bytes.fromhex(SK_READER), counter=counter)
        with pytest.raises(SignatureInvalidError):
            opener.open(message.data)
    opener = Opener(identifier=READER_IDENTIFIER)
    opener.use(bytes.fromhex(SK_READER), counter=1)
    assert opener.open(message.data) == vector("device_request")


def test_the_request_is_read() -> None:
    request = DeviceRequest.parse(vector("device_request"))
    [asked] = request.doc_requests
    assert request.version == "1.0"
    assert asked.items_request.encoded == vector("items_request")
    assert asked.items_request.doc_type == "org.iso.18013.5.1.mDL"
    assert asked.items_request.name_spaces["org.iso.18013.5.1"] == {
        "family_name": True,
        "document_number": True,
        "driving_privileges": True,
        "issue_date": True,
        "expiry_date": True,
        "portrait": False,
    }


def test_the_request_is_written_as_published() -> None:
    request = DeviceRequest.parse(vector("device_request"))
    assert DeviceRequest.create(request.doc_requests).encoded == vector("device_request")


def test_the_reader_has_signed_the_session_and_the_items() -> None:
    trust = Trusting(reader_key())
    [asked] = DeviceRequest.parse(vector("device_request")).doc_requests
    assert asked.verify_reader(session_transcript(), trust=trust, at=NOW).party == "reader"
    assert trust.asked == (KeySource(chain=(vector("reader_cert"),)), Role.MDOC_READER, None, NOW)
    with pytest.raises(SignatureInvalidError):
        asked.verify_reader(cbor.embedded(session_transcript()), trust=trust, at=NOW)


def reader_key() -> PublicKey:
    return PublicKey.from_certificate(x509.load_der_x509_certificate(vector("reader_cert")))


def test_another_handover_is_another_session(device: DeviceSession) -> None:
    by_qr = ReaderSession(engaged_by_nfc(), agreement("ephemeral_reader_key"), at=NOW)
    with pytest.raises(SignatureInvalidError):
        device.receive(by_qr.send_request(vector("device_request"), at=NOW), at=NOW)
