# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Stories of attacks on the roles: someone wants more than is theirs, and what they get.

Each attacker has what such an attacker can have: an enrolment of their own, a stolen text, a wallet made for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.world import (
    CANARIES,
    IN_BOTH_FORMATS,
    Income,
    Resident,
    World,
    approved,
    credential_of,
    format_of,
    payload_of,
    presentation_of,
    resident,
    signed_request,
    snapshot,
)
from vcwallet.encoding import base64url, json
from vcwallet.errors import (
    BindingError,
    ConsentRequiredError,
    DigestInvalidError,
    MalformedError,
    NoMatchError,
    OverAskingError,
    QueryNotSatisfiedError,
    ReplayError,
    RequestRefusedError,
    SignatureInvalidError,
    StatuteLimitedError,
    TrustedListError,
    UntrustedError,
    VcError,
    VerifierUnknownError,
)
from vcwallet.formats.base import Credential
from vcwallet.formats.sd_jwt import HashAlgorithm
from vcwallet.formats.sd_jwt_vc import HeldSdJwtVc
from vcwallet.jose import header as jose_header
from vcwallet.jose import jwt
from vcwallet.protocols.openid4vp import Response
from vcwallet.protocols.openid4vp.request import client_id
from vcwallet.registry import TrustRegistry
from vcwallet.storage import MemoryStore
from vcwallet.trust.enrolment import Enrolment
from vcwallet.verifier import ask


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    made = World(format_of(request))
    made.hold()
    return made


class TestMaliciousVerifier:
    """A shop that is registered to ask for one thing, and wants others."""

    @IN_BOTH_FORMATS
    def test_a_relayed_request_shows_its_true_sender_and_its_answer_is_of_no_use(self, world):
        """The shop hands the bank's request to its customer, and puts the answer to a request of its own."""
        of_the_bank = world.ask("over_20")
        prompt = world.wallet.match(of_the_bank)
        assert prompt.verifier == "Sakura Bank"
        answer = world.wallet.present(prompt.approve())
        own = world.ask("over_20", purpose="shopping", by=world.shop)
        for state in (own.state, of_the_bank.state):
            with pytest.raises(BindingError):
                world.shop.verify(replace(answer, state=state, vp_token=dict(answer.vp_token)), expected=own)

    @IN_BOTH_FORMATS
    def test_what_a_shop_was_shown_cannot_be_shown_to_a_bank(self, world):
        """The shop keeps a presentation and plays the customer."""
        to_the_shop = world.ask("over_20", purpose="shopping", by=world.shop)
        answer = world.answer(to_the_shop)
        world.shop.verify(answer, expected=to_the_shop)
        of_the_bank = world.ask("over_20")
        with pytest.raises(BindingError):
            world.bank.verify(Response(vp_token=answer.vp_token, state=of_the_bank.state), expected=of_the_bank)

    def test_another_s_registration_does_not_widen_its_own(self, world):
        wide = {"format": "registration_cert", "data": world.bank_enrolment.registrations["loan"]}
        own = {"format": "registration_cert", "data": world.shop_enrolment.registrations["shopping"]}
        request = world.ask("full_name", purpose="shopping", by=world.shop)
        for infos in ([wide], [own, wide], [wide, own]):
            for purpose in ("shopping", "loan"):
                forged = signed_request(world.shop_enrolment, request, verifier_info=infos, purpose=purpose)
                with pytest.raises(VerifierUnknownError):
                    world.wallet.match(forged)

    def test_another_s_certificate_does_not_make_it_the_other(self, world):
        chain = world.bank_enrolment.chain
        forged = signed_request(
            world.shop_enrolment, world.ask("full_name"), chain=chain, client_id=client_id(chain[0])
        )
        with pytest.raises(SignatureInvalidError):
            world.wallet.match(forged)

    @IN_BOTH_FORMATS
    def test_a_limited_claim_is_not_had_by_asking_around_it(self, world):
        """As a whole, by position, in another combination, or beside a claim that is allowed."""
        for questions in (
            ["household"],
            ["household.0"],
            ["household.*"],
            ["household.0.number"],
            ["over_20", "number"],
        ):
            request = world.ask(*questions, purpose="shopping", by=world.shop)
            with pytest.raises(StatuteLimitedError):
                world.wallet.match(request)

    @IN_BOTH_FORMATS
    def test_that_someone_holds_a_credential_is_not_had_for_nothing(self, world):
        """Neither by asking for no claim, nor from the way in which the wallet refuses."""
        with pytest.raises(OverAskingError) as of_a_holder:
            world.wallet.match(world.ask(ask(Income), purpose="shopping", by=world.shop))
        stranger = World(world.format)
        with pytest.raises(OverAskingError) as of_another:
            stranger.wallet.match(stranger.ask(ask(Income), purpose="shopping", by=stranger.shop))
        assert str(of_a_holder.value) == str(of_another.value)

    @IN_BOTH_FORMATS
    def test_values_are_not_found_by_trying(self, world):
        """A wrong guess says no more than an empty wallet; a right one says nothing without the person."""
        empty = World(world.format)
        answers = []
        for asked, names in ((world, ["番号　一郎"]), (empty, ["番号　花子"])):
            with pytest.raises(NoMatchError) as refused:
                asked.wallet.match(asked.ask(ask(Resident, values={"full_name": names})))
            answers.append((str(refused.value), refused.value.code))
        assert answers[0] == answers[1]
        before = snapshot(world.wallet_store)
        world.wallet.match(world.ask(ask(Resident, values={"full_name": ["番号　花子"]})))
        assert snapshot(world.wallet_store) == before

    def test_every_attempt_of_a_known_sender_stands_in_the_history(self, world):
        for question in ("number", "health", "remark"):
            with pytest.raises(RequestRefusedError):
                world.wallet.match(world.ask(question, purpose="shopping", by=world.shop))
        refusals = [entry.entry for entry in world.wallet.history() if entry.entry["event"] == "refused"]
        assert [entry["verifier"] for entry in refusals] == ["urn:vcwallet:party:shop"] * 3
        assert not any(canary in str(refusals) for canary in CANARIES)


