# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A verifier face to face with a wallet (ISO/IEC 18013-5): what it can ask, what it believes, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.meeting import AGE_NAMESPACE, DECRYPTION_FAILED, NOT_CBOR, TERMINATION, Meeting, age_world
from tests.support.world import (
    CANARIES,
    DAYS_90,
    MDOC,
    SD_JWT,
    SHOPPING,
    AgeCard,
    Income,
    Resident,
    World,
    approved,
    credential_of,
    found,
    snapshot,
)
from vcwallet.checks import Result
from vcwallet.credential_type import Claim, CredentialType
from vcwallet.encoding import base64url, cbor
from vcwallet.errors import (
    BindingError,
    DigestInvalidError,
    LocalProtocolError,
    MalformedError,
    NotAuthorisedError,
    QueryNotSatisfiedError,
    RemoteProtocolError,
    ReplayError,
    SignatureInvalidError,
    UntrustedError,
    ValidityError,
    VcError,
)
from vcwallet.formats.mdoc import Mdoc, document
from vcwallet.formats.mdoc.held import HeldMdoc
from vcwallet.keys.algorithm import Algorithm
from vcwallet.keys.software import SoftwareKeyAgreement, SoftwareSigner
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.proximity import State
from vcwallet.protocols.proximity.asking import SentDeviceRequest
from vcwallet.protocols.proximity.messages import SessionData, SessionEstablishment, parse
from vcwallet.registry import TrustRegistry
from vcwallet.storage import MemoryStore
from vcwallet.verifier import ask
from vcwallet.wallet.session import device_response


@pytest.fixture
def world() -> World:
    return age_world()


class Badge(CredentialType, vct="urn:example:badge:1", ja="記章", en="Badge"):
    """A type with one format only."""

    level: Annotated[int, Claim("級", "Level")]


def answer_of(world: World, meeting: Meeting, *questions: Any, **options: Any) -> bytes:
    """Return the DeviceResponse that the phone would send."""
    consent = approved(meeting.ask(*questions or ["age_over_20"], **options))
    return device_response(world.wallet.present(consent), consent)


def expected_of(meeting: Meeting) -> SentDeviceRequest:
    expected = meeting.till._expected
    assert expected is not None
    return expected


def changed(response: bytes, change: Callable[[Any], object]) -> bytes:
    members = cbor.loads(response)
    change(members)
    return cbor.dumps(members)


class TestAsking:
    def test_what_it_says_of_itself_in_a_session_is_what_is_registered(self, world):
        prompt = Meeting.of(world).ask("age_over_20")
        assert (prompt.verifier_id, prompt.purpose_code) == (world.shop.identifier, SHOPPING.code)

    def test_a_query_can_be_asked_as_it_is(self, world):
        claims = [{"path": [AGE_NAMESPACE, "age_over_20"]}]
        one = {"id": "age", "format": MDOC, "meta": {"doctype_value": AGE_NAMESPACE}, "claims": claims}
        meeting = Meeting.of(world)
        verified = meeting.answer(meeting.ask(DcqlQuery.from_json({"credentials": [one]})))
        assert list(verified.credentials) == ["age"]

    def test_a_verifier_that_prefers_another_format_asks_for_mdocs_here(self):
        world = age_world(also=(SD_JWT,))
        meeting = Meeting.of(world)
        assert meeting.answer(meeting.ask("age_over_20"))[AgeCard].age_over_20

    @pytest.mark.parametrize(
        ("questions", "reason"),
        [
            ([ask(Badge, "level")], "Badge has no format"),
            ([ask(AgeCard, "age_over_20", format=SD_JWT)], "AgeCard has no format"),
            ([ask(AgeCard, "age_over_20", optional=True)], "all of them needed"),
            ([ask(AgeCard, "age_over_20"), ask(Income, "total", optional=True)], "all of them needed"),
            ([ask(AgeCard, "age_over_20"), ask(AgeCard, "age_over_18")], "different types"),
            ([ask(AgeCard)], "elements of mdocs"),
            ([ask(AgeCard, values={"age_over_20": [True]})], "whatever they say"),
            ([], "a request has"),
        ],
    )
    def test_what_cannot_be_asked_is_a_mistake_and_sends_nothing(self, world, questions, reason):
        meeting = Meeting.of(world)
        with pytest.raises(ValueError, match=reason):
            meeting.till.request(*questions, purpose="shopping")
        assert meeting.till.state is State.ENGAGED
        assert meeting.answer(meeting.ask("age_over_20"))[AgeCard].age_over_20

    def test_a_purpose_that_is_not_registered_is_not_asked_for(self, world):
        meeting = Meeting.of(world)
        with pytest.raises(LocalProtocolError) as refused:
            meeting.request("age_over_20", purpose="loan")
        assert refused.value.code == "PURPOSE_NOT_REGISTERED"
        assert meeting.till.state is State.ENGAGED

    def test_a_reader_without_a_certificate_for_mdocs_asks_nothing(self, world):
        """Keys on curves that readers do not have get a certificate for OpenID4VP only."""
        signer = SoftwareSigner.generate(Algorithm.ED25519)
        enrolment = world.registry.enrol_verifier("Modern shop", purposes=[SHOPPING], signer=signer)
        meeting = Meeting.of(world, verifier=world.verifier(enrolment))
        with pytest.raises(LocalProtocolError) as refused:
            meeting.request("age_over_20")
        assert refused.value.code == "NO_CERTIFICATE"

    def test_an_answer_comes_before_the_next_question(self, world):
        meeting = Meeting.of(world)
        first = meeting.request("age_over_20")
        expected = expected_of(meeting)
        with pytest.raises(LocalProtocolError):
            meeting.request("age_over_18")
        assert meeting.till._expected is expected
        prompt = meeting.phone.receive(first)
        assert meeting.answer(prompt)[AgeCard].age_over_20

    def test_a_code_that_is_none_is_refused(self, world):
        for code in ("", "mdoc:", "mdoc:AAAA", "https://shop.example", world.wallet.start_session().qr[:-6]):
            with pytest.raises(VcError):
                world.shop.start_session(code)

    def test_each_session_has_keys_of_its_own(self, world):
        code = world.wallet.start_session().qr
        sessions = [world.shop.start_session(code) for _ in range(2)]
        assert len({one._session.session_transcript for one in sessions}) == 2


