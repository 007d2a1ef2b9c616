# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Every numbered example runs alone, in an empty directory, without the network."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.scripts import run_script
from tests.support.sources import REPOSITORY, name_of

EXAMPLES = sorted(REPOSITORY.glob("examples/[0-9][0-9]_*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_an_example_runs_and_says_what_happens(example: Path, tmp_path: Path) -> None:
    assert run_script(example, tmp_path).strip(), f"{example.name} printed nothing"


def test_the_examples_are_numbered_without_gaps() -> None:
    assert [example.name[:2] for example in EXAMPLES] == [f"{n:02}" for n in range(1, len(EXAMPLES) + 1)]
