# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a wallet could answer to a whole query, and what it chooses (OpenID4VP 1.0, section 6.4.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from vcwallet.errors import ConsentRequiredError, NoMatchError
from vcwallet.protocols.dcql import (
    Among,
    Because,
    Candidate,
    CredentialQuery,
    DcqlQuery,
    Matches,
    Mismatch,
    Selection,
    Weight,
    match,
)
from vcwallet.protocols.dcql.selection import MAX_WAYS


def held(candidate_id: str, vct: str, *names: str) -> Candidate:
    claims = dict.fromkeys(names, "v")
    return Candidate(id=candidate_id, format="dc+sd-jwt", type_ids=frozenset({vct}), claims=claims, holder_bound=True)


def ask(query_id: str, *names: str, claim_sets: list[list[str]] | None = None, **members: Any) -> dict[str, Any]:
    """Ask for a credential whose type has the name of the query."""
    query = {"id": query_id, "format": "dc+sd-jwt", "meta": {"vct_values": [query_id]}, **members}
    if names:
        query["claims"] = [{"id": name, "path": [name]} for name in names]
    if claim_sets:
        query["claim_sets"] = claim_sets
    return query


def asked(*credentials: dict[str, Any], sets: list[Any] | None = None) -> DcqlQuery:
    return DcqlQuery.from_json({"credentials": list(credentials)} | ({"credential_sets": sets} if sets else {}))


def one_of(*options: list[str], required: bool = True) -> dict[str, Any]:
    return {"options": list(options), "required": required}


def matched(query: DcqlQuery, *candidates: Candidate, limit: int = 20) -> Matches:
    return match(query, lambda _: candidates, limit_per_query=limit)


def summary(selection: Selection) -> list[tuple[str, str, list[str]]]:
    return [
        (each.query_id, each.candidate.id, [str(component) for path in each.paths for component in path])
        for each in selection.matches
    ]


PID = held("p1", "pid", "name", "age", "address")
MDL = held("m1", "mdl", "name", "age")
CLUB = held("c1", "club", "number")


# --- looking ---------------------------------------------------------------------------------------------------------


def test_candidates_are_read_only_until_there_are_enough() -> None:
    seen: list[str] = []

    def endless(_: CredentialQuery) -> Iterator[Candidate]:
        for number in range(10**6):
            seen.append(str(number))
            yield held(str(number), "pid" if number % 2 else "other", "name")

    found = match(asked(ask("pid", "name")), endless, limit_per_query=3).found["pid"]
    assert [each.candidate.id for each in found] == ["1", "3", "5"]
    assert seen == ["0", "1", "2", "3", "4", "5"]
    with pytest.raises(ValueError, match="at least 1"):
        match(asked(ask("pid", "name")), endless, limit_per_query=0)


def test_candidates_are_asked_for_by_credential_query_and_only_for_those_that_are_requested() -> None:
    looked_for: list[str] = []

    def candidates(query: CredentialQuery) -> Iterable[Candidate]:
        looked_for.extend(query.type_ids)
        return [PID, MDL]

    found = match(asked(ask("pid"), ask("mdl"), ask("club"), sets=[one_of(["mdl"], ["pid"])]), candidates).found
    assert looked_for == ["pid", "mdl"]
    assert {query_id: len(each) for query_id, each in found.items()} == {"pid": 1, "mdl": 1}


def test_the_options_that_can_be_answered_are_told_set_by_set() -> None:
    query = asked(
        ask("pid"),
        ask("mdl"),
        ask("club"),
        sets=[one_of(["pid", "mdl"], ["mdl"], ["club"]), one_of(["club"], required=False)],
    )
    assert matched(query, PID, MDL).satisfiable_options == ((("pid", "mdl"), ("mdl",)), ())
    assert matched(query, PID, MDL).satisfiable
    assert not matched(query, PID).satisfiable
    assert matched(asked(ask("pid"), ask("mdl")), PID, MDL).satisfiable_options == ((("pid", "mdl"),),)


