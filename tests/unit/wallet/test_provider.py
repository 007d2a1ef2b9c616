# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a wallet provider attests, and that those who trust the registry believe it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.world import World
from vcwallet import WalletProvider as LocalProvider
from vcwallet.errors import UntrustedError, ValidityError, VcError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.jose import jws
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.oauth.client_attestation import make_pop, verify_client_attestation
from vcwallet.protocols.openid4vci.key_attestation import verify_key_attestation
from vcwallet.trust.enrolment import Enrolment
from vcwallet.wallet import WalletProvider

AUDIENCE = "https://issuer.example"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def enrolment(world: World) -> Enrolment:
    made = world.registry.enrol_wallet_provider("Wallet maker", code="maker")
    world.update()
    return made


def no_network(request: HttpRequest) -> HttpResponse:
    raise AssertionError(f"nothing is fetched: {request.url}")


def verified(world: World, attestation: str, signer: SoftwareSigner, client_id: str) -> object:
    at = world.clock()
    pop = make_pop(signer, audience=AUDIENCE, at=at, client_id=client_id)
    return verify_client_attestation(
        attestation, pop, audience=AUDIENCE, client_id=client_id, challenges=None, trust=world.wallet._trust, at=at
    )


def test_a_wallet_is_attested_as_one_of_its_product(world: World, enrolment: Enrolment) -> None:
    provider = WalletProvider(enrolment, clock=world.clock, wallet_name="Mirai Wallet")
    signer = SoftwareSigner.generate()
    attestation = run(provider.attester().attest_client(signer.public_key), no_network)
    assert verified(world, attestation, signer, provider.client_id) is not None
    assert provider.client_id == provider.identifier == enrolment.identifier
    with pytest.raises(VcError):
        verified(world, attestation, SoftwareSigner.generate(), provider.client_id)


def test_two_wallets_of_a_product_are_called_alike(world: World, enrolment: Enrolment) -> None:
    provider = WalletProvider(enrolment, clock=world.clock, client_id="https://wallet.example")
    one, other = (provider.attest_client(SoftwareSigner.generate().public_key) for _ in range(2))
    claims = [jws.payload_object(jws.parse(text).unverified_payload) for text in (one, other)]
    assert {each["sub"] for each in claims} == {"https://wallet.example"}
    assert {name for each in claims for name in each} == {"sub", "iss", "iat", "exp", "cnf"}
    assert [name for name in claims[0] if claims[0][name] != claims[1][name]] == ["cnf"]


def test_keys_are_attested_with_what_is_said_of_them(world: World, enrolment: Enrolment) -> None:
    provider = WalletProvider(
        enrolment,
        clock=world.clock,
        key_storage=("iso_18045_moderate",),
        user_authentication=("iso_18045_basic",),
    )
    keys = [SoftwareSigner.generate().public_key for _ in range(3)]
    text = run(provider.attester().attest_keys(keys, nonce="n"), no_network)
    at = world.clock()
    attestation = verify_key_attestation(text, trust=world.wallet._trust, at=at, required=None)
    assert attestation.keys == tuple(keys)
    assert attestation.nonce == "n"
    assert attestation.key_storage == ("iso_18045_moderate",)
    assert attestation.user_authentication == ("iso_18045_basic",)
    with pytest.raises(ValidityError):
        verify_key_attestation(text, trust=world.wallet._trust, at=at + timedelta(minutes=12), required=None)


def test_somebody_elses_provider_is_not_believed(world: World, enrolment: Enrolment) -> None:
    signer = SoftwareSigner.generate()
    stranger = World().registry.enrol_wallet_provider("Another maker")
    attestation = WalletProvider(stranger, clock=world.clock).attest_client(signer.public_key)
    with pytest.raises(VcError) as caught:
        verified(world, attestation, signer, stranger.identifier)
    assert isinstance(caught.value.__cause__, UntrustedError)


def test_another_role_attests_nothing(world: World, enrolment: Enrolment) -> None:
    for other in (world.city_enrolment, world.bank_enrolment):
        with pytest.raises(ValueError, match="wallet provider"):
            WalletProvider(other, clock=world.clock)
    with pytest.raises(ValueError, match="certificate"):
        WalletProvider(replace(enrolment, signer=SoftwareSigner.generate()), clock=world.clock)


def test_an_attestation_holds_for_some_time(world: World, enrolment: Enrolment) -> None:
    provider, signer = WalletProvider(enrolment, clock=world.clock), SoftwareSigner.generate()
    for valid_for in (timedelta(0), timedelta(seconds=-1)):
        with pytest.raises(ValueError, match="some time"):
            provider.attest_client(signer.public_key, valid_for=valid_for)
        with pytest.raises(ValueError, match="some time"):
            provider.attest_keys([signer.public_key], nonce=None, valid_for=valid_for)
    assert provider.attest_client(signer.public_key, valid_for=timedelta(seconds=1))


def test_a_provider_on_this_machine_has_its_clock(enrolment: Enrolment) -> None:
    provider = LocalProvider(enrolment, wallet_name="Mirai Wallet")
    assert provider.attest_client(SoftwareSigner.generate().public_key)
