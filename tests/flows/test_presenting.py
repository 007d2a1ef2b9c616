# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Our wallet at our verifier's service: by every channel, with every answer, and with copies from our issuer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from tests.support.http_server import UNHURRIED
from tests.support.issuance import RESIDENT_JWT, RESIDENT_MDOC, Counter
from tests.support.verifying import BROWSER, ORIGIN, OTHER_BROWSER, RESULT_PAGE, Desk
from tests.support.world import BOTH_FORMATS, MDOC, Resident, World, approved
from vcwallet.adapters.http import HttpClient
from vcwallet.adapters.web import serve, verifier_app
from vcwallet.errors import BindingError, TransportError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.issuer import StatusHost, StatusSigner
from vcwallet.keys import jwk
from vcwallet.protocols.haip import HAIP_PRESENTATION_1_0
from vcwallet.protocols.openid4vp.request_uri import HAIP_SCHEME
from vcwallet.protocols.openid4vp.response_mode import ResponseMode
from vcwallet.protocols.openid4vp.transaction_data import TransactionDetails
from vcwallet.verifier.openid4vp import BegunPresentation, Channel, DeclinedError, PresentationState
from vcwallet.wallet import Abilities, Invocation, Presenter


class Payment(TransactionDetails):
    amount: str


def desk_of(format: str = "dc+sd-jwt", **options: Any) -> Desk:
    desk = Desk(world=World(format), options=options)
    desk.world.hold()
    return desk


def presenter_of(desk: Desk, **abilities: Any) -> Presenter:
    return desk.world.wallet.presenter(Abilities(**abilities))


def state_of(desk: Desk, begun: BegunPresentation) -> PresentationState:
    return desk.service.status(begun.transaction_id, session=BROWSER).state


def code_in(url: str | None) -> str:
    assert url is not None
    assert url.startswith(f"{RESULT_PAGE}?response_code=")
    return url.partition("=")[2]


@BOTH_FORMATS
@pytest.mark.parametrize("posted", [ResponseMode.DIRECT_POST, ResponseMode.DIRECT_POST_JWT])
def test_across_devices(format: str, posted: ResponseMode) -> None:
    desk = desk_of(format, posted=posted)
    begun = desk.begin("full_name")
    assert presenter_of(desk).present(begun.link or "", http=desk.service, approve=approved) is None
    assert desk.result(begun).verified[Resident].full_name == "番号　花子"


@BOTH_FORMATS
def test_on_the_same_device_the_person_comes_back_to_the_browser_that_asked(format: str) -> None:
    desk = desk_of(format)
    begun = desk.begin("full_name", channel=Channel.SAME_DEVICE)
    back = presenter_of(desk).present(begun.link or "", http=desk.service, approve=approved)
    assert state_of(desk, begun) is PresentationState.ANSWERED
    result = desk.service.redeem(code_in(back), session=BROWSER)
    assert result.verified[Resident].full_name == "番号　花子"


def test_somebody_who_was_sent_another_s_link_gives_nothing_away() -> None:
    desk = desk_of()
    begun = desk.begin("full_name", channel=Channel.SAME_DEVICE, session=OTHER_BROWSER)
    back = presenter_of(desk).present(begun.link or "", http=desk.service, approve=approved)
    with pytest.raises(BindingError):
        desk.service.redeem(code_in(back), session=BROWSER)


@BOTH_FORMATS
@pytest.mark.parametrize("by_api", [ResponseMode.DC_API, ResponseMode.DC_API_JWT])
def test_by_the_digital_credentials_api(format: str, by_api: ResponseMode) -> None:
    desk = desk_of(format, by_api=by_api)
    begun = desk.begin("full_name", channel=Channel.DC_API)
    presenter = presenter_of(desk)
    invocation = called(desk, begun, presenter)
    answer = presenter.answer(consent_to(invocation))
    result = desk.service.take(begun.transaction_id, session=BROWSER, data=answer.dc_api_data())
    assert result.verified[Resident].full_name == "番号　花子"


def called(desk: Desk, begun: BegunPresentation, presenter: Presenter) -> Invocation:
    call = (begun.dc_api or {})["requests"][0]
    return run(presenter.read_dc_api_request(call["protocol"], call["data"], origin=ORIGIN), desk.service)


def consent_to(invocation: Invocation) -> Any:
    assert invocation.prompt is not None
    return approved(invocation.prompt)


@BOTH_FORMATS
def test_both_keep_to_the_high_assurance_profile(format: str) -> None:
    desk = desk_of(format, profile=HAIP_PRESENTATION_1_0)
    begun = desk.begin("full_name", scheme=HAIP_SCHEME)
    presenter = presenter_of(desk, profile=HAIP_PRESENTATION_1_0)
    presenter.present(begun.link or "", http=desk.service, approve=approved)
    assert desk.result(begun).verified[Resident].full_name == "番号　花子"


@pytest.mark.parametrize("posted", [ResponseMode.DIRECT_POST, ResponseMode.DIRECT_POST_JWT])
def test_a_verifier_learns_that_there_is_no_answer_and_not_why(posted: ResponseMode) -> None:
    told = []
    for desk in (desk_of(posted=posted), Desk(world=World(), options={"posted": posted})):  # one holds nothing
        begun = desk.begin("full_name")
        presenter = presenter_of(desk)
        invocation = run(presenter.read_request(begun.link or ""), desk.service)
        assert state_of(desk, begun) is PresentationState.FETCHED
        run(presenter.send(presenter.decline(invocation)), desk.service)
        assert state_of(desk, begun) is PresentationState.DECLINED
        with pytest.raises(DeclinedError) as caught:
            desk.result(begun)
        told.append((caught.value.error, caught.value.code))
    assert told[0] == told[1] == ("access_denied", "DECLINED")