# --- our proposal ----------------------------------------------------------------------------------------------------


def test_without_sets_every_credential_is_proposed() -> None:
    query = asked(ask("pid", "name"), ask("mdl", "age"))
    assert summary(matched(query, PID, MDL).default_selection()) == [("pid", "p1", ["name"]), ("mdl", "m1", ["age"])]


@pytest.mark.parametrize("candidates", [[], [PID], [held("p2", "pid"), MDL]])
def test_a_query_that_cannot_be_satisfied_has_no_proposal(candidates: list[Candidate]) -> None:
    found = matched(asked(ask("pid", "name"), ask("mdl", "age")), *candidates)
    assert found.selections() == ()
    with pytest.raises(NoMatchError):
        found.default_selection()


def test_the_option_with_the_fewest_claims_is_proposed() -> None:
    query = asked(ask("pid", "name", "age"), ask("mdl", "age"), sets=[one_of(["pid"], ["mdl"])])
    assert summary(matched(query, PID, MDL).default_selection()) == [("mdl", "m1", ["age"])]
    assert summary(matched(query, PID).default_selection()) == [("pid", "p1", ["name", "age"])]


def test_with_as_many_claims_the_option_with_fewer_credentials_is_proposed() -> None:
    query = asked(ask("pid", "name"), ask("mdl", "age"), ask("club"), sets=[one_of(["pid", "club"], ["mdl"])])
    assert summary(matched(query, PID, MDL, CLUB).default_selection()) == [("mdl", "m1", ["age"])]


def test_between_equals_the_verifier_s_order_decides() -> None:
    credentials = ask("mdl", "age"), ask("pid", "age"), ask("club", "number")
    query = asked(*credentials, sets=[one_of(["pid"], ["mdl"]), one_of(["club"], ["mdl"])])
    proposals = matched(query, PID, MDL, CLUB).selections()
    # One credential for both sets; then two, the favourites first.
    assert [[each.query_id for each in proposal.matches] for proposal in proposals] == [
        ["mdl"],
        ["pid", "club"],
        ["mdl", "pid"],
        ["mdl", "club"],
    ]
    swapped = asked(*credentials, sets=[one_of(["mdl"], ["pid"])])
    assert summary(matched(swapped, PID, MDL).default_selection()) == [("mdl", "m1", ["age"])]


def test_the_claim_set_with_the_fewest_claims_and_then_the_first_credential_is_proposed() -> None:
    query = asked(ask("pid", "name", "age", "address", claim_sets=[["name", "address"], ["age"], ["name"]]))
    full, other = held("p2", "pid", "name", "address", "age"), held("p3", "pid", "name", "address")
    proposal = matched(query, other, full).default_selection()
    assert summary(proposal) == [("pid", "p3", ["name"])]
    assert summary(matched(query, full, other).default_selection()) == [("pid", "p2", ["age"])]


def test_of_several_credentials_one_is_proposed_even_where_more_may_be_sent() -> None:
    query = asked(ask("pid", "name", multiple=True))
    assert len(matched(query, PID, held("p2", "pid", "name")).default_selection().matches) == 1


def test_an_optional_set_is_left_out_of_the_proposal_and_offered_after_it() -> None:
    query = asked(ask("pid", "name"), ask("club", "number"), sets=[one_of(["pid"]), one_of(["club"], required=False)])
    bare, full = matched(query, PID, CLUB).selections()
    assert summary(bare) == [("pid", "p1", ["name"])]
    assert [query_id for query_id, *_ in summary(full)] == ["pid", "club"]


def test_a_query_with_optional_sets_only_is_satisfied_by_nothing() -> None:
    query = asked(ask("pid", "name"), sets=[one_of(["pid"], required=False)])
    assert matched(query).default_selection().matches == ()


