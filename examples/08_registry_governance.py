# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A registry at work and under attack: suspensions judged by date, keys rotated, and old or mixed lists refused.

Somebody between the registry and its followers keeps everything that was ever published, and hands out what suits
him.  Whoever follows the registry takes nothing older, nothing mixed, nothing unsigned, and does not turn back a clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from stage import Stage
from story_clock import StoryClock

from vcwallet import Enrolment, Issuer, PublishedTrust, SdJwtVc, TrustRegistry, Verifier, Wallet, ask, grants
from vcwallet.japan import JST, Address, PartialDate, ResidenceRecord, purposes
from vcwallet.keys.policy import Role
from vcwallet.registry.authority import REGISTRY_PARTY
from vcwallet.trust.registration import sign_registration

QUARTER, DAY = timedelta(days=90), timedelta(days=1)


@dataclass(slots=True)
class Town:
    """The people of this story: a city that issues, a citizen, and a bank that asks."""

    clock: StoryClock
    registry: TrustRegistry
    city: Issuer
    bank: Verifier
    wallet: Wallet
    issued_for: int = 0

    def update(self) -> None:
        """Let everybody take what the registry publishes now."""
        for follower in (self.city, self.bank, self.wallet):
            follower.update_trust(self.registry.published())

    def issue(self) -> None:
        """Issue one more resident record to the citizen."""
        self.issued_for += 1
        record = ResidenceRecord(
            full_name="番号　花子",
            birth_date=PartialDate.parse("1990-01-02"),
            resident_address=Address(formatted=f"〇〇県みらい市ひばりが丘{self.issued_for}丁目"),
        )
        # A validity of hours keeps the time of issue to the second, and this story judges by the time of issue.
        valid_for = timedelta(hours=23)
        self.wallet.receive(
            self.city.issue(record, format=SdJwtVc, holder=self.wallet.new_holder_key(), valid_for=valid_for)
        )

    def show(self, stage: Stage) -> None:
        """Let the citizen show the newest record to the bank."""
        request = self.bank.request(ask(ResidenceRecord, "full_name"), purpose="loan_underwriting")
        verified = self.bank.verify(self.wallet.present(self.wallet.match(request).approve()), expected=request)
        [evidence] = verified.evidence(ResidenceRecord)
        stage.say(f"accepted: signed by {evidence.issuer.party}, by list {evidence.issuer.sequence}")


def main() -> None:
    """Run the example."""
    stage, clock = Stage("vcwallet: registry governance"), StoryClock()

    with stage.step("A registry enrols a city, a bank, and two others; everybody can look them up"):
        registry = TrustRegistry.create({"ja": "デモ登録簿", "en": "Demo registry"}, country="JP", clock=clock)
        city_enrolment = registry.enrol_issuer(
            {"ja": "みらい市", "en": "Mirai City"}, code="999016", may_issue=[ResidenceRecord]
        )
        bank_enrolment = registry.enrol_verifier("Sakura Bank", code="bank", purposes=[purposes.LOAN_UNDERWRITING])
        registry.enrol_verifier("Hibari Estate", purposes=[purposes.TENANCY])
        registry.enrol_wallet_provider("Kaze Wallets")
        town = Town(
            clock=clock,
            registry=registry,
            city=Issuer(city_enrolment, clock=clock, time_zone=JST),
            bank=Verifier(bank_enrolment, clock=clock),
            wallet=Wallet.create(None, passphrase="correct horse battery", trust=registry.published(), clock=clock),
        )
        town.update()
        look_up(stage, registry)
        town.issue()
        town.show(stage)

    history = [registry.published()]

    with stage.step("The city is suspended from now on: what it has signed before stays good"):
        clock.forward(timedelta(hours=1))
        registry.suspend(city_enrolment.identifier, reason="audit", mode="from_date")
        history.append(registry.published())
        town.update()
        town.show(stage)
        with stage.refused("a record that the suspended city would issue"):
            town.issue()

    with stage.step("The city is suspended altogether: its word is in doubt, also what it has said before"):
        clock.forward(timedelta(minutes=10))
        registry.reinstate(city_enrolment.identifier, reason="audit done")
        registry.suspend(city_enrolment.identifier, reason="key in doubt", mode="all")
        history.append(registry.published())
        town.update()
        with stage.refused("what was signed before the suspension"):
            town.show(stage)
        registry.reinstate(city_enrolment.identifier, reason="the key was safe")
        town.update()
        town.show(stage)

    with stage.step("Every key of the registry is replaced, while everybody goes on working"):
        rotate(stage, town, city_enrolment.identifier)

    with stage.step("Somebody stands between the registry and the bank"):
        attack(stage, town, history)

    with stage.step("The bank writes itself a registration for one claim more"):
        invent(stage, town, registry.renew(bank_enrolment.identifier))

    with stage.step("The log of the registry"):
        for entry in registry.log():
            roles = ", ".join(entry.roles)
            stage.say(f"{entry.number:2} {entry.action:12} {entry.party:28} {roles:20} {entry.reason}")
    stage.end()


