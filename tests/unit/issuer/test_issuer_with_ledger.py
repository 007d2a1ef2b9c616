# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""An issuer with a ledger: each credential has its place in a status list, and one act makes one issue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.support.ledger import LISTS
from tests.support.pki import NOW
from tests.support.world import DAYS_90, FORMATS, MDOC, Resident, World, income, payload_of, resident
from vcwallet.adapters.store import SqlLedger
from vcwallet.credential_type import view
from vcwallet.errors import KeyLockedError, LocalProtocolError, NotAuthorisedError, StoreFullError
from vcwallet.formats.base import Credential
from vcwallet.formats.mdoc.held import HeldMdoc
from vcwallet.formats.sd_jwt_vc import HeldSdJwtVc
from vcwallet.issuer import AlreadyIssuedError, Issuer, Pseudonym, Status
from vcwallet.keys.public import PublicKey
from vcwallet.keys.software import SoftwareSigner

WHY = {"reason": "moved away", "actor": "residents desk"}
HANAKO = Pseudonym(bytes(range(32)))


class LockedSigner:
    """A key that stops signing after some signatures."""

    def __init__(self, signer: Any, signatures: int) -> None:
        self.signer, self.left = signer, signatures

    @property
    def public_key(self) -> PublicKey:
        return self.signer.public_key

    def sign(self, data: bytes, /) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise KeyLockedError("locked")
        return self.signer.sign(data)


@pytest.fixture
def ledger() -> Iterator[SqlLedger]:
    with SqlLedger.create(None, lists=LISTS, size=64) as made:
        yield made


@pytest.fixture(params=FORMATS)
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


@pytest.fixture
def city(world: World, ledger: SqlLedger) -> Issuer:
    return world.issuer(world.city_enrolment, ledger=ledger)


def arguments(world: World, **changed: Any) -> dict[str, Any]:
    return {"format": FORMATS[world.format], "valid_for": DAYS_90, **changed}


def issue(world: World, city: Issuer, key: str | None = "a-1", **changed: Any) -> Credential:
    holder = changed.pop("holder", SoftwareSigner.generate())
    return city.issue(resident(), holder=holder, idempotency_key=key, **arguments(world, **changed))


def holders(number: int) -> list[SoftwareSigner]:
    return [SoftwareSigner.generate() for _ in range(number)]


def status_of(credential: Credential) -> Any:
    if credential.format == MDOC:
        return HeldMdoc.from_store(credential.raw).mso.status
    return payload_of(credential.raw).get("status")


def holder_of(credential: Credential) -> PublicKey | None:
    held = HeldMdoc if credential.format == MDOC else HeldSdJwtVc
    return held.from_store(credential.raw).holder_key


def place_of(credential: Credential) -> tuple[str, int]:
    reference = status_of(credential)["status_list"]
    return reference["uri"], reference["idx"]


class TestIssuing:
    def test_a_credential_names_its_place_in_a_status_list(self, world, city, ledger):
        credential = issue(world, city)
        [entry] = ledger.issued("a-1")
        assert status_of(credential) == {"status_list": {"idx": entry.index, "uri": entry.uri}}
        assert (entry.format, entry.type_id) == (world.format, view(Resident, world.format).type_id)
        assert (entry.issued_at, entry.status) == (NOW.replace(microsecond=0), Status.VALID)
        assert entry.expires >= NOW + DAYS_90

    def test_without_a_ledger_it_names_none(self, world):
        assert status_of(issue(world, world.city, key=None)) is None

    def test_the_same_act_again_makes_no_second_credential(self, world, city, ledger):
        issue(world, city)
        with pytest.raises(AlreadyIssuedError) as caught:
            issue(world, city)
        assert caught.value.issuances == ledger.issued("a-1")

    def test_without_a_key_each_call_is_an_act_and_its_entry_is_found_by_its_place(self, world, city, ledger):
        first, second = issue(world, city, key=None), issue(world, city, key=None)
        entries = [ledger.entry_at(*place_of(one)) for one in (first, second)]
        assert len({entry.idempotency_key for entry in entries}) == 2
        city.revoke(entries[0].idempotency_key, **WHY)
        assert [ledger.entry(entry.id).status for entry in entries] == [Status.INVALID, Status.VALID]

    def test_a_signature_that_fails_leaves_no_entry(self, world, city, ledger):
        city._keys = {role: _locked(key, signatures=0) for role, key in city._keys.items()}
        with pytest.raises(KeyLockedError):
            issue(world, city)
        assert ledger.issued("a-1") == ()

    def test_what_may_not_be_issued_leaves_no_entry(self, world, ledger):
        city = world.issuer(world.city_enrolment, ledger=ledger)
        with pytest.raises(NotAuthorisedError):
            city.issue(income(), holder=SoftwareSigner.generate(), idempotency_key="a-1", **arguments(world))
        with pytest.raises(ValueError, match="valid for some time"):
            issue(world, city, valid_for=timedelta(0))
        assert ledger.issued("a-1") == ()

    def test_a_ledger_that_fails_lets_no_credential_out(self, world, city, ledger, monkeypatch):
        def full(*arguments: Any) -> Any:
            raise StoreFullError("full")

        monkeypatch.setattr(SqlLedger, "issuing", full)
        with pytest.raises(StoreFullError):
            issue(world, city)

    def test_a_ledger_knows_nothing_of_claims_and_holders(self, world, city, ledger, tmp_path):
        with SqlLedger.create(tmp_path / "ledger.db", lists=LISTS, size=64) as kept:
            issue(world, world.issuer(world.city_enrolment, ledger=kept))
        content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert b"a-1" in content
        assert not any(word.encode() in content for word in ("花子", "1990-01-02", "Atlantis", "NUMBER-"))


