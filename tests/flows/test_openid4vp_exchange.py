# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A request and its answer over the messages of OpenID4VP, both roles against each other, both formats together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.support.openid4vp import HOST, OTHER_HOST
from tests.support.world import MDOC, SD_JWT, Income, Resident, World, approved, income, resident
from vcwallet.errors import BindingError, UntrustedError, VcError, VerifierUnknownError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.openid4vp import Request, Response
from vcwallet.protocols.openid4vp.client_id import ClientId, X509SanDns
from vcwallet.protocols.openid4vp.digital_credentials import (
    Protocol,
    answer_data,
    read_dc_api_answer,
    read_dc_api_request,
    request_data,
)
from vcwallet.protocols.openid4vp.direct_post import post_answer, read_posted, read_reply, reply, with_response_code
from vcwallet.protocols.openid4vp.request import Delivery
from vcwallet.protocols.openid4vp.request_uri import (
    RequestReference,
    fetching,
    read_request_link,
    read_request_uri_post,
    reference_link,
    request_object_response,
)
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey
from vcwallet.protocols.openid4vp.response_mode import ResponseMode

ORIGIN = f"https://{HOST}"
RESULT = f"{ORIGIN}/result"


@pytest.fixture(scope="module")
def world() -> World:
    made = World(also=(MDOC,), bank_dns_names=(HOST, OTHER_HOST))
    made.hold(resident())
    made.wallet.receive(made.issue(income(), format=MDOC))
    return made


def query() -> DcqlQuery:
    elements = [{"path": [Income.doctype, "total"]}]
    return DcqlQuery.from_json(
        {
            "credentials": [
                {
                    "id": "resident",
                    "format": SD_JWT,
                    "meta": {"vct_values": [Resident.vct]},
                    "claims": [{"path": ["full_name"]}],
                },
                {"id": "income", "format": MDOC, "meta": {"doctype_value": Income.doctype}, "claims": elements},
            ]
        }
    )


class Bank:
    """The verifier's server: hands out one request object, and takes one answer."""

    def __init__(self, world: World, delivery: Delivery, client: ClientId | None = None) -> None:
        self.world, self.delivery = world, delivery
        self.request = world.bank.request(query(), purpose="loan", delivery=delivery, client=client)
        self.answer: Any = None

    @property
    def link(self) -> str:
        return reference_link(self.request.client_id, f"{ORIGIN}/request/1", method="post")

    def __call__(self, asked: HttpRequest) -> HttpResponse:
        if asked.url.endswith("/request/1"):
            posted = read_request_uri_post(asked.body)
            signer = self.world.bank_enrolment.signer
            self.request = self.request.with_wallet_nonce(posted.wallet_nonce or "", signer=signer)
            return request_object_response(str(self.request), metadata=posted.metadata)
        self.answer = read_posted(asked.body, key=self.delivery.key)
        return reply(with_response_code(RESULT, "code-1"))


def exchanged(world: World, bank: Bank, change: Callable[[HttpRequest], HttpRequest] | None = None) -> str | None:
    """Let the wallet take the link, fetch, ask the person, and post."""
    reference = read_request_link(bank.link)
    assert isinstance(reference, RequestReference)
    incoming = run(fetching(reference, at=world.clock(), key=ResponseKey.create()), bank)
    prompt = world.wallet.match(incoming)
    posted = post_answer(world.wallet.present(approved(prompt)), target=prompt.request.target)
    return read_reply(bank(change(posted) if change else posted))


def posting(mode: ResponseMode, *, host: str = HOST) -> Delivery:
    key = ResponseKey.create() if mode.is_encrypted else None
    return Delivery(mode=mode, response_uri=f"https://{host}/response/1", key=key)


POSTED = [ResponseMode.DIRECT_POST, ResponseMode.DIRECT_POST_JWT]


@pytest.mark.parametrize("mode", POSTED, ids=lambda mode: mode.name)
@pytest.mark.parametrize("client", [None, X509SanDns(HOST)], ids=["hash", "dns"])
def test_both_formats_are_asked_for_and_verified(world, mode, client):
    bank = Bank(world, posting(mode), client)
    assert exchanged(world, bank) == f"{RESULT}?response_code=code-1"
    assert isinstance(bank.answer, Response)
    verified = world.bank.verify(bank.answer, expected=bank.request)
    assert verified[Resident].full_name == "番号　花子"
    assert verified[Income].total == 3_218_764_905
    with pytest.raises(VcError):
        world.bank.verify(bank.answer, expected=bank.request)


def test_an_answer_is_for_the_address_and_the_key_of_its_request(world):
    """The proof of an mdoc is bound to both, so an answer that was led astray is none."""
    bank = Bank(world, posting(ResponseMode.DIRECT_POST_JWT))
    exchanged(world, bank)
    verifier = world.bank
    for change in ({"encryption_key": None}, {"response_uri": f"https://{OTHER_HOST}/response/1"}):
        binding = replace(bank.request.binding(required=True), **change)
        [raw] = bank.answer.vp_token["income"]
        presentation = verifier._formats[MDOC].read_presentation(raw)
        with pytest.raises(BindingError):
            presentation.verify(binding=binding, trust=verifier._trust, at=world.clock())


def test_an_answer_is_not_one_to_another_request_of_the_same_verifier(world):
    first, second = Bank(world, posting(ResponseMode.DIRECT_POST)), Bank(world, posting(ResponseMode.DIRECT_POST))
    exchanged(world, first)
    with pytest.raises(BindingError):
        world.bank.verify(first.answer, expected=second.request)
    with pytest.raises(BindingError):
        world.bank.verify(replace(first.answer, state=second.request.state), expected=second.request)


def test_a_wallet_sends_nothing_where_the_verifier_s_certificate_does_not_lead(world):
    bank = Bank(world, posting(ResponseMode.DIRECT_POST, host="evil.example"))
    with pytest.raises(VerifierUnknownError) as refused:
        exchanged(world, bank)
    assert isinstance(refused.value.__cause__, UntrustedError)
    assert bank.answer is None


@pytest.mark.parametrize("encrypted", [False, True], ids=["open", "encrypted"])
def test_the_same_by_the_digital_credentials_api(world, encrypted):
    key = ResponseKey.create() if encrypted else None
    mode = ResponseMode.DC_API_JWT if encrypted else ResponseMode.DC_API
    delivery = Delivery(mode=mode, expected_origins=(ORIGIN,), key=key)
    request = world.bank.request(query(), purpose="loan", delivery=delivery)
    incoming = read_dc_api_request(Protocol.SIGNED, request_data(request), origin=ORIGIN, at=world.clock())
    prompt = world.wallet.match(incoming)
    data = answer_data(world.wallet.present(approved(prompt)), target=prompt.request.target)
    answer = read_dc_api_answer(data, key=key)
    assert isinstance(answer, Response)
    assert world.bank.verify(answer, expected=request)[Resident].full_name == "番号　花子"


def test_an_answer_to_one_page_is_none_to_another(world):
    origins = (ORIGIN, f"https://{OTHER_HOST}")
    delivery = Delivery(mode=ResponseMode.DC_API, expected_origins=origins)
    request: Request = world.bank.request(query(), purpose="loan", delivery=delivery)
    incoming = read_dc_api_request(Protocol.SIGNED, request_data(request), origin=ORIGIN, at=world.clock())
    answer = world.wallet.present(approved(world.wallet.match(incoming)))
    with pytest.raises(BindingError):
        world.bank.verify(answer, expected=request.answered_from(origins[1]))
    assert world.bank.verify(answer, expected=request.answered_from(ORIGIN)).purpose == "loan"
