# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Offline bundles: everything in one is verified again, and nothing in one makes a list younger than it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.status import HOUR, OTHER_URI, URI, StatusWorld, signed
from tests.support.world import MDOC, SD_JWT, Resident
from vcwallet.encoding import base64url, json
from vcwallet.errors import (
    LimitExceededError,
    LocalProtocolError,
    MalformedError,
    StatusError,
    StoreError,
    TrustedListError,
)
from vcwallet.status.held_lists import MAX_LISTS
from vcwallet.status.outcome import DISASTER, STANDARD, Origin, StatusPolicy, StatusResult, StatusState
from vcwallet.status.token_status_list import MediaType
from vcwallet.storage import Change, MemoryStore, Put
from vcwallet.verifier import Verifier, bundle
from vcwallet.verifier.bundle import MAX_BUNDLE_BYTES, OfflineBundle


@pytest.fixture(params=[SD_JWT, MDOC])
def city(request: pytest.FixtureRequest) -> StatusWorld:
    made = StatusWorld(request.param)
    made.hold(index=7)
    return made


def till(city: StatusWorld, policy: StatusPolicy = DISASTER, store: Any = None) -> Verifier:
    """Return a verifier of the bank that never had a network."""
    world = city.world
    world.http, world.status = None, policy
    return world.verifier(world.bank_enrolment, store=store)


def bundle_of(city: StatusWorld) -> bytes:
    city.world.bank.prepare_offline()
    city.host.requests.clear()
    return city.world.bank.export_bundle()


def verify(city: StatusWorld, verifier: Verifier) -> StatusResult:
    request = city.world.ask("full_name", by=verifier)
    verified = verifier.verify(city.world.answer(request), expected=request)
    assert city.host.requests == []
    return verified.evidence(Resident)[0].status_result


def refused(city: StatusWorld, verifier: Verifier) -> str:
    with pytest.raises(StatusError) as caught:
        verify(city, verifier)
    return caught.value.code


