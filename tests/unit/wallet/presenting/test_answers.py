# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Answers over OpenID4VP: what was approved and nothing else, to where it belongs, after the history knows of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.hostile_verifier import (
    HostileVerifier,
    credential_query,
    members_of,
    presenting_world,
    query_of,
    redirecting,
    served,
    status,
)
from tests.support.openid4vp import ORIGIN
from tests.support.world import (
    CANARIES,
    IN_BOTH_FORMATS,
    MDOC,
    Income,
    Resident,
    World,
    approved,
    format_of,
    resident,
    signed_request,
)
from vcwallet.errors import (
    ConsentRequiredError,
    LimitExceededError,
    LocalProtocolError,
    MalformedError,
    NoMatchError,
    StoreFullError,
    TransportError,
    ValidityError,
)
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.jose.header import x5c
from vcwallet.protocols.dcql import DcqlQuery
from vcwallet.protocols.openid4vp.digital_credentials import (
    multisigned_request_data,
    read_dc_api_answer,
    request_data,
)
from vcwallet.protocols.openid4vp.error_response import ErrorResponse
from vcwallet.protocols.openid4vp.request import Delivery, Request
from vcwallet.protocols.openid4vp.request_uri import value_link
from vcwallet.protocols.openid4vp.response import Response
from vcwallet.protocols.openid4vp.response_encryption import ResponseKey
from vcwallet.protocols.openid4vp.response_mode import ResponseMode
from vcwallet.wallet import Answer, Consent, Invocation, Presenter, Prompt
from vcwallet.wallet.prompt import require_size

POSTED = [ResponseMode.DIRECT_POST, ResponseMode.DIRECT_POST_JWT]


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    return presenting_world(format=format_of(request))


@pytest.fixture
def bank(world: World) -> HostileVerifier:
    return HostileVerifier(world)


@pytest.fixture
def presenter(world: World) -> Presenter:
    return world.wallet.presenter()


def asked(bank: HostileVerifier, mode: ResponseMode = ResponseMode.DIRECT_POST_JWT, **options: Any) -> Request:
    return bank.ask(query_of(bank.world, "full_name"), mode=mode, **options)


def invoked(bank: HostileVerifier, request: Request, method: str = "post") -> Invocation:
    return run(bank.world.wallet.presenter().read_request(bank.publish(request, method=method)), bank)


def consent_to(invocation: Invocation) -> Consent:
    assert invocation.prompt is not None
    consent = approved(invocation.prompt)
    assert isinstance(consent, Consent)
    return consent


def last_event(world: World) -> dict[str, Any]:
    return dict(list(world.wallet.history())[-1].entry)


