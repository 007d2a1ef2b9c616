# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Transactions (OpenID4VP 1.0, section 8.4): shown in full, approved by name, authorised once, known to the history."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from tests.support.hostile_verifier import HostileVerifier, credential_query, presenting_world, query_of
from tests.support.openid4vp import HOST
from tests.support.world import (
    MDOC,
    SD_JWT,
    Income,
    World,
    approved,
    credential_of,
    income,
    payload_of,
    resident,
)
from vcwallet.encoding import base64url
from vcwallet.encoding.wire import Array
from vcwallet.errors import ConsentRequiredError, NoMatchError, RemoteProtocolError
from vcwallet.flow import run
from vcwallet.formats.mdoc import Mdoc
from vcwallet.formats.mdoc.transaction_data import AUTHORISED
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.openid4vp.request import Request
from vcwallet.protocols.openid4vp.transaction_data import TransactionDetails, transaction_text
from vcwallet.wallet import Abilities, Invocation, Presenter, Prompt


class Payment(TransactionDetails):
    labels: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "": {"ja": "送金", "en": "Payment"},
        "amount": {"ja": "金額", "en": "Amount"},
        "payee": {"ja": "受取人", "en": "Payee"},
    }
    amount: int
    payee: dict[str, Any]
    notes: Array[str] = ()


class Consent(TransactionDetails):
    terms: str


ABILITIES = Abilities(transaction_types={"payment": Payment, "consent": Consent})
PAYMENT = transaction_text(
    Payment(
        type="payment",
        credential_ids=("resident",),
        amount=100,
        payee={"name": "Mirai Gas", "is_known": True, "branch": {}},
        notes=("first", "second"),
    )
)
TERMS = transaction_text(Consent(type="consent", credential_ids=("income", "resident"), terms="all of them"))


@pytest.fixture
def world() -> World:
    return presenting_world()


@pytest.fixture
def bank(world: World) -> HostileVerifier:
    return HostileVerifier(world)


@pytest.fixture
def presenter(world: World) -> Presenter:
    return world.wallet.presenter(ABILITIES)


def both(world: World, **sets: Any) -> DcqlQuery:
    income = credential_query(world, "above.3000000", kind=Income, id="income")
    return DcqlQuery.from_json({"credentials": [credential_query(world, "full_name"), income], **sets})


def invoked(bank: HostileVerifier, presenter: Presenter, request: Request) -> Invocation:
    return run(presenter.read_request(bank.publish(request)), bank)


def prompted(bank: HostileVerifier, presenter: Presenter, request: Request) -> Prompt:
    prompt = invoked(bank, presenter, request).prompt
    assert prompt is not None
    return prompt


def yes(prompt: Prompt, **approval: Any) -> Any:
    return approved(prompt, explicitly=prompt.to_approve_by_name, **approval)


def key_binding(presentation: str) -> dict[str, Any]:
    return payload_of(presentation.split("~")[-1])


def digest(text: str) -> str:
    return base64url.encode(hashlib.sha256(text.encode("ascii")).digest())


