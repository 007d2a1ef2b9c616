# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Batches: each verifier is shown another copy, known before it leaves; a used one is never shown without saying so."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.world import (
    DAYS_90,
    FORMATS,
    IN_BOTH_FORMATS,
    SHOPPING,
    Resident,
    World,
    approved,
    format_of,
    found,
    resident,
)
from vcwallet.errors import (
    BindingError,
    ConsentRequiredError,
    LocalProtocolError,
    NoMatchError,
    StoreCorruptError,
    StoreFullError,
)
from vcwallet.formats.base import Credential
from vcwallet.keys import jwk
from vcwallet.storage import Change, MemoryStore, Put, RecordExistsError
from vcwallet.trust.client import TrustedListClient
from vcwallet.verifier import Verifier, ask
from vcwallet.wallet import Card, Consent, CopyUse, Prompt, Wallet
from vcwallet.wallet.copies import COLLECTION, Audience, Copies, new_batch

POLICIES = pytest.mark.parametrize("use", CopyUse)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    return World(format_of(request))


def wallet_of(world: World, use: CopyUse = CopyUse.PER_VERIFIER, store: Any = None) -> Wallet:
    store = store if store is not None else MemoryStore()
    trust = TrustedListClient.start(world.registry.published(), store=store, at=world.clock())
    return Wallet(store=store, trust=trust, formats=world.formats, clock=world.clock, copies=use)


def copies_of(world: World, wallet: Wallet, count: int = 3, **changed: Any) -> tuple[Credential, ...]:
    return world.city.issue_batch(
        resident(**changed),
        format=FORMATS[world.format](),
        holders=[wallet.new_holder_key() for _ in range(count)],
        valid_for=DAYS_90,
    )


def batch(world: World, wallet: Wallet, count: int = 3, **changed: Any) -> tuple[Card, ...]:
    return wallet.receive_batch(copies_of(world, wallet, count, **changed))


def shown_to(world: World, wallet: Wallet, verifier: Verifier) -> str:
    """Return the thumbprint of the key that a verifier sees, after it has found everything right."""
    request = world.ask("over_20", purpose="shopping" if verifier is world.shop else "loan", by=verifier)
    verified = verifier.verify(wallet.present(approved(wallet.match(request))), expected=request)
    [evidence] = verified.credentials["resident"]
    assert evidence.holder_key is not None
    return jwk.thumbprint(jwk.public_jwk(evidence.holder_key))


def prompt_for(world: World, wallet: Wallet, verifier: Verifier) -> Prompt:
    purpose = "shopping" if verifier is world.shop else "loan"
    return wallet.match(world.ask("over_20", purpose=purpose, by=verifier))


def verifiers(world: World, count: int) -> list[Verifier]:
    made = [world.registry.enrol_verifier(f"Shop {n}", code=f"shop{n}", purposes=[SHOPPING]) for n in range(count)]
    world.clock.pass_by(seconds=1)
    return [world.verifier(one) for one in made]


def shopping(world: World, wallet: Wallet, verifier: Verifier) -> tuple[Prompt, str]:
    request = verifier.request(ask(Resident, "over_20"), purpose="shopping")
    prompt = wallet.match(request)
    [evidence] = verifier.verify(wallet.present(approved(prompt)), expected=request).credentials["resident"]
    assert evidence.holder_key is not None
    return prompt, jwk.thumbprint(jwk.public_jwk(evidence.holder_key))


