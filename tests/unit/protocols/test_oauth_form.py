# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Forms and queries (RFC 6749, Appendix B): one reading for each."""

from __future__ import annotations

import tracemalloc

import pytest

from vcwallet.errors import LimitExceededError, MalformedError
from vcwallet.protocols.oauth import form

# RFC 6749, Appendix B: a name and a value with a space, a percent sign, an ampersand, a plus sign, a pound and a euro.
RFC_6749_VALUE = " %&+\N{POUND SIGN}\N{EURO SIGN}"
RFC_6749_TEXT = b"+%25%26%2B%C2%A3%E2%82%AC"


class TestReading:
    def test_the_example_of_the_standard(self):
        assert form.read_form(b"state=" + RFC_6749_TEXT) == {"state": RFC_6749_VALUE}

    def test_a_parameter_without_a_value_counts_as_left_out(self):
        assert form.read_form(b"a=&b&c=1") == {"c": "1"}

    def test_an_empty_form_has_no_parameters(self):
        assert form.read_form(b"") == form.read_form(b"&&") == {}

    def test_a_value_may_have_an_equals_sign(self):
        assert form.read_form(b"code=ab==") == {"code": "ab=="}

    def test_a_name_is_decoded_as_well(self):
        assert form.read_form(b"pre%2Dauthorized_code=1") == {"pre-authorized_code": "1"}

    @pytest.mark.parametrize("body", [b"code=a&code=b", b"code=a&code=", b"code=&code=", b"code=a&c%6Fde=a"])
    def test_a_parameter_comes_once(self, body):
        with pytest.raises(MalformedError, match="comes twice"):
            form.read_form(body)

    def test_a_resource_may_come_more_than_once(self):
        body = b"resource=https%3A%2F%2Fa.example%2F&resource=https%3A%2F%2Fb.example%2F"
        assert form.read_form(body) == {"resource": "https://a.example/ https://b.example/"}

    @pytest.mark.parametrize("body", [b"resource=a%20b", b"resource=a+b", b"resource=a&resource=+"])
    def test_a_resource_has_no_space(self, body):
        with pytest.raises(MalformedError, match="is a URI"):
            form.read_form(body)

    @pytest.mark.parametrize(
        "body",
        [
            b"=1",
            b"a=%",
            b"a=%2",
            b"a=%zz",
            b"a=%u0041",
            b"a=%ff",
            b"a=%ED%A0%80",
            b"%ff=a",
            b"a=b c",
            b"a=b\n",
            b"a=\x00",
            b"a=\xc3\xa9",
        ],
    )
    def test_a_broken_form_is_refused(self, body):
        with pytest.raises(MalformedError):
            form.read_form(body)

    def test_a_text_that_is_not_ascii_is_no_query(self):
        with pytest.raises(MalformedError):
            form.read_query("a=\N{EURO SIGN}")


class TestLimits:
    def test_the_longest_form_is_read_and_a_longer_one_is_not(self):
        longest = b"a=" + b"b" * (form.MAX_BYTES - 2)
        assert len(form.read_form(longest)["a"]) == form.MAX_BYTES - 2
        for longer in (longest + b"b", longest + b"\xff"):  # measured before it is looked at
            with pytest.raises(LimitExceededError):
                form.read_form(longer)
        with pytest.raises(LimitExceededError):
            form.read_query((longest + b"b").decode())

    def test_the_most_parameters_are_read_and_more_are_not(self):
        most = "&".join(f"p{number}=1" for number in range(form.MAX_MEMBERS))
        assert len(form.read_query(most)) == form.MAX_MEMBERS
        with pytest.raises(LimitExceededError):
            form.read_query(most + "&q=1")

    @pytest.mark.parametrize("piece", [b"%41", b"%41a", b"%E3%81%82", b"=", b"+"])
    def test_what_is_read_takes_no_more_memory_than_a_few_times_its_length(self, piece):
        """Forty answers at once are read by a verifier's service, of 2 MiB each."""
        body = b"a=" + piece * (2_000_000 // len(piece))
        tracemalloc.start()
        try:
            assert form.read_form(body, max_bytes=len(body))["a"]
            assert tracemalloc.get_traced_memory()[1] < 10 * len(body)
        finally:
            tracemalloc.stop()


class TestWriting:
    def test_everything_but_unreserved_characters_is_encoded(self):
        assert form.query({"a b": "-._~ +/?&=%\N{EURO SIGN}"}) == "a%20b=-._~%20%2B%2F%3F%26%3D%25%E2%82%AC"

    def test_a_parameter_without_a_value_is_left_out(self):
        assert form.form_body({"a": "", "b": "1"}) == b"b=1"

    def test_each_resource_is_a_parameter(self):
        assert form.query({"resource": "https://a.example b:c"}) == "resource=https%3A%2F%2Fa.example&resource=b%3Ac"
