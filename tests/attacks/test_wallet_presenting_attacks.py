# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Verifiers, registered ones too, against a wallet: what they learn, what the person sees, what work they cause."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.hostile_verifier import HostileVerifier, credential_query, presenting_world, query_of
from tests.support.openid4vp import DID, DID_KEY, HOST, OTHER_HOST, TYPES, Payment
from tests.support.world import LOAN, MDOC, Resident, World, approved, resident
from vcwallet.encoding import base64url, json, visible
from vcwallet.errors import NoMatchError, OverAskingError, StoreCorruptError, StoreError, UntrustedError
from vcwallet.flow import run
from vcwallet.formats.type_metadata import TypeCatalogue
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.openid4vp.client_id import DecentralizedIdentifier
from vcwallet.protocols.openid4vp.request import Request
from vcwallet.protocols.openid4vp.transaction_data import transaction_text
from vcwallet.wallet import Abilities, Invocation
from vcwallet.wallet.screening import MAX_NAME
from vcwallet.wallet.wallet import MAX_CHOICES, MAX_COMPARED

RLO = "\N{RIGHT-TO-LEFT OVERRIDE}"
ABILITIES = Abilities(transaction_types=TYPES)


@pytest.fixture
def world() -> World:
    return presenting_world()


@pytest.fixture
def bank(world: World) -> HostileVerifier:
    return HostileVerifier(world)


def invoked(bank: HostileVerifier, request: Request, abilities: Abilities = ABILITIES) -> Invocation:
    return run(bank.world.wallet.presenter(abilities).read_request(bank.publish(request)), bank)


class TestWhatTheWalletHolds:
    """An error about what is held is an answer to the question whether it is held."""

    @pytest.mark.parametrize("holds", [True, False])
    def test_a_format_that_the_wallet_no_longer_reads(self, holds):
        world = World(format=MDOC, bank_dns_names=(HOST, OTHER_HOST))
        if holds:
            world.hold()
        bank = HostileVerifier(world)
        world.wallet._formats = {}
        invocation = invoked(bank, bank.ask(query_of(world, "full_name")))
        assert isinstance(invocation.refusal, NoMatchError)
        assert invocation.error == "access_denied"

    @pytest.mark.parametrize("holds", [True, False])
    def test_a_type_that_the_registry_no_longer_has(self, holds):
        world = World(bank_dns_names=(HOST, OTHER_HOST))
        if holds:
            world.hold()
        bank = HostileVerifier(world)
        world.wallet._types = TypeCatalogue(_no_type)
        invocation = invoked(bank, bank.ask(query_of(world, "full_name")))
        assert isinstance(invocation.refusal, NoMatchError)
        assert invocation.error == "access_denied"

    def test_one_that_can_be_read_is_shown_beside_one_that_cannot(self, world, bank):
        [readable] = world.hold(resident(full_name="番号　次子"))
        unread = [card for card in world.wallet.cards() if card.id != readable.id]
        for card in unread:
            broken = replace(card, credential=replace(card.credential, format="of another time"))
            world.wallet_store.commit(replace(broken.put(), new=False))
        prompt = invoked(bank, bank.ask(query_of(world, "full_name"))).prompt
        assert prompt is not None
        assert [one.card.id for one in prompt.choices["resident"]] == [readable.id]

    def test_a_store_that_fails_is_no_answer_at_all(self, world, bank, monkeypatch):
        def fails(card: Any) -> Any:
            raise StoreCorruptError("damaged")

        monkeypatch.setattr(world.wallet, "_reopen", fails)
        with pytest.raises(StoreError):
            invoked(bank, bank.ask(query_of(world, "full_name")))


def _no_type(type_id: str) -> bytes:
    raise UntrustedError("no such type")


