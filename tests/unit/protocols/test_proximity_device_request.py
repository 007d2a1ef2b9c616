# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Requests for documents and their signatures (ISO/IEC 18013-5, clauses 8.3.2.1.2.1 and 9.1.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.proximity import NOW, Trusting
from vcwallet.encoding import cbor
from vcwallet.encoding.cbor import Tag
from vcwallet.errors import (
    LimitExceededError,
    MalformedError,
    SignatureInvalidError,
    UnsupportedError,
    UntrustedError,
)
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.policy import KeySource, Role
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.proximity.device_request import (
    MAX_DEVICE_REQUEST_BYTES,
    MAX_DOC_REQUESTS,
    MAX_ELEMENTS,
    DeviceRequest,
    DocRequest,
    ItemsRequest,
    reader_authentication_bytes,
    sign_doc_request,
)

DOC_TYPE = "org.iso.18013.5.1.mDL"
NAMES = {"org.iso.18013.5.1": {"family_name": True, "age_over_18": False}}
ITEMS = ItemsRequest.create(DOC_TYPE, NAMES)
TRANSCRIPT = cbor.dumps([None, None, "a session"])
SIGNER = SoftwareSigner.generate()
CHAIN = (b"a certificate", b"its issuer's")


def items(**changes: Any) -> bytes:
    return cbor.dumps({"docType": DOC_TYPE, "nameSpaces": NAMES, **changes})


def request(**changes: Any) -> bytes:
    return cbor.dumps({"version": "1.0", "docRequests": [{"itemsRequest": Tag(24, items())}], **changes})


# --- items -----------------------------------------------------------------------------------------------------------


def test_items_say_what_is_asked_for_and_what_is_retained() -> None:
    assert ITEMS.doc_type == DOC_TYPE
    assert ITEMS.name_spaces == NAMES
    assert (ITEMS.request_info, ITEMS.registration, ITEMS.purpose) == ({}, None, None)
    assert ItemsRequest.parse(ITEMS.encoded) == ITEMS
    assert ITEMS.items_request_bytes == cbor.dumps(Tag(24, ITEMS.encoded))


def test_our_registration_certificate_and_purpose_travel_along() -> None:
    made = ItemsRequest.create(DOC_TYPE, NAMES, registration="e30.e30.c2ln", purpose="age", request_info={"new": 1})
    read = ItemsRequest.parse(made.encoded)
    assert (read.registration, read.purpose) == ("e30.e30.c2ln", "age")
    assert read.request_info["new"] == 1
    assert cbor.loads(made.encoded)["requestInfo"] == {
        "new": 1,
        "vcwallet.registration": "e30.e30.c2ln",
        "vcwallet.purpose": "age",
    }


def test_a_purpose_can_come_without_a_certificate() -> None:
    made = ItemsRequest.create(DOC_TYPE, NAMES, purpose="age")
    assert (made.registration, made.purpose) == (None, "age")


@pytest.mark.parametrize("name", ["vcwallet.registration", "vcwallet.purpose"])
@pytest.mark.parametrize("value", ["", b"text", 1, None])
def test_our_own_members_are_text(name: str, value: Any) -> None:
    ItemsRequest.parse(items(requestInfo={name: "text"}))
    with pytest.raises(MalformedError):
        ItemsRequest.parse(items(requestInfo={name: value}))


def test_the_bytes_of_items_are_kept_as_they_came() -> None:
    data = cbor.dumps({"nameSpaces": NAMES, "new": 1, "docType": DOC_TYPE})
    assert ItemsRequest.parse(data).encoded == data


@pytest.mark.parametrize(
    "changes",
    [
        {"docType": ""},
        {"docType": None},
        {"docType": b"type"},
        {"nameSpaces": {}},
        {"nameSpaces": []},
        {"nameSpaces": None},
        {"nameSpaces": {"": {"a": True}}},
        {"nameSpaces": {1: {"a": True}}},
        {"nameSpaces": {"n": {}}},
        {"nameSpaces": {"n": ["a"]}},
        {"nameSpaces": {"n": {"": True}}},
        {"nameSpaces": {"n": {1: True}}},
        {"nameSpaces": {"n": {"a": 1}}},
        {"nameSpaces": {"n": {"a": None}}},
        {"requestInfo": []},
        {"requestInfo": None},
        {"requestInfo": {"zkRequest": []}},
    ],
    ids=repr,
)
def test_items_that_are_not_as_the_standard_says_are_refused(changes: dict[str, Any]) -> None:
    ItemsRequest.parse(items(requestInfo={}))
    with pytest.raises(MalformedError):
        ItemsRequest.parse(items(**changes))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xa0", b"\xff"])
def test_what_are_no_items_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        ItemsRequest.parse(data)


def test_two_hundred_elements_are_read_and_one_more_is_not() -> None:
    one, rest = {"a": True}, {f"e{number}": False for number in range(MAX_ELEMENTS - 1)}
    assert ItemsRequest.create(DOC_TYPE, {"n": one, "m": rest}).name_spaces["m"] == rest
    with pytest.raises(LimitExceededError):
        ItemsRequest.create(DOC_TYPE, {"n": {**one, "b": True}, "m": rest})


