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


def test_the_main_job_runs_with_mdoc_and_nothing_else_changed(tmp_path: Path) -> None:
    main_job = REPOSITORY / "examples" / "01_main_job.py"
    changed = tmp_path / "main_job_in_mdoc.py"
    changed.write_text(main_job.read_text(encoding="utf-8").replace("SdJwtVc", "Mdoc"), encoding="utf-8")
    for beside in ("municipal_data.py", "stage.py", "data"):
        (tmp_path / beside).symlink_to(main_job.parent / beside)
    said = run_script(changed, tmp_path)
    assert "holder proved" in said
    assert "OVER_ASKING" in said
