# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Presenting: exactly what was approved leaves the wallet, once, and the history knows before it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.world import (
    CANARIES,
    DAYS_90,
    IN_BOTH_FORMATS,
    MDOC,
    SD_JWT,
    Income,
    Resident,
    World,
    approved,
    credential_of,
    format_of,
    found,
    income,
    resident,
    snapshot,
)
from vcwallet.errors import (
    BindingError,
    ConsentRequiredError,
    LocalProtocolError,
    MalformedError,
    NoMatchError,
    OverAskingError,
    StoreFullError,
    TrustedListError,
    ValidityError,
    VcError,
    VerifierUnknownError,
)
from vcwallet.history import check_export
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.openid4vp import read_request
from vcwallet.storage import Change, MemoryStore
from vcwallet.verifier import Verified, ask
from vcwallet.wallet import Consent

ENVELOPE = {"iss", "iat", "exp", "vct", "vct#integrity", "cnf"}


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    made = World(format_of(request))
    made.hold()
    return made


def seen(verified: Verified, query_id: str = "resident") -> dict[str, Any]:
    """Return the claims that the verifier saw, without what every credential says about itself."""
    [credential] = verified.credentials[query_id]
    return {name: value for name, value in credential.claims.items() if name not in ENVELOPE}


def exchange(world: World, *questions: Any, **approval: Any) -> Verified:
    request = world.ask(*questions)
    return world.bank.verify(world.answer(request, **approval), expected=request)


def events(world: World) -> list[dict[str, Any]]:
    return [dict(entry.entry) for entry in world.wallet.history()]


OPEN = {"registered_in": "main", "contact": {}}
"""What every presentation of a resident record shows."""


