# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The main job: three agencies issue, a citizen holds, a bank and a hospital get only what they may ask for.

What ``make demo`` runs.  Input are the exports of a municipality in examples/data; the wallet and the registry are
files; the bank's request travels as a QR picture; and four things that must not work are tried.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from municipal_data import (
    Resident,
    households,
    load_qualifications,
    load_residents,
    load_tax_assessments,
    load_tax_payments,
)
from stage import Stage, output_folder

from vcwallet import (
    CredentialType,
    Issuer,
    PublishedTrust,
    Request,
    SdJwtVc,
    TrustRegistry,
    Verifier,
    Wallet,
    ask,
)
from vcwallet.adapters import qr
from vcwallet.japan import (
    JST,
    HouseholdRecord,
    NurseLicence,
    ResidenceRecord,
    TaxAssessment,
    TaxPayment,
    purposes,
    rules,
)

DATA = Path(__file__).parent / "data"
PASSPHRASE = "correct horse battery staple"
QUARTER = timedelta(days=90)


def main() -> None:
    """Run the example."""
    folder, stage = output_folder("main_job"), Stage("vcwallet: the main job")

    with stage.step("The agencies read the exports of their core systems"):
        citizen, records = read_exports(stage)

    with stage.step("A trust registry is founded, and enrols three agencies and two private verifiers"):
        registry = TrustRegistry.create(
            {"ja": "デモ用トラストレジストリ", "en": "Demo trust registry"},
            path=folder / "registry.db",
            passphrase=PASSPHRASE,
            country="JP",
        )
        issuers = enrol_issuers(registry)
        bank = Verifier(registry.enrol_verifier("Sakura Bank", purposes=[purposes.LOAN_UNDERWRITING]))
        hospital = Verifier(registry.enrol_verifier("Minato Hospital", purposes=[purposes.QUALIFICATION_CHECK]))
        first_list = registry.published()
        for party in registry.parties():
            stage.say(f"{party.role:18} {', '.join(party.name.values()):42} {party.party}")

    with stage.step("A citizen makes a wallet: one sealed file"):
        wallet = Wallet.create(folder / "wallet.db", passphrase=PASSPHRASE, trust=first_list)
        stage.say(f"{folder / 'wallet.db'}: every record AES-256-GCM, the key wrapped under Argon2id(passphrase)")

    with stage.step("The agencies issue, and the wallet checks and keeps"):
        titles = [record.en for record in records]
        for record, title in zip(records, stage.progress(titles, len(records)), strict=True):
            issuer = issuers[type(record)]
            credential = issuer.issue(record, format=SdJwtVc, holder=wallet.new_holder_key(), valid_for=QUARTER)
            card = wallet.receive(credential)
            stage.say(f"{title:34} {len(credential.raw):6} bytes from {card.issuer}")

    with stage.step("The bank asks, and its request is a QR picture"):
        request = bank.request(
            ask(ResidenceRecord, "full_name", "resident_address.formatted"),
            ask(TaxAssessment, "income_above.3000000"),
            purpose="loan_underwriting",
        )
        received = through_qr(stage, folder, request)

    with stage.step("The wallet shows who asks, why and for what; the citizen agrees; the bank verifies"):
        prompt = wallet.match(received)
        stage.show(prompt)
        answer = wallet.present(prompt.approve())
        verified = bank.verify(answer, expected=request)
        resident, tax = verified[ResidenceRecord], verified[TaxAssessment]
        stage.say(f"the bank knows: {resident.full_name}, {resident.resident_address.formatted}")
        stage.say(f"income above 3,000,000 yen: {tax.income_above['3000000']}; the income itself stayed in the wallet")
        evidence = verified.evidence(TaxAssessment)[0]
        stage.say(f"signed by {evidence.issuer.party}, trusted by list {evidence.issuer.sequence}, holder proved")

    with stage.step("The hospital checks a licence"):
        licence_request = hospital.request(
            ask(NurseLicence, "full_name", "registration_number", "qualification_status"),
            ask(ResidenceRecord, "full_name"),
            purpose="qualification_check",
        )
        licence_prompt = wallet.match(licence_request)
        stage.show(licence_prompt)
        licence_answer = wallet.present(licence_prompt.approve(explicitly=licence_prompt.to_approve_by_name))
        licence = hospital.verify(licence_answer, expected=licence_request)
        rules.require_identity_bound(licence)
        stage.say(f"{licence[NurseLicence].registration_number}: {licence[NurseLicence].qualification_status}")

    with stage.step("What must not work"):
        with stage.refused("over-asking (the registered domicile, 本籍)"):
            wallet.match(bank.request(ask(ResidenceRecord, "registered_domicile"), purpose="loan_underwriting"))
        with stage.refused("the same answer a second time"):
            bank.verify(answer, expected=request)
        with stage.refused("the answer to another request"):
            bank.verify(answer, expected=bank.request(ask(ResidenceRecord, "full_name"), purpose="loan_underwriting"))
        registry.close()
        with TrustRegistry.open(folder / "registry.db", passphrase=PASSPHRASE) as reopened:
            withdraw(stage, reopened, bank, wallet, first_list)

    with stage.step("The wallet's history, which anyone can check"):
        export = wallet.export_history()
        (folder / "history.jsonl").write_bytes(export)
        for entry in wallet.history():
            told = entry.entry
            stage.say(
                f"{entry.sequence:2} {told['event']:10} {told.get('code') or told.get('purpose') or told['type']}"
            )
        stage.say(f"{folder / 'history.jsonl'}: {len(export):,} bytes, claim names and no values")
    stage.say(f"\n   this was {citizen.record.full_name}'s day; pictures and files are in {folder}")
    stage.end()