class TestPosting:
    @IN_BOTH_FORMATS
    @pytest.mark.parametrize("mode", POSTED)
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_the_verifier_sees_what_was_approved(self, world, bank, presenter, mode, method):
        request = asked(bank, mode)
        answer = presenter.answer(consent_to(invoked(bank, request, method)))
        assert run(presenter.send(answer), bank) is None
        [evidence] = bank.verified(request).credentials["resident"]
        assert evidence.disclosed == (world.path("full_name"),)
        assert bank.answer.state == request.state

    def test_the_answer_is_posted_once_to_where_the_request_says_and_no_redirect_is_followed(self, bank, presenter):
        request = asked(bank)
        run(presenter.send(presenter.answer(consent_to(invoked(bank, request)))), bank)
        [posted] = bank.posted
        assert (posted.method, posted.url, posted.max_redirects) == ("POST", request.response_uri, 0)
        assert posted.headers["content-type"] == "application/x-www-form-urlencoded"

    def test_an_encrypted_answer_shows_nothing_on_the_way(self, bank, presenter):
        request = asked(bank)
        run(presenter.send(presenter.answer(consent_to(invoked(bank, request)))), bank)
        [posted] = bank.posted
        assert set(members_of(posted)) == {"response"}
        assert str(request.state).encode() not in posted.body
        assert members_of(posted)["response"].count(".") == 4

    def test_two_credentials_go_in_one_answer(self, world, bank, presenter):
        query = DcqlQuery.from_json(
            {
                "credentials": [
                    credential_query(world, "full_name"),
                    credential_query(world, "above.3000000", kind=Income, id="income"),
                ]
            }
        )
        request = bank.ask(query)
        run(presenter.send(presenter.answer(consent_to(invoked(bank, request)))), bank)
        assert set(bank.verified(request).credentials) == {"resident", "income"}

    @pytest.mark.parametrize("number", [201, 204, 301, 302, 303, 307, 308, 400, 403, 500])
    def test_any_other_status_than_success_is_an_error_and_nothing_is_posted_elsewhere(self, bank, presenter, number):
        answer = presenter.answer(consent_to(invoked(bank, asked(bank))))
        bank.replies = status(number, location="https://evil.example/collect")
        with pytest.raises(TransportError) as caught:
            run(presenter.send(answer), bank)
        assert caught.value.code == "NOT_TAKEN"
        assert len(bank.posted) == 1
        assert not any("evil" in one.url for one in bank.seen)

    def test_an_answer_that_was_lost_can_be_sent_again_as_it_is(self, bank, presenter):
        answer = presenter.answer(consent_to(invoked(bank, asked(bank))))
        bank.replies = status(503)
        with pytest.raises(TransportError):
            run(presenter.send(answer), bank)
        bank.replies = None
        run(presenter.send(answer), bank)
        first, second = bank.answers
        assert first == second

    @pytest.mark.parametrize(
        "uri",
        [
            "https://bank.example/done?response_code=abc",
            "https://bank.example/done#response_code=abc",
            "http://127.0.0.1/d",
        ],
    )
    def test_the_person_goes_on_where_the_verifier_says(self, bank, presenter, uri):
        bank.replies = redirecting(uri)
        assert run(presenter.send(presenter.answer(consent_to(invoked(bank, asked(bank))))), bank) == uri

    @pytest.mark.parametrize(
        "uri",
        [
            "javascript:alert(1)",
            "data:text/html,x",
            "http://bank.example/",
            "file:///etc/passwd",
            "/done",
            "",
            7,
            ["a"],
        ],
    )
    def test_a_browser_is_sent_to_no_other_kind_of_address(self, bank, presenter, uri):
        bank.replies = redirecting(uri)
        answer = presenter.answer(consent_to(invoked(bank, asked(bank))))
        with pytest.raises(MalformedError):
            run(presenter.send(answer), bank)

    @pytest.mark.parametrize("body", [b"", b"[]", b"ok", b'{"a":1,"a":2}', b"\xff"])
    def test_a_reply_that_is_no_object_is_malformed(self, bank, presenter, body):
        bank.replies = lambda _: HttpResponse(status=200, headers={"content-type": "application/json"}, body=body)
        answer = presenter.answer(consent_to(invoked(bank, asked(bank))))
        with pytest.raises(MalformedError):
            run(presenter.send(answer), bank)

    def test_a_reply_that_is_too_long_is_refused(self, bank, presenter):
        bank.replies = redirecting("https://bank.example/" + "a" * 70_000)
        answer = presenter.answer(consent_to(invoked(bank, asked(bank))))
        with pytest.raises(LimitExceededError):
            run(presenter.send(answer), bank)

    def test_an_mdoc_is_bound_to_the_key_that_the_answer_is_encrypted_to(self):
        world = presenting_world(format=MDOC)
        bank, presenter = HostileVerifier(world), world.wallet.presenter()
        request = asked(bank)
        run(presenter.send(presenter.answer(consent_to(invoked(bank, request)))), bank)
        elsewhere = asked(bank)
        assert request.encryption_key != elsewhere.encryption_key
        assert bank.verified(request).credentials["resident"]

    def test_neither_repr_nor_history_has_what_was_disclosed(self, world, bank, presenter):
        invocation = invoked(bank, asked(bank))
        answer = presenter.answer(consent_to(invocation))
        texts = [repr(invocation), repr(answer), world.wallet.export_history().decode()]
        assert not [canary for canary in CANARIES for text in texts if canary in text]


