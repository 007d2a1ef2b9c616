# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The examples of RFC 8785's author, byte for byte."""

from __future__ import annotations

import pytest

from tests.support.vectors import shared
from vcwallet.encoding import jcs, json

NAMES = ["arrays", "french", "structures", "unicode", "values", "weird"]


@pytest.mark.parametrize("name", NAMES)
def test_a_published_example_is_written_byte_for_byte(name):
    value = json.loads(shared("jcs", "input", f"{name}.json").read_bytes())
    expected = bytes.fromhex(shared("jcs", "outhex", f"{name}.txt").read_text())
    assert jcs.canonicalize(value) == expected
    assert expected == shared("jcs", "output", f"{name}.json").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_canonical_stays_as_it_is(name):
    expected = shared("jcs", "output", f"{name}.json").read_bytes()
    assert jcs.canonicalize(json.loads(expected)) == expected


def test_all_published_examples_are_listed():
    assert sorted(path.stem for path in shared("jcs", "input").glob("*.json")) == NAMES
