# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet collects from a city's service (OpenID4VCI 1.0): by a QR code and digits, and by logging in with a card.

The service of example 11 runs beside, on a free port of this machine.  The wallet is closed in the middle, a clerk takes
a moment, each credential is checked against the trust registry before it is kept, and three things are refused.
"""

from __future__ import annotations

import time
from pathlib import Path
from urllib.parse import urlsplit

from city_service import CARD_HOLDER, CityService
from scripted_browser import Browser, Page
from stage import Stage, output_folder

from vcwallet import Collection, Collector, OfferPrompt, Wallet, WalletClient
from vcwallet.adapters import qr
from vcwallet.adapters.http import HttpClient
from vcwallet.adapters.local import system_clock
from vcwallet.encoding import base64url
from vcwallet.flow import run
from vcwallet.japan import HouseholdRecord, ResidenceRecord, TaxAssessment

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
                time.sleep(max(0.0, (not_before(collection) - system_clock()).total_seconds()))
                collection = run(collector.proceed(begun.id), http)
            told(stage, collection)
            stage.say(f"the portal: {browser.open(page.url).texts['status']}")

        with stage.step("From the wallet: the same record as mdoc, with a My Number card instead of a password"):
            names = [one.id for one in city.service_offerings if one.writer.format == "mso_mdoc"][:1]
            asked = run(collector.ask_issuer(city.origin, names), http)
            show(stage, asked)
            sent = run(collector.proceed(collector.accept(asked).id), http)
            back = log_in_with_card(stage, city, sent.authorization_url or "")
            told(stage, run(collector.proceed(collector.returned(back).id), http))

        with stage.step("What must not work"):
            with stage.refused("the same offer once more, by another wallet"):
                thief = Wallet.create(None, passphrase=PASSPHRASE, trust=city.trust).collector()
                collected = thief.collect(link, http=http, tx_code=digits)
                collected_nothing(collected)
            with stage.refused("the same answer of the browser once more"):
                collector.returned(back)
            with stage.refused("an answer that another server has put into the browser"):
                again = run(collector.proceed(collector.accept(asked).id), http)
                state = again.access.state if hasattr(again.access, "state") else ""
                collector.returned(f"{WALLET_ADDRESS}?code=stolen&state={state}&iss=https%3A%2F%2Felsewhere.example")

        with stage.step("What the wallet holds now"):
            for card in wallet.cards():
                stage.say(f"{card.issuer:12} {card.name if hasattr(card, 'name') else card.type_ids[0]}")
    wallet.close()
    stage.end()


def choose(browser: Browser, city: CityService, format: str, *kinds: type) -> Page:
    """Log in, choose, and return the page with the QR code."""
    form = browser.press(browser.open("/city/login"), "Log in", number=CARD_HOLDER, password=city.password)
    assert form is not None
    page = browser.press(form, "Make a QR code", format=format, **{kind.vct: "1" for kind in kinds})
    assert page is not None
    return page
