# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a wallet refuses to answer, whatever the person would say; each refusal beside a request that is in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Annotated, Any

import pytest

from tests.support.world import (
    DAYS_90,
    IN_BOTH_FORMATS,
    MDOC,
    ForeignResident,
    Income,
    Resident,
    Unknown,
    World,
    approved,
    format_of,
    payload_of,
    resident,
    signed_request,
    snapshot,
)
from vcwallet.claims import path_text
from vcwallet.credential_type import Claim, ClaimGroup, CredentialType, Disclosure, Sensitivity, Statute
from vcwallet.errors import (
    NoMatchError,
    OverAskingError,
    PurposeMismatchError,
    RequestRefusedError,
    StatuteLimitedError,
    VcError,
    VerifierUnknownError,
)
from vcwallet.formats.sd_jwt_vc import SdJwtVc
from vcwallet.issuer import Issuer
from vcwallet.jose import header as jose_header
from vcwallet.jose import jwt
from vcwallet.keys import KeySource, Role
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.openid4vp import Request, read_request
from vcwallet.protocols.openid4vp.request import client_id
from vcwallet.trust.known_verifiers import KnownVerifier, KnownVerifiers
from vcwallet.trust.registration import TYP, Grant, IntendedUse, grants
from vcwallet.verifier import ask
from vcwallet.wallet import Consent
from vcwallet.wallet.screening import AskedClaim, _registration

EVERYTHING = tuple((name,) for name in Resident.outline())


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    made = World(format_of(request))
    made.hold()
    return made


def use(
    code: str = "test",
    *,
    type_id: str | None = None,
    paths: Any = EVERYTHING,
    format: str = "dc+sd-jwt",
    **members: Any,
) -> IntendedUse:
    """Return an intended use that is registered for everything, so that only the rule under test refuses.

    It is for both formats, unless it names a type by its identifier.
    """
    granted = grants(Resident, *paths) if type_id is None else (Grant(type_id, paths, format),)
    return IntendedUse(code=code, text={"en": "To test"}, grants=granted, **members)


def asks(world: World, *questions: Any, registered: IntendedUse) -> Request:
    """Return the request of a verifier that was enrolled for this use just now."""
    enrolment = world.registry.enrol_verifier("Tester", purposes=[registered])
    world.wallet.update_trust(world.registry.published())
    return world.ask(*questions, purpose=registered.code, by=world.verifier(enrolment))


def refused(world: World, request: Request | str, error: type[VcError], *, code: str | None = None) -> Any:
    """Require that the wallet refuses, and that nothing but the refusal was stored."""
    before = snapshot(world.wallet_store, "history")
    with pytest.raises(error) as caught:
        world.wallet.match(request)
    assert type(caught.value) is error
    assert code is None or caught.value.code == code
    assert snapshot(world.wallet_store, "history") == before
    return caught.value


def re_signed(world: World, registration: str, **changed: Any) -> str:
    """Return a registration with changed members, signed anew by the registrar."""
    claims = {**payload_of(registration), **changed}
    registrar = world.registry._authority.registrar
    header = {"x5c": jose_header.x5c(world.registry._authority.chain(registrar.certificate))}
    return jwt.sign(claims, typ=TYP, signer=registrar.signer, header=header)


def called(world: World, claim: str, kind: type[CredentialType] = Resident) -> str:
    """Return what refusals and histories call a claim."""
    return f"{world.type_id(kind)}: {world.name(claim, kind)}"


def last_entry(world: World) -> dict[str, Any]:
    return dict(list(world.wallet.history())[-1].entry)


class TestVerifier:
    @IN_BOTH_FORMATS
    def test_a_registered_verifier_is_answered(self, world):
        assert world.wallet.match(world.ask("full_name")).verifier == "Sakura Bank"

    def test_an_unregistered_verifier_with_a_chain_of_its_own_is_refused(self, world):
        stranger = World()
        refused(world, stranger.ask("full_name"), VerifierUnknownError, code="VERIFIER_UNKNOWN")

    def test_an_issuer_is_no_verifier(self, world):
        request = world.ask("full_name")
        enrolment = world.city_enrolment
        forged = signed_request(enrolment, request, client_id=client_id(enrolment.chain[0]))
        refused(world, forged, VerifierUnknownError)

    @IN_BOTH_FORMATS
    @pytest.mark.parametrize("change", ["suspend", "withdraw"])
    def test_a_suspended_or_withdrawn_verifier_is_refused_once_the_wallet_knows(self, world, change):
        request = world.ask("full_name")
        getattr(world.registry, change)("urn:vcwallet:party:bank", reason="audit")
        assert world.wallet.match(request)
        world.wallet.update_trust(world.registry.published())
        refused(world, request, VerifierUnknownError)

    def test_a_reinstated_verifier_is_answered_again(self, world):
        world.registry.suspend("urn:vcwallet:party:bank", reason="audit")
        world.clock.pass_by(hours=1)
        world.registry.reinstate("urn:vcwallet:party:bank", reason="all well")
        world.wallet.update_trust(world.registry.published())
        assert world.wallet.match(world.ask("full_name"))


