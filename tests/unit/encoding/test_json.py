# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Strict JSON (RFC 8259, RFC 7493): one meaning for each text, within stated limits."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from vcwallet.encoding import json
from vcwallet.errors import LimitExceededError, MalformedError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"null", None),
        (b" true\n", True),
        (b'""', ""),
        (b'{"a":[1,{"b":null}]}', {"a": [1, {"b": None}]}),
        (b'{ "a" : [ 1 , 2 ] }', {"a": [1, 2]}),
        (b'"\\u3042\\ud83d\\ude00"', "\u3042\U0001f600"),
        ("\u3042".encode().join([b'"', b'"']), "\u3042"),
        (b'"\\u0000"', "\x00"),
        (b"-0", 0),
        (b"-0.0", -0.0),
        (b"1.50", 1.5),
        (b"1E3", 1000.0),
        (b"18446744073709551616", 2**64),
        (b"-9223372036854775809", -(2**63) - 1),
    ],
)
def test_json_is_read(text, value):
    read = json.loads(text)
    assert read == value
    assert type(read) is type(value)
    assert json.loads(text.decode("utf-8")) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "nothing"),
        (b"{", "half of it"),
        (b"{}{}", "two texts"),
        (b"{}\x00", "a trailing zero byte"),
        (b"[1,]", "a trailing comma"),
        (b"{'a':1}", "single quotes"),
        (b"{a:1}", "a name without quotes"),
        (b"// c\n1", "a comment"),
        (b"01", "a leading zero"),
        (b"+1", "a plus sign"),
        (b".5", "no digit before the point"),
        (b"1.", "no digit after the point"),
        (b"0x10", "a hexadecimal number"),
        (b"NaN", "NaN"),
        (b"[Infinity]", "Infinity"),
        (b"-Infinity", "minus Infinity"),
        (b"1e400", "a number out of range"),
        (b'"\t"', "a control character in a string"),
        (b'"\\x41"', "an escape that JSON does not have"),
        (b'"\\ud800"', "half of a surrogate pair"),
        (b'{"\\udc00":1}', "half of a surrogate pair in a name"),
        (b'"\xed\xa0\x80"', "a surrogate in UTF-8"),
        (b'"\xff"', "a byte that UTF-8 does not have"),
        (b'"\xc0\x80"', "an overlong form"),
        (b"\xef\xbb\xbf1", "a byte order mark"),
        ("[1]".encode("utf-16"), "UTF-16"),
        ("[1]".encode("utf-32-le"), "UTF-32"),
        (b'{"a":1,"a":1}', "a duplicate member"),
        (b'{"a":1,"\\u0061":2}', "a duplicate member in another spelling"),
        (b'[{"b":{"a":1, "a":2}}]', "a duplicate member further in"),
    ],
)
def test_what_readers_could_disagree_about_is_refused(text, reason):
    with pytest.raises(MalformedError) as caught:
        json.loads(text)
    assert caught.value.code == "MALFORMED"


def test_text_with_a_lone_surrogate_is_refused():
    with pytest.raises(MalformedError):
        json.loads('"\ud800"')


def test_the_same_name_in_two_objects_is_no_duplicate():
    assert json.loads(b'[{"a": 1}, {"a": {"a": 2}}]') == [{"a": 1}, {"a": {"a": 2}}]


LIMITS = [
    ("nesting", lambda n: b"[" * n + b"]" * n, 32),
    ("nesting of objects", lambda n: b'{"a":' * n + b"1" + b"}" * n, 32),
    ("digits", lambda n: b"1" * n, 64),
    ("digits of a fraction", lambda n: b"0." + b"1" * (n - 2), 64),
    ("values", lambda n: b"[" + b"0," * (n - 1) + b"0]", 100_000),
    ("values that are objects", lambda n: b"[" + b"{}," * (n // 2 - 1) + b"{}" + b",1" * (n % 2) + b"]", 100_000),
    ("members", lambda n: b"{" + b",".join(b'"%d":0' % i for i in range(n)) + b"}", 10_000),
]


@pytest.mark.parametrize(("name", "text", "most"), LIMITS, ids=[name for name, *_ in LIMITS])
def test_a_limit_is_kept_to_the_last_one(name, text, most):
    json.loads(text(most))
    with pytest.raises(LimitExceededError) as caught:
        json.loads(text(most + 1))
    assert caught.value.code == "LIMIT_EXCEEDED"


@pytest.mark.parametrize("depth", [100, 1000, 5_000, 100_000])
def test_nesting_of_any_depth_raises_our_error(depth):
    with pytest.raises(MalformedError):
        json.loads(b"[" * depth + b"]" * depth)


@pytest.mark.parametrize("depth", [32, 100, 1000, 1020, 5_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["arrays", "objects"])
def test_nesting_that_a_member_of_the_same_name_hides_raises_our_error_too(opening, closing, depth):
    hidden = opening * depth + "1" + closing * depth
    assert json.loads('{"a":1,"b":2}') == {"a": 1, "b": 2}
    with pytest.raises(MalformedError):
        json.loads(f'{{"a":{hidden},"a":1}}')


def test_brackets_in_strings_are_no_nesting():
    assert json.loads(b'"' + b"[{" * 1000 + b'"') == "[{" * 1000


def test_size_is_counted_in_bytes():
    assert json.loads('"\u3042"', max_bytes=5) == "\u3042"
    with pytest.raises(LimitExceededError):
        json.loads('"\u3042"', max_bytes=4)
    with pytest.raises(LimitExceededError):
        json.loads('"\u3042"'.encode(), max_bytes=4)


def test_an_object_is_demanded():
    assert json.loads_object(b'{"a":1}') == {"a": 1}
    with pytest.raises(MalformedError):
        json.loads_object(b"[]")


def test_json_is_written_compactly_in_utf_8():
    assert json.dumps({"b": [1, True, None], "a": "\u3042"}) == '{"b":[1,true,null],"a":"\u3042"}'.encode()


def test_read_only_mappings_and_other_sequences_are_written_too():
    assert json.dumps({"a": MappingProxyType({"b": (1, 2)})}) == b'{"a":{"b":[1,2]}}'
    assert json.dumps([range(2), MappingProxyType({})]) == b"[[0,1],{}]"


@pytest.mark.parametrize("value", [None, [None, "null", 1.5], {"a": {"b": None}}])
def test_null_is_written_where_null_was_meant(value):
    assert json.loads(json.dumps(value)) == value


@pytest.mark.parametrize("value", [b"bytes", {1: 2}, object(), {"a": {1, 2}}, "\ud800", [{"a": float("nan")}]])
def test_writing_what_is_not_json_is_a_mistake_of_the_caller(value):
    with pytest.raises(TypeError):
        json.dumps(value)
