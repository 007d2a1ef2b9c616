# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet presents over OpenID4VP: by a QR code on another device's screen, and by a link on its own.

Two verifiers' services run beside, on free ports of this machine.  The residence record came in three copies with a key
each, so the two cannot find out together that they have seen the same person.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from stage import Stage, output_folder

from vcwallet import (
    Card,
    Channel,
    Consent,
    Issuer,
    Prompt,
    SdJwtVc,
    SqlSessions,
    TrustRegistry,
    Verifier,
    VerifierService,
    Wallet,
    ask,
)
from vcwallet.adapters import qr
from vcwallet.adapters.http import HttpClient
from vcwallet.adapters.web import serve, verifier_app
from vcwallet.flow import run
from vcwallet.japan import JST, Address, AssessmentKind, Money, PartialDate, ResidenceRecord, TaxAssessment, purposes
from vcwallet.keys import jwk

QUARTER = timedelta(days=90)
BROWSER = "the cookie of Hanako's browser at the bank"
TERMINAL = "the cookie of the terminal at the rental agency"


def main() -> None:
    """Run the example."""
    folder, stage = output_folder("wallet_presents"), Stage("vcwallet: a wallet presents")
    registry = TrustRegistry.create("Demo trust registry", country="JP")
    with ExitStack() as open_services:
        with stage.step("A city, a rental agency and a bank are enrolled; Hanako holds two credentials"):
            city = Issuer(
                registry.enrol_issuer("Mirai City", code="999016", may_issue=[ResidenceRecord, TaxAssessment]),
                time_zone=JST,
            )
            agency = Verifier(registry.enrol_verifier("Hinata Homes", purposes=[purposes.TENANCY]))
            bank = Verifier(registry.enrol_verifier("Sakura Bank", purposes=[purposes.LOAN_UNDERWRITING]))
            wallet = Wallet.create(None, passphrase="correct horse battery staple", trust=registry.published())
            collect(city, wallet)
            [at_agency, at_bank] = open_services.enter_context(services(agency, bank))
            stage.say(f"{wallet.copies_left(record_of(wallet))} copies of the residence record, one tax assessment")
        hosts = [urlsplit(one.origin).netloc for one in (at_agency, at_bank)]
        http = open_services.enter_context(HttpClient(private_hosts=hosts))
        presenter = wallet.presenter()

        with stage.step("Across devices: the agency's terminal shows a QR code, the phone reads the picture"):
            begun = at_agency.begin(
                ask(ResidenceRecord, "full_name"), purpose="tenancy", channel=Channel.CROSS_DEVICE, session=TERMINAL
            )
            (folder / "request.png").write_bytes(qr.draw(begun.link or "").png())
            [link] = qr.read(folder / "request.png")
            presenter.present(link, http=http, approve=asking(stage))
            seen = at_agency.result(begun.transaction_id, session=TERMINAL).verified
            stage.say(f"the agency knows: {seen[ResidenceRecord].full_name}")

        with stage.step("On the same device: a link of the bank, and back to the browser that asked"):
            loan = [ask(ResidenceRecord, "full_name", "resident_address"), ask(TaxAssessment, "income_above.3000000")]
            begun = at_bank.begin(*loan, purpose="loan_underwriting", channel=Channel.SAME_DEVICE, session=BROWSER)
            back = presenter.present(begun.link or "", http=http, approve=asking(stage)) or ""
            [code] = parse_qs(urlsplit(back).query)["response_code"]
            known = at_bank.redeem(code, session=BROWSER).verified
            stage.say(f"the bank knows: income above 3,000,000 yen: {known[TaxAssessment].income_above['3000000']}")

        with stage.step("What the two have seen"):
            for name, verified in (("the agency", seen), ("the bank", known)):
                [evidence] = verified.evidence(ResidenceRecord)
                if evidence.holder_key is not None:
                    stage.say(f"{name:10} the key {jwk.thumbprint(jwk.public_jwk(evidence.holder_key))[:16]}...")
            stage.say(f"{wallet.copies_left(record_of(wallet))} copy that nobody has seen is left")

        with stage.step("What must not work"):
            with stage.refused("the link that was answered, once more"):
                presenter.present(begun.link or "", http=http, approve=asking(stage))
            with stage.refused("a verifier that asks for more than it has registered"):
                begun = at_agency.begin(
                    ask(TaxAssessment, "total_income"),
                    purpose="tenancy",
                    channel=Channel.CROSS_DEVICE,
                    session=TERMINAL,
                )
                presenter.present(begun.link or "", http=http, approve=asking(stage))
            begun = at_agency.begin(
                ask(ResidenceRecord, "full_name"), purpose="tenancy", channel=Channel.CROSS_DEVICE, session=TERMINAL
            )
            invocation = run(presenter.read_request(begun.link or ""), http)
            run(presenter.send(presenter.decline(invocation)), http)
            with stage.refused("what Hanako has declined; why, the agency does not learn"):
                at_agency.result(begun.transaction_id, session=TERMINAL)

        with stage.step("Hanako's history"):
            for entry in wallet.history():
                told = entry.entry
                stage.say(
                    f"{entry.sequence:2} {told['event']:10} {told.get('code') or told.get('purpose') or told['type']}"
                )
    stage.end()


def collect(city: Issuer, wallet: Wallet) -> None:
    """Put the credentials into the wallet: three copies of one, and one of the other."""
    record = ResidenceRecord(
        full_name="番号　花子",
        birth_date=PartialDate.parse("1990-01-02"),
        resident_address=Address(formatted="〇〇県みらい市ひばりが丘一丁目２番３号"),
    )
    keys = [wallet.new_holder_key() for _ in range(3)]
    wallet.receive_batch(city.issue_batch(record, format=SdJwtVc, holders=keys, valid_for=QUARTER))
    tax = TaxAssessment(
        full_name="番号　花子",
        fiscal_year=2026,
        income_year=2025,
        certificate_kind=AssessmentKind.TAXED,
        total_income=Money.yen(4_200_000),
    )
    wallet.receive(city.issue(tax, format=SdJwtVc, holder=wallet.new_holder_key(), valid_for=QUARTER))


@contextmanager
def services(*verifiers: Verifier) -> Iterator[Sequence[VerifierService]]:
    """Run the service of each verifier on a free port as long as the block lasts."""
    with ExitStack() as running:
        made = []
        for verifier in verifiers:
            listening = running.enter_context(socket.create_server(("127.0.0.1", 0)))
            origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
            service = VerifierService(
                verifier,
                address=f"{origin}/openid4vp",
                channels=[Channel.CROSS_DEVICE, Channel.SAME_DEVICE],
                sessions=SqlSessions.open(None),
                result_page=f"{origin}/result",
            )
            running.enter_context(serve(verifier_app(service), socket=listening))
            made.append(service)
        yield made


def record_of(wallet: Wallet) -> Card:
    """Return one of the copies of the residence record."""
    return next(wallet.cards(ResidenceRecord.vct))


def asking(stage: Stage) -> Callable[[Prompt], Consent]:
    """Return a holder who looks at the screen and agrees, also by name."""

    def approve(prompt: Prompt) -> Consent:
        stage.show(prompt)
        return prompt.approve(explicitly=prompt.to_approve_by_name)

    return approve


if __name__ == "__main__":
    main()
