# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The public API is listed in docs/reference/api.txt, so that every change of it shows in the diff."""

from __future__ import annotations

import vcwallet
from tools.api import LISTING, listing
from vcwallet._version import __version__


def test_the_listing_is_current() -> None:
    assert LISTING.read_text("utf-8") == listing(vcwallet), "the public API has changed: run `make api`"


def test_every_public_name_exists_and_is_named_once() -> None:
    assert len(set(vcwallet.__all__)) == len(vcwallet.__all__)
    assert all(hasattr(vcwallet, name) for name in vcwallet.__all__)


def test_the_version_is_written_in_one_place() -> None:
    assert vcwallet.__version__ == __version__