class TestSize:
    """An answer that is too long for the verifier is no answer, and the person is not asked for nothing."""

    LANGUAGES = tuple(f"{number}" * 150_000 for number in range(6))

    @pytest.fixture
    def world(self, request: pytest.FixtureRequest) -> World:
        made = presenting_world(format=format_of(request))
        for card in list(made.wallet.cards(made.type_id(Resident))):
            made.wallet.delete(card)
        made.hold(resident(languages=self.LANGUAGES))
        return made

    @IN_BOTH_FORMATS
    def test_what_does_not_fit_is_not_proposed(self, world, bank):
        request = bank.ask(query_of(world, "languages"))
        invocation = invoked(bank, request)
        assert isinstance(invocation.refusal, NoMatchError)
        assert invocation.refusal.reasons == ("What is asked for is too large for one answer",)
        assert invocation.error == "access_denied"

    @IN_BOTH_FORMATS
    def test_a_part_of_it_that_fits_is_answered(self, world, bank, presenter):
        request = bank.ask(query_of(world, "full_name"))
        run(presenter.send(presenter.answer(consent_to(invoked(bank, request)))), bank)
        assert bank.verified(request).credentials["resident"]

    def test_in_the_open_more_fits(self, world, bank, presenter):
        request = bank.ask(query_of(world, "languages"), mode=ResponseMode.DIRECT_POST)
        run(presenter.send(presenter.answer(consent_to(invoked(bank, request)))), bank)
        assert bank.verified(request).credentials["resident"]

    def test_what_is_chosen_in_its_place_has_to_fit_as_well(self, world, bank):
        for name in ("番号　太郎", "番号　次郎"):
            world.hold(resident(full_name=name, languages=self.LANGUAGES[:3]))
        request = bank.ask(query_of(world, "languages", multiple=True))
        prompt = invoked(bank, request).prompt
        assert prompt is not None
        small = [one.card.id for one in prompt.choices["resident"] if one.size < 700_000]
        large = [one.card.id for one in prompt.choices["resident"] if one.size >= 700_000]
        assert (len(small), len(large)) == (2, 1)
        assert approved(prompt, cards={"resident": small[:1]})
        for cards in (large, small):
            with pytest.raises(LimitExceededError):
                approved(prompt, cards={"resident": cards})

    def test_an_answer_has_so_many_presentations(self, world, bank):
        for number in range(21):
            world.hold(resident(full_name=f"{number}"))
        prompt = invoked(bank, bank.ask(query_of(world, "full_name", multiple=True))).prompt
        assert prompt is not None
        cards = [one.card.id for one in prompt.choices["resident"]]
        assert approved(prompt, cards={"resident": cards[:20]})
        more = tuple(replace(prompt.credentials[0]) for _ in range(21))
        with pytest.raises(LimitExceededError):
            require_size(more, prompt.request.target)


class TestHistory:
    def test_a_disclosure_stands_in_the_history_before_anything_is_sent(self, world, bank, presenter):
        known: list[dict[str, Any]] = []

        def http(request: HttpRequest) -> HttpResponse:
            if request.url in bank.keys:
                known.append(last_event(world))
            return bank(request)

        request = asked(bank)
        run(presenter.send(presenter.answer(consent_to(invoked(bank, request, "get")))), http)
        [entry] = known
        assert (entry["event"], entry["request"]) == ("presented", request.digest)
        assert [one["claims"] for one in entry["credentials"]] == [["full_name", "registered_in", "contact"]]

    def test_where_the_history_cannot_be_written_nothing_leaves(self, world, bank, presenter):
        consent = consent_to(invoked(bank, asked(bank)))

        def full(*_: Any) -> None:
            raise StoreFullError("full")

        world.wallet_store.commit = full
        with pytest.raises(StoreFullError):
            presenter.answer(consent)
        assert bank.posted == []

    def test_one_consent_makes_one_answer(self, bank, presenter):
        consent = consent_to(invoked(bank, asked(bank)))
        presenter.answer(consent)
        with pytest.raises(LocalProtocolError) as caught:
            presenter.answer(consent)
        assert caught.value.code == "CONSENT_USED"

    def test_who_was_declined_is_remembered(self, world, bank, presenter):
        request = asked(bank)
        presenter.decline(invoked(bank, request, "get"))
        entry = last_event(world)
        assert entry == {
            "event": "declined",
            "time": world.clock().isoformat(timespec="seconds"),
            "verifier": "urn:vcwallet:party:bank",
            "verifier_name": {"ja": "さくら銀行", "en": "Sakura Bank"},
            "purpose": "loan",
            "request": request.digest,
        }


NOTHING = [{"type": "aki", "values": ["AAAA"]}]


