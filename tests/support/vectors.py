# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Published test vectors, which lie beside the project in ``../shared/vectors``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors"


def shared(*parts: str) -> Path:
    """Return the path of a published vector, or skip the test where the vectors are not at hand."""
    if not VECTORS.is_dir():
        pytest.skip("the published vectors (../shared/vectors) are not here", allow_module_level=True)
    return VECTORS.joinpath(*parts)


def shared_json(*parts: str) -> Any:
    """Return the parsed JSON of a published vector."""
    return json.loads(shared(*parts).read_text(encoding="utf-8"))
