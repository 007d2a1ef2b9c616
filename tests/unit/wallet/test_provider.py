# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a wallet provider attests, and that those who trust the registry believe it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.support.world import World
from vcwallet import WalletProvider as LocalProvider
from vcwallet.adapters.store import SqlLedger
from vcwallet.errors import LocalProtocolError, NotAuthorisedError, UntrustedError, ValidityError, VcError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.jose import jws
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.oauth.client_attestation import make_pop, verify_attestation, verify_client_attestation
from vcwallet.protocols.openid4vci.key_attestation import verify_key_attestation
from vcwallet.status.ledger import NewIssue, Status
from vcwallet.status.token_status_list import StatusReference
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


# --- with a ledger ---

LISTS = "https://maker.example/lists"
WHY = {"reason": "stolen", "actor": "help desk"}


@pytest.fixture
def ledger() -> SqlLedger:
    return SqlLedger.create(None, lists=LISTS, size=1 << 10)


@pytest.fixture
def provider(world: World, enrolment: Enrolment, ledger: SqlLedger) -> WalletProvider:
    return WalletProvider(enrolment, clock=world.clock, ledger=ledger, secret=bytes(32))


def statuses(ledger: SqlLedger) -> dict[int, int]:
    with ledger._database.read() as connection:
        rows = connection.execute(text("SELECT value, count(*) FROM vcwallet_issuance GROUP BY value"))
        return {int(value): int(count) for value, count in rows}


def test_each_attestation_names_a_place_of_its_own(world: World, provider: WalletProvider, ledger: SqlLedger) -> None:
    key, at = SoftwareSigner.generate().public_key, world.clock()
    attester = provider.attester(instance="phone 1")
    client = verify_attestation(run(attester.attest_client(key), no_network), trust=world.wallet._trust, at=at)
    attestation = run(attester.attest_keys([key], nonce="n"), no_network)
    keys = verify_key_attestation(attestation, trust=world.wallet._trust, at=at, required=None)
    references = [StatusReference.from_claim(one.status or {}) for one in (client, keys)]
    entries = [ledger.entry_at(one.uri, one.index) for one in references if one is not None]
    assert [entry.type_id for entry in entries if entry] == ["oauth-client-attestation+jwt", "key-attestation+jwt"]
    assert [entry.expires for entry in entries if entry] == [client.expires, keys.expires]
    assert len({entry.idempotency_key for entry in entries if entry}) == 2
    assert "phone 1" not in str(entries)
    assert b"phone 1" not in run(attester.attest_client(key), no_network).encode()


def test_an_instance_is_revoked_and_attested_no_more(provider: WalletProvider, ledger: SqlLedger) -> None:
    key = SoftwareSigner.generate().public_key
    for _ in range(2):
        provider.attest_client(key, instance="phone 1")
    provider.attest_keys([key], nonce=None, instance="phone 1")
    provider.attest_client(key, instance="phone 2")
    for _ in range(2):
        assert len(provider.revoke("phone 1", **WHY)) == 3
    assert statuses(ledger) == {0: 1, 1: 3}
    for attest in (
        lambda: provider.attest_client(key, instance="phone 1"),
        lambda: provider.attest_keys([key], nonce=None, instance="phone 1"),
    ):
        with pytest.raises(NotAuthorisedError, match="INSTANCE_REVOKED"):
            attest()
    assert statuses(ledger) == {0: 1, 1: 3}
    provider.attest_client(key, instance="phone 2")


def test_a_suspended_instance_is_attested_again_when_it_is_reinstated(provider: WalletProvider) -> None:
    key = SoftwareSigner.generate().public_key
    provider.attest_client(key, instance="phone 1")
    provider.suspend("phone 1", **WHY)
    with pytest.raises(NotAuthorisedError, match="INSTANCE_REVOKED"):
        provider.attest_client(key, instance="phone 1")
    [entry] = provider.reinstate("phone 1", **WHY)
    assert entry.status is Status.VALID
    provider.attest_client(key, instance="phone 1")


@pytest.mark.parametrize(("take_back", "after"), [("revoke", {1: 2}), ("suspend", {2: 1, 0: 1})])
def test_what_is_attested_while_it_is_taken_back_is_never_given(
    provider: WalletProvider,
    ledger: SqlLedger,
    monkeypatch: pytest.MonkeyPatch,
    take_back: str,
    after: dict[int, int],
) -> None:
    key, real = SoftwareSigner.generate().public_key, ledger.issuing
    provider.attest_client(key, instance="phone 1")

    def overtaken(new: NewIssue) -> Any:
        getattr(provider, take_back)("phone 1", **WHY)
        return real(new)

    monkeypatch.setattr(SqlLedger, "issuing", lambda self, new: overtaken(new))
    with pytest.raises(NotAuthorisedError, match="INSTANCE_REVOKED"):
        provider.attest_client(key, instance="phone 1")
    assert statuses(ledger) == after


def test_an_instance_that_was_suspended_while_it_was_attested_can_be_reinstated(
    provider: WalletProvider, ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, real = SoftwareSigner.generate().public_key, ledger.issuing
    provider.attest_client(key, instance="phone 1")

    def overtaken(new: NewIssue) -> Any:
        provider.suspend("phone 1", **WHY)
        return real(new)

    with monkeypatch.context() as patch:
        patch.setattr(SqlLedger, "issuing", lambda self, new: overtaken(new))
        with pytest.raises(NotAuthorisedError, match="INSTANCE_REVOKED"):
            provider.attest_client(key, instance="phone 1")
    provider.reinstate("phone 1", **WHY)
    assert provider.attest_client(key, instance="phone 1")


def test_who_was_never_attested_cannot_be_revoked(provider: WalletProvider) -> None:
    for take_back in (provider.revoke, provider.suspend, provider.reinstate):
        with pytest.raises(LocalProtocolError, match="NOT_ISSUED"):
            take_back("phone 1", **WHY)


def test_with_a_ledger_everything_is_entered_and_without_one_nothing(
    world: World, enrolment: Enrolment, provider: WalletProvider, ledger: SqlLedger
) -> None:
    key = SoftwareSigner.generate().public_key
    with pytest.raises(ValueError, match="instance"):
        provider.attest_client(key)
    with pytest.raises(ValueError, match="instance"):
        provider.attest_keys([key], nonce=None)
    assert statuses(ledger) == {}
    without = WalletProvider(enrolment, clock=world.clock)
    attestation = verify_attestation(without.attest_client(key), trust=world.wallet._trust, at=world.clock())
    assert attestation.status is None
    for attest in (lambda: without.attest_client(key, instance="phone 1"), lambda: without.revoke("phone 1", **WHY)):
        with pytest.raises(LocalProtocolError, match="NO_LEDGER"):
            attest()


def test_a_ledger_and_a_secret_go_together(world: World, enrolment: Enrolment, ledger: SqlLedger) -> None:
    options: list[dict[str, Any]] = [
        {"ledger": ledger},
        {"secret": bytes(32)},
        {"ledger": ledger, "secret": bytes(31)},
    ]
    for given in options:
        with pytest.raises(ValueError, match="secret"):
            WalletProvider(enrolment, clock=world.clock, **given)
    local = LocalProvider(enrolment, ledger=ledger, secret=bytes(32))
    local.attest_client(SoftwareSigner.generate().public_key, instance="phone 1")
    assert statuses(ledger) == {0: 1}


def test_an_attestation_that_is_none_is_not_entered(provider: WalletProvider, ledger: SqlLedger) -> None:
    with pytest.raises(ValueError, match="keys"):
        provider.attest_keys([], nonce=None, instance="phone 1")
    assert statuses(ledger) == {}
