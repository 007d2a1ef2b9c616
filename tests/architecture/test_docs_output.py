# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a page of the documentation shows as output is what its Python printed, in this order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.markdown import as_script, code_blocks
from tests.support.scripts import run_script
from tests.support.sources import REPOSITORY, name_of

PAGES = [
    page
    for page in sorted(REPOSITORY.joinpath("docs").rglob("*.md"))
    if any(block.info == "output" for block in code_blocks(page.read_text("utf-8")))
]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_shows_what_it_prints(page: Path, tmp_path: Path) -> None:
    blocks = list(code_blocks(page.read_text("utf-8")))
    script = tmp_path / f"{page.stem}.py"
    script.write_text(as_script([block for block in blocks if block.info == "python"]), "utf-8")
    left = run_script(script, tmp_path)
    for block in blocks:
        if block.info == "output":
            before, found, left = left.partition(f"{block.code}\n")
            assert found, f"{name_of(page)}:{block.line} is not printed; what is printed there is:\n{before}"
