# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Integrity strings (W3C Subresource Integrity, section 3.3)."""

from __future__ import annotations

import base64
import hashlib

import pytest

from vcwallet.encoding import sri
from vcwallet.errors import DigestInvalidError, MalformedError, UnsupportedError

DATA = b"alert('Hello, world.');"


def digest(algorithm: str, data: bytes = DATA) -> str:
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


def test_the_example_of_the_standard() -> None:
    published = "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO"
    assert digest("sha384") == published  # SRI, section 3.1
    sri.require_match(published, DATA)


def test_what_integrity_writes_matches() -> None:
    assert sri.integrity(DATA) == digest("sha256")
    sri.require_match(sri.integrity(DATA), DATA)


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_each_algorithm_of_the_standard_is_checked(algorithm: str) -> None:
    sri.require_match(digest(algorithm), DATA)
    with pytest.raises(DigestInvalidError):
        sri.require_match(digest(algorithm), DATA + b" ")


def test_only_the_strongest_algorithm_counts() -> None:
    sri.require_match(f"{digest('sha256', b'other')} {digest('sha512')}", DATA)
    with pytest.raises(DigestInvalidError):
        sri.require_match(f"{digest('sha256')} {digest('sha512', b'other')}", DATA)


def test_any_digest_of_the_strongest_algorithm_will_do() -> None:
    sri.require_match(f"{digest('sha384', b'other')}  {digest('sha384')}", DATA)


def test_options_and_unknown_algorithms_are_ignored() -> None:
    sri.require_match(f"md5-AAAA {digest('sha256')}?ct=application/json", DATA)


@pytest.mark.parametrize("expression", ["", " ", "md5-AAAA", "SHA256-AAAA", "sha256"])
def test_a_string_without_a_digest_that_we_can_check_matches_nothing(expression: str) -> None:
    with pytest.raises((UnsupportedError, DigestInvalidError)):
        sri.require_match(expression, DATA)


@pytest.mark.parametrize("expression", ["sha256-_-8", "sha256-AA", "sha256-é", "sha256-" + "A" * 4096])
def test_a_digest_that_is_not_in_base64_is_malformed(expression: str) -> None:
    with pytest.raises(MalformedError):
        sri.require_match(expression, DATA)
