# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The types and purposes in the hands of issuer, wallet and verifier."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import pytest

from tests.unit.japan.sample_records import CARD, NUMBER, RECORDS
from vcwallet import Claim, CredentialType, Issuer, Mdoc, SdJwtVc, TrustRegistry, Verifier, Wallet, ask
from vcwallet.errors import LocalProtocolError, NoMatchError, OverAskingError, StatuteLimitedError, VcError
from vcwallet.japan import (
    TYPES,
    UNKNOWN_DATE,
    AgeAttestation,
    AssessmentKind,
    BasicIdentity,
    DrivingLicence,
    HouseholdRecord,
    Money,
    MyNumberAttestation,
    MyNumberCard,
    NationalQualification,
    ResidenceRecord,
    TaxAssessment,
    purposes,
    rules,
)
from vcwallet.japan.names import NameMatch
from vcwallet.trust.registration import IntendedUse, grants

CARD_ISO = "org.iso.23220.1"


class NaiveCard(
    CredentialType,
    vct="urn:example:naive-card:1",
    doctype="org.iso.23220.1.jp.mnc",
    mdoc_namespace=CARD_ISO,
    ja="思い込みのカード",
    en="Card as one might suppose it",
):
    """What somebody who knows other identity cards takes the My Number card in a phone for."""

    full_name_unicode: Annotated[str | None, Claim("氏名", "Name", namespace="org.iso.23220.1.jp")] = None
    given_name: Annotated[str | None, Claim("名", "Given name")] = None
    family_name: Annotated[str | None, Claim("姓", "Family name")] = None
    document_number: Annotated[str | None, Claim("文書番号", "Document number")] = None


# A registrar that does not look would register even this.
NOSY_SHOP = IntendedUse(
    code="marketing",
    text={"en": "To send you offers"},
    grants=(
        *grants(MyNumberAttestation, "individual_number"),
        *grants(MyNumberCard, "individual_number_unicode"),
        *grants(NaiveCard),
        *grants(ResidenceRecord, "full_name"),
    ),
)


class Town:
    """A registry, an issuer of every type, a wallet with a credential of each, and two verifiers."""

    def __init__(self, *, mdoc: bool = False) -> None:
        registry = TrustRegistry.create("Demo trust registry", country="JP")
        self.issuer = Issuer(registry.enrol_issuer("Mirai City", code="999016", may_issue=list(TYPES)))
        self.verifier = Verifier(registry.enrol_verifier("Everybody", purposes=list(purposes.ALL.values())))
        self.shop = Verifier(registry.enrol_verifier("Shop", purposes=[NOSY_SHOP]))
        self.wallet = Wallet.create(None, passphrase="correct horse battery staple", trust=registry.published())
        for record in RECORDS:
            if record.doctype is not None if mdoc else not isinstance(record, MyNumberCard):
                self.receive(record, mdoc=mdoc)

    def receive(self, record, *, mdoc: bool = False) -> None:
        key, format = self.wallet.new_holder_key(), Mdoc if mdoc else SdJwtVc
        self.wallet.receive(self.issuer.issue(record, format=format, holder=key, valid_for=timedelta(days=90)))

    def ask(self, *asks, purpose: str, explicitly: tuple[str, ...] = ()):
        request = self.verifier.request(*asks, purpose=purpose)
        consent = self.wallet.match(request).approve(explicitly=explicitly)
        return self.verifier.verify(self.wallet.present(consent), expected=request)


@pytest.fixture(scope="module")
def town() -> Town:
    return Town()


@pytest.fixture(scope="module")
def town_of_mdocs() -> Town:
    town = Town(mdoc=True)
    town.receive(NaiveCard(full_name_unicode="山田　太郎", document_number=NUMBER), mdoc=True)
    return town


@pytest.fixture
def town_of(request: pytest.FixtureRequest) -> Town:
    """Return the town of the format that a test is run for."""
    found: Town = request.getfixturevalue(request.param)
    return found


in_both_formats = pytest.mark.parametrize("town_of", ["town", "town_of_mdocs"], indirect=True)


