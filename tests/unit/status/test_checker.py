# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Looking up statuses: whole lists when needed; what cannot be had is a result (Token Status List, section 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.status import EVERY_LIST, HOUR, ISSUER, NOW, OTHER_URI, URI, OneSigner, signed, token
from vcwallet.errors import (
    LimitExceededError,
    MalformedError,
    NetworkBlockedError,
    StoreError,
    StoreFullError,
    TransportError,
)
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.status import checker, held_lists
from vcwallet.status.aggregation import aggregation
from vcwallet.status.checker import (
    CredentialStatus,
    Prefetched,
    StatusChecker,
    fetch_token,
    media_type_of,
)
from vcwallet.status.held_lists import ListKey
from vcwallet.status.outcome import DISASTER, STANDARD, Origin, StatusPolicy, StatusResult, StatusState
from vcwallet.status.token_status_list import MAX_TOKEN_BYTES, MediaType, StatusListToken, status_claim
from vcwallet.storage import Change, MemoryStore

SD_JWT, MDOC = "dc+sd-jwt", "mso_mdoc"
IN_BOTH_FORMATS = pytest.mark.parametrize("format", [SD_JWT, MDOC])


@dataclass
class Lookup:
    """A checker with a host of its own."""

    policy: StatusPolicy = STANDARD
    trust: OneSigner = field(default_factory=OneSigner)
    store: MemoryStore = field(default_factory=MemoryStore)
    lists: dict[str, StatusListToken] = field(default_factory=dict)
    answers: dict[str, HttpResponse | Exception] = field(default_factory=dict)
    requests: list[HttpRequest] = field(default_factory=list)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.checker = StatusChecker(store=self.store, trust=self.trust, policy=self.policy)

    def http(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        answer = self.answers.get(request.url)
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        media_type = MediaType(request.headers["accept"])
        if request.url not in self.lists:
            return HttpResponse(status=404, headers={}, body=b"")
        return served(signed(self.lists[request.url], media_type), media_type)

    def check(
        self, *claims: Mapping[str, Any] | None, format: str = SD_JWT, issuer: str = ISSUER
    ) -> list[StatusResult]:
        """Return what is found after fetching what is needed."""
        credentials = [CredentialStatus(claim=claim, issuer=issuer, format=format) for claim in claims]
        failures = run(self.checker.refreshing(credentials, at=self.now), self.http)
        return [self.checker.check(one, at=self.now, failures=failures) for one in credentials]

    def one(self, index: int = 0, **options: Any) -> StatusResult:
        [result] = self.check(status_claim(URI, index), **options)
        return result


def served(body: bytes, media_type: str = MediaType.JWT, status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, headers={"content-type": str(media_type)}, body=body)


def lookup(values: Mapping[int, int] | None = None, *, policy: StatusPolicy = STANDARD, **changed: Any) -> Lookup:
    return Lookup(policy=policy, lists={URI: token(values, **{"bits": 8, **changed})})


# --- outcomes --------------------------------------------------------------------------------------------------------


@IN_BOTH_FORMATS
@pytest.mark.parametrize(
    ("value", "state"),
    [
        (0, StatusState.VALID),
        (1, StatusState.REVOKED),
        (2, StatusState.SUSPENDED),
        *((value, StatusState.OTHER) for value in (3, 4, 11, 12, 15, 16, 255)),
    ],
)
def test_a_value_is_one_status_and_no_set_of_flags(format, value, state):
    result = lookup({7: value}).one(7, format=format)
    assert (result.state, result.value, result.reason) == (state, value, None)


@IN_BOTH_FORMATS
def test_a_result_says_what_it_relies_on(format):
    result = lookup({7: 1}).one(7, format=format)
    assert result == StatusResult(
        state=StatusState.REVOKED,
        checked_at=NOW,
        value=1,
        mechanism="status_list",
        uri=URI,
        index=7,
        issued_at=NOW - HOUR,
        expires=NOW + 24 * HOUR,
        fetched_at=NOW,
        fresh_until=NOW + 12 * HOUR,
        origin=Origin.NETWORK,
    )


def test_a_credential_without_a_status_causes_no_request():
    case = lookup()
    [result] = case.check(None)
    assert result == StatusResult(state=StatusState.NOT_APPLICABLE, checked_at=NOW)
    assert case.requests == []


@pytest.mark.parametrize("claim", [{}, {"identifier_list": {"id": b"1", "uri": URI}}])
def test_another_mechanism_is_unknown_and_causes_no_request(claim):
    case = lookup()
    [result] = case.check(claim)
    assert (result.state, result.reason) == (StatusState.UNKNOWN, "STATUS_MECHANISM_UNSUPPORTED")
    assert case.requests == []


def test_a_malformed_reference_is_an_error_and_nothing_is_fetched():
    case = lookup()
    broken = {"status_list": {"idx": -1, "uri": URI}}
    with pytest.raises(MalformedError):
        case.check(status_claim(URI, 0), broken)
    assert case.requests == []
    with pytest.raises(MalformedError):
        case.checker.check(CredentialStatus(claim=broken, issuer=ISSUER, format=SD_JWT), at=NOW)


def test_an_index_outside_the_list_is_unknown():
    assert lookup(size=1000).one(999).state is StatusState.VALID
    result = lookup(size=1000).one(1000)
    assert (result.state, result.reason, result.value) == (StatusState.UNKNOWN, "STATUS_INDEX_OUT_OF_RANGE", None)


def test_a_signer_of_somebody_else_says_nothing():
    result = lookup().one(issuer="urn:example:office")
    assert (result.state, result.reason) == (StatusState.UNKNOWN, "STATUS_SIGNER_NOT_AUTHORISED")
    case = lookup()
    case.trust.acts_for = frozenset({"urn:example:office"})
    assert case.one(issuer="urn:example:office").state is StatusState.VALID


def test_a_signer_that_was_stopped_says_nothing_at_once():
    case = lookup()
    assert case.one().state is StatusState.VALID
    case.trust.is_stopped = True
    result = case.one()
    assert (result.state, result.reason) == (StatusState.UNKNOWN, "NOT_AUTHORISED")


# --- fetching --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("format", "form"), [(SD_JWT, "application/statuslist+jwt"), (MDOC, "application/statuslist+cwt")]
)
def test_what_is_sent_is_the_address_of_the_whole_list_and_nothing_else(format, form):
    case = lookup()
    case.one(7, format=format)
    [request] = case.requests
    assert request == HttpRequest(
        method="GET", url=URI, max_bytes=MAX_TOKEN_BYTES, headers={"accept": form}, max_redirects=2
    )
    assert media_type_of(format) == form


