# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet face to face with a reader (ISO/IEC 18013-5): what it shows, answers, refuses and leaves unsaid."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any

import pytest

from tests.support.meeting import (
    AGE_NAMESPACE,
    DECRYPTION_FAILED,
    NOT_CBOR,
    TERMINATION,
    Meeting,
    age_world,
    device_request,
    elements_of,
    items,
)
from tests.support.world import MDOC, SD_JWT, AgeCard, Income, Resident, World, approved, credential_of, resident
from vcwallet.credential_type import Claim, CredentialType, Disclosure, Sensitivity, Statute
from vcwallet.errors import (
    ConsentRequiredError,
    LocalProtocolError,
    MalformedError,
    NoMatchError,
    OverAskingError,
    PurposeMismatchError,
    RemoteProtocolError,
    RequestRefusedError,
    SignatureInvalidError,
    StatuteLimitedError,
    UnsupportedError,
    VcError,
    VerifierUnknownError,
)
from vcwallet.formats.mdoc import DeviceResponse
from vcwallet.formats.mdoc.document import read_document
from vcwallet.protocols.proximity import State, TcpRetrieval
from vcwallet.protocols.proximity.device_request import ItemsRequest
from vcwallet.protocols.proximity.messages import SessionData, SessionStatus, Status, parse
from vcwallet.trust.registration import IntendedUse, grants
from vcwallet.verifier import Verified, Verifier, ask
from vcwallet.wallet.session import device_response


@pytest.fixture
def world() -> World:
    return age_world()


def events(world: World) -> list[str]:
    return [str(entry.entry["event"]) for entry in world.wallet.history()]


def bank_of(world: World, *granted: Any, code: str = "loan", **members: Any) -> Verifier:
    """Return a verifier that is registered for just this."""
    use = IntendedUse(code=code, text={"en": "To test"}, grants=granted, **members)
    enrolment = world.registry.enrol_verifier("Tester", purposes=[use])
    world.wallet.update_trust(world.registry.published())
    return world.verifier(enrolment)


def errors_of(response: bytes) -> dict[str, Any]:
    """Return the elements that a DeviceResponse says are not returned, by document type."""
    documents = map(read_document, DeviceResponse.loads(response).documents)
    return {one.doc_type: one.errors for one in documents if one.errors}


def shown_in(verified: Verified) -> set[str]:
    """Return the elements of an age card that the reader has verified."""
    [credential] = verified.evidence(AgeCard)
    assert {path[0] for path in credential.disclosed} == {AGE_NAMESPACE}
    return {str(path[1]) for path in credential.disclosed}


def answer_of(world: World, meeting: Meeting, *questions: Any, **options: Any) -> bytes:
    """Return the DeviceResponse that the phone gives."""
    consent = approved(meeting.ask(*questions, **options))
    return device_response(world.wallet.present(consent), consent)