@in_both_formats
def test_a_bank_sees_name_address_and_an_answer_about_the_income(town_of: Town) -> None:
    verified = town_of.ask(
        ask(ResidenceRecord, "full_name", "resident_address.locality"),
        ask(TaxAssessment, "income_above.3000000"),
        purpose="loan_underwriting",
    )
    assert verified[ResidenceRecord].full_name == "山田　太郎"
    assert verified[ResidenceRecord].resident_address.locality == "みらい市"
    assert verified[TaxAssessment].income_above["3000000"] is True
    assert not hasattr(verified[TaxAssessment], "total_income")


@pytest.mark.parametrize("kind", [ResidenceRecord, DrivingLicence, AgeAttestation])
@in_both_formats
def test_a_shop_sees_one_answer(town_of: Town, kind: type[CredentialType]) -> None:
    verified = town_of.ask(ask(kind, "age_over_20"), purpose="age_restricted_sale")
    (evidence,) = verified.evidence(kind)
    assert [path[-1] for path in evidence.disclosed] == ["age_over_20"]
    rules.require_age_proved(verified, matter=rules.AgeMatter.ALCOHOL)


def test_a_shop_sees_one_answer_of_the_card_in_a_phone_or_of_its_twin(town: Town, town_of_mdocs: Town) -> None:
    card = town_of_mdocs.ask(ask(MyNumberCard, "age_over_20"), purpose="age_restricted_sale")
    twin = town.ask(ask(BasicIdentity, "age_equal_or_over.20"), purpose="age_restricted_sale")
    for verified in (card, twin):
        rules.require_age_proved(verified, matter=rules.AgeMatter.ALCOHOL)
    assert card.evidence(MyNumberCard)[0].disclosed == ((CARD_ISO, "age_over_20"),)
    assert card.evidence(MyNumberCard)[0].claims == {CARD_ISO: {"age_over_20": True}}
    assert dict(twin.evidence(BasicIdentity)[0].claims)["age_equal_or_over"] == {"20": True}


def test_the_card_in_a_phone_is_asked_for_as_an_mdoc_only(town: Town) -> None:
    request = town.verifier.request(ask(MyNumberCard, "age_over_20"), purpose="age_restricted_sale")
    [query] = request.query.credentials
    assert (query.format, query.type_ids) == ("mso_mdoc", ("org.iso.23220.1.jp.mnc",))
    assert [claim.path for claim in query.claims or ()] == [(CARD_ISO, "age_over_20")]


def test_a_card_without_a_birth_date_has_no_answer_to_show() -> None:
    town = Town.__new__(Town)
    registry = TrustRegistry.create("Demo trust registry", country="JP")
    town.issuer = Issuer(registry.enrol_issuer("Mirai City", code="999016", may_issue=[MyNumberCard]))
    town.verifier = Verifier(registry.enrol_verifier("Shop", purposes=[purposes.AGE_RESTRICTED_SALE]))
    town.wallet = Wallet.create(None, passphrase="correct horse battery staple", trust=registry.published())
    town.receive(MyNumberCard(**{**CARD, "birth_date": UNKNOWN_DATE, "birth_date_unicode": None}), mdoc=True)
    with pytest.raises(NoMatchError):
        town.ask(ask(MyNumberCard, "age_over_20"), purpose="age_restricted_sale")
    town.receive(MyNumberCard(**CARD), mdoc=True)
    town.ask(ask(MyNumberCard, "age_over_20"), purpose="age_restricted_sale")


def test_a_hospital_sees_a_qualification_that_is_bound(town: Town) -> None:
    verified = town.ask(
        ask(NationalQualification, "full_name", "registration_number", "qualification_status"),
        ask(ResidenceRecord, "full_name"),
        purpose="qualification_check",
    )
    assert verified[NationalQualification].qualification_status == "active"
    (binding,) = rules.require_identity_bound(verified)
    assert binding == rules.IdentityBinding(holder_key=True, name_match=NameMatch.EXACT)


def test_of_a_household_only_the_names_are_seen(town: Town) -> None:
    verified = town.ask(ask(HouseholdRecord, "members.*.full_name"), purpose="childcare_application")
    members = verified[HouseholdRecord].members
    assert [member.full_name for member in members] == ["山田　太郎", "山田　さくら"]
    assert not any(hasattr(member, "birth_date") for member in members)


