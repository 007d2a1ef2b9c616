# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Outcomes are kept apart, and none fails open (Token Status List, sections 7 and 8.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.status import HOUR, NOW
from vcwallet.errors import StatusError
from vcwallet.status.outcome import DISASTER, STANDARD, STRICT, Origin, StatusPolicy, StatusResult, StatusState

POLICIES = {"STRICT": STRICT, "STANDARD": STANDARD, "DISASTER": DISASTER}
CODES = {
    StatusState.REVOKED: "STATUS_REVOKED",
    StatusState.SUSPENDED: "STATUS_SUSPENDED",
    StatusState.OTHER: "STATUS_OTHER",
    StatusState.UNKNOWN: "STATUS_UNKNOWN",
    StatusState.STALE: "STATUS_STALE",
}


def found(state: StatusState, **changes: object) -> StatusResult:
    return replace(StatusResult(state=state, checked_at=NOW), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("state", CODES)
def test_each_outcome_is_refused_with_its_own_code(name, state):
    POLICIES[name].require(found(StatusState.VALID))
    with pytest.raises(StatusError) as caught:
        POLICIES[name].require(found(state))
    assert caught.value.code == CODES[state]


def test_every_outcome_has_a_code_or_is_accepted():
    assert set(StatusState) == {*CODES, StatusState.VALID, StatusState.NOT_APPLICABLE}


def test_a_credential_without_a_status_is_for_the_policy_to_accept():
    STANDARD.require(found(StatusState.NOT_APPLICABLE))
    with pytest.raises(StatusError) as caught:
        STRICT.require(found(StatusState.NOT_APPLICABLE))
    assert caught.value.code == "STATUS_MISSING"


def test_only_suspended_can_be_accepted_beside_valid():
    lenient = replace(STANDARD, accept_suspended=True)
    lenient.require(found(StatusState.SUSPENDED))
    for state in CODES.keys() - {StatusState.SUSPENDED}:
        with pytest.raises(StatusError):
            lenient.require(found(state))


def test_a_refusal_says_what_stood_in_the_way():
    with pytest.raises(StatusError, match="TRANSPORT"):
        STANDARD.require(found(StatusState.UNKNOWN, reason="TRANSPORT"))


def test_a_result_is_no_truth_value():
    with pytest.raises(TypeError):
        bool(found(StatusState.VALID))


def test_a_policy_relies_on_a_list_for_some_time_or_not_at_all():
    with pytest.raises(ValueError, match="time"):
        StatusPolicy(stale_for=timedelta(seconds=-1), accept_without_status=True, accept_suspended=False)


def test_the_named_policies_differ_in_what_they_say():
    assert [one.stale_for for one in (STRICT, STANDARD, DISASTER)] == [timedelta(0), timedelta(0), 72 * HOUR]
    assert not any(one.accept_suspended for one in POLICIES.values())


class TestAge:
    def test_it_counts_from_when_the_list_was_fetched(self):
        one = found(StatusState.VALID, issued_at=NOW - 5 * HOUR, fetched_at=NOW - HOUR, origin=Origin.NETWORK)
        assert one.age == HOUR

    def test_in_a_bundle_only_the_signature_says_how_old_a_list_is(self):
        one = found(StatusState.VALID, issued_at=NOW - 5 * HOUR, fetched_at=NOW - HOUR, origin=Origin.BUNDLE)
        assert one.age == 5 * HOUR

    def test_it_is_none_without_a_list_and_never_negative(self):
        assert found(StatusState.UNKNOWN).age is None
        assert found(StatusState.VALID, fetched_at=NOW + HOUR).age == timedelta(0)

    def test_a_statement_is_past_fresh_when_its_time_has_come(self):
        assert not found(StatusState.UNKNOWN).is_past_fresh
        assert not found(StatusState.VALID, fresh_until=NOW + HOUR).is_past_fresh
        assert found(StatusState.VALID, fresh_until=NOW).is_past_fresh


def test_the_text_of_a_result_does_not_show_whose_status_it_is():
    result = StatusResult(state=StatusState.VALID, checked_at=NOW, uri="https://city.example/lists/1", index=4711)
    assert "city.example" not in repr(result)
    assert "4711" not in repr(result)