class TestAnswering:
    def test_the_prompt_says_who_asks_and_why_and_shows_what_would_be_disclosed(self, world):
        prompt = Meeting.of(world).ask("age_over_20")
        assert (prompt.verifier, prompt.purpose_code, prompt.retention) == ("Liquor shop", "shopping", "0 days")
        [credential] = prompt.credentials
        assert (credential.type_name, credential.issuer_name) == ("Age card", "Mirai City")
        assert [(claim.label, claim.value, claim.always) for claim in credential.claims] == [
            ("20 or older", (True,), False)
        ]

    def test_the_reader_gets_what_was_approved_and_nothing_else(self, world):
        meeting = Meeting.of(world)
        verified = meeting.answer(meeting.ask("age_over_20"))
        assert verified[AgeCard].age_over_20 is True
        assert verified.evidence(AgeCard)[0].claims == {AGE_NAMESPACE: {"age_over_20": True}}

    def test_it_stands_in_the_history_and_in_the_reader_s_receipts(self, world):
        meeting = Meeting.of(world)
        meeting.answer(meeting.ask("age_over_20"))
        entry, receipt = list(world.wallet.history())[-1].entry, world.shop.receipts()[-1].entry
        assert events(world) == ["received", "presented"]
        assert (entry["verifier"], entry["purpose"], entry["retention_days"]) == (
            "urn:vcwallet:party:shop",
            "shopping",
            0,
        )
        assert entry["credentials"] == [
            {
                "type": AGE_NAMESPACE,
                "issuer": "urn:vcwallet:party:city",
                "claims": [f"{AGE_NAMESPACE}.age_over_20"],
            }
        ]
        assert (receipt["event"], receipt["purpose"], receipt["request"]) == ("received", "shopping", entry["request"])

    def test_it_stands_in_the_history_before_anything_is_sent(self, world):
        meeting = Meeting.of(world)
        meeting.message(meeting.ask("age_over_20"))
        assert events(world) == ["received", "presented"]
        assert world.shop.receipts() == []

    def test_several_rounds_make_one_session(self, world):
        meeting = Meeting.of(world)
        for number, questions in enumerate((["age_over_20"], ["age_over_65"], ["age_over_18", "age_over_65"]), start=1):
            verified = meeting.answer(meeting.ask(*questions))
            assert shown_in(verified) == set(questions)
            assert (meeting.phone.state, meeting.till.state) == (State.ANSWERED, State.ANSWERED)
            assert len(world.shop.receipts()) == events(world).count("presented") == number

    def test_the_same_question_twice_is_answered_twice_by_two_decisions(self, world):
        meeting = Meeting.of(world)
        for _ in range(2):
            assert meeting.answer(meeting.ask("age_over_20"))[AgeCard].age_over_20
        assert len({str(receipt.entry["request"]) for receipt in world.shop.receipts()}) == 2

    def test_two_documents_in_one_session(self):
        world = World(MDOC)
        world.hold()
        meeting = Meeting.of(world, verifier=world.bank)
        verified = meeting.answer(meeting.ask(ask(Resident, "full_name"), ask(Income, "above.3000000"), purpose="loan"))
        assert verified[Resident].full_name == "番号　花子"
        assert verified[Income].above == {"3000000": True}
        assert len({verified.evidence(kind)[0].holder_key for kind in (Resident, Income)}) == 2

    def test_claims_that_are_approved_by_name_are_so_here_too(self):
        world = World(MDOC)
        world.hold()
        meeting = Meeting.of(world, verifier=world.bank)
        prompt = meeting.ask(ask(Resident, "nationality"), purpose="loan")
        with pytest.raises(ConsentRequiredError):
            prompt.approve()
        assert meeting.answer(prompt)[Resident].nationality == "Atlantis"

    def test_the_person_chooses_the_card(self, world):
        older = next(world.wallet.cards())
        world.hold(AgeCard(age_over_20=False))
        meeting = Meeting.of(world)
        prompt = meeting.ask("age_over_20")
        assert prompt.credentials[0].claims[0].value == (False,)
        assert meeting.answer(prompt, cards={"document_0": older.id})[AgeCard].age_over_20 is True

    @pytest.mark.parametrize("reader_first", [True, False])
    def test_the_last_answer_can_end_the_session(self, world, reader_first):
        meeting = Meeting.of(world)
        message = meeting.phone.answer(meeting.ask("age_over_20").approve(), is_last=True)
        assert meeting.phone.state is State.ENDED
        assert meeting.till.receive(message)[AgeCard].age_over_20 is True
        assert meeting.till.state is State.ENDED
        ended = meeting.till.end() if reader_first else meeting.phone.decline()
        assert ended == TERMINATION

    def test_an_answer_goes_on_unless_it_is_said_to_be_the_last(self, world):
        meeting = Meeting.of(world)
        message = parse(meeting.message(meeting.ask("age_over_20")))
        assert isinstance(message, SessionData)
        assert not message.is_last
        assert meeting.phone.state is State.ANSWERED


