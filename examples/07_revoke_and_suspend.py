# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A nurse's licence is suspended, reinstated and revoked: refused while the suspension lasts, accepted after it.

The ministry keeps a ledger of what it issues, a status signer publishes the status lists, a host hands them out, and a
hospital fetches whole lists.  Nobody who asks for a list says about whom.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from municipal_data import load_qualifications
from stage import Stage, output_folder
from story_clock import StoryClock

from vcwallet import (
    Card,
    Issuer,
    Mdoc,
    SdJwtVc,
    SqlLedger,
    StatusHost,
    StatusSigner,
    TrustRegistry,
    Verifier,
    Wallet,
    ask,
)
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.japan import JST, NurseLicence, purposes

LISTS = "https://status.ministry.example/lists"
YEAR = timedelta(days=365)
POST = "disciplinary committee"
PASSPHRASE = "correct horse battery staple"


class Network:
    """Brings a verifier's requests to the host, and remembers them; it can be cut."""

    def __init__(self, host: StatusHost) -> None:
        """Connect a host."""
        self.host, self.is_cut = host, False
        self.requests: list[str] = []

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request, or fail as a network does."""
        self.requests.append(request.url)
        if self.is_cut:
            return HttpResponse(status=503, headers={}, body=b"")
        return self.host(request)


def main() -> None:
    """Run the example."""
    folder, stage, clock = output_folder("revoke_and_suspend"), Stage("vcwallet: revoke and suspend"), StoryClock()

    with stage.step("The ministry issues nurses' licences, with a ledger of what it has issued"):
        registry = TrustRegistry.create("Demo trust registry", country="JP", clock=clock)
        ledger = SqlLedger.create(folder / "ledger.db", lists=LISTS)
        enrolment = registry.enrol_issuer("Health Ministry (demo)", code="ministry", may_issue=[NurseLicence])
        ministry = Issuer(enrolment, ledger=ledger, clock=clock, time_zone=JST)
        lists = registry.enrol_status_signer("Health Ministry (demo)", code="ministry", supply_points=[LISTS])
        signer = StatusSigner(lists, ledger=ledger, clock=clock)
        network = Network(StatusHost(ledger, clock=clock))
        hospital = Verifier(
            registry.enrol_verifier("Minato Hospital", purposes=[purposes.QUALIFICATION_CHECK]),
            clock=clock,
            http=network,
        )
        wallet = Wallet.create(None, passphrase=PASSPHRASE, trust=registry.published(), clock=clock)
        licence = nurse_licence()
        cards: dict[str, Card] = {}
        for kind in (SdJwtVc, Mdoc):
            key = wallet.new_holder_key()
            number = f"nurse/88888/{kind().format}"
            credential = ministry.issue(licence, format=kind, holder=key, valid_for=YEAR, idempotency_key=number)
            cards[number] = wallet.receive(credential)
            [entry] = ledger.issued(number)
            stage.say(f"{number:26} place {entry.index:6} of {entry.uri}")
        with stage.refused("the same application once more"):
            again = wallet.new_holder_key()
            ministry.issue(licence, format=Mdoc, holder=again, valid_for=YEAR, idempotency_key="nurse/88888/mso_mdoc")
        stage.say(
            f"published: {', '.join(one.uri for one in signer.publish())}; at once again: {len(signer.publish())}"
        )

    with stage.step("The hospital checks the licence"):
        check(stage, hospital, wallet)
        stage.say(f"fetched {', '.join(network.requests)}: whole lists, and nothing that says which place")

    with stage.step("The licence is suspended"):
        for number in cards:
            ministry.suspend(number, reason="a hearing is pending", actor=POST)
        signer.publish()
        check(stage, hospital, wallet)
        stage.say("for a quarter of an hour the hospital relies on the list that it has: that is what its ttl says")
        clock.forward(timedelta(minutes=16))
        with stage.refused("the suspended licence"):
            check(stage, hospital, wallet)
        for number, card in cards.items():
            stage.say(f"the wallet shows its holder {number}: {wallet.check_status(card, http=network).state}")

    with stage.step("The suspension ends"):
        for number in cards:
            ministry.reinstate(number, reason="the hearing is over", actor=POST)
        signer.publish()
        clock.forward(timedelta(minutes=16))
        check(stage, hospital, wallet)

    with stage.step("The network is cut: unknown and stale are outcomes of their own, and none of them is valid"):
        network.is_cut = True
        clock.forward(timedelta(minutes=16))
        with stage.refused("a licence whose status is known from too old a list only"):
            check(stage, hospital, wallet)
        network.is_cut = False

    with stage.step("The licence is revoked, for good"):
        for number in cards:
            ministry.revoke(number, reason="withdrawn by the minister", actor=POST)
        signer.publish()
        clock.forward(timedelta(minutes=16))
        with stage.refused("the revoked licence"):
            check(stage, hospital, wallet)
        with stage.refused("the reinstatement of a revoked licence"):
            ministry.reinstate("nurse/88888/dc+sd-jwt", reason="a change of mind", actor=POST)

    with stage.step("What the ledger remembers: who decided what, when and why, and nothing about the nurse"):
        for change in ledger.changes("nurse/88888/dc+sd-jwt"):
            decision = change.decision
            stage.say(
                f"{decision.at:%H:%M} {change.old.name:9} -> {change.new.name:9} {decision.actor}: {decision.reason}"
            )
    ledger.close()
    stage.end()


def nurse_licence() -> NurseLicence:
    """Return one licence of the ministry's register."""
    register = load_qualifications(Path(__file__).parent / "data" / "qualifications.json")
    return next(one for one in register if isinstance(one, NurseLicence))


def check(stage: Stage, hospital: Verifier, wallet: Wallet) -> None:
    """Let the hospital check the licence, in both formats one after the other."""
    seen: list[str] = []
    for format in ("dc+sd-jwt", "mso_mdoc"):
        question = ask(NurseLicence, "registration_number", format=format)
        request = hospital.request(question, purpose="qualification_check")
        prompt = wallet.match(request)
        verified = hospital.verify(
            wallet.present(prompt.approve(explicitly=prompt.to_approve_by_name)), expected=request
        )
        [evidence] = verified.evidence(NurseLicence)
        status = evidence.status_result
        seen.append(f"{format}: {status.state}, by a list of {status.age} ago")
    stage.say(f"accepted: {', '.join(seen)}")


if __name__ == "__main__":
    main()
