# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Our wallet collects from an issuer made of @openid4vc/openid4vci (npm), over http on this machine.

The packages make the metadata, offers, tokens and answers, and check what our wallet sends.  The credentials are signed
here, for an issuer that the registry knows, since the packages sign none.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.support.issuer_server import served_app
from tests.support.npm import running_node
from tests.support.world import DAYS_90, FORMATS, Resident, resident
from vcwallet import Collection, Issuer, TrustRegistry, Wallet, WalletClient
from vcwallet.adapters.http import HttpClient
from vcwallet.adapters.local import system_clock
from vcwallet.errors import BindingError
from vcwallet.flow import HttpRequest, run
from vcwallet.jose.header import x5c
from vcwallet.keys import jwk
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.openid4vci.configurations import configurations
from vcwallet.protocols.openid4vci.issuer_metadata import CredentialIssuerMetadata, metadata_json
from vcwallet.wallet.collecting import Collector, Outcome

pytestmark = pytest.mark.interop

JWT, MDOC = "resident-1_sd_jwt_vc", "resident-1_mdoc"
REDIRECT = "https://wallet.example/back"
CLIENT = WalletClient(client_id="https://wallet.example", redirect_uri=REDIRECT)
PASSPHRASE = "correct horse battery staple"


@dataclass
class Exchange:
    """Our wallet, and where the other issuer is."""

    wallet: Wallet
    collector: Collector
    origin: str
    offers: dict[str, str]
    http: HttpClient

    def events(self) -> list[str]:
        """What the issuer was told."""
        answer = self.http(HttpRequest(method="GET", url=f"{self.origin}/told", max_bytes=10_000))
        return list(json.loads(answer.body))

    def collected(self, collection: Collection) -> list[str]:
        """The formats of the cards of a collection that has ended well."""
        assert collection.outcome is Outcome.COLLECTED, (collection.access, collection.failures)
        return sorted(card.credential.format for card in self.wallet.cards() if card.id in collection.cards)

    def browser(self, url: str) -> str:
        """Go to the page that the wallet has opened, and return where the issuer sends the browser."""
        answer = self.http(HttpRequest(method="GET", url=url, max_bytes=10_000))
        return answer.headers["location"]


@contextmanager
def exchange(**options: Any) -> Iterator[Exchange]:
    registry = TrustRegistry.create("Demo registry")
    signer = SoftwareSigner.generate()
    enrolment = registry.enrol_issuer("Another city", code="other", may_issue=[Resident], signer=signer)
    issuer = Issuer(enrolment)

    async def sign(request: Request) -> JSONResponse:
        asked = json.loads(await request.body())
        format = FORMATS["mso_mdoc" if asked["configurationId"] == MDOC else "dc+sd-jwt"]
        holders = [jwk.parse({name: one[name] for name in ("kty", "crv", "x", "y")}) for one in asked["jwks"]]
        issued = [issuer.issue(resident(), format=format, holder=one, valid_for=DAYS_90) for one in holders]
        return JSONResponse([one.raw for one in issued])

    made = CredentialIssuerMetadata(
        credential_issuer="https://other.example",
        credential_endpoint="https://other.example/credential",
        nonce_endpoint="https://other.example/nonce",
        credential_configurations_supported=configurations([(Resident, "dc+sd-jwt"), (Resident, "mso_mdoc")]),
    )
    with served_app(lambda _: Starlette(routes=[Route("/", sign, methods=["POST"])])) as signing:
        given = {
            "pem": signer.to_pem(passphrase=None).decode(),
            "x5c": x5c(enrolment.chain),
            "signer": f"{signing}/",
            "configurations": json.loads(metadata_json(made))["credential_configurations_supported"],
            "offers": {
                "both": {"ids": [JWT, MDOC]},
                "digits": {"ids": [JWT], "txCode": "4711"},
            },
            **options,
        }
        with running_node("issue_credentials.js", given) as other:
            wallet = Wallet.create(None, passphrase=PASSPHRASE, trust=registry.published())
            with HttpClient(private_hosts=[urlsplit(other["origin"]).netloc]) as http, wallet:
                yield Exchange(wallet, wallet.collector(CLIENT), other["origin"], other["offers"], http)


def test_our_wallet_collects_both_formats_in_batches() -> None:
    with exchange() as between:
        collection = between.collector.collect(between.offers["both"], http=between.http, copies=5)
        assert between.collected(collection) == ["dc+sd-jwt"] * 5 + ["mso_mdoc"] * 5
        assert between.events() == ["credential_accepted"] * 2


def test_the_issuer_is_known_by_its_signed_metadata() -> None:
    with exchange() as between:
        prompt = run(between.collector.read_offer(between.offers["digits"]), between.http)
        assert prompt.is_vetted
        assert (prompt.issuer, prompt.own_name) == ("Another city", "Another city")


def test_digits_are_sent_and_wrong_ones_can_be_corrected() -> None:
    with exchange() as between:
        begun = between.collector.collect(between.offers["digits"], http=between.http, tx_code="1174")
        assert begun.needs_tx_code
        between.collector.enter_tx_code(begun.id, "4711")
        assert between.collected(run(between.collector.proceed(begun.id), between.http)) == ["dc+sd-jwt"]


def test_our_wallet_collects_by_par_pkce_and_a_browser() -> None:
    with exchange() as between:
        prompt = run(between.collector.ask_issuer(between.origin, [JWT, MDOC]), between.http)
        begun = run(between.collector.proceed(between.collector.accept(prompt).id), between.http)
        assert begun.authorization_url is not None
        returned = between.collector.returned(between.browser(begun.authorization_url))
        collection = run(between.collector.proceed(returned.id), between.http)
        assert between.collected(collection) == ["dc+sd-jwt", "mso_mdoc"]


def test_an_answer_in_the_name_of_another_issuer_is_refused() -> None:
    with exchange(otherIss="https://elsewhere.example") as between:
        prompt = run(between.collector.ask_issuer(between.origin, [JWT]), between.http)
        begun = run(between.collector.proceed(between.collector.accept(prompt).id), between.http)
        assert begun.authorization_url is not None
        with pytest.raises(BindingError):
            between.collector.returned(between.browser(begun.authorization_url))


def test_our_wallet_comes_back_for_what_takes_its_time() -> None:
    with exchange(slow=True) as between:
        collection = between.collector.collect(between.offers["both"], http=between.http)
        rounds = 0
        while collection.is_open:
            assert collection.not_before is not None
            wait_until(collection.not_before)
            collection = run(between.collector.proceed(collection.id), between.http)
            rounds += 1
            assert rounds < 10
        assert rounds >= 2
        assert between.collected(collection) == ["dc+sd-jwt", "mso_mdoc"]


def wait_until(at: datetime) -> None:
    """Let the time pass that the other issuer asks for."""
    time.sleep(max(0.0, (at - system_clock()).total_seconds()))
