# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The tool that lists error codes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tools.error_codes import Coded, coded_in, page

Make = Callable[[str], ModuleType]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Make a module of a source that raises errors."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(source: str) -> ModuleType:
        (tmp_path / "some_errors.py").write_text(f"from vcwallet.errors import *\n{source}", "utf-8")
        importlib.invalidate_caches()
        return importlib.import_module("some_errors")

    yield make
    sys.modules.pop("some_errors", None)


def test_a_code_is_found_where_an_error_is_made(module: Make) -> None:
    made = module("def f():\n    raise StoreError('nothing here', code='GONE')\n")
    assert set(coded_in(made)) == {Coded("GONE", "StoreError", "nothing here")}


def test_a_code_may_be_a_constant_of_the_module(module: Make) -> None:
    made = module("BROKEN = 'BROKEN'\ndef f(n):\n    raise StoreError(f'entry {n} is broken', code=BROKEN)\n")
    assert set(coded_in(made)) == {Coded("BROKEN", "StoreError", "entry … is broken")}


def test_a_code_is_found_where_a_function_makes_the_error(module: Make) -> None:
    made = module(
        "def _late(why, code):\n    return ValidityError(why, code=code)\n"
        "def f():\n    raise _late('too late', code='LATE')\n"
    )
    assert set(coded_in(made)) == {Coded("LATE", "ValidityError", "too late")}


def test_each_branch_of_a_choice_is_a_code(module: Make) -> None:
    made = module(
        "def f(old):\n    code = 'OLD' if old else 'WRONG'\n    raise TrustedListError('no list', code=code)\n"
    )
    assert {coded.code for coded in coded_in(made)} == {"OLD", "WRONG"}


def test_an_error_without_a_code_of_its_own_adds_nothing(module: Make) -> None:
    assert not set(coded_in(module("def f():\n    raise StoreError('nothing here')\n")))


def test_a_code_that_nobody_can_tell_stops_the_tool(module: Make) -> None:
    made = module("def f(found):\n    raise StoreError('nothing here', code=found['code'])\n")
    with pytest.raises(ValueError, match="line 3: nobody can tell which codes"):
        list(coded_in(made))


def test_the_page_has_classes_codes_and_refusals() -> None:
    text = page()
    assert "- `VcError` `VC_ERROR`: " in text
    assert "- `REGISTRY_STALE` TrustedListError: " in text
    assert "- `CLAIMS_MISSING` QueryNotSatisfiedError: " in text
    assert "- `JP_MYNUMBER_MIXED`: " in text