def test_an_answer_is_taken_once() -> None:
    desk = desk_of()
    begun = desk.begin("full_name")
    presenter = presenter_of(desk)
    answer = presenter.answer(consent_to(run(presenter.read_request(begun.link or ""), desk.service)))
    run(presenter.send(answer), desk.service)
    with pytest.raises(TransportError):
        run(presenter.send(answer), desk.service)
    assert desk.result(begun).verified[Resident].full_name == "番号　花子"


def test_an_answer_that_was_lost_on_the_way_is_sent_again() -> None:
    desk = desk_of()
    begun = desk.begin("full_name")
    presenter = presenter_of(desk)
    answer = presenter.answer(consent_to(run(presenter.read_request(begun.link or ""), desk.service)))

    def down(_: HttpRequest) -> Any:
        raise TransportError("no network")

    with pytest.raises(TransportError):
        run(presenter.send(answer), down)
    run(presenter.send(answer), desk.service)
    assert desk.result(begun).verified[Resident].full_name == "番号　花子"


def test_a_transaction_is_authorised() -> None:
    desk = desk_of()
    payment = Payment(type="payment", credential_ids=("resident",), amount="100 JPY")
    begun = desk.begin("full_name", transactions=[payment])
    presenter = presenter_of(desk, transaction_types={"payment": Payment})
    presenter.present(
        begun.link or "", http=desk.service, approve=lambda prompt: prompt.approve(explicitly=prompt.to_approve_by_name)
    )
    assert desk.result(begun).verified[Resident].full_name == "番号　花子"


class TestCopies:
    """What the issuer's service gives in a batch is shown to two verifiers with a key each."""

    IDS: ClassVar = {"dc+sd-jwt": RESIDENT_JWT, MDOC: RESIDENT_MDOC}

    @BOTH_FORMATS
    def test_verifiers_cannot_tell_that_it_was_the_same_person(self, format: str) -> None:
        counter = Counter()
        world = with_status(counter, format)
        wallet = world.new_wallet()
        wallet.collector().collect(counter.offer(self.IDS[format]).link, http=counter.service, copies=3)
        assert len({card.batch for card in wallet.cards()}) == 1
        seen = []
        for verifier, purpose in ((world.bank, "loan"), (world.shop, "shopping"), (world.bank, "loan")):
            desk = Desk(world=world)
            desk.service = desk.made(verifier=verifier)
            begun = desk.begin("over_20", purpose=purpose)
            wallet.presenter().present(begun.link or "", http=desk.service, approve=approved)
            [evidence] = desk.result(begun).verified.evidence(Resident)
            assert evidence.holder_key is not None
            seen.append(jwk.thumbprint(jwk.public_jwk(evidence.holder_key)))
        assert seen[0] == seen[2] != seen[1]
        assert wallet.copies_left(next(wallet.cards())) == 1


def with_status(counter: Counter, format: str) -> World:
    """Let the verifiers of a world read a format, and look the status of what the counter issued up."""
    world = counter.world
    enrolment = world.registry.enrol_status_signer({"ja": "未来市", "en": "Mirai City"}, code="city")
    signer = StatusSigner(enrolment, ledger=counter.ledger, clock=counter.clock)
    world.format, world.also = format, tuple({"dc+sd-jwt", MDOC} - {format})
    host = StatusHost(counter.ledger, clock=counter.clock)

    def published(request: HttpRequest) -> HttpResponse:
        signer.publish()
        return host(request)

    world.http = published
    world.bank, world.shop = world.verifier(world.bank_enrolment), world.verifier(world.shop_enrolment)
    counter.update()
    return world


class TestOverHttp:
    """The same over a real connection, with the client and the server that vcwallet has."""

    @pytest.fixture
    def desk(self) -> Iterator[tuple[Desk, str]]:
        desk = desk_of()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            host = f"127.0.0.1:{listening.getsockname()[1]}"
            desk.service = desk.made(address=f"http://{host}/openid4vp")
            with serve(verifier_app(desk.service), socket=listening):
                yield desk, host

    @pytest.mark.parametrize("channel", [Channel.CROSS_DEVICE, Channel.SAME_DEVICE])
    def test_a_link_is_answered(self, desk: tuple[Desk, str], channel: Channel) -> None:
        there, host = desk
        begun = there.begin("full_name", channel=channel)
        with HttpClient(private_hosts=[host], total_timeout=UNHURRIED["total_timeout"]) as http:
            back = presenter_of(there).present(begun.link or "", http=http, approve=approved)
        if channel is Channel.SAME_DEVICE:
            there.service.redeem(code_in(back), session=BROWSER)
        assert there.result(begun).verified[Resident].full_name == "番号　花子"

    def test_a_link_is_answered_where_all_answers_have_one_address(self) -> None:
        desk = desk_of()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            host = f"127.0.0.1:{listening.getsockname()[1]}"
            desk.service = desk.made(address=f"http://{host}/openid4vp", shares_response_uri=True)
            with (
                serve(verifier_app(desk.service), socket=listening),
                HttpClient(private_hosts=[host], total_timeout=UNHURRIED["total_timeout"]) as http,
            ):
                begun = desk.begin("full_name")
                presenter_of(desk).present(begun.link or "", http=http, approve=approved)
        assert desk.result(begun).verified[Resident].full_name == "番号　花子"
