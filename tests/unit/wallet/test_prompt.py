# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a person is shown before deciding, and what a decision needs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.world import (
    IN_BOTH_FORMATS,
    MDOC,
    SD_JWT,
    ForeignResident,
    Income,
    Resident,
    World,
    credential_of,
    format_of,
    income,
    resident,
)
from vcwallet.credential_type import view
from vcwallet.errors import ConsentRequiredError, NoMatchError
from vcwallet.keys.policy import TrustedParty
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.storage import MemoryStore
from vcwallet.trust.registration import Grant, IntendedUse
from vcwallet.verifier import ask
from vcwallet.wallet import Prompt, PromptClaim
from vcwallet.wallet.sender import verified_by, warnings_about_sender


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    made = World(format_of(request))
    made.hold()
    return made


def prompt_for(world: World, *questions: Any, purpose: str = "loan") -> Prompt:
    return world.wallet.match(world.ask(*questions, purpose=purpose))


def claims_of(prompt: Prompt, number: int = 0) -> dict[str, PromptClaim]:
    """Return the claims that are shown, without the query and the namespace of an mdoc."""
    credential = prompt.credentials[number]
    prefix = f"{credential.query_id}."
    if credential.card.credential.format == MDOC:
        prefix += f"{credential.card.type_ids[0]}."
    return {claim.name.removeprefix(prefix): claim for claim in credential.claims}


class TestOwnSentences:
    @pytest.mark.parametrize(
        ("language", "verified_by", "retention", "warning"),
        [
            ("en", "registered access certificate", "30 days", "invites discrimination"),
            ("fr", "registered access certificate", "30 days", "invites discrimination"),
            ("ja", "登録済みのアクセス証明書", "30日間", "差別や名寄せ"),
            ("ja-JP", "登録済みのアクセス証明書", "30日間", "差別や名寄せ"),
        ],
    )
    def test_they_are_in_japanese_or_else_in_english(self, world, language, verified_by, retention, warning):
        world.wallet.language = language
        prompt = prompt_for(world, "nationality")
        assert prompt.verified_by.startswith(verified_by)
        assert prompt.retention == retention
        assert warning in prompt.warnings[0].message


class TestHowTheSenderIsKnown:
    @pytest.mark.parametrize(
        ("source", "english", "japanese"),
        [
            ("verifier_attestation", "an attestation of the registrar", "登録機関の証明"),
            ("decentralized_identifier", "its DID", "DID"),
            ("openid_federation", "a federation", "フェデレーション"),
            ("agreement", "an agreement", "取り決め"),
            ("own_policy", "own_policy", "own_policy"),
        ],
    )
    def test_by_another_key_than_that_of_a_certificate(self, world, source, english, japanese):
        request = prompt_for(world, "full_name").request
        other = replace(request, verifier=replace(request.verifier, source=source, sequence=None))
        assert verified_by(other, "en") == f"registered; its key is known by {english}"
        assert verified_by(other, "ja") == f"登録済み（鍵は{japanese}により確認）"
        assert warnings_about_sender(other, "en") == ()

    @pytest.mark.parametrize(("language", "told"), [("en", "Nobody has signed"), ("ja", "署名がありません")])
    def test_by_its_address_alone(self, world, language, told):
        request = prompt_for(world, "full_name").request
        party = TrustedParty(party=request.verifier.party, source="agreement")
        binding = replace(request.binding, response_uri="https://bank.example/r")
        by_post = replace(request, verifier=party, binding=binding)
        by_page = replace(request, verifier=party, binding=replace(binding, origin="https://www.bank.example"))
        for one, address in ((by_post, "https://bank.example/r"), (by_page, "https://www.bank.example")):
            assert address in verified_by(one, language)
            [warning] = warnings_about_sender(one, language)
            assert (warning.code, warning.claim) == ("REQUEST_UNSIGNED", "")
            assert told in warning.message
            assert address in warning.message


