# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The documentation is true: its Python runs and its links lead somewhere.

The ``python`` blocks of a page are one script, from top to bottom.  There is no mark that leaves a block out: what
cannot run is not shown as Python.  Commands for a shell stand in ``console`` blocks.  A page about a device that is not
here is skipped, and says so.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import softhsm
from tests.support.markdown import CodeBlock, anchors, as_script, code_blocks, links
from tests.support.scripts import run_script
from tests.support.sources import REPOSITORY, name_of, text_files

MARKDOWN = [file for file in text_files() if file.suffix == ".md"]
PAGES = [file for file in MARKDOWN if file.parent == REPOSITORY or file.is_relative_to(REPOSITORY / "docs")]


def python_blocks(page: Path) -> list[CodeBlock]:
    """The blocks of a page that are Python."""
    return [block for block in code_blocks(page.read_text("utf-8")) if block.info == "python"]


NEEDS_A_TOKEN = {"docs/how-to/sign-with-an-hsm.md"}


def provide_token(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what the shell commands of the page do, in a folder of the test's own."""
    if not softhsm.is_installed():
        pytest.skip(softhsm.MISSING)
    device = softhsm.Device(folder)
    device.plug_in("mirai-city")
    for name, value in device.environment.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("page", [page for page in PAGES if python_blocks(page)], ids=name_of)
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if name_of(page) in NEEDS_A_TOKEN:
        provide_token(tmp_path, monkeypatch)
    script = tmp_path / f"{page.stem}.py"
    script.write_text(as_script(python_blocks(page)), "utf-8")
    run_script(script, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_python_is_marked_in_the_one_way_that_is_run(page: Path) -> None:
    for block in code_blocks(page.read_text("utf-8")):
        hidden = re.match(r"(?i)\{?\.?(py|pycon|python\S*|ipython)\b", block.info) and block.info != "python"
        assert not hidden, f"{name_of(page)}:{block.line - 1}: write ```python, not ```{block.info}"


@pytest.mark.parametrize("page", MARKDOWN, ids=name_of)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for link in links(page.read_text("utf-8")):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{name_of(page)}: {link} does not exist"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file.read_text("utf-8")), f"{name_of(page)}: {link} has no such heading"


def test_a_script_keeps_the_line_numbers_of_its_page() -> None:
    page = "# Title\n\n```python\na = 1\n```\n\n- item\n\n  ```python\n  if a:\n      b = 2\n  ```\n"
    script = as_script([block for block in code_blocks(page) if block.info == "python"])
    assert script.splitlines()[3] == "a = 1"
    assert script.splitlines()[9:11] == ["if a:", "    b = 2"]


def test_a_fence_that_stays_open_is_an_error() -> None:
    with pytest.raises(ValueError, match="line 1"):
        list(code_blocks("```python\na = 1\n"))