class TestDeclining:
    """What the verifier learns does not tell a wallet that has nothing from a person who says no."""

    @pytest.mark.parametrize("mode", POSTED)
    def test_has_none_and_said_no_look_alike(self, world, bank, presenter, mode):
        said_no = bank.ask(query_of(world, "full_name"), mode=mode)
        has_none = bank.ask(query_of(world, "full_name", trusted_authorities=NOTHING), mode=mode)
        over_asked = bank.ask(query_of(world, "health"), mode=mode)
        for request in (said_no, has_none, over_asked):
            invocation = invoked(bank, request)
            assert len(bank.posted) == len(bank.answers)
            run(presenter.send(presenter.decline(invocation)), bank)
        for request, answer, sent in zip((said_no, has_none, over_asked), bank.answers, bank.posted, strict=True):
            assert answer == ErrorResponse(error="access_denied", state=request.state)
            assert set(members_of(sent)) == ({"response"} if mode.is_encrypted else {"error", "state"})
        assert len({(one.method, tuple(sorted(one.headers.items()))) for one in bank.posted}) == 1
        assert len({len(one.body) for one in bank.posted}) == 1

    @pytest.mark.parametrize(
        "values", [["番号　花子"], ["somebody else"]], ids=["the value is right", "the value is wrong"]
    )
    def test_probing_for_values_says_nothing_before_the_person_has_done_something(self, world, bank, values):
        path = list(world.path("full_name"))
        query = query_of(world, claims=[{"path": path, "values": values}])
        invoked(bank, bank.ask(query))
        assert [one.method for one in bank.seen] == ["POST"]  # for the request object alone
        assert bank.posted == []

    @pytest.mark.parametrize("values", [["番号　花子"], ["somebody else"]])
    def test_and_then_both_look_alike(self, world, bank, presenter, values):
        query = query_of(world, claims=[{"path": list(world.path("full_name")), "values": values}])
        run(presenter.send(presenter.decline(invoked(bank, bank.ask(query)))), bank)
        assert bank.error.error == "access_denied"

    def test_an_error_is_told_in_the_open_where_nothing_can_be_encrypted(self, world, bank, presenter):
        request = asked(bank)
        link = bank.publish(request)
        changed: dict[str, Any] = {
            "client_metadata": {"jwks": {"keys": [{"kty": "OKP", "crv": "X448", "x": "AA", "kid": "1"}]}}
        }
        bank.fetched = served(signed_request(world.bank_enrolment, request, **changed))
        invocation = run(presenter.read_request(link), bank)
        assert invocation.refusal is not None
        assert invocation.refusal.code == "ENCRYPTION_UNUSABLE"
        run(presenter.send(presenter.decline(invocation)), bank)
        assert members_of(bank.posted[0]) == {"error": "invalid_request", "state": request.state}

    def test_where_nothing_can_be_answered_nothing_new_stands_in_the_history(self, world, bank, presenter):
        invocation = invoked(bank, bank.ask(query_of(world, "full_name", trusted_authorities=NOTHING)))
        before = last_event(world)
        presenter.decline(invocation)
        assert last_event(world) == before


class TestSameChannel:
    def test_an_answer_to_a_request_by_value_goes_back_as_it_came(self, world, bank, presenter):
        request = bank.ask(query_of(world, "full_name"), mode=ResponseMode.SAME_CHANNEL)
        invocation = run(presenter.read_request(request.jwt), bank)
        answer = presenter.answer(consent_to(invocation))
        assert not answer.is_posted
        assert isinstance(answer.content, Response)
        assert world.bank.verify(answer.content, expected=request).credentials["resident"]
        with pytest.raises(ValueError, match="not posted"):
            run(presenter.send(answer), bank)


class TestDigitalCredentialsApi:
    def invoked(self, world: World, request: Request, origin: str = ORIGIN) -> Invocation:
        flow = world.wallet.presenter().read_dc_api_request("openid4vp-v1-signed", request_data(request), origin=origin)
        return run(flow, no_network)

    @IN_BOTH_FORMATS
    @pytest.mark.parametrize("mode", [ResponseMode.DC_API, ResponseMode.DC_API_JWT])
    def test_the_page_gets_what_was_approved_bound_to_its_origin(self, world, bank, presenter, mode):
        key = ResponseKey.create() if mode.is_encrypted else None
        request = delivered_by_api(bank, mode, key)
        answer = presenter.answer(consent_to(self.invoked(world, request)))
        data = answer.dc_api_data()
        assert set(data) == ({"response"} if mode.is_encrypted else {"vp_token"})
        response = read_dc_api_answer(data, key=key)
        assert isinstance(response, Response)
        expected = request.answered_from(ORIGIN)
        assert world.bank.verify(response, expected=expected).credentials["resident"]

    def test_of_several_signers_the_known_one_is_answered(self, world, bank, presenter):
        request = delivered_by_api(bank, ResponseMode.DC_API, None)
        header = {"client_id": request.client_id, "x5c": x5c(world.bank_enrolment.chain)}
        data = multisigned_request_data(request, signers=[(world.bank_enrolment.signer, header)])
        flow = presenter.read_dc_api_request("openid4vp-v1-multisigned", data, origin=ORIGIN)
        answer = presenter.answer(consent_to(run(flow, no_network)))
        response = read_dc_api_answer(answer.dc_api_data(), key=None)
        assert isinstance(response, Response)
        assert world.bank.verify(response, expected=request.answered_from(ORIGIN)).credentials["resident"]

    @pytest.mark.parametrize("mode", [ResponseMode.DC_API, ResponseMode.DC_API_JWT])
    def test_has_none_and_said_no_look_alike(self, world, bank, presenter, mode):
        key = ResponseKey.create() if mode.is_encrypted else None
        nothing = query_of(world, "full_name", trusted_authorities=NOTHING)
        for query in (query_of(world, "full_name"), nothing):
            request = delivered_by_api(bank, mode, key, query)
            data = presenter.decline(self.invoked(world, request)).dc_api_data()
            answer = read_dc_api_answer(data, key=key)
            assert answer == ErrorResponse(error="access_denied", state=None)
            assert set(data) == ({"response"} if mode.is_encrypted else {"error"})

    def test_what_is_posted_is_nothing_for_the_page(self, bank, presenter):
        answer = presenter.answer(consent_to(invoked(bank, asked(bank))))
        with pytest.raises(ValueError, match="posted"):
            answer.dc_api_data()