class TestAges:
    """Of an age, the nearest answer that settles the question (clause 7.2.5), which the person sees before."""

    @pytest.mark.parametrize(
        ("held", "asked", "shown"),
        [
            ({"age_over_20": True}, "age_over_20", {"age_over_20": True}),
            ({"age_over_20": True, "age_over_65": True}, "age_over_18", {"age_over_20": True}),
            ({"age_over_65": True}, "age_over_60", {"age_over_65": True}),
            ({"age_over_18": False}, "age_over_20", {"age_over_18": False}),
            ({"age_over_18": False, "age_over_20": False}, "age_over_65", {"age_over_20": False}),
        ],
    )
    def test_the_nearest_is_shown_to_the_person_and_then_to_the_reader(self, held, asked, shown):
        world = age_world(**held)
        meeting = Meeting.of(world)
        prompt = meeting.ask(asked)
        assert {str(claim.path[1]): claim.value[0] for claim in prompt.credentials[0].claims} == shown
        assert meeting.answer(prompt).evidence(AgeCard)[0].claims == {AGE_NAMESPACE: shown}

    @pytest.mark.parametrize(
        ("held", "asked"),
        [
            ({"age_over_65": False}, "age_over_60"),
            ({"age_over_18": True}, "age_over_20"),
            ({"age_over_18": True, "age_over_65": False}, "age_over_20"),
        ],
    )
    def test_without_an_answer_that_settles_it_there_is_none(self, held, asked):
        meeting = Meeting.of(age_world(**held))
        with pytest.raises(NoMatchError):
            meeting.ask(asked)
        assert meeting.phone.decline() == TERMINATION

    def test_over_openid4vp_the_very_element_is_meant(self):
        world = age_world(age_over_65=True)
        with pytest.raises(NoMatchError):
            world.wallet.match(world.ask(ask(AgeCard, "age_over_60"), purpose="shopping", by=world.shop))
        assert Meeting.of(world).ask("age_over_60").credentials

    def test_an_age_that_a_nearer_one_answers_is_not_called_missing(self):
        """It would say which ages the document does not have."""
        world = age_world(age_over_65=True)
        assert errors_of(answer_of(world, Meeting.of(world), "age_over_60")) == {}


class StrictCard(
    CredentialType, vct="urn:example:strict-card:1", doctype="org.example.strict-card.1", ja="証", en="Strict card"
):
    """Of its ages, some are guarded by more than others."""

    age_over_18: Annotated[bool | None, Claim("十八歳以上", "18 or older")] = None
    age_over_20: Annotated[bool | None, Claim("二十歳以上", "20 or older")] = None
    age_over_60: Annotated[bool | None, Claim("六十歳以上", "60 or older", sensitivity=Sensitivity.C)] = None
    age_over_65: Annotated[
        bool | None,
        Claim("六十五歳以上", "65", sensitivity=Sensitivity.X, statute=Statute(code="NO_BASIS", bases=("age_act",))),
    ] = None
    age_over_70: Annotated[bool | None, Claim("七十歳以上", "70 or older", disclosure=Disclosure.NEVER)] = None
    age_over_75: Annotated[bool | None, Claim("七十五歳以上", "75 or older", sensitivity=Sensitivity.D)] = None


class TestNearestAgesThatAreGuarded:
    """What comes in the place of what was asked for is screened as if it had been asked for itself."""

    def meeting(self, **ages: bool) -> tuple[World, Meeting]:
        world = World(MDOC)
        issuer = world.registry.enrol_issuer("Card office", may_issue=[StrictCard])
        reader = bank_of(world, *grants(StrictCard))
        key = world.wallet.new_holder_key()
        record = StrictCard(**ages)
        world.wallet.receive(credential_of(issuer, record, at=world.clock(), holder=key, format=MDOC))
        return world, Meeting.of(world, verifier=reader)

    @pytest.mark.parametrize("held", ["age_over_65", "age_over_70", "age_over_75"])
    def test_a_limited_one_one_of_special_care_and_one_for_the_holder_only_do_not_answer(self, held):
        _, meeting = self.meeting(**{held: True})
        with pytest.raises(NoMatchError):
            meeting.ask(ask(StrictCard, "age_over_18"), purpose="loan")
        assert meeting.phone.decline() == TERMINATION

    def test_an_ordinary_one_does(self):
        _, meeting = self.meeting(age_over_20=True, age_over_65=True)
        prompt = meeting.ask(ask(StrictCard, "age_over_18"), purpose="loan")
        assert meeting.answer(prompt)[StrictCard].age_over_20 is True

    def test_a_guarded_one_is_approved_by_name(self):
        _, meeting = self.meeting(age_over_60=True)
        prompt = meeting.ask(ask(StrictCard, "age_over_18"), purpose="loan")
        assert prompt.to_approve_by_name == (f"document_0.{StrictCard.doctype}.age_over_60",)
        with pytest.raises(ConsentRequiredError):
            prompt.approve()
        assert meeting.answer(prompt)[StrictCard].age_over_60 is True

    def test_a_forged_consent_to_a_limited_one_is_not_presented(self):
        world, meeting = self.meeting(age_over_18=True, age_over_65=True)
        consent = meeting.ask(ask(StrictCard, "age_over_18"), purpose="loan").approve()
        [chosen] = consent.credentials
        limited = replace(chosen.claims[0], path=(str(StrictCard.doctype), "age_over_65"))
        with pytest.raises(ConsentRequiredError):
            meeting.phone.answer(replace(consent, credentials=(replace(chosen, claims=(limited,)),)))
        assert events(world) == ["received"]