class TestMaliciousHolder:
    """Someone with a wallet made for the purpose, and perhaps the credentials of others."""

    @IN_BOTH_FORMATS
    def test_another_s_credential_is_not_presented_with_one_s_own_key(self, world):
        stolen = next(world.wallet.cards(world.type_id(Resident))).credential
        with pytest.raises(BindingError, match="HOLDER_KEY_UNKNOWN"):
            world.new_wallet().receive(stolen)

    def test_two_persons_claims_are_not_put_together(self, world):
        """One is old enough, the other has the name: each disclosure belongs to its own issuer signature."""
        mine, theirs = (world.issue(resident(full_name=name)) for name in ("番号　花子", "番号　一郎"))
        head, *own = mine.raw.removesuffix("~").split("~")
        foreign = theirs.raw.removesuffix("~").split("~")[1:]
        with pytest.raises(DigestInvalidError):
            world.wallet.receive(Credential(format="dc+sd-jwt", raw="~".join((head, *foreign, ""))))
        with pytest.raises(DigestInvalidError):
            world.wallet.receive(Credential(format="dc+sd-jwt", raw="~".join((head, *own, foreign[0], ""))))

    @IN_BOTH_FORMATS
    def test_two_credentials_of_different_persons_are_told_apart(self, world):
        """The verifier sees by the keys that two cards are two cards; that they are one person's, nobody says."""
        request = world.ask("full_name", ask(Income, "total"))
        verified = world.bank.verify(world.answer(request), expected=request)
        keys = {verified.evidence(kind)[0].holder_key for kind in (Resident, Income)}
        assert len(keys) == 2

    @IN_BOTH_FORMATS
    def test_a_wallet_that_shows_too_much_is_refused(self, world):
        """What nobody asked for is not taken in: it would be kept without a purpose."""
        request = world.ask("over_20", purpose="shopping", by=world.shop)
        card = next(world.wallet.cards(world.type_id(Resident)))
        generous = presentation_of(world, card, [world.path("over_20"), world.path("health")], request)
        with pytest.raises(QueryNotSatisfiedError, match="MORE_THAN_ASKED"):
            world.shop.verify(Response(vp_token={"resident": (generous,)}, state=request.state), expected=request)
        assert world.shop.receipts() == []

    @IN_BOTH_FORMATS
    def test_a_self_made_issuer_is_nobody(self, world):
        own = TrustRegistry.found("World registry", store=MemoryStore(), clock=world.clock)
        forged_issuer = own.enrol_issuer({"en": "Mirai City"}, code="city", may_issue=[Resident])
        key = world.wallet.new_holder_key()
        credential = credential_of(forged_issuer, resident(), at=world.clock(), holder=key, format=world.format)
        card = replace(next(world.wallet.cards(world.type_id(Resident))), credential=credential, key=key.handle)
        request = world.ask("full_name")
        forged = presentation_of(world, card, [world.path("full_name")], request)
        with pytest.raises(UntrustedError):
            world.bank.verify(Response(vp_token={"resident": (forged,)}, state=request.state), expected=request)

    @IN_BOTH_FORMATS
    def test_an_answer_is_given_once_by_whatever_way(self, world):
        request = world.ask("full_name")
        answer = world.answer(request)
        world.bank.verify(answer, expected=request)
        [presentation] = answer.vp_token["resident"]
        for again in (answer.to_json(), Response(vp_token={"resident": (presentation,)}, state=request.state)):
            with pytest.raises(ReplayError):
                world.bank.verify(again, expected=request)


