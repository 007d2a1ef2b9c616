# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Age at the counter of a sake shop: a QR code on the phone, a session without a network, and one boolean.

The phone shows a QR code (ISO/IEC 18013-5), the till scans it and asks for ``age_over_20`` of the My Number card in the
phone.  The bytes of the radio link go through a TCP socket of this machine; all else is as between two real devices.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from stage import Stage, output_folder

from vcwallet import Issuer, Mdoc, TrustRegistry, VcError, Verified, Verifier, Wallet, ask
from vcwallet.adapters import qr
from vcwallet.adapters.proximity_tcp import TcpListener, connect
from vcwallet.japan import JST, UNKNOWN_DATE, MyNumberCard, PartialDate, purposes, rules
from vcwallet.wallet.session import WalletSession

QUARTER = timedelta(days=90)


def main() -> None:
    """Run the example."""
    folder, stage = output_folder("age_at_the_counter"), Stage("vcwallet: age at the counter")

    with stage.step("The registry enrols the issuer of the card, and the shop for age-restricted sale"):
        registry = TrustRegistry.create("Demo trust registry", country="JP")
        office = Issuer(registry.enrol_issuer("Card office (demo)", may_issue=[MyNumberCard]), time_zone=JST)
        shop = Verifier(registry.enrol_verifier("Keyaki Sake Shop", purposes=[purposes.AGE_RESTRICTED_SALE]))

    with stage.step("Three customers have the card on their phones"):
        adult = customer(registry, office, "番号　花子", PartialDate.parse("1990-01-02"))
        unknown = customer(registry, office, "見本　三郎", UNKNOWN_DATE)
        minor = customer(registry, office, "見本　四郎", PartialDate.parse("2010-05-05"))
        for card in adult.cards():
            stage.say(f"{card.type_ids[0]}, {len(card.credential.raw):,} characters, {', '.join(adult.claims(card))}")

    with stage.step("Hanako buys sake: QR code, question, consent, answer"):
        verified = at_the_till(stage, folder, shop, adult, show_code=True)
        rules.require_age_proved(verified, matter=rules.AgeMatter.ALCOHOL)
        [evidence] = verified.evidence(MyNumberCard)
        stage.say(f"the shop knows {dict(evidence.claims)}, and nothing else")
        stage.say(f"signed by {evidence.issuer.party}; the phone proved to hold the card's key, in this session only")

    with stage.step("What must not work"):
        with stage.refused("a sale to somebody whose birth date is not wholly known"):
            at_the_till(stage, folder, shop, unknown)
        with stage.refused("a sale to somebody of sixteen"):
            rules.require_age_proved(at_the_till(stage, folder, shop, minor), matter=rules.AgeMatter.ALCOHOL)
        with stage.refused("a shop that wants the birth date"):
            at_the_till(stage, folder, shop, adult, claim="birth_date")
        with stage.refused("a shop that is too late"):
            session = shop.start_session(adult.start_session().qr)
            session.end()
            session.request(ask(MyNumberCard, "age_over_20"), purpose="age_restricted_sale")

    with stage.step("Hanako's history"):
        for entry in adult.history():
            told = entry.entry
            stage.say(
                f"{entry.sequence:2} {told['event']:10} {told.get('code') or told.get('purpose') or told['type']}"
            )
    stage.end()


def customer(registry: TrustRegistry, office: Issuer, name: str, birth: PartialDate) -> Wallet:
    """Return a phone with a card in it."""
    wallet = Wallet.create(None, passphrase="correct horse battery staple", trust=registry.published())
    card = MyNumberCard(
        full_name_unicode=name,
        resident_address_unicode="〇〇県みらい市ひばりが丘一丁目２番３号",
        birth_date=birth,
    )
    wallet.receive(office.issue(card, format=Mdoc, holder=wallet.new_holder_key(), valid_for=QUARTER))
    return wallet


def at_the_till(
    stage: Stage, folder: Path, shop: Verifier, wallet: Wallet, *, claim: str = "age_over_20", show_code: bool = False
) -> Verified:
    """Let a phone and a till meet, and return what the till has verified."""
    with TcpListener() as listener:
        phone = wallet.start_session(tcp=listener.retrieval)
        if show_code:
            stage.console.print(qr.draw(phone.qr).terminal(), style="black on white")
        till = shop.start_session(scanned(phone, folder))
        if till.engagement.tcp is None:
            raise SystemExit("the phone does not say where it listens")
        with connect(till.engagement.tcp) as to_phone, listener.accept() as to_till:
            to_phone.send(till.request(ask(MyNumberCard, claim), purpose="age_restricted_sale"))
            try:
                prompt = phone.receive(to_till.receive())
            except VcError as refused:
                stage.say(f"the phone says nothing but that the session is over ({refused.code} stays in the phone)")
                to_till.send(phone.decline())
            else:
                stage.show(prompt)
                to_till.send(phone.answer(prompt.approve()))
            return till.receive(to_phone.receive())


def scanned(phone: WalletSession, folder: Path) -> str:
    """Draw the phone's QR code, and return what the till's camera reads."""
    picture = folder / "engagement.png"
    qr.draw(phone.qr).save(picture)
    [text] = qr.read(picture)
    return text


if __name__ == "__main__":
    main()