class TestAllAtOnce:
    def test_a_link_is_answered_in_one_call(self, world, bank, presenter):
        bank.replies = redirecting("https://bank.example/done?response_code=abc")
        request = asked(bank)
        link = bank.publish(request, method="post")
        assert presenter.present(link, http=bank, approve=approved) == "https://bank.example/done?response_code=abc"
        assert bank.verified(request).credentials["resident"]

    @pytest.mark.parametrize("values", [["番号　花子"], ["somebody else"]])
    def test_a_verifier_learns_from_a_no_no_more_than_from_a_wallet_that_has_none(self, world, bank, presenter, values):
        def no(_: Prompt) -> None:
            return None

        query = query_of(world, claims=[{"path": list(world.path("full_name")), "values": values}])
        link = bank.publish(bank.ask(query))
        if values == ["番号　花子"]:
            assert presenter.present(link, http=bank, approve=no) is None
            assert last_event(world)["event"] == "declined"
        else:
            with pytest.raises(NoMatchError):
                presenter.present(link, http=bank, approve=no)
        assert [one.method for one in bank.seen] == ["GET"]
        assert bank.posted == []

    def test_an_answer_that_is_not_posted_is_for_the_caller_to_carry(self, world, bank, presenter):
        request = bank.ask(query_of(world, "full_name"), mode=ResponseMode.SAME_CHANNEL)
        with pytest.raises(LocalProtocolError) as caught:
            presenter.present(value_link(request.client_id, request.jwt), http=bank, approve=approved)
        assert caught.value.code == "NOT_POSTED"

    def test_a_consent_to_another_request_answers_that_one_alone(self, world, bank, presenter):
        """What goes to a verifier is bound to its own request, so nobody can pass it on."""
        one, other = asked(bank, ResponseMode.DIRECT_POST), asked(bank, ResponseMode.DIRECT_POST)
        other_consent = consent_to(invoked(bank, other))
        answer: Answer = presenter.answer(other_consent)
        assert answer.target.uri == other.response_uri != one.response_uri

    def test_a_request_that_has_run_out_is_not_answered_any_more(self, world, bank, presenter):
        consent = consent_to(invoked(bank, asked(bank)))
        world.clock.pass_by(minutes=12)
        with pytest.raises(ValidityError):
            presenter.answer(consent)
        assert last_event(world)["event"] == "received"

    def test_what_was_not_approved_by_name_does_not_leave(self, world, bank, presenter):
        invocation = invoked(bank, bank.ask(query_of(world, "nationality")))
        assert invocation.prompt is not None
        with pytest.raises(ConsentRequiredError):
            invocation.prompt.approve()


def no_network(_: HttpRequest) -> HttpResponse:
    raise AssertionError("nothing is fetched")


def delivered_by_api(
    bank: HostileVerifier, mode: ResponseMode, key: ResponseKey | None, query: DcqlQuery | None = None
) -> Request:
    delivery = Delivery(mode=mode, expected_origins=(ORIGIN, "https://www.bank.example"), key=key)
    return bank.ask(query or query_of(bank.world, "full_name"), mode=mode, delivery=delivery)