class TestDisclosure:
    @pytest.mark.parametrize(
        ("questions", "expected"),
        [
            (["full_name"], {"full_name": "番号　花子"}),
            (["over_20"], {"over_20": True}),
            (["address.locality"], {"address": {"country": "JP", "locality": "港町"}}),
            (["address"], {"address": {"country": "JP", "locality": "港町", "plot": "PLOT-7-12"}}),
            (["contact.phone"], {"contact": {"phone": "090-0000-0000"}}),
            (["languages.*"], {"languages": ["ja", "en", "fr"]}),
            (["languages.0", "full_name"], {"languages": ["ja"], "full_name": "番号　花子"}),
        ],
    )
    def test_the_verifier_sees_what_was_approved_and_what_is_open_and_nothing_else(self, world, questions, expected):
        assert seen(exchange(world, *questions)) == OPEN | expected

    @pytest.mark.parametrize(
        ("questions", "expected"),
        [
            (["full_name"], {"full_name": "番号　花子"}),
            (["over_20"], {"over_20": True}),
            (["address.locality"], {"address.locality": "港町"}),
            (
                ["address"],
                {"address.country": "JP", "address.locality": "港町", "address.plot": "PLOT-7-12"},
            ),
            (["contact.phone", "over_20"], {"contact.phone": "090-0000-0000", "over_20": True}),
            (["languages.0"], {"languages": ["ja", "en", "fr"]}),
        ],
    )
    def test_of_an_mdoc_the_verifier_sees_the_elements_that_were_approved_and_nothing_else(self, questions, expected):
        """Nothing of it stands in the open, and an array is one element."""
        world = World(MDOC)
        world.hold()
        assert seen(exchange(world, *questions)) == {Resident.doctype: expected}

    def test_a_question_for_no_claim_shows_what_is_open(self, world):
        verified = exchange(world, ask(Income))
        assert seen(verified, "income") == {"fiscal_year": 2026}

    def test_no_disclosure_goes_along_unasked(self, world):
        request = world.ask("full_name")
        [presentation] = world.answer(request).vp_token["resident"]
        assert presentation.count("~") == 2  # one disclosure, then the holder's proof

    @IN_BOTH_FORMATS
    def test_two_credentials_answer_one_request(self, world):
        verified = exchange(world, "full_name", ask(Income, "above.3000000"))
        assert verified[Resident].full_name == "番号　花子"
        assert verified[Income].above == {"3000000": True}

    @IN_BOTH_FORMATS
    def test_the_chosen_card_is_presented_in_place_of_the_proposed_one(self, world):
        older = next(world.wallet.cards(world.type_id(Resident)))
        world.hold(resident(full_name="番号　一郎"))
        assert exchange(world, "full_name")[Resident].full_name == "番号　一郎"
        assert exchange(world, "full_name", cards={"resident": older.id})[Resident].full_name == "番号　花子"

    @IN_BOTH_FORMATS
    def test_an_optional_question_is_answered_when_it_is_chosen(self, world):
        optional = ask(Income, "above.1000000", optional=True)
        card = next(world.wallet.cards(world.type_id(Income)))
        assert Income not in exchange(world, "full_name", optional)
        assert Income in exchange(world, "full_name", optional, cards={"income": card.id})

    def test_several_cards_answer_a_question_for_several(self, world):
        """One of them is proposed; the other stays where it is."""
        query = {"id": "resident", "format": "dc+sd-jwt", "meta": {"vct_values": [Resident.vct]}, "multiple": True}
        world.hold(resident())
        verified = exchange(
            world, DcqlQuery.from_json({"credentials": [query | {"claims": [{"path": ["full_name"]}]}]})
        )
        assert len(verified.credentials["resident"]) == 1

    def test_one_of_the_accepted_values_matches_and_is_shown(self, world):
        verified = exchange(world, ask(Resident, values={"languages.*": ["en"]}))
        assert verified[Resident].languages == ("ja", "en", "fr")  # the path asks for every element

    @IN_BOTH_FORMATS
    def test_a_claim_with_one_of_the_accepted_values_is_shown(self, world):
        verified = exchange(world, ask(Resident, values={"address.locality": ["港町", "みらい町"]}))
        assert verified[Resident].address.locality == "港町"
        with pytest.raises(NoMatchError):
            world.wallet.match(world.ask(ask(Resident, values={"address.locality": ["みらい町"]})))

    def test_the_combination_that_says_least_is_presented(self, world):
        claims = [{"id": name, "path": [name]} for name in ("full_name", "birth_date", "over_20")]
        one = {"id": "resident", "format": "dc+sd-jwt", "meta": {"vct_values": [Resident.vct]}, "claims": claims}
        query = {"credentials": [one | {"claim_sets": [["full_name", "birth_date"], ["over_20"]]}]}
        assert seen(exchange(world, DcqlQuery.from_json(query))) == OPEN | {"over_20": True}

    def test_a_bearer_credential_answers_only_where_no_proof_is_asked_for(self):
        world = World()
        world.wallet.receive(credential_of(world.city_enrolment, resident(), at=world.clock(), holder=None))
        with pytest.raises(NoMatchError):
            world.wallet.match(world.ask("full_name"))
        one = {"id": "resident", "format": "dc+sd-jwt", "meta": {"vct_values": [Resident.vct]}}
        query = one | {"claims": [{"path": ["full_name"]}], "require_cryptographic_holder_binding": False}
        verified = exchange(world, DcqlQuery.from_json({"credentials": [query]}))
        assert not verified.credentials["resident"][0].holder_proved


