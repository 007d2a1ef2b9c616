# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Transactions from request to verified answer: each authorised once, with a credential that the person presents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.openid4vp import TYPES
from tests.support.world import Income, Resident, World, approved, income, payload_of, resident
from vcwallet.encoding import base64url, json
from vcwallet.errors import BindingError, RemoteProtocolError
from vcwallet.protocols.openid4vp import Request, Response, read_request
from vcwallet.protocols.openid4vp.reception import BY_VALUE
from vcwallet.verifier import ask

RECEPTION = replace(BY_VALUE, transaction_types=TYPES)


def text(*ids: str, amount: str = "1 JPY") -> str:
    return base64url.encode(json.dumps({"type": "payment", "credential_ids": list(ids), "amount": amount}))


@pytest.fixture(scope="module")
def world() -> World:
    made = World()
    made.hold(resident(), income())
    return made


def asked(world: World, *texts: str) -> Request:
    questions = (ask(Resident, "full_name"), ask(Income, "total"))
    return world.bank.request(*questions, purpose="loan", transaction_data=texts)


def answered(world: World, request: Request) -> Response:
    return world.wallet.present(approved(world.wallet.match(read_request(str(request), reception=RECEPTION))))


def hashes(response: Response) -> dict[str, Any]:
    proofs = {query_id: payload_of(raw.rpartition("~")[2]) for query_id, [raw] in response.vp_token.items()}
    return {query_id: len(proof.get("transaction_data_hashes", ())) for query_id, proof in proofs.items()}


def test_each_is_authorised_with_the_first_of_its_credentials(world):
    request = asked(world, text("resident", "income"), text("income"), text("income", "resident", amount="2 JPY"))
    response = answered(world, request)
    assert hashes(response) == {"resident": 1, "income": 2}
    assert world.bank.verify(response, expected=request).purpose == "loan"


def test_the_person_can_be_shown_what_it_is(world):
    prompt = world.wallet.match(read_request(str(asked(world, text("resident"))), reception=RECEPTION))
    assert [one.members["amount"] for one in prompt.request.transactions] == ["1 JPY"]


def test_without_one_nothing_is_authorised(world):
    request = asked(world)
    response = answered(world, request)
    assert hashes(response) == {"resident": 0, "income": 0}
    assert world.bank.verify(response, expected=request).purpose == "loan"


def test_a_wallet_without_types_refuses_them(world):
    with pytest.raises(RemoteProtocolError) as refused:
        world.wallet.match(asked(world, text("resident")))
    assert refused.value.code == "INVALID_TRANSACTION_DATA"


def test_an_answer_with_the_authorisation_of_another_request_is_refused(world):
    one, other = asked(world, text("resident")), asked(world, text("resident", amount="9 JPY"))
    taken = answered(world, one)
    with pytest.raises(BindingError):
        world.bank.verify(replace(taken, state=other.state), expected=other)
    assert world.bank.verify(taken, expected=one).purpose == "loan"
