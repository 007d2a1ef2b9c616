# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""After an earthquake: a shelter without a network checks cards on paper and on phones, revoked ones included.

Before, each shelter has fetched every status list and the registry's lists into one file.  The cards are signed, so
nothing else is needed; how old the word on their status is, is shown each time, and three days of it are accepted.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from PIL import Image, ImageDraw, ImageFont
from stage import Stage, output_folder
from story_clock import StoryClock

from vcwallet import (
    Claim,
    CredentialType,
    Grant,
    IntendedUse,
    Issuer,
    Response,
    SdJwtVc,
    SqlLedger,
    StatusHost,
    StatusSigner,
    TrustRegistry,
    Verified,
    Verifier,
    Wallet,
    ask,
)
from vcwallet.adapters import qr
from vcwallet.issuer import ONE_WEEK
from vcwallet.japan import JST, Address, PartialDate, ResidenceRecord
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.status.outcome import DISASTER

LISTS = "https://status.mirai.example/lists"
YEAR, HOUR = timedelta(days=365), timedelta(hours=1)
PASSPHRASE = "correct horse battery staple"


class EvacueeCard(CredentialType, vct="urn:vcwallet:example:jp:evacuee-card:1", ja="避難者カード", en="Evacuee card"):
    """What a shelter has to know, and no more: it is on paper, and everybody who finds the paper can read it."""

    full_name: Annotated[str, Claim("氏名", "Full name")]
    district: Annotated[str, Claim("地区", "District")]
    household_size: Annotated[int, Claim("世帯人数", "Household size")]


SHELTER = IntendedUse(
    code="shelter",
    text={"ja": "避難所の受付のため", "en": "To admit you to the shelter"},
    grants=(
        Grant(EvacueeCard.vct, (("full_name",), ("district",), ("household_size",))),
        Grant(ResidenceRecord.vct, (("full_name",), ("resident_address",))),
    ),
    retention_days=30,
)
PAPER = DcqlQuery.from_json(
    {
        "credentials": [
            {
                "id": "paper",
                "format": "dc+sd-jwt",
                "meta": {"vct_values": [EvacueeCard.vct]},
                "require_cryptographic_holder_binding": False,
                "claims": [{"path": ["full_name"]}, {"path": ["district"]}, {"path": ["household_size"]}],
            }
        ]
    }
)


def main() -> None:
    """Run the example."""
    folder, stage, clock = (
        output_folder("disaster_offline"),
        Stage("vcwallet: a shelter without a network"),
        StoryClock(),
    )

    with stage.step("In quiet times: the city issues on phones and on paper"):
        registry = TrustRegistry.create("Demo trust registry", country="JP", clock=clock)
        ledger = SqlLedger.create(folder / "ledger.db", lists=LISTS)
        enrolment = registry.enrol_issuer("Mirai City", code="999016", may_issue=[EvacueeCard, ResidenceRecord])
        city = Issuer(enrolment, ledger=ledger, clock=clock, time_zone=JST)
        status = registry.enrol_status_signer("Mirai City", code="999016", supply_points=[LISTS])
        signer = StatusSigner(status, ledger=ledger, publication=ONE_WEEK, clock=clock)
        shelter_enrolment = registry.enrol_verifier("Hibari Primary School shelter", purposes=[SHELTER])
        wallet = Wallet.create(None, passphrase=PASSPHRASE, trust=registry.published(), clock=clock)
        record = ResidenceRecord(
            full_name="番号　花子",
            birth_date=PartialDate.parse("1990-01-02"),
            resident_address=Address(formatted="〇〇県みらい市ひばりが丘一丁目２番３号"),
        )
        wallet.receive(city.issue(record, format=SdJwtVc, holder=wallet.new_holder_key(), valid_for=YEAR))
        saburo = EvacueeCard(full_name="見本　三郎", district="ひばりが丘", household_size=4)
        shiro = EvacueeCard(full_name="見本　四郎", district="ひばりが丘", household_size=1)
        good, lost = (printed(stage, folder, city, card, f"card-{n}") for n, card in enumerate((saburo, shiro), 1))
        signer.publish()

    with stage.step("One paper is lost, and revoked"):
        city.revoke("card-2", reason="lost", actor="residents desk")
        signer.publish()

    with stage.step("Every evening the shelter's tablet fetches whatever it might need into one file"):
        with Verifier(shelter_enrolment, http=StatusHost(ledger, clock=clock), clock=clock) as at_home:
            at_home.update_trust(registry.published())
            fetched = at_home.prepare_offline()
            bundle = folder / "shelter-bundle.json"
            bundle.write_bytes(at_home.export_bundle())
        stage.say(f"{len(fetched.fetched)} status lists and the registry's lists: {bundle.stat().st_size:,} bytes")

    with stage.step("The earth shakes.  Six hours later, another tablet takes the file from a memory stick"):
        clock.forward(6 * HOUR)
        shelter = Verifier(shelter_enrolment, clock=clock, status=DISASTER)  # and no network
        taken = shelter.import_bundle(bundle.read_bytes())
        stage.say(f"{len(taken.lists)} lists taken, {len(taken.refused)} refused, registry list {taken.sequence}")

    with stage.step("Saburo shows his paper to the camera"):
        tell(stage, from_paper(shelter, good), EvacueeCard)

    with stage.step("Hanako's phone reads the shelter's code, and shows its answer"):
        request = shelter.request(ask(ResidenceRecord, "full_name", "resident_address.formatted"), purpose="shelter")
        prompt = wallet.match(through_qr(qr.QrKind.VC_REQUEST, request.jwt).decode())
        stage.show(prompt)
        answer = through_qr(qr.QrKind.VC_RESPONSE, wallet.present(prompt.approve()).to_json())
        tell(stage, shelter.verify(answer, expected=request), ResidenceRecord)

    with stage.step("What must not work"):
        with stage.refused("the paper that was lost"):
            from_paper(shelter, lost)
        with stage.refused("a paper with another family size"):
            forged(shelter, good, lost)
        clock.forward(70 * HOUR)
        tell(stage, from_paper(shelter, good), EvacueeCard)
        clock.forward(30 * HOUR)
        with stage.refused("after four days, what was known of the status"):
            from_paper(shelter, good)
        clock.forward(100 * HOUR)
        with stage.refused("after eight days, whoever the registry had listed"):
            from_paper(shelter, good)
    shelter.close()
    ledger.close()
    stage.end()


