# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A DeviceRequest as a request like any other (ISO/IEC 18013-5, clauses 8.3.2.1.2.1 and 9.1.4)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.meeting import AGE_NAMESPACE, Meeting, age_world, device_request, items
from tests.support.world import MDOC, Resident, World
from vcwallet.encoding import base64url, cbor
from vcwallet.errors import (
    BindingError,
    LimitExceededError,
    MalformedError,
    NotAuthorisedError,
    QueryNotSatisfiedError,
    RemoteProtocolError,
    SignatureInvalidError,
    TrustedListError,
    UnsupportedError,
    UntrustedError,
    VcError,
)
from vcwallet.formats.mdoc import document
from vcwallet.keys.software import SoftwareKeyAgreement, SoftwareSigner
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.dcql.query import MAX_CLAIMS
from vcwallet.protocols.exchange import AuthenticatedRequest
from vcwallet.protocols.proximity.asking import IncomingDeviceRequest, SentDeviceRequest
from vcwallet.protocols.proximity.device_request import DeviceRequest, DocRequest, ItemsRequest
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient

TRANSCRIPT = cbor.dumps([1, 2, None])
OTHER_TRANSCRIPT = cbor.dumps([1, 3, None])

# Built once: nothing here changes it but the clock, which each test gets at the same time, and what has seen it pass.
WORLD = age_world()
START = WORLD.clock.now
PUBLISHED = WORLD.registry.published()
EXPIRES = START + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def world() -> World:
    WORLD.clock.now = START
    WORLD.wallet._trust = TrustedListClient.start(PUBLISHED, store=MemoryStore(), at=START)
    return WORLD


def one_query(**changed: Any) -> dict[str, Any]:
    claims = [{"path": [AGE_NAMESPACE, "age_over_20"], "intent_to_retain": False}]
    return {"id": "age", "format": MDOC, "meta": {"doctype_value": AGE_NAMESPACE}, "claims": claims} | changed


def query_of(*credentials: dict[str, Any], **members: Any) -> DcqlQuery:
    return DcqlQuery.from_json({"credentials": list(credentials) or [one_query()], **members})


def sent(query: DcqlQuery | None = None, **changed: Any) -> SentDeviceRequest:
    enrolment = WORLD.shop_enrolment
    arguments: dict[str, Any] = {
        "purpose": "shopping",
        "registration": enrolment.registrations["shopping"],
        "signer": enrolment.signer,
        "chain": enrolment.mdoc_chain,
        "session_transcript": TRANSCRIPT,
        "reader_key": SoftwareKeyAgreement.generate(),
        "expires": EXPIRES,
    }
    return SentDeviceRequest.create(query or query_of(), **arguments | changed)


def incoming(data: bytes, transcript: bytes = TRANSCRIPT) -> IncomingDeviceRequest:
    return IncomingDeviceRequest(device_request=data, session_transcript=transcript, expires=EXPIRES)


def verified(data: bytes, transcript: bytes = TRANSCRIPT) -> AuthenticatedRequest:
    return incoming(data, transcript).verify(trust=WORLD.wallet._trust, at=WORLD.clock())


def by_the_shop(*asked: ItemsRequest, **options: Any) -> bytes:
    meeting = Meeting.of(WORLD)
    return device_request(meeting, WORLD.shop_enrolment, *asked, **{"transcript": TRANSCRIPT} | options)


OTHER = "org.example.other.1"