def test_a_list_is_fetched_once_for_all_its_credentials():
    case = lookup({1: 1})
    case.lists[OTHER_URI] = token(uri=OTHER_URI)
    results = case.check(*(status_claim(URI, index) for index in range(3)), status_claim(OTHER_URI, 1))
    assert [one.value for one in results] == [0, 1, 0, 0]
    assert [one.url for one in case.requests] == [URI, OTHER_URI]


def test_a_fresh_list_is_not_fetched_again():
    case = lookup()
    case.one()
    case.now = NOW + 12 * HOUR - timedelta(seconds=1)
    case.one()
    assert len(case.requests) == 1
    case.now += timedelta(seconds=1)
    assert case.one().fetched_at == case.now
    assert len(case.requests) == 2


@IN_BOTH_FORMATS
def test_a_change_is_seen_when_the_list_is_no_longer_fresh(format):
    case = lookup({7: 2})
    assert case.one(7, format=format).state is StatusState.SUSPENDED
    case.now += 12 * HOUR
    case.lists[URI] = token(issued_at=case.now, bits=8)
    assert case.one(7, format=format).state is StatusState.VALID


FAILED: dict[str, tuple[HttpResponse | Exception, str]] = {
    "nothing there": (served(b"", status=404), "TRANSPORT"),
    "a redirect": (served(b"", status=302), "TRANSPORT"),
    "a server error": (served(b"", status=500), "TRANSPORT"),
    "another success": (served(signed(token()), status=203), "TRANSPORT"),
    "no network": (TransportError("nothing came back"), "TRANSPORT"),
    "forbidden": (NetworkBlockedError("a private address"), "NETWORK_BLOCKED"),
    "a bare error": (ConnectionResetError(), "TRANSPORT"),
    "a bare timeout": (TimeoutError(), "TRANSPORT"),
    "too much": (LimitExceededError("too long"), "LIMIT_EXCEEDED"),
    "a web page": (served(b"<html>", "text/html"), "MALFORMED"),
    "no media type": (HttpResponse(status=200, headers={}, body=signed(token())), "MALFORMED"),
    "the other form": (served(signed(token(), MediaType.CWT), MediaType.CWT), "MALFORMED"),
    "the other form in disguise": (served(signed(token(), MediaType.CWT)), "MALFORMED"),
    "an empty body": (served(b""), "MALFORMED"),
    "another list": (served(signed(token(uri=OTHER_URI))), "STATUS_WRONG_SUBJECT"),
    "an ended list": (served(signed(token(expires=NOW))), "STATUS_LIST_EXPIRED"),
    "a list of tomorrow": (served(signed(token(issued_at=NOW + 2 * HOUR))), "NOT_YET_VALID"),
}