class TestWhoAndWhy:
    def test_it_says_who_asks_and_how_that_is_known(self, world):
        prompt = prompt_for(world, "full_name")
        assert (prompt.verifier, prompt.verifier_id) == ("Sakura Bank", "urn:vcwallet:party:bank")
        assert "registered" in prompt.verified_by
        assert "trusted list" in prompt.verified_by

    def test_it_says_why_and_on_what_law_and_whom_to_ask_for_deletion(self, world):
        prompt = prompt_for(world, "full_name")
        assert (prompt.purpose, prompt.purpose_code) == ("To decide on a loan", "loan")
        assert prompt.legal_basis == ("contract",)
        assert prompt.privacy_policy == "https://bank.example/privacy"
        assert prompt.contact == "mailto:privacy@bank.example"

    @pytest.mark.parametrize(
        ("purpose", "retention"), [("loan", "30 days"), ("care", "Until the care ends"), ("withholding", "2555 days")]
    )
    def test_it_says_how_long_claims_are_kept(self, world, purpose, retention):
        question = {"loan": "full_name", "care": "full_name", "withholding": "number"}[purpose]
        assert prompt_for(world, question, purpose=purpose).retention == retention

    def test_it_does_not_make_up_how_long_claims_are_kept(self):
        silent = IntendedUse(code="silent", text={"en": "x"}, grants=(Grant(Resident.vct, (("full_name",),)),))
        world = World(bank_uses=(silent,))
        world.hold(resident())
        assert prompt_for(world, "full_name", purpose="silent").retention == "not stated"

    @pytest.mark.parametrize(
        ("language", "verifier", "purpose", "retention"),
        [
            ("ja", "さくら銀行", "介護のため", "終了まで"),
            ("ja-JP", "さくら銀行", "介護のため", "終了まで"),
            ("en-GB", "Sakura Bank", "To give care", "Until the care ends"),
        ],
    )
    def test_it_speaks_the_person_s_language(self, language, verifier, purpose, retention):
        world = World(language=language)
        world.hold(resident())
        prompt = prompt_for(world, "full_name", purpose="care")
        assert (prompt.verifier, prompt.purpose, prompt.retention) == (verifier, purpose, retention)
        assert prompt.language == language

    def test_what_is_not_said_in_the_person_s_language_is_said_in_another(self):
        world = World(language="fr")
        world.hold(resident())
        prompt = prompt_for(world, "number", purpose="withholding")
        assert prompt.purpose == "To report a salary"
        assert prompt.verifier in ("さくら銀行", "Sakura Bank")


