# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Checks: run to the first failure, or all of them for a report."""

from __future__ import annotations

import pytest

from vcwallet.checks import Check, Finding, Report, Result, explain, run_checks
from vcwallet.errors import MalformedError, VerificationError


class Case(list[str]):
    """Notes which checks ran."""


def passing(name: str, *needs: str) -> Check[Case]:
    return Check(name, f"clause of {name}", lambda case: case.append(name), needs)


def failing(name: str, *needs: str, clause: str | None = None) -> Check[Case]:
    def run(case: Case) -> None:
        case.append(name)
        raise VerificationError(f"{name} is wrong", code=name.upper(), clause=clause)

    return Check(name, f"clause of {name}", run, needs)


def results(*checks: Check[Case]) -> dict[str, str]:
    return {finding.check: finding.result.value for finding in explain(checks, Case())}


def test_checks_run_in_their_order():
    case = Case()
    run_checks([passing("a"), passing("b"), passing("c")], case)
    assert case == ["a", "b", "c"]


def test_running_stops_at_the_first_failure():
    case = Case()
    with pytest.raises(VerificationError) as caught:
        run_checks([passing("a"), failing("b"), failing("c"), passing("d")], case)
    assert (case, caught.value.code) == (["a", "b"], "B")


def test_explaining_goes_on_after_a_failure():
    assert results(failing("a"), passing("b"), failing("c")) == {"a": "failed", "b": "passed", "c": "failed"}


def test_what_needs_a_failed_check_is_not_run():
    case = Case()
    found = explain([failing("a"), passing("b", "a"), passing("c", "b"), passing("d", "x")], case)
    assert [finding.result for finding in found] == [Result.FAILED, Result.NOT_RUN, Result.NOT_RUN, Result.PASSED]
    assert case == ["a", "d"]


def test_what_needs_several_checks_needs_them_all():
    assert results(passing("a"), failing("b"), passing("c", "a", "b"), passing("d", "a"))["c"] == "not_run"
    assert results(passing("a"), passing("b"), passing("c", "a", "b"))["c"] == "passed"


def test_a_finding_has_the_code_and_message_of_the_error_and_the_clause_that_was_broken():
    general, special = explain([failing("a"), failing("b", clause="clause 7")], Case(), subject="pid")
    assert general == Finding(
        check="a", clause="clause of a", result=Result.FAILED, subject="pid", code="A", message="a is wrong"
    )
    assert special.clause == "clause 7"


def test_a_finding_without_a_failure_has_no_code():
    passed, not_run = (
        explain([passing("a"), passing("c", "b")], Case())[0],
        explain([failing("b"), passing("c", "b")], Case())[1],
    )
    assert (passed.code, passed.message, not_run.code, not_run.message) == (None, "", None, "")


def test_every_finding_says_what_it_is_about():
    checks = [passing("a"), failing("b"), passing("c", "b")]
    assert [finding.subject for finding in explain(checks, Case(), subject="pid")] == ["pid"] * 3
    assert [finding.subject for finding in explain(checks, Case())] == [""] * 3
    assert Finding(check="a", clause="b", result=Result.PASSED).subject == ""


def test_only_refusals_become_findings():
    def broken(_: Case) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        explain([Check("broken", "none", broken)], Case())


def test_any_error_of_ours_becomes_a_finding():
    def malformed(_: Case) -> None:
        raise MalformedError("no good")

    assert [finding.code for finding in explain([Check("a", "b", malformed)], Case())] == ["MALFORMED"]


REPORT = Report(
    findings=(*explain([failing("a"), passing("b", "a")], Case(), subject="pid"), *explain([passing("c")], Case()))
)


def test_a_report_lists_its_failures():
    assert [finding.check for finding in REPORT.failures] == ["a"]


def test_a_report_reads_line_by_line():
    assert str(REPORT).splitlines() == [
        "FAIL pid: a (clause of a) - a is wrong [A]",
        "-    pid: b (clause of b)",
        "ok   c (clause of c)",
    ]


def test_a_report_is_no_decision():
    with pytest.raises(TypeError):
        bool(REPORT)