def printed(stage: Stage, folder: Path, city: Issuer, card: EvacueeCard, number: str) -> Path:
    """Issue a card that is bound to no key, and print it: a page of codes."""
    credential = city.issue(card, format=SdJwtVc, holder=None, valid_for=YEAR, idempotency_key=number)
    content = Response(vp_token={"paper": (credential.raw,)}, state=None).to_json()
    codes = qr.qr_codes(qr.QrKind.VC_RESPONSE, content, redundancy=1.3)
    sheet = folder / f"{number}.png"
    page([code.png(scale=4) for code in codes]).save(sheet)
    stage.say(f"{len(content):,} bytes in {len(codes)} codes on one page: {sheet}")
    return sheet


def page(codes: Sequence[bytes], *, columns: int = 4) -> Image.Image:
    """Lay codes out on a page; three in thirteen may be stained, and the rest still say everything."""
    pictures = [Image.open(io.BytesIO(code)).convert("L") for code in codes]
    side, margin, head = max(picture.width for picture in pictures), 40, 140
    rows = -(-len(pictures) // columns)
    sheet = Image.new("L", (columns * (side + margin) + margin, rows * (side + margin) + margin + head), 255)
    ImageDraw.Draw(sheet).text(
        (margin, margin), "Mirai City: evacuee card", font=ImageFont.load_default(size=56), fill=0
    )
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        sheet.paste(picture, (margin + column * (side + margin), head + margin + row * (side + margin)))
    return sheet


def from_paper(shelter: Verifier, sheet: Path) -> Verified:
    """Return what the shelter has verified of a paper in front of its camera."""
    request = shelter.request(PAPER, purpose="shelter")
    return shelter.verify(replace(scanned(sheet), state=request.state), expected=request)


def scanned(sheet: Path) -> Response:
    """Return what the codes of a page say."""
    scanner = qr.Scanner()
    scanner.scan(sheet)
    return Response.from_json(scanner.message or b"{}")


def forged(shelter: Verifier, sheet: Path, other: Path) -> None:
    """Put a disclosure of one paper into another."""
    mine, theirs = (scanned(one).vp_token["paper"][0] for one in (sheet, other))
    signed, *disclosures = mine.split("~")
    mixed = "~".join((signed, theirs.split("~")[1], *disclosures[1:]))
    request = shelter.request(PAPER, purpose="shelter")
    shelter.verify(Response(vp_token={"paper": (mixed,)}, state=request.state), expected=request)


def through_qr(kind: qr.QrKind, message: bytes | str) -> bytes:
    """Show a message as a sequence of codes, and return what a camera reads from it."""
    _, received = qr.read_message(code.png() for code in qr.qr_codes(kind, message))
    return received


def tell(stage: Stage, verified: Verified, kind: type[EvacueeCard] | type[ResidenceRecord]) -> None:
    """Say what was verified, and how old the word on the status is."""
    [evidence] = verified.evidence(kind)
    status = evidence.status_result
    bound = "proved by the phone" if evidence.holder_proved else "on paper: compare with the person"
    stage.say(f"{verified[kind].full_name}: {status.state} by a list of {status.age} ago, {bound}")


if __name__ == "__main__":
    main()
