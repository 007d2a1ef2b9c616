# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The generated documents under specs/ are those of the code."""

from __future__ import annotations

from tools.types import FOLDER, outdated
from vcwallet.japan.catalogue import TYPES


def test_the_documents_of_the_credential_types_are_current() -> None:
    assert TYPES
    assert outdated(TYPES, FOLDER) == [], "run: python -m tools.types"
