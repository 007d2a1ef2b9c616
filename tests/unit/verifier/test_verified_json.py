# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What was verified comes out of its JSON as it went in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.status import StatusWorld
from tests.support.world import MDOC, SD_JWT, Income, Resident, World, income, resident
from vcwallet.encoding import json
from vcwallet.errors import MalformedError
from vcwallet.status.outcome import Origin
from vcwallet.verifier import Verified, ask
from vcwallet.verifier.verified_json import from_object, to_object


def through_json(verified: Verified) -> Verified:
    return from_object(json.loads_object(json.dumps(to_object(verified))))


@pytest.fixture
def verified() -> Verified:
    world = World(also=(MDOC,))
    world.hold(resident())
    world.hold(income(), format=MDOC)
    asked = (ask(Resident, "full_name", "languages", format=SD_JWT), ask(Income, "total", format=MDOC))
    request = world.ask(*asked)
    return world.bank.verify(world.answer(request), expected=request)


def test_both_formats_are_as_before(verified):
    again = through_json(verified)
    assert again == verified
    assert again[Income].total == 3_218_764_905
    assert again[Resident] == verified[Resident]
    assert again.verified_at.tzinfo is not None


@pytest.mark.parametrize("format", [SD_JWT, MDOC])
def test_its_status_is_as_before(format):
    world = StatusWorld(format)
    world.hold(index=7)
    found = world.present()()
    assert through_json(found) == found
    [evidence] = found.evidence(Resident)
    assert through_json(found).evidence(Resident)[0].status_result.age == evidence.status_result.age == timedelta(0)


def test_what_is_seldom_there_is_kept_too(verified):
    [evidence] = verified.evidence(Resident)
    full = replace(
        evidence,
        holder_key=None,
        issued_at=None,
        expires=None,
        status=None,
        type_integrity="sha256-x",
        authorities=frozenset({("aki", "b"), ("aki", "a")}),
        shifted=frozenset({("a", 1), ("b", None)}),
        device_claims={"org.example": {"x": [1, "y"]}},
        transaction_data=("eyJ",),
        issuer=replace(
            evidence.issuer, details={"a": "b"}, jurisdiction="JP-13", sequence=None, acts_for=frozenset({"x"})
        ),
        status_result=replace(evidence.status_result, origin=Origin.BUNDLE, value=3, reason="x", message="y"),
    )
    changed = replace(verified, credentials={"resident": (full, evidence)})
    assert through_json(changed) == changed


def test_something_else_is_none(verified):
    good = to_object(verified)
    assert from_object(json.loads_object(json.dumps(good))) == verified
    for name in good:
        with pytest.raises(MalformedError):
            from_object({key: value for key, value in good.items() if key != name})