class TestMissingElements:
    """What a document does not have is not returned, with an error that says no more than that (table 9)."""

    @pytest.fixture
    def world(self) -> World:
        made = age_world(holder="未来", age_over_20=True)
        made.bank = bank_of(made, *grants(AgeCard), *grants(Resident))
        return made

    def test_it_is_left_out_and_named_as_missing(self, world):
        meeting = Meeting.of(world, verifier=world.bank)
        answer = answer_of(world, meeting, ask(AgeCard, "holder", "age_over_65"), purpose="loan")
        assert elements_of(answer) == {AGE_NAMESPACE: {"holder": "未来"}}
        assert errors_of(answer) == {AGE_NAMESPACE: {AGE_NAMESPACE: {"age_over_65": 0}}}

    def test_without_a_missing_element_there_is_no_error(self, world):
        meeting = Meeting.of(world, verifier=world.bank)
        answer = answer_of(world, meeting, ask(AgeCard, "holder", "age_over_20"), purpose="loan")
        assert elements_of(answer) == {AGE_NAMESPACE: {"holder": "未来", "age_over_20": True}}
        assert errors_of(answer) == {}

    def test_of_two_ages_one_of_which_is_known_the_other_is_not_called_missing(self, world):
        """An age that was returned may have been meant for either question."""
        meeting = Meeting.of(world, verifier=world.bank)
        answer = answer_of(world, meeting, ask(AgeCard, "age_over_20", "age_over_65", "holder"), purpose="loan")
        assert set(elements_of(answer)[AGE_NAMESPACE]) == {"age_over_20", "holder"}
        assert errors_of(answer) == {}

    def test_each_document_has_its_own_errors(self, world):
        namespace = str(Resident.doctype)
        meeting = Meeting.of(world, verifier=world.bank)
        world.hold(resident())
        registration = world.bank._enrolment.registrations["loan"]
        questions = [
            items(["holder", "title"], purpose="loan", registration=registration),
            items(
                ["full_name", "title"],
                doc_type=namespace,
                namespace=namespace,
                purpose="loan",
                registration=registration,
            ),
        ]
        consent = approved(meeting.deliver(device_request(meeting, world.bank._enrolment, *questions)))
        answer = device_response(world.wallet.present(consent), consent)
        assert errors_of(answer) == {
            AGE_NAMESPACE: {AGE_NAMESPACE: {"title": 0}},
            namespace: {namespace: {"title": 0}},
        }
        assert elements_of(answer, 1) == {namespace: {"full_name": "番号　花子"}}

    def test_elements_of_a_namespace_that_is_not_there_are_missing_too(self, world):
        meeting, bank = Meeting.of(world, verifier=world.bank), world.bank._enrolment
        asked = ItemsRequest.create(
            AGE_NAMESPACE,
            {AGE_NAMESPACE: {"holder": False}, "org.example.else": {"x": False}},
            purpose="loan",
            registration=bank.registrations["loan"],
        )
        consent = approved(meeting.deliver(device_request(meeting, bank, asked)))
        answer = device_response(world.wallet.present(consent), consent)
        assert errors_of(answer) == {AGE_NAMESPACE: {"org.example.else": {"x": 0}}}

    def test_where_nothing_is_there_nothing_is_answered(self, world):
        with pytest.raises(NoMatchError):
            Meeting.of(world, verifier=world.bank).ask(ask(AgeCard, "age_over_65"), purpose="loan")

    def test_a_reader_of_ours_does_not_take_less_than_it_asked_for(self, world):
        meeting = Meeting.of(world, verifier=world.bank)
        prompt = meeting.ask(ask(AgeCard, "holder", "age_over_65"), purpose="loan")
        with pytest.raises(VcError, match="CLAIMS_MISSING"):
            meeting.answer(prompt)