@pytest.mark.parametrize(
    "info",
    [
        {"docResponseEncryption": Tag(24, b"\xa0")},
        {"zkRequest": {"systemSpecs": [], "zkRequired": True}},
        {"zkRequest": {"systemSpecs": []}},
        {"zkRequest": {"zkRequired": 0}},
    ],
    ids=repr,
)
def test_a_wish_that_the_usual_answer_would_betray_is_refused(info: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError) as refused:
        ItemsRequest.parse(items(requestInfo=info))
    assert refused.value.code == "REQUEST_INFO_UNSUPPORTED"


@pytest.mark.parametrize(
    "info",
    [
        {"zkRequest": {"systemSpecs": [], "zkRequired": False}},
        {"uniqueDocSetRequired": True, "maximumResponseSize": 1000, "issuerIdentifiers": [b"id"]},
        {"new": {"a": [1]}},
    ],
    ids=repr,
)
def test_other_wishes_are_kept(info: dict[str, Any]) -> None:
    assert ItemsRequest.parse(items(requestInfo=info)).request_info == info


# --- requests --------------------------------------------------------------------------------------------------------


def test_a_request_is_read_as_it_was_written() -> None:
    other = ItemsRequest.create("org.iso.23220.photoid.1", {"org.iso.23220.1": {"portrait": False}})
    made = DeviceRequest.create([DocRequest.unsigned(ITEMS), DocRequest.unsigned(other)])
    assert made.version == "1.0"
    assert [each.items_request for each in made.doc_requests] == [ITEMS, other]
    assert [each.reader_auth for each in made.doc_requests] == [None, None]
    assert DeviceRequest.parse(made.encoded) == made
    assert made.encoded == cbor.dumps(
        {
            "version": "1.0",
            "docRequests": [{"itemsRequest": Tag(24, ITEMS.encoded)}, {"itemsRequest": Tag(24, other.encoded)}],
        }
    )


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.7"])
def test_any_minor_version_is_read(version: str) -> None:
    assert DeviceRequest.parse(request(version=version)).version == version


def test_another_major_version_is_refused() -> None:
    with pytest.raises(UnsupportedError) as refused:
        DeviceRequest.parse(request(version="2.0"))
    assert refused.value.code == "VERSION_NOT_SUPPORTED"


@pytest.mark.parametrize(
    "changes",
    [
        {"version": None},
        {"version": "one"},
        {"docRequests": None},
        {"docRequests": {}},
        {"docRequests": []},
        {"docRequests": [[]]},
        {"docRequests": [{}]},
        {"docRequests": [{"itemsRequest": items()}]},
        {"docRequests": [{"itemsRequest": Tag(61, items())}]},
        {"docRequests": [{"itemsRequest": Tag(24, items()), "readerAuth": None}]},
        {"docRequests": [{"itemsRequest": Tag(24, items()), "readerAuth": [b"", {}, None]}]},
        {"deviceRequestInfo": {}},
        {"deviceRequestInfo": Tag(24, "text")},
        {"readerAuthAll": []},
        {"readerAuthAll": [[]]},
        {"readerAuthAll": None},
    ],
    ids=repr,
)
def test_a_request_that_is_not_as_the_standard_says_is_refused(changes: dict[str, Any]) -> None:
    DeviceRequest.parse(request(new=1))
    with pytest.raises(MalformedError):
        DeviceRequest.parse(request(**changes))


def test_the_bytes_of_a_request_are_kept() -> None:
    data = request(new=[1])
    assert DeviceRequest.parse(data).encoded == data


def test_ten_documents_are_read_and_eleven_are_not() -> None:
    ten = [DocRequest.unsigned(ITEMS)] * MAX_DOC_REQUESTS
    assert len(DeviceRequest.create(ten).doc_requests) == 10
    with pytest.raises(LimitExceededError):
        DeviceRequest.create([*ten, ten[0]])
    with pytest.raises(MalformedError):
        DeviceRequest.create([])


def test_a_request_has_at_most_one_mebibyte() -> None:
    room = MAX_DEVICE_REQUEST_BYTES - len(request(new=bytes(100_000))) + 100_000
    assert len(DeviceRequest.parse(request(new=bytes(room))).encoded) == MAX_DEVICE_REQUEST_BYTES
    with pytest.raises(LimitExceededError):
        DeviceRequest.parse(request(new=bytes(room + 1)))


def test_what_the_second_edition_adds_is_kept_and_trusted_by_nobody() -> None:
    signed = cbor.loads(signed_request().encoded)["readerAuth"]
    read = DeviceRequest.parse(request(version="1.1", deviceRequestInfo=Tag(24, b"\xa0"), readerAuthAll=[signed]))
    assert read.device_request_info == b"\xa0"
    assert [auth.headers.chain for auth in read.reader_auth_all] == [CHAIN]
    with pytest.raises(UntrustedError):
        read.doc_requests[0].verify_reader(TRANSCRIPT, trust=Trusting(SIGNER.public_key), at=NOW)
    assert (DeviceRequest.parse(request()).device_request_info, DeviceRequest.parse(request()).reader_auth_all) == (
        None,
        (),
    )