@IN_BOTH_FORMATS
class TestConsent:
    def test_it_is_used_once(self, world):
        consent = approved(world.wallet.match(world.ask("full_name")))
        world.wallet.present(consent)
        before = snapshot(world.wallet_store)
        with pytest.raises(LocalProtocolError) as refused:
            world.wallet.present(consent)
        assert refused.value.code == "CONSENT_USED"
        assert snapshot(world.wallet_store) == before

    def test_it_survives_until_it_is_used_in_another_wallet_object(self, world):
        """The store remembers which consents were used, and not the object."""
        consent = approved(world.wallet.match(world.ask("full_name")))
        world.wallet.present(consent)
        reopened = type(world.wallet)(
            store=world.wallet_store,
            trust=world.wallet._trust,
            formats=list(world.wallet._formats.values()),
            clock=world.clock,
        )
        with pytest.raises(LocalProtocolError, match="CONSENT_USED"):
            reopened.present(consent)

    def test_it_is_for_one_request(self, world):
        first = approved(world.wallet.match(world.ask("full_name")))
        other = world.ask("full_name")
        self.require_refused(world, replace(first, prompt=replace(first.prompt, incoming=read_request(str(other)))))

    def test_it_is_for_one_wallet(self, world):
        consent = approved(world.wallet.match(world.ask("full_name")))
        with pytest.raises(NoMatchError):
            world.new_wallet().present(consent)

    def test_a_claim_that_has_to_be_approved_by_name_and_was_not_is_not_presented(self, world):
        prompt = world.wallet.match(world.ask("nationality"))
        assert prompt.to_approve_by_name
        forged = replace(approved(prompt), by_name=frozenset())
        self.require_refused(world, forged)
        assert world.wallet.present(approved(prompt)).vp_token

    def test_claims_that_were_not_asked_for_are_not_presented(self, world):
        narrow = approved(world.wallet.match(world.ask("full_name")))
        wide = approved(world.wallet.match(world.ask("full_name", "birth_date")))
        self.require_refused(world, replace(narrow, credentials=wide.credentials))

    def test_fewer_claims_than_asked_for_are_no_answer(self, world):
        narrow = approved(world.wallet.match(world.ask("full_name")))
        wide = approved(world.wallet.match(world.ask("full_name", "birth_date")))
        self.require_refused(world, replace(wide, credentials=narrow.credentials))

    def test_a_credential_that_was_not_asked_for_is_not_presented(self, world):
        narrow = approved(world.wallet.match(world.ask("full_name")))
        wide = approved(world.wallet.match(world.ask("full_name", ask(Income, "total"))))
        self.require_refused(world, replace(narrow, credentials=wide.credentials), NoMatchError)

    def test_a_credential_that_does_not_answer_is_not_presented(self, world):
        consent = approved(world.wallet.match(world.ask("full_name")))
        card = next(world.wallet.cards(world.type_id(Income)))
        forged = replace(consent, credentials=(replace(consent.credentials[0], card=card),))
        self.require_refused(world, forged)

    def require_refused(self, world: World, consent: Consent, error: type[VcError] = ConsentRequiredError) -> None:
        before = snapshot(world.wallet_store)
        with pytest.raises(error):
            world.wallet.present(consent)
        assert snapshot(world.wallet_store) == before