def test_a_query_with_very_many_combinations_is_answered_within_bounds() -> None:
    names = [f"t{number}" for number in range(20)]
    query = asked(
        *(ask(name, *[f"c{i}" for i in range(1 + number % 3)]) for number, name in enumerate(names)),
        sets=[one_of(*([name] for name in names[start : start + 10])) for start in range(11)] + [one_of(names)],
    )
    everything = [held(name, name, "c0", "c1", "c2") for name in names]
    assert len(matched(query, *everything).selections()) == 1  # the last set requires all of them
    open_query = asked(*(ask(name) for name in names), sets=[one_of([name], required=False) for name in names])
    proposals = matched(open_query, *everything).selections()
    assert len(proposals) == MAX_WAYS
    assert proposals[0].matches == ()
    same = asked(ask("pid"), ask("mdl"), sets=[one_of(*[["pid"], ["mdl"]] * 5)] * 20)
    assert len(matched(same, PID, MDL).selections()) == 3


def test_among_too_many_equals_the_verifier_s_favourites_are_kept_in_its_order() -> None:
    names = [f"t{number}" for number in range(20)]
    sets = [one_of(*([name] for name in names[start:end])) for start, end in ((0, 7), (7, 14), (14, 20))]
    query = asked(*(ask(name) for name in names), sets=sets)
    proposals = [list(each.by_query) for each in matched(query, *(held(name, name) for name in names)).selections()]
    combinations = product(names[0:7], names[7:14], names[14:20])
    assert proposals == [list(each) for each in combinations][:MAX_WAYS]


def weighed(candidate: Candidate, guarded: int, claims: int) -> Candidate:
    """Return a credential of which a verifier sees more than is asked for."""
    return replace(candidate, weigh=lambda _: Weight(guarded=guarded, claims=claims, values=claims, credentials=1))


def test_a_guarded_claim_outweighs_any_number_of_others() -> None:
    query = asked(ask("pid", "name"), ask("mdl", "age"), sets=[one_of(["pid"], ["mdl"])])
    found = matched(query, weighed(PID, 1, 1), weighed(MDL, 0, 9))
    proposal = found.default_selection()
    assert [each.query_id for each in proposal.matches] == ["mdl"]
    assert [(each.among, each.because, each.others) for each in proposal.why] == [
        (Among.WAYS, Because.FEWER_GUARDED, 1)
    ]
    assert (proposal.why[0].weight.claims, proposal.why[0].second.claims) == (9, 1)


def test_of_two_credentials_the_one_that_shows_less_beside_what_is_asked_for_is_proposed() -> None:
    query = asked(ask("pid", "name"))
    talkative = weighed(held("p2", "pid", "name"), 0, 3)
    for order in ([talkative, PID], [PID, talkative]):
        assert summary(matched(query, *order).default_selection()) == [("pid", "p1", ["name"])]


def test_a_record_is_not_passed_over_for_one_with_a_shorter_array() -> None:
    query = asked(ask("pid", "names"))
    short, long = (replace(PID, id=str(count), claims={"names": ["a"] * count}) for count in (1, 3))
    assert summary(matched(query, long, short).default_selection()) == [("pid", "3", ["names"])]
    assert summary(matched(query, short, long).default_selection()) == [("pid", "1", ["names"])]


def test_of_two_claim_sets_of_one_claim_the_one_with_fewer_values_is_proposed() -> None:
    claims = [{"id": "all", "path": ["names", None]}, {"id": "one", "path": ["names", 0]}]
    query = asked(ask("pid", claims=claims, claim_sets=[["all"], ["one"]]))
    candidate = replace(PID, claims={"names": ["a", "b"]})
    proposal = matched(query, candidate).default_selection()
    assert proposal.matches[0].claim_set == 1
    (why,) = proposal.why
    assert (why.among, why.because, why.query_id, why.others) == (Among.CLAIM_SETS, Because.FEWER_VALUES, "pid", 1)
    assert (why.weight.values, why.second.values) == (1, 2)


# --- why -------------------------------------------------------------------------------------------------------------


