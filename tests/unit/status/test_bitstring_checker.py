# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Statuses of Bitstring Status Lists through the checker: what is fetched, kept, and made of each purpose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.bitstring import URL, Town, entry
from tests.support.pki import NOW
from vcwallet.errors import StatusError, StoreCorruptError, StoreError, TransportError
from vcwallet.flow import HttpRequest, HttpResponse, run
from vcwallet.status.bitstring import Bitstring
from vcwallet.status.bitstring_status_list import BitstringForm, Names
from vcwallet.status.checker import StatusChecker
from vcwallet.status.held_lists import ListKey
from vcwallet.status.outcome import DISASTER, STANDARD, STRICT, Origin, StatusPolicy, StatusState
from vcwallet.storage import MemoryStore, Put
from vcwallet.verifier.bundle import BundledList, OfflineBundle

OTHER = "https://city.example/status/4"
REVOKED = entry()
VALID = entry(index=0)


@pytest.fixture(scope="module")
def town() -> Town:
    return Town()


class Web:
    """Publishes lists by their URL, and notes what was asked for."""

    def __init__(self, pages: Mapping[str, str] | None = None) -> None:
        self.pages = dict(pages or {})
        self.asked: list[HttpRequest] = []

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        if request.url not in self.pages:
            raise TransportError("nobody is there")
        headers = {"content-type": "application/vc+jwt"}
        return HttpResponse(status=200, headers=headers, body=self.pages[request.url].encode())


def checker(town: Town, policy: StatusPolicy = STANDARD, store: MemoryStore | None = None) -> StatusChecker:
    return StatusChecker(store=store or MemoryStore(), trust=town.trust, policy=policy)


def found(
    town: Town, web: Callable[[HttpRequest], HttpResponse], *entries, at=NOW, by: StatusChecker | None = None
) -> Any:
    by = by or checker(town)
    failures = run(by.refreshing_entries(entries, issuer=town.issuer, at=at), web)
    return by.check_entries(entries, issuer=town.issuer, at=at, failures=failures)


def states(town: Town, web: Callable[[HttpRequest], HttpResponse], *entries, **details: Any) -> list[StatusState]:
    return [result.state for result in found(town, web, *entries, **details)]


def test_the_whole_list_is_fetched_once_and_tells_both(town: Town) -> None:
    web = Web({URL: town.signed()})
    assert states(town, web, REVOKED, VALID) == [StatusState.REVOKED, StatusState.VALID]
    [asked] = web.asked
    assert (asked.method, asked.url, asked.headers) == ("GET", URL, {"accept": "application/vc+jwt"})


def test_a_result_says_what_it_relies_on(town: Town) -> None:
    [result] = found(town, Web({URL: town.signed()}), REVOKED)
    assert (result.mechanism, result.uri, result.index) == ("bitstring_status_list", URL, 94567)
    assert (result.purpose, result.value, result.message) == ("revocation", 1, "set")
    assert (result.issued_at, result.expires, result.fetched_at) == (NOW, NOW + timedelta(days=1), NOW)
    assert (result.origin, result.fresh_until) == (Origin.NETWORK, NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("purpose", "state"),
    [
        ("revocation", StatusState.REVOKED),
        ("suspension", StatusState.SUSPENDED),
        ("refresh", StatusState.VALID),
        ("message", StatusState.VALID),
        ("https://city.example/purposes/recall", StatusState.OTHER),
    ],
)
def test_what_a_set_bit_means_depends_on_the_purpose(town: Town, purpose: str, state: StatusState) -> None:
    web = Web({URL: town.signed(purposes=(purpose,))})
    set_one, unset = found(town, web, entry(purpose=purpose), entry(purpose=purpose, index=0))
    assert (set_one.state, set_one.value, set_one.message) == (state, 1, "set")
    assert (unset.state, unset.value, unset.message) == (StatusState.VALID, 0, "unset")