def altered(data: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    document = json.loads_object(data, max_bytes=MAX_BUNDLE_BYTES)
    change(document)
    return json.dumps(document)


def of_first_list(**members: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["status_lists"][0].update(members)


def test_a_bundle_comes_back(city):
    data = bundle_of(city)
    read = OfflineBundle.from_json(data)
    assert read.to_json() == data
    assert [one.key.uri for one in read.lists] == [URI]
    assert read.trust == city.world.registry.published()


def test_a_verifier_without_a_network_verifies_with_a_bundle(city):
    cut_off = till(city)
    assert refused(city, cut_off) == "STATUS_UNKNOWN"
    imported = cut_off.import_bundle(bundle_of(city))
    assert [one.uri for one in imported.lists] == [URI]
    assert imported.refused == {}
    assert imported.sequence == city.world.bank._trust.sequence
    city.world.clock.pass_by(hours=48, seconds=-1)
    found = verify(city, cut_off)
    assert (found.state, found.origin, found.age) == (
        StatusState.VALID,
        Origin.BUNDLE,
        48 * HOUR - timedelta(seconds=1),
    )


def test_a_revoked_credential_is_refused_with_a_bundle(city):
    city.publish({7: 1})
    cut_off = till(city)
    cut_off.import_bundle(bundle_of(city))
    assert refused(city, cut_off) == "STATUS_REVOKED"


def test_the_policy_says_how_long_a_bundle_is_relied_on(city):
    strict = till(city, STANDARD)
    strict.import_bundle(bundle_of(city))
    assert verify(city, strict).state is StatusState.VALID
    city.world.clock.pass_by(hours=1)
    assert refused(city, strict) == "STATUS_STALE"


def test_no_bundle_is_relied_on_past_the_end_of_its_list(city):
    cut_off = till(city, replace(DISASTER, stale_for=timedelta(days=400)))
    cut_off.import_bundle(bundle_of(city))
    city.world.clock.pass_by(hours=48)
    assert refused(city, cut_off) == "STATUS_STALE"


def test_a_bundle_outlasts_a_restart(city):
    store = MemoryStore()
    till(city, store=store).import_bundle(bundle_of(city))
    assert verify(city, till(city, store=store)).state is StatusState.VALID


class TestWhatABundleSaysOfItself:
    @pytest.mark.parametrize("hours", [-1000, 0, 47, 10_000])
    def test_a_list_is_as_old_as_its_signature_whenever_it_is_said_to_be_fetched(self, city, hours):
        data = bundle_of(city)
        said = int((city.world.clock() + hours * HOUR).timestamp())
        cut_off = till(city, STANDARD)
        city.world.clock.pass_by(minutes=59)
        cut_off.import_bundle(altered(data, of_first_list(fetched_at=said)))
        found = verify(city, cut_off)
        assert found.fetched_at is not None
        assert found.fetched_at <= city.world.clock()
        city.world.clock.pass_by(minutes=1)
        assert refused(city, cut_off) == "STATUS_STALE"

    def test_a_list_under_another_address_is_refused(self, city):
        imported = till(city).import_bundle(altered(bundle_of(city), of_first_list(uri=OTHER_URI)))
        assert imported.refused == {OTHER_URI: "STATUS_WRONG_SUBJECT"}
        assert imported.lists == ()

    def test_a_list_in_another_form_is_refused(self, city):
        other = MediaType.JWT if city.media_type is MediaType.CWT else MediaType.CWT
        imported = till(city).import_bundle(altered(bundle_of(city), of_first_list(media_type=other.value)))
        assert imported.refused == {URI: "MALFORMED"}

    def test_a_list_that_somebody_else_signed_is_refused(self, city):
        forged = signed(
            city.host.lists[URI],
            city.media_type,
            signer=city.world.bank_enrolment.signer,
            chain=city.world.bank_enrolment.chain,
        )
        data = altered(bundle_of(city), of_first_list(token=base64url.encode(forged)))
        cut_off = till(city)
        assert set(cut_off.import_bundle(data).refused) == {URI}
        assert refused(city, cut_off) == "STATUS_UNKNOWN"

    def test_one_list_that_is_wrong_does_not_stop_the_others(self, city):
        city.publish(uri=OTHER_URI)
        data = bundle_of(city)

        def break_one(document: dict[str, Any]) -> None:
            [one] = [each for each in document["status_lists"] if each["uri"] == OTHER_URI]
            one["token"] = "AAAA"

        imported = till(city).import_bundle(altered(data, break_one))
        assert ([one.uri for one in imported.lists], list(imported.refused)) == ([URI], [OTHER_URI])


class TestWhatIsNewer:
    def test_an_older_list_never_takes_the_place_of_a_newer(self, city):
        older = bundle_of(city)
        city.world.clock.pass_by(hours=1)
        city.publish({7: 1})
        cut_off = till(city)
        cut_off.import_bundle(bundle_of(city))
        assert cut_off.import_bundle(older).refused == {URI: "STATUS_ROLLBACK"}
        assert refused(city, cut_off) == "STATUS_REVOKED"

    def test_a_bundle_does_not_take_the_place_of_what_was_fetched(self, city):
        data = bundle_of(city)
        city.world.bank.import_bundle(data)
        assert verify(city, city.world.bank).origin is Origin.NETWORK

    def test_an_older_trusted_list_is_not_taken_and_no_error(self, city):
        data = bundle_of(city)
        city.world.registry.enrol_wallet_provider("Wallet maker")
        cut_off = till(city)
        cut_off.update_trust(city.world.registry.published())
        sequence = cut_off._trust.sequence
        imported = cut_off.import_bundle(data)
        assert imported.sequence == sequence > OfflineSequence.of(data, city)
        assert [one.uri for one in imported.lists] == [URI]

    def test_a_newer_trusted_list_is_taken(self, city):
        cut_off = till(city)
        before = cut_off._trust.sequence
        assert cut_off.import_bundle(bundle_of(city)).sequence > before

    def test_a_signer_that_the_newer_trusted_list_stops_is_stopped(self, city):
        cut_off = till(city)
        data = bundle_of(city)
        cut_off.import_bundle(data)
        assert verify(city, cut_off).state is StatusState.VALID
        signer = city.host.signer
        assert signer is not None
        city.world.registry.withdraw(signer.identifier, role=signer.role, reason="a breach", mode="all")
        city.world.update()
        trust = city.world.registry.published().to_json().decode()
        cut_off.import_bundle(altered(data, lambda document: document.update(trust=trust)))
        assert refused(city, cut_off) == "STATUS_UNKNOWN"

    def test_the_bundle_of_another_registry_is_refused_whole(self, city):
        other = StatusWorld(city.world.format)
        other.host.signer = city.host.signer
        with pytest.raises(TrustedListError) as caught:
            till(city).import_bundle(bundle_of(other))
        assert caught.value.code == "REGISTRY_UNSIGNED"


def test_a_list_that_has_ended_is_left_out(city):
    city.world.bank.prepare_offline()
    city.publish(uri=OTHER_URI, expires=city.world.clock() + HOUR)
    assert len(OfflineBundle.from_json(bundle_of(city)).lists) == 2
    city.world.clock.pass_by(hours=1)
    [left] = OfflineBundle.from_json(city.world.bank.export_bundle()).lists
    assert left.key.uri == URI


class OfflineSequence:
    """The number of the trusted list in a bundle, as a fresh follower reads it."""

    @staticmethod
    def of(data: bytes, city: StatusWorld) -> int:
        fresh = till(city)
        return fresh.import_bundle(data).sequence


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"trust": "", "status_lists": []}',
        b'{"trust": "{}", "status_lists": []}',
        b'{"status_lists": []}',
    ],
)
def test_what_is_no_bundle_is_malformed(data):
    with pytest.raises(MalformedError):
        till(StatusWorld(SD_JWT)).import_bundle(data)


