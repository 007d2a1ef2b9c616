# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""DeviceResponse: what a wallet answers, document by document, read, written, split and merged."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.mdoc import BINDING, DEVICE_KEY, DOC_TYPE, LEFT_OUT, SPACE, Scene, held
from vcwallet.encoding import base64url, cbor
from vcwallet.errors import LimitExceededError, MalformedError, RemoteProtocolError, UnsupportedError, VcError
from vcwallet.formats.mdoc import document, transcript
from vcwallet.formats.mdoc.document import (
    MAX_DOCUMENTS,
    DeviceResponse,
    Status,
    merged,
    read_document,
    write,
    write_document,
)


def loads(**members: Any) -> DeviceResponse:
    return DeviceResponse.loads(cbor.dumps(Scene(response=members).response_map))


def answer(*elements: str) -> bytes:
    """Return an answer with one document that a wallet has made."""
    paths = [(SPACE, element) for element in elements]
    return base64url.decode(held().present(paths, binding=BINDING, signer=DEVICE_KEY, at=Scene().at))


def bare(doc_type: Any) -> dict[str, Any]:
    return {"docType": doc_type, "issuerSigned": {}, "deviceSigned": {}}


# --- reading an answer -----------------------------------------------------------------------------------------------


def test_an_answer_is_read():
    found = loads()
    assert len(found.documents) == 1
    assert found.document_errors == {}


def test_an_answer_may_have_no_documents():
    found = loads(documents=LEFT_OUT)
    assert (found.documents, found.document_errors) == ((), {})


def test_why_a_document_was_not_returned_is_read():
    found = loads(documents=LEFT_OUT, documentErrors=[{"a": 0}, {"b": 10, "c": -1}])
    assert found.document_errors == {"a": 0, "b": 10, "c": -1}


@pytest.mark.parametrize(
    "errors", [None, {}, {"a": 0}, [1], [{}], [{"": 0}], [{1: 0}], [{"a": "0"}], [{"a": True}], [[]]]
)
def test_reasons_of_another_form_are_refused(errors: Any):
    loads(documentErrors=[{"a": 0}])
    with pytest.raises(MalformedError):
        loads(documentErrors=errors)


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.25"])
def test_a_later_minor_version_is_read(version: str):
    assert loads(version=version).documents


@pytest.mark.parametrize("version", ["2.0", "3.1", "0.9", "1"])
def test_another_major_version_is_refused(version: str):
    with pytest.raises(UnsupportedError) as caught:
        loads(version=version)
    assert caught.value.code == "VERSION_NOT_SUPPORTED"


def test_members_that_nobody_knows_are_ignored():
    assert loads(x=1).documents


@pytest.mark.parametrize("name", ["version", "status"])
@pytest.mark.parametrize("value", [LEFT_OUT, None, [], b"1.0", True, 0.0])
def test_version_and_status_are_there(name: str, value: Any):
    loads()
    with pytest.raises(MalformedError, match=name):
        loads(**{name: value})


def test_a_status_is_a_number_and_not_its_text():
    with pytest.raises(MalformedError):
        loads(status="0")


@pytest.mark.parametrize("documents", [None, [], {}, b"", "", 0, [1], [[]], [None], [b""]])
def test_documents_are_an_array_of_maps_with_at_least_one(documents: Any):
    loads()
    with pytest.raises(MalformedError):
        loads(documents=documents)


@pytest.mark.parametrize("status", [10, 11, 12, 1, -1, 2**32])
@pytest.mark.parametrize("documents", [LEFT_OUT, [bare(DOC_TYPE)]])
def test_an_answer_with_an_error_has_no_documents_to_read(status: int, documents: Any):
    with pytest.raises(RemoteProtocolError, match=f"status {status}") as caught:
        loads(status=status, documents=documents)
    assert caught.value.code == "MDOC_STATUS"


