# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The pages of docs/reference say what the code does: error codes as generated, limits as the constants have them."""

from __future__ import annotations

import dataclasses
import importlib
import re
from datetime import timedelta
from types import ModuleType

import annotated_types
import pytest
from pydantic import BaseModel

from tests.support.sources import REPOSITORY, module_name, package_files
from tools.error_codes import PAGE, page

REFERENCE = REPOSITORY / "docs" / "reference"
LIMIT = re.compile(r"^\| .+ \| (?P<stated>[0-9][^|]*) \| `(?P<where>[\w.]+:[\w.]+)` \|$", re.MULTILINE)
LIMITS = [(match["stated"], match["where"]) for match in LIMIT.finditer((REFERENCE / "limits.md").read_text("utf-8"))]
UNITS = {"KiB": 1024, "MiB": 1024 * 1024, "bytes": 1, "characters": 1, "s": 1, "days": 24 * 60 * 60, "": 1}


def test_the_page_of_error_codes_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tools.error_codes"


@pytest.mark.parametrize(("stated", "where"), LIMITS, ids=[where for _, where in LIMITS])
def test_a_limit_of_the_page_is_that_of_the_code(stated: str, where: str) -> None:
    assert stated_number(stated) == actual_number(where)


def test_every_row_of_the_page_of_limits_is_looked_at() -> None:
    rows = [line for line in (REFERENCE / "limits.md").read_text("utf-8").splitlines() if line.startswith("| ")]
    headings = [row for row in rows if row == "| what | limit | where |"]
    assert len(LIMITS) == len(rows) - len(headings)


def test_every_limit_that_has_a_name_of_its_own_is_on_the_page() -> None:
    named = {where for _, where in LIMITS}
    missing = {
        f"{module_name(file)}:{name}"
        for file in package_files()
        for name in re.findall(r"^(MAX_\w+)", file.read_text("utf-8"), re.MULTILINE)
    } - named
    assert missing == NOT_ABOUT_INPUT


NOT_ABOUT_INPUT = {
    "vcwallet.credential_type.labels:MAX_LABEL_LENGTH",  # longer labels are cut, not refused
    "vcwallet.encoding.jcs:MAX_SAFE_INTEGER",
    "vcwallet.jose.jws:MAX_SIGNATURE_TEXT",  # in base64; the page says it in bytes
    "vcwallet.protocols.dcql.selection:MAX_PER_QUERY",  # the default of MAX_CHOICES
    "vcwallet.trust.list_json:MAX_SEQUENCE",
}


def stated_number(text: str) -> int:
    """Read "10 000", "64 MiB" or "7 days" as a number of items, bytes or seconds."""
    digits, unit = re.fullmatch(r"([0-9 ]*[0-9]) ?([A-Za-z]*)", text).groups()  # type: ignore[union-attr]
    return int(digits.replace(" ", "")) * UNITS[unit]


def actual_number(where: str) -> int:
    """Look up a constant, the default of a dataclass, or the longest list that a model takes."""
    module, _, names = where.partition(":")
    value: object = importlib.import_module(module)
    for name in names.split("."):
        value = member(value, name)
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    assert isinstance(value, int)
    return value * 1024 if where.lower().endswith("_kib") else value


def member(value: object, name: str) -> object:
    if isinstance(value, type) and dataclasses.is_dataclass(value):
        return next(field.default for field in dataclasses.fields(value) if field.name == name)
    if isinstance(value, type) and issubclass(value, BaseModel):
        rules = value.model_fields[name].metadata
        return next(rule.max_length for rule in rules if isinstance(rule, annotated_types.MaxLen))
    assert isinstance(value, ModuleType) or dataclasses.is_dataclass(value)
    return getattr(value, name)