class TestRegistration:
    @pytest.mark.parametrize("number", [0, 2])
    def test_a_request_comes_with_exactly_one_registration(self, world, number):
        registration = world.bank_enrolment.registrations["loan"]
        infos = [{"format": "registration_cert", "data": registration}] * number
        request = signed_request(world.bank_enrolment, world.ask("full_name"), verifier_info=infos)
        refused(world, request, VerifierUnknownError)
        assert last_entry(world)["code"] == "VERIFIER_UNKNOWN"

    def test_other_attestations_beside_it_are_ignored(self, world):
        registration = world.bank_enrolment.registrations["loan"]
        infos = [
            {"format": "jwt", "data": "whatever"},
            {"format": "registration_cert", "data": registration},
            {"format": "registration_cert", "data": {"not": "text"}},
        ]
        request = signed_request(world.bank_enrolment, world.ask("full_name"), verifier_info=infos)
        assert world.wallet.match(request)

    def test_the_registration_of_another_verifier_is_refused(self, world):
        infos = [{"format": "registration_cert", "data": world.shop_enrolment.registrations["shopping"]}]
        request = world.ask("over_20")
        forged = signed_request(world.bank_enrolment, request, verifier_info=infos, purpose="shopping")
        refused(world, forged, VerifierUnknownError)

    def test_a_registration_that_the_registrar_has_not_signed_is_refused(self, world):
        """A verifier could write itself any claim."""
        bank = world.bank_enrolment
        registration = bank.registrations["loan"]
        header = {"x5c": jose_header.x5c(bank.chain)}
        own = jwt.sign(payload_of(registration), typ=TYP, signer=bank.signer, header=header)
        for signed, by_registrar in ((re_signed(world, registration), True), (own, False)):
            infos = [{"format": "registration_cert", "data": signed}]
            request = signed_request(bank, world.ask("full_name"), verifier_info=infos)
            if by_registrar:
                assert world.wallet.match(request)
            else:
                refused(world, request, VerifierUnknownError, code="REGISTRY_UNSIGNED")

    def test_an_intermediary_asks_in_the_name_of_the_verifier_that_is_registered(self, world):
        """Who is registered is shown, not who sends the request (ARF 3.0, RPRC_17a)."""
        shop, bank = world.shop_enrolment, world.bank_enrolment
        for named, error in ((shop.identifier, None), ("urn:vcwallet:party:another", VerifierUnknownError)):
            registration = re_signed(world, bank.registrations["loan"], act={"sub": {"id": named}})
            infos = [{"format": "registration_cert", "data": registration}]
            request = signed_request(
                shop, world.ask("full_name"), client_id=client_id(shop.chain[0]), verifier_info=infos
            )
            if error is None:
                prompt = world.wallet.match(request)
                assert (prompt.verifier, prompt.verifier_id) == ("Sakura Bank", bank.identifier)
            else:
                refused(world, request, error)

    @pytest.mark.parametrize("change", ["suspend", "withdraw"])
    def test_an_intermediary_does_not_ask_for_a_verifier_that_may_not(self, world, change):
        shop, bank = world.shop_enrolment, world.bank_enrolment
        registration = re_signed(world, bank.registrations["loan"], act={"sub": {"id": shop.identifier}})
        infos = [{"format": "registration_cert", "data": registration}]
        request = signed_request(shop, world.ask("full_name"), client_id=client_id(shop.chain[0]), verifier_info=infos)
        getattr(world.registry, change)(bank.identifier, reason="abuse")
        assert world.wallet.match(request), "not before the news has arrived"
        world.wallet.update_trust(world.registry.published())
        refused(world, request, VerifierUnknownError, code="VERIFIER_UNKNOWN")

    @pytest.mark.parametrize("change", ["suspend", "withdraw"])
    def test_an_agreement_does_not_let_an_intermediary_ask_that_may_not(self, world, change):
        shop, bank = world.shop_enrolment, world.bank_enrolment
        known = KnownVerifier(party=shop.identifier, client_id="shop", keys={"1": shop.signer.public_key})
        world.wallet.update_verifiers(KnownVerifiers([known]))
        registration = re_signed(world, bank.registrations["loan"], act={"sub": {"id": shop.identifier}})
        infos = [{"format": "registration_cert", "data": registration}]
        request = signed_request(
            shop, world.ask("full_name"), drop=["client_metadata"], client_id="shop", verifier_info=infos
        )
        assert world.wallet.match(request).verifier_id == bank.identifier
        getattr(world.registry, change)(shop.identifier, reason="abuse")
        world.wallet.update_trust(world.registry.published())
        refused(world, request, VerifierUnknownError, code="VERIFIER_UNKNOWN")

    @pytest.mark.parametrize("known", ["verifier", "intermediary"])
    def test_an_intermediary_that_the_registry_does_not_list_stops_nobody_but_itself(self, world, known):
        bank, stranger = world.bank_enrolment, "https://stranger.example"
        party = {"verifier": bank.identifier, "intermediary": stranger}[known]
        agreement = KnownVerifier(party=party, client_id="known", keys={"1": bank.signer.public_key})
        world.wallet.update_verifiers(KnownVerifiers([agreement]))
        registration = re_signed(world, bank.registrations["loan"], act={"sub": {"id": stranger}})
        infos = [{"format": "registration_cert", "data": registration}]
        request = signed_request(
            bank, world.ask("full_name"), drop=["client_metadata"], client_id="known", verifier_info=infos
        )
        if known == "verifier":
            assert world.wallet.match(request)
        else:
            refused(world, request, VerifierUnknownError, code="VERIFIER_UNKNOWN")

    def test_an_intermediary_does_not_ask_for_a_party_that_is_no_verifier(self, world):
        shop, bank = world.shop_enrolment, world.bank_enrolment
        for party in (bank.identifier, world.city_enrolment.identifier, "urn:vcwallet:party:nobody"):
            changed = {"sub": party, "act": {"sub": {"id": shop.identifier}}}
            infos = [{"format": "registration_cert", "data": re_signed(world, bank.registrations["loan"], **changed)}]
            request = signed_request(
                shop, world.ask("full_name"), client_id=client_id(shop.chain[0]), verifier_info=infos
            )
            if party == bank.identifier:
                assert world.wallet.match(request)
            else:
                refused(world, request, VerifierUnknownError, code="VERIFIER_UNKNOWN")

    def test_an_intermediary_is_refused_where_nobody_can_tell_whether_its_verifier_may_ask(self, world):
        class KeysOnly:
            def key_for(self, *args: Any, **named: Any) -> Any:
                return world.wallet._trust.key_for(*args, **named)

        shop, bank = world.shop_enrolment, world.bank_enrolment
        key = world.wallet._trust.key_for(
            KeySource(chain=shop.chain), role=Role.VERIFIER, type_id=None, at=world.clock()
        )
        token = re_signed(world, bank.registrations["loan"], act={"sub": {"id": shop.identifier}})
        request: Any = SimpleNamespace(registrations=[token], verifier=key)
        _registration(request, trust=world.wallet._trust, at=world.clock())
        with pytest.raises(VerifierUnknownError, match="nobody can tell"):
            _registration(request, trust=KeysOnly(), at=world.clock())

    def test_an_expired_registration_is_refused(self):
        world = World()
        world.clock.pass_by(days=365)
        world.update()
        world.hold(resident())
        refused(world, world.ask("full_name"), VerifierUnknownError)
        renewed = world.verifier(world.registry.renew("urn:vcwallet:party:bank"))
        world.wallet.update_trust(world.registry.published())
        assert world.wallet.match(world.ask("full_name", by=renewed)).credentials

    @IN_BOTH_FORMATS
    def test_a_registration_that_the_registrar_did_not_sign_is_refused(self, world):
        """A verifier that adds a claim by itself, with its own key."""
        registration = world.bank_enrolment.registrations["loan"]
        credentials = [
            {"format": "dc+sd-jwt", "meta": {"vct_values": [Resident.vct]}, "claims": [{"path": ["number"]}]}
        ]
        forged = signed_request(world.bank_enrolment, registration, typ="rc-wrp+jwt", credentials=credentials)
        infos = [{"format": "registration_cert", "data": forged}]
        request = signed_request(world.bank_enrolment, world.ask("full_name"), verifier_info=infos)
        refused(world, request, VerifierUnknownError)

    @IN_BOTH_FORMATS
    def test_a_request_for_another_purpose_than_it_is_registered_for_is_refused(self, world):
        request = signed_request(world.bank_enrolment, world.ask("full_name"), purpose="care")
        refused(world, request, PurposeMismatchError, code="PURPOSE_MISMATCH")

    @IN_BOTH_FORMATS
    def test_a_request_that_names_no_purpose_is_for_the_one_that_its_registration_states(self, world):
        nameless = signed_request(world.bank_enrolment, world.ask("full_name", purpose="care"), drop=["purpose"])
        prompt = world.wallet.match(read_request(nameless))
        assert (prompt.purpose_code, prompt.purpose) == ("care", "To give care")
        beyond = signed_request(world.bank_enrolment, world.ask("over_20", purpose="care"), drop=["purpose"])
        assert refused(world, beyond, OverAskingError).claims == (called(world, "over_20"),)


