# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A verifier's service and a wallet: a request by reference, an answer that is posted, and who is shown the result."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.openid4vp import TYPES, Payment
from tests.support.status import StatusWorld
from tests.support.verifying import (
    ADDRESS,
    BROWSER,
    OTHER_BROWSER,
    RESULT_PAGE,
    Desk,
    posted,
    redirect_uri,
    response_code,
)
from tests.support.world import LOAN, MDOC, SD_JWT, Income, Resident, World, income, presentation_of, resident
from vcwallet.encoding import base64url, json
from vcwallet.errors import BindingError, LocalProtocolError, MalformedError, RemoteProtocolError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.keys import jwk
from vcwallet.keys.software import SoftwareSigner
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.haip import (
    HAIP_PRESENTATION_1_0,
    OPENID4VP_1_0,
    PresentationProfile,
    require_presentation_profile,
)
from vcwallet.protocols.oauth.refusal import OAuthRefusal
from vcwallet.protocols.openid4vp import Request, Response
from vcwallet.protocols.openid4vp.client_id import DecentralizedIdentifier, X509SanDns
from vcwallet.protocols.openid4vp.digital_credentials import answer_data
from vcwallet.protocols.openid4vp.direct_post import post_answer
from vcwallet.protocols.openid4vp.reception import Reception
from vcwallet.protocols.openid4vp.request_uri import HAIP_SCHEME, RequestUriMethod, fetching
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey
from vcwallet.protocols.openid4vp.response_mode import ResponseMode
from vcwallet.protocols.openid4vp.transaction_data import transaction_text
from vcwallet.sealed_sessions import SealedSessions
from vcwallet.verifier import ask
from vcwallet.verifier.openid4vp import (
    AnswerRefusedError,
    BegunPresentation,
    Bounds,
    Channel,
    DeclinedError,
    Lifetimes,
    PresentationState,
)
from vcwallet.verifier.openid4vp.state import TransactionSession


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.world.hold()
    return made


def kept_transaction(desk: Desk, begun: BegunPresentation) -> TransactionSession:
    """Return what the service has kept of a transaction."""
    sessions = SealedSessions(desk.sessions, desk.clock, owner=ADDRESS)
    found = sessions.find("vp_transaction", TransactionSession, begun.transaction_id)
    assert found is not None
    return found.body


def test_a_wallet_on_another_device_answers(desk) -> None:
    begun = desk.begin("full_name", "over_20")
    response = desk.present(begun)
    assert (response.status, response.body) == (200, b"{}")
    result = desk.result(begun)
    assert result.channel is Channel.CROSS_DEVICE
    assert result.verified[Resident].full_name == "番号　花子"
    assert result.verified.purpose == "loan"


def test_a_wallet_on_the_same_device_sends_the_person_back(desk) -> None:
    begun = desk.begin(ask(Income, "total"), channel=Channel.SAME_DEVICE)
    response = desk.present(begun)
    assert str(redirect_uri(response)).startswith(f"{RESULT_PAGE}?response_code=")
    with pytest.raises(LocalProtocolError) as error:
        desk.result(begun)
    assert error.value.code == "NOT_ANSWERED"
    result = desk.service.redeem(response_code(response), session=BROWSER)
    assert result.verified[Income].total == 3_218_764_905
    assert desk.result(begun) == result


def test_nobody_comes_back_in_another_browser(desk) -> None:
    begun = desk.begin("full_name", channel=Channel.SAME_DEVICE)
    response = desk.present(begun)
    with pytest.raises(BindingError) as error:
        desk.service.redeem(response_code(response), session=OTHER_BROWSER)
    assert error.value.code == "SESSION_MISMATCH"
    assert desk.state(begun) is PresentationState.FAILED
    with pytest.raises(BindingError):
        desk.result(begun)
    kept = kept_transaction(desk, begun)
    assert (kept.reason, kept.verified) == ("SESSION_MISMATCH", None)