@pytest.mark.parametrize("case", FAILED)
def test_a_list_that_cannot_be_had_is_unknown_with_the_reason(case):
    answer, code = FAILED[case]
    found = lookup()
    found.answers[URI] = answer
    result = found.one()
    assert (result.state, result.reason, result.uri, result.value) == (StatusState.UNKNOWN, code, URI, None)
    del found.answers[URI]
    assert found.one().state is StatusState.VALID


@pytest.mark.parametrize("spelling", ["Application/StatusList+JWT", "application/statuslist+jwt; charset=utf-8"])
def test_a_media_type_may_be_spelled_in_capitals_and_have_parameters(spelling):
    found = lookup()
    found.answers[URI] = served(signed(token()), spelling)
    assert found.one().state is StatusState.VALID


def test_one_byte_too_many_is_refused():
    key = ListKey(uri=URI, media_type=MediaType.JWT)
    body = bytes(MAX_TOKEN_BYTES)
    assert run(fetch_token(key), lambda _: served(body)) == body
    with pytest.raises(LimitExceededError):
        run(fetch_token(key), lambda _: served(body + b"x"))


def test_a_programming_error_of_a_transport_is_not_hidden():
    found = lookup()
    found.answers[URI] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        found.one()


def test_a_store_that_fails_is_no_unknown_status():
    class Full(MemoryStore):
        def commit(self, *changes: Change) -> None:
            raise StoreFullError("no room")

    with pytest.raises(StoreFullError):
        Lookup(store=Full(), lists={URI: token()}).one()


@pytest.mark.parametrize("step", ["refreshing", "check"])
def test_a_store_that_cannot_be_read_is_no_unknown_status(step):
    class Broken(MemoryStore):
        def find(self, *_: Any) -> Any:
            raise StoreError("cannot read")

    case = Lookup(store=Broken())
    credential = CredentialStatus(claim=status_claim(URI, 0), issuer=ISSUER, format=SD_JWT)
    steps: dict[str, Callable[[], Any]] = {
        "refreshing": lambda: run(case.checker.refreshing([credential], at=NOW), case.http),
        "check": lambda: case.checker.check(credential, at=NOW),
    }
    with pytest.raises(StoreError):
        steps[step]()


# --- without a network -----------------------------------------------------------------------------------------------


def offline(case: Lookup, *, hours: float) -> StatusResult:
    case.now = NOW + hours * HOUR
    case.answers[URI] = NetworkBlockedError("no network")
    return case.one()