@pytest.mark.parametrize("name", ["zkDocuments", "encryptedDocuments"])
def test_documents_of_other_kinds_are_refused(name: str):
    loads(others=[])
    with pytest.raises(UnsupportedError) as caught:
        loads(**{name: []})
    assert caught.value.code == "DOCUMENT_KIND"


def test_an_answer_has_at_most_ten_documents():
    assert MAX_DOCUMENTS == 10
    assert len(loads(documents=[bare("a")] * 10).documents) == 10
    with pytest.raises(LimitExceededError):
        loads(documents=[bare("a")] * 11)


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xf6", b"\xa0", b"\xa0\x00", b"\xbf\xff", b"\xd8\x18\x41\xa0"])
def test_what_is_no_answer_is_refused(data: bytes):
    with pytest.raises(MalformedError):
        DeviceResponse.loads(data)


def test_documents_stay_out_of_the_repr():
    assert "Arthur" not in repr(loads())
    assert "documents" not in repr(loads())


# --- reading a document ----------------------------------------------------------------------------------------------


def test_a_document_is_read():
    found = read_document(Scene().document_map)
    assert found.doc_type == DOC_TYPE
    assert found.issuer_signed.items.keys() == Scene().items.keys()
    assert found.device_signed.name_spaces == {}
    assert found.errors == {}


def test_why_elements_were_not_returned_is_read():
    errors = {SPACE: {"birth_date": 0, "portrait": -5}, "other": {"x": 7}}
    assert read_document(Scene(document={"errors": errors, "x": 1}).document_map).errors == errors


@pytest.mark.parametrize(
    "errors",
    [
        None,
        {},
        [],
        {"": {"x": 0}},
        {1: {"x": 0}},
        {"a": {}},
        {"a": []},
        {"a": {"": 0}},
        {"a": {"x": "0"}},
        {"a": {"x": False}},
    ],
)
def test_reasons_for_elements_of_another_form_are_refused(errors: Any):
    read_document(Scene(document={"errors": {"a": {"x": 0}}}).document_map)
    with pytest.raises(MalformedError):
        read_document(Scene(document={"errors": errors}).document_map)


@pytest.mark.parametrize("name", ["docType", "issuerSigned", "deviceSigned"])
@pytest.mark.parametrize("value", [LEFT_OUT, None, [], 1, b"x", ""])
def test_a_document_has_a_type_and_two_parts(name: str, value: Any):
    read_document(Scene().document_map)
    with pytest.raises(MalformedError):
        read_document(Scene(document={name: value}).document_map)


# --- splitting and merging -------------------------------------------------------------------------------------------


def test_an_answer_is_split_into_answers_with_one_document_each():
    one, two = Scene().document_map, Scene(document={"docType": "other"}).document_map
    parts = DeviceResponse.loads(cbor.dumps(Scene(response={"documents": [one, two, one]}).response_map)).each()
    assert [doc_type for doc_type, _ in parts] == [DOC_TYPE, "other", DOC_TYPE]
    for (_, part), members in zip(parts, (one, two, one), strict=True):
        assert part == cbor.dumps({"version": "1.0", "documents": [members], "status": 0})


@pytest.mark.parametrize("doc_type", ["", 1, None, [1]])
def test_a_document_without_a_type_is_not_split_off(doc_type: Any):
    assert loads(documents=[bare("a")]).each()[0][0] == "a"
    with pytest.raises(MalformedError):
        loads(documents=[bare("a"), bare(doc_type)]).each()


def test_answers_are_merged_in_their_order_with_the_bytes_that_were_signed():
    first, second = answer("given_name"), answer("family_name", "portrait")
    both = merged([first, second])
    assert [part for _, part in DeviceResponse.loads(both).each()] == [first, second]
    assert merged([both]) == both
    assert merged([]) == write([])


def test_merging_says_what_was_not_returned():
    one = answer("given_name")
    [before] = DeviceResponse.loads(one).documents
    errors = {SPACE: {"birth_date": 0}}
    [after] = DeviceResponse.loads(merged([one], errors={DOC_TYPE: errors, "other": errors})).documents
    assert after == before | {"errors": errors}
    assert merged([one], errors={DOC_TYPE: {}, "other": errors}) == one