class TestShown:
    @pytest.mark.parametrize(
        ("language", "title", "labels"),
        [
            ("en", "Payment", ("Amount", "Payee")),
            ("ja", "送金", ("金額", "受取人")),
            ("fr", "送金", ("金額", "受取人")),
        ],
    )
    def test_all_that_the_verifier_says_of_it_is_shown(self, world, bank, presenter, language, title, labels):
        world.wallet.language = language
        prompt = prompted(bank, presenter, bank.ask(query_of(world, "full_name"), transaction_data=(PAYMENT,)))
        [shown] = prompt.transactions
        amount, payee = labels
        assert (shown.type, shown.title, shown.credential_ids) == ("payment", title, ("resident",))
        assert shown.details == (
            (amount, "100"),
            (f"{payee} › name", "Mirai Gas"),
            (f"{payee} › is_known", "true"),
            (f"{payee} › branch", "{}"),
            ("notes › 1", "first"),
            ("notes › 2", "second"),
        )

    def test_a_number_of_any_size_is_shown(self, world, bank, presenter):
        text = base64url.encode(
            b'{"type":"payment","credential_ids":["resident"],"amount":123456789012345678901234567890,"payee":{}}'
        )
        invocation = invoked(bank, presenter, bank.ask(query_of(world, "full_name"), transaction_data=(text,)))
        if invocation.prompt is None:
            assert invocation.refusal is not None
            assert invocation.refusal.code == "INVALID_TRANSACTION_DATA"
        else:
            assert invocation.prompt.transactions[0].details[0] == ("Amount", "123456789012345678901234567890")

    def test_a_type_without_labels_is_called_what_the_verifier_calls_it(self, world, bank, presenter):
        prompt = prompted(bank, presenter, bank.ask(both(world), transaction_data=(TERMS,)))
        assert (prompt.transactions[0].title, prompt.transactions[0].details) == (
            "consent",
            (("terms", "all of them"),),
        )

    def test_what_is_authorised_does_not_show_in_a_repr(self, world, bank, presenter):
        prompt = prompted(bank, presenter, bank.ask(query_of(world, "full_name"), transaction_data=(PAYMENT,)))
        assert "Mirai Gas" not in repr(prompt)

    @pytest.mark.parametrize(
        "text",
        [
            base64url.encode(b'{"type":"bet","credential_ids":["resident"]}'),
            base64url.encode(b'{"type":"payment","credential_ids":["resident"],"amount":1,"payee":{},"fee":1}'),
            base64url.encode(b'{"type":"payment","credential_ids":["resident"],"amount":1}'),
            base64url.encode(b'{"type":"payment","credential_ids":["other"],"amount":1,"payee":{}}'),
            "not base64url!",
        ],
        ids=["unknown type", "a member too many", "a member too few", "another credential", "no text"],
    )
    def test_what_the_wallet_could_not_show_is_refused(self, world, bank, presenter, text):
        invocation = invoked(bank, presenter, bank.ask(query_of(world, "full_name"), transaction_data=(text,)))
        assert type(invocation.refusal) is RemoteProtocolError
        assert invocation.error == "invalid_transaction_data"

    def test_without_types_every_transaction_is_refused(self, world, bank):
        request = bank.ask(query_of(world, "full_name"), transaction_data=(PAYMENT,))
        assert invoked(bank, world.wallet.presenter(), request).error == "invalid_transaction_data"


class TestApproved:
    def test_a_transaction_is_approved_by_name(self, world, bank, presenter):
        prompt = prompted(bank, presenter, bank.ask(query_of(world, "full_name"), transaction_data=(PAYMENT,)))
        assert prompt.to_approve_by_name == ("transaction_data.0",)
        with pytest.raises(ConsentRequiredError) as caught:
            prompt.approve()
        assert caught.value.code == "CONSENT_REQUIRED"
        assert prompt.approve(explicitly=["transaction_data.0"]).by_name == {"transaction_data.0"}

    def test_a_consent_without_it_is_not_one_to_the_transaction(self, world, bank, presenter):
        prompt = prompted(bank, presenter, bank.ask(query_of(world, "full_name"), transaction_data=(PAYMENT,)))
        with pytest.raises(ConsentRequiredError):
            presenter.answer(replace(yes(prompt), by_name=frozenset()))

    def test_the_proof_of_the_holder_authorises_it(self, world, bank, presenter):
        request = bank.ask(query_of(world, "full_name"), transaction_data=(PAYMENT,))
        run(presenter.send(presenter.answer(yes(prompted(bank, presenter, request)))), bank)
        [presentation] = bank.answer.vp_token["resident"]
        assert key_binding(presentation)["transaction_data_hashes"] == [digest(PAYMENT)]
        assert bank.verified(request).credentials["resident"]

    def test_each_is_authorised_by_the_first_of_its_credentials_that_is_presented(self, world, bank, presenter):
        request = bank.ask(both(world), transaction_data=(PAYMENT, TERMS))
        run(presenter.send(presenter.answer(yes(prompted(bank, presenter, request)))), bank)
        hashes = {
            query_id: key_binding(presentations[0]).get("transaction_data_hashes")
            for query_id, presentations in bank.answer.vp_token.items()
        }
        assert hashes == {"resident": [digest(PAYMENT)], "income": [digest(TERMS)]}

    def test_it_is_authorised_once_where_several_credentials_answer_a_query(self, world, bank, presenter):
        world.hold(resident(full_name="番号　花江"))
        request = bank.ask(query_of(world, "full_name", multiple=True), transaction_data=(PAYMENT,))
        prompt = prompted(bank, presenter, request)
        cards = [one.card.id for one in prompt.choices["resident"]]
        assert len(cards) == 2
        run(presenter.send(presenter.answer(yes(prompt, cards={"resident": cards}))), bank)
        found = [key_binding(one).get("transaction_data_hashes") for one in bank.answer.vp_token["resident"]]
        assert found == [[digest(PAYMENT)], None]

    def test_the_history_knows_which_without_what_it_says(self, world, bank, presenter):
        request = bank.ask(query_of(world, "full_name"), transaction_data=(PAYMENT,))
        presenter.answer(yes(prompted(bank, presenter, request)))
        entry = list(world.wallet.history())[-1].entry
        assert entry["transactions"] == [{"type": "payment", "digest": digest(PAYMENT)}]
        assert "Mirai Gas" not in world.wallet.export_history().decode()

    def test_an_answer_without_transactions_does_not_speak_of_any(self, world, bank, presenter):
        presenter.answer(yes(prompted(bank, presenter, bank.ask(query_of(world, "full_name")))))
        assert "transactions" not in list(world.wallet.history())[-1].entry


