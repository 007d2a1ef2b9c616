# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Every example in a docstring of vcwallet does what it shows."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

from tests.support.sources import module_name, name_of, package_files
from vcwallet.errors import MissingExtraError

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("file", package_files(), ids=name_of)
def test_the_examples_of_a_module_run(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # an example may create a wallet file
    try:
        module = importlib.import_module(module_name(file))
    except MissingExtraError as missing:
        pytest.skip(f"{module_name(file)} needs vcwallet[{missing.extra}]")
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    for examples in doctest.DocTestFinder(exclude_empty=True).find(module):
        runner.run(examples, out=report.append)
    assert not runner.failures, "".join(report)
