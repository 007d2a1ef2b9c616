# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The facts of a trusted list, and the questions asked of them (ETSI TS 119 602)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.pki import NOW
from vcwallet.errors import NotAuthorisedError
from vcwallet.keys import Role
from vcwallet.trust.trusted_list import ListedService, Mode, Status, StatusPeriod, TrustedList

TYPE = "urn:example:tax:1"


def day(number: float) -> datetime:
    return NOW + timedelta(days=number)


def service(*periods: tuple[Status, float], mode: Mode = Mode.ALL) -> ListedService:
    return ListedService(
        party="urn:vcwallet:party:999016",
        name={"en": "Mirai City"},
        role=Role.CREDENTIAL_ISSUER,
        authority_key_id=b"ca",
        periods=tuple(StatusPeriod(status=status, since=day(since), mode=mode) for status, since in periods),
        may_issue={TYPE: day(0)},
    )


G, S, W = Status.GRANTED, Status.SUSPENDED, Status.WITHDRAWN
FROM = Mode.FROM_DATE


@pytest.mark.parametrize(
    ("listed", "signed", "at", "accepted"),
    [
        (service((G, 0)), None, 0, True),
        (service((G, 0)), None, -1, False),  # not granted yet
        (service((G, 0)), 0, 5, True),
        (service((G, 0)), -1, 5, False),  # signed before the grant
        (service((G, 0)), 9, 5, True),  # claims to be from the future: counts as signed now
        (service((G, 0), (S, 10)), 5, 9, True),  # judged before the suspension
        (service((G, 0), (S, 10)), 5, 11, False),
        (service((G, 0), (S, 10)), 5, 10, False),  # from the very second on
        (service((G, 0), (S, 10), mode=FROM), 5, 11, True),
        (service((G, 0), (S, 10), mode=FROM), 10, 11, False),
        (service((G, 0), (S, 10), mode=FROM), 10.5, 11, False),
        (service((G, 0), (S, 10), mode=FROM), None, 11, False),  # does not say when it was signed
        (service((G, 0), (S, 10), mode=FROM), 99, 11, False),
        (service((G, 0), (W, 10)), 5, 11, False),
        (service((G, 0), (W, 10), mode=FROM), 5, 11, True),
        (service((G, 0), (S, 10), (G, 20)), 5, 21, True),  # reinstated
        (service((G, 0), (S, 10), (G, 20)), 15, 21, False),  # signed while suspended
        (service((G, 0), (S, 10), (G, 20)), 20, 21, True),
        (service((G, 0), (S, 10), (W, 20), mode=FROM), 15, 21, False),
        (service((G, 0), (S, 10), (W, 20), mode=FROM), 5, 21, True),
        (service((G, 0), (W, 30), mode=FROM), 15, 20, True),  # a withdrawal that is announced
    ],
)
def test_a_signature_is_judged_by_the_status_now_and_then(
    listed: ListedService, signed: float | None, at: float, accepted: bool
) -> None:
    signed_at = None if signed is None else day(signed)
    if accepted:
        listed.require_granted(signed_at=signed_at, at=day(at))
    else:
        with pytest.raises(NotAuthorisedError):
            listed.require_granted(signed_at=signed_at, at=day(at))


@pytest.mark.parametrize(
    ("type_id", "signed", "accepted"),
    [
        (TYPE, 1, True),
        (TYPE, 0, True),
        (TYPE, None, True),
        (TYPE, -1, False),
        ("urn:example:other:1", 1, False),
        (None, 1, False),
        ("", 1, False),
    ],
)
def test_an_issuer_may_issue_its_types_from_their_date_on(
    type_id: str | None, signed: float | None, accepted: bool
) -> None:
    listed, signed_at = service((G, 0)), None if signed is None else day(signed)
    if accepted:
        listed.require_may_issue(type_id, signed_at=signed_at, at=day(2))
    else:
        with pytest.raises(NotAuthorisedError):
            listed.require_may_issue(type_id, signed_at=signed_at, at=day(2))


def test_the_status_at_a_moment_is_that_of_the_last_period_begun() -> None:
    listed = service((G, 0), (S, 10), (G, 20))
    assert [listed.status_at(day(moment)) for moment in (-1, 0, 9.9, 10, 25)] == [None, G, G, S, G]


def test_a_service_that_says_too_little_cannot_be_made() -> None:
    good = service((G, 0))
    changes: tuple[dict[str, Any], ...] = ({"party": ""}, {"name": {}}, {"periods": ()})
    for change in changes:
        with pytest.raises(ValueError, match="a service has"):
            replace(good, **change)
    with pytest.raises(ValueError, match="order"):
        service((G, 5), (S, 0))


def test_a_list_states_each_party_once_in_its_role_and_ends_after_its_issue() -> None:
    one = service((G, 0))
    good = TrustedList(
        role=Role.CREDENTIAL_ISSUER,
        operator={"en": "Demo"},
        territory="ZZ",
        sequence=1,
        issued=NOW,
        next_update=day(7),
        services=(one, replace(one, party="urn:vcwallet:party:2")),
    )
    changes: tuple[dict[str, Any], ...] = (
        {"services": (one, one)},
        {"services": (replace(one, role=Role.VERIFIER, may_issue={}),)},
        {"role": Role.DOCUMENT_SIGNER, "services": ()},
        {"role": Role.LIST_OPERATOR, "services": ()},
        {"sequence": 0},
        {"next_update": NOW},
    )
    for change in changes:
        with pytest.raises(ValueError, match="a list"):
            replace(good, **change)


def test_a_time_without_a_zone_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="zone"):
        StatusPeriod(status=G, since=datetime(2026, 11, 23))


@pytest.mark.parametrize("role", [Role.DOCUMENT_SIGNER, Role.MDOC_READER])
def test_the_roles_of_mdoc_are_stated_as_those_of_issuer_and_verifier(role: Role) -> None:
    with pytest.raises(ValueError, match="not listed"):
        replace(service((G, 0)), role=role)


def test_only_an_issuer_stands_under_iacas() -> None:
    assert replace(service((G, 0)), document_authority_key_ids=frozenset({b"x"})).document_authority_key_ids == {b"x"}
    with pytest.raises(ValueError, match="issuer"):
        replace(service((G, 0)), role=Role.VERIFIER, document_authority_key_ids=frozenset({b"x"}))