def test_the_same_answer_is_not_taken_twice(desk) -> None:
    begun = desk.begin("full_name")
    posted = desk.answered(begun)
    assert desk.service(posted).status == 200
    again = desk.service(posted)
    assert (again.status, again.body) == (404, b'{"error":"invalid_request"}')


def test_a_page_hands_a_request_to_the_api(desk) -> None:
    begun = desk.begin("full_name", channel=Channel.DC_API)
    assert begun.link is None
    data = desk.api_answer(begun)
    result = desk.service.take(begun.transaction_id, session=BROWSER, data=data)
    assert result.verified[Resident].full_name == "番号　花子"
    assert desk.result(begun) == result


@pytest.mark.parametrize("channel", list(Channel))
def test_both_formats_answer_in_every_channel(channel: Channel) -> None:
    desk = Desk(world=World(also=(MDOC,)))
    desk.world.hold(resident())
    desk.world.hold(income(), format=MDOC)
    asked = (ask(Resident, "full_name", format="dc+sd-jwt"), ask(Income, "total", format=MDOC))
    begun = desk.begin(*asked, channel=channel)
    if channel is Channel.DC_API:
        result = desk.service.take(begun.transaction_id, session=BROWSER, data=desk.api_answer(begun))
    elif channel is Channel.SAME_DEVICE:
        result = desk.service.redeem(response_code(desk.present(begun)), session=BROWSER)
    else:
        assert desk.present(begun).status == 200
        result = desk.result(begun)
    assert result.channel is channel
    assert result.verified[Resident].full_name == "番号　花子"
    assert result.verified[Income].total == 3_218_764_905
    assert [one.holder_proved for one in result.verified.evidence(Income)] == [True]


# --- how far it is ---------------------------------------------------------------------------------------------------


def test_a_page_that_waits_sees_how_far_it_is(desk) -> None:
    begun = desk.begin("full_name", channel=Channel.SAME_DEVICE)
    seen = [desk.state(begun)]
    desk.fetch(begun)
    seen.append(desk.state(begun))
    code = response_code(desk.present(begun))
    seen.append(desk.state(begun))
    desk.service.redeem(code, session=BROWSER)
    seen.append(desk.state(begun))
    assert seen == [
        PresentationState.REQUESTED,
        PresentationState.FETCHED,
        PresentationState.ANSWERED,
        PresentationState.VERIFIED,
    ]


def test_a_request_ends(desk) -> None:
    begun = desk.begin("full_name")
    posted = desk.answered(begun)
    desk.clock.pass_by(seconds=300)
    assert desk.service(posted).status == 404
    assert desk.state(begun) is PresentationState.EXPIRED
    desk.clock.pass_by(seconds=600)
    with pytest.raises(LocalProtocolError) as error:
        desk.state(begun)
    assert error.value.code == "TRANSACTION_UNKNOWN"


def test_a_result_is_kept_for_ten_minutes(desk) -> None:
    begun = desk.begin("full_name")
    desk.present(begun)
    desk.clock.pass_by(seconds=599)
    assert desk.result(begun)
    desk.clock.pass_by(seconds=1)
    with pytest.raises(LocalProtocolError) as error:
        desk.result(begun)
    assert error.value.code == "TRANSACTION_UNKNOWN"


def test_there_is_no_result_before_the_answer(desk) -> None:
    with pytest.raises(LocalProtocolError) as error:
        desk.result(desk.begin("full_name"))
    assert error.value.code == "NOT_ANSWERED"


def test_what_is_forgotten_takes_no_answer(desk) -> None:
    begun = desk.begin("full_name")
    posted = desk.answered(begun)
    desk.service.forget(begun.transaction_id, session=BROWSER)
    assert desk.service(posted).status == 404
    with pytest.raises(LocalProtocolError) as error:
        desk.state(begun)
    assert error.value.code == "TRANSACTION_UNKNOWN"
    answered = desk.begin("full_name")
    desk.present(answered)
    desk.service.forget(answered.transaction_id, session=BROWSER)
    with pytest.raises(LocalProtocolError):
        desk.result(answered)