class TestRefusing:
    """Nothing that is sent tells one reason from another: the session ends, with status 20 (clause 9.1.1.4)."""

    def end_of(self, meeting: Meeting, error: type[VcError] | None, *questions: Any, **options: Any) -> bytes:
        if error is None:
            meeting.ask(*questions, **options)
        else:
            with pytest.raises(error):
                meeting.ask(*questions, **options)
        message = meeting.phone.decline()
        assert meeting.phone.state is State.ENDED
        with pytest.raises(RemoteProtocolError) as ended:
            meeting.till.receive(message)
        assert ended.value.code == "SESSION_TERMINATED"
        assert meeting.till.state is State.ENDED
        return message

    def test_a_no_looks_like_an_empty_wallet_and_like_a_refusal(self, world):
        empty = World(MDOC)
        messages = {
            self.end_of(Meeting.of(world), None, "age_over_20"),
            self.end_of(Meeting.of(empty), NoMatchError, "age_over_20"),
            self.end_of(Meeting.of(age_world(age_over_18=True)), NoMatchError, "age_over_20"),
            self.end_of(Meeting.of(world), OverAskingError, ask(AgeCard, "holder")),
        }
        assert messages == {TERMINATION}
        assert parse(TERMINATION) == SessionStatus(status=Status.SESSION_TERMINATION)

    def test_only_what_was_refused_stands_in_the_history(self, world):
        self.end_of(Meeting.of(world), None, "age_over_20")
        assert events(world) == ["received"]
        self.end_of(Meeting.of(world), OverAskingError, ask(AgeCard, "holder"))
        entry = list(world.wallet.history())[-1].entry
        assert (entry["event"], entry["verifier"], entry["code"]) == (
            "refused",
            "urn:vcwallet:party:shop",
            "OVER_ASKING",
        )
        assert world.shop.receipts() == []

    def test_more_than_is_registered(self, world):
        meeting = Meeting.of(world)
        with pytest.raises(OverAskingError) as refused:
            meeting.ask(ask(AgeCard, "age_over_20", "holder"))
        assert refused.value.claims == (f"{AGE_NAMESPACE}: {AGE_NAMESPACE}.holder",)

    def test_a_claim_that_a_statute_limits(self):
        world = World(MDOC)
        world.hold()
        meeting = Meeting.of(world, verifier=bank_of(world, *grants(Resident, "number", "over_20")))
        with pytest.raises(StatuteLimitedError, match="NUMBER_NO_BASIS"):
            meeting.ask(ask(Resident, "over_20", "number"), purpose="loan")
        lawful = Meeting.of(world, verifier=world.bank)
        assert lawful.answer(lawful.ask(ask(Resident, "number"), purpose="withholding"))[Resident].number

    def test_a_claim_to_be_kept_by_who_registered_to_keep_nothing(self, world):
        meeting, shop = Meeting.of(world), world.shop_enrolment
        for keeps, error in ((True, "RETENTION_NOT_REGISTERED"), (False, None)):
            meeting = Meeting.of(world)
            asked = items({"age_over_20": keeps}, registration=shop.registrations["shopping"])
            if error is None:
                assert meeting.deliver(device_request(meeting, shop, asked)).credentials
            else:
                with pytest.raises(RequestRefusedError, match=error):
                    meeting.deliver(device_request(meeting, shop, asked))

    def test_a_purpose_that_the_registration_is_not_for(self, world):
        shop, meeting = world.shop_enrolment, Meeting.of(world)
        asked = items(purpose="loan", registration=shop.registrations["shopping"])
        with pytest.raises(PurposeMismatchError):
            meeting.deliver(device_request(meeting, shop, asked))

    def test_without_a_purpose_the_registration_states_it_alone(self, world):
        shop, meeting = world.shop_enrolment, Meeting.of(world)
        asked = items(purpose=None, registration=shop.registrations["shopping"])
        assert meeting.deliver(device_request(meeting, shop, asked)).purpose_code == "shopping"

    def test_a_reader_without_a_registration_certificate(self, world):
        meeting = Meeting.of(world)
        with pytest.raises(VerifierUnknownError):
            meeting.deliver(device_request(meeting, world.shop_enrolment, items()))

    def test_a_reader_with_two(self, world):
        meeting, registration = Meeting.of(world), world.shop_enrolment.registrations["shopping"]
        other = world.bank_enrolment.registrations["loan"]
        asked = [items(registration=registration), items(registration=other, doc_type="org.example.other.1")]
        with pytest.raises(VerifierUnknownError):
            meeting.deliver(device_request(meeting, world.shop_enrolment, *asked))

    def test_a_reader_with_the_registration_of_another(self, world):
        meeting = Meeting.of(world)
        for code, purpose in (("loan", "loan"), ("loan", "shopping")):
            meeting = Meeting.of(world)
            asked = items(purpose=purpose, registration=world.bank_enrolment.registrations[code])
            with pytest.raises(VerifierUnknownError):
                meeting.deliver(device_request(meeting, world.shop_enrolment, asked))

    def test_a_reader_with_the_certificate_of_another(self, world):
        meeting = Meeting.of(world)
        asked = items(registration=world.bank_enrolment.registrations["loan"])
        with pytest.raises(SignatureInvalidError):
            meeting.deliver(device_request(meeting, world.bank_enrolment, asked, signer=world.shop_enrolment.signer))
        assert meeting.phone.decline() == TERMINATION

    def test_a_reader_that_does_not_sign(self, world):
        meeting, registration = Meeting.of(world), world.shop_enrolment.registrations["shopping"]
        with pytest.raises(VerifierUnknownError):
            meeting.deliver(
                device_request(meeting, world.shop_enrolment, items(registration=registration), signed=False)
            )
        assert events(world) == ["received"]

    def test_a_reader_of_another_registry(self, world):
        stranger = World(MDOC)
        with pytest.raises(VerifierUnknownError):
            Meeting.of(world, verifier=stranger.shop).ask("age_over_20")

    @pytest.mark.parametrize("change", ["suspend", "withdraw"])
    def test_a_reader_that_was_stopped(self, world, change):
        getattr(world.registry, change)("urn:vcwallet:party:shop", reason="audit")
        assert Meeting.of(world).ask("age_over_20").credentials
        world.wallet.update_trust(world.registry.published())
        with pytest.raises(VerifierUnknownError):
            Meeting.of(world).ask("age_over_20")

    def test_a_request_of_another_session(self, world):
        """A reader hands on what another reader has signed."""
        honest, relay = Meeting.of(world), Meeting.of(world)
        honest.request("age_over_20")
        assert honest.till._expected is not None
        with pytest.raises(SignatureInvalidError):
            relay.deliver(honest.till._expected.device_request)

    def test_after_a_refusal_the_reader_does_not_get_another_try(self, world):
        meeting = Meeting.of(world)
        with pytest.raises(OverAskingError):
            meeting.ask(ask(AgeCard, "holder"))
        with pytest.raises(LocalProtocolError):
            meeting.till.request(ask(AgeCard, "age_over_20"), purpose="shopping")


