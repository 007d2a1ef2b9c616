# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A wallet made of @openid4vc/openid4vci (npm) collects from our service, over http on this machine.

The other wallet checks our metadata, offers and answers by its own schemas.  What it has collected is then checked
here, as a wallet of ours would that has been handed its keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from tests.support.issuance import Door, Files
from tests.support.issuer_server import served
from tests.support.npm import ask_node
from tests.support.world import DAYS_90, FORMATS, AgeCard, Resident, resident
from vcwallet import CredentialIssuerService, Issuer, Mdoc, Offering, SdJwtVc, SqlLedger, TrustRegistry, WalletProvider
from vcwallet.adapters.local import system_clock
from vcwallet.formats.base import IssuerKey
from vcwallet.issuer.openid4vci import DIGITS, GrantType, IssuedOffer, NotYet, OfferState
from vcwallet.keys import jwk
from vcwallet.keys.software import SoftwareSigner
from vcwallet.sessions import MemorySessions
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient

pytestmark = pytest.mark.interop

HANAKO = "resident 17"
REDIRECT = "https://wallet.example/back"
CLIENT = "https://wallet.example"
JWT, MDOC, SLOW = "resident-1_sd_jwt_vc", "resident-1_mdoc", "age-card-1_sd_jwt_vc"
FORMAT = {JWT: "dc+sd-jwt", MDOC: "mso_mdoc", SLOW: "dc+sd-jwt"}


@dataclass
class City:
    """A city with the clock of this machine, as another program sees it."""

    asked_at: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        registry = TrustRegistry.create("Demo registry")
        self.enrolment = registry.enrol_issuer("Mirai City", code="city", may_issue=[Resident, AgeCard])
        self.maker = WalletProvider(registry.enrol_wallet_provider("Wallet maker"), client_id=CLIENT)
        self.trust = TrustedListClient.start(registry.published(), store=MemoryStore(), at=system_clock())
        self.files = Files({(HANAKO, Resident): resident(), (HANAKO, AgeCard): self.at_the_second_look})
        self.service: CredentialIssuerService | None = None

    def at_the_second_look(self, at: Any) -> Any:
        """A record that takes its time."""
        self.asked_at.append(at)
        return NotYet(interval=timedelta(seconds=1)) if len(self.asked_at) < 2 else AgeCard(age_over_18=True)

    def serve(self, origin: str, **options: Any) -> CredentialIssuerService:
        enrolment = self.enrolment
        self.service = CredentialIssuerService(
            Issuer(enrolment, ledger=SqlLedger.create(None, lists="https://status.example/lists")),
            identifier=origin,
            display={"ja": "未来市", "en": "Mirai City"},
            offered=[
                Offering(type=Resident, format=SdJwtVc, valid_for=DAYS_90),
                Offering(type=Resident, format=Mdoc, valid_for=DAYS_90),
                Offering(type=AgeCard, format=SdJwtVc, valid_for=DAYS_90),
            ],
            records=self.files,
            sessions=MemorySessions(),
            secret=bytes(range(32)),
            login=Door(),
            wallet_providers=self.trust,
            signer=IssuerKey(signer=enrolment.signer, chain=enrolment.chain, identifier=enrolment.identifier),
            **options,
        )
        return self.service

    def offer(self, *ids: str, grant: GrantType = GrantType.PRE_AUTHORIZED_CODE, digits: bool = True) -> IssuedOffer:
        assert self.service is not None
        return self.service.offer(HANAKO, ids, grant=grant, tx_code=DIGITS if digits else None)

    def state(self, offer: IssuedOffer) -> OfferState:
        assert self.service is not None
        return self.service.offer_status(offer.id).state

    def require_good(self, collected: dict[str, Any]) -> None:
        """Check each credential against the registry, and that each is bound to another of the wallet's keys."""
        format = FORMATS[FORMAT[collected["id"]]]()
        bound = set()
        for raw in collected["credentials"]:
            received = format.read_issued(raw).verify(trust=self.trust, at=system_clock())
            bound.add(received.held.holder_key)
        assert bound == {jwk.parse(one) for one in collected["keys"]}
        assert len(collected["credentials"]) == len(collected["keys"])


@pytest.fixture
def city() -> City:
    return City()


@pytest.fixture
def origin(city: City, request: pytest.FixtureRequest) -> Iterator[str]:
    with served(lambda address: city.serve(address, dpop_nonce_required=getattr(request, "param", False))) as address:
        yield address