class TestIncoming:
    def test_the_reader_is_the_registered_one_and_the_query_is_what_it_signed(self):
        request = sent(query_of(one_query(), of_a_resident(id="b")))
        found = verified(request.device_request)
        assert found.verifier.party == "urn:vcwallet:party:shop"
        assert (found.purpose, found.state, found.expires) == ("shopping", None, EXPIRES)
        assert found.registrations == (WORLD.shop_enrolment.registrations["shopping"],)
        assert found.query.to_json() == {
            "credentials": [
                {
                    "id": "document_0",
                    "format": "mso_mdoc",
                    "meta": {"doctype_value": "org.example.age-card.1"},
                    "claims": [{"path": ["org.example.age-card.1", "age_over_20"], "intent_to_retain": False}],
                },
                {
                    "id": "document_1",
                    "format": "mso_mdoc",
                    "meta": {"doctype_value": "org.example.resident.1"},
                    "claims": [
                        {"path": ["org.example.resident.1", "over_20"], "intent_to_retain": False},
                        {"path": ["org.example.resident.1", "full_name"], "intent_to_retain": True},
                    ],
                },
            ]
        }

    def test_it_is_named_by_its_digest_and_bound_to_its_session(self):
        request = sent()
        found = verified(request.device_request)
        digest = base64url.encode(hashlib.sha256(request.device_request).digest())
        assert found.digest == request.digest == request.answer_id == digest
        assert (found.binding.audience, found.binding.nonce) == ("mso_mdoc", digest)
        assert found.binding.session_transcript == TRANSCRIPT
        assert found.binding.required
        assert found.binding.reader_key is None

    def test_an_unsigned_document_request_is_by_nobody(self):
        with pytest.raises(UntrustedError) as refused:
            verified(by_the_shop(items(), signed=False))
        assert refused.value.code == "READER_AUTH_MISSING"

    def test_one_unsigned_document_request_among_signed_ones_is_enough(self):
        signed = DeviceRequest.parse(by_the_shop(items())).doc_requests[0]
        unsigned = DocRequest.unsigned(items(["over_20"], doc_type="b", namespace="b"))
        for requests in ([signed, unsigned], [unsigned, signed]):
            with pytest.raises(UntrustedError, match="READER_AUTH_MISSING"):
                verified(DeviceRequest.create(requests).encoded)

    def test_a_signature_is_for_one_session(self):
        request = sent()
        with pytest.raises(SignatureInvalidError):
            verified(request.device_request, OTHER_TRANSCRIPT)

    def test_a_signature_is_for_the_elements(self):
        """Neither an element, nor the purpose, nor the intent to keep can be changed on the way."""
        honest = DeviceRequest.parse(by_the_shop(items())).doc_requests[0]
        for other in (items(["age_over_18"]), items(purpose="loan"), items({"age_over_20": True})):
            members = cbor.loads(honest.encoded)
            members["itemsRequest"] = cbor.Tag(24, other.encoded)
            forged = cbor.dumps({"version": "1.0", "docRequests": [members]})
            with pytest.raises(SignatureInvalidError):
                verified(forged)

    def test_another_key_than_the_certificate_s_signs_nothing(self):
        with pytest.raises(SignatureInvalidError):
            verified(by_the_shop(items(), signer=SoftwareSigner.generate()))

    def test_a_reader_of_another_registry_is_not_known(self):
        with pytest.raises(UntrustedError):
            verified(device_request(Meeting.of(WORLD), World(MDOC).shop_enrolment, items(), transcript=TRANSCRIPT))

    def test_an_issuer_is_no_reader(self):
        with pytest.raises((UntrustedError, NotAuthorisedError)):
            verified(device_request(Meeting.of(WORLD), WORLD.city_enrolment, items(), transcript=TRANSCRIPT))

    def test_a_list_past_its_end_knows_nobody(self, world):
        request = sent()
        world.clock.now = world.wallet._trust.next_update
        with pytest.raises(TrustedListError):
            verified(request.device_request)

    def test_two_readers_do_not_ask_together(self):
        meeting = Meeting.of(WORLD)
        one, other, own = (
            DeviceRequest.parse(device_request(meeting, enrolment, asked, transcript=TRANSCRIPT)).doc_requests[0]
            for enrolment, asked in (
                (WORLD.shop_enrolment, items()),
                (WORLD.bank_enrolment, items(doc_type=OTHER)),
                (WORLD.shop_enrolment, items(doc_type=OTHER)),
            )
        )
        with pytest.raises(RemoteProtocolError, match="several readers"):
            verified(DeviceRequest.create([one, other]).encoded)
        assert verified(DeviceRequest.create([one, own]).encoded).verifier.party == "urn:vcwallet:party:shop"

    def test_two_document_requests_are_not_for_one_type(self):
        """What one of them may not ask, both together would learn."""
        with pytest.raises(RemoteProtocolError) as refused:
            verified(by_the_shop(items(["age_over_18"]), items(["age_over_20"])))
        assert refused.value.code == "DOC_TYPE_REPEATED"
        asked = verified(by_the_shop(items(["age_over_18"]), items(["age_over_20"], doc_type=OTHER)))
        assert len(asked.query.requested) == 2

    def test_ages_are_counted_over_all_documents(self):
        with pytest.raises(RemoteProtocolError) as refused:
            verified(by_the_shop(items(["age_over_18", "age_over_20"]), items(["age_over_65"], doc_type=OTHER)))
        assert refused.value.code == "TOO_MANY_AGES"

    @pytest.mark.parametrize("other", ["loan", None])
    def test_all_documents_are_for_one_purpose(self, other):
        with pytest.raises(RemoteProtocolError, match="several purposes"):
            verified(by_the_shop(items(purpose="shopping"), items(purpose=other, doc_type=OTHER)))
        assert verified(by_the_shop(items(purpose=other), items(purpose=other, doc_type=OTHER))).purpose == other

    def test_registrations_are_those_that_came_along_each_once(self):
        requests = [
            items(registration=text, doc_type=f"{OTHER}.{number}")
            for number, text in enumerate(("one", "two", "one", None))
        ]
        assert verified(by_the_shop(*requests)).registrations == ("one", "two")
        assert verified(by_the_shop(items())).registrations == ()

    @pytest.mark.parametrize("elements", [["age_over_18", "age_over_20"], ["age_over_18", "age_over_20", "name"]])
    def test_two_ages_may_be_asked_for(self, elements):
        assert len(verified(by_the_shop(items(elements))).query.requested[0].claims) == len(elements)

    def test_three_ages_may_not(self):
        """Many answers together are a birth year; that they stand in several namespaces makes no difference."""
        three = [f"age_over_{age}" for age in (18, 20, 65)]
        split = ItemsRequest.create(
            AGE_NAMESPACE,
            {AGE_NAMESPACE: dict.fromkeys(three[:2], False), "other": {three[2]: False}},
            purpose="shopping",
        )
        for asked in (items(three), split):
            with pytest.raises(RemoteProtocolError) as refused:
                verified(by_the_shop(asked))
            assert refused.value.code == "TOO_MANY_AGES"

    def test_as_many_elements_may_be_asked_for_as_a_query_has_claims(self):
        names = [f"e{number}" for number in range(MAX_CLAIMS + 1)]
        assert len(verified(by_the_shop(items(names[:-1]))).query.requested[0].claims) == MAX_CLAIMS
        with pytest.raises(LimitExceededError, match=f"more than {MAX_CLAIMS} elements"):
            verified(by_the_shop(items(names)))

    @pytest.mark.parametrize("data", [b"", b"\x00", b"\xa0", cbor.dumps({"version": "1.0", "docRequests": []})])
    def test_what_is_no_request_is_malformed(self, data):
        with pytest.raises(MalformedError):
            verified(data)

    def test_another_version_is_not_answered(self):
        members = cbor.loads(by_the_shop(items())) | {"version": "2.0"}
        with pytest.raises(UnsupportedError):
            verified(cbor.dumps(members))

    def test_its_text_does_not_repeat_the_messages(self):
        text = repr(incoming(sent().device_request))
        assert "device_request" not in text
        assert "session_transcript" not in text