class TestMeanwhile:
    """Between prompt and answer a person thinks, and the world goes on."""

    def consent(self, world: World, *questions: Any) -> Consent:
        return approved(world.wallet.match(world.ask(*questions or ["full_name"])))

    @IN_BOTH_FORMATS
    def test_a_credential_that_was_deleted_is_not_presented(self, world):
        consent = self.consent(world)
        world.wallet.delete(consent.credentials[0].card)
        with pytest.raises(NoMatchError):
            world.wallet.present(consent)
        assert [event["event"] for event in events(world)] == ["received", "received", "deleted"]

    def test_a_credential_that_has_expired_is_not_presented(self):
        world = World()
        world.hold(resident(), valid_for=timedelta(seconds=120))
        in_time, too_late = (approved(world.wallet.match(world.ask("over_20"))) for _ in range(2))
        world.clock.pass_by(seconds=119)
        world.wallet.present(in_time)
        world.clock.pass_by(seconds=1)
        with pytest.raises(NoMatchError):
            world.wallet.present(too_late)
        assert [event["event"] for event in events(world)] == ["received", "presented"]

    @IN_BOTH_FORMATS
    def test_another_credential_may_be_deleted(self, world):
        consent = self.consent(world)
        world.wallet.delete(next(world.wallet.cards(world.type_id(Income))))
        assert world.wallet.present(consent).vp_token

    @IN_BOTH_FORMATS
    @pytest.mark.parametrize("change", ["suspend", "withdraw"])
    def test_a_verifier_that_was_stopped_gets_no_answer(self, world, change):
        consent = self.consent(world)
        getattr(world.registry, change)("urn:vcwallet:party:bank", reason="audit")
        world.wallet.update_trust(world.registry.published())
        with pytest.raises(VerifierUnknownError):
            world.wallet.present(consent)
        assert [event["event"] for event in events(world)] == ["received", "received"]

    def test_a_list_that_ended_vouches_for_no_verifier(self, world):
        world.clock.pass_by(days=6, hours=23, minutes=55)
        world.update()
        consent = self.consent(world)
        assert world.wallet.present(consent).vp_token
        late = World()
        late.hold()
        late.clock.now = late.wallet._trust.next_update - timedelta(minutes=1)
        consent = self.consent(late)
        late.clock.pass_by(minutes=1)
        with pytest.raises(TrustedListError):
            late.wallet.present(consent)

    @IN_BOTH_FORMATS
    def test_a_request_that_expired_gets_no_answer(self, world):
        consent, in_time = self.consent(world), self.consent(world)
        world.clock.pass_by(minutes=9)
        assert world.wallet.present(in_time).vp_token
        world.clock.pass_by(minutes=3)
        with pytest.raises(ValidityError):
            world.wallet.present(consent)

    def test_a_registration_that_is_no_longer_enough_is_a_refusal_that_is_noted(self, world):
        """Only a wallet that was tampered with would get here; the check is the same as before the prompt."""
        consent = self.consent(world)
        wide = world.ask("full_name", "over_20", purpose="care")
        forged = replace(consent, prompt=replace(consent.prompt, **self.renamed(consent, wide, world)))
        with pytest.raises(OverAskingError):
            world.wallet.present(forged)
        assert [event["event"] for event in events(world)] == ["received", "received", "refused"]

    def renamed(self, consent: Consent, request: Any, world: World) -> dict[str, Any]:
        return {
            "incoming": read_request(str(request)),
            "request": replace(consent.prompt.request, digest=request.digest),
        }


