# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""One success for each request, whoever asks for it, and a record of each receipt (OpenID4VP 1.0, section 14.1)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.world import CANARIES, IN_BOTH_FORMATS, MDOC, Income, Resident, World, format_of, resident
from vcwallet.adapters.store import SqlStore
from vcwallet.errors import LocalProtocolError, ReplayError, TrustedListError
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.openid4vp import Request, Response
from vcwallet.storage import MemoryStore
from vcwallet.verifier import Verifier, ask

WORKERS = 16


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    made = World(format_of(request))
    made.hold()
    return made


@pytest.fixture
def file(tmp_path: Path) -> Iterator[tuple[SqlStore, SqlStore]]:
    """Two connections to one file, as two processes have them."""
    path = tmp_path / "verifier.db"
    with SqlStore.open_unsealed(path) as one, SqlStore.open_unsealed(path) as other:
        yield one, other


def verify_at_once(verifiers: list[Verifier], response: Response, request: Request) -> list[bool]:
    """Let each verifier verify at the same moment, and return which of them succeeded."""
    barrier = threading.Barrier(len(verifiers))

    def attempt(verifier: Verifier) -> bool:
        barrier.wait()
        try:
            verifier.verify(response, expected=request)
        except ReplayError:
            return False
        return True

    with ThreadPoolExecutor(len(verifiers)) as pool:
        return list(pool.map(attempt, verifiers))


class TestOnce:
    @IN_BOTH_FORMATS
    def test_an_answer_counts_once(self, world):
        request = world.ask("full_name")
        response = world.answer(request)
        world.bank.verify(response, expected=request)
        with pytest.raises(ReplayError):
            world.bank.verify(response, expected=request)
        assert len(world.bank.receipts()) == 1

    @IN_BOTH_FORMATS
    def test_another_answer_to_the_same_request_does_not_count_either(self, world):
        request = world.ask("full_name")
        first, second = world.answer(request), world.answer(request)
        world.bank.verify(first, expected=request)
        with pytest.raises(ReplayError):
            world.bank.verify(second, expected=request)

    @IN_BOTH_FORMATS
    def test_another_request_for_the_same_is_answered(self, world):
        for number in range(1, 4):
            request = world.ask("full_name")
            world.bank.verify(world.answer(request), expected=request)
            assert len(world.bank.receipts()) == number

    def test_a_verifier_object_made_later_remembers(self, world):
        request = world.ask("full_name")
        response = world.answer(request)
        world.bank.verify(response, expected=request)
        later = world.verifier(world.bank_enrolment, store=world.bank_store)
        with pytest.raises(ReplayError):
            later.verify(response, expected=request)

    @IN_BOTH_FORMATS
    def test_sixteen_threads_get_one_success(self, world):
        request = world.ask("full_name")
        response = world.answer(request)
        outcomes = verify_at_once([world.bank] * WORKERS, response, request)
        assert outcomes.count(True) == 1
        assert len(world.bank.receipts()) == 1

    def test_two_verifiers_on_one_file_get_one_success_between_them(self, world, file):
        verifiers = [world.verifier(world.bank_enrolment, store=store) for store in file]
        request = world.ask("full_name", by=verifiers[0])
        response = world.answer(request)
        outcomes = verify_at_once([verifiers[number % 2] for number in range(WORKERS)], response, request)
        assert outcomes.count(True) == 1
        assert [len(verifier.receipts()) for verifier in verifiers] == [1, 1]

    def test_different_requests_at_once_all_succeed(self, world, file):
        verifiers = [world.verifier(world.bank_enrolment, store=store) for store in file]
        requests = [world.ask("full_name", by=verifiers[0]) for _ in range(WORKERS)]
        cases = [(world.answer(request), request, verifiers[n % 2]) for n, request in enumerate(requests)]
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda case: case[2].verify(case[0], expected=case[1]), cases))
        received = [receipt.entry["request"] for receipt in verifiers[0].receipts()]
        assert sorted(received) == sorted(request.digest for request in requests)


