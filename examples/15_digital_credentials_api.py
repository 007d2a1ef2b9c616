# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""OpenID4VP over the browser's Digital Credentials API: the page asks the browser, the browser asks the wallet.

The browser of this example does what real ones do: it says which page asks, and carries the request to the wallet and
the answer back.  A request that was signed for one page is worth nothing to another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from stage import Stage

from vcwallet import (
    Abilities,
    Channel,
    Issuer,
    Mdoc,
    SqlSessions,
    TrustRegistry,
    Verifier,
    VerifierService,
    Wallet,
    ask,
)
from vcwallet.errors import VcError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.japan import JST, MyNumberCard, PartialDate, purposes
from vcwallet.protocols.haip import HAIP_PRESENTATION_1_0
from vcwallet.protocols.openid4vp.digital_credentials import Protocol
from vcwallet.wallet import dc_api_error

SHOP, ELSEWHERE = "https://keyaki.example", "https://prizes.example"
BROWSER = "the cookie of Hanako's browser at the shop"


def main() -> None:
    """Run the example."""
    stage = Stage("vcwallet: the Digital Credentials API")

    with stage.step("A shop on the web is enrolled; Hanako's wallet holds her card as mdoc"):
        registry = TrustRegistry.create("Demo trust registry", country="JP")
        office = Issuer(registry.enrol_issuer("Card office (demo)", may_issue=[MyNumberCard]), time_zone=JST)
        shop = Verifier(registry.enrol_verifier("Keyaki Sake Shop", purposes=[purposes.AGE_RESTRICTED_SALE]))
        service = VerifierService(
            shop,
            address=f"{SHOP}/openid4vp",
            channels=[Channel.DC_API],
            sessions=SqlSessions.open(None),
            origins=[SHOP],
            profile=HAIP_PRESENTATION_1_0,
            protocols=[Protocol.SIGNED, Protocol.UNSIGNED],
        )
        wallet = Wallet.create(None, passphrase="correct horse battery staple", trust=registry.published())
        card = MyNumberCard(
            full_name_unicode="番号　花子",
            resident_address_unicode="〇〇県みらい市ひばりが丘一丁目２番３号",
            birth_date=PartialDate.parse("1990-01-02"),
        )
        issued = office.issue(card, format=Mdoc, holder=wallet.new_holder_key(), valid_for=timedelta(days=90))
        wallet.receive(issued)

    with stage.step("The page asks the browser, which asks the wallet; Hanako agrees"):
        begun = service.begin(
            ask(MyNumberCard, "age_over_20"), purpose="age_restricted_sale", channel=Channel.DC_API, session=BROWSER
        )
        call = begun.dc_api or {}
        offered = ", ".join(one["protocol"] for one in call["requests"])
        stage.say(f"navigator.credentials.get({{digital: ...}}) with {offered}; the wallet takes the first")
        data = Browser(wallet, stage).get(call, origin=SHOP)
        stage.say(f"the page gets an answer that only the shop's server can read: {', '.join(data)}")
        verified = service.take(begun.transaction_id, session=BROWSER, data=data).verified
        stage.say(f"twenty or over: {verified[MyNumberCard].age_over_20}")

    with stage.step("What must not work"):
        begun = service.begin(
            ask(MyNumberCard, "age_over_20"), purpose="age_restricted_sale", channel=Channel.DC_API, session=BROWSER
        )
        stolen = Browser(wallet, stage).get(begun.dc_api or {}, origin=ELSEWHERE)
        stage.say(f"another page with the shop's request is told {stolen}")
        stage.say("the same request without its signature, by which this wallet knows nobody:")
        Browser(wallet, stage).get({"requests": (begun.dc_api or {})["requests"][1:]}, origin=SHOP)
        declined = Browser(wallet, stage, agrees=False).get(begun.dc_api or {}, origin=SHOP)
        with stage.refused("a person who says no"):
            service.take(begun.transaction_id, session=BROWSER, data=declined)
        with stage.refused("the first answer, once more"):
            service.take(begun.transaction_id, session=BROWSER, data=data)
    stage.end()


@dataclass
class Browser:
    """Carries requests from pages to a wallet, and answers back."""

    wallet: Wallet
    stage: Stage
    agrees: bool = True

    def get(self, call: Mapping[str, Any], *, origin: str) -> Mapping[str, Any]:
        """Return the ``data`` of the credential that the page of an origin gets."""
        presenter = self.wallet.presenter(Abilities(profile=HAIP_PRESENTATION_1_0))
        request = call["requests"][0]
        try:
            flow = presenter.read_dc_api_request(request["protocol"], request["data"], origin=origin)
            invocation = run(flow, no_network)
        except VcError as error:
            self.stage.say(f"the wallet refuses: {error.args[0]}")
            return dc_api_error(error)
        if invocation.refusal is not None:
            self.stage.say(f"the wallet refuses: {invocation.refusal.args[0]}")
        if invocation.prompt is None or not self.agrees:
            return presenter.decline(invocation).dc_api_data()
        self.stage.show(invocation.prompt)
        return presenter.answer(
            invocation.prompt.approve(explicitly=invocation.prompt.to_approve_by_name)
        ).dc_api_data()


def no_network(_: HttpRequest) -> HttpResponse:
    """Nothing is fetched: the request came whole."""
    raise SystemExit("the wallet wanted the network")


if __name__ == "__main__":
    main()