class TestConsent:
    def test_it_is_for_one_session(self, world):
        here, there = Meeting.of(world), Meeting.of(world)
        consent, other = here.ask("age_over_20").approve(), there.ask("age_over_20").approve()
        for phone, foreign in ((here.phone, other), (there.phone, consent)):
            with pytest.raises(LocalProtocolError, match="not for what this session asks"):
                phone.answer(foreign)
        assert events(world) == ["received"]
        assert here.till.receive(here.phone.answer(consent))[AgeCard].age_over_20

    def test_it_is_for_the_latest_question(self, world):
        meeting = Meeting.of(world)
        first = meeting.ask("age_over_20")
        meeting.answer(first)
        second = meeting.ask("age_over_18")
        with pytest.raises(LocalProtocolError, match="not for what this session asks"):
            meeting.phone.answer(first.approve())
        assert meeting.answer(second)[AgeCard].age_over_18

    def test_one_to_a_request_over_openid4vp_is_none(self, world):
        meeting = Meeting.of(world)
        meeting.ask("age_over_20")
        elsewhere = world.wallet.match(world.ask(ask(AgeCard, "age_over_20"), purpose="shopping", by=world.shop))
        with pytest.raises(LocalProtocolError, match="not for what this session asks"):
            meeting.phone.answer(elsewhere.approve())

    def test_before_anything_is_asked_there_is_none(self, world):
        meeting, other = Meeting.of(world), Meeting.of(world)
        consent = other.ask("age_over_20").approve()
        with pytest.raises(LocalProtocolError, match="not for what this session asks"):
            meeting.phone.answer(consent)

    def test_one_that_was_given_before_a_refused_question_is_none_after_it(self, world):
        meeting = Meeting.of(world)
        prompt = meeting.ask("age_over_20")
        meeting.answer(prompt)
        with pytest.raises(OverAskingError):
            meeting.ask(ask(AgeCard, "holder"))
        with pytest.raises(LocalProtocolError, match="not for what this session asks"):
            meeting.phone.answer(prompt.approve())

    def test_it_is_used_once(self, world):
        meeting = Meeting.of(world)
        consent = meeting.ask("age_over_20").approve()
        meeting.phone.answer(consent)
        with pytest.raises(LocalProtocolError, match="SESSION_TIMEOUT"):
            meeting.phone.answer(consent)
        assert events(world) == ["received", "presented"]

    def test_a_second_decision_about_the_same_prompt_answers_nothing_more(self, world):
        meeting = Meeting.of(world)
        prompt = meeting.ask("age_over_20")
        meeting.answer(prompt)
        with pytest.raises(LocalProtocolError, match="SESSION_TIMEOUT"):
            meeting.phone.answer(prompt.approve())
        assert events(world) == ["received", "presented"]

    def test_what_was_not_approved_is_not_presented(self, world):
        meeting = Meeting.of(world)
        prompt = meeting.ask("age_over_20")
        consent = prompt.approve()
        [chosen] = consent.credentials
        other = replace(chosen.claims[0], path=(AGE_NAMESPACE, "age_over_18"))
        with pytest.raises(ConsentRequiredError):
            meeting.phone.answer(replace(consent, credentials=(replace(chosen, claims=(other,)),)))
        assert meeting.phone.state is State.REQUESTED
        assert meeting.till.receive(meeting.phone.answer(consent))[AgeCard].age_over_20

    def test_a_card_that_was_deleted_meanwhile_is_not_presented(self, world):
        meeting = Meeting.of(world)
        consent = meeting.ask("age_over_20").approve()
        world.wallet.delete(consent.credentials[0].card)
        with pytest.raises(NoMatchError):
            meeting.phone.answer(consent)
        assert meeting.phone.decline() == TERMINATION

    def test_a_reader_that_was_stopped_meanwhile_gets_no_answer(self, world):
        meeting = Meeting.of(world)
        consent = meeting.ask("age_over_20").approve()
        world.registry.suspend("urn:vcwallet:party:shop", reason="audit")
        world.wallet.update_trust(world.registry.published())
        with pytest.raises(VerifierUnknownError):
            meeting.phone.answer(consent)