class TestReceiving:
    @IN_BOTH_FORMATS
    def test_what_came_together_and_says_the_same_is_a_batch(self, world):
        wallet = wallet_of(world)
        cards = batch(world, wallet)
        assert len({card.id for card in cards}) == 3
        [name] = {card.batch for card in cards}
        assert name is not None
        assert len({card.key for card in cards}) == 3
        assert wallet.copies_left(cards[0]) == 3
        assert [entry.entry["event"] for entry in wallet.history()] == ["received"] * 3

    def test_receiving_it_again_changes_nothing(self, world):
        wallet = wallet_of(world)
        credentials = copies_of(world, wallet)
        first = wallet.receive_batch(credentials)
        assert wallet.receive_batch(credentials) == first
        assert wallet.receive_batch(()) == ()
        assert len(list(wallet.cards())) == 3

    def test_one_credential_is_no_batch(self, world):
        wallet = wallet_of(world)
        [card] = batch(world, wallet, 1)
        assert card.batch is None
        assert wallet.copies_left(card) == 1

    def test_two_batches_are_two(self, world):
        wallet = wallet_of(world)
        first, second = batch(world, wallet), batch(world, wallet)
        assert first[0].batch != second[0].batch

    def test_all_of_it_is_kept_or_nothing(self, world):
        wallet, stranger = wallet_of(world), wallet_of(world)
        mixed = (*copies_of(world, wallet, 2), copies_of(world, stranger, 2)[0])
        with pytest.raises(BindingError):
            wallet.receive_batch(mixed)
        assert list(wallet.cards()) == []

    def test_two_credentials_for_one_key_are_refused_together(self, world):
        wallet = wallet_of(world)
        key = wallet.new_holder_key()
        pair = [
            world.city.issue(resident(full_name=name), format=FORMATS[world.format](), holder=key, valid_for=DAYS_90)
            for name in ("一", "二")
        ]
        with pytest.raises(BindingError) as caught:
            wallet.receive_batch(pair)
        assert caught.value.code == "HOLDER_KEY_USED"
        assert list(wallet.cards()) == []

    @IN_BOTH_FORMATS
    def test_what_does_not_say_the_same_stands_for_itself(self, world):
        wallet = wallet_of(world)
        others = (*copies_of(world, wallet, 1), *copies_of(world, wallet, 1, full_name="番号　花江"))
        cards = wallet.receive_batch(others)
        assert [card.batch for card in cards] == [None, None]
        assert len(wallet.match(world.ask("full_name")).choices["resident"]) == 2

    @pytest.mark.parametrize(
        "changed", [{"languages": ("ja", "en")}, {"contact": resident().contact.model_copy(update={"phone": "1"})}]
    )
    def test_also_what_differs_deep_inside(self, world, changed):
        wallet = wallet_of(world)
        cards = wallet.receive_batch((*copies_of(world, wallet, 1), *copies_of(world, wallet, 1, **changed)))
        assert [card.batch for card in cards] == [None, None]

    def test_a_batch_is_there_after_the_wallet_was_opened_again(self, world):
        store = MemoryStore()
        wallet = wallet_of(world, store=store)
        cards = batch(world, wallet)
        again = Wallet(store=store, trust=TrustedListClient.resume(store), formats=world.formats, clock=world.clock)
        assert {card.batch for card in again.cards()} == {cards[0].batch}
        assert again.copies_left(cards[0]) == 3

    def test_credentials_without_a_key_are_no_copies(self, world):
        wallet = wallet_of(world)
        helds = [FORMATS[world.format]().reopen(one.raw) for one in copies_of(world, wallet, 2)]
        assert new_batch(helds) is not None

        class Bearer:
            holder_key = None

        assert new_batch([helds[0], Bearer()]) is None  # type: ignore[list-item]


class TestMatching:
    @IN_BOTH_FORMATS
    def test_a_batch_is_one_choice(self, world):
        wallet = wallet_of(world)
        batch(world, wallet)
        prompt = prompt_for(world, wallet, world.bank)
        assert len(prompt.choices["resident"]) == 1
        assert not prompt.credentials[0].is_reused
        assert "COPY_REUSED" not in [warning.code for warning in prompt.warnings]

    def test_looking_at_a_request_uses_nothing_up(self, world):
        wallet = wallet_of(world)
        cards = batch(world, wallet)
        for _ in range(5):
            prompt_for(world, wallet, world.bank).approve()
        assert wallet.copies_left(cards[0]) == 3

    def test_a_batch_and_a_single_credential_are_two_choices(self, world):
        wallet = wallet_of(world)
        batch(world, wallet)
        wallet.receive(world.issue(resident(), wallet=wallet))
        assert len(prompt_for(world, wallet, world.bank).choices["resident"]) == 2

    def test_a_single_credential_is_shown_to_everybody(self, world):
        wallet = wallet_of(world)
        wallet.receive(world.issue(resident(), wallet=wallet))
        assert shown_to(world, wallet, world.bank) == shown_to(world, wallet, world.shop)
        assert prompt_for(world, wallet, world.shop).warnings == ()


