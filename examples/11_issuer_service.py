# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A city's issuer as a web service that any wallet can use (OpenID4VCI 1.0), with a log-in page and offers as QR codes.

    python examples/11_issuer_service.py           starts it, looks at it with a browser of its own, and ends
    python examples/11_issuer_service.py --serve   starts it for you, on http://127.0.0.1:8011, until Ctrl-C

The municipal export of the first example is loaded into a SQL database, which is asked whenever a credential is signed.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from city_service import CARD_HOLDER, CityService
from scripted_browser import Browser
from stage import Stage, emptied

from vcwallet.adapters import qr
from vcwallet.japan import ResidenceRecord, TaxAssessment

PORT = 8011


def serve(folder: Path, port: int) -> None:
    """Serve until Ctrl-C."""
    with CityService(emptied(folder), port=port) as city:
        print(f"the portal:  {city.origin}/")
        print(f"log in as:   {CARD_HOLDER}, password {city.password} (so do R00002, R00003 and the others)")
        print("Ctrl-C ends it.", flush=True)
        city.wait()


def show(folder: Path) -> None:
    """Start the service, look at it as a resident would, and end."""
    stage = Stage("vcwallet: an issuer as a service")

    with stage.step("The city starts its service"):
        city = CityService(emptied(folder))
        stage.say(f"{city.records} records of the municipal export in {folder / 'city.db'}")
        stage.say(f"{city.origin}, with an authorisation server, a log-in page and a portal in one process")

    browser = Browser(city.origin)
    with city:
        with stage.step("What a wallet reads first: the issuer's metadata"):
            metadata = json.loads(browser.open("/.well-known/openid-credential-issuer").html)
            for name, configuration in metadata["credential_configurations_supported"].items():
                said = configuration["credential_metadata"]
                titles = " / ".join(one["name"] for one in said["display"])
                stage.say(f"{name:36} {configuration['format']:10} {len(said['claims']):3} claims  {titles}")

        with stage.step("A resident logs in at the portal, and chooses"):
            login = browser.open("/city/login")
            wrong = browser.press(login, "Log in", number=CARD_HOLDER, password="guessed")
            stage.say(f"a wrong password: {wrong.texts['problem']}")
            choice = browser.press(login, "Log in", number=CARD_HOLDER, password=city.password)
            stage.say(f"then: {choice.title}")
            chosen = {ResidenceRecord.vct: "1", TaxAssessment.vct: "1", "format": "dc+sd-jwt"}
            offer = browser.press(choice, "Make a QR code", **chosen)
            stage.say(f"then: {offer.title}; {offer.texts['status']}")

        with stage.step("The page has a picture, a link for the phone that shows it, and digits to type"):
            [picture] = offer.pictures
            (folder / "offer.png").write_bytes(picture)
            [link] = qr.read(picture)
            stage.say(f"{folder / 'offer.png'} says {link}")
            stage.say(f"the digits: {offer.texts['digits']}, which are not in the picture")
            print(qr.draw(link).terminal())

        with stage.step("What must not work"):
            status = browser.open(offer.url).status
            stage.say(f"the page of the offer for whoever made it: {status}")
            stage.say(f"for anybody else who has its address: {Browser(city.origin).open(offer.url).status}")
    stage.say("\n   python examples/12_wallet_collects.py collects from such a service")
    stage.end()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", action="store_true", help="serve until Ctrl-C")
    parser.add_argument("--port", type=int, default=PORT, help="where to serve")
    parser.add_argument("--out", type=Path, default=Path("build") / "issuer_service", help="where to write files")
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.out, arguments.port)
    else:
        show(arguments.out)


if __name__ == "__main__":
    main()
