# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""The version of the package, in the one place that the build and `vcwallet.__version__` read."""

from __future__ import annotations

__version__ = "0.1.0"