class TestWhatThePersonSees:
    @pytest.mark.parametrize(
        "members",
        [
            {"amount": f"{RLO}YPJ 000,1"},
            {"amount": "1\N{ZERO WIDTH SPACE}000 JPY"},
            {"amount": "100 JPY\0"},
            {"amount": "100 JPY", "memo": "\x1b[8mand the house\x1b[0m"},
        ],
        ids=["turned round", "unseen", "NUL", "a terminal's"],
    )
    def test_a_transaction_is_signed_as_it_is_shown_or_not_at_all(self, world, bank, members):
        details: dict[str, Any] = {"type": "payment", "credential_ids": ["resident"], **members}
        request = bank.ask(query_of(world, "full_name"), transaction_data=[base64url.encode(json.dumps(details))])
        invocation = invoked(bank, request)
        assert invocation.refusal is not None
        assert invocation.refusal.code == "INVALID_TRANSACTION_DATA"
        assert invocation.error == "invalid_transaction_data"

    def test_a_name_in_a_transaction_is_looked_at_as_well(self, world, bank):
        class Free(Payment):
            more: dict[str, list[Any]]

        for name, is_fine in (("note", True), (f"{RLO}eton", False)):
            more = {name: [1, None, "a\nb"]}
            details: dict[str, Any] = {"type": "free", "credential_ids": ["resident"], "amount": "1", "more": more}
            request = bank.ask(query_of(world, "full_name"), transaction_data=[base64url.encode(json.dumps(details))])
            invocation = invoked(bank, request, Abilities(transaction_types={"free": Free}))
            assert (invocation.prompt is not None) == is_fine

    def test_a_transaction_in_any_script_is_shown(self, world, bank):
        text = transaction_text(
            Payment(type="payment", credential_ids=("resident",), amount="壱万円　也", memo="口座開設\nみらい支店 ✓")
        )
        prompt = invoked(bank, bank.ask(query_of(world, "full_name"), transaction_data=[text])).prompt
        assert prompt is not None
        [shown] = prompt.transactions
        assert shown.details == (("amount", "壱万円　也"), ("memo", "口座開設\nみらい支店 ✓"))

    def test_no_registered_text_turns_the_screen_round(self):
        use = replace(
            LOAN,
            text={"en": f"To decide{RLO} on a loan"},
            retention_text={"en": "thirty\N{ZERO WIDTH SPACE} days\nor less"},
            contact=f"mailto:privacy@bank.example{RLO}",
            privacy_policy=f"https://bank.example/{RLO}",
        )
        world = World(bank_dns_names=(HOST, OTHER_HOST), bank_uses=(use,))
        world.hold()
        bank = HostileVerifier(world)
        prompt = invoked(bank, bank.ask(query_of(world, "full_name"))).prompt
        assert prompt is not None
        assert (prompt.purpose, prompt.retention) == ("To decide on a loan", "thirty days or less")
        assert (prompt.contact, prompt.privacy_policy) == ("mailto:privacy@bank.example", "https://bank.example/")

    def test_nor_does_the_registered_name(self):
        world = World(bank_dns_names=(HOST, OTHER_HOST))
        world.hold()
        strange = world.registry.enrol_verifier(f"Sakura{RLO} Bank", code="strange", purposes=[LOAN])
        world.update()
        bank = HostileVerifier(world)
        request = bank.ask(query_of(world, "full_name"), by=strange)
        prompt = invoked(bank, request).prompt
        assert prompt is not None
        assert prompt.verifier == "Sakura Bank"

    @pytest.mark.parametrize(("language", "said"), [("en", "access certificate"), ("ja", "アクセス証明書")])
    def test_a_verifier_without_an_access_certificate_is_not_said_to_have_one(self, language, said):
        world = presenting_world(language=language)
        bank = HostileVerifier(world)
        request = bank.ask(
            query_of(world, "full_name"),
            client=DecentralizedIdentifier(DID),
            signer=DID_KEY,
            chain=(),
            header={"kid": f"{DID}#0"},
        )
        prompt = invoked(bank, request).prompt
        certified = invoked(bank, bank.ask(query_of(world, "full_name"))).prompt
        assert prompt is not None
        assert certified is not None
        assert "None" not in prompt.verified_by
        assert "DID" in prompt.verified_by
        assert said not in prompt.verified_by
        assert said in certified.verified_by

    def test_what_is_asked_too_much_is_named_in_short_and_as_it_is(self, world, bank):
        path = [f"full_name{RLO}", "x" * 5_000]
        claims = [{"path": path}, {"path": ["birth\0date"]}, {"path": ["y" * MAX_NAME]}]
        invocation = invoked(bank, bank.ask(query_of(world, claims=claims)))
        assert isinstance(invocation.refusal, OverAskingError)
        start = f"{Resident.vct}: "
        assert set(invocation.refusal.claims) == {
            f"{start}full_name.{'x' * (MAX_NAME - len('full_name.') - 1)}…",
            f"{start}birthdate",
            f"{start}{'y' * MAX_NAME}",
        }
        assert all(map(visible.is_visible, invocation.refusal.claims))
        [*_, last] = world.wallet.history()
        assert last.entry["claims"] == list(invocation.refusal.claims)

    def test_so_is_a_type_that_is_asked_for_alone(self, world, bank):
        query = credential_query(world, meta={"vct_values": [f"urn:{RLO}" + "z" * 5_000]})
        del query["claims"]
        invocation = invoked(bank, bank.ask(DcqlQuery.from_json({"credentials": [query]})))
        assert isinstance(invocation.refusal, OverAskingError)
        assert invocation.refusal.claims == ("urn:" + "z" * (MAX_NAME - 5) + "…",)


