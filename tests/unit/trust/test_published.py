# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""What a registry publishes, as a document."""

from __future__ import annotations

import pytest

from tests.support.trust import Demo
from vcwallet.errors import LimitExceededError, MalformedError
from vcwallet.trust.published import PublishedTrust


def test_what_is_published_survives_its_json() -> None:
    published = Demo().registry.published()
    assert PublishedTrust.from_json(published.to_json()) == published


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"anchor":"_-","trusted_list":"","type_metadata":{}}',
        b'{"anchor":"","trusted_list":"","type_metadata":{}}',
        b'{"anchor":"AA==","trusted_list":1,"type_metadata":{}}',
        b'{"anchor":"AA==","trusted_list":"","type_metadata":{"a":{}}}',
        b'{"anchor":"AA==","trusted_list":"","type_metadata":{"a":"\\ud800"}}',
        b'{"anchor":"AA==","anchor":"AA==","trusted_list":"","type_metadata":{}}',
    ],
)
def test_what_is_not_published_trust_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        PublishedTrust.from_json(data)


def test_the_size_is_limited() -> None:
    with pytest.raises(LimitExceededError):
        PublishedTrust.from_json(b" " * (16 * 1024 * 1024 + 1))


def test_its_repr_is_short() -> None:
    assert len(repr(Demo().registry.published())) < 100