def test_where_there_is_nothing_to_choose_there_is_nothing_to_explain() -> None:
    proposal = matched(asked(ask("pid", "name")), PID).default_selection()
    assert (proposal.why, proposal.left_out) == ((), ())


def test_a_choice_between_ways_credentials_and_claims_is_explained_in_this_order() -> None:
    query = asked(
        ask("pid", "name", "age", claim_sets=[["name", "age"], ["name"]]),
        ask("mdl", "name", "age"),
        sets=[one_of(["mdl"], ["pid"])],
    )
    proposal = matched(query, PID, held("p2", "pid", "name", "age"), MDL).default_selection()
    assert [(each.among, each.because, each.query_id) for each in proposal.why] == [
        (Among.WAYS, Because.FEWER_CLAIMS, None),
        (Among.CREDENTIALS, Because.FIRST, "pid"),
        (Among.CLAIM_SETS, Because.FEWER_CLAIMS, "pid"),
    ]
    assert [each.weight.claims for each in proposal.why] == [1, 1, 1]
    assert [each.second.claims for each in proposal.why] == [2, 1, 2]


def test_what_is_chosen_is_compared_with_the_second_best() -> None:
    query = asked(ask("pid", "name"), ask("mdl", "age"), ask("club"), sets=[one_of(["pid"], ["mdl"], ["club"])])
    (why,) = matched(query, weighed(PID, 2, 2), weighed(MDL, 0, 5), weighed(CLUB, 0, 3)).default_selection().why
    assert (why.because, why.others) == (Because.FEWER_CLAIMS, 2)
    assert (why.weight.claims, why.second.claims) == (3, 5)


def test_fewer_credentials_and_the_verifier_s_order_are_reasons_as_well() -> None:
    query = asked(ask("pid", "name"), ask("mdl", "age"), ask("club"), sets=[one_of(["pid", "club"], ["mdl"])])
    (why,) = matched(query, PID, MDL, CLUB).default_selection().why
    assert (why.because, why.weight.credentials, why.second.credentials) == (Because.FEWER_CREDENTIALS, 1, 2)
    even = asked(ask("pid", "name"), ask("mdl", "age"), sets=[one_of(["pid"], ["mdl"])])
    assert [each.because for each in matched(even, PID, MDL).default_selection().why] == [Because.FIRST]


def test_what_may_be_added_is_no_alternative_and_is_told_by_itself() -> None:
    sets = [one_of(["pid"], ["mdl"]), one_of(["club"], required=False)]
    query = asked(ask("pid", "name"), ask("mdl", "name", "age"), ask("club", "number"), sets=sets)
    proposal = matched(query, PID, CLUB).default_selection()
    assert (proposal.why, proposal.left_out) == ((), ("club",))
    assert matched(query, PID).default_selection().left_out == ()
    both = matched(query, PID, MDL, CLUB).default_selection()
    # Of four ways, one is the proposal, and one is it and the club's card.
    assert [(each.because, each.others) for each in both.why] == [(Because.FEWER_CLAIMS, 2)]
    assert both.left_out == ("club",)


def test_an_optional_credential_that_is_shown_anyway_is_not_left_out() -> None:
    query = asked(ask("pid", "name"), sets=[one_of(["pid"]), one_of(["pid"], required=False)])
    assert matched(query, PID).default_selection().left_out == ()


def test_a_person_s_choice_is_not_explained() -> None:
    query = asked(ask("pid", "name"), ask("mdl", "age"), sets=[one_of(["pid"], ["mdl"])])
    found = matched(query, PID, MDL)
    assert found.default_selection().why
    assert found.select(found.default_selection().matches).why == ()


