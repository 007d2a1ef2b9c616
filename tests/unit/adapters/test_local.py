# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The roles on this machine: what a file keeps, and what happens to it when opening comes to nothing."""

from __future__ import annotations

import os
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.credentials import Scene
from tests.support.trust import Clock
from tests.support.world import SHOPPING, AgeCard, Resident, resident
from vcwallet import (
    AlreadyIssuedError,
    Credential,
    Issuer,
    Mdoc,
    Response,
    SdJwtVc,
    SqlLedger,
    StatusHost,
    StatusSigner,
    TrustRegistry,
    Verifier,
    Wallet,
    ask,
)
from vcwallet.adapters import local
from vcwallet.errors import (
    LocalProtocolError,
    ReplayError,
    StoreError,
    TrustedListError,
    UntrustedError,
    WrongPassphraseError,
)
from vcwallet.flow import HttpRequest
from vcwallet.trust.enrolment import Enrolment
from vcwallet.wallet.session import device_response

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(clock: Clock) -> TrustRegistry:
    return TrustRegistry.create("Demo registry", clock=clock)


@pytest.fixture
def shop(registry: TrustRegistry) -> Enrolment:
    return registry.enrol_verifier("Shop", purposes=[SHOPPING])


def open_files(path: Path) -> int:
    """How many file descriptors of this process are for the file or what SQLite keeps beside it."""
    links = [Path("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
    return sum(str(os.path.realpath(link)).startswith(str(path.resolve())) for link in links)


class TestStatus:
    def test_a_ledger_in_a_file_goes_on_where_it_stopped(self, tmp_path, clock, registry):
        path, lists = tmp_path / "ledger.db", "https://status.example/lists"
        city = registry.enrol_issuer("City", code="city", may_issue=[Resident])
        signer = registry.enrol_status_signer("City", code="city")
        terms: dict[str, Any] = {
            "format": SdJwtVc,
            "holder": None,
            "valid_for": timedelta(days=90),
            "idempotency_key": "17",
        }
        with SqlLedger.create(path, lists=lists, size=64) as ledger:
            Issuer(city, ledger=ledger, clock=clock).issue(resident(), **terms)
            assert len(StatusSigner(signer, ledger=ledger, clock=clock).publish()) == 2
        with SqlLedger.open(path) as ledger:
            issuer = Issuer(city, ledger=ledger, clock=clock)
            with pytest.raises(AlreadyIssuedError):
                issuer.issue(resident(), **terms)
            issuer.revoke("17", reason="moved away", actor="residents desk")
            assert len(StatusSigner(signer, ledger=ledger, clock=clock).publish()) == 1
            response = StatusHost(ledger, clock=clock)(HttpRequest(method="GET", url=f"{lists}/1", max_bytes=10_000))
            assert response.status == 200


class TestMainJob:
    def test_a_wallet_in_a_file_goes_on_where_it_stopped(self, tmp_path, clock, registry, shop):
        path = tmp_path / "hanako.db"
        city = Issuer(registry.enrol_issuer("City", may_issue=[Resident]), clock=clock)
        verifier = Verifier(shop, clock=clock)
        verifier.update_trust(registry.published())
        request = verifier.request(ask(Resident, "over_20"), purpose="shopping")
        with Wallet.create(path, passphrase=PASSPHRASE, trust=registry.published(), clock=clock) as wallet:
            key = wallet.new_holder_key()
            card = wallet.receive(city.issue(resident(), format=SdJwtVc, holder=key, valid_for=timedelta(days=90)))
            consent = wallet.match(request).approve()
        with Wallet.open(path, passphrase=PASSPHRASE, clock=clock, language="ja") as wallet:
            assert list(wallet.cards()) == [card]
            assert wallet.match(request).credentials[0].claims[0].label == "二十歳以上"
            answer = wallet.present(consent).to_json()
        with Wallet.open(path, passphrase=PASSPHRASE, clock=clock) as wallet:
            assert [entry.entry["event"] for entry in wallet.history()] == ["received", "presented"]
            with pytest.raises(LocalProtocolError, match="CONSENT_USED"):
                wallet.present(consent)
        assert verifier.verify(answer, expected=request)[Resident].over_20 is True

    def test_issuers_outside_the_registry_are_named_each_time(self, tmp_path, clock, registry):
        class Everybody:
            def knows(self, source):
                return True

            def key_for(self, source, *, role, type_id, at):
                raise UntrustedError("asked about the issuer")

        path, asked = tmp_path / "wallet.db", {"passphrase": PASSPHRASE, "clock": clock}
        stranger = Credential(format="dc+sd-jwt", raw=Scene().issued)
        refused = pytest.raises(UntrustedError, match="asked about")
        with Wallet.create(path, trust=registry.published(), issuers=[Everybody()], **asked) as wallet, refused:
            wallet.receive(stranger)
        with Wallet.open(path, issuers=[Everybody()], **asked) as wallet, refused:
            wallet.receive(stranger)
        with Wallet.open(path, **asked) as wallet, pytest.raises(UntrustedError, match="no policy knows"):
            wallet.receive(stranger)

    def test_a_wallet_in_a_file_keeps_both_formats(self, tmp_path, clock, registry):
        """Issued, received, reopened, and answered with: over OpenID4VP, and face to face."""
        path = tmp_path / "hanako.db"
        city = Issuer(registry.enrol_issuer("City", may_issue=[Resident, AgeCard]), clock=clock)
        verifier = Verifier(registry.enrol_verifier("Other shop", purposes=[SHOPPING]), clock=clock)
        verifier.update_trust(registry.published())
        with Wallet.create(path, passphrase=PASSPHRASE, trust=registry.published(), clock=clock) as wallet:
            for record, format in ((resident(), SdJwtVc), (AgeCard(age_over_20=True), Mdoc)):
                key = wallet.new_holder_key()
                wallet.receive(city.issue(record, format=format, holder=key, valid_for=timedelta(days=90)))
            before = [(card, wallet.claims(card)) for card in wallet.cards()]
        with Wallet.open(path, passphrase=PASSPHRASE, clock=clock) as wallet:
            assert [(card, wallet.claims(card)) for card in wallet.cards()] == before
            request = verifier.request(ask(Resident, "over_20"), ask(AgeCard, "age_over_20"), purpose="shopping")
            verified = verifier.verify(wallet.present(wallet.match(request).approve()), expected=request)
            formats = {kind: verified.evidence(kind)[0].format for kind in (Resident, AgeCard)}
            assert formats == {Resident: "dc+sd-jwt", AgeCard: "mso_mdoc"}
            phone = wallet.start_session()
            till = verifier.start_session(phone.qr)
            prompt = phone.receive(till.request(ask(AgeCard, "age_over_20"), purpose="shopping"))
            assert till.receive(phone.answer(prompt.approve()))[AgeCard].age_over_20 is True
        with Wallet.open(path, passphrase=PASSPHRASE, clock=clock) as wallet:
            events = [entry.entry["event"] for entry in wallet.history()]
            assert events == ["received", "received", "presented", "presented"]
            for card in wallet.cards():
                wallet.delete(card)
        with Wallet.open(path, passphrase=PASSPHRASE, clock=clock) as wallet:
            assert list(wallet.cards()) == []

    def test_a_verifier_s_file_remembers_what_was_answered_in_a_session(self, tmp_path, clock, registry, shop):
        path = tmp_path / "shop.db"
        city = Issuer(registry.enrol_issuer("City", may_issue=[AgeCard]), clock=clock)
        wallet = Wallet.create(None, passphrase=PASSPHRASE, trust=registry.published(), clock=clock)
        holder = wallet.new_holder_key()
        card = AgeCard(age_over_20=True)
        wallet.receive(city.issue(card, format=Mdoc, holder=holder, valid_for=timedelta(days=90)))
        with Verifier(shop, path=path, clock=clock) as verifier:
            verifier.update_trust(registry.published())
            phone = wallet.start_session()
            till = verifier.start_session(phone.qr)
            consent = phone.receive(till.request(ask(AgeCard, "age_over_20"), purpose="shopping")).approve()
            expected = till._expected
            assert expected is not None
            answer = expected.response(device_response(wallet.present(consent), consent))
            verifier.verify(answer, expected=expected)
        with Verifier(shop, path=path, clock=clock) as verifier:
            with pytest.raises(ReplayError):
                verifier.verify(answer, expected=expected)
            assert len(verifier.receipts()) == 1

    def test_a_verifier_s_file_remembers_answered_requests(self, tmp_path, clock, registry, shop):
        path = tmp_path / "shop.db"
        city = Issuer(registry.enrol_issuer("City", may_issue=[Resident]), clock=clock)
        wallet = Wallet.create(None, passphrase=PASSPHRASE, trust=registry.published(), clock=clock)
        holder = wallet.new_holder_key()
        wallet.receive(city.issue(resident(), format=SdJwtVc, holder=holder, valid_for=timedelta(days=90)))
        with Verifier(shop, path=path, clock=clock) as verifier:
            verifier.update_trust(registry.published())
            request = verifier.request(ask(Resident, "over_20"), purpose="shopping")
            answer: Response = wallet.present(wallet.match(request).approve())
            verifier.verify(answer, expected=request)
        with Verifier(shop, path=path, clock=clock) as verifier:
            with pytest.raises(ReplayError):
                verifier.verify(answer, expected=request)
            assert len(verifier.receipts()) == 1

    def test_a_registry_in_a_file_goes_on_where_it_stopped(self, tmp_path, clock):
        path = tmp_path / "registry.db"
        with TrustRegistry.create(
            {"ja": "台帳", "en": "Registry"}, path=path, passphrase=PASSPHRASE, clock=clock
        ) as one:
            enrolment = one.enrol_verifier("Shop", purposes=[SHOPPING])
            published = one.published()
        with TrustRegistry.open(path, passphrase=PASSPHRASE, clock=clock) as again:
            assert again.published() == published
            assert enrolment.identifier in {service.party for service in again.parties()}


class TestFormats:
    """What a role on this machine reads unless it is put together by hand."""

    def test_wallets_and_verifiers_read_both(self, clock, registry, shop):
        wallet = Wallet.create(None, passphrase=PASSPHRASE, trust=registry.published(), clock=clock)
        for role in (wallet, Verifier(shop, clock=clock)):
            assert list(role._formats) == ["dc+sd-jwt", "mso_mdoc"]
        assert [one.format for one in local.FORMATS] == ["dc+sd-jwt", "mso_mdoc"]

    def test_a_verifier_asks_for_either(self, clock, shop):
        request = Verifier(shop, clock=clock).request(ask(Resident, "over_20"), purpose="shopping")
        assert [one.format for one in request.query.requested] == ["dc+sd-jwt", "mso_mdoc"]
        assert [each.options for each in request.query.sets] == [(("resident",), ("resident-mso_mdoc",))]


class TestOpening:
    def test_a_wrong_passphrase_does_not_open(self, tmp_path, clock, registry):
        path = tmp_path / "wallet.db"
        Wallet.create(path, passphrase=PASSPHRASE, trust=registry.published(), clock=clock).close()
        with pytest.raises(WrongPassphraseError):
            Wallet.open(path, passphrase="incorrect horse", clock=clock)
        assert open_files(path) == 0

    def test_a_file_that_is_there_is_not_written_over(self, tmp_path, clock, registry):
        path = tmp_path / "wallet.db"
        Wallet.create(path, passphrase=PASSPHRASE, trust=registry.published(), clock=clock).close()
        with pytest.raises(StoreError, match="STORE_EXISTS"):
            Wallet.create(path, passphrase=PASSPHRASE, trust=registry.published(), clock=clock)
        Wallet.open(path, passphrase=PASSPHRASE, clock=clock).close()

    def test_a_file_that_is_not_there_is_not_made(self, tmp_path, clock):
        for kind in (Wallet, TrustRegistry):
            with pytest.raises(StoreError, match="STORE_MISSING"):
                kind.open(tmp_path / "none.db", passphrase=PASSPHRASE, clock=clock)
        assert list(tmp_path.iterdir()) == []

    def test_a_list_past_its_end_makes_no_wallet_and_no_file(self, tmp_path, clock, registry):
        published = registry.published()
        clock.pass_by(days=30)
        with pytest.raises(TrustedListError):
            Wallet.create(tmp_path / "wallet.db", passphrase=PASSPHRASE, trust=published, clock=clock)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(("name", "country"), [("", "ZZ"), ("Demo registry", "ZZZ")])
    def test_a_registry_without_a_name_or_country_makes_no_file(self, tmp_path, clock, name, country):
        path = tmp_path / "registry.db"
        with pytest.raises(ValueError, match=r"name is a text|length"):
            TrustRegistry.create(name, country=country, path=path, passphrase=PASSPHRASE, clock=clock)
        assert not list(tmp_path.iterdir())
        TrustRegistry.create("Demo registry", path=path, passphrase=PASSPHRASE, clock=clock).close()

    def test_one_role_s_file_is_not_another_s(self, tmp_path, clock, registry):
        wallet, book = tmp_path / "wallet.db", tmp_path / "registry.db"
        Wallet.create(wallet, passphrase=PASSPHRASE, trust=registry.published(), clock=clock).close()
        TrustRegistry.create("Other", path=book, passphrase=PASSPHRASE, clock=clock).close()
        for kind, path in ((Wallet, book), (TrustRegistry, wallet)):
            with pytest.raises(LocalProtocolError):
                kind.open(path, passphrase=PASSPHRASE, clock=clock)
            assert open_files(path) == 0

    def test_a_verifier_does_not_write_into_a_wallet(self, tmp_path, clock, registry, shop):
        path = tmp_path / "wallet.db"
        Wallet.create(path, passphrase=PASSPHRASE, trust=registry.published(), clock=clock).close()
        with pytest.raises(StoreError, match="STORE_SEALED"):
            Verifier(shop, path=path, clock=clock)

    def test_a_verifier_that_is_none_leaves_no_file_open(self, tmp_path, clock, registry):
        city = registry.enrol_issuer("City", may_issue=[Resident])
        path = tmp_path / "verifier.db"
        with pytest.raises(ValueError, match="not that of a verifier"):
            Verifier(city, path=path, clock=clock)
        assert open_files(path) == 0

    def test_a_registry_in_a_file_has_a_passphrase(self, tmp_path):
        for passphrase in (None, ""):
            with pytest.raises(ValueError, match="passphrase"):
                TrustRegistry.create("Demo", path=tmp_path / "registry.db", passphrase=passphrase)
        assert list(tmp_path.iterdir()) == []

    def test_closing_closes_the_file(self, tmp_path, clock, registry, shop):
        path = tmp_path / "wallet.db"
        with Wallet.create(path, passphrase=PASSPHRASE, trust=registry.published(), clock=clock) as wallet:
            assert list(wallet.cards()) == []
            assert open_files(path) > 0
        assert open_files(path) == 0


def test_the_system_s_clock_tells_universal_time():
    assert local.system_clock().tzinfo is UTC


def test_a_role_has_the_system_s_clock_unless_told_otherwise():
    with TrustRegistry.create("Demo registry") as registry:
        city = Issuer(registry.enrol_issuer("City", may_issue=[Resident]))
        with Wallet.create(None, passphrase=PASSPHRASE, trust=registry.published()) as wallet:
            credential = city.issue(
                resident(), format=SdJwtVc, holder=wallet.new_holder_key(), valid_for=timedelta(hours=1)
            )
            before = local.system_clock()
            assert before <= wallet.receive(credential).received_at <= local.system_clock()