class TestBelieving:
    """Everything that is checked of an answer over OpenID4VP is checked here, too."""

    def refused(self, world: World, meeting: Meeting, response: bytes, error: type[VcError], code: str) -> None:
        before = snapshot(world.shop_store)
        with pytest.raises(error) as caught:
            meeting.respond(response)
        assert caught.value.code == code
        assert snapshot(world.shop_store) == before
        assert (meeting.till.state, meeting.till._expected) == (State.ANSWERED, None)

    def test_what_was_asked_for_and_proved_is_evidence(self, world):
        meeting = Meeting.of(world)
        verified = meeting.respond(answer_of(world, meeting))
        [one] = verified.evidence(AgeCard)
        assert (one.issuer.party, one.format, one.holder_proved) == ("urn:vcwallet:party:city", MDOC, True)
        assert (verified.purpose, verified.verified_at) == ("shopping", world.clock())

    def test_a_recorded_answer_is_none_in_another_session(self, world):
        first, second = Meeting.of(world), Meeting.of(world)
        recorded = answer_of(world, first)
        second.ask("age_over_20")
        self.refused(world, second, recorded, BindingError, "DEVICE_AUTH_INVALID")
        assert first.respond(recorded)[AgeCard].age_over_20

    def test_an_answer_over_openid4vp_is_none_in_a_session(self, world):
        request = world.ask(ask(AgeCard, "age_over_20"), purpose="shopping", by=world.shop)
        [[raw]] = world.answer(request).vp_token.values()
        meeting = Meeting.of(world)
        meeting.ask("age_over_20")
        self.refused(world, meeting, base64url.decode(raw), BindingError, "DEVICE_AUTH_INVALID")

    def test_an_answer_in_a_session_is_none_over_openid4vp(self, world):
        meeting = Meeting.of(world)
        response = answer_of(world, meeting)
        request = world.ask(ask(AgeCard, "age_over_20"), purpose="shopping", by=world.shop)
        token = {"age_card": (base64url.encode(response),)}
        answer = type(world.answer(request))(vp_token=token, state=request.state)
        with pytest.raises(BindingError, match="DEVICE_AUTH_INVALID"):
            world.shop.verify(answer, expected=request)

    def test_an_answer_of_an_earlier_round_is_none_in_a_later_one_for_other_elements(self, world):
        """The proof is for the session, so it is the query that tells them apart."""
        meeting = Meeting.of(world)
        first = answer_of(world, meeting, "age_over_65")
        meeting.respond(first)
        meeting.ask("age_over_20")
        self.refused(world, meeting, first, QueryNotSatisfiedError, "CLAIMS_MISSING")

    def test_one_age_does_not_settle_every_question(self, world):
        meeting = Meeting.of(world)
        response = answer_of(world, meeting, "age_over_18")
        other = Meeting.of(world)
        other.ask("age_over_20")
        with pytest.raises(BindingError):
            other.respond(response)
        with pytest.raises(QueryNotSatisfiedError, match="CLAIMS_MISSING"):
            world.shop.verify(
                expected_of(meeting).response(response), expected=self.same_session(world, meeting, "age_over_20")
            )

    def same_session(self, world: World, meeting: Meeting, claim: str) -> SentDeviceRequest:
        """Return another request that the shop has signed for the same session."""
        return world.shop.device_request(
            ask(AgeCard, claim),
            purpose="shopping",
            session_transcript=meeting.transcript,
            reader_key=meeting.till._key,
            expires=world.clock() + timedelta(minutes=5),
        )

    def test_a_nearer_age_does_and_no_other_is_taken_in(self):
        world = age_world(age_over_18=True, age_over_20=True, age_over_65=True)
        meeting = Meeting.of(world)
        prompt = meeting.ask("age_over_60")
        assert meeting.answer(prompt)[AgeCard].age_over_65 is True
        meeting.ask("age_over_18")
        both = self.shown(world, meeting, "age_over_18", "age_over_65")
        self.refused(world, meeting, both, QueryNotSatisfiedError, "MORE_THAN_ASKED")

    def shown(self, world: World, meeting: Meeting, *claims: str, holder: Any = None) -> bytes:
        """Return an answer with any elements, as a wallet made for it would give."""
        card = next(world.wallet.cards(AGE_NAMESPACE))
        held = HeldMdoc.from_store(card.credential.raw)
        one = held.document(
            [(AGE_NAMESPACE, claim) for claim in claims],
            session_transcript=meeting.transcript,
            signer=holder or world.wallet._keys.signer(str(card.key)),
        )
        return document.write([one])

    def test_an_element_that_nobody_asked_for_is_not_taken_in(self, world):
        meeting = Meeting.of(world)
        meeting.ask("age_over_20")
        self.refused(
            world,
            meeting,
            self.shown(world, meeting, "age_over_20", "holder"),
            QueryNotSatisfiedError,
            "MORE_THAN_ASKED",
        )

    def test_somebody_else_s_phone_proves_nothing(self, world):
        meeting = Meeting.of(world)
        meeting.ask("age_over_20")
        thief = self.shown(world, meeting, "age_over_20", holder=SoftwareSigner.generate())
        self.refused(world, meeting, thief, BindingError, "DEVICE_AUTH_INVALID")

    def test_a_document_that_was_not_asked_for_is_refused(self, world):
        world.hold(Income(fiscal_year=2026, total=1))
        meeting = Meeting.of(world)
        response = answer_of(world, meeting)

        def call_it_another(members: Any) -> None:
            members["documents"][0]["docType"] = Income.doctype

        self.refused(
            world, meeting, changed(response, call_it_another), QueryNotSatisfiedError, "UNEXPECTED_PRESENTATION"
        )

    def test_a_document_twice_is_refused(self, world):
        meeting = Meeting.of(world)
        response = answer_of(world, meeting)
        twice = changed(response, lambda members: members["documents"].append(members["documents"][0]))
        self.refused(world, meeting, twice, QueryNotSatisfiedError, "UNEXPECTED_PRESENTATION")

    def test_one_of_two_documents_is_too_few(self):
        world = World(MDOC)
        world.hold()
        meeting = Meeting.of(world, verifier=world.bank)
        response = answer_of(world, meeting, ask(Resident, "full_name"), ask(Income, "total"), purpose="loan")
        with pytest.raises(QueryNotSatisfiedError) as refused:
            meeting.respond(changed(response, lambda members: members["documents"].pop()))
        assert refused.value.code == "CREDENTIAL_SET_UNSATISFIED"
        assert world.bank.receipts() == []

    def test_no_document_at_all_is_no_answer(self, world):
        meeting = Meeting.of(world)
        meeting.ask("age_over_20")
        self.refused(world, meeting, document.write([]), QueryNotSatisfiedError, "CREDENTIAL_SET_UNSATISFIED")

    def test_an_error_of_the_wallet_is_no_answer(self, world):
        meeting = Meeting.of(world)
        meeting.ask("age_over_20")
        error = document.write([], status=document.Status.GENERAL_ERROR)
        self.refused(world, meeting, error, RemoteProtocolError, "MDOC_STATUS")

    def test_what_decrypts_and_is_no_answer_is_malformed(self, world):
        meeting = Meeting.of(world)
        meeting.ask("age_over_20")
        self.refused(world, meeting, b"\x00", MalformedError, "MALFORMED")

    def test_a_changed_value_is_noticed(self, world):
        meeting = Meeting.of(world)
        response = answer_of(world, meeting, "age_over_65")

        def grow_old(members: Any) -> None:
            [elements] = members["documents"][0]["issuerSigned"]["nameSpaces"].values()
            elements[0] = cbor.Tag(24, cbor.dumps(cbor.loads(elements[0].content) | {"elementValue": True}))

        self.refused(world, meeting, changed(response, grow_old), DigestInvalidError, "DIGEST_INVALID")

    def test_a_self_made_issuer_is_nobody(self, world):
        elsewhere = TrustRegistry.found("Elsewhere", store=MemoryStore(), clock=world.clock)
        self.refused_issuer(
            world, elsewhere.enrol_issuer("Mirai City", code="city", may_issue=[AgeCard]), UntrustedError
        )

    def test_an_issuer_of_another_type_is_not_authorised(self, world):
        self.refused_issuer(world, world.office_enrolment, NotAuthorisedError)

    def refused_issuer(self, world: World, enrolment: Any, error: type[VcError]) -> None:
        key = SoftwareSigner.generate()
        forged = credential_of(enrolment, AgeCard(age_over_20=True), at=world.clock(), holder=key, format=MDOC)
        meeting = Meeting.of(world)
        meeting.ask("age_over_20")
        one = HeldMdoc.from_store(forged.raw).document(
            [(AGE_NAMESPACE, "age_over_20")], session_transcript=meeting.transcript, signer=key
        )
        with pytest.raises(error):
            meeting.respond(document.write([one]))

    def test_after_a_refused_answer_another_question_can_be_asked(self, world):
        meeting = Meeting.of(world)
        meeting.ask("age_over_20")
        with pytest.raises(QueryNotSatisfiedError):
            meeting.respond(document.write([]))
        assert meeting.answer(meeting.ask("age_over_20"))[AgeCard].age_over_20


