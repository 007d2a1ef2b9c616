# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Logging in to an issuer with a card: a challenge for each page, and one answer to each challenge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.jpki import Card, authority, card
from tests.support.pki import NOW
from vcwallet.encoding import base64url
from vcwallet.flow import HttpRequest, HttpResponse
from vcwallet.issuer.openid4vci import LoginAnswer, LoginPage, LoginRefused, LoginRequest, Subject
from vcwallet.japan import ResidenceRecord
from vcwallet.japan.jpki import (
    USER_AUTHENTICATION,
    JpkiAuthorities,
    JpkiIdentity,
    JpkiLogin,
    LoginProblem,
    RevocationLists,
    challenge_text,
)
from vcwallet.japan.jpki.login import MAX_TRIES
from vcwallet.protocols.oauth.form import form_body

ISSUER = "https://city.example"
CA = authority()
CARD = card(CA)
STRANGER = card(CA)
AUTHORITIES = JpkiAuthorities([CA.der], profile=USER_AUTHENTICATION)
REGISTERED = {CARD.certificate.serial_number: "R00001"}


def person(identity: JpkiIdentity) -> str | None:
    return REGISTERED.get(identity.serial_number)


def page(challenge: str, request: LoginRequest, problem: LoginProblem | None) -> HttpResponse:
    return HttpResponse(status=200, headers={}, body=f"{challenge}|{request.url}|{problem}".encode())


LOGIN = JpkiLogin(
    issuer=ISSUER,
    authorities=AUTHORITIES,
    revocation=RevocationLists([CA.revocation_list()], authorities=AUTHORITIES),
    person=person,
    page=page,
)


def request(method: str = "GET", *, state: bytes = b"", **fields: str) -> LoginRequest:
    url = f"{ISSUER}/login/handle"
    return LoginRequest(
        http=HttpRequest(method=method, url=url, max_bytes=0, body=form_body(fields)),
        url=url,
        types=(ResidenceRecord,),
        client="wallet",
        redirect_uri="org.example.wallet:/back",
        state=state,
        at=NOW,
    )


def shown(answer: LoginAnswer) -> tuple[str, str, bytes]:
    """The challenge and the problem of a page, and its state."""
    assert isinstance(answer, LoginPage)
    challenge, url, problem = answer.response.body.decode().split("|")
    assert url == f"{ISSUER}/login/handle"
    return challenge, problem, answer.state


def answer_with(one: Card, challenge: str, state: bytes, **changed: Any) -> LoginAnswer:
    fields = {
        "certificate": base64url.encode(one.der),
        "signature": base64url.encode(one.sign(challenge.encode())),
    }
    return LOGIN.identify(request("POST", state=state, **{**fields, **changed}))


def test_the_card_that_answers_the_page_is_the_person_who_is_registered_with_it() -> None:
    challenge, problem, state = shown(LOGIN.identify(request()))
    assert problem == "None"
    assert answer_with(CARD, challenge, state) == Subject(reference="R00001")


def test_a_challenge_says_which_issuer_it_is_for_and_is_never_the_same() -> None:
    first, _, _ = shown(LOGIN.identify(request()))
    second, _, _ = shown(LOGIN.identify(request()))
    assert first.split("\n")[:2] == ["JPKI login 1", ISSUER]
    assert len(base64url.decode(first.split("\n")[2])) == 32
    assert first != second


def test_a_challenge_has_32_random_bytes() -> None:
    assert challenge_text(ISSUER, bytes(32)).endswith("\n" + "A" * 43)
    with pytest.raises(ValueError, match="32"):
        challenge_text(ISSUER, bytes(31))


def test_an_answer_to_the_challenge_of_an_earlier_page_is_refused() -> None:
    first, _, _ = shown(LOGIN.identify(request()))
    second, _, state = shown(LOGIN.identify(request()))
    again, problem, _ = shown(answer_with(CARD, first, state))
    assert problem == "card"
    assert again not in (first, second)


@pytest.mark.parametrize(
    "changed",
    [{"signature": ""}, {"certificate": ""}, {"signature": "!"}, {"certificate": "AAAA"}, {"signature": "AAAA"}],
    ids=str,
)
def test_an_answer_that_is_none_shows_the_page_again(changed: dict[str, str]) -> None:
    challenge, _, state = shown(LOGIN.identify(request()))
    assert shown(answer_with(CARD, challenge, state, **changed))[1] == "card"


def test_a_form_that_is_none_shows_the_page_again() -> None:
    _, _, state = shown(LOGIN.identify(request()))
    posted = request("POST", state=state)
    broken = replace(posted, http=replace(posted.http, body=b"a=1&a=2"))
    assert shown(LOGIN.identify(broken))[1] == "card"


def test_a_card_that_nobody_is_registered_with_shows_the_page_again() -> None:
    challenge, _, state = shown(LOGIN.identify(request()))
    again, problem, state = shown(answer_with(STRANGER, challenge, state))
    assert problem == "unknown_person"
    assert answer_with(CARD, again, state) == Subject(reference="R00001")


def test_after_five_wrong_answers_the_login_is_refused_and_a_new_page_does_not_help() -> None:
    challenge, _, state = shown(LOGIN.identify(request()))
    for _ in range(MAX_TRIES - 1):
        challenge, _, state = shown(answer_with(STRANGER, challenge, state))
    reloaded, _, state = shown(LOGIN.identify(request(state=state)))
    assert isinstance(answer_with(STRANGER, reloaded, state), LoginRefused)
    assert answer_with(CARD, reloaded, state) == Subject(reference="R00001")


def test_whoever_declines_is_refused() -> None:
    _, _, state = shown(LOGIN.identify(request()))
    assert LOGIN.identify(request("POST", state=state, decline="1")) == LoginRefused()


def test_a_form_that_is_posted_before_a_page_was_shown_shows_the_page() -> None:
    challenge = challenge_text(ISSUER, bytes(32))
    assert shown(answer_with(CARD, challenge, b""))[1] == "None"