def test_an_employer_with_the_legal_basis_gets_the_my_number(town: Town) -> None:
    name = "my_number_attestation.individual_number"
    verified = town.ask(
        ask(MyNumberAttestation, "individual_number"), purpose="payroll_withholding", explicitly=(name,)
    )
    assert verified[MyNumberAttestation].individual_number == "123456789018"


def test_nobody_else_gets_it_whatever_the_registrar_let_pass(town: Town) -> None:
    request = town.shop.request(ask(MyNumberAttestation, "individual_number"), purpose="marketing")
    with pytest.raises(StatuteLimitedError) as caught:
        town.wallet.match(request)
    assert caught.value.code == "JP_MYNUMBER_NO_BASIS"
    with pytest.raises(OverAskingError):
        purposes.require_within_maximum(NOSY_SHOP)


def test_an_employer_with_the_legal_basis_gets_the_number_of_the_card(town_of_mdocs: Town) -> None:
    name = "my_number_card.org.iso.23220.1.jp.individual_number_unicode"
    verified = town_of_mdocs.ask(
        ask(MyNumberCard, "individual_number_unicode"), purpose="payroll_withholding", explicitly=(name,)
    )
    assert verified[MyNumberCard].individual_number_unicode == NUMBER


@pytest.mark.parametrize(
    "question",
    [
        ask(MyNumberCard, "individual_number_unicode"),
        ask(MyNumberCard, "document_number"),
        ask(NaiveCard, "document_number", format="mso_mdoc"),
    ],
)
def test_nobody_else_gets_the_number_of_a_card_that_has_it_as_a_document_number(town_of_mdocs: Town, question) -> None:
    """R-02 and R-03: also where the registrar let it pass, and before the person is asked."""
    request = town_of_mdocs.shop.request(question, purpose="marketing")
    with pytest.raises(StatuteLimitedError) as caught:
        town_of_mdocs.wallet.match(request)
    assert caught.value.code == "JP_MYNUMBER_NO_BASIS"


@pytest.mark.parametrize("name", ["given_name", "family_name"])
def test_a_request_for_a_part_of_the_name_is_not_answered_with_the_whole(town_of_mdocs: Town, name: str) -> None:
    request = town_of_mdocs.shop.request(ask(NaiveCard, name, format="mso_mdoc"), purpose="marketing")
    with pytest.raises(NoMatchError):
        town_of_mdocs.wallet.match(request)


def test_a_landlord_does_not_get_the_domicile(town: Town) -> None:
    request = town.verifier.request(ask(ResidenceRecord, "full_name", "registered_domicile"), purpose="tenancy")
    with pytest.raises(OverAskingError) as caught:
        town.wallet.match(request)
    assert {claim.rpartition(".")[2].rpartition(" ")[2] for claim in caught.value.claims} == {"registered_domicile"}


def test_of_an_unreported_income_there_is_no_answer_to_show() -> None:
    town = Town.__new__(Town)
    registry = TrustRegistry.create("Demo trust registry")
    town.issuer = Issuer(registry.enrol_issuer("Mirai City", code="999016", may_issue=[TaxAssessment]))
    town.verifier = Verifier(registry.enrol_verifier("Bank", purposes=[purposes.LOAN_UNDERWRITING]))
    town.wallet = Wallet.create(None, passphrase="correct horse battery staple", trust=registry.published())
    town.receive(
        TaxAssessment(
            full_name="山田　太郎",
            fiscal_year=2026,
            income_year=2025,
            certificate_kind=AssessmentKind.NON_TAXED,
            total_income=Money.unreported(),
        )
    )
    with pytest.raises(NoMatchError):
        town.ask(ask(TaxAssessment, "income_above.3000000"), purpose="loan_underwriting")
    verified = town.ask(ask(TaxAssessment, "total_income"), purpose="loan_underwriting")
    with pytest.raises(VcError) as caught:
        verified[TaxAssessment].total_income.require_amount()
    assert caught.value.code == "VALUE_UNREPORTED"


def test_a_purpose_that_was_not_registered_cannot_be_asked_for(town: Town) -> None:
    with pytest.raises(LocalProtocolError):
        town.shop.request(ask(ResidenceRecord, "full_name"), purpose="tenancy")