class TestPerVerifier:
    @IN_BOTH_FORMATS
    def test_a_verifier_sees_the_same_key_each_time_and_no_other_verifier_does(self, world):
        wallet = wallet_of(world)
        cards = batch(world, wallet)
        bank, shop = shown_to(world, wallet, world.bank), shown_to(world, wallet, world.shop)
        assert bank != shop
        assert shown_to(world, wallet, world.bank) == bank
        assert shown_to(world, wallet, world.shop) == shop
        assert wallet.copies_left(cards[0]) == 1

    def test_when_none_is_left_the_person_is_told_and_what_is_shown_does_not_change_each_time(self, world):
        wallet, shops = wallet_of(world), verifiers(world, 4)
        update(world, wallet)
        batch(world, wallet)
        first = [shopping(world, wallet, shop) for shop in shops]
        assert [prompt.credentials[0].is_reused for prompt, _ in first] == [False, False, False, True]
        assert len({key for _, key in first[:3]}) == 3
        [warning] = [one for one in first[3][0].warnings if one.code == "COPY_REUSED"]
        assert (warning.claim, warning.message[:15]) == ("resident", "Resident record")
        again = [shopping(world, wallet, shop) for shop in shops]
        assert [key for _, key in again] == [key for _, key in first]

    def test_an_intermediary_sees_another_key_for_each_verifier_that_it_asks_for(self, world):
        store = MemoryStore()
        copies = Copies(store, use=CopyUse.PER_VERIFIER, device=lambda: 0)
        wallet = wallet_of(world, store=store)
        [card, *_] = batch(world, wallet)
        seen = []
        for verifier in ("a", "b", "a"):
            audience = Audience(party="hub", verifier=verifier)
            copy = copies.choose(card, audience, at=world.clock())
            assert copy is not None
            store.commit(*copy.use(audience, at=world.clock()))
            seen.append(copy.card.id)
        assert seen[0] == seen[2] != seen[1]


class TestOnce:
    def test_even_the_same_verifier_sees_another_key_each_time(self, world):
        wallet = wallet_of(world, CopyUse.ONCE)
        cards = batch(world, wallet)
        assert len({shown_to(world, wallet, world.bank) for _ in range(3)}) == 3
        assert wallet.copies_left(cards[0]) == 0
        assert prompt_for(world, wallet, world.bank).credentials[0].is_reused


class TestRotating:
    def test_all_are_shown_before_one_is_shown_again_and_then_nothing_is_said(self, world):
        wallet = wallet_of(world, CopyUse.ROTATING)
        batch(world, wallet)
        seen = [shown_to(world, wallet, world.bank) for _ in range(12)]
        assert len(set(seen[:3])) == 3
        assert set(seen[3:]) <= set(seen[:3])
        assert not prompt_for(world, wallet, world.bank).credentials[0].is_reused


