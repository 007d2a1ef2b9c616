# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Our JCS against the package rfc8785, on values that neither has seen."""

from __future__ import annotations

import struct

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from vcwallet.encoding import jcs, json
from vcwallet.errors import MalformedError

pytestmark = pytest.mark.interop

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
integers = st.integers(-(2**53) + 1, 2**53 - 1)
doubles = st.floats(allow_nan=False, allow_infinity=False)
bit_patterns = st.binary(min_size=8, max_size=8).map(lambda bits: struct.unpack(">d", bits)[0])


def trees(leaves):
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=5), max_leaves=15
    )


plain = trees(st.none() | st.booleans() | integers | texts)
anything = trees(st.none() | st.booleans() | integers | texts | doubles)


@given(plain)
def test_values_without_fractions_are_written_alike(value):
    assert jcs.canonicalize(value) == rfc8785.dumps(value)


@given(anything)
def test_values_of_all_kinds_are_written_alike(value):
    assert jcs.canonicalize(value) == rfc8785.dumps(value)


@given(bit_patterns.filter(lambda number: number - number == 0))
def test_doubles_of_any_bits_are_written_alike(number):
    assert jcs.canonicalize(number) == rfc8785.dumps(number)


@given(st.dictionaries(st.text(st.sampled_from("a\ufb33\uffff\U00010000\U0010ffff"), max_size=4), st.none()))
def test_names_beyond_the_basic_plane_are_sorted_alike(value):
    assert jcs.canonicalize(value) == rfc8785.dumps(value)


@given(st.integers() | st.integers(-(2**70), 2**70) | st.integers(1, 10**6).map(lambda number: number * 10**14))
def test_an_integer_is_written_like_its_double_or_refused(number):
    try:
        written = jcs.canonicalize(number)
    except MalformedError:
        with pytest.raises(rfc8785.IntegerDomainError):
            rfc8785.dumps(number)
    else:
        assert written == rfc8785.dumps(float(number)) == b"%d" % number


@given(anything)
def test_what_was_written_is_read_again_and_written_alike(value):
    text = jcs.canonicalize(value)
    assert jcs.canonicalize(json.loads(text)) == text