def test_at_most_ten_documents_are_merged():
    one = write([cbor.dumps(bare("a"))])
    assert len(DeviceResponse.loads(merged([one] * 10)).documents) == 10
    with pytest.raises(LimitExceededError):
        merged([one] * 11)


@pytest.mark.parametrize("doc_type", ["", 1, [1], {"a": 1}])
def test_a_document_without_a_type_is_not_merged(doc_type: Any):
    merged([write([cbor.dumps(bare("a"))])])
    with pytest.raises(MalformedError):
        merged([write([cbor.dumps(bare(doc_type))])])


def test_what_is_no_answer_is_not_merged():
    with pytest.raises(VcError):
        merged([answer("given_name"), write([], status=Status.GENERAL_ERROR)])


def test_an_answer_is_written_as_it_was_read():
    members: dict[str, Any] = {
        "version": "1.0",
        "documents": [bare("a")],
        "documentErrors": [{"b": 0}, {"c": 1}],
        "status": 0,
    }
    raw = cbor.dumps(members)
    assert DeviceResponse.loads(raw).dumps() == raw


# --- writing ---------------------------------------------------------------------------------------------------------


def test_an_answer_is_written_as_the_map_that_the_standard_shows():
    one = cbor.dumps(bare("a"))
    assert write([one, one]) == cbor.dumps({"version": "1.0", "documents": [bare("a")] * 2, "status": 0})
    assert write([]) == cbor.dumps({"version": "1.0", "status": 0})
    assert write([one], document_errors=[{"b": 0}]) == cbor.dumps(
        {"version": "1.0", "documents": [bare("a")], "documentErrors": [{"b": 0}], "status": 0}
    )


@pytest.mark.parametrize("status", [Status.GENERAL_ERROR, Status.CBOR_DECODING_ERROR, Status.CBOR_VALIDATION_ERROR])
def test_an_error_is_written_without_documents(status: Status):
    assert write([], status=status) == cbor.dumps({"version": "1.0", "status": int(status)})
    with pytest.raises(ValueError, match="no documents"):
        write([cbor.dumps(bare("a"))], status=status)


def test_the_numbers_of_the_statuses_are_those_of_table_8():
    assert {status.name: status.value for status in Status} == {
        "OK": 0,
        "GENERAL_ERROR": 10,
        "CBOR_DECODING_ERROR": 11,
        "CBOR_VALIDATION_ERROR": 12,
    }


def test_a_document_is_written_as_the_map_that_the_standard_shows():
    made = write_document("a", issuer_signed=b"\xa1\x01\x02", device_signed=b"\xa0")
    assert made == cbor.dumps({"docType": "a", "issuerSigned": {1: 2}, "deviceSigned": {}})
    errors = {SPACE: {"x": 0}}
    made = write_document("a", issuer_signed=b"\xa1\x01\x02", device_signed=b"\xa0", errors=errors)
    assert made == cbor.dumps({"docType": "a", "issuerSigned": {1: 2}, "deviceSigned": {}, "errors": errors})
    assert write_document("a", issuer_signed=b"\xa0", device_signed=b"\xa0", errors={}) == cbor.dumps(bare("a"))


def test_several_documents_answer_one_request_each_with_its_own_proof():
    card = held()
    session = transcript.of(BINDING)
    both = document.write(
        [
            card.document([(SPACE, name)], session_transcript=session, signer=DEVICE_KEY)
            for name in ("given_name", "portrait")
        ]
    )
    found = [read_document(members) for members in DeviceResponse.loads(both).documents]
    assert [[item.element for item in one.issuer_signed.items[SPACE]] for one in found] == [
        ["given_name"],
        ["portrait"],
    ]
    assert len({one.device_signed.proof.headers.encoded for one in found}) == 1