class TestBatch:
    def test_each_key_has_a_credential_with_a_place_of_its_own(self, world, city, ledger):
        keys = holders(5)
        batch = city.issue_batch(resident(), holders=keys, idempotency_key="b-1", **arguments(world))
        assert [holder_of(one) for one in batch] == [key.public_key for key in keys]
        entries = ledger.issued("b-1")
        assert [place_of(one) for one in batch] == [(entry.uri, entry.index) for entry in entries]
        indexes = sorted(entry.index for entry in entries)
        assert all(after - before > 1 for before, after in pairwise(indexes))

    def test_there_may_be_fifty(self, world, city, ledger):
        batch = city.issue_batch(resident(), holders=holders(50), idempotency_key="b-1", **arguments(world))
        assert len({place_of(one) for one in batch}) == 50

    @pytest.mark.parametrize("number", [0, 51])
    def test_but_not_none_and_not_more(self, world, city, number):
        keys = [SoftwareSigner.generate()] * number
        with pytest.raises(ValueError, match="1 to 50"):
            city.issue_batch(resident(), holders=keys, **arguments(world))

    def test_one_key_has_one_credential_of_a_batch(self, world, city, ledger):
        key, other = holders(2)
        for twice in ([key, other, key], [key, key.public_key]):
            with pytest.raises(ValueError, match="key of its own"):
                city.issue_batch(resident(), holders=twice, idempotency_key="b-1", **arguments(world))
        assert ledger.issued("b-1") == ()

    def test_it_comes_whole_or_not_at_all(self, world, city, ledger):
        city._keys = {role: _locked(key, signatures=2) for role, key in city._keys.items()}
        with pytest.raises(KeyLockedError):
            city.issue_batch(resident(), holders=holders(3), idempotency_key="b-1", **arguments(world))
        assert ledger.issued("b-1") == ()

    def test_without_a_ledger_there_are_batches_too(self, world):
        batch = world.city.issue_batch(resident(), holders=holders(2), **arguments(world))
        assert [status_of(one) for one in batch] == [None, None]


class TestReissuing:
    def test_the_new_credential_is_valid_and_the_old_one_is_not(self, world, city, ledger):
        old = issue(world, city)
        new = city.reissue(
            resident(), holder=SoftwareSigner.generate(), idempotency_key="a-1", **WHY, **arguments(world)
        )
        assert ledger.entry_at(*place_of(old)).status is Status.INVALID
        assert ledger.issued("a-1") == (ledger.entry_at(*place_of(new)),)
        assert ledger.changes("a-1")[0].decision.reason == WHY["reason"]

    def test_a_batch_replaces_what_there_was(self, world, city, ledger):
        old = issue(world, city)
        new = city.reissue_batch(resident(), holders=holders(3), idempotency_key="a-1", **WHY, **arguments(world))
        assert ledger.entry_at(*place_of(old)).status is Status.INVALID
        assert [place_of(one) for one in new] == [(entry.uri, entry.index) for entry in ledger.issued("a-1")]

    def test_a_batch_is_for_different_keys_here_too(self, world, city):
        issue(world, city)
        with pytest.raises(ValueError, match="key of its own"):
            city.reissue_batch(resident(), holders=holders(1) * 2, idempotency_key="a-1", **WHY, **arguments(world))

    def test_what_was_never_issued_is_not_issued_anew(self, world, city):
        with pytest.raises(LocalProtocolError) as caught:
            city.reissue(
                resident(), holder=None, idempotency_key="a-1", **WHY, **arguments(world, format=FORMATS["dc+sd-jwt"])
            )
        assert caught.value.code == "NOT_ISSUED"

    @pytest.mark.parametrize("step", ["suspend", "revoke"])
    def test_what_was_taken_back_is_not_given_again_under_its_key(self, world, city, ledger, step):
        old = issue(world, city)
        [entry] = getattr(city, step)("a-1", **WHY)
        with pytest.raises(LocalProtocolError) as caught:
            city.reissue(resident(), holder=holders(1)[0], idempotency_key="a-1", **WHY, **arguments(world))
        assert caught.value.code == "NOT_VALID"
        assert ledger.issued("a-1") == (entry,) == (ledger.entry_at(*place_of(old)),)

    def test_a_signature_that_fails_leaves_the_old_one_valid(self, world, city, ledger):
        old = issue(world, city)
        city._keys = {role: _locked(key, signatures=0) for role, key in city._keys.items()}
        with pytest.raises(KeyLockedError):
            city.reissue(resident(), holder=holders(1)[0], idempotency_key="a-1", **WHY, **arguments(world))
        assert ledger.entry_at(*place_of(old)).status is Status.VALID