class TestMac:
    """A device can prove its key with a MAC that only this reader can check (clause 9.1.3.5)."""

    def response(self, world: World, meeting: Meeting, reader_key: SoftwareKeyAgreement | None = None) -> bytes:
        private = ec.generate_private_key(ec.SECP256R1())
        key = SoftwareSigner(private)
        raw = world.city.issue(AgeCard(age_over_20=True), format=Mdoc, holder=key.public_key, valid_for=DAYS_90).raw
        own = meeting.till._key if reader_key is None else reader_key
        one = HeldMdoc.from_store(raw).document_with_mac(
            [(AGE_NAMESPACE, "age_over_20")],
            session_transcript=meeting.transcript,
            agreement=SoftwareKeyAgreement(private),
            reader_key=own.public_jwk,
        )
        return document.write([one])

    def test_it_is_a_proof(self, world):
        meeting = Meeting.of(world)
        meeting.ask("age_over_20")
        verified = meeting.respond(self.response(world, meeting))
        assert verified.evidence(AgeCard)[0].holder_proved

    def test_one_for_another_reader_is_none(self, world):
        meeting = Meeting.of(world)
        meeting.ask("age_over_20")
        with pytest.raises(BindingError, match="DEVICE_AUTH_INVALID"):
            meeting.respond(self.response(world, meeting, SoftwareKeyAgreement.generate()))

    def test_one_for_another_session_is_none(self, world):
        meeting, other = Meeting.of(world), Meeting.of(world)
        meeting.ask("age_over_20")
        other.ask("age_over_20")
        with pytest.raises(BindingError, match="DEVICE_AUTH_INVALID"):
            meeting.respond(self.response(world, other))