@pytest.mark.parametrize(
    "wrong",
    [
        {"uri": 1},
        {"media_type": "text/plain"},
        {"fetched_at": "now"},
        {"fetched_at": -1},
        {"fetched_at": 2**63},
        {"fetched_at": True},
        {"token": "not base64url!"},
        {"token": None},
    ],
)
def test_a_bundle_with_a_member_of_the_wrong_form_is_malformed(wrong):
    city = StatusWorld(SD_JWT)
    data = bundle_of(city)
    with pytest.raises(MalformedError):
        till(city).import_bundle(altered(data, of_first_list(**wrong)))


def test_a_bundle_has_a_largest_size_and_number_of_lists():
    city = StatusWorld(SD_JWT)
    data = bundle_of(city)
    one = {"uri": URI, "media_type": MediaType.JWT.value, "fetched_at": 1, "token": ""}
    too_many = altered(data, lambda document: document.update(status_lists=[one] * (MAX_LISTS + 1)))
    for wrong in (too_many, data + b" " * MAX_BUNDLE_BYTES):
        with pytest.raises(LimitExceededError):
            OfflineBundle.from_json(wrong)


def test_no_bundle_is_made_that_nobody_would_read(monkeypatch):
    city = StatusWorld(SD_JWT)
    size = len(bundle_of(city))
    monkeypatch.setattr(bundle, "MAX_BUNDLE_BYTES", size)
    assert len(city.world.bank.export_bundle()) == size
    monkeypatch.setattr(bundle, "MAX_BUNDLE_BYTES", size - 1)
    with pytest.raises(LocalProtocolError) as caught:
        city.world.bank.export_bundle()
    assert caught.value.code == "BUNDLE_TOO_LARGE"


def test_a_store_that_fails_is_no_refused_list():
    class Full(MemoryStore):
        def commit(self, *changes: Change) -> None:
            if any(isinstance(one, Put) and one.collection == "status_list" for one in changes):
                raise StoreError("no room")
            super().commit(*changes)

    city = StatusWorld(SD_JWT)
    data = bundle_of(city)
    with pytest.raises(StoreError, match="no room"):
        till(city, store=Full()).import_bundle(data)