WITH_AND_WITHOUT_NONCE = pytest.mark.parametrize("origin", [False, True], ids=["no nonce", "DPoP nonce"], indirect=True)


def collect(offer: str, **changed: Any) -> dict[str, Any]:
    request = {
        "offer": offer,
        "grant": "pre-authorized_code",
        "copies": 1,
        "clientId": CLIENT,
        "redirectUri": REDIRECT,
        "login": {"who": HANAKO},
    }
    [answer] = ask_node("collect_credentials.js", [request | changed])
    return dict(answer)


def collected(answer: dict[str, Any]) -> list[dict[str, Any]]:
    assert "error" not in answer, answer
    assert answer["version"] == "V1"
    return list(answer["collected"])


@WITH_AND_WITHOUT_NONCE
@pytest.mark.parametrize("by", ["value", "reference"])
def test_it_collects_both_formats_by_a_code_and_digits(city: City, origin: str, by: str) -> None:
    offer = city.offer(JWT, MDOC)
    link = offer.link if by == "value" else offer.reference_link
    answer = collect(link, txCode=offer.tx_code)
    assert answer.get("tokenType") == "DPoP", answer
    found = collected(answer)
    assert [one["id"] for one in found] == [JWT, MDOC]
    for one in found:
        city.require_good(one)
    assert all(one["notified"] for one in found)
    assert city.state(offer) is OfferState.ACCEPTED


def test_it_collects_batches_with_a_key_for_each_credential(city: City, origin: str) -> None:
    offer = city.offer(JWT, MDOC, digits=False)
    for one in collected(collect(offer.link, copies=10)):
        assert len(one["credentials"]) == 10
        city.require_good(one)


@WITH_AND_WITHOUT_NONCE
def test_it_collects_by_par_pkce_and_the_log_in(city: City, origin: str) -> None:
    offer = city.offer(JWT, MDOC, grant=GrantType.AUTHORIZATION_CODE)
    for one in collected(collect(offer.link, grant="authorization_code", copies=2)):
        city.require_good(one)
    assert city.state(offer) is OfferState.ACCEPTED


def test_it_collects_with_an_attestation_of_its_maker(city: City, origin: str) -> None:
    instance = SoftwareSigner.generate()
    attestation = {
        "jwt": city.maker.attest_client(instance.public_key),
        "pem": instance.to_pem(passphrase=None).decode(),
    }
    offer = city.offer(JWT, grant=GrantType.AUTHORIZATION_CODE)
    [one] = collected(collect(offer.link, grant="authorization_code", attestation=attestation))
    city.require_good(one)


def test_it_comes_back_for_what_takes_its_time(city: City, origin: str) -> None:
    offer = city.offer(SLOW, digits=False)
    [one] = collected(collect(offer.link))
    assert one["waited"] >= 1
    assert not one["notified"]
    city.require_good(one)
    assert city.state(offer) is OfferState.ISSUED


def test_it_can_do_without_dpop(city: City) -> None:
    with served(city.serve):
        offer = city.offer(JWT, digits=False)
        answer = collect(offer.link, bearer=True)
        assert answer.get("tokenType", "").lower() == "bearer", answer
        [one] = collected(answer)
        city.require_good(one)


@pytest.mark.parametrize("bearer", [True, False], ids=["Bearer", "DPoP"])
def test_it_comes_back_with_a_fresh_token(city: City, origin: str, bearer: bool) -> None:
    offer = city.offer(SLOW, digits=False)
    [one] = collected(collect(offer.link, bearer=bearer, refreshes=True))
    assert one["waited"] >= 1
    city.require_good(one)


def test_wrong_digits_are_refused_and_the_right_ones_still_count(city: City, origin: str) -> None:
    offer = city.offer(JWT)
    assert offer.tx_code is not None
    wrong = f"{(int(offer.tx_code) + 1) % 1_000_000:06}"
    assert collect(offer.link, txCode=wrong)["error"] == "invalid_grant"
    [one] = collected(collect(offer.link, txCode=offer.tx_code))
    city.require_good(one)


def test_the_second_wallet_with_one_offer_gets_nothing(city: City, origin: str) -> None:
    offer = city.offer(JWT, digits=False)
    collected(collect(offer.link))
    assert collect(offer.link)["error"] == "invalid_grant"