class TestTime:
    def test_an_answer_has_five_minutes(self, world):
        meeting = Meeting.of(world)
        prompt = meeting.ask("age_over_20")
        assert prompt.approve().expires == world.clock() + timedelta(seconds=300)
        world.clock.pass_by(seconds=300)
        assert meeting.message(prompt)

    def test_too_late_it_is_not_given_and_not_noted(self, world):
        meeting = Meeting.of(world)
        consent = meeting.ask("age_over_20").approve()
        world.clock.pass_by(seconds=301)
        with pytest.raises(LocalProtocolError) as late:
            meeting.phone.answer(consent)
        assert late.value.code == "SESSION_TIMEOUT"
        assert events(world) == ["received"]
        assert meeting.phone.decline() == TERMINATION

    def test_a_request_that_comes_too_late_ends_the_session(self, world):
        meeting = Meeting.of(world)
        request = meeting.request("age_over_20")
        world.clock.pass_by(seconds=301)
        with pytest.raises(RemoteProtocolError) as late:
            meeting.phone.receive(request)
        assert late.value.code == "SESSION_TIMEOUT"
        assert (meeting.phone.state, meeting.phone.decline()) == (State.ENDED, TERMINATION)

    def test_each_message_starts_the_time_again(self, world):
        meeting = Meeting.of(world)
        for _ in range(3):
            world.clock.pass_by(seconds=200)
            prompt = meeting.ask("age_over_20")
            world.clock.pass_by(seconds=200)
            assert meeting.answer(prompt)[AgeCard].age_over_20


