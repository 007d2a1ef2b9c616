# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A verifier's service and a wallet: a request by reference, an answer that is posted, and who is shown the result."""

from __future__ import annotations

import pytest

from tests.support.verifying import (
    BROWSER,
    OTHER_BROWSER,
    RESULT_PAGE,
    Desk,
    redirect_uri,
    response_code,
)
from tests.support.world import Income, Resident
from vcwallet.errors import BindingError, LocalProtocolError
from vcwallet.verifier import ask
from vcwallet.verifier.openid4vp import Channel, PresentationState


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.world.hold()
    return made


def test_a_wallet_on_another_device_answers(desk: Desk) -> None:
    begun = desk.begin("full_name", "over_20")
    response = desk.present(begun)
    assert (response.status, response.body) == (200, b"{}")
    result = desk.result(begun)
    assert result.channel is Channel.CROSS_DEVICE
    assert result.verified[Resident].full_name == "番号　花子"
    assert result.verified.purpose == "loan"


def test_a_wallet_on_the_same_device_sends_the_person_back(desk: Desk) -> None:
    begun = desk.begin(ask(Income, "total"), channel=Channel.SAME_DEVICE)
    response = desk.present(begun)
    assert str(redirect_uri(response)).startswith(f"{RESULT_PAGE}?response_code=")
    with pytest.raises(LocalProtocolError) as error:
        desk.result(begun)
    assert error.value.code == "NOT_ANSWERED"
    result = desk.service.redeem(response_code(response), session=BROWSER)
    assert result.verified[Income].total == 3_218_764_905
    assert desk.result(begun) == result


def test_nobody_comes_back_in_another_browser(desk: Desk) -> None:
    begun = desk.begin("full_name", channel=Channel.SAME_DEVICE)
    response = desk.present(begun)
    with pytest.raises(BindingError) as error:
        desk.service.redeem(response_code(response), session=OTHER_BROWSER)
    assert error.value.code == "SESSION_MISMATCH"
    assert desk.service.status(begun.transaction_id, session=BROWSER).state is PresentationState.FAILED
    with pytest.raises(BindingError):
        desk.result(begun)


def test_the_same_answer_is_not_taken_twice(desk: Desk) -> None:
    begun = desk.begin("full_name")
    posted = desk.answered(begun)
    assert desk.service(posted).status == 200
    again = desk.service(posted)
    assert (again.status, again.body) == (404, b'{"error":"invalid_request"}')


def test_a_page_hands_a_request_to_the_api(desk: Desk) -> None:
    begun = desk.begin("full_name", channel=Channel.DC_API)
    assert begun.link is None
    data = desk.api_answer(begun)
    result = desk.service.take(begun.transaction_id, session=BROWSER, data=data)
    assert result.verified[Resident].full_name == "番号　花子"
    assert desk.result(begun) == result