class TestWebAttacker:
    """Someone between wallet and verifier who can swap, keep and change messages."""

    def test_a_swapped_request_shows_who_really_asks(self, world):
        """A sticker over the bank's QR code."""
        swapped = world.ask("over_20", purpose="shopping", by=world.shop)
        assert world.wallet.match(str(swapped)).verifier == "Liquor shop"

    def test_a_request_cannot_be_aimed_at_another_purpose_query_or_nonce(self, world):
        request = world.ask("over_20")
        head, _, signature = str(request).split(".")
        for changed in (
            {"purpose": "care"},
            {"nonce": "A" * 32},
            {"dcql_query": world.ask("full_name").query.to_json()},
        ):
            payload = signed_request(world.shop_enrolment, request, **changed).split(".")[1]
            with pytest.raises(SignatureInvalidError):
                world.wallet.match(f"{head}.{payload}.{signature}")

    @IN_BOTH_FORMATS
    def test_an_answer_is_for_the_one_who_asked_it_in_their_own_session(self, world):
        """Two customers of the bank at once: the answer of one does not complete the request of the other."""
        first, second = world.ask("full_name"), world.ask("full_name")
        answer = world.answer(first)
        with pytest.raises(BindingError, match="STATE_MISMATCH"):
            world.bank.verify(answer, expected=second)
        with pytest.raises(BindingError):
            world.bank.verify(replace(answer, state=second.state), expected=second)
        assert world.bank.verify(answer, expected=first).purpose == "loan"

    def test_a_state_that_is_no_text_is_another_state(self, world):
        request = world.ask("full_name")
        answer = world.answer(request)
        with pytest.raises(BindingError, match="STATE_MISMATCH"):
            world.bank.verify(replace(answer, state="\ud800"), expected=request)
        world.bank.verify(answer, expected=request)

    def test_an_answer_is_none_to_an_old_request(self, world):
        old = world.ask("full_name")
        answer = world.answer(old)
        world.clock.pass_by(minutes=30)
        with pytest.raises(VcError, match="EXPIRED"):
            world.bank.verify(answer, expected=old)

    def test_what_is_no_message_of_ours_is_told_apart_by_its_type(self, world):
        """Each of the texts is rightly signed, and is something else than it is given for."""
        request = world.ask("full_name")
        registration = world.bank_enrolment.registrations["loan"]
        proof = world.answer(request).vp_token["resident"][0].rsplit("~", 1)[1]
        credential = world.issue(resident()).raw
        for text in (registration, proof, credential.split("~")[0]):
            with pytest.raises(VcError, match="WRONG_TYPE"):
                world.wallet.match(text)
        for text in (str(request), registration, proof):
            with pytest.raises((VcError, MalformedError)):
                world.wallet.receive(Credential(format="dc+sd-jwt", raw=f"{text}~"))


