# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What the person is told about a choice that the wallet made, or could not make; in English and in Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.world import (
    IN_BOTH_FORMATS,
    AgeCard,
    Income,
    Resident,
    World,
    credential_of,
    format_of,
    income,
    resident,
)
from vcwallet.claims import ClaimPath
from vcwallet.errors import NoMatchError, UntrustedError
from vcwallet.formats.type_metadata import ResolvedType
from vcwallet.protocols.dcql import (
    Among,
    Because,
    Candidate,
    DcqlQuery,
    Matches,
    Mismatch,
    Reason,
    Selection,
    Weight,
    match,
)
from vcwallet.verifier import ask
from vcwallet.wallet.proposal import guarded_in
from vcwallet.wallet.reasons import why_nothing, why_this


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    return World(format_of(request))


def query(*asked: Mapping[str, Any], sets: list[Any] | None = None) -> DcqlQuery:
    return DcqlQuery.from_json({"credentials": list(asked)} | ({"credential_sets": sets} if sets else {}))


def about(query_id: str, kind: Any, *names: str, **members: Any) -> dict[str, Any]:
    claims = {"claims": [{"id": name, "path": [name]} for name in names]} if names else {}
    return {"id": query_id, "format": "dc+sd-jwt", "meta": {"vct_values": [kind.vct]}, **claims, **members}


EITHER = query(about("a", Resident, "full_name"), about("b", Income, "total"), sets=[{"options": [["a"], ["b"]]}])


class TestWhyThis:
    def test_the_way_that_shows_least_is_explained(self, world):
        world.hold(resident(), income())
        prompt = world.wallet.match(world.ask(EITHER))
        # The income shows its fiscal year besides; the resident record its register and its contact.
        assert [one.query_id for one in prompt.credentials] == ["b"]
        assert prompt.why == ("Of 2 ways to answer, this one shows fewer claims than the next best (2, not 3)",)
        world.wallet.language = "ja"
        assert world.wallet.match(world.ask(EITHER)).why == (
            "2通りの回答方法のうち、次の候補より開示する項目が少ないものです（3項目ではなく2項目）",
        )

    def test_a_guarded_claim_counts_more_than_several_others(self, world):
        world.hold(resident(), income())
        guarded = query(
            about("a", Resident, "nationality"),
            about("b", Income, "total", "allowances"),
            sets=[{"options": [["a"], ["b"]]}],
        )
        prompt = world.wallet.match(world.ask(guarded))
        assert [one.query_id for one in prompt.credentials] == ["b"]
        assert prompt.why == ("Of 2 ways to answer, this one shows fewer guarded claims than the next best (0, not 1)",)

    @IN_BOTH_FORMATS
    def test_where_nothing_else_would_do_there_is_nothing_to_explain(self, world):
        world.hold(resident(), income())
        assert world.wallet.match(world.ask("full_name")).why == ()

    @IN_BOTH_FORMATS
    def test_of_equal_cards_the_newest_is_proposed_and_it_says_so(self, world):
        world.hold(resident())
        [newer] = world.hold(resident(full_name="番号　次郎"))
        prompt = world.wallet.match(world.ask("full_name"))
        assert prompt.credentials[0].card == newer
        assert prompt.why == (
            "Resident record: of 2 that could answer, this one shows as little as any other, and comes first in the"
            " wallet",
        )

    def test_a_card_that_says_more_than_asked_is_not_proposed_though_it_is_newer(self, world):
        [older] = world.hold(resident())
        claims = {**resident().claims(world.clock().date()), "note": "n"}
        key = world.wallet.new_holder_key()
        world.wallet.receive(
            credential_of(world.city_enrolment, resident(), at=world.clock(), holder=key, claims=claims)
        )
        prompt = world.wallet.match(world.ask("full_name"))
        assert prompt.credentials[0].card == older
        assert [sentence.partition(",")[2] for sentence in prompt.why] == [
            " this one shows fewer guarded claims than the next best (0, not 1)"
        ]

    def test_the_smaller_of_two_claim_sets_is_explained(self, world):
        world.hold(resident())
        asked = about("a", Resident, "full_name", "birth_date", claim_sets=[["full_name", "birth_date"], ["full_name"]])
        assert world.wallet.match(world.ask(query(asked))).why == (
            "Resident record: of 2 combinations of claims that would do, this one shows fewer claims than the next best"
            " (3, not 4)",
        )

    @IN_BOTH_FORMATS
    def test_an_optional_question_is_named_as_one_that_needs_no_answer(self, world):
        world.hold(resident(), income())
        request = world.ask("full_name", ask(Income, "above.1000000", optional=True))
        assert world.wallet.match(request).why == ("Income record: asked for as well, and not needed for an answer",)

    @pytest.mark.parametrize("language", ["en", "ja"])
    def test_each_reason_has_its_sentence(self, language):
        matches = match(EITHER, lambda _: ())
        sentences = {
            why_this(Selection(matches=(), why=(reason,)), matches, type_of=no_type, language=language)
            for among in Among
            for because in Because
            for reason in [
                Reason(
                    among=among,
                    because=because,
                    query_id=None if among is Among.WAYS else "a",
                    others=2,
                    weight=Weight(guarded=1, claims=2, values=3, credentials=4),
                    second=Weight(guarded=11, claims=12, values=13, credentials=14),
                )
            ]
        }
        assert len(sentences) == len(Among) * len(Because)
        for (sentence,) in sentences:
            assert "3" in sentence
            assert "{" not in sentence
        numbers = {(1, 11), (2, 12), (3, 13), (4, 14)}
        told = {pair for pair in numbers for (one,) in sentences if all(f"{n}" in one for n in pair)}
        assert told == numbers