class TestWhat:
    @IN_BOTH_FORMATS
    def test_it_shows_the_credential_its_issuer_and_the_values(self, world):
        prompt = prompt_for(world, "full_name", ask(Income, "above.1000000"))
        first, second = prompt.credentials
        assert (first.type_name, first.issuer_name) == ("Resident record", "Mirai City")
        assert (second.type_name, second.issuer_name) == ("Income record", "Tax office")
        assert claims_of(prompt)["full_name"].value == ("番号　花子",)
        assert claims_of(prompt, 1)["above.1000000"].value == (True,)

    @pytest.mark.parametrize(
        ("language", "labels"),
        [
            ("en", ["Full name", "Address › Municipality", "Languages", "Register", "Contact", "Address › Country"]),
            ("ja", ["氏名", "住所 › 市区町村", "言語", "台帳", "連絡先", "住所 › 国"]),
        ],
    )
    def test_claims_are_called_as_people_call_them(self, language, labels):
        world = World(language=language)
        world.hold(resident())
        shown = prompt_for(world, "full_name", "address.locality", "languages.*").credentials[0].claims
        assert [claim.label for claim in shown] == labels

    @pytest.mark.parametrize(
        ("language", "labels"),
        [("en", ["Full name", "Address › Municipality", "Languages"]), ("ja", ["氏名", "住所 › 市区町村", "言語"])],
    )
    def test_the_elements_of_an_mdoc_are_called_the_same(self, language, labels):
        world = World(MDOC, language=language)
        world.hold(resident())
        shown = prompt_for(world, "full_name", "address.locality", "languages.*").credentials[0].claims
        assert [claim.label for claim in shown] == labels

    def test_of_an_mdoc_nothing_is_shown_that_is_not_asked_for(self):
        world = World(MDOC)
        world.hold()
        claims = claims_of(prompt_for(world, "address.locality"))
        assert list(claims) == ["address.locality"]
        assert claims["address.locality"].path == (Resident.doctype, "address.locality")
        assert not claims["address.locality"].always

    def test_an_element_that_the_type_does_not_know_is_not_asked_for_and_not_shown(self):
        world = World(MDOC)
        claims = view(Resident, MDOC).claims(resident().claims(world.clock().date()))
        claims[world.type_id(Resident)]["tracking"] = "0123456789"
        key = world.wallet.new_holder_key()
        credential = credential_of(
            world.city_enrolment, resident(), at=world.clock(), holder=key, claims=claims, format=MDOC
        )
        world.wallet.receive(credential)
        assert list(claims_of(prompt_for(world, "full_name"))) == ["full_name"]

    @IN_BOTH_FORMATS
    def test_a_threshold_is_called_with_the_question_that_it_answers(self, world):
        prompt = prompt_for(world, ask(Income, "above.3000000"))
        assert prompt.credentials[0].claims[0].label == "Income above › 3,000,000"

    def test_claims_that_cannot_be_held_back_are_shown_too(self, world):
        claims = claims_of(prompt_for(world, "full_name"))
        assert claims["registered_in"].always
        assert claims["registered_in"].value == ("main",)
        assert not claims["full_name"].always

    def test_open_claims_inside_a_claim_that_is_shown_are_shown_too(self, world):
        claims = claims_of(prompt_for(world, "address.locality"))
        assert claims["address.country"].value == ("JP",)
        assert "address.country" not in claims_of(prompt_for(world, "full_name"))
        assert "address.plot" not in claims

    def test_of_an_open_group_none_of_whose_parts_is_asked_for_only_its_being_there_is_shown(self, world):
        claims = claims_of(prompt_for(world, "full_name"))
        assert claims["contact"].value == ({},)
        assert claims_of(prompt_for(world, "contact.phone"))["contact.phone"].value == ("090-0000-0000",)

    def test_a_list_none_of_whose_elements_is_asked_for_is_not_shown(self, world):
        """Neither is it disclosed: the number of members of a household says something, too."""
        assert {"languages", "household"}.isdisjoint(claims_of(prompt_for(world, "full_name")))

    def test_an_open_claim_that_the_type_does_not_know_is_shown_as_guarded(self, world):
        [plain] = world.wallet.cards(Resident.vct)
        claims = {**resident().claims(world.clock().date()), "tracking": "0123456789"}
        key = world.wallet.new_holder_key()
        world.wallet.receive(
            credential_of(world.city_enrolment, resident(), at=world.clock(), holder=key, claims=claims)
        )
        # The other card shows less, so it is proposed as long as it is there.
        assert "tracking" not in claims_of(prompt_for(world, "full_name"))
        world.wallet.delete(plain)
        prompt = prompt_for(world, "full_name")
        assert claims_of(prompt)["tracking"].value == ("0123456789",)
        assert prompt.to_approve_by_name == ("resident.tracking",)

    def test_the_credential_s_own_members_are_not_claims_to_decide_about(self, world):
        names = {claim.path[0] for claim in prompt_for(world, "full_name").credentials[0].claims}
        assert names.isdisjoint({"iss", "iat", "exp", "vct", "vct#integrity", "cnf"})