# --- whose session it is ---------------------------------------------------------------------------------------------


def test_another_browser_learns_nothing(desk) -> None:
    begun = desk.begin("full_name")
    desk.present(begun)
    for step in (desk.service.status, desk.service.result, desk.service.forget):
        with pytest.raises(BindingError) as error:
            step(begun.transaction_id, session=OTHER_BROWSER)
        assert error.value.code == "SESSION_MISMATCH"
    assert desk.result(begun)


def test_a_response_code_is_good_once(desk) -> None:
    code = response_code(desk.present(desk.begin("full_name", channel=Channel.SAME_DEVICE)))
    assert desk.service.redeem(code, session=BROWSER)
    for wrong in (code, "x" * 43, "", "\u3042"):
        with pytest.raises(BindingError) as error:
            desk.service.redeem(wrong, session=BROWSER)
        assert error.value.code == "RESPONSE_CODE_UNKNOWN"


def test_a_response_code_ends(desk) -> None:
    code = response_code(desk.present(desk.begin("full_name", channel=Channel.SAME_DEVICE)))
    desk.clock.pass_by(seconds=300)
    with pytest.raises(BindingError) as error:
        desk.service.redeem(code, session=BROWSER)
    assert error.value.code == "RESPONSE_CODE_UNKNOWN"


def test_what_the_wallet_holds_opens_nothing_for_a_page(desk) -> None:
    """Transaction, request and response code are three secrets (security of sessions)."""
    begun = desk.begin("full_name", channel=Channel.SAME_DEVICE)
    posted = desk.answered(begun)
    code = response_code(desk.service(posted))
    request = posted.url.rpartition("/")[2]
    assert len({begun.transaction_id, code, request}) == 3
    for wrong in (request, code):
        with pytest.raises(LocalProtocolError):
            desk.service.result(wrong, session=BROWSER)
    for wrong in (begun.transaction_id, code):
        assert desk.service(replace(posted, url=f"{ADDRESS}/request/{wrong}")).status == 404


