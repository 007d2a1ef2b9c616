# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The answer as it travels (OpenID4VP 1.0, section 8.1)."""

from __future__ import annotations

import pytest

from vcwallet.encoding import json
from vcwallet.errors import LimitExceededError, MalformedError
from vcwallet.protocols.openid4vp import Response

ANSWER = Response(vp_token={"id": ("a~", "b~"), "other": ("c~",)}, state="af0ifjsldkj")


def test_it_comes_back_as_it_was_written():
    assert Response.from_json(ANSWER.to_json()) == ANSWER
    assert Response.from_json(ANSWER.to_json().decode()) == ANSWER


def test_a_state_that_is_not_there_is_left_out():
    stateless = Response(vp_token={"id": ("a~",)}, state=None)
    assert json.loads(stateless.to_json()) == {"vp_token": {"id": ["a~"]}}
    assert Response.from_json(stateless.to_json()) == stateless


def test_members_that_nobody_knows_are_ignored():
    assert Response.from_json('{"vp_token": {"id": ["a~"]}, "more": 1}').vp_token == {"id": ("a~",)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"vp_token": "a~"}',
        '{"vp_token": []}',
        '{"vp_token": {}}',
        '{"vp_token": {"id": "a~"}}',
        '{"vp_token": {"id": []}}',
        '{"vp_token": {"id": [1]}}',
        '{"vp_token": {"id": [{}]}}',
        '{"vp_token": {"id": null}}',
        '{"vp_token": {"id": ["a~"], "id": ["b~"]}}',
        '{"vp_token": {"id": ["a~"]}, "state": 5}',
        '{"vp_token": {"id": ["a~"]}, "state": "\\ud800"}',
        '{"vp_token": {"id": ["a~"]}} trailing',
        b'\xff{"vp_token": {"id": ["a~"]}}',
    ],
)
def test_what_is_no_answer_is_malformed(text):
    with pytest.raises(MalformedError):
        Response.from_json(text)


def test_twenty_presentations_are_enough():
    tokens = {"id": tuple("abcdefghij"), "other": tuple("klmnopqrst")}
    assert Response.from_json(Response(vp_token=tokens, state=None).to_json()).vp_token == tokens
    with pytest.raises(LimitExceededError):
        Response.from_json(Response(vp_token=tokens | {"more": ("u",)}, state=None).to_json())


def test_four_mebibytes_are_enough():
    with pytest.raises(LimitExceededError):
        Response.from_json(Response(vp_token={"id": ("a" * 4_200_000,)}, state=None).to_json())


def test_its_text_shows_no_presentation_and_no_state():
    assert "af0ifjsldkj" not in repr(ANSWER)
    assert "~" not in repr(ANSWER)
