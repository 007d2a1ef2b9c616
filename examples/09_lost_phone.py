# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A lost phone: a backup is restored on a new one, everything is issued anew, and the old phone presents in vain.

The backup is one encrypted file with a passphrase of its own.  Its receipt, which holds nothing secret, is what an
older backup is told by.  Each agency revokes what was bound to the lost keys and issues it for new ones, in one step of
its ledger; the new phone puts each in the place of the old one; the bank asks for the status of what it is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from municipal_data import load_qualifications, load_residents, load_tax_assessments
from stage import Stage, output_folder
from story_clock import StoryClock

from vcwallet import (
    Card,
    CredentialType,
    Issuer,
    SdJwtVc,
    StatusHost,
    StatusSigner,
    TrustRegistry,
    Verifier,
    Wallet,
    ask,
)
from vcwallet.adapters.store import SqlLedger
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.japan import JST, NurseLicence, ResidenceRecord, TaxAssessment, purposes

DATA = Path(__file__).parent / "data"
PASSPHRASE = "correct horse battery staple"
ON_PAPER = "seven words on a paper in a drawer at home"
QUARTER = timedelta(days=90)


class Agency:
    """An issuer with its ledger, and the lists by which it says what it has revoked."""

    def __init__(self, registry: TrustRegistry, clock: StoryClock, name: str, *types: type[CredentialType]) -> None:
        """Enrol it."""
        slug = name.lower().replace(" ", "-")
        self.ledger = SqlLedger.create(None, lists=f"https://{slug}.example/status", size=100_000)
        enrolment = registry.enrol_issuer(name, may_issue=types)
        signing = registry.enrol_status_signer(f"{name}, status", acts_for=[enrolment.identifier])
        self.issuer = Issuer(enrolment, clock=clock, time_zone=JST, ledger=self.ledger)
        self.signer = StatusSigner(signing, ledger=self.ledger, clock=clock)
        self.host = StatusHost(self.ledger, clock=clock)

    def issue(self, record: CredentialType, wallet: Wallet) -> Card:
        """Issue a record to a wallet, under the number of an application."""
        credential = self.issuer.issue(
            record,
            format=SdJwtVc,
            holder=wallet.new_holder_key(),
            valid_for=QUARTER,
            idempotency_key=application(type(record).vct),
        )
        return wallet.receive(credential)

    def issue_anew(self, record: CredentialType, wallet: Wallet, old: Card) -> Card:
        """Revoke what was issued for a lost key, and issue it for a new one: both, or neither."""
        credential = self.issuer.reissue(
            record,
            format=SdJwtVc,
            holder=wallet.new_holder_key(),
            valid_for=QUARTER,
            idempotency_key=application(type(record).vct),
            reason="device lost",
            actor="residents desk",
        )
        return wallet.replace(old, credential)