class TestOnce:
    def test_a_request_is_answered_once(self, world):
        meeting = Meeting.of(world)
        response = answer_of(world, meeting)
        expected = expected_of(meeting)
        meeting.respond(response)
        with pytest.raises(ReplayError):
            world.shop.verify(expected.response(response), expected=expected)
        assert len(world.shop.receipts()) == 1
        assert [record.id for record in found(world.shop_store, "answered")] == [expected.digest]

    def test_a_refused_answer_does_not_use_it_up(self, world):
        meeting = Meeting.of(world)
        response, expected = answer_of(world, meeting), expected_of(meeting)
        with pytest.raises(QueryNotSatisfiedError):
            world.shop.verify(expected.response(document.write([])), expected=expected)
        assert world.shop.verify(expected.response(response), expected=expected)[AgeCard].age_over_20

    def test_a_verifier_object_made_later_remembers(self, world):
        meeting = Meeting.of(world)
        response, expected = answer_of(world, meeting), expected_of(meeting)
        meeting.respond(response)
        later = world.verifier(world.shop_enrolment, store=world.shop_store)
        with pytest.raises(ReplayError):
            later.verify(expected.response(response), expected=expected)

    def test_another_verifier_has_not_asked(self, world):
        meeting = Meeting.of(world)
        response, expected = answer_of(world, meeting), expected_of(meeting)
        with pytest.raises(BindingError, match="REQUEST_NOT_OURS"):
            world.bank.verify(expected.response(response), expected=expected)

    def test_a_second_message_with_the_answer_is_against_the_rules(self, world):
        meeting = Meeting.of(world)
        message = meeting.message(meeting.ask("age_over_20"))
        meeting.till.receive(message)
        with pytest.raises(RemoteProtocolError) as twice:
            meeting.till.receive(message)
        assert twice.value.code == "SESSION_STATE"
        assert (meeting.till.state, meeting.till.end()) == (State.ENDED, TERMINATION)
        assert len(world.shop.receipts()) == 1

    def test_receipts_have_no_values(self):
        world = World(MDOC)
        world.hold()
        meeting = Meeting.of(world, verifier=world.bank)
        meeting.answer(meeting.ask(ask(Resident, "full_name", "address", "birth_date"), purpose="loan"))
        [receipt] = world.bank.receipts()
        assert f"{Resident.doctype}.full_name" in str(receipt.entry)
        assert not any(canary in str(receipt.entry) for canary in CANARIES)