class TestOverAsking:
    @IN_BOTH_FORMATS
    def test_the_claims_beyond_the_registration_are_listed(self, world):
        request = world.ask("full_name", "number", ask(Income, "total"), purpose="care")
        error = refused(world, world.ask("over_20", "full_name", "languages.*", purpose="care"), OverAskingError)
        assert error.claims == (called(world, "languages.*"), called(world, "over_20"))
        assert error.code == "OVER_ASKING"
        refused(world, request, StatuteLimitedError)  # the statute comes first
        assert world.wallet.match(world.ask("full_name", purpose="care"))

    def test_a_grant_of_a_part_is_no_grant_of_the_whole(self, world):
        registered = use(paths=(("address", "locality"),))
        refused(world, asks(world, "address", registered=registered), OverAskingError)
        assert world.wallet.match(asks(world, "address.locality", registered=use("whole", paths=(("address",),))))

    def test_the_parent_of_a_registered_type_is_not_registered(self, world):
        registered = use(type_id=ForeignResident.vct, paths=(("full_name",),))
        refused(world, asks(world, "full_name", registered=registered), OverAskingError)
        world.hold(resident(ForeignResident, permit="study"))
        assert world.wallet.match(asks(world, ask(ForeignResident, "full_name"), registered=registered))

    def test_each_of_several_types_has_to_be_registered(self, world):
        query = DcqlQuery.from_json(
            {
                "credentials": [
                    {
                        "id": "one",
                        "format": "dc+sd-jwt",
                        "meta": {"vct_values": [Resident.vct, Income.vct]},
                        "claims": [{"path": ["full_name"]}],
                    }
                ]
            }
        )
        error = refused(world, world.ask(query), OverAskingError)
        assert error.claims == (f"{Income.vct}: full_name",)

    def test_a_type_that_nobody_registered_is_not_asked_for_by_itself(self, world):
        """A query without claims still tells that the person holds such a credential, and shows its open claims."""
        error = refused(world, world.ask(ask(Income), purpose="care"), OverAskingError)
        assert error.claims == (Income.vct,)
        assert world.wallet.match(world.ask(ask(Income))).credentials[0].claims[0].path == ("fiscal_year",)

    def test_that_an_mdoc_is_there_is_not_asked_by_itself_either(self):
        world = World(MDOC)
        world.hold()
        assert refused(world, world.ask(ask(Income), purpose="care"), OverAskingError).claims == (Income.doctype,)
        assert world.wallet.match(world.ask(ask(Income))).credentials[0].claims == ()
        verified = world.bank.verify(world.answer(request := world.ask(ask(Income))), expected=request)
        assert verified.evidence(Income)[0].claims == {}

    def test_a_grant_in_one_format_is_none_in_the_other(self):
        """A registration names the claims as the format has them, and a wallet does not guess what was meant."""
        world = World(MDOC)
        world.hold()
        registered = use(type_id=Resident.vct, paths=(("full_name",),))
        error = refused(world, asks(world, "full_name", registered=registered), OverAskingError)
        assert error.claims == (called(world, "full_name"),)
        element = ((Resident.doctype, "full_name"),)
        wrong = use("wrong", type_id=Resident.doctype, paths=element)  # the right name, of no such SD-JWT VC
        assert refused(world, asks(world, "full_name", registered=wrong), OverAskingError).claims == error.claims
        right = use("right", type_id=Resident.doctype, paths=element, format="mso_mdoc")
        assert world.wallet.match(asks(world, "full_name", registered=right)).credentials

    def test_one_name_in_an_mdoc_is_an_element_in_whatever_namespace(self):
        world = World(MDOC)
        world.hold()
        registered = use(type_id=Resident.doctype, paths=(("full_name",),), format="mso_mdoc")
        assert world.wallet.match(asks(world, "full_name", registered=registered)).credentials
        another = use("two", type_id=Resident.doctype, paths=(("full_name",),), format="mso_mdoc")
        refused(world, asks(world, "birth_date", registered=another), OverAskingError)

    @pytest.mark.parametrize(
        ("vct", "path", "registered"),
        [
            (Resident.vct, ["full_name"], True),
            (Resident.vct, ["address", "locality"], True),
            (Resident.vct, ["address"], False),
            (Resident.vct, ["address", "locality", "x"], True),
            (Resident.vct, ["languages", 0], True),
            (Resident.vct, ["languages", None], True),
            (Resident.vct, ["languages"], False),
            (Resident.vct, ["birth_date"], False),
            (ForeignResident.vct, ["full_name"], False),
        ],
    )
    def test_the_worked_cases_of_the_registration(self, world, vct, path, registered):
        granted = use(paths=(("full_name",), ("address", "locality"), ("languages", None)))
        one = {"id": "one", "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}, "claims": [{"path": path}]}
        request = asks(world, DcqlQuery.from_json({"credentials": [one]}), registered=granted)
        if not registered:
            assert refused(world, request, OverAskingError).claims == (f"{vct}: {path_text(tuple(path))}",)
        elif path[-1] == "x":  # inside what is registered, but the credential has nothing there
            refused(world, request, NoMatchError)
        else:
            assert world.wallet.match(request).credentials

    def test_what_is_shown_unasked_is_registered_where_nothing_else_is_asked_for(self, world):
        """A query without claims asks for the open claims of a type and for nothing else."""
        closed = use(type_id=Income.vct, paths=(("total",),))
        error = refused(world, asks(world, ask(Income), registered=closed), OverAskingError)
        assert error.claims == (f"{Income.vct}: fiscal_year",)
        opened = use("open", type_id=Income.vct, paths=(("fiscal_year",),))
        assert world.wallet.match(asks(world, ask(Income), registered=opened))

    @IN_BOTH_FORMATS
    def test_a_type_that_the_registry_does_not_have_is_over_asking_too(self, world):
        assert refused(world, world.ask(ask(Unknown, "full_name")), OverAskingError).claims == (
            called(world, "full_name", Unknown),
        )

    def test_every_way_to_answer_is_compared_and_not_only_the_cheapest(self, world):
        claims = [{"id": "a", "path": ["over_20"]}, {"id": "b", "path": ["full_name"]}]
        one = {"id": "one", "format": "dc+sd-jwt", "meta": {"vct_values": [Resident.vct]}, "claims": claims}
        query = DcqlQuery.from_json({"credentials": [one | {"claim_sets": [["a"], ["b"]]}]})
        refused(world, world.ask(query, purpose="shopping", by=world.shop), OverAskingError)
        assert world.wallet.match(world.ask(query))

    def test_the_longest_list_of_claims_is_refused_and_noted(self, world):
        """A request as large as it may be, which multiplies types by claims."""
        types = [f"t{number}" for number in range(100)]
        claims = [{"path": [f"c{number}"]} for number in range(50)]
        query = {
            "credentials": [
                {
                    "id": f"q{n}",
                    "format": "dc+sd-jwt",
                    "meta": {"vct_values": [f"{t}-{n}" for t in types]},
                    "claims": claims,
                }
                for n in range(20)
            ]
        }
        error = refused(world, world.ask(DcqlQuery.from_json(query)), OverAskingError)
        assert len(error.claims) == 100_000
        assert last_entry(world)["code"] == "OVER_ASKING"


class TestStatutes:
    @IN_BOTH_FORMATS
    @pytest.mark.parametrize(
        "changed",
        [{"legal_basis": ()}, {"legal_basis": ("consent", "another_act")}, {"procedure": None}],
        ids=["no basis", "other bases", "no procedure"],
    )
    def test_a_limited_claim_needs_a_basis_and_a_procedure(self, world, changed):
        registered = use(**{"legal_basis": ("number_act",), "procedure": "withholding_slip"} | changed)
        error = refused(world, asks(world, "number", registered=registered), StatuteLimitedError)
        assert error.code == "NUMBER_NO_BASIS"
        assert error.claims == (called(world, "number"),)

    @IN_BOTH_FORMATS
    def test_with_a_basis_and_a_procedure_it_is_answered(self, world):
        request = world.ask("number", purpose="withholding")
        verified = world.bank.verify(world.answer(request), expected=request)
        assert verified[Resident].number == "NUMBER-4711"

    @IN_BOTH_FORMATS
    def test_the_person_is_not_even_asked(self, world):
        """Consent does not cure a missing basis: there is no prompt that could be approved."""
        registered = use(legal_basis=("consent",), procedure="shopping")
        request = asks(world, "number", registered=registered)
        with pytest.raises(StatuteLimitedError):
            approved(world.wallet.match(request))

    @IN_BOTH_FORMATS
    def test_a_consent_from_another_request_does_not_help(self, world):
        lawful = approved(world.wallet.match(world.ask("number", purpose="withholding")))
        unlawful = asks(world, "number", registered=use())
        forged = with_request(lawful, unlawful, world)
        with pytest.raises(VcError):
            world.wallet.present(forged)
        assert [entry.entry["event"] for entry in world.wallet.history()].count("presented") == 0

    def test_a_part_of_an_element_is_the_element(self):
        """The first names of a household are not disclosed without the numbers beside them."""
        world = World(MDOC)
        world.hold()
        for claim in ("household", "household.*.first_name"):
            error = refused(world, asks(world, claim, registered=use()), StatuteLimitedError)
            assert error.claims == (f"{called(world, 'household')}.*.number",)
        assert world.wallet.match(world.ask("household", purpose="withholding")).credentials

    @pytest.mark.parametrize(
        "asked", ["household", "household.*", "household.0", "household.*.number", "household.0.number"]
    )
    def test_a_limited_claim_is_found_wherever_it_hides(self, world, asked):
        error = refused(world, asks(world, asked, registered=use()), StatuteLimitedError)
        assert error.code == "NUMBER_NO_BASIS"
        assert "number" in error.claims[0]
        assert world.wallet.match(world.ask(asked, purpose="withholding"))

    def test_its_neighbour_is_not_limited(self, world):
        assert world.wallet.match(asks(world, "household.*.first_name", registered=use()))

    @IN_BOTH_FORMATS
    def test_an_optional_question_is_judged_too(self, world):
        request = world.ask(ask(Resident, "full_name"), ask(Resident, "number", optional=True))
        refused(world, request, StatuteLimitedError)


@IN_BOTH_FORMATS
class TestSpecialCare:
    def test_it_needs_a_registration_for_special_care(self, world):
        refused(world, asks(world, "health", registered=use()), RequestRefusedError, code="SPECIAL_CARE_NOT_REGISTERED")
        assert world.wallet.match(world.ask("health", purpose="care"))


@pytest.mark.parametrize(
    ("rules", "sensitivity"),
    [({}, "C"), ({"sensitivity": "A"}, "A"), ({"sensitivity": "X"}, "X"), ({"sensitivity": "Z"}, "X")],
)
def test_a_claim_without_a_class_is_guarded_and_one_of_an_unknown_class_is_limited(rules, sensitivity):
    assert AskedClaim("type", ("claim",), rules).sensitivity is Sensitivity(sensitivity)


@IN_BOTH_FORMATS
class TestNeverDisclosed:
    def test_a_claim_for_the_holder_only_is_refused(self, world):
        error = refused(world, asks(world, "remark", registered=use()), RequestRefusedError, code="NEVER_DISCLOSED")
        assert "holder" in str(error)
        assert world.wallet.match(asks(world, "full_name", registered=use("other")))


class TestRetention:
    """An mdoc's reader says for each element whether it means to keep it (ISO/IEC 18013-5, clause 8.3.2.1.2.1)."""

    @pytest.fixture
    def world(self) -> World:
        made = World(MDOC)
        made.hold()
        return made

    def asks_for(self, world: World, *keeps: Any, days: int | None) -> Request:
        """Ask for a claim of a resident and one of an income, each kept or not."""
        kinds: tuple[tuple[str, type[CredentialType]], ...] = (("over_20", Resident), ("total", Income))
        credentials = [
            {
                "id": f"q{number}",
                "format": MDOC,
                "meta": {"doctype_value": kind.doctype},
                "claims": [
                    {"path": list(world.path(claim, kind)), **({} if keep is None else {"intent_to_retain": keep})}
                ],
            }
            for number, ((claim, kind), keep) in enumerate(zip(kinds, keeps, strict=True))
        ]
        granted = (*grants(Resident, "over_20"), *grants(Income, "total"))
        registered = IntendedUse(code="test", text={"en": "To test"}, grants=granted, retention_days=days)
        return asks(world, DcqlQuery.from_json({"credentials": credentials}), registered=registered)

    @pytest.mark.parametrize("keeps", [(True, True), (True, False), (False, True), (None, True)])
    def test_who_registered_to_keep_nothing_does_not_keep_a_claim(self, world, keeps):
        request = self.asks_for(world, *keeps, days=0)
        error = refused(world, request, RequestRefusedError, code="RETENTION_NOT_REGISTERED")
        assert "keep" in str(error)
        assert last_entry(world)["code"] == "RETENTION_NOT_REGISTERED"

    @pytest.mark.parametrize(
        ("keeps", "days"), [((False, False), 0), ((None, None), 0), ((True, True), 1), ((True, True), None)]
    )
    def test_what_is_registered_is_asked(self, world, keeps, days):
        assert world.wallet.match(self.asks_for(world, *keeps, days=days)).credentials

    def test_a_verifier_of_ours_does_not_say_that_it_keeps_what_it_registered_not_to(self, world):
        assert world.wallet.match(world.ask("over_20", purpose="shopping", by=world.shop)).retention == "0 days"


class Letter(ClaimGroup):
    sender: Annotated[str, Claim("差出人", "Sender")]


class File(CredentialType, vct="urn:example:file:1", ja="書類", en="File"):
    """Rules that a claim has from what it is part of, or that hold for open claims."""

    title: Annotated[str, Claim("題", "Title")]
    letter: Annotated[Letter, Claim("手紙", "Letter", sensitivity=Sensitivity.D)]


class OpenFile(CredentialType, vct="urn:example:open-file:1", ja="書類", en="Open file"):
    title: Annotated[str, Claim("題", "Title")]
    number: Annotated[
        str,
        Claim(
            "番号",
            "Number",
            sensitivity=Sensitivity.X,
            disclosure=Disclosure.ALWAYS,
            statute=Statute(code="NUMBER_NO_BASIS", bases=("number_act",)),
        ),
    ]


class SealedLetter(Letter):
    seal: Annotated[
        str,
        Claim("封", "Seal", sensitivity=Sensitivity.X, statute=Statute(code="SEAL_NO_BASIS", bases=("seal_act",))),
    ]


class SealedFile(File, vct="urn:example:sealed-file:1", ja="封書", en="Sealed file"):
    """Stricter than the type that it extends."""

    letter: Annotated[SealedLetter, Claim("手紙", "Letter", sensitivity=Sensitivity.D)]


class TestInheritedRules:
    @pytest.fixture
    def archive(self, world) -> Issuer:
        return world.issuer(world.registry.enrol_issuer("Archive", may_issue=[File, OpenFile, SealedFile]))

    def hold(self, world: World, archive: Issuer, record: CredentialType) -> None:
        world.wallet.update_trust(world.registry.published())
        key = world.wallet.new_holder_key()
        world.wallet.receive(archive.issue(record, format=SdJwtVc, holder=key, valid_for=DAYS_90))

    def test_a_part_of_a_claim_of_special_care_is_of_special_care(self, world, archive):
        self.hold(world, archive, File(title="t", letter=Letter(sender="s")))
        plain = use(type_id=File.vct, paths=(("title",), ("letter",)))
        question = ask(File, "letter.sender")
        refused(world, asks(world, question, registered=plain), RequestRefusedError, code="SPECIAL_CARE_NOT_REGISTERED")
        caring = use("care", type_id=File.vct, paths=(("letter",),), special_care=True)
        assert world.wallet.match(asks(world, question, registered=caring)).to_approve_by_name == (
            "file.letter.sender",
        )

    def test_a_limited_claim_that_is_always_open_limits_the_whole_type(self, world, archive):
        self.hold(world, archive, OpenFile(title="t", number="4711"))
        plain = use(type_id=OpenFile.vct, paths=(("title",),))
        refused(world, asks(world, ask(OpenFile, "title"), registered=plain), StatuteLimitedError)
        refused(world, asks(world, ask(OpenFile), registered=use("two", type_id=OpenFile.vct)), StatuteLimitedError)
        lawful = use(
            "three", type_id=OpenFile.vct, paths=(("title",),), legal_basis=("number_act",), procedure="filing"
        )
        assert world.wallet.match(asks(world, ask(OpenFile, "title"), registered=lawful))

    def test_a_stricter_type_does_not_answer_for_the_type_that_it_extends(self, world, archive):
        caring = use(type_id=File.vct, paths=(("letter",), ("title",)), special_care=True)
        self.hold(world, archive, SealedFile(title="t", letter=SealedLetter(sender="s", seal="4711")))
        refused(world, asks(world, ask(File, "letter"), registered=caring), NoMatchError)
        self.hold(world, archive, File(title="t", letter=Letter(sender="s")))
        prompt = world.wallet.match(asks(world, ask(File, "letter"), registered=caring))
        assert [choice.card.type_ids[0] for choice in prompt.choices["file"]] == [File.vct]

    def test_what_is_the_same_in_both_types_is_answered(self, world, archive):
        self.hold(world, archive, SealedFile(title="t", letter=SealedLetter(sender="s", seal="4711")))
        registered = use(type_id=File.vct, paths=(("title",),))
        assert world.wallet.match(asks(world, ask(File, "title"), registered=registered))


@IN_BOTH_FORMATS
class TestHistoryOfRefusals:
    def test_a_refusal_says_who_wanted_what_and_why_not(self, world):
        refused(world, world.ask("over_20", purpose="care"), OverAskingError)
        entry = last_entry(world)
        assert entry["event"] == "refused"
        assert entry["verifier"] == "urn:vcwallet:party:bank"
        assert entry["verifier_name"]["en"] == "Sakura Bank"
        assert (entry["purpose"], entry["code"]) == ("care", "OVER_ASKING")
        assert entry["claims"] == [called(world, "over_20")]

    def test_a_request_of_nobody_in_particular_is_not_noted(self, world):
        before = list(world.wallet.history())
        refused(world, World(world.format).ask("full_name"), VerifierUnknownError)
        assert list(world.wallet.history()) == before


class TestNoMatch:
    """Before consent, an answer must not tell "has none" from "has another value"."""

    @IN_BOTH_FORMATS
    def test_nothing_held_and_another_value_look_the_same(self, world):
        empty = World(world.format)
        absent = refused(empty, empty.ask("full_name"), NoMatchError)
        question = ask(Resident, values={"full_name": ["番号　一郎"]})
        other_value = refused(world, world.ask(question), NoMatchError)
        assert str(absent) == str(other_value)
        assert (absent.code, absent.clause, absent.args) == (other_value.code, other_value.clause, other_value.args)
        assert absent.__cause__ is other_value.__cause__ is None

    @IN_BOTH_FORMATS
    def test_the_right_value_matches(self, world):
        question = ask(Resident, values={"full_name": ["番号　一郎", "番号　花子"]})
        assert world.wallet.match(world.ask(question)).credentials[0].claims[0].value == ("番号　花子",)

    def test_an_expired_credential_is_as_good_as_none(self, world):
        world.clock.pass_by(days=8)
        world.wallet.update_trust(world.registry.published())
        assert world.wallet.match(world.ask("full_name"))
        short = World()
        short.hold(resident(), valid_for=timedelta(hours=1))
        short.clock.pass_by(hours=1)
        refused(short, short.ask("full_name"), NoMatchError)


def with_request(consent: Consent, request: Request, world: World) -> Consent:
    """Return the consent put under another request, in every place where it says which one it is for."""
    authenticated = read_request(str(request)).verify(trust=world.wallet._trust, at=world.clock())
    return replace(consent, prompt=replace(consent.prompt, request=authenticated, incoming=read_request(str(request))))