def disclosure(*array: Any) -> str:
    return base64url.encode(json.dumps(list(array)))


def digest(text: str) -> dict[str, str]:
    return {"...": HashAlgorithm.SHA_256.digest(text)}


def with_disclosures(world: World, claims: dict[str, Any], member: str, *elements: str) -> Credential:
    """Return a credential by the city with one more hidden member, and the elements that are hidden in it."""
    key = world.wallet.new_holder_key()
    city = world.city_enrolment
    raw = credential_of(city, resident(), at=world.clock(), holder=key, claims=claims).raw
    payload = payload_of(raw)
    payload["_sd"].append(digest(member)["..."])
    token = jwt.sign(payload, typ="dc+sd-jwt", signer=city.signer, header={"x5c": jose_header.x5c(city.chain)})
    return Credential(format="dc+sd-jwt", raw="~".join((token, *raw.split("~")[1:-1], member, *elements, "")))


class TestMaliciousIssuer:
    @IN_BOTH_FORMATS
    def test_it_speaks_for_its_own_types_only(self, world):
        """A tax office that makes residents: in the open, or as a further type of what it may issue."""
        key = world.wallet.new_holder_key()
        forged = credential_of(world.office_enrolment, resident(), at=world.clock(), holder=key, format=world.format)
        with pytest.raises(VcError, match="NOT_AUTHORISED"):
            world.wallet.receive(forged)

    def test_a_number_for_tracking_is_not_slipped_past_the_person(self, world):
        """An open claim that the type does not have goes to every verifier, so it is shown and has to be approved."""
        [honest] = world.wallet.cards(Resident.vct)
        claims = {**resident().claims(world.clock().date()), "serial": "0123456789"}
        key = world.wallet.new_holder_key()
        world.wallet.receive(
            credential_of(world.city_enrolment, resident(), at=world.clock(), holder=key, claims=claims)
        )
        # As long as there is a card without it, that one is proposed.
        assert world.wallet.match(world.ask("over_20")).credentials[0].card == honest
        world.wallet.delete(honest)
        prompt = world.wallet.match(world.ask("over_20"))
        assert prompt.to_approve_by_name == ("resident.serial",)

    def test_a_claim_s_name_does_not_write_into_a_log(self, world):
        claims = {**resident().claims(world.clock().date()), "x\n\x1b[2J" + "y" * 5_000: 1}
        key = world.wallet.new_holder_key()
        card = world.wallet.receive(
            credential_of(world.city_enrolment, resident(), at=world.clock(), holder=key, claims=claims)
        )
        with pytest.raises(ConsentRequiredError, match="1 claims are approved by name") as refused:
            world.wallet.match(world.ask("over_20")).approve(cards={"resident": card.id})
        assert str(refused.value).isprintable()
        assert len(str(refused.value)) < 200

    def test_an_open_element_does_not_pass_for_hidden_beside_one_that_is(self, world):
        """It would go to every verifier that is shown its neighbour, and the person would not know."""
        honest = resident().claims(world.clock().date())
        del honest["languages"]
        first, second = disclosure("salt", "ja"), disclosure("salt", "en")
        hidden = disclosure("salt", "languages", [digest(first), digest(second)])
        mixed = disclosure("salt", "languages", [digest(first), "en"])
        world.wallet.receive(with_disclosures(world, honest, hidden, first, second))
        with pytest.raises(VcError, match="CLAIM_DISCLOSURE"):
            world.wallet.receive(with_disclosures(world, honest, mixed, first))

    @IN_BOTH_FORMATS
    def test_two_of_its_credentials_for_one_key_are_not_kept(self, world):
        """They would link the presentations of both."""
        key = world.wallet.new_holder_key()
        first, second = (
            credential_of(world.city_enrolment, resident(), at=world.clock(), holder=key, format=world.format)
            for _ in range(2)
        )
        world.wallet.receive(first)
        with pytest.raises(BindingError, match="HOLDER_KEY_USED"):
            world.wallet.receive(second)