class TestExplaining:
    """`Verifier.explain` takes the answer of a session as it takes any other."""

    def test_a_right_answer_has_no_failure(self, world):
        meeting = Meeting.of(world)
        response, expected = answer_of(world, meeting), expected_of(meeting)
        report = world.shop.explain(expected.response(response), expected=expected)
        assert {finding.result for finding in report.findings} == {Result.PASSED}
        assert meeting.respond(response)[AgeCard].age_over_20  # nothing was used up

    def test_of_a_wrong_one_it_names_the_failure(self, world):
        meeting, other = Meeting.of(world), Meeting.of(world)
        recorded = answer_of(world, other)
        meeting.ask("age_over_20")
        expected = expected_of(meeting)
        report = world.shop.explain(expected.response(recorded), expected=expected)
        assert [(one.check, one.code) for one in report.failures] == [
            ("presentations", "DEVICE_AUTH_INVALID"),
            ("device_auth", "DEVICE_AUTH_INVALID"),
        ]


class TestTime:
    def test_an_answer_has_five_minutes_from_the_question(self, world):
        """However long the reader has thought about it before."""
        meeting = Meeting.of(world)
        world.clock.pass_by(seconds=290)
        prompt = meeting.ask("age_over_20")
        assert expected_of(meeting).expires == world.clock() + timedelta(seconds=300)
        world.clock.pass_by(seconds=299)
        assert meeting.answer(prompt)[AgeCard].age_over_20

    def test_in_a_later_round_as_well(self, world):
        meeting = Meeting.of(world)
        meeting.answer(meeting.ask("age_over_20"))
        world.clock.pass_by(seconds=299)
        prompt = meeting.ask("age_over_18")
        world.clock.pass_by(seconds=299)
        assert meeting.answer(prompt)[AgeCard].age_over_18

    def test_too_late_it_is_not_taken(self, world):
        meeting = Meeting.of(world)
        message = meeting.message(meeting.ask("age_over_20"))
        world.clock.pass_by(seconds=301)
        with pytest.raises(RemoteProtocolError) as late:
            meeting.till.receive(message)
        assert late.value.code == "SESSION_TIMEOUT"
        assert (meeting.till.state, meeting.till.end()) == (State.ENDED, TERMINATION)
        assert world.shop.receipts() == []

    def test_what_was_kept_is_not_answered_after_its_time(self, world):
        meeting = Meeting.of(world)
        response, expected = answer_of(world, meeting), expected_of(meeting)
        world.clock.pass_by(seconds=300)
        with pytest.raises(ValidityError, match="EXPIRED"):
            world.shop.verify(expected.response(response), expected=expected)

    def test_a_question_that_comes_too_late_is_not_sent(self, world):
        meeting = Meeting.of(world)
        world.clock.pass_by(seconds=301)
        with pytest.raises(LocalProtocolError) as late:
            meeting.request("age_over_20")
        assert late.value.code == "SESSION_TIMEOUT"
        assert meeting.till._expected is None