class TestWhyNothing:
    @IN_BOTH_FORMATS
    def test_what_is_not_held_is_named(self, world):
        world.hold(income())
        with pytest.raises(NoMatchError) as refused:
            world.wallet.match(world.ask("full_name"))
        assert refused.value.reasons == ("Resident record: you have none that can answer",)

    @IN_BOTH_FORMATS
    def test_what_says_something_else_is_named_and_the_error_is_the_same(self, world):
        world.hold(resident())
        other_value = ask(Resident, values={"full_name": ["番号　一郎"]})
        with pytest.raises(NoMatchError) as differs:
            world.wallet.match(world.ask(other_value))
        assert differs.value.reasons == ("Resident record: yours does not say what is asked for",)
        with pytest.raises(NoMatchError) as absent:
            world.wallet.match(world.ask(ask(Income, "total")))
        for one in (str, repr, lambda error: (error.code, error.clause, error.args)):
            assert one(differs.value) == one(absent.value)

    def test_an_issuer_that_is_not_asked_for_is_a_reason(self, world):
        world.hold(resident())
        asked = about("a", Resident, "full_name", trusted_authorities=[{"type": "aki", "values": ["AAAA"]}])
        with pytest.raises(NoMatchError) as refused:
            world.wallet.match(world.ask(query(asked)))
        assert refused.value.reasons == ("Resident record: yours is from an issuer that is not asked for",)

    def test_it_is_in_the_person_s_language(self, world):
        world.wallet.language = "ja"
        with pytest.raises(NoMatchError) as refused:
            world.wallet.match(world.ask("full_name"))
        assert refused.value.reasons == ("住民の記録：回答に使えるものをお持ちではありません",)

    def test_only_what_stands_in_the_way_is_named_and_once(self, world):
        world.hold(income())
        optional = query(
            about("a", Resident, "full_name"),
            about("b", Income, "total"),
            about("c", AgeCard),
            sets=[{"options": [["a", "b"], ["a"]]}, {"options": [["b"]]}, {"options": [["c"]], "required": False}],
        )
        matches = match(optional, lambda asked: [income_candidate()] if asked.id == "b" else [])
        assert why_nothing(matches, type_of=world.wallet._types.type, language="en") == (
            "Resident record: you have none that can answer",
        )

    @pytest.mark.parametrize("language", ["en", "ja"])
    def test_each_miss_has_its_sentence(self, language):
        asked = query(about("a", Resident))
        sentences = {
            miss: why_nothing(
                Matches(query=asked, found={"a": ()}, missed={"a": miss}), type_of=no_type, language=language
            )
            for miss in Mismatch
        }
        assert all(sentence.startswith(Resident.vct) for (sentence,) in sentences.values())
        assert sentences[Mismatch.FORMAT] == sentences[Mismatch.TYPE]
        assert len(set(sentences.values())) == len(Mismatch) - 1

    def test_a_query_of_an_unknown_format_is_named_by_it(self):
        asked = query({"id": "a", "format": "new", "meta": {}})
        (sentence,) = why_nothing(match(asked, lambda _: ()), type_of=no_type, language="en")
        assert sentence.startswith("new: ")

    @IN_BOTH_FORMATS
    def test_the_reasons_stay_out_of_the_history(self, world):
        with pytest.raises(NoMatchError):
            world.wallet.match(world.ask("full_name"))
        assert list(world.wallet.history()) == []


def test_a_claim_is_guarded_by_its_own_class_and_by_that_of_what_it_is_part_of(world):
    is_guarded = guarded_in(world.wallet._types.type(Resident.vct))
    guarded: list[ClaimPath] = [
        ("nationality",),
        ("health",),
        ("number",),
        ("address", "plot"),
        ("household", None, "number"),
        ("nationality", "code"),
        ("of no type",),
    ]
    others: list[ClaimPath] = [("full_name",), ("address", "locality"), ("household", None, "first_name")]
    assert all(map(is_guarded, guarded))
    assert not any(map(is_guarded, others))
    # An array of which nothing is seen but that it is there; the numbers in it are not.
    assert not is_guarded(("household",))
    assert not is_guarded(("address",))


def no_type(type_id: str) -> ResolvedType:
    raise UntrustedError("no such type")


def income_candidate() -> Candidate:
    return Candidate(
        id="1", format="dc+sd-jwt", type_ids=frozenset({Income.vct}), claims={"total": 1}, holder_bound=True
    )