@IN_BOTH_FORMATS
class TestStolenKeys:
    """Someone has a key of a party; the registry stops that key, and not the party."""

    def stop_keys_of(self, world: World, code: str) -> Enrolment:
        world.clock.pass_by(hours=1)
        renewed = world.registry.renew(f"urn:vcwallet:party:{code}", revoke_previous=True)
        world.update()
        return renewed

    def test_what_an_issuer_s_stolen_key_has_signed_is_refused_by_holder_and_verifier(self, world):
        credential = world.issue(resident())
        renewed = self.stop_keys_of(world, "city")
        request = world.ask("full_name")
        with pytest.raises(UntrustedError):
            world.bank.verify(world.answer(request), expected=request)
        with pytest.raises(UntrustedError):
            world.wallet.receive(credential)
        world.city = world.issuer(renewed)
        world.hold(resident())
        request = world.ask("full_name")
        assert world.bank.verify(world.answer(request), expected=request)[Resident].full_name == "番号　花子"

    def test_a_verifier_s_stolen_key_asks_nothing(self, world):
        stolen = world.ask("full_name")
        renewed = self.stop_keys_of(world, "bank")
        for request in (stolen, world.ask("full_name")):
            with pytest.raises(VerifierUnknownError):
                world.wallet.match(request)
        assert world.wallet.match(world.ask("full_name", by=world.verifier(renewed))).verifier == "Sakura Bank"


@IN_BOTH_FORMATS
class TestLyingRegistryCopy:
    """Someone who hands out lists: old ones, or none."""

    def test_an_old_list_does_not_bring_a_withdrawn_verifier_back(self, world):
        old = world.registry.published()
        world.registry.withdraw("urn:vcwallet:party:bank", reason="fraud")
        world.update()
        with pytest.raises(TrustedListError, match="REGISTRY_ROLLBACK"):
            world.wallet.update_trust(old)
        with pytest.raises(VerifierUnknownError):
            world.wallet.match(world.ask("full_name"))

    def test_a_list_held_back_ends_by_itself(self, world):
        world.registry.withdraw("urn:vcwallet:party:bank", reason="fraud")
        world.clock.now = world.wallet._trust.next_update
        with pytest.raises(TrustedListError, match="REGISTRY_STALE"):
            world.wallet.match(signed_request(world.bank_enrolment, world.ask("full_name")))

    def test_another_registry_s_list_is_not_taken(self, world):
        with pytest.raises(TrustedListError):
            world.wallet.update_trust(World().registry.published())
        assert world.wallet.match(world.ask("full_name")).verifier == "Sakura Bank"


class TestCompromisedHost:
    """What a program that holds a consent can and cannot do with it."""

    @IN_BOTH_FORMATS
    def test_a_consent_is_for_what_was_shown(self, world):
        consent = approved(world.wallet.match(world.ask("over_20")))
        for other in (["full_name"], ["over_20", "full_name"], ["nationality"]):
            forged = replace(consent, credentials=approved(world.wallet.match(world.ask(*other))).credentials)
            with pytest.raises(RequestRefusedError):
                world.wallet.present(forged)
        assert [entry.entry["event"] for entry in world.wallet.history()] == ["received", "received"]

    def test_a_claim_called_open_is_still_not_presented(self, world):
        """That a claim cannot be held back is not for the consent to say."""
        consent = approved(world.wallet.match(world.ask("over_20", "full_name")))
        [one] = consent.credentials
        claims = tuple(replace(claim, always=claim.path == ("full_name",) or claim.always) for claim in one.claims)
        with pytest.raises(RequestRefusedError):
            world.wallet.present(replace(consent, credentials=(replace(one, claims=claims),)))

    def test_the_credential_alone_says_nothing_about_who_presents_it(self, world):
        card = next(world.wallet.cards(Resident.vct))
        held = HeldSdJwtVc.from_store(card.credential.raw)
        request = world.ask("over_20")
        bare = held.sd_jwt.select([("over_20",)])
        with pytest.raises(BindingError, match="HOLDER_PROOF_MISSING"):
            world.bank.verify(Response(vp_token={"resident": (bare,)}, state=request.state), expected=request)
        assert "4711" not in str(payload_of(bare))