def read_exports(stage: Stage) -> tuple[Resident, list[CredentialType]]:
    """Return one resident who is a nurse, and what the agencies' registers say of her or him."""
    residents = load_residents(DATA / "residents.csv")
    assessments = load_tax_assessments(DATA / "tax_assessments.csv", residents)
    payments = load_tax_payments(DATA / "tax_payments.csv", residents)
    qualifications = load_qualifications(DATA / "qualifications.json")
    stage.say(f"{len(residents)} residents, {len(assessments)} assessments, {len(qualifications)} qualifications")
    nurses = {one.full_name: one for one in qualifications if isinstance(one, NurseLicence)}
    citizen = next(
        one
        for one in residents.values()
        if one.record.full_name in nurses and one.number in payments and is_known(assessments.get(one.number))
    )
    return citizen, [
        citizen.record,
        households(residents)[citizen.household],
        assessments[citizen.number],
        payments[citizen.number][0],
        nurses[citizen.record.full_name],
    ]


def is_known(assessment: TaxAssessment | None) -> bool:
    """Tell whether an income was declared; one that was not is no income of 0, and answers no question."""
    return assessment is not None and assessment.total_income.is_reported


def enrol_issuers(registry: TrustRegistry) -> dict[type[CredentialType], Issuer]:
    """Enrol the three agencies; each may issue its own types and no others."""
    city = Issuer(
        registry.enrol_issuer(
            {"ja": "みらい市", "en": "Mirai City"},
            code="999016",
            may_issue=[ResidenceRecord, HouseholdRecord, TaxAssessment],
        ),
        time_zone=JST,
    )
    tax_office = Issuer(
        registry.enrol_issuer({"ja": "みらい県税事務所", "en": "Mirai Tax Office"}, may_issue=[TaxPayment]),
        time_zone=JST,
    )
    ministry = Issuer(
        registry.enrol_issuer({"ja": "厚生労働省（デモ）", "en": "Health Ministry (demo)"}, may_issue=[NurseLicence]),
        time_zone=JST,
    )
    return {
        ResidenceRecord: city,
        HouseholdRecord: city,
        TaxAssessment: city,
        TaxPayment: tax_office,
        NurseLicence: ministry,
    }


def through_qr(stage: Stage, folder: Path, request: Request) -> str:
    """Draw a request as QR pictures, and return what a camera reads from them."""
    codes = qr.qr_codes(qr.QrKind.VC_REQUEST, request.jwt, redundancy=1.0)
    scanner = qr.Scanner()
    for number, code in enumerate(codes, 1):
        code.save(folder / f"bank-request-{number:02}.png")
    for name in stage.progress([f"bank-request-{number:02}.png" for number in range(1, len(codes) + 1)], len(codes)):
        scanner.scan(folder / name)
    (folder / "bank-request.gif").write_bytes(qr.animated_gif(codes))
    stage.say(
        f"{len(request.jwt):,} characters in {len(codes)} pictures, {folder / 'bank-request.gif'} shows them in turn"
    )
    return (scanner.message or b"").decode("ascii")


def withdraw(stage: Stage, registry: TrustRegistry, bank: Verifier, wallet: Wallet, first_list: PublishedTrust) -> None:
    """Withdraw the bank from the list, and see that neither the bank nor the older list is accepted any more."""
    registry.withdraw(bank.identifier, reason="end of the demonstration")
    wallet.update_trust(registry.published())
    with stage.refused("a verifier that the registry has withdrawn"):
        wallet.match(bank.request(ask(ResidenceRecord, "full_name"), purpose="loan_underwriting"))
    with stage.refused("the older list, in which it still stood"):
        wallet.update_trust(first_list)


if __name__ == "__main__":
    main()