class TestFaults:
    """A fault of the wallet ends the session, with the status that the standard has for it (table 20)."""

    def fails(self, meeting: Meeting, message: bytes, error: type[VcError], answer: bytes, code: str) -> None:
        with pytest.raises(error) as failed:
            meeting.till.receive(message)
        assert failed.value.code == code
        assert meeting.till.state is State.ENDED
        assert meeting.till.end() == answer
        with pytest.raises(LocalProtocolError):
            meeting.till.receive(message)

    def asked(self, world: World) -> Meeting:
        meeting = Meeting.of(world)
        meeting.ask("age_over_20")
        return meeting

    def test_what_is_no_message(self, world):
        self.fails(self.asked(world), b"\x00", MalformedError, NOT_CBOR, "SESSION_CBOR")

    def test_what_does_not_decrypt(self, world):
        meeting = self.asked(world)
        self.fails(
            meeting,
            SessionData(data=bytes(40)).encode(),
            SignatureInvalidError,
            DECRYPTION_FAILED,
            "SESSION_ENCRYPTION",
        )

    def test_a_recorded_message_of_another_session(self, world):
        other = Meeting.of(world)
        recorded = other.message(other.ask("age_over_20"))
        self.fails(self.asked(world), recorded, SignatureInvalidError, DECRYPTION_FAILED, "SESSION_ENCRYPTION")

    def test_an_answer_before_the_question(self, world):
        other = Meeting.of(world)
        recorded = other.message(other.ask("age_over_20"))
        self.fails(Meeting.of(world), recorded, RemoteProtocolError, TERMINATION, "SESSION_STATE")

    def test_a_message_that_only_a_reader_sends(self, world):
        meeting = Meeting.of(world)
        request = meeting.request("age_over_20")
        self.fails(meeting, request, RemoteProtocolError, TERMINATION, "SESSION_STATE")

    def test_the_end_by_the_wallet_is_no_answer(self, world):
        meeting = self.asked(world)
        with pytest.raises(RemoteProtocolError) as ended:
            meeting.till.receive(meeting.phone.decline())
        assert ended.value.code == "SESSION_TERMINATED"
        assert meeting.till.state is State.ENDED
        assert world.shop.receipts() == []

    def test_an_answer_to_what_the_session_did_not_ask_is_none(self, world):
        """Somebody has used the channel below the session; there is nothing to hold the answer to."""
        meeting = Meeting.of(world)
        response = answer_of(world, meeting)
        meeting.till._expected = None
        with pytest.raises(LocalProtocolError, match="nothing was asked"):
            meeting.respond(response)

    def test_ending_says_so_and_ending_again_says_so_again(self, world):
        for meeting in (Meeting.of(world), self.asked(world)):
            assert [meeting.till.end() for _ in range(2)] == [TERMINATION] * 2
            assert meeting.till.state is State.ENDED

    def test_what_the_radio_sees_has_no_values_and_no_names(self, world):
        meeting = Meeting.of(world)
        meeting.answer(meeting.ask("age_over_20"))
        for message in meeting.sent:
            assert not any(text in message for text in (b"age_over_20", b"age-card", b"elementValue", b"shopping"))
            assert isinstance(parse(message), SessionEstablishment | SessionData)


def test_the_result_is_used_as_any_other(world):
    meeting = Meeting.of(world)
    verified = meeting.answer(meeting.ask("age_over_20", "age_over_65"))
    card = verified[AgeCard]
    assert (card.age_over_20, card.age_over_65) == (True, False)
    assert not hasattr(card, "age_over_18")
    assert AgeCard in verified
    assert Income not in verified
