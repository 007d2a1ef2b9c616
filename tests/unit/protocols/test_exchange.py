# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What all ways of asking have in common: a request that comes in, one whose sender is known, an answer to come."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from tests.support.meeting import Meeting, age_world
from tests.support.world import IN_BOTH_FORMATS, AgeCard, World, format_of
from vcwallet.protocols.exchange import AuthenticatedRequest, ExpectedAnswer, IncomingRequest, as_asked
from vcwallet.protocols.openid4vp import read_request
from vcwallet.verifier import ask


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    made = World(format_of(request))
    made.hold()
    return made


def authenticated(world: World, incoming: IncomingRequest) -> AuthenticatedRequest:
    return incoming.verify(trust=world.wallet._trust, at=world.clock())


@IN_BOTH_FORMATS
def test_a_query_is_judged_as_it_is_unless_its_protocol_says_otherwise(world):
    request = world.ask("full_name")
    [query] = request.query.requested
    found = authenticated(world, read_request(str(request)))
    assert as_asked(query, {}) is query
    assert found.query_for(query, {"anything": True}) is query
    assert request.query_for(query, {"anything": True}) is query


def test_a_request_of_a_session_is_judged_by_what_a_document_has():
    world = age_world(age_over_20=True)
    prompt = Meeting.of(world).ask("age_over_18")
    [query] = prompt.request.query.requested
    [claim] = prompt.request.query_for(query, world.wallet.claims(next(world.wallet.cards()))).claims
    assert claim.path == (AgeCard.doctype, "age_over_20")


def test_both_ways_of_asking_have_the_same_faces():
    """A wallet takes either as an `IncomingRequest`, and a verifier keeps either as an `ExpectedAnswer`."""
    world = age_world()
    meeting = Meeting.of(world)
    request = world.ask(ask(AgeCard, "age_over_20"), purpose="shopping", by=world.shop)
    prompts = [world.wallet.match(request), meeting.ask("age_over_20")]
    incoming: list[IncomingRequest] = [prompt.incoming for prompt in prompts]
    assert [authenticated(world, one).digest for one in incoming] == [prompt.request.digest for prompt in prompts]
    sent = meeting.till._expected
    assert sent is not None
    expected: list[ExpectedAnswer] = [request, sent]
    for one, prompt in zip(expected, prompts, strict=True):
        assert (one.digest, one.purpose, one.expires) == (prompt.request.digest, "shopping", prompt.request.expires)
        assert [claim.path for claim in one.query.requested[0].claims] == [
            claim.path for claim in prompt.request.query.requested[0].claims
        ]
        for required in (True, False):
            binding = one.binding(required=required)
            assert binding.required is required
            assert (binding.audience, binding.nonce) == (prompt.request.binding.audience, prompt.request.binding.nonce)
        one.require_state(prompt.request.state)
        one.require_signed_by(world.shop_enrolment.signer.public_key)


@IN_BOTH_FORMATS
def test_the_text_of_a_request_has_no_secrets(world):
    request = world.ask("full_name")
    found = authenticated(world, read_request(str(request)))
    text = repr(found)
    assert request.state not in text
    assert request.nonce not in text
    assert found.registrations[0] not in text
    assert found.verifier.party in text


def test_a_request_whose_sender_is_known_does_not_change():
    world = World()
    found: Any = authenticated(world, read_request(str(world.ask("full_name"))))
    for field in fields(AuthenticatedRequest):
        with pytest.raises(FrozenInstanceError):
            setattr(found, field.name, None)