def of_a_resident(**changed: Any) -> dict[str, Any]:
    namespace = str(Resident.doctype)
    claims = [{"path": [namespace, "over_20"]}, {"path": [namespace, "full_name"], "intent_to_retain": True}]
    return one_query(meta={"doctype_value": namespace}, claims=claims, **changed)


class TestAskable:
    @pytest.mark.parametrize(
        "query",
        [
            query_of(),
            query_of(one_query(), of_a_resident(id="b")),
            query_of(one_query(), of_a_resident(id="b"), credential_sets=[{"options": [["age", "b"]]}]),
            query_of(
                one_query(), of_a_resident(id="b"), credential_sets=[{"options": [["age"]]}, {"options": [["b"]]}]
            ),
        ],
    )
    def test_elements_of_different_documents_all_of_them_needed(self, query):
        request = sent(query)
        asked = [one.items_request for one in DeviceRequest.parse(request.device_request).doc_requests]
        assert [one.doc_type for one in asked] == [one.type_ids[0] for one in query.requested]
        assert {one.purpose for one in asked} == {"shopping"}
        assert {one.registration for one in asked} == {WORLD.shop_enrolment.registrations["shopping"]}
        assert (request.query, request.purpose, request.expires) == (query, "shopping", EXPIRES)

    def test_a_query_that_no_set_names_is_not_asked(self):
        query = query_of(one_query(), of_a_resident(id="b"), credential_sets=[{"options": [["age"]]}])
        assert len(DeviceRequest.parse(sent(query).device_request).doc_requests) == 1

    def test_what_is_kept_is_said_element_by_element(self):
        asked = DeviceRequest.parse(sent(query_of(of_a_resident())).device_request).doc_requests[0].items_request
        assert asked.name_spaces == {Resident.doctype: {"over_20": False, "full_name": True}}

    def test_elements_of_several_namespaces_stay_apart(self):
        claims = [{"path": ["a", "x"]}, {"path": ["b", "x"]}, {"path": ["a", "y"]}]
        asked = DeviceRequest.parse(sent(query_of(one_query(claims=claims))).device_request).doc_requests[0]
        assert asked.items_request.name_spaces == {"a": {"x": False, "y": False}, "b": {"x": False}}

    @pytest.mark.parametrize(
        "query",
        [
            query_of({"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["x"]}, "claims": [{"path": ["a"]}]}),
            query_of({name: value for name, value in one_query().items() if name != "claims"}),
            query_of(one_query(multiple=True)),
            query_of(one_query(claims=[{"id": "a", "path": [AGE_NAMESPACE, "age_over_20"]}], claim_sets=[["a"]])),
            query_of(one_query(claims=[{"path": [AGE_NAMESPACE, "age_over_20"], "values": [True]}])),
            query_of(one_query(), one_query(id="b")),
            query_of(one_query(), of_a_resident(id="b"), credential_sets=[{"options": [["age"], ["b"]]}]),
            query_of(one_query(), credential_sets=[{"options": [["age"]], "required": False}]),
            query_of(
                one_query(),
                of_a_resident(id="b"),
                credential_sets=[{"options": [["age"]]}, {"options": [["b"]], "required": False}],
            ),
            query_of(one_query(), of_a_resident(id="b", multiple=True)),
        ],
        ids=[
            "another format",
            "no element",
            "several documents",
            "combinations of elements",
            "values that will do",
            "one type twice",
            "one or the other",
            "not needed",
            "one of two not needed",
            "several of the second",
        ],
    )
    def test_anything_else_cannot_be_asked_in_a_session(self, query):
        with pytest.raises(ValueError, match="a session asks for elements of mdocs of different types"):
            sent(query)


class TestResponse:
    """Each document goes under the query for its type, and nothing in it is verified yet."""

    def answer(self, *doc_types: str) -> bytes:
        return document.write([cbor.dumps({"docType": doc_type}) for doc_type in doc_types])

    def request(self) -> SentDeviceRequest:
        return sent(query_of(one_query(), of_a_resident(id="b")))

    def test_documents_are_told_apart_by_their_types_in_any_order(self):
        for order in ((AGE_NAMESPACE, Resident.doctype), (Resident.doctype, AGE_NAMESPACE)):
            response = self.request().response(self.answer(*order))
            assert response.state is None
            assert {
                query_id: document.DeviceResponse.loads(base64url.decode(raw)).documents[0]["docType"]
                for query_id, (raw,) in response.vp_token.items()
            } == {"age": AGE_NAMESPACE, "b": Resident.doctype}

    def test_one_that_is_missing_is_left_to_the_verifier(self):
        assert set(self.request().response(self.answer(AGE_NAMESPACE)).vp_token) == {"age"}

    @pytest.mark.parametrize("doc_types", [("other",), (AGE_NAMESPACE, "other"), (AGE_NAMESPACE, AGE_NAMESPACE)])
    def test_one_that_nobody_asked_for_and_one_twice_are_refused(self, doc_types):
        with pytest.raises(QueryNotSatisfiedError) as refused:
            self.request().response(self.answer(*doc_types))
        assert refused.value.code == "UNEXPECTED_PRESENTATION"

    def test_an_answer_with_an_error_is_none(self):
        with pytest.raises(RemoteProtocolError, match="MDOC_STATUS"):
            self.request().response(document.write([], status=document.Status.GENERAL_ERROR))

    @pytest.mark.parametrize("data", [b"", b"\x00", b"\xa0"])
    def test_what_is_no_answer_is_malformed(self, data):
        with pytest.raises(MalformedError):
            self.request().response(data)


class TestKept:
    """What was kept decides what is accepted, so it has to be what was signed."""

    KEY = WORLD.shop_enrolment.signer.public_key

    def test_it_is_what_this_reader_has_signed(self):
        sent(query_of(one_query(), of_a_resident(id="b"))).require_signed_by(self.KEY)

    @pytest.mark.parametrize(
        "changed",
        [
            {"session_transcript": OTHER_TRANSCRIPT},
            {"purpose": "loan"},
            {"query": query_of(one_query(claims=[{"path": [AGE_NAMESPACE, "age_over_18"]}]))},
            {"query": query_of(one_query(claims=[{"path": ["other", "age_over_20"]}]))},
            {"query": query_of(one_query(meta={"doctype_value": "other"}))},
            {"query": query_of(one_query(claims=[{"path": [AGE_NAMESPACE, "age_over_20"], "intent_to_retain": True}]))},
            {"query": query_of(one_query(), of_a_resident(id="b"))},
            {"device_request": b""},
            {"device_request": cbor.dumps({"version": "1.0", "docRequests": []})},
        ],
    )
    def test_nothing_of_it_was_changed(self, changed):
        with pytest.raises(BindingError) as refused:
            replace(sent(), **changed).require_signed_by(self.KEY)
        assert refused.value.code == "REQUEST_NOT_OURS"

    def test_none_of_two_was_left_out(self):
        both = sent(query_of(one_query(), of_a_resident(id="b")))
        with pytest.raises(BindingError, match="REQUEST_NOT_OURS"):
            replace(both, query=query_of()).require_signed_by(self.KEY)

    def test_another_reader_has_not_signed_it(self):
        for key in (SoftwareSigner.generate().public_key, WORLD.bank_enrolment.signer.public_key):
            with pytest.raises(BindingError, match="REQUEST_NOT_OURS"):
                sent().require_signed_by(key)

    def test_nobody_has_signed_what_is_not_signed(self):
        request = sent()
        [signed] = DeviceRequest.parse(request.device_request).doc_requests
        bare = DeviceRequest.create([DocRequest.unsigned(signed.items_request)]).encoded
        with pytest.raises(BindingError, match="REQUEST_NOT_OURS"):
            replace(request, device_request=bare).require_signed_by(self.KEY)

    def test_the_second_document_request_is_signed_too(self):
        request = sent(query_of(one_query(), of_a_resident(id="b")))
        first, second = DeviceRequest.parse(request.device_request).doc_requests
        half = DeviceRequest.create([first, DocRequest.unsigned(second.items_request)]).encoded
        with pytest.raises(BindingError, match="REQUEST_NOT_OURS"):
            replace(request, device_request=half).require_signed_by(self.KEY)

    def test_an_answer_in_a_session_has_no_state(self):
        sent().require_state(None)
        for state in ("", "a state"):
            with pytest.raises(BindingError) as refused:
                sent().require_state(state)
            assert refused.value.code == "STATE_MISMATCH"

    @pytest.mark.parametrize("required", [True, False])
    def test_an_answer_is_bound_to_the_session(self, required):
        request = sent()
        binding = request.binding(required=required)
        assert (binding.session_transcript, binding.reader_key) == (TRANSCRIPT, request.reader_key)
        assert (binding.nonce, binding.required) == (request.digest, required)

    def test_two_requests_for_the_same_are_two(self):
        """The transcript has fresh keys in it, and so each signature is another one."""
        assert sent().answer_id != sent(session_transcript=OTHER_TRANSCRIPT).answer_id

    def test_an_answer_is_judged_by_the_nearest_age_and_by_no_other_leniency(self):
        request = sent()
        [query] = request.query.requested
        [near] = request.query_for(query, {AGE_NAMESPACE: {"age_over_65": True}}).claims
        assert near.path == (AGE_NAMESPACE, "age_over_65")
        assert request.query_for(query, {AGE_NAMESPACE: {"holder": "x"}}) is query
        assert request.query_for(query, {AGE_NAMESPACE: {"age_over_18": True}}) is query

    def test_its_text_has_no_messages_and_no_keys(self):
        text = repr(sent())
        for hidden in ("device_request", "session_transcript", "reader_key"):
            assert hidden not in text


def test_every_refusal_is_one_of_ours():
    """Each prefix of a request, and each with a byte changed, ends in an error of ours."""
    data = sent().device_request
    for length in range(0, len(data), 7):
        with pytest.raises(VcError):
            verified(data[:length])
    for position in range(0, len(data), 11):
        changed = bytearray(data)
        changed[position] ^= 1
        with pytest.raises(VcError):
            verified(bytes(changed))
