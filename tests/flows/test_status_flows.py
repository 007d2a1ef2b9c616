# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""From a suspension to the counter: the roles on one machine, with a status host that answers from memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.status import EVERY_LIST, HOUR, Host, token
from tests.support.trust import Clock
from tests.support.world import credential_of
from vcwallet import Mdoc, SdJwtVc, Verifier, ask, grants
from vcwallet.adapters.local import FORMATS
from vcwallet.errors import StatusError
from vcwallet.japan import NurseLicence
from vcwallet.registry import TrustRegistry
from vcwallet.status.outcome import DISASTER, STANDARD, StatusState
from vcwallet.status.token_status_list import status_claim
from vcwallet.storage import MemoryStore
from vcwallet.trust.client import TrustedListClient
from vcwallet.trust.registration import IntendedUse
from vcwallet.wallet import Wallet

URI = "https://ministry.example/status/17"
PLACE = 4711
NURSE = NurseLicence.model_validate(
    {
        "full_name": "山田　花子",
        "birth_date": "1990-01-02",
        "registration_number": "第88888号",
        "qualification_status": "active",
    }
)
WORK = IntendedUse(
    code="employment",
    text={"ja": "採用のため", "en": "To employ a nurse"},
    grants=grants(NurseLicence, "full_name", "registration_number"),
    retention_days=30,
)


class Ward:
    """A ministry that licenses nurses, a hospital that employs one, and her wallet."""

    def __init__(self, format: Callable[[], Any], folder: Path) -> None:
        self.clock = Clock()
        self.format = format()
        self.folder = folder
        self.host = Host()
        self.registry = TrustRegistry.found("Registry", store=MemoryStore(), clock=self.clock)
        self.ministry = self.registry.enrol_issuer("Ministry", code="mhlw", may_issue=[NurseLicence])
        self.host.signer = self.registry.enrol_status_signer("Ministry", code="mhlw", supply_points=[EVERY_LIST])
        self.enrolment = self.registry.enrol_verifier("Hospital", purposes=[WORK])
        self.hospital = self.verifier("hospital.db", http=self.host)
        store = MemoryStore()
        trust = TrustedListClient.start(self.registry.published(), store=store, at=self.clock())
        self.wallet = Wallet(store=store, trust=trust, formats=FORMATS, clock=self.clock)
        self.clock.pass_by(minutes=1)
        self.publish(0)
        self.card = self.wallet.receive(
            credential_of(
                self.ministry,
                NURSE,
                at=self.clock(),
                holder=self.wallet.new_holder_key(),
                format=self.format,
                status=status_claim(URI, PLACE),
            )
        )

    def verifier(self, name: str, **options: Any) -> Verifier:
        return Verifier(self.enrolment, path=self.folder / name, clock=self.clock, **options)

    def publish(self, status: int) -> None:
        """Publish the list anew, with the nurse's licence at this status."""
        now = self.clock()
        self.host.lists[URI] = token(
            {PLACE: status}, uri=URI, size=100_000, issued_at=now, expires=now + 120 * HOUR, ttl=HOUR
        )

    def at_the_counter(self, verifier: Verifier) -> StatusState:
        """Show the licence; return its status, or raise."""
        request = verifier.request(ask(NurseLicence, "full_name"), purpose="employment")
        prompt = self.wallet.match(request)
        verified = verifier.verify(self.wallet.present(prompt.approve()), expected=request)
        assert verified[NurseLicence].full_name == NURSE.full_name
        return verified.evidence(NurseLicence)[0].status_result.state

    def close(self) -> None:
        self.hospital.close()


@pytest.fixture(params=[SdJwtVc, Mdoc])
def ward(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ward]:
    made = Ward(request.param, tmp_path)
    yield made
    made.close()


def code_of(step: Callable[[], Any]) -> str:
    with pytest.raises(StatusError) as caught:
        step()
    return caught.value.code


def test_a_nurse_is_refused_while_suspended_and_accepted_after(ward):
    assert ward.at_the_counter(ward.hospital) is StatusState.VALID
    for status, state, code in ((2, StatusState.SUSPENDED, "STATUS_SUSPENDED"), (0, StatusState.VALID, "")):
        ward.clock.pass_by(hours=1)
        ward.publish(status)
        assert ward.wallet.check_status(ward.card, http=ward.host).state is state
        if code:
            assert code_of(lambda: ward.at_the_counter(ward.hospital)) == code
        else:
            assert ward.at_the_counter(ward.hospital) is state
    ward.clock.pass_by(hours=1)
    ward.publish(1)
    assert code_of(lambda: ward.at_the_counter(ward.hospital)) == "STATUS_REVOKED"


def test_a_disaster_without_a_network(ward):
    """Prepared at headquarters, carried to the shelter: nothing is fetched there, and the age of it all is known."""
    ward.hospital.prepare_offline()
    bundle = ward.folder / "bundle.json"
    bundle.write_bytes(ward.hospital.export_bundle())
    ward.host.requests.clear()
    ward.clock.pass_by(hours=30)
    with ward.verifier("shelter.db", status=DISASTER) as shelter:
        assert code_of(lambda: ward.at_the_counter(shelter)) == "STATUS_UNKNOWN"
        shelter.import_bundle(bundle.read_bytes())
        assert ward.at_the_counter(shelter) is StatusState.VALID
        ward.clock.pass_by(hours=43, minutes=-1)
        assert ward.at_the_counter(shelter) is StatusState.VALID
        ward.clock.pass_by(minutes=1)
        assert code_of(lambda: ward.at_the_counter(shelter)) == "STATUS_STALE"
    assert ward.host.requests == []


def test_lists_outlast_a_restart_of_the_verifier(ward):
    assert ward.at_the_counter(ward.hospital) is StatusState.VALID
    ward.host.requests.clear()
    ward.clock.pass_by(minutes=59)
    with ward.verifier("hospital.db", status=STANDARD) as again:
        assert ward.at_the_counter(again) is StatusState.VALID
    assert ward.host.requests == []


@pytest.mark.parametrize("ward", [Mdoc], indirect=True)
def test_the_counter_in_a_session_of_two_devices(ward):
    for status, code in ((0, ""), (2, "STATUS_SUSPENDED")):
        ward.publish(status)
        phone = ward.wallet.start_session()
        till = ward.hospital.start_session(phone.qr)
        prompt = phone.receive(till.request(ask(NurseLicence, "full_name"), purpose="employment"))
        answer = phone.answer(prompt.approve())
        if code:
            assert code_of(lambda: till.receive(answer)) == code  # noqa: B023 - called at once
        else:
            assert till.receive(answer)[NurseLicence].full_name == NURSE.full_name
        ward.clock.pass_by(hours=1)