class TestWarnings:
    def codes(self, prompt: Prompt) -> list[tuple[str, str]]:
        return [(warning.code, warning.claim) for warning in prompt.warnings]

    @IN_BOTH_FORMATS
    def test_ordinary_claims_are_not_warned_about(self, world):
        assert prompt_for(world, "full_name", "over_20").warnings == ()

    @IN_BOTH_FORMATS
    def test_a_guarded_claim(self, world):
        prompt = prompt_for(world, "nationality")
        assert self.codes(prompt) == [("GUARDED_CLAIM", f"resident.{world.name('nationality')}")]
        assert prompt.warnings[0].message.startswith("Nationality")

    @IN_BOTH_FORMATS
    def test_a_claim_of_special_care(self, world):
        prompt = prompt_for(world, "health", purpose="care")
        assert self.codes(prompt) == [("SPECIAL_CARE_CLAIM", f"resident.{world.name('health')}")]

    @IN_BOTH_FORMATS
    def test_a_limited_claim_that_the_verifier_may_ask_for(self, world):
        prompt = prompt_for(world, "number", purpose="withholding")
        assert self.codes(prompt) == [("LIMITED_CLAIM", f"resident.{world.name('number')}")]

    @IN_BOTH_FORMATS
    def test_a_claim_that_a_predicate_could_stand_for(self, world):
        prompt = prompt_for(world, "birth_date", ask(Income, "total"))
        assert self.codes(prompt) == [
            ("PREDICATE_AVAILABLE", f"resident.{world.name('birth_date')}"),
            ("PREDICATE_AVAILABLE", f"income.{world.name('total', Income)}"),
        ]
        above = {SD_JWT: ("above",), MDOC: ("above.1000000", "above.3000000")}[world.format]
        assert [warning.alternatives for warning in prompt.warnings] == [("over_20",), above]

    @IN_BOTH_FORMATS
    def test_a_predicate_that_the_credential_does_not_have_is_not_offered(self, world):
        claims = {name: value for name, value in income().claims(world.clock().date()).items() if name != "above"}
        key, shown = world.wallet.new_holder_key(), view(Income, world.format).claims(claims)
        world.wallet.receive(
            credential_of(
                world.office_enrolment, income(), at=world.clock(), holder=key, claims=shown, format=world.format
            )
        )
        assert prompt_for(world, ask(Income, "total")).warnings == ()

    def test_a_whole_that_has_a_guarded_part_is_guarded(self, world):
        prompt = prompt_for(world, "address")
        assert self.codes(prompt) == [("GUARDED_CLAIM", "resident.address")]
        assert prompt.to_approve_by_name == ("resident.address",)
        assert prompt_for(world, "address.locality").to_approve_by_name == ()

    def test_of_an_mdoc_the_guarded_part_itself_is_guarded(self):
        world = World(MDOC)
        world.hold()
        prompt = prompt_for(world, "address")
        assert prompt.to_approve_by_name == (f"resident.{world.name('address.plot')}",)
        assert prompt_for(world, "address.locality").to_approve_by_name == ()

    def test_no_warning_repeats_a_value(self, world):
        prompt = prompt_for(world, "nationality", "birth_date", "address")
        assert "Atlantis" not in str(prompt.warnings)
        assert "1990" not in str(prompt.warnings)


