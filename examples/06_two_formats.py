# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The main job in two formats: the same lines, once with SD-JWT VC and once with ISO mdoc.

A city issues a resident record and a tax assessment, a bank asks for two claims and one answer, and gets nothing else.
The last part holds both formats in one wallet: the bank does not care, and the wallet answers with what it has.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from municipal_data import load_residents, load_tax_assessments
from rich.table import Table
from stage import Stage

from vcwallet import Ask, CredentialType, Issuer, Mdoc, SdJwtVc, TrustRegistry, Verified, Verifier, Wallet, ask
from vcwallet.formats.base import CredentialFormat
from vcwallet.japan import JST, ResidenceRecord, TaxAssessment, purposes

DATA = Path(__file__).parent / "data"
Format = Callable[[], CredentialFormat]


@dataclass(frozen=True)
class Outcome:
    """What came of the main job in one format."""

    verified: Verified
    issued: int
    presented: int
    seconds: float


def main() -> None:
    """Run the example."""
    stage = Stage("vcwallet: one job, two formats")
    records = read_records()
    registry = TrustRegistry.create("Demo trust registry", country="JP")
    city = Issuer(registry.enrol_issuer("Mirai City", code="999016", may_issue=list(map(type, records))), time_zone=JST)
    bank = Verifier(registry.enrol_verifier("Sakura Bank", purposes=[purposes.LOAN_UNDERWRITING]))

    outcomes: dict[str, Outcome] = {}
    formats: tuple[Format, ...] = (SdJwtVc, Mdoc)
    for kind in formats:
        name = kind().format
        with stage.step(f"The main job in {name}"):
            outcomes[name] = main_job(stage, records, registry, city, bank, format=kind)

    with stage.step("Beside each other"):
        stage.console.print(beside_each_other(outcomes))
        known = {name: told(outcome.verified) for name, outcome in outcomes.items()}
        if len(set(known.values())) != 1:
            raise SystemExit("the bank should have learned the same from both formats")
        stage.say(f"both times the bank knows: {', '.join(next(iter(known.values())))}")

    with stage.step("One wallet, a record in each format, one request"):
        wallet = Wallet.create(None, passphrase="correct horse battery staple", trust=registry.published())
        for record, kind in zip(records, formats, strict=True):
            receive(wallet, city, record, kind)
        request = bank.request(*questions(), purpose="loan_underwriting")
        verified = bank.verify(wallet.present(wallet.match(request).approve()), expected=request)
        for one in records:
            stage.say(f"{type(one).__name__}: answered as {verified.evidence(type(one))[0].format}")
    stage.end()


def main_job(
    stage: Stage,
    records: list[CredentialType],
    registry: TrustRegistry,
    city: Issuer,
    bank: Verifier,
    *,
    format: Format,
) -> Outcome:
    """Issue, ask, consent, present, verify."""
    started = time.perf_counter()
    wallet = Wallet.create(None, passphrase="correct horse battery staple", trust=registry.published())
    issued = sum(receive(wallet, city, record, format) for record in records)
    request = bank.request(*questions(), purpose="loan_underwriting")
    prompt = wallet.match(request)
    answer = wallet.present(prompt.approve())
    verified = bank.verify(answer, expected=request)
    taken = time.perf_counter() - started
    stage.show(prompt)
    presented = sum(len(raw) for presentations in answer.vp_token.values() for raw in presentations)
    return Outcome(verified, issued, presented, taken)


def receive(wallet: Wallet, city: Issuer, record: CredentialType, format: Format) -> int:
    """Issue a record to a wallet, and return the credential's length."""
    credential = city.issue(record, format=format, holder=wallet.new_holder_key(), valid_for=timedelta(days=90))
    wallet.receive(credential)
    return len(credential.raw)


def questions() -> tuple[Ask, ...]:
    """What the bank wants to know."""
    return (
        ask(ResidenceRecord, "full_name", "resident_address.formatted"),
        ask(TaxAssessment, "income_above.3000000"),
    )


def told(verified: Verified) -> tuple[str, ...]:
    """Return what the bank was told."""
    resident, tax = verified[ResidenceRecord], verified[TaxAssessment]
    above = "yes" if tax.income_above["3000000"] else "no"
    return resident.full_name, str(resident.resident_address.formatted), f"income above 3,000,000 yen: {above}"


def read_records() -> list[CredentialType]:
    """Return the records of one resident from the municipal export."""
    residents = load_residents(DATA / "residents.csv")
    assessments = load_tax_assessments(DATA / "tax_assessments.csv", residents)
    reported = (number for number, one in assessments.items() if one.total_income.is_reported)
    number = next(number for number in reported if number in residents)
    return [residents[number].record, assessments[number]]


def beside_each_other(outcomes: dict[str, Outcome]) -> Table:
    """Draw the figures of both formats."""
    table = Table()
    for heading in ("", *outcomes):
        table.add_column(heading, justify="left" if not heading else "right")
    rows: dict[str, Callable[[Outcome], str]] = {
        "two credentials": lambda one: f"{one.issued:,} characters",
        "the answer": lambda one: f"{one.presented:,} characters",
        "claims in it": lambda one: str(
            sum(len(each.disclosed) for found in one.verified.credentials.values() for each in found)
        ),
        "from wallet to verified": lambda one: f"{one.seconds * 1000:.0f} ms",
    }
    for name, cell in rows.items():
        table.add_row(name, *map(cell, outcomes.values()))
    return table


if __name__ == "__main__":
    main()
