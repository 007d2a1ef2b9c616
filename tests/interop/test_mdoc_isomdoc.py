# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Our mdoc against isomdoc 0.0.5, each reading what the other made, and what it takes that we refuse.

It issues documents and verifies answers with a device signature, under a transcript that it is given.  It is written in
Python throughout: it has no engagement, session, request or holder, so our own two sides make the session in which it
reads the answer; and it knows neither MACs nor trust in an issuer.
"""

from __future__ import annotations

import binascii
import contextlib
import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import metadata
from typing import Any

import cbor2
import isomdoc
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from isomdoc.verify.verify_mdoc import DeviceResponse, Document

from tests.support.mdoc_peers import (
    BINDING,
    CHOSEN,
    CLAIMS,
    DEVICE_KEY,
    DOC_TYPE,
    ISSUER_KEY,
    SEEN,
    SPACE,
    STRANGER_KEY,
    Scene,
    edited,
    edited_response,
    named,
    signed_under,
)
from tests.support.mdoc_pki import MDL_READER
from tests.support.pki import Draft
from tests.support.proximity import NOW, sides
from vcwallet.encoding import base64url, cbor
from vcwallet.errors import VcError
from vcwallet.formats.base import Binding
from vcwallet.formats.mdoc import DigestAlgorithm, HeldMdoc, Mdoc, device_signed, document, transcript
from vcwallet.keys import Algorithm
from vcwallet.keys.software import SoftwareKeyAgreement, SoftwareSigner
from vcwallet.protocols.proximity import RequestReceived, ResponseReceived
from vcwallet.protocols.proximity.device_request import DeviceRequest, DocRequest, ItemsRequest

pytestmark = pytest.mark.interop

SCENE = Scene(at=NOW)
DAY = timedelta(days=1)
ELSEWHERE = Binding(audience="x509_hash:another", nonce=BINDING.nonce, response_uri=BINDING.response_uri)


def they_verify(answer: bytes, session_transcript: bytes | None = None) -> DeviceResponse:
    decoded = cbor2.loads(transcript.of(BINDING) if session_transcript is None else session_transcript)
    return isomdoc.verify_device_response(answer, decoded)


def only(read: DeviceResponse) -> Document:
    documents: Any = read.documents  # annotated as a single one
    [one] = documents
    assert isinstance(one, Document)
    return one


def their_claims(read: DeviceResponse) -> dict[str, dict[str, Any]]:
    one = only(read)
    return {
        name: {item.element_identifier: item.element_value for item in items}
        for name, items in one.issuer_signed.namespaces.items()
    }


def they_refuse(answer: bytes) -> None:
    with pytest.raises((RuntimeError, InvalidSignature)):
        they_verify(answer)


def we_refuse(answer: bytes, scene: Scene = SCENE) -> str:
    with pytest.raises(VcError) as refused:
        scene.verified(answer)
    return refused.value.code


def they_issue(
    claims: Any = None, *, signer: SoftwareSigner = ISSUER_KEY, device_key: SoftwareSigner = DEVICE_KEY
) -> str:
    """IssuerSigned as they make it, as OpenID4VCI hands it over."""
    certificate = SCENE.but(issuer_key=signer).document_signer.certificate
    made = isomdoc.create_mdoc(DOC_TYPE, [certificate], signer.private_key)
    for name, elements in (claims or CLAIMS).items():
        for element, value in elements.items():
            made.add_data_item(name, element, value)
    times = (SCENE.at - DAY, SCENE.at - DAY, SCENE.at + 30 * DAY, SCENE.at + 20 * DAY)
    return base64url.encode(made.generate_credential(device_key.public_key.raw, *times))


def received(raw: str) -> HeldMdoc:
    held = Mdoc().read_issued(raw).verify(trust=SCENE.trust, at=SCENE.at).held
    assert isinstance(held, HeldMdoc)
    return held


def test_this_is_the_version_that_the_docstring_names():
    assert f"isomdoc {metadata.version('isomdoc')}" in str(__doc__)


# --- issuing and presenting ------------------------------------------------------------------------------------------


def test_they_verify_what_we_issue_and_present():
    read = they_verify(SCENE.answer())
    assert their_claims(read) == SEEN == SCENE.verified(SCENE.answer()).claims
    validity = only(read).issuer_signed.validity_info
    assert (validity.signed, validity.valid_until) == (SCENE.at - DAY, SCENE.at + 30 * DAY)


@pytest.mark.parametrize("hashed", DigestAlgorithm)
def test_they_compare_the_digests_of_each_hash_function(hashed):
    assert their_claims(they_verify(SCENE.but(format=Mdoc(digest_algorithm=hashed)).answer())) == SEEN


def test_they_verify_every_element_that_we_issue():
    held = SCENE.held()
    every = held.document(held.concealed, session_transcript=transcript.of(BINDING), signer=DEVICE_KEY)
    assert their_claims(they_verify(document.write([every]))) == CLAIMS


def test_we_verify_what_they_issue():
    held = received(they_issue())
    assert held.claims == {name: dict(elements) for name, elements in CLAIMS.items()} | {
        SPACE: {**CLAIMS[SPACE], "portrait": base64url.encode(CLAIMS[SPACE]["portrait"])}
    }
    assert held.holder_key == DEVICE_KEY.public_key
    assert held.mso.validity.expected_update == SCENE.at + 20 * DAY


def test_they_write_a_time_as_the_time_that_we_read():
    held = received(they_issue({SPACE: {"issued": datetime(2026, 11, 23, 9, 30, tzinfo=UTC)}}))
    assert held.claims == {SPACE: {"issued": "2026-11-23T09:30:00Z"}}


def test_both_verify_what_our_wallet_presents_of_theirs():
    held = received(they_issue())
    answer = base64url.decode(held.present(CHOSEN, binding=BINDING, signer=DEVICE_KEY, at=SCENE.at))
    assert their_claims(they_verify(answer)) == SEEN
    assert SCENE.verified(answer).claims == SEEN


def test_they_verify_what_our_wallet_answers_in_a_session():
    wallet, reader = sides(SCENE.at)
    items = ItemsRequest.create(DOC_TYPE, {SPACE: {"given_name": False, "age_over_20": False}})
    asked = wallet.receive(
        reader.send_request(DeviceRequest.create([DocRequest.unsigned(items)]).encoded, at=SCENE.at), at=SCENE.at
    )
    assert isinstance(asked, RequestReceived)
    part = SCENE.held().document(CHOSEN, session_transcript=asked.session_transcript, signer=DEVICE_KEY)
    answered = reader.receive(wallet.send_response(document.write([part]), at=SCENE.at), at=SCENE.at)
    assert isinstance(answered, ResponseReceived)
    assert their_claims(they_verify(answered.device_response, reader.session_transcript)) == SEEN
    with pytest.raises(InvalidSignature):
        they_verify(answered.device_response)


# --- what neither takes ----------------------------------------------------------------------------------------------


def changed_value(one: Any) -> None:
    first, *others = one["issuerSigned"]["nameSpaces"][SPACE]
    item = cbor.loads(first.content) | {"elementValue": "次郎"}
    one["issuerSigned"]["nameSpaces"][SPACE] = [cbor.Tag(24, cbor.dumps(item)), *others]


def unsigned_namespace(one: Any) -> None:
    item: Any = {"digestID": 0, "random": bytes(16), "elementIdentifier": "licence", "elementValue": "pilot"}
    one["issuerSigned"]["nameSpaces"]["org.example.more"] = [cbor.Tag(24, cbor.dumps(item))]


def another_type(one: Any) -> None:
    one["docType"] = "org.example.other.1"


def broken_signature(one: Any) -> None:
    auth = one["issuerSigned"]["issuerAuth"]
    auth[3] = bytes([auth[3][0] ^ 1]) + auth[3][1:]


def without_device(one: Any) -> None:
    del one["deviceSigned"]


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a changed element": (lambda: edited(SCENE.answer(), changed_value), "DIGEST_INVALID"),
    "a namespace that nobody signed": (lambda: edited(SCENE.answer(), unsigned_namespace), "DIGEST_MISSING"),
    "another document type than was signed": (lambda: edited(SCENE.answer(), another_type), "DOC_TYPE_MISMATCH"),
    "a broken signature": (lambda: edited(SCENE.answer(), broken_signature), "SIGNATURE_INVALID"),
    "no proof of the device": (lambda: edited(SCENE.answer(), without_device), "MALFORMED"),
    "a proof by another device": (lambda: SCENE.answer(signer=STRANGER_KEY), "DEVICE_AUTH_INVALID"),
    "a proof for another verifier": (lambda: SCENE.answer(binding=ELSEWHERE), "DEVICE_AUTH_INVALID"),
    "another version of the answer": (
        lambda: edited_response(SCENE.answer(), version="2.0"),
        "VERSION_NOT_SUPPORTED",
    ),
    "documents beside an error": (lambda: edited_response(SCENE.answer(), status=10), "MDOC_STATUS"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_both_refuse(case):
    make, code = REFUSED[case]
    answer = make()
    they_refuse(answer)
    assert we_refuse(answer) == code


# --- what they take and we refuse ------------------------------------------------------------------------------------


def element_twice(one: Any) -> None:
    one["issuerSigned"]["nameSpaces"][SPACE] *= 2


def misnamed_issuer_algorithm(one: Any) -> None:
    auth = one["issuerSigned"]["issuerAuth"]
    one["issuerSigned"]["issuerAuth"] = signed_under(auth, named(-35), payload=auth[2], signer=ISSUER_KEY)


def misnamed_device_algorithm(one: Any) -> None:
    signed = device_signed.device_authentication(transcript.of(BINDING), DOC_TYPE, device_signed.NOTHING)
    proof = one["deviceSigned"]["deviceAuth"]["deviceSignature"]
    one["deviceSigned"]["deviceAuth"]["deviceSignature"] = signed_under(
        proof, named(-35), payload=signed, signer=DEVICE_KEY
    )


def for_readers(draft: Draft) -> None:
    draft.put(x509.ExtendedKeyUsage([MDL_READER]), critical=True)


def ended(draft: Draft) -> None:
    draft.not_after = SCENE.at - DAY


def with_longer_heads() -> bytes:
    """An answer in which the length of an element is written in more bytes than when it was hashed."""
    answer = SCENE.answer()
    item = cbor.loads(answer)["documents"][0]["issuerSigned"]["nameSpaces"][SPACE][0].content
    assert cbor.embedded(item)[:3] == b"\xd8\x18\x58"  # one byte of length
    return answer.replace(cbor.embedded(item), b"\xd8\x18\x59" + len(item).to_bytes(2, "big") + item)


def with_type_twice() -> bytes:
    """An answer that says two document types, the first of which nobody signed."""
    said = cbor.text_string("docType")
    before = cbor.map_head(3) + said
    return SCENE.answer().replace(before, cbor.map_head(4) + said + cbor.text_string("org.example.other.1") + said)


def with_country(country: str) -> bytes:
    held = SCENE.but(claims={SPACE: {**CLAIMS[SPACE], "issuing_country": country}}).held()
    paths = (*CHOSEN, (SPACE, "issuing_country"))
    return document.write([held.document(paths, session_transcript=transcript.of(BINDING), signer=DEVICE_KEY)])


LENIENT: dict[str, tuple[Callable[[], bytes], str]] = {
    "a document that has ended": (SCENE.but(signed=-30 * DAY, until=-DAY).answer, "EXPIRED"),
    "a document that has not begun": (SCENE.but(signed=DAY).answer, "NOT_YET_VALID"),
    "a document that outlives its signer": (SCENE.but(until=90 * DAY).answer, "VALIDITY_INFO"),
    "a signer below an unknown authority": (SCENE.but(iaca_key=STRANGER_KEY).answer, "UNTRUSTED"),
    "a certificate for something else": (SCENE.but(signer=for_readers).answer, "NOT_AUTHORISED"),
    "a certificate that has ended": (SCENE.but(signer=ended).answer, "EXPIRED"),
    "the country of another issuer": (lambda: with_country("XX"), "ISSUING_COUNTRY"),
    "a device that says what it may not": (
        lambda: SCENE.answer_of_device({SPACE: {"family_name": "王"}}),
        "KEY_NOT_AUTHORISED",
    ),
    "an element twice": (lambda: edited(SCENE.answer(), element_twice), "ELEMENT_REPEATED"),
    "an issuer's algorithm that is not the one used": (
        lambda: edited(SCENE.answer(), misnamed_issuer_algorithm),
        "ALGORITHM_NOT_ALLOWED",
    ),
    "a device's algorithm that is not the one used": (
        lambda: edited(SCENE.answer(), misnamed_device_algorithm),
        "ALGORITHM_NOT_ALLOWED",
    ),
    "an element in other bytes than were hashed": (with_longer_heads, "MALFORMED"),
    "a document with two types": (with_type_twice, "MALFORMED"),
    "bytes after the answer": (lambda: SCENE.answer() + b"\x00", "MALFORMED"),
}


@pytest.mark.parametrize("case", LENIENT)
def test_we_refuse_what_they_take(case):
    make, code = LENIENT[case]
    answer = make()
    assert their_claims(they_verify(answer))[SPACE]["given_name"] == "太郎"
    assert we_refuse(answer) == code


@pytest.mark.parametrize("make", [SCENE.answer, lambda: with_country("ZZ")], ids=["plain", "with its country"])
def test_both_take_the_twin_that_is_right(make):
    assert their_claims(they_verify(make()))[SPACE]["given_name"] == "太郎"
    assert SCENE.verified(make()).holder_proved


# --- what they refuse and we take ------------------------------------------------------------------------------------


def test_they_do_not_know_a_mac_of_the_device():
    agreement, reader = SoftwareKeyAgreement.generate(), SoftwareKeyAgreement.generate()
    device = SoftwareSigner.from_bytes(agreement.to_bytes())
    scene = SCENE.but(device_key=device)
    part = scene.held().document_with_mac(
        CHOSEN,
        session_transcript=transcript.of(BINDING),
        agreement=agreement,
        reader_key=reader.public_jwk,
    )
    answer = document.write([part])
    they_refuse(answer)
    binding = Binding(
        audience=BINDING.audience, nonce=BINDING.nonce, response_uri=BINDING.response_uri, reader_key=reader
    )
    assert scene.verified(answer, binding=binding).holder_proved


def test_they_know_version_1_0_only():
    answer = edited_response(SCENE.answer(), version="1.1")
    they_refuse(answer)
    assert SCENE.verified(answer).claims == SEEN


@pytest.mark.parametrize("key", ["issuer_key", "device_key"])
def test_they_know_keys_on_p_256_only(key):
    scene = SCENE.but(**{key: SoftwareSigner.generate(Algorithm.ES384)})
    they_refuse(scene.answer())
    assert scene.verified(scene.answer()).claims == SEEN


# --- what they write wrongly -----------------------------------------------------------------------------------------


def with_keys_on_p384(role: str) -> str:
    """What they issue with such a key, on the first try that they can write it.

    They cannot where a number of the key or of the signature begins with a zero digit, which is one time in eight.
    """
    for _ in range(100):
        with contextlib.suppress(binascii.Error):
            return they_issue(**{role: SoftwareSigner.generate(Algorithm.ES384)})
    raise AssertionError("they never write such a credential")


def test_they_write_a_device_key_on_p_384_as_one_on_p_256():
    with pytest.raises(VcError) as refused:
        received(with_keys_on_p384("device_key"))
    assert refused.value.code == "MALFORMED"


def test_they_name_es256_whatever_the_key_of_the_issuer():
    with pytest.raises(VcError) as refused:
        received(with_keys_on_p384("signer"))
    assert refused.value.code == "ALGORITHM_NOT_ALLOWED"


def test_without_times_each_document_is_signed_at_the_moment_when_their_module_was_imported():
    made = isomdoc.create_mdoc(DOC_TYPE, [SCENE.document_signer.certificate], ISSUER_KEY.private_key)
    made.add_data_item(SPACE, "given_name", "太郎")
    signed = inspect.signature(made.generate_credential).parameters["signed_datetime"].default
    held = Mdoc().reopen(base64url.encode(made.generate_credential(DEVICE_KEY.public_key.raw)))
    assert held.mso.validity.signed == signed.replace(microsecond=0)