class TestHistory:
    def test_it_says_to_whom_why_and_which_claims_by_name(self, world):
        request = world.ask("full_name", "address.locality")
        world.answer(request)
        entry = events(world)[-1]
        assert entry["event"] == "presented"
        assert (entry["verifier"], entry["purpose"]) == ("urn:vcwallet:party:bank", "loan")
        assert entry["verifier_name"] == {"en": "Sakura Bank", "ja": "さくら銀行"}
        assert entry["request"] == request.digest
        assert (entry["retention_days"], entry["contact"]) == (30, "mailto:privacy@bank.example")
        [shown] = entry["credentials"]
        assert shown["type"] == Resident.vct
        assert set(shown["claims"]) == {
            "full_name",
            "address.locality",
            "address.country",
            "registered_in",
            "contact",
        }

    def test_of_an_mdoc_it_says_the_elements(self):
        world = World(MDOC)
        world.hold()
        world.answer(world.ask("full_name", "address.locality"))
        [shown] = events(world)[-1]["credentials"]
        assert (shown["type"], shown["issuer"]) == (Resident.doctype, "urn:vcwallet:party:city")
        assert shown["claims"] == [f"{Resident.doctype}.{name}" for name in ("full_name", "address.locality")]

    @IN_BOTH_FORMATS
    def test_it_has_no_values(self, world):
        world.answer(world.ask("full_name", "address", "nationality", ask(Income, "total")))
        export = world.wallet.export_history()
        assert not any(value.encode() in export for value in CANARIES)

    @IN_BOTH_FORMATS
    def test_nothing_leaves_the_wallet_that_could_not_be_written_down(self, world):
        consent = approved(world.wallet.match(world.ask("full_name")))
        full = FullStore(world.wallet_store)
        world.wallet._history._store = full
        with pytest.raises(StoreFullError):
            world.wallet.present(consent)
        world.wallet._history._store = world.wallet_store
        assert [event["event"] for event in events(world)] == ["received", "received"]
        assert world.wallet.present(consent).vp_token  # the consent was not used up

    def test_what_anyone_can_check_is_the_whole_history(self, world):
        world.answer(world.ask("full_name"))
        exported = check_export(world.wallet.export_history())
        assert [entry.entry for entry in exported] == events(world)

    @IN_BOTH_FORMATS
    def test_who_was_asked_for_deletion_when_and_of_what_stands_in_it(self, world):
        request = world.ask("full_name")
        world.answer(request)
        *_, shown = world.wallet.history()
        world.clock.pass_by(days=3)
        asked = world.wallet.request_deletion(shown.sequence)
        assert asked.entry == {
            "event": "deletion_requested",
            "time": world.clock().isoformat(timespec="seconds"),
            "verifier": "urn:vcwallet:party:bank",
            "verifier_name": {"ja": "さくら銀行", "en": "Sakura Bank"},
            "purpose": "loan",
            "purpose_text": {"ja": "融資の審査のため", "en": "To decide on a loan"},
            "contact": "mailto:privacy@bank.example",
            "request": request.digest,
            "disclosure": shown.sequence,
        }
        exported = check_export(world.wallet.export_history())
        assert exported[-1] == asked
        assert not any(value.encode() in world.wallet.export_history() for value in CANARIES)
        world.wallet.request_deletion(shown.sequence)  # a reminder, which is written down as well
        assert [event["event"] for event in events(world)].count("deletion_requested") == 2

    @pytest.mark.parametrize("disclosure", [-1, 0, 1, 4, 99], ids=["negative", "none", "receipt", "request", "to come"])
    def test_nobody_is_asked_to_delete_what_was_not_shown(self, world, disclosure):
        world.answer(world.ask("full_name"))
        world.wallet.request_deletion(3)
        before = events(world)
        with pytest.raises(LocalProtocolError) as refused:
            world.wallet.request_deletion(disclosure)
        assert refused.value.code == "NOT_PRESENTED"
        assert events(world) == before

    def test_it_stands_in_the_store_beside_the_consent_that_was_used(self, world):
        consent = approved(world.wallet.match(world.ask("full_name")))
        world.wallet.present(consent)
        assert [record.id for record in found(world.wallet_store, "consent")] == [consent.id]


class FullStore:
    """A store that has no room left."""

    def __init__(self, store: MemoryStore) -> None:
        self.get, self.get_many, self.find = store.get, store.get_many, store.find

    def commit(self, *changes: Change) -> None:
        raise StoreFullError("no room")