def main() -> None:
    """Run the example."""
    folder, stage, clock = output_folder("lost_phone"), Stage("vcwallet: a lost phone"), StoryClock()

    with stage.step("Agencies with ledgers, and a bank that asks for the status of what it is shown"):
        registry = TrustRegistry.create("Demo trust registry", country="JP", clock=clock)
        city = Agency(registry, clock, "Mirai City", ResidenceRecord, TaxAssessment)
        ministry = Agency(registry, clock, "Health Ministry", NurseLicence)
        agencies: dict[type[CredentialType], Agency] = {
            ResidenceRecord: city,
            TaxAssessment: city,
            NurseLicence: ministry,
        }
        bank = Verifier(
            registry.enrol_verifier("Sakura Bank", purposes=[purposes.LOAN_UNDERWRITING]),
            clock=clock,
            http=network(city, ministry),
        )
        records = records_of_a_nurse()

    with stage.step("The first phone: three credentials, a loan, and two backups"):
        published = registry.published()
        first = Wallet.create(folder / "first-phone.db", passphrase=PASSPHRASE, trust=published, clock=clock)
        agencies[ResidenceRecord].issue(records[ResidenceRecord], first)
        first.backup(folder / "monday.backup", passphrase=ON_PAPER)
        agencies[TaxAssessment].issue(records[TaxAssessment], first)
        agencies[NurseLicence].issue(records[NurseLicence], first)
        publish(clock, city, ministry)
        stage.say(f"the bank knows: {present(bank, first)}")
        receipt = first.backup(folder / "friday.backup", passphrase=ON_PAPER)
        (folder / "receipt.json").write_bytes(receipt.to_json())
        size = (folder / "friday.backup").stat().st_size
        stage.say(f"backup {receipt.number}: {size:,} bytes, {receipt.entries} entries of history, keys and all")

    with stage.step("The phone is lost; a new one restores the last backup"):
        clock.forward(timedelta(days=1))
        restore = partial(
            Wallet.restore,
            folder / "new-phone.db",
            backup_passphrase=ON_PAPER,
            passphrase="a new one",
            known=[receipt],
            clock=clock,
        )
        with stage.refused("the backup of Monday, because Friday's receipt is known"):
            restore(backup=folder / "monday.backup")
        second = restore(backup=folder / "friday.backup")
        lost = list(second.cards_to_renew())
        stage.say(f"{len(list(second.cards()))} credentials are there; to be issued anew, since whoever has the old")
        stage.say(f"phone has their keys: {', '.join(card.type_ids[0].split(':')[-2] for card in lost)}")

    with stage.step("Each agency revokes and issues anew, and the new phone replaces the old credential"):
        kinds = {kind.vct: kind for kind in agencies}
        for card in lost:
            kind = kinds[card.type_ids[0]]
            renewed = agencies[kind].issue_anew(records[kind], second, card)
            stage.say(f"{renewed.type_ids[0]} from {renewed.issuer_name['und']}: a new key, one commit, one entry")
        publish(clock, city, ministry)
        stage.say(f"still to be issued anew: {len(list(second.cards_to_renew()))}")

    with stage.step("The new phone presents, and the old one in vain"):
        stage.say(f"the bank knows: {present(bank, second)}")
        with stage.refused("whoever found the old phone and knows its passphrase"):
            present(bank, first)
        first.close()

    with stage.step("The history goes on, and anyone can check it"):
        (folder / "history.jsonl").write_bytes(second.export_history())
        for entry in second.history():
            told = entry.entry
            stage.say(f"{entry.sequence:2} {told['event']:10} {told.get('purpose') or told.get('type') or ''}")
        second.close()
    stage.end()


def records_of_a_nurse() -> dict[type[CredentialType], CredentialType]:
    """Return what the registers say of one resident who is a nurse."""
    residents = load_residents(DATA / "residents.csv")
    assessments = load_tax_assessments(DATA / "tax_assessments.csv", residents)
    nurses = {
        one.full_name: one for one in load_qualifications(DATA / "qualifications.json") if isinstance(one, NurseLicence)
    }
    citizen = next(one for one in residents.values() if one.record.full_name in nurses and one.number in assessments)
    return {
        ResidenceRecord: citizen.record,
        TaxAssessment: assessments[citizen.number],
        NurseLicence: nurses[citizen.record.full_name],
    }


def application(vct: str) -> str:
    """Return the number of the application for a type; an agency has one for each credential that it issues."""
    return f"application-4711-{vct}"


def publish(clock: StoryClock, *agencies: Agency) -> None:
    """Publish the lists that have changed, and let an hour pass: nobody goes on relying on those of before."""
    for agency in agencies:
        agency.signer.publish()
    clock.forward(timedelta(hours=1))


def present(bank: Verifier, wallet: Wallet) -> str:
    """Answer the bank from a wallet, and return what it knows then."""
    request = bank.request(ask(ResidenceRecord, "full_name"), purpose="loan_underwriting")
    answer = wallet.present(wallet.match(request).approve())
    return bank.verify(answer, expected=request)[ResidenceRecord].full_name


def network(*agencies: Agency) -> Callable[[HttpRequest], HttpResponse]:
    """Return a network on which there are the status hosts of the agencies and nothing else."""

    def get(request: HttpRequest) -> HttpResponse:
        return next(one.host for one in agencies if request.url.startswith(one.ledger.aggregation_uri))(request)

    return get


if __name__ == "__main__":
    main()
