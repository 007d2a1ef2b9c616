# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""A verification as a list of named checks: run to the first failure, or to the end for a report.

Both ways run the same checks in the same order, so a report can never pass what verifying refuses.

    >>> from vcwallet.checks import Check, explain
    >>> from vcwallet.errors import VerificationError
    >>> def too_big(number: list[int]) -> None:
    ...     if number[0] > 9:
    ...         raise VerificationError("too big", code="TOO_BIG")
    >>> checks = [Check("size", "our rule", too_big), Check("sign", "our rule", lambda n: None, needs=("size",))]
    >>> [(finding.check, finding.result.value) for finding in explain(checks, [10])]
    [('size', 'failed'), ('sign', 'not_run')]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from vcwallet.errors import VcError

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Check(Generic[C]):
    """One step of a verification: it raises, or the case knows more than before.

    Attributes:
        name: a stable name for reports.
        clause: the document and clause that demands it.
        run: does it.
        needs: the checks without whose success it says nothing.
    """

    name: str
    clause: str
    run: Callable[[C], None]
    needs: tuple[str, ...] = ()


class Result(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The outcome of one check; `subject` says which credential it was about, if one."""

    check: str
    clause: str
    result: Result
    subject: str = ""
    code: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What every check of a verification found.  A report is for people to read; only `verify` gives out claims."""

    findings: tuple[Finding, ...]

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The checks that failed, in their order."""
        return tuple(finding for finding in self.findings if finding.result is Result.FAILED)

    def __bool__(self) -> bool:
        raise TypeError("a report is read, not tested; use verify() to decide")

    def __str__(self) -> str:
        return "\n".join(_line(finding) for finding in self.findings)


def run_checks(checks: Iterable[Check[C]], case: C) -> None:
    """Run the checks in order.

    Raises:
        VcError: of the first check that fails.
    """
    for check in checks:
        check.run(case)


def explain(checks: Iterable[Check[C]], case: C, *, subject: str = "") -> list[Finding]:
    """Run every check whose needs are met, and return what each found."""
    findings: list[Finding] = []
    missing: set[str] = set()
    for check in checks:
        finding = _find(check, case, subject, missing)
        if finding.result is not Result.PASSED:
            missing.add(check.name)
        findings.append(finding)
    return findings


def _find(check: Check[C], case: C, subject: str, missing: set[str]) -> Finding:
    if not missing.isdisjoint(check.needs):
        return Finding(check=check.name, clause=check.clause, result=Result.NOT_RUN, subject=subject)
    try:
        check.run(case)
    except VcError as error:
        return Finding(
            check=check.name,
            clause=error.clause or check.clause,
            result=Result.FAILED,
            subject=subject,
            code=error.code,
            message=str(error.args[0]),
        )
    return Finding(check=check.name, clause=check.clause, result=Result.PASSED, subject=subject)


_SIGNS = {Result.PASSED: "ok  ", Result.FAILED: "FAIL", Result.NOT_RUN: "-   "}


def _line(finding: Finding) -> str:
    where = f"{finding.subject}: " if finding.subject else ""
    why = f" - {finding.message} [{finding.code}]" if finding.code else ""
    return f"{_SIGNS[finding.result]} {where}{finding.check} ({finding.clause}){why}"
