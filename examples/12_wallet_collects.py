# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet collects from a city's service (OpenID4VCI 1.0): by a QR code and digits, and by logging in with a card.

The service of example 11 runs beside, on a free port of this machine.  The wallet is closed in the middle, a clerk
takes a moment, each credential is checked against the trust registry before it is kept, and three things are refused.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from urllib.parse import urlsplit

from city_service import CARD_HOLDER, CityService
from rich.panel import Panel
from rich.table import Table
from scripted_browser import Browser, Page
from stage import Stage, output_folder

from vcwallet import Collection, CredentialType, Mdoc, OfferPrompt, Wallet, WalletClient
from vcwallet.adapters import qr
from vcwallet.adapters.http import HttpClient
from vcwallet.adapters.local import system_clock
from vcwallet.encoding import base64url
from vcwallet.flow import run
from vcwallet.japan import HouseholdRecord, ResidenceRecord, TaxAssessment
from vcwallet.wallet.collecting.states import InBrowser

PASSPHRASE = "correct horse battery staple"
WALLET_ADDRESS = "https://wallet.example/returned"
COPIES = 3


def main() -> None:
    """Run the example."""
    folder, stage = output_folder("wallet_collects"), Stage("vcwallet: a wallet collects")

    with stage.step("The city's service starts, and a citizen makes a wallet"):
        city = CityService(folder)
        wallet = Wallet.create(folder / "wallet.db", passphrase=PASSPHRASE, trust=city.trust)
        client = WalletClient(redirect_uri=WALLET_ADDRESS, attester=city.provider.attester())
        stage.say(f"{city.origin}: nothing else is shared between the two but the registry's list")

    with city, HttpClient(private_hosts=[urlsplit(city.origin).netloc]) as http:
        with stage.step("At the portal: log in, choose three records, and there is a QR code"):
            browser = Browser(city.origin)
            page = choose(browser, city, "dc+sd-jwt", ResidenceRecord, HouseholdRecord, TaxAssessment)
            [link] = qr.read(page.pictures[0])
            digits = page.texts["digits"].replace(" ", "")
            stage.say(f"read from the picture: {link}")

        with stage.step("The wallet shows who offers what"):
            collector = wallet.collector(client)
            prompt = run(collector.read_offer(link), http)
            show(stage, prompt)

        with stage.step("Accepted; and before anything is asked for, the wallet is closed"):
            wrong = f"{(int(digits) + 1) % 1_000_000:06}"
            begun = collector.accept(prompt, copies=COPIES, tx_code=wrong)
            wallet.close()
            wallet = Wallet.open(folder / "wallet.db", passphrase=PASSPHRASE)
            collector = wallet.collector(client)
            stage.say(f"opened again: {sum(1 for _ in collector.collections())} collection goes on")

        with stage.step("Wrong digits are refused, and burn nothing; the right ones are taken"):
            waiting = run(collector.proceed(begun.id), http)
            stage.say(f"typed {wrong}: {'the issuer asks again' if waiting.needs_tx_code else waiting.outcome}")
            collector.enter_tx_code(begun.id, digits)
            collection = run(collector.proceed(begun.id), http)
            told(stage, collection)
            stage.say(f"the portal: {browser.open(page.url).texts['status']}")

        with stage.step("The clerk takes a moment, and the wallet comes back when it was told to"):
            while collection.is_open:
                wait_until(collection.not_before)
                collection = run(collector.proceed(begun.id), http)
            told(stage, collection)
            stage.say(f"the portal: {browser.open(page.url).texts['status']}")

        with stage.step("From the wallet: the first record as mdoc, with a My Number card instead of a password"):
            [asked_for] = [one.id for one in city.offered if (one.type, one.format) == (ResidenceRecord, Mdoc)]
            asked = run(collector.ask_issuer(city.origin, [asked_for]), http)
            show(stage, asked)
            sent = run(collector.proceed(collector.accept(asked).id), http)
            back = log_in_with_card(stage, city, sent)
            told(stage, run(collector.proceed(collector.returned(back).id), http))

        with stage.step("What must not work"):
            with stage.refused("the same answer of the browser once more"):
                collector.returned(back)
            with stage.refused("an answer that another server has put into the browser"):
                sent = run(collector.proceed(collector.accept(asked).id), http)
                state = sent.access.state if isinstance(sent.access, InBrowser) else ""
                collector.returned(f"{WALLET_ADDRESS}?code=stolen&state={state}&iss=https%3A%2F%2Felsewhere.example")
            thief = Wallet.create(None, passphrase=PASSPHRASE, trust=city.trust).collector()
            stolen = thief.collect(link, http=http, tx_code=digits)
            stage.say(f"the same offer and digits in another wallet: {len(stolen.cards)} credentials")

        with stage.step("What the wallet holds now"):
            held = Counter((card.type_ids[0], card.credential.format) for card in wallet.cards())
            for (kind, format), number in held.items():
                stage.say(f"{kind:36} {format:10} {number}, each with a key of its own")
    wallet.close()
    stage.end()


def choose(browser: Browser, city: CityService, format: str, *kinds: type[CredentialType]) -> Page:
    """Log in at the portal, choose, and return the page with the QR code."""
    form = browser.press(browser.open("/city/login"), "Log in", number=CARD_HOLDER, password=city.password)
    return browser.press(form, "Make a QR code", format=format, **{kind.vct: "1" for kind in kinds})


def log_in_with_card(stage: Stage, city: CityService, collection: Collection) -> str:
    """Do what a person does on the page that the wallet has opened, and return where the browser is sent back to."""
    browser = Browser(city.origin)
    page = browser.press(browser.open(collection.authorization_url or ""), "Log in with a My Number card")
    challenge = page.texts["challenge"]
    answer = {"certificate": city.card.certificate, "signature": city.card.sign(challenge)}
    page = browser.press(page, "Log in", **{name: base64url.encode(value) for name, value in answer.items()})
    stage.say(f"the page asks: {page.title}")
    browser.press(page, "Hand them to the wallet")
    stage.say(f"the browser is sent to {browser.left_for.partition('?')[0]}")
    return browser.left_for


def show(stage: Stage, prompt: OfferPrompt) -> None:
    """Print an offer as a wallet's screen shows it."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_row("from", f"[bold]{prompt.issuer}[/]  ({prompt.verified_by or 'nobody vouches for it'})")
    for one in prompt.credentials:
        table.add_row("what", f"[green]{one.name}[/]  {one.format}, {len(one.claims)} claims")
    how = "log in, in a browser" if prompt.needs_browser else "type the digits that the issuer shows"
    table.add_row("how", how)
    for warning in prompt.warnings:
        table.add_row("[yellow]look twice", f"[yellow]{warning.message}")
    stage.console.print(Panel(table, title="the wallet asks its holder", border_style="cyan", width=100))


def told(stage: Stage, collection: Collection) -> None:
    """Print how far a collection has come."""
    state = collection.outcome or f"goes on, not before {collection.not_before:%H:%M:%S}"
    stage.say(f"the wallet: {len(collection.cards)} credentials kept, {state}")


def wait_until(at: datetime | None) -> None:
    """Do nothing until then."""
    if at is not None:
        time.sleep(max(0.0, (at - system_clock()).total_seconds()))


if __name__ == "__main__":
    main()