class TestStatus:
    def test_it_is_suspended_reinstated_and_revoked_with_reason_and_actor(self, world, city, ledger):
        issue(world, city)
        steps = [(city.suspend, Status.SUSPENDED), (city.reinstate, Status.VALID), (city.revoke, Status.INVALID)]
        for step, status in steps:
            world.clock.pass_by(hours=1)
            assert [entry.status for entry in step("a-1", reason=step.__name__, actor="desk")] == [status]
        changes = ledger.changes("a-1")
        assert [(one.old, one.new, one.decision.reason) for one in changes] == [
            (0, 2, "suspend"),
            (2, 0, "reinstate"),
            (0, 1, "revoke"),
        ]
        assert {one.decision.actor for one in changes} == {"desk"}
        assert changes[-1].decision.at == world.clock().replace(microsecond=0)

    def test_a_revoked_one_is_not_reinstated(self, world, city):
        issue(world, city)
        city.revoke("a-1", **WHY)
        city.revoke("a-1", **WHY)
        for step in (city.reinstate, city.suspend):
            with pytest.raises(LocalProtocolError) as caught:
                step("a-1", **WHY)
            assert caught.value.code == "STATUS_FINAL"

    def test_without_a_ledger_there_is_no_status_and_no_key(self, world):
        for step in (world.city.revoke, world.city.suspend, world.city.reinstate):
            with pytest.raises(LocalProtocolError) as caught:
                step("a-1", **WHY)
            assert caught.value.code == "NO_LEDGER"
        for taken in ({"key": "a-1"}, {"key": None, "subject": HANAKO}):
            with pytest.raises(LocalProtocolError) as caught:
                issue(world, world.city, **taken)
            assert caught.value.code == "NO_LEDGER"
        for step in (world.city.revoke_all, world.city.suspend_all, world.city.reinstate_all):
            with pytest.raises(LocalProtocolError) as caught:
                step(HANAKO, **WHY)
            assert caught.value.code == "NO_LEDGER"
        with pytest.raises(LocalProtocolError, match="NO_LEDGER"):
            world.city.issued_to(HANAKO)

    def test_all_of_one_person_changes_together(self, world, city):
        issue(world, city, key="a-1", subject=HANAKO)
        issue(world, city, key="a-2", subject=HANAKO)
        issue(world, city, key="b-1", subject=Pseudonym(bytes(32)))
        issue(world, city, key="c-1")
        for step, status in (("suspend_all", 2), ("reinstate_all", 0), ("revoke_all", 1)):
            changed = getattr(city, step)(HANAKO, **WHY)
            assert [(entry.idempotency_key, entry.status) for entry in changed] == [("a-1", status), ("a-2", status)]
            assert city.issued_to(HANAKO) == changed
        with pytest.raises(LocalProtocolError, match="NOT_ISSUED"):
            city.revoke_all(Pseudonym(b"nobody's pseudonym".ljust(32)), **WHY)
        assert [entry.status for entry in city.issued_to(Pseudonym(bytes(32)))] == [0]

    def test_a_change_has_a_reason_and_an_actor(self, world, city):
        issue(world, city)
        for wrong in ({"reason": "", "actor": "desk"}, {"reason": "moved", "actor": ""}):
            with pytest.raises(ValueError, match="printable"):
                city.revoke("a-1", **wrong)


def _locked(key: Any, *, signatures: int) -> Any:
    return replace(key, signer=LockedSigner(key.signer, signatures))