OPTIONAL = [{"options": [["resident"]]}, {"options": [["income"]], "required": False}]


class TestSelection:
    TERMS_OF_INCOME: ClassVar[str] = transaction_text(Consent(type="consent", credential_ids=("income",), terms="all"))

    def test_what_is_needed_for_a_transaction_is_proposed_although_it_is_optional(self, world, bank, presenter):
        query = both(world, credential_sets=OPTIONAL)
        plain = prompted(bank, presenter, bank.ask(query))
        assert [one.query_id for one in plain.credentials] == ["resident"]
        prompt = prompted(bank, presenter, bank.ask(query, transaction_data=(self.TERMS_OF_INCOME,)))
        assert [one.query_id for one in prompt.credentials] == ["resident", "income"]

    def test_a_choice_that_authorises_nothing_is_incomplete(self, world, bank, presenter):
        request = bank.ask(both(world, credential_sets=OPTIONAL), transaction_data=(self.TERMS_OF_INCOME,))
        prompt = prompted(bank, presenter, request)
        with pytest.raises(ConsentRequiredError) as caught:
            yes(prompt, cards={"income": None})
        assert caught.value.code == "SELECTION_INCOMPLETE"

    def test_that_nothing_can_authorise_it_looks_like_having_nothing(self, world, bank, presenter):
        lone = HostileVerifier(presenting_world())
        wallet = lone.world.wallet
        [income] = list(wallet.cards(lone.world.type_id(Income)))
        wallet.delete(income)
        request = lone.ask(both(lone.world, credential_sets=OPTIONAL), transaction_data=(self.TERMS_OF_INCOME,))
        invocation = invoked(lone, wallet.presenter(ABILITIES), request)
        assert type(invocation.refusal) is NoMatchError
        assert invocation.error == "access_denied"


AUTHORISING = Mdoc(key_authorizations=AUTHORISED)


def hold_mdoc(world: World, *, authorising: bool, record: Any = None) -> None:
    """Let the wallet hold an mdoc whose device may authorise transactions, or may not."""
    holder = world.wallet.new_holder_key()
    format = AUTHORISING if authorising else Mdoc()
    enrolment = world.office_enrolment if isinstance(record, Income) else world.city_enrolment
    world.wallet.receive(credential_of(enrolment, record or resident(), at=world.clock(), holder=holder, format=format))


def payment(*ids: str, hashes: tuple[str, ...] | None = None, terms: str = "all") -> str:
    named = {} if hashes is None else {"transaction_data_hashes_alg": hashes}
    return transaction_text(Consent(type="consent", credential_ids=ids, terms=terms, **named))