def test_what_is_not_held_is_unknown():
    case = lookup()
    credential = CredentialStatus(claim=status_claim(URI, 0), issuer=ISSUER, format=SD_JWT)
    result = case.checker.check(credential, at=NOW)
    assert (result.state, result.reason) == (StatusState.UNKNOWN, "STATUS_NOT_HELD")


@pytest.mark.parametrize(
    ("policy", "hours", "state"),
    [
        (STANDARD, 11.9, StatusState.VALID),
        (STANDARD, 12, StatusState.STALE),
        (DISASTER, 12, StatusState.VALID),
        (DISASTER, 83.9, StatusState.VALID),
        (DISASTER, 84, StatusState.STALE),
    ],
)
def test_a_list_is_relied_on_for_as_long_as_the_policy_says(policy, hours, state):
    case = lookup(policy=policy, expires=NOW + 1000 * HOUR)
    case.one()
    result = offline(case, hours=hours)
    assert (result.state, result.age, result.fetched_at) == (state, hours * HOUR, NOW)
    assert result.is_past_fresh == (hours >= 12)
    assert result.reason == ("NETWORK_BLOCKED" if state is StatusState.STALE or hours >= 12 else None)


def test_no_policy_relies_on_a_list_past_its_end():
    case = lookup(policy=replace(DISASTER, stale_for=timedelta.max))
    case.one()
    assert offline(case, hours=23.9).state is StatusState.VALID
    result = offline(case, hours=24)
    assert (result.state, result.reason, result.value) == (StatusState.STALE, "STATUS_LIST_EXPIRED", None)


@pytest.mark.parametrize(
    ("value", "state"),
    [(1, StatusState.REVOKED), (2, StatusState.STALE), (3, StatusState.STALE), (0, StatusState.STALE)],
)
def test_only_revoked_is_for_good(value, state):
    case = lookup({0: value})
    case.one()
    result = offline(case, hours=13)
    assert (result.state, result.value) == (state, value)


def test_an_older_list_is_refused_and_the_last_one_gets_stale():
    case = lookup({0: 2}, issued_at=NOW)
    case.one()
    case.now += 12 * HOUR
    case.lists[URI] = token(bits=8)
    result = case.one()
    assert (result.state, result.reason, result.value) == (StatusState.STALE, "STATUS_ROLLBACK", 2)


@pytest.mark.parametrize(("seconds", "state"), [(60, StatusState.VALID), (61, StatusState.STALE)])
def test_a_clock_that_went_back_makes_no_list_younger(seconds, state):
    case = lookup(policy=DISASTER, issued_at=NOW - 10 * HOUR)
    case.one()
    assert offline(case, hours=-seconds / 3600).state is state


# --- ahead of time ---------------------------------------------------------------------------------------------------


def prefetch(case: Lookup, *addresses: str, forms: Any = (MediaType.JWT,)) -> Prefetched:
    return run(case.checker.prefetching(addresses, media_types=forms, at=case.now), case.http)


def listing(*uris: str) -> HttpResponse:
    return served(aggregation(uris), "application/json")


def test_all_lists_of_a_publisher_are_fetched_in_all_forms():
    case = lookup()
    case.lists[OTHER_URI] = token(uri=OTHER_URI)
    case.answers[EVERY_LIST] = listing(URI, OTHER_URI, URI)
    found = prefetch(case, EVERY_LIST, EVERY_LIST, forms=tuple(MediaType))
    assert found.failed == {}
    assert set(found.fetched) == {ListKey(uri=uri, media_type=form) for uri in (URI, OTHER_URI) for form in MediaType}
    assert [one.url for one in case.requests] == [EVERY_LIST, URI, URI, OTHER_URI, OTHER_URI]
    case.answers[URI] = case.answers[OTHER_URI] = NetworkBlockedError("no network")
    assert [case.one(format=format).state for format in (SD_JWT, MDOC)] == [StatusState.VALID] * 2