def test_the_nearest_miss_is_told_by_query() -> None:
    bearer = replace(held("b", "pid", "name"), holder_bound=False)
    other, poor = held("o", "other", "name"), held("q", "pid", "age")
    query = asked(ask("pid", "name"), ask("mdl", "age"))
    cases: list[tuple[list[Candidate], Mismatch]] = [
        ([], Mismatch.TYPE),
        ([replace(PID, format="mso_mdoc")], Mismatch.FORMAT),
        ([other], Mismatch.TYPE),
        ([other, bearer], Mismatch.HOLDER_BINDING),
        ([poor, bearer, other], Mismatch.CLAIMS),
    ]
    for candidates, nearest in cases:
        found = match(query, by_id(candidates))
        assert found.missed == {"pid": nearest}
    assert match(query, by_id([PID])).missed == {}


def by_id(of_pid: list[Candidate]) -> Callable[[CredentialQuery], list[Candidate]]:
    """Return what gives these credentials to the query ``pid``, and the licence to the other."""
    return lambda query: of_pid if query.id == "pid" else [MDL]


def test_what_is_missed_is_not_in_what_is_written_about_matches() -> None:
    assert "CLAIMS" not in repr(matched(asked(ask("pid", "number")), PID))


# --- the person's choice ---------------------------------------------------------------------------------------------


def test_a_person_may_choose_another_credential_and_another_combination_of_claims() -> None:
    query = asked(ask("pid", "name", "age", claim_sets=[["name", "age"], ["name"]]))
    found = matched(query, PID, held("p2", "pid", "name", "age"))
    first, second = found.found["pid"]
    assert summary(found.select([second])) == [("pid", "p2", ["name", "age"])]
    assert summary(found.select([first.with_claim_set(1)])) == [("pid", "p1", ["name"])]


def test_every_proposal_can_be_chosen() -> None:
    sets = [one_of(["pid", "club"], ["mdl"]), one_of(["club"], required=False)]
    found = matched(asked(ask("pid"), ask("mdl"), ask("club"), sets=sets), PID, MDL, CLUB)
    assert found.selections()
    for proposal in found.selections():
        assert found.select(proposal.matches) == proposal


def test_a_required_credential_cannot_be_left_out() -> None:
    found = matched(asked(ask("pid"), ask("mdl")), PID, MDL)
    with pytest.raises(ConsentRequiredError) as caught:
        found.select(found.found["pid"])
    assert caught.value.code == "SELECTION_INCOMPLETE"
    found.select([*found.found["mdl"], *found.found["pid"]])


def test_a_credential_that_completes_no_option_is_not_sent() -> None:
    sets = [one_of(["pid"], ["mdl", "club"])]
    found = matched(asked(ask("pid"), ask("mdl"), ask("club"), sets=sets), PID, MDL, CLUB)
    with pytest.raises(ConsentRequiredError) as caught:
        found.select([*found.found["pid"], *found.found["mdl"]])
    assert caught.value.code == "SELECTION_TOO_LARGE"
    found.select([*found.found["club"], *found.found["mdl"]])


def test_several_credentials_can_be_chosen_only_where_the_query_allows_it() -> None:
    candidates = PID, held("p2", "pid", "name")
    single, several = asked(ask("pid", "name")), asked(ask("pid", "name", multiple=True))
    found = matched(several, *candidates)
    assert set(found.select(found.found["pid"]).by_query) == {"pid"}
    assert len(found.select(found.found["pid"]).by_query["pid"]) == 2
    with pytest.raises(ValueError, match="two credentials"):
        matched(single, *candidates).select(matched(single, *candidates).found["pid"])
    with pytest.raises(ValueError, match="twice"):
        found.select([found.found["pid"][0]] * 2)


def test_what_was_not_found_cannot_be_chosen() -> None:
    query = asked(ask("pid", "name"))
    (stranger,) = matched(query, held("p9", "pid", "name")).found["pid"]
    with pytest.raises(ValueError, match="not found"):
        matched(query, PID).select([stranger])


def test_a_choice_cannot_bring_claims_of_its_own() -> None:
    wide = matched(asked(ask("pid", "name", "address")), PID)
    narrow = matched(asked(ask("pid", "name")), PID)
    assert summary(narrow.select(wide.found["pid"])) == [("pid", "p1", ["name"])]