class TestWhoCan:
    """What could not be authorised is known before the person is asked (OpenID4VP 1.0, section 8.4)."""

    @pytest.fixture
    def world(self) -> World:
        return World(MDOC, also=(SD_JWT,), bank_dns_names=(HOST,))

    def ask(self, world: World, bank: HostileVerifier, *texts: str, query: DcqlQuery | None = None) -> Request:
        return bank.ask(query or query_of(world, "full_name"), transaction_data=texts)

    def refusal(self, world: World, bank: HostileVerifier, presenter: Presenter, request: Request) -> NoMatchError:
        history = len(list(world.wallet.history()))
        invocation = invoked(bank, presenter, request)
        assert isinstance(invocation.refusal, NoMatchError)
        assert invocation.error == "access_denied"
        assert len(list(world.wallet.history())) == history
        return invocation.refusal

    def test_an_mdoc_whose_device_may_authorises_them(self, world, bank, presenter):
        hold_mdoc(world, authorising=True)
        request = self.ask(world, bank, payment("resident"))
        run(presenter.send(presenter.answer(yes(prompted(bank, presenter, request)))), bank)
        [found] = bank.verified(request).credentials["resident"]
        assert found.transaction_data == (payment("resident"),)

    @pytest.mark.parametrize(
        ("language", "reason"), [("en", "yours cannot be used to authorise"), ("ja", "取引を承認できません")]
    )
    def test_one_whose_device_may_not_is_none_that_answers(self, world, bank, presenter, language, reason):
        hold_mdoc(world, authorising=False)
        world.wallet.language = language
        refusal = self.refusal(world, bank, presenter, self.ask(world, bank, payment("resident")))
        [said] = refusal.reasons
        assert reason in said
        assert prompted(bank, presenter, self.ask(world, bank)).credentials  # without a transaction, it answers

    def test_of_two_the_one_that_may_is_shown(self, world, bank, presenter):
        hold_mdoc(world, authorising=True)
        hold_mdoc(world, authorising=False)
        plain = prompted(bank, presenter, self.ask(world, bank))
        assert len(plain.choices["resident"]) == 2
        prompt = prompted(bank, presenter, self.ask(world, bank, payment("resident")))
        [choice] = prompt.choices["resident"]
        assert choice.authorises == {payment("resident")}

    def either(self, world: World, **sets: Any) -> DcqlQuery:
        """Return a query for a resident record and an income record, of which each may authorise."""
        income = credential_query(world, "total", kind=Income, id="income")
        return DcqlQuery.from_json({"credentials": [credential_query(world, "full_name"), income], **sets})

    def test_where_another_credential_may_too_that_one_does(self, world, bank, presenter):
        hold_mdoc(world, authorising=False)
        hold_mdoc(world, authorising=True, record=income())
        text = payment("resident", "income")
        request = self.ask(world, bank, text, query=self.either(world))
        run(presenter.send(presenter.answer(yes(prompted(bank, presenter, request)))), bank)
        found = bank.verified(request).credentials
        assert ([one.transaction_data for one in found["resident"]], found["income"][0].transaction_data) == (
            [()],
            (text,),
        )

    def test_of_two_ways_the_one_that_can_authorise_is_proposed(self, world, bank, presenter):
        hold_mdoc(world, authorising=False)
        hold_mdoc(world, authorising=True, record=income())
        query = self.either(world, credential_sets=[{"options": [["resident"], ["income"]]}])
        prompt = prompted(bank, presenter, self.ask(world, bank, payment("resident", "income"), query=query))
        assert [one.query_id for one in prompt.credentials] == ["income"]

    def test_where_none_of_them_may_nothing_is_shown(self, world, bank, presenter):
        hold_mdoc(world, authorising=False)
        hold_mdoc(world, authorising=False, record=income())
        request = self.ask(world, bank, payment("resident", "income"), query=self.either(world))
        refusal = self.refusal(world, bank, presenter, request)
        assert refusal.reasons == ("What you have cannot be used to authorise what is asked for",)

    @pytest.mark.parametrize(("hashes", "fits"), [(("sha-384",), False), (("sha-384", "sha-256"), True)])
    def test_an_mdoc_authorises_with_one_hash_function(self, world, bank, presenter, hashes, fits):
        hold_mdoc(world, authorising=True)
        request = self.ask(world, bank, payment("resident", hashes=hashes))
        if fits:
            run(presenter.send(presenter.answer(yes(prompted(bank, presenter, request)))), bank)
            assert bank.verified(request).credentials
        else:
            self.refusal(world, bank, presenter, request)

    @pytest.mark.parametrize(("second", "fits"), [(("sha-512",), False), (("sha-512", "sha-384"), True)])
    def test_one_key_binding_jwt_has_one_hash_function_for_all(self, second, fits):
        world = presenting_world()
        bank, presenter = HostileVerifier(world), world.wallet.presenter(ABILITIES)
        texts = (payment("resident", hashes=("sha-384",)), payment("resident", hashes=second, terms="more"))
        request = bank.ask(query_of(world, "full_name"), transaction_data=texts)
        if fits:
            run(presenter.send(presenter.answer(yes(prompted(bank, presenter, request)))), bank)
            assert bank.verified(request).credentials["resident"][0].transaction_data == texts
        else:
            self.refusal(world, bank, presenter, request)