@pytest.mark.parametrize("session", ["", "x" * 15])
def test_a_session_that_can_be_guessed_is_none(desk, session: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        desk.begin("full_name", session=session)
    assert desk.begin("full_name", session="x" * 16)


# --- answers that are none -------------------------------------------------------------------------------------------


def test_a_wallet_declines(desk) -> None:
    begun = desk.begin("full_name")
    assert (desk.decline(begun).status, desk.state(begun)) == (200, PresentationState.DECLINED)
    with pytest.raises(DeclinedError) as error:
        desk.result(begun)
    assert error.value.error == "access_denied"
    assert desk.service.status(begun.transaction_id, session=BROWSER).reason == "access_denied"


def test_who_declines_on_the_same_device_comes_back_too(desk) -> None:
    code = response_code(desk.decline(desk.begin("full_name", channel=Channel.SAME_DEVICE)))
    with pytest.raises(DeclinedError):
        desk.service.redeem(code, session=BROWSER)


def test_an_answer_that_is_not_right_ends_the_request(desk) -> None:
    begun, other = desk.begin("full_name"), desk.begin("birth_date")
    request, response = desk.fetch(begun), desk.answer_to(desk.fetch(other))
    wrong = Response(vp_token=response.vp_token, state=request.members.state)
    answer = desk.service(post_answer(wrong, target=request.target))
    assert (answer.status, answer.body) == (400, b'{"error":"invalid_request"}')
    assert desk.state(begun) is PresentationState.FAILED
    with pytest.raises(AnswerRefusedError) as error:
        desk.result(begun)
    assert (error.value.code, error.value.reason) == ("ANSWER_REFUSED", "BINDING_INVALID")
    good = post_answer(desk.answer_to(request), target=request.target)
    assert desk.service(good).status == 404


def test_no_code_is_given_for_an_answer_that_is_not_right(desk) -> None:
    request = desk.fetch(desk.begin("full_name", channel=Channel.SAME_DEVICE))
    wrong = Response(vp_token={"resident": ("x",)}, state=request.members.state)
    answer = desk.service(post_answer(wrong, target=request.target))
    assert (answer.status, answer.body) == (400, b'{"error":"invalid_request"}')


def test_what_cannot_be_the_answer_changes_nothing(desk) -> None:
    begun, other = desk.begin("full_name"), desk.begin("full_name")
    request, good = desk.fetch(begun), desk.answered(begun)
    uri = str(request.target.uri)
    no_state = Response(vp_token={"resident": ("x",)}, state=None)
    wrong_state = Response(vp_token={"resident": ("x",)}, state="another")
    refused = [
        posted(uri, {"response": "a.b.c.d.e"}),
        posted(uri, {"vp_token": '{"resident":["x"]}', "state": str(request.members.state)}),  # in the open
        posted(uri, {"error": "access_denied"}),
        posted(uri, {"error": "access_denied", "state": "another"}),
        posted(uri, {}),
        replace(posted(uri, {}), body=b"\xff"),
        replace(good, headers={"content-type": "application/json"}),
        replace(good, headers={}),
        replace(desk.answered(other), url=uri),  # encrypted to the key of another request
        post_answer(no_state, target=request.target),
        post_answer(wrong_state, target=request.target),
    ]
    answers = [desk.service(one) for one in refused]
    assert {(one.status, one.body) for one in answers} == {(400, b'{"error":"invalid_request"}')}
    assert desk.state(begun) is PresentationState.FETCHED
    assert desk.service(good).status == 200


def test_where_there_is_nothing_all_look_the_same(desk) -> None:
    begun = desk.begin("full_name", channel=Channel.DC_API)
    [secret] = [id for kind, id in desk.sessions._sessions if kind.endswith("/vp_request")]
    for path in ("request", "response"):
        for name in ("x" * 43, "x", secret, begun.transaction_id, "%00"):
            answer = desk.service(posted(f"{ADDRESS}/{path}/{name}", {}))
            assert (answer.status, answer.body) == (404, b'{"error":"invalid_request"}')


def test_the_request_of_a_page_is_not_served_and_its_answer_not_posted(desk) -> None:
    begun = desk.begin("full_name", channel=Channel.DC_API)
    secret = kept_transaction(desk, begun).request
    data = desk.api_answer(begun)
    fetched = HttpRequest(method="GET", url=f"{ADDRESS}/request/{secret}", max_bytes=1 << 20)
    assert desk.service(fetched).status == 404
    assert desk.service(posted(f"{ADDRESS}/response/{secret}", data)).status == 404
    assert desk.service.take(begun.transaction_id, session=BROWSER, data=data)


def test_other_paths_and_methods_are_not_there(desk) -> None:
    begun = desk.begin("full_name")
    uri = desk.reference(begun).uri

    def answer(method: str, url: str) -> HttpResponse:
        return desk.service(HttpRequest(method=method, url=url, max_bytes=1 << 20))

    assert [answer("GET", url).status for url in (f"{ADDRESS}/", f"{ADDRESS}/request/", f"{uri}/x", ADDRESS)] == [
        404
    ] * 4
    assert answer("GET", uri.replace("https://bank", "https://other")).status == 404
    refused = answer("PUT", uri)
    assert (refused.status, refused.headers["allow"]) == (405, "GET, POST, HEAD")
    assert answer("GET", uri.replace("request", "response")).headers["allow"] == "POST"
    head = answer("HEAD", uri)
    assert (head.status, head.body, head.headers["content-type"]) == (200, b"", "application/oauth-authz-req+jwt")


# --- fetching a request ----------------------------------------------------------------------------------------------


def test_a_request_is_fetched_by_get_too(desk) -> None:
    begun = desk.begin("full_name")
    request = run(fetching(replace(desk.reference(begun), method=RequestUriMethod.GET), at=desk.clock()), desk.service)
    assert desk.service(post_answer(desk.answer_to(request), target=request.target)).status == 200


def test_a_request_is_encrypted_to_a_wallet_that_wants_it(desk) -> None:
    begun, seen = desk.begin("full_name"), []
    key = ResponseKey.create()

    def http(request: HttpRequest) -> HttpResponse:
        seen.append(desk.service(request))
        return seen[-1]

    request = run(fetching(desk.reference(begun), at=desk.clock(), key=key), http)
    assert seen[0].body.count(b".") == 4
    assert desk.service(post_answer(desk.answer_to(request), target=request.target)).status == 200


def test_the_receipt_names_the_request_object_that_the_wallet_has(desk) -> None:
    begun = desk.begin("full_name")
    desk.fetch(begun)  # another wallet was here before
    request = desk.fetch(begun)
    assert request.members.wallet_nonce
    assert desk.service(post_answer(desk.answer_to(request), target=request.target)).status == 200
    [receipt] = desk.world.bank.receipts()
    assert receipt.entry["request"] == request.digest


BAD_JWK = '{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}'


@pytest.mark.parametrize(
    "members",
    [
        {"wallet_nonce": "x" * 513},
        {"wallet_metadata": "{"},
        {"wallet_metadata": "[]"},
        {"wallet_metadata": '{"vp_formats_supported":{},"jwks":{"keys":[]}}'},
        {"wallet_metadata": '{"vp_formats_supported":{},"jwks":{"keys":[' + BAD_JWK + "]}}"},
    ],
)
def test_what_a_wallet_says_of_itself_has_to_be_readable(desk, members: dict[str, str]) -> None:
    begun = desk.begin("full_name")
    uri = desk.reference(begun).uri
    refused = desk.service(posted(uri, members))
    assert (refused.status, refused.body) == (400, b'{"error":"invalid_request"}')
    assert desk.state(begun) is PresentationState.REQUESTED
    assert desk.service(posted(uri, {"wallet_metadata": '{"vp_formats_supported":{}}'})).status == 200


# --- transactions ----------------------------------------------------------------------------------------------------


def test_a_holder_authorises_a_transaction(desk) -> None:
    payment = Payment(type="payment", credential_ids=("resident",), amount="100 JPY")
    begun = desk.begin("full_name", transactions=[payment])
    request = desk.fetch(begun, reception=Reception(transaction_types=TYPES))
    assert desk.service(post_answer(desk.answer_to(request), target=request.target)).status == 200
    [evidence] = desk.result(begun).verified.evidence(Resident)
    assert evidence.transaction_data == (transaction_text(payment),)


def test_an_answer_that_authorises_something_else_is_refused(desk) -> None:
    payment = Payment(type="payment", credential_ids=("resident",), amount="100 JPY")
    begun = desk.begin("full_name", transactions=[payment])
    request = desk.fetch(begun, reception=Reception(transaction_types=TYPES))
    [card] = [one for one in desk.world.wallet.cards() if Resident.vct in one.type_ids]
    kept = Request.from_jwt(request.signature.compact())
    other = transaction_text(payment.model_copy(update={"amount": "1 JPY"}))
    raw = presentation_of(desk.world, card, [("full_name",)], kept, transaction_data=(other,))
    wrong = Response(vp_token={"resident": (raw,)}, state=request.members.state)
    assert desk.service(post_answer(wrong, target=request.target)).status == 400
    assert desk.service.status(begun.transaction_id, session=BROWSER).reason == "TRANSACTION_DATA_MISMATCH"


# --- by the browser's API --------------------------------------------------------------------------------------------


def test_an_answer_from_another_page_is_refused(desk) -> None:
    begun = desk.begin("full_name", channel=Channel.DC_API)
    with pytest.raises(RemoteProtocolError):
        desk.api_request(begun, origin="https://evil.example")
    kept = Request.from_jwt((begun.dc_api or {})["requests"][0]["data"]["request"])
    [card] = [one for one in desk.world.wallet.cards() if Resident.vct in one.type_ids]
    raw = presentation_of(
        desk.world, card, [("full_name",)], kept, audience="origin:https://evil.example", origin="https://evil.example"
    )
    answer = Response(vp_token={"resident": (raw,)}, state=None)
    data = answer_data(answer, target=desk.api_request(begun).target)
    with pytest.raises(AnswerRefusedError) as error:
        desk.service.take(begun.transaction_id, session=BROWSER, data=data)
    assert error.value.reason == "BINDING_INVALID"


def test_what_a_page_got_is_taken_once(desk) -> None:
    begun = desk.begin("full_name", channel=Channel.DC_API)
    data = desk.api_answer(begun)
    with pytest.raises(MalformedError):
        desk.service.take(begun.transaction_id, session=BROWSER, data={"response": "a.b.c.d.e", "vp_token": {}})
    with pytest.raises(BindingError):
        desk.service.take(begun.transaction_id, session=OTHER_BROWSER, data=data)
    assert desk.service.take(begun.transaction_id, session=BROWSER, data=data)
    with pytest.raises(OAuthRefusal):
        desk.service.take(begun.transaction_id, session=BROWSER, data=data)
    assert desk.result(begun)


def test_a_page_is_told_that_the_wallet_declines(desk) -> None:
    begun = desk.begin("full_name", channel=Channel.DC_API)
    with pytest.raises(DeclinedError):
        desk.service.take(begun.transaction_id, session=BROWSER, data={"error": "access_denied"})


def test_a_posted_answer_is_not_taken_from_a_page(desk) -> None:
    begun = desk.begin("full_name")
    with pytest.raises(LocalProtocolError) as error:
        desk.service.take(begun.transaction_id, session=BROWSER, data={"error": "access_denied"})
    assert error.value.code == "WRONG_CHANNEL"


# --- in the open -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", [Channel.CROSS_DEVICE, Channel.DC_API])
def test_answers_come_in_the_open_where_that_is_agreed_on(channel: Channel) -> None:
    desk = Desk(options={"posted": ResponseMode.DIRECT_POST, "by_api": ResponseMode.DC_API})
    desk.world.hold()
    begun = desk.begin("full_name", channel=channel)
    if channel is Channel.DC_API:
        data = desk.api_answer(begun)
        assert "vp_token" in data
        desk.service.take(begun.transaction_id, session=BROWSER, data=data)
    else:
        answer = desk.answered(begun)
        assert b"vp_token=" in answer.body
        assert desk.service(answer).status == 200
    assert desk.result(begun).verified[Resident].full_name == "番号　花子"


def test_a_result_that_is_too_long_is_not_kept(desk, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = desk.begin("full_name")
    answer = desk.answered(begun)
    monkeypatch.setattr("vcwallet.verifier.openid4vp.answering.MAX_VERIFIED_BYTES", 100)
    assert desk.service(answer).status == 400
    assert desk.service.status(begun.transaction_id, session=BROWSER).reason == "LIMIT_EXCEEDED"
    assert not desk.world.bank.receipts()


# --- answers that cannot be judged for now ---------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "reason"), [(1, "STATUS_REVOKED"), (2, "STATUS_SUSPENDED")])
def test_a_revoked_credential_is_refused_for_good(value: int, reason: str) -> None:
    published = StatusWorld(SD_JWT)
    desk = Desk(world=published.world)
    published.hold(index=7)
    published.publish({7: value})
    begun = desk.begin("full_name")
    request = desk.fetch(begun)
    assert desk.service(post_answer(desk.answer_to(request), target=request.target)).status == 400
    with pytest.raises(AnswerRefusedError) as error:
        desk.result(begun)
    assert error.value.reason == reason


def test_an_answer_comes_again_when_its_status_can_be_told() -> None:
    published = StatusWorld(SD_JWT)
    desk = Desk(world=published.world)
    published.hold(index=7)
    begun = desk.begin("full_name")
    posted_once = desk.answered(begun)
    published.host.is_down = True
    busy = desk.service(posted_once)
    assert (busy.status, busy.body) == (503, b'{"error":"temporarily_unavailable"}')
    assert busy.headers["retry-after"] == "5"
    assert desk.state(begun) is PresentationState.FETCHED
    published.host.is_down = False
    assert desk.service(posted_once).status == 200
    assert desk.state(begun) is PresentationState.VERIFIED


# --- how a service is put together -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": ()}, "in some way"),
        ({"result_page": None}, "result page"),
        ({"origins": ()}, "origins"),
        ({"posted": ResponseMode.DC_API}, "kind"),
        ({"by_api": ResponseMode.DIRECT_POST}, "kind"),
        ({"profile": HAIP_PRESENTATION_1_0, "posted": ResponseMode.DIRECT_POST}, "profile"),
        ({"profile": HAIP_PRESENTATION_1_0, "by_api": ResponseMode.DC_API}, "profile"),
        ({"origins": ("https://bank.example/",)}, "origin"),
    ],
)
def test_a_service_that_nobody_could_use_is_not_made(desk, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        desk.made(**options)


def test_a_service_needs_only_what_its_channels_need(desk) -> None:
    desk.made(channels=[Channel.CROSS_DEVICE], result_page=None, origins=(), by_api=ResponseMode.DC_API)
    desk.made(channels=[Channel.SAME_DEVICE], origins=())
    desk.made(channels=[Channel.DC_API], result_page=None, profile=HAIP_PRESENTATION_1_0)


@pytest.mark.parametrize("address", ["http://bank.example/openid4vp", "https://bank.example/?x", "bank.example"])
def test_the_address_is_that_of_a_service(desk, address: str) -> None:
    with pytest.raises(MalformedError):
        desk.made(address=address)


def test_a_channel_that_is_left_out_is_not_used(desk) -> None:
    desk.service = desk.made(channels=[Channel.SAME_DEVICE])
    with pytest.raises(ValueError, match="cross_device"):
        desk.begin("full_name")
    assert desk.begin("full_name", channel=Channel.SAME_DEVICE)


def test_the_page_is_one_of_the_services_own(desk) -> None:
    desk.service = desk.made(origins=("https://bank.example", "https://www.bank.example"))
    for origin in (None, "https://evil.example"):
        with pytest.raises(ValueError, match="origin"):
            desk.begin("full_name", channel=Channel.DC_API, origin=origin)
    begun = desk.begin("full_name", channel=Channel.DC_API, origin="https://www.bank.example")
    data = desk.api_answer(begun, origin="https://www.bank.example")
    assert desk.service.take(begun.transaction_id, session=BROWSER, data=data)


def test_there_are_only_so_many_transactions(desk) -> None:
    desk.service = desk.made(bounds=Bounds(transactions=2))
    desk.begin("full_name")
    desk.begin("full_name")
    with pytest.raises(LocalProtocolError) as error:
        desk.begin("full_name")
    assert error.value.code == "TOO_MANY_TRANSACTIONS"
    desk.clock.pass_by(seconds=900)
    assert desk.begin("full_name")


def test_what_has_ended_is_purged(desk) -> None:
    desk.begin("full_name")
    desk.clock.pass_by(seconds=900)
    desk.service(posted(f"{ADDRESS}/request/x", {}))
    assert desk.sessions._sessions == {}


@pytest.mark.parametrize(
    "values", [{"request": timedelta(0)}, {"request": timedelta(seconds=601)}, {"result": timedelta(0)}]
)
def test_a_lifetime_is_some_time(values: dict[str, timedelta]) -> None:
    with pytest.raises(ValueError, match="lifetime"):
        Lifetimes(**values)
    with pytest.raises(ValueError, match="one transaction"):
        Bounds(transactions=0)


# --- in which ways a verifier is known -------------------------------------------------------------------------------


def test_by_the_dns_name_of_its_certificate() -> None:
    desk = Desk(world=World(bank_dns_names=("bank.example",)), options={"client": X509SanDns("bank.example")})
    desk.world.hold()
    begun = desk.begin("full_name")
    assert desk.reference(begun).client_id == "x509_san_dns:bank.example"
    assert desk.present(begun).status == 200
    with pytest.raises(ValueError, match="other hosts"):
        desk.made(address="https://other.example")


def test_by_a_did() -> None:
    signer = SoftwareSigner.generate()
    did = "did:jwk:" + base64url.encode(json.dumps(jwk.public_jwk(signer.public_key)))
    world = World()
    enrolment = world.registry.enrol_verifier("Web bank", code="web", purposes=[LOAN], signer=signer, identifiers=[did])
    world.clock.pass_by(days=1)
    world.update()
    bank = world.verifier(enrolment)
    options = {"client": DecentralizedIdentifier(did), "client_header": {"kid": f"{did}#0"}}
    desk = Desk(world=world)
    desk.service = desk.made(verifier=bank, **options)
    world.hold()
    begun = desk.begin("full_name")
    assert desk.reference(begun).client_id == f"decentralized_identifier:{did}"
    assert desk.present(begun).status == 200
    assert desk.result(begun).verified[Resident].full_name == "番号　花子"


# --- HAIP ------------------------------------------------------------------------------------------------------------


def test_haip_from_the_link_to_the_result() -> None:
    desk = Desk(options={"profile": HAIP_PRESENTATION_1_0})
    desk.world.hold()
    begun = desk.begin("full_name", channel=Channel.SAME_DEVICE, scheme=HAIP_SCHEME)
    assert str(begun.link).startswith("haip-vp://?client_id=x509_hash%3A")
    request = desk.fetch(begun)
    require_presentation_profile(request, anchors=(), profile=HAIP_PRESENTATION_1_0)
    code = response_code(desk.service(post_answer(desk.answer_to(request), target=request.target)))
    assert desk.service.redeem(code, session=BROWSER).verified[Resident].full_name
    by_api = desk.begin("full_name", channel=Channel.DC_API)
    desk.service.take(by_api.transaction_id, session=BROWSER, data=desk.api_answer(by_api))
    assert desk.state(by_api) is PresentationState.VERIFIED


def test_haip_asks_for_no_other_way_of_being_known() -> None:
    desk = Desk(world=World(bank_dns_names=("bank.example",)))
    desk.service = desk.made(client=X509SanDns("bank.example"), profile=HAIP_PRESENTATION_1_0)
    with pytest.raises(RemoteProtocolError) as error:
        desk.begin("full_name")
    assert error.value.code == "PROFILE_NOT_MET"
    desk.service = desk.made(client=X509SanDns("bank.example"))
    desk.world.hold()
    assert desk.present(desk.begin("full_name")).status == 200


@pytest.mark.parametrize(("profile", "status"), [(OPENID4VP_1_0, 200), (HAIP_PRESENTATION_1_0, 400)])
def test_haip_takes_no_bound_credential_without_a_proof(desk, profile: PresentationProfile, status: int) -> None:
    desk.service = desk.made(profile=profile)
    meta = {"vct_values": [Resident.vct]}
    unbound = {"id": "a", "format": SD_JWT, "meta": meta, "require_cryptographic_holder_binding": False}
    begun = desk.service.begin(
        DcqlQuery.from_json({"credentials": [{**unbound, "claims": [{"path": ["full_name"]}]}]}),
        purpose="loan",
        channel=Channel.CROSS_DEVICE,
        session=BROWSER,
    )
    request = desk.fetch(begun)
    [card] = [one for one in desk.world.wallet.cards() if Resident.vct in one.type_ids]
    kept = Request.from_jwt(request.signature.compact())
    bound = presentation_of(desk.world, card, [("full_name",)], kept)
    bare = Response(vp_token={"a": (bound[: bound.rindex("~") + 1],)}, state=request.members.state)
    assert desk.service(post_answer(bare, target=request.target)).status == status
    assert desk.service.status(begun.transaction_id, session=BROWSER).reason == (
        None if status == 200 else "HOLDER_PROOF_MISSING"
    )
    # A receipt says that something was received, so there is none of what was refused.
    assert len(desk.world.bank.receipts()) == (status == 200)