class TestApproval:
    @IN_BOTH_FORMATS
    def test_ordinary_claims_are_approved_as_a_whole(self, world):
        assert prompt_for(world, "full_name", "birth_date").approve().credentials

    @IN_BOTH_FORMATS
    @pytest.mark.parametrize(
        ("question", "purpose"),
        [("nationality", "loan"), ("health", "care"), ("number", "withholding"), ("address.plot", "loan")],
    )
    def test_guarded_special_care_and_limited_claims_are_approved_by_name(self, world, question, purpose):
        prompt, name = prompt_for(world, question, purpose=purpose), f"resident.{world.name(question)}"
        assert prompt.to_approve_by_name == (name,)
        with pytest.raises(ConsentRequiredError) as refused:
            prompt.approve()
        assert refused.value.code == "CONSENT_REQUIRED"
        assert name in str(refused.value)
        assert prompt.approve(explicitly=[name]).credentials

    @IN_BOTH_FORMATS
    def test_each_of_them_is_named(self, world):
        prompt = prompt_for(world, "nationality", "address.plot")
        with pytest.raises(ConsentRequiredError, match="1 claims"):
            prompt.approve(explicitly=[f"resident.{world.name(claim)}" for claim in ("nationality", "full_name")])
        assert prompt.approve(explicitly=prompt.to_approve_by_name).credentials

    def test_what_needs_a_name_is_judged_for_the_card_that_is_chosen(self, world):
        claims = {**resident().claims(world.clock().date()), "tracking": "0123456789"}
        [plain] = world.wallet.cards(Resident.vct)
        key = world.wallet.new_holder_key()
        tracking = world.wallet.receive(
            credential_of(world.city_enrolment, resident(), at=world.clock(), holder=key, claims=claims)
        )
        prompt = prompt_for(world, "full_name")
        with pytest.raises(ConsentRequiredError):
            prompt.approve(cards={"resident": tracking.id})
        assert prompt.approve(cards={"resident": plain.id}).credentials[0].card == plain

    @IN_BOTH_FORMATS
    def test_a_consent_ends_when_the_request_does(self, world):
        request = world.ask("full_name")
        assert world.wallet.match(request).approve().expires == request.expires