class TestFormats:
    """A wallet with a record in each format answers with what it has; the verifier's request is the same."""

    @pytest.fixture
    def world(self) -> World:
        return World(also=(MDOC,))

    def receive(self, world: World, record: Any, format: str) -> None:
        world.wallet.receive(world.issue(record, format=format))

    @pytest.mark.parametrize(("first", "second"), [(SD_JWT, MDOC), (MDOC, SD_JWT), (MDOC, MDOC), (SD_JWT, SD_JWT)])
    def test_each_question_is_answered_in_the_format_that_is_held(self, world, first, second):
        self.receive(world, resident(), first)
        self.receive(world, income(), second)
        verified = exchange(world, "full_name", ask(Income, "above.1000000"))
        assert verified[Resident].full_name == "番号　花子"
        assert verified[Income].above == {"1000000": True}
        assert [verified.evidence(kind)[0].format for kind in (Resident, Income)] == [first, second]

    def test_of_two_the_one_that_shows_less_is_proposed_and_the_other_takes_its_place_when_it_is_chosen(self, world):
        for format in (SD_JWT, MDOC):
            self.receive(world, resident(), format)
        request = world.ask("full_name")
        prompt = world.wallet.match(request)
        # In an mdoc nothing is always open, so it shows the name and no more.
        assert [one.card.credential.format for one in prompt.credentials] == [MDOC]
        assert len(prompt.why) == 1
        assert "fewer claims" in prompt.why[0]
        sd_jwt = prompt.choices["resident"][0].card.id
        consent = approved(prompt, cards={"resident": sd_jwt})
        verified = world.bank.verify(world.wallet.present(consent), expected=request)
        assert [one.format for one in verified.evidence(Resident)] == [SD_JWT]

    def test_both_at_once_are_more_than_is_needed_but_the_person_may_say_so(self, world):
        for format in (SD_JWT, MDOC):
            self.receive(world, resident(), format)
        request = world.ask("full_name")
        prompt = world.wallet.match(request)
        both = {query_id: choices[0].card.id for query_id, choices in prompt.choices.items()}
        assert both.keys() == {"resident", "resident-mso_mdoc"}
        answer = world.wallet.present(approved(prompt, cards=both))
        assert len(world.bank.verify(answer, expected=request).all(Resident)) == 2

    def test_a_question_in_one_format_is_not_answered_in_the_other(self, world):
        self.receive(world, resident(), SD_JWT)
        with pytest.raises(NoMatchError):
            world.wallet.match(world.ask(ask(Resident, "full_name", format=MDOC)))
        assert world.wallet.match(world.ask(ask(Resident, "full_name", format=SD_JWT))).credentials

    def test_a_credential_does_not_move_to_the_other_query_by_a_forged_consent(self, world):
        for format in (SD_JWT, MDOC):
            self.receive(world, resident(), format)
        consent = approved(world.wallet.match(world.ask("full_name")))
        [chosen] = consent.credentials
        with pytest.raises(ConsentRequiredError):
            world.wallet.present(replace(consent, credentials=(replace(chosen, query_id="resident"),)))


@IN_BOTH_FORMATS
class TestKeys:
    def test_a_key_that_is_gone_signs_nothing(self, world):
        consent = approved(world.wallet.match(world.ask("full_name")))
        world.wallet._keys.delete(consent.credentials[0].card.key)
        with pytest.raises(VcError):
            world.wallet.present(consent)
        assert [event["event"] for event in events(world)] == ["received", "received"]

    def test_another_wallet_cannot_use_the_credential(self, world):
        """Who has the credential's text but not its key cannot answer with it."""
        credential = next(world.wallet.cards(world.type_id(Resident))).credential
        with pytest.raises(BindingError):
            world.new_wallet().receive(credential)


class TestTime:
    def test_a_credential_answers_until_it_expires(self):
        world = World()
        key = world.wallet.new_holder_key()
        short = credential_of(
            world.office_enrolment, income(), at=world.clock(), holder=key, expires=world.clock() + timedelta(hours=1)
        )
        world.wallet.receive(short)
        world.clock.pass_by(minutes=59)
        assert exchange(world, ask(Income, "total"))[Income].total == 3_218_764_905
        world.clock.pass_by(minutes=1)
        with pytest.raises(NoMatchError):
            world.wallet.match(world.ask(ask(Income, "total")))

    def test_a_credential_answers_for_its_ninety_days(self, world):
        world.clock.pass_by(days=DAYS_90.days)
        world.update()
        assert exchange(world, "full_name")[Resident].full_name == "番号　花子"


def test_a_request_that_cannot_be_read_is_malformed(world):
    for text in ("", "not a request", str(world.ask("full_name"))[:-4]):
        with pytest.raises((MalformedError, VcError)):
            world.wallet.match(text)