class TestWork:
    """A registered verifier asks the most that a query can ask."""

    def heaviest(self, world: World, *, queries: int, claims: int, sets: int) -> DcqlQuery:
        paths: list[list[Any]] = [["full_name"], ["birth_date"], ["over_20"], ["nationality"], ["address"], ["contact"]]
        paths += [["languages", place] for place in range(claims - len(paths))]
        asked = [{"id": f"c{number}", "path": path} for number, path in enumerate(paths)]
        names = [one["id"] for one in asked]
        options = [names[: len(names) - number % 3] for number in range(sets)]
        one = credential_query(world, multiple=True, claims=asked, claim_sets=options)
        return DcqlQuery.from_json({"credentials": [one | {"id": f"q{number}"} for number in range(queries)]})

    @pytest.mark.parametrize(("queries", "claims", "sets"), [(1, 6, 1), (1, 20, 20), (20, 6, 20), (20, 20, 18)])
    def test_the_combinations_that_are_compared_are_bounded(self, world, bank, monkeypatch, queries, claims, sets):
        world.hold(*(resident(languages=tuple(map(str, range(20)))) for _ in range(24)))
        weighed = list[Any]()
        monkeypatch.setattr("vcwallet.wallet.proposal._visible", _counting(weighed))
        prompt = invoked(bank, bank.ask(self.heaviest(world, queries=queries, claims=claims, sets=sets))).prompt
        assert prompt is not None
        offered = sum(map(len, prompt.choices.values()))
        assert offered * sets <= max(MAX_COMPARED, queries * sets)
        assert all(1 <= len(one) <= MAX_CHOICES for one in prompt.choices.values())
        assert len(weighed) < 3_000

    def test_a_usual_request_is_offered_as_many_as_ever(self, world, bank):
        world.hold(*(resident() for _ in range(MAX_CHOICES + 4)))
        two = [credential_query(world, "full_name", id=name) for name in ("one", "other")]
        prompt = invoked(bank, bank.ask(DcqlQuery.from_json({"credentials": two}))).prompt
        assert prompt is not None
        assert [len(one) for one in prompt.choices.values()] == [MAX_CHOICES, MAX_CHOICES]
        assert world.wallet.present(approved(prompt)).vp_token.keys() == {"one", "other"}


def _counting(calls: list[Any]) -> Any:
    from vcwallet.wallet import proposal

    original = proposal._visible

    def visible_in(node: Any, path: Any, asked: Any, concealed: Any) -> Any:
        if path == ():
            calls.append(path)
        return original(node, path, asked, concealed)

    return visible_in