def test_one_that_fails_does_not_stop_the_others():
    case = lookup()
    case.lists[OTHER_URI] = token(uri=OTHER_URI)
    missing, broken = "https://city.example/lists/404", "https://city.example/lists/broken"
    case.answers |= {
        EVERY_LIST: listing(missing, URI, broken, OTHER_URI),
        broken: served(b"nothing"),
        "https://office.example/lists": TransportError("down"),
        "https://bureau.example/lists": ConnectionRefusedError(),
        "https://agency.example/lists": served(b"{}", "application/json"),
    }
    found = prefetch(
        case,
        "https://office.example/lists",
        "https://bureau.example/lists",
        "https://agency.example/lists",
        "http://plain.example",
        EVERY_LIST,
    )
    assert [one.uri for one in found.fetched] == [URI, OTHER_URI]
    assert found.failed == {
        "https://office.example/lists": "TRANSPORT",
        "https://bureau.example/lists": "TRANSPORT",
        "https://agency.example/lists": "MALFORMED",
        "http://plain.example": "MALFORMED",
        missing: "TRANSPORT",
        broken: "MALFORMED",
    }


def test_a_publisher_of_one_form_only_has_not_failed():
    case = lookup()
    case.answers |= {EVERY_LIST: listing(URI), URI: served(signed(token()))}
    found = prefetch(case, EVERY_LIST, forms=tuple(MediaType))
    assert found == Prefetched(fetched=(ListKey(uri=URI, media_type=MediaType.JWT),), failed={})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (HttpResponse(status=404, headers={}, body=b""), None),
        (HttpResponse(status=406, headers={}, body=b""), None),
        (served(b"{}", "application/json"), None),
        (HttpResponse(status=503, headers={}, body=b""), "TRANSPORT"),
        (served(b"broken", MediaType.CWT), "MALFORMED"),
        (
            served(signed(token(issued_at=NOW - 30 * HOUR, expires=NOW - HOUR), MediaType.CWT), MediaType.CWT),
            "STATUS_LIST_EXPIRED",
        ),
        (TransportError("down"), "TRANSPORT"),
    ],
)
def test_a_form_that_fails_is_told_though_the_other_came_unless_it_is_not_offered(answer, expected):
    case = lookup()
    case.answers |= {EVERY_LIST: listing(URI)}

    def http(request: HttpRequest) -> HttpResponse:
        if request.headers["accept"] != MediaType.CWT:
            return case.http(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    for forms in (tuple(MediaType), tuple(reversed(MediaType))):
        found = run(case.checker.prefetching([EVERY_LIST], media_types=forms, at=NOW), http)
        assert found.fetched == (ListKey(uri=URI, media_type=MediaType.JWT),)
        assert found.failed == ({} if expected is None else {URI: expected})


def test_of_one_publisher_not_too_many_lists_are_fetched(monkeypatch):
    monkeypatch.setattr(checker, "MAX_PREFETCHED", 2)
    case = lookup()
    uris = [f"https://city.example/lists/{number}" for number in range(3)]
    case.lists |= {uri: token(uri=uri) for uri in uris}
    case.answers[EVERY_LIST] = listing(*uris)
    found = prefetch(case, EVERY_LIST)
    assert [key.uri for key in found.fetched] == uris[:2]
    assert found.failed == {EVERY_LIST: "LIMIT_EXCEEDED"}


def test_a_list_that_had_to_give_way_to_others_is_not_said_to_be_held(monkeypatch):
    monkeypatch.setattr(held_lists, "MAX_LISTS", 2)
    case = lookup()
    uris = [f"https://city.example/lists/{number}" for number in range(3)]
    case.lists |= {uri: token(uri=uri) for uri in uris}
    case.answers[EVERY_LIST] = listing(*uris)
    found = prefetch(case, EVERY_LIST)
    assert [key.uri for key in found.fetched] == uris[1:]
    assert found.failed == {uris[0]: "STATUS_NOT_HELD"}


def test_prefetching_nothing_fetches_nothing():
    assert prefetch(lookup()) == Prefetched(fetched=(), failed={})
