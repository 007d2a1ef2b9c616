# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What holds for every test: how long properties search, when a skip is a failure, and no network.

``HYPOTHESIS_PROFILE``  ``default`` for work at the desk, ``ci`` the same on every run, ``sweep`` long.
``VCWALLET_NO_SKIPS=1``  a skipped test fails, because everything it could be missing has been installed.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.no_network import deny_network
from tests.support.postgres import postgres, postgres_server

# A machine may be slow, or busy with something else: a deadline would only find that out.
_base = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("default", _base, max_examples=50)
settings.register_profile("ci", _base, max_examples=100, derandomize=True, database=None, print_blob=True)
settings.register_profile("sweep", _base, max_examples=5_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

__all__ = ["postgres", "postgres_server"]  # fixtures for every test

deny_network()

NO_SKIPS = os.environ.get("VCWALLET_NO_SKIPS") == "1"
# The published vectors lie beside the repository and cannot be installed; the rules they test are also tested without.
NOT_INSTALLABLE = "../shared/vectors"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Count a skipped test as failed under ``VCWALLET_NO_SKIPS``."""
    report = yield
    if not hasattr(report, "wasxfail"):
        _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Count a file that skips itself as a failure, in the same way."""
    report = yield
    _forbid_skip(report)
    return report


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not (NO_SKIPS and report.skipped):
        return
    reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if NOT_INSTALLABLE not in reason:
        report.outcome = "failed"
        report.longrepr = f"{reason}\nVCWALLET_NO_SKIPS=1: everything a test needs has been installed, so it must run"