class TestChoices:
    @IN_BOTH_FORMATS
    def test_the_newest_of_several_cards_is_proposed(self, world):
        older = next(world.wallet.cards(world.type_id(Resident)))
        [newer] = world.hold(resident(full_name="番号　一郎"))
        prompt = prompt_for(world, "full_name")
        assert prompt.credentials[0].card == newer
        assert [choice.card for choice in prompt.choices["resident"]] == [newer, older]
        assert prompt.choices["resident"][1].claims[0].value == ("番号　花子",)

    def test_twenty_cards_are_enough_of_a_choice(self, world):
        cards = world.hold(*[resident() for _ in range(25)])
        assert [choice.card for choice in prompt_for(world, "full_name").choices["resident"]] == cards[:4:-1]

    def test_a_type_answers_for_the_type_that_it_extends(self, world):
        [card] = world.hold(resident(ForeignResident, permit="study"))
        prompt = prompt_for(world, "full_name")
        assert prompt.credentials[0].card == card
        assert prompt.credentials[0].type_name == "Foreign resident"

    @IN_BOTH_FORMATS
    def test_a_card_that_is_no_choice_is_refused(self, world):
        income_card = next(world.wallet.cards(world.type_id(Income)))
        prompt = prompt_for(world, "full_name")
        with pytest.raises(ValueError, match="choices"):
            prompt.approve(cards={"resident": income_card.id})
        with pytest.raises(ValueError, match="choices"):
            prompt.approve(cards={"unheard_of": income_card.id})

    @IN_BOTH_FORMATS
    def test_an_optional_question_is_shown_and_left_out_unless_chosen(self, world):
        prompt = prompt_for(world, "full_name", ask(Income, "above.1000000", optional=True))
        assert [one.query_id for one in prompt.credentials] == ["resident"]
        [choice] = prompt.choices["income"]
        consent = prompt.approve(cards={"income": choice.card.id})
        assert [one.query_id for one in consent.credentials] == ["resident", "income"]
        assert [one.query_id for one in prompt.approve().credentials] == ["resident"]

    @IN_BOTH_FORMATS
    def test_a_required_question_cannot_be_left_out(self, world):
        prompt = prompt_for(world, "full_name", ask(Income, "above.1000000"))
        with pytest.raises(ConsentRequiredError) as refused:
            prompt.approve(cards={"income": None})
        assert refused.value.code == "SELECTION_INCOMPLETE"

    def test_an_answer_with_nothing_in_it_is_no_answer(self, world):
        prompt = prompt_for(world, ask(Income, "above.1000000", optional=True))
        with pytest.raises(ConsentRequiredError) as refused:
            prompt.approve()
        assert refused.value.code == "SELECTION_INCOMPLETE"
        assert prompt.approve(cards={"income": prompt.choices["income"][0].card.id}).credentials

    def test_of_alternatives_the_one_that_says_least_is_proposed_and_another_can_be_chosen(self, world):
        prompt = prompt_for(world, either_or("full_name", "birth_date", "above"))
        assert [one.query_id for one in prompt.credentials] == ["b"]
        card = prompt.choices["a"][0].card
        consent = prompt.approve(cards={"a": card.id, "b": None})
        assert [one.query_id for one in consent.credentials] == ["a"]

    def test_the_combination_of_claims_that_says_least_is_proposed(self, world):
        claims = [{"id": name, "path": [name]} for name in ("full_name", "birth_date", "over_20")]
        one = {"id": "one", "format": "dc+sd-jwt", "meta": {"vct_values": [Resident.vct]}, "claims": claims}
        query = DcqlQuery.from_json({"credentials": [one | {"claim_sets": [["full_name", "birth_date"], ["over_20"]]}]})
        shown = claims_of(prompt_for(world, query))
        assert [name for name, claim in shown.items() if not claim.always] == ["over_20"]

    def test_several_cards_can_be_chosen_where_the_query_takes_several(self, world):
        world.hold(resident(full_name="番号　次郎"))
        of_type = {"id": "people", "format": "dc+sd-jwt", "meta": {"vct_values": [Resident.vct]}}
        one = of_type | {"claims": [{"path": ["full_name"]}]}
        request = world.ask(DcqlQuery.from_json({"credentials": [one | {"multiple": True}]}))
        prompt = world.wallet.match(request)
        assert len(prompt.credentials) == 1
        both = [choice.card.id for choice in prompt.choices["people"]]
        answer = world.wallet.present(prompt.approve(cards={"people": both}))
        names = {
            found.claims["full_name"] for found in world.bank.verify(answer, expected=request).credentials["people"]
        }
        assert names == {"番号　花子", "番号　次郎"}
        with pytest.raises(ValueError, match="twice"):
            prompt.approve(cards={"people": both[:1] * 2})
        single = prompt_for(world, DcqlQuery.from_json({"credentials": [one]}))
        with pytest.raises(ValueError, match="allows one"):
            single.approve(cards={"people": both})
        with pytest.raises(ConsentRequiredError):
            prompt.approve(cards={"people": []})

    def test_an_element_that_would_move_is_not_offered(self, world):
        """Hidden elements leave no gap, so the verifier would find another language in its place."""
        assert claims_of(prompt_for(world, "languages.0"))["languages.0"].value == ("ja",)
        assert claims_of(prompt_for(world, "languages.0", "languages.1"))["languages.1"].value == ("en",)
        for question in (["languages.1"], ["languages.0", "languages.2"]):
            with pytest.raises(NoMatchError):
                prompt_for(world, *question)

    def test_a_card_that_is_deleted_while_it_is_looked_at_is_none(self, world):
        """Another process has the same wallet open."""
        request = world.ask("full_name")
        world.wallet._store = Vanishing(world.wallet_store)
        with pytest.raises(NoMatchError):
            world.wallet.match(request)
        world.wallet._store = world.wallet_store
        assert world.wallet.match(request).credentials


class Vanishing:
    """A store whose credentials are found, and are gone when they are read one by one."""

    def __init__(self, store: MemoryStore) -> None:
        self.store, self.commit, self.find = store, store.commit, store.find

    def get(self, collection: str, record_id: str) -> bytes | None:
        return None if collection == "credential" else self.store.get(collection, record_id)


def either_or(*names: str) -> DcqlQuery:
    """Return a query that a resident record with two claims answers, or else an income record with one."""
    a = {"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": [Resident.vct]}}
    b = {"id": "b", "format": "dc+sd-jwt", "meta": {"vct_values": [Income.vct]}}
    credentials = [
        a | {"claims": [{"path": [name]} for name in names[:-1]]},
        b | {"claims": [{"path": [names[-1], "1000000"]}]},
    ]
    return DcqlQuery.from_json({"credentials": credentials, "credential_sets": [{"options": [["a"], ["b"]]}]})