def look_up(stage: Stage, registry: TrustRegistry) -> None:
    """Ask the directory."""
    for question, found in (
        ("who may issue resident records", registry.find(type_id=ResidenceRecord.vct)),
        ("who is registered for tenancy", registry.find(purpose="tenancy")),
        ("who is called ＫＡＺＥ", registry.find(name="ＫＡＺＥ")),
        ("who stands under 999016", registry.find(code="999016", role=Role.CREDENTIAL_ISSUER)),
    ):
        stage.say(f"{question:31} {', '.join(' / '.join(one.name.values()) for one in found)}")


def rotate(stage: Stage, town: Town, city: str) -> None:
    """Replace the issuing CA, the list operator, the registrar and the root, and retire the old issuing CA."""
    registry = town.registry
    registry.rotate_issuing_ca(reason="yearly")
    registry.rotate_list_operator(reason="yearly")
    registry.rotate_registrar(reason="yearly")
    town.update()
    town.show(stage)
    stage.say("certificates of the old issuing CA still count: there are both, and parties are renewed one by one")
    for party in registry.to_renew():
        renewed = registry.renew(party.party, role=party.role)
        if party.party == city:
            town.city = Issuer(renewed, clock=town.clock, time_zone=JST)
        elif party.party.endswith(":bank"):
            town.bank = Verifier(renewed, clock=town.clock)
    registry.rotate_root(reason="the ceremony of this decade")
    town.update()
    town.issue()
    town.show(stage)
    stage.say("the wallet has followed to the new root, which the old one has introduced")
    for own in registry.authorities():
        stage.say(f"{own.kind:12} {own.key_id.hex()[:16]} {'succeeded' if own.succeeded else 'in use'}")


def attack(stage: Stage, town: Town, history: Sequence[PublishedTrust]) -> None:
    """Hand the bank what suits an attacker, and see that it takes none of it and goes on working."""
    current = town.registry.published()
    of_before = history[0]
    with stage.refused("a list of before the suspension (rollback)"):
        town.bank.update_trust(of_before)
    with stage.refused("the new list of lists with an older list of issuers (mix and match)"):
        older = of_before.lists[Role.CREDENTIAL_ISSUER]
        town.bank.update_trust(replace(current, lists={**current.lists, Role.CREDENTIAL_ISSUER: older}))
    with stage.refused("revocation lists left out"):
        town.bank.update_trust(replace(current, revocation_lists={}))
    with stage.refused("one sign changed"):
        town.bank.update_trust(replace(current, master=current.master[:-8] + "AAAAAAAA"))
    with stage.refused("half of a document"):
        town.bank.update_trust(PublishedTrust.from_json(current.to_json()[: len(current.to_json()) // 2]))
    with stage.refused("another registry with the same name"):
        other = TrustRegistry.create({"ja": "デモ登録簿", "en": "Demo registry"}, country="JP", clock=town.clock)
        town.bank.update_trust(other.published())
    town.show(stage)
    stage.say("and nothing at all (freeze): a week later the lists end, and nobody is trusted any more")
    town.clock.forward(8 * DAY)
    with stage.refused("what the bank knows from a week ago"):
        town.show(stage)
    town.clock.forward(-8 * DAY)
    with stage.refused("the same with the clock turned back"):
        town.show(stage)
    town.clock.forward(8 * DAY)
    town.update()
    town.issue()
    town.show(stage)


def invent(stage: Stage, town: Town, enrolment: Enrolment) -> None:
    """Let a verifier sign its own registration, in the form of the registrar's."""
    wanted = replace(
        purposes.LOAN_UNDERWRITING,
        grants=(*purposes.LOAN_UNDERWRITING.grants, *grants(ResidenceRecord, "registered_domicile")),
    )
    invented = sign_registration(
        wanted,
        verifier=enrolment.identifier,
        name=enrolment.name,
        issuer=REGISTRY_PARTY,
        signer=enrolment.signer,
        chain=enrolment.chain,
        at=town.clock(),
        expires=town.clock() + QUARTER,
    )
    bank = Verifier(replace(enrolment, registrations={wanted.code: invented}), clock=town.clock)
    question = ask(ResidenceRecord, "registered_domicile")
    with stage.refused("a registration that the registrar has not signed"):
        town.wallet.match(bank.request(question, purpose=wanted.code))
    with stage.refused("the same question with the registrar's registration"):
        town.wallet.match(Verifier(enrolment, clock=town.clock).request(question, purpose=wanted.code))


if __name__ == "__main__":
    main()