class TestDurability:
    @POLICIES
    def test_who_was_shown_a_copy_is_written_with_the_disclosure(self, world, use):
        store = MemoryStore()
        wallet = wallet_of(world, use, store)
        batch(world, wallet)
        commits: list[tuple[Change, ...]] = []
        commit = store.commit

        def watched(*changes: Change) -> None:
            commits.append(changes)
            commit(*changes)

        store.commit = watched  # type: ignore[method-assign]
        wallet.present(approved(prompt_for(world, wallet, world.bank)))
        [together] = [
            [change.collection for change in changes]
            for changes in commits
            if any(change.collection == COLLECTION for change in changes)
        ]
        assert {"history", "consent", COLLECTION} <= set(together)

    @POLICIES
    def test_where_that_cannot_be_written_nothing_is_shown_and_nothing_is_used_up(self, world, use):
        store = MemoryStore()
        wallet = wallet_of(world, use, store)
        cards = batch(world, wallet)
        consent = approved(prompt_for(world, wallet, world.bank))
        commit = store.commit

        def full(*_: Change) -> None:
            raise StoreFullError("full")

        store.commit = full  # type: ignore[method-assign]
        with pytest.raises(StoreFullError):
            wallet.present(consent)
        store.commit = commit  # type: ignore[method-assign]
        assert wallet.copies_left(cards[0]) == 3
        wallet.present(consent)
        assert wallet.copies_left(cards[0]) == 2

    def test_a_wallet_that_was_opened_again_knows_who_was_shown_what(self, world):
        store = MemoryStore()
        wallet = wallet_of(world, store=store)
        batch(world, wallet)
        bank = shown_to(world, wallet, world.bank)
        again = Wallet(store=store, trust=TrustedListClient.resume(store), formats=world.formats, clock=world.clock)
        assert shown_to(world, again, world.shop) != bank
        assert shown_to(world, again, world.bank) == bank

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"party":"a"}'])
    def test_a_record_that_is_damaged_counts_as_used_by_somebody(self, world, body):
        store = MemoryStore()
        wallet = wallet_of(world, store=store)
        cards = batch(world, wallet)
        bank = shown_to(world, wallet, world.bank)
        [record] = found(store, COLLECTION)
        store.commit(Put(COLLECTION, record.id, body))
        assert wallet.copies_left(cards[0]) == 2
        assert shown_to(world, wallet, world.shop) != bank
        assert shown_to(world, wallet, world.bank) != bank

    def test_a_store_that_finds_a_record_damaged_says_so_for_that_one_alone(self, world):
        store = DamagedStore()
        wallet = wallet_of(world, store=store)
        cards = batch(world, wallet)
        bank = shown_to(world, wallet, world.bank)
        store.damaged = frozenset(record.id for record in found(store, COLLECTION))
        assert wallet.copies_left(cards[0]) == 2
        assert shown_to(world, wallet, world.shop) != bank

    def test_copies_of_an_earlier_device_may_have_been_seen(self, world):
        store = MemoryStore()
        wallet = wallet_of(world, store=store)
        [card, *_] = batch(world, wallet)
        later = Copies(store, use=CopyUse.PER_VERIFIER, device=lambda: 1)
        copy = later.choose(card, Audience(party="p", verifier="v"), at=world.clock())
        assert copy is not None
        assert (copy.is_reused, later.left(card, at=world.clock())) == (True, 0)

    def test_where_the_device_is_not_known_nothing_is_sure(self, world):
        store = MemoryStore()
        wallet = wallet_of(world, store=store)
        [card, *_] = batch(world, wallet)

        def lost() -> int:
            raise StoreCorruptError("lost")

        assert Copies(store, use=CopyUse.ONCE, device=lost).left(card, at=world.clock()) == 0

    def test_with_a_copy_goes_what_is_known_of_its_use(self, world):
        store = MemoryStore()
        wallet = wallet_of(world, store=store)
        batch(world, wallet)
        shown_to(world, wallet, world.bank)
        for card in list(wallet.cards()):
            wallet.delete(card)
        assert found(store, COLLECTION) == []


