# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The types and purposes in the hands of issuer, wallet and verifier."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.japan.sample_records import RECORDS
from vcwallet import Issuer, SdJwtVc, TrustRegistry, Verifier, Wallet, ask
from vcwallet.errors import LocalProtocolError, NoMatchError, OverAskingError, StatuteLimitedError, VcError
from vcwallet.japan import (
    TYPES,
    AssessmentKind,
    HouseholdRecord,
    Money,
    MyNumberAttestation,
    NationalQualification,
    ResidenceRecord,
    TaxAssessment,
    purposes,
    rules,
)
from vcwallet.japan.names import NameMatch
from vcwallet.trust.registration import Grant, IntendedUse

# A registrar that does not look would register even this.
NOSY_SHOP = IntendedUse(
    code="marketing",
    text={"en": "To send you offers"},
    grants=(Grant(MyNumberAttestation.vct, (("individual_number",),)), Grant(ResidenceRecord.vct, (("full_name",),))),
)


class Town:
    """A registry, an issuer of every type, a wallet with a credential of each, and two verifiers."""

    def __init__(self) -> None:
        registry = TrustRegistry.create("Demo trust registry")
        self.issuer = Issuer(registry.enrol_issuer("Mirai City", code="999016", may_issue=list(TYPES)))
        self.verifier = Verifier(registry.enrol_verifier("Everybody", purposes=list(purposes.ALL.values())))
        self.shop = Verifier(registry.enrol_verifier("Shop", purposes=[NOSY_SHOP]))
        self.wallet = Wallet.create(None, passphrase="correct horse battery staple", trust=registry.published())
        for record in RECORDS:
            self.receive(record)

    def receive(self, record) -> None:
        key = self.wallet.new_holder_key()
        self.wallet.receive(self.issuer.issue(record, format=SdJwtVc, holder=key, valid_for=timedelta(days=90)))

    def ask(self, *asks, purpose: str, explicitly: tuple[str, ...] = ()):
        request = self.verifier.request(*asks, purpose=purpose)
        consent = self.wallet.match(request).approve(explicitly=explicitly)
        return self.verifier.verify(self.wallet.present(consent), expected=request)


@pytest.fixture(scope="module")
def town() -> Town:
    return Town()


def test_a_bank_sees_name_address_and_an_answer_about_the_income(town: Town) -> None:
    verified = town.ask(
        ask(ResidenceRecord, "full_name", "resident_address"),
        ask(TaxAssessment, "income_above.3000000"),
        purpose="loan_underwriting",
    )
    assert verified[ResidenceRecord].full_name == "山田　太郎"
    assert verified[ResidenceRecord].resident_address.locality == "みらい市"
    assert verified[TaxAssessment].income_above["3000000"] is True
    assert not hasattr(verified[TaxAssessment], "total_income")


def test_a_shop_sees_one_answer(town: Town) -> None:
    verified = town.ask(ask(ResidenceRecord, "age_over_20"), purpose="age_restricted_sale")
    (evidence,) = verified.evidence(ResidenceRecord)
    assert evidence.disclosed == (("age_over_20",),)
    rules.require_age(evidence.claims, matter=rules.AgeMatter.ALCOHOL)


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


def test_a_landlord_does_not_get_the_domicile(town: Town) -> None:
    request = town.verifier.request(ask(ResidenceRecord, "full_name", "registered_domicile"), purpose="tenancy")
    with pytest.raises(OverAskingError) as caught:
        town.wallet.match(request)
    assert caught.value.claims == (f"{ResidenceRecord.vct}: registered_domicile",)


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