# --- reader authentication -------------------------------------------------------------------------------------------


def signed_request(signer: SoftwareSigner = SIGNER, chain: tuple[bytes, ...] = CHAIN) -> DocRequest:
    return sign_doc_request(ITEMS, signer=signer, chain=chain, session_transcript=TRANSCRIPT)


def received(made: DocRequest) -> DocRequest:
    """The same, after a journey."""
    return DeviceRequest.parse(DeviceRequest.create([made]).encoded).doc_requests[0]


def test_what_a_reader_signs_embeds_the_bare_transcript_and_the_tagged_items() -> None:
    signed = cbor.loads(reader_authentication_bytes(TRANSCRIPT, ITEMS.items_request_bytes))
    assert isinstance(signed, Tag)
    assert signed.number == 24
    assert isinstance(signed.content, bytes)
    assert cbor.loads(signed.content) == ["ReaderAuthentication", [None, None, "a session"], Tag(24, ITEMS.encoded)]


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.ES384, Algorithm.ES512, Algorithm.EDDSA])
def test_a_reader_is_known_by_its_signature(algorithm: Algorithm) -> None:
    signer = SoftwareSigner.generate(algorithm)
    trust = Trusting(signer.public_key)
    reader = received(signed_request(signer)).verify_reader(TRANSCRIPT, trust=trust, at=NOW)
    assert reader.key == signer.public_key
    assert trust.asked == (KeySource(chain=CHAIN), Role.MDOC_READER, None, NOW)


@pytest.mark.parametrize("chain", [CHAIN[:1], CHAIN])
def test_the_certificates_of_a_reader_travel_along(chain: tuple[bytes, ...]) -> None:
    auth = received(signed_request(chain=chain)).reader_auth
    assert auth is not None
    assert auth.headers.chain == chain


def test_the_signature_is_not_tagged_and_its_payload_is_detached() -> None:
    auth = cbor.loads(signed_request().encoded)["readerAuth"]
    assert isinstance(auth, list)
    assert len(auth) == 4
    assert auth[2] is None


def test_a_reader_without_a_certificate_does_not_sign() -> None:
    with pytest.raises(ValueError, match="certificate"):
        signed_request(chain=())


def test_a_request_without_a_signature_is_by_nobody() -> None:
    with pytest.raises(UntrustedError) as refused:
        DocRequest.unsigned(ITEMS).verify_reader(TRANSCRIPT, trust=Trusting(SIGNER.public_key), at=NOW)
    assert refused.value.code == "READER_AUTH_MISSING"


def test_a_signature_counts_for_its_session_only() -> None:
    made, trust = received(signed_request()), Trusting(SIGNER.public_key)
    made.verify_reader(TRANSCRIPT, trust=trust, at=NOW)
    for other in (cbor.dumps([None, None, "another session"]), cbor.embedded(TRANSCRIPT)):
        with pytest.raises(SignatureInvalidError):
            made.verify_reader(other, trust=trust, at=NOW)


def test_a_signature_counts_for_its_items_only() -> None:
    made = cbor.loads(signed_request().encoded)
    more = ItemsRequest.create(DOC_TYPE, {"org.iso.18013.5.1": {"family_name": True, "age_over_18": True}})
    data = cbor.dumps(
        {"version": "1.0", "docRequests": [{**made, "itemsRequest": Tag(24, each.encoded)} for each in (ITEMS, more)]}
    )
    good, bad = DeviceRequest.parse(data).doc_requests
    trust = Trusting(SIGNER.public_key)
    good.verify_reader(TRANSCRIPT, trust=trust, at=NOW)
    with pytest.raises(SignatureInvalidError):
        bad.verify_reader(TRANSCRIPT, trust=trust, at=NOW)


def test_the_order_of_the_items_counts() -> None:
    """What was signed are bytes: the same content in another order is another text."""
    made = cbor.loads(signed_request().encoded)
    turned = cbor.dumps({"nameSpaces": NAMES, "docType": DOC_TYPE})
    data = cbor.dumps({"version": "1.0", "docRequests": [{**made, "itemsRequest": Tag(24, turned)}]})
    [bad] = DeviceRequest.parse(data).doc_requests
    with pytest.raises(SignatureInvalidError):
        bad.verify_reader(TRANSCRIPT, trust=Trusting(SIGNER.public_key), at=NOW)


def test_a_signature_by_another_key_is_refused() -> None:
    other = SoftwareSigner.generate().public_key
    with pytest.raises(SignatureInvalidError):
        received(signed_request()).verify_reader(TRANSCRIPT, trust=Trusting(other), at=NOW)


def test_a_reader_that_nobody_vouches_for_is_refused() -> None:
    with pytest.raises(UntrustedError):
        received(signed_request()).verify_reader(TRANSCRIPT, trust=Trusting(None), at=NOW)


def test_a_request_does_not_show_its_certificate() -> None:
    made = ItemsRequest.create(DOC_TYPE, NAMES, registration="e30.e30.c2ln")
    assert "e30" not in repr(DeviceRequest.create([DocRequest.unsigned(made)]))
