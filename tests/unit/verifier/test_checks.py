# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The checks of an answer (OpenID4VP 1.0, section 8.6): refusals for each line of the list, each beside a good answer.

`explain` is held to every case as well: its first failure is the error that `verify` raises, and it stores nothing.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.world import (
    BOTH_FORMATS,
    MDOC,
    SD_JWT,
    ForeignResident,
    Income,
    Resident,
    World,
    resident,
    snapshot,
)
from tests.support.wrong_answers import REFUSED_IN, honest, shown
from vcwallet.checks import Result
from vcwallet.errors import (
    BindingError,
    MalformedError,
)
from vcwallet.formats.mdoc.presentation import PRESENTATION_CHECKS
from vcwallet.protocols.openid4vp import Request
from vcwallet.verifier import ask
from vcwallet.verifier.verifier import CHECKS


def world_in(format: str) -> World:
    made = World(format)
    made.hold()
    return made


@pytest.fixture
def world() -> World:
    return world_in(SD_JWT)


EACH = pytest.mark.parametrize(
    ("format", "check", "wrong", "error", "code"),
    [(format, *case) for format, cases in REFUSED_IN.items() for case in cases],
    ids=[f"{case[1].__name__}-{case[0]}-{format}" for format, cases in REFUSED_IN.items() for case in cases],
)


def test_each_check_has_a_wrong_answer_here():
    """In an mdoc every element is disclosed on its own, so there is no way to open or conceal one against its type."""
    every = {check.name for check in CHECKS}
    for format, checks in ((SD_JWT, every), (MDOC, every - {"types"})):
        assert {check.partition(".")[0] for check, *_ in REFUSED_IN[format]} == checks


def test_each_check_of_an_mdoc_has_a_wrong_answer_here():
    inner = {check.partition(".")[2] for check, *_ in REFUSED_IN[MDOC]} - {""}
    assert inner == {check.name for check in PRESENTATION_CHECKS}


@EACH
def test_a_wrong_answer_is_refused_and_leaves_nothing_behind(format, check, wrong, error, code):
    world = world_in(format)
    right = honest(world)
    assert world.bank.verify(right.response, expected=right.request)[Resident].full_name == "番号　花子"
    case = wrong(world)
    before = snapshot(world.bank_store)
    with pytest.raises(error) as refused:
        world.bank.verify(case.response, expected=case.request)
    assert (type(refused.value), refused.value.code) == (error, code)
    assert snapshot(world.bank_store) == before


@EACH
def test_an_explanation_names_the_same_failure_first_and_stores_nothing(format, check, wrong, error, code):
    world = world_in(format)
    case = wrong(world)
    before = snapshot(world.bank_store)
    report = world.bank.explain(case.response, expected=case.request)
    outer, _, inner = check.partition(".")
    assert (report.failures[0].check, report.failures[0].code) == (outer, code)
    if inner:
        assert next((one.check, one.code) for one in report.failures if one.subject) == (inner, code)
    assert snapshot(world.bank_store) == before


@BOTH_FORMATS
@pytest.mark.parametrize("questions", [["full_name"], ["address.locality", "languages.*"], ["birth_date", ask(Income)]])
def test_an_explanation_of_a_right_answer_has_no_failure(format, questions):
    world = world_in(format)
    case = honest(world, *questions)
    report = world.bank.explain(case.response, expected=case.request)
    assert {finding.result for finding in report.findings} == {Result.PASSED}
    assert {check.name for check in CHECKS} <= {finding.check for finding in report.findings}
    assert world.bank.verify(case.response, expected=case.request).purpose == "loan"


def test_an_explanation_goes_on_behind_the_first_failure(world):
    case = shown(world, ("full_name",), ("birth_date",), audience="x509_hash:somebody-else")
    report = world.bank.explain(replace(case.response, state="another"), expected=case.request)
    assert [(one.check, one.subject) for one in report.failures] == [
        ("state", ""),
        ("presentations", ""),
        ("holder_binding", "resident"),
    ]
    assert {one.check for one in report.findings if one.result is Result.NOT_RUN} == {
        "types",
        "status",
        "query",
        "no_more_than_asked",
        "transactions",
    }


def test_an_explanation_is_read_and_not_tested(world):
    case = honest(world)
    with pytest.raises(TypeError):
        bool(world.bank.explain(case.response, expected=case.request))


def test_an_answer_is_accepted_until_the_request_expires(world):
    case = honest(world)
    world.clock.pass_by(minutes=4, seconds=59)
    assert world.bank.verify(case.response, expected=case.request).verified_at == world.clock()


def test_a_refused_answer_does_not_use_up_the_request(world):
    case = honest(world)
    with pytest.raises(BindingError):
        world.bank.verify(replace(case.response, state="another"), expected=case.request)
    assert world.bank.verify(case.response, expected=case.request).purpose == "loan"


@pytest.mark.parametrize("data", [b"", b"[]", b'{"vp_token": {}}', "{"])
def test_what_is_no_answer_is_malformed_for_both(world, data):
    request = world.ask("full_name")
    for judge in (world.bank.verify, world.bank.explain):
        with pytest.raises(MalformedError):
            judge(data, expected=request)


def test_an_answer_that_went_through_a_file_is_the_same(world):
    case = honest(world)
    kept = Request.from_jwt(str(case.request))
    assert world.bank.verify(case.response.to_json(), expected=kept)[Resident].full_name == "番号　花子"


def test_a_type_that_extends_the_one_that_was_asked_for_will_do(world):
    world.hold(resident(ForeignResident, permit="study"))
    case = honest(world)
    verified = world.bank.verify(case.response, expected=case.request)
    assert verified.evidence(Resident)[0].type_id == ForeignResident.vct
    assert verified[Resident].full_name == "番号　花子"


def test_what_an_issuer_signed_before_it_stopped_is_still_good(world):
    case = honest(world)
    world.registry.withdraw("urn:vcwallet:party:city", reason="merger", mode="from_date")
    world.bank.update_trust(world.registry.published())
    assert world.bank.verify(case.response, expected=case.request).purpose == "loan"