class TestMeanwhile:
    """Between the screen and the answer somebody else may have used the copy that was proposed."""

    def test_another_unused_copy_is_taken(self, world):
        wallet = wallet_of(world)
        batch(world, wallet)
        consent = approved(prompt_for(world, wallet, world.bank))
        request = consent.prompt.request
        shop = shown_to(world, wallet, world.shop)
        response = wallet.present(consent)
        assert wallet.copies_left(consent.credentials[0].card) == 1
        assert request.state == response.state
        assert shop != shown_to(world, wallet, world.bank)

    def test_where_none_is_left_the_person_is_asked_again(self, world):
        wallet = wallet_of(world)
        batch(world, wallet, 2)
        consents = [approved(prompt_for(world, wallet, world.bank)), approved(prompt_for(world, wallet, world.shop))]
        assert consents[0].credentials[0].card == consents[1].credentials[0].card
        [office] = verifiers(world, 1)
        update(world, wallet)
        shopping(world, wallet, office)
        wallet.present(consents[0])
        with pytest.raises(ConsentRequiredError):
            wallet.present(consents[1])
        assert approved(prompt_for(world, wallet, world.shop)).credentials[0].is_reused

    def test_a_copy_that_was_deleted_is_not_shown(self, world):
        wallet = wallet_of(world)
        batch(world, wallet)
        consent = approved(prompt_for(world, wallet, world.bank))
        for card in list(wallet.cards()):
            wallet.delete(card)
        with pytest.raises(NoMatchError):
            wallet.present(consent)

    def test_copies_that_have_expired_are_not_shown(self, world):
        store = MemoryStore()
        wallet = wallet_of(world, store=store)
        [card, *_] = batch(world, wallet)
        copies = Copies(store, use=CopyUse.ONCE, device=lambda: 0)
        later = world.clock() + timedelta(days=365)
        assert copies.choose(card, Audience(party="p", verifier="v"), at=later) is None
        assert copies.left(card, at=later) == 0

    def test_a_consent_is_used_once_also_with_copies(self, world):
        wallet = wallet_of(world)
        batch(world, wallet)
        consent = approved(prompt_for(world, wallet, world.bank))
        wallet.present(consent)
        with pytest.raises(LocalProtocolError) as caught:
            wallet.present(consent)
        assert caught.value.code == "CONSENT_USED"

    @pytest.mark.parametrize("use", [CopyUse.ONCE, CopyUse.ROTATING])
    def test_of_many_at_once_no_two_get_the_same_copy(self, world, use):
        wallet = wallet_of(world, use)
        cards = batch(world, wallet, 8)
        consents = [approved(prompt_for(world, wallet, world.bank)) for _ in range(8)]
        answers: list[Any] = []
        start = threading.Barrier(8)

        def present(consent: Consent) -> None:
            start.wait()
            answers.append(wallet.present(consent))

        threads = [threading.Thread(target=present, args=(consent,)) for consent in consents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == 8
        assert wallet.copies_left(cards[0]) == 0

    def test_where_others_use_up_copies_faster_than_it_goes_nothing_is_shown(self, world):
        store = MemoryStore()
        wallet = wallet_of(world, CopyUse.ONCE, store)
        batch(world, wallet, 2)
        consent = approved(prompt_for(world, wallet, world.bank))
        commit = store.commit

        def racing(*changes: Change) -> None:
            """Somebody else is always first, with the copy that is in question."""
            for change in changes:
                if change.collection == COLLECTION and store.get(COLLECTION, change.id) is None:
                    commit(Put(COLLECTION, change.id, b'{"party":"x","verifier":"x"}', new=True))
            commit(*changes)

        store.commit = racing  # type: ignore[method-assign]
        with pytest.raises(ConsentRequiredError):
            wallet.present(consent)
        assert [entry.entry["event"] for entry in wallet.history()] == ["received", "received"]

    def test_a_store_that_never_takes_a_copy_as_new_ends_it_after_as_many_attempts_as_there_are_copies(self, world):
        store = MemoryStore()
        wallet = wallet_of(world, CopyUse.ONCE, store)
        batch(world, wallet, 2)
        consent = approved(prompt_for(world, wallet, world.bank))
        commit, attempts = store.commit, list[int]()

        def refusing(*changes: Change) -> None:
            if any(change.collection == COLLECTION for change in changes):
                attempts.append(1)
                raise RecordExistsError("there already")
            commit(*changes)

        store.commit = refusing  # type: ignore[method-assign]
        with pytest.raises(NoMatchError):
            wallet.present(consent)
        assert len(attempts) <= 100


class DamagedStore(MemoryStore):
    """A store in which some records of the use of copies are damaged."""

    damaged: frozenset[str] = frozenset()

    def get(self, collection: str, id: str, /) -> bytes | None:
        self._require_whole(collection, [id])
        return super().get(collection, id)

    def get_many(self, collection: str, ids: Any, /) -> dict[str, bytes]:
        self._require_whole(collection, ids)
        return super().get_many(collection, ids)

    def _require_whole(self, collection: str, ids: Any) -> None:
        if collection == COLLECTION and self.damaged.intersection(ids):
            raise StoreCorruptError("damaged")


def update(world: World, wallet: Wallet) -> None:
    wallet.update_trust(world.registry.published())


def test_a_card_knows_its_batch_again_from_its_record(world):
    wallet = wallet_of(world)
    [card, *_] = batch(world, wallet)
    assert replace(card, batch=None) != card
    assert next(one for one in wallet.cards() if one.id == card.id) == card
