# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Pushed requests, the authorization endpoint and the log-in: one code for one request, in one browser."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.issuance import (
    AGE_JWT,
    CLIENT,
    HANAKO,
    IDENTIFIER,
    REDIRECT,
    RESIDENT_JWT,
    RESIDENT_MDOC,
    Browser,
    Counter,
    Maker,
    credentials,
    error_of,
    keys,
    members,
)
from tests.support.world import AgeCard, Resident
from vcwallet.flow import HttpResponse
from vcwallet.issuer.openid4vci import Bounds, GrantType, LoginPage, OfferState, Subject
from vcwallet.protocols.haip import HAIP_1_0
from vcwallet.protocols.oauth import form
from vcwallet.protocols.oauth.authorization import (
    AuthorizationRequest,
    authorization_url,
    direct_authorization_url,
    read_redirect,
)
from vcwallet.protocols.oauth.authorization_details import AuthorizationDetail


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def wallet(counter):
    return counter.wallet()


def request_uri(wallet, **changed) -> str:
    return members(wallet.push(**changed), 201)["request_uri"]


# --- pushing ---


def test_a_request_is_pushed(wallet):
    pushed = members(wallet.push(), 201)
    assert pushed["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert pushed["expires_in"] == 90


def test_resource_is_taken_and_state_can_be_left_out(wallet):
    location = wallet.authorised(resource=(IDENTIFIER,), state=None)
    assert "state" not in form.read_query(location.partition("?")[2])
    assert members(wallet.exchange(location))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scope": ("unknown",)}, "invalid_scope"),
        (
            {"authorization_details": (AuthorizationDetail(credential_configuration_id="unknown"),)},
            "invalid_authorization_details",
        ),
        ({"redirect_uri": "javascript:alert(1)"}, "invalid_request"),
        ({"redirect_uri": "http://wallet.example/back"}, "invalid_request"),
        ({"redirect_uri": "https://wallet.example/back#x"}, "invalid_request"),
        ({"issuer_state": "made-up"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
    ],
)
def test_a_request_that_cannot_be_granted_is_refused(wallet, changed, error):
    refused = wallet.push(**changed)
    assert (refused.status, error_of(refused)) == (400, error)


def test_unknown_scopes_are_ignored_beside_known_ones(counter, wallet):
    members(wallet.exchange(wallet.authorised(scope=("openid", RESIDENT_JWT))))
    credentials(wallet.ask(*keys()))


def test_without_pkce_nothing_is_granted(wallet):
    given = {"response_type": "code", "client_id": CLIENT, "redirect_uri": REDIRECT, "scope": RESIDENT_JWT}
    assert error_of(wallet.post_form("/par", given)) == "invalid_request"
    plain = {"code_challenge": "x" * 43, "code_challenge_method": "plain"}
    assert error_of(wallet.post_form("/par", given | plain)) == "invalid_request"


def test_only_so_many_requests_are_kept(counter):
    counter.service = counter.made(bounds=Bounds(requests=2))
    wallet = counter.wallet()
    for _ in range(2):
        assert wallet.push().status == 201
    refused = wallet.push()
    assert (refused.status, error_of(refused)) == (503, "temporarily_unavailable")
    assert refused.headers["retry-after"]
    counter.clock.pass_by(minutes=12)
    assert wallet.push().status == 201


# --- bringing it ---


def test_the_answer_names_the_issuer_and_the_state(wallet):
    location = wallet.authorised()
    assert read_redirect(location, redirect_uri=REDIRECT, state="state-1", issuer=IDENTIFIER)


def test_a_pushed_request_ends(counter, wallet):
    uri, late = request_uri(wallet), request_uri(wallet)
    counter.clock.pass_by(seconds=89)
    browser = wallet.visit(uri)
    counter.clock.pass_by(seconds=1)
    assert error_of(wallet.visit(late).response) == "invalid_request_uri"
    assert browser.say(HANAKO)  # who has come in time may take their time


@pytest.mark.parametrize(
    "changed", [{"client_id": "https://other.example"}, {"request_uri": "urn:ietf:params:oauth:request_uri:x"}]
)
def test_a_pushed_request_of_another_client_is_none(wallet, changed):
    given = {"client_id": CLIENT, "request_uri": request_uri(wallet)}
    browser = Browser(wallet)
    refused = browser.go(authorization_url(wallet.url("/authorize"), **given | changed))
    assert error_of(refused) == "invalid_request_uri"
    assert browser.go(authorization_url(wallet.url("/authorize"), **given)).status == 200


def test_a_request_is_brought_again_until_it_has_ended_in_a_code(wallet):
    uri = request_uri(wallet)
    first, second = wallet.visit(uri), wallet.visit(uri)
    assert second.say(HANAKO)
    assert first.post(who=HANAKO).status == 403
    assert error_of(wallet.visit(uri).response) == "invalid_request_uri"


def test_a_request_need_not_be_pushed_unless_the_profile_says_so(counter, wallet):
    request = AuthorizationRequest(
        client_id=CLIENT, redirect_uri=REDIRECT, code_challenge=wallet.pkce.challenge, scope=(RESIDENT_JWT,)
    )
    browser = Browser(wallet)
    browser.go(direct_authorization_url(wallet.url("/authorize"), request))
    assert members(wallet.exchange(browser.say(HANAKO)))
    counter.service = counter.made(profile=HAIP_1_0)
    strict = Browser(counter.wallet())
    assert error_of(strict.go(direct_authorization_url(wallet.url("/authorize"), request))) == "invalid_request"
    assert counter.service.server_metadata.require_pushed_authorization_requests


def test_nobody_is_sent_anywhere_with_a_broken_request(wallet):
    refused = Browser(wallet).go(f"{IDENTIFIER}/authorize?client_id=x&redirect_uri=https://evil.example")
    assert (refused.status, error_of(refused)) == (400, "invalid_request")
    assert "location" not in refused.headers


def test_only_so_many_logins_are_kept(counter):
    counter.service = counter.made(bounds=Bounds(logins=1))
    wallet = counter.wallet()
    uri = request_uri(wallet)
    assert wallet.visit(uri).response.status == 200
    assert wallet.visit(uri).response.status == 503


def test_without_a_login_there_is_no_such_grant(counter):
    counter.service = counter.made(login=None)
    wallet = counter.wallet()
    assert counter.service.server_metadata.authorization_endpoint is None
    refused = Browser(wallet).go(authorization_url(wallet.url("/authorize"), client_id=CLIENT, request_uri="x"))
    assert error_of(refused) == "unauthorized_client"


# --- logging in ---


def test_the_login_is_told_what_is_asked_for(counter, wallet):
    wallet.authorised(scope=(AGE_JWT, RESIDENT_JWT, RESIDENT_MDOC))
    first, last = counter.door.seen[0], counter.door.seen[-1]
    assert first.types == (AgeCard, Resident)
    assert (first.client, first.wallet_name, first.at) == (CLIENT, None, counter.clock())
    assert (first.http.method, last.http.method) == ("GET", "POST")
    assert (first.state, last.state) == (b"", b".")


def test_an_attested_wallet_is_named(counter):
    Maker(counter).wallet().authorised()
    assert counter.door.seen[0].wallet_name == "Sample Wallet"


def test_a_page_is_kept_out_of_caches_and_frames(wallet):
    response = wallet.visit(request_uri(wallet)).response
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


def test_a_page_may_have_a_policy_of_its_own(counter, wallet):
    class Own:
        def identify(self, request):
            headers = {"content-security-policy": "default-src 'none'", "cache-control": "public"}
            return LoginPage(response=HttpResponse(status=200, headers=headers, body=b""))

    counter.service = counter.made(login=Own())
    response = counter.wallet().visit(request_uri(counter.wallet())).response
    assert response.headers["content-security-policy"] == "default-src 'none'"
    assert response.headers["cache-control"] == "no-store"


def test_the_cookie_is_for_this_host_and_this_login(counter, wallet):
    seen: list[HttpResponse] = []

    def http(request):
        seen.append(counter.service(request))
        return seen[-1]

    wallet.http = http
    wallet.visit(request_uri(wallet))
    cookie = next(response.headers["set-cookie"] for response in seen if "set-cookie" in response.headers)
    assert cookie.startswith("__Host-login-")
    for part in ("; Path=/;", "; HttpOnly;", "; SameSite=Lax", "; Secure", "; Max-Age=600;"):
        assert part in cookie + ";"


def test_a_browser_of_this_machine_needs_no_https():
    counter = Counter(identifier="http://127.0.0.1:8000")
    wallet = counter.wallet()
    browser = wallet.visit(request_uri(wallet))
    assert [name for name in browser.cookies if name.startswith("login-")]
    assert members(wallet.exchange(browser.say(HANAKO)))


def test_the_address_of_a_login_is_no_good_in_another_browser(counter, wallet):
    browser = wallet.visit(request_uri(wallet))
    for cookies in ({}, {next(iter(browser.cookies)): "x" * 43}, wallet.visit(request_uri(wallet)).cookies):
        other = Browser(wallet, cookies=dict(cookies))
        refused = other.go(browser.url)
        assert (refused.status, error_of(refused)) == (403, "invalid_request")
        refused = other.go(browser.action, method="POST", body=b"who=resident+17")
        assert refused.status == 403
    assert browser.say(HANAKO)


def test_two_logins_in_one_browser_do_not_disturb_each_other(wallet):
    browser = wallet.visit(request_uri(wallet))
    first = browser.action
    url = authorization_url(wallet.url("/authorize"), client_id=CLIENT, request_uri=request_uri(wallet))
    browser.go(url)
    assert browser.action != first
    assert browser.say(HANAKO)
    assert browser.go(first, method="POST", body=b"who=resident+17").status == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_refused(wallet, headers):
    browser = wallet.visit(request_uri(wallet))
    action = browser.action
    assert browser.go(action, method="POST", body=b"who=resident+17", **headers).status == 403
    own = {"origin": IDENTIFIER, "sec-fetch-site": "same-origin"}
    assert browser.go(action, method="POST", body=b"who=resident+17", **own).status == 303


def test_a_form_that_is_sent_twice_gets_the_same_code(counter, wallet):
    browser = wallet.visit(request_uri(wallet))
    action = browser.action
    first = browser.go(action, method="POST", body=b"who=resident+17").headers["location"]
    assert browser.go(action, method="POST", body=b"who=somebody+else").headers["location"] == first
    assert browser.go(browser.url).headers["location"] == first
    assert len([request for request in counter.door.seen if request.http.method == "POST"]) == 1


def test_a_request_that_has_ended_while_somebody_logged_in_ends_in_no_second_code(counter, wallet):
    uri = request_uri(wallet)
    browser, other = wallet.visit(uri), wallet.visit(uri)
    identify, locations = counter.door.identify, []

    def slow(request):
        counter.door.identify = identify
        locations.append(other.say(HANAKO))
        return identify(request)

    counter.door.identify = slow
    assert browser.post(who=HANAKO).status == 403
    assert members(wallet.exchange(locations[0]))


def test_a_person_may_decline(wallet):
    uri = request_uri(wallet)
    browser = wallet.visit(uri)
    location = browser.post(decline="yes").headers["location"]
    answer = form.read_query(location.partition("?")[2])
    assert answer == {"error": "access_denied", "state": "state-1", "iss": IDENTIFIER}
    assert error_of(wallet.visit(uri).response) == "invalid_request_uri"


def test_a_login_ends(counter, wallet):
    browser = wallet.visit(request_uri(wallet))
    counter.clock.pass_by(minutes=10)
    assert browser.post(who=HANAKO).status == 403


def test_a_subject_has_a_reference():
    for reference in ("", "x" * 201):
        with pytest.raises(ValueError, match="reference"):
            Subject(reference=reference)
    assert "resident" not in repr(Subject(reference=HANAKO))
    with pytest.raises(ValueError, match="state"):
        LoginPage(response=HttpResponse(status=200, headers={}, body=b""), state=b"x" * 16_385)


# --- offers of this grant ---


def offered(counter: Counter, *ids: str, subject: str | None = HANAKO):
    return counter.service.offer(subject, ids or (RESIDENT_JWT,), grant=GrantType.AUTHORIZATION_CODE)


def test_an_offer_is_followed_by_its_state(counter, wallet):
    offer = offered(counter)
    state = offer.offer.authorization_code.issuer_state
    assert counter.service.offer_status(offer.id).state is OfferState.OFFERED
    location = wallet.authorised(issuer_state=state)
    assert counter.service.offer_status(offer.id).state is OfferState.OFFERED
    members(wallet.exchange(location))
    assert counter.service.offer_status(offer.id).state is OfferState.REDEEMED
    credentials(wallet.ask(*keys()))
    assert counter.service.offer_status(offer.id).state is OfferState.ISSUED


def test_an_offer_for_one_person_is_not_for_another(counter, wallet):
    state = offered(counter).offer.authorization_code.issuer_state
    location = wallet.authorised("resident 18", issuer_state=state)
    assert form.read_query(location.partition("?")[2])["error"] == "access_denied"
    assert members(wallet.exchange(wallet.authorised(issuer_state=state)))


def test_an_offer_for_nobody_is_for_whoever_logs_in(counter, wallet):
    state = offered(counter, subject=None).offer.authorization_code.issuer_state
    assert members(wallet.exchange(wallet.authorised(issuer_state=state)))


def test_an_offer_is_good_for_what_it_offers(counter, wallet):
    state = offered(counter).offer.authorization_code.issuer_state
    assert error_of(wallet.push(issuer_state=state, scope=(AGE_JWT,))) == "invalid_scope"
    members(wallet.exchange(wallet.authorised(issuer_state=state, scope=(RESIDENT_JWT, AGE_JWT))))
    assert error_of(wallet.ask(*keys(), id=AGE_JWT)) == "unknown_credential_configuration"


def test_an_offer_that_has_ended_is_none(counter, wallet):
    offer = offered(counter)
    state = offer.offer.authorization_code.issuer_state
    counter.clock.pass_by(minutes=10)
    assert error_of(wallet.push(issuer_state=state)) == "invalid_request"
    assert counter.service.offer_status(offer.id).state is OfferState.ENDED


# --- attested wallets ---


def test_a_pushed_request_of_an_attested_wallet_is_redeemed_by_the_same_instance(counter):
    maker = Maker(counter)
    wallet = maker.wallet()
    location = wallet.authorised()
    other = Maker(counter).wallet(pkce=wallet.pkce, dpop=wallet.dpop)
    assert error_of(other.exchange(location)) == "invalid_grant"
    assert members(wallet.exchange(location))


def test_haip_refuses_a_wallet_that_is_not_attested(counter):
    counter.service = counter.made(profile=HAIP_1_0)
    refused = counter.wallet().push()
    assert (refused.status, error_of(refused)) == (401, "invalid_client")
    assert Maker(counter).wallet().push().status == 201


def test_haip_cannot_be_had_without_providers_or_login(counter):
    with pytest.raises(ValueError, match="provider"):
        counter.made(profile=HAIP_1_0, wallet_providers=None)
    with pytest.raises(ValueError, match="log-in"):
        counter.made(profile=HAIP_1_0, login=None)


def test_lifetimes_bound_the_code(counter):
    wallet = counter.wallet()
    location = wallet.authorised()
    counter.clock.now += timedelta(minutes=30)
    assert error_of(wallet.exchange(location)) == "invalid_grant"