def test_a_message_is_told_in_the_words_of_the_credential(town: Town) -> None:
    web = Web({URL: town.signed(purposes=("message",), size=2, statuses=Bitstring.of({5: 2}, size=2))})
    asked = entry(purpose="message", index=5, size=2, messages=("pending", "accepted", "rejected", "undefined"))
    [result] = found(town, web, asked)
    assert (result.state, result.value, result.message) == (StatusState.VALID, 2, "rejected")


def test_a_credential_with_two_purposes_is_judged_by_both(town: Town) -> None:
    revocation = town.signed(statuses=Bitstring.of({}))
    suspension = town.signed(id=OTHER, purposes=("suspension",), statuses=Bitstring.of({7: 1}))
    entries = [entry(index=7), entry(index=7, purpose="suspension", list_url=OTHER)]
    web = Web({URL: revocation, OTHER: suspension})
    results = found(town, web, *entries)
    assert [result.state for result in results] == [StatusState.VALID, StatusState.SUSPENDED]
    STANDARD.require(results[0])
    with pytest.raises(StatusError) as refused:
        STANDARD.require(results[1])
    assert refused.value.code == "STATUS_SUSPENDED"
    assert len(web.asked) == 2


def test_no_entry_is_a_result_too(town: Town) -> None:
    [result] = found(town, Web())
    STANDARD.require(result)
    with pytest.raises(StatusError):
        STRICT.require(result)


def test_a_list_that_is_not_there_leaves_the_status_unknown(town: Town) -> None:
    [result] = found(town, Web(), REVOKED)
    assert (result.state, result.reason) == (StatusState.UNKNOWN, "TRANSPORT")
    [never] = checker(town).check_entries([REVOKED], issuer=town.issuer, at=NOW)
    assert (never.state, never.reason) == (StatusState.UNKNOWN, "STATUS_NOT_HELD")


@pytest.mark.parametrize(
    ("signed", "asked", "reason"),
    [
        ({}, {"purpose": "suspension"}, "STATUS_VERIFICATION_ERROR"),
        ({}, {"index": 131_072}, "RANGE_ERROR"),
        ({}, {"names": Names.STATUS_LIST_2021}, "STATUS_VERIFICATION_ERROR"),
        ({}, {"size": 2, "messages": tuple("abcd")}, "STATUS_LIST_LENGTH_ERROR"),
        ({"id": OTHER}, {}, "STATUS_VERIFICATION_ERROR"),
        ({"issuer": "https://other.example"}, {}, "UNTRUSTED"),
    ],
)
def test_a_list_that_says_nothing_about_the_entry_leaves_it_unknown(
    town: Town, signed: dict[str, Any], asked: dict[str, Any], reason: str
) -> None:
    [result] = found(town, Web({URL: town.signed(**signed)}), replace(REVOKED, **asked))
    assert (result.state, result.reason, result.value) == (StatusState.UNKNOWN, reason, None)


def test_a_signer_of_others_leaves_it_unknown(town: Town) -> None:
    [result] = found(town, Web({URL: town.signed(town.stranger)}), REVOKED)
    assert (result.state, result.reason) == (StatusState.UNKNOWN, "STATUS_SIGNER_NOT_AUTHORISED")


def test_a_list_of_2021_is_told_to_an_entry_of_2021(town: Town) -> None:
    old = town.changed(
        type=["VerifiableCredential", "StatusList2021Credential"],
        subject={"type": "StatusList2021", "encodedList": Bitstring.of({94567: 1}).encoded()[1:]},
    )
    assert states(town, Web({URL: old}), replace(REVOKED, names=Names.STATUS_LIST_2021)) == [StatusState.REVOKED]
    assert states(town, Web({URL: old}), REVOKED) == [StatusState.UNKNOWN]