class TestFaults:
    """A fault of the reader ends the session, with the status that the standard has for it (table 20)."""

    def fails(self, meeting: Meeting, message: bytes, error: type[VcError], answer: bytes, code: str) -> None:
        with pytest.raises(error) as failed:
            meeting.phone.receive(message)
        assert failed.value.code == code
        assert meeting.phone.state is State.ENDED
        assert meeting.phone.decline() == answer
        with pytest.raises(LocalProtocolError):
            meeting.phone.receive(message)

    def test_what_is_no_message(self, world):
        self.fails(Meeting.of(world), b"\x00", MalformedError, NOT_CBOR, "SESSION_CBOR")

    def test_what_does_not_decrypt(self, world):
        meeting = Meeting.of(world)
        message = bytearray(meeting.request("age_over_20"))
        message[-1] ^= 1
        self.fails(meeting, bytes(message), SignatureInvalidError, DECRYPTION_FAILED, "SESSION_ENCRYPTION")

    def test_a_recorded_request_in_another_session(self, world):
        recorded = Meeting.of(world).request("age_over_20")
        self.fails(Meeting.of(world), recorded, SignatureInvalidError, DECRYPTION_FAILED, "SESSION_ENCRYPTION")

    def test_a_request_twice(self, world):
        meeting = Meeting.of(world)
        request = meeting.request("age_over_20")
        meeting.phone.receive(request)
        self.fails(meeting, request, RemoteProtocolError, TERMINATION, "SESSION_STATE")

    def test_a_second_request_before_the_first_is_answered(self, world):
        meeting = Meeting.of(world)
        prompt = meeting.ask("age_over_20")
        meeting.answer(prompt)
        second = meeting.request("age_over_18")
        meeting.phone.receive(second)
        self.fails(meeting, second, RemoteProtocolError, TERMINATION, "SESSION_STATE")

    def test_data_before_the_session_is_established(self, world):
        self.fails(
            Meeting.of(world), SessionData(data=bytes(40)).encode(), RemoteProtocolError, TERMINATION, "SESSION_STATE"
        )

    def test_what_decrypts_and_is_no_request(self, world):
        meeting = Meeting.of(world)
        with pytest.raises(MalformedError):
            meeting.deliver(b"\x00")
        assert meeting.phone.decline() == TERMINATION

    def test_a_request_for_another_kind_of_answer(self, world):
        meeting, shop = Meeting.of(world), world.shop_enrolment
        members = items(registration=shop.registrations["shopping"])
        with pytest.raises(UnsupportedError):
            meeting.deliver(
                device_request(meeting, shop, members).replace(b"1.0", b"2.0", 1),
            )
        assert meeting.phone.decline() == TERMINATION

    def test_the_end_by_the_reader(self, world):
        for asked in (False, True):
            meeting = Meeting.of(world)
            if asked:
                meeting.answer(meeting.ask("age_over_20"))
            with pytest.raises(RemoteProtocolError) as ended:
                meeting.phone.receive(meeting.till.end())
            assert ended.value.code == "SESSION_TERMINATED"
            assert meeting.phone.state is State.ENDED

    def test_ending_what_has_ended_says_so_again(self, world):
        meeting = Meeting.of(world)
        assert [meeting.phone.decline() for _ in range(2)] == [TERMINATION] * 2

    def test_after_the_end_nothing_is_answered(self, world):
        meeting = Meeting.of(world)
        consent = meeting.ask("age_over_20").approve()
        meeting.phone.decline()
        with pytest.raises(LocalProtocolError):
            meeting.phone.answer(consent)
        assert events(world) == ["received"]


class TestStarting:
    def test_each_session_has_keys_of_its_own(self, world):
        codes = {world.wallet.start_session().qr for _ in range(5)}
        assert len(codes) == 5
        assert all(code.startswith("mdoc:") for code in codes)

    def test_the_code_says_how_to_reach_the_device(self, world):
        tcp = TcpRetrieval(host="127.0.0.1", port=18_013)
        engagement = world.shop.start_session(world.wallet.start_session(tcp=tcp).qr).engagement
        assert engagement.tcp == tcp
        assert world.shop.start_session(world.wallet.start_session().qr).engagement.tcp is None

    def test_it_waits_for_a_reader(self, world):
        assert world.wallet.start_session().state is State.ENGAGED

    def test_a_wallet_that_reads_no_mdoc_has_nothing_to_answer(self):
        world = World(SD_JWT)
        world.hold()
        with pytest.raises(NoMatchError):
            Meeting.of(world).ask("age_over_20")

    def test_only_mdocs_answer_in_a_session(self):
        """A record in SD-JWT VC is not asked for, so it neither answers nor shows that it is there."""
        world = World(SD_JWT, also=(MDOC,))
        world.hold(AgeCard(age_over_20=True))
        with pytest.raises(NoMatchError):
            Meeting.of(world).ask("age_over_20")
        world.wallet.receive(world.issue(AgeCard(age_over_20=True), format=MDOC))
        meeting = Meeting.of(world)
        assert meeting.answer(meeting.ask("age_over_20")).evidence(AgeCard)[0].format == MDOC