class TestReceipts:
    def test_it_says_who_provided_what_when_and_why(self, world):
        request = world.ask("full_name", "address.locality", ask(Income, "above.1000000"))
        world.bank.verify(world.answer(request), expected=request)
        [receipt] = [dict(one.entry) for one in world.bank.receipts()]
        assert (receipt["event"], receipt["purpose"]) == ("received", "loan")
        assert receipt["time"] == "2026-11-23T09:00:00+00:00"
        assert receipt["request"] == request.digest
        first, second = receipt["credentials"]
        assert (first["type"], first["issuer"]) == (Resident.vct, "urn:vcwallet:party:city")
        assert set(first["claims"]) == {"full_name", "address", "address.locality"}
        assert second["claims"] == ["above.1000000", "above"]
        assert first["holder"] != second["holder"]

    def test_of_an_mdoc_it_names_the_elements(self):
        world = World(MDOC)
        world.hold()
        request = world.ask("full_name", "address.locality")
        world.bank.verify(world.answer(request), expected=request)
        [receipt] = [dict[str, Any](one.entry) for one in world.bank.receipts()]
        [credential] = receipt["credentials"]
        assert (credential["type"], credential["issuer"]) == (Resident.doctype, "urn:vcwallet:party:city")
        assert credential["claims"] == [f"{Resident.doctype}.{name}" for name in ("full_name", "address.locality")]
        assert credential["holder"]

    @IN_BOTH_FORMATS
    def test_it_has_no_values(self, world):
        request = world.ask("full_name", "address", "birth_date", ask(Income, "total"))
        world.bank.verify(world.answer(request), expected=request)
        text = str(world.bank.receipts())
        assert not any(value in text for value in CANARIES)

    def test_it_stands_in_the_same_chain_after_a_restart(self, world, file):
        before, after = (world.verifier(world.bank_enrolment, store=store) for store in file)
        for verifier in (before, after):
            request = world.ask("full_name", by=verifier)
            verifier.verify(world.answer(request), expected=request)
        assert [receipt.sequence for receipt in after.receipts()] == [1, 2]


class TestAsking:
    def test_each_request_has_a_nonce_and_a_state_of_its_own(self, world):
        requests = [world.ask("full_name") for _ in range(20)]
        assert len({request.nonce for request in requests}) == len({request.state for request in requests}) == 20
        assert all(len(request.nonce) >= 22 and len(request.state) >= 43 for request in requests)

    def test_a_purpose_that_is_not_registered_is_not_asked_for(self, world):
        with pytest.raises(LocalProtocolError) as refused:
            world.ask("full_name", purpose="marketing")
        assert refused.value.code == "PURPOSE_NOT_REGISTERED"

    @pytest.mark.parametrize("number", [0, 2])
    def test_one_query_or_some_questions(self, world, number):
        query = DcqlQuery.from_json(
            {"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": [Resident.vct]}}]}
        )
        with pytest.raises(ValueError, match="request has"):
            world.bank.request(*[query] * number, purpose="loan")
        with pytest.raises(ValueError, match="request has"):
            world.bank.request(query, ask(Resident), purpose="loan")
        assert world.bank.request(query, purpose="loan").query == query


class TestTakingUp:
    def test_another_role_s_enrolment_is_not_taken_up(self, world):
        with pytest.raises(ValueError, match="not that of a verifier"):
            world.verifier(world.city_enrolment)

    def test_a_registry_s_list_past_its_end_is_not_taken_up(self, world):
        world.clock.pass_by(days=30)
        with pytest.raises(TrustedListError):
            world.verifier(world.bank_enrolment)

    def test_the_list_in_the_store_is_used_where_it_is_newer(self, world):
        world.registry.suspend("urn:vcwallet:party:city", reason="audit")
        world.bank.update_trust(world.registry.published())
        again = world.verifier(world.bank_enrolment, store=world.bank_store)
        fresh = world.verifier(world.bank_enrolment)
        assert again._trust.sequence == world.bank._trust.sequence > fresh._trust.sequence

    def test_an_older_list_is_refused(self, world):
        older = world.registry.published()
        world.registry.suspend("urn:vcwallet:party:city", reason="audit")
        world.bank.update_trust(world.registry.published())
        with pytest.raises(TrustedListError, match="REGISTRY_ROLLBACK"):
            world.bank.update_trust(older)


def test_a_store_in_memory_is_not_shared(world):
    """Two verifiers that remember apart each accept an answer once: replicas need one store."""
    request = world.ask("full_name")
    response = world.answer(request)
    for verifier in (world.bank, world.verifier(world.bank_enrolment, store=MemoryStore())):
        verifier.verify(response, expected=request)


@IN_BOTH_FORMATS
def test_the_holder_key_is_a_pseudonym_for_one_credential(world):
    """The same card is the same holder, another card is another one, whoever the person is."""
    world.hold(resident())
    newer, older = world.wallet.cards(world.type_id(Resident))
    for card in (newer, newer, older):
        request = world.ask("full_name")
        world.bank.verify(world.answer(request, cards={"resident": card.id}), expected=request)
    holders = [receipt.entry["credentials"][0]["holder"] for receipt in world.bank.receipts()]
    assert holders[0] == holders[1] != holders[2]