def test_a_list_is_kept_for_its_time_to_live_and_fetched_again_then(town: Town) -> None:
    web, store = Web({URL: town.signed(ttl=timedelta(minutes=10), statuses=Bitstring.of({}))}), MemoryStore()
    by = checker(town, store=store)
    assert states(town, web, REVOKED, by=by) == [StatusState.VALID]
    web.pages[URL] = town.signed(issued_at=NOW + timedelta(minutes=9))
    assert states(town, web, REVOKED, by=by, at=NOW + timedelta(seconds=599)) == [StatusState.VALID]
    assert states(town, web, REVOKED, by=by, at=NOW + timedelta(seconds=600)) == [StatusState.REVOKED]
    assert len(web.asked) == 2


def test_a_list_that_is_kept_is_used_without_a_network_by_another_process(town: Town) -> None:
    store = MemoryStore()
    found(town, Web({URL: town.signed()}), VALID, by=checker(town, store=store))
    again = checker(town, store=store)
    assert states(town, Web(), VALID, by=again, at=NOW + timedelta(hours=1)) == [StatusState.VALID]


def test_what_was_seen_last_is_stale_unless_the_policy_says_otherwise(town: Town) -> None:
    store, later = MemoryStore(), NOW + timedelta(hours=2)
    text = town.signed(ttl=timedelta(minutes=10))
    found(town, Web({URL: text}), VALID, by=checker(town, store=store))
    assert states(town, Web(), VALID, REVOKED, by=checker(town, store=store), at=later) == [
        StatusState.STALE,
        StatusState.REVOKED,
    ]
    assert states(town, Web(), VALID, by=checker(town, DISASTER, store), at=later) == [StatusState.VALID]
    # Never past the end of the list.
    assert states(town, Web(), VALID, by=checker(town, DISASTER, store), at=NOW + timedelta(days=1)) == [
        StatusState.STALE
    ]


def test_an_older_list_does_not_take_the_place_of_a_newer_one(town: Town) -> None:
    older = town.signed(statuses=Bitstring.of({}))
    newer = town.signed(issued_at=NOW + timedelta(minutes=5), ttl=timedelta(minutes=1))
    web, by = Web({URL: newer}), checker(town)
    at = NOW + timedelta(minutes=5)
    assert states(town, web, VALID, REVOKED, by=by, at=at) == [StatusState.VALID, StatusState.REVOKED]
    web.pages[URL] = older
    results = found(town, web, VALID, REVOKED, by=by, at=at + timedelta(minutes=2))
    assert [result.state for result in results] == [StatusState.STALE, StatusState.REVOKED]
    assert results[0].reason == "STATUS_ROLLBACK"


def test_a_bundle_takes_such_lists_along(town: Town) -> None:
    text = town.signed()
    kept = BundledList(key=ListKey(uri=URL, media_type=BitstringForm.VC_JWT), token=text.encode(), fetched_at=NOW)
    bundle = OfflineBundle(trust=town.demo.registry.published(), lists=(kept,))
    [read] = OfflineBundle.from_json(bundle.to_json()).lists
    assert read == kept
    by = checker(town)
    by.lists.keep(read.key, read.token, fetched_at=read.fetched_at, origin=Origin.BUNDLE, at=NOW)
    assert states(town, Web(), VALID, REVOKED, by=by) == [StatusState.VALID, StatusState.REVOKED]


def test_a_store_that_fails_is_an_error_and_not_a_status(town: Town) -> None:
    class Broken(MemoryStore):
        def find(self, collection: str, tag: str | None = None, /):
            raise StoreError("the disk is gone")

    with pytest.raises(StoreError):
        checker(town, store=Broken()).check_entries([REVOKED], issuer=town.issuer, at=NOW)


def test_a_record_that_was_damaged_is_not_a_list(town: Town) -> None:
    store = MemoryStore()
    by = checker(town, store=store)
    found(town, Web({URL: town.signed()}), REVOKED, by=by)
    [record] = store.find("status_list")
    [held] = by.lists.all()
    assert held.key.media_type == "application/vc+jwt"
    store.commit(Put("status_list", record.id, record.body.replace(b"vc+jwt", b"vc+xxx")))
    with pytest.raises(StoreCorruptError):
        list(by.lists.all())
